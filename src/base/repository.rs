//! The repository that contains the input: CI services identify files by paths relative to its root.

use super::disk;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The repository around a working directory.
#[derive(Clone, Debug)]
pub struct Repository {
    cwd: PathBuf,
    root: Option<PathBuf>,
}

impl Repository {
    /// The repository around a working directory, without inputs.
    #[must_use]
    pub fn around(cwd: &Path) -> Self {
        Self::of(cwd, &[])
    }

    /// The outermost work tree that contains the working directory and all inputs, else the one that contains the inputs, else the working
    /// directory's. So paths, fingerprints and baselines are the same from every working directory in a checkout. Outside of any work tree,
    /// paths are relative to the working directory. Inputs are absolute or relative to the working directory; they may not exist.
    #[must_use]
    pub fn of(cwd: &Path, inputs: &[PathBuf]) -> Self {
        let cwd = disk::canonical(cwd).unwrap_or_else(|_| cwd.to_path_buf());
        let real = |path: &PathBuf| {
            let full = disk::tidy(&cwd.join(path));
            let resolve = |ancestor: &Path| Some(disk::canonical(ancestor).ok()?.join(full.strip_prefix(ancestor).ok()?));
            full.ancestors().find_map(resolve).unwrap_or_else(|| full.clone())
        };
        let inputs = inputs.iter().map(real).reduce(|a, b| common_ancestor(&a, &b));
        let both = inputs.as_ref().map(|inputs| common_ancestor(&cwd, inputs));
        let candidates = both.iter().chain(&inputs).chain([&cwd]);
        let root = candidates.filter_map(|path| disk::outermost_work_tree(path)).next();
        Self { cwd, root }
    }

    /// The repository's root, with links resolved.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The directory that paths must not leave: the repository's root, or outside of one the working directory.
    #[must_use]
    pub fn bounds(&self) -> &Path {
        self.root.as_deref().unwrap_or(&self.cwd)
    }

    /// Writes a file that the user named. All output files are written by this function or [`Repository::write_through`].
    ///
    /// # Errors
    /// As [`disk::write_named`].
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), disk::DiskError> {
        self.write_through(path, |out| out.write_all(bytes))
    }

    /// As [`Repository::write`], for large output that is never completely in memory.
    ///
    /// # Errors
    /// As [`disk::write_named`].
    pub fn write_through(&self, path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), disk::DiskError> {
        disk::write_named(path, self.bounds(), write)
    }

    /// A path as shown, made relative to the repository's root, with forward slashes. A path outside of the repository is unchanged.
    #[must_use]
    pub fn path(&self, shown: &str) -> String {
        let full = disk::tidy(&self.cwd.join(shown));
        let base = self.bounds();
        let inside = full.strip_prefix(base).ok();
        let path = inside.unwrap_or(Path::new(shown));
        let text = path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        match (text.is_empty(), inside.is_none() && Path::new(shown).is_absolute()) {
            (true, _) => ".".to_owned(),
            (_, true) => shown.to_owned(),
            _ => text,
        }
    }

    /// Whether a path as shown is inside the repository, or outside of one below the working directory.
    #[must_use]
    pub fn contains(&self, shown: &str) -> bool {
        disk::tidy(&self.cwd.join(shown)).starts_with(self.bounds())
    }
}

/// The deepest directory that contains both paths.
fn common_ancestor(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(part, _)| part).collect()
}

/// The checked repository and commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The web address of the remote `origin`, without credentials; `None` if it has none.
    pub repository_uri: Option<String>,
    /// The commit, 40 or 64 hexadecimal digits.
    pub revision: Option<String>,
    /// The branch.
    pub branch: Option<String>,
}

impl Repository {
    /// Reads the checkout's commit and remote from git's files; `None` outside of a checkout.
    #[must_use]
    pub fn provenance(&self) -> Option<Provenance> {
        let git = git_directory(self.root()?)?;
        // A linked work tree shares the config and most references with the main one.
        let common = disk::read_text(&git.join("commondir"), SMALL).map_or_else(|_| git.clone(), |path| git.join(path.trim()));
        let config = disk::read_text(&common.join("config"), SMALL).unwrap_or_default();
        let repository_uri = origin(&config).and_then(|remote| web_address(&remote));
        let head = disk::read_text(&git.join("HEAD"), SMALL).unwrap_or_default();
        let (revision, branch) = match head.trim().strip_prefix("ref: ") {
            Some(reference) => (reference_commit(&git, &common, reference), reference.strip_prefix("refs/heads/").map(ToOwned::to_owned)),
            None => (Some(head.trim().to_owned()), None),
        };
        Some(Provenance { repository_uri, revision: revision.filter(|commit| is_commit(commit)), branch })
    }
}

/// The size limit for git's files, in bytes.
const SMALL: u64 = 4 << 20;

/// The directory `.git`, or the directory that a `.git` file (of a linked work tree or submodule) names.
fn git_directory(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if disk::is_dir(&git) {
        return Some(git);
    }
    let text = disk::read_text(&git, SMALL).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir: ")?))
}

