//! Ranges of numbers as options accept them: `4`, `4..16`, `4..`, `..16`.

use std::str::FromStr;

/// A range of numbers, which includes both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least number.
    pub least: f64,
    /// The greatest number; infinity if there is none.
    pub greatest: f64,
}

impl Range {
    /// Whether the range contains a number.
    pub fn contains(self, number: f64) -> bool {
        self.least <= number && number <= self.greatest
    }
}

impl FromStr for Range {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (least, greatest) = match text.split_once("..") {
            None => {
                let exact = number(text)?;
                (exact, exact)
            }
            Some(("", greatest)) => (0.0, number(greatest)?),
            Some((least, "")) => (number(least)?, f64::INFINITY),
            Some((least, greatest)) => (number(least)?, number(greatest)?),
        };
        if least > greatest {
            return Err(());
        }
        Ok(Self { least, greatest })
    }
}

/// Reads a decimal number, which has digits and at most one point.
fn number(text: &str) -> Result<f64, ()> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_plain || text.len() > 32 {
        return Err(());
    }
    text.parse().map_err(drop)
}
