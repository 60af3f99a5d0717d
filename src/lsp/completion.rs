//! Completion: values of the service, arguments of keys and vaults, rules in exemptions, settings of the config file.

use super::hover;
use crate::base::Sources;
use crate::hcl::{self, Block, Body};
use crate::key::{ProtectionMode, VaultType, kinds};
use crate::policy;
use crate::rules;
use crate::terraform;
use lsp_types::{CompletionItem, CompletionItemKind, Documentation, MarkupContent, MarkupKind};
use serde_json::Value;

/// The values of arguments with a fixed set of values.
const WORDS: [(&str, &[&str]); 2] = [("protection_mode", ProtectionMode::WORDS), ("vault_type", VaultType::WORDS)];
/// The resource types whose arguments are completed.
const TYPES: [&str; 2] = [kinds::KEY, kinds::VAULT];
/// The text before the rules of an exemption.
const IGNORE: &str = "kmslint: ignore[";

/// Completes at an offset of a configuration file in native syntax.
pub(super) fn in_configuration(text: &str, offset: usize, is_markdown: bool) -> Vec<CompletionItem> {
    let Some((_, line)) = text_before(text, offset) else { return Vec::new() };
    if let Some(at) = line.rfind(IGNORE) {
        let is_comment = line.get(..at).is_some_and(|start| start.contains('#') || start.contains("//") || start.contains("/*"));
        let is_open = line.get(at + IGNORE.len()..).is_some_and(|rest| !rest.contains(']'));
        return if is_comment && is_open { rule_ids(is_markdown) } else { Vec::new() };
    }
    let Some((kind, within, own)) = terraform::deep(|| resource_at(text, offset)) else { return Vec::new() };
    let within: Vec<&str> = within.iter().map(String::as_str).collect();
    let known = terraform::arguments(&kind, &within);
    match line.split_once('=') {
        Some((name, value)) => {
            let name = name.trim();
            let is_quoted = value.trim_start().starts_with('"');
            let is_started = value.trim().trim_start_matches('"').chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_started {
                return Vec::new();
            }
            let words = WORDS.iter().find(|(argument, _)| *argument == name).map(|(_, words)| *words);
            let is_switch = || known.iter().any(|argument| &*argument.name == name && argument.is_switch);
            match words {
                Some(words) if is_quoted => words.iter().map(|word| item(word, CompletionItemKind::ENUM_MEMBER, word)).collect(),
                Some(words) => {
                    words.iter().map(|word| item(&format!("\"{word}\""), CompletionItemKind::ENUM_MEMBER, &format!("\"{word}\""))).collect()
                }
                None if !is_quoted && is_switch() => ["true", "false"].map(|word| item(word, CompletionItemKind::VALUE, word)).into(),
                None => Vec::new(),
            }
        }
        None if line.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            let is_new = |argument: &&terraform::SchemaArgument| argument.is_block || !own.iter().any(|own| **own == *argument.name);
            known.iter().filter(is_new).map(argument).collect()
        }
        None => Vec::new(),
    }
}

fn argument(argument: &terraform::SchemaArgument) -> CompletionItem {
    let (kind, text) = match argument.is_block {
        true => (CompletionItemKind::STRUCT, argument.name.to_string()),
        false => (CompletionItemKind::PROPERTY, format!("{} = ", argument.name)),
    };
    let detail = match (argument.is_required, argument.is_block) {
        (true, _) => "required",
        (false, true) => "block",
        (false, false) => "optional",
    };
    CompletionItem { detail: Some(detail.to_owned()), ..item(&argument.name, kind, &text) }
}

/// The text before an offset, and its last line.
fn text_before(text: &str, offset: usize) -> Option<(&str, &str)> {
    let before = text.get(..offset)?;
    Some((before, before.rsplit('\n').next().unwrap_or_default()))
}

/// The resource at an offset: its type, the nested blocks around the offset, and the arguments that are set there. The line of the
/// offset is left out, because it is not complete yet.
fn resource_at(text: &str, offset: usize) -> Option<(String, Vec<String>, Vec<String>)> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(offset..)?.find('\n').map_or(text.len(), |at| offset + at);
    // Replaced by blanks, so that offsets stay the same.
    let blanked = format!("{}{}{}", text.get(..start)?, " ".repeat(end - start), text.get(end..)?);
    let sources = Sources::default();
    let file = hcl::native::parse(sources.add("", blanked.clone()), &blanked);
    let contains = |block: &&Block| block.span.range().contains(&offset);
    let top = file.body.blocks.iter().find(contains).filter(|block| &*block.kind.text == "resource")?;
    let kind = top.labels.first().map(|label| label.text.to_string()).filter(|kind| TYPES.contains(&kind.as_str()))?;
    let mut within = Vec::new();
    let mut body: &Body = &top.body;
    while let Some(inner) = body.blocks.iter().find(contains) {
        within.push(inner.kind.text.to_string());
        body = &inner.body;
    }
    Some((kind, within, body.attributes.iter().map(|attribute| attribute.name.text.to_string()).collect()))
}

