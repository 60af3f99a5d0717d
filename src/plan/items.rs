//! Resource entries of plans and states as one type: an address, values, and the planned action.

use super::document::ResourceEntry;
use super::node::{Node, NodeValue};
use super::scan::ScanPosition;
use super::values::Values;
use super::walk::child_pointer;
use crate::base::{Address, InstanceKey};
use crate::key::PlannedAction;

/// The most bytes that the addresses of a document's resources may have in total. Projects of 100,000 resources stay below a tenth of it.
pub(super) const MAX_ADDRESS_BYTES: usize = 64 << 20;

/// A resource instance.
#[derive(Debug)]
pub(super) struct DocumentResource {
    /// The address as Terraform prints it.
    pub address: String,
    pub parsed: Option<Address>,
    pub kind: String,
    pub data: bool,
    pub planned_action: PlannedAction,
    pub values: Values,
    pub pointer: String,
    pub position: ScanPosition,
    /// Notes to show with the key.
    pub remarks: Vec<String>,
    /// Whether it represents all instances, because `for_each` or `count` is not known yet.
    pub is_symbolic: bool,
    /// Errors in the entry itself: message, position and JSON pointer.
    pub faults: Vec<(String, ScanPosition, String)>,
}

impl DocumentResource {
    /// Whether it is a managed resource of a type.
    pub(super) fn is_managed(&self, kind: &str) -> bool {
        !self.data && self.kind == kind
    }
}

/// Reads a change of a plan. `None` for a deposed object, which is left over from an earlier run.
pub(super) fn read_change(mut entry: ResourceEntry) -> Option<DocumentResource> {
    if entry.text("deposed").is_some() {
        return None;
    }
    let Some(given) = entry.text("address").map(str::to_owned) else { return Some(unreadable(&entry, "has no `address`")) };
    // Terraform prints an entry that represents all instances as `[*]`.
    let is_symbolic = given.contains("[*]") || entry.node.get("index_unknown").is_some_and(Node::is_true);
    let address = given.replace("[*]", "[\"*\"]");
    let pointer = child_pointer(&entry.pointer, "change");
    let mut faults = Vec::new();
    let position = entry.node.position;
    let mut change = entry.node.remove("change").unwrap_or(Node { position, value: NodeValue::Null });
    if !matches!(change.value, NodeValue::Object(_)) {
        faults.push((format!("`change` of `{address}` is {}", change.kind()), change.position, pointer.clone()));
    }
    let actions: Vec<&str> = change.get("actions").map(Node::elements).unwrap_or_default().iter().filter_map(Node::text).collect();
    let planned_action = match actions.as_slice() {
        ["no-op" | "read"] => PlannedAction::NoOp,
        ["create"] | ["create", "forget"] | ["forget", "create"] => PlannedAction::Create,
        ["update"] => PlannedAction::Update,
        ["delete"] => PlannedAction::Delete,
        ["forget"] => PlannedAction::Forget,
        ["delete", "create"] | ["create", "delete"] => PlannedAction::Replace,
        _ => PlannedAction::Unknown,
    };
    let mut remarks = Vec::new();
    if matches!(actions.as_slice(), ["create", "forget"] | ["forget", "create"]) {
        remarks.push("Terraform forgets the current key, which stays in the vault; this is the new key".to_owned());
    }
    if let Some(previous) = entry.text("previous_address") {
        remarks.push(format!("moved from `{previous}`"));
    }
    if change.get("importing").is_some_and(|importing| matches!(importing.value, NodeValue::Object(_))) {
        remarks.push("imported by this plan".to_owned());
    }
    // The values after the apply, or, for a resource that goes away, those before it.
    let (side, secrets) = if matches!(planned_action, PlannedAction::Delete | PlannedAction::Forget) {
        ("before", "before_sensitive")
    } else {
        ("after", "after_sensitive")
    };
    let mut unknown = change.remove("after_unknown");
    if side == "before" {
        unknown = None;
    }
    let sensitive = change.remove(secrets);
    let values = change.remove(side).unwrap_or(Node { position, value: NodeValue::Null });
    let is_unknown = unknown.as_ref().is_some_and(Node::is_true);
    let is_usable = matches!(values.value, NodeValue::Object(_)) || values.is_null() && is_unknown;
    if !is_usable && faults.is_empty() {
        faults.push((format!("`{side}` of `{address}` is {}", values.kind()), values.position, child_pointer(&pointer, side)));
    }
    let unknown = unknown.map(|node| (node, child_pointer(&pointer, "after_unknown")));
    let values = Values::new(values, child_pointer(&pointer, side), unknown, sensitive.as_ref());
    Some(DocumentResource {
        parsed: Address::parse(&address),
        kind: entry.text("type").unwrap_or_default().to_owned(),
        data: entry.is_data(),
        planned_action,
        values,
        pointer: entry.pointer.to_string(),
        position,
        remarks,
        is_symbolic,
        faults,
        address,
    })
}

