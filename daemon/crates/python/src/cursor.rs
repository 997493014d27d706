//! The characters of a text with a position, used by the readers of JSON, of literals
//! and of queries.

/// A text as a sequence of code points, as Python counts it, and the reader's position in it.
pub struct Cursor<'a> {
    /// The whole text.
    pub chars: &'a [char],
    /// The reader's position.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Creates a reader at the start of a text.
    pub fn new(chars: &'a [char]) -> Self {
        Self { chars, at: 0 }
    }

    /// Returns the next character.
    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Returns the character after the next one.
    pub(crate) fn peek_second(&self) -> Option<char> {
        self.chars.get(self.at + 1).copied()
    }

    /// Consumes the next character.
    pub(crate) fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    /// Consumes the character if it is the next one.
    pub fn eat(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    /// Consumes the word if it comes next.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let length = word.chars().count();
        let there = rest.iter().copied().take(length).eq(word.chars());
        self.at += if there { length } else { 0 };
        there
    }

    /// Consumes characters while they satisfy the condition, and returns them.
    pub fn take_while(&mut self, condition: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(&condition) {
            self.at += 1;
        }
        self.since(start)
    }

    /// Returns the characters from a position up to the reader's.
    pub fn since(&self, start: usize) -> String {
        self.chars
            .get(start..self.at)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    /// Consumes exactly `count` hexadecimal digits and returns their value.
    pub(crate) fn hexadecimal(&mut self, count: usize) -> Option<u32> {
        let digits: String = self.chars.get(self.at..self.at + count)?.iter().collect();
        let valid = digits.bytes().all(|b| b.is_ascii_hexdigit());
        let value = u32::from_str_radix(&digits, 16).ok().filter(|_| valid)?;
        self.at += count;
        Some(value)
    }
}
