//! What a front end returns: keys, problems, and what it noticed on the way.

use super::facts::KeyFacts;
use crate::base::{HiddenKeys, Place, Problem};
use std::sync::Arc;

/// A comment that speaks to kmslint (`kmslint: …`), or a module call's comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The comment's text after `kmslint:`, trimmed.
    pub text: String,
    /// Where the comment is.
    pub place: Place,
    /// What it stands next to: the resource's or call's whole block where the comment is in the block's leading comments or
    /// (for calls) inside it; otherwise the line it shares or precedes.
    pub covers: Covers,
}

/// What a comment covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Findings at these lines (from 0, inclusive) of the comment's source.
    Lines(usize, usize),
    /// The resource whose block this is, and findings within it.
    Resource(Place),
    /// Every key that comes through the call whose header is at this place.
    Call(Place),
}

/// A module call whose source is not at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleNotFollowed {
    /// `module.a.module.b`.
    pub address: String,
    /// The root module's directory.
    pub root: String,
    /// The `source` as written.
    pub source: String,
    /// The call's header.
    pub place: Place,
    /// Why, as a clause: "not installed".
    pub why: String,
}

/// A key's block that creates no key with the inputs of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchedOff {
    /// The block's address without instance keys of its own: `module.a.oci_kms_key.k`.
    pub address: String,
    /// The root module's directory.
    pub root: Arc<str>,
    /// The values files of this run, where they distinguish it from another.
    pub inputs: Option<Arc<str>>,
    /// The block's header.
    pub place: Place,
    /// Why, as a clause that names what decides: "`count` is 0 because `var.own_keys` is false".
    pub why: String,
}

/// What a [`NotRead`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotReadKind {
    /// A plan as JSON that was not passed.
    Plan,
    /// A state that was not passed.
    State,
    /// A values file that no run used.
    ValuesFile,
    /// A `terragrunt.hcl`: it calls a module in a language that is not Terraform's.
    TerragruntUnit,
    /// A component configuration of Terraform Stacks.
    Stack,
    /// A path that was named and that the config file excludes.
    Excluded,
}

impl NotReadKind {
    /// The word in JSON reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::State => "state",
            Self::ValuesFile => "values-file",
            Self::TerragruntUnit => "terragrunt-unit",
            Self::Stack => "stack",
            Self::Excluded => "excluded",
        }
    }

    /// What was not done with it: `read`, or `used`.
    #[must_use]
    pub fn participle(self) -> &'static str {
        if self == Self::ValuesFile { "used" } else { "read" }
    }

    /// What it is called in sentences: one, and several.
    #[must_use]
    pub fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Plan => ("plan", "plans"),
            Self::State => ("state", "states"),
            Self::ValuesFile => ("values file", "values files"),
            Self::TerragruntUnit => ("Terragrunt unit", "Terragrunt units"),
            Self::Stack => ("Stack", "Stacks"),
            Self::Excluded => ("path", "paths"),
        }
    }
}

/// Something that was seen and not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRead {
    /// The path as shown, relative to the working directory.
    pub path: String,
    /// What it is.
    pub kind: NotReadKind,
    /// Why, and what to do to have it read, as a clause.
    pub why: String,
    /// Whether keys may be missed because of it: a finding with `--strict`.
    pub may_hide_keys: bool,
}

/// Something that may be a mistake, or that is reported about the user's own decisions: it never reaches the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// As a word: `unused-exemption`, `expired-exemption`, `old-baseline`, `unknown-argument`, `ignored-argument`.
    pub kind: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
}

/// A part of a tenancy that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAudited {
    /// The OCID.
    pub ocid: String,
    /// The region.
    pub region: String,
    /// What it is: compartment, vault, key.
    pub what: &'static str,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// What an audit of the service covered: a key can only be missing where the audit looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditCoverage {
    /// Identifiers and short codes of the regions that were looked into: OCIDs have either.
    pub regions: Vec<String>,
    /// OCIDs of the compartments whose keys were asked for; `None` is the complete tenancy.
    pub compartments: Option<Vec<String>>,
}

/// Keys as they are gathered. Each has a place of its own in memory: they are 2 KiB, and all are moved and sorted on their way to the report.
pub type Keys = Vec<Box<KeyFacts>>;

/// What a front end returns. It never fails: what could not be read is among the problems.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Keys.
    pub keys: Keys,
    /// Problems.
    pub problems: Vec<Problem>,
    /// Comments that speak to kmslint.
    pub comments: Vec<Comment>,
    /// Module calls not followed.
    pub modules_not_followed: Vec<ModuleNotFollowed>,
    /// Blocks that create no key with these inputs.
    pub switched_off: Vec<SwitchedOff>,
    /// What was seen and not read.
    pub not_read: Vec<NotRead>,
    /// What may be a mistake.
    pub notices: Vec<Notice>,
    /// Parts of a tenancy not audited.
    pub not_audited: Vec<NotAudited>,
    /// Where an audit of the service looked.
    pub coverage: Option<AuditCoverage>,
    /// Things worth a line with `--verbose`: which roots, inputs and modules were used, how many calls were made.
    pub log: Vec<String>,
    /// How many files were looked at.
    pub files: usize,
    /// The instance keys that addresses do not show.
    pub hidden_keys: HiddenKeys,
}

impl Inventory {
    /// Takes in what another front end, or another root, found.
    pub fn absorb(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.problems.extend(other.problems);
        self.notices.extend(other.notices);
        self.comments.extend(other.comments);
        self.modules_not_followed.extend(other.modules_not_followed);
        self.switched_off.extend(other.switched_off);
        self.not_read.extend(other.not_read);
        self.not_audited.extend(other.not_audited);
        self.coverage = self.coverage.take().or(other.coverage);
        self.log.extend(other.log);
        self.files += other.files;
        self.hidden_keys.absorb(other.hidden_keys);
    }
}
