//! One module directory, parsed and with its override files merged. All roots and calls share it.

use super::order::OrderCache;
use crate::base::disk::{self, DiskError};
use crate::base::{FileKind, FileName, Overlay, Place, Problem, ProblemKind, SourceId, Sources, Span, closest};
use crate::eval::EvalError;
use crate::hcl::{self, Attribute, Block, CommentText, Expr, ExprKind, File, TraversalStep};
use crate::key::kinds;
use crate::terraform::blocks::constants::literal;
use crate::terraform::blocks::merge;
use crate::terraform::discovery::directory::{FileText, LoadedText, ScannedDirectory, configuration_files, decode};
use crate::terraform::discovery::other_formats::{OtherFormat, OtherFormatFiles};
use crate::terraform::discovery::providers::NamedProviders;
use crate::terraform::request::FileDialect;
use crate::terraform::schema;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Resources of one mode, by type and name.
pub(crate) type Resources = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Block>>;

/// The kind of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DeclarationKind {
    /// A `variable` block.
    Variable,
    /// An entry of a `locals` block.
    Local,
    /// An `output` block.
    Output,
    /// A `module` block.
    Call,
    /// A `resource` or `data` block, by its address.
    Resource,
}

impl DeclarationKind {
    /// The name of the kind in messages.
    fn noun(self) -> &'static str {
        match self {
            Self::Variable => "variable",
            Self::Local => "local value",
            Self::Output => "output",
            Self::Call => "module call",
            Self::Resource => "resource",
        }
    }
}

/// Resource types whose blocks must not be overlooked because of a mistake in them.
const KEY_TYPES: [&str; 4] = [kinds::KEY, kinds::VAULT, kinds::KEY_VERSION, kinds::AUTHORITY];
/// Block types that can declare keys or affect their values.
const BLOCK_TYPES: [&str; 6] = ["resource", "data", "module", "variable", "locals", "output"];

/// A module directory.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The directory, links resolved.
    pub path: PathBuf,
    /// The directory as reports show it.
    pub shown: PathBuf,
    /// `variable` blocks.
    pub variables: BTreeMap<Arc<str>, Block>,
    /// Entries of `locals` blocks.
    pub locals: BTreeMap<Arc<str>, Attribute>,
    /// `output` blocks.
    pub outputs: BTreeMap<Arc<str>, Block>,
    /// `resource` blocks.
    pub managed: Resources,
    /// `data` blocks.
    pub data: Resources,
    /// `terraform` blocks, those of override files last.
    pub settings: Vec<Block>,
    /// The providers that the files name.
    pub named: NamedProviders,
    /// Whether the module configures a provider. Modules that are meant to be called do not.
    pub has_provider: bool,
    /// `module` blocks.
    pub calls: BTreeMap<Arc<str>, Block>,
    /// `provider` blocks of the oci provider.
    pub providers: Vec<Block>,
    /// Whether the directory is evidently a root module: it has a backend, or values files that Terraform loads automatically.
    pub is_evident_root: bool,
    /// `import` blocks.
    pub imports: Vec<Block>,
    /// Comments addressed to kmslint.
    pub comments: Vec<CommentText>,
    /// Files that could not be read or parsed.
    pub problems: Vec<Problem>,
    /// Malformed blocks: keys and module calls may be missing because of them.
    pub refused: Vec<Problem>,
    /// Declarations that Terraform would reject, by name.
    faults: BTreeMap<DeclarationKind, BTreeMap<Arc<str>, EvalError>>,
    /// The order of its references, cached.
    pub(super) order: OrderCache,
    /// Whether its texts may have sensitive values, computed on demand.
    may_have_secrets: OnceLock<bool>,
    /// The variables whose values may not be shown, computed on demand.
    secret_variables: OnceLock<Vec<Arc<str>>>,
    /// The variables by the span of their header, computed on demand.
    declared: OnceLock<HashMap<Span, Arc<str>>>,
    /// The end of each variable's default by its start, computed on demand.
    default_ends: OnceLock<BTreeMap<(SourceId, u32), u32>>,
    /// Whether a file that did not parse may declare a key.
    pub may_hide_keys: bool,
    /// Whether the directory is outside of the repository: reports do not quote it, and its values count as read from a file.
    pub is_outside: bool,
    /// The texts of its files.
    pub texts: Vec<SourceId>,
    /// The places of variables' defaults, also of those in override files.
    pub defaults: Vec<(Arc<str>, Span)>,
    /// Whether the directory has any configuration files.
    pub has_files: bool,
    /// Whether there are files that OpenTofu reads and Terraform does not.
    pub has_tofu: bool,
    /// Sources that may belong to calls in files that could not be read or parsed.
    pub broken_sources: Vec<String>,
}

