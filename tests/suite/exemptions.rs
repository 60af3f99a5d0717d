//! Exemptions apply through the complete pipeline: comments, config file, baseline; mistakes in them are reported.

use crate::harness::{Output, expect_file, in_parallel, kmslint, kmslint_with_input, report, root, scratch};
use serde_json::Value;
use std::path::Path;

const NOW: [&str; 4] = ["--now", "2026-06-01T12:00:00Z", "--format", "short"];
const BOTH: [&str; 2] = ["OCI-KMS-001", "OCI-KMS-004"];

/// Runs kmslint as of June 1, 2026, with one line per finding.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    kmslint(directory, &[&NOW, arguments].concat())
}

/// The rule of each reported line, sorted.
fn rules(output: &Output) -> Vec<&str> {
    let mut rules: Vec<_> = output.out.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    rules.sort_unstable();
    rules
}

/// A key that violates both rules, with a comment above it and one after its `protection_mode`.
fn key(above: &str, after: &str) -> String {
    format!(
        "{above}resource \"oci_kms_key\" \"k\" {{\n  compartment_id      = \"ocid1.compartment.oc1..a\"\n  \
         display_name        = \"payments\"\n  management_endpoint = \"https://x\"\n  protection_mode     = \"HSM\"{after}\n  \
         freeform_tags       = {{ HsmRequired = \"FIPS [140-2]\" }}\n  \
         key_shape {{\n    algorithm = \"AES\"\n    length    = 32\n  }}\n}}\n"
    )
}

#[test]
fn key_without_exemptions_violates_both_rules() {
    let directory = scratch(&[("main.tf", &key("", ""))]);
    let output = run(directory.path(), &[]);
    assert_eq!((output.code, rules(&output)), (1, BOTH.to_vec()), "{output:#?}");
    assert_eq!(output.err, "");
}

#[test]
fn comments_apply_to_the_key_next_to_them() {
    let (one, other) = (&BOTH[..1], &BOTH[1..]);
    for (above, after, left) in [
        ("# kmslint: ignore[OCI-KMS-004] contract\n", "", one),
        ("// kmslint: ignore[OCI-KMS-004] contract\n", "", one),
        ("/* kmslint: ignore[OCI-KMS-004] contract */\n", "", one),
        ("/*\n   kmslint: ignore[OCI-KMS-004] contract\n*/\n", "", one),
        ("# Keys of the payments team\n# kmslint: ignore[OCI-KMS-004] contract\n# which they asked for\n", "", one),
        ("# kmslint: ignore[OCI-KMS-001, OCI-KMS-004] contract\n", "", &[]),
        ("# kmslint: ignore[key-rotation] rotated by hand\n", "", other),
        ("", " # kmslint: ignore[OCI-KMS-004] contract", one),
        ("", " // kmslint: ignore[OCI-KMS-004] contract", one),
        ("", " /* kmslint: ignore[OCI-KMS-004] contract */", one),
        ("# kmslint: ignore[OCI-KMS-004] until=2026-06-01 today is its last day\n", "", one),
    ] {
        let directory = scratch(&[("main.tf", &key(above, after))]);
        let output = run(directory.path(), &[]);
        assert_eq!(rules(&output), left, "{above}{after}: {output:#?}");
        assert_eq!(output.code, i32::from(!left.is_empty()), "{above}{after}: {output:#?}");
        assert_eq!(output.err, "", "{above}{after}");
        let all = run(directory.path(), &["--no-exemptions"]);
        assert_eq!((all.code, rules(&all)), (1, BOTH.to_vec()), "auditors see everything: {all:#?}");
    }
    let line_above = key("", "").replace("  protection_mode ", "  # kmslint: ignore[OCI-KMS-004] contract\n  protection_mode ");
    let directory = scratch(&[("main.tf", &line_above)]);
    assert_eq!(rules(&run(directory.path(), &[])), one);
}

