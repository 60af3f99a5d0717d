//! The values of a root module's variables: default, `TF_VAR_x`, `terraform.tfvars`, `*.auto.tfvars`, `--var-file` and `--var`, later wins.

use super::symbolic::LibraryInputs;
use crate::base::disk::{self, DiskError};
use crate::base::{Place, Problem, ProblemKind, Reason, SourceId, Sources, Span, nearest};
use crate::eval::{Marks, Value};
use crate::hcl::{self, Block, Expr, ExprKind, File};
use crate::key::Comment;
use crate::terraform::discovery::directory::{allowed_directories, decode, is_automatic, is_values, links_to_other_kind};
use crate::terraform::modules::module::Module;
use crate::terraform::modules::root::Root;
use crate::terraform::request::recorded;
use crate::terraform::request::{EnvInput, InputSource, ScanRequest, join_shown};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What gives a variable its value.
#[derive(Clone, Debug)]
pub(crate) enum GivenValue {
    /// An expression in a values file, which is named, and what must be minded of its values.
    Written(Expr, Arc<str>, Marks),
    /// A text on the command line or in the environment; what people call it.
    Text(String, Arc<str>, TextOrigin),
    /// Something that Terraform rejects; why the value is unknown.
    Rejected(Reason),
    /// A value that a plan records.
    Recorded(Value),
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TextOrigin {
    CommandLine,
    Environment,
}

/// The inputs of one run of a root module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs {
    pub given: BTreeMap<String, GivenValue>,
    /// Why every variable that `given` does not have may hold anything: a values file could not be read to its end, or a plan does not
    /// record them.
    pub lost: Option<Reason>,
    /// Where a plan records the values: what is given now. A value that is the same has the way of what is written.
    pub now: BTreeMap<String, GivenValue>,
    /// Every value in a values file, also those that a later one replaces.
    written: Vec<(String, Span)>,
    /// Set where the root is looked at as a library: what variables hold that no one sets.
    pub library: Option<LibraryInputs>,
}

/// What reading the inputs of a run brings.
#[derive(Default)]
pub(crate) struct ReadInputs {
    pub inputs: Inputs,
    /// What could not be read of them.
    pub problems: Vec<Problem>,
    /// The values files that were used, links resolved.
    pub used: Vec<PathBuf>,
    /// Comments to kmslint in values files.
    pub comments: Vec<Comment>,
}

/// Reads the inputs of one run of the root module in `root`. `passed`: the values file that the run is for, as the user named it.
pub(crate) fn read(request: &ScanRequest, sources: &Sources, root: &Path, shown: &Path, passed: Option<&Path>) -> ReadInputs {
    let read = of_run(request, sources, root, shown, passed);
    let Some(recorded) = &request.recorded else { return read };
    let given = recorded::values(recorded).map(|(name, value)| (name.clone(), GivenValue::Recorded(value))).collect();
    let lost = Some(recorded::NOT_RECORDED.into());
    // What is wrong with the inputs that are here now says nothing about those that the plan was made with.
    let inputs = Inputs { given, lost, now: read.inputs.given, ..read.inputs };
    ReadInputs { inputs, problems: Vec::new(), ..read }
}

