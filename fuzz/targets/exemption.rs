//! Comments addressed to kmslint, within a file and on their own.
#![no_main]

use kmslint::base::{Place, Sources, Span};
use kmslint::hcl::native;
use kmslint::key::{Comment, Covers, InputKind, Inventory, KeyFacts, KeyId, PlannedAction, Stage};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let sources = Sources::default();
    let id = sources.add("main.tf", text.to_owned());
    let place = Place::Source(Span::new(id, 0..text.len()));
    let mut comments = vec![Comment { text: text.to_owned(), place: place.clone(), covers: Covers::Resource(place.clone()) }];
    for comment in native::parse(id, text).comments {
        kmslint_fuzz::check_span(comment.span, text);
        comments.push(Comment { text: comment.text, place: Place::Source(comment.span), covers: Covers::Lines(0, 9) });
    }
    let key = KeyId { root: ".".into(), inputs: None, address: "oci_kms_key.k".to_owned(), input: InputKind::Hcl };
    let keys = vec![KeyFacts::new(key, Stage::Declared, PlannedAction::Create, place)];
    kmslint_fuzz::check_keys(Inventory { keys: keys.into_iter().map(Box::new).collect(), comments, ..Inventory::default() }, &sources);
});
