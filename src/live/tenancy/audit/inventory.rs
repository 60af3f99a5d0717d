//! The inventory: compartments, vaults, keys and what else of them the rules need, in the least number of calls.
//!
//! Keys live in other compartments than their vault, and can only be listed by vault *and* compartment: one call per pair. Everything
//! else is asked only where a rule or the report needs it.

use super::facts::{self, KeyReadings};
use crate::base::count;
use crate::key::{AuditCoverage, Inventory, Keys, Lifecycle, NotAudited, ProtectionMode};
use crate::live::permissions::Permission;
use crate::live::tenancy::api::{ApiClient, RegionSite, each};
use crate::live::tenancy::fault::{CallError, CallErrorKind, EndpointError};
use crate::live::tenancy::transport::endpoint::{self, Base};
use crate::live::tenancy::wire::{Compartment, KeyRecord, KeyVersionRecord, Usage, VaultRecord};
use crate::live::{AuditRequest, AuditStep, Progress};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What is not audited where no vault of a region could be listed.
const LOST_REGION: &str = "region";

/// What every phase needs.
pub(super) struct Audit<'a> {
    /// Who calls.
    pub client: &'a ApiClient<'a>,
    /// What is wanted.
    pub request: &'a AuditRequest,
    /// Who watches.
    pub progress: &'a dyn Progress,
    /// Is informed after each call; saves what was read now and then.
    pub after_call: &'a (dyn Fn() + Sync),
    /// What was found so far.
    pub found: FoundCounts,
}

/// What was found so far, for people who wait.
#[derive(Default)]
pub(super) struct FoundCounts {
    compartments: AtomicUsize,
    vaults: AtomicUsize,
    keys: AtomicUsize,
}

/// Where to look.
struct AuditScope {
    /// Compartments whose keys are checked.
    keys: Vec<String>,
    /// Whether these are all there are.
    whole: bool,
    /// Compartments whose vaults are looked into: keys live in other compartments than their vault.
    vaults: Vec<String>,
}

/// A vault.
struct VaultAt<'a> {
    site: &'a RegionSite,
    vault: VaultRecord,
    management: Base,
}

/// A key as listed, with the vault it was listed in.
struct ListedKey<'a> {
    at: &'a VaultAt<'a>,
    key: KeyRecord,
}

/// Reads everything in these regions.
pub(super) fn take(audit: &Audit<'_>, sites: &[RegionSite]) -> Inventory {
    let mut gaps = Vec::new();
    let Some(scope) = scope(audit, sites, &mut gaps) else {
        return Inventory { not_audited: gaps, ..Inventory::default() };
    };
    audit.found.compartments.store(scope.keys.len(), Ordering::Relaxed);
    let vaults = vaults(audit, sites, &scope, &mut gaps);
    audit.found.vaults.store(vaults.len(), Ordering::Relaxed);
    let listed = keys(audit, &vaults, &scope, &mut gaps);
    audit.found.keys.store(listed.len(), Ordering::Relaxed);
    let usage = usage(audit, &vaults, &listed, &mut gaps);
    let keys = details(audit, listed, &usage, &mut gaps);
    let log = vec![format!(
        "{}, {} and {} in {}",
        count(scope.keys.len(), "compartment", "compartments"),
        count(vaults.len(), "vault", "vaults"),
        count(keys.len(), "key", "keys"),
        sites.iter().map(|site| site.region.name.as_str()).collect::<Vec<_>>().join(", ")
    )];
    let coverage = Some(coverage(sites, &scope, &gaps));
    Inventory { keys, not_audited: gaps, coverage, log, ..Inventory::default() }
}

/// The regions that could be looked into at all, and the compartments.
fn coverage(sites: &[RegionSite], scope: &AuditScope, gaps: &[NotAudited]) -> AuditCoverage {
    let lost = |region: &str| gaps.iter().any(|gap| gap.what == LOST_REGION && gap.region == region);
    let looked_into = |site: &&RegionSite| site.halted.get().is_none() && !lost(&site.region.name);
    AuditCoverage {
        regions: sites
            .iter()
            .filter(looked_into)
            .flat_map(|site| site.region.code.clone().into_iter().chain([site.region.name.clone()]))
            .collect(),
        compartments: (!scope.whole).then(|| scope.keys.clone()),
    }
}

