//! A plan or state and the configuration that it was made from describe the same key: the document says what is, the configuration says where it is
//! written and what the document leaves open.

use super::{KeyFacts, PlannedAction, VaultType};
use crate::base::{Address, Claim, Fact, HiddenKeys, Step};
use std::collections::{HashMap, HashSet};

/// The resources other than keys that a document lists. A resource that it does not list does not exist, even if it is configured.
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

    /// Adds a vault by its address or its OCID, with its type where that is known.
    pub fn add_vault(&mut self, name: &str, kind: Option<VaultType>) {
        let known = self.vaults.entry(name.to_owned()).or_default();
        *known = known.take().or(kind);
    }

    /// Whether a resource exists. Of a symbolic instance, whether its block has any.
    fn has(&self, address: &str) -> bool {
        // A symbolic instance has an address that no document has.
        let is_block_there = || {
            let parsed = address.contains("[\"*\"]").then(|| Address::parse(address)).flatten();
            parsed.is_some_and(|parsed| self.blocks.contains(&parsed.without_keys().to_string()))
        };
        self.addresses.contains(address) || is_block_there()
    }

    /// The type of the vault that the configuration names for a key; `code` is the type that the configuration gives it.
    fn vault_type(&self, name: Option<&str>, code: &VaultType) -> Option<&VaultType> {
        match name {
            Some(name) => self.vaults.get(name)?.as_ref(),
            // One of several: they all have to be of one type.
            None => {
                let mut kinds = self.vaults.values();
                let first = kinds.next()?.as_ref()?;
                (first == code && kinds.all(|kind| kind.as_ref() == Some(first))).then_some(first)
            }
        }
    }
}

