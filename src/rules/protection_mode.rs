//! OCI-KMS-004 · key-protection-mode: keys must not be in an HSM where SOFTWARE would do.

mod remedies;
#[cfg(test)]
mod tests;

use super::kind::{SharedKind, kinds};
use super::place;
use super::subject::{self, Situation, VaultCase, listed, not_applicable, pass, sentences, shown_mode};
use super::{Placement, Report, Rule, RuleReference, SettingRow, Settings, SwitchSetting, TREND, Verdict};
use crate::base::{Bounds, Case, Claim, Unknown};
use crate::key::{InputKind, KeyFacts, ProtectionMode, ReplicationRole, Stage};

/// The id of the rule.
pub const ID: &str = "OCI-KMS-004";

static ACCEPT_HSM_IN_PRIVATE_VAULT: SwitchSetting = SwitchSetting {
    rule: ID,
    name: "accept-hsm-in-private-vault",
    doc: "whether HSM keys in VIRTUAL_PRIVATE vaults are accepted",
    when_on: "accepts HSM keys in private vaults",
};

/// The rule. Id and risk are Trend Micro's.
pub(super) const RULE: Rule = Rule {
    id: ID,
    name: "key-protection-mode",
    pascal_name: "KeyProtectionMode",
    title: "Key is protected by an HSM where SOFTWARE would do",
    document: include_str!("protection_mode.md"),
    risk: "Low",
    security_severity: None,
    references: &[RuleReference {
        publication: TREND,
        version: None,
        id: ID,
        title: "Check for KMS Key Protection Mode",
        url: "https://www.trendmicro.com/trendaivisiononecloudriskmanagement/knowledge-base/oci/OCI-KMS/check-for-key-protection-mode.html",
    }],
    tags: &["oci", "kms", "cost"],
    settings: &[SettingRow::Switch(&ACCEPT_HSM_IN_PRIVATE_VAULT)],
    kinds: Kind::WORDS,
    check,
    remedies: remedies::remedies,
};

kinds! {
    /// Kinds of this rule only.
    Kind {
        /// The mode is HSM.
        Hsm = "hsm",
        /// No mode is set, and the service's default is HSM.
        HsmByDefault = "hsm-by-default",
        /// The mode is not HSM, SOFTWARE or EXTERNAL.
        InvalidProtectionMode = "invalid-protection-mode",
        /// The key is restored from a backup and keeps the backup's mode.
        Restored = "restored",
        /// The mode is SOFTWARE.
        Software = "software",
        /// A certificate authority uses the key.
        CertificateAuthority = "certificate-authority",
        /// The vault is VIRTUAL_PRIVATE, and the settings accept HSM there.
        PrivateVault = "private-vault",
    }
}

/// Checks one key. The rows in comments are those of the rule's document, in the same order.
fn check(key: &KeyFacts, settings: &Settings) -> Verdict {
    if let Some(verdict) = subject::ending_or_disabled(key) {
        return verdict;
    }
    if let Some(verdict) = restored(key) {
        return subject::with_cautions(key, verdict, true);
    }
    if let Some(authority) = key.authorities.first() {
        let message =
            format!("the certificate authority `{}` uses the key, and OCI Certificates requires a hardware-protected key", authority.id);
        return not_applicable(Kind::CertificateAuthority, message);
    }
    if let Some(verdict) = subject::external(key, "it is not kept in OCI's HSM or in software") {
        return verdict;
    }
    let verdict = match &key.protection_mode.claim {
        Claim::Known(mode) => by_effect(key, settings, Effect::of(Some(mode), key)),
        Claim::Unset => by_effect(key, settings, Effect::of(None, key)),
        Claim::Unknown(unknown) => by_bounds(key, settings, unknown),
    };
    let verdict = unless_authority(key, unless_restored(key, verdict));
    subject::with_cautions(key, subject::unless_disabled(key, verdict), true)
}

