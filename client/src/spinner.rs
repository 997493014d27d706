//! The line on a terminal while a command waits: az's spinner (humanfriendly, `spinners.py`), and,
//! in addition to az, the current activity and the elapsed time.
//!
//! Invariants: it appears only on a terminal; it uses a single line, whatever the terminal's width;
//! it leaves its line empty.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use azq_proto::v1::Progress;

use crate::environment::Process;
use crate::show::stderr;
use crate::terminal;

/// The interval between two turns, as in az.
const SPIN: Duration = Duration::from_millis(500);
/// The sequence that erases the line of the cursor, which is at its beginning.
const ERASE: &str = "\x1b[K";
const FRAMES: [char; 4] = ['-', '\\', '|', '/'];
/// The minimum length of the activity's description beside its progress.
const SHORTEST: usize = 8;
/// The width of a terminal whose width is unknown.
const USUAL_WIDTH: usize = 80;

/// The spinner.
#[derive(Debug)]
pub(crate) struct Spinner {
    /// Whether there is a terminal on which it can draw.
    terminal: bool,
    shown: Option<Progress>,
    began: Instant,
    turn: usize,
    next_turn: Instant,
}

impl Spinner {
    /// Whether the spinner is shown.
    pub(crate) fn is_shown(&self) -> bool {
        self.terminal && self.shown.is_some()
    }

    /// Returns the time of its next turn.
    pub(crate) fn next_turn(&self) -> Instant {
        self.next_turn
    }

    /// Shows this from its next turn on, which is due immediately if nothing is shown yet. The
    /// caller draws it, so that interrupts can be caught before anything is on the line.
    pub(crate) fn say(&mut self, progress: Progress) {
        if self.shown.replace(progress).is_none() {
            self.began = Instant::now();
            self.next_turn = self.began;
        }
    }

    /// Draws the next turn.
    pub(crate) fn turn(&mut self) {
        self.next_turn = Instant::now() + SPIN;
        if let (true, Some(progress)) = (self.terminal, &self.shown) {
            let frame = FRAMES.get(self.turn % FRAMES.len()).unwrap_or(&'-');
            let text = line(*frame, progress, self.began.elapsed(), width());
            stderr(format!("{ERASE}{text}\r").as_bytes());
            self.turn += 1;
        }
    }

    /// Clears its line.
    pub(crate) fn clear(&mut self) {
        if self.is_shown() {
            // The terminal may have echoed a key, such as Ctrl-C, on the line.
            stderr(format!("\r{ERASE}").as_bytes());
        }
        self.shown = None;
    }
}

impl Default for Spinner {
    /// Creates a spinner that is not shown yet.
    fn default() -> Self {
        let now = Instant::now();
        Self {
            terminal: rustix::termios::isatty(std::io::stderr().as_fd())
                && !terminal::is_dumb(&Process),
            shown: None,
            began: now,
            turn: 0,
            next_turn: now,
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Returns the terminal's width, in columns.
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr().as_fd());
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { USUAL_WIDTH } else { columns }
}

/// Returns the line, without characters that move the cursor. It leaves the last column free,
/// because a terminal may begin another line after it.
fn line(frame: char, progress: &Progress, elapsed: Duration, width: usize) -> String {
    // The text is from Azure, and must stay on its line.
    let on_a_line = |text: &str| text.replace(char::is_control, " ");
    let room = |end: &str| width.saturating_sub(1 + end.chars().count() + " - ".len());
    let Some(activity) = &progress.activity else {
        let end = " ..";
        let text = shortened(&on_a_line(&progress.text), room(end));
        return format!(" {frame} {text}{end}");
    };
    let activity = on_a_line(activity);
    let time = clock(elapsed);
    // If a line is too long, its progress is more useful than its description.
    let far = activity.rsplit_once("  ");
    let far = far.map(|(what, far)| (what, format!("  {far}  {time}")));
    let (what, end) = far
        .filter(|(_, end)| room(end) >= SHORTEST)
        .unwrap_or_else(|| (&activity, format!("  {time}")));
    format!(" {frame} {}{end}", shortened(what, room(&end)))
}

/// Returns a text shortened to at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let begin: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", begin.trim_end())
}

/// Returns minutes and seconds, and after an hour also the hours.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(text: &str, activity: Option<&str>) -> Progress {
        Progress {
            text: text.to_owned(),
            activity: activity.map(str::to_owned),
        }
    }

    #[test]
    fn what_happens_is_shown_with_its_time_and_azures_word_with_dots() {
        let at =
            |progress: &Progress, seconds| line('-', progress, Duration::from_secs(seconds), 80);
        let named = progress("InProgress", Some("Scaling mynodepool  3 → 5 nodes"));
        assert_eq!(at(&named, 42), " - Scaling mynodepool  3 → 5 nodes  00:42");
        assert_eq!(
            at(&named, 3723),
            " - Scaling mynodepool  3 → 5 nodes  1:02:03"
        );
        assert_eq!(at(&progress("Starting", None), 1), " - Starting ..");
        let hostile = progress("a\nb\x1b[2J", None);
        assert_eq!(at(&hostile, 1), " - a b [2J ..");
    }

    #[test]
    fn a_narrow_terminal_is_not_left_and_the_time_stays() {
        let named = progress(
            "",
            Some("Downloading resource SKUs of southcentralus  12.3 MB"),
        );
        for width in 0..90 {
            let text = line('|', &named, Duration::from_secs(5), width);
            let room = width.max(" | …  00:05".chars().count() + 1);
            assert!(text.chars().count() < room, "{width}: {text}");
            assert!(text.ends_with("  00:05"), "{width}: {text}");
        }
        let text = line('|', &named, Duration::from_secs(5), 40);
        assert_eq!(text, " | Downloading resourc…  12.3 MB  00:05");
    }
}
