//! The Registry's pages are made of the attribute lists and the examples, and are never edited by hand.
//!
//! `UPDATE=1 cargo test --test docs` writes them.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[allow(dead_code, unreachable_pub, unused_imports, reason = "each test binary asks for some of the rules")]
mod core_rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use privatelink::provider::Provider;
use privatelink::resource::{ProviderServer as _, Signature};
use privatelink::schema::{Schema, page, signature};
use privatelink::value::{Type, Value};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn example(path: &str) -> String {
    fs::read_to_string(root().join("examples").join(path)).unwrap_or_else(|error| panic!("examples/{path}: {error}"))
}

fn front_matter(title: &str, about: &str) -> String {
    format!("---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  {about}\n---\n\n")
}

fn about(schema: &Schema) -> String {
    schema.block.description.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn provider_page(schema: &Schema) -> String {
    let about = about(schema);
    format!(
        "{}# PrivateLink Provider\n\n{about}\n\n## Example Usage\n\n```terraform\n{}\n```\n\n{}",
        // The front page belongs to no category, and the registries refuse one there.
        front_matter("Provider: PrivateLink", &about).replace("subcategory: \"\"\n", ""),
        example("provider/provider.tf").trim_end(),
        page(schema)
    )
}

/// What the page of a resource says of moves, after the import.
const MOVED: &str = "\nA `moved` block takes over a state of hashicorp/aws in place (Terraform 1.8, OpenTofu 1.10); see [Coming from \
                     hashicorp/aws](../guides/coming-from-hashicorp-aws.md).\n";

/// What the page of a resource says of imports by identity.
const IDENTIFIED: &str = "\nAn `import` block may name the object by its identity instead (Terraform 1.12, OpenTofu 1.12), in another Region than \
                          the provider's too.\n";

fn resource_page(name: &str, schema: &Schema, identity: &Schema) -> String {
    let about = about(schema);
    let notes = fs::read_to_string(root().join("src").join(name).join("NOTES.md")).unwrap_or_default();
    let mut text = format!(
        "{}# {name} (Resource)\n\n{about}\n\n## Example Usage\n\n```terraform\n{}\n```\n\n",
        front_matter(&format!("{name} Resource - PrivateLink"), &about),
        example(&format!("resources/{name}/resource.tf")).trim_end(),
    );
    if !notes.is_empty() {
        text.push_str(notes.trim_end());
        text.push_str("\n\n");
    }
    text.push_str(&page(schema));
    text.push_str("\n## Import\n\n```shell\n");
    text.push_str(example(&format!("resources/{name}/import.sh")).trim_end());
    text.push_str("\n```\n");
    text.push_str(IDENTIFIED);
    text.push_str("\n```terraform\n");
    text.push_str(example(&format!("resources/{name}/import-by-identity.tf")).trim_end());
    text.push_str("\n```\n\n");
    text.push_str(&page(identity).replacen("## Schema", "### Identity Schema", 1).replace("\n### ", "\n#### "));
    let moved = format!("resources/{name}/moved.tf");
    if root().join("examples").join(&moved).is_file() {
        text.push_str(MOVED);
        text.push_str("\n```terraform\n");
        text.push_str(example(&moved).trim_end());
        text.push_str("\n```\n");
    }
    text
}

fn data_source_page(name: &str, schema: &Schema) -> String {
    let folder = format!("data_sources/{}", name.trim_start_matches("privatelink_"));
    configured_page(name, "Data Source", (&folder, &format!("data-sources/{name}/data-source.tf")), schema)
}

/// The page of something with a configuration, with the text in this folder and this example.
fn configured_page(name: &str, kind: &str, (folder, file): (&str, &str), schema: &Schema) -> String {
    let about = about(schema);
    let notes = fs::read_to_string(root().join("src").join(folder).join("NOTES.md")).unwrap();
    format!(
        "{}# {name} ({kind})\n\n{about}\n\n## Example Usage\n\n```terraform\n{}\n```\n\n{}\n\n{}",
        front_matter(&format!("{name} {kind} - PrivateLink"), &about),
        example(file).trim_end(),
        notes.trim_end(),
        page(schema)
    )
}

fn list_page(name: &str, schema: &Schema) -> String {
    let (folder, file) = (format!("{name}/list"), format!("list-resources/{name}/list-resource.tfquery.hcl"));
    configured_page(name, "List Resource", (&folder, &file), schema)
}

fn action_page(name: &str, schema: &Schema) -> String {
    let folder = format!("actions/{}", name.trim_start_matches("privatelink_"));
    configured_page(name, "Action", (&folder, &format!("actions/{name}/action.tf")), schema)
}

fn function_page(name: &str, function: &Signature) -> String {
    format!(
        "{}# function: {name}\n\n{}\n\n## Example Usage\n\n```terraform\n{}\n```\n\n{}",
        front_matter(&format!("{name} function - PrivateLink"), &function.summary),
        function.description,
        example(&format!("functions/{name}/function.tf")).trim_end(),
        signature(name, &function.parameters, &function.output)
    )
}

/// A guide from an example with a page of its own: its text, and below it the files that the text speaks of.
fn guide(folder: &str, files: &[&str]) -> String {
    let text = example(&format!("{folder}/README.md"));
    let (title, text) = text.strip_prefix("# ").unwrap().split_once("\n\n").unwrap();
    let about = text.split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let code: Vec<String> = files
        .iter()
        .map(|file| format!("```terraform\n{}\n```\n", example(&format!("{folder}/{file}")).trim_end()))
        .collect();
    format!(
        "{}# {title}\n\n{}\n\n## The configuration\n\n{}",
        front_matter(title, &about),
        text.trim_end(),
        code.join("\n")
    )
}

fn compare(path: &Path, wanted: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, wanted).unwrap();
        return;
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "{} is out of date: UPDATE=1 cargo test --test docs", path.display());
}

