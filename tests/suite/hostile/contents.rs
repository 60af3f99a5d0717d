//! Hostile contents of files: bombs, depth, size, recursion, nonsense.

use super::{CONTROL_KEY, check, keys, kmslint, shell, small_limits};
use crate::harness::{in_parallel, local_reduction, scan_with_limits, scratch};
use kmslint::base::Claim;
use kmslint::eval::TOO_LARGE;
use std::fs;
use std::io::Write;

/// Checks a key whose protection mode is this expression. Returns the key.
fn mode(expression: &str) -> serde_json::Value {
    check_next_to_control_key(&format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {expression}\n}}\n"), expression)
}

/// Checks this configuration next to the control key. Returns `oci_kms_key.k`, which must not be skipped.
fn check_next_to_control_key(text: &str, about: &str) -> serde_json::Value {
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("hostile.tf", text)]);
    let (output, report) = check(directory.path(), &[]);
    let about: String = about.chars().take(200).collect();
    let key = keys(&report).find(|key| key["address"].as_str().is_some_and(|address| address.starts_with("oci_kms_key.k")));
    key.cloned().unwrap_or_else(|| panic!("{about}: the key is skipped: {output:#?}"))
}

/// Asserts that a key is undetermined, with a reason.
fn assert_undetermined(key: &serde_json::Value, about: &str) {
    let about: String = about.chars().take(200).collect();
    assert_eq!(key["protection_mode"]["claim"], "unknown", "{about}: {key:#}");
    assert!(key["protection_mode"]["why"].as_str().is_some_and(|why| !why.is_empty()), "{about}: {key:#}");
    assert_eq!(key["verdicts"]["OCI-KMS-004"]["verdict"], "undetermined", "{about}: {key:#}");
}

/// The reason why the protection mode of a key is unknown with small limits.
fn why_unknown_with_small_limits(expression: &str) -> String {
    let text = format!("resource \"oci_kms_key\" \"k\" {{\n  protection_mode = {expression}\n  is_auto_rotation_enabled = true\n}}\n");
    let inventory = scan_with_limits(&[("main.tf", CONTROL_KEY), ("hostile.tf", &text)], small_limits());
    assert_eq!(inventory.keys.len(), 2, "{expression}: no key may be skipped");
    let key = inventory.keys.iter().find(|key| key.id.address == "oci_kms_key.k").expect("the key");
    assert_eq!(key.rotation.enabled.value(), Some(&true), "{expression}: other arguments must be known");
    match &key.protection_mode.claim {
        Claim::Unknown(unknown) => unknown.why.to_string(),
        other => panic!("{expression}: {other:?}"),
    }
}

#[test]
fn exploding_expressions_are_undetermined() {
    // Once with the default limits; all others with small limits, which are exhausted faster.
    assert_undetermined(&mode("format(\"%2000000000s\", \"a\")"), "format");
    for expression in [
        "join(\",\", [for p in setproduct(range(1000), range(1000), range(1000)) : p[0]])",
        "length(setproduct(range(1000), range(1000), range(1000), range(1000))) > 3 ? \"HSM\" : \"SOFTWARE\"",
        "tostring(length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]))",
        "format(\"%2000000000s\", \"a\")",
        "format(\"%.2000000000f\", 1)",
        "join(\"\", [for n in range(1000) : format(\"%1000000s\", \"a\")])",
        "tostring(length(jsonencode([for n in range(1024) : [for m in range(1024) : range(1024)]])))",
        "cidrsubnets(\"0.0.0.0/0\", [for n in range(1000) : 30]...)[0] == \"\" ? \"\" : join(\"\", [for n in range(1000) : join(\"\", [for m in range(1000) : join(\"\", range(1000))])])",
        "\"%{for a in range(1000)}%{for b in range(1000)}%{for c in range(1000)}x%{endfor}%{endfor}%{endfor}\"",
    ] {
        assert_eq!(why_unknown_with_small_limits(expression), TOO_LARGE, "{expression}");
    }
}

