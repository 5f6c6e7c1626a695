//! Rules on single values: what a configured value must be. Rules across attributes stand with each
//! composite.

use super::{Attribute, Block, Nesting};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::{Path, Step, Type, Value};

/// A rule of one attribute. On lists and sets it holds for each element, except where it says otherwise.
#[derive(Debug, Clone)]
pub enum Rule {
    /// A change replaces the whole resource.
    Replace,
    /// The text has this form.
    Is(&'static Format),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A number between these, both included.
    Range(i64, i64),
    /// A collection that is written has at least one element.
    NotEmpty,
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

/// Checks every configured value of a block against its rules. Unknown and null values pass.
pub fn check(block: &Block, value: &Value, path: &Path) -> Diagnostics {
    let mut found = Diagnostics::new();
    check_block(block, value, path, "", &mut found);
    found
}

/// `whose` names the element of a set block that the values belong to, which has no path of its own.
fn check_block(block: &Block, value: &Value, path: &Path, whose: &str, found: &mut Diagnostics) {
    if value.as_map().is_none() {
        return;
    }
    for attribute in &block.attributes {
        let place = path.child(attribute.name);
        for rule in &attribute.rules {
            let mut told = Diagnostics::new();
            check_rule(rule, attribute, value.get(attribute.name), &place, &mut told);
            for mut diagnostic in told {
                diagnostic.detail.push_str(whose);
                found.push(diagnostic);
            }
        }
    }
    for nested in &block.blocks {
        let place = path.child(nested.name);
        match (nested.nesting, value.get(nested.name)) {
            (Nesting::Single, content) => check_block(&nested.block, content, &place, whose, found),
            (nesting, Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let place = if nesting == Nesting::Set { place.clone() } else { place.with(Step::Index(index)) };
                    let name = item.get("name").as_str().filter(|_| nesting == Nesting::Set);
                    let whose = name.map(|name| format!(" It stands in {} {name:?}.", nested.name)).unwrap_or_default();
                    check_block(&nested.block, item, &place, &whose, found);
                }
            }
            _ => {}
        }
    }
}

fn check_rule(rule: &Rule, attribute: &Attribute, value: &Value, place: &Path, found: &mut Diagnostics) {
    if let (Rule::NotEmpty, Value::List(items)) = (rule, value) {
        if items.is_empty() {
            let detail = format!("{place} is empty; write at least one element, or leave the argument out.");
            found.push(Diagnostic::error(format!("Empty {}", attribute.name), detail).at(place.clone()));
        }
        return;
    }
    match (value, &attribute.ty) {
        (Value::List(items), ty) => {
            for (index, item) in items.iter().enumerate() {
                // Elements of sets have no address.
                let place = if matches!(ty, Type::Set(_)) { place.clone() } else { place.with(Step::Index(index)) };
                check_scalar(rule, item, &place, found);
            }
        }
        (value, _) => check_scalar(rule, value, place, found),
    }
}

fn check_scalar(rule: &Rule, value: &Value, place: &Path, found: &mut Diagnostics) {
    if value.is_null() || value.is_unknown() {
        return;
    }
    let complaint = match (rule, value) {
        (Rule::Is(format), Value::String(text)) if !(format.holds)(text) => {
            Some(format!("{text:?} is not {}. A right value looks like {:?}.", format.what, format.example))
        }
        (Rule::OneOf(words), Value::String(text)) if !words.contains(&text.as_str()) => {
            let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            Some(format!("{text:?} is not one of {}.", words.join(", ")))
        }
        (Rule::Range(least, most), Value::Number(number))
            if !number.as_i64().is_some_and(|number| (*least..=*most).contains(&number)) =>
        {
            Some(format!("{number} is not a whole number from {least} to {most}."))
        }
        (Rule::Refuse(judge), value) => judge(value),
        _ => None,
    };
    if let Some(complaint) = complaint {
        // Terraform shows no place inside the block of a set: the summary names it.
        found.push(Diagnostic::error(format!("Invalid {place}"), complaint).at(place.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Attributes, formats};

    crate::attributes! {
        /// A listener.
        pub(super) struct Sample {
            /// Ids.
            optional subnet_ids: std::collections::BTreeSet<String> => [Rule::NotEmpty, Rule::Is(&formats::SUBNET_ID)],
            /// Port.
            required port: i64 => [Rule::Range(1, 65535)],
            /// Protocol.
            optional protocol: String = "TCP" => [Rule::OneOf(&["TCP", "UDP"])],
        }
    }

    fn complaints(entries: &[(&str, Value)]) -> Vec<(String, String)> {
        let value = Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        check(&Sample::block(), &value, &Path::root())
            .into_iter()
            .map(|found| (found.path.to_string(), found.detail))
            .collect()
    }

    #[test]
    fn a_wrong_value_is_named_with_its_path_and_a_right_one() {
        let ids = Value::List(vec![Value::from("subnet-1"), Value::UNKNOWN, Value::from("subnet-0123456789abcdef0")]);
        assert_eq!(
            complaints(&[("subnet_ids", ids), ("port", Value::from(65_536)), ("protocol", Value::from("SCTP"))]),
            [
                (
                    "subnet_ids".to_owned(),
                    "\"subnet-1\" is not a subnet id. A right value looks like \"subnet-0123456789abcdef0\"."
                        .to_owned()
                ),
                ("port".to_owned(), "65536 is not a whole number from 1 to 65535.".to_owned()),
                ("protocol".to_owned(), "\"SCTP\" is not one of \"TCP\", \"UDP\".".to_owned()),
            ]
        );
    }

    #[test]
    fn the_summary_names_the_place_inside_a_block() {
        let value = Value::Map([("port".to_owned(), Value::from(0))].into());
        let found = check(&Sample::block(), &value, &Path::attribute("listener"));
        let summaries: Vec<_> = found.into_iter().map(|found| found.summary).collect();
        assert_eq!(summaries, ["Invalid listener.port"]);
    }

    #[test]
    fn unknown_and_null_pass_and_an_empty_set_does_not() {
        assert!(complaints(&[("subnet_ids", Value::UNKNOWN), ("port", Value::Null)]).is_empty());
        assert_eq!(complaints(&[("subnet_ids", Value::List(vec![]))]).len(), 1);
    }
}
