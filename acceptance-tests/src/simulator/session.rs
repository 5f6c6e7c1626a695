//! What an operation works with: the whole state, the caller, the time and its share of the seed.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;

use super::caller::Caller;
use super::clock::Moment;
use super::durations::Span;
use super::error::ApiError;
use super::paging::{Ask, Page};
use super::params::Params;
use super::rng;
use super::rules::Rule;
use super::settings::Readings;
use super::state::{Region, State};
use super::xml::Xml;

/// Characters of a ClientToken.
const MAX_TOKEN: usize = 64;

/// Says how a Describe call treats page sizes (rule 52).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSizes {
    /// 5 to 1000, anything else is refused.
    Strict,
    /// At least 5, larger than 1000 is taken as 1000: the endpoint family.
    Clamped,
}

/// Carries one call through its operation.
#[derive(Debug)]
pub struct Session<'a> {
    /// The whole world.
    pub state: &'a mut State,
    /// Who calls.
    pub caller: Caller,
    /// The moment of the call.
    pub now: Moment,
    /// This call's share of the seed.
    pub rng: ChaCha8Rng,
    /// Operation, in AWS's words.
    pub operation: &'static str,
    /// Whether the operation changes anything.
    pub mutating: bool,
    /// Status of a success other than 200.
    pub reply_status: Option<u16>,
    /// Headers of the answer beyond the usual.
    pub reply_headers: Vec<(String, String)>,
    /// What the fault script does to this call.
    pub struck: Struck,
}

/// What the fault script does to a call while it runs.
#[derive(Debug, Default)]
pub struct Struck {
    /// Added to everything that the call sets in motion.
    pub stall: Duration,
    /// Nothing is found.
    pub miss: bool,
    /// Error of the first item.
    pub item: Option<ApiError>,
    /// Ids of what was made.
    pub made: Vec<String>,
}

