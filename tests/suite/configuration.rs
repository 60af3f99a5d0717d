//! Which directories are roots, which files and values apply, how modules without a caller are checked, and what is related to a key.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use kmslint::base::{Bounds, Claim, ProblemKind, Sources};
use kmslint::key::{Covers, Inventory, KeyFacts, ProtectionMode, ScheduleForm, VaultType};
use kmslint::terraform::{EvalAnswer, InputSource, ScanRequest, evaluate, read};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A key in the vault `oci_kms_vault.v`.
fn key(name: &str, more: &str) -> String {
    format!("resource \"oci_kms_key\" \"{name}\" {{\n  management_endpoint = oci_kms_vault.v.management_endpoint\n  {more}\n}}\n")
}

const VAULT: &str = "resource \"oci_kms_vault\" \"v\" {\n  vault_type = \"DEFAULT\"\n}\n";

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    directory
}

fn request(directory: &TempDir, paths: &[&str]) -> ScanRequest {
    ScanRequest::new(directory.path().canonicalize().expect("a path"), paths.iter().map(Into::into).collect())
}

fn scan(directory: &TempDir, paths: &[&str]) -> Inventory {
    read(&request(directory, paths), &Arc::new(Sources::default()))
}

fn addresses(inventory: &Inventory) -> Vec<String> {
    inventory.keys.iter().map(|key| format!("{} {}", key.id.root, key.id.address)).collect()
}

fn mode(key: &KeyFacts) -> Option<&ProtectionMode> {
    key.protection_mode.value()
}

fn find<'i>(inventory: &'i Inventory, address: &str) -> &'i KeyFacts {
    let found = inventory.keys.iter().find(|key| key.id.address == address);
    found.unwrap_or_else(|| panic!("{address} is not among {:?}", addresses(inventory)))
}

#[test]
fn called_directories_are_checked_through_their_callers_only() {
    let module = key("k", "protection_mode = var.mode") + VAULT + "variable \"mode\" {}";
    let directory = directory(&[
        ("live/prod/main.tf", "module \"a\" {\n  source = \"../../modules/key\"\n  mode   = \"HSM\"\n}"),
        ("live/dev/main.tf", "module \"b\" {\n  source = \"../../modules/key\"\n  mode   = \"SOFTWARE\"\n}"),
        ("modules/key/main.tf", &module),
        ("modules/alone/main.tf", &(key("k", "") + VAULT)),
        ("other/main.tf", "resource \"oci_core_vcn\" \"v\" {}"),
        (".terraform/modules/x/main.tf", &(key("hidden", "") + VAULT)),
        ("node_modules/x/main.tf", &(key("hidden", "") + VAULT)),
    ]);
    let inventory = scan(&directory, &[]);
    let expected = ["live/dev module.b.oci_kms_key.k", "live/prod module.a.oci_kms_key.k", "modules/alone oci_kms_key.k"];
    assert_eq!(addresses(&inventory), expected);
    assert_eq!(
        inventory.keys.iter().map(|key| mode(key)).collect::<Vec<_>>(),
        [Some(&ProtectionMode::Software), Some(&ProtectionMode::Hsm), None]
    );
    let key = &inventory.keys[0];
    assert_eq!(key.declared.calls.len(), 1);
    let labels: Vec<String> = key.protection_mode.trail.iter().map(|step| step.label().into_owned()).collect();
    assert_eq!(labels, ["`var.mode` is used here", "argument `mode` of module call `b`"]);
    assert!(inventory.problems.is_empty(), "{:?}", inventory.problems);
}

#[test]
fn passed_file_selects_every_root_that_uses_it() {
    let directory = directory(&[
        (".git/HEAD", ""),
        ("prod/main.tf", "module \"a\" {\n  source = \"../key\"\n}"),
        ("dev/main.tf", &(key("own", "") + VAULT)),
        ("key/main.tf", &(key("k", "") + VAULT)),
        ("key/README.md", ""),
    ]);
    assert_eq!(addresses(&scan(&directory, &["key/main.tf"])), ["prod module.a.oci_kms_key.k"]);
    assert_eq!(addresses(&scan(&directory, &["dev/main.tf"])), ["dev oci_kms_key.own"]);
    assert_eq!(addresses(&scan(&directory, &["key/README.md"])), [""; 0]);
    // A directory that is passed is a root, even if it is called from elsewhere.
    assert_eq!(addresses(&scan(&directory, &["key"])), ["key oci_kms_key.k"]);
    let missing = scan(&directory, &["nowhere"]);
    assert_eq!(missing.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::Unreadable]);
}

