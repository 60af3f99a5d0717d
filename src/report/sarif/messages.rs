//! Texts as SARIF objects.

use serde_sarif::sarif::{Message, MultiformatMessageString};

/// The text of a rule or a taxonomy.
pub(super) fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// The text of a result.
pub(super) fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}
