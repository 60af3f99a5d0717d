//! Errors that Terraform would report, by how it handles them.

use crate::base::Span;

/// An error that Terraform would report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// What is wrong, as one sentence without a period.
    pub message: String,
    /// Where, if that is known.
    pub span: Option<Span>,
    /// How Terraform handles it.
    pub kind: EvalErrorKind,
}

/// The kinds of errors, by how Terraform handles them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalErrorKind {
    /// An operation failed: `try` and `can` catch it.
    Failed,
    /// Terraform rejects the configuration, wherever the expression is used: neither `try` nor `can` catches it.
    Refused,
    /// Values refer to each other in a cycle: rejected as well, but an error of the structure, not of the expression where it was found.
    Cycle,
}

impl EvalError {
    /// An error that `try` and `can` catch.
    pub fn new(message: impl Into<String>, span: Option<Span>) -> Self {
        Self { message: message.into(), span, kind: EvalErrorKind::Failed }
    }

    /// An error that neither `try` nor `can` catches.
    pub fn refused(message: impl Into<String>, span: Option<Span>) -> Self {
        Self { message: message.into(), span, kind: EvalErrorKind::Refused }
    }

    /// A cycle of values that refer to each other.
    pub fn cycle(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, kind: EvalErrorKind::Cycle }
    }

    /// Whether `try` and `can` catch it.
    #[must_use]
    pub fn is_catchable(&self) -> bool {
        self.kind == EvalErrorKind::Failed
    }

    /// The same error, but not caught by `try` and `can`.
    #[must_use]
    pub fn uncatchable(self) -> Self {
        let kind = if self.is_catchable() { EvalErrorKind::Refused } else { self.kind };
        Self { kind, ..self }
    }

    /// The same error at this span, if it has none yet.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}
