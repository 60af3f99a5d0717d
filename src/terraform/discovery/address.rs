//! Module source addresses and version constraints, compared the way `terraform init` writes them into `modules.json`.
//! Source: Terraform's `internal/addrs/module_source.go` and go-getter's detectors.

use super::directory::is_local;

/// Whether the source that was installed is that of the call.
pub(super) fn same_source(installed: &str, source: &str) -> bool {
    let (installed, source) = (normal(installed), normal(source));
    // OpenTofu has a registry of its own for addresses that name none.
    installed == source
        || source.strip_prefix(DEFAULT_HOST).is_some_and(|rest| installed.strip_prefix("registry.opentofu.org/") == Some(rest))
}

/// What Terraform puts before a registry address that names no host.
const DEFAULT_HOST: &str = "registry.terraform.io/";

/// A source as `modules.json` has it.
fn normal(source: &str) -> String {
    if is_local(source) {
        return local(source);
    }
    let (package, inner) = split_inner(source);
    let package = registry(&package).unwrap_or_else(|| remote(&package));
    match inner {
        None => package,
        Some(inner) => match package.split_once('?') {
            Some((package, query)) => format!("{package}//{inner}?{query}"),
            None => format!("{package}//{inner}"),
        },
    }
}

/// `./a/../b` is `./b`.
fn local(source: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in source.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.first() == Some(&"..") { parts.join("/") } else { format!("./{}", parts.join("/")) }
}

/// A package and the directory inside of it that follows `//`; the query belongs to the package.
fn split_inner(source: &str) -> (String, Option<String>) {
    let start = source.find("://").map_or(0, |at| at + 3);
    let query = source.find('?').unwrap_or(source.len());
    let Some(at) = source.get(start..query).and_then(|rest| rest.find("//")).map(|at| start + at) else {
        return (source.to_owned(), None);
    };
    let (package, inner) = (source.get(..at).unwrap_or_default(), source.get(at + 2..query).unwrap_or_default());
    (format!("{package}{}", source.get(query..).unwrap_or_default()), Some(inner.trim_matches('/').to_owned()))
}

/// `namespace/name/provider`, or the same with a host before it, with the host written out.
fn registry(package: &str) -> Option<String> {
    if package.contains(['?', ':', '@']) {
        return None;
    }
    let parts: Vec<&str> = package.split('/').collect();
    let is_name =
        |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) && part.len() <= 64;
    match parts.as_slice() {
        [namespace, name, provider] if [namespace, name, provider].into_iter().all(is_name) => Some(format!("{DEFAULT_HOST}{package}")),
        [host, rest @ ..] if rest.len() == 3 && host.contains('.') && !is_code_host(host) && rest.iter().all(is_name) => {
            Some(format!("{}/{}", host.to_lowercase(), rest.join("/")))
        }
        _ => None,
    }
}

fn is_code_host(host: &str) -> bool {
    // Terraform does not take these for registries, because go-getter's short forms of addresses begin with them.
    matches!(host, "github.com" | "gitlab.com" | "bitbucket.org")
}

/// What go-getter makes of an address without a scheme.
fn remote(package: &str) -> String {
    let (forced, rest) = match package.split_once("::") {
        Some((forced, rest)) => (Some(forced), rest),
        None => (None, package),
    };
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (rest, String::new()),
    };
    if let Some(path) = path.strip_prefix('/') {
        return format!("file:///{path}{query}");
    }
    if path.contains("://") {
        return match forced {
            Some(forced) => format!("{forced}::{path}{query}"),
            None => format!("{path}{query}"),
        };
    }
    // `git@host:owner/name.git`
    if let Some((host, path)) = path.split_once(':').filter(|(host, _)| host.contains('@') && !host.contains('/')) {
        return format!("git::ssh://{host}/{}{query}", path.trim_start_matches('/'));
    }
    let host = path.split('/').next().unwrap_or_default();
    if is_code_host(host) {
        let path = if path.ends_with(".git") { path.to_owned() } else { format!("{path}.git") };
        return format!("git::https://{path}{query}");
    }
    package.to_owned()
}

/// The directory that an absolute source names: `/a//b` or `file:///a//b` is `/a/b`.
pub(super) fn absolute(source: &str) -> Option<(String, Option<String>)> {
    let (package, inner) = split_inner(source);
    let path = package.strip_prefix("file::").unwrap_or(&package);
    let path = path.strip_prefix("file://").unwrap_or(path);
    path.starts_with('/').then(|| (path.to_owned(), inner))
}

