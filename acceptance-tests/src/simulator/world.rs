//! The world: one state, one clock, and the way of every call through them.
//!
//! Both doors (`connector.rs`, `http.rs`) hand requests to [`World::serve`]. A call is read, may be struck by the fault script,
//! pays its buckets, runs under the one lock, is refused if it carried something unknown, and is written into the audit.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::audit;
use super::buckets;
use super::caller::{self, Caller, Service};
use super::clock::{Clock, Moment};
use super::durations::CALL_LATENCY;
use super::envelope::WireResponse;
use super::error::ApiError;
use super::faults::{Fault, Strike, When};
use super::operation::Operation;
use super::request::{Form, WireRequest};
use super::rules::Rule;
use super::services::{self, Call};
use super::session::{Session, Struck};
use super::settings::Settings;
use super::state::State;
use super::xml::Xml;
use super::{ec2, rng};

/// Kills the caller's process; registered by tests that have one.
pub type Kill = Box<dyn Fn(&str) + Send + Sync>;

/// Holds one AWS. Clones are the same world.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    state: Mutex<State>,
    kill: Mutex<Option<Kill>>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "World(seed {})", self.lock().seed)
    }
}

/// Says what the caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Answer(WireResponse),
    /// A dropped connection.
    Dropped,
    /// Nothing, ever.
    Silence,
}

impl World {
    /// Starts an empty world on tokio's clock, at `clock_speed` times real time.
    pub fn new(seed: u64, settings: Settings, clock_speed: f64) -> Self {
        Self {
            shared: Arc::new(Shared {
                clock: Clock::new(clock_speed),
                state: Mutex::new(State { speed: clock_speed, ..State::new(seed, settings) }),
                kill: Mutex::new(None),
            }),
        }
    }

    /// Starts a strict world for a test in this process.
    pub fn strict(seed: u64) -> Self {
        Self::new(seed, Settings::default(), 1.0)
    }

    /// Starts a world without lag, disorder, buckets and latency.
    pub fn calm(seed: u64) -> Self {
        Self::new(seed, Settings::calm(), 1.0)
    }

    /// Starts a calm world in which everything takes its median time.
    pub fn typical(seed: u64) -> Self {
        Self::new(seed, Settings::typical(), 1.0)
    }

    /// Gives a world of its own that goes on from a moment, by what is so now: whatever happens in one, the other knows nothing
    /// of it.
    #[must_use]
    pub fn fork(&self, moment: Moment) -> Self {
        let state = self.lock().clone();
        Self {
            shared: Arc::new(Shared {
                clock: Clock::from(moment, state.speed),
                state: Mutex::new(state),
                kill: Mutex::new(None),
            }),
        }
    }

    /// Gives the clock.
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Tells the present moment.
    pub fn now(&self) -> Moment {
        self.shared.clock.now()
    }

    /// Gives the state, for assertions and control routes. Hold it shortly, never across an await.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Empties the world and sets its seed; switches and readings stay.
    pub fn reset(&self, seed: u64) {
        let mut state = self.lock();
        let settings = state.settings.clone();
        let off = std::mem::take(&mut state.off);
        let audit = state.audit.anew();
        *state = State { speed: state.speed, off, audit, ..State::new(seed, settings) };
    }

    /// Replaces the fault script.
    pub fn set_faults(&self, script: Vec<Fault>) {
        self.lock().faults.set(script);
    }

    /// Registers how the caller's process is killed; the operation's name is handed over.
    pub fn on_kill(&self, kill: Kill) {
        *self.shared.kill.lock().unwrap_or_else(PoisonError::into_inner) = Some(kill);
    }

