//! Signals, heard from one moment on.
//!
//! Whoever starts to listen must keep the listener: a signal that comes between two listeners is neither answered
//! by the system's default nor seen by the second one.

use std::io;

/// The signals that end a process, from [`Signals::listen`] on. What comes before somebody waits is kept.
#[derive(Debug)]
#[cfg(unix)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Takes the signals over from the system, whose default would end the process.
    ///
    /// # Errors
    /// When the system gives no signal handlers.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for one of them.
    pub(super) async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for the request to terminate, and lets each interrupt pass: Ctrl-C is meant for the host, which sends Stop.
    pub(super) async fn termination(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => tracing::debug!("ignored an interrupt; the host sends Stop"),
            }
        }
    }
}

/// Ctrl-C, where there is nothing else.
#[derive(Debug)]
#[cfg(windows)]
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Takes Ctrl-C over from the system, whose default would end the process.
    ///
    /// # Errors
    /// When the system gives no handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    /// Waits for it.
    pub(super) async fn any(&mut self) {
        self.0.recv().await;
    }

    /// Lets each Ctrl-C pass: it is meant for the host, which sends Stop.
    pub(super) async fn termination(&mut self) {
        while self.0.recv().await.is_some() {
            tracing::debug!("ignored an interrupt; the host sends Stop");
        }
        std::future::pending().await
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn raise(name: &str) {
        let own = std::process::id().to_string();
        assert!(Command::new("kill").args(["-s", name, &own]).status().is_ok_and(|end| end.success()));
    }

    // One test, because signals reach all listeners of the process.
    #[tokio::test]
    async fn a_signal_that_comes_before_anybody_waits_is_kept() {
        let mut signals = Signals::listen().unwrap();
        raise("INT");
        timeout(Duration::from_millis(200), signals.termination()).await.expect_err("the host's Ctrl-C passes");
        raise("INT");
        timeout(Duration::from_secs(30), signals.any()).await.expect("a person's Ctrl-C is seen");
        raise("TERM");
        // Another task has its turn between the signal and the wait, as between handshake and service.
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(50))).await.unwrap();
        timeout(Duration::from_secs(30), signals.termination()).await.expect("the termination is seen");
    }
}
