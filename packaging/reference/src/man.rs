//! The manual page of a group or a command.

use azq::cli::reference::{OptionTopic, Topic};
use azqd::config::reference;

use crate::roff::Page;

/// The name of a page: `azq-vm-list-skus`.
pub(crate) fn name(path: &str) -> String {
    let words = ["azq"].into_iter().chain(path.split_whitespace());
    words.collect::<Vec<_>>().join("-")
}

/// A topic's page.
pub(crate) fn page(topic: &Topic, topics: &[Topic]) -> String {
    let mut page = Page::new(&name(&topic.path));
    page.section("name");
    let summary = topic.summary.trim_end_matches('.');
    page.text(&format!("{} - {summary}", name(&topic.path)));
    synopsis(&mut page, topic);
    page.section("description");
    page.text(&topic.summary);
    if topic.path.is_empty() {
        page.text(ABOUT);
    }
    if !topic.details.is_empty() {
        page.text(&topic.details);
    }
    if topic.is_azs && topic.children.is_empty() {
        page.text("Answers as az 2.91.0 does, in output, errors and exit code.");
    }
    children(&mut page, topic, topics);
    options(&mut page, topic);
    examples(&mut page, topic);
    if topic.path.is_empty() {
        environment(&mut page);
    }
    exit_status(&mut page);
    see_also(&mut page, topic);
    page.finish()
}

const ABOUT: &str = "A small client turns a command line of az into one request to a daemon, azqd, which holds \
     credentials, connections and catalogues. Commands that azq does not know are run by the real \
     az.";

fn synopsis(page: &mut Page, topic: &Topic) {
    page.section("synopsis");
    let command = format!("azq {}", topic.path);
    let command = command.trim_end();
    if !topic.children.is_empty() {
        page.text(&format!("{command} COMMAND [OPTIONS]"));
        return;
    }
    let required = topic.options.iter().filter(|option| option.is_required);
    let required = required.map(|option| {
        let words = option.names.first().into_iter().chain([&option.value]);
        words.cloned().collect::<Vec<_>>().join(" ")
    });
    let words = [command.to_owned()].into_iter().chain(required);
    let line = words.collect::<Vec<_>>().join(" ");
    page.text(&format!("{line} [OPTIONS]"));
}

fn children(page: &mut Page, topic: &Topic, topics: &[Topic]) {
    if topic.children.is_empty() {
        return;
    }
    page.section("commands");
    for child in &topic.children {
        let path = format!("{} {child}", topic.path);
        let path = path.trim_start();
        let found = topics.iter().find(|topic| topic.path == path);
        let summary = found.map_or("", |topic| &topic.summary);
        page.entry(&format!("{}(1)", name(path)), summary);
    }
    if topic.is_azs {
        page.paragraph();
        page.text("What azq does not answer itself, it hands to the real az on the PATH.");
    }
}

fn options(page: &mut Page, topic: &Topic) {
    if topic.options.is_empty() && topic.left_to_az.is_empty() {
        return;
    }
    page.section("options");
    let mut groups: Vec<_> = topic.options.iter().map(|option| &option.group).collect();
    groups.sort_by_key(|group| group.contains("Global"));
    groups.dedup();
    let mut done: Vec<&String> = Vec::new();
    for group in groups {
        if done.contains(&group) {
            continue;
        }
        done.push(group);
        if !group.is_empty() {
            page.subsection(group);
        }
        let options = topic.options.iter().filter(|option| option.group == *group);
        options.for_each(|option| self::option(page, option));
    }
    if !topic.left_to_az.is_empty() {
        page.subsection("Left to the real az");
        page.text(&format!("{}.", topic.left_to_az.join(", ")));
    }
}

fn option(page: &mut Page, option: &OptionTopic) {
    if option.names.is_empty() {
        page.term("", &option.value);
    } else {
        page.term(&option.names.join(", "), &option.value);
    }
    if option.is_required {
        page.text("Required.");
    }
    page.text(&option.about);
    if !option.choices.is_empty() {
        page.text(&format!("One of {}.", option.choices.join(", ")));
    }
    if !option.default.is_empty() {
        page.text(&format!("The default is {}.", option.default));
    }
    if option.about.is_empty() && option.choices.is_empty() {
        page.text("See the description.");
    }
}

fn examples(page: &mut Page, topic: &Topic) {
    if topic.examples.is_empty() {
        return;
    }
    page.section("examples");
    for (index, (what, line)) in topic.examples.iter().enumerate() {
        if index > 0 {
            page.paragraph();
        }
        page.text(what);
        page.example(&format!("azq {line}"));
    }
}

/// The variables, of the configuration and others.
fn environment(page: &mut Page) {
    page.section("environment");
    for (variable, about) in VARIABLES {
        page.entry(variable, about);
    }
    for key in reference() {
        let about = key.about.replace('`', "");
        page.entry(&key.variable, &format!("The key {}: {about}.", key.name));
        if !key.default.is_empty() {
            page.text(&format!("The default is {}.", key.default));
        }
    }
    page.section("files");
    let about = "The configuration; each key is also a variable, which counts more.";
    page.entry("~/.config/azq/config.toml", about);
    let about = "az's login and configuration, which azq reads and never writes.";
    page.entry("~/.azure", about);
}

/// Those that are no keys of the configuration.
const VARIABLES: [(&str, &str); 5] = [
    (
        "AZQ_PASSTHROUGH",
        "When the real az is run: auto, never or always.",
    ),
    (
        "AZQ_NO_DAEMON",
        "With 1, each command is served by a daemon of its own that ends with it.",
    ),
    (
        "AZQ_RUNTIME_DIR",
        "The directory of the daemon's socket; an absolute path.",
    ),
    (
        "AZURE_CONFIG_DIR",
        "az's configuration directory, instead of ~/.azure.",
    ),
    ("NO_COLOR", "Turns colours off."),
];

fn exit_status(page: &mut Page) {
    page.section("exit status");
    for (code, meaning) in [
        ("0", "All went well."),
        ("1", "An error."),
        ("2", "The command line is wrong."),
        ("3", "What was asked for does not exist."),
    ] {
        page.entry(code, meaning);
    }
}

fn see_also(page: &mut Page, topic: &Topic) {
    let above = topic.path.rsplit_once(' ').map_or("", |(above, _)| above);
    let mut names = vec![name("")];
    if !above.is_empty() {
        names.push(name(above));
    }
    if topic.path.is_empty() {
        names = topic.children.iter().map(|child| name(child)).collect();
        names.sort();
    }
    page.section("see also");
    let names = names.iter().map(|name| format!("{name}(1)"));
    page.text(&names.collect::<Vec<_>>().join(", "));
}
