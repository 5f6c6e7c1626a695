//! Moves from resource types of hashicorp/aws: the id and the Region of the stored state, and nothing else of it.
//!
//! Terraform asks for a move before the provider block is known, so that nothing can be looked up then. The state that a move
//! gives names the anchor alone; the first refresh, which follows at once, finds everything else as an import of that id does.

use serde_json::Value as Json;

use super::Resource;
use super::access::Access;
use super::facts::Origin;
use super::server::MovedState;
use super::state::RECORD;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::gather::Gather as _;
use crate::schema::{Block, Presence, formats};
use crate::value::Value;

/// The provider whose states can be moved.
const PROVIDER: &str = "hashicorp/aws";

/// The hosts under which it is known.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Name of the attribute that holds the Region in states of hashicorp/aws 6, and in ours.
const REGION: &str = "region";

/// Name of the attribute that holds the id.
const ID: &str = "id";

/// Returns a text of a stored state; `None` for one that is missing, null or empty.
pub fn stored_text<'a>(state: &'a Json, name: &str) -> Option<&'a str> {
    state.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// Returns the anchor's id in a state that a move gave and no refresh has completed. Every other state has results.
pub(super) fn anchor_only<'a>(block: &Block, state: &'a Value) -> Option<&'a str> {
    let results = block.attributes.iter().filter(|one| one.presence == Presence::Computed && one.name != ID);
    let has_none = results.map(|one| state.get(one.name)).all(Value::is_null);
    state.get(ID).as_str().filter(|_| has_none && state.get(RECORD).is_null())
}

impl<C: Access> Resource<C> {
    /// Reads the anchor out of a state of hashicorp/aws. See [`super::ResourceServer::take_over`].
    pub(super) fn seed_from(&self, moved: &MovedState) -> Result<Value, Diagnostic> {
        let origin = self.origin_of(moved)?;
        let id = stored_text(&moved.state, ID).filter(|id| (origin.id.holds)(id)).ok_or_else(|| {
            let detail =
                format!("The id in the stored state must be {}, such as {}.", origin.id.what, origin.id.example);
            refusal(self.facts.type_name, "Cannot move without an id", &detail, origin.type_name, origin.id.example)
        })?;
        if let Some(objection) = (origin.objection)(&moved.state) {
            let detail = format!(
                "{id} {objection}.\n\nNothing was changed.\nWhat to do: remove the moved block, and keep the {} in the \
                 configuration.",
                origin.type_name
            );
            return Err(Diagnostic::error(format!("Cannot move this {}", origin.type_name), detail));
        }
        let region = region(&moved.state).map_or(Value::Null, Value::from);
        Ok(Value::Map([(ID.to_owned(), Value::from(id)), (REGION.to_owned(), region)].into_iter().gather()))
    }

    /// Compares where a state comes from with what this resource type takes over.
    fn origin_of(&self, moved: &MovedState) -> Result<Origin, Diagnostic> {
        let MovedState { provider, type_name, version, state, taken_by } = moved;
        let id = stored_text(state, ID).unwrap_or("ID");
        if !is_hashicorp_aws(provider) {
            let detail = format!(
                "Only states of {PROVIDER} can be moved, from either registry; the state of this {type_name} is of {provider}."
            );
            return Err(refusal(self.facts.type_name, "Cannot move from another provider", &detail, type_name, id));
        }
        let origin = self.facts.moves_from.filter(|origin| origin.type_name == type_name);
        let Some(origin) = origin else {
            let takes = self
                .facts
                .moves_from
                .map_or("no other resource type".to_owned(), |origin| format!("{} only", origin.type_name));
            let detail = format!("{} takes over the state of {takes}, got {type_name}.", self.facts.type_name);
            return Err(match taken_by {
                Some(other) => {
                    let detail = format!(
                        "{detail}\n\nNothing was changed.\nWhat to do: move it to a {other}, which takes over the state of \
                         {type_name}."
                    );
                    Diagnostic::error(WRONG_TYPE, detail)
                }
                None => refusal(self.facts.type_name, WRONG_TYPE, &detail, type_name, id),
            });
        };
        if !(0..=origin.version).contains(version) {
            let detail = format!(
                "The state of this {type_name} has schema version {version}. Release {} of this provider knows version {}, \
                 which {PROVIDER} 4, 5 and 6 write. A newer release may know more.",
                env!("CARGO_PKG_VERSION"),
                origin.version
            );
            return Err(refusal(
                self.facts.type_name,
                "Cannot move from an unknown schema version",
                &detail,
                type_name,
                id,
            ));
        }
        Ok(origin)
    }

