//! The demo's emulator, and the directory in which everything of the demo lies.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::children::Children;
use super::{DemoError, say};
use crate::show;

/// The emulator's binary, which lies beside azq.
const EMULATOR: &str = "azq-emulator";
/// The longest start of the emulator, which makes a catalogue and a certificate first.
const READY: Duration = Duration::from_secs(60);
/// The longest end of the daemon: its grace time, and some more.
const STOPPED: Duration = Duration::from_secs(15);
/// The longest end of a process that was killed.
const REAPED: Duration = Duration::from_secs(5);
/// Variables with these beginnings would change the meaning of the demo's commands.
const USERS: [&str; 3] = ["AZQ_", "AZURE_", "IDENTITY_"];

pub(super) struct Stage {
    own: PathBuf,
    directory: PathBuf,
    emulator: Child,
    environment: BTreeMap<String, String>,
}

impl Stage {
    /// Makes the directory and starts the emulator.
    pub(super) fn build(own: &Path, keep: bool) -> Result<Self, DemoError> {
        let binary = own.with_file_name(EMULATOR);
        if !binary.is_file() {
            return Err(DemoError::NoEmulator(binary));
        }
        let directory = PathBuf::from(format!("/tmp/azq-demo-{}", std::process::id()));
        let mut private = std::fs::DirBuilder::new();
        private
            .mode(0o700)
            .create(&directory)
            .map_err(DemoError::at("making the demo's directory"))?;
        let mut emulator = Command::new(binary);
        emulator
            .arg("--demo")
            .arg("--directory")
            .arg(&directory)
            // Ctrl-C is for the demo, which still needs the emulator to end in order.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if keep {
            // A reader of the demo's stderr must come to its end while the emulator goes on.
            emulator.stderr(Stdio::null());
        } else {
            // The emulator ends with the demo, also with one that is killed.
            emulator.arg("--until-stdin-closes").stdin(Stdio::piped());
        }
        match emulator.spawn() {
            Ok(emulator) => Ok(Self {
                own: own.to_owned(),
                environment: directories(&directory),
                directory,
                emulator,
            }),
            Err(error) => {
                let _kept = std::fs::remove_dir_all(&directory);
                Err(DemoError::at("starting the emulator")(error))
            }
        }
    }

    /// Waits until the emulator serves. It prints variables, one a line, and then an empty line.
    pub(super) fn until_ready(&mut self, children: &mut Children) -> Result<(), DemoError> {
        let not_ready = || DemoError::NotReady(READY.as_secs());
        let mut stdout = self.emulator.stdout.take().ok_or_else(not_ready)?;
        let deadline = Instant::now() + READY;
        let mut text = Vec::new();
        while !text.ends_with(b"\n\n") {
            if !children.readable(&stdout, deadline)? {
                return Err(not_ready());
            }
            let mut chunk = [0; 4096];
            match stdout.read(&mut chunk) {
                Ok(0) => return Err(not_ready()),
                Ok(read) => text.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(DemoError::at("listening to the emulator")(error)),
            }
        }
        let text = String::from_utf8_lossy(&text);
        let variables = text.lines().filter_map(|line| line.split_once('='));
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.environment.extend(variables);
        Ok(())
    }

    /// The word with which the user has called azq, for lines to be typed.
    pub(super) fn program(&self) -> String {
        let called = std::env::args().next();
        let called = called.unwrap_or_else(|| self.own.to_string_lossy().into_owned());
        quoted(&called)
    }

    /// Runs azq with a command line. Its own process group keeps Ctrl-C from it, because its advice
    /// would name an operation that ends with the demo.
    pub(super) fn run(&self, line: &str, children: &mut Children) -> Result<ExitStatus, DemoError> {
        let words = shlex::split(line).unwrap_or_default();
        let mut child = self
            .command()
            .args(words)
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .map_err(DemoError::at("running azq"))?;
        children.end_of(&mut child)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.own);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if USERS.iter().any(|beginning| text.starts_with(beginning)) {
                command.env_remove(&name);
            }
        }
        command.envs(&self.environment);
        command
    }

    /// Says how to use the emulator, which stays, and how to end it.
    pub(super) fn explain(&self) -> Result<(), DemoError> {
        let exports = self.environment.iter();
        let exports = exports.map(|(name, value)| format!("export {name}={}\n", quoted(value)));
        let exports: Vec<_> = exports.collect();
        let names: Vec<_> = self.environment.keys().map(String::as_str).collect();
        say(&format!(
            "\n# The emulator goes on. To use it in this shell:\n{}# To end it in this shell:\n{} daemon stop; kill {}; rm -r {}; unset {}",
            exports.concat(),
            self.program(),
            self.emulator.id(),
            self.directory.display(),
            names.join(" ")
        ))
    }

    /// Leaves the emulator running.
    pub(super) fn leave(self) {
        drop(self.emulator);
    }

    /// Ends the daemon and the emulator, and removes the directory.
    pub(super) fn clear(mut self, children: &mut Children) {
        let mut stop = self.command();
        stop.args(["daemon", "stop"])
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // A daemon that cannot be stopped was not there, or an error below reports it.
        if let Ok(mut stop) = stop.spawn() {
            children.end_within(&mut stop, Instant::now() + STOPPED);
        }
        let _killed = self.emulator.kill();
        children.end_within(&mut self.emulator, Instant::now() + REAPED);
        if let Err(error) = std::fs::remove_dir_all(&self.directory) {
            show::error(&format!(
                "{} was not removed: {error}",
                self.directory.display()
            ));
        }
    }
}

/// The directories of the demo's daemon: its socket and its files.
fn directories(directory: &Path) -> BTreeMap<String, String> {
    let variable = |kind: &str| {
        let path = directory.join(kind.to_ascii_lowercase());
        (
            format!("AZQ_{kind}_DIR"),
            path.to_string_lossy().into_owned(),
        )
    };
    ["RUNTIME", "CACHE", "STATE"].map(variable).into()
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::STEPS;

    /// The words that `sh` reads from a line, one a line.
    fn read_by_a_shell(line: &str) -> Vec<String> {
        let script = format!("printf '%s\\n' {line}");
        let mut shell = Command::new("/bin/sh");
        let output = shell.args(["-c", &script]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_printed_can_be_pasted() {
        for step in STEPS {
            let line = step.line();
            let words = shlex::split(&line).unwrap();
            assert_eq!(read_by_a_shell(&line), words, "{line}");
        }
        assert_eq!(read_by_a_shell(&quoted("a b/azq")), ["a b/azq"]);
    }
}
