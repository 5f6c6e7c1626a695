//! A run that nothing disturbs.

use std::collections::BTreeMap;

use acceptance_tests::simulator::World;

use super::stage::{Stage, telling};
use crate::core::{objects, texts};

/// A call of a run.
pub(super) struct Made {
    pub(super) operation: String,
    pub(super) mutating: bool,
    /// Whether AWS did it: some calls come before AWS is ready for them.
    pub(super) is_done: bool,
}

/// What an undisturbed run does and leaves.
pub(super) struct Plain {
    /// The calls in their order.
    pub(super) calls: Vec<Made>,
    /// How many warnings it gives.
    pub(super) told: usize,
    /// Objects by kind, the neighbours' included.
    pub(super) world: BTreeMap<String, usize>,
}

impl Plain {
    pub(super) async fn of(mut stage: Stage) -> Self {
        let before = stage.setting.land.world.calls().len();
        let found = stage.act().await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let calls = stage.setting.land.world.calls().split_off(before).into_iter();
        let made = calls.map(|call| Made {
            mutating: call.mutating,
            is_done: call.outcome == "ok",
            operation: call.operation,
        });
        let plain =
            Self { calls: made.collect(), told: texts(&found).len(), world: counted(&stage.setting.land.world) };
        stage.clear("undisturbed").await;
        plain
    }

    /// The reads, or the other calls, in their order.
    pub(super) fn of_kind(&self, reads: bool) -> Vec<&Made> {
        self.calls.iter().filter(|call| call.mutating != reads).collect()
    }
}

/// How many objects of each kind there are.
pub(super) fn counted(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (kind, _) in telling(&objects(world)) {
        *counts.entry(kind).or_default() += 1;
    }
    counts
}
