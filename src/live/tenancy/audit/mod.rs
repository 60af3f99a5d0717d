//! An audit from end to end: credentials, regions, inventory, and what it took.

mod facts;
mod inventory;

#[cfg(any(test, fuzzing))]
pub use facts::{Seen, key_facts};

use super::api::{Client, Site};
use super::auth;
use super::fault::{CallErrorKind, LiveError};
use super::transport::endpoint::{self, Service};
use super::transport::http::Transport;
use super::transport::regions::{self, Region};
use super::transport::retry::Pace;
use super::wire::Subscription;
use crate::base::{Problem, ProblemKind};
use crate::key::{Inventory, NotAudited};
use crate::live::permissions::Permission;
use crate::live::{Progress, Request};
use inventory::Audit;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reads the keys of the tenancy. Never fails: what could not be read is among `problems` and `not_audited`.
#[must_use]
pub fn audit(request: &Request, progress: &dyn Progress) -> Inventory {
    let client = match client(request, progress) {
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
    let mut inventory = inventory::take(&Audit { client: &client, request, progress }, &sites);
    inventory.not_audited.extend(gaps);
    // What ended the audit of a region is said once, and not only beside each part that was lost by it.
    let reasons: BTreeSet<&str> = sites.iter().filter_map(|site| Some(site.halted.get()?.why.as_str())).collect();
    inventory.problems.extend(reasons.into_iter().map(|why| Problem::new(ProblemKind::Service, why)));
    inventory.not_audited.sort_by(|a, b| (&a.region, a.what, &a.ocid, &a.why).cmp(&(&b.region, b.what, &b.ocid, &b.why)));
    inventory.keys.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.log.insert(0, format!("credentials: {}", client.credentials.source));
    inventory.log.push(calls(&client));
    inventory
}

fn calls(client: &Client<'_>) -> String {
    let retries = client.retries.load(Ordering::Relaxed);
    let calls = client.calls.load(Ordering::Relaxed);
    if retries == 0 { format!("{calls} calls") } else { format!("{calls} calls, {retries} of them further attempts") }
}

fn client<'a>(request: &'a Request, progress: &dyn Progress) -> Result<Client<'a>, LiveError> {
    let credentials = auth::find(request, &mut |sentence| progress.warn(&sentence))?;
    for ocid in &request.compartments {
        if !ocid.starts_with("ocid1.compartment.") && !ocid.starts_with("ocid1.tenancy.") {
            return Err(LiveError::NotACompartment(ocid.clone()));
        }
    }
    Ok(Client {
        transport: Transport::new(request)?,
        credentials,
        clock: request.clock.as_ref(),
        started: request.now,
        deadline: request.deadline,
        pace: Pace::new(request.rps),
        calls: AtomicUsize::new(0),
        retries: AtomicUsize::new(0),
    })
}

/// The regions: those named, those subscribed to, or the profile's.
fn sites(request: &Request, client: &Client<'_>, gaps: &mut Vec<NotAudited>) -> Result<Vec<Site>, LiveError> {
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

fn site(request: &Request, region: Region) -> Result<Site, LiveError> {
    let endpoint = request.endpoint.as_deref();
    Ok(Site {
        identity: endpoint::service(endpoint, Service::Identity, &region)?,
        vaults: endpoint::service(endpoint, Service::Vaults, &region)?,
        region,
        halted: OnceLock::new(),
    })
}

/// The regions the tenancy has subscribed to. This list has no pages.
fn subscribed(client: &Client<'_>, site: &Site, gaps: &mut Vec<NotAudited>) -> Result<Vec<String>, LiveError> {
    let tenancy = client.credentials.tenancy.as_str();
    let path = format!("/20160918/tenancies/{tenancy}/regionSubscriptions");
    let list: Vec<Subscription> = client.one(site, &site.identity, &path).map_err(|fault| {
        let message = fault.gap("the regions of the tenancy could not be listed", Permission::InspectTenancies, None);
        if fault.kind == CallErrorKind::Halted { LiveError::Halted(fault.why) } else { LiveError::NoSubscriptions(message) }
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
