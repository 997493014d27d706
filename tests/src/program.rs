//! The emulator as a process: its command line, its output, and its end.
//!
//! Once it accepts connections it prints to stdout, and then nothing more: one line of JSON, a
//! [`Ready`]; or, with `--directory`, the environment variables that a client needs, one a line,
//! and an empty line. It ends on SIGTERM and SIGINT, and with `--until-stdin-closes` also when the
//! process that started it ends.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{ArgAction, ArgMatches, Command, arg, value_parser};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use crate::demo;
use crate::emulator::{Emulator, Specification, SpecificationError, StartError};

/// The addresses of a started emulator, and the files that clients need.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Resource Manager: `https://localhost:PORT`.
    pub endpoint: String,
    /// Its port.
    pub port: u16,
    /// The same state over plain HTTP, for `/emulator/…`.
    pub control_endpoint: String,
    /// The value for `IDENTITY_ENDPOINT`.
    pub identity_endpoint: String,
    /// The value for `IDENTITY_HEADER`.
    pub identity_header: String,
    /// The certificate to trust (`REQUESTS_CA_BUNDLE`), a PEM file.
    pub certificate: PathBuf,
    /// The az configuration directory that was written, if one was requested.
    pub config_dir: Option<PathBuf>,
}

impl Ready {
    fn json(&self) -> io::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    fn variables(&self) -> String {
        let config_dir = self.config_dir.as_deref().unwrap_or(Path::new(""));
        format!(
            "AZURE_CONFIG_DIR={}\nREQUESTS_CA_BUNDLE={}\nIDENTITY_ENDPOINT={}\nIDENTITY_HEADER={}\nAZQ_PRICES_URL={}\n\n",
            config_dir.display(),
            self.certificate.display(),
            self.identity_endpoint,
            self.identity_header,
            self.endpoint,
        )
    }
}

/// Runs the program until it is asked to end.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<(), ProgramError> {
    let matches = command().try_get_matches_from(arguments)?;
    let emulator = Emulator::start(specification(&matches)?)?;
    // This is kept until the end, because dropping it removes the directory.
    let own_folder = tempfile::tempdir().map_err(ProgramError::Output)?;
    let ready = settle(&emulator, &matches, own_folder.path()).map_err(ProgramError::Output)?;
    let announcement = if matches.contains_id("directory") {
        ready.variables()
    } else {
        ready.json().map_err(ProgramError::Output)?
    };
    let ready_file = matches.get_one::<PathBuf>("ready-file");
    let announce = || announce(&announcement, ready_file).map_err(ProgramError::Output);
    until_ended(announce, matches.get_flag("until-stdin-closes"))
}

fn command() -> Command {
    let path = || value_parser!(PathBuf);
    Command::new("azq-emulator")
        .about("Azure Resource Manager on loopback, for trying and testing azq")
        .args([
            arg!(--specification <FILE> "What the emulated subscription holds (JSON, as tests/cases/presets.json)")
                .value_parser(path())
                .conflicts_with("demo"),
            arg!(--demo "Hold the guide's cluster and the catalogue of three regions"),
            arg!(--catalogue <"three|full|tenfold-regions|tenfold-names|FILE"> "The resource SKUs to list"),
            arg!(--"config-dir" <DIR> "Write an az configuration directory that is logged in to the emulator")
                .value_parser(path()),
            arg!(--directory <DIR> "Put everything that clients need there and say which variables to set")
                .value_parser(path())
                .conflicts_with("config-dir"),
            arg!(--setting <"SECTION.OPTION=VALUE"> "A setting of that directory's `config` file")
                .action(ArgAction::Append),
            arg!(--"ready-file" <FILE> "Write the line that tells where the emulator is to this file too")
                .value_parser(path()),
            arg!(--"until-stdin-closes" "End when standard input does"),
        ])
}

fn specification(matches: &ArgMatches) -> Result<Specification, ProgramError> {
    let mut specification = match matches.get_one::<PathBuf>("specification") {
        Some(path) => Specification::read(path)?,
        None if matches.get_flag("demo") => demo::specification(),
        None => Specification::default(),
    };
    if let Some(catalogue) = matches.get_one::<String>("catalogue") {
        specification.skus = Some(catalogue.clone());
        specification.folder = PathBuf::new();
    }
    Ok(specification)
}

fn settings(matches: &ArgMatches) -> BTreeMap<String, String> {
    let given = matches.get_many::<String>("setting").into_iter().flatten();
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (name.to_owned(), value.to_owned())
    };
    given.map(pair).collect()
}

/// Writes the files that clients need.
fn settle(emulator: &Emulator, matches: &ArgMatches, own_folder: &Path) -> io::Result<Ready> {
    let below = |folder: &PathBuf| folder.join("azure");
    let asked = matches.get_one::<PathBuf>("config-dir").cloned();
    let asked = asked.or_else(|| matches.get_one::<PathBuf>("directory").map(below));
    let config_dir = asked.map(std::path::absolute).transpose()?;
    if let Some(folder) = &config_dir {
        emulator.write_az_config(folder, &settings(matches))?;
    }
    let folder = config_dir.as_deref().unwrap_or(own_folder);
    let certificate = folder.join("emulator-ca.pem");
    std::fs::write(&certificate, emulator.ca_pem())?;
    Ok(Ready {
        endpoint: emulator.endpoint(),
        port: emulator.port(),
        control_endpoint: emulator.plain_endpoint(),
        identity_endpoint: emulator.identity_endpoint(),
        identity_header: emulator.identity_secret(),
        certificate,
        config_dir,
    })
}

fn announce(text: &str, file: Option<&PathBuf>) -> io::Result<()> {
    if let Some(file) = file {
        std::fs::write(file, text)?;
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Announces the emulator once signal handlers are installed, and waits for a signal.
fn until_ended(
    announce: impl FnOnce() -> Result<(), ProgramError>,
    until_stdin_closes: bool,
) -> Result<(), ProgramError> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(ProgramError::Wait)?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(ProgramError::Wait)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ProgramError::Wait)?;
        announce()?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stdin_closed(), if until_stdin_closes => {}
        }
        Ok::<(), ProgramError>(())
    })?;
    // A read of standard input cannot be cancelled, so it is not waited for.
    runtime.shutdown_background();
    Ok(())
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 1024];
    while matches!(stdin.read(&mut ignored).await, Ok(1..)) {}
}

/// The reason why the program failed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The command line is wrong, or asked for help.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// The specification cannot be used.
    #[error(transparent)]
    Specification(#[from] SpecificationError),
    /// The emulator could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The files that clients need could not be written.
    #[error("cannot write what clients need")]
    Output(#[source] io::Error),
    /// Signals could not be waited for.
    #[error("cannot wait for signals")]
    Wait(#[source] io::Error),
}
