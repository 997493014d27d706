//! The tables of facts in `tests/catalogue`: comma-separated, with a heading, without quoting.
//!
//! They are compiled in, so a malformed row is an error of this repository, which the tests below
//! find.

/// One row, by column name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    heading: &'a str,
    line: &'a str,
}

impl<'a> Row<'a> {
    /// Returns a column's text; empty if there is no such column.
    pub(super) fn text(self, column: &str) -> &'a str {
        let mut cells = self.heading.split(',').zip(self.line.split(','));
        let cell = cells.find(|(name, _)| *name == column);
        cell.map_or("", |(_, text)| text)
    }

    /// Returns a column's words.
    pub(super) fn words(self, column: &str) -> Vec<&'a str> {
        self.text(column).split_whitespace().collect()
    }

    /// Returns a column's whole number; 0 if it is empty.
    pub(super) fn number(self, column: &str) -> u64 {
        self.text(column).parse().unwrap_or_default()
    }
}

/// Returns the rows of a table.
pub(super) fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    let (heading, lines) = table.split_once('\n').unwrap_or((table, ""));
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    lines.map(move |line| Row { heading, line })
}

#[cfg(test)]
mod tests {
    use super::super::{growth, regions, sizes};
    use super::*;

    #[test]
    fn every_row_has_every_column() {
        for table in [regions::TABLE, sizes::TABLE, growth::DISKS, growth::HOSTS] {
            for Row { heading, line } in rows(table) {
                let columns = heading.split(',').count();
                assert_eq!(line.split(',').count(), columns, "{line}");
            }
        }
    }
}
