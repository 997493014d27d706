//! The positions that indexes and slices select in a list, as in Python.

use super::budget::Budget;
use super::evaluate::{Failure, crash};
use super::node::Slice;

/// Returns the position of an index in a list of this length; it may be beyond the end.
pub(super) fn place(index: i64, length: usize) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 {
        length.checked_sub(distance)
    } else {
        Some(distance)
    }
}

/// Returns the positions that a slice selects in a list of this length.
pub(super) fn taken(
    slice: Slice,
    length: usize,
    budget: &Budget<'_>,
) -> Result<impl Iterator<Item = usize> + use<>, Failure> {
    budget.spend_elements(length)?;
    let step = slice.step.unwrap_or(1);
    if step == 0 {
        return crash("slice step cannot be zero");
    }
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (lowest, highest, first, last) = if step > 0 {
        (0, length, 0, length)
    } else {
        (-1, length - 1, length - 1, -1)
    };
    let bound = |given: i64| {
        let shift = if given < 0 { length } else { 0 };
        given.saturating_add(shift).clamp(lowest, highest)
    };
    let end = slice.end.map_or(last, bound);
    let start = slice.start.map_or(first, bound);
    let next = move |place: &i64| Some(place.saturating_add(step));
    let places = std::iter::successors(Some(start), next);
    let within = move |place: &i64| if step > 0 { *place < end } else { *place > end };
    Ok(places
        .take_while(within)
        .filter_map(|place| usize::try_from(place).ok()))
}
