//! The `configuration` of a plan, so far as it reaches keys: it tells what is written from what is merely planned.

use super::node::{self, Node, NodeValue};
use super::reference::{self, PlanReference};
use super::scan::{PlanScanner, ScanError, ScanPosition};
use super::walk::{self, EntryFilter, Pointer, RELATED};
use crate::base::ModuleStep;
use crate::key::is_oci_provider;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A module: the root, or what a call calls.
#[derive(Debug, Default)]
pub(super) struct ConfiguredModule {
    /// The resources that keys have to do with, by their address without instance keys.
    pub resources: BTreeMap<String, ConfiguredResource>,
    pub calls: BTreeMap<String, ConfiguredCall>,
    /// The defaults of the variables.
    pub variables: BTreeMap<String, GivenConstant>,
    pub outputs: BTreeMap<String, Expression>,
    /// Version constraints on the oci provider, and where they are; of the root only.
    pub constraints: Vec<(String, String, ScanPosition)>,
}

/// Whether a value is given, and which.
#[derive(Clone, Debug)]
pub(super) enum GivenConstant {
    Nothing,
    Null,
    /// A value; kept unless it is large.
    Value(Option<Arc<Node>>),
}

/// Values of variables that are longer than this are not kept, in bytes.
const LARGE: usize = 1 << 18;

/// A module call.
#[derive(Debug, Default)]
pub(super) struct ConfiguredCall {
    pub arguments: BTreeMap<String, Expression>,
    /// `for_each` or `count`.
    pub repeat: Option<Expression>,
    pub module: ConfiguredModule,
}

/// A resource or data source.
#[derive(Debug)]
pub(super) struct ConfiguredResource {
    /// Whether it passes time on to what names it in `replace_triggered_by`.
    pub passes_time_on: bool,
    pub arguments: BTreeMap<String, ConfiguredArgument>,
    /// `for_each` or `count`.
    pub repeat: Option<Expression>,
}

/// What is written for an argument.
#[derive(Debug)]
pub(super) enum ConfiguredArgument {
    Expression(Expression),
    /// Nested blocks; blocks that come from `dynamic` are not among them.
    Blocks(Vec<BTreeMap<String, Self>>),
}

/// An expression, as far as a plan tells it.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    /// What it evaluates to without knowing anything.
    pub constant: GivenConstant,
    pub references: Vec<PlanReference>,
    /// Where it is in the plan.
    pub pointer: Arc<str>,
    pub position: ScanPosition,
}

impl ConfiguredArgument {
    /// All expressions in it.
    pub(super) fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Expression(expression) => vec![expression],
            Self::Blocks(blocks) => blocks.iter().flat_map(BTreeMap::values).flat_map(Self::expressions).collect(),
        }
    }
}

impl Expression {
    /// Whether it is a literal.
    pub(super) fn is_constant(&self) -> bool {
        !matches!(self.constant, GivenConstant::Nothing)
    }
}

impl ConfiguredResource {
    /// The expression of an argument that is not a block.
    pub(super) fn expression(&self, name: &str) -> Option<&Expression> {
        if let Some(ConfiguredArgument::Expression(expression)) = self.arguments.get(name) { Some(expression) } else { None }
    }

    /// The only block of a type.
    pub(super) fn block(&self, name: &str) -> Option<&BTreeMap<String, ConfiguredArgument>> {
        if let Some(ConfiguredArgument::Blocks(blocks)) = self.arguments.get(name) { blocks.first() } else { None }
    }
}

impl ConfiguredModule {
    /// The module at a path of calls.
    pub(super) fn at(&self, path: &[ModuleStep]) -> Option<&Self> {
        path.iter().try_fold(self, |module, step| module.calls.get(&step.name).map(|call| &call.module))
    }

    /// Whether anything in it has to do with keys.
    fn is_idle(&self) -> bool {
        self.resources.is_empty() && self.calls.is_empty()
    }
}

/// What types begin with whose resources change when what they are given changes: `replace_triggered_by` may name them, and a plan does not show it.
const PASSES_TIME_ON: [&[u8]; 4] = [b"time_", b"terraform_data", b"null_resource", b"random_"];

/// Types whose configuration is kept: keys, what they are related to, and what values are passed through.
fn wanted(kind: &[u8]) -> EntryFilter {
    if RELATED.contains(&kind) {
        EntryFilter::Yes
    } else if PASSES_TIME_ON.iter().any(|prefix| kind.starts_with(prefix)) {
        EntryFilter::IfNotLiteral
    } else {
        EntryFilter::No
    }
}

/// Reads the value of the top-level key `configuration`.
pub(super) fn read(scanner: &mut PlanScanner, pointer: &mut Pointer) -> Result<ConfiguredModule, ScanError> {
    let mut root = ConfiguredModule::default();
    let mut constraints = Vec::new();
    walk::object(scanner, pointer, "`configuration`", |scanner, pointer, key| match key {
        "provider_config" => {
            let pointer = pointer.text();
            for (name, node) in walk::read_node(scanner)?.members() {
                let text = |key| node.get(key).and_then(Node::text);
                if text("full_name").or_else(|| text("name")).is_some_and(is_oci_provider)
                    && let Some(found) = node.get("version_constraint")
                    && let Some(constraint) = found.text()
                {
                    let pointer = walk::child_pointer(&walk::child_pointer(&pointer, name), "version_constraint");
                    constraints.push((constraint.to_owned(), pointer, found.position));
                }
            }
            Ok(())
        }
        "root_module" => {
            root = module(scanner, pointer)?;
            Ok(())
        }
        _ => scanner.skip(),
    })?;
    root.constraints = constraints;
    Ok(root)
}