/// Takes into a key of a document what the same key's configuration knows.
///
/// The document's claims stand. The configuration gives the places, and settles what the document leaves open: whether an argument that will be known
/// after apply is omitted, the vault's type, what rotates the key by code. A document that does not know a value which the configuration gives was
/// made with other inputs or from another configuration: then nothing is settled. `hidden` has the instance keys that addresses in the
/// configuration do not show and those of the document do.
pub fn settle(key: &mut KeyFacts, code: &KeyFacts, hidden: &HiddenKeys, listed: &ListedResources) {
    key.document = Some(std::mem::replace(&mut key.place, code.place.clone()));
    key.source_root = Some(code.id.root.clone());
    key.declared = code.declared.clone();
    // What exists keeps what its arguments omit.
    let is_new = matches!(key.planned_action, PlannedAction::Create | PlannedAction::Replace | PlannedAction::Unknown);
    if is_new && let Some(name) = contradiction(key, code) {
        let label = format!(
            "the configuration and the plan give `{name}` different values: the configuration was changed after the plan and is not used"
        );
        key.notes.push(Step::new(code.place.clone(), label));
        stale(&mut key.protection_mode);
        stale(&mut key.rotation.enabled);
        stale(&mut key.rotation.interval_days);
        stale(&mut key.rotation.start);
        return;
    }
    fact(&mut key.protection_mode, &code.protection_mode, is_new);
    fact(&mut key.rotation.enabled, &code.rotation.enabled, is_new);
    fact(&mut key.rotation.interval_days, &code.rotation.interval_days, is_new);
    fact(&mut key.rotation.start, &code.rotation.start, is_new);
    fact(&mut key.lifecycle, &code.lifecycle, is_new);
    fact(&mut key.external_key_reference, &code.external_key_reference, is_new);
    fact(&mut key.restored, &code.restored, is_new);
    fact(&mut key.display_name, &code.display_name, is_new);
    fact(&mut key.compartment, &code.compartment, is_new);
    key.rotation.block = code.rotation.block.clone().or_else(|| key.rotation.block.take());
    key.rotation.absent_by.clone_from(&code.rotation.absent_by);
    vault(key, code, hidden, listed);
    rotation_by_code(key, code, hidden, listed);
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

/// Whether a key of a plan cannot come from this configuration as it is.
#[must_use]
pub(crate) fn contradicts(key: &KeyFacts, code: &KeyFacts) -> bool {
    matches!(key.planned_action, PlannedAction::Create | PlannedAction::Replace) && contradiction(key, code).is_some()
}

/// The argument about which a plan and the configuration contradict each other.
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

/// Whether a planned fact of a new key cannot come from this configuration.
fn differ<T: PartialEq>(planned: &Fact<T>, code: &Fact<T>) -> bool {
    match (&planned.claim, &code.claim) {
        (_, Claim::Unknown(_)) | (Claim::Unset, Claim::Unset) => false,
        (Claim::Known(ours), Claim::Known(theirs)) => ours != theirs,
        (Claim::Known(_), Claim::Unset) | (Claim::Unset | Claim::Unknown(_), Claim::Known(_)) => true,
        // After its mark the plan shows an expression: then the configuration writes one too.
        (Claim::Unknown(_), Claim::Unset) => planned.trail.len() > 1 && code.trail.is_empty(),
    }
}

/// One fact. `is_open`: the document may have left it open although the configuration settles it.
fn fact<T: Clone + PartialEq>(document: &mut Fact<T>, code: &Fact<T>, is_open: bool) {
    let agree = match (&document.claim, &code.claim) {
        (Claim::Known(ours), Claim::Known(theirs)) => ours == theirs,
        (Claim::Unset, Claim::Unset) => true,
        // With its inputs the document knows what the configuration does not: the way is the same.
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

/// Adds to an unknown fact why the configuration does not settle it.
fn stale<T>(fact: &mut Fact<T>) {
    if let Claim::Unknown(unknown) = &mut fact.claim {
        unknown.why = "the plan does not record it, and the configuration here is not the one that the plan was created from".into();
    }
}

/// The type of the vault: the configuration says which vault it is, the document of which type that vault is.
fn vault(key: &mut KeyFacts, code: &KeyFacts, hidden: &HiddenKeys, listed: &ListedResources) {
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
        (Claim::Known(ours), Claim::Known(theirs)) if ours != theirs => return,
        (claim, _) => claim.clone(),
    };
    if !code.vault_type.trail.is_empty() {
        key.vault_type.trail.clone_from(&code.vault_type.trail);
    }
    key.vault_type.claim = claim;
    key.vault_type.sensitive |= code.vault_type.sensitive;
    key.vault = key.vault.take().or_else(|| code.vault.clone());
}

/// Versions, and what makes the next one: only a version that the document lists can be made again.
fn rotation_by_code(key: &mut KeyFacts, code: &KeyFacts, hidden: &HiddenKeys, listed: &ListedResources) {
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
        key.is_schedule_refused = code.is_schedule_refused;
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

    fn written() -> Vec<Step> {
        vec![Step::new(Place::File("main.tf".into()), "written here")]
    }

    #[test]
    fn an_omitted_attribute_of_a_new_key_is_settled_by_the_code() {
        let mut plan = key(InputKind::Plan, PlannedAction::Create, Fact::unknown("known after apply"));
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert!(plan.protection_mode.is_unset());
        assert_eq!(plan.place, Place::File("hcl.txt".into()));
        assert_eq!(plan.document, Some(Place::File("plan.txt".into())));
    }

    #[test]
    fn an_existing_keys_value_stands_whatever_the_code_says() {
        let mut plan = key(InputKind::Plan, PlannedAction::NoOp, Fact::known(ProtectionMode::Hsm));
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert_eq!(plan.protection_mode.value(), Some(&ProtectionMode::Hsm));
        let mut unknown = key(InputKind::Plan, PlannedAction::Update, Fact::unknown("known after apply"));
        settle(&mut unknown, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert!(unknown.protection_mode.as_unknown().is_some());
    }

    #[test]
    fn a_known_value_is_shown_where_the_code_writes_it() {
        let mut plan = key(InputKind::Plan, PlannedAction::Create, Fact::known(ProtectionMode::Hsm));
        settle(
            &mut plan,
            &key(InputKind::Hcl, PlannedAction::Unknown, Fact::known(ProtectionMode::Hsm).with_trail(written())),
            &ListedResources::default(),
        );
        assert_eq!(*plan.protection_mode.trail, *written());
        let mut other = key(InputKind::Plan, PlannedAction::Create, Fact::known(ProtectionMode::Hsm));
        settle(
            &mut other,
            &key(InputKind::Hcl, PlannedAction::Unknown, Fact::known(ProtectionMode::Software).with_trail(written())),
            &ListedResources::default(),
        );
        assert_eq!(other.protection_mode.value(), Some(&ProtectionMode::Hsm));
        assert!(other.protection_mode.trail.is_empty());
    }

    #[test]
    fn a_value_that_the_plan_does_not_know_stays_unknown_and_nothing_else_is_settled() {
        let mut plan = key(InputKind::Plan, PlannedAction::Create, Fact::unknown("known after apply"));
        plan.rotation.interval_days = Fact::unknown("known after apply");
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::known(ProtectionMode::Software)), &ListedResources::default());
        assert!(plan.protection_mode.as_unknown().is_some() && plan.rotation.interval_days.as_unknown().is_some());
        assert!(matches!(plan.notes.as_slice(), [note] if note.label().contains("`protection_mode`")), "{:?}", plan.notes);
    }

    #[test]
    fn an_argument_that_the_plan_computes_and_the_configuration_omits_stays_unknown() {
        let planned = || Fact::unknown("it comes from `local.m`").with_trail([written(), written()].concat());
        let mut plan = key(InputKind::Plan, PlannedAction::Create, planned());
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset()), &ListedResources::default());
        assert!(plan.protection_mode.as_unknown().is_some());
        let mut plan = key(InputKind::Plan, PlannedAction::Create, planned());
        settle(&mut plan, &key(InputKind::Hcl, PlannedAction::Unknown, Fact::unset().with_trail(written())), &ListedResources::default());
        assert!(plan.protection_mode.is_unset());
    }

    #[test]
    fn what_the_document_does_not_list_does_not_exist() {
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
        assert_eq!(plan.vault_type.value(), Some(&VaultType::Default), "the document knows better of which type the vault is");
        let mut plan = open();
        code.schedules.truncate(0);
        code.vault = None;
        settle(&mut plan, &code, &listed);
        assert!(plan.schedules.is_empty() && plan.schedules_unsure.is_none());
        assert!(plan.vault_type.as_unknown().is_some(), "one of several vaults of which none has the type that the configuration gives");
    }
}
