//! How old a provider the configuration asks for: advice must not name an argument that it does not have.

use super::folder::within;
use super::module::{Module, literal};
use super::request::{Request, join_shown};
use crate::base::disk;
use crate::base::{Place, Sources, Span};
use crate::key::OldProvider;
use crate::terraform::syntax::{self, Expr, ExprKind};
use std::path::Path;
use std::sync::Arc;

/// A version in its three parts.
type Version = [u64; 3];

/// The first version with `is_auto_rotation_enabled`. Source: CHANGELOG of oracle/oci.
const ROTATION: Version = [5, 31, 0];
/// The first version with keys in SOFTWARE. Source: CHANGELOG of oracle/oci.
const SOFTWARE: Version = [3, 94, 0];

/// What keeps a tree of modules from a provider that has all arguments; the nearest to the root.
pub(super) fn old(request: &Request, sources: &Sources, root: &Path, modules: &[Arc<Module>]) -> Option<OldProvider> {
    let constraints = modules.iter().flat_map(|module| constraints(module));
    let mut written = constraints.filter_map(|(text, span)| found(&text, false, Place::Source(span)));
    written.next().or_else(|| locked(request, sources, root, &modules.first()?.shown))
}

fn found(text: &str, is_locked: bool, place: Place) -> Option<OldProvider> {
    let excludes = |least| text.split(',').any(|constraint| excludes(constraint, least));
    excludes(ROTATION).then(|| OldProvider { version: text.trim().to_owned(), is_locked, place, without_software: excludes(SOFTWARE) })
}

/// The constraints that a module sets on the provider.
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
            item("version").filter(|_| is_oci(&source))
        }
        _ => text(&entry.value).filter(|_| is_oci(&entry.name.text)),
    });
    let blocks = module.providers.iter().filter_map(|block| text(&block.body.attribute("version")?.value));
    entries.chain(blocks).collect()
}

/// Whether a provider's source is Oracle's provider: `oracle/oci`, `hashicorp/oci` from before it moved, or just `oci`.
fn is_oci(source: &str) -> bool {
    let mut parts = source.rsplit('/');
    parts.next() == Some("oci") && matches!(parts.next(), None | Some("oracle" | "hashicorp"))
}

/// The version in the lock file.
fn locked(request: &Request, sources: &Sources, root: &Path, shown: &Path) -> Option<OldProvider> {
    const NAME: &str = ".terraform.lock.hcl";
    let path = root.join(NAME);
    if disk::leads_out(&path, &within(root, request)) {
        return None;
    }
    let text = disk::read_text(&path, disk::CONFIG_CAP).ok()?;
    let source = sources.add(join_shown(shown, NAME), text);
    let stored = sources.get(source);
    let file = syntax::native::parse(source, stored.text());
    let block = file.body.blocks.iter().find(|block| block.labels.first().is_some_and(|label| is_oci(&label.text)))?;
    let version = &block.body.attribute("version")?.value;
    found(&format!("= {}", literal(version)?), true, Place::Source(version.span))
        .map(|old| OldProvider { version: old.version.trim_start_matches("= ").to_owned(), ..old })
}

/// Whether a constraint excludes every version from `least` on.
fn excludes(constraint: &str, least: Version) -> bool {
    let constraint = constraint.trim();
    let at = constraint.find(|c: char| c.is_ascii_digit()).unwrap_or(constraint.len());
    let (operator, version) = constraint.split_at(at);
    let Some((version, parts)) = parse(version) else { return false };
    match operator.trim().trim_end_matches('v').trim_end() {
        "" | "=" => version < least,
        "<" => version <= least,
        "<=" => version < least,
        "~>" => {
            let [major, minor, _] = version;
            let end = match parts {
                0 | 1 => return false,
                2 => [major + 1, 0, 0],
                _ => [major, minor + 1, 0],
            };
            end <= least
        }
        _ => false,
    }
}

/// A version, and how many parts of it are written.
fn parse(text: &str) -> Option<(Version, usize)> {
    let plain = text.trim().split(['-', '+']).next()?;
    let mut version = [0; 3];
    let mut parts = 0;
    for part in plain.split('.') {
        *version.get_mut(parts)? = part.parse().ok()?;
        parts += 1;
    }
    Some((version, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_excludes_what_no_allowed_version_reaches() {
        for (constraint, excluded) in [
            ("5.18.0", true),
            ("= 5.30.9", true),
            ("5.31.0", false),
            ("v5.31.0", false),
            ("~> 5.18.0", true),
            ("~> 5.30.1", true),
            ("~> 5.18", false),
            ("~> 4.0", true),
            ("~> 5", false),
            ("< 5.31.0", true),
            ("< 5.31.1", false),
            ("<= 5.31.0", false),
            ("<= 5.30", true),
            (">= 5.18.0", false),
            ("!= 5.31.0", false),
            ("> 4, nonsense", false),
            ("", false),
        ] {
            assert_eq!(excludes(constraint, ROTATION), excluded, "{constraint}");
        }
        let both = found(">= 4.0, < 5.0", false, Place::File("x".into())).unwrap();
        assert!(!both.without_software && both.version == ">= 4.0, < 5.0");
        assert!(found("~> 3.27.0", false, Place::File("x".into())).unwrap().without_software);
        assert_eq!(found(">= 6.0", false, Place::File("x".into())), None);
    }

    #[test]
    fn the_provider_is_known_by_its_source() {
        for (source, is) in [
            ("oracle/oci", true),
            ("registry.terraform.io/oracle/oci", true),
            ("registry.opentofu.org/hashicorp/oci", true),
            ("oci", true),
            ("acme/oci", false),
            ("hashicorp/aws", false),
        ] {
            assert_eq!(is_oci(source), is, "{source}");
        }
    }
}
