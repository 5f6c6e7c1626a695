//! Rules on how many of several arguments of one block may be written.

use super::{Attribute, Block, Nesting, Rule};
use crate::diagnostic::Diagnostic;
use crate::value::{Path, Value};

/// A rule over several arguments or nested blocks of one block.
///
/// An argument whose value is not known yet may turn out to be null, so it counts neither as written nor as left out;
/// it is checked again when it is known.
#[derive(Debug, Clone, Copy)]
pub struct Constraint {
    /// How many of them.
    pub count: Count,
    /// The arguments, by name.
    pub of: &'static [&'static str],
    /// Summary of the diagnostic.
    pub summary: &'static str,
    /// What to write instead, as sentences.
    pub advice: &'static str,
}

/// How many of a [`Constraint`]'s arguments may be written.
#[derive(Debug, Clone, Copy)]
pub enum Count {
    /// One, and no other.
    ExactlyOne,
    /// One or none.
    AtMostOne,
    /// One or more.
    AtLeastOne,
    /// All of them or none.
    Together,
    /// None where this one is written.
    NoneBeside(&'static str),
    /// All where this one is written.
    AllBeside(&'static str),
}

/// Whether an argument is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Yes,
    No,
    /// Known only later.
    Perhaps,
}

impl Constraint {
    /// What a block breaks of it. `whose` names the element of a set block.
    pub(super) fn check(&self, block: &Block, value: &Value, path: &Path, whose: &str) -> Option<Diagnostic> {
        // None of a collection may be written where an empty one is, though the empty one may count elsewhere.
        let counts_empty = !matches!(self.count, Count::AtMostOne | Count::NoneBeside(_));
        let of = |name: &str| written(block, name, value.get(name), counts_empty);
        let with =
            |wanted: Written| -> Vec<&str> { self.of.iter().copied().filter(|name| of(name) == wanted).collect() };
        let (yes, no) = (with(Written::Yes), with(Written::No));
        let last = || yes.last().copied().unwrap_or_default();
        let first = self.of.first().copied().unwrap_or_default();
        let all = || join(self.of);
        let (words, at) = match self.count {
            Count::ExactlyOne if no.len() == self.of.len() => {
                (format!("Exactly one of {} must be written, and none is.", all()), first)
            }
            Count::ExactlyOne if yes.len() > 1 => {
                (format!("Exactly one of {} must be written, and {} are.", all(), join(&yes)), last())
            }
            Count::AtMostOne if yes.len() > 1 => (format!("{} exclude each other.", join(&yes)), last()),
            Count::AtLeastOne if no.len() == self.of.len() => match self.of {
                [one] => (format!("At least one {one} must be written, and none is."), first),
                _ => (format!("At least one of {} must be written, and none is.", all()), first),
            },
            Count::Together if !yes.is_empty() && !no.is_empty() => {
                (format!("{} belong together, and {} is missing.", all(), join(&no)), no.first().copied()?)
            }
            Count::NoneBeside(one) if of(one) == Written::Yes && !yes.is_empty() => {
                (format!("{} cannot be written beside {one}.", join(&yes)), last())
            }
            Count::AllBeside(one) if of(one) == Written::Yes && !no.is_empty() => {
                (format!("{one} needs {}.", join(&no)), one)
            }
            _ => return None,
        };
        let words = words.trim_end_matches('.');
        Some(Diagnostic::error(self.summary, format!("{words}{whose}. {}", self.advice)).at(path.child(at)))
    }
}

fn written(block: &Block, name: &str, value: &Value, counts_empty: bool) -> Written {
    let keeps_empty = counts_empty && block.attribute(name).is_some_and(Attribute::keeps_empty);
    match value {
        Value::Null => Written::No,
        Value::Unknown(_) => Written::Perhaps,
        Value::List(items) if items.is_empty() && !keeps_empty => Written::No,
        Value::Map(entries) if entries.is_empty() && block.attribute(name).is_some() => Written::No,
        Value::List(items) if is_set_of_blocks(block, name) && items.iter().all(Value::is_unknown) => Written::Perhaps,
        _ => Written::Yes,
    }
}

fn is_set_of_blocks(block: &Block, name: &str) -> bool {
    block.nested(name).is_some_and(|nested| nested.nesting != Nesting::Single)
}

impl Attribute {
    /// Whether an empty collection is not the same as none.
    pub fn keeps_empty(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::KeepsEmpty))
    }
}

/// `a`, `a and b`, `a, b and c`.
fn join(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
