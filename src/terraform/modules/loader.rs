//! Parses each module directory once for all roots, and determines the dialect of each root.

use super::module::Module;
use super::secrets::HiddenModules;
use crate::base::{Sources, disk};
use crate::hcl::Block;
use crate::terraform::blocks::constants::{literal, literal_source};
use crate::terraform::discovery::calls::{self, CallTarget, Manifest, SourcedCall};
use crate::terraform::discovery::directory::{ScannedDirectory, decode, is_configuration, is_local};
use crate::terraform::discovery::discover::{self, Scan};
use crate::terraform::discovery::nearby::Nearby;
use crate::terraform::request::{FileDialect, ScanRequest};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A value that is computed once, on first use.
type OnceShared<T> = Arc<OnceLock<T>>;

/// A module's directory, and whether its files are chosen by Terraform's rules.
type ModuleKey = (PathBuf, bool);

/// The modules of a run.
pub(crate) struct Loader<'r> {
    pub request: &'r ScanRequest,
    pub sources: &'r Sources,
    manifests: HashMap<PathBuf, Manifest>,
    directories: Mutex<HashMap<PathBuf, ScannedDirectory>>,
    modules: Mutex<HashMap<ModuleKey, OnceShared<Arc<Module>>>>,
    dialects: Mutex<HashMap<PathBuf, OnceShared<FileDialect>>>,
    /// Whether a directory, or one that it calls, has files that only OpenTofu reads.
    with_tofu: Mutex<HashMap<PathBuf, bool>>,
    /// The targets of local sources, by the caller's directory and the source.
    local: Mutex<HashMap<(PathBuf, String), CallTarget>>,
    /// Suggestions for sources whose directory does not exist.
    pub nearby: Nearby,
    /// The modules whose sensitive values are already hidden.
    pub hidden: HiddenModules,
    /// The directories that count as the repository.
    bounds: OnceLock<Vec<PathBuf>>,
}

/// The reason for not following a call out of the repository.
pub(crate) const CONFINED: &str = "it is outside of the repository, and `--confined` does not leave it";

impl<'r> Loader<'r> {
    /// A loader that starts with the files and manifests of a scan.
    pub(crate) fn new(request: &'r ScanRequest, sources: &'r Sources, scan: &mut Scan) -> Self {
        Self {
            request,
            sources,
            manifests: std::mem::take(&mut scan.manifests),
            directories: Mutex::new(std::mem::take(&mut scan.directories)),
            modules: Mutex::default(),
            dialects: Mutex::default(),
            with_tofu: Mutex::default(),
            local: Mutex::default(),
            nearby: Nearby::default(),
            hidden: HiddenModules::default(),
            bounds: OnceLock::new(),
        }
    }

    /// The module in a directory, read by the rules of a dialect.
    pub(crate) fn module(&self, path: &Path, dialect: FileDialect) -> Arc<Module> {
        let module = self.parsed(path, FileDialect::Either);
        if dialect == FileDialect::Terraform && module.has_tofu { self.parsed(path, dialect) } else { module }
    }

    fn parsed(&self, path: &Path, dialect: FileDialect) -> Arc<Module> {
        let cell = cell(&self.modules, (path.to_path_buf(), dialect == FileDialect::Terraform));
        let parse = || {
            let directory = lock(&self.directories).remove(path);
            let directory = directory.filter(ScannedDirectory::is_module);
            let directory =
                directory.unwrap_or_else(|| discover::read_directory(path.to_path_buf(), self.request.shown(path), self.request));
            let mut module = Module::parse(directory, dialect, self.sources, &self.request.overlay);
            if self.is_outside(path) {
                module.is_outside = true;
                module.texts.iter().for_each(|text| self.sources.mark_outside(*text));
            }
            Arc::new(module)
        };
        Arc::clone(cell.get_or_init(parse))
    }

    /// The module in a root's directory.
    pub(crate) fn root(&self, root: &Path) -> Arc<Module> {
        self.module(root, self.dialect(root))
    }

    /// The dialect of a root, determined by `--dialect`, its lock file, or its files.
    pub(crate) fn dialect(&self, root: &Path) -> FileDialect {
        if self.request.dialect != FileDialect::Either {
            return self.request.dialect;
        }
        *cell(&self.dialects, root.to_path_buf()).get_or_init(|| {
            const TERRAFORM: &str = "registry.terraform.io";
            let locked = crate::terraform::discovery::lock::read(root, self.request);
            let has_host = |host: &str| locked.iter().any(|provider| provider.address.split('/').next() == Some(host));
            let module = self.parsed(root, FileDialect::Either);
            // OpenTofu also locks providers of Terraform's registry if `required_providers` names that host.
            if has_host("registry.opentofu.org") {
                FileDialect::OpenTofu
            } else if has_host(TERRAFORM) && !module.requires_host(TERRAFORM) {
                FileDialect::Terraform
            } else if self.has_tofu(module) {
                FileDialect::OpenTofu
            } else {
                FileDialect::Either
            }
        })
    }

