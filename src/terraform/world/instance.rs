//! Instances of modules and of what is in them: how a block's `count` or `for_each` expands.

use crate::base::{Calls, InstanceKey, ModuleStep, Place, Reason};
use crate::eval::{EvalError, Type, UnknownValue, Value};
use crate::hcl::Block;
use crate::key::Symbolic;
use crate::terraform::blocks::subject::NamedResource;
use crate::terraform::modules::module::Module;
use std::rc::Rc;
use std::sync::Arc;

/// One instance of a module: the root, or one that a call makes.
pub(crate) struct Instance {
    /// Its number in the tree.
    pub id: usize,
    /// What it is an instance of.
    pub module: Arc<Module>,
    /// The instance it is called from, and the call's name.
    pub parent: Option<(Rc<Instance>, Arc<str>)>,
    /// `each` or `count` of the call.
    pub each: Each,
    /// The calls on the way from the root.
    pub steps: Arc<[ModuleStep]>,
    /// Where they are written, outermost first.
    pub calls: Calls,
    /// `module.a["x"].`, empty for the root.
    pub prefix: String,
    /// The path of calls without instance keys, `a.b`; empty for the root.
    pub path: String,
    /// `path.module`.
    pub directory: String,
    /// Set where this instance, or one around it, stands for many.
    pub symbolic: Option<Rc<Symbolic>>,
}

impl Instance {
    /// The path of a call in here, without instance keys.
    pub(crate) fn path_to(&self, call: &str) -> String {
        if self.path.is_empty() { call.to_owned() } else { format!("{}.{call}", self.path) }
    }
}

/// A resource within its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ResourceName {
    /// Whether it is a data source.
    pub data: bool,
    /// Its type.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl ResourceName {
    /// The resource or data source that a reference names.
    pub(crate) fn of(data: bool, named: NamedResource<'_>) -> Self {
        Self { data, kind: named.kind.into(), name: Arc::clone(named.name) }
    }
}

/// One instance of a resource, as a walk through the tree comes to it.
pub(crate) struct Visit<'v> {
    /// The module instance it is in.
    pub at: &'v Rc<Instance>,
    /// The resource.
    pub of: &'v ResourceName,
    /// Its block.
    pub block: &'v Block,
    /// Which instance.
    pub key: Option<InstanceKey>,
    /// `each` or `count`.
    pub each: Each,
    /// Set if it represents many instances.
    pub symbolic: Option<Rc<Symbolic>>,
}

/// What `each` and `count` mean in a block.
#[derive(Clone, Debug)]
pub(crate) enum Each {
    /// Neither is written.
    None,
    /// `count.index`.
    Index(Value),
    /// `each.key`, `each.value`.
    Element(Value, Value),
}

impl Each {
    /// `each` of which only the types are known.
    pub(crate) fn unknown(why: &Reason, key: Type, value: Type) -> Self {
        let unknown = |ty: Type| -> Value { UnknownValue::new(ty, why.clone()).into() };
        Self::Element(unknown(key), unknown(value))
    }
}

/// An entry of `for_each`.
#[derive(Debug)]
pub(crate) struct ForEachEntry {
    /// The key, by which they are sorted.
    pub key: Arc<str>,
    /// The key as addresses show it: another one where the key comes from a file and may not be shown.
    pub shown: Arc<str>,
    /// `each.key`.
    pub each: Value,
    /// `each.value`.
    pub value: Value,
}

/// What a block's `count` or `for_each` comes to.
#[derive(Debug)]
pub(crate) enum Expansion {
    /// Neither is written: one instance without a key.
    One,
    /// `lifecycle { enabled = false }`: no instance, and null where it is referred to.
    Disabled,
    /// `count`.
    Count(u64),
    /// `for_each`, in Terraform's order.
    ForEach(Vec<ForEachEntry>),
    /// It is unknown, or Terraform would reject it: one instance stands for all. The value is what `each.value` would be.
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
    pub(crate) fn keys(&self) -> Vec<Option<InstanceKey>> {
        match self {
            Self::One => vec![None],
            Self::Disabled => Vec::new(),
            Self::Count(count) => (0..*count).map(|index| Some(InstanceKey::Number(index))).collect(),
            Self::ForEach(entries) => entries.iter().map(|entry| Some(InstanceKey::Text(Arc::clone(&entry.shown)))).collect(),
            Self::Symbolic { .. } => vec![Some(InstanceKey::Any)],
        }
    }

