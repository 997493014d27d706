//! Commands that azq does not have: the real az answers them, as if azq were not there.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::prelude::*;

/// A stub of az that records its process id and its arguments, repeats its input, and ends with
/// exit code 42.
const AZ: &str = "echo $$ >\"$HOME/az.pid\"\nprintf '%s\\0' \"$@\" >\"$HOME/az.arguments\"\ncat\necho trouble >&2\nexit 42";
const NO_AZ: &str = "azq hands over what it does not know, but no real az was found on the PATH.\n";

/// A home with a stub in place of az.
struct Stage {
    home: Home,
    _emulator: Emulator,
}

impl Stage {
    fn with(az: Option<&str>) -> Self {
        let (emulator, mut home) = logged_in();
        match az {
            // The stub needs the system's tools.
            Some(az) => install_az(&mut home, az),
            None => home.set("PATH", "/nonexistent"),
        }
        Self {
            home,
            _emulator: emulator,
        }
    }

    /// Returns the arguments of the calls of az, if there were any, and removes their record.
    fn arguments(&self) -> Option<Vec<Vec<u8>>> {
        let path = self.home.path().join("az.arguments");
        let content = fs::read(&path).ok()?;
        fs::remove_file(path).unwrap();
        let content = content.strip_suffix(b"\0").unwrap();
        let arguments = content.split(|byte| *byte == 0);
        Some(arguments.map(<[u8]>::to_owned).collect())
    }

    fn run_as(&self, program: &Path, line: &str) -> Outcome {
        self.home.run(program, line.split(' '), b"")
    }

    /// Asserts that az, and it alone, got this line in a call that ended like this.
    #[track_caller]
    fn assert_passed_on(&self, outcome: &Outcome, line: &str) {
        outcome.printed(42);
        let sent = self.arguments().unwrap();
        assert_eq!(sent.join(&b' '), line.as_bytes());
    }
}

#[test]
fn az_gets_the_line_untouched() {
    let stage = Stage::with(Some(AZ));
    let arguments = [
        b"disk".as_slice(),
        b"list",
        b"",
        b"a b\n",
        b"--query",
        b"[?x=='\\'] | \"$HOME\"",
        b"\xff\xfe",
        b"@file",
        b"-o",
        b"--",
    ];
    let words = arguments.map(OsStr::from_bytes);
    let outcome = stage.home.azq_reading(words, b"typed \xff\n").unwrap();
    assert_eq!(outcome.stdout, b"typed \xff\n");
    assert_eq!(outcome.said(42), "trouble\n");
    assert_eq!(stage.arguments().unwrap(), arguments);
    assert!(stage.home.processes().is_empty(), "no daemon for that");
}

#[test]
fn a_known_command_with_something_unknown_is_azs() {
    let stage = Stage::with(Some(AZ));
    for line in [
        "vm create -n x",
        "vm list-skus --frobnicate 1",
        "vm stop --help",
    ] {
        stage.assert_passed_on(&stage.home.line(line), line);
    }
    let unreadable = [&b"vm"[..], b"list-skus", b"\xff"].map(OsStr::from_bytes);
    assert_eq!(stage.home.azq(unreadable).unwrap().code, Some(42));
    assert_eq!(stage.arguments().unwrap().len(), 3);
    assert_eq!(stage.home.line(SHOW_POOL).success(), POOL);
    assert_eq!(stage.arguments(), None);
}

/// Installs the metadata of an extension of this version, and nothing else of it, into az's
/// configuration directory.
fn install_extension(home: &Home, version: &str) {
    let extension = home.path().join("azure/cliextensions/aks-preview");
    let _none = fs::remove_dir_all(&extension);
    let metadata = format!("aks_preview-{version}.dist-info");
    fs::create_dir_all(extension.join(metadata)).unwrap();
}

#[test]
fn a_command_of_a_newer_extension_is_azs() {
    const LINE: &str = "aks list-vm-skus -l eastus --size D4s_v5 --query [].name -o tsv";
    let stage = Stage::with(Some(AZ));
    let home = &stage.home;
    let which = |line: &str| home.line(&format!("which {line}")).success();
    assert_eq!(home.line(LINE).success(), SKUS);
    install_extension(home, "21.0.0b9");
    assert_eq!(home.line(LINE).success(), SKUS);
    assert_eq!(which(LINE), "azq\n");
    assert_eq!(stage.arguments(), None);

    install_extension(home, "21.0.0b10");
    stage.assert_passed_on(&home.line(LINE), LINE);
    let says = "the extension aks-preview 21.0.0b10 is newer than 21.0.0b9, which azq knows\n";
    assert!(which(LINE).ends_with(says));
    let batch = home.line_reading("batch", LINE.as_bytes());
    batch.printed(42);
    // azq still answers commands that are in az itself.
    assert_eq!(home.line(SHOW_POOL).success(), POOL);
}

#[test]
fn without_az_a_newer_extension_changes_nothing() {
    const LINE: &str = "aks list-vm-skus -l eastus --size D4s_v5 --query [].name -o tsv";
    let stage = Stage::with(None);
    install_extension(&stage.home, "22.0.0");
    let answered = stage.home.line(LINE);
    assert_eq!((answered.success().as_str(), &*answered.stderr), (SKUS, ""));
    assert_eq!(stage.home.line(&format!("which {LINE}")).success(), "azq\n");
}

