//! OCI-KMS-004 · key-protection-mode: HSM where SOFTWARE would do.

mod remedies;

use super::kind::{SharedKind, kinds};
use super::place;
use super::subject::{self, Situation, VaultCase, listed, not_applicable, pass, sentences, shown_mode};
use super::{Placement, Report, Rule, RuleReference, SettingRow, Settings, SwitchSetting, TREND, Verdict};
use crate::base::{Bounds, Case, Claim, Unknown};
use crate::key::{Importance, InputKind, KeyFacts, ProtectionMode, Stage};

/// Its id.
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
    /// What only this rule says of a key.
    Kind {
        /// The mode is HSM.
        Hsm = "hsm",
        /// No mode is set, and the service's default is HSM.
        HsmByDefault = "hsm-by-default",
        /// The mode is not HSM, SOFTWARE or EXTERNAL.
        InvalidProtectionMode = "invalid-protection-mode",
        /// The key comes from a backup, whose mode wins.
        Restored = "restored",
        /// The mode is SOFTWARE.
        Software = "software",
        /// A certificate authority uses the key.
        CertificateAuthority = "certificate-authority",
        /// The vault is VIRTUAL_PRIVATE, and the settings accept HSM there.
        PrivateVault = "private-vault",
    }
}

/// Checks one key; the rows are those of the rule's document, in their order.
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

/// Row 2, where it is unknown which key a certificate authority uses: what would be a violation is not certain.
fn unless_authority(key: &KeyFacts, verdict: Verdict) -> Verdict {
    match (verdict, &key.authorities_unsure) {
        (Verdict::Violation(report), Some(why)) => Verdict::Undetermined(Report {
            kind: SharedKind::Unknown.into(),
            message: format!("cannot determine whether a certificate authority uses the key: {why}"),
            note: sentences([
                Some("OCI Certificates requires a hardware-protected key.".to_owned()),
                Some(format!("If no certificate authority uses it: {}.", report.message)),
            ]),
            help: subject::how_to_settle(key),
            at: report.at,
        }),
        (verdict, _) => verdict,
    }
}

/// Row 1a: a key that will come from a backup has the backup's mode.
fn restored(key: &KeyFacts) -> Option<Verdict> {
    let is_restored = key.restored.value() == Some(&true) && subject::situation(key) != Situation::Existing;
    is_restored.then(|| from_backup(key, "the key is restored from a backup, and keeps the backup's protection mode", String::new()))
}

/// A verdict on a key that may come from a backup is not certain.
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

/// What a value of `protection_mode` does to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Software,
    External,
    Hsm,
    HsmByDefault,
    Invalid,
    /// Unset on a key that exists: the reader did not learn what the key has.
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
        Effect::Invalid if key.id.input == InputKind::Live => unknown_to_us(key),
        Effect::Invalid => invalid(key),
        Effect::Unrecorded if subject::may_be_imported(key) => {
            subject::imported(key, "its protection mode", "If `protection_mode` is omitted, Terraform keeps the mode of an existing key.")
        }
        Effect::Unrecorded => Verdict::Undetermined(Report {
            kind: SharedKind::Unknown.into(),
            message: "the protection mode of the key is not recorded here".to_owned(),
            at: at_unknown(key).into(),
            note: "The key exists without a recorded `protection_mode`: an import or an old provider may have left it out.".to_owned(),
            help: subject::how_to_settle(key),
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

/// The settings accept HSM keys in VIRTUAL_PRIVATE vaults, and the vault's type is not known.
fn maybe_accepted(key: &KeyFacts) -> Verdict {
    let unknown = key.vault_type.as_unknown();
    let why = unknown.map_or("its vault is not set", |unknown| &*unknown.why);
    Verdict::Undetermined(Report {
        kind: SharedKind::Unknown.into(),
        message: format!("cannot determine whether the HSM key is in a VIRTUAL_PRIVATE vault: {why}"),
        at: at_unknown(key).into(),
        note: "The setting `accept-hsm-in-private-vault` accepts HSM keys only there.".to_owned(),
        help: unknown.map_or_else(|| subject::how_to_settle(key), |unknown| subject::how_to_settle_this(key, unknown)),
    })
}

/// Row 7, of a key that exists: the service knows its own modes, so it is a new one.
fn unknown_to_us(key: &KeyFacts) -> Verdict {
    let shown = key.protection_mode.value().and_then(|mode| shown_mode(&key.protection_mode, mode));
    let shown = shown.map_or_else(String::new, |shown| format!(" {shown}"));
    Verdict::Undetermined(Report {
        kind: SharedKind::Unknown.into(),
        message: format!(
            "cannot determine whether the key is HSM-protected: kmslint does not know the protection mode{shown} of the service"
        ),
        at: at_unknown(key).into(),
        note: "The service has a mode that this version of kmslint does not know.".to_owned(),
        help: "Update kmslint, and look at the key in the console until then.".to_owned(),
    })
}

/// Row 7: none of the service's words.
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
        note: "The provider sends the value as it is written: `plan` succeeds and `apply` fails.".to_owned(),
        help: format!("{}.", set(key)),
    })
}