#[test]
fn mentions_of_keys_are_not_keys() {
    let text = "# resource \"oci_kms_key\" \"k\" {}\ndata \"oci_kms_key\" \"k\" {\n  key_id = local.nowhere\n}\nmodule \"gone\" {\n  source = \"./gone\"\n}";
    let inventory = scan(&directory(&[("main.tf", text)]), &[]);
    assert_eq!(addresses(&inventory), [""; 0]);
    // The data source proves that the root uses the provider, so the missing module may have keys.
    assert_eq!(inventory.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::Structure]);
}

#[test]
fn broken_file_or_directory_does_not_hide_others() {
    let directory = directory(&[
        ("main.tf", &(key("k", "protection_mode = local.missing\n  display_name = \"k\"") + VAULT)),
        ("broken.tf", "locals {\n  a = = 1\n}\n"),
        ("latin.tf", "# caf"),
        ("calls.tf", "module \"gone\" {\n  source = \"./gone\"\n}\nmodule \"loop\" {\n  source = \"./loop\"\n}"),
        ("loop/main.tf", "module \"again\" {\n  source = \"../loop\"\n}"),
    ]);
    std::fs::write(directory.path().join("latin.tf"), b"locals {\n  cafe = \"caf\xe9\"\n}\n").expect("a file");
    let inventory = scan(&directory, &[]);
    assert_eq!(addresses(&inventory), [". oci_kms_key.k"]);
    assert_eq!(inventory.keys[0].display_name.value().map(String::as_str), Some("k"));
    // The local value may be declared in the file that could not be read.
    assert!(inventory.keys[0].protection_mode.as_unknown().is_some_and(|unknown| unknown.why.contains("could not be read")));
    let mut kinds: Vec<_> = inventory.problems.iter().map(|problem| problem.kind).collect();
    kinds.sort();
    assert_eq!(kinds, [ProblemKind::Unparsable, ProblemKind::Unparsable, ProblemKind::Structure, ProblemKind::Structure]);
    assert!(inventory.problems.iter().all(|problem| problem.place.is_some()));
}

#[test]
fn directories_that_call_each_other_in_a_cycle_are_still_checked() {
    let directory = directory(&[
        ("a/main.tf", &(key("k", "") + VAULT + "module \"b\" {\n  source = \"../b\"\n}")),
        ("b/main.tf", "module \"a\" {\n  source = \"../a\"\n}"),
    ]);
    let inventory = scan(&directory, &[]);
    assert_eq!(addresses(&inventory), ["a oci_kms_key.k"]);
    assert_eq!(inventory.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::Structure]);
}

#[test]
fn value_sources_take_precedence_in_terraforms_order() {
    let variables: String =
        ["a", "b", "c", "d", "e", "f"].iter().map(|name| format!("variable \"{name}\" {{\n  default = \"default\"\n}}\n")).collect();
    let keys: String = ["a", "b", "c", "d", "e", "f"].iter().map(|name| key(name, &format!("display_name = var.{name}"))).collect();
    let directory = directory(&[
        ("main.tf", &(variables + &keys + VAULT)),
        ("terraform.tfvars", "c = \"terraform\"\nd = \"terraform\"\n"),
        ("terraform.tfvars.json", "{\"d\": \"${json}\"}"),
        ("b.auto.tfvars", "e = \"b\"\nf = \"b\"\n"),
        ("a.auto.tfvars", "e = \"a\"\n"),
        ("other.tfvars", "f = \"other\"\nundeclared = 1\n"),
    ]);
    let mut request = request(&directory, &[]);
    request.env_vars.insert("b".to_owned(), "environment".to_owned());
    request.env_vars.insert("c".to_owned(), "environment".to_owned());
    request.inputs = vec![InputSource::Var("f".to_owned(), "option".to_owned()), InputSource::File("other.tfvars".into())];
    let inventory = read(&request, &Arc::new(Sources::default()));
    let names: Vec<_> = inventory.keys.iter().map(|key| key.display_name.value().map(String::as_str)).collect();
    assert_eq!(names, ["default", "environment", "terraform", "${json}", "b", "other"].map(Some));
    assert!(inventory.keys[3].display_name.trail.iter().any(|step| step.label() == "set by `terraform.tfvars.json`"));
    assert!(inventory.problems.is_empty(), "{:?}", inventory.problems);
}

