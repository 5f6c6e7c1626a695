//! The pages under `docs/`, as the Terraform and the OpenTofu registry take them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Largest page that the registries show, in bytes.
const LARGEST: u64 = 500_000;
/// Most pages of a provider.
const MOST: usize = 2_000;
/// Folders that the registries look into; pages elsewhere are not shown.
const FOLDERS: [&str; 7] = ["", "resources", "data-sources", "functions", "list-resources", "actions", "guides"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Every file below `docs/`, by its path in it.
fn pages() -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                assert!(path.metadata().unwrap().len() < LARGEST, "{} is too large", path.display());
                found.insert(path.strip_prefix(docs()).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&docs(), &mut found);
    assert!((8..MOST).contains(&found.len()), "{} pages", found.len());
    found
}

/// The keys of a page's front matter, and what follows it.
fn front_matter(text: &str) -> (BTreeMap<&str, &str>, &str) {
    let (front, body) = text.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    let keys = front.lines().filter(|line| !line.starts_with(' ')).map(|line| line.split_once(':').unwrap());
    (keys.map(|(key, value)| (key, value.trim())).collect(), body)
}

#[test]
fn every_page_lies_where_the_registries_look_and_begins_as_they_want() {
    for (path, text) in pages() {
        let folder = path.parent().unwrap().to_str().unwrap();
        assert!(FOLDERS.contains(&folder), "{} is shown nowhere", path.display());
        assert_eq!(path.extension().unwrap(), "md", "{}", path.display());
        let (keys, body) = front_matter(&text);
        let is_front_page = path == Path::new("index.md");
        assert!(!folder.is_empty() || is_front_page, "{} is shown nowhere", path.display());
        let wanted: &[&str] =
            if is_front_page { &["description", "page_title"] } else { &["description", "page_title", "subcategory"] };
        assert_eq!(keys.keys().copied().collect::<Vec<_>>(), wanted, "{}", path.display());
        assert!(keys["page_title"].len() > 4, "{}", path.display());
        let heads: Vec<&str> = body.lines().filter(|line| line.starts_with("# ")).collect();
        let code_begins_so = |line: &&str| !line.starts_with("# terraform") && !line.starts_with("# tofu");
        assert!(heads.iter().copied().filter(code_begins_so).count() >= 1, "{} has no head", path.display());
        assert!(!body.contains("<script") && !body.contains("<img"), "{} has HTML in it", path.display());
        assert_eq!(body.matches("```").count() % 2, 0, "{} has code that does not end", path.display());
    }
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let pages = pages();
    let mut links = 0;
    for (path, text) in &pages {
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.starts_with("https://") || target.starts_with("http://") {
                continue;
            }
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let base = docs().join(path.parent().unwrap());
            let page = if file.is_empty() { docs().join(path) } else { base.join(file) };
            let page = page.canonicalize().unwrap_or_else(|_| panic!("{}: {target} leads nowhere", path.display()));
            let page = page.strip_prefix(docs().canonicalize().unwrap());
            let page = page.unwrap_or_else(|_| panic!("{}: {target} leads out of the registry", path.display()));
            let has_anchor = anchor.is_empty() || pages[page].contains(&format!("id=\"{anchor}\"")) || {
                let slug = |head: &str| {
                    let kept = head.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
                    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
                };
                pages[page]
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .any(|line| slug(line.trim_start_matches('#')) == anchor)
            };
            assert!(has_anchor, "{}: {target} has no such place", path.display());
        }
    }
    assert!(links > 0, "no page leads to another");
}

/// Pages of the repository itself, which no registry shows: what they name exists.
#[test]
fn every_file_that_the_pages_of_the_repository_name_exists() {
    let repository = docs().join("..");
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(repository.join(name)).unwrap();
        let linked = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        let quoted = text.split('`').skip(1).step_by(2).filter(|word| {
            ["src/", "tests/", "acceptance-tests/", "examples/", "docs/", ".ci/"]
                .iter()
                .any(|start| word.starts_with(start))
        });
        for target in linked.chain(quoted).filter(|target| !target.contains("://") && !target.contains(['<', '*', ' ']))
        {
            let file = target.split('#').next().unwrap();
            assert!(repository.join(file).exists(), "{name}: {target} leads nowhere");
        }
    }
}
