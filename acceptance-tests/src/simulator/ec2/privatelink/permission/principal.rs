//! The grammar of allowed principals: which ARNs AWS takes, how it types them, and whom they admit.
//!
//! The guide lists account root, role, user and `*`; paths are unsupported; assumed-role and organization ARNs are refused
//! (facts 13.12). Pure text: who is asked for what is `permission/mod.rs`.

/// What AWS calls the type of a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalType {
    /// Everybody: `*`.
    All,
    /// A service of AWS, `x.amazonaws.com`.
    Service,
    /// An organization or a part of it; refused unless the setting allows it.
    OrganizationUnit,
    /// Everybody of one account, by its root ARN.
    Account,
    /// One user.
    User,
    /// One role, whatever the name of its sessions.
    Role,
}

impl PrincipalType {
    /// Writes the type as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Service => "Service",
            Self::OrganizationUnit => "OrganizationUnit",
            Self::Account => "Account",
            Self::User => "User",
            Self::Role => "Role",
        }
    }
}

/// Reads a principal; the text comes back as AWS stores it (a bare account id becomes its root ARN). `None` is not legal.
pub fn parse(text: &str, organizations: bool) -> Option<(PrincipalType, String)> {
    if text == "*" {
        return Some((PrincipalType::All, text.to_owned()));
    }
    if is_account(text) {
        return Some((PrincipalType::Account, format!("arn:aws:iam::{text}:root")));
    }
    if let Some(service) = text.strip_suffix(".amazonaws.com") {
        let plain = !service.is_empty()
            && service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
        return plain.then(|| (PrincipalType::Service, text.to_owned()));
    }
    let mut parts = text.splitn(6, ':');
    let arn = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let resource = parts.next()?;
    match arn {
        ["arn", partition, "iam", "", account] if is_partition(partition) && is_account(account) => {
            if resource == "root" {
                return Some((PrincipalType::Account, text.to_owned()));
            }
            let (kind, name) = resource.split_once('/')?;
            let kind = match kind {
                "role" => PrincipalType::Role,
                "user" => PrincipalType::User,
                _ => return None,
            };
            is_name(name).then(|| (kind, text.to_owned()))
        }
        ["arn", partition, "organizations", "", account] if is_partition(partition) && is_account(account) => {
            organizations.then(|| (PrincipalType::OrganizationUnit, text.to_owned()))
        }
        _ => None,
    }
}

/// Tells whether a stored principal admits a caller: everybody, the caller's account, or exactly the caller's user or role.
pub fn admits(principal: &str, account: &str, caller: &str) -> bool {
    principal == "*" || principal == format!("arn:aws:iam::{account}:root") || principal == caller
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

// Stricter than a list of partitions: the simulator is the commercial one.
fn is_partition(text: &str) -> bool {
    text == "aws"
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_forms_are_legal_and_typed() {
        for (text, kind, stored) in [
            ("*", PrincipalType::All, "*"),
            ("222222222222", PrincipalType::Account, "arn:aws:iam::222222222222:root"),
            ("arn:aws:iam::222222222222:root", PrincipalType::Account, "arn:aws:iam::222222222222:root"),
            ("arn:aws:iam::222222222222:role/app", PrincipalType::Role, "arn:aws:iam::222222222222:role/app"),
            ("arn:aws:iam::222222222222:user/ann", PrincipalType::User, "arn:aws:iam::222222222222:user/ann"),
            ("vpce.amazonaws.com", PrincipalType::Service, "vpce.amazonaws.com"),
        ] {
            assert_eq!(parse(text, false), Some((kind, stored.to_owned())), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "12345",
            "arn:aws:sts::222222222222:assumed-role/app/session",
            "arn:aws:iam::222222222222:role/path/app",
            "arn:aws:iam::222222222222:group/all",
            "arn:aws:organizations::222222222222:organization/o-abc",
            "arn:aws-cn:iam::222222222222:root",
            "arn:aws:iam::2222:root",
        ] {
            assert_eq!(parse(text, false), None, "{text}");
        }
        assert!(parse("arn:aws:organizations::222222222222:organization/o-abc", true).is_some());
    }

    #[test]
    fn an_account_admits_all_its_callers_and_a_role_only_itself() {
        let role = "arn:aws:iam::222222222222:role/app";
        assert!(admits(role, "222222222222", role));
        assert!(!admits(role, "222222222222", "arn:aws:iam::222222222222:role/other"));
        assert!(admits("arn:aws:iam::222222222222:root", "222222222222", "arn:aws:iam::222222222222:user/ann"));
        assert!(!admits("arn:aws:iam::333333333333:root", "222222222222", "arn:aws:iam::222222222222:user/ann"));
        assert!(admits("*", "222222222222", role));
    }
}
