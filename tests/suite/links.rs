//! Links work: linked files and headings of this repository exist, and external pages are in one list with the date of the last check.

use crate::harness::root;
use crate::pages::{page, pages};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// URL prefixes of files of this repository.
const OWN_FILES: [&str; 2] = ["https://github.com/kmslint/kmslint/blob/main/", "https://raw.githubusercontent.com/kmslint/kmslint/main/"];
const OWN: &str = "https://github.com/kmslint/kmslint";

/// Resolves `.` and `..` without file system access.
fn normalize(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normalized.pop();
            }
            part => normalized.push(part),
        }
    }
    normalized
}

/// Whether a path of the repository exists with this exact case: a case-insensitive file system would hide a mistake.
fn exists(path: &Path) -> bool {
    let mut at = root();
    path.components().all(|part| {
        let is_listed =
            std::fs::read_dir(&at).is_ok_and(|mut list| list.any(|entry| entry.is_ok_and(|entry| entry.file_name() == part.as_os_str())));
        at.push(part);
        is_listed
    })
}

#[test]
fn relative_links_point_to_existing_files_and_headings() {
    let link = Regex::new(r#"\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)""#).expect("a pattern");
    let code = Regex::new("`[^`]*`").expect("a pattern");
    let pages = pages();
    let anchors: BTreeMap<&str, Vec<String>> = pages.iter().map(|page| (page.path.as_str(), page.anchors())).collect();
    let (mut seen, mut faults) = (0, String::new());
    for page in &pages {
        for (line, text) in page.prose() {
            let text = code.replace_all(text, "``");
            for found in link.captures_iter(&text) {
                let target = found.get(1).or_else(|| found.get(2)).expect("one of the two groups").as_str();
                if target.contains("://") {
                    continue;
                }
                seen += 1;
                let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
                let path = match file {
                    "" => PathBuf::from(&page.path),
                    file => normalize(&Path::new(&page.path).parent().expect("a parent").join(file)),
                };
                if !exists(&path) {
                    writeln!(faults, "{}:{line}: there is no file `{target}`", page.path).unwrap();
                } else if let Some(anchor) = anchor
                    && !anchors.get(path.to_str().expect("UTF-8")).is_some_and(|anchors| anchors.iter().any(|known| known == anchor))
                {
                    writeln!(faults, "{}:{line}: there is no heading `{target}`", page.path).unwrap();
                }
            }
        }
    }
    assert!(seen >= 40, "only {seen} links were found");
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn pages_are_reachable_from_the_readme() {
    let link = Regex::new(r"\]\(([^)\s#]+)").expect("a pattern");
    let known: BTreeMap<String, String> = pages().into_iter().map(|page| (page.path, page.text)).collect();
    let mut reached = BTreeSet::from(["README.md".to_owned()]);
    let mut open = vec!["README.md".to_owned()];
    while let Some(path) = open.pop() {
        for found in link.captures_iter(&known[&path]) {
            let target =
                normalize(&Path::new(&path).parent().expect("a parent").join(&found[1])).to_str().expect("UTF-8").replace('\\', "/");
            if known.contains_key(&target) && reached.insert(target.clone()) {
                open.push(target);
            }
        }
    }
    let lost: Vec<&String> = known.keys().filter(|path| path.starts_with("docs/") && !reached.contains(*path)).collect();
    assert!(lost.is_empty(), "no page links to {lost:?}; add it to docs/README.md");
}

#[test]
fn external_links_are_listed_with_the_date_of_the_last_check() {
    let row = Regex::new(r"^\| <(https://[^>]+)> \| (\d{4}-\d\d-\d\d) \|").expect("a pattern");
    let list = page("docs/links.md");
    let listed: BTreeSet<&str> =
        list.text.lines().filter_map(|line| row.captures(line).map(|found| found.get(1).expect("an address").as_str())).collect();
    assert!(!listed.is_empty(), "docs/links.md lists nothing");
    let address = Regex::new(r#"https?://[a-z0-9][^\s)<>"'`\\]+"#).expect("a pattern");
    let (mut used, mut faults) = (BTreeSet::new(), String::new());
    for page in pages() {
        if page.path == "docs/links.md" {
            continue;
        }
        for (number, line) in page.text.lines().enumerate() {
            for found in address.find_iter(line) {
                let url = found.as_str().trim_end_matches(['.', ',', ';', ':']);
                let page_url = url.split('#').next().expect("a part");
                if let Some(path) = OWN_FILES.iter().find_map(|own| page_url.strip_prefix(own)) {
                    if !exists(Path::new(path)) {
                        writeln!(faults, "{}:{}: {url} is not a file of this repository", page.path, number + 1).unwrap();
                    }
                } else if page_url.starts_with(OWN) {
                } else if listed.contains(page_url) {
                    used.insert(page_url.to_owned());
                } else {
                    writeln!(faults, "{}:{}: {url} is not listed in docs/links.md", page.path, number + 1).unwrap();
                }
            }
        }
    }
    for url in &listed {
        if !used.contains(*url) {
            writeln!(faults, "docs/links.md: no page links to {url}").unwrap();
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}
