//! From the requests of keys to edits that all affected keys agree on.

use super::edit::{Edit, Note};
use super::layout;
use super::refusal::FixError;
use super::requests::{Action, EditSite, FixRequest, TextChange, note};
use super::text::{self, Insertion, InsertionShape};
use crate::base::{DefaultSite, Place, SourceId, Sources, Span};
use crate::key::KeyFacts;
use crate::rules::{self, Finding};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A site, and the argument or block there to change.
type Slot = (EditSite, Arc<str>);

/// The source of each path; `None` if the file was read with different texts.
type SourceIds = HashMap<PathBuf, Option<SourceId>>;

/// The keys that depend on a literal or a block.
type KeysBySite = HashMap<EditSite, Vec<usize>>;

/// The keys that depend on an argument that a module call omits, or on an attribute that an object omits.
type KeysByOmission = HashMap<Slot, Vec<usize>>;

/// How many rounds of rejected requests are allowed.
const MAX_ROUNDS: usize = 50;

/// Makes edits of the requests that no other key contradicts. A request is fulfilled completely or not at all, so rejecting one can cause
/// others to be rejected in the next round.
pub(super) fn settle(mut requests: Vec<FixRequest>, findings: &[Finding], keys: &[&KeyFacts], sources: &Sources) -> (Vec<Edit>, Vec<Note>) {
    let (keys_by_site, keys_by_omission) = (keys_by_site(keys, sources), keys_by_omission(keys, sources));
    let ids = ids(keys, sources);
    let mut notes = Vec::new();
    for round in 0.. {
        let groups = group_changes(&requests, (&keys_by_site, &keys_by_omission), &ids, sources);
        let overlapping = overlapping(&groups);
        let mut rejected: HashMap<usize, FixError> = HashMap::new();
        if round == MAX_ROUNDS {
            rejected.extend((0..requests.len()).map(|at| (at, FixError::TooManyRounds)));
        }
        for (slot, group) in &groups {
            let why = match &group.edit {
                Err(why) => why.clone(),
                Ok(_) if overlapping.contains(slot) => FixError::Overlap,
                Ok(_) => continue,
            };
            for &request in &group.requests {
                rejected.entry(request).or_insert_with(|| why.clone());
            }
        }
        if rejected.is_empty() {
            let edits = groups.into_iter().filter_map(|(slot, group)| edit(&slot, group, &requests, findings, keys, &ids)).collect();
            return (arrange(edits, sources), notes);
        }
        let mut kept = Vec::with_capacity(requests.len());
        for (at, request) in requests.into_iter().enumerate() {
            match (rejected.remove(&at), findings.get(request.finding), keys.get(request.key)) {
                (None, ..) => kept.push(request),
                (Some(why), Some(finding), Some(key)) => notes.push(note(finding, key, &why)),
                _ => {}
            }
        }
        requests = kept;
    }
    (Vec::new(), notes)
}

fn keys_by_site(keys: &[&KeyFacts], sources: &Sources) -> KeysBySite {
    let mut keys_by_site = KeysBySite::new();
    for (at, key) in keys.iter().enumerate() {
        let last = [&key.protection_mode.trail, &key.rotation.enabled.trail, &key.rotation.interval_days.trail];
        let literals = last.into_iter().filter_map(|trail| trail.last()).map(|step| &step.place);
        let blocks = key.declared.block.iter().chain(&key.rotation.block);
        for span in literals.chain(blocks).filter_map(Place::span) {
            let keys = keys_by_site.entry(EditSite::of(span, sources)).or_default();
            // Facts of one key may share a place. Keys are visited in order, so comparing with the last one is enough.
            if keys.last() != Some(&at) {
                keys.push(at);
            }
        }
    }
    keys_by_site
}

fn keys_by_omission(keys: &[&KeyFacts], sources: &Sources) -> KeysByOmission {
    let mut keys_by_omission = KeysByOmission::new();
    for (at, key) in keys.iter().enumerate() {
        let rotation = &key.rotation;
        let mode = rules::placement(key, &key.protection_mode, "protection_mode");
        let switch = rules::placement(key, &rotation.enabled, "is_auto_rotation_enabled");
        let interval = rules::placement(key, &rotation.interval_days, "rotation_interval_in_days");
        for placement in [mode, switch, interval] {
            let (place, name) = match (placement.edit, placement.call) {
                (rules::EditTarget::Argument(name), Some(block)) => (block, name),
                (rules::EditTarget::LeftOut(name), _) => (placement.at.place, name),
                _ => continue,
            };
            let Some(span) = place.span() else { continue };
            let keys = keys_by_omission.entry((EditSite::of(span, sources), name)).or_default();
            if keys.last() != Some(&at) {
                keys.push(at);
            }
        }
    }
    keys_by_omission
}

