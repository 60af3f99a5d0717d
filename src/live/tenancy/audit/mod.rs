//! An audit from end to end: credentials, regions, inventory, and what it took.

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
use super::transport::retry::Pace;
use super::wire::{Subscription, is_ocid};
use crate::base::{Problem, ProblemKind, count};
use crate::key::{Inventory, NotAudited, Notice};
use crate::live::permissions::Permission;
use crate::live::saved::{self, Answers};
use crate::live::{AuditRequest, AuditStep, Keeper, Progress, Retry};
use inventory::{Audit, FoundCounts};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// What no audit sees. Source: `kms_hsm_cluster_client.py` of Oracle's Python SDK; keys of a cluster are managed by its own tools.
const DEDICATED: &str = "keys in HSM clusters of Dedicated KMS are not audited: another API manages them";

/// How often what was read is saved. Writing takes time in proportion to what was read.
const SAVE_EVERY: Duration = Duration::from_secs(15);

/// Reads the keys of the tenancy. Never fails: what could not be read is among `problems` and `not_audited`. With a keeper, what was read
/// is saved as the audit goes, and at its end.
#[must_use]
pub fn audit(request: &AuditRequest, progress: &dyn Progress, keeper: Option<&dyn Keeper>) -> Inventory {
    let client = match client(request, progress, keeper.is_some()) {
        Ok(client) => client,
        Err(error) => return Inventory { problems: vec![error.into()], ..Inventory::default() },
    };
    let mut gaps = Vec::new();
    let sites = match sites(request, &client, &mut gaps) {
        Ok(sites) => sites,
        Err(error) => {
            return Inventory { problems: vec![error.into()], not_audited: gaps, log: vec![calls(&client)], ..Inventory::default() };
        }
    };
    let saver = keeper.map(|keeper| Saver { keeper, client: &client, request, sites: &sites, last: Mutex::new(Duration::ZERO) });
    let after_call = || {
        if let Some(saver) = &saver {
            saver.tick();
        }
    };
    let mut inventory =
        inventory::take(&Audit { client: &client, request, progress, after_call: &after_call, found: FoundCounts::default() }, &sites);
    inventory.not_audited.extend(gaps);
    // What ended the audit of a region is reported once, and not only next to each part that was lost by it.
    let reasons: BTreeMap<&str, &CallError> =
        sites.iter().filter_map(|site| site.halted.get().map(|fault| (fault.why.as_str(), fault))).collect();
    inventory.problems.extend(reasons.into_values().map(|fault| ended(fault, keeper.is_some())));
    order(&mut inventory);
    if let Some(saver) = &saver {
        saver.save(&inventory);
    }
    if inventory.coverage.is_some() {
        inventory.notices.push(Notice { kind: "dedicated-kms", message: DEDICATED.to_owned(), place: None });
    }
    inventory.log.insert(0, format!("credentials: {}", client.credentials.source));
    inventory.log.push(calls(&client));
    inventory
}

fn order(inventory: &mut Inventory) {
    inventory.not_audited.sort_by(|a, b| (&a.region, a.what, &a.ocid, &a.why).cmp(&(&b.region, b.what, &b.ocid, &b.why)));
    inventory.keys.sort_by(|a, b| a.id.cmp(&b.id));
}

/// Why the audit ended, and what to do.
fn ended(fault: &CallError, is_saved: bool) -> Problem {
    let problem = Problem::new(ProblemKind::Service, fault.why.as_str());
    let help = match (fault.kind, &fault.help) {
        (CallErrorKind::Over, help) => {
            let go_on = if is_saved {
                "continue with `--resume` and the saved inventory"
            } else {
                "save what was read with `--save`, to continue it with `--resume`"
            };
            Some(help.as_ref().map_or_else(|| sentence(go_on), |help| format!("{help}, or {go_on}")))
        }
        (_, help) => help.clone(),
    };
    match help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

fn sentence(clause: &str) -> String {
    let mut rest = clause.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Saves what was read so far.
struct Saver<'a> {
    keeper: &'a dyn Keeper,
    client: &'a ApiClient<'a>,
    request: &'a AuditRequest,
    sites: &'a [RegionSite],
    last: Mutex<Duration>,
}

impl Saver<'_> {
    /// Saves from time to time. The inventory so far is that of an audit which can ask nothing, and knows what was answered already.
    fn tick(&self) {
        // Where another worker saves at this moment, this one goes on with its calls and does not queue for the file.
        let Ok(mut last) = self.last.try_lock() else { return };
        if self.request.clock.elapsed().saturating_sub(*last) < SAVE_EVERY {
            return;
        }
        let why = CallError { kind: CallErrorKind::Over, why: "it was not read before the audit ended".to_owned(), help: None };
        let closed: Vec<RegionSite> = self.sites.iter().map(|site| site.closed(why.clone())).collect();
        let audit =
            Audit { client: self.client, request: self.request, progress: &Unwatched, after_call: &|| {}, found: FoundCounts::default() };
        let mut inventory = inventory::take(&audit, &closed);
        inventory.problems.push(ended(&CallError { why: "the audit did not finish".to_owned(), ..why }, true));
        order(&mut inventory);
        self.save(&inventory);
        *last = self.request.clock.elapsed();
    }

    fn save(&self, inventory: &Inventory) {
        // Not even a compartment is known: an empty inventory would pass for a tenancy without keys.
        if inventory.coverage.is_none() {
            return;
        }
        let is_complete = inventory.problems.is_empty() && inventory.not_audited.is_empty();
        let answers = if is_complete { Answers::new() } else { self.client.memo.answers() };
        // Nothing was read: whatever the file holds is worth more.
        if answers.is_empty() && !is_complete {
            return;
        }
        let taken = self.request.resume.as_ref().map_or(self.request.now, |unfinished| unfinished.taken);
        self.keeper.keep(&saved::write(inventory, taken, Some(&self.client.credentials.tenancy), answers));
    }
}

