//! One daemon from its bound socket to its end. `main` adds the process around it; tests call it
//! directly.

mod admission;
mod discovery;

use crate::config::{Config, Entry};
use crate::lifecycle::{
    Activity, Changes, CloseReason, Connection, Placement, ReadGeneration, ShutdownHandle, Socket,
    announce_end, spawn_shutdown_watchdog,
};
use crate::metrics::{self, Metrics};
use crate::operations::Operations;
use crate::service::{
    Commands, Control, DaemonState, EVALUATIONS, FailureCounts, LONG_ANSWERS, ResponseCache,
    Versions, check_protocol,
};
use crate::sizes::Prices;
use crate::suggestions::Names;
use admission::Admitted;
pub(crate) use admission::{Pool, READING, RequestMemory};
use azq_account::Caller;
use azq_arm::{Sessions, Storage};
use azq_command::work;
use azq_proto::v1::{commands_server::CommandsServer, daemon_server::DaemonServer};
use azq_share::{Address, Timing};
use azq_skus::{Catalogues, Settings, ShareSettings, Sharing, WallClock};
use discovery::{Health, reflection, reflection_alpha};
use futures_util::stream::{FuturesUnordered, StreamExt as _, TryStreamExt as _};
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tower::layer::layer_fn;

/// The longest request that is read, in bytes: file arguments and long queries fit, a flood does
/// not.
pub(crate) const LONGEST_REQUEST: usize = 4 << 20;
/// The longest headers of a call, in bytes; a call has a handful of short ones.
pub(crate) const LONGEST_HEADERS: u32 = 16 << 10;
/// The most concurrent calls on one connection; a client needs one, `azq batch` a few.
pub(crate) const STREAMS_PER_CONNECTION: u32 = 256;
/// The most bytes of requests that a connection, and one of its streams, may have sent before the
/// daemon reads them.
const CONNECTION_WINDOW: u32 = 256 << 10;
const STREAM_WINDOW: u32 = 256 << 10;
/// The shortest grace time of calls in flight when a newer client wants another daemon; that
/// client's caller can wait.
pub(crate) const REPLACED_GRACE: Duration = Duration::from_secs(60);
/// The watchdog's allowance beyond the grace time, for the runtime to wind up.
const WIND_UP: Duration = Duration::from_secs(2);

/// The parameters of a daemon.
#[derive(Debug)]
pub struct Running {
    /// The effective configuration.
    pub config: Config,
    /// The configuration's entries, for display.
    pub entries: Vec<Entry>,
    /// The handle that ends the daemon.
    pub closing: ShutdownHandle,
}

/// Serves until the daemon is to end; returns the reason. Calls in flight, and catalogues that are
/// being written to the disk, get the grace time. The socket outlives this function, and with it
/// the lock: a process that waits for the lock waits for this process to end.
pub async fn run(socket: &Socket, running: Running) -> CloseReason {
    work::limit_memory(running.config.memory);
    let closing = running.closing.clone();
    let daemon = Arc::new(daemon(socket, running));
    // A daemon that was killed may have left files.
    daemon.remembered.forget();
    let metrics = collecting(&daemon);
    let last_call = CancellationToken::new();
    let connections = socket.connections(&last_call).map_ok(|connection| {
        give_way(&daemon, &connection);
        connection.noted_in(&daemon.arrivals)
    });
    let pool = daemon.pool.clone();
    let health = Health::serving().await;
    let server = Server::builder()
        .layer(layer_fn(move |routes| Admitted::new(routes, pool.clone())))
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .http2_max_header_list_size(LONGEST_HEADERS)
        .add_service(
            DaemonServer::new(Control(Arc::clone(&daemon)))
                .max_decoding_message_size(LONGEST_REQUEST),
        )
        .add_service(tonic::service::interceptor::InterceptedService::new(
            CommandsServer::new(Commands(Arc::clone(&daemon)))
                .max_decoding_message_size(LONGEST_REQUEST),
            check_protocol,
        ))
        .add_service(health.service())
        .add_service(reflection())
        .add_service(reflection_alpha())
        // The server ends when the stream of connections does, and lets calls in flight finish as
        // after a shutdown.
        .serve_with_incoming_shutdown(connections, std::future::pending());
    let mut server = std::pin::pin!(server);
    let reason = tokio::select! {
        ended = &mut server => {
            socket.unlink();
            spawn_shutdown_watchdog(WIND_UP);
            return CloseReason::Failed(format!("the server ended: {ended:?}"));
        }
        reason = ended(&daemon, socket) => reason,
    };
    tracing::info!("ending: {reason}");
    // The next daemon needs the address.
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    let grace = match reason {
        CloseReason::Replaced(_) => daemon.config.stop_grace.max(REPLACED_GRACE),
        _ => daemon.config.stop_grace,
    };
    closing.close(reason);
    // The order matters: the socket is unlinked first, so that each client that has found it is
    // served.
    socket.unlink();
    health.end().await;
    last_call.cancel();
    announce_end();
    spawn_shutdown_watchdog(grace + WIND_UP);
    let drained = async {
        if let Err(error) = (&mut server).await {
            tracing::warn!("the server ended badly: {error}");
        }
        // A write may go on after its client has gone.
        daemon.activity.drained().await;
        daemon.catalogues.finish().await;
    };
    let has_drained = tokio::select! {
        drained = tokio::time::timeout(grace, drained) => drained.is_ok(),
        never = socket.turn_away() => match never {},
    };
    if !has_drained {
        let cut_off = daemon.activity.in_flight();
        tracing::warn!("after {grace:?} {cut_off} calls were cut off");
    }
    daemon.remembered.forget();
    closing.closed().await
}

