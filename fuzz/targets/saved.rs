//! Saved inventories: read, checked, written and read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = kmslint::live::saved::is_saved(text.as_bytes());
    let inventory = kmslint::live::saved::read("inventory.json", text);
    let again = kmslint::live::saved::write(&inventory, jiff::Timestamp::UNIX_EPOCH, None, std::collections::BTreeMap::new());
    assert_eq!(kmslint::live::saved::read("inventory.json", &again).keys.len(), inventory.keys.len());
    kmslint_fuzz::check_keys(inventory, &kmslint::base::Sources::default());
});
