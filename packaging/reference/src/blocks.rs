//! The places in the documentation that hold what is generated: between `<!-- generated: NAME -->`
//! and `<!-- end -->`.

use azq::cli::reference::Topic;

use crate::tables;

/// The pages with such places, from the root of the checkout.
pub(crate) const PAGES: [&str; 3] = [
    "docs/commands.md",
    "docs/compatibility.md",
    "docs/configuration.md",
];

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

/// The page with every place filled anew.
pub(crate) fn fill(page: &str, topics: &[Topic]) -> Result<String, String> {
    let mut parts = page.split(BEGIN);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").ok_or("a mark does not end")?;
        let (_, rest) = rest
            .split_once(END)
            .ok_or_else(|| format!("'{name}' does not end"))?;
        let text = match name {
            "configuration" => tables::configuration(),
            "az's commands" => tables::azs_commands(topics),
            "global options" => tables::global_options(topics),
            "own commands" => tables::own_commands(topics),
            other => return Err(format!("there is no '{other}'")),
        };
        filled.extend([BEGIN, name, " -->\n\n", text.trim(), "\n\n", END, rest]);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written() {
        let page = "# A\n\n<!-- generated: configuration -->\nBEFORE\n<!-- end -->\n\nB\n";
        let filled = fill(page, &[]).unwrap();
        assert!(filled.starts_with("# A\n\n<!-- generated: configuration -->\n\n| key |"));
        assert!(filled.ends_with("|\n\n<!-- end -->\n\nB\n") && !filled.contains("BEFORE"));
        assert_eq!(fill(&filled, &[]).unwrap(), filled);
        for broken in [
            "<!-- generated: x",
            "<!-- generated: x -->",
            "<!-- generated: x --><!-- end -->",
        ] {
            assert!(fill(broken, &[]).is_err(), "{broken}");
        }
    }
}
