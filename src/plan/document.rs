//! One pass over a plan or a state, which keeps only the parts that keys need.

use super::configuration::{self, ConfiguredModule, GivenConstant};
use super::node::{Node, NodeValue};
use super::scan::{PlanScanner, ScanError};
use super::walk::{self, Pointer, RELATED};
use crate::key::kinds;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The attributes that are kept of keys and related resources. All others are dropped at once.
const ATTRIBUTES: &[&str] = &[
    "auto_key_rotation_details",
    "compartment_id",
    "current_key_version",
    "defined_tags",
    "desired_state",
    "display_name",
    "external_key_reference",
    "restore_from_file",
    "restore_from_object_store",
    "freeform_tags",
    "id",
    "is_auto_rotated",
    "is_auto_rotation_enabled",
    "is_primary",
    "key_id",
    "key_shape",
    "key_version_id",
    "kms_key_id",
    "management_endpoint",
    "protection_mode",
    "rotation_days",
    "rotation_hours",
    "rotation_minutes",
    "rotation_months",
    "rotation_years",
    "state",
    "time_created",
    "time_of_deletion",
    "vault_id",
    "vault_type",
    "vaults",
];

/// The error if other text follows the document.
pub(super) const TRAILING_TEXT: &str = "unexpected text after the document";

/// A resource entry.
#[derive(Debug)]
pub(super) struct ResourceEntry {
    pub node: Node,
    /// The JSON pointer to it.
    pub pointer: Arc<str>,
}

impl ResourceEntry {
    fn new(mut node: Node, pointer: &Pointer) -> Self {
        let change = ["before", "after", "after_unknown", "before_sensitive", "after_sensitive"];
        if let NodeValue::Object(members) = &mut node.value {
            for (key, member) in members {
                match key.as_str() {
                    "change" => {
                        if let NodeValue::Object(parts) = &mut member.value {
                            parts
                                .iter_mut()
                                .filter(|(key, _)| change.contains(&key.as_str()))
                                .for_each(|(_, part)| part.keep_only(ATTRIBUTES));
                        }
                    }
                    "values" | "sensitive_values" => member.keep_only(ATTRIBUTES),
                    "instances" => {
                        let NodeValue::List(instances) = &mut member.value else { continue };
                        for instance in instances {
                            let NodeValue::Object(parts) = &mut instance.value else { continue };
                            // The provider's own data on an instance is never needed, and every instance has some.
                            parts.retain(|(key, _)| key != "private");
                            parts.iter_mut().filter(|(key, _)| key == "attributes").for_each(|(_, part)| part.keep_only(ATTRIBUTES));
                        }
                    }
                    _ => {}
                }
            }
        }
        Self { node, pointer: pointer.text().into() }
    }

    /// The value of a string member.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.node.get(key)?.text()
    }

    /// Whether it is a data source.
    pub(super) fn is_data(&self) -> bool {
        self.text("mode") == Some("data")
    }

    /// Whether it is a managed resource of a type.
    pub(super) fn is_managed(&self, kind: &str) -> bool {
        !self.is_data() && self.text("type") == Some(kind)
    }
}

/// The parts of a document that are kept.
#[derive(Debug, Default)]
pub(super) struct PlanDocument {
    /// The top-level keys, as far as the document was read.
    pub keys: BTreeSet<String>,
    /// `format_version` of plans and of `show -json`.
    pub format_version: Option<String>,
    /// `version` of raw states.
    pub version: Option<String>,
    pub errored: bool,
    pub complete: Option<bool>,
    /// How often `planned_values` contains the type `oci_kms_key`.
    pub planned_keys: usize,
    /// Whether `deferred_changes` has any elements.
    pub deferred_any: bool,
    pub variables: BTreeMap<String, GivenConstant>,
    pub configuration: Option<ConfiguredModule>,
    pub changes: Vec<ResourceEntry>,
    pub drift: Vec<ResourceEntry>,
    pub deferred: Vec<ResourceEntry>,
    /// `prior_state` of a plan.
    pub prior: Vec<ResourceEntry>,
    /// `values` of a state as `show -json` prints it.
    pub stored: Vec<ResourceEntry>,
    /// `resources` of a raw state.
    pub raw: Vec<ResourceEntry>,
}

fn is_related(kind: &[u8]) -> bool {
    RELATED.contains(&kind)
}

fn is_related_other(kind: &[u8]) -> bool {
    is_related(kind) && !is_key(kind)
}

