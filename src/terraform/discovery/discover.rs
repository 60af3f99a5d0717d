//! Walks the paths of a request and reads the configuration files without parsing them. Directories that certainly have nothing to do with
//! keys are not processed further, so that the cost grows with the keys and not with the repository.

use super::calls::Manifest;
use super::directory::{PRUNED, ScannedDirectory, has_configuration, is_automatic, is_configuration, is_foreign_caller, is_values};
use super::hints::Hints;
use super::unread;
use crate::base::disk::{self, DirEntry, DiskError, OpenDirectory};
use crate::base::{Listing, Place, Problem, ProblemKind, walk_all};
use crate::key::NotRead;
use crate::terraform::request::{InputSource, ScanRequest, join_shown};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of a walk.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The hints of each directory with configuration, by its real path.
    pub hints: HashMap<PathBuf, Hints>,
    /// The files of these directories.
    pub directories: HashMap<PathBuf, ScannedDirectory>,
    /// The directories that were walked: the only ones that may be roots.
    pub walked: BTreeSet<PathBuf>,
    /// The manifests of installed modules, by root directory.
    pub manifests: HashMap<PathBuf, Manifest>,
    /// Directories with a lock file.
    pub locked: BTreeSet<PathBuf>,
    /// Directories whose trees have a key, or a call that cannot be followed and may have keys.
    pub candidates: BTreeSet<PathBuf>,
    /// Directories that the user passed.
    pub named: Vec<PathBuf>,
    /// Those of them that are roots even if something calls them.
    pub named_roots: BTreeSet<PathBuf>,
    /// Directories of the configuration files that the user passed.
    pub focus: BTreeSet<PathBuf>,
    /// Values files that the user passed and that Terraform does not load automatically, as they were passed.
    pub values: Vec<PathBuf>,
    /// Files that call modules in a language other than Terraform's, as full and shown paths.
    pub foreign: Vec<(PathBuf, PathBuf)>,
    /// Plans and states found by the walk.
    pub not_read: Vec<NotRead>,
    /// The number of configuration files.
    pub files: usize,
    /// Paths that could not be read.
    pub problems: Vec<Problem>,
}

/// The start of a walk.
struct WalkStart {
    real: PathBuf,
    shown: PathBuf,
}

/// One directory as listed.
struct ListedDirectory {
    directory: ScannedDirectory,
    /// The entries, if the files must be read later because some are links.
    unread: Option<Arc<[DirEntry]>>,
    has_data: bool,
    manifest: Option<Manifest>,
    is_locked: bool,
    foreign: Vec<(PathBuf, PathBuf)>,
    not_read: Vec<NotRead>,
    problem: Option<Problem>,
}

/// Walks the paths of a request.
pub(crate) fn scan(request: &ScanRequest) -> Scan {
    let mut scan = Scan::default();
    let starts = walk_starts(request, &mut scan);
    let tops: HashSet<&Path> = starts.iter().map(|start| start.real.as_path()).collect();
    let enter = |path: &Path| {
        let is_data = request.data_dir.as_ref().is_some_and(|data| path.ends_with(data) || path == data);
        let is_pruned = || path.file_name().is_some_and(|name| PRUNED.iter().any(|pruned| name == *pruned));
        // Another walk starts in this directory.
        let is_other_start = || tops.len() > 1 && tops.contains(path);
        !is_data && !is_pruned() && !is_other_start() && !(request.exclude)(path)
    };
    let mut walked = Vec::new();
    for start in &starts {
        let listed = walk_all(&start.real, enter, |listing| list_directory(listing, start, request));
        // The amount read through links is limited, so links are read in a fixed order that does not depend on threads.
        let (mut unread, read): (Vec<_>, Vec<_>) = listed.into_iter().partition(|listed| listed.unread.is_some());
        unread.sort_unstable_by(|a, b| a.directory.path.cmp(&b.directory.path));
        let completed = unread.into_iter().map(|listed| listed.complete(request));
        for ListedDirectory { directory, manifest, is_locked, foreign, not_read, problem, .. } in read.into_iter().chain(completed) {
            scan.problems.extend(problem);
            scan.foreign.extend(foreign);
            scan.not_read.extend(not_read);
            if directory.is_module() {
                walked.push(directory.path.clone());
                if is_locked {
                    scan.locked.insert(directory.path.clone());
                }
                scan.add_directory(directory, manifest);
            }
        }
    }
    // Comparing paths is slow: sort them on all threads, and build the set from the sorted list.
    walked.par_sort_unstable();
    scan.walked = walked.into_iter().collect();
    scan.foreign.sort();
    scan.problems.sort_by(|a, b| a.message.cmp(&b.message));
    scan
}

