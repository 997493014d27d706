//! A list of rows that is narrowed by typing.

use super::keys::Key;

/// Rows, of which those are shown that contain every word that was typed.
pub(super) struct List {
    head: Vec<String>,
    rows: Vec<String>,
    typed: String,
    /// The numbers of the rows that match.
    left: Vec<usize>,
    /// The index of the marked row among those.
    marked: usize,
    /// The number of rows that are shown at once.
    height: usize,
}

/// The effect of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The list stays.
    On,
    /// A name is chosen.
    Chosen(String),
    /// Nothing is chosen.
    Ended,
}

/// Lines beside the rows: what is typed, and the table's head.
const BESIDE: usize = 4;
/// The longest text that is typed.
const LONGEST: usize = 100;

impl List {
    /// Reads az's table: titles, dashes, rows. A row begins with its name.
    pub(super) fn of(table: &str) -> Self {
        let mut lines = table.lines().map(str::to_owned);
        let head = lines.by_ref().take(2).collect();
        let rows: Vec<_> = lines.filter(|line| !line.trim().is_empty()).collect();
        Self {
            head,
            left: (0..rows.len()).collect(),
            rows,
            typed: String::new(),
            marked: 0,
            height: 1,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Carries out a key.
    pub(super) fn press(&mut self, key: Key) -> Step {
        let last = self.left.len().saturating_sub(1);
        match key {
            Key::Up => self.marked = self.marked.saturating_sub(1),
            Key::Down => self.marked = (self.marked + 1).min(last),
            Key::PageUp => self.marked = self.marked.saturating_sub(self.height),
            Key::PageDown => self.marked = (self.marked + self.height).min(last),
            Key::Enter => return self.name().map_or(Step::On, Step::Chosen),
            Key::Leave => return Step::Ended,
            Key::Erase => {
                self.typed.pop();
                self.narrow();
            }
            Key::EraseAll => {
                self.typed.clear();
                self.narrow();
            }
            Key::Letter(letter) if self.typed.len() < LONGEST => {
                self.typed.push(letter);
                self.narrow();
            }
            Key::Letter(_) => {}
        }
        Step::On
    }

    /// The name of the marked row.
    fn name(&self) -> Option<String> {
        let row = self.rows.get(*self.left.get(self.marked)?)?;
        row.split_whitespace().next().map(str::to_owned)
    }

    fn narrow(&mut self) {
        let typed = self.typed.to_lowercase();
        let words: Vec<_> = typed.split_whitespace().collect();
        let has_all = |row: &String| {
            let row = row.to_lowercase();
            words.iter().all(|word| row.contains(word))
        };
        let rows = self.rows.iter().enumerate();
        self.left = rows
            .filter(|(_, row)| has_all(row))
            .map(|(number, _)| number)
            .collect();
        self.marked = 0;
    }

    /// The bytes that draw the list at the cursor and bring the cursor back.
    pub(super) fn drawn(&mut self, rows: usize, columns: usize) -> String {
        self.height = rows.saturating_sub(BESIDE).clamp(1, 20);
        let first = self.marked.saturating_sub(self.height - 1);
        let mut lines = vec![format!(
            "{}/{} > {}",
            self.left.len(),
            self.rows.len(),
            self.typed
        )];
        lines.extend(self.head.iter().map(|line| format!("  {line}")));
        let shown = self.left.iter().enumerate().skip(first).take(self.height);
        for (place, row) in shown {
            let mark = if place == self.marked { '>' } else { ' ' };
            let row = self.rows.get(*row).map(String::as_str).unwrap_or_default();
            lines.push(format!("{mark} {row}"));
        }
        let cut = |line: &String| {
            line.chars()
                .take(columns.saturating_sub(1))
                .collect::<String>()
        };
        let lines: Vec<_> = lines.iter().map(cut).collect();
        let up = lines.len() - 1;
        let back = if up > 0 {
            format!("\x1b[{up}A")
        } else {
            String::new()
        };
        format!("\r\x1b[J{}\r{back}", lines.join("\r\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "Name  Location\n----  ---------\nD2s   eastus\nD4s   eastus\nD4s   westus\n";

    fn typed(list: &mut List, text: &str) -> Step {
        let steps = text.chars().map(|letter| list.press(Key::Letter(letter)));
        steps.last().unwrap_or(Step::On)
    }

    #[test]
    fn typing_narrows_the_list_and_enter_takes_the_marked_row() {
        let mut list = List::of(TABLE);
        assert_eq!(list.press(Key::Enter), Step::Chosen("D2s".into()));
        list.press(Key::Down);
        assert_eq!(list.press(Key::Enter), Step::Chosen("D4s".into()));
        for _ in 0..5 {
            list.press(Key::Down);
        }
        assert_eq!(list.marked, 2);
        assert_eq!(typed(&mut list, "d4 WEST"), Step::On);
        assert_eq!((list.left.as_slice(), list.marked), (&[2][..], 0));
        typed(&mut list, "x");
        assert_eq!(list.press(Key::Enter), Step::On);
        list.press(Key::Erase);
        assert_eq!(list.left, [2]);
        list.press(Key::EraseAll);
        assert_eq!(list.left, [0, 1, 2]);
        assert_eq!(list.press(Key::Leave), Step::Ended);
    }

    #[test]
    fn no_line_is_longer_than_the_terminal_and_the_marked_row_is_shown() {
        let mut list = List::of(TABLE);
        list.press(Key::PageDown);
        list.press(Key::PageDown);
        let drawn = list.drawn(5, 9);
        assert!(drawn.contains("\r\n> D4s   "), "{drawn:?}");
        let lines = drawn.trim_start_matches("\r\x1b[J").split("\r\n");
        assert_eq!(lines.clone().count(), 4);
        assert!(
            lines
                .clone()
                .all(|line| line.trim_end_matches("\r\x1b[3A").len() <= 8)
        );
        assert!(List::of("").is_empty());
    }
}
