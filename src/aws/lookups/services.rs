//! Endpoint services, and who is connected to them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types::{self as ec2, AllowedPrincipal, Filter, VpcEndpointConnection};
use tokio::time::Instant;

use crate::aws::client::Account;
use crate::aws::error::{is_not_found, may_be_of_one};
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::aws::seen::ServiceDetail;
use crate::aws::tags::{self, Tags};
use crate::aws::ttl_cache::{HOLDS, LATELY};
use crate::aws::writes::Domain;
use crate::engine::Result;
use crate::gather::Gather as _;

/// AWS's code where a service does not exist, or is not for this account.
const UNKNOWN: &str = "InvalidServiceName";

/// The permission of one principal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permission {
    /// `vpce-svc-perm-…`
    pub id: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

/// A connection as the service's owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connected {
    /// The endpoint.
    pub endpoint_id: String,
    /// Its account.
    pub owner: String,
    /// AWS's word, in lower case.
    pub state: String,
}

fn is_interface(detail: &ec2::ServiceDetail) -> bool {
    detail.service_type().iter().any(|kind| kind.service_type().is_some_and(|kind| kind.as_str() == "Interface"))
}

impl Account {
    /// The service that a consumer would connect to; `None` where it is not visible to these credentials.
    pub async fn service_detail(
        &self,
        service_name: &str,
        service_region: Option<&str>,
    ) -> Result<Option<ServiceDetail>> {
        self.offer_within(service_name, service_region, HOLDS).await
    }

    /// The same as it was some minutes ago, unless this process has changed a service since: what a service offers changes
    /// rarely, and AWS refuses what it does not offer any more.
    pub async fn service_detail_lately(
        &self,
        service_name: &str,
        service_region: Option<&str>,
    ) -> Result<Option<ServiceDetail>> {
        self.offer_within(service_name, service_region, LATELY).await
    }

    async fn offer_within(
        &self,
        service_name: &str,
        service_region: Option<&str>,
        longest: Duration,
    ) -> Result<Option<ServiceDetail>> {
        // The own Region, written or left out, is the same question.
        let region = service_region.filter(|region| *region != self.region()).unwrap_or_default();
        let key = format!("{service_name} {region}");
        let holds = |age: Duration, _: &ServiceDetail| {
            let asked = Instant::now().checked_sub(age);
            age < longest && asked.is_none_or(|asked| self.writes().none_since(&Domain::Services, asked))
        };
        self.reads()
            .cache
            .service_details
            .get_while(&key, holds, self.ask_for_service_detail(service_name, service_region))
            .await
    }

    /// The same as it is now: its owner may just have proved its private name.
    pub async fn service_detail_now(
        &self,
        service_name: &str,
        service_region: Option<&str>,
    ) -> Result<Option<ServiceDetail>> {
        self.ask_for_service_detail(service_name, service_region).await
    }

    async fn ask_for_service_detail(
        &self,
        service_name: &str,
        service_region: Option<&str>,
    ) -> Result<Option<ServiceDetail>> {
        let region = service_region.filter(|region| *region != self.region());
        if region.is_some() {
            return Ok(self
                .service_details_of(&[service_name.to_owned()], region)
                .await?
                .pop()
                .map(|(_, service_detail)| service_detail));
        }
        let account = self.clone();
        let fetch = move |names: Vec<String>| {
            let account = account.clone();
            async move {
                let (mut found, mut open) = (Vec::new(), vec![names]);
                while let Some(mut names) = open.pop() {
                    match account.service_details_of(&names, None).await {
                        Ok(service_details) => {
                            found.extend(
                                service_details.into_iter().map(|(name, service_detail)| (name, Ok(service_detail))),
                            );
                        }
                        // One name that AWS does not know, or does not take, refuses all.
                        Err(failure) if names.len() > 1 && may_be_of_one(&failure) => {
                            let rest = names.split_off(names.len() / 2);
                            open.extend([rest, names]);
                        }
                        Err(failure) => found.extend(names.into_iter().map(|name| (name, Err(failure.clone())))),
                    }
                }
                Ok(found)
            }
        };
        self.reads().service_details.get(service_name, fetch).await?.transpose()
    }

    /// What services offer, by their names, in one call.
    async fn service_details_of(&self, names: &[String], region: Option<&str>) -> Result<Vec<(String, ServiceDetail)>> {
        let sent = self
            .ec2()
            .describe_vpc_endpoint_services()
            .set_service_names(Some(names.to_vec()))
            .set_service_regions(region.map(|region| vec![region.to_owned()]))
            .send();
        let reply = match self.call(Ec2("DescribeVpcEndpointServices"), sent).await {
            Ok(reply) => reply,
            Err(failure) if failure.code == UNKNOWN && names.len() == 1 => return Ok(Vec::new()),
            Err(failure) => return Err(failure),
        };
        let found = names.iter().filter_map(|name| {
            let is_named = |detail: &&ec2::ServiceDetail| names.len() == 1 || detail.service_name() == Some(name);
            let details: Vec<&ec2::ServiceDetail> = reply.service_details().iter().filter(is_named).collect();
            // AWS's own services may come as gateway and as interface.
            let detail = details.iter().find(|detail| is_interface(detail)).or_else(|| details.first())?;
            Some((name.clone(), self.offered(name, detail)))
        });
        Ok(found.collect())
    }