fn is_key(kind: &[u8]) -> bool {
    kind == kinds::KEY.as_bytes()
}

/// Reads a document into `found`, which keeps what was read before an error.
pub(super) fn read(scanner: &mut PlanScanner, found: &mut PlanDocument) -> Result<(), ScanError> {
    let mut pointer = Pointer::default();
    walk::object(scanner, &mut pointer, "the document", |scanner, pointer, name| {
        found.keys.insert(name.to_owned());
        member(scanner, pointer, name, found)
    })?;
    match scanner.peek()? {
        None => Ok(()),
        Some(_) => Err(scanner.syntax_error(TRAILING_TEXT)),
    }
}

fn member(scanner: &mut PlanScanner, pointer: &mut Pointer, name: &str, found: &mut PlanDocument) -> Result<(), ScanError> {
    match name {
        "format_version" => found.format_version = Some(version_text(scanner)?),
        "version" => found.version = Some(version_text(scanner)?),
        "errored" => found.errored = scanner.read_value(|kept| Ok(kept.text == b"true"))?,
        "complete" => found.complete = Some(scanner.read_value(|kept| Ok(kept.text != b"false"))?),
        "variables" => found.variables = configuration::read_variables(scanner, pointer, "value")?,
        "configuration" => found.configuration = Some(configuration::read(scanner, pointer)?),
        "resource_changes" => {
            walk::entries(scanner, pointer, is_related, |node, pointer| found.changes.push(ResourceEntry::new(node, pointer)))?
        }
        "resource_drift" => walk::entries(scanner, pointer, is_key, |node, pointer| found.drift.push(ResourceEntry::new(node, pointer)))?,
        "deferred_changes" => walk::array(scanner, pointer, |scanner, pointer| {
            found.deferred_any = true;
            walk::object(scanner, pointer, "a deferred change", |scanner, pointer, name| {
                if name != "resource_change" {
                    return scanner.skip();
                }
                if let Some(node) = walk::entry(scanner, is_related)? {
                    found.deferred.push(ResourceEntry::new(node, pointer));
                }
                Ok(())
            })
        })?,
        // The values repeat those of the changes. The number of keys among them shows whether another tool removed the changes.
        "planned_values" => found.planned_keys = scanner.skip_and_count(b"\"oci_kms_key\"")?,
        "prior_state" => walk::object(scanner, pointer, "`prior_state`", |scanner, pointer, name| match name {
            // The changes know more about keys; the prior state's keys are needed only without changes.
            "values" if found.keys.contains("resource_changes") => state_values(scanner, pointer, is_related_other, &mut found.prior),
            "values" => state_values(scanner, pointer, is_related, &mut found.prior),
            _ => scanner.skip(),
        })?,
        "values" => state_values(scanner, pointer, is_related, &mut found.stored)?,
        "resources" => walk::entries(scanner, pointer, is_related, |node, pointer| found.raw.push(ResourceEntry::new(node, pointer)))?,
        _ => scanner.skip()?,
    }
    Ok(())
}

/// Reads a version, which is a string or a number.
fn version_text(scanner: &mut PlanScanner) -> Result<String, ScanError> {
    let node = walk::read_node(scanner)?;
    Ok(match node.value {
        NodeValue::Text(text) => text,
        NodeValue::Number(text) => text.into(),
        _ => node.kind().to_owned(),
    })
}

/// Reads the values of a state: `root_module` and its child modules.
fn state_values(
    scanner: &mut PlanScanner,
    pointer: &mut Pointer,
    wanted: fn(&[u8]) -> bool,
    found: &mut Vec<ResourceEntry>,
) -> Result<(), ScanError> {
    walk::object(scanner, pointer, "`values`", |scanner, pointer, name| match name {
        "root_module" => module(scanner, pointer, wanted, found),
        _ => scanner.skip(),
    })
}

fn module(
    scanner: &mut PlanScanner,
    pointer: &mut Pointer,
    wanted: fn(&[u8]) -> bool,
    found: &mut Vec<ResourceEntry>,
) -> Result<(), ScanError> {
    walk::object(scanner, pointer, "a module", |scanner, pointer, name| match name {
        "resources" => walk::entries(scanner, pointer, wanted, |node, pointer| found.push(ResourceEntry::new(node, pointer))),
        "child_modules" => walk::array(scanner, pointer, |scanner, pointer| module(scanner, pointer, wanted, found)),
        _ => scanner.skip(),
    })
}
