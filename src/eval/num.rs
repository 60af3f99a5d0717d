//! Terraform's numbers: binary floats that carry their precision (512 bits for literals, 64 for counts, 53 for results of Go's `float64`),
//! rounded to nearest even as Go's `big.Float` does. Integers of 64 bits have their own variant because nearly all numbers are.

use super::digits::{decimal, place_point, round_at, rounds_up, shortest};
use num_bigint::{BigInt, BigUint, Sign};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The precision of numbers in code and strings, in bits.
const LITERAL_BITS: u32 = 512;
/// The precision of counts, in bits.
const COUNT_BITS: u32 = 64;
/// The precision of doubles, in bits.
const DOUBLE_BITS: u32 = 53;
/// Numbers beyond 2^MAX_EXPONENT or below its inverse are rejected: they take pages to print.
const MAX_EXPONENT: i64 = 1 << 18;
/// The maximum number of digits that are parsed; 155 of them fill the precision.
const MAX_DIGITS: usize = 2_000;

/// A number.
#[derive(Clone, Debug)]
pub struct Num {
    kind: NumKind,
    precision: u32,
}

#[derive(Clone, Debug)]
enum NumKind {
    /// An integer; never the negative zero.
    Whole(i64),
    /// Any other finite number.
    Float(Arc<Float>),
    /// Infinity, and whether it is negative.
    Infinite(bool),
}

/// `mantissa * 2^exponent`. The mantissa is odd, or zero (for the negative zero).
#[derive(Clone, Debug)]
struct Float {
    negative: bool,
    mantissa: BigUint,
    exponent: i64,
}

/// Why an operation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumError {
    /// The text is not a number.
    #[error("a number is required")]
    Syntax,
    /// `0 / 0`, `∞ - ∞` and similar operations.
    #[error("the result is not a number")]
    Undefined,
    /// Terraform would continue; kmslint stops here.
    #[error("the number is too large to evaluate")]
    TooLarge,
}

/// A mantissa and its exponent, rounded to nearest even; `sticky`: whether there are nonzero digits after the mantissa.
fn rounded(mut mantissa: BigUint, exponent: i64, sticky: bool, precision: u32) -> (BigUint, i64) {
    let excess = mantissa.bits().saturating_sub(u64::from(precision));
    if excess == 0 {
        return (mantissa, exponent);
    }
    let half = mantissa.bit(excess - 1);
    let below_half = sticky || mantissa.trailing_zeros().is_some_and(|zeros| zeros < excess - 1);
    mantissa >>= excess;
    if half && (below_half || mantissa.bit(0)) {
        mantissa += 1_u8;
    }
    (mantissa, exponent.saturating_add_unsigned(excess))
}

/// `5^power` as mantissa and exponent, at the precision that Go uses for literals (`pow5` of `big.Float`): the exact power can have a
/// hundred thousand bits, of which only the leading ones matter.
fn power_of_five(power: u64) -> (BigUint, i64) {
    /// The largest power of five that fits into 64 bits.
    const EXACT: u64 = 27;
    let product = |a: &(BigUint, i64), b: &(BigUint, i64), precision| rounded(&a.0 * &b.0, a.1 + b.1, false, precision);
    let mut result = (BigUint::from(5_u64.pow(power.min(EXACT) as u32)), 0);
    let mut factor = (BigUint::from(5_u8), 0);
    let mut left = power - power.min(EXACT);
    while left > 0 {
        if left & 1 == 1 {
            result = product(&result, &factor, LITERAL_BITS + 64);
        }
        factor = product(&factor, &factor, LITERAL_BITS + 128);
        left >>= 1;
    }
    result
}

impl Num {
    /// Zero.
    pub const ZERO: Self = Self::integer(0);

    const fn integer(value: i64) -> Self {
        Self { kind: NumKind::Whole(value), precision: COUNT_BITS }
    }

    /// Infinity, or minus infinity.
    #[must_use]
    pub fn infinity(negative: bool) -> Self {
        Self { kind: NumKind::Infinite(negative), precision: DOUBLE_BITS }
    }