#[test]
fn missing_values_file_is_a_problem() {
    let directory = directory(&[("main.tf", &(key("k", "") + VAULT))]);
    let mut request = request(&directory, &[]);
    request.inputs = vec![InputSource::File("nowhere.tfvars".into())];
    let inventory = read(&request, &Arc::new(Sources::default()));
    assert_eq!(inventory.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::Unreadable]);
    assert_eq!(inventory.keys.len(), 1);
}

#[test]
fn rejected_arguments_are_reported_once_for_all_instances() {
    let text = "resource \"oci_kms_key\" \"k\" {\n  count = 3\n  protection_mode = nosuch()\n  is_auto_rotation_enabled = \"maybe\"\n}";
    let inventory = scan(&directory(&[("main.tf", text)]), &[]);
    assert_eq!(inventory.keys.len(), 3);
    assert_eq!(inventory.problems.len(), 2, "{:?}", inventory.problems);
    assert!(inventory.problems.iter().all(|problem| problem.kind == ProblemKind::Refused && problem.place.is_some()));
    assert!(inventory.keys.iter().all(|key| key.protection_mode.as_unknown().is_some() && key.rotation.enabled.as_unknown().is_some()));
}

/// Terraform 1.15.5 accepts or rejects each of these as the type of a variable.
#[test]
fn type_constraints_are_accepted_and_rejected_as_in_terraform() {
    let accepted =
        ["string", "any", "list", "map", "list(any)", "list(string...)", "object({ a = optional(string) })", "tuple([string, number])"];
    let rejected = [
        "\"string\"",
        "\"list\"",
        "\"number\"",
        "\"list(string)\"",
        "(string)",
        "string()",
        "set",
        "object",
        "list(any, any)",
        "foo",
        "null",
        "optional(string)",
        "list(optional(string))",
        "tuple([optional(string)])",
        "object({ a = optional(string, 1, 2) })",
        "object({ a = string, a = number })",
        "object({ \"a\" = string })",
        "object({ (a) = string })",
    ];
    for (constraint, is_accepted) in
        accepted.iter().map(|constraint| (constraint, true)).chain(rejected.iter().map(|constraint| (constraint, false)))
    {
        let text = format!("variable \"v\" {{\n  type = {constraint}\n  default = null\n}}\n");
        let directory = directory(&[("main.tf", &text)]);
        let answers = evaluate(&request(&directory, &[]), &Arc::new(Sources::default()), &["var.v".to_owned()]);
        match answers.as_slice() {
            [EvalAnswer::Value { json, .. }] if is_accepted => assert_eq!(json, "null", "{constraint}"),
            [EvalAnswer::Error { message, .. }] if !is_accepted => assert!(!message.is_empty(), "{constraint}"),
            other => panic!("{constraint}: {other:?}"),
        }
    }
}

/// Observed with Terraform 1.15.5: it rejects a reference to nothing even in an expression that is never evaluated.
#[test]
fn references_are_checked_even_where_nothing_is_evaluated() {
    let directory = directory(&[("main.tf", "resource \"terraform_data\" \"unk\" {}\nlocals {\n  a = 1\n}\n")]);
    let rejected = [
        "try(1, local.nosuch)",
        "try(1, a)",
        "try(1, a.b)",
        "try(1, var)",
        "try(1, path.nope)",
        "try(1, terraform.nope)",
        "try(1, each.key)",
        "try(1, count.index)",
        "try(1, self.x)",
        "try(1, data.a)",
        "try(1, module.a.b)",
        "try(1, local[\"a\"])",
        "try(1, [for a in [1] : a + local.nosuch])",
        "try(1, \"${a}\")",
        "[for x in [] : local.nosuch]",
        "[for x in [] : x if local.nosuch]",
        "[for x in [] : [for y in x : local.nosuch]]",
        "[for x in [] : terraform_data.nosuch.id]",
        "{ for k, v in {} : k => local.nosuch }",
        "\"%{ for x in [] }%{ if x }${var.nosuch}%{ endif }%{ endfor }\"",
        "false ? local.nosuch : 1",
        "local[\"a\"]",
        "path[\"module\"]",
        "terraform_data[\"unk\"]",
    ];
    let accepted = [
        ("try(1, terraform_data.unk)", "1"),
        ("try(1, resource.terraform_data.unk)", "1"),
        ("try(1, path.module)", "1"),
        ("try(1, [for y in [1] : y])", "1"),
        ("[for x in [] : [for y in x : x.a + y]]", "[]"),
        ("[for x in [] : nosuch()]", "[]"),
        ("\"%{ for k, v in {} }${k}${v.x}%{ endfor }\"", "\"\""),
    ];
    let ask = |text: &str| evaluate(&request(&directory, &[]), &Arc::new(Sources::default()), &[text.to_owned()]).remove(0);
    for text in rejected {
        assert!(matches!(ask(text), EvalAnswer::Error { .. }), "{text}: {:?}", ask(text));
    }
    for (text, expected) in accepted {
        assert!(matches!(ask(text), EvalAnswer::Value { json, .. } if json == expected), "{text}: {:?}", ask(text));
    }
}

