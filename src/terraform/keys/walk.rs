//! Walks the instances of one resource type through a root's module instances.

use super::switched_off::Off;
use crate::base::{Address, InstanceKey, Place, Problem, ProblemKind};
use crate::hcl::Block;
use crate::key::KeyFacts;
use crate::terraform::discovery::calls::CallTarget;
use crate::terraform::facts::BlockReader;
use crate::terraform::facts::problems::Problems;
use crate::terraform::modules::module::DeclarationKind;
use crate::terraform::scope::descend;
use crate::terraform::scope::expand;
use crate::terraform::world::World;
use crate::terraform::world::budget::MAX_VISITS;
use crate::terraform::world::instance::{Each, Expansion, Instance, ResourceName, Visit};
use crate::terraform::world::tree::MAX_MODULES;
use std::cell::Cell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// How many bytes of an address take as much memory as all else that is known of a key.
const LONG_NAME: usize = 250;

/// How many bytes of tags take as much memory, and what each tag takes in addition to its texts.
const MANY_TAGS: usize = 2048;
const TAG: usize = 64;

/// A walk through a root.
pub(crate) struct InstanceWalk<'w> {
    pub world: &'w World<'w>,
    /// Module directories that are worth walking into.
    pub leads: &'w HashSet<PathBuf>,
    pub problems: &'w Problems,
    /// Where keys' blocks without an instance are noted; only the walk for keys does.
    off: Option<&'w Off>,
    visits: Cell<usize>,
    is_reported: Cell<bool>,
}

impl<'w> InstanceWalk<'w> {
    /// A walk that enters only these directories.
    pub(crate) fn new(world: &'w World<'w>, leads: &'w HashSet<PathBuf>, problems: &'w Problems) -> Self {
        Self { world, leads, problems, off: None, visits: Cell::new(0), is_reported: Cell::new(false) }
    }

    /// The same walk, with keys' blocks without an instance noted.
    pub(crate) fn noting(self, off: Option<&'w Off>) -> Self {
        Self { off, ..self }
    }

