//! The complete pipeline on one page: read, settle, check, decide.

use crate::base::{FileName, HiddenKeys, Place, Problem, ProblemKind, Repository, SourceId, Sources};
use crate::hcl::outline::{self, Outline};
use crate::key::{InputKind, Inventory, KeyFacts, ListedResources, PlannedAction, contradicts, settle};
use crate::plan::{self, Contents};
use crate::policy::{self, Baseline, Config, Outcome};
use crate::rules::{EditAddress, Paths};
use crate::terraform;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The name of a document on standard input.
pub const STDIN: &str = "<stdin>";

/// A plan or state to be checked.
pub struct InputDocument {
    /// The path as shown.
    pub name: String,
    /// The bytes.
    pub input: Box<dyn Read + Send>,
    /// The directories to search for its configuration; the first that declares one of its keys is used.
    pub sources: Vec<PathBuf>,
    /// Whether the user named them with `--source`.
    pub is_source_named: bool,
}

/// What to check, and how.
pub struct CheckRequest<'a> {
    /// The configuration; `None` if only documents are checked.
    pub terraform: Option<terraform::ScanRequest>,
    /// Makes the request that reads a document's configuration from a directory, with the same inputs.
    pub code: &'a dyn Fn(&Path) -> terraform::ScanRequest,
    /// Plans and states.
    pub documents: Vec<InputDocument>,
    /// How to read them.
    pub plan: plan::PlanOptions<'a>,
    /// `--changed-only`: keys that a plan does not change are not checked.
    pub changed_only: bool,
}

/// The user's decisions, and what applying them needs.
pub struct Decisions<'a> {
    /// The config file.
    pub config: &'a Config,
    /// The baseline.
    pub baseline: Option<&'a Baseline>,
    /// The options of the command line.
    pub options: &'a policy::PolicyOptions,
    /// The time of the run.
    pub now: jiff::Timestamp,
    /// The repository around the working directory.
    pub repository: &'a Repository,
}

/// Reads everything that a request names. Never fails: whatever could not be read is a problem in the inventory.
#[must_use]
pub fn read(request: CheckRequest<'_>, sources: &Arc<Sources>) -> Inventory {
    let mut inventory = request.terraform.as_ref().map(|scan| terraform::read(scan, sources)).unwrap_or_default();
    // The configuration of each document is evaluated separately, so each evaluation gets an equal part of the limits.
    let parts = request.documents.len() as u64 + u64::from(request.terraform.is_some());
    for document in request.documents {
        let Contents { inventory: mut read, variables, listed } = plan::read(&document.name, document.input, &request.plan);
        let code = |directory: &Path| {
            let scan = (request.code)(directory);
            terraform::ScanRequest { recorded: variables.clone(), limits: scan.limits.share(parts), ..scan }
        };
        if !read.keys.is_empty() && !find_code(&mut read, &document.sources, &code, &listed, sources) && document.is_source_named {
            let problem = unused_source(&read.log, &document.name);
            read.problems.push(problem);
        }
        if request.changed_only {
            let is_changed = |planned_action| {
                matches!(planned_action, PlannedAction::Create | PlannedAction::Update | PlannedAction::Replace | PlannedAction::Unknown)
            };
            read.keys.retain(|key| key.id.input != InputKind::Plan || is_changed(key.planned_action));
        }
        inventory.absorb(read);
    }
    inventory
}

/// Checks an inventory and decides what is reported.
#[must_use]
pub fn decide(input: policy::Input, decisions: &Decisions<'_>, sources: &Sources) -> Outcome {
    // Describing the edit at a finding's place parses the file again.
    terraform::deep(|| {
        with_paths(decisions.repository, sources, |paths| {
            let context = policy::DecisionContext { now: decisions.now, sources, paths };
            policy::decide(input, decisions.config, decisions.baseline, decisions.options, &context)
        })
    })
}