/// The `url` of the remote `origin` in git's config.
fn origin(config: &str) -> Option<String> {
    let mut is_in_origin = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            is_in_origin = line == "[remote \"origin\"]";
        } else if is_in_origin
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == "url"
        {
            return Some(value.trim().to_owned());
        }
    }
    None
}

/// Converts a remote to an `https` address without credentials; `None` for local paths.
fn web_address(remote: &str) -> Option<String> {
    let (scheme, rest) = match remote.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        // `git@host:owner/name.git`
        None => ("ssh", remote.split_once('@')?.1.replacen(':', "/", 1)),
    };
    // A password may contain an `@`, and a query a token.
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let rest = format!("{host}{path}");
    matches!(scheme, "https" | "http" | "ssh" | "git").then(|| format!("https://{}", rest.trim_end_matches('/').trim_end_matches(".git")))
}

/// The commit of a loose or packed reference.
fn reference_commit(git: &Path, common: &Path, reference: &str) -> Option<String> {
    // `HEAD` may be hostile: its reference must not name a file elsewhere.
    if reference.split('/').any(|part| part == "..") {
        return None;
    }
    let loose = [git, common].into_iter().find_map(|directory| disk::read_text(&directory.join(reference), SMALL).ok());
    if let Some(commit) = loose {
        return Some(commit.trim().to_owned());
    }
    let packed = disk::read_text(&common.join("packed-refs"), SMALL).ok()?;
    packed.lines().find_map(|line| Some(line.split_once(' ').filter(|(_, name)| *name == reference)?.0.to_owned()))
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_root_of_the_repository() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        std::fs::create_dir_all(directory.path().join(".git"))?;
        std::fs::create_dir_all(directory.path().join("infra/prod"))?;
        let repository = Repository::around(&directory.path().join("infra"));
        assert_eq!(repository.path("prod/main.tf"), "infra/prod/main.tf");
        assert_eq!(repository.path("../a.tf"), "a.tf");
        assert_eq!(repository.path("."), "infra");
        assert_eq!(repository.path("../.."), "../..");
        assert!(repository.contains("../a.tf"));
        assert!(!repository.contains("../../a.tf"));
        Ok(())
    }

    #[test]
    fn repository_is_the_outermost_work_tree_of_working_directory_and_inputs() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let top = std::fs::canonicalize(directory.path())?;
        for directory in ["mono/.git", "mono/teams/web", "mono/vendor/sub/infra", "other/.git", "other/infra", "plain/infra"] {
            std::fs::create_dir_all(top.join(directory))?;
        }
        std::fs::write(top.join("mono/vendor/sub/.git"), "gitdir: ../../.git/modules/sub\n")?;
        let (mono, other, sub) = (Some("mono"), Some("other"), "mono/vendor/sub/infra");
        for (cwd, inputs, expected) in [
            ("mono/teams/web", vec!["."], mono),
            ("mono", vec!["teams/web", "vendor/sub"], mono),
            // A `.git` file also marks a work tree; the outermost one wins.
            (sub, vec!["."], mono),
            (sub, vec!["../../../teams/web"], mono),
            // Without a work tree that contains both, the input's is used, else the working directory's.
            ("plain", vec!["../other/infra"], other),
            ("mono", vec!["../other/infra", "../other/gone/main.tf"], other),
            ("mono/teams", vec!["../../plain/infra"], mono),
            ("mono", vec!["teams", "../other"], mono),
            ("plain", vec!["infra"], None),
            ("mono/teams", vec![], mono),
        ] {
            let inputs: Vec<PathBuf> = inputs.into_iter().map(PathBuf::from).collect();
            let found = Repository::of(&top.join(cwd), &inputs);
            assert_eq!(found.root(), expected.map(|name| top.join(name)).as_deref(), "{cwd} {inputs:?}");
        }
        Ok(())
    }

    #[test]
    fn web_address_has_no_credentials() {
        for (remote, address) in [
            ("git@example.com:acme/infra.git", Some("https://example.com/acme/infra")),
            ("https://user:secret@example.com/acme/infra.git", Some("https://example.com/acme/infra")),
            ("https://user:p@ss@example.com/acme/infra.git", Some("https://example.com/acme/infra")),
            ("https://example.com/acme/infra.git?token=secret", Some("https://example.com/acme/infra")),
            ("ssh://git@example.com/acme/infra", Some("https://example.com/acme/infra")),
            ("/srv/git/infra.git", None),
            ("file:///srv/git/infra.git", None),
        ] {
            assert_eq!(web_address(remote).as_deref(), address, "{remote}");
        }
    }

    #[test]
    fn commit_is_read_from_packed_references() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let git = directory.path().join(".git");
        std::fs::create_dir_all(&git)?;
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n")?;
        std::fs::write(git.join("config"), "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@example.com:acme/infra.git\n")?;
        let commit = "0123456789abcdef0123456789abcdef01234567";
        std::fs::write(git.join("packed-refs"), format!("# pack-refs\n{commit} refs/heads/main\n"))?;
        let provenance = Repository::around(directory.path()).provenance();
        assert_eq!(
            provenance,
            Some(Provenance {
                repository_uri: Some("https://example.com/acme/infra".to_owned()),
                revision: Some(commit.to_owned()),
                branch: Some("main".to_owned())
            })
        );
        Ok(())
    }
}
