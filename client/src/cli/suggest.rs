//! "Did you mean": Python's `difflib.get_close_matches(word, choices, cutoff=0.7)`.
//!
//! It is written by hand because the choice depends on difflib's own measure (twice the length of
//! the matching blocks over both lengths), which no crate computes; other measures suggest other
//! words.

const CUTOFF: f64 = 0.7;

/// Returns the choice most similar to the word; the last one in the alphabet if several are equally
/// similar.
pub(super) fn closest<'a>(word: &str, choices: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = word.chars().collect();
    choices
        .map(|choice| (ratio(&choice.chars().collect::<Vec<_>>(), &wanted), choice))
        .filter(|(ratio, _)| *ratio >= CUTOFF)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)))
        .map(|(_, choice)| choice)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "an argument has fewer than 2^52 characters"
)]
fn ratio(a: &[char], b: &[char]) -> f64 {
    let length = a.len() + b.len();
    let of_matching = |matching: usize| {
        if length == 0 {
            1.0
        } else {
            2.0 * matching as f64 / length as f64
        }
    };
    // Two texts of very different length cannot be similar, which excludes most choices here.
    let most = of_matching(a.len().min(b.len()));
    if most < CUTOFF {
        most
    } else {
        of_matching(matching(a, b))
    }
}

/// Returns the number of characters in matching blocks: the longest block, then recursively those
/// to its left and right.
fn matching(a: &[char], b: &[char]) -> usize {
    let mut total = 0;
    let mut open = vec![(a, b)];
    while let Some((a, b)) = open.pop() {
        let Block { in_a, in_b, length } = longest_block(a, b);
        if length > 0 {
            total += length;
            open.push((&a[..in_a], &b[..in_b]));
            open.push((&a[in_a + length..], &b[in_b + length..]));
        }
    }
    total
}

#[derive(Default)]
struct Block {
    in_a: usize,
    in_b: usize,
    length: usize,
}

/// Returns the longest block that both have; of several, the first in `a`, then the first in `b`.
fn longest_block(a: &[char], b: &[char]) -> Block {
    let mut best = Block::default();
    // The length of the block that ends at each position of `b` and at the previous position of
    // `a`.
    let mut ending = vec![0; b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![0; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            if x == y {
                let length = ending[j] + 1;
                next[j + 1] = length;
                if length > best.length {
                    best = Block {
                        in_a: i + 1 - length,
                        in_b: j + 1 - length,
                        length,
                    };
                }
            }
        }
        ending = next;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are recorded from Python 3.11's difflib.
    #[test]
    fn suggestions_are_difflibs() {
        let words = super::super::node_pools::NODE_POOLS.words.iter();
        for (word, expected) in [
            ("sho", Some("show")),
            ("shw", Some("show")),
            ("show-x", Some("show")),
            ("ad", Some("add")),
            ("adds", Some("add")),
            ("updat", Some("update")),
            ("upgade", Some("upgrade")),
            ("up", None),
            ("delet", Some("delete")),
            ("remove", None),
            ("lst", Some("list")),
            ("stpo", Some("stop")),
            ("strat", Some("start")),
            ("star", Some("start")),
            ("wai", Some("wait")),
            ("abort", None),
            ("abort-operation", None),
            ("get-upgrade", Some("get-upgrades")),
            ("rollback-versions", Some("get-rollback-versions")),
            ("scaling", None),
            ("snap-shot", Some("snapshot")),
            ("list-all", None),
            ("delete-machine", Some("delete-machines")),
            ("create", None),
            ("SHOW", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(closest(word, words.clone().copied()), expected, "{word}");
        }
    }
}
