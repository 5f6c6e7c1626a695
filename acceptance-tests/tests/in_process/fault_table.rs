//! What became of each fault, as a page that people read and tests hold: `acceptance-tests/faults.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;

/// Where it is.
fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("faults.md")
}

/// The numbers of runs of all sections of a page.
fn counts(page: &str) -> Vec<usize> {
    page.lines().filter_map(|line| line.strip_suffix(" runs.")?.parse().ok()).collect()
}

const HEAD: &str = "# Faults\n\n\
What becomes of a run in which a call fails, by operation and kind of fault. Written by the tests of\n\
`tests/in_process/failures` with `UPDATE=1 cargo test --test in_process failures`, and compared by them; what takes\n\
minutes, with `-- --ignored` after it.\n\n\
Each run has neighbours: a second service with its consumer, a second consumer of the same service in the same VPC and\n\
zones, and records, rules, groups and tags that people made by hand. Each ends by asking that all of them still work,\n\
that no setting of theirs is another one, that the next run without faults ends in the world in which an undisturbed run\n\
ends, and that a destroy leaves the neighbours and nothing else. The service has no second consumer where it is made or\n\
removed in the run. A guest is a consumer in a security group and a zone that people made, a hub one with names in two zones\n\
of its own and in a Route 53 Profile, without egress, and with a topic that is told. Tls is a service with further\n\
certificates, Reserved one with capacity that AWS keeps ready.\n\n\
In *kills* the provider's process dies at a call and core keeps the state of before. In *chaos* a seed draws which calls are\n\
struck and how: throttled, 503, reset, reply lost, no reply, 20 s late, refused. In *hostile replies* one reply is another\n\
one: AWS has done what was asked, unless something else answers instead of AWS.\n\n\
| Outcome | What it means |\n| --- | --- |\n\
| overcome | the run ends as if nothing had happened |\n\
| warning | the run does what it should; a warning names the operation, AWS's code and what to do |\n\
| error, healed | an error names link, operation, code and request id; every object is in the state; the next apply without \
faults ends in the same world, and a destroy leaves nothing |\n\
| taken up | the next process finds what the dead one made, and goes on with it |\n\
| told how to import | what was made was whole, and only its state was lost: the next plan names the command that imports it |\n";

/// Several tests write one page.
static PAGE: Mutex<()> = Mutex::new(());

/// How the runs of one section ended: by operation and fault, each outcome with its number.
pub(crate) struct Tally {
    title: String,
    /// What each row is of.
    rows: &'static str,
    headings: Vec<&'static str>,
    cells: BTreeMap<(String, usize), BTreeMap<&'static str, usize>>,
    broken: Vec<String>,
}

impl Tally {
    /// Of a section with rows of this kind and a column for each fault.
    pub(crate) fn new(title: String, rows: &'static str, headings: Vec<&'static str>) -> Self {
        Self { title, rows, headings, cells: BTreeMap::new(), broken: Vec::new() }
    }

    /// Runs a case and counts how it ended. One that breaks does not keep the others from being run.
    pub(crate) async fn run(&mut self, row: &str, column: usize, case: &str, run: impl Future<Output = &'static str>) {
        println!("{case}");
        match AssertUnwindSafe(run).catch_unwind().await {
            Ok(outcome) => *self.cells.entry((row.to_owned(), column)).or_default().entry(outcome).or_default() += 1,
            Err(_) => self.broken.push(case.to_owned()),
        }
    }

    /// How many runs there were.
    fn runs(&self) -> usize {
        self.cells.values().flat_map(BTreeMap::values).sum()
    }

    /// Operations with their cells.
    fn rows(&self) -> Vec<(String, Vec<String>)> {
        let rows: BTreeSet<&String> = self.cells.keys().map(|(row, _)| row).collect();
        let cell = |row: &String, column| {
            let outcomes = self.cells.get(&(row.clone(), column)).into_iter().flatten();
            let told: Vec<String> = outcomes.map(|(outcome, count)| format!("{count} {outcome}")).collect();
            if told.is_empty() { "–".to_owned() } else { told.join("; ") }
        };
        let row = |row: &String| (row.clone(), (0..self.headings.len()).map(|column| cell(row, column)).collect());
        rows.into_iter().map(row).collect()
    }

    fn expect_whole(&self) {
        assert!(self.broken.is_empty(), "{} of {} runs broke: {:#?}", self.broken.len(), self.title, self.broken);
    }

    /// Compares the section, or writes it.
    pub(crate) fn compare(self) {
        self.expect_whole();
        let Self { title, rows, headings, .. } = &self;
        let mut section = format!("## {title}\n\n{} runs.\n\n| {rows} | {} |\n", self.runs(), headings.join(" | "));
        let _ = writeln!(section, "| --- |{}", " --- |".repeat(headings.len()));
        for (operation, cells) in self.rows() {
            let _ = writeln!(section, "| {operation} | {} |", cells.join(" | "));
        }
        let path = path();
        // A section that differs fails its own test only.
        let _turn = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        let mut sections = sections(&page);
        let is_this = |part: &String| part.starts_with(&format!("## {title}\n"));
        if std::env::var_os("UPDATE").is_some() {
            sections.retain(|part| !is_this(part));
            sections.push(section);
            sections.sort();
            let sections = sections.join("\n");
            let all: usize = counts(&sections).iter().sum();
            let page = format!("{HEAD}\nEach fault is a run of its own: {all} in all.\n\n{sections}");
            std::fs::write(&path, page).unwrap();
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

    /// Compares some of the section's runs: each outcome is one that the page tells of the operation. How many there were.
    pub(crate) fn compare_some(self) -> usize {
        self.expect_whole();
        let page = std::fs::read_to_string(path()).unwrap_or_default();
        let section = sections(&page).into_iter().find(|part| part.starts_with(&format!("## {}\n", self.title)));
        let section = section.unwrap_or_default();
        for ((row, column), outcomes) in &self.cells {
            // An operation that is new since the whole was run is told by the next whole run.
            let Some(line) = section.lines().find(|line| line.starts_with(&format!("| {row} |"))) else { continue };
            let cell = line.split(" | ").nth(column + 1).unwrap_or_default();
            for outcome in outcomes.keys() {
                let title = &self.title;
                assert!(
                    cell.contains(outcome) || std::env::var_os("UPDATE").is_some(),
                    "{title}, {row}, {}: {outcome} is not in the table",
                    self.headings[*column]
                );
            }
        }
        self.runs()
    }
}

/// The sections of a page.
fn sections(page: &str) -> Vec<String> {
    page.split("\n## ").skip(1).map(|part| format!("## {}\n", part.trim_end())).collect()
}

#[test]
fn the_page_tells_of_more_than_five_thousand_runs() {
    if std::env::var_os("UPDATE").is_some() {
        // It is being written.
        return;
    }
    let page = std::fs::read_to_string(path()).unwrap();
    let (counts, sections) = (counts(&page), page.matches("\n## ").count());
    assert_eq!(counts.len(), sections);
    assert!(sections >= 45, "each verb of three sides in five kinds of runs at least");
    let all: usize = counts.iter().sum();
    assert!(page.contains(&format!("Each fault is a run of its own: {all} in all.")), "{all}");
    assert!(all > 5000, "{all}");
}
