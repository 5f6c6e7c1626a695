//! Roots of trust: the machine's certificate authorities, those that the user names, and on request those of Mozilla's list
//! as the release carries it.
//!
//! Everything is parsed here. The HTTP client takes the same texts and panics at the first that it cannot read.

use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::TrustStore;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::settings::Settings;
use crate::engine::{Class, Failure, Result};

/// Names a PEM file, for all tools of AWS.
const BUNDLE: &str = "AWS_CA_BUNDLE";
/// Length of a line of PEM.
const LINE: usize = 64;

/// Builds the store of what the machine, `AWS_CA_BUNDLE`, `custom_ca_bundle` and `use_embedded_ca_certificates` name.
pub(super) fn store(settings: &Settings) -> Result<TrustStore> {
    let found = rustls_native_certs::load_native_certs();
    for cause in &found.errors {
        tracing::warn!(%cause, "cannot read a certificate of this machine");
    }
    let roots = roots(settings, found.certs)?;
    if roots.is_empty() {
        tracing::warn!("there are no certificate authorities: only plain HTTP will work");
    }
    let text: String = roots.iter().map(pem).collect();
    let store = TrustStore::empty();
    Ok(if text.is_empty() { store } else { store.with_pem_certificate(text) })
}

/// The certificates that are trusted, beginning with those of the machine.
fn roots(settings: &Settings, machine: Vec<CertificateDer<'static>>) -> Result<Vec<CertificateDer<'static>>> {
    // Stores of machines hold certificates that nothing can read; the rest is what there is.
    let mut roots: Vec<_> = machine.into_iter().filter(is_root).collect();
    let environment = std::env::var_os(BUNDLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = &settings.custom_ca_bundle {
        roots.extend(bundle(Path::new(path)).map_err(|failure| failure.about("custom_ca_bundle"))?);
    } else if let Some(path) = environment {
        roots.extend(bundle(&path).map_err(|mut failure| {
            failure.message = format!("{BUNDLE}: {}", failure.message);
            failure
        })?);
    }
    if settings.use_embedded_ca_certificates {
        roots.extend_from_slice(webpki_root_certs::TLS_SERVER_ROOT_CERTS);
    }
    Ok(roots)
}

/// Reads a PEM file in which every certificate must be one.
fn bundle(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let place = path.display();
    let refused = |what: String| {
        Failure::new(Class::Invalid, format!("{place} {what}")).advise(
            "Name a file with the certificates of the authorities in PEM form, each from -----BEGIN CERTIFICATE----- to \
             -----END CERTIFICATE-----",
        )
    };
    let text = std::fs::read(path).map_err(|cause| refused(format!("cannot be read: {cause}")))?;
    let mut found = Vec::new();
    for (number, certificate) in (1..).zip(CertificateDer::pem_slice_iter(&text)) {
        let certificate =
            certificate.map_err(|cause| refused(format!("is not whole: certificate {number}: {cause}")))?;
        if let Err(cause) = RootCertStore::empty().add(certificate.clone()) {
            return Err(refused(format!("holds a certificate that cannot be read: number {number}: {cause}")));
        }
        found.push(certificate);
    }
    // The parser takes what begins and does not end for no certificate at all.
    let begun = text.windows(BEGIN.len()).filter(|words| *words == BEGIN).count();
    if found.len() < begun {
        return Err(refused(format!("is cut: it begins {begun} certificates and holds {}", found.len())));
    }
    if found.is_empty() {
        return Err(refused("holds no certificate".to_owned()));
    }
    Ok(found)
}

/// The first line of a certificate.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn is_root(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

/// A certificate as the HTTP client takes it.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let encoded = STANDARD.encode(certificate);
    let mut rest = encoded.as_str();
    while let Some((line, after)) = rest.split_at_checked(LINE) {
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(rest);
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct File(PathBuf);

    impl File {
        fn holding(text: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("privatelink-bundle-{}", uuid::Uuid::new_v4().simple()));
            std::fs::write(&path, text).unwrap();
            Self(path)
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn authority() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["authority.example.dev".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_bundle_is_read_whole_with_words_between_its_certificates() {
        let text = format!("# ours\n{}\nsome words\n{}", authority(), authority());
        assert_eq!(bundle(&File::holding(text.as_bytes()).0).unwrap().len(), 2);
    }

    #[test]
    fn a_bundle_that_holds_anything_but_certificates_is_refused_with_its_name() {
        let one = authority();
        let cut = &one[..one.len() / 2];
        let middle = one.len() / 2;
        let noise = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode([7; 90]));
        let broken = format!("{}!!!{}", &one[..middle], &one[middle..]);
        for (text, words) in [
            (String::new(), "holds no certificate"),
            ("hello".to_owned(), "holds no certificate"),
            (cut.to_owned(), "is "),
            (format!("{one}{cut}"), "is "),
            (noise, "cannot be read: number 1"),
            (broken, "certificate 1"),
        ] {
            let file = File::holding(text.as_bytes());
            let failure = bundle(&file.0).unwrap_err();
            assert!(failure.message.contains(words), "{text}: {failure}");
            assert!(failure.message.contains(&file.0.display().to_string()), "{failure}");
        }
        assert!(bundle(Path::new("/nowhere/bundle.pem")).unwrap_err().message.contains("cannot be read"));
    }

    #[test]
    fn embedded_authorities_are_trusted_on_request_alone_and_beside_those_of_the_machine() {
        let own = CertificateDer::from_pem_slice(authority().as_bytes()).unwrap();
        let bundle = File::holding(authority().as_bytes());
        let custom_ca_bundle = Some(bundle.0.display().to_string());
        let mut settings = Settings { custom_ca_bundle, ..Settings::default() };
        assert_eq!(roots(&settings, vec![own.clone()]).unwrap().len(), 2);
        settings.use_embedded_ca_certificates = true;
        let trusted = roots(&settings, vec![own.clone()]).unwrap();
        assert_eq!(trusted[0], own);
        assert!(trusted.len() > 100 && trusted.iter().all(is_root), "{}", trusted.len());
        // AWS's own authority is among them.
        let amazon = b"Amazon Root CA 1";
        assert!(trusted.iter().any(|one| one.windows(amazon.len()).any(|words| words == amazon)));
        store(&settings).unwrap();
    }

    #[test]
    fn what_is_given_to_the_client_is_what_was_read() {
        let text = authority();
        let certificate = CertificateDer::from_pem_slice(text.as_bytes()).unwrap();
        let again = CertificateDer::from_pem_slice(pem(&certificate).as_bytes()).unwrap();
        assert_eq!(again, certificate);
    }
}
