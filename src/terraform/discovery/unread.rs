//! Plans and states that a walk sees: they are listed, because whoever keeps them there may expect them to be checked.

use crate::base::FileName;
use crate::base::disk::OpenDirectory;
use crate::key::{NotRead, NotReadKind, kinds};
use crate::terraform::request::{ScanRequest, join_shown};
use std::path::Path;

/// How many bytes show what a file is.
const HEAD: usize = 4 << 10;
/// The largest document that is searched for keys.
const MOST: u64 = 64 << 20;

/// How a binary plan begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// A plan or a state among the files of a directory.
pub(super) fn document(directory: &OpenDirectory, shown: &Path, name: &str, request: &ScanRequest) -> Option<NotRead> {
    let is_state = name.ends_with(".tfstate");
    let is_plan = name == "tfplan" || [".tfplan", ".plan"].iter().any(|end| name.ends_with(end));
    if !is_state && !is_plan && (!name.ends_with(".json") || FileName::of(name).is_some()) {
        return None;
    }
    let head = directory.head(name.as_ref(), HEAD).ok()?;
    if is_plan && head.starts_with(ZIP) {
        let path = join_shown(shown, name).to_string_lossy().replace('\\', "/");
        let why = "it is a binary plan; pass what `terraform show -json` prints for it".to_owned();
        return Some(NotRead { path, kind: NotReadKind::Plan, why, may_hide_keys: true });
    }
    let kind = (request.recognize)(&head)?;
    // A state without resources, and a document without any key, hide nothing.
    let may_hide_keys = directory
        .read(name.as_ref(), MOST)
        .map_or(true, |bytes| memchr::memmem::find(&bytes, format!("{}\"", kinds::KEY).as_bytes()).is_some());
    let path = join_shown(shown, name).to_string_lossy().replace('\\', "/");
    let why = match kind {
        NotReadKind::State => "states are checked when they are passed as paths",
        _ => "plans are checked when they are passed as paths",
    };
    Some(NotRead { path, kind, why: why.to_owned(), may_hide_keys })
}
