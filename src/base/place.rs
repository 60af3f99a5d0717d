//! Places: the locations of facts, findings and problems.

use super::source::Span;
use std::sync::Arc;

/// Where a fact or a problem is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A range in a source text.
    Source(Span),
    /// A location in a JSON document that is not kept in memory: a plan or a state. Shared to keep `Place` small: keys of a configuration
    /// have dozens of places, and none of them is in JSON.
    Json(Arc<JsonPlace>),
    /// A resource of the service.
    Cloud(Arc<CloudPlace>),
    /// A file, if no location in it is known.
    File(Arc<str>),
}

/// A location in a JSON document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonPlace {
    /// The document's path as shown.
    pub file: Arc<str>,
    /// JSON pointer (RFC 6901) to the value, e.g. `/resource_changes/3/change/after/protection_mode`.
    pub pointer: Arc<str>,
    /// Line (from 1) and column (from 1, bytes) of the value, if the reader counted them.
    pub line: Option<(usize, usize)>,
}

/// A resource of the service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CloudPlace {
    /// Its OCID.
    pub ocid: Arc<str>,
    /// The region's identifier, e.g. `eu-frankfurt-1`.
    pub region: Arc<str>,
}

impl Place {
    /// A location in a JSON document, with the line and column (both from 1) if they were counted.
    #[must_use]
    pub fn json(file: &Arc<str>, pointer: &str, line: Option<(usize, usize)>) -> Self {
        Self::Json(Arc::new(JsonPlace { file: Arc::clone(file), pointer: pointer.into(), line }))
    }

    /// A resource of the service by its OCID and region.
    #[must_use]
    pub fn cloud(ocid: &str, region: &str) -> Self {
        Self::Cloud(Arc::new(CloudPlace { ocid: ocid.into(), region: region.into() }))
    }

    /// The span, if the place is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        if let Self::Source(span) = self { Some(*span) } else { None }
    }
}
