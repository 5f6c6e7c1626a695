//! What the verbs of every resource ask of AWS itself.

use jiff::Timestamp;

use crate::aws::{Aws, Tags};
use crate::engine::{Result, RunMark};
use crate::resource::Access;

impl Access for Aws {
    fn now(&self) -> Option<Timestamp> {
        Self::now(self)
    }

    fn mint_uid(&self) -> String {
        Self::mint_uid(self)
    }

    async fn account_id(&self, peer: Option<&str>) -> Result<Option<String>> {
        self.account(peer)?.id().await
    }

    async fn peer_of(&self, account_id: &str) -> Option<String> {
        Self::peer_of(self, account_id).await.and_then(|peer| peer.name().map(str::to_owned))
    }

    async fn tags(&self, id: &str) -> Result<Tags> {
        self.account(None)?.tags_of(id).await
    }

    async fn write_tags(&self, id: &str, tags: &Tags) -> Result<()> {
        self.account(None)?.write_tags(id, tags).await
    }

    async fn mark_run(&self, id: &str, mark: RunMark) -> Result<()> {
        self.account(None)?.mark_run(id, mark).await
    }
}
