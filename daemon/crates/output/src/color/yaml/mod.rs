//! YAML in colour (Pygments, `lexers/data.py`, `YamlLexer`).
//!
//! `PyYAML` writes neither directives nor comments nor block scalars for az. The lexer nevertheless
//! recognises all of them but directives, because after white space of other scripts Pygments takes
//! ordinary text for any of them.

mod rules;

use std::sync::LazyLock;

use regex::Regex;

use super::{Token, paint};
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
            stack: vec![State::Root],
            levels: Vec::new(),
            indent: -1,
            next_indent: 0,
            block_indent: None,
        }
    }
}

impl Lexer {
    /// Paints the next line of az's YAML, with its newline. No coloured token spans lines.
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
        let (then, action, token) = PATTERNS
            .iter()
            .filter(|((states, source, ..), _)| {
                states.contains(&current) && (line_start || !source.starts_with('^'))
            })
            .find_map(|&(&(.., action, then), ref pattern)| {
                Some((then, action, pattern.captures(rest)?.get(1)?.as_str()))
            })?;
        let length = self.act(action, token, buffer);
        match then {
            StackAction::Stay => {}
            StackAction::Pop(count) => self.pop(count),
            StackAction::Push(states) => self.stack.extend_from_slice(states),
        }
        Some(length)
    }

    /// Emits the token, and returns the number of bytes that it consumes.
    fn act(&mut self, action: Action, token: &str, buffer: &mut Vec<u8>) -> usize {
        match action {
            Action::Emit(kind) => paint(kind, token, buffer),
            Action::ResetIndent => {
                (self.levels, self.indent, self.next_indent) = (Vec::new(), -1, 0);
                self.block_indent = None;
                paint(Token::Namespace, token, buffer);
            }
            Action::StartIndent => self.start_indent(token, buffer),
            Action::SaveIndent => {
                self.next_indent += width(token);
                paint(Token::Whitespace, token, buffer);
            }
            Action::SetIndent => {
                self.set_indent();
                self.next_indent += width(token);
                paint(Token::Plain, token, buffer);
            }
            Action::SetImplicitIndent(kind) => {
                self.set_indent();
                paint(kind, token, buffer);
            }
            Action::PlainIndent => return self.indent(token, self.indent + 1, buffer),
            Action::BlockHeader => self.block_header(token, buffer),
            Action::BlockEmptyLine => {
                let indent = self.block_indent.unwrap_or(isize::MAX).min(width(token));
                let (indent, content) = token.split_at(indent.unsigned_abs());
                paint(Token::Whitespace, indent, buffer);
                paint(Token::Constant, content, buffer);
            }
            Action::BlockIndent => {
                let least = self.block_indent.unwrap_or(self.indent.max(0) + 1);
                if width(token) >= least {
                    self.block_indent.get_or_insert(width(token));
                }
                return self.indent(token, least, buffer);
            }
        }
        token.len()
    }

    fn start_indent(&mut self, token: &str, buffer: &mut Vec<u8>) {
        let width = width(token);
        self.next_indent = width;
        let fewer = width < self.indent;
        while width < self.indent {
            self.indent = self.levels.pop().unwrap_or(-1);
        }
        // Spaces beyond a known indentation are a separate token.
        let known = match self.indent {
            indent if !fewer || indent >= width => width,
            -1 => width - 1,
            indent => indent,
        };
        let (known, extra) = token.split_at(known.max(0).unsigned_abs());
        paint(Token::Whitespace, known, buffer);
        paint(Token::Whitespace, extra, buffer);
    }

    fn set_indent(&mut self) {
        if self.indent < self.next_indent {
            self.levels.push(self.indent);
            self.indent = self.next_indent;
        }
    }

    fn block_header(&mut self, token: &str, buffer: &mut Vec<u8>) {
        let increment = token
            .bytes()
            .find(u8::is_ascii_digit)
            .map(|digit| isize::from(digit - b'0'));
        self.block_indent = increment.map(|increment| self.indent.max(0) + increment);
        paint(Token::Plain, token, buffer);
    }

    /// Emits the spaces before a line of a scalar, which ends if they are fewer than `least`.
    fn indent(&mut self, token: &str, least: isize, buffer: &mut Vec<u8>) -> usize {
        if width(token) < least {
            self.pop(2);
            return 0;
        }
        paint(Token::Whitespace, token, buffer);
        token.len()
    }

    /// Removes states from the stack, except the first one.
    fn pop(&mut self, count: usize) {
        self.stack
            .truncate(self.stack.len().saturating_sub(count).max(1));
    }

    /// Emits a character that matches no rule. A line's end resets the stack.
    fn unknown(&mut self, rest: &str, buffer: &mut Vec<u8>) -> usize {
        let length = rest.chars().next().map_or(rest.len(), char::len_utf8);
        let (character, _) = rest.split_at(length);
        if character == "\n" {
            self.stack = vec![State::Root];
            paint(Token::Plain, character, buffer);
        } else {
            paint(Token::Error, character, buffer);
        }
        length
    }
}

/// Returns the width of spaces or indicators. No text is longer than `isize::MAX`.
fn width(token: &str) -> isize {
    token.len().cast_signed()
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
