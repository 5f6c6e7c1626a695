//! Values with a schedule: the state of an object as a function of time.
//!
//! A transition is drawn once, at the call that causes it, and written down as "from then on, this". Reading never changes
//! anything, so a stale replica is a read at an earlier moment (`consistency.rs`).

use super::clock::Moment;

/// Holds a value and what it will become, in order of time.
#[derive(Debug, Clone)]
pub struct Timed<T> {
    first: T,
    steps: Vec<(Moment, T)>,
}

impl<T: Clone + PartialEq> Timed<T> {
    /// Starts with a value that always was.
    pub fn new(first: T) -> Self {
        Self { first, steps: Vec::new() }
    }

    /// Adds a step of the future. Steps are given in order of time.
    #[must_use]
    pub fn then(mut self, at: Moment, value: T) -> Self {
        self.schedule(at, value);
        self
    }

    /// Adds a step of the future, dropping whatever was planned for later.
    pub fn schedule(&mut self, at: Moment, value: T) {
        self.steps.retain(|(planned, _)| *planned < at);
        self.steps.push((at, value));
    }

    /// Changes the value now and forgets every step ahead of it.
    pub fn set(&mut self, now: Moment, value: T) {
        self.steps.retain(|(planned, _)| *planned < now);
        self.steps.push((now, value));
    }

    /// Forgets every step after now: what holds now holds on.
    pub fn cut(&mut self, now: Moment) {
        self.steps.retain(|(planned, _)| *planned <= now);
    }

    /// Reads the value at a moment.
    pub fn at(&self, moment: Moment) -> &T {
        self.steps.iter().rev().find(|(from, _)| *from <= moment).map_or(&self.first, |(_, value)| value)
    }

    /// Tells when the value holding at a moment came to be; `None` when it always was.
    pub fn changed_at(&self, moment: Moment) -> Option<Moment> {
        self.steps.iter().rev().map(|(from, _)| *from).find(|from| *from <= moment)
    }

    /// Tells when the value will first satisfy a condition, looking from `now` on.
    pub fn when(&self, now: Moment, condition: impl Fn(&T) -> bool) -> Option<Moment> {
        if condition(self.at(now)) {
            return Some(now);
        }
        self.steps.iter().find(|(from, value)| *from > now && condition(value)).map(|(from, _)| *from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_follows_its_schedule_until_it_is_set_anew() {
        let mut state = Timed::new("pending").then(Moment(100), "available");
        assert_eq!(*state.at(Moment(99)), "pending");
        assert_eq!(*state.at(Moment(100)), "available");
        assert_eq!(state.when(Moment(0), |s| *s == "available"), Some(Moment(100)));
        state.set(Moment(50), "rejected");
        assert_eq!(*state.at(Moment(200)), "rejected");
        assert_eq!(*state.at(Moment(10)), "pending");
        assert_eq!(state.changed_at(Moment(200)), Some(Moment(50)));
    }
}
