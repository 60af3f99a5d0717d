//! What the service answers, as far as it is read. `null` and missing are alike; words we do not know are kept as they are.
//!
//! Source: models of `identity` and `key_management` in Oracle's Python SDK 2.189.0.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Compartment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Compartment {
    pub id: String,
    pub compartment_id: Option<String>,
    pub lifecycle_state: Option<String>,
}

/// RegionSubscription.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscription {
    pub region_name: String,
    pub status: Option<String>,
}

/// VaultSummary and Vault; the last two only in the latter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VaultRecord {
    pub id: String,
    pub lifecycle_state: Option<String>,
    pub management_endpoint: Option<String>,
    pub vault_type: Option<String>,
    pub is_primary: Option<bool>,
    /// The service's own spelling.
    #[serde(rename = "wrappingkeyId")]
    pub wrapping_key_id: Option<String>,
}

/// VaultUsage: HSM counts without, software counts with a prefix.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    pub key_version_count: Option<u64>,
    pub software_key_version_count: Option<u64>,
}

/// KeySummary and Key; shape, schedule, current version, deletion only in the latter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyRecord {
    pub id: String,
    pub compartment_id: Option<String>,
    pub display_name: Option<String>,
    pub lifecycle_state: Option<String>,
    #[serde(default, with = "time")]
    pub time_created: Option<Timestamp>,
    #[serde(default, with = "time")]
    pub time_of_deletion: Option<Timestamp>,
    pub protection_mode: Option<String>,
    pub algorithm: Option<String>,
    pub key_shape: Option<KeyShapeRecord>,
    pub current_key_version: Option<String>,
    pub is_primary: Option<bool>,
    pub is_auto_rotation_enabled: Option<bool>,
    pub auto_key_rotation_details: Option<RotationRecord>,
    pub external_key_reference_details: Option<ExternalKey>,
    pub freeform_tags: Option<BTreeMap<String, Value>>,
    pub defined_tags: Option<BTreeMap<String, BTreeMap<String, Value>>>,
}

/// KeyShape.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyShapeRecord {
    pub algorithm: Option<String>,
    pub length: Option<i64>,
    pub curve_id: Option<String>,
}

/// AutoKeyRotationDetails.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RotationRecord {
    pub rotation_interval_in_days: Option<i64>,
    #[serde(default, with = "time")]
    pub time_of_schedule_start: Option<Timestamp>,
    #[serde(default, with = "time")]
    pub time_of_next_rotation: Option<Timestamp>,
    #[serde(default, with = "time")]
    pub time_of_last_rotation: Option<Timestamp>,
    pub last_rotation_status: Option<String>,
    pub last_rotation_message: Option<String>,
}

/// ExternalKeyReferenceDetails.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExternalKey {
    pub external_key_id: Option<String>,
}

/// KeyVersionSummary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyVersionRecord {
    pub id: String,
    pub lifecycle_state: Option<String>,
    #[serde(default, with = "time")]
    pub time_created: Option<Timestamp>,
    pub is_auto_rotated: Option<bool>,
}

/// The body of an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    pub code: String,
    pub message: String,
}

/// Whether a text looks like an OCID: five parts or more, letters, digits, `-` and `_`.
pub(super) fn is_ocid(text: &str) -> bool {
    let clean = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    clean && text.split('.').count() >= 5 && text.starts_with("ocid1.")
}

/// RFC 3339. A time that cannot be read is an error: to leave it out would hide a key's age.
mod time {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Timestamp};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        match Option::<String>::deserialize(deserializer)? {
            Some(text) if !text.is_empty() => text.parse().map(Some).map_err(serde::de::Error::custom),
            _ => Ok(None),
        }
    }

    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.to_string()).serialize(serializer)
    }
}
