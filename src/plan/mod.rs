//! Plans and states of Terraform and OpenTofu, of any size, read in one pass into the facts of keys.
//!
//! `feed` reads ahead, `scan` steps through the text and skips what does not matter. `walk` and `document` know the shape of plans
//! and states and keep the entries that are related to keys; `configuration` keeps the plan's record of the configuration. After the
//! document is read, `items` turns all entries into one type, `facts` reads a key, `resolve` consults the configuration, and
//! `vaults` and `relations` connect keys with other resources.

mod bits;
mod configuration;
mod document;
mod drift;
mod facts;
mod feed;
mod items;
mod named;
mod node;
mod recognize;
mod reference;
mod refusal;
mod relations;
mod resolve;
mod scan;
mod schedule;
mod times;
mod unpack;
mod values;
mod vaults;
mod walk;

pub use recognize::{Recognized, recognize};
pub(crate) use refusal::UnsupportedDocument;
pub use unpack::open;

use crate::base::{Place, Problem, ProblemKind};
use crate::key::{InputKind, Inventory, Keys, ListedResources, NotRead, NotReadKind, OldProvider, PlannedAction, kinds};
use configuration::GivenConstant;
use document::{PlanDocument, ResourceEntry};
use facts::PlanFactReader;
use feed::Feed;
use items::DocumentResource;
use resolve::Resolver;
use scan::{PlanScanner, ScanError, ScanErrorKind};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::sync::Arc;
use vaults::Vaults;

const KEY: &str = kinds::KEY;

/// The options of [`read`].
#[derive(Clone, Copy)]
pub struct PlanOptions<'o> {
    /// `max-rotation-days`: a `time_rotating` with a longer period does not count as rotation.
    pub max_rotation_days: i64,
    /// Called after each block with the number of bytes read so far.
    pub progress: Option<&'o dyn Fn(u64)>,
}

impl Default for PlanOptions<'_> {
    fn default() -> Self {
        Self { max_rotation_days: 365, progress: None }
    }
}

impl fmt::Debug for PlanOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanOptions").field("max_rotation_days", &self.max_rotation_days).finish_non_exhaustive()
    }
}

/// The contents of a plan or a state.
#[derive(Debug, Default)]
pub struct Contents {
    /// The keys, and the problems.
    pub inventory: Inventory,
    /// The values of the root module's variables that a plan records, as JSON; `None` for one that is too large to keep. A state
    /// records none.
    pub variables: Option<BTreeMap<String, Option<Arc<str>>>>,
    /// The other resources that it lists.
    pub listed: ListedResources,
}

/// Reads a plan or a state; `file` is its path as users know it. Parts that cannot be read become problems, and the keys before
/// them are still read.
pub fn read(file: &str, input: impl Read + Send, options: &PlanOptions) -> Contents {
    let file: Arc<str> = file.into();
    let mut document = PlanDocument::default();
    let outcome = std::thread::scope(|scope| {
        let mut scanner = PlanScanner::new(Feed::start(input, options.progress, scope));
        document::read(&mut scanner, &mut document)
    });
    let mut contents = Contents { inventory: Inventory { files: 1, ..Inventory::default() }, ..Contents::default() };
    let inventory = &mut contents.inventory;
    let unsupported = unsupported(&document, outcome.is_ok()).map(|problem| problem.at(Place::File(Arc::clone(&file))));
    match (unsupported, outcome) {
        // What kind of document this is explains more than the position of a syntax error.
        (Some(problem), _) => {
            inventory.problems.push(problem);
            return contents;
        }
        (None, Err(error)) => inventory.problems.push(scan_problem(&file, &error)),
        (None, Ok(())) => inventory.problems.extend(incomplete(&document).map(|problem| problem.at(Place::File(Arc::clone(&file))))),
    }
    if is_plan(&document) {
        read_plan(&file, document, options, &mut contents);
    } else {
        inventory.not_read.extend(empty_state(&file, &document));
        let (stored, others) = split_keys(document.stored.into_iter());
        let (raw, raw_others) = split_keys(document.raw.into_iter());
        let found = stored.into_iter().filter_map(items::read_stored).chain(raw.into_iter().flat_map(items::read_raw));
        let others: Vec<DocumentResource> =
            others.into_iter().filter_map(items::read_stored).chain(raw_others.into_iter().flat_map(items::read_raw)).collect();
        let source = KeySource { file: &file, input: InputKind::State, resolver: None, options };
        read_keys(&source, found, &others, &[], &mut contents);
    }
    contents
}

