//! The binary `azq` beside a stub of az: what azq passes to the stub, and what it prints without
//! one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a process that cannot be run fails the test"
)]

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

/// Timeout of a process.
const LIMIT: Duration = Duration::from_secs(60);
const AZQ: &str = env!("CARGO_BIN_EXE_azq");

/// A stub of az that prints its arguments, one a line, then its standard input.
const STUB: &str = "#!/bin/sh\nprintf '<%s>\\n' \"$@\"\ncat\nexit 7\n";

struct Bench {
    directory: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// Creates a directory of this name with an executable `az` in it.
    fn az(&self, name: &str, script: &str) -> PathBuf {
        let directory = self.directory.path().join(name);
        std::fs::create_dir(&directory).unwrap();
        let path = directory.join("az");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        directory
    }

    /// Runs a program with a line of arguments and these directories first on the PATH.
    fn run(&self, program: impl AsRef<Path>, directories: &[&Path], line: &str) -> Output {
        let mut command = self.command(program.as_ref(), directories);
        command.args(line.split(' '));
        run(command, "")
    }

    fn command(&self, program: &Path, directories: &[&Path]) -> Command {
        let system = [Path::new("/usr/bin"), Path::new("/bin")];
        let path = std::env::join_paths(directories.iter().chain(&system)).unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.directory.path());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

fn run(mut command: Command, input: &str) -> Output {
    let mut child = command.spawn().unwrap();
    // A process that does not read its standard input may close the pipe.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    let output = end.recv_timeout(LIMIT).expect("it ends in time");
    output.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn unknown_lines_reach_az_untouched() {
    let bench = Bench::new();
    let az = bench.az("real", STUB);
    let not_unicode = OsString::from_vec(vec![b'a', 0xff]);
    let lines: [&[&str]; 4] = [
        &["disk", "list", "a b", "", "@-"],
        &["vm", "list-skus", "--bogus=*"],
        &["aks", "nodepool", "add", "--os-sku", "New"],
        &["vm", "list-skus"],
    ];
    for (line, last) in lines.into_iter().zip([None, None, None, Some(not_unicode)]) {
        let line: Vec<_> = line.iter().map(OsString::from).chain(last).collect();
        let mut command = bench.command(AZQ.as_ref(), &[&az]);
        command.args(&line);
        let output = run(command, "typed\n");
        let mut expected = Vec::new();
        for argument in &line {
            expected.extend([b"<", argument.as_encoded_bytes(), b">\n"].concat());
        }
        expected.extend(b"typed\n");
        assert_eq!(text(&output.stdout), text(&expected), "{line:?}");
        assert_eq!(output.status.code(), Some(7), "{line:?}");
        assert_eq!(text(&output.stderr), "", "{line:?}");
    }
}

#[test]
fn a_signal_that_ends_az_ends_azq() {
    let bench = Bench::new();
    let az = bench.az("real", "#!/bin/sh\nkill -TERM $$\n");
    let ended = bench.run(AZQ, &[&az], "disk list").status;
    assert_eq!(ended.signal(), Some(15));
}

#[test]
fn without_az_its_own_error_is_shown() {
    let bench = Bench::new();
    for (line, expected) in [
        (
            "gruop list",
            "ERROR: 'gruop' is misspelled or not recognized by the system.\n",
        ),
        (
            "vm list-skus --bogus",
            "ERROR: unrecognized arguments: --bogus\n",
        ),
        (
            "vm list-skus -o xml",
            "ERROR: az vm list-skus: 'xml' is not a valid value for '--output'.",
        ),
        (
            "disk list",
            "ERROR: azq does not answer 'az disk' itself.\n",
        ),
    ] {
        let output = bench.run(AZQ, &[], line);
        let stderr = text(&output.stderr);
        assert!(stderr.starts_with(expected), "{line}: {stderr}");
        let ends = stderr.ends_with("but no real az was found on the PATH.\n");
        assert!(ends, "{line}: {stderr}");
        assert_eq!(output.status.code(), Some(2), "{line}");
    }
}

#[test]
fn the_mode_decides() {
    let bench = Bench::new();
    let az = bench.az("real", STUB);
    for (mode, line, code) in [
        ("never", "disk list", 2),
        ("auto", "disk list", 7),
        ("always", "vm list-skus -l", 7),
        ("auto", "vm list-skus -l", 2),
        ("sometimes", "vm list-skus -l", 2),
    ] {
        let mut command = bench.command(AZQ.as_ref(), &[&az]);
        command.env("AZQ_PASSTHROUGH", mode).args(line.split(' '));
        assert_eq!(run(command, "").status.code(), Some(code), "{mode} {line}");
    }
}

#[test]
fn azq_under_the_name_of_az_finds_the_other_az() {
    let bench = Bench::new();
    let az = bench.az("real", STUB);
    let shim = bench.directory.path().join("shim");
    std::fs::create_dir(&shim).unwrap();
    symlink(AZQ, shim.join("az")).unwrap();
    let script = bench.az("script", &format!("#!/bin/sh\nexec {AZQ} \"$@\"\n"));
    for front in [&shim, &script] {
        let front = front.join("az");
        let output = bench.run(&front, &[&shim, &script, &az], "disk list");
        assert_eq!(text(&output.stdout), "<disk>\n<list>\n", "{front:?}");
        let output = bench.run(&front, &[&shim, &script], "disk list");
        assert_eq!(output.status.code(), Some(2), "{front:?}");
    }
    // Under the name `az`, azq's own commands are az's to interpret.
    let output = bench.run(shim.join("az"), &[&shim, &az], "cache show");
    assert_eq!(text(&output.stdout), "<cache>\n<show>\n");
}

#[test]
fn an_az_that_leads_back_to_azq_is_an_error() {
    let bench = Bench::new();
    let other = bench.directory.path().join("other");
    std::fs::hard_link(AZQ, &other)
        .or_else(|_| std::fs::copy(AZQ, &other).map(|_| ()))
        .unwrap();
    let loops = bench.az("loop", &format!("#!/bin/sh\n{} \"$@\"\n", other.display()));
    let output = bench.run(AZQ, &[&loops], "disk list");
    let stderr = text(&output.stderr);
    assert!(stderr.contains("leads back to azq"), "{stderr}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn which_names_the_program_that_answers() {
    let bench = Bench::new();
    let az = bench.az("real", STUB);
    let path = az.join("az");
    for (line, expected) in [
        ("vm list-skus -l eastus", "azq\n".to_owned()),
        ("vm list-skus -l", "azq\n".to_owned()),
        ("vm -h", "azq\n".to_owned()),
        (
            "disk list",
            format!("{}: azq has no command 'disk'\n", path.display()),
        ),
    ] {
        let output = bench.run(AZQ, &[&az], &format!("which {line}"));
        assert_eq!(text(&output.stdout), expected, "{line}");
    }
}
