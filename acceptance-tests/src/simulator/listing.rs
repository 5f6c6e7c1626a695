//! Lists of objects in the order of their keys: a page costs what is on it, not what there is.
//!
//! Keys are ids or ARNs, and callers must not rely on their order: a listing that is out of order begins anywhere, goes round once, and
//! shuffles each page. A token remembers where the listing began and where it stopped. Short lists of things that are made for the
//! answer are cut by `paging.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::LazyLock;

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::clock::Moment;
use super::consistency::Sights;
use super::error::ApiError;
use super::paging::{Ask, Listings, Page, Place};
use super::rules::Rule;
use super::session::Session;
use super::state::{Account, Region, State};
use super::xml::Xml;

/// Keys from here to there.
pub type Range<'k> = (Bound<&'k str>, Bound<&'k str>);
/// Objects with their keys, in the order of the keys.
pub type Walk<'a, V> = Box<dyn Iterator<Item = (Cow<'a, str>, V)> + 'a>;

/// Says how the objects of a list are found, chosen and written.
pub struct Listing<'a, V> {
    /// Walks them within a range of keys.
    pub walk: &'a dyn Fn(Range<'_>) -> Walk<'a, V>,
    /// Whose sight decides about one, when it is not its own: a rule is seen when its group is.
    pub sight: Option<fn(&V) -> &str>,
    /// When one last changed: a replica may show it as before.
    pub changed: fn(&V, Moment) -> Option<Moment>,
    /// Whether one is on the list at a moment.
    pub shows: &'a dyn Fn(&V, Moment) -> bool,
    /// Whether it passes the filters.
    pub passes: &'a dyn Fn(&V, Moment) -> bool,
    /// How it is written.
    pub write: &'a dyn Fn(&V, Moment) -> Xml,
    /// What is answered to a key that is not there; `None` leaves it out.
    pub absent: Option<&'a dyn Fn(&str) -> ApiError>,
}

/// Walks the objects of a map by key.
pub fn walk<'a, V>(map: &'a BTreeMap<String, V>, range: Range<'_>) -> Walk<'a, &'a V> {
    Box::new(map.range::<str, _>(range).map(|(key, object)| (Cow::Borrowed(key.as_str()), object)))
}

/// Walks two kinds of objects, whose keys are all different, as if they were one.
pub fn merge<'a, V: 'a>(one: Walk<'a, V>, other: Walk<'a, V>) -> Walk<'a, V> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    Box::new(std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some((first, _)), Some((second, _))) if second < first => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    }))
}

/// Walks the objects of several maps, whose keys are all different, as if they were one.
pub fn walk_all<'a, V>(maps: impl Iterator<Item = &'a BTreeMap<String, V>>, range: Range<'_>) -> Walk<'a, &'a V> {
    let mut walks: Vec<_> = maps.map(|map| map.range::<str, _>(range).peekable()).collect();
    Box::new(std::iter::from_fn(move || {
        let first = walks.iter_mut().filter_map(|walk| Some((walk.peek()?.0, walk))).min_by_key(|(key, _)| *key);
        first?.1.next().map(|(key, object)| (Cow::Borrowed(key.as_str()), object))
    }))
}

/// One object of a map within a map.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a, O, V> {
    /// Key of the outer object.
    pub outer: &'a str,
    /// The object that holds the inner map.
    pub holder: &'a O,
    /// Key of the inner object.
    pub inner: &'a str,
    /// The inner object.
    pub object: &'a V,
}

