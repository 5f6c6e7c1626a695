//! Eventual consistency: what one read sees.
//!
//! A new object is invisible for its lag; afterwards one read of it may miss it again, and one read after a change may still
//! see the state before (facts 6 and 17.4, #53 and #54). Everything is drawn when the object is created. Only reads are led
//! astray this way; changes see the lag alone.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::clock::Moment;

#[derive(Debug, Clone)]
struct Sight {
    visible_at: Moment,
    vanish_after: Option<u32>,
    step_back: bool,
    reads: u32,
    seen_change: Option<Moment>,
}

/// Holds how far the world's replicas are with each object, by id.
#[derive(Debug, Clone, Default)]
pub struct Sights {
    by_id: BTreeMap<String, Sight>,
}

impl Sights {
    /// Notes a new object, which shows from a moment on, and draws what reads of it go astray; both kinds where `always`.
    pub fn created(&mut self, id: &str, visible_at: Moment, always: bool, rng: &mut ChaCha8Rng) {
        let sight = Sight {
            visible_at,
            vanish_after: (always || rng.random_bool(0.3)).then(|| rng.random_range(1..4)),
            step_back: always || rng.random_bool(0.5),
            reads: 0,
            seen_change: None,
        };
        self.by_id.insert(id.to_owned(), sight);
    }

    /// Tells whether a call finds the object.
    pub fn visible(&mut self, id: &str, now: Moment, reading: bool) -> bool {
        let Some(sight) = self.by_id.get_mut(id) else {
            return true;
        };
        if now < sight.visible_at {
            return false;
        }
        if !reading {
            return true;
        }
        sight.reads += 1;
        if sight.vanish_after.is_none() && !sight.step_back {
            // Nothing more will happen to it.
            self.by_id.remove(id);
            return true;
        }
        if sight.vanish_after.is_some_and(|after| sight.reads > after) {
            sight.vanish_after = None;
            return false;
        }
        true
    }

    /// Tells the moment at which a read sees an object whose state last changed at `changed`: now, or once just before that.
    pub fn read_at(&mut self, id: &str, now: Moment, changed: Option<Moment>) -> Moment {
        let Some(sight) = self.by_id.get_mut(id) else {
            return now;
        };
        let Some(changed) = changed else {
            return now;
        };
        if sight.step_back && sight.seen_change == Some(changed) {
            sight.step_back = false;
            return Moment(changed.0.saturating_sub(1));
        }
        sight.seen_change = Some(changed);
        now
    }

    /// Forgets an object.
    pub fn forget(&mut self, id: &str) {
        self.by_id.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::simulator::durations::CREATED_VISIBLE;

    #[test]
    fn an_object_appears_late_may_vanish_once_and_steps_back_at_most_once() {
        let (mut vanished, mut stepped) = (0, 0);
        for seed in 0..40 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut sights = Sights::default();
            let visible_at = Moment(0).after(CREATED_VISIBLE.draw(&mut rng));
            sights.created("x", visible_at, false, &mut rng);
            assert!(!sights.visible("x", Moment(1), true));
            let late = Moment(11_000);
            vanished += (0..10).filter(|_| !sights.visible("x", late, true)).count();
            assert!((0..10).all(|_| sights.visible("x", late, false)));
            let back = (0..10).filter(|_| sights.read_at("x", late, Some(Moment(9000))) < late).count();
            assert!(back <= 1);
            stepped += back;
        }
        assert!((4..30).contains(&vanished), "{vanished}");
        assert!((8..32).contains(&stepped), "{stepped}");
    }

    #[test]
    fn at_its_worst_every_object_vanishes_once_and_steps_back_once() {
        for seed in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut sights = Sights::default();
            sights.created("x", Moment(0), true, &mut rng);
            assert_eq!((0..10).filter(|_| !sights.visible("x", Moment(1), true)).count(), 1);
            let now = Moment(9001);
            assert_eq!((0..10).filter(|_| sights.read_at("x", now, Some(Moment(9000))) < now).count(), 1);
        }
    }
}
