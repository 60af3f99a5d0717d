//! The service's JSON, reduced to the properties that kmslint reads. `null` and missing are the same; unknown enum values are kept as text.
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

/// VaultSummary and Vault; only Vault has the last two properties.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VaultRecord {
    pub id: String,
    pub lifecycle_state: Option<String>,
    pub management_endpoint: Option<String>,
    pub vault_type: Option<String>,
    pub is_primary: Option<bool>,
    /// The service spells it with a lower-case `k`.
    #[serde(rename = "wrappingkeyId")]
    pub wrapping_key_id: Option<String>,
}

/// VaultUsage: the HSM count has no prefix in its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    pub key_version_count: Option<u64>,
    pub software_key_version_count: Option<u64>,
}

/// KeySummary and Key; only Key has the shape, the schedule, the current version and the time of deletion.
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

/// Whether a text looks like an OCID: `ocid1.`, at least five parts, only letters, digits, `-` and `_`.
pub(super) fn is_ocid(text: &str) -> bool {
    let has_valid_chars = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    has_valid_chars && text.split('.').count() >= 5 && text.starts_with("ocid1.")
}

/// RFC 3339 times. An invalid time is an error: ignoring it would hide the age of a key.
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
