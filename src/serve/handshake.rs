//! The one line that the host reads from standard output.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::environment::{Environment, PROTOCOL_VERSION};
use super::listener::Address;

/// Version of the handshake itself.
const CORE_VERSION: u32 = 1;

/// The handshake line, without its newline: `1|5|unix|/tmp/plugin…|grpc|<certificate>`.
///
/// The certificate is the DER of our leaf in base64 *without padding*: Go refuses padded text. The
/// field stays, empty, without TLS. The seventh field is for hosts that asked for it; older ones
/// would take it for a part of the certificate.
pub fn handshake_line(environment: &Environment, address: &Address, certificate: Option<&[u8]>) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let mut line = format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{}|{address}|grpc|{certificate}", address.network());
    if environment.asks_multiplexing {
        line.push_str("|false");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp() -> Address {
        Address::Tcp("127.0.0.1:10000".parse().unwrap())
    }

    #[test]
    fn without_tls_the_certificate_field_is_empty_but_there() {
        assert_eq!(handshake_line(&Environment::default(), &tcp(), None), "1|5|tcp|127.0.0.1:10000|grpc|");
    }

    #[test]
    fn version_five_is_answered_whatever_is_offered() {
        for offer in [vec![5, 6], vec![6, 5], vec![6], vec![]] {
            let environment = Environment { protocol_versions: offer, ..Environment::default() };
            assert!(handshake_line(&environment, &tcp(), None).starts_with("1|5|"));
        }
    }

    #[test]
    fn the_certificate_is_base64_without_padding() {
        let line = handshake_line(&Environment::default(), &Address::Unix("/tmp/plugin1".into()), Some(&[0xfb, 0xff]));
        assert_eq!(line, "1|5|unix|/tmp/plugin1|grpc|+/8");
    }

    #[test]
    fn the_seventh_field_is_only_for_hosts_that_asked() {
        let environment = Environment { asks_multiplexing: true, ..Environment::default() };
        assert_eq!(handshake_line(&environment, &tcp(), None), "1|5|tcp|127.0.0.1:10000|grpc||false");
    }
}
