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
            // Pieces are assembled before this point.
            None | Some(Kind::Piece(_)) => Step::Continue,
            Some(Kind::Stdout(bytes)) => {
                self.written += bytes.len();
                after_write(self.print(call, bytes, sink))
            }
            // A request that is only validated prints no log of its own.
            Some(Kind::Log(_)) if call.pending().is_some() => Step::Continue,
            Some(Kind::Log(entry)) => {
                sink.line(show::level(&entry), &entry.text);
                Step::Continue
            }
            Some(Kind::Hint(text)) => {
                if warns(call) {
                    sink.hint(&text);
                }
                Step::Continue
            }
            Some(Kind::Progress(progress)) => {
                sink.progress(progress);
                Step::Continue
            }
            Some(Kind::Writing(_)) => {
                self.operation.get_or_insert_default();
                Step::Continue
            }
            Some(Kind::Operation(operation)) => {
                self.operation = Some(operation);
                Step::Continue
            }
            Some(Kind::File(file)) => match sink.file(file.path.as_ref(), file.length) {
                Some(Ok(())) => {
                    self.written += 1;
                    Step::Continue
                }
                Some(Err(closed)) => Step::Exit(exit_code(closed)),
                None => Step::FileUnreadable,
            },
            Some(Kind::Data(bytes)) => {
                self.written += bytes.len();
                after_write(sink.data(bytes))
            }
            Some(Kind::Kubeconfig(kubeconfig)) => after_write(sink.kubeconfig(kubeconfig)),
            Some(Kind::Confirm(question)) => Step::Confirm(question),
            Some(Kind::Elsewhere(path)) => Step::Elsewhere(path),
            Some(Kind::HandOver(reason)) => Step::HandOver(reason),
            Some(Kind::Exit(code)) => Step::Exit(match call.pending() {
                Some(error) => usage(error, sink),
                None => u8::try_from(code).unwrap_or(FAILED),
            }),
            Some(Kind::Missing(missing)) => Step::Exit(usage(&call.missing(&missing.field), sink)),
            Some(Kind::Usage(message)) => Step::Exit(usage(&call.usage(&message), sink)),
        }
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
