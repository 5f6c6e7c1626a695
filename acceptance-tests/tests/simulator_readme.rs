//! The table of rules beside the simulator, held against the code and the tests that it names.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use acceptance_tests::simulator::rules::Rule;

const TABLE: &str = include_str!("../src/simulator/README.md");

/// A row of the table.
struct Row {
    rules: String,
    code: String,
    source: String,
    tests: String,
}

fn rows() -> Vec<Row> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let lines = TABLE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut found = Vec::new();
    for line in lines {
        let cells = cells(line);
        let [rules, _, code, source, tests] = cells.as_slice() else { continue };
        if rules != "Rule" {
            let [rules, code, source, tests] = [rules, code, source, tests].map(ToOwned::to_owned);
            found.push(Row { rules, code, source, tests });
        }
    }
    found
}

/// The words in backticks of a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// The sources under a folder of this package, by path.
fn sources(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join(folder), &mut found);
    let named = found.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text)
    });
    named.collect()
}

fn is_path(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(_, kind)| kind == "rs")
}

fn has_file(sources: &BTreeMap<String, String>, word: &str) -> bool {
    let ends = |path: &String| path.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    match word.split_once('*') {
        Some((start, end)) => sources.keys().any(|path| path.contains(start) && path.ends_with(end)),
        None => sources.keys().any(ends),
    }
}

#[test]
fn every_rule_has_a_row_with_its_name_a_source_and_a_test() {
    let rows = rows();
    assert!(rows.len() > 100, "{} rows were understood", rows.len());
    for rule in Rule::ALL {
        let name = format!("{} `{}`", rule.number(), rule.name());
        let own: Vec<&Row> = rows.iter().filter(|row| row.rules.split(", ").any(|each| each == name)).collect();
        assert!(!own.is_empty(), "no row says {name}");
        for row in own {
            let holes = [("code", &row.code), ("source", &row.source), ("tests", &row.tests)];
            for (column, cell) in holes {
                assert!(!cell.is_empty() && cell != "the same", "{name} has no {column}");
            }
        }
    }
    let known: BTreeSet<String> = Rule::ALL.iter().map(|rule| format!("{} `{}`", rule.number(), rule.name())).collect();
    for row in rows.iter().filter(|row| row.rules != "–") {
        for each in row.rules.split(", ") {
            assert!(known.contains(each), "there is no rule '{each}'");
        }
    }
}

#[test]
fn the_code_and_the_tests_that_the_table_names_exist() {
    let (code, tests) = (sources("src/simulator"), sources("tests"));
    let everything = || code.values().chain(tests.values());
    let mut wrong = Vec::new();
    for row in rows() {
        for word in quoted(&row.code) {
            let exists = if is_path(word) {
                has_file(&code, word)
            } else {
                code.values().any(|text| text.contains(&format!("fn {word}")) || text.contains(&format!("{word}:")))
            };
            if !exists && word != "OPERATIONS" {
                wrong.push(format!("code {word} of {}", row.rules));
            }
        }
        for word in quoted(&row.tests) {
            let exists = if is_path(word) {
                has_file(&code, word) || has_file(&tests, word)
            } else {
                let test = format!("fn {word}(");
                everything().any(|text| text.contains(&test)) || has_file(&tests, &format!("{word}.rs"))
            };
            if !exists {
                wrong.push(format!("test {word} of {}", row.rules));
            }
        }
    }
    assert!(wrong.is_empty(), "the table names what is not there: {wrong:#?}");
}

#[test]
fn the_tests_of_faults_and_unconfirmed_points_exist() {
    let (code, tests) = (sources("src/simulator"), sources("tests"));
    let (_, rest) = TABLE.split_once("## Faults").unwrap();
    let rows = rest.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let cells = rows.map(|line| line.trim_matches('|').rsplit(" | ").next().unwrap_or_default().trim().to_owned());
    let named: Vec<String> =
        cells.flat_map(|cell| quoted(&cell).into_iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(named.len() > 30, "{} tests were read", named.len());
    for test in named {
        let name = format!("fn {test}(");
        assert!(code.values().chain(tests.values()).any(|text| text.contains(&name)), "there is no test {test}");
    }
}

#[test]
fn every_rule_is_asked_for_in_the_code_and_missed_in_a_test() {
    let (code, tests) = (sources("src/simulator"), sources("tests"));
    let used = |sources: &BTreeMap<String, String>, rule: &Rule| {
        let own = sources.iter().filter(|(path, _)| !path.ends_with("simulator/rules.rs"));
        let word = format!("Rule::{}", rule.name());
        own.map(|(_, text)| text).any(|text| {
            text.match_indices(&word).any(|(at, _)| !text[at + word.len()..].starts_with(char::is_alphanumeric))
        })
    };
    let loose: Vec<&str> = Rule::ALL.iter().filter(|rule| !used(&code, rule)).map(|rule| rule.name()).collect();
    assert!(loose.is_empty(), "no code asks for {loose:?}");
    let untested: Vec<&str> = Rule::ALL.iter().filter(|rule| !used(&tests, rule)).map(|rule| rule.name()).collect();
    assert!(untested.is_empty(), "no test fails without {untested:?}");
}

#[test]
fn every_reading_and_every_unconfirmed_point_is_in_the_readme() {
    let settings = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulator/settings.rs")).unwrap();
    let (_, readings) = settings.split_once("pub struct Readings {").unwrap();
    let (readings, _) = readings.split_once("\n}").unwrap();
    let fields = readings.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'));
    let missing: Vec<&str> =
        fields.map(|(name, _)| name).filter(|name| !TABLE.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "the README does not name the readings {missing:?}");
    let (_, points) = TABLE.split_once("## Unconfirmed points").unwrap_or_else(|| panic!("no list of points"));
    for number in 1..=15 {
        assert!(points.contains(&format!("\n| {number} | ")), "the point {number} is not in the list");
    }
}
