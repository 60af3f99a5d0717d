//! Sixty-four bytes of JSON at a time as bit masks: where quotes, backslashes and brackets are, and which of them are inside strings.
//!
//! The method is that of simdjson (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019), in ordinary
//! arithmetic, so that it needs neither `unsafe` nor a particular processor.

/// The number of bytes in a block.
pub(super) const BLOCK: usize = 64;

/// A multiplication by this gathers eight flags, each the lowest bit of its byte, in the top byte.
const GATHER: u64 = 0x0102_0408_1020_4080;
const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// The state that a block passes to the next one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carry {
    /// All ones inside a string.
    in_string: u64,
    /// 1 after a backslash that escapes the next byte.
    escape: u64,
}

impl Carry {
    /// Whether the next byte is inside a string.
    pub(super) fn is_in_string(self) -> bool {
        self.in_string != 0
    }
}

/// The brackets of a block that are not inside strings, one bit for each byte, the first byte in the lowest bit.
pub(super) fn brackets(block: &[u8; BLOCK], carry: &mut Carry) -> u64 {
    // A plain loop over bytes, which the compiler vectorizes.
    let (mut quotes, mut brackets, mut escapes) = ([0; BLOCK], [0; BLOCK], 0);
    for index in 0..BLOCK {
        let (Some(byte), Some(quote), Some(bracket)) = (block.get(index), quotes.get_mut(index), brackets.get_mut(index)) else { break };
        *quote = u8::from(*byte == b'"');
        // `{` and `[`, `}` and `]` differ in one bit.
        let folded = *byte | 0x20;
        *bracket = u8::from((folded == b'{') | (folded == b'}'));
        escapes |= u8::from(*byte == b'\\');
    }
    let (quotes, brackets) = (gather(&quotes), gather(&brackets));
    // Few blocks have backslashes.
    let backslashes = if escapes == 0 { 0 } else { gather(&block.map(|byte| u8::from(byte == b'\\'))) };
    let quotes = quotes & !escaped(backslashes, &mut carry.escape);
    let strings = running_parity(quotes) ^ carry.in_string;
    // The top bit shows whether the block ends inside a string.
    carry.in_string = if strings >> 63 == 0 { 0 } else { u64::MAX };
    brackets & !strings
}

/// Packs flags, each a byte of 0 or 1, into bits, the first in the lowest.
fn gather(flags: &[u8; BLOCK]) -> u64 {
    let (words, _) = flags.as_chunks::<8>();
    let mut bits = 0;
    for (index, word) in words.iter().enumerate() {
        bits |= (u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56) << (index * 8);
    }
    bits
}

/// The bytes that a backslash escapes: those after an odd number of backslashes.
fn escaped(backslashes: u64, carry: &mut u64) -> u64 {
    if backslashes == 0 {
        return std::mem::take(carry);
    }
    let starts = backslashes & !*carry;
    // From simdjson's `json_escape_scanner`: the subtraction carries through each run of backslashes and leaves every second bit of
    // a run as one that escapes.
    let ends = ((starts << 1) | ODD).wrapping_sub(starts) ^ ODD;
    let escaped = ends ^ (backslashes | *carry);
    *carry = (ends & backslashes) >> 63;
    escaped
}

/// Makes each bit the parity of the bits up to and including it: ones from an opening quote to just before its closing quote.
fn running_parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, byte by byte. A backslash outside a string is not valid JSON; there it escapes quotes only.
    fn brackets_by_byte(text: &[u8]) -> Vec<usize> {
        let (mut in_string, mut escape, mut found) = (false, false, Vec::new());
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'"' if !escape => in_string = !in_string,
                b'{' | b'[' | b'}' | b']' if !in_string => found.push(at),
                _ => {}
            }
            escape = byte == b'\\' && !escape;
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: if std::env::var_os("KMSLINT_EXHAUSTIVE").is_some() { 256 } else { 64 }, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn brackets_of_blocks_match_a_loop_over_bytes(text in proptest::collection::vec(prop_oneof![
            Just(b'"'), Just(b'\\'), Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), any::<u8>()], 0..300)) {
            let mut padded = text.clone();
            padded.resize(text.len().next_multiple_of(BLOCK), b' ');
            let (mut carry, mut found) = (Carry::default(), Vec::new());
            for (index, block) in padded.as_chunks::<BLOCK>().0.iter().enumerate() {
                let bits = brackets(block, &mut carry);
                found.extend((0..BLOCK).filter(|bit| bits >> bit & 1 == 1).map(|bit| index * BLOCK + bit));
            }
            prop_assert_eq!(found, brackets_by_byte(&text));
        }
    }
}
