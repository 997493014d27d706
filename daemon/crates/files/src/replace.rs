//! Files that are replaced as a whole: a reader sees the old content or the new, also after a crash
//! or a loss of power.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Replaces a file: writes beside it, syncs and renames. The directory is not synced.
///
/// The new file is opened with this mode, less the process's umask. If anything fails, the old file
/// is as it was, and what was written is removed. Each call writes under a name of its own, so two
/// writers do not disturb each other; the last one prevails.
pub fn replace(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut aside = tempfile::Builder::new()
        .prefix(".azq-")
        .suffix(".new")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(directory)?;
    write(aside.as_file_mut())?;
    aside.as_file().sync_all()?;
    aside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;

    #[test]
    fn a_file_is_replaced_with_its_mode_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        for content in ["one", "two"] {
            replace(&path, 0o600, |file| file.write_all(content.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode, entries(folder.path())), (0o600, 1));
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, "old").unwrap();
        let failed = replace(&path, 0o600, |file| {
            file.write_all(b"half of")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(entries(folder.path()), 1);
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }
}
