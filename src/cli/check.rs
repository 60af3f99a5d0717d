//! `kmslint check`: what the arguments mean, the pipeline, the reports, the exit code.

use super::args::{Check, FailOn, Fix, Inputs, Policy, Reporting, Terminal};
use super::format::{self, Target};
use super::surroundings::{Surroundings, complain, print};
use super::{Exit, inputs};
use crate::base::{Place, Problem, ProblemKind, Repository, Sources, disk};
use crate::check::{self, Decisions, Document};
use crate::key::Inventory;
use crate::live;
use crate::plan::{self, Recognised};
use crate::policy::{self, Config, Outcome, config};
use crate::report;
use crate::rules::{self, Level};
use crate::terraform;
use clap::ArgMatches;
use jiff::Timestamp;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many bytes of a file tell what it is.
const HEAD: usize = 64 << 10;

/// Runs the subcommand.
pub fn run(arguments: &Check, matches: &ArgMatches, surroundings: &Surroundings) -> io::Result<Exit> {
    let started = Instant::now();
    let desk = match Desk::new(&arguments.report, &arguments.policy, &arguments.terminal, surroundings, arguments.inputs.chdir.as_deref()) {
        Ok(desk) => desk,
        Err(said) => return Ok(refuse(&said)),
    };
    let base = inputs::base(&arguments.inputs, surroundings);
    let (config, mut problems) = desk.config(&arguments.policy, &base, &arguments.paths);
    let wanted = Wanted {
        paths: &arguments.paths,
        inputs: &arguments.inputs,
        matches,
        source: arguments.source.as_deref(),
        changed_only: arguments.changed_only,
    };
    let (mut inventory, is_configuration) = match read(&desk, &wanted, &config, surroundings, started, arguments.terminal.quiet) {
        Ok(read) => read,
        Err(said) => return Ok(refuse(&said)),
    };
    inventory.problems.append(&mut problems);
    if inventory.files == 0 && is_configuration && inventory.problems.is_empty() && !arguments.terminal.quiet {
        let names: Vec<_> = arguments.paths.iter().map(|path| format!("`{}`", report::clean(&path.to_string_lossy()))).collect();
        complain(format!("note: there is no Terraform configuration in {}\n", names.join(", ")).as_bytes());
    }
    let input = policy::Input { inventory, ..policy::Input::default() };
    desk.finish(input, &config, arguments.now.unwrap_or(surroundings.now), &arguments.policy, Some(&arguments.fix), started)
}

/// What is to be read: of `check` to be judged, of `live` to be compared with.
pub struct Wanted<'a> {
    /// Folders, configuration, plans, states, saved inventories; `-` is standard input.
    pub paths: &'a [PathBuf],
    /// Input of root modules.
    pub inputs: &'a Inputs,
    /// In which order it was typed.
    pub matches: &'a ArgMatches,
    /// `--source`.
    pub source: Option<&'a Path>,
    /// `--changed-only`.
    pub changed_only: bool,
}

/// Reads it, and tells whether configuration was among it.
///
/// # Errors
/// A sentence about a path or an input that cannot be meant.
pub fn read(
    desk: &Desk<'_>,
    wanted: &Wanted<'_>,
    config: &Config,
    surroundings: &Surroundings,
    started: Instant,
    quiet: bool,
) -> Result<(Inventory, bool), String> {
    let base = inputs::base(wanted.inputs, surroundings);
    let mut sorted = sort(wanted.paths, &base)?;
    let make = |paths: Vec<PathBuf>| inputs::request(wanted.inputs, wanted.matches, surroundings, paths);
    let request = make(std::mem::take(&mut sorted.configuration))?;
    let code = |folder: &Path| {
        let root = disk::canonical(folder).unwrap_or_else(|_| folder.to_path_buf());
        let request = make(vec![root.clone()]).unwrap_or_else(|_| terraform::Request::new(surroundings.cwd.clone(), vec![root.clone()]));
        terraform::Request { exclude: Box::new(move |path| path != root), ..request }
    };
    let documents = sorted.documents(wanted.source, &base, config, &surroundings.cwd);
    let progress = progress(started, surroundings.err_is_terminal && !quiet);
    let asked = check::Request {
        terraform: (!request.paths.is_empty()).then(|| terraform::Request { exclude: excluder(config, &surroundings.cwd), ..request }),
        code: &code,
        documents,
        plan: plan::Options { max_rotation_days: config.max_rotation_days, progress: Some(&progress) },
        changed_only: wanted.changed_only,
    };
    let is_configuration = asked.terraform.is_some();
    let mut inventory = check::read(asked, &desk.sources);
    inventory.absorb(sorted.saved);
    inventory.problems.append(&mut sorted.problems);
    Ok((inventory, is_configuration))
}

