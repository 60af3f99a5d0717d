//! The inventory: compartments, vaults, keys and the details that the rules need, in as few calls as possible.
//!
//! A key can be in another compartment than its vault, and keys can only be listed by vault *and* compartment: one call per pair. All
//! other calls are made only if a rule or a report needs their result.

use super::facts::{self, KeyReadings};
use crate::base::count;
use crate::key::{AuditCoverage, Inventory, Keys, Lifecycle, NotAudited, ProtectionMode};
use crate::live::permissions::Permission;
use crate::live::tenancy::api::{ApiClient, RegionSite, parallel_map};
use crate::live::tenancy::fault::{CallError, CallErrorKind, EndpointError};
use crate::live::tenancy::transport::endpoint::{self, BaseUrl};
use crate::live::tenancy::wire::{Compartment, KeyRecord, KeyVersionRecord, Usage, VaultRecord};
use crate::live::{AuditRequest, AuditStep, Progress};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// `NotAudited::what` of a region in which no vaults could be listed.
const LOST_REGION: &str = "region";

/// The context of all steps.
pub(super) struct Audit<'a> {
    /// Makes the calls.
    pub client: &'a ApiClient<'a>,
    /// What to audit.
    pub request: &'a AuditRequest,
    /// Receives progress and warnings.
    pub progress: &'a dyn Progress,
    /// Called after each call; saves the inventory from time to time.
    pub after_call: &'a (dyn Fn() + Sync),
    /// The counts of objects found so far.
    pub found: FoundCounts,
}

/// The counts of objects found so far, for the progress line.
#[derive(Default)]
pub(super) struct FoundCounts {
    compartments: AtomicUsize,
    vaults: AtomicUsize,
    keys: AtomicUsize,
}

/// The compartments to audit.
struct AuditScope {
    /// Compartments whose keys are checked.
    keys: Vec<String>,
    /// Whether these are all compartments of the tenancy.
    is_complete: bool,
    /// Compartments whose vaults are searched. More than `keys`, because a key can be in another compartment than its vault.
    vaults: Vec<String>,
}

/// A vault, its region and its management endpoint.
struct LocatedVault<'a> {
    site: &'a RegionSite,
    vault: VaultRecord,
    management: BaseUrl,
}

/// A key as listed, and its vault.
struct ListedKey<'a> {
    located: &'a LocatedVault<'a>,
    key: KeyRecord,
}

/// Reads the inventory of these regions.
pub(super) fn read(audit: &Audit<'_>, sites: &[RegionSite]) -> Inventory {
    let mut gaps = Vec::new();
    let Some(scope) = read_scope(audit, sites, &mut gaps) else {
        return Inventory { not_audited: gaps, ..Inventory::default() };
    };
    audit.found.compartments.store(scope.keys.len(), Ordering::Relaxed);
    let vaults = list_vaults(audit, sites, &scope, &mut gaps);
    audit.found.vaults.store(vaults.len(), Ordering::Relaxed);
    let listed = list_keys(audit, &vaults, &scope, &mut gaps);
    audit.found.keys.store(listed.len(), Ordering::Relaxed);
    let usage = read_usage(audit, &vaults, &listed, &mut gaps);
    let keys = read_details(audit, listed, &usage, &mut gaps);
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

/// The regions in which at least some vaults could be listed, and the compartments.
fn coverage(sites: &[RegionSite], scope: &AuditScope, gaps: &[NotAudited]) -> AuditCoverage {
    let is_lost = |region: &str| gaps.iter().any(|gap| gap.what == LOST_REGION && gap.region == region);
    let is_audited = |site: &&RegionSite| site.halted.get().is_none() && !is_lost(&site.region.name);
    AuditCoverage {
        regions: sites
            .iter()
            .filter(is_audited)
            .flat_map(|site| site.region.code.clone().into_iter().chain([site.region.name.clone()]))
            .collect(),
        compartments: (!scope.is_complete).then(|| scope.keys.clone()),
    }
}

impl Audit<'_> {
    /// [`parallel_map`] that reports progress.
    fn map_with_progress<T: Sync, R: Send>(&self, what: &str, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let done = AtomicUsize::new(0);
        let clock = &self.request.clock;
        let started = clock.elapsed();
        parallel_map(self.request.connections, items, |item| {
            let result = work(item);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
            self.progress.step(&AuditStep {
                what,
                done,
                total: items.len(),
                left: time_left(clock.elapsed().saturating_sub(started), done, items.len()),
                compartments: count(&self.found.compartments),
                vaults: count(&self.found.vaults),
                keys: count(&self.found.keys),
            });
            (self.after_call)();
            result
        })
    }
}

