//! Recognizes a file by its content: a plan, a state, or something else that users mistake for one.

use super::refusal::{
    API, ARCHIVE, BACKEND, BINARY, COLORED, COMPRESSED, EMPTY, ENCRYPTED, MESSAGE, OLD_STATE, PART, PREFIXED, QUOTED, REDACTED, REMOTE,
    SEVERAL, STACK, STREAM, TEXT, UnsupportedDocument, WRAPPED,
};
use super::unpack;
use crate::base::FileName;
use std::borrow::Cow;
use std::path::Path;

/// The kind of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognized {
    /// A plan as `terraform show -json PLANFILE` prints it.
    Plan,
    /// A state as `terraform show -json` prints it.
    State,
    /// A state as Terraform stores it, version 4.
    RawState,
    /// Configuration or values in JSON syntax (`.tf.json`, `.tfvars.json`), which another front end reads.
    Configuration,
    /// A known kind of file that cannot be checked.
    Refused(UnsupportedDocument),
    /// JSON that is neither a plan nor a state.
    OtherJson,
    /// Not JSON.
    Other,
}

/// Keys of Terraform's other documents that have a `format_version`.
const OTHER_DOCUMENT_KEYS: [&str; 4] = ["provider_schemas", "function_signatures", "valid", "error_count"];

/// Recognizes a file by its first bytes; a few kilobytes are enough, and fewer are not an error. Compressed data must be unpacked first
/// ([`unpack::open`]). The path only distinguishes configuration from other JSON.
#[must_use]
pub fn recognize(head: &[u8], path: &Path) -> Recognized {
    if let Some(refusal) = classify_packed(head) {
        return Recognized::Refused(refusal);
    }
    let decoded = unpack::utf16_encoding(head).map(|encoding| encoding.decode(head).0);
    let text = decoded.as_ref().map_or(head, |text| text.as_bytes());
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    match text {
        [] => Recognized::Refused(EMPTY),
        [b'{', ..] => {
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            if FileName::of(&name).is_some_and(|name| name.is_json) {
                return Recognized::Configuration;
            }
            classify_object(&object_keys(text), text)
        }
        [b'[', rest @ ..] if is_list(rest) => classify_array(rest.trim_ascii_start()),
        [b'"', ..] if contains(text, br#"\"format_version\""#) || contains(text, br#"\"terraform_version\""#) => {
            Recognized::Refused(QUOTED)
        }
        _ => classify_text(text).map_or(Recognized::Other, Recognized::Refused),
    }
}

/// Archives and compressed files.
fn classify_packed(head: &[u8]) -> Option<UnsupportedDocument> {
    match head {
        [b'P', b'K', 3, 4, ..] => {
            let names = unpack::zip_names(head);
            let is_configuration = |name: &&[u8]| std::str::from_utf8(name).is_ok_and(|name| FileName::of(name).is_some());
            Some(match names.as_slice() {
                // A plan file contains a copy of the configuration, like a stack, but Terraform writes the plan first.
                [b"tfplan", ..] => BINARY,
                names if names.iter().any(is_configuration) => STACK,
                names if names.contains(&&b"tfplan"[..]) => BINARY,
                _ => ARCHIVE,
            })
        }
        [b'B', b'Z', b'h', b'1'..=b'9', ..] | [0xfd, b'7', b'z', b'X', b'Z', ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(COMPRESSED),
        [b'7', b'z', 0xbc, 0xaf, ..] => Some(ARCHIVE),
        _ if head.get(257..262) == Some(b"ustar") => Some(ARCHIVE),
        _ => None,
    }
}

/// Whether `[` begins a JSON array and not a line like `[command]…` or `[0m`.
fn is_list(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b']' | b'-' | b'0'..=b'9') | None)
        || [&b"true"[..], b"false", b"null"].iter().any(|word| rest.trim_ascii_start().starts_with(word))
}

