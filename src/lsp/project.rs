//! One workspace folder: what was read in it, and what there is to report.

use super::documents;
use super::settings::EditorSettings;
use crate::base::{FileName, Overlay, Place, Problem, ProblemKind, Repository, Source, Sources, Span, disk};
use crate::check::{self, Decisions};
use crate::fix::{self, Plan};
use crate::key::Inventory;
use crate::policy::{self, Config, Outcome, config};
use crate::terraform::{ScanRequest, Session};
use jiff::Timestamp;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What stale texts may take, in bytes, before everything is read again into fresh memory.
const MOST_STALE: usize = 64 << 20;

/// Makes a request for everything in a directory, with the inputs that the process was started with.
pub type MakeRequest = dyn Fn(&Path) -> ScanRequest + Send;

/// What a reading depends on besides the files.
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

/// A workspace folder.
pub(super) struct Project {
    /// Its directory as the client names it.
    named: PathBuf,
    /// Its directory, links resolved.
    pub directory: PathBuf,
    repository: Repository,
    /// The texts that places point into.
    pub sources: Arc<Sources>,
    session: Option<Session>,
    /// The config file that holds.
    pub config: Config,
    config_path: Option<PathBuf>,
    config_problems: Vec<Problem>,
    /// What there is to report.
    pub outcome: Outcome,
    /// The time by which it was checked.
    pub now: Timestamp,
    /// What `--fix` would do, and what `--unsafe-fixes` would; made when they are asked for.
    safe: OnceCell<Plan>,
    all: OnceCell<Plan>,
    /// How many bytes of texts were read that may not count any more.
    stale: usize,
}

impl Project {
    /// A folder of which nothing was read yet.
    pub(super) fn new(named: PathBuf) -> Self {
        let directory = documents::real(&named);
        Self {
            repository: Repository::around(&directory),
            named,
            directory,
            sources: Arc::default(),
            session: None,
            config: Config::default(),
            config_path: None,
            config_problems: Vec::new(),
            outcome: Outcome::default(),
            now: Timestamp::UNIX_EPOCH,
            safe: OnceCell::new(),
            all: OnceCell::new(),
            stale: 0,
        }
    }

    /// Whether a real path lies in it.
    pub(super) fn contains(&self, path: &Path) -> bool {
        path.starts_with(&self.directory)
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
        self.check(session.inventory(&self.sources), around);
        self.session = Some(session);
    }

    /// Reads again what changed files belong to; `changed` holds their real paths. Whether there may be anything new to report.
    pub(super) fn renew(&mut self, changed: &[PathBuf], around: &ReadingContext<'_>) -> bool {
        let Some(session) = &mut self.session else { return false };
        let is_config = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| config::NAMES.contains(&name));
        let own: Vec<PathBuf> = changed.iter().filter(|path| path.starts_with(&self.directory) || session.reads(path)).cloned().collect();
        if own.is_empty() {
            return false;
        }
        let size = |path: &PathBuf| around.overlay.text(path).map_or(0, |text| text.len());
        self.stale += own.iter().map(size).sum::<usize>();
        if own.iter().any(is_config) || self.stale > MOST_STALE {
            self.read(around);
            return true;
        }
        let request = request(&self.directory, &self.config, around);
        if !session.renew(&request, &self.sources, &own) {
            self.read(around);
            return true;
        }
        let inventory = session.inventory(&self.sources);
        self.check(inventory, around);
        true
    }

    /// What is asked of the front end.
    pub(super) fn request(&self, around: &ReadingContext<'_>) -> ScanRequest {
        request(&self.directory, &self.config, around)
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

    fn check(&mut self, mut inventory: Inventory, around: &ReadingContext<'_>) {
        inventory.problems.extend(self.config_problems.iter().cloned());
        inventory.problems.extend(self.unreadable(around));
        let options = policy::PolicyOptions::default();
        let decisions =
            Decisions { config: &self.config, baseline: None, options: &options, now: around.now, repository: &self.repository };
        let input = policy::Input { inventory, ..policy::Input::default() };
        self.outcome = check::judge(input, &decisions, &self.sources);
        self.now = around.now;
        (self.safe, self.all) = (OnceCell::new(), OnceCell::new());
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

    /// The edits of `--fix`.
    pub(super) fn safe_fixes(&self) -> &Plan {
        self.safe.get_or_init(|| self.fixes(false))
    }

    /// The edits of `--fix --unsafe-fixes`.
    pub(super) fn all_fixes(&self) -> &Plan {
        self.all.get_or_init(|| self.fixes(true))
    }

    fn fixes(&self, unsafe_fixes: bool) -> Plan {
        let keys: Vec<_> = self.outcome.keys.iter().map(|key| &*key.facts).collect();
        let settings = self.config.settings(self.now);
        fix::edits(
            &self.outcome.findings,
            &keys,
            &self.sources,
            &fix::FixOptions::new(unsafe_fixes, settings, &self.outcome.problems, &self.sources),
        )
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

    /// A path in the folder as the client names it.
    pub(super) fn as_named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.directory).map_or_else(|_| path.to_path_buf(), |inside| self.named.join(inside))
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

fn request(directory: &Path, config: &Config, around: &ReadingContext<'_>) -> ScanRequest {
    let request = (around.make)(directory);
    let mut root_files = request.root_files.clone();
    for (root, files) in &around.settings.var_files {
        let root = documents::real(&directory.join(root));
        let paths = files.iter().map(|file| root.join(file)).filter(|path| around.overlay.is_file(path)).collect();
        root_files.insert(root, paths);
    }
    ScanRequest { exclude: config.excluder(directory), overlay: Arc::clone(&around.overlay), root_files, ..request }
}

/// Whether a file's text may matter to what is reported.
pub(super) fn is_relevant(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    FileName::of(name).is_some() || config::NAMES.contains(&name) || name.ends_with(".hcl")
}
