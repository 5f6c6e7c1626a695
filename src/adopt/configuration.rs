//! From resources to files: blocks of HCL with their imports, and what was left alone in words.

use std::collections::{BTreeMap, BTreeSet};

use super::{Adopted, Chain, LeftAlone, Side, TakenOver};
use crate::gather::Gather as _;
use crate::hcl::{Body, Expression, is_identifier, quoted, wrapped};
use crate::privatelink_connection::Decision;
use crate::privatelink_service::Service;
use crate::resource::{Composite as _, ImportId, ProviderServer as _};
use crate::schema::{Attribute, Block, Nesting, service_name};
use crate::value::Value;

/// The name of the provider in configurations.
const PROVIDER: &str = "privatelink";
/// Where it comes from.
const SOURCE: &str = "privatelink/privatelink";
/// The file with the provider blocks and with what was left alone.
const PROVIDERS: &str = "providers.tf";
/// The same beside a configuration that has providers already.
const BESIDE: &str = "privatelink.tf";
/// The file with what a configuration lets go of.
const REMOVED: &str = "removed.tf";

/// A file of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Its name in a folder.
    pub name: String,
    /// What stands in it.
    pub body: Body,
}

/// Writes everything, a file for each connection: a service and those of its endpoints that are found with it, or one endpoint.
pub fn files(adopted: &Adopted, sides: &[Side]) -> Vec<File> {
    let names = Names::of(adopted);
    let mut files = BTreeMap::<String, Body>::new();
    for (place, chain) in adopted.chains.iter().enumerate() {
        let body = files.entry(names.file(chain, place)).or_default();
        write(body, chain, names.label(place), sides, &names);
    }
    let mut head = Body::new();
    head.comment(&about(adopted, sides));
    head.gap();
    if adopted.taken_over.is_none() {
        requirements(&mut head);
    }
    for side in sides {
        provider(&mut head, side);
    }
    let name = if adopted.taken_over.is_some() { BESIDE } else { PROVIDERS };
    let chains = files.into_iter().map(|(name, body)| File { name: format!("{name}.tf"), body });
    let removed = adopted.taken_over.iter().filter(|taken_over| !taken_over.removed.is_empty());
    let removed = removed.map(|taken_over| File { name: REMOVED.to_owned(), body: removed_blocks(taken_over) });
    std::iter::once(File { name: name.to_owned(), body: head }).chain(chains).chain(removed).collect()
}

/// Lets go of what has become a part, and leaves it in AWS.
pub(super) fn removed_blocks(taken_over: &TakenOver) -> Body {
    let mut body = Body::new();
    for address in &taken_over.removed {
        let mut lifecycle = Body::new();
        lifecycle.set("destroy", Expression::Bool(false));
        let mut removed = Body::new();
        removed.set("from", Expression::Reference(address.clone()));
        removed.block("lifecycle", &[], lifecycle);
        body.block("removed", &[], removed);
    }
    body
}

