//! `kmslint live`: the keys of the tenancy by the same two rules, and drift against the code.

use super::Exit;
use super::args::Live;
use super::check;
use super::environment::{Environment, print, write_stderr};
use super::interrupt::Machine;
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

/// How many calls may be under way at once.
const CONNECTIONS: usize = 4;
/// How often a line of progress is written where standard error is not a terminal.
const REMINDER: Duration = Duration::from_secs(60);

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
    let saving = match Saving::new(arguments, &context) {
        Ok(saving) => saving,
        Err(error) => return Ok(fail(error)),
    };
    let (config, mut problems) = context.config(&arguments.policy, &arguments.against, &sources);
    // Before the audit, which may take hours: a mistake in these paths is found in a moment.
    let declared = if arguments.against.is_empty() {
        Inventory::default()
    } else {
        let wanted = check::Wanted { paths: &arguments.against, inputs: &arguments.inputs, matches, source: None, changed_only: false };
        match check::read(&context, &wanted, &config, clock, &sources) {
            Ok((declared, _)) => declared,
            Err(error) => return Ok(fail(error)),
        }
    };
    let watcher = Watcher::new(environment, arguments.terminal.quiet);
    let fresh_days = rules::fresh_days(&config.settings(clock.now));
    let machine = Arc::new(Machine::start());
    let request = request(arguments, environment, fresh_days, Arc::clone(&machine), saving.unfinished.clone());
    let sink = saving.file.as_ref().map(|file| SaveTarget { path: file, context: &context, error: Mutex::default() });
    let mut inventory = live::audit(&request, &watcher, sink.as_ref().map(|sink| sink as &dyn InventorySink));
    machine.finish();
    watcher.line.clear();
    let unsaved = sink.and_then(|sink| sink.error.into_inner().unwrap_or_else(PoisonError::into_inner));
    let drift = match &inventory.coverage {
        Some(coverage) if !arguments.against.is_empty() => {
            let drifts = rules::compare(&inventory.keys, &declared.keys, &scope(arguments, coverage, &inventory));
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
    // The audit may have taken an hour: its report is written even if its inventory was not.
    Ok(unsaved.map_or(exit, fail))
}

/// What the arguments ask of the audit.
fn request(
    arguments: &Live,
    environment: &Environment,
    fresh_days: i64,
    clock: Arc<Machine>,
    resume: Option<UnfinishedAudit>,
) -> live::AuditRequest {
    let path = |path: &PathBuf| environment.cwd.join(path);
    let usual = Timeouts::default();
    let read = arguments.timeout.unwrap_or(usual.read);
    live::AuditRequest {
        env: environment.env.clone(),
        home: environment.var("HOME").or_else(|| environment.var("USERPROFILE")).map(PathBuf::from),
        now: environment.now,
        clock,
        signatures: None,
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
        timeouts: Timeouts { connect: usual.connect.min(read), read },
        // A saved inventory may be checked by other settings later, and drift compares what no rule asks for.
        thorough: arguments.save.is_some() || arguments.resume.is_some() || !arguments.against.is_empty(),
        resume,
        fresh_days,
    }
}

/// Where the inventory is saved, and what it continues.
struct Saving {
    file: Option<PathBuf>,
    unfinished: Option<UnfinishedAudit>,
}

impl Saving {
    /// `--save` and `--resume`. A directory that is not there is found out before the audit and not after it.
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
    /// Why it was not written the last time.
    error: Mutex<Option<String>>,
}

impl InventorySink for SaveTarget<'_> {
    fn replace(&self, text: &str) {
        let written = self.context.repository.write(self.path, text.as_bytes());
        let error = written.err().map(|error| format!("cannot write the inventory `{}`: {error}", self.path.display()));
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// A key can only be missing where the audit looked.
fn scope(arguments: &Live, coverage: &AuditCoverage, inventory: &Inventory) -> DriftScope {
    DriftScope {
        regions: coverage.regions.clone(),
        compartments: coverage.compartments.clone(),
        unread: inventory.not_audited.iter().map(|part| part.ocid.clone()).collect(),
        all_unmanaged: arguments.all_unmanaged,
    }
}

/// Shows a person how far the audit is.
struct Watcher {
    line: ProgressLine,
    is_terminal: bool,
    is_quiet: bool,
    /// When the last line for a log was due.
    reminded: Mutex<Instant>,
}

impl Watcher {
    fn new(environment: &Environment, is_quiet: bool) -> Self {
        let (now, is_terminal) = (Instant::now(), environment.err_is_terminal);
        let line = ProgressLine::new(is_terminal && !is_quiet, environment.columns, now);
        // The first answer may take a while.
        line.show(true, || "reading regions and compartments".to_owned());
        Self { line, is_terminal, is_quiet, reminded: Mutex::new(now) }
    }

    fn write_line(&self, level: &str, text: &str, help: Option<&str>) {
        self.line.clear();
        let help = help.map_or_else(String::new, |help| format!("  = help: {}\n", report::clean(&sentence(help))));
        write_stderr(format!("{level}: {}\n{help}", report::clean(text)).as_bytes());
    }
}

impl Progress for Watcher {
    fn step(&self, step: &AuditStep<'_>) {
        self.line.show(step.done >= step.total, || shown(step));
        if self.is_terminal || self.is_quiet {
            return;
        }
        let mut reminded = self.reminded.lock().unwrap_or_else(PoisonError::into_inner);
        if reminded.elapsed() >= REMINDER {
            *reminded = Instant::now();
            self.write_line("note", &shown(step), None);
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

/// How far the audit is, in a line.
fn shown(step: &AuditStep<'_>) -> String {
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
    fn a_line_of_progress_shows_what_was_found_and_how_long_it_takes() {
        let step = AuditStep { what: "keys", done: 120, total: 1000, left: None, compartments: 200, vaults: 1, keys: 340 };
        assert_eq!(shown(&step), "reading keys: 120 of 1000 (200 compartments, 1 vault, 340 keys found)");
        let step = AuditStep { left: Some(Duration::from_millis(189_900)), ..step };
        assert_eq!(shown(&step), "reading keys: 120 of 1000, 3 min 9 s left (200 compartments, 1 vault, 340 keys found)");
        let step = AuditStep { left: Some(Duration::from_millis(900)), ..step };
        assert_eq!(shown(&step), "reading keys: 120 of 1000 (200 compartments, 1 vault, 340 keys found)");
    }
}
