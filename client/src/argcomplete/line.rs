//! The words of a line up to the cursor, as a POSIX shell has them.
//!
//! Source: argcomplete 3.5 `lexers.py` and its `_shlex.py`.

/// The line up to the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// The whole words, the program first.
    pub(super) before: Vec<String>,
    /// The word at the cursor, without its quotes.
    pub(super) word: String,
    /// The quote that is still open in it.
    pub(super) quote: Option<char>,
    /// The last place in it, in characters, where the shell breaks words.
    pub(super) last_break: Option<usize>,
}

/// The state in which a character is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Word,
    Quoted(char),
    /// After a backslash, within this quote if any.
    Escaped(Option<char>),
}

/// The words before the cursor, which stands at a character of the line; `breaks` are the
/// characters at which the shell breaks words of its own.
pub(super) fn split(line: &str, point: usize, breaks: &str) -> Typed {
    let mut typed = Typed::default();
    let mut state = State::Between;
    for character in line.chars().take(point) {
        state = typed.read(character, state, breaks);
    }
    if let State::Quoted(quote) | State::Escaped(Some(quote)) = state {
        typed.quote = Some(quote);
    }
    if state == State::Between {
        typed.last_break = None;
    }
    typed
}

impl Typed {
    fn read(&mut self, character: char, state: State, breaks: &str) -> State {
        match (state, character) {
            (State::Escaped(quote), _) => {
                // Within quotes, a backslash stands for itself before anything else.
                if let Some(quote) = quote.filter(|quote| character != *quote && character != '\\')
                {
                    self.word.push('\\');
                    self.word.push(character);
                    return State::Quoted(quote);
                }
                self.word.push(character);
                quote.map_or(State::Word, State::Quoted)
            }
            (State::Quoted(quote), _) if character == quote => State::Word,
            (State::Quoted('"'), '\\') => State::Escaped(Some('"')),
            (State::Quoted(_), _) => {
                self.word.push(character);
                state
            }
            (_, '\\') => State::Escaped(None),
            (_, '\'' | '"') => State::Quoted(character),
            (State::Between, ' ' | '\t' | '\r' | '\n') => state,
            (State::Word, ' ' | '\t' | '\r' | '\n') => {
                self.before.push(std::mem::take(&mut self.word));
                self.last_break = None;
                State::Between
            }
            (State::Between | State::Word, _) => {
                // The character that begins a word is no break.
                if state == State::Word && breaks.contains(character) {
                    self.last_break = Some(self.word.chars().count());
                }
                self.word.push(character);
                State::Word
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_at_end(line: &str) -> Typed {
        split(line, line.chars().count(), "\"'@><=;|&(:")
    }

    #[test]
    fn words_are_a_shells() {
        for (line, before, word, quote) in [
            ("az vm li", &["az", "vm"][..], "li", None),
            ("az vm ", &["az", "vm"], "", None),
            ("az  vm\tshow", &["az", "vm"], "show", None),
            ("az -g 'my gr", &["az", "-g"], "my gr", Some('\'')),
            ("az -g \"my gr", &["az", "-g"], "my gr", Some('"')),
            ("az -g my\\ gr", &["az", "-g"], "my gr", None),
            ("az -g 'a'\"b\"c", &["az", "-g"], "abc", None),
            ("az \"a\\\"b\\c", &["az"], "a\"b\\c", Some('"')),
            ("az '' ", &["az", ""], "", None),
            ("", &[], "", None),
        ] {
            let typed = split_at_end(line);
            assert_eq!(typed.before, before, "{line}");
            assert_eq!((&*typed.word, typed.quote), (word, quote), "{line}");
        }
    }

    #[test]
    fn what_stands_behind_the_cursor_does_not_count() {
        let typed = split("az vm list-skus --size", 7, "");
        assert_eq!((typed.before.len(), &*typed.word), (2, "l"));
        assert_eq!(split("az", 100, "").word, "az");
    }

    #[test]
    fn the_last_break_is_told() {
        assert_eq!(split_at_end("az --output=ta").last_break, Some(8));
        assert_eq!(split_at_end("az a:b:c").last_break, Some(3));
        assert_eq!(split_at_end("az a:b c").last_break, None);
        assert_eq!(split_at_end("az a=b ").last_break, None);
    }
}
