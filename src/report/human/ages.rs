//! The age of each key's version in use, for states and the live tenancy.

use crate::key::{InputKind, KeyFacts};
use crate::policy::{CheckedKey, Outcome};
use crate::report::context::ReportContext;
use crate::report::text::{clean, count};
use jiff::{Timestamp, tz::TimeZone};
use std::io::{self, Write};

/// How many keys are listed, oldest versions first; the rest is counted.
const SHOWN: usize = 10;

/// The known time that is closest to the creation of a key's version in use.
struct VersionTime {
    at: Timestamp,
    /// What happened at that time.
    what: &'static str,
    /// Whether it is the creation of the version. Otherwise the version may be younger.
    is_exact: bool,
}

fn version_time(key: &KeyFacts) -> Option<VersionTime> {
    let exact = key.current_version_time().map(|at| VersionTime { at, what: "created", is_exact: true });
    let of_key = key.times.created.map(|at| VersionTime { at, what: "key created", is_exact: false });
    let rotated = key.times.last_rotation.map(|at| VersionTime { at, what: "rotated", is_exact: false });
    exact.or_else(|| of_key.into_iter().chain(rotated).max_by_key(|time| time.at))
}

/// Writes the list; nothing if no key comes from a state or the tenancy.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let stored = || outcome.keys.iter().filter(|key| matches!(key.facts.id.input, InputKind::State | InputKind::Live));
    let mut known: Vec<(VersionTime, &CheckedKey)> = stored().filter_map(|key| Some((version_time(&key.facts)?, key))).collect();
    let unknown = stored().count() - known.len();
    if known.is_empty() && unknown == 0 {
        return Ok(());
    }
    known.sort_by_key(|(time, key)| (time.at, &key.facts.id));
    let unknown = if unknown > 0 { format!(" (not recorded for {})", count(unknown, "key", "keys")) } else { String::new() };
    writeln!(out, "Age of the key versions in use{unknown}{}", if known.is_empty() { "." } else { ":" })?;
    let shown = if context.verbose || known.len() <= SHOWN + 2 { known.len() } else { SHOWN };
    let width = known.first().map_or(0, |(time, _)| days(time.at, context.now).to_string().len());
    for (time, key) in known.iter().take(shown) {
        let (days, day) = (days(time.at, context.now), time.at.to_zoned(TimeZone::UTC).date());
        let unit = if days == 1 { "day" } else { "days" };
        let most = if time.is_exact { "" } else { " at most" };
        let label = key.label();
        let label = clean(&label);
        let name = key.facts.service_name().map_or_else(|| format!("`{label}`"), |name| format!("`{}` ({label})", clean(name)));
        writeln!(out, "  {days:>width$} {unit}{most} ({} on {day}): {name}", time.what)?;
    }
    if shown < known.len() {
        writeln!(out, "  … and {} with younger versions; `--verbose` lists them", count(known.len() - shown, "key", "keys"))?;
    }
    writeln!(out)
}

/// Complete days between two times; 0 if the local clock is behind the service's.
fn days(time: Timestamp, now: Timestamp) -> i64 {
    (now.duration_since(time).as_hours() / 24).max(0)
}
