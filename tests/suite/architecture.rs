//! The structure that `src/lib.rs` describes: imports go down only, restricted names stay in their files, every file has a description.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Each room and the rooms that it may import. Every room may import itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("key", &["base"]),
    ("hcl", &["base"]),
    ("eval", &["base", "hcl"]),
    ("terraform", &["base", "key", "hcl", "eval"]),
    ("plan", &["base", "key"]),
    ("live", &["base", "key"]),
    ("rules", &["base", "key"]),
    ("policy", &["base", "key", "rules"]),
    ("fix", &["base", "key", "hcl", "rules"]),
    ("report", &["base", "key", "rules", "policy", "fix"]),
    ("check", &["base", "key", "hcl", "eval", "terraform", "plan", "live", "rules", "policy", "fix", "report"]),
    ("lsp", &["base", "key", "hcl", "eval", "terraform", "plan", "live", "rules", "policy", "fix", "report", "check"]),
    ("cli", &["base", "key", "hcl", "eval", "terraform", "plan", "live", "rules", "policy", "fix", "report", "check", "lsp"]),
    ("main", &["cli"]),
    ("lib", &["base", "key", "hcl", "eval", "terraform", "plan", "live", "rules", "policy", "fix", "report", "check", "lsp", "cli"]),
];

/// Names that may be used in some files only: the names, those files, and what other files do instead.
const FENCES: &[(&[&str], &[&str], &str)] = &[
    (&["hcl_edit"], &["hcl/native.rs"], "read the tree of `hcl` instead"),
    (&["clap", "clap_complete", "clap_mangen"], &["cli/"], "take plain values; only the command line knows its arguments"),
    (&["lsp_server", "lsp_types"], &["lsp/"], "return values of our own; only the language server knows its protocol"),
    (&["ureq"], &["live/tenancy/transport/"], "go through the audit's `transport`, which confines and caps"),
    (
        &["TcpStream", "UdpSocket", "TcpListener", "ToSocketAddrs"],
        &["live/tenancy/transport/"],
        "nothing but the audit's `transport` may reach the network",
    ),
    (
        &["std::fs", "fs::File", "File::open", "File::create", "OpenOptions"],
        &["base/disk.rs", "base/disk/"],
        "use `base::disk`, which rejects everything but regular files and limits their size",
    ),
    (&["std::env", "env::var", "env::args"], &["cli/"], "take the value as an argument; `cli` hands the environment down"),
    (&["Timestamp::now", "SystemTime::now", "Zoned::now"], &["cli/"], "take the time as an argument; `cli` hands the clock down"),
    (&["process::exit", "process::abort"], &[], "return an `Exit` up to `main`"),
];

/// The layers of a room, from the bottom up: each may import those before it. Modules that are not listed are above all of them.
const LAYERS: &[(&str, &[&str])] = &[
    ("terraform", &["blocks", "schema", "request", "discovery", "modules", "inputs", "world", "facts", "scope", "keys", "roots"]),
    ("live/tenancy", &["fault", "wire", "crypto", "transport", "auth", "memo", "api", "audit"]),
];

/// The files that may import each other in a cycle, and why. `docs/architecture.md` gives the same reasons.
const CYCLES: &[(&[&str], &str)] = &[
    (
        &[
            "eval/call.rs",
            "eval/conditional.rs",
            "eval/evaluate.rs",
            "eval/iteration.rs",
            "eval/operators.rs",
            "eval/references.rs",
            "eval/template.rs",
            "eval/tfvars.rs",
            "eval/traversal.rs",
        ],
        "an expression contains expressions",
    ),
    (
        &["eval/equality.rs", "eval/members.rs", "eval/value.rs"],
        "a value contains values, and a set has them in the order in which they compare",
    ),
    (&["eval/convert.rs", "eval/refine.rs", "eval/unify.rs"], "to convert a collection is to convert its elements to their common type"),
    (
        &["rules/protection_mode.rs", "rules/protection_mode/remedies.rs"],
        "advice is given only where the rule passes the key that it leads to",
    ),
    (
        &["rules/rotation.rs", "rules/rotation/remedies.rs", "rules/rotation/wording.rs"],
        "advice is given only where the rule passes the key that it leads to",
    ),
    (&["terraform/scope/time/passing.rs", "terraform/scope/time/triggers.rs"], "a resource is replaced because of what another undergoes"),
];

