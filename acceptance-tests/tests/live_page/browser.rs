//! A headless Chromium, spoken to over its two pipes.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acceptance_tests::terraform::on_path;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::time::Instant;

type Problem = Box<dyn std::error::Error>;
type Waiting = Arc<Mutex<BTreeMap<u64, oneshot::Sender<Value>>>>;

/// How long something may take to be seen.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the page is asked.
const GLANCE: Duration = Duration::from_millis(100);

/// A page of a browser of its own, which ends with it.
pub(crate) struct Page {
    _browser: Child,
    _home: tempfile::TempDir,
    to: AsyncMutex<(ChildStdin, u64)>,
    waiting: Waiting,
    complaints: Arc<Mutex<Vec<String>>>,
    session: String,
}

impl Page {
    /// Opens a page.
    pub(crate) async fn open(url: &str) -> Result<Self, Problem> {
        let chromium = on_path("chromium").ok_or("chromium is not on PATH")?;
        let home = tempfile::tempdir()?;
        // The protocol's pipes are descriptors 3 and 4; a shell puts our own two there.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"]).arg(chromium);
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
        command.args(["--remote-debugging-pipe", "--window-size=1500,1000", "--hide-scrollbars"]);
        command.arg(format!("--user-data-dir={}", home.path().display())).env("HOME", home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut browser = command.spawn()?;
        let (to, from) = (browser.stdin.take().ok_or("no pipe")?, browser.stdout.take().ok_or("no pipe")?);
        let (waiting, complaints) = (Waiting::default(), Arc::new(Mutex::new(Vec::new())));
        let (answers, heard) = (Arc::clone(&waiting), Arc::clone(&complaints));
        #[expect(
            clippy::disallowed_methods,
            reason = "reads for as long as the browser lives, and ends with its pipe"
        )]
        tokio::spawn(async move {
            let mut lines = BufReader::new(from);
            loop {
                let mut message = Vec::new();
                match lines.read_until(0, &mut message).await {
                    Ok(length) if length > 0 => {}
                    _ => break,
                }
                message.pop();
                let message: Value = serde_json::from_slice(&message).unwrap_or_default();
                if let Some(id) = message["id"].as_u64() {
                    if let Some(answer) = answers.lock().unwrap().remove(&id) {
                        let _gone = answer.send(message);
                    }
                } else if message["method"] == "Runtime.exceptionThrown" {
                    heard.lock().unwrap().push(message["params"]["exceptionDetails"].to_string());
                }
            }
        });
        let mut page = Self {
            _browser: browser,
            _home: home,
            to: AsyncMutex::new((to, 0)),
            waiting,
            complaints,
            session: String::new(),
        };
        let target = page.call("Target.createTarget", json!({"url": "about:blank"})).await?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = page.call("Target.attachToTarget", attach).await?;
        attached["sessionId"].as_str().ok_or("no session")?.clone_into(&mut page.session);
        page.call("Runtime.enable", json!({})).await?;
        page.call("Page.enable", json!({})).await?;
        page.call("Page.navigate", json!({"url": url})).await?;
        page.until("document.readyState === 'complete' && typeof nodes !== 'undefined'", "the page is loaded").await?;
        Ok(page)
    }

    async fn call(&self, method: &str, parameters: Value) -> Result<Value, Problem> {
        let (sender, receiver) = oneshot::channel();
        let mut to = self.to.lock().await;
        to.1 += 1;
        let mut message = json!({"id": to.1, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.waiting.lock().unwrap().insert(to.1, sender);
        to.0.write_all(format!("{message}\0").as_bytes()).await?;
        to.0.flush().await?;
        drop(to);
        let answer =
            tokio::time::timeout(PATIENCE, receiver).await.map_err(|_| format!("{method} has no answer"))??;
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {error}").into()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// Evaluates an expression.
    pub(crate) async fn evaluate(&self, expression: &str) -> Result<Value, Problem> {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", asked).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(format!("{expression}: {thrown}").into()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    pub(crate) async fn number(&self, expression: &str) -> Result<u64, Problem> {
        Ok(self.evaluate(expression).await?.as_u64().ok_or("no number")?)
    }

    pub(crate) async fn text(&self, expression: &str) -> Result<String, Problem> {
        Ok(self.evaluate(expression).await?.as_str().ok_or("no text")?.to_owned())
    }

    /// Waits until an expression is true.
    pub(crate) async fn until(&self, expression: &str, what: &str) -> Result<(), Problem> {
        let patience = Instant::now() + PATIENCE;
        loop {
            if self.evaluate(expression).await.ok() == Some(json!(true)) {
                return Ok(());
            }
            if Instant::now() > patience {
                return Err(format!("it is not so that {what}; complaints: {:?}", self.complaints()).into());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Switches to the dark colours.
    pub(crate) async fn dark(&self) -> Result<(), Problem> {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        self.call("Emulation.setEmulatedMedia", features).await?;
        Ok(())
    }

    /// Takes a picture, PNG.
    pub(crate) async fn screenshot(&self) -> Result<Vec<u8>, Problem> {
        let answer = self.call("Page.captureScreenshot", json!({"format": "png"})).await?;
        decode(answer["data"].as_str().ok_or("no picture")?)
    }

    /// What the page's scripts threw.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().clone()
    }
}

/// Reads base64, which the protocol's pictures come in.
fn decode(text: &str) -> Result<Vec<u8>, Problem> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        buffer = buffer << 6 | u32::from(value(byte).ok_or("no base64")?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff)?);
        }
    }
    Ok(bytes)
}
