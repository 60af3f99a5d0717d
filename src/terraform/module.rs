//! One module folder, parsed and with its override files merged; shared by all roots and calls that lead to it.

use super::folder::{Folder, Text};
use super::merge;
use crate::base::disk::{self, DiskError};
use crate::base::{Place, Problem, ProblemKind, Sources, Span, Step};
use crate::terraform::syntax::{self, Attribute, Block, CommentText, Expr, ExprKind, File};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The resource type of key versions.
pub(super) const KEY_VERSION: &str = "oci_kms_key_version";
/// The resource type of certificate authorities.
pub(super) const AUTHORITY: &str = "oci_certificates_management_certificate_authority";

/// Resources of one mode, by type and name.
pub(super) type Resources = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Block>>;

/// A module folder.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The folder, links resolved.
    pub path: PathBuf,
    /// The folder as people see it.
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
    /// `module` blocks.
    pub calls: BTreeMap<Arc<str>, Block>,
    /// Comments that speak to kmslint.
    pub comments: Vec<CommentText>,
    /// Files that could not be read or parsed, keys written twice.
    pub problems: Vec<Problem>,
    /// Whether a file that did not parse may declare a key.
    pub may_hide_keys: bool,
}

impl Module {
    /// Parses the files of a folder.
    pub(super) fn parse(folder: Folder, sources: &Sources) -> Self {
        let mut module = Self { path: folder.path, shown: folder.shown, ..Self::default() };
        let ordinary = folder.files.len() - folder.overrides;
        for (at, file) in folder.files.into_iter().enumerate() {
            let shown = super::request::join_shown(&module.shown, &file.name);
            let text = file.text.and_then(|text| match text {
                Text::Kept(text) => Ok(text),
                Text::OnDisk => disk::read_text(&module.path.join(&file.name), disk::CONFIG_CAP),
            });
            match text {
                Ok(text) => {
                    let is_json = file.name.ends_with(".json");
                    let names_keys = text.contains("oci_kms_key");
                    let source = sources.add(shown, text);
                    let parsed = parse(source, sources.get(source).text(), is_json);
                    module.take(parsed, at >= ordinary, names_keys);
                }
                Err(error) => {
                    let shown = shown.display().to_string();
                    let kind = if matches!(error, DiskError::NotText(_)) { ProblemKind::Unparsable } else { ProblemKind::Unreadable };
                    module.problems.push(Problem::new(kind, format!("cannot read `{shown}`: {error}")).at(Place::File(shown.into())));
                    module.may_hide_keys |= folder.mentions_key;
                }
            }
        }
        module
    }

    fn take(&mut self, file: File, is_override: bool, names_keys: bool) {
        if let Some(error) = file.error {
            let problem = Problem::new(ProblemKind::Unparsable, error.message).at(Place::Source(error.span));
            self.problems.push(problem.help("Fix the syntax; what could be read of the file was judged all the same"));
            self.may_hide_keys |= names_keys;
        }
        self.comments.extend(file.comments);
        for block in file.body.blocks {
            let kind = block.kind.text.clone();
            match &*kind {
                "resource" | "data" => self.resource(block, is_override),
                "variable" => put(&mut self.variables, block, is_override),
                "output" => put(&mut self.outputs, block, is_override),
                "terraform" => self.settings.push(block),
                "module" => put(&mut self.calls, block, is_override),
                "locals" => {
                    for attribute in block.body.attributes {
                        match self.locals.get_mut(&attribute.name.text) {
                            Some(own) if is_override => *own = attribute,
                            Some(_) => {}
                            None => drop(self.locals.insert(attribute.name.text.clone(), attribute)),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn resource(&mut self, block: Block, is_override: bool) {
        let [kind, name] = block.labels.as_slice() else { return };
        let (kind, name) = (kind.text.clone(), name.text.clone());
        let is_data = &*block.kind.text == "data";
        let own = if is_data { &mut self.data } else { &mut self.managed }.entry(kind.clone()).or_default();
        match own.get_mut(&name) {
            None => drop(own.insert(name, block)),
            Some(base) if is_override => merge::merge(base, block),
            Some(first) if !is_data && &*kind == "oci_kms_key" => {
                let message =
                    format!("`oci_kms_key.{name}` is written twice in this module; Terraform refuses that, and only the first was judged");
                let mut problem = Problem::new(ProblemKind::Refused, message).at(Place::Source(block.header));
                problem.related.push(Step::new(Place::Source(first.header), "the first one"));
                self.problems.push(problem.help("Give the second one another name"));
            }
            Some(_) => {}
        }
    }

    /// Whether it declares a key of its own.
    pub(super) fn has_keys(&self) -> bool {
        self.managed.contains_key("oci_kms_key") || self.may_hide_keys
    }

    /// Whether it declares a key, or something that is related to keys.
    pub(super) fn has_relatives(&self) -> bool {
        self.has_keys() || [KEY_VERSION, AUTHORITY].iter().any(|kind| self.managed.contains_key(*kind))
    }

    /// All blocks whose expressions may be evaluated.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        let resources = self.managed.values().chain(self.data.values()).flat_map(BTreeMap::values);
        resources.chain(self.calls.values()).chain(self.outputs.values())
    }
}

/// Adds a block by its only label; merges it where it overrides.
fn put(into: &mut BTreeMap<Arc<str>, Block>, block: Block, is_override: bool) {
    let [label] = block.labels.as_slice() else { return };
    match into.get_mut(&label.text) {
        None => drop(into.insert(label.text.clone(), block)),
        Some(base) if is_override => merge::merge(base, block),
        Some(_) => {}
    }
}

fn parse(source: crate::base::SourceId, text: &str, is_json: bool) -> File {
    if is_json { syntax::json::parse(source, text) } else { syntax::native::parse(source, text) }
}

/// The text of an expression that is nothing but a string.
pub(super) fn literal(expr: &Expr) -> Option<&str> {
    match &expr.without_parens().kind {
        ExprKind::String(text) => Some(text),
        _ => None,
    }
}

/// The source of a module call and where it is written.
pub(super) fn source_of(call: &Block) -> Option<(&str, Span)> {
    let attribute = call.body.attribute("source")?;
    Some((literal(&attribute.value)?, attribute.value.span))
}
