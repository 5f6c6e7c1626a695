//! The two accounts of the landscape, as profiles of the AWS configuration files.

use std::fmt::Write as _;

/// Account of the profile `service`.
pub const SERVICE: &str = "111111111111";

/// Account of the profile `consumer`.
pub const CONSUMER: &str = "222222222222";

/// Profiles by name, with their accounts.
pub const PROFILES: [(&str, &str); 2] = [("service", SERVICE), ("consumer", CONSUMER)];

/// Writes the shared configuration file.
pub(super) fn config(region: &str) -> String {
    let mut text = String::new();
    for (name, _) in PROFILES {
        let _infallible = writeln!(text, "[profile {name}]\nregion = {region}\noutput = json\n");
    }
    text
}

/// Writes the shared credentials file: the simulator takes an access key of twelve digits for the account of that number.
pub(super) fn credentials() -> String {
    let mut text = String::new();
    for (name, account) in PROFILES {
        let _infallible =
            writeln!(text, "[{name}]\naws_access_key_id = {account}\naws_secret_access_key = simulated\n");
    }
    text
}