/// Whether an installed version meets a constraint such as `~> 1.2, != 1.2.5`; true where either cannot be read.
pub(super) fn meets(version: &str, constraint: &str) -> bool {
    let Some(version) = ModuleVersion::read(version) else { return true };
    constraint.split(',').all(|part| {
        let part = part.trim();
        let wanted = part.trim_start_matches(['=', '!', '>', '<', '~']);
        let operator = part.get(..part.len() - wanted.len()).unwrap_or_default();
        let Some(wanted) = ModuleVersion::read(wanted.trim()) else { return true };
        match operator {
            "" | "=" => version.numbers() == wanted.numbers() && version.pre == wanted.pre,
            "!=" => version.numbers() != wanted.numbers() || version.pre != wanted.pre,
            ">" => version.numbers() > wanted.numbers(),
            ">=" => version.numbers() >= wanted.numbers(),
            "<" => version.numbers() < wanted.numbers(),
            "<=" => version.numbers() <= wanted.numbers(),
            "~>" => {
                let fixed = wanted.written.len().saturating_sub(1);
                version.numbers() >= wanted.numbers() && version.numbers().iter().take(fixed).eq(wanted.numbers().iter().take(fixed))
            }
            _ => true,
        }
    })
}

struct ModuleVersion {
    /// The numbers that are written.
    written: Vec<u64>,
    /// What follows a `-`.
    pre: String,
}

impl ModuleVersion {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let text = text.split('+').next().unwrap_or_default();
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let written: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        Some(Self { written: written?, pre: pre.to_owned() })
    }

    fn numbers(&self) -> [u64; 3] {
        let at = |index: usize| self.written.get(index).copied().unwrap_or(0);
        [at(0), at(1), at(2)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_compared_as_init_writes_it() {
        for (installed, source) in [
            ("registry.terraform.io/o/kms/oci", "o/kms/oci"),
            ("registry.terraform.io/o/kms/oci//sub", "o/kms/oci//sub"),
            ("registry.opentofu.org/o/kms/oci", "o/kms/oci"),
            ("app.terraform.io/acme/keys/oracle", "app.terraform.io/acme/keys/oracle"),
            ("git::https://github.com/o/r.git", "github.com/o/r"),
            ("git::https://github.com/o/r.git//sub?ref=v1", "github.com/o/r//sub?ref=v1"),
            ("git::ssh://git@github.com/o/r.git", "git@github.com:o/r.git"),
            ("git::ssh://git@host/o/r.git//m", "git::git@host:o/r.git//m"),
            ("git::https://x/y.git?ref=v1", "git::https://x/y.git?ref=v1"),
            ("file:///opt/modules/kms", "/opt/modules/kms"),
            ("./sub/deep", "./sub//deep"),
            ("./sub", "././sub/../sub"),
            ("../a", ".././a"),
        ] {
            assert!(same_source(installed, source), "{installed} {source}: {} {}", normal(installed), normal(source));
        }
        for (installed, source) in [
            ("registry.terraform.io/o/vault/oci", "o/kms/oci"),
            ("git::https://x/y.git?ref=v1", "git::https://x/y.git?ref=v2"),
            ("git::https://x/y.git?ref=v1", "git::https://x/y.git"),
            ("git::https://x/y.git//a", "git::https://x/y.git//b"),
            ("git::https://github.com/o/r.git?ref=v1", "github.com/o/r?ref=v2"),
            ("./a", "./b"),
            ("registry.terraform.io/o/kms/oci", "registry.opentofu.org/o/kms/oci"),
        ] {
            assert!(!same_source(installed, source), "{installed} {source}");
        }
    }

    #[test]
    fn a_version_meets_its_constraint_as_in_terraform() {
        for (version, constraint, met) in [
            ("1.2.3", "~> 1.2", true),
            ("1.9.0", "~> 1.2", true),
            ("2.0.0", "~> 1.2", false),
            ("1.3.0", "~> 1.2.0", false),
            ("1.2.9", "~> 1.2.0, != 1.2.5", true),
            ("1.2.5", ">= 1.0, != 1.2.5", false),
            ("1.2.3", "1.2.3", true),
            ("1.2.3", "1.2.4", false),
            ("1.2.3", "= 1.2.3", true),
            ("1.2.3", "> 1.2.3", false),
            ("1.2.3", "<= 1.2.3", true),
            ("1.2.3", "< 1", false),
            ("", "~> 1.0", true),
        ] {
            assert_eq!(meets(version, constraint), met, "{version} {constraint}");
        }
    }
}
