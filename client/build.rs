//! Links `azq` statically where glibc's archives are at hand.
//!
//! Half of a short-lived process is the dynamic loader: the static client starts in half the time.
//! `-C target-feature=+crt-static` would do the same, but without `--target` it breaks proc macros,
//! and with it the binary would not lie in `target/release`. So the linker is given archives where
//! it looks for shared objects; where one is missing, the client is linked as usual.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What the standard library asks glibc's linker for.
const ARCHIVES: [&str; 6] = ["c", "m", "dl", "pthread", "rt", "util"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let native = env::var("HOST") == env::var("TARGET");
    let linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let release = is("PROFILE", "release");
    // Another linker, such as zig's for an older glibc, does not take the archives of `cc`.
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
    // The shared `libgcc_s` has no archive; these two are what it is made of.
    fs::write(out.join("libgcc_s.a"), "GROUP(-lgcc_eh -lgcc)\n")?;
    // For the binary alone: a search path of the crate would reach whoever links the library, who
    // is not static.
    println!("cargo::rustc-link-arg-bins=-L{}", out.display());
    println!("cargo::rustc-link-arg-bins=-static");
    // Relocating itself would cost the client a seventh of its time and a third of its page faults.
    // What it reads comes from its own user and that user's daemon, so there is nobody from whom
    // its addresses would be hidden.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    Ok(())
}

/// Where the C compiler has an archive.
fn find(archive: &str) -> Option<PathBuf> {
    let output = Command::new("cc")
        .arg(format!("-print-file-name={archive}"))
        .output()
        .ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    // A compiler that does not have it answers with the bare name.
    Some(Path::new(path.trim()))
        .filter(|path| path.is_absolute())
        .map(Path::to_owned)
}
