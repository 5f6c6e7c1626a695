//! Which of the accounts that can be asked holds which side.

use super::question::Question;
use crate::aws::lookups::{EndpointSeen, OwnService, ServiceConnection};
use crate::aws::{Account, Aws};
use crate::engine::Result;
use crate::schema::service_name;

/// What each side shows of the connection.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// The account of the endpoint, and the endpoint.
    pub(super) consumer: Option<(Account, EndpointSeen)>,
    /// The account of the service, and the service.
    pub(super) service: Option<(Account, OwnService)>,
    /// The connection as the service's owner sees it.
    pub(super) connection: Option<ServiceConnection>,
    /// The service, as far as its name or id is known.
    pub(super) service_id: Option<String>,
    /// Region of the service.
    pub(super) service_region: String,
    /// Everybody who can be asked, in words.
    pub(super) asked: String,
    /// Whether the other side's credentials were given.
    pub(super) has_peer: bool,
    /// Their ids, as far as they are known.
    pub(super) ids: Vec<String>,
    /// Everybody who can be asked, in the Region of the endpoint.
    pub(super) accounts: Vec<Account>,
}

impl Sides {
    pub(super) async fn find(aws: &Aws, question: &Question) -> Result<Self> {
        let mut names = vec![None];
        if let Some(peer) = question.peer_account.as_deref() {
            names.push(Some(peer));
        }
        let mut sides = Self { service_region: aws.region().to_owned(), ..Self::default() };
        for name in &names {
            sides.accounts.push(aws.account_in(*name, aws.region())?);
        }
        sides.has_peer = names.len() > 1;
        let mut words = Vec::new();
        for account in &sides.accounts {
            words.push(account.owner_in_words().await);
        }
        for account in &sides.accounts {
            sides.ids.extend(account.id().await.ok().flatten());
        }
        sides.asked = words.join(" and ");
        if let Some(id) = &question.endpoint_id {
            for account in &sides.accounts {
                if let Some(endpoint) = account.endpoint_seen(id).await? {
                    sides.consumer = Some((account.clone(), endpoint));
                    break;
                }
            }
        }
        let endpoint = sides.consumer.as_ref().map(|(_, endpoint)| endpoint);
        let from_endpoint =
            endpoint.and_then(|endpoint| service_name::id_in(&endpoint.service_name)).map(str::to_owned);
        if let Some(endpoint) = endpoint {
            let in_name = service_name::region_in(&endpoint.service_name).map(str::to_owned);
            sides.service_region =
                endpoint.service_region.clone().or(in_name).unwrap_or_else(|| aws.region().to_owned());
        }
        sides.service_id = question.service_id.clone().or(from_endpoint);
        if let Some(id) = sides.service_id.clone() {
            for name in &names {
                let account = aws.account_in(*name, &sides.service_region)?;
                if let Some(service) = account.own_service(&id).await? {
                    sides.service = Some((account, service));
                    break;
                }
            }
        }
        if let (Some((account, service)), Some(id)) = (&sides.service, &question.endpoint_id) {
            let connections = account.service_connections(&service.id).await?;
            sides.connection = connections.into_iter().find(|one| one.endpoint_id == *id);
        }
        Ok(sides)
    }

    /// The endpoint, where its account can be asked.
    pub(super) fn endpoint(&self) -> Option<&EndpointSeen> {
        self.consumer.as_ref().map(|(_, endpoint)| endpoint)
    }

    /// Whether the endpoint lies in another Region than the service.
    pub(super) fn crosses_regions(&self) -> bool {
        let own = self.consumer.as_ref().map(|(account, _)| account.region());
        let other = self.connection.as_ref().map(|connection| connection.region.as_str());
        own.or(other).is_some_and(|region| region != self.service_region)
    }
}

/// The account whose credentials would see what cannot be seen from here.
pub(super) fn seen_by(owner: Option<&str>, whose: &str) -> String {
    let account = owner.map(|owner| format!(" (account {owner})")).unwrap_or_default();
    format!(
        "Only the {whose}{account} sees this. Name its credentials in peer_account (--peer-profile on the command line), or \
         let it run the same diagnosis."
    )
}
