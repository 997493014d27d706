//! `az aks get-credentials` after the daemon's answer: prints the kubeconfig to stdout, or merges
//! it into the caller's file.
//!
//! | module | content |
//! | --- | --- |
//! | `destination` | the destination of the credentials, by `--file` and `KUBECONFIG` |
//! | `file` | the kubeconfig file: lock, read, replace |
//! | `kubelogin` | the conversion for which az runs `kubelogin` |
//!
//! Invariants: the file is replaced as a whole or not at all. No other azq changes it between
//! reading and replacing it. The daemon merges the two texts without the certificates and keys that
//! they contain, and logs neither.
//!
//! Deliberately absent: YAML.

mod destination;
mod file;
mod kubelogin;

use azq_proto::long_values::LongValues;
use azq_proto::v1::{Kubeconfig, KubeconfigMerge, Progress};
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

/// Prints the credentials as Python's `print` does.
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
    let existing = file.read()?;
    let mut ask = |texts| {
        call.merge(&destination.path, texts);
        ask_for_merge(transport, call)
    };
    let (outcome, merged) = match merge_without_values(&existing, credentials, &mut ask) {
        // With the long values the daemon may be able to merge.
        None | Some((Outcome::HandOver(_), _)) => ask(KubeconfigMerge {
            existing: existing.into(),
            addition: credentials.content.clone(),
            may_ask: show::can_ask(),
            ..KubeconfigMerge::default()
        }),
        Some(answer) => answer,
    };
    let Some(merged) = merged else {
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

/// Merges the texts without their long values, and puts the values into the result; `None` if there
/// are none.
fn merge_without_values(
    existing: &[u8],
    credentials: &Kubeconfig,
    ask: &mut dyn FnMut(KubeconfigMerge) -> (Outcome, Option<Kubeconfig>),
) -> Option<(Outcome, Option<Kubeconfig>)> {
    let texts = [existing, &credentials.content].map(std::str::from_utf8);
    let [Ok(existing), Ok(addition)] = texts else {
        return None;
    };
    let (values, [existing, addition]) = LongValues::take_out([existing, addition]);
    if values.is_empty() {
        return None;
    }
    let (outcome, merged) = ask(KubeconfigMerge {
        existing: existing.into_owned().into(),
        addition: addition.into_owned().into(),
        may_ask: show::can_ask(),
        has_names: true,
        ..KubeconfigMerge::default()
    });
    let merged = merged.map(|merged| {
        let content = String::from_utf8_lossy(&merged.content);
        let content = values.put_into(&content).into_owned();
        Kubeconfig {
            content: content.into(),
            ..merged
        }
    });
    Some((outcome, merged))
}

/// Requests the merge from the daemon. If the user declines, the request is repeated as without a
/// terminal, for the error of that case.
fn ask_for_merge(
    transport: &mut Transport,
    call: &mut CommandCall,
) -> (Outcome, Option<Kubeconfig>) {
    let mut sink = KubeconfigSink::default();
    let mut outcome = transport.run(call, &mut sink);
    if sink.was_declined {
        call.decline();
        outcome = transport.run(call, &mut sink);
    }
    (outcome, sink.kubeconfig)
}

/// A sink that stores the kubeconfig and passes the rest to the terminal.
#[derive(Debug, Default)]
struct KubeconfigSink {
    terminal: Terminal,
    kubeconfig: Option<Kubeconfig>,
    /// Whether the user declined.
    was_declined: bool,
}

impl Sink for KubeconfigSink {
    fn stdout(&mut self, bytes: Bytes) -> Result<(), show::Closed> {
        self.terminal.stdout(bytes)
    }

    fn line(&mut self, prefix: &str, text: &str) {
        self.terminal.line(prefix, text);
    }

    fn progress(&mut self, progress: Progress) {
        self.terminal.progress(progress);
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
