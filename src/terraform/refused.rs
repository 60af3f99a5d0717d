//! What is refused of a resource's block: the facts that are unknown because of it.

use crate::base::{Fact, Place, Span, Step};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is refused of a block.
#[derive(Default)]
pub(super) struct Refusals {
    /// By the field whose value is then unknown: why, and where.
    pub fields: BTreeMap<Arc<str>, (String, Span)>,
    /// Why nothing of the block counts, and where.
    pub all: Option<(String, Span)>,
}

impl Refusals {
    /// The fact, or that it is unknown because of what is refused.
    pub(super) fn guard<T>(&self, field: &str, fact: Fact<T>) -> Fact<T> {
        match self.fields.get(field).or(self.all.as_ref()) {
            None => fact,
            Some((why, span)) => Fact::refused(format!("Terraform would reject the key's block: {why}"))
                .with_trail(vec![Step::new(Place::Source(*span), "Terraform would reject this")]),
        }
    }
}
