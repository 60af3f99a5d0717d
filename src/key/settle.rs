//! A plan or state and its configuration describe the same keys: the document has the values; the configuration has the places, and the
//! values that the document leaves open.

use super::{KeyFacts, PlannedAction, VaultType};
use crate::base::{Address, Claim, Fact, HiddenKeys, Step};
use std::collections::{HashMap, HashSet};

/// The resources that a document lists, other than keys. A resource that it does not list does not exist, even if it is configured.
#[derive(Clone, Debug, Default)]
pub struct ListedResources {
    addresses: HashSet<String>,
    blocks: HashSet<String>,
    vaults: HashMap<String, Option<VaultType>>,
}

impl ListedResources {
    /// Adds a resource instance that will exist.
    pub fn add(&mut self, address: &str, parsed: Option<&Address>) {
        self.addresses.insert(address.to_owned());
        self.blocks.extend(parsed.map(|parsed| parsed.without_keys().to_string()));
    }

    /// Adds a vault by its address or its OCID, with its type if known.
    pub fn add_vault(&mut self, name: &str, kind: Option<VaultType>) {
        let known = self.vaults.entry(name.to_owned()).or_default();
        *known = known.take().or(kind);
    }

    /// Whether a resource exists. A symbolic instance exists if its block has any instance.
    fn has(&self, address: &str) -> bool {
        // No document contains the address of a symbolic instance.
        let has_instances = || {
            let parsed = address.contains("[\"*\"]").then(|| Address::parse(address)).flatten();
            parsed.is_some_and(|parsed| self.blocks.contains(&parsed.without_keys().to_string()))
        };
        self.addresses.contains(address) || has_instances()
    }

    /// The type of a key's vault, whose name and type (`code`) the configuration gives.
    fn vault_type(&self, name: Option<&str>, code: &VaultType) -> Option<&VaultType> {
        match name {
            Some(name) => self.vaults.get(name)?.as_ref(),
            // Without a name it can be any listed vault: all of them must have the same type.
            None => {
                let mut kinds = self.vaults.values();
                let first = kinds.next()?.as_ref()?;
                (first == code && kinds.all(|kind| kind.as_ref() == Some(first))).then_some(first)
            }
        }
    }
}

/// Completes a key of a document from the same key's configuration.
///
/// The document's claims win. The configuration gives the places, and settles what the document leaves open: whether an argument that is
/// known after apply is omitted, the vault's type, and rotation by Terraform. If the configuration has a value that the document does not
/// know, the document was created with other inputs or from another configuration, and nothing is settled. `hidden` has the instance keys
/// that the configuration's addresses hide and the document's addresses show.
pub fn settle(key: &mut KeyFacts, code: &KeyFacts, hidden: &HiddenKeys, listed: &ListedResources) {
    key.document = Some(std::mem::replace(&mut key.place, code.place.clone()));
    key.source_root = Some(code.id.root.clone());
    key.declared = code.declared.clone();
    // An existing key keeps its values for omitted arguments.
    let is_new = matches!(key.planned_action, PlannedAction::Create | PlannedAction::Replace | PlannedAction::Unknown);
    if is_new && let Some(name) = contradiction(key, code) {
        let label = format!(
            "the configuration and the plan have different values for `{name}`: the configuration changed after the plan was created, and is not used"
        );
        key.notes.push(Step::new(code.place.clone(), label));
        mark_stale(&mut key.protection_mode);
        mark_stale(&mut key.rotation.enabled);
        mark_stale(&mut key.rotation.interval_days);
        mark_stale(&mut key.rotation.start);
        return;
    }
    settle_fact(&mut key.protection_mode, &code.protection_mode, is_new);
    settle_fact(&mut key.rotation.enabled, &code.rotation.enabled, is_new);
    settle_fact(&mut key.rotation.interval_days, &code.rotation.interval_days, is_new);
    settle_fact(&mut key.rotation.start, &code.rotation.start, is_new);
    settle_fact(&mut key.lifecycle, &code.lifecycle, is_new);
    settle_fact(&mut key.external_key_reference, &code.external_key_reference, is_new);
    settle_fact(&mut key.restored, &code.restored, is_new);
    settle_fact(&mut key.display_name, &code.display_name, is_new);
    settle_fact(&mut key.compartment, &code.compartment, is_new);
    key.rotation.block = code.rotation.block.clone().or_else(|| key.rotation.block.take());
    key.rotation.absence_trail.clone_from(&code.rotation.absence_trail);
    settle_vault(key, code, hidden, listed);
    settle_schedules(key, code, hidden, listed);
    for authority in &code.authorities {
        let id = hidden.real(&authority.id);
        match key.authorities.iter_mut().find(|known| known.id == id) {
            Some(known) => known.place = authority.place.clone(),
            None if listed.has(&id) => key.authorities.push(authority.clone()),
            None => {}
        }
    }
    if key.authorities_unsure.is_some() {
        key.authorities_unsure.clone_from(&code.authorities_unsure);
    }
    key.old_provider = code.old_provider.clone().or_else(|| key.old_provider.take());
    key.wrong_endpoint = code.wrong_endpoint.clone().or_else(|| key.wrong_endpoint.take());
    key.notes.extend(code.notes.iter().cloned());
}

