//! What is written at a place of a file, as an address that holds while lines move: `module.key` and `mode`, `var.keys` and `["a"].mode`.

use super::json;
use super::origin::Origin;
use super::structure::{self, ItemRange};
use super::tree::{Attribute, Block, Body, Expr, ExprKind};
use crate::base::{SourceId, Span};
use std::ops::Range;
use std::sync::OnceLock;

/// A file whose arguments and blocks are read when a place in them is asked for: most files have findings in a few of them.
#[derive(Debug)]
pub(crate) struct Outline {
    syntax: FileSyntax,
    items: Items,
}

/// What a file is written in, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileSyntax {
    /// JSON syntax.
    pub is_json: bool,
    /// It gives values to variables.
    pub is_values: bool,
}

/// The arguments and blocks of a file or a block, in the order of the text.
type Items = Vec<OutlineItem>;

#[derive(Debug)]
struct OutlineItem {
    range: Range<usize>,
    /// What is between the braces of a block, and its arguments and blocks.
    inside: Option<(Range<usize>, OnceLock<Items>)>,
    /// The item itself; of a block only the header.
    body: OnceLock<Body>,
}

impl OutlineItem {
    fn all(text: &str, within: &Range<usize>) -> Option<Items> {
        let found = structure::items(text.get(within.clone()).unwrap_or_default())?;
        let from = |range: Range<usize>| range.start + within.start..range.end + within.start;
        let item = |ItemRange { whole, inside }| Self {
            range: from(whole),
            inside: inside.map(|inside| (from(inside), OnceLock::new())),
            body: OnceLock::new(),
        };
        Some(found.into_iter().map(item).collect())
    }

    fn whole(range: Range<usize>) -> Self {
        Self { range, inside: None, body: OnceLock::new() }
    }
}

impl Outline {
    /// The outline of a file's text.
    #[must_use]
    pub(crate) fn new(text: &str, syntax: FileSyntax) -> Self {
        let items = if syntax.is_json { None } else { OutlineItem::all(text, &(0..text.len())) };
        Self { syntax, items: items.unwrap_or_else(|| vec![OutlineItem::whole(0..text.len())]) }
    }

    /// The block, local value or variable that holds a place, and the way from there to the place; the way is empty where the place is the
    /// block itself or its header. `text` is the file's.
    #[must_use]
    pub(crate) fn address(&self, text: &str, span: Span) -> Option<(String, String)> {
        address(&Within::Items(self, &self.items, text, span.source), span, self.syntax.is_values)
    }

    fn read(&self, source: SourceId, text: &str, item: &OutlineItem) -> Body {
        let slice = |range: Range<usize>| text.get(range).unwrap_or_default();
        let origin = |start: usize| Origin::At(source, item.range.start + start);
        match (self.syntax, &item.inside) {
            (FileSyntax { is_json: true, is_values: true }, _) => json::parse_variables(source, text).body,
            (FileSyntax { is_json: true, is_values: false }, _) => json::parse(source, text).body,
            // Only the header is read, closed at once: what is inside is read when a place in it is asked for.
            (_, Some((inside, _))) => structure::read(&format!("{}}}", slice(item.range.start..inside.start)), &origin).0,
            (_, None) => structure::read(slice(item.range.clone()), &origin).0,
        }
    }
}

/// The inside of a file or a block.
enum Within<'a> {
    /// It was read.
    Body(&'a Body),
    /// It is read as far as it is asked for: a text of a source.
    Items(&'a Outline, &'a [OutlineItem], &'a str, SourceId),
}

impl<'a> Within<'a> {
    /// The argument that holds a place.
    fn attribute(&self, span: Span) -> Option<&'a Attribute> {
        match self {
            Self::Body(body) => holding(&body.attributes, span),
            Self::Items(..) => holding(&self.item(span)?.1.attributes, span),
        }
    }

    /// The block that holds a place, and its inside.
    fn block(&self, span: Span) -> Option<(&'a Block, Self)> {
        let of_body = |body: &'a Body| {
            let (_, block) = holder(&body.blocks, |block| block.span, span)?;
            Some((block, Self::Body(&block.body)))
        };
        match self {
            Self::Body(body) => of_body(body),
            Self::Items(outline, _, text, source) => match self.item(span)? {
                (OutlineItem { inside: Some((inside, inner)), .. }, body) => {
                    let inner =
                        inner.get_or_init(|| OutlineItem::all(text, inside).unwrap_or_else(|| vec![OutlineItem::whole(inside.clone())]));
                    Some((body.blocks.first()?, Self::Items(outline, inner, text, *source)))
                }
                (_, body) => of_body(body),
            },
        }
    }

    /// The item that holds a place, and what was read of it.
    fn item(&self, span: Span) -> Option<(&'a OutlineItem, &'a Body)> {
        let Self::Items(outline, items, text, source) = self else { return None };
        let (_, item) = holder(items, |item| Span::new(*source, item.range.clone()), span)?;
        Some((item, item.body.get_or_init(|| outline.read(*source, text, item))))
    }
}

