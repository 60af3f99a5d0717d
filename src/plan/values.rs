//! The values of a resource in a plan or a state, with what is not known yet and what must not be shown.

use super::node::{Node, Value};
use super::scan::Spot;
use super::walk::down;

/// The values of a resource.
#[derive(Debug)]
pub(super) struct Values {
    node: Node,
    pointer: String,
    /// `after_unknown` of a planned change: `true` where a value is not known.
    unknown: Option<(Node, String)>,
    /// Paths of sensitive values, without indexes.
    secret: Vec<Vec<String>>,
}

/// What is at a path.
#[derive(Debug)]
pub(super) enum Cell<'v> {
    /// Nothing.
    Absent,
    Null,
    Value {
        node: &'v Node,
        pointer: String,
        sensitive: bool,
    },
    /// Not known yet.
    Unknown {
        pointer: String,
        spot: Spot,
        /// Whether it is the block around the attribute of which nothing is known.
        whole_block: bool,
    },
}

impl Values {
    /// The values of a state, or of one side of a change. `unknown` and `sensitive` have the shape of the values.
    pub(super) fn new(node: Node, pointer: String, unknown: Option<(Node, String)>, sensitive: Option<&Node>) -> Self {
        let mut secret = Vec::new();
        if let Some(sensitive) = sensitive {
            secrets(sensitive, &mut Vec::new(), &mut secret);
        }
        Self { node, pointer, unknown, secret }
    }

    /// The values of a raw state, where `sensitive_attributes` lists paths.
    pub(super) fn raw(node: Node, pointer: String, sensitive: Option<&Node>) -> Self {
        // Terraform before 0.15.1 wrote the path's steps without a list around each path.
        let path = |path: &Node| {
            let steps = if path.elements().is_empty() { std::slice::from_ref(path) } else { path.elements() };
            // An index is left out, so that the mark holds for every element; so does one of which nothing can be read.
            steps.iter().filter_map(|step| step.get("value")?.text().map(str::to_owned)).collect()
        };
        let secret = match sensitive.map(|marks| &marks.value) {
            None => Vec::new(),
            Some(Value::List(paths)) => paths.iter().map(path).collect(),
            // What cannot be read as marks hides everything.
            Some(_) => vec![Vec::new()],
        };
        Self { node, pointer, unknown: None, secret }
    }

    /// What is at a path: an attribute, or a block and an attribute of its first instance.
    pub(super) fn cell(&self, path: &[&str]) -> Cell<'_> {
        let (mut node, mut pointer) = (Some(&self.node), self.pointer.clone());
        let mut unknown = self.unknown.as_ref().map(|(node, pointer)| (node, pointer.clone()));
        for (depth, step) in path.iter().enumerate() {
            if let Some(cell) = not_known(unknown.as_ref(), node, depth > 0) {
                return cell;
            }
            if let Some(Node { value: Value::List(list), .. }) = node {
                node = list.first();
                pointer = down(&pointer, "0");
            }
            if let Some(wrong) = node.filter(|node| !matches!(node.value, Value::Object(_) | Value::Null)) {
                return Cell::Value { node: wrong, pointer, sensitive: self.is_secret(path) };
            }
            unknown = unknown
                .map(|(node, pointer)| node.elements().first().map_or((node, pointer.clone()), |first| (first, down(&pointer, "0"))));
            node = node.and_then(|node| node.get(step));
            pointer = down(&pointer, step);
            // A mark on the whole covers every part of it.
            unknown = unknown.and_then(
                |(mark, pointer)| {
                    if mark.is_true() { Some((mark, pointer)) } else { Some((mark.get(step)?, down(&pointer, step))) }
                },
            );
        }
        if let Some(cell) = not_known(unknown.as_ref(), node, false) {
            return cell;
        }
        match node {
            None => Cell::Absent,
            Some(node) if node.is_null() => Cell::Null,
            Some(node) => Cell::Value { node, pointer, sensitive: self.is_secret(path) },
        }
    }

    /// A known string.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        if let Cell::Value { node, .. } = self.cell(path) { node.text().filter(|text| !text.is_empty()) } else { None }
    }

    /// Whether a value must not be shown: it, what it is in, or a part of it is marked.
    pub(super) fn is_secret(&self, path: &[&str]) -> bool {
        self.secret.iter().any(|secret| secret.iter().zip(path).all(|(secret, step)| secret == step))
    }
}

/// The cell of a value that is marked as unknown. A value that is there all the same wins.
fn not_known<'v>(unknown: Option<&(&Node, String)>, node: Option<&Node>, whole_block: bool) -> Option<Cell<'v>> {
    let (mark, pointer) = unknown?;
    (mark.is_true() && node.is_none_or(Node::is_null)).then(|| Cell::Unknown { pointer: pointer.clone(), spot: mark.spot, whole_block })
}

/// Whether a sensitivity mark hides an attribute.
pub(super) fn hides(mark: &Node, attribute: &str) -> bool {
    let mut found = Vec::new();
    secrets(mark, &mut Vec::new(), &mut found);
    found.iter().any(|path| path.first().is_none_or(|first| first == attribute))
}

/// Collects the paths that a sensitivity mark hides: where it is `true`, and where it is nothing that a mark can be.
fn secrets(mark: &Node, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match &mark.value {
        Value::Bool(false) => {}
        Value::List(list) => list.iter().for_each(|mark| secrets(mark, path, found)),
        Value::Object(members) => {
            for (key, mark) in members {
                path.push(key.clone());
                secrets(mark, path, found);
                path.pop();
            }
        }
        Value::Bool(true) | Value::Null | Value::Number(_) | Value::Text(_) => found.push(path.clone()),
    }
}
