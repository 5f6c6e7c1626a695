//! Plan: what converge would do with this chain and this record. Pure: no calls, no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value as Json;

use super::chain::{Chain, Node};
use super::compare::{Change, Gate};
use super::failure::Failure;
use super::outcome::{Action, Cause, Problem};
use super::parents::States;
use super::record::{Entry, LinkName, Record};
use super::view::View;
use super::words::Field;
use super::words::{anew, object};
use crate::value::Attr;

/// What converge would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// One step per link, parents before children, then the links that left the chain.
    pub steps: Vec<(LinkName, Step)>,
    /// The states afterwards, as far as they can be known now.
    pub view: View,
    /// Objects replaced earlier that the run would remove, and those that it would look for.
    pub retired: Vec<LinkName>,
    /// Defects: a chain that contradicts itself, a recorded state that cannot be read. And, as
    /// warnings, whom links wait for that are as wanted behind a closed gate.
    pub problems: Vec<Problem>,
    /// [`Record::last`] afterwards, where that can be told: then nothing is left to be removed either.
    pub last: Option<BTreeMap<LinkName, u32>>,
    /// What the run does with the links of the chain, in words.
    pub words: BTreeMap<LinkName, Vec<String>>,
    /// Whether links that are to be made may be held instead, by a gate that only the run will see.
    pub may_hold: bool,
    /// Links whose gate is open.
    open: BTreeSet<LinkName>,
}

/// What converge would do with one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Keep,
    /// Wait for it: it is as wanted, but no run has seen it ready with its gate open yet.
    Settle,
    /// Make it.
    Create,
    /// Change these fields in place.
    Update(Vec<Field>),
    /// Make a new one beside it, then remove it.
    Replace(Vec<Field>),
    /// Remove it, then make a new one.
    BreakFirst(Vec<Field>),
    /// Not in this run: the whole resource must be replaced.
    ReplaceAll(Vec<Field>),
    /// Nothing now: a gate in front of it is closed.
    Held,
    /// It exists; what is wanted of it is known only after something before it is made.
    Unknown,
    /// Remove it: it left the chain.
    Delete,
}

impl Preview {
    /// Whether converge would do anything at all.
    pub fn has_changes(&self) -> bool {
        !self.retired.is_empty() || self.steps.iter().any(|(_, step)| !matches!(step, Step::Keep | Step::Held))
    }

    /// The step of a link; `None` for one that neither the chain nor the record has.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|(link, _)| link.as_str() == name).map(|(_, step)| step)
    }
}

/// What a link's children may build on.
enum Front {
    /// Nothing: it waits behind a closed gate itself.
    Held,
    /// Something not known yet.
    Unknown,
    /// This state.
    Known { state: Json, gate: Passage },
}

enum Passage {
    Open,
    /// For this reason; without words somebody else tells.
    Shut(String),
    /// The run will see.
    Unknown,
}

/// Says what [`super::converge`] would do.
pub fn preview<C: Send + Sync + 'static>(chain: &Chain<C>, record: &Record) -> Preview {
    preview_assuming(chain, record, &Preview::default())
}

/// The same, where `assumed` says what becomes of objects of which it is not known yet what is wanted: one that it
/// changes in place keeps what others build on.
pub fn preview_assuming<C: Send + Sync + 'static>(chain: &Chain<C>, record: &Record, assumed: &Preview) -> Preview {
    run(chain, record, assumed, false)
}

/// The same for what is only expected to be wanted: each object may still be changed in place, and shows what would be
/// known of it then.
pub fn preview_expected<C: Send + Sync + 'static>(chain: &Chain<C>, record: &Record) -> Preview {
    run(chain, record, &Preview::default(), true)
}

