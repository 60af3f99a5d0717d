//! A small tenancy with every kind of key and vault: nested compartments, all vault types, a replica, keys in all states.

use super::server::{ApiCall, Reply, TENANCY, Tenancy};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// The home region.
pub const FRA: &str = "eu-frankfurt-1";
/// The other region.
pub const IAD: &str = "us-ashburn-1";

/// Compartments: `a` contains `b`; `c` is next to `a`; `old` is deleted.
pub const A: &str = "ocid1.compartment.oc1..a";
pub const B: &str = "ocid1.compartment.oc1..b";
pub const C: &str = "ocid1.compartment.oc1..c";
const OLD: &str = "ocid1.compartment.oc1..old";

/// Vaults: private with a replica in the other region, virtual, external.
pub const PRIVATE: &str = "ocid1.vault.oc1.fra.private";
pub const VIRTUAL: &str = "ocid1.vault.oc1.fra.virtual";
pub const EXTERNAL: &str = "ocid1.vault.oc1.iad.external";
const PENDING_DELETION_VAULT: &str = "ocid1.vault.oc1.fra.going";

/// Names of all keys that an audit of both regions finds, sorted.
pub const KEYS: [&str; 9] = ["disabled", "external", "failed", "fresh", "going", "manual", "odd", "scheduled", "stale"];

/// The OCID of a key.
pub fn ocid(name: &str) -> String {
    format!("ocid1.key.oc1.fra.{name}")
}

struct Vault {
    region: &'static str,
    id: &'static str,
    compartment: &'static str,
    kind: &'static str,
    state: &'static str,
    primary: bool,
}

struct Key {
    name: &'static str,
    vault: &'static str,
    compartment: &'static str,
    mode: &'static str,
    state: &'static str,
    /// Age in days.
    age: i64,
    /// Age in days of each version, oldest first.
    versions: &'static [i64],
    auto: Value,
    schedule: Value,
}

/// The tenancy at a given time.
pub struct SmallTenancy {
    now: Timestamp,
    vaults: Vec<Vault>,
    keys: Vec<Key>,
}

impl SmallTenancy {
    /// The tenancy at this time.
    pub fn at(now: Timestamp) -> Self {
        let vault = |region, id, compartment, kind, state, primary| Vault { region, id, compartment, kind, state, primary };
        let vaults = vec![
            vault(FRA, PRIVATE, A, "VIRTUAL_PRIVATE", "ACTIVE", true),
            vault(IAD, PRIVATE, A, "VIRTUAL_PRIVATE", "ACTIVE", false),
            vault(FRA, VIRTUAL, B, "DEFAULT", "BACKUP_IN_PROGRESS", true),
            vault(IAD, EXTERNAL, TENANCY, "EXTERNAL", "ACTIVE", true),
            vault(FRA, PENDING_DELETION_VAULT, A, "DEFAULT", "PENDING_DELETION", true),
        ];
        let key = |name, vault, compartment, mode, state, age, versions| Key {
            name,
            vault,
            compartment,
            mode,
            state,
            age,
            versions,
            auto: json!(false),
            schedule: Value::Null,
        };
        let on = |interval: i64, last: i64, status: &str, next: i64| {
            json!({
                "rotationIntervalInDays": interval,
                "timeOfScheduleStart": time(now, 400),
                "timeOfLastRotation": time(now, last),
                "timeOfNextRotation": time(now, -next),
                "lastRotationStatus": status,
                "lastRotationMessage": null,
            })
        };
        let keys = vec![
            Key {
                auto: json!(true),
                schedule: on(90, 20, "SUCCESS", 70),
                ..key("scheduled", PRIVATE, A, "HSM", "ENABLED", 400, &[400, 20])
            },
            Key {
                auto: json!(true),
                schedule: on(60, 90, "FAILED", 10),
                ..key("failed", PRIVATE, A, "SOFTWARE", "ENABLED", 400, &[400, 90])
            },
            key("manual", PRIVATE, C, "SOFTWARE", "ENABLED", 900, &[900, 500, 30]),
            Key { auto: Value::Null, ..key("stale", VIRTUAL, B, "HSM", "ENABLED", 1800, &[1800]) },
            key("fresh", VIRTUAL, TENANCY, "SOFTWARE", "ENABLED", 10, &[10]),
            key("disabled", VIRTUAL, A, "HSM", "DISABLED", 800, &[800]),
            key("going", VIRTUAL, B, "HSM", "PENDING_DELETION", 800, &[800]),
            key("external", EXTERNAL, C, "EXTERNAL", "ENABLED", 800, &[800]),
            // The wrapping key of the private vault, which is listed with the others but is not audited.
            key("wrapping", PRIVATE, A, "HSM", "ENABLED", 2000, &[2000]),
            key("odd", VIRTUAL, C, "QUANTUM", "PONDERING", 800, &[800]),
        ];
        Self { now, vaults, keys }
    }

    fn vault(&self, vault: &Vault, base: &str, is_detailed: bool) -> Value {
        let mut value = json!({
            "id": vault.id,
            "compartmentId": vault.compartment,
            "displayName": "a vault",
            "lifecycleState": vault.state,
            "managementEndpoint": format!("{base}/{}/{}", vault.region, vault.id),
            "cryptoEndpoint": "https://crypto.example",
            "timeCreated": time(self.now, 2000),
            "vaultType": vault.kind,
            "freeformTags": {},
        });
        if is_detailed {
            value["isPrimary"] = json!(vault.primary);
            value["wrappingkeyId"] = json!(if vault.id == PRIVATE { ocid("wrapping") } else { "ocid1.key.oc1.fra.none".to_owned() });
        }
        value
    }

