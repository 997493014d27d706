//! Giving memory back to the system.
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
pub(crate) fn give_back() {
    // SAFETY: malloc_trim takes no pointer, leaves alone what is in use, and may be called by any
    // thread at any time (malloc_trim(3): MT-Safe).
    let _anything = unsafe { libc::malloc_trim(0) };
}

/// Nothing, with this C library.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