/// Row 2: a violation is uncertain if it is unknown which key a certificate authority uses.
fn unless_authority(key: &KeyFacts, verdict: Verdict) -> Verdict {
    match (verdict, &key.authorities_unsure) {
        (Verdict::Violation(report), Some(why)) => Verdict::Undetermined(Report {
            kind: SharedKind::Unknown.into(),
            message: format!("cannot determine whether a certificate authority uses the key: {why}"),
            note: sentences([
                Some("OCI Certificates requires a hardware-protected key.".to_owned()),
                Some(format!("If no certificate authority uses it: {}.", report.message)),
            ]),
            help: subject::how_to_resolve(key),
            at: report.at,
        }),
        (verdict, _) => verdict,
    }
}

/// Row 1a: a key that is restored from a backup has the backup's mode.
fn restored(key: &KeyFacts) -> Option<Verdict> {
    let is_restored = key.restored.value() == Some(&true) && subject::situation(key) != Situation::Existing;
    is_restored.then(|| from_backup(key, "the key is restored from a backup, and keeps the backup's protection mode", String::new()))
}

/// Row 1a: a verdict is uncertain if the key may be restored from a backup.
fn unless_restored(key: &KeyFacts, verdict: Verdict) -> Verdict {
    let (Some(unknown), Situation::New | Situation::Unsure | Situation::Replaced) = (key.restored.as_unknown(), subject::situation(key))
    else {
        return verdict;
    };
    match &verdict {
        Verdict::Violation(_) | Verdict::Pass { .. } => {
            let message =
                format!("cannot determine whether the key is restored from a backup, whose protection mode wins: {}", unknown.why);
            from_backup(key, &message, format!("If it is not: {}.", verdict.message()))
        }
        _ => verdict,
    }
}

fn from_backup(key: &KeyFacts, message: &str, note: String) -> Verdict {
    let why = "The provider restores the backup and never sends `protection_mode`, so the argument has no effect here.";
    Verdict::Undetermined(Report {
        kind: Kind::Restored.into(),
        message: message.to_owned(),
        at: place::of_unknown(key, &key.restored, "protection_mode").into(),
        note: sentences([Some(why.to_owned()), Some(note), subject::represents_many(key)]),
        help: "Check the mode of the key that was backed up; after the restore, `kmslint live` checks the key itself.".to_owned(),
    })
}

/// The effect of a `protection_mode` on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Software,
    External,
    Hsm,
    HsmByDefault,
    Invalid,
    /// Unset on an existing key, whose mode the input does not record.
    Unrecorded,
}

impl Effect {
    fn of(mode: Option<&ProtectionMode>, key: &KeyFacts) -> Self {
        match mode {
            Some(ProtectionMode::Software) => Self::Software,
            Some(ProtectionMode::External) => Self::External,
            Some(ProtectionMode::Hsm) => Self::Hsm,
            Some(ProtectionMode::Other(_)) => Self::Invalid,
            None if subject::situation(key) == Situation::Existing || subject::may_be_imported(key) => Self::Unrecorded,
            None => Self::HsmByDefault,
        }
    }

    fn violates(self) -> bool {
        matches!(self, Self::Hsm | Self::HsmByDefault | Self::Invalid)
    }
}

/// The verdict where the effect is certain.
fn by_effect(key: &KeyFacts, settings: &Settings, effect: Effect) -> Verdict {
    match effect {
        Effect::Software => pass(Kind::Software, "the key is SOFTWARE-protected"),
        Effect::External => {
            not_applicable(SharedKind::External, "the protection mode is EXTERNAL: it is not kept in OCI's HSM or in software")
        }
        Effect::Hsm => hsm(key, settings, Kind::Hsm),
        Effect::HsmByDefault => subject::unless_external(key, hsm(key, settings, Kind::HsmByDefault)),
        Effect::Invalid if key.id.input == InputKind::Live => unknown_live_mode(key),
        Effect::Invalid => invalid(key),
        Effect::Unrecorded if subject::may_be_imported(key) => {
            subject::imported(key, "its protection mode", "If `protection_mode` is omitted, Terraform keeps the mode of an existing key.")
        }
        Effect::Unrecorded => Verdict::Undetermined(Report {
            kind: SharedKind::Unknown.into(),
            message: "the protection mode of the key is not recorded here".to_owned(),
            at: at_unknown(key).into(),
            note: "The key exists without a recorded `protection_mode`: an import or an old provider may have left it out.".to_owned(),
            help: subject::how_to_resolve(key),
        }),
    }
}

