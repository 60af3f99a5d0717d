//! Points in time as Go's `time` package parses, shifts and prints them: RFC 3339, durations, and the calendar.

/// A point in time with the UTC offset of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
    /// Offset east of UTC, in seconds.
    pub offset: i32,
}

/// The date and time of day at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockFields {
    pub year: i64,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    /// 0 is Sunday.
    pub weekday: u8,
}

const DAY: i64 = 86_400;
const SECOND: i128 = 1_000_000_000;

/// How strictly RFC 3339 is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// `formatdate` and `timeadd`.
    Strict,
    /// `timecmp`, which uses Go's `time.Parse`: accepts hours of one digit, and a comma before the fraction.
    Lenient,
}

impl Instant {
    /// Parses an RFC 3339 timestamp.
    pub(super) fn parse(text: &str, strictness: Strictness) -> Option<Self> {
        let mut rest = FieldReader(text);
        let (year, month, day) = rest.date()?;
        rest.literal("T")?;
        let hour = match strictness {
            Strictness::Strict => rest.digits(2)?,
            Strictness::Lenient => rest.one_or_two_digits()?,
        };
        rest.literal(":")?;
        let minute = rest.digits(2)?;
        rest.literal(":")?;
        let second = rest.digits(2)?;
        let nanos = rest.fraction(strictness == Strictness::Lenient)?;
        let offset = rest.offset(strictness)?;
        if !rest.0.is_empty() {
            return None;
        }
        Self::new((year, month, day), (hour, minute, second), nanos, offset)
    }

    /// Parses a YAML timestamp: a date, or a date with a time, whose fields may have one digit.
    pub(super) fn parse_yaml(text: &str) -> Option<Self> {
        let mut rest = FieldReader(text);
        let year = rest.digits(4)?;
        rest.literal("-")?;
        let month = rest.one_or_two_digits()?;
        rest.literal("-")?;
        let day = rest.one_or_two_digits()?;
        if rest.0.is_empty() {
            return Self::new((year, month, day), (0, 0, 0), 0, 0);
        }
        let zoned = rest.literal("T").or_else(|| rest.literal("t")).is_some();
        if !zoned {
            rest.literal(" ")?;
        }
        let hour = rest.one_or_two_digits()?;
        rest.literal(":")?;
        let minute = rest.one_or_two_digits()?;
        rest.literal(":")?;
        let second = rest.one_or_two_digits()?;
        let nanos = rest.fraction(true)?;
        let offset = if zoned { rest.offset(Strictness::Lenient)? } else { 0 };
        if !rest.0.is_empty() {
            return None;
        }
        Self::new((year, month, day), (hour, minute, second), nanos, offset)
    }

    fn new(date: (i64, i64, i64), time: (i64, i64, i64), nanos: u32, offset: i32) -> Option<Self> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second - i64::from(offset);
        Some(Self { seconds, nanos, offset })
    }

    /// The time `duration` nanoseconds later.
    pub(super) fn plus(self, duration: i64) -> Self {
        let total = i128::from(self.seconds) * SECOND + i128::from(self.nanos) + i128::from(duration);
        let seconds = i64::try_from(total.div_euclid(SECOND)).unwrap_or(self.seconds);
        Self { seconds, nanos: u32::try_from(total.rem_euclid(SECOND)).unwrap_or(0), offset: self.offset }
    }

    /// The date and time of day at the time's own offset.
    pub(super) fn fields(self) -> ClockFields {
        let local = self.seconds + i64::from(self.offset);
        let (days, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let small = |number: i64| u8::try_from(number).unwrap_or(0);
        ClockFields {
            year,
            month: small(month),
            day: small(day),
            hour: small(of_day / 3600),
            minute: small(of_day / 60 % 60),
            second: small(of_day % 60),
            weekday: small((days + 4).rem_euclid(7)),
        }
    }

    /// `+01:00`, or `+0100` without the colon.
    pub(super) fn zone(self, colon: &str) -> String {
        let minutes = self.offset / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}{colon}{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }

    /// The time in RFC 3339, without a fraction.
    pub(super) fn rfc3339(self) -> String {
        let ClockFields { year, month, day, hour, minute, second, .. } = self.fields();
        let sign = if year < 0 { "-" } else { "" };
        let zone = if self.offset == 0 { "Z".to_owned() } else { self.zone(":") };
        format!("{sign}{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}", year.abs())
    }
}

