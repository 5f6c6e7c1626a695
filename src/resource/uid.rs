//! The uid that names a composite in the owner tags of its objects.
//!
//! Random, and never the same twice, unless a thread asks for a sequence of its own: a run that is to be the same twice.

use std::cell::RefCell;

thread_local! {
    static SEQUENCE: RefCell<Option<fastrand::Rng>> = const { RefCell::new(None) };
}

/// Lets this thread mint the same uids in the same order for the same seed.
pub fn seed(seed: u64) {
    SEQUENCE.with(|sequence| sequence.replace(Some(fastrand::Rng::with_seed(seed))));
}

/// Mints a uid: when creation starts, never in a plan.
pub(super) fn mint() -> String {
    let drawn = SEQUENCE.with(|sequence| sequence.borrow_mut().as_mut().map(|random| random.u128(..)));
    let uid =
        drawn.map_or_else(uuid::Uuid::new_v4, |bits| uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid());
    uid.simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_thread_mints_the_same_uids_again() {
        seed(1);
        let first = [mint(), mint()];
        seed(1);
        assert_eq!([mint(), mint()], first);
        assert_ne!(first[0], first[1]);
        let free = std::thread::spawn(|| (mint(), mint())).join().unwrap();
        assert_ne!(free.0, free.1);
    }
}