fn run<C: Send + Sync + 'static>(chain: &Chain<C>, record: &Record, assumed: &Preview, is_expected: bool) -> Preview {
    let mut preview = Preview::default();
    for (name, failure) in chain.defects() {
        preview.defect(name, failure.clone());
    }
    let mut fronts: Vec<Front> = Vec::new();
    let mut ambiguous = false;
    for node in chain.nodes() {
        let entry = record.links.get(&node.name);
        let seen = match step_of(node, entry, chain, &fronts, is_expected) {
            Ok(seen) => seen,
            Err(failure) => {
                preview.defect(&node.name, failure);
                Seen::open(if entry.is_some() { Step::Unknown } else { Step::Create })
            }
        };
        let Seen { step, state, front, words } = assume(&node.name, seen, assumed);
        if !node.link.is_look() && !words.is_empty() {
            preview.words.insert(node.name.clone(), words);
        }
        ambiguous |= step == Step::Held && entry.is_some();
        preview.may_hold |= step == Step::Create
            && node.parents.iter().any(|parent| parent.ready && !is_open(fronts.get(parent.index)));
        if let Front::Known { gate: Passage::Shut(reason), .. } = &front
            && !reason.is_empty()
        {
            let cause = Cause::Gate { reason: reason.clone() };
            preview.problems.push(Problem::warning(&node.name, Action::Wait, cause, Duration::ZERO));
        }
        if matches!(front, Front::Known { gate: Passage::Open, .. }) {
            preview.open.insert(node.name.clone());
        }
        preview.add(node.name.clone(), step, state);
        fronts.push(front);
    }
    for (name, entry) in record.links.iter().filter(|(name, _)| !chain.contains(name)) {
        if ambiguous {
            // A held object may still use it.
            preview.add(name.clone(), Step::Held, Attr::Known(entry.state.clone()));
        } else {
            preview.add(name.clone(), Step::Delete, Attr::Null);
        }
    }
    if !ambiguous {
        let uncertain_creates = record.uncertain_creates.iter().map(|uncertain| &uncertain.link);
        preview.retired =
            record.retired.iter().map(|retired| &retired.link).chain(uncertain_creates).cloned().collect();
    }
    preview.last = last(&preview, record);
    preview
}

/// Generations used up by what has no object any more, after a run that reaches every link.
fn last(preview: &Preview, record: &Record) -> Option<BTreeMap<LinkName, u32>> {
    if !record.retired.is_empty() || !record.uncertain_creates.is_empty() {
        return None;
    }
    let leaves = |step: &Step| match step {
        Step::Replace(_) | Step::BreakFirst(_) | Step::ReplaceAll(_) | Step::Delete => true,
        // It may turn out to be replaced, and then a held link keeps the old object.
        Step::Unknown => preview.may_hold,
        _ => false,
    };
    if record.last.is_empty() && !preview.steps.iter().any(|(_, step)| leaves(step)) {
        return Some(BTreeMap::new());
    }
    if preview.may_hold {
        return None;
    }
    let mut last = record.last.clone();
    for (name, step) in &preview.steps {
        match step {
            Step::Create | Step::Replace(_) | Step::BreakFirst(_) => {
                last.remove(name);
            }
            Step::Delete => {
                let generation = record.links.get(name)?.generation;
                let highest = last.entry(name.clone()).or_default();
                *highest = generation.max(*highest);
            }
            // It may be replaced, which uses up what its entry keeps.
            Step::Unknown if last.contains_key(name) => return None,
            Step::Held | Step::ReplaceAll(_) => return None,
            Step::Keep | Step::Settle | Step::Update(_) | Step::Unknown => {}
        }
    }
    Some(last)
}

impl Preview {
    fn add(&mut self, name: LinkName, step: Step, state: Attr<Json>) {
        self.view.set(name.clone(), state);
        self.steps.push((name, step));
    }

    fn defect(&mut self, name: &LinkName, failure: Failure) {
        self.problems.push(Problem::error(name, Action::Plan, Cause::Failed(failure), Duration::ZERO));
    }
}

/// What was found out about one link.
struct Seen {
    step: Step,
    state: Attr<Json>,
    front: Front,
    words: Vec<String>,
}

impl Seen {
    /// A step whose outcome is not known.
    fn open(step: Step) -> Self {
        Self { step, state: Attr::Unknown, front: Front::Unknown, words: Vec::new() }
    }

    fn saying(self, words: Vec<String>) -> Self {
        Self { words, ..self }
    }

    fn phrase(self, words: impl Into<String>) -> Self {
        self.saying(vec![words.into()])
    }
}

/// What is expected of an object of which it is not known yet what is wanted.
fn assume(name: &LinkName, seen: Seen, assumed: &Preview) -> Seen {
    if seen.step != Step::Unknown {
        return seen;
    }
    match (assumed.step(name.as_str()), assumed.view.json(name)) {
        (Some(Step::ReplaceAll(fields)), _) => Seen::open(Step::ReplaceAll(fields.clone())),
        (Some(Step::Keep | Step::Settle | Step::Update(_)), Attr::Known(state)) => {
            let gate = if assumed.open.contains(name) { Passage::Open } else { Passage::Unknown };
            known(Step::Unknown, state.clone(), gate).saying(seen.words)
        }
        _ => seen,
    }
}

