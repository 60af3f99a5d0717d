//! `kmslint live`: checks the keys of the tenancy, and compares them with the code.

use super::Exit;
use super::args::Live;
use super::check;
use super::environment::{Environment, print, write_stderr};
use super::interrupt::InterruptibleClock;
use super::invocation::Invocation;
use super::progress::ProgressLine;
use super::run_context::{self, RunContext, fail};
use crate::base::{Sources, count, disk, duration, sentence};
use crate::key::{AuditCoverage, Inventory};
use crate::live::saved::UnfinishedAudit;
use crate::live::{self, AuditStep, InventorySink, Progress, Retry, Timeouts};
use crate::policy;
use crate::report;
use crate::rules::{self, DriftScope};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many calls may run at the same time.
const CONNECTIONS: usize = 4;
/// How often progress is written if standard error is not a terminal.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Runs the subcommand.
pub(super) fn run(arguments: &Live, invocation: &Invocation, environment: &Environment) -> io::Result<Exit> {
    if arguments.print_policy {
        return print(live::policy_text(&arguments.compartments).as_bytes()).map(|()| Exit::Clean);
    }
    let clock = run_context::RunTimes { now: arguments.now.unwrap_or(environment.now), started: Instant::now() };
    let sources = Arc::new(Sources::default());
    let environment = match environment.changed_by(&arguments.inputs) {
        Ok(environment) => environment,
        Err(error) => return Ok(fail(error)),
    };
    let environment = &environment;
    let (command, matches) = (invocation.shown(), invocation.matches);
    let context = match RunContext::new(&arguments.report, &arguments.policy, &arguments.terminal, environment, &arguments.against, command)
    {
        Ok(context) => context,
        Err(error) => return Ok(fail(error)),
    };
    let save = match SaveOptions::new(arguments, &context) {
        Ok(save) => save,
        Err(error) => return Ok(fail(error)),
    };
    let (config, mut problems) = context.config(&arguments.policy, &arguments.against, &sources);
    // Read these before the audit, which may take hours: mistakes in the paths are found immediately.
    let declared = if arguments.against.is_empty() {
        Inventory::default()
    } else {
        let selection =
            check::InputSelection { paths: &arguments.against, inputs: &arguments.inputs, matches, source: None, changed_only: false };
        match check::read(&context, &selection, &config, clock, &sources) {
            Ok((declared, _)) => declared,
            Err(error) => return Ok(fail(error)),
        }
    };
    let watcher = Watcher::new(environment, arguments.terminal.quiet);
    let fresh_days = rules::fresh_days(&config.settings(clock.now));
    let audit_clock = Arc::new(InterruptibleClock::start());
    let request = request(arguments, environment, fresh_days, Arc::clone(&audit_clock), save.unfinished.clone());
    let sink = save.file.as_ref().map(|file| SaveTarget { path: file, context: &context, error: Mutex::default() });
    let mut inventory = live::audit(&request, &watcher, sink.as_ref().map(|sink| sink as &dyn InventorySink));
    audit_clock.finish();
    watcher.line.clear();
    let save_error = sink.and_then(|sink| sink.error.into_inner().unwrap_or_else(PoisonError::into_inner));
    let drift = match &inventory.coverage {
        Some(coverage) if !arguments.against.is_empty() => {
            let drifts = rules::compare(&inventory.keys, &declared.keys, &drift_scope(arguments, coverage, &inventory));
            crate::check::with_paths(&context.repository, &sources, |paths| rules::drift_findings(&drifts, paths))
        }
        _ => Vec::new(),
    };
    inventory.problems.append(&mut problems);
    let declared_keys = declared.keys.clone();
    inventory.absorb(Inventory { keys: Vec::new(), ..declared });
    let input = policy::Input { inventory, drift, declared: declared_keys };
    let outcome = context.check(input, &config, clock.now, &arguments.policy, &sources);
    let exit = context.finish(&outcome, &config, &arguments.policy, clock, &sources)?;
    // The audit may have taken hours, so its report is written even if saving the inventory failed.
    Ok(save_error.map_or(exit, fail))
}

/// The request for the audit.
fn request(
    arguments: &Live,
    environment: &Environment,
    fresh_days: i64,
    clock: Arc<InterruptibleClock>,
    resume: Option<UnfinishedAudit>,
) -> live::AuditRequest {
    let path = |path: &PathBuf| environment.cwd.join(path);
    let defaults = Timeouts::default();
    let read = arguments.timeout.unwrap_or(defaults.read);
    live::AuditRequest {
        env: environment.env.clone(),
        home: environment.var("HOME").or_else(|| environment.var("USERPROFILE")).map(PathBuf::from),
        now: environment.now,
        clock,
        test_signer: None,
        profile: arguments.profile.clone(),
        config_file: arguments.config_file.as_ref().map(path),
        auth: arguments.auth,
        regions: arguments.regions.clone(),
        all_regions: arguments.all_regions,
        compartments: arguments.compartments.clone(),
        recursive: arguments.recursive,
        endpoint: arguments.endpoint.clone(),
        ca_bundle: arguments.ca_bundle.as_ref().map(path),
        rps: arguments.rps,
        deadline: arguments.deadline.unwrap_or(live::DEFAULT_DEADLINE),
        connections: CONNECTIONS,
        timeouts: Timeouts { connect: defaults.connect.min(read), read },
        // A saved inventory may be checked with other settings later, and drift compares facts that no rule needs.
        thorough: arguments.save.is_some() || arguments.resume.is_some() || !arguments.against.is_empty(),
        resume,
        fresh_days,
    }
}

