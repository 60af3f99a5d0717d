//! One root module being evaluated: nothing is evaluated before it is asked for, and nothing twice.
//!
//! A world has three parts, and each owns its state alone. The **module tree** (`tree`) has the instances of modules and their paths, the
//! **memo** (`memo`) what was evaluated, the **resource model** (`resources`) what is the same for all instances of a resource's block.
//! What they mean together is in `scope`, above this layer.
//!
//! Read `instance` and `frame` first (of what, and where, an expression is evaluated), then the three parts; `budget` and `files` bound what
//! they may cost and read, `refused` is what Terraform rejects, `driver` and `changes` what time does to resources.

pub(super) mod budget;
pub(super) mod changes;
pub(super) mod driver;
pub(super) mod files;
pub(super) mod frame;
pub(super) mod instance;
pub(super) mod memo;
pub(super) mod refused;
pub(super) mod resources;
pub(super) mod tree;

use crate::eval::Dialect;
use crate::terraform::inputs::Inputs;
use crate::terraform::inputs::workspace::Workspace;
use crate::terraform::modules::loader::Loader;
use crate::terraform::request;
use budget::InstanceBudget;
use memo::Memo;
use resources::ResourceModel;
use std::path::Path;
use tree::ModuleTree;

/// A root module with its inputs.
pub(super) struct World<'w> {
    pub tree: ModuleTree<'w>,
    pub memo: Memo,
    pub resources: ResourceModel<'w>,
    pub inputs: Inputs,
    pub workspace: Workspace,
    /// Whose functions there are; in an unknown dialect, those of both.
    pub dialect: Dialect,
    pub budget: &'w InstanceBudget,
}

impl<'w> World<'w> {
    /// A world of which nothing is evaluated yet.
    pub(super) fn new(loader: &'w Loader<'w>, root: &Path, inputs: Inputs, workspace: Workspace, budget: &'w InstanceBudget) -> Self {
        let tree = ModuleTree::new(loader, root);
        Self {
            dialect: match tree.language {
                request::FileDialect::Terraform => Dialect::Terraform,
                request::FileDialect::OpenTofu | request::FileDialect::Either => Dialect::OpenTofu,
            },
            tree,
            memo: Memo::new(&budget.account),
            resources: ResourceModel::new(loader.request, root),
            inputs,
            workspace,
            budget,
        }
    }
}
