//! What the bytes of a file can prove: that it declares no key and calls no module. Everything else is decided by the parsed structure.

use crate::hcl::has_computed_source;
use crate::key::kinds;
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

// To prepare a search takes longer than most files take to be searched.
static KEY: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(kinds::KEY));
static OCI: LazyLock<[Finder<'_>; 3]> = LazyLock::new(|| ["oci", "OCI", "Oci"].map(Finder::new));
static MODULE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("module"));
static SOURCE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("source"));

/// What a byte search found in the files of a directory. Each answer errs on the side of "maybe".
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hints {
    /// The word `oci_kms_key` is in them, or not all of them could be read.
    pub key: bool,
    /// A word that may name the OCI provider is in them.
    pub oci: bool,
    /// A `\u` escape is in them: a label or a JSON property may spell anything.
    pub escape: bool,
    /// A module call may be in them whose source is not a plain string.
    pub odd: bool,
    /// The plain strings after `source =` in files that may call modules; comments included.
    pub sources: Vec<String>,
}

impl Hints {
    /// Adds what the bytes of one file show.
    pub(super) fn add(&mut self, bytes: &[u8], is_json: bool) {
        let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        self.key = self.key || is_utf16 || mentions_key(bytes);
        self.oci = self.oci || mentions_oci(bytes);
        self.escape = self.escape || memchr::memchr_iter(b'\\', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'u' | b'U')));
        if may_call(bytes) && sources(bytes, &mut self.sources) && !self.odd {
            // Many arguments are called `source`: only those of module calls matter.
            let text = if is_json { None } else { std::str::from_utf8(bytes).ok() };
            self.odd = text.is_none_or(has_computed_source);
        }
    }

    /// Whether only parsing shows what the directory declares and calls.
    pub(crate) fn is_unclear(&self) -> bool {
        self.odd || self.escape
    }
}

/// Whether bytes name the resource type, and not only a longer one that begins with it.
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

/// Whether bytes may hold a `module` block: the word, followed by what can follow it in a header or in JSON.
fn may_call(bytes: &[u8]) -> bool {
    MODULE.find_iter(bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + "module".len());
        !before.is_some_and(|byte| is_word(*byte) || *byte == b'.') && after.is_some_and(|byte| b" \t\r\n\"/".contains(byte))
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii()
}

/// Adds the plain strings that are the values of `source`; whether there may be others.
fn sources(bytes: &[u8], found: &mut Vec<String>) -> bool {
    let mut is_odd = false;
    for at in SOURCE.find_iter(bytes) {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        if before.is_some_and(|byte| is_word(*byte) || *byte == b'.') {
            continue;
        }
        match value(bytes.get(at + "source".len()..).unwrap_or_default()) {
            SourceHint::Plain(source) => found.push(source),
            SourceHint::Odd => is_odd = true,
            SourceHint::None => {}
        }
    }
    is_odd
}

/// What may follow the word `source`.
enum SourceHint {
    /// `= "text"` and nothing more.
    Plain(String),
    /// Something else that may be the value of an argument.
    Odd,
    /// Nothing that is an argument.
    None,
}

fn value(rest: &[u8]) -> SourceHint {
    let (rest, is_json) = match rest.strip_prefix(b"\"") {
        Some(rest) => (rest.trim_ascii_start(), true),
        None => (trim_blanks(rest), false),
    };
    let rest = match rest.split_first() {
        Some((b'=', rest)) if !rest.starts_with(b"=") => rest,
        Some((b':', rest)) if is_json => rest,
        // A comment between the name and its sign.
        Some((b'/', _)) => return SourceHint::Odd,
        _ => return SourceHint::None,
    };
    let Some(text) = rest.trim_ascii_start().strip_prefix(b"\"") else { return SourceHint::Odd };
    let Some(end) = memchr::memchr2(b'"', b'\n', text).filter(|end| text.get(*end) == Some(&b'"')) else { return SourceHint::Odd };
    let (text, following) = text.split_at(end);
    let rest = trim_blanks(following.get(1..).unwrap_or_default());
    let is_all = matches!(rest, [] | [b'\n' | b'\r' | b'}' | b',' | b'#', ..] | [b'/', b'/', ..]);
    if !is_all || text.contains(&b'\\') || memmem::find(text, b"${").is_some() || memmem::find(text, b"%{").is_some() {
        return SourceHint::Odd;
    }
    std::str::from_utf8(text).map_or(SourceHint::Odd, |text| SourceHint::Plain(text.to_owned()))
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
    fn only_the_whole_word_is_a_candidate() {
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
    fn plain_sources_are_found_in_both_syntaxes() {
        let found = hints("module \"m\" {\n source = \"./m\" # one\n}\n{\"module\": {\"n\": {\"source\" :\n\"../n\"}}}");
        assert_eq!(found.sources, ["./m", "../n"]);
        assert!(!found.odd);
        // Without a module call, the argument belongs to something else.
        assert!(!hints("resource \"x\" \"y\" {\n source = var.s\n}\nlocals {\n a = path.module\n}").odd);
    }

    #[test]
    fn no_source_is_passed_over() {
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
            assert!(hints(&format!("module m {{\n  source = {source}\n}}")).odd, "{source}");
        }
        assert!(hints("module \"m\" {\n source /* x */ = \"./m\"\n}").odd);
        assert!(hints("{\"module\" : {\"m\": {\"source\": \".\\/m\"}}}").odd);
    }
}
