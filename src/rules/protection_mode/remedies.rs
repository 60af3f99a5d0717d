//! The remedies of OCI-KMS-004.

use super::{Kind, RULE, may_be_for_authority};
use crate::key::{InputKind, KeyFacts};
use crate::rules::remedy::{self, ArgumentChange, Remedy, RemedyError, Safety, Setting};
use crate::rules::subject::{self, Situation};
use crate::rules::{self, Settings, SharedKind, Verdict};

/// The remedies for a kind of finding on a key; empty if editing arguments cannot resolve it.
pub(super) fn remedies(key: &KeyFacts, kind: rules::Kind, settings: &Settings) -> Result<Vec<Remedy>, RemedyError> {
    remedy::ensure_not_replica(key)?;
    match kind {
        rules::Kind::ProtectionMode(Kind::Hsm | Kind::HsmByDefault | Kind::InvalidProtectionMode) => {
            if let Some(old) = key.old_provider.as_ref().filter(|old| old.predates_software_keys) {
                return Err(RemedyError::NoSoftwareKeys(old.version.clone()));
            }
            remedy::ensure_not_ignored(key, "protection_mode")?;
            // Changing the mode replaces an existing key, and only a plan shows that the key does not exist yet.
            let is_new = subject::situation(key) == Situation::New && key.id.input == InputKind::Plan;
            let (safety, condition) = if may_be_for_authority(key) {
                (Safety::Unsafe, Some("no certificate authority uses the key"))
            } else if is_new {
                (Safety::Safe, None)
            } else {
                (Safety::Unsafe, Some("the key does not exist yet, or nothing that it encrypted is still needed"))
            };
            Ok(vec![software(key, safety, condition, settings)?])
        }
        rules::Kind::Shared(SharedKind::ModuleDefault) => Ok(by_default(key, settings).into_iter().collect()),
        _ => Ok(Vec::new()),
    }
}

fn software(key: &KeyFacts, safety: Safety, condition: Option<&'static str>, settings: &Settings) -> Result<Remedy, RemedyError> {
    let at = remedy::site(key, &key.protection_mode, "protection_mode")?;
    let changes = vec![ArgumentChange { to: Setting::Software, at }];
    let verdict = remedy::verdict_after(&RULE, key, &changes, settings);
    Ok(Remedy { condition, safety, changes, expected_verdict: (verdict.word(), Some(verdict.kind())) })
}

/// The change of a default after which a module's keys are SOFTWARE keys if its caller sets nothing.
pub(super) fn by_default(key: &KeyFacts, settings: &Settings) -> Option<Remedy> {
    let passes = |changes: &[ArgumentChange]| matches!(remedy::default_verdict_after(&RULE, key, changes, settings), Verdict::Pass { .. });
    if passes(&[]) || key.old_provider.as_ref().is_some_and(|old| old.predates_software_keys) {
        return None;
    }
    let condition = may_be_for_authority(key).then_some("no certificate authority uses the keys");
    let remedy = software(key, Safety::Choice, condition, settings).ok()?;
    // Offer the remedy only if the rule passes the changed key.
    passes(&remedy.changes).then_some(remedy)
}
