//! The rules: pure functions from the facts of a key to a verdict, and the findings people read.
//!
//! A new rule needs a `.rs` file, a `.md` file, a `mod` line and a row in the table below; everything else derives from that row.

mod drift;
mod finding;
mod findings;
mod fingerprint;
mod identity;
mod kind;
mod place;
mod protection_mode;
mod remedy;
mod rotation;
mod settings;
mod subject;
#[cfg(test)]
pub(crate) mod testing;
mod verdict;

pub(crate) use drift::{DriftKind, drift_findings};
pub use drift::{DriftScope, compare};
pub(crate) use finding::{Finding, FindingInstance, Wording};
pub(crate) use findings::{FindingCollector, LeveledVerdict, Paths, place_order};
pub use findings::{findings, plain};
pub(crate) use kind::SharedKind;
pub(crate) use place::{EditAddress, EditTarget, Placement, of as placement};
pub use protection_mode::ID as PROTECTION_MODE;
pub use remedy::{ArgumentChange, Remedy, RemedyError};
pub(crate) use remedy::{RemedySite, Safety, Setting};
pub use rotation::fresh_days;
pub(crate) use rotation::max_rotation_days;
pub use settings::Settings;
pub(crate) use settings::{ChosenSettings, DaysSetting, SettingRow, SwitchSetting};
pub(crate) use subject::capitalized;
pub(crate) use verdict::Report;
pub use verdict::{Advice, Verdict};

use crate::key::KeyFacts;

/// The table of rules: the [`Kind`] variant and the module of each.
macro_rules! rules {
    ($($name:ident: $module:ident),+ $(,)?) => {
        /// All rules, in the order of their ids.
        pub static ALL: &[Rule] = &[$($module::RULE),+];

        /// The kind of a verdict or finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            /// A kind that several rules share.
            Shared(SharedKind),
            $(
                #[doc = concat!("A kind of `", stringify!($module), "` only.")]
                $name($module::Kind),
            )+
            /// A difference between code and service.
            Drift(DriftKind),
            /// A module call was not followed.
            ModuleNotFollowed,
            /// A file or directory was not read.
            NotRead,
        }

        impl Kind {
            /// The word in reports, files and fingerprints.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    Self::Shared(kind) => kind.word(),
                    $(Self::$name(kind) => kind.word(),)+
                    Self::Drift(kind) => kind.word(),
                    Self::ModuleNotFollowed => "module-not-followed",
                    Self::NotRead => "not-read",
                }
            }
        }

        $(
            impl From<$module::Kind> for Kind {
                fn from(kind: $module::Kind) -> Self {
                    Self::$name(kind)
                }
            }
        )+
    };
}

rules! {
    Rotation: rotation,
    ProtectionMode: protection_mode,
}

impl From<SharedKind> for Kind {
    fn from(kind: SharedKind) -> Self {
        Self::Shared(kind)
    }
}

/// The id of findings on differences between code and service.
pub const DRIFT: &str = "OCI-KMS-DRIFT";

/// The id of findings on module calls that were not followed, under `--strict`.
pub const MODULES_NOT_FOLLOWED: &str = "modules-not-followed";

/// The ids of findings that do not come from a rule, each with its Markdown document. They have pages like the rules.
pub const OTHERS: [(&str, &str); 2] =
    [(DRIFT, include_str!("others/drift.md")), (MODULES_NOT_FOLLOWED, include_str!("others/not_followed.md"))];

/// The rule with this id or name, in any case.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id.eq_ignore_ascii_case(id) || rule.name.eq_ignore_ascii_case(id))
}

/// The ids that settings and exemptions may name: the rules', [`DRIFT`] and [`MODULES_NOT_FOLLOWED`].
pub fn ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|rule| rule.id).chain([DRIFT, MODULES_NOT_FOLLOWED])
}

/// The URL of the page about one of the [`ids`]; `None` for any other text.
#[must_use]
pub fn documentation_url(id: &str) -> Option<String> {
    ids().find(|known| *known == id).map(|id| format!("https://github.com/kmslint/kmslint/blob/main/docs/rules/{id}.md"))
}

/// A published rule or control with the same requirement as one of our rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleReference {
    /// The full name of the knowledge base or benchmark that publishes it.
    pub publication: &'static str,
    /// The version of the publication, if it has one.
    pub version: Option<&'static str>,
    /// Its id in the publication: `OCI-KMS-001`, `4.16`.
    pub id: &'static str,
    /// Its title in the publication.
    pub title: &'static str,
    /// Its page, or the publication's if it does not have one.
    pub url: &'static str,
}

impl RuleReference {
    /// How it is cited: `CIS OCI Foundations Benchmark 3.1.0, 4.16`.
    #[must_use]
    pub fn label(&self) -> String {
        let version = self.version.map_or_else(String::new, |version| format!(" {version}"));
        format!("{}{version}, {}", self.publication, self.id)
    }
}

