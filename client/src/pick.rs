//! `--pick`: one of an answer's rows, chosen on the terminal.
//!
//! The list is drawn on stderr and keys are read from stdin, so that stdout has the chosen name and
//! nothing else: `azq aks nodepool add … --node-vm-size "$(azq sizes … --pick)"`.
//!
//! Invariant: the terminal's settings are restored at every end.

mod keys;
mod list;

use std::io::{self, Read as _, Write as _};

use azq_proto::v1::Format;
use prost::bytes::Bytes;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use self::keys::{Key, Keys};
use self::list::{List, Step};
use crate::cli::CommandCall;
use crate::show::{self, Answered, Closed};
use crate::transport::{FAILED, Outcome, Sink, Terminal, Transport};

/// The longest answer that is chosen from, in bytes.
const LONGEST: usize = 32 << 20;
/// The exit code of a usage error.
const USAGE: u8 = 2;

/// Carries out a command whose answer is chosen from.
pub(crate) fn run(transport: &mut Transport, call: &mut CommandCall) -> Outcome {
    if !can_pick() {
        show::error(
            "--pick shows a list on a terminal, which standard input and standard error are not; \
             leave it out, and take a row by --max 1 --query [0].name -o tsv",
        );
        return Outcome::Exit(FAILED);
    }
    let output = call.request.context_mut().output.get_or_insert_default();
    if output.query.is_some() {
        show::error("--pick chooses from the whole answer; leave out --query");
        return Outcome::Exit(USAGE);
    }
    output.set_format(Format::Table);
    let mut sink = Gathered {
        terminal: Terminal::default(),
        table: Vec::new(),
    };
    let outcome = transport.run(call, &mut sink);
    if outcome != Outcome::Exit(0) {
        return outcome;
    }
    let table = String::from_utf8_lossy(&sink.table);
    let mut list = List::of(&table);
    if list.is_empty() {
        show::error("nothing fits, so there is nothing to choose from");
        return Outcome::Exit(FAILED);
    }
    match choose(&mut list) {
        Ok(Step::Chosen(name)) => match show::stdout(format!("{name}\n").as_bytes()) {
            Ok(()) => outcome,
            Err(_closed) => Outcome::Exit(FAILED),
        },
        Ok(_) => Outcome::Interrupted,
        Err(error) => {
            show::error(&format!("the terminal cannot be used: {error}"));
            Outcome::Exit(FAILED)
        }
    }
}

fn can_pick() -> bool {
    rustix::termios::isatty(io::stdin()) && rustix::termios::isatty(io::stderr())
}

/// Gathers the answer; all else goes to the terminal.
struct Gathered {
    terminal: Terminal,
    table: Vec<u8>,
}

impl Sink for Gathered {
    fn stdout(&mut self, bytes: Bytes) -> Result<(), Closed> {
        if self.table.len() + bytes.len() > LONGEST {
            show::error("the answer is too long to choose from; give more options that select");
            return Err(Closed::Failed);
        }
        self.table.extend_from_slice(&bytes);
        Ok(())
    }

    fn line(&mut self, prefix: &str, text: &str) {
        self.terminal.line(prefix, text);
    }

    fn ask(&mut self, question: &str) -> Answered {
        self.terminal.ask(question)
    }
}

/// Lets the user choose.
fn choose(list: &mut List) -> io::Result<Step> {
    let _as_it_was = Raw::begin()?;
    let (mut stdin, mut stderr) = (io::stdin().lock(), io::stderr().lock());
    let mut keys = Keys::default();
    let mut bytes = [0; 64];
    let step = loop {
        let (rows, columns) = size();
        stderr.write_all(list.drawn(rows, columns).as_bytes())?;
        stderr.flush()?;
        let read = stdin.read(&mut bytes)?;
        if read == 0 {
            break Step::Ended;
        }
        let typed = keys.read(bytes.get(..read).unwrap_or_default());
        let mut steps = typed.into_iter().map(|key: Key| list.press(key));
        if let Some(step) = steps.find(|step| *step != Step::On) {
            break step;
        }
    };
    stderr.write_all(b"\r\x1b[J")?;
    stderr.flush()?;
    Ok(step)
}

/// Rows and columns of the terminal.
fn size() -> (usize, usize) {
    match tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_row > 0 && size.ws_col > 0 => (size.ws_row.into(), size.ws_col.into()),
        _ => (24, 80),
    }
}

/// A terminal that gives each key at once and shows none.
struct Raw(Termios);

impl Raw {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that has gone needs no restoring.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
