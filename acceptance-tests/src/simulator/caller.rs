//! Who calls: the account, Region and service of a request.
//!
//! The account is told by the access key id in the SigV4 credential scope: twelve digits are that account, keys issued by
//! AssumeRole are the role's account, everything else is 123456789012. Signatures are not checked; scopes are.

use std::collections::BTreeMap;

use super::clock::Moment;
use super::error::ApiError;
use super::request::WireRequest;
use super::role::Role;

/// Where Route 53 is, whatever a client signs for.
const ROUTE53_REGION: &str = "us-east-1";

/// Account of every key that says nothing better.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// Names a simulated service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// CloudWatch, version 2010-08-01.
    CloudWatch,
    /// EC2, version 2016-11-15.
    Ec2,
    /// Elastic Load Balancing v2, version 2015-12-01.
    ElbV2,
    /// Route 53, version 2013-04-01.
    Route53,
    /// Route 53 Profiles, version 2018-05-10.
    Route53Profiles,
    /// SNS, version 2010-03-31.
    Sns,
    /// STS, version 2011-06-15.
    Sts,
}

impl Service {
    /// Gives the name as in credential scopes.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudWatch => "monitoring",
            Self::Ec2 => "ec2",
            Self::ElbV2 => "elasticloadbalancing",
            Self::Route53 => "route53",
            Self::Route53Profiles => "route53profiles",
            Self::Sns => "sns",
            Self::Sts => "sts",
        }
    }

    fn of_scope(name: &str) -> Option<Self> {
        let all =
            [Self::CloudWatch, Self::Ec2, Self::ElbV2, Self::Route53, Self::Route53Profiles, Self::Sns, Self::Sts];
        all.into_iter().find(|service| service.name() == name)
    }

    /// Returns the version of its API, as in requests and names of XML.
    pub fn version(self) -> &'static str {
        match self {
            Self::CloudWatch => "2010-08-01",
            Self::Ec2 => "2016-11-15",
            Self::ElbV2 => "2015-12-01",
            Self::Route53 => "2013-04-01",
            Self::Route53Profiles => "2018-05-10",
            Self::Sns => "2010-03-31",
            Self::Sts => "2011-06-15",
        }
    }
}

/// Describes who calls, where and what service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Account, twelve digits.
    pub account: String,
    /// Region of the credential scope.
    pub region: String,
    /// Service of the credential scope.
    pub service: Service,
    /// ARN that GetCallerIdentity tells.
    pub arn: String,
    /// IAM principal that allowed-principal lists are matched against: the user, or the role behind an assumed one.
    pub principal: String,
    /// Access key id.
    pub access_key_id: String,
}

impl Caller {
    /// Makes the caller an account's own key stands for.
    pub fn of(account: &str, region: &str, service: Service) -> Self {
        let arn = format!("arn:aws:iam::{account}:user/terraform");
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            service,
            principal: arn.clone(),
            arn,
            access_key_id: account.to_owned(),
        }
    }
}

/// Holds what an issued access key stands for.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    /// Account of the role.
    pub account: String,
    /// `arn:aws:sts::…:assumed-role/…`.
    pub arn: String,
    /// `arn:aws:iam::…:role/…`.
    pub principal: String,
    /// When it stops working.
    pub expires: Moment,
}

/// Tells which service was meant, from the credential scope: its form of error serves even a caller nobody knows.
pub fn service(request: &WireRequest) -> Option<Service> {
    let (_, rest) = request.authorization.split_once("Credential=")?;
    rest.split([',', ' ']).next()?.split('/').nth(3).and_then(Service::of_scope)
}