/// Says what is wrong with the command line.
pub fn refuse(said: &str) -> Exit {
    complain(format!("error: {said}\n").as_bytes());
    Exit::Trouble
}

/// What the arguments that `check` and `live` share mean.
pub struct Desk<'a> {
    /// The texts.
    pub sources: Arc<Sources>,
    /// The repository around the working directory.
    pub repository: Repository,
    /// What the command line decides.
    pub options: policy::Options,
    targets: Vec<Target>,
    reporting: &'a Reporting,
    terminal: &'a Terminal,
    surroundings: &'a Surroundings,
}

impl<'a> Desk<'a> {
    /// Reads the shared arguments.
    ///
    /// # Errors
    /// A sentence about the first that does not fit.
    pub fn new(
        reporting: &'a Reporting,
        policy: &Policy,
        terminal: &'a Terminal,
        surroundings: &'a Surroundings,
        chdir: Option<&Path>,
    ) -> Result<Self, String> {
        if let Some(chdir) = chdir
            && !disk::is_dir(&surroundings.cwd.join(chdir))
        {
            return Err(format!("`--chdir {}`: there is no such folder", chdir.display()));
        }
        let mut options = policy::Options { no_exemptions: policy.no_exemptions, strict: reporting.strict, ..policy::Options::default() };
        for text in &reporting.levels {
            let (rule, level) = level(text)?;
            options.levels.insert(rule, level);
        }
        options.fail_on = reporting.fail_on.map(|level| match level {
            FailOn::Error => policy::FailOn::At(Level::Error),
            FailOn::Warning => policy::FailOn::At(Level::Warning),
            FailOn::Note => policy::FailOn::At(Level::Note),
            FailOn::Never => policy::FailOn::Never,
        });
        Ok(Self {
            sources: Arc::new(Sources::default()),
            repository: Repository::around(&surroundings.cwd),
            options,
            targets: format::targets(&reporting.formats)?,
            reporting,
            terminal,
            surroundings,
        })
    }

    /// The config file: the one named, or the nearest upwards from the first input.
    pub fn config(&self, policy: &Policy, base: &Path, inputs: &[PathBuf]) -> (Config, Vec<Problem>) {
        let nearest = || {
            let input = inputs.iter().find(|path| path.as_os_str() != "-");
            config::locate(&input.map_or_else(|| base.to_path_buf(), |path| base.join(path)))
        };
        let path = match &policy.config {
            Some(path) => Some(path.clone()),
            None if policy.no_config => None,
            None => nearest(),
        };
        let cwd = disk::canonical(&self.surroundings.cwd).unwrap_or_else(|_| self.surroundings.cwd.clone());
        path.map_or_else(Default::default, |path| config::read(&self.sources, path.strip_prefix(&cwd).unwrap_or(&path)))
    }

    /// Judges what was read, writes what is to be written, and says how it ended.
    ///
    /// # Errors
    /// What the system says about standard output.
    pub fn finish(
        self,
        input: policy::Input,
        config: &Config,
        now: Timestamp,
        policy: &Policy,
        fix: Option<&Fix>,
        started: Instant,
    ) -> io::Result<Exit> {
        let mut problems = Vec::new();
        let baseline =
            policy.baseline.as_ref().and_then(|path| policy::baseline::read(path).map_err(|problem| problems.push(*problem)).ok());
        let decisions = Decisions { config, baseline: baseline.as_ref(), options: &self.options, now, repository: &self.repository };
        let mut input = input;
        input.inventory.problems.append(&mut problems);
        let outcome = check::judge(input, &decisions, &self.sources);
        if let Some(path) = &policy.write_baseline {
            return self.write_baseline(path, &outcome);
        }
        if let Some(fix) = fix.filter(|fix| fix.fix || fix.unsafe_fixes || fix.diff) {
            let _ = fix;
        }
        let exit = exit_of(&outcome, policy::fail_on(config, &self.options));
        let written = self.report(&outcome, exit, now, started)?;
        Ok(exit.max(written))
    }

    /// `--write-baseline`: today's findings, accepted. What could not be looked at is still trouble.
    fn write_baseline(&self, path: &Path, outcome: &Outcome) -> io::Result<Exit> {
        let text = check::with_paths(&self.repository, &self.sources, |paths| policy::baseline::write(outcome, paths));
        self.complain_of(outcome)?;
        if let Err(error) = disk::replace(&self.surroundings.cwd.join(path), text.as_bytes(), None) {
            return Ok(refuse(&format!("the baseline `{}` cannot be written: {error}", path.display())));
        }
        if !self.terminal.quiet {
            let count: usize = outcome.findings.iter().map(|finding| finding.instances.len()).sum();
            complain(format!("{count} findings accepted in `{}`\n", path.display()).as_bytes());
        }
        Ok(if outcome.problems.is_empty() { Exit::Clean } else { Exit::Trouble })
    }