#[test]
fn invalid_and_expired_comments_are_reported_and_hide_nothing() {
    for (comment, code, message) in [
        ("ignore[OCI-KMS-004] until=2026-05-31 yesterday", 1, "note: exemption for `OCI-KMS-004` expired on 2026-05-31"),
        ("ignore[OCI-KMS-004]", 2, "error: the exemption has no reason"),
        ("ignore[OCI-KMS-044] contract", 2, "error: unknown rule `OCI-KMS-044`"),
        ("ignore[OCI-KMS-004] until=31.01.2027 contract", 2, "error: `until=31.01.2027` is not a date"),
        ("disable[OCI-KMS-004] contract", 2, "error: unknown comment `disable`"),
        ("ignore[OCI-KMS-DRIFT] contract", 1, "note: unused exemption for `OCI-KMS-DRIFT`"),
    ] {
        let directory = scratch(&[("main.tf", &key(&format!("# kmslint: {comment}\n"), ""))]);
        let output = run(directory.path(), &[]);
        assert_eq!((output.code, rules(&output)), (code, BOTH.to_vec()), "{comment}: {output:#?}");
        assert!(output.err.contains(message) && output.err.contains("main.tf:1:"), "{comment}: {output:#?}");
        let quiet = run(directory.path(), &["--quiet"]);
        assert_eq!(quiet.err.contains(message), code == 2, "`--quiet` hides notes, but not problems: {quiet:#?}");
    }
    let compliant = key("# kmslint: ignore[OCI-KMS-004] contract\n", "").replace("\"HSM\"", "\"SOFTWARE\"");
    let directory = scratch(&[("main.tf", &compliant)]);
    let output = run(directory.path(), &[]);
    assert!(output.err.contains("note: unused exemption for `OCI-KMS-004`; remove it"), "{output:#?}");
    assert_eq!(rules(&output), ["OCI-KMS-001"]);
}

#[test]
fn json_configuration_is_exempted_by_a_comment_property() {
    let text = |comment: &str| {
        format!(
            "{{\n  \"resource\": {{ \"oci_kms_key\": {{ \"k\": {{\n    {comment}\"display_name\": \"k\",\n    \
             \"protection_mode\": \"HSM\"\n  }} }} }}\n}}\n"
        )
    };
    let directory = scratch(&[("main.tf.json", &text(""))]);
    assert_eq!(rules(&run(directory.path(), &[])), BOTH);
    let directory = scratch(&[("main.tf.json", &text("\"//\": \"kmslint: ignore[OCI-KMS-004] contract\",\n    "))]);
    let output = run(directory.path(), &[]);
    assert_eq!((rules(&output), output.err.as_str()), (vec!["OCI-KMS-001"], ""));
}

#[test]
fn comment_at_a_module_call_applies_to_the_keys_of_that_call_only() {
    let module = key("", "");
    for root in [
        "# kmslint: ignore[OCI-KMS-004, OCI-KMS-001] contract\nmodule \"a\" {\n  source = \"./m\"\n}\nmodule \"b\" {\n  source = \"./m\"\n}\n",
        "module \"a\" {\n  # kmslint: ignore[OCI-KMS-004, OCI-KMS-001] contract\n  source = \"./m\"\n}\nmodule \"b\" {\n  source = \"./m\"\n}\n",
    ] {
        let directory = scratch(&[("main.tf", root), ("m/main.tf", &module)]);
        let output = run(directory.path(), &[]);
        assert_eq!((rules(&output), output.err.as_str()), (BOTH.to_vec(), ""), "{output:#?}");
        assert!(output.out.contains("module.b.") && !output.out.contains("module.a."), "{output:#?}");
        let (_, json) = report(directory.path(), &["--now", NOW[1]]);
        let exempted = json["exempted"].as_array().expect("a list");
        assert_eq!(exempted.len(), 2);
        assert!(exempted.iter().all(|one| one["reason"] == "contract"), "{exempted:#?}");
        assert_eq!(json["keys"].as_array().expect("keys").iter().filter(|key| key["exempted"] == true).count(), 1);
    }
}

/// A repository with a key and this config file.
fn configured(config: &str) -> tempfile::TempDir {
    scratch(&[(".git/HEAD", "ref: refs/heads/main\n"), ("kmslint.toml", config), ("infra/prod/main.tf", &key("", ""))])
}

