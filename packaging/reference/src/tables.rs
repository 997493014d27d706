//! Markdown from the grammar and from the keys.

use std::fmt::Write as _;

use azq::cli::reference::{OptionTopic, Topic};
use azqd::config::reference;

/// The keys of the configuration.
pub(crate) fn configuration() -> String {
    let mut text =
        "| key | variable | default | what it is |\n| --- | --- | --- | --- |\n".to_owned();
    for key in reference() {
        let row = [
            format!("`{}`", key.name),
            format!("`{}`", key.variable),
            code(key.default),
            cell(key.about),
        ];
        text += &line(&row);
    }
    text
}

/// A value as code; an empty one is left out, because Markdown has no empty code.
pub(crate) fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

/// Values as code, with a separator between them.
fn codes(texts: &[String], between: &str) -> String {
    let codes: Vec<_> = texts.iter().map(|text| code(text)).collect();
    codes.join(between)
}

/// az's commands that azq answers, each with its options.
pub(crate) fn azs_commands(topics: &[Topic]) -> String {
    let commands = topics
        .iter()
        .filter(|topic| topic.is_azs && topic.children.is_empty());
    let global = topics.first().map_or(&[][..], |top| &top.options);
    commands.map(|topic| section(topic, global)).collect()
}

/// The options that every command has.
pub(crate) fn global_options(topics: &[Topic]) -> String {
    topics
        .first()
        .map_or_else(String::new, |top| options(&top.options))
}

/// azq's own commands, each with its options.
pub(crate) fn own_commands(topics: &[Topic]) -> String {
    let own = topics.iter().filter(|topic| !topic.is_azs);
    own.map(|topic| section(topic, &[])).collect()
}

fn section(topic: &Topic, global: &[OptionTopic]) -> String {
    let mut text = format!("\n### `azq {}`\n\n{}", topic.path, cell(&topic.summary));
    if !topic.details.is_empty() {
        // A String takes all that is written.
        let _infallible = write!(text, " {}", cell(&topic.details));
    }
    text.push('\n');
    let own: Vec<_> = topic
        .options
        .iter()
        .filter(|option| !global.contains(option))
        .cloned()
        .collect();
    if !own.is_empty() {
        text.push('\n');
        text += &options(&own);
    }
    if !topic.left_to_az.is_empty() {
        let names = codes(&topic.left_to_az, ", ");
        text.extend(["\nLeft to the real az: ", &names, ".\n"]);
    }
    text
}

fn options(options: &[OptionTopic]) -> String {
    let mut text = "| option | value | what it is |\n| --- | --- | --- |\n".to_owned();
    for option in options {
        let names = codes(&option.names, " ");
        text += &line(&[names, code(&option.value), cell(&about(option))]);
    }
    text
}

fn about(option: &OptionTopic) -> String {
    let mut parts = Vec::new();
    if option.is_required {
        parts.push("Required.".to_owned());
    }
    parts.push(option.about.clone());
    if !option.choices.is_empty() {
        parts.push(format!("One of {}.", option.choices.join(", ")));
    }
    if !option.default.is_empty() {
        parts.push(format!("Default: {}.", option.default));
    }
    if option.is_own && !option.about.contains("azq's own") {
        parts.push("az lacks it.".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// A text in which nothing ends the cell or begins a link or a tag.
fn cell(text: &str) -> String {
    let mut is_code = false;
    let mut cell = String::new();
    for character in text.chars() {
        match character {
            '`' => is_code = !is_code,
            '|' => cell.push('\\'),
            '<' | '[' | '*' | '_' | '\\' if !is_code => cell.push('\\'),
            _ => {}
        }
        cell.push(character);
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(cell("a|b <c> [d] `e_f|g`"), "a\\|b \\<c> \\[d] `e_f\\|g`");
    }
}
