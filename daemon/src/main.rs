//! `azqd`: the process around [`azqd::run`].

mod console;

use azq_proto::runtime_dir::RuntimeDir;
use azqd::config::{Config, Entry};
use azqd::lifecycle::{self, CloseReason, ShutdownHandle, Socket, SocketError};
use azqd::{Running, run};
use clap::{Arg, ArgAction, Command};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Wipes all memory that is freed, because HTTP, TLS and JSON libraries copy tokens and do not wipe
/// the copies.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The exit code if another daemon runs already, which is not an error.
const TAKEN: u8 = 3;

fn main() -> ExitCode {
    let matches = match command_line().try_get_matches() {
        Ok(matches) => matches,
        // clap would not notice that its help cannot be written.
        Err(help) if !help.use_stderr() => return console::print(help.to_string().as_bytes()),
        Err(error) => error.exit(),
    };
    if let Some((verb, options)) = matches.subcommand() {
        return console::run(verb, options);
    }
    let served = if matches.get_flag("private") {
        serve_one()
    } else {
        serve(matches.get_one::<PathBuf>("runtime-dir").cloned())
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Socket(SocketError::Taken(_))) => {
            lifecycle::report_taken();
            ExitCode::from(TAKEN)
        }
        Err(failure) => {
            lifecycle::report_failure(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

fn command_line() -> Command {
    Command::new("azqd")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Answers for az. Started by azq when it is needed; see: azq daemon --help")
        .arg(
            Arg::new("runtime-dir")
                .long("runtime-dir")
                .value_name("DIRECTORY")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Where clients look for the socket"),
        )
        .arg(
            Arg::new("private")
                .long("private")
                .action(ArgAction::SetTrue)
                .conflicts_with("runtime-dir")
                .help("Serve the connection that is standard input, then end (azq --no-daemon)"),
        )
        .subcommands(console::subcommands())
}

/// The reason why the daemon did not start.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] azqd::config::ConfigError),
    #[error(transparent)]
    Log(#[from] lifecycle::LogError),
    #[error(transparent)]
    Socket(#[from] SocketError),
    #[error("azqd {0}")]
    Ended(CloseReason),
    #[error("{0}: {1}")]
    System(&'static str, std::io::Error),
}

impl Failure {
    fn at(step: &'static str) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::System(step, error)
    }
}

fn serve(runtime_dir: Option<PathBuf>) -> Result<(), Failure> {
    let given = lifecycle::given_listener().map_err(Failure::at("taking the given socket"))?;
    if given.is_none() {
        lifecycle::limit_start();
    }
    lifecycle::undo_placement();
    lifecycle::detach(given.as_ref()).map_err(Failure::at("leaving the client's session"))?;
    let (config, entries) = Config::load(std::env::vars_os())?;
    let place = runtime_dir.map_or_else(
        || RuntimeDir::from_environment(|name| std::env::var_os(name)),
        RuntimeDir::at,
    );
    runtime()?.block_on(async {
        let socket = match given {
            Some(listener) => Socket::given(&place, listener).await?,
            None => Socket::bind(&place)?,
        };
        warn(&config);
        match lifecycle::start_log(&config) {
            Err(error) if error.is_of_the_system() => {
                lifecycle::report_warning(&format!("there is no log, because {error}"));
            }
            started => drop(started?),
        }
        // The socket is never dropped: the exit itself releases the life lock, when nothing of this
        // process can hinder the next daemon.
        let socket: &'static Socket = Box::leak(Box::new(socket));
        let running = ready(config, entries, ShutdownHandle::on_signals)?;
        lifecycle::announce_ready();
        tracing::info!(
            "azqd {} serves {}",
            env!("CARGO_PKG_VERSION"),
            place.socket().display()
        );
        // The daemon runs as a task, so that a panic is an end with a reason.
        let ended = tokio::spawn(run(socket, running)).await;
        let reason = ended.unwrap_or_else(|error| CloseReason::Failed(error.to_string()));
        tracing::info!("ended: {reason}");
        azqd::traces::finish().await;
        match reason {
            CloseReason::Failed(_) => Err(Failure::Ended(reason)),
            _ => Ok(()),
        }
    })
}

/// Reports the configuration's warnings.
fn warn(config: &Config) {
    for text in &config.warnings {
        lifecycle::report_warning(text);
    }
}

/// Begins to listen for signals, and reports that the daemon is ready.
fn ready(
    config: Config,
    entries: Vec<Entry>,
    listen: fn(&ShutdownHandle) -> std::io::Result<()>,
) -> Result<Running, Failure> {
    let closing = ShutdownHandle::new();
    listen(&closing).map_err(Failure::at("listening for signals"))?;
    lifecycle::report_ready().map_err(Failure::at("letting go of the client"))?;
    Ok(Running {
        config,
        entries,
        closing,
    })
}

/// Serves the one client that gave its connection as standard input.
fn serve_one() -> Result<(), Failure> {
    lifecycle::confine().map_err(Failure::at("letting go of what was inherited"))?;
    let (mut config, entries) = Config::load(std::env::vars_os())?;
    config.idle_timeout = Duration::ZERO;
    runtime()?.block_on(async {
        let socket = Socket::private()?;
        warn(&config);
        // A sandbox may have no writable directory; that must not fail a command.
        let _no_log = lifecycle::start_log(&config);
        let running = ready(config, entries, ShutdownHandle::on_signals_but_interrupt)?;
        let reason = run(&socket, running).await;
        tracing::debug!("a private azqd ended: {reason}");
        azqd::traces::finish().await;
        Ok(())
    })
}

/// How long an idle thread of the blocking pool is kept. Each keeps some memory for itself, and
/// under many clients there are dozens.
const THREAD_REST: Duration = Duration::from_millis(500);

/// Builds a runtime with one thread, because a look-up costs less than a hop to another thread, and
/// long work has threads of its own. The thread's calls run in turn, so that the responses to many
/// requests of one connection leave together.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .thread_keep_alive(THREAD_REST)
        .enable_all()
        .build()
        .map_err(Failure::at("starting the runtime"))
}
