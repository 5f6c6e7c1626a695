//! The services of AWS itself that endpoints may name.
//!
//! They differ from customers' services in that everybody may use them, in every zone, that they take endpoint policies, that their
//! private names come from AWS and need no verification, and that nobody accepts. Their inside is not modelled: `reach` ends at
//! their door. Which there are is `aws_service/names.rs`.

pub mod names;

use self::names::{ACROSS_REGIONS, GATEWAYS, GLOBAL, NAMED_APART, NAMES, PRIVATE_NAMES};
use super::endpoint::EndpointKind;
use super::endpoint::dns;

/// One service of AWS in one Region, for one kind of endpoint: S3 and DynamoDB have two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsService {
    /// Its name, `com.amazonaws.<region>.<short>`; of three parts where it has no Region, and for some one of their own.
    pub name: String,
    /// Its id; AWS gives its own services one as well.
    pub id: String,
    /// Its last part, such as `sqs` or `ecr.api`.
    pub short: &'static str,
    /// Its Region.
    pub region: String,
    /// The kind of endpoints that it has.
    pub kind: EndpointKind,
    /// The names it takes over in a VPC with private DNS.
    pub private_names: Vec<String>,
    /// Whether its endpoints' names begin with `*.`, as those of S3 do.
    pub has_wildcard_names: bool,
}

impl AwsService {
    fn new(region: &str, short: &'static str, kind: EndpointKind) -> Self {
        let name = full_name(region, short);
        let digest = format!("{name}/{}", kind.name())
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let private_names = if kind == EndpointKind::Gateway { Vec::new() } else { private_names(region, short) };
        Self {
            name,
            id: format!("vpce-svc-0{digest:016x}"),
            short,
            region: region.to_owned(),
            kind,
            private_names,
            has_wildcard_names: short == "s3" && kind == EndpointKind::Interface,
        }
    }

    /// Returns the domain under which its endpoints' names lie.
    pub fn domain(&self) -> String {
        match self.kind {
            EndpointKind::Interface => format!("{}.{}.vpce.amazonaws.com", self.short, self.region),
            EndpointKind::Gateway => format!("{}.{}.amazonaws.com", self.short, self.region),
        }
    }

    /// Tells whether endpoints of other Regions reach it.
    pub fn serves_other_regions(&self) -> bool {
        self.kind == EndpointKind::Interface && ACROSS_REGIONS.contains(&self.short)
    }

    /// Tells whether one of its private names is `name` or covers it.
    pub fn covers(&self, name: &str) -> bool {
        self.private_names.iter().any(|private| {
            private
                .strip_prefix("*.")
                .map_or(private == name, |parent| name != parent && dns::lies_within(name, parent))
        })
    }
}

fn full_name(region: &str, short: &str) -> String {
    match NAMED_APART.iter().find(|(known, _)| *known == short) {
        Some((_, name)) => name.replace("{region}", region),
        None if GLOBAL.contains(&short) => format!("com.amazonaws.{short}"),
        None => format!("com.amazonaws.{region}.{short}"),
    }
}

fn private_names(region: &str, short: &str) -> Vec<String> {
    let own = PRIVATE_NAMES.iter().find(|(known, _)| *known == short);
    match own {
        Some((_, names)) => names.iter().map(|name| name.replace("{region}", region)).collect(),
        None if GLOBAL.contains(&short) => vec![format!("{short}.amazonaws.com")],
        None => vec![format!("{short}.{region}.amazonaws.com")],
    }
}

/// Returns the services of AWS in a Region, by name; those without a Region are in the first one.
pub fn all(region: &str) -> Vec<AwsService> {
    let global = GLOBAL.iter().filter(|_| region == "us-east-1");
    let apart = NAMED_APART.iter().map(|(short, _)| short);
    let interfaces =
        NAMES.iter().chain(global).chain(apart).map(|short| AwsService::new(region, short, EndpointKind::Interface));
    let gateways = GATEWAYS.iter().map(|short| AwsService::new(region, short, EndpointKind::Gateway));
    interfaces.chain(gateways).collect()
}

/// Returns the service of AWS with this name in this Region, for a kind of endpoint.
pub fn find(region: &str, name: &str, kind: EndpointKind) -> Option<AwsService> {
    let short = short_name(region, name)?;
    let has_kind = match kind {
        EndpointKind::Gateway => GATEWAYS.contains(&short),
        EndpointKind::Interface => true,
    };
    has_kind.then(|| AwsService::new(region, short, kind))
}

/// Returns what comes after the Region in a name of this Region's services.
fn short_name(region: &str, name: &str) -> Option<&'static str> {
    let apart = NAMED_APART.iter().map(|(short, _)| *short).find(|short| full_name(region, short) == name);
    if apart.is_some() {
        return apart;
    }
    let rest = name.strip_prefix("com.amazonaws.")?;
    if let Some(short) = GLOBAL.iter().find(|short| **short == rest) {
        return (region == "us-east-1").then_some(*short);
    }
    let short = rest.strip_prefix(region)?.strip_prefix('.')?;
    NAMES.iter().find(|known| **known == short).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_aws_is_found_in_its_own_region_only() {
        let interface = EndpointKind::Interface;
        let sqs = find("eu-west-1", "com.amazonaws.eu-west-1.sqs", interface).unwrap();
        assert_eq!(sqs.private_names, ["sqs.eu-west-1.amazonaws.com"]);
        assert!(sqs.covers("sqs.eu-west-1.amazonaws.com"));
        assert!(find("eu-west-1", "com.amazonaws.us-east-1.sqs", interface).is_none());
        let s3 = find("eu-west-1", "com.amazonaws.eu-west-1.s3", interface).unwrap();
        assert!(s3.covers("bucket.s3.eu-west-1.amazonaws.com"));
        assert_eq!(s3.private_names.len(), 6);
        assert!(s3.private_names.iter().all(|name| name.starts_with("*.")));
        assert!(find("eu-west-1", "com.amazonaws.eu-west-1.sqs", EndpointKind::Gateway).is_none());
    }

    #[test]
    fn names_of_three_parts_belong_to_the_first_region() {
        let iam = find("us-east-1", "com.amazonaws.iam", EndpointKind::Interface).unwrap();
        assert_eq!(iam.private_names, ["iam.amazonaws.com"]);
        assert!(iam.serves_other_regions());
        assert!(find("eu-west-1", "com.amazonaws.iam", EndpointKind::Interface).is_none());
    }

    #[test]
    fn some_services_have_names_of_their_own() {
        let notebook = find("eu-west-1", "aws.sagemaker.eu-west-1.notebook", EndpointKind::Interface).unwrap();
        assert_eq!(notebook.name, "aws.sagemaker.eu-west-1.notebook");
        assert!(notebook.covers("mine.notebook.eu-west-1.sagemaker.aws"));
        assert!(find("eu-west-1", "com.amazonaws.eu-west-1.sagemaker.notebook", EndpointKind::Interface).is_none());
        assert!(find("us-east-1", "aws.sagemaker.eu-west-1.notebook", EndpointKind::Interface).is_none());
    }

    #[test]
    fn every_service_has_an_id_of_its_own() {
        let all = all("us-east-1");
        let ids: std::collections::BTreeSet<&String> = all.iter().map(|service| &service.id).collect();
        assert_eq!((ids.len(), all.len() > 150), (all.len(), true));
    }
}
