//! YAML in colour (Pygments, `lexers/data.py`, `YamlLexer`).
//!
//! `PyYAML` writes neither directives nor comments nor block scalars for az. The lexer nevertheless
//! recognises all of them but directives, because after white space of other scripts Pygments takes
//! ordinary text for any of them.

mod rules;

use std::sync::LazyLock;

use regex::Regex;

use super::{paint, token};
use rules::{Action, RULES, Rule, StackAction, State};

/// The number of changes of the stack that are allowed without consuming a character; no rule of
/// the table needs as many.
const PATIENCE: usize = 16;

/// The patterns of the rules, which are matched at the start of a text.
static PATTERNS: LazyLock<Vec<(&Rule, Regex)>> = LazyLock::new(|| {
    let compile = |pattern| Regex::new(&format!(r"\A(?m:{pattern})")).ok();
    let rules = RULES.iter();
    rules
        .filter_map(|rule| Some((rule, compile(rule.1)?)))
        .collect()
});

/// The state of the lexer between two lines.
pub(crate) struct Lexer {
    /// The states above the first one, which is never left.
    stack: Vec<State>,
    /// The indentations around the current one.
    levels: Vec<isize>,
    /// The current indentation; -1 before the first.
    indent: isize,
    next_indent: isize,
    /// The indentation of the block scalar, as soon as it is known.
    block_indent: Option<isize>,
}

impl Default for Lexer {
    fn default() -> Self {
        Self {
            stack: Vec::new(),
            levels: Vec::new(),
            indent: -1,
            next_indent: 0,
            block_indent: None,
        }
    }
}

impl Lexer {
    /// Paints the next line of az's YAML, with its newline. No coloured text spans lines.
    pub(crate) fn write_line(&mut self, line: &str, buffer: &mut Vec<u8>) {
        let mut at = 0;
        let mut idle = 0;
        while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = self.step(rest, at == 0, buffer);
            let taken = taken.filter(|&taken| taken > 0 || idle < PATIENCE);
            let taken = taken.unwrap_or_else(|| self.unknown(rest, buffer));
            idle = if taken == 0 { idle + 1 } else { 0 };
            at += taken;
        }
    }

    /// Applies the first rule that matches, and returns the number of bytes that it consumes;
    /// `None` if no rule matches.
    fn step(&mut self, rest: &str, line_start: bool, buffer: &mut Vec<u8>) -> Option<usize> {
        let current = self.stack.last().copied().unwrap_or(State::Root);
        let (then, action, text) = PATTERNS
            .iter()
            .filter(|((states, source, ..), _)| {
                states.contains(&current) && (line_start || !source.starts_with('^'))
            })
            .find_map(|&(&(.., action, then), ref pattern)| {
                Some((then, action, pattern.captures(rest)?.get(1)?.as_str()))
            })?;
        let length = self.act(action, text, buffer);
        match then {
            StackAction::Stay => {}
            StackAction::Pop(count) => self.pop(count),
            StackAction::Push(states) => self.stack.extend_from_slice(states),
        }
        Some(length)
    }

    /// Emits the text, and returns the number of bytes that it consumes.
    fn act(&mut self, action: Action, text: &str, buffer: &mut Vec<u8>) -> usize {
        match action {
            Action::Emit(kind) => paint(kind, text, buffer),
            Action::ResetIndent => {
                (self.levels, self.indent, self.next_indent) = (Vec::new(), -1, 0);
                self.block_indent = None;
                paint(token::NAMESPACE, text, buffer);
            }
            Action::StartIndent => self.start_indent(text, buffer),
            Action::SaveIndent => {
                self.next_indent += width(text);
                paint(token::WHITESPACE, text, buffer);
            }
            Action::SetIndent => {
                self.set_indent();
                self.next_indent += width(text);
                paint(token::PLAIN, text, buffer);
            }
            Action::SetImplicitIndent(kind) => {
                self.set_indent();
                paint(kind, text, buffer);
            }
            Action::PlainIndent => return self.indent(text, self.indent + 1, buffer),
            Action::BlockHeader => self.block_header(text, buffer),
            Action::BlockEmptyLine => {
                let indent = self.block_indent.unwrap_or(isize::MAX).min(width(text));
                let (indent, content) = text.split_at(indent.unsigned_abs());
                paint(token::WHITESPACE, indent, buffer);
                paint(token::CONSTANT, content, buffer);
            }
            Action::BlockIndent => {
                let least = self.block_indent.unwrap_or(self.indent.max(0) + 1);
                if width(text) >= least {
                    self.block_indent.get_or_insert(width(text));
                }
                return self.indent(text, least, buffer);
            }
        }
        text.len()
    }

    fn start_indent(&mut self, text: &str, buffer: &mut Vec<u8>) {
        let width = width(text);
        self.next_indent = width;
        let fewer = width < self.indent;
        while width < self.indent {
            self.indent = self.levels.pop().unwrap_or(-1);
        }
        // Spaces beyond a known indentation are a separate text.
        let known = match self.indent {
            indent if !fewer || indent >= width => width,
            -1 => width - 1,
            indent => indent,
        };
        let (known, extra) = text.split_at(known.max(0).unsigned_abs());
        paint(token::WHITESPACE, known, buffer);
        paint(token::WHITESPACE, extra, buffer);
    }

    fn set_indent(&mut self) {
        if self.indent < self.next_indent {
            self.levels.push(self.indent);
            self.indent = self.next_indent;
        }
    }

    fn block_header(&mut self, text: &str, buffer: &mut Vec<u8>) {
        let increment = text
            .bytes()
            .find(u8::is_ascii_digit)
            .map(|digit| isize::from(digit - b'0'));
        self.block_indent = increment.map(|increment| self.indent.max(0) + increment);
        paint(token::PLAIN, text, buffer);
    }

    /// Emits the spaces before a line of a scalar, which ends if they are fewer than `least`.
    fn indent(&mut self, text: &str, least: isize, buffer: &mut Vec<u8>) -> usize {
        if width(text) < least {
            self.pop(2);
            return 0;
        }
        paint(token::WHITESPACE, text, buffer);
        text.len()
    }

    /// Removes states from the stack, except the first one.
    fn pop(&mut self, count: usize) {
        let depth = self.stack.len().saturating_sub(count);
        self.stack.truncate(depth);
    }

    /// Emits a character that matches no rule. A line's end resets the stack.
    fn unknown(&mut self, rest: &str, buffer: &mut Vec<u8>) -> usize {
        let length = rest.chars().next().map_or(rest.len(), char::len_utf8);
        let (character, _) = rest.split_at(length);
        if character == "\n" {
            self.stack.clear();
            paint(token::PLAIN, character, buffer);
        } else {
            paint(token::ERROR, character, buffer);
        }
        length
    }
}

/// Returns the width of spaces or indicators. No text is longer than `isize::MAX`.
fn width(text: &str) -> isize {
    text.len().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(PATTERNS.len(), RULES.len());
    }

    #[test]
    fn no_line_keeps_the_lexer_for_ever() {
        for line in [
            "\n",
            "|\n",
            ">2\n",
            "[{\n",
            "!<x> &a *b\n",
            "- - :\n",
            "\u{a0}---\n",
            ":\u{1680}\n",
            "no newline",
        ] {
            let mut buffer = Vec::new();
            let mut lexer = Lexer::default();
            lexer.write_line(line, &mut buffer);
            lexer.write_line(line, &mut buffer);
            assert!(buffer.len() >= 2 * line.len(), "{line:?}");
        }
    }
}