fn rule_ids(is_markdown: bool) -> Vec<CompletionItem> {
    let one = |id: &'static str| {
        let rule = rules::by_id(id);
        let kind = if is_markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
        let page = rule.map(|rule| hover::rule_page(rule, is_markdown));
        CompletionItem {
            detail: rule.map(|rule| rule.title.to_owned()),
            documentation: page.map(|value| Documentation::MarkupContent(MarkupContent { kind, value })),
            ..item(id, CompletionItemKind::ENUM_MEMBER, id)
        }
    };
    rules::ids().map(one).collect()
}

/// Completes at an offset of `kmslint.toml`, with everything in its schema.
pub(super) fn in_config(text: &str, offset: usize) -> Vec<CompletionItem> {
    let Some((before, line)) = text_before(text, offset) else { return Vec::new() };
    let Ok(schema) = serde_json::from_str::<Value>(&policy::schema()) else { return Vec::new() };
    if line.contains('#') {
        return Vec::new();
    }
    if let Some(header) = line.trim_start().strip_prefix('[') {
        return match header.trim_start_matches('[').rsplit_once('.') {
            Some((path, _)) => keys(&schema, path, &schema).map(|(name, node)| described(name, node, name)).collect(),
            None => tables(&schema),
        };
    }
    let headers = before.lines().rev().skip(usize::from(!before.ends_with('\n')));
    let mut headers = headers.filter_map(|line| line.trim().strip_prefix('[')).filter_map(|line| line.split(']').next());
    let table = headers.next().map_or("", |header| header.trim_start_matches('['));
    let here: Vec<(&String, &Value)> = keys(&schema, table, &schema).collect();
    match line.split_once('=') {
        None => here
            .iter()
            .filter(|(_, node)| !is_table(node, &schema))
            .map(|(name, node)| described(name, node, &format!("{name} = ")))
            .collect(),
        Some((name, value)) => {
            let node = here.iter().find(|(own, _)| *own == name.trim()).map(|(_, node)| *node);
            let is_quoted = value.trim_start().starts_with('"');
            node.map(|node| values(node, &schema, is_quoted)).unwrap_or_default()
        }
    }
}

/// The tables of the config file.
fn tables(schema: &Value) -> Vec<CompletionItem> {
    let of = |name: &String, node: &Value| match is_list(node, schema) {
        true => vec![format!("[{name}]")],
        false => keys(schema, name, schema).map(|(inner, _)| format!("{name}.{inner}")).collect(),
    };
    let all = keys(schema, "", schema).filter(|(_, node)| is_table(node, schema));
    all.flat_map(|(name, node)| of(name, node)).map(|name| item(&name, CompletionItemKind::MODULE, &name)).collect()
}

