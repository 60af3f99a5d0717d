//! Terraform's functions: one table per family; the one caller in `call` settles arity, types, unknowns, marks and purity.
