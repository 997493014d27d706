//! A catalogue ten times as large, to measure how costs grow with it: every entry again in nine
//! more regions, or nine more times in its own region under other names.

use serde_json::value::RawValue;

use super::{CatalogueError, Entry};

/// The factor of the growth.
const TIMES: usize = 10;

/// The dimension in which a catalogue grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    /// Ten regions for each (`eastusg1`, …): a region stays as large as it was.
    Regions,
    /// Ten names for each in its region (`Standard_G1D2s_v5`, …).
    Names,
}

/// Appends the copies to the entries.
pub(super) fn add(entries: &mut Vec<Entry>, along: Dimension) -> Result<(), CatalogueError> {
    let originals = entries.len();
    entries.reserve_exact(originals * (TIMES - 1));
    for number in 1..TIMES {
        for index in 0..originals {
            let copy = copy(&entries[index], along, number);
            entries.push(copy.map_err(CatalogueError::Growth)?);
        }
    }
    Ok(())
}

fn copy(original: &Entry, along: Dimension, number: usize) -> Result<Entry, serde_json::Error> {
    let mut text = original.text.get().to_owned();
    let mut locations = original.locations.clone();
    match along {
        Dimension::Regions => {
            for location in &mut locations {
                let elsewhere = format!("{location}g{number}");
                text = text.replace(&format!("\"{location}\""), &format!("\"{elsewhere}\""));
                *location = elsewhere;
            }
        }
        Dimension::Names => {
            if let Some(name) = original.name() {
                let other = renamed(&name, number);
                text = text.replacen(&format!("\"{name}\""), &format!("\"{other}\""), 1);
            }
        }
    }
    Ok(Entry {
        text: RawValue::from_string(text)?,
        locations,
    })
}

/// Returns another name that does not contain the original one.
fn renamed(name: &str, number: usize) -> String {
    match name.split_once('_') {
        Some((tier, rest)) => format!("{tier}_G{number}{rest}"),
        None => format!("G{number}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::growth::{Scale, grow};

    #[test]
    fn copies_differ_from_their_originals_in_region_or_name_alone() {
        let originals = grow(Scale::Three).unwrap();
        for (along, regions) in [(Dimension::Regions, 30), (Dimension::Names, 3)] {
            let mut entries = grow(Scale::Three).unwrap();
            add(&mut entries, along).unwrap();
            assert_eq!(entries.len(), originals.len() * TIMES);
            let distinct = |of: fn(&Entry) -> String| {
                let all: std::collections::HashSet<String> = entries.iter().map(of).collect();
                all.len()
            };
            assert_eq!(distinct(|entry| entry.locations.join(" ")), regions);
            let texts = distinct(|entry| entry.text.get().to_owned());
            assert_eq!(texts, entries.len(), "{along:?}");
        }
    }
}