/// Rows 5 and 6: the key is or will be an HSM key.
fn hsm(key: &KeyFacts, settings: &Settings, kind: Kind) -> Verdict {
    if settings.is_on(&ACCEPT_HSM_IN_PRIVATE_VAULT) {
        match subject::vault(key) {
            VaultCase::Private => {
                return not_applicable(Kind::PrivateVault, "the key is in a VIRTUAL_PRIVATE vault, where the settings accept HSM keys");
            }
            VaultCase::Default => {}
            VaultCase::Unsure => return maybe_accepted(key),
        }
    }
    let cause = if kind == Kind::HsmByDefault { ": `protection_mode` is not set, and the service's default is HSM" } else { "" };
    let message = match subject::situation(key) {
        Situation::New | Situation::Unsure => format!("the key will be HSM-protected{cause}"),
        Situation::Existing => format!("the key is HSM-protected{cause}"),
        Situation::Replaced => format!("the key that replaces this one will be HSM-protected{cause}"),
    };
    Verdict::Violation(Report {
        kind: kind.into(),
        message,
        at: at(key).labeled("this makes it an HSM key").into(),
        note: note(key),
        help: help(key),
    })
}

/// The settings accept HSM keys in VIRTUAL_PRIVATE vaults, but the vault's type is unknown.
fn maybe_accepted(key: &KeyFacts) -> Verdict {
    let unknown = key.vault_type.as_unknown();
    let why = unknown.map_or("its vault is not set", |unknown| &*unknown.why);
    Verdict::Undetermined(Report {
        kind: SharedKind::Unknown.into(),
        message: format!("cannot determine whether the HSM key is in a VIRTUAL_PRIVATE vault: {why}"),
        at: at_unknown(key).into(),
        note: "The setting `accept-hsm-in-private-vault` accepts HSM keys only there.".to_owned(),
        help: unknown.map_or_else(|| subject::how_to_resolve(key), |unknown| subject::how_to_resolve_value(key, unknown)),
    })
}

/// Row 7 for a live key: the service has a mode that this version does not know.
fn unknown_live_mode(key: &KeyFacts) -> Verdict {
    let shown = key.protection_mode.value().and_then(|mode| shown_mode(&key.protection_mode, mode));
    let shown = shown.map_or_else(String::new, |shown| format!(" {shown}"));
    Verdict::Undetermined(Report {
        kind: SharedKind::Unknown.into(),
        message: format!(
            "cannot determine whether the key is HSM-protected: kmslint does not know the protection mode{shown} of the service"
        ),
        at: at_unknown(key).into(),
        note: "The service has a mode that this version of kmslint does not know.".to_owned(),
        help: "Update kmslint; until then, check the key in the console.".to_owned(),
    })
}

/// Row 7: the mode is not one of the service's words.
fn invalid(key: &KeyFacts) -> Verdict {
    let written = match &key.protection_mode.claim {
        Claim::Known(mode) => shown_mode(&key.protection_mode, mode),
        Claim::Unset | Claim::Unknown(_) => None,
    };
    let written = written.unwrap_or_else(|| "its value".to_owned());
    Verdict::Violation(Report {
        kind: Kind::InvalidProtectionMode.into(),
        message: format!("`protection_mode` is not HSM, SOFTWARE or EXTERNAL: {written}"),
        at: at(key).labeled("the service does not know this mode").into(),
        note: "The provider sends the value unchanged: `plan` succeeds and `apply` fails.".to_owned(),
        help: format!("{}.", set(key)),
    })
}

/// Row 8: the value is unknown, perhaps with known bounds.
fn by_bounds(key: &KeyFacts, settings: &Settings, unknown: &Unknown<ProtectionMode>) -> Verdict {
    match &unknown.bounds {
        Bounds::Anything | Bounds::Nothing => Verdict::Undetermined(Report {
            kind: SharedKind::Unknown.into(),
            message: format!("cannot determine whether the key will be HSM-protected: {}", unknown.why),
            at: at_unknown(key).into(),
            note: "Without a value the service creates an HSM key, whose versions are billed beyond the free allowance.".to_owned(),
            help: subject::how_to_resolve_value(key, unknown),
        }),
        Bounds::OneOf(cases) => by_cases(key, settings, unknown, cases),
        Bounds::Default { value, input } => by_default(key, settings, value.as_ref(), input),
    }
}

