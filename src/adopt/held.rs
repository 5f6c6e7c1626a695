//! What a state says that Terraform manages: `terraform show -json`, of a state or of a plan, and state files of version 4.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value as Json;

/// The version of state files since Terraform 0.12.
const VERSION: u64 = 4;

/// An instance of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Held {
    /// Address of its module with instance keys, such as `module.endpoints["eu"]`; empty for the root module.
    pub(super) module: String,
    /// Its type, such as `aws_lb`.
    pub(super) type_name: String,
    /// Its name.
    pub(super) name: String,
    /// Its key as it is written: `["a"]`, `[0]`, or nothing.
    pub(super) key: String,
    /// Address of the provider that manages it.
    pub(super) provider: String,
    /// Name of its provider block, in state files; none for the one without a name.
    pub(super) alias: Option<String>,
    /// The version in which it is stored.
    pub(super) version: i64,
    /// Its attributes.
    pub(super) values: Json,
    /// Whether it is a data source.
    pub(super) is_data: bool,
    /// Whether the next apply replaces it.
    pub(super) is_tainted: bool,
    /// Whether it was replaced, and the next apply deletes it.
    pub(super) is_deposed: bool,
}

impl Held {
    /// `module.endpoints["eu"].aws_vpc_endpoint.this["sqs"]`
    pub(super) fn address(&self) -> String {
        let data = if self.is_data { "data." } else { "" };
        let module = if self.module.is_empty() { String::new() } else { format!("{}.", self.module) };
        format!("{module}{data}{}.{}{}", self.type_name, self.name, self.key)
    }

    /// The same as the configuration has it, without instance keys: `module.endpoints.aws_vpc_endpoint.this`
    pub(super) fn configured(&self) -> String {
        let module = without_keys(&self.module);
        let module = if module.is_empty() { module } else { format!("{module}.") };
        format!("{module}{}.{}", self.type_name, self.name)
    }

    /// A text among its attributes; none where it is missing or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
    }
}

/// An address without `[…]`, whatever stands in the quotes.
fn without_keys(address: &str) -> String {
    let (mut out, mut depth, mut is_quoted, mut is_escaped) = (String::new(), 0_u32, false, false);
    for letter in address.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '[' if !is_quoted => depth += 1,
            ']' if !is_quoted => depth = depth.saturating_sub(1),
            letter if depth == 0 => out.push(letter),
            _ => {}
        }
    }
    out
}

/// A document of either kind.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Document {
    version: Option<u64>,
    format_version: Option<String>,
    resources: Option<Vec<Stored>>,
    values: Option<Values>,
    prior_state: Option<Prior>,
    encrypted_data: Option<IgnoredAny>,
    provider_schemas: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Prior {
    values: Option<Values>,
}

#[derive(Deserialize)]
struct Values {
    root_module: Module,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    address: String,
    #[serde(default)]
    resources: Vec<Shown>,
    #[serde(default)]
    child_modules: Vec<Module>,
}

/// A resource as `show -json` tells it.
#[derive(Deserialize)]
struct Shown {
    #[serde(rename = "type")]
    type_name: String,
    name: String,
    mode: String,
    index: Option<Json>,
    #[serde(default)]
    provider_name: String,
    #[serde(default)]
    schema_version: i64,
    #[serde(default)]
    values: Json,
    #[serde(default)]
    tainted: bool,
    deposed_key: Option<String>,
}

/// A resource as a state file holds it.
#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    module: String,
    mode: String,
    #[serde(rename = "type")]
    type_name: String,
    name: String,
    provider: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    index_key: Option<Json>,
    #[serde(default)]
    schema_version: i64,
    #[serde(default)]
    attributes: Json,
    status: Option<String>,
    deposed: Option<String>,
}

