//! One root module being evaluated. Values are evaluated lazily, and at most once.
//!
//! A world has three parts, and each owns its state. The **module tree** (`tree`) has the instances of modules and their paths, the
//! **memo** (`memo`) caches values, and the **resource model** (`resources`) caches everything that is the same for all instances of a
//! resource's block. The `scope` layer above combines them to resolve names.
//!
//! Read `instance` and `frame` first (the context of an expression), then the three parts. `budget` and `files` limit what a root may cost
//! and read, `refused` has the faults that Terraform rejects, `driver` and `changes` the changes of resources over time.

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
    /// The dialect of functions. An unknown dialect gets OpenTofu's, which include Terraform's.
    pub dialect: Dialect,
    pub budget: &'w InstanceBudget,
}

impl<'w> World<'w> {
    /// A world without any evaluated values.
    pub(super) fn new(loader: &'w Loader<'w>, root: &Path, inputs: Inputs, workspace: Workspace, budget: &'w InstanceBudget) -> Self {
        let tree = ModuleTree::new(loader, root);
        Self {
            dialect: match tree.dialect {
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
