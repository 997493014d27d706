//! The error of a measurement that could not be made.

use std::io;

use azq_tests::harness::{BinariesError, HomeError};

/// The reason why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    System(#[from] io::Error),
    #[error("cannot read what the emulator says")]
    Emulator(#[from] serde_json::Error),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("azqd: {0}")]
    Grpc(#[from] h2::Error),
    #[error("azqd: {0}")]
    Reply(#[from] prost::DecodeError),
    #[error(transparent)]
    Request(#[from] http::Error),
    #[error("`{command}` ended with {code:?}: {stderr}")]
    Command {
        command: String,
        code: Option<i32>,
        stderr: String,
    },
    #[error("{0}")]
    Unexpected(String),
}

impl BenchError {
    /// Fails because a condition of a fair measurement does not hold.
    pub(crate) fn unexpected<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self::Unexpected(what.into()))
    }
}
