//! What became of a verdict on a key: the groups that reports count and sort by.

use super::rows::{Other, Row};
use super::totals::{RuleTotals, sum};
use crate::rules::Verdict;

/// What became of a verdict, what needs attention first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// It is reported.
    Violation,
    /// It is reported as unknown.
    Undetermined,
    /// A note about a key that passes, or on a difference between code and service.
    Advice,
    /// It was accepted.
    Exempted,
    /// The rule does not apply.
    NotApplicable,
    /// The key meets the rule.
    Pass,
}

impl Status {
    /// What tables count by rule.
    pub(super) const COUNTED: [Self; 5] = [Self::Violation, Self::Undetermined, Self::Exempted, Self::NotApplicable, Self::Pass];
    /// All of them, in order.
    pub(super) const ALL: [Self; 6] = [Self::Violation, Self::Undetermined, Self::Advice, Self::Exempted, Self::NotApplicable, Self::Pass];

    /// The word in a table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Undetermined => "undetermined",
            Self::Advice => "advice",
            Self::Exempted => "exempted",
            Self::NotApplicable => "not-applicable",
            Self::Pass => "pass",
        }
    }

    /// The name of its column or total.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Violation => "Violations",
            Self::Undetermined => "Undetermined",
            Self::Advice => "Advice",
            Self::Exempted => "Exempted",
            Self::NotApplicable => "Not applicable",
            Self::Pass => "Passes",
        }
    }

    /// How many keys a rule has with it.
    pub(super) fn number(self, totals: &RuleTotals) -> usize {
        match self {
            Self::Violation => sum(&totals.violations),
            Self::Undetermined => sum(&totals.undetermined),
            Self::Advice => sum(&totals.advice),
            Self::Exempted => totals.exempted,
            Self::NotApplicable => totals.not_applicable,
            Self::Pass => totals.passes,
        }
    }

    /// What became of a key's verdict.
    pub(super) fn of_row(row: &Row<'_>) -> Self {
        match (row.exempted, row.verdict) {
            (Some(_), _) => Self::Exempted,
            (None, Verdict::Violation(_)) => Self::Violation,
            (None, Verdict::Undetermined(_)) => Self::Undetermined,
            (None, Verdict::Pass { .. }) => Self::Pass,
            (None, Verdict::NotApplicable { .. }) => Self::NotApplicable,
        }
    }

    /// What became of a finding without a verdict.
    pub(super) fn of_other(other: &Other<'_>) -> Self {
        match (other.exempted, other.finding.verdict) {
            (Some(_), _) => Self::Exempted,
            (None, "violation") => Self::Violation,
            (None, "undetermined") => Self::Undetermined,
            (None, _) => Self::Advice,
        }
    }
}
