//! Checks that every snapshot that a killed daemon has left is readable: another daemon answers
//! from a copy of the directory while Azure is unreachable.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::SoakError;
use super::questions::Questions;
use super::scene::SoakEnvironment;
use super::tally::Judged;
use crate::harness::{Home, Outcome};

/// A home with the same account, no daemon, no route to Azure, and a copy of the snapshots.
#[derive(Debug)]
pub(super) struct Reader {
    home: Home,
    copy: PathBuf,
}

impl Reader {
    /// Creates a reader of the snapshots of a scene's first account.
    pub(super) fn of(scene: &SoakEnvironment) -> Result<Self, SoakError> {
        let mut home = Home::new(&scene.emulator)?;
        let copy = home.path().join("copy");
        // Port 1 has no listener.
        home.set("https_proxy", "http://127.0.0.1:1");
        home.set("AZQ_NO_DAEMON", "1");
        home.set("AZQ_CACHE_DIR", &copy.display().to_string());
        Ok(Self { home, copy })
    }

    /// Copies the snapshots that a directory has now.
    pub(super) fn copy(&self, directory: &Path) -> Result<(), SoakError> {
        let failed = SoakError::at("copying the snapshots");
        if self.copy.exists() {
            fs::remove_dir_all(&self.copy).map_err(&failed)?;
        }
        fs::create_dir(&self.copy).map_err(&failed)?;
        for file in with_extension(directory, "skus") {
            // Snapshots are replaced as a whole, so any file that is opened is one complete
            // snapshot.
            fs::copy(&file, self.copy.join(file.file_name().unwrap_or_default()))
                .map_err(&failed)?;
        }
        Ok(())
    }

    /// Reads the copied snapshots; returns their number and the problems found.
    pub(super) fn read(&self, questions: &Questions) -> Result<(usize, Vec<String>), SoakError> {
        let files = with_extension(&self.copy, "skus");
        let listed = self.ask(&["cache", "show", "-o", "json"])?;
        let rows: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap_or_default();
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let shown = rows.iter().map(|row| text(row, "file"));
        let shown: BTreeSet<_> = shown.map(|file| name(Path::new(&file))).collect();
        let there: BTreeSet<_> = files.iter().map(|file| name(file)).collect();
        let mut problems = Vec::new();
        if shown != there {
            problems.push(format!(
                "{there:?} are there, {shown:?} are shown: {listed:?}"
            ));
        }
        for row in &rows {
            let mut about = questions.look_ups.iter();
            let location = text(row, "location");
            let Some(question) = about.find(|question| question.location() == location) else {
                continue;
            };
            let (line, outcome) = (question.line(), self.ask(&question.line())?);
            let judged = Judged {
                line: &line,
                outcome: &outcome,
                answer: &question.answer,
            };
            if !judged.is_clean() {
                problems.push(format!("{line:?} from a snapshot: {outcome:?}"));
            }
        }
        Ok((files.len(), problems))
    }

    fn ask(&self, line: &[&str]) -> Result<Outcome, SoakError> {
        self.home.azq(line).map_err(SoakError::at("running azq"))
    }
}

/// Returns the number of files in a directory whose writer has not finished, or has died.
pub(super) fn unfinished(directory: &Path) -> usize {
    with_extension(directory, "tmp").len()
}

fn with_extension(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension() == Some(OsStr::new(extension)))
        .collect()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
