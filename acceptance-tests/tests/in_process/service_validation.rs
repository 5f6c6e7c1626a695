//! What bad input of a service gets: the place, and words that say what to write instead.

use std::collections::BTreeSet;

use crate::core_rules::assert_object_compatible;
use privatelink::schema::{Block, Rule};
use serde_json::json;

use crate::core::{Action, Terraform, UNKNOWN, texts, value_of};
use crate::landscape::SERVICE;
use crate::service_bad_input::{CASES, Edit};
use crate::service_bench::{Bench, NAME};

/// Plans each edit of the usual configuration and tells what comes back.
async fn told(bench: &mut Bench, cases: &[(&str, Edit)]) -> String {
    let mut told = String::new();
    for (title, edit) in cases {
        let mut config = bench.config.clone();
        edit(&mut config, &bench.land.ids);
        let mark = bench.mark();
        let plan = bench.terraform.plan(SERVICE, NAME, &config).await;
        assert!(plan.diagnostics.has_errors(), "{title} is refused");
        assert_eq!(bench.calls_since(mark), "none", "{title}");
        told += &format!("# {title}\n{}\n\n", texts(&plan.diagnostics).join("\n"));
    }
    told
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_before_any_call() {
    let mut bench = Bench::empty(61).await;
    let mark = bench.mark();
    let told = told(&mut bench, CASES).await;
    assert_eq!(bench.mark(), mark, "AWS was asked");
    insta::assert_snapshot!(told);
}

/// Rules of a block and of those within it: the summaries that they may complain with.
fn summaries(block: &Block, place: &str, all: &mut BTreeSet<String>) {
    for attribute in &block.attributes {
        for rule in &attribute.rules {
            match rule {
                Rule::Unique(_) => all.insert(format!("Two {} blocks of one {}", block_of(place), attribute.name)),
                Rule::Is(_) | Rule::OneOf(_) | Rule::Range(..) | Rule::Refuse(_) => {
                    all.insert(format!("Invalid {place}{}", attribute.name))
                }
                Rule::Replace | Rule::Results | Rule::Key | Rule::KeepsEmpty | Rule::Canonical(_) | Rule::Means(_) => {
                    continue;
                }
            };
        }
    }
    all.extend(block.constraints.iter().map(|constraint| constraint.summary.to_owned()));
    for nested in &block.blocks {
        summaries(&nested.block, &format!("{place}{}.", nested.name), all);
    }
}

/// The last block of a place such as `listener.target.`.
fn block_of(place: &str) -> &str {
    place.trim_end_matches('.').rsplit('.').next().unwrap()
}

/// Summaries of the errors that the rules across attributes raise, read from their source.
fn summaries_across(source: &str) -> BTreeSet<String> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let mut all = BTreeSet::new();
    for call in ["Diagnostic::error(\"", "told.push(\""] {
        all.extend(source.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    all
}

#[tokio::test(start_paused = true)]
async fn every_rule_has_a_case_that_breaks_it() {
    let bench = Bench::empty(66).await;
    let (_, server) = bench.terraform.server(SERVICE);
    let mut demanded = BTreeSet::new();
    summaries(&server.schema().block, "", &mut demanded);
    let sources = [
        include_str!("../../../src/privatelink_service/check/mod.rs"),
        include_str!("../../../src/privatelink_service/check/listener.rs"),
        include_str!("../../../src/privatelink_service/check/certificates.rs"),
    ];
    demanded.extend(sources.into_iter().flat_map(summaries_across));
    assert!(demanded.len() > 55, "{demanded:#?}");
    for (_, edit) in CASES {
        let mut config = bench.config.clone();
        edit(&mut config, &bench.land.ids);
        for found in &server.validate(&value_of(&server.schema(), &config)) {
            demanded.remove(&found.summary);
        }
    }
    assert_eq!(demanded, BTreeSet::new(), "no case breaks these");
}

#[tokio::test(start_paused = true)]
async fn what_only_aws_can_tell_is_refused_in_the_plan() {
    let mut bench = Bench::empty(62).await;
    let ec2 = bench.ec2();
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap().to_owned();
    let first = bench.land.ids["provider_subnet_ids"][0].as_str().unwrap().to_owned();
    let described = ec2.describe_subnets().subnet_ids(&first).send().await.unwrap();
    let zone = described.subnets()[0].availability_zone().unwrap().to_owned();
    let made = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.10.200.0/24").availability_zone(&zone).send().await;
    let twin = made.unwrap().subnet.unwrap().subnet_id.unwrap();
    let made = ec2.create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap();
    let other = made.vpc.unwrap().vpc_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let made = ec2.create_subnet().vpc_id(&other).cidr_block("10.30.1.0/24").send().await.unwrap();
    let elsewhere = made.subnet.unwrap().subnet_id.unwrap();
    let made = bench.route53().create_hosted_zone().name("example.dev").caller_reference("private");
    let within = aws_sdk_route53::types::Vpc::builder().vpc_id(&vpc).vpc_region("us-east-1".into()).build();
    let private = made.vpc(within).send().await.unwrap().hosted_zone.unwrap().id;
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
    let made = ec2.create_security_group().group_name("far").description("far").vpc_id(&other).send().await;
    let far = made.unwrap().group_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    bench.land.ids["far_group"] = json!(far);
    bench.land.ids["twin"] = json!(twin);
    bench.land.ids["elsewhere"] = json!(elsewhere);
    bench.land.ids["private_zone"] = json!(private.trim_start_matches("/hostedzone/"));
    let cases: &[(&str, Edit)] = &[
        ("a subnet that is not there", |config, _| config["subnet_ids"] = json!(["subnet-0123456789abcdef0"])),
        ("two subnets of one zone", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["twin"]]);
        }),
        ("subnets of two VPCs", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][1], ids["elsewhere"]]);
        }),
        ("a peer account that is not configured", |config, _| config["private_dns"]["peer_account"] = json!("dns")),
        ("a zone that is not there", |config, _| {
            config["private_dns"]["hosted_zone_id"] = json!("Z0123456789ABCDEFGHIJ");
        }),
        ("a zone of another name", |config, _| config["private_dns"]["name"] = json!("orders.example.cloud")),
        ("a private zone", |config, ids| config["private_dns"]["hosted_zone_id"] = ids["private_zone"].clone()),
        ("security groups, one of which is not there and one of another VPC", |config, ids| {
            let groups = json!(["sg-0123456789abcdef0", ids["far_group"]]);
            config["load_balancer"] = json!({"security_groups": groups});
        }),
        ("a certificate of another Region and one of another account", |config, ids| {
            let tls = |name: &str, port: u16, arn: &str| {
                json!({"name": name, "port": port, "protocol": "TLS", "certificate_arn": arn,
                       "target_ids": ids["provider_instance_ids"]})
            };
            config["listener"] = json!([
                tls("a", 443, "arn:aws:acm:eu-west-1:111111111111:certificate/0"),
                tls("b", 444, "arn:aws:acm:us-east-1:222222222222:certificate/0"),
                tls("c", 445, "arn:aws:iam::111111111111:server-certificate/web"),
            ]);
        }),
        ("a Region that there is not", |config, _| config["region"] = json!("eu-west-9")),
        ("further Regions that there are not", |config, _| config["supported_regions"] = json!(["sa-west-1"])),
        ("several at once", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["twin"], ids["elsewhere"]]);
            config["private_dns"]["name"] = json!("orders.example.cloud");
        }),
    ];
    let mut text = told(&mut bench, cases).await;
    for (id, stands_for) in [
        (twin.as_str(), "TWIN"),
        (far.as_str(), "FAR-GROUP"),
        (elsewhere.as_str(), "ELSEWHERE"),
        (other.as_str(), "OTHER-VPC"),
        (vpc.as_str(), "VPC"),
        (private.trim_start_matches("/hostedzone/"), "PRIVATE-ZONE"),
    ] {
        text = text.replace(id, stands_for);
    }
    for (index, id) in bench.land.ids["provider_subnet_ids"].as_array().unwrap().iter().enumerate() {
        text = text.replace(id.as_str().unwrap(), &format!("SUBNET-{index}"));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn subnets_of_another_vpc_are_refused_for_a_service_that_stands() {
    let mut bench = Bench::plain(63).await;
    let ec2 = bench.ec2();
    let made = ec2.create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap();
    let vpc = made.vpc.unwrap().vpc_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let made = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.30.1.0/24").send().await.unwrap();
    let subnet = made.subnet.unwrap().subnet_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let kept = bench.config["subnet_ids"].clone();
    bench.config["subnet_ids"] = json!([subnet]);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Error [subnet_ids] Subnets of another VPC"), "{}", told[0]);
    bench.config["subnet_ids"] = kept;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn unknown_values_are_planned_and_keep_their_promises_when_known() {
    let bench = Bench::empty(64).await;
    let terraform = bench.land.service_side().await;
    let (_, server) = terraform.server(SERVICE);
    let known = terraform.plan_only(SERVICE, NAME, &bench.config).await;
    assert_eq!(known.action, Action::Create, "{:#?}", texts(&known.diagnostics));
    let cases: &[(&str, Edit)] = &[
        ("name", |config, _| config["name"] = json!(UNKNOWN)),
        ("a subnet", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["provider_subnet_ids"][1], UNKNOWN])
        }),
        ("a principal", |config, _| config["allowed_principals"] = json!([UNKNOWN])),
        ("a target", |config, ids| {
            let known = &ids["provider_instance_ids"];
            config["listener"][0]["target_ids"] = json!([known[0], known[1], UNKNOWN]);
        }),
        ("a listener's name", |config, _| config["listener"][0]["name"] = json!(UNKNOWN)),
        ("a tag", |config, _| config["tags"] = json!({"team": UNKNOWN})),
        ("the private name", |config, _| config["private_dns"]["name"] = json!(UNKNOWN)),
        ("the zone", |config, _| config["private_dns"]["hosted_zone_id"] = json!(UNKNOWN)),
        ("a peer account", |config, _| config["private_dns"]["peer_account"] = json!(UNKNOWN)),
    ];
    for (title, edit) in cases {
        let mut config = bench.config.clone();
        edit(&mut config, &bench.land.ids);
        let plan = terraform.plan_only(SERVICE, NAME, &config).await;
        assert_eq!(plan.action, Action::Create, "{title}: {:#?}", texts(&plan.diagnostics));
        let breaches = assert_object_compatible(&server.schema(), &plan.planned, &known.planned);
        assert!(breaches.is_empty(), "{title}: {breaches:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_account_is_named_where_credentials_have_none() {
    let bench = Bench::empty(65).await;
    let mut config = bench.config.clone();
    config["private_dns"]["peer_account"] = json!("dns");
    let terraform: Terraform = bench.land.consumer_side().await;
    let plan = terraform.plan_only(SERVICE, NAME, &config).await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(told.contains("Unknown peer account") && told.contains("service"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn an_organization_is_a_warning_and_aws_decides() {
    const ORGANIZATION: &str = "arn:aws:organizations::111111111111:organization/o-abcdefghij";
    let mut bench = Bench::plain(66).await;
    bench.config["allowed_principals"] = json!([ORGANIZATION]);
    let config = bench.config.clone();
    let (_, server) = bench.terraform.server(SERVICE);
    let found = server.validate(&value_of(&server.schema(), &config));
    let told = texts(&found);
    assert!(told.len() == 1 && !found.has_errors(), "{told:#?}");
    assert!(told[0].starts_with("Warning [allowed_principals] Organization as an allowed principal"), "{told:#?}");
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    let told = texts(&found).join("\n");
    assert!(found.has_errors() && told.contains("InvalidPrincipal") && told.contains("list its accounts"), "{told}");
    bench.land.world.lock().settings.readings.organization_principals = true;
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(bench.state()["allowed_principals"], json!([ORGANIZATION]));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn everybody_without_acceptance_is_a_warning_and_not_more() {
    let mut bench = Bench::empty(64).await;
    bench.config["allowed_principals"] = json!(["*"]);
    let plan = bench.plan().await;
    assert!(plan.diagnostics.is_empty(), "each connection waits for a person: {:#?}", texts(&plan.diagnostics));
    bench.config["acceptance_required"] = json!(false);
    let (_, server) = bench.terraform.server(SERVICE);
    let found = server.validate(&value_of(&server.schema(), &bench.config));
    let told = texts(&found);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Warning [allowed_principals] Everybody may connect"), "{told:#?}");
}
