//! States: what exists. The cases are the directories of `testdata/states`.

use crate::expected::{cases, compare, expected};
use kmslint::plan::{PlanOptions, Recognized, read, recognize};
use std::fs;

#[test]
fn states_have_the_expected_facts() {
    let (mut differences, mut keys, mut rejected) = (Vec::new(), 0, 0);
    for case in cases("states") {
        let wanted = expected(&case);
        let path = case.join(wanted["input"].as_str().unwrap());
        let bytes = fs::read(&path).unwrap();
        let recognized = recognize(&bytes[..bytes.len().min(4096)], &path);
        let found = read("state.json", bytes.as_slice(), &PlanOptions::default()).inventory;
        if wanted.get("refused").is_some() {
            rejected += 1;
            assert_eq!(found.problems.len(), 1, "{}: {recognized:?}", case.display());
            continue;
        }
        assert!(matches!(recognized, Recognized::State | Recognized::RawState), "{}: {recognized:?}", case.display());
        assert!(found.problems.is_empty(), "{}: {:?}", case.display(), found.problems);
        let list = wanted["keys"].as_array().unwrap();
        keys += list.len();
        differences.extend(compare(&case, list, &found, false));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert!(keys > 50 && rejected > 8, "{keys} {rejected}");
}
