//! Doors for the fuzz targets (`--cfg fuzzing`; built for tests too, so that they are never left behind): what reads bytes from the network and from credential files.

use super::audit::{KeyReadings, key_facts};
use super::auth::ini::Ini;
use super::crypto::key::PrivateKey;
use super::wire::{Compartment, ErrorBody, KeyRecord, KeyVersionRecord, Subscription, Usage, VaultRecord};
use crate::key::Inventory;

/// Reads an answer of the service as each of the things it may be; a key becomes facts.
#[must_use]
pub fn answer(bytes: &[u8]) -> Inventory {
    let one = |value: serde_json::Value| {
        drop(serde_json::from_value::<Compartment>(value.clone()));
        drop(serde_json::from_value::<Subscription>(value.clone()));
        drop(serde_json::from_value::<ErrorBody>(value.clone()));
        let usage = serde_json::from_value::<Usage>(value.clone()).ok();
        let versions: Vec<KeyVersionRecord> = serde_json::from_value(value.clone()).into_iter().collect();
        let vault: VaultRecord = serde_json::from_value(value.clone()).ok()?;
        let key: KeyRecord = serde_json::from_value(value).ok()?;
        let (region, details) = ("eu-frankfurt-1", Some(&key));
        let seen = KeyReadings {
            region,
            vault: &vault,
            usage: usage.as_ref(),
            listed: &key,
            details,
            no_schedule: None,
            versions: &versions,
            no_versions: false,
        };
        Some(key_facts(&seen))
    };
    let values = match serde_json::from_slice(bytes) {
        Ok(serde_json::Value::Array(values)) => values,
        Ok(value) => vec![value],
        Err(_) => Vec::new(),
    };
    Inventory { keys: values.into_iter().filter_map(one).map(Box::new).collect(), ..Inventory::default() }
}

/// Reads a configuration file of the SDK; returns how many values all its sections have.
#[must_use]
pub fn ini(text: &str) -> usize {
    let Ok(ini) = Ini::read(text) else { return 0 };
    ini.names().filter_map(|name| ini.section(name)).map(|section| section.len()).sum()
}

/// Reads a private key, and signs with it if it is one.
#[must_use]
pub fn pem(text: &str) -> bool {
    [None, Some("passphrase")].into_iter().any(|passphrase| match PrivateKey::read(text, passphrase) {
        Ok(key) => key.sign(b"message").is_some() && !key.fingerprint().is_empty(),
        Err(_) => false,
    })
}
