//! The Markdown pages of the repository (README, `docs/`, `.github/`, changelog) and their parts that tests check.

use crate::harness::root;
use std::path::{Path, PathBuf};

/// One page.
pub struct Page {
    /// Relative to the repository, with forward slashes.
    pub path: String,
    pub text: String,
}

/// A fenced block of a page.
pub struct Block<'a> {
    /// The info string after the opening fence: `sh`, `console`, `yaml`.
    pub language: &'a str,
    pub text: String,
}

/// README, changelog, and every Markdown file of `docs/` and `.github/`.
pub fn pages() -> Vec<Page> {
    let mut paths = vec![PathBuf::from("README.md"), PathBuf::from("CHANGELOG.md")];
    for directory in ["docs", ".github"] {
        for entry in walkdir::WalkDir::new(root().join(directory)).sort_by_file_name() {
            let path = entry.expect("an entry").into_path();
            if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path.strip_prefix(root()).expect("below the root").to_path_buf());
            }
        }
    }
    assert!(paths.len() >= 15, "only {} pages were found", paths.len());
    paths.iter().map(page).collect()
}

/// One page by its path.
pub fn page(path: impl AsRef<Path>) -> Page {
    let path = path.as_ref();
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Page { path: path.to_str().expect("UTF-8").replace('\\', "/"), text: text.replace("\r\n", "\n") }
}

impl Page {
    /// The fenced blocks.
    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut is_inside = false;
        for line in self.text.lines() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                is_inside = !is_inside;
                if is_inside {
                    blocks.push(Block { language, text: String::new() });
                }
            } else if is_inside && let Some(block) = blocks.last_mut() {
                block.text.push_str(line);
                block.text.push('\n');
            }
        }
        assert!(!is_inside, "{}: a fenced block is not closed", self.path);
        blocks
    }

    /// The lines outside fenced blocks, with their numbers.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut is_inside = false;
        let mut lines = Vec::new();
        for (number, line) in self.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                is_inside = !is_inside;
            } else if !is_inside {
                lines.push((number + 1, line));
            }
        }
        lines
    }

    /// The anchors of the headings, as GitHub generates them.
    pub fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for (_, line) in self.prose() {
            let Some(title) = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#')) else { continue };
            let slug: String = title
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect();
            let same = anchors.iter().filter(|anchor| **anchor == slug).count();
            anchors.push(if same == 0 { slug } else { format!("{slug}-{same}") });
        }
        anchors
    }
}