fn module(scanner: &mut PlanScanner, pointer: &mut Pointer) -> Result<ConfiguredModule, ScanError> {
    let mut found = ConfiguredModule::default();
    walk::object(scanner, pointer, "a module", |scanner, pointer, key| match key {
        "resources" => walk::entries(scanner, pointer, wanted, |node, pointer| {
            if let Some((address, resource)) = resource(&node, pointer) {
                found.resources.insert(address, resource);
            }
        }),
        "module_calls" => walk::object(scanner, pointer, "`module_calls`", |scanner, pointer, name| {
            let call = call(scanner, pointer)?;
            if !call.module.is_idle() {
                found.calls.insert(name.to_owned(), call);
            }
            Ok(())
        }),
        "variables" => {
            found.variables = given(scanner, pointer, "default")?;
            Ok(())
        }
        "outputs" => walk::object(scanner, pointer, "`outputs`", |scanner, pointer, name| {
            let node = walk::read_node(scanner)?;
            if let Some(found_expression) = node.get("expression").and_then(|node| expression(node, &pointer.child("expression"))) {
                found.outputs.insert(name.to_owned(), found_expression);
            }
            Ok(())
        }),
        _ => scanner.skip(),
    })?;
    Ok(found)
}

fn call(scanner: &mut PlanScanner, pointer: &mut Pointer) -> Result<ConfiguredCall, ScanError> {
    let mut call = ConfiguredCall::default();
    walk::object(scanner, pointer, "a module call", |scanner, pointer, key| match key {
        "module" => {
            call.module = module(scanner, pointer)?;
            Ok(())
        }
        "expressions" => walk::object(scanner, pointer, "`expressions`", |scanner, pointer, name| {
            let node = walk::read_node(scanner)?;
            if let Some(argument) = expression(&node, &pointer.text()) {
                call.arguments.insert(name.to_owned(), argument);
            }
            Ok(())
        }),
        "for_each_expression" | "count_expression" => {
            call.repeat = expression(&walk::read_node(scanner)?, &pointer.text());
            Ok(())
        }
        _ => scanner.skip(),
    })?;
    Ok(call)
}

/// Reads an object of objects, and of each the value of `member`. Serves `variables` of a module and of the plan.
pub(super) fn given(scanner: &mut PlanScanner, pointer: &mut Pointer, member: &str) -> Result<BTreeMap<String, GivenConstant>, ScanError> {
    let mut found = BTreeMap::new();
    walk::object(scanner, pointer, "`variables`", |scanner, pointer, name| {
        let mut value = GivenConstant::Nothing;
        walk::object(scanner, pointer, "a variable", |scanner, _, key| {
            if key != member {
                return scanner.skip();
            }
            value = scanner.read_value(|kept| {
                if kept.text.len() > LARGE {
                    return Ok(GivenConstant::Value(None));
                }
                let node = node::parse(kept)?;
                Ok(if node.is_null() { GivenConstant::Null } else { GivenConstant::Value(Some(Arc::new(node))) })
            })?;
            Ok(())
        })?;
        found.insert(name.to_owned(), value);
        Ok(())
    })?;
    Ok(found)
}

fn resource(node: &Node, pointer: &Pointer) -> Option<(String, ConfiguredResource)> {
    let address = node.get("address")?.text()?.to_owned();
    let arguments = node.get("expressions").map(|node| arguments(node, &pointer.child("expressions"))).unwrap_or_default();
    let repeat = ["for_each_expression", "count_expression"]
        .into_iter()
        .find_map(|key| node.get(key).and_then(|node| expression(node, &pointer.child(key))));
    let kind = node.get("type").and_then(Node::text).unwrap_or_default();
    let passes_time_on = !address.starts_with("data.") && PASSES_TIME_ON.iter().any(|prefix| kind.as_bytes().starts_with(prefix));
    Some((address, ConfiguredResource { passes_time_on, arguments, repeat }))
}

fn arguments(node: &Node, pointer: &str) -> BTreeMap<String, ConfiguredArgument> {
    let members = node.members().iter().filter_map(|(name, node)| {
        let pointer = walk::child_pointer(pointer, name);
        let argument = match &node.value {
            // In the provider's schema every block but `timeouts` is a list or a set, and written as a list; expressions are objects.
            NodeValue::List(list) => {
                let blocks = list.iter().enumerate();
                ConfiguredArgument::Blocks(
                    blocks.map(|(index, node)| arguments(node, &walk::child_pointer(&pointer, &index.to_string()))).collect(),
                )
            }
            _ => ConfiguredArgument::Expression(expression(node, &pointer)?),
        };
        Some((name.clone(), argument))
    });
    members.collect()
}

fn expression(node: &Node, pointer: &str) -> Option<Expression> {
    let NodeValue::Object(_) = node.value else { return None };
    let constant = match node.get("constant_value") {
        None => GivenConstant::Nothing,
        Some(node) if node.is_null() => GivenConstant::Null,
        Some(node) => GivenConstant::Value(Some(Arc::new(node.clone()))),
    };
    let references = node.get("references").map(Node::elements).unwrap_or_default();
    let references = reference::read(references.iter().filter_map(Node::text));
    Some(Expression { constant, references, pointer: pointer.into(), position: node.position })
}
