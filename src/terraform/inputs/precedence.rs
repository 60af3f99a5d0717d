//! The values of a root module's variables: defaults, `TF_VAR_x`, `terraform.tfvars`, `*.auto.tfvars`, `--var-file` and `--var`. Later ones
//! win.

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

/// The value of a variable before it is evaluated and converted.
#[derive(Clone, Debug)]
pub(crate) enum GivenValue {
    /// An expression in a values file, the name of the file, and the marks of its values.
    Written(Expr, Arc<str>, Marks),
    /// A text on the command line or in the environment, and its name in messages: `--var`.
    Text(String, Arc<str>, TextOrigin),
    /// A value that Terraform rejects; the reason for the variable being unknown.
    Rejected(Reason),
    /// A value that a plan records.
    Recorded(Value),
}

/// The origin of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TextOrigin {
    CommandLine,
    Environment,
}

/// The inputs of one run of a root module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs {
    pub given: BTreeMap<String, GivenValue>,
    /// Why all variables that are not in `given` are unknown: a values file could not be read completely, or a plan does not record them.
    pub others_unknown: Option<Reason>,
    /// The current inputs, if `given` has the values that a plan records. An equal current value adds its trail.
    pub current: BTreeMap<String, GivenValue>,
    /// All values in values files, including those that a later file replaces.
    file_values: Vec<(String, Span)>,
    /// Set if the root is read as a library: how to fill variables that no caller sets.
    pub library: Option<LibraryInputs>,
}

/// The inputs of a run, and everything else found while reading them.
#[derive(Default)]
pub(crate) struct ReadInputs {
    pub inputs: Inputs,
    pub problems: Vec<Problem>,
    /// The values files that were used, links resolved.
    pub used: Vec<PathBuf>,
    /// The comments in values files that are addressed to kmslint.
    pub comments: Vec<Comment>,
}

/// Reads the inputs of one run of the root module in `root`. `passed`: the values file that the run is for, as the user passed it.
pub(crate) fn read(request: &ScanRequest, sources: &Sources, root: &Path, shown: &Path, passed: Option<&Path>) -> ReadInputs {
    let read = read_current(request, sources, root, shown, passed);
    let Some(recorded) = &request.recorded else { return read };
    let given = recorded::values(recorded).map(|(name, value)| (name.clone(), GivenValue::Recorded(value))).collect();
    let others_unknown = Some(recorded::NOT_RECORDED.into());
    // Problems with the current inputs do not matter: the plan was created with other inputs.
    let inputs = Inputs { given, others_unknown, current: read.inputs.given, ..read.inputs };
    ReadInputs { inputs, problems: Vec::new(), ..read }
}

/// Reads the current inputs, without those that a plan records.
fn read_current(request: &ScanRequest, sources: &Sources, root: &Path, shown: &Path, passed: Option<&Path>) -> ReadInputs {
    let mut read = ReadInputs::default();
    for (name, value) in &request.env_vars {
        read.inputs.set(name, GivenValue::Text(value.clone(), format!("`TF_VAR_{name}`").into(), TextOrigin::Environment));
    }
    for name in automatic_files(root, request) {
        let (path, shown) = (root.join(&name), join_shown(shown, &name));
        if request.directories.escapes(&path, &allowed_directories(root, request)) {
            read.set_incomplete(unreadable(&shown, &DiskError::Outside), &shown);
        } else {
            let marks = if links_to_other_kind(&path, request, is_values) { Marks { from_file: true, ..Marks::NONE } } else { Marks::NONE };
            read.read_file(request, &path, &shown, request.read_found(&path), marks, sources);
        }
    }
    for EnvInput { by, source } in &request.env_inputs {
        read.add_source(source, (by, TextOrigin::Environment), request, sources, passed);
    }
    for source in &request.inputs {
        read.add_source(source, ("--var", TextOrigin::CommandLine), request, sources, passed);
    }
    for path in request.root_files.get(root).into_iter().flatten() {
        let source = InputSource::File(path.clone());
        read.add_source(&source, ("--var-file", TextOrigin::CommandLine), request, sources, passed);
    }
    // A path that is not among the inputs comes last.
    let is_input = |path: &Path| request.inputs.iter().any(|input| matches!(input, InputSource::Passed(passed) if passed == path));
    if let Some(path) = passed.filter(|path| !is_input(path)) {
        read.add_source(&InputSource::Passed(path.to_path_buf()), ("", TextOrigin::CommandLine), request, sources, passed);
    }
    read
}

