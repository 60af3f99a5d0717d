//! The outcome of a run: everything that reports show.

pub(crate) use crate::key::Notice;

use crate::base::{Place, Problem};
use crate::key::{KeyFacts, ModuleNotFollowed, NotAudited, NotRead, SwitchedOff};
use crate::rules::{Finding, Level, Rule, Verdict};
use jiff::civil::Date;
use std::borrow::Cow;

/// A key and the rules' verdicts.
#[derive(Clone, Debug)]
pub struct CheckedKey {
    /// The facts.
    pub facts: Box<KeyFacts>,
    /// The verdicts of the rules whose level is not `off`, in the order of `ALL`.
    pub verdicts: Vec<(&'static Rule, Verdict)>,
    /// Whether reports show the key with its root, because there are several roots.
    pub names_root: bool,
    /// Whether a finding of this key was exempted.
    pub exempted: bool,
}

impl CheckedKey {
    /// The key's address as reports show it.
    #[must_use]
    pub fn label(&self) -> Cow<'_, str> {
        self.facts.id.label(self.names_root)
    }
}

/// What exempted a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExemptedBy {
    /// A comment in the source.
    Comment,
    /// An `[[exempt]]` entry of the config file.
    Config,
    /// The baseline file.
    Baseline,
}

impl ExemptedBy {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Config => "config",
            Self::Baseline => "baseline",
        }
    }
}

/// A finding that is not reported because the user accepted it.
#[derive(Clone, Debug)]
pub struct Exempted {
    /// The finding, with the exempted instances only.
    pub finding: Finding,
    /// What exempted it.
    pub by: ExemptedBy,
    /// Where the exemption is.
    pub place: Option<Place>,
    /// The reason given.
    pub reason: String,
    /// The last day on which it applies.
    pub until: Option<Date>,
}

/// The config file that a run used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigInUse {
    /// Its path as shown.
    pub path: String,
    /// What it turns off, as clauses: "sets OCI-KMS-004 to off", "excludes `examples/**`".
    pub turns_off: Vec<String>,
}

/// Everything a report needs. Sorted by place: same input, same bytes.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Every key.
    pub keys: Vec<CheckedKey>,
    /// The findings to report.
    pub findings: Vec<Finding>,
    /// The findings that the user accepted.
    pub exempted: Vec<Exempted>,
    /// Remarks about exemptions, and possible mistakes.
    pub notices: Vec<Notice>,
    /// What prevented a complete check.
    pub problems: Vec<Problem>,
    /// Module calls not followed.
    pub modules_not_followed: Vec<ModuleNotFollowed>,
    /// Blocks that create no key with these inputs.
    pub switched_off: Vec<SwitchedOff>,
    /// What was found but not read.
    pub not_read: Vec<NotRead>,
    /// Parts of a tenancy not audited.
    pub not_audited: Vec<NotAudited>,
    /// The config file, if there is one.
    pub config: Option<ConfigInUse>,
    /// Lines for `--verbose`.
    pub log: Vec<String>,
    /// How many files were read.
    pub files: usize,
}

/// A module call that was not followed, counted over all root modules.
#[derive(Clone, Copy, Debug)]
pub struct CallNotFollowed<'a> {
    /// The call, with its address in the first of the root modules.
    pub call: &'a ModuleNotFollowed,
    /// How many root modules reach it.
    pub roots: usize,
}

impl CallNotFollowed<'_> {
    /// The number of root modules in parentheses, if there are several: ` (in 12 root modules)`.
    #[must_use]
    pub fn roots(&self) -> String {
        if self.roots > 1 { format!(" (in {} root modules)", self.roots) } else { String::new() }
    }
}

impl Outcome {
    /// Whether a finding is at or above a level. Advice next to a pass never counts.
    #[must_use]
    pub fn fails_on(&self, level: Level) -> bool {
        self.findings.iter().any(|finding| finding.verdict != "advice" && finding.level >= level)
    }

    /// The module calls that were not followed, each once no matter how many root modules reach it.
    #[must_use]
    pub fn calls_not_followed(&self) -> Vec<CallNotFollowed<'_>> {
        let same = |a: &ModuleNotFollowed, b: &ModuleNotFollowed| (&a.place, &a.source, &a.why) == (&b.place, &b.source, &b.why);
        // They are sorted by place, source and reason, so the entries of one call are adjacent.
        let calls = self.modules_not_followed.chunk_by(same).filter_map(|entries| {
            let mut roots: Vec<&str> = entries.iter().map(|entry| entry.root.as_str()).collect();
            roots.dedup();
            entries.first().map(|call| CallNotFollowed { call, roots: roots.len() })
        });
        calls.collect()
    }

    /// How many keys are reported with a verdict (`violation`, `undetermined`), counted once per rule.
    #[must_use]
    pub fn instances(&self, verdict: &str) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).map(|finding| finding.instances.len().max(1)).sum()
    }

    /// Whether the findings fail the run.
    #[must_use]
    pub fn fails(&self, fail_on: FailOn) -> bool {
        match fail_on {
            FailOn::Never => false,
            FailOn::At(level) => self.fails_on(level),
        }
    }
}

/// When findings fail a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// Never: findings are only reported.
    Never,
    /// At this level or above.
    At(Level),
}

impl FailOn {
    /// The words of the command line and the config.
    pub const WORDS: [&str; 4] = ["error", "warning", "note", "never"];

    /// Reads a word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        if word == "never" { Some(Self::Never) } else { Level::read(word).filter(|level| *level != Level::Off).map(Self::At) }
    }
}