#[test]
fn invalid_for_each_does_not_hide_its_key() {
    let text = key("a", "for_each = [\"x\"]\n  protection_mode = \"HSM\"")
        + &key("b", "for_each = sensitive({ x = 1 })")
        + &key("c", "count = -1")
        + VAULT;
    let inventory = scan(&directory(&[("main.tf", &text)]), &[]);
    let expected = [". oci_kms_key.a[\"*\"]", ". oci_kms_key.b[\"*\"]", ". oci_kms_key.c[\"*\"]"];
    assert_eq!(addresses(&inventory), expected);
    assert_eq!(inventory.problems.len(), 3, "{:?}", inventory.problems);
    assert_eq!(mode(&inventory.keys[0]), Some(&ProtectionMode::Hsm));
}

#[test]
fn module_without_a_caller_is_checked_for_what_callers_would_get() {
    let text = "variable \"keys\" {\n  type = map(object({ name = string, mode = optional(string, \"HSM\"), tags = optional(map(string), {}) }))\n  default = {}\n}\n\
                variable \"create\" {\n  default = false\n}\n"
        .to_owned()
        + &key("default", "for_each = var.keys\n  protection_mode = each.value.mode\n  display_name = each.key")
        + &key("fixed", "for_each = { for name, key in var.keys : name => key }\n  protection_mode = \"HSM\"")
        + &key("grouped", "count = length(var.keys)\n  protection_mode = values(var.keys)[count.index].name")
        + &key("off", "count = var.create ? 1 : 0")
        + VAULT;
    let inventory = scan(&directory(&[("main.tf", &text)]), &[]);
    let expected = [". oci_kms_key.default[\"*\"]", ". oci_kms_key.fixed[\"*\"]", ". oci_kms_key.grouped[\"*\"]"];
    assert_eq!(addresses(&inventory), expected);
    let Claim::Unknown(unknown) = &find(&inventory, "oci_kms_key.default[\"*\"]").protection_mode.claim else { panic!("not unknown") };
    assert_eq!(unknown.bounds, Bounds::Default { value: Some(ProtectionMode::Hsm), input: "mode".to_owned() });
    assert_eq!(mode(find(&inventory, "oci_kms_key.fixed[\"*\"]")), Some(&ProtectionMode::Hsm));
    assert_eq!(
        find(&inventory, "oci_kms_key.grouped[\"*\"]").protection_mode.as_unknown().map(|unknown| &unknown.bounds),
        Some(&Bounds::Anything)
    );
    assert!(inventory.keys.iter().all(|key| key.symbolic.is_some()) && inventory.problems.is_empty());
}

#[test]
fn called_module_is_checked_through_its_callers_only() {
    let module = "variable \"keys\" {\n  type = map(string)\n  default = {}\n}\n".to_owned()
        + &key("k", "for_each = var.keys\n  protection_mode = each.value")
        + VAULT;
    let directory = directory(&[
        ("main.tf", "module \"none\" {\n  source = \"./m\"\n}\nmodule \"one\" {\n  source = \"./m\"\n  keys = { a = \"SOFTWARE\" }\n}"),
        ("m/main.tf", &module),
    ]);
    assert_eq!(addresses(&scan(&directory, &[])), [". module.one.oci_kms_key.k[\"a\"]"]);
    // An explicit empty value creates no instances.
    std::fs::write(directory.path().join("m/terraform.tfvars"), "keys = {}\n").expect("a file");
    assert_eq!(addresses(&scan(&directory, &["m"])), [""; 0]);
}

