//! States: read twice, checked once.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kmslint_fuzz::check_document(bytes));
