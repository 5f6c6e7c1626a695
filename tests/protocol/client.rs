//! A client as Terraform is one: over a Unix socket, with or without mutual TLS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use hyper_util::rt::TokioIo;
use privatelink::protocol::wire::tfplugin5::provider_client::ProviderClient;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P521_SHA512};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};

const LARGE: usize = 256 << 20;

/// A client certificate made as go-plugin makes them: P-521, marked as a CA.
pub(crate) struct HostCertificate {
    pub(crate) pem: String,
    der: CertificateDer<'static>,
    key: Vec<u8>,
}

impl HostCertificate {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), der: certificate.der().clone(), key: key.serialize_der() }
    }
}

/// The six fields of a handshake line.
pub(crate) struct Handshake {
    pub(crate) fields: Vec<String>,
}

impl Handshake {
    pub(crate) fn parse(line: &str) -> Self {
        Self { fields: line.trim_end_matches('\n').split('|').map(str::to_owned).collect() }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        PathBuf::from(&self.fields[3])
    }

    pub(crate) fn certificate(&self) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD_NO_PAD.decode(&self.fields[5]).unwrap()
    }
}

/// Opens TLS as Go does: trusting exactly the server's certificate, for `localhost`.
pub(crate) async fn tls(
    handshake: &Handshake,
    host: Option<&HostCertificate>,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<UnixStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(handshake.certificate().into()).unwrap();
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match host {
        None => builder.with_no_client_auth(),
        Some(host) => {
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(host.key.clone()));
            builder.with_client_auth_cert(vec![host.der.clone()], key).unwrap()
        }
    };
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let socket = UnixStream::connect(handshake.socket()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), socket).await
}

/// A gRPC channel over mutual TLS.
pub(crate) async fn secure_channel(handshake: &Handshake, host: &HostCertificate) -> Channel {
    let stream = tls(handshake, Some(host), &[b"h2"]).await.unwrap();
    let mut stream = Some(stream);
    let connector = tower::service_fn(move |_| {
        let stream = stream.take().ok_or_else(|| std::io::Error::other("one connection only"));
        async move { stream.map(TokioIo::new) }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await.unwrap()
}

/// A gRPC channel without TLS.
pub(crate) async fn plain_channel(socket: &Path) -> Channel {
    let socket = socket.to_owned();
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await.unwrap()
}

/// The Provider service over a channel, without a limit of the client's own.
pub(crate) fn provider(channel: Channel) -> ProviderClient<Channel> {
    ProviderClient::new(channel).max_decoding_message_size(LARGE).max_encoding_message_size(LARGE)
}