impl Module {
    /// The variable with this header.
    pub(crate) fn variable_at(&self, header: Span) -> Option<(&Arc<str>, &Block)> {
        let declared = self.declared.get_or_init(|| self.variables.iter().map(|(name, block)| (block.header, Arc::clone(name))).collect());
        self.variables.get_key_value(declared.get(&header)?)
    }

    /// Whether its texts may have sensitive values. `find` determines it on the first call.
    pub(super) fn may_have_secrets(&self, find: impl FnOnce(&Self) -> bool) -> bool {
        *self.may_have_secrets.get_or_init(|| find(self))
    }

    /// The variables for whose blocks `is_secret` returns true. It is called once for each block.
    pub(super) fn secret_variables(&self, is_secret: fn(&Block) -> bool) -> &[Arc<str>] {
        let find = || self.variables.iter().filter(|(_, block)| is_secret(block)).map(|(name, _)| Arc::clone(name)).collect();
        self.secret_variables.get_or_init(find)
    }

    /// Whether a span is the default of a variable, or within one.
    pub(crate) fn is_in_default(&self, span: Span) -> bool {
        let ends = self.default_ends.get_or_init(|| {
            let defaults = self.variables.values().filter_map(|variable| variable.body.attribute("default"));
            defaults.map(|default| ((default.value.span.source, default.value.span.start), default.value.span.end)).collect()
        });
        ends.range((span.source, 0)..=(span.source, span.start)).next_back().is_some_and(|(_, end)| span.end <= *end)
    }

    /// Parses the files of a directory that a dialect reads.
    pub(super) fn parse(directory: ScannedDirectory, dialect: FileDialect, sources: &Sources, overlay: &Overlay) -> Self {
        let ScannedDirectory { path, shown, files, hints, has_values } = directory;
        let mut module = Self { path, shown, ..Self::default() };
        module.has_files = !files.is_empty();
        module.has_tofu = files.iter().any(|file| FileName::of(&file.name).is_some_and(|name| name.kind == FileKind::OpenTofu));
        module.is_evident_root = has_values;
        let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (primary, overrides) = configuration_files(&names, dialect);
        let in_order = primary.into_iter().map(|name| (name, false)).chain(overrides.into_iter().map(|name| (name, true)));
        let mut files: HashMap<String, FileText> = files.into_iter().map(|file| (file.name.clone(), file)).collect();
        let mut other_formats = OtherFormatFiles::default();
        for (name, is_override) in in_order {
            let Some(file) = files.remove(name) else { continue };
            let shown = crate::terraform::request::join_shown(&module.shown, &file.name);
            let text = file.text.and_then(|text| match text {
                LoadedText::Kept(text) => Ok(text),
                LoadedText::OnDisk => {
                    overlay.read(&module.path.join(&file.name), disk::CONFIG_CAP).and_then(|bytes| decode(bytes, &file.name))
                }
            });
            match text {
                Ok(text) => {
                    let is_json = file.name.ends_with(".json");
                    let names_keys = text.contains(kinds::KEY);
                    let source = sources.add_once(shown, text);
                    module.texts.push(source);
                    let stored = sources.get(source);
                    let mut parsed = parse(source, stored.text(), is_json);
                    // In a file that does not parse, a sensitive value may be on the line with the error.
                    if file.is_foreign
                        || (parsed.error.is_some() && ["sensitive", "ephemeral"].iter().any(|word| stored.text().contains(word)))
                    {
                        sources.hide_all(source);
                    }
                    if file.is_foreign
                        && let Some(error) = &mut parsed.error
                    {
                        "it is a link to a file that is not configuration".clone_into(&mut error.message);
                    }
                    // Templates and the like are reported in one problem for the directory, not with a syntax error for each file.
                    if let Some(format) =
                        parsed.error.as_ref().filter(|_| !file.is_foreign).and_then(|_| OtherFormat::of_text(stored.text()))
                    {
                        // The blocks of the rendered file are unknown.
                        other_formats.add(format, &file.name);
                        module.may_hide_keys |= names_keys;
                        continue;
                    }
                    module.add_file(parsed, is_override, names_keys);
                }
                Err(error) => {
                    module.may_hide_keys |= hints.key;
                    if let Some(format) = OtherFormat::of_error(&error) {
                        other_formats.add(format, &file.name);
                        continue;
                    }
                    let shown = shown.display().to_string();
                    let kind = if matches!(error, DiskError::NotText(_)) { ProblemKind::Unparsable } else { ProblemKind::Unreadable };
                    module.problems.push(Problem::new(kind, format!("cannot read `{shown}`: {error}")).at(Place::File(shown.into())));
                }
            }
        }
        module.problems.extend(other_formats.problems(&module.shown));
        if !module.problems.is_empty() {
            module.broken_sources = hints.sources;
        }
        module
    }

