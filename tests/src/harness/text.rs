//! Assertions about texts, which show the whole text when they fail.

/// A text that a test examines; every method panics if its condition does not hold.
pub trait ExaminedText {
    /// The text has this part.
    fn assert_contains(&self, part: &str);

    /// The text has no such part.
    fn assert_lacks(&self, part: &str);

    /// The text begins so.
    fn assert_starts_with(&self, start: &str);

    /// The text ends so.
    fn assert_ends_with(&self, end: &str);
}

impl ExaminedText for str {
    #[track_caller]
    fn assert_contains(&self, part: &str) {
        assert!(self.contains(part), "{part:?} is not in: {self}");
    }

    #[track_caller]
    fn assert_lacks(&self, part: &str) {
        assert!(!self.contains(part), "{part:?} is in: {self}");
    }

    #[track_caller]
    fn assert_starts_with(&self, start: &str) {
        assert!(self.starts_with(start), "{start:?} does not begin: {self}");
    }

    #[track_caller]
    fn assert_ends_with(&self, end: &str) {
        assert!(self.ends_with(end), "{end:?} does not end: {self}");
    }
}
