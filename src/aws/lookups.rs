//! Looks of plan and import: several objects at a time, in plain words instead of SDK types.
//!
//! Nothing here belongs to one link. Reads of single objects are in `reads`.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use aws_sdk_route53::types::VpcRegion;

use super::client::Account;
use super::error::is_not_found;
use super::operation::Operation::{Ec2, Elbv2, Route53};
use super::reads::bare_id;
use crate::engine::Failure;

/// An endpoint service as a consumer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its full name.
    pub service_name: String,
    /// Its account; `amazon` for AWS's own.
    pub owner: Option<String>,
    /// Zones in which it has addresses, by id; empty for a service of another Region, where AWS names none.
    pub availability_zone_ids: BTreeSet<String>,
    /// Whether its endpoints may have a policy.
    pub supports_policy: bool,
    /// Whether its owner must accept each connection.
    pub acceptance_required: bool,
    /// Its private names.
    pub private_dns_names: BTreeSet<String>,
    /// AWS's word on the verification of its private name.
    pub private_dns_state: Option<String>,
    /// Whether interface endpoints can be made for it.
    pub is_interface: bool,
    /// Address families of its endpoints, `ipv4` and `ipv6`; empty where AWS names none.
    pub families: BTreeSet<String>,
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

impl SeenZone {
    /// Whether it is one that AWS keeps for an endpoint's private names.
    pub fn is_hidden(&self) -> bool {
        self.owner == "vpce.amazonaws.com"
    }
}

/// The addresses of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    /// Its IPv4 block; subnets of IPv6 only have none.
    pub ipv4: Option<ipnet::Ipv4Net>,
    /// Its IPv6 blocks.
    pub ipv6: Vec<ipnet::Ipv6Net>,
    /// How many IPv4 addresses are free.
    pub free: Option<i32>,
}

/// A private zone that a VPC sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenZone {
    /// Its id.
    pub zone_id: String,
    /// Its name, without the dot at the end.
    pub name: String,
    /// Its account, or the AWS service that owns it.
    pub owner: String,
}

impl Account {
    /// The service that a consumer would connect to; `None` where it is not visible to these credentials.
    pub async fn offer(&self, service_name: &str, service_region: Option<&str>) -> Result<Option<Offer>, Failure> {
        let key = format!("{service_name} {}", service_region.unwrap_or_default());
        self.reads().recent.offers.get(&key, self.ask_for_offer(service_name, service_region)).await
    }

    async fn ask_for_offer(&self, service_name: &str, service_region: Option<&str>) -> Result<Option<Offer>, Failure> {
        let region = service_region.filter(|region| *region != self.region()).map(str::to_owned);
        let sent = self
            .ec2()
            .describe_vpc_endpoint_services()
            .service_names(service_name)
            .set_service_regions(region.map(|region| vec![region]))
            .send();
        let reply = match self.call(Ec2("DescribeVpcEndpointServices"), sent).await {
            Ok(reply) => reply,
            Err(failure) if failure.code == "InvalidServiceName" => return Ok(None),
            Err(failure) => return Err(failure),
        };
        // AWS's own services may come as gateway and as interface.
        let is_interface = |detail: &&aws_sdk_ec2::types::ServiceDetail| {
            detail
                .service_type()
                .iter()
                .any(|kind| kind.service_type().is_some_and(|kind| kind.as_str() == "Interface"))
        };
        let details = reply.service_details();
        let Some(detail) = details.iter().find(is_interface).or_else(|| details.first()) else { return Ok(None) };
        let names = detail.private_dns_names().iter().filter_map(|name| name.private_dns_name());
        Ok(Some(Offer {
            service_name: detail.service_name().unwrap_or(service_name).to_owned(),
            owner: detail.owner().map(str::to_owned),
            availability_zone_ids: detail.availability_zone_ids().iter().cloned().collect(),
            supports_policy: detail.vpc_endpoint_policy_supported().unwrap_or(false),
            acceptance_required: detail.acceptance_required().unwrap_or(false),
            private_dns_names: names.chain(detail.private_dns_name()).map(str::to_owned).collect(),
            private_dns_state: detail.private_dns_name_verification_state().map(|state| state.as_str().to_owned()),
            is_interface: is_interface(&detail),
            families: detail.supported_ip_address_types().iter().map(|kind| kind.as_str().to_owned()).collect(),
        }))
    }

