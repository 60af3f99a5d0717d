//! The entry point for fuzz targets: runs a command line in a given environment. Compiled with `--cfg fuzzing`, and for tests so that it
//! always compiles.

use super::environment::Environment;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Runs a command line and returns the exit code. The first word is the name of the program. `directory` must be the working directory of
/// the process. Output goes to the standard output and standard error of the process.
///
/// # Errors
/// Writing to standard output failed.
pub fn run(words: &[String], env: BTreeMap<String, String>, directory: &Path) -> io::Result<u8> {
    let environment = Environment {
        env,
        cwd: directory.to_path_buf(),
        started_in: None,
        streams: Arc::default(),
        now: Timestamp::UNIX_EPOCH,
        out_is_terminal: false,
        err_is_terminal: false,
        columns: None,
        out_has_links: false,
        err_has_links: false,
    };
    super::run(words.iter().map(OsString::from), &environment).map(super::Exit::code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_writes_a_report_and_returns_the_exit_code() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("main.tf"), "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n").unwrap();
        let report = directory.path().join("report.json");
        let words = ["kmslint", "--no-config", "--format", &format!("json={}", report.display())].map(str::to_owned);
        assert_eq!(run(&words, BTreeMap::new(), directory.path()).unwrap(), 1);
        assert!(std::fs::read_to_string(report).unwrap().contains("oci_kms_key.k"));
    }
}
