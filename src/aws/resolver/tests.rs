//! The resolver against a name server of the test's own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use simple_dns::rdata::{A, AAAA, CNAME, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;

/// A name server whose answer to a name stands in its first label. It remembers what it was asked.
struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    /// They end with it.
    _tasks: JoinSet<()>,
}

impl NameServer {
    /// At a port of the machine's choice (0), or at that of another name server.
    async fn start(ip: &str, port: u16) -> Self {
        let (udp, tcp) = sockets(ip, port).await;
        let address = udp.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let over_udp = async move {
            let mut buffer = [0; 512];
            loop {
                let (length, client) = udp.recv_from(&mut buffer).await.unwrap();
                for reply in replies(&buffer[..length], false, &heard) {
                    udp.send_to(&reply, client).await.unwrap();
                }
            }
        };
        let heard = Arc::clone(&asked);
        let over_tcp = async move {
            loop {
                let (mut stream, _) = tcp.accept().await.unwrap();
                let mut question = vec![0; stream.read_u16().await.unwrap().into()];
                stream.read_exact(&mut question).await.unwrap();
                for reply in replies(&question, true, &heard) {
                    stream.write_u16(u16::try_from(reply.len()).unwrap()).await.unwrap();
                    stream.write_all(&reply).await.unwrap();
                }
            }
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(over_udp);
        tasks.spawn(over_tcp);
        Self { address, asked, _tasks: tasks }
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked.dedup();
        asked
    }
}

/// Binds one port for UDP and TCP. A port that is free for UDP may be another program's for TCP.
async fn sockets(ip: &str, port: u16) -> (UdpSocket, TcpListener) {
    for _ in 0..50 {
        let udp = UdpSocket::bind((ip, port)).await.unwrap();
        match TcpListener::bind(udp.local_addr().unwrap()).await {
            Ok(tcp) => return (udp, tcp),
            Err(error) => assert_eq!(port, 0, "port {port}: {error}"),
        }
    }
    panic!("no port is free for both UDP and TCP")
}

fn replies(question: &[u8], over_tcp: bool, asked: &Mutex<Vec<String>>) -> Vec<Vec<u8>> {
    let packet = Packet::parse(question).unwrap();
    assert!(packet.has_flags(PacketFlag::RECURSION_DESIRED));
    let name = packet.questions[0].qname.to_string();
    let family = packet.questions[0].qtype;
    asked.lock().unwrap().push(format!("{name}{}", if over_tcp { " over TCP" } else { "" }));
    let mut reply = Packet::new_reply(packet.id());
    reply.questions.clone_from(&packet.questions);
    let record = |data| ResourceRecord::new(Name::new_unchecked(&name).into_owned(), CLASS::IN, 60, data);
    let v4 = |last: u8| record(RData::A(A { address: u32::from_be_bytes([192, 0, 2, last]) }));
    let v6 = record(RData::AAAA(AAAA {
        address: u128::from_be_bytes([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    }));
    let is_v4 = family == QTYPE::TYPE(TYPE::A);
    match name.to_ascii_lowercase().split('.').next().unwrap() {
        "plain" | "short" | "half" if is_v4 => reply.answers.push(v4(1)),
        "both" => reply.answers.push(if is_v4 { v4(1) } else { v6 }),
        "alias" if is_v4 => {
            reply.answers.push(record(RData::CNAME(CNAME(Name::new_unchecked("plain.example.dev")))));
            reply.answers.push(v4(1));
        }
        "large" if over_tcp && is_v4 => reply.answers.extend((0..200).map(v4)),
        "large" if is_v4 => reply.set_flags(PacketFlag::TRUNCATION),
        "halved" if is_v4 && !over_tcp => {
            reply.set_flags(PacketFlag::TRUNCATION);
            reply.answers.push(v4(1));
            let bytes = reply.build_bytes_vec().unwrap();
            return vec![bytes[..bytes.len() - 3].to_vec()];
        }
        "halved" if is_v4 => reply.answers.push(v4(7)),
        "silent" => return Vec::new(),
        "failing" | "half" => *reply.rcode_mut() = RCODE::ServerFailure,
        "forged" if is_v4 => {
            let mut stray = reply.clone();
            stray.set_id(packet.id().wrapping_add(1));
            stray.answers.push(v4(66));
            let mut other = Packet::new_reply(packet.id());
            other.answers.push(v4(66));
            reply.answers.push(v4(1));
            return [stray, other, reply].iter().map(|reply| reply.build_bytes_vec().unwrap()).chain([]).collect();
        }
        "plain" | "short" | "alias" | "large" | "halved" | "forged" | "empty" => {}
        _ => *reply.rcode_mut() = RCODE::NameError,
    }
    vec![reply.build_bytes_vec().unwrap()]
}

/// A machine's files.
struct Machine(PathBuf);

impl Machine {
    fn new(settings: &str, hosts: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("privatelink-names-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("resolv.conf"), settings).unwrap();
        std::fs::write(folder.join("hosts"), hosts).unwrap();
        Self(folder)
    }

    async fn resolve(&self, port: u16, name: &str) -> Result<Vec<String>, String> {
        let resolver = Resolver { settings: self.0.join("resolv.conf"), hosts: self.0.join("hosts"), port };
        let found = resolver.resolve(name).await.map_err(|error| error.to_string())?;
        Ok(found.iter().map(ToString::to_string).collect())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Patient, because the machine of the tests may be busy.
const ONE: &str = "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n";
const IMPATIENT: &str = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";

async fn ask(settings: &str, name: &str) -> Result<Vec<String>, String> {
    let server = NameServer::start("127.0.0.1", 0).await;
    Machine::new(settings, "").resolve(server.address.port(), name).await
}

async fn one(name: &str) -> Result<Vec<String>, String> {
    ask(ONE, name).await
}

#[tokio::test]
async fn a_name_has_the_addresses_that_the_server_says() {
    for name in
        ["plain.example.dev", "PLAIN.example.dev.", "alias.example.dev", "half.example.dev", "forged.example.dev"]
    {
        assert_eq!(one(name).await.unwrap(), ["192.0.2.1"], "{name}");
    }
    let mut both = one("both.example.dev").await.unwrap();
    both.sort();
    assert_eq!(both, ["192.0.2.1", "2001:db8::1"]);
}

#[tokio::test]
async fn a_reply_that_was_cut_is_asked_for_over_tcp() {
    let server = NameServer::start("127.0.0.1", 0).await;
    let machine = Machine::new(ONE, "");
    assert_eq!(machine.resolve(server.address.port(), "large.example.dev").await.unwrap().len(), 200);
    assert_eq!(machine.resolve(server.address.port(), "halved.example.dev").await.unwrap(), ["192.0.2.7"]);
    assert!(server.asked().contains(&"large.example.dev over TCP".to_owned()));
    let all = Machine::new(&format!("{ONE}options use-vc\n"), "");
    assert_eq!(all.resolve(server.address.port(), "plain.example.dev").await.unwrap(), ["192.0.2.1"]);
    assert!(!server.asked().contains(&"plain.example.dev".to_owned()), "{:?}", server.asked());
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told_from_one_that_nobody_answers_for() {
    for name in ["nobody.example.dev", "empty.example.dev"] {
        assert!(one(name).await.unwrap_err().contains("know no address of"), "{name}");
    }
    let told = ask(IMPATIENT, "silent.example.dev").await.unwrap_err();
    assert!(told.contains("no name server") && told.contains("127.0.0.1 gave no answer in 1 s"), "{told}");
    let told = one("failing.example.dev").await.unwrap_err();
    assert!(told.contains("127.0.0.1 answered ServerFailure"), "{told}");
    for name in ["", "..", &"x".repeat(64), &"abc.".repeat(100)] {
        assert!(one(name).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn the_next_server_is_asked_where_the_first_is_silent_or_gone() {
    let first = NameServer::start("127.0.0.1", 0).await;
    let second = NameServer::start("127.0.0.2", first.address.port()).await;
    let machine = Machine::new("nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions timeout:1 attempts:2\n", "");
    let told = machine.resolve(first.address.port(), "silent.example.dev").await.unwrap_err();
    assert!(told.contains("127.0.0.2"), "{told}");
    assert_eq!(second.asked(), ["silent.example.dev"]);
    let port = first.address.port();
    drop(first);
    // A port that refuses is passed over at once, without the wait for a reply.
    let machine = Machine::new("nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions timeout:30\n", "");
    let started = Instant::now();
    assert_eq!(machine.resolve(port, "plain.example.dev").await.unwrap(), ["192.0.2.1"]);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[tokio::test]
async fn short_names_are_searched_below_the_domains_of_the_machine() {
    let server = NameServer::start("127.0.0.1", 0).await;
    let settings = format!("{ONE}search nowhere.example.dev. found.example.dev\n");
    let machine = Machine::new(&settings, "");
    assert_eq!(machine.resolve(server.address.port(), "short").await.unwrap(), ["192.0.2.1"]);
    assert_eq!(server.asked(), ["short.nowhere.example.dev"], "the first that exists ends the search");
    let names = |name: &str, settings: &str| candidates(name, &resolv_conf::Config::parse(settings).unwrap());
    let search = "search a.example.dev b.example.dev\n";
    assert_eq!(names("x", search), ["x.a.example.dev", "x.b.example.dev", "x"]);
    assert_eq!(names("x.y", search), ["x.y", "x.y.a.example.dev", "x.y.b.example.dev"]);
    assert_eq!(names("x.y", &format!("{search}options ndots:2\n")), ["x.y.a.example.dev", "x.y.b.example.dev", "x.y"]);
    assert_eq!(names("x.y.", search), ["x.y"]);
    assert_eq!(names("x", "domain c.example.dev\n"), ["x.c.example.dev", "x"]);
}

#[tokio::test]
async fn the_hosts_file_comes_first_and_missing_files_are_none() {
    let server = NameServer::start("127.0.0.1", 0).await;
    let machine = Machine::new(ONE, "192.0.2.50 plain.example.dev\n");
    assert_eq!(machine.resolve(server.address.port(), "plain.example.dev").await.unwrap(), ["192.0.2.50"]);
    assert_eq!(server.asked(), [""; 0]);
    let nothing = Resolver { settings: Path::new("/nowhere").into(), hosts: Path::new("/nowhere").into(), port: 1 };
    let local = nothing.resolve("localhost").await.unwrap();
    assert!(local.contains(&Ipv4Addr::LOCALHOST.into()), "{local:?}");
    assert_eq!(nothing.resolve("192.0.2.7").await.unwrap(), [IpAddr::from([192, 0, 2, 7])]);
    assert!(matches!(nothing.resolve("plain.example.dev").await, Err(Unresolved::Silent { .. })));
}
