//! Finds the key blocks that have no instances with the inputs of a run, and the reference that decides it.

use crate::base::{InstanceKey, Place};
use crate::eval::{Data, Members, Value};
use crate::hcl::{BinaryOp, Block, Expr, ExprKind, TraversalStep, UnaryOp};
use crate::key::{SwitchedOff, kinds};
use crate::terraform::scope::descend;
use crate::terraform::world::World;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{Each, ModuleInstance};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A key's block: the path of calls to its module, and its name.
pub(crate) type KeyBlock = (String, Arc<str>);

/// The maximum depth of the search for the deciding reference.
const MAX_STEPS: usize = 8;
/// The maximum length of a quoted value, in characters.
const MAX_TEXT: usize = 40;

/// Returns whether the target of a module call may have keys, given the calling instance, the call's name and its block.
type MayHaveKeys<'f> = dyn Fn(&Rc<ModuleInstance>, &Arc<str>, &Block) -> bool + 'f;

/// The key blocks that had no instances when a walk visited them. A block may still have instances in another instance of its module.
#[derive(Default)]
pub(crate) struct SwitchedOffBlocks(RefCell<BTreeMap<KeyBlock, SwitchedOff>>);

impl SwitchedOffBlocks {
    /// Adds a key's block that has no instances.
    pub(super) fn add_block(&self, world: &World<'_>, at: &Rc<ModuleInstance>, name: &Arc<str>, block: &Block) {
        self.insert(at, name, block, || why(world, at, block, ""));
    }

    /// Adds all key blocks in the tree of a module call that has no instances.
    pub(super) fn add_call(
        &self,
        world: &World<'_>,
        at: &Rc<ModuleInstance>,
        name: &Arc<str>,
        call: &Block,
        may_have_keys: &MayHaveKeys<'_>,
    ) {
        let why = why(world, at, call, &format!(" of `module.{name}`"));
        self.add_tree(world, at, name, call, &why, may_have_keys);
    }

    fn add_tree(
        &self,
        world: &World<'_>,
        at: &Rc<ModuleInstance>,
        name: &Arc<str>,
        call: &Block,
        why: &str,
        may_have_keys: &MayHaveKeys<'_>,
    ) {
        // There is no instance, so this one represents all. Its blocks are read but not evaluated.
        let Ok(child) = descend::child(world, at, name, call, Some(&InstanceKey::Any), Each::None) else { return };
        for (name, block) in child.module.managed.get(kinds::KEY).into_iter().flatten() {
            self.insert(&child, name, block, || why.to_owned());
        }
        for (name, call) in &child.module.calls {
            if may_have_keys(&child, name, call) {
                self.add_tree(world, &child, name, call, why, may_have_keys);
            }
        }
    }

    fn insert(&self, at: &ModuleInstance, name: &Arc<str>, block: &Block, why: impl FnOnce() -> String) {
        let prefix: String = at.steps.iter().map(|step| format!("module.{}.", step.name)).collect();
        self.0.borrow_mut().entry((at.path.clone(), Arc::clone(name))).or_insert_with(|| SwitchedOff {
            address: format!("{prefix}oci_kms_key.{name}"),
            root: "".into(),
            inputs: None,
            place: Place::Source(block.header),
            why: why(),
        });
    }

    /// The blocks for which `has_key` returns false, in this run of the root module `root`.
    pub(crate) fn take(self, root: &Arc<str>, inputs: Option<&Arc<str>>, has_key: impl Fn(&KeyBlock) -> bool) -> Vec<SwitchedOff> {
        let without_key = self.0.into_inner().into_iter().filter(|(block, _)| !has_key(block));
        without_key.map(|(_, block)| SwitchedOff { root: Arc::clone(root), inputs: inputs.cloned(), ..block }).collect()
    }
}

/// Why a block has no instances, as a clause.
fn why(world: &World<'_>, at: &Rc<ModuleInstance>, block: &Block, of_call: &str) -> String {
    let enabled = || block.body.blocks_of("lifecycle").find_map(|lifecycle| lifecycle.body.attribute("enabled"));
    let (effect, expr) = match (block.body.attribute("count"), block.body.attribute("for_each"), enabled()) {
        (Some(count), ..) => (format!("`count`{of_call} is 0"), &count.value),
        (_, Some(for_each), _) => (format!("`for_each`{of_call} is empty"), &for_each.value),
        (.., Some(enabled)) => (format!("`enabled`{of_call} is false"), &enabled.value),
        _ => return format!("nothing{of_call} is created"),
    };
    let cause = CauseFinder { world, at }.cause(expr, 0);
    cause.map_or_else(|| effect.clone(), |cause| format!("{effect} because {cause}"))
}

/// Finds the reference that decides a value.
struct CauseFinder<'a> {
    world: &'a World<'a>,
    at: &'a Rc<ModuleInstance>,
}

impl CauseFinder<'_> {
    fn eval(&self, expr: &Expr) -> Option<Value> {
        Frame::new(self.world, self.at, &Each::None).eval(expr).ok()
    }

    fn is_false(&self, expr: &Expr) -> bool {
        self.eval(expr).and_then(|value| value.as_bool()) == Some(false)
    }

    /// The reference that decides the value of an expression, with its value: "`var.own_keys` is false".
    fn cause(&self, expr: &Expr, steps: usize) -> Option<String> {
        if steps > MAX_STEPS {
            return None;
        }
        let next = |expr: &Expr| self.cause(expr, steps + 1);
        match &expr.kind {
            ExprKind::Parens(inner) | ExprKind::Unary(UnaryOp::Not, inner) => next(inner),
            ExprKind::Conditional(condition, then, otherwise) => next(condition).or_else(|| {
                let taken = if self.is_false(condition) { otherwise } else { then };
                next(taken)
            }),
            ExprKind::Binary(BinaryOp::And, left, right) => next(if self.is_false(left) { left } else { right }),
            ExprKind::Binary(BinaryOp::Or, left, right) => next(left).or_else(|| next(right)),
            ExprKind::Traversal(base, path) => match (&base.kind, path.as_slice()) {
                (ExprKind::Variable(root), [TraversalStep::Attr(name)]) if &**root == "local" => {
                    let cause = self.at.module.locals.get(&name.text).and_then(|local| next(&local.value));
                    cause.or_else(|| self.describe(expr))
                }
                (ExprKind::Variable(_), _) => self.describe(expr),
                _ => next(base),
            },
            _ => expr.find_child(next),
        }
    }

    /// A reference and its value, as a clause.
    fn describe(&self, expr: &Expr) -> Option<String> {
        let text = self.world.tree.quote(expr.span).filter(|text| !text.contains('\n'))?;
        let value = self.eval(expr)?;
        let marks = value.deep_marks();
        let is_empty =
            |value: &Value| value.as_mapping().is_some_and(Members::is_empty) || value.as_sequence().is_some_and(<[Value]>::is_empty);
        Some(match &value.data {
            _ if marks.is_secret() => format!("of `{text}`, which is sensitive"),
            Data::Bool(value) => format!("`{text}` is {value}"),
            Data::Number(number) => format!("`{text}` is {number}"),
            Data::Null(_) => format!("`{text}` is null"),
            Data::String(value) if value.is_empty() => format!("`{text}` is empty"),
            Data::String(value) if !marks.hides_text() && value.chars().count() <= MAX_TEXT => format!("`{text}` is \"{value}\""),
            _ if is_empty(&value) => format!("`{text}` is empty"),
            _ => format!("of `{text}`"),
        })
    }
}