impl Audit<'_> {
    /// `each` with progress.
    fn each<T: Sync, R: Send>(&self, what: &str, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let done = AtomicUsize::new(0);
        let clock = &self.request.clock;
        let begun = clock.elapsed();
        each(self.request.connections, items, |item| {
            let result = work(item);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
            self.progress.step(&AuditStep {
                what,
                done,
                total: items.len(),
                left: left(clock.elapsed().saturating_sub(begun), done, items.len()),
                compartments: count(&self.found.compartments),
                vaults: count(&self.found.vaults),
                keys: count(&self.found.keys),
            });
            (self.after_call)();
            result
        })
    }
}

/// How long the rest will take at the rate so far; nothing before there is a rate to speak of.
fn left(elapsed: Duration, done: usize, total: usize) -> Option<Duration> {
    const ENOUGH: Duration = Duration::from_secs(2);
    let rest = u32::try_from(total.saturating_sub(done)).ok()?;
    (elapsed >= ENOUGH).then(|| elapsed.checked_div(u32::try_from(done).ok()?)?.checked_mul(rest)).flatten()
}

/// The compartments. `None` where not even one is known.
fn scope(audit: &Audit<'_>, sites: &[RegionSite], gaps: &mut Vec<NotAudited>) -> Option<AuditScope> {
    let site = sites.first()?;
    let tenancy = audit.client.credentials.tenancy.as_str();
    let wanted = &audit.request.compartments;
    let whole = wanted.is_empty() || (audit.request.recursive && wanted.iter().any(|ocid| ocid == tenancy));
    let (tree, fault) = compartments(audit, site, tenancy, whole);
    let mut all: Vec<String> = vec![tenancy.to_owned()];
    all.extend(tree.iter().map(|one| one.id.clone()));
    if let Some(fault) = &fault {
        let doing = "its compartments could not be listed, only those that were seen are audited";
        let why = fault.gap(doing, Permission::InspectCompartments, None);
        if whole || audit.request.recursive || fault.kind != CallErrorKind::Denied {
            gaps.push(gap("tenancy", tenancy, &site.region.name, why));
        } else {
            audit.progress.warn(&format!("{why}; keys in vaults of other compartments are not seen"));
        }
    }
    let keys = if whole {
        all.clone()
    } else if audit.request.recursive {
        below(wanted, &tree)
    } else {
        unique(wanted.clone())
    };
    // Those asked for are added: they are not in the tree where the list of compartments is denied.
    let vaults = unique(all.into_iter().chain(keys.iter().cloned()).collect());
    Some(AuditScope { keys, whole: whole && fault.is_none(), vaults })
}

/// Every active compartment below the tenancy. Those we may not see cannot be asked for one by one, so the list must be whole: `ANY`
/// demands that. Where that is denied, those we may see, and the denial.
fn compartments(audit: &Audit<'_>, site: &RegionSite, tenancy: &str, whole: bool) -> (Vec<Compartment>, Option<CallError>) {
    let list = |level| {
        let query = [("compartmentId", tenancy), ("compartmentIdInSubtree", "true"), ("accessLevel", level), ("lifecycleState", "ACTIVE")];
        audit.client.list::<Compartment>(site, &site.identity, "/20160918/compartments", &query)
    };
    let (mut tree, mut fault) = list(if whole { "ANY" } else { "ACCESSIBLE" });
    if whole && fault.as_ref().is_some_and(|fault| fault.kind == CallErrorKind::Denied) {
        let (visible, second) = list("ACCESSIBLE");
        tree = visible;
        fault = second.or(fault);
    }
    // The root is not among them, and is added by hand; a deleted compartment has no keys.
    tree.retain(|one| one.id != tenancy && one.lifecycle_state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("ACTIVE")));
    (tree, fault)
}

/// The wanted compartments and all that are below them.
fn below(wanted: &[String], tree: &[Compartment]) -> Vec<String> {
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in tree {
        children.entry(one.compartment_id.as_deref().unwrap_or_default()).or_default().push(&one.id);
    }
    let mut found: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = wanted.iter().rev().map(String::as_str).collect();
    while let Some(ocid) = open.pop() {
        if seen.insert(ocid) {
            found.push(ocid.to_owned());
            open.extend(children.get(ocid).into_iter().flatten().rev());
        }
    }
    found
}