/// Row 8: the value is unknown, but perhaps not wholly.
fn by_bounds(key: &KeyFacts, settings: &Settings, unknown: &Unknown<ProtectionMode>) -> Verdict {
    match &unknown.bounds {
        Bounds::Anything | Bounds::Nothing => Verdict::Undetermined(Report {
            kind: SharedKind::Unknown.into(),
            message: format!("cannot determine whether the key will be HSM-protected: {}", unknown.why),
            at: at_unknown(key).into(),
            note: "Without a value the service creates an HSM key, whose versions are billed beyond the free allowance.".to_owned(),
            help: subject::how_to_settle_this(key, unknown),
        }),
        Bounds::OneOf(cases) => by_cases(key, settings, unknown, cases),
        Bounds::Default { value, input } => by_default(key, settings, value.as_ref(), input),
    }
}

/// One of several values: certain if all of them come to the same.
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
            help: format!("Choose SOFTWARE in every case. {}", subject::how_to_settle_this(key, unknown)),
        }),
    }
}

/// "The key will be HSM when `x`, SOFTWARE when not `x`."
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

/// A value that the module's caller may change: true of the module, not of any key.
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

/// What the finding is about that cannot be determined.
fn at_unknown(key: &KeyFacts) -> Placement {
    place::of_unknown(key, &key.protection_mode, "protection_mode")
}

/// Where the edit belongs.
fn at(key: &KeyFacts) -> Placement {
    place::of(key, &key.protection_mode, "protection_mode")
}

/// Why it matters for this key.
fn note(key: &KeyFacts) -> String {
    let versions = key.vault_usage.map(|usage| match usage.hsm_versions {
        1 => "The vault holds 1 HSM key version now.".to_owned(),
        count => format!("The vault holds {count} HSM key versions now."),
    });
    sentences([Some(billing(key)), versions, subject::represents_many(key)])
}

