//! Walking through a document: objects, arrays of resource entries, and where in the document the walk is.

use super::node::{self, Node};
use super::scan::{PlanScanner, ScanError};
use crate::base::brief;
use crate::key::kinds;
use std::borrow::Cow;
use std::collections::HashSet;

/// The types of resources that keys have to do with.
pub(super) const RELATED: &[&[u8]] = &[
    kinds::KEY.as_bytes(),
    kinds::VAULT.as_bytes(),
    b"oci_kms_vaults",
    kinds::KEY_VERSION.as_bytes(),
    kinds::AUTHORITY.as_bytes(),
    b"time_rotating",
];

/// How deep modules may be nested; Terraform projects reach five.
const MODULES: usize = 100;

/// Whether entries of a type are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryFilter {
    No,
    Yes,
    /// Only if an argument is not a literal: large plans have many resources that only might pass values on.
    IfItMayChange,
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
        self.parts.iter().fold(String::new(), |text, part| down(&text, &brief(part.clone())))
    }

    /// The pointer of a member.
    pub(super) fn down(&self, key: &str) -> String {
        down(&self.text(), key)
    }
}

/// The pointer of a member.
pub(super) fn down(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Takes a value whole.
pub(super) fn keep(scanner: &mut PlanScanner) -> Result<Node, ScanError> {
    scanner.keep_value(node::parse)
}

/// Walks over an object. `each` takes the value of the key it is given.
pub(super) fn object<'p>(
    scanner: &mut PlanScanner<'p>,
    pointer: &mut Pointer,
    what: &str,
    mut each: impl FnMut(&mut PlanScanner<'p>, &mut Pointer, &str) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    if scanner.peek_some()? != b'{' {
        return Err(scanner.misshapen(format!("{what} is not an object")));
    }
    // A module in the configuration takes three steps: `module_calls`, the name of the call, `module`.
    if pointer.parts.len() > MODULES * 3 {
        return Err(scanner.broken(format!("modules are nested more than {MODULES} deep")));
    }
    scanner.expect(b'{')?;
    let (mut first, mut seen) = (true, HashSet::new());
    while scanner.has_key(&mut first)? {
        let at = scanner.hold()?;
        let key = scanner.string()?;
        scanner.release();
        if !seen.insert(key.clone()) {
            return Err(at.broken(format!("duplicate key `{}`", node::shown(&key))));
        }
        scanner.expect(b':')?;
        pointer.parts.push(key.clone());
        each(scanner, pointer, &key)?;
        pointer.parts.pop();
    }
    Ok(())
}

/// Walks over an array. `each` takes the element.
pub(super) fn array<'p>(
    scanner: &mut PlanScanner<'p>,
    pointer: &mut Pointer,
    mut each: impl FnMut(&mut PlanScanner<'p>, &mut Pointer) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    if scanner.peek_some()? != b'[' {
        let what = pointer.parts.last().map(|part| node::shown(part)).unwrap_or_default();
        return Err(scanner.misshapen(format!("`{what}` is not a list")));
    }
    scanner.expect(b'[')?;
    let (mut first, mut index) = (true, 0_usize);
    while scanner.element(&mut first)? {
        pointer.parts.push(index.to_string());
        each(scanner, pointer)?;
        pointer.parts.pop();
        index += 1;
    }
    Ok(())
}

/// Walks over an array of resource entries and hands those of a wanted type to `each`, whole.
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

/// Whether an entry of the configuration has an expression that is not a literal: it lists references, or nothing at all where it only
/// calls functions such as `plantimestamp()`.
fn may_change(entry: &[u8]) -> bool {
    let is_empty = |at: usize| entry.get(at + 1..).and_then(|after| after.iter().find(|byte| !byte.is_ascii_whitespace())) == Some(&b'}');
    let is_value = |at: usize| {
        let before = entry.get(..at).map(<[u8]>::trim_ascii_end).and_then(|before| before.strip_suffix(b":"));
        before.is_some_and(|before| before.trim_ascii_end().ends_with(b"\"constant_value\""))
    };
    // Terraform writes no letter as an escape; a name in which another tool did is not read here.
    let is_letter = |at: usize| entry.get(at + 4).is_some_and(|digit| (b'4'..=b'7').contains(digit));
    memchr::memmem::find(entry, b"\"references\"").is_some()
        || memchr::memchr_iter(b'{', entry).any(|at| is_empty(at) && !is_value(at))
        || memchr::memmem::find_iter(entry, b"\\u00").any(is_letter)
}

/// What is between the quotes of a string, with its escapes decoded. Nearly none has any.
fn written(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).map_or(Cow::Borrowed(raw), |text| Cow::Owned(text.into_bytes()))
}

/// Takes a resource entry; gives it if its type is wanted. The type is near the beginning of what Terraform writes, so that
/// the buffer need not keep the entries of other types; where a tool has sorted the keys, it must.
pub(super) fn entry<W: Into<EntryFilter>>(scanner: &mut PlanScanner, wanted: impl Fn(&[u8]) -> W) -> Result<Option<Node>, ScanError> {
    let held = scanner.hold()?;
    if !scanner.take(b'{')? {
        return Err(scanner.misshapen("a resource is not an object"));
    }
    let mut first = true;
    while scanner.has_key(&mut first)? {
        let is_type = *written(scanner.raw_string()?) == *b"type";
        scanner.expect(b':')?;
        if !is_type {
            scanner.skip()?;
            continue;
        }
        let wanted = wanted(&written(scanner.raw_string()?)).into();
        if wanted == EntryFilter::No {
            scanner.release();
        }
        scanner.skip_rest_of_object()?;
        if wanted == EntryFilter::No {
            return Ok(None);
        }
        let kept = scanner.kept(held);
        let node = if wanted == EntryFilter::Yes || may_change(kept.text) { Some(node::parse(&kept)?) } else { None };
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
    fn an_entry_of_literals_cannot_change_and_one_that_calls_a_function_may() {
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
            assert_eq!(may_change(entry.as_bytes()), wanted, "{entry}");
        }
    }
}
