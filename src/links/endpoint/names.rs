//! The DNS names of an endpoint, told apart by their shape: their order is not promised.

/// What a DNS entry of an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// `<endpoint>-<8 characters>.…`: resolves to every network interface.
    Regional,
    /// `<endpoint>-<8 characters>-<zone>.…`: resolves to the one in this zone.
    Zonal(String),
    /// Anything else: a private name of the service.
    Private,
}

/// Tells what a name of this endpoint is. AWS services put `*.` in front of theirs.
pub(super) fn kind(endpoint_id: &str, name: &str) -> Name {
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let label = bare.split('.').next().unwrap_or_default();
    let Some(rest) = label.strip_prefix(endpoint_id).and_then(|rest| rest.strip_prefix('-')) else {
        return Name::Private;
    };
    match rest.split_once('-') {
        None => Name::Regional,
        Some((_, zone)) => Name::Zonal(zone.to_owned()),
    }
}

/// The endpoint that a name of one is of, as it stands in records.
pub fn id_in(name: &str) -> Option<&str> {
    let bare = name.strip_prefix("dualstack.").or(name.strip_prefix("*.")).unwrap_or(name);
    let unique = bare.strip_prefix("vpce-").filter(|_| bare.contains(".vpce."))?;
    let length = unique.find(['-', '.'])?;
    bare.get(.."vpce-".len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_endpoint() {
        let table = [
            ("vpce-0a1b-abcd1234.vpce-svc-01.eu-west-1.vpce.amazonaws.com", Some("vpce-0a1b")),
            ("dualstack.vpce-0a1b-abcd1234-eu-west-1a.sqs.eu-west-1.vpce.amazonaws.com", Some("vpce-0a1b")),
            ("*.vpce-0a1b-abcd1234.s3.eu-west-1.vpce.amazonaws.com", Some("vpce-0a1b")),
            ("*.vpce-0a1b-abcd1234-eu-west-1a.s3.eu-west-1.vpce.amazonaws.com", Some("vpce-0a1b")),
            ("vpce-0a1b.example.dev", None),
            ("orders.example.dev", None),
        ];
        for (name, expected) in table {
            assert_eq!(id_in(name), expected, "{name}");
        }
    }

    #[test]
    fn names_are_told_apart_by_shape() {
        let id = "vpce-0a1b2c3d4e5f60718";
        let table = [
            ("vpce-0a1b2c3d4e5f60718-abcd1234.vpce-svc-01.eu-west-1.vpce.amazonaws.com", Name::Regional),
            (
                "vpce-0a1b2c3d4e5f60718-abcd1234-eu-west-1a.vpce-svc-01.eu-west-1.vpce.amazonaws.com",
                Name::Zonal("eu-west-1a".into()),
            ),
            ("*.vpce-0a1b2c3d4e5f60718-abcd1234.s3.eu-west-1.vpce.amazonaws.com", Name::Regional),
            (
                "vpce-0a1b2c3d4e5f60718-abcd1234-us-west-2-lax-1a.x.us-west-2.vpce.amazonaws.com",
                Name::Zonal("us-west-2-lax-1a".into()),
            ),
            ("orders.example.dev", Name::Private),
            ("*.orders.example.dev", Name::Private),
            ("vpce-0ffffffffffffffff-abcd1234.vpce-svc-01.eu-west-1.vpce.amazonaws.com", Name::Private),
            ("", Name::Private),
        ];
        for (name, expected) in table {
            assert_eq!(kind(id, name), expected, "{name}");
        }
    }
}