/// Walks what lies in maps within a map, by keys like `outer/inner`.
pub fn walk_pairs<'a, O, V>(
    outer: &'a BTreeMap<String, O>,
    inner: fn(&'a O) -> &'a BTreeMap<String, V>,
    (from, to): Range<'_>,
) -> Walk<'a, Pair<'a, O, V>> {
    let first = match from {
        Bound::Included(key) | Bound::Excluded(key) => key.split('/').next().unwrap_or(key),
        Bound::Unbounded => "",
    };
    let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
    let begins = move |key: &str| match &from {
        Bound::Included(from) => key >= from.as_str(),
        Bound::Excluded(from) => key > from.as_str(),
        Bound::Unbounded => true,
    };
    let ends = move |key: &str| match &to {
        Bound::Included(to) => key > to.as_str(),
        Bound::Excluded(to) => key >= to.as_str(),
        Bound::Unbounded => false,
    };
    let pairs = outer.range::<str, _>((Bound::Included(first), Bound::Unbounded)).flat_map(move |(outer, holder)| {
        inner(holder).iter().map(move |(inner, object)| {
            (
                Cow::Owned(format!("{outer}/{inner}")),
                Pair { outer: outer.as_str(), holder, inner: inner.as_str(), object },
            )
        })
    });
    Box::new(pairs.skip_while(move |(key, _)| !begins(key)).take_while(move |(key, _)| !ends(key)))
}

impl Place {
    /// Gives what is still to come: from the start to the end, then from the beginning to the start.
    fn rest(&self) -> [Range<'_>; 2] {
        let start = self.start.as_str();
        // Nothing: a range that excludes both of one key would panic.
        let nothing = (Bound::Excluded(start), Bound::Included(start));
        match self.after.as_deref() {
            None => [(Bound::Included(start), Bound::Unbounded), (Bound::Unbounded, Bound::Excluded(start))],
            Some(last) if last >= start => {
                [(Bound::Excluded(last), Bound::Unbounded), (Bound::Unbounded, Bound::Excluded(start))]
            }
            Some(last) => [(Bound::Excluded(last), Bound::Excluded(start)), nothing],
        }
    }
}

/// Holds what a list is read from.
#[derive(Debug, Clone, Copy)]
pub struct Shelves<'a> {
    /// The caller's Region.
    pub region: &'a Region,
    /// All accounts.
    pub accounts: &'a BTreeMap<String, Account>,
}

/// Holds what a list changes: what was seen, which pages are under way, the seed.
#[derive(Debug)]
pub struct Desk<'a> {
    sights: &'a mut Sights,
    listings: &'a mut Listings,
    rng: &'a mut ChaCha8Rng,
    name: String,
    now: Moment,
    miss: bool,
    disorder: bool,
}

static NOTHING: LazyLock<Region> = LazyLock::new(Region::default);

impl Session<'_> {
    /// Parts the world into what a list is read from and what it changes.
    pub fn desk(&mut self) -> (Shelves<'_>, Desk<'_>) {
        let disorder = self.state.settings.disorder && self.holds(Rule::ShortPages);
        let name = format!("{}/{}/{}", self.caller.account, self.caller.region, self.operation);
        let (now, miss) = (self.now, self.struck.miss);
        let State { accounts, sights, listings, .. } = &mut *self.state;
        let region = accounts.get(&self.caller.account).and_then(|account| account.regions.get(&self.caller.region));
        let shelves = Shelves { region: region.unwrap_or(&NOTHING), accounts };
        (shelves, Desk { sights, listings, rng: &mut self.rng, name, now, miss, disorder })
    }
}

