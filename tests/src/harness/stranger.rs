//! Acting as another user, which only root can.

use std::io;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Gid, Uid};

/// The user id of `nobody`.
pub const STRANGER: u32 = 65534;

/// Returns an unknown user id, which differs between calls and between processes.
pub fn somebody() -> u32 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    1_000_000 + 64 * std::process::id() + CALLS.fetch_add(1, Ordering::Relaxed)
}

/// Whether this user may become another, and read all users' processes.
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        tell("left out: it takes root");
    }
    is_root
}

/// Calls a function as another user; returns none if this user may not become one.
///
/// # Panics
/// If the function panics.
pub fn as_user<T: Send>(user: u32, act: impl FnOnce() -> T + Send) -> Option<T> {
    if !is_root() {
        return None;
    }
    // The system calls change this thread alone; the C library's functions would change the whole
    // process.
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
            rustix::thread::set_thread_groups(&[]).ok()?;
            rustix::thread::set_thread_res_gid(gid, gid, gid).ok()?;
            rustix::thread::set_thread_res_uid(uid, uid, uid).ok()?;
            Some(act())
        });
        match other.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Gives a file, or a directory with its content, to a user.
pub fn give(path: &Path, user: u32) -> io::Result<()> {
    lchown(path, Some(user), Some(user))?;
    if path.symlink_metadata()?.is_dir() {
        for entry in std::fs::read_dir(path)? {
            give(&entry?.path(), user)?;
        }
    }
    Ok(())
}

#[expect(
    clippy::print_stderr,
    reason = "libtest shows it when the test fails; there is no better way to say it"
)]
fn tell(what: &str) {
    eprintln!("{what}");
}