    /// Visits all instances of a managed resource type, in the order of modules, names and keys.
    pub(crate) fn each(&self, kind: &Arc<str>, visit: &mut dyn FnMut(Visit<'_>)) {
        self.module(&self.world.tree.top(), kind, visit);
    }

    /// Counts a visit; false where there are too many. Each has an address of its own, so that long names count as several.
    fn may_go_on(&self, at: &Instance, name: &str) -> bool {
        self.visits.set(self.visits.get() + 1 + (at.prefix.len() + name.len()) / LONG_NAME);
        let may = self.visits.get() < self.world.budget.most;
        if !may {
            self.world.budget.is_exceeded.set(true);
            let root = self.world.tree.top().module.shown.display().to_string();
            self.note_once(format!(
                "the root modules have more than {MAX_VISITS} instances of resources and modules; the rest of `{root}` was not checked"
            ));
        }
        may
    }

    /// Counts what a key holds in addition to its address: instances that share a map of thousands of tags each have all of them.
    pub(crate) fn weigh(&self, key: &KeyFacts) {
        let tags = key.freeform_tags.iter().chain(&key.defined_tags);
        let bytes: usize = tags.map(|(name, value)| TAG + name.len() + value.len()).sum();
        self.visits.set(self.visits.get() + bytes / MANY_TAGS);
    }

    /// Reports once that the rest was left out.
    fn note_once(&self, message: String) {
        if !self.is_reported.replace(true) {
            self.problems.add(Problem::new(ProblemKind::Structure, message));
        }
    }

    fn too_many_modules(&self) {
        let root = self.world.tree.top().module.shown.display().to_string();
        self.note_once(format!("the root module `{root}` has more than {MAX_MODULES} module instances; the rest was not checked"));
    }

    fn module(&self, at: &Rc<Instance>, kind: &Arc<str>, visit: &mut dyn FnMut(Visit<'_>)) {
        for (name, block) in at.module.managed.get(kind).into_iter().flatten() {
            let of = ResourceName { data: false, kind: Arc::clone(kind), name: Arc::clone(name) };
            let Some(expansion) = self.expansion(expand::resource(self.world, at, &of, block)) else { continue };
            if let Some(off) = self.off.filter(|_| expansion.is_empty()) {
                off.block(self.world, at, name, block);
            }
            // In a module that represents many, an instance represents many as well, for the reason of the module.
            let symbolic = at.symbolic.clone().or_else(|| expansion.symbolic().cloned());
            for (key, each) in expansion.instances() {
                if !self.may_go_on(at, name) {
                    return;
                }
                visit(Visit { at, of: &of, block, key, each, symbolic: symbolic.clone() });
            }
        }
        for (name, call) in &at.module.calls {
            let Some(directory) = self.leads_on(at, name, call) else { continue };
            self.check_call(at, name, call, &directory);
            let Some(expansion) = self.expansion(expand::call(self.world, at, name, call)) else { continue };
            if let Some(off) = self.off.filter(|_| expansion.is_empty()) {
                off.call(self.world, at, name, call, &|at, name, call| self.leads_on(at, name, call).is_some());
            }
            for (key, each) in expansion.instances() {
                if !self.may_go_on(at, name) {
                    return;
                }
                match descend::child(self.world, at, name, call, key.as_ref(), each) {
                    Ok(child) => self.module(&child, kind, visit),
                    // Any other reason was reported by the survey of the tree, or is among the modules that were not followed.
                    Err(_) if self.world.tree.is_full() => return self.too_many_modules(),
                    Err(_) => {}
                }
            }
        }
    }

    /// An expansion, and what Terraform would say of it.
    fn expansion(&self, expansion: Result<Rc<Expansion>, crate::eval::EvalError>) -> Option<Rc<Expansion>> {
        match expansion {
            Ok(expansion) => {
                if let Expansion::Symbolic { error: Some(error), .. } = &*expansion {
                    self.problems.refused(error);
                }
                Some(expansion)
            }
            Err(error) => {
                self.problems.refused(&error);
                None
            }
        }
    }

    fn leads_on(&self, at: &Rc<Instance>, name: &Arc<str>, call: &Block) -> Option<PathBuf> {
        match crate::terraform::scope::early::locate(self.world, at, name, call).target {
            CallTarget::Directory { path, .. } => self.leads.contains(&path).then_some(path),
            CallTarget::Missing | CallTarget::Elsewhere(_) => None,
        }
    }

    /// Notes what Terraform would reject of a call that leads to keys.
    fn check_call(&self, at: &Rc<Instance>, name: &Arc<str>, call: &Block, directory: &Path) {
        if let Some(fault) = at.module.fault(DeclarationKind::Call, name) {
            let place = Place::Source(fault.span.unwrap_or(call.header));
            self.problems.certain(Problem::new(ProblemKind::Refused, fault.message).at(place));
        }
        let module = self.world.tree.loader.module(directory, self.world.tree.language);
        crate::terraform::facts::arguments::check(name, call, &module, self.problems);
        if module.has_provider {
            crate::terraform::facts::arguments::check_provider(at, name, call, self.problems);
        }
        let reader = BlockReader { world: self.world, at, each: &Each::None, problems: self.problems };
        super::refusals::depends_on(&reader, &call.body);
        super::refusals::cycle(&reader, &format!("module.{name}"));
    }
}

/// The instance with an address, found from the root.
pub(super) fn locate(world: &World<'_>, address: &Address) -> Option<(Rc<Instance>, ResourceName, Option<InstanceKey>, Each)> {
    let mut at = world.tree.top();
    let any = |key: &Option<InstanceKey>, expansion: &Expansion| match key {
        Some(InstanceKey::Text(text)) if **text == *"*" && expansion.symbolic().is_some() => Some(InstanceKey::Any),
        key => key.clone(),
    };
    for step in address.modules.iter() {
        let module = Arc::clone(&at.module);
        let (name, call) = module.calls.get_key_value(step.name.as_str())?;
        let expansion = expand::call(world, &at, name, call).ok()?;
        let key = any(&step.key, &expansion);
        let each = expansion.each(key.as_ref())?;
        at = descend::child(world, &at, name, call, key.as_ref(), each).ok()?;
    }
    let module = Arc::clone(&at.module);
    let declared = if address.data { &module.data } else { &module.managed };
    let (kind, named) = declared.get_key_value(&address.kind)?;
    let (name, block) = named.get_key_value(&address.name)?;
    let of = ResourceName { data: address.data, kind: Arc::clone(kind), name: Arc::clone(name) };
    let expansion = expand::resource(world, &at, &of, block).ok()?;
    let key = any(&address.key, &expansion);
    let each = expansion.each(key.as_ref())?;
    Some((at, of, key, each))
}