impl Desk<'_> {
    /// Lists objects: the named ones all at once, or a page of all.
    pub fn list<V>(&mut self, ask: &Ask<'_>, keys: &[String], listing: &Listing<'_, V>) -> Result<Page, ApiError> {
        self.list_passing(ask, keys, listing, &|_| true)
    }

    /// As [`Desk::list`], for filters about which the written item decides.
    pub fn list_passing<V>(
        &mut self,
        ask: &Ask<'_>,
        keys: &[String],
        listing: &Listing<'_, V>,
        decides: &dyn Fn(&Xml) -> bool,
    ) -> Result<Page, ApiError> {
        let mut page = if ask.by_id {
            Page { items: self.named(keys, listing, decides)?, next: None }
        } else {
            self.page_of_all(ask, listing, decides)?
        };
        if self.disorder {
            page.items.shuffle(self.rng);
        }
        Ok(page)
    }

    /// Tells the moment at which this call sees an object; `None` when it does not.
    fn sees<V>(&mut self, key: &str, object: &V, listing: &Listing<'_, V>, seen: &mut Seen) -> Option<Moment> {
        let sight = listing.sight.map_or(key, |sight| sight(object));
        let at = self.sights.read_at(sight, self.now, (listing.changed)(object, self.now));
        if self.miss || !(listing.shows)(object, at) {
            return None;
        }
        // One call sees an object once, however many items are its.
        if seen.sight != sight {
            *seen = Seen { visible: self.sights.visible(sight, self.now, true), sight: sight.to_owned() };
        }
        seen.visible.then_some(at)
    }

    fn named<V>(
        &mut self,
        keys: &[String],
        listing: &Listing<'_, V>,
        decides: &dyn Fn(&Xml) -> bool,
    ) -> Result<Vec<Xml>, ApiError> {
        let (mut items, mut seen) = (Vec::new(), Seen::default());
        for (index, key) in keys.iter().enumerate() {
            if keys.iter().take(index).any(|earlier| earlier == key) {
                continue;
            }
            let found = (listing.walk)((Bound::Included(key), Bound::Included(key))).next();
            let shown = found.and_then(|(key, object)| Some((self.sees(&key, &object, listing, &mut seen)?, object)));
            match (shown, listing.absent) {
                (Some((at, object)), _) => {
                    if (listing.passes)(&object, at) {
                        items.extend(Some((listing.write)(&object, at)).filter(decides));
                    }
                }
                (None, Some(absent)) => return Err(absent(key)),
                (None, None) => {}
            }
        }
        Ok(items)
    }

    fn page_of_all<V>(
        &mut self,
        ask: &Ask<'_>,
        listing: &Listing<'_, V>,
        decides: &dyn Fn(&Xml) -> bool,
    ) -> Result<Page, ApiError> {
        let mut place = match ask.token {
            Some(token) => self.listings.place(token, &self.name)?,
            None => Place { start: self.start(listing), ..Place::default() },
        };
        let everything = (listing.walk)((Bound::Unbounded, Bound::Unbounded));
        let mut size = everything.take(ask.size.unwrap_or(usize::MAX)).count();
        if self.disorder && size > 0 {
            if !place.was_empty && self.rng.random_bool(0.1) {
                size = 0;
            } else if size > 1 && self.rng.random_bool(0.25) {
                size = self.rng.random_range(1..size);
            }
        }
        let (mut items, mut more, mut seen, mut last) = (Vec::new(), false, Seen::default(), None);
        for (key, object) in place.rest().into_iter().flat_map(listing.walk) {
            let Some(at) = self.sees(&key, &object, listing, &mut seen) else { continue };
            if !(listing.passes)(&object, at) {
                continue;
            }
            let item = (listing.write)(&object, at);
            if !decides(&item) {
                continue;
            }
            if items.len() >= size {
                more = true;
                break;
            }
            items.push(item);
            last = Some(key);
        }
        place.after = last.map(Cow::into_owned).or(place.after);
        place.was_empty = items.is_empty();
        let next = more.then(|| self.listings.keep(&self.name, place, self.rng));
        Ok(Page { items, next })
    }

    /// Says where a listing begins: at the beginning, or at any key of what may be its first page.
    fn start<V>(&mut self, listing: &Listing<'_, V>) -> String {
        if !self.disorder {
            return String::new();
        }
        let first = (listing.walk)((Bound::Unbounded, Bound::Unbounded)).take(STARTS);
        let keys: Vec<Cow<'_, str>> = first.map(|(key, _)| key).collect();
        // One object has no order, and draws nothing for it.
        let start = if keys.len() > 1 { keys.choose(self.rng) } else { None };
        start.map(|key| key.clone().into_owned()).unwrap_or_default()
    }
}

