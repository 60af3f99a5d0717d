//! The part that `check` and `live` share: levels, config, checking, reports, exit code.

use super::Exit;
use super::args::{FailOnArgument, Policy, Reporting, Terminal};
use super::environment::{Environment, Output, print_through, write_stderr};
use super::error::CliError;
use super::format::{self, ReportTarget};
use crate::base::{Problem, Repository, Sources, disk};
use crate::check::{self, Decisions};
use crate::fix;
use crate::key::{NotAudited, NotRead, NotReadKind, SwitchedOff};
use crate::policy::{self, Config, Outcome, config};
use crate::report;
use crate::rules::{self, Level};
use jiff::Timestamp;
use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How many module calls that were not followed are listed; the rest is counted.
const MODULES_SHOWN: usize = 3;

/// With more findings than this, reports contain no fixes, because all edits must be planned before the first is written. Tests use fewer.
const MAX_FINDINGS_WITH_FIXES: usize = if cfg!(test) { 10 } else { 50_000 };

/// With more findings than this, the human report does not count those that can be fixed, because planning the edits takes time.
const MAX_FINDINGS_FOR_FIX_COUNT: usize = 2_000;
/// The same limit for keys: each of them may be affected by an edit.
const MAX_KEYS_FOR_FIX_COUNT: usize = 20_000;

/// The times of a run.
#[derive(Clone, Copy)]
pub(super) struct RunTimes {
    /// The time to check by.
    pub now: Timestamp,
    /// When the run started.
    pub started: Instant,
}

/// Writes an error and returns the exit code.
pub(super) fn fail(message: impl Display) -> Exit {
    write_stderr(format!("error: {message}\n").as_bytes());
    Exit::Trouble
}

/// The shared arguments, interpreted.
pub(super) struct RunContext<'a> {
    /// The repository around the working directory.
    pub repository: Repository,
    /// What the command line decides.
    pub options: policy::PolicyOptions,
    targets: Vec<ReportTarget>,
    /// The command line as reports show it.
    command: String,
    reporting: &'a Reporting,
    /// The terminal's options.
    pub terminal: &'a Terminal,
    /// The environment of the process.
    pub environment: &'a Environment,
}

impl<'a> RunContext<'a> {
    /// Interprets the shared arguments.
    ///
    /// # Errors
    /// The first argument that is invalid.
    pub(super) fn new(
        reporting: &'a Reporting,
        policy: &Policy,
        terminal: &'a Terminal,
        environment: &'a Environment,
        inputs: &[PathBuf],
        command: String,
    ) -> Result<Self, CliError> {
        let mut options =
            policy::PolicyOptions { no_exemptions: policy.no_exemptions, strict: reporting.strict, ..policy::PolicyOptions::default() };
        for text in &reporting.levels {
            let (rule, level) = parse_level(text)?;
            options.levels.insert(rule, level);
        }
        options.fail_on = reporting.fail_on.map(|level| match level {
            FailOnArgument::Error => policy::FailOn::At(Level::Error),
            FailOnArgument::Warning => policy::FailOn::At(Level::Warning),
            FailOnArgument::Note => policy::FailOn::At(Level::Note),
            FailOnArgument::Never => policy::FailOn::Never,
        });
        let targets = format::targets(&reporting.formats)?;
        if reporting.statistics && !targets.iter().any(|target| target.format.name == report::Format::HUMAN.name) {
            return Err(CliError::StatisticsWithoutHuman);
        }
        let inputs: Vec<PathBuf> = inputs.iter().filter(|path| path.as_os_str() != "-").cloned().collect();
        Ok(Self { repository: Repository::of(&environment.cwd, &inputs), options, targets, command, reporting, terminal, environment })
    }

