//! The end of the way to a service of AWS itself.
//!
//! Its inside is not simulated: it answers on port 443 unless the endpoint's policy lets nobody do anything, or denies everybody
//! everything. What a policy says about one caller and one resource is not evaluated.

use serde_json::Value;

use crate::simulator::ec2::privatelink::endpoint::Endpoint;

use super::{At, Broken, Protocol, Way, broken};

/// Port of AWS's own services. *Assumed* for each of them.
const PORT: u16 = 443;

impl<'a> Way<'a> {
    /// From an endpoint to the service of AWS behind it.
    pub(super) fn answer(&mut self, endpoint: &'a Endpoint) -> Result<(), Broken> {
        let name = &endpoint.service_name;
        if self.asked() != (Protocol::Tcp, PORT) {
            let (protocol, port) = self.asked();
            return broken(At::Service, format!("{name} does not answer on {} {port}", protocol.name()));
        }
        if endpoint.policy.as_deref().is_some_and(lets_nobody) {
            return broken(At::Service, format!("the policy of {} lets nobody in", endpoint.id));
        }
        self.pass(At::Service, name.clone());
        Ok(())
    }
}

/// Tells whether a policy without conditions closes the endpoint for everybody.
fn lets_nobody(policy: &str) -> bool {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = match policy.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let is = |statement: &Value, field: &str, wanted: &str| {
        statement.get(field).is_some_and(|value| match value {
            Value::String(text) => text == wanted,
            Value::Array(list) => list.iter().any(|text| text == wanted),
            Value::Object(map) => map.get("AWS").is_some_and(|text| text == wanted),
            _ => false,
        })
    };
    let denies_all = |statement: &&Value| {
        is(statement, "Effect", "Deny")
            && statement.get("Condition").is_none()
            && ["Principal", "Action", "Resource"].iter().all(|field| is(statement, field, "*"))
    };
    !statements.iter().any(|statement| is(statement, "Effect", "Allow")) || statements.iter().any(denies_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_closes_when_nothing_is_allowed_or_everything_denied() {
        let allow = r#"{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}"#;
        let deny = |more: &str| {
            format!(r#"{{"Effect":"Deny","Principal":{{"AWS":"*"}},"Action":["*"],"Resource":"*"{more}}}"#)
        };
        let policy = |statements: &str| format!(r#"{{"Statement":[{statements}]}}"#);
        assert!(lets_nobody(&policy("")) && lets_nobody(&policy(&deny(""))));
        assert!(lets_nobody(&policy(&format!("{allow},{}", deny("")))));
        assert!(!lets_nobody(&policy(allow)));
        assert!(!lets_nobody(&policy(&format!("{allow},{}", deny(r#","Condition":{}"#)))));
        assert!(!lets_nobody(&format!(r#"{{"Statement":{allow}}}"#)));
    }
}