#[test]
fn missing_modules_are_listed_and_their_outputs_are_unknown() {
    let text = "module \"vault\" {\n  source = \"oracle/vault/oci\"\n}\nresource \"oci_kms_key\" \"k\" {\n  management_endpoint = module.vault.endpoint\n}";
    let inventory =
        scan(&directory(&[("main.tf", text), ("sub/main.tf", "provider \"aws\" {}\nmodule \"vpc\" {\n  source = \"x/vpc/aws\"\n}")]), &[]);
    assert!(inventory.keys[0].vault_type.as_unknown().is_some_and(|unknown| unknown.why.contains("not installed")));
    let listed: Vec<_> = inventory.modules_not_followed.iter().map(|module| (module.address.as_str(), module.source.as_str())).collect();
    assert_eq!(listed, [("module.vault", "oracle/vault/oci")]);
    assert!(inventory.problems.is_empty());
}

#[test]
fn vault_of_a_key_is_found_through_any_reference() {
    let text = "module \"vault\" {\n  source = \"./vault\"\n  count = 1\n}\n\
                resource \"oci_kms_vault\" \"two\" {\n  for_each = toset([\"DEFAULT\", \"VIRTUAL_PRIVATE\"])\n  vault_type = each.key\n}\n\
                resource \"time_sleep\" \"wait\" {\n  triggers = { endpoint = oci_kms_vault.two[\"DEFAULT\"].management_endpoint }\n}\n\
                data \"oci_kms_vault\" \"own\" {\n  vault_id = module.vault[0].id\n}\n\
                variable \"which\" {\n  type = bool\n}\n"
        .to_owned()
        + &[
            ("module", "one(module.vault[*].endpoint)"),
            ("each", "oci_kms_vault.two[\"VIRTUAL_PRIVATE\"].management_endpoint"),
            ("sleep", "time_sleep.wait.triggers[\"endpoint\"]"),
            ("data", "data.oci_kms_vault.own.management_endpoint"),
            ("either", "var.which ? oci_kms_vault.two[\"DEFAULT\"].management_endpoint : time_sleep.wait.triggers.endpoint"),
            ("differ", "var.which ? oci_kms_vault.two[\"DEFAULT\"].management_endpoint : module.vault[0].endpoint"),
            ("joined", "join(\"\", compact([oci_kms_vault.two[\"DEFAULT\"].management_endpoint]))"),
            ("text", "tostring(oci_kms_vault.two[\"DEFAULT\"].management_endpoint)"),
            ("formatted", "format(\"%s\", oci_kms_vault.two[\"DEFAULT\"].management_endpoint)"),
            ("first", "coalesce(\"\", null, oci_kms_vault.two[\"DEFAULT\"].management_endpoint, module.vault[0].endpoint)"),
            ("literal", "\"https://x-management.kms.eu-frankfurt-1.oraclecloud.com\""),
        ]
        .map(|(name, endpoint)| format!("resource \"oci_kms_key\" \"{name}\" {{\n  management_endpoint = {endpoint}\n}}\n"))
        .concat();
    let vault = "resource \"oci_kms_vault\" \"v\" {\n  vault_type = \"VIRTUAL_PRIVATE\"\n}\n\
                 output \"endpoint\" {\n  value = oci_kms_vault.v.management_endpoint\n}\noutput \"id\" {\n  value = oci_kms_vault.v.id\n}";
    let inventory = scan(&directory(&[("main.tf", &text), ("vault/main.tf", vault)]), &[]);
    let vault = |name: &str| find(&inventory, &format!("oci_kms_key.{name}")).vault_type.value().cloned();
    for name in ["module", "each", "data"] {
        assert_eq!(vault(name), Some(VaultType::VirtualPrivate), "{name}");
    }
    for name in ["sleep", "either", "joined", "text", "formatted", "first"] {
        assert_eq!(vault(name), Some(VaultType::Default), "{name}");
    }
    let differ = &find(&inventory, "oci_kms_key.differ").vault_type;
    assert!(matches!(differ.as_unknown().map(|unknown| &unknown.bounds), Some(Bounds::OneOf(cases)) if cases.len() == 2), "{differ:?}");
    assert!(find(&inventory, "oci_kms_key.literal").vault_type.as_unknown().is_some());
    assert!(inventory.problems.is_empty(), "{:?}", inventory.problems);
}

