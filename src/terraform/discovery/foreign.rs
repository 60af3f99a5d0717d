//! Callers that are not Terraform's: Terragrunt units and Terraform Stacks. They are not evaluated, but the modules that they call are not
//! root modules whose defaults hold.

use super::directory::{holds_configuration, is_local, is_stack, within};
use super::discover::Scan;
use super::providers::NamedProviders;
use crate::base::{Reason, SourceId, disk};
use crate::hcl::{self, Body, Expr, ExprKind, Part, TraversalStep};
use crate::key::{NotRead, NotReadKind};
use crate::terraform::request::ScanRequest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The largest file of this kind that is read.
const CAP: u64 = 4 << 20;
/// How deep locals and calls may nest in a source.
const MAX_DEPTH: usize = 16;
/// The names under which Terragrunt looks for a parent's configuration.
const PARENTS: [&str; 2] = ["root.hcl", "terragrunt.hcl"];

/// Which modules such files call.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    /// By the module's directory: the file that calls it, as shown.
    targets: BTreeMap<PathBuf, String>,
    /// The files that may hide keys.
    pub not_read: Vec<NotRead>,
}

impl Callers {
    /// Why the variables of a module are unknown, if one of these files calls it.
    pub(crate) fn of(&self, path: &Path) -> Option<Reason> {
        self.targets.get(path).map(|caller| format!("`{caller}` sets the variables, and was not read").into())
    }
}

/// Where one call leads.
enum ForeignCall {
    /// To this directory.
    Local(PathBuf),
    /// To somewhere that cannot be determined.
    Elsewhere,
}

/// Reads what such files call.
pub(crate) fn read(scan: &Scan, request: &ScanRequest) -> Callers {
    let mut callers = Callers::default();
    for (path, shown) in &scan.foreign {
        let Ok(text) = request.overlay.read_text(path, CAP) else { continue };
        let body = hcl::native::parse(SourceId::UNSTORED, &text).body;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let directory = path.parent().unwrap_or(Path::new("/"));
        let unit = Unit { directory, body: &body, within: &within(directory, request), request };
        let (calls, names_other) = if is_stack(&name) { (unit.components(), stack_names_other(&body)) } else { unit.terragrunt(&text) };
        let shown = shown.to_string_lossy().replace('\\', "/");
        let mut may_hide_keys = false;
        for call in calls {
            match call {
                ForeignCall::Local(target) => {
                    let is_there = scan.hints.contains_key(&target) || disk::is_dir(&target);
                    may_hide_keys |= if is_there { scan.candidates.contains(&target) } else { !names_other };
                    callers.targets.entry(target).or_insert_with(|| shown.clone());
                }
                ForeignCall::Elsewhere => may_hide_keys |= !names_other,
            }
        }
        if may_hide_keys && !(request.exclude)(path) {
            let (kind, why) = if is_stack(&name) {
                (NotReadKind::Stack, "kmslint does not evaluate Stacks; the variables of the modules that they call are unknown")
            } else {
                (
                    NotReadKind::TerragruntUnit,
                    "kmslint does not evaluate Terragrunt; check a plan instead (`terragrunt show -json PLANFILE`)",
                )
            };
            callers.not_read.push(NotRead { path: shown, kind, why: why.to_owned(), may_hide_keys });
        }
    }
    callers
}

/// One file, and where it is.
struct Unit<'u> {
    /// The unit's directory, also for what it includes.
    directory: &'u Path,
    body: &'u Body,
    /// Where what it includes may be read from.
    within: &'u [PathBuf],
    request: &'u ScanRequest,
}

