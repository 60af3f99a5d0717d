//! Problems: what could not be checked. They set the exit code.

use super::brief::{brief, sentence};
use super::place::Place;
use super::trail::Step;

/// The kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A file or directory could not be read.
    Unreadable,
    /// A file does not parse, or is of a kind that cannot be checked.
    Unparsable,
    /// Terraform would reject the configuration.
    Refused,
    /// A module directory is missing, or modules or values form a cycle.
    Structure,
    /// A plan is incomplete (`errored`, `complete: false`), or the input is larger than a run checks.
    Partial,
    /// An exemption, baseline or config file has a mistake.
    Policy,
    /// A request to the service failed.
    Service,
}

impl ProblemKind {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unparsable => "unparsable",
            Self::Refused => "refused",
            Self::Structure => "structure",
            Self::Partial => "partial",
            Self::Policy => "policy",
            Self::Service => "service",
        }
    }
}

/// Something that prevented a complete check. Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind.
    pub kind: ProblemKind,
    /// What is wrong, as one sentence without a final period.
    pub message: String,
    /// Where, if known.
    pub place: Option<Place>,
    /// Further places that explain it.
    pub related: Vec<Step>,
    /// What to do about it, as sentences.
    pub help: Option<String>,
}

impl Problem {
    /// A problem without a place.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { kind, message: brief(message.into()), place: None, related: Vec::new(), help: None }
    }

    /// The same problem at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same problem with help on what to do: a clause or a sentence, which becomes a sentence.
    #[must_use]
    pub fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(sentence(help.as_ref()));
        self
    }
}
