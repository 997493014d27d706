//! Inputs near the seeds, for a run without libFuzzer.
//!
//! They are always the same for the same seed of the generator. Libraries for this change one
//! element at a time; broken files and responses are rather cut, doubled, and composed of pieces of
//! others.

use fastrand::Rng;

/// Byte sequences that parsers often fail on.
const TOKENS: [&[u8]; 22] = [
    b"\xff",
    b"\0",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\\ud800",
    b"\r\n",
    b"%(a)s",
    b"=",
    b":",
    b"--",
    b"`",
    b"|",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
];

/// The greatest length of an input after a mutation.
const LONGEST: usize = 64 << 10;

/// Returns an input that differs from one of the seeds in one to four places.
pub fn mutated(seeds: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let Some(mut input) = random.choice(seeds).cloned() else {
        return Vec::new();
    };
    for _ in 0..random.usize(1..=4) {
        mutate(&mut input, seeds, random);
    }
    input.truncate(LONGEST);
    input
}

fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Rng) {
    let at = random.usize(..=input.len());
    let end = (at + random.usize(..=16)).min(input.len());
    match random.u8(..7) {
        kind @ 0..2 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = if kind == 0 {
                    *byte ^ (1 << random.u8(..8))
                } else {
                    random.u8(..)
                };
            }
        }
        2 => drop(input.drain(at..end)),
        3 => {
            let again = input.get(at..end).unwrap_or_default();
            let again = again.repeat(random.usize(1..=8));
            input.splice(at..at, again);
        }
        4 => {
            let token = random.choice(TOKENS).unwrap_or_default();
            input.splice(at..at, token.iter().copied());
        }
        5 => input.truncate(at),
        _ => {
            let other = random.choice(seeds).map_or(&[][..], Vec::as_slice);
            let from = random.usize(..=other.len());
            input.truncate(at);
            input.extend_from_slice(other.get(from..).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutations_are_the_same_each_time_and_differ_from_each_other() {
        let seeds = [b"{\"value\": []}".to_vec(), b"null".to_vec()];
        let some = || {
            let mut random = Rng::with_seed(1);
            let some = (0..100).map(|_| mutated(&seeds, &mut random));
            some.collect::<Vec<_>>()
        };
        assert_eq!(some(), some());
        let different: std::collections::HashSet<_> = some().into_iter().collect();
        assert!(different.len() > 80, "{}", different.len());
        assert_eq!(mutated(&[], &mut Rng::with_seed(1)), b"");
    }
}
