//! Instances of modules and resources, and the expansion of a block's `count` or `for_each`.

use crate::base::{Calls, InstanceKey, ModuleStep, Place, Reason};
use crate::eval::{EvalError, Type, UnknownValue, Value};
use crate::hcl::Block;
use crate::key::Symbolic;
use crate::terraform::blocks::subject::NamedResource;
use crate::terraform::modules::module::Module;
use std::rc::Rc;
use std::sync::Arc;

/// One instance of a module: the root, or an instance of a module call.
pub(crate) struct ModuleInstance {
    /// Its number in the tree.
    pub id: usize,
    /// Its module.
    pub module: Arc<Module>,
    /// The calling instance, and the call's name.
    pub parent: Option<(Rc<ModuleInstance>, Arc<str>)>,
    /// `each` or `count` of the call.
    pub each: Each,
    /// The calls from the root to this instance, with their instance keys.
    pub steps: Arc<[ModuleStep]>,
    /// The same calls with their places, outermost first.
    pub calls: Calls,
    /// The prefix of addresses, `module.a["x"].`; empty for the root.
    pub prefix: String,
    /// The path of calls without instance keys, `a.b`; empty for the root.
    pub path: String,
    /// `path.module`.
    pub directory: String,
    /// Set if this instance, or one around it, represents many.
    pub symbolic: Option<Rc<Symbolic>>,
}

impl ModuleInstance {
    /// The path of one of its calls, without instance keys.
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
    pub(crate) fn new(data: bool, named: NamedResource<'_>) -> Self {
        Self { data, kind: named.kind.into(), name: Arc::clone(named.name) }
    }
}

/// One instance of a resource that a walk through the tree visits.
pub(crate) struct Visit<'v> {
    /// The module instance it is in.
    pub at: &'v Rc<ModuleInstance>,
    /// The resource.
    pub resource: &'v ResourceName,
    /// Its block.
    pub block: &'v Block,
    /// The instance key.
    pub key: Option<InstanceKey>,
    /// `each` or `count`.
    pub each: Each,
    /// Set if it represents many instances.
    pub symbolic: Option<Rc<Symbolic>>,
}

/// The values of `each` or `count` in an instance.
#[derive(Clone, Debug)]
pub(crate) enum Each {
    /// The block has neither `for_each` nor `count`.
    None,
    /// `count.index`.
    Index(Value),
    /// `each.key`, `each.value`.
    Element(Value, Value),
}

impl Each {
    /// `each` with unknown values of known types.
    pub(crate) fn unknown(why: &Reason, key: Type, value: Type) -> Self {
        let unknown = |ty: Type| -> Value { UnknownValue::new(ty, why.clone()).into() };
        Self::Element(unknown(key), unknown(value))
    }
}

/// An entry of `for_each`.
#[derive(Debug)]
pub(crate) struct ForEachEntry {
    /// The key. Entries are sorted by it.
    pub key: Arc<str>,
    /// The key in addresses: a placeholder if the key comes from a file and may not be shown.
    pub shown: Arc<str>,
    /// `each.key`.
    pub each: Value,
    /// `each.value`.
    pub value: Value,
}

/// The instances of a block.
#[derive(Debug)]
pub(crate) enum Expansion {
    /// Neither `count` nor `for_each` is set: one instance without a key.
    One,
    /// `lifecycle { enabled = false }`: no instance; references to it are null.
    Disabled,
    /// `count`.
    Count(u64),
    /// `for_each`, in Terraform's order.
    ForEach(Vec<ForEachEntry>),
    /// The expansion is unknown, or Terraform would reject it: one instance represents all.
    Symbolic {
        /// The reason.
        symbolic: Rc<Symbolic>,
        /// `each` of the one instance.
        each: Each,
        /// The error that Terraform would report.
        error: Option<EvalError>,
    },
}

