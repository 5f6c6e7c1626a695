//! A stand-in of hashicorp/aws: it serves the resource types that a PrivateLink connection is made of, under their own schemas, and
//! hands back every state that it is asked to read. It knows no AWS, and creates and changes nothing.
//!
//! Terraform wants the provider that wrote a state, also where a `moved`, `removed` or `import` block lets go of it. Types and
//! versions are those of hashicorp/aws 5.46, as `terraform providers schema` tells them; of the types besides the two that are
//! moved, only what the tests' states hold.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use privatelink::diagnostic::{Diagnostic, Diagnostics};
use privatelink::resource::{
    ApplyRequest, ApplyResponse, BoxFuture, ImportResponse, PlanRequest, PlanResponse, ProviderServer, ReadRequest,
    ReadResponse, ResourceServer,
};
use privatelink::schema::{Attribute, Block, NestedBlock, Nesting, Presence, Schema};
use privatelink::serve::{self, Arguments};
use privatelink::value::{Type, Value};

/// Tells a program that Terraform started it as a provider.
const COOKIE: &str = "TF_PLUGIN_MAGIC_COOKIE";

/// The command line of a provider: Terraform gives no arguments.
#[derive(clap::Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

/// Serves Terraform, if it was Terraform that started this process.
pub(crate) fn serve_if_asked() -> Option<ExitCode> {
    std::env::var_os(COOKIE)?;
    let line = CommandLine::parse_from(["terraform-provider-aws"]);
    Some(serve::run(Arc::new(StandIn::new()), &line.arguments))
}

/// The provider.
struct StandIn {
    resources: BTreeMap<&'static str, Arc<dyn ResourceServer>>,
}

impl StandIn {
    fn new() -> Self {
        let kept = |(name, block): (&'static str, Block)| {
            let server: Arc<dyn ResourceServer> = Arc::new(Kept { name, block });
            (name, server)
        };
        Self { resources: types().into_iter().map(kept).collect() }
    }
}

impl ProviderServer for StandIn {
    fn schema(&self) -> Schema {
        let attributes = ["profile", "region"].map(|name| attribute(name, Type::String, Presence::Optional)).into();
        Schema { version: 0, block: Block { attributes, ..Block::default() } }
    }

    fn resources(&self) -> &BTreeMap<&'static str, Arc<dyn ResourceServer>> {
        &self.resources
    }

    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn configure<'a>(&'a self, _version: &'a str, _config: &'a Value) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async { Diagnostics::new() })
    }

    fn stop(&self) {}
}

/// A resource type whose states are kept as they are.
struct Kept {
    name: &'static str,
    block: Block,
}

impl Kept {
    fn refusal(&self, what: &str) -> Diagnostics {
        Diagnostic::error(format!("The stand-in of hashicorp/aws {what} nothing"), self.name).into()
    }
}

impl ResourceServer for Kept {
    fn schema(&self) -> Schema {
        Schema { version: 0, block: self.block.clone() }
    }

    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn plan(&self, request: PlanRequest) -> BoxFuture<'_, PlanResponse> {
        let PlanRequest { prior, proposed, private, .. } = request;
        let diagnostics = if prior.is_null() { self.refusal("creates") } else { Diagnostics::new() };
        Box::pin(async { PlanResponse { planned: proposed, private, diagnostics, ..PlanResponse::default() } })
    }

    fn apply(&self, request: ApplyRequest) -> BoxFuture<'_, ApplyResponse> {
        let diagnostics = self.refusal("changes");
        Box::pin(async { ApplyResponse { state: request.prior, private: request.private, diagnostics } })
    }

    fn read(&self, request: ReadRequest) -> BoxFuture<'_, ReadResponse> {
        let ReadRequest { state, private } = request;
        Box::pin(async { ReadResponse { state, private, diagnostics: Diagnostics::new() } })
    }

    fn import(&self, _id: String) -> BoxFuture<'_, ImportResponse> {
        let diagnostics = self.refusal("imports");
        Box::pin(async { ImportResponse { diagnostics, ..ImportResponse::default() } })
    }

    fn upgrade(&self, _version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        Ok(state)
    }
}

fn attribute(name: &'static str, ty: Type, presence: Presence) -> Attribute {
    let description = format!("The `{name}`.");
    Attribute { name, ty, presence, sensitive: false, description, default: None, rules: Vec::new() }
}

fn list(of: Type) -> Type {
    Type::List(Box::new(of))
}

fn texts() -> Type {
    Type::Set(Box::new(Type::String))
}