/// The vaults that are there for use, in every region, replicas left out where the primary is in sight.
fn vaults<'a>(audit: &Audit<'_>, sites: &'a [RegionSite], scope: &AuditScope, gaps: &mut Vec<NotAudited>) -> Vec<VaultAt<'a>> {
    let pairs: Vec<(&RegionSite, &String)> = sites.iter().flat_map(|site| scope.vaults.iter().map(move |ocid| (site, ocid))).collect();
    let answers = audit.each("vaults", &pairs, |(site, ocid)| {
        audit.client.list::<VaultRecord>(site, &site.vaults, "/20180608/vaults", &[("compartmentId", ocid)])
    });
    let asked_for: BTreeSet<&str> = scope.keys.iter().map(String::as_str).collect();
    let mut found: Vec<VaultAt<'a>> = Vec::new();
    let mut outside = 0;
    let mut failed: BTreeMap<&str, Vec<(&str, CallError)>> = BTreeMap::new();
    for ((site, ocid), (list, fault)) in pairs.iter().zip(answers) {
        match fault {
            Some(fault) if fault.kind == CallErrorKind::Denied && !asked_for.contains(ocid.as_str()) => outside += 1,
            Some(fault) => failed.entry(&site.region.name).or_default().push((ocid, fault)),
            None => {}
        }
        // What was read before a fault counts: `list` has entries next to a fault where a later page failed.
        for vault in list.into_iter().filter(in_use) {
            match reachable(audit, site, &vault) {
                Ok(management) => found.push(VaultAt { site, vault, management }),
                Err(why) => gaps.push(gap("vault", &vault.id, &site.region.name, format!("its keys could not be listed: {why}"))),
            }
        }
    }
    if outside > 0 {
        audit.progress.warn(&format!(
            "the vaults of {} outside of `--compartment` could not be listed; keys in them that belong to the compartments asked for are not seen",
            count(outside, "compartment", "compartments")
        ));
    }
    for (region, faults) in failed {
        merge(audit, region, "its vaults could not be listed", scope.vaults.len(), faults, Permission::InspectVaults, gaps);
    }
    found.sort_by(|a, b| (&a.site.region.name, &a.vault.id).cmp(&(&b.site.region.name, &b.vault.id)));
    found.dedup_by(|a, b| a.site.region.name == b.site.region.name && a.vault.id == b.vault.id);
    primaries(audit, found, gaps)
}

/// One gap for each compartment, or one for the region where every compartment fails in the same way.
fn merge(
    audit: &Audit<'_>,
    region: &str,
    doing: &str,
    asked: usize,
    faults: Vec<(&str, CallError)>,
    permission: Permission,
    gaps: &mut Vec<NotAudited>,
) {
    let alike = faults.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a.kind == b.kind));
    match faults.first() {
        Some((_, fault)) if alike && asked > 1 && faults.len() == asked => {
            let doing = format!("{doing} in any of {}", count(asked, "compartment", "compartments"));
            gaps.push(gap(LOST_REGION, &audit.client.credentials.tenancy, region, fault.gap(&doing, permission, None)));
        }
        _ => {
            for (ocid, fault) in &faults {
                gaps.push(gap("compartment", ocid, region, fault.gap(doing, permission, Some(ocid))));
            }
        }
    }
}

/// Whether a vault's keys exist: not one that is being made, and not one that is going or gone.
fn in_use(vault: &VaultRecord) -> bool {
    let state = vault.lifecycle_state.as_deref().unwrap_or_default().to_ascii_uppercase();
    !matches!(state.as_str(), "CREATING" | "DELETING" | "DELETED" | "PENDING_DELETION" | "SCHEDULING_DELETION")
}

fn reachable(audit: &Audit<'_>, site: &RegionSite, vault: &VaultRecord) -> Result<Base, EndpointError> {
    let text = vault.management_endpoint.as_deref().ok_or(EndpointError::Unnamed)?;
    endpoint::management(text, &site.region, audit.request.endpoint.as_ref().map(|_| &site.vaults))
}