#[test]
fn values_that_double_repeatedly_are_undetermined() {
    let chain = |step: &str| {
        let locals: String = (1..60).map(|n| format!("  a{n} = {}\n", step.replace("PREV", &format!("local.a{}", n - 1)))).collect();
        format!(
            "locals {{\n  a0 = \"HSM\"\n  list = [\"HSM\"]\n{locals}}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = jsonencode(local.a59)\n}}\n"
        )
    };
    for step in ["\"${PREV}${PREV}\"", "[PREV, PREV]", "replace(PREV, \"/.+/\", \"$0$0\")"] {
        let inventory = scan_with_limits(&[("main.tf", &chain(step))], small_limits());
        assert!(inventory.keys[0].protection_mode.as_unknown().is_some(), "{step}: {:?}", inventory.keys);
    }
}

#[test]
fn bombs_in_yaml_gzip_and_regular_expressions_are_undetermined() {
    let aliases: String = (1..30).map(|n| format!("a{n}: &a{n} [{}]\\n", vec![format!("*a{}", n - 1); 9].join(", "))).collect();
    let yaml = format!("jsonencode(yamldecode(\"a0: &a0 [lol]\\n{aliases}\"))");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..64 / local_reduction(8) {
        gzip.write_all(&[b'a'; 1 << 20]).expect("memory");
    }
    let gzip = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, gzip.finish().expect("memory"));
    let gzip = format!("join(\"\", [for n in range(100) : base64gunzip(\"{gzip}\")])");
    for expression in [
        yaml.as_str(),
        &gzip,
        "regex(\"((a{1000}){1000}){1000}\", \"a\")",
        "replace(join(\"\", [for n in range(1000) : \"aaaaaaaaaaaaaaaaaaaa\"]), \"/(a*)*(a*)*(a*)*b/\", \"\") == \"\" ? \"HSM\" : upper(file(\"missing\"))",
        "yamldecode(\"&a [*a]\")",
    ] {
        assert_undetermined(&mode(expression), expression);
    }
}

#[test]
fn million_instances_are_not_expanded() {
    for many in [
        "for_each = toset([for p in setproduct(range(1000), range(1000)) : join(\"-\", p)])",
        "for_each = { for p in setproduct(range(1000), range(1000)) : join(\"-\", p) => p }",
        "count = 1000000",
        "count = 1000000000000",
        "count = pow(2, 200)",
        "count = 1000000000000000000000000000000",
    ] {
        let key =
            check_next_to_control_key(&format!("resource \"oci_kms_key\" \"k\" {{\n  {many}\n  protection_mode = \"HSM\"\n}}\n"), many);
        assert!(key["verdicts"]["OCI-KMS-004"]["verdict"] == "violation", "{many}: {key:#}");
    }
}

#[test]
fn exponentially_many_module_calls_are_bounded() {
    let twice = |next: &str| format!("module \"a\" {{\n  source = \"{next}\"\n}}\nmodule \"b\" {{\n  source = \"{next}\"\n}}\n");
    let directory = scratch(&[("main.tf", CONTROL_KEY), ("call.tf", &twice("./m0"))]);
    let depth = 40 / local_reduction(2);
    for n in 0..depth {
        let module = directory.path().join(format!("m{n}"));
        fs::create_dir(&module).expect("a directory");
        let text = if n == depth - 1 { CONTROL_KEY.replace("control", "leaf") } else { twice(&format!("../m{}", n + 1)) };
        fs::write(module.join("main.tf"), text).expect("a file");
    }
    let output = kmslint(directory.path(), &["--no-config", "--format", "short"]);
    assert!(output.code == 2 && output.err.contains("the rest was not checked"), "2^{depth} keys must be cut with a problem: {output:#?}");
    assert!(output.out.contains("oci_kms_key.control"), "{output:#?}");

    for call in [
        "module \"m\" {\n  source = \"./m\"\n  count = 1000000000\n}\n",
        "module \"m\" {\n  source = \"./m\"\n  for_each = toset([for p in setproduct(range(1000), range(1000)) : join(\"-\", p)])\n}\n",
    ]
    .into_iter()
    .step_by(local_reduction(2))
    {
        let directory = scratch(&[
            ("main.tf", CONTROL_KEY),
            ("call.tf", call),
            ("m/main.tf", "resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\"\n}\n"),
        ]);
        let (_, report) = check(directory.path(), &[]);
        assert!(keys(&report).any(|key| key["address"].as_str().is_some_and(|address| address.starts_with("module.m"))), "{call}");
    }
}

