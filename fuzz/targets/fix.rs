//! Fixes: text outside of the edits is unchanged, and a file that parses still parses afterwards.
#![no_main]

use kmslint::base::Sources;
use kmslint::fix::{FixOptions, edits, rewrite};
use kmslint::hcl::native;
use kmslint::policy::Config;
use kmslint::terraform::{ScanRequest, read};
use std::sync::Arc;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory");
    std::fs::write(directory.path().join("main.tf"), text).expect("a file");
    let sources = Arc::new(Sources::default());
    let inventory = read(&ScanRequest::new(directory.path().to_path_buf(), Vec::new()), &sources);
    let outcome = kmslint_fuzz::outcome(inventory, &sources);
    let keys: Vec<_> = outcome.keys.iter().map(|key| &*key.facts).collect();
    let settings = Config::default().settings(jiff::Timestamp::UNIX_EPOCH);
    let plan = edits(&outcome.findings, &keys, &sources, &FixOptions::new(true, settings, &outcome.problems, &sources));
    for file in rewrite(&plan.edits, &sources) {
        assert_eq!(file.old, text);
        let added: usize = plan.edits.iter().map(|edit| edit.replacement.len()).sum();
        let removed: usize = plan.edits.iter().map(|edit| edit.span.range().len()).sum();
        assert_eq!(file.new.len(), text.len() + added - removed);
        let parses = |text: &str| native::parse(sources.add("main.tf", text.to_owned()), text).error.is_none();
        assert!(!parses(text) || parses(&file.new), "{}", file.new);
    }
});
