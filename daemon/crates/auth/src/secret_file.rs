//! Files with secrets that az has written. They are read whole and wiped when dropped.

use std::fs::File;
use std::io::{Error, Read as _, Result};
use std::path::Path;

use zeroize::Zeroizing;

/// Returns the content of a regular file, up to `limit` bytes.
pub(super) fn read(file: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(Error::other("not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