#[test]
fn cyclic_modules_and_values_are_problems() {
    for (files, about) in [
        (vec![("call.tf", "module \"me\" {\n  source = \"./\"\n}\n")], "itself"),
        (
            vec![("call.tf", "module \"a\" {\n  source = \"./a\"\n}\n"), ("a/a.tf", "module \"up\" {\n  source = \"../\"\n}\n")],
            "its caller",
        ),
        (
            vec![
                ("call.tf", "module \"a\" {\n  source = \"./a\"\n}\n"),
                ("a/a.tf", "module \"b\" {\n  source = \"../b\"\n}\nresource \"oci_kms_key\" \"x\" {}\n"),
                ("b/b.tf", "module \"a\" {\n  source = \"../a\"\n}\n"),
            ],
            "each other",
        ),
    ] {
        let mut files = files;
        files.push(("main.tf", CONTROL_KEY));
        let directory = scratch(&files);
        let (output, report) = {
            let output = kmslint(directory.path(), &["--no-config", "--format", "json"]);
            let report: serde_json::Value = serde_json::from_str(&output.out).expect("a report");
            (output, report)
        };
        assert_eq!(output.code, 2, "{about}: {output:#?}");
        assert!(
            keys(&report).any(|key| key["address"].as_str().is_some_and(|address| address.ends_with("oci_kms_key.control"))),
            "{about}: {output:#?}"
        );
        assert!(output.err.len() < 10_000, "{about}: reported once, not for each round: {output:#?}");
    }
    let key = check_next_to_control_key(
        "locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = local.a\n}\n",
        "a cycle of locals",
    );
    assert_undetermined(&key, "a cycle of locals");
    let long: String = (1..20_000).map(|n| format!("  a{n} = local.a{}\n", n - 1)).collect();
    let key = check_next_to_control_key(
        &format!("locals {{\n  a0 = \"HSM\"\n{long}}}\nresource \"oci_kms_key\" \"k\" {{\n  protection_mode = local.a19999\n}}\n"),
        "a chain of locals",
    );
    assert!(matches!(key["verdicts"]["OCI-KMS-004"]["verdict"].as_str(), Some("violation" | "undetermined")), "{key:#}");
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep = |open: &str, middle: &str, close: &str, times: usize| format!("{}{middle}{}", open.repeat(times), close.repeat(times));
    // The greatest depth only if all cases are tried.
    for times in [200, 5_000, 100_000].into_iter().take(4 / local_reduction(2)) {
        let expressions = [
            deep("(", "\"HSM\"", ")", times),
            deep("[", "\"HSM\"", "]", times),
            deep("{ a = ", "\"HSM\"", " }", times),
            deep("\"${", "\"HSM\"", "}\"", times),
            deep("!", "true", "", times),
            deep("-", "1", "", times),
            deep("true ? ", "\"HSM\"", " : \"HSM\"", times),
            deep("upper(", "\"HSM\"", ")", times),
            deep("[for a in ", "[]", " : a]", times),
            deep("1 + ", "1", "", times),
            deep("true && ", "true", "", times),
            deep("\"HSM\" == ", "\"HSM\"", "", times),
            format!("local.x{}", ".a".repeat(times)),
            format!("local.x{}", "[0]".repeat(times)),
            format!("local.x{}", "[*]".repeat(times)),
            format!("\"{}\"", "%{ if true }".repeat(times) + &"%{ endif }".repeat(times)),
        ];
        let directory = scratch(&[("main.tf", CONTROL_KEY), ("blocks.tf", &deep("a {\n", "", "}\n", times))]);
        for (at, expression) in expressions.iter().enumerate() {
            let text = format!("resource \"oci_kms_key\" \"k{at}\" {{\n  protection_mode = {expression}\n}}\n");
            fs::write(directory.path().join(format!("deep{at}.tf")), text).expect("a file");
        }
        let (output, report) = check(directory.path(), &[]);
        for (at, expression) in expressions.iter().enumerate() {
            let is_checked = keys(&report).any(|key| key["address"] == format!("oci_kms_key.k{at}"));
            let is_problem = output.code == 2 && output.err.contains(&format!("deep{at}.tf:"));
            let start: String = expression.chars().take(20).collect();
            assert!(is_checked || is_problem, "{times} × {start}: the key is skipped: {}", output.err);
        }
    }
}

