//! What a front end returns: keys, problems, and what it noticed on the way.

use super::facts::KeyFacts;
use crate::base::{HiddenKeys, Place, Problem};
use std::sync::Arc;

/// A comment addressed to kmslint: `# kmslint: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The comment's text after `kmslint:`, trimmed.
    pub text: String,
    /// Where the comment is.
    pub place: Place,
    /// What it covers: the complete block of a resource or call if the comment precedes the block or (for calls) is inside it;
    /// otherwise the line that it shares or precedes.
    pub covers: Covers,
}

/// What a comment covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Findings in this range of lines (from 0, inclusive) of the comment's source.
    Lines(usize, usize),
    /// The resource whose block this is, and findings within it.
    Resource(Place),
    /// Every key in the module whose call has its header at this place.
    Call(Place),
}

/// A module call whose source is not available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleNotFollowed {
    /// `module.a.module.b`.
    pub address: String,
    /// The root module's directory.
    pub root: String,
    /// The text of the `source` argument.
    pub source: String,
    /// The call's header.
    pub place: Place,
    /// Why, as a clause: "not installed".
    pub why: String,
}

/// A block of a key that creates no key with the inputs of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchedOff {
    /// The block's address without its own instance key: `module.a.oci_kms_key.k`.
    pub address: String,
    /// The root module's directory.
    pub root: Arc<str>,
    /// The values files of this run, if the root has other runs.
    pub inputs: Option<Arc<str>>,
    /// The block's header.
    pub place: Place,
    /// Why, as a clause that names what decides: "`count` is 0 because `var.own_keys` is false".
    pub why: String,
}

/// What a [`NotRead`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotReadKind {
    /// A JSON plan that was not passed.
    Plan,
    /// A state that was not passed.
    State,
    /// A values file that no run used.
    ValuesFile,
    /// A `terragrunt.hcl`: it calls a module in a language that is not Terraform's.
    TerragruntUnit,
    /// A component configuration of Terraform Stacks.
    Stack,
    /// A path that the user named and the config file excludes.
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

    /// The participle after "was not": `read`, or `used`.
    #[must_use]
    pub fn participle(self) -> &'static str {
        if self == Self::ValuesFile { "used" } else { "read" }
    }

    /// What sentences call it: singular and plural.
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

/// Something that was found but not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRead {
    /// The path as shown, relative to the working directory.
    pub path: String,
    /// What it is.
    pub kind: NotReadKind,
    /// Why, and how to have it read, as a clause.
    pub why: String,
    /// Whether keys may be missed because of it: a finding with `--strict`.
    pub may_hide_keys: bool,
}

/// A possible mistake, or a remark about the user's own decisions. It never affects the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The kind in reports: `unused-exemption`, `expired-exemption`, `old-baseline`, `unknown-argument`, `ignored-argument`.
    pub kind: &'static str,
    /// One sentence without a final period.
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
    /// Why, as a sentence without a final period.
    pub why: String,
}

/// What an audit of the service covered: a key can only be missing where the audit would have found it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditCoverage {
    /// Identifiers and short codes of the audited regions: an OCID contains either.
    pub regions: Vec<String>,
    /// OCIDs of the compartments whose keys were requested; `None` is the complete tenancy.
    pub compartments: Option<Vec<String>>,
}

/// The keys of an inventory. Boxed, because a key takes 2 KiB and all keys are moved and sorted several times.
pub type Keys = Vec<Box<KeyFacts>>;

/// What a front end returns. Front ends never fail: whatever could not be read is a problem.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Keys.
    pub keys: Keys,
    /// Problems.
    pub problems: Vec<Problem>,
    /// Comments addressed to kmslint.
    pub comments: Vec<Comment>,
    /// Module calls not followed.
    pub modules_not_followed: Vec<ModuleNotFollowed>,
    /// Blocks that create no key with these inputs.
    pub switched_off: Vec<SwitchedOff>,
    /// What was found but not read.
    pub not_read: Vec<NotRead>,
    /// Possible mistakes.
    pub notices: Vec<Notice>,
    /// Parts of a tenancy not audited.
    pub not_audited: Vec<NotAudited>,
    /// What an audit of the service covered.
    pub coverage: Option<AuditCoverage>,
    /// Lines for `--verbose`: which roots, inputs and modules were used, how many requests were made.
    pub log: Vec<String>,
    /// How many files were read.
    pub files: usize,
    /// The instance keys that addresses hide.
    pub hidden_keys: HiddenKeys,
}

impl Inventory {
    /// Adds what another front end, or another root, found.
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
