//! Blocks, calls and declarations of keys that Terraform rejects are problems with a suggestion, and the affected facts are unknown.
//!
//! Observed with Terraform 1.15.5 and oracle/oci 8.28.0: Terraform rejects each configuration here that must have a problem, and plans
//! each one that must not.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use crate::harness::{kmslint, messages, scan, scratch};
use kmslint::base::{Claim, ProblemKind};
use kmslint::key::KeyFacts;

fn key(extra: &str) -> String {
    format!(
        "resource \"oci_kms_key\" \"k\" {{\n  compartment_id      = \"c\"\n  display_name        = \"k\"\n  management_endpoint = \"https://x\"\n  \
         key_shape {{\n    algorithm = \"AES\"\n    length    = 32\n  }}\n  {extra}\n}}\n"
    )
}

/// The names of the facts whose values Terraform rejects: they are unknown, and no input can change that.
fn rejected_facts(key: &KeyFacts) -> Vec<&'static str> {
    fn is_rejected<T>(claim: &Claim<T>) -> bool {
        matches!(claim, Claim::Unknown(unknown) if matches!(unknown.bounds, kmslint::base::Bounds::Nothing))
    }
    let facts = [
        ("mode", is_rejected(&key.protection_mode.claim)),
        ("enabled", is_rejected(&key.rotation.enabled.claim)),
        ("interval", is_rejected(&key.rotation.interval_days.claim)),
    ];
    facts.into_iter().filter(|(_, is_rejected)| *is_rejected).map(|(name, _)| name).collect()
}

/// Lines that are added to a key, the only problem, and the rejected facts.
const KEYS: &[(&str, &str, &[&str])] = &[
    ("protection_mod = \"SOFTWARE\"", "unsupported argument `protection_mod`; did you mean `protection_mode`?", &["mode"]),
    ("protection_level = \"SOFTWARE\"", "unsupported argument `protection_level`; did you mean `protection_mode`?", &["mode"]),
    ("protectionMode = \"SOFTWARE\"", "unsupported argument `protectionMode`; did you mean `protection_mode`?", &["mode"]),
    (
        "is_auto_rotation_enable = true",
        "unsupported argument `is_auto_rotation_enable`; did you mean `is_auto_rotation_enabled`?",
        &["enabled"],
    ),
    (
        "rotation_interval_in_days = 90",
        "unsupported argument `rotation_interval_in_days`; it belongs in the block `auto_key_rotation_details`",
        &["interval"],
    ),
    (
        "rotation_interval_days = 90",
        "unsupported argument `rotation_interval_days`; `rotation_interval_in_days` belongs in the block `auto_key_rotation_details`",
        &["interval"],
    ),
    ("vault_id = \"x\"", "`vault_id` is set by the provider and cannot be configured; the vault is chosen by `management_endpoint`", &[]),
    (
        "auto_key_rotation_details = [{ rotation_interval_in_days = 90 }]",
        "`auto_key_rotation_details` is a block: remove the `=`",
        &["interval"],
    ),
    ("protection_mode {\n  }", "`protection_mode` is an argument, not a block: write `protection_mode = …`", &["mode"]),
    (
        "auto_key_rotation_detail {\n  rotation_interval_in_days = 90\n  }",
        "unsupported block `auto_key_rotation_detail`; did you mean `auto_key_rotation_details`?",
        &["interval"],
    ),
    (
        "auto_key_rotation_details {\n    interval_in_days = 90\n  }",
        "unsupported argument `interval_in_days`; did you mean `rotation_interval_in_days`?",
        &["interval"],
    ),
    (
        "auto_key_rotation_details {\n    is_auto_rotation_enabled = true\n  }",
        "unsupported argument `is_auto_rotation_enabled`; it belongs outside of the block `auto_key_rotation_details`",
        &["enabled"],
    ),
    ("auto_key_rotation_details \"x\" {\n  }", "an `auto_key_rotation_details` block has no labels", &["interval"]),
    (
        "auto_key_rotation_details {\n    rotation_interval_in_days = 90\n  }\n  auto_key_rotation_details {\n  }",
        "at most one `auto_key_rotation_details` block is allowed",
        &["interval"],
    ),
    (
        "dynamic \"auto_key_rotation_details\" {\n    for_each = [90, 30]\n    content {\n    }\n  }",
        "at most one `auto_key_rotation_details` block is allowed",
        &["interval"],
    ),
    (
        "dynamic \"auto_key_rotation_details\" {\n    for_each = [90]\n    iterator = \"rot\"\n    content {\n      rotation_interval_in_days = rot.value\n    }\n  }",
        "the `iterator` of a `dynamic` block must be a name without quotes",
        &["interval"],
    ),
    (
        "dynamic \"auto_key_rotation_details\" {\n    for_each = [90]\n    labels = []\n    content {\n    }\n  }",
        "unsupported argument `labels` in a `dynamic` block: an `auto_key_rotation_details` block has no labels",
        &["interval"],
    ),
    ("dynamic \"lifecycle\" {\n    for_each = [1]\n    content {\n    }\n  }", "a `dynamic` block cannot make `lifecycle` blocks", &[]),
    (
        "dynamic \"protection_mode\" {\n    for_each = [1]\n    content {\n    }\n  }",
        "`protection_mode` is an argument, not a block: write `protection_mode = …`",
        &["mode"],
    ),
    (
        "dynamic \"auto_key_rotation_details\" {\n    for_each = [1]\n    content {\n      rotation_interval_in_day = 1\n    }\n  }",
        "unsupported argument `rotation_interval_in_day`; did you mean `rotation_interval_in_days`?",
        &["interval"],
    ),
    (
        "lifecycle {\n    ignore_change = [display_name]\n  }",
        "unsupported argument `ignore_change` in `lifecycle`; did you mean `ignore_changes`?",
        &[],
    ),
    ("lifecycle {\n  }\n  lifecycle {\n  }", "at most one `lifecycle` block is allowed", &[]),
    ("depends_on = [oci_kms_vault.nope]", "`oci_kms_vault.nope` is not declared in this module", &[]),
    ("depends_on = [module.nope]", "`module.nope` is not declared in this module", &[]),
    ("lifecycle = { ignore_changes = [] }", "`lifecycle` is a block: remove the `=`", &[]),
    ("timeouts = { create = \"1h\" }", "`timeouts` is a block: remove the `=`", &[]),
    ("depends_on {\n  }", "`depends_on` is an argument, not a block: write `depends_on = …`", &[]),
    ("for_eech = toset([\"a\"])", "unsupported argument `for_eech`; did you mean `for_each`?", &[]),
    ("lifecycel {\n  }", "unsupported block `lifecycel`; did you mean `lifecycle`?", &[]),
    (
        "resource \"oci_kms_key\" \"j\" {\n  }",
        "a `resource` block cannot be within a resource: a closing brace may be missing before it",
        &[],
    ),
    (
        "lifecycle {\n    ignore_changes = [protection_mod]\n  }",
        "`protection_mod` in `ignore_changes` is not an attribute of `oci_kms_key`; did you mean `protection_mode`?",
        &[],
    ),
    ("lifecycle {\n    replace_triggered_by = [terraform_data.nope]\n  }", "`terraform_data.nope` is not declared in this module", &[]),
    ("freeform_tags = \"x\"", "`freeform_tags` does not fit: map of string required", &[]),
    ("time_of_deletion = []", "`time_of_deletion` does not fit: string required, but have tuple", &[]),
    ("count = 1\n  for_each = toset([\"a\"])", "`count` and `for_each` may not be used together", &[]),
];