/// Whether a plan's key cannot have been planned from this configuration.
#[must_use]
pub(crate) fn contradicts(key: &KeyFacts, code: &KeyFacts) -> bool {
    matches!(key.planned_action, PlannedAction::Create | PlannedAction::Replace) && contradiction(key, code).is_some()
}

/// The first argument for which a plan and the configuration contradict each other.
fn contradiction(key: &KeyFacts, code: &KeyFacts) -> Option<&'static str> {
    let differ = [
        ("protection_mode", differ(&key.protection_mode, &code.protection_mode)),
        ("is_auto_rotation_enabled", differ(&key.rotation.enabled, &code.rotation.enabled)),
        ("rotation_interval_in_days", differ(&key.rotation.interval_days, &code.rotation.interval_days)),
        ("time_of_schedule_start", differ(&key.rotation.start, &code.rotation.start)),
        ("desired_state", differ(&key.lifecycle, &code.lifecycle)),
        ("external_key_reference", differ(&key.external_key_reference, &code.external_key_reference)),
        ("display_name", differ(&key.display_name, &code.display_name)),
        ("compartment_id", differ(&key.compartment, &code.compartment)),
    ];
    differ.into_iter().find(|(_, differ)| *differ).map(|(name, _)| name)
}

/// Whether a planned fact of a new key cannot have been planned from this configuration.
fn differ<T: PartialEq>(planned: &Fact<T>, code: &Fact<T>) -> bool {
    match (&planned.claim, &code.claim) {
        (_, Claim::Unknown(_)) | (Claim::Unset, Claim::Unset) => false,
        (Claim::Known(planned), Claim::Known(configured)) => planned != configured,
        (Claim::Known(_), Claim::Unset) | (Claim::Unset | Claim::Unknown(_), Claim::Known(_)) => true,
        // A second step is an expression that the plan shows: then the configuration must have one, too.
        (Claim::Unknown(_), Claim::Unset) => planned.trail.len() > 1 && code.trail.is_empty(),
    }
}

/// Settles one fact. `is_open`: the document may have left it open although the configuration settles it.
fn settle_fact<T: Clone + PartialEq>(document: &mut Fact<T>, code: &Fact<T>, is_open: bool) {
    let agree = match (&document.claim, &code.claim) {
        (Claim::Known(planned), Claim::Known(configured)) => planned == configured,
        (Claim::Unset, Claim::Unset) => true,
        // The document has more inputs than the configuration alone; the trail is the same.
        (_, Claim::Unknown(_)) => true,
        _ => false,
    };
    if let Claim::Unknown(_) = document.claim {
        if is_open && !matches!(code.claim, Claim::Known(_)) {
            document.claim = code.claim.clone();
            document.trail.clone_from(&code.trail);
        }
    } else if agree && !code.trail.is_empty() {
        document.trail.clone_from(&code.trail);
    }
    document.sensitive |= code.sensitive;
    document.from_file |= code.from_file;
}

/// Explains an unknown fact: the configuration is not the one of the plan.
fn mark_stale<T>(fact: &mut Fact<T>) {
    if let Claim::Unknown(unknown) = &mut fact.claim {
        unknown.why = "the plan does not record it, and the configuration here is not the one that the plan was created from".into();
    }
}

