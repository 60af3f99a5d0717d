//! A plan or state and the code it was made of tell of the same key: the document says what is, the code says where it is written and what the
//! document leaves open.

use super::{Fate, KeyFacts};
use crate::base::{Claim, Fact};

/// Takes into a key of a document what the same key's code knows.
///
/// The document's claims stand: it was made with the real inputs, the code here may be read with others. The code gives the places, and
/// settles what the document cannot tell: whether an attribute that will be known after apply is omitted, the vault's type, what rotates
/// the key by code.
pub fn settle(key: &mut KeyFacts, code: &KeyFacts) {
    key.document = Some(std::mem::replace(&mut key.place, code.place.clone()));
    key.source_root = Some(code.id.root.clone());
    key.declared = code.declared.clone();
    let new = matches!(key.fate, Fate::Create | Fate::Replace | Fate::Unknown);
    fact(&mut key.protection_mode, &code.protection_mode, new);
    fact(&mut key.rotation.enabled, &code.rotation.enabled, new);
    fact(&mut key.rotation.interval_days, &code.rotation.interval_days, new);
    fact(&mut key.rotation.start, &code.rotation.start, new);
    fact(&mut key.vault_type, &code.vault_type, true);
    fact(&mut key.lifecycle, &code.lifecycle, new);
    fact(&mut key.external_key_reference, &code.external_key_reference, new);
    fact(&mut key.display_name, &code.display_name, new);
    fact(&mut key.compartment, &code.compartment, new);
    key.rotation.block = code.rotation.block.clone().or_else(|| key.rotation.block.take());
    key.vault = key.vault.take().or_else(|| code.vault.clone());
    if key.schedules_unsure.is_some() {
        key.schedules_unsure.clone_from(&code.schedules_unsure);
    }
    if !code.schedules.is_empty() {
        key.schedules.clone_from(&code.schedules);
    }
    key.idle_schedule.clone_from(&code.idle_schedule);
    if key.authorities_unsure.is_some() {
        key.authorities_unsure.clone_from(&code.authorities_unsure);
    }
    for version in &code.versions {
        match key.versions.iter_mut().find(|known| known.id == version.id) {
            Some(known) => known.place = version.place.clone(),
            None => key.versions.push(version.clone()),
        }
    }
    for authority in &code.authorities {
        match key.authorities.iter_mut().find(|known| known.id == authority.id) {
            Some(known) => known.place = authority.place.clone(),
            None => key.authorities.push(authority.clone()),
        }
    }
    key.notes.extend(code.notes.iter().cloned());
}

/// One fact. `open`: the document may have left it open although the code settles it.
fn fact<T: Clone + PartialEq>(document: &mut Fact<T>, code: &Fact<T>, open: bool) {
    let agree = match (&document.claim, &code.claim) {
        (Claim::Known(ours), Claim::Known(theirs)) => ours == theirs,
        (Claim::Unset, Claim::Unset) => true,
        // With the real inputs the document knows what the code here cannot: the way is the same.
        (_, Claim::Unknown(_)) => true,
        _ => false,
    };
    if let Claim::Unknown(_) = document.claim {
        if open {
            document.claim = code.claim.clone();
            document.trail.clone_from(&code.trail);
        }
    } else if agree && !code.trail.is_empty() {
        document.trail.clone_from(&code.trail);
    }
    document.sensitive |= code.sensitive;
    document.from_file |= code.from_file;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Place, Step};
    use crate::key::{InputKind, KeyId, ProtectionMode, Stage};

    fn key(input: InputKind, fate: Fate, mode: Fact<ProtectionMode>) -> KeyFacts {
        let id = KeyId { root: "infra".into(), inputs: None, address: "oci_kms_key.k".to_owned(), input };
        let place = Place::File(format!("{}.txt", input.word()).into());
        KeyFacts { protection_mode: mode, ..KeyFacts::new(id, Stage::Declared, fate, place) }
    }

    fn written() -> Vec<Step> {
        vec![Step::new(Place::File("main.tf".into()), "written here")]
    }

    #[test]
    fn an_omitted_attribute_of_a_new_key_is_settled_by_the_code() {
        let mut plan = key(InputKind::Plan, Fate::Create, Fact::unknown("known after apply"));
        settle(&mut plan, &key(InputKind::Hcl, Fate::Unknown, Fact::unset()));
        assert!(plan.protection_mode.is_unset());
        assert_eq!(plan.place, Place::File("hcl.txt".into()));
        assert_eq!(plan.document, Some(Place::File("plan.txt".into())));
    }

    #[test]
    fn an_existing_keys_value_stands_whatever_the_code_says() {
        let mut plan = key(InputKind::Plan, Fate::NoOp, Fact::known(ProtectionMode::Hsm));
        settle(&mut plan, &key(InputKind::Hcl, Fate::Unknown, Fact::unset()));
        assert_eq!(plan.protection_mode.value(), Some(&ProtectionMode::Hsm));
        let mut unknown = key(InputKind::Plan, Fate::Update, Fact::unknown("known after apply"));
        settle(&mut unknown, &key(InputKind::Hcl, Fate::Unknown, Fact::unset()));
        assert!(unknown.protection_mode.as_unknown().is_some());
    }

    #[test]
    fn a_known_value_is_shown_where_the_code_writes_it() {
        let mut plan = key(InputKind::Plan, Fate::Create, Fact::known(ProtectionMode::Hsm));
        settle(&mut plan, &key(InputKind::Hcl, Fate::Unknown, Fact::known(ProtectionMode::Hsm).with_trail(written())));
        assert_eq!(plan.protection_mode.trail, written());
        let mut other = key(InputKind::Plan, Fate::Create, Fact::known(ProtectionMode::Hsm));
        settle(&mut other, &key(InputKind::Hcl, Fate::Unknown, Fact::known(ProtectionMode::Software).with_trail(written())));
        assert_eq!(other.protection_mode.value(), Some(&ProtectionMode::Hsm));
        assert!(other.protection_mode.trail.is_empty());
    }
}