/// Classifies a JSON array by the text after its bracket.
fn classify_array(rest: &[u8]) -> Recognized {
    if rest.first() != Some(&b'{') {
        return Recognized::OtherJson;
    }
    match classify_object(&object_keys(rest), rest) {
        Recognized::Plan | Recognized::State | Recognized::RawState => Recognized::Refused(SEVERAL),
        Recognized::Refused(refusal) => Recognized::Refused(refusal),
        _ => Recognized::OtherJson,
    }
}

/// Classifies text that is not JSON but that users redirect to plan files.
fn classify_text(text: &[u8]) -> Option<UnsupportedDocument> {
    let plain = without_colors(text);
    let plain = plain.trim_ascii_start();
    if plain.starts_with(b"[command]") {
        return Some(WRAPPED);
    }
    if plain.len() < text.len() && matches!(plain, [b'{' | b'[', ..]) {
        return Some(COLORED);
    }
    let mut lines = plain.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let has_json = lines.clone().any(|line| line.starts_with(b"{")) && MARKER_KEYS.iter().any(|sign| contains(plain, sign));
    if has_json {
        return Some(PREFIXED);
    }
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    if PLAN_SENTENCES.iter().any(|sentence| contains(plain, sentence)) || is_block_comment(first) {
        return Some(TEXT);
    }
    let framed = first.strip_prefix("╷".as_bytes()).is_some() || first.starts_with("│".as_bytes());
    (framed || first.starts_with(b"Error:") || first.starts_with(b"Error ")).then_some(MESSAGE)
}

/// Keys of plans and states.
const MARKER_KEYS: [&[u8]; 3] = [b"\"format_version\"", b"\"terraform_version\"", b"\"resource_changes\""];

/// Sentences of `terraform plan` and `terraform show`.
const PLAN_SENTENCES: [&[u8]; 8] = [
    b"used the selected providers to generate the following execution",
    b"will perform the following actions",
    b"Resource actions are indicated with the following symbols",
    b"No changes. Your infrastructure matches the configuration",
    b"No changes. Infrastructure is up-to-date",
    b"An execution plan has been generated and is shown below",
    b"The state file is empty. No resources are represented",
    b"Note: Objects have changed outside of",
];

/// Whether it is a line like `# oci_kms_key.k:`, the first of a state's text, or `# oci_kms_key.k will be created` in a plan.
fn is_block_comment(line: &[u8]) -> bool {
    line.strip_prefix(b"# ").is_some_and(|rest| {
        (rest.ends_with(b":") && contains(rest, b".") && !rest.contains(&b' '))
            || contains(rest, b" will be ")
            || contains(rest, b" must be replaced")
    })
}

