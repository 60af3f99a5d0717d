//! The address of a place in a file, which stays the same when lines move: `module.key` and `mode`, `var.keys` and `["a"].mode`.

use super::json;
use super::origin::Origin;
use super::structure::{self, ItemRange};
use super::tree::{Attribute, Block, Body, Expr, ExprKind};
use crate::base::{SourceId, Span};
use std::ops::Range;
use std::sync::OnceLock;

/// A file whose arguments and blocks are parsed on demand: most files have findings in only a few of them.
#[derive(Debug)]
pub(crate) struct Outline {
    syntax: FileSyntax,
    items: Items,
}

/// The syntax and purpose of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileSyntax {
    /// Whether it uses JSON syntax.
    pub is_json: bool,
    /// Whether it sets variables.
    pub is_values: bool,
}

/// The arguments and blocks of a file or a block, in source order.
type Items = Vec<OutlineItem>;

#[derive(Debug)]
struct OutlineItem {
    range: Range<usize>,
    /// The range between the braces of a block, and its arguments and blocks.
    inside: Option<(Range<usize>, OnceLock<Items>)>,
    /// The parsed item; only the header of a block.
    body: OnceLock<Body>,
}

impl OutlineItem {
    fn all(text: &str, within: &Range<usize>) -> Option<Items> {
        let found = structure::items(text.get(within.clone()).unwrap_or_default())?;
        let shift = |range: Range<usize>| range.start + within.start..range.end + within.start;
        let item = |ItemRange { range, inside }| Self {
            range: shift(range),
            inside: inside.map(|inside| (shift(inside), OnceLock::new())),
            body: OnceLock::new(),
        };
        Some(found.into_iter().map(item).collect())
    }

    /// An item that is not split into its parts.
    fn undivided(range: Range<usize>) -> Self {
        Self { range, inside: None, body: OnceLock::new() }
    }
}

impl Outline {
    /// The outline of a file's text.
    #[must_use]
    pub(crate) fn new(text: &str, syntax: FileSyntax) -> Self {
        let items = if syntax.is_json { None } else { OutlineItem::all(text, &(0..text.len())) };
        Self { syntax, items: items.unwrap_or_else(|| vec![OutlineItem::undivided(0..text.len())]) }
    }

    /// The block, local value or variable that contains a place, and the path from there to the place; the path is empty for the block
    /// itself and its header. `text` is the file's text.
    #[must_use]
    pub(crate) fn address(&self, text: &str, span: Span) -> Option<(String, String)> {
        address(&LazyBody::Items(self, &self.items, text, span.source), span, self.syntax.is_values)
    }

    fn read(&self, source: SourceId, text: &str, item: &OutlineItem) -> Body {
        let slice = |range: Range<usize>| text.get(range).unwrap_or_default();
        let origin = |start: usize| Origin::At(source, item.range.start + start);
        match (self.syntax, &item.inside) {
            (FileSyntax { is_json: true, is_values: true }, _) => json::parse_variables(source, text).body,
            (FileSyntax { is_json: true, is_values: false }, _) => json::parse(source, text).body,
            // Only the header, with an added closing brace: the contents are parsed on demand.
            (_, Some((inside, _))) => structure::read(&format!("{}}}", slice(item.range.start..inside.start)), &origin).0,
            (_, None) => structure::read(slice(item.range.clone()), &origin).0,
        }
    }
}