#[test]
fn az_replaces_azqs_process_and_gets_its_signals() {
    let stage = Stage::with(Some("echo $$\nread line\nkill -TERM $$"));
    let mut azq = stage.home.command(&binaries().unwrap().azq);
    let azq = azq
        .args(["disk", "list"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let azq = azq.spawn().unwrap();
    let id = azq.id();
    let output = azq.finish();
    assert_eq!(output.text(), format!("{id}\n"));
    assert_eq!(output.signal, Some(Signal::TERM.as_raw()));
}

#[test]
fn the_mode_decides() {
    let mut stage = Stage::with(Some(AZ));
    stage.home.set("AZQ_PASSTHROUGH", "never");
    let refused = stage.home.line("disk list");
    let refused = refused.failure(2);
    refused.assert_contains("ERROR: azq does not answer 'az disk' itself.");
    refused.assert_lacks("hands over");
    assert_eq!(stage.arguments(), None);

    stage.home.set("AZQ_PASSTHROUGH", "always");
    stage.assert_passed_on(&stage.home.line(SHOW_POOL), SHOW_POOL);
    assert_eq!(stage.home.line("daemon stop").success(), "no azqd runs\n");

    stage.home.set("AZQ_PASSTHROUGH", "auto");
    assert_eq!(stage.home.line(SHOW_POOL).success(), POOL);
    stage.home.set("AZQ_PASSTHROUGH", "maybe");
    let says = "ERROR: AZQ_PASSTHROUGH is 'maybe'; it can be never, auto or always.\n";
    assert_eq!(stage.home.line(SHOW_POOL).failure(2), says);
    stage.home.unset("AZQ_PASSTHROUGH");
}

#[test]
fn without_az_the_usage_error_is_followed_by_one_line() {
    let mut stage = Stage::with(None);
    let never = |stage: &mut Stage, line: &str| {
        stage.home.set("AZQ_PASSTHROUGH", "never");
        let outcome = stage.home.line(line);
        stage.home.unset("AZQ_PASSTHROUGH");
        outcome.failure(2).to_owned()
    };
    for line in [
        "disk list",
        "vm list-skus --frobnicate",
        "vm list-skus --output csv",
    ] {
        let az = never(&mut stage, line);
        let outcome = stage.home.line(line);
        assert_eq!(outcome.failure(2), format!("{az}{NO_AZ}"), "{line}");
    }
    stage.home.set("AZQ_PASSTHROUGH", "always");
    let says = "ERROR: AZQ_PASSTHROUGH is 'always', but no real az was found on the PATH.\n";
    assert_eq!(stage.home.line(SHOW_POOL).failure(1), says);
}

/// Installs azq under az's name into a folder of its own, beside its daemon.
fn installed_as_az(stage: &Stage, folder: &str, install: fn(&Path, &Path)) -> PathBuf {
    let folder = stage.home.path().join(folder);
    fs::create_dir(&folder).unwrap();
    let binaries = binaries().unwrap();
    symlink(&binaries.azqd, folder.join("azqd")).unwrap();
    install(&binaries.azq, &folder.join("az"));
    folder.join("az")
}

#[test]
fn azq_under_azs_name_does_not_call_itself() {
    let installs: [fn(&Path, &Path); 2] = [
        |azq, az| symlink(azq, az).unwrap(),
        |azq, az| assert!(fs::copy(azq, az).unwrap() > 0),
    ];
    for install in installs {
        let mut stage = Stage::with(Some(AZ));
        let az = installed_as_az(&stage, "front", install);
        let behind = stage.home.environment()["PATH"].clone();
        let front = az.parent().unwrap().display().to_string();
        stage.home.set("PATH", &format!("{front}:{behind}"));
        assert_eq!(stage.run_as(&az, SHOW_POOL).success(), POOL);
        // These commands remain az's, even those whose names azq uses for commands of its own.
        for line in ["disk list", "vm --help", "demo style", "daemon status"] {
            stage.assert_passed_on(&stage.run_as(&az, line), line);
        }
        stage.home.set("PATH", &front);
        let alone = stage.run_as(&az, "disk list");
        assert!(alone.failure(2).ends_with(NO_AZ), "{alone:?}");
    }
}

#[test]
fn two_copies_of_azq_do_not_call_each_other_for_ever() {
    let mut stage = Stage::with(None);
    let copy: fn(&Path, &Path) = |azq, az| assert!(fs::copy(azq, az).unwrap() > 0);
    let folders = ["one", "two"].map(|folder| installed_as_az(&stage, folder, copy));
    let path = std::env::join_paths(folders.iter().map(|az| az.parent().unwrap())).unwrap();
    stage.home.set("PATH", path.to_str().unwrap());
    let outcome = stage.run_as(&folders[0], "disk list");
    outcome
        .failure(2)
        .assert_ends_with("but the az on the PATH leads back to azq.\n");
}
