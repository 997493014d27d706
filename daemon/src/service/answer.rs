//! From a request to the stream of its reply.
//!
//! What a running command says goes out at once; its answer follows in chunks that are only cut when the client reads
//! them, so a client that never reads holds one rendered answer and nothing else.

use super::{Answer, Call, Command, Core};
use crate::account::CliConfig;
use crate::error::{CommandError, Kind};
use crate::output::{self, Format, Rendering, jmespath};
use crate::report::Report;
use azq_proto::v1::{self, log::Level, reply::Kind as Part};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Response, Status};

/// How many bytes of stdout travel in one message.
const CHUNK: usize = 64 * 1024;

/// What a call's stream carries.
pub(crate) type Replies = Pin<Box<dyn Stream<Item = Result<v1::Reply, Status>> + Send>>;

/// How a command ended.
enum Ending {
    Answer(Vec<u8>),
    Missing(Vec<&'static str>),
    Confirm(String),
    Failed(CommandError),
}

impl From<CommandError> for Ending {
    fn from(error: CommandError) -> Self {
        Self::Failed(error)
    }
}

/// Carries out a command and streams what comes of it.
pub(crate) fn answer<C: Command>(core: &Arc<Core>, request: C) -> Response<Replies> {
    let busy = core.activity.begin();
    let (said, listener) = mpsc::unbounded_channel();
    let task = AbortOnDropHandle::new(tokio::spawn({
        let core = Arc::clone(core);
        async move {
            let Ok(_permit) = core.permits.acquire().await else {
                return Ending::Failed(CommandError::new("azqd is stopping; try again"));
            };
            perform(&core, request, said).await
        }
    }));
    let spoken = stream::unfold(listener, |mut listener| async move {
        listener
            .recv()
            .await
            .map(|part| (Ok(reply(part)), listener))
    });
    let ending = stream::once(async move {
        let ended = task.await;
        drop(busy);
        ended
    });
    let ending = ending.flat_map(|ended| match ended {
        Ok(ending) => parts(ending).left_stream(),
        Err(error) => {
            tracing::error!("a call ended early: {error}");
            stream::iter([Err(Status::internal(
                "the call failed inside azqd; see: azq daemon logs",
            ))])
            .right_stream()
        }
    });
    Response::new(Box::pin(spoken.chain(ending)))
}

fn reply(kind: Part) -> v1::Reply {
    v1::Reply { kind: Some(kind) }
}

fn log(level: Level, text: impl Into<String>) -> Part {
    Part::Log(v1::Log {
        level: level.into(),
        text: text.into(),
    })
}

fn parts(ending: Ending) -> impl Stream<Item = Result<v1::Reply, Status>> + Send {
    let (stdout, last) = match ending {
        Ending::Answer(bytes) => (Bytes::from(bytes), vec![Part::Exit(0)]),
        Ending::Missing(fields) => {
            let field = fields.into_iter().map(str::to_owned).collect();
            (
                Bytes::new(),
                vec![Part::Missing(v1::MissingFields { field })],
            )
        }
        Ending::Confirm(question) => (Bytes::new(), vec![Part::Confirm(question)]),
        Ending::Failed(error) if error.kind == Kind::Usage => {
            (Bytes::new(), vec![Part::Usage(error.message)])
        }
        Ending::Failed(error) => {
            let text = match &error.recommendation {
                Some(advice) => format!("{}\n{advice}", error.message),
                None => error.message.clone(),
            };
            (
                Bytes::new(),
                vec![log(Level::Error, text), Part::Exit(error.kind.exit_code())],
            )
        }
    };
    let chunks = stream::unfold(stdout, |mut rest| async move {
        let size = rest.len().min(CHUNK);
        (size > 0).then(|| (Part::Stdout(rest.split_to(size)), rest))
    });
    chunks.chain(stream::iter(last)).map(|part| Ok(reply(part)))
}

async fn perform<C: Command>(core: &Core, request: C, said: mpsc::UnboundedSender<Part>) -> Ending {
    let context = request.context().cloned().unwrap_or_default();
    try_perform(core, &context, request, said)
        .await
        .unwrap_or_else(|ending| ending)
}

async fn try_perform<C: Command>(
    core: &Core,
    context: &v1::Context,
    mut request: C,
    said: mpsc::UnboundedSender<Part>,
) -> Result<Ending, Ending> {
    let wanted = context.output.clone().unwrap_or_default();
    let query = compile(wanted.query.as_deref())?;
    let directory = Path::new(&context.azure_config_dir);
    let profile = core.sessions.profile(directory, &context.environment)?;
    let config = profile.config();
    let missing = request.complete(config);
    if !missing.is_empty() {
        return Err(Ending::Missing(missing));
    }
    if context.validate_only {
        return Ok(Ending::Answer(Vec::new()));
    }
    let report = Spoken::new(said, context, config)?;
    let call = Call {
        core,
        profile: &profile,
        directory,
        environment: &context.environment,
        subscription: context.subscription.as_deref(),
        report: &report,
    };
    let document = match request.carry_out(call).await? {
        Answer::Document(document) => document,
        Answer::Nothing => return Ok(Ending::Answer(Vec::new())),
        Answer::Confirm(question) => return Ok(Ending::Confirm(question)),
    };
    let rendering = Rendering {
        format: format(wanted.format(), config),
        query: query.as_ref(),
        color: wanted.color && !boolean(config, "no_color")?,
        table: C::TABLE,
    };
    let bytes = output::render(&document, &rendering).map_err(CommandError::from)?;
    Ok(Ending::Answer(bytes))
}

fn boolean(config: &CliConfig, option: &str) -> Result<bool, CommandError> {
    Ok(config.boolean("core", option, false)?)
}

fn compile(query: Option<&str>) -> Result<Option<jmespath::Expression>, CommandError> {
    query.map(jmespath::compile).transpose().map_err(|_| {
        let text = query.unwrap_or_default();
        CommandError::new(format!(
            "argument --query: invalid jmespath_type value: {}",
            output::quoted(text)
        ))
        .of_kind(Kind::Usage)
    })
}

/// The format asked for, else az's configured one, else JSON (knack, `output.py` and `cli.py`).
fn format(asked: v1::Format, config: &CliConfig) -> Format {
    match asked {
        v1::Format::Unspecified => config
            .get("core", "output")
            .and_then(|name| name.parse().ok())
            .unwrap_or(Format::Json),
        v1::Format::Json => Format::Json,
        v1::Format::Jsonc => Format::Jsonc,
        v1::Format::Table => Format::Table,
        v1::Format::Tsv => Format::Tsv,
        v1::Format::Yaml => Format::Yaml,
        v1::Format::Yamlc => Format::Yamlc,
        v1::Format::None => Format::None,
    }
}

/// Sends what a command says to the client that asked.
struct Spoken {
    said: mpsc::UnboundedSender<Part>,
    warnings: bool,
    debug: bool,
}

impl Spoken {
    fn new(
        said: mpsc::UnboundedSender<Part>,
        context: &v1::Context,
        config: &CliConfig,
    ) -> Result<Self, CommandError> {
        let errors_only = context.only_show_errors || boolean(config, "only_show_errors")?;
        Ok(Self {
            said,
            warnings: !errors_only,
            debug: context.debug,
        })
    }

    fn say(&self, part: Part) {
        // The client may be gone; then the call is about to be dropped.
        let _gone = self.said.send(part);
    }
}

impl Report for Spoken {
    fn warning(&self, text: &str) {
        if self.warnings {
            self.say(log(Level::Warning, text));
        }
    }

    fn debug(&self, text: &str) {
        if self.debug {
            self.say(log(Level::Debug, text));
        }
    }

    fn progress(&self, text: &str) {
        self.say(Part::Progress(v1::Progress {
            text: text.to_owned(),
        }));
    }

    fn operation(&self, url: &str) {
        self.say(Part::Operation(v1::Operation {
            url: url.to_owned(),
        }));
    }
}
