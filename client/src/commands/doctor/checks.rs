//! The checks, in the order in which one explains the next.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use azq_proto::v1;
use rustix::fs::{Access, access};
use serde_json::Value;

use super::ask::{ask, azq};
use super::{Finding, network};
use crate::cli::AZ_VERSION;
use crate::commands::config;
use crate::commands::daemon::running;
use crate::daemon;
use crate::environment::Process;
use crate::passthrough::{Az, NoAz, on_path};
use crate::transport::unary;

/// A check: its name, and the probe that finds its result.
type Check = (&'static str, fn() -> Finding);

/// All checks.
pub(super) const CHECKS: [Check; 13] = [
    ("azq", itself),
    ("azqd", binary),
    ("az", az),
    ("PATH", path),
    ("settings", settings),
    ("socket", socket),
    ("daemon", served),
    ("directories", directories),
    ("proxy", || network::proxy(&Process)),
    ("certificates", || network::certificates(&Process)),
    ("login", login),
    ("tokens", tokens),
    ("Azure", azure),
];

const VERSION: &str = env!("CARGO_PKG_VERSION");
const INSTALL: &str = "install azq again, so that azq and azqd lie beside each other";
const RESTART: &str = "run: azq daemon restart";

fn itself() -> Finding {
    match std::env::current_exe() {
        Ok(path) => Finding::ok(format!("{VERSION}, {}", path.display())),
        Err(error) => Finding::error(format!("where it lies is not known: {error}"), INSTALL),
    }
}

fn binary() -> Finding {
    let path = match daemon::daemon_binary() {
        Ok(path) => path,
        Err(error) => return Finding::error(error.to_string(), INSTALL),
    };
    match ask(Command::new(&path).arg("--version")) {
        Ok(text) if text.trim() == format!("azqd {VERSION}") => {
            Finding::ok(format!("{VERSION}, {}", path.display()))
        }
        Ok(text) => {
            let found = format!("{} is '{}'", path.display(), text.trim());
            Finding::error(found, "install the same version of azq and azqd")
        }
        Err(error) => Finding::error(format!("{}: {error}", path.display()), INSTALL),
    }
}

fn az() -> Finding {
    let az = match Az::find(&Process) {
        Ok(az) => az,
        Err(NoAz::Absent) => {
            return Finding::warning(
                "none: what azq does not answer itself fails",
                "install azure-cli, which also logs you in, and have it on the PATH",
            );
        }
        Err(none @ NoAz::Loop) => {
            return Finding::error(none.to_string(), "put the real az on the PATH");
        }
    };
    let told = ask(&mut az.command(&["version", "-o", "json"].map(Into::into)));
    let version = told.map(|text| {
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        document["azure-cli"].as_str().map(str::to_owned)
    });
    match version {
        Ok(Some(version)) if version == AZ_VERSION => Finding::ok(format!("{version}, {az}")),
        Ok(Some(version)) => Finding::warning(
            format!("{version}, {az}; azq answers as {AZ_VERSION}"),
            "where the two differ, have the real az answer: AZQ_PASSTHROUGH=always",
        ),
        Ok(None) => Finding::warning(format!("{az} has not told its version"), "run: az version"),
        Err(error) => Finding::warning(format!("{az}: {error}"), "run: az version"),
    }
}

fn path() -> Finding {
    let found = on_path(&Process);
    let shim = found.iter().position(|(_, is_azq)| *is_azq);
    let real = found.iter().position(|(_, is_azq)| !is_azq);
    let shown = |index: usize| found.get(index).map(|(path, _)| path.display().to_string());
    let directory = |index: usize| {
        let parent = found.get(index).and_then(|(path, _)| path.parent());
        parent.map(|parent| parent.display().to_string())
    };
    match (shim, real) {
        (Some(shim), Some(real)) if real < shim => Finding::warning(
            format!(
                "{} comes before the shim {}",
                shown(real).unwrap_or_default(),
                shown(shim).unwrap_or_default()
            ),
            &format!(
                "put {} first in PATH, so that az is answered by azq",
                directory(shim).unwrap_or_default()
            ),
        ),
        (Some(shim), _) => Finding::ok(format!("az is azq: {}", shown(shim).unwrap_or_default())),
        (None, Some(real)) => Finding::ok(format!(
            "az is the real az, {}; azq answers as azq alone",
            shown(real).unwrap_or_default()
        )),
        (None, None) => Finding::ok("no az; azq answers as azq alone"),
    }
}

fn settings() -> Finding {
    let advice = "correct it, or run: azq config unset azq.KEY";
    match (config::check_next(), config::file()) {
        (Err(error), _) | (_, Err(error)) => Finding::error(error.to_string(), advice),
        (Ok(()), Ok(path)) if Path::new(&path).exists() => Finding::ok(path),
        (Ok(()), Ok(path)) => Finding::ok(format!("defaults; there is no {path}")),
    }
}

fn socket() -> Finding {
    let place = daemon::place();
    let shown = place.socket().display().to_string();
    match place.check() {
        Err(error) => Finding::error(
            error.to_string(),
            "set AZQ_RUNTIME_DIR, or remove what is there",
        ),
        Ok(_) if daemon::is_held(&place) => Finding::ok(format!("{shown}, served")),
        Ok(_) => Finding::ok(format!("{shown}, not served yet")),
    }
}

/// Starts a daemon, as every command of az's does.
fn served() -> Finding {
    let hello =
        daemon::greeted(&daemon::place()).and_then(|mut connection| daemon::hello(&mut connection));
    match hello {
        Ok(hello) if hello.daemon_version == VERSION => {
            Finding::ok(format!("{VERSION}, pid {}", hello.pid))
        }
        Ok(hello) => Finding::warning(
            format!("{} runs beside azq {VERSION}", hello.daemon_version),
            RESTART,
        ),
        Err(error) => Finding::error(error.to_string(), "look at: azq daemon logs"),
    }
}

/// The daemon's status as a document.
fn status() -> Option<Value> {
    let mut connection = running().ok()??;
    let reply: v1::StatusReply = unary(&mut connection, "Status", &v1::StatusRequest {}).ok()?;
    serde_json::from_str(&reply.json).ok()
}

fn directories() -> Finding {
    let Some(status) = status() else {
        return Finding::warning("not known, for no daemon runs", "see above");
    };
    let named = ["cacheDirectory", "stateDirectory"];
    let paths = named.map(|name| PathBuf::from(status["paths"][name].as_str().unwrap_or_default()));
    let unwritable = paths.iter().find(|path| !is_writable(path));
    match unwritable {
        Some(path) => Finding::warning(
            format!("{} cannot be written", path.display()),
            "make it yours and writable; without it nothing outlives the daemon",
        ),
        None => Finding::ok(paths.map(|path| path.display().to_string()).join(", ")),
    }
}

/// Whether a directory, or the first one above it that is there, can be written.
fn is_writable(path: &Path) -> bool {
    let existing = path.ancestors().find(|path| path.exists());
    existing.is_some_and(|path| {
        path.is_dir() && access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    })
}

/// The account in use, as az has it.
fn account() -> Result<Value, String> {
    let text = azq(&["account", "show", "-o", "json"]).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn login() -> Finding {
    match account() {
        Ok(account) => {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let [user, name, id] =
                [&account["user"]["name"], &account["name"], &account["id"]].map(text);
            Finding::ok(format!("{user}, subscription {name} ({id})"))
        }
        Err(error) => Finding::error(error, "run: az login"),
    }
}

fn tokens() -> Finding {
    let Ok(account) = account() else {
        return Finding::warning("not known without a login", "see above");
    };
    let user = &account["user"];
    let identity = user["assignedIdentityInfo"].as_str();
    Finding::ok(match (identity, user["type"].as_str()) {
        (Some(identity), _) => format!("a managed identity's ({identity})"),
        (None, Some("servicePrincipal")) => {
            "a service principal's, by its own credential".to_owned()
        }
        _ => format!("a user's, from {}", users_source()),
    })
}

/// The source of users' tokens.
fn users_source() -> &'static str {
    match config::value("user_tokens").as_deref() {
        Some("az") => "the real az (azq.user_tokens is az)",
        _ => "az's token cache (azq.user_tokens is cache)",
    }
}

/// One request to Resource Manager, from this process to its answer.
fn azure() -> Finding {
    let began = Instant::now();
    let told = azq(&["account", "list-locations", "--query", "length(@)"]);
    let time = began.elapsed().as_millis();
    match told {
        Ok(count) => Finding::ok(format!("{} regions in {time} ms", count.trim())),
        Err(error) => Finding::error(
            error.to_string(),
            "see login, proxy and certificates above; more tells: azq account list-locations --debug",
        ),
    }
}
