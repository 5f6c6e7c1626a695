//! How a TLS listener of a network load balancer checks the certificates of its clients (November 2026).
//!
//! Trust stores are not simulated: any ARN of one in the caller's Region exists, **more lenient than AWS**. Other settings of it
//! (identity filters, advertised names) and HTTPS listeners are not simulated.

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::input::{self, configuration, need, validation};
use super::state::{LoadBalancerKind, MutualAuthentication};

/// Holds what a call says about it.
#[derive(Debug)]
pub struct Asked {
    /// `None` for the mode `off`.
    pub wanted: Option<MutualAuthentication>,
}

impl Asked {
    /// Reads the structure; `None` where a call has none.
    ///
    /// # Errors
    /// `ValidationError` for another mode and for settings of another mode than theirs (codes *assumed*).
    pub fn read(kind: LoadBalancerKind, params: &Params) -> Result<Option<Self>, ApiError> {
        let Some(asked) = params.structure("MutualAuthentication") else { return Ok(None) };
        if kind == LoadBalancerKind::Application {
            return Err(ApiError::not_simulated("mutual authentication of Application Load Balancers"));
        }
        let trust_store = asked.text("TrustStoreArn").map(ToOwned::to_owned);
        let ignores_expiry = input::flag(asked, "IgnoreClientCertificateExpiry")?;
        match need(asked, "Mode")? {
            "off" if trust_store.is_some() || ignores_expiry.is_some() => {
                Err(validation("A trust store and its settings cannot be specified when mutual authentication is off"))
            }
            "off" => Ok(Some(Self { wanted: None })),
            "verify" => {
                let trust_store = trust_store.ok_or_else(|| {
                    validation("A trust store ARN must be specified for mutual authentication mode verify")
                })?;
                let ignores_expiry = ignores_expiry.unwrap_or(false);
                Ok(Some(Self { wanted: Some(MutualAuthentication { trust_store, ignores_expiry }) }))
            }
            "passthrough" => {
                Err(configuration("Mutual authentication mode passthrough is not supported for Network Load Balancers"))
            }
            other => Err(validation(format!("Mutual authentication mode '{other}' must be one of 'off, verify'"))),
        }
    }
}

impl MutualAuthentication {
    /// Checks that the trust store could be one that the caller can use.
    ///
    /// # Errors
    /// `TrustStoreNotFound`.
    pub fn check(&self, session: &Session<'_>) -> Result<(), ApiError> {
        let parts: Vec<&str> = self.trust_store.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "elasticloadbalancing", region, _, path]
                if *region == session.caller.region && path.starts_with("truststore/") =>
            {
                Ok(())
            }
            _ => Err(ApiError::bad("TrustStoreNotFound", format!("Trust store '{}' not found", self.trust_store))),
        }
    }
}

/// Adds it to the description of a listener, `off` for one of TLS that does not check.
pub fn join(xml: Xml, protocol: &str, mutual: Option<&MutualAuthentication>) -> Xml {
    let shown = match mutual {
        Some(mutual) => Xml::new()
            .text("Mode", "verify")
            .text("TrustStoreArn", &mutual.trust_store)
            .text("IgnoreClientCertificateExpiry", mutual.ignores_expiry)
            .text("TrustStoreAssociationStatus", "active"),
        None if protocol == "TLS" => Xml::new().text("Mode", "off"),
        None => return xml,
    };
    xml.element("MutualAuthentication", shown)
}
