//! GitHub's `primaryLocationLineHash`: the same algorithm as codeql-action's `src/fingerprints.ts`, so that uploads have the same hashes.

use std::collections::HashMap;

const BLOCK: usize = 100;
const MODULUS: i64 = 37;
const TAB: u16 = 9;
const SPACE: u16 = 32;
const LINE_FEED: u16 = 10;
const CARRIAGE_RETURN: u16 = 13;
const END_OF_FILE: u16 = 65535;

/// The hash of each line of a text, `hash:occurrence`.
#[must_use]
pub(super) fn of_lines(text: &str) -> Vec<String> {
    let mut state = RollingHash::new();
    let mut previous_was_return = false;
    // GitHub computes its hash in JavaScript, where characters are UTF-16 code units.
    for unit in text.encode_utf16().chain([END_OF_FILE]) {
        // Blanks are ignored, and `\r\n` is one line end.
        if unit == SPACE || unit == TAB || (previous_was_return && unit == LINE_FEED) {
            previous_was_return = false;
            continue;
        }
        previous_was_return = unit == CARRIAGE_RETURN;
        let unit = if unit == CARRIAGE_RETURN { LINE_FEED } else { unit };
        state.feed(unit);
    }
    // A line is reported when its first character leaves the window: push the last lines out of it.
    for _ in 0..BLOCK {
        if state.line_at(state.next).is_some() {
            state.report();
        }
        state.push(0);
    }
    state.done
}

/// A rolling hash over 100 characters. The hash of a line is that of the window that starts with the line's first character.
struct RollingHash {
    window: [u16; BLOCK],
    /// The line that starts at each slot of the window, if any.
    lines: [Option<usize>; BLOCK],
    next: usize,
    hash: i64,
    first_power: i64,
    line: usize,
    at_line_start: bool,
    seen: HashMap<String, usize>,
    done: Vec<String>,
}

impl RollingHash {
    fn new() -> Self {
        let first_power = (0..BLOCK).fold(1i64, |power, _| power.wrapping_mul(MODULUS));
        Self {
            window: [0; BLOCK],
            lines: [None; BLOCK],
            next: 0,
            hash: 0,
            first_power,
            line: 0,
            at_line_start: true,
            seen: HashMap::new(),
            done: Vec::new(),
        }
    }

    fn line_at(&self, slot: usize) -> Option<usize> {
        self.lines.get(slot).copied().flatten()
    }

    fn feed(&mut self, unit: u16) {
        if self.line_at(self.next).is_some() {
            self.report();
        }
        if self.at_line_start {
            self.at_line_start = false;
            if let Some(slot) = self.lines.get_mut(self.next) {
                *slot = Some(self.line);
            }
            self.line += 1;
        }
        if unit == LINE_FEED {
            self.at_line_start = true;
        }
        self.push(unit);
    }

    /// Stores the hash of the line that starts at the next slot.
    fn report(&mut self) {
        let line = self.line_at(self.next).unwrap_or_default();
        let hash = format!("{:x}", self.hash.cast_unsigned());
        let count = self.seen.entry(hash.clone()).or_insert(0);
        *count += 1;
        if self.done.len() <= line {
            self.done.resize(line + 1, String::new());
        }
        if let Some(slot) = self.done.get_mut(line) {
            *slot = format!("{hash}:{count}");
        }
        if let Some(slot) = self.lines.get_mut(self.next) {
            *slot = None;
        }
    }

    fn push(&mut self, unit: u16) {
        let Some(slot) = self.window.get_mut(self.next) else { return };
        let leaving = std::mem::replace(slot, unit);
        self.hash =
            self.hash.wrapping_mul(MODULUS).wrapping_add(i64::from(unit)).wrapping_sub(self.first_power.wrapping_mul(i64::from(leaving)));
        self.next = (self.next + 1) % BLOCK;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected hashes are from codeql-action's test of the algorithm.
    #[test]
    fn line_hashes_equal_those_of_codeql_action() {
        assert_eq!(of_lines(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(of_lines(" a\nb\n  \t\tc\n d"), ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]);
        assert_eq!(
            of_lines(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1"
            ]
        );
        let ends = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(of_lines(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n"), ends);
        assert_eq!(of_lines(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n"), ends);
        let repeated = of_lines(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(repeated.iter().filter(|hash| hash.starts_with("a7f2ff13bc495cf2:")).count(), 6);
        assert_eq!(repeated.get(5).map(String::as_str), Some("a7f2ff13bc495cf2:6"));
        assert_eq!(repeated.get(6).map(String::as_str), Some("a7f2ff1481e87703:1"));
    }
}
