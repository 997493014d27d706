//! The binaries under test, built at the first request of a test.
//!
//! A test of the `dev` profile uses the binaries of that profile. A benchmark, or any other program
//! that was built with optimisation, uses what `install.sh` installs: the `dist` profile, with a
//! client on musl if Rust has that target.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::signals::give_defaults;

/// The paths of the binaries.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The client's path.
    pub azq: PathBuf,
    /// The path of the daemon, which the client starts from its own folder.
    pub azqd: PathBuf,
    /// The emulator's path.
    pub emulator: PathBuf,
}

/// Names a folder to take the binaries from, instead of building them.
const FOLDER: &str = "AZQ_TEST_BINARIES";

/// Prefixes of variables that cargo sets for a test of its own package. They are removed before a
/// build, because a change of them rebuilds `ring` and everything that depends on it: a minute for
/// the first test that runs after a build from a shell.
const OF_THIS_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// Finds the binaries, once per process. cargo builds missing or stale ones, unless
/// `AZQ_TEST_BINARIES` names a folder of finished ones.
pub fn binaries() -> Result<&'static Binaries, BinariesError> {
    static FOUND: OnceLock<Result<Binaries, BinariesError>> = OnceLock::new();
    FOUND.get_or_init(find).as_ref().map_err(Clone::clone)
}

fn find() -> Result<Binaries, BinariesError> {
    give_defaults();
    if let Some(folder) = std::env::var_os(FOLDER) {
        return in_folder(Path::new(&folder));
    }
    let folder = profile_folder().ok_or(BinariesError::Nowhere)?;
    if folder.ends_with("release") || folder.ends_with("dist") {
        build(&["--profile", "dist"])?;
        in_folder(&with_musl(&folder.with_file_name("dist"))?)
    } else {
        build(&[])?;
        in_folder(&folder)
    }
}

/// Returns a folder that has the client on musl, if that can be built, beside the other binaries.
fn with_musl(folder: &Path) -> Result<PathBuf, BinariesError> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    if !has_target(&target) {
        return Ok(folder.to_owned());
    }
    build(&["--profile", "dist", "--package", "azq", "--target", &target])?;
    let client = folder.with_file_name(target).join("dist").join("azq");
    let together = folder.join("installed");
    let sources = [client, folder.join("azqd"), folder.join("azq-emulator")];
    std::fs::create_dir_all(&together)
        .and_then(|()| {
            sources
                .iter()
                .try_for_each(|source| replace(source, &together))
        })
        .map_err(|error| BinariesError::Unbuilt(error.to_string()))?;
    Ok(together)
}

/// Copies a file into a folder, even if the file that it replaces is being executed.
fn replace(source: &Path, folder: &Path) -> std::io::Result<()> {
    let place = folder.join(source.file_name().unwrap_or_default());
    let new = place.with_extension("new");
    std::fs::copy(source, &new)?;
    std::fs::rename(new, place)
}

/// Whether Rust can build for a target.
#[expect(
    clippy::disallowed_methods,
    reason = "rustc prints one line, and a build follows that has no limit either"
)]
fn has_target(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .output();
    asked.is_ok_and(|found| {
        found.status.success() && Path::new(String::from_utf8_lossy(&found.stdout).trim()).is_dir()
    })
}

/// Returns `target/debug` for a test that runs as `target/debug/deps/…`, and for a program that
/// runs as `target/debug/…`.
fn profile_folder() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    let folder = executable.parent()?;
    let folder = if folder.ends_with("deps") {
        folder.parent()?
    } else {
        folder
    };
    Some(folder.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build has no limit that would suit every machine"
)]
fn build(profile: &[&str]) -> Result<(), BinariesError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--bins"])
        .args(profile)
        .current_dir(checkout());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OF_THIS_PACKAGE
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            cargo.env_remove(&name);
        }
    }
    let built = cargo
        .output()
        .map_err(|error| BinariesError::Unbuilt(error.to_string()))?;
    if built.status.success() {
        Ok(())
    } else {
        Err(BinariesError::Unbuilt(
            String::from_utf8_lossy(&built.stderr).into_owned(),
        ))
    }
}

fn in_folder(folder: &Path) -> Result<Binaries, BinariesError> {
    let binary = |name| {
        let path = folder.join(name);
        if path.is_file() {
            Ok(path)
        } else {
            Err(BinariesError::Missing(path))
        }
    };
    Ok(Binaries {
        azq: binary("azq")?,
        azqd: binary("azqd")?,
        emulator: binary("azq-emulator")?,
    })
}

/// Returns the root of the workspace.
pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// The reason why there are no binaries to test.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BinariesError {
    /// The running program has no path.
    #[error("cannot tell where this program lies")]
    Nowhere,
    /// cargo did not build them; its output.
    #[error("the binaries could not be built: {0}")]
    Unbuilt(String),
    /// One is missing from its folder.
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
}
