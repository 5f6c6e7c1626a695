//! What the host process says through environment variables, read in one place.

use std::path::PathBuf;

/// Tells that the process was started by Terraform or OpenTofu, not by hand. Not a secret.
const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// The one protocol version that is spoken here. It is answered also where the host does not offer
/// it: the host then tells the person which ones it speaks.
pub(super) const PROTOCOL_VERSION: u32 = 5;

/// The wishes of the host process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Whether the host proved to be a plugin host.
    pub is_plugin_host: bool,
    /// Protocol versions that the host speaks, for the log.
    pub protocol_versions: Vec<u32>,
    /// Ports to choose from, where a TCP port is needed; 0 and 0 for any.
    pub ports: (u16, u16),
    /// PEM of the only client to be let in; `None` for a connection without TLS.
    pub client_certificate: Option<String>,
    /// Where to put the socket.
    pub socket_folder: Option<PathBuf>,
    /// Group that may connect, by name or number.
    pub socket_group: Option<String>,
    /// Whether the host asked to hear if connections are multiplexed.
    pub asks_multiplexing: bool,
}

impl Environment {
    /// Reads the variables through `lookup`. An empty variable counts as absent.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| lookup(name).filter(|text| !text.is_empty());
        let port = |name: &str| given(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let versions = given("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default();
        Self {
            is_plugin_host: given(COOKIE_NAME).as_deref() == Some(COOKIE),
            protocol_versions: versions.split(',').filter_map(|item| item.trim().parse().ok()).collect(),
            ports: (port("PLUGIN_MIN_PORT"), port("PLUGIN_MAX_PORT")),
            client_certificate: given("PLUGIN_CLIENT_CERT"),
            socket_folder: given("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            socket_group: given("PLUGIN_UNIX_SOCKET_GROUP"),
            asks_multiplexing: given("PLUGIN_MULTIPLEX_GRPC").is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn only_the_exact_cookie_is_a_plugin_host() {
        assert!(read(&[(COOKIE_NAME, COOKIE)]).is_plugin_host);
        assert!(!read(&[(COOKIE_NAME, &COOKIE[1..])]).is_plugin_host);
        assert!(!read(&[]).is_plugin_host);
    }

    #[test]
    fn versions_that_are_no_numbers_are_skipped() {
        assert_eq!(read(&[("PLUGIN_PROTOCOL_VERSIONS", "6, x,5,")]).protocol_versions, [6, 5]);
    }

    #[test]
    fn empty_variables_count_as_absent() {
        let environment = read(&[("PLUGIN_CLIENT_CERT", ""), ("PLUGIN_MULTIPLEX_GRPC", ""), ("PLUGIN_MIN_PORT", "")]);
        assert_eq!(environment, Environment::default());
    }
}
