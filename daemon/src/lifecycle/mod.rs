//! The daemon's life: how it starts, is alone, is found, goes idle, is replaced, stops and crashes.
//!
//! # Files
//! All in the [meeting place](azq_proto::meeting), a directory of mode 0700 whose kind, owner and mode both sides check each time.
//!
//! | file | who writes it | what it means |
//! | --- | --- | --- |
//! | `azqd.lock` | the daemon | locked (`flock`) for the whole of its life: *a daemon runs* means *this lock is held* |
//! | `azqd.sock` | the daemon, under the lock | where it listens; a socket without a held lock is a dead daemon's |
//! | `start.lock` | a client | held from before it starts a daemon until the daemon has answered a handshake |
//!
//! The kernel drops locks with the process that held them, so a crash, `kill -9` or a power cut leaves nothing to
//! clean up: the next daemon takes the lock, unlinks the dead socket, binds its own. The pid in `azqd.lock` is for
//! people, and for killing a daemon that a person wants gone and that does not answer; nothing else is decided by it.
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
//! 1. A client connects without any lock. Refused or absent: it takes `start.lock`, tries once more (another client
//!    may have been faster), then runs the `azqd` beside itself with its output as a pipe.
//! 2. The daemon closes what it inherited, leaves the client's session and directory, reads its configuration, takes `azqd.lock`, binds,
//!    opens its log, and only then writes `ready` to the pipe; or `taken`, or `failed` and why. Accounts, credentials and catalogues
//!    come later, when a call needs them.
//! 3. The client shakes hands and lets `start.lock` go. Each step has a deadline and its error names the step: 15 s for a start, 75 s for
//!    whoever waits behind another start or for an old daemon's end. A daemon that has not reported by then is killed by the client
//!    that started it: it has never served anybody.
//!
//! # Running
//! Idle is *nothing in flight for the whole idle time*. Whenever something goes away in the directory (on macOS each second, and everywhere
//! each minute in any case), the daemon looks whether the socket's and the lock's paths still lead to those that it holds; if a sweeper
//! removed one or another took its place, it ends ([`CloseReason::ListenerLost`]), for a daemon that cannot be found, or is not
//! the only one, only does harm.
//!
//! # End
//! Every end is a [`CloseReason`] and goes one way:
//! 1. unlink the socket if it is still ours (refused beats unanswered), serve whoever had connected by then, accept no more;
//! 2. let go at once of calls that only wait for a long-running operation: their clients carry on with the next daemon;
//! 3. let the other calls finish, for at most the grace time (`stop_grace`; a minute at least if a newer client replaces this daemon), and
//!    with them a write on its way to Azure whose client has gone;
//! 4. go. A watchdog on a plain thread ends the process 2 s after the grace time, whatever still hangs.
//!
//! The lock is let go by the exit itself, so whoever waits for the lock waits for the process to be gone.
//!
//! # Crash
//! Clients notice at once: what only reads is asked again, three times; a wait for an operation is carried on with the next daemon; a write
//! of which it is not known whether Azure has it is never sent again, and the error says so. Caches and records are replaced whole, so
//! that none is ever half there.
//!
//! # Upgrade
//! `install.sh` puts new files in the place of the old by renaming and stops the daemon; the next command, or a client that is
//! waiting, starts the `azqd` that lies there then. Without that, the old daemon serves on while both speak a common protocol.
//!
//! Each call carries the client's range of protocol numbers. A client that is newer than the daemon and shares no number with
//! it, or asks for something that it does not have, asks it to stop and starts its own; an older client gets an error that
//! says so. A daemon is never replaced by an older client, so two versions cannot end each other in turn. `Hello` and `Stop` are
//! understood by every version.
//!
//! # Under a service manager
//! `install.sh --service` lets systemd hold the socket and start the daemon with the first connection (`LISTEN_FDS`, readiness by
//! `sd_notify`); on macOS launchd starts it at login. Such a daemon takes the lock like any other, waiting for a daemon
//! that a client has started to find out that the socket is no longer its own; it never unlinks a socket that it was given, so
//! that connections wait in it for the next daemon.
//!
//! # Without a daemon
//! `--no-daemon` and `AZQ_NO_DAEMON=1` serve one command by the same code: the client makes a pair of connected sockets and runs
//! `azqd --private` with one end as standard input. No directory, no lock, no name that another could find; the catalogues on disk
//! are used as ever. The private daemon stays in the client's session, but leaves Ctrl-C to the client, and ends when the connection does.
//!
//! # Guarantees
//! - At one meeting place two daemons never serve at the same time; of many clients one starts a daemon.
//! - A command never hangs on a daemon: it is taken within 10 s or ends with an error, and a daemon that falls silent later is given up
//!   after 20 s.
//! - `azq daemon stop` returns when the process is gone. Nobody but its holder unlinks a socket, nobody but the user has a daemon killed.
//! - A request that changes something is sent once; once it is on its way, neither its client's end nor an orderly end of the daemon
//!   loses what it begins, as long as Azure answers within the grace time.
//! - A daemon killed at any moment leaves nothing that has to be cleaned up, and nothing unreadable.

mod activity;
mod changes;
mod closing;
mod connection;
mod log;
mod process;
mod socket;
mod supervisor;

pub use activity::{Activity, Busy};
pub(crate) use changes::Changes;
pub(crate) use closing::watch_the_end;
pub use closing::{CloseReason, Closing};
pub use connection::Connection;
pub use log::{LogError, log_file, print_log, start_log};
pub use process::{confine, detach, report_failure, report_ready, report_taken, resident_bytes};
pub use socket::{Socket, SocketError, connection_limit};
pub(crate) use supervisor::announce_end;
pub use supervisor::{announce_ready, given_listener};
