//! One question to one name server: over UDP, and over TCP where the reply was cut.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// Most bytes of a reply over UDP to a question that promises no more.
const DATAGRAM: usize = 512;

/// A name server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// How long a reply may take.
    pub(super) patience: Duration,
    /// Asks over TCP from the start.
    pub(super) tcp_only: bool,
}

/// Which addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// How a name server failed to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Silence {
    server: IpAddr,
    how: String,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.server, self.how)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Error {
    /// This server gave none; another may.
    Silent(Silence),
    /// What was asked for cannot be the name of a host.
    Malformed,
}

/// What a reply means.
enum Reply {
    Addresses(Vec<IpAddr>),
    Cut,
    Refused(RCODE),
    /// Not to this question.
    Stray,
}

impl Server {
    /// The addresses of a name; none where the server says that there are none.
    pub(super) async fn ask(self, name: &str, family: Family) -> Result<Vec<IpAddr>, Error> {
        let question = Asked::new(name, family)?;
        let exchange = async {
            if !self.tcp_only
                && let Some(found) = self.over_udp(&question).await?
            {
                return Ok(found);
            }
            self.over_tcp(&question).await
        };
        match timeout(self.patience, exchange).await {
            Ok(end) => end.map_err(|how| self.silent(how)),
            Err(_) => Err(self.silent(format!("gave no answer in {} s", self.patience.as_secs()))),
        }
    }

    fn silent(self, how: String) -> Error {
        Error::Silent(Silence { server: self.address.ip(), how })
    }

    /// The answer; none where it was cut.
    async fn over_udp(self, question: &Asked) -> Result<Option<Vec<IpAddr>>, String> {
        let socket = UdpSocket::bind(any(self.address.ip())).await.map_err(unreachable)?;
        // From here on nobody else is heard.
        socket.connect(self.address).await.map_err(unreachable)?;
        socket.send(&question.bytes).await.map_err(unreachable)?;
        let mut buffer = [0; DATAGRAM];
        loop {
            let length = socket.recv(&mut buffer).await.map_err(unreachable)?;
            match question.reply(buffer.get(..length).unwrap_or_default()) {
                Reply::Addresses(found) => return Ok(Some(found)),
                Reply::Cut => return Ok(None),
                Reply::Refused(code) => return Err(format!("answered {code:?}")),
                // Late, forged or broken: the right one may still come.
                Reply::Stray => {}
            }
        }
    }

    async fn over_tcp(self, question: &Asked) -> Result<Vec<IpAddr>, String> {
        let mut stream = TcpStream::connect(self.address).await.map_err(unreachable)?;
        let length =
            u16::try_from(question.bytes.len()).map_err(|_| "cannot be asked so long a question".to_owned())?;
        let message = [&length.to_be_bytes(), question.bytes.as_slice()].concat();
        stream.write_all(&message).await.map_err(unreachable)?;
        let length = stream.read_u16().await.map_err(unreachable)?;
        let mut reply = vec![0; length.into()];
        stream.read_exact(&mut reply).await.map_err(unreachable)?;
        match question.reply(&reply) {
            Reply::Addresses(found) => Ok(found),
            Reply::Refused(code) => Err(format!("answered {code:?}")),
            Reply::Cut | Reply::Stray => Err("sent a reply that makes no sense".to_owned()),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn unreachable(cause: io::Error) -> String {
    format!("cannot be asked: {cause}")
}

/// The address of a socket that speaks to another one.
pub(super) fn any(peer: IpAddr) -> SocketAddr {
    match peer {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

/// One question as it is sent.
struct Asked {
    id: u16,
    name: String,
    family: Family,
    bytes: Vec<u8>,
}

impl Asked {
    fn new(name: &str, family: Family) -> Result<Self, Error> {
        // Nobody may guess it.
        let [first, second, ..] = uuid::Uuid::new_v4().into_bytes();
        let id = u16::from_be_bytes([first, second]);
        let mut packet = Packet::new_query(id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let asked = Name::new(name).map_err(|_| Error::Malformed)?;
        packet.questions.push(Question::new(asked, family.record().into(), QCLASS::CLASS(CLASS::IN), false));
        let bytes = packet.build_bytes_vec().map_err(|_| Error::Malformed)?;
        Ok(Self { id, name: name.to_owned(), family, bytes })
    }

    fn reply(&self, bytes: &[u8]) -> Reply {
        let Ok(packet) = Packet::parse(bytes) else { return self.unparsed(bytes) };
        let [question] = packet.questions.as_slice() else { return Reply::Stray };
        let is_ours = packet.id() == self.id
            && packet.has_flags(PacketFlag::RESPONSE)
            && question.qtype == QTYPE::TYPE(self.family.record())
            && question.qname.to_string().eq_ignore_ascii_case(&self.name);
        if !is_ours {
            return Reply::Stray;
        }
        match packet.rcode() {
            _ if packet.has_flags(PacketFlag::TRUNCATION) => Reply::Cut,
            RCODE::NoError | RCODE::NameError => Reply::Addresses(
                packet.answers.iter().filter_map(|answer| self.family.address(&answer.rdata)).collect(),
            ),
            other => Reply::Refused(other),
        }
    }

    /// A reply that was cut may end within a record.
    fn unparsed(&self, bytes: &[u8]) -> Reply {
        match bytes {
            [first, second, flags, ..]
                if [*first, *second] == self.id.to_be_bytes() && flags & 0b1000_0010 == 0b1000_0010 =>
            {
                Reply::Cut
            }
            _ => Reply::Stray,
        }
    }
}

impl Family {
    fn record(self) -> TYPE {
        match self {
            Self::V4 => TYPE::A,
            Self::V6 => TYPE::AAAA,
        }
    }

    fn address(self, data: &RData<'_>) -> Option<IpAddr> {
        match (self, data) {
            (Self::V4, RData::A(found)) => Some(Ipv4Addr::from(found.address).into()),
            (Self::V6, RData::AAAA(found)) => Some(Ipv6Addr::from(found.address).into()),
            _ => None,
        }
    }
}
