//! Functions for timestamps.

use super::clock::{ClockFields, Instant, Strictness, parse_duration};
use super::crypto::changing_result;
use super::row::{BodyContext, BuiltIn, FunctionBody, FunctionError, FunctionResult, NUMBER, STRING, string, text};
use crate::eval::{Drivers, Value};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) const TABLE: &[BuiltIn] = &[
    BuiltIn::new("formatdate", &[string("format"), string("time")], STRING, FunctionBody::Values(format_date)),
    BuiltIn::new("plantimestamp", &[], STRING, FunctionBody::Values(plan_time)),
    BuiltIn::new("timeadd", &[string("timestamp"), string("duration")], STRING, FunctionBody::Values(time_add)).nullable(),
    BuiltIn::new("timecmp", &[string("timestamp_a"), string("timestamp_b")], NUMBER, FunctionBody::Values(time_compare)),
    BuiltIn::new("timestamp", &[], STRING, FunctionBody::Values(run_time)),
];

fn instant(value: &Value, strictness: Strictness) -> Result<Instant, FunctionError> {
    Instant::parse(text(value), strictness).ok_or_else(|| "not a valid RFC3339 timestamp".into())
}

fn plan_time(_: &BodyContext<'_>, _: &[Value]) -> FunctionResult {
    Ok(changing_result(Drivers::PLAN_TIME))
}

fn run_time(_: &BodyContext<'_>, _: &[Value]) -> FunctionResult {
    Ok(changing_result(Drivers::RUN_TIME))
}

fn time_add(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [time, duration, ..] = args else { return Err(FunctionError::arity()) };
    let time = instant(time, Strictness::Strict)?;
    let duration = parse_duration(text(duration)).ok_or("invalid duration")?;
    Ok(Value::string(time.plus(duration).rfc3339()))
}

fn time_compare(_: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [first, second, ..] = args else { return Err(FunctionError::arity()) };
    let (first, second) = (instant(first, Strictness::Lenient)?, instant(second, Strictness::Lenient)?);
    let order = (first.seconds, first.nanos).cmp(&(second.seconds, second.nanos));
    Ok(Value::number(order as i64))
}

fn format_date(call: &BodyContext<'_>, args: &[Value]) -> FunctionResult {
    let [format, time, ..] = args else { return Err(FunctionError::arity()) };
    let time = instant(time, Strictness::Strict)?;
    let mut rest = text(format);
    call.pay(rest.len().saturating_mul(5))?;
    let mut out = String::new();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => {
                rest = quoted(rest, &mut out)?;
                continue;
            }
            'a'..='z' | 'A'..='Z' => rest.find(|c| c != first).unwrap_or(rest.len()),
            _ => rest.find(|c: char| c == '\'' || c.is_ascii_alphabetic()).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        if first.is_ascii_alphabetic() {
            write_verb(token, time, &mut out)?;
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    Ok(Value::string(out))
}

/// A literal in single quotes, in which a doubled quote is a single one. Returns the rest.
fn quoted<'t>(text: &'t str, out: &mut String) -> Result<&'t str, FunctionError> {
    if let Some(rest) = text.strip_prefix("''") {
        out.push('\'');
        return Ok(rest);
    }
    let mut rest = text.strip_prefix('\'').unwrap_or(text);
    loop {
        let (literal, after) = rest.split_once('\'').ok_or("unterminated literal '")?;
        out.push_str(literal);
        match after.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Ok(after),
        }
    }
}

fn write_verb(token: &str, time: Instant, out: &mut String) -> Result<(), FunctionError> {
    let fields = time.fields();
    let ClockFields { year, month, day, hour, minute, second, weekday } = fields;
    let named = |names: &[&str], at: u8| names.get(usize::from(at)).copied().unwrap_or_default().to_owned();
    let short = |name: String| name.get(..3).unwrap_or_default().to_owned();
    let hour_of_12 = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    let text = match token {
        "YY" => format!("{:02}", year % 100),
        "YYYY" => format!("{year:04}"),
        "M" => month.to_string(),
        "MM" => format!("{month:02}"),
        "MMM" => short(named(&MONTHS, month.saturating_sub(1))),
        "MMMM" => named(&MONTHS, month.saturating_sub(1)),
        "D" => day.to_string(),
        "DD" => format!("{day:02}"),
        "EEE" => short(named(&WEEKDAYS, weekday)),
        "EEEE" => named(&WEEKDAYS, weekday),
        "h" => hour.to_string(),
        "hh" => format!("{hour:02}"),
        "H" => hour_of_12.to_string(),
        "HH" => format!("{hour_of_12:02}"),
        "AA" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if hour < 12 { "am" } else { "pm" }.to_owned(),
        "m" => minute.to_string(),
        "mm" => format!("{minute:02}"),
        "s" => second.to_string(),
        "ss" => format!("{second:02}"),
        "Z" if time.offset == 0 => "Z".to_owned(),
        "Z" | "ZZZZZ" => time.zone(":"),
        "ZZZ" if time.zone("") == "+0000" => "UTC".to_owned(),
        "ZZZ" | "ZZZZ" => time.zone(""),
        verb => return Err(format!("invalid date format verb `{verb}`").into()),
    };
    out.push_str(&text);
    Ok(())
}