    /// Reads the config file: that of `--config`, or the nearest one in the parent directories of the first input.
    pub(super) fn config(&self, policy: &Policy, inputs: &[PathBuf], sources: &Sources) -> (Config, Vec<Problem>) {
        let cwd = &self.environment.cwd;
        let nearest = || {
            let input = inputs.iter().find(|path| path.as_os_str() != "-");
            config::locate(&input.map_or_else(|| cwd.clone(), |path| cwd.join(path)))
        };
        let cwd = disk::canonical(cwd).unwrap_or_else(|_| cwd.clone());
        let (config, problems) = match &policy.config {
            Some(path) => config::read(sources, &cwd.join(path), path.strip_prefix(&cwd).unwrap_or(path)),
            None if policy.no_config => Default::default(),
            None => nearest().map_or_else(Default::default, |real| {
                let shown = real.strip_prefix(&cwd).map_or_else(|_| real.clone(), Path::to_path_buf);
                config::read_found(sources, &real, &shown)
            }),
        };
        (Config { cli_exclude: policy.exclude.clone(), ..config }, problems)
    }

    /// Checks the input. If the baseline cannot be read, that becomes a problem.
    pub(super) fn check(&self, mut input: policy::Input, config: &Config, now: Timestamp, policy: &Policy, sources: &Sources) -> Outcome {
        let baseline = policy.baseline.as_ref().and_then(|path| match policy::baseline::read(&self.environment.cwd.join(path), path) {
            Ok(baseline) => Some(baseline),
            Err(problem) => {
                input.inventory.problems.push(*problem);
                None
            }
        });
        let decisions = Decisions { config, baseline: baseline.as_ref(), options: &self.options, now, repository: &self.repository };
        check::decide(input, &decisions, sources)
    }

    /// Writes the baseline or the reports, and returns the exit code.
    ///
    /// # Errors
    /// Writing to standard output failed.
    pub(super) fn finish(
        &self,
        outcome: &Outcome,
        config: &Config,
        policy: &Policy,
        clock: RunTimes,
        sources: &Sources,
    ) -> io::Result<Exit> {
        if let Some(path) = &policy.write_baseline {
            return self.write_baseline(path, outcome, sources);
        }
        let exit = exit_of(outcome, policy::fail_on(config, &self.options));
        let written = self.report(outcome, exit, (config, policy), clock, sources)?;
        if !self.terminal.quiet {
            write_stderr(report::hsm_note(outcome, self.terminal.verbose).as_bytes());
        }
        Ok(exit.max(written))
    }

    /// `--write-baseline`: accepts the current findings. Problems still fail the run.
    fn write_baseline(&self, path: &Path, outcome: &Outcome, sources: &Sources) -> io::Result<Exit> {
        let (text, count) = check::with_paths(&self.repository, sources, |paths| policy::baseline::write(outcome, paths));
        self.print_problems(outcome, sources)?;
        if let Err(error) = self.repository.write(&self.environment.cwd.join(path), text.as_bytes()) {
            return Ok(fail(format!("cannot write the baseline `{}`: {error}", path.display())));
        }
        if !self.terminal.quiet {
            write_stderr(format!("{} accepted in `{}`\n", report::count(count, "finding", "findings"), path.display()).as_bytes());
        }
        Ok(if outcome.problems.is_empty() { Exit::Clean } else { Exit::Trouble })
    }