    fn offered(&self, name: &str, detail: &ec2::ServiceDetail) -> ServiceDetail {
        let kinds = detail.service_type().iter().filter_map(|kind| kind.service_type());
        let names = detail.private_dns_names().iter().filter_map(|name| name.private_dns_name());
        ServiceDetail {
            service_name: detail.service_name().unwrap_or(name).to_owned(),
            service_id: detail.service_id().map(str::to_owned),
            service_region: detail.service_region().map(str::to_owned),
            service_types: kinds.map(|kind| kind.as_str().to_owned()).gather(),
            availability_zones: detail.availability_zones().iter().cloned().gather(),
            base_endpoint_dns_names: detail.base_endpoint_dns_names().iter().cloned().gather(),
            tags: self.user_tags(tags::from_ec2(detail.tags())),
            owner: detail.owner().map(str::to_owned),
            availability_zone_ids: detail.availability_zone_ids().iter().cloned().gather(),
            supports_policy: detail.vpc_endpoint_policy_supported().unwrap_or(false),
            acceptance_required: detail.acceptance_required().unwrap_or(false),
            private_dns_names: names.chain(detail.private_dns_name()).map(str::to_owned).gather(),
            private_dns_state: detail.private_dns_name_verification_state().map(|state| state.as_str().to_owned()),
            is_interface: is_interface(detail),
            families: detail.supported_ip_address_types().iter().map(|kind| kind.as_str().to_owned()).gather(),
        }
    }

    /// All principals that a service of this account allows, account roots by their ARNs; `None` where the account has
    /// no such service.
    pub async fn allowed_principals(&self, service_id: &str) -> Result<Option<BTreeSet<String>>> {
        Ok(self.permissions(service_id).await?.map(|found| found.into_keys().gather()))
    }

