//! When to end: signals, and the death of the host.

use std::time::Duration;

use tokio::time::sleep;

use crate::protocol::activity::Activity;

/// How long nobody may be connected, after somebody was, before the host counts as dead.
const DESERTED: Duration = Duration::from_mins(1);
/// How often to look whether the host still lives: a run that ends unseen by it must not count as saved.
#[cfg(unix)]
const WATCH_PARENT: Duration = Duration::from_millis(200);

/// Who decides when the process ends, beside the host's own request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// A host started it: the process ends with the host, and ignores Ctrl-C, which is meant for
    /// the host and reaches us only because we share its terminal.
    Hosted(Host),
    /// A person started it with `--debug`: Ctrl-C ends it.
    Debug,
    /// A test runs it: only the request ends it.
    Detached,
}

/// Why the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Asked,
    Signal,
    Orphaned,
}

impl Reason {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Asked => "the host asked",
            Self::Signal => "a signal",
            Self::Orphaned => "the host is gone",
        }
    }
}

/// The process that started us, as long as it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    #[cfg(unix)]
    process: u32,
}

impl Host {
    /// Remembers the host, and takes over the signals. To be called before the host hears of us:
    /// until then an interrupt would end the process, and a host that dies later must be missed.
    ///
    /// # Errors
    /// When the system gives no signal handlers.
    #[cfg(unix)]
    pub fn remember() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // What is registered once stays with us after the stream is dropped.
        drop(signal(SignalKind::interrupt())?);
        drop(signal(SignalKind::terminate())?);
        Ok(Self { process: std::os::unix::process::parent_id() })
    }

    /// Does nothing here: Ctrl-C is taken over at its first use, and a dead host is known by its
    /// closed connection.
    #[cfg(not(unix))]
    pub fn remember() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn died(self) {
        while std::os::unix::process::parent_id() == self.process {
            sleep(WATCH_PARENT).await;
        }
    }

    #[cfg(not(unix))]
    async fn died(self) {
        std::future::pending().await
    }
}

impl Lifecycle {
    /// Waits for a reason to end.
    pub(super) async fn end(self, connections: &Activity, calls: &Activity) -> Reason {
        match self {
            Self::Detached => std::future::pending().await,
            Self::Debug => {
                tokio::select! {
                    () = interrupted() => {}
                    () = terminated() => {}
                }
                Reason::Signal
            }
            Self::Hosted(host) => {
                tokio::select! {
                    () = terminated() => Reason::Signal,
                    () = ignore_interrupts() => Reason::Signal,
                    () = host.died() => Reason::Orphaned,
                    () = deserted(connections, calls, DESERTED) => Reason::Orphaned,
                }
            }
        }
    }
}

/// Waits until nobody has been connected for a while, after somebody was, and nothing runs.
///
/// Sound because the broker and stdio streams are held open: a living host does not hang up.
async fn deserted(connections: &Activity, calls: &Activity, patience: Duration) {
    loop {
        connections.busy().await;
        connections.idle().await;
        calls.idle().await;
        tokio::select! {
            () = sleep(patience) => return,
            () = connections.busy() => {}
        }
    }
}

/// Keeps Ctrl-C from ending the process, for ever.
async fn ignore_interrupts() {
    loop {
        interrupted().await;
        tracing::debug!("ignored an interrupt; the host sends Stop");
    }
}

#[cfg(unix)]
async fn interrupted() {
    received(tokio::signal::unix::SignalKind::interrupt()).await;
}

#[cfg(unix)]
async fn terminated() {
    received(tokio::signal::unix::SignalKind::terminate()).await;
}

#[cfg(unix)]
async fn received(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(error) => {
            tracing::warn!(error = error.to_string(), "cannot listen for a signal");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, timeout};

    const PATIENCE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_host_that_never_connected_is_waited_for() {
        let (connections, calls) = (Activity::new(), Activity::new());
        assert!(timeout(PATIENCE * 10, deserted(&connections, &calls, PATIENCE)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_without_connection_ends_after_a_minute_of_rest() {
        let (connections, calls) = (Activity::new(), Activity::new());
        let (connection, call) = (connections.begin(), calls.begin());
        let started = Instant::now();
        let story = async {
            sleep(Duration::from_secs(5)).await;
            drop(connection);
            sleep(Duration::from_secs(100)).await;
            drop(call);
        };
        tokio::join!(deserted(&connections, &calls, PATIENCE), story);
        assert_eq!(started.elapsed(), Duration::from_secs(165));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_comes_back_keeps_the_process() {
        let (connections, calls) = (Activity::new(), Activity::new());
        let first = connections.begin();
        let story = async {
            sleep(Duration::from_secs(1)).await;
            drop(first);
            sleep(Duration::from_secs(59)).await;
            let second = connections.begin();
            sleep(Duration::from_mins(10)).await;
            drop(second);
        };
        let ended = async {
            deserted(&connections, &calls, PATIENCE).await;
            Instant::now()
        };
        let started = Instant::now();
        let (ended, ()) = tokio::join!(ended, story);
        assert_eq!(ended - started, Duration::from_mins(12));
    }
}