/// Reports that a state is empty: `terraform show -json` prints an empty state if the name of the plan file was forgotten.
fn empty_state(file: &str, document: &PlanDocument) -> Option<NotRead> {
    let is_empty = document.format_version.is_some() && !document.keys.contains("values");
    is_empty.then(|| NotRead {
        path: file.to_owned(),
        kind: NotReadKind::State,
        why: "it is empty; to check a plan, name it: `terraform show -json PLANFILE`".to_owned(),
        may_hide_keys: true,
    })
}

fn read_plan(file: &Arc<str>, document: PlanDocument, options: &PlanOptions, contents: &mut Contents) {
    let PlanDocument { variables, configuration, changes, drift, deferred, prior, keys: names, .. } = document;
    let resolver = Resolver::new(file, configuration.as_ref(), &variables);
    let source = KeySource { file, input: InputKind::Plan, resolver: Some(&resolver), options };
    let (prior_keys, prior) = split_keys(prior.into_iter());
    let prior: Vec<DocumentResource> = prior.into_iter().filter_map(items::read_stored).collect();
    let is_refresh_only = !names.contains("resource_changes");
    if is_refresh_only && (!prior.is_empty() || !prior_keys.is_empty()) {
        // A refresh-only plan lists no changes: everything stays as it is in the refreshed state.
        read_keys(&source, prior_keys.into_iter().filter_map(items::read_stored), &prior, &[], contents);
    } else {
        // Each key in the plan has a change, if only a `no-op`; its entry in the prior state would be a duplicate.
        drop(prior_keys);
        let (planned, others) = split_keys(changes.into_iter().chain(deferred));
        let others: Vec<DocumentResource> = others.into_iter().filter_map(items::read_change).collect();
        read_keys(&source, planned.into_iter().filter_map(items::read_change), &others, &prior, contents);
    }
    let constraints = configuration.as_ref().map(|root| root.constraints.as_slice()).unwrap_or_default();
    let old = constraints
        .iter()
        .find_map(|(text, pointer, position)| OldProvider::read(text, false, position.place(file, pointer)))
        .map(Arc::new);
    contents.inventory.keys.iter_mut().for_each(|key| key.old_provider.clone_from(&old));
    drift::add_notes(file, drift.into_iter().filter_map(drift::read), &mut contents.inventory.keys);
    contents.variables = Some(variables.into_iter().filter_map(variable_json).collect());
}

/// A variable's value as JSON.
fn variable_json((name, given): (String, GivenConstant)) -> Option<(String, Option<Arc<str>>)> {
    let value = match given {
        GivenConstant::Nothing => return None,
        GivenConstant::Null => Some("null".into()),
        GivenConstant::Value(node) => node.map(|node| {
            let mut text = String::new();
            node.write(&mut text);
            text.into()
        }),
    };
    Some((name, value))
}

/// The document that keys are read from.
struct KeySource<'a> {
    file: &'a Arc<str>,
    input: InputKind,
    resolver: Option<&'a Resolver<'a>>,
    options: &'a PlanOptions<'a>,
}

/// Separates the entries of keys from all others.
fn split_keys(entries: impl Iterator<Item = ResourceEntry>) -> (Vec<ResourceEntry>, Vec<ResourceEntry>) {
    entries.partition(|entry| entry.is_managed(KEY))
}

/// Reads the keys and connects the other items to them. `prior`: the prior state's items, which a plan lists in addition to its changes.
/// `keys` is an iterator so that each entry is dropped as soon as it is read.
fn read_keys(
    source: &KeySource<'_>,
    keys: impl Iterator<Item = DocumentResource>,
    items: &[DocumentResource],
    prior: &[DocumentResource],
    contents: &mut Contents,
) {
    let KeySource { file, input, resolver, options } = *source;
    let Contents { inventory, listed, .. } = contents;
    let mut vaults = vaults::find(file, items);
    vaults.extend(vaults::find(file, prior));
    let index = Vaults::new(&vaults);
    let (mut found, mut current): (Keys, Vec<Option<String>>) = (Vec::new(), Vec::new());
    let mut left = items::MAX_ADDRESS_BYTES;
    for item in keys {
        let Some(rest) = left.checked_sub(item.address.len()) else {
            let message =
                format!("the addresses of the keys take more than {} MiB; the rest was not checked", items::MAX_ADDRESS_BYTES >> 20);
            inventory.problems.push(Problem::new(ProblemKind::Partial, message).at(Place::File(Arc::clone(file))));
            break;
        };
        left = rest;
        let mut key = PlanFactReader { file, item: &item, resolver, problems: &mut inventory.problems }.read_key(input);
        index.settle(&mut key, &item, resolver);
        current
            .push(item.values.text(&["current_key_version"]).map(str::to_owned).filter(|_| item.planned_action != PlannedAction::Create));
        found.push(Box::new(key));
    }
    relations::relate(file, &mut found, &current, items, resolver, options.max_rotation_days);
    for item in
        items.iter().chain(prior).filter(|item| !item.data && !matches!(item.planned_action, PlannedAction::Delete | PlannedAction::Forget))
    {
        listed.add(&item.address, item.parsed.as_ref());
    }
    vaults.iter().for_each(|vault| vault.list(listed));
    inventory.keys.append(&mut found);
}

