//! Detects old versions of the OCI provider. Advice must not name an argument that the provider does not have.

use super::module::Module;
use crate::base::{Place, Sources, Span};
use crate::hcl::{Expr, ExprKind};
use crate::key::{OldProvider, is_oci_provider};
use crate::terraform::blocks::constants::literal;
use crate::terraform::discovery::lock::{self, LockedProvider};
use crate::terraform::request::{ScanRequest, join_shown};
use std::path::Path;
use std::sync::Arc;

/// The constraint or locked version that selects a provider without some arguments; the nearest one to the root.
pub(crate) fn old(request: &ScanRequest, sources: &Sources, root: &Path, modules: &[Arc<Module>]) -> Option<OldProvider> {
    let constraints = modules.iter().flat_map(|module| constraints(module));
    let mut old = constraints.filter_map(|(text, span)| OldProvider::read(&text, false, Place::Source(span)));
    old.next().or_else(|| locked(request, sources, root, &modules.first()?.shown))
}

/// A module's version constraints on the OCI provider.
fn constraints(module: &Module) -> Vec<(String, Span)> {
    let text = |expr: &Expr| literal(expr).map(|text| (text.to_owned(), expr.span));
    let required = module.settings.iter().flat_map(|settings| settings.body.blocks_of("required_providers"));
    let entries = required.flat_map(|required| &required.body.attributes).filter_map(|entry| match &entry.value.kind {
        ExprKind::Object(items) => {
            let item = |wanted: &str| {
                items.iter().find_map(|item| match &item.key.kind {
                    ExprKind::Variable(name) | ExprKind::String(name) if **name == *wanted => text(&item.value),
                    _ => None,
                })
            };
            let source = item("source").map_or_else(|| entry.name.text.to_string(), |(source, _)| source);
            item("version").filter(|_| is_oci_provider(&source))
        }
        _ => text(&entry.value).filter(|_| is_oci_provider(&entry.name.text)),
    });
    let blocks = module.providers.iter().filter_map(|block| text(&block.body.attribute("version")?.value));
    entries.chain(blocks).collect()
}

/// The version of the OCI provider in the lock file, if it is old.
fn locked(request: &ScanRequest, sources: &Sources, root: &Path, shown: &Path) -> Option<OldProvider> {
    let source = sources.add(join_shown(shown, lock::NAME), lock::text(root, request)?);
    let locked = lock::providers(source, sources.get(source).text());
    let (version, span) = locked.into_iter().find(LockedProvider::is_oci)?.version?;
    OldProvider::read(&version, true, Place::Source(span))
}
