//! Chooses the style in which YAML writes a text (`PyYAML`, `emitter.py`, `analyze_scalar`).

use super::{Characters, resolve};

/// The style of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// The text without quotes.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
}

/// Whether YAML breaks lines at the character.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a text can be a key on the line of its value: short, not empty, and of one line.
pub(super) fn is_simple_key(text: &str) -> bool {
    /// `PyYAML`'s limit of 128 characters, less the `!!str` that it counts although it is never
    /// written.
    const LIMIT: usize = 128 - "!!str".len();
    !text.is_empty() && text.chars().take(LIMIT).count() < LIMIT && !text.contains(is_break)
}

/// Returns the style of a text, as a simple key or anywhere else.
pub(super) fn style(text: &str, simple_key: bool, characters: Characters) -> Style {
    if is_word(text) && resolve::is_string(text) {
        return Style::Plain;
    }
    let seen = Seen::of(text, characters);
    let ends_badly = |character: char| character == ' ' || is_break(character);
    let bad_ends = text.starts_with(ends_badly) || text.ends_with(ends_badly);
    let single_quoted = !seen.break_space && !seen.space_break && !seen.special;
    let plain = single_quoted && !seen.indicator && !seen.line_break && !bad_ends;
    let empty_key = simple_key && text.is_empty();
    if plain && !empty_key && resolve::is_string(text) {
        Style::Plain
    } else if single_quoted && !(simple_key && seen.line_break) {
        Style::SingleQuoted
    } else {
        Style::DoubleQuoted
    }
}

/// Whether the text consists of characters that need no further analysis. Most of Azure's values
/// do, and so do certificates in base64.
fn is_word(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./+=".contains(&byte);
    text.bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric() || first == b'/')
        && text.bytes().all(inner)
}

/// The findings about a text so far.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "findings, each of its own")]
struct Seen {
    /// A character that has a meaning in YAML.
    indicator: bool,
    line_break: bool,
    /// A character that only double quotes can show.
    special: bool,
    /// A space after a line break.
    break_space: bool,
    /// A line break after a space.
    space_break: bool,
}

impl Seen {
    fn of(text: &str, characters: Characters) -> Self {
        let mut seen = Seen {
            indicator: begins_document(text),
            ..Seen::default()
        };
        let mut previous = None;
        let mut following = text.chars().peekable();
        while let Some(character) = following.next() {
            seen.look_at(previous, character, following.peek().copied());
            seen.special |= !is_shown(character, characters);
            previous = Some(character);
        }
        seen
    }

    fn look_at(&mut self, previous: Option<char>, character: char, next: Option<char>) {
        let before_gap = next.is_none_or(is_gap);
        self.indicator |= match (previous, character) {
            (None, '-' | '?' | ':') | (Some(_), ':') => before_gap,
            (None, character) => "#,[]{}&*!|>'\"%@`".contains(character),
            (Some(previous), '#') => is_gap(previous),
            (Some(_), _) => false,
        };
        if is_break(character) {
            self.line_break = true;
            self.space_break |= previous == Some(' ');
        } else if character == ' ' {
            self.break_space |= previous.is_some_and(is_break);
        }
    }
}

fn begins_document(text: &str) -> bool {
    text.starts_with("---") || text.starts_with("...")
}

/// Whether a word ends at this character, as in `PyYAML`.
fn is_gap(character: char) -> bool {
    matches!(character, '\0' | ' ' | '\t' | '\r') || is_break(character)
}

/// Whether a scalar can contain the character unescaped.
fn is_shown(character: char, characters: Characters) -> bool {
    if characters == Characters::Ascii {
        return matches!(character, '\n' | ' '..='~');
    }
    matches!(character, '\n' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}')
        || matches!(character, '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10fffe}')
}
