//! Expressions: evaluating twice gives the same.
#![no_main]

use kmslint::base::Sources;
use kmslint::eval::eval_text;
use kmslint_fuzz::Surroundings;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let id = Sources::default().add("expression", text.to_owned());
    let once = || format!("{:?}", eval_text(id, text, &Surroundings));
    assert_eq!(once(), once());
});
