//! The binary `azq`: see the library.

use std::process::ExitCode;

use azq::environment::Process;

fn main() -> ExitCode {
    let argv: Vec<_> = std::env::args_os().skip(1).collect();
    azq::run(&argv, &Process)
}
