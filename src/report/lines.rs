//! Lines and documents that several formats write alike.

use super::escaped;
use super::text::clean;
use crate::policy::ConfigInUse;
use serde::{Serialize, Serializer};
use std::io::{self, Write as _};

/// A list whose elements are made when they are written: hundreds of thousands of them are never in memory a second time.
pub(super) struct Lazy<F>(pub(super) F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Lazy<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Writes a value as indented JSON and ends the line.
pub(super) fn write_json(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    // The serializer writes words, and what it writes to may be far away.
    let mut out = io::BufWriter::with_capacity(64 << 10, out);
    escaped::write(value, &mut out)?;
    writeln!(out)?;
    out.flush()
}

/// Which config file holds and what it turns off, in one line.
pub(super) fn config_line(config: &ConfigInUse) -> String {
    let path = clean(&config.path);
    match config.turns_off.as_slice() {
        [] => format!("config: `{path}`"),
        off => format!("config: `{path}` {}", clean(&off.join("; "))),
    }
}
