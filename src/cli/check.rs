//! `kmslint check`: turns the arguments into a request and runs the pipeline; with `--fix`, again after the files are written.

use super::args::{Check, InputArguments};
use super::documents::sort_paths;
use super::environment::{Environment, write_stderr};
use super::error::CliError;
use super::invocation::Invocation;
use super::progress::ProgressLine;
use super::run_context::{RunContext, RunTimes, fail};
use super::{Exit, fix, inputs};
use crate::base::{Place, Problem, ProblemKind, Sources, disk};
use crate::check;
use crate::key::{Inventory, NotRead, NotReadKind};
use crate::plan;
use crate::policy::{self, Config};
use crate::report;
use crate::rules;
use crate::terraform;
use clap::ArgMatches;
use std::io;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long reading may take before a progress line is shown.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// Runs the subcommand.
pub(super) fn run(arguments: &Check, invocation: &Invocation, environment: &Environment) -> io::Result<Exit> {
    let clock = RunTimes { now: arguments.now.unwrap_or(environment.now), started: Instant::now() };
    let environment = match environment.changed_by(&arguments.inputs) {
        Ok(environment) => environment,
        Err(error) => return Ok(fail(error)),
    };
    let (command, matches) = (invocation.shown(), invocation.matches);
    let context = match RunContext::new(&arguments.report, &arguments.policy, &arguments.terminal, &environment, &arguments.paths, command)
    {
        Ok(context) => context,
        Err(error) => return Ok(fail(error)),
    };
    let read_inputs = || read_inputs(arguments, matches, &context, clock);
    let (input, config, sources) = match read_inputs() {
        Ok(inputs) => inputs,
        Err(error) => return Ok(fail(error)),
    };
    // The process exits after the report, so freeing hundreds of thousands of allocations would only take time.
    let outcome = ManuallyDrop::new(context.check(input, &config, clock.now, &arguments.policy, &sources));
    fix::note_unused_option(&arguments.fix);
    if !fix::is_wanted(&arguments.fix) {
        return context.finish(&outcome, &config, &arguments.policy, clock, &sources);
    }
    let check_again = || {
        let (input, config, sources) = read_inputs()?;
        Ok((context.check(input, &config, clock.now, &arguments.policy, &sources), sources))
    };
    match fix::run(&arguments.fix, &context, &outcome, (&config, clock.now), &sources, &check_again)? {
        fix::FixResult::Shown(exit) => Ok(exit),
        fix::FixResult::Written(Some(after)) => context.finish(&after.0, &config, &arguments.policy, clock, &after.1),
        fix::FixResult::Written(None) => context.finish(&outcome, &config, &arguments.policy, clock, &sources),
        fix::FixResult::Failed => Ok(Exit::Trouble),
    }
}

/// Everything that was read, the config that applies to it, and the sources.
type CheckInputs = (policy::Input, Config, Arc<Sources>);

/// Reads the config and the inputs.
fn read_inputs(arguments: &Check, matches: &ArgMatches, context: &RunContext<'_>, clock: RunTimes) -> Result<CheckInputs, CliError> {
    let sources = Arc::new(Sources::default());
    let (config, mut problems) = context.config(&arguments.policy, &arguments.paths, &sources);
    let selection = InputSelection {
        paths: &arguments.paths,
        inputs: &arguments.inputs,
        matches,
        source: arguments.source.as_deref(),
        changed_only: arguments.changed_only,
    };
    let (mut inventory, is_configuration) = read(context, &selection, &config, clock, &sources)?;
    inventory.problems.append(&mut problems);
    if inventory.files == 0
        && is_configuration
        && inventory.problems.is_empty()
        && inventory.not_read.is_empty()
        && !arguments.terminal.quiet
    {
        let names: Vec<_> = arguments.paths.iter().map(|path| format!("`{}`", report::clean(&path.to_string_lossy()))).collect();
        let excludes = !config.exclude.is_empty() || !config.cli_exclude.is_empty();
        let excluded = if excludes { " that is not excluded" } else { "" };
        write_stderr(format!("note: no Terraform configuration in {}{excluded}\n", names.join(", ")).as_bytes());
    }
    Ok((policy::Input { inventory, ..policy::Input::default() }, config, sources))
}

/// The inputs to read: `check` checks them, and `live` compares with them.
pub(super) struct InputSelection<'a> {
    /// Directories, configuration files, plans, states, saved inventories; `-` is standard input.
    pub paths: &'a [PathBuf],
    /// The input variables of root modules, and related options.
    pub inputs: &'a InputArguments,
    /// The parsed arguments, which have the order in which they were typed.
    pub matches: &'a ArgMatches,
    /// `--source`.
    pub source: Option<&'a Path>,
    /// `--changed-only`.
    pub changed_only: bool,
}

