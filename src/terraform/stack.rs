//! Threads with a stack that is deep enough to follow what untrusted code nests.

use std::sync::OnceLock;

/// The stack of a thread that evaluates, in bytes: references nest as deep as the evaluator's budget lets them.
const STACK: usize = 64 << 20;

/// Runs something on threads with a deep stack: whatever parses or evaluates configuration follows how deep it is nested.
pub fn deep<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    // Reading and checking share the threads: starting them takes a good part of a small run.
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    match POOL.get_or_init(|| rayon::ThreadPoolBuilder::new().stack_size(STACK).build().ok()) {
        Some(pool) => pool.install(run),
        None => run(),
    }
}