impl ListedDirectory {
    /// Reads the files that were left for later. Also counts the directory's other links, so that which of them are followed does not
    /// depend on threads.
    fn complete(mut self, request: &ScanRequest) -> Self {
        if let Some(entries) = self.unread.take() {
            let ScannedDirectory { path, shown, .. } = self.directory;
            let opened = OpenDirectory::open_listed(&path).ok();
            self.directory = ScannedDirectory::read(path, shown, &entries, opened.as_ref(), request);
            for entry in entries.iter().filter(|entry| is_link_to_read(entry)) {
                // A refusal is reported when the entry is read.
                let _ = request.directories.admit_linked(&self.directory.path.join(&entry.name));
            }
            self.read_manifest(request);
        }
        self
    }

    fn read_manifest(&mut self, request: &ScanRequest) {
        if self.has_data && self.directory.is_module() {
            self.manifest = Manifest::read(&self.directory.path, request);
        }
    }
}

impl Scan {
    /// Adds one root without a walk. The modules that it calls are read when they are needed.
    pub(crate) fn add_root(&mut self, root: &Path, request: &ScanRequest) {
        let directory = read_directory(root.to_path_buf(), request.shown(Path::new(".")), request);
        let manifest = Manifest::read(root, request);
        self.add_directory(directory, manifest);
    }

    /// Adds a directory.
    fn add_directory(&mut self, mut directory: ScannedDirectory, manifest: Option<Manifest>) {
        self.files += directory.files.len();
        directory.drop_irrelevant();
        if let Some(manifest) = manifest {
            self.manifests.insert(directory.path.clone(), manifest);
        }
        self.hints.insert(directory.path.clone(), directory.hints.clone());
        self.directories.insert(directory.path.clone(), directory);
    }
}

/// The directories to walk: those that the user passed, and for a file its repository, because its callers may be anywhere in it.
fn walk_starts(request: &ScanRequest, scan: &mut Scan) -> Vec<WalkStart> {
    let here = [PathBuf::from(".")];
    let paths = if request.paths.is_empty() { here.as_slice() } else { &request.paths };
    let mut starts = Vec::new();
    for path in paths {
        let full = request.cwd.join(path);
        let shown = request.shown(path);
        let missing = |error: &DiskError| {
            let text = shown.display().to_string();
            Problem::new(ProblemKind::Unreadable, format!("cannot read `{text}`: {error}")).at(Place::File(text.into()))
        };
        let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_terraform = is_configuration(&name) || is_values(&name);
        // A deleted file still represents its directory.
        let deleted = || disk::canonical(full.parent().filter(|_| is_terraform)?).ok().map(|directory| directory.join(&name));
        let Some(real) = disk::canonical(&full).ok().or_else(deleted) else {
            scan.problems.push(missing(&DiskError::Missing));
            continue;
        };
        if (request.exclude)(&real) {
            continue;
        }
        if disk::is_dir(&real) {
            scan.named.push(real.clone());
            // A single directory is not necessarily a root, unless inputs are passed for it.
            let is_top = path.as_os_str() == "." || paths.len() == 1;
            let is_given = |input: &InputSource| !matches!(input, InputSource::Passed(_));
            if !is_top || (paths.len() == 1 && (request.started_in.is_some() || request.inputs.iter().any(is_given))) {
                scan.named_roots.insert(real.clone());
            }
            starts.push(WalkStart { real, shown });
            continue;
        }
        if !is_terraform {
            continue;
        }
        // A values file that is a link belongs to the directory of the link.
        let parent = full.parent().filter(|_| is_values(&name)).and_then(|directory| disk::canonical(directory).ok());
        let Some(directory) = parent.as_deref().or_else(|| real.parent()) else { continue };
        if is_values(&name) && !(is_automatic(&name) && has_configuration(directory)) {
            scan.values.push(path.clone());
        } else {
            scan.focus.insert(directory.to_path_buf());
        }
        let walk = if is_values(&name) {
            search_top(directory, request)
        } else {
            disk::repository_root(directory).unwrap_or_else(|| directory.to_path_buf())
        };
        starts.push(WalkStart { shown: request.shown(&walk), real: walk });
    }
    starts.sort_by(|a, b| a.real.cmp(&b.real));
    starts.dedup_by(|a, b| a.real == b.real);
    starts
}