impl Expansion {
    /// The keys of all instances.
    pub(crate) fn keys(&self) -> Vec<Option<InstanceKey>> {
        match self {
            Self::One => vec![None],
            Self::Disabled => Vec::new(),
            Self::Count(count) => (0..*count).map(|index| Some(InstanceKey::Number(index))).collect(),
            Self::ForEach(entries) => entries.iter().map(|entry| Some(InstanceKey::Text(Arc::clone(&entry.shown)))).collect(),
            Self::Symbolic { .. } => vec![Some(InstanceKey::Any)],
        }
    }

    /// The keys of all instances, with `each` or `count` of each.
    pub(crate) fn instances(&self) -> Vec<(Option<InstanceKey>, Each)> {
        match self {
            Self::ForEach(entries) => {
                let each = |entry: &ForEachEntry| Each::Element(entry.each.clone(), entry.value.clone());
                entries.iter().map(|entry| (Some(InstanceKey::Text(Arc::clone(&entry.shown))), each(entry))).collect()
            }
            _ => self.keys().into_iter().map(|key| (key.clone(), self.each(key.as_ref()).unwrap_or(Each::None))).collect(),
        }
    }

    /// Whether there are no instances.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Disabled => true,
            Self::Count(count) => *count == 0,
            Self::ForEach(entries) => entries.is_empty(),
            Self::One | Self::Symbolic { .. } => false,
        }
    }

    /// `each` or `count` of the instance with a key; `None` if there is no such instance.
    pub(crate) fn each(&self, key: Option<&InstanceKey>) -> Option<Each> {
        match (self, key) {
            (Self::One, None) => Some(Each::None),
            (Self::Count(count), Some(InstanceKey::Number(index))) if index < count => {
                Some(Each::Index(Value::number(i64::try_from(*index).unwrap_or(i64::MAX))))
            }
            (Self::ForEach(entries), Some(InstanceKey::Text(key))) => {
                // Entries are sorted by their real keys, so a placeholder needs a linear search.
                let entry = find(entries, key).filter(|entry| *entry.shown == **key);
                let entry = entry.or_else(|| entries.iter().find(|entry| *entry.shown == **key))?;
                Some(Each::Element(entry.each.clone(), entry.value.clone()))
            }
            (Self::Symbolic { each, .. }, Some(_)) => Some(each.clone()),
            _ => None,
        }
    }

    /// The instance key for a key of `for_each`, as addresses show it.
    pub(crate) fn shown_key(&self, key: &str) -> InstanceKey {
        let shown = if let Self::ForEach(entries) = self { find(entries, key).map(|entry| Arc::clone(&entry.shown)) } else { None };
        InstanceKey::Text(shown.unwrap_or_else(|| key.into()))
    }

    /// The keys that may not be shown, each as a pair of its placeholder and the key.
    pub(super) fn hidden_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = if let Self::ForEach(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().filter(|entry| entry.shown != entry.key).map(|entry| (&*entry.shown, &*entry.key))
    }

    /// Why one instance represents many, if it does.
    pub(crate) fn symbolic(&self) -> Option<&Rc<Symbolic>> {
        if let Self::Symbolic { symbolic, .. } = self { Some(symbolic) } else { None }
    }

    /// An unknown expansion.
    pub(crate) fn unknown(why: impl Into<Reason>, place: Option<Place>, each: Each, error: Option<EvalError>) -> Self {
        Self::Symbolic { symbolic: Rc::new(Symbolic { why: why.into(), place }), each, error }
    }
}

fn find<'e>(entries: &'e [ForEachEntry], key: &str) -> Option<&'e ForEachEntry> {
    entries.binary_search_by(|entry| (*entry.key).cmp(key)).ok().and_then(|at| entries.get(at))
}

/// The address of an instance of a resource.
pub(crate) fn address(at: &ModuleInstance, is_data: bool, kind: &str, name: &str, key: Option<&InstanceKey>) -> String {
    let mode = if is_data { "data." } else { "" };
    let key = key.map(InstanceKey::to_string).unwrap_or_default();
    [&at.prefix, mode, kind, ".", name, &key].concat()
}
