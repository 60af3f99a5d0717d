//! Decimal digits of binary numbers, as Go's `big.Float` writes them.

use num_bigint::BigUint;

/// Writes `0.digits * 10^point` without an exponent.
pub(super) fn place_point(digits: &str, point: i64) -> String {
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if point <= 0 {
        format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0)))
    } else if point >= length {
        format!("{digits}{}", "0".repeat(usize::try_from(point - length).unwrap_or(0)))
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{whole}.{fraction}")
    }
}

/// The exact decimal digits of `mantissa * 2^exponent` without trailing zeros, and the position of the point: `0.digits * 10^point`.
pub(super) fn decimal(mantissa: &BigUint, exponent: i64) -> (String, i64) {
    let mut digits = if exponent >= 0 {
        (mantissa << exponent.unsigned_abs()).to_string()
    } else {
        (mantissa * BigUint::from(5_u8).pow(u32::try_from(-exponent).unwrap_or(u32::MAX))).to_string()
    };
    let point = i64::try_from(digits.len()).unwrap_or(i64::MAX) + exponent.min(0);
    digits.truncate(digits.trim_end_matches('0').len());
    (digits, point)
}

/// The shortest decimal digits between the two neighboring numbers at this precision. They must equal those of Go's `roundShortest`,
/// because cty compares fractions by these texts.
pub(super) fn shortest(mantissa: &BigUint, exponent: i64, precision: u32) -> (String, i64) {
    let (digits, point) = decimal(mantissa, exponent);
    let wanted = u64::from(precision) + 1;
    // The mantissa never has more bits than the precision, so this shifts to the left.
    let shift = wanted.saturating_sub(mantissa.bits());
    let halves = mantissa << shift;
    let exponent = exponent - i64::try_from(shift).unwrap_or(0);
    // A text exactly halfway to a neighbor parses to the even mantissa, so it identifies this number only if its own mantissa is even.
    let inclusive = !halves.bit(1);
    let (lower, _) = decimal(&(&halves - 1_u8), exponent);
    let (upper, _) = decimal(&(&halves + 1_u8), exponent);
    let (exact, lower, upper) = (digits.as_bytes(), lower.as_bytes(), upper.as_bytes());
    for (at, &digit) in exact.iter().enumerate() {
        let below = lower.get(at).copied().unwrap_or(b'0');
        let above = upper.get(at).copied().unwrap_or(b'0');
        let down = below != digit || inclusive && at + 1 == lower.len();
        let up = digit != above && (inclusive || digit + 1 < above || at + 1 < upper.len());
        if down || up {
            let rounds_up = if down && up { rounds_up(exact, at + 1) } else { up };
            return round_at(exact, at + 1, point, rounds_up);
        }
    }
    (digits, point)
}

/// Whether the digits from `at` on round up: more than a half, or exactly a half after an odd digit.
pub(super) fn rounds_up(digits: &[u8], at: usize) -> bool {
    match digits.get(at..) {
        Some([b'5']) => at > 0 && digits.get(at - 1).is_some_and(|digit| (digit - b'0') % 2 == 1),
        Some([first, ..]) => *first >= b'5',
        _ => false,
    }
}

/// Truncates the digits to `count`, and adds one to the last if `up`.
pub(super) fn round_at(digits: &[u8], count: usize, point: i64, up: bool) -> (String, i64) {
    let mut kept: Vec<u8> = digits.iter().take(count).copied().collect();
    if up && count < digits.len() {
        while kept.last() == Some(&b'9') {
            kept.pop();
        }
        match kept.last_mut() {
            Some(digit) => *digit += 1,
            None => return ("1".to_owned(), point + 1),
        }
    }
    while kept.last() == Some(&b'0') {
        kept.pop();
    }
    (kept.iter().map(|&byte| char::from(byte)).collect(), point)
}

#[cfg(test)]
mod tests {
    use crate::eval::Num;

    fn num(text: &str) -> Num {
        Num::parse(text).unwrap()
    }

    #[test]
    fn numbers_print_as_terraform_prints_them() {
        for text in ["0", "1", "-1", "0.1", "9223372036854775807", "9223372036854775808", "123456789012345678901234567890", "0.000001"] {
            assert_eq!(num(text).to_string(), text);
        }
        assert_eq!(num("1e3").to_string(), "1000");
        assert_eq!(num("1p3").to_string(), "8");
        assert_eq!(num(".5").to_string(), "0.5");
        assert_eq!(num("1.50").to_string(), "1.5");
        assert_eq!(num("-0").to_string(), "-0");
    }

    #[test]
    fn sums_of_fractions_are_rounded_to_512_bits() {
        assert_eq!(num("0.1").add(&num("0.2")).unwrap(), num("0.3"));
        let third = num("1").div(&num("3")).unwrap().to_string();
        assert!(third.starts_with("0.33333333333333333333333333333333333"), "{third}");
        assert_eq!(third.len(), 157, "{third}");
        assert_eq!(Num::from(1_i64).div(&Num::from(3_i64)).unwrap().to_string(), "0.33333333333333333334");
    }
}
