//! The response to one call, message by message, until the outcome of the command is known.

use azq_proto::pieces::Assembly;
use azq_proto::v1::{self, Reply, reply::Kind};
use prost::Message as _;
use prost::bytes::Bytes;

use super::FAILED;
use super::sink::Sink;
use crate::az_config;
use crate::cli::{CommandCall, UsageError};
use crate::encoding::Encoder;
use crate::environment::Process;
use crate::show::{self, Closed};

/// The progress of a response.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// The number of bytes that were already written to stdout.
    pub(crate) written: usize,
    /// The long-running operation that the call has begun. Before its URL is known, an empty
    /// operation represents a write that is on its way to Azure.
    pub(crate) operation: Option<v1::Operation>,
    /// The first messages of a reply that takes several.
    assembly: Assembly,
    /// The encoder of its bytes, after the first ones have arrived.
    encoder: Option<Box<Encoder>>,
}

/// The effect of a message on the call.
#[derive(Debug)]
pub(crate) enum Step {
    /// More messages follow.
    Continue,
    /// The command ended with az's exit code.
    Exit(u8),
    /// Nothing was done; the user must agree to this first.
    Confirm(String),
    /// Nothing was done; the daemon sees a different file at this path than the client.
    Elsewhere(String),
    /// Nothing was done; the command is left to the real az, for this reason.
    HandOver(String),
    /// The response is in a file that cannot be read here; nothing was written.
    FileUnreadable,
    /// The message cannot be decoded.
    Malformed,
}

impl Response {
    /// Creates the response to a call that waits for an operation.
    pub(crate) fn waiting_for(operation: v1::Operation) -> Self {
        Self {
            operation: Some(operation),
            ..Self::default()
        }
    }

    /// Applies the next message.
    pub(crate) fn apply(
        &mut self,
        call: &CommandCall,
        message: Bytes,
        sink: &mut impl Sink,
    ) -> Step {
        let Ok(Reply { kind }) = Reply::decode(message) else {
            return Step::Malformed;
        };
        let Ok(kind) = kind.map(|kind| self.assembly.take(kind)).transpose() else {
            return Step::Malformed;
        };
        match kind.flatten() {
            Some(Kind::Stdout(bytes)) => {
                self.written += bytes.len();
                return after_write(self.print(call, bytes, sink));
            }
            // A request that is only validated prints no log of its own.
            Some(Kind::Log(_)) if call.pending().is_some() => {}
            Some(Kind::Log(entry)) => sink.line(show::level(&entry), &entry.text),
            Some(Kind::Hint(text)) if warns(call) => sink.hint(&text),
            // Pieces are assembled before this point.
            None | Some(Kind::Hint(_) | Kind::Piece(_)) => {}
            Some(Kind::Progress(progress)) => sink.progress(progress),
            Some(Kind::Writing(_)) => {
                self.operation.get_or_insert_default();
            }
            Some(Kind::Operation(operation)) => self.operation = Some(operation),
            Some(Kind::File(file)) => match sink.file(file.path.as_ref(), file.length) {
                Some(Ok(())) => self.written += 1,
                Some(Err(closed)) => return Step::Exit(exit_code(closed)),
                None => return Step::FileUnreadable,
            },
            Some(Kind::Data(bytes)) => {
                self.written += bytes.len();
                return after_write(sink.data(bytes));
            }
            Some(Kind::Kubeconfig(kubeconfig)) => return after_write(sink.kubeconfig(kubeconfig)),
            Some(Kind::Confirm(question)) => return Step::Confirm(question),
            Some(Kind::Elsewhere(path)) => return Step::Elsewhere(path),
            Some(Kind::HandOver(reason)) => return Step::HandOver(reason),
            Some(Kind::Exit(code)) => {
                let usage = call.pending().map(|error| usage(error, sink));
                return Step::Exit(usage.unwrap_or(u8::try_from(code).unwrap_or(FAILED)));
            }
            Some(Kind::Missing(missing)) => {
                return Step::Exit(usage(&call.missing(&missing.field), sink));
            }
            Some(Kind::Usage(message)) => return Step::Exit(usage(&call.usage(&message), sink)),
        }
        Step::Continue
    }

    fn print(
        &mut self,
        call: &CommandCall,
        bytes: Bytes,
        sink: &mut impl Sink,
    ) -> Result<(), Closed> {
        let encoder = self
            .encoder
            .get_or_insert_with(|| Box::new(Encoder::new(sink.encoding())));
        let (bytes, warning) = encoder.encode(bytes);
        if let Some(warning) = warning.filter(|_| warns(call)) {
            sink.line("WARNING: ", &warning);
        }
        sink.stdout(bytes)
    }
}

/// Whether az would print warnings for this call (knack, `log.py`).
pub(crate) fn warns(call: &CommandCall) -> bool {
    match call.request.context() {
        Some(context) if context.only_show_errors => false,
        Some(context) if context.debug || context.verbose => true,
        _ => !az_config::is_on(&Process, "only_show_errors"),
    }
}

fn after_write(written: Result<(), Closed>) -> Step {
    match written {
        Ok(()) => Step::Continue,
        Err(closed) => Step::Exit(exit_code(closed)),
    }
}

/// Returns the exit code of a command whose stdout takes no more.
pub(crate) fn exit_code(closed: Closed) -> u8 {
    match closed {
        Closed::Pipe => 0,
        Closed::Failed => FAILED,
    }
}

fn usage(error: &UsageError, sink: &mut impl Sink) -> u8 {
    let text = error.text_for(&Process);
    sink.line("", text.trim_end_matches('\n'));
    error.exit_code()
}
