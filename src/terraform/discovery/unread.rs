//! Lists the plans and states that a walk finds but does not read: users may expect them to be checked.

use crate::base::FileName;
use crate::base::disk::OpenDirectory;
use crate::key::{NotRead, NotReadKind, kinds};
use crate::terraform::request::{ScanRequest, join_shown};
use std::path::Path;

/// How many bytes at the start of a file are read to recognize it.
const HEAD_SIZE: usize = 4 << 10;
/// The maximum size of a document that is searched for keys, in bytes.
const MAX_SIZE: u64 = 64 << 20;

/// The start of a binary plan, which is a ZIP file.
const ZIP: &[u8] = b"PK\x03\x04";

/// Recognizes a plan or a state in a directory.
pub(super) fn document(directory: &OpenDirectory, shown: &Path, name: &str, request: &ScanRequest) -> Option<NotRead> {
    let is_state = name.ends_with(".tfstate");
    let is_plan = name == "tfplan" || [".tfplan", ".plan"].iter().any(|end| name.ends_with(end));
    if !is_state && !is_plan && (!name.ends_with(".json") || FileName::of(name).is_some()) {
        return None;
    }
    let head = directory.head(name.as_ref(), HEAD_SIZE).ok()?;
    if is_plan && head.starts_with(ZIP) {
        let path = join_shown(shown, name).to_string_lossy().replace('\\', "/");
        let why = "it is a binary plan; pass the output of `terraform show -json` for it".to_owned();
        return Some(NotRead { path, kind: NotReadKind::Plan, why, may_hide_keys: true });
    }
    let kind = (request.recognize)(&head)?;
    // A document that does not mention the type of keys hides none.
    let may_hide_keys = directory
        .read(name.as_ref(), MAX_SIZE)
        .map_or(true, |bytes| memchr::memmem::find(&bytes, format!("{}\"", kinds::KEY).as_bytes()).is_some());
    let path = join_shown(shown, name).to_string_lossy().replace('\\', "/");
    let why = match kind {
        NotReadKind::State => "states are checked when they are passed as paths",
        _ => "plans are checked when they are passed as paths",
    };
    Some(NotRead { path, kind, why: why.to_owned(), may_hide_keys })
}
