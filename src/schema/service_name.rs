//! What the name of a service tells: its Region, and its id where it is an endpoint service.

use super::formats;

/// The id in the name of an endpoint service, `vpce-svc-…`; `None` for a service of AWS itself.
pub fn id_in(service_name: &str) -> Option<&str> {
    service_name.rsplit('.').next().filter(|last| last.starts_with("vpce-svc-"))
}

/// The Region in the name of a service: `None` for AWS's global ones.
pub fn region_in(service_name: &str) -> Option<&str> {
    service_name.split('.').find(|part| (formats::REGION.holds)(part))
}

/// Whether it is AWS's S3, whose private names may be left to its gateway endpoints inside the VPC.
pub fn is_s3(service_name: &str) -> bool {
    service_name.rsplit('.').next() == Some("s3")
}

/// The name of an endpoint service, from its id and Region.
pub fn of_endpoint_service(service_id: &str, region: &str) -> String {
    let prefix = if region.starts_with("cn-") { "cn." } else { "" };
    format!("{prefix}com.amazonaws.vpce.{region}.{service_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_id_and_region_where_it_holds_them() {
        for (name, id, region) in [
            (
                "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0",
                Some("vpce-svc-0123456789abcdef0"),
                Some("eu-west-1"),
            ),
            ("com.amazonaws.us-east-1.sqs", None, Some("us-east-1")),
            ("aws.sagemaker.us-gov-west-1.notebook", None, Some("us-gov-west-1")),
            ("cn.com.amazonaws.cn-north-1.ecr.api", None, Some("cn-north-1")),
            ("com.amazonaws.iam", None, None),
        ] {
            assert_eq!((id_in(name), region_in(name)), (id, region), "{name}");
            if let (Some(id), Some(region)) = (id, region) {
                assert_eq!(of_endpoint_service(id, region), name);
            }
        }
        assert!(of_endpoint_service("vpce-svc-1", "cn-north-1").starts_with("cn.com.amazonaws."));
    }

    #[test]
    fn s3_is_told_from_what_is_named_like_it() {
        for (name, expected) in [
            ("com.amazonaws.us-east-1.s3", true),
            ("com.amazonaws.s3-global.accesspoint", false),
            ("com.amazonaws.us-east-1.s3express", false),
            ("com.amazonaws.us-east-1.s3-outposts", false),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0", false),
        ] {
            assert_eq!(is_s3(name), expected, "{name}");
        }
    }
}
