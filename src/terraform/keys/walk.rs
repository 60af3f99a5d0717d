//! Walks the instances of one resource type through a root's module instances.

use super::switched_off::SwitchedOffBlocks;
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
use crate::terraform::world::instance::{Each, Expansion, ModuleInstance, ResourceName, Visit};
use crate::terraform::world::tree::MAX_MODULES;
use std::cell::Cell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// An address of this many bytes takes as much memory as everything else that is known of a key.
const BYTES_OF_VISIT: usize = 250;

/// Tags of this many bytes take as much memory as a key.
const TAG_BYTES_OF_VISIT: usize = 2048;
/// The memory that a tag takes in addition to its texts, in bytes.
const TAG_OVERHEAD: usize = 64;

/// A walk through the instances of a root.
pub(crate) struct InstanceWalk<'w> {
    pub world: &'w World<'w>,
    /// The directories of modules to enter.
    pub key_directories: &'w HashSet<PathBuf>,
    pub problems: &'w Problems,
    /// Collects key blocks without instances. Only set in the walk for keys.
    switched_off: Option<&'w SwitchedOffBlocks>,
    visits: Cell<usize>,
    is_reported: Cell<bool>,
}

impl<'w> InstanceWalk<'w> {
    /// A walk that enters only the modules in `key_directories`.
    pub(crate) fn new(world: &'w World<'w>, key_directories: &'w HashSet<PathBuf>, problems: &'w Problems) -> Self {
        Self { world, key_directories, problems, switched_off: None, visits: Cell::new(0), is_reported: Cell::new(false) }
    }

    /// The same walk; it also collects key blocks without instances.
    pub(crate) fn collecting(self, switched_off: Option<&'w SwitchedOffBlocks>) -> Self {
        Self { switched_off, ..self }
    }

