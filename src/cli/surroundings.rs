//! What the process finds around it: environment, clock, working directory, streams. Read here and nowhere else, handed down as values.

use super::args::{Color, Terminal};
use crate::terraform::Streams;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The surroundings of a run.
pub struct Surroundings {
    /// Environment variables that are valid Unicode.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: PathBuf,
    /// What was read from pipes: `--fix` reads everything twice.
    pub streams: Arc<Streams>,
    /// The clock.
    pub now: Timestamp,
    /// Whether standard output is a terminal.
    pub out_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub err_is_terminal: bool,
}

impl Surroundings {
    /// The process's own.
    pub fn of_process() -> std::io::Result<Self> {
        Ok(Self {
            env: std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect(),
            cwd: std::env::current_dir()?,
            streams: Arc::default(),
            now: Timestamp::now(),
            out_is_terminal: std::io::stdout().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
        })
    }

    /// The values of `TF_VAR_…`, by variable name.
    pub fn tf_vars(&self) -> BTreeMap<String, String> {
        self.env.iter().filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?.to_owned(), value.clone()))).collect()
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a stream is coloured: the option, then `NO_COLOR`, then whether it is a terminal that understands colour.
    pub fn color(&self, terminal: &Terminal, is_terminal: bool) -> bool {
        match terminal.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && self.var("NO_COLOR").is_none() && self.var("TERM") != Some("dumb"),
        }
    }
}

/// Writes to standard output in one go. A reader that went away (`| head`) is no trouble of ours.
///
/// # Errors
/// What the system says, a closed pipe excepted.
pub fn print(bytes: &[u8]) -> std::io::Result<()> {
    print_through(|out| out.write_all(bytes))
}

/// Lets something write to standard output, in large pieces.
///
/// # Errors
/// What the system says, a closed pipe excepted.
pub fn print_through(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes to standard error, with anything that a CI service would read as a command broken. A failure is ignored: nothing is left to
/// report it with.
pub fn complain(bytes: &[u8]) {
    let _ = std::io::stderr().lock().write_all(&crate::report::guarded(bytes));
}