    /// Writes every report. A file is complete or untouched.
    fn report(&self, outcome: &Outcome, exit: Exit, now: Timestamp, started: Instant) -> io::Result<Exit> {
        self.complain_of(outcome)?;
        let provenance = self.repository.provenance();
        let mut ended = Exit::Clean;
        for target in &self.targets {
            let to_terminal = target.file.is_none();
            let context = report::Context {
                sources: &self.sources,
                color: to_terminal && self.surroundings.color(self.terminal, self.surroundings.out_is_terminal),
                now,
                elapsed: Some(started.elapsed()),
                show_passes: self.reporting.show_passes,
                quiet: self.terminal.quiet,
                repository_path: &|path| self.repository.path(path),
                in_repository: &|path| self.repository.contains(path),
                provenance: provenance.as_ref(),
                fixes: &|_| Vec::new(),
                include_suppressed: self.reporting.sarif_include_suppressed,
                exit_code: exit.code(),
            };
            let mut text = Vec::new();
            report::write(target.format, outcome, &context, &mut text)?;
            match &target.file {
                None => print(&text)?,
                Some(path) => {
                    if let Err(error) = disk::replace(&self.surroundings.cwd.join(path), &text, None) {
                        ended = refuse(&format!("the report `{}` cannot be written: {error}", path.display()));
                    }
                }
            }
        }
        Ok(ended)
    }

    /// Problems, notices and, with `--verbose`, what was used: to standard error.
    fn complain_of(&self, outcome: &Outcome) -> io::Result<()> {
        let color = self.surroundings.color(self.terminal, self.surroundings.err_is_terminal);
        let notices = if self.terminal.quiet { &[] } else { outcome.notices.as_slice() };
        let mut text = Vec::new();
        report::problems_and_notices(&outcome.problems, notices, &self.sources, color, &mut text)?;
        for part in &outcome.not_audited {
            writeln!(text, "not audited: {} {} in {}: {}", part.what, part.ocid, part.region, report::clean(&part.why))?;
        }
        if !self.terminal.quiet {
            for module in &outcome.modules_not_followed {
                let at = report::place(&module.place, &self.sources);
                writeln!(text, "note: {at}: {} was not followed: {}", report::clean(&module.address), report::clean(&module.why))?;
            }
        }
        if self.terminal.verbose {
            for line in &outcome.log {
                writeln!(text, "{}", report::clean(line))?;
            }
        }
        complain(&text);
        Ok(())
    }
}

