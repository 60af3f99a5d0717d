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
    /// The directories in which its configuration is looked for; the first that declares one of its keys counts.
    pub sources: Vec<PathBuf>,
    /// Whether the user named them.
    pub is_source_named: bool,
}

/// What is to be checked and how.
pub struct CheckRequest<'a> {
    /// Configuration; `None` where only documents are checked.
    pub terraform: Option<terraform::ScanRequest>,
    /// Makes a request for one directory's configuration, with the same inputs: the code of a document.
    pub code: &'a dyn Fn(&Path) -> terraform::ScanRequest,
    /// Plans and states.
    pub documents: Vec<InputDocument>,
    /// How they are read.
    pub plan: plan::PlanOptions<'a>,
    /// `--changed-only`: keys that a plan leaves alone are not checked.
    pub changed_only: bool,
}

/// What the user decided.
pub struct Decisions<'a> {
    /// The config file.
    pub config: &'a Config,
    /// The baseline.
    pub baseline: Option<&'a Baseline>,
    /// The command line.
    pub options: &'a policy::PolicyOptions,
    /// The clock.
    pub now: jiff::Timestamp,
    /// The repository around the working directory.
    pub repository: &'a Repository,
}

/// Reads everything that a request names. Never fails: what could not be read is among the problems.
#[must_use]
pub fn read(request: CheckRequest<'_>, sources: &Arc<Sources>) -> Inventory {
    let mut inventory = request.terraform.as_ref().map(|asked| terraform::read(asked, sources)).unwrap_or_default();
    // The code of each document is evaluated on its own.
    let parts = request.documents.len() as u64 + u64::from(request.terraform.is_some());
    for document in request.documents {
        let Contents { inventory: mut read, variables, listed } = plan::read(&document.name, document.input, &request.plan);
        let code = |directory: &Path| {
            let asked = (request.code)(directory);
            terraform::ScanRequest { recorded: variables.clone(), limits: asked.limits.share(parts), ..asked }
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
    // To know what is written at a finding's place, it is parsed again.
    terraform::deep(|| {
        with_paths(decisions.repository, sources, |paths| {
            let context = policy::DecisionContext { now: decisions.now, sources, paths };
            policy::decide(input, decisions.config, decisions.baseline, decisions.options, &context)
        })
    })
}

/// Runs something that needs to know how places and roots are named in the repository; each file is asked about once.
pub fn with_paths<T>(repository: &Repository, sources: &Sources, run: impl FnOnce(&Paths<'_>) -> T) -> T {
    // Standard input is called the same wherever kmslint is started.
    let named = |shown: &str| if shown == STDIN { shown.to_owned() } else { repository.path(shown) };
    let known: RefCell<HashMap<SourceId, String>> = RefCell::default();
    let place = |place: &Place| match place {
        Place::Source(span) => {
            let mut known = known.borrow_mut();
            let path = || repository.path(&sources.get(span.source).path().to_string_lossy());
            known.entry(span.source).or_insert_with(path).clone()
        }
        Place::Json(at) => named(&at.file),
        Place::File(file) => named(file),
        Place::Cloud(at) => at.ocid.to_string(),
    };
    let root = |root: &str| named(root);
    let outlines: Mutex<HashMap<SourceId, Arc<OnceLock<Outline>>>> = Mutex::default();
    let address = |place: &Place| {
        let span = place.span()?;
        let source = sources.get(span.source);
        let outline = Arc::clone(outlines.lock().unwrap_or_else(PoisonError::into_inner).entry(span.source).or_default());
        let outline = outline.get_or_init(|| {
            let name = source.path().to_string_lossy();
            let written = FileName::of(&name);
            let is_values = written.is_some_and(|name| !name.is_configuration());
            Outline::new(source.text(), outline::FileSyntax { is_json: written.is_some_and(|name| name.is_json), is_values })
        });
        let (block, path) = outline.address(source.text(), span)?;
        Some(EditAddress { block, path })
    };
    run(&Paths { place: &place, root: &root, address: &address })
}

/// Settles a document's keys by the first of these directories whose configuration declares one of them; false where there is none.
fn find_code(
    document: &mut Inventory,
    directories: &[PathBuf],
    request: &dyn Fn(&Path) -> terraform::ScanRequest,
    listed: &ListedResources,
    sources: &Arc<Sources>,
) -> bool {
    let is_own = |directory: &Path| directories.first().is_some_and(|first| first == directory);
    let name = document.keys.first().map(|key| Arc::clone(&key.id.root)).unwrap_or_default();
    for directory in directories.iter().filter(|directory| terraform::holds_configuration(directory)) {
        let code = terraform::read(&request(directory), sources);
        let keys = Code::of(&code);
        // In another directory than the document's a key of the same address is often another key.
        let is_foreign = !is_own(directory) && document.keys.iter().any(|key| keys.get(key).is_some_and(|code| contradicts(key, code)));
        if is_foreign {
            document.log.push(format!("the configuration in `{}` is not that of `{name}`: it gives other values", directory.display()));
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

/// A directory that the user named as the source of a document and that is not.
fn unused_source(log: &[String], document: &str) -> Problem {
    let message = log.last().cloned().unwrap_or_else(|| format!("`--source` has no configuration for `{document}`"));
    let help = "Pass the directory of the root module that it was created from, at that commit, or omit `--source`";
    Problem::new(ProblemKind::Structure, message).at(Place::File(document.into())).help(help)
}

/// Keys by the configuration of the same address; an instance that it cannot name is matched by the symbolic instance of its block.
struct Code<'c> {
    exact: HashMap<Cow<'c, str>, &'c KeyFacts>,
    hidden_keys: &'c HiddenKeys,
    any: HashMap<String, &'c KeyFacts>,
}

impl<'c> Code<'c> {
    fn of(code: &'c Inventory) -> Self {
        let symbolic = code.keys.iter().filter(|key| key.symbolic.is_some());
        Self {
            exact: code.keys.iter().map(|key| (code.hidden_keys.real(&key.id.address), &**key)).collect(),
            hidden_keys: &code.hidden_keys,
            any: symbolic.filter_map(|key| Some((key.address.as_ref()?.without_keys().to_string(), &**key))).collect(),
        }
    }

    fn get(&self, key: &KeyFacts) -> Option<&'c KeyFacts> {
        let block = || self.any.get(&key.address.as_ref()?.without_keys().to_string());
        self.exact.get(key.id.address.as_str()).or_else(block).copied()
    }
}

/// Settles keys by their configuration; false where it declares none of them.
fn settle_all(keys: &mut [Box<KeyFacts>], code: &Code<'_>, listed: &ListedResources) -> bool {
    let mut found = false;
    for key in keys {
        if let Some(same) = code.get(key) {
            settle(key, same, code.hidden_keys, listed);
            found = true;
        }
    }
    found
}