/// No one.
struct Unwatched;

impl Progress for Unwatched {
    fn step(&self, _: &AuditStep<'_>) {}
    fn retry(&self, _: &Retry<'_>) {}
    fn warn(&self, _: &str) {}
}

/// `16 requests, 14 of them retries`.
fn calls(client: &ApiClient<'_>) -> String {
    let retries = client.retries.load(Ordering::Relaxed);
    let calls = count(client.calls.load(Ordering::Relaxed), "request", "requests");
    match retries {
        0 => calls,
        1 => format!("{calls}, one of them a retry"),
        _ => format!("{calls}, {retries} of them retries"),
    }
}

fn client<'a>(request: &'a AuditRequest, progress: &'a dyn Progress, is_kept: bool) -> Result<ApiClient<'a>, LiveError> {
    // What is wrong with the arguments is known before anything is read: credentials may ask a metadata service first.
    for ocid in &request.compartments {
        if !is_ocid(ocid) || !(ocid.starts_with("ocid1.compartment.") || ocid.starts_with("ocid1.tenancy.")) {
            return Err(LiveError::NotACompartment(ocid.clone()));
        }
    }
    for region in &request.regions {
        // The tenancy is known later only, and takes no part in whether a name is valid.
        regions::resolve(request, region, "")?;
    }
    let credentials = auth::find(request, &mut |sentence| progress.warn(&sentence))?;
    if let Some(unfinished) = &request.resume
        && unfinished.tenancy != credentials.tenancy
    {
        return Err(LiveError::OtherTenancy { saved: unfinished.tenancy.clone(), ours: credentials.tenancy.clone() });
    }
    let answers = request.resume.as_ref().map(|unfinished| unfinished.answers.clone());
    let memo = if is_kept || answers.is_some() { AnswerMemo::of(answers.unwrap_or_default()) } else { AnswerMemo::default() };
    Ok(ApiClient {
        transport: Transport::new(request)?,
        credentials,
        clock: request.clock.as_ref(),
        signatures: request.signatures.as_deref(),
        progress,
        started: request.now,
        deadline: request.deadline,
        pace: Pace::new(request.rps),
        hosts: Hosts::default(),
        memo,
        is_connected: AtomicBool::new(false),
        is_troubled: AtomicBool::new(false),
        calls: AtomicUsize::new(0),
        retries: AtomicUsize::new(0),
    })
}

/// The regions: those named, those subscribed to, or the profile's.
fn sites(request: &AuditRequest, client: &ApiClient<'_>, gaps: &mut Vec<NotAudited>) -> Result<Vec<RegionSite>, LiveError> {
    let tenancy = client.credentials.tenancy.as_str();
    let own = request.regions.first().or(client.credentials.region.as_ref());
    let mut names: Vec<String> = if request.regions.is_empty() { own.into_iter().cloned().collect() } else { request.regions.clone() };
    if request.all_regions {
        let own = own.ok_or(LiveError::NoRegion)?;
        let first = site(request, regions::resolve(request, own, tenancy)?)?;
        names = subscribed(client, &first, gaps)?;
    }
    if names.is_empty() {
        return Err(LiveError::NoRegion);
    }
    let mut found: Vec<Region> = Vec::new();
    for name in &names {
        let region = regions::resolve(request, name, tenancy)?;
        if found.iter().all(|one| one.name != region.name) {
            found.push(region);
        }
    }
    found.into_iter().map(|region| site(request, region)).collect()
}

fn site(request: &AuditRequest, region: Region) -> Result<RegionSite, LiveError> {
    let endpoint = request.endpoint.as_deref();
    Ok(RegionSite {
        identity: endpoint::service(endpoint, Service::Identity, &region)?,
        vaults: endpoint::service(endpoint, Service::Vaults, &region)?,
        region,
        halted: OnceLock::new(),
    })
}

/// The regions the tenancy has subscribed to. This list has no pages.
fn subscribed(client: &ApiClient<'_>, site: &RegionSite, gaps: &mut Vec<NotAudited>) -> Result<Vec<String>, LiveError> {
    let tenancy = client.credentials.tenancy.as_str();
    let path = format!("/20160918/tenancies/{tenancy}/regionSubscriptions");
    let list: Vec<Subscription> = client.one(site, &site.identity, &path).map_err(|fault| {
        let message = fault.gap("the regions of the tenancy could not be listed", Permission::InspectTenancies, None);
        match fault.kind {
            CallErrorKind::Halted | CallErrorKind::Over => LiveError::Halted { why: fault.why, help: fault.help },
            CallErrorKind::Denied | CallErrorKind::Failed => LiveError::NoSubscriptions(message),
        }
    })?;
    let (ready, waiting): (Vec<_>, Vec<_>) =
        list.into_iter().partition(|one| one.status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case("READY")));
    gaps.extend(waiting.into_iter().map(|one| NotAudited {
        ocid: tenancy.to_owned(),
        region: one.region_name,
        what: "region",
        why: "its subscription is not ready yet".to_owned(),
    }));
    Ok(ready.into_iter().map(|one| one.region_name).collect())
}
