//! Rules on single values: what a configured value must be.
//!
//! [`super::check`] applies them, together with what is required, what may stand once and
//! [`super::Constraint`]s. Rules that depend on values of several arguments stand with each composite.

use super::{Attribute, Presence};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::{Path, Step, Type, Value};

/// A rule of one attribute. On lists and sets it holds for each element, except where it says otherwise.
#[derive(Debug, Clone)]
pub enum Rule {
    /// A change replaces the whole resource.
    Replace,
    /// Results depend on it, because a change replaces an object of the chain or says what a result is: while it is
    /// unknown, so are they. While any other argument is unknown, the results of what exists stay known.
    Results,
    /// The text has this form.
    Is(&'static Format),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A number between these, both included.
    Range(i64, i64),
    /// No two blocks of the same kind have the same value. The text says what to write instead, or nothing.
    Unique(&'static str),
    /// Part of what makes a block the same one as before, where it is not one unique value.
    Key,
    /// An empty collection is not the same as none.
    KeepsEmpty,
    /// Brings a value into the one spelling that typed code and AWS know, such as a zone id without `/hostedzone/`.
    Canonical(fn(&str) -> String),
    /// Two spellings mean the same when this makes them equal: the recorded one then stays in a plan.
    Means(fn(&Value) -> Value),
    /// Anything that needs its own words: what is wrong and what to write instead.
    Refuse(fn(&Value) -> Option<String>),
}

/// The form of a text, with the words for a message.
#[derive(Debug)]
pub struct Format {
    /// With its article: `a subnet id`.
    pub what: &'static str,
    /// A right value.
    pub example: &'static str,
    /// Decides.
    pub holds: fn(&str) -> bool,
}

/// Checks one configured value. `whose` names the element of a set block that it stands in, which has no path of its own.
pub(super) fn check_value(attribute: &Attribute, value: &Value, place: &Path, whose: &str) -> Diagnostics {
    let mut found = check_presence(attribute, value, place, whose);
    for rule in &attribute.rules {
        match (value, &attribute.ty) {
            (Value::List(items), ty) => {
                for (index, item) in items.iter().enumerate() {
                    // Elements of sets have no address.
                    let place = if matches!(ty, Type::Set(_)) { place.clone() } else { place.with(Step::Index(index)) };
                    check_scalar(rule, item, &place, whose, &mut found);
                }
            }
            (value, _) => check_scalar(rule, value, place, whose, &mut found),
        }
    }
    if let (Type::Number, Value::Number(number)) = (&attribute.ty, value)
        && number.as_i64().is_none()
        && found.is_empty()
    {
        let detail = format!("{} must be a whole number, got {number}{whose}.", attribute.name);
        found.push(Diagnostic::error(format!("Invalid {place}"), detail).at(place.clone()));
    }
    found
}

/// Null stands for the default or for none, and a required argument has neither.
pub(super) fn check_presence(attribute: &Attribute, value: &Value, place: &Path, whose: &str) -> Diagnostics {
    if attribute.presence != Presence::Required || !value.is_null() {
        return Diagnostics::new();
    }
    let detail = format!(
        "{} is required, and its value is null{whose}. Write a value. Where the value comes from a variable or a module, \
         an optional argument that was left out there arrives here as null.",
        attribute.name
    );
    Diagnostic::error(format!("Missing {place}"), detail).at(place.clone()).into()
}

fn check_scalar(rule: &Rule, value: &Value, place: &Path, whose: &str, found: &mut Diagnostics) {
    if value.is_null() || value.is_unknown() {
        return;
    }
    let complaint = match (rule, value) {
        (Rule::Is(format), Value::String(text)) if !(format.holds)(text) => {
            Some(format!("must be {} such as {:?}, got {text:?}", format.what, format.example))
        }
        (Rule::OneOf(words), Value::String(text)) if !words.contains(&text.as_str()) => {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            Some(format!("must be one of {}, got {text:?}", words.join(", ")))
        }
        (Rule::Range(least, most), Value::Number(number))
            if !number.as_i64().is_some_and(|number| (*least..=*most).contains(&number)) =>
        {
            let kind = if number.as_i64().is_some() { "" } else { "a whole number " };
            Some(format!("must be {kind}between {least} and {most}, got {number}"))
        }
        (Rule::Refuse(judge), value) => judge(value),
        _ => None,
    };
    if let Some(complaint) = complaint {
        // Terraform shows no place inside the block of a set: the summary names it.
        let detail = in_full(place, &complaint, whose);
        found.push(Diagnostic::error(format!("Invalid {place}"), detail).at(place.clone()));
    }
}

/// The text of a complaint: a rule, which begins with "must", is about the argument; sentences stand as they are.
fn in_full(place: &Path, complaint: &str, whose: &str) -> String {
    let argument = place.steps().iter().rev().find_map(|step| match step {
        Step::Attribute(name) => Some(name.as_str()),
        _ => None,
    });
    match argument.filter(|_| complaint.starts_with("must ")) {
        Some(argument) => format!("{argument} {complaint}{whose}."),
        None => format!("{complaint}{whose}"),
    }
}