/// Asks each vault whether it is a replica and which its wrapping key is, and drops replicas whose primary is in sight.
fn primaries<'a>(audit: &Audit<'_>, found: Vec<VaultAt<'a>>, gaps: &mut Vec<NotAudited>) -> Vec<VaultAt<'a>> {
    let answers = audit.each("vault details", &found, |at| {
        audit.client.one::<VaultRecord>(at.site, &at.site.vaults, &format!("/20180608/vaults/{}", at.vault.id))
    });
    let mut denied: Vec<CallError> = Vec::new();
    let mut vaults: Vec<VaultAt<'a>> = Vec::new();
    for (mut at, answer) in found.into_iter().zip(answers) {
        match answer {
            Ok(details) => {
                at.vault.is_primary = details.is_primary;
                at.vault.wrapping_key_id = details.wrapping_key_id;
            }
            Err(fault) if fault.kind == CallErrorKind::Denied => denied.push(fault),
            Err(fault) => gaps.push(vault_gap(&at, "its details could not be read", &fault, Permission::ReadVaults)),
        }
        vaults.push(at);
    }
    // With `inspect` alone the keys can still be checked: this takes nothing away but the count and the names of replicas.
    if let Some(fault) = denied.first() {
        let doing = format!(
            "the details of {} could not be read, so replicas and the number of HSM versions are not known",
            count(denied.len(), "vault", "vaults")
        );
        audit.progress.warn(&fault.gap(&doing, Permission::ReadVaults, None));
    }
    // A replica has its primary's OCID. The primary comes first, then one of which nothing is known.
    let rank = |at: &VaultAt<'_>| at.vault.is_primary.map_or(1, |primary| if primary { 0 } else { 2 });
    vaults.sort_by(|a, b| (&a.vault.id, rank(a), &a.site.region.name).cmp(&(&b.vault.id, rank(b), &b.site.region.name)));
    vaults.dedup_by(|later, earlier| later.vault.id == earlier.vault.id);
    vaults
}

/// The keys of every vault in every compartment.
fn keys<'a>(audit: &Audit<'_>, vaults: &'a [VaultAt<'a>], scope: &AuditScope, gaps: &mut Vec<NotAudited>) -> Vec<ListedKey<'a>> {
    // The service lists keys by vault and compartment only: 200 compartments with 5 vaults are 1,000 calls.
    let pairs: Vec<(&VaultAt<'a>, &String)> = vaults.iter().flat_map(|at| scope.keys.iter().map(move |ocid| (at, ocid))).collect();
    let answers = audit.each("keys", &pairs, |(at, ocid)| {
        let (list, fault) = audit.client.list::<KeyRecord>(at.site, &at.management, "/20180608/keys", &[("compartmentId", ocid)]);
        audit.found.keys.fetch_add(list.len(), Ordering::Relaxed);
        (list, fault)
    });
    let mut found: BTreeMap<String, ListedKey<'a>> = BTreeMap::new();
    let mut failed: BTreeMap<(&str, &str), Vec<(&str, CallError)>> = BTreeMap::new();
    for ((at, ocid), (list, fault)) in pairs.iter().zip(answers) {
        if let Some(fault) = fault {
            failed.entry((&at.site.region.name, &at.vault.id)).or_default().push((ocid, fault));
        }
        // Every vault has an RSA wrapping key that the service made, which cannot be rotated and is not billed.
        // Whether lists contain it is not documented.
        for key in list.into_iter().filter(|key| at.vault.wrapping_key_id.as_ref() != Some(&key.id)) {
            found.entry(key.id.clone()).or_insert(ListedKey { at, key });
        }
    }
    for ((region, vault), faults) in failed {
        match faults.as_slice() {
            [(_, fault), ..] if faults.len() == scope.keys.len() => {
                let compartment = scope.keys.first().filter(|_| scope.keys.len() == 1);
                let why = fault.gap("its keys could not be listed", Permission::InspectKeys, compartment.map(String::as_str));
                gaps.push(gap("vault", vault, region, why));
            }
            _ => {
                for (ocid, fault) in &faults {
                    let doing = format!("its keys in vault {vault} could not be listed");
                    gaps.push(gap("compartment", ocid, region, fault.gap(&doing, Permission::InspectKeys, Some(ocid))));
                }
            }
        }
    }
    found.into_values().collect()
}

/// The counts of versions of vaults with HSM keys, by vault.
fn usage(audit: &Audit<'_>, vaults: &[VaultAt<'_>], listed: &[ListedKey<'_>], gaps: &mut Vec<NotAudited>) -> BTreeMap<String, Usage> {
    // Only a finding about an HSM key shows the count: the service answers ten reads a second for everyone in the tenancy.
    let with_hsm: BTreeSet<&str> = listed.iter().filter(|one| is_hsm(&one.key)).map(|one| one.at.vault.id.as_str()).collect();
    let wanted: Vec<&VaultAt<'_>> = vaults.iter().filter(|at| with_hsm.contains(at.vault.id.as_str())).collect();
    let answers = audit.each("vault usage", &wanted, |at| {
        audit.client.one::<Usage>(at.site, &at.site.vaults, &format!("/20180608/vaults/{}/usage", at.vault.id))
    });
    let mut counts = BTreeMap::new();
    for (at, answer) in wanted.into_iter().zip(answers) {
        match answer {
            Ok(usage) => drop(counts.insert(at.vault.id.clone(), usage)),
            // The same permission as for the details, and their denial was reported.
            Err(fault) if fault.kind == CallErrorKind::Denied => {}
            Err(fault) => gaps.push(vault_gap(at, "its HSM key versions could not be counted", &fault, Permission::ReadVaults)),
        }
    }
    counts
}

