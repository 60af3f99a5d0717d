//! kmslint judges every `oci_kms_key` in Terraform, plans, states and tenancies by two rules; `check` is the whole pipeline on one page.

pub mod base;
pub mod check;
pub mod cli;
pub mod eval;
pub mod fix;
pub mod hcl;
pub mod key;
pub mod live;
pub mod plan;
pub mod policy;
pub mod report;
pub mod rules;
pub mod terraform;