/// The estimated time for the remaining calls at the rate so far; `None` until enough time has passed for an estimate.
fn time_left(elapsed: Duration, done: usize, total: usize) -> Option<Duration> {
    const MIN_ELAPSED: Duration = Duration::from_secs(2);
    let remaining = u32::try_from(total.saturating_sub(done)).ok()?;
    (elapsed >= MIN_ELAPSED).then(|| elapsed.checked_div(u32::try_from(done).ok()?)?.checked_mul(remaining)).flatten()
}

/// Finds the compartments to audit. `None` if there is no region.
fn read_scope(audit: &Audit<'_>, sites: &[RegionSite], gaps: &mut Vec<NotAudited>) -> Option<AuditScope> {
    let site = sites.first()?;
    let tenancy = audit.client.credentials.tenancy.as_str();
    let requested = &audit.request.compartments;
    let is_entire_tenancy = requested.is_empty() || (audit.request.recursive && requested.iter().any(|ocid| ocid == tenancy));
    let (tree, fault) = list_compartments(audit, site, tenancy, is_entire_tenancy);
    let mut all: Vec<String> = vec![tenancy.to_owned()];
    all.extend(tree.iter().map(|compartment| compartment.id.clone()));
    if let Some(fault) = &fault {
        let failure = "its compartments could not be listed, so only those that were found are audited";
        let why = fault.gap_reason(failure, Permission::InspectCompartments, None);
        if is_entire_tenancy || audit.request.recursive || fault.kind != CallErrorKind::Denied {
            gaps.push(gap("tenancy", tenancy, &site.region.name, why));
        } else {
            audit.progress.warn(&format!("{why}; keys in vaults of other compartments are missing"));
        }
    }
    let keys = if is_entire_tenancy {
        all.clone()
    } else if audit.request.recursive {
        subtree(requested, &tree)
    } else {
        unique(requested.clone())
    };
    // Add the requested compartments: they are not in the tree if listing compartments is denied.
    let vaults = unique(all.into_iter().chain(keys.iter().cloned()).collect());
    Some(AuditScope { keys, is_complete: is_entire_tenancy && fault.is_none(), vaults })
}

/// Lists all active compartments of the tenancy. `ANY` includes inaccessible ones, which cannot be found in any other way, and fails
/// without a permission on the tenancy. Then the result is the accessible ones, and the error.
fn list_compartments(
    audit: &Audit<'_>,
    site: &RegionSite,
    tenancy: &str,
    is_entire_tenancy: bool,
) -> (Vec<Compartment>, Option<CallError>) {
    let list = |level| {
        let query = [("compartmentId", tenancy), ("compartmentIdInSubtree", "true"), ("accessLevel", level), ("lifecycleState", "ACTIVE")];
        audit.client.list::<Compartment>(site, &site.identity, "/20160918/compartments", &query)
    };
    let (mut tree, mut fault) = list(if is_entire_tenancy { "ANY" } else { "ACCESSIBLE" });
    if is_entire_tenancy && fault.as_ref().is_some_and(|fault| fault.kind == CallErrorKind::Denied) {
        let (visible, second_fault) = list("ACCESSIBLE");
        tree = visible;
        fault = second_fault.or(fault);
    }
    // The caller adds the root compartment, which the list does not contain. A deleted compartment has no keys.
    tree.retain(|compartment| {
        let is_active = compartment.lifecycle_state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("ACTIVE"));
        compartment.id != tenancy && is_active
    });
    (tree, fault)
}

