//! The integration tests: one module per promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may fail loudly; clippy.toml allows it only inside of test functions, not in their helpers"
)]

/// Advice is true: every remedy leads where it says.
mod advice;
/// Imports go down only, fences hold, every file says what it is for.
mod architecture;
/// The binary as a user meets it: arguments, exit codes, streams, transcripts.
mod cli;
/// Two reports compared.
mod compare;
/// Roots, files, values, libraries, relations: what configuration says of keys.
mod configuration;
/// Expressions evaluate as real Terraform evaluates them.
mod conformance;
/// Which modules and roots exist, and what is reported of those that were not read.
mod discovery;
/// README and rule documents: their examples run and say what is printed there.
mod documents;
/// Messages, help texts and pages are plain English.
mod english;
/// What auditors get: CSV and HTML.
mod evidence;
/// Comments, config, baseline.
mod exemptions;
/// What the cases of `testdata` expect of the readers.
mod expected;
/// Edits change what they must and nothing else.
mod fixes;
mod forms;
/// Runs the binary and compares with what is checked in.
mod harness;
/// Hostile repositories and arbitrary bytes: a clear sentence, in bounded time and memory.
mod hostile;
/// The report for people: folded, counted, fitted to the screen.
mod human;
/// Where the values of root variables come from.
mod inputs;
/// What the language allows and what it refuses.
mod language;
/// Links lead somewhere.
mod links;
/// The service's audit against a server that behaves as OCI does.
#[cfg(feature = "live")]
mod live;
/// The language server, as an editor talks to it.
#[cfg(unix)]
mod lsp;
/// The pages that people read.
mod pages;
/// The configuration and the plan made of it give equal facts.
mod parity;
/// The README's picture is what the terminal shows.
mod picture;
/// Where findings stand: where the edit belongs.
mod places;
/// Plans: what will happen to each key.
mod plans;
/// Pull requests on a monorepo: what is new stands on a changed line.
mod pull_requests;
/// What Terraform refuses where a key depends on it.
mod refusals;
/// Every format is what its consumer accepts.
mod reports;
/// Fixtures of each rule: what must be found, what must be silent.
mod rules;
/// Rotation by code: what Terraform does when time passes.
mod schedules;
/// What may not be shown is shown nowhere.
mod secrets;
/// States: what is.
mod states;
/// Blocks that create nothing with these inputs.
mod switched_off;
/// What providers make of written arguments.
mod types;
/// Genuine plans and states through the whole pipeline.
mod verdicts;