    /// Visits all instances of a managed resource type, in the order of modules, names and keys.
    pub(crate) fn visit_all(&self, kind: &Arc<str>, visit: &mut dyn FnMut(Visit<'_>)) {
        self.visit_module(&self.world.tree.top(), kind, visit);
    }

    /// Counts a visit. Returns whether the walk may continue. A long address counts as several visits.
    fn count_visit(&self, at: &ModuleInstance, name: &str) -> bool {
        self.visits.set(self.visits.get() + 1 + (at.prefix.len() + name.len()) / BYTES_OF_VISIT);
        let may_continue = self.visits.get() < self.world.budget.max_visits;
        if !may_continue {
            self.world.budget.is_exceeded.set(true);
            let root = self.world.tree.top().module.shown.display().to_string();
            self.report_once(format!(
                "the root modules have more than {MAX_VISITS} instances of resources and modules; the rest of `{root}` was not checked"
            ));
        }
        may_continue
    }

    /// Counts the tags of a key as visits. Instances that share a map of thousands of tags each have their own copy.
    pub(crate) fn count_tags(&self, key: &KeyFacts) {
        let tags = key.freeform_tags.iter().chain(&key.defined_tags);
        let bytes: usize = tags.map(|(name, value)| TAG_OVERHEAD + name.len() + value.len()).sum();
        self.visits.set(self.visits.get() + bytes / TAG_BYTES_OF_VISIT);
    }

    /// Adds a problem unless the walk has already reported that it was cut.
    fn report_once(&self, message: String) {
        if !self.is_reported.replace(true) {
            self.problems.add(Problem::new(ProblemKind::Structure, message));
        }
    }

    fn report_too_many_modules(&self) {
        let root = self.world.tree.top().module.shown.display().to_string();
        self.report_once(format!("the root module `{root}` has more than {MAX_MODULES} module instances; the rest was not checked"));
    }

    fn visit_module(&self, at: &Rc<ModuleInstance>, kind: &Arc<str>, visit: &mut dyn FnMut(Visit<'_>)) {
        for (name, block) in at.module.managed.get(kind).into_iter().flatten() {
            let resource = ResourceName { data: false, kind: Arc::clone(kind), name: Arc::clone(name) };
            let Some(expansion) = self.report_refused(expand::resource(self.world, at, &resource, block)) else { continue };
            if let Some(switched_off) = self.switched_off.filter(|_| expansion.is_empty()) {
                switched_off.add_block(self.world, at, name, block);
            }
            // If the module instance represents many, so does each instance in it, for the same reason.
            let symbolic = at.symbolic.clone().or_else(|| expansion.symbolic().cloned());
            for (key, each) in expansion.instances() {
                if !self.count_visit(at, name) {
                    return;
                }
                visit(Visit { at, resource: &resource, block, key, each, symbolic: symbolic.clone() });
            }
        }
        for (name, call) in &at.module.calls {
            let Some(directory) = self.target_with_keys(at, name, call) else { continue };
            self.check_call(at, name, call, &directory);
            let Some(expansion) = self.report_refused(expand::call(self.world, at, name, call)) else { continue };
            if let Some(switched_off) = self.switched_off.filter(|_| expansion.is_empty()) {
                let may_have_keys =
                    |at: &Rc<ModuleInstance>, name: &Arc<str>, call: &Block| self.target_with_keys(at, name, call).is_some();
                switched_off.add_call(self.world, at, name, call, &may_have_keys);
            }
            for (key, each) in expansion.instances() {
                if !self.count_visit(at, name) {
                    return;
                }
                match descend::child(self.world, at, name, call, key.as_ref(), each) {
                    Ok(child) => self.visit_module(&child, kind, visit),
                    Err(_) if self.world.tree.is_full() => return self.report_too_many_modules(),
                    // The survey has already reported any other reason, as a problem or as a module that was not followed.
                    Err(_) => {}
                }
            }
        }
    }

    /// The expansion, if there is one. Reports the error that Terraform would report.
    fn report_refused(&self, expansion: Result<Rc<Expansion>, crate::eval::EvalError>) -> Option<Rc<Expansion>> {
        match expansion {
            Ok(expansion) => {
                if let Expansion::Symbolic { error: Some(error), .. } = &*expansion {
                    self.problems.add_refused(error);
                }
                Some(expansion)
            }
            Err(error) => {
                self.problems.add_refused(&error);
                None
            }
        }
    }

    /// The target directory of a call if its tree may have keys.
    fn target_with_keys(&self, at: &Rc<ModuleInstance>, name: &Arc<str>, call: &Block) -> Option<PathBuf> {
        match crate::terraform::scope::early::locate(self.world, at, name, call).target {
            CallTarget::Directory { path, .. } => self.key_directories.contains(&path).then_some(path),
            CallTarget::Missing | CallTarget::Unavailable(_) => None,
        }
    }

    /// Reports everything about a call that Terraform would reject.
    fn check_call(&self, at: &Rc<ModuleInstance>, name: &Arc<str>, call: &Block, directory: &Path) {
        if let Some(fault) = at.module.fault(DeclarationKind::Call, name) {
            let place = Place::Source(fault.span.unwrap_or(call.header));
            self.problems.add_certain(Problem::new(ProblemKind::Refused, fault.message).at(place));
        }
        let module = self.world.tree.loader.module(directory, self.world.tree.dialect);
        crate::terraform::facts::arguments::check(name, call, &module, self.problems);
        if module.has_provider {
            crate::terraform::facts::arguments::check_provider(at, name, call, self.problems);
        }
        let reader = BlockReader { world: self.world, at, each: &Each::None, problems: self.problems };
        super::refusals::check_depends_on(&reader, &call.body);
        super::refusals::check_cycle(&reader, &format!("module.{name}"));
    }
}

/// Finds the instance with an address.
pub(super) fn locate(world: &World<'_>, address: &Address) -> Option<(Rc<ModuleInstance>, ResourceName, Option<InstanceKey>, Each)> {
    let mut at = world.tree.top();
    let instance_key = |key: &Option<InstanceKey>, expansion: &Expansion| match key {
        Some(InstanceKey::Text(text)) if **text == *"*" && expansion.symbolic().is_some() => Some(InstanceKey::Any),
        key => key.clone(),
    };
    for step in address.modules.iter() {
        let module = Arc::clone(&at.module);
        let (name, call) = module.calls.get_key_value(step.name.as_str())?;
        let expansion = expand::call(world, &at, name, call).ok()?;
        let key = instance_key(&step.key, &expansion);
        let each = expansion.each(key.as_ref())?;
        at = descend::child(world, &at, name, call, key.as_ref(), each).ok()?;
    }
    let module = Arc::clone(&at.module);
    let resources = if address.data { &module.data } else { &module.managed };
    let (kind, named) = resources.get_key_value(&address.kind)?;
    let (name, block) = named.get_key_value(&address.name)?;
    let resource = ResourceName { data: address.data, kind: Arc::clone(kind), name: Arc::clone(name) };
    let expansion = expand::resource(world, &at, &resource, block).ok()?;
    let key = instance_key(&address.key, &expansion);
    let each = expansion.each(key.as_ref())?;
    Some((at, resource, key, each))
}
