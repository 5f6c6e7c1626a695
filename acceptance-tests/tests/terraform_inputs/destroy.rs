//! What a look of a plan objects to keeps nobody from a destroy, for which Terraform plans first.

use acceptance_tests::terraform::{CONSUMER, Outcome, SERVICE, element};

use super::{case, id};

/// The consumer's account.
const USER: (&str, &str) = (CONSUMER, "us-east-1");

pub(crate) async fn a_subnet_that_is_gone_stops_no_destroy() -> Outcome {
    let case = case().await?;
    let subnet =
        [("VpcId", case.id("consumer_vpc_id")), ("CidrBlock", "10.20.77.0/24"), ("AvailabilityZoneId", "use1-az1")];
    let made = case.simulator.act_in_time(USER, "ec2", "CreateSubnet", &subnet).await?;
    let subnet = element(&made, "subnetId")?.to_owned();
    case.workspace.replace("consumer.tf", "var.consumer_subnet_ids", &format!("[\"{subnet}\"]"))?;
    case.apply().await?;
    let endpoint = id(&case, "endpoint_id").await?;
    let gone = [("VpcEndpointId.1", endpoint.as_str())];
    case.simulator.act_in_time(USER, "ec2", "DeleteVpcEndpoints", &gone).await?;
    // Refused while the endpoint's interfaces are there.
    case.simulator.act_in_time(USER, "ec2", "DeleteSubnet", &[("SubnetId", subnet.as_str())]).await?;
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?.in_one_line();
    assert!(refused.contains(&subnet) && refused.contains("subnet_ids"), "{refused}");
    case.destroy_unreached().await?;
    Ok(())
}

/// A change of one record, as its owner would make it by hand.
fn change(action: &str) -> String {
    format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes>\
         <Change><Action>{action}</Action><ResourceRecordSet><Name>pay.shop.internal</Name><Type>CNAME</Type><TTL>60</TTL>\
         <ResourceRecords><ResourceRecord><Value>elsewhere.example.dev</Value></ResourceRecord></ResourceRecords>\
         </ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    )
}

pub(crate) async fn a_record_of_others_stops_no_destroy() -> Outcome {
    let case = case().await?;
    let zone = case.private_zone_of_the_service("shop.internal").await?;
    let given = format!("zone_id      = \"{zone}\"\n    peer_account = \"service\"");
    case.workspace.replace("consumer.tf", "zone_name = \"services.internal\"", &given)?;
    case.apply().await?;
    let path = format!("hostedzone/{zone}/rrset");
    case.simulator.post_route53(SERVICE, &path, change("CREATE")).await?;
    let name = "      name = \"orders\"\n    }\n";
    let taken = format!("{name}\n    record {{\n      name = \"pay\"\n    }}\n");
    case.workspace.replace("consumer.tf", name, &taken)?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?.in_one_line();
    assert!(refused.contains("Record exists") && refused.contains("elsewhere.example.dev"), "{refused}");
    // Terraform plans the change before a destroy, too, and a provider cannot tell the two apart: the message names the way.
    assert!(refused.contains("terraform destroy -refresh=false"), "{refused}");
    case.workspace.destroy(&["-refresh=false"]).await?.succeeded()?;
    case.simulator.post_route53(SERVICE, &path, change("DELETE")).await?;
    let left = case.simulator.objects().await?;
    assert_eq!(left.each().map(|(_, kind, _)| kind).collect::<Vec<_>>(), ["hosted_zone"], "the given zone stays");
    Ok(())
}