/// Reads a values file that the user passed.
pub(crate) fn read_named(request: &ScanRequest, path: &Path) -> Result<Vec<u8>, DiskError> {
    match request.overlay.text(path) {
        Some(_) => request.overlay.read(path, disk::CONFIG_CAP),
        None => request.streams.read(path),
    }
}

/// The values files that Terraform loads automatically, in its order. As in Terraform, hidden files count, and a directory with such a name
/// is an error.
fn automatic_files(root: &Path, request: &ScanRequest) -> Vec<String> {
    let entries = request.entries(root);
    let names = || entries.iter().filter_map(|entry| entry.name.to_str());
    let first = FIRST_FILES.iter().copied().filter(|first| names().any(|name| name == *first));
    let others = names().filter(|name| is_automatic(name) && !FIRST_FILES.contains(name));
    first.chain(others).map(str::to_owned).collect()
}

/// The values files that Terraform loads first, in its order.
const FIRST_FILES: [&str; 2] = ["terraform.tfvars", "terraform.tfvars.json"];

/// Parses a values file. As in Terraform, its name decides the syntax.
pub(crate) fn parse(name: &str, source: SourceId, text: &str) -> File {
    if name.ends_with(".json") { hcl::json::parse_variables(source, text) } else { hcl::native::parse(source, text) }
}

impl ReadInputs {
    /// Adds the values of one source.
    fn add_source(
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
                self.read_file(request, &full, &request.shown(path), read_named(request, &full), Marks::NONE, sources);
            }
        }
    }

    /// Reads one values file. `marks`: the marks of its values. With `from_file`, it is a link to another kind of file and is never quoted.
    fn read_file(
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
                return self.set_incomplete(problem, shown);
            }
        };
        let form_error = name.ends_with(".json").then(|| json_form_error(&text)).flatten();
        let source = sources.add_once(shown, text);
        if marks.from_file {
            sources.hide_all(source);
        }
        let stored = sources.get(source);
        let parsed = parse(&name, source, stored.text());
        let unparsable = |message: String, span| Problem::new(ProblemKind::Unparsable, message).at(Place::Source(span));
        if let Some(message) = form_error {
            sources.hide_all(source);
            return self.set_incomplete(unparsable(message.to_owned(), Span::new(source, 0..1)), shown);
        }
        let text_at_error = parsed.error.as_ref().map(|error| stored.slice(error.span).trim_matches('"').to_owned());
        if let Some(error) = parsed.error {
            // The text after the error may be the value of a sensitive variable.
            sources.hide_all(source);
            let message = if marks.from_file { "it is a link to a file that is not a values file".to_owned() } else { error.message };
            self.set_incomplete(unparsable(message, error.span), shown);
        }
        self.comments.extend(crate::terraform::modules::comments::of_values(&parsed.comments, &stored));
        let name: Arc<str> = name.into();
        for attribute in parsed.body.attributes {
            self.inputs.file_values.push((attribute.name.text.to_string(), attribute.value.span));
            self.inputs.set(&attribute.name.text, GivenValue::Written(attribute.value, Arc::clone(&name), marks));
        }
        for block in parsed.body.blocks {
            let kind = &block.kind.text;
            let message = format!("unexpected block `{kind}`: a values file has only `name = value` lines");
            let help = format!("Write `{kind} = {{ … }}`, or move the block into the configuration");
            self.problems.push(Problem::new(ProblemKind::Refused, message).at(Place::Source(block.header)).help(help));
            self.inputs.set(kind, GivenValue::Rejected(rejection(&name)));
        }
        // An error at the name of an argument means that the argument is set twice.
        if let Some(duplicate) = text_at_error.filter(|name| self.inputs.given.contains_key(name)) {
            self.inputs.set(&duplicate, GivenValue::Rejected(rejection(&name)));
        }
    }

    /// Records that a values file could not be read completely. All earlier values become unknown, because the file may replace them.
    fn set_incomplete(&mut self, problem: Problem, shown: &Path) {
        self.problems.push(problem);
        self.inputs.given.clear();
        self.inputs.others_unknown = Some(format!("`{}`, which may set it, could not be read", shown.display()).into());
    }
}

