//! The process's memory, and returning free memory to the system.
//!
//! glibc keeps freed memory, page by page, between allocations that are still in use. After a
//! catalogue was read, that is several times the catalogue's own size. Other C libraries return
//! free memory by themselves or not at all; with them this module does nothing.
//!
//! This is the only place in the workspace that needs `unsafe`: no library wraps the call.

/// Returns all whole pages that are free to the system. It takes milliseconds, during which no
/// other thread can allocate.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a function of the C library")]
pub fn give_back() {
    // SAFETY: malloc_trim takes no pointer, does not touch memory in use, and may be called by any
    // thread at any time (malloc_trim(3): MT-Safe).
    let _anything = unsafe { libc::malloc_trim(0) };
}

/// Does nothing, with this C library.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}

/// Returns the resident memory of this process in bytes, or `None` if the system does not report
/// it.
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}
