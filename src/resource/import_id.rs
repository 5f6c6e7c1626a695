//! What a person types to import an object.

use crate::diagnostic::Diagnostic;
use crate::schema::formats;

/// `ANCHOR` or `ANCHOR@REGION`. What an anchor looks like is the composite's matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportId<'a> {
    /// The id of the object, as AWS writes it.
    pub anchor: &'a str,
    /// The Region, where it is not the provider's.
    pub region: Option<&'a str>,
}

impl<'a> ImportId<'a> {
    /// Takes the Region off.
    pub fn parse(id: &'a str) -> Result<Self, Diagnostic> {
        let Some((anchor, region)) = id.split_once('@') else { return Ok(Self { anchor: id, region: None }) };
        if (formats::REGION.holds)(region) {
            return Ok(Self { anchor, region: Some(region) });
        }
        let detail =
            format!("{region:?} is not an AWS Region. Write the id as {anchor}@us-east-1, or leave the Region out.");
        Err(Diagnostic::error("Invalid import id", detail))
    }

    /// The two ids of an anchor `SERVICE/ENDPOINT`.
    pub fn pair(anchor: &str) -> Option<(&str, &str)> {
        let (service, endpoint) = anchor.split_once('/')?;
        ((formats::SERVICE_ID.holds)(service) && (formats::ENDPOINT_ID.holds)(endpoint)).then_some((service, endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::ImportId;

    #[test]
    fn a_region_stands_after_the_anchor_or_not_at_all() {
        for (text, anchor, region) in [
            ("vpce-1", "vpce-1", None),
            ("vpce-1@eu-west-1", "vpce-1", Some("eu-west-1")),
            ("", "", None),
            ("@eu-west-1", "", Some("eu-west-1")),
        ] {
            assert_eq!(ImportId::parse(text), Ok(ImportId { anchor, region }), "{text}");
        }
        for text in ["vpce-1@", "vpce-1@Ireland", "vpce-1@eu-west-1@", "@"] {
            assert_eq!(ImportId::parse(text).unwrap_err().summary, "Invalid import id", "{text}");
        }
    }

    #[test]
    fn a_pair_is_two_whole_ids_with_one_slash() {
        let (service, endpoint) = ("vpce-svc-0123456789abcdef0", "vpce-0123456789abcdef0");
        assert_eq!(ImportId::pair(&format!("{service}/{endpoint}")), Some((service, endpoint)));
        for text in ["", "/", service, &format!("{endpoint}/{service}"), &format!("{service}/{endpoint}/")] {
            assert_eq!(ImportId::pair(text), None, "{text}");
        }
    }
}