    fn add_file(&mut self, file: File, is_override: bool, names_keys: bool) {
        if let Some(error) = file.error {
            let problem = Problem::new(ProblemKind::Unparsable, error.message).at(Place::Source(error.span));
            self.problems.push(problem.help("Fix the syntax; the rest of the file was checked"));
            self.may_hide_keys |= names_keys;
        }
        self.comments.extend(file.comments);
        for mut block in file.body.blocks {
            let kind = block.kind.text.clone();
            if matches!(&*kind, "resource" | "data" | "module") {
                let refused = crate::terraform::blocks::escape::unescape(&mut block);
                // Problems with resources that no key depends on are not reported.
                if &*kind == "module" || block.labels.first().is_some_and(|label| label.text.starts_with("oci_kms_")) {
                    self.problems.extend(refused);
                }
            }
            self.named.add_block(&block);
            match &*kind {
                "terraform" => {
                    self.is_evident_root |= ["backend", "cloud"].iter().any(|kind| block.body.blocks_of(kind).next().is_some());
                    self.settings.push(block);
                }
                "provider" => {
                    // A block with only `alias` and `version` configures nothing: before Terraform 0.15, modules used it to declare the
                    // configurations that callers pass.
                    let is_alias = |name: &str| matches!(name, "alias" | "version");
                    let mut arguments = block.body.attributes.iter().map(|attribute| &*attribute.name.text);
                    self.has_provider |= !block.body.blocks.is_empty() || arguments.any(|name| !is_alias(name));
                    if block.labels.first().is_some_and(|label| &*label.text == "oci") {
                        self.providers.push(block);
                    }
                }
                "resource" | "data" => self.add_resource(block, is_override),
                "variable" => {
                    if let ([label], Some(default)) = (block.labels.as_slice(), block.body.attribute("default")) {
                        self.defaults.push((Arc::clone(&label.text), default.value.span));
                    }
                    self.add_block(DeclarationKind::Variable, block, is_override);
                }
                "output" => self.add_block(DeclarationKind::Output, block, is_override),
                "module" => {
                    if block.labels.len() != 1 {
                        self.add_problem("a `module` block must have one label: the name of the call", block.header);
                    }
                    self.add_block(DeclarationKind::Call, block, is_override);
                }
                "import" => self.imports.push(block),
                "locals" => {
                    for attribute in block.body.attributes {
                        let span = attribute.name.span;
                        match self.locals.get_mut(&attribute.name.text) {
                            Some(base) if is_override => *base = attribute,
                            Some(_) => self.add_duplicate(DeclarationKind::Local, &attribute.name.text, span),
                            None if is_override => self.add_missing_base(DeclarationKind::Local, &attribute.name.text, span),
                            None => drop(self.locals.insert(attribute.name.text.clone(), attribute)),
                        }
                    }
                }
                unknown => self.check_unknown_block(unknown, &block),
            }
        }
    }

