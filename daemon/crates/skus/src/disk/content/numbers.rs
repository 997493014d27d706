//! Splitting flat lists of numbers into parts.

use super::kind;

/// The parts of a list, each found by its number.
pub(crate) struct Parts<'c> {
    numbers: &'c [u32],
    ends: Vec<u32>,
}

impl<'c> Parts<'c> {
    /// Splits a list. `length` returns the length of a part, given the list from its beginning. The
    /// result is `None` if the list is shorter.
    fn new(numbers: &'c [u32], length: impl Fn(&[u32]) -> Option<usize>) -> Option<Self> {
        let (mut ends, mut end) = (Vec::new(), 0_usize);
        while let Some(rest) = numbers.get(end..).filter(|rest| !rest.is_empty()) {
            end = end.checked_add(length(rest)?.max(1))?;
            ends.push(u32::try_from(end).ok()?);
        }
        (end == numbers.len()).then_some(Self { numbers, ends })
    }

    /// Splits the values of a content.
    pub(crate) fn values(numbers: &'c [u32]) -> Option<Self> {
        Self::new(numbers, |rest| {
            let size = || usize::try_from(*rest.get(1)?).ok();
            match *rest.first()? {
                kind::NULL | kind::FALSE | kind::TRUE => Some(1),
                kind::TEXT => Some(2),
                kind::INT | kind::FLOAT => Some(3),
                kind::ARRAY => size()?.checked_add(2),
                kind::OBJECT => size()?.checked_mul(2)?.checked_add(2),
                _ => None,
            }
        })
    }

    /// Splits the definitions or places of a content.
    pub(crate) fn halves(numbers: &'c [u32]) -> Option<Self> {
        Self::new(numbers, |rest| {
            let fields = usize::try_from(*rest.first()?).ok()?;
            fields.checked_mul(2)?.checked_add(1)
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, number: usize) -> Option<&'c [u32]> {
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.numbers.get(start..*self.ends.get(number)? as usize)
    }
}