#[test]
fn rotation_by_code_is_found_through_resources_that_pass_on_a_timestamp() {
    let text = key("yearly", "")
        + &key("static", "")
        + &key("never", "")
        + VAULT
        + "resource \"time_rotating\" \"r\" {\n  rotation_months = 6\n  rotation_days = 400\n}\n\
           locals {\n  stamp = time_rotating.r.id\n}\n\
           resource \"terraform_data\" \"t\" {\n  input = local.stamp\n}\n\
           module \"version\" {\n  source = \"./version\"\n  key = oci_kms_key.yearly.id\n  stamp = terraform_data.t.output\n}\n\
           resource \"oci_kms_key_version\" \"s\" {\n  for_each = toset([\"2025\", \"2026\"])\n  key_id = oci_kms_key.static.id\n}\n\
           resource \"time_rotating\" \"unused\" {\n  rotation_days = 30\n}\n";
    let version = "variable \"key\" {}\nvariable \"stamp\" {}\nresource \"null_resource\" \"n\" {\n  triggers = { stamp = var.stamp }\n}\n\
                   resource \"oci_kms_key_version\" \"v\" {\n  key_id = var.key\n  lifecycle {\n    replace_triggered_by = [null_resource.n]\n  }\n}";
    let inventory = scan(&directory(&[("main.tf", &text), ("version/main.tf", version)]), &[]);
    let [never, fixed, yearly] = inventory.keys.as_slice() else { panic!("{:?}", addresses(&inventory)) };
    assert_eq!((never.versions.len(), never.schedules.len()), (0, 0));
    assert_eq!((fixed.versions.len(), fixed.schedules.len()), (2, 0));
    let [schedule] = yearly.schedules.as_slice() else { panic!("{:?}", yearly.schedules) };
    assert_eq!((schedule.form, schedule.period_months, schedule.driver.as_str()), (ScheduleForm::Replacing, Some(6), "time_rotating.r"));
}

#[test]
fn comments_cover_the_lines_next_to_them() {
    let text = "# kmslint: ignore[OCI-KMS-004] contract\n# more words\nresource \"oci_kms_key\" \"k\" {\n  # kmslint: ignore[OCI-KMS-001] above\n  display_name = \"x\" # kmslint: ignore[OCI-KMS-001] inline\n}\n\
                module \"m\" {\n  source = \"./m\"\n  # kmslint: ignore[OCI-KMS-004] all of it\n}\n# kmslint: ignore[OCI-KMS-004] of nothing\n";
    let inventory = scan(&directory(&[("main.tf", text), ("m/main.tf", &(key("k", "") + VAULT))]), &[]);
    let covers: Vec<_> = inventory.comments.iter().map(|comment| &comment.covers).collect();
    assert!(
        matches!(covers.as_slice(), [Covers::Resource(_), Covers::Lines(3, 4), Covers::Lines(4, 4), Covers::Call(_), Covers::Lines(10, _)]),
        "{covers:?}"
    );
}

