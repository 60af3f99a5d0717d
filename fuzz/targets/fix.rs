//! Fixes: what is not replaced stays as it is, and a file that could be read can be read afterwards.
#![no_main]

use kmslint::base::Sources;
use kmslint::fix::{FixOptions, edits, rewrite};
use kmslint::policy::Config;
use kmslint::hcl::native;
use kmslint::terraform::{ScanRequest, read};
use std::sync::Arc;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    std::fs::write(folder.path().join("main.tf"), text).expect("a file");
    let sources = Arc::new(Sources::default());
    let inventory = read(&ScanRequest::new(folder.path().to_path_buf(), Vec::new()), &sources);
    let outcome = kmslint_fuzz::outcome(inventory, &sources);
    let keys: Vec<_> = outcome.keys.iter().map(|key| &*key.facts).collect();
    let settings = Config::default().settings(jiff::Timestamp::UNIX_EPOCH);
    let plan = edits(&outcome.findings, &keys, &sources, &FixOptions::new(true, settings, &outcome.problems, &sources));
    for file in rewrite(&plan.edits, &sources) {
        assert_eq!(file.old, text);
        let written: usize = plan.edits.iter().map(|edit| edit.replacement.len()).sum();
        let replaced: usize = plan.edits.iter().map(|edit| edit.span.range().len()).sum();
        assert_eq!(file.new.len(), text.len() + written - replaced);
        let parses = |text: &str| native::parse(sources.add("main.tf", text.to_owned()), text).error.is_none();
        assert!(!parses(text) || parses(&file.new), "{}", file.new);
    }
});