/// Runs something that needs the repository names of places and roots; each file's name is looked up once.
pub fn with_paths<T>(repository: &Repository, sources: &Sources, run: impl FnOnce(&Paths<'_>) -> T) -> T {
    // Standard input has the same name in every working directory.
    let repository_path = |shown: &str| if shown == STDIN { shown.to_owned() } else { repository.path(shown) };
    let known: RefCell<HashMap<SourceId, String>> = RefCell::default();
    let place = |place: &Place| match place {
        Place::Source(span) => {
            let mut known = known.borrow_mut();
            let path = || repository.path(&sources.get(span.source).path().to_string_lossy());
            known.entry(span.source).or_insert_with(path).clone()
        }
        Place::Json(at) => repository_path(&at.file),
        Place::File(file) => repository_path(file),
        Place::Cloud(at) => at.ocid.to_string(),
    };
    let root = |root: &str| repository_path(root);
    let outlines: Mutex<HashMap<SourceId, Arc<OnceLock<Outline>>>> = Mutex::default();
    let address = |place: &Place| {
        let span = place.span()?;
        let source = sources.get(span.source);
        let outline = Arc::clone(outlines.lock().unwrap_or_else(PoisonError::into_inner).entry(span.source).or_default());
        let outline = outline.get_or_init(|| {
            let name = source.path().to_string_lossy();
            let file_name = FileName::of(&name);
            let is_values = file_name.is_some_and(|name| !name.is_configuration());
            Outline::new(source.text(), outline::FileSyntax { is_json: file_name.is_some_and(|name| name.is_json), is_values })
        });
        let (block, path) = outline.address(source.text(), span)?;
        Some(EditAddress { block, path })
    };
    run(&Paths { place: &place, root: &root, address: &address })
}

/// Settles a document's keys from the first of these directories whose configuration declares one of them; false if none does.
fn find_code(
    document: &mut Inventory,
    directories: &[PathBuf],
    request: &dyn Fn(&Path) -> terraform::ScanRequest,
    listed: &ListedResources,
    sources: &Arc<Sources>,
) -> bool {
    let is_own = |directory: &Path| directories.first().is_some_and(|first| first == directory);
    let name = document.keys.first().map(|key| Arc::clone(&key.id.root)).unwrap_or_default();
    for directory in directories.iter().filter(|directory| terraform::has_configuration(directory)) {
        let code = terraform::read(&request(directory), sources);
        let keys = ConfiguredKeys::of(&code);
        // Outside of the document's own directory, a key with the same address is often a different key.
        let is_foreign = !is_own(directory) && document.keys.iter().any(|key| keys.get(key).is_some_and(|code| contradicts(key, code)));
        if is_foreign {
            document.log.push(format!("the configuration in `{}` does not belong to `{name}`: its values differ", directory.display()));
            continue;
        }
        if settle_all(&mut document.keys, &keys, listed) {
            document.log.push(format!("the configuration of `{name}` is in `{}`", directory.display()));
            document.comments.extend(code.comments);
            return true;
        }
        let why = code.problems.iter().map(|problem| problem.message.as_str()).chain(["it declares none of its keys"]).next();
        document.log.push(format!("the configuration of `{name}` is not in `{}`: {}", directory.display(), why.unwrap_or_default()));
    }
    false
}

/// The problem with `--source`: none of the named directories has the document's configuration.
fn unused_source(log: &[String], document: &str) -> Problem {
    let message = log.last().cloned().unwrap_or_else(|| format!("`--source` has no configuration for `{document}`"));
    let help = "Pass the directory of the root module that it was created from, at that commit, or omit `--source`";
    Problem::new(ProblemKind::Structure, message).at(Place::File(document.into())).help(help)
}

/// The configuration's keys by address; an instance that it does not list matches the symbolic instance of its block.
struct ConfiguredKeys<'c> {
    exact: HashMap<Cow<'c, str>, &'c KeyFacts>,
    hidden_keys: &'c HiddenKeys,
    /// By the address without instance keys.
    symbolic: HashMap<String, &'c KeyFacts>,
}

impl<'c> ConfiguredKeys<'c> {
    fn of(code: &'c Inventory) -> Self {
        let symbolic = code.keys.iter().filter(|key| key.symbolic.is_some());
        Self {
            exact: code.keys.iter().map(|key| (code.hidden_keys.real(&key.id.address), &**key)).collect(),
            hidden_keys: &code.hidden_keys,
            symbolic: symbolic.filter_map(|key| Some((key.address.as_ref()?.without_keys().to_string(), &**key))).collect(),
        }
    }

    fn get(&self, key: &KeyFacts) -> Option<&'c KeyFacts> {
        let block = || self.symbolic.get(&key.address.as_ref()?.without_keys().to_string());
        self.exact.get(key.id.address.as_str()).or_else(block).copied()
    }
}

/// Settles keys from their configuration; false if it declares none of them.
fn settle_all(keys: &mut [Box<KeyFacts>], code: &ConfiguredKeys<'_>, listed: &ListedResources) -> bool {
    let mut found = false;
    for key in keys {
        if let Some(configured) = code.get(key) {
            settle(key, configured, code.hidden_keys, listed);
            found = true;
        }
    }
    found
}
