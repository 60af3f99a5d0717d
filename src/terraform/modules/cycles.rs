//! Cycles of references between the resources, data sources, local values and module calls of a module. Terraform orders all of them
//! before it plans and refuses a cycle whatever the expressions evaluate to, so it is found by what is written.
//!
//! A cycle through several modules is one of the topmost of them, in which each call stands for what is in it: its outputs refer to those
//! of its variables that they depend on. Source: Terraform's `ModuleExpansionTransformer`: what is in a module depends on the call's
//! `count`, `for_each` and `depends_on`, and whoever refers to a call as one value depends on all that is in it.

use super::module::Module;
use super::order::{Cycle, Order};
use crate::base::Span;
use crate::eval::{Reference, references};
use crate::hcl::{Block, Body, Expr, ExprKind, TraversalStep};
use crate::terraform::blocks::subject::Subject;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// How many members of a cycle are named.
const NAMED: usize = 6;
/// How many references are followed to find what the outputs of one module depend on; of the others nothing is reported.
const MOST_STEPS: usize = 2_000_000;

/// Something that is put in order.
#[derive(Debug)]
struct OrderNode<'m> {
    name: NodeName<'m>,
    /// Where it refers to which other node.
    edges: Vec<(usize, Span)>,
}

/// What a node is. Names are borrowed: a module has many nodes, and hardly ever one that is to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum NodeName<'m> {
    Local(&'m str),
    /// Type and name.
    Managed(&'m str, &'m str),
    Data(&'m str, &'m str),
    Variable(&'m str),
    Output(&'m str),
    /// A call as one value.
    Call(&'m str),
    /// The `count`, `for_each` and `depends_on` of a call.
    Expansion(&'m str),
    /// An argument of a call.
    Argument(&'m str, &'m str),
    /// An output of a call.
    Result(&'m str, &'m str),
}

impl NodeName<'_> {
    /// The call that it is a part of, as it is referred to: `module.m`.
    fn call(self) -> Option<String> {
        match self {
            Self::Call(call) | Self::Expansion(call) | Self::Argument(call, _) | Self::Result(call, _) => {
                Some(NodeName::Call(call).to_string())
            }
            _ => None,
        }
    }
}

/// As it is referred to: `local.x`, `data.oci_kms_vault.v`, `oci_kms_key.k`, `module.m.out`.
impl fmt::Display for NodeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(name) => write!(f, "local.{name}"),
            Self::Managed(kind, name) => write!(f, "{kind}.{name}"),
            Self::Data(kind, name) => write!(f, "data.{kind}.{name}"),
            Self::Variable(name) => write!(f, "var.{name}"),
            Self::Output(name) => write!(f, "output.{name}"),
            Self::Call(call) | Self::Expansion(call) => write!(f, "module.{call}"),
            Self::Argument(call, variable) => write!(f, "module.{call}.var.{variable}"),
            Self::Result(call, output) => write!(f, "module.{call}.{output}"),
        }
    }
}

/// What refers to what in a module. `callees`: what is known of the modules that its calls lead to, in the order of the calls; `None` where
/// that is not at hand.
pub(crate) fn order(module: &Module, callees: Vec<Option<Arc<Order>>>) -> Arc<Order> {
    module.order.of(callees, |callees| find(module, callees))
}

fn find(module: &Module, callees: &[Option<Arc<Order>>]) -> Order {
    let calls = module.calls.iter().zip(callees);
    let orders: Vec<_> = calls.filter_map(|((name, call), callee)| Some((&**name, call, Arc::clone(callee.as_ref()?)))).collect();
    let nodes = nodes(module, &orders);
    let groups = groups(&nodes);
    let mut cycles = HashMap::new();
    let mut found: HashMap<usize, Arc<Cycle>> = HashMap::new();
    let mut members: Option<HashMap<usize, Vec<String>>> = None;
    for (node, group) in nodes.iter().zip(&groups) {
        let Some((_, span)) = node.edges.iter().find(|(to, _)| groups.get(*to) == Some(group)) else { continue };
        let members = members.get_or_insert_with(|| members_of(&nodes, &groups));
        let names = members.get(group).map(Vec::as_slice).unwrap_or_default();
        let cycle = found.entry(*group).or_insert_with(|| Arc::new(Cycle { message: message(names), span: *span }));
        // No one refers to a call's expansion as such.
        let own = if matches!(node.name, NodeName::Expansion(_)) { None } else { Some(node.name.to_string()) };
        for name in [own, node.name.call()].into_iter().flatten() {
            cycles.insert(name, Arc::clone(cycle));
        }
    }
    Order { cycles, outputs: outputs(&nodes) }
}

