//! Cycles of references between the resources, data sources and local values of a module. Terraform orders all of them before it plans
//! and refuses a cycle whatever the expressions evaluate to, so it is found by what is written.

use super::module::Module;
use crate::base::Span;
use crate::eval::references;
use crate::hcl::{Block, Body, Expr};
use std::collections::HashMap;
use std::sync::Arc;

/// A cycle, the same for all of its members.
#[derive(Debug)]
pub(super) struct Cycle {
    /// What is wrong, as a clause.
    pub message: String,
    /// The first reference that is part of it.
    pub span: Span,
}

/// What is in a cycle, by the name by which it is referred to.
pub(super) type Cycles = HashMap<String, Arc<Cycle>>;

/// How many members of a cycle are named.
const NAMED: usize = 6;

/// Something that is put in order.
#[derive(Debug)]
struct Node {
    /// As it is referred to: `local.x`, `data.oci_kms_vault.v`, `oci_kms_key.k`.
    name: String,
    /// Where it refers to which other node.
    edges: Vec<(usize, Span)>,
}

/// Finds them.
pub(super) fn find(module: &Module) -> Cycles {
    let nodes = nodes(module);
    let groups = groups(&nodes);
    let mut members: HashMap<usize, Vec<&str>> = HashMap::new();
    for (node, group) in nodes.iter().zip(&groups) {
        members.entry(*group).or_default().push(&node.name);
    }
    let mut found: HashMap<usize, Arc<Cycle>> = HashMap::new();
    let mut cycles = Cycles::new();
    for (node, group) in nodes.iter().zip(&groups) {
        let Some((_, span)) = node.edges.iter().find(|(to, _)| groups.get(*to) == Some(group)) else { continue };
        let names = members.get(group).map(Vec::as_slice).unwrap_or_default();
        let cycle = found.entry(*group).or_insert_with(|| Arc::new(Cycle { message: message(names), span: *span }));
        cycles.insert(node.name.clone(), Arc::clone(cycle));
    }
    cycles
}

fn message(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    match names {
        [name] => format!("`{name}` refers to itself"),
        _ => format!("cycle: {}{more} depend on each other", shown.join(", ")),
    }
}

fn nodes(module: &Module) -> Vec<Node> {
    let mut written: Vec<(String, Written<'_>)> = Vec::new();
    written.extend(module.locals.iter().map(|(name, local)| (format!("local.{name}"), Written::Local(&local.value))));
    for (mode, resources) in [("", &module.managed), ("data.", &module.data)] {
        for (kind, named) in resources {
            written.extend(named.iter().map(|(name, block)| (format!("{mode}{kind}.{name}"), Written::Block(block))));
        }
    }
    let known: HashMap<String, usize> = written.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
    let node = |(at, (name, written)): (usize, (String, Written<'_>))| {
        let mut edges = Vec::new();
        match written {
            Written::Local(expr) => refer(expr, &known, &mut edges),
            Written::Block(block) => {
                in_body(&block.body, &known, &mut edges);
                let lifecycles = block.body.blocks_of("lifecycle").filter_map(|lifecycle| lifecycle.body.attribute("replace_triggered_by"));
                for attribute in block.body.attribute("depends_on").into_iter().chain(lifecycles) {
                    let mut own = Vec::new();
                    refer(&attribute.value, &known, &mut own);
                    // A resource that names itself here is not a cycle to Terraform.
                    edges.extend(own.into_iter().filter(|(to, _)| *to != at));
                }
            }
        }
        Node { name, edges }
    };
    written.into_iter().enumerate().map(node).collect()
}

enum Written<'m> {
    Local(&'m Expr),
    Block(&'m Block),
}

/// The references of a body, of nested blocks too.
fn in_body(body: &Body, known: &HashMap<String, usize>, edges: &mut Vec<(usize, Span)>) {
    for attribute in &body.attributes {
        // The first two name arguments and provider configurations; the others may name the resource itself.
        if !matches!(&*attribute.name.text, "ignore_changes" | "provider" | "depends_on" | "replace_triggered_by") {
            refer(&attribute.value, known, edges);
        }
    }
    for block in &body.blocks {
        // What they run after the resource exists may refer to it.
        if !matches!(&*block.kind.text, "provisioner" | "connection") {
            in_body(&block.body, known, edges);
        }
    }
}

fn refer(expr: &Expr, known: &HashMap<String, usize>, edges: &mut Vec<(usize, Span)>) {
    for reference in references(expr) {
        let names = reference.names();
        let name = match (&**reference.root, names.as_slice()) {
            ("data", [kind, name, ..]) => format!("data.{}.{}", kind.text, name.text),
            ("resource", [kind, name, ..]) => format!("{}.{}", kind.text, name.text),
            (root, [name, ..]) => format!("{root}.{}", name.text),
            _ => continue,
        };
        edges.extend(known.get(&name).map(|to| (*to, reference.span)));
    }
}

/// What is known of a node during the search.
#[derive(Clone, Copy, Default)]
struct Mark {
    /// The order of the visit, from 1; 0 before it.
    order: usize,
    /// The earliest node on the stack that is reached from here.
    low: usize,
    on_stack: bool,
    group: usize,
}

/// The strongly connected component of each node (Tarjan's algorithm, without recursion: chains are as long as files let them be).
fn groups(nodes: &[Node]) -> Vec<usize> {
    let mut marks = vec![Mark::default(); nodes.len()];
    let (mut visited, mut groups) = (0, 0);
    let mut stack: Vec<usize> = Vec::new();
    for start in 0..nodes.len() {
        // The nodes on the way, each with the edge to be looked at next.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((at, next)) = way.last().copied() {
            let Some(mark) = marks.get_mut(at) else { break };
            if next == 0 {
                if mark.order > 0 {
                    way.pop();
                    continue;
                }
                visited += 1;
                *mark = Mark { order: visited, low: visited, on_stack: true, group: 0 };
                stack.push(at);
            }
            let (order, low) = (mark.order, mark.low);
            let edge = nodes.get(at).and_then(|node| node.edges.get(next));
            if let Some((to, _)) = edge {
                let other = marks.get(*to).copied().unwrap_or_default();
                if let Some((_, next)) = way.last_mut() {
                    *next += 1;
                }
                if other.order == 0 {
                    way.push((*to, 0));
                } else if other.on_stack {
                    lower(&mut marks, at, other.order);
                }
                continue;
            }
            way.pop();
            if low == order {
                groups += 1;
                while let Some(member) = stack.pop() {
                    if let Some(mark) = marks.get_mut(member) {
                        (mark.on_stack, mark.group) = (false, groups);
                    }
                    if member == at {
                        break;
                    }
                }
            }
            if let Some((before, _)) = way.last() {
                lower(&mut marks, *before, low);
            }
        }
    }
    marks.into_iter().map(|mark| mark.group).collect()
}

fn lower(marks: &mut [Mark], at: usize, to: usize) {
    if let Some(mark) = marks.get_mut(at) {
        mark.low = mark.low.min(to);
    }
}
