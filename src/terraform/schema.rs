//! What we know of resource types: the types of their arguments, and what is known only after apply.
//!
//! Sources: provider oracle/oci 8.28.0 (`internal/service/kms/*_resource.go`), hashicorp/time 0.13, Terraform's built-in provider.

use crate::terraform::eval::Type;
use std::sync::LazyLock;

/// What an attribute is.
#[derive(Clone, Debug)]
pub(super) enum Attribute {
    /// An argument of this type; omitted it is null.
    Argument(Type),
    /// An argument of this type which the provider fills in where it is omitted.
    OrComputed(Type),
    /// Known after apply.
    Computed(Type),
}

/// Attributes by name.
pub(super) type Attributes = Vec<(&'static str, Attribute)>;

/// What is known of an attribute of a managed resource type.
pub(super) enum Known {
    /// The type is known, and so is the attribute.
    Attribute(&'static Attribute),
    /// The type is known and has no such attribute.
    None,
    /// The type is not known.
    Open,
}

use Attribute::{Argument, Computed, OrComputed};

/// The attributes of a type we know; empty where we do not.
pub(super) fn attributes(kind: &str) -> &'static [(&'static str, Attribute)] {
    static TYPES: LazyLock<Vec<(&str, Attributes)>> = LazyLock::new(|| {
        let kinds = ["oci_kms_vault", "oci_kms_key", "time_rotating", "time_sleep", "null_resource", "terraform_data"];
        kinds.into_iter().map(|kind| (kind, listed(kind))).collect()
    });
    TYPES.iter().find(|(own, _)| *own == kind).map_or(&[], |(_, attributes)| attributes.as_slice())
}

fn listed(kind: &str) -> Attributes {
    let text = || Type::String;
    let texts = || Type::map(Type::String);
    let number = || Type::Number;
    match kind {
        "oci_kms_vault" => vec![
            ("compartment_id", Argument(text())),
            ("display_name", Argument(text())),
            ("vault_type", Argument(text())),
            ("defined_tags", OrComputed(texts())),
            ("freeform_tags", OrComputed(texts())),
            ("time_of_deletion", OrComputed(text())),
            ("restore_trigger", Argument(Type::Bool)),
            ("external_key_manager_metadata", Computed(Type::Any)),
            ("external_key_manager_metadata_summary", Computed(Type::Any)),
            ("restore_from_file", Computed(Type::Any)),
            ("restore_from_object_store", Computed(Type::Any)),
            ("timeouts", Computed(Type::Any)),
            ("crypto_endpoint", Computed(text())),
            ("id", Computed(text())),
            ("is_primary", Computed(Type::Bool)),
            ("is_vault_replicable", Computed(Type::Bool)),
            ("management_endpoint", Computed(text())),
            ("replica_details", Computed(Type::Any)),
            ("restored_from_vault_id", Computed(text())),
            ("state", Computed(text())),
            ("time_created", Computed(text())),
        ],
        "oci_kms_key" => vec![
            ("compartment_id", Argument(text())),
            ("display_name", Argument(text())),
            ("management_endpoint", Argument(text())),
            ("protection_mode", OrComputed(text())),
            ("is_auto_rotation_enabled", OrComputed(Type::Bool)),
            ("desired_state", OrComputed(text())),
            ("defined_tags", OrComputed(texts())),
            ("freeform_tags", OrComputed(texts())),
            ("time_of_deletion", OrComputed(text())),
            ("restore_trigger", Argument(Type::Bool)),
            ("auto_key_rotation_details", Computed(Type::Any)),
            ("external_key_reference", Computed(Type::Any)),
            ("external_key_reference_details", Computed(Type::Any)),
            ("key_shape", Computed(Type::Any)),
            ("restore_from_file", Computed(Type::Any)),
            ("restore_from_object_store", Computed(Type::Any)),
            ("timeouts", Computed(Type::Any)),
            ("current_key_version", Computed(text())),
            ("id", Computed(text())),
            ("is_primary", Computed(Type::Bool)),
            ("replica_details", Computed(Type::Any)),
            ("restored_from_key_id", Computed(text())),
            ("state", Computed(text())),
            ("time_created", Computed(text())),
            ("vault_id", Computed(text())),
        ],
        "time_rotating" => vec![
            ("rfc3339", OrComputed(text())),
            ("rotation_rfc3339", OrComputed(text())),
            ("rotation_days", Argument(number())),
            ("rotation_hours", Argument(number())),
            ("rotation_minutes", Argument(number())),
            ("rotation_months", Argument(number())),
            ("rotation_years", Argument(number())),
            ("triggers", Argument(texts())),
            ("id", Computed(text())),
            ("day", Computed(number())),
            ("hour", Computed(number())),
            ("minute", Computed(number())),
            ("month", Computed(number())),
            ("second", Computed(number())),
            ("unix", Computed(number())),
            ("year", Computed(number())),
        ],
        "time_sleep" => vec![
            ("create_duration", Argument(text())),
            ("destroy_duration", Argument(text())),
            ("triggers", Argument(texts())),
            ("id", Computed(text())),
        ],
        "null_resource" => vec![("triggers", Argument(texts())), ("id", Computed(text()))],
        "terraform_data" => vec![
            ("input", Argument(Type::Any)),
            ("triggers_replace", Argument(Type::Any)),
            ("id", Computed(text())),
            ("output", Computed(Type::Any)),
        ],
        _ => Vec::new(),
    }
}

/// The members of a nested block of a type we know; empty where we do not.
pub(super) fn members(kind: &str, block: &str) -> Attributes {
    let text = || Type::String;
    match (kind, block) {
        ("oci_kms_key", "key_shape") => {
            vec![("algorithm", Argument(text())), ("curve_id", OrComputed(text())), ("length", Argument(Type::Number))]
        }
        ("oci_kms_key", "auto_key_rotation_details") => vec![
            ("last_rotation_message", OrComputed(text())),
            ("last_rotation_status", OrComputed(text())),
            ("rotation_interval_in_days", OrComputed(Type::Number)),
            ("time_of_last_rotation", OrComputed(text())),
            ("time_of_next_rotation", OrComputed(text())),
            ("time_of_schedule_start", OrComputed(text())),
        ],
        ("oci_kms_key", "external_key_reference") => vec![("external_key_id", Argument(text()))],
        _ => Vec::new(),
    }
}

/// What is known of one attribute.
pub(super) fn attribute(kind: &str, name: &str) -> Known {
    let attributes = attributes(kind);
    if attributes.is_empty() {
        return Known::Open;
    }
    attributes.iter().find(|(own, _)| *own == name).map_or(Known::None, |(_, attribute)| Known::Attribute(attribute))
}

/// The type of a data source's attribute, as far as it matters to know it.
pub(super) fn data_type(kind: &str, name: &str) -> Type {
    match (kind, name) {
        (_, "id")
        | (
            "oci_kms_vault",
            "management_endpoint" | "crypto_endpoint" | "vault_type" | "vault_id" | "display_name" | "compartment_id" | "state",
        ) => Type::String,
        ("oci_kms_vault", "is_primary") => Type::Bool,
        _ => Type::Any,
    }
}