    fn add_resource(&mut self, block: Block, is_override: bool) {
        let is_data = &*block.kind.text == "data";
        let [kind, name] = block.labels.as_slice() else {
            if let Some(kind) = block.labels.first().filter(|kind| !is_data && KEY_TYPES.contains(&&*kind.text)) {
                self.may_hide_keys |= &*kind.text == kinds::KEY;
                self.add_problem("a `resource` block must have two labels: a type and a name", block.header);
            }
            return;
        };
        let (kind, name) = (kind.text.clone(), name.text.clone());
        if !is_data && let Some(near) = misspelled(&kind) {
            self.may_hide_keys |= near == kinds::KEY;
            self.add_problem(&format!("unknown resource type `{kind}`; did you mean `{near}`?"), block.header);
        }
        let address = || format!("{}{kind}.{name}", if is_data { "data." } else { "" });
        self.check_name(DeclarationKind::Resource, &name, &address(), block.header);
        let resources = if is_data { &mut self.data } else { &mut self.managed };
        match resources.get_mut(&kind).and_then(|named| named.get_mut(&name)) {
            Some(base) if is_override => merge::merge(base, block),
            Some(_) => self.add_duplicate(DeclarationKind::Resource, &address(), block.header),
            None if is_override => {
                let is_key = !is_data && &*kind == kinds::KEY;
                self.add_missing_base(DeclarationKind::Resource, &address(), block.header);
                if is_key {
                    self.may_hide_keys = true;
                    self.add_problem(
                        &format!("`oci_kms_key.{name}` overrides a resource that is not declared outside of override files"),
                        block.header,
                    );
                }
            }
            None => drop(resources.entry(kind).or_default().insert(name, block)),
        }
    }

    /// Adds a block with one label, or merges it into the block that it overrides.
    fn add_block(&mut self, what: DeclarationKind, block: Block, is_override: bool) {
        let [label] = block.labels.as_slice() else { return };
        let name = Arc::clone(&label.text);
        self.check_name(what, &name, &name, label.span);
        if what == DeclarationKind::Variable && RESERVED.contains(&&*name) {
            self.add_fault(
                what,
                &name,
                format!("a variable cannot be called `{name}`: module calls have an argument of that name"),
                label.span,
            );
        }
        let into = match what {
            DeclarationKind::Variable => &mut self.variables,
            DeclarationKind::Output => &mut self.outputs,
            _ => &mut self.calls,
        };
        match into.get_mut(&name) {
            Some(base) if is_override => merge::merge(base, block),
            Some(_) => self.add_duplicate(what, &name, block.header),
            None if is_override => {
                if what == DeclarationKind::Call {
                    self.add_problem(
                        &format!("module call `{name}` overrides a call that is not declared outside of override files"),
                        block.header,
                    );
                }
                self.add_missing_base(what, &name, block.header);
            }
            None => drop(into.insert(name, block)),
        }
    }

    /// Reports a block of an unknown type if it is a misspelling of a block that may declare keys.
    fn check_unknown_block(&mut self, kind: &str, block: &Block) {
        let Some(near) = closest(kind, BLOCK_TYPES) else { return };
        let is_key = block.labels.first().is_some_and(|label| &*label.text == kinds::KEY);
        if is_key || near == "module" || block.labels.first().is_some_and(|label| KEY_TYPES.contains(&&*label.text)) {
            self.may_hide_keys |= is_key;
            self.add_problem(&format!("unsupported block type `{kind}`; did you mean `{near}`?"), block.kind.span);
        }
    }

    fn add_problem(&mut self, message: &str, span: Span) {
        self.refused.push(Problem::new(ProblemKind::Refused, message).at(Place::Source(span)));
    }

    /// Adds a fault for a name that is not an identifier. `key`: the name under which the declaration is stored.
    fn check_name(&mut self, what: DeclarationKind, name: &str, key: &str, span: Span) {
        if !hcl::is_identifier(name) {
            let message = format!(
                "the {} `{name}` has an invalid name: it must begin with a letter or `_` and have letters, digits, `_` and `-` only",
                what.noun()
            );
            self.add_fault(what, key, message, span);
        }
    }

    fn add_duplicate(&mut self, what: DeclarationKind, name: &str, span: Span) {
        self.add_fault(what, name, format!("the {} `{name}` is declared twice in this module", what.noun()), span);
    }