/// The nanoseconds of a fraction of a unit. Like Go, uses as many digits as fit into 63 bits, and computes with a double.
fn fraction_nanos(digits: &str, unit: i128) -> i128 {
    let (mut value, mut scale) = (0_u64, 1.0_f64);
    for digit in digits.bytes().map(|digit| u64::from(digit - b'0')) {
        if value > i64::MAX as u64 / 10 || value * 10 + digit > 1 << 63 {
            break;
        }
        value = value * 10 + digit;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as i128
}

/// Parses a duration as Go's `time.ParseDuration` does (`1h15m30.918s`), in nanoseconds.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("\u{b5}s", 1_000),
        ("\u{3bc}s", 1_000),
        ("ms", 1_000_000),
        ("s", SECOND),
        ("m", 60 * SECOND),
        ("h", 3600 * SECOND),
    ];
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        let unit_length = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_length)?;
        let (_, scale) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(scale)?)?;
        total = total.checked_add(fraction_nanos(fraction, scale))?;
        if total > i128::from(i64::MAX) + i128::from(negative) {
            return None;
        }
        rest = after;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Reads fields from the front of a text.
struct FieldReader<'a>(&'a str);

impl FieldReader<'_> {
    fn literal(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.0 = rest;
        digits.parse().ok()
    }

    fn one_or_two_digits(&mut self) -> Option<i64> {
        self.digits(2).or_else(|| self.digits(1))
    }

    fn date(&mut self) -> Option<(i64, i64, i64)> {
        let year = self.digits(4)?;
        self.literal("-")?;
        let month = self.digits(2)?;
        self.literal("-")?;
        Some((year, month, self.digits(2)?))
    }

    /// The fraction of a second in nanoseconds, or 0 without one; further digits are dropped.
    fn fraction(&mut self, comma: bool) -> Option<u32> {
        let Some(rest) = self.0.strip_prefix('.').or_else(|| if comma { self.0.strip_prefix(',') } else { None }) else {
            return Some(0);
        };
        let (digits, rest) = split_digits(rest);
        if digits.is_empty() {
            return None;
        }
        self.0 = rest;
        digits.chars().chain(std::iter::repeat('0')).take(9).collect::<String>().parse().ok()
    }

    /// `Z` or `±hh:mm`, in seconds. Go's `time.Parse` accepts hours up to 24 and minutes up to 60.
    fn offset(&mut self, strictness: Strictness) -> Option<i32> {
        if self.literal("Z").is_some() {
            return Some(0);
        }
        let sign = if self.literal("-").is_some() {
            -1
        } else {
            self.literal("+")?;
            1
        };
        let hours = self.digits(2)?;
        self.literal(":")?;
        let minutes = self.digits(2)?;
        let (max_hours, max_minutes) = if strictness == Strictness::Strict { (23, 59) } else { (24, 60) };
        if hours > max_hours || minutes > max_minutes {
            return None;
        }
        i32::try_from(sign * (hours * 3600 + minutes * 60)).ok()
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 (Howard Hinnant's `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_shifted_and_printed() {
        let cases = [
            ("2006-01-02T15:04:05Z", "1ns", "2006-01-02T15:04:05Z"),
            ("2020-02-28T23:30:00-03:30", "1h", "2020-02-29T00:30:00-03:30"),
            ("0000-01-01T00:00:00Z", "-1s", "-0001-12-31T23:59:59Z"),
            ("1999-12-31T23:59:59.5Z", "1h15m30.918s", "2000-01-01T01:15:30Z"),
        ];
        for (start, duration, end) in cases {
            let got = Instant::parse(start, Strictness::Strict).zip(parse_duration(duration)).map(|(time, by)| time.plus(by).rfc3339());
            assert_eq!(got.as_deref(), Some(end), "{start} + {duration}");
        }
    }

    #[test]
    fn invalid_times_and_durations_are_rejected() {
        for text in [
            "",
            "2006-01-02",
            "2006-02-30T00:00:00Z",
            "2006-01-02T24:00:00Z",
            "2006-01-02t15:04:05Z",
            "2006-01-02T15:04:05",
            "2006-01-02T15:04:05Zx",
        ] {
            assert_eq!(Instant::parse(text, Strictness::Strict), None, "{text}");
        }
        for text in ["", "1", "h", "1x", "1h ", "9223372036854775808ns", "-", "."] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