/// The current name of Trend Micro's knowledge base, which published the rules.
const TREND: &str = "TrendAI Vision One Cloud Risk Management";

/// A rule: its metadata, its document and its check.
#[derive(Debug)]
pub struct Rule {
    /// `OCI-KMS-001`.
    pub id: &'static str,
    /// `key-rotation`.
    pub name: &'static str,
    /// `KeyRotation`: SARIF recommends PascalCase for rule names.
    pub pascal_name: &'static str,
    /// One line.
    pub title: &'static str,
    /// The document, Markdown.
    pub document: &'static str,
    /// The published risk: `Medium`, `Low`.
    pub risk: &'static str,
    /// SARIF `security-severity`, for security rules only.
    pub security_severity: Option<&'static str>,
    /// The published rules and controls that it implements. The first one gave the rule its id.
    pub references: &'static [RuleReference],
    /// Tags.
    pub tags: &'static [&'static str],
    /// The words of the kinds that belong to this rule only.
    pub kinds: &'static [&'static str],
    /// The settings in its table of the config file, in addition to `level`.
    pub settings: &'static [SettingRow],
    /// Checks one key.
    pub check: fn(&KeyFacts, &Settings) -> Verdict,
    /// The ways to resolve a kind of finding on a key by edits. The error says why edits cannot resolve it.
    pub remedies: fn(&KeyFacts, Kind, &Settings) -> Result<Vec<Remedy>, RemedyError>,
}

impl Rule {
    /// The keys of its table in the config file.
    pub fn config_keys(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once("level").chain(self.settings.iter().map(|row| row.name()))
    }

    /// The document's first paragraph on one line: what the rule requires.
    #[must_use]
    pub fn summary(&self) -> String {
        let paragraph = self.document.split("\n\n").map(str::trim).find(|paragraph| !paragraph.is_empty() && !paragraph.starts_with('#'));
        paragraph.unwrap_or(self.title).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported at all.
    Off,
    /// Reported, but by default it does not affect the exit code.
    Note,
    /// The default of both rules.
    Warning,
    /// An error.
    Error,
}

impl Level {
    /// The words, least severe first.
    pub const WORDS: [&str; 4] = ["off", "note", "warning", "error"];

    /// The word in the command line, the config and the reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level with this word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::Off, Self::Note, Self::Warning, Self::Error].into_iter().find(|level| level.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_of_rules_is_sorted_and_complete() {
        assert!(ALL.is_sorted_by_key(|rule| rule.id));
        for rule in ALL {
            assert!(by_id(rule.id).is_some_and(|found| std::ptr::eq(found, rule)));
            assert!(by_id(rule.name).is_some());
            assert!(!rule.summary().is_empty() && rule.summary().len() <= 1024, "SARIF allows 1024 characters");
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words(rule.document).contains(&rule.summary()) && !rule.summary().contains('#'), "{}", rule.summary());
            assert!(!rule.title.is_empty() && rule.title.len() <= 120 && !rule.title.ends_with('.'));
            assert!(rule.document.starts_with(&format!("# {}", rule.id)), "{}", rule.id);
            for part in ["Violates:", "Passes:", "## When it does not apply", "## How to fix", "## Kinds", "## Settings", rule.risk] {
                assert!(rule.document.contains(part), "{} has no `{part}`", rule.id);
            }
            for kind in rule.kinds {
                assert!(rule.document.contains(&format!("| `{kind}` |")), "the document of {} does not list `{kind}`", rule.id);
            }
            assert!(rule.references.first().is_some_and(|first| first.publication == TREND && first.id == rule.id));
            for RuleReference { publication, id, url, .. } in rule.references {
                for part in [*publication, *id, *url] {
                    assert!(words(rule.document).contains(part), "the document of {} does not mention {part}", rule.id);
                }
            }
            let mut names: Vec<&str> = rule.settings.iter().map(|row| row.name()).chain(["level"]).collect();
            names.sort_unstable();
            assert!(names.is_sorted_by(|a, b| a < b), "two settings of {} have the same name: {names:?}", rule.id);
            for row in rule.settings {
                assert_eq!(row.rule(), rule.id, "`{}` is a setting of the rule that lists it", row.name());
                assert!(!row.meaning().ends_with('.'), "{}", row.meaning());
                if let SettingRow::Days(days) = row {
                    assert!(days.range.contains(&days.default), "{}", days.name);
                }
            }
        }
        assert_eq!(by_id("OCI-KMS-000").map(|rule| rule.id), None);
    }

    #[test]
    fn documentation_url_exists_for_every_id_and_nothing_else() {
        let drift = documentation_url(DRIFT);
        assert_eq!(drift.as_deref(), Some("https://github.com/kmslint/kmslint/blob/main/docs/rules/OCI-KMS-DRIFT.md"));
        assert!(ids().all(|id| documentation_url(id).is_some()));
        assert_eq!(documentation_url("../x"), None);
    }
}