#[test]
fn rejected_key_block_is_a_problem_at_its_place() {
    for (extra, message, facts) in KEYS {
        let inventory = scan(&[("main.tf", &key(extra))]);
        assert_eq!(messages(&inventory), [*message], "{extra}");
        let problem = &inventory.problems[0];
        assert!(problem.kind == ProblemKind::Refused && problem.place.is_some(), "{extra}: {problem:?}");
        assert_eq!(inventory.keys.len(), 1, "{extra}");
        assert_eq!(rejected_facts(&inventory.keys[0]), *facts, "{extra}");
    }
}

#[test]
fn unknown_argument_is_a_notice_unless_the_lock_file_pins_the_version() {
    for (extra, name) in [("brand_new = 1", "brand_new"), ("brand_new {\n  }", "brand_new"), ("key_shape_two = 5", "key_shape_two")] {
        let main = key(extra);
        let inventory = scan(&[("main.tf", &main)]);
        assert_eq!(messages(&inventory), [""; 0], "{extra}");
        let [notice] = inventory.notices.as_slice() else { panic!("{extra}: {:?}", inventory.notices) };
        assert!(notice.kind == "unknown-argument" && notice.message.contains(name) && notice.place.is_some(), "{notice:?}");
        for (version, problems) in [("8.28.0", 1), ("6.0.0", 1), ("8.28.1", 0)] {
            let lock = format!("provider \"registry.terraform.io/oracle/oci\" {{\n  version = \"{version}\"\n}}\n");
            let inventory = scan(&[("main.tf", &main), (".terraform.lock.hcl", &lock)]);
            assert_eq!((inventory.problems.len(), inventory.notices.len()), (problems, 1 - problems), "{extra} {version}");
        }
    }
}

