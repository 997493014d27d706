//! `azq-soak`: long runs, by hand; see `azq_tests::soak`.

use std::io::Write;
use std::process::ExitCode;

use azq_tests::soak::program::{self, ProgramError};

fn main() -> ExitCode {
    match program::run(std::env::args_os()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(ProgramError::Usage(usage)) => {
            // If stderr is closed, the error cannot be reported.
            let _closed = usage.print();
            ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
        }
        Err(error) => {
            let _closed = writeln!(std::io::stderr(), "azq-soak: {error}");
            ExitCode::from(2)
        }
    }
}
