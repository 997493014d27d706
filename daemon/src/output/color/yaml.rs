//! YAML in colour (Pygments, `lexers/data.py`, `YamlLexer`).
//!
//! Pygments' table of states and rules, without those for what PyYAML never writes for az: directives, comments,
//! tags, block scalars, and flow collections that are not empty.

use std::sync::LazyLock;

use regex::Regex;

use super::{Token, paint};

/// A state of the lexer, on a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Root,
    Indentation,
    BlockLine,
    FlowSequence,
    FlowMapping,
    SingleQuoted,
    DoubleQuoted,
    Plain,
    PlainNewLine,
}

/// What a match becomes.
#[derive(Clone, Copy)]
enum Action {
    /// A token; never an empty one.
    Emit(Token),
    /// The marks of a document's end: indentation begins anew.
    ResetIndent,
    /// The spaces at the start of a line.
    StartIndent,
    /// Spaces that may indent what follows.
    SaveIndent,
    /// An indicator, at the indentation saved before.
    SetIndent,
    /// A key, then its colon, which sets the indentation without adding to it.
    Key,
    /// A colon apart from its key.
    SetImplicitIndent,
    /// The spaces before the next line of a plain scalar, which end it if they are too few.
    PlainIndent,
}

/// What a rule does to the stack of states.
#[derive(Clone, Copy)]
enum Then {
    Stay,
    Pop(usize),
    Push(&'static [State]),
}

struct Rule {
    state: State,
    /// Whether it applies only at the start of a line.
    line_start: bool,
    /// What has to match here. The token is the first group, for a look-ahead may follow it.
    pattern: &'static str,
    action: Action,
    then: Then,
}

const fn rule(state: State, pattern: &'static str, action: Action, then: Then) -> Rule {
    Rule { state, line_start: false, pattern, action, then }
}

const fn at_start(state: State, pattern: &'static str, action: Action, then: Then) -> Rule {
    Rule { state, line_start: true, pattern, action, then }
}

/// The rules; the first of the current state that matches applies.
#[rustfmt::skip]
const RULES: [Rule; 47] = {
    use Action::{Emit, Key, PlainIndent, ResetIndent, SaveIndent, SetImplicitIndent, SetIndent, StartIndent};
    use State::{BlockLine, DoubleQuoted, FlowMapping, FlowSequence, Indentation, Plain, PlainNewLine, Root, SingleQuoted};
    use Then::{Pop, Push, Stay};
    use Token::{Namespace, String, Variable, Whitespace};
    [
        rule(Root, r"([ ]+)$", Emit(Whitespace), Stay),
        rule(Root, r"(\n+)", Emit(Whitespace), Stay),
        at_start(Root, r"(---|\.\.\.)(?:[ ]|$)", ResetIndent, Push(&[BlockLine])),
        rule(Root, r"([ ]*)\S", StartIndent, Push(&[BlockLine, Indentation])),

        rule(Indentation, r"([ ]*)$", Emit(Whitespace), Pop(2)),
        rule(Indentation, r"([ ]+)[?:-](?:[ ]|$)", SaveIndent, Stay),
        rule(Indentation, r"([?:-])(?:[ ]|$)", SetIndent, Stay),
        rule(Indentation, r"([ ]*)", SaveIndent, Pop(1)),

        rule(BlockLine, r"([ ]*)$", Emit(Whitespace), Pop(1)),
        rule(BlockLine, r"([ ]+)", Emit(Whitespace), Stay),
        rule(BlockLine, r#"([^#,?\[\]{}"'\n]+:)(?:[ ]|$)"#, Key, Stay),
        rule(BlockLine, r"(&[\w-]+)", Emit(Token::Plain), Stay),
        rule(BlockLine, r"(\*[\w-]+)", Emit(Variable), Stay),
        rule(BlockLine, r"(:)(?:[ ]|$)", SetImplicitIndent, Stay),
        rule(BlockLine, r"(\[)", Emit(Token::Plain), Push(&[FlowSequence])),
        rule(BlockLine, r"(\{)", Emit(Token::Plain), Push(&[FlowMapping])),
        rule(BlockLine, r"(')", Emit(String), Push(&[SingleQuoted])),
        rule(BlockLine, r#"(")"#, Emit(String), Push(&[DoubleQuoted])),
        rule(BlockLine, r#"()(?:[^\s?:,\[\]{}#&*!|>'"%@`-]|[?:-]\S)"#, Emit(Variable), Push(&[Plain])),

        rule(FlowSequence, r"(\])", Emit(Token::Plain), Pop(1)),
        rule(FlowMapping, r"(\})", Emit(Token::Plain), Pop(1)),

        at_start(SingleQuoted, r"([ ]+)", Emit(Whitespace), Stay),
        rule(SingleQuoted, r"([ ]+)$", Emit(Whitespace), Stay),
        rule(SingleQuoted, r"(\n+)", Emit(Whitespace), Stay),
        rule(SingleQuoted, r"([ \xa0]+)", Emit(Variable), Stay),
        rule(SingleQuoted, r"('')", Emit(String), Stay),
        rule(SingleQuoted, r"([^\s']+)", Emit(String), Stay),
        rule(SingleQuoted, r"(')", Emit(String), Pop(1)),

        at_start(DoubleQuoted, r"([ ]+)", Emit(Whitespace), Stay),
        rule(DoubleQuoted, r"([ ]+)$", Emit(Whitespace), Stay),
        rule(DoubleQuoted, r"(\n+)", Emit(Whitespace), Stay),
        rule(DoubleQuoted, r"([ \xa0]+)", Emit(Variable), Stay),
        rule(DoubleQuoted, r#"(\\[0abt\tn\nvfre "\\N_LP])"#, Emit(String), Stay),
        rule(DoubleQuoted, r"(\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}))", Emit(String), Stay),
        rule(DoubleQuoted, r#"([^\s"\\]+)"#, Emit(String), Stay),
        rule(DoubleQuoted, r#"(")"#, Emit(String), Pop(1)),

        at_start(PlainNewLine, r"([ ]+)$", Emit(Whitespace), Stay),
        rule(PlainNewLine, r"(\n+)", Emit(Whitespace), Stay),
        at_start(PlainNewLine, r"()(?:---|\.\.\.)", Emit(Namespace), Pop(3)),
        at_start(PlainNewLine, r"([ ]*)", PlainIndent, Pop(1)),

        rule(Plain, r"([ ]*)(?::[ ]|:$)", Emit(Whitespace), Pop(1)),
        rule(Plain, r"([ ]+)#", Emit(Whitespace), Pop(1)),
        rule(Plain, r"([ ]+)$", Emit(Whitespace), Stay),
        rule(Plain, r"(\n+)", Emit(Whitespace), Push(&[PlainNewLine])),
        rule(Plain, r"([ \xa0]+)", Emit(Token::Plain), Stay),
        rule(Plain, r"(\S+):\s", Emit(Token::Plain), Stay),
        rule(Plain, r"(\S+)", Emit(Token::Plain), Stay),
    ]
};

/// How often the stack may change between two characters; no rule of the table needs as much.
const PATIENCE: usize = 16;

static PATTERNS: LazyLock<Vec<Option<Regex>>> = LazyLock::new(|| {
    RULES.iter().map(|rule| Regex::new(&format!(r"\A(?m:{})", rule.pattern)).ok()).collect()
});

/// Paints az's YAML.
pub(in crate::output) fn write(text: &str, buffer: &mut Vec<u8>) {
    let text = text.trim_matches('\n');
    // Pygments' lexers want a newline at the end.
    let text = format!("{text}\n");
    let mut lexer = Lexer { stack: vec![State::Root], levels: Vec::new(), indent: -1, next_indent: 0 };
    let mut at = 0;
    let mut idle = 0;
    while at < text.len() {
        let length = lexer.step(&text, at, buffer).filter(|&length| length > 0 || idle < PATIENCE);
        // Every length is that of a match or of a character, so `at` stays on a boundary.
        let length = length.unwrap_or_else(|| lexer.unknown(&text[at..], buffer));
        idle = if length == 0 { idle + 1 } else { 0 };
        at += length;
    }
}

struct Lexer {
    stack: Vec<State>,
    /// The indentations around the current one.
    levels: Vec<isize>,
    indent: isize,
    next_indent: isize,
}

impl Lexer {
    /// Applies the first rule that matches; the length of its token, or none if no rule does.
    fn step(&mut self, text: &str, at: usize, buffer: &mut Vec<u8>) -> Option<usize> {
        let state = self.stack.last().copied().unwrap_or(State::Root);
        let rest = text.get(at..)?;
        let line_start = at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
        let candidates = RULES.iter().zip(PATTERNS.iter());
        let (rule, token) = candidates
            .filter(|(rule, _)| rule.state == state && (line_start || !rule.line_start))
            .find_map(|(rule, pattern)| Some((rule, pattern.as_ref()?.captures(rest)?.get(1)?)))?;
        let length = self.act(rule.action, token.as_str(), buffer);
        match rule.then {
            Then::Stay => {}
            Then::Pop(count) => self.pop(count),
            Then::Push(states) => self.stack.extend_from_slice(states),
        }
        Some(length)
    }

    /// Emits the token; how much of the text it takes.
    fn act(&mut self, action: Action, token: &str, buffer: &mut Vec<u8>) -> usize {
        // az's lines are never longer than `isize::MAX`.
        let width = token.len().cast_signed();
        match action {
            Action::Emit(kind) => paint(kind, token, buffer),
            Action::ResetIndent => {
                (self.levels, self.indent, self.next_indent) = (Vec::new(), -1, 0);
                paint(Token::Namespace, token, buffer);
            }
            Action::StartIndent => self.start_indent(token, buffer),
            Action::SaveIndent => {
                self.next_indent += width;
                paint(Token::Whitespace, token, buffer);
            }
            Action::SetIndent => {
                self.set_indent();
                self.next_indent += width;
                paint(Token::Plain, token, buffer);
            }
            Action::Key => {
                let (key, colon) = token.split_at(token.len() - 1);
                self.set_indent();
                paint(Token::Tag, key, buffer);
                paint(Token::Plain, colon, buffer);
            }
            Action::SetImplicitIndent => {
                self.set_indent();
                paint(Token::Plain, token, buffer);
            }
            Action::PlainIndent if width <= self.indent => {
                self.pop(2);
                return 0;
            }
            Action::PlainIndent => paint(Token::Whitespace, token, buffer),
        }
        token.len()
    }

    fn start_indent(&mut self, token: &str, buffer: &mut Vec<u8>) {
        let width = token.len().cast_signed();
        self.next_indent = width;
        let fewer = width < self.indent;
        while width < self.indent {
            self.indent = self.levels.pop().unwrap_or(-1);
        }
        // Spaces beyond a known indentation are a token of their own.
        let known = match self.indent {
            indent if !fewer || indent >= width => width,
            -1 => width - 1,
            indent => indent,
        };
        let (known, extra) = token.split_at(known.unsigned_abs());
        paint(Token::Whitespace, known, buffer);
        paint(Token::Whitespace, extra, buffer);
    }

    fn set_indent(&mut self) {
        if self.indent < self.next_indent {
            self.levels.push(self.indent);
            self.indent = self.next_indent;
        }
    }

    /// Leaves states, but never the first one.
    fn pop(&mut self, count: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count).max(1));
    }

    /// A character that no rule knows: a line's end begins anew.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert!(PATTERNS.iter().all(Option::is_some));
    }
}
