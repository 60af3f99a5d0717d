//! Terraform's numbers: 512-bit binary floats, with whole numbers of 64 bits kept apart because nearly all are.

/// A number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Num(pub i64);
