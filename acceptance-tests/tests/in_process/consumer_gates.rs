//! Private DNS behind a gate of its service: the configured value stays, plans are empty, one step finishes.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};

use crate::consumer_setting::{Setting, USER, merged, pass, says};
use crate::core::{Action, Terraform, texts};
use crate::landscape::SERVICE;

const MODIFY: &str = "ModifyVpcEndpoint";

impl Setting {
    /// The service as its owner describes it now.
    async fn owner_applies(&mut self, arguments: Json) {
        let config = merged(&self.land.service(), &merged(&json!({"acceptance_required": false}), &arguments));
        self.owner.apply(SERVICE, "api", &config).await;
        pass(120).await;
    }

    /// Everything else is made, the warning holds these words, and nothing is planned until the gate opens.
    async fn held(&mut self, config: &Json, words: &[&str]) {
        let found = self.apply(config).await;
        assert!(!found.has_errors() && says(&found, "Warning", words), "{:#?}", texts(&found));
        assert!(says(&found, "Warning", &["Until then this waits: private_dns"]), "{:#?}", texts(&found));
        self.catch_up().await;
        let state = self.state();
        assert_eq!((&state["private_dns_enabled"], &state["private_dns_names"]), (&json!(true), &json!([])));
        assert_eq!(state["state"], json!("available"));
        pass(300).await;
        let plan = self.plan(config).await;
        assert_eq!(plan.action, Action::NoOp, "{:?}", self.differing(&plan));
        assert_eq!(self.land.reach("orders.example.dev")["broken_at"], json!("dns"));
    }

    /// The gate is open: one change of the endpoint, and the name leads there.
    async fn opened(&mut self, config: &Json) {
        self.catch_up().await;
        let plan = self.plan(config).await;
        let differing = self.differing(&plan);
        assert!(differing.contains("record.private_dns"), "the plan names the link: {differing:?}");
        let found = self.carry_out("the gate opened", config, plan, &[MODIFY]).await;
        assert!(found.is_empty(), "{:#?}", texts(&found));
        assert_eq!(self.state()["private_dns_names"], json!(["orders.example.dev"]));
        pass(600).await;
        let answer = self.land.reach("orders.example.dev");
        assert_eq!(answer["reached"], json!(true), "{answer:#}");
    }

