//! Prefix lists of AWS: those of the services with gateway endpoints. Lists of customers exist where `/_simulator/set` made them.

use serde_json::{Map, Value};

use crate::simulator::buckets::READING;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::privatelink::aws_service::names::GATEWAYS;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::State;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    reading("DescribePrefixLists", READING, describe_many),
    reading("DescribeManagedPrefixLists", READING, describe_managed),
];

/// Holds one list of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixList {
    /// `pl-…`.
    pub id: String,
    /// Name of the service.
    pub name: String,
    /// Blocks of its addresses.
    pub cidrs: Vec<&'static str>,
}

/// Ids that are known; those of other Regions and services are made up.
const KNOWN: &[(&str, &str)] =
    &[("com.amazonaws.us-east-1.s3", "pl-63a5400a"), ("com.amazonaws.us-east-1.dynamodb", "pl-02cd2c6b")];

/// Returns the list of a service in a Region, if it has one.
pub fn of_service(region: &str, name: &str) -> Option<PrefixList> {
    all(region).into_iter().find(|list| list.name == name)
}

/// Returns AWS's lists in a Region.
pub fn all(region: &str) -> Vec<PrefixList> {
    let list = |short: &&str| {
        let name = format!("com.amazonaws.{region}.{short}");
        let known = KNOWN.iter().find(|(known, _)| *known == name).map(|(_, id)| (*id).to_owned());
        let digest = name.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let id = known.unwrap_or_else(|| format!("pl-{digest:08x}"));
        // Blocks of documentation, of the size that AWS's have.
        let cidrs = if *short == "dynamodb" { vec!["203.0.113.0/24"] } else { vec!["192.0.2.0/24", "198.51.100.0/24"] };
        PrefixList { id, name, cidrs }
    };
    GATEWAYS.iter().map(list).collect()
}

/// Makes a list of a customer exist or not: `{"exists": true}`, by `<account>/<Region>/<id>`; `None` when the kind is another.
pub fn force(state: &mut State, kind: &str, id: &str, fields: &Map<String, Value>) -> Option<Result<(), String>> {
    if kind != "prefix_list" {
        return None;
    }
    let mut parts = id.splitn(3, '/');
    let (Some(account), Some(region), Some(list)) = (parts.next(), parts.next(), parts.next()) else {
        return Some(Err(format!("'{id}' is not <account>/<Region>/<prefix list>")));
    };
    let lists = &mut state.region_mut(account, region).ec2.prefix_lists;
    Some(match fields.get("exists").filter(|_| fields.len() == 1) {
        Some(Value::Bool(true)) => {
            lists.insert(list.to_owned());
            Ok(())
        }
        Some(Value::Bool(false)) => {
            lists.remove(list);
            Ok(())
        }
        _ => Err("a prefix list takes exists: true or false".to_owned()),
    })
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("PrefixListId");
    let filters = Filters::read(params, &[])?;
    let lists = all(&session.caller.region);
    if let Some(absent) = ids.iter().find(|id| !lists.iter().any(|list| list.id == **id)) {
        return Err(not_found(absent));
    }
    let mut items = Vec::new();
    for list in lists.into_iter().filter(|list| ids.is_empty() || ids.contains(&list.id)) {
        let item = Xml::new()
            .text("prefixListId", &list.id)
            .text("prefixListName", &list.name)
            .text_set("cidrSet", list.cidrs);
        if filters.pass_answer(&item) {
            items.push((list.id, item));
        }
    }
    let ask = session.ask(params, PageSizes::Clamped, !ids.is_empty())?;
    let page = session.page_of(items, &ask)?;
    Ok(Xml::new().set("prefixListSet", page.items).optional("nextToken", page.next))
}

/// Lists AWS's lists and those of the caller.
fn describe_managed(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("PrefixListId");
    let filters = Filters::read(params, &[])?;
    let (region, account) = (session.caller.region.clone(), session.caller.account.clone());
    let of_aws = all(&region).into_iter().map(|list| (list.id, list.name, "AWS".to_owned(), "aws".to_owned()));
    let own = session.region().ec2.prefix_lists.clone();
    let own = own.into_iter().map(|id| (id.clone(), id, account.clone(), account.clone()));
    let lists: Vec<(String, String, String, String)> = of_aws.chain(own).collect();
    if let Some(absent) = ids.iter().find(|id| !lists.iter().any(|(list, ..)| list == *id)) {
        return Err(not_found(absent));
    }
    let mut items = Vec::new();
    for (id, name, owner, place) in lists.into_iter().filter(|(id, ..)| ids.is_empty() || ids.contains(id)) {
        let item = Xml::new()
            .text("prefixListId", &id)
            .text("addressFamily", "IPv4")
            .text("state", "create-complete")
            .text("prefixListArn", format!("arn:aws:ec2:{region}:{place}:prefix-list/{id}"))
            .text("prefixListName", name)
            .text("ownerId", owner);
        if filters.pass_answer(&item) {
            items.push((id, item));
        }
    }
    let ask = session.ask(params, PageSizes::Clamped, !ids.is_empty())?;
    let page = session.page_of(items, &ask)?;
    Ok(Xml::new().set("prefixListSet", page.items).optional("nextToken", page.next))
}

/// Refuses a list that is not there.
pub fn not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist"))
}
