//! Processes as the kernel shows them, by id.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Timeout of the end of a process that has been asked to end.
const LAST_STEPS: Timespec = Timespec {
    tv_sec: 5,
    tv_nsec: 0,
};

/// Returns the ids of all processes.
pub(super) fn all() -> impl Iterator<Item = u32> {
    let ids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether a process runs the program of this name.
pub(super) fn is_named(id: u32, name: &str) -> bool {
    let found = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    found.trim_end() == name
}

/// Returns the parent of a process that has not ended.
pub(super) fn parent(id: u32) -> Option<u32> {
    let has_ended = fact(id, "State")?.starts_with('Z');
    fact(id, "PPid").filter(|_| !has_ended)?.parse().ok()
}

/// Returns a field of a process's `status` file, which every user can read.
pub fn fact(id: u32, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let mut facts = status.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = facts.find(|(fact, _)| *fact == name)?;
    Some(value.trim().to_owned())
}

/// Whether a text is in a file that the system has about a process.
pub(super) fn says(id: u32, file: &str, text: &str) -> bool {
    let content = std::fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
    content
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// Whether a process ends in time; one that does not exist has ended.
pub(super) fn ends(id: u32) -> bool {
    let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        return true;
    };
    match pidfd_open(id, PidfdFlags::empty()) {
        Ok(process) => matches!(
            poll(
                &mut [PollFd::new(&process, PollFlags::IN)],
                Some(&LAST_STEPS)
            ),
            Ok(1..)
        ),
        Err(error) => error == rustix::io::Errno::SRCH,
    }
}
