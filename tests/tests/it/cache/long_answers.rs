//! Long answers that are requested repeatedly: the daemon keeps them as files, which clients copy
//! themselves.

use crate::prelude::*;

/// A command whose answer has some hundred kilobytes as a table, and some megabytes as JSON.
const REGION: &str = "vm list-skus -l eastus --all";

/// A home whose daemon has been asked for an answer twice, and that answer.
struct Asked {
    _emulator: Emulator,
    home: Home,
    line: String,
    answer: String,
}

impl Asked {
    fn twice(format: &str) -> Self {
        let (emulator, home) = logged_in_to(emulator_of_everything());
        let line = format!("{REGION} -o {format}");
        let answer = home.line(&line).success();
        let asked = Self {
            _emulator: emulator,
            home,
            line,
            answer,
        };
        assert!(asked.files().is_empty());
        asked.is_right();
        asked
    }

    fn is_right(&self) {
        let answer = self.home.line(&self.line).success();
        assert!(answer == self.answer, "{} bytes", answer.len());
    }

    fn files(&self) -> Vec<PathBuf> {
        let directory = self.home.path().join("cache_home/azq/answers");
        files_in(&directory)
    }

    /// Returns the file, once it is complete.
    fn file(&self) -> PathBuf {
        let is_whole = || self.home.status()["answerFileBytes"] == self.answer.len();
        eventually("the file", is_whole);
        let files = self.files();
        let [file] = &files[..] else {
            panic!("{files:?}")
        };
        assert!(fs::read_to_string(file).unwrap() == self.answer);
        file.clone()
    }

    /// Runs a shell script in which `azq` is the command.
    fn shell(&self, script: &str) -> Outcome {
        let azq = format!("{} {}", self.home.binaries().azq.display(), self.line);
        let script = script.replace("azq", &azq);
        self.home.shell(&script)
    }
}

#[test]
fn a_long_answer_is_copied_from_a_file_of_this_users() {
    for format in ["json", "table"] {
        let asked = Asked::twice(format);
        let file = asked.file();
        for (path, mode) in [(file.as_path(), 0o600), (file.parent().unwrap(), 0o700)] {
            let found = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
        asked.is_right();
        // Only a client that reads the file gets its changed content.
        let other = "x".repeat(asked.answer.len());
        fs::write(&file, &other).unwrap();
        assert!(asked.home.line(&asked.line).success() == other);
    }
}

#[test]
fn a_kept_answer_is_complete_on_any_kind_of_stdout() {
    let asked = Asked::twice("json");
    asked.file();
    let length = asked.answer.len().to_string();
    for script in [
        "azq | wc -c",
        "azq >out; wc -c <out",
        "echo >out; azq >>out; tail -c +2 out | wc -c",
        "azq | { sleep 0.1; cat; } | wc -c",
    ] {
        assert_eq!(asked.shell(script).success().trim(), length, "{script}");
    }
    assert_eq!(asked.shell("azq >/dev/null").success(), "");
    let closed = asked.shell("{ azq; echo $? >&2; } | head -c 1");
    assert_eq!(closed.stderr, "0\n");
    let full = asked.shell("azq >/dev/full");
    full.failure(1).assert_contains("No space left on device");
}

/// Other clients get the answer through the daemon.
#[test]
fn a_client_that_takes_no_file_gets_the_same_answer() {
    let asked = Asked::twice("json");
    let file = asked.file();
    let batch = |home: &Home| {
        let line = format!("{}\n", asked.line);
        home.line_reading("batch", line.as_bytes()).success()
    };
    assert!(batch(&asked.home) == asked.answer);
    // The name now leads to the same inode, but by a link, which a client does not accept.
    let aside = file.with_extension("aside");
    fs::rename(&file, &aside).unwrap();
    symlink(&aside, &file).unwrap();
    asked.is_right();
    assert!(batch(&asked.home) == asked.answer);
}

#[test]
fn a_file_that_has_gone_is_written_anew() {
    let asked = Asked::twice("table");
    fs::remove_file(asked.file()).unwrap();
    asked.is_right();
    asked.is_right();
    asked.file();
    fs::remove_dir_all(asked.file().parent().unwrap()).unwrap();
    asked.is_right();
    asked.is_right();
    asked.file();
}

#[test]
fn no_file_outlives_its_answer() {
    let asked = Asked::twice("table");
    asked.file();
    asked.home.line("cache clear -o none").success();
    assert!(asked.files().is_empty());
    let ask_twice = || {
        asked.is_right();
        asked.is_right();
    };
    ask_twice();
    asked.file();
    asked.home.line("daemon stop").success();
    assert!(asked.files().is_empty());
    ask_twice();
    let left = asked.file();
    asked.home.crash();
    assert!(left.exists());
    ask_twice();
    assert_ne!(asked.file(), left);
    // This fetches the catalogue anew.
    let renew = format!("{} --max-age 0", asked.line);
    asked.home.line(&renew).success();
    let old = asked.file();
    ask_twice();
    eventually("the old one's end", || !old.exists());
    asked.file();
}

/// The profile is changed as `az logout` does it.
#[test]
fn a_logged_out_user_gets_no_kept_answer() {
    let asked = Asked::twice("table");
    asked.file();
    fs::write(asked.home.path().join("azure/azureProfile.json"), "{}").unwrap();
    let refused = |line: &str| {
        let outcome = asked.home.line(line);
        outcome.failure(1).assert_contains("az login");
    };
    refused(&asked.line);
    eventually("its end", || asked.files().is_empty());
    refused(SHOW_POOL);
}

/// The file of a daemon that serves one command would only fill the disk.
#[test]
fn a_private_daemon_leaves_no_file() {
    let (_emulator, home) = logged_in_to(emulator_of_everything());
    let lines = format!("{REGION} -o json\n").repeat(3);
    let batch = home.line_reading("batch --no-daemon", lines.as_bytes());
    assert!(batch.success().len() > 3 << 16);
    assert!(!home.path().join("cache_home/azq/answers").exists());
}