#[test]
fn entries_of_the_config_file_select_keys() {
    let cases = [
        ("address = \"oci_kms_key.k\"", true),
        ("address = \"oci_kms_key.*\"", true),
        ("address = \"oci_kms_key.[k]\"", false),
        ("path = \"infra/prod/*.tf\"", true),
        ("path = \"infra/**\"", true),
        ("path = \"infra/dev/*\"", false),
        ("name = \"pay?ents\"", true),
        ("compartment = \"ocid1.compartment.oc1..a\"", true),
        ("compartment = \"ocid1.compartment.oc1..b\"", false),
        ("key = \"ocid1.key.*\"", false),
        ("tag = \"HsmRequired=*\"", true),
        ("tag = \"HsmRequired=FIPS [140-2]\"", true),
        ("tag = \"HsmRequired=FIPS [0-9]*\"", false),
        ("tag = \"HsmRequired=*\"\naddress = \"module.*\"", false),
        ("tag = \"HsmRequired=*\"\nname = \"payments\"", true),
        ("address = \"*\"\nuntil = 2026-06-01", true),
        ("address = \"*\"\nuntil = 2026-05-31", false),
    ];
    in_parallel(cases, |(selectors, applies)| {
        let directory = configured(&format!("[[exempt]]\nrules = [\"OCI-KMS-004\"]\n{selectors}\nreason = \"contract\"\n"));
        let output = run(&directory.path().join("infra"), &["prod"]);
        let left = if applies { &BOTH[..1] } else { &BOTH[..] };
        assert_eq!((output.code, rules(&output)), (1, left.to_vec()), "{selectors}: {output:#?}");
        let word = if selectors.contains("until = 2026-05-31") { "expired on 2026-05-31" } else { "unused exemption" };
        assert_eq!(output.err.contains(word), !applies, "{selectors}: {output:#?}");
        assert_eq!(output.err.contains("kmslint.toml:1:1"), !applies, "{selectors}: {output:#?}");
        for option in ["--no-exemptions", "--no-config"] {
            let all = run(&directory.path().join("infra"), &["prod", option]);
            assert_eq!((rules(&all), all.err.as_str()), (BOTH.to_vec(), ""), "{option}: {all:#?}");
        }
    });
}

#[test]
fn nearest_config_file_in_the_repository_applies() {
    let off = "[rules.OCI-KMS-001]\nlevel = \"off\"\n";
    let directory = scratch(&[
        ("kmslint.toml", "[rules.OCI-KMS-004]\nlevel = \"off\"\n"),
        ("repository/.git/HEAD", "ref: refs/heads/main\n"),
        ("repository/infra/main.tf", &key("", "")),
    ]);
    let repository = directory.path().join("repository");
    assert_eq!(rules(&run(&repository, &["infra"])), BOTH, "a file above the repository does not apply");
    std::fs::write(repository.join(".kmslint.toml"), off).expect("a file");
    for (here, path) in [(&repository, "infra"), (&repository, "infra/main.tf"), (&repository.join("infra"), ".")] {
        assert_eq!(rules(&run(here, &[path])), ["OCI-KMS-004"], "{path}");
    }
    std::fs::write(repository.join("infra/kmslint.toml"), "").expect("a file");
    assert_eq!(rules(&run(&repository, &["infra"])), BOTH, "only the nearest file applies");
    assert_eq!(rules(&run(&repository, &["infra", "--config", ".kmslint.toml"])), ["OCI-KMS-004"]);
}

#[test]
fn config_file_applies_and_command_line_takes_precedence() {
    let level = |config: &str, arguments: &[&str]| {
        let directory = configured(config);
        let output = run(directory.path(), arguments);
        assert!(!output.err.contains("error"), "{config}: {output:#?}");
        let line = output.out.lines().find(|line| line.contains("OCI-KMS-004")).unwrap_or_default();
        (output.code, line.split(' ').nth(1).unwrap_or_default().to_owned())
    };
    let expected = |code: i32, word: &str| (code, word.to_owned());
    assert_eq!(level("[rules.OCI-KMS-004]\nlevel = \"error\"\n", &[]), expected(1, "error"));
    assert_eq!(level("[rules.OCI-KMS-004]\nlevel = \"error\"\n", &["--level", "OCI-KMS-004=note"]), expected(1, "note"));
    assert_eq!(level("fail-on = \"error\"\n", &[]), expected(0, "warning"));
    assert_eq!(level("fail-on = \"error\"\n", &["--fail-on", "warning"]), expected(1, "warning"));
    assert_eq!(level("fail-on = \"never\"\n[rules.OCI-KMS-004]\nlevel = \"off\"\n", &[]), expected(0, ""));

    let unknown = "variable \"mode\" {}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.mode\n}\n";
    let directory = scratch(&[("main.tf", unknown), ("kmslint.toml", "undetermined = \"error\"\n[rules.OCI-KMS-001]\nlevel = \"off\"\n")]);
    let output = run(directory.path(), &[]);
    assert!(output.code == 1 && output.out.contains("error OCI-KMS-004"), "{output:#?}");
    let output = run(directory.path(), &["--no-config"]);
    assert!(output.out.contains("note OCI-KMS-004"), "{output:#?}");
    let output = run(directory.path(), &["--no-config", "--strict"]);
    assert!(output.code == 1 && output.out.contains("error OCI-KMS-004"), "{output:#?}");
}

