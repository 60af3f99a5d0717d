//! An audit from start to end: credentials, regions, inventory, and the number of requests.

mod facts;
mod inventory;

#[cfg(any(test, fuzzing))]
pub(crate) use facts::{KeyReadings, key_facts};

use super::api::{ApiClient, RegionSite};
use super::auth;
use super::fault::{CallError, CallErrorKind, LiveError};
use super::memo::AnswerMemo;
use super::transport::circuit::Hosts;
use super::transport::endpoint::{self, Service};
use super::transport::http::Transport;
use super::transport::regions::{self, Region};
use super::transport::retry::RateLimiter;
use super::wire::{Subscription, is_ocid};
use crate::base::{Problem, ProblemKind, count};
use crate::key::{Inventory, NotAudited, Notice};
use crate::live::permissions::Permission;
use crate::live::saved::{self, Answers};
use crate::live::{AuditRequest, AuditStep, InventorySink, Progress, Retry};
use inventory::{Audit, FoundCounts};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// The limit of every audit. Source: `kms_hsm_cluster_client.py` of Oracle's Python SDK; an HSM cluster has its own tools for its keys.
const DEDICATED_KMS: &str = "keys in HSM clusters of Dedicated KMS are not audited: another API manages them";

/// How often the inventory is saved. Not after each call, because each save writes the complete inventory.
const SAVE_EVERY: Duration = Duration::from_secs(15);

/// Reads the keys of the tenancy. Never fails: `problems` and `not_audited` of the inventory list what could not be read. With a sink, the
/// inventory is saved during the audit and at its end.
#[must_use]
pub fn audit(request: &AuditRequest, progress: &dyn Progress, sink: Option<&dyn InventorySink>) -> Inventory {
    let client = match build_client(request, progress, sink.is_some()) {
        Ok(client) => client,
        Err(error) => return Inventory { problems: vec![error.into()], ..Inventory::default() },
    };
    let mut gaps = Vec::new();
    let sites = match region_sites(request, &client, &mut gaps) {
        Ok(sites) => sites,
        Err(error) => {
            return Inventory {
                problems: vec![error.into()],
                not_audited: gaps,
                log: vec![request_summary(&client)],
                ..Inventory::default()
            };
        }
    };
    let saver = sink.map(|sink| Saver { sink, client: &client, request, sites: &sites, last_save: Mutex::new(Duration::ZERO) });
    let after_call = || {
        if let Some(saver) = &saver {
            saver.save_if_due();
        }
    };
    let mut inventory =
        inventory::read(&Audit { client: &client, request, progress, after_call: &after_call, found: FoundCounts::default() }, &sites);
    inventory.not_audited.extend(gaps);
    // Report once what ended the audit of a region, and not only in each gap that it caused.
    let reasons: BTreeMap<&str, &CallError> =
        sites.iter().filter_map(|site| site.halted.get().map(|fault| (fault.why.as_str(), fault))).collect();
    inventory.problems.extend(reasons.into_values().map(|fault| end_problem(fault, sink.is_some())));
    sort(&mut inventory);
    if let Some(saver) = &saver {
        saver.save(&inventory);
    }
    if inventory.coverage.is_some() {
        inventory.notices.push(Notice { kind: "dedicated-kms", message: DEDICATED_KMS.to_owned(), place: None });
    }
    inventory.log.insert(0, format!("credentials: {}", client.credentials.source));
    inventory.log.push(request_summary(&client));
    inventory
}

fn sort(inventory: &mut Inventory) {
    inventory.not_audited.sort_by(|a, b| (&a.region, a.what, &a.ocid, &a.why).cmp(&(&b.region, b.what, &b.ocid, &b.why)));
    inventory.keys.sort_by(|a, b| a.id.cmp(&b.id));
}

