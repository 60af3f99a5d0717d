//! One workspace directory: what was read in it, and the outcome of the checks.

use super::documents;
use super::part::ProjectPart;
use super::settings::EditorSettings;
use crate::base::{FileName, Overlay, Place, Problem, ProblemKind, Repository, Source, Sources, Span, disk};
use crate::check::{self, Decisions};
use crate::policy::{self, Config, Notice, config};
use crate::rules::Settings;
use crate::terraform::{self, ScanRequest, Session};
use jiff::Timestamp;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes of outdated texts may be kept before everything is read again and their memory is freed.
const MAX_STALE: usize = 64 << 20;

/// Makes a request to scan a directory, with the inputs from the command line.
pub type MakeRequest = dyn Fn(&Path) -> ScanRequest + Send;

/// The inputs of a reading in addition to the files.
pub(super) struct ReadingContext<'a> {
    /// Makes requests.
    pub make: &'a MakeRequest,
    /// Unsaved texts.
    pub overlay: Arc<Overlay>,
    /// The client's settings.
    pub settings: &'a EditorSettings,
    /// The current time.
    pub now: Timestamp,
}

/// A workspace directory.
pub(super) struct Project {
    /// Its path as the client names it.
    client_path: PathBuf,
    /// Its path with links resolved.
    pub directory: PathBuf,
    /// Whether subdirectories are not read.
    is_single_directory: bool,
    repository: Repository,
    /// The texts that places point into.
    pub sources: Arc<Sources>,
    session: Option<Session>,
    /// The settings of the config file that applies.
    pub config: Config,
    config_path: Option<PathBuf>,
    config_problems: Vec<Problem>,
    /// The outcomes to report: first the part for everything outside of single root modules, then the groups of root modules that
    /// share files.
    pub parts: Vec<ProjectPart>,
    /// The time of the last check.
    now: Timestamp,
    /// How many bytes of texts may be outdated.
    stale: usize,
}

impl Project {
    /// A directory that is read without subdirectories, for a document outside of all workspace directories and repositories. It may be the
    /// root of the disk.
    pub(super) fn single_directory(client_path: PathBuf) -> Self {
        Self { is_single_directory: true, ..Self::new(client_path) }
    }

    /// A directory that is not read yet.
    pub(super) fn new(client_path: PathBuf) -> Self {
        let directory = documents::real_path(&client_path);
        Self {
            repository: Repository::around(&directory),
            client_path,
            directory,
            is_single_directory: false,
            sources: Arc::default(),
            session: None,
            config: Config::default(),
            config_path: None,
            config_problems: Vec::new(),
            parts: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            stale: 0,
        }
    }

    /// Whether a real path is in it.
    pub(super) fn contains(&self, path: &Path) -> bool {
        if self.is_single_directory { path.parent() == Some(&*self.directory) } else { path.starts_with(&self.directory) }
    }

    /// Whether it was read.
    pub(super) fn is_read(&self) -> bool {
        self.session.is_some()
    }

    /// Reads everything.
    pub(super) fn read(&mut self, context: &ReadingContext<'_>) {
        self.sources = Arc::default();
        self.stale = 0;
        self.read_config(context);
        let request = self.request(context);
        let session = Session::open(&request, &self.sources);
        self.parts = Vec::new();
        self.check(&session, &[], context);
        self.session = Some(session);
    }

    /// Reads again everything that changed files belong to; `changed` has their real paths. Returns whether there may be new diagnostics.
    pub(super) fn refresh(&mut self, changed: &[PathBuf], context: &ReadingContext<'_>) -> bool {
        let Some(mut session) = self.session.take() else { return false };
        let is_new = self.refresh_session(&mut session, changed, context);
        self.session.get_or_insert(session);
        is_new
    }

