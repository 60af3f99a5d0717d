//! The values of a resource in a plan or a state, and which of them are unknown or sensitive.

use super::node::{Node, NodeValue};
use super::scan::ScanPosition;
use super::walk::child_pointer;
use std::collections::HashMap;

/// The values of a resource.
#[derive(Debug)]
pub(super) struct Values {
    node: Node,
    pointer: String,
    /// `after_unknown` of a planned change, which is `true` for values that are known after apply, and its pointer.
    unknown: Option<(Node, String)>,
    secret: SensitiveMarks,
}

/// Which values are sensitive. List indexes are left out, so a mark applies to every element of a list.
#[derive(Debug, Default)]
struct SensitiveMarks {
    is_secret: bool,
    parts: HashMap<String, Self>,
}

impl SensitiveMarks {
    /// Marks the value at a path as sensitive.
    fn hide<'p>(&mut self, path: impl Iterator<Item = &'p str>) {
        path.fold(self, |marks, step| marks.parts.entry(step.to_owned()).or_default()).is_secret = true;
    }

    /// Adds a sensitivity mark from the document. It hides a value if it is `true` or malformed.
    fn add(&mut self, mark: &Node) {
        match &mark.value {
            NodeValue::Bool(false) => {}
            NodeValue::List(list) => list.iter().for_each(|mark| self.add(mark)),
            NodeValue::Object(members) => {
                for (key, mark) in members {
                    self.parts.entry(key.clone()).or_default().add(mark);
                }
            }
            NodeValue::Bool(true) | NodeValue::Null | NodeValue::Number(_) | NodeValue::Text(_) => self.is_secret = true,
        }
    }

    /// Whether any part is sensitive.
    fn hides_any(&self) -> bool {
        self.is_secret || self.parts.values().any(Self::hides_any)
    }

    /// Whether the value at a path, one that contains it, or a part of it is sensitive.
    fn hides(&self, path: &[&str]) -> bool {
        match path.split_first() {
            _ if self.is_secret => true,
            None => self.hides_any(),
            Some((step, rest)) => self.parts.get(*step).is_some_and(|part| part.hides(rest)),
        }
    }
}

/// What is at a path.
#[derive(Debug)]
pub(super) enum ValueAt<'v> {
    Absent,
    Null,
    Value {
        node: &'v Node,
        pointer: String,
        sensitive: bool,
    },
    /// Known after apply.
    Unknown {
        pointer: String,
        position: ScanPosition,
        /// Whether the entire block around the attribute is unknown.
        is_entire_block: bool,
    },
}

impl Values {
    /// The values of a state, or of one side of a change. `unknown` and `sensitive` have the shape of the values.
    pub(super) fn new(node: Node, pointer: String, unknown: Option<(Node, String)>, sensitive: Option<&Node>) -> Self {
        let mut secret = SensitiveMarks::default();
        if let Some(sensitive) = sensitive {
            secret.add(sensitive);
        }
        Self { node, pointer, unknown, secret }
    }

    /// The values of a raw state, where `sensitive_attributes` lists paths.
    pub(super) fn raw(node: Node, pointer: String, sensitive: Option<&Node>) -> Self {
        let mut secret = SensitiveMarks::default();
        match sensitive.map(|marks| &marks.value) {
            None => {}
            Some(NodeValue::List(paths)) => {
                for path in paths {
                    // Terraform before 0.15.1 wrote the path's steps without a list around each path.
                    let steps = if path.elements().is_empty() { std::slice::from_ref(path) } else { path.elements() };
                    // Indexes and unreadable steps are left out.
                    secret.hide(steps.iter().filter_map(|step| step.get("value")?.text()));
                }
            }
            // Malformed marks hide everything.
            Some(_) => secret.is_secret = true,
        }
        Self { node, pointer, unknown: None, secret }
    }

    /// What is at a path: an attribute, or a block and an attribute of its first instance.
    pub(super) fn at(&self, path: &[&str]) -> ValueAt<'_> {
        let (mut node, mut pointer) = (Some(&self.node), self.pointer.clone());
        let mut unknown = self.unknown.as_ref().map(|(node, pointer)| (node, pointer.clone()));
        for (depth, step) in path.iter().enumerate() {
            if let Some(value) = unknown_at(unknown.as_ref(), node, depth > 0) {
                return value;
            }
            if let Some(Node { value: NodeValue::List(list), .. }) = node {
                node = list.first();
                pointer = child_pointer(&pointer, "0");
            }
            if let Some(node) = node.filter(|node| !matches!(node.value, NodeValue::Object(_) | NodeValue::Null)) {
                return ValueAt::Value { node, pointer, sensitive: self.is_secret(path) };
            }
            unknown = unknown.map(|(node, pointer)| {
                node.elements().first().map_or((node, pointer.clone()), |first| (first, child_pointer(&pointer, "0")))
            });
            node = node.and_then(|node| node.get(step));
            pointer = child_pointer(&pointer, step);
            // A mark on a value covers every part of it.
            unknown = unknown.and_then(|(mark, pointer)| {
                if mark.is_true() { Some((mark, pointer)) } else { Some((mark.get(step)?, child_pointer(&pointer, step))) }
            });
        }
        if let Some(value) = unknown_at(unknown.as_ref(), node, false) {
            return value;
        }
        match node {
            None => ValueAt::Absent,
            Some(node) if node.is_null() => ValueAt::Null,
            Some(node) => ValueAt::Value { node, pointer, sensitive: self.is_secret(path) },
        }
    }

    /// A known string.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        if let ValueAt::Value { node, .. } = self.at(path) { node.text().filter(|text| !text.is_empty()) } else { None }
    }

    /// Whether a value must not be shown, because it, a value that contains it, or a part of it is marked as sensitive.
    pub(super) fn is_secret(&self, path: &[&str]) -> bool {
        self.secret.hides(path)
    }
}

/// [`ValueAt::Unknown`] if the value is marked as unknown. A value that is present takes precedence.
fn unknown_at<'v>(unknown: Option<&(&Node, String)>, node: Option<&Node>, is_entire_block: bool) -> Option<ValueAt<'v>> {
    let (mark, pointer) = unknown?;
    (mark.is_true() && node.is_none_or(Node::is_null)).then(|| ValueAt::Unknown {
        pointer: pointer.clone(),
        position: mark.position,
        is_entire_block,
    })
}

/// Whether a sensitivity mark hides an attribute.
pub(super) fn hides(mark: &Node, attribute: &str) -> bool {
    let mut marks = SensitiveMarks::default();
    marks.add(mark);
    marks.hides(&[attribute])
}
