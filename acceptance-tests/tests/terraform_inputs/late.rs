//! What AWS would refuse in the middle of an apply is an error of the plan, told once; what AWS alone can tell, too.

use std::time::Duration;

use acceptance_tests::terraform::{CONSUMER, Outcome};
use serde_json::json;
use tokio::time::Instant;

use super::case;

/// How many errors Terraform printed.
fn errors(said: &str) -> usize {
    said.matches("Error: ").count()
}

pub(crate) async fn what_aws_would_refuse_later_is_one_error_of_the_plan() -> Outcome {
    let case = case().await?;
    let group = "security_group_id = var.application_security_group_id";
    let described = "description       = \"application\"";
    let tags = "  tags = {\n    Team = \"shop\"\n  }\n";
    let many = "  tags = { for number in range(44) : \"key-${number}\" => \"x\" }\n";
    for (file, right, wrong, words) in [
        ("consumer.tf", group, "security_group_id = \"sg-0123456789abcdef0\"", "Security group not found"),
        ("consumer.tf", group, "prefix_list_id = \"pl-0123456789abcdef0\"", "Prefix list not found"),
        ("consumer.tf", described, "description = \"größer\"", "description"),
        ("consumer.tf", tags, many, "at most 43"),
        ("consumer.tf", "\"services.internal\"", "\"services..internal\"", "zone_name"),
        ("service.tf", "port       = 443", "port       = 443.5", "whole number between 1 and 65535, got 443.5"),
        ("service.tf", "var.provider_instance_ids", "[\"i-0123456789abcdef0\"]", "Target not found"),
        ("service.tf", "var.provider_instance_ids", "[\"10.99.0.1\"]", "availability_zone = \"all\""),
        ("service.tf", "var.provider_instance_ids", "[\"i-0123456789abcdef0\", null]", "null"),
    ] {
        case.workspace.replace(file, right, wrong)?;
        let planned = case.workspace.plan(&[]).await?;
        assert_eq!(planned.code, Some(1), "{wrong}: {}", planned.said());
        let refused = planned.in_one_line();
        assert!(refused.contains(words), "{wrong} should say {words}: {refused}");
        assert_eq!(errors(&refused), 1, "{wrong}: one cause, one diagnostic: {refused}");
        case.workspace.replace(file, wrong, right)?;
    }
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn what_hashicorp_aws_takes_is_taken() -> Outcome {
    let case = case().await?;
    case.workspace.replace("consumer.tf", "\"services.internal\"", "\"services.internal.\"")?;
    let rule = "    port              = 443\n";
    case.workspace.replace("consumer.tf", rule, &format!("{rule}    protocol          = \"6\"\n"))?;
    let ping = "  # The service asks for acceptance; this side may give it itself, with the credentials of the peer account.\n";
    let icmp = format!(
        "  ingress {{\n    protocol  = \"icmp\"\n    from_port = 8\n    to_port   = -1\n    cidr_ipv4 = \
         \"10.20.0.0/16\"\n  }}\n\n{ping}"
    );
    case.workspace.replace("consumer.tf", ping, &icmp)?;
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn an_address_that_is_no_url_is_refused_at_once() -> Outcome {
    let case = case().await?;
    let region = "  alias   = \"service\"\n";
    let wrong = format!("{region}\n  endpoints {{\n    ec2 = \"ec2.example.dev:nonsense\"\n  }}\n");
    case.workspace.replace("providers.tf", region, &wrong)?;
    let since = Instant::now();
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?.in_one_line();
    assert!(refused.contains("ec2.example.dev:nonsense") && refused.contains("endpoints"), "{refused}");
    assert_eq!(errors(&refused), 1, "{refused}");
    // Patience with AWS would take minutes; this is a limit that no loaded machine reaches.
    assert!(since.elapsed() < Duration::from_mins(2), "{:?}", since.elapsed());
    case.workspace.replace("providers.tf", &wrong, region)?;
    Ok(())
}

pub(crate) async fn a_denial_is_told_once_with_its_action() -> Outcome {
    let case = case().await?;
    let denied = json!([{
        "operation": "CreateVpcEndpoint", "nth": 1, "times": 1000, "do": "refuse", "code": "UnauthorizedOperation",
    }]);
    case.simulator.faults(&denied).await?;
    let failed = case.workspace.apply(&[]).await?.ended_with(1)?.in_one_line();
    let words = format!("allow ec2:CreateVpcEndpoint for the credentials of account {CONSUMER}");
    for words in [words.as_str(), "UnauthorizedOperation", "Request ID"] {
        assert!(failed.contains(words), "{words}: {failed}");
    }
    assert_eq!(errors(&failed), 1, "{failed}");
    case.simulator.faults(&json!([])).await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}
