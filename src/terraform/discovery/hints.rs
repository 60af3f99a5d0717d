//! Hints from the bytes of a file, which can prove that it declares no keys and calls no modules. Everything else needs parsing.

use crate::hcl::has_computed_source;
use crate::key::kinds;
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

// Prepared once: preparing a search takes longer than searching most files.
static KEY: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(kinds::KEY));
static OCI: LazyLock<[Finder<'_>; 3]> = LazyLock::new(|| ["oci", "OCI", "Oci"].map(Finder::new));
static MODULE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("module"));
static SOURCE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("source"));

/// The result of a byte search in the files of a directory. `false` is certain, `true` means "maybe".
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hints {
    /// They contain the word `oci_kms_key`, or not all of them could be read.
    pub key: bool,
    /// They contain a word that may name the OCI provider.
    pub oci: bool,
    /// They contain a `\u` escape: a label or a JSON property may spell anything.
    pub escape: bool,
    /// They may contain a module call whose source is not a plain string.
    pub dynamic_source: bool,
    /// The plain strings after `source =` in files that may call modules, including those in comments.
    pub sources: Vec<String>,
}

impl Hints {
    /// Adds the hints of one file.
    pub(super) fn add(&mut self, bytes: &[u8], is_json: bool) {
        let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        self.key = self.key || is_utf16 || mentions_key(bytes);
        self.oci = self.oci || mentions_oci(bytes);
        self.escape = self.escape || memchr::memchr_iter(b'\\', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'u' | b'U')));
        if may_have_call(bytes) && add_sources(bytes, &mut self.sources) && !self.dynamic_source {
            // Many arguments are named `source`, but only those of module calls matter.
            let text = if is_json { None } else { std::str::from_utf8(bytes).ok() };
            self.dynamic_source = text.is_none_or(has_computed_source);
        }
    }

    /// Whether the directory must be parsed to find its keys and calls.
    pub(crate) fn is_unclear(&self) -> bool {
        self.dynamic_source || self.escape
    }
}

/// Whether bytes contain `oci_kms_key` as a word, not only longer types that begin with it.
fn mentions_key(bytes: &[u8]) -> bool {
    KEY.find_iter(bytes).any(|at| !bytes.get(at + kinds::KEY.len()).is_some_and(|byte| is_word(*byte)))
}

/// Whether bytes may name the OCI provider: `oci_…`, `"oci"`, `Oracle/OCI`.
fn mentions_oci(bytes: &[u8]) -> bool {
    OCI.iter().any(|word| {
        word.find_iter(bytes).any(|at| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let after = bytes.get(at + word.needle().len());
            !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') && !after.is_some_and(u8::is_ascii_alphanumeric)
        })
    })
}

/// Whether bytes may contain a `module` block: the word, followed by a character that can follow it in a header or in JSON.
fn may_have_call(bytes: &[u8]) -> bool {
    MODULE.find_iter(bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + "module".len());
        !before.is_some_and(|byte| is_word(*byte) || *byte == b'.') && after.is_some_and(|byte| b" \t\r\n\"/".contains(byte))
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii()
}

/// Adds the values of `source` that are plain strings. Returns whether there may be others.
fn add_sources(bytes: &[u8], found: &mut Vec<String>) -> bool {
    let mut has_dynamic = false;
    for at in SOURCE.find_iter(bytes) {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        if before.is_some_and(|byte| is_word(*byte) || *byte == b'.') {
            continue;
        }
        match source_hint(bytes.get(at + "source".len()..).unwrap_or_default()) {
            SourceHint::Plain(source) => found.push(source),
            SourceHint::Dynamic => has_dynamic = true,
            SourceHint::None => {}
        }
    }
    has_dynamic
}

/// The text after the word `source`.
enum SourceHint {
    /// `= "text"` and nothing more.
    Plain(String),
    /// Any other text that may be the value of an argument.
    Dynamic,
    /// Not the value of an argument.
    None,
}

fn source_hint(rest: &[u8]) -> SourceHint {
    let (rest, is_json) = match rest.strip_prefix(b"\"") {
        Some(rest) => (rest.trim_ascii_start(), true),
        None => (trim_blanks(rest), false),
    };
    let rest = match rest.split_first() {
        Some((b'=', rest)) if !rest.starts_with(b"=") => rest,
        Some((b':', rest)) if is_json => rest,
        // A comment between the name and `=` or `:`.
        Some((b'/', _)) => return SourceHint::Dynamic,
        _ => return SourceHint::None,
    };
    let Some(text) = rest.trim_ascii_start().strip_prefix(b"\"") else { return SourceHint::Dynamic };
    let Some(end) = memchr::memchr2(b'"', b'\n', text).filter(|end| text.get(*end) == Some(&b'"')) else { return SourceHint::Dynamic };
    let (text, following) = text.split_at(end);
    let rest = trim_blanks(following.get(1..).unwrap_or_default());
    let is_all = matches!(rest, [] | [b'\n' | b'\r' | b'}' | b',' | b'#', ..] | [b'/', b'/', ..]);
    if !is_all || text.contains(&b'\\') || memmem::find(text, b"${").is_some() || memmem::find(text, b"%{").is_some() {
        return SourceHint::Dynamic;
    }
    std::str::from_utf8(text).map_or(SourceHint::Dynamic, |text| SourceHint::Plain(text.to_owned()))
}

fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(text: &str) -> Hints {
        let mut hints = Hints::default();
        hints.add(text.as_bytes(), text.starts_with('{'));
        hints
    }

    #[test]
    fn only_complete_words_and_escapes_set_hints() {
        assert!(hints(r#"resource "oci_kms_key" "k" {}"#).key);
        assert!(hints("resource oci_kms_key k {}").key);
        assert!(!hints(r#"resource "oci_kms_key_version" "k" {}"#).key);
        for text in [r#"source = "oracle/oci""#, "provider oci {}", "oci_core_vcn", "Oracle/OCI"] {
            assert!(hints(text).oci, "{text}");
        }
        assert!(!hints("association social").oci);
        assert!(hints(r#"resource "oci\u005fkms_key" "k" {}"#).escape && !hints("a = \"\\n\"").escape);
    }

    #[test]
    fn plain_sources_are_found_in_native_and_json_syntax() {
        let found = hints("module \"m\" {\n source = \"./m\" # one\n}\n{\"module\": {\"n\": {\"source\" :\n\"../n\"}}}");
        assert_eq!(found.sources, ["./m", "../n"]);
        assert!(!found.dynamic_source);
        // Without a module call, the argument does not matter.
        assert!(!hints("resource \"x\" \"y\" {\n source = var.s\n}\nlocals {\n a = path.module\n}").dynamic_source);
    }

    #[test]
    fn source_that_is_not_a_plain_string_is_dynamic() {
        for source in [
            "/* local */ \"./m\"",
            "(\"./m\")",
            "\"${\"./m\"}\"",
            "\"./\\u006dod\"",
            "\".\\/m\"",
            "join(\"/\", [\".\", \"m\"])",
            "<<E\n./m\nE\n",
            "\"./a\" == \"\" ? \"./b\" : \"./c\"",
            "\"./a\" /* more */ == 1",
            "var.m",
        ] {
            assert!(hints(&format!("module m {{\n  source = {source}\n}}")).dynamic_source, "{source}");
        }
        assert!(hints("module \"m\" {\n source /* x */ = \"./m\"\n}").dynamic_source);
        assert!(hints("{\"module\" : {\"m\": {\"source\": \".\\/m\"}}}").dynamic_source);
    }
}
