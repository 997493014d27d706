//! A manual page in the macros of man(7).
//!
//! A sentence begins a line, and lines stay short, so that a change shows as one and `mandoc -Tlint`
//! has nothing to say.

/// How long a line of text is at most.
const WIDTH: usize = 78;

/// A page that is being written.
#[derive(Default)]
pub(crate) struct Page(String);

impl Page {
    /// A page of section 1. The date is that of the pages' form, for the texts follow the grammar.
    pub(crate) fn new(name: &str) -> Self {
        const REVISED: &str = "2026-11-30";
        let title = escaped(&name.to_uppercase());
        Self(format!(
            ".\\\" Written by azq-reference from azq's grammar; do not edit.\n\
             .TH {title} 1 {REVISED} azq \"azq manual\"\n"
        ))
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    pub(crate) fn section(&mut self, title: &str) {
        self.line(&format!(".SH {}", title.to_uppercase()));
    }

    pub(crate) fn subsection(&mut self, title: &str) {
        self.line(&format!(".SS {}", escaped(title)));
    }

    pub(crate) fn paragraph(&mut self) {
        self.line(".PP");
    }

    /// A term in bold, with what follows it in italics.
    pub(crate) fn term(&mut self, bold: &str, italic: &str) {
        self.line(".TP");
        let italic = match italic {
            "" => String::new(),
            text => format!(" \\fI{}\\fR", escaped(text)),
        };
        self.line(&format!("\\fB{}\\fR{italic}", escaped(bold)));
    }

    /// A line that is shown as it is.
    pub(crate) fn example(&mut self, line: &str) {
        self.line(".PP\n.RS 4\n.nf");
        self.text_line(line);
        self.line(".fi\n.RE");
    }

    /// Sentences.
    pub(crate) fn text(&mut self, text: &str) {
        for sentence in sentences(text) {
            let mut line = String::new();
            for word in sentence.split_whitespace() {
                if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
                    self.text_line(&line);
                    line.clear();
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            self.text_line(&line);
        }
    }

    fn text_line(&mut self, text: &str) {
        let text = escaped(text);
        // Such a line would be a macro.
        let guard = if text.starts_with(['.', '\'']) {
            "\\&"
        } else {
            ""
        };
        self.line(&format!("{guard}{text}"));
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}

/// The sentences of a text: each ends with a stop before a space and a capital letter.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find(". ").map(|at| from + at) {
        let next = rest[at + 2..].chars().next();
        if next.is_some_and(char::is_uppercase) {
            let (sentence, after) = rest.split_at(at + 1);
            sentences.push(sentence);
            rest = after.trim_start();
            from = 0;
        } else {
            from = at + 2;
        }
    }
    if !rest.is_empty() {
        sentences.push(rest);
    }
    sentences
}

/// A hyphen is one that can be copied, and what roff would read otherwise is itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '~' => escaped.push_str("\\(ti"),
            '^' => escaped.push_str("\\(ha"),
            '`' => escaped.push_str("\\(ga"),
            '\'' => escaped.push_str("\\(aq"),
            '"' => escaped.push_str("\\(dq"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_a_macro() {
        let mut page = Page::default();
        page.text(".SH is 'here' and C:\\dir -x");
        assert_eq!(
            page.finish(),
            "\\&.SH is \\(aqhere\\(aq and C:\\edir \\-x\n"
        );
    }

    #[test]
    fn a_sentence_begins_a_line() {
        let found = sentences("One. Two, e.g. three. Four ([a] b).");
        assert_eq!(found, ["One.", "Two, e.g. three.", "Four ([a] b)."]);
        let mut page = Page::default();
        page.text(&"word ".repeat(40));
        assert!(page.finish().lines().all(|line| line.len() <= WIDTH));
    }
}