/// The sources of all places that may be edited.
fn ids(keys: &[&KeyFacts], sources: &Sources) -> SourceIds {
    let mut ids = SourceIds::new();
    for key in keys {
        let rotation = &key.rotation;
        let facts = [&key.protection_mode.trail, &rotation.enabled.trail, &rotation.interval_days.trail, &rotation.start.trail];
        let steps = facts.into_iter().flatten().map(|step| &step.place);
        let defaults = [&key.protection_mode.default, &rotation.enabled.default, &rotation.interval_days.default];
        let places = steps.chain(defaults.into_iter().flatten().map(|site| match &**site {
            DefaultSite::Literal(place) | DefaultSite::Optional(place) => place,
        }));
        let calls = key.declared.calls.iter().map(|call| &call.block);
        for span in places.chain(&key.declared.block).chain(&rotation.block).chain(calls).filter_map(Place::span) {
            let source = sources.get(span.source);
            let known = ids.entry(source.path().to_path_buf()).or_insert(Some(span.source));
            if known.is_some_and(|known| known != span.source && sources.get(known).text() != source.text()) {
                *known = None;
            }
        }
    }
    ids
}

/// The changes of a slot, the requests that they come from, and the resulting edit.
struct SlotChanges {
    requests: Vec<usize>,
    changes: Vec<TextChange>,
    edit: Result<Insertion, FixError>,
}

fn group_changes(
    requests: &[FixRequest],
    (keys_by_site, keys_by_omission): (&KeysBySite, &KeysByOmission),
    ids: &SourceIds,
    sources: &Sources,
) -> BTreeMap<Slot, SlotChanges> {
    let mut groups: BTreeMap<Slot, SlotChanges> = BTreeMap::new();
    for (at, request) in requests.iter().enumerate() {
        for change in &request.changes {
            let slot = (change.site.clone(), change.action.slot());
            let group = groups.entry(slot).or_insert_with(|| SlotChanges {
                requests: Vec::new(),
                changes: Vec::new(),
                edit: Err(FixError::Changed),
            });
            group.requests.push(at);
            group.changes.push(change.clone());
        }
    }
    for (slot, group) in &mut groups {
        let (site, name) = slot;
        let requesting: HashSet<usize> = group.requests.iter().filter_map(|&at| requests.get(at)).map(|request| request.key).collect();
        // Keys without a finding count too: an edit for one key must not take the HSM away from the key of a certificate authority.
        let all = keys_by_omission.get(slot).or_else(|| keys_by_site.get(site));
        let [first, others @ ..] = group.changes.as_slice() else { continue };
        group.edit = if others.iter().any(|other| other.action != first.action) {
            Err(FixError::Disagreement)
        } else if all.is_some_and(|all| !all.iter().all(|key| requesting.contains(key))) {
            Err(match name.is_empty() || keys_by_omission.contains_key(slot) {
                true => FixError::SharedValue,
                false => FixError::SharedBlock,
            })
        } else {
            match ids.get(&site.path).copied().flatten() {
                None => Err(FixError::Changed),
                Some(id) => {
                    let source = sources.get(id);
                    let range = site.start as usize..site.end as usize;
                    let is_json = site.path.extension().is_some_and(|extension| extension == "json");
                    insertion(source.text(), range, &first.action, is_json)
                }
            }
        };
    }
    groups
}

fn insertion(source: &str, range: std::ops::Range<usize>, action: &Action, is_json: bool) -> Result<Insertion, FixError> {
    match action {
        Action::Replace(new) => Ok(Insertion::new(range, new.clone())),
        Action::InsertArgument { name, value } => text::insert_argument(source, range, name, value, is_json),
        Action::InsertAttribute { name, value } => text::insert_attribute(source, range, name, value, is_json),
        Action::InsertInterval(days) => text::insert_argument(source, range, "rotation_interval_in_days", &days.to_string(), is_json),
        Action::InsertSchedule(days) => text::insert_schedule(source, range, *days, is_json),
        Action::InsertDefault(value) => text::insert_default(source, range, value),
    }
}

