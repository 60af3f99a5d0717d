//! One root module being evaluated: nothing is evaluated before it is asked for, and nothing twice.
//!
//! A world has three parts, and each owns its state alone. The **module tree** (`tree`) has the instances of modules and their paths, the
//! **memo** (`memo`) what was evaluated, the **resource model** (`resources`) what is the same for all instances of a resource's block.
//! What they mean together is in the files above: variables and inputs (`variables`), expansions (`expand`), what a call leads to
//! (`descend`), outputs and locals (`values`), attributes (`resource`). The evaluator sees none of it but a `Scope` (`scope`).

use super::budget::InstanceBudget;
use super::inputs::Inputs;
use super::loader::Loader;
use super::memo::Memo;
use super::request;
use super::resources::ResourceModel;
use super::tree::ModuleTree;
use super::workspace::Workspace;
use crate::eval::Dialect;
use std::path::Path;

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
