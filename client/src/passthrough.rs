//! Hands a command line over to the real az: finds it, and replaces this process by it.
//!
//! Invariants: the arguments are passed on unchanged, regardless of their encoding; az replaces
//! this process, so that it has the terminal, standard input, signals and exit code; azq never
//! hands over to itself, no matter under which name or wrapper it was installed. A counter in the
//! environment ([`GUARD`]) ends a loop that no check of the files could detect, such as an `az`
//! that calls azq by another name.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::Environment;

/// The variable in az's environment that counts how often a line was handed over from process to
/// process.
pub const GUARD: &str = "AZQ_HANDED_OVER";

/// The maximum number of hand-overs, which is more than any az that itself calls azq needs.
const MOST_HAND_OVERS: u32 = 4;

const MODE: &str = "AZQ_PASSTHROUGH";

/// The lines that are handed over (`AZQ_PASSTHROUGH`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// None; azq prints az's own error instead.
    Never,
    /// Those that azq does not implement.
    #[default]
    Auto,
    /// All of az's commands.
    Always,
}

/// The error that `AZQ_PASSTHROUGH` has an unknown value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MODE} is '{0}'; it can be never, auto or always")]
pub struct UnknownMode(String);

impl Mode {
    /// Returns the mode in the environment.
    pub fn of(environment: &dyn Environment) -> Result<Self, UnknownMode> {
        let value = environment.variable(MODE).unwrap_or_default();
        match value.to_str() {
            Some("" | "auto") => Ok(Self::Auto),
            Some("never") => Ok(Self::Never),
            Some("always") => Ok(Self::Always),
            _ => Err(UnknownMode(value.to_string_lossy().into_owned())),
        }
    }
}

/// The real az.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Az {
    path: PathBuf,
    hand_overs: u32,
}

/// The reason why there is no real az.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAz {
    /// There is none on the PATH.
    #[error("no real az was found on the PATH")]
    Absent,
    /// Every az so far led to azq.
    #[error("the az on the PATH leads back to azq")]
    Loop,
}

impl fmt::Display for Az {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Az {
    /// Finds the first executable named `az` on the PATH that is not azq.
    pub fn find<E: Environment + ?Sized>(environment: &E) -> Result<Self, NoAz> {
        let hand_overs = hand_overs(environment);
        if hand_overs >= MOST_HAND_OVERS {
            return Err(NoAz::Loop);
        }
        let path = environment.variable("PATH").unwrap_or_default();
        candidates(&path)
            .find(|(_, is_azq)| !is_azq)
            .map(|(path, _)| Self { path, hand_overs })
            .ok_or(NoAz::Absent)
    }

    /// Returns its path.
    pub(crate) fn into_path(self) -> PathBuf {
        self.path
    }

    /// Replaces this process by az. It returns only if that fails.
    pub fn exec(&self, argv: &[OsString]) -> io::Error {
        self.command(argv).exec()
    }

