//! The environment of a run: an emulated Azure, a home with several accounts, and its daemon.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use azq_proto::v1;

use super::SoakError;
use crate::demo;
use crate::emulator::{Account, Emulator, Specification};
use crate::harness::Home;

/// Accounts besides the machine's own identity, each in a configuration directory of its own.
const OTHERS: [&str; 2] = [
    "MSIClient-33333333-3333-3333-3333-333333333333",
    "MSIClient-44444444-4444-4444-4444-444444444444",
];

/// Lifetime of tokens in seconds, so short that they are renewed many times in a run.
const TOKEN_LIFETIME: u64 = 120;

/// An emulated Azure and a home.
#[derive(Debug)]
pub(super) struct SoakEnvironment {
    pub(super) emulator: Emulator,
    pub(super) home: Home,
    /// az's configuration directories, one for each account.
    pub(super) accounts: Vec<PathBuf>,
}

impl SoakEnvironment {
    /// Creates a scene with a catalogue of the sizes whose names match, and with these settings of
    /// the daemon.
    pub(super) fn new(
        sku_names: Option<&str>,
        settings: &[(&str, &str)],
    ) -> Result<Self, SoakError> {
        let emulator = Emulator::start(Specification {
            sku_names: sku_names.map(str::to_owned),
            retry_after: 0,
            token_lifetime: TOKEN_LIFETIME,
            ..demo::specification()
        })?;
        let mut home = Home::new(&emulator)?;
        for (name, value) in settings {
            home.set(name, value);
        }
        let mut accounts = vec![home.path().join("azure")];
        for (number, identity) in OTHERS.iter().enumerate() {
            let folder = home.path().join(format!("azure{number}"));
            let account = Account::UserAssigned((*identity).to_owned());
            emulator
                .write_az_config_for(&folder, &account, &BTreeMap::new())
                .map_err(SoakError::at("writing an account"))?;
            accounts.push(folder);
        }
        Ok(Self {
            emulator,
            home,
            accounts,
        })
    }

    /// Returns the context of an account's calls.
    pub(super) fn context(&self, account: &Path, subscription: &str) -> v1::Context {
        v1::Context {
            azure_config_dir: account.display().to_string(),
            subscription: Some(subscription.to_owned()),
            ..self.home.context()
        }
    }

    /// Runs a command that must succeed; returns its stdout.
    pub(super) fn must(&self, doing: &'static str, line: &[&str]) -> Result<Vec<u8>, SoakError> {
        let outcome = self.home.azq(line).map_err(SoakError::at(doing))?;
        if outcome.code == Some(0) {
            return Ok(outcome.stdout);
        }
        let reason = format!("{line:?} ended with {outcome:?}");
        Err(SoakError::Daemon { doing, reason })
    }

    /// Returns the process id of the home's daemon.
    pub(super) fn daemon(&self) -> Result<u32, SoakError> {
        let ids = self.home.daemons();
        if let [id] = ids[..] {
            return Ok(id);
        }
        Err(SoakError::Daemon {
            doing: "looking for the daemon",
            reason: format!("{} run: {ids:?}", ids.len()),
        })
    }
}
