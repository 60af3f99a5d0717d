//! Links lead somewhere: files and headings of this repository exist, pages elsewhere stand in one list with the day they were seen.

use crate::harness::root;
use crate::pages::{page, pages};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// This project's own addresses: what follows them is a path of the repository.
const OWN_FILES: [&str; 2] = ["https://github.com/kmslint/kmslint/blob/main/", "https://raw.githubusercontent.com/kmslint/kmslint/main/"];
const OWN: &str = "https://github.com/kmslint/kmslint";

/// Resolves `.` and `..` without asking the disk.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            part => tidied.push(part),
        }
    }
    tidied
}

/// Whether a path of the repository is there, in this spelling: file systems that ignore case would hide a mistake.
fn is_there(path: &Path) -> bool {
    let mut at = root();
    path.components().all(|part| {
        let is_listed =
            std::fs::read_dir(&at).is_ok_and(|mut list| list.any(|entry| entry.is_ok_and(|entry| entry.file_name() == part.as_os_str())));
        at.push(part);
        is_listed
    })
}

#[test]
fn relative_links_lead_to_files_and_headings_of_the_repository() {
    let link = Regex::new(r#"\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)""#).expect("a pattern");
    let code = Regex::new("`[^`]*`").expect("a pattern");
    let pages = pages();
    let anchors: BTreeMap<&str, Vec<String>> = pages.iter().map(|page| (page.path.as_str(), page.anchors())).collect();
    let (mut seen, mut complaints) = (0, String::new());
    for page in &pages {
        for (line, text) in page.prose() {
            let text = code.replace_all(text, "``");
            for found in link.captures_iter(&text) {
                let target = found.get(1).or_else(|| found.get(2)).expect("one of two").as_str();
                if target.contains("://") {
                    continue;
                }
                seen += 1;
                let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
                let path = match file {
                    "" => PathBuf::from(&page.path),
                    file => tidy(&Path::new(&page.path).parent().expect("a parent").join(file)),
                };
                if !is_there(&path) {
                    writeln!(complaints, "{}:{line}: `{target}` leads to no file", page.path).unwrap();
                } else if let Some(anchor) = anchor
                    && !anchors.get(path.to_str().expect("UTF-8")).is_some_and(|anchors| anchors.iter().any(|known| known == anchor))
                {
                    writeln!(complaints, "{}:{line}: `{target}` leads to no heading", page.path).unwrap();
                }
            }
        }
    }
    assert!(seen >= 40, "only {seen} links were seen");
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn every_page_can_be_reached_from_the_readme() {
    let link = Regex::new(r"\]\(([^)\s#]+)").expect("a pattern");
    let known: BTreeMap<String, String> = pages().into_iter().map(|page| (page.path, page.text)).collect();
    let mut reached = BTreeSet::from(["README.md".to_owned()]);
    let mut open = vec!["README.md".to_owned()];
    while let Some(path) = open.pop() {
        for found in link.captures_iter(&known[&path]) {
            let target = tidy(&Path::new(&path).parent().expect("a parent").join(&found[1])).to_str().expect("UTF-8").replace('\\', "/");
            if known.contains_key(&target) && reached.insert(target.clone()) {
                open.push(target);
            }
        }
    }
    let lost: Vec<&String> = known.keys().filter(|path| path.starts_with("docs/") && !reached.contains(*path)).collect();
    assert!(lost.is_empty(), "no page links to {lost:?}: docs/README.md is the list of them");
}

#[test]
fn links_elsewhere_stand_in_one_list_with_the_day_they_were_seen() {
    let row = Regex::new(r"^\| <(https://[^>]+)> \| (\d{4}-\d\d-\d\d) \|").expect("a pattern");
    let list = page("docs/links.md");
    let listed: BTreeSet<&str> =
        list.text.lines().filter_map(|line| row.captures(line).map(|found| found.get(1).expect("an address").as_str())).collect();
    assert!(!listed.is_empty(), "docs/links.md lists nothing");
    let address = Regex::new(r#"https?://[a-z0-9][^\s)<>"'`\\]+"#).expect("a pattern");
    let (mut used, mut complaints) = (BTreeSet::new(), String::new());
    for page in pages() {
        if page.path == "docs/links.md" {
            continue;
        }
        for (number, line) in page.text.lines().enumerate() {
            for found in address.find_iter(line) {
                let url = found.as_str().trim_end_matches(['.', ',', ';', ':']);
                let bare = url.split('#').next().expect("a part");
                if let Some(path) = OWN_FILES.iter().find_map(|own| bare.strip_prefix(own)) {
                    if !is_there(Path::new(path)) {
                        writeln!(complaints, "{}:{}: {url} names no file of this repository", page.path, number + 1).unwrap();
                    }
                } else if bare.starts_with(OWN) {
                } else if listed.contains(bare) {
                    used.insert(bare.to_owned());
                } else {
                    writeln!(complaints, "{}:{}: {url} is not listed in docs/links.md", page.path, number + 1).unwrap();
                }
            }
        }
    }
    for url in &listed {
        if !used.contains(*url) {
            writeln!(complaints, "docs/links.md: no page links to {url}").unwrap();
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}
