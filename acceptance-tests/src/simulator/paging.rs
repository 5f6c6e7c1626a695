//! Pages of lists: sizes, tokens, and pages that are short, empty or in no order (rules 52 and 53).
//!
//! A token remembers which items are still to come, so a listing stays one listing while objects come and go.

use std::collections::{BTreeMap, VecDeque};

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::error::ApiError;
use super::rng;
use super::xml::Xml;

/// Carries one page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// Items of this page.
    pub items: Vec<Xml>,
    /// Token of the next page.
    pub next: Option<String>,
}

/// Says what a caller asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask<'a> {
    /// Token of an earlier page.
    pub token: Option<&'a str>,
    /// Largest page.
    pub size: Option<usize>,
    /// Ids were named: all come at once.
    pub by_id: bool,
}

#[derive(Debug, Clone)]
struct Rest {
    listing: String,
    ids: Vec<String>,
    place: Place,
    was_empty: bool,
}

/// Tokens that are remembered; older ones are invalid by then.
const TOKENS: usize = 10_000;

/// Where a listing began and stopped, in the order of keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) start: String,
    pub(super) after: Option<String>,
    pub(super) was_empty: bool,
}

/// Holds the listings under way, by token.
#[derive(Debug, Clone, Default)]
pub struct Listings {
    by_token: BTreeMap<String, Rest>,
    order: VecDeque<String>,
}

impl Listings {
    /// Gives where the listing of a token stopped.
    pub(super) fn place(&self, token: &str, listing: &str) -> Result<Place, ApiError> {
        let rest = self.by_token.get(token).filter(|rest| rest.listing == listing);
        rest.map(|rest| rest.place.clone()).ok_or_else(|| invalid_token(token))
    }

    /// Remembers where a listing stopped and gives the token for it.
    pub(super) fn keep(&mut self, listing: &str, place: Place, random: &mut ChaCha8Rng) -> String {
        self.remember(Rest { listing: listing.to_owned(), ids: Vec::new(), place, was_empty: false }, random)
    }

    fn remember(&mut self, rest: Rest, random: &mut ChaCha8Rng) -> String {
        let token = rng::draw_from(random, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40);
        self.by_token.insert(token.clone(), rest);
        self.order.push_back(token.clone());
        if self.order.len() > TOKENS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_token.remove(&oldest);
        }
        token
    }

    /// Cuts a page out of a list of items by id; `listing` names who lists what, a token of another listing is refused.
    pub fn page(
        &mut self,
        listing: &str,
        items: Vec<(String, Xml)>,
        ask: &Ask<'_>,
        disorder: bool,
        random: &mut ChaCha8Rng,
    ) -> Result<Page, ApiError> {
        let mut by_id: BTreeMap<String, Xml> = BTreeMap::new();
        let mut order: Vec<String> = Vec::new();
        for (id, xml) in items {
            order.push(id.clone());
            by_id.insert(id, xml);
        }
        let mut was_empty = false;
        if let Some(token) = ask.token {
            let rest =
                self.by_token.get(token).filter(|rest| rest.listing == listing).ok_or_else(|| invalid_token(token))?;
            was_empty = rest.was_empty;
            order.clone_from(&rest.ids);
            order.retain(|id| by_id.contains_key(id));
        } else if disorder {
            order.shuffle(random);
        }
        let mut size = ask.size.unwrap_or(usize::MAX).min(order.len());
        if disorder && !ask.by_id && !order.is_empty() {
            if !was_empty && random.random_bool(0.1) {
                size = 0;
            } else if size > 1 && random.random_bool(0.25) {
                size = random.random_range(1..size);
            }
        }
        let rest = order.split_off(size);
        let next = (!rest.is_empty()).then(|| {
            let (listing, was_empty) = (listing.to_owned(), order.is_empty());
            self.remember(Rest { listing, ids: rest, place: Place::default(), was_empty }, random)
        });
        let items = order.iter().filter_map(|id| by_id.remove(id)).collect();
        Ok(Page { items, next })
    }
}

fn invalid_token(token: &str) -> ApiError {
    ApiError::bad("InvalidNextToken", format!("The token '{token}' is invalid."))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn short_and_empty_pages_still_give_every_item_once() {
        let mut short = 0;
        for seed in 0..50 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut listings = Listings::default();
            let items = || (0..9).map(|n| (n.to_string(), Xml::new().text("n", n))).collect::<Vec<_>>();
            let (mut got, mut token, mut pages) = (Vec::new(), None::<String>, 0);
            loop {
                let ask = Ask { token: token.as_deref(), size: Some(5), by_id: false };
                let page = listings.page("l", items(), &ask, true, &mut random).unwrap();
                got.extend(page.items.iter().map(Xml::document));
                pages += 1;
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            short += usize::from(pages > 2);
            got.sort();
            got.dedup();
            assert_eq!(got.len(), 9);
        }
        assert!(short > 5, "pages were never short");
    }

    #[test]
    fn a_token_of_another_listing_is_refused() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut listings = Listings::default();
        let items = |count: u32| (0..count).map(|n| (n.to_string(), Xml::new())).collect::<Vec<_>>();
        let ask = Ask { size: Some(5), ..Ask::default() };
        let token = listings.page("a", items(9), &ask, false, &mut random).unwrap().next.unwrap();
        let ask = Ask { token: Some(&token), ..Ask::default() };
        assert_eq!(listings.page("b", items(9), &ask, false, &mut random).unwrap_err().code, "InvalidNextToken");
    }
}