/// What was looked through, what came of it and what was left alone.
fn about(adopted: &Adopted, sides: &[Side]) -> String {
    let Adopted { chains, left, places, taken_over } = adopted;
    let mut lines = vec![wrapped(&format!("PrivateLink connections of {}.", places.join(" and of ")))];
    let moved = chains.iter().filter(|chain| chain.moved_from.is_some()).count();
    lines.push(match (chains.len() - moved, moved) {
        (0, 0) => "Nothing was found that this provider could manage.".to_owned(),
        (imported, 0) => format!("A plan imports {}.", resources(imported)),
        (0, moved) => format!("A plan moves {}.", resources(moved)),
        (imported, moved) => format!("A plan imports {} and moves {}.", resources(imported), resources(moved)),
    });
    let changing = chains.iter().filter(|chain| !chain.changes.is_empty()).count();
    if !chains.is_empty() {
        lines.push(match changing {
            0 => "An apply changes nothing in AWS.".to_owned(),
            changing => wrapped(&format!(
                "An apply changes in AWS what stands above the block of {}, and nothing else. Tags that only some objects of a \
                 connection carry stay as they are where ignore_tags of the provider block names their keys.",
                resources(changing)
            )),
        });
    }
    let ignored: BTreeSet<&str> = sides.iter().flat_map(Side::ignored_tags).gather();
    if !ignored.is_empty() {
        let keys: Vec<String> = ignored.into_iter().map(quoted).collect();
        lines.push(wrapped(&format!(
            "Only some objects of a connection carry the tags {}: ignore_tags of the provider block leaves them as they are. Without \
             it a plan makes them the same on all.",
            keys.join(", ")
        )));
    }
    if let Some(taken_over) = taken_over.as_ref().filter(|_| !chains.is_empty()) {
        lines.extend(to_do(chains, taken_over));
    }
    for (heading, is_meant) in [("Not adopted, see to it:", false), ("Left alone:", true)] {
        let of_kind: Vec<&LeftAlone> = left.iter().filter(|one| one.is_meant == is_meant).collect();
        if !of_kind.is_empty() {
            lines.push(String::new());
            lines.push(heading.to_owned());
            lines.extend(of_kind.iter().map(|one| wrapped(&format!("- {}: {}", one.what, one.why))));
        }
    }
    lines.join("\n")
}

/// So many resources, in words.
pub(super) fn resources(count: usize) -> String {
    if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") }
}

/// What a person does with the configuration that the resources come from.
fn to_do(chains: &[Chain], taken_over: &TakenOver) -> Vec<String> {
    let TakenOver { removed, forgotten, .. } = taken_over;
    let mut lines = vec![
        String::new(),
        wrapped(&format!(
            "Before the plan: add {PROVIDER} = {{ source = \"{SOURCE}\" }} to required_providers, and take out of the configuration what \
             describes these, or out of the module calls what makes them:"
        )),
    ];
    let moved = chains.iter().filter_map(|chain| chain.moved_from.as_ref());
    lines.extend(moved.chain(removed).map(|address| format!("- {address}")));
    if !forgotten.is_empty() {
        lines.push(String::new());
        lines.push(wrapped(
            "These have neighbours that stay, so that no removed block can name them. Before the plan, run:",
        ));
        lines.extend(forgotten.iter().map(|address| format!("- terraform state rm {}", word(address))));
    }
    lines
}

fn requirements(body: &mut Body) {
    let mut required = Body::new();
    let source = vec![("source".to_owned(), Expression::text(SOURCE))];
    required.set(PROVIDER, Expression::Object(source));
    let mut terraform = Body::new();
    terraform.block("required_providers", &[], required);
    body.block("terraform", &[], terraform);
}

fn provider(body: &mut Body, side: &Side) {
    let mut inner = Body::new();
    if let Some(alias) = &side.alias {
        inner.set("alias", Expression::text(alias.as_str()));
    }
    inner.extend(arguments(&side.provider.schema().block, &side.config, &|_, _| None));
    body.block("provider", &[PROVIDER], inner);
}

/// A resource with its import, and above it what a plan of it says.
fn write(body: &mut Body, chain: &Chain, label: &str, sides: &[Side], names: &Names<'_>) {
    let side = sides.get(chain.side);
    let mut told: Vec<String> = Vec::new();
    if !chain.changes.is_empty() {
        told.push("An apply changes:".to_owned());
        told.extend(chain.changes.iter().map(|change| wrapped(&format!("- {change}"))));
    }
    told.extend(chain.warnings.iter().map(|warning| wrapped(&format!("Note: {warning}"))));
    if !told.is_empty() {
        body.comment(&told.join("\n"));
    }
    let mut inner = Body::new();
    if let Some(alias) = side.and_then(|side| side.alias.as_ref()) {
        inner.set("provider", Expression::Reference(format!("{PROVIDER}.{alias}")));
        inner.gap();
    }
    let server = side.and_then(|side| side.provider.resources().get(chain.type_name));
    if let Some(server) = server {
        let reference = |_: &Attribute, text: &str| names.reference(chain, text);
        inner.extend(arguments(&server.schema().block, &chain.config, &reference));
    }
    body.block("resource", &[chain.type_name, label], inner);
    let to = Expression::Reference(format!("{}.{label}", chain.type_name));
    if let Some(from) = &chain.moved_from {
        let mut moved = Body::new();
        moved.set("from", Expression::Reference(from.clone()));
        moved.set("to", to);
        body.block("moved", &[], moved);
        return;
    }
    let mut import = Body::new();
    import.set("to", to);
    let elsewhere = side.filter(|side| side.region != chain.region).map(|_| chain.region.as_str());
    import.set("id", Expression::text(ImportId::own(&chain.id, elsewhere).to_string()));
    body.block("import", &[], import);
}

