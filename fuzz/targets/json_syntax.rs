//! Configuration and variable values in JSON.
#![no_main]

use kmslint::base::Sources;
use kmslint::hcl::json;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let id = Sources::default().add("main.tf.json", text.to_owned());
    kmslint_fuzz::check_file(&json::parse(id, text), text);
    kmslint_fuzz::check_file(&json::parse_variables(id, text), text);
});
