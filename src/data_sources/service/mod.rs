//! The data source `privatelink_service`: an endpoint service as a consumer or as its owner sees it.

mod config;

pub use config::{Config, PrivateName};

use std::collections::BTreeSet;

use crate::aws::lookups::{OwnService, ServiceDetail};
use crate::aws::{Account, Aws};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, convincing};
use crate::resource::{DataSource, Unread};
use crate::schema::service_name;
use crate::value::{Attr, Path};

/// The data source.
#[derive(Debug, Clone, Copy)]
pub struct Service;

/// Which service is meant.
struct Wanted {
    name: String,
    id: Option<String>,
    region: String,
    /// The argument that names it.
    argument: &'static str,
}

impl DataSource for Service {
    const TYPE: &'static str = "privatelink_service";

    type Config = Config;
    type Client = Aws;

    fn check(config: &Config) -> Diagnostics {
        let problem = match (&config.service_name, &config.service_id) {
            (Attr::Null, Attr::Null) => "Write service_name or service_id.",
            (Attr::Known(_), Attr::Known(_)) => "service_name and service_id exclude each other; write one of them.",
            _ => return Diagnostics::new(),
        };
        Diagnostic::error("Which service is not clear", problem).at(Path::attribute("service_name")).into()
    }

    async fn read(aws: &Aws, config: &mut Config) -> Result<(), Unread> {
        let account = aws.account(config.peer_account.known().map(String::as_str))?.clone();
        let Some(wanted) = Wanted::of(config, account.region()) else { return Ok(()) };
        // In another Region the owner looks at the service where it is.
        let owners = aws.account_in(account.name(), &wanted.region)?;
        let look = || async {
            let (own, service_detail) = tokio::try_join!(own(&owners, &wanted), service_detail(&account, &wanted))?;
            Ok((own.is_some() || service_detail.is_some()).then_some((own, service_detail)))
        };
        let Some((own, service_detail)) = convincing(look).await? else {
            return Err(not_visible(&account.whereabouts().await, &wanted).into());
        };
        config.service_name = Attr::Known(wanted.name.clone());
        config.service_id = wanted.id.clone().or_else(|| service_detail.as_ref()?.service_id.clone()).into();
        config.service_region = Attr::Known(wanted.region.clone());
        config.id = Attr::Known(wanted.name.clone());
        if let Some(service_detail) = service_detail {
            as_consumer(config, service_detail);
        }
        if let Some(own) = own {
            let principals = owners.allowed_principals(&own.id).await?.unwrap_or_default();
            let id = owners.id().await?;
            as_owner(config, own, id, principals);
        }
        Ok(())
    }
}

impl Wanted {
    fn of(config: &Config, region: &str) -> Option<Self> {
        let given = config.service_region.known();
        if let Some(name) = config.service_name.known() {
            let region = given.map(String::as_str).or_else(|| service_name::region_in(name)).unwrap_or(region);
            let id = service_name::id_in(name).map(str::to_owned);
            return Some(Self { name: name.clone(), id, region: region.to_owned(), argument: "service_name" });
        }
        let id = config.service_id.known()?.clone();
        let region = given.map_or(region, String::as_str).to_owned();
        let name = service_name::of_endpoint_service(&id, &region);
        Some(Self { name, id: Some(id), region, argument: "service_id" })
    }
}

async fn own(account: &Account, wanted: &Wanted) -> Result<Option<OwnService>, Failure> {
    match &wanted.id {
        Some(id) => account.own_service(id).await,
        None => Ok(None),
    }
}

async fn service_detail(account: &Account, wanted: &Wanted) -> Result<Option<ServiceDetail>, Failure> {
    account.service_detail(&wanted.name, Some(&wanted.region)).await
}

fn not_visible(whereabouts: &str, wanted: &Wanted) -> Diagnostic {
    let detail = format!(
        "AWS shows no service {} to {whereabouts}. The service does not exist, or its owner has not allowed this account.\n\n\
         What to do: check the name and the Region ({}); then ask the owner to add this account to the allowed principals \
         and, for another Region, to the supported Regions.",
        wanted.name, wanted.region
    );
    Diagnostic::error("Service not visible", detail).at(Path::attribute(wanted.argument))
}

fn as_consumer(config: &mut Config, service_detail: ServiceDetail) {
    let state = service_detail.private_dns_state;
    let names = service_detail.private_dns_names.into_iter();
    config.private_dns_names =
        Attr::Known(names.map(|name| PrivateName { name: Attr::Known(name), state: state.clone().into() }).collect());
    config.owner = service_detail.owner.into();
    config.acceptance_required = Attr::Known(service_detail.acceptance_required);
    config.availability_zone_ids = Attr::Known(service_detail.availability_zone_ids);
    config.availability_zones = Attr::Known(service_detail.availability_zones);
    config.base_endpoint_dns_names = Attr::Known(service_detail.base_endpoint_dns_names);
    config.supported_ip_address_types = Attr::Known(service_detail.families);
    config.policy_supported = Attr::Known(service_detail.supports_policy);
    let is_interface = |kind: &String| service_detail.is_interface && kind != "Interface";
    config.service_type = service_detail.service_types.iter().find(|kind| !is_interface(kind)).cloned().into();
    config.tags = Attr::Known(service_detail.tags);
}

/// What the owner sees is newer and more; the rest stays as a consumer sees it.
fn as_owner(config: &mut Config, own: OwnService, account: Option<String>, principals: BTreeSet<String>) {
    if let Some(account) = account {
        config.owner = Attr::Known(account);
    }
    let name = own.private_dns_name.into_iter();
    config.private_dns_names = Attr::Known(
        name.map(|name| PrivateName { name: Attr::Known(name), state: own.private_dns_state.clone().into() }).collect(),
    );
    config.service_name = Attr::Known(own.name.clone());
    config.id = Attr::Known(own.name);
    config.acceptance_required = Attr::Known(own.acceptance_required);
    config.availability_zone_ids = Attr::Known(own.availability_zone_ids);
    config.availability_zones = Attr::Known(own.availability_zones);
    config.base_endpoint_dns_names = Attr::Known(own.base_endpoint_dns_names);
    config.supported_ip_address_types = Attr::Known(own.families);
    if config.policy_supported.is_unknown() {
        // Endpoint services behind load balancers have none.
        config.policy_supported = Attr::Known(false);
    }
    config.service_type = Attr::Known(own.service_type);
    config.tags = Attr::Known(own.tags);
    config.supported_regions = Attr::Known(own.supported_regions.into_keys().collect());
    config.load_balancers = Attr::Known(own.load_balancer_arns);
    config.allowed_principals = Attr::Known(principals);
    config.state = Attr::Known(own.state);
}
