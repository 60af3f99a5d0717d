//! What other resources do with keys: versions, schedules that make the next one, certificate authorities.

use super::facts::place;
use super::items::Item;
use super::resolve::{Resolver, means};
use super::times;
use super::values::Cell;
use crate::base::{Address, Step};
use crate::key::{CaUse, Fate, KeyFacts, KeyVersion, Schedule, ScheduleForm};
use std::sync::Arc;

/// A month counts 31 days and a year 366, unless the limit is a year.
const UNITS: [(&str, f64, i64); 5] = [
    ("rotation_minutes", 1.0 / 1440.0, 0),
    ("rotation_hours", 1.0 / 24.0, 0),
    ("rotation_days", 1.0, 0),
    ("rotation_months", 31.0, 1),
    ("rotation_years", 366.0, 12),
];

/// How often a `time_rotating` rotates.
struct Period {
    days: f64,
    months: Option<i64>,
}

impl Period {
    /// The smallest period counts if several are set.
    fn of(item: &Item) -> Option<Self> {
        let periods = UNITS.iter().filter_map(|&(name, days, months)| {
            let Cell::Value { node, .. } = item.values.cell(&[name]) else { return None };
            let super::node::Value::Number(number) = &node.value else { return None };
            let number: f64 = number.parse().ok().filter(|&number| number > 0.0)?;
            #[expect(clippy::cast_possible_truncation, reason = "a number of months; beyond the range it saturates")]
            let months = (months > 0).then_some((number as i64).saturating_mul(months));
            Some(Self { days: number * days, months })
        });
        periods.min_by(|a, b| a.days.total_cmp(&b.days))
    }

    fn is_within(&self, limit: i64) -> bool {
        match self.months {
            Some(months) if limit == 365 => months <= 12,
            #[expect(clippy::cast_precision_loss, reason = "a number of days")]
            _ => self.days <= limit as f64,
        }
    }
}

/// Relates versions, schedules and authorities to the keys. `current`: the OCID of the version in use of each key. `limit`: the
/// longest time between rotations that counts, in days.
pub(super) fn relate(
    file: &Arc<str>,
    keys: &mut [KeyFacts],
    current: &[Option<String>],
    items: &[Item],
    resolver: Option<&Resolver>,
    limit: i64,
) {
    let staying = |item: &&Item| item.fate != Fate::Delete;
    let rotating: Vec<(&Item, Period)> = items
        .iter()
        .filter(staying)
        .filter(|item| item.is_managed("time_rotating"))
        .filter_map(|item| Some((item, Period::of(item)?)))
        .collect();
    let may_schedule = rotating.iter().find(|(_, period)| period.is_within(limit));
    for item in items.iter().filter(staying).filter(|item| item.is_managed("oci_kms_key_version")) {
        let (users, sure) = users(keys, item, "key_id", resolver);
        for index in users {
            let Some(key) = keys.get_mut(index) else { continue };
            if let (Some((driver, _)), Some(_)) = (may_schedule, resolver) {
                key.schedules_unsure.get_or_insert_with(|| {
                    format!(
                        "`{}` may be made anew by `{}`: a plan does not hold `replace_triggered_by`; give the sources with `--source`",
                        item.address, driver.address
                    )
                });
            }
            if sure {
                key.schedules.extend(resolver.iter().flat_map(|resolver| schedules(file, item, &rotating, resolver)));
                key.versions.push(version(file, item, current.get(index).and_then(Option::as_deref)));
            }
        }
    }
    for item in items.iter().filter(staying).filter(|item| item.is_managed("oci_certificates_management_certificate_authority")) {
        let (users, sure) = users(keys, item, "kms_key_id", resolver);
        for index in users.into_iter().filter(|_| sure) {
            let Some(key) = keys.get_mut(index) else { continue };
            key.authorities.push(CaUse { id: item.address.clone(), place: Some(place(file, &item.pointer, item.spot)) });
        }
    }
    for key in keys {
        key.times.current_version =
            key.versions.iter().find(|version| version.is_current == Some(true)).and_then(|version| version.time_created);
        // A schedule that is sure leaves nothing to ask.
        if !key.schedules.is_empty() {
            key.schedules_unsure = None;
        }
    }
}

/// The keys that an argument of a resource means, and whether it is sure that it means each of them.
fn users(keys: &[KeyFacts], item: &Item, argument: &str, resolver: Option<&Resolver>) -> (Vec<usize>, bool) {
    if let Some(id) = item.values.text(&[argument]) {
        return (positions(keys, |key| key.ocid.as_deref() == Some(id)), true);
    }
    let Some(reach) = resolver.and_then(|resolver| resolver.reach(item, argument, "oci_kms_key")) else { return (Vec::new(), false) };
    let is_meant = |address: &Address| reach.found.iter().any(|reference| !reference.data && means(reference, address));
    let mut found = positions(keys, |key| key.address.as_ref().is_some_and(is_meant));
    if reach.blocked.is_some() {
        // It may be any key that is not there yet.
        return (positions(keys, |key| key.ocid.is_none() && key.fate != Fate::Delete), false);
    }
    if found.len() > 1 && reach.by_own_key {
        // `oci_kms_key.k[each.key]`: the instance of the same key.
        let own = |address: &Address| item.parsed.as_ref().is_some_and(|item| item.key == address.key && item.modules == address.modules);
        let same: Vec<usize> =
            found.iter().copied().filter(|&index| keys.get(index).and_then(|key| key.address.as_ref()).is_some_and(own)).collect();
        if same.len() == 1 {
            found = same;
        }
    }
    let sure = found.len() == 1;
    (found, sure)
}

fn positions(keys: &[KeyFacts], wanted: impl Fn(&KeyFacts) -> bool) -> Vec<usize> {
    keys.iter().enumerate().filter(|(_, key)| wanted(key)).map(|(index, _)| index).collect()
}

fn version(file: &Arc<str>, item: &Item, current: Option<&str>) -> KeyVersion {
    let id = item.values.text(&["key_version_id"]);
    let flag = |name: &str| match item.values.cell(&[name]) {
        Cell::Value { node, .. } => Some(node.is_true()),
        _ => None,
    };
    KeyVersion {
        id: item.address.clone(),
        place: Some(place(file, &item.pointer, item.spot)),
        time_created: item.values.text(&["time_created"]).and_then(times::read),
        is_current: id.zip(current).map(|(id, current)| id == current),
        is_auto_rotated: flag("is_auto_rotated"),
    }
}

/// Schedules that the plan does show: a version whose number of instances or argument comes from a `time_rotating`.
fn schedules(file: &Arc<str>, item: &Item, rotating: &[(&Item, Period)], resolver: &Resolver) -> Vec<Schedule> {
    let mut found = Vec::new();
    for (reach, replaces) in resolver.reach_of_schedule(item, "time_rotating") {
        for (driver, period) in rotating {
            if !driver.parsed.as_ref().is_some_and(|address| reach.found.iter().any(|reference| means(reference, address))) {
                continue;
            }
            found.push(Schedule {
                period_days: Some(period.days),
                period_months: period.months,
                form: if replaces { ScheduleForm::Replacing } else { ScheduleForm::Accumulating },
                driver: driver.address.clone(),
                trail: vec![
                    Step::new(place(file, &item.pointer, item.spot), format!("`{}` makes the next version", item.address)),
                    Step::new(place(file, &driver.pointer, driver.spot), format!("`{}` drives it", driver.address)),
                ],
            });
        }
    }
    found
}
