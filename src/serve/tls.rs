//! Mutual TLS with certificates that live as long as the process.
//!
//! The host's certificate is pinned byte for byte. WebPKI cannot verify it: it is marked as a CA and
//! used as a leaf. Its key is P-521, for which the aws-lc provider is needed; it is passed
//! explicitly, never taken from the process default. Only the signature algorithms are theirs, the
//! decision whom to trust is one comparison.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

/// Our side of the encrypted connection.
#[derive(Debug)]
pub struct Identity {
    /// DER of our certificate, for the handshake line.
    pub certificate: Vec<u8>,
    /// What the acceptor needs.
    pub config: Arc<ServerConfig>,
}

/// Why there can be no encrypted connection.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The host's certificate is unusable.
    #[error("PLUGIN_CLIENT_CERT does not hold a certificate in PEM form")]
    ClientCertificate(#[source] rustls::pki_types::pem::Error),
    /// No certificate of our own could be made.
    #[error("cannot make a certificate")]
    Generate(#[from] rcgen::Error),
    /// rustls refuses the configuration.
    #[error("cannot configure TLS")]
    Configure(#[from] rustls::Error),
    /// The system clock is beyond what a certificate can say.
    #[error("the system clock shows an impossible date")]
    Clock,
}

impl Identity {
    /// Makes a fresh key and certificate, and lets in nobody but the holder of the host's key.
    pub fn new(client_pem: &str) -> Result<Self, IdentityError> {
        let client = CertificateDer::from_pem_slice(client_pem.as_bytes()).map_err(IdentityError::ClientCertificate)?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = certificate_params()?.self_signed(&key)?;
        let der = certificate.der().clone();
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let verifier = PinnedClient { pinned: client, crypto: Arc::clone(&crypto) };
        let mut config = ServerConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(vec![der.clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))?;
        // Terraform from 1.12 and OpenTofu from 1.11 hang up without it.
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self { certificate: der.to_vec(), config: Arc::new(config) })
    }
}

/// For `localhost`, valid from two days ago: clocks differ, and time zones have been mistaken before.
fn certificate_params() -> Result<CertificateParams, IdentityError> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        let month = u8::try_from(date.month()).map_err(|_| IdentityError::Clock)?;
        let day = u8::try_from(date.day()).map_err(|_| IdentityError::Clock)?;
        Ok::<_, IdentityError>(date_time_ymd(date.year().into(), month, day))
    };
    let first = today.checked_sub(jiff::Span::new().days(2)).map_err(|_| IdentityError::Clock)?;
    let last = today.checked_add(jiff::Span::new().days(366)).map_err(|_| IdentityError::Clock)?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.not_before = day(first)?;
    params.not_after = day(last)?;
    Ok(params)
}

/// Lets in the holder of one certificate.
#[derive(Debug)]
struct PinnedClient {
    pinned: CertificateDer<'static>,
    crypto: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if end_entity.as_ref() == self.pinned.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