    /// A key in the vault of this region.
    fn key(&self, key: &Key, region: &str, is_detailed: bool) -> Value {
        let mut value = json!({
            "id": ocid(key.name),
            "vaultId": key.vault,
            "compartmentId": key.compartment,
            "displayName": key.name,
            "lifecycleState": key.state,
            "timeCreated": time(self.now, key.age),
            "protectionMode": key.mode,
            "algorithm": "AES",
            "isAutoRotationEnabled": key.auto,
            "freeformTags": {"Name": key.name},
            "definedTags": {"Ops": {"Owner": "team", "Level": 3}},
            "somethingNew": [1, 2],
        });
        if is_detailed {
            value["keyShape"] = json!({"algorithm": "AES", "length": 32, "curveId": null});
            value["currentKeyVersion"] = json!(version_id(key, key.versions.len() - 1));
            value["isPrimary"] = json!(self.vaults.iter().any(|vault| vault.id == key.vault && vault.region == region && vault.primary));
            value["autoKeyRotationDetails"] = key.schedule.clone();
        } else if key.auto.is_null() {
            // Null and missing mean the same.
            value.as_object_mut().map(|fields: &mut Map<String, Value>| fields.remove("isAutoRotationEnabled"));
        }
        value
    }

    fn versions(&self, key: &Key) -> Vec<Value> {
        let mut list: Vec<Value> = key
            .versions
            .iter()
            .enumerate()
            .map(|(at, age)| {
                json!({
                    "id": version_id(key, at),
                    "keyId": ocid(key.name),
                    "vaultId": key.vault,
                    "compartmentId": key.compartment,
                    "origin": "INTERNAL",
                    "lifecycleState": "ENABLED",
                    "timeCreated": time(self.now, *age),
                })
            })
            .collect();
        list.reverse();
        list
    }
}

fn version_id(key: &Key, at: usize) -> String {
    format!("ocid1.keyversion.oc1.fra.{}{at}", key.name)
}

fn time(now: Timestamp, days_ago: i64) -> String {
    now.checked_sub(SignedDuration::from_hours(24 * days_ago)).unwrap().to_string()
}

/// The result of ListCompartments for the subtree: without the root.
fn compartments() -> Vec<Value> {
    [(A, TENANCY, "ACTIVE"), (B, A, "ACTIVE"), (C, TENANCY, "ACTIVE"), (OLD, TENANCY, "DELETED")]
        .into_iter()
        .map(|(id, parent, state)| json!({"id": id, "compartmentId": parent, "name": id, "lifecycleState": state, "isAccessible": true}))
        .collect()
}

impl Tenancy for SmallTenancy {
    fn answer(&self, call: &ApiCall, base: &str) -> Reply {
        let parts: Vec<&str> = call.path.split('/').skip(1).collect();
        match (call.service.as_str(), parts.as_slice()) {
            ("identity", ["20160918", "tenancies", TENANCY, "regionSubscriptions"]) => Reply::Object(json!([
                {"regionKey": "FRA", "regionName": FRA, "status": "READY", "isHomeRegion": true},
                {"regionKey": "IAD", "regionName": IAD, "status": "READY", "isHomeRegion": false},
            ])),
            ("identity", ["20160918", "compartments"]) => {
                assert_eq!((call.get("compartmentId"), call.get("compartmentIdInSubtree")), (TENANCY, "true"));
                let state = call.get("lifecycleState");
                Reply::List(compartments().into_iter().filter(|one| state.is_empty() || one["lifecycleState"] == state).collect())
            }
            ("kms", ["20180608", "vaults"]) => Reply::List(
                self.vaults
                    .iter()
                    .filter(|vault| vault.region == call.region && vault.compartment == call.get("compartmentId"))
                    .map(|vault| self.vault(vault, base, false))
                    .collect(),
            ),
            ("kms", ["20180608", "vaults", id]) => match self.vaults.iter().find(|vault| vault.region == call.region && vault.id == *id) {
                Some(vault) => Reply::Object(self.vault(vault, base, true)),
                None => Reply::NotFound,
            },
            ("kms", ["20180608", "vaults", _, "usage"]) => {
                Reply::Object(json!({"keyCount": 2, "keyVersionCount": 23, "softwareKeyCount": 2, "softwareKeyVersionCount": 5}))
            }
            (vault, ["20180608", "keys"]) => {
                let is_listed = |key: &&Key| key.vault == vault && key.compartment == call.get("compartmentId");
                Reply::List(self.keys.iter().filter(is_listed).map(|key| self.key(key, &call.region, false)).collect())
            }
            (vault, ["20180608", "keys", id, rest @ ..]) => {
                let key = self.keys.iter().find(|key| key.vault == vault && ocid(key.name) == *id);
                match (key, rest) {
                    (Some(key), []) => Reply::Object(self.key(key, &call.region, true)),
                    (Some(key), ["keyVersions"]) => Reply::List(self.versions(key)),
                    _ => Reply::NotFound,
                }
            }
            _ => Reply::NotFound,
        }
    }
}
