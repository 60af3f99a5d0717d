//! Counts the HSM key versions in each vault of a tenancy, and how many of them SOFTWARE keys would save. Without prices: which versions
//! are billed depends on the tenancy's contract.

use super::text::{clean, count};
use crate::policy::Outcome;
use crate::rules::{self, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many vaults are listed without `--verbose`.
const SHOWN: usize = 10;

/// A vault with HSM key versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct HsmVault<'a> {
    /// Its region.
    pub region: &'a str,
    /// Its OCID.
    pub vault: &'a str,
    /// Its HSM key versions, counted by the service.
    pub total: u64,
    /// How many of its keys the rule reports.
    pub keys: usize,
    /// How many versions these keys have.
    pub versions: usize,
    /// Whether `versions` is a lower bound: the audit does not list the versions of young keys.
    pub is_at_least: bool,
}

impl HsmVault<'_> {
    /// What SOFTWARE keys would save: `12 in 3 keys`, `at least 12 in 3 keys`, `none`.
    pub(super) fn saving(&self) -> String {
        match self.keys {
            0 => "none".to_owned(),
            keys => format!("{}{} in {}", at_least(self.is_at_least), self.versions, count(keys, "key", "keys")),
        }
    }
}

/// The totals of several vaults.
pub(super) struct HsmTotal {
    /// HSM key versions.
    pub total: u64,
    /// How many SOFTWARE keys would save: `12`, `at least 12`.
    pub saving: String,
}

/// The vaults with HSM key versions. Those where SOFTWARE keys save the most come first.
pub(super) fn hsm_vaults(outcome: &Outcome) -> Vec<HsmVault<'_>> {
    let mut vaults: BTreeMap<(&str, &str), HsmVault<'_>> = BTreeMap::new();
    for key in &outcome.keys {
        let facts = &*key.facts;
        let (Some(vault), Some(region), Some(usage)) = (&facts.vault, &facts.region, facts.vault_usage) else { continue };
        if usage.hsm_versions == 0 {
            continue;
        }
        let new = HsmVault { region, vault, total: usage.hsm_versions, keys: 0, versions: 0, is_at_least: false };
        let vault = vaults.entry((region, vault)).or_insert(new);
        let is_reported =
            key.verdicts.iter().any(|(rule, verdict)| rule.id == rules::PROTECTION_MODE && matches!(verdict, Verdict::Violation(_)));
        if is_reported && !key.exempted {
            vault.keys += 1;
            // Every key has at least one version.
            vault.is_at_least |= facts.versions.is_empty();
            vault.versions += facts.versions.len().max(1);
        }
    }
    let mut vaults: Vec<_> = vaults.into_values().collect();
    // The vaults are in the order of the map already, and the sort is stable.
    vaults.sort_by_key(|vault| std::cmp::Reverse(vault.versions));
    vaults
}

/// The totals of these vaults.
pub(super) fn sum(vaults: &[HsmVault<'_>]) -> HsmTotal {
    let saved: usize = vaults.iter().map(|vault| vault.versions).sum();
    let is_at_least = vaults.iter().any(|vault| vault.is_at_least);
    let total = vaults.iter().fold(0_u64, |sum, vault| sum.saturating_add(vault.total));
    HsmTotal { total, saving: format!("{}{saved}", at_least(is_at_least)) }
}

fn at_least(is_at_least: bool) -> &'static str {
    if is_at_least { "at least " } else { "" }
}

/// `1 HSM key version`.
pub(super) fn versions(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "HSM key version", "HSM key versions")
}

/// A note with the vaults; empty if there are none.
pub(crate) fn hsm_note(outcome: &Outcome, is_verbose: bool) -> String {
    let vaults = hsm_vaults(outcome);
    if vaults.is_empty() {
        return String::new();
    }
    let HsmTotal { total, saving } = sum(&vaults);
    let in_all = count(vaults.len(), "vault", "vaults");
    let mut text = format!("note: {} in {in_all}; SOFTWARE keys in place of those reported would save {saving}\n", versions(total));
    let shown = if is_verbose { vaults.len() } else { SHOWN };
    for vault in vaults.iter().take(shown) {
        let reported = match vault.keys {
            0 => "none of them in keys that are reported".to_owned(),
            keys => {
                let (at_least, keys) = (at_least(vault.is_at_least), count(keys, "key that is", "keys that are"));
                format!("{at_least}{} of them in {keys} reported", vault.versions)
            }
        };
        // Writing into a `String` cannot fail.
        let _ = writeln!(text, "  {} in {}: {}, {reported}", clean(vault.vault), clean(vault.region), versions(vault.total));
    }
    if vaults.len() > shown {
        let _ = writeln!(text, "  … and {} more (`--verbose` lists them)", count(vaults.len() - shown, "vault", "vaults"));
    }
    text
}
