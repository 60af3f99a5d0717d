//! Functions for numbers.

use super::row::{
    BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, NUMBER, Returns, TypeSpec, any, elements, integer, number, text,
};
use crate::eval::{Num, Type, Value, convert};
use num_bigint::BigInt;

/// Terraform's limit for the length of a `range`.
const MAX_RANGE: usize = 1024;
/// The maximum number of digits that `parseint` parses, which takes quadratic time.
const MAX_DIGITS: usize = 10_000;

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("abs", &[number("num").untyped()], NUMBER, FunctionBody::Values(|_, args| map(args, Num::abs))),
    BuiltIn::new("ceil", &[number("num")], NUMBER, FunctionBody::Values(|_, args| map(args, Num::ceil))),
    BuiltIn::new("floor", &[number("num")], NUMBER, FunctionBody::Values(|_, args| map(args, Num::floor))),
    BuiltIn::new("log", &[number("num"), number("base")], NUMBER, FunctionBody::Values(log)),
    BuiltIn::new("max", &[], NUMBER, FunctionBody::Values(|_, args| extreme(args, std::cmp::Ordering::Greater))).rest(number("numbers")),
    BuiltIn::new("min", &[], NUMBER, FunctionBody::Values(|_, args| extreme(args, std::cmp::Ordering::Less))).rest(number("numbers")),
    BuiltIn::new("parseint", &[any("number"), number("base")], Returns::Computed(parse_int_type), FunctionBody::Values(parse_int)),
    BuiltIn::new("pow", &[number("num"), number("power")], NUMBER, FunctionBody::Values(pow)),
    BuiltIn::new("range", &[], Returns::Always(TypeSpec::Numbers), FunctionBody::Values(range)).rest(number("params")),
    BuiltIn::new("signum", &[number("num")], NUMBER, FunctionBody::Values(signum)),
    BuiltIn::new("sum", &[any("list")], NUMBER, FunctionBody::Values(sum)),
];

static ZERO: Num = Num::ZERO;

fn num(value: &Value) -> &Num {
    value.as_number().unwrap_or(&ZERO)
}

fn map(args: &[Value], map: fn(&Num) -> Num) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    Ok(Value::number(map(num(value))))
}

/// The largest or smallest number; of equal ones the first.
fn extreme(args: &[Value], wanted: std::cmp::Ordering) -> FunctionResult {
    let best = args.iter().reduce(|best, next| if num(next).compare(num(best)) == wanted { next } else { best });
    best.cloned().ok_or_else(|| "must pass at least one number".into())
}

fn double(value: &Value) -> Result<f64, FunctionError> {
    let number = num(value);
    let double = number.to_f64();
    if double.is_infinite() && !number.is_infinite() { Err("the number is too large for this function".into()) } else { Ok(double) }
}

fn from_double(double: f64) -> FunctionResult {
    Num::from_f64(double).map(Value::number).ok_or_else(|| "result is not a number".into())
}

fn log(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [number, base, ..] = args else { return Err(FunctionError::arity()) };
    let (number, base) = (double(number)?, double(base)?);
    if number.is_subnormal() || base.is_subnormal() {
        return Err(machine_dependent("the logarithm of a number so close to zero"));
    }
    from_double(go_log(number) / go_log(base))
}

fn pow(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [number, power, ..] = args else { return Err(FunctionError::arity()) };
    let (number, power) = (double(number)?, double(power)?);
    match go_pow(number, power) {
        Some(result) => from_double(result),
        None => Err(machine_dependent("the last digit of a power with a fraction in its exponent")),
    }
}

/// Go's math functions have assembly for some processors, which gives other results than the portable code.
fn machine_dependent(what: &str) -> FunctionError {
    FunctionError::Unknown(format!("{what} differs between the machines that Terraform runs on").into())
}

/// A double as a fraction in `0.5..1` and a power of two.
fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (x, shift) = if x.abs() < f64::MIN_POSITIVE { (x * 2_f64.powi(52), -52) } else { (x, 0) };
    let bits = x.to_bits();
    let exponent = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0) - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent + shift)
}

/// `fraction * 2^exponent`, in steps that neither overflow nor lose bits early.
fn ldexp(fraction: f64, exponent: i64) -> f64 {
    let (fraction, own) = frexp(fraction);
    let exponent = exponent.saturating_add(i64::from(own));
    match exponent {
        ..=-1080 => fraction * 0.0,
        1025.. => fraction * f64::INFINITY,
        // The first multiplication is exact, so that the result is rounded only once.
        -1079..=-1022 => fraction * 2_f64.powi(-1000) * 2_f64.powi(i32::try_from(exponent + 1000).unwrap_or(0)),
        _ => fraction * 2.0 * 2_f64.powi(i32::try_from(exponent - 1).unwrap_or(0)),
    }
}

/// The natural logarithm by FreeBSD's algorithm, as in Go: the last digit of Terraform's results depends on it.
fn go_log(x: f64) -> f64 {
    const LN2_HI: f64 = 6.931_471_803_691_238e-1;
    const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    let (mut fraction, mut exponent) = frexp(x);
    if fraction < std::f64::consts::SQRT_2 / 2.0 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let f = fraction - 1.0;
    let k = f64::from(exponent);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2
        * (6.666_666_666_666_735e-1 + s4 * (2.857_142_874_366_239e-1 + s4 * (1.818_357_216_161_805e-1 + s4 * 1.479_819_860_511_658_6e-1)));
    let even = s4 * (3.999_999_999_940_942e-1 + s4 * (2.222_219_843_214_978_4e-1 + s4 * 1.531_383_769_920_937_3e-1));
    let half = 0.5 * f * f;
    k * LN2_HI - ((half - (s * (half + (odd + even)) + k * LN2_LO)) - f)
}

