//! AssumeRole and AssumeRoleWithWebIdentity: keys of a role's account.
//!
//! Every role exists unless `/_simulator/set` removed its ARN. SDKs judge expiry by the machine's clock, so a key lives its
//! duration of the caller's time, whatever the speed of the world.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::simulator::buckets::Bucket;
use crate::simulator::caller::IssuedKey;
use crate::simulator::ec2::privatelink::find;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation};
use crate::simulator::params::Params;
use crate::simulator::rng;
use crate::simulator::role::Role;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::identity::role_id;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AssumeRole", Bucket::Unlimited, assume_role),
    mutation("AssumeRoleWithWebIdentity", Bucket::Unlimited, assume_role_with_web_identity),
];

const HOUR: i64 = 3600;

fn validation(message: String) -> ApiError {
    ApiError::bad("ValidationError", message)
}

fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        validation(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

fn role(params: &Params) -> Result<Role, ApiError> {
    let arn = need(params, "RoleArn")?;
    Role::parse(arn).ok_or_else(|| validation(format!("{arn} is invalid")))
}

fn session_name(params: &Params) -> Result<String, ApiError> {
    let name = need(params, "RoleSessionName")?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (2..=64).contains(&name.len()) && name.bytes().all(legal) {
        Ok(name.to_owned())
    } else {
        Err(validation(format!(
            "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: [\\w+=,.@-]*"
        )))
    }
}

fn duration(params: &Params, chained: bool) -> Result<i64, ApiError> {
    let text = params.text("DurationSeconds");
    let seconds = text.map_or(Ok(HOUR), str::parse::<i64>).ok().filter(|seconds| (900..=43_200).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        let text = text.unwrap_or_default();
        validation(format!(
            "1 validation error detected: Value '{text}' at 'durationSeconds' must be between 900 and 43200"
        ))
    })?;
    if chained && seconds > HOUR {
        return Err(validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
                .to_owned(),
        ));
    }
    Ok(seconds)
}

/// Begins every secret key that is issued.
pub const SECRET: &str = "IssuedSecret";
/// Begins every session token that is issued.
pub const TOKEN: &str = "IssuedToken";

/// Reads what limits or labels a session: none of it has an effect here.
fn read_labels(params: &Params) -> Result<(), ApiError> {
    if let Some(policy) = params.text("Policy")
        && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(policy).is_err()
    {
        return Err(ApiError::bad("MalformedPolicyDocument", "The policy is not in the valid JSON format."));
    }
    for name in ["PolicyArns", "Tags", "TransitiveTagKeys"] {
        params.ignore(name);
    }
    Ok(())
}

fn assume_role(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let role = role(params)?;
    let name = session_name(params)?;
    let chained = session.caller.arn.contains(":assumed-role/");
    let seconds = duration(params, chained)?;
    read_labels(params)?;
    let source_identity = params.text("SourceIdentity").map(ToOwned::to_owned);
    let external_id = params.text("ExternalId");
    let expected = session.state.sts.external_ids.get(&role.arn);
    if !find::exists(session.state, &role.arn) || (expected.is_some() && expected.map(String::as_str) != external_id) {
        return Err(ApiError::new(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                session.caller.arn, role.arn
            ),
        ));
    }
    Ok(issue(session, &role, &name, seconds).optional("SourceIdentity", source_identity))
}

fn assume_role_with_web_identity(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let role = role(params)?;
    let name = session_name(params)?;
    let seconds = duration(params, false)?;
    read_labels(params)?;
    let token = need(params, "WebIdentityToken")?;
    if params.has("ProviderId") {
        return Err(ApiError::not_simulated("OAuth 2.0 access tokens: only OpenID Connect"));
    }
    if token.split('.').filter(|part| !part.is_empty()).count() != 3 {
        return Err(ApiError::bad(
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ));
    }
    if !find::exists(session.state, &role.arn) {
        return Err(ApiError::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"));
    }
    Ok(issue(session, &role, &name, seconds)
        .text("SubjectFromWebIdentityToken", "simulated-subject")
        .text("Provider", "simulated-provider")
        .text("Audience", "sts.amazonaws.com"))
}

/// Issues keys that stand for a role.
fn issue(session: &mut Session<'_>, role: &Role, name: &str, seconds: i64) -> Xml {
    let capitals = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let key = format!("ASIA{}", rng::draw_from(&mut session.rng, capitals, 16));
    // As long as AWS's, and told apart in a log that holds one by mistake.
    let secret = format!("{SECRET}{}", session.alphanumeric(40 - SECRET.len()));
    let token = format!("{TOKEN}{}", session.alphanumeric(120 - TOKEN.len()));
    let arn = format!("arn:aws:sts::{}:assumed-role/{}/{name}", role.account, role.name);
    // Allowed principals name roles without their path: facts 13.2.
    let principal = format!("arn:aws:iam::{}:role/{}", role.account, role.name);
    let lifetime = Duration::from_secs(seconds.unsigned_abs()).mul_f64(session.state.speed.max(1.0));
    let expires = session.now.after(lifetime);
    let issued = IssuedKey { account: role.account.clone(), arn: arn.clone(), principal: principal.clone(), expires };
    session.state.keys.insert(key.clone(), issued);
    let expiration = Timestamp::now().saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    let credentials = Xml::new()
        .text("AccessKeyId", key)
        .text("SecretAccessKey", secret)
        .text("SessionToken", token)
        .text("Expiration", format!("{expiration:.0}"));
    let user = Xml::new().text("AssumedRoleId", format!("{}:{name}", role_id(&principal))).text("Arn", arn);
    Xml::new().element("Credentials", credentials).element("AssumedRoleUser", user)
}