    /// Whether a root module, or a directory in its tree, has files that only OpenTofu reads. Only plain local sources are followed. Each
    /// directory is visited once for all roots: thousands of them may share a tree.
    fn has_tofu(&self, root: Arc<Module>) -> bool {
        let path = root.path.clone();
        let mut found: Vec<(Arc<Module>, bool)> = Vec::new();
        let mut callers: HashMap<PathBuf, Vec<usize>> = HashMap::from([(path.clone(), Vec::new())]);
        let mut left = vec![root];
        while let Some(module) = left.pop() {
            let at = found.len();
            let mut has_any = module.has_tofu;
            for (name, call) in &module.calls {
                let Some(source) = literal_source(call).filter(|source| is_local(source)) else { continue };
                let CallTarget::Directory { path, .. } = self.locate(&path, name, &module, source, call) else { continue };
                let known = lock(&self.with_tofu).get(&path).copied();
                match (known, callers.get_mut(&path)) {
                    (Some(known), _) => has_any |= known,
                    (None, Some(callers)) => callers.push(at),
                    (None, None) => {
                        left.push(self.parsed(&path, FileDialect::Either));
                        callers.insert(path, vec![at]);
                    }
                }
            }
            found.push((module, has_any));
        }
        // Directories may call each other in a cycle, so results are passed on to callers only after all of them are known.
        let mut open: Vec<usize> = (0..found.len()).filter(|at| found.get(*at).is_some_and(|(_, has_any)| *has_any)).collect();
        while let Some((module, _)) = open.pop().and_then(|at| found.get(at)) {
            for caller in callers.remove(&module.path).into_iter().flatten() {
                if let Some((_, has_any)) = found.get_mut(caller).filter(|(_, has_any)| !has_any) {
                    *has_any = true;
                    open.push(caller);
                }
            }
        }
        let mut known = lock(&self.with_tofu);
        known.extend(found.into_iter().map(|(module, has_any)| (module.path.clone(), has_any)));
        known.get(&path).copied().unwrap_or_default()
    }

    /// Adds a directory that no walk has read.
    pub(crate) fn add_directory(&self, mut directory: ScannedDirectory) {
        directory.drop_irrelevant();
        lock(&self.directories).insert(directory.path.clone(), directory);
    }

    /// Drops the files of directories that are not in `reachable`.
    pub(crate) fn retain(&self, reachable: &HashSet<PathBuf>) {
        lock(&self.directories).retain(|path, _| reachable.contains(path));
    }

    /// Whether `is_match` returns true for the name and text of a configuration file in a directory. The texts are not kept.
    pub(crate) fn any_text(&self, path: &Path, is_match: &dyn Fn(&str, &str) -> bool) -> bool {
        let entries = self.request.entries(path);
        let names = entries.iter().filter(|entry| entry.is_file).filter_map(|entry| entry.name.to_str());
        names.filter(|name| is_configuration(name)).any(|name| {
            let text = self.request.overlay.read(&path.join(name), disk::CONFIG_CAP).and_then(|bytes| decode(bytes, name));
            text.is_ok_and(|text| is_match(name, &text))
        })
    }

    /// The manifests of installed modules, by root directory.
    pub(crate) fn into_manifests(self) -> HashMap<PathBuf, Manifest> {
        self.manifests
    }

    /// The manifest of the modules that `terraform init` installed for a root.
    pub(crate) fn manifest(&self, root: &Path) -> Option<&Manifest> {
        self.manifests.get(root)
    }

    /// The target of a call with a known source. `path` is the call's path from the root: `a.b`.
    pub(crate) fn locate(&self, root: &Path, path: &str, caller: &Module, source: &str, call: &Block) -> CallTarget {
        let version = call.body.attribute("version").and_then(|version| literal(&version.value));
        let call = SourcedCall { path, caller: &caller.path, source, version, directories: &self.request.directories };
        if !is_local(source) {
            return self.check(calls::locate(&call, self.manifest(root)));
        }
        let key = (caller.path.clone(), source.to_owned());
        if let Some(known) = lock(&self.local).get(&key) {
            return known.clone();
        }
        let target = self.check(calls::locate(&call, None));
        lock(&self.local).insert(key, target.clone());
        target
    }

    /// Whether a directory is outside of the repository.
    fn is_outside(&self, path: &Path) -> bool {
        !self.bounds.get_or_init(|| self.request.bounds()).iter().any(|directory| path.starts_with(directory))
    }

