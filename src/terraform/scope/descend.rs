//! Follows module calls: the instances of a call, and the order of references in a module.

use super::early;
use super::expand;
use crate::base::{InstanceKey, Reason};
use crate::hcl::Block;
use crate::terraform::modules::cycles;
use crate::terraform::modules::order::Order;
use crate::terraform::world::World;
use crate::terraform::world::instance::{Each, ModuleInstance};
use crate::terraform::world::tree::{InstanceCall, MAX_MODULES};
use std::rc::Rc;
use std::sync::Arc;

/// One instance of a module call.
///
/// # Errors
/// The reason why the call cannot be followed.
pub(crate) fn child(
    world: &World<'_>,
    at: &Rc<ModuleInstance>,
    name: &Arc<str>,
    call: &Block,
    key: Option<&InstanceKey>,
    each: Each,
) -> Result<Rc<ModuleInstance>, Reason> {
    let instance_call = InstanceCall { at, name, block: call };
    if let Some(child) = world.tree.get(instance_call, key) {
        return Ok(child);
    }
    if world.tree.is_full() {
        return Err(format!("module `{name}` was not followed: there are more than {MAX_MODULES} module instances").into());
    }
    let located = early::locate(world, at, name, call);
    world.tree.create(instance_call, key, each, located, || {
        if key != Some(&InstanceKey::Any) {
            return None;
        }
        expand::call(world, at, name, call).ok()?.symbolic().cloned()
    })
}

/// The order of references in a module instance.
pub(crate) fn order(world: &World<'_>, at: &Rc<ModuleInstance>) -> Arc<Order> {
    world.tree.order(at, || {
        // A root that shares a large tree with thousands of others has no budget for the complete tree.
        if world.tree.count() + at.module.calls.len() > world.budget.max_visits {
            world.budget.is_exceeded.set(true);
            return Arc::default();
        }
        let callee = |name: &Arc<str>, call: &Block| child(world, at, name, call, None, Each::None).ok().map(|child| order(world, &child));
        cycles::order(&at.module, at.module.calls.iter().map(|(name, call)| callee(name, call)).collect())
    })
}
