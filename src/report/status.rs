//! The status of a verdict after exemptions, by which reports count and sort.

use super::rows::{OtherFinding, Row};
use super::totals::{RuleTotals, sum};
use crate::rules::Verdict;

/// The status of a verdict. Those that need attention come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// A violation that is reported.
    Violation,
    /// An undetermined verdict that is reported.
    Undetermined,
    /// A note about a key that passes, or on a difference between code and service.
    Advice,
    /// A finding that an exemption or the baseline accepts.
    Exempted,
    /// The rule does not apply.
    NotApplicable,
    /// The key meets the rule.
    Pass,
}

impl Status {
    /// The columns of tables that count by rule.
    pub(super) const COUNTED: [Self; 5] = [Self::Violation, Self::Undetermined, Self::Exempted, Self::NotApplicable, Self::Pass];
    /// All statuses, in order.
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

    /// The title of its column or total.
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

    /// How many keys of a rule have it.
    pub(super) fn count_in(self, totals: &RuleTotals) -> usize {
        match self {
            Self::Violation => sum(&totals.violations),
            Self::Undetermined => sum(&totals.undetermined),
            Self::Advice => sum(&totals.advice),
            Self::Exempted => totals.exempted,
            Self::NotApplicable => totals.not_applicable,
            Self::Pass => totals.passes,
        }
    }

    /// The status of a key's verdict.
    pub(super) fn of_row(row: &Row<'_>) -> Self {
        match (row.exempted, row.verdict) {
            (Some(_), _) => Self::Exempted,
            (None, Verdict::Violation(_)) => Self::Violation,
            (None, Verdict::Undetermined(_)) => Self::Undetermined,
            (None, Verdict::Pass { .. }) => Self::Pass,
            (None, Verdict::NotApplicable { .. }) => Self::NotApplicable,
        }
    }

    /// The status of a finding without a verdict.
    pub(super) fn of_other(other: &OtherFinding<'_>) -> Self {
        match (other.exempted, other.finding.verdict) {
            (Some(_), _) => Self::Exempted,
            (None, "violation") => Self::Violation,
            (None, "undetermined") => Self::Undetermined,
            (None, _) => Self::Advice,
        }
    }
}
