//! What became of each fault, as a page that people read and tests hold: `acceptance-tests/faults.md`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Where it is.
fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("faults.md")
}

/// The numbers of runs of all sections of a page.
fn counts(page: &str) -> Vec<usize> {
    page.lines().filter_map(|line| line.strip_suffix(" runs.")?.parse().ok()).collect()
}

const HEAD: &str = "# Faults\n\n\
What becomes of a run in which one call fails, by operation and kind of fault. Written by the tests of\n\
`tests/in_process/failures` with `UPDATE=1 cargo test --test in_process failures`, and compared by them.\n\n\
| Outcome | What it means |\n| --- | --- |\n\
| overcome | the run ends as if nothing had happened |\n\
| warning | the run does what it should; a warning names the operation, AWS's code and what to do |\n\
| error, healed | an error names link, operation, code and request id; every object is in the state; the next apply without \
faults ends in the same world, and a destroy leaves nothing |\n";

/// Several tests write one page.
static PAGE: Mutex<()> = Mutex::new(());

/// Compares one section, or writes it.
pub(crate) fn compare(title: &str, runs: usize, headings: &[&str], rows: Vec<(String, Vec<String>)>) {
    let mut section = format!("## {title}\n\n{runs} runs.\n\n| Operation | {} |\n", headings.join(" | "));
    let _ = writeln!(section, "| --- |{}", " --- |".repeat(headings.len()));
    for (operation, cells) in rows {
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{title}: an empty cell of {operation}");
        let _ = writeln!(section, "| {operation} | {} |", cells.join(" | "));
    }
    let path = path();
    // A section that differs fails its own test only.
    let _turn = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let mut sections: Vec<String> =
        page.split("\n## ").skip(1).map(|part| format!("## {}\n", part.trim_end())).collect();
    let is_this = |part: &String| part.starts_with(&format!("## {title}\n"));
    if std::env::var_os("UPDATE").is_some() {
        sections.retain(|part| !is_this(part));
        sections.push(section);
        sections.sort();
        let sections = sections.join("\n");
        let all: usize = counts(&sections).iter().sum();
        std::fs::write(&path, format!("{HEAD}\nEach call is struck in a run of its own: {all} in all.\n\n{sections}"))
            .unwrap();
        return;
    }
    let written = sections.into_iter().find(is_this).unwrap_or_default();
    assert_eq!(
        written,
        section,
        "{} is not up to date: UPDATE=1 cargo test --test in_process failures",
        path.display()
    );
}

#[test]
fn the_page_tells_of_well_over_a_thousand_runs() {
    if std::env::var_os("UPDATE").is_some() {
        // It is being written.
        return;
    }
    let page = std::fs::read_to_string(path()).unwrap();
    let (counts, sections) = (counts(&page), page.matches("\n## ").count());
    assert_eq!((counts.len(), sections), (12, 12), "each verb of both sides, its writes and its reads");
    let all: usize = counts.iter().sum();
    assert!(page.contains(&format!("in a run of its own: {all} in all.")), "{all}");
    assert!(all > 1000, "{all}");
}