/// The text without color codes for terminals.
fn without_colors(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0x1b, text).is_none() {
        return Cow::Borrowed(text);
    }
    let (mut plain, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (before, code) = rest.split_at(at);
        plain.extend_from_slice(before);
        // A code ends with a letter: `ESC [ 1 ; 32 m`.
        let end = code.iter().position(u8::is_ascii_alphabetic).map_or(code.len(), |end| end + 1);
        rest = code.get(end..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// Classifies an object by its keys; the list may be incomplete.
fn classify_object(keys: &[(String, &[u8])], text: &[u8]) -> Recognized {
    let has = |wanted: &str| keys.iter().any(|(key, _)| key == wanted);
    let plan = ["resource_changes", "planned_values", "prior_state", "configuration", "resource_drift", "variables", "deferred_changes"];
    if keys.first().is_some_and(|(key, _)| key.starts_with('@')) {
        return Recognized::Refused(STREAM);
    }
    if has("encryption_version") || has("encrypted_data") {
        return Recognized::Refused(ENCRYPTED);
    }
    if has("remote_plan_format") {
        return Recognized::Refused(REMOTE);
    }
    if has("plan_format_version") {
        return Recognized::Refused(REDACTED);
    }
    if plan.iter().filter(|key| has(key)).count() + usize::from(has("format_version")) > 1
        || has("resource_changes")
        || has("planned_values")
    {
        return Recognized::Plan;
    }
    if has("format_version") {
        return if OTHER_DOCUMENT_KEYS.into_iter().any(has) { Recognized::OtherJson } else { Recognized::State };
    }
    if has("root_module") || (has("address") && (has("change") || has("mode"))) {
        return Recognized::Refused(PART);
    }
    let is_api = || {
        let marks = [&b"\"log-read-url\""[..], b"\"hosted-state-download-url\"", b"\"json-output\"", b"\"json-output-redacted\""];
        marks.iter().any(|mark| contains(text, mark))
    };
    if has("data") && is_api() {
        return Recognized::Refused(API);
    }
    let version = keys.iter().find(|(key, _)| key == "version").map(|(_, value)| *value);
    let is_state = has("serial") || has("lineage") || has("terraform_version") || has("resources");
    match version {
        Some(b"1" | b"2" | b"3") if has("backend") => Recognized::Refused(BACKEND),
        Some(b"1" | b"2" | b"3") if is_state || has("modules") => Recognized::Refused(OLD_STATE),
        Some(_) if is_state => Recognized::RawState,
        None if has("serial") && has("lineage") => Recognized::RawState,
        _ => Recognized::OtherJson,
    }
}

/// The keys of an object with the first word of their values, as far as the text goes.
fn object_keys(text: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    let (mut depth, mut at, mut key) = (0_usize, 0, None);
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                let Some(length) = string_length(text.get(at..).unwrap_or_default()) else { break };
                if depth == 1 && key.is_none() {
                    key = Some(String::from_utf8_lossy(text.get(at + 1..at + length - 1).unwrap_or_default()).into_owned());
                }
                at += length;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => {
                if let Some(key) = &key {
                    let value = text.get(at + 1..).unwrap_or_default().trim_ascii_start();
                    let end =
                        value.iter().position(|byte| matches!(byte, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t')).unwrap_or(value.len());
                    found.push((key.clone(), value.get(..end).unwrap_or_default()));
                }
            }
            b',' if depth == 1 => key = None,
            _ => {}
        }
        at += 1;
    }
    found
}

/// The length of a string with its quotes; `None` if the text ends inside it.
fn string_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_recognized_by_their_first_bytes() {
        use Recognized::{Configuration, Other, OtherJson, Plan, RawState, Refused, State};
        for (head, wanted) in [
            (&br#"{"format_version":"1.2","terraform_version":"1.15.5","planned_values":{"root_mod"#[..], Plan),
            (br#"{"applyable":true,"complete":true,"configuration":{"a":"}"},"format_version":"1.2"}"#, Plan),
            (br#"{"format_version":"1.2","terraform_version":"1.15.5","variables":{"format_version""#, Plan),
            (br#"{"format_version":"1.0"}"#, State),
            (br#"{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":"#, State),
            (b"\xef\xbb\xbf {\n \"version\": 4,\n \"terraform_version\": \"1.9.0\"", RawState),
            (br#"{"version":3,"terraform_version":"0.11.14","serial":1,"modules":[]}"#, Refused(OLD_STATE)),
            (br#"{"@level":"info","@message":"Terraform 1.15.5"}"#, Refused(STREAM)),
            (br#"{"serial":1,"lineage":"x","meta":{},"encrypted_data":"x","encryption_version":"v0"}"#, Refused(ENCRYPTED)),
            (&[b"PK\x03\x04", &[0; 22][..], &[6, 0, 0, 0], b"tfplan"].concat(), Refused(BINARY)),
            (br#"{"version":2,"name":"package"}"#, OtherJson),
            (br#"{"keys":[]}"#, OtherJson),
            (br#"{"format_version":"1.0","provider_schemas":{}}"#, OtherJson),
            (b"[1]", OtherJson),
            (b"[]", OtherJson),
            (b"[{\"a\":1}]", OtherJson),
            (b"resource \"a\" \"b\" {}", Other),
        ] {
            assert_eq!(recognize(head, Path::new("x.json")), wanted, "{}", String::from_utf8_lossy(head));
        }
        assert_eq!(recognize(b"{\"resource\":{}}", Path::new("a/main.tf.json")), Configuration);
        for bom in [&[0xff, 0xfe][..], &[]] {
            let wide: Vec<u8> =
                bom.iter().copied().chain("{\"format_version\":\"1.0\"}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
            assert_eq!(recognize(&wide, Path::new("x")), State);
        }
    }

    #[test]
    fn files_mistaken_for_plans_are_refused_by_their_kind() {
        let zip = |names: &[&str]| -> Vec<u8> {
            names
                .iter()
                .flat_map(|name| [b"PK\x03\x04", &[0; 22][..], &[name.len() as u8, 0, 0, 0], name.as_bytes(), b"data"].concat())
                .collect()
        };
        let tar = [&[b'a'; 257][..], b"ustar"].concat();
        for (head, wanted) in [
            (&b""[..], EMPTY),
            (b" \n\n", EMPTY),
            (&zip(&["tfplan", "tfstate", "tfconfig/m-/main.tf"]), BINARY),
            (&zip(&["schema.yaml", "main.tf"]), STACK),
            (&zip(&["modules/kms/keys.tf.json"]), STACK),
            (&zip(&["plan.json"]), ARCHIVE),
            (&tar, ARCHIVE),
            (b"BZh91AY", COMPRESSED),
            (b"\x28\xb5\x2f\xfd..", COMPRESSED),
            (b"[command]/opt/terraform-bin show -json p\n{\"format_version\":\"1.2\"}", WRAPPED),
            (b"\x1b[0m[command]/opt/terraform-bin show -json p\n{\"format_version\":\"1.2\"}", WRAPPED),
            (b"Acquiring state lock. This may take a few moments...\n{\"format_version\":\"1.2\"}", PREFIXED),
            (b"```json\n{\n  \"version\": 4,\n  \"terraform_version\": \"1.9.0\"}\n```", PREFIXED),
            (b"\x1b[1;39m{\n  \x1b[0m\x1b[34;1m\"format_version\"\x1b[0m: \"1.2\"", COLORED),
            (b"\x1b[0m{\"format_version\":\"1.2\"}\x1b[0m", COLORED),
            (b"\x1b[0m\x1b[1moci_kms_key.k\x1b[0m: Refreshing state...\n\nTerraform will perform the following actions:\n", TEXT),
            (b"\nOpenTofu used the selected providers to generate the following execution\nplan.", TEXT),
            (b"# oci_kms_key.k:\nresource \"oci_kms_key\" \"k\" {\n", TEXT),
            ("╷\n│ Error: Failed to load plan".as_bytes(), MESSAGE),
            (b"Error: No plan file", MESSAGE),
            (br#"[{"format_version":"1.2","planned_values":{}},{"format_version":"1.2"}]"#, SEVERAL),
            (br#"[{"version":4,"serial":1}]"#, SEVERAL),
            (br#"[{"address":"oci_kms_key.k","mode":"managed","change":{}}]"#, PART),
            (br#"{"address":"oci_kms_key.k","change":{}}"#, PART),
            (br#"{"root_module":{"resources":[]}}"#, PART),
            (br#""{\"format_version\":\"1.2\"}""#, QUOTED),
            (br#"{"remote_plan_format":1,"run_id":"run-abc","hostname":"app.terraform.io"}"#, REMOTE),
            (br#"{"plan_format_version":"1.2","resource_changes":[],"provider_schemas":{}}"#, REDACTED),
            (br#"{"data":{"id":"plan-x","type":"plans","attributes":{"log-read-url":"https://x"}}}"#, API),
            (br#"{"version":3,"serial":1,"lineage":"x","backend":{"type":"s3"},"modules":[]}"#, BACKEND),
        ] {
            assert_eq!(recognize(head, Path::new("")), Recognized::Refused(wanted), "{}", String::from_utf8_lossy(head));
        }
    }
}
