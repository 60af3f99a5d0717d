//! Fixtures of each rule: `ok_…` must be silent, the others must print their `expected.txt`.

use crate::harness::{command, directories, expect_file, in_parallel, other_rules_off, output_of, root};
use kmslint::rules;

/// Runs one rule on each of its fixtures. Returns how many are silent, and how many report findings.
fn fixtures(rule: &str) -> (usize, usize) {
    let (mut silent, mut reporting) = (0, 0);
    for case in directories(&root().join("testdata/rules").join(rule)) {
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        let alone = ["--no-config", "--format", "short", "--now", "2026-11-21T00:00:00Z"]
            .map(str::to_owned)
            .into_iter()
            .chain(other_rules_off(&[rule]));
        let output = output_of(command(&case).args(alone));
        if name.starts_with("ok_") {
            assert_eq!((output.code, output.out.as_str(), output.err.as_str()), (0, "", ""), "{rule}/{name} must be silent");
            silent += 1;
        } else {
            assert!(!output.out.is_empty(), "{rule}/{name} has no findings\n{}", output.err);
            expect_file(&case.join("expected.txt"), &format!("{}{}exit {}\n", output.out, output.err, output.code));
            reporting += 1;
        }
    }
    (silent, reporting)
}

#[test]
fn fixtures_of_rules_have_the_expected_output() {
    let counts = in_parallel(rules::ALL, |rule| (rule.id, fixtures(rule.id)));
    for (rule, (silent, reporting)) in &counts {
        assert!(*silent > 0 && *reporting > 0, "fixtures of {rule} are missing: {silent} silent, {reporting} reporting");
    }
    for (wanted, least) in [("OCI-KMS-001", (3, 15)), ("OCI-KMS-004", (4, 8))] {
        let (silent, reporting) = counts.iter().find(|(rule, _)| *rule == wanted).expect("a rule").1;
        assert!(silent >= least.0 && reporting >= least.1, "fixtures of {wanted} are missing: {silent} silent, {reporting} reporting");
    }
}
