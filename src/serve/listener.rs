//! Where the host connects: a Unix socket, or a TCP port on the loopback interface.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::environment::Environment;

/// A stream of bytes to a client, whatever it runs over.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Longest socket path that every system takes (macOS: 104 with the final zero).
#[cfg(unix)]
const MAX_SOCKET_PATH: usize = 100;

/// What is written into the handshake line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Path of a socket.
    Unix(PathBuf),
    /// Loopback address and port.
    Tcp(SocketAddr),
}

impl Address {
    /// The name of its network in Go's words.
    pub fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}

/// A bound listener. Dropping it removes the socket.
pub(super) struct Listener {
    address: Address,
    socket: Socket,
}

enum Socket {
    #[cfg(unix)]
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Binds where the host wants it.
    ///
    /// # Errors
    /// When the folder cannot be written, the group is unknown, or no port of the range is free.
    pub(super) async fn bind(environment: &Environment) -> io::Result<Self> {
        #[cfg(unix)]
        {
            let path = socket_path(environment);
            if path.as_os_str().len() <= MAX_SOCKET_PATH {
                let listener =
                    Self { socket: Socket::Unix(UnixListener::bind(&path)?), address: Address::Unix(path.clone()) };
                if let Some(group) = &environment.socket_group {
                    open_to_group(&path, group)?;
                }
                return Ok(listener);
            }
        }
        bind_tcp(environment.ports).await
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Io>> {
        match &self.socket {
            #[cfg(unix)]
            Socket::Unix(listener) => Ok(Box::new(listener.accept().await?.0)),
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Address::Unix(path) = &self.address {
            // Already gone is as good as removed.
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn bind_tcp((first, last): (u16, u16)) -> io::Result<Listener> {
    if first > last {
        return Err(io::Error::other(format!("PLUGIN_MIN_PORT {first} is greater than PLUGIN_MAX_PORT {last}")));
    }
    for port in first..=last {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => {
                let address = Address::Tcp(listener.local_addr()?);
                return Ok(Listener { address, socket: Socket::Tcp(listener) });
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, format!("no port from {first} to {last} is free on 127.0.0.1")))
}

#[cfg(unix)]
fn socket_path(environment: &Environment) -> PathBuf {
    let folder = environment.socket_folder.clone().unwrap_or_else(std::env::temp_dir);
    let mut name = uuid::Uuid::new_v4().simple().to_string();
    name.truncate(12);
    folder.join(format!("plugin{name}"))
}

/// Lets a group connect, for hosts that run plugins as another user.
#[cfg(unix)]
fn open_to_group(path: &std::path::Path, group: &str) -> io::Result<()> {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    let id = match group.parse() {
        Ok(id) => id,
        Err(_) => group_id(&std::fs::read_to_string("/etc/group")?, group)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no group {group:?}")))?,
    };
    chown(path, None, Some(id))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))
}

#[cfg(unix)]
fn group_id(groups: &str, wanted: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(wanted)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_by_name() {
        let groups = "root:x:0:\nstaff:x:50:a,b\n";
        assert_eq!(group_id(groups, "staff"), Some(50));
        assert_eq!(group_id(groups, "sta"), None);
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_for_a_socket_falls_back_to_tcp() {
        let environment =
            Environment { socket_folder: Some(format!("/tmp/{}", "x".repeat(120)).into()), ..Environment::default() };
        let listener = Listener::bind(&environment).await.unwrap();
        assert_eq!(listener.address().network(), "tcp");
    }

    #[tokio::test]
    async fn ports_in_the_wrong_order_are_refused() {
        assert!(bind_tcp((2, 1)).await.is_err());
    }

    #[tokio::test]
    async fn a_taken_port_is_passed_over() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = bind_tcp((port, port)).await.err().unwrap();
        assert!(error.to_string().contains("is free"), "{error}");
    }
}
