//! Access policies of topics, as far as they decide whether PrivateLink may publish.
//!
//! A statement counts when its principal, action, resource and every condition fit. A condition that is not known here does not
//! fit: better a topic too many refused than one too many taken.

use serde_json::{Value, json};

/// The principal that publishes connection notifications.
const PRIVATE_LINK: &str = "vpce.amazonaws.com";

/// Describes a publication that is to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// Topic.
    pub topic: &'a str,
    /// ARN of the endpoint or endpoint service.
    pub source: &'a str,
    /// Account of its owner.
    pub account: &'a str,
}

/// Writes the policy of a topic that was given none: its owner alone.
pub fn default(arn: &str, owner: &str) -> String {
    json!({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [{
        "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish"],
        "Resource": arn, "Condition": {"StringEquals": {"AWS:SourceOwner": owner}}}]})
    .to_string()
}

/// Writes a policy that lets PrivateLink publish.
pub fn open(arn: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": PRIVATE_LINK},
        "Action": "SNS:Publish", "Resource": arn}]})
    .to_string()
}

/// Checks the form of a policy.
///
/// # Errors
/// Says what is wrong with it.
pub fn check(policy: &str, topic: &str) -> Result<(), String> {
    let policy: Value = serde_json::from_str(policy).map_err(|_| "null".to_owned())?;
    let statements = listed(policy.get("Statement"));
    if statements.is_empty() {
        return Err("a policy needs a statement".to_owned());
    }
    for statement in statements {
        if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
            return Err("Effect must be Allow or Deny".to_owned());
        }
        if statement.get("Principal").is_none() {
            return Err("a statement needs a principal".to_owned());
        }
        let actions = texts(statement.get("Action"));
        if actions.is_empty() || !actions.iter().all(|action| action.to_ascii_lowercase().starts_with("sns:")) {
            return Err("Policy statement action out of service scope!".to_owned());
        }
        let resources = texts(statement.get("Resource"));
        if !resources.iter().any(|resource| fits(resource, topic)) {
            return Err("Invalid policy: resource is not this topic".to_owned());
        }
    }
    Ok(())
}

/// Tells whether a policy lets PrivateLink publish.
pub fn admits(policy: &str, publication: Publication<'_>) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else {
        return false;
    };
    let statements = listed(policy.get("Statement"));
    let says = |effect: &str| {
        let those = statements.iter().filter(|one| one.get("Effect").and_then(Value::as_str) == Some(effect));
        those.into_iter().any(|statement| concerns(statement, publication))
    };
    says("Allow") && !says("Deny")
}

fn concerns(statement: &Value, publication: Publication<'_>) -> bool {
    let principal = match statement.get("Principal") {
        Some(Value::String(all)) => all == "*",
        Some(Value::Object(kinds)) => {
            texts(kinds.get("Service")).iter().any(|name| name == PRIVATE_LINK)
                || texts(kinds.get("AWS")).iter().any(|name| name == "*")
        }
        _ => false,
    };
    let action = texts(statement.get("Action"));
    let action = action.iter().any(|action| fits(&action.to_ascii_lowercase(), "sns:publish"));
    let resource = texts(statement.get("Resource")).iter().any(|resource| fits(resource, publication.topic));
    principal && action && resource && conditions_hold(statement.get("Condition"), publication)
}

fn conditions_hold(conditions: Option<&Value>, publication: Publication<'_>) -> bool {
    let Some(conditions) = conditions else {
        return true;
    };
    let Some(operators) = conditions.as_object() else {
        return false;
    };
    operators.iter().all(|(operator, keys)| {
        keys.as_object().is_some_and(|keys| {
            keys.iter().all(|(key, values)| {
                let seen = match key.to_ascii_lowercase().as_str() {
                    "aws:sourcearn" => publication.source,
                    "aws:sourceaccount" => publication.account,
                    _ => return false,
                };
                let wild = matches!(operator.as_str(), "ArnLike" | "ArnEquals" | "StringLike");
                let known = wild || operator == "StringEquals";
                let holds = |value: &String| if wild { fits(value, seen) } else { value == seen };
                known && texts(Some(values)).iter().any(holds)
            })
        })
    })
}

/// Takes one for a list of one, as IAM does.
fn listed(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    listed(value).into_iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// Matches `*` and `?`.
fn fits(pattern: &str, text: &str) -> bool {
    fn from(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                from(rest, text) || text.split_first().is_some_and(|(_, tail)| from(pattern, tail))
            }
            (Some((b'?', rest)), Some((_, tail))) => from(rest, tail),
            (Some((wanted, rest)), Some((seen, tail))) => wanted == seen && from(rest, tail),
            _ => false,
        }
    }
    from(pattern.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:connections";
    const ENDPOINT_SERVICE: &str = "arn:aws:ec2:us-east-1:111111111111:vpc-endpoint-service/vpce-svc-0";

    fn published(policy: &Value) -> bool {
        let publication = Publication { topic: TOPIC, source: ENDPOINT_SERVICE, account: "111111111111" };
        admits(&policy.to_string(), publication)
    }

    fn allowing(change: impl Fn(&mut Value)) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": {"Service": "vpce.amazonaws.com"},
            "Action": "SNS:Publish", "Resource": TOPIC});
        change(&mut statement);
        json!({"Statement": statement})
    }

    #[test]
    fn a_statement_counts_when_all_of_it_fits() {
        assert!(published(&allowing(|_| {})));
        assert!(published(&allowing(|one| one["Action"] = json!(["sns:*"]))));
        assert!(published(&allowing(|one| one["Resource"] = json!("arn:aws:sns:us-east-1:*:conn*"))));
        assert!(published(&allowing(|one| {
            one["Condition"] = json!({"ArnLike": {"aws:SourceArn": "arn:aws:ec2:*:111111111111:vpc-endpoint-service/*"},
                "StringEquals": {"aws:SourceAccount": "111111111111"}});
        })));
        assert!(!published(&allowing(|one| one["Principal"] = json!({"Service": "events.amazonaws.com"}))));
        assert!(!published(&allowing(|one| one["Action"] = json!("SNS:Subscribe"))));
        assert!(!published(&allowing(|one| one["Resource"] = json!("arn:aws:sns:us-east-1:111111111111:other"))));
        assert!(!published(&allowing(|one| {
            one["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "222222222222"}});
        })));
        assert!(!published(&allowing(|one| one["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}}))));
    }

    #[test]
    fn a_denial_outweighs_and_the_default_policy_admits_nobody_else() {
        let mut both = allowing(|_| {});
        let denial = json!({"Effect": "Deny", "Principal": "*", "Action": "SNS:Publish", "Resource": TOPIC});
        both["Statement"] = json!([both["Statement"].clone(), denial]);
        assert!(!published(&both));
        let owner = serde_json::from_str(&default(TOPIC, "111111111111")).unwrap();
        assert!(!published(&owner));
    }

    #[test]
    fn malformed_policies_are_told_apart() {
        assert!(check("{", TOPIC).is_err());
        assert!(check("{}", TOPIC).is_err());
        assert!(check(&open("arn:aws:sns:us-east-1:111111111111:other"), TOPIC).is_err());
        assert!(check(&allowing(|one| one["Action"] = json!("ec2:Describe")).to_string(), TOPIC).is_err());
        assert!(check(&open(TOPIC), TOPIC).is_ok());
    }
}