#[test]
fn deep_json_does_not_overflow_the_stack() {
    // The greatest depth only if all cases are tried.
    for times in [100, 5_000, 1_000_000].into_iter().take(4 / local_reduction(2)) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(times), close.repeat(times));
            for (name, text) in [
                ("deep.tf.json", format!("{{\"resource\": {{\"oci_kms_key\": {deep}}}}}")),
                ("deep.tf.json", deep.clone()),
                ("terraform.tfvars.json", format!("{{\"a\": {deep}}}")),
                (".terraform/modules/modules.json", format!("{{\"Modules\": {deep}}}")),
            ] {
                let directory = scratch(&[("main.tf", CONTROL_KEY), (name, &text)]);
                check(directory.path(), &[]);
            }
            for document in [
                format!("{{\"format_version\":\"1.2\",\"planned_values\":{deep}}}"),
                format!(
                    "{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"address\":\"oci_kms_key.k\",\"mode\":\"managed\",\"type\":\"oci_kms_key\",\"name\":\"k\",\"change\":{{\"actions\":[\"create\"],\"after\":{deep}}}}}]}}"
                ),
                format!("{{\"version\":4,\"resources\":{deep}}}"),
                open.repeat(times),
                deep.clone(),
            ] {
                let directory = scratch(&[("plan.json", &document)]);
                let output = kmslint(directory.path(), &["--no-config", "plan.json"]);
                // Parts that kmslint skips may be nested to any depth, but a key must not be skipped.
                let is_problem = output.code == 2 && output.err.contains("plan.json");
                let is_skipped = document.contains("planned_values") && output.code == 0;
                let is_checked = document.contains("oci_kms_key") && output.code == 1;
                assert!(is_problem || is_skipped || is_checked, "{}: {output:#?}", &document[..60.min(document.len())]);
            }
            let decoded = scratch(&[("main.tf", CONTROL_KEY), ("deep.json", &deep)]);
            fs::write(
                decoded.path().join("k.tf"),
                "resource \"oci_kms_key\" \"k\" {\n  protection_mode = jsonencode(jsondecode(file(\"deep.json\")))\n}\n",
            )
            .expect("a file");
            check(decoded.path(), &[]);
            fs::write(
                decoded.path().join("k.tf"),
                "resource \"oci_kms_key\" \"k\" {\n  protection_mode = jsonencode(yamldecode(file(\"deep.json\")))\n}\n",
            )
            .expect("a file");
            check(decoded.path(), &[]);
        }
    }
}

#[test]
fn many_values_are_read() {
    let values: String = (0..50_000).map(|n| format!("x{n} = {n}\n")).collect();
    let map: String = (0..20_000).map(|n| format!("  k{n} = \"HSM\"\n")).collect();
    let directory = scratch(&[
        ("main.tf", CONTROL_KEY),
        (
            "variables.tf",
            "variable \"modes\" {\n  type = map(string)\n}\nresource \"oci_kms_key\" \"k\" {\n  protection_mode = var.modes[\"k19999\"]\n}\n",
        ),
        ("terraform.tfvars", &values),
        ("x.auto.tfvars", &format!("modes = {{\n{map}}}\n")),
    ]);
    let (output, report) = check(directory.path(), &[]);
    let key = keys(&report).find(|key| key["address"] == "oci_kms_key.k").expect("the key");
    assert_eq!(key["protection_mode"]["value"], "HSM", "{}", output.err.chars().take(500).collect::<String>());
}

