//! What a person types to import an object.

use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::schema::formats;

/// `ANCHOR`, and after it what does not go without saying: `ANCHOR@REGION`, `ANCHOR@PEER` or `ANCHOR@REGION@PEER`. What an
/// anchor looks like, and whether a peer may hold it, is the composite's matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportId<'a> {
    /// The id of the object, as AWS writes it.
    pub anchor: &'a str,
    /// The Region, where it is not the provider's.
    pub region: Option<&'a str>,
    /// Name of the `peer_account` that has the object, where the provider's own account has it not.
    pub peer: Option<&'a str>,
}

impl<'a> ImportId<'a> {
    /// An object of the provider's own account.
    pub fn own(anchor: &'a str, region: Option<&'a str>) -> Self {
        Self { anchor, region, peer: None }
    }

    /// Takes Region and peer off. A word that could be either is a Region: a peer of such a name stands after one.
    pub fn parse(id: &'a str) -> Result<Self, Diagnostic> {
        let Some((anchor, place)) = id.split_once('@') else { return Ok(Self::own(id, None)) };
        let (region, peer) = match place.split_once('@') {
            Some((region, peer)) => (Some(region), Some(peer)),
            None if (formats::REGION.holds)(place) => (Some(place), None),
            None => (None, Some(place)),
        };
        match (region, peer) {
            (Some(region), _) if !(formats::REGION.holds)(region) => Err(no_region(anchor, region)),
            (_, Some("")) => Err(no_region(anchor, "")),
            (region, peer) => Ok(Self { anchor, region, peer }),
        }
    }

    /// The two ids of an anchor `SERVICE/ENDPOINT`.
    pub fn pair(self) -> Option<(&'a str, &'a str)> {
        let (service, endpoint) = self.anchor.split_once('/')?;
        ((formats::SERVICE_ID.holds)(service) && (formats::ENDPOINT_ID.holds)(endpoint)).then_some((service, endpoint))
    }

    /// The same for a composite whose anchor no peer has.
    pub(super) fn without_peer(self) -> Result<Self, Diagnostic> {
        match self.peer {
            Some(peer) => Err(no_region(self.anchor, peer)),
            None => Ok(self),
        }
    }
}

/// As it is typed.
impl fmt::Display for ImportId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.anchor)?;
        [self.region, self.peer].into_iter().flatten().try_for_each(|place| write!(f, "@{place}"))
    }
}

fn no_region(anchor: &str, word: &str) -> Diagnostic {
    let detail = format!("{word:?} is not an AWS Region. Write the id as {anchor}@us-east-1, or leave the Region out.");
    Diagnostic::error("Invalid import id", detail)
}

#[cfg(test)]
mod tests {
    use super::ImportId;

    #[test]
    fn region_and_peer_stand_after_the_anchor_or_not_at_all() {
        for (text, anchor, region, peer) in [
            ("vpce-1", "vpce-1", None, None),
            ("vpce-1@eu-west-1", "vpce-1", Some("eu-west-1"), None),
            ("", "", None, None),
            ("@eu-west-1", "", Some("eu-west-1"), None),
            ("vpce-1@service", "vpce-1", None, Some("service")),
            ("vpce-1@eu-west-1@service", "vpce-1", Some("eu-west-1"), Some("service")),
            ("vpce-1@us-east-1@eu-west-1", "vpce-1", Some("us-east-1"), Some("eu-west-1")),
            ("vpce-1@eu-west-1@a@b", "vpce-1", Some("eu-west-1"), Some("a@b")),
        ] {
            let id = ImportId { anchor, region, peer };
            assert_eq!(ImportId::parse(text), Ok(id), "{text}");
            assert_eq!(id.to_string(), text);
            assert_eq!(id.without_peer().is_ok(), peer.is_none(), "{text}");
        }
        for text in ["vpce-1@", "vpce-1@Ireland@service", "vpce-1@eu-west-1@", "@", "@@"] {
            assert_eq!(ImportId::parse(text).unwrap_err().summary, "Invalid import id", "{text}");
        }
    }

    #[test]
    fn a_pair_is_two_whole_ids_with_one_slash() {
        let (service, endpoint) = ("vpce-svc-0123456789abcdef0", "vpce-0123456789abcdef0");
        let pair = |text: &str| ImportId::own(text, None).pair().map(|(one, other)| format!("{one} {other}"));
        assert_eq!(pair(&format!("{service}/{endpoint}")), Some(format!("{service} {endpoint}")));
        for text in ["", "/", service, &format!("{endpoint}/{service}"), &format!("{service}/{endpoint}/")] {
            assert_eq!(pair(text), None, "{text}");
        }
    }
}