    /// The exact value of a double; `None` for NaN.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_nan() {
            return None;
        }
        if value.is_infinite() {
            return Some(Self::infinity(value < 0.0));
        }
        let bits = value.to_bits();
        let raw_exponent = i64::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = if raw_exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, raw_exponent - 1075) };
        Self::finite(bits >> 63 == 1, BigUint::from(mantissa), exponent, false, DOUBLE_BITS).ok()
    }

    /// The exact value of an integer.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn from_big(value: &BigInt) -> Result<Self, NumError> {
        let precision = u32::try_from(value.bits()).unwrap_or(u32::MAX).max(COUNT_BITS);
        Self::finite(value.sign() == Sign::Minus, value.magnitude().clone(), 0, false, precision)
    }

    /// Parses a number as Terraform converts strings: `12`, `-1.5`, `.5`, `1e3`, `1p3`, `Inf`. No spaces, underscores or hexadecimal.
    ///
    /// # Errors
    /// `Syntax`, or `TooLarge` for exponents that no real configuration has.
    pub fn parse(text: &str) -> Result<Self, NumError> {
        // 18 digits always fit. `-0` takes the slow path, because it keeps its sign: `format("%v", -0)` is `-0`.
        if text.len() <= 18
            && let Ok(value) = text.parse::<i64>()
            && !(value == 0 && text.starts_with('-'))
        {
            return Ok(Self { kind: NumKind::Whole(value), precision: LITERAL_BITS });
        }
        let (negative, rest) = match text.as_bytes() {
            [b'-', ..] => (true, text.get(1..).unwrap_or_default()),
            [b'+', ..] => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        if rest == "Inf" || rest == "inf" {
            return Ok(Self { kind: NumKind::Infinite(negative), precision: LITERAL_BITS });
        }
        let (mantissa, exponent, binary) = match rest.find(['e', 'E', 'p', 'P']) {
            Some(at) => {
                let (mantissa, exponent) = rest.split_at(at);
                (mantissa, Some(exponent.get(1..).unwrap_or_default()), exponent.starts_with(['p', 'P']))
            }
            None => (rest, None, false),
        };
        let exponent = exponent.map_or(Ok(0), parse_exponent)?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(NumError::Syntax);
        }
        let digits: String = [whole, fraction].concat();
        // Parsing takes time quadratic in the number of digits.
        if digits.len() > MAX_DIGITS {
            return Err(NumError::TooLarge);
        }
        let digits = digits.parse::<BigUint>().map_err(|_| NumError::Syntax)?;
        if digits == BigUint::ZERO {
            return Self::finite(negative, digits, 0, false, LITERAL_BITS);
        }
        let scale = i64::try_from(fraction.len()).map_err(|_| NumError::TooLarge)?;
        let (tens, twos) = if binary { (-scale, exponent) } else { (exponent - scale, 0) };
        if twos.abs() > i64::from(i32::MAX) || tens.abs() > i64::from(i32::MAX) {
            return Err(NumError::Syntax);
        }
        if tens.abs() > MAX_EXPONENT / 3 || twos.abs() > MAX_EXPONENT {
            return Err(NumError::TooLarge);
        }
        let (fives, exponent) = power_of_five(tens.unsigned_abs());
        if tens >= 0 {
            Self::finite(negative, digits * fives, tens + twos + exponent, false, LITERAL_BITS)
        } else {
            Self::quotient(negative, &digits, &fives, tens + twos - exponent, LITERAL_BITS)
        }
    }

    /// What it costs to print the number in decimal, in elements looked at: the time is quadratic in the number of digits.
    pub(super) fn price(&self) -> u64 {
        match &self.kind {
            NumKind::Float(float) => {
                let words = float.exponent.unsigned_abs() / 64;
                words * words / 32
            }
            NumKind::Whole(_) | NumKind::Infinite(_) => 0,
        }
    }

    /// `numerator / denominator * 2^exponent`, rounded. The denominator is not zero.
    fn quotient(negative: bool, numerator: &BigUint, denominator: &BigUint, exponent: i64, precision: u32) -> Result<Self, NumError> {
        let bits = u64::from(precision) + 2 + denominator.bits();
        let shift = bits.saturating_sub(numerator.bits());
        let shifted = numerator << shift;
        let quotient = &shifted / denominator;
        let exact = &quotient * denominator == shifted;
        Self::finite(negative, quotient, exponent - i64::try_from(shift).map_err(|_| NumError::TooLarge)?, !exact, precision)
    }

    /// A finite number, rounded to nearest even; `sticky`: whether there are nonzero digits after the mantissa.
    fn finite(negative: bool, mantissa: BigUint, exponent: i64, sticky: bool, precision: u32) -> Result<Self, NumError> {
        let (mut mantissa, mut exponent) = rounded(mantissa, exponent, sticky, precision);
        let zeros = mantissa.trailing_zeros().unwrap_or(0);
        mantissa >>= zeros;
        exponent += i64::try_from(zeros).map_err(|_| NumError::TooLarge)?;
        if mantissa == BigUint::ZERO {
            let kind = if negative { NumKind::Float(Arc::new(Float { negative, mantissa, exponent: 0 })) } else { NumKind::Whole(0) };
            return Ok(Self { kind, precision });
        }
        let size = i64::try_from(mantissa.bits()).map_err(|_| NumError::TooLarge)? + exponent;
        if size.abs() > MAX_EXPONENT {
            return Err(NumError::TooLarge);
        }
        if exponent >= 0 && size <= 63 {
            let magnitude = i64::try_from(&mantissa << exponent).map_err(|_| NumError::TooLarge)?;
            return Ok(Self { kind: NumKind::Whole(if negative { -magnitude } else { magnitude }), precision });
        }
        Ok(Self { kind: NumKind::Float(Arc::new(Float { negative, mantissa, exponent })), precision })
    }

    /// Sign, mantissa and exponent; `None` for infinities.
    fn parts(&self) -> Option<(bool, BigUint, i64)> {
        match &self.kind {
            NumKind::Whole(value) => Some((*value < 0, BigUint::from(value.unsigned_abs()), 0)),
            NumKind::Float(float) => Some((float.negative, float.mantissa.clone(), float.exponent)),
            NumKind::Infinite(_) => None,
        }
    }

    /// Sum, as cty computes it.
    ///
    /// # Errors
    /// `Undefined` for opposite infinities, `TooLarge`.
    pub fn add(&self, other: &Self) -> Result<Self, NumError> {
        let precision = self.precision.max(other.precision);
        // Numbers that came from a double have 53 bits, and Go rounds their sum to 53 bits: an exact sum would differ.
        if precision >= COUNT_BITS
            && let (NumKind::Whole(left), NumKind::Whole(right)) = (&self.kind, &other.kind)
            && let Some(sum) = left.checked_add(*right)
        {
            return Ok(Self { kind: NumKind::Whole(sum), precision });
        }
        match (&self.kind, &other.kind) {
            (NumKind::Infinite(left), NumKind::Infinite(right)) if left != right => return Err(NumError::Undefined),
            (NumKind::Infinite(negative), _) | (_, NumKind::Infinite(negative)) => {
                return Ok(Self { kind: NumKind::Infinite(*negative), precision });
            }
            _ => {}
        }
        let (Some(left), Some(right)) = (self.parts(), other.parts()) else { return Err(NumError::Undefined) };
        let exponent = left.2.min(right.2);
        let align = |(negative, mantissa, own): (bool, BigUint, i64)| {
            BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, mantissa << own.abs_diff(exponent))
        };
        let both_negative = left.0 && right.0;
        let sum = align(left) + align(right);
        let negative = if sum.sign() == Sign::NoSign { both_negative } else { sum.sign() == Sign::Minus };
        Self::finite(negative, sum.into_parts().1, exponent, false, precision)
    }

    /// Difference, as cty computes it.
    ///
    /// # Errors
    /// `Undefined` for equal infinities, `TooLarge`.
    pub fn sub(&self, other: &Self) -> Result<Self, NumError> {
        self.add(&other.neg())
    }

    /// Product, as cty computes it: at 512 bits, reduced to the precision that the result needs.
    ///
    /// # Errors
    /// `Undefined` for `0 * ∞`, `TooLarge`.
    pub fn mul(&self, other: &Self) -> Result<Self, NumError> {
        let precision = self.precision.max(other.precision);
        if let (NumKind::Whole(left), NumKind::Whole(right)) = (&self.kind, &other.kind)
            // Zero times a negative number is the negative zero, which `Whole` cannot represent.
            && *left != 0
            && *right != 0
            && precision >= COUNT_BITS
            && let Some(product) = left.checked_mul(*right)
        {
            return Ok(Self { kind: NumKind::Whole(product), precision });
        }
        let (Some(left), Some(right)) = (self.parts(), other.parts()) else {
            if self.is_zero() || other.is_zero() {
                return Err(NumError::Undefined);
            }
            return Ok(Self { kind: NumKind::Infinite(self.is_negative() != other.is_negative()), precision });
        };
        let product = Self::finite(left.0 != right.0, left.1 * right.1, left.2 + right.2, false, LITERAL_BITS)?;
        let needed = product.parts().map_or(0, |(_, mantissa, _)| mantissa.bits() - mantissa.trailing_zeros().unwrap_or(0));
        let precision = precision.max(u32::try_from(needed).unwrap_or(LITERAL_BITS));
        let (negative, mantissa, exponent) = product.parts().ok_or(NumError::Undefined)?;
        Self::finite(negative, mantissa, exponent, false, precision)
    }

    /// Quotient, as cty computes it: a division by zero gives infinity.
    ///
    /// # Errors
    /// `Undefined` for `0 / 0` and `∞ / ∞`, `TooLarge`.
    pub fn div(&self, other: &Self) -> Result<Self, NumError> {
        let precision = self.precision.max(other.precision);
        let negative = self.is_negative() != other.is_negative();
        let (Some(left), Some(right)) = (self.parts(), other.parts()) else {
            return match (&self.kind, &other.kind) {
                (NumKind::Infinite(_), NumKind::Infinite(_)) => Err(NumError::Undefined),
                (NumKind::Infinite(_), _) => Ok(Self { kind: NumKind::Infinite(negative), precision }),
                _ => Self::finite(negative, BigUint::ZERO, 0, false, precision),
            };
        };
        if right.1 == BigUint::ZERO {
            return if left.1 == BigUint::ZERO {
                Err(NumError::Undefined)
            } else {
                Ok(Self { kind: NumKind::Infinite(negative), precision })
            };
        }
        Self::quotient(negative, &left.1, &right.1, left.2 - right.2, precision)
    }

    /// Remainder of the truncated division, computed at the precision of the dividend, as in cty; `x % 0` is `x`.
    ///
    /// # Errors
    /// `Undefined` if either operand is infinite, `TooLarge`.
    pub fn modulo(&self, other: &Self) -> Result<Self, NumError> {
        if self.is_infinite() || other.is_infinite() {
            return Err(NumError::Undefined);
        }
        if other.is_zero() {
            return Ok(self.clone());
        }
        let whole = self.div(other)?.truncate().rounded_to(self.precision)?;
        let (left, right) = (whole.parts(), other.parts());
        let (Some(left), Some(right)) = (left, right) else { return Err(NumError::Undefined) };
        let product = Self::finite(left.0 != right.0, left.1 * right.1, left.2 + right.2, false, self.precision)?;
        self.sub(&product)?.rounded_to(self.precision)
    }

    fn rounded_to(&self, precision: u32) -> Result<Self, NumError> {
        match self.parts() {
            Some((negative, mantissa, exponent)) => Self::finite(negative, mantissa, exponent, false, precision),
            None => Ok(self.clone()),
        }
    }

    /// The negation. Zero becomes the negative zero, which prints as `-0` and equals zero.
    #[must_use]
    pub fn neg(&self) -> Self {
        let kind = match &self.kind {
            NumKind::Whole(0) => NumKind::Float(Arc::new(Float { negative: true, mantissa: BigUint::ZERO, exponent: 0 })),
            NumKind::Whole(value) => match value.checked_neg() {
                Some(value) => NumKind::Whole(value),
                None => NumKind::Float(Arc::new(Float { negative: false, mantissa: BigUint::from(1_u8), exponent: 63 })),
            },
            NumKind::Float(float) if float.mantissa == BigUint::ZERO => NumKind::Whole(0),
            NumKind::Float(float) => {
                return Self::finite(!float.negative, float.mantissa.clone(), float.exponent, false, self.precision)
                    .unwrap_or_else(|_| self.clone());
            }
            NumKind::Infinite(negative) => NumKind::Infinite(!negative),
        };
        Self { kind, precision: self.precision }
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { self.neg() } else { self.clone() }
    }

    /// The nearest integer towards zero.
    #[must_use]
    pub fn truncate(&self) -> Self {
        match &self.kind {
            NumKind::Float(float) if float.exponent < 0 => {
                let mantissa = &float.mantissa >> float.exponent.unsigned_abs();
                let negative = float.negative && mantissa != BigUint::ZERO;
                Self::finite(negative, mantissa, 0, false, self.precision).unwrap_or_else(|_| self.clone())
            }
            _ => self.clone(),
        }
    }

    /// The largest integer that is not greater.
    #[must_use]
    pub fn floor(&self) -> Self {
        let whole = self.truncate();
        if self.is_negative() && !self.is_integer() { whole.sub(&Self::integer(1)).unwrap_or(whole) } else { whole }
    }

    /// The smallest integer that is not less.
    #[must_use]
    pub fn ceil(&self) -> Self {
        let whole = self.truncate();
        if !self.is_negative() && !self.is_integer() { whole.add(&Self::integer(1)).unwrap_or(whole) } else { whole }
    }

    /// Whether the sign is negative, which includes the negative zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.kind {
            NumKind::Whole(value) => *value < 0,
            NumKind::Float(float) => float.negative,
            NumKind::Infinite(negative) => *negative,
        }
    }

    /// Whether it is zero, which includes the negative zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match &self.kind {
            NumKind::Whole(value) => *value == 0,
            NumKind::Float(float) => float.mantissa == BigUint::ZERO,
            NumKind::Infinite(_) => false,
        }
    }

    /// Whether it is infinite.
    #[must_use]
    pub fn is_infinite(&self) -> bool {
        matches!(self.kind, NumKind::Infinite(_))
    }

    /// Whether it is an integer.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        match &self.kind {
            NumKind::Whole(_) => true,
            NumKind::Float(float) => float.exponent >= 0,
            NumKind::Infinite(_) => false,
        }
    }

    /// The number, if it is an integer that fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match &self.kind {
            NumKind::Whole(value) => Some(*value),
            NumKind::Float(_) => self.to_big().and_then(|value| i64::try_from(value).ok()),
            NumKind::Infinite(_) => None,
        }
    }

    /// The number, if it is an integer.
    #[must_use]
    pub fn to_big(&self) -> Option<BigInt> {
        let (negative, mantissa, exponent) = self.parts()?;
        let shift = u64::try_from(exponent).ok()?;
        Some(BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, mantissa << shift))
    }

    /// The nearest double.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        let Some((negative, mantissa, exponent)) = self.parts() else {
            return if self.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY };
        };
        // These decimal digits are exact, and the standard library rounds them to nearest even, subnormals included.
        let (digits, point) = decimal(&mantissa, exponent);
        let text = format!("{}0.{digits}e{point}", if negative { "-" } else { "" });
        text.parse().unwrap_or(0.0)
    }

    /// The decimal digits without trailing zeros and the position of the point: `0.digits * 10^point`. All of them, or only as many as
    /// identify the number. Zero has no digits; `None` for infinities.
    #[must_use]
    pub fn digits(&self, shortest_only: bool) -> Option<(String, i64)> {
        let (_, mantissa, exponent) = self.parts()?;
        if mantissa == BigUint::ZERO {
            return Some((String::new(), 0));
        }
        Some(if shortest_only { shortest(&mantissa, exponent, self.precision) } else { decimal(&mantissa, exponent) })
    }

    /// Compares by value. The negative zero equals zero.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        if let (NumKind::Whole(left), NumKind::Whole(right)) = (&self.kind, &other.kind) {
            return left.cmp(right);
        }
        match (&self.kind, &other.kind) {
            (NumKind::Infinite(left), NumKind::Infinite(right)) => return right.cmp(left),
            (NumKind::Infinite(negative), _) => return if *negative { Ordering::Less } else { Ordering::Greater },
            (_, NumKind::Infinite(negative)) => return if *negative { Ordering::Greater } else { Ordering::Less },
            _ => {}
        }
        let (Some(left), Some(right)) = (self.parts(), other.parts()) else { return Ordering::Equal };
        let exponent = left.2.min(right.2);
        let align = |(negative, mantissa, own): (bool, BigUint, i64)| {
            BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, mantissa << own.abs_diff(exponent))
        };
        align(left).cmp(&align(right))
    }

    /// The text in plan JSON. The plan stores a fraction as a double if that is exact, so it is printed with a double's digits, and the
    /// negative zero loses its sign.
    #[must_use]
    pub fn plan_text(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        match Self::from_f64(self.to_f64()) {
            Some(double) if !self.is_integer() && double.compare(self).is_eq() => double.text(),
            _ => self.text(),
        }
    }

    /// Ten significant digits, with an exponent if it is large or small: the text by which cty orders numbers inside compound elements of
    /// sets (Go's `%.10g`).
    pub(super) fn ten_digits(&self) -> String {
        let Some((negative, mantissa, exponent)) = self.parts() else { return self.text() };
        let sign = if negative { "-" } else { "" };
        if mantissa == BigUint::ZERO {
            return format!("{sign}0");
        }
        let (digits, point) = decimal(&mantissa, exponent);
        let up = rounds_up(digits.as_bytes(), 10);
        let (digits, point) = round_at(digits.as_bytes(), 10, point, up);
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let limit = if length >= point { length } else { 10 };
        if point < -3 || point > limit {
            let (first, rest) = digits.split_at(1.min(digits.len()));
            let rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
            return format!("{sign}{first}{rest}e{}{:02}", if point > 0 { '+' } else { '-' }, (point - 1).abs());
        }
        format!("{sign}{}", place_point(&digits, point))
    }

    /// The shortest decimal text that parses to this number at its precision, as Terraform prints numbers: never with an exponent.
    fn text(&self) -> String {
        let float = match &self.kind {
            // From 2^53 on, a double prints the fewest digits that identify it: `pow(2, 63)` is 9223372036854776000.
            NumKind::Whole(value) if self.precision >= COUNT_BITS || value.unsigned_abs() < 1 << DOUBLE_BITS => return value.to_string(),
            NumKind::Infinite(negative) => return if *negative { "-Inf" } else { "+Inf" }.to_owned(),
            _ => self.parts(),
        };
        let Some((negative, mantissa, exponent)) = float else { return String::new() };
        let sign = if negative { "-" } else { "" };
        if mantissa == BigUint::ZERO {
            return format!("{sign}0");
        }
        let (digits, point) = shortest(&mantissa, exponent, self.precision);
        format!("{sign}{}", place_point(&digits, point))
    }
}

