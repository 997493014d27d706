//! The binary `azq`: see the library.

use std::process::ExitCode;

use azq::environment::Process;

/// The allocator for musl, whose own one takes several times as long, which would halve the speed
/// of `azq batch`. With glibc there is no difference: a look-up took 1.35 times as long as
/// `/bin/true` with this allocator and 1.36 times with glibc's own.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let argv: Vec<_> = std::env::args_os().skip(1).collect();
    azq::run(&argv, &Process)
}
