//! Endpoints of a VPC, and the load balancers behind a service, in plain words.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, VpcEndpoint};
use aws_sdk_route53::types::{AliasTarget, ResourceRecord, ResourceRecordSet};

use crate::aws::client::Account;
use crate::aws::error::if_present;
use crate::aws::operation::Operation::{Ec2, Route53};
use crate::aws::pages::Pages as _;
use crate::aws::tags::{self, Tags};
use crate::engine::Result;

/// Objects in a page.
const PAGE: i32 = 1000;

/// An endpoint, as its own account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndpointSeen {
    /// `vpce-…`
    pub id: String,
    /// Its account.
    pub owner: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its service.
    pub service_name: String,
    /// Region of the service, where AWS names one.
    pub service_region: Option<String>,
    /// AWS's word: `available`, `pendingAcceptance`, …
    pub state: String,
    /// Why it failed, in AWS's words.
    pub reason: Option<String>,
    /// Whether it is of type Interface.
    pub is_interface: bool,
    /// Whether private names lead to it.
    pub private_dns_enabled: bool,
    /// Its names, in AWS's order.
    pub dns_names: Vec<String>,
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Its network interfaces.
    pub interface_ids: Vec<String>,
    /// Its security groups.
    pub group_ids: Vec<String>,
    /// Its policy.
    pub policy: Option<String>,
    /// AWS's word: `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`.
    pub kind: String,
    /// Whether a service of AWS made it and manages it.
    pub is_requester_managed: bool,
    /// The composite in its owner tags, such as `consumer/orders`.
    pub managed_by: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

impl EndpointSeen {
    /// Whether it is not on its way out.
    pub fn stays(&self) -> bool {
        !["deleting", "deleted"].contains(&self.state.as_str())
    }
}

/// What a zone answers for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No record of this name.
    Nothing,
    /// An alias of, or a CNAME to, another name.
    Name(String),
    /// Addresses.
    Addresses(Vec<String>),
    /// Records, none of which is an address or leads to one.
    Other,
}

impl Account {
    /// An endpoint of this account; `None` where it has no such one.
    pub async fn endpoint_seen(&self, id: &str) -> Result<Option<EndpointSeen>> {
        let found = if_present(self.vpc_endpoint(id).await)?.flatten();
        Ok(found.map(|endpoint| self.flatten_endpoint(&endpoint)))
    }

    /// The endpoints of a VPC.
    pub async fn endpoints_of_vpc(&self, vpc_id: &str) -> Result<Vec<EndpointSeen>> {
        let filter = Filter::builder().name("vpc-id").values(vpc_id).build();
        let pages = self.ec2().describe_vpc_endpoints().filters(filter).all();
        let found = self.call(Ec2("DescribeVpcEndpoints"), pages).await?;
        Ok(found.iter().map(|endpoint| self.flatten_endpoint(endpoint)).collect())
    }

    /// The endpoints of this account and Region: all of them, or those of a VPC or of a service.
    pub async fn endpoints_seen(&self, vpc_id: Option<&str>, service_name: Option<&str>) -> Result<Vec<EndpointSeen>> {
        let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
        let of_vpc = vpc_id.map(|id| filter("vpc-id", id));
        let of_service = service_name.map(|name| filter("service-name", name));
        let filters: Vec<Filter> = of_vpc.into_iter().chain(of_service).collect();
        let pages = self.ec2().describe_vpc_endpoints().set_filters((!filters.is_empty()).then_some(filters));
        let found = self.call(Ec2("DescribeVpcEndpoints"), pages.max_results(PAGE).all()).await?;
        Ok(found.iter().map(|endpoint| self.flatten_endpoint(endpoint)).collect())
    }

    fn flatten_endpoint(&self, endpoint: &VpcEndpoint) -> EndpointSeen {
        EndpointSeen { tags: self.user_tags(tags::from_ec2(endpoint.tags())), ..flatten(endpoint) }
    }