/// Follows `$ref`, and `anyOf` to the alternative that is not null.
fn resolved<'s>(node: &'s Value, schema: &'s Value) -> &'s Value {
    let mut node = node;
    for _ in 0..8 {
        let named = node.get("$ref").and_then(Value::as_str).and_then(|name| schema.pointer(name.trim_start_matches('#')));
        let some =
            node.get("anyOf").and_then(Value::as_array).and_then(|all| all.iter().find(|one| one.get("type") != Some(&"null".into())));
        match named.or(some) {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

fn is_list(node: &Value, schema: &Value) -> bool {
    resolved(node, schema).get("items").is_some()
}

/// Whether a key is a table, or a list of tables.
fn is_table(node: &Value, schema: &Value) -> bool {
    let node = resolved(node, schema);
    let node = node.get("items").map_or(node, |items| resolved(items, schema));
    node.get("properties").is_some()
}

/// The keys of the table with this dotted name.
fn keys<'s>(node: &'s Value, table: &str, schema: &'s Value) -> impl Iterator<Item = (&'s String, &'s Value)> {
    let mut node = resolved(node, schema);
    for name in table.split('.').map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty()) {
        node = node.get("properties").and_then(|all| all.get(name)).map_or(&Value::Null, |inner| resolved(inner, schema));
        node = node.get("items").map_or(node, |items| resolved(items, schema));
    }
    node.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The values that a key may have, as far as they can be listed.
fn values(node: &Value, schema: &Value, is_quoted: bool) -> Vec<CompletionItem> {
    let default = node.get("default").map(Value::to_string);
    let node = resolved(node, schema);
    if node.get("type").is_some_and(|kind| kind == "boolean" || kind.as_array().is_some_and(|kinds| kinds.contains(&"boolean".into()))) {
        return ["true", "false"].map(|word| item(word, CompletionItemKind::VALUE, word)).into();
    }
    let words = node.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let constants = node.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let constants = constants.filter_map(|one| one.get("const")).filter_map(Value::as_str);
    let words = words.chain(constants).map(|word| if is_quoted { word.to_owned() } else { format!("\"{word}\"") });
    words.chain(default.filter(|_| !is_quoted)).map(|word| item(&word, CompletionItemKind::VALUE, &word)).collect()
}

fn described(name: &str, node: &Value, text: &str) -> CompletionItem {
    let about = node.get("description").and_then(Value::as_str).map(|about| Documentation::String(about.to_owned()));
    CompletionItem { documentation: about, ..item(name, CompletionItemKind::PROPERTY, text) }
}

fn item(label: &str, kind: CompletionItemKind, text: &str) -> CompletionItem {
    CompletionItem { label: label.to_owned(), kind: Some(kind), insert_text: Some(text.to_owned()), ..CompletionItem::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels at the `|` of a text.
    fn labels(text: &str, complete: impl Fn(&str, usize) -> Vec<CompletionItem>) -> Vec<String> {
        let offset = text.find('|').unwrap();
        complete(&text.replace('|', ""), offset).into_iter().map(|item| item.label).collect()
    }

    #[test]
    fn values_arguments_and_rules_are_completed_at_their_places() {
        let of = |text: &str| labels(text, |text, offset| in_configuration(text, offset, true));
        let key = |inside: &str| format!("resource \"oci_kms_key\" \"k\" {{\n  display_name = \"k\"\n  {inside}\n}}\n");
        assert_eq!(of(&key("protection_mode = \"|\"")), ["HSM", "SOFTWARE", "EXTERNAL"]);
        assert_eq!(of(&key("protection_mode = |")), ["\"HSM\"", "\"SOFTWARE\"", "\"EXTERNAL\""]);
        assert_eq!(of(&key("is_auto_rotation_enabled = |")), ["true", "false"]);
        let arguments = of(&key("prot|"));
        assert!(arguments.contains(&"protection_mode".to_owned()) && !arguments.contains(&"display_name".to_owned()), "{arguments:?}");
        assert!(!arguments.contains(&"current_key_version".to_owned()), "only the provider sets it");
        let nested = of(&key("auto_key_rotation_details {\n    |\n  }"));
        assert!(nested.contains(&"rotation_interval_in_days".to_owned()) && !nested.contains(&"protection_mode".to_owned()), "{nested:?}");
        assert!(of("# kmslint: ignore[|] x").contains(&"OCI-KMS-004".to_owned()));
        assert!(of("a = 1 # kmslint: ignore[OCI-KMS-001, |").contains(&"OCI-KMS-004".to_owned()));
        for nothing in ["# kmslint: ignore[OCI-KMS-004] |", "locals {\n  |\n}\n", "|", &key("protection_mode = var.x|")] {
            assert_eq!(of(nothing), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn config_file_is_completed_from_the_schema() {
        let of = |text: &str| labels(text, in_config);
        assert_eq!(of("|"), ["exclude", "fail-on", "undetermined"]);
        assert!(of("fail-on = |").contains(&"\"never\"".to_owned()));
        assert!(of("fail-on = \"|\"").contains(&"never".to_owned()));
        for rule in rules::ALL {
            let found = of(&format!("exclude = []\n[rules.{}]\n|", rule.id));
            assert_eq!(found.len(), rule.config_keys().count());
            assert!(rule.config_keys().all(|key| found.contains(&key.to_owned())), "{found:?}");
        }
        assert!(of("[rules.|").contains(&"OCI-KMS-004".to_owned()));
        assert!(of("[|").contains(&"[exempt]".to_owned()) && of("[|").contains(&"rules.OCI-KMS-001".to_owned()));
        assert!(of("[[exempt]]\n|").contains(&"reason".to_owned()));
        assert_eq!(of("# |"), [""; 0]);
    }
}
