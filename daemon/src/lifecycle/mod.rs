//! The daemon's life: how it starts, is alone, is found, goes idle, is replaced, stops and crashes.
//!
//! # Files
//! All in the [meeting place](azq_proto::meeting), a directory of mode 0700 that both sides check each time.
//!
//! | file | who writes it | what it means |
//! | --- | --- | --- |
//! | `azqd.lock` | the daemon | locked (`flock`) for the whole of its life: *a daemon runs* means *this lock is held* |
//! | `azqd.sock` | the daemon, under the lock | where it listens; a socket without a held lock is a dead daemon's |
//! | `start.lock` | a client | held from before it starts a daemon until the daemon has answered a handshake |
//!
//! The kernel drops locks with the process that held them, so a crash, `kill -9` or a power cut leaves nothing to
//! clean up: the next daemon takes the lock, unlinks the dead socket, binds its own. The pid in `azqd.lock` is for
//! people; nothing is ever decided, and nobody ever killed, by a pid.
//!
//! # Start
//! 1. A client connects without any lock. Refused or absent: it takes `start.lock`, tries once more (another client
//!    may have been faster), then runs the `azqd` beside itself with its output as a pipe.
//! 2. The daemon closes what it inherited, leaves the client's session and directory, takes `azqd.lock`, binds, and
//!    only then writes `ready` to the pipe; or `taken`, or `failed` and why. Accounts, credentials and catalogues
//!    come later, when a call needs them.
//! 3. The client shakes hands and lets `start.lock` go. Every step is under one deadline that names the step.
//!
//! # Running
//! Idle is *nothing in flight for the whole idle time*. Whenever something goes away in the directory, the daemon looks whether the socket's path still
//! leads to the socket that it bound; if a sweeper removed it or another took its place, it ends ([`CloseReason::ListenerLost`]),
//! for a daemon that cannot be found only does harm.
//!
//! # End
//! Every end is a [`CloseReason`] and goes one way: unlink the socket if it is still ours (refused beats unanswered),
//! accept no more, let calls in flight finish for at most the grace time (`stop_grace`; a minute at least if a newer client replaces
//! this daemon), go. A call that only waits for a long-running operation is let go at once: its client carries on with the next daemon. A watchdog on a plain thread ends the
//! process if that takes longer than it may. The lock is let go by the exit itself, so whoever waits for the lock waits
//! for the process to be gone.
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
//! # Versions
//! Each call carries the client's range of protocol numbers. A client that is newer than the daemon and shares no number with
//! it asks it to stop (calls in flight finish first) and starts its own; an older client gets an error that says so. A daemon is never
//! replaced by an older client, so two versions cannot end each other in turn.

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
pub use socket::{CONNECTIONS, Socket, SocketError};
pub(crate) use supervisor::announce_end;
pub use supervisor::{announce_ready, given_listener};