#[test]
fn each_page_says_what_the_attribute_lists_say() {
    let provider = Provider::new();
    compare(&root().join("docs/index.md"), &provider_page(&provider.schema()));
    for (name, resource) in provider.resources() {
        let file = name.trim_start_matches("privatelink_");
        compare(
            &root().join(format!("docs/resources/{file}.md")),
            &resource_page(name, &resource.schema(), &resource.identity_schema().unwrap()),
        );
    }
    for (name, source) in provider.data_sources() {
        let file = name.trim_start_matches("privatelink_");
        compare(&root().join(format!("docs/data-sources/{file}.md")), &data_source_page(name, &source.schema()));
    }
    for (name, list) in provider.list_resources() {
        let file = name.trim_start_matches("privatelink_");
        compare(&root().join(format!("docs/list-resources/{file}.md")), &list_page(name, &list.schema()));
    }
    for (name, action) in provider.actions() {
        let file = name.trim_start_matches("privatelink_");
        compare(&root().join(format!("docs/actions/{file}.md")), &action_page(name, &action.schema()));
    }
    for (name, function) in provider.functions() {
        compare(&root().join(format!("docs/functions/{name}.md")), &function_page(name, &function.signature()));
    }
}

#[test]
fn each_vendor_s_example_has_a_page_that_explains_it() {
    let mut vendors: Vec<String> = fs::read_dir(root().join("examples/vendors"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    vendors.sort();
    assert_eq!(vendors, ["attachment", "database", "kafka", "monitoring", "warehouse"]);
    for vendor in vendors {
        let folder = format!("vendors/{vendor}");
        let code = example(&format!("{folder}/main.tf"));
        let resource = code.lines().filter(|line| !line.trim_start().starts_with('#')).count();
        assert!(resource < 20, "{vendor}: {resource} lines");
        compare(&root().join(format!("docs/guides/vendor-{vendor}.md")), &guide(&folder, &["main.tf"]));
    }
}

#[test]
fn connections_across_accounts_have_a_page_made_of_the_example_that_the_demo_runs() {
    let files = ["providers.tf", "service.tf", "consumer.tf"];
    compare(&root().join("docs/guides/connections-across-accounts.md"), &guide("complete", &files));
}

#[test]
fn moves_have_a_page_made_of_the_example_that_a_test_moves() {
    let page = guide("coming-from-hashicorp-aws", &["main.tf"]);
    compare(&root().join("docs/guides/coming-from-hashicorp-aws.md"), &page);
    for resource in Provider::new().resources().values() {
        let Some(from) = resource.moves_from() else { continue };
        assert!(page.contains(&format!("| `{from}`")) && page.contains(&format!("from = {from}.")), "{from}");
    }
}

#[test]
fn every_resource_that_takes_over_states_has_an_example_of_it() {
    for (name, resource) in Provider::new().resources() {
        let file = root().join(format!("examples/resources/{name}/moved.tf"));
        let moved = fs::read_to_string(file).ok();
        let Some(from) = resource.moves_from() else {
            assert_eq!(moved, None, "{name} takes over nothing");
            continue;
        };
        let moved = moved.unwrap_or_else(|| panic!("{name} has no example"));
        assert!(moved.contains(&format!("from = {from}.")) && moved.contains(&format!("to   = {name}.")), "{moved}");
    }
}

/// The block of a mock file that begins with these words.
fn mock_of<'a>(mocks: &'a str, head: &str) -> &'a str {
    let found = mocks.split_once(&format!("{head} {{\n")).and_then(|(_, rest)| rest.split_once("\n}\n"));
    found.unwrap_or_else(|| panic!("no {head}")).0
}