impl Session<'_> {
    /// Gives the caller's Region.
    pub fn region(&mut self) -> &mut Region {
        self.state.region_mut(&self.caller.account, &self.caller.region)
    }

    /// Tells whether a rule is enforced.
    pub fn holds(&self, rule: Rule) -> bool {
        self.state.holds(rule)
    }

    /// Gives the readings of undocumented rules.
    pub fn readings(&self) -> &Readings {
        &self.state.settings.readings
    }

    /// Refuses with a code that nobody confirmed, so that it can be another one (facts 19.9).
    pub fn assumed(&self, error: ApiError) -> ApiError {
        let code = self.readings().unconfirmed_code.clone().unwrap_or(error.code);
        ApiError { code, ..error }
    }

    /// Draws how long something that was deleted stays in sight.
    pub fn linger(&mut self, span: Span) -> Duration {
        let factor = self.state.settings.linger_factor.max(0.0);
        self.draw(span).mul_f64(factor)
    }

    /// Draws a duration.
    pub fn draw(&mut self, span: Span) -> Duration {
        if !self.holds(Rule::TransitionsTakeTime) {
            return Duration::ZERO;
        }
        let drawn = match (self.state.settings.longest, self.state.settings.spread) {
            (true, _) => span.worst(),
            (false, true) => span.draw(&mut self.rng),
            (false, false) => span.median(),
        };
        drawn + self.struck.stall
    }

    /// Draws the moment at which something that starts now is over.
    pub fn later(&mut self, span: Span) -> Moment {
        let duration = self.draw(span);
        self.now.after(duration)
    }

    /// Makes an id like `vpce-0123456789abcdef0`: `digits` hexadecimal digits, the first a zero as AWS's are.
    pub fn new_id(&mut self, prefix: &str, digits: usize) -> String {
        format!("{prefix}-0{}", rng::hex(&mut self.rng, digits.saturating_sub(1)))
    }

    /// Draws `length` hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        rng::hex(&mut self.rng, length)
    }

    /// Draws `length` lower-case letters and digits.
    pub fn alphanumeric(&mut self, length: usize) -> String {
        rng::draw_from(&mut self.rng, b"abcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    // === consistency ===

    /// Notes a new object: reads and changes do not find it until its lag is over.
    pub fn created(&mut self, id: &str, lag: Span) {
        self.state.note_made(id);
        self.struck.made.push(id.to_owned());
        if self.state.settings.lag && self.holds(Rule::ReplicasLag) {
            let always = self.state.settings.longest;
            let lag = if always { lag.worst() } else { lag.draw(&mut self.rng) };
            self.state.sights.created(id, self.now.after(lag), always, &mut self.rng);
        }
    }

    /// Tells whether this call finds the object.
    pub fn visible(&mut self, id: &str) -> bool {
        !self.struck.miss && self.state.sights.visible(id, self.now, !self.mutating)
    }

    /// Tells the moment at which this read sees an object that last changed at `changed` (see [`super::timed::Timed::changed_at`]).
    pub fn read_at(&mut self, id: &str, changed: Option<Moment>) -> Moment {
        if self.mutating {
            return self.now;
        }
        self.state.sights.read_at(id, self.now, changed)
    }

    /// Gives the error that the fault script has for the next item of this call: for the first one alone.
    pub fn item_fault(&mut self) -> Result<(), ApiError> {
        self.struck.item.take().map_or(Ok(()), Err)
    }

    // === lists ===

    /// Reads and checks what an EC2 call says about pages: MaxResults and NextToken; `by_id` when it names what it wants.
    pub fn ask<'p>(&self, params: &'p Params, sizes: PageSizes, by_id: bool) -> Result<Ask<'p>, ApiError> {
        let size = self.page_size(params, sizes, by_id)?;
        Ok(Ask { token: params.text("NextToken").filter(|token| !token.is_empty()), size, by_id })
    }

    fn page_size(&self, params: &Params, sizes: PageSizes, by_id: bool) -> Result<Option<usize>, ApiError> {
        let checked = self.holds(Rule::PageSizes);
        Ok(match params.number("MaxResults")? {
            Some(_) if by_id && sizes == PageSizes::Strict => {
                return Err(ApiError::combination("The parameter MaxResults cannot be used with a list of ids."));
            }
            Some(size) if !checked => usize::try_from(size).ok(),
            Some(size) if size < 5 || (size > 1000 && sizes == PageSizes::Strict) => {
                return Err(ApiError::bad(
                    "InvalidParameterValue",
                    format!(
                        "Value ( {size} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000."
                    ),
                ));
            }
            Some(size) => Some(usize::try_from(size).unwrap_or(1000).min(1000)),
            None => None,
        })
    }

    /// Cuts a page out of items by id, which were made for this answer; what lies in the world is listed by `listing.rs`.
    pub fn page_of(&mut self, items: Vec<(String, Xml)>, ask: &Ask<'_>) -> Result<Page, ApiError> {
        let listing = format!("{}/{}/{}", self.caller.account, self.caller.region, self.operation);
        let disorder = self.state.settings.disorder && self.holds(Rule::ShortPages);
        self.state.listings.page(&listing, items, ask, disorder, &mut self.rng)
    }

    // === idempotency ===

    /// Gives the id that the call's ClientToken made before, where it is gone and a token does not outlive it.
    fn is_spent(&self, params: &Params, lives: impl Fn(&Region, &str) -> bool) -> bool {
        let made = self.token_key(params).and_then(|key| self.state.client_tokens.made(&key).map(ToOwned::to_owned));
        let region = self.state.region(&self.caller.account, &self.caller.region);
        let gone = made.is_some_and(|id| !region.is_some_and(|region| lives(region, &id)));
        gone && !self.readings().client_token_outlives_its_object
    }

    /// As [`Session::replay`], for what may be gone by now.
    pub fn replay_unless_gone(
        &self,
        params: &Params,
        lives: impl Fn(&Region, &str) -> bool,
    ) -> Result<Option<Xml>, ApiError> {
        if self.is_spent(params, lives) { Ok(None) } else { self.replay(params) }
    }

    /// As [`Session::remember`], with the id of what was made.
    pub fn remember_made(&mut self, params: &Params, answer: &Xml, id: &str) {
        self.remember(params, answer);
        if let Some(key) = self.token_key(params) {
            self.state.client_tokens.note(&key, id);
        }
    }

    /// Gives the first answer of the call's ClientToken, if it had one and was made before (rule 46).
    pub fn replay(&self, params: &Params) -> Result<Option<Xml>, ApiError> {
        // Source: EC2 developer guide, idempotency: at most 64 characters of ASCII; the code is *assumed*.
        if let Some(long) = params.text("ClientToken").filter(|token| token.len() > MAX_TOKEN || !token.is_ascii()) {
            return Err(ApiError::bad(
                "InvalidParameterValue",
                format!("Value ({long}) for parameter clientToken is invalid: at most {MAX_TOKEN} ASCII characters."),
            ));
        }
        let Some(key) = self.token_key(params).filter(|_| self.holds(Rule::TokensReplay)) else {
            return Ok(None);
        };
        let answer = self.state.client_tokens.replay(&key, &params.fingerprint(&["ClientToken"]), self.now)?;
        if answer.is_some() {
            params.accept();
        }
        Ok(answer)
    }

    /// Keeps the answer for the call's ClientToken, if it had one.
    pub fn remember(&mut self, params: &Params, answer: &Xml) {
        if let Some(key) = self.token_key(params) {
            let until = self.now.after(Duration::from_secs(self.state.settings.client_token_hours * 3600));
            let fingerprint = params.fingerprint(&["ClientToken"]);
            self.state.client_tokens.remember(key, fingerprint, answer.clone(), until);
        }
    }

    fn token_key(&self, params: &Params) -> Option<String> {
        let token = params.text("ClientToken").filter(|token| !token.is_empty())?;
        Some(format!("{}/{}/{}/{token}", self.caller.account, self.caller.region, self.operation))
    }
}
