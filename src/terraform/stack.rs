//! Threads with a stack deep enough for the nesting of untrusted configuration.

use std::sync::OnceLock;

/// The stack size of evaluating threads, in bytes. The evaluator's depth limit bounds how deep references nest.
const STACK: usize = 64 << 20;

/// Runs a function on threads with a deep stack. Everything that parses or evaluates configuration recurses as deep as it is nested.
pub fn deep<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    // Reading and checking share one pool: starting threads takes a considerable part of a small run.
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    match POOL.get_or_init(|| rayon::ThreadPoolBuilder::new().stack_size(STACK).build().ok()) {
        Some(pool) => pool.install(run),
        None => run(),
    }
}