#[test]
fn settings_of_rules_apply() {
    let private = "resource \"oci_kms_vault\" \"v\" {\n  vault_type = \"VIRTUAL_PRIVATE\"\n}\n";
    let keys = "resource \"oci_kms_key\" \"k\" {\n  management_endpoint = oci_kms_vault.v.management_endpoint\n  protection_mode = \"HSM\"\n  \
                is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    rotation_interval_in_days = 180\n  }\n}\n\
                resource \"oci_kms_key\" \"m\" {\n  protection_mode = \"SOFTWARE\"\n}\n\
                resource \"oci_kms_key_version\" \"m\" {\n  key_id = oci_kms_key.m.id\n  management_endpoint = \"https://x\"\n}\n";
    for (config, expected) in [
        ("", ["OCI-KMS-001 oci_kms_key.m:", "OCI-KMS-004 oci_kms_key.k:"].as_slice()),
        ("[rules.OCI-KMS-004]\naccept-hsm-in-private-vault = true\n", &["OCI-KMS-001 oci_kms_key.m:"]),
        ("[rules.OCI-KMS-001]\naccept-manual-versions = true\n", &["OCI-KMS-004 oci_kms_key.k:"]),
        (
            "[rules.OCI-KMS-001]\nmax-rotation-days = 90\naccept-manual-versions = true\n",
            &["OCI-KMS-001 oci_kms_key.k:", "OCI-KMS-004 oci_kms_key.k:"],
        ),
    ] {
        let directory = scratch(&[("vault.tf", private), ("main.tf", keys), ("kmslint.toml", config)]);
        let output = run(directory.path(), &[]);
        let mut found: Vec<_> = output.out.lines().map(|line| line.split(' ').skip(2).take(2).collect::<Vec<_>>().join(" ")).collect();
        found.sort();
        assert_eq!(found, expected, "{config}: {output:#?}");
    }
}

#[test]
fn excluded_paths_are_skipped_even_if_they_are_passed() {
    let directory = scratch(&[
        ("kmslint.toml", "exclude = [\"examples/**\", \"old\"]\n"),
        ("main.tf", &key("", "")),
        ("examples/a/main.tf", &key("", "")),
        ("old/main.tf", &key("", "")),
    ]);
    let output = run(directory.path(), &[]);
    assert_eq!((rules(&output), output.out.contains("examples") || output.out.contains("old/")), (BOTH.to_vec(), false), "{output:#?}");
    for path in ["examples/a/main.tf", "old/main.tf", "old", "examples"] {
        let output = run(directory.path(), &[path]);
        assert_eq!((output.code, output.out.as_str()), (0, ""), "{path}: {output:#?}");
        let is_reported =
            ["excluded by `kmslint.toml`", "that the config file does not exclude"].iter().any(|words| output.err.contains(words));
        assert!(is_reported, "{path}: {output:#?}");
        assert_eq!(run(directory.path(), &[path, "--no-config"]).code, 1, "{path}");
    }
}

