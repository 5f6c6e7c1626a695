//! Deletions: what is gone already is deleted, and endpoints go together, because AWS counts calls, not endpoints, and gives one of
//! these in three seconds.

use super::call::Token;
use super::client::Account;
use super::error::is_not_found;
use super::operation::Operation::Ec2;
use crate::engine::Result;

const DELETE: &str = "DeleteVpcEndpoints";

/// The reply to a delete: what is gone already is deleted.
pub fn gone<T>(reply: Result<T>) -> Result<()> {
    match reply {
        Err(failure) if !is_not_found(&failure) => Err(failure),
        _ => Ok(()),
    }
}

impl Account {
    /// Asks for the deletion of an endpoint, in one call with all that are asked for until the limits let it pass.
    pub async fn delete_vpc_endpoint(&self, id: &str) -> Result<()> {
        let (waiting, account) = (self.clone(), self.clone());
        let ready = async move { waiting.token(Ec2(DELETE)).await };
        let send = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let sent = account.ec2().delete_vpc_endpoints().set_vpc_endpoint_ids(Some(ids)).send();
                let reply = account.reply(Ec2(DELETE), Token::Held, sent).await?;
                // AWS answers 200 and puts what it refused into a list.
                let refused = reply.unsuccessful().iter().filter_map(|item| {
                    let error = item.error()?;
                    let words = |text: Option<&str>| text.unwrap_or_default().to_owned();
                    Some((item.resource_id()?.to_owned(), (words(error.code()), words(error.message()))))
                });
                Ok(refused.collect::<Vec<_>>())
            }
        };
        match self.reads().endpoint_deletions.get_when(id, ready, send).await? {
            None => Ok(()),
            Some((code, message)) => Err(self.unsuccessful(Ec2(DELETE), id, &code, &message)),
        }
    }
}
