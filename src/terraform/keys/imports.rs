//! `import` blocks, which prove that a key exists. Terraform honors only those of the root module and silently ignores others.

use crate::base::{Address, Fact, InstanceKey, Place, Step};
use crate::eval::Data;
use crate::hcl::{self, Expr, ExprKind, TraversalStep};
use crate::terraform::scope::expand::expand;
use crate::terraform::world::World;
use crate::terraform::world::frame::Frame;
use std::collections::HashMap;
use std::sync::Arc;

/// The targets of a root's `import` blocks.
#[derive(Default)]
pub(super) struct Imports {
    /// By the resource's block.
    targets: HashMap<ImportedBlock, Vec<ImportTarget>>,
}

/// A resource's block: the names of the module calls, its type, its name.
type ImportedBlock = (Vec<String>, String, String);

/// The maximum number of targets in one block. If there are more, it is unknown which keys are imported.
const MAX_TARGETS: usize = 1000;

/// The target of an `import` block, or of one instance of it.
struct ImportTarget {
    /// The instance keys of the module calls.
    modules: Vec<ImportKey>,
    key: ImportKey,
    place: Place,
}

/// The instance key of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ImportKey {
    Known(Option<InstanceKey>),
    Unknown,
}

impl ImportKey {
    /// Whether this is the given instance key; `None` if that is unknown.
    fn is(&self, key: Option<&InstanceKey>) -> Option<bool> {
        match self {
            Self::Known(known) => Some(known.as_ref() == key),
            Self::Unknown => None,
        }
    }
}

impl Imports {
    /// Reads the `import` blocks of a root.
    pub(super) fn read(world: &World<'_>) -> Self {
        let at = world.tree.top();
        let mut targets: HashMap<ImportedBlock, Vec<ImportTarget>> = HashMap::new();
        for block in &at.module.imports {
            let Some(to) = block.body.attribute("to") else { continue };
            let expansion = expand(world, &at, block);
            for (_, each) in expansion.instances() {
                if let Some((block_name, target)) = target(world, &Frame::new(world, &at, &each), &to.value, block) {
                    targets.entry(block_name).or_default().push(target);
                }
            }
        }
        let mut imports = Self { targets };
        imports.targets.values_mut().for_each(limit_targets);
        imports
    }

    /// Whether an `import` block imports the key with this address.
    pub(super) fn imported(&self, address: &Address) -> Fact<bool> {
        if self.targets.is_empty() {
            return Fact::unset();
        }
        let names = address.modules.iter().map(|step| step.name.clone()).collect();
        let block = (names, address.kind.to_string(), address.name.to_string());
        let mut unsure = None;
        for target in self.targets.get(&block).into_iter().flatten().filter(|_| !address.data) {
            match target.is(address) {
                Some(true) => return Fact::known(true).with_trail(step(target, "the key is imported here")),
                Some(false) => {}
                None => unsure = unsure.or(Some(target)),
            }
        }
        unsure.map_or_else(Fact::unset, |target| {
            let fact = Fact::unknown("the keys that the `import` block names are unknown");
            fact.with_trail(step(target, "the key may be imported here"))
        })
    }
}

/// Replaces too many targets of a block by one with unknown keys: every instance of the block would be compared with all of them.
fn limit_targets(targets: &mut Vec<ImportTarget>) {
    if targets.len() > MAX_TARGETS {
        targets.truncate(1);
        targets.iter_mut().for_each(|target| {
            target.key = ImportKey::Unknown;
            target.modules.iter_mut().for_each(|key| *key = ImportKey::Unknown);
        });
    }
}

fn step(target: &ImportTarget, label: &str) -> Vec<Step> {
    // No module calls: only the root can import.
    vec![Step { calls: Some(Arc::from([])), ..Step::new(target.place.clone(), label) }]
}

impl ImportTarget {
    /// Whether this is the instance with an address of the same block; `None` if that is unknown.
    fn is(&self, address: &Address) -> Option<bool> {
        let keys = self.modules.iter().zip(address.modules.iter()).map(|(key, step)| key.is(step.key.as_ref()));
        let all: Vec<Option<bool>> = keys.chain([self.key.is(address.key.as_ref())]).collect();
        // One differing key is enough, even if others are unknown.
        if all.contains(&Some(false)) { Some(false) } else { all.iter().all(Option::is_some).then_some(true) }
    }
}

/// The target that an expression names; `None` if it is not an address, which Terraform would reject.
fn target(_world: &World<'_>, frame: &Frame<'_>, to: &Expr, block: &hcl::Block) -> Option<(ImportedBlock, ImportTarget)> {
    let parsed;
    // In JSON, the address is a string.
    let to = match &to.kind {
        ExprKind::String(text) => {
            parsed = hcl::native::parse_expression(to.span.source, text).ok()?;
            &parsed
        }
        _ => to,
    };
    let ExprKind::Traversal(base, steps) = &to.kind else { return None };
    let ExprKind::Variable(first) = &base.kind else { return None };
    let mut parts: Vec<(String, ImportKey)> = vec![(first.to_string(), ImportKey::Known(None))];
    for step in steps {
        match step {
            TraversalStep::Attr(name) => parts.push((name.text.to_string(), ImportKey::Known(None))),
            TraversalStep::Index(index, _) => parts.last_mut()?.1 = instance_key(frame, index),
            _ => return None,
        }
    }
    let (mut names, mut modules) = (Vec::new(), Vec::new());
    let mut parts = parts.into_iter();
    loop {
        let (word, _) = parts.next()?;
        let (name, key) = parts.next()?;
        if word != "module" {
            return Some(((names, word, name), ImportTarget { modules, key, place: Place::Source(block.header) }));
        }
        names.push(name);
        modules.push(key);
    }
}

fn instance_key(frame: &Frame<'_>, index: &Expr) -> ImportKey {
    let Ok(value) = frame.eval(index) else { return ImportKey::Unknown };
    match &value.data {
        Data::String(text) => ImportKey::Known(Some(InstanceKey::Text(Arc::clone(text)))),
        Data::Number(number) => match number.to_i64().and_then(|number| u64::try_from(number).ok()) {
            Some(number) => ImportKey::Known(Some(InstanceKey::Number(number))),
            None => ImportKey::Unknown,
        },
        _ => ImportKey::Unknown,
    }
}
