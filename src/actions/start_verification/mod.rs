//! The action `privatelink_start_verification`.

use std::time::Duration;

use super::account;
use crate::aws::{Account, Aws};
use crate::engine::{Cause, Class, Failure};
use crate::links::dns_verification;
use crate::resource::{Action, ActionContext};
use crate::schema::{Rule, formats};
use crate::value::Attr;

/// AWS has looked so soon after a start, as a rule.
const LOOKED_AFTER: Duration = Duration::from_secs(65);

crate::attributes! {
    /// Makes AWS look for the TXT record that proves whose the private DNS name of an endpoint service is, and ends when the name is verified.
    pub struct Config {
        /// Id of the endpoint service.
        required service_id: String => [Rule::Is(&formats::SERVICE_ID)],
        /// Region of the service; the provider's by default.
        optional region: String => [Rule::Is(&formats::REGION)],
        /// Name of the provider's `peer_account` that owns the service; the provider's own account by default.
        optional peer_account: String,
        /// Whether to wait until AWS has found the record.
        optional wait_for_verification: bool = true,
        /// How long to wait for it.
        optional timeout: String = "15m" => [Rule::Is(&formats::DURATION)],
    }
}

/// The action.
#[derive(Debug, Clone, Copy)]
pub struct StartVerification;

impl Action for StartVerification {
    const TYPE: &'static str = "privatelink_start_verification";
    const WHAT: &'static str = "verify the private DNS name";

    type Config = Config;
    type Client = Aws;

    async fn invoke(aws: &Aws, config: &Config, context: &ActionContext) -> Result<(), Cause> {
        let account = account(aws, &config.peer_account)?;
        let Attr::Known(service_id) = &config.service_id else { return Ok(()) };
        let limits = &context.limits;
        let known = limits.act(|| describe(&account, service_id)).await?;
        if known.is_verified() {
            context.tell(format!("{} is verified already", known.name));
            return Ok(());
        }
        limits.act(|| dns_verification::start(&account, service_id, &known.name)).await?;
        context.tell(format!("{}: AWS looks for the TXT record", known.name));
        if config.wait_for_verification == Attr::Known(false) {
            return Ok(());
        }
        limits
            .until(LOOKED_AFTER, |is_fresh| {
                let account = &account;
                async move {
                    let now = describe(account, service_id).await?;
                    match now.objection() {
                        _ if now.is_verified() => Ok(None),
                        Some(reason) if !is_fresh => {
                            Err(Failure::new(Class::Invalid, format!("{} is not verified", now.name)).advise(reason))
                        }
                        _ => Ok(Some(format!("{} is {}", now.name, now.state.as_deref().unwrap_or_default()))),
                    }
                }
            })
            .await?;
        context.tell(format!("{} is verified", known.name));
        Ok(())
    }
}

/// The check of the name that the service has.
async fn describe(account: &Account, service_id: &str) -> Result<dns_verification::State, Failure> {
    let Some(service) = account.own_service(service_id).await? else {
        let words = format!("there is no endpoint service {service_id} of {}", account.whereabouts().await);
        return Err(Failure::new(Class::NotYetVisible, words).about("service_id"));
    };
    let found = dns_verification::describe_verification(account, service_id).await?;
    found.ok_or_else(|| {
        let words = format!("the endpoint service {} has no private DNS name", service.name);
        let advice = "Write a private_dns block in its privatelink_service, or set the name in the console, first";
        Failure::new(Class::Invalid, words).about("service_id").advise(advice)
    })
}