/// The verdict on a value that is one of several: certain if all effects agree.
fn by_cases(key: &KeyFacts, settings: &Settings, unknown: &Unknown<ProtectionMode>, cases: &[Case<ProtectionMode>]) -> Verdict {
    let effects: Vec<Effect> = cases.iter().map(|case| Effect::of(case.value.as_ref(), key)).collect();
    let worst = effects.iter().copied().filter(|effect| effect.violates()).min();
    let described = described_cases(key, cases);
    match worst {
        Some(effect) if effects.iter().all(|effect| effect.violates()) => match by_effect(key, settings, effect) {
            Verdict::Violation(report) => Verdict::Violation(Report { note: sentences([Some(described), Some(report.note)]), ..report }),
            other => other,
        },
        None if !effects.contains(&Effect::Unrecorded) && !effects.is_empty() => {
            pass(Kind::Software, "the key is not HSM-protected, whichever value `protection_mode` takes")
        }
        _ => Verdict::Undetermined(Report {
            kind: SharedKind::Depends.into(),
            message: format!(
                "cannot determine whether the key will be HSM-protected: it depends on a value that is unknown here: {}",
                unknown.why
            ),
            at: at_unknown(key).into(),
            note: described,
            help: format!("Choose SOFTWARE in every case. {}", subject::how_to_resolve_value(key, unknown)),
        }),
    }
}

/// "It will be HSM when `x` and SOFTWARE when not `x`."
fn described_cases(key: &KeyFacts, cases: &[Case<ProtectionMode>]) -> String {
    let parts: Vec<String> = cases
        .iter()
        .map(|case| {
            let word = match &case.value {
                None => "HSM by default".to_owned(),
                Some(mode) if mode.is_documented() && key.protection_mode.shows(true) => mode.to_string(),
                Some(mode) => shown_mode(&key.protection_mode, mode).unwrap_or_else(|| "a value that is not shown".to_owned()),
            };
            format!("{word} when {}", case.when)
        })
        .collect();
    format!("It will be {}.", listed(&parts, "and"))
}

/// The verdict on a default that the module's caller may override: a statement about the module, not about a key.
fn by_default(key: &KeyFacts, settings: &Settings, value: Option<&ProtectionMode>, input: &str) -> Verdict {
    let effect = Effect::of(value, key);
    if effect != Effect::Invalid && settings.is_on(&ACCEPT_HSM_IN_PRIVATE_VAULT) && subject::vault(key) == VaultCase::Private {
        return not_applicable(Kind::PrivateVault, "the keys are in a VIRTUAL_PRIVATE vault, where the settings accept HSM keys");
    }
    let mode = match effect {
        _ if key.protection_mode.sensitive => "protected in a mode that is not shown".to_owned(),
        Effect::Software => "SOFTWARE".to_owned(),
        Effect::External => "EXTERNAL".to_owned(),
        Effect::Hsm | Effect::HsmByDefault => "HSM".to_owned(),
        Effect::Invalid | Effect::Unrecorded => "protected in a mode that the service does not know".to_owned(),
    };
    let help = match remedies::by_default(key, settings) {
        Some(remedy) if effect.violates() => {
            format!("{}, so that HSM is a decision and not an accident, or check the callers of this module.", remedy.instruction(input))
        }
        _ => subject::check_callers(key),
    };
    Verdict::Undetermined(Report {
        kind: SharedKind::ModuleDefault.into(),
        message: format!("keys of this module are {mode} unless the caller sets `{input}`"),
        at: at_unknown(key).into(),
        note: sentences([
            key.symbolic.as_ref().map(|symbolic| format!("Its keys cannot be named: {}.", symbolic.why)),
            effect.violates().then(|| billing(key)),
        ]),
        help,
    })
}

/// What makes the mode unknown.
fn at_unknown(key: &KeyFacts) -> Placement {
    place::of_unknown(key, &key.protection_mode, "protection_mode")
}

