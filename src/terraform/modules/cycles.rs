//! Cycles of references between the resources, data sources, local values and module calls of a module. Terraform orders all of them
//! before it plans and rejects cycles whatever the expressions evaluate to, so they are found without evaluation.
//!
//! A cycle through several modules is found in the topmost of them, where each call represents the module's contents: an output of the
//! call depends on the arguments for the variables that the output depends on. Source: Terraform's `ModuleExpansionTransformer`: everything
//! in a module depends on the call's `count`, `for_each` and `depends_on`, and a reference to the call as one value depends on everything
//! in the module.

use super::module::Module;
use super::order::{Cycle, Order};
use crate::base::Span;
use crate::eval::{Reference, references};
use crate::hcl::{Block, Body, Expr, ExprKind, TraversalStep};
use crate::terraform::blocks::CALL_META_ARGUMENTS;
use crate::terraform::blocks::subject::Subject;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// The maximum number of members that a message about a cycle names.
const MAX_NAMED: usize = 6;
/// The maximum number of references followed to find what the outputs of one module depend on. Cycles through the outputs that remain are
/// not reported.
const MAX_STEPS: usize = 2_000_000;

/// A node of the reference graph.
#[derive(Debug)]
struct OrderNode<'m> {
    name: NodeName<'m>,
    /// The nodes that it refers to, each with the place of the reference.
    edges: Vec<(usize, Span)>,
}

/// The name of a node. The parts are borrowed: a module has many nodes, and messages rarely name one.
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
    /// The call that the node is a part of, as references name it: `module.m`.
    fn call(self) -> Option<String> {
        match self {
            Self::Call(call) | Self::Expansion(call) | Self::Argument(call, _) | Self::Result(call, _) => {
                Some(NodeName::Call(call).to_string())
            }
            _ => None,
        }
    }
}

/// The name as references use it: `local.x`, `data.oci_kms_vault.v`, `oci_kms_key.k`, `module.m.out`.
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

/// The order of a module. `callees` has the orders of the called modules, in the order of the calls; `None` for a module that is not
/// available.
pub(crate) fn order(module: &Module, callees: Vec<Option<Arc<Order>>>) -> Arc<Order> {
    module.order.get_or_find(callees, |callees| find(module, callees))
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
        // References cannot name the expansion of a call.
        let name = if matches!(node.name, NodeName::Expansion(_)) { None } else { Some(node.name.to_string()) };
        for name in [name, node.name.call()].into_iter().flatten() {
            cycles.insert(name, Arc::clone(cycle));
        }
    }
    Order { cycles, outputs: outputs(&nodes) }
}

/// The names of the members of each group.
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
    let shown: Vec<_> = names.iter().take(MAX_NAMED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MAX_NAMED { format!(" and {} more", names.len() - MAX_NAMED) } else { String::new() };
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
            if steps > MAX_STEPS {
                return all;
            }
            left.extend(node.edges.iter().map(|(to, _)| *to).filter(|to| seen.insert(*to)));
        }
        all.insert(Arc::from(output), variables);
    }
    all
}