fn step_of<C: Send + Sync + 'static>(
    node: &Node<C>,
    entry: Option<&Entry>,
    chain: &Chain<C>,
    fronts: &[Front],
    is_expected: bool,
) -> Result<Seen, Failure> {
    let mut states = States::new();
    let mut held = false;
    let mut unknown = Vec::new();
    for parent in node.parents.iter().filter(|parent| !parent.order_only) {
        match (fronts.get(parent.index), chain.node(parent.index)) {
            (Some(Front::Known { state, gate }), Some(before)) => {
                held |= parent.ready && matches!(gate, Passage::Shut(_));
                if parent.ready && matches!(gate, Passage::Unknown) {
                    unknown.push(&before.name);
                }
                states.insert(before.name.clone(), state.clone());
            }
            (Some(Front::Held), _) => held = true,
            (_, Some(before)) => unknown.push(&before.name),
            (_, None) => {}
        }
    }
    if held {
        let state = entry.map(|entry| entry.state.clone()).into();
        return Ok(Seen { step: Step::Held, state, front: Front::Held, words: Vec::new() });
    }
    let spec = if unknown.is_empty() { node.spec(&states)? } else { None };
    let Some(entry) = entry else {
        let words = match &spec {
            Some(spec) => node.link.describe(spec, None)?,
            None => vec!["create".to_owned()],
        };
        return Ok(Seen::open(Step::Create).saying(words));
    };
    let Some(spec) = spec else {
        if unknown.is_empty() {
            // What stands before it will only be known in full when it was changed.
            unknown.extend(node.parents.iter().filter_map(|parent| Some(&chain.node(parent.index)?.name)));
        }
        let parents = unknown.iter().map(|name| object(name)).collect::<Vec<_>>().join(" and ");
        return Ok(Seen::open(Step::Unknown).phrase(format!("may change with {parents}")));
    };
    let state = entry.state.clone();
    let told = || node.link.describe(&spec, Some(&entry.state));
    Ok(match node.link.diff(&spec, &state)? {
        Change::None if !entry.settled => Seen::open(Step::Settle).phrase("wait until it is ready"),
        Change::None if is_expected => {
            let state = node.link.forecast(&spec, &state)?;
            let gate = match node.link.gate(&spec, &state)? {
                Gate::Open => Passage::Open,
                Gate::Closed { .. } => Passage::Unknown,
            };
            known(Step::Keep, state, gate)
        }
        Change::None => match node.link.gate(&spec, &state)? {
            // Only the run sees whether somebody opens the gate, but the object stays the one that it is.
            Gate::Closed { wait: true, .. } => {
                let state = node.link.forecast(&spec, &state)?;
                known(Step::Settle, state, Passage::Unknown).phrase("wait until it is ready")
            }
            Gate::Closed { reason, .. } => known(Step::Keep, state, Passage::Shut(reason)),
            Gate::Open => known(Step::Keep, state, Passage::Open),
        },
        Change::Update(fields) => {
            let mut words = told()?;
            if words.is_empty() {
                words = fields.iter().map(|field| format!("change {}", field.replace('_', " "))).collect();
            }
            let state = node.link.forecast(&spec, &state)?;
            // The run reads an updated object, and its gate may have moved by then.
            let gate = match node.link.gate(&spec, &state)? {
                Gate::Open => Passage::Open,
                Gate::Closed { .. } => Passage::Unknown,
            };
            known(Step::Update(fields), state, gate).saying(words)
        }
        Change::Replace(fields) => {
            let words = anew("make a new one and remove this one", &told()?, &fields);
            Seen::open(Step::Replace(fields)).phrase(words)
        }
        Change::BreakFirst(fields) => {
            let words = anew("remove it and make it anew", &told()?, &fields);
            Seen::open(Step::BreakFirst(fields)).phrase(words)
        }
        Change::ReplaceAll(fields) => Seen::open(Step::ReplaceAll(fields)),
    })
}

fn known(step: Step, state: Json, gate: Passage) -> Seen {
    Seen { step, state: Attr::Known(state.clone()), front: Front::Known { state, gate }, words: Vec::new() }
}

fn is_open(front: Option<&Front>) -> bool {
    matches!(front, Some(Front::Known { gate: Passage::Open, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_to_be_removed_is_open_where_a_replacement_and_a_hold_are() {
        let told = |step: Step, may_hold: bool| {
            let steps = vec![(LinkName::new("target_group"), step)];
            last(&Preview { steps, may_hold, ..Preview::default() }, &Record::default())
        };
        let replaced = || Step::Replace(vec!["port"]);
        assert_eq!((told(replaced(), true), told(replaced(), false)), (None, Some(BTreeMap::new())));
        assert_eq!((told(Step::Unknown, true), told(Step::Unknown, false)), (None, Some(BTreeMap::new())));
        assert_eq!(told(Step::Keep, true), Some(BTreeMap::new()));
    }
}