/// The edits of one key, regardless of other keys.
pub(super) fn edits_of_one_key(
    changes: Vec<TextChange>,
    rule: &'static str,
    key: &KeyFacts,
    sources: &Sources,
) -> Result<Vec<Edit>, FixError> {
    let ids = ids(&[key], sources);
    let edit = |change: TextChange| {
        let id = ids.get(&change.site.path).copied().flatten().ok_or(FixError::Changed)?;
        let is_json = change.site.path.extension().is_some_and(|extension| extension == "json");
        let range = change.site.start as usize..change.site.end as usize;
        let insertion = insertion(sources.get(id).text(), range, &change.action, is_json)?;
        let edit = Edit {
            span: Span::new(id, insertion.range),
            replacement: insertion.text,
            safety: change.safety,
            rule,
            addresses: vec![key.id.address.clone()],
            findings: Vec::new(),
            description: change.description,
        };
        Ok((edit, insertion.shape))
    };
    Ok(arrange(changes.into_iter().map(edit).collect::<Result<_, FixError>>()?, sources))
}

/// The slots whose edits overlap with an earlier one. Insertions at the same offset do not overlap.
fn overlapping(groups: &BTreeMap<Slot, SlotChanges>) -> HashSet<Slot> {
    let mut all: Vec<(&Slot, &Insertion)> = groups.iter().filter_map(|(slot, group)| Some((slot, group.edit.as_ref().ok()?))).collect();
    all.sort_by_key(|((site, _), insertion)| (&site.path, insertion.range.start, insertion.range.end));
    let mut found = HashSet::new();
    let mut reach: Option<(&Path, usize)> = None;
    for ((site, slot), insertion) in all {
        match reach {
            Some((path, end)) if path == site.path && insertion.range.start < end => {
                found.insert((site.clone(), Arc::clone(slot)));
            }
            _ => reach = Some((&site.path, insertion.range.end)),
        }
    }
    found
}

fn edit(
    (site, _): &Slot,
    group: SlotChanges,
    requests: &[FixRequest],
    findings: &[Finding],
    keys: &[&KeyFacts],
    ids: &SourceIds,
) -> Option<(Edit, InsertionShape)> {
    let insertion = group.edit.ok()?;
    // One edit may fix several findings: it is as unsafe as it is for any of them.
    let safety = group.changes.iter().map(|change| change.safety).max()?;
    let change = group.changes.iter().find(|change| change.safety == safety)?;
    let requesting: Vec<&FixRequest> = group.requests.iter().filter_map(|&at| requests.get(at)).collect();
    let mut addresses: Vec<String> =
        requesting.iter().filter_map(|request| keys.get(request.key)).map(|key| key.id.address.clone()).collect();
    addresses.sort();
    addresses.dedup();
    let fixed: Vec<&Finding> = requesting.iter().filter_map(|request| findings.get(request.finding)).collect();
    let mut fingerprints: Vec<String> = fixed.iter().map(|finding| finding.fingerprint.clone()).collect();
    fingerprints.sort();
    fingerprints.dedup();
    let edit = Edit {
        span: Span::new(ids.get(&site.path).copied().flatten()?, insertion.range),
        replacement: insertion.text,
        safety,
        rule: fixed.first()?.rule,
        addresses,
        findings: fingerprints,
        description: change.description.clone(),
    };
    Some((edit, insertion.shape))
}

/// Sorts edits by path and offset, and lays them out as a person would.
fn arrange(mut edits: Vec<(Edit, InsertionShape)>, sources: &Sources) -> Vec<Edit> {
    edits.sort_by_cached_key(|(edit, _)| order(edit, sources));
    let mut edits = layout::settle(edits);
    // The sort is stable: insertions at the same offset keep their order.
    edits.sort_by_cached_key(|edit| (sources.get(edit.span.source).path().to_path_buf(), edit.span.start, edit.span.end));
    edits
}

/// The sort key: path and offset. At the same offset, arguments come before blocks, and insertions that join the lines above come before
/// those that begin a new paragraph.
fn order(edit: &Edit, sources: &Sources) -> impl Ord + use<> {
    let is_block = edit.replacement.contains("auto_key_rotation_details");
    let is_paragraph = edit.replacement.starts_with(['\n', '\r']);
    let path = sources.get(edit.span.source).path().to_path_buf();
    (path, edit.span.start, edit.span.end, is_block, is_paragraph, edit.replacement.clone())
}
