//! `kmslint live`: the keys of the tenancy by the same two rules, and drift against the code.

use super::args::Live;
use super::check;
use super::desk::{self, Desk, refuse};
use super::progress::ProgressLine;
use super::surroundings::{Surroundings, complain, print};
use super::{Exit, inputs};
use crate::base::Sources;
use crate::key::{Inventory, Reach};
use crate::live::{self, Clock, Progress, Timeouts};
use crate::policy;
use crate::report;
use crate::rules::{self, Scope};
use clap::ArgMatches;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many calls may be under way at once.
const CONNECTIONS: usize = 4;
/// How wide the bar of the progress line is, in columns.
const BAR: usize = 30;

/// Runs the subcommand.
pub fn run(arguments: &Live, matches: &ArgMatches, surroundings: &Surroundings) -> io::Result<Exit> {
    if arguments.print_policy {
        return print(live::policy_text(&arguments.compartments).as_bytes()).map(|()| Exit::Clean);
    }
    let clock = desk::Clock { now: arguments.now.unwrap_or(surroundings.now), started: Instant::now() };
    let sources = Arc::new(Sources::default());
    let desk = match Desk::new(&arguments.report, &arguments.policy, &arguments.terminal, surroundings, arguments.inputs.chdir.as_deref()) {
        Ok(desk) => desk,
        Err(error) => return Ok(refuse(error)),
    };
    let base = inputs::base(&arguments.inputs, surroundings);
    let (config, mut problems) = desk.config(&arguments.policy, &base, &arguments.against, &sources);
    let declared = if arguments.against.is_empty() {
        Inventory::default()
    } else {
        let wanted = check::Wanted { paths: &arguments.against, inputs: &arguments.inputs, matches, source: None, changed_only: false };
        match check::read(&desk, &wanted, &config, clock, &sources) {
            Ok((declared, _)) => declared,
            Err(error) => return Ok(refuse(error)),
        }
    };
    let watcher = Watcher { line: ProgressLine::new(surroundings.err_is_terminal && !arguments.terminal.quiet, Instant::now()) };
    let fresh_days = rules::fresh_days(&config.settings(clock.now));
    let mut inventory = live::audit(&request(arguments, surroundings, fresh_days), &watcher);
    watcher.line.clear();
    if let (Some(file), Some(_)) = (&arguments.save, &inventory.reach) {
        let text = live::saved::write(&inventory, surroundings.now);
        if let Err(error) = desk.repository.write(&surroundings.cwd.join(file), text.as_bytes()) {
            return Ok(refuse(format!("the inventory `{}` cannot be written: {error}", file.display())));
        }
    }
    let drift = match &inventory.reach {
        Some(reach) if !arguments.against.is_empty() => {
            let drifts = rules::compare(&inventory.keys, &declared.keys, &scope(arguments, reach, &inventory));
            crate::check::with_paths(&desk.repository, &sources, |paths| rules::drift_findings(&drifts, paths))
        }
        _ => Vec::new(),
    };
    inventory.problems.append(&mut problems);
    let declared_keys = declared.keys.clone();
    inventory.absorb(Inventory { keys: Vec::new(), ..declared });
    let input = policy::Input { inventory, drift, declared: declared_keys };
    let outcome = desk.judge(input, &config, clock.now, &arguments.policy, &sources);
    desk.finish(&outcome, &config, &arguments.policy, clock, &sources)
}

/// What the arguments ask of the audit.
fn request(arguments: &Live, surroundings: &Surroundings, fresh_days: i64) -> live::Request {
    let path = |path: &PathBuf| surroundings.cwd.join(path);
    live::Request {
        env: surroundings.env.clone(),
        home: surroundings.var("HOME").or_else(|| surroundings.var("USERPROFILE")).map(PathBuf::from),
        now: surroundings.now,
        clock: Arc::new(Machine(Instant::now())),
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
        deadline: live::DEFAULT_DEADLINE,
        connections: CONNECTIONS,
        timeouts: Timeouts::default(),
        thorough: arguments.save.is_some() || !arguments.against.is_empty(),
        fresh_days,
    }
}

/// Nothing is missing from where nobody looked.
fn scope(arguments: &Live, reach: &Reach, inventory: &Inventory) -> Scope {
    Scope {
        regions: reach.regions.clone(),
        compartments: reach.compartments.clone(),
        unread: inventory.not_audited.iter().map(|part| part.ocid.clone()).collect(),
        all_unmanaged: arguments.all_unmanaged,
    }
}

/// The machine's time.
struct Machine(Instant);

impl Clock for Machine {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// Shows a person how far the audit is.
struct Watcher {
    line: ProgressLine,
}

impl Progress for Watcher {
    fn step(&self, what: &str, done: usize, total: usize) {
        let filled = done * BAR / total.max(1);
        self.line.show(done >= total, || format!("[{}{}] {what} {done}/{total}", "=".repeat(filled), " ".repeat(BAR - filled)));
    }

    fn warn(&self, sentence: &str) {
        self.line.clear();
        complain(format!("warning: {}\n", report::clean(sentence)).as_bytes());
    }
}