/// Keys among which a listing may begin.
const STARTS: usize = 100;

/// Remembers what was seen last.
#[derive(Default)]
struct Seen {
    sight: String,
    visible: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(keys: &[&str]) -> BTreeMap<String, char> {
        keys.iter().map(|key| ((*key).to_owned(), '.')).collect()
    }

    #[test]
    fn a_walk_goes_round_once_wherever_it_begins_and_stops() {
        let map = map(&["a", "b", "c", "d"]);
        for start in ["", "b", "bb", "z"] {
            let mut place = Place { start: start.to_owned(), ..Place::default() };
            let mut seen = Vec::new();
            loop {
                let next = place.rest().into_iter().flat_map(|range| walk(&map, range)).next();
                let Some((key, _)) = next else { break };
                seen.push(key.clone().into_owned());
                place.after = Some(key.into_owned());
            }
            assert_eq!(seen.len(), 4, "{start}: {seen:?}");
            seen.sort();
            assert_eq!(seen, ["a", "b", "c", "d"]);
        }
    }

    #[test]
    fn a_page_of_many_looks_at_what_is_on_it() {
        use rand::SeedableRng;
        let map: BTreeMap<String, char> = (0..10_000).map(|number| (format!("id-{number:05}"), '.')).collect();
        let looked = std::cell::Cell::new(0);
        let listing = Listing {
            walk: &|range| Box::new(walk(&map, range).inspect(|_| looked.set(looked.get() + 1))),
            sight: None,
            changed: |_, _| None,
            shows: &|_, _| true,
            passes: &|_, _| true,
            write: &|_, _| Xml::new(),
            absent: None,
        };
        for disorder in [false, true] {
            let (mut sights, mut listings) = (Sights::default(), Listings::default());
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let (now, name) = (Moment(0), "list".to_owned());
            let mut desk =
                Desk { sights: &mut sights, listings: &mut listings, rng: &mut rng, name, now, miss: false, disorder };
            let mut token: Option<String> = None;
            for _ in 0..20 {
                looked.set(0);
                let ask = Ask { token: token.as_deref(), size: Some(100), by_id: false };
                token = desk.list(&ask, &[], &listing).unwrap().next;
                assert!(token.is_some() && looked.get() <= 301, "{}", looked.get());
            }
        }
    }

    #[test]
    fn maps_in_a_map_are_walked_by_both_keys() {
        let outer: BTreeMap<String, _> = [("a", map(&["1", "2"])), ("b", map(&[])), ("c", map(&["0", "3"]))]
            .into_iter()
            .map(|(key, inner)| (key.to_owned(), inner))
            .collect();
        let keys = |range: Range<'_>| {
            let walk = walk_pairs(&outer, |inner| inner, range);
            walk.map(|(key, _)| key.into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(keys((Bound::Unbounded, Bound::Unbounded)), "a/1 a/2 c/0 c/3");
        assert_eq!(keys((Bound::Excluded("a/1"), Bound::Excluded("c/3"))), "a/2 c/0");
        assert_eq!(keys((Bound::Included("c/0"), Bound::Included("c/0"))), "c/0");
        assert_eq!(keys((Bound::Included("b/5"), Bound::Unbounded)), "c/0 c/3");
    }

    #[test]
    fn several_maps_are_walked_as_one() {
        let maps = [map(&["b", "e"]), map(&[]), map(&["a", "c", "d"])];
        let keys = |range: Range<'_>| {
            let walk = walk_all(maps.iter(), range);
            walk.map(|(key, _)| key.into_owned()).collect::<Vec<_>>().concat()
        };
        assert_eq!(keys((Bound::Unbounded, Bound::Unbounded)), "abcde");
        assert_eq!(keys((Bound::Excluded("b"), Bound::Included("d"))), "cd");
    }
}
