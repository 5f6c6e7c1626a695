//! Calls of a notification.

use aws_sdk_ec2::types as ec2;

use super::{Notification, Spec, State};
use crate::aws::Operation::{self, Ec2};
use crate::aws::creations::missing;
use crate::aws::{Account, Aws, Pages as _, names};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

const CREATE: Operation = Ec2("CreateVpcEndpointConnectionNotification");
const MODIFY: &str = "ModifyVpcEndpointConnectionNotification";
const DELETE: &str = "DeleteVpcEndpointConnectionNotifications";
const DESCRIBE: &str = "DescribeVpcEndpointConnectionNotifications";

/// AWS's one code for a topic that is missing or refuses, and for a notification that is gone.
const INVALID: &str = "InvalidConnectionNotification";
const ATTRIBUTE: Field = "connection_notification";

impl Link for Notification {
    type Client = Aws;

    /// Calls of EC2 on notifications take effect at once.
    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    /// It carries no tags; whatever tells a topic of ours about a service of ours is ours.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let found = beside(aws.account(None)?, &spec.service_id, spec.endpoint_id.as_deref()).await?;
        Ok(found.into_iter().find(|state| state.topic_arn == spec.topic_arn))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let found = beside(aws.account(None)?, &state.service_id, state.endpoint_id.as_deref()).await?;
        Ok(found.into_iter().find(|found| found.id == state.id).map_or(Observed::Absent, Observed::Ready))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let sent = account
            .ec2()
            .create_vpc_endpoint_connection_notification()
            .set_service_id(Some(spec.service_id.clone()).filter(|id| !id.is_empty()))
            .set_vpc_endpoint_id(spec.endpoint_id.clone())
            .connection_notification_arn(&spec.topic_arn)
            .set_connection_events(Some(spec.events.iter().cloned().collect()))
            .client_token(names::client_token(owner, ""))
            .send();
        let reply = account.call(CREATE, sent).await.map_err(|failure| explain(failure, spec))?;
        let made = reply.connection_notification().and_then(flatten);
        made.ok_or_else(|| missing(CREATE, "notification"))
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        let sent = account
            .ec2()
            .modify_vpc_endpoint_connection_notification()
            .connection_notification_id(&state.id)
            .connection_notification_arn(&spec.topic_arn)
            .set_connection_events(Some(spec.events.iter().cloned().collect()))
            .send();
        account.call(Ec2(MODIFY), sent).await.map_err(|failure| explain(failure, spec))?;
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        let sent = account.ec2().delete_vpc_endpoint_connection_notifications();
        let sent = sent.connection_notification_ids(&state.id).send();
        let reply = account.call(Ec2(DELETE), sent).await?;
        // AWS answers 200 and puts what it refused into a list; of what is gone it says that it is invalid.
        match reply.unsuccessful().iter().find_map(|item| item.error()) {
            Some(error) if error.code() != Some(INVALID) => {
                let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
                Err(account.unsuccessful(Ec2(DELETE), &state.id, code, message))
            }
            _ => Ok(()),
        }
    }
}

/// All notifications of a service.
pub async fn of_service(account: &Account, service_id: &str) -> Result<Vec<State>> {
    let filter = ec2::Filter::builder().name("service-id").values(service_id).build();
    let pages = account.ec2().describe_vpc_endpoint_connection_notifications().filters(filter).all();
    Ok(account.call(Ec2(DESCRIBE), pages).await?.iter().filter_map(flatten).collect())
}

/// All notifications of an endpoint; many endpoints are asked for in one call.
pub async fn of_endpoint(account: &Account, endpoint_id: &str) -> Result<Vec<State>> {
    Ok(account.notifications_of_endpoint(endpoint_id).await?.iter().filter_map(flatten).collect())
}

/// All notifications of the side that one belongs to.
async fn beside(account: &Account, service_id: &str, endpoint_id: Option<&str>) -> Result<Vec<State>> {
    match endpoint_id {
        Some(endpoint_id) => of_endpoint(account, endpoint_id).await,
        None => of_service(account, service_id).await,
    }
}

fn flatten(found: &ec2::ConnectionNotification) -> Option<State> {
    Some(State {
        id: found.connection_notification_id()?.to_owned(),
        service_id: found.service_id().unwrap_or_default().to_owned(),
        endpoint_id: found.vpc_endpoint_id().map(str::to_owned),
        topic_arn: found.connection_notification_arn().unwrap_or_default().to_owned(),
        events: found.connection_events().iter().cloned().gather(),
    })
}

/// The code alone does not say what a topic needs.
fn explain(failure: Failure, spec: &Spec) -> Failure {
    if failure.code != INVALID {
        return failure;
    }
    Failure { class: Class::Invalid, ..failure }
        .advise(format!(
            "The topic {} must exist in the Region of the {}, and its policy must allow the principal \
             vpce.amazonaws.com the action SNS:Publish; the key of an encrypted topic must allow it kms:GenerateDataKey* \
             and kms:Decrypt. Mend the topic, then apply again",
            spec.topic_arn,
            if spec.endpoint_id.is_some() { "endpoint" } else { "service" }
        ))
        .about(ATTRIBUTE)
}