/// The requested compartments and all compartments below them.
fn subtree(requested: &[String], tree: &[Compartment]) -> Vec<String> {
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for compartment in tree {
        children.entry(compartment.compartment_id.as_deref().unwrap_or_default()).or_default().push(&compartment.id);
    }
    let mut found: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut pending: Vec<&str> = requested.iter().rev().map(String::as_str).collect();
    while let Some(ocid) = pending.pop() {
        if seen.insert(ocid) {
            found.push(ocid.to_owned());
            pending.extend(children.get(ocid).into_iter().flatten().rev());
        }
    }
    found
}

/// Lists the usable vaults of all regions, without replicas whose primary vault is among them.
fn list_vaults<'a>(audit: &Audit<'_>, sites: &'a [RegionSite], scope: &AuditScope, gaps: &mut Vec<NotAudited>) -> Vec<LocatedVault<'a>> {
    let pairs: Vec<(&RegionSite, &String)> = sites.iter().flat_map(|site| scope.vaults.iter().map(move |ocid| (site, ocid))).collect();
    let answers = audit.map_with_progress("vaults", &pairs, |(site, ocid)| {
        audit.client.list::<VaultRecord>(site, &site.vaults, "/20180608/vaults", &[("compartmentId", ocid)])
    });
    let asked_for: BTreeSet<&str> = scope.keys.iter().map(String::as_str).collect();
    let mut found: Vec<LocatedVault<'a>> = Vec::new();
    let mut denied_outside = 0;
    let mut failed: BTreeMap<&str, Vec<(&str, CallError)>> = BTreeMap::new();
    for ((site, ocid), (list, fault)) in pairs.iter().zip(answers) {
        match fault {
            Some(fault) if fault.kind == CallErrorKind::Denied && !asked_for.contains(ocid.as_str()) => denied_outside += 1,
            Some(fault) => failed.entry(&site.region.name).or_default().push((ocid, fault)),
            None => {}
        }
        // Keep entries even if there is an error: `list` returns both if a later page failed.
        for vault in list.into_iter().filter(has_usable_keys) {
            match management_endpoint(audit, site, &vault) {
                Ok(management) => found.push(LocatedVault { site, vault, management }),
                Err(why) => gaps.push(gap("vault", &vault.id, &site.region.name, format!("its keys could not be listed: {why}"))),
            }
        }
    }
    if denied_outside > 0 {
        audit.progress.warn(&format!(
            "the vaults of {} outside of `--compartment` could not be listed; keys in them that belong to the requested compartments are missing",
            count(denied_outside, "compartment", "compartments")
        ));
    }
    for (region, faults) in failed {
        add_vault_list_gaps(audit, region, "its vaults could not be listed", scope.vaults.len(), faults, Permission::InspectVaults, gaps);
    }
    found.sort_by(|a, b| (&a.site.region.name, &a.vault.id).cmp(&(&b.site.region.name, &b.vault.id)));
    found.dedup_by(|a, b| a.site.region.name == b.site.region.name && a.vault.id == b.vault.id);
    drop_replicas(audit, found, gaps)
}

/// Adds a gap for each compartment, or a single one for the region if all its compartments fail in the same way.
fn add_vault_list_gaps(
    audit: &Audit<'_>,
    region: &str,
    failure: &str,
    asked: usize,
    faults: Vec<(&str, CallError)>,
    permission: Permission,
    gaps: &mut Vec<NotAudited>,
) {
    let is_same_kind = faults.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a.kind == b.kind));
    match faults.first() {
        Some((_, fault)) if is_same_kind && asked > 1 && faults.len() == asked => {
            let failure = format!("{failure} in any of {}", count(asked, "compartment", "compartments"));
            gaps.push(gap(LOST_REGION, &audit.client.credentials.tenancy, region, fault.gap_reason(&failure, permission, None)));
        }
        _ => {
            for (ocid, fault) in &faults {
                gaps.push(gap("compartment", ocid, region, fault.gap_reason(failure, permission, Some(ocid))));
            }
        }
    }
}