/// What `--save` and `--resume` mean.
struct SaveOptions {
    /// The file to save the inventory to.
    file: Option<PathBuf>,
    /// The audit to continue.
    unfinished: Option<UnfinishedAudit>,
}

impl SaveOptions {
    /// Checks the directory of the file before the audit, and reads the inventory to continue.
    fn new(arguments: &Live, context: &RunContext<'_>) -> Result<Self, String> {
        let cwd = &context.environment.cwd;
        let file = arguments.save.as_ref().or(arguments.resume.as_ref()).map(|file| cwd.join(file));
        if let Some(directory) = file.as_ref().and_then(|file| file.parent())
            && !disk::is_dir(directory)
        {
            return Err(format!("cannot save the inventory to `{}`: no such directory", directory.display()));
        }
        let Some(path) = &arguments.resume else {
            return Ok(Self { file, unfinished: None });
        };
        let cannot = |why: String| format!("cannot resume `{}`: {why}", path.display());
        let text = disk::read_text(&cwd.join(path), live::saved::CAP).map_err(|error| cannot(error.to_string()))?;
        let unfinished = live::saved::resume(&text).map_err(|error| cannot(error.to_string()))?;
        if unfinished.answers.is_empty() && !context.terminal.quiet {
            write_stderr(format!("note: the inventory `{}` is complete: everything is read again\n", path.display()).as_bytes());
        }
        Ok(Self { file, unfinished: Some(unfinished) })
    }
}

/// The file of `--save`.
struct SaveTarget<'a> {
    path: &'a Path,
    context: &'a RunContext<'a>,
    /// Why the last write failed.
    error: Mutex<Option<String>>,
}

impl InventorySink for SaveTarget<'_> {
    fn replace(&self, text: &str) {
        let written = self.context.repository.write(self.path, text.as_bytes());
        let error = written.err().map(|error| format!("cannot write the inventory `{}`: {error}", self.path.display()));
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// What the audit covered: a key can only be missing from that.
fn drift_scope(arguments: &Live, coverage: &AuditCoverage, inventory: &Inventory) -> DriftScope {
    DriftScope {
        regions: coverage.regions.clone(),
        compartments: coverage.compartments.clone(),
        unread: inventory.not_audited.iter().map(|part| part.ocid.clone()).collect(),
        all_unmanaged: arguments.all_unmanaged,
    }
}

/// Shows the progress of the audit.
struct Watcher {
    line: ProgressLine,
    is_terminal: bool,
    is_quiet: bool,
    /// When progress was last written to a log.
    last_logged: Mutex<Instant>,
}

impl Watcher {
    fn new(environment: &Environment, is_quiet: bool) -> Self {
        let (now, is_terminal) = (Instant::now(), environment.err_is_terminal);
        let line = ProgressLine::new(is_terminal && !is_quiet, environment.columns, now);
        // The first response may take a while.
        line.show(true, || "reading regions and compartments".to_owned());
        Self { line, is_terminal, is_quiet, last_logged: Mutex::new(now) }
    }

    fn write_line(&self, level: &str, text: &str, help: Option<&str>) {
        self.line.clear();
        let help = help.map_or_else(String::new, |help| format!("  = help: {}\n", report::clean(&sentence(help))));
        write_stderr(format!("{level}: {}\n{help}", report::clean(text)).as_bytes());
    }
}

impl Progress for Watcher {
    fn step(&self, step: &AuditStep<'_>) {
        self.line.show(step.done >= step.total, || progress_text(step));
        if self.is_terminal || self.is_quiet {
            return;
        }
        let mut last_logged = self.last_logged.lock().unwrap_or_else(PoisonError::into_inner);
        if last_logged.elapsed() >= LOG_INTERVAL {
            *last_logged = Instant::now();
            self.write_line("note", &progress_text(step), None);
        }
    }

    fn retry(&self, retry: &Retry<'_>) {
        let again = format!("trying again in {} (attempt {} of {})", duration(retry.pause), retry.attempt, retry.attempts);
        if retry.is_first {
            self.write_line("warning", &format!("{}; {again}", retry.why), Some(retry.help));
        } else {
            self.line.show(true, || report::clean(&format!("{}; {again}", retry.why)).into_owned());
        }
    }

    fn warn(&self, sentence: &str) {
        self.write_line("warning", sentence, None);
    }
}

/// The progress of the audit in one line.
fn progress_text(step: &AuditStep<'_>) -> String {
    let left = step.left.filter(|left| left.as_secs() > 0);
    let left = left.map_or_else(String::new, |left| format!(", {} left", duration(Duration::from_secs(left.as_secs()))));
    let (compartments, vaults, keys) =
        (count(step.compartments, "compartment", "compartments"), count(step.vaults, "vault", "vaults"), count(step.keys, "key", "keys"));
    format!("reading {}: {} of {}{left} ({compartments}, {vaults}, {keys} found)", step.what, step.done, step.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_line_shows_what_was_found_and_the_time_left() {
        let step = AuditStep { what: "keys", done: 120, total: 1000, left: None, compartments: 200, vaults: 1, keys: 340 };
        assert_eq!(progress_text(&step), "reading keys: 120 of 1000 (200 compartments, 1 vault, 340 keys found)");
        let step = AuditStep { left: Some(Duration::from_millis(189_900)), ..step };
        assert_eq!(progress_text(&step), "reading keys: 120 of 1000, 3 min 9 s left (200 compartments, 1 vault, 340 keys found)");
        let step = AuditStep { left: Some(Duration::from_millis(900)), ..step };
        assert_eq!(progress_text(&step), "reading keys: 120 of 1000 (200 compartments, 1 vault, 340 keys found)");
    }
}
