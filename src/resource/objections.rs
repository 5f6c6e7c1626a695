//! What a plan's look at AWS objects to in settings that nobody changes.
//!
//! Before a destroy core plans as before an apply, and a provider cannot tell the two apart. An error about configuration
//! that is about to go would keep people from removing it. So a look objects with an error only to what the configuration
//! changes; about what stays as it was applied it warns, and the apply that follows in the same process ends before its
//! first write. What was applied last is remembered in the private bytes of the state, as a hash for each argument: a
//! refresh writes over everything else. Where they are lost, everything counts as changed.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::gather::Gather as _;
use crate::schema::{Block, meaning};
use crate::value::{Path, Step, Value};

/// How a destroy goes on where a resource was never made.
const WITHOUT_CREATION: &str = "Terraform plans this creation before a destroy too. To destroy everything else without it: \
                                \"terraform destroy -refresh=false\".";
/// The same where the configuration of a living resource was changed.
const WITHOUT_CHANGE: &str = "Terraform plans this change before a destroy too. To destroy without it: \"terraform destroy \
                              -refresh=false\".";

/// What was applied: a hash of each argument's meaning.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Applied(BTreeMap<String, String>);

impl Applied {
    /// Notes a configuration.
    pub(super) fn of(block: &Block, config: &Value) -> Self {
        let full = meaning(block, config);
        let hash = |name: &str| {
            let mut hasher = DefaultHasher::new();
            format!("{:?}", full.get(name)).hash(&mut hasher);
            (name.to_owned(), format!("{:016x}", hasher.finish()))
        };
        Self(arguments(block).map(hash).gather())
    }

    /// Whether the argument at a path, or all of them for the resource as a whole, are the same here and there.
    fn agrees(&self, other: &Self, block: &Block, path: &Path) -> bool {
        let same = |name: &str| self.0.contains_key(name) && self.0.get(name) == other.0.get(name);
        match path.steps().first() {
            Some(Step::Attribute(name)) if arguments(block).any(|argument| argument == name) => same(name),
            _ => arguments(block).all(same),
        }
    }
}

fn arguments(block: &Block) -> impl Iterator<Item = &'static str> + '_ {
    let attributes = block.attributes.iter().filter(|one| one.presence.is_configurable()).map(|one| one.name);
    attributes.chain(block.blocks.iter().map(|nested| nested.name))
}

/// What this process knows of the resources of one type.
#[derive(Debug, Default)]
pub(super) struct Objections {
    /// What was applied, by the name of a resource: should a refresh find it gone, its configuration is planned without
    /// private bytes.
    seen: Mutex<BTreeMap<String, Applied>>,
    /// Errors of the last plan that were only told as warnings, with what was planned.
    raised: Mutex<BTreeMap<String, (Value, Diagnostics)>>,
}

impl Objections {
    /// Remembers what was applied, at a refresh.
    pub(super) fn remember(&self, name: &str, applied: Option<Applied>) {
        if let Some(applied) = applied {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), applied);
        }
    }

    /// Turns errors about settings that stay as they were applied into warnings. In another Region nothing stays, though no
    /// argument may have changed.
    pub(super) fn soften(
        &self,
        block: &Block,
        (name, prior): (&str, &Value),
        (applied, config, planned): (Option<Applied>, &Value, &Value),
        found: Diagnostics,
    ) -> Diagnostics {
        let key = key(prior, name);
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let moves = !prior.is_null() && prior.get("region") != planned.get("region");
        let before = applied.or_else(seen).filter(|_| !moves);
        let now = Applied::of(block, config);
        let (mut told, mut raised) = (Diagnostics::new(), Diagnostics::new());
        for diagnostic in found {
            let stays = before.as_ref().is_some_and(|before| now.agrees(before, block, &diagnostic.path));
            if !diagnostic.is_error() || !stays {
                told.push(diagnostic);
                continue;
            }
            let detail = format!(
                "{}\n\nThe configuration does not change here, so this plan goes on, and a destroy does too; an apply of it \
                 ends before it writes anything.",
                diagnostic.detail
            );
            told.push(Diagnostic { severity: Severity::Warning, detail, ..diagnostic.clone() });
            raised.push(diagnostic);
        }
        if !prior.is_null() {
            told = with_way_to_destroy(told, WITHOUT_CHANGE);
        } else if before.is_none() {
            told = with_way_to_destroy(told, WITHOUT_CREATION);
        }
        let mut all = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        if raised.is_empty() {
            all.remove(&key);
        } else {
            all.insert(key, (planned.clone(), raised));
        }
        told
    }

    /// Ends an apply whose plan told errors as warnings.
    pub(super) fn take(&self, key: &str, planned: &Value) -> Result<(), Diagnostics> {
        match self.raised.lock().unwrap_or_else(PoisonError::into_inner).remove(key) {
            Some((of, found)) if of == *planned => Err(found),
            _ => Ok(()),
        }
    }
}

/// Says, after the last error, how to destroy where a creation or a change is objected to: core plans it before a destroy
/// too, and nothing tells a provider why.
fn with_way_to_destroy(found: Diagnostics, way: &str) -> Diagnostics {
    let last = found.iter().filter(|one| one.is_error()).count();
    let (mut told, mut seen) = (Diagnostics::new(), 0);
    for diagnostic in found {
        seen += usize::from(diagnostic.is_error());
        if !diagnostic.is_error() || seen < last {
            told.push(diagnostic);
            continue;
        }
        let detail = format!("{}\n\n{way}", diagnostic.detail);
        told.push(Diagnostic { detail, ..diagnostic });
    }
    told
}

/// The key of a resource: its id, or its name where it has none yet or any more.
pub(super) fn key(prior: &Value, name: &str) -> String {
    prior.get("id").as_str().map_or_else(|| format!("named {name}"), str::to_owned)
}