/// Tells who calls, from the credential scope.
pub fn caller(request: &WireRequest, keys: &BTreeMap<String, IssuedKey>, now: Moment) -> Result<Caller, ApiError> {
    let refuse = |why: &str| Err(ApiError::new(403, "IncompleteSignature", why.to_owned()));
    let Some((_, rest)) = request.authorization.split_once("Credential=") else {
        return if let Some(caller) = unsigned(request) {
            Ok(caller)
        } else if request.authorization.is_empty() {
            Err(ApiError::new(403, "MissingAuthenticationToken", "The request carries no signature."))
        } else {
            refuse("The Authorization header names no credential.")
        };
    };
    let scope: Vec<&str> = rest.split([',', ' ']).next().unwrap_or_default().split('/').collect();
    let [key, _date, region, service, "aws4_request"] = scope.as_slice() else {
        return refuse("The credential scope is not <key>/<date>/<region>/<service>/aws4_request.");
    };
    let Some(service) = Service::of_scope(service) else {
        return Err(ApiError::not_simulated(format!("the service '{service}'")));
    };
    // A client that was given an endpoint signs for its own Region, hashicorp/aws for instance; Route 53 has one place.
    let region = if service == Service::Route53 { &ROUTE53_REGION } else { region };
    if let Some(issued) = keys.get(*key) {
        if issued.expires <= now {
            let code = if service == Service::Ec2 { "RequestExpired" } else { "ExpiredToken" };
            return Err(ApiError::new(403, code, "The security token included in the request is expired"));
        }
        return Ok(Caller {
            account: issued.account.clone(),
            region: (*region).to_owned(),
            service,
            arn: issued.arn.clone(),
            principal: issued.principal.clone(),
            access_key_id: (*key).to_owned(),
        });
    }
    let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
    let mut caller = Caller::of(if is_account { key } else { DEFAULT_ACCOUNT }, region, service);
    (*key).clone_into(&mut caller.access_key_id);
    Ok(caller)
}

/// Tells who calls without a signature: only a web identity may, and it brings its role along.
fn unsigned(request: &WireRequest) -> Option<Caller> {
    let field =
        |wanted: &str| form_urlencoded::parse(&request.body).find(|(name, _)| name == wanted).map(|(_, value)| value);
    let permitted = request.authorization.is_empty() && field("Action")? == "AssumeRoleWithWebIdentity";
    let account = Role::parse(&field("RoleArn")?).map_or_else(|| DEFAULT_ACCOUNT.to_owned(), |role| role.account);
    permitted.then(|| Caller::of(&account, "us-east-1", Service::Sts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(key: &str, scope: &str) -> WireRequest {
        WireRequest {
            authorization: format!(
                "AWS4-HMAC-SHA256 Credential={key}/20260101/{scope}/aws4_request, SignedHeaders=host, Signature=0"
            ),
            ..WireRequest::default()
        }
    }

    #[test]
    fn the_access_key_tells_the_account_and_the_scope_the_region() {
        let keys = BTreeMap::from([(
            "ASIAROLE".to_owned(),
            IssuedKey {
                account: "333333333333".to_owned(),
                arn: "arn:aws:sts::333333333333:assumed-role/r/s".to_owned(),
                principal: "arn:aws:iam::333333333333:role/r".to_owned(),
                expires: Moment(100),
            },
        )]);
        let who = |key: &str| caller(&signed(key, "eu-west-1/ec2"), &keys, Moment(0)).unwrap();
        assert_eq!(who("111111111111").account, "111111111111");
        assert_eq!(who("AKIAEXAMPLE").account, DEFAULT_ACCOUNT);
        assert_eq!((who("ASIAROLE").account.as_str(), who("ASIAROLE").region.as_str()), ("333333333333", "eu-west-1"));
        let expired = caller(&signed("ASIAROLE", "eu-west-1/ec2"), &keys, Moment(100)).unwrap_err();
        assert_eq!(expired.code, "RequestExpired");
        assert_eq!(caller(&signed("x", "us-east-1/s3"), &keys, Moment(0)).unwrap_err().status, 501);
        assert_eq!(caller(&WireRequest::default(), &keys, Moment(0)).unwrap_err().code, "MissingAuthenticationToken");
    }
}
