//! Walking through a document: objects, arrays of resource entries, and the JSON pointer of the current position.

use super::node::{self, Node};
use super::scan::{PlanScanner, ScanError};
use crate::base::brief;
use crate::key::kinds;
use std::borrow::Cow;
use std::collections::HashSet;

/// The resource types that are related to keys.
pub(super) const RELATED: &[&[u8]] = &[
    kinds::KEY.as_bytes(),
    kinds::VAULT.as_bytes(),
    b"oci_kms_vaults",
    kinds::KEY_VERSION.as_bytes(),
    kinds::AUTHORITY.as_bytes(),
    b"time_rotating",
];

/// How deeply modules may be nested; Terraform projects reach five levels.
const MODULES: usize = 100;

/// Whether entries of a type are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryFilter {
    No,
    Yes,
    /// Only if an argument is not a literal: large plans have many resources of types that can pass values on.
    IfNotLiteral,
}

impl From<bool> for EntryFilter {
    fn from(wanted: bool) -> Self {
        if wanted { Self::Yes } else { Self::No }
    }
}

/// A JSON pointer that grows and shrinks with the walk.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    parts: Vec<String>,
}

impl Pointer {
    /// The pointer as text (RFC 6901).
    pub(super) fn text(&self) -> String {
        self.parts.iter().fold(String::new(), |text, part| child_pointer(&text, &brief(part.clone())))
    }

    /// The pointer of a member.
    pub(super) fn child(&self, key: &str) -> String {
        child_pointer(&self.text(), key)
    }
}

/// The pointer of a member.
pub(super) fn child_pointer(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Reads a complete value.
pub(super) fn read_node(scanner: &mut PlanScanner) -> Result<Node, ScanError> {
    scanner.read_value(node::parse)
}

/// Walks over an object. `each` gets a key and must consume its value.
pub(super) fn object<'p>(
    scanner: &mut PlanScanner<'p>,
    pointer: &mut Pointer,
    what: &str,
    mut each: impl FnMut(&mut PlanScanner<'p>, &mut Pointer, &str) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    if scanner.peek_some()? != b'{' {
        return Err(scanner.shape_error(format!("{what} is not an object")));
    }
    // A module in the configuration takes three steps: `module_calls`, the name of the call, `module`.
    if pointer.parts.len() > MODULES * 3 {
        return Err(scanner.syntax_error(format!("modules are nested more than {MODULES} deep")));
    }
    scanner.expect(b'{')?;
    let (mut first, mut seen) = (true, HashSet::new());
    while scanner.advance_to_key(&mut first)? {
        let at = scanner.hold()?;
        let key = scanner.string()?;
        scanner.release();
        if !seen.insert(key.clone()) {
            return Err(at.syntax_error(format!("duplicate key `{}`", node::shown(&key))));
        }
        scanner.expect(b':')?;
        pointer.parts.push(key.clone());
        each(scanner, pointer, &key)?;
        pointer.parts.pop();
    }
    Ok(())
}

/// Walks over an array. `each` must consume the element.
pub(super) fn array<'p>(
    scanner: &mut PlanScanner<'p>,
    pointer: &mut Pointer,
    mut each: impl FnMut(&mut PlanScanner<'p>, &mut Pointer) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    if scanner.peek_some()? != b'[' {
        let what = pointer.parts.last().map(|part| node::shown(part)).unwrap_or_default();
        return Err(scanner.shape_error(format!("`{what}` is not a list")));
    }
    scanner.expect(b'[')?;
    let (mut first, mut index) = (true, 0_usize);
    while scanner.advance_to_element(&mut first)? {
        pointer.parts.push(index.to_string());
        each(scanner, pointer)?;
        pointer.parts.pop();
        index += 1;
    }
    Ok(())
}

/// Walks over an array of resource entries and passes those of a wanted type to `each`.
pub(super) fn entries<W: Into<EntryFilter>>(
    scanner: &mut PlanScanner,
    pointer: &mut Pointer,
    wanted: impl Fn(&[u8]) -> W,
    mut each: impl FnMut(Node, &Pointer),
) -> Result<(), ScanError> {
    array(scanner, pointer, |scanner, pointer| {
        if let Some(node) = entry(scanner, &wanted)? {
            each(node, pointer);
        }
        Ok(())
    })
}

/// Whether an entry of the configuration has an expression that is not a literal: the expression lists references, or it is empty
/// because it only calls functions such as `plantimestamp()`.
fn has_non_literal(entry: &[u8]) -> bool {
    let is_empty = |at: usize| entry.get(at + 1..).and_then(|after| after.iter().find(|byte| !byte.is_ascii_whitespace())) == Some(&b'}');
    let is_value = |at: usize| {
        let before = entry.get(..at).map(<[u8]>::trim_ascii_end).and_then(|before| before.strip_suffix(b":"));
        before.is_some_and(|before| before.trim_ascii_end().ends_with(b"\"constant_value\""))
    };
    // Terraform never escapes letters. If another tool did, names cannot be found by their text, so the entry counts as non-literal.
    let is_letter = |at: usize| entry.get(at + 4).is_some_and(|digit| (b'4'..=b'7').contains(digit));
    memchr::memmem::find(entry, b"\"references\"").is_some()
        || memchr::memchr_iter(b'{', entry).any(|at| is_empty(at) && !is_value(at))
        || memchr::memmem::find_iter(entry, b"\\u00").any(is_letter)
}

/// The contents of a raw string, with escapes decoded. Almost no string has any.
fn unescaped(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).map_or(Cow::Borrowed(raw), |text| Cow::Owned(text.into_bytes()))
}

