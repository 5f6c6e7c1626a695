//! The rules, each with what it needs and how it is tried. A rule that cannot be tried says why and is no difference.

use std::fmt::Debug;
use std::pin::Pin;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{
    AttributeBooleanValue, Filter, IpPermission, IpRange, PrefixListId, ResourceType, UserIdGroupPair, VpcEndpointType,
};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};

use super::scene::{Made, Scene};

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Expected,
    Differs(String),
    Untried(String),
}

impl Verdict {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Expected => "as expected",
            Self::Differs(_) => "differs",
            Self::Untried(_) => "not tried",
        }
    }

    pub(crate) fn found(&self) -> &str {
        match self {
            Self::Expected => "",
            Self::Differs(found) | Self::Untried(found) => found,
        }
    }
}

type Tried<'a> = Pin<Box<dyn Future<Output = Verdict> + 'a>>;

/// One rule.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    needs: Needs,
    pub(crate) run: for<'a> fn(&'a mut Scene) -> Tried<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Objects,
    Balancer,
}

impl Rule {
    /// What a rule that was not tried waits for.
    pub(crate) fn needs(&self, makes: bool) -> &'static str {
        match self.needs {
            Needs::Balancer if makes => "needs --balancer",
            Needs::Balancer => "needs --yes --balancer",
            Needs::Nothing | Needs::Objects => "needs --yes",
        }
    }

    pub(crate) fn is_tried(&self, makes: bool, waits: bool) -> bool {
        match self.needs {
            Needs::Nothing => true,
            Needs::Objects => makes,
            Needs::Balancer => waits,
        }
    }
}

/// Gives AWS's code of an error.
pub(crate) fn code_of<E: ProvideErrorMetadata + Debug, R: Debug>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(error) => error.err().code().unwrap_or("no code").to_owned(),
        other => format!("no answer: {other:?}").chars().take(60).collect(),
    }
}

fn refusal<T, E: ProvideErrorMetadata + Debug, R: Debug>(answer: Result<T, SdkError<E, R>>, wanted: &str) -> Verdict {
    match answer {
        Ok(_) => Verdict::Differs(format!("accepted, not {wanted}")),
        Err(error) if code_of(&error) == wanted => Verdict::Expected,
        Err(error) => Verdict::Differs(format!("{}, not {wanted}", code_of(&error))),
    }
}

fn held(is_so: bool, otherwise: impl Into<String>) -> Verdict {
    if is_so { Verdict::Expected } else { Verdict::Differs(otherwise.into()) }
}

/// Goes on with a value, or ends the rule as one that could not be tried.
macro_rules! need {
    ($value:expr) => {
        match $value {
            Ok(value) => value,
            Err(why) => return Verdict::Untried(format!("{why:?}").chars().take(90).collect()),
        }
    };
}

macro_rules! rules {
    ($($needs:ident $name:literal $what:literal |$scene:ident| $body:block)+) => {
        /// All rules, those that only read first.
        #[allow(clippy::too_many_lines, reason = "a table")]
        pub(crate) fn all() -> Vec<Rule> {
            vec![$(Rule {
                name: $name,
                what: $what,
                needs: Needs::$needs,
                run: |$scene| Box::pin(async move { $body }),
            }),+]
        }
    };
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn https(cidr: &str) -> IpPermission {
    let range = IpRange::builder().cidr_ip(cidr).build();
    IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443).ip_ranges(range).build()
}

fn record(action: ChangeAction, name: &str) -> ChangeBatch {
    let value = ResourceRecord::builder().value("10.0.0.1").build();
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::A).ttl(60);
    let set = value.ok().map(|value| set.resource_records(value)).and_then(|set| set.build().ok());
    let change = Change::builder().action(action).set_resource_record_set(set).build();
    let batch = ChangeBatch::builder().set_changes(change.ok().map(|change| vec![change])).build();
    batch.unwrap_or_else(|error| unreachable!("a batch of one change: {error}"))
}

const ABSENT_ENDPOINT: &str = "vpce-0123456789abcdef0";

