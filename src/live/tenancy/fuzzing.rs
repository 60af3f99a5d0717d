//! Entry points for the fuzz targets: the readers of responses and of credential files. Built with `--cfg fuzzing`, and for tests, so that
//! they always compile.

use super::audit::{KeyReadings, key_facts};
use super::auth::ini::Ini;
use super::crypto::key::PrivateKey;
use super::wire::{Compartment, ErrorBody, KeyRecord, KeyVersionRecord, Subscription, Usage, VaultRecord};
use crate::key::Inventory;

/// Parses a response as every type of `wire`, and converts keys to facts.
#[must_use]
pub fn answer(bytes: &[u8]) -> Inventory {
    let key_of = |value: serde_json::Value| {
        drop(serde_json::from_value::<Compartment>(value.clone()));
        drop(serde_json::from_value::<Subscription>(value.clone()));
        drop(serde_json::from_value::<ErrorBody>(value.clone()));
        let usage = serde_json::from_value::<Usage>(value.clone()).ok();
        let versions: Vec<KeyVersionRecord> = serde_json::from_value(value.clone()).into_iter().collect();
        let vault: VaultRecord = serde_json::from_value(value.clone()).ok()?;
        let key: KeyRecord = serde_json::from_value(value).ok()?;
        let (region, details) = ("eu-frankfurt-1", Some(&key));
        let readings = KeyReadings {
            region,
            vault: &vault,
            usage: usage.as_ref(),
            listed: &key,
            details,
            schedule_error: None,
            versions: &versions,
            has_incomplete_versions: false,
        };
        Some(key_facts(&readings))
    };
    let values = match serde_json::from_slice(bytes) {
        Ok(serde_json::Value::Array(values)) => values,
        Ok(value) => vec![value],
        Err(_) => Vec::new(),
    };
    Inventory { keys: values.into_iter().filter_map(key_of).map(Box::new).collect(), ..Inventory::default() }
}

/// Parses an SDK config file; returns the number of values in all sections.
#[must_use]
pub fn ini(text: &str) -> usize {
    let Ok(ini) = Ini::read(text) else { return 0 };
    ini.names().filter_map(|name| ini.section(name)).map(|section| section.len()).sum()
}

/// Parses a private key and signs with it; returns whether that works.
#[must_use]
pub fn pem(text: &str) -> bool {
    [None, Some("passphrase")].into_iter().any(|passphrase| match PrivateKey::read(text, passphrase) {
        Ok(key) => key.sign(b"message").is_some() && !key.fingerprint().is_empty(),
        Err(_) => false,
    })
}
