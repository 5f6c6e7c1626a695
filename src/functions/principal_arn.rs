//! `principal_arn`.

use super::given;
use crate::resource::{Function, Refused};
use crate::schema::formats;

crate::attributes! {
    /// Returns what AWS takes as an allowed principal of an endpoint service. An account id becomes the ARN of the account's root, the session of a role (`aws_caller_identity` shows one) its role, and paths of users and roles are left out. `*`, roots, service principals and organizations stay as they are; of organizations AWS documents nothing here, and decides.
    pub struct Parameters {
        /// Account id, ARN, service principal, or `*`.
        required account_or_arn: String,
    }
}

/// The function.
#[derive(Debug, Clone, Copy)]
pub struct PrincipalArn;

impl Function for PrincipalArn {
    const NAME: &'static str = "principal_arn";
    const SUMMARY: &'static str = "Allowed principal of an endpoint service from an account id or an ARN";
    type Parameters = Parameters;
    type Output = String;

    fn call(parameters: Parameters) -> Result<String, Refused> {
        let text = given(parameters.account_or_arn);
        principal(&text).map_err(|complaint| Refused { parameter: "account_or_arn", text: complaint })
    }
}

fn principal(text: &str) -> Result<String, String> {
    if (formats::ACCOUNT_ID.holds)(text) {
        return Ok(format!("arn:aws:iam::{text}:root"));
    }
    if text == "*" || (formats::SERVICE_PRINCIPAL.holds)(text) {
        return Ok(text.to_owned());
    }
    let malformed = || {
        format!(
            "{text:?} is not an account id, an ARN of IAM or \"*\". Right values look like \"111111111111\" and \
             \"arn:aws:iam::111111111111:role/deploy\"."
        )
    };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, _, account, resource] = parts.as_slice() else { return Err(malformed()) };
    if *service == "organizations" && (formats::ORGANIZATION_ARN.holds)(text) {
        return Ok(text.to_owned());
    }
    if !(formats::ACCOUNT_ID.holds)(account) {
        return Err(malformed());
    }
    let arn = |rest: String| format!("arn:{partition}:iam::{account}:{rest}");
    match (*service, resource.split('/').collect::<Vec<_>>().as_slice()) {
        ("iam", ["root"]) => Ok(text.to_owned()),
        ("iam", [kind @ ("user" | "role"), .., name]) if !name.is_empty() => Ok(arn(format!("{kind}/{name}"))),
        ("sts", ["assumed-role", role, _session]) if !role.is_empty() => Ok(arn(format!("role/{role}"))),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_becomes_what_aws_takes() {
        for (given, wanted) in [
            ("111111111111", "arn:aws:iam::111111111111:root"),
            ("*", "*"),
            ("arn:aws-cn:iam::111111111111:root", "arn:aws-cn:iam::111111111111:root"),
            ("arn:aws:iam::111111111111:role/team/deploy", "arn:aws:iam::111111111111:role/deploy"),
            ("arn:aws:iam::111111111111:user/ci", "arn:aws:iam::111111111111:user/ci"),
            ("arn:aws:sts::111111111111:assumed-role/deploy/session", "arn:aws:iam::111111111111:role/deploy"),
            ("appflow.amazonaws.com", "appflow.amazonaws.com"),
            (
                "arn:aws:organizations::111111111111:organization/o-abcdefghij",
                "arn:aws:organizations::111111111111:organization/o-abcdefghij",
            ),
        ] {
            assert_eq!(principal(given).as_deref(), Ok(wanted), "{given}");
        }
    }

    #[test]
    fn the_rest_is_refused_with_what_to_write() {
        for (given, words) in [
            ("arn:aws:organizations::111111111111:policy/p-abc", "Right values look like"),
            ("arn:aws:iam::1111:root", "Right values look like"),
            ("arn:aws:iam::111111111111:group/admins", "Right values look like"),
            ("arn:aws:iam::111111111111:role/", "Right values look like"),
            ("somebody", "Right values look like"),
            (".amazonaws.com", "Right values look like"),
            ("", "Right values look like"),
        ] {
            let complaint = principal(given).unwrap_err();
            assert!(complaint.contains(words), "{given}: {complaint}");
        }
    }
}
