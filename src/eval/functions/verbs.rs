//! The verbs of `format`: `%s`, `%05d`, `%[2]q`, `%.3g` … as in Terraform's own parser and Go's `fmt`.

use super::clusters::clusters;
use super::json;
use super::row::{BodyContext, FunctionError};
use crate::eval::{Data, Num, Type, Value, convert};
use num_bigint::{BigInt, Sign};

/// The maximum width of a field; Go's `fmt` has the same limit, and prints an error text beyond it.
const MAX_WIDTH: usize = 1_000_000;

/// A verb.
#[derive(Clone, Copy, Debug, Default)]
struct Verb {
    mode: char,
    zero: bool,
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// The number of its argument, from 1.
    argument: usize,
}

/// Replaces the verbs of a text by the arguments, which are wholly known.
pub(super) fn render(call: &BodyContext<'_>, format: &str, args: &[Value]) -> Result<String, FunctionError> {
    let mut out = String::with_capacity(format.len());
    let mut rest = format;
    let (mut next, mut highest) = (1, 0);
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (verb, after) = parse_verb(after, next)?;
        highest = highest.max(verb.argument);
        next = verb.argument + 1;
        let arg = verb.argument.checked_sub(1).and_then(|at| args.get(at));
        let arg = arg.ok_or_else(|| format!("not enough arguments for `%{}`: argument {} is missing", verb.mode, verb.argument))?;
        let text = render_verb(verb, arg)?;
        call.pay(text.len().max(verb.width.unwrap_or(0)))?;
        out.push_str(&text);
        rest = after;
    }
    out.push_str(rest);
    call.pay(out.len())?;
    if highest < args.len() {
        return Err(format!("too many arguments; only {highest} used by format string").into());
    }
    Ok(out)
}

