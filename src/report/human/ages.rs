//! The age of each key's version in use, for states and the live tenancy: what a rotation is measured by.

use crate::key::{InputKind, KeyFacts};
use crate::policy::{CheckedKey, Outcome};
use crate::report::context::ReportContext;
use crate::report::text::{clean, count};
use jiff::{Timestamp, tz::TimeZone};
use std::io::{self, Write};

/// How many keys are listed, those with the oldest versions; the rest is counted.
const SHOWN: usize = 10;

/// When a key's version in use was created, as far as it is recorded.
struct Made {
    at: Timestamp,
    /// What happened then: anything but the creation of the version is only the most that its age can be.
    what: &'static str,
    is_exact: bool,
}

fn made(key: &KeyFacts) -> Option<Made> {
    let exact = key.current_version_time().map(|at| Made { at, what: "created", is_exact: true });
    let of_key = key.times.created.map(|at| Made { at, what: "key created", is_exact: false });
    let rotated = key.times.last_rotation.map(|at| Made { at, what: "rotated", is_exact: false });
    exact.or_else(|| of_key.into_iter().chain(rotated).max_by_key(|made| made.at))
}

/// Writes the list; nothing where no key is in a state or in the tenancy.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let stored = || outcome.keys.iter().filter(|key| matches!(key.facts.id.input, InputKind::State | InputKind::Live));
    let mut known: Vec<(Made, &CheckedKey)> = stored().filter_map(|key| Some((made(&key.facts)?, key))).collect();
    let unknown = stored().count() - known.len();
    if known.is_empty() && unknown == 0 {
        return Ok(());
    }
    known.sort_by_key(|(made, key)| (made.at, &key.facts.id));
    let unknown = if unknown > 0 { format!(" (not recorded for {})", count(unknown, "key", "keys")) } else { String::new() };
    writeln!(out, "Age of the key versions in use{unknown}{}", if known.is_empty() { "." } else { ":" })?;
    let shown = if context.verbose || known.len() <= SHOWN + 2 { known.len() } else { SHOWN };
    let width = known.first().map_or(0, |(made, _)| days(made.at, context.now).to_string().len());
    for (made, key) in known.iter().take(shown) {
        let (days, day) = (days(made.at, context.now), made.at.to_zoned(TimeZone::UTC).date());
        let unit = if days == 1 { "day" } else { "days" };
        let most = if made.is_exact { "" } else { " at most" };
        let label = key.label();
        let label = clean(&label);
        let name = key.facts.service_name().map_or_else(|| format!("`{label}`"), |name| format!("`{}` ({label})", clean(name)));
        writeln!(out, "  {days:>width$} {unit}{most} ({} on {day}): {name}", made.what)?;
    }
    if shown < known.len() {
        writeln!(out, "  … and {} with younger versions; `--verbose` lists them", count(known.len() - shown, "key", "keys"))?;
    }
    writeln!(out)
}

/// Whole days from a time to another; a clock that is slow makes nothing younger than new.
fn days(made: Timestamp, now: Timestamp) -> i64 {
    (now.duration_since(made).as_hours() / 24).max(0)
}
