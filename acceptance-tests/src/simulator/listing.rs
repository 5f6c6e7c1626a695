//! Lists of objects that lie in a Region by id: a page costs what is on it, not what there is.
//!
//! Ids are random, so their order is none; a listing that is out of order begins anywhere, goes round once, and shuffles each
//! page. A token remembers where the listing began and where it stopped. Lists of other things are cut by `paging.rs`.

use std::collections::BTreeMap;
use std::ops::Bound;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::clock::Moment;
use super::error::ApiError;
use super::paging::Page;
use super::params::Params;
use super::rng;
use super::rules::Rule;
use super::session::{PageSizes, Session};
use super::state::{Region, State};
use super::xml::Xml;

/// Says how the objects of a list are found, chosen and written.
pub struct Listing<'a, V> {
    /// Where they lie.
    pub of: fn(&Region) -> &BTreeMap<String, V>,
    /// When one last changed: a replica may show it as before.
    pub changed: fn(&V, Moment) -> Option<Moment>,
    /// Whether one is on the list at a moment.
    pub shows: &'a dyn Fn(&Region, &V, Moment) -> bool,
    /// Whether it passes the filters.
    pub passes: &'a dyn Fn(&Region, &V, Moment) -> bool,
    /// How it is written.
    pub write: &'a dyn Fn(&Region, &V, Moment) -> Xml,
    /// What is answered to an id that is not there; `None` leaves it out.
    pub absent: Option<fn(&str) -> ApiError>,
}

/// Where a listing began and stopped, in the order of ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) start: String,
    pub(super) after: Option<String>,
    pub(super) was_empty: bool,
}

impl Place {
    /// Walks what is still to come: from the start to the end, then from the beginning to the start.
    fn rest<'m, V>(&self, map: &'m BTreeMap<String, V>) -> impl Iterator<Item = (&'m String, &'m V)> + use<'m, V> {
        type Range<'r> = (Bound<&'r str>, Bound<&'r str>);
        let start = self.start.as_str();
        let nothing: Range<'_> = (Bound::Excluded(start), Bound::Included(start));
        let (first, second): (Range<'_>, Range<'_>) = match self.after.as_deref() {
            None => ((Bound::Included(start), Bound::Unbounded), (Bound::Unbounded, Bound::Excluded(start))),
            Some(last) if last >= start => {
                ((Bound::Excluded(last), Bound::Unbounded), (Bound::Unbounded, Bound::Excluded(start)))
            }
            Some(last) => ((Bound::Excluded(last), Bound::Excluded(start)), nothing),
        };
        map.range::<str, _>(first).chain(map.range::<str, _>(second))
    }
}

impl Session<'_> {
    /// Lists objects of the caller's Region: the named ones all at once, or a page of all.
    pub fn list<V>(
        &mut self,
        params: &Params,
        sizes: PageSizes,
        ids: &[String],
        listing: &Listing<'_, V>,
    ) -> Result<Page, ApiError> {
        let size = self.page_size(params, sizes, !ids.is_empty())?;
        let disorder = self.state.settings.disorder && self.holds(Rule::ShortPages);
        let mut page = if ids.is_empty() {
            self.page_of_all(params, size, disorder, listing)?
        } else {
            Page { items: self.named(ids, listing)?, next: None }
        };
        if disorder {
            page.items.shuffle(&mut self.rng);
        }
        Ok(page)
    }

    fn named<V>(&mut self, ids: &[String], listing: &Listing<'_, V>) -> Result<Vec<Xml>, ApiError> {
        let mut items = Vec::new();
        let mut seen: Vec<&String> = Vec::new();
        for id in ids {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let (now, miss) = (self.now, self.struck.miss);
            let State { accounts, sights, .. } = &mut *self.state;
            let region =
                accounts.get(&self.caller.account).and_then(|account| account.regions.get(&self.caller.region));
            let found = region.and_then(|region| Some((region, (listing.of)(region).get(id)?)));
            let shown = found.and_then(|(region, object)| {
                let at = sights.read_at(id, now, (listing.changed)(object, now));
                let shown = !miss && (listing.shows)(region, object, at) && sights.visible(id, now, true);
                shown.then_some((region, object, at))
            });
            match (shown, listing.absent) {
                (Some((region, object, at)), _) => {
                    if (listing.passes)(region, object, at) {
                        items.push((listing.write)(region, object, at));
                    }
                }
                (None, Some(absent)) => return Err(absent(id)),
                (None, None) => {}
            }
        }
        Ok(items)
    }

    fn page_of_all<V>(
        &mut self,
        params: &Params,
        size: Option<usize>,
        disorder: bool,
        listing: &Listing<'_, V>,
    ) -> Result<Page, ApiError> {
        let name = format!("{}/{}/{}", self.caller.account, self.caller.region, self.operation);
        let (now, miss) = (self.now, self.struck.miss);
        let State { accounts, sights, listings, .. } = &mut *self.state;
        let region = accounts.get(&self.caller.account).and_then(|account| account.regions.get(&self.caller.region));
        let all = region.map(|region| (region, (listing.of)(region)));
        let mut place = match params.text("NextToken").filter(|token| !token.is_empty()) {
            Some(token) => listings.place(token, &name)?,
            None => Place { start: start(all.map(|(_, map)| map), disorder, &mut self.rng), ..Place::default() },
        };
        let Some((region, map)) = all.filter(|_| !miss) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let mut size = size.unwrap_or(usize::MAX).min(map.len());
        if disorder && size > 0 {
            if !place.was_empty && self.rng.random_bool(0.1) {
                size = 0;
            } else if size > 1 && self.rng.random_bool(0.25) {
                size = self.rng.random_range(1..size);
            }
        }
        let (mut items, mut more) = (Vec::new(), false);
        for (id, object) in place.clone().rest(map) {
            let at = sights.read_at(id, now, (listing.changed)(object, now));
            let shown = (listing.shows)(region, object, at) && sights.visible(id, now, true);
            if !shown || !(listing.passes)(region, object, at) {
                continue;
            }
            if items.len() >= size {
                more = true;
                break;
            }
            items.push((listing.write)(region, object, at));
            place.after = Some(id.clone());
        }
        place.was_empty = items.is_empty();
        let next = more.then(|| listings.keep(&name, place, &mut self.rng));
        Ok(Page { items, next })
    }
}

/// Says where a listing begins: at the beginning, or anywhere.
fn start<V>(map: Option<&BTreeMap<String, V>>, disorder: bool, random: &mut rand_chacha::ChaCha8Rng) -> String {
    // One object has no order, and draws nothing for it.
    let several = map.filter(|map| disorder && map.len() > 1);
    let Some(first) = several.and_then(|map| map.keys().next()) else {
        return String::new();
    };
    let prefix = first.rfind('-').and_then(|at| first.get(..=at)).unwrap_or_default();
    format!("{prefix}0{}", rng::hex(random, 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_round_once_wherever_it_begins_and_stops() {
        let map: BTreeMap<String, char> = ["a", "b", "c", "d"].map(|id| (id.to_owned(), '.')).into();
        for start in ["", "b", "bb", "z"] {
            let mut place = Place { start: start.to_owned(), ..Place::default() };
            let mut seen = Vec::new();
            while let Some((id, _)) = place.clone().rest(&map).next() {
                seen.push(id.clone());
                place.after = Some(id.clone());
            }
            assert_eq!(seen.len(), 4, "{start}: {seen:?}");
            seen.sort();
            assert_eq!(seen, ["a", "b", "c", "d"]);
        }
    }
}
