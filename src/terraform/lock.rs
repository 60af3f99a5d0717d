//! The lock file: which version of the oci provider `terraform init` chose.

use super::module::literal;
use super::request::Request;
use crate::base::{Sources, disk};
use crate::terraform::syntax::native;
use std::path::Path;

/// The name of the file, next to the root module's configuration.
const NAME: &str = ".terraform.lock.hcl";

/// Whether a root's lock file pins the oci provider to this version or an older one.
pub(super) fn is_not_newer(root: &Path, version: &str, request: &Request, sources: &Sources) -> bool {
    let bytes = disk::read_found(&root.join(NAME), disk::CONFIG_CAP, &request.bounds());
    let Ok(text) = bytes.and_then(disk::text) else { return false };
    let source = sources.add(NAME, text);
    let file = native::parse(source, sources.get(source).text());
    let is_oci = |address: &str| address.ends_with("/oracle/oci") || address.ends_with("/hashicorp/oci");
    let pins = file.body.blocks_of("provider").filter(|block| block.labels.first().is_some_and(|label| is_oci(&label.text)));
    let pinned = pins.filter_map(|block| literal(&block.body.attribute("version")?.value));
    let newest = numbers(version);
    let mut pinned = pinned.map(numbers).peekable();
    pinned.peek().is_some() && pinned.all(|own| own.is_some() && own <= newest)
}

/// The numbers of a version; `None` where it has something else, such as a pre-release's name.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}