    /// Refreshes the session, or opens a new one in `self.session`.
    fn refresh_session(&mut self, session: &mut Session, changed: &[PathBuf], context: &ReadingContext<'_>) -> bool {
        let is_config = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| config::NAMES.contains(&name));
        let relevant: Vec<PathBuf> =
            changed.iter().filter(|path| path.starts_with(&self.directory) || session.reads(path)).cloned().collect();
        if relevant.is_empty() {
            return false;
        }
        let size = |path: &PathBuf| context.overlay.text(path).map_or(0, |text| text.len());
        self.stale += relevant.iter().map(size).sum::<usize>();
        // The config file decides which files are excluded, and so what the session reads.
        if relevant.iter().any(is_config) || self.stale > MAX_STALE {
            self.read(context);
            return true;
        }
        let request = request(&self.directory, &self.config, self.is_single_directory, context);
        match session.refresh(&request, &self.sources, &relevant) {
            Some(stale) => self.check(session, &stale, context),
            // The change may turn other directories into root modules.
            None => self.read(context),
        }
        true
    }

    /// The request to the front end.
    pub(super) fn request(&self, context: &ReadingContext<'_>) -> ScanRequest {
        request(&self.directory, &self.config, self.is_single_directory, context)
    }

    fn read_config(&mut self, context: &ReadingContext<'_>) {
        self.config_path = config::locate(&self.directory);
        let read = |real: &PathBuf| {
            let shown = real.strip_prefix(&self.directory).map_or_else(|_| real.clone(), Path::to_path_buf);
            match context.overlay.text(real) {
                Some(text) => config::parse(&self.sources, &shown, text.to_string()),
                None => config::read_found(&self.sources, real, &shown),
            }
        };
        (self.config, self.config_problems) = self.config_path.as_ref().map(read).unwrap_or_default();
    }

    /// Checks new parts, and parts with runs that were read again.
    fn check(&mut self, session: &Session, stale: &[usize], context: &ReadingContext<'_>) {
        self.now = context.now;
        let is_kept = |part: &ProjectPart| !part.runs.is_empty() && !part.runs.iter().any(|run| stale.binary_search(run).is_ok());
        // Unaffected parts are kept: checking 1,000 keys again took 31 ms with every keystroke.
        let old = std::mem::take(&mut self.parts).into_iter().filter(is_kept);
        let mut old: HashMap<Vec<usize>, ProjectPart> = old.map(|part| (part.runs.clone(), part)).collect();
        let mut rest = session.shared_inventory(&self.sources);
        rest.problems.extend(self.config_problems.iter().cloned());
        rest.problems.extend(self.unreadable(context));
        let options = policy::PolicyOptions::default();
        let (config, repository, sources) = (&self.config, &self.repository, &*self.sources);
        let decisions = Decisions { config, baseline: None, options: &options, now: self.now, repository };
        let decide = |inventory| check::decide(policy::Input { inventory, ..policy::Input::default() }, &decisions, sources);
        let check_part = |(runs, known): (Vec<usize>, Option<ProjectPart>)| {
            known.unwrap_or_else(|| {
                let outcome = decide(session.inventory(&runs, sources));
                ProjectPart::new(runs, outcome)
            })
        };
        let parts: Vec<_> = session
            .groups()
            .into_iter()
            .map(|runs| {
                let known = old.remove(&runs);
                (runs, known)
            })
            .collect();
        self.parts = terraform::deep(|| {
            let rest = ProjectPart::new(Vec::new(), decide(rest));
            std::iter::once(rest).chain(parts.into_par_iter().map(check_part).collect::<Vec<_>>()).collect()
        });
    }

    /// Problems for paths in the setting `varFiles` that are not regular files: reading a pipe would block.
    fn unreadable(&self, context: &ReadingContext<'_>) -> Vec<Problem> {
        let all =
            context.settings.var_files.iter().flat_map(|(root, files)| files.iter().map(move |file| self.directory.join(root).join(file)));
        let not_files = all.filter(|path| !context.overlay.is_file(path));
        not_files
            .map(|path| Problem::new(ProblemKind::Unreadable, format!("`varFiles` names `{}`, which is not a file", path.display())))
            .collect()
    }

    /// The settings of the rules.
    pub(super) fn rule_settings(&self) -> Settings {
        self.config.settings(self.now)
    }

    /// The absolute path of a text.
    pub(super) fn path(&self, source: &Source) -> PathBuf {
        self.absolute(source.path())
    }

    /// The absolute path of a path as shown.
    pub(super) fn absolute(&self, shown: &Path) -> PathBuf {
        disk::tidy(&self.directory.join(shown))
    }

    /// The file of a place, and its span if it has one; `None` if the editor cannot show it.
    pub(super) fn file_and_span(&self, place: &Place) -> Option<(PathBuf, Option<Span>)> {
        match place {
            Place::Source(span) => {
                let source = self.sources.get(span.source);
                // Texts of the environment and the command line are not files.
                let is_file = !source.path().as_os_str().is_empty() && !source.path().to_string_lossy().starts_with('<');
                is_file.then(|| (self.path(&source), Some(*span)))
            }
            Place::Json(json) => Some((self.absolute(Path::new(&*json.file)), None)),
            Place::File(file) => Some((self.absolute(Path::new(&**file)), None)),
            Place::Cloud { .. } => None,
        }
    }

    /// A path under the name that the client has for the directory.
    pub(super) fn as_client_path(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.directory).map_or_else(|_| path.to_path_buf(), |inside| self.client_path.join(inside))
    }

    /// Forgets the diagnostics of all parts, because the client's settings changed.
    pub(super) fn clear_diagnostics(&mut self) {
        self.parts.iter_mut().for_each(|part| part.diagnostics = OnceCell::new());
    }

    /// Whether a notice is about the config file.
    pub(super) fn is_about_config(&self, notice: &Notice) -> bool {
        let found = notice.place.as_ref().and_then(|place| self.file_and_span(place));
        found.is_some_and(|(path, _)| self.uses_config(&path))
    }

    /// Whether this is its config file, whose mistakes are among the problems.
    pub(super) fn uses_config(&self, path: &Path) -> bool {
        self.config_path.as_deref() == Some(path)
    }

    /// The session, if it was read.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }
}

fn request(directory: &Path, config: &Config, is_single_directory: bool, context: &ReadingContext<'_>) -> ScanRequest {
    let request = (context.make)(directory);
    let mut root_files = request.root_files.clone();
    for (root, files) in &context.settings.var_files {
        let root = documents::real_path(&directory.join(root));
        let paths = files.iter().map(|file| root.join(file)).filter(|path| context.overlay.is_file(path)).collect();
        root_files.insert(root, paths);
    }
    let only = is_single_directory.then(|| directory.to_path_buf());
    let excluded = config.excluder(directory);
    let exclude = Box::new(move |path: &Path| only.as_ref().is_some_and(|only| path != only) || excluded(path));
    ScanRequest { exclude, overlay: Arc::clone(&context.overlay), root_files, ..request }
}

/// Whether the text of a file may affect the diagnostics.
pub(super) fn is_relevant(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    FileName::of(name).is_some() || config::NAMES.contains(&name) || name.ends_with(".hcl")
}