/// The problem that reports why the audit ended, and what to do.
fn end_problem(fault: &CallError, is_saved: bool) -> Problem {
    let problem = Problem::new(ProblemKind::Service, fault.why.as_str());
    let help = match (fault.kind, &fault.help) {
        (CallErrorKind::Interrupted, help) => {
            let advice = if is_saved {
                "continue with `--resume` and the saved inventory"
            } else {
                "save what was read with `--save`, to continue it with `--resume`"
            };
            Some(help.as_ref().map_or_else(|| capitalize(advice), |help| format!("{help}, or {advice}")))
        }
        (_, help) => help.clone(),
    };
    match help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

fn capitalize(clause: &str) -> String {
    let mut rest = clause.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Saves the inventory during the audit.
struct Saver<'a> {
    sink: &'a dyn InventorySink,
    client: &'a ApiClient<'a>,
    request: &'a AuditRequest,
    sites: &'a [RegionSite],
    last_save: Mutex<Duration>,
}

impl Saver<'_> {
    /// Saves if the last save was long enough ago. The inventory so far is the result of an audit that makes no calls and only uses the
    /// answers in the memo.
    fn save_if_due(&self) {
        // If another worker is saving, continue with the calls instead of waiting for it.
        let Ok(mut last_save) = self.last_save.try_lock() else { return };
        if self.request.clock.elapsed().saturating_sub(*last_save) < SAVE_EVERY {
            return;
        }
        let why = CallError { kind: CallErrorKind::Interrupted, why: "it was not read before the audit ended".to_owned(), help: None };
        let closed: Vec<RegionSite> = self.sites.iter().map(|site| site.closed(why.clone())).collect();
        let audit =
            Audit { client: self.client, request: self.request, progress: &NoProgress, after_call: &|| {}, found: FoundCounts::default() };
        let mut inventory = inventory::read(&audit, &closed);
        inventory.problems.push(end_problem(&CallError { why: "the audit did not finish".to_owned(), ..why }, true));
        sort(&mut inventory);
        self.save(&inventory);
        *last_save = self.request.clock.elapsed();
    }

    fn save(&self, inventory: &Inventory) {
        // Without coverage no compartment is known: an empty inventory would look like a tenancy without keys.
        if inventory.coverage.is_none() {
            return;
        }
        let is_complete = inventory.problems.is_empty() && inventory.not_audited.is_empty();
        let answers = if is_complete { Answers::new() } else { self.client.memo.answers() };
        // Nothing was read, so keep the file of an earlier audit.
        if answers.is_empty() && !is_complete {
            return;
        }
        let taken = self.request.resume.as_ref().map_or(self.request.now, |unfinished| unfinished.taken);
        self.sink.replace(&saved::write(inventory, taken, Some(&self.client.credentials.tenancy), answers));
    }
}

/// Ignores progress.
struct NoProgress;

