//! What keys want → edits that all keys concerned agree on.

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

/// A site and the thing there that is to change.
type Slot = (EditSite, Arc<str>);

/// A source for each path; nothing for paths whose file was read with different texts.
type Ids = HashMap<PathBuf, Option<SourceId>>;

/// Which keys a literal or a block decides about.
type Touching = HashMap<EditSite, Vec<usize>>;

/// Which keys an argument decides about that a call leaves out, or an attribute that an object leaves out.
type Leaving = HashMap<Slot, Vec<usize>>;

/// How often what falls may take others along.
const MOST_ROUNDS: usize = 50;

/// Makes edits of the requests that no one contradicts. A request is met completely or not at all, so one that falls may take others along.
pub(super) fn settle(mut requests: Vec<FixRequest>, findings: &[Finding], keys: &[&KeyFacts], sources: &Sources) -> (Vec<Edit>, Vec<Note>) {
    let (touching, leaving) = (touching(keys, sources), leaving(keys, sources));
    let ids = ids(keys, sources);
    let mut notes = Vec::new();
    for round in 0.. {
        let made = make(&requests, (&touching, &leaving), &ids, sources);
        let overlapping = overlapping(&made);
        let mut fallen: HashMap<usize, FixError> = HashMap::new();
        if round == MOST_ROUNDS {
            fallen.extend((0..requests.len()).map(|at| (at, FixError::TooManyRounds)));
        }
        for (slot, group) in &made {
            let why = match &group.edit {
                Err(why) => why.clone(),
                Ok(_) if overlapping.contains(slot) => FixError::Overlap,
                Ok(_) => continue,
            };
            for &request in &group.requests {
                fallen.entry(request).or_insert_with(|| why.clone());
            }
        }
        if fallen.is_empty() {
            let edits = made.into_iter().filter_map(|(slot, group)| edit(&slot, group, &requests, findings, keys, &ids)).collect();
            return (arranged(edits, sources), notes);
        }
        let mut kept = Vec::with_capacity(requests.len());
        for (at, request) in requests.into_iter().enumerate() {
            match (fallen.remove(&at), findings.get(request.finding), keys.get(request.key)) {
                (None, ..) => kept.push(request),
                (Some(why), Some(finding), Some(key)) => notes.push(note(finding, key, &why)),
                _ => {}
            }
        }
        requests = kept;
    }
    (Vec::new(), notes)
}

fn touching(keys: &[&KeyFacts], sources: &Sources) -> Touching {
    let mut touching = Touching::new();
    for (at, key) in keys.iter().enumerate() {
        let last = [&key.protection_mode.trail, &key.rotation.enabled.trail, &key.rotation.interval_days.trail];
        let literals = last.into_iter().filter_map(|trail| trail.last()).map(|step| &step.place);
        let blocks = key.declared.block.iter().chain(&key.rotation.block);
        for span in literals.chain(blocks).filter_map(Place::span) {
            let keys = touching.entry(EditSite::of(span, sources)).or_default();
            // Facts of one key may share a place. Keys come in order, so that a look at the last one is enough.
            if keys.last() != Some(&at) {
                keys.push(at);
            }
        }
    }
    touching
}

fn leaving(keys: &[&KeyFacts], sources: &Sources) -> Leaving {
    let mut leaving = Leaving::new();
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
            let keys = leaving.entry((EditSite::of(span, sources), name)).or_default();
            if keys.last() != Some(&at) {
                keys.push(at);
            }
        }
    }
    leaving
}

/// The sources of all places that may be edited.
fn ids(keys: &[&KeyFacts], sources: &Sources) -> Ids {
    let mut ids = Ids::new();
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

/// What is to happen at a slot, and who wants it.
struct SlotChanges {
    requests: Vec<usize>,
    changes: Vec<TextChange>,
    edit: Result<Insertion, FixError>,
}

fn make(requests: &[FixRequest], (touching, leaving): (&Touching, &Leaving), ids: &Ids, sources: &Sources) -> BTreeMap<Slot, SlotChanges> {
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
        let wanting: HashSet<usize> = group.requests.iter().filter_map(|&at| requests.get(at)).map(|request| request.key).collect();
        // Keys without a finding count, too: an edit for one key must not take the HSM from the key of a certificate authority.
        let all = leaving.get(slot).or_else(|| touching.get(site));
        let [first, others @ ..] = group.changes.as_slice() else { continue };
        group.edit = if others.iter().any(|other| other.action != first.action) {
            Err(FixError::Disagreement)
        } else if all.is_some_and(|all| !all.iter().all(|key| wanting.contains(key))) {
            Err(match name.is_empty() || leaving.contains_key(slot) {
                true => FixError::SharedValue,
                false => FixError::SharedBlock,
            })
        } else {
            match ids.get(&site.path).copied().flatten() {
                None => Err(FixError::Changed),
                Some(id) => {
                    let source = sources.get(id);
                    let range = site.start as usize..site.end as usize;
                    let json = site.path.extension().is_some_and(|extension| extension == "json");
                    realise(source.text(), range, &first.action, json)
                }
            }
        };
    }
    groups
}

