//! The binary, started as a host starts it.

use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Duration, timeout};

use super::client::{Handshake, HostCertificate};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-privatelink");
pub(crate) const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");
/// Nothing here takes long; this only turns a hang into a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running provider, in a folder of its own for its socket.
pub(crate) struct Plugin {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) line: String,
    pub(crate) folder: Folder,
}

/// A folder that goes away with the test.
pub(crate) struct Folder(pub(crate) std::path::PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("privatelink-test-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn entries(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The binary with nothing of this test's environment that could change its ways.
pub(crate) fn command() -> Command {
    let mut command = Command::new(BINARY);
    for name in ["TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_PRIVATELINK", "PLUGIN_CLIENT_CERT"] {
        command.env_remove(name);
    }
    command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Plugin {
    pub(crate) async fn start(host: Option<&HostCertificate>, variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut command = command();
        command.env(COOKIE.0, COOKIE.1).env("PLUGIN_PROTOCOL_VERSIONS", "6,5").env("PLUGIN_UNIX_SOCKET_DIR", &folder.0);
        command.envs(variables.iter().copied());
        if let Some(host) = host {
            command.env("PLUGIN_CLIENT_CERT", &host.pem);
        }
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        timeout(PATIENCE, stdout.read_line(&mut line)).await.unwrap().unwrap();
        Self { child, stdout, line, folder }
    }

    pub(crate) fn handshake(&self) -> Handshake {
        Handshake::parse(&self.line)
    }

    pub(crate) async fn exit(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }

    /// Everything that was written after the handshake, once the process has ended.
    pub(crate) async fn output(&mut self) -> (String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).await.unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).await.unwrap();
        (stdout, stderr)
    }

    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().await.unwrap().success());
    }
}