rules! {
    Nothing "UnknownServiceName" "A service that is not there is `InvalidServiceName`" |s| {
        let name = format!("com.amazonaws.vpce.{}.vpce-svc-0123456789abcdef0", s.region);
        refusal(s.ec2.describe_vpc_endpoint_services().service_names(name).send().await, "InvalidServiceName")
    }
    Nothing "UnknownEndpoint" "An endpoint that is not there is `InvalidVpcEndpointId.NotFound`" |s| {
        let answer = s.ec2.describe_vpc_endpoints().vpc_endpoint_ids(ABSENT_ENDPOINT).send().await;
        refusal(answer, "InvalidVpcEndpointId.NotFound")
    }
    Nothing "MalformedEndpoint" "What is no endpoint's id is `InvalidVpcEndpointId.Malformed`" |s| {
        let answer = s.ec2.describe_vpc_endpoints().vpc_endpoint_ids("endpoint").send().await;
        refusal(answer, "InvalidVpcEndpointId.Malformed")
    }
    Nothing "FilterGivesNothing" "A filter by an id that is not there gives an empty list" |s| {
        let call = s.ec2.describe_vpc_endpoints().filters(filter("vpc-endpoint-id", ABSENT_ENDPOINT));
        held(need!(call.send().await).vpc_endpoints().is_empty(), "something was listed")
    }
    Nothing "UnknownFilter" "A filter that AWS does not document is `InvalidParameterValue`" |s| {
        refusal(s.ec2.describe_subnets().filters(filter("color", "red")).send().await, "InvalidParameterValue")
    }
    Nothing "OldFilterNames" "Old spellings of filters hold" |s| {
        let answer = s.ec2.describe_subnets().filters(filter("availabilityZone", "none")).send().await;
        held(need!(answer).subnets().is_empty(), "something was listed")
    }
    Nothing "PageSizes" "A page of one item is `InvalidParameterValue`" |s| {
        refusal(s.ec2.describe_security_groups().max_results(1).send().await, "InvalidParameterValue")
    }
    Nothing "UnknownService" "A service configuration that is not there is `InvalidVpcEndpointServiceId.NotFound`" |s| {
        let call = s.ec2.describe_vpc_endpoint_service_configurations().service_ids("vpce-svc-0123456789abcdef0");
        refusal(call.send().await, "InvalidVpcEndpointServiceId.NotFound")
    }
    Nothing "MalformedGroupFilter" "A malformed group in a filter of rules is `InvalidGroupId.Malformed`" |s| {
        let call = s.ec2.describe_security_group_rules().filters(filter("group-id", "group"));
        refusal(call.send().await, "InvalidGroupId.Malformed")
    }
    Nothing "TwoServicesOfS3" "S3 has two services of one name, by kind of endpoint" |s| {
        let name = format!("com.amazonaws.{}.s3", s.region);
        let seen = need!(s.ec2.describe_vpc_endpoint_services().service_names(&name).send().await);
        held(seen.service_details().len() == 2, format!("{} details", seen.service_details().len()))
    }
    Nothing "ServiceTypeFilter" "The type of a service can be asked for" |s| {
        let call = s.ec2.describe_vpc_endpoint_services().filters(filter("service-type", "Gateway"));
        let seen = need!(call.send().await);
        let all = seen.service_details().iter().all(|one| one.service_type().iter().any(|kind| kind.service_type() == Some(&"Gateway".into())));
        held(all && !seen.service_details().is_empty(), "other types were listed, or none")
    }
    Nothing "ThreePartNames" "IAM's service has a name of three parts" |s| {
        let call = s.ec2.describe_vpc_endpoint_services().service_names("com.amazonaws.iam").service_regions("us-east-1");
        held(call.send().await.is_ok(), "com.amazonaws.iam is unknown")
    }
    Nothing "PrefixLists" "S3 has a prefix list" |s| {
        let name = format!("com.amazonaws.{}.s3", s.region);
        let seen = need!(s.ec2.describe_prefix_lists().filters(filter("prefix-list-name", &name)).send().await);
        held(seen.prefix_lists().iter().any(|list| !list.cidrs().is_empty()), "none, or without blocks")
    }
    Nothing "TwentyArns" "Twenty-one load balancers in one call are `ValidationError`" |s| {
        let arn = |number: u32| format!("arn:aws:elasticloadbalancing:{}:111111111111:loadbalancer/net/x/{number:016x}", s.region);
        let call = s.elb.describe_load_balancers().set_load_balancer_arns(Some((0..21).map(arn).collect()));
        refusal(call.send().await, "ValidationError")
    }
    Nothing "UnknownZone" "A hosted zone that is not there is `NoSuchHostedZone`" |s| {
        refusal(s.route53.get_hosted_zone().id("Z0123456789ABCDEFGHIJ").send().await, "NoSuchHostedZone")
    }
    Nothing "ReservedDomains" "`example.com` is no public zone: `InvalidDomainName`" |s| {
        let call = s.route53.create_hosted_zone().name("example.com").caller_reference("conformance-reserved");
        let answer = call.send().await;
        if let Ok(made) = &answer && let Some(zone) = made.hosted_zone() {
            s.note(Made::Zone(zone.id().trim_start_matches("/hostedzone/").to_owned()));
        }
        refusal(answer, "InvalidDomainName")
    }
    Nothing "ZonesOfForeignVpc" "Zones of a VPC that is not the account's are `AccessDenied`" |s| {
        let call = s.route53.list_hosted_zones_by_vpc().vpc_id("vpc-0123456789abcdef0").vpc_region(s.region.as_str().into());
        refusal(call.send().await, "AccessDenied")
    }
    Objects "VpcIsPending" "A VPC is pending when it is made" |s| {
        let call = s.ec2.create_vpc().cidr_block("10.214.0.0/16").tag_specifications(Scene::tags(ResourceType::Vpc));
        let made = need!(call.send().await);
        let Some(vpc) = made.vpc() else { return Verdict::Differs("no VPC".to_owned()) };
        s.note(Made::Vpc(vpc.vpc_id().unwrap_or_default().to_owned()));
        held(vpc.state().is_some_and(|state| state.as_str() == "pending"), format!("{:?}", vpc.state()))
    }
    Objects "TagTypesMatch" "Tags of another type of resource are `InvalidParameterValue`" |s| {
        let call = s.ec2.create_vpc().cidr_block("10.215.0.0/16").tag_specifications(Scene::tags(ResourceType::Subnet));
        let answer = call.send().await;
        if let Ok(made) = &answer && let Some(id) = made.vpc().and_then(|vpc| vpc.vpc_id()) {
            s.note(Made::Vpc(id.to_owned()));
        }
        refusal(answer, "InvalidParameterValue")
    }
    Objects "SubnetsInside" "A subnet outside its VPC is `InvalidSubnet.Range`" |s| {
        let vpc = need!(s.vpc().await);
        refusal(s.ec2.create_subnet().vpc_id(vpc).cidr_block("10.99.0.0/24").send().await, "InvalidSubnet.Range")
    }
    Objects "SubnetsApart" "Subnets that overlap are `InvalidSubnet.Conflict`" |s| {
        let vpc = need!(s.vpc().await);
        need!(s.subnet(0, "10.213.1.0/24").await);
        refusal(s.ec2.create_subnet().vpc_id(vpc).cidr_block("10.213.1.0/25").send().await, "InvalidSubnet.Conflict")
    }
    Objects "HeldVpc" "A VPC with subnets cannot be deleted: `DependencyViolation`" |s| {
        let vpc = need!(s.vpc().await);
        refusal(s.ec2.delete_vpc().vpc_id(vpc).send().await, "DependencyViolation")
    }
    Objects "UsageMetrics" "`enableNetworkAddressUsageMetrics` is an attribute of VPCs" |s| {
        let vpc = need!(s.vpc().await);
        let call = s.ec2.describe_vpc_attribute().vpc_id(vpc).attribute("enableNetworkAddressUsageMetrics".into());
        held(call.send().await.is_ok(), "refused")
    }
    Objects "GroupNames" "A group's name is taken in its VPC: `InvalidGroup.Duplicate`" |s| {
        let vpc = need!(s.vpc().await);
        need!(s.group("conformance-name").await);
        let call = s.ec2.create_security_group().vpc_id(vpc).group_name("conformance-name").description("again");
        refusal(call.send().await, "InvalidGroup.Duplicate")
    }
    Objects "RulesOnce" "A rule that is there is `InvalidPermission.Duplicate`" |s| {
        let group = need!(s.group("conformance-rules").await);
        let add = || s.ec2.authorize_security_group_ingress().group_id(&group).ip_permissions(https("10.0.0.0/8")).send();
        need!(add().await);
        refusal(add().await, "InvalidPermission.Duplicate")
    }
    Objects "RuleTwiceInABatch" "One rule twice in a call is `InvalidParameterValue`" |s| {
        let group = need!(s.group("conformance-batch").await);
        let call = s.ec2.authorize_security_group_ingress().group_id(&group);
        let call = call.ip_permissions(https("10.0.0.0/8")).ip_permissions(https("10.0.0.0/8"));
        refusal(call.send().await, "InvalidParameterValue")
    }
    Objects "AbsentRule" "Taking away a rule that is not there is `InvalidPermission.NotFound`" |s| {
        let group = need!(s.group("conformance-absent").await);
        let call = s.ec2.revoke_security_group_ingress().group_id(&group).ip_permissions(https("10.9.0.0/16"));
        refusal(call.send().await, "InvalidPermission.NotFound")
    }
    Objects "PrefixListExists" "A rule with a prefix list that is not there is refused" |s| {
        let group = need!(s.group("conformance-list").await);
        let list = PrefixListId::builder().prefix_list_id("pl-0123456789abcdef0").build();
        let rule = IpPermission::builder().ip_protocol("tcp").from_port(1).to_port(1).prefix_list_ids(list).build();
        let call = s.ec2.authorize_security_group_ingress().group_id(&group).ip_permissions(rule);
        refusal(call.send().await, "InvalidPrefixListID.NotFound")
    }
    Objects "NamedGroupStays" "A group that a rule names cannot be deleted: `DependencyViolation`" |s| {
        let (one, other) = (need!(s.group("conformance-named").await), need!(s.group("conformance-naming").await));
        let pair = UserIdGroupPair::builder().group_id(&one).build();
        let rule = IpPermission::builder().ip_protocol("tcp").from_port(1).to_port(1).user_id_group_pairs(pair).build();
        need!(s.ec2.authorize_security_group_ingress().group_id(&other).ip_permissions(rule.clone()).send().await);
        let verdict = refusal(s.ec2.delete_security_group().group_id(&one).send().await, "DependencyViolation");
        let _freed = s.ec2.revoke_security_group_ingress().group_id(&other).ip_permissions(rule).send().await;
        verdict
    }
    Objects "GatewayByDefault" "An endpoint is a gateway when nobody says otherwise, without DNS options" |s| {
        let vpc = need!(s.vpc().await);
        let call = s.ec2.create_vpc_endpoint().vpc_id(vpc).service_name(format!("com.amazonaws.{}.dynamodb", s.region));
        let made = need!(call.send().await);
        let Some(made) = made.vpc_endpoint() else { return Verdict::Differs("no endpoint".to_owned()) };
        s.note(Made::Endpoint(made.vpc_endpoint_id().unwrap_or_default().to_owned()));
        let is_gateway = made.vpc_endpoint_type() == Some(&VpcEndpointType::Gateway);
        held(is_gateway && made.dns_options().is_none() && made.ip_address_type().is_none(), "another type, or with options")
    }
    Objects "NoNamesWithoutSubnets" "An interface endpoint without subnets has no names, and a full-access policy" |s| {
        let vpc = need!(s.vpc().await);
        let call = s.ec2.create_vpc_endpoint().vpc_id(vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        let call = call.service_name(format!("com.amazonaws.{}.sqs", s.region)).private_dns_enabled(false);
        let made = need!(call.send().await);
        let id = made.vpc_endpoint().and_then(|one| one.vpc_endpoint_id()).unwrap_or_default().to_owned();
        s.note(Made::Endpoint(id.clone()));
        s.pass(601).await;
        let seen = need!(s.ec2.describe_vpc_endpoints().vpc_endpoint_ids(&id).send().await);
        let Some(seen) = seen.vpc_endpoints().first() else { return Verdict::Differs("not listed".to_owned()) };
        held(seen.dns_entries().is_empty() && seen.policy_document().is_some(), "with names, or without a policy")
    }
    Objects "PrivateDnsNeedsAttributes" "Private DNS wants both DNS attributes of the VPC" |s| {
        let vpc = need!(s.vpc().await);
        let off = AttributeBooleanValue::builder().value(false).build();
        need!(s.ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(off).send().await);
        let call = s.ec2.create_vpc_endpoint().vpc_id(vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        let call = call.service_name(format!("com.amazonaws.{}.sns", s.region)).private_dns_enabled(true);
        let answer = call.send().await;
        if let Ok(made) = &answer && let Some(id) = made.vpc_endpoint().and_then(|one| one.vpc_endpoint_id()) {
            s.note(Made::Endpoint(id.to_owned()));
        }
        refusal(answer, "InvalidParameter")
    }
    Objects "PoliciesAreChecked" "What is no policy is `InvalidPolicyDocument`" |s| {
        let vpc = need!(s.vpc().await);
        let call = s.ec2.create_vpc_endpoint().vpc_id(vpc).service_name(format!("com.amazonaws.{}.s3", s.region));
        let answer = call.policy_document("no policy").send().await;
        if let Ok(made) = &answer && let Some(id) = made.vpc_endpoint().and_then(|one| one.vpc_endpoint_id()) {
            s.note(Made::Endpoint(id.to_owned()));
        }
        refusal(answer, "InvalidPolicyDocument")
    }
    Objects "TokensReplay" "A ClientToken gives the first answer again; with other parameters it is `IdempotentParameterMismatch`" |s| {
        let vpc = need!(s.vpc().await);
        let (ec2, service) = (s.ec2.clone(), format!("com.amazonaws.{}.s3", s.region));
        let create = || ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(&service).client_token("conformance-token");
        let id = |made: &aws_sdk_ec2::operation::create_vpc_endpoint::CreateVpcEndpointOutput| {
            made.vpc_endpoint().and_then(|one| one.vpc_endpoint_id()).unwrap_or_default().to_owned()
        };
        let first = id(&need!(create().send().await));
        s.note(Made::Endpoint(first.clone()));
        let second = id(&need!(create().send().await));
        if first != second {
            s.note(Made::Endpoint(second));
            return Verdict::Differs("made another endpoint".to_owned());
        }
        let other = create().policy_document(r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}"#);
        refusal(other.send().await, "IdempotentParameterMismatch")
    }
    Objects "OneZoneOfAName" "A VPC sees one zone of a name: `ConflictingDomainExists`" |s| {
        need!(s.zone("conformance.internal", "conformance-1").await);
        let vpc = aws_sdk_route53::types::Vpc::builder().vpc_id(need!(s.vpc().await));
        let vpc = vpc.vpc_region(s.region.as_str().into()).build();
        let call = s.route53.create_hosted_zone().name("conformance.internal").caller_reference("conformance-2").vpc(vpc);
        let answer = call.send().await;
        if let Ok(made) = &answer && let Some(zone) = made.hosted_zone() {
            s.note(Made::Zone(zone.id().trim_start_matches("/hostedzone/").to_owned()));
        }
        refusal(answer, "ConflictingDomainExists")
    }
    Objects "LastVpcStays" "The last VPC of a private zone stays: `LastVPCAssociation`" |s| {
        let zone = need!(s.zone("last.internal", "conformance-3").await);
        let vpc = aws_sdk_route53::types::Vpc::builder().vpc_id(need!(s.vpc().await));
        let vpc = vpc.vpc_region(s.region.as_str().into()).build();
        refusal(s.route53.disassociate_vpc_from_hosted_zone().hosted_zone_id(zone).vpc(vpc).send().await, "LastVPCAssociation")
    }
    Objects "RecordsAreExact" "Creating a record that is there is `InvalidChangeBatch`; its zone cannot go: `HostedZoneNotEmpty`" |s| {
        let zone = need!(s.zone("records.internal", "conformance-4").await);
        let change = |action| {
            let batch = record(action, "a.records.internal");
            s.route53.change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send()
        };
        need!(change(ChangeAction::Create).await);
        s.pass(5).await;
        let twice = refusal(change(ChangeAction::Create).await, "InvalidChangeBatch");
        let held = refusal(s.route53.delete_hosted_zone().id(&zone).send().await, "HostedZoneNotEmpty");
        let _freed = change(ChangeAction::Delete).await;
        s.pass(5).await;
        if twice == Verdict::Expected { held } else { twice }
    }
    Objects "NamesOfTargetGroups" "A target group's name with other settings is `DuplicateTargetGroupName`" |s| {
        let vpc = need!(s.vpc().await);
        let create = |port| {
            let call = s.elb.create_target_group().name("conformance").protocol("TCP".into()).port(port);
            call.vpc_id(&vpc).target_type("ip".into()).send()
        };
        let made = need!(create(443).await);
        let verdict = refusal(create(444).await, "DuplicateTargetGroupName");
        let arn = made.target_groups().first().and_then(|group| group.target_group_arn()).unwrap_or_default();
        s.note(Made::TargetGroup(arn.to_owned()));
        verdict
    }
    Balancer "OnlyActiveServe" "A service of a load balancer that is not there is refused" |s| {
        let arn = format!("arn:aws:elasticloadbalancing:{}:111111111111:loadbalancer/net/x/0123456789abcdef", s.region);
        let call = s.ec2.create_vpc_endpoint_service_configuration().network_load_balancer_arns(arn);
        refusal(call.send().await, "InvalidNetworkLoadBalancerArn.NotFound")
    }
    Balancer "BoundLoadBalancerStays" "A load balancer of a service cannot be deleted (`ResourceInUse`) nor serve another" |s| {
        let arn = need!(s.balancer().await);
        let ec2 = s.ec2.clone();
        let create = || ec2.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn).acceptance_required(true).send();
        let made = need!(create().await);
        let id = made.service_configuration().and_then(|one| one.service_id()).unwrap_or_default().to_owned();
        s.note(Made::Service(id));
        let verdict = refusal(s.elb.delete_load_balancer().load_balancer_arn(&arn).send().await, "ResourceInUse");
        if verdict == Verdict::Expected { refusal(create().await, "InvalidParameter") } else { verdict }
    }
    Balancer "OwnAccountIsAdmitted" "The owner's account needs no permission for an endpoint of its own" |s| {
        let arn = need!(s.balancer().await);
        let seen = need!(s.ec2.describe_vpc_endpoint_service_configurations().send().await);
        let of = seen.service_configurations().iter().find(|one| one.network_load_balancer_arns().contains(&arn));
        let Some(name) = of.and_then(|one| one.service_name()) else { return Verdict::Untried("no service".to_owned()) };
        let vpc = need!(s.vpc().await);
        s.pass(300).await;
        let call = s.ec2.create_vpc_endpoint().vpc_id(vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        let made = need!(call.service_name(name).private_dns_enabled(false).send().await);
        let Some(made) = made.vpc_endpoint() else { return Verdict::Differs("no endpoint".to_owned()) };
        s.note(Made::Endpoint(made.vpc_endpoint_id().unwrap_or_default().to_owned()));
        let state = made.state().map(|state| state.as_str().to_owned()).unwrap_or_default();
        held(state.eq_ignore_ascii_case("pendingAcceptance"), state)
    }
}