/// Reads the inputs. Also returns whether there is configuration among them.
///
/// # Errors
/// A path or an option is invalid.
pub(super) fn read(
    context: &RunContext<'_>,
    selection: &InputSelection<'_>,
    config: &Config,
    clock: RunTimes,
    sources: &Arc<Sources>,
) -> Result<(Inventory, bool), CliError> {
    let environment = context.environment;
    let base = &environment.cwd;
    let mut rejected = Inventory::default();
    let paths = accepted_paths(selection.paths, base, context, config, &mut rejected);
    let mut sorted = sort_paths(&paths, base)?;
    if let Some(source) = selection.source {
        if !disk::is_dir(&base.join(source)) {
            return Err(CliError::NoDirectory { option: "--source", path: source.to_path_buf() });
        }
        if !sorted.has_documents() {
            return Err(CliError::SourceWithoutDocument);
        }
    }
    let make = |paths: Vec<PathBuf>| inputs::request(selection.inputs, selection.matches, environment, paths);
    let request = make(std::mem::take(&mut sorted.configuration))?;
    let code = |directory: &Path| {
        let root = disk::canonical(directory).unwrap_or_else(|_| directory.to_path_buf());
        // The inputs were accepted above, and only the path differs.
        let request = make(vec![root.clone()]).unwrap_or_else(|_| terraform::ScanRequest::new(environment.cwd.clone(), vec![root.clone()]));
        terraform::ScanRequest { exclude: Box::new(move |path| path != root), ..request }
    };
    let documents = sorted.documents(selection.source, base, config);
    if selection.changed_only && !sorted.has_plan && sorted.problems.is_empty() {
        return Err(CliError::ChangedOnlyWithoutPlan);
    }
    let line =
        ProgressLine::new(environment.err_is_terminal && !context.terminal.quiet, environment.columns, clock.started + PROGRESS_DELAY);
    let progress = |bytes| line.show(false, || format!("{} MB read", bytes / 1_000_000));
    let check_request = check::CheckRequest {
        terraform: (!request.paths.is_empty()).then(|| terraform::ScanRequest { exclude: config.excluder(&environment.cwd), ..request }),
        code: &code,
        documents,
        plan: plan::PlanOptions { max_rotation_days: rules::max_rotation_days(&config.settings(clock.now)), progress: Some(&progress) },
        changed_only: selection.changed_only,
    };
    let is_configuration = check_request.terraform.is_some();
    let mut inventory = check::read(check_request, sources);
    line.clear();
    inventory.absorb(sorted.saved);
    inventory.absorb(rejected);
    inventory.problems.append(&mut sorted.problems);
    Ok((inventory, is_configuration))
}

/// The paths to read. The others go into `rejected`: excluded paths with a note, because the user named them, and links to files outside of
/// the repository with a problem, because pre-commit passes paths from an untrusted repository.
fn accepted_paths(paths: &[PathBuf], base: &Path, context: &RunContext<'_>, config: &Config, rejected: &mut Inventory) -> Vec<PathBuf> {
    let (excluded, cli_excluded) = (config.excluder(&context.environment.cwd), config.cli_excluder(&context.environment.cwd));
    let within = [context.repository.bounds().to_path_buf()];
    let accept = |path: &&PathBuf| {
        let full = base.join(path);
        let Ok(real) = disk::canonical(&full).map_err(drop).and_then(|real| if path.as_os_str() == "-" { Err(()) } else { Ok(real) })
        else {
            return true;
        };
        let shown = path.to_string_lossy().replace('\\', "/");
        if excluded(&real) {
            let by = if cli_excluded(&real) {
                "--exclude".into()
            } else {
                config.path.as_ref().map_or_else(Default::default, |path| path.to_string_lossy())
            };
            let why = format!("excluded by `{by}`");
            rejected.not_read.push(NotRead { path: shown, kind: NotReadKind::Excluded, why, may_hide_keys: false });
            return false;
        }
        let is_found = disk::tidy(&full).starts_with(context.repository.bounds());
        if is_found && (!disk::is_dir(&real) || context.repository.root().is_some()) && disk::escapes(&full, &within) {
            let problem = Problem::new(ProblemKind::Unreadable, format!("cannot read `{shown}`: it leads outside the repository"));
            rejected.problems.push(problem.at(Place::File(shown.into())).help("Pass the path that the link leads to"));
            return false;
        }
        true
    };
    let mut accept = accept;
    paths.iter().filter(|path| accept(path)).cloned().collect()
}
