//! Advice works: every remedy has the effect that it promises, and the help names the inputs that would resolve an unknown.

use crate::harness::{directories, in_parallel, local_reduction, report, root};
use kmslint::base::Sources;
use kmslint::fix;
use kmslint::key::KeyFacts;
use kmslint::rules::{ALL, Kind, Remedy, Rule, Settings, Verdict};
use kmslint::terraform;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

fn settings() -> Settings {
    Settings::new("2026-11-21T00:00:00Z".parse().expect("a time"))
}

fn read(directory: &Path) -> (kmslint::key::Keys, Arc<Sources>) {
    read_with(directory, Vec::new())
}

/// Reads a directory as if these of its files had other contents.
fn read_with(directory: &Path, changed: Vec<(PathBuf, String)>) -> (kmslint::key::Keys, Arc<Sources>) {
    let sources = Arc::new(Sources::default());
    let directory = directory.canonicalize().expect("an existing directory");
    let mut request = terraform::ScanRequest::new(directory.clone(), vec![PathBuf::from(".")]);
    for (path, text) in changed {
        let path = directory.join(path).canonicalize().expect("an existing file");
        Arc::make_mut(&mut request.overlay).set(path, text.into());
    }
    let inventory = terraform::read(&request, &sources);
    (inventory.keys, sources)
}

/// Applies one remedy and checks the key again. `None` if the remedy has no edit.
fn verdict_after(case: &Path, rule: &Rule, key: &KeyFacts, remedy: &Remedy, sources: &Sources) -> Option<(&'static str, Kind)> {
    let edits = fix::remedy_edits(remedy, rule.id, key, sources).ok()?;
    let changed = fix::rewrite(&edits, sources).into_iter().map(|file| (file.path, file.new)).collect();
    let (keys, _) = read_with(case, changed);
    let changed = keys.iter().find(|other| other.id.address == key.id.address && other.id.root == key.id.root);
    let verdict =
        (rule.check)(changed.unwrap_or_else(|| panic!("{}: {} is gone after {remedy:?}", case.display(), key.id.address)), &settings());
    Some((verdict.word(), verdict.kind()))
}