    fn wanting_private_dns(&self) -> Json {
        let group = self.id("application_security_group_id");
        self.config(json!({"private_dns_enabled": true, "ingress": [{"port": 443, "security_group_id": group}]}))
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_the_service_gets_later_is_switched_on_by_the_apply_after_it() {
    let mut setting = Setting::open(231).await;
    let config = setting.wanting_private_dns();
    setting.held(&config, &["has no private DNS name", "its owner sets one"]).await;
    setting.owner_applies(json!({})).await;
    setting.opened(&config).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_proved_later_is_switched_on_by_the_apply_after_it() {
    let unproved = json!({"acceptance_required": false, "private_dns": {"name": "orders.example.dev"}});
    let mut setting = Setting::with(232, unproved).await;
    let config = setting.wanting_private_dns();
    let plan = setting.plan(&config).await;
    let summary = "Warning [private_dns_enabled] Private DNS name not verified yet";
    assert!(says(&plan.diagnostics, summary, &["orders.example.dev"]), "{:#?}", texts(&plan.diagnostics));
    setting.held(&config, &["verify ownership of orders.example.dev", "TXT record"]).await;
    setting.owner_applies(json!({})).await;
    setting.opened(&config).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn acceptance_and_proof_may_come_in_any_order() {
    let mut setting = Setting::with(233, json!({"private_dns": {"name": "orders.example.dev"}})).await;
    let config = setting.wanting_private_dns();
    let found = setting.apply(&config).await;
    assert!(says(&found, "Warning", &["must accept the connection"]), "{:#?}", texts(&found));
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    setting.accept(&endpoint).await;
    setting.catch_up().await;
    let found = setting.apply(&config).await;
    assert!(says(&found, "Warning", &["verify ownership of orders.example.dev"]), "{:#?}", texts(&found));
    let service = merged(&setting.land.service(), &json!({}));
    setting.owner.apply(SERVICE, "api", &service).await;
    pass(120).await;
    setting.opened(&config).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_closes_after_the_plan_is_told_in_aws_s_words_with_its_own_advice() {
    let mut setting = Setting::with(236, json!({"acceptance_required": false})).await;
    let off = setting.config(json!({}));
    setting.apply(&off).await;
    let on = merged(&off, &json!({"private_dns_enabled": true}));
    let table = [
        (
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true",
            "enable_dns_hostnames",
        ),
        (
            "Private DNS can't be enabled because the service x does not provide a private DNS name.",
            "its owner sets one",
        ),
        (
            "Private DNS can't be enabled because the service x has not verified the private DNS name.",
            "publish the TXT record",
        ),
        (
            "Private DNS can only be enabled after the endpoint connection is accepted by the owner of x",
            "must accept the connection first",
        ),
    ];
    for (message, advice) in table {
        let mut refusal = Fault::at(MODIFY, 1, Strike::Refuse).code("InvalidParameter");
        refusal.message = Some(message.to_owned());
        setting.land.world.set_faults(vec![refusal]);
        let found = setting.try_apply(&on).await;
        let words = [message, advice, "Request ID", "What to do"];
        assert!(says(&found, "Error [private_dns_enabled]", &words), "{advice}: {:#?}", texts(&found));
    }
    // Nobody in the VPC holds the name any more, so AWS is about to free it: the refusal is tried again.
    let mut conflict = Fault::at(MODIFY, 1, Strike::Refuse).code("InvalidParameter");
    let words =
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for x in the VPC y";
    conflict.message = Some(words.to_owned());
    setting.land.world.set_faults(vec![conflict]);
    setting.apply(&on).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn switching_off_behind_a_gate_makes_no_call() {
    let mut setting = Setting::open(234).await;
    let config = setting.wanting_private_dns();
    setting.held(&config, &["has no private DNS name"]).await;
    let off = merged(&config, &json!({"private_dns_enabled": false}));
    setting.update("off", &off, &[]).await;
    assert_eq!(setting.state()["private_dns_enabled"], json!(false));
    // A stranger's service without a name is refused at plan: nothing in the run can cure it.
    setting.user = {
        let mut alone = Terraform::configured(&setting.land.world, json!({"access_key": USER})).await;
        alone.take_over(&setting.user);
        alone
    };
    let plan = setting.plan(&config).await;
    let summary = "Error [private_dns_enabled] Service without a private DNS name";
    assert!(says(&plan.diagnostics, summary, &[]), "{:#?}", texts(&plan.diagnostics));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_group_that_another_rule_names_is_told_and_goes_when_the_rule_has_gone() {
    use aws_sdk_ec2::types as ec2;
    let mut setting = Setting::open(235).await;
    let config = setting.config(json!({}));
    setting.apply(&config).await;
    let ours = setting.state()["security_group_id"].as_str().unwrap().to_owned();
    let theirs = setting.id("application_security_group_id");
    let rule = || {
        let pair = ec2::UserIdGroupPair::builder().group_id(&ours).build();
        let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
        rule.user_id_group_pairs(pair).build()
    };
    let call = setting.ec2(USER).authorize_security_group_ingress().group_id(&theirs).ip_permissions(rule());
    call.send().await.unwrap();
    pass(60).await;
    let before = tokio::time::Instant::now();
    let found = setting.user.destroy(crate::consumer_setting::ORDERS).await;
    let words = ["DependencyViolation", theirs.as_str(), "application", "Remove those rules"];
    assert!(says(&found, "Error", &words), "{:#?}", texts(&found));
    assert!(before.elapsed().as_secs() < 14 * 60, "nobody waits for a rule: {:?}", before.elapsed());
    let left = setting.state()["links"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(left.contains(&"security_group".to_owned()) && !left.contains(&"endpoint".to_owned()), "{left:?}");
    let call = setting.ec2(USER).revoke_security_group_ingress().group_id(&theirs).ip_permissions(rule());
    call.send().await.unwrap();
    pass(60).await;
    setting.destroy().await;
}
