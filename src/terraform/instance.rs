//! Instances of modules and of what is in them: how a block's `count` or `for_each` expands.

use super::module::Module;
use crate::base::{InstanceKey, ModuleStep, Place, Step};
use crate::key::Symbolic;
use crate::terraform::eval::{EvalError, Value};
use std::rc::Rc;
use std::sync::Arc;

/// One instance of a module: the root, or one that a call makes.
pub(super) struct Instance {
    /// Its number in the world.
    pub id: usize,
    /// What it is an instance of.
    pub module: Arc<Module>,
    /// The instance it is called from, and the call's name.
    pub parent: Option<(Rc<Instance>, Arc<str>)>,
    /// `each` or `count` of the call.
    pub each: Each,
    /// The calls on the way from the root.
    pub steps: Vec<ModuleStep>,
    /// Where they are written, outermost first.
    pub calls: Vec<Step>,
    /// `module.a["x"].`, empty for the root.
    pub prefix: String,
    /// The path of calls without instance keys, `a.b`; empty for the root.
    pub path: String,
    /// `path.module`.
    pub folder: String,
    /// Set where this instance, or one around it, stands for many.
    pub symbolic: Option<Rc<Symbolic>>,
}

/// What `each` and `count` mean in a block.
#[derive(Clone, Debug)]
pub(super) enum Each {
    /// Neither is written.
    None,
    /// `count.index`.
    Index(Value),
    /// `each.key`, `each.value`.
    Element(Value, Value),
}

/// What a block's `count` or `for_each` comes to.
#[derive(Debug)]
pub(super) enum Expansion {
    /// Neither is written: one instance without a key.
    One,
    /// `count`.
    Count(u64),
    /// `for_each`, in Terraform's order.
    ForEach(Vec<(Arc<str>, Value)>),
    /// It cannot be told, or Terraform would refuse it: one instance stands for all. The value is what `each.value` would be.
    Symbolic {
        /// Why.
        symbolic: Rc<Symbolic>,
        /// `each` for the one instance.
        each: Each,
        /// What Terraform would say where it would refuse the expression.
        error: Option<EvalError>,
    },
}

impl Expansion {
    /// All instances.
    pub(super) fn keys(&self) -> Vec<Option<InstanceKey>> {
        match self {
            Self::One => vec![None],
            Self::Count(count) => (0..*count).map(|index| Some(InstanceKey::Number(index))).collect(),
            Self::ForEach(entries) => entries.iter().map(|(key, _)| Some(InstanceKey::Text(key.to_string()))).collect(),
            Self::Symbolic { .. } => vec![Some(InstanceKey::Any)],
        }
    }

    /// `each` of one instance; `None` where there is no such instance.
    pub(super) fn each(&self, key: Option<&InstanceKey>) -> Option<Each> {
        match (self, key) {
            (Self::One, None) => Some(Each::None),
            (Self::Count(count), Some(InstanceKey::Number(index))) if index < count => {
                Some(Each::Index(Value::number(i64::try_from(*index).unwrap_or(i64::MAX))))
            }
            (Self::ForEach(entries), Some(InstanceKey::Text(key))) => {
                let at = entries.binary_search_by(|(own, _)| (**own).cmp(key.as_str())).ok()?;
                let (key, value) = entries.get(at)?;
                Some(Each::Element(Value::string(key), value.clone()))
            }
            (Self::Symbolic { each, .. }, Some(_)) => Some(each.clone()),
            _ => None,
        }
    }

    /// Why one instance stands for many, where it does.
    pub(super) fn symbolic(&self) -> Option<&Rc<Symbolic>> {
        if let Self::Symbolic { symbolic, .. } = self { Some(symbolic) } else { None }
    }

    /// An expansion of which nothing can be told.
    pub(super) fn unknown(why: String, place: Option<Place>, each: Each, error: Option<EvalError>) -> Self {
        Self::Symbolic { symbolic: Rc::new(Symbolic { why, place }), each, error }
    }
}

/// The address of an instance of a resource.
pub(super) fn address(at: &Instance, is_data: bool, kind: &str, name: &str, key: Option<&InstanceKey>) -> String {
    let mode = if is_data { "data." } else { "" };
    let key = key.map(InstanceKey::to_string).unwrap_or_default();
    format!("{}{mode}{kind}.{name}{key}", at.prefix)
}
