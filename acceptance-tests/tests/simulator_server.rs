//! The loopback door: what comes over a socket, well or badly formed, and the control routes.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::http::Server;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Serves a calm world until dropped.
async fn serve() -> (SocketAddr, World, JoinSet<()>) {
    let world = World::calm(1);
    let server = Server::bind(world.clone(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.address().unwrap();
    let mut running = JoinSet::new();
    running.spawn(server.run());
    (address, world, running)
}

/// Sends bytes, closes the writing half, gives everything that comes back.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may hang up before it has read everything; what it answered until then counts.
    let _written = stream.write_all(bytes).await;
    let _closed = stream.shutdown().await;
    let mut answer = Vec::new();
    let _read = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn control(address: SocketAddr, method: &str, route: &str, body: &str) -> (u16, Value) {
    let request = format!(
        "{method} /_simulator/{route} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(address, request.as_bytes()).await;
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap())
}

fn api(key: &str, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/ec2/aws4_request, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn only_loopback_addresses_are_served() {
    let refused = Server::bind(World::calm(1), "0.0.0.0:0".parse().unwrap()).await;
    assert!(refused.unwrap_err().to_string().contains("loopback"));
}

#[tokio::test]
async fn an_address_for_everybody_must_be_asked_for_twice() {
    let server = Server::bind_anywhere(World::calm(1), "0.0.0.0:0".parse().unwrap()).await.unwrap();
    assert!(server.address().unwrap().ip().is_unspecified());
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_privatelink-simulator"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(!told.status.success() && said.contains("--listen-to-everybody"), "{said}");
}

#[tokio::test]
async fn both_names_tell_their_version() {
    for program in [env!("CARGO_BIN_EXE_privatelink-simulator"), env!("CARGO_BIN_EXE_simulator")] {
        let told = std::process::Command::new(program).arg("--version").output().unwrap();
        let said = String::from_utf8_lossy(&told.stdout).into_owned();
        assert_eq!(said.trim(), format!("privatelink-simulator {}", env!("CARGO_PKG_VERSION")));
    }
}

#[tokio::test]
async fn an_index_lists_the_routes_and_health_is_told() {
    let (address, _world, _running) = serve().await;
    let (status, index) = control(address, "GET", "", "").await;
    assert_eq!((status, &index["page"]), (200, &json!("/")));
    for route in index["routes"].as_array().unwrap() {
        let path = route["path"].as_str().unwrap().trim_start_matches("/_simulator/").to_owned();
        // What is listed is there: nothing answers 404.
        if path != "events" {
            let (status, answer) = control(address, "PATCH", &path, "").await;
            assert_eq!(status, 405, "{path}: {answer}");
        }
    }
    let (status, health) = control(address, "GET", "health", "").await;
    assert_eq!((status, &health["status"], &health["seed"]), (200, &json!("ok"), &json!(1)));
}

#[tokio::test]
async fn the_page_is_there_and_its_events_tell_what_appears() {
    let (address, _world, _running) = serve().await;
    let page = raw(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(page.contains("text/html") && page.contains("/_simulator/events"), "{page}");
    assert!(!page.contains("http://") || page.matches("http://").count() == page.matches("http://www.w3.org").count());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /_simulator/events HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    control(address, "POST", "landscape", "").await;
    let mut told = String::new();
    let mut buffer = vec![0; 1 << 16];
    while !told.contains("\"kind\":\"instance\"") {
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(length > 0, "the events ended: {told}");
        told.push_str(&String::from_utf8_lossy(buffer.get(..length).unwrap()));
    }
    assert!(told.contains("text/event-stream") && told.contains("data: {"), "{told}");
}

#[tokio::test]
async fn a_world_file_builds_a_world_and_a_world_writes_one() {
    let (address, world, _running) = serve().await;
    let file = json!({
        "vpcs": [
            {"name": "shop", "account": "111111111111", "cidr": "10.10.0.0/16", "instances": true,
             "subnets": {"use1-az1": "10.10.1.0/24", "use1-az2": "10.10.2.0/24"}, "security_groups": ["web"]},
            {"name": "office", "account": "222222222222", "cidr": "10.20.0.0/16", "subnets": {"use1-az1": "10.20.1.0/24"}},
        ],
        "zones": [
            {"domain": "corp.internal", "account": "222222222222", "vpcs": ["office", "shop"]},
            {"domain": "shop.dev", "account": "111111111111"},
        ],
        "services": [{"name": "orders", "vpc": "shop", "ports": [443], "allowed_principals": ["*"],
                      "private_dns_name": "orders.shop.dev"}],
    });
    let (status, ids) = control(address, "POST", "world", &file.to_string()).await;
    assert_eq!(status, 200, "{ids}");
    // The service works at once, for another account.
    let fields = format!(
        "Action=CreateVpcEndpoint&Version=2016-11-15&VpcEndpointType=Interface&VpcId={}&ServiceName={}&SubnetId.1={}&PrivateDnsEnabled=true",
        ids["office_vpc_id"].as_str().unwrap(),
        ids["orders_service_name"].as_str().unwrap(),
        ids["office_subnet_ids"][0].as_str().unwrap()
    );
    let made = raw(address, api("222222222222", &fields).as_bytes()).await;
    assert!(made.contains("<state>pending</state>"), "{made}");
    assert_eq!(control(address, "GET", "calls", "").await.1.as_array().unwrap().len(), 1);
    let (_, written) = control(address, "GET", "world", "").await;
    world.reset(2);
    let (status, again) = control(address, "POST", "world", &written.to_string()).await;
    assert_eq!(status, 200, "{again}: {written}");
    assert_eq!(control(address, "GET", "world", "").await.1, written);
    for (wrong, word) in [
        (r#"{"moons": []}"#, "moons"),
        (r#"{"zones": [{"domain": "x.internal", "account": "1", "vpcs": ["nowhere"]}]}"#, "nowhere"),
        (r#"{"vpcs": [{"name": "a", "account": "1", "cidr": "10.0.0.0/8"}]}"#, "10.0.0.0/8"),
    ] {
        let (status, told) = control(address, "POST", "world", wrong).await;
        assert!(status == 400 && told.to_string().contains(word), "{told}");
    }
    let place = json!({"account": "333333333333", "region": "eu-west-1"}).to_string();
    let (status, made) = control(address, "POST", "default_vpc", &place).await;
    assert!(status == 200 && made["vpc_id"].is_string(), "{made}");
    assert_eq!(control(address, "POST", "default_vpc", &place).await.0, 400);
}

#[tokio::test]
async fn the_command_line_builds_a_file_and_logs_each_call() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("world.json"), folder.path().join("calls.jsonl"));
    std::fs::write(&file, r#"{"vpcs": [{"name": "a", "account": "1", "cidr": "10.0.0.0/16"}]}"#).unwrap();
    let mut simulator = tokio::process::Command::new(env!("CARGO_BIN_EXE_privatelink-simulator"))
        .args(["--listen", "127.0.0.1:0", "--calm", "--default-vpc", "444444444444/us-east-1", "--world"])
        .arg(&file)
        .arg("--log")
        .arg(&log)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(simulator.stdout.take().unwrap()).lines();
    let address = lines.next_line().await.unwrap().unwrap();
    let address: SocketAddr = address.strip_prefix("listening on http://").unwrap().parse().unwrap();
    let ids: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let seen = raw(address, api("444444444444", "Action=DescribeVpcs&Version=2016-11-15").as_bytes()).await;
    assert!(seen.contains("<isDefault>true</isDefault>") && ids["a_vpc_id"].is_string(), "{seen}");
    let logged = std::fs::read_to_string(&log).unwrap();
    let call: Value = serde_json::from_str(logged.lines().next().unwrap()).unwrap();
    assert_eq!((&call["operation"], &call["account"]), (&json!("DescribeVpcs"), &json!("444444444444")));
}

#[tokio::test]
async fn bad_bytes_never_stop_the_server() {
    let (address, _world, _running) = serve().await;
    let oversized = api("1", &format!("Action={}", "x".repeat(2 << 20)));
    let truncated = &api("1", "Action=DescribeVpcs&Version=2016-11-15")[..150];
    let deep = api("1", &format!("Action=DescribeVpcs&Version=2016-11-15&{}=1", vec!["a"; 5000].join(".")));
    let half_body = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nAction";
    let latin = b"POST / HTTP/1.1\r\nhost: x\r\nauthorization: \xff\xfe\r\ncontent-length: 2\r\n\r\n\xff\xfe";
    let route53 = "POST /2013-04-01/hostedzone HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
                   Credential=1/20260101/us-east-1/route53/aws4_request, Signature=0\r\ncontent-length: 12\r\n\r\n<a><b></a>&#";
    let many: [&[u8]; 9] = [
        b"",
        b"\x00\x01\x02\x16\x03\x01",
        b"GET",
        truncated.as_bytes(),
        oversized.as_bytes(),
        deep.as_bytes(),
        half_body.as_bytes(),
        latin,
        route53.as_bytes(),
    ];
    for bytes in many {
        let answer = raw(address, bytes).await;
        assert!(!answer.contains(" 200 ") && !answer.contains(" 500 "), "{answer}");
    }
    let unsigned = raw(address, b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    assert!(unsigned.contains("MissingAuthenticationToken"), "{unsigned}");
    let answer = raw(address, api("1", "Action=DescribeVpcs&Version=2016-11-15").as_bytes()).await;
    assert!(answer.contains(" 200 ") && answer.contains("<vpcSet/>"), "{answer}");
}

#[tokio::test]
async fn wrong_scopes_are_refused_each_in_its_own_words() {
    let (address, _world, _running) = serve().await;
    let ask = |scope: &str, query: &str| {
        format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 Credential={scope}, \
             Signature=0\r\ncontent-length: {}\r\n\r\n{query}",
            query.len()
        )
    };
    let vpcs = "Action=DescribeVpcs&Version=2016-11-15";
    for (scope, query, status, code) in [
        ("1/20260101/us-east-1/s3/aws4_request", vpcs, " 501 ", "NotSimulated"),
        ("1/20260101/us-east-1/elasticloadbalancing/aws4_request", vpcs, " 400 ", "InvalidAction"),
        (
            "1/20260101/us-east-1/sts/aws4_request",
            "Action=GetCallerIdentity&Version=2016-11-15",
            " 400 ",
            "InvalidAction",
        ),
        // Route 53 is one place, whatever Region a client signs for.
        ("1/20260101/eu-west-1/route53/aws4_request", vpcs, " 501 ", "NotSimulated"),
        ("1/20260101/us-east-1/ec2/aws3_request", vpcs, " 403 ", "IncompleteSignature"),
        ("1/us-east-1/ec2/aws4_request", vpcs, " 403 ", "IncompleteSignature"),
        ("", vpcs, " 403 ", "IncompleteSignature"),
        ("1/20260101/us-east-1/ec2/aws4_request", "Version=2016-11-15", " 400 ", "MissingAction"),
        ("1/20260101/us-east-1/ec2/aws4_request", "Action=DescribeVpcs&Version=2001-01-01", " 400 ", "InvalidAction"),
    ] {
        let answer = raw(address, ask(scope, query).as_bytes()).await;
        assert!(
            answer.contains(status) && answer.contains(&format!("<Code>{code}</Code>")),
            "{scope} {query}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_body_of_a_mebibyte_is_read_and_a_larger_one_refused() {
    let (address, _world, _running) = serve().await;
    let start = "Action=DescribeVpcs&Version=2016-11-15&";
    let filled = |length: usize| format!("{start}{}=1", "x".repeat(length - start.len() - 2));
    let read = raw(address, api("1", &filled(1 << 20)).as_bytes()).await;
    assert!(read.contains(" 501 ") && read.contains("NotSimulated"), "{}", read.get(..300).unwrap_or(&read));
    let refused = raw(address, api("1", &filled((1 << 20) + 1)).as_bytes()).await;
    assert!(!refused.contains(" 200 ") && !refused.contains(" 501 "), "{refused}");
    let answer = raw(address, api("1", "Action=DescribeVpcs&Version=2016-11-15").as_bytes()).await;
    assert!(answer.contains(" 200 "), "{answer}");
}

#[tokio::test]
async fn callers_that_break_off_anywhere_leave_the_server_as_it_was() {
    let (address, world, _running) = serve().await;
    let create = api("1", "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16");
    for length in (0..create.len()).step_by(7) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(create.get(..length).unwrap().as_bytes()).await.unwrap();
        // Half closed, closed, or reset with something unread.
        if length % 2 == 0 {
            let _closed = stream.shutdown().await;
        }
    }
    let answer = raw(address, api("1", "Action=DescribeVpcs&Version=2016-11-15").as_bytes()).await;
    assert!(answer.contains(" 200 ") && answer.contains("<vpcSet/>"), "{answer}");
    assert!(world.calls().iter().all(|call| call.operation == "DescribeVpcs"), "{:?}", world.calls());
}

/// Go's SDKs keep a connection for a minute and a half, and hashicorp/aws asks every half a minute: one that is closed just then is a failed apply.
#[tokio::test]
async fn a_connection_outlives_the_pauses_of_its_client() {
    let (address, _world, _running) = serve().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /_simulator/health HTTP/1.1\r\nhost: x\r\n\r\n";
    for _ in 0..2 {
        stream.write_all(request).await.unwrap();
        let mut answer = [0; 4096];
        let length = stream.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&answer[..length]));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(100)).await;
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_lost_reply_closes_the_connection_after_the_effect() {
    let (address, _world, _running) = serve().await;
    let fault = json!([{"operation": "CreateVpc", "nth": 1, "do": "lose_reply"}]).to_string();
    assert_eq!(control(address, "POST", "faults", &fault).await.0, 200);
    let create = api("333333333333", "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16");
    assert_eq!(raw(address, create.as_bytes()).await, "");
    let there = raw(address, api("333333333333", "Action=DescribeVpcs&Version=2016-11-15").as_bytes()).await;
    assert!(there.contains("<vpcId>vpc-"), "{there}");
    let (_, calls) = control(address, "GET", "calls", "").await;
    assert_eq!(calls[0]["outcome"], "lost_reply");
    assert_eq!(calls[0]["account"], "333333333333");
    assert_eq!(calls[1]["n"], 2);
    assert_eq!(control(address, "DELETE", "calls", "").await.0, 200);
    assert_eq!(control(address, "GET", "calls", "").await.1, json!([]));
}

#[tokio::test]
async fn control_routes_build_force_list_and_empty_the_world() {
    let (address, world, _running) = serve().await;
    let (status, made) = control(address, "POST", "landscape", "").await;
    assert_eq!(status, 200);
    assert!(made.as_object().unwrap().len() >= 11);
    assert_eq!(control(address, "GET", "objects", "").await.1, json!({}));
    let instance = made["provider_instance_ids"][0].as_str().unwrap();
    let stop = json!({"kind": "instance", "id": instance, "set": {"state": "stopped"}}).to_string();
    assert_eq!(control(address, "POST", "set", &stop).await.0, 200);
    let now = world.now();
    let running = world.lock().region("111111111111", "us-east-1").unwrap().ec2.instances[instance].running(now);
    assert!(!running);
    for (method, route, body, expected) in [
        ("POST", "set", "{}", 400),
        ("POST", "set", r#"{"kind":"moon","id":"x","set":{}}"#, 400),
        ("POST", "faults", r#"[{"operation":"X","do":"kill"}]"#, 400),
        ("POST", "faults", "not json", 400),
        ("POST", "reach", "{}", 400),
        ("GET", "faults", "", 405),
        ("GET", "nothing", "", 404),
    ] {
        assert_eq!(control(address, method, route, body).await.0, expected, "{method} {route} {body}");
    }
    let vpc = made["consumer_vpc_id"].as_str().unwrap();
    let reach =
        json!({"account": "222222222222", "vpc_id": vpc, "name": "nothing.example.dev", "port": 443}).to_string();
    let (status, answer) = control(address, "POST", "reach", &reach).await;
    assert_eq!((status, &answer["reached"]), (200, &json!(false)));
    assert!(answer["why"].is_string() && answer["hops"].is_array());
    assert_eq!(control(address, "POST", "reset", r#"{"seed": 7}"#).await.1, json!({"seed": 7}));
    assert!(world.lock().accounts.is_empty());
}

#[tokio::test]
async fn the_sdk_works_unchanged_over_the_socket() {
    use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
    let (address, _world, _running) = serve().await;
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("444444444444", "secret", None, None, "tests"))
        .endpoint_url(format!("http://{address}"))
        .build();
    let ec2 = aws_sdk_ec2::Client::from_conf(config);
    let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap().vpc.unwrap();
    assert_eq!(vpc.owner_id(), Some("444444444444"));
    let zones = ec2.describe_availability_zones().send().await.unwrap();
    assert_eq!(zones.availability_zones().len(), 3);
}
