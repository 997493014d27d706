//! What README and documentation name exists in the grammar, and what the grammar has is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use azq::cli::reference::{Topic, topics};
use azqd::config::reference;

use crate::checkout;
use crate::tables::code;

fn read(path: &str) -> String {
    fs::read_to_string(checkout().join(path)).unwrap()
}

/// The pages of the book, from the root of the checkout.
fn book() -> Vec<String> {
    let summary = read("docs/SUMMARY.md");
    let links = summary.split("](").skip(1);
    let links = links.map(|rest| rest.split(')').next().unwrap());
    links
        .map(|link| format!("docs/{}", link.trim_start_matches("./")))
        .collect()
}

/// The pages without whole command lines: of the code, and of lines that TAB completes.
const WITHOUT_LINES: [&str; 2] = ["docs/ARCHITECTURE.md", "docs/terminal-checks.md"];

/// The pages whose command lines are checked.
fn pages() -> Vec<String> {
    let written = book().into_iter();
    let written = written.filter(|page| !WITHOUT_LINES.contains(&&**page));
    ["README.md".to_owned()]
        .into_iter()
        .chain(written)
        .collect()
}

/// The spans of code within the lines of a page.
fn spans(page: &str) -> Vec<String> {
    let mut is_block = false;
    let mut spans = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if !is_block {
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

/// The lines of the blocks of code of a page, those that go on joined.
fn lines(page: &str) -> Vec<String> {
    let blocks = page.split("```").skip(1).step_by(2);
    let joined = blocks.map(|block| block.replace("\\\n", " "));
    joined
        .flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// A line without what the shell makes of it.
fn first_command(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap();
    let line = line.split("; ").next().unwrap();
    let words = shlex::split(line).unwrap_or_default().into_iter();
    let ends = |word: &String| {
        ["|", ";", "&&", ">", "<", "2>", ")"].contains(&word.as_str()) || word.starts_with('<')
    };
    words.take_while(|word| !ends(word)).collect()
}

/// `start\|stop` as two lines.
fn alternatives(span: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in span.split(' ') {
        let words: Vec<_> = word.split("\\|").flat_map(|word| word.split('|')).collect();
        let longer = lines
            .iter()
            .flat_map(|line| words.iter().map(move |word| format!("{line} {word}")));
        lines = longer.collect();
    }
    lines
        .into_iter()
        .map(|line| line.trim_start().to_owned())
        .collect()
}

/// What is wrong with the words after `azq`.
fn fault(words: &[String], topics: &[Topic]) -> Option<String> {
    let top = topics.first()?;
    let mut topic = top;
    let mut words = words.iter().peekable();
    while let Some(word) = words.peek() {
        if !topic.children.contains(word) {
            break;
        }
        let path = format!("{} {word}", topic.path);
        topic = topics
            .iter()
            .find(|topic| topic.path == path.trim_start())?;
        words.next();
    }
    let is_word = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    for word in words {
        let name = word.split(['=', ']', '[']).next().unwrap_or_default();
        if name.starts_with("--") && name.len() > 2 {
            let known = topic.options.iter().chain(&top.options);
            let mut names = known
                .flat_map(|option| &option.names)
                .chain(&topic.left_to_az);
            let of_all = ["--help", "--version", "--no-daemon", "--subscription"];
            if !names.any(|known| known == name) && !of_all.contains(&name) {
                return Some(format!("'{}' has no option {name}", topic.path));
            }
        } else if !topic.children.is_empty() && is_word(word) && !word.starts_with('-') {
            return Some(format!("'{}' has no '{word}'", topic.path));
        }
        // What `which` is asked about is another command.
        if topic.path == "which" {
            return None;
        }
    }
    None
}

#[test]
fn command_lines_of_the_pages_are_in_the_grammar() {
    let topics = topics();
    let mut count = 0;
    for page in pages() {
        let text = read(&page);
        let blocks = lines(&text).into_iter();
        let blocks = blocks.filter(|line| line.trim_start().starts_with("azq "));
        let spans = spans(&text)
            .into_iter()
            .filter(|span| span.starts_with("azq "));
        for line in blocks.chain(spans.flat_map(|span| alternatives(&span))) {
            let words = first_command(&line);
            let found = fault(words.get(1..).unwrap_or_default(), &topics);
            assert_eq!(found, None, "{page}: {line}");
            count += 1;
        }
    }
    assert!(count > 60, "{count} command lines");
}

#[test]
fn options_that_the_pages_name_are_in_the_grammar() {
    let topics = topics();
    let options = topics.iter().flat_map(|topic| &topic.options);
    let mut known: BTreeSet<_> = options.flat_map(|option| option.names.clone()).collect();
    known.extend(topics.iter().flat_map(|topic| topic.left_to_az.clone()));
    known.extend(["--help", "--version", "--no-daemon"].map(str::to_owned));
    let install = read("install.sh");
    let others = install
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    known.extend(others.map(str::to_owned));
    for page in pages() {
        let spans = spans(&read(&page)).into_iter();
        for span in spans.filter(|span| span.starts_with("--")) {
            let name = span.split([' ', '=']).next().unwrap().trim_end_matches(',');
            assert!(known.contains(name), "{page}: {span}");
        }
    }
}

/// The commands of README's table of az's commands.
fn natively_answered(readme: &str) -> BTreeSet<String> {
    let (_, table) = readme.split_once("Natively answered:").unwrap();
    let (table, _) = table.trim_start().split_once("\n\n").unwrap();
    let mut commands = BTreeSet::new();
    for row in table.lines().skip(2) {
        let row = row.replace("\\|", "\u{1}");
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [group, named] = cells[..] else {
            panic!("{row}")
        };
        let group = group.trim_matches('`');
        // A sentence may follow.
        let named = named.split(':').next().unwrap();
        for span in named.split('`').skip(1).step_by(2) {
            for line in alternatives(&span.replace('\u{1}', "|")) {
                commands.insert(format!("{group} {line}").trim().to_owned());
            }
        }
    }
    commands
}

#[test]
fn the_readme_names_the_commands_that_azq_answers() {
    let topics = topics();
    let readme = read("README.md");
    let commands = topics
        .iter()
        .filter(|topic| topic.is_azs && topic.children.is_empty());
    let commands: BTreeSet<_> = commands.map(|topic| topic.path.clone()).collect();
    assert_eq!(natively_answered(&readme), commands);
    for own in topics
        .iter()
        .filter(|topic| !topic.is_azs && !topic.path.contains(' '))
    {
        let named = format!("| `azq {}", own.path);
        assert!(readme.contains(&named), "README.md lacks {named}");
    }
}

#[test]
fn the_readme_has_the_keys_of_the_configuration() {
    let readme = read("README.md");
    for key in reference() {
        let row = format!("| `{}` | {} |", key.name, code(key.default));
        let row = row.replace("|  |", "| |");
        assert!(readme.contains(&row), "README.md lacks the row {row}");
    }
}

#[test]
fn the_book_has_every_page_and_nothing_else() {
    let pages = book();
    for page in &pages {
        assert!(checkout().join(page).exists(), "{page} does not exist");
    }
    let entries = fs::read_dir(checkout().join("docs")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_page = |name: &String| Path::new(name).extension().is_some_and(|end| end == "md");
    for name in names.filter(|name| is_page(name) && name != "SUMMARY.md") {
        let path = format!("docs/{name}");
        assert!(pages.contains(&path), "docs/SUMMARY.md lacks {name}");
    }
}
