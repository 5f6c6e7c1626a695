//! Who may be allowed to connect: the forms that AWS knows, and one spelling for each.

use crate::schema::formats;
use crate::value::Value;

/// One spelling: account ids become ARNs of account roots, in the partition of the service.
pub(in crate::privatelink_service) fn normalise(principal: &str, partition: &str) -> String {
    if (formats::ACCOUNT_ID.holds)(principal) {
        format!("arn:{partition}:iam::{principal}:root")
    } else {
        principal.to_owned()
    }
}

/// The root of the account in an ARN.
pub(in crate::privatelink_service) fn root_of(arn: &str) -> Option<String> {
    let mut parts = arn.split(':').skip(1);
    let (partition, account) = (parts.next()?, parts.nth(2)?);
    (formats::ACCOUNT_ID.holds)(account).then(|| normalise(account, partition))
}

/// Principals in one spelling for comparison: an account's root as its bare id.
pub(in crate::privatelink_service) fn meaning(principals: &Value) -> Value {
    let bare = |principal: &Value| {
        let account = principal.as_str().and_then(|text| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            match parts.as_slice() {
                ["arn", _, "iam", "", account, "root"] => Some(*account),
                _ => None,
            }
        });
        account.map_or_else(|| principal.clone(), Value::from)
    };
    match principals {
        Value::List(items) => Value::List(items.iter().map(bare).collect()),
        other => other.clone(),
    }
}

/// What is wrong with a principal, and what to write instead.
pub(in crate::privatelink_service) fn complaint(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    if text == "*"
        || (formats::ACCOUNT_ID.holds)(text)
        || (formats::SERVICE_PRINCIPAL.holds)(text)
        || (formats::ORGANIZATION_ARN.holds)(text)
    {
        return None;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, service, _, account, resource] = parts.as_slice() else {
        return Some(format!(
            "must be an account id such as \"111111111111\", an ARN such as \"arn:aws:iam::111111111111:role/deploy\", a \
             service of AWS such as {:?}, or \"*\", got {text:?}",
            formats::SERVICE_PRINCIPAL.example
        ));
    };
    match *service {
        "organizations" => Some(format!(
            "must be an organization such as \"arn:aws:organizations::111111111111:organization/o-abcdefghij\" or a unit of \
             one, got {text:?}"
        )),
        "sts" => {
            let role = resource.split('/').nth(1).unwrap_or("ROLE");
            Some(format!(
                "{text:?} is a session of a role, which AWS refuses. Write the role: \"arn:aws:iam::{account}:role/{role}\"."
            ))
        }
        "iam" if !(formats::ACCOUNT_ID.holds)(account) => {
            Some(format!("must name an account, as \"arn:aws:iam::111111111111:root\" does, got {text:?}"))
        }
        "iam" => match resource.split('/').collect::<Vec<_>>().as_slice() {
            ["root"] | ["user" | "role", _] => None,
            [kind @ ("user" | "role"), .., name] => Some(format!(
                "{text:?} has a path, which AWS refuses in a principal. Write it without: \
                 \"arn:aws:iam::{account}:{kind}/{name}\"."
            )),
            _ => Some(format!("must be an account's root, a user or a role, got {text:?}")),
        },
        _ => Some(format!("must be a principal of IAM such as \"arn:aws:iam::111111111111:root\", got {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_that_aws_refuses_comes_with_what_to_write_instead() {
        for (principal, advice) in [
            ("arn:aws:organizations::111111111111:account/o-abc/222222222222", "must be an organization"),
            ("Appflow.amazonaws.com", "appflow.amazonaws.com"),
            (".amazonaws.com", "must be an account id"),
            ("arn:aws:sts::111111111111:assumed-role/deploy/session", "arn:aws:iam::111111111111:role/deploy"),
            ("arn:aws:iam::111111111111:role/team/deploy", "arn:aws:iam::111111111111:role/deploy"),
            ("arn:aws:iam::1111:root", "must name an account"),
            ("arn:aws:iam::111111111111:group/admins", "must be an account's root"),
            ("arn:aws:s3:::bucket", "must be a principal of IAM"),
            ("11111111111", "must be an account id"),
            ("somebody", "must be an account id"),
        ] {
            let complaint = complaint(&Value::from(principal)).unwrap_or_default();
            assert!(complaint.contains(advice), "{principal}: {complaint}");
        }
        for principal in [
            "*",
            "111111111111",
            "arn:aws:iam::111111111111:root",
            "arn:aws-cn:iam::111111111111:user/ci",
            "appflow.amazonaws.com",
            "vpce.amazonaws.com",
            "s3.amazonaws.com.cn",
            "arn:aws:organizations::111111111111:organization/o-abcdefghij",
            "arn:aws:organizations::111111111111:ou/o-abcdefghij/ou-ab12-cdefghij",
        ] {
            assert_eq!(complaint(&Value::from(principal)), None);
        }
    }

    #[test]
    fn account_ids_are_written_as_roots() {
        assert_eq!(normalise("111111111111", "aws"), "arn:aws:iam::111111111111:root");
        assert_eq!(normalise("*", "aws"), "*");
        let service = "arn:aws-cn:ec2:cn-north-1:111111111111:vpc-endpoint-service/vpce-svc-01";
        assert_eq!(root_of(service).as_deref(), Some("arn:aws-cn:iam::111111111111:root"));
        assert_eq!(root_of("arn:aws:s3:::bucket"), None);
    }
}