#[test]
fn mistakes_in_the_config_file_are_reported_with_their_position() {
    for (config, place, words) in [
        ("undetermind = \"note\"\n", "kmslint.toml:1:1", "did you mean `undetermined`?"),
        ("[rules.OCI-KMS-001]\nmax-rotation-day = 90\n", "kmslint.toml:2:1", "did you mean `max-rotation-days`?"),
        ("[rules.OCI-KMS-001]\nmax-rotation-days = 400\n", "kmslint.toml:2:21", "expected 60 to 365 days, found 400"),
        ("[rules.OCI-KMS-004]\nlevel = \"warn\"\n", "kmslint.toml:2:9", "did you mean `warning`?"),
        ("[rules.OCI-KMS-014]\nlevel = \"off\"\n", "kmslint.toml:1:8", "unknown rule `OCI-KMS-014`"),
        ("fail-on = 3\n", "kmslint.toml:1:11", "one of error, warning, note, never"),
        ("exclude = \"x\"\n", "kmslint.toml:1:11", "a list of strings"),
        ("a = \n", "kmslint.toml:1:", "not TOML"),
        ("[[exempt]]\nrules = [\"OCI-KMS-004\"]\naddress = \"*\"\n", "kmslint.toml:1:1", "has no reason"),
        ("[[exempt]]\nrules = [\"OCI-KMS-004\"]\nreason = \"x\"\n", "kmslint.toml:1:1", "does not name any keys"),
        ("[[exempt]]\nrules = [\"OCI-KMS-004\"]\nreason = \"x\"\nadress = \"*\"\n", "kmslint.toml:4:1", "did you mean `address`?"),
        (
            "[[exempt]]\nrules = [\"OCI-KMS-004\"]\nreason = \"x\"\naddress = \"*\"\nuntil = \"soon\"\n",
            "kmslint.toml:5:9",
            "`until` is not a date",
        ),
    ] {
        let directory = configured(config);
        let output = run(directory.path(), &[]);
        assert_eq!((output.code, rules(&output)), (2, BOTH.to_vec()), "a mistake hides nothing: {config}: {output:#?}");
        assert!(output.err.contains(place) && output.err.contains(words), "{config}: {output:#?}");
    }
}

#[test]
fn published_config_schema_matches_the_reader() {
    expect_file(&root().join("docs/config.schema.json"), &kmslint::policy::schema());
    let schema: Value = serde_json::from_str(&kmslint::policy::schema()).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    for (config, is_valid) in [
        (
            "exclude = [\"a\"]\nfail-on = \"never\"\nundetermined = \"off\"\n[rules.OCI-KMS-001]\nlevel = \"error\"\nmax-rotation-days = 90\n\
             due-soon-days = 10\naccept-manual-versions = true\n[rules.OCI-KMS-004]\nlevel = \"off\"\naccept-hsm-in-private-vault = true\n\
             [rules.OCI-KMS-DRIFT]\nlevel = \"note\"\n[rules.modules-not-followed]\nlevel = \"off\"\n",
            true,
        ),
        ("[[exempt]]\nrules = [\"OCI-KMS-004\"]\nkey = \"a\"\ntag = \"a=b\"\nreason = \"x\"\nuntil = \"2027-01-31\"\n", true),
        ("[rules.OCI-KMS-001]\nmax-rotation-days = 400\n", false),
        ("[rules.OCI-KMS-004]\nmax-rotation-days = 90\n", false),
        ("[[exempt]]\nrules = [\"OCI-KMS-004\"]\naddress = \"*\"\n", false),
        ("undetermind = \"note\"\n", false),
    ] {
        let table: Value = toml::from_str(config).expect("TOML");
        assert_eq!(validator.is_valid(&table), is_valid, "{config}");
        let directory = configured(config);
        assert_eq!(run(directory.path(), &[]).code == 2, !is_valid, "the schema and the reader disagree: {config}");
    }
}

#[test]
fn documented_config_file_is_valid() {
    let configuration = crate::pages::page("docs/configuration.md");
    let config = configuration.blocks().into_iter().find(|block| block.language == "toml").expect("a block of TOML").text;
    let directory = configured(&config);
    let output = run(directory.path(), &[]);
    assert_eq!((output.code, rules(&output)), (1, BOTH.to_vec()), "it shows the defaults: {output:#?}");
    assert!(output.err.starts_with("note: unused exemption for `OCI-KMS-004`") && !output.err.contains("error"), "{output:#?}");
}