/// The inputs that are there now.
fn of_run(request: &ScanRequest, sources: &Sources, root: &Path, shown: &Path, passed: Option<&Path>) -> ReadInputs {
    let mut read = ReadInputs::default();
    for (name, value) in &request.env_vars {
        read.inputs.set(name, GivenValue::Text(value.clone(), format!("`TF_VAR_{name}`").into(), TextOrigin::Environment));
    }
    for name in automatic(root, request) {
        let (path, shown) = (root.join(&name), join_shown(shown, &name));
        if request.directories.escapes(&path, &allowed_directories(root, request)) {
            read.lose(unreadable(&shown, &DiskError::Outside), &shown);
        } else {
            let marks = if links_to_other_kind(&path, request, is_values) { Marks { from_file: true, ..Marks::NONE } } else { Marks::NONE };
            read.file(request, &path, &shown, request.read_found(&path), marks, sources);
        }
    }
    for EnvInput { by, source } in &request.env_inputs {
        read.source(source, (by, TextOrigin::Environment), request, sources, passed);
    }
    for source in &request.inputs {
        read.source(source, ("--var", TextOrigin::CommandLine), request, sources, passed);
    }
    for path in request.root_files.get(root).into_iter().flatten() {
        let source = InputSource::File(path.clone());
        read.source(&source, ("--var-file", TextOrigin::CommandLine), request, sources, passed);
    }
    // A path that is not among the inputs has no place in their order: it comes last.
    if let Some(path) = passed.filter(|path| !request.inputs.iter().any(|input| matches!(input, InputSource::Passed(own) if own == path))) {
        read.source(&InputSource::Passed(path.to_path_buf()), ("", TextOrigin::CommandLine), request, sources, passed);
    }
    read
}

/// Reads a values file that the user named.
pub(crate) fn read_named(request: &ScanRequest, path: &Path) -> Result<Vec<u8>, DiskError> {
    match request.overlay.text(path) {
        Some(_) => request.overlay.read(path, disk::CONFIG_CAP),
        None => request.streams.read(path),
    }
}

/// The values files that Terraform reads on its own, in its order. Hidden ones count, and directories are an error there, too.
fn automatic(root: &Path, request: &ScanRequest) -> Vec<String> {
    let entries = request.entries(root);
    let names = || entries.iter().filter_map(|entry| entry.name.to_str());
    let fixed = FIXED.iter().copied().filter(|fixed| names().any(|name| name == *fixed));
    let others = names().filter(|name| is_automatic(name) && !FIXED.contains(name));
    fixed.chain(others).map(str::to_owned).collect()
}

/// The names that Terraform looks for first, in its order.
const FIXED: [&str; 2] = ["terraform.tfvars", "terraform.tfvars.json"];

/// Parses a values file by what its name says, as Terraform does.
pub(crate) fn parse(name: &str, source: SourceId, text: &str) -> File {
    if name.ends_with(".json") { hcl::json::parse_variables(source, text) } else { hcl::native::parse(source, text) }
}

impl ReadInputs {
    fn source(
        &mut self,
        input: &InputSource,
        (by, origin): (&str, TextOrigin),
        request: &ScanRequest,
        sources: &Sources,
        passed: Option<&Path>,
    ) {
        match input {
            InputSource::Var(name, value) => self.inputs.set(name, GivenValue::Text(value.clone(), format!("`{by}`").into(), origin)),
            InputSource::Passed(path) if passed != Some(path) => {}
            InputSource::File(path) | InputSource::Passed(path) => {
                let full = request.cwd.join(path);
                self.file(request, &full, &request.shown(path), read_named(request, &full), Marks::NONE, sources);
            }
        }
    }