/// 2 wins over 1.
fn exit_of(outcome: &Outcome, fail_on: policy::FailOn) -> Exit {
    if !outcome.problems.is_empty() || !outcome.not_audited.is_empty() {
        Exit::Trouble
    } else if outcome.fails(fail_on) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// `RULE=LEVEL`.
fn level(text: &str) -> Result<(&'static str, Level), String> {
    let (rule, word) = text.split_once('=').ok_or_else(|| format!("`--level {text}` is not of the form RULE=LEVEL"))?;
    let level = Level::read(word).ok_or_else(|| format!("`{word}` is no level; the levels are error, warning, note, off"))?;
    let id = rules::by_id(rule).map(|rule| rule.id).or_else(|| rules::ids().find(|id| id.eq_ignore_ascii_case(rule)));
    let id = id.ok_or_else(|| {
        let hint = policy::nearest(rule, rules::ids()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("there is no rule `{rule}`{hint} `kmslint explain` lists the rules")
    })?;
    Ok((id, level))
}

/// What is not looked at, by the config file.
fn excluder(config: &Config, cwd: &Path) -> Box<dyn Fn(&Path) -> bool + Sync + Send> {
    let folder = cwd.join(&config.folder);
    let (folder, config) = (disk::canonical(&folder).unwrap_or(folder), config.clone());
    Box::new(move |path| path.strip_prefix(&folder).is_ok_and(|inside| config.excludes(inside)))
}

/// The paths of a command line, told apart by what they are.
#[derive(Default)]
struct Sorted {
    /// Folders and configuration files.
    configuration: Vec<PathBuf>,
    /// Plans and states, and files that may be.
    documents: Vec<PathBuf>,
    /// What saved inventories of the service hold.
    saved: Inventory,
    /// What can be judged in no way.
    problems: Vec<Problem>,
}

/// Tells paths apart. A path that is not there is a mistake on the command line.
fn sort(paths: &[PathBuf], base: &Path) -> Result<Sorted, String> {
    let mut sorted = Sorted::default();
    for path in paths {
        let full = base.join(path);
        if path.as_os_str() == "-" {
            sorted.documents.push(path.clone());
        } else if disk::is_dir(&full) || is_configuration(path) {
            // A file that pre-commit names may be deleted already; its root is judged all the same.
            sorted.configuration.push(path.clone());
        } else {
            if let Err(error) = disk::open(&full) {
                return Err(format!("`{}` cannot be read: {error}", report::clean(&path.to_string_lossy())));
            }
            sorted.documents.push(path.clone());
        }
    }
    Ok(sorted)
}

/// Whether a file is configuration by its name: content cannot tell native syntax from other text.
fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    [".tf", ".tofu", ".tfvars", ".tf.json", ".tofu.json", ".tfvars.json"].iter().any(|end| name.ends_with(end))
}

impl Sorted {
    /// Opens plans and states; what is neither becomes a problem.
    fn documents(&mut self, source: Option<&Path>, base: &Path, config: &Config, cwd: &Path) -> Vec<Document> {
        let excluded = excluder(config, cwd);
        let mut documents = Vec::new();
        for path in std::mem::take(&mut self.documents) {
            let is_input = path.as_os_str() == "-";
            let full = base.join(&path);
            if !is_input && excluded(&disk::canonical(&full).unwrap_or_else(|_| full.clone())) {
                continue;
            }
            let name = if is_input { "<stdin>".to_owned() } else { disk::tidy(&path).to_string_lossy().into_owned() };
            let opened: io::Result<Box<dyn Read + Send>> = if is_input {
                Ok(Box::new(io::stdin()))
            } else {
                disk::open(&full).map(|(file, _)| Box::new(file) as Box<dyn Read + Send>).map_err(io::Error::other)
            };
            let place = Place::File(name.as_str().into());
            match opened.and_then(recognise) {
                Err(error) => self.problems.push(Problem::new(ProblemKind::Unreadable, format!("it cannot be read: {error}")).at(place)),
                Ok((Recognised::Refused(refusal), ..)) => {
                    self.problems.push(Problem::new(ProblemKind::Unparsable, refusal.what).at(place).help(refusal.help));
                }
                Ok((Recognised::OtherJson, input, true)) => match io::read_to_string(input.take(disk::CONFIG_CAP)) {
                    Ok(text) => self.saved.absorb(live::saved::read(&name, &text)),
                    Err(error) => {
                        self.problems.push(Problem::new(ProblemKind::Unreadable, format!("it cannot be read: {error}")).at(place))
                    }
                },
                Ok((Recognised::Other | Recognised::OtherJson | Recognised::Configuration, ..)) => {
                    let help = "kmslint reads folders and files of configuration (.tf, .tofu, .tfvars and their JSON forms), plans \
                                (`terraform show -json PLANFILE`), states, and inventories saved by `kmslint live --save`";
                    let problem = Problem::new(ProblemKind::Unparsable, "this is neither a plan nor a state in JSON");
                    self.problems.push(problem.at(place).help(help));
                }
                Ok((Recognised::Plan | Recognised::State | Recognised::RawState, input, _)) => {
                    documents.push(Document { name, input, sources: code_folders(source, base, &full, is_input) });
                }
            }
        }
        documents
    }
}

/// Reads the head of an input and puts it back in front; tells what it is, and whether it is a saved inventory of the service.
fn recognise(mut input: Box<dyn Read + Send>) -> io::Result<(Recognised, Box<dyn Read + Send>, bool)> {
    let mut head = Vec::new();
    (&mut input).take(HEAD as u64).read_to_end(&mut head)?;
    let recognised = plan::recognise(&head, Path::new(""));
    let is_saved = live::saved::is_saved(&head);
    Ok((recognised, Box::new(io::Cursor::new(head).chain(input)), is_saved))
}

/// Where the code of a document is looked for: `--source`, or the document's folder and then the working directory.
fn code_folders(source: Option<&Path>, base: &Path, document: &Path, is_input: bool) -> Vec<PathBuf> {
    match source {
        Some(folder) => vec![base.join(folder)],
        None if is_input => vec![base.to_path_buf()],
        None => vec![document.parent().unwrap_or(base).to_path_buf(), base.to_path_buf()],
    }
}

/// Tells a person on a terminal how far the reading of a large document is, from the second second on.
fn progress(started: Instant, wanted: bool) -> impl Fn(u64) {
    let told = std::cell::Cell::new(Duration::from_secs(1));
    move |bytes| {
        let now = started.elapsed();
        if wanted && now >= told.get() {
            told.set(now + Duration::from_millis(200));
            complain(format!("\r{} MB read", bytes / 1_000_000).as_bytes());
        }
    }
}
