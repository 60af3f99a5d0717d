//! JSON syntax (`.tf.json`, `.tofu.json`, `.tfvars.json`) → the same tree as native syntax, by HashiCorp's mapping (`json/structure.go`).
//!
//! JSON syntax does not distinguish blocks from arguments: as in Terraform's schemas, the tables here list which properties are blocks.

use super::comments;
use super::json_text::{JsonNode, JsonValue, Property, Text, read};
use super::native::{parse_expression_at, parse_template};
use super::origin::Origin;
use super::tree::{Attribute, Block, Body, CommentText, Expr, ExprKind, File, Name, ObjectItem, SyntaxError, UnaryOp};
use super::values::normalized;
use crate::base::{self, SourceId, Span};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// Parses a configuration file. With a syntax error, everything before it is kept, except for incomplete blocks.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> File {
    file(source, text, &ROOT)
}

/// Parses a file of variable values. Its strings are strings, not templates.
#[must_use]
pub fn parse_variables(source: SourceId, text: &str) -> File {
    file(source, text, &VALUES)
}

fn file(source: SourceId, text: &str, shape: &'static BlockShape) -> File {
    let (node, error) = read(text);
    let mut reader = JsonBuilder { source, comments: Vec::new(), error: None };
    if let Some((message, range)) = error {
        reader.fail(range, message);
    }
    let mut body = Body::default();
    match node {
        Some(node) if matches!(node.value, JsonValue::Object(_) | JsonValue::Array(_)) => reader.body(node, shape, &[], &mut body),
        Some(node) => reader.fail(node.range, "a configuration file in JSON must be an object"),
        None => {}
    }
    File { source, body, comments: reader.comments, error: reader.error }
}

/// How the value of an argument is read.
#[derive(Clone, Copy)]
enum ArgumentReading {
    /// Strings are templates.
    Template,
    /// Strings are strings.
    Verbatim,
    /// Strings are expressions in native syntax: a reference, a type, a keyword.
    Code,
    /// A list whose strings are expressions in native syntax.
    CodeList,
    /// An object whose strings are expressions in native syntax.
    CodeMap,
}

/// What a block may contain.
struct BlockShape {
    /// The types of its blocks, their number of labels, and their contents.
    blocks: &'static [(&'static str, usize, &'static BlockShape)],
    /// Arguments that are read in a special way.
    special: &'static [(&'static str, ArgumentReading)],
    /// How all other arguments are read.
    others: ArgumentReading,
}

static ROOT: BlockShape = BlockShape {
    blocks: &[
        ("terraform", 0, &TERRAFORM),
        ("provider", 1, &OPEN),
        ("variable", 1, &VARIABLE),
        ("locals", 0, &OPEN),
        ("output", 1, &OUTPUT),
        ("module", 1, &MODULE),
        ("resource", 2, &RESOURCE),
        ("data", 2, &RESOURCE),
        ("ephemeral", 2, &RESOURCE),
        ("moved", 0, &MOVED),
        ("import", 0, &IMPORT),
        ("removed", 0, &REMOVED),
        ("check", 1, &CHECK),
    ],
    special: &[],
    others: ArgumentReading::Template,
};
static OPEN: BlockShape = BlockShape { blocks: &[], special: &[], others: ArgumentReading::Template };
static VALUES: BlockShape = BlockShape { blocks: &[], special: &[], others: ArgumentReading::Verbatim };
// Terraform evaluates the arguments of these blocks, and those of variables, without a context: HCL's JSON then reads strings literally.
static TERRAFORM: BlockShape = BlockShape {
    blocks: &[("required_providers", 0, &VALUES), ("backend", 1, &VALUES), ("cloud", 0, &VALUES), ("provider_meta", 1, &VALUES)],
    special: &[],
    others: ArgumentReading::Verbatim,
};
static VARIABLE: BlockShape =
    BlockShape { blocks: &[("validation", 0, &OPEN)], special: &[("type", ArgumentReading::Code)], others: ArgumentReading::Verbatim };