fn realise(source: &str, range: std::ops::Range<usize>, action: &Action, json: bool) -> Result<Insertion, FixError> {
    match action {
        Action::Replace(new) => Ok(Insertion::new(range, new.clone())),
        Action::InsertArgument { name, value } => text::argument(source, range, name, value, json),
        Action::InsertAttribute { name, value } => text::attribute(source, range, name, value, json),
        Action::InsertInterval(days) => text::argument(source, range, "rotation_interval_in_days", &days.to_string(), json),
        Action::InsertSchedule(days) => text::schedule(source, range, *days, json),
        Action::InsertDefault(value) => text::optional(source, range, value),
    }
}

/// The edits of one key alone.
pub(super) fn alone(changes: Vec<TextChange>, rule: &'static str, key: &KeyFacts, sources: &Sources) -> Result<Vec<Edit>, FixError> {
    let ids = ids(&[key], sources);
    let one = |change: TextChange| {
        let id = ids.get(&change.site.path).copied().flatten().ok_or(FixError::Changed)?;
        let json = change.site.path.extension().is_some_and(|extension| extension == "json");
        let range = change.site.start as usize..change.site.end as usize;
        let insertion = realise(sources.get(id).text(), range, &change.action, json)?;
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
    Ok(arranged(changes.into_iter().map(one).collect::<Result<_, FixError>>()?, sources))
}

/// The slots whose edits overlap with one before them. Insertions at one offset follow each other.
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
    ids: &Ids,
) -> Option<(Edit, InsertionShape)> {
    let insertion = group.edit.ok()?;
    // One edit may serve several findings: it can do the harm that it can do for any of them.
    let safety = group.changes.iter().map(|change| change.safety).max()?;
    let change = group.changes.iter().find(|change| change.safety == safety)?;
    let wanting: Vec<&FixRequest> = group.requests.iter().filter_map(|&at| requests.get(at)).collect();
    let mut addresses: Vec<String> = wanting.iter().filter_map(|request| keys.get(request.key)).map(|key| key.id.address.clone()).collect();
    addresses.sort();
    addresses.dedup();
    let mended: Vec<&Finding> = wanting.iter().filter_map(|request| findings.get(request.finding)).collect();
    let mut fingerprints: Vec<String> = mended.iter().map(|finding| finding.fingerprint.clone()).collect();
    fingerprints.sort();
    fingerprints.dedup();
    let edit = Edit {
        span: Span::new(ids.get(&site.path).copied().flatten()?, insertion.range),
        replacement: insertion.text,
        safety,
        rule: mended.first()?.rule,
        addresses,
        findings: fingerprints,
        description: change.description.clone(),
    };
    Some((edit, insertion.shape))
}

/// By path and offset, and as a person would lay them out.
fn arranged(mut edits: Vec<(Edit, InsertionShape)>, sources: &Sources) -> Vec<Edit> {
    edits.sort_by_cached_key(|(edit, _)| order(edit, sources));
    let mut edits = layout::settle(edits);
    // What is inserted at one offset stays in its order.
    edits.sort_by_cached_key(|edit| (sources.get(edit.span.source).path().to_path_buf(), edit.span.start, edit.span.end));
    edits
}

/// By path and offset. At one offset what joins the lines above comes before what begins a new paragraph, and arguments before blocks.
fn order(edit: &Edit, sources: &Sources) -> impl Ord + use<> {
    let is_block = edit.replacement.contains("auto_key_rotation_details");
    let is_paragraph = edit.replacement.starts_with(['\n', '\r']);
    let path = sources.get(edit.span.source).path().to_path_buf();
    (path, edit.span.start, edit.span.end, is_block, is_paragraph, edit.replacement.clone())
}