/// Parses a verb after its `%`: flags, width, precision, `[argument]`, letter.
fn parse_verb(text: &str, next: usize) -> Result<(Verb, &str), FunctionError> {
    let mut verb = Verb { argument: next, ..Verb::default() };
    let mut rest = text;
    loop {
        let flag = match rest.as_bytes().first() {
            Some(b'0') => &mut verb.zero,
            Some(b'#') => &mut verb.sharp,
            Some(b'-') => &mut verb.minus,
            Some(b'+') => &mut verb.plus,
            Some(b' ') => &mut verb.space,
            _ => break,
        };
        *flag = true;
        rest = rest.get(1..).unwrap_or_default();
    }
    let number = |text: &str| text.parse().unwrap_or(usize::MAX);
    let (width, after) = split_digits(rest);
    if !width.is_empty() {
        verb.width = Some(number(width));
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = split_digits(after);
        verb.precision = Some(if precision.is_empty() { 0 } else { number(precision) });
        rest = after;
    }
    let incomplete = || FunctionError::from("invalid format string: incomplete verb");
    if let Some(after) = rest.strip_prefix('[') {
        let (argument, after) = split_digits(after);
        rest = after.strip_prefix(']').filter(|_| !argument.is_empty() && !argument.starts_with('0')).ok_or_else(incomplete)?;
        verb.argument = number(argument);
    }
    let mode = rest.chars().next().ok_or_else(incomplete)?;
    if !mode.is_ascii_alphabetic() {
        return Err(format!("unrecognized format character `{mode}`").into());
    }
    verb.mode = mode;
    if verb.argument == usize::MAX {
        return Err("not enough arguments".into());
    }
    Ok((verb, rest.get(1..).unwrap_or_default()))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn render_verb(verb: Verb, arg: &Value) -> Result<String, FunctionError> {
    if arg.is_null() && verb.mode != 'v' {
        return Err(format!("unsupported value for `%{}`: null value cannot be formatted", verb.mode).into());
    }
    match verb.mode {
        'v' => match &arg.data {
            Data::String(text) if !verb.sharp => pad(verb, text),
            Data::Number(number) if !verb.sharp => pad(verb, &float_text(number, 'g', None)),
            _ => pad(verb, &json::encode(arg)?),
        },
        // cty ignores the width of a boolean: `format("%6t", true)` is `true`.
        't' => Ok(match convert_argument(verb, arg, &Type::Bool)?.as_bool() {
            Some(true) => "true".to_owned(),
            _ => "false".to_owned(),
        }),
        's' | 'q' => {
            let value = convert_argument(verb, arg, &Type::String)?;
            let text = value.as_str().unwrap_or_default();
            let text = match verb.precision {
                // A precision of zero does not truncate: `format("%.0s", "ab")` is `ab`.
                Some(precision) if precision > 0 => clusters(text).take(precision).collect(),
                _ => text.to_owned(),
            };
            // cty quotes as in JSON, not as Go's `%q` does: `<` becomes `\u003c`.
            if verb.mode == 'q' { pad(verb, &json::encode(&Value::string(text))?) } else { pad(verb, &text) }
        }
        'b' | 'd' | 'o' | 'x' | 'X' => {
            let value = convert_argument(verb, arg, &Type::Number)?;
            let whole = value.as_number().and_then(Num::to_big);
            let whole = whole.ok_or_else(|| format!("unsupported value for `%{}`: an integer is required", verb.mode))?;
            integer(verb, &whole)
        }
        'e' | 'E' | 'f' | 'g' | 'G' => {
            let value = convert_argument(verb, arg, &Type::Number)?;
            float(verb, value.as_number().unwrap_or(&Num::ZERO))
        }
        mode => Err(format!("unsupported format verb `%{mode}`").into()),
    }
}

fn convert_argument(verb: Verb, arg: &Value, ty: &Type) -> Result<Value, FunctionError> {
    let value = convert(arg.clone(), ty).map_err(|error| format!("unsupported value for `%{}`: {}", verb.mode, error.message))?;
    match value.why() {
        Some(why) => Err(FunctionError::Unknown(why.clone())),
        None => Ok(value),
    }
}

/// Pads a text to the verb's width, counted in grapheme clusters.
fn pad(verb: Verb, text: &str) -> Result<String, FunctionError> {
    let width = verb.width.unwrap_or(0);
    if width > MAX_WIDTH {
        return Err(FunctionError::too_large());
    }
    let fill = if verb.zero { "0" } else { " " }.repeat(width.saturating_sub(clusters(text).count()));
    Ok(if verb.minus { format!("{text}{fill}") } else { format!("{fill}{text}") })
}

/// Go's `big.Int.Format`.
fn integer(verb: Verb, number: &BigInt) -> Result<String, FunctionError> {
    let (width, precision) = (verb.width.unwrap_or(0), verb.precision.unwrap_or(0));
    if width.max(precision) > MAX_WIDTH {
        return Err(FunctionError::too_large());
    }
    let (radix, prefix) = match verb.mode {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let prefix = if verb.sharp { prefix } else { "" };
    let mut digits = number.magnitude().to_str_radix(radix);
    if verb.mode == 'X' {
        digits.make_ascii_uppercase();
    }
    if verb.precision == Some(0) && digits == "0" {
        return Ok(String::new());
    }
    let sign = sign(verb, number.sign() == Sign::Minus);
    let mut zeros = precision.saturating_sub(digits.len());
    let gap = width.saturating_sub(sign.len() + prefix.len() + zeros + digits.len());
    let (mut left, mut right) = (0, 0);
    if verb.minus {
        right = gap;
    } else if verb.zero && verb.precision.is_none() {
        zeros = gap;
    } else {
        left = gap;
    }
    Ok([" ".repeat(left), sign.to_owned(), prefix.to_owned(), "0".repeat(zeros), digits, " ".repeat(right)].concat())
}

fn sign(verb: Verb, negative: bool) -> &'static str {
    match (negative, verb.plus, verb.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    }
}

/// Go's `big.Float.Format`.
fn float(verb: Verb, number: &Num) -> Result<String, FunctionError> {
    let width = verb.width.unwrap_or(0);
    if width.max(verb.precision.unwrap_or(0)) > MAX_WIDTH {
        return Err(FunctionError::too_large());
    }
    let precision = match verb.mode {
        'g' | 'G' => verb.precision,
        _ => Some(verb.precision.unwrap_or(6)),
    };
    let text = float_text(number, verb.mode, precision);
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => ("-", body),
        // Only infinity has a plus sign already.
        None => match text.strip_prefix('+') {
            Some(body) if verb.space => (" ", body),
            Some(body) => ("+", body),
            None => (sign(verb, false), text.as_str()),
        },
    };
    let gap = width.saturating_sub(sign.len() + body.len());
    // Unlike for integers, the `0` flag takes precedence over `-`.
    Ok(if verb.zero && !number.is_infinite() {
        format!("{sign}{}{body}", "0".repeat(gap))
    } else if verb.minus {
        format!("{sign}{body}{}", " ".repeat(gap))
    } else {
        format!("{}{sign}{body}", " ".repeat(gap))
    })
}

