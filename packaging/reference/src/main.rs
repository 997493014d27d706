//! `azq-reference`: writes the manual pages and the tables of the documentation anew.
//!
//! ```text
//! cargo run -p azq-reference
//! ```
//!
//! | file | what it does |
//! | --- | --- |
//! | `roff`, `man` | a manual page for each group and command |
//! | `tables`, `blocks` | Markdown tables, and their places in the pages of `docs` |
//! | `agreement` | tests: what README and documentation name exists, and the other way round |
//!
//! Everything comes from the tables that the parser and the help read ([`azq::cli::reference`]),
//! and from the daemon's table of keys ([`azqd::config::reference`]). What is written is checked
//! in, so that packages and `install.sh` need no build of this crate. The tests fail if it is out
//! of date.

#![forbid(unsafe_code)]

#[cfg(test)]
mod agreement;
mod blocks;
mod man;
mod roff;
mod tables;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use azq::cli::reference::topics;

/// Where the manual pages are, from the root of the checkout.
const MAN: &str = "packaging/man";

fn main() -> Result<(), Box<dyn Error>> {
    for outdated in present_man_pages()? {
        fs::remove_file(outdated)?;
    }
    for (path, text) in generate()? {
        let path = checkout().join(path);
        fs::create_dir_all(path.parent().unwrap_or(checkout()))?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// The root of the checkout.
fn checkout() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

/// The manual pages that are checked in.
fn present_man_pages() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let Ok(entries) = fs::read_dir(checkout().join(MAN)) else {
        return Ok(Vec::new());
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    paths.collect()
}

/// Every file that is written, from the root of the checkout, with its text.
fn generate() -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let topics = topics();
    let pages = topics.iter().map(|topic| {
        let path = format!("{MAN}/{}.1", man::name(&topic.path));
        (path, man::page(topic, &topics))
    });
    let mut files: BTreeMap<_, _> = pages.collect();
    for page in blocks::PAGES {
        let text = fs::read_to_string(checkout().join(page))?;
        let text = blocks::fill(&text, &topics).map_err(|error| format!("{page}: {error}"))?;
        files.insert(page.to_owned(), text);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_checked_in_is_up_to_date() {
        let files = generate().unwrap();
        for (path, text) in &files {
            let present = fs::read_to_string(checkout().join(path)).unwrap_or_default();
            assert!(
                present == *text,
                "{path} is out of date; run: cargo run -p azq-reference"
            );
        }
        let pages = present_man_pages().unwrap().into_iter();
        let present = pages.map(|path| {
            let path = path.strip_prefix(checkout()).unwrap().to_owned();
            path.into_os_string().into_string().unwrap()
        });
        let present: BTreeSet<_> = present.collect();
        let written = files.into_keys().filter(|path| path.starts_with(MAN));
        assert_eq!(present, written.collect::<BTreeSet<_>>());
    }
}
