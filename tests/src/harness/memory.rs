//! The memory of a process, as a debugger or a core dump would show it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use super::processes::fact;

/// Number of bytes that are read at a time.
const PART: usize = 1 << 20;

/// Returns the places of a text in a process's memory, by the names and addresses that the system
/// gives; empty if there is none.
///
/// This needs the rights of a debugger. Memory that is unmapped during the search counts as without
/// the text; it is an error if the process itself cannot be read.
pub fn memory_with(id: u32, text: &str) -> io::Result<Vec<String>> {
    let memory = File::open(format!("/proc/{id}/mem"))?;
    let maps = fs::read_to_string(format!("/proc/{id}/maps"))?;
    let finder = memchr::memmem::Finder::new(text);
    let mut found = Vec::new();
    for region in maps.lines().filter_map(Region::parse) {
        let count = region.occurrences(&memory, &finder);
        if count > 0 {
            found.push(format!("{count} in {}", region.name));
        }
    }
    Ok(found)
}

/// Returns the most memory that a process has had at any time, in bytes.
///
/// # Panics
/// If there is no process.
#[track_caller]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub fn peak_memory(id: u32) -> u64 {
    let peak = fact(id, "VmHWM").expect("a process");
    let kilobytes = peak.trim_end_matches(" kB").parse::<u64>();
    kilobytes.expect("a number") << 10
}

struct Region<'a> {
    start: u64,
    end: u64,
    name: &'a str,
}

impl<'a> Region<'a> {
    /// Parses a line of `maps`; none for memory that cannot be read.
    fn parse(line: &'a str) -> Option<Self> {
        let (range, rest) = line.split_once(' ')?;
        if !rest.starts_with('r') {
            return None;
        }
        let (start, end) = range.split_once('-')?;
        let name = rest.split_whitespace().nth(4).unwrap_or(range);
        Some(Self {
            start: u64::from_str_radix(start, 16).ok()?,
            end: u64::from_str_radix(end, 16).ok()?,
            name,
        })
    }

    fn occurrences(&self, memory: &File, finder: &memchr::memmem::Finder<'_>) -> usize {
        let overlap = finder.needle().len().saturating_sub(1);
        let (mut kept, mut count) = (Vec::new(), 0);
        let mut part = vec![0; PART];
        let mut at = self.start;
        while at < self.end {
            let wanted = usize::try_from(self.end - at).map_or(PART, |left| left.min(PART));
            match memory.read_at(&mut part[..wanted], at) {
                Ok(read @ 1..) => {
                    kept.extend_from_slice(&part[..read]);
                    count += finder.find_iter(&kept).count();
                    kept.drain(..kept.len().saturating_sub(overlap));
                    at += read as u64;
                }
                // Pages of a device, or unmapped meanwhile.
                _ => return count,
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounded::BoundedChild as _;
    use super::*;

    #[test]
    fn memory_is_searched_for_a_text() {
        let own = std::process::id();
        let text = format!("needle-{}-{own}", "x".repeat(20));
        assert!(!memory_with(own, &text).expect("readable").is_empty());
        // The text is reversed, so that it exists nowhere in memory.
        let absent: Vec<u8> = text.bytes().rev().collect();
        drop(text);
        let process = std::process::Command::new("sleep")
            .arg("1000")
            .stdout(std::process::Stdio::null())
            .spawn();
        let mut process = process.expect("started");
        let looked = memory_with(process.id(), &String::from_utf8_lossy(&absent));
        process.kill().expect("ended");
        process.ends();
        assert!(looked.map_or(true, |found| found.is_empty()));
        assert!(memory_with(u32::MAX, "x").is_err());
    }
}
