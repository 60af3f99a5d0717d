//! `import` blocks: they prove that a key exists. Terraform heeds those of the root module only; elsewhere it plans as if they were not there.

use super::expand::expand;
use super::instance::Each;
use super::scope::Frame;
use super::world::World;
use crate::base::{Address, Fact, InstanceKey, Place, Step};
use crate::eval::Data;
use crate::hcl::{self, Block, Expr, ExprKind, TraversalStep};

/// The targets of a root's `import` blocks.
#[derive(Default)]
pub(super) struct Imports {
    targets: Vec<Target>,
}

/// What one block, or one instance of it, imports to.
struct Target {
    modules: Vec<(String, Key)>,
    kind: String,
    name: String,
    key: Key,
    place: Place,
}

/// The instance key of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Is(Option<InstanceKey>),
    Unknown,
}

impl Key {
    /// Whether it is a key; `None` where that is unknown.
    fn is(&self, key: Option<&InstanceKey>) -> Option<bool> {
        match self {
            Self::Is(own) => Some(own.as_ref() == key),
            Self::Unknown => None,
        }
    }
}

impl Imports {
    /// Reads the `import` blocks of a root.
    pub(super) fn read(world: &World<'_>) -> Self {
        let at = world.top();
        let mut targets = Vec::new();
        for block in &at.module.imports {
            let Some(to) = block.body.attribute("to") else { continue };
            let expansion = expand(world, &at, block);
            for key in expansion.keys() {
                let each = expansion.each(key.as_ref()).unwrap_or(Each::None);
                targets.extend(target(world, &Frame::new(world, &at, &each), &to.value, block));
            }
        }
        Self { targets }
    }

    /// Whether one of them imports the key with this address.
    pub(super) fn of(&self, address: &Address) -> Fact<bool> {
        let mut unsure = None;
        for target in &self.targets {
            match target.is(address) {
                Some(true) => return Fact::known(true).with_trail(step(target, "the key is imported here")),
                Some(false) => {}
                None => unsure = unsure.or(Some(target)),
            }
        }
        unsure.map_or_else(Fact::unset, |target| {
            let fact = Fact::unknown("which keys the `import` block names is unknown");
            fact.with_trail(step(target, "the key may be imported here"))
        })
    }
}

fn step(target: &Target, label: &str) -> Vec<Step> {
    vec![Step::new(target.place.clone(), label)]
}

impl Target {
    fn is(&self, address: &Address) -> Option<bool> {
        let is_same_block = self.kind == address.kind
            && self.name == address.name
            && !address.data
            && self.modules.len() == address.modules.len()
            && self.modules.iter().zip(&address.modules).all(|((name, _), step)| *name == step.name);
        if !is_same_block {
            return Some(false);
        }
        let keys = self.modules.iter().zip(&address.modules).map(|((_, key), step)| key.is(step.key.as_ref()));
        let all: Vec<Option<bool>> = keys.chain([self.key.is(address.key.as_ref())]).collect();
        if all.contains(&Some(false)) { Some(false) } else { all.iter().all(Option::is_some).then_some(true) }
    }
}

/// The target that an expression names; nothing where it is not an address, which Terraform refuses.
fn target(world: &World<'_>, frame: &Frame<'_>, to: &Expr, block: &Block) -> Option<Target> {
    let parsed;
    // JSON holds the address as a text.
    let to = match &to.kind {
        ExprKind::String(text) => {
            parsed = hcl::native::parse_expression(to.span.source, text).ok()?;
            &parsed
        }
        _ => to,
    };
    let ExprKind::Traversal(base, steps) = &to.kind else { return None };
    let ExprKind::Variable(first) = &base.kind else { return None };
    let mut parts: Vec<(String, Key)> = vec![(first.to_string(), Key::Is(None))];
    for step in steps {
        match step {
            TraversalStep::Attr(name) => parts.push((name.text.to_string(), Key::Is(None))),
            TraversalStep::Index(index, _) => parts.last_mut()?.1 = instance_key(world, frame, index),
            _ => return None,
        }
    }
    let mut modules = Vec::new();
    let mut parts = parts.into_iter();
    loop {
        let (word, _) = parts.next()?;
        if word != "module" {
            let (name, key) = parts.next()?;
            return Some(Target { modules, kind: word, name, key, place: Place::Source(block.header) });
        }
        modules.push(parts.next()?);
    }
}

fn instance_key(world: &World<'_>, frame: &Frame<'_>, index: &Expr) -> Key {
    let Ok(value) = world.eval(index, frame) else { return Key::Unknown };
    match &value.data {
        Data::String(text) => Key::Is(Some(InstanceKey::Text(text.to_string()))),
        Data::Number(number) => match number.to_i64().and_then(|number| u64::try_from(number).ok()) {
            Some(number) => Key::Is(Some(InstanceKey::Number(number))),
            None => Key::Unknown,
        },
        _ => Key::Unknown,
    }
}
