//! Addresses: fixed ones, both families, what the DNS records answer with; each change in one call.

use aws_sdk_ec2::types as ec2;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says, zone_of};
use crate::core::{Action, ask_world, texts};
use crate::landscape::CONSUMER;

const MODIFY: &str = "ModifyVpcEndpoint";
const RECORDS: &str = "ChangeResourceRecordSets";
const SQS: &str = "com.amazonaws.us-east-1.sqs";

/// A VPC of the consumer's with subnets of both families.
struct Dual {
    vpc: String,
    /// Subnets, each with the beginning of its IPv6 addresses.
    subnets: Vec<(String, String)>,
}

impl Setting {
    async fn dual(&self) -> Dual {
        let client = self.ec2(USER);
        let call = client.create_vpc().cidr_block("10.40.0.0/16").amazon_provided_ipv6_cidr_block(true);
        let vpc = call.send().await.unwrap().vpc.unwrap();
        let block = vpc.ipv6_cidr_block_association_set()[0].ipv6_cidr_block().unwrap().to_owned();
        let vpc = vpc.vpc_id.unwrap();
        pass(60).await;
        let on = ec2::AttributeBooleanValue::builder().value(true).build();
        client.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(on).send().await.unwrap();
        let mut subnets = Vec::new();
        for (number, zone) in ["use1-az1", "use1-az2"].into_iter().enumerate() {
            let (address, _) = block.split_once("00::/56").unwrap();
            let start = format!("{address}0{number}::");
            let call = client.create_subnet().vpc_id(&vpc).availability_zone_id(zone);
            let call = call.cidr_block(format!("10.40.{number}.0/24")).ipv6_cidr_block(format!("{start}/64"));
            subnets.push((call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap(), start));
        }
        pass(60).await;
        Dual { vpc, subnets }
    }

    async fn tidy(&mut self, dual: Dual) {
        let found = self.user.destroy(ORDERS).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        for (subnet, _) in dual.subnets {
            self.ec2(USER).delete_subnet().subnet_id(subnet).send().await.unwrap();
        }
        self.ec2(USER).delete_vpc().vpc_id(dual.vpc).send().await.unwrap();
    }
}

fn blocks(fixed: &[(&str, Option<&str>, Option<&str>)]) -> Json {
    let block = |(subnet, ipv4, ipv6): &(&str, Option<&str>, Option<&str>)| json!({"subnet_id": subnet, "ipv4": ipv4, "ipv6": ipv6});
    json!({"subnet_ids": null, "subnet_configuration": fixed.iter().map(block).collect::<Vec<_>>()})
}