    /// What a hosted zone answers for a name, wildcards included; `None` where these credentials know no such zone.
    pub async fn answer_of_zone(&self, zone_id: &str, zone_name: &str, name: &str) -> Result<Option<Answer>> {
        let mut asked = name.to_owned();
        loop {
            let sent = self
                .route53()
                .list_resource_record_sets()
                .hosted_zone_id(zone_id)
                .start_record_name(&asked)
                .max_items(10)
                .send();
            let Some(reply) = if_present(self.call(Route53("ListResourceRecordSets"), sent).await)? else {
                return Ok(None);
            };
            let page = reply.resource_record_sets;
            let sets: Vec<&ResourceRecordSet> = page.iter().filter(|set| plain(set.name()) == asked).collect();
            if !sets.is_empty() {
                return Ok(Some(answer(&sets)));
            }
            // `a.b.zone` is answered by `*.b.zone`, then by `*.zone`; but a name below which there are others exists.
            let below = format!(".{}", asked.trim_start_matches("*."));
            if !asked.starts_with("*.") && page.iter().any(|set| plain(set.name()).ends_with(&below)) {
                return Ok(Some(Answer::Nothing));
            }
            let base = asked.trim_start_matches("*.");
            match base.split_once('.') {
                Some((_, parent)) if base != zone_name && parent.len() >= zone_name.len() => {
                    asked = format!("*.{parent}");
                }
                _ => return Ok(Some(Answer::Nothing)),
            }
        }
    }
}

fn answer(sets: &[&ResourceRecordSet]) -> Answer {
    let mut by_kind: BTreeMap<&str, &ResourceRecordSet> = BTreeMap::new();
    for set in sets {
        by_kind.entry(set.r#type().as_str()).or_insert(set);
    }
    let Some(set) = ["A", "AAAA", "CNAME"].iter().find_map(|kind| by_kind.get(kind)) else { return Answer::Other };
    if let Some(alias) = set.alias_target().map(AliasTarget::dns_name) {
        return Answer::Name(plain(alias));
    }
    let values: Vec<String> = set.resource_records().iter().map(ResourceRecord::value).map(str::to_owned).collect();
    match (set.r#type().as_str(), values.first()) {
        ("CNAME", Some(value)) => Answer::Name(plain(value)),
        _ => Answer::Addresses(values),
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_ascii_lowercase()
}

fn flatten(endpoint: &VpcEndpoint) -> EndpointSeen {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let state = endpoint.state().map_or("", |state| state.as_str());
    let mut letters = state.chars();
    let state =
        letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str());
    let reason = endpoint.failure_reason().or_else(|| endpoint.last_error().and_then(|error| error.message()));
    EndpointSeen {
        id: text(endpoint.vpc_endpoint_id()),
        owner: text(endpoint.owner_id()),
        vpc_id: text(endpoint.vpc_id()),
        service_name: text(endpoint.service_name()),
        service_region: endpoint.service_region().map(str::to_owned),
        state,
        reason: reason.map(str::to_owned),
        is_interface: endpoint.vpc_endpoint_type().is_none_or(|kind| kind.as_str() == "Interface"),
        private_dns_enabled: endpoint.private_dns_enabled() == Some(true),
        dns_names: endpoint.dns_entries().iter().filter_map(|entry| entry.dns_name()).map(plain).collect(),
        subnet_ids: endpoint.subnet_ids().to_vec(),
        interface_ids: endpoint.network_interface_ids().to_vec(),
        group_ids: endpoint.groups().iter().filter_map(|group| group.group_id()).map(str::to_owned).collect(),
        policy: endpoint.policy_document().map(str::to_owned),
        kind: endpoint.vpc_endpoint_type().map_or("Interface", |kind| kind.as_str()).to_owned(),
        is_requester_managed: endpoint.requester_managed() == Some(true),
        managed_by: tags::from_ec2(endpoint.tags()).remove(tags::RESOURCE),
        tags: Tags::new(),
    }
}
