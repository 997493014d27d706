//! Candidates as a shell takes them into its line.
//!
//! Source: argcomplete 3.5 `finders.py` (`quote_completions`).

use super::line::Typed;
use crate::cli::completion::Candidate;

/// The shells that read candidates differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    /// bash, and a shell that does not give its name.
    Bash,
    /// zsh, which shows the description of a word.
    Zsh,
    /// fish and tcsh, which quote by themselves.
    Quoting,
    Pwsh,
}

impl Shell {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "zsh" => Self::Zsh,
            "fish" | "tcsh" => Self::Quoting,
            "powershell" => Self::Pwsh,
            _ => Self::Bash,
        }
    }

    const fn escape(self) -> char {
        match self {
            Self::Pwsh => '`',
            Self::Bash | Self::Zsh | Self::Quoting => '\\',
        }
    }

    /// Whether a character has to be escaped.
    fn escapes(self, character: char, quote: Option<char>) -> bool {
        let by_quote = match quote {
            _ if self == Self::Quoting => return false,
            // Single quotes know no escape.
            Some('\'') => "",
            Some(_) => "\\\"`$!",
            None => "\\();<>|&!`$* \t\n\"'",
        };
        let is_own = self == Self::Pwsh && character == '`';
        let is_zshs = self == Self::Zsh && character == ':';
        is_zshs || by_quote.contains(character) && !is_own
    }
}

/// The candidates, escaped and without their part before the last break.
pub(super) fn quoted(
    mut candidates: Vec<Candidate>,
    typed: &Typed,
    shell: Shell,
    appends_space: bool,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        let word = std::mem::take(&mut candidate.word);
        candidate.word = quoted_word(&word, typed, shell);
    }
    if let [only] = &mut candidates[..]
        && appends_space
        && typed.quote.is_none()
        && !only.word.ends_with(['=', '/', ':'])
    {
        only.word.push(' ');
    }
    candidates
}

fn quoted_word(word: &str, typed: &Typed, shell: Shell) -> String {
    let passed = match typed.last_break {
        Some(last) if typed.quote.is_none() && last > 0 => last + 1,
        _ => 0,
    };
    let mut quoted = String::new();
    for character in word.chars().skip(passed) {
        if typed.quote == Some('\'') && character == '\'' && shell != Shell::Quoting {
            quoted.push_str("'\\''");
            continue;
        }
        if shell.escapes(character, typed.quote) {
            quoted.push(shell.escape());
        }
        quoted.push(character);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(word: &str, typed: &Typed, shell: Shell) -> String {
        quoted_word(word, typed, shell)
    }

    #[test]
    fn what_a_shell_would_read_otherwise_is_escaped() {
        let bare = Typed::default();
        assert_eq!(
            one("my (old) group", &bare, Shell::Bash),
            "my\\ \\(old\\)\\ group"
        );
        assert_eq!(one("my group", &bare, Shell::Quoting), "my group");
        assert_eq!(one("a:b", &bare, Shell::Zsh), "a\\:b");
        assert_eq!(one("a b`c", &bare, Shell::Pwsh), "a` b`c");
        let single = Typed {
            quote: Some('\''),
            ..Typed::default()
        };
        assert_eq!(one("it's mine", &single, Shell::Bash), "it'\\''s mine");
        let double = Typed {
            quote: Some('"'),
            ..Typed::default()
        };
        assert_eq!(one("a $b", &double, Shell::Bash), "a \\$b");
    }

    #[test]
    fn what_stands_before_a_break_is_left_out() {
        let typed = Typed {
            last_break: Some(8),
            ..Typed::default()
        };
        assert_eq!(one("--output=table", &typed, Shell::Bash), "table");
    }

    #[test]
    fn a_space_follows_the_only_candidate() {
        let candidate = |word: &str| Candidate {
            word: word.to_owned(),
            about: String::new(),
        };
        let with_space = |words: &[&str]| {
            let candidates = words.iter().map(|word| candidate(word)).collect();
            let quoted = quoted(candidates, &Typed::default(), Shell::Bash, true);
            quoted.into_iter().map(|one| one.word).collect::<Vec<_>>()
        };
        assert_eq!(with_space(&["show"]), ["show "]);
        assert_eq!(with_space(&["--output="]), ["--output="]);
        assert_eq!(with_space(&["show", "stop"]), ["show", "stop"]);
    }
}
