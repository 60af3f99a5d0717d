//! Changes outside of Terraform since the last apply, as notes of the keys.

use super::document::ResourceEntry;
use super::node::{Node, NodeValue};
use super::scan::ScanPosition;
use super::values::hides;
use super::walk::child_pointer;
use crate::base::Step;
use crate::key::{KeyFacts, kinds};
use std::collections::HashMap;
use std::sync::Arc;

/// The attributes whose drift is noted. `auto_key_rotation_details` never drifts: the provider does not read it back.
const ATTRIBUTES: [&str; 4] = ["protection_mode", "is_auto_rotation_enabled", "desired_state", "state"];

/// The drift of one key.
pub(super) struct PlannedDrift {
    address: String,
    pointer: String,
    position: ScanPosition,
    labels: Vec<String>,
}

/// Reads an entry of `resource_drift`.
pub(super) fn read(entry: ResourceEntry) -> Option<PlannedDrift> {
    let address = entry.text("address").filter(|_| entry.is_managed(kinds::KEY))?.to_owned();
    let change = entry.node.get("change")?;
    let (before, after) = (change.get("before")?, change.get("after")?);
    let labels = if after.is_null() {
        vec!["was deleted outside of Terraform".to_owned()]
    } else {
        let hidden =
            |name: &str| ["before_sensitive", "after_sensitive"].iter().filter_map(|key| change.get(key)).any(|mark| hides(mark, name));
        let mut labels = Vec::new();
        for name in ATTRIBUTES {
            let (old, new) = (shown(before.get(name)), shown(after.get(name)));
            if old == new || (name == "state" && before.get("desired_state").is_some()) {
                continue;
            }
            labels.push(if hidden(name) {
                format!("`{name}` was changed outside of Terraform")
            } else {
                format!("`{name}` was changed outside of Terraform, from {old} to {new}")
            });
        }
        labels
    };
    Some(PlannedDrift { address, pointer: child_pointer(&entry.pointer, "change"), position: change.position, labels })
}

/// Adds drift to the notes of the keys.
pub(super) fn add_notes(file: &Arc<str>, drift: impl Iterator<Item = PlannedDrift>, keys: &mut [Box<KeyFacts>]) {
    let mut drift = drift.peekable();
    if drift.peek().is_none() {
        return;
    }
    let mut by_address: HashMap<String, usize> = HashMap::new();
    for (at, key) in keys.iter().enumerate() {
        by_address.entry(key.id.address.clone()).or_insert(at);
    }
    for drift in drift {
        let Some(key) = by_address.get(&drift.address).and_then(|at| keys.get_mut(*at)) else { continue };
        let here = drift.position.place(file, &drift.pointer);
        key.notes.extend(drift.labels.into_iter().map(|label| Step::new(here.clone(), label)));
    }
}

fn shown(node: Option<&Node>) -> String {
    match node.map(|node| &node.value) {
        Some(NodeValue::Text(text)) => format!("`{}`", super::node::shown(text)),
        Some(NodeValue::Bool(value)) => format!("`{value}`"),
        Some(NodeValue::Number(number)) => format!("`{number}`"),
        _ => "nothing".to_owned(),
    }
}