    /// All instances, each with its `each` or `count`.
    pub(crate) fn instances(&self) -> Vec<(Option<InstanceKey>, Each)> {
        match self {
            Self::ForEach(entries) => {
                let each = |entry: &ForEachEntry| Each::Element(entry.each.clone(), entry.value.clone());
                entries.iter().map(|entry| (Some(InstanceKey::Text(Arc::clone(&entry.shown))), each(entry))).collect()
            }
            _ => self.keys().into_iter().map(|key| (key.clone(), self.each(key.as_ref()).unwrap_or(Each::None))).collect(),
        }
    }

    /// Whether there is no instance.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Disabled => true,
            Self::Count(count) => *count == 0,
            Self::ForEach(entries) => entries.is_empty(),
            Self::One | Self::Symbolic { .. } => false,
        }
    }

    /// `each` of one instance; `None` where there is no such instance.
    pub(crate) fn each(&self, key: Option<&InstanceKey>) -> Option<Each> {
        match (self, key) {
            (Self::One, None) => Some(Each::None),
            (Self::Count(count), Some(InstanceKey::Number(index))) if index < count => {
                Some(Each::Index(Value::number(i64::try_from(*index).unwrap_or(i64::MAX))))
            }
            (Self::ForEach(entries), Some(InstanceKey::Text(key))) => {
                // Entries are sorted by their keys. Only where a key is not shown, what is shown in its place is looked for among all of
                // them.
                let own = find(entries, key).filter(|entry| *entry.shown == **key);
                let entry = own.or_else(|| entries.iter().find(|entry| *entry.shown == **key))?;
                Some(Each::Element(entry.each.clone(), entry.value.clone()))
            }
            (Self::Symbolic { each, .. }, Some(_)) => Some(each.clone()),
            _ => None,
        }
    }

    /// The instance with a key of `for_each`, as addresses show it.
    pub(crate) fn named(&self, key: &str) -> InstanceKey {
        let shown = if let Self::ForEach(entries) = self { find(entries, key).map(|entry| Arc::clone(&entry.shown)) } else { None };
        InstanceKey::Text(shown.unwrap_or_else(|| key.into()))
    }

    /// The keys that are not shown: what is shown in place of each, and the key.
    pub(super) fn hidden_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = if let Self::ForEach(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().filter(|entry| entry.shown != entry.key).map(|entry| (&*entry.shown, &*entry.key))
    }

    /// Why one instance stands for many, where it does.
    pub(crate) fn symbolic(&self) -> Option<&Rc<Symbolic>> {
        if let Self::Symbolic { symbolic, .. } = self { Some(symbolic) } else { None }
    }

    /// An expansion of which nothing can be told.
    pub(crate) fn unknown(why: impl Into<Reason>, place: Option<Place>, each: Each, error: Option<EvalError>) -> Self {
        Self::Symbolic { symbolic: Rc::new(Symbolic { why: why.into(), place }), each, error }
    }
}

fn find<'e>(entries: &'e [ForEachEntry], key: &str) -> Option<&'e ForEachEntry> {
    entries.binary_search_by(|entry| (*entry.key).cmp(key)).ok().and_then(|at| entries.get(at))
}

/// The address of an instance of a resource.
pub(crate) fn address(at: &Instance, is_data: bool, kind: &str, name: &str, key: Option<&InstanceKey>) -> String {
    let mode = if is_data { "data." } else { "" };
    let key = key.map(InstanceKey::to_string).unwrap_or_default();
    [&at.prefix, mode, kind, ".", name, &key].concat()
}