/// Whether a vault's keys can be used: not while it is being created, and not once its deletion is scheduled.
fn has_usable_keys(vault: &VaultRecord) -> bool {
    let state = vault.lifecycle_state.as_deref().unwrap_or_default().to_ascii_uppercase();
    !matches!(state.as_str(), "CREATING" | "DELETING" | "DELETED" | "PENDING_DELETION" | "SCHEDULING_DELETION")
}

fn management_endpoint(audit: &Audit<'_>, site: &RegionSite, vault: &VaultRecord) -> Result<BaseUrl, EndpointError> {
    let text = vault.management_endpoint.as_deref().ok_or(EndpointError::Missing)?;
    endpoint::management(text, &site.region, audit.request.endpoint.as_ref().map(|_| &site.vaults))
}

/// Reads whether each vault is a replica, and its wrapping key. Drops replicas whose primary is in the list.
fn drop_replicas<'a>(audit: &Audit<'_>, found: Vec<LocatedVault<'a>>, gaps: &mut Vec<NotAudited>) -> Vec<LocatedVault<'a>> {
    let answers = audit.map_with_progress("vault details", &found, |located| {
        audit.client.get::<VaultRecord>(located.site, &located.site.vaults, &format!("/20180608/vaults/{}", located.vault.id))
    });
    let mut denied: Vec<CallError> = Vec::new();
    let mut vaults: Vec<LocatedVault<'a>> = Vec::new();
    for (mut located, answer) in found.into_iter().zip(answers) {
        match answer {
            Ok(details) => {
                located.vault.is_primary = details.is_primary;
                located.vault.wrapping_key_id = details.wrapping_key_id;
            }
            Err(fault) if fault.kind == CallErrorKind::Denied => denied.push(fault),
            Err(fault) => gaps.push(vault_gap(&located, "its details could not be read", &fault, Permission::ReadVaults)),
        }
        vaults.push(located);
    }
    // A warning, not a gap: with `inspect` alone, the keys can still be checked.
    if let Some(fault) = denied.first() {
        let failure = format!(
            "the details of {} could not be read, so replicas and the number of HSM versions are not known",
            count(denied.len(), "vault", "vaults")
        );
        audit.progress.warn(&fault.gap_reason(&failure, Permission::ReadVaults, None));
    }
    // A replica has the OCID of its primary. Keep the primary if there is one, otherwise prefer an unknown vault to a replica.
    let rank = |located: &LocatedVault<'_>| located.vault.is_primary.map_or(1, |primary| if primary { 0 } else { 2 });
    vaults.sort_by(|a, b| (&a.vault.id, rank(a), &a.site.region.name).cmp(&(&b.vault.id, rank(b), &b.site.region.name)));
    vaults.dedup_by(|later, earlier| later.vault.id == earlier.vault.id);
    vaults
}

