//! Ordered maps and sets from iterators, by insertion.
//!
//! The standard library's `collect` sorts first, with a stable sort of its own for each kind of iterator: four
//! kilobytes of code at every place, half a megabyte of the provider. Ours are small; insertion is as fast.

/// [`Iterator::collect`] for maps and sets.
pub(crate) trait Gather: Iterator + Sized {
    /// All of it; of two values of one key the later.
    fn gather<All: Default + Extend<Self::Item>>(self) -> All {
        let mut all = All::default();
        all.extend(self);
        all
    }

    /// The same, up to the first error.
    fn try_gather<All: Default + Extend<T>, T, E>(self) -> Result<All, E>
    where
        Self: Iterator<Item = Result<T, E>>,
    {
        let mut all = All::default();
        for one in self {
            all.extend(Some(one?));
        }
        Ok(all)
    }
}

impl<I: Iterator> Gather for I {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_map_is_what_collect_would_make() {
        let pairs = [("b", 1), ("a", 2), ("b", 3)];
        assert_eq!(pairs.into_iter().gather::<BTreeMap<_, _>>(), pairs.into_iter().collect());
    }

    #[test]
    fn the_first_error_ends_it() {
        let good: Result<BTreeMap<_, _>, &str> = [Ok(("a", 1)), Ok(("b", 2))].into_iter().try_gather();
        assert_eq!(good, Ok(BTreeMap::from([("a", 1), ("b", 2)])));
        let bad: Result<BTreeMap<_, _>, _> = [Ok(("a", 1)), Err("first"), Err("second")].into_iter().try_gather();
        assert_eq!(bad, Err("first"));
    }
}
