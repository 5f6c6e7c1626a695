//! Circles of files: which files of a folder need each other in a ring.
//!
//! Read are the `use` lines and the paths in the code of every file, and re-exports are followed to the file that defines what
//! they name. What a file only hands on (`pub use`) it does not need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{code, files};

/// The names of a path, `crate` left out.
type Names = Vec<String>;

/// A file with what it needs and what it hands on.
struct Module {
    path: PathBuf,
    needs: Vec<Names>,
    /// By the name that it goes by there.
    hands_on: BTreeMap<String, Names>,
}

/// The files of a crate by their modules.
struct Crate(BTreeMap<Names, Module>);

/// The circles among the files of each of these folders of the crate whose source is in `source`, an arrow a line.
pub(super) fn circles(source: &Path, folders: &[&str]) -> Vec<String> {
    let all = Crate::of(&files(source));
    folders.iter().flat_map(|folder| all.circles(Path::new(folder))).collect()
}

impl Crate {
    fn of(files: &[(PathBuf, String)]) -> Self {
        let modules: BTreeSet<Names> = files.iter().map(|(path, _)| module_of(path)).collect();
        let read = |(path, text): &(PathBuf, String)| {
            let module = module_of(path);
            (module.clone(), Module::read(path, &module, text, &modules))
        };
        Self(files.iter().map(read).collect())
    }

    /// The module that defines what a path names, as far as the path leads into this crate.
    fn home(&self, path: &[String]) -> Option<&Names> {
        let (module, rest) = (0..=path.len()).rev().find_map(|length| {
            let (module, rest) = path.split_at(length);
            self.0.get_key_value(module).map(|(name, module)| ((name, module), rest))
        })?;
        let handed_on = rest.first().and_then(|name| module.1.hands_on.get(name));
        match handed_on {
            Some(origin) if origin.as_slice() != path => self.home(&[origin.as_slice(), &rest[1..]].concat()),
            _ => Some(module.0),
        }
    }

    fn circles(&self, folder: &Path) -> Vec<String> {
        let inside = |name: &Names| self.0[name].path.starts_with(folder);
        let arrows: BTreeMap<&Names, BTreeSet<&Names>> = self
            .0
            .keys()
            .filter(|name| inside(name))
            .map(|name| {
                let needed = self.0[name].needs.iter().filter_map(|path| self.home(path));
                (name, needed.filter(|needed| *needed != name && inside(needed)).collect())
            })
            .collect();
        let reach: BTreeMap<&Names, BTreeSet<&Names>> =
            arrows.keys().map(|name| (*name, reached(&arrows, name))).collect();
        let path = |name: &Names| self.0[name].path.display().to_string();
        let mut found = Vec::new();
        for (name, needed) in &arrows {
            let back = needed.iter().filter(|needed| reach[**needed].contains(name));
            found.extend(back.map(|needed| format!("{} needs {}", path(name), path(needed))));
        }
        found
    }
}

/// What a file needs, and what that needs in its turn.
fn reached<'a>(arrows: &BTreeMap<&'a Names, BTreeSet<&'a Names>>, from: &Names) -> BTreeSet<&'a Names> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(name) = open.pop() {
        for needed in &arrows[name] {
            if reached.insert(*needed) {
                open.push(needed);
            }
        }
    }
    reached
}

impl Module {
    fn read(path: &Path, module: &Names, text: &str, modules: &BTreeSet<Names>) -> Self {
        let mut rest = String::new();
        let (mut needs, mut hands_on) = (Vec::new(), BTreeMap::new());
        let mut lines = code(text).map(|(_, line)| line);
        while let Some(line) = lines.next() {
            let Some((visibility, first)) = use_line(line) else {
                rest.push_str(line);
                rest.push('\n');
                continue;
            };
            let mut tree = first.to_owned();
            while !tree.contains(';') {
                tree.push_str(lines.next().unwrap_or(";").trim());
            }
            let mut named = Vec::new();
            expand(tree.split(';').next().unwrap(), &[], &mut named);
            for (names, alias) in named {
                let Some(absolute) = absolute(module, &names, modules) else { continue };
                if visibility.is_empty() {
                    needs.push(absolute);
                } else {
                    hands_on.insert(alias, absolute);
                }
            }
        }
        needs.extend(paths_in(&rest).iter().filter_map(|names| absolute(module, names, modules)));
        Self { path: path.to_owned(), needs, hands_on }
    }
}