/// Reads a resource of a state as `show -json` prints it. `None` for a deposed object.
pub(super) fn read_stored(mut entry: ResourceEntry) -> Option<DocumentResource> {
    if entry.text("deposed_key").is_some() {
        return None;
    }
    let Some(address) = entry.text("address").map(str::to_owned) else { return Some(unreadable(&entry, "has no `address`")) };
    let position = entry.node.position;
    let sensitive = entry.node.remove("sensitive_values");
    let values = entry.node.remove("values").unwrap_or(Node { position, value: NodeValue::Null });
    Some(DocumentResource {
        parsed: Address::parse(&address),
        kind: entry.text("type").unwrap_or_default().to_owned(),
        data: entry.is_data(),
        planned_action: PlannedAction::NoOp,
        values: Values::new(values, child_pointer(&entry.pointer, "values"), None, sensitive.as_ref()),
        pointer: entry.pointer.to_string(),
        position,
        remarks: tainted(entry.node.get("tainted").is_some_and(Node::is_true)),
        is_symbolic: false,
        faults: Vec::new(),
        address,
    })
}

/// Reads the instances of a resource of a raw state. Source: `internal/states/statefile/version4.go` of Terraform and OpenTofu.
pub(super) fn read_raw(mut entry: ResourceEntry) -> Vec<DocumentResource> {
    let Some(Node { value: NodeValue::List(instances), .. }) = entry.node.remove("instances") else {
        return vec![unreadable(&entry, "has no list of `instances`")];
    };
    let (Some(kind), Some(name)) = (entry.text("type"), entry.text("name")) else {
        return vec![unreadable(&entry, "has no `name`")];
    };
    let module = entry.text("module").map(|module| format!("{module}.")).unwrap_or_default();
    let data = entry.is_data();
    let block = format!("{module}{}{kind}.{name}", if data { "data." } else { "" });
    if block.len().saturating_mul(instances.len()) > MAX_ADDRESS_BYTES {
        return vec![unreadable(&entry, "has a name that is too long for its number of instances")];
    }
    let items = instances.into_iter().enumerate().filter_map(|(index, mut instance)| {
        if instance.get("deposed").is_some_and(|deposed| deposed.text().is_some()) {
            return None;
        }
        let key = instance.get("index_key").and_then(instance_key);
        let address = key.map_or_else(|| block.clone(), |key| format!("{block}{key}"));
        let pointer = child_pointer(&child_pointer(&entry.pointer, "instances"), &index.to_string());
        let position = instance.position;
        let is_tainted = instance.get("status").and_then(Node::text) == Some("tainted");
        let sensitive = instance.remove("sensitive_attributes");
        let (attributes, part) = match (instance.remove("attributes"), instance.remove("attributes_flat")) {
            (None | Some(Node { value: NodeValue::Null, .. }), Some(flat)) => (unflatten(&flat), "attributes_flat"),
            (attributes, _) => (attributes.unwrap_or(Node { position, value: NodeValue::Null }), "attributes"),
        };
        Some(DocumentResource {
            parsed: Address::parse(&address),
            kind: kind.to_owned(),
            data,
            planned_action: PlannedAction::NoOp,
            values: Values::raw(attributes, child_pointer(&pointer, part), sensitive.as_ref()),
            pointer,
            position,
            remarks: tainted(is_tainted),
            is_symbolic: false,
            faults: Vec::new(),
            address,
        })
    });
    items.collect()
}

/// A malformed entry. Nothing is known about it, and it is reported as a problem.
fn unreadable(entry: &ResourceEntry, what: &str) -> DocumentResource {
    DocumentResource {
        address: entry.pointer.to_string(),
        parsed: None,
        kind: entry.text("type").unwrap_or_default().to_owned(),
        data: entry.is_data(),
        planned_action: PlannedAction::Unknown,
        values: Values::new(Node { position: entry.node.position, value: NodeValue::Null }, entry.pointer.to_string(), None, None),
        pointer: entry.pointer.to_string(),
        position: entry.node.position,
        remarks: Vec::new(),
        is_symbolic: false,
        faults: vec![(format!("the entry of a key {what}"), entry.node.position, entry.pointer.to_string())],
    }
}

fn tainted(is: bool) -> Vec<String> {
    if is { vec!["tainted: the next apply deletes the key and creates a new one".to_owned()] } else { Vec::new() }
}

fn instance_key(node: &Node) -> Option<InstanceKey> {
    match &node.value {
        NodeValue::Text(text) => Some(InstanceKey::Text(text.as_str().into())),
        NodeValue::Number(number) => number.parse().ok().map(InstanceKey::Number),
        _ => None,
    }
}

/// Unflattens the attributes of a resource in an old state: `key_shape.0.length` = `"32"` becomes a member of an object.
fn unflatten(flat: &Node) -> Node {
    let mut members: Vec<(String, Node)> = Vec::new();
    for (path, node) in flat.members() {
        let Some((block, rest)) = path.split_once('.') else {
            members.push((path.clone(), node.clone()));
            continue;
        };
        // These are the element counts of lists and maps, whose elements are listed as well.
        if matches!(rest, "#" | "%") {
            continue;
        }
        let child = rest.strip_prefix("0.").unwrap_or(rest).to_owned();
        match members.iter_mut().find(|(name, _)| name == block) {
            Some((_, Node { value: NodeValue::Object(children), .. })) => children.push((child, node.clone())),
            Some(_) => {}
            None => {
                members.push((block.to_owned(), Node { position: node.position, value: NodeValue::Object(vec![(child, node.clone())]) }))
            }
        }
    }
    Node { position: flat.position, value: NodeValue::Object(members) }
}
