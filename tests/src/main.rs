//! `azq-emulator`: the emulator as a process; see `azq_tests::program`.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use azq_tests::program::{self, ProgramError};

fn main() -> ExitCode {
    let error = match program::run(std::env::args_os()) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(ProgramError::Usage(usage)) => {
            // If stderr is closed, the error cannot be reported.
            let _closed = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
        Err(error) => error,
    };
    let (mut message, mut cause) = (format!("azq-emulator: {error}"), error.source());
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    let _closed = writeln!(std::io::stderr(), "{message}");
    ExitCode::FAILURE
}