fn is_plan(document: &PlanDocument) -> bool {
    ["resource_changes", "planned_values", "configuration", "prior_state", "resource_drift"].iter().any(|key| document.keys.contains(*key))
}

/// Why a document that is valid JSON cannot be checked at all. `is_complete`: whether it was read to its end.
fn unsupported(document: &PlanDocument, is_complete: bool) -> Option<Problem> {
    let refused = |what: String, help: &str| Some(Problem::new(ProblemKind::Unparsable, what).help(help));
    let known = |refusal: UnsupportedDocument| refused(refusal.what.to_owned(), refusal.help);
    let has = |key: &str| document.keys.contains(key);
    if has("encryption_version") || has("encrypted_data") {
        return known(refusal::ENCRYPTED);
    }
    if document.keys.iter().any(|key| key.starts_with('@')) {
        return known(refusal::STREAM);
    }
    let newer = "A newer kmslint may read it; otherwise please report it";
    if let Some(version) = &document.format_version {
        let major = version.split('.').next().unwrap_or_default();
        let states = ["format_version", "terraform_version", "values", "checks"];
        let is_ours = is_plan(document) || has("values") || document.keys.iter().all(|key| states.contains(&key.as_str()));
        return match major {
            "0" | "1" if is_ours && is_complete && is_cut_down(document) => known(refusal::CUT),
            "0" | "1" if is_ours => None,
            "0" | "1" => known(refusal::OTHER),
            _ => refused(format!("unsupported format version {}: kmslint reads versions 0.1 to 1.x", node::shown(version)), newer),
        };
    }
    match (document.version.as_deref(), is_complete) {
        (Some("4"), _) if has("resources") || has("serial") || has("lineage") || has("terraform_version") => None,
        (Some("1" | "2" | "3"), _) => known(refusal::OLD_STATE),
        (Some(version), _) if has("lineage") || has("serial") => {
            refused(format!("unsupported state version {}: kmslint reads version 4", node::shown(version)), newer)
        }
        (_, false) => None,
        (_, true) => known(refusal::OTHER),
    }
}

/// Whether another tool removed the changes from a plan. Planned keys without changes are the sign: a refresh-only plan has
/// no planned keys.
fn is_cut_down(document: &PlanDocument) -> bool {
    let has = |key: &str| document.keys.contains(key);
    is_plan(document) && !has("resource_changes") && !has("deferred_changes") && (!has("planned_values") || document.planned_keys > 0)
}

/// Why a plan is incomplete, if it is.
fn incomplete(document: &PlanDocument) -> Option<Problem> {
    let (message, help) = if document.errored {
        (
            "this plan is incomplete: planning ended with errors, so keys may be missing",
            "Fix the errors that `terraform plan` reports, and create the plan again",
        )
    } else if document.deferred_any {
        (
            "this plan is incomplete: some changes are deferred to a later plan, so keys may be missing or unknown",
            "Check the later plan too",
        )
    } else if document.complete == Some(false) {
        (
            "this plan is incomplete: another plan is needed after it (`-target`, `-exclude` or deferred changes), so keys may be missing",
            "Check a complete plan too",
        )
    } else {
        return None;
    };
    Some(Problem::new(ProblemKind::Partial, message).help(help))
}

/// The problem of a document that cannot be read to its end.
fn scan_problem(file: &Arc<str>, error: &ScanError) -> Problem {
    let place = Place::json(file, "", Some((error.position.line, error.position.column)));
    let again = "Create the file again with `terraform show -json`";
    let (kind, what, help) = match error.kind {
        ScanErrorKind::Input => {
            return Problem::new(ProblemKind::Unreadable, format!("reading failed at byte {}: {}", error.offset, error.what)).at(place);
        }
        ScanErrorKind::Shape => (ProblemKind::Unparsable, "this is not a valid plan or state", again),
        ScanErrorKind::Syntax if error.what == document::TRAILING_TEXT => {
            (ProblemKind::Unparsable, "this is more than one JSON document", refusal::CONCATENATED.help)
        }
        ScanErrorKind::Syntax => (ProblemKind::Unparsable, "this is not a complete JSON document", again),
    };
    Problem::new(kind, format!("{what}: {} (byte {})", error.what, error.offset)).at(place).help(help)
}
