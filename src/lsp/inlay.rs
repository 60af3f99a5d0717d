//! Inlay hints: the value of an expression, shown after it.

use super::position::Encoding;
use super::project::Project;
use crate::base::{Bounds, Claim, Fact};
use crate::key::ProtectionMode;
use lsp_types::{InlayHint, InlayHintLabel, Position};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The hints in a byte range of a file: the value of each `protection_mode` that is not a literal.
pub(super) fn hints(project: &Project, path: &Path, range: &std::ops::Range<usize>, encoding: Encoding) -> Vec<InlayHint> {
    let mut found: BTreeMap<(u32, u32), (Position, BTreeSet<String>)> = BTreeMap::new();
    for key in project.parts.iter().flat_map(|part| &part.outcome.keys) {
        let fact = &key.facts.protection_mode;
        let Some(span) = fact.place().and_then(|place| place.span()) else { continue };
        if (span.end as usize) < range.start || span.start as usize > range.end {
            continue;
        }
        let source = project.sources.get(span.source);
        // A literal already shows its value; a template with an expression in it does not.
        if project.path(&source) != path || source.slice(span).starts_with('"') && !source.slice(span).contains("${") {
            continue;
        }
        let at = encoding.position(&source, span.end as usize);
        found.entry((span.start, span.end)).or_insert_with(|| (at, BTreeSet::new())).1.insert(label(fact));
    }
    found.into_values().map(|(position, values)| hint(position, values)).collect()
}

fn label(fact: &Fact<ProtectionMode>) -> String {
    let shown = |mode: &ProtectionMode| match fact.shows(mode.is_documented()) {
        true => format!("\"{}\"", crate::report::clean(&mode.to_string())),
        false => "hidden".to_owned(),
    };
    match &fact.claim {
        Claim::Known(mode) => shown(mode),
        Claim::Unset => "null".to_owned(),
        Claim::Unknown(unknown) => match &unknown.bounds {
            Bounds::Default { value: Some(mode), .. } => format!("{} by default", shown(mode)),
            _ => "unknown".to_owned(),
        },
    }
}

fn hint(position: Position, values: BTreeSet<String>) -> InlayHint {
    let label = format!("→ {}", values.into_iter().collect::<Vec<_>>().join(" or "));
    InlayHint {
        position,
        label: InlayHintLabel::String(label),
        kind: None,
        text_edits: None,
        tooltip: None,
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}