    /// Why a directory must not be read; `None` if it may be.
    fn refusal(&self, path: &Path) -> Option<&'static str> {
        if disk::has_git_component(path) {
            Some("it is in `.git`, which is never read")
        } else if self.request.confined && self.is_outside(path) {
            Some(CONFINED)
        } else {
            None
        }
    }

    /// Checks that the target of a call may be read and has configuration.
    pub(crate) fn check(&self, target: CallTarget) -> CallTarget {
        let CallTarget::Directory { path, .. } = &target else { return target };
        if let Some(why) = self.refusal(path) {
            return CallTarget::Unavailable(why.into());
        }
        let is_known = lock(&self.directories).get(path).is_some_and(ScannedDirectory::is_module);
        if is_known || self.parsed(path, FileDialect::Either).has_files {
            return target;
        }
        let is_empty = disk::entries(path).is_ok_and(|entries| entries.is_empty());
        let why = if is_empty { "the directory is empty (a git submodule?)" } else { "the directory has no configuration" };
        CallTarget::Unavailable(why.into())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cell<K: Hash + Eq, T>(cells: &Mutex<HashMap<K, OnceShared<T>>>, key: K) -> OnceShared<T> {
    Arc::clone(lock(cells).entry(key).or_default())
}

#[cfg(test)]
mod tests {
    use super::super::cycles;
    use super::*;

    /// Two roots, `a` and `b`, that call `tree`, which calls `leaf`.
    fn shared_tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let roots = ["a/main.tf", "b/main.tf"].map(|path| (path, "module \"tree\" {\n  source = \"../tree\"\n}\n"));
        let tree = ("tree/main.tf", "module \"leaf\" {\n  source = \"../leaf\"\n}\n");
        for (path, text) in roots.into_iter().chain([tree, ("leaf/main.tf", "locals {}\n")]).chain(files.iter().copied()) {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        directory
    }

    #[test]
    fn root_that_calls_a_directory_with_tofu_files_has_dialect_open_tofu() {
        let directory = shared_tree(&[("leaf/more.tofu", "locals {}\n"), ("c/main.tf", "locals {}\n")]);
        let top = directory.path().canonicalize().unwrap();
        let (request, sources) = (ScanRequest::new(top.clone(), Vec::new()), Sources::default());
        let mut scan = discover::scan(&request);
        let loader = Loader::new(&request, &sources, &mut scan);
        let dialects = ["a", "b", "c", "tree"].map(|name| loader.dialect(&top.join(name)));
        assert_eq!(dialects, [FileDialect::OpenTofu, FileDialect::OpenTofu, FileDialect::Either, FileDialect::OpenTofu]);
    }

    #[test]
    fn shared_tree_is_searched_once_for_tofu_files() {
        let directory = shared_tree(&[]);
        let top = directory.path().canonicalize().unwrap();
        let (request, sources) = (ScanRequest::new(top.clone(), Vec::new()), Sources::default());
        let mut scan = discover::scan(&request);
        let loader = Loader::new(&request, &sources, &mut scan);
        assert_eq!(loader.dialect(&top.join("a")), FileDialect::Either);
        let known = lock(&loader.with_tofu).clone();
        assert_eq!(known, ["a", "tree", "leaf"].map(|name| (top.join(name), false)).into());
        // The next root that calls the tree uses the cached result and reads nothing below it.
        lock(&loader.with_tofu).insert(top.join("tree"), true);
        assert_eq!(loader.dialect(&top.join("b")), FileDialect::OpenTofu);
    }

    #[test]
    fn reference_order_of_a_module_is_computed_once_for_all_roots() {
        let directory = shared_tree(&[]);
        let top = directory.path().canonicalize().unwrap();
        let (request, sources) = (ScanRequest::new(top.clone(), Vec::new()), Sources::default());
        let mut scan = discover::scan(&request);
        let loader = Loader::new(&request, &sources, &mut scan);
        let of_root = || {
            let leaf = cycles::order(&loader.module(&top.join("leaf"), FileDialect::Either), Vec::new());
            let tree = cycles::order(&loader.module(&top.join("tree"), FileDialect::Either), vec![Some(Arc::clone(&leaf))]);
            [leaf, tree]
        };
        let (first, second) = (of_root(), of_root());
        assert!(first.iter().zip(&second).all(|(first, second)| Arc::ptr_eq(first, second)));
        // A different order of the called module invalidates the cache.
        let other = cycles::order(&loader.module(&top.join("tree"), FileDialect::Either), vec![None]);
        assert!(!Arc::ptr_eq(&other, &second[1]));
    }
}
