//! Who may know whom: reads the `use` lines of every source file and fails on a breach.
//!
//! The modules are one-way so that each can be understood, tested and changed with what stands below
//! it alone. Tests inside a module may see more and are left out.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod circles;

use std::fs;
use std::path::{Path, PathBuf};

/// A folder or file under `src/`, and what its code must not name.
struct Layer {
    /// Top-level module.
    name: &'static str,
    /// Modules of this crate that it may use; itself always.
    may: &'static [&'static str],
    /// Crates that it must not name, by the beginnings of their names.
    never: &'static [&'static [&'static str]],
}

const SDK: [&str; 5] = ["aws_sdk", "aws_config", "aws_smithy", "aws_types", "aws_credential"];
const WIRE: [&str; 2] = ["prost", "tonic"];

/// From the wire at the top to AWS at the bottom.
const LAYERS: [Layer; 23] = [
    Layer { name: "serve", may: &["protocol", "resource", "schema", "value", "diagnostic"], never: &[&SDK] },
    Layer { name: "protocol", may: &["resource", "schema", "value", "diagnostic"], never: &[&SDK] },
    Layer {
        name: "provider",
        may: &[
            "privatelink_service",
            "privatelink_consumer",
            "privatelink_connection",
            "privatelink_endpoint_dns",
            "data_sources",
            "functions",
            "actions",
            "resource",
            "engine",
            "aws",
            "schema",
            "value",
            "diagnostic",
        ],
        never: &[&SDK, &WIRE],
    },
    Layer {
        name: "tool",
        may: &["adopt", "serve", "provider", "diagnosis", "engine", "aws", "schema", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer {
        name: "adopt",
        may: &[
            "provider",
            "protocol",
            "privatelink_service",
            "privatelink_consumer",
            "privatelink_connection",
            "privatelink_endpoint_dns",
            "endpoint_names",
            "resource",
            "engine",
            "links",
            "aws",
            "schema",
            "hcl",
            "value",
            "diagnostic",
        ],
        never: &[&SDK, &WIRE],
    },
    Layer { name: "hcl", may: &[], never: &[&SDK, &WIRE] },
    Layer { name: "diagnosis", may: &["engine", "aws", "schema"], never: &[&SDK, &WIRE] },
    Layer {
        name: "data_sources",
        may: &["diagnosis", "resource", "engine", "aws", "schema", "value", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer {
        name: "actions",
        may: &["resource", "engine", "links", "aws", "schema", "value", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer { name: "functions", may: &["resource", "schema", "value", "diagnostic"], never: &[&SDK, &WIRE] },
    Layer {
        name: "privatelink_service",
        may: &["preflight", "resource", "engine", "links", "aws", "schema", "value", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer {
        name: "privatelink_consumer",
        may: &["preflight", "endpoint_names", "resource", "engine", "links", "aws", "schema", "value", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer {
        name: "privatelink_endpoint_dns",
        may: &["preflight", "endpoint_names", "resource", "engine", "links", "aws", "schema", "value", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer {
        name: "privatelink_connection",
        may: &["preflight", "resource", "engine", "links", "aws", "schema", "value", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer {
        name: "endpoint_names",
        may: &["engine", "links", "aws", "schema", "value", "diagnostic"],
        never: &[&SDK, &WIRE],
    },
    Layer { name: "preflight", may: &["engine", "aws", "value", "diagnostic"], never: &[&SDK, &WIRE] },
    Layer { name: "resource", may: &["engine", "schema", "value", "diagnostic"], never: &[&SDK, &WIRE] },
    Layer { name: "links", may: &["engine", "aws", "schema", "value"], never: &[&WIRE] },
    Layer { name: "engine", may: &["value"], never: &[&SDK, &WIRE] },
    Layer { name: "aws", may: &["engine"], never: &[&WIRE] },
    Layer { name: "schema", may: &["value", "diagnostic"], never: &[&SDK, &WIRE] },
    Layer { name: "diagnostic", may: &["value"], never: &[&SDK, &WIRE] },
    Layer { name: "value", may: &[], never: &[&SDK, &WIRE] },
];

/// What every module may use: these know no other.
const FOR_ALL: [&str; 2] = ["gather", "printable"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file below a folder, by its path in there, tests left out.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&name) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_owned(), text));
            }
        }
    }
    found
}

fn is_test(name: &str) -> bool {
    ["tests.rs", "testing.rs"].contains(&name) || name.ends_with("_tests.rs")
}

/// The code of a file before its tests, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The first names after every occurrence of `crate::`, groups included.
fn modules_named(line: &str) -> Vec<&str> {
    let mut named = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let is_own = !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
        let rest = &line[at + "crate::".len()..];
        if is_own {
            named.extend(rest.strip_prefix('{').map_or_else(|| vec![rest], |group| group.split(", ").collect()));
        }
    }
    let first = |path: &'_ str| path.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(path.len());
    named.into_iter().map(|path| &path[..first(path)]).collect()
}

fn crates_named<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.match_indices(prefix)
        .find(|(at, _)| {
            let fresh =
                !line[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
            let name = &line[*at..];
            let end = name.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(name.len());
            fresh && name[end..].starts_with("::")
        })
        .map(|(at, _)| &line[at..])
}

/// What breaks the rules in one file.
fn breaches(path: &Path, text: &str) -> Vec<String> {
    let top = path.components().next().unwrap().as_os_str().to_str().unwrap();
    let top = top.strip_suffix(".rs").unwrap_or(top);
    if ["lib", "main"].contains(&top) || FOR_ALL.contains(&top) {
        return Vec::new();
    }
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == top) else {
        return vec![format!("{}: the module {top} has no place in the order of modules", path.display())];
    };
    let mut found = Vec::new();
    for (number, line) in code(text) {
        let place = format!("src/{}:{}", path.display(), number + 1);
        for module in modules_named(line) {
            let is_module = LAYERS.iter().any(|layer| layer.name == module);
            if is_module && module != top && !layer.may.contains(&module) {
                found.push(format!("{place}: {top} must not know {module}: {line}"));
            }
        }
        for prefix in layer.never.iter().copied().flatten() {
            if let Some(named) = crates_named(line, prefix) {
                found.push(format!("{place}: {top} must not name the crate {named}"));
            }
        }
    }
    found
}

#[test]
fn no_module_knows_one_above_it() {
    let all = files(&source());
    assert!(all.len() > 100, "only {} files were found", all.len());
    let found: Vec<String> = all.iter().flat_map(|(path, text)| breaches(path, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_files_of_a_folder_need_each_other_in_a_ring() {
    let mut found = circles::circles(&source(), &LAYERS.map(|layer| layer.name));
    // The same holds for the simulator, across its services too, and for what drives Terraform.
    let acceptance_tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("acceptance-tests/src");
    found.extend(circles::circles(&acceptance_tests, &["demo", "simulator", "terraform"]));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_link_knows_another_beyond_its_state() {
    let all = files(&source().join("links"));
    let name = |path: &Path| {
        let part = path.components().next().unwrap().as_os_str().to_str().unwrap();
        part.strip_suffix(".rs").unwrap_or(part).to_owned()
    };
    let kinds: std::collections::BTreeSet<String> =
        all.iter().filter(|(_, text)| text.contains("impl Link for")).map(|(path, _)| name(path)).collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
    let mut found = Vec::new();
    for (path, text) in &all {
        let own = name(path);
        for (number, line) in code(text) {
            for other in kinds.iter().filter(|other| **other != own) {
                let uses = [
                    format!("crate::links::{other}::"),
                    format!("super::{other}::"),
                    format!("super::super::{other}::"),
                ];
                if own != "mod" && uses.iter().any(|words| line.contains(words)) {
                    found.push(format!(
                        "src/links/{}:{}: {own} must not know {other}: {line}",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_link_has_the_same_rooms() {
    let links = source().join("links");
    let mut found = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(&links).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !path.is_dir() {
            if name != "mod.rs" {
                found.push(format!("src/links/{name}: a link has a folder, and what is no link has another home"));
            }
            continue;
        }
        count += 1;
        let room = |room: &str| fs::read_to_string(path.join(room)).unwrap_or_default();
        for (file, holds) in
            [("mod.rs", "pub struct Spec"), ("diff.rs", "impl Compare for"), ("calls.rs", "impl Link for")]
        {
            if !room(file).contains(holds) {
                found.push(format!("src/links/{name}/{file} must hold \"{holds}\""));
            }
        }
        if !room("tests.rs").contains("#[test]") && !room("tests.rs").contains("#[tokio::test") {
            found.push(format!("src/links/{name}/tests.rs must hold tests"));
        }
        for never in ["aws_sdk", "async fn", ".await"] {
            if code(&room("diff.rs")).any(|(_, line)| line.contains(never)) {
                found.push(format!("src/links/{name}/diff.rs must not hold \"{never}\""));
            }
        }
    }
    assert!(count >= 20, "only {count} links were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_composite_has_the_same_rooms() {
    let mut found = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(source()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("privatelink_") {
            continue;
        }
        count += 1;
        for room in ["config", "chain", "preflight", "reflect", "discover"] {
            if !path.join(format!("{room}.rs")).exists() && !path.join(room).join("mod.rs").exists() {
                found.push(format!("src/{name} has no {room}"));
            }
        }
    }
    assert!(count >= 4, "only {count} composites were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The paths in links and in backticks that begin in this repository and name one file or folder.
fn paths_named(text: &str) -> Vec<&str> {
    let linked = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(path, _)| path);
    let quoted = text.split('`').skip(1).step_by(2);
    let is_path = |path: &&str| {
        ["src/", "tests/", "acceptance-tests/", "examples/"].iter().any(|top| path.starts_with(top))
            && !path.contains(['<', '*', ' '])
    };
    linked.chain(quoted).filter(is_path).collect()
}

#[test]
fn what_contributing_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let named = paths_named(&text);
    assert!(named.len() > 40, "only {} paths were found", named.len());
    let missing: Vec<&&str> = named.iter().filter(|path| !root.join(path).exists()).collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md names what does not exist: {missing:?}");
}

#[test]
fn a_breach_is_seen() {
    let found = |path: &str, text: &str| breaches(Path::new(path), text).len();
    assert_eq!(found("engine/run.rs", "use crate::schema::Block;"), 1);
    assert_eq!(found("engine/run.rs", "let x = crate::aws::Aws;"), 1);
    assert_eq!(found("engine/run.rs", "use crate::{aws::Aws, schema::Block};"), 2);
    assert_eq!(found("engine/run.rs", "use aws_sdk_ec2::Client;"), 1);
    assert_eq!(found("resource/plan.rs", "use crate::engine::Run;"), 0);
    assert_eq!(found("resource/plan.rs", "let tag = tonic::Status::ok(\"\");"), 1);
    assert_eq!(found("engine/run.rs", "//! crate::aws::Aws"), 0);
    assert_eq!(found("engine/run.rs", "#[cfg(test)]\nmod tests {\n    use crate::aws::Aws;"), 0);
    assert_eq!(found("somewhere/new.rs", ""), 1);
}