#[test]
fn nonsense_is_a_problem_and_hides_nothing() {
    let utf16: Vec<u8> = std::iter::once(0xfeff_u16).chain(CONTROL_KEY.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let nonsense: [(&str, &[u8]); 12] = [
        ("zeros", &[0; 4096]),
        ("UTF-16", &utf16),
        ("Latin 1", b"locals {\n  a = \"Gr\xf6\xdfe\"\n}\n"),
        ("a ZIP", b"PK\x03\x04\x14\0\0\0\x08\0oci_kms_key"),
        ("an ELF", b"\x7fELF\x02\x01\x01\0oci_kms_key\0\0"),
        ("open string", b"resource \"oci_kms_key\" \"k\" {\n  protection_mode = \"HSM\n}\n"),
        ("open heredoc", b"locals {\n  a = <<EOT\noci_kms_key\n"),
        ("open comment", b"/* oci_kms_key\n"),
        ("open template", b"locals {\n  a = \"${\n}\n"),
        ("merge conflict", b"<<<<<<< HEAD\nresource \"oci_kms_key\" \"k\" {}\n=======\n>>>>>>> theirs\n"),
        ("prose", "Dies ist kein Terraform — sondern Text über oci_kms_key.\n".as_bytes()),
        ("brackets", b"}}}}]])){{{"),
    ];
    in_parallel(nonsense, |(about, bytes)| {
        let directory = scratch(&[("main.tf", CONTROL_KEY)]);
        fs::write(directory.path().join("nonsense.tf"), bytes).expect("a file");
        let (output, _) = check(directory.path(), &[]);
        assert!(output.code == 2 && output.err.contains("nonsense.tf"), "{about}: {output:#?}");
        fs::rename(directory.path().join("nonsense.tf"), directory.path().join("nonsense.tf.json")).expect("a name");
        let (output, _) = check(directory.path(), &[]);
        assert!(output.code == 2 && output.err.contains("nonsense.tf.json"), "{about}: {output:#?}");
        let output = kmslint(directory.path(), &["--no-config", "nonsense.tf.json"]);
        assert_eq!(output.code, 2, "{about}: {output:#?}");
    });
}

#[test]
fn truncated_documents_are_problems() {
    let plan = fs::read(crate::harness::root().join("testdata/plans/create/plan.json")).expect("the plan");
    let directory = scratch(&[]);
    for end in [0, 1, 2, plan.len() / 3, plan.len() / 2, plan.len() - 2] {
        fs::write(directory.path().join("plan.json"), &plan[..end]).expect("a file");
        let output = kmslint(directory.path(), &["--no-config", "plan.json"]);
        assert!(output.code == 2 && output.err.contains("plan.json"), "{end} bytes: {output:#?}");
        let piped = shell(directory.path(), "exec \"$KMSLINT\" --no-config - <plan.json", &[]);
        assert_eq!(piped.code, 2, "{end} bytes: {piped:#?}");
    }
}

#[test]
fn nonsense_in_comments_config_and_baseline_is_harmless() {
    let directory = scratch(&[("main.tf", CONTROL_KEY)]);
    for text in [
        "# kmslint: ignore[",
        "# kmslint: ignore[]]]] until=9999999999-99-99 x",
        "# kmslint: ignore[OCI-KMS-004] until=2026-02-30 x",
        "# kmslint: \u{202e}\u{0}",
        "/* kmslint: ignore[OCI-KMS-004 */",
        &format!("# kmslint: ignore[{}] x", "OCI-KMS-004,".repeat(20_000)),
    ] {
        fs::write(directory.path().join("main.tf"), format!("{text}\n{CONTROL_KEY}")).expect("a file");
        check(directory.path(), &[]);
    }
    fs::write(directory.path().join("main.tf"), CONTROL_KEY).expect("a file");
    for text in [
        "[[exempt]]\n",
        "\u{0}",
        "[rules.OCI-KMS-001]\nmax-rotation-days = 1e400\n",
        &"[a]\n".repeat(50_000),
        &"[".repeat(100_000),
        &format!("a = {}", "[".repeat(100_000)),
    ] {
        fs::write(directory.path().join("kmslint.toml"), text).expect("a file");
        let output = kmslint(directory.path(), &["--format", "short"]);
        assert!(output.code == 2 && output.err.contains("kmslint.toml"), "{}: {output:#?}", text.chars().take(40).collect::<String>());
        fs::write(directory.path().join("baseline.json"), text).expect("a file");
        let output = kmslint(directory.path(), &["--no-config", "--baseline", "baseline.json"]);
        assert!(output.code == 2 && output.err.contains("baseline.json"), "{}: {output:#?}", text.chars().take(40).collect::<String>());
    }
}
