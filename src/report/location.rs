//! Resolves places to paths and positions.

use super::context::ReportContext;
use crate::base::{Place, Position, Sources};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A place resolved to a path and positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// The path as shown, with forward slashes; the OCID of a live resource.
    pub path: String,
    /// Start and end, with the end after the last character. `None` if only the path is known.
    pub range: Option<(Position, Position)>,
    /// JSON pointer, for places in plans and states.
    pub pointer: Option<String>,
    /// Whether the path is an OCID.
    pub is_cloud: bool,
}

/// The unit of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// Unicode characters.
    Characters,
    /// UTF-16 code units.
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
}

/// Resolves a place.
#[must_use]
pub(super) fn locate(place: &Place, sources: &Sources, columns: Columns) -> Location {
    match place {
        Place::Source(span) => {
            let source = sources.get(span.source);
            let position = |offset: u32| match columns {
                Columns::Characters => source.position(offset as usize),
                Columns::Utf16 => source.position_utf16(offset as usize),
                Columns::Bytes => source.position_bytes(offset as usize),
            };
            let range = Some((position(span.start), position(span.end.max(span.start))));
            Location { path: slashes(&source.path().to_string_lossy()), range, pointer: None, is_cloud: false }
        }
        Place::Json(json) => {
            let range = json.line.map(|(line, column)| {
                let at = Position { line, column };
                (at, Position { line, column: column + 1 })
            });
            Location { path: slashes(&json.file), range, pointer: Some(json.pointer.to_string()), is_cloud: false }
        }
        Place::File(file) => Location { path: slashes(file), range: None, pointer: None, is_cloud: false },
        Place::Cloud(at) => Location { path: at.ocid.to_string(), range: None, pointer: None, is_cloud: true },
    }
}

/// Converts a path to forward slashes.
fn slashes(path: &str) -> String {
    if std::path::MAIN_SEPARATOR == '\\' { path.replace('\\', "/") } else { path.to_owned() }
}

/// Everything to escape in the path of a URI: all but the unreserved characters (RFC 3986, section 2.3) and slashes.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A relative path as a percent-encoded URI reference (RFC 3986).
#[must_use]
pub(super) fn uri(path: &str) -> String {
    utf8_percent_encode(path, UNRESERVED).to_string()
}

/// The URL where the CI service shows the line; `None` outside of the repository. GitHub and GitLab have the same form.
#[must_use]
pub(super) fn url(place: &Place, context: &ReportContext<'_>) -> Option<String> {
    let files = context.files_url?;
    let at = locate(place, context.sources, Columns::Characters);
    if at.is_cloud || !(context.in_repository)(&at.path) {
        return None;
    }
    let line = at.range.map_or_else(String::new, |(start, _)| format!("#L{}", start.line));
    Some(format!("{files}{}{line}", uri(&(context.repository_path)(&at.path))))
}

/// `path:line:col`, or as much of it as is known. Safe to print on a terminal.
#[must_use]
pub fn short(place: &Place, sources: &Sources) -> String {
    let location = locate(place, sources, Columns::Characters);
    let path = super::text::clean(&location.path).into_owned();
    location.range.map_or(path.clone(), |(start, _)| format!("{path}:{}:{}", start.line, start.column))
}
