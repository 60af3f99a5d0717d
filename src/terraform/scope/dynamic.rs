//! Nested blocks, including those that `dynamic` blocks generate.

use crate::base::{self, Place, Span};
use crate::eval::{Data, EvalError, Marks, Value};
use crate::hcl::{Block, Body, ExprKind};
use crate::terraform::world::frame::{BlockIterator, Frame};
use std::sync::Arc;

/// One nested block.
#[derive(Clone)]
pub(crate) struct Nested<'b> {
    /// Its body.
    pub body: &'b Body,
    /// The header of the block, or of the `dynamic` block that generates it.
    pub header: Span,
    /// The iterators of the `dynamic` blocks around it.
    pub iterators: Vec<BlockIterator>,
}

/// The nested blocks of one type.
#[derive(Default)]
pub(crate) struct BlocksOfType<'b> {
    /// The blocks that certainly exist.
    pub blocks: Vec<Nested<'b>>,
    /// The marks of the `for_each` values that decide the number of blocks.
    pub marks: Marks,
    /// A `dynamic` block with an unknown `for_each`: the value, its place, and one block that represents all.
    pub unsure: Option<(Value, Span, Nested<'b>)>,
    /// The `for_each` of a `dynamic` block that generates no blocks.
    pub absent: Option<(Value, Span)>,
}

/// The blocks of a type in a body.
pub(crate) fn blocks<'b>(frame: &Frame<'_>, body: &'b Body, kind: &str) -> Result<BlocksOfType<'b>, EvalError> {
    let mut found = BlocksOfType::default();
    for block in &body.blocks {
        if &*block.kind.text == kind {
            found.blocks.push(Nested { body: &block.body, header: block.header, iterators: frame.iterators.to_vec() });
        } else if &*block.kind.text == "dynamic" && block.labels.first().is_some_and(|label| &*label.text == kind) {
            add_dynamic(frame, block, kind, &mut found)?;
        }
    }
    Ok(found)
}

/// Adds the blocks that a `dynamic` block generates.
fn add_dynamic<'b>(frame: &Frame<'_>, block: &'b Block, kind: &str, found: &mut BlocksOfType<'b>) -> Result<(), EvalError> {
    let error = |message: &str, span| EvalError::new(message.to_owned(), Some(span));
    let Some(content) = block.body.blocks_of("content").next() else {
        return Err(error("a `dynamic` block needs a `content` block", block.header));
    };
    let Some(for_each) = block.body.attribute("for_each") else {
        return Err(error("a `dynamic` block needs a `for_each`", block.header));
    };
    if let [_, extra, ..] = block.labels.as_slice() {
        return Err(error("a `dynamic` block must have one label", extra.span));
    }
    if let Some(second) = block.body.blocks_of("content").nth(1) {
        return Err(error("a `dynamic` block must have one `content` block", second.header));
    }
    if let Some(block) = block.body.blocks.iter().find(|block| &*block.kind.text != "content") {
        return Err(error("unsupported block in a `dynamic` block; only `content` is allowed", block.header));
    }
    let is_known = |name: &str| matches!(name, "for_each" | "iterator");
    if let Some(attribute) = block.body.attributes.iter().find(|attribute| !is_known(&attribute.name.text)) {
        let name = &attribute.name.text;
        let message = match &**name {
            "labels" => {
                format!("unsupported argument `labels` in a `dynamic` block: {} `{kind}` block has no labels", base::article(kind))
            }
            _ => format!("unsupported argument `{name}` in a `dynamic` block"),
        };
        return Err(error(&message, attribute.name.span));
    }
    let name: Arc<str> = match block.body.attribute("iterator") {
        None => kind.into(),
        Some(iterator) => match &iterator.value.kind {
            ExprKind::Variable(name) => Arc::clone(name),
            _ => return Err(error("the `iterator` of a `dynamic` block must be a name without quotes", iterator.value.span)),
        },
    };
    let value = frame.eval(&for_each.value)?;
    // A plan contains the blocks of a resource, but no ephemeral values.
    if value.marks.ephemeral {
        return Err(error("the `for_each` of a `dynamic` block cannot be ephemeral", for_each.value.span));
    }
    found.marks = found.marks.union(value.marks);
    let nested = |iterator: BlockIterator| Nested {
        body: &content.body,
        header: block.header,
        iterators: frame.iterators.iter().cloned().chain([iterator]).collect(),
    };
    match entries(&value) {
        Some(entries) if entries.is_empty() => found.absent = Some((value, for_each.value.span)),
        Some(entries) => {
            found.blocks.extend(entries.into_iter().map(|(key, value)| nested(BlockIterator { name: Arc::clone(&name), key, value })))
        }
        None if value.is_unknown() => {
            let unknown = Value::unknown_like(crate::eval::Type::Any, &value);
            let iterator = BlockIterator { name, key: unknown.clone(), value: unknown };
            found.unsure = Some((value, for_each.value.span, nested(iterator)));
        }
        None => return Err(error("the `for_each` of a `dynamic` block must be a list, set, map, tuple or object", for_each.value.span)),
    }
    Ok(())
}

/// The keys and values of a known collection.
pub(crate) fn entries(value: &Value) -> Option<Vec<(Value, Value)>> {
    let marks = value.marks;
    let element = |element: &Value| element.clone().with_marks(marks).or_trail(&value.trail);
    match &value.data {
        Data::Set(_, elements) => Some(elements.iter().map(|value| (element(value), element(value))).collect()),
        Data::List(_, elements) | Data::Tuple(elements) => {
            Some(elements.iter().enumerate().map(|(index, value)| (Value::number(index).with_marks(marks), element(value))).collect())
        }
        Data::Map(_, entries) | Data::Object(entries) => {
            Some(entries.iter().map(|(key, value)| (Value::string(key).with_marks(marks), element(value))).collect())
        }
        _ => None,
    }
}

/// The place of a nested block.
pub(crate) fn place(nested: &Nested<'_>) -> Place {
    Place::Source(nested.header)
}
