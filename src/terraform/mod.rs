//! Terraform and OpenTofu configuration → `Inventory`: roots, inputs, module tree, instances, keys.

pub mod eval;
pub mod syntax;
