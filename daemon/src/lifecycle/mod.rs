//! The daemon's life: how it starts, stays the only one, is found, goes idle, is replaced, stops
//! and crashes.
//!
//! # Files
//! All are in the [runtime directory](azq_proto::runtime_dir), a directory of mode 0700 whose kind,
//! owner and mode both sides check each time.
//!
//! | file | writer | meaning |
//! | --- | --- | --- |
//! | `azqd.lock` | the daemon | locked (`flock`) for the whole of its life: *a daemon runs* means *this lock is held* |
//! | `azqd.sock` | the daemon, under the lock | its socket; a dead daemon's if the lock is free |
//! | `start.lock` | a client | held while the client starts a daemon |
//!
//! A client holds `start.lock` from before it starts a daemon until that daemon has answered a
//! handshake; the daemon holds it as well until it is ready. `daemon stop` takes it for a moment if
//! no daemon listens.
//!
//! The kernel drops locks with their process, so a crash leaves nothing to clean up: the next
//! daemon takes the lock, unlinks the dead socket and binds its own. The pid in `azqd.lock`
//! distinguishes one daemon from the next, and is the process that `daemon stop` kills if the
//! daemon does not respond. It is never used to decide whether a daemon lives.
//!
//! # States
//!
//! | state | lock | socket | outcome of a command |
//! | --- | --- | --- | --- |
//! | absent | free | none, or a dead one | it is refused, and starts a daemon |
//! | starting | held | not yet there | it waits for `start.lock`, then for the handshake |
//! | serving | held | this daemon's | its response |
//! | ending | held | gone | its response if it had connected before; else it retries a start |
//! | lost | held | gone, or another's | as with *ending*, which this becomes as soon as the daemon notices |
//! | wedged | held | this daemon's | an error after 10 s that names `azq daemon restart`, which kills |
//!
//! While a daemon ends, a command retries the start of the next one until the lock is free.
//!
//! # Start
//! 1. A client connects without any lock. If it is refused or there is no socket, it takes
//!    `start.lock`, tries once more (another client may have been faster), then runs the `azqd`
//!    beside itself with its output as pipes.
//! 2. The daemon closes what it inherited, leaves the client's session and directory, reads its
//!    configuration, takes `azqd.lock`, binds, opens its log (it runs without one if the log cannot
//!    be written), and only then writes `ready` to the pipe; otherwise `taken`, or `failed` and
//!    why. Accounts, credentials and catalogues come later, when a call needs them.
//! 3. The client shakes hands and releases `start.lock`. A start may take 15 s, and waiting behind
//!    another start or for an old daemon's end 75 s; the error names the step. A daemon that has
//!    not reported by then has never served a client, so its client kills it. If the client is
//!    gone, the daemon ends by itself, after 20 s or when it finds no client to report to. Until
//!    then it holds `start.lock` (as its standard input), so that no client takes it for absent.
//!
//! # Running
//! Idle is *nothing in flight for the whole idle time*. Whenever the directory changes (on macOS
//! each second), and some minutes after the last check in any case, the daemon checks that the
//! paths of the socket and the lock still lead to those that it holds. If not, it ends
//! ([`CloseReason::ListenerLost`]), because a daemon that is not found, or not the only one, only
//! does harm.
//!
//! # End
//! Every end has a [`CloseReason`] and these steps:
//! 1. unlink the socket if it is still this daemon's (a refused client can go on, one without a
//!    response cannot), serve the clients that had connected by then, accept no more;
//! 2. release at once the calls that only wait for a long-running operation: their clients continue
//!    with the next daemon;
//! 3. let the other calls finish, including a write whose client has gone, for at most the grace
//!    time (`stop_grace`; a minute at least if a newer client replaces this daemon);
//! 4. exit. A watchdog on a plain thread ends the process 2 s after the grace time, even if
//!    something still hangs.
//!
//! The exit itself releases the lock, so a process that waits for the lock waits until the daemon
//! is gone.
//!
//! # Crash
//! Clients notice at once. They repeat reads up to eight times, with pauses of 1.6 s in all. A wait
//! for an operation continues with the next daemon. A write that Azure may have received is never
//! sent again, and the error explains that. Caches and records are replaced whole.
//!
//! # Upgrade
//! `install.sh` renames new files over the old ones and stops the daemon; the next command, or a
//! client that is waiting, starts the new `azqd`. Otherwise the old daemon serves on while both
//! have a protocol in common.
//!
//! Each call carries the client's range of protocol numbers. A client that is newer than the daemon
//! and shares no number with it, or needs a call that the daemon does not have, asks it to stop and
//! starts its own. An older client only gets an error, because otherwise two versions could end
//! each other in turn. Every version understands `Hello` and `Stop`.
//!
//! # Where it was started
//! A daemon inherits priority and limits of the command that starts it, and undoes those that it
//! may undo. If it is still subject to a limit that the process of a new connection does not have,
//! and nothing is in flight, it serves that connection and ends ([`CloseReason::Replaced`]), so
//! that the next command starts another. A daemon that a service manager has started stays, because
//! its limits are the administrator's.
//!
//! # Under a service manager
//! `install.sh --service` lets systemd hold the socket and start the daemon with the first
//! connection (`LISTEN_FDS`, readiness by `sd_notify`); on macOS launchd starts it at login. Such a
//! daemon takes the lock like any other; if a client had started a daemon before, it waits until
//! that daemon has found its socket replaced. It never unlinks a socket that it was given: clients
//! that connect while it ends wait there for the next daemon. From 2 s on it closes their
//! connections, and they retry for as long as an end may take.
//!
//! # Without a daemon
//! With `--no-daemon` or `AZQ_NO_DAEMON=1` the client runs `azqd --private` with one end of a pair
//! of sockets as standard input: the same code and the same cache, without a runtime directory, a
//! lock or a name. It stays in the client's session, leaves Ctrl-C to the client, and ends when the
//! connection does.
//!
//! # Guarantees
//! - With one runtime directory two daemons never serve at the same time; of many clients one
//!   starts a daemon.
//! - A command never hangs: a daemon accepts it within 10 s of the connection, and the client gives
//!   up on a daemon that is silent for 20 s later.
//! - `azq daemon stop` returns when the process is gone, also one that a client was only starting
//!   or that was ending already.
//! - Only the lock's holder unlinks the socket; only the user has a daemon killed that has served a
//!   client.
//! - A request that changes something is sent once. An operation that it has begun survives its
//!   client, and an orderly end of the daemon if Azure responds within the grace time.
//! - A daemon killed at any moment leaves nothing to clean up and nothing unreadable.

mod activity;
mod changes;
mod closing;
mod connection;
mod log;
mod placement;
mod process;
mod socket;
mod supervisor;

pub use activity::{Activity, InFlightGuard};
pub(crate) use changes::Changes;
pub use closing::{CloseReason, ShutdownHandle};
pub(crate) use closing::{shortened, spawn_shutdown_watchdog};
pub use connection::{Connection, ReadGeneration};
pub use log::{LogError, log_file, print_log, start_log};
pub use placement::{Placement, undo as undo_placement};
pub(crate) use process::LONGEST_START;
pub use process::{
    confine, detach, limit_start, report_failure, report_ready, report_taken, report_warning,
};
pub use socket::{Socket, SocketError, connection_limit};
pub(crate) use supervisor::announce_end;
pub use supervisor::{announce_ready, given_listener};

#[cfg(test)]
pub(crate) mod tests {
    use std::process::Command;

    /// Returns the command that runs a test as another process, with its output.
    pub(crate) fn in_another_process(test: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([test, "--nocapture"]);
        command
    }
}
