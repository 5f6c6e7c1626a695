//! When to end: signals, and the death of the host.

use std::time::Duration;

use tokio::time::sleep;

use super::signals::Signals;
use crate::protocol::activity::Activity;

/// How long nobody may be connected, after somebody was, before the host counts as dead.
const DESERTED: Duration = Duration::from_mins(1);
/// How often to look whether the host still lives: a run that ends unseen by it must not count as saved.
#[cfg(unix)]
const WATCH_PARENT: Duration = Duration::from_millis(200);

/// Who decides when the process ends, beside the host's own request.
#[derive(Debug)]
pub enum Lifecycle {
    /// A host started it: the process ends with the host, and ignores Ctrl-C, which is meant for
    /// the host and reaches us only because we share its terminal.
    Hosted(Host),
    /// A person started it with `--debug`: Ctrl-C ends it.
    Debug(Signals),
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
#[derive(Debug)]
pub struct Host {
    #[cfg(unix)]
    process: u32,
    signals: Signals,
}

impl Host {
    /// Remembers the host, and takes over the signals. To be called before the host hears of us:
    /// until then an interrupt would end the process, and a host that dies later must be missed.
    ///
    /// # Errors
    /// When the system gives no signal handlers.
    pub fn remember() -> std::io::Result<Self> {
        Ok(Self {
            signals: Signals::listen()?,
            #[cfg(unix)]
            process: std::os::unix::process::parent_id(),
        })
    }
}

#[cfg(unix)]
async fn died(process: u32) {
    while std::os::unix::process::parent_id() == process {
        sleep(WATCH_PARENT).await;
    }
}

impl Lifecycle {
    /// Waits for a reason to end; without a lifecycle there is none.
    pub(super) async fn end(of: Option<Self>, connections: &Activity, calls: &Activity) -> Reason {
        match of {
            None => std::future::pending().await,
            Some(Self::Debug(mut signals)) => {
                signals.any().await;
                Reason::Signal
            }
            Some(Self::Hosted(mut host)) => {
                #[cfg(unix)]
                let died = died(host.process);
                // A dead host is known by its closed connection.
                #[cfg(not(unix))]
                let died = std::future::pending();
                tokio::select! {
                    () = host.signals.termination() => Reason::Signal,
                    () = died => Reason::Orphaned,
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
