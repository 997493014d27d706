//! Signals that the client catches.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens to a signal; `None` if this process was started with it ignored, or if it cannot be caught.
///
/// Scripts start what runs in their background with SIGINT ignored, and `nohup` ignores SIGHUP. It stays so.
pub(crate) fn listen(kind: SignalKind) -> Option<Signal> {
    if is_ignored(kind) {
        return None;
    }
    signal(kind).ok()
}

fn is_ignored(kind: SignalKind) -> bool {
    // Only Linux tells it without an unsafe call.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_standard_library_ignores_sigpipe_and_nothing_else() {
        assert!(is_ignored(SignalKind::pipe()));
        assert!(!is_ignored(SignalKind::alarm()));
    }
}
