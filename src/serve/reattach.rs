//! Debug mode: the line that a person gives to Terraform so that it uses this process.

use serde_json::json;

use super::environment::PROTOCOL_VERSION;
use super::listener::Address;
use crate::gather::Gather as _;

/// The setting, as a line for a POSIX shell. No TLS and no handshake in this mode; `Test` keeps
/// Terraform from ending the process.
pub fn reattach_line(sources: &[String], pid: u32, address: &Address) -> String {
    let plugin = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": pid,
        "Test": true,
        "Addr": { "Network": address.network(), "String": address.to_string() },
    });
    let providers: serde_json::Map<_, _> = sources.iter().map(|source| (source.clone(), plugin.clone())).gather();
    format!("TF_REATTACH_PROVIDERS='{}'", serde_json::Value::Object(providers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_process_under_every_source() {
        let sources =
            ["registry.terraform.io/a/privatelink".to_owned(), "registry.opentofu.org/a/privatelink".to_owned()];
        let line = reattach_line(&sources, 42, &Address::Unix("/tmp/plugin1".into()));
        let json = line.strip_prefix("TF_REATTACH_PROVIDERS='").unwrap().strip_suffix('\'').unwrap();
        let providers: serde_json::Value = serde_json::from_str(json).unwrap();
        for source in &sources {
            assert_eq!(
                providers[source],
                json!({
                    "Protocol": "grpc", "ProtocolVersion": 5, "Pid": 42, "Test": true,
                    "Addr": { "Network": "unix", "String": "/tmp/plugin1" }
                })
            );
        }
    }
}