/// Lists the keys of every vault in every compartment, except wrapping keys.
fn list_keys<'a>(audit: &Audit<'_>, vaults: &'a [LocatedVault<'a>], scope: &AuditScope, gaps: &mut Vec<NotAudited>) -> Vec<ListedKey<'a>> {
    // The service lists keys by vault and compartment only: 200 compartments with 5 vaults are 1,000 calls.
    let pairs: Vec<(&LocatedVault<'a>, &String)> =
        vaults.iter().flat_map(|located| scope.keys.iter().map(move |ocid| (located, ocid))).collect();
    let answers = audit.map_with_progress("keys", &pairs, |(located, ocid)| {
        let (list, fault) = audit.client.list::<KeyRecord>(located.site, &located.management, "/20180608/keys", &[("compartmentId", ocid)]);
        audit.found.keys.fetch_add(list.len(), Ordering::Relaxed);
        (list, fault)
    });
    let mut found: BTreeMap<String, ListedKey<'a>> = BTreeMap::new();
    let mut failed: BTreeMap<(&str, &str), Vec<(&str, CallError)>> = BTreeMap::new();
    for ((located, ocid), (list, fault)) in pairs.iter().zip(answers) {
        if let Some(fault) = fault {
            failed.entry((&located.site.region.name, &located.vault.id)).or_default().push((ocid, fault));
        }
        // Every vault has an RSA wrapping key, which the service creates, cannot be rotated and is not billed.
        // Whether lists contain it is not documented.
        for key in list.into_iter().filter(|key| located.vault.wrapping_key_id.as_ref() != Some(&key.id)) {
            found.entry(key.id.clone()).or_insert(ListedKey { located, key });
        }
    }
    for ((region, vault), faults) in failed {
        match faults.as_slice() {
            [(_, fault), ..] if faults.len() == scope.keys.len() => {
                let compartment = scope.keys.first().filter(|_| scope.keys.len() == 1);
                let why = fault.gap_reason("its keys could not be listed", Permission::InspectKeys, compartment.map(String::as_str));
                gaps.push(gap("vault", vault, region, why));
            }
            _ => {
                for (ocid, fault) in &faults {
                    let failure = format!("its keys in vault {vault} could not be listed");
                    gaps.push(gap("compartment", ocid, region, fault.gap_reason(&failure, Permission::InspectKeys, Some(ocid))));
                }
            }
        }
    }
    found.into_values().collect()
}

