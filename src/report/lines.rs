//! Output that several formats share.

use super::escaped;
use super::text::clean;
use crate::policy::ConfigInUse;
use serde::{Serialize, Serializer};
use std::io::{self, Write as _};

/// A list that makes its elements while it is serialized: a report may have hundreds of thousands of them.
pub(super) struct Lazy<F>(pub(super) F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Lazy<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Writes a value as indented JSON with a final newline.
pub(super) fn write_json(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    // The serializer writes many small pieces.
    let mut out = io::BufWriter::with_capacity(64 << 10, out);
    escaped::write(value, &mut out)?;
    writeln!(out)?;
    out.flush()
}

/// One line with the config file in use and what it turns off.
pub(super) fn config_line(config: &ConfigInUse) -> String {
    let path = clean(&config.path);
    match config.turns_off.as_slice() {
        [] => format!("config: `{path}`"),
        off => format!("config: `{path}` {}", clean(&off.join("; "))),
    }
}