#[test]
fn file_functions_read_nothing_outside_of_the_repository() {
    let outside = directory(&[("secret", "HSM")]);
    let text = key("outside", &format!("protection_mode = file(\"{}\")", outside.path().join("secret").display()))
        + &key("above", "protection_mode = file(\"../../../../../etc/hostname\")")
        + &key("linked", "protection_mode = file(\"link\")")
        + &key("within", "protection_mode = file(\"${path.module}/mode\")")
        + VAULT;
    let directory = directory(&[("main.tf", &text), ("mode", "SOFTWARE")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("secret"), directory.path().join("link")).expect("a link");
    let inventory = scan(&directory, &[]);
    for name in ["outside", "above", "linked"] {
        assert!(find(&inventory, &format!("oci_kms_key.{name}")).protection_mode.as_unknown().is_some(), "{name}");
    }
    let within = find(&inventory, "oci_kms_key.within");
    assert_eq!(mode(within), Some(&ProtectionMode::Software));
    assert!(within.protection_mode.from_file);
    let mut request = request(&directory, &[]);
    request.allow_paths = vec![outside.path().to_path_buf()];
    let allowed = read(&request, &Arc::new(Sources::default()));
    assert_eq!(mode(find(&allowed, "oci_kms_key.outside")), Some(&ProtectionMode::Hsm));
}

#[test]
fn eval_answers_expressions_of_the_root_module() {
    let directory = directory(&[(
        "main.tf",
        &("variable \"x\" {\n  default = 2\n}\nvariable \"s\" {\n  default = \"z\"\n  sensitive = true\n}\n".to_owned() + VAULT),
    )]);
    let mut request = request(&directory, &[]);
    request.inputs = vec![InputSource::Var("x".to_owned(), "3".to_owned())];
    let ask = ["var.x * 2", "{ a = [path.module, null] }", "oci_kms_vault.v.id", "var.s", "var.nowhere", "1 +"].map(str::to_owned);
    let answers = evaluate(&request, &Arc::new(Sources::default()), &ask);
    let value = |json: &str, sensitive| EvalAnswer::Value { json: json.to_owned(), sensitive };
    assert_eq!(answers[0], value("6", false));
    assert_eq!(answers[1], value("{\"a\":[\".\",null]}", false));
    assert_eq!(answers[2], EvalAnswer::Unknown("`oci_kms_vault.v.id` is known after apply".to_owned()));
    assert_eq!(answers[3], value("\"z\"", true));
    assert!(matches!((&answers[4], &answers[5]), (EvalAnswer::Error { .. }, EvalAnswer::Error { .. })), "{answers:?}");
}

#[test]
fn eval_answers_in_a_root_without_oci_resources() {
    let directory = directory(&[("main.tf", "variable \"x\" {\n  default = 2\n}\nlocals {\n  y = var.x + 1\n}\n")]);
    let answers = evaluate(&request(&directory, &[]), &Arc::new(Sources::default()), &["local.y".to_owned()]);
    assert_eq!(answers, [EvalAnswer::Value { json: "3".to_owned(), sensitive: false }]);
}

#[test]
fn eval_errors_do_not_quote_sensitive_values_or_file_contents() {
    let directory =
        directory(&[("main.tf", "variable \"s\" {\n  default = \"hunter2\"\n  sensitive = true\n}\n"), ("token.txt", "hunter2")]);
    let forms = [
        "cidrnetmask(X)",
        "uuidv5(X, \"a\")",
        "textdecodebase64(\"a\", X)",
        "file(X)",
        "{ for n in [1, 2] : X => n }",
        "tomap({ a = 1 })[X]",
        "{ a = 1 }[X]",
        "X + 1",
    ];
    let ask: Vec<String> = ["var.s", "file(\"token.txt\")"].iter().flat_map(|x| forms.map(|form| form.replace('X', x))).collect();
    for (text, answer) in ask.iter().zip(evaluate(&request(&directory, &[]), &Arc::new(Sources::default()), &ask)) {
        let EvalAnswer::Error { message, .. } = &answer else { panic!("{text}: {answer:?}") };
        assert!(!message.contains("hunter2"), "{text}: {message}");
        assert!(!message.starts_with(char::is_uppercase) && !message.ends_with('.'), "{text}: {message}");
    }
}

#[test]
fn excessive_instances_and_modules_are_not_expanded() {
    let text = key("bomb", "count = 1000000000\n  protection_mode = \"HSM\"") + &key("small", "") + VAULT;
    let inventory = scan(&directory(&[("main.tf", &text)]), &[]);
    assert_eq!(addresses(&inventory), [". oci_kms_key.bomb[\"*\"]", ". oci_kms_key.small"]);
    assert!(inventory.keys[0].symbolic.as_ref().is_some_and(|symbolic| symbolic.why.contains("more than")));
    // Each level calls the next one twice: 2^20 modules, and none has keys.
    let mut files: Vec<(String, String)> = (0..20)
        .map(|level| {
            (
                format!("m{level}/main.tf"),
                format!("module \"a\" {{\n  source = \"../m{0}\"\n}}\nmodule \"b\" {{\n  source = \"../m{0}\"\n}}", level + 1),
            )
        })
        .collect();
    files.push(("m20/main.tf".to_owned(), "resource \"oci_core_vcn\" \"v\" {}".to_owned()));
    files.push(("m0/key.tf".to_owned(), key("k", "") + VAULT));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(addresses(&scan(&directory(&files), &[])), ["m0 oci_kms_key.k"]);
}

#[test]
fn paths_are_relative_to_the_working_directory() {
    let directory = directory(&[("a/b/main.tf", &(key("k", "") + VAULT))]);
    let mut request = request(&directory, &[]);
    request.cwd.push("a");
    let sources = Arc::new(Sources::default());
    let inventory = read(&request, &sources);
    assert_eq!(addresses(&inventory), ["b oci_kms_key.k"]);
    let span = inventory.keys[0].place.span().expect("a span");
    assert_eq!(sources.get(span.source).path(), Path::new("b/main.tf"));
}