/// Serves metrics, if that is configured. A private daemon does not, because it would occupy the
/// address of another daemon.
fn collecting(daemon: &Arc<DaemonState>) -> Option<JoinHandle<()>> {
    daemon.runtime_dir.as_ref()?;
    let (metrics, address) = (daemon.metrics.clone()?, daemon.config.metrics.clone()?);
    Some(tokio::spawn(metrics::serve(
        Arc::clone(daemon),
        metrics,
        address,
    )))
}

/// Ends a daemon that has stricter limits than the process of a new connection, if no call is in
/// flight.
fn give_way(daemon: &DaemonState, connection: &Connection) {
    let Some(own) = &daemon.replaceable else {
        return;
    };
    let callers = connection
        .peer()
        .and_then(|id| Placement::of(&id.to_string()));
    if daemon.activity.in_flight() == 0
        && callers.is_some_and(|callers| callers.is_better_than(own))
    {
        let reason = "a command came that is held to less; see: azq daemon status";
        daemon
            .closing
            .close(CloseReason::Replaced(reason.to_owned()));
    }
}

fn daemon(socket: &Socket, running: Running) -> DaemonState {
    let Running {
        config,
        entries,
        closing,
    } = running;
    let settings = Settings {
        fresh_for: config.cache_fresh,
        usable_for: config.cache_expires,
        directory: Some(config.cache_dir.clone()),
        max_bytes: usize::try_from(config.cache_memory).unwrap_or(usize::MAX),
        max_directory_bytes: config.cache_disk,
        ..Settings::default()
    };
    let placement = Placement::own().filter(Placement::is_limited);
    let permits = usize::try_from(config.max_requests).unwrap_or(Semaphore::MAX_PERMITS);
    let sessions = Sessions::new(config.deadlines()).with_user_tokens(config.user_tokens);
    let sharing = sharing(&config);
    let prices = config.cache_dir.join("prices");
    DaemonState {
        sessions: Arc::new(sessions.with_storage(storage(&config))),
        catalogues: Catalogues::with_sharing(settings, Arc::new(WallClock), sharing.clone()),
        prices: Prices::new(&config.prices_url, prices, sharing),
        operations: Operations::in_state_directory(&config.state_dir),
        activity: Activity::default(),
        arrivals: ReadGeneration::default(),
        tally: FailureCounts::default(),
        metrics: config.metrics.as_ref().map(|_| Arc::new(Metrics::new())),
        versions: Versions::default(),
        names: Names::default(),
        remembered: Arc::new(ResponseCache::new(
            socket.path().map(|_| config.cache_dir.join("answers")),
            config.cache_disk,
        )),
        permits: Semaphore::new(permits),
        pool: Pool::new(config.memory / 8),
        evaluations: Semaphore::new(EVALUATIONS),
        alone: Arc::new(Semaphore::new(1)),
        long_answers: Arc::new(Semaphore::new(LONG_ANSWERS)),
        closing,
        config,
        entries,
        started: SystemTime::now(),
        runtime_dir: socket.path().and_then(Path::parent).map(Path::to_owned),
        replaceable: placement.clone().filter(|_| socket.is_by_a_client()),
        placement,
    }
}