/// What the bill makes of it, which depends on the vault.
fn billing(key: &KeyFacts) -> String {
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

/// Whether a certificate authority outside of this tree may use the key: those take RSA and ECDSA keys.
fn may_be_for_authority(key: &KeyFacts) -> bool {
    subject::holds_possibly(&key.shape.algorithm, |algorithm| {
        algorithm.is_some_and(|algorithm| algorithm.eq_ignore_ascii_case("RSA") || algorithm.eq_ignore_ascii_case("ECDSA"))
    })
}

/// The way out of an existing HSM key.
const MIGRATE: &str = "(the old one is deleted after 7 to 30 days and what it encrypted becomes unreadable): create a SOFTWARE key, re-encrypt, then retire this one.";

/// What to write.
fn help(key: &KeyFacts) -> String {
    if key.importance == Importance::Replica {
        let primary = "This key is a replica, which has the mode of its primary key: check that key, in the region of its vault.";
        return sentences([Some(primary.to_owned()), Some(exemption(key).to_owned())]);
    }
    let authority = may_be_for_authority(key).then(|| match key.shape.algorithm.value() {
        Some(_) => "If a certificate authority of another stack uses this key, it must stay an HSM key.".to_owned(),
        None => "If it is an RSA or ECDSA key that a certificate authority of another stack uses, it must stay an HSM key.".to_owned(),
    });
    if let Some(old) = key.old_provider.as_ref().filter(|old| old.without_software) {
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

/// What to write where the finding stands.
fn set(key: &KeyFacts) -> String {
    subject::capitalized(&at(key).set("protection_mode", "\"SOFTWARE\""))
}

/// How to keep an HSM key.
fn exemption(key: &KeyFacts) -> &'static str {
    match key.stage {
        Stage::Declared if !at(key).is_own() => {
            "If this key must be in an HSM, add the reason on the line above: `# kmslint: ignore[OCI-KMS-004] the reason`."
        }
        Stage::Declared => "If this key must be in an HSM, add the reason: `# kmslint: ignore[OCI-KMS-004] the reason`.",
        Stage::Actual => "If this key must be in an HSM, add the reason in an `[[exempt]]` entry of `kmslint.toml`.",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{
        actual, by_default, declared, in_vault, key, one_of, planned, report, settings, switched_on, trail, verdict_words, with,
    };
    use super::*;
    use crate::base::{Fact, Step, StepKind};
    use crate::key::{CaUse, Lifecycle, PlannedAction, Symbolic, VaultType, VaultUsage};

    fn mode(key: KeyFacts, mode: &str) -> KeyFacts {
        with(key, |key| key.protection_mode = Fact::known(ProtectionMode::read(mode)))
    }

    fn for_authority(key: KeyFacts) -> KeyFacts {
        with(key, |key| {
            key.authorities.push(CaUse { id: "oci_certificates_management_certificate_authority.root".to_owned(), place: None })
        })
    }

    fn verdict_of(key: &KeyFacts) -> (&'static str, &'static str) {
        verdict_words(&RULE, key, &settings())
    }

    #[test]
    fn row_1_ending_and_disabled_keys_are_not_spoken_of_even_for_an_authority() {
        let ending = for_authority(mode(key(Stage::Declared, PlannedAction::Delete), "HSM"));
        assert_eq!(verdict_of(&ending), ("not-applicable", "ending"));
        for (state, kind) in [("PENDING_DELETION", "ending"), ("DELETED", "ending"), ("DISABLED", "disabled"), ("disabled", "disabled")] {
            let key = for_authority(with(actual(), |key| key.lifecycle = Fact::known(Lifecycle::read(state))));
            assert_eq!(verdict_of(&key), ("not-applicable", kind), "{state}");
        }
        let enabled = with(mode(actual(), "HSM"), |key| key.lifecycle = Fact::known(Lifecycle::Enabled));
        assert_eq!(verdict_of(&enabled), ("violation", "hsm"));
    }

    #[test]
    fn row_1_a_key_that_is_forgotten_or_may_be_disabled() {
        let forgotten = mode(key(Stage::Declared, PlannedAction::Forget), "HSM");
        assert_eq!(verdict_of(&forgotten), ("not-applicable", "forgotten"));
        assert!((RULE.check)(&forgotten, &settings()).message().contains("`kmslint live`"));
        let state = |key, fact| with(mode(key, "HSM"), |key| key.lifecycle = fact);
        let open = || Fact::unknown("variable `on` has no value");
        assert_eq!(verdict_of(&state(declared(), open())), ("undetermined", "unknown"));
        assert_eq!(
            verdict_of(&with(state(declared(), open()), |key| key.protection_mode = Fact::known(ProtectionMode::Software))).0,
            "pass"
        );
        assert_eq!(verdict_of(&state(planned(), open())), ("violation", "hsm"), "a new key is created enabled");
        let either = |word| one_of([(Some(Lifecycle::Enabled), "`x`"), (Some(Lifecycle::read(word)), "not `x`")]);
        assert_eq!(verdict_of(&state(declared(), either("DISABLED"))), ("undetermined", "unknown"));
        assert_eq!(verdict_of(&state(declared(), either("ENABLED"))), ("violation", "hsm"));
        assert_eq!(verdict_of(&state(declared(), by_default(Some(Lifecycle::Enabled), "state"))), ("violation", "hsm"));
        assert_eq!(verdict_of(&state(declared(), by_default(Some(Lifecycle::Disabled), "state"))), ("undetermined", "unknown"));
    }

    #[test]
    fn row_1_a_key_is_never_created_disabled() {
        let disabled = |key| with(key, |key: &mut KeyFacts| key.lifecycle = Fact::known(Lifecycle::Disabled));
        assert_eq!(verdict_of(&disabled(declared())), ("not-applicable", "disabled"));
        let created = disabled(planned());
        assert_eq!(verdict_of(&created), ("violation", "hsm-by-default"));
        assert!(report(&RULE, &created, &settings()).note.contains("cannot create a disabled key"));
        let Verdict::Pass { advice: Some(advice), .. } = (RULE.check)(&mode(created, "SOFTWARE"), &settings()) else { panic!("no advice") };
        assert_eq!(advice.kind, SharedKind::CreatedDisabled.into());
        let restored = with(disabled(planned()), |key| key.restored = Fact::known(true));
        assert_eq!(verdict_of(&restored), ("not-applicable", "disabled"));
    }

    #[test]
    fn row_1a_the_mode_of_a_backup_wins() {
        let restored = |key, fact| with(key, |key: &mut KeyFacts| key.restored = fact);
        for key in [declared(), planned(), mode(declared(), "HSM"), mode(planned(), "SOFTWARE"), for_authority(declared())] {
            assert_eq!(verdict_of(&restored(key, Fact::known(true))), ("undetermined", "restored"));
        }
        assert_eq!(
            verdict_of(&restored(mode(key(Stage::Declared, PlannedAction::Update), "HSM"), Fact::known(true))),
            ("violation", "hsm")
        );
        for word in ["HSM", "SOFTWARE"] {
            assert_eq!(verdict_of(&restored(mode(declared(), word), Fact::unknown("x"))), ("undetermined", "restored"));
        }
        assert_eq!(verdict_of(&restored(for_authority(declared()), Fact::unknown("x"))).1, "certificate-authority");
    }

    #[test]
    fn row_8_an_imported_key_keeps_an_omitted_mode() {
        let imported = |key, fact| with(key, |key: &mut KeyFacts| key.imported = fact);
        for fact in [Fact::known(true), Fact::unknown("x")] {
            assert_eq!(verdict_of(&imported(declared(), fact.clone())), ("undetermined", "imported"));
            assert_eq!(verdict_of(&imported(mode(declared(), "HSM"), fact.clone())), ("violation", "hsm"));
            assert_eq!(verdict_of(&imported(mode(declared(), "SOFTWARE"), fact.clone())).0, "pass");
            let unset_or = |mode: &str| one_of([(None, "a"), (Some(ProtectionMode::read(mode)), "b")]);
            let open = |mode| imported(with(declared(), |key| key.protection_mode = unset_or(mode)), fact.clone());
            assert_eq!(verdict_of(&open("HSM")), ("undetermined", "depends"));
        }
        let existing = imported(mode(declared(), "HSM"), Fact::known(true));
        assert!(report(&RULE, &existing, &settings()).help.starts_with("Do not change `protection_mode`"));
    }

    #[test]
    fn keys_that_an_authority_elsewhere_may_use_are_not_changed_without_a_choice() {
        let safety = |key: &KeyFacts| (RULE.remedies)(key, Kind::Hsm.into(), &settings()).unwrap()[0].safety;
        let shaped = |algorithm: Fact<String>| {
            with(mode(planned(), "HSM"), |key| {
                key.id.input = InputKind::Plan;
                key.declared.block = Some(key.place.clone());
                key.shape.algorithm = algorithm;
            })
        };
        let sentence = "it must stay an HSM key";
        for algorithm in ["RSA", "ecdsa"] {
            let key = shaped(Fact::known(algorithm.to_owned()));
            assert_eq!(safety(&key), super::super::Safety::Unsafe);
            assert!(report(&RULE, &key, &settings()).help.contains(sentence));
        }
        assert_eq!(safety(&shaped(Fact::unknown("x"))), super::super::Safety::Unsafe);
        let aes = shaped(Fact::known("AES".to_owned()));
        assert_eq!(safety(&aes), super::super::Safety::Safe);
        assert!(!report(&RULE, &aes, &settings()).help.contains(sentence));
    }

    #[test]
    fn a_replica_is_referred_to_its_primary_key() {
        let replica = with(mode(actual(), "HSM"), |key| key.importance = Importance::Replica);
        assert!(report(&RULE, &replica, &settings()).help.starts_with("This key is a replica"));
        assert!((RULE.remedies)(&replica, Kind::Hsm.into(), &settings()).is_err());
    }

    #[test]
    fn an_endpoint_that_is_none_is_said_with_and_without_a_finding() {
        let wrong = |key| {
            with(key, |key: &mut KeyFacts| {
                key.wrong_endpoint = Some(Box::new(Step::new(key.place.clone(), "this is the endpoint of the region")))
            })
        };
        assert!(report(&RULE, &wrong(declared()), &settings()).note.contains("fails with 404"));
        let Verdict::Pass { advice: Some(advice), .. } = (RULE.check)(&wrong(mode(declared(), "SOFTWARE")), &settings()) else {
            panic!("no advice")
        };
        assert_eq!(advice.kind, SharedKind::WrongEndpoint.into());
    }

    #[test]
    fn row_2_an_authority_needs_an_hsm_before_the_vault_is_asked() {
        assert_eq!(verdict_of(&for_authority(mode(declared(), "HSM"))), ("not-applicable", "certificate-authority"));
        assert_eq!(verdict_of(&for_authority(in_vault(declared(), VaultType::External))), ("not-applicable", "certificate-authority"));
    }

    #[test]
    fn row_2_an_authority_of_an_unknown_key_leaves_a_violation_open_and_nothing_else() {
        let maybe = |key: KeyFacts| with(key, |key| key.authorities_unsure = Some("variable `x` has no value".into()));
        assert_eq!(verdict_of(&maybe(mode(declared(), "HSM"))), ("undetermined", "unknown"));
        assert_eq!(verdict_of(&maybe(declared())), ("undetermined", "unknown"));
        assert_eq!(verdict_of(&maybe(mode(declared(), "SOFTWARE"))), ("pass", "software"));
        let report = report(&RULE, &maybe(declared()), &settings());
        assert!(report.message.ends_with("uses the key: variable `x` has no value"), "{}", report.message);
        assert!(report.note.contains("uses it: the key will be HSM-protected"), "{}", report.note);
    }

    #[test]
    fn row_3_external_keys_are_not_spoken_of() {
        assert_eq!(verdict_of(&mode(declared(), "external")), ("not-applicable", "external"));
        assert_eq!(verdict_of(&in_vault(mode(declared(), "SOFTWARE"), VaultType::External)), ("not-applicable", "external"));
        assert_eq!(verdict_of(&in_vault(mode(declared(), "HSM"), VaultType::External)), ("not-applicable", "external"));
        let referring = with(declared(), |key| key.external_key_reference = Fact::known("ekms-1".to_owned()));
        assert_eq!(verdict_of(&referring), ("not-applicable", "external"));
    }

    #[test]
    fn row_3_an_external_reference_of_unknown_value_leaves_an_unset_mode_open() {
        let unsure = with(declared(), |key| key.external_key_reference = Fact::unknown("variable `id` has no value"));
        assert_eq!(verdict_of(&unsure), ("undetermined", "unknown"));
        assert_eq!(verdict_of(&mode(unsure, "HSM")), ("violation", "hsm"));
        let optional = with(declared(), |key| key.external_key_reference = by_default(None, "external_key_id"));
        assert_eq!(verdict_of(&optional), ("violation", "hsm-by-default"));
    }

    #[test]
    fn row_4_software_passes_in_any_case() {
        for word in ["SOFTWARE", "software", "Software"] {
            assert_eq!(verdict_of(&mode(declared(), word)), ("pass", "software"));
        }
    }

    #[test]
    fn row_5_hsm_violates_in_any_case() {
        for word in ["HSM", "hsm"] {
            assert_eq!(verdict_of(&mode(declared(), word)), ("violation", "hsm"));
        }
        assert_eq!(verdict_of(&mode(actual(), "HSM")), ("violation", "hsm"));
    }

    #[test]
    fn row_6_unset_is_hsm_on_a_key_to_be_made() {
        for planned_action in [PlannedAction::Create, PlannedAction::Replace, PlannedAction::Unknown] {
            assert_eq!(verdict_of(&key(Stage::Declared, planned_action)), ("violation", "hsm-by-default"), "{planned_action:?}");
        }
        // An existing key keeps what it has; that is not recorded here.
        assert_eq!(verdict_of(&key(Stage::Declared, PlannedAction::NoOp)), ("undetermined", "unknown"));
        assert_eq!(verdict_of(&actual()), ("undetermined", "unknown"));
    }

    #[test]
    fn row_7_other_words_are_refused_by_the_service() {
        let odd = mode(declared(), "Hardware");
        assert_eq!(verdict_of(&odd), ("violation", "invalid-protection-mode"));
        assert!(report(&RULE, &odd, &settings()).message.ends_with("`Hardware`"));
    }

    #[test]
    fn a_default_is_told_by_its_word_unless_it_must_not_be_shown() {
        let described = |fact, settings: &Settings| report(&RULE, &with(declared(), |key| key.protection_mode = fact), settings).message;
        let hsm = || by_default(Some(ProtectionMode::Hsm), "mode");
        assert!(described(hsm(), &settings()).contains("HSM"));
        let hidden = described(Fact { sensitive: true, ..hsm() }, &settings());
        assert!(hidden.contains("a mode that is not shown") && !hidden.contains("HSM"), "{hidden}");
        let accepting = switched_on(&ACCEPT_HSM_IN_PRIVATE_VAULT);
        let in_private = |fact| with(in_vault(declared(), VaultType::VirtualPrivate), |key| key.protection_mode = fact);
        assert_eq!(verdict_words(&RULE, &in_private(hsm()), &accepting), ("not-applicable", "private-vault"));
        assert_eq!(verdict_words(&RULE, &in_private(hsm()), &settings()).0, "undetermined");
        let invalid = in_private(by_default(Some(ProtectionMode::read("GOLD")), "mode"));
        assert_eq!(verdict_words(&RULE, &invalid, &accepting).0, "undetermined", "no setting accepts what the service refuses");
        let elsewhere = with(in_vault(declared(), VaultType::Default), |key| key.protection_mode = hsm());
        assert_eq!(verdict_words(&RULE, &elsewhere, &accepting).0, "undetermined");
    }

    #[test]
    fn an_expression_that_terraform_would_refuse_is_to_be_mended_and_no_value_is_asked_for() {
        let help = |fact| report(&RULE, &with(declared(), |key| key.protection_mode = fact), &settings()).help;
        let refused = help(Fact::refused("Terraform would reject its value"));
        assert!(refused.starts_with("Fix the configuration") && !refused.contains("--var"), "{refused}");
        assert!(
            help(Fact::unknown(crate::base::Reason::no_value("x"))).contains("--var 'x=…'")
                && !help(Fact::unknown("known after apply")).contains("--var")
        );
        let symbolic = with(declared(), |key| {
            key.protection_mode = Fact::unknown("known after apply");
            key.symbolic = Some(Symbolic { why: crate::base::Reason::no_caller("count"), place: None });
        });
        assert!(report(&RULE, &symbolic, &settings()).help.starts_with("Check the directories that call this module"));
    }

    #[test]
    fn row_8_unknown_is_undetermined_unless_every_possible_value_says_the_same() {
        let unknown = |fact| with(declared(), |key| key.protection_mode = fact);
        let (hsm, software, external) = (ProtectionMode::Hsm, ProtectionMode::Software, ProtectionMode::External);
        assert_eq!(verdict_of(&unknown(Fact::unknown("it is known after apply"))), ("undetermined", "unknown"));
        let mixed = unknown(one_of([(Some(hsm.clone()), "`var.x`"), (Some(software.clone()), "not `var.x`")]));
        assert_eq!(verdict_of(&mixed), ("undetermined", "depends"));
        assert_eq!(report(&RULE, &mixed, &settings()).note, "It will be HSM when `var.x` and SOFTWARE when not `var.x`.");
        assert_eq!(verdict_of(&unknown(one_of([(Some(hsm.clone()), "`var.x`"), (None, "not `var.x`")]))), ("violation", "hsm"));
        assert_eq!(verdict_of(&unknown(one_of([(None, "a"), (None, "b")]))), ("violation", "hsm-by-default"));
        assert_eq!(verdict_of(&unknown(one_of([(Some(software.clone()), "a"), (Some(external), "b")]))), ("pass", "software"));
        assert_eq!(verdict_of(&unknown(one_of([]))), ("undetermined", "depends"));
    }

    #[test]
    fn a_default_that_the_caller_may_change_is_told_as_a_default() {
        let by = |value: Option<ProtectionMode>| with(declared(), |key| key.protection_mode = by_default(value, "protection_mode"));
        for (value, word) in [(None, "HSM"), (Some(ProtectionMode::Hsm), "HSM"), (Some(ProtectionMode::Software), "SOFTWARE")] {
            let key = by(value);
            assert_eq!(verdict_of(&key), ("undetermined", "module-default"));
            let message = format!("keys of this module are {word} unless the caller sets `protection_mode`");
            assert_eq!(report(&RULE, &key, &settings()).message, message);
        }
    }

    #[test]
    fn what_a_module_itself_fixes_stands() {
        let symbolic =
            |key| with(key, |key| key.symbolic = Some(Symbolic { why: "no caller in the scanned directories".into(), place: None }));
        let hsm = symbolic(mode(declared(), "HSM"));
        assert_eq!(verdict_of(&hsm), ("violation", "hsm"));
        assert!(
            report(&RULE, &hsm, &settings()).note.contains("every key that the block may create: no caller in the scanned directories")
        );
        assert_eq!(verdict_of(&symbolic(mode(declared(), "SOFTWARE"))), ("pass", "software"));
    }

    #[test]
    fn hsm_in_a_private_vault_may_be_accepted() {
        let accepting = switched_on(&ACCEPT_HSM_IN_PRIVATE_VAULT);
        for key in [mode(declared(), "HSM"), declared()] {
            let private = in_vault(key.clone(), VaultType::VirtualPrivate);
            assert_eq!(verdict_words(&RULE, &private, &accepting), ("not-applicable", "private-vault"));
            assert_eq!(verdict_words(&RULE, &private, &settings()).0, "violation");
            assert_eq!(verdict_words(&RULE, &in_vault(key.clone(), VaultType::Default), &accepting).0, "violation");
            let unsure = with(key, |key| key.vault_type = Fact::unknown("the vault is in another state"));
            assert_eq!(verdict_words(&RULE, &unsure, &accepting), ("undetermined", "unknown"));
        }
        let invalid = in_vault(mode(declared(), "Hardware"), VaultType::VirtualPrivate);
        assert_eq!(verdict_words(&RULE, &invalid, &accepting), ("violation", "invalid-protection-mode"));
    }

    #[test]
    fn the_advice_fits_the_key() {
        let help = |key: &KeyFacts| report(&RULE, key, &settings()).help;
        let message = |key: &KeyFacts| report(&RULE, key, &settings()).message;
        let (new, old) = (
            "set `protection_mode = \"SOFTWARE\"` before the key is created; the mode cannot be changed later",
            "changing it replaces the key",
        );
        let is_in = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        assert!(is_in(&help(&planned()), new) && !is_in(&help(&planned()), old));
        assert!(is_in(&help(&declared()), new) && is_in(&help(&declared()), old));
        let existing = mode(key(Stage::Declared, PlannedAction::NoOp), "HSM");
        assert!(is_in(&help(&existing), old) && !is_in(&help(&existing), new));
        assert!(help(&existing).contains("create a SOFTWARE key, re-encrypt, then retire this one"));
        assert_eq!(message(&existing), "the key is HSM-protected");
        assert!(help(&mode(key(Stage::Declared, PlannedAction::Replace), "HSM")).contains("before the new key is created"));
        assert_eq!(message(&planned()), "the key will be HSM-protected: `protection_mode` is not set, and the service's default is HSM");
        assert!(help(&mode(actual(), "HSM")).contains("`[[exempt]]`"));
    }

    #[test]
    fn the_note_fits_the_vault() {
        let note = |key: &KeyFacts| report(&RULE, key, &settings()).note;
        assert!(note(&in_vault(planned(), VaultType::VirtualPrivate)).contains("the first 1,000 key versions are included"));
        assert!(note(&in_vault(planned(), VaultType::Default)).contains("billed per key version beyond the free allowance"));
        let used = with(mode(actual(), "HSM"), |key| key.vault_usage = Some(VaultUsage { hsm_versions: 37, software_versions: 2 }));
        assert!(note(&used).contains("The vault holds 37 HSM key versions now."));
    }

    #[test]
    fn the_caret_goes_to_the_value_or_to_the_header() {
        let written = with(mode(declared(), "HSM"), |key| key.protection_mode.trail = trail("mode.tf").into());
        let at = report(&RULE, &written, &settings()).at.unwrap();
        assert_eq!((at.at.place, at.at.kind), (trail("mode.tf")[0].place.clone(), StepKind::Note("this makes it an HSM key".into())));
        assert!(at.way.is_empty());
        let omitted = report(&RULE, &declared(), &settings()).at.unwrap();
        assert_eq!((omitted.at.place, omitted.way), (declared().place, Vec::new()));
    }

    #[test]
    fn a_value_that_must_not_be_shown_is_judged_and_not_shown() {
        for hide in [|fact: &mut Fact<ProtectionMode>| fact.sensitive = true, |fact: &mut Fact<ProtectionMode>| fact.from_file = true] {
            let key = with(mode(declared(), "hunter2"), |key| hide(&mut key.protection_mode));
            assert_eq!(verdict_of(&key), ("violation", "invalid-protection-mode"));
            assert!(!format!("{:?}", (RULE.check)(&key, &settings())).contains("hunter2"));
            let cases = one_of([(Some(ProtectionMode::read("hunter2")), "a"), (Some(ProtectionMode::Software), "b")]);
            let key = with(declared(), |key| {
                key.protection_mode = cases;
                hide(&mut key.protection_mode);
            });
            assert_eq!(verdict_of(&key), ("undetermined", "depends"));
            assert!(!format!("{:?}", (RULE.check)(&key, &settings())).contains("hunter2"));
        }
    }
}
