//! The input of a report in addition to the outcome.

use crate::base::{Provenance, Sources};
use crate::fix;
use crate::rules::Finding;
use jiff::Timestamp;
use std::time::Duration;

/// The terminal on which a report for people is shown.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    /// Whether to use color.
    pub color: bool,
    /// Its width in columns, if it is known.
    pub columns: Option<usize>,
    /// Turns a path as shown into a URL without control characters, for hyperlinks. `None` if the terminal does not support links.
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

/// The input of a report in addition to the outcome.
pub struct ReportContext<'a> {
    /// The texts that places refer to.
    pub sources: &'a Sources,
    /// The terminal (human only).
    pub screen: &'a Screen<'a>,
    /// How many violations can be fixed, if they were counted (human only).
    pub fixable: Option<Fixable>,
    /// Whether a baseline is in use (human only).
    pub has_baseline: bool,
    /// The current time.
    pub now: Timestamp,
    /// How long the run took (human only); `None` keeps the output the same from run to run.
    pub elapsed: Option<Duration>,
    /// Whether keys that pass are listed (human, short, markdown).
    pub show_passes: bool,
    /// Whether the summary is omitted (human).
    pub quiet: bool,
    /// Turns a path as shown into the path relative to the repository's root, with forward slashes. Paths outside are not changed.
    pub repository_path: &'a dyn Fn(&str) -> String,
    /// Whether a path as shown is inside the repository.
    pub in_repository: &'a dyn Fn(&str) -> bool,
    /// The commit that was checked, in a git checkout.
    pub provenance: Option<&'a Provenance>,
    /// Edits that would fix a finding.
    pub fixes: &'a dyn Fn(&Finding) -> Vec<fix::Edit>,
    /// Whether exempted findings are included, marked as suppressed (SARIF).
    pub include_suppressed: bool,
    /// The exit code of the run.
    pub exit_code: u8,
    /// Whether to show counts instead of the findings (human).
    pub statistics: bool,
    /// The command line, without the values of input variables (HTML).
    pub command: &'a str,
    /// The URL where the CI service shows the files of the checked commit, without the path in the repository.
    pub files_url: Option<&'a str>,
    /// Whether explanations are repeated, findings are not folded and lists are not truncated (human only).
    pub verbose: bool,
}
