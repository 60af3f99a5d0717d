//! What a file is, told by its content: a plan, a state, or something else that people mistake for one.

use std::path::Path;

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// A plan as `terraform show -json PLANFILE` prints it.
    Plan,
    /// A state as `terraform show -json` prints it.
    State,
    /// A state as Terraform stores it, version 4.
    RawState,
    /// Configuration or values in JSON syntax (`.tf.json`, `.tfvars.json`): the business of another front end.
    Configuration,
    /// Something that is known and cannot be judged.
    Refused(Refusal),
    /// JSON that is neither a plan nor a state.
    OtherJson,
    /// Not JSON.
    Other,
}

/// Why something that we know cannot be judged, and what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it is, as a clause: "this is a binary plan file".
    pub what: &'static str,
    /// What to do, as one sentence without a full stop.
    pub help: &'static str,
}

const BINARY: Refusal = Refusal {
    what: "this is a binary plan file, which only the Terraform that made it can read",
    help: "Run `terraform show -json FILE > plan.json` (or `tofu show -json`) where the plan was made, and give kmslint that file",
};

pub(super) const STREAM: Refusal = Refusal {
    what: "this is the message stream of `terraform plan -json`, which does not hold the planned values",
    help: "Run `terraform plan -out=plan.bin`, then `terraform show -json plan.bin > plan.json`, and give kmslint that file",
};

pub(super) const ENCRYPTED: Refusal = Refusal {
    what: "this state or plan is encrypted by OpenTofu",
    help: "Run `tofu show -json > state.json` with the encryption's configuration at hand, and give kmslint that file",
};

pub(super) const OLD_STATE: Refusal = Refusal {
    what: "this is a state of Terraform 0.11 or older",
    help: "Let a newer Terraform upgrade it, or run `terraform state pull` with one and give kmslint its output",
};

pub(super) const OTHER: Refusal = Refusal {
    what: "this is neither a plan nor a state of Terraform or OpenTofu",
    help: "Give kmslint what `terraform show -json` prints, or a state of version 4",
};

/// Keys of other documents of Terraform that have a `format_version` too.
const OTHERS: [&str; 4] = ["provider_schemas", "function_signatures", "valid", "error_count"];

/// Tells what a file is by its first bytes; some kilobytes are enough, and less is no error. The path only tells configuration from
/// other JSON.
#[must_use]
pub fn recognise(head: &[u8], path: &Path) -> Recognised {
    if head.starts_with(b"PK\x03\x04") {
        return Recognised::Refused(BINARY);
    }
    let wide = match head {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    let decoded = wide.map(|encoding| encoding.decode(head).0);
    let text = decoded.as_ref().map_or(head, |text| text.as_bytes());
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    if text.first() != Some(&b'{') {
        return if text.first() == Some(&b'[') { Recognised::OtherJson } else { Recognised::Other };
    }
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    if [".tf.json", ".tofu.json", ".tfvars.json"].iter().any(|end| name.ends_with(end)) {
        return Recognised::Configuration;
    }
    kind(&keys(text))
}

/// What an object with these keys is; the list may break off.
fn kind(keys: &[(String, &[u8])]) -> Recognised {
    let has = |wanted: &str| keys.iter().any(|(key, _)| key == wanted);
    let plan = ["resource_changes", "planned_values", "prior_state", "configuration", "resource_drift", "variables", "deferred_changes"];
    if keys.first().is_some_and(|(key, _)| key.starts_with('@')) {
        return Recognised::Refused(STREAM);
    }
    if has("encryption_version") || has("encrypted_data") {
        return Recognised::Refused(ENCRYPTED);
    }
    if plan.iter().filter(|key| has(key)).count() + usize::from(has("format_version")) > 1
        || has("resource_changes")
        || has("planned_values")
    {
        return Recognised::Plan;
    }
    if has("format_version") {
        return if OTHERS.into_iter().any(has) { Recognised::OtherJson } else { Recognised::State };
    }
    let version = keys.iter().find(|(key, _)| key == "version").map(|(_, value)| *value);
    let is_state = has("serial") || has("lineage") || has("terraform_version") || has("resources");
    match version {
        Some(b"1" | b"2" | b"3") if is_state || has("modules") => Recognised::Refused(OLD_STATE),
        Some(_) if is_state => Recognised::RawState,
        None if has("serial") && has("lineage") => Recognised::RawState,
        _ => Recognised::OtherJson,
    }
}

/// The keys of an object and the first word of their values, as far as the text goes.
fn keys(text: &[u8]) -> Vec<(String, &[u8])> {
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

/// The length of a string with its quotes; `None` where the text ends before it.
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
    fn files_are_told_by_their_first_bytes() {
        use Recognised::{Configuration, Other, OtherJson, Plan, RawState, Refused, State};
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
            (b"PK\x03\x04rest", Refused(BINARY)),
            (br#"{"version":2,"name":"package"}"#, OtherJson),
            (br#"{"keys":[]}"#, OtherJson),
            (br#"{"format_version":"1.0","provider_schemas":{}}"#, OtherJson),
            (b"[1]", OtherJson),
            (b"resource \"a\" \"b\" {}", Other),
            (b"", Other),
        ] {
            assert_eq!(recognise(head, Path::new("x.json")), wanted, "{}", String::from_utf8_lossy(head));
        }
        assert_eq!(recognise(b"{\"resource\":{}}", Path::new("a/main.tf.json")), Configuration);
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("{\"format_version\":\"1.0\"}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(recognise(&wide, Path::new("x")), State);
    }
}
