//! The ARN of an IAM role.

/// Describes the role a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// ARN as given, path included.
    pub arn: String,
    /// Account of the role.
    pub account: String,
    /// Name, without its path.
    pub name: String,
}

impl Role {
    /// Reads a role's ARN; `None` for anything else.
    pub fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, "iam", "", account, path] = parts.as_slice() else {
            return None;
        };
        let name = path.strip_prefix("role/")?.rsplit('/').next().filter(|name| !name.is_empty())?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        is_account.then(|| Self { arn: arn.to_owned(), account: (*account).to_owned(), name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_roles_can_be_assumed_and_their_path_is_no_part_of_the_name() {
        let role = Role::parse("arn:aws:iam::333333333333:role/team/deploy").unwrap();
        assert_eq!((role.account.as_str(), role.name.as_str()), ("333333333333", "deploy"));
        for odd in
            ["arn:aws:iam::333333333333:user/u", "arn:aws:iam::3:role/r", "role/r", "arn:aws:iam::333333333333:role/"]
        {
            assert_eq!(Role::parse(odd), None, "{odd}");
        }
    }
}
