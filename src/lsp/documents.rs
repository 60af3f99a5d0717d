//! The open documents of the editor.

use super::position::Encoding;
use super::uri;
use crate::base::{Overlay, disk};
use lsp_types::{TextDocumentContentChangeEvent, Uri};
use ropey::Rope;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One open document.
#[derive(Debug)]
pub(super) struct OpenDocument {
    /// The URI that the client uses for it.
    pub uri: Uri,
    /// The version of its text.
    pub version: i32,
    /// Its text, made on first use after a change: many changes may come before that.
    text: OnceCell<Arc<str>>,
    /// The text for changes; `None` before the first change.
    rope: Option<Rope>,
}

impl OpenDocument {
    /// Its text.
    pub(super) fn text(&self) -> &Arc<str> {
        self.text.get_or_init(|| self.rope.as_ref().map(Rope::to_string).unwrap_or_default().into())
    }

    fn change(&mut self, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        // A rope, because one message may have 90,000 changes, each of which would copy a `String`.
        let mut rope = self.rope.take().unwrap_or_else(|| Rope::from_str(self.text()));
        for change in changes {
            match change.range {
                None => rope = Rope::from_str(&change.text),
                Some(range) => {
                    let (start, end) = (encoding.char_of(&rope, range.start), encoding.char_of(&rope, range.end));
                    // `char_of` returns offsets inside the text, so this does not fail.
                    let _ = rope.try_remove(start..end.max(start)).and_then(|()| rope.try_insert(start, &change.text));
                }
            }
        }
        (self.rope, self.text) = (Some(rope), OnceCell::new());
    }
}

/// The open documents by real path.
#[derive(Debug, Default)]
pub(super) struct Documents(HashMap<PathBuf, OpenDocument>);

impl Documents {
    /// Adds an opened document. Returns its real path, or `None` if it is not a file.
    pub(super) fn open(&mut self, uri: Uri, version: i32, text: String) -> Option<PathBuf> {
        let path = real_path(&uri::path(&uri)?);
        self.0.insert(path.clone(), OpenDocument { uri, version, text: OnceCell::from(Arc::from(text)), rope: None });
        Some(path)
    }

    /// Applies changes in order. Returns the document's real path.
    pub(super) fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Option<PathBuf> {
        let path = real_path(&uri::path(uri)?);
        let document = self.0.get_mut(&path)?;
        document.version = version;
        document.change(changes, encoding);
        Some(path)
    }

    /// Removes a closed document; the file on disk counts again. Returns its real path.
    pub(super) fn close(&mut self, uri: &Uri) -> Option<PathBuf> {
        let path = real_path(&uri::path(uri)?);
        self.0.remove(&path).map(|_| path)
    }

    /// The document of a URI, and its real path.
    pub(super) fn of(&self, uri: &Uri) -> Option<(PathBuf, &OpenDocument)> {
        let path = real_path(&uri::path(uri)?);
        let document = self.0.get(&path)?;
        Some((path, document))
    }

    /// The open document at a real path.
    pub(super) fn at(&self, path: &Path) -> Option<&OpenDocument> {
        self.0.get(path)
    }

    /// The open documents with their real paths.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Path, &OpenDocument)> {
        self.0.iter().map(|(path, document)| (path.as_path(), document))
    }

    /// The texts of open documents, which take precedence over the files on disk.
    pub(super) fn overlay(&self) -> Overlay {
        let mut overlay = Overlay::default();
        for (path, document) in &self.0 {
            overlay.set(path.clone(), Arc::clone(document.text()));
        }
        overlay
    }
}

/// The path with links resolved, even of a file that is not saved yet.
pub(super) fn real_path(path: &Path) -> PathBuf {
    disk::canonical(path).unwrap_or_else(|_| {
        let directory = path.parent().and_then(|directory| disk::canonical(directory).ok());
        directory.zip(path.file_name()).map_or_else(|| disk::tidy(path), |(directory, name)| directory.join(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsp_types::{Position, Range};
    use std::str::FromStr;

    #[test]
    fn changes_are_applied_in_order_and_clamped_to_the_text() {
        let mut documents = Documents::default();
        let uri = Uri::from_str("file:///nowhere/a.tf").unwrap();
        documents.open(uri.clone(), 1, "a = 1\nb = 2\n".to_owned()).unwrap();
        let change = |start: (u32, u32), end: (u32, u32), text: &str| TextDocumentContentChangeEvent {
            range: Some(Range::new(Position::new(start.0, start.1), Position::new(end.0, end.1))),
            range_length: None,
            text: text.to_owned(),
        };
        let changes = vec![change((1, 4), (1, 5), "\"é\""), change((0, 0), (1, 0), ""), change((9, 9), (0, 0), "c = 3\n")];
        let path = documents.change(&uri, 2, changes, Encoding::Utf16).unwrap();
        assert_eq!(&**documents.at(&path).unwrap().text(), "b = \"é\"\nc = 3\n");
        let all = TextDocumentContentChangeEvent { range: None, range_length: None, text: "x".to_owned() };
        documents.change(&uri, 3, vec![all], Encoding::Utf16).unwrap();
        assert_eq!((&**documents.at(&path).unwrap().text(), documents.at(&path).unwrap().version), ("x", 3));
        assert_eq!(documents.close(&uri), Some(path));
        assert_eq!(documents.change(&uri, 4, Vec::new(), Encoding::Utf16), None);
    }
}