#[test]
fn baseline_accepts_existing_findings_and_no_new_ones() {
    let directory = scratch(&[(".git/HEAD", "ref: refs/heads/main\n"), ("a/main.tf", &key("", ""))]);
    let written = run(directory.path(), &["--write-baseline", "baseline.json"]);
    assert_eq!((written.code, written.out.as_str()), (0, ""), "{written:#?}");
    assert!(written.err.contains("2 findings accepted in `baseline.json`"), "{written:#?}");
    let with = |directory: &Path| run(directory, &["--baseline", "baseline.json"]);
    assert_eq!((with(directory.path()).code, with(directory.path()).err), (0, String::new()));

    // Lines inserted above the finding: a baseline has no line numbers.
    let main = directory.path().join("a/main.tf");
    std::fs::write(&main, key("# a comment more\n\nlocals {\n  x = 1\n}\n\n", "")).expect("a file");
    assert_eq!(with(directory.path()).code, 0);
    // The same block in another file is another finding.
    std::fs::create_dir(directory.path().join("b")).expect("a directory");
    std::fs::write(directory.path().join("b/main.tf"), key("", "")).expect("a file");
    let output = with(directory.path());
    assert_eq!((output.code, rules(&output)), (1, BOTH.to_vec()), "{output:#?}");
    assert!(output.out.lines().all(|line| line.starts_with("b/main.tf:")), "{output:#?}");
    // Another kind of violation of the same key is another finding.
    std::fs::remove_dir_all(directory.path().join("b")).expect("an existing file");
    std::fs::write(&main, key("", "").replace("\"HSM\"", "null")).expect("a file");
    let output = with(directory.path());
    assert_eq!((output.code, rules(&output)), (1, vec!["OCI-KMS-004"]), "{output:#?}");
    assert!(output.err.contains("1 baseline entry is stale"), "{output:#?}");
    assert_eq!(rules(&run(directory.path(), &["--baseline", "baseline.json", "--no-exemptions"])), BOTH);
    // Moved to another file of the root, the key is the same.
    std::fs::write(&main, "").expect("a file");
    std::fs::write(directory.path().join("a/keys.tf"), key("", "")).expect("a file");
    assert_eq!(with(directory.path()).code, 0);
    std::fs::remove_file(directory.path().join("a/keys.tf")).expect("an existing file");
    // From another directory of the repository the baseline is the same.
    std::fs::write(&main, key("", "")).expect("a file");
    let inside = run(&directory.path().join("a"), &["--baseline", "../baseline.json"]);
    assert_eq!((inside.code, inside.err.as_str()), (0, ""), "{inside:#?}");
}

#[test]
fn baseline_of_kmslint_0_1_0_still_applies_and_asks_to_be_refreshed() {
    let directory = scratch(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("infra/main.tf", "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n"),
    ]);
    // As kmslint 0.1.0 wrote it.
    let entry = "{\"path\": \"infra/main.tf\", \"address\": \"oci_kms_key.k\", \"rule\": \"OCI-KMS-004\", \"kind\": \"hsm\", \"fingerprint\": \"b68466bbff5b7276520cb24c94c4d1ad\"}";
    std::fs::write(directory.path().join("old.json"), format!("{{\"version\": 1, \"findings\": [{entry}]}}")).expect("a file");
    let options = ["--level", "OCI-KMS-001=off"];
    let output = run(directory.path(), &[&options[..], &["--baseline", "old.json"]].concat());
    assert_eq!((output.code, output.out.as_str()), (0, ""), "{output:#?}");
    assert!(output.err.contains("written by kmslint 0.1.0") && output.err.contains("--write-baseline"), "{output:#?}");
    assert_eq!(run(directory.path(), &[&options[..], &["--write-baseline", "new.json"]].concat()).code, 0);
    let output = run(directory.path(), &[&options[..], &["--baseline", "new.json"]].concat());
    assert_eq!((output.code, output.out.as_str(), output.err.as_str()), (0, "", ""), "{output:#?}");
}

#[test]
fn invalid_baseline_is_a_problem_and_hides_nothing() {
    let directory = scratch(&[("main.tf", &key("", "")), ("baseline.json", "{\"version\": 99, \"findings\": []}"), ("x.json", "[]")]);
    for (file, words) in [("no.json", "no such file"), ("baseline.json", "version 99"), ("x.json", "not a kmslint baseline")] {
        let output = run(directory.path(), &["--baseline", file]);
        assert_eq!((output.code, rules(&output)), (2, BOTH.to_vec()), "{output:#?}");
        assert!(output.err.contains(words) && output.err.contains(file), "{output:#?}");
    }
}

