//! Resource identity: what names an object for its whole life, beside the state (Terraform 1.12, OpenTofu 1.12).
//!
//! Every composite has the same three attributes. They follow from the state alone, without a call: the account stands in
//! what is recorded ([`super::account`]). Where the state does not tell one, the identity that core has stored already does,
//! so that an identity, once known, never changes.

use super::access::Access;
use super::state::Stored;
use super::{ImportId, ImportResponse, Resource, account};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::{self, Attributes as _, Rule, Schema, formats};
use crate::value::{Attr, Path, Value};

crate::attributes! {
    /// What names an object.
    pub struct ResourceIdentity {
        /// Id of the object, as an import by id is given it, without the Region.
        required id: String,
        /// Region of the object; the provider's by default.
        optional region: String => [Rule::Is(&formats::REGION)],
        /// Account of the object. An import compares it with the account of the credentials.
        optional account_id: String => [Rule::Is(&formats::ACCOUNT_ID)],
    }
}

impl ResourceIdentity {
    /// The schema of every identity. Its version is raised when the stored shape changes.
    pub fn schema() -> Schema {
        Schema { version: 0, block: Self::block() }
    }

    /// Reads what an import block says.
    fn read(written: &Value) -> Result<Self, Diagnostics> {
        let schema::Checked { found, rest } = schema::check(&Self::block(), written);
        if found.has_errors() {
            // The paths are those of the identity: core would look for them in the resource.
            let mut told = Diagnostics::new();
            for one in found {
                told.push(Diagnostic { path: Path::root(), ..one });
            }
            return Err(told);
        }
        Self::decode(&rest, &Path::root())
    }
}

impl<C: Access> Resource<C> {
    /// What names the object of a state. See [`super::ResourceServer::identity`].
    pub(super) fn identity_of(&self, state: &Value, stored: &Value) -> Value {
        let known = ResourceIdentity::decode(stored, &Path::root()).unwrap_or_default();
        let text = |name: &str| state.get(name).as_str().map_or(Attr::Null, |text| Attr::Known(text.to_owned()));
        let Attr::Known(id) = text("id") else { return Value::Null };
        let record = Stored::read(state).map(|stored| stored.record).unwrap_or_default();
        // Another object's identity says nothing of this one.
        let known = if known.id.known() == Some(&id) { known } else { ResourceIdentity::default() };
        let or_known = |own: Attr<String>, known: Attr<String>| if own.known().is_some() { own } else { known };
        let identity = ResourceIdentity {
            id: Attr::Known(id),
            region: or_known(text("region"), known.region),
            account_id: or_known(account::of_anchor(&record, self.facts.anchor).into(), known.account_id),
        };
        identity.encode()
    }

    /// Finds the object that an identity names. See [`super::ResourceServer::import_identified`].
    pub(super) async fn adopt_identified(&self, written: &Value) -> ImportResponse {
        match self.try_adopt_identified(written).await {
            Ok((state, diagnostics)) => ImportResponse { state, private: Vec::new(), diagnostics },
            Err(diagnostics) => ImportResponse { diagnostics, ..ImportResponse::default() },
        }
    }

    async fn try_adopt_identified(&self, written: &Value) -> Result<(Value, Diagnostics), Diagnostics> {
        let identity = ResourceIdentity::read(written)?;
        let id = identity.id.known().map(String::as_str).unwrap_or_default();
        let peer = self.peer_of(&identity).await;
        let place =
            ImportId { peer: peer.as_deref(), ..ImportId::own(id, identity.region.known().map(String::as_str)) };
        let (state, diagnostics) = match self.adopt_in(place).await {
            Ok(found) => found,
            Err(told) => return Err(self.explain_absence(told, &identity).await),
        };
        let found = ResourceIdentity::decode(&self.identity_of(&state, &Value::Null), &Path::root())?;
        match (identity.account_id.known(), found.account_id.known()) {
            (Some(wanted), Some(found)) if wanted != found => {
                Err(another_account(self.noun(), id, wanted, found).into())
            }
            _ => Ok((state, diagnostics)),
        }
    }

    /// The peer that has the object, as far as the identity tells and the provider block has it.
    async fn peer_of(&self, identity: &ResourceIdentity) -> Option<String> {
        let account_id = identity.account_id.known().filter(|_| self.facts.held_by_peers)?;
        let region = identity.region.known().cloned().or_else(|| self.connection.region())?;
        // Without a client the import says why.
        let client = self.connection.client(&region).await.ok()?;
        client.peer_of(account_id).await
    }

    /// Where nothing is found, these may be the credentials of another account than the one that the identity names.
    async fn explain_absence(&self, told: Diagnostics, identity: &ResourceIdentity) -> Diagnostics {
        let (Some(id), Some(wanted)) = (identity.id.known(), identity.account_id.known()) else { return told };
        let region = identity.region.known().cloned().or_else(|| self.connection.region()).unwrap_or_default();
        let Ok(client) = self.connection.client(&region).await else { return told };
        match client.account_id(None).await {
            Ok(Some(own)) if own != *wanted => another_account(self.noun(), id, wanted, &own).into(),
            _ => told,
        }
    }
}

fn another_account(noun: &str, id: &str, wanted: &str, found: &str) -> Diagnostic {
    let detail = format!(
        "The identity says that the {noun} {id} is in account {wanted}; the credentials of this run are of account \
         {found}.\n\nNothing was changed.\nWhat to do: import it through a provider block with credentials of account {wanted}, \
         or leave account_id out of the identity."
    );
    Diagnostic::error(format!("Cannot import {id}"), detail)
}
