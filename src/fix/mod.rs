//! (room to be furnished)

use crate::base::Span;

/// placeholder until the room is furnished
#[derive(Clone, Debug)]
pub struct Edit {
    /// span
    pub span: Span,
    /// replacement
    pub replacement: String,
}
