//! Callers in other languages: Terragrunt units and Terraform Stacks. They are not evaluated, but they set the variables of the modules
//! that they call, so the defaults of those modules do not apply.

use super::directory::{allowed_directories, has_configuration, is_local, is_stack};
use super::discover::Scan;
use super::providers::NamedProviders;
use crate::base::{Reason, SourceId, disk};
use crate::hcl::{self, Body, Expr, ExprKind, Part, TraversalStep};
use crate::key::{NotRead, NotReadKind};
use crate::terraform::request::ScanRequest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The maximum size of such a file, in bytes.
const CAP: u64 = 4 << 20;
/// The maximum depth of nested locals and function calls in a source.
const MAX_DEPTH: usize = 16;
/// The file names that Terragrunt searches in parent directories.
const PARENT_NAMES: [&str; 2] = ["root.hcl", "terragrunt.hcl"];

/// The modules that foreign files call.
#[derive(Debug, Default)]
pub(crate) struct ForeignCallers {
    /// The shown path of a calling file, by the directory of the called module.
    targets: BTreeMap<PathBuf, String>,
    /// The files that may hide keys.
    pub not_read: Vec<NotRead>,
}

impl ForeignCallers {
    /// Why the variables of a module are unknown, if a foreign file calls it.
    pub(crate) fn reason(&self, path: &Path) -> Option<Reason> {
        self.targets.get(path).map(|caller| format!("`{caller}` sets the variables and was not read").into())
    }
}

/// The target of one call.
enum ForeignCall {
    /// A local directory.
    Local(PathBuf),
    /// A remote module, or a target that cannot be determined.
    Unknown,
}

/// Reads the calls of the foreign files in a scan.
pub(crate) fn read(scan: &Scan, request: &ScanRequest) -> ForeignCallers {
    let mut callers = ForeignCallers::default();
    for (path, shown) in &scan.foreign {
        let Ok(text) = request.overlay.read_text(path, CAP) else { continue };
        let body = hcl::native::parse(SourceId::UNSTORED, &text).body;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let directory = path.parent().unwrap_or(Path::new("/"));
        let file = ForeignFile { directory, body: &body, allowed: &allowed_directories(directory, request), request };
        let (calls, names_other) =
            if is_stack(&name) { (file.component_calls(), stack_names_other(&body)) } else { file.terragrunt_calls(&text) };
        let shown = shown.to_string_lossy().replace('\\', "/");
        let mut may_hide_keys = false;
        for call in calls {
            match call {
                ForeignCall::Local(target) => {
                    let exists = scan.hints.contains_key(&target) || disk::is_dir(&target);
                    may_hide_keys |= if exists { scan.candidates.contains(&target) } else { !names_other };
                    callers.targets.entry(target).or_insert_with(|| shown.clone());
                }
                ForeignCall::Unknown => may_hide_keys |= !names_other,
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

/// One foreign file, or a file that it includes.
struct ForeignFile<'u> {
    /// The directory of the including file.
    directory: &'u Path,
    body: &'u Body,
    /// The directories from which included files may be read.
    allowed: &'u [PathBuf],
    request: &'u ScanRequest,
}

impl ForeignFile<'_> {
    /// The calls of a Stack's components.
    fn component_calls(&self) -> Vec<ForeignCall> {
        self.body.blocks_of("component").filter_map(|block| block.body.attribute("source")).map(|source| self.call(&source.value)).collect()
    }

    /// The calls of a Terragrunt unit, and whether its configuration names other providers only.
    fn terragrunt_calls(&self, text: &str) -> (Vec<ForeignCall>, bool) {
        let mut named = NamedProviders::default();
        add_named_providers(text, &mut named);
        let mut calls = self.source_calls();
        let mut is_included = false;
        for include in self.body.blocks_of("include").filter_map(|block| block.body.attribute("path")) {
            is_included = true;
            let Some(path) = self.resolve(&include.value, 0).map(|path| self.directory.join(path)) else {
                calls.extend(calls.is_empty().then_some(ForeignCall::Unknown));
                continue;
            };
            if disk::escapes(&path, self.allowed) {
                continue;
            }
            let Ok(text) = self.request.overlay.read_text(&path, CAP) else { continue };
            add_named_providers(&text, &mut named);
            let body = hcl::native::parse(SourceId::UNSTORED, &text).body;
            if calls.is_empty() {
                calls = ForeignFile { body: &body, ..*self }.source_calls();
            }
        }
        let has_configuration = has_configuration(self.directory);
        // Without a source, a unit calls the module in its own directory. A parent's file without `include` and `inputs` is not a unit.
        if calls.is_empty() && has_configuration && (is_included || self.body.attribute("inputs").is_some()) {
            calls.push(ForeignCall::Local(self.directory.to_path_buf()));
        }
        named.add(super::providers::named_by_lock(self.directory, self.request));
        (calls, named.other && !named.oci)
    }

    /// The calls in `terraform` blocks.
    fn source_calls(&self) -> Vec<ForeignCall> {
        let blocks = self.body.blocks_of("terraform").filter_map(|block| block.body.attribute("source"));
        blocks.map(|source| self.call(&source.value)).collect()
    }

    fn call(&self, source: &Expr) -> ForeignCall {
        let Some(source) = self.resolve(source, 0) else { return ForeignCall::Unknown };
        if !is_local(&source) && !source.starts_with('/') {
            return ForeignCall::Unknown;
        }
        // Terragrunt copies the directory before `//`, and runs Terraform in the subdirectory after it.
        let path = disk::tidy(&self.directory.join(source.replacen("//", "/", 1)));
        ForeignCall::Local(disk::canonical(&path).unwrap_or(path))
    }

    /// The text of an expression of strings, Terragrunt's directory functions, and locals of the same file.
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
                    "get_parent_terragrunt_dir" => self.find_in_parents(None)?.parent()?.to_path_buf(),
                    "find_in_parent_folders" => match argument() {
                        Some(name) => self.find_in_parents(Some(&name?))?,
                        None => self.find_in_parents(None)?,
                    },
                    "dirname" => Path::new(&argument()??).parent()?.to_path_buf(),
                    _ => return None,
                };
                Some(path.to_string_lossy().replace('\\', "/"))
            }
            _ => None,
        }
    }

    /// The nearest file of this name in a parent directory; of one of the default names without a name.
    fn find_in_parents(&self, name: Option<&str>) -> Option<PathBuf> {
        let above = self.directory.ancestors().skip(1);
        let names: Vec<&str> = name.map_or_else(|| PARENT_NAMES.to_vec(), |name| vec![name]);
        above.flat_map(|above| names.iter().map(|name| above.join(name))).find(|path| disk::has_entry(path))
    }
}

/// Adds the providers that the text of a Terragrunt file names, including the configuration that it generates.
fn add_named_providers(text: &str, named: &mut NamedProviders) {
    for (at, _) in text.match_indices("provider \"") {
        let rest = text.get(at + "provider \"".len()..).unwrap_or_default();
        let name = rest.split('"').next().unwrap_or_default();
        let is_oci = name == "oci";
        named.add(NamedProviders { oci: is_oci, other: !is_oci && !name.is_empty() });
    }
    // Any mention of the OCI provider or its types counts.
    named.oci |= text.contains("oracle/oci") || text.contains("oci_");
}

/// Whether a Stack names other providers only.
fn stack_names_other(body: &Body) -> bool {
    let mut named = NamedProviders::default();
    for block in &body.blocks {
        named.add_block(block);
        if &*block.kind.text == "required_providers" {
            named.add_required(&block.body);
        }
    }
    named.other && !named.oci
}
