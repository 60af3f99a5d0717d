//! kmslint checks every `oci_kms_key` in Terraform configuration, plans, states and tenancies against two rules.
//!
//! Three independent front ends, [`terraform`] (on top of [`hcl`] and [`eval`]), [`plan`] and [`live`], turn their input into
//! [`key::KeyFacts`]. The [`rules`] see nothing else; [`policy`] applies the user's decisions, and [`report`] writes the result. [`check`]
//! is the complete pipeline on one page; `docs/architecture.md` is the map.
//!
//! ```
//! use kmslint::{base::Sources, rules, terraform};
//! use std::sync::Arc;
//!
//! let example = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/example");
//! let request = terraform::ScanRequest::new(example.into(), vec![".".into()]);
//! let inventory = terraform::read(&request, &Arc::new(Sources::default()));
//!
//! let settings = rules::Settings::new("2026-01-01T00:00:00Z".parse()?);
//! let backups = inventory.keys.iter().find(|key| key.id.address == "oci_kms_key.backups").expect("the example has it");
//! let verdicts: Vec<_> = rules::ALL.iter().map(|rule| (rule.id, (rule.check)(backups, &settings).word())).collect();
//! assert!(verdicts.contains(&("OCI-KMS-004", "violation")));
//! # Ok::<(), jiff::Error>(())
//! ```

#![warn(unreachable_pub)]

pub mod base;
pub mod check;
pub mod cli;
pub mod eval;
pub mod fix;
pub mod hcl;
pub mod key;
pub mod live;
pub mod lsp;
pub mod plan;
pub mod policy;
pub mod report;
pub mod rules;
pub mod terraform;
