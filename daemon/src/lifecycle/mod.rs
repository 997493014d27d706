//! The daemon's life: how it starts, is alone, is found, goes idle, is replaced, stops and crashes.
//!
//! # Files
//! All in the [meeting place](azq_proto::runtime_dir), a directory of mode 0700 whose kind, owner
//! and mode both sides check each time.
//!
//! | file | who writes it | what it means |
//! | --- | --- | --- |
//! | `azqd.lock` | the daemon | locked (`flock`) for the whole of its life: *a daemon runs* means *this lock is held* |
//! | `azqd.sock` | the daemon, under the lock | where it listens; without a held lock it is a dead daemon's |
//! | `start.lock` | a client | held from before it starts a daemon until that has answered a handshake; by that daemon as well until it is ready; taken for a moment by `daemon stop` where nobody listens |
//!
//! The kernel drops locks with their process, so a crash leaves nothing to clean up: the next
//! daemon takes the lock, unlinks the dead socket and binds its own. The pid in `azqd.lock` tells
//! one daemon from the next, and whom `daemon stop` kills if it does not answer; that a daemon
//! lives is never read off it.
//!
//! # States
//!
//! | state | lock | socket | what a command meets |
//! | --- | --- | --- | --- |
//! | absent | free | none, or a dead one | refused: it starts a daemon |
//! | starting | held | not yet there | it waits for `start.lock`, then for the handshake |
//! | serving | held | this daemon's | its answer |
//! | ending | held | gone | its answer if it had connected before; else it starts a daemon, again and again until the lock is free |
//! | lost | held | gone, or another's | as with *ending*, which this becomes as soon as the daemon notices |
//! | wedged | held | this daemon's | an error after 10 s that names `azq daemon restart`, which kills |
//!
//! # Start
//! 1. A client connects without any lock. Refused or absent: it takes `start.lock`, tries once more
//!    (another client may have been faster), then runs the `azqd` beside itself with its output as
//!    pipes.
//! 2. The daemon closes what it inherited, leaves the client's session and directory, reads its
//!    configuration, takes `azqd.lock`, binds, opens its log (without one, if it cannot be
//!    written), and only then writes `ready` to the pipe; else `taken`, or `failed` and why.
//!    Accounts, credentials and catalogues come later, when a call needs them.
//! 3. The client shakes hands and lets `start.lock` go. A start has 15 s, waiting behind another
//!    start or for an old daemon's end 75 s, and the error names the step. A daemon that has not
//!    reported by then has never served anybody: its client kills it, and should that be gone, the
//!    daemon ends by itself, after 20 s or when it finds nobody to report to. Until then it holds
//!    `start.lock` (as its standard input), so that nobody takes it for absent.
//!
//! # Running
//! Idle is *nothing in flight for the whole idle time*. Whenever the directory changes (on macOS
//! each second), and some minutes after the last look in any case, the daemon looks whether the
//! paths of the socket and the lock still lead to those that it holds. If not, it ends
//! ([`CloseReason::ListenerLost`]): a daemon that is not found, or not the only one, only does
//! harm.
//!
//! # End
//! Every end has a [`CloseReason`] and goes one way:
//! 1. unlink the socket if it is still ours (refused beats unanswered), serve whoever had connected
//!    by then, accept no more;
//! 2. let go at once of calls that only wait for a long-running operation: their clients carry on
//!    with the next daemon;
//! 3. let the other calls finish, a write whose client has gone among them, for at most the grace
//!    time (`stop_grace`; a minute at least if a newer client replaces this daemon);
//! 4. go. A watchdog on a plain thread ends the process 2 s after the grace time, whatever still
//!    hangs.
//!
//! The lock is let go by the exit itself, so whoever waits for the lock waits for the process to be
//! gone.
//!
//! # Crash
//! Clients notice at once. What only reads is asked again, up to eight times, with pauses of 1.6 s
//! in all. A wait for an operation goes on with the next daemon. A write of which it is not known
//! whether Azure has it is never sent again, and the error says so. Caches and records are replaced
//! whole.
//!
//! # Upgrade
//! `install.sh` renames new files into the place of the old and stops the daemon; the next command,
//! or a client that is waiting, starts the `azqd` that lies there then. Else the old daemon serves
//! on while both speak a common protocol.
//!
//! Each call carries the client's range of protocol numbers. A client that is newer than the daemon
//! and shares none with it, or asks for what it does not have, asks it to stop and starts its own;
//! an older client gets an error that says so: two versions cannot end each other in turn. Every
//! version understands `Hello` and `Stop`.
//!
//! # Where it was started
//! A daemon inherits priority and limits of the command that starts it, and undoes what it may. Is
//! it still held to something that the process of a new connection is not held to, and nothing is
//! in flight, then it serves that connection and ends ([`CloseReason::Replaced`]), so that the next
//! command starts another. One that a service manager has started stays: there the limits are the
//! administrator's.
//!
//! # Under a service manager
//! `install.sh --service` lets systemd hold the socket and start the daemon with the first
//! connection (`LISTEN_FDS`, readiness by `sd_notify`); on macOS launchd starts it at login. Such a
//! daemon takes the lock like any other, if need be after a daemon that a client had started has
//! found its socket replaced. It never unlinks a socket that it was given: who connects while it
//! ends waits there for the next daemon. From 2 s on it hangs up on them, and they look again for
//! as long as an end may take.
//!
//! # Without a daemon
//! With `--no-daemon` or `AZQ_NO_DAEMON=1` the client runs `azqd --private` with one end of a pair
//! of sockets as standard input: the same code and the same cache, without a place, a lock or a
//! name. It stays in the client's session, leaves Ctrl-C to the client, and ends when the
//! connection does.
//!
//! # Guarantees
//! - At one meeting place two daemons never serve at the same time; of many clients one starts a
//!   daemon.
//! - A command never hangs: a daemon takes it within 10 s of the connection, and is given up if it
//!   falls silent for 20 s later.
//! - `azq daemon stop` returns when the process is gone, one that a client was only starting or
//!   that ended already as well.
//! - Only the lock's holder unlinks the socket; only the user has a daemon killed that has served
//!   anybody.
//! - A request that changes something is sent once. What it has begun survives its client, and an
//!   orderly end of the daemon if Azure answers within the grace time.
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
