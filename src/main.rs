//! The binary: hands the process's surroundings to the library and exits with what it says.

use std::process::ExitCode;

fn main() -> ExitCode {
    kmslint::cli::main()
}
