//! Configuration in native syntax: every reported span is within the text.
#![no_main]

use kmslint::base::Sources;
use kmslint::hcl::native;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let id = Sources::default().add("main.tf", text.to_owned());
    kmslint_fuzz::check_file(&native::parse(id, text), text);
});