#[test]
fn remedies_have_the_promised_effect() {
    let testdata = root().join("testdata");
    let rules = ["rules/OCI-KMS-001", "rules/OCI-KMS-004"].iter().flat_map(|kind| directories(&testdata.join(kind)));
    let all = rules.chain(directories(&testdata.join("parity")).into_iter().step_by(local_reduction(4)));
    let mut done: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in all {
        let (keys, sources) = read(&case);
        // Instances of one block get the same edits, so a few are enough.
        for key in keys.iter().take(12 / local_reduction(4)) {
            for rule in ALL {
                let verdict = (rule.check)(key, &settings());
                let Ok(remedies) = (rule.remedies)(key, verdict.kind(), &settings()) else { continue };
                for remedy in &remedies {
                    let Some((word, kind)) = verdict_after(&case, rule, key, remedy, &sources) else { continue };
                    *done.entry((rule.id, verdict.kind().word())).or_default() += 1;
                    let is_promised = word == remedy.expected_verdict.0
                        && remedy.expected_verdict.1.map_or(kind != verdict.kind(), |promised| kind == promised);
                    if !is_promised {
                        wrong.push(format!("{}: {} {}: {word} {} after {remedy:?}", case.display(), key.id.address, rule.id, kind.word()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for (rule, kind) in [
        ("OCI-KMS-001", "auto-rotation-unsupported"),
        ("OCI-KMS-001", "interval-missing"),
        ("OCI-KMS-001", "interval-rejected"),
        ("OCI-KMS-001", "interval-too-long"),
        ("OCI-KMS-001", "module-default"),
        ("OCI-KMS-001", "no-rotation"),
        ("OCI-KMS-001", "schedule-not-enabled"),
        ("OCI-KMS-001", "starts-too-late"),
        ("OCI-KMS-004", "hsm"),
        ("OCI-KMS-004", "hsm-by-default"),
        ("OCI-KMS-004", "invalid-protection-mode"),
        ("OCI-KMS-004", "module-default"),
    ] {
        assert!(done.contains_key(&(rule, kind)), "no remedy of {rule} {kind} was applied: {done:?}");
    }
    assert!(done.values().sum::<usize>() > 100, "{done:?}");
}

#[test]
fn passing_keys_have_no_remedies() {
    for case in directories(&root().join("testdata/parity")).into_iter().step_by(local_reduction(2)) {
        for key in &read(&case).0 {
            for rule in ALL {
                let verdict = (rule.check)(key, &settings());
                if let Verdict::Pass { .. } | Verdict::NotApplicable { .. } = verdict {
                    assert_eq!((rule.remedies)(key, verdict.kind(), &settings()).unwrap_or_default(), [], "{}", case.display());
                }
            }
        }
    }
}

const SHAPE: &str = "  key_shape {\n    algorithm = \"AES\"\n    length    = 32\n  }\n";
const ROTATED: &str = "  is_auto_rotation_enabled = true\n  auto_key_rotation_details {\n    rotation_interval_in_days = 90\n  }\n";

fn vault(kind: &str) -> String {
    format!("resource \"oci_kms_vault\" \"v\" {{\n  vault_type = {kind}\n}}\n")
}

/// A key in the vault, with these further lines.
fn key(lines: &str) -> String {
    format!("resource \"oci_kms_key\" \"k\" {{\n  management_endpoint = oci_kms_vault.v.management_endpoint\n{lines}{SHAPE}}}\n")
}

fn directory(files: &[(&str, String)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("the directory can be created");
        std::fs::write(path, text).expect("the file can be written");
    }
    directory
}

/// Checks the only key of a directory with a rule: verdict, kind, and the finding's message, note and help.
fn check(directory: &TempDir, rule: &str, arguments: &[&str]) -> (String, String, String) {
    let now = ["--no-config", "--now", "2026-11-21T00:00:00Z", "--show-passes"];
    let (output, report) = report(directory.path(), &[&now, arguments].concat());
    let [key] = report["keys"].as_array().expect("keys").as_slice() else {
        panic!("not one key: {output:#?}\n{:?}", std::fs::read_to_string(directory.path().join("main.tf")))
    };
    let verdict = &key["verdicts"][rule];
    let finding = report["findings"].as_array().expect("findings").iter().find(|finding| finding["rule"] == rule);
    let text = |name: &str| finding.and_then(|finding| finding[name].as_str()).unwrap_or_default().to_owned();
    let all = format!("{}\n{}\n{}", text("message"), text("note"), text("help"));
    (verdict["verdict"].as_str().expect("a verdict").to_owned(), verdict["kind"].as_str().unwrap_or_default().to_owned(), all)
}

/// An input, a rule, the expected verdict, and texts that the finding must have and must not have.
struct Case {
    name: &'static str,
    files: Vec<(&'static str, String)>,
    arguments: &'static [&'static str],
    rule: &'static str,
    verdict: (&'static str, &'static str),
    present: &'static [&'static str],
    absent: &'static [&'static str],
}

fn case(name: &'static str, main: String, rule: &'static str, verdict: (&'static str, &'static str)) -> Case {
    Case { name, files: vec![("main.tf", main)], arguments: &[], rule, verdict, present: &[], absent: &[] }
}

const ROTATION: &str = "OCI-KMS-001";
const MODE: &str = "OCI-KMS-004";
const IMPORT: &str = "import {\n  to = oci_kms_key.k\n  id = \"managementEndpoint/https://x/keys/ocid1.key.oc1..a\"\n}\n";

fn cases() -> Vec<Case> {
    let default = vault("\"DEFAULT\"");
    let private = vault("\"VIRTUAL_PRIVATE\"");
    let backup = "  restore_from_object_store {\n    destination = \"BUCKET\"\n  }\n";
    let maybe = "variable \"on\" {\n  type = bool\n}\n";
    let dynamic =
        "  dynamic \"restore_from_file\" {\n    for_each = var.on ? [1] : []\n    content {\n      content_length = 1\n    }\n  }\n";
    let required = |version: &str| {
        format!(
            "terraform {{\n  required_providers {{\n    oci = {{\n      source  = \"oracle/oci\"\n      version = \"{version}\"\n    }}\n  }}\n}}\n"
        )
    };
    let software = "  protection_mode = \"SOFTWARE\"\n";
    let plain = [
        case("restored", format!("{default}{}", key(backup)), MODE, ("undetermined", "restored")),
        case("restored in SOFTWARE", format!("{default}{}", key(&format!("{software}{backup}"))), MODE, ("undetermined", "restored")),
        case("restored, rotation", format!("{private}{}", key(&format!("{ROTATED}{backup}"))), ROTATION, ("pass", "scheduled")),
        case("perhaps restored", format!("{default}{maybe}{}", key(dynamic)), MODE, ("undetermined", "restored")),
        case(
            "perhaps restored in SOFTWARE",
            format!("{default}{maybe}{}", key(&format!("{software}{dynamic}"))),
            MODE,
            ("undetermined", "restored"),
        ),
        case("imported", format!("{default}{}{IMPORT}", key("")), MODE, ("undetermined", "imported")),
        case("imported, rotation", format!("{default}{}{IMPORT}", key("")), ROTATION, ("undetermined", "imported")),
        case("imported in HSM", format!("{default}{}{IMPORT}", key("  protection_mode = \"HSM\"\n")), MODE, ("violation", "hsm")),
        case(
            "imported to another key",
            format!("{default}{}{}", key(""), IMPORT.replace(".k", ".j")),
            MODE,
            ("violation", "hsm-by-default"),
        ),
        case("disabled", format!("{default}{}", key("  desired_state = \"DISABLED\"\n")), MODE, ("not-applicable", "disabled")),
        case(
            "perhaps disabled",
            format!("{default}{maybe}{}", key("  desired_state = var.on ? \"ENABLED\" : \"DISABLED\"\n")),
            MODE,
            ("undetermined", "unknown"),
        ),
        case(
            "perhaps disabled, rotation",
            format!("{default}{maybe}{}", key("  desired_state = var.on ? null : \"DISABLED\"\n")),
            ROTATION,
            ("undetermined", "unknown"),
        ),
        case(
            "enabled either way",
            format!("{default}{maybe}{}", key("  desired_state = var.on ? null : \"ENABLED\"\n")),
            MODE,
            ("violation", "hsm-by-default"),
        ),
        case("an interval of 0", format!("{private}{}", key(&ROTATED.replace("90", "0"))), ROTATION, ("violation", "interval-rejected")),
        case(
            "a computed interval of 0",
            format!("{private}{}", key(&ROTATED.replace("90", "90 - 90"))),
            ROTATION,
            ("violation", "interval-rejected"),
        ),
        case("a null interval", format!("{private}{}", key(&ROTATED.replace("90", "null"))), ROTATION, ("violation", "interval-missing")),
    ];
    let library = "variable \"keys\" {\n  type    = map(object({ protection_mode = optional(string) }))\n  default = {}\n}\n";
    let mut all = Vec::from(plain);
    let mut more = |one: Case, present: &'static [&'static str], absent: &'static [&'static str]| all.push(Case { present, absent, ..one });
    more(
        case(
            "a regional endpoint",
            key(&format!("{software}{ROTATED}"))
                .replace("oci_kms_vault.v.management_endpoint", "\"https://kms.eu-frankfurt-1.oraclecloud.com\""),
            MODE,
            ("pass", "software"),
        ),
        &["`management_endpoint`", "404"],
        &[],
    );
    more(
        case(
            "the crypto endpoint",
            format!("{default}{}", key("").replace("v.management", "v.crypto")),
            MODE,
            ("violation", "hsm-by-default"),
        ),
        &["crypto endpoint", "404"],
        &[],
    );
    more(
        case(
            "a management endpoint",
            key("").replace("oci_kms_vault.v.management_endpoint", "\"https://x-management.kms.eu-frankfurt-1.oraclecloud.com\""),
            MODE,
            ("violation", "hsm-by-default"),
        ),
        &[],
        &["404"],
    );
    more(
        case("an RSA key", format!("{default}{}", key("").replace("AES", "RSA")), MODE, ("violation", "hsm-by-default")),
        &["If a certificate authority of another stack uses this key, it must stay an HSM key."],
        &[],
    );
    more(case("an AES key", format!("{default}{}", key("")), MODE, ("violation", "hsm-by-default")), &[], &["certificate authority"]);
    for version in ["5.18.0", "~> 5.18.0", "< 5.31.0", ">= 4.0, <= 5.30.0"] {
        more(
            case("an old provider", format!("{}{private}{}", required(version), key("")), ROTATION, ("violation", "no-rotation")),
            &["5.31.0 or later", "`required_providers`"],
            &[],
        );
    }
    for version in ["5.31.0", "~> 5.18", ">= 5.18.0", "~> 8.0"] {
        more(
            case("a new provider", format!("{}{private}{}", required(version), key("")), ROTATION, ("violation", "no-rotation")),
            &["Set `is_auto_rotation_enabled = true`"],
            &["5.31.0"],
        );
    }
    let lock = "provider \"registry.terraform.io/oracle/oci\" {\n  version = \"5.18.0\"\n}\n".to_owned();
    let mut locked = case("an old lock", format!("{private}{}", key("")), ROTATION, ("violation", "no-rotation"));
    locked.files.push((".terraform.lock.hcl", lock));
    more(locked, &["the lock file pins 5.18.0", "terraform init -upgrade"], &[]);
    more(
        case(
            "no value",
            format!("variable \"mode\" {{\n  type = string\n}}\n{default}{}", key("  protection_mode = var.mode\n")),
            MODE,
            ("undetermined", "unknown"),
        ),
        &["--var 'mode=…'"],
        &["callers", "--allow-path"],
    );
    let module = format!("variable \"mode\" {{}}\n{default}{}", key("  protection_mode = var.mode\n"));
    let mut call = case("no argument", "module \"m\" {\n  source = \"./m\"\n}\n".to_owned(), MODE, ("undetermined", "unknown"));
    call.files.push(("m/main.tf", module));
    more(call, &["module call `m` does not set the required variable `mode`"], &["--var"]);
    more(
        case("not declared", format!("{default}{}", key("  protection_mode = var.nope\n")), MODE, ("undetermined", "unknown")),
        &["Fix the configuration"],
        &["--var", "callers"],
    );
    more(
        case(
            "from data",
            format!("data \"oci_kms_key\" \"d\" {{\n}}\n{default}{}", key("  protection_mode = data.oci_kms_key.d.protection_mode\n")),
            MODE,
            ("undetermined", "unknown"),
        ),
        &["Check the plan"],
        &["--var", "callers"],
    );
    more(
        case(
            "not installed",
            format!(
                "module \"x\" {{\n  source = \"git::https://example.com/x.git\"\n}}\n{default}{}",
                key("  protection_mode = module.x.mode\n")
            ),
            MODE,
            ("undetermined", "unknown"),
        ),
        &["`terraform init`"],
        &["--var", "callers"],
    );
    more(
        case(
            "instances from data",
            format!(
                "data \"oci_x\" \"d\" {{\n}}\n{default}{}",
                key("  for_each = toset(data.oci_x.d.names)\n  protection_mode = each.value\n")
            ),
            MODE,
            ("undetermined", "unknown"),
        ),
        &["Check the plan"],
        &["--var", "callers"],
    );
    let outside = format!("{default}{}", key("  protection_mode = file(\"../../mode.txt\")\n"));
    let mut repository = case("outside", outside, MODE, ("undetermined", "unknown"));
    repository.files.push((".git/HEAD", "ref: refs/heads/main\n".to_owned()));
    more(repository, &["`--allow-path"], &["--var", "callers"]);
    let by_index =
        key("  count = length(var.compartment) == 0 ? 0 : length(var.key)\n  protection_mode = lookup(var.key[count.index], \"mode\")\n");
    more(
        case(
            "what decides",
            format!("variable \"compartment\" {{}}\nvariable \"key\" {{}}\n{default}{by_index}"),
            MODE,
            ("undetermined", "unknown"),
        ),
        &["`key`"],
        &["HSM-protected: variable `compartment`"],
    );
    let typed = "variable \"compartment\" {\n  type = string\n}\nvariable \"key\" {\n  type = list(map(string))\n}\n";
    more(
        case("what decides in a library", format!("{typed}{default}{by_index}"), MODE, ("undetermined", "unknown")),
        &["`var.key`"],
        &["`var.compartment`"],
    );
    let optional = format!("{library}{default}{}", key("  for_each        = var.keys\n  protection_mode = each.value.protection_mode\n"));
    more(
        case("an optional attribute", optional, MODE, ("undetermined", "module-default")),
        &["`optional(…, \"SOFTWARE\")`"],
        &["the default of"],
    );
    let mut null = case(
        "a default that never applies",
        format!(
            "{library}module \"keys\" {{\n  source          = \"./m\"\n  for_each        = var.keys\n  protection_mode = each.value.protection_mode\n}}\n"
        ),
        MODE,
        ("undetermined", "module-default"),
    );
    null.files.push((
        "m/main.tf",
        format!(
            "variable \"protection_mode\" {{\n  default = \"SOFTWARE\"\n}}\n{default}{}",
            key("  protection_mode = var.protection_mode\n")
        ),
    ));
    more(null, &["`optional(…, \"SOFTWARE\")`"], &["the default of"]);
    let of_default = format!(
        "variable \"keys\" {{\n  default = {{}}\n}}\nvariable \"vault_type\" {{\n  default = \"DEFAULT\"\n}}\n{}{}",
        vault("var.vault_type"),
        key("  for_each = var.keys\n")
    );
    more(
        case("DEFAULT by default", of_default, ROTATION, ("violation", "no-rotation")),
        &["DEFAULT unless the caller"],
        &["is_auto_rotation_enabled = true"],
    );
    all
}

#[test]
fn verdicts_and_advice_match_the_table() {
    let cases = cases();
    let wrong = in_parallel(&cases, |case| {
        let mut wrong = Vec::new();
        let directory = directory(&case.files);
        let (verdict, kind, text) = check(&directory, case.rule, case.arguments);
        if (verdict.as_str(), kind.as_str()) != case.verdict {
            wrong.push(format!("{}: {verdict} {kind} instead of {:?}", case.name, case.verdict));
        }
        let missing =
            case.present.iter().filter(|part| !text.contains(**part)).map(|part| format!("{}: no {part:?} in: {text}", case.name));
        wrong.extend(missing);
        let extra = case.absent.iter().filter(|part| text.contains(**part)).map(|part| format!("{}: {part:?} in: {text}", case.name));
        wrong.extend(extra);
        wrong
    })
    .concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(cases.len() > 40, "{}", cases.len());
}

#[test]
fn import_blocks_apply_to_instances_and_called_modules() {
    let module = format!("{}{}", vault("\"DEFAULT\""), key("  for_each = toset([\"a\", \"b\"])\n"));
    let call = "module \"m\" {\n  source   = \"./m\"\n  for_each = toset([\"x\", \"y\"])\n}\n";
    let imported_keys = |imports: &str, name: &'static str| {
        let directory = directory(&[("main.tf", call.to_owned()), (name, imports.to_owned()), ("m/main.tf", module.clone())]);
        let (keys, _) = read(directory.path());
        let imported = keys.iter().filter(|key| !key.imported.is_unset());
        imported.map(|key| (key.id.address.clone(), key.imported.value().copied())).collect::<Vec<_>>()
    };
    let address = |call: &str, key: &str| format!("module.m[\"{call}\"].oci_kms_key.k[\"{key}\"]");
    let one = "import {\n  to = module.m[\"x\"].oci_kms_key.k[\"b\"]\n  id = \"i\"\n}\n";
    assert_eq!(imported_keys(one, "import.tf"), [(address("x", "b"), Some(true))]);
    let each = "locals {\n  ids = { x = \"a\", y = \"b\" }\n}\nimport {\n  for_each = local.ids\n  to       = module.m[each.key].oci_kms_key.k[each.value]\n  id       = \"i\"\n}\n";
    assert_eq!(imported_keys(each, "import.tf"), [(address("x", "a"), Some(true)), (address("y", "b"), Some(true))]);
    let json = "{\"import\": [{\"to\": \"module.m[\\\"y\\\"].oci_kms_key.k[\\\"a\\\"]\", \"id\": \"i\"}]}";
    assert_eq!(imported_keys(json, "import.tf.json"), [(address("y", "a"), Some(true))]);
    let open = "variable \"ids\" {\n  type = map(string)\n}\nimport {\n  for_each = var.ids\n  to       = module.m[\"x\"].oci_kms_key.k[each.key]\n  id       = each.value\n}\n";
    assert_eq!(imported_keys(open, "import.tf"), [(address("x", "a"), None), (address("x", "b"), None)]);
    // Terraform ignores `import` blocks in called modules when it plans.
    let inside = directory(&[
        ("main.tf", call.to_owned()),
        ("m/main.tf", format!("{module}import {{\n  to = oci_kms_key.k[\"a\"]\n  id = \"i\"\n}}\n")),
    ]);
    assert!(read(inside.path()).0.iter().all(|key| key.imported.is_unset()));
}

#[test]
fn default_vault_type_of_a_module_that_may_be_called_gets_no_safe_fix() {
    let main = format!(
        "variable \"vault_type\" {{\n  default = \"VIRTUAL_PRIVATE\"\n}}\n{}{}",
        vault("var.vault_type"),
        key("  protection_mode = \"SOFTWARE\"\n")
    );
    let backend = format!("terraform {{\n  backend \"s3\" {{\n  }}\n}}\n{main}");
    for (text, arguments, changed) in
        [(&main, ["--fix"].as_slice(), false), (&main, &["--fix", "--unsafe-fixes"], true), (&backend, &["--fix"], true)]
    {
        let directory = directory(&[("main.tf", text.clone())]);
        let output = crate::harness::kmslint(directory.path(), &[&["--no-config"], arguments].concat());
        let now = std::fs::read_to_string(directory.path().join("main.tf")).expect("the file");
        assert_eq!(now != *text, changed, "{arguments:?} {output:#?}");
        assert_eq!(now.contains("rotation_interval_in_days = 90"), changed);
    }
}

#[test]
fn plan_alone_shows_an_old_provider() {
    let plan = root().join("testdata/plans/old-provider");
    let alone = tempfile::tempdir().expect("a temporary directory");
    std::fs::copy(plan.join("plan.json"), alone.path().join("plan.json")).expect("a copy");
    for (directory, arguments) in [(alone.path(), ["plan.json"].as_slice()), (&plan, &["plan.json", "--source", "src"])] {
        let (_, report) = report(directory, &[&["--no-config"], arguments].concat());
        let findings = report["findings"].as_array().expect("findings");
        let rotation = findings.iter().find(|finding| finding["rule"] == ROTATION).expect("a finding");
        let help = rotation["help"].as_str().expect("a help");
        assert!(help.contains("5.31.0 or later") && help.contains("allows only `~> 5.18.0`"), "{help}");
    }
}
