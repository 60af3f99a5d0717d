//! Places: where something is.

use super::source::Span;
use std::sync::Arc;

/// Where a fact or a problem is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A range in a source text.
    Source(Span),
    /// A spot in a JSON document that is not kept in memory: a plan or a state.
    Json {
        /// The document's path as shown.
        file: Arc<str>,
        /// JSON pointer (RFC 6901) to the value, e.g. `/resource_changes/3/change/after/protection_mode`.
        pointer: Arc<str>,
        /// Line (from 1) and column (from 1, bytes) of the value, where the reader counted them.
        line: Option<(usize, usize)>,
    },
    /// A resource of the service.
    Cloud {
        /// Its OCID.
        ocid: Arc<str>,
        /// The region's identifier, e.g. `eu-frankfurt-1`.
        region: Arc<str>,
    },
    /// A whole file, where no spot in it can be named.
    File(Arc<str>),
}

impl Place {
    /// The span, where the place is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        if let Self::Source(span) = self { Some(*span) } else { None }
    }
}
