//! Links the binary that tests run so that it starts faster.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    // Tests start it some thousand times. A position-independent executable moves its 140,000 pointers to unwinding tables and messages at
    // each start, which takes a third of a small run. Releases stay what they are.
    if is("PROFILE", "debug") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