/// What stands for a text in its attribute, where something does.
type Referring<'a> = &'a dyn Fn(&Attribute, &str) -> Option<String>;

/// The arguments and blocks that are written, in the order of the documentation.
fn arguments(block: &Block, config: &Value, reference: Referring<'_>) -> Body {
    let mut body = Body::new();
    for attribute in &block.attributes {
        let value = config.get(attribute.name);
        if !value.is_null() {
            body.set(attribute.name, expression(attribute, value, reference));
        }
    }
    for nested in &block.blocks {
        match (nested.nesting, config.get(nested.name)) {
            (Nesting::Single, value @ Value::Map(_)) => {
                body.block(nested.name, &[], arguments(&nested.block, value, reference));
            }
            (Nesting::List | Nesting::Set, Value::List(items)) => {
                for item in items {
                    body.block(nested.name, &[], arguments(&nested.block, item, reference));
                }
            }
            _ => {}
        }
    }
    body
}

fn expression(attribute: &Attribute, value: &Value, reference: Referring<'_>) -> Expression {
    match value {
        Value::Null | Value::Unknown(_) => Expression::Null,
        Value::Bool(flag) => Expression::Bool(*flag),
        Value::Number(number) => Expression::Number(number.to_string()),
        Value::String(text) => match (reference(attribute, text), document(text)) {
            (Some(name), _) => Expression::Reference(name),
            (None, Some(json)) => Expression::Call("jsonencode", Box::new(Expression::of_json(&json))),
            (None, None) => Expression::text(text.as_str()),
        },
        Value::List(items) => {
            Expression::List(items.iter().map(|item| expression(attribute, item, reference)).collect())
        }
        Value::Map(entries) => {
            let entries = entries.iter().filter(|(_, value)| !value.is_null());
            Expression::Object(
                entries.map(|(key, value)| (key.clone(), expression(attribute, value, reference))).collect(),
            )
        }
    }
}

/// The object in a text that is a JSON document.
fn document(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok().filter(serde_json::Value::is_object)
}

/// Names of the resources, and what refers to them.
struct Names<'a> {
    chains: &'a [Chain],
    labels: Vec<String>,
    others: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Names<'a> {
    fn of(adopted: &'a Adopted) -> Self {
        let chains = &adopted.chains;
        let mut taken = BTreeSet::new();
        let called = |chain: &Chain| chain.label.clone().unwrap_or_else(|| called(chains, chain));
        let labels = chains.iter().map(|chain| free(&label(&called(chain)), chain.type_name, &mut taken)).collect();
        Self { chains, labels, others: adopted.taken_over.as_ref().map(|taken_over| &taken_over.references) }
    }

    fn label(&self, place: usize) -> &str {
        self.labels.get(place).map_or("this", String::as_str)
    }

    /// The file of a resource: the one of its service, where that is found too.
    fn file(&self, chain: &Chain, place: usize) -> String {
        let is_service = chain.type_name == Service::TYPE;
        match service_of(self.chains, chain) {
            Some(service) => self.label(service).to_owned(),
            None if is_service => self.label(place).to_owned(),
            None => format!("{}_consumer", self.label(place)),
        }
    }

    /// A result of another resource in place of a text.
    fn reference(&self, chain: &Chain, text: &str) -> Option<String> {
        // Services come first: nothing in them refers to those who connect.
        let others = self.chains.iter().zip(&self.labels).filter(|(other, _)| {
            chain.type_name != Service::TYPE && other.type_name != chain.type_name && other.type_name != Decision::TYPE
        });
        let of_other = others.into_iter().find_map(|(other, label)| {
            let is = |name: &&str| other.state.get(name).as_str() == Some(text);
            let name = ["service_name", "id"]
                .into_iter()
                .find(is)
                .filter(|name| *name == "id" || other.type_name == Service::TYPE)?;
            Some(format!("{}.{label}.{name}", other.type_name))
        });
        of_other.or_else(|| self.others?.get(text).cloned())
    }
}

