//! What links share: fields that differ, settings by AWS's key, and what to do with what is half made.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::aws::Operation::Elbv2;
use crate::aws::{Account, Tags, is_not_found, tags};
use crate::engine::{Change, Class, Failure, Field, Owner};

/// One update of the fields that differ.
pub(super) fn update(fields: &[(Field, bool)]) -> Change {
    let changed: Vec<Field> = fields.iter().filter(|(_, differs)| *differs).map(|(field, _)| *field).collect();
    if changed.is_empty() { Change::None } else { Change::Update(changed) }
}

/// A setting by AWS's key; none where AWS does not show it, or in another form.
pub(super) fn setting<T: FromStr>(settings: &BTreeMap<String, String>, key: &str) -> Option<T> {
    settings.get(key).and_then(|text| text.parse().ok())
}

/// The failure of a second call of a create, whose first one made the object.
///
/// The engine then looks for it and goes on with what differs, so that it is never forgotten; the
/// same call fails again there, with its own class.
pub(super) fn half_made(failure: Failure) -> Failure {
    Failure { class: Class::Lost, ..failure }
}

/// The failure where a name of ours belongs to somebody else's object.
pub(super) fn taken(account: &Account, what: &str, name: &str) -> Failure {
    let place = account.region();
    Failure::new(
        Class::Taken,
        format!("{what} \"{name}\" exists in {place} and carries no owner tags of this resource"),
    )
    .advise("It was not touched; rename or remove it, then apply again")
}

/// The reply to a delete: what is gone already is deleted.
pub(super) fn gone<T>(reply: Result<T, Failure>) -> Result<(), Failure> {
    match reply {
        Err(failure) if !is_not_found(&failure) => Err(failure),
        _ => Ok(()),
    }
}

/// What AWS leaves out although it must be there.
pub(super) fn missing(operation: &str, what: &str) -> Failure {
    let mut failure = Failure::new(Class::Lost, format!("AWS's reply holds no {what}"));
    operation.clone_into(&mut failure.operation);
    failure
}

/// Makes the tags of a load balancer, target group or listener those wanted, owner tags included.
pub(super) async fn retag(
    account: &Account,
    arn: &str,
    owner: &Owner,
    wanted: &Tags,
    have: &Tags,
) -> Result<(), Failure> {
    let (changed, remove) = tags::change(wanted, have);
    let tags = tags::to_elbv2(&tags::all(owner, &changed));
    let sent = account.elbv2().add_tags().resource_arns(arn).set_tags(Some(tags)).send();
    account.call(Elbv2("AddTags"), sent).await?;
    if !remove.is_empty() {
        let sent = account.elbv2().remove_tags().resource_arns(arn).set_tag_keys(Some(remove)).send();
        account.call(Elbv2("RemoveTags"), sent).await?;
    }
    Ok(())
}
