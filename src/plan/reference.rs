//! References as the `configuration` of a plan lists them: each in full, followed by its own prefixes.

use crate::base::InstanceKey;
use std::collections::HashSet;

/// The target of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReferenceTarget {
    /// `var.x`.
    Variable(String),
    /// `local.x`: locals are not part of a plan.
    Local(String),
    /// `each.value`.
    EachValue,
    /// `each.key`, `count.index`, `path.module`, `terraform.workspace`: always known during planning.
    Known,
    /// `module.x`, with the instance and the output if the reference has them.
    Module { name: String, key: Option<InstanceKey>, output: Option<String> },
    /// A resource or data source, with the instance and the attribute if the reference has them.
    Resource { data: bool, kind: String, name: String, key: Option<InstanceKey>, attribute: Option<String> },
}

/// One reference of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlanReference {
    /// The text in the plan: `oci_kms_vault.v.management_endpoint`.
    pub text: Box<str>,
    /// `None` if the text is not understood.
    pub target: Option<ReferenceTarget>,
    /// The path into the value, after `var.x` or `each.value`.
    pub path: Vec<InstanceKey>,
}

/// The references of an expression without their prefixes.
pub(super) fn read<'t>(list: impl Iterator<Item = &'t str>) -> Vec<PlanReference> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut previous = "";
    for text in list {
        // For the reference `a.b.c`, Terraform lists `a.b.c` and then `a.b`.
        let is_prefix = previous.strip_prefix(text).is_some_and(|rest| rest.starts_with(['.', '[']));
        previous = text;
        if !is_prefix && seen.insert(text) {
            found.push(PlanReference { text: text.into(), target: target(text), path: path(text) });
        }
    }
    found
}

fn target(text: &str) -> Option<ReferenceTarget> {
    let parts = parts(text)?;
    Some(match parts.as_slice() {
        [ReferencePart::Name("var"), ReferencePart::Name(name), ..] => ReferenceTarget::Variable((*name).to_owned()),
        [ReferencePart::Name("local"), ReferencePart::Name(name), ..] => ReferenceTarget::Local((*name).to_owned()),
        [ReferencePart::Name("each"), ReferencePart::Name("value"), ..] => ReferenceTarget::EachValue,
        [ReferencePart::Name("each" | "count" | "path" | "terraform"), ..] => ReferenceTarget::Known,
        [ReferencePart::Name("module"), ReferencePart::Name(name), rest @ ..] => {
            let (key, rest) = instance(rest);
            ReferenceTarget::Module { name: (*name).to_owned(), key, output: name_of(rest) }
        }
        [ReferencePart::Name("data"), ReferencePart::Name(kind), ReferencePart::Name(name), rest @ ..] => resource(true, kind, name, rest),
        [ReferencePart::Name("self" | "run"), ..] => return None,
        [ReferencePart::Name(kind), ReferencePart::Name(name), rest @ ..] => resource(false, kind, name, rest),
        _ => return None,
    })
}

/// The attributes and keys after the first two names.
fn path(text: &str) -> Vec<InstanceKey> {
    let rest = parts(text).unwrap_or_default().into_iter().skip(2);
    rest.map(|part| match part {
        ReferencePart::Name(name) => InstanceKey::Text(name.into()),
        ReferencePart::Key(key) => key,
    })
    .collect()
}

fn resource(data: bool, kind: &str, name: &str, rest: &[ReferencePart]) -> ReferenceTarget {
    let (key, rest) = instance(rest);
    ReferenceTarget::Resource { data, kind: kind.to_owned(), name: name.to_owned(), key, attribute: name_of(rest) }
}

fn instance<'p, 't>(rest: &'p [ReferencePart<'t>]) -> (Option<InstanceKey>, &'p [ReferencePart<'t>]) {
    if let [ReferencePart::Key(key), rest @ ..] = rest { (Some(key.clone()), rest) } else { (None, rest) }
}

fn name_of(rest: &[ReferencePart]) -> Option<String> {
    if let [ReferencePart::Name(name), ..] = rest { Some((*name).to_owned()) } else { None }
}

enum ReferencePart<'t> {
    Name(&'t str),
    Key(InstanceKey),
}

/// Splits `a.b["c.d"][0].e`.
fn parts(text: &str) -> Option<Vec<ReferencePart<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("[\"") {
            let end = closing_quote(inside)?;
            let (key, after) = inside.split_at_checked(end)?;
            let key = key.replace("\\\"", "\"").replace("\\\\", "\\");
            parts.push(ReferencePart::Key(InstanceKey::Text(key.into())));
            rest = after.strip_prefix("\"]")?;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (number, after) = inside.split_once(']')?;
            parts.push(ReferencePart::Key(InstanceKey::Number(number.parse().ok()?)));
            rest = after;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let (name, after) = rest.split_at_checked(rest.find(['.', '[']).unwrap_or(rest.len()))?;
            if name.is_empty() {
                return None;
            }
            parts.push(ReferencePart::Name(name));
            rest = after;
        }
    }
    Some(parts)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_references_are_skipped() {
        let list = [
            "oci_kms_vault.v[\"a.b\"].management_endpoint",
            "oci_kms_vault.v[\"a.b\"]",
            "oci_kms_vault.v",
            "var.x",
            "module.v.endpoint",
            "module.v",
            "each.value.mode",
            "each.value",
        ];
        let found = read(list.into_iter());
        let texts: Vec<&str> = found.iter().map(|reference| &*reference.text).collect();
        assert_eq!(texts, ["oci_kms_vault.v[\"a.b\"].management_endpoint", "var.x", "module.v.endpoint", "each.value.mode"]);
        assert_eq!(
            found[0].target,
            Some(ReferenceTarget::Resource {
                data: false,
                kind: "oci_kms_vault".to_owned(),
                name: "v".to_owned(),
                key: Some(InstanceKey::Text("a.b".into())),
                attribute: Some("management_endpoint".to_owned()),
            })
        );
        assert_eq!(found[2].target, Some(ReferenceTarget::Module { name: "v".to_owned(), key: None, output: Some("endpoint".to_owned()) }));
    }

    #[test]
    fn malformed_references_have_no_target() {
        for text in ["", "x", "a..b", "a.b[", "a.b[\"c", "a.b[x]"] {
            assert_eq!(target(text), None, "{text}");
        }
    }
}
