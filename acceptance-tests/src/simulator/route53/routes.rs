//! Which operation a method and a path name.

/// Names the operation behind a method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Operation, in AWS's words.
    pub operation: &'static str,
    /// Parameters in the path, such as `Id`.
    pub labels: Vec<(&'static str, String)>,
}

/// Method, path with its labels in braces, operation.
pub type Pattern = (&'static str, &'static str, &'static str);

/// Paths below the version.
const ROUTES: &[Pattern] = &[
    ("POST", "hostedzone", "CreateHostedZone"),
    ("GET", "hostedzone", "ListHostedZones"),
    ("GET", "hostedzonesbyname", "ListHostedZonesByName"),
    ("GET", "hostedzonesbyvpc", "ListHostedZonesByVPC"),
    ("GET", "hostedzone/{Id}", "GetHostedZone"),
    ("POST", "hostedzone/{Id}", "UpdateHostedZoneComment"),
    ("DELETE", "hostedzone/{Id}", "DeleteHostedZone"),
    ("POST", "hostedzone/{Id}/associatevpc", "AssociateVPCWithHostedZone"),
    ("POST", "hostedzone/{Id}/disassociatevpc", "DisassociateVPCFromHostedZone"),
    ("POST", "hostedzone/{Id}/authorizevpcassociation", "CreateVPCAssociationAuthorization"),
    ("POST", "hostedzone/{Id}/deauthorizevpcassociation", "DeleteVPCAssociationAuthorization"),
    ("GET", "hostedzone/{Id}/authorizevpcassociation", "ListVPCAssociationAuthorizations"),
    ("POST", "hostedzone/{Id}/rrset", "ChangeResourceRecordSets"),
    ("GET", "hostedzone/{Id}/dnssec", "GetDNSSEC"),
    ("GET", "hostedzone/{Id}/rrset", "ListResourceRecordSets"),
    ("GET", "change/{Id}", "GetChange"),
    ("POST", "tags/{ResourceType}/{ResourceId}", "ChangeTagsForResource"),
    ("GET", "tags/{ResourceType}/{ResourceId}", "ListTagsForResource"),
    ("POST", "tags/{ResourceType}", "ListTagsForResources"),
    ("GET", "hostedzonelimit/{Id}/{Type}", "GetHostedZoneLimit"),
];

/// Reads method and path; `None` when no operation is there.
pub fn route(method: &str, path: &str) -> Option<Route> {
    find(ROUTES, method, path.strip_prefix("/2013-04-01/")?.trim_end_matches('/'))
}

/// Finds the pattern of a method and a path without slashes around it.
pub fn find(routes: &[Pattern], method: &str, below: &str) -> Option<Route> {
    let segments: Vec<String> = below.split('/').map(decode).collect();
    routes.iter().filter(|(known, _, _)| *known == method).find_map(|(_, pattern, operation)| {
        let parts: Vec<&str> = pattern.split('/').collect();
        if parts.len() != segments.len() {
            return None;
        }
        let mut labels = Vec::new();
        for (part, segment) in parts.into_iter().zip(&segments) {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(label) => labels.push((label, segment.clone())),
                None if part == segment => {}
                None => return None,
            }
        }
        Some(Route { operation, labels })
    })
}

/// Undoes percent-encoding; ids have no plus signs that the form rules would change.
fn decode(segment: &str) -> String {
    form_urlencoded::parse(segment.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_operations_with_their_labels() {
        let change = route("POST", "/2013-04-01/hostedzone/Z1/rrset/").unwrap();
        assert_eq!((change.operation, change.labels), ("ChangeResourceRecordSets", vec![("Id", "Z1".to_owned())]));
        assert_eq!(route("GET", "/2013-04-01/hostedzone").unwrap().operation, "ListHostedZones");
        let whole = route("GET", "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1").unwrap();
        assert_eq!(whole.labels, vec![("Id", "/hostedzone/Z1".to_owned())]);
        assert_eq!(route("GET", "/2013-04-01/healthcheck"), None);
    }
}
