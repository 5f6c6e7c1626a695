//! One anchor: imported, turned into a configuration, and planned.

use super::held::Held;
use super::others;
use super::parts::has_record;
use super::{Chain, LeftAlone, Side};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, Reader, Record};
use crate::privatelink_consumer::Consumer;
use crate::privatelink_consumer::given::{beside_group, beside_records, own_group};
use crate::privatelink_service::Service;
use crate::privatelink_service::given::{self, Others, Parts};
use crate::protocol::proposed_new_state;
use crate::resource::{
    Composite as _, ImportId, ImportResponse, PlanRequest, PlanResponse, ProviderServer as _, ResourceServer, Stored,
};
use crate::schema::{Schema, filled_by_plan, without};
use crate::value::{Path, Value};

/// Name of the attribute with what an apply changes.
const CHANGES: &str = "changes";
/// Name of the attribute with AWS's word for how it is.
const STATE: &str = "state";
/// Name of the argument for another Region than the provider's.
const REGION: &str = "region";

/// What leads to a chain.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    /// `privatelink_service`
    pub(super) type_name: &'static str,
    /// As an import of it is given, without the Region.
    pub(super) id: String,
    /// What the id is of, for people: the service's name.
    pub(super) what: String,
}

impl Anchor {
    /// Leaves it alone, for the reason that a message gives.
    pub(super) fn left(&self, why: impl Into<String>, is_meant: bool) -> LeftAlone {
        let what = if self.what.is_empty() { self.id.clone() } else { format!("{} ({})", self.id, self.what) };
        LeftAlone { what, why: why.into(), is_meant }
    }

    /// Leaves it alone, because AWS has it in a state that nothing leads out of.
    pub(super) fn in_state(&self, state: &str, reason: Option<&str>, is_meant: bool) -> LeftAlone {
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let why = format!("is in the state {state:?}{reason}; adopt it when it is available, or delete it");
        self.left(why, is_meant)
    }
}

/// Finds everything that belongs to an anchor and says how to write it.
pub(super) async fn take(
    sides: &[Side],
    side: usize,
    region: &str,
    anchor: &Anchor,
    held: Option<&[Held]>,
) -> Result<Chain, LeftAlone> {
    let known = sides.get(side).and_then(|side| side.provider.resources().get_key_value(anchor.type_name));
    let Some((&type_name, server)) = known else {
        return Err(anchor.left(format!("there is no resource type {}", anchor.type_name), false));
    };
    let place = ImportId::own(&anchor.id, Some(region)).to_string();
    // Views may answer: what is written here is planned once more by Terraform, which looks for itself.
    let imported = Reader::new(&place).over(server.import(place.clone())).await.output;
    let ImportResponse { state, private, diagnostics } = imported;
    if diagnostics.has_errors() {
        return Err(anchor.left(errors(&diagnostics), false));
    }
    let schema = server.schema();
    let mut config = server.configuration(&state);
    let mut notes = Vec::new();
    let record = Stored::read(&state).map(|stored| stored.record).unwrap_or_default();
    let shared = share(sides.get(side), region, anchor, (&record, held), &config);
    if let Some((beside, told)) =
        Reader::new(&place).over(shared).await.output.map_err(|found| anchor.left(errors(&found), false))?
    {
        config = server.configuration(&beside);
        notes = told;
    }
    let planning = Planning { server: server.as_ref(), schema: &schema, state: &state, private: &private };
    let open: Vec<&str> = filled_by_plan(&schema.block, &config).into_iter().filter(|name| *name != REGION).collect();
    if !open.is_empty() {
        let shorter = without(&config, open.iter().copied());
        if let Ok(planned) = planning.plan(&shorter).await {
            let stays = |name: &&str| planned.planned.get(name) == state.get(name);
            config = without(&config, open.into_iter().filter(stays));
        }
    }
    let planned = planning.plan(&config).await.map_err(|found| anchor.left(errors(&found), false))?;
    if let [path] = planned.requires_replace.as_slice()
        && *path == Path::attribute(STATE)
        && let Some(state) = state.get(STATE).as_str()
    {
        return Err(anchor.in_state(state, None, false));
    }
    if !planned.requires_replace.is_empty() {
        let paths: Vec<String> = planned.requires_replace.iter().map(ToString::to_string).collect();
        let why = format!("a plan of it would replace the resource ({})", paths.join(", "));
        return Err(anchor.left(why, false));
    }
    let warnings = diagnostics.iter().chain(&planned.diagnostics).map(one_line);
    let warnings = notes.into_iter().chain(warnings).collect();
    Ok(Chain {
        side,
        type_name,
        id: anchor.id.clone(),
        region: region.to_owned(),
        label: None,
        moved_from: None,
        changes: changes(&state, &planned.planned),
        config,
        state,
        planned: planned.planned,
        warnings,
    })
}

