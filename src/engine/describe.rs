//! What a run will do, line by line: the words of each object that it changes, and what an earlier run left.

use super::catalogue::Catalogue;
use super::preview::{Preview, Step};
use super::record::{LinkName, Record, identity};
use super::words::{object, short};

/// Lists everything that a run would do, parents before children. Pure: the same from the same record and
/// configuration.
pub fn changes<C: Send + Sync + 'static>(preview: &Preview, catalogue: &Catalogue<C>, record: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, step) in &preview.steps {
        let phrases = match (step, record.links.get(name), catalogue.get(name)) {
            (Step::Delete, Some(entry), Some(kind)) if !kind.released => kind.link.describe_removal(&entry.state),
            _ => preview.words.get(name).cloned().unwrap_or_default(),
        };
        lines.extend(phrases.into_iter().map(|phrase| line(name, &phrase)));
    }
    if !preview.retired.is_empty() {
        for old in &record.retired {
            let which = identity(&old.state).map(|(_, id)| format!(" {}", short(id))).unwrap_or_default();
            lines.push(line(&old.link, &format!("remove the old one{which}, which an earlier apply left")));
        }
        for uncertain in &record.uncertain_creates {
            lines.push(line(
                &uncertain.link,
                "look for what an earlier apply may have made, and remove what is not used",
            ));
        }
    }
    lines
}

/// `listener https: forward to target group a instead of b`
fn line(name: &LinkName, phrase: &str) -> String {
    format!("{}: {phrase}", object(name))
}