    fn add_missing_base(&mut self, what: DeclarationKind, name: &str, span: Span) {
        let message = format!("the {} `{name}` is declared in an override file only, and there is nothing to override", what.noun());
        self.add_fault(what, name, message, span);
    }

    fn add_fault(&mut self, what: DeclarationKind, name: &str, message: String, span: Span) {
        let error = EvalError::refused(message, Some(span));
        self.faults.entry(what).or_default().entry(name.into()).or_insert(error);
    }

    /// Why Terraform would reject the declaration of a name, if it would.
    pub(crate) fn fault(&self, what: DeclarationKind, name: &str) -> Option<EvalError> {
        self.faults.get(&what)?.get(name).cloned()
    }

    /// Whether `required_providers` names a provider of this registry host.
    pub(super) fn requires_host(&self, host: &str) -> bool {
        let required = self.settings.iter().flat_map(|block| block.body.blocks_of("required_providers"));
        let mut sources = required
            .flat_map(|block| &block.body.attributes)
            .filter_map(|entry| crate::terraform::discovery::providers::source_of(&entry.value));
        sources.any(|source| source.strip_prefix(host).is_some_and(|rest| rest.starts_with('/')))
    }

    /// Whether the module declares a configuration of the oci provider with this alias, or requires one from its callers.
    pub(crate) fn has_configuration(&self, alias: &str) -> bool {
        let is_own = |block: &Block| block.body.attribute("alias").is_some_and(|attribute| literal(&attribute.value) == Some(alias));
        let required = self.settings.iter().flat_map(|block| block.body.blocks_of("required_providers"));
        let mut passed = required.filter_map(|block| block.body.attribute("oci")).filter_map(|entry| match &entry.value.kind {
            ExprKind::Object(items) => {
                items.iter().find(|item| literal(&item.key) == Some("configuration_aliases")).map(|item| &item.value)
            }
            _ => None,
        });
        let is_alias = |expr: &Expr| match &expr.kind {
            ExprKind::String(text) => text.strip_prefix("oci.") == Some(alias),
            ExprKind::Traversal(_, steps) => matches!(steps.as_slice(), [TraversalStep::Attr(name)] if &*name.text == alias),
            _ => false,
        };
        let is_passed = passed.any(|aliases| if let ExprKind::Tuple(items) = &aliases.kind { items.iter().any(is_alias) } else { true });
        self.providers.iter().any(is_own) || is_passed
    }

    /// Whether a local name refers to Terraform's built-in provider, whose functions are called as `provider::NAME::…`.
    pub(crate) fn is_builtin_provider(&self, name: &str) -> bool {
        let required = self.settings.iter().flat_map(|settings| settings.body.blocks_of("required_providers"));
        required.filter_map(|required| required.body.attribute(name)).any(|entry| match &entry.value.kind {
            ExprKind::Object(items) => items
                .iter()
                .any(|item| literal(&item.key) == Some("source") && literal(&item.value) == Some("terraform.io/builtin/terraform")),
            _ => false,
        })
    }

    /// Whether the module itself declares a key, or may.
    pub(crate) fn has_keys(&self) -> bool {
        self.managed.contains_key(kinds::KEY) || self.may_hide_keys
    }

    /// Whether the module itself declares a key or a resource related to keys, or may.
    pub(crate) fn has_key_relatives(&self) -> bool {
        self.has_keys() || [kinds::KEY_VERSION, kinds::AUTHORITY].iter().any(|kind| self.managed.contains_key(*kind))
    }
}

/// Names that a variable cannot have. Source: Terraform's `configs`, `decodeVariableBlock`.
const RESERVED: [&str; 8] = ["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];

/// The resource type that an unknown type is probably a misspelling of.
fn misspelled(kind: &str) -> Option<&'static str> {
    if !kind.starts_with("oci_k") || KEY_TYPES.contains(&kind) {
        return None;
    }
    closest(kind, KEY_TYPES).filter(|_| schema::of(false, kind).is_none())
}

fn parse(source: SourceId, text: &str, is_json: bool) -> File {
    if is_json { hcl::json::parse(source, text) } else { hcl::native::parse(source, text) }
}