    /// Writes all reports. A file is either written completely or not changed.
    fn report(
        &self,
        outcome: &Outcome,
        exit: Exit,
        (config, policy): (&Config, &Policy),
        clock: RunTimes,
        sources: &Sources,
    ) -> io::Result<Exit> {
        self.print_problems(outcome, sources)?;
        // Fixes and commit are determined only if a report contains them.
        let is_needed = |carries: fn(&report::Format) -> bool| self.targets.iter().any(|target| carries(target.format));
        let provenance = is_needed(|format| format.carries_commit).then(|| self.repository.provenance()).flatten();
        let carries_fixes = is_needed(|format| format.carries_fixes);
        let is_too_large = outcome.findings.len() > MAX_FINDINGS_WITH_FIXES;
        if carries_fixes && is_too_large {
            let text = format!(
                "note: the reports carry no fixes, because there are more than {MAX_FINDINGS_WITH_FIXES} findings; `--fix` applies them\n"
            );
            write_stderr(text.as_bytes());
        }
        let fixes =
            if carries_fixes && !is_too_large { self.fixes(outcome, config, clock.now, true, sources) } else { fix::FixPlan::default() };
        let counts_fixes = !self.terminal.quiet && is_needed(|format| format.counts_fixes);
        let fixable =
            (counts_fixes && outcome.findings.len() <= MAX_FINDINGS_FOR_FIX_COUNT && outcome.keys.len() <= MAX_KEYS_FOR_FIX_COUNT)
                .then(|| self.fixable(outcome, config, clock.now, sources));
        let link = |path: &str| self.environment.file_url(path);
        let terminal = self.environment.screen(Output::Out, self.terminal, &link);
        let no_screen = report::Screen { color: false, columns: None, link: None };
        let files_url = self.environment.files_url();
        // In the report of a plan, hundreds of thousands of findings have the same path.
        let last: RefCell<Option<(String, String)>> = RefCell::default();
        let repository_path = |path: &str| {
            let mut last = last.borrow_mut();
            last.take_if(|(known, _)| known != path);
            last.get_or_insert_with(|| (path.to_owned(), self.repository.path(path))).1.clone()
        };
        let mut written = Exit::Clean;
        for target in &self.targets {
            let to_terminal = target.file.is_none();
            let context = report::ReportContext {
                sources,
                screen: if to_terminal { &terminal } else { &no_screen },
                fixable,
                has_baseline: policy.baseline.is_some(),
                now: clock.now,
                // The same input must produce the same bytes, except on a terminal.
                elapsed: (to_terminal && self.environment.out_is_terminal).then(|| clock.started.elapsed()),
                show_passes: self.reporting.show_passes,
                quiet: self.terminal.quiet,
                repository_path: &repository_path,
                in_repository: &|path| self.repository.contains(path),
                provenance: provenance.as_ref(),
                fixes: &|finding| fixes.edits_of(finding).cloned().collect(),
                include_suppressed: self.reporting.sarif_include_suppressed,
                exit_code: exit.code(),
                statistics: self.reporting.statistics,
                command: &self.command,
                files_url: files_url.as_deref(),
                verbose: self.terminal.verbose,
            };
            match &target.file {
                // Write directly: large reports must not be in memory.
                None => print_through(|out| report::write(target.format, outcome, &context, out))?,
                Some(path) => {
                    let write = |out: &mut dyn Write| report::write(target.format, outcome, &context, out);
                    if let Err(error) = self.repository.write_through(&self.environment.cwd.join(path), write) {
                        written = fail(format!("cannot write the report `{}`: {error}", path.display()));
                    }
                }
            }
        }
        Ok(written)
    }

    /// Plans the edits that fix the findings.
    pub(super) fn fixes(&self, outcome: &Outcome, config: &Config, now: Timestamp, unsafe_fixes: bool, sources: &Sources) -> fix::FixPlan {
        let keys: Vec<_> = outcome.keys.iter().map(|key| &*key.facts).collect();
        let settings = config.settings(now);
        fix::edits(&outcome.findings, &keys, sources, &fix::FixOptions::new(unsafe_fixes, settings, &outcome.problems, sources))
    }

    /// Counts the violations that can be fixed, without and with unsafe fixes.
    fn fixable(&self, outcome: &Outcome, config: &Config, now: Timestamp, sources: &Sources) -> report::Fixable {
        let violations = |unsafe_fixes| -> usize {
            let plan = self.fixes(outcome, config, now, unsafe_fixes, sources);
            let fixed = outcome.findings.iter().filter(|finding| finding.verdict == "violation" && plan.edits_of(finding).next().is_some());
            fixed.map(|finding| finding.instances.len()).sum()
        };
        let safe = violations(false);
        report::Fixable { safe, with_unsafe: violations(true).saturating_sub(safe) }
    }