/// Parses the digits after `e` or `p`.
fn parse_exponent(text: &str) -> Result<i64, NumError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumError::Syntax);
    }
    text.parse().map_err(|_| NumError::Syntax)
}

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl From<i64> for Num {
    fn from(value: i64) -> Self {
        Self::integer(value)
    }
}

impl From<usize> for Num {
    fn from(value: usize) -> Self {
        Self::integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// As in cty: integers are equal by value, fractions if they print alike.
impl PartialEq for Num {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (NumKind::Whole(left), NumKind::Whole(right)) => left == right,
            _ if self.is_zero() || other.is_zero() => self.is_zero() && other.is_zero(),
            _ if self.is_integer() != other.is_integer() => false,
            _ if self.is_integer() => self.compare(other).is_eq(),
            _ => self.text() == other.text(),
        }
    }
}

impl Eq for Num {}

#[cfg(test)]
mod tests {
    use super::*;

    fn num(text: &str) -> Num {
        Num::parse(text).unwrap()
    }

    #[test]
    fn division_by_zero_is_infinite_and_remainder_by_zero_is_the_dividend() {
        assert!(num("1").div(&num("0")).unwrap().is_infinite());
        assert_eq!(num("0").div(&num("0")).unwrap_err(), NumError::Undefined);
        assert_eq!(num("10").modulo(&num("0")).unwrap(), num("10"));
        assert_eq!(num("-7").modulo(&num("3")).unwrap(), num("-1"));
        assert_eq!(num("5.5").modulo(&num("2")).unwrap(), num("1.5"));
    }