/// Go's `big.Float.Text`. Without a precision: as many digits as identify the number.
fn float_text(number: &Num, mode: char, precision: Option<usize>) -> String {
    let Some((digits, point)) = number.digits(precision.is_none()) else { return number.to_string() };
    let sign = if number.is_negative() { "-" } else { "" };
    let digits_for = |by: usize| point.saturating_add(i64::try_from(by).unwrap_or(i64::MAX));
    let body = match (mode, precision) {
        ('f', None) => fixed(&digits, point, usize::try_from(length(&digits) - point).unwrap_or(0)),
        ('f', Some(precision)) => {
            let (digits, point) = rounded(&digits, point, digits_for(precision));
            fixed(&digits, point, precision)
        }
        ('g' | 'G', precision) => general(&digits, point, precision, mode == 'G'),
        (_, precision) => {
            let precision = precision.unwrap_or_else(|| digits.len().saturating_sub(1));
            let (digits, point) = rounded(&digits, point, i64::try_from(precision).unwrap_or(i64::MAX).saturating_add(1));
            scientific(&digits, point, precision, mode == 'E')
        }
    };
    format!("{sign}{body}")
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// `%g`: with an exponent if that is below -4 or does not fit the precision.
fn general(digits: &str, point: i64, precision: Option<usize>, capital: bool) -> String {
    let (digits, point, wanted, limit) = match precision {
        None => (digits.to_owned(), point, length(digits), 6),
        Some(precision) => {
            let wanted = i64::try_from(precision.max(1)).unwrap_or(i64::MAX);
            let (digits, point) = rounded(digits, point, wanted);
            let limit = if wanted > length(&digits) && length(&digits) >= point { length(&digits) } else { wanted };
            (digits, point, wanted, limit)
        }
    };
    let exponent = point - 1;
    if exponent < -4 || exponent >= limit {
        let precision = wanted.min(length(&digits)) - 1;
        return scientific(&digits, point, usize::try_from(precision).unwrap_or(0), capital);
    }
    let wanted = if wanted > point { length(&digits) } else { wanted };
    fixed(&digits, point, usize::try_from(wanted - point).unwrap_or(0))
}

/// `0.digits * 10^point` in decimal, with a number of digits after the point.
fn fixed(digits: &str, point: i64, decimals: usize) -> String {
    let digit = |at: i64| usize::try_from(at).ok().and_then(|at| digits.as_bytes().get(at)).map_or('0', |byte| char::from(*byte));
    let mut out: String = if point > 0 { (0..point).map(digit).collect() } else { "0".to_owned() };
    if decimals > 0 {
        out.push('.');
        out.extend((point..).take(decimals).map(digit));
    }
    out
}

/// `0.digits * 10^point` as `d.ddde±dd`, with a number of digits after the point.
fn scientific(digits: &str, point: i64, decimals: usize, capital: bool) -> String {
    let mut all = digits.chars().chain(std::iter::repeat('0'));
    let mut out = String::from(all.next().unwrap_or('0'));
    if decimals > 0 {
        out.push('.');
        out.extend(all.take(decimals));
    }
    let exponent = if digits.is_empty() { 0 } else { point - 1 };
    let (letter, sign) = (if capital { 'E' } else { 'e' }, if exponent < 0 { '-' } else { '+' });
    format!("{out}{letter}{sign}{:02}", exponent.abs())
}

/// Rounds exact digits to `count` of them, halves to the even digit; without trailing zeros.
fn rounded(digits: &str, point: i64, count: i64) -> (String, i64) {
    if count >= length(digits) {
        return (digits.to_owned(), point);
    }
    let Ok(count) = usize::try_from(count) else { return (String::new(), 0) };
    let (kept, cut) = digits.split_at(count);
    let odd = kept.bytes().next_back().is_some_and(|digit| digit % 2 == 1);
    let up = cut.as_bytes().first().is_some_and(|first| *first > b'5' || (*first == b'5' && (cut.len() > 1 || odd)));
    if !up {
        let kept = kept.trim_end_matches('0');
        return (kept.to_owned(), if kept.is_empty() { 0 } else { point });
    }
    let stem = kept.trim_end_matches('9');
    let mut out = stem.to_owned();
    match out.pop() {
        Some(last) => {
            out.push(char::from_u32(u32::from(last) + 1).unwrap_or('9'));
            (out, point)
        }
        None => ("1".to_owned(), point + 1),
    }
}