/// The text of a file: in UTF-8, or in UTF-16 as PowerShell redirects what a program prints, with the mark at its beginning or without.
pub(super) fn decoded(bytes: &[u8]) -> Result<String, String> {
    let words = |of: fn([u8; 2]) -> u16, rest: &[u8]| {
        let words: Vec<u16> = rest.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok().map(of)).collect();
        String::from_utf16(&words).map_err(|error| error.to_string())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => words(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => words(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8(rest.to_vec()).map_err(|error| error.to_string()),
    }
}

/// Reads all instances; why there are none to read, and what to do, where that is so.
pub(super) fn read(text: &str) -> Result<Vec<Held>, String> {
    const EITHER: &str = "write `terraform show -json` to a file and name that, or a state file of version 4";
    if text.trim().is_empty() {
        return Err(format!("the file is empty; {EITHER}"));
    }
    let document: Document =
        serde_json::from_str(text).map_err(|error| format!("the file is no state in JSON: {error}; {EITHER}"))?;
    if document.encrypted_data.is_some() {
        return Err(
            "the state is encrypted; write `tofu show -json` to a file, which decrypts it, and name that".to_owned()
        );
    }
    if document.provider_schemas.is_some() {
        return Err(format!("the file has schemas of providers, and no state; {EITHER}"));
    }
    let values = document.values.or_else(|| document.prior_state.and_then(|prior| prior.values));
    match (document.version, values, document.resources, document.format_version) {
        (Some(VERSION), None, Some(stored), _) => Ok(stored.into_iter().flat_map(from_file).collect()),
        (Some(VERSION), None, None, _) | (None, None, None, Some(_)) => Ok(Vec::new()),
        (_, Some(values), _, _) => {
            let mut held = Vec::new();
            collect(values.root_module, &mut held);
            Ok(held)
        }
        (Some(version), _, _, _) => {
            Err(format!("the file is of version {version}, and states of version {VERSION} can be read; {EITHER}"))
        }
        _ => Err(format!("the file is JSON, but no state; {EITHER}")),
    }
}

fn collect(module: Module, held: &mut Vec<Held>) {
    let Module { address, resources, child_modules } = module;
    for one in resources {
        held.push(Held {
            module: address.clone(),
            type_name: one.type_name,
            name: one.name,
            key: key(one.index.as_ref()),
            provider: one.provider_name,
            alias: None,
            version: one.schema_version,
            values: one.values,
            is_data: one.mode == "data",
            is_tainted: one.tainted,
            is_deposed: one.deposed_key.is_some(),
        });
    }
    for inner in child_modules {
        collect(inner, held);
    }
}

fn from_file(stored: Stored) -> Vec<Held> {
    let Stored { module, mode, type_name, name, provider, instances } = stored;
    let alias = provider.rsplit_once("\"].").map(|(_, alias)| alias.to_owned());
    let provider = provider_address(&provider).to_owned();
    instances
        .into_iter()
        .map(|one| Held {
            module: module.clone(),
            type_name: type_name.clone(),
            name: name.clone(),
            key: key(one.index_key.as_ref()),
            provider: provider.clone(),
            alias: alias.clone(),
            version: one.schema_version,
            values: one.attributes,
            is_data: mode == "data",
            is_tainted: one.status.as_deref() == Some("tainted"),
            is_deposed: one.deposed.is_some(),
        })
        .collect()
}

/// `provider["registry.terraform.io/hashicorp/aws"].alias`, in a module or not, without what is around the address.
fn provider_address(text: &str) -> &str {
    let inner = text.split_once("provider[\"").map_or(text, |(_, rest)| rest);
    inner.split_once('"').map_or(inner, |(address, _)| address)
}

/// A key as it is written in an address.
fn key(index: Option<&Json>) -> String {
    match index {
        Some(Json::String(text)) => format!("[{}]", crate::hcl::quoted(text)),
        Some(Json::Number(number)) => format!("[{number}]"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// One endpoint in a module, as each of the two tells it.
    fn both() -> [String; 2] {
        let values = json!({"id": "vpce-0123456789abcdef0"});
        let address = "module.a[\"x.y]\"].module.b[0]";
        let file = json!({"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "x", "outputs": {}, "resources": [{
            "module": address, "mode": "managed", "type": "aws_vpc_endpoint", "name": "this",
            "provider": "module.a.provider[\"registry.terraform.io/hashicorp/aws\"].c",
            "instances": [
                {"index_key": "s\"q", "schema_version": 0, "attributes": values, "status": "tainted"},
                {"index_key": "old", "deposed": "00000001", "schema_version": 0, "attributes": {}},
            ],
        }]});
        let shown = json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"outputs": {}, "root_module": {
            "child_modules": [{"address": "module.a[\"x.y]\"]", "child_modules": [{"address": address, "resources": [{
                "address": "x", "mode": "managed", "type": "aws_vpc_endpoint", "name": "this", "index": "s\"q", "tainted": true,
                "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0, "values": values,
                "sensitive_values": {},
            }]}]}],
        }}});
        [file.to_string(), shown.to_string()]
    }

    #[test]
    fn both_documents_tell_the_same() {
        for (text, alias) in both().into_iter().zip([Some("c"), None]) {
            let held = read(&text).unwrap();
            assert_eq!(held[0].alias.as_deref(), alias);
            assert_eq!(held.iter().filter(|one| !one.is_deposed).count(), 1, "{held:?}");
            assert_eq!(held[0].address(), "module.a[\"x.y]\"].module.b[0].aws_vpc_endpoint.this[\"s\\\"q\"]");
            assert_eq!(held[0].configured(), "module.a.module.b.aws_vpc_endpoint.this");
            assert_eq!(held[0].provider, "registry.terraform.io/hashicorp/aws");
            assert_eq!(held[0].text("id"), Some("vpce-0123456789abcdef0"));
            assert!(held[0].is_tainted && !held[0].is_data);
        }
        let plan = json!({"format_version": "1.2", "planned_values": {}, "prior_state": serde_json::from_str::<Json>(&both()[1]).unwrap()});
        assert_eq!(read(&plan.to_string()).unwrap().len(), 1);
    }

    #[test]
    fn what_a_shell_redirected_is_read_in_its_encoding() {
        let text = "{\"version\": 4, \"resources\": []}";
        let utf16 = |of: fn(u16) -> [u8; 2], mark: [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(of)).collect::<Vec<u8>>()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(u16::to_le_bytes, [0xff, 0xfe]),
            utf16(u16::to_be_bytes, [0xfe, 0xff]),
        ] {
            assert_eq!(decoded(&bytes).as_deref(), Ok(text));
        }
        for bytes in [&b"\xff\xfe\x00\xd8"[..], b"\xff", b"{\"a\": \"\xe4\"}"] {
            assert!(decoded(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_state_is_told_with_what_to_do() {
        for (text, words) in [
            ("", "is empty"),
            (" \n", "is empty"),
            ("resource \"x\" {}", "no state in JSON"),
            ("[]", "no state in JSON"),
            ("null", "invalid type: null, expected an object"),
            ("{\"format_version\": \"1.0\", \"provider_schemas\": {}}", "schemas of providers, and no state"),
            ("{}", "no state"),
            ("{\"AWSTemplateFormatVersion\": \"2010-09-09\", \"Resources\": {}}", "no state"),
            ("{\"version\": 3, \"modules\": []}", "version 3"),
            ("{\"version\": 3, \"deployment\": {\"resources\": []}}", "version 3"),
            (
                "{\"serial\": 1, \"lineage\": \"x\", \"meta\": {}, \"encrypted_data\": \"x\", \"encryption_version\": \"v0\"}",
                "is encrypted",
            ),
            ("{\"version\": 4, \"resources\": [{\"mode\": 1}]}", "no state in JSON"),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains(words) && told.contains("show -json"), "{text}: {told}");
        }
        for text in ["{\"format_version\": \"1.0\"}", "{\"version\": 4}", "{\"version\": 4, \"resources\": []}"] {
            assert_eq!(read(text).unwrap(), [], "{text}");
        }
    }
}
