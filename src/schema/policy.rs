//! Policies compared by meaning: AWS reorders them and writes one-element lists as scalars. Which meaning a link gives
//! to their absence is its own matter.

use serde_json::{Map, Value};

use crate::gather::Gather as _;

/// Whether two documents say the same. What is not JSON is compared as text.
pub fn same(left: &str, right: &str) -> bool {
    match (meaning(left), meaning(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left.trim() == right.trim(),
    }
}

/// The document in one form, as text; `None` where it is no JSON.
pub fn canonical_text(document: &str) -> Option<String> {
    meaning(document).map(|meaning| meaning.to_string())
}

/// Whether a document is what AWS attaches where none is given: everything is allowed.
pub fn is_full_access(document: &str) -> bool {
    const FULL_ACCESS: &str = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;
    let bare = |document| {
        let mut value = meaning(document)?;
        value.as_object_mut()?.remove("Version");
        if let Some(Value::Object(statement)) = value.get_mut("Statement") {
            statement.remove("Sid");
        }
        Some(value)
    };
    bare(document).is_some_and(|value| Some(value) == bare(FULL_ACCESS))
}

/// Whether a policy lets nobody do anything: it allows nothing, or denies everything to everybody without a condition.
pub fn lets_nobody(document: &str) -> bool {
    let Some(policy) = meaning(document) else { return false };
    let statements: Vec<&Value> = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let is = |statement: &Value, field: &str, word: &str| statement.get(field).is_some_and(|value| value == word);
    let denies_all = |statement: &&Value| {
        is(statement, "Effect", "Deny")
            && statement.get("Condition").is_none()
            && ["Principal", "Action", "Resource"].iter().all(|field| is(statement, field, "*"))
    };
    !statements.iter().any(|statement| is(statement, "Effect", "Allow")) || statements.iter().any(denies_all)
}

/// The document in one form: lists without order, lists of one as scalars, `{"AWS": "*"}` as `*`.
fn meaning(document: &str) -> Option<Value> {
    serde_json::from_str(document).ok().map(canonical)
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(canonical).collect();
            items.sort_by_cached_key(Value::to_string);
            items.dedup();
            if items.len() == 1 { items.pop().unwrap_or_default() } else { Value::Array(items) }
        }
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.into_iter().map(|(key, value)| (key, canonical(value))).gather();
            if let Some(principal) = fields.get_mut("Principal")
                && principal.as_object().is_some_and(|kinds| kinds.len() == 1 && kinds.get("AWS") == Some(&"*".into()))
            {
                *principal = "*".into();
            }
            Value::Object(fields)
        }
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_spacing_and_lists_of_one_do_not_matter() {
        let table = [
            (r#"{"a": 1, "b": [2]}"#, r#"{"b":2,"a":1}"#, true),
            (r#"{"Action": ["s3:Get", "s3:Put"]}"#, r#"{"Action":["s3:Put","s3:Get"]}"#, true),
            (r#"{"Statement":[{"Principal":{"AWS":"*"}}]}"#, r#"{"Statement":{"Principal":"*"}}"#, true),
            (r#"{"Statement":[{"Principal":{"AWS":["*"]}}]}"#, r#"{"Statement":{"Principal":"*"}}"#, true),
            (r#"{"Action":["s3:Get"]}"#, r#"{"Action":["s3:Get","s3:Put"]}"#, false),
            (r#"{"Effect":"Allow"}"#, r#"{"Effect":"Deny"}"#, false),
            ("not json", " not json ", true),
            ("not json", "{}", false),
        ];
        for (left, right, expected) in table {
            assert_eq!(same(left, right), expected, "{left} and {right}");
            assert_eq!(same(right, left), expected, "{right} and {left}");
        }
    }

    #[test]
    fn a_policy_that_lets_nobody_in_is_known() {
        let allow = r#"{"Effect":"Allow","Principal":"*","Action":["sqs:SendMessage"],"Resource":"*"}"#;
        let deny = r#"{"Effect":"Deny","Principal":{"AWS":["*"]},"Action":["*"],"Resource":"*"}"#;
        let policy = |statements: &str| format!(r#"{{"Statement":[{statements}]}}"#);
        for closed in [policy(""), policy(deny), policy(&format!("{allow},{deny}"))] {
            assert!(lets_nobody(&closed), "{closed}");
        }
        let some = policy(&format!("{allow},{}", deny.replace(r#""*"}"#, r#""*","Condition":{"Bool":{"x":"y"}}}"#)));
        for open in [policy(allow), some, format!(r#"{{"Statement":{allow}}}"#), "nothing".to_owned()] {
            assert!(!lets_nobody(&open), "{open}");
        }
    }

    #[test]
    fn full_access_is_known_whatever_its_version() {
        for document in [
            r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":{"Sid":"x","Effect":"Allow","Principal":{"AWS":"*"},"Action":["*"],"Resource":"*"}}"#,
        ] {
            assert!(is_full_access(document), "{document}");
        }
        for document in [
            r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
            "[]",
            "",
        ] {
            assert!(!is_full_access(document), "{document}");
        }
    }
}
