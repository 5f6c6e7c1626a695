//! How the process starts, whom it lets in and how it ends.

use privatelink::protocol::wire::health::HealthCheckRequest;
use privatelink::protocol::wire::health::health_client::HealthClient;
use privatelink::protocol::wire::plugin::grpc_broker_client::GrpcBrokerClient;
use privatelink::protocol::wire::plugin::grpc_controller_client::GrpcControllerClient;
use privatelink::protocol::wire::plugin::grpc_stdio_client::GrpcStdioClient;
use privatelink::protocol::wire::plugin::{ConnInfo, Empty};
use privatelink::protocol::wire::tfplugin5 as proto;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _};
use tokio::time::{Duration, Instant};
use tonic::transport::Channel;

use super::client::{HostCertificate, plain_channel, provider, secure_channel, tls};
use super::process::{BINARY, COOKIE, Folder, Plugin, command};

async fn answers(channel: &Channel) -> bool {
    provider(channel.clone()).get_metadata(proto::get_metadata::Request {}).await.is_ok()
}

#[tokio::test]
async fn a_person_without_cookie_reads_what_it_is() {
    for variables in [vec![], vec![(COOKIE.0, "wrong")]] {
        let run = command().env_remove(COOKIE.0).envs(variables).output().await.unwrap();
        assert_eq!(run.status.code(), Some(1));
        assert!(run.stdout.is_empty());
        let text = String::from_utf8(run.stderr).unwrap();
        for words in ["Terraform", "Documentation:", "diagnose <vpce-", " adopt ", "--debug", "--help"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

#[tokio::test]
async fn version_and_help_need_no_cookie() {
    let run = command().env_remove(COOKIE.0).arg("--version").output().await.unwrap();
    assert_eq!(
        String::from_utf8(run.stdout).unwrap(),
        format!("terraform-provider-privatelink {}\n", env!("CARGO_PKG_VERSION"))
    );
    let run = command().env_remove(COOKIE.0).arg("--help").output().await.unwrap();
    assert!(String::from_utf8(run.stdout).unwrap().contains("--debug"));
}

#[tokio::test]
async fn the_handshake_has_six_fields_with_tls() {
    let host = HostCertificate::new();
    let plugin = Plugin::start(Some(&host), &[]).await;
    let handshake = plugin.handshake();
    assert_eq!(handshake.fields.len(), 6);
    assert_eq!([0, 1, 2, 4].map(|index| handshake.fields[index].as_str()), ["1", "5", "unix", "grpc"]);
    assert!(!plugin.line.contains('='), "Go refuses padding");
    assert!(handshake.fields[5].len() > 50, "shorter ones are ignored");
    assert!(plugin.line.ends_with('\n') && plugin.line.len() < 4096);
    assert!(handshake.socket().starts_with(&plugin.folder.0));
}

#[tokio::test]
async fn the_handshake_has_six_fields_without_tls_and_seven_on_request() {
    let plugin = Plugin::start(None, &[]).await;
    let handshake = plugin.handshake();
    assert_eq!(handshake.fields.len(), 6);
    assert_eq!(plugin.line, format!("1|5|unix|{}|grpc|\n", handshake.fields[3]));
    assert!(answers(&plain_channel(&handshake.socket()).await).await);
    let asked = Plugin::start(None, &[("PLUGIN_MULTIPLEX_GRPC", "true")]).await;
    assert_eq!(asked.handshake().fields[6], "false");
}

#[tokio::test]
async fn an_unusable_client_certificate_is_fatal() {
    let mut child = command();
    let run = child.env(COOKIE.0, COOKIE.1).env("PLUGIN_CLIENT_CERT", "nonsense").output().await.unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(run.stdout.is_empty());
    assert!(String::from_utf8(run.stderr).unwrap().contains("PLUGIN_CLIENT_CERT"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_certificate_that_is_no_text_does_not_turn_encryption_off() {
    use std::os::unix::ffi::OsStringExt as _;
    let pem = HostCertificate::new().pem;
    for certificate in [vec![0xff, 0xfe], [b"\xff".to_vec(), pem.into_bytes()].concat()] {
        let mut child = command();
        child.env(COOKIE.0, COOKIE.1).env("PLUGIN_CLIENT_CERT", std::ffi::OsString::from_vec(certificate));
        let mut child = child.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = tokio::io::BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).await.unwrap();
        // Either no start at all, or one that lets in nobody but the holder of a certificate.
        let certificate = line.trim_end().rsplit('|').next().unwrap_or_default();
        assert!(line.is_empty() || certificate.len() > 50, "{line}");
        if line.is_empty() {
            let run = child.wait_with_output().await.unwrap();
            assert_eq!(run.status.code(), Some(1));
            assert!(String::from_utf8(run.stderr).unwrap().contains("PLUGIN_CLIENT_CERT"));
        }
    }
}

/// The handshake line is the earliest moment at which a host can know the process.
#[tokio::test]
async fn a_termination_right_after_the_handshake_is_not_lost() {
    for _ in 0..24 {
        let mut plugin = Plugin::start(None, &[]).await;
        plugin.signal("TERM").await;
        assert!(plugin.exit().await.success());
        assert_eq!(plugin.folder.entries(), 0, "the socket is removed");
    }
}

#[tokio::test]
async fn only_the_host_is_let_in() {
    let host = HostCertificate::new();
    let plugin = Plugin::start(Some(&host), &[]).await;
    let handshake = plugin.handshake();
    for stranger in [None, Some(&HostCertificate::new())] {
        // In TLS 1.3 the client hears of the refusal when it reads.
        let refused = match tls(&handshake, stranger, &[b"h2"]).await {
            Ok(mut stream) => {
                let read = tokio::time::timeout(Duration::from_secs(10), stream.read_u8()).await;
                read.expect("a stranger is told at once").err()
            }
            Err(error) => Some(error),
        };
        let refused = refused.unwrap().to_string();
        assert!(refused.contains("alert") || refused.contains("certificate"), "{refused}");
    }
    assert!(answers(&secure_channel(&handshake, &host).await).await, "strangers stall nobody");
}

#[tokio::test]
async fn a_silent_stranger_stalls_nobody() {
    let host = HostCertificate::new();
    let plugin = Plugin::start(Some(&host), &[]).await;
    let handshake = plugin.handshake();
    let _silent = tokio::net::UnixStream::connect(handshake.socket()).await.unwrap();
    assert!(answers(&secure_channel(&handshake, &host).await).await);
}

#[tokio::test]
async fn http_2_is_negotiated() {
    let host = HostCertificate::new();
    let plugin = Plugin::start(Some(&host), &[]).await;
    let stream = tls(&plugin.handshake(), Some(&host), &[b"h2"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    assert!(tls(&plugin.handshake(), Some(&host), &[]).await.is_ok(), "Terraform 1.11 offers none");
}

#[tokio::test]
async fn shutdown_ends_the_process_at_once_though_streams_are_open() {
    let host = HostCertificate::new();
    let mut plugin = Plugin::start(Some(&host), &[]).await;
    let channel = secure_channel(&plugin.handshake(), &host).await;
    let broker = GrpcBrokerClient::new(channel.clone()).start_stream(tokio_stream::pending::<ConnInfo>()).await;
    let stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await;
    let (mut broker, mut stdio) = (broker.unwrap().into_inner(), stdio.unwrap().into_inner());
    assert!(answers(&channel).await);
    let started = Instant::now();
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    assert!(broker.message().await.unwrap().is_none(), "the stream ends in order");
    assert!(stdio.message().await.unwrap().is_none(), "the stream ends in order");
    assert!(plugin.exit().await.success());
    assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
    assert_eq!(plugin.folder.entries(), 0, "the socket is removed");
    assert_eq!(plugin.output().await, (String::new(), String::new()), "and nothing is said");
}

#[tokio::test]
async fn an_interrupt_is_for_the_host_and_a_termination_is_for_us() {
    let mut plugin = Plugin::start(None, &[]).await;
    let channel = plain_channel(&plugin.handshake().socket()).await;
    for _ in 0..3 {
        plugin.signal("INT").await;
        assert!(answers(&channel).await);
    }
    plugin.signal("TERM").await;
    assert!(plugin.exit().await.success());
    assert_eq!(plugin.folder.entries(), 0);
}

#[tokio::test]
async fn a_second_connection_is_served_after_the_first_is_gone() {
    let host = HostCertificate::new();
    let plugin = Plugin::start(Some(&host), &[]).await;
    for _ in 0..2 {
        assert!(answers(&secure_channel(&plugin.handshake(), &host).await).await);
    }
}

#[tokio::test]
async fn health_is_told_for_the_plugin_and_for_the_whole() {
    let plugin = Plugin::start(None, &[]).await;
    let mut health = HealthClient::new(plain_channel(&plugin.handshake().socket()).await);
    for service in ["", "plugin"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        assert_eq!(health.check(request).await.unwrap().into_inner().status, 1);
    }
    let other = HealthCheckRequest { service: "other".to_owned() };
    assert_eq!(health.check(other).await.unwrap_err().code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn the_log_is_lines_that_terraform_reads_and_holds_no_certificate() {
    let host = HostCertificate::new();
    let mut plugin = Plugin::start(Some(&host), &[("TF_LOG_PROVIDER_PRIVATELINK", "TRACE")]).await;
    let channel = secure_channel(&plugin.handshake(), &host).await;
    assert!(answers(&channel).await);
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    plugin.exit().await;
    let (_, log) = plugin.output().await;
    let mut calls = 0;
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect(line);
        assert!(line["@message"].is_string() && line["@level"].is_string());
        assert_eq!(line["@timestamp"].as_str().unwrap().len(), "2026-01-02T03:04:05.000000Z".len());
        if line["tf_rpc"] == "GetMetadata" {
            assert_eq!(line["tf_req_id"].as_str().unwrap().len(), 36);
            calls += 1;
        }
    }
    assert_eq!(calls, 2, "received and answered: {log}");
    assert!(!log.contains("CERTIFICATE"));
}

#[tokio::test]
async fn debug_mode_prints_where_to_attach_and_ends_with_ctrl_c() {
    let folder = Folder::new();
    let mut child = command().arg("--debug").env("TMPDIR", &folder.0).env_remove(COOKIE.0).spawn().unwrap();
    let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let setting = loop {
        let line = lines.next_line().await.unwrap().expect("a setting before the end");
        if let Some((_, setting)) = line.split_once("TF_REATTACH_PROVIDERS=") {
            break setting.trim_matches('\'').to_owned();
        }
    };
    let setting: serde_json::Value = serde_json::from_str(&setting).unwrap();
    let provider = &setting["registry.terraform.io/privatelink/privatelink"];
    assert_eq!(provider["Pid"], child.id().unwrap());
    assert_eq!(provider["Addr"]["Network"], "unix");
    let socket = std::path::PathBuf::from(provider["Addr"]["String"].as_str().unwrap());
    assert!(answers(&plain_channel(&socket).await).await);
    let pid = child.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").args(["-s", "INT", &pid]).status().await.unwrap().success());
    assert!(child.wait().await.unwrap().success());
    assert_eq!(folder.entries(), 0);
}

#[tokio::test]
async fn the_process_follows_a_host_that_was_killed() {
    let folder = Folder::new();
    // The shell is the host: the provider runs beside it, and the shell waits for its input.
    let mut host = tokio::process::Command::new("sh");
    host.args(["-c", "\"$0\" & read -r line", BINARY]).env(COOKIE.0, COOKIE.1).env("PLUGIN_UNIX_SOCKET_DIR", &folder.0);
    host.env_remove("PLUGIN_CLIENT_CERT").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    host.stderr(std::process::Stdio::null());
    let mut host = host.kill_on_drop(true).spawn().unwrap();
    let mut stdout = tokio::io::BufReader::new(host.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).await.unwrap();
    assert_eq!(folder.entries(), 1);
    host.kill().await.unwrap();
    // Standard output closes when the provider, its last owner, has ended.
    let rest = tokio::time::timeout(Duration::from_secs(30), stdout.read_to_string(&mut line)).await;
    assert_eq!(rest.expect("the provider ends").unwrap(), 0);
    assert_eq!(folder.entries(), 0);
}
