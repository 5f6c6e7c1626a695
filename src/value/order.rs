//! Order and sameness of values, for sets and for comparing what a plan and a result say.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Number, Type, Value};
use crate::gather::Gather as _;

impl Number {
    /// Compares by size, whatever the two forms.
    pub fn compare(&self, other: &Self) -> Ordering {
        if let (Self::Int(left), Self::Int(right)) = (self, other) {
            return left.cmp(right);
        }
        let (left, right) = (self.to_string(), other.to_string());
        match (left.strip_prefix('-'), right.strip_prefix('-')) {
            (Some(left), Some(right)) => compare_decimals(right, left),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => compare_decimals(&left, &right),
        }
    }
}

/// Compares two canonical decimals without sign.
fn compare_decimals(left: &str, right: &str) -> Ordering {
    let (left_whole, left_fraction) = left.split_once('.').unwrap_or((left, ""));
    let (right_whole, right_fraction) = right.split_once('.').unwrap_or((right, ""));
    (left_whole.len().cmp(&right_whole.len()))
        .then_with(|| left_whole.cmp(right_whole))
        .then_with(|| left_fraction.cmp(right_fraction))
}

impl Value {
    /// Orders any two values: by kind, then by content. Nulls come late and unknowns last, as core
    /// writes the elements of sets.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.compare(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::List(left), Self::List(right)) => compare_all(left.iter(), right.iter(), Self::compare),
            (Self::Map(left), Self::Map(right)) => compare_all(left.iter(), right.iter(), |left, right| {
                left.0.cmp(right.0).then_with(|| left.1.compare(right.1))
            }),
            (Self::Unknown(left), Self::Unknown(right)) => left.refinement.cmp(&right.refinement),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::String(_) => 2,
            Self::List(_) => 3,
            Self::Map(_) => 4,
            Self::Null => 5,
            Self::Unknown(_) => 6,
        }
    }

    /// Brings every set inside into one order and drops equal elements.
    ///
    /// What does not fit the type stays as it is: to say so is the codec's matter.
    #[must_use]
    pub fn sorted(self, ty: &Type) -> Self {
        match (self, ty) {
            (Self::List(items), Type::List(element)) => {
                Self::List(items.into_iter().map(|item| item.sorted(element)).collect())
            }
            (Self::List(items), Type::Set(element)) => {
                Self::List(sort_set(items.into_iter().map(|item| item.sorted(element)).collect()))
            }
            (Self::Map(entries), Type::Map(element)) => {
                Self::Map(entries.into_iter().map(|(key, value)| (key, value.sorted(element))).gather())
            }
            (Self::Map(entries), Type::Object(attributes)) => Self::Map(sort_object(entries, attributes)),
            (other, _) => other,
        }
    }

    /// Whether two values of a type are the same: sets without regard to order, unknowns without
    /// regard to their refinements.
    pub fn same(&self, other: &Self, ty: &Type) -> bool {
        match (self, other) {
            (Self::Unknown(_), Self::Unknown(_)) => true,
            (Self::List(left), Self::List(right)) => match ty {
                Type::Set(element) => same_set(left, right, element),
                Type::List(element) => {
                    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.same(right, element))
                }
                _ => self == other,
            },
            (Self::Map(left), Self::Map(right)) => match ty {
                Type::Object(attributes) => {
                    attributes.iter().all(|(name, ty)| self.get(name).same(other.get(name), ty))
                }
                Type::Map(element) => {
                    left.len() == right.len()
                        && left
                            .iter()
                            .all(|(key, value)| right.get(key).is_some_and(|other| value.same(other, element)))
                }
                _ => self == other,
            },
            _ => self == other,
        }
    }
}

/// Sorts the elements of a set and drops equal ones. Elements that are not wholly known may turn out
/// different and stay.
pub(crate) fn sort_set(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by(Value::compare);
    items.dedup_by(|next, kept| next == kept && kept.is_wholly_known());
    items
}

fn sort_object(entries: BTreeMap<String, Value>, attributes: &BTreeMap<String, Type>) -> BTreeMap<String, Value> {
    (entries.into_iter())
        .map(|(name, value)| {
            let value = match attributes.get(&name) {
                Some(ty) => value.sorted(ty),
                None => value,
            };
            (name, value)
        })
        .gather()
}

fn same_set(left: &[Value], right: &[Value], element: &Type) -> bool {
    let mut rest: Vec<&Value> = right.iter().collect();
    left.len() == right.len()
        && left.iter().all(|item| {
            let found = rest.iter().position(|other| item.same(other, element));
            found.map(|position| rest.swap_remove(position)).is_some()
        })
}

fn compare_all<T>(
    mut left: impl Iterator<Item = T>,
    mut right: impl Iterator<Item = T>,
    compare: impl Fn(T, T) -> Ordering,
) -> Ordering {
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => match compare(left, right) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Number, Type, Unknown, Value};

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_ordered_by_size_in_every_form() {
        let ordered =
            ["-18446744073709551616", "-2", "-1.5", "-1.25", "0", "0.1", "0.25", "1", "1.5", "9", "10", "1e30"];
        for pair in ordered.windows(2) {
            assert!(number(pair[0]).compare(&number(pair[1])).is_lt(), "{pair:?}");
            assert!(number(pair[1]).compare(&number(pair[0])).is_gt(), "{pair:?}");
        }
    }

    #[test]
    fn sets_are_sorted_at_every_depth_with_nulls_and_unknowns_last() {
        let ty = Type::Object([("s".to_owned(), Type::Set(Box::new(Type::String)))].into());
        let value = |items: Vec<Value>| Value::Map([("s".to_owned(), Value::List(items))].into());
        let sorted =
            value(vec![Value::UNKNOWN, "b".into(), Value::Null, "a".into(), "b".into(), Value::UNKNOWN]).sorted(&ty);
        assert_eq!(sorted, value(vec!["a".into(), "b".into(), Value::Null, Value::UNKNOWN, Value::UNKNOWN]));
    }

    #[test]
    fn lists_keep_their_order_and_their_doubles() {
        let list = Value::List(vec!["b".into(), "a".into(), "b".into()]);
        assert_eq!(list.clone().sorted(&Type::List(Box::new(Type::String))), list);
    }

    #[test]
    fn sets_are_the_same_in_any_order_but_not_with_other_elements() {
        let ty = Type::Set(Box::new(Type::String));
        let set = |items: &[&str]| Value::List(items.iter().map(|item| Value::from(*item)).collect());
        assert!(set(&["a", "b"]).same(&set(&["b", "a"]), &ty));
        assert!(!set(&["a", "a"]).same(&set(&["a", "b"]), &ty));
        assert!(!set(&["a"]).same(&set(&["a", "b"]), &ty));
        assert!(!set(&["a", "b"]).same(&set(&["b", "a"]), &Type::List(Box::new(Type::String))));
    }

    #[test]
    fn refinements_do_not_make_unknowns_different() {
        let refined = Value::Unknown(Unknown { refinement: Some(vec![0x81, 0x01, 0xc2]) });
        assert!(refined.same(&Value::UNKNOWN, &Type::String));
        assert!(!refined.same(&Value::Null, &Type::String));
    }
}