/// Where to edit the mode.
fn at(key: &KeyFacts) -> Placement {
    place::of(key, &key.protection_mode, "protection_mode")
}

/// Why it matters for this key.
fn note(key: &KeyFacts) -> String {
    let versions = key.vault_usage.map(|usage| match usage.hsm_versions {
        1 => "The vault has 1 HSM key version.".to_owned(),
        count => format!("The vault has {count} HSM key versions."),
    });
    sentences([Some(billing(key)), versions, subject::represents_many(key)])
}

/// How the key is billed, depending on the vault.
fn billing(key: &KeyFacts) -> String {
    // Without a price: no price could be confirmed on Oracle's pages.
    match subject::vault(key) {
        VaultCase::Private => {
            "In a VIRTUAL_PRIVATE vault the first 1,000 key versions are included; HSM versions beyond that are billed."
        }
        VaultCase::Default | VaultCase::Unsure => {
            "HSM keys are billed per key version beyond the free allowance, and every rotation adds a version; versions of SOFTWARE keys are free."
        }
    }
    .to_owned()
}

/// Whether a certificate authority in another stack may use the key: they use RSA and ECDSA keys.
fn may_be_for_authority(key: &KeyFacts) -> bool {
    subject::may_hold(&key.shape.algorithm, |algorithm| {
        algorithm.is_some_and(|algorithm| algorithm.eq_ignore_ascii_case("RSA") || algorithm.eq_ignore_ascii_case("ECDSA"))
    })
}

/// How to migrate from an existing HSM key.
const MIGRATE: &str = "(the old one is deleted after 7 to 30 days and what it encrypted becomes unreadable): create a SOFTWARE key, re-encrypt, then retire this one.";

/// What to do.
fn help(key: &KeyFacts) -> String {
    if key.replication_role == ReplicationRole::Replica {
        let primary = "This key is a replica, which has the mode of its primary key: check that key, in the region of its vault.";
        return sentences([Some(primary.to_owned()), Some(exemption(key).to_owned())]);
    }
    let authority = may_be_for_authority(key).then(|| match key.shape.algorithm.value() {
        Some(_) => "If a certificate authority of another stack uses this key, it must stay an HSM key.".to_owned(),
        None => "If it is an RSA or ECDSA key that a certificate authority of another stack uses, it must stay an HSM key.".to_owned(),
    });
    if let Some(old) = key.old_provider.as_ref().filter(|old| old.predates_software_keys) {
        let advice = format!(
            "SOFTWARE keys need oracle/oci 3.94.0 or later, and the configuration allows only {}: raise the constraint first.",
            old.version
        );
        return sentences([Some(advice), authority, Some(exemption(key).to_owned())]);
    }
    let advice = match subject::situation(key) {
        Situation::New => format!("{} before the key is created; the mode cannot be changed later.", set(key)),
        Situation::Unsure => format!(
            "{} before the key is created; the mode cannot be changed later. \
             If the key exists already, changing it replaces the key {MIGRATE}",
            set(key)
        ),
        Situation::Existing => format!("Do not change `protection_mode` of this key: changing it replaces the key {MIGRATE}"),
        Situation::Replaced => format!(
            "{} before the new key is created; the mode cannot be changed later. \
             Re-encrypt first: the old key is deleted after 7 to 30 days and what it encrypted becomes unreadable.",
            set(key)
        ),
    };
    sentences([Some(advice), authority, Some(exemption(key).to_owned())])
}

/// The edit at the place of the finding.
fn set(key: &KeyFacts) -> String {
    subject::capitalized(&at(key).set("protection_mode", "\"SOFTWARE\""))
}

/// How to exempt a key that must be in an HSM.
fn exemption(key: &KeyFacts) -> &'static str {
    match key.stage {
        Stage::Declared if !at(key).is_own() => {
            "If this key must be in an HSM, add the reason on the line above: `# kmslint: ignore[OCI-KMS-004] the reason`."
        }
        Stage::Declared => "If this key must be in an HSM, add the reason: `# kmslint: ignore[OCI-KMS-004] the reason`.",
        Stage::Actual => "If this key must be in an HSM, add the reason in an `[[exempt]]` entry of `kmslint.toml`.",
    }
}