#[tokio::test(start_paused = true)]
async fn addresses_are_fixed_moved_and_let_go() {
    let mut setting = Setting::open(221).await;
    let ids: Vec<String> = (0..3).map(|n| setting.subnets([n])[0].as_str().unwrap().to_owned()).collect();
    let (a, b, c) = (ids[0].as_str(), ids[1].as_str(), ids[2].as_str());
    let group = json!({"ingress": [{"port": 443, "security_group_id": setting.id("application_security_group_id")}]});
    let config = |setting: &Setting, fixed: &[(&str, Option<&str>, Option<&str>)]| {
        merged(&merged(&setting.config(json!({})), &group), &blocks(fixed))
    };
    let address = |setting: &Setting, zone: &str| setting.state()["network_interfaces"][zone]["ipv4"].clone();
    let first = config(&setting, &[(a, Some("10.20.1.50"), None), (b, None, None)]);
    setting.apply(&first).await;
    assert_eq!(address(&setting, "use1-az1"), json!("10.20.1.50"));
    let chosen = address(&setting, "use1-az2");
    pass(600).await;
    let answer = setting.land.reach(setting.state()["dns_name"].as_str().unwrap());
    assert_eq!(answer["reached"], json!(true), "{answer:#}");

    let moved = config(&setting, &[(a, Some("10.20.1.51"), None), (b, None, None)]);
    setting.update("another address", &moved, &[MODIFY]).await;
    assert_eq!((address(&setting, "use1-az1"), address(&setting, "use1-az2")), (json!("10.20.1.51"), chosen.clone()));
    let more = config(&setting, &[(a, Some("10.20.1.52"), None), (c, Some("10.20.3.9"), None)]);
    setting.update("a subnet exchanged and an address moved, in one call", &more, &[MODIFY]).await;
    assert_eq!(
        (address(&setting, "use1-az1"), address(&setting, "use1-az4")),
        (json!("10.20.1.52"), json!("10.20.3.9"))
    );
    let free = config(&setting, &[(a, None, None), (c, None, None)]);
    setting.update("let go: AWS keeps the address", &free, &[]).await;
    assert_eq!(address(&setting, "use1-az1"), json!("10.20.1.52"));
    let by_ids = merged(&merged(&setting.config(json!({})), &group), &json!({"subnet_ids": [a, c]}));
    setting.update("the other argument", &by_ids, &[]).await;
    setting.update("and back", &more, &[]).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_address_that_somebody_moved_is_named_and_put_back() {
    let mut setting = Setting::open(222).await;
    let a = setting.subnets([0])[0].as_str().unwrap().to_owned();
    let config = merged(&setting.config(json!({})), &blocks(&[(&a, Some("10.20.1.50"), None)]));
    setting.apply(&config).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    let other = ec2::SubnetConfiguration::builder().subnet_id(&a).ipv4("10.20.1.99").build();
    let call = setting.ec2(USER).modify_vpc_endpoint().vpc_endpoint_id(&id).subnet_configurations(other);
    call.send().await.unwrap();
    pass(900).await;
    setting.catch_up().await;
    let plan = setting.plan(&config).await;
    assert!(setting.differing(&plan).contains("subnet_configuration"), "{:?}", setting.differing(&plan));
    setting.carry_out("put back", &config, plan, &[MODIFY]).await;
    assert_eq!(setting.state()["network_interfaces"]["use1-az1"]["ipv4"], json!("10.20.1.50"));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn families_addresses_and_records_change_together_in_one_call() {
    let mut setting = Setting::bare(223).await;
    let dual = setting.dual().await;
    let (a, b) = (dual.subnets[0].clone(), dual.subnets[1].clone());
    let (a6, b6) = (format!("{}50", a.1), format!("{}51", b.1));
    let base = json!({
        "service_name": SQS,
        "subnet_ids": [a.0, b.0],
        "dns": [{"zone_name": "queue.internal", "record": [{"name": "@"}, {"name": "*"}]}],
    });
    setting.apply(&base).await;
    let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
    assert_eq!(kinds(&setting, &zone).await, ["*.queue.internal A", "queue.internal A"]);

    let both = merged(&base, &json!({"ip_address_type": "dualstack"}));
    setting.update("dualstack", &both, &[MODIFY, RECORDS]).await;
    let four = ["*.queue.internal A", "*.queue.internal AAAA", "queue.internal A", "queue.internal AAAA"];
    assert_eq!(kinds(&setting, &zone).await, four);
    assert!(setting.state()["network_interfaces"]["use1-az1"]["ipv6"].is_string());
    let v4 = merged(&both, &json!({"dns_record_ip_type": "ipv4"}));
    setting.update("records of IPv4 only", &v4, &[MODIFY, RECORDS]).await;
    assert_eq!(kinds(&setting, &zone).await, ["*.queue.internal A", "queue.internal A"]);
    // Everything at once is one change of the endpoint.
    let group = setting.in_vpc(&dual.vpc).await;
    let fixed = blocks(&[(&a.0, None, Some(&a6)), (&b.0, Some("10.40.1.77"), Some(&b6.to_uppercase()))]);
    let all = merged(&merged(&v4, &fixed), &json!({"dns_record_ip_type": "ipv6", "security_group_ids": [group]}));
    setting.update("addresses, groups and records", &all, &[MODIFY, RECORDS, "DeleteSecurityGroup"]).await;
    let interfaces = setting.state()["network_interfaces"].clone();
    assert_eq!(interfaces["use1-az1"]["ipv6"], json!(a6));
    assert_eq!((&interfaces["use1-az2"]["ipv4"], &interfaces["use1-az2"]["ipv6"]), (&json!("10.40.1.77"), &json!(b6)));
    assert_eq!(kinds(&setting, &zone).await, ["*.queue.internal AAAA", "queue.internal AAAA"]);
    let only6 =
        merged(&all, &json!({"ip_address_type": "ipv6", "subnet_configuration": null, "subnet_ids": [a.0, b.0]}));
    setting.update("IPv6 only", &only6, &[MODIFY]).await;
    assert!(setting.state()["network_interfaces"]["use1-az1"]["ipv6"].is_string());
    // The inside of AWS's own services is not simulated: the packet ends behind the connection.
    pass(600).await;
    let question = json!({
        "account": USER, "vpc_id": dual.vpc, "name": "a.queue.internal", "port": 443, "security_group_ids": [group],
    });
    let answer = ask_world(&setting.land.world, "reach", &question);
    assert_eq!(answer["broken_at"], json!("endpoint_security_group"), "the given group has no rules: {answer:#}");
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.ec2(USER).delete_security_group().group_id(group).send().await.unwrap();
    setting.tidy(dual).await;
}

#[tokio::test(start_paused = true)]
async fn a_family_that_somebody_took_is_named_and_put_back() {
    let mut setting = Setting::bare(226).await;
    let dual = setting.dual().await;
    let config = json!({
        "service_name": SQS,
        "subnet_ids": [dual.subnets[0].0, dual.subnets[1].0],
        "ip_address_type": "dualstack",
    });
    setting.apply(&config).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    let client = setting.ec2(USER);
    let modify = || client.modify_vpc_endpoint().vpc_endpoint_id(&id);
    let names = ec2::DnsOptionsSpecification::builder().dns_record_ip_type(ec2::DnsRecordIpType::Ipv4).build();
    modify().dns_options(names).send().await.unwrap();
    pass(900).await;
    let plan = setting.plan(&config).await;
    assert!(setting.differing(&plan).contains("dns_record_ip_type"), "{:?}", setting.differing(&plan));
    setting.carry_out("the endpoint's names have a family less", &config, plan, &[MODIFY]).await;
    pass(900).await;
    let names = ec2::DnsOptionsSpecification::builder().dns_record_ip_type(ec2::DnsRecordIpType::Ipv4).build();
    modify().ip_address_type(ec2::IpAddressType::Ipv4).dns_options(names).send().await.unwrap();
    pass(900).await;
    let plan = setting.plan(&config).await;
    assert!(setting.differing(&plan).contains("ip_address_type"), "{:?}", setting.differing(&plan));
    setting.carry_out("the endpoint has a family less", &config, plan, &[MODIFY]).await;
    assert!(setting.state()["network_interfaces"]["use1-az1"]["ipv6"].is_string());
    setting.tidy(dual).await;
}

impl Setting {
    async fn in_vpc(&self, vpc: &str) -> String {
        let call = self.ec2(USER).create_security_group().group_name("given").description("given").vpc_id(vpc);
        let group = call.send().await.unwrap().group_id.unwrap();
        pass(60).await;
        group
    }
}

/// Names and types of a zone's records, apart from NS and SOA.
async fn kinds(setting: &Setting, zone: &str) -> Vec<String> {
    pass(90).await;
    let found = setting.route53(USER).list_resource_record_sets().hosted_zone_id(zone).send().await.unwrap();
    let all = found
        .resource_record_sets()
        .iter()
        .map(|set| format!("{} {}", set.name().trim_end_matches('.').replace("\\052", "*"), set.r#type().as_str()));
    let mut all: Vec<String> = all.filter(|key| !key.ends_with(" NS") && !key.ends_with(" SOA")).collect();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_addresses_is_told_at_plan() {
    let mut setting = Setting::open(224).await;
    let (a, b) =
        (setting.subnets([0])[0].as_str().unwrap().to_owned(), setting.subnets([1])[0].as_str().unwrap().to_owned());
    let (a, b) = (a.as_str(), b.as_str());
    let base = setting.config(json!({}));
    let table: [(Json, &str, &[&str]); 12] = [
        (json!({"subnet_ids": null}), "Error [subnet_ids] Subnets of the endpoint", &["subnet_configuration"]),
        (
            merged(&blocks(&[(a, None, None)]), &json!({"subnet_ids": [a]})),
            "Error [subnet_configuration] Subnets of the endpoint",
            &["subnet_ids and subnet_configuration are"],
        ),
        (
            blocks(&[(a, Some("10.20.1.9"), None), (a, Some("10.20.1.10"), None)]),
            "Error [subnet_configuration] Two subnet_configuration blocks of one subnet_id",
            &[a],
        ),
        (
            blocks(&[(a, Some("10.20.1.9"), None), (b, Some("10.20.1.9"), None)]),
            "Error [subnet_configuration] Address given twice",
            &["10.20.1.9"],
        ),
        (
            blocks(&[(a, Some("10.20.1"), None)]),
            "Error [subnet_configuration",
            &["must be an IPv4 address", "10.0.1.5"],
        ),
        (blocks(&[(a, None, Some("10.20.1.9"))]), "Error [subnet_configuration", &["must be an IPv6 address"]),
        (
            blocks(&[(a, None, Some("2001:db8::9"))]),
            "Error [subnet_configuration] No IPv6 addresses",
            &[a, "dualstack"],
        ),
        (
            blocks(&[(a, Some("10.20.1.3"), None)]),
            "Error [subnet_configuration] Address outside the subnet",
            &["10.20.1.3", "10.20.1.0/24", a],
        ),
        (
            blocks(&[(a, Some("10.20.2.9"), None)]),
            "Error [subnet_configuration] Address outside the subnet",
            &["10.20.2.9"],
        ),
        (json!({"ip_address_type": "dualstack"}), "Error [subnet_ids] Subnet without IPv6", &[a, "dualstack"]),
        (
            json!({"ip_address_type": "dualstack"}),
            "Warning [ip_address_type] Addresses that the service does not have",
            &["ipv6", "supported_ip_address_types"],
        ),
        (
            json!({"dns_record_ip_type": "dualstack"}),
            "Error [dns_record_ip_type] Records of other addresses",
            &["\"ipv4\"", "\"dualstack\""],
        ),
    ];
    for (wrong, beginning, words) in table {
        let plan = setting.plan(&merged(&base, &wrong)).await;
        assert!(says(&plan.diagnostics, beginning, words), "{wrong} {beginning}: {:#?}", texts(&plan.diagnostics));
    }
    // AWS has the last word on an address that somebody took meanwhile.
    let first = merged(&base, &blocks(&[(a, Some("10.20.1.60"), None)]));
    setting.apply(&first).await;
    let second = merged(&merged(&base, &json!({"name": "second"})), &blocks(&[(a, Some("10.20.1.60"), None)]));
    let found = setting.user.try_apply(CONSUMER, "second", &second).await;
    let words = ["InvalidIPAddress.InUse", "free one of the subnet"];
    assert!(says(&found, "Error [subnet_configuration]", &words), "{:#?}", texts(&found));
    let found = setting.user.destroy("second").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_subnet_is_told_at_plan_and_by_aws() {
    let mut setting = Setting::open(225).await;
    let call = setting.ec2(USER).create_subnet().vpc_id(setting.id("consumer_vpc_id")).cidr_block("10.20.9.0/28");
    let small = call.availability_zone_id("use1-az1").send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    pass(60).await;
    // Eleven addresses are free; instances take them all.
    let call = setting.ec2(USER).run_instances().subnet_id(&small).min_count(11).max_count(11).image_id("ami-1");
    let taken = call.send().await;
    let taken = taken.map(|reply| reply.instances().len()).unwrap_or_default();
    pass(60).await;
    let config = merged(&setting.config(json!({})), &json!({"subnet_ids": [small]}));
    let plan = setting.plan(&config).await;
    assert_eq!(taken, 11, "the subnet is full");
    assert!(says(&plan.diagnostics, "Warning [subnet_ids] Full subnet", &[&small]), "{:#?}", texts(&plan.diagnostics));
    assert_eq!(plan.action, Action::Create);
    let found = setting.try_apply(&config).await;
    assert!(says(&found, "Error [subnet_ids]", &["InsufficientFreeAddressesInSubnet"]), "{:#?}", texts(&found));
}
