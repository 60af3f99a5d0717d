//! Configuration files of the SDK.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = kmslint::live::fuzzing::ini(text);
});
