//! The memory that the process has, and giving it back to the system.
//!
//! glibc keeps what is freed, page by page, between what is still used: after a catalogue was read,
//! several times what it takes. Other C libraries give it back by themselves or not at all; for
//! them nothing is done here.
//!
//! This is the only place in the workspace that needs `unsafe`: no library wraps the call.

/// Gives back all whole pages in which nothing is used. Takes milliseconds, in which nobody else is
/// given memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a function of the C library")]
pub fn give_back() {
    // SAFETY: malloc_trim takes no pointer, leaves alone what is in use, and may be called by any
    // thread at any time (malloc_trim(3): MT-Safe).
    let _anything = unsafe { libc::malloc_trim(0) };
}

/// Nothing, with this C library.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}

/// The memory of this process that is resident, in bytes; `None` where the system does not tell.
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}