#[test]
fn the_mocks_of_the_example_name_every_result_that_a_mock_would_draw() {
    let mocks = example("testing/tests/mocks/privatelink.tfmock.hcl");
    let provider = Provider::new();
    let resources = provider.resources().iter().map(|(name, one)| (format!("mock_resource \"{name}\""), one.schema()));
    let sources = provider.data_sources().iter().map(|(name, one)| (format!("mock_data \"{name}\""), one.schema()));
    for (head, schema) in resources.chain(sources) {
        let mock = mock_of(&mocks, &head);
        let names: Vec<&str> =
            mock.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(' ')).map(|(name, _)| name).collect();
        for attribute in schema.block.attributes.iter().filter(|one| one.presence.is_computed()) {
            let is_drawn = attribute.ty == Type::String;
            // A mock gives false, zero and empty collections by itself.
            let differs = attribute.default.as_ref().is_some_and(|default| {
                ![Value::Bool(false), Value::List(Vec::new()), Value::Map(BTreeMap::new())].contains(default)
            });
            assert!(!(is_drawn || differs) || names.contains(&attribute.name), "{head}: {}", attribute.name);
        }
    }
}

#[test]
fn every_attribute_is_described_in_a_sentence() {
    fn check(block: &privatelink::schema::Block, place: &str) {
        for attribute in &block.attributes {
            let text = attribute.description.trim();
            assert!(text.len() > 3 && text.ends_with('.'), "{place}.{}: {text:?}", attribute.name);
        }
        for nested in &block.blocks {
            assert!(nested.block.description.trim().ends_with('.'), "{place}.{}", nested.name);
            check(&nested.block, &format!("{place}.{}", nested.name));
        }
    }
    let provider = Provider::new();
    check(&provider.schema().block, "provider");
    for (name, resource) in provider.resources() {
        check(&resource.schema().block, name);
    }
    for (name, source) in provider.data_sources() {
        check(&source.schema().block, name);
    }
    for (name, function) in provider.functions() {
        let Signature { summary, description, parameters, .. } = function.signature();
        assert!(!summary.ends_with('.') && description.trim().ends_with('.'), "{name}: {summary:?} {description:?}");
        for parameter in parameters {
            assert!(parameter.description.trim().ends_with('.'), "{name}.{}", parameter.name);
        }
    }
}

#[test]
fn every_schema_is_one_that_core_accepts() {
    let faults = core_rules::check_provider(&Provider::new());
    assert!(faults.is_empty(), "{faults:?}");
}