/// The configuration that a node's references come from.
enum NodeSource<'m> {
    Local(&'m Expr),
    Resource(&'m Block),
    Variable(&'m Block),
    Output(&'m Block),
    /// The `count`, `for_each` and `depends_on` of a call.
    Expansion(&'m Block),
    /// An argument of a call.
    Argument(&'m Expr, NodeName<'m>),
    /// The nodes of a call that one of its outputs depends on.
    Result(Vec<NodeName<'m>>, Span),
}

fn nodes<'m>(module: &'m Module, orders: &'m [(&'m str, &'m Block, Arc<Order>)]) -> Vec<OrderNode<'m>> {
    let mut sources: Vec<(NodeName<'m>, NodeSource<'m>)> = Vec::new();
    sources.extend(module.locals.iter().map(|(name, local)| (NodeName::Local(name), NodeSource::Local(&local.value))));
    for (kind, named) in &module.managed {
        sources.extend(named.iter().map(|(name, block)| (NodeName::Managed(kind, name), NodeSource::Resource(block))));
    }
    for (kind, named) in &module.data {
        sources.extend(named.iter().map(|(name, block)| (NodeName::Data(kind, name), NodeSource::Resource(block))));
    }
    sources.extend(module.variables.iter().map(|(name, block)| (NodeName::Variable(name), NodeSource::Variable(block))));
    sources.extend(module.outputs.iter().map(|(name, block)| (NodeName::Output(name), NodeSource::Output(block))));
    for (call, block, order) in orders {
        let expansion = NodeName::Expansion(call);
        let first = sources.len();
        sources.push((expansion, NodeSource::Expansion(block)));
        for attribute in block.body.attributes.iter().filter(|attribute| !CALL_META_ARGUMENTS.contains(&&*attribute.name.text)) {
            sources.push((NodeName::Argument(call, &attribute.name.text), NodeSource::Argument(&attribute.value, expansion)));
        }
        for (output, variables) in &order.outputs {
            let dependencies = variables.iter().map(|variable| NodeName::Argument(call, variable)).chain([expansion]).collect();
            sources.push((NodeName::Result(call, output), NodeSource::Result(dependencies, block.header)));
        }
        let all = sources.iter().skip(first).map(|(name, _)| *name).collect();
        sources.push((NodeName::Call(call), NodeSource::Result(all, block.header)));
    }
    let known: HashMap<NodeName<'m>, usize> = sources.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let node = |(at, (name, source)): (usize, (NodeName<'m>, NodeSource<'m>))| {
        let mut edges = NodeEdges { known: &known, found: Vec::new() };
        match source {
            NodeSource::Local(expr) => edges.add_references(expr),
            NodeSource::Resource(block) => {
                edges.add_body(&block.body);
                let lifecycles = block.body.blocks_of("lifecycle").filter_map(|lifecycle| lifecycle.body.attribute("replace_triggered_by"));
                for attribute in block.body.attribute("depends_on").into_iter().chain(lifecycles) {
                    let mut meta = NodeEdges { known: &known, found: Vec::new() };
                    meta.add_references(&attribute.value);
                    // To Terraform, a resource that names itself here is not a cycle.
                    edges.found.extend(meta.found.into_iter().filter(|(to, _)| *to != at));
                }
            }
            NodeSource::Variable(block) => {
                edges.add_body(&block.body);
                // A validation refers to its own variable.
                edges.found.retain(|(to, _)| *to != at);
            }
            NodeSource::Output(block) => {
                edges.add_body(&block.body);
                block.body.attribute("depends_on").into_iter().for_each(|attribute| edges.add_references(&attribute.value));
            }
            NodeSource::Expansion(call) => {
                let meta = ["count", "for_each", "depends_on"].into_iter().filter_map(|name| call.body.attribute(name));
                meta.for_each(|attribute| edges.add_references(&attribute.value));
                call.body.blocks_of("lifecycle").for_each(|lifecycle| edges.add_body(&lifecycle.body));
            }
            NodeSource::Argument(expr, expansion) => {
                edges.add_references(expr);
                edges.add(expansion, expr.span);
            }
            NodeSource::Result(dependencies, span) => dependencies.iter().for_each(|name| edges.add(*name, span)),
        }
        OrderNode { name, edges: edges.found }
    };
    sources.into_iter().enumerate().map(node).collect()
}

/// Collects the edges of a node.
struct NodeEdges<'k, 'm> {
    known: &'k HashMap<NodeName<'m>, usize>,
    found: Vec<(usize, Span)>,
}

impl<'m> NodeEdges<'_, 'm> {
    fn add(&mut self, name: NodeName<'m>, span: Span) {
        self.found.extend(self.known.get(&name).map(|to| (*to, span)));
    }

    /// Adds the references of a body and its nested blocks.
    fn add_body(&mut self, body: &'m Body) {
        for attribute in &body.attributes {
            // The first three are not evaluated as expressions; the other two may name the resource itself.
            if !matches!(&*attribute.name.text, "ignore_changes" | "provider" | "type" | "depends_on" | "replace_triggered_by") {
                self.add_references(&attribute.value);
            }
        }
        for block in &body.blocks {
            // Provisioners run after the resource is created, so they may refer to it.
            if !matches!(&*block.kind.text, "provisioner" | "connection") {
                self.add_body(&block.body);
            }
        }
    }

    fn add_references(&mut self, expr: &'m Expr) {
        for reference in references(expr) {
            let name = match Subject::of_reference(&reference) {
                Subject::Data(named) => NodeName::Data(named.kind, named.name),
                Subject::Managed(named) => NodeName::Managed(named.kind, named.name),
                Subject::Call(call) => output(&reference).map_or(NodeName::Call(call), |output| NodeName::Result(call, output)),
                Subject::Local(name) => NodeName::Local(name),
                Subject::Variable(name) => NodeName::Variable(name),
                _ => continue,
            };
            self.add(name, reference.span);
        }
    }
}

/// The output that a reference to a module call names; `None` if it refers to the call as one value, as a reference with a computed index
/// does.
fn output<'a>(reference: &Reference<'a>) -> Option<&'a str> {
    let is_constant = |index: &Expr| matches!(index.kind, ExprKind::Number(_) | ExprKind::String(_));
    match reference.steps {
        [_, TraversalStep::Attr(output), ..] => Some(&output.text),
        [_, TraversalStep::Index(index, _), TraversalStep::Attr(output), ..] if is_constant(index) => Some(&output.text),
        [_, TraversalStep::LegacyIndex(..), TraversalStep::Attr(output), ..] => Some(&output.text),
        _ => None,
    }
}

/// The state of a node in Tarjan's algorithm.
#[derive(Clone, Copy, Default)]
struct NodeState {
    /// The index of the visit, from 1; 0 before the visit.
    order: usize,
    /// The smallest `order` of a node on the stack that can be reached from this one.
    low: usize,
    on_stack: bool,
    group: usize,
}

/// The strongly connected component of each node (Tarjan's algorithm, without recursion because a hostile file may have long chains).
fn groups(nodes: &[OrderNode<'_>]) -> Vec<usize> {
    let mut states = vec![NodeState::default(); nodes.len()];
    let (mut visited, mut groups) = (0, 0);
    let mut stack: Vec<usize> = Vec::new();
    for start in 0..nodes.len() {
        // The path from `start` to the current node, each node with its next edge to follow.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((at, next)) = path.last().copied() {
            let Some(state) = states.get_mut(at) else { break };
            if next == 0 {
                if state.order > 0 {
                    path.pop();
                    continue;
                }
                visited += 1;
                *state = NodeState { order: visited, low: visited, on_stack: true, group: 0 };
                stack.push(at);
            }
            let (order, low) = (state.order, state.low);
            let edge = nodes.get(at).and_then(|node| node.edges.get(next));
            if let Some((to, _)) = edge {
                let other = states.get(*to).copied().unwrap_or_default();
                if let Some((_, next)) = path.last_mut() {
                    *next += 1;
                }
                if other.order == 0 {
                    path.push((*to, 0));
                } else if other.on_stack {
                    lower(&mut states, at, other.order);
                }
                continue;
            }
            path.pop();
            if low == order {
                groups += 1;
                while let Some(member) = stack.pop() {
                    if let Some(state) = states.get_mut(member) {
                        (state.on_stack, state.group) = (false, groups);
                    }
                    if member == at {
                        break;
                    }
                }
            }
            if let Some((before, _)) = path.last() {
                lower(&mut states, *before, low);
            }
        }
    }
    states.into_iter().map(|state| state.group).collect()
}

/// Lowers the `low` of a node.
fn lower(states: &mut [NodeState], at: usize, low: usize) {
    if let Some(state) = states.get_mut(at) {
        state.low = state.low.min(low);
    }
}