/// The contents of a file or a block.
enum LazyBody<'a> {
    /// Parsed completely.
    Body(&'a Body),
    /// Parsed on demand, from a text of a source.
    Items(&'a Outline, &'a [OutlineItem], &'a str, SourceId),
}

impl<'a> LazyBody<'a> {
    /// The argument that contains a place.
    fn attribute(&self, span: Span) -> Option<&'a Attribute> {
        match self {
            Self::Body(body) => attribute_around(&body.attributes, span),
            Self::Items(..) => attribute_around(&self.item(span)?.1.attributes, span),
        }
    }

    /// The block that contains a place, and the block's contents.
    fn block(&self, span: Span) -> Option<(&'a Block, Self)> {
        let in_body = |body: &'a Body| {
            let (_, block) = item_around(&body.blocks, |block| block.span, span)?;
            Some((block, Self::Body(&block.body)))
        };
        match self {
            Self::Body(body) => in_body(body),
            Self::Items(outline, _, text, source) => match self.item(span)? {
                (OutlineItem { inside: Some((inside, inner)), .. }, body) => {
                    let inner = inner
                        .get_or_init(|| OutlineItem::all(text, inside).unwrap_or_else(|| vec![OutlineItem::undivided(inside.clone())]));
                    Some((body.blocks.first()?, Self::Items(outline, inner, text, *source)))
                }
                (_, body) => in_body(body),
            },
        }
    }

    /// The item that contains a place, and its parsed form.
    fn item(&self, span: Span) -> Option<(&'a OutlineItem, &'a Body)> {
        let Self::Items(outline, items, text, source) = self else { return None };
        let (_, item) = item_around(items, |item| Span::new(*source, item.range.clone()), span)?;
        Some((item, item.body.get_or_init(|| outline.read(*source, text, item))))
    }
}

fn address(file: &LazyBody<'_>, span: Span, is_values: bool) -> Option<(String, String)> {
    if let Some(attribute) = file.attribute(span) {
        let block = if is_values { format!("var.{}", attribute.name.text) } else { attribute.name.text.to_string() };
        return Some((block, path_in_expr(&attribute.value, span)));
    }
    let (block, inside) = file.block(span)?;
    let labels = block.labels.iter().map(|label| &*label.text).collect::<Vec<_>>().join(".");
    match (&*block.kind.text, inside.attribute(span)) {
        ("locals", Some(attribute)) => Some((format!("local.{}", attribute.name.text), path_in_expr(&attribute.value, span))),
        ("variable", Some(attribute)) if &*attribute.name.text == "default" => {
            Some((format!("var.{labels}"), path_in_expr(&attribute.value, span)))
        }
        ("variable", _) => Some((format!("var.{labels}"), path_in_block(&inside, span))),
        ("resource", _) => Some((labels, path_in_block(&inside, span))),
        (kind, _) if labels.is_empty() => Some((kind.to_owned(), path_in_block(&inside, span))),
        (kind, _) => Some((format!("{kind}.{labels}"), path_in_block(&inside, span))),
    }
}

fn path_in_block(block: &LazyBody<'_>, span: Span) -> String {
    if let Some(attribute) = block.attribute(span) {
        return join(attribute.name.text.to_string(), &path_in_expr(&attribute.value, span));
    }
    match block.block(span) {
        Some((inner, inside)) => join(inner.kind.text.to_string(), &path_in_block(&inside, span)),
        None => String::new(),
    }
}

/// The path from an expression to a part of it: keys of objects and indexes of lists.
fn path_in_expr(expr: &Expr, span: Span) -> String {
    if expr.span == span {
        return String::new();
    }
    let inner = |expr: &Expr| contains(expr.span, span).then(|| path_in_expr(expr, span));
    match &expr.kind {
        ExprKind::Parens(wrapped) | ExprKind::Unary(_, wrapped) => inner(wrapped),
        ExprKind::Object(items) => item_around(items, |item| item.key.span.to(item.value.span), span).map(|(_, item)| {
            let name = match &item.key.kind {
                ExprKind::String(name) | ExprKind::Variable(name) if item.key.span.range().len() == name.len() => name.to_string(),
                ExprKind::String(name) => format!("[\"{name}\"]"),
                _ => "[…]".to_owned(),
            };
            join(name, &path_in_expr(&item.value, span))
        }),
        ExprKind::Tuple(elements) => {
            let found = item_around(elements, |element| element.span, span);
            found.map(|(at, element)| join(format!("[{at}]"), &path_in_expr(element, span)))
        }
        ExprKind::Call { arguments, .. } => arguments.iter().find_map(inner),
        ExprKind::Conditional(condition, then, otherwise) => [condition, then, otherwise].into_iter().find_map(|part| inner(part)),
        ExprKind::Binary(_, left, right) => inner(left).or_else(|| inner(right)),
        ExprKind::For(parts) => inner(&parts.collection).or_else(|| inner(&parts.value)),
        _ => None,
    }
    .unwrap_or_default()
}

