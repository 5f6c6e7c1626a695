//! One allowed principal of a service.

use crate::simulator::clock::Moment;
use crate::simulator::xml::Xml;

use super::principal::PrincipalType;

/// One allowed principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// `vpce-svc-perm-…`; stays the same as long as the principal is allowed.
    pub id: String,
    /// The principal as AWS stores it.
    pub principal: String,
    /// Its type.
    pub kind: PrincipalType,
    /// From then on calls of other accounts meet it.
    pub visible_at: Moment,
}

impl Permission {
    pub(super) fn xml(&self, service_id: &str) -> Xml {
        Xml::new()
            .text("principalType", self.kind.name())
            .text("principal", &self.principal)
            .text("servicePermissionId", &self.id)
            .text("serviceId", service_id)
    }
}