static OUTPUT: BlockShape = BlockShape {
    blocks: &[("precondition", 0, &OPEN)],
    special: &[("depends_on", ArgumentReading::CodeList), ("description", ArgumentReading::Verbatim), ("type", ArgumentReading::Code)],
    others: ArgumentReading::Template,
};
static MODULE: BlockShape = BlockShape {
    blocks: &[("_", 0, &OPEN), ("lifecycle", 0, &LIFECYCLE)],
    special: &[("depends_on", ArgumentReading::CodeList), ("providers", ArgumentReading::CodeMap)],
    others: ArgumentReading::Template,
};
static RESOURCE: BlockShape = BlockShape {
    blocks: &[
        ("lifecycle", 0, &LIFECYCLE),
        ("connection", 0, &OPEN),
        ("provisioner", 1, &PROVISIONER),
        (DYNAMIC, 1, &OPEN),
        ("_", 0, &NESTED),
    ],
    special: &[("depends_on", ArgumentReading::CodeList), ("provider", ArgumentReading::Code)],
    others: ArgumentReading::Template,
};
static LIFECYCLE: BlockShape = BlockShape {
    blocks: &[("precondition", 0, &OPEN), ("postcondition", 0, &OPEN)],
    special: &[("ignore_changes", ArgumentReading::CodeList), ("replace_triggered_by", ArgumentReading::CodeList)],
    others: ArgumentReading::Template,
};
static PROVISIONER: BlockShape = BlockShape {
    blocks: &[("connection", 0, &OPEN)],
    special: &[("when", ArgumentReading::Code), ("on_failure", ArgumentReading::Code)],
    others: ArgumentReading::Template,
};
static MOVED: BlockShape = BlockShape { blocks: &[], special: &[], others: ArgumentReading::Code };
static IMPORT: BlockShape = BlockShape {
    blocks: &[],
    special: &[("to", ArgumentReading::Code), ("provider", ArgumentReading::Code)],
    others: ArgumentReading::Template,
};
static REMOVED: BlockShape = BlockShape {
    blocks: &[("lifecycle", 0, &OPEN), ("provisioner", 1, &PROVISIONER)],
    special: &[("from", ArgumentReading::Code)],
    others: ArgumentReading::Template,
};
static CHECK: BlockShape =
    BlockShape { blocks: &[("assert", 0, &OPEN), ("data", 2, &RESOURCE)], special: &[], others: ArgumentReading::Template };
/// A nested block of a resource, or `content`.
static NESTED: BlockShape = BlockShape { blocks: &[(DYNAMIC, 1, &OPEN)], special: &[], others: ArgumentReading::Template };
static DYNAMIC_BODY: BlockShape =
    BlockShape { blocks: &[("content", 0, &NESTED)], special: &[("iterator", ArgumentReading::Code)], others: ArgumentReading::Template };
const DYNAMIC: &str = "dynamic";

/// The nested blocks, at any depth, of the resource types and data sources that are evaluated. Source: schemas of oracle/oci 8.28.0.
fn nested_blocks(kind: &str) -> &'static [&'static str] {
    match kind {
        "oci_kms_key" => &[
            "auto_key_rotation_details",
            "external_key_reference",
            "external_key_reference_details",
            "key_shape",
            "restore_from_file",
            "restore_from_object_store",
            "timeouts",
        ],
        "oci_kms_vault" => {
            &["external_key_manager_metadata", "oauth_metadata", "restore_from_file", "restore_from_object_store", "timeouts"]
        }
        "oci_certificates_management_certificate_authority" => &[
            "action_details",
            "certificate_authority_config",
            "certificate_authority_rules",
            "certificate_revocation_list_details",
            "object_storage_config",
            "subject",
            "timeouts",
            "validity",
        ],
        "oci_kms_vaults" | "oci_kms_keys" => &["filter"],
        _ => &["timeouts"],
    }
}

struct JsonBuilder {
    source: SourceId,
    comments: Vec<CommentText>,
    error: Option<SyntaxError>,
}