/// The place of the service that a chain is or connects to.
fn service_of(chains: &[Chain], chain: &Chain) -> Option<usize> {
    let is_named = |name: &str, other: &Chain| {
        let wanted = chain.state.get(name);
        !wanted.is_null() && other.state.get(name) == wanted
    };
    chains.iter().position(|other| {
        other.type_name == Service::TYPE && (is_named("service_name", other) || is_named("service_id", other))
    })
}

/// What people call it: its name, what the service that it connects to is called, the words in that one's name, or its id.
fn called(chains: &[Chain], chain: &Chain) -> String {
    let own = |chain: &Chain| {
        // A consumer without a name has its service's id in place of one.
        let is_name = |name: &&str| !name.is_empty() && chain.state.get("service_id").as_str() != Some(*name);
        chain.state.get("name").as_str().filter(is_name).map(str::to_owned)
    };
    let of_service = || own(chains.get(service_of(chains, chain)?)?);
    let service = || {
        let name = chain.state.get("service_name").as_str()?;
        let region = service_name::region_in(name);
        let parts = name
            .split('.')
            .filter(|part| !["com", "amazonaws", "aws", "cn", "vpce"].contains(part) && Some(*part) != region);
        Some(parts.collect::<Vec<_>>().join("_"))
    };
    own(chain).or_else(of_service).or_else(service).filter(|name| !name.is_empty()).unwrap_or_else(|| chain.id.clone())
}

/// A name for Terraform from any text.
pub fn label(text: &str) -> String {
    let word = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let words: String = text.chars().map(word).collect();
    let words: Vec<&str> = words.split('_').filter(|word| !word.is_empty()).collect();
    let label = words.join("_");
    match label.as_str() {
        "" => "this".to_owned(),
        label if is_identifier(label) => label.to_owned(),
        label => format!("_{label}"),
    }
}

/// A text as one word of a shell, whatever is in it.
pub(super) fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The name, or the first one with a number that no other resource of its type has.
pub(super) fn free(label: &str, type_name: &str, taken: &mut BTreeSet<(String, String)>) -> String {
    let numbered = (2..).map(|number| format!("{label}_{number}"));
    std::iter::once(label.to_owned())
        .chain(numbered)
        .find(|name| taken.insert((type_name.to_owned(), name.clone())))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_and_differ() {
        for (text, wanted) in [
            ("Orders API", "orders_api"),
            ("ecr.api", "ecr_api"),
            ("42", "_42"),
            ("東京", "this"),
            ("--x--", "x"),
            ("vpce-0a", "vpce_0a"),
        ] {
            assert_eq!(label(text), wanted);
        }
        let mut taken = BTreeSet::new();
        let all = ["a", "a", "a_2"].map(|name| free(name, "t", &mut taken));
        assert_eq!(all, ["a", "a_2", "a_2_2"]);
        assert_eq!(free("a", "other", &mut taken), "a");
    }

    #[test]
    fn an_address_is_one_word_of_a_shell() {
        assert_eq!(word("aws_lb.a[\"x y\"]"), "'aws_lb.a[\"x y\"]'");
        assert_eq!(word("aws_lb.a[\"it's\"]"), "'aws_lb.a[\"it'\\''s\"]'");
    }

    #[test]
    fn objects_alone_are_documents() {
        assert!(document("{\"a\": 1}").is_some());
        for text in ["1", "\"a\"", "{", "orders", ""] {
            assert!(document(text).is_none(), "{text}");
        }
    }
}