/// A plan that creates the key of `key()`, with the values that kmslint reads, and a state that has this key.
fn documents() -> (String, String) {
    let values = serde_json::json!({
        "compartment_id": "ocid1.compartment.oc1..a", "display_name": "payments", "management_endpoint": "https://x", "protection_mode": "HSM",
        "freeform_tags": { "HsmRequired": "FIPS [140-2]" }, "is_auto_rotation_enabled": false, "auto_key_rotation_details": [],
        "key_shape": [{ "algorithm": "AES", "length": 32, "curve_id": "" }],
    });
    let address = serde_json::json!({ "address": "oci_kms_key.k", "mode": "managed", "type": "oci_kms_key", "name": "k",
                            "provider_name": "registry.terraform.io/oracle/oci", "schema_version": 0 });
    let with = |more: Value| {
        let mut all = address.clone();
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    let plan = serde_json::json!({
        "format_version": "1.2", "terraform_version": "1.9.8", "complete": true, "errored": false, "applyable": true,
        "planned_values": { "root_module": { "resources": [with(serde_json::json!({ "values": values }))] } },
        "resource_changes": [with(serde_json::json!({ "change": { "actions": ["create"], "before": null, "after": values, "after_unknown": {} } }))],
        "configuration": { "root_module": {} },
    });
    let mut stored = values;
    stored["id"] = "ocid1.key.oc1..k".into();
    stored["state"] = "ENABLED".into();
    let state = serde_json::json!({
        "format_version": "1.0", "terraform_version": "1.9.8",
        "values": { "root_module": { "resources": [with(serde_json::json!({ "values": stored }))] } },
    });
    (plan.to_string(), state.to_string())
}

#[test]
fn config_exemption_applies_to_configuration_plan_and_state() {
    let (plan, state) = documents();
    for selectors in ["address = \"oci_kms_key.k\"", "name = \"payments\"", "tag = \"HsmRequired=*\"", "compartment = \"*..a\""] {
        let config = format!("[[exempt]]\nrules = [\"OCI-KMS-004\"]\n{selectors}\nreason = \"contract\"\n");
        let directory = scratch(&[("code/main.tf", &key("", "")), ("plan.json", &plan), ("state.json", &state), ("kmslint.toml", &config)]);
        for (path, more) in [("code", [].as_slice()), ("plan.json", &[]), ("plan.json", &["--source", "code"]), ("state.json", &[])] {
            let all = run(directory.path(), &[&[path, "--no-exemptions"], more].concat());
            assert!(rules(&all).contains(&"OCI-KMS-004"), "{path}: {all:#?}");
            let output = run(directory.path(), &[&[path], more].concat());
            assert!(!rules(&output).contains(&"OCI-KMS-004"), "{selectors}, {path} {more:?}: {output:#?}");
            assert!(!output.err.contains("unused exemption"), "{selectors}, {path} {more:?}: {output:#?}");
        }
        let piped = kmslint_with_input(directory.path(), &[&NOW, ["-"].as_slice()].concat(), plan.as_bytes());
        assert!(!rules(&piped).contains(&"OCI-KMS-004"), "{selectors}, -: {piped:#?}");
    }
}

#[test]
fn advice_on_keys_that_are_due_soon_is_not_a_finding() {
    let (_, state) = documents();
    let mut state: Value = serde_json::from_str(&state).expect("JSON");
    state["values"]["root_module"]["resources"][0]["values"]["time_created"] = "2025-06-21 12:00:00 +0000 UTC".into();
    let directory = scratch(&[("state.json", &state.to_string()), ("kmslint.toml", "[rules.OCI-KMS-004]\nlevel = \"off\"\n")]);
    let output = run(directory.path(), &["state.json", "--fail-on", "note"]);
    assert_eq!((output.code, output.out.contains("must be rotated within 20 days")), (0, true), "{output:#?}");
    let written = run(directory.path(), &["state.json", "--write-baseline", "baseline.json"]);
    assert!(written.err.contains("0 findings accepted"), "{written:#?}");
    std::fs::write(directory.path().join("kmslint.toml"), "[rules.OCI-KMS-001]\ndue-soon-days = 19\n").expect("a file");
    let output = run(directory.path(), &["state.json", "--level", "OCI-KMS-004=off"]);
    assert_eq!((output.code, output.out.as_str()), (0, ""), "{output:#?}");
}

#[test]
fn comment_applies_to_a_plan_of_the_same_configuration() {
    let (plan, _) = documents();
    let code = key("# kmslint: ignore[OCI-KMS-004] contract\n", "");
    let directory = scratch(&[("code/main.tf", &code), ("elsewhere/plan.json", &plan)]);
    let path = "elsewhere/plan.json";
    assert!(rules(&run(directory.path(), &[path])).contains(&"OCI-KMS-004"), "no configuration is given");
    let output = run(directory.path(), &[path, "--source", "code"]);
    assert_eq!((rules(&output), output.err.as_str()), (vec!["OCI-KMS-001"], ""), "{output:#?}");
}