#[test]
fn configuration_that_terraform_plans_has_no_problem() {
    for extra in [
        "vault_id = null",
        "dynamic \"auto_key_rotation_details\" {\n    for_each = [90]\n    iterator = rot\n    content {\n      rotation_interval_in_days = rot.value\n    }\n  }",
        "depends_on = [var.x]\n}\nvariable \"x\" {\n  default = 1",
        "lifecycle {\n    ignore_changes = [\"display_name\"]\n    precondition {\n      condition = true\n      error_message = \"x\"\n    }\n  }",
        "timeouts {\n    create = \"1h\"\n  }",
        "dynamic \"auto_key_rotation_details\" {\n    for_each = []\n    content {\n      rotation_interval_in_day = 1\n    }\n  }",
        "provider = oci",
        "freeform_tags = { a = 1, b = true }",
        "restore_from_object_store {\n    destination = \"BUCKET\"\n  }",
    ] {
        let inventory = scan(&[("main.tf", &key(extra))]);
        assert_eq!((messages(&inventory), inventory.notices.len()), (Vec::new(), 0), "{extra}");
    }
}

const MODULE: &str = "variable \"mode\" {\n  default = \"SOFTWARE\"\n}\nvariable \"n\" {}\n";

#[test]
fn arguments_of_module_calls_that_create_keys_are_checked() {
    let module = key("protection_mode = var.mode") + MODULE;
    let cases: [(&str, &[&str], &[&str]); 7] = [
        ("n = 1\n  mdoe = \"HSM\"", &["module `m` has no variable `mdoe`; did you mean `mode`?"], &["mode"]),
        ("n = 1\n  other = \"HSM\"", &["module `m` has no variable `other`"], &[]),
        ("n = 1\n  for_eech = [1]", &["module `m` has no variable `for_eech`; did you mean `for_each`?"], &[]),
        ("", &["module call `m` does not set the required variable `n`"], &[]),
        ("n = 1\n  mode {\n  }", &["`mode` is an argument of module `m`, not a block: write `mode = …`"], &["mode"]),
        ("n = 1\n  depends_on = [oci_kms_vault.v]", &["`oci_kms_vault.v` is not declared in this module"], &[]),
        ("n = 1\n  mode = \"HSM\"\n  providers = {}", &[], &[]),
    ];
    for (arguments, problems, facts) in cases {
        let main = format!("module \"m\" {{\n  source = \"./m\"\n  {arguments}\n}}\n");
        let inventory = scan(&[("main.tf", &main), ("m/main.tf", &module)]);
        assert_eq!(messages(&inventory), problems, "{arguments}");
        assert_eq!(rejected_facts(&inventory.keys[0]), facts, "{arguments}");
    }
    // No key depends on the call.
    let main = key("") + "module \"m\" {\n  source = \"./m\"\n  nope = 1\n}\n";
    assert_eq!(messages(&scan(&[("main.tf", &main), ("m/main.tf", "variable \"a\" {}\n")])), [""; 0]);
}

#[test]
fn missing_argument_that_a_key_uses_is_a_problem() {
    let module = key("protection_mode = var.n") + MODULE;
    let inventory = scan(&[("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"), ("m/main.tf", &module)]);
    assert_eq!(messages(&inventory), ["module call `m` does not set the required variable `n`"]);
    assert_eq!(rejected_facts(&inventory.keys[0]), ["mode"]);
}

#[test]
fn rejected_declarations_are_problems_if_a_key_depends_on_them() {
    let by_variable = key("protection_mode = var.m");
    let by_local = key("protection_mode = local.m");
    let variable = "variable \"m\" {\n  default = \"HSM\"\n}\n";
    let local = "locals {\n  m = \"HSM\"\n}\n";
    let misspelled = by_variable.clone() + "variable \"m\" {\n  defualt = \"HSM\"\n}\n";
    let (twice, local_twice) = (format!("{by_variable}{variable}{variable}"), format!("{by_local}{local}{local}"));
    let key_twice = key("") + &key("protection_mode = \"HSM\"");
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("main.tf", &twice)], "the variable `m` is declared twice in this module"),
        (&[("main.tf", &local_twice)], "the local value `m` is declared twice in this module"),
        (&[("main.tf", &misspelled)], "unsupported argument `defualt` in a `variable` block; did you mean `default`?"),
        (&[("main.tf", &key_twice)], "the resource `oci_kms_key.k` is declared twice in this module"),
        (
            &[("main.tf", &by_variable), ("x_override.tf", variable)],
            "the variable `m` is declared in an override file only, and there is nothing to override",
        ),
        (
            &[("main.tf", &by_local), ("x_override.tf", local)],
            "the local value `m` is declared in an override file only, and there is nothing to override",
        ),
    ];
    for (files, message) in cases {
        let inventory = scan(files);
        assert_eq!(messages(&inventory), [message], "{files:?}");
        assert!(rejected_facts(&inventory.keys[0]).contains(&"mode"), "{files:?}");
    }
    // No key depends on these declarations.
    let unused = key("") + variable + variable + local + local + "output \"o\" {\n  value = var.m\n}\n";
    assert_eq!(messages(&scan(&[("main.tf", &unused)])), [""; 0]);
}