/// Returns the store that machines share, if one is configured.
fn sharing(config: &Config) -> Option<Arc<Sharing>> {
    let settings = ShareSettings {
        address: config.share.clone()?,
        mode: config.share_mode,
        principals: config.share_principals,
        timing: Timing {
            operation: config.share_timeout,
            ..Timing::default()
        },
    };
    Some(Arc::new(Sharing::new(settings, Arc::new(WallClock))))
}

fn storage(config: &Config) -> Option<Storage> {
    Some(match config.share.as_ref()? {
        Address::Azure { .. } => Storage::Azure,
        _ => Storage::Other,
    })
}

/// Waits until there is a reason to end, and returns the first.
async fn ended(daemon: &DaemonState, socket: &Socket) -> CloseReason {
    tokio::select! {
        reason = daemon.closing.closed() => reason,
        () = daemon.activity.idle(daemon.config.idle_timeout) => CloseReason::Idle,
        () = lost(socket) => CloseReason::ListenerLost,
        () = socket.deserted() => CloseReason::Deserted,
        never = follow_logouts(daemon) => match never {},
    }
}

/// Drops a caller's tokens as soon as az has recorded a logout, not only when the next command
/// checks.
async fn follow_logouts(daemon: &DaemonState) -> Infallible {
    let sessions = &daemon.sessions;
    loop {
        let directories = sessions.directories();
        let mut watches: Vec<_> = directories.iter().map(|path| Changes::of(path)).collect();
        // Changes from before the watches began are read here.
        for directory in &directories {
            if let Err(error) = sessions.profile(&Caller::without_variables(directory)) {
                tracing::debug!("{} cannot be read: {error}", directory.display());
            }
        }
        daemon.remembered.follow(sessions.changes());
        let mut looks: FuturesUnordered<_> = watches.iter_mut().map(Changes::next).collect();
        let changed = async {
            if looks.next().await.is_none() {
                std::future::pending::<()>().await;
            }
        };
        let others = async {
            while sessions.directories().is_subset(&directories) {
                sessions.another_directory().await;
            }
        };
        tokio::select! {
            () = changed => {}
            () = others => {}
        }
    }
}

async fn lost(socket: &Socket) {
    let Some(directory) = socket.path().and_then(Path::parent) else {
        return std::future::pending().await;
    };
    let mut changes = Changes::of(directory);
    while socket.is_ours() {
        changes.next().await;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::lifecycle::tests::in_another_process;
    use azq_proto::runtime_dir::RuntimeDir;
    use std::io::Read as _;

    fn daemon_in(folder: &Path, more: &[(&str, &str)]) -> (Socket, Running) {
        let directory = |name: &str| (name.into(), folder.join("azq").into_os_string());
        let directories = ["AZQ_CACHE_DIR", "AZQ_STATE_DIR"].map(directory);
        let more = more.iter().map(|(name, value)| (name.into(), value.into()));
        let (config, entries) = Config::load(directories.into_iter().chain(more)).unwrap();
        let running = Running {
            config,
            entries,
            closing: ShutdownHandle::new(),
        };
        let place = RuntimeDir::at(folder.join("azq"));
        (Socket::bind(&place).unwrap(), running)
    }

    /// Returns the state that the calls of a daemon in a folder share.
    pub(crate) fn daemon_state_in(folder: &Path) -> DaemonState {
        let (socket, running) = daemon_in(folder, &[]);
        daemon(&socket, running)
    }

    /// Runs the test itself as another process, in which nothing goes on after the daemon's end, as
    /// if the runtime hung.
    #[test]
    fn a_daemon_whose_end_hangs_is_ended() {
        const HANGS: &str = "AZQ_TEST_HANGS_AT_ITS_END";
        if let Some(folder) = std::env::var_os(HANGS) {
            let folder = Path::new(&folder);
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let reason = runtime.block_on(async {
                let (socket, running) = daemon_in(folder, &[("AZQ_STOP_GRACE", "0")]);
                running.closing.close(CloseReason::Idle);
                run(&socket, running).await
            });
            assert_eq!(reason, CloseReason::Idle);
            println!("at its end");
            loop {
                std::thread::park();
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let mut hanging = in_another_process("a_daemon_whose_end_hangs_is_ended")
            .env(HANGS, folder.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // The end of the process closes the pipe.
        let mut output = hanging.stdout.take().unwrap();
        let (ended, end) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut said = String::new();
            output.read_to_string(&mut said).unwrap();
            ended.send(said).unwrap();
        });
        let said = end.recv_timeout(10 * WIND_UP);
        hanging.kill().unwrap();
        assert!(said.unwrap().contains("at its end"));
        assert_eq!(hanging.wait().unwrap().code(), Some(1));
    }
}
