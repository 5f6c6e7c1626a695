//! What the machine says of the way to AWS, through real Terraform: addresses and a certificate authority in the environment, and
//! an answer that misses what is there.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![expect(clippy::disallowed_methods, reason = "the TLS door lives as long as the test")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, Source, Tool};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

suite!(Terraform:
    addresses_and_a_certificate_authority_in_the_environment_lead_to_aws,
    a_container_s_server_gives_credentials_by_its_host_s_name,
    a_vpc_that_one_answer_misses_is_still_there,
);

type Failure = Box<dyn std::error::Error>;

const QUEUE: &str = r#"
terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

variable "consumer_subnet_ids" {
  type = list(string)
}

provider "privatelink" {
  profile = "consumer"
}

resource "privatelink_consumer" "queue" {
  service_name = "com.amazonaws.us-east-1.sqs"
  subnet_ids   = var.consumer_subnet_ids

  dns {
    zone_name = "queues.internal"

    record {
      name = "sqs"
    }
  }
}
"#;

async fn start() -> Result<Case, Failure> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, Source::Text(QUEUE)).await?)
}

/// An HTTPS address in front of another one, and the authority that vouches for it, in PEM.
async fn secured(behind: SocketAddr) -> Result<(SocketAddr, String), Failure> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der())?)?;
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await?);
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever does not trust it hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let Ok(mut onwards) = TcpStream::connect(behind).await else { return };
                let _ended = tokio::io::copy_bidirectional(&mut stream, &mut onwards).await;
            });
        }
    });
    Ok((address, authority.pem()))
}

async fn addresses_and_a_certificate_authority_in_the_environment_lead_to_aws() -> Outcome {
    let mut case = start().await?;
    let behind: SocketAddr = case.simulator.url().trim_start_matches("http://").parse()?;
    let (address, authority) = secured(behind).await?;
    let url = format!("https://localhost:{}", address.port());
    // What AWS_ENDPOINT_URL says of all services, that of one service says better.
    case.workspace.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    for variable in [
        "AWS_ENDPOINT_URL_EC2",
        "AWS_ENDPOINT_URL_ROUTE_53",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
    ] {
        case.workspace.set(variable, &url);
    }
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    let said = refused.in_one_line();
    assert!(
        said.contains("AWS_CA_BUNDLE") && said.contains("UnknownIssuer"),
        "nobody vouches for it: {}",
        refused.said()
    );

    let bundle = case.workspace.folder().join("authority.pem");
    std::fs::write(&bundle, "no certificate")?;
    case.workspace.set("AWS_CA_BUNDLE", bundle.to_str().unwrap());
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    let said = refused.in_one_line();
    assert!(said.contains("AWS_CA_BUNDLE") && said.contains("authority.pem"), "{}", refused.said());

    std::fs::write(&bundle, authority)?;
    case.apply().await?;
    case.arrives("sqs.queues.internal", 443).await?;
    case.destroy().await?;
    Ok(())
}

/// A server that gives every caller the credentials of the account `consumer`, as that of a container does.
async fn container() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let keys = json!({
        "AccessKeyId": CONSUMER, "SecretAccessKey": "simulated", "Token": "simulated", "Expiration": "2100-01-01T00:00:00Z",
    });
    let (body, kind) = (keys.to_string(), "application/json");
    let reply = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                let _sent = stream.write_all(reply.as_bytes()).await;
            }
        }
    });
    Ok(address)
}

async fn a_container_s_server_gives_credentials_by_its_host_s_name() -> Outcome {
    let mut case = start().await?;
    case.workspace.replace("main.tf", "  profile = \"consumer\"\n", "")?;
    let address = container().await?;
    case.workspace.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("http://nowhere.invalid:{}/", address.port()));
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(refused.in_one_line().contains("nowhere.invalid"), "{}", refused.said());

    case.workspace.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("http://localhost:{}/", address.port()));
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}

async fn a_vpc_that_one_answer_misses_is_still_there() -> Outcome {
    let case = start().await?;
    let miss = |nth: u64| json!([{"operation": "DescribeVpcs", "nth": nth, "do": "miss"}]);
    // In the plan of a new consumer, in its creation, in a refresh and in the plan after it.
    for nth in 1..4 {
        case.simulator.faults(&miss(nth)).await?;
        case.workspace.plan(&[]).await?.ended_with(2)?;
    }
    case.simulator.faults(&miss(2)).await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    for nth in 1..3 {
        case.simulator.faults(&miss(nth)).await?;
        case.workspace.plan(&[]).await?.succeeded()?;
    }
    case.simulator.faults(&json!([])).await?;
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}
