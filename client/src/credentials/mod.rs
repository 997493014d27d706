//! `az aks get-credentials` after the daemon's answer: the kubeconfig goes to stdout, or is merged
//! into the caller's file.
//!
//! | module | what it does |
//! | --- | --- |
//! | `destination` | where the credentials go, by `--file` and `KUBECONFIG` |
//! | `file` | the kubeconfig file: lock, read, replace |
//! | `kubelogin` | the conversion that az has `kubelogin` do |
//!
//! Invariants: the file is replaced as a whole or not at all. From reading it to replacing it, no
//! other azq touches it. The daemon merges the two texts, and neither of them is logged.
//!
//! Deliberately absent: YAML.

mod destination;
mod file;
mod kubelogin;

use azq_proto::v1::{Kubeconfig, KubeconfigMerge};
use prost::bytes::Bytes;

use crate::cli::CommandCall;
use crate::show::{self, Answered};
use crate::transport::{FAILED, Outcome, Sink, Terminal, Transport, exit_code, warns};
pub(crate) use destination::Destination;
use file::{FileError, KubeconfigFile};

/// Carries out `get-credentials`.
pub(crate) fn store(
    transport: &mut Transport,
    call: &mut CommandCall,
    destination: &Destination,
) -> Outcome {
    let mut sink = KubeconfigSink::default();
    let outcome = transport.run(call, &mut sink);
    let Some(credentials) = sink.kubeconfig else {
        return outcome;
    };
    let warns = warns(call);
    if let Some(invalid) = destination.invalid_variable.as_deref().filter(|_| warns) {
        show::warning(&format!("Invalid path '{invalid}' defined in KUBECONFIG."));
    }
    let uses_device_code = credentials.uses_device_code;
    let stored = if destination.is_stdout() {
        print(&credentials)
    } else {
        merge(transport, call, destination, &credentials).unwrap_or_else(|error| {
            show::error(&error.to_string());
            Outcome::Exit(FAILED)
        })
    };
    if uses_device_code && stored == Outcome::Exit(0) {
        kubelogin::convert(destination.directory(), warns);
    }
    stored
}

/// Prints the credentials, as Python's `print` does.
fn print(credentials: &Kubeconfig) -> Outcome {
    let mut text = credentials.content.to_vec();
    text.push(b'\n');
    match show::stdout(&text) {
        Ok(()) => Outcome::Exit(0),
        Err(closed) => Outcome::Exit(exit_code(closed)),
    }
}

/// Merges the credentials into the file.
fn merge(
    transport: &mut Transport,
    call: &mut CommandCall,
    destination: &Destination,
    credentials: &Kubeconfig,
) -> Result<Outcome, FileError> {
    let file = KubeconfigFile::lock(&destination.path)?;
    let texts = KubeconfigMerge {
        existing: file.read()?.into(),
        addition: credentials.content.clone(),
        agreed: Vec::new(),
        may_ask: show::can_ask(),
    };
    call.merge(&destination.path, texts);
    let mut sink = KubeconfigSink::default();
    let mut outcome = transport.run(call, &mut sink);
    if sink.was_declined {
        // The error is the one without a terminal.
        call.decline();
        outcome = transport.run(call, &mut sink);
    }
    let Some(merged) = sink.kubeconfig else {
        return Ok(outcome);
    };
    let warns = warns(call);
    if let Some(mode) = file.open_mode()?.filter(|_| warns) {
        show::warning(&format!(
            "{} has permissions \"{mode:o}\".\nIt should be readable and writable only by its \
             owner.",
            destination.path.display()
        ));
    }
    file.replace(&merged.content)?;
    if warns {
        show::warning(&format!(
            "Merged \"{}\" as current context in {}",
            merged.current_context,
            destination.path.display()
        ));
    }
    Ok(outcome)
}

/// Keeps the kubeconfig; all else goes to the terminal.
#[derive(Debug, Default)]
struct KubeconfigSink {
    terminal: Terminal,
    kubeconfig: Option<Kubeconfig>,
    /// Whether the user did not agree.
    was_declined: bool,
}

impl Sink for KubeconfigSink {
    fn stdout(&mut self, bytes: Bytes) -> Result<(), show::Closed> {
        self.terminal.stdout(bytes)
    }

    fn line(&mut self, prefix: &str, text: &str) {
        self.terminal.line(prefix, text);
    }

    fn progress(&mut self, text: String) {
        self.terminal.progress(text);
    }

    fn next_tick(&self) -> Option<std::time::Instant> {
        self.terminal.next_tick()
    }

    fn tick(&mut self) {
        self.terminal.tick();
    }

    fn kubeconfig(&mut self, kubeconfig: Kubeconfig) -> Result<(), show::Closed> {
        self.kubeconfig = Some(kubeconfig);
        Ok(())
    }

    fn ask(&mut self, question: &str) -> Answered {
        let answered = self.terminal.ask(question);
        self.was_declined = answered != Answered::Yes;
        match answered {
            Answered::Yes => Answered::Yes,
            Answered::No | Answered::Nobody => Answered::No,
        }
    }
}
