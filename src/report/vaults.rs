//! What the HSM keys of each vault hold of key versions, and how many of them SOFTWARE keys would not count. Never a price: which
//! versions are billed depends on the tenancy's contract.

use crate::base::count;
use crate::policy::Outcome;
use crate::report;
use crate::rules::{self, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many vaults are listed without `--verbose`.
const SHOWN: usize = 10;

/// A vault with HSM keys.
#[derive(Default)]
struct VaultCount {
    /// HSM key versions, as the service counts them.
    total: Option<u64>,
    /// Keys that the rule reports.
    keys: usize,
    /// Their versions.
    versions: usize,
}

/// One note with the vaults whose HSM key versions are known; nothing where there are none.
pub(super) fn summary(outcome: &Outcome, is_verbose: bool) -> String {
    let mut vaults: BTreeMap<(&str, &str), VaultCount> = BTreeMap::new();
    let mut is_complete = true;
    for key in &outcome.keys {
        let (Some(vault), Some(region)) = (&key.facts.vault, &key.facts.region) else { continue };
        let Some(usage) = key.facts.vault_usage else { continue };
        let vault = vaults.entry((region, vault)).or_default();
        vault.total = Some(usage.hsm_versions);
        let is_reported =
            key.verdicts.iter().any(|(rule, verdict)| rule.id == rules::PROTECTION_MODE && matches!(verdict, Verdict::Violation(_)));
        if is_reported && !key.exempted {
            vault.keys += 1;
            // A key has one version at least; the versions of young keys are not asked for.
            is_complete &= !key.facts.versions.is_empty();
            vault.versions += key.facts.versions.len().max(1);
        }
    }
    let mut vaults: Vec<_> = vaults.into_iter().filter_map(|(place, vault)| Some((place, vault.total?, vault))).collect();
    vaults.retain(|(_, total, _)| *total > 0);
    if vaults.is_empty() {
        return String::new();
    }
    let versions = |number: usize| count(number, "HSM key version", "HSM key versions");
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let total = vaults.iter().fold(0_usize, |sum, (_, total, _)| sum.saturating_add(size(*total)));
    let saved: usize = vaults.iter().map(|(_, _, vault)| vault.versions).sum();
    let at_least = if is_complete || saved == 0 { "" } else { "at least " };
    let in_all = count(vaults.len(), "vault", "vaults");
    let mut text =
        format!("note: {} in {in_all}; SOFTWARE keys in place of those reported would save {at_least}{saved}\n", versions(total));
    vaults.sort_by(|(a, _, x), (b, _, y)| y.versions.cmp(&x.versions).then(a.cmp(b)));
    let shown = if is_verbose { vaults.len() } else { SHOWN };
    for ((region, ocid), total, vault) in vaults.iter().take(shown) {
        let reported = match vault.keys {
            0 => "none of them in keys that are reported".to_owned(),
            keys => format!("{at_least}{} of them in {} reported", vault.versions, count(keys, "key that is", "keys that are")),
        };
        let (ocid, region) = (report::clean(ocid), report::clean(region));
        // Writing into a text cannot fail.
        let _ = writeln!(text, "  {ocid} in {region}: {}, {reported}", versions(size(*total)));
    }
    if vaults.len() > shown {
        let _ = writeln!(text, "  … and {} more (`--verbose` lists them)", count(vaults.len() - shown, "vault", "vaults"));
    }
    text
}
