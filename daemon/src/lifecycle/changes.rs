//! A watch that notices when something in a directory is removed or written, without polling.
//!
//! A notification is only a hint: the caller checks the directory itself, and does so now and then
//! in any case, because the system may refuse a watch (and macOS has none of this kind).

#[cfg(target_os = "linux")]
use futures_util::StreamExt as _;
use std::path::Path;
use std::time::Duration;

/// The interval between checks where the system refuses a watch.
const SELDOM: Duration = Duration::from_secs(60);
/// The interval between additional checks where there is a watch.
#[cfg(target_os = "linux")]
const SELDOM_IF_TOLD: Duration = Duration::from_secs(300);
/// The interval between checks where watches do not exist: a client that finds no socket waits
/// longer than this for the old daemon's lock.
#[cfg(not(target_os = "linux"))]
const OFTEN: Duration = Duration::from_secs(1);

/// A watch on a directory.
pub(crate) struct Changes {
    #[cfg(target_os = "linux")]
    watch: Option<inotify::EventStream<[u8; 1024]>>,
}

impl Changes {
    /// Watches a directory. Needs a tokio runtime.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(directory: &Path) -> Self {
        let watch = watch(directory).inspect_err(|error| {
            tracing::debug!("{} is not watched: {error}", directory.display());
        });
        Self { watch: watch.ok() }
    }

    /// Watches a directory.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of(_: &Path) -> Self {
        Self {}
    }

    /// Waits until the caller should check.
    #[cfg(target_os = "linux")]
    pub(crate) async fn next(&mut self) {
        let patience = match self.watch {
            Some(_) => SELDOM_IF_TOLD,
            None => SELDOM,
        };
        let told = async {
            if let Some(watch) = &mut self.watch
                && let Some(Ok(_)) = watch.next().await
            {
                return;
            }
            std::future::pending::<()>().await;
        };
        // A notification and a timeout both mean that the caller should check.
        drop(tokio::time::timeout(patience, told).await);
    }

    /// Waits until the caller should check.
    #[cfg(not(target_os = "linux"))]
    pub(crate) async fn next(&mut self) {
        tokio::time::sleep(OFTEN.min(SELDOM)).await;
    }
}

#[cfg(target_os = "linux")]
fn watch(directory: &Path) -> std::io::Result<inotify::EventStream<[u8; 1024]>> {
    use inotify::{Inotify, WatchMask};
    let queue = Inotify::init()?;
    let gone = WatchMask::DELETE | WatchMask::MOVE | WatchMask::DELETE_SELF | WatchMask::MOVE_SELF;
    queue
        .watches()
        .add(directory, gone | WatchMask::CLOSE_WRITE)?;
    queue.into_event_stream([0; 1024])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn written_and_removed_files_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("azqd.sock");
        let noticed = async |mut changes: Changes| {
            let noticed = tokio::time::timeout(Duration::from_secs(30), changes.next()).await;
            assert!(noticed.is_ok());
        };
        let changes = Changes::of(folder.path());
        std::fs::write(&file, "").unwrap();
        noticed(changes).await;
        let changes = Changes::of(folder.path());
        std::fs::remove_file(&file).unwrap();
        noticed(changes).await;
    }
}