/// Problems for the `--var`s that no root module declares. Terraform rejects a `--var` that its only root module does not declare; here it
/// is enough that one root module declares it. `others` is called only if none of the checked `roots` does.
pub(crate) fn undeclared(request: &ScanRequest, roots: &[Arc<Module>], others: impl FnOnce() -> Vec<Arc<Module>>) -> Vec<Problem> {
    let typed = request.inputs.iter().map(|source| ("--var", source));
    let all = request.env_inputs.iter().map(|input| (input.by, &input.source)).chain(typed);
    let given = all.filter_map(|(by, source)| if let InputSource::Var(name, _) = source { Some((by, name.as_str())) } else { None });
    // A file that does not parse may declare the variable.
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

/// The problem for a value of an undeclared variable.
fn unknown_variable(by: &str, name: &str, known: &BTreeSet<&str>) -> Problem {
    let help = match nearest(name.trim(), known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Declare `variable \"{name}\" {{}}`, or remove it"),
    };
    Problem::new(ProblemKind::Refused, format!("`{by}` sets `{name}`, but no root module declares that variable")).help(help)
}

fn rejection(file: &str) -> Reason {
    format!("Terraform rejects what `{file}` sets").into()
}

/// Why Terraform rejects a JSON values file because of its first characters, if it does.
fn json_form_error(text: &str) -> Option<&'static str> {
    if text.starts_with('\u{feff}') {
        return Some("a values file in JSON must not begin with a byte order mark");
    }
    (!text.trim_start().is_empty() && !text.trim_start().starts_with('{')).then_some("a values file in JSON must be an object")
}

/// Help that suggests a values file with a name similar to a missing one.
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
    /// The same inputs for a root that may have callers which cannot be read.
    pub(crate) fn for_root(self, root: &Root) -> Self {
        Self { others_unknown: root.elsewhere.clone().or(self.others_unknown), ..self }
    }

    /// The same inputs, with the root read as a library.
    pub(crate) fn as_library(&self, fill: LibraryInputs) -> Self {
        Self { library: Some(fill), ..self.clone() }
    }

    fn set(&mut self, name: &str, given: GivenValue) {
        self.given.insert(name.to_owned(), given);
    }

    /// The names and places of all values in values files.
    pub(crate) fn file_values(&self) -> impl Iterator<Item = (&str, Span)> {
        self.file_values.iter().map(|(name, span)| (name.as_str(), *span))
    }

    /// The variables that have a given value, with the origin of the value.
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

    /// Whether a variable has no value or an empty default, so that a caller could make the root create more keys.
    pub(crate) fn has_open_variables(&self, variables: &BTreeMap<Arc<str>, Block>) -> bool {
        let is_empty = |expr: &Expr| match &expr.kind {
            ExprKind::Null => true,
            ExprKind::Tuple(items) => items.is_empty(),
            ExprKind::Object(items) => items.is_empty(),
            _ => false,
        };
        self.others_unknown.is_none()
            && variables.iter().any(|(name, variable)| {
                !self.given.contains_key(&**name) && variable.body.attribute("default").is_none_or(|default| is_empty(&default.value))
            })
    }
}

/// Parses a text as an expression.
pub(crate) fn parse_expression(text: &str, name: &str, by: &str, sources: &Sources) -> Result<Expr, hcl::SyntaxError> {
    let shown = format!("<{} for {name}>", by.trim_matches('`'));
    // Reports may quote expressions passed to `kmslint eval`, but not values, which may be secret.
    let source = if by == "`eval`" { sources.add(shown, text.to_owned()) } else { sources.add_hidden(shown, text.to_owned()) };
    hcl::native::parse_expression(source, text)
}
