//! A manual page in the macros of man(7).
//!
//! A sentence begins a line, and lines stay short, so that a change shows as one and
//! `mandoc -Tlint` has nothing to say.

/// How long a line of text is at most, in bytes of the page.
const WIDTH: usize = 79;
/// The same for a command line, beside which there is an indent or a sign that it goes on.
const EXAMPLE_WIDTH: usize = 72;

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

    /// A term in bold, and sentences about it.
    pub(crate) fn entry(&mut self, bold: &str, text: &str) {
        self.term(bold, "");
        self.text(text);
    }

    /// A command line, in several lines if it is long.
    pub(crate) fn example(&mut self, line: &str) {
        self.line(".PP\n.RS 4\n.nf");
        let lines = filled(line, EXAMPLE_WIDTH);
        for (number, line) in lines.iter().enumerate() {
            let indent = if number > 0 { "    " } else { "" };
            let goes_on = if number + 1 < lines.len() { " \\" } else { "" };
            self.text_line(&format!("{indent}{line}{goes_on}"));
        }
        self.line(".fi\n.RE");
    }

    /// Sentences.
    pub(crate) fn text(&mut self, text: &str) {
        for line in sentences(text)
            .into_iter()
            .flat_map(|sentence| filled(sentence, WIDTH))
        {
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

/// The words of a text in lines of so many bytes, if no word is longer.
fn filled(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && escaped(&line).len() + 1 + escaped(word).len() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
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
            _ if character.is_ascii() => escaped.push(character),
            _ => escaped.extend(["\\[u", &format!("{:04X}", u32::from(character)), "]"]),
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
        page.text(&"wo-rd ".repeat(40));
        page.example(&"--wo-rd x ".repeat(40));
        assert!(page.finish().lines().all(|line| line.len() <= 80));
    }
}