/// What is in each group, by name.
fn members_of(nodes: &[OrderNode<'_>], groups: &[usize]) -> HashMap<usize, Vec<String>> {
    let mut members: HashMap<usize, Vec<String>> = HashMap::new();
    let mut known = HashSet::new();
    for (node, group) in nodes.iter().zip(groups) {
        let name = node.name.to_string();
        if known.insert((*group, name.clone())) {
            members.entry(*group).or_default().push(name);
        }
    }
    members
}

fn message(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    match names {
        [name] => format!("`{name}` refers to itself"),
        _ => format!("cycle: {}{more} depend on each other", shown.join(", ")),
    }
}

/// The variables that each output depends on.
fn outputs(nodes: &[OrderNode<'_>]) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let mut steps = 0;
    let mut all = BTreeMap::new();
    for (start, node) in nodes.iter().enumerate() {
        let NodeName::Output(output) = node.name else { continue };
        let (mut seen, mut left, mut variables) = (BTreeSet::from([start]), vec![start], BTreeSet::new());
        while let Some(node) = left.pop().and_then(|at| nodes.get(at)) {
            if let NodeName::Variable(variable) = node.name {
                variables.insert(Arc::from(variable));
            }
            steps += node.edges.len();
            if steps > MOST_STEPS {
                return all;
            }
            left.extend(node.edges.iter().map(|(to, _)| *to).filter(|to| seen.insert(*to)));
        }
        all.insert(Arc::from(output), variables);
    }
    all
}

/// What the references of a node are in.
enum NodeSource<'m> {
    Local(&'m Expr),
    Resource(&'m Block),
    Variable(&'m Block),
    Output(&'m Block),
    /// The `count`, `for_each` and `depends_on` of a call.
    Expansion(&'m Block),
    /// An argument of a call.
    Argument(&'m Expr, NodeName<'m>),
    /// An output of a call, and the nodes of the call that it depends on.
    Result(Vec<NodeName<'m>>, Span),
}

fn nodes<'m>(module: &'m Module, orders: &'m [(&'m str, &'m Block, Arc<Order>)]) -> Vec<OrderNode<'m>> {
    let mut written: Vec<(NodeName<'m>, NodeSource<'m>)> = Vec::new();
    written.extend(module.locals.iter().map(|(name, local)| (NodeName::Local(name), NodeSource::Local(&local.value))));
    for (kind, named) in &module.managed {
        written.extend(named.iter().map(|(name, block)| (NodeName::Managed(kind, name), NodeSource::Resource(block))));
    }
    for (kind, named) in &module.data {
        written.extend(named.iter().map(|(name, block)| (NodeName::Data(kind, name), NodeSource::Resource(block))));
    }
    written.extend(module.variables.iter().map(|(name, block)| (NodeName::Variable(name), NodeSource::Variable(block))));
    written.extend(module.outputs.iter().map(|(name, block)| (NodeName::Output(name), NodeSource::Output(block))));
    for (call, block, order) in orders {
        let expansion = NodeName::Expansion(call);
        let first = written.len();
        written.push((expansion, NodeSource::Expansion(block)));
        for attribute in block.body.attributes.iter().filter(|attribute| !META.contains(&&*attribute.name.text)) {
            written.push((NodeName::Argument(call, &attribute.name.text), NodeSource::Argument(&attribute.value, expansion)));
        }
        for (output, variables) in &order.outputs {
            let waits = variables.iter().map(|variable| NodeName::Argument(call, variable)).chain([expansion]).collect();
            written.push((NodeName::Result(call, output), NodeSource::Result(waits, block.header)));
        }
        let all = written.iter().skip(first).map(|(name, _)| *name).collect();
        written.push((NodeName::Call(call), NodeSource::Result(all, block.header)));
    }
    let known: HashMap<NodeName<'m>, usize> = written.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let node = |(at, (name, written)): (usize, (NodeName<'m>, NodeSource<'m>))| {
        let mut edges = NodeEdges { known: &known, found: Vec::new() };
        match written {
            NodeSource::Local(expr) => edges.refer(expr),
            NodeSource::Resource(block) => {
                edges.body(&block.body);
                let lifecycles = block.body.blocks_of("lifecycle").filter_map(|lifecycle| lifecycle.body.attribute("replace_triggered_by"));
                for attribute in block.body.attribute("depends_on").into_iter().chain(lifecycles) {
                    let mut own = NodeEdges { known: &known, found: Vec::new() };
                    own.refer(&attribute.value);
                    // A resource that names itself here is not a cycle to Terraform.
                    edges.found.extend(own.found.into_iter().filter(|(to, _)| *to != at));
                }
            }
            NodeSource::Variable(block) => {
                edges.body(&block.body);
                // A validation refers to its own variable.
                edges.found.retain(|(to, _)| *to != at);
            }
            NodeSource::Output(block) => {
                edges.body(&block.body);
                block.body.attribute("depends_on").into_iter().for_each(|attribute| edges.refer(&attribute.value));
            }
            NodeSource::Expansion(call) => {
                let meta = ["count", "for_each", "depends_on"].into_iter().filter_map(|name| call.body.attribute(name));
                meta.for_each(|attribute| edges.refer(&attribute.value));
                call.body.blocks_of("lifecycle").for_each(|lifecycle| edges.body(&lifecycle.body));
            }
            NodeSource::Argument(expr, expansion) => {
                edges.refer(expr);
                edges.wait(expansion, expr.span);
            }
            NodeSource::Result(waits, span) => waits.iter().for_each(|name| edges.wait(*name, span)),
        }
        OrderNode { name, edges: edges.found }
    };
    written.into_iter().enumerate().map(node).collect()
}

/// The arguments of a call that are none of its module's variables.
const META: [&str; 6] = ["source", "version", "count", "for_each", "depends_on", "providers"];

/// The references of a node.
struct NodeEdges<'k, 'm> {
    known: &'k HashMap<NodeName<'m>, usize>,
    found: Vec<(usize, Span)>,
}

impl<'m> NodeEdges<'_, 'm> {
    fn wait(&mut self, name: NodeName<'m>, span: Span) {
        self.found.extend(self.known.get(&name).map(|to| (*to, span)));
    }

    /// The references of a body, of nested blocks too.
    fn body(&mut self, body: &'m Body) {
        for attribute in &body.attributes {
            // The first three are not expressions; the others may name the resource itself.
            if !matches!(&*attribute.name.text, "ignore_changes" | "provider" | "type" | "depends_on" | "replace_triggered_by") {
                self.refer(&attribute.value);
            }
        }
        for block in &body.blocks {
            // What they run after the resource exists may refer to it.
            if !matches!(&*block.kind.text, "provisioner" | "connection") {
                self.body(&block.body);
            }
        }
    }

    fn refer(&mut self, expr: &'m Expr) {
        for reference in references(expr) {
            let name = match Subject::of_reference(&reference) {
                Subject::Data(named) => NodeName::Data(named.kind, named.name),
                Subject::Managed(named) => NodeName::Managed(named.kind, named.name),
                Subject::Call(call) => output(&reference).map_or(NodeName::Call(call), |output| NodeName::Result(call, output)),
                Subject::Local(name) => NodeName::Local(name),
                Subject::Variable(name) => NodeName::Variable(name),
                _ => continue,
            };
            self.wait(name, reference.span);
        }
    }
}

/// The output that a reference to a module call names, `None` where it is to the call as one value. An index that is not written out makes
/// it one to all of the call.
fn output<'a>(reference: &Reference<'a>) -> Option<&'a str> {
    let is_constant = |index: &Expr| matches!(index.kind, ExprKind::Number(_) | ExprKind::String(_));
    match reference.steps {
        [_, TraversalStep::Attr(output), ..] => Some(&output.text),
        [_, TraversalStep::Index(index, _), TraversalStep::Attr(output), ..] if is_constant(index) => Some(&output.text),
        [_, TraversalStep::LegacyIndex(..), TraversalStep::Attr(output), ..] => Some(&output.text),
        _ => None,
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
fn groups(nodes: &[OrderNode<'_>]) -> Vec<usize> {
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
