//! Blocks of keys that create nothing with the inputs of a run: which they are, and what decides it.

use crate::base::{InstanceKey, Place};
use crate::eval::{Data, Members, Value};
use crate::hcl::{BinaryOp, Block, Expr, ExprKind, TraversalStep, UnaryOp};
use crate::key::{SwitchedOff, kinds};
use crate::terraform::scope::descend;
use crate::terraform::world::World;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{Each, Instance};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A key's block: the path of calls, and its name.
pub(crate) type KeyBlock = (String, Arc<str>);

/// How many locals are followed on the way to the variable that decides.
const MOST_STEPS: usize = 8;
/// The longest text of a value that is quoted, in characters.
const LONGEST: usize = 40;

/// Which module calls may lead to keys: by the instance they are in, their name and their block.
type Enters<'f> = dyn Fn(&Rc<Instance>, &Arc<str>, &Block) -> bool + 'f;

/// The blocks without an instance that a walk has met. A block counts only if no instance of its module makes a key of it.
#[derive(Default)]
pub(crate) struct Off(RefCell<BTreeMap<KeyBlock, SwitchedOff>>);

impl Off {
    /// Notes a key's block that expands to nothing.
    pub(super) fn block(&self, world: &World<'_>, at: &Rc<Instance>, name: &Arc<str>, block: &Block) {
        self.note(at, name, block, || why(world, at, block, ""));
    }

    /// Notes all keys' blocks below a module call that expands to nothing. `enters` says which calls may lead to keys.
    pub(super) fn call(&self, world: &World<'_>, at: &Rc<Instance>, name: &Arc<str>, call: &Block, enters: &Enters<'_>) {
        let why = why(world, at, call, &format!(" of `module.{name}`"));
        self.below(world, at, name, call, &why, enters);
    }

    fn below(&self, world: &World<'_>, at: &Rc<Instance>, name: &Arc<str>, call: &Block, why: &str, enters: &Enters<'_>) {
        // No instance exists: the one that would represent all is only looked at, not evaluated.
        let Ok(child) = descend::child(world, at, name, call, Some(&InstanceKey::Any), Each::None) else { return };
        for (name, block) in child.module.managed.get(kinds::KEY).into_iter().flatten() {
            self.note(&child, name, block, || why.to_owned());
        }
        for (name, call) in &child.module.calls {
            if enters(&child, name, call) {
                self.below(world, &child, name, call, why, enters);
            }
        }
    }

    fn note(&self, at: &Instance, name: &Arc<str>, block: &Block, why: impl FnOnce() -> String) {
        let prefix: String = at.steps.iter().map(|step| format!("module.{}.", step.name)).collect();
        self.0.borrow_mut().entry((at.path.clone(), Arc::clone(name))).or_insert_with(|| SwitchedOff {
            address: format!("{prefix}oci_kms_key.{name}"),
            root: "".into(),
            inputs: None,
            place: Place::Source(block.header),
            why: why(),
        });
    }

    /// The blocks of which no key was found, in this run of the root module `root`.
    pub(crate) fn take(self, root: &Arc<str>, inputs: Option<&Arc<str>>, is_found: impl Fn(&KeyBlock) -> bool) -> Vec<SwitchedOff> {
        let all = self.0.into_inner().into_iter().filter(|(declared, _)| !is_found(declared));
        all.map(|(_, block)| SwitchedOff { root: Arc::clone(root), inputs: inputs.cloned(), ..block }).collect()
    }
}

/// Why a block has no instance, as a clause.
fn why(world: &World<'_>, at: &Rc<Instance>, block: &Block, of: &str) -> String {
    let enabled = || block.body.blocks_of("lifecycle").find_map(|lifecycle| lifecycle.body.attribute("enabled"));
    let (effect, expr) = match (block.body.attribute("count"), block.body.attribute("for_each"), enabled()) {
        (Some(count), ..) => (format!("`count`{of} is 0"), &count.value),
        (_, Some(for_each), _) => (format!("`for_each`{of} is empty"), &for_each.value),
        (.., Some(enabled)) => (format!("`enabled`{of} is false"), &enabled.value),
        _ => return format!("nothing{of} is created"),
    };
    let cause = Blame { world, at }.cause(expr, 0);
    cause.map_or_else(|| effect.clone(), |cause| format!("{effect} because {cause}"))
}

/// Looks for the reference that decides a value.
struct Blame<'a> {
    world: &'a World<'a>,
    at: &'a Rc<Instance>,
}

impl Blame<'_> {
    fn eval(&self, expr: &Expr) -> Option<Value> {
        Frame::new(self.world, self.at, &Each::None).eval(expr).ok()
    }

    fn is_false(&self, expr: &Expr) -> bool {
        self.eval(expr).and_then(|value| value.as_bool()) == Some(false)
    }

    /// What an expression comes to and which reference decides it: "`var.own_keys` is false".
    fn cause(&self, expr: &Expr, steps: usize) -> Option<String> {
        if steps > MOST_STEPS {
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
                    let after = self.at.module.locals.get(&name.text).and_then(|local| next(&local.value));
                    after.or_else(|| self.named(expr))
                }
                (ExprKind::Variable(_), _) => self.named(expr),
                _ => next(base),
            },
            _ => expr.find_child(next),
        }
    }

    /// A reference and its value.
    fn named(&self, expr: &Expr) -> Option<String> {
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
            Data::String(value) if !marks.hides_text() && value.chars().count() <= LONGEST => format!("`{text}` is \"{value}\""),
            _ if is_empty(&value) => format!("`{text}` is empty"),
            _ => format!("of `{text}`"),
        })
    }
}
