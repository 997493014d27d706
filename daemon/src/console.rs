//! The subcommands of `azqd` that do not serve: they show and change the configuration, print the
//! log, and render documents. `azq` runs them.

use azqd::config::{Change, Config};
use azqd::{lifecycle, printing};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

/// The exit code of a request that cannot be carried out.
const USAGE: u8 = 2;

/// Returns the subcommands.
pub(crate) fn subcommands() -> [Command; 3] {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let several = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::Append)
            .allow_hyphen_values(true)
    };
    let text = |name: &'static str| Arg::new(name).long(name).allow_hyphen_values(true);
    [
        Command::new("config")
            .about("Prints the effective configuration, or changes config.toml")
            .args([
                several("set")
                    .value_name("KEY=VALUE")
                    .help("Set a key in config.toml"),
                several("unset")
                    .value_name("KEY")
                    .help("Remove a key from config.toml"),
                flag("path").help("Print where config.toml is"),
            ]),
        Command::new("logs").about("Prints the log").arg(
            flag("follow")
                .short('f')
                .help("Go on printing what is added"),
        ),
        Command::new("render")
            .hide(true)
            .about("Prints the JSON document on standard input in one of az's formats")
            .args([
                text("output").default_value("json"),
                text("query"),
                flag("color"),
            ]),
    ]
}

/// Carries out a subcommand.
pub(crate) fn run(verb: &str, options: &ArgMatches) -> ExitCode {
    match verb {
        "config" => config(options),
        "logs" => print_logs(options.get_flag("follow")),
        _ => render(options),
    }
}

fn config(options: &ArgMatches) -> ExitCode {
    let given = |name| {
        let values = options.get_many::<String>(name).unwrap_or_default();
        values.cloned()
    };
    let mut changes = Vec::new();
    for assignment in given("set") {
        let Some((key, value)) = assignment.split_once('=') else {
            return complain(&format!("'{assignment}' is not KEY=VALUE"), USAGE);
        };
        changes.push(Change::Set(key.to_owned(), value.to_owned()));
    }
    changes.extend(given("unset").map(Change::Unset));
    let path = if changes.is_empty() {
        if !options.get_flag("path") {
            return print_config();
        }
        Config::file()
    } else {
        Config::edit(&changes)
    };
    match path {
        Ok(path) => print(format!("{}\n", path.display()).as_bytes()),
        Err(error) => failed(&error),
    }
}

fn print_config() -> ExitCode {
    let (_, entries) = match Config::load(std::env::vars_os()) {
        Ok(loaded) => loaded,
        Err(error) => return failed(&error),
    };
    let lines = entries
        .iter()
        .map(|entry| format!("{} = \"{}\"  # {}\n", entry.key, entry.value, entry.origin));
    print(lines.collect::<String>().as_bytes())
}

/// Prints the log even if the configuration cannot be used, because the log may contain the reason.
fn print_logs(follow: bool) -> ExitCode {
    let loaded = Config::load(std::env::vars_os()).map(|(config, _)| config.state_dir);
    let directory = loaded.unwrap_or_else(|error| {
        let _closed = writeln!(io::stderr(), "WARNING: {error}");
        Config::state_directory(std::env::vars_os())
    });
    match lifecycle::print_log(&directory, follow, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn render(options: &ArgMatches) -> ExitCode {
    let text = |name| options.get_one::<String>(name).map(String::as_str);
    let mut document = Vec::new();
    let read = io::stdin()
        .take(printing::LONGEST)
        .read_to_end(&mut document);
    if let Err(error) = read {
        return failed(&error);
    }
    let format = text("output").unwrap_or_default();
    match printing::render(&document, format, text("query"), options.get_flag("color")) {
        Ok(bytes) => print(&bytes),
        Err(error) => complain(&error.to_string(), USAGE),
    }
}

/// Writes to stdout. A closed pipe (`| head`) is not an error.
pub(crate) fn print(bytes: &[u8]) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("stdout cannot be written: {error}"), 1)
        }
        _ => ExitCode::SUCCESS,
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    complain(&error.to_string(), 1)
}

fn complain(text: &str, code: u8) -> ExitCode {
    let _closed = writeln!(io::stderr(), "ERROR: {text}");
    ExitCode::from(code)
}
