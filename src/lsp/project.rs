//! One workspace directory: what was read in it, and what there is to report.

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

/// What stale texts may take, in bytes, before everything is read again into fresh memory.
const MOST_STALE: usize = 64 << 20;

/// Makes a request for everything in a directory, with the inputs that the process was started with.
pub type MakeRequest = dyn Fn(&Path) -> ScanRequest + Send;

/// What a reading depends on in addition to the files.
pub(super) struct ReadingContext<'a> {
    /// Makes requests.
    pub make: &'a MakeRequest,
    /// Unsaved texts.
    pub overlay: Arc<Overlay>,
    /// The client's settings.
    pub settings: &'a EditorSettings,
    /// The time.
    pub now: Timestamp,
}

/// A workspace directory.
pub(super) struct Project {
    /// Its directory as the client names it.
    named: PathBuf,
    /// Its directory, links resolved.
    pub directory: PathBuf,
    /// Whether the directories in it are left out.
    is_alone: bool,
    repository: Repository,
    /// The texts that places point into.
    pub sources: Arc<Sources>,
    session: Option<Session>,
    /// The config file that holds.
    pub config: Config,
    config_path: Option<PathBuf>,
    config_problems: Vec<Problem>,
    /// What there is to report: first what is to be said of no single root module, then of those that share files.
    pub parts: Vec<ProjectPart>,
    /// The time by which everything was checked that changed last.
    now: Timestamp,
    /// How many bytes of texts were read that may not count.
    stale: usize,
}

impl Project {
    /// A directory that is read without those in it: the one of a document that is in no workspace directory and in no repository. It may be
    /// the root of the disk.
    pub(super) fn alone(named: PathBuf) -> Self {
        Self { is_alone: true, ..Self::new(named) }
    }

    /// A directory of which nothing was read yet.
    pub(super) fn new(named: PathBuf) -> Self {
        let directory = documents::real(&named);
        Self {
            repository: Repository::around(&directory),
            named,
            directory,
            is_alone: false,
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

    /// Whether a real path lies in it.
    pub(super) fn contains(&self, path: &Path) -> bool {
        if self.is_alone { path.parent() == Some(&*self.directory) } else { path.starts_with(&self.directory) }
    }

    /// Whether it was read.
    pub(super) fn is_read(&self) -> bool {
        self.session.is_some()
    }

    /// Reads everything.
    pub(super) fn read(&mut self, around: &ReadingContext<'_>) {
        self.sources = Arc::default();
        self.stale = 0;
        self.read_config(around);
        let request = self.request(around);
        let session = Session::open(&request, &self.sources);
        self.parts = Vec::new();
        self.check(&session, &[], around);
        self.session = Some(session);
    }

    /// Reads again what changed files belong to; `changed` holds their real paths. Whether there may be anything new to report.
    pub(super) fn renew(&mut self, changed: &[PathBuf], around: &ReadingContext<'_>) -> bool {
        let Some(mut session) = self.session.take() else { return false };
        let is_new = self.renew_session(&mut session, changed, around);
        self.session.get_or_insert(session);
        is_new
    }

    /// Renews what was read; a session is in its place where a new one was opened.
    fn renew_session(&mut self, session: &mut Session, changed: &[PathBuf], around: &ReadingContext<'_>) -> bool {
        let is_config = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| config::NAMES.contains(&name));
        let own: Vec<PathBuf> = changed.iter().filter(|path| path.starts_with(&self.directory) || session.reads(path)).cloned().collect();
        if own.is_empty() {
            return false;
        }
        let size = |path: &PathBuf| around.overlay.text(path).map_or(0, |text| text.len());
        self.stale += own.iter().map(size).sum::<usize>();
        // The config file decides what is excluded, and with that what the session reads at all.
        if own.iter().any(is_config) || self.stale > MOST_STALE {
            self.read(around);
            return true;
        }
        let request = request(&self.directory, &self.config, self.is_alone, around);
        match session.refresh(&request, &self.sources, &own) {
            Some(stale) => self.check(session, &stale, around),
            // The change may make other directories root modules.
            None => self.read(around),
        }
        true
    }

    /// What is asked of the front end.
    pub(super) fn request(&self, around: &ReadingContext<'_>) -> ScanRequest {
        request(&self.directory, &self.config, self.is_alone, around)
    }

    fn read_config(&mut self, around: &ReadingContext<'_>) {
        self.config_path = config::locate(&self.directory);
        let read = |real: &PathBuf| {
            let shown = real.strip_prefix(&self.directory).map_or_else(|_| real.clone(), Path::to_path_buf);
            match around.overlay.text(real) {
                Some(text) => config::parse(&self.sources, &shown, text.to_string()),
                None => config::read_found(&self.sources, real, &shown),
            }
        };
        (self.config, self.config_problems) = self.config_path.as_ref().map(read).unwrap_or_default();
    }

    /// Checks the parts with runs that were read again, and those that are new.
    fn check(&mut self, session: &Session, stale: &[usize], around: &ReadingContext<'_>) {
        self.now = around.now;
        let is_kept = |part: &ProjectPart| !part.runs.is_empty() && !part.runs.iter().any(|run| stale.binary_search(run).is_ok());
        // Parts that the change does not belong to are kept: to check 1,000 keys again took 31 ms with every keystroke.
        let old = std::mem::take(&mut self.parts).into_iter().filter(is_kept);
        let mut old: HashMap<Vec<usize>, ProjectPart> = old.map(|part| (part.runs.clone(), part)).collect();
        let mut rest = session.shared_inventory(&self.sources);
        rest.problems.extend(self.config_problems.iter().cloned());
        rest.problems.extend(self.unreadable(around));
        let options = policy::PolicyOptions::default();
        let (config, repository, sources) = (&self.config, &self.repository, &*self.sources);
        let decisions = Decisions { config, baseline: None, options: &options, now: self.now, repository };
        let decide = |inventory| check::decide(policy::Input { inventory, ..policy::Input::default() }, &decisions, sources);
        let one = |(runs, known): (Vec<usize>, Option<ProjectPart>)| {
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
            std::iter::once(rest).chain(parts.into_par_iter().map(one).collect::<Vec<_>>()).collect()
        });
    }