    /// Tells whether a kill is registered.
    pub fn can_kill(&self) -> bool {
        self.shared.kill.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Gives the calls so far.
    pub fn calls(&self) -> Vec<audit::Call> {
        self.lock().audit.calls().to_vec()
    }

    /// Answers a request in its own time, and tells that time.
    pub async fn serve(&self, request: WireRequest) -> Reply {
        let mut reply = self.answer(request).await;
        if let Reply::Answer(answer) = &mut reply {
            answer.headers.push(("date".to_owned(), self.now().http_date()));
        }
        reply
    }

    async fn answer(&self, request: WireRequest) -> Reply {
        let arrived = self.admit(&request);
        let (admitted, latency) = match arrived {
            Ok(admitted) => admitted,
            Err(answer) => return Reply::Answer(answer),
        };
        let mut admitted = admitted;
        let delay = match &admitted.fault {
            Some(fault) if fault.strike == Strike::Delay => Duration::from_millis(fault.ms.unwrap_or(1000)),
            Some(fault) if fault.strike == Strike::BadNetwork => {
                let (ms, drops) = fault.weather(&mut admitted.random);
                admitted.fault = drops.then(|| Fault { strike: Strike::Reset, ..fault.clone() });
                Duration::from_millis(ms)
            }
            _ => Duration::ZERO,
        };
        self.shared.clock.sleep(latency + delay).await;
        self.perform(admitted)
    }

    /// Reads a request, counts it for the script and draws its latency.
    fn admit(&self, request: &WireRequest) -> Result<(Admitted, Duration), WireResponse> {
        let now = self.now();
        let mut state = self.lock();
        let lost = |state: &mut State, service: Option<Service>, error: &ApiError| {
            let mut rng = rng::stream(state.seed, &["unread"], now.0);
            services::failure((service, Form::of(request)), error, &request_id(&mut rng))
        };
        let caller = match caller::caller(request, &state.keys, now) {
            Ok(caller) => caller,
            Err(error) => return Err(lost(&mut state, caller::service(request), &error)),
        };
        let service = caller.service;
        let known = services::read(request, caller.clone()).and_then(|call| {
            let operation = services::operation(service, &call.operation).ok_or_else(|| {
                ApiError::not_simulated(format!("the operation '{}' of {}", call.operation, service.name()))
            })?;
            Ok((call, operation))
        });
        let (call, operation) = match known {
            Ok(known) => known,
            Err(error) => {
                let asked = Asked { caller: &caller, operation: "unknown", mutating: false, tag_keys: Vec::new() };
                record(&mut state, now, asked, &error.code, false);
                return Err(lost(&mut state, Some(service), &error));
            }
        };
        let key = (caller.account.clone(), operation.name.to_owned());
        let count = state.counts.entry(key).or_default();
        *count += 1;
        let count = *count;
        let words = [caller.account.as_str(), caller.region.as_str(), operation.name];
        let mut random = rng::stream(state.seed, &words, count);
        let latency = if state.settings.latency { CALL_LATENCY.draw(&mut random) } else { Duration::ZERO };
        let fault = state.faults.strike(now, operation.name, operation.mutating, &caller.account);
        let admitted = Admitted { call, operation, fault, random };
        Ok((admitted, latency))
    }

    fn perform(&self, admitted: Admitted) -> Reply {
        let now = self.now();
        let Admitted { call, operation, fault, mut random } = admitted;
        let (caller, form) = (call.caller.clone(), call.form);
        let id = if self.lock().holds(Rule::RequestIds) { request_id(&mut random) } else { String::new() };
        let tag_keys = call.params.tag_keys();
        let asked = Asked { caller: &caller, operation: operation.name, mutating: operation.mutating, tag_keys };
        let strike = fault.as_ref().map(|fault| fault.strike);
        let kill_before =
            fault.as_ref().is_some_and(|fault| fault.strike == Strike::Kill && fault.when == When::Before);
        if let (Some(fault), Some(strike)) = (&fault, strike) {
            let silent = match strike {
                Strike::Reset => Some(("reset", Reply::Dropped)),
                Strike::Hang => Some(("hang", Reply::Silence)),
                Strike::Kill if kill_before => Some(("killed", Reply::Dropped)),
                _ => None,
            };
            if let Some((outcome, reply)) = silent {
                record(&mut self.lock(), now, asked, outcome, false);
                if kill_before {
                    self.kill(operation.name);
                }
                return reply;
            }
            if let Some(error) = scripted(fault, &caller, operation.name) {
                let mut state = self.lock();
                record(&mut state, now, asked, &error.code, error.throttled);
                return Reply::Answer(services::failure((Some(caller.service), form), &error, &id));
            }
        }
        let mut state = self.lock();
        if let Some(fault) = fault.as_ref().filter(|fault| fault.strike == Strike::Set) {
            force(&mut state, now, fault);
        }
        let mut session = Session {
            state: &mut state,
            caller: caller.clone(),
            now,
            rng: random,
            operation: operation.name,
            mutating: operation.mutating,
            reply_status: None,
            reply_headers: Vec::new(),
            struck: fault.as_ref().map(struck).unwrap_or_default(),
        };
        let result = run(&mut session, &call, operation);
        if strike == Some(Strike::Fail) {
            for id in std::mem::take(&mut session.struck.made) {
                session.state.doom(now, &id);
            }
        }
        let (status, headers) = (session.reply_status, std::mem::take(&mut session.reply_headers));
        let outcome = match (&result, strike) {
            (Ok(_), Some(Strike::LoseReply)) => "lost_reply",
            (Ok(_), Some(Strike::Kill)) => "killed",
            (Ok(_), _) => "ok",
            (Err(error), _) => error.code.as_str(),
        };
        let throttled = result.as_ref().is_err_and(|error| error.throttled);
        record(&mut state, now, asked, outcome, throttled);
        let is_lost = state.holds(Rule::RepliesGetLost);
        drop(state);
        match strike {
            Some(Strike::LoseReply) if is_lost => return Reply::Dropped,
            Some(Strike::Kill) => {
                self.kill(operation.name);
                return Reply::Dropped;
            }
            _ => {}
        }
        Reply::Answer(match result {
            Ok(xml) => {
                let mut response = services::success((caller.service, form), operation.name, xml, &id);
                response.status = status.unwrap_or(response.status);
                response.headers.extend(headers);
                response
            }
            Err(error) => services::failure((Some(caller.service), form), &error, &id),
        })
    }

    fn kill(&self, operation: &str) {
        if let Some(kill) = &*self.shared.kill.lock().unwrap_or_else(PoisonError::into_inner) {
            kill(operation);
        }
    }
}

struct Admitted {
    call: Call,
    operation: Operation,
    fault: Option<Fault>,
    random: rand_chacha::ChaCha8Rng,
}

/// Runs an operation: buckets first, unknown parameters last.
fn run(session: &mut Session<'_>, call: &Call, operation: Operation) -> Result<Xml, ApiError> {
    ec2::privatelink::settle(session.state, session.now);
    check_region(session)?;
    let (limited, free) = (session.holds(Rule::TokenBuckets), session.holds(Rule::RefusedCallsAreFree));
    let State { buckets, settings, .. } = &mut *session.state;
    let drawn = (operation.name, operation.mutating, operation.bucket);
    if limited && let Err(refused) = buckets.take(settings, session.now, &session.caller, drawn, &call.params) {
        if !free {
            buckets.charge(settings, session.now, &session.caller, drawn, &call.params);
        }
        return Err(refused);
    }
    if session.caller.service == Service::Ec2 && call.params.flag("DryRun")? == Some(true) {
        return Err(ApiError::new(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."));
    }
    let answer = (operation.run)(session, &call.params)?;
    let unread = call.params.unread();
    if unread.is_empty() {
        Ok(answer)
    } else {
        Err(ApiError::not_simulated(format!("the parameters {} of {}", unread.join(", "), operation.name)))
    }
}

/// Refuses calls to Regions that do not exist, or that the account must opt into first. *Assumed:* the codes.
fn check_region(session: &Session<'_>) -> Result<(), ApiError> {
    let Caller { account, region, service, .. } = &session.caller;
    if !ec2::zones::exists(region) {
        let scope = format!("Credential should be scoped to a valid region, not '{region}'.");
        return Err(match service {
            Service::Ec2 => ApiError::new(401, "AuthFailure", scope),
            _ => ApiError::new(403, "SignatureDoesNotMatch", scope),
        });
    }
    if ec2::zones::is_open(session.state, account, region) {
        return Ok(());
    }
    Err(match service {
        Service::Ec2 => {
            ApiError::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
        }
        _ => ApiError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid"),
    })
}

/// Gives the error a fault answers, if it answers one.
fn scripted(fault: &Fault, caller: &Caller, operation: &str) -> Option<ApiError> {
    match fault.strike {
        Strike::Refuse => {
            let code = fault.code.clone().unwrap_or_else(|| "AccessDenied".to_owned());
            let denied = ["AccessDenied", "UnauthorizedOperation", "AuthFailure"].contains(&code.as_str());
            let status = fault.status.unwrap_or(if denied { 403 } else { 400 });
            let message = fault
                .message
                .clone()
                .unwrap_or_else(|| format!("{} is refused {operation} by the fault script.", caller.arn));
            Some(ApiError::new(status, code, message))
        }
        Strike::Throttle => Some(buckets::throttled(caller, operation)),
        Strike::Unavailable => Some(ApiError::unavailable()),
        _ => None,
    }
}

/// Says what a fault does to its call while it runs.
fn struck(fault: &Fault) -> Struck {
    let mut struck = Struck::default();
    match fault.strike {
        Strike::Stall => struck.stall = Duration::from_millis(fault.ms.unwrap_or(600_000)),
        Strike::Miss => struck.miss = true,
        Strike::FailItems => {
            let code = fault.code.clone().unwrap_or_else(|| "InternalError".to_owned());
            let message =
                fault.message.clone().unwrap_or_else(|| "The item is refused by the fault script.".to_owned());
            struck.item = Some(ApiError::bad(code, message));
        }
        _ => {}
    }
    struck
}

/// Forces what a fault wants forced; a script that names nothing to be forced does nothing.
fn force(state: &mut State, now: Moment, fault: &Fault) {
    let (Some(kind), Some(set)) = (&fault.kind, &fault.set) else { return };
    let id = fault.id.clone().or_else(|| state.latest_of(kind).map(ToOwned::to_owned));
    if let Some(id) = id
        && let Err(why) = state.force(now, kind, &id, set)
    {
        tracing::warn!(%why, kind, id, "the fault script could not force a state");
    }
}

/// What a call is, whatever becomes of it.
struct Asked<'a> {
    caller: &'a Caller,
    operation: &'a str,
    mutating: bool,
    tag_keys: Vec<String>,
}

fn record(state: &mut State, now: Moment, asked: Asked<'_>, outcome: &str, throttled: bool) {
    let Asked { caller, operation, mutating, tag_keys } = asked;
    state.audit.record(audit::Call {
        n: 0,
        at_ms: now.0,
        account: caller.account.clone(),
        region: caller.region.clone(),
        service: caller.service.name().to_owned(),
        operation: operation.to_owned(),
        mutating,
        outcome: outcome.to_owned(),
        throttled,
        tag_keys,
    });
}

fn request_id(rng: &mut rand_chacha::ChaCha8Rng) -> String {
    let mut part = |length| rng::hex(rng, length);
    format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
}
