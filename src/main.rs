//! The binary: passes the process environment to the library and exits with its exit code.

use std::process::ExitCode;

/// Facts, values and trails are many small allocations: a large run spends a third of its time in glibc's allocator, and more in musl's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kmslint::cli::main()
}