    /// Adds to the messages of a refresh after a move where the id comes from: the id stands nowhere in the configuration.
    pub(super) fn explain_move(&self, found: Diagnostics, id: &str) -> Diagnostics {
        let origin = self.facts.moves_from.map_or(PROVIDER, |origin| origin.type_name);
        let note = format!(
            "The id {id} comes from the state of {origin}, through a moved block. Nothing was changed. If AWS does not have the \
             object any more, remove it from the state with \"terraform state rm\", and the moved block from the configuration; \
             if it is in another account, use the credentials of that account."
        );
        let mut explained = Diagnostics::new();
        for one in found {
            let detail = if one.is_error() { format!("{}\n\n{note}", one.detail) } else { one.detail };
            explained.push(Diagnostic { detail, ..one });
        }
        explained
    }
}

const WRONG_TYPE: &str = "Cannot move from another resource type";

/// A refusal of a state whose object can be imported all the same.
fn refusal(type_name: &str, summary: &str, problem: &str, from: &str, id: &str) -> Diagnostic {
    let detail = format!(
        "{problem}\n\nNothing was changed.\nWhat to do: replace the moved block by two others, which leave the object as it \
         is:\n\n  removed {{\n    from = {from}.NAME\n    lifecycle {{\n      destroy = false\n    }}\n  }}\n\n  import {{\n    to \
         = {type_name}.NAME\n    id = \"{id}\"\n  }}"
    );
    Diagnostic::error(summary, detail)
}

/// Whether this is the address of hashicorp/aws. OpenTofu up to 1.12.0 names no more than its type.
fn is_hashicorp_aws(address: &str) -> bool {
    let rest = |host: &str| address.strip_prefix(host).and_then(|rest| rest.strip_prefix('/'));
    address == "aws" || REGISTRIES.iter().any(|host| rest(host) == Some(PROVIDER))
}

/// Returns the Region of a stored object: hashicorp/aws 6 stores it, before that it stands in the ARN alone.
fn region(state: &Json) -> Option<&str> {
    let of_arn = || stored_text(state, "arn").and_then(|arn| arn.split(':').nth(3));
    stored_text(state, REGION).or_else(of_arn).filter(|region| (formats::REGION.holds)(region))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_registries_serve_hashicorp_aws_and_others_serve_something_else() {
        for address in ["registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws", "aws"] {
            assert!(is_hashicorp_aws(address), "{address}");
        }
        for address in [
            "",
            "hashicorp/aws",
            "registry.terraform.io/hashicorp/awscc",
            "registry.terraform.io/fork/aws",
            "registry.terraform.iohashicorp/aws",
            "example.com/hashicorp/aws",
            "registry.terraform.io/privatelink/privatelink",
        ] {
            assert!(!is_hashicorp_aws(address), "{address}");
        }
    }

    #[test]
    fn the_region_is_the_stored_one_or_that_of_the_arn() {
        let arn = "arn:aws-us-gov:ec2:us-gov-west-1:222222222222:vpc-endpoint/vpce-1";
        assert_eq!(region(&json!({"region": "eu-west-1", "arn": arn})), Some("eu-west-1"));
        assert_eq!(region(&json!({"region": null, "arn": arn})), Some("us-gov-west-1"));
        assert_eq!(region(&json!({"arn": arn})), Some("us-gov-west-1"));
        for state in
            [json!({}), json!({"arn": ""}), json!({"arn": "arn:aws"}), json!({"arn": "arn:aws:ec2::1:x"}), json!([])]
        {
            assert_eq!(region(&state), None, "{state}");
        }
    }
}