fn address(file: &Within<'_>, span: Span, is_values: bool) -> Option<(String, String)> {
    if let Some(attribute) = file.attribute(span) {
        let block = if is_values { format!("var.{}", attribute.name.text) } else { attribute.name.text.to_string() };
        return Some((block, within(&attribute.value, span)));
    }
    let (block, inside) = file.block(span)?;
    let labels = block.labels.iter().map(|label| &*label.text).collect::<Vec<_>>().join(".");
    match (&*block.kind.text, inside.attribute(span)) {
        ("locals", Some(attribute)) => Some((format!("local.{}", attribute.name.text), within(&attribute.value, span))),
        ("variable", Some(attribute)) if &*attribute.name.text == "default" => {
            Some((format!("var.{labels}"), within(&attribute.value, span)))
        }
        ("variable", _) => Some((format!("var.{labels}"), in_block(&inside, span))),
        ("resource", _) => Some((labels, in_block(&inside, span))),
        (kind, _) if labels.is_empty() => Some((kind.to_owned(), in_block(&inside, span))),
        (kind, _) => Some((format!("{kind}.{labels}"), in_block(&inside, span))),
    }
}

fn in_block(block: &Within<'_>, span: Span) -> String {
    if let Some(attribute) = block.attribute(span) {
        return joined(attribute.name.text.to_string(), &within(&attribute.value, span));
    }
    match block.block(span) {
        Some((inner, inside)) => joined(inner.kind.text.to_string(), &in_block(&inside, span)),
        None => String::new(),
    }
}

/// The way from an expression to a part of it: keys of objects and positions in lists.
fn within(expr: &Expr, span: Span) -> String {
    if expr.span == span {
        return String::new();
    }
    let inner = |expr: &Expr| holds(expr.span, span).then(|| within(expr, span));
    match &expr.kind {
        ExprKind::Parens(wrapped) | ExprKind::Unary(_, wrapped) => inner(wrapped),
        ExprKind::Object(items) => holder(items, |item| item.key.span.to(item.value.span), span).map(|(_, item)| {
            let name = match &item.key.kind {
                ExprKind::String(name) | ExprKind::Variable(name) if item.key.span.range().len() == name.len() => name.to_string(),
                ExprKind::String(name) => format!("[\"{name}\"]"),
                _ => "[…]".to_owned(),
            };
            joined(name, &within(&item.value, span))
        }),
        ExprKind::Tuple(elements) => {
            let found = holder(elements, |element| element.span, span);
            found.map(|(at, element)| joined(format!("[{at}]"), &within(element, span)))
        }
        ExprKind::Call { arguments, .. } => arguments.iter().find_map(inner),
        ExprKind::Conditional(condition, then, otherwise) => [condition, then, otherwise].into_iter().find_map(|part| inner(part)),
        ExprKind::Binary(_, left, right) => inner(left).or_else(|| inner(right)),
        ExprKind::For(parts) => inner(&parts.collection).or_else(|| inner(&parts.value)),
        _ => None,
    }
    .unwrap_or_default()
}

fn joined(first: String, rest: &str) -> String {
    match rest.chars().next() {
        None => first,
        Some('[') => format!("{first}{rest}"),
        Some(_) => format!("{first}.{rest}"),
    }
}

fn holding(attributes: &[Attribute], span: Span) -> Option<&Attribute> {
    holder(attributes, |attribute| attribute.span, span).map(|(_, attribute)| attribute)
}

/// Which of several things, in the order of the text, holds a place. A file may have a finding in each of them.
fn holder<T>(list: &[T], span_of: impl Fn(&T) -> Span, span: Span) -> Option<(usize, &T)> {
    let at = list.partition_point(|item| span_of(item).start <= span.start).checked_sub(1)?;
    list.get(at).filter(|item| holds(span_of(item), span)).map(|item| (at, item))
}

fn holds(outer: Span, inner: Span) -> bool {
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
        assert_eq!(found, address(&Within::Body(&native::parse(id, text).body), span, is_values), "the complete file says the same");
        found.unwrap()
    }

    #[test]
    fn a_place_has_the_address_of_what_is_written_there() {
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
        // What stands in other lines, or is wrong there, changes nothing.
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