impl JsonBuilder {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    fn fail(&mut self, range: Range<usize>, message: impl Into<String>) {
        let span = self.span(range);
        if self.error.as_ref().is_none_or(|first| span.start < first.span.start) {
            self.error = Some(SyntaxError { message: message.into(), span });
        }
    }

    fn name(&self, text: &Text) -> Name {
        Name { text: text.text.as_str().into(), span: self.span(text.range.clone()) }
    }

    /// The properties of an object, or of all objects in an array.
    fn properties(&mut self, node: JsonNode) -> Vec<Property> {
        match node.value {
            JsonValue::Null => Vec::new(),
            JsonValue::Object(properties) => properties,
            JsonValue::Array(items) => {
                let mut all = Vec::new();
                for item in items {
                    match item.value {
                        JsonValue::Object(properties) => all.extend(properties),
                        _ => self.fail(item.range, "expected a JSON object"),
                    }
                }
                all
            }
            _ => {
                self.fail(node.range, "expected a JSON object, or an array of objects");
                Vec::new()
            }
        }
    }

    /// Reads the contents of a block. `nested`: the block types of the resource around it.
    fn body(&mut self, node: JsonNode, shape: &'static BlockShape, nested: &'static [&'static str], body: &mut Body) {
        let mut names: HashMap<Arc<str>, usize> = HashMap::new();
        for Property { name, value } in self.properties(node) {
            let block = shape.blocks.iter().find(|(kind, ..)| *kind == name.text);
            if name.text == "//" {
                self.comment(&name, &value);
            } else if let Some(&(_, labels, inside)) = block {
                let kind = self.name(&name);
                self.blocks(value, &kind, labels, &mut Vec::new(), (inside, nested), &mut body.blocks);
            } else if nested.contains(&name.text.as_str()) {
                let kind = self.name(&name);
                self.blocks(value, &kind, 0, &mut Vec::new(), (&NESTED, nested), &mut body.blocks);
            } else if let Some(first) = names.get(name.text.as_str()) {
                let message = format!("`{}` is already set above; an argument may be set only once", name.text);
                if let Some(first) = body.attributes.get_mut(*first) {
                    first.value.kind = ExprKind::Invalid(message.as_str().into());
                }
                self.fail(name.range.clone(), message);
            } else if value.is_complete {
                names.insert(name.text.as_str().into(), body.attributes.len());
                let special = shape.special.iter().find(|(argument, _)| *argument == name.text);
                let reading = special.map_or(shape.others, |&(_, reading)| reading);
                let name = self.name(&name);
                let value = self.expr(value, reading);
                let span = name.span.to(value.span);
                body.attributes.push(Attribute { name, value, span });
            }
        }
        body.shrink();
    }

    fn comment(&mut self, name: &Text, value: &JsonNode) {
        if let JsonValue::String(text) = &value.value {
            self.comments.extend(comments::read(&text.text, self.span(name.range.start..value.range.end)));
        }
    }

    /// Reads labels, then the block or array of blocks inside.
    fn blocks(
        &mut self,
        node: JsonNode,
        kind: &Name,
        labels_left: usize,
        labels: &mut Vec<Name>,
        (shape, nested): (&'static BlockShape, &'static [&'static str]),
        out: &mut Vec<Block>,
    ) {
        if labels_left > 0 {
            for Property { name, value } in self.properties(node) {
                if name.text == "//" && !matches!(value.value, JsonValue::Object(_) | JsonValue::Array(_)) {
                    self.comment(&name, &value);
                    continue;
                }
                labels.push(self.name(&name));
                self.blocks(value, kind, labels_left - 1, labels, (shape, nested), out);
                labels.pop();
            }
            return;
        }
        let is_single = !matches!(node.value, JsonValue::Array(_));
        let items = match node.value {
            JsonValue::Null => return,
            JsonValue::Array(items) => items,
            _ => vec![node],
        };
        for item in items {
            let range = item.range.clone();
            if !matches!(item.value, JsonValue::Object(_)) {
                self.fail(range, format!("{} `{}` block must be a JSON object", base::article(&kind.text), kind.text));
                continue;
            }
            if !item.is_complete {
                continue;
            }
            let header = labels.last().map_or(kind.span, |label| label.span);
            let object = self.span(range);
            let (inside, around): (&'static BlockShape, _) = match (&*kind.text, labels.first()) {
                ("resource" | "data" | "ephemeral", Some(kind)) => (shape, nested_blocks(&kind.text)),
                (DYNAMIC, Some(_)) => (&DYNAMIC_BODY, nested),
                ("lifecycle" | "connection" | "provisioner", _) => (shape, &[][..]),
                _ => (shape, nested),
            };
            let mut body = Body::default();
            self.body(item, inside, around, &mut body);
            let span = if is_single { header.to(object) } else { object };
            out.push(Block { kind: kind.clone(), labels: labels.clone(), body, header, span, is_overridden: false });
        }
    }

    fn expr(&mut self, node: JsonNode, reading: ArgumentReading) -> Expr {
        let span = self.span(node.range);
        let kind = match node.value {
            JsonValue::Null => ExprKind::Null,
            JsonValue::Bool(value) => ExprKind::Bool(value),
            // Native syntax has no negative numbers, only a sign before a number, and the tree is the same for both.
            JsonValue::Number(text) => match text.strip_prefix('-') {
                Some(digits) => ExprKind::Unary(UnaryOp::Negate, Box::new(Expr { kind: ExprKind::Number(digits.into()), span })),
                None => ExprKind::Number(text.into()),
            },
            JsonValue::String(text) => return self.string(text, reading),
            JsonValue::Array(items) => {
                let reading = if matches!(reading, ArgumentReading::CodeList) { ArgumentReading::Code } else { reading };
                ExprKind::Tuple(items.into_iter().map(|item| self.expr(item, reading)).collect())
            }
            JsonValue::Object(properties) => self.object(properties, reading),
        };
        Expr { kind, span }
    }

    fn string(&mut self, text: Text, reading: ArgumentReading) -> Expr {
        let span = self.span(text.range);
        let origin = Origin::Unescaped(self.source, text.map);
        let parsed = match reading {
            ArgumentReading::Template if text.text.contains(['$', '%']) => parse_template(&text.text, &origin),
            ArgumentReading::Code | ArgumentReading::CodeList => parse_expression_at(&text.text, &origin),
            _ => Ok(Expr { kind: ExprKind::String(normalized(&text.text)), span }),
        };
        // Terraform also reports such errors only when it evaluates the string.
        let kind = parsed.map_or_else(|error| ExprKind::Invalid(error.message.into()), |expr| expr.kind);
        Expr { kind, span }
    }

    fn object(&mut self, properties: Vec<Property>, reading: ArgumentReading) -> ExprKind {
        let (keys, values) = match reading {
            ArgumentReading::CodeMap => (ArgumentReading::Verbatim, ArgumentReading::Code),
            ArgumentReading::Code | ArgumentReading::CodeList => (ArgumentReading::Verbatim, reading),
            reading => (reading, reading),
        };
        let mut names: HashSet<Arc<str>> = HashSet::new();
        let mut items = Vec::with_capacity(properties.len());
        for Property { name, value } in properties {
            let key = self.string(name, keys);
            if let ExprKind::String(name) = &key.kind
                && !names.insert(Arc::clone(name))
            {
                // Unlike in native syntax, where the last one wins.
                return ExprKind::Invalid(format!("this object has two properties `{name}`").into());
            }
            items.push(ObjectItem { key, value: self.expr(value, values) });
        }
        ExprKind::Object(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Source, Sources};
    use crate::hcl::{Part, TraversalStep};

    fn open(text: &str, read: fn(SourceId, &str) -> File) -> (File, Arc<Source>) {
        let sources = Sources::default();
        let id = sources.add("a.tf.json", text.to_owned());
        (read(id, text), sources.get(id))
    }

    const KEY: &str = r#"{
  "//": "kmslint: ignore[X] file",
  "resource": [{
    "oci_kms_key": {
      "a": {
        "//": "see kmslint: ignore[OCI-KMS-004] contract",
        "protection_mode": "${var.\u006dode}",
        "display_name": "k-%{ if x }y%{ endif }",
        "is_auto_rotation_enabled": true,
        "key_shape": { "algorithm": "AES", "length": 32 },
        "auto_key_rotation_details": [{ "rotation_interval_in_days": 90 }],
        "freeform_tags": { "${var.k}": 1, "b": [null, -1.50] },
        "depends_on": ["oci_kms_vault.v"],
        "provider": "oci.home",
        "lifecycle": { "ignore_changes": ["protection_mode"], "replace_triggered_by": ["time_rotating.r[0]"] },
        "dynamic": { "timeouts": { "for_each": "${[1]}", "iterator": "t", "content": { "create": "${t.value}" } } }
      },
      "b": [{ "count": 2 }, {}],
      "c": null
    }
  }, { "null_resource": { "n": { "key_shape": { "x": 1 } } } }],
  "locals": { "l": "$${x}" }
}"#;

    fn argument<'a>(block: &'a Block, name: &str) -> &'a Expr {
        &block.body.attribute(name).unwrap_or_else(|| panic!("{name}")).value
    }

    #[test]
    fn blocks_have_their_labels_and_spans() {
        let (file, source) = open(KEY, parse);
        assert_eq!(file.error, None);
        let names: Vec<_> =
            file.body.blocks.iter().map(|block| block.labels.iter().map(|label| &*label.text).collect::<Vec<_>>()).collect();
        assert_eq!(
            names,
            [vec!["oci_kms_key", "a"], vec!["oci_kms_key", "b"], vec!["oci_kms_key", "b"], vec!["null_resource", "n"], vec![]]
        );
        let key = &file.body.blocks[0];
        assert_eq!(source.slice(key.kind.span), "\"resource\"");
        assert_eq!(source.slice(key.header), "\"a\"");
        assert!(source.slice(key.span).starts_with("\"a\": {") && source.slice(key.span).ends_with('}'));
        let nested: Vec<_> = key.body.blocks.iter().map(|block| source.slice(block.header)).collect();
        assert_eq!(nested, ["\"key_shape\"", "\"auto_key_rotation_details\"", "\"lifecycle\"", "\"timeouts\""]);
        assert_eq!(source.slice(file.body.blocks[1].span), "{ \"count\": 2 }");
        assert!(matches!(argument(&file.body.blocks[3], "key_shape").kind, ExprKind::Object(_)), "not a block in this resource's schema");
        assert_eq!(source.slice(key.body.attribute("is_auto_rotation_enabled").unwrap().span), "\"is_auto_rotation_enabled\": true");
    }

    #[test]
    fn strings_are_templates_with_exact_spans() {
        let (file, source) = open(KEY, parse);
        let key = &file.body.blocks[0];
        let ExprKind::Template(template) = &argument(key, "protection_mode").kind else { panic!("a template") };
        let [Part::Interpolation(Expr { kind: ExprKind::Traversal(_, steps), span })] = template.parts.as_slice() else {
            panic!("a reference")
        };
        assert_eq!(source.slice(*span), "var.\\u006dode");
        let [TraversalStep::Attr(mode)] = steps.as_slice() else { panic!("one step") };
        assert_eq!((&*mode.text, source.slice(mode.span)), ("mode", "\\u006dode"));
        assert_eq!(source.slice(argument(key, "protection_mode").span), "\"${var.\\u006dode}\"");
        assert!(matches!(&argument(&file.body.blocks[4], "l").kind, ExprKind::String(text) if &**text == "${x}"));
        let ExprKind::Object(tags) = &argument(key, "freeform_tags").kind else { panic!("an object") };
        assert!(matches!(tags[0].key.kind, ExprKind::Template(_)));
        let ExprKind::Tuple(items) = &tags[1].value.kind else { panic!("a tuple") };
        let ExprKind::Unary(UnaryOp::Negate, number) = &items[1].kind else { panic!("a negative number") };
        assert!(matches!(&number.kind, ExprKind::Number(text) if &**text == "1.50"));
    }

    #[test]
    fn references_are_parsed_as_expressions() {
        let (file, _) = open(KEY, parse);
        let key = &file.body.blocks[0];
        let code = |expr: &Expr| matches!(&expr.kind, ExprKind::Traversal(..) | ExprKind::Variable(_));
        let list = |expr: &Expr| matches!(&expr.kind, ExprKind::Tuple(items) if items.len() == 1 && items.iter().all(code));
        assert!(list(argument(key, "depends_on")) && code(argument(key, "provider")));
        let lifecycle = key.body.blocks_of("lifecycle").next().unwrap();
        assert!(list(argument(lifecycle, "ignore_changes")) && list(argument(lifecycle, "replace_triggered_by")));
        let dynamic = key.body.blocks_of("dynamic").next().unwrap();
        assert!(code(argument(dynamic, "iterator")));
        assert!(dynamic.body.blocks_of("content").next().unwrap().body.attribute("create").is_some());
        let (file, _) = open(r#"{"variable": {"v": {"type": "list(string)", "default": ["${x}"]}}}"#, parse);
        let variable = &file.body.blocks[0];
        assert!(matches!(argument(variable, "type").kind, ExprKind::Call { .. }));
        let ExprKind::Tuple(default) = &argument(variable, "default").kind else { panic!("a list") };
        assert!(matches!(&default[0].kind, ExprKind::String(text) if &**text == "${x}"), "defaults are not templates");
    }

    #[test]
    fn comments_for_kmslint_are_found() {
        let (file, source) = open(KEY, parse);
        let found: Vec<_> = file.comments.iter().map(|comment| comment.text.as_str()).collect();
        assert_eq!(found, ["ignore[X] file", "ignore[OCI-KMS-004] contract"]);
        let key = file.body.blocks[0].span.range();
        let comment = file.comments[1].span;
        assert!(key.start < comment.range().start && comment.range().end < key.end);
        assert_eq!(source.slice(comment), "\"//\": \"see kmslint: ignore[OCI-KMS-004] contract\"");
    }

    #[test]
    fn complete_blocks_of_a_broken_file_are_kept() {
        let (file, source) = open(r#"{"resource": {"oci_kms_key": {"a": {"x": 1}, "b": {"y": 2, "z": oops}}}}"#, parse);
        assert_eq!(file.body.blocks.len(), 1);
        assert_eq!(source.slice(file.error.unwrap().span), "oops");
        let (file, source) = open(r#"{"locals": {"a": 1, "a": 2, "o": {"k": 1, "k": 2}, "t": "${"}, "resource": 5}"#, parse);
        assert_eq!(source.slice(file.error.unwrap().span), "\"a\"");
        let locals = &file.body.blocks[0];
        assert!(matches!(argument(locals, "a").kind, ExprKind::Invalid(_)), "an argument that is set twice has no value");
        assert!(matches!(argument(locals, "o").kind, ExprKind::Invalid(_)));
        assert!(matches!(argument(locals, "t").kind, ExprKind::Invalid(_)));
        assert!(open("[]", parse).0.error.is_none());
        assert!(open("5", parse).0.error.is_some());
    }

    #[test]
    fn values_of_variables_are_verbatim() {
        let (file, source) = open(r#"{"//": "c", "a": "${x}", "b": {"c": [1]}}"#, parse_variables);
        assert_eq!(file.error, None);
        let names: Vec<_> = file.body.attributes.iter().map(|attribute| source.slice(attribute.name.span)).collect();
        assert_eq!(names, ["\"a\"", "\"b\""]);
        assert!(matches!(&file.body.attributes[0].value.kind, ExprKind::String(text) if &**text == "${x}"));
    }

    #[test]
    fn text_truncated_at_any_byte_is_read_with_an_error() {
        for (at, _) in KEY.char_indices() {
            let (file, source) = open(&KEY[..at], parse);
            let error = file.error.expect("an unfinished text");
            assert!(source.text().get(error.span.range()).is_some());
            assert!(file.body.blocks.len() <= 5);
        }
    }
}