/// The maximum number of lines of code in a file, without its tests.
const MOST_LINES: usize = 600;

/// A source file.
struct SourceFile {
    /// Relative to `src`, with forward slashes.
    path: String,
    /// The complete file.
    text: String,
    /// The part before `#[cfg(test)] mod tests {`, with comments and the contents of strings blanked; line numbers stay the same.
    code: String,
    /// The [`tokens`] of `code`.
    tokens: Vec<(usize, String)>,
}

impl SourceFile {
    fn new(path: String, text: String) -> Self {
        // A separate file of tests (`#[cfg(test)] mod tests;`) does not count as code.
        let is_tests = path.ends_with("/tests.rs") || path.ends_with("/testing.rs");
        let code = if is_tests { String::new() } else { code_of(&text) };
        let tokens = tokens(&code);
        Self { path, text, code, tokens }
    }
}

#[test]
fn imports_between_rooms_go_down() {
    let mut faults = String::new();
    let mut imports = 0;
    for file in sources() {
        let room = room_of(&file.path);
        let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| {
            panic!(
                "src/{} is not in a room of tests/suite/architecture.rs: move it into one, or add the new room to ROOMS and to src/lib.rs",
                file.path
            )
        });
        for (line, target) in imported_rooms(file) {
            imports += 1;
            if target != room && !allowed.contains(&target.as_str()) {
                let may = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
                writeln!(faults, "src/{}:{line}: `{room}` may not import `{target}` (it may import {may}); move the shared code down, or pass it in as a value", file.path).unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    assert!(imports >= 40, "only {imports} imports between rooms were found: the collector is broken");
}

#[test]
fn imports_between_layers_of_a_room_go_down() {
    let mut faults = String::new();
    for (room, layers) in LAYERS {
        let within: Vec<String> = room.split('/').map(str::to_owned).collect();
        let modules: BTreeSet<Vec<String>> = sources().iter().map(|file| module_of(&file.path)).collect();
        let rank = |path: &[String]| {
            let inside = path.strip_prefix(within.as_slice()).filter(|rest| !rest.is_empty())?;
            let is_module = || modules.contains(&path[..within.len() + 1]);
            // Modules outside of the layers are above all of them.
            layers.iter().position(|name| *name == inside[0]).or_else(|| is_module().then_some(layers.len()))
        };
        let mut imports = 0;
        for file in sources() {
            let Some(own) = rank(&module_of(&file.path)) else { continue };
            for (line, path) in imported_paths(file) {
                let Some(target) = rank(&path) else { continue };
                imports += 1;
                if target > own {
                    let name = |rank: usize| layers.get(rank).copied().unwrap_or("the top");
                    writeln!(faults, "src/{}:{line}: `{}` may not import `{}`", file.path, name(own), name(target)).unwrap();
                }
            }
        }
        assert!(imports >= 30, "only {imports} imports between the layers of {room} were found: the collector is broken");
        for layer in *layers {
            assert!(
                Path::new("src").join(room).join(layer).exists() || Path::new("src").join(room).join(format!("{layer}.rs")).exists(),
                "{room} has no layer `{layer}`"
            );
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn import_cycles_are_only_the_documented_ones() {
    let imports = imports_of_files();
    let edges: usize = imports.values().map(BTreeSet::len).sum();
    assert!(edges >= 800, "only {edges} imports between files were found: the collector is broken");
    let expected: BTreeSet<BTreeSet<&str>> = CYCLES.iter().map(|(files, _)| files.iter().copied().collect()).collect();
    let mut faults = String::new();
    for cycle in cycles(&imports).into_iter().filter(|cycle| !expected.contains(cycle)) {
        writeln!(faults, "these files import each other in a cycle; move the code that they share below them:").unwrap();
        for file in &cycle {
            let inside: Vec<&str> = imports[*file].iter().map(String::as_str).filter(|target| cycle.contains(target)).collect();
            writeln!(faults, "  src/{file} imports {}", inside.join(", ")).unwrap();
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    assert_eq!(cycles(&imports), expected, "a cycle of CYCLES no longer exists: remove it there and from docs/architecture.md");
    let page = read(Path::new("docs/architecture.md"));
    for (files, why) in CYCLES {
        for file in *files {
            let name = format!("`{}`", Path::new(file).file_stem().unwrap().to_str().unwrap());
            assert!(page.contains(&name), "docs/architecture.md does not list {name} among the remaining cycles");
        }
        assert!(page.contains(why), "docs/architecture.md does not give the reason \"{why}\" for the cycle of {}", files.join(", "));
    }
}

#[test]
fn restricted_names_are_used_in_their_files_only() {
    let mut faults = String::new();
    let mut seen = vec![0; FENCES.len()];
    for file in sources() {
        let code = with_joined_uses(&file.code);
        let has_parts_of = |word: &&str| word.split("::").all(|part| code.contains(part));
        let mut fences: Vec<_> = FENCES.iter().zip(&mut seen).filter(|((words, ..), _)| words.iter().any(has_parts_of)).collect();
        for (line, text) in numbered(&code) {
            for ((words, homes, instead), seen) in &mut fences {
                let Some(word) = words.iter().find(|word| mentions(text, word)) else { continue };
                if homes.iter().any(|home| file.path == *home || (home.ends_with('/') && file.path.starts_with(home))) {
                    **seen += 1;
                } else {
                    let home = if homes.is_empty() { "nowhere".to_owned() } else { format!("only in src/{}", homes.join(" or src/")) };
                    writeln!(faults, "src/{}:{line}: `{word}` may be used {home}: {instead}", file.path).unwrap();
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    assert!(seen[5] > 0, "not even src/base/disk.rs was found to use the disk: the collector is broken");
}

#[test]
fn files_have_a_description_and_a_readable_length() {
    let mut faults = String::new();
    for file in sources() {
        let first = file.text.lines().next().unwrap_or_default();
        if first.strip_prefix("//! ").is_none_or(|text| text.trim().len() < 10) {
            writeln!(faults, "src/{}:1: begin with one line `//! …` that describes the file", file.path).unwrap();
        }
        let lines = file.code.lines().count();
        if lines > MOST_LINES {
            writeln!(faults, "src/{}:{MOST_LINES}: {lines} lines of code; the maximum is {MOST_LINES}: split the file by topic", file.path)
                .unwrap();
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// A type is recognizable without its path: each name is declared once in `src`. Generic parameters, associated types and tests do not
/// count.
#[test]
fn type_names_are_unique_in_the_crate() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in sources() {
        for (line, name) in declared_types(&file.tokens) {
            homes.entry(name).or_default().push(format!("src/{}:{line}", file.path));
        }
    }
    let repeated: Vec<_> = homes.iter().filter(|(_, homes)| homes.len() > 1).collect();
    assert!(repeated.is_empty(), "types with the same name; rename all but one: {repeated:#?}");
    assert!(homes.len() > 500, "only {} types were found: the collector is broken", homes.len());
}

/// Words that native readers found confusing are not in any identifier of `src`.
#[test]
fn declared_names_avoid_confusing_words() {
    const WORDS: [&str; 26] = [
        "anew",
        "behind",
        "beside",
        "besides",
        "chase",
        "complain",
        "desk",
        "fate",
        "judge",
        "judged",
        "lacking",
        "lacks",
        "mend",
        "nobody",
        "patiently",
        "ration",
        "refuse",
        "said",
        "says",
        "somebody",
        "spoken",
        "surroundings",
        "told",
        "torn",
        "veil",
        "whereabouts",
    ];
    let mut found = String::new();
    for file in sources() {
        for (line, name) in declared_names(&file.tokens) {
            let is_known = |word: &str| WORDS.contains(&word);
            // A published field of the JSON report keeps its name.
            if name.split('_').any(|word| is_known(&word.to_lowercase()))
                && (file.path.as_str(), name.as_str()) != ("report/json.rs", "fate")
            {
                writeln!(found, "src/{}:{line}: `{name}`: use an ordinary word for what it is or does", file.path).unwrap();
            }
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

/// The types that a file declares, each with its line.
fn declared_types(tokens: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for pair in tokens.windows(2) {
        let [(line, word), (_, name)] = pair else { continue };
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            // A `type` inside of a block is an associated type.
            "struct" | "enum" | "trait" if is_word(name) => found.push((*line, name.clone())),
            "type" if depth == 0 && is_word(name) => found.push((*line, name.clone())),
            _ => {}
        }
    }
    found
}

/// The names of functions, modules, types, fields and constants that a file declares, each with its line.
fn declared_names(tokens: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut found = declared_types(tokens);
    for three in tokens.windows(3) {
        let [(line, before), (_, name), (_, after)] = three else { continue };
        let is_named = ["fn", "mod", "const", "static", "let", "mut"].contains(&before.as_str());
        let is_field = after == ":" && [",", "{", "(", ")", "|"].contains(&before.as_str());
        if is_word(name) && (is_named || is_field) {
            found.push((*line, name.clone()));
        }
    }
    found
}

/// Callers can distinguish errors by their type; they could not do so with strings.
#[test]
fn public_errors_have_types() {
    let mut faults = String::new();
    let mut errors = 0;
    for file in sources() {
        for (line, text) in numbered(&file.code) {
            let is_seen = text.trim_start().starts_with("pub");
            let Some((_, result)) = text.rsplit_once("Result<").filter(|_| is_seen) else { continue };
            errors += usize::from(result.contains("Error>"));
            if result.contains(", String>") || result.contains(", &'static str>") {
                writeln!(faults, "src/{}:{line}: give the error its own type, built with `thiserror`", file.path).unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    assert!(errors >= 150, "only {errors} errors with a type were found: the collector is broken");
}

#[test]
fn code_has_no_notes_of_unfinished_work() {
    // Concatenated, so that this test does not find itself.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X:"].concat(), ["HA", "CK"].concat()];
    let mut faults = String::new();
    let tests = files(Path::new("tests"), "rs");
    let all = sources().iter().map(|file| (format!("src/{}", file.path), file.text.clone()));
    let all = all.chain(tests.into_iter().map(|path| (path.display().to_string(), read(&path))));
    let mut count = 0;
    for (path, text) in all {
        count += 1;
        for (line, text) in numbered(&text) {
            if let Some(mark) = marks.iter().find(|mark| mentions(text, mark)) {
                writeln!(faults, "{path}:{line}: {mark}: do it now, or open an issue instead").unwrap();
            }
            if text.contains("#[allow(") && !text.contains("reason") {
                writeln!(faults, "{path}:{line}: a lint is allowed without a reason; write `#[expect(…, reason = \"…\")]`").unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    assert!(count >= 30, "only {count} files were found");
}

#[test]
fn library_declares_every_room() {
    let lib = read(Path::new("src/lib.rs"));
    for (room, _) in ROOMS.iter().filter(|(room, _)| !room.contains('/') && !["main", "lib"].contains(room)) {
        assert!(
            lib.contains(&format!("pub mod {room};")),
            "src/lib.rs does not declare `{room}`, which ROOMS in tests/suite/architecture.rs lists"
        );
    }
    let main = read(Path::new("src/main.rs"));
    assert!(main.lines().count() <= 20, "src/main.rs only calls `cli`: keep it to a dozen lines");
}

/// Every dependency is needed, and `docs/dependencies.md` gives its purpose.
#[test]
fn dependencies_are_used_and_documented() {
    let manifest: toml::Table = read(Path::new("Cargo.toml")).parse().expect("Cargo.toml");
    let page = read(Path::new("docs/dependencies.md"));
    let source_files = sources();
    // Unit tests use development dependencies, too, so the complete files count for those.
    let tested: Vec<String> = [files(Path::new("tests"), "rs"), files(Path::new("benches"), "rs")]
        .concat()
        .iter()
        .map(|path| read(path))
        .chain(source_files.iter().map(|file| file.text.clone()))
        .collect();
    let mut faults = String::new();
    for (table, of_tests) in [("dependencies", false), ("dev-dependencies", true)] {
        let listed = manifest[table].as_table().expect("a table");
        assert!(!listed.is_empty());
        for name in listed.keys() {
            let word = if name == "md-5" { "md5".to_owned() } else { name.replace('-', "_") };
            let used = if of_tests {
                tested.iter().any(|text| mentions(text, &word))
            } else {
                source_files.iter().any(|file| mentions(&file.code, &word))
            };
            if !used {
                writeln!(faults, "Cargo.toml: nothing uses `{name}`; remove it from [{table}]").unwrap();
            }
            if !of_tests && !page.contains(&format!("`{name}`")) {
                writeln!(faults, "docs/dependencies.md: `{name}` is missing; add its purpose").unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// The table of rooms in `docs/architecture.md`: their order, what each imports, and its size (within 10 % and 100 lines).
#[test]
fn documented_rooms_match_the_code() {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources() {
        let room = room_of(&file.path);
        *lines.entry(room.clone()).or_default() += file.text.lines().count();
        let targets = imported_rooms(file).into_iter().map(|(_, target)| target).filter(|target| *target != room);
        imports.entry(room.clone()).or_default().extend(targets);
    }
    let page = read(Path::new("docs/architecture.md"));
    let mut rows = page.lines().skip_while(|line| !line.starts_with("| room |")).skip(2).take_while(|line| line.starts_with('|'));
    let mut faults = String::new();
    for (room, _) in ROOMS.iter().filter(|(room, _)| !["main", "lib"].contains(room)) {
        let row: Vec<&str> = rows.next().unwrap_or_default().split(" | ").collect();
        let [name, size, _, edges] = row[..] else { panic!("docs/architecture.md has no row for `{room}` at its position: {row:?}") };
        let size: usize = size.replace(',', "").parse().expect("a number of lines");
        if name.trim_start_matches("| ").trim_matches('`').trim_end_matches(".rs") != *room {
            writeln!(faults, "`{room}` is expected where {name} is").unwrap();
        }
        if lines[*room].abs_diff(size) > lines[*room] / 10 + 100 {
            writeln!(faults, "`{room}` has {} lines, but the table has {size}", lines[*room]).unwrap();
        }
        let allowed: BTreeSet<&str> =
            ROOMS.iter().find(|(name, _)| name == room).map(|(_, to)| to.iter().copied().collect()).unwrap_or_default();
        let stated: BTreeSet<&str> = match edges.trim_end_matches(" |") {
            "–" => BTreeSet::new(),
            "all above" => ROOMS.iter().map(|(name, _)| *name).take_while(|name| name != room).collect(),
            list => list.split(", ").collect(),
        };
        let found: BTreeSet<&str> = imports[*room].iter().map(String::as_str).collect();
        if stated != allowed || !found.is_subset(&stated) {
            writeln!(faults, "`{room}` imports {found:?}, may import {allowed:?}, and the table has {stated:?}").unwrap();
        }
    }
    assert!(faults.is_empty(), "\ndocs/architecture.md:\n{faults}");
}

#[test]
fn collector_finds_all_declarations() {
    let code = "pub struct A<'a>(&'a B);\nimpl T for A<'_> {\n    type Item = B;\n    fn torn(&self, says: u8) {}\n}\ntype C = A;\nstruct D { desk: u8 }\n";
    let tokens = tokens(code);
    let types: Vec<String> = declared_types(&tokens).into_iter().map(|(_, name)| name).collect();
    assert_eq!(types, ["A", "C", "D"]);
    let names: Vec<String> = declared_names(&tokens).into_iter().map(|(_, name)| name).collect();
    assert!(["torn", "says", "desk"].iter().all(|name| names.iter().any(|known| known == name)), "{names:?}");
}

#[test]
fn collector_finds_imports_in_every_spelling() {
    let file = |path: &str, text: &str| SourceFile::new(path.to_owned(), text.to_owned());
    let seen = |path: &str, text: &str| {
        imported_rooms(&file(path, text)).into_iter().map(|(line, room)| format!("{line} {room}")).collect::<Vec<_>>()
    };
    assert_eq!(seen("plan/a.rs", "use crate::base::Fact;"), ["1 base"]);
    assert_eq!(seen("plan/a.rs", "\nuse crate::{\n    base::{Fact, Place},\n    rules,\n};"), ["3 base", "4 rules"]);
    assert_eq!(
        seen("plan/a.rs", "pub(crate) use crate::live::x as y;\nfn f() { crate::policy::g::<crate::fix::T>() }"),
        ["1 live", "2 policy", "2 fix"]
    );
    assert_eq!(seen("plan/a.rs", "use crate::{hcl::File, eval};\nuse crate::terraform::modules;"), ["1 hcl", "1 eval", "2 terraform"]);
    assert_eq!(seen("eval/functions/a.rs", "use super::super::super::terraform::X;"), ["1 terraform"]);
    assert_eq!(seen("rules/a.rs", "use super::super::policy::X;\nuse super::b;"), ["1 policy", "2 rules"]);
    assert_eq!(
        seen("plan/a.rs", "// use crate::live::x;\n/* crate::fix */ let s = \"crate::rules\"; let r = r#\"crate::cli \"#;"),
        Vec::<String>::new()
    );
    assert_eq!(seen("plan/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n    use crate::live::x;\n}"), Vec::<String>::new());
    assert_eq!(seen("main.rs", "fn main() { kmslint::cli::main() }"), ["1 cli"]);
    assert!(mentions("use std::fs::{self};", "std::fs") && mentions("std :: fs", "std::fs") && mentions("use std::{fs, io};", "std::fs"));
    assert_eq!(with_joined_uses("use std::{\n    fs,\n    io,\n};\nfn a() {}\n"), "use std::{     fs,     io, };\n\n\n\nfn a() {}\n");
    assert!(!mentions("my_clap::x", "clap") && !mentions("let clapped = 1;", "clap"));
}

/// All files of `src`, sorted; read once for all tests.
fn sources() -> &'static [SourceFile] {
    static SOURCES: LazyLock<Vec<SourceFile>> = LazyLock::new(|| {
        let path = |path: &Path| path.strip_prefix("src").unwrap().to_str().unwrap().replace('\\', "/");
        files(Path::new("src"), "rs").iter().map(|file| SourceFile::new(path(file), read(file))).collect()
    });
    assert!(SOURCES.len() >= 30, "only {} files were found in src", SOURCES.len());
    &SOURCES
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root.join(directory)).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|end| end == extension) {
            found.push(entry.path().strip_prefix(root).unwrap().to_path_buf());
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The room a file is in.
fn room_of(path: &str) -> String {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// The rooms that a file imports, each with its line: paths from `crate` (`kmslint` in `main.rs`) and from `super`.
fn imported_rooms(file: &SourceFile) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> =
        imported_paths(file).into_iter().filter_map(|(line, path)| Some((line, path.into_iter().next()?))).collect();
    found.dedup();
    found
}

/// The same with complete paths, starting at the room.
fn imported_paths(file: &SourceFile) -> Vec<(usize, Vec<String>)> {
    let tokens = &file.tokens;
    let mut found = Vec::new();
    let module = module_of(&file.path);
    let mut at = 0;
    while let Some((_, word)) = tokens.get(at) {
        let after_path = at > 0 && tokens.get(at - 1).is_some_and(|(_, before)| before == "::");
        let is_root = word == "crate" || (file.path == "main.rs" && word == "kmslint");
        if after_path || !(is_root || word == "super") || tokens.get(at + 1).is_none_or(|(_, next)| next != "::") {
            at += 1;
            continue;
        }
        let mut base = if is_root { Vec::new() } else { module.clone() };
        while tokens.get(at).is_some_and(|(_, word)| word == "super") && tokens.get(at + 1).is_some_and(|(_, next)| next == "::") {
            base.pop();
            at += 2;
        }
        if is_root {
            at += 2;
        }
        at = targets(tokens, at, &base, &mut found);
    }
    found
}

/// The files that each file imports. Re-exports are followed to the file that declares the name; a `pub use` does not count as an import.
fn imports_of_files() -> BTreeMap<String, BTreeSet<String>> {
    let sources = sources();
    let modules: BTreeMap<Vec<String>, &str> = sources.iter().map(|file| (module_of(&file.path), file.path.as_str())).collect();
    let home = |path: &[String]| (1..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]));
    let paths: Vec<Vec<(bool, Vec<String>)>> = sources.iter().map(|file| paths_of(file, &modules)).collect();
    let mut reexports: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (file, paths) in sources.iter().zip(&paths) {
        for (_, path) in paths.iter().filter(|(is_reexport, _)| *is_reexport) {
            let Some(name) = path.last() else { continue };
            reexports.insert([module_of(&file.path), vec![name.clone()]].concat(), path.clone());
        }
    }
    let declared = |mut path: Vec<String>| {
        // Stops a cycle of re-exports; a name is re-exported a few times at most.
        for _ in 0..8 {
            let length = home(&path)?;
            let Some(next) = path.get(..=length).and_then(|name| reexports.get(name)) else { break };
            path.clone_from(next);
        }
        Some(modules[&path[..home(&path)?]].to_owned())
    };
    let own = |paths: &[(bool, Vec<String>)]| paths.iter().filter(|(on, _)| !on).filter_map(|(_, path)| declared(path.clone())).collect();
    sources
        .iter()
        .zip(&paths)
        .map(|(file, paths)| {
            let mut imports: BTreeSet<String> = own(paths);
            imports.remove(&file.path);
            (file.path.clone(), imports)
        })
        .collect()
}

/// The paths in a file that begin with `crate`, `super`, `self` or the name of one of its modules, and whether each is a re-export.
fn paths_of(file: &SourceFile, modules: &BTreeMap<Vec<String>, &str>) -> Vec<(bool, Vec<String>)> {
    let tokens = &file.tokens;
    let word = |at: usize| tokens.get(at).map_or("", |(_, word)| word.as_str());
    let module = module_of(&file.path);
    let mut found = Vec::new();
    let (mut at, mut is_reexport) = (0, false);
    while at < tokens.len() {
        let before = if at == 0 { "" } else { word(at - 1) };
        match word(at) {
            "use" => is_reexport = before == "pub" || before == ")",
            ";" => is_reexport = false,
            _ => {}
        }
        // `pub(in …)` is a visibility, not an import.
        let is_visibility = before == "in" && at >= 2 && word(at - 2) == "(";
        if before == "::" || before == "." || is_visibility || word(at + 1) != "::" || !is_word(word(at)) {
            at += 1;
            continue;
        }
        let mut base = module.clone();
        match word(at) {
            "crate" => (base, at) = (Vec::new(), at + 2),
            "self" => at += 2,
            "super" => {
                while word(at) == "super" && word(at + 1) == "::" {
                    base.pop();
                    at += 2;
                }
            }
            child if modules.contains_key(&[module.clone(), vec![child.to_owned()]].concat()) => {}
            _ => {
                at += 1;
                continue;
            }
        }
        let mut paths = Vec::new();
        at = targets(tokens, at, &base, &mut paths);
        found.extend(paths.into_iter().map(|(_, path)| (is_reexport, path)));
    }
    found
}

/// The groups of files that import each other, directly or indirectly.
fn cycles(imports: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<&str>> {
    let reached = |from: &str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = imports[from].iter().map(String::as_str).collect();
        while let Some(file) = next.pop() {
            if seen.insert(file) {
                next.extend(imports[file].iter().map(String::as_str));
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|file| (file.as_str(), reached(file))).collect();
    let around = |file: &&str| reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect();
    reached.keys().filter(|file| reached[**file].contains(**file)).map(around).collect()
}

/// Reads a path or a group of paths at `at`, collects those that are in a room, and returns the position after it.
fn targets(tokens: &[(usize, String)], mut at: usize, base: &[String], found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let mut path = base.to_vec();
    let line = tokens.get(at).map_or(0, |(line, _)| *line);
    while let Some((_, word)) = tokens.get(at) {
        if word == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|(_, word)| word != "}") {
                let began = at;
                at = targets(tokens, at, &path, found);
                if at == began {
                    at += 1;
                    continue;
                }
                while tokens.get(at).is_some_and(|(_, word)| word == "as" || word == "," || is_word(word)) {
                    let comma = tokens.get(at).is_some_and(|(_, word)| word == ",");
                    at += 1;
                    if comma {
                        break;
                    }
                }
            }
            return at + 1;
        }
        if !is_word(word) && word != "*" {
            break;
        }
        path.push(word.clone());
        at += 1;
        if tokens.get(at).is_none_or(|(_, next)| next != "::") {
            break;
        }
        at += 1;
    }
    if path.first().is_some_and(|room| ROOMS.iter().any(|(name, _)| name == room)) {
        found.push((line, path));
    }
    at
}

/// The module path of a file: `eval/functions/mod.rs` is `eval`, `functions`.
fn module_of(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Words, `::` and other characters one by one, each with its line, starting at 1.
fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in numbered(code) {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c.is_whitespace() {
                continue;
            }
            let mut token = c.to_string();
            if c.is_alphanumeric() || c == '_' {
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    token.push(next);
                }
            } else if c == ':' && chars.next_if_eq(&':').is_some() {
                token.push(':');
            }
            found.push((line, token));
        }
    }
    found
}

/// Whether a line mentions a path, as complete words or in a group: `use std::{fs, io}` mentions `std::fs`.
fn mentions(text: &str, wanted: &str) -> bool {
    // Most lines need no tokens.
    if !wanted.split("::").all(|word| text.contains(word)) {
        return false;
    }
    let words: Vec<String> = tokens(text).into_iter().map(|(_, word)| word).collect();
    let wanted: Vec<String> = tokens(wanted).into_iter().map(|(_, word)| word).collect();
    if words.windows(wanted.len()).any(|window| window == wanted) {
        return true;
    }
    let [first, colons, last] = wanted.as_slice() else { return false };
    let group = words.windows(3).position(|window| window[0] == *first && window[1] == *colons && window[2] == "{");
    group.is_some_and(|at| words[at..].contains(last))
}

/// The code with every `use` joined on one line, so that a group is complete; line numbers stay the same.
fn with_joined_uses(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut held = 0;
    for line in code.lines() {
        let is_use = line.trim_start().starts_with("use ") || line.trim_start().starts_with("pub use ") || held > 0;
        out.push_str(line);
        if is_use && !line.contains(';') {
            held += 1;
            out.push(' ');
        } else {
            out.push_str(&"\n".repeat(held + 1));
            held = 0;
        }
    }
    out
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// The code before the tests, with comments and the contents of strings blanked; line numbers stay the same.
fn code_of(text: &str) -> String {
    let blanked = blanked(text);
    let tests = blanked.find("#[cfg(test)]\nmod tests {").or_else(|| blanked.find("#[cfg(test)]\npub(crate) mod tests {"));
    tests.map_or(blanked.clone(), |at| blanked[..at].to_owned())
}

/// Replaces comments and the contents of strings by spaces; newlines stay.
fn blanked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(offset, c)| chars.get(at + offset) == Some(&c));
    while at < chars.len() {
        // Most characters start neither a comment nor a string.
        let end = if !matches!(chars[at], '/' | 'r' | '"' | '\'') {
            at
        } else if starts(at, "//") {
            (at..chars.len()).find(|at| chars[*at] == '\n').unwrap_or(chars.len())
        } else if starts(at, "/*") {
            let mut depth = 0;
            let mut end = at;
            loop {
                match () {
                    () if starts(end, "/*") => (depth, end) = (depth + 1, end + 2),
                    () if starts(end, "*/") => (depth, end) = (depth - 1, end + 2),
                    () => end += 1,
                }
                if depth == 0 || end >= chars.len() {
                    break end.min(chars.len());
                }
            }
        } else if chars[at] == 'r'
            && (starts(at + 1, "\"") || starts(at + 1, "#"))
            && !(at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_'))
        {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            let close = format!("\"{}", "#".repeat(hashes));
            if chars.get(at + 1 + hashes) == Some(&'"') {
                (at + 2 + hashes..chars.len()).find(|at| starts(*at, &close)).map_or(chars.len(), |end| end + close.chars().count())
            } else {
                at
            }
        } else if chars[at] == '"' {
            let mut end = at + 1;
            while end < chars.len() && chars[end] != '"' {
                end += if chars[end] == '\\' { 2 } else { 1 };
            }
            (end + 1).min(chars.len())
        } else if starts(at, "'\"'") {
            at + 3
        } else if starts(at, "'\\\"'") || starts(at, "'\\''") {
            at + 4
        } else {
            at
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| blank(*c)));
            at = end;
        }
    }
    out
}