impl Unit<'_> {
    /// The calls of a Stack's components.
    fn components(&self) -> Vec<ForeignCall> {
        self.body.blocks_of("component").filter_map(|block| block.body.attribute("source")).map(|source| self.call(&source.value)).collect()
    }

    /// The call of a Terragrunt unit, if it is one; and whether what it generates names another provider.
    fn terragrunt(&self, text: &str) -> (Vec<ForeignCall>, bool) {
        let mut named = NamedProviders::default();
        named_in(text, &mut named);
        let mut calls = self.sources();
        let mut is_included = false;
        for include in self.body.blocks_of("include").filter_map(|block| block.body.attribute("path")) {
            is_included = true;
            let Some(path) = self.resolve(&include.value, 0).map(|path| self.directory.join(path)) else {
                calls.extend(calls.is_empty().then_some(ForeignCall::Elsewhere));
                continue;
            };
            if disk::escapes(&path, self.within) {
                continue;
            }
            let Ok(text) = self.request.overlay.read_text(&path, CAP) else { continue };
            named_in(&text, &mut named);
            let body = hcl::native::parse(SourceId::UNSTORED, &text).body;
            if calls.is_empty() {
                calls = Unit { body: &body, ..*self }.sources();
            }
        }
        let has_configuration = holds_configuration(self.directory);
        // Without a source, a unit is the module in its own directory. A parent's configuration is neither.
        if calls.is_empty() && has_configuration && (is_included || self.body.attribute("inputs").is_some()) {
            calls.push(ForeignCall::Local(self.directory.to_path_buf()));
        }
        named.add(super::providers::named_by_lock(self.directory, self.request));
        (calls, named.other && !named.oci)
    }

    fn sources(&self) -> Vec<ForeignCall> {
        let blocks = self.body.blocks_of("terraform").filter_map(|block| block.body.attribute("source"));
        blocks.map(|source| self.call(&source.value)).collect()
    }

    fn call(&self, source: &Expr) -> ForeignCall {
        let Some(source) = self.resolve(source, 0) else { return ForeignCall::Elsewhere };
        if !is_local(&source) && !source.starts_with('/') {
            return ForeignCall::Elsewhere;
        }
        // Terragrunt copies what is in front of `//`, and runs Terraform in the directory after it.
        let path = disk::tidy(&self.directory.join(source.replacen("//", "/", 1)));
        ForeignCall::Local(disk::canonical(&path).unwrap_or(path))
    }

    /// The text of an expression: strings, Terragrunt's functions about directories, and locals of the same file.
    fn resolve(&self, expr: &Expr, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        match &expr.without_parens().kind {
            ExprKind::String(text) => Some(text.to_string()),
            ExprKind::Template(template) => {
                let part = |part: &Part| match part {
                    Part::Literal(text) => Some(text.to_string()),
                    Part::Interpolation(inner) => self.resolve(inner, depth + 1),
                    Part::Directive(_) => None,
                };
                template.parts.iter().map(part).collect()
            }
            ExprKind::Traversal(base, steps) => match (&base.kind, steps.as_slice()) {
                (ExprKind::Variable(name), [TraversalStep::Attr(local)]) if &**name == "local" => {
                    let mut locals = self.body.blocks_of("locals").filter_map(|block| block.body.attribute(&local.text));
                    self.resolve(&locals.next()?.value, depth + 1)
                }
                _ => None,
            },
            ExprKind::Call { name, arguments, .. } => {
                let argument = || arguments.first().map(|argument| self.resolve(argument, depth + 1));
                let path = match &*name.text {
                    "get_terragrunt_dir" | "get_original_terragrunt_dir" => self.directory.to_path_buf(),
                    "get_repo_root" => disk::repository_root(self.directory)?,
                    "get_parent_terragrunt_dir" => self.parent(None)?.parent()?.to_path_buf(),
                    "find_in_parent_folders" => match argument() {
                        Some(name) => self.parent(Some(&name?))?,
                        None => self.parent(None)?,
                    },
                    "dirname" => Path::new(&argument()??).parent()?.to_path_buf(),
                    _ => return None,
                };
                Some(path.to_string_lossy().replace('\\', "/"))
            }
            _ => None,
        }
    }

    /// The nearest file of this name in a directory above.
    fn parent(&self, name: Option<&str>) -> Option<PathBuf> {
        let above = self.directory.ancestors().skip(1);
        let names: Vec<&str> = name.map_or_else(|| PARENTS.to_vec(), |name| vec![name]);
        above.flat_map(|above| names.iter().map(|name| above.join(name))).find(|path| disk::has_entry(path))
    }
}

/// Adds the providers that the text of a Terragrunt file names, also in the configuration that it generates.
fn named_in(text: &str, named: &mut NamedProviders) {
    for (at, _) in text.match_indices("provider \"") {
        let rest = text.get(at + "provider \"".len()..).unwrap_or_default();
        let name = rest.split('"').next().unwrap_or_default();
        let is_oci = name == "oci";
        named.add(NamedProviders { oci: is_oci, other: !is_oci && !name.is_empty() });
    }
    // The word alone is enough to look closer.
    named.oci |= text.contains("oracle/oci") || text.contains("oci_");
}

/// Whether a Stack names providers, and `oci` is not among them.
fn stack_names_other(body: &Body) -> bool {
    let mut named = NamedProviders::default();
    for block in &body.blocks {
        named.block(block);
        if &*block.kind.text == "required_providers" {
            named.required(&block.body);
        }
    }
    named.other && !named.oci
}
