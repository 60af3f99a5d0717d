//! The lock file: the providers that `terraform init` selected for a root module, and their versions.

use super::directory::allowed_directories;
use crate::base::{SourceId, Span, disk};
use crate::hcl::{Block, native};
use crate::key::is_oci_provider;
use crate::terraform::blocks::constants::literal;
use crate::terraform::request::ScanRequest;
use std::path::Path;

/// The name of the file, next to the root module's configuration.
pub(crate) const NAME: &str = ".terraform.lock.hcl";
/// The maximum size of a lock file, in bytes.
const CAP: u64 = 4 << 20;

/// A provider in a lock file.
pub(crate) struct LockedProvider {
    /// `host/namespace/name`.
    pub address: String,
    /// The version, and its place.
    pub version: Option<(String, Span)>,
}

impl LockedProvider {
    /// Whether it is the oci provider.
    pub(crate) fn is_oci(&self) -> bool {
        is_oci_provider(&self.address)
    }
}

/// The text of a directory's lock file, if there is one. Links out of the repository are not followed.
pub(crate) fn text(root: &Path, request: &ScanRequest) -> Option<String> {
    let path = root.join(NAME);
    // Most directories have none, and this check is cheaper than finding the repository.
    if request.is_known_missing(root, NAME) || !disk::is_file(&path) {
        return None;
    }
    let real = request.directories.admit(&path, &allowed_directories(root, request)).ok()?;
    request.directories.admit_linked(&path).ok()?;
    disk::read_text(&real, CAP).ok()
}

/// The providers in the text of a lock file.
pub(crate) fn providers(source: SourceId, text: &str) -> Vec<LockedProvider> {
    let file = native::parse(source, text);
    let version = |block: &Block| {
        let value = &block.body.attribute("version")?.value;
        Some((literal(value)?.to_owned(), value.span))
    };
    let locked = |block: &Block| Some(LockedProvider { address: block.labels.first()?.text.to_string(), version: version(block) });
    file.body.blocks_of("provider").filter_map(locked).collect()
}

/// The providers in a directory's lock file.
pub(crate) fn read(root: &Path, request: &ScanRequest) -> Vec<LockedProvider> {
    text(root, request).map(|text| providers(SourceId::UNSTORED, &text)).unwrap_or_default()
}

/// Whether a root's lock file pins the oci provider to this version or an older one.
pub(crate) fn pins_at_most(root: &Path, version: &str, request: &ScanRequest) -> bool {
    let newest = numbers(version);
    let pinned = read(root, request).into_iter().filter(LockedProvider::is_oci).filter_map(|provider| provider.version);
    let mut pinned = pinned.map(|(version, _)| numbers(&version)).peekable();
    pinned.peek().is_some() && pinned.all(|pinned| pinned.is_some() && pinned <= newest)
}

/// The numbers of a version; `None` if it has other parts, such as a pre-release.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}
