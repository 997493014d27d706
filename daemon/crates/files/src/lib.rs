//! Checks of the directories and files that azq trusts: they belong to this user, and other users
//! may not write to them.
//!
//! A cache or state directory may be named by a variable, lie in a shared place, or have been made
//! there by another user first. So azq checks each before it uses it: it is a directory, it belongs
//! to this user, and no other user may write to it. A directory that others may read is left as its
//! owner has made it, because only their owner can read the files in it.
//!
//! Deliberately absent: repair. A wrong owner or mode is another user's or program's doing, so azq
//! reports it and does not change it.

mod replace;

use std::fs::{DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

use azq_proto::runtime_dir::own_uid;

pub use replace::replace;

/// The mode bits that let group and others write.
const WRITABLE: u32 = 0o022;
/// The mode bit that lets others write. A file that its group may write is common where each user
/// has a group of their own.
const WRITABLE_BY_ALL: u32 = 0o002;

/// The reason why a directory or a file is not trusted.
#[derive(Debug, thiserror::Error)]
enum Distrust {
    #[error("{0} is not a directory")]
    NoDirectory(String),
    #[error("{0} is not a regular file")]
    NoFile(String),
    #[error("{0} belongs to uid {1}, not to you")]
    Foreign(String, u32),
    #[error("others may write to {0} (mode {1:o}); run: chmod go-w {0}")]
    Open(String, u32),
}

/// Makes a directory (0700, as its parents) if it is absent, then checks it. No directory is made
/// below one that belongs neither to this user nor to the administrator. The reason is that
/// `sudo -E` combines a user's `HOME` with root's rights, and that user could not use a directory
/// which root made there.
pub fn prepare(path: &Path) -> io::Result<()> {
    let above = path
        .ancestors()
        .find_map(|directory| Some((directory, directory.metadata().ok()?)));
    if let Some((directory, found)) = above {
        belongs(&found, &directory.display().to_string(), &[own_uid(), 0])?;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    check(path)
}

/// Fails if there is no directory, or if others could have put something into it. A link to the
/// directory must be this user's too.
pub fn check(path: &Path) -> io::Result<()> {
    let shown = path.display().to_string();
    let (named, found) = (path.symlink_metadata()?, path.metadata()?);
    if !found.is_dir() {
        return Err(io::Error::other(Distrust::NoDirectory(shown)));
    }
    for metadata in [&named, &found] {
        belongs(metadata, &shown, &[own_uid()])?;
    }
    closed(&found, &shown, WRITABLE)
}

/// Fails if another user could have written a file. Only files of this user and of the
/// administrator pass.
pub fn check_file(path: &Path) -> io::Result<()> {
    let (shown, found) = (path.display().to_string(), path.metadata()?);
    if !found.is_file() {
        return Err(io::Error::other(Distrust::NoFile(shown)));
    }
    belongs(&found, &shown, &[own_uid(), 0])?;
    closed(&found, &shown, WRITABLE_BY_ALL)
}

/// Returns the device and the inode, which tell one file from another at the same path.
pub fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// Whether an open file is a regular one and belongs to this user.
pub fn is_own_file(found: &Metadata) -> bool {
    found.is_file() && found.uid() == own_uid()
}

fn belongs(found: &Metadata, path: &str, owners: &[u32]) -> io::Result<()> {
    if owners.contains(&found.uid()) {
        return Ok(());
    }
    let distrust = Distrust::Foreign(path.to_owned(), found.uid());
    Err(io::Error::other(distrust))
}

fn closed(found: &Metadata, path: &str, mask: u32) -> io::Result<()> {
    if found.mode() & mask == 0 {
        return Ok(());
    }
    let distrust = Distrust::Open(path.to_owned(), found.mode() & 0o7777);
    Err(io::Error::other(distrust))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn objection(outcome: io::Result<()>) -> String {
        outcome.unwrap_err().to_string()
    }

    #[test]
    fn a_directory_is_made_private_and_refused_once_others_may_write_to_it() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("cache/azq");
        assert_eq!(check(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        prepare(&path).unwrap();
        for made in [&path, path.parent().unwrap()] {
            assert_eq!(made.metadata().unwrap().mode() & 0o777, 0o700);
        }
        mode(&path, 0o755);
        prepare(&path).unwrap();
        for open in [0o777, 0o1777, 0o720] {
            mode(&path, open);
            let said = objection(prepare(&path));
            assert!(said.contains("chmod go-w"), "{said}");
        }
    }

    #[test]
    fn a_link_is_followed_to_what_is_checked() {
        let base = tempfile::tempdir().unwrap();
        let (real, link) = (base.path().join("real"), base.path().join("link"));
        fs::create_dir(&real).unwrap();
        symlink(&real, &link).unwrap();
        mode(&real, 0o700);
        prepare(&link).unwrap();
        mode(&real, 0o777);
        assert!(prepare(&link).is_err());
        fs::write(base.path().join("file"), "").unwrap();
        assert!(prepare(&base.path().join("file")).is_err());
    }

    #[test]
    fn nothing_is_created_in_another_users_directory() {
        let given_away = tempfile::tempdir().unwrap();
        // Only root can give a directory away; other users test with one of root's.
        let is_root = own_uid() == 0;
        let (home, owner) = if is_root {
            std::os::unix::fs::chown(given_away.path(), Some(65534), None).unwrap();
            (given_away.path(), 65534)
        } else {
            (Path::new("/usr"), 0)
        };
        let objected = format!("belongs to uid {owner}, not to you");
        assert!(objection(check(home)).ends_with(&objected));
        let said = objection(prepare(&home.join(".cache/azq")));
        // Without root's rights the system refuses before azq's own check.
        assert!(said.ends_with(&objected) || !is_root, "{said}");
        assert!(!home.join(".cache").exists());
    }

    #[test]
    fn a_file_that_anybody_may_change_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("config.toml");
        fs::write(&file, "").unwrap();
        mode(&file, 0o664);
        check_file(&file).unwrap();
        mode(&file, 0o666);
        assert!(objection(check_file(&file)).contains("others may write"));
        assert!(objection(check_file(base.path())).contains("not a regular file"));
    }
}
