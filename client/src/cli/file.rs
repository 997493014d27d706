//! Options whose value is a file's path, such as `--kubelet-config`: the client reads the file.
//!
//! The working directory and the permissions are the caller's, not the daemon's. The daemon checks
//! the content and words the errors about it as az does.

use std::io;
use std::path::Path;

use azq_proto::v1::{File, FileProblem, file::Outcome};

use crate::environment::Environment;

/// Reads the file at the path as typed (az expands no `~` here), or returns the problem with it.
pub(super) fn read(path: String, environment: &dyn Environment) -> File {
    let outcome = match content(Path::new(&path), environment) {
        Ok(content) => Outcome::Content(content),
        Err(problem) => Outcome::Problem(problem.into()),
    };
    File {
        path,
        outcome: Some(outcome),
    }
}

/// Reads the content. A pipe counts as no file, like a directory, because az checks
/// `os.path.isfile` before it opens the file.
fn content(path: &Path, environment: &dyn Environment) -> Result<Vec<u8>, FileProblem> {
    if !environment.is_file(path) {
        return Err(if environment.exists(path) {
            FileProblem::IsADirectory
        } else {
            FileProblem::NotFound
        });
    }
    environment.read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FileProblem::NotFound,
        io::ErrorKind::IsADirectory => FileProblem::IsADirectory,
        _ => FileProblem::Unreadable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    #[test]
    fn a_file_travels_with_its_content_or_its_problem() {
        let environment = Fake::default().file("motd.txt", "hi\n").directory("etc");
        for (path, expected) in [
            ("motd.txt", Outcome::Content(b"hi\n".to_vec())),
            ("etc", Outcome::Problem(FileProblem::IsADirectory.into())),
            ("~/motd.txt", Outcome::Problem(FileProblem::NotFound.into())),
            ("", Outcome::Problem(FileProblem::NotFound.into())),
        ] {
            assert_eq!(
                read(path.to_owned(), &environment).outcome,
                Some(expected),
                "{path:?}"
            );
        }
    }
}