    /// Reads one values file. `marks`: what must be minded of its values; where they come from a link to a file of another kind, nothing of
    /// it is quoted.
    fn file(
        &mut self,
        request: &ScanRequest,
        path: &Path,
        shown: &Path,
        bytes: Result<Vec<u8>, DiskError>,
        marks: Marks,
        sources: &Sources,
    ) {
        self.used.extend(request.directories.real(path));
        let name = shown.display().to_string();
        let text = match bytes.and_then(|bytes| decode(bytes, &name)) {
            Ok(text) => text,
            Err(error) => {
                let problem = unreadable(shown, &error);
                let near = similar(path).filter(|_| matches!(error, DiskError::Missing));
                let problem = match near {
                    Some(near) => problem.help(near),
                    None => problem,
                };
                return self.lose(problem, shown);
            }
        };
        let form = name.ends_with(".json").then(|| json_form(&text)).flatten();
        let source = sources.add_once(shown, text);
        if marks.from_file {
            sources.hide_all(source);
        }
        let stored = sources.get(source);
        let parsed = parse(&name, source, stored.text());
        let unparsable = |message: String, span| Problem::new(ProblemKind::Unparsable, message).at(Place::Source(span));
        if let Some(message) = form {
            sources.hide_all(source);
            return self.lose(unparsable(message.to_owned(), Span::new(source, 0..1)), shown);
        }
        let rejected = parsed.error.as_ref().map(|error| stored.slice(error.span).trim_matches('"').to_owned());
        if let Some(error) = parsed.error {
            // Which variable the text would have been for is not known.
            sources.hide_all(source);
            let message = if marks.from_file { "it is a link to a file that is not a values file".to_owned() } else { error.message };
            self.lose(unparsable(message, error.span), shown);
        }
        self.comments.extend(crate::terraform::modules::comments::of_values(&parsed.comments, &stored));
        let name: Arc<str> = name.into();
        for attribute in parsed.body.attributes {
            self.inputs.written.push((attribute.name.text.to_string(), attribute.value.span));
            self.inputs.set(&attribute.name.text, GivenValue::Written(attribute.value, Arc::clone(&name), marks));
        }
        for block in parsed.body.blocks {
            let kind = &block.kind.text;
            let message = format!("unexpected block `{kind}`: a values file has only `name = value` lines");
            let help = format!("Write `{kind} = {{ … }}`, or move the block into the configuration");
            self.problems.push(Problem::new(ProblemKind::Refused, message).at(Place::Source(block.header)).help(help));
            self.inputs.set(kind, GivenValue::Rejected(not_accepted(&name)));
        }
        // An error at a name is one about an argument that is set twice.
        if let Some(twice) = rejected.filter(|twice| self.inputs.given.contains_key(twice)) {
            self.inputs.set(&twice, GivenValue::Rejected(not_accepted(&name)));
        }
    }

    /// Notes that a values file is not known to its end: what was set before it may be set again in there.
    fn lose(&mut self, problem: Problem, shown: &Path) {
        self.problems.push(problem);
        self.inputs.given.clear();
        self.inputs.lost = Some(format!("`{}`, which may set it, could not be read", shown.display()).into());
    }
}

/// The `--var`s that no root module declares. Terraform rejects them, because they are misspelled as a rule; here a root that declares one
/// may be next to others that do not. `others` are asked for only where the roots that are checked do not declare one.
pub(crate) fn undeclared(request: &ScanRequest, roots: &[Arc<Module>], others: impl FnOnce() -> Vec<Arc<Module>>) -> Vec<Problem> {
    let typed = request.inputs.iter().map(|source| ("--var", source));
    let all = request.env_inputs.iter().map(|input| (input.by, &input.source)).chain(typed);
    let given = all.filter_map(|(by, source)| if let InputSource::Var(name, _) = source { Some((by, name.as_str())) } else { None });
    // What is not declared in the files that were read may be declared in one that does not parse.
    if request.recorded.is_some() || roots.is_empty() || roots.iter().any(|module| !module.problems.is_empty()) {
        return Vec::new();
    }
    let declares = |modules: &[Arc<Module>], name: &str| modules.iter().any(|module| module.variables.contains_key(name));
    let mut missing: Vec<(&str, &str)> = given.filter(|(_, name)| !declares(roots, name)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let others = others();
    missing.retain(|(_, name)| !declares(&others, name));
    let known: BTreeSet<&str> = roots.iter().flat_map(|module| module.variables.keys().map(|name| &**name)).collect();
    missing.into_iter().map(|(by, name)| unknown_variable(by, name, &known)).collect()
}

/// The problem with a value for a variable that is not declared.
fn unknown_variable(by: &str, name: &str, known: &BTreeSet<&str>) -> Problem {
    let help = match nearest(name.trim(), known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Declare `variable \"{name}\" {{}}`, or remove it"),
    };
    Problem::new(ProblemKind::Refused, format!("`{by}` sets `{name}`, but no root module declares that variable")).help(help)
}

fn not_accepted(file: &str) -> Reason {
    format!("Terraform rejects what `{file}` sets").into()
}

/// Why Terraform rejects a values file in JSON by its first characters; `None` where it does not.
fn json_form(text: &str) -> Option<&'static str> {
    if text.starts_with('\u{feff}') {
        return Some("a values file in JSON must not begin with a byte order mark");
    }
    (!text.trim_start().is_empty() && !text.trim_start().starts_with('{')).then_some("a values file in JSON must be an object")
}