fn join(first: String, rest: &str) -> String {
    match rest.chars().next() {
        None => first,
        Some('[') => format!("{first}{rest}"),
        Some(_) => format!("{first}.{rest}"),
    }
}

fn attribute_around(attributes: &[Attribute], span: Span) -> Option<&Attribute> {
    item_around(attributes, |attribute| attribute.span, span).map(|(_, attribute)| attribute)
}

/// The item of a list in source order that contains a place, with its index. A binary search, because a file may have a finding in each
/// item.
fn item_around<T>(list: &[T], span_of: impl Fn(&T) -> Span, span: Span) -> Option<(usize, &T)> {
    let at = list.partition_point(|item| span_of(item).start <= span.start).checked_sub(1)?;
    list.get(at).filter(|item| contains(span_of(item), span)).map(|item| (at, item))
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Sources;
    use crate::hcl::native;

    fn at(text: &str, part: &str, is_values: bool) -> (String, String) {
        let sources = Sources::default();
        let id = sources.add("a.tf", text.to_owned());
        let start = text.find(part).unwrap();
        let span = Span::new(id, start..start + part.len());
        let found = Outline::new(text, FileSyntax { is_json: false, is_values }).address(text, span);
        let of_complete_file = address(&LazyBody::Body(&native::parse(id, text).body), span, is_values);
        assert_eq!(found, of_complete_file, "parsing on demand and parsing the complete file differ");
        found.unwrap()
    }

    #[test]
    fn places_have_the_address_of_their_block_and_argument() {
        let text = r#"
variable "keys" { default = { a = { mode = "d" } } }
locals { modes = { "x-y" = ["l0", "l1"] } }
module "key" {
  source = "./key"
  keys   = merge({ a = {} }, { "b" = { mode = "m" } })
}
resource "oci_kms_key" "k" {
  protection_mode = var.x ? "yes" : null
  auto_key_rotation_details { rotation_interval_in_days = 7 }
}
"#;
        for (part, block, path) in [
            ("\"d\"", "var.keys", "a.mode"),
            ("\"l1\"", "local.modes", "[\"x-y\"][1]"),
            ("module \"key\"", "module.key", ""),
            ("{}", "module.key", "keys.a"),
            ("\"m\"", "module.key", "keys[\"b\"].mode"),
            ("resource \"oci_kms_key\" \"k\"", "oci_kms_key.k", ""),
            ("\"yes\"", "oci_kms_key.k", "protection_mode"),
            ("7", "oci_kms_key.k", "auto_key_rotation_details.rotation_interval_in_days"),
        ] {
            assert_eq!(at(text, part, false), (block.to_owned(), path.to_owned()), "{part}");
        }
        assert_eq!(at("mode = \"HSM\"\n", "\"HSM\"", true), ("var.mode".to_owned(), String::new()));
        // Other lines, and errors in them, do not change the address.
        for before in [
            "\u{feff}",
            "a = [\n  1,\n]\n",
            "x {\n",
            "}\n",
            "a = \"x\n",
            "locals { a = <<E\n}\nE\n}\n",
            "y \"z\"\n{\n}\n",
            "/* {\n */ ",
            "a = 1 # {\r\n",
        ] {
            let text = format!("{before}resource \"oci_kms_key\" \"k\" {{\n  m = {{ a = 5 }}\n}}\n");
            assert_eq!(at(&text, "5", false), ("oci_kms_key.k".to_owned(), "m.a".to_owned()), "{before}");
        }
    }
}
