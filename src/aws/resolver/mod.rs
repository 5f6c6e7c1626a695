//! Host names → addresses, without the C library.
//!
//! A binary that is one static file cannot ask the C library for names: it would load modules of the machine's own C
//! library, of another version or of none. So this reads `/etc/hosts` and `/etc/resolv.conf` at each look-up and asks
//! the name servers itself, as programs in Go do: hosts first, then the names that the search list makes, IPv4 and
//! IPv6 at once, over UDP and, where a reply was cut, over TCP. It keeps nothing: connections are kept, and each needs
//! its name once. `nsswitch.conf` is not read.

mod exchange;
mod hosts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use resolv_conf::ScopedIp;

use exchange::{Family, Server, Silence};

/// Most name servers that are asked, as in the C library.
const SERVERS: usize = 3;
/// Most rounds through the name servers, whatever `options attempts` says.
const ATTEMPTS: u32 = 5;
/// Longest wait for one reply, whatever `options timeout` says, in seconds.
const TIMEOUT: u32 = 30;

/// Resolves names as the files of a machine say.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    settings: PathBuf,
    hosts: PathBuf,
    port: u16,
}

/// Why a name has no address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unresolved {
    /// The name servers know no such name, or no address of it.
    Unknown { name: String },
    /// No name server gave an answer.
    Silent { name: String, last: Silence },
    /// It is no name.
    Malformed { name: String },
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "the name servers of this machine know no address of {name:?}"),
            Self::Silent { name, last } => write!(f, "no name server of this machine answered for {name:?}: {last}"),
            Self::Malformed { name } => write!(f, "{name:?} cannot be the name of a host"),
        }
    }
}

impl std::error::Error for Unresolved {}

impl Resolver {
    /// As this machine resolves names.
    pub(super) fn of_this_machine() -> Self {
        Self { settings: "/etc/resolv.conf".into(), hosts: "/etc/hosts".into(), port: 53 }
    }

    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let bare = name.strip_suffix('.').unwrap_or(name);
        if let Ok(address) = bare.parse() {
            return Ok(vec![address]);
        }
        // A file that is not there says nothing.
        let found = hosts::addresses(&std::fs::read(&self.hosts).unwrap_or_default(), bare);
        if !found.is_empty() {
            return Ok(ordered(found));
        }
        if bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost") {
            return Ok(ordered(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]));
        }
        // Lines that cannot be read are passed over, as everywhere.
        let (settings, _) = resolv_conf::Config::parse_with_errors(&std::fs::read(&self.settings).unwrap_or_default());
        let servers: Vec<Server> = settings
            .get_nameservers_or_local()
            .iter()
            .take(SERVERS)
            .map(|server| self.server(server, &settings))
            .collect();
        for candidate in candidates(name, &settings) {
            let found = addresses(&candidate, &settings, &servers).await.map_err(|why| why.about(name))?;
            if !found.is_empty() {
                return Ok(ordered(found));
            }
        }
        Err(Unresolved::Unknown { name: name.to_owned() })
    }

    fn server(&self, address: &ScopedIp, settings: &resolv_conf::Config) -> Server {
        let address = match address {
            ScopedIp::V4(address) => SocketAddr::new((*address).into(), self.port),
            ScopedIp::V6(address, scope) => {
                let scope = scope.as_deref().and_then(interface).unwrap_or_default();
                SocketAddrV6::new(*address, self.port, 0, scope).into()
            }
        };
        let patience = Duration::from_secs(settings.timeout.clamp(1, TIMEOUT).into());
        Server { address, patience, tcp_only: settings.use_vc }
    }
}

impl ResolveDns for Resolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move { self.resolve(name).await.map_err(ResolveDnsError::new) })
    }
}

/// Why one name of the search list could not be looked up.
enum Failed {
    Silent(Silence),
    Malformed,
}

impl Failed {
    fn about(self, name: &str) -> Unresolved {
        let name = name.to_owned();
        match self {
            Self::Silent(last) => Unresolved::Silent { name, last },
            Self::Malformed => Unresolved::Malformed { name },
        }
    }
}

/// The names to try, in their order: a name with few dots is tried below the domains of the search list first.
fn candidates(name: &str, settings: &resolv_conf::Config) -> Vec<String> {
    if let Some(whole) = name.strip_suffix('.') {
        return vec![whole.to_owned()];
    }
    let dots = name.matches('.').count();
    let searched = settings.get_last_search_or_domain().map(|domain| format!("{name}.{}", domain.trim_matches('.')));
    let mut names: Vec<String> = searched.filter(|name| !name.ends_with('.')).collect();
    let is_long = u32::try_from(dots).is_ok_and(|dots| dots >= settings.ndots);
    names.insert(if is_long { 0 } else { names.len() }, name.to_owned());
    names
}

/// All addresses of one name; none where it does not exist.
async fn addresses(name: &str, settings: &resolv_conf::Config, servers: &[Server]) -> Result<Vec<IpAddr>, Failed> {
    let attempts = settings.attempts.clamp(1, ATTEMPTS);
    let later =
        async { if settings.no_aaaa { Ok(Vec::new()) } else { answer(name, Family::V6, servers, attempts).await } };
    match tokio::join!(answer(name, Family::V4, servers, attempts), later) {
        (Ok(mut found), Ok(more)) => {
            found.extend(more);
            Ok(found)
        }
        // Some name servers fail at a family that they do not know.
        (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => Ok(found),
        (Err(failed), _) | (_, Err(failed)) => Err(failed),
    }
}

/// The first answer that a name server gives.
async fn answer(name: &str, family: Family, servers: &[Server], attempts: u32) -> Result<Vec<IpAddr>, Failed> {
    let mut last = None;
    for _ in 0..attempts {
        for server in servers {
            match server.ask(name, family).await {
                Ok(found) => return Ok(found),
                Err(exchange::Error::Malformed) => return Err(Failed::Malformed),
                Err(exchange::Error::Silent(silence)) => last = Some(silence),
            }
        }
    }
    Err(last.map_or(Failed::Malformed, Failed::Silent))
}

/// Those that this machine has a way to first, IPv6 before IPv4: the order in which connections are tried.
fn ordered(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_by_cached_key(|address| (has_way(*address).is_err(), address.is_ipv4()));
    addresses
}

/// Succeeds where the machine would know how to send. Nothing is sent.
fn has_way(address: IpAddr) -> io::Result<()> {
    UdpSocket::bind(exchange::any(address))?.connect((address, 53))
}

/// The number of a network interface, by number or name.
fn interface(scope: &str) -> Option<u32> {
    let by_name = || std::fs::read_to_string(format!("/sys/class/net/{scope}/ifindex")).ok()?.trim().parse().ok();
    scope.parse().ok().or_else(by_name)
}
