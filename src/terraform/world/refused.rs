//! What is refused of a resource's block: the facts that are unknown because of it.

use crate::base::{Fact, Place, Span, Step};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is refused of a block.
#[derive(Default)]
pub(crate) struct Refusals {
    /// By the field whose value is then unknown: why, and where.
    pub fields: BTreeMap<Arc<str>, (String, Span)>,
    /// Why nothing of the block counts, and where.
    pub all: Option<(String, Span)>,
}

impl Refusals {
    /// Whether nothing is refused.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.all.is_none()
    }

    /// Makes a fact unknown where something refused was to set it.
    pub(crate) fn guard<T>(&self, field: &str, fact: &mut Fact<T>) {
        if let Some((why, span)) = self.fields.get(field).or(self.all.as_ref()) {
            *fact = Fact::refused(format!("Terraform would reject the key's block: {why}"))
                .with_trail(vec![Step::new(Place::Source(*span), "Terraform would reject this")]);
        }
    }
}