    /// Returns the command line of az with these arguments, for `azq batch`, which continues
    /// afterwards.
    pub(crate) fn command(&self, argv: &[OsString]) -> Command {
        let hand_overs = self.hand_overs + 1;
        let mut command = Command::new(&self.path);
        command.args(argv).env(GUARD, hand_overs.to_string());
        command
    }
}

/// Returns every executable named `az` on the PATH, and whether it is azq.
pub(crate) fn on_path<E: Environment + ?Sized>(environment: &E) -> Vec<(PathBuf, bool)> {
    candidates(&environment.variable("PATH").unwrap_or_default()).collect()
}

fn candidates(path: &OsStr) -> impl Iterator<Item = (PathBuf, bool)> {
    let itself = std::env::current_exe()
        .ok()
        .and_then(|path| Identity::of(&path));
    directories(path)
        .map(|directory| directory.join("az"))
        .filter(|candidate| is_executable(candidate))
        .map(move |candidate| {
            let is_azq = leads_to(&candidate, itself.as_ref());
            (candidate, is_azq)
        })
}

fn hand_overs<E: Environment + ?Sized>(environment: &E) -> u32 {
    let count = environment
        .variable(GUARD)
        .and_then(|count| count.to_str()?.parse().ok());
    count.unwrap_or_default()
}

fn directories(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    // An empty or relative entry means a different directory for each working directory, and the
    // user never means an `az` there.
    std::env::split_paths(path).filter(|directory| directory.is_absolute())
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The identity of a file, independent of its names.
#[derive(PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// Returns the identity of the file at a path, following links.
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

/// Whether running the file would run azq: it is azq, a link to it, or a script that calls an
/// `azq`.
fn leads_to(candidate: &Path, itself: Option<&Identity>) -> bool {
    let is_itself = itself.is_some_and(|itself| Identity::of(candidate).as_ref() == Some(itself));
    is_itself || is_copy(candidate) || is_script_for_azq(candidate)
}

/// Whether it is another copy of azq, built or installed elsewhere, under az's name.
fn is_copy(candidate: &Path) -> bool {
    candidate
        .canonicalize()
        .is_ok_and(|path| path.file_name() == Some(OsStr::new("azq")))
}

/// The maximum length of a script that may be a mere shim.
const LONGEST_SHIM: u64 = 4096;

fn is_script_for_azq(candidate: &Path) -> bool {
    let mut text = Vec::new();
    let read = std::fs::File::open(candidate)
        .and_then(|file| file.take(LONGEST_SHIM).read_to_end(&mut text));
    read.is_ok() && text.starts_with(b"#!") && names_azq(&text)
}

/// Whether a command in the script is called `azq`, with or without a path, outside comments.
fn names_azq(script: &[u8]) -> bool {
    let is_break = |byte: &u8| byte.is_ascii_whitespace() || b"\"';&|(){}`$".contains(byte);
    let lines = script
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_start);
    lines.filter(|line| !line.starts_with(b"#")).any(|line| {
        line.split(is_break)
            .any(|word| Path::new(OsStr::from_bytes(word)).ends_with("azq"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::fake::Fake;

    struct Directory(tempfile::TempDir);

    impl Directory {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn az(&self, content: &str, mode: u32) -> PathBuf {
            let path = self.0.path().join("az");
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    fn found(directories: &[&Directory]) -> Result<PathBuf, NoAz> {
        let path = std::env::join_paths(directories.iter().map(|directory| directory.0.path()));
        let path = path.unwrap().into_string().unwrap();
        Az::find(&Fake::default().variable("PATH", &path)).map(|az| az.path)
    }

    #[test]
    fn the_first_az_that_is_not_azq_is_found() {
        let [itself, link, shim, not_executable, real] = std::array::from_fn(|_| Directory::new());
        let this = std::env::current_exe().unwrap();
        if std::fs::hard_link(&this, itself.0.path().join("az")).is_err() {
            std::os::unix::fs::symlink(&this, itself.0.path().join("az")).unwrap();
        }
        std::fs::write(link.0.path().join("azq"), "").unwrap();
        std::os::unix::fs::symlink(link.0.path().join("azq"), link.0.path().join("az")).unwrap();
        shim.az(
            "#!/bin/sh\n# azq in front\nexec \"$HOME/.local/bin/azq\" \"$@\"\n",
            0o755,
        );
        not_executable.az("#!/bin/sh\n", 0o644);
        let az = real.az("#!/bin/sh\n# not azq\npython3 -m azure.cli \"$@\"\n", 0o755);
        assert_eq!(
            found(&[&itself, &link, &shim, &not_executable, &real]),
            Ok(az)
        );
        assert_eq!(
            found(&[&itself, &link, &shim, &not_executable]),
            Err(NoAz::Absent)
        );
        assert_eq!(Az::find(&Fake::default()), Err(NoAz::Absent));
    }

    #[test]
    fn an_az_beside_the_working_directory_is_never_run() {
        let real = Directory::new();
        let az = real.az("#!/bin/sh\n", 0o755);
        // From the directory of this crate, in which tests run, this path leads to the same az.
        let upwards = "../".repeat(32);
        let relative = format!("{upwards}{}", &real.0.path().to_str().unwrap()[1..]);
        assert!(Path::new(&relative).join("az").is_file());
        for path in ["", ".", "..", &relative, "bin", "~"] {
            let environment = Fake::default().variable("PATH", path);
            assert_eq!(Az::find(&environment), Err(NoAz::Absent), "{path}");
        }
        let path = format!("{relative}::.:{}", real.0.path().display());
        let environment = Fake::default().variable("PATH", &path);
        assert_eq!(Az::find(&environment).map(Az::into_path), Ok(az));
    }

    #[test]
    fn a_loop_ends() {
        let real = Directory::new();
        real.az("#!/bin/sh\n", 0o755);
        let path = real.0.path().to_str().unwrap();
        for (hand_overs, ends) in [("", false), ("junk", false), ("1", false), ("4", true)] {
            let environment = Fake::default()
                .variable("PATH", path)
                .variable(GUARD, hand_overs);
            assert_eq!(
                Az::find(&environment) == Err(NoAz::Loop),
                ends,
                "{hand_overs}"
            );
        }
    }

    #[test]
    fn the_mode_is_one_of_three() {
        for (value, expected) in [
            ("", Ok(Mode::Auto)),
            ("auto", Ok(Mode::Auto)),
            ("never", Ok(Mode::Never)),
            ("always", Ok(Mode::Always)),
            ("perhaps", Err(UnknownMode("perhaps".to_owned()))),
        ] {
            assert_eq!(Mode::of(&Fake::default().variable(MODE, value)), expected);
        }
        assert_eq!(Mode::of(&Fake::default()), Ok(Mode::Auto));
    }
}