/// A values file next to one that is missing, with nearly the same name.
fn similar(path: &Path) -> Option<String> {
    let entries = disk::entries(path.parent()?).ok()?;
    let names = entries.iter().filter(|entry| !entry.is_dir).filter_map(|entry| entry.name.to_str()).filter(|name| is_values(name));
    let near = nearest(path.file_name()?.to_str()?, names)?;
    Some(format!("Did you mean `{near}`?"))
}

fn unreadable(shown: &Path, error: &DiskError) -> Problem {
    let name = shown.display().to_string();
    let kind = if matches!(error, DiskError::NotText(_)) { ProblemKind::Unparsable } else { ProblemKind::Unreadable };
    Problem::new(kind, format!("cannot read the values in `{name}`: {error}")).at(Place::File(name.into()))
}

impl Inputs {
    /// The inputs of a root that something may call with others.
    pub(crate) fn of(self, root: &Root) -> Self {
        Self { lost: root.elsewhere.clone().or(self.lost), ..self }
    }

    /// The same inputs, the root looked at as a library.
    pub(crate) fn as_library(&self, fill: LibraryInputs) -> Self {
        Self { library: Some(fill), ..self.clone() }
    }

    fn set(&mut self, name: &str, given: GivenValue) {
        self.given.insert(name.to_owned(), given);
    }

    /// The values in values files, by variable.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&str, Span)> {
        self.written.iter().map(|(name, span)| (name.as_str(), *span))
    }

    /// Which of these variables are given a value, and where.
    pub(crate) fn shown_values<'a>(&'a self, variables: &'a BTreeMap<Arc<str>, Block>) -> impl Iterator<Item = (&'a str, String)> {
        self.given.iter().filter(|(name, _)| variables.contains_key(name.as_str())).map(|(name, given)| {
            let origin = match given {
                GivenValue::Written(_, file, _) => format!("`{file}`"),
                GivenValue::Text(_, origin, _) => origin.to_string(),
                GivenValue::Rejected(why) => why.to_string(),
                GivenValue::Recorded(_) => "the plan".to_owned(),
            };
            (name.as_str(), origin)
        })
    }

    /// Whether a library's caller could set a variable that no one sets, so that more comes of it than now.
    pub(crate) fn has_open(&self, variables: &BTreeMap<Arc<str>, Block>) -> bool {
        let is_empty = |expr: &Expr| match &expr.kind {
            ExprKind::Null => true,
            ExprKind::Tuple(items) => items.is_empty(),
            ExprKind::Object(items) => items.is_empty(),
            _ => false,
        };
        self.lost.is_none()
            && variables.iter().any(|(name, variable)| {
                !self.given.contains_key(&**name) && variable.body.attribute("default").is_none_or(|default| is_empty(&default.value))
            })
    }
}

/// Parses a text as an expression.
pub(crate) fn expression(text: &str, name: &str, by: &str, sources: &Sources) -> Result<Expr, hcl::SyntaxError> {
    let shown = format!("<{} for {name}>", by.trim_matches('`'));
    // What someone asks `eval` is theirs to see.
    let source = if by == "`eval`" { sources.add(shown, text.to_owned()) } else { sources.add_hidden(shown, text.to_owned()) };
    hcl::native::parse_expression(source, text)
}
