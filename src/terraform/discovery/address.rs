//! Compares module sources and version constraints with those that `terraform init` records in `modules.json`.
//! Source: Terraform's `internal/addrs/module_source.go` and go-getter's detectors.

use super::directory::is_local;

/// Whether the installed source is the source of a call.
pub(super) fn is_same_source(installed: &str, source: &str) -> bool {
    let (installed, source) = (normalize(installed), normalize(source));
    // OpenTofu has its own default registry.
    installed == source
        || source.strip_prefix(DEFAULT_HOST).is_some_and(|rest| installed.strip_prefix("registry.opentofu.org/") == Some(rest))
}

/// The host that Terraform adds to a registry address without a host.
const DEFAULT_HOST: &str = "registry.terraform.io/";

/// A source in the form that `modules.json` has.
fn normalize(source: &str) -> String {
    if is_local(source) {
        return normalize_local(source);
    }
    let (package, subdirectory) = split_subdirectory(source);
    let package = registry_address(&package).unwrap_or_else(|| remote_address(&package));
    match subdirectory {
        None => package,
        Some(subdirectory) => match package.split_once('?') {
            Some((package, query)) => format!("{package}//{subdirectory}?{query}"),
            None => format!("{package}//{subdirectory}"),
        },
    }
}

/// `./a/../b` becomes `./b`.
fn normalize_local(source: &str) -> String {
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

/// Splits a source at `//` into the package with its query and the subdirectory.
fn split_subdirectory(source: &str) -> (String, Option<String>) {
    let start = source.find("://").map_or(0, |at| at + 3);
    let query = source.find('?').unwrap_or(source.len());
    let Some(at) = source.get(start..query).and_then(|rest| rest.find("//")).map(|at| start + at) else {
        return (source.to_owned(), None);
    };
    let (package, subdirectory) = (source.get(..at).unwrap_or_default(), source.get(at + 2..query).unwrap_or_default());
    (format!("{package}{}", source.get(query..).unwrap_or_default()), Some(subdirectory.trim_matches('/').to_owned()))
}

/// A registry address, `namespace/name/provider` with or without a host, with its host; `None` for other addresses.
fn registry_address(package: &str) -> Option<String> {
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
    // Terraform does not treat these as registries, because go-getter has short forms for them.
    matches!(host, "github.com" | "gitlab.com" | "bitbucket.org")
}

/// The address to which go-getter expands an address without a scheme.
fn remote_address(package: &str) -> String {
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

/// The path and subdirectory of a source that is an absolute path: `/a//b` or `file:///a//b`.
pub(super) fn absolute_path(source: &str) -> Option<(String, Option<String>)> {
    let (package, subdirectory) = split_subdirectory(source);
    let path = package.strip_prefix("file::").unwrap_or(&package);
    let path = path.strip_prefix("file://").unwrap_or(path);
    path.starts_with('/').then(|| (path.to_owned(), subdirectory))
}

/// Whether an installed version satisfies a constraint such as `~> 1.2, != 1.2.5`. True if either cannot be parsed.
pub(super) fn satisfies(version: &str, constraint: &str) -> bool {
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
                let fixed = wanted.parts.len().saturating_sub(1);
                version.numbers() >= wanted.numbers() && version.numbers().iter().take(fixed).eq(wanted.numbers().iter().take(fixed))
            }
            _ => true,
        }
    })
}

struct ModuleVersion {
    /// The given numbers.
    parts: Vec<u64>,
    /// The pre-release after a `-`.
    pre: String,
}

impl ModuleVersion {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let text = text.split('+').next().unwrap_or_default();
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let parts: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        Some(Self { parts: parts?, pre: pre.to_owned() })
    }

    /// The major, minor and patch number; 0 if not given.
    fn numbers(&self) -> [u64; 3] {
        let at = |index: usize| self.parts.get(index).copied().unwrap_or(0);
        [at(0), at(1), at(2)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_equals_the_form_that_init_records() {
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
            assert!(is_same_source(installed, source), "{installed} {source}: {} {}", normalize(installed), normalize(source));
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
            assert!(!is_same_source(installed, source), "{installed} {source}");
        }
    }

    #[test]
    fn version_satisfies_the_constraints_that_terraform_accepts() {
        for (version, constraint, expected) in [
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
            assert_eq!(satisfies(version, constraint), expected, "{version} {constraint}");
        }
    }
}