/// Reads the counts of key versions of vaults with HSM keys, by vault.
fn read_usage(
    audit: &Audit<'_>,
    vaults: &[LocatedVault<'_>],
    listed: &[ListedKey<'_>],
    gaps: &mut Vec<NotAudited>,
) -> BTreeMap<String, Usage> {
    // Only findings about HSM keys show the counts. All callers of a tenancy share ten reads a second, so the other calls are saved.
    let hsm_vault_ids: BTreeSet<&str> =
        listed.iter().filter(|listed_key| is_hsm(&listed_key.key)).map(|listed_key| listed_key.located.vault.id.as_str()).collect();
    let hsm_vaults: Vec<&LocatedVault<'_>> = vaults.iter().filter(|located| hsm_vault_ids.contains(located.vault.id.as_str())).collect();
    let answers = audit.map_with_progress("vault usage", &hsm_vaults, |located| {
        audit.client.get::<Usage>(located.site, &located.site.vaults, &format!("/20180608/vaults/{}/usage", located.vault.id))
    });
    let mut counts = BTreeMap::new();
    for (located, answer) in hsm_vaults.into_iter().zip(answers) {
        match answer {
            Ok(usage) => drop(counts.insert(located.vault.id.clone(), usage)),
            // Needs the same permission as the vault's details, whose denial was already reported.
            Err(fault) if fault.kind == CallErrorKind::Denied => {}
            Err(fault) => gaps.push(vault_gap(located, "its HSM key versions could not be counted", &fault, Permission::ReadVaults)),
        }
    }
    counts
}

fn is_hsm(key: &KeyRecord) -> bool {
    key.protection_mode.as_deref().is_some_and(|mode| ProtectionMode::read(mode) == ProtectionMode::Hsm)
}

/// Reads the schedules and versions of the keys that need them.
fn read_details(audit: &Audit<'_>, listed: Vec<ListedKey<'_>>, usage: &BTreeMap<String, Usage>, gaps: &mut Vec<NotAudited>) -> Keys {
    let answers = audit.map_with_progress("key details", &listed, |listed_key| {
        let path = format!("/20180608/keys/{}", listed_key.key.id);
        let base = &listed_key.located.management;
        // The list has neither schedules nor versions, so these are up to two calls for each key.
        let key = needs_schedule(audit, &listed_key.key).then(|| audit.client.get::<KeyRecord>(listed_key.located.site, base, &path));
        let versions = needs_versions(audit, &listed_key.key).then(|| {
            // Newest first, so that the current version is on the first page even if an old key has many.
            let query = [("sortBy", "TIMECREATED"), ("sortOrder", "DESC")];
            let path = format!("{path}/keyVersions");
            let is_enough = |seen: &[KeyVersionRecord]| !audit.request.thorough && seen.iter().any(facts::is_usable);
            audit.client.list_until::<KeyVersionRecord>(listed_key.located.site, base, &path, &query, is_enough)
        });
        (key, versions)
    });
    let mut keys = Vec::new();
    for (listed_key, (key, versions)) in listed.into_iter().zip(answers) {
        let (site, compartment) = (listed_key.located.site, listed_key.key.compartment_id.clone());
        let mut add_gap = |failure: &str, fault: &CallError, permission| {
            let why = fault.gap_reason(failure, permission, compartment.as_deref());
            gaps.push(gap("key", &listed_key.key.id, &site.region.name, why.clone()));
            why
        };
        let (details, schedule_error) = match key {
            Some(Ok(details)) => (Some(details), None),
            Some(Err(fault)) => (None, Some(add_gap("its rotation schedule could not be read", &fault, Permission::ReadKeys))),
            None => (None, None),
        };
        let (versions, versions_error) = match versions {
            Some((versions, Some(fault))) => {
                (versions, Some(add_gap("its versions could not be listed, so its age is not known", &fault, Permission::InspectKeys)))
            }
            Some((versions, None)) => (versions, None),
            None => (Vec::new(), None),
        };
        keys.push(Box::new(facts::key_facts(&KeyReadings {
            region: &site.region.name,
            vault: &listed_key.located.vault,
            usage: usage.get(&listed_key.located.vault.id),
            listed: &listed_key.key,
            details: details.as_ref(),
            schedule_error: schedule_error.as_deref(),
            versions: &versions,
            has_incomplete_versions: versions_error.is_some(),
        })));
    }
    keys
}

/// Whether rules check the rotation of a key: OCI can rotate it, and it is neither disabled nor deleted.
fn can_rotate(key: &KeyRecord) -> bool {
    let state = Lifecycle::read(key.lifecycle_state.as_deref().unwrap_or_default());
    let is_external = key.protection_mode.as_deref().is_some_and(|mode| ProtectionMode::read(mode) == ProtectionMode::External);
    !state.is_ending() && !state.is_disabled() && !is_external
}

fn needs_schedule(audit: &Audit<'_>, key: &KeyRecord) -> bool {
    audit.request.thorough || (can_rotate(key) && key.is_auto_rotation_enabled == Some(true))
}

/// A recently created key needs no list: its versions cannot be older than the key.
fn needs_versions(audit: &Audit<'_>, key: &KeyRecord) -> bool {
    let is_fresh =
        key.time_created.is_some_and(|created| age(audit.request.now, created) < SignedDuration::from_hours(24 * audit.request.fresh_days));
    audit.request.thorough || (can_rotate(key) && !is_fresh)
}

fn age(now: Timestamp, created: Timestamp) -> SignedDuration {
    now.duration_since(created)
}

fn vault_gap(located: &LocatedVault<'_>, failure: &str, fault: &CallError, permission: Permission) -> NotAudited {
    gap("vault", &located.vault.id, &located.site.region.name, fault.gap_reason(failure, permission, None))
}

fn unique(mut list: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    list.retain(|text| seen.insert(text.clone()));
    list
}

fn gap(what: &'static str, ocid: &str, region: &str, why: String) -> NotAudited {
    NotAudited { ocid: ocid.to_owned(), region: region.to_owned(), what, why }
}