    /// Writes problems, notices and, with `--verbose`, what was used to standard error.
    pub(super) fn print_problems(&self, outcome: &Outcome, sources: &Sources) -> io::Result<()> {
        let link = |path: &str| self.environment.file_url(path);
        let screen = self.environment.screen(Output::Err, self.terminal, &link);
        let notices = if self.terminal.quiet { &[] } else { outcome.notices.as_slice() };
        let mut text = Vec::new();
        report::write_problems_and_notices(&outcome.problems, notices, sources, &screen, self.terminal.verbose, &mut text)?;
        list_not_audited(&outcome.not_audited, self.terminal.verbose, &mut text)?;
        if self.terminal.quiet {
            // A values file that was passed but had no effect is reported even with `--quiet`.
            let is_passed = |one: &&NotRead| one.kind == NotReadKind::ValuesFile && one.may_hide_keys;
            let passed: Vec<NotRead> = outcome.not_read.iter().filter(is_passed).cloned().collect();
            list_not_read(&passed, false, &mut text)?;
        } else {
            self.list_modules_not_followed(outcome, sources, &mut text)?;
            list_switched_off(&outcome.switched_off, sources, &mut text)?;
            list_not_read(&outcome.not_read, self.terminal.verbose, &mut text)?;
            let is_read = outcome.modules_not_followed.is_empty() && !outcome.not_read.iter().any(|one| one.may_hide_keys);
            let is_complete = is_read && outcome.problems.is_empty() && outcome.not_audited.is_empty() && outcome.switched_off.is_empty();
            if outcome.keys.is_empty() && outcome.files > 0 && is_complete {
                writeln!(text, "note: no `oci_kms_key` in {}", report::count(outcome.files, "file", "files"))?;
            }
        }
        if self.terminal.verbose {
            for line in &outcome.log {
                writeln!(text, "{}", report::clean(line))?;
            }
        }
        write_stderr(&text);
        Ok(())
    }

    /// Lists module calls that were not followed. A large repository has dozens, so the list is short; the reports contain all of them.
    fn list_modules_not_followed(&self, outcome: &Outcome, sources: &Sources, text: &mut Vec<u8>) -> io::Result<()> {
        let modules = outcome.calls_not_followed();
        let shown = if self.terminal.verbose || modules.len() <= MODULES_SHOWN + 1 { modules.len() } else { MODULES_SHOWN };
        for one in modules.iter().take(shown) {
            let (at, module) = (report::place(&one.call.place, sources), one.call);
            let (address, why) = (report::clean(&module.address), report::clean(&module.why));
            writeln!(text, "note: {at}: {address} was not followed: {why}{}", one.roots())?;
        }
        if shown < modules.len() {
            let more = modules.len() - shown;
            writeln!(text, "note: … and {more} more (`--verbose` lists them); run `terraform init` or check the plan")?;
        }
        Ok(())
    }
}

/// Lists what was not audited, one line for each reason: an interrupted audit may leave thousands of keys.
fn list_not_audited(parts: &[NotAudited], is_verbose: bool, text: &mut Vec<u8>) -> io::Result<()> {
    let mut parts: Vec<&NotAudited> = parts.iter().collect();
    parts.sort_by_key(|part| (&part.region, part.what, &part.why));
    for same in parts.chunk_by(|a, b| (&a.region, a.what, &a.why) == (&b.region, b.what, &b.why)) {
        let Some(first) = same.first() else { continue };
        let shown = if is_verbose { same.len() } else { MODULES_SHOWN };
        let names: Vec<_> = same.iter().take(shown).map(|part| report::clean(&part.ocid)).collect();
        let (what, more) = match same.len() {
            1 => (first.what.to_owned(), String::new()),
            number if number > shown => (format!("{number} {}s", first.what), format!(" and {} more", number - shown)),
            number => (format!("{number} {}s", first.what), String::new()),
        };
        writeln!(
            text,
            "not audited: {what} {}{more} in {}: {}",
            names.join(", "),
            report::clean(&first.region),
            report::clean(&first.why)
        )?;
    }
    Ok(())
}

/// Lists blocks that create no key with these inputs.
fn list_switched_off(blocks: &[SwitchedOff], sources: &Sources, text: &mut Vec<u8>) -> io::Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    let create = if blocks.len() == 1 { "creates" } else { "create" };
    let shown: Vec<String> = blocks
        .iter()
        .take(MODULES_SHOWN)
        .map(|block| {
            let at = report::place(&block.place, sources);
            format!("`{}` ({}, {})", report::clean(&block.address), report::clean(&at), report::clean(&block.why))
        })
        .collect();
    let more = blocks.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let count = report::count(blocks.len(), "`oci_kms_key` block", "`oci_kms_key` blocks");
    writeln!(text, "note: {count} {create} no key with these inputs: {}{more}", shown.join(", "))
}

