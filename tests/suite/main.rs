//! The integration tests: one module for each promise to the user.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may fail loudly; clippy.toml allows it only inside of test functions, not in their helpers"
)]

/// Advice works: every remedy has the effect that it promises.
mod advice;
/// Imports go down only, restricted names stay in their files, every file has a description.
mod architecture;
/// The binary as a user runs it: arguments, exit codes, streams.
mod cli;
/// `kmslint compare`: the difference between two reports.
mod compare;
/// Roots, files, values, modules without a caller, related resources: what configuration determines about keys.
mod configuration;
/// Expressions evaluate as in Terraform.
mod conformance;
/// Which modules and roots exist, and how those that were not read are reported.
mod discovery;
/// README and rule documents: their examples run and print the output that is shown.
mod documents;
/// Messages, help texts and pages are plain English.
mod english;
/// Evidence for auditors: CSV and HTML.
mod evidence;
/// Exemptions: comments, the config file, the baseline.
mod exemptions;
/// The expected facts of the cases in `testdata`.
mod expected;
/// Fixes change what they must and nothing else.
mod fixes;
/// The forms that plans and states can have: other producers, missing parts, encodings.
mod forms;
/// Runs the binary and compares its output with checked-in files.
mod harness;
/// Hostile repositories and arbitrary bytes: a clear message, in bounded time and memory.
mod hostile;
/// The human report: folded, counted, fitted to the terminal.
mod human;
/// Where the values of root variables come from.
mod inputs;
/// What the Terraform language accepts and what it rejects.
mod language;
/// Links in pages and messages work.
mod links;
/// The audit of a tenancy, against a server that behaves as OCI does.
#[cfg(feature = "live")]
mod live;
/// The language server, as an editor talks to it.
#[cfg(unix)]
mod lsp;
/// The Markdown pages of the repository.
mod pages;
/// A configuration and the plan that was made from it give the same facts.
mod parity;
/// The screenshot in the README is what a terminal shows.
mod picture;
/// A finding is at the place where the edit belongs.
mod places;
/// Plans: what is going to happen to each key.
mod plans;
/// Pull requests on a monorepo: new findings are on changed lines.
mod pull_requests;
/// What Terraform rejects, where a key depends on it.
mod refusals;
/// Every format is accepted by its consumers.
mod reports;
/// Fixtures of each rule: what is found, and what is not.
mod rules;
/// Rotation by code: what Terraform does as time passes.
mod schedules;
/// Secrets are not in any output.
mod secrets;
/// States: what exists.
mod states;
/// Blocks that create nothing with the given inputs.
mod switched_off;
/// How providers convert configured arguments.
mod types;
/// Real plans and states through the complete pipeline.
mod verdicts;
