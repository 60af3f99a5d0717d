//! Expressions: evaluating twice gives the same result.
#![no_main]

use kmslint::base::Sources;
use kmslint::eval::eval_text;
use kmslint_fuzz::FuzzScope;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let id = Sources::default().add("expression", text.to_owned());
    let evaluate = || format!("{:?}", eval_text(id, text, &FuzzScope));
    assert_eq!(evaluate(), evaluate());
});