/// Settles the vault and its type: the configuration names the vault, and the document has the type of that vault.
fn settle_vault(key: &mut KeyFacts, code: &KeyFacts, hidden: &HiddenKeys, listed: &ListedResources) {
    let name = code.vault.as_deref().map(|name| hidden.real(name));
    let claim = match (&key.vault_type.claim, &code.vault_type.claim) {
        (Claim::Unknown(_), Claim::Known(kind)) => match listed.vault_type(name.as_deref(), kind) {
            Some(found) => Claim::Known(found.clone()),
            None => return,
        },
        (Claim::Unknown(_), _) => {
            let found = name.and_then(|name| listed.vaults.get(&*name)).cloned().flatten();
            found.map_or_else(|| code.vault_type.claim.clone(), Claim::Known)
        }
        (Claim::Known(planned), Claim::Known(configured)) if planned != configured => return,
        (claim, _) => claim.clone(),
    };
    if !code.vault_type.trail.is_empty() {
        key.vault_type.trail.clone_from(&code.vault_type.trail);
    }
    key.vault_type.claim = claim;
    key.vault_type.sensitive |= code.vault_type.sensitive;
    key.vault = key.vault.take().or_else(|| code.vault.clone());
}

/// Settles key versions and schedules: a schedule can only create a version again that the document lists.
fn settle_schedules(key: &mut KeyFacts, code: &KeyFacts, hidden: &HiddenKeys, listed: &ListedResources) {
    for version in &code.versions {
        let id = hidden.real(&version.id);
        match key.versions.iter_mut().find(|known| known.id == id) {
            Some(known) => known.place = version.place.clone(),
            None if listed.has(&id) => key.versions.push(version.clone()),
            None => {}
        }
    }
    let schedules: Vec<_> = code.schedules.iter().filter(|schedule| listed.has(&hidden.real(&schedule.version))).cloned().collect();
    if !schedules.is_empty() {
        key.schedules = schedules;
        key.schedules_unsure = None;
    } else if let Some(schedule) = code.schedules.first() {
        key.schedules_unsure =
            Some(format!("the configuration rotates it with `{}`, which is not part of this plan or state", schedule.version).into());
    } else if key.schedules_unsure.is_some() {
        key.schedules_unsure.clone_from(&code.schedules_unsure);
        key.is_schedule_rejected = code.is_schedule_rejected;
    }
    key.idle_schedule.clone_from(&code.idle_schedule);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Place, Step};
    use crate::key::{CaUse, InputKind, KeyId, KeyVersion, ProtectionMode, Schedule, ScheduleForm, Stage};

    fn settle(key: &mut KeyFacts, code: &KeyFacts, listed: &ListedResources) {
        super::settle(key, code, &HiddenKeys::default(), listed);
    }

    fn key(input: InputKind, planned_action: PlannedAction, mode: Fact<ProtectionMode>) -> KeyFacts {
        let id = KeyId { root: "infra".into(), inputs: None, address: "oci_kms_key.k".to_owned(), input };
        let place = Place::File(format!("{}.txt", input.word()).into());
        KeyFacts { protection_mode: mode, ..KeyFacts::new(id, Stage::Declared, planned_action, place) }
    }

    fn main_tf() -> Vec<Step> {
        vec![Step::new(Place::File("main.tf".into()), "set here")]
    }

    #[test]
    fn omitted_argument_of_a_new_key_is_settled_by_the_configuration() {
        let mut plan = key(InputKind::Plan, PlannedAction::Create, Fact::unknown("known after apply"));
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert!(plan.protection_mode.is_unset());
        assert_eq!(plan.place, Place::File("hcl.txt".into()));
        assert_eq!(plan.document, Some(Place::File("plan.txt".into())));
    }

    #[test]
    fn value_of_an_existing_key_wins_over_the_configuration() {
        let mut plan = key(InputKind::Plan, PlannedAction::NoOp, Fact::known(ProtectionMode::Hsm));
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert_eq!(plan.protection_mode.value(), Some(&ProtectionMode::Hsm));
        let mut unknown = key(InputKind::Plan, PlannedAction::Update, Fact::unknown("known after apply"));
        settle(&mut unknown, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert!(unknown.protection_mode.as_unknown().is_some());
    }

    #[test]
    fn known_value_gets_the_trail_of_a_configuration_that_agrees() {
        let mut plan = key(InputKind::Plan, PlannedAction::Create, Fact::known(ProtectionMode::Hsm));
        settle(
            &mut plan,
            &key(InputKind::Hcl, PlannedAction::Unknown, Fact::known(ProtectionMode::Hsm).with_trail(main_tf())),
            &ListedResources::default(),
        );
        assert_eq!(*plan.protection_mode.trail, *main_tf());
        let mut other = key(InputKind::Plan, PlannedAction::Create, Fact::known(ProtectionMode::Hsm));
        settle(
            &mut other,
            &key(InputKind::Hcl, PlannedAction::Unknown, Fact::known(ProtectionMode::Software).with_trail(main_tf())),
            &ListedResources::default(),
        );
        assert_eq!(other.protection_mode.value(), Some(&ProtectionMode::Hsm));
        assert!(other.protection_mode.trail.is_empty());
    }

    #[test]
    fn value_that_only_the_configuration_knows_stays_unknown_and_settles_nothing() {
        let mut plan = key(InputKind::Plan, PlannedAction::Create, Fact::unknown("known after apply"));
        plan.rotation.interval_days = Fact::unknown("known after apply");
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::known(ProtectionMode::Software)), &ListedResources::default());
        assert!(plan.protection_mode.as_unknown().is_some() && plan.rotation.interval_days.as_unknown().is_some());
        assert!(matches!(plan.notes.as_slice(), [note] if note.label().contains("`protection_mode`")), "{:?}", plan.notes);
    }

    #[test]
    fn argument_that_the_plan_computes_and_the_configuration_omits_stays_unknown() {
        let planned = || Fact::unknown("it comes from `local.m`").with_trail([main_tf(), main_tf()].concat());
        let mut plan = key(InputKind::Plan, PlannedAction::Create, planned());
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert!(plan.protection_mode.as_unknown().is_some());
        let mut plan = key(InputKind::Plan, PlannedAction::Create, planned());
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset().with_trail(main_tf())), &ListedResources::default());
        assert!(plan.protection_mode.is_unset());
    }

    #[test]
    fn resources_that_the_document_does_not_list_do_not_exist() {
        let mut code = key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset());
        let id = |id: &str| id.to_owned();
        for name in ["oci_kms_key_version.a", "oci_kms_key_version.b"] {
            code.versions.push(KeyVersion { id: id(name), place: None, time_created: None, is_current: None, is_auto_rotated: None });
        }
        for name in ["oci_certificates_management_certificate_authority.a", "oci_certificates_management_certificate_authority.b"] {
            code.authorities.push(CaUse { id: id(name), place: None });
        }
        for name in ["oci_kms_key_version.s[\"*\"]", "oci_kms_key_version.t[\"*\"]"] {
            code.schedules.push(Schedule {
                period_days: None,
                period_months: None,
                form: ScheduleForm::Accumulating,
                driver: id("plantimestamp()"),
                version: id(name),
                trail: Vec::new(),
            });
        }
        code.vault_type = Fact::known(VaultType::VirtualPrivate);
        code.vault = Some(id("oci_kms_vault.v"));
        let mut listed = ListedResources::default();
        for address in ["oci_kms_key_version.a", "oci_kms_key_version.s[\"2026\"]", "oci_certificates_management_certificate_authority.b"] {
            listed.add(address, Address::parse(address).as_ref());
        }
        let open = || {
            let mut plan = key(InputKind::Plan, PlannedAction::Create, Fact::unknown("known after apply"));
            plan.vault_type = Fact::unknown("it comes from `local.v`");
            plan
        };
        let mut plan = open();
        settle(&mut plan, &code, &listed);
        assert_eq!(plan.versions.iter().map(|version| version.id.as_str()).collect::<Vec<_>>(), ["oci_kms_key_version.a"]);
        assert_eq!(plan.authorities.len(), 1);
        assert_eq!(plan.schedules.iter().map(|schedule| schedule.version.as_str()).collect::<Vec<_>>(), ["oci_kms_key_version.s[\"*\"]"]);
        assert!(plan.vault_type.as_unknown().is_some(), "the vault is not listed");
        listed.add_vault("oci_kms_vault.v", Some(VaultType::Default));
        let mut plan = open();
        settle(&mut plan, &code, &listed);
        assert_eq!(plan.vault_type.value(), Some(&VaultType::Default), "the document's vault type wins");
        let mut plan = open();
        code.schedules.truncate(0);
        code.vault = None;
        settle(&mut plan, &code, &listed);
        assert!(plan.schedules.is_empty() && plan.schedules_unsure.is_none());
        assert!(plan.vault_type.as_unknown().is_some(), "no listed vault has the configured type");
    }
}