fn is_hsm(key: &KeyRecord) -> bool {
    key.protection_mode.as_deref().is_some_and(|mode| ProtectionMode::read(mode) == ProtectionMode::Hsm)
}

/// Schedules and versions of the keys that need them.
fn details(audit: &Audit<'_>, listed: Vec<ListedKey<'_>>, usage: &BTreeMap<String, Usage>, gaps: &mut Vec<NotAudited>) -> Keys {
    let answers = audit.each("key details", &listed, |one| {
        let path = format!("/20180608/keys/{}", one.key.id);
        let base = &one.at.management;
        // A list has no schedule and no versions: these are up to two calls for each key.
        let key = needs_schedule(audit, &one.key).then(|| audit.client.one::<KeyRecord>(one.at.site, base, &path));
        let versions = needs_versions(audit, &one.key).then(|| {
            // Newest first: the version in use is on the first page then, whatever number of them an old key has.
            let query = [("sortBy", "TIMECREATED"), ("sortOrder", "DESC")];
            let path = format!("{path}/keyVersions");
            let enough = |seen: &[KeyVersionRecord]| !audit.request.thorough && seen.iter().any(facts::is_usable);
            audit.client.list_until::<KeyVersionRecord>(one.at.site, base, &path, &query, enough)
        });
        (key, versions)
    });
    let mut keys = Vec::new();
    for (one, (key, versions)) in listed.into_iter().zip(answers) {
        let (site, compartment) = (one.at.site, one.key.compartment_id.clone());
        let mut missed = |doing: &str, fault: &CallError, permission| {
            let why = fault.gap(doing, permission, compartment.as_deref());
            gaps.push(gap("key", &one.key.id, &site.region.name, why.clone()));
            why
        };
        let (details, no_schedule) = match key {
            Some(Ok(details)) => (Some(details), None),
            Some(Err(fault)) => (None, Some(missed("its rotation schedule could not be read", &fault, Permission::ReadKeys))),
            None => (None, None),
        };
        let (versions, no_versions) = match versions {
            Some((versions, Some(fault))) => {
                (versions, Some(missed("its versions could not be listed, so its age is not known", &fault, Permission::InspectKeys)))
            }
            Some((versions, None)) => (versions, None),
            None => (Vec::new(), None),
        };
        keys.push(Box::new(facts::key_facts(&KeyReadings {
            region: &site.region.name,
            vault: &one.at.vault,
            usage: usage.get(&one.at.vault.id),
            listed: &one.key,
            details: details.as_ref(),
            no_schedule: no_schedule.as_deref(),
            versions: &versions,
            no_versions: no_versions.is_some(),
        })));
    }
    keys
}

/// Whether a rule will look at the rotation of a key: it can be rotated, and here.
fn rotates(key: &KeyRecord) -> bool {
    let state = Lifecycle::read(key.lifecycle_state.as_deref().unwrap_or_default());
    let external = key.protection_mode.as_deref().is_some_and(|mode| ProtectionMode::read(mode) == ProtectionMode::External);
    !state.is_ending() && !state.is_disabled() && !external
}

fn needs_schedule(audit: &Audit<'_>, key: &KeyRecord) -> bool {
    audit.request.thorough || (rotates(key) && key.is_auto_rotation_enabled == Some(true))
}

/// A key that is young itself has a young version.
fn needs_versions(audit: &Audit<'_>, key: &KeyRecord) -> bool {
    let fresh =
        key.time_created.is_some_and(|created| age(audit.request.now, created) < SignedDuration::from_hours(24 * audit.request.fresh_days));
    audit.request.thorough || (rotates(key) && !fresh)
}

fn age(now: Timestamp, created: Timestamp) -> SignedDuration {
    now.duration_since(created)
}

fn vault_gap(at: &VaultAt<'_>, doing: &str, fault: &CallError, permission: Permission) -> NotAudited {
    gap("vault", &at.vault.id, &at.site.region.name, fault.gap(doing, permission, None))
}

fn unique(mut list: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    list.retain(|one| seen.insert(one.clone()));
    list
}

fn gap(what: &'static str, ocid: &str, region: &str, why: String) -> NotAudited {
    NotAudited { ocid: ocid.to_owned(), region: region.to_owned(), what, why }
}
