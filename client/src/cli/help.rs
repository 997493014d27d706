//! `--help` in az's layout, from the tables, without the daemon. The texts are azq's own.
//!
//! Source of the layout: knack `help.py` (`CLIHelp._print_detailed_help`). Within 100 columns.

use super::command::{Command, Group, Node};
use super::groups::WHO_ANSWERS;
use super::option::Shape;
use super::own::COMMANDS;

const WIDTH: usize = 100;

/// Returns the help for a command, or for a group with the commands that azq implements.
pub(super) fn of(node: Node, program: &str) -> String {
    let mut page = Page::new(program);
    match node {
        Node::Group(group) if group.path.is_empty() => page.top(group),
        Node::Group(group) => page.group(group),
        Node::Command(command) => page.command(command),
    }
    page.text
}

/// A page of help.
pub(super) struct Page<'a> {
    program: &'a str,
    text: String,
}

/// A line of a list: a name and its description.
pub(super) struct Entry {
    name: String,
    about: String,
}

/// The parts of a page about azq's own commands.
impl<'a> Page<'a> {
    /// Creates a page of the help of a program.
    pub(super) fn new(program: &'a str) -> Self {
        Self {
            program,
            text: String::from("\n"),
        }
    }

    /// Writes the title of the page: the kind, words and description of the command.
    pub(super) fn title(&mut self, kind: &str, path: &str, about: &str) {
        self.line(kind);
        let title = format!("{} {path} : {about}", self.program);
        self.wrapped(4, 8, &title);
    }

    /// Writes a list under a heading, in the order of its names.
    pub(super) fn list(&mut self, heading: &str, mut entries: Vec<Entry>) {
        self.section(heading);
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let widths = entries.iter().map(|entry| entry.name.len());
        let width = widths.max().unwrap_or_default();
        for entry in entries {
            self.item(&entry.name, width, &entry.about);
        }
    }

    /// Writes a text unchanged, after an empty line.
    pub(super) fn paragraphs(&mut self, text: &str) {
        self.line("");
        for paragraph in text.split('\n') {
            self.line(paragraph);
        }
    }

    /// Returns the page's text, which ends with an empty line as az's does.
    pub(super) fn finish(mut self) -> String {
        self.line("");
        self.text
    }
}

impl Page<'_> {
    fn top(&mut self, group: &Group) {
        self.line("Group");
        if self.program == "az" {
            self.line("    az");
        } else {
            let title = format!("    {} : {}", self.program, group.summary);
            self.line(&title);
        }
        self.children(group);
        if self.program == "azq" {
            let own = COMMANDS.iter();
            let own = own.map(|own| Entry::new(own.name, own.about));
            self.list("azq's own commands:", own.collect());
        }
        self.handed_over();
    }

    fn group(&mut self, group: &Group) {
        self.line("Group");
        let title = format!("    {} {} : {}", self.program, group.path, group.summary);
        self.line(&title);
        self.children(group);
        self.handed_over();
    }

    fn children(&mut self, group: &Group) {
        let (mut groups, mut commands) = (Vec::new(), Vec::new());
        for node in group.known {
            let name = node.word();
            match node {
                Node::Group(child) => groups.push(Entry::new(name, child.summary)),
                Node::Command(child) => commands.push(Entry::new(name, child.summary)),
            }
        }
        for (title, items) in [("Subgroups:", groups), ("Commands:", commands)] {
            if !items.is_empty() {
                self.list(title, items);
            }
        }
    }

    fn handed_over(&mut self) {
        self.line("");
        if self.program == "az" {
            self.line(WHO_ANSWERS);
        }
        self.line("What azq does not answer itself, it hands to the real az on the PATH.");
    }

    fn command(&mut self, command: &Command) {
        self.title("Command", command.path(), command.summary);
        if !command.details.is_empty() {
            self.wrapped(8, 8, command.details);
        }
        self.arguments(command);
        self.examples(command);
        self.line("");
    }

    /// Writes the arguments: the plain ones first and the global ones, which az registers first,
    /// last.
    fn arguments(&mut self, command: &Command) {
        let shapes = command.options().map(|option| option.shape);
        let shapes: Vec<_> = shapes.filter(|shape| !shape.help.is_empty()).collect();
        let mut groups = vec![""];
        for shape in shapes.iter().rev() {
            if !groups.contains(&shape.group) {
                groups.push(shape.group);
            }
        }
        let width = shapes
            .iter()
            .map(|shape| label(shape).len())
            .max()
            .unwrap_or_default();
        let any_required = shapes.iter().any(|shape| shape.required.is_some());
        let width = width + if any_required { REQUIRED.len() } else { 0 };
        for group in groups {
            let mut shapes: Vec<_> = shapes.iter().filter(|shape| shape.group == group).collect();
            if shapes.is_empty() {
                continue;
            }
            shapes.sort_by_key(|shape| (shape.required.is_none(), label(shape)));
            self.section(if group.is_empty() { "Arguments" } else { group });
            for shape in shapes {
                let required = if shape.required.is_some() {
                    REQUIRED
                } else {
                    ""
                };
                let label = label(shape);
                let name = format!("{label}{required:>pad$}", pad = width - label.len());
                self.item(&name, width, &about(shape));
            }
        }
    }

    fn examples(&mut self, command: &Command) {
        if command.examples.is_empty() {
            return;
        }
        self.section("Examples");
        for (index, (what, line)) in command.examples.iter().enumerate() {
            if index > 0 {
                self.line("");
            }
            self.wrapped(4, 4, what);
            let line = format!("{} {line}", self.program);
            self.wrapped(8, 8, &line);
        }
    }

    fn item(&mut self, name: &str, width: usize, about: &str) {
        let text = format!("{name:width$} : {about}");
        self.wrapped_after(4, 4 + width + 3, &text, width + 3);
    }

    /// Writes a heading, after an empty line.
    fn section(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn wrapped(&mut self, first: usize, rest: usize, text: &str) {
        self.wrapped_after(first, rest, text, 0);
    }

    /// Breaks the text at spaces, except those within its first `whole` bytes.
    fn wrapped_after(&mut self, first: usize, rest: usize, text: &str, whole: usize) {
        let (head, tail) = text.split_at_checked(whole).unwrap_or(("", text));
        let mut line = " ".repeat(first) + head;
        let mut is_empty = true;
        for word in tail.split(' ') {
            if !is_empty && line.len() + 1 + word.len() > WIDTH {
                self.line(&line);
                line = " ".repeat(rest);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(&line);
    }
}

const REQUIRED: &str = " [Required]";

impl Entry {
    pub(super) fn new(name: &str, about: &str) -> Self {
        Self {
            name: name.to_owned(),
            about: about.to_owned(),
        }
    }
}

fn label(shape: &Shape) -> String {
    shape.sorted_names().join(" ")
}

fn about(shape: &Shape) -> String {
    let mut choices = shape.takes.choices();
    choices.sort_unstable();
    described(shape.help, &choices.join(", "), shape.default)
}

/// Returns the description of an option with its choices and its default, either of which may be
/// empty.
pub(super) fn described(about: &str, choices: &str, default: &str) -> String {
    let mut about = about.to_owned();
    if !choices.is_empty() {
        about = format!("{about}  Allowed values: {choices}.");
    }
    if !default.is_empty() {
        about = format!("{about}  Default: {default}.");
    }
    about
}
