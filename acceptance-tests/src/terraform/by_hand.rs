//! What a person does behind Terraform's back: acts until AWS agrees, and reads what it answers.

use std::time::Duration;

use tokio::time::Instant;

use super::{Error, Simulator};

/// How long AWS may take to show what was made.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is asked meanwhile.
const GLANCE: Duration = Duration::from_millis(50);

/// Asks until there is an answer: AWS shows and allows things a little after they were made.
pub async fn patiently<T>(why: &str, ask: impl AsyncFn() -> Result<Option<T>, Error>) -> Result<T, Error> {
    let patience = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if Instant::now() > patience {
            return Err(Error::Broken(why.to_owned()));
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Gives the text of the first element of this name in an answer of AWS.
pub fn element<'a>(answer: &'a str, name: &str) -> Result<&'a str, Error> {
    let found = answer.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    found.map(|(text, _)| text).ok_or_else(|| Error::Broken(format!("no {name} in {answer}")))
}

impl Simulator {
    /// Calls EC2 or Elastic Load Balancing as an account until AWS agrees.
    pub async fn act_in_time(
        &self,
        (account, region): (&str, &str),
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, Error> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let said = self.act_in(account, region, service, action, parameters).await;
            if said.is_ok() || Instant::now() > patience {
                return said;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }
}
