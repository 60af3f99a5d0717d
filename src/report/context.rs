//! What a report needs in addition to the outcome.

use crate::base::{Provenance, Sources};
use crate::fix;
use crate::rules::Finding;
use jiff::Timestamp;
use std::time::Duration;

/// Where a report for people is read.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// Whether the reader wants color.
    pub color: bool,
    /// Its width in columns; `None` where nothing tells it.
    pub columns: Option<usize>,
    /// The address of a file by its path as shown, for hyperlinks; it has no control characters. `None` where links are not understood.
    pub link: Option<&'a dyn Fn(&str) -> String>,
}

/// How many violations can be fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixable {
    /// By `--fix`.
    pub safe: usize,
    /// By `--unsafe-fixes` in addition.
    pub with_unsafe: usize,
}

/// What a report needs in addition to the outcome.
pub struct ReportContext<'a> {
    /// The texts that places point into.
    pub sources: &'a Sources,
    /// Where it is read (human only).
    pub screen: &'a Screen<'a>,
    /// How many violations can be fixed, where that was found out (human only).
    pub fixable: Option<Fixable>,
    /// Whether a baseline is in use (human only).
    pub has_baseline: bool,
    /// The clock.
    pub now: Timestamp,
    /// How long the run took (human only); `None` keeps the output the same from run to run.
    pub elapsed: Option<Duration>,
    /// Whether keys that pass are listed (human, short).
    pub show_passes: bool,
    /// Whether the closing line is left out (human).
    pub quiet: bool,
    /// Maps a path as shown to the path relative to the repository's root, with forward slashes. Paths outside stay as they are.
    pub repository_path: &'a dyn Fn(&str) -> String,
    /// Whether a path as shown lies inside the repository.
    pub in_repository: &'a dyn Fn(&str) -> bool,
    /// Which commit was looked at, in a git checkout.
    pub provenance: Option<&'a Provenance>,
    /// Edits that would fix a finding.
    pub fixes: &'a dyn Fn(&Finding) -> Vec<fix::Edit>,
    /// Whether exempted findings are kept, marked as such (SARIF).
    pub include_suppressed: bool,
    /// The exit code that this outcome leads to.
    pub exit_code: u8,
    /// Whether counts take the place of the findings (human).
    pub statistics: bool,
    /// The command line, without the values of input variables (HTML).
    pub command: &'a str,
    /// Where the CI service shows the files of the commit that was looked at: the address before a path in the repository.
    pub files_url: Option<&'a str>,
    /// Whether explanations are repeated, nothing is folded and no list is cut (human only).
    pub verbose: bool,
}
