//! Links `azq` statically if glibc's static archives are available.
//!
//! The dynamic loader takes half the time of a short-lived process, so the static client starts in
//! half the time. `-C target-feature=+crt-static` would do the same, but without `--target` it
//! breaks proc macros, and with `--target` the binary would not lie in `target/release`. So the
//! linker is given archives in the place where it looks for shared objects. If one is missing, the
//! client is linked as usual.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The libraries that the standard library links from glibc.
const ARCHIVES: [&str; 6] = ["c", "m", "dl", "pthread", "rt", "util"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let native = env::var("HOST") == env::var("TARGET");
    let linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let release = is("PROFILE", "release");
    // Another linker, such as zig's for an older glibc, does not accept the archives of `cc`.
    let by_cc = env::var_os("RUSTC_LINKER").is_none();
    if !(native && linux && release && by_cc) {
        return Ok(());
    }
    let Some(archives) = ARCHIVES
        .map(|name| find(&format!("lib{name}.a")))
        .into_iter()
        .collect::<Option<Vec<_>>>()
    else {
        return Ok(());
    };
    if find("libgcc_eh.a").is_none() {
        return Ok(());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    for archive in archives {
        let name = archive.file_name().unwrap_or_default();
        fs::write(out.join(name), format!("INPUT({})\n", archive.display()))?;
    }
    // The shared `libgcc_s` has no archive, but consists of these two.
    fs::write(out.join("libgcc_s.a"), "GROUP(-lgcc_eh -lgcc)\n")?;
    // The arguments are for the binary only, because a search path of the whole crate would also
    // apply to programs that link the library and are not static.
    println!("cargo::rustc-link-arg-bins=-L{}", out.display());
    println!("cargo::rustc-link-arg-bins=-static");
    // Relocation at start would cost the client a seventh of its time and a third of its page
    // faults. Its addresses need not be hidden, because it reads data only from its own user and
    // that user's daemon.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    Ok(())
}

/// Returns the path of an archive of the C compiler.
fn find(archive: &str) -> Option<PathBuf> {
    let output = Command::new("cc")
        .arg(format!("-print-file-name={archive}"))
        .output()
        .ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    // If the compiler does not have the archive, it prints the bare name.
    Some(Path::new(path.trim()))
        .filter(|path| path.is_absolute())
        .map(Path::to_owned)
}