fn tags() -> Type {
    Type::Map(Box::new(Type::String))
}

fn object(names: &[&str]) -> Type {
    Type::Object(names.iter().map(|name| ((*name).to_owned(), Type::String)).collect())
}

fn block(attributes: Vec<Attribute>) -> Block {
    Block { attributes, ..Block::default() }
}

fn timeouts() -> NestedBlock {
    let attributes = ["create", "delete", "update"].map(|name| attribute(name, Type::String, Presence::Optional));
    NestedBlock { name: "timeouts", nesting: Nesting::Single, block: block(attributes.into()) }
}

/// The resource types by name.
fn types() -> BTreeMap<&'static str, Block> {
    let few = |names: &[&'static str]| {
        let computed = names.iter().map(|name| attribute(name, Type::String, Presence::OptionalComputed));
        block(computed.collect())
    };
    BTreeMap::from([
        ("aws_vpc_endpoint", endpoint()),
        ("aws_vpc_endpoint_service", service()),
        ("aws_lb", few(&["arn", "id", "name"])),
        ("aws_subnet", few(&["arn", "id"])),
        ("aws_lb_listener", few(&["arn", "id", "load_balancer_arn"])),
        ("aws_lb_target_group", few(&["arn", "id", "name"])),
        ("aws_lb_target_group_attachment", few(&["id", "target_group_arn", "target_id"])),
        ("aws_vpc_endpoint_service_allowed_principal", few(&["id", "principal_arn", "vpc_endpoint_service_id"])),
    ])
}

fn endpoint() -> Block {
    use Presence::{Computed, Optional, OptionalComputed, Required};
    let options = vec![
        attribute("dns_record_ip_type", Type::String, OptionalComputed),
        attribute("private_dns_only_for_inbound_resolver_endpoint", Type::Bool, Optional),
    ];
    let attributes = vec![
        attribute("arn", Type::String, Computed),
        attribute("auto_accept", Type::Bool, Optional),
        attribute("cidr_blocks", list(Type::String), Computed),
        attribute("dns_entry", list(object(&["dns_name", "hosted_zone_id"])), Computed),
        attribute("id", Type::String, OptionalComputed),
        attribute("ip_address_type", Type::String, OptionalComputed),
        attribute("network_interface_ids", texts(), Computed),
        attribute("owner_id", Type::String, Computed),
        attribute("policy", Type::String, OptionalComputed),
        attribute("prefix_list_id", Type::String, Computed),
        attribute("private_dns_enabled", Type::Bool, Optional),
        attribute("requester_managed", Type::Bool, Computed),
        attribute("route_table_ids", texts(), OptionalComputed),
        attribute("security_group_ids", texts(), OptionalComputed),
        attribute("service_name", Type::String, Required),
        attribute("state", Type::String, Computed),
        attribute("subnet_ids", texts(), OptionalComputed),
        attribute("tags", tags(), Optional),
        attribute("tags_all", tags(), OptionalComputed),
        attribute("vpc_endpoint_type", Type::String, Optional),
        attribute("vpc_id", Type::String, Required),
    ];
    let options = NestedBlock { name: "dns_options", nesting: Nesting::Single, block: block(options) };
    Block { blocks: vec![options, timeouts()], ..block(attributes) }
}

fn service() -> Block {
    use Presence::{Computed, Optional, OptionalComputed, Required};
    let proof = object(&["name", "state", "type", "value"]);
    let attributes = vec![
        attribute("acceptance_required", Type::Bool, Required),
        attribute("allowed_principals", texts(), OptionalComputed),
        attribute("arn", Type::String, Computed),
        attribute("availability_zones", texts(), Computed),
        attribute("base_endpoint_dns_names", texts(), Computed),
        attribute("gateway_load_balancer_arns", texts(), Optional),
        attribute("id", Type::String, OptionalComputed),
        attribute("manages_vpc_endpoints", Type::Bool, Computed),
        attribute("network_load_balancer_arns", texts(), Optional),
        attribute("private_dns_name", Type::String, OptionalComputed),
        attribute("private_dns_name_configuration", list(proof), Computed),
        attribute("service_name", Type::String, Computed),
        attribute("service_type", Type::String, Computed),
        attribute("state", Type::String, Computed),
        attribute("supported_ip_address_types", texts(), OptionalComputed),
        attribute("tags", tags(), Optional),
        attribute("tags_all", tags(), OptionalComputed),
    ];
    Block { blocks: vec![timeouts()], ..block(attributes) }
}