impl Progress for NoProgress {
    fn step(&self, _: &AuditStep<'_>) {}
    fn retry(&self, _: &Retry<'_>) {}
    fn warn(&self, _: &str) {}
}

/// The number of requests: `16 requests, 14 of them retries`.
fn request_summary(client: &ApiClient<'_>) -> String {
    let retries = client.retries.load(Ordering::Relaxed);
    let calls = count(client.calls.load(Ordering::Relaxed), "request", "requests");
    match retries {
        0 => calls,
        1 => format!("{calls}, one of them a retry"),
        _ => format!("{calls}, {retries} of them retries"),
    }
}

fn build_client<'a>(request: &'a AuditRequest, progress: &'a dyn Progress, is_saving: bool) -> Result<ApiClient<'a>, LiveError> {
    // Check the arguments before anything is read: finding credentials can already call a metadata service.
    for ocid in &request.compartments {
        if !is_ocid(ocid) || !(ocid.starts_with("ocid1.compartment.") || ocid.starts_with("ocid1.tenancy.")) {
            return Err(LiveError::NotACompartment(ocid.clone()));
        }
    }
    for region in &request.regions {
        // The tenancy is not known yet, but only the domain depends on it, not whether the name is valid.
        regions::resolve(request, region, "")?;
    }
    let credentials = auth::find(request, &mut |sentence| progress.warn(&sentence))?;
    if let Some(unfinished) = &request.resume
        && unfinished.tenancy != credentials.tenancy
    {
        return Err(LiveError::OtherTenancy { saved: unfinished.tenancy.clone(), ours: credentials.tenancy.clone() });
    }
    let answers = request.resume.as_ref().map(|unfinished| unfinished.answers.clone());
    let memo = if is_saving || answers.is_some() { AnswerMemo::with_answers(answers.unwrap_or_default()) } else { AnswerMemo::default() };
    Ok(ApiClient {
        transport: Transport::new(request)?,
        credentials,
        clock: request.clock.as_ref(),
        test_signer: request.test_signer,
        progress,
        started: request.now,
        deadline: request.deadline,
        rate_limiter: RateLimiter::new(request.rps),
        hosts: Hosts::default(),
        memo,
        is_connected: AtomicBool::new(false),
        has_retried: AtomicBool::new(false),
        calls: AtomicUsize::new(0),
        retries: AtomicUsize::new(0),
    })
}

/// The regions to audit: the given ones, all subscribed ones, or the profile's.
fn region_sites(request: &AuditRequest, client: &ApiClient<'_>, gaps: &mut Vec<NotAudited>) -> Result<Vec<RegionSite>, LiveError> {
    let tenancy = client.credentials.tenancy.as_str();
    let default_region = request.regions.first().or(client.credentials.region.as_ref());
    let mut names: Vec<String> =
        if request.regions.is_empty() { default_region.into_iter().cloned().collect() } else { request.regions.clone() };
    if request.all_regions {
        let default_region = default_region.ok_or(LiveError::NoRegion)?;
        let first = region_site(request, regions::resolve(request, default_region, tenancy)?)?;
        names = read_subscribed_regions(client, &first, gaps)?;
    }
    if names.is_empty() {
        return Err(LiveError::NoRegion);
    }
    let mut found: Vec<Region> = Vec::new();
    for name in &names {
        let region = regions::resolve(request, name, tenancy)?;
        if found.iter().all(|known| known.name != region.name) {
            found.push(region);
        }
    }
    found.into_iter().map(|region| region_site(request, region)).collect()
}

fn region_site(request: &AuditRequest, region: Region) -> Result<RegionSite, LiveError> {
    let endpoint = request.endpoint.as_deref();
    Ok(RegionSite {
        identity: endpoint::service(endpoint, Service::Identity, &region)?,
        vaults: endpoint::service(endpoint, Service::Vaults, &region)?,
        region,
        halted: OnceLock::new(),
    })
}

/// Reads the regions that the tenancy is subscribed to. This list has no pages.
fn read_subscribed_regions(client: &ApiClient<'_>, site: &RegionSite, gaps: &mut Vec<NotAudited>) -> Result<Vec<String>, LiveError> {
    let tenancy = client.credentials.tenancy.as_str();
    let path = format!("/20160918/tenancies/{tenancy}/regionSubscriptions");
    let list: Vec<Subscription> = client.get(site, &site.identity, &path).map_err(|fault| {
        let message = fault.gap_reason("the regions of the tenancy could not be listed", Permission::InspectTenancies, None);
        match fault.kind {
            CallErrorKind::Halted | CallErrorKind::Interrupted => LiveError::Halted { why: fault.why, help: fault.help },
            CallErrorKind::Denied | CallErrorKind::Failed => LiveError::NoSubscriptions(message),
        }
    })?;
    let (ready, pending): (Vec<_>, Vec<_>) =
        list.into_iter().partition(|subscription| subscription.status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case("READY")));
    gaps.extend(pending.into_iter().map(|subscription| NotAudited {
        ocid: tenancy.to_owned(),
        region: subscription.region_name,
        what: "region",
        why: "its subscription is not ready yet".to_owned(),
    }));
    Ok(ready.into_iter().map(|subscription| subscription.region_name).collect())
}