/// The directory below which the root module of a values file is searched: the repository; without one, the working directory or the
/// nearest directory upwards with configuration, whichever is higher.
pub(crate) fn search_top(directory: &Path, request: &ScanRequest) -> PathBuf {
    let cwd = || disk::canonical(&request.cwd).ok().filter(|cwd| directory.starts_with(cwd));
    let nearest = || directory.ancestors().take(MAX_LEVELS_UP).find(|above| has_configuration(above)).map(Path::to_path_buf);
    let higher = || cwd().into_iter().chain(nearest()).min_by_key(|top| top.components().count());
    disk::repository_root(directory).or_else(higher).unwrap_or_else(|| directory.to_path_buf())
}

/// How many levels upwards configuration is searched outside of a repository.
const MAX_LEVELS_UP: usize = 5;

/// Reads one directory: its configuration, its manifest of installed modules, and other files to report.
fn list_directory(listing: Listing, start: &WalkStart, request: &ScanRequest) -> ListedDirectory {
    request.directories.record(&listing);
    let Listing { path, entries, error, directory: opened } = listing;
    let entries = request.overlay.complete(&path, entries);
    let shown = match path.strip_prefix(&start.real) {
        Ok(inside) if !inside.as_os_str().is_empty() => disk::tidy(&start.shown.join(inside)),
        _ => start.shown.clone(),
    };
    let problem = error.map(|error| {
        let text = shown.display().to_string();
        Problem::new(ProblemKind::Unreadable, format!("cannot list the directory `{text}`: {error}")).at(Place::File(text.into()))
    });
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    let files = entries.iter().filter(|entry| entry.is_file).filter_map(|entry| entry.name.to_str());
    let foreign = files.clone().filter(|name| is_foreign_caller(name));
    let foreign = foreign.map(|name| (path.join(name), join_shown(&shown, name))).collect();
    let not_read = files.filter_map(|name| unread::document(opened.as_ref()?, &shown, name, request)).collect();
    let has_data = request.data_dir.is_some() || has(".terraform");
    let is_locked = has(super::lock::NAME);
    let is_linked = entries.iter().any(is_link_to_read) || (has_data && has_linked_manifest(&path, request));
    let directory = if is_linked {
        ScannedDirectory { path, shown, ..ScannedDirectory::default() }
    } else {
        ScannedDirectory::read(path, shown, &entries, opened.as_ref(), request)
    };
    let unread = is_linked.then_some(entries);
    let mut listed = ListedDirectory { directory, unread, has_data, manifest: None, is_locked, foreign, not_read, problem };
    listed.read_manifest(request);
    listed
}

/// Whether an entry is a link that the walk would read through.
fn is_link_to_read(entry: &DirEntry) -> bool {
    let is_read = |name: &str| is_configuration(name) || is_automatic(name) || name == super::lock::NAME || name == ".terraform";
    entry.is_link && entry.name.to_str().is_some_and(is_read)
}

/// Whether the manifest of installed modules is read through a link.
fn has_linked_manifest(directory: &Path, request: &ScanRequest) -> bool {
    let modules = request.data_dir_of(directory).join("modules");
    disk::is_link(&modules) || disk::is_link(&modules.join("modules.json"))
}

/// Reads the configuration of a directory that was not walked.
pub(crate) fn read_directory(real: PathBuf, shown: PathBuf, request: &ScanRequest) -> ScannedDirectory {
    let directory = OpenDirectory::open(&real).ok();
    let entries = directory.as_ref().map_or_else(Vec::new, |directory| directory.entries().0);
    let entries = if directory.is_some() { request.overlay.complete(&real, entries.into()) } else { Arc::default() };
    ScannedDirectory::read(real, shown, &entries, directory.as_ref(), request)
}
