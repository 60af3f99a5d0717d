//! The binary: hands the process's surroundings to the library and exits with what it says.

use std::process::ExitCode;

/// Facts, values and their trails are small and many: a third of a large run is spent on giving and taking their memory with glibc's
/// allocator, and more with musl's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kmslint::cli::main()
}
