//! What a front end returns: keys, problems, and what it noticed on the way.

use super::facts::KeyFacts;
use crate::base::{Place, Problem};

/// A comment that speaks to kmslint (`kmslint: …`), or a module call's comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The comment's text behind `kmslint:`, trimmed.
    pub text: String,
    /// Where the comment is.
    pub place: Place,
    /// What it stands beside: the resource's or call's whole block where the comment is in the block's leading comments or
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
    /// The root module's folder.
    pub root: String,
    /// The `source` as written.
    pub source: String,
    /// The call's header.
    pub place: Place,
    /// Why, as a clause: "not installed".
    pub why: String,
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

/// Where an audit of the service looked: nothing is missing from where nobody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Identifiers and short codes of the regions that were looked into: OCIDs have either.
    pub regions: Vec<String>,
    /// OCIDs of the compartments whose keys were asked for; `None` is the whole tenancy.
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
    /// Parts of a tenancy not audited.
    pub not_audited: Vec<NotAudited>,
    /// Where an audit of the service looked.
    pub reach: Option<Reach>,
    /// Things worth a line with `--verbose`: which roots, inputs and modules were used, how many calls were made.
    pub log: Vec<String>,
    /// How many files were looked at.
    pub files: usize,
}

impl Inventory {
    /// Takes in what another front end, or another root, found.
    pub fn absorb(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.problems.extend(other.problems);
        self.comments.extend(other.comments);
        self.modules_not_followed.extend(other.modules_not_followed);
        self.not_audited.extend(other.not_audited);
        self.reach = self.reach.take().or(other.reach);
        self.log.extend(other.log);
        self.files += other.files;
    }
}