    #[test]
    fn doubles_round_trip_exactly() {
        for value in [0.0, 1.5, -2.25, 1e300, 5e-324, 0.1, f64::MAX] {
            assert_eq!(Num::from_f64(value).unwrap().to_f64(), value);
        }
        assert_eq!(Num::from_f64(0.1).unwrap().to_string(), "0.1");
        assert_eq!(num("0.1").to_f64(), 0.1);
    }

    #[test]
    fn huge_exponents_are_rejected() {
        assert_eq!(Num::parse("1e999999999").unwrap_err(), NumError::TooLarge);
        assert_eq!(Num::parse("1e-999999999").unwrap_err(), NumError::TooLarge);
        assert_eq!(Num::parse("1e99999999999").unwrap_err(), NumError::Syntax);
        for text in ["", "1_000", " 1", "0x10", "1e", "a", "--1", "+", ".", "1.2.3"] {
            assert_eq!(Num::parse(text).unwrap_err(), NumError::Syntax, "{text}");
        }
    }

    #[test]
    fn floor_and_ceil_round_to_integers() {
        assert_eq!(num("-1.5").floor(), num("-2"));
        assert_eq!(num("-1.5").ceil(), num("-1"));
        assert_eq!(num("1.5").ceil(), num("2"));
        assert_eq!(num("1.5").floor(), num("1"));
        assert_eq!(num("1e30").floor(), num("1e30"));
    }
}