/// Lists what was found but not read, one line for each kind and reason.
fn list_not_read(all: &[NotRead], is_verbose: bool, text: &mut Vec<u8>) -> io::Result<()> {
    let mut all: Vec<&NotRead> = all.iter().collect();
    // Reports list them by path; here they are grouped by kind and reason.
    all.sort_by_key(|one| (one.kind, one.may_hide_keys, &one.why));
    for same in all.chunk_by(|a, b| (a.kind, &a.why) == (b.kind, &b.why)) {
        let Some(first) = same.first() else { continue };
        let (one, many) = first.kind.nouns();
        let was = if same.len() == 1 { "was" } else { "were" };
        let done = first.kind.participle();
        let shown = if is_verbose { same.len() } else { MODULES_SHOWN };
        let names: Vec<_> = same.iter().take(shown).map(|one| format!("`{}`", report::clean(&one.path))).collect();
        let more = same.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let count = report::count(same.len(), one, many);
        let why = match (first.kind, same.len()) {
            (NotReadKind::ValuesFile, 2..) => first.why.replace("pass it to check it", "pass them to check them"),
            _ => first.why.clone(),
        };
        writeln!(text, "note: {count} {was} not {done}: {}{more}; {}", names.join(", "), report::clean(&why))?;
    }
    Ok(())
}

/// The exit code of an outcome. Problems take precedence over findings.
pub(super) fn exit_of(outcome: &Outcome, fail_on: policy::FailOn) -> Exit {
    if !outcome.problems.is_empty() || !outcome.not_audited.is_empty() {
        Exit::Trouble
    } else if outcome.fails(fail_on) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// Parses `RULE=LEVEL`.
fn parse_level(text: &str) -> Result<(&'static str, Level), CliError> {
    let (rule, word) = text.split_once('=').ok_or_else(|| CliError::NotRuleLevel(text.to_owned()))?;
    let level = Level::read(word).ok_or_else(|| CliError::UnknownLevel(word.to_owned()))?;
    let id = rules::by_id(rule).map(|rule| rule.id).or_else(|| rules::ids().find(|id| id.eq_ignore_ascii_case(rule)));
    let id = id.ok_or_else(|| CliError::UnknownRule(rule.to_owned()))?;
    Ok((id, level))
}

#[cfg(test)]
mod tests {
    use super::super::fuzzing;
    use super::*;
    use std::collections::BTreeMap;

    /// The report on a root module with this many keys, each with one finding of OCI-KMS-004.
    fn report(format: &str, keys: usize) -> String {
        let directory = tempfile::tempdir().unwrap();
        let key = |at: usize| format!("resource \"oci_kms_key\" \"k{at}\" {{\n  protection_mode = \"HSM\"\n}}\n");
        std::fs::write(directory.path().join("main.tf"), (0..keys).map(key).collect::<String>()).unwrap();
        let path = directory.path().join("report");
        let target = format!("{format}={}", path.display());
        let words = ["kmslint", "--no-config", "--quiet", "--format", &target].map(str::to_owned);
        let others = rules::ALL.iter().filter(|rule| rule.id != rules::PROTECTION_MODE).map(|rule| format!("--level={}=off", rule.id));
        let words: Vec<String> = words.into_iter().chain(others).collect();
        assert_eq!(fuzzing::run(&words, BTreeMap::new(), directory.path()).unwrap(), 1);
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn reports_with_too_many_findings_contain_all_of_them_and_no_fix() {
        for format in report::Format::ALL.iter().filter(|format| format.carries_fixes) {
            let fixes = |keys: usize| {
                let text = report(format.name, keys);
                assert!(text.contains(&format!("oci_kms_key.k{}", keys - 1)), "{}: {text}", format.name);
                text.matches(r#""text": "\"SOFTWARE\"""#).count()
            };
            assert_eq!(
                (fixes(MAX_FINDINGS_WITH_FIXES), fixes(MAX_FINDINGS_WITH_FIXES + 1)),
                (MAX_FINDINGS_WITH_FIXES, 0),
                "{}",
                format.name
            );
        }
    }

    #[test]
    fn omitted_test_cases_are_counted_in_an_error() {
        let text = report("junit", 60);
        let cases = text.matches("<failure").count();
        assert!(cases > 0 && cases < 60, "{text}");
        assert!(text.contains(&format!("{} test cases are omitted", 60 - cases)) && text.matches("<error").count() == 1, "{text}");
        assert!(!report("junit", cases).contains("omitted"));
    }
}
