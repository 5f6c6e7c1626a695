//! Provider blocks that cannot work: addresses, keys and certificates that are none, and a token service that is slow.

use std::path::PathBuf;

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::aws::Wiring;
use privatelink::provider::Provider;
use privatelink::resource::ProviderServer as _;
use serde_json::{Value as Json, json};

use crate::core::{Terraform, texts, value_of};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// What the block tells when it is taken, by a provider with a client of its own as the binary has it.
async fn told(block: &Json) -> Vec<String> {
    let provider = Provider::wired(Wiring::default());
    let value = value_of(&provider.schema(), block);
    texts(&provider.configure("1.11.4", &value).await)
}

/// A block with secrets in all places where the SDK could show them.
fn secretive() -> Json {
    json!({
        "region": "us-east-1",
        "assume_role_with_web_identity": {
            "role_arn": "arn:aws:iam::111111111111:role/web",
            "web_identity_token": "hush-head.hush-claims.hush-signature",
            "policy": "{\"Statement\":[{\"Sid\":\"hush-session\"}]}",
        },
        "assume_role": [{
            "role_arn": "arn:aws:iam::222222222222:role/next",
            "external_id": "hush-external",
            "policy": "{\"Statement\":[{\"Sid\":\"hush-session\"}]}",
        }],
    })
}

struct File(PathBuf);

impl File {
    fn holding(text: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("privatelink-file-{:016x}", fastrand::u64(..)));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_and_no_request_shown() {
    let addresses =
        ["not a url", "localhost:1", "http://", "ftp://host", "https://somebody:hush@host", "{}", "http://a b"];
    for service in ["ec2", "elbv2", "route53", "sts", "cloudwatch", "sns", "route53profiles"] {
        for address in addresses {
            let mut block = secretive();
            block["endpoints"] = json!([{ service: address }]);
            let told = told(&block).await.join("\n");
            assert!(told.contains(&format!("The address of {service} cannot be used")), "{address}: {told}");
            assert!(told.contains("[endpoints]") && !told.contains("hush"), "{address}: {told}");
        }
    }
    for setting in
        ["endpoint_url = not-a-url", "services = x\n[services x]\nsts =\n  endpoint_url = https://me:hush@host"]
    {
        let profile = File::holding(format!("[profile x]\nregion = us-east-1\n{setting}\n"));
        let mut block = secretive();
        block["profile"] = json!("x");
        block["shared_config_files"] = json!([profile.name()]);
        let told = told(&block).await.join("\n");
        assert!(told.contains("the profile cannot be used") && !told.contains("hush"), "{setting}: {told}");
    }
}

#[tokio::test]
async fn a_region_that_is_no_part_of_a_name_is_refused_and_no_request_shown() {
    for region in ["eu west 1", "eu-west-1\n", "a/b", "x@y", ""] {
        let mut block = secretive();
        block["region"] = json!(region);
        block["skip_region_validation"] = json!(true);
        let found = told(&block).await.join("\n");
        assert!(found.contains("[region]") && !found.contains("hush"), "{region:?}: {found}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_sent_are_refused_at_their_place() {
    for (name, value) in [("access_key", "AKID\n"), ("secret_key", "hush\n"), ("token", "hush\u{0}")] {
        let mut block = json!({"region": "us-east-1", "access_key": "AKID", "secret_key": "hush", "token": "hush"});
        block[name] = json!(value);
        let told = told(&block).await.join("\n");
        assert!(told.contains(&format!("[{name}]")) && told.contains("trimspace"), "{told}");
        assert!(!told.contains("hush") && !told.contains("panic"), "{told}");
    }
    let keys = "aws_access_key_id = AK\u{fc}D\naws_secret_access_key = hush";
    let profile = File::holding(format!("[x]\n{keys}\n"));
    let block = json!({"region": "us-east-1", "profile": "x", "shared_credentials_files": [profile.name()]});
    let told = told(&block).await.join("\n");
    assert!(told.contains("access_key holds a blank") && !told.contains("hush"), "{told}");
}

#[tokio::test]
async fn a_bundle_that_is_none_is_refused_with_its_name() {
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let end = "\n-----END CERTIFICATE-----\n";
    for text in [
        String::new(),
        "no certificate at all".to_owned(),
        format!("{begin}MIIB"),
        format!("{begin}AAAA{end}"),
        format!("{begin}*{end}"),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
    ] {
        let bundle = File::holding(&text);
        let block = json!({
            "region": "us-east-1", "access_key": "AKID", "secret_key": "hush", "custom_ca_bundle": bundle.name(),
        });
        let told = told(&block).await.join("\n");
        assert!(told.contains("[custom_ca_bundle]") && told.contains(bundle.name()), "{text}: {told}");
        assert!(!told.contains("panic"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_service_that_is_busy_is_waited_for_as_all_others_are() {
    let land = Landscape::strict(11);
    let block = json!({"access_key": "333333333333", "region": "us-east-1", "secret_key": "x",
        "assume_role": [{"role_arn": "arn:aws:iam::111111111111:role/deploy"}]});
    let mut owner = Terraform::configured(&land.world, json!({"access_key": "111111111111"})).await;
    for strike in [Strike::Throttle, Strike::Unavailable, Strike::Reset] {
        for operation in ["AssumeRole", "GetCallerIdentity"] {
            land.world.set_faults(vec![Fault::at(operation, 1, strike).times(9)]);
            let value = value_of(&owner.provider.schema(), &block);
            let found = owner.provider.configure("1.11.4", &value).await;
            assert!(!found.has_errors(), "{operation} {strike:?}: {:#?}", texts(&found));
        }
    }
    land.world.set_faults(Vec::new());
    let found = owner.try_apply(SERVICE, "api", &land.service()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));

    // In the middle of an apply: the peer's role is assumed when its first call is made.
    let peer = json!([{"name": "service", "assume_role": [{"role_arn": "arn:aws:iam::111111111111:role/accept"}]}]);
    let block = json!({"access_key": "222222222222", "peer_account": peer});
    let mut user = Terraform::configured(&land.world, block).await;
    land.world.set_faults(vec![Fault::at("AssumeRole", 1, Strike::Throttle).times(9)]);
    let found = user.try_apply(CONSUMER, "orders", &land.consumer(&owner.state("api"))).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_denied_is_told_in_the_words_of_the_token_service() {
    let land = Landscape::strict(12);
    let owner = Terraform::configured(&land.world, json!({"access_key": "111111111111"})).await;
    land.world.set_faults(vec![Fault::at("AssumeRole", 1, Strike::Refuse)]);
    let block = json!({"access_key": "333333333333", "region": "us-east-1", "secret_key": "x",
        "assume_role": [{"role_arn": "arn:aws:iam::111111111111:role/deploy"}]});
    let value = value_of(&owner.provider.schema(), &block);
    let told = texts(&owner.provider.configure("1.11.4", &value).await).join("\n");
    assert!(told.contains("AssumeRole in us-east-1: AccessDenied: "), "{told}");
    assert!(told.contains("Request ID: "), "{told}");
    let calls = land.world.calls().iter().filter(|call| call.operation == "AssumeRole").count();
    assert_eq!(calls, 1, "a denial is not asked for again");
}