/// The configuration that leaves to others what is theirs, and why it is; none where all of it is described.
async fn share(
    side: Option<&Side>,
    region: &str,
    anchor: &Anchor,
    (record, held): (&Record, Option<&[Held]>),
    config: &Value,
) -> Result<Option<(Value, Vec<String>)>, Diagnostics> {
    match anchor.type_name {
        Service::TYPE => {
            let Some(side) = side else { return Ok(None) };
            let parts = Parts::of(record);
            let aws = side.aws(region).await?;
            let share = async { others::share(aws.account(None)?, &anchor.id, &parts, held).await };
            let (others, told) = share.await.map_err(|failure| {
                Diagnostic::error("Cannot tell whose the load balancer and the targets are", in_words(&failure))
            })?;
            let is_shared = others != Others::default();
            is_shared.then(|| Ok((given::beside(config, &parts, &others)?, told))).transpose()
        }
        Consumer::TYPE => {
            let Some(held) = held else { return Ok(None) };
            let (mut config, mut told) = (config.clone(), Vec::new());
            if let Some((id, why)) = own_group(record).and_then(|group| others::group(held, group)) {
                config = beside_group(&config, id)?;
                told.push(why);
            }
            let (config, theirs) = beside_records(&config, record, &|zone, one| !has_record(held, zone, one))?;
            told.extend(theirs.iter().map(|(zone, key)| others::record(zone, key)));
            Ok((!told.is_empty()).then_some((config, told)))
        }
        _ => Ok(None),
    }
}

/// What a plan would say of a configuration.
struct Planning<'a> {
    server: &'a dyn ResourceServer,
    schema: &'a Schema,
    state: &'a Value,
    private: &'a [u8],
}

impl Planning<'_> {
    async fn plan(&self, config: &Value) -> Result<PlanResponse, Diagnostics> {
        let found = self.server.validate(config);
        if found.has_errors() {
            return Err(found);
        }
        let request = PlanRequest {
            prior: self.state.clone(),
            proposed: proposed_new_state(self.schema, self.state, config),
            config: config.clone(),
            private: self.private.to_vec(),
        };
        let planned = self.server.plan(request).await;
        if planned.diagnostics.has_errors() { Err(planned.diagnostics) } else { Ok(planned) }
    }
}

/// The lines that a plan would show; none where it shows what the state has already.
fn changes(state: &Value, planned: &Value) -> Vec<String> {
    let lines = planned.get(CHANGES);
    if lines == state.get(CHANGES) {
        return Vec::new();
    }
    lines.as_list().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A failure with its advice.
pub(super) fn in_words(failure: &Failure) -> String {
    let advice = failure.advice.as_deref().map(|advice| format!("; {advice}")).unwrap_or_default();
    format!("{failure}{advice}")
}

/// All errors, each with its advice.
pub(super) fn errors(found: &Diagnostics) -> String {
    let errors: Vec<String> = found.iter().filter(|one| one.is_error()).map(one_line).collect();
    errors.join(" ")
}

/// A message on one line.
fn one_line(told: &Diagnostic) -> String {
    let detail: Vec<&str> = told.detail.split_whitespace().collect();
    format!("{}: {}", told.summary, detail.join(" "))
}
