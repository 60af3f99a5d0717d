//! Errors that Terraform would raise, by what it does about them.

use crate::base::Span;

/// An error Terraform would raise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// Where, as far as it is known.
    pub span: Option<Span>,
    /// Of what kind it is.
    pub kind: EvalErrorKind,
}

/// The kinds of errors, by what Terraform does about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalErrorKind {
    /// An operation failed: `try` and `can` catch it.
    Failed,
    /// Terraform refuses the configuration, wherever the expression is used: neither `try` nor `can` catches it.
    Refused,
    /// Values refer to each other in a cycle: refused as well, and a fault of the structure rather than of the expression where it was noticed.
    Cycle,
}

impl EvalError {
    /// An error at a place.
    pub fn new(message: impl Into<String>, span: Option<Span>) -> Self {
        Self { message: message.into(), span, kind: EvalErrorKind::Failed }
    }

    /// An error that neither `try` nor `can` catches.
    pub fn refused(message: impl Into<String>, span: Option<Span>) -> Self {
        Self { message: message.into(), span, kind: EvalErrorKind::Refused }
    }

    /// Values that refer to each other.
    pub fn cycle(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, kind: EvalErrorKind::Cycle }
    }

    /// Whether `try` and `can` catch it.
    #[must_use]
    pub fn is_catchable(&self) -> bool {
        self.kind == EvalErrorKind::Failed
    }

    /// The same error, from now on beyond the reach of `try` and `can`.
    #[must_use]
    pub fn uncatchable(self) -> Self {
        let kind = if self.is_catchable() { EvalErrorKind::Refused } else { self.kind };
        Self { kind, ..self }
    }

    /// The same error at this place, if it has none yet.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}