    /// The same, each with the id and the tags of its permission.
    pub async fn permissions(&self, service_id: &str) -> Result<Option<BTreeMap<String, Permission>>> {
        let pages = self.ec2().describe_vpc_endpoint_service_permissions().service_id(service_id);
        let found = pages.all();
        match self.call(Ec2("DescribeVpcEndpointServicePermissions"), found).await {
            Ok(found) => {
                let of = |one: &AllowedPrincipal| {
                    let id = one.service_permission_id().map(str::to_owned);
                    let tags = self.user_tags(tags::from_ec2(one.tags()));
                    Some((by_arn(one.principal()?, self.partition()), Permission { id, tags }))
                };
                Ok(Some(found.iter().filter_map(of).gather()))
            }
            Err(failure) if is_not_found(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The live connections of a service: waiting, on their way, working, or leaving.
    pub async fn connections(&self, service_id: &str) -> Result<Vec<Connected>> {
        let found = self.connections_of_service(service_id).await?;
        let mut connections: Vec<Connected> = found
            .iter()
            .filter_map(|connection| {
                Some(Connected {
                    endpoint_id: connection.vpc_endpoint_id()?.to_owned(),
                    owner: connection.vpc_endpoint_owner().unwrap_or_default().to_owned(),
                    state: connection.vpc_endpoint_state()?.as_str().to_lowercase(),
                })
            })
            .filter(|connection| {
                ["pendingacceptance", "pending", "available", "deleting"].contains(&connection.state.as_str())
            })
            .collect();
        connections.sort();
        Ok(connections)
    }

    /// AWS's word on one connection of a service; `None` where the service shows none.
    pub async fn connection_state(&self, service_id: &str, endpoint_id: &str) -> Result<Option<String>> {
        let found = self.connections_of_service(service_id).await?;
        let one = found.iter().find(|connection| connection.vpc_endpoint_id() == Some(endpoint_id));
        Ok(one.and_then(|connection| connection.vpc_endpoint_state()).map(|state| state.as_str().to_owned()))
    }

    /// All connections of a service, gone ones too as long as AWS shows them; none where there is no such service.
    ///
    /// Asked by service, because AWS has refused the filter by endpoint: terraform-provider-aws#48442.
    pub async fn connections_of_service(&self, service_id: &str) -> Result<Vec<VpcEndpointConnection>> {
        let account = self.clone();
        let fetch = move |services: Vec<String>| {
            let account = account.clone();
            async move {
                let filter = Filter::builder().name("service-id").set_values(Some(services.clone())).build();
                let pages = account.ec2().describe_vpc_endpoint_connections().filters(filter).all();
                let found = account.call(Ec2("DescribeVpcEndpointConnections"), pages).await?;
                let mut by_service: BTreeMap<String, Vec<VpcEndpointConnection>> =
                    services.into_iter().map(|service| (service, Vec::new())).gather();
                for connection in found {
                    let service = connection.service_id().unwrap_or_default().to_owned();
                    by_service.entry(service).or_default().push(connection);
                }
                Ok(by_service)
            }
        };
        Ok(self.reads().connections.get_unlisted(service_id, fetch).await?.unwrap_or_default())
    }

    /// The endpoint services of this account that stand in front of some of these load balancers.
    pub async fn services_of_load_balancers(&self, arns: &BTreeSet<String>) -> Result<BTreeMap<String, String>> {
        let pages = self.ec2().describe_vpc_endpoint_service_configurations().all();
        let found = self.call(Ec2("DescribeVpcEndpointServiceConfigurations"), pages);
        let found = found.await?;
        let is_there = |service: &&aws_sdk_ec2::types::ServiceConfiguration| {
            service.service_state().is_none_or(|state| !state.as_str().eq_ignore_ascii_case("Deleted"))
        };
        let pairs = found.iter().filter(is_there).flat_map(|service| {
            let id = service.service_id().unwrap_or_default().to_owned();
            service.network_load_balancer_arns().iter().map(move |arn| (arn.clone(), id.clone()))
        });
        Ok(pairs.filter(|(arn, _)| arns.contains(arn)).gather())
    }

    /// The endpoint services that carry the name of one resource, such as `service/orders-api`, in their owner
    /// tags: ids, and the load balancers behind each.
    pub async fn services_of_resource(&self, resource: &str) -> Result<Vec<(String, BTreeSet<String>)>> {
        let filter = Filter::builder().name(format!("tag:{}", crate::aws::tags::RESOURCE)).values(resource).build();
        let pages = self.ec2().describe_vpc_endpoint_service_configurations().filters(filter);
        let found = pages.all();
        let found = self.call(Ec2("DescribeVpcEndpointServiceConfigurations"), found).await?;
        let pair = |service: &aws_sdk_ec2::types::ServiceConfiguration| {
            Some((service.service_id()?.to_owned(), service.network_load_balancer_arns().iter().cloned().gather()))
        };
        Ok(found.iter().filter_map(pair).collect())
    }

    /// Whether an endpoint that stays bears the uid of a composite.
    pub async fn has_endpoint_of(&self, uid: &str) -> Result<bool> {
        let filter = crate::aws::tags::of_uid(uid);
        let pages = self.ec2().describe_vpc_endpoints().filters(filter).all();
        let found = self.call(Ec2("DescribeVpcEndpoints"), pages).await?;
        Ok(found.iter().any(stays))
    }

    /// Endpoints of a VPC, others than `own`, that answer to a private name of the service, and stay.
    pub async fn other_endpoints_answering_to(
        &self,
        vpc_id: &str,
        name: &str,
        service_name: &str,
        own: Option<&str>,
    ) -> Result<Vec<String>> {
        let filter = Filter::builder().name("vpc-id").values(vpc_id).build();
        let pages = self.ec2().describe_vpc_endpoints().filters(filter).all();
        let found = self.call(Ec2("DescribeVpcEndpoints"), pages).await?;
        let answers = |endpoint: &&aws_sdk_ec2::types::VpcEndpoint| {
            let mut entries = endpoint.dns_entries().iter();
            // The name is listed some time after it was taken.
            endpoint.private_dns_enabled() == Some(true)
                && stays(endpoint)
                && (endpoint.service_name() == Some(service_name)
                    || entries.any(|entry| entry.dns_name() == Some(name)))
        };
        let ids = found.iter().filter(answers).filter_map(|endpoint| endpoint.vpc_endpoint_id());
        Ok(ids.filter(|id| Some(*id) != own).map(str::to_owned).collect())
    }
}

/// Whether an endpoint is not on its way out.
pub(crate) fn stays(endpoint: &aws_sdk_ec2::types::VpcEndpoint) -> bool {
    let word = endpoint.state().map_or("", |state| state.as_str());
    !["deleting", "deleted"].iter().any(|gone| word.eq_ignore_ascii_case(gone))
}

/// AWS shows some account roots by their bare ids.
fn by_arn(principal: &str, partition: &str) -> String {
    let is_account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { format!("arn:{partition}:iam::{principal}:root") } else { principal.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_root_arns() {
        assert_eq!(by_arn("222222222222", "aws-cn"), "arn:aws-cn:iam::222222222222:root");
        for kept in ["*", "arn:aws:iam::222222222222:role/x", "22222222222", "AIDAEXAMPLE00"] {
            assert_eq!(by_arn(kept, "aws"), kept);
        }
    }
}
