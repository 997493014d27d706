//! `azq-fuzz-corpus DIRECTORY`: writes the seeds of every target, for libFuzzer to begin with, into
//! `DIRECTORY/TARGET/`.
//!
//! A file is named after its content, so nothing is written twice and files that libFuzzer has
//! added stay.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        drop(writeln!(io::stderr(), "usage: azq-fuzz-corpus DIRECTORY"));
        return ExitCode::from(2);
    };
    match write(Path::new(&folder), &mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "ERROR: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, out: &mut dyn io::Write) -> io::Result<()> {
    for target in azq_fuzz::TARGETS {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder)?;
        let seeds = (target.seeds)();
        for seed in &seeds {
            let mut hasher = DefaultHasher::new();
            seed.hash(&mut hasher);
            std::fs::write(folder.join(format!("seed-{:016x}", hasher.finish())), seed)?;
        }
        writeln!(out, "{:4} seeds  {}", seeds.len(), target.name)?;
    }
    Ok(())
}
