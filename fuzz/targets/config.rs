//! Config files and baselines, and the exclusion of paths by a config file.
#![no_main]

use kmslint::base::Sources;
use kmslint::policy::{baseline, config};
use std::path::Path;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (read, problems) = config::parse(&Sources::default(), Path::new("kmslint.toml"), text.to_owned());
    assert!(problems.iter().all(|problem| !problem.message.is_empty()));
    let _ = read.excludes(Path::new("a/b/examples/c.tf"));
    drop(baseline::parse("baseline.json", text));
});