/// A power as Go computes it: by repeated squaring of the fraction, with the exponent handled separately. `None` if that needs the
/// exponential function, whose last digit differs between machines.
fn go_pow(x: f64, y: f64) -> Option<f64> {
    // Go's special cases are those of C99, as in the standard library.
    if y == 0.0 || x == 1.0 || y == 1.0 || x == 0.0 || !x.is_finite() || !y.is_finite() {
        return Some(x.powf(y));
    }
    if y.abs() == 0.5 {
        return Some(if y > 0.0 { x.sqrt() } else { 1.0 / x.sqrt() });
    }
    if y.fract() != 0.0 {
        return (x < 0.0).then_some(f64::NAN);
    }
    let whole = y.abs();
    if whole >= 9_223_372_036_854_775_808.0 {
        return Some(x.powf(y));
    }
    let mut answer = 1.0;
    let mut exponent: i64 = 0;
    let (mut square, own) = frexp(x);
    let mut square_exponent = i64::from(own);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 2^63, checked above")]
    let mut left = whole as u64;
    while left != 0 {
        if square_exponent.abs() > 1 << 12 {
            exponent += square_exponent;
            break;
        }
        if left & 1 == 1 {
            answer *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        left >>= 1;
    }
    Some(if y < 0.0 { ldexp(1.0 / answer, -exponent) } else { ldexp(answer, exponent) })
}

fn parse_int_type(args: &[Value]) -> Result<Type, FunctionError> {
    match args {
        [text, ..] if text.ty() == Type::String => Ok(Type::Number),
        _ => Err("first argument must be a string".into()),
    }
}

fn parse_int(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, base, ..] = args else { return Err(FunctionError::arity()) };
    let (value, base) = (text(value), integer(base)?);
    if !(2..=62).contains(&base) {
        return Err("base must be a whole number between 2 and 62 inclusive".into());
    }
    let invalid = || FunctionError::Invalid(format!("cannot parse the text as a base {base} integer"));
    let (negative, digits) = match value.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return Err(invalid());
    }
    if digits.len() > MAX_DIGITS {
        return Err(FunctionError::too_large());
    }
    let mut total = BigInt::ZERO;
    for digit in digits {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'z' => digit - b'a' + 10,
            // Beyond base 36, capital letters are separate digits.
            b'A'..=b'Z' if base > 36 => digit - b'A' + 36,
            b'A'..=b'Z' => digit - b'A' + 10,
            _ => return Err(invalid()),
        };
        if i64::from(digit) >= base {
            return Err(invalid());
        }
        total = total * base + digit;
    }
    Ok(Value::number(Num::from_big(&if negative { -total } else { total })?))
}

fn range(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let (zero, one, minus_one) = (Num::ZERO, Num::from(1_i64), Num::from(-1_i64));
    let (start, end, step) = match args {
        [end] if num(end).compare(&zero).is_lt() => (&zero, num(end), &minus_one),
        [end] => (&zero, num(end), &one),
        [start, end] if num(end).compare(num(start)).is_lt() => (num(start), num(end), &minus_one),
        [start, end] => (num(start), num(end), &one),
        [start, end, step] => (num(start), num(end), num(step)),
        _ => return Err("must have one, two, or three arguments".into()),
    };
    // A step of zero is not an error by itself: it gives too many values, or none.
    let towards = if step.is_negative() { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
    if end.compare(start) == towards.reverse() {
        return Err("the step must go from the start toward the end".into());
    }
    let mut numbers = Vec::new();
    let mut next = start.clone();
    while end.compare(&next) == towards {
        if numbers.len() >= MAX_RANGE {
            return Err(
                "more than 1024 values were generated; either decrease the difference between start and end or use a smaller step".into()
            );
        }
        let following = next.add(step)?;
        numbers.push(Value::number(next));
        next = following;
    }
    call.pay(numbers.len())?;
    Ok(Value::list(Type::Number, numbers))
}

fn signum(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [value, ..] = args else { return Err(FunctionError::arity()) };
    // Terraform requires a 64-bit integer here: `signum(0.5)` is an error.
    Ok(Value::number(integer(value)?.signum()))
}

fn sum(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [list, ..] = args else { return Err(FunctionError::arity()) };
    if list.as_sequence().is_none() {
        return Err("argument must be list, set, or tuple of number values".into());
    }
    if elements(list).is_empty() {
        return Err("cannot sum an empty list".into());
    }
    if !list.is_wholly_known() {
        return Ok(call.unknown(args));
    }
    let mut total: Option<Num> = None;
    for element in elements(list) {
        let invalid = || FunctionError::from("argument must be list, set, or tuple of number values");
        let element = convert(element.clone(), &Type::Number).map_err(|_| invalid())?;
        if let Some(why) = element.why() {
            return Err(FunctionError::Unknown(why.clone()));
        }
        let number = element.as_number().ok_or_else(invalid)?;
        total = Some(match total {
            None => number.clone(),
            Some(total) => total.add(number)?,
        });
    }
    Ok(Value::number(total.unwrap_or(Num::ZERO)))
}