    /// Values files of the settings that are not files: a pipe would be waited for.
    fn unreadable(&self, around: &ReadingContext<'_>) -> Vec<Problem> {
        let all =
            around.settings.var_files.iter().flat_map(|(root, files)| files.iter().map(move |file| self.directory.join(root).join(file)));
        let not_files = all.filter(|path| !around.overlay.is_file(path));
        not_files
            .map(|path| Problem::new(ProblemKind::Unreadable, format!("`varFiles` names `{}`, which is not a file", path.display())))
            .collect()
    }

    /// The settings of the rules.
    pub(super) fn rules(&self) -> Settings {
        self.config.settings(self.now)
    }

    /// The absolute path of a text.
    pub(super) fn path(&self, source: &Source) -> PathBuf {
        self.full(source.path())
    }

    /// The absolute path of a path as shown.
    pub(super) fn full(&self, shown: &Path) -> PathBuf {
        disk::tidy(&self.directory.join(shown))
    }

    /// The file of a place, and its span where it is one in a text that the editor may show.
    pub(super) fn spot(&self, place: &Place) -> Option<(PathBuf, Option<Span>)> {
        match place {
            Place::Source(span) => {
                let source = self.sources.get(span.source);
                // Texts of the environment and the command line are no files.
                let is_file = !source.path().as_os_str().is_empty() && !source.path().to_string_lossy().starts_with('<');
                is_file.then(|| (self.path(&source), Some(*span)))
            }
            Place::Json(json) => Some((self.full(Path::new(&*json.file)), None)),
            Place::File(file) => Some((self.full(Path::new(&**file)), None)),
            Place::Cloud { .. } => None,
        }
    }

    /// A path in the directory as the client names it.
    pub(super) fn as_named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.directory).map_or_else(|_| path.to_path_buf(), |inside| self.named.join(inside))
    }

    /// Forgets what the client was shown, because its settings are others.
    pub(super) fn forget_diagnosed(&mut self) {
        self.parts.iter_mut().for_each(|part| part.diagnosed = OnceCell::new());
    }

    /// Whether a notice is on the config file.
    pub(super) fn is_of_config(&self, notice: &Notice) -> bool {
        let spot = notice.place.as_ref().and_then(|place| self.spot(place));
        spot.is_some_and(|(path, _)| self.holds_config(&path))
    }

    /// Whether a config file holds for it: its mistakes are among the problems.
    pub(super) fn holds_config(&self, path: &Path) -> bool {
        self.config_path.as_deref() == Some(path)
    }

    /// What was read.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }
}

fn request(directory: &Path, config: &Config, is_alone: bool, around: &ReadingContext<'_>) -> ScanRequest {
    let request = (around.make)(directory);
    let mut root_files = request.root_files.clone();
    for (root, files) in &around.settings.var_files {
        let root = documents::real(&directory.join(root));
        let paths = files.iter().map(|file| root.join(file)).filter(|path| around.overlay.is_file(path)).collect();
        root_files.insert(root, paths);
    }
    let alone = is_alone.then(|| directory.to_path_buf());
    let excluded = config.excluder(directory);
    let exclude = Box::new(move |path: &Path| alone.as_ref().is_some_and(|alone| path != alone) || excluded(path));
    ScanRequest { exclude, overlay: Arc::clone(&around.overlay), root_files, ..request }
}

/// Whether a file's text may matter to what is reported.
pub(super) fn is_relevant(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    FileName::of(name).is_some() || config::NAMES.contains(&name) || name.ends_with(".hcl")
}