/// Consumes a resource entry and returns it if its type is wanted. Terraform writes the type near the beginning of an entry, so the
/// buffer does not have to keep entries of other types; if another tool sorted the keys, it does.
pub(super) fn entry<W: Into<EntryFilter>>(scanner: &mut PlanScanner, wanted: impl Fn(&[u8]) -> W) -> Result<Option<Node>, ScanError> {
    let mark = scanner.hold()?;
    if !scanner.take(b'{')? {
        return Err(scanner.shape_error("a resource is not an object"));
    }
    let mut first = true;
    while scanner.advance_to_key(&mut first)? {
        let is_type = *unescaped(scanner.raw_string()?) == *b"type";
        scanner.expect(b':')?;
        if !is_type {
            scanner.skip()?;
            continue;
        }
        let wanted = wanted(&unescaped(scanner.raw_string()?)).into();
        if wanted == EntryFilter::No {
            scanner.release();
        }
        scanner.skip_rest_of_object()?;
        if wanted == EntryFilter::No {
            return Ok(None);
        }
        let kept = scanner.raw_since(mark);
        let node = if wanted == EntryFilter::Yes || has_non_literal(kept.text) { Some(node::parse(&kept)?) } else { None };
        scanner.release();
        return Ok(node);
    }
    scanner.release();
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_is_non_literal_if_it_has_references_calls_or_escaped_letters() {
        for (entry, wanted) in [
            (r#"{"expressions":{"input":{"constant_value":{}},"tags":{"constant_value":"a"}}}"#, false),
            (r#"{"expressions": {"input": {"constant_value" : { }}}}"#, false),
            (r#"{"expressions":{"triggers":{}}}"#, true),
            ("{\"expressions\": {\"triggers\": {\n}}}", true),
            (r#"{"expressions":{"input":{"references":["var.a"]}}}"#, true),
            (r#"{"expressions":{"input":{"constant_value":{"a":{}}}}}"#, true),
            (r#"{"expressions":{"input":{"constant_value":"a \u003c b"}}}"#, false),
            (r#"{"expressions":{"input":{"r\u0065ferences":["var.a"]}}}"#, true),
        ] {
            assert_eq!(has_non_literal(entry.as_bytes()), wanted, "{entry}");
        }
    }
}