#[test]
fn malformed_blocks_that_may_be_keys_are_problems() {
    let labels = |labels: &str| key("").replace("\"oci_kms_key\" \"k\"", labels);
    let module = key("") + MODULE;
    let call = |header: &str| format!("{}{header} {{\n  source = \"./m\"\n  n = 1\n}}\n", key("").replace("\"k\" {", "\"r\" {"));
    let misspelled = key("").replacen("resource", "resorce", 1);
    let (one, three) = (labels("\"oci_kms_key\""), labels("\"oci_kms_key\" \"k\" \"x\""));
    let (two_labels, modul) = (call("module \"m\" \"x\""), call("modul \"m\""));
    let no_source = key("") + "module \"m\" {\n  n = 1\n}\n";
    let alone = key("");
    let plural = key("") + &key("").replace("oci_kms_key", "oci_kms_keys");
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("main.tf", &one)], "a `resource` block must have two labels: a type and a name"),
        (&[("main.tf", &three)], "a `resource` block must have two labels: a type and a name"),
        (&[("main.tf", &misspelled)], "unsupported block type `resorce`; did you mean `resource`?"),
        (&[("main.tf", &two_labels), ("m/main.tf", &module)], "a `module` block must have one label: the name of the call"),
        (&[("main.tf", &modul), ("m/main.tf", &module)], "unsupported block type `modul`; did you mean `module`?"),
        (&[("main.tf", &no_source)], "module call `m` has no `source`"),
        (&[("main.tf", &plural)], "unknown resource type `oci_kms_keys`; did you mean `oci_kms_key`?"),
        (&[("x_override.tf", &alone)], "`oci_kms_key.k` overrides a resource that is not declared outside of override files"),
    ];
    for (files, message) in cases {
        assert!(messages(&scan(files)).contains(&message), "{files:?}: {:?}", messages(&scan(files)));
    }
}

