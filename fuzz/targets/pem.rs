//! Private keys in PEM.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = kmslint::live::fuzzing::pem(text);
});