/// The module of a file below the source.
fn module_of(path: &Path) -> Names {
    let mut names: Names = path.with_extension("").iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
        names.pop();
    }
    names
}

/// The visibility of a `use` line, and what it uses.
fn use_line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (visibility, used) = line.split_once("use ")?;
    (visibility.is_empty() || visibility.starts_with("pub")).then_some((visibility, used))
}

/// Every path that a `use` tree names, with the name that it goes by.
fn expand(tree: &str, before: &[String], found: &mut Vec<(Names, String)>) {
    let tree = tree.trim();
    let (head, group) = match tree.split_once('{') {
        Some((head, group)) => (head, Some(group.trim_end().strip_suffix('}').unwrap_or(group))),
        None => (tree, None),
    };
    let (head, alias) = head.split_once(" as ").unwrap_or((head, ""));
    let names = head.split("::").map(str::trim).filter(|name| !name.is_empty() && *name != "self" || before.is_empty());
    let names: Names = before.iter().cloned().chain(names.filter(|name| !name.is_empty()).map(str::to_owned)).collect();
    let Some(group) = group else {
        let alias = if alias.is_empty() { names.last().cloned().unwrap_or_default() } else { alias.trim().to_owned() };
        found.push((names, alias));
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in group.char_indices().chain([(group.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    expand(&group[start..at], &names, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// Every path of two names and more in code, but not where something is only made visible.
fn paths_in(code: &str) -> Vec<Names> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let mut found = Vec::new();
    for (number, piece) in code.split("pub(in ").enumerate() {
        let piece = if number == 0 { piece } else { piece.split_once(')').map_or("", |(_, rest)| rest) };
        for word in piece.split(|letter| !is_part(letter)).filter(|word| word.contains("::")) {
            let names = word.split("::").filter(|name| !name.is_empty() && !name.contains(':'));
            found.push(names.map(str::to_owned).collect());
        }
    }
    found
}

/// A path from the top of the crate; `None` where it leads out of it.
fn absolute(module: &Names, names: &[String], modules: &BTreeSet<Names>) -> Option<Names> {
    let first = names.first()?.as_str();
    let own = |rest: &[String]| [module.as_slice(), rest].concat();
    match first {
        "crate" => Some(names[1..].to_vec()),
        "self" => Some(own(&names[1..])),
        "super" => {
            let ups = names.iter().take_while(|name| *name == "super").count();
            Some([&module[..module.len().checked_sub(ups)?], &names[ups..]].concat())
        }
        _ => modules.contains(&own(&names[..1])).then(|| own(names)),
    }
}

#[test]
fn a_circle_is_seen_through_what_is_handed_on_and_a_test_makes_none() {
    let file = |path: &str, text: &str| (PathBuf::from(path), text.to_owned());
    let circles = |files: &[(PathBuf, String)]| Crate::of(files).circles(Path::new("aws")).len();
    let face = file("aws/mod.rs", "pub mod client;\nmod reads;\npub use client::Account;\n");
    let client = file("aws/client.rs", "use super::reads::Reads;\n");
    let reads = |text| file("aws/reads.rs", text);
    assert_eq!(circles(&[face.clone(), client.clone(), reads("use super::{tags, Account};\n")]), 2);
    assert_eq!(circles(&[face.clone(), client.clone(), reads("fn of(a: &crate::aws::Account) {}\n")]), 2);
    assert_eq!(circles(&[face.clone(), client.clone(), reads("pub(in crate::aws) struct Reads;\n")]), 0);
    let tested = "struct Reads;\n#[cfg(test)]\nmod tests {\n    use super::super::Account;\n}\n";
    assert_eq!(circles(&[face, client, reads(tested)]), 0);
}