#[test]
fn json_blocks_are_checked_like_native_ones() {
    let with = |more: &str| {
        format!(
            r#"{{"resource": {{"oci_kms_key": {{"k": {{"compartment_id": "c", "display_name": "k", "management_endpoint": "x", {more}}}}}}}}}"#
        )
    };
    let cases = [
        (r#""protection_mod": "HSM""#, "unsupported argument `protection_mod`; did you mean `protection_mode`?"),
        (
            r#""auto_key_rotation_details": {"interval_in_days": 90}"#,
            "unsupported argument `interval_in_days`; did you mean `rotation_interval_in_days`?",
        ),
    ];
    for (more, message) in cases {
        assert_eq!(messages(&scan(&[("main.tf.json", &with(more))])), [message], "{more}");
    }
    assert_eq!(scan(&[("main.tf.json", &with(r#""auto_key_rotation_details": "x""#))]).problems.len(), 1);
    let iterator = r#""dynamic": {"auto_key_rotation_details": {"for_each": [90], "iterator": "rot", "content": {"rotation_interval_in_days": "${rot.value}"}}}"#;
    for plans in [r#""auto_key_rotation_details": [{"rotation_interval_in_days": 90}]"#, iterator] {
        let inventory = scan(&[("main.tf.json", &with(plans))]);
        assert_eq!(messages(&inventory), [""; 0], "{plans}");
        assert_eq!(inventory.keys[0].rotation.interval_days.value(), Some(&90), "{plans}");
    }
    let marked = format!("\u{feff}{}", with(r#""protection_mode": "HSM""#));
    assert_eq!(messages(&scan(&[("main.tf.json", &marked)])), ["a file in JSON syntax must not begin with a byte order mark"]);
}

#[test]
fn vaults_and_versions_are_checked_like_keys() {
    let vault = "resource \"oci_kms_vault\" \"v\" {\n  compartment_id = \"c\"\n  display_name = \"v\"\n  vault_typ = \"DEFAULT\"\n}\n";
    let inventory = scan(&[("main.tf", &(key("").replace("\"https://x\"", "oci_kms_vault.v.management_endpoint") + vault))]);
    assert_eq!(messages(&inventory), ["unsupported argument `vault_typ`; did you mean `vault_type`?"]);
    assert!(inventory.keys[0].vault_type.value().is_none() && !inventory.keys[0].vault_type.is_unset());
    let version =
        "resource \"oci_kms_key_version\" \"v\" {\n  key_id = oci_kms_key.k.id\n  management_endpoint = \"x\"\n  key_ids = 1\n}\n";
    assert_eq!(messages(&scan(&[("main.tf", &(key("") + version))])), ["unsupported argument `key_ids`; did you mean `key_id`?"]);
}

#[test]
fn cycles_are_problems_even_if_their_values_are_not_needed() {
    let j = |extra: &str| key(extra).replace("\"k\" {", "\"j\" {");
    let data = "terraform_data";
    for (text, wanted) in [
        (
            key("freeform_tags = { a = oci_kms_key.j.id }") + &j("freeform_tags = { a = oci_kms_key.k.id }"),
            "`oci_kms_key.j`, `oci_kms_key.k`",
        ),
        (key("depends_on = [oci_kms_key.j]") + &j("depends_on = [oci_kms_key.k]"), "`oci_kms_key.j`, `oci_kms_key.k`"),
        (key("count = 0\n  depends_on = [oci_kms_key.j]") + &j("depends_on = [oci_kms_key.k]"), "`oci_kms_key.j`, `oci_kms_key.k`"),
        (key("freeform_tags = { a = oci_kms_key.k.id }"), "`oci_kms_key.k` refers to itself"),
        (
            key("for_each = toset([\"a\", \"b\"])\n  freeform_tags = { a = each.key == \"a\" ? \"x\" : oci_kms_key.k[\"a\"].id }"),
            "`oci_kms_key.k` refers to itself",
        ),
        (
            key(
                "dynamic \"auto_key_rotation_details\" {\n    for_each = oci_kms_key.k.id == \"\" ? [1] : []\n    content {\n      rotation_interval_in_days = 90\n    }\n  }",
            ),
            "`oci_kms_key.k` refers to itself",
        ),
        (
            key("lifecycle {\n    precondition {\n      condition     = oci_kms_key.k.id != \"\"\n      error_message = \"x\"\n    }\n  }"),
            "`oci_kms_key.k` refers to itself",
        ),
        (key("freeform_tags = { a = local.x }") + "locals {\n  x = oci_kms_key.k.display_name\n}\n", "`local.x`, `oci_kms_key.k`"),
        (
            key("freeform_tags = { a = data.oci_kms_vault.v.id }")
                + "data \"oci_kms_vault\" \"v\" {\n  vault_id = oci_kms_key.k.vault_id\n}\n",
            "`oci_kms_key.k`, `data.oci_kms_vault.v`",
        ),
        (
            key(&format!("freeform_tags = {{ a = {data}.a.id }}"))
                + &format!(
                    "resource \"{data}\" \"a\" {{\n  input = {data}.b.id\n}}\nresource \"{data}\" \"b\" {{\n  depends_on = [oci_kms_key.k]\n}}\n"
                ),
            "`oci_kms_key.k`, `terraform_data.a`, `terraform_data.b`",
        ),
    ] {
        let scanned = scan(&[("main.tf", &text)]);
        let found: Vec<_> = scanned.problems.iter().filter(|problem| problem.kind == ProblemKind::Structure).collect();
        assert!(matches!(found.as_slice(), [one] if one.message.contains(wanted)), "{text}\n{found:?}");
        assert!(scanned.keys.iter().all(|key| rejected_facts(key).contains(&"mode")), "{text}");
    }
    for planned in [
        key("depends_on = [oci_kms_key.k]"),
        key("provisioner \"local-exec\" {\n    command = \"echo ${oci_kms_key.k.id}\"\n  }"),
        key("lifecycle {\n    postcondition {\n      condition     = self.id != \"\"\n      error_message = \"x\"\n    }\n  }"),
        key("lifecycle {\n    ignore_changes = [display_name]\n  }"),
        key("freeform_tags = { a = oci_kms_key.j.id }") + &j(""),
    ] {
        let scanned = scan(&[("main.tf", &planned)]);
        assert_eq!(messages(&scanned), Vec::<&str>::new(), "{planned}");
    }
}

#[test]
fn cycles_through_module_calls_are_problems_even_if_their_values_are_not_needed() {
    const MODULE: &str =
        "variable \"x\" {\n  default = \"\"\n}\noutput \"y\" {\n  value = var.x\n}\noutput \"mode\" {\n  value = \"HSM\"\n}\n";
    let call = |arguments: &str| format!("module \"a\" {{\n  source = \"./m\"\n  {arguments}\n}}\n");
    let tagged = |value: &str| key(&format!("freeform_tags = {{ a = {value} }}"));
    let with_depends_on = MODULE.replace("\"HSM\"", "\"HSM\"\n  depends_on = [terraform_data.t]")
        + "resource \"terraform_data\" \"t\" {\n  input = var.x\n}\n";
    let with_precondition =
        MODULE.replace("\"HSM\"", "\"HSM\"\n  precondition {\n    condition     = var.x != \"!\"\n    error_message = \"no\"\n  }");
    let between = "locals {\n  a = { y = module.a.y, z = \"z\" }\n}\n";
    for (text, module) in [
        (tagged("module.a.y") + &call("x = oci_kms_key.k.id"), MODULE),
        (tagged("lookup(module.a, \"mode\", \"\")") + &call("x = oci_kms_key.k.id"), MODULE),
        (tagged("module.a[\"mo${\"de\"}\"]") + &call("x = oci_kms_key.k.id"), MODULE),
        (tagged("module.a.mode") + &call("depends_on = [oci_kms_key.k]"), MODULE),
        (tagged("module.a[\"q\"].mode") + &call("for_each = { q = oci_kms_key.k.id }"), MODULE),
        (tagged("module.a.mode") + &call("x = oci_kms_key.k.id"), &with_depends_on),
        (tagged("module.a.mode") + &call("x = oci_kms_key.k.id"), &with_precondition),
        (tagged("local.a.z") + between + &call("x = oci_kms_key.k.display_name"), MODULE),
        (key("depends_on = [module.a]") + &call("x = oci_kms_key.k.id"), MODULE),
    ] {
        let scanned = scan(&[("main.tf", &text), ("m/main.tf", module)]);
        let found: Vec<_> = scanned.problems.iter().filter(|problem| problem.message.contains("depend on each other")).collect();
        assert!(matches!(found.as_slice(), [one] if one.kind == ProblemKind::Structure), "{text}\n{:?}", scanned.problems);
        assert!(scanned.keys.iter().all(|key| rejected_facts(key).contains(&"mode")), "{text}");
    }
    // The keys are in the modules that depend on each other.
    let inner = MODULE.to_owned() + &key("");
    for text in [
        call("x = module.a.y"),
        call("depends_on = [module.a]"),
        call("depends_on = [module.b]") + &call("depends_on = [module.a]").replace("\"a\"", "\"b\""),
        call("x = module.b.mode") + &call("depends_on = [module.a]").replace("\"a\"", "\"b\""),
    ] {
        let scanned = scan(&[("main.tf", &text), ("m/main.tf", &inner)]);
        assert!(scanned.problems.iter().any(|problem| problem.kind == ProblemKind::Structure), "{text}");
    }
    for planned in [
        tagged("module.a.mode") + &call("x = oci_kms_key.k.id"),
        key("depends_on = [module.a.mode]") + &call("x = oci_kms_key.k.id"),
        tagged("module.a.y") + &call("x = module.a.mode"),
        call("x = \"q\"") + &call("x = module.a.y").replace("\"a\"", "\"b\"") + &tagged("module.b.y"),
    ] {
        let scanned = scan(&[("main.tf", &planned), ("m/main.tf", MODULE)]);
        assert_eq!(messages(&scanned), Vec::<&str>::new(), "{planned}");
    }
}

#[test]
fn conditions_known_to_fail_are_problems() {
    let condition = |kind: &str, text: &str| {
        key(&format!("lifecycle {{\n    {kind} {{\n      condition     = {text}\n      error_message = \"no such key\"\n    }}\n  }}"))
    };
    let output = "variable \"mode\" {}\noutput \"mode\" {\n  value = var.mode\n  precondition {\n    condition     = var.mode == \"SOFTWARE\"\n    error_message = \"not ${var.mode}\"\n  }\n}\n";
    let through = |mode: &str| {
        key("freeform_tags = { a = module.m.mode }") + &format!("module \"m\" {{\n  source = \"./m\"\n  mode   = \"{mode}\"\n}}\n")
    };
    let variable = |condition: &str| {
        key("freeform_tags = { a = var.a }")
            + &format!(
                "variable \"a\" {{\n  default = \"x\"\n  validation {{\n    condition     = {condition}\n    error_message = \"no\"\n  }}\n}}\n"
            )
    };
    for (text, wanted) in [
        (condition("postcondition", "self.display_name == \"other\""), vec!["a postcondition of this resource is false: no such key"]),
        (condition("postcondition", "length(self.restore_from_file) > 0"), vec!["a postcondition of this resource is false: no such key"]),
        (condition("postcondition", "self.id != \"\" && self.display_name != \"\""), Vec::new()),
        (condition("precondition", "1 > 2"), vec!["a precondition of this resource is false: no such key"]),
        (through("HSM"), vec!["a precondition of output `mode` is false: not HSM"]),
        (through("SOFTWARE"), Vec::new()),
        (variable("1 == 1"), vec!["the condition of a validation must refer to the variable itself: `var.a`"]),
        (variable("length(var.a) == 1"), Vec::new()),
    ] {
        assert_eq!(messages(&scan(&[("main.tf", &text), ("m/main.tf", output)])), wanted, "{text}");
    }
}

#[test]
fn index_in_place_of_an_attribute_is_rejected_even_inside_try() {
    let vault = "resource \"oci_kms_vault\" \"v\" {\n  compartment_id = \"c\"\n  display_name = \"v\"\n  vault_type = \"DEFAULT\"\n}\n";
    let other = key("").replace("\"k\" {", "\"j\" {");
    let messages_for = |value: &str| {
        let scanned = scan(&[("main.tf", &(key(&format!("freeform_tags = {{ a = {value} }}")) + vault + &other))]);
        messages(&scanned).iter().map(|message| (*message).to_owned()).collect::<Vec<_>>()
    };
    let has_no_key = "`oci_kms_vault.v` has neither `count` nor `for_each`, so it has no instance key";
    for (value, wanted) in [
        ("try(oci_kms_vault.v[\"display_name\"], \"d\")", has_no_key),
        ("oci_kms_vault.v[\"nope\"]", has_no_key),
        ("try(oci_kms_key.j.key_shape[0][\"algorithm\"], \"d\")", "an attribute of `key_shape` must be written with a dot"),
        ("try(oci_kms_key.j.key_shape.algorithm, \"d\")", "the blocks `key_shape` are a list: write `key_shape[0]` and then the attribute"),
        ("try(oci_kms_key.j.key_shape[0].nope, \"d\")", "`key_shape` has no attribute `nope`"),
        ("try(\"x\", oci_kms_key.j.key_shape[0].nope)", "`key_shape` has no attribute `nope`"),
        ("length([for x in [] : oci_kms_vault.v[\"a\"]])", has_no_key),
        ("true ? \"x\" : oci_kms_key.j.display_name[0]", "a value of type string has no `[0]`"),
    ] {
        assert_eq!(messages_for(value), [wanted], "{value}");
    }
    for value in
        ["oci_kms_vault.v[lower(\"DISPLAY_NAME\")]", "oci_kms_key.j.key_shape.0.algorithm", "oci_kms_vault.v.freeform_tags == null"]
    {
        assert_eq!(messages_for(value), Vec::<String>::new(), "{value}");
    }
}

#[test]
fn invalid_meta_arguments_are_problems() {
    const VAULT: &str =
        "resource \"oci_kms_vault\" \"v\" {\n  compartment_id = \"c\"\n  display_name = \"v\"\n  vault_type = \"DEFAULT\"\n}\n";
    let attribute = "`depends_on` takes references to resources, data sources and modules, not to their attributes";
    let other = "`depends_on` takes references to resources, data sources and modules only";
    let missing = "there is no configuration `oci.home` of the provider in this module, and none is passed to it";
    for (extra, wanted) in [
        ("depends_on = [oci_kms_vault.v.id]", vec![attribute]),
        ("depends_on = [oci_kms_vault.many[0].id]", vec![attribute]),
        ("depends_on = [upper(\"x\")]", vec![other]),
        ("depends_on = [oci_kms_vault.many[*]]", vec![other]),
        ("depends_on = oci_kms_vault.v", vec!["`depends_on` must be a list of references"]),
        ("depends_on = [oci_kms_vault.v, oci_kms_vault.many[0], \"oci_kms_vault.v\", path.module]", Vec::new()),
        ("lifecycle {\n    ignore_changes = protection_mode\n  }", vec!["`ignore_changes` must be a list of attribute names, or `all`"]),
        ("lifecycle {\n    ignore_changes = all\n  }", Vec::new()),
        ("provider = oci.home", vec![missing]),
        ("provider = oci", Vec::new()),
        ("provider = other.home", Vec::new()),
    ] {
        let many = VAULT.replace("\"v\" {", "\"many\" {\n  count = 2");
        assert_eq!(messages(&scan(&[("main.tf", &(key(extra) + VAULT + &many))])), wanted, "{extra}");
    }
    let aliased = key("provider = oci.home");
    for given in [
        "provider \"oci\" {\n  alias = \"home\"\n}\n",
        "terraform {\n  required_providers {\n    oci = {\n      source = \"oracle/oci\"\n      configuration_aliases = [oci.away, oci.home]\n    }\n  }\n}\n",
    ] {
        assert_eq!(messages(&scan(&[("main.tf", &(aliased.clone() + given))])), Vec::<&str>::new(), "{given}");
    }
}

#[test]
fn invalid_names_are_rejected() {
    let named = |name: &str| key("").replace("\"k\" {", &format!("\"{name}\" {{"));
    for name in ["1a", "a.b", "a b", "-a", ""] {
        let scanned = scan(&[("main.tf", &named(name))]);
        let wanted = format!("the resource `oci_kms_key.{name}` has an invalid name").replace("oci_kms_key.", "");
        assert!(matches!(messages(&scanned).as_slice(), [one] if one.starts_with(&wanted)), "{:?}", messages(&scanned));
        assert!(scanned.keys.iter().all(|key| rejected_facts(key).contains(&"mode")));
    }
    for name in ["a-b_C1", "_a", "schlüssel", "e\u{301}", "日本"] {
        assert_eq!(messages(&scan(&[("main.tf", &named(name))])), Vec::<&str>::new(), "{name}");
    }
    let call = |label: &str| format!("module \"{label}\" {{\n  source = \"./m\"\n}}\n");
    let scanned = scan(&[("main.tf", &call("a.b")), ("m/main.tf", &key(""))]);
    assert!(messages(&scanned)[0].starts_with("the module call `a.b` has an invalid name"), "{:?}", messages(&scanned));
    let reserved = "variable \"providers\" {\n  default = \"x\"\n}\n".to_owned() + &key("freeform_tags = { a = var.providers }");
    assert_eq!(
        messages(&scan(&[("main.tf", &reserved)])),
        ["a variable cannot be called `providers`: module calls have an argument of that name"]
    );
}

#[test]
fn module_that_configures_a_provider_cannot_be_called_with_count() {
    const PROVIDER: &str = "provider \"oci\" {\n  region = \"x\"\n}\n";
    let inner = PROVIDER.to_owned() + &key("");
    let call = |argument: &str| format!("module \"m\" {{\n  source = \"./m\"\n  {argument}\n}}\n");
    for argument in ["count", "for_each", "depends_on"] {
        let value = if argument == "count" {
            "1"
        } else if argument == "for_each" {
            "{ a = 1 }"
        } else {
            "[terraform_data.t]"
        };
        let text = call(&format!("{argument} = {value}")) + "resource \"terraform_data\" \"t\" {}\n";
        let scanned = scan(&[("main.tf", &text), ("m/main.tf", &inner)]);
        let wanted = format!("module `m` configures a provider itself, so it cannot be called with `{argument}`");
        assert_eq!(messages(&scanned), [wanted.as_str()]);
    }
    let outer = call("").replace("\"m\"", "\"n\"").replace("./m", "./n");
    let scanned = scan(&[("main.tf", &call("count = 1")), ("m/main.tf", &outer), ("m/n/main.tf", &inner)]);
    assert_eq!(messages(&scanned), ["module `n` configures a provider itself, so it cannot be called with `count`"]);
    let proxy = inner.replace("region = \"x\"", "alias = \"x\"");
    for (argument, module) in [("", &inner), ("depends_on = []", &inner), ("count = 1", &proxy)] {
        assert_eq!(messages(&scan(&[("main.tf", &call(argument)), ("m/main.tf", module)])), Vec::<&str>::new(), "{argument}");
    }
}

/// Terraform reports "Attempt to get attribute from null value". It cannot plan this configuration, so the help must not suggest a plan.
#[test]
fn key_with_a_rejected_for_each_is_advised_to_fix_the_configuration() {
    let module = "variable \"config\" {}\nresource \"oci_kms_key\" \"k\" {\n  for_each        = var.config.keys\n  \
                  protection_mode = each.value.mode\n}\n";
    let directory = scratch(&[("main.tf", "module \"m\" {\n  source = \"./m\"\n  config = null\n}\n"), ("m/main.tf", module)]);
    let run = kmslint(directory.path(), &["--level", "OCI-KMS-001=off"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("the value is null, so it has no attribute `keys`"), "{run:?}");
    assert!(run.out.contains("Fix the configuration: Terraform would reject it") && !run.out.contains("Check the plan"), "{run:?}");
}