    /// The live connections of a service: waiting, on their way, working, or leaving.
    pub async fn connections(&self, service_id: &str) -> Result<Vec<Connected>, Failure> {
        let filter = Filter::builder().name("service-id").values(service_id).build();
        let pages = self.ec2().describe_vpc_endpoint_connections().filters(filter).into_paginator().items().send();
        let found = self.call(Ec2("DescribeVpcEndpointConnections"), pages.collect::<Result<Vec<_>, _>>()).await?;
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
    pub async fn connection_state(&self, service_id: &str, endpoint_id: &str) -> Result<Option<String>, Failure> {
        let filter = Filter::builder().name("service-id").values(service_id).build();
        let pages = self.ec2().describe_vpc_endpoint_connections().filters(filter).into_paginator().items().send();
        let found = self.call(Ec2("DescribeVpcEndpointConnections"), pages.collect::<Result<Vec<_>, _>>()).await?;
        let one = found.iter().find(|connection| connection.vpc_endpoint_id() == Some(endpoint_id));
        Ok(one.and_then(|connection| connection.vpc_endpoint_state()).map(|state| state.as_str().to_owned()))
    }

    /// The endpoint services of this account that stand in front of some of these load balancers.
    pub async fn services_of_load_balancers(
        &self,
        arns: &BTreeSet<String>,
    ) -> Result<std::collections::BTreeMap<String, String>, Failure> {
        let pages = self.ec2().describe_vpc_endpoint_service_configurations().into_paginator().items().send();
        let found = self.call(Ec2("DescribeVpcEndpointServiceConfigurations"), pages.collect::<Result<Vec<_>, _>>());
        let found = found.await?;
        let is_there = |service: &&aws_sdk_ec2::types::ServiceConfiguration| {
            service.service_state().is_none_or(|state| !state.as_str().eq_ignore_ascii_case("Deleted"))
        };
        let pairs = found.iter().filter(is_there).flat_map(|service| {
            let id = service.service_id().unwrap_or_default().to_owned();
            service.network_load_balancer_arns().iter().map(move |arn| (arn.clone(), id.clone()))
        });
        Ok(pairs.filter(|(arn, _)| arns.contains(arn)).collect())
    }

    /// The subnets of a load balancer; none where there is no such one.
    pub async fn subnets_of_load_balancer(&self, arn: &str) -> Result<BTreeSet<String>, Failure> {
        let found = self.load_balancer(arn).await?;
        let zones = found.iter().flat_map(aws_sdk_elasticloadbalancingv2::types::LoadBalancer::availability_zones);
        Ok(zones.filter_map(|zone| zone.subnet_id().map(str::to_owned)).collect())
    }

    /// The endpoint services that carry the name of one resource, such as `service/orders-api`, in their owner
    /// tags: ids, and the load balancers behind each.
    pub async fn services_of_resource(&self, resource: &str) -> Result<Vec<(String, BTreeSet<String>)>, Failure> {
        let filter = Filter::builder().name(format!("tag:{}", super::tags::RESOURCE)).values(resource).build();
        let pages = self.ec2().describe_vpc_endpoint_service_configurations().filters(filter).into_paginator();
        let found = pages.items().send().collect::<Result<Vec<_>, _>>();
        let found = self.call(Ec2("DescribeVpcEndpointServiceConfigurations"), found).await?;
        let pair = |service: &aws_sdk_ec2::types::ServiceConfiguration| {
            Some((service.service_id()?.to_owned(), service.network_load_balancer_arns().iter().cloned().collect()))
        };
        Ok(found.iter().filter_map(pair).collect())
    }

    /// Whether names of private zones resolve in a VPC: its attributes `enableDnsSupport` and
    /// `enableDnsHostnames`, of which AWS tells one for each call.
    pub async fn vpc_dns_attributes(&self, vpc_id: &str) -> Result<(bool, bool), Failure> {
        let known = self
            .reads()
            .recent
            .vpc_dns_attributes
            .get(vpc_id, async { self.ask_for_vpc_dns_attributes(vpc_id).await.map(Some) });
        known.await.map(Option::unwrap_or_default)
    }

    async fn ask_for_vpc_dns_attributes(&self, vpc_id: &str) -> Result<(bool, bool), Failure> {
        let one = |attribute: VpcAttributeName| {
            let sent = self.ec2().describe_vpc_attribute().vpc_id(vpc_id).attribute(attribute).send();
            self.call(Ec2("DescribeVpcAttribute"), sent)
        };
        let (support, hostnames) =
            tokio::try_join!(one(VpcAttributeName::EnableDnsSupport), one(VpcAttributeName::EnableDnsHostnames))?;
        let value = |value: Option<&aws_sdk_ec2::types::AttributeBooleanValue>| {
            value.and_then(aws_sdk_ec2::types::AttributeBooleanValue::value).unwrap_or(false)
        };
        Ok((value(support.enable_dns_support()), value(hostnames.enable_dns_hostnames())))
    }

    /// Every private zone that a VPC sees, whoever owns it, AWS's hidden ones included.
    pub async fn zones_of_vpc(&self, vpc_id: &str, vpc_region: &str) -> Result<Vec<SeenZone>, Failure> {
        let known = self
            .reads()
            .recent
            .zones_of_vpcs
            .get(vpc_id, async { self.ask_for_zones_of_vpc(vpc_id, vpc_region).await.map(Some) });
        known.await.map(Option::unwrap_or_default)
    }

    /// The same as it is now: endpoints and zones of this run may have come and gone.
    pub async fn zones_of_vpc_now(&self, vpc_id: &str) -> Result<Vec<SeenZone>, Failure> {
        self.ask_for_zones_of_vpc(vpc_id, self.region()).await
    }

    async fn ask_for_zones_of_vpc(&self, vpc_id: &str, vpc_region: &str) -> Result<Vec<SeenZone>, Failure> {
        let (mut zones, mut token) = (Vec::new(), None);
        loop {
            let sent = self
                .route53()
                .list_hosted_zones_by_vpc()
                .vpc_id(vpc_id)
                .vpc_region(VpcRegion::from(vpc_region))
                .set_next_token(token)
                .send();
            let reply = self.call(Route53("ListHostedZonesByVPC"), sent).await?;
            zones.extend(reply.hosted_zone_summaries().iter().map(|zone| {
                let owner = zone.owner();
                SeenZone {
                    zone_id: bare_id(zone.hosted_zone_id()).to_owned(),
                    name: zone.name().trim_end_matches('.').replace("\\052", "*"),
                    owner: owner
                        .and_then(|owner| owner.owning_account().or(owner.owning_service()))
                        .unwrap_or_default()
                        .to_owned(),
                }
            }));
            token = reply.next_token;
            if token.is_none() {
                return Ok(zones);
            }
        }
    }

    /// Endpoints of a VPC, others than `own`, that answer to a private name of the service, and stay.
    pub async fn other_endpoints_answering_to(
        &self,
        vpc_id: &str,
        name: &str,
        service_name: &str,
        own: Option<&str>,
    ) -> Result<Vec<String>, Failure> {
        let filter = Filter::builder().name("vpc-id").values(vpc_id).build();
        let pages = self.ec2().describe_vpc_endpoints().filters(filter).into_paginator().items().send();
        let found = self.call(Ec2("DescribeVpcEndpoints"), pages.collect::<Result<Vec<_>, _>>()).await?;
        let answers = |endpoint: &&aws_sdk_ec2::types::VpcEndpoint| {
            let word = endpoint.state().map_or("", |state| state.as_str());
            let leaves = ["deleting", "deleted"].iter().any(|gone| word.eq_ignore_ascii_case(gone));
            let mut entries = endpoint.dns_entries().iter();
            // The name is listed some time after it was taken.
            endpoint.private_dns_enabled() == Some(true)
                && !leaves
                && (endpoint.service_name() == Some(service_name)
                    || entries.any(|entry| entry.dns_name() == Some(name)))
        };
        let ids = found.iter().filter(answers).filter_map(|endpoint| endpoint.vpc_endpoint_id());
        Ok(ids.filter(|id| Some(*id) != own).map(str::to_owned).collect())
    }

    /// Names and types of the records of a zone that are aliases of one of these names or CNAMEs to it.
    pub async fn records_leading_to(
        &self,
        zone_id: &str,
        dns_names: &BTreeSet<String>,
    ) -> Result<Vec<(String, String)>, Failure> {
        let pages = self.route53().list_resource_record_sets().hosted_zone_id(zone_id);
        let (mut found, mut start) = (Vec::new(), None::<(String, Option<aws_sdk_route53::types::RrType>)>);
        loop {
            let mut request = pages.clone();
            if let Some((name, kind)) = start {
                request = request.start_record_name(name).set_start_record_type(kind);
            }
            let reply = match self.call(Route53("ListResourceRecordSets"), request.send()).await {
                Ok(reply) => reply,
                Err(failure) if is_not_found(&failure) => return Ok(found),
                Err(failure) => return Err(failure),
            };
            for record in reply.resource_record_sets() {
                let leads = |name: &str| {
                    let name = name.trim_end_matches('.');
                    dns_names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
                };
                let alias = record.alias_target().is_some_and(|alias| leads(alias.dns_name()));
                let cname = record.r#type().as_str() == "CNAME"
                    && record.resource_records().iter().any(|record| leads(record.value()));
                if alias || cname {
                    let name = record.name().trim_end_matches('.').replace("\\052", "*");
                    found.push((name, record.r#type().as_str().to_owned()));
                }
            }
            match reply.next_record_name {
                Some(name) if reply.is_truncated => start = Some((name, reply.next_record_type)),
                _ => return Ok(found),
            }
        }
    }

    /// Target groups behind a load balancer's listeners: pairs of listener and target group ARN, with port
    /// and protocol.
    pub async fn listeners_with_groups(&self, load_balancer_arn: &str) -> Result<Vec<ListenerSeen>, Failure> {
        let pages =
            self.elbv2().describe_listeners().load_balancer_arn(load_balancer_arn).into_paginator().items().send();
        let found = self.call(Elbv2("DescribeListeners"), pages.collect::<Result<Vec<_>, _>>()).await?;
        Ok(found
            .iter()
            .filter_map(|listener| {
                let action = listener.default_actions().first();
                let group = action.and_then(|action| {
                    action.target_group_arn().or_else(|| {
                        let forward = action.forward_config()?;
                        forward.target_groups().first()?.target_group_arn()
                    })
                });
                Some(ListenerSeen {
                    arn: listener.listener_arn()?.to_owned(),
                    port: listener.port()?,
                    protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
                    target_group_arn: group.map(str::to_owned),
                })
            })
            .collect())
    }
}

/// A listener and where it forwards to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSeen {
    /// Its ARN.
    pub arn: String,
    /// Its port.
    pub port: i32,
    /// AWS's word, such as `TCP`.
    pub protocol: String,
    /// Its target group.
    pub target_group_arn: Option<String>,
}

impl Account {
    /// All tags of an object of EC2, ours too.
    pub async fn ec2_tags(&self, id: &str) -> Result<super::tags::Tags, Failure> {
        let filter = Filter::builder().name("resource-id").values(id).build();
        let pages = self.ec2().describe_tags().filters(filter).into_paginator().items().send();
        let found = self.call(Ec2("DescribeTags"), pages.collect::<Result<Vec<_>, _>>()).await?;
        Ok(found
            .iter()
            .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
            .collect())
    }

    /// Ids of the account's public zones of exactly this name.
    pub async fn public_zones_named(&self, name: &str) -> Result<Vec<String>, Failure> {
        let zones = self.hosted_zones_named(name).await?;
        let is_private = |zone: &aws_sdk_route53::types::HostedZone| {
            zone.config().is_some_and(aws_sdk_route53::types::HostedZoneConfig::private_zone)
        };
        Ok(zones.iter().filter(|zone| !is_private(zone)).map(|zone| bare_id(zone.id()).to_owned()).collect())
    }

    /// Name of a hosted zone without the dot at the end, and whether it is private.
    pub async fn zone_name(&self, zone_id: &str) -> Result<Option<(String, bool)>, Failure> {
        let ask = async {
            Ok(self.hosted_zone(zone_id).await?.map(|(zone, _)| {
                let is_private = zone.config().is_some_and(aws_sdk_route53::types::HostedZoneConfig::private_zone);
                (zone.name().trim_end_matches('.').to_owned(), is_private)
            }))
        };
        self.reads().recent.zone_names.get(zone_id, ask).await
    }

    /// What a subnet has room for, as it is now. `None` where it does not exist.
    pub async fn room_in_subnet(&self, subnet_id: &str) -> Result<Option<Room>, Failure> {
        let Some(subnet) = self.subnet(subnet_id).await? else { return Ok(None) };
        let is_there = |block: &&aws_sdk_ec2::types::SubnetIpv6CidrBlockAssociation| {
            let word = block.ipv6_cidr_block_state().and_then(|state| state.state());
            word.is_none_or(|word| word.as_str().eq_ignore_ascii_case("associated"))
        };
        let blocks = subnet.ipv6_cidr_block_association_set().iter().filter(is_there);
        Ok(Some(Room {
            ipv4: subnet.cidr_block().and_then(|block| block.parse().ok()),
            ipv6: blocks.filter_map(|block| block.ipv6_cidr_block()?.parse().ok()).collect(),
            free: subnet.available_ip_address_count(),
        }))
    }

    /// Where a subnet is: its VPC and its zone id. `None` where it does not exist.
    pub async fn place_of_subnet(&self, subnet_id: &str) -> Result<Option<(String, String)>, Failure> {
        let Some(subnet) = self.subnet(subnet_id).await? else { return Ok(None) };
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Ok(Some((text(subnet.vpc_id()), text(subnet.availability_zone_id()))))
    }
}

impl Account {
    /// Whether network interfaces of a load balancer are there, its own life apart: AWS takes minutes to
    /// release them.
    pub async fn has_interfaces_of_load_balancer(&self, arn: &str) -> Result<bool, Failure> {
        let Some((_, name)) = arn.split_once(":loadbalancer/") else { return Ok(false) };
        let filter = Filter::builder().name("description").values(format!("ELB {name}")).build();
        let pages = self.ec2().describe_network_interfaces().filters(filter).into_paginator().items().send();
        let found = self.call(Ec2("DescribeNetworkInterfaces"), pages.collect::<Result<Vec<_>, _>>()).await?;
        Ok(!found.is_empty())
    }
}
