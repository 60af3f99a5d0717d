//! Responses of the service: any bytes become facts that can be checked.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kmslint_fuzz::check_keys(kmslint::live::fuzzing::answer(bytes), &kmslint::base::Sources::default());
});
