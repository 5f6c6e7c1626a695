//! A link to the fake world: strict about references, slots and owners.

use tokio::time::Instant;

use super::world::{Fake, Inner, Spec, State, Thing, World, kind};
use crate::engine::{Change, Class, Compare, Failure, Field, Gate, Link, Observed, Owner, Pace};

fn state(id: &str, thing: &Thing) -> State {
    let ready = Instant::now() >= thing.ready_at;
    State {
        id: id.to_owned(),
        settings: thing.settings.clone(),
        parents: thing.parents.clone(),
        address: ready.then(|| format!("address of {id}")),
        open: thing.open,
    }
}

fn check_parents(inner: &mut Inner, link: &str, parents: &[String]) {
    for parent in parents {
        if inner.things.get(parent).is_none_or(|parent| parent.gone_at.is_some()) {
            inner.wrongs.push(format!("{link} refers to {parent}, which is not there"));
        }
    }
}

impl Compare for Fake {
    type Spec = Spec;
    type State = State;

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        let mut fields: Vec<Field> = Vec::new();
        if spec.settings.root != state.settings.root {
            return Change::ReplaceAll(vec!["root"]);
        }
        if spec.settings.slot != state.settings.slot {
            return Change::BreakFirst(vec!["slot"]);
        }
        if spec.settings.shape != state.settings.shape {
            return Change::Replace(vec!["shape"]);
        }
        if spec.parents != state.parents {
            if self.rigid {
                return Change::Replace(vec!["parents"]);
            }
            fields.push("parents");
        }
        if spec.settings.value != state.settings.value {
            fields.push("value");
        }
        if fields.is_empty() { Change::None } else { Change::Update(fields) }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { settings: spec.settings.clone(), parents: spec.parents.clone(), ..state.clone() }
    }

    fn gate(&self, spec: &Spec, state: &State) -> Gate {
        match spec.settings.gate {
            Some(wait) if !state.open => Gate::Closed { reason: "somebody must open it".to_owned(), wait },
            _ => Gate::Open,
        }
    }
}

impl Link for Fake {
    type Client = World;

    fn pace(&self) -> Pace {
        self.pace
    }

    async fn find(&self, world: &World, owner: &Owner, _spec: &Spec) -> Result<Option<State>, Failure> {
        let link = owner.link.as_str();
        world
            .call("find", link, |inner| {
                let mut mine = inner.things.iter().filter(|(_, thing)| {
                    thing.link == link && thing.uid == owner.uid && thing.generation == owner.generation
                });
                Ok(mine.next().map(|(id, thing)| state(id, thing)))
            })
            .await
    }

    async fn read(&self, world: &World, known: &State) -> Result<Observed<State>, Failure> {
        let link = known.id.split('#').next().unwrap().to_owned();
        world
            .call("read", &link, |inner| {
                if inner.is_veiled(&link) {
                    return Ok(Observed::Absent);
                }
                if let Some(blind) = inner.blind.get_mut(&link).filter(|blind| **blind > 0) {
                    *blind -= 1;
                    return Ok(Observed::Absent);
                }
                if let Some((left, Some(old))) = inner.lag.get_mut(&link).filter(|(left, _)| *left > 0) {
                    *left -= 1;
                    return Ok(Observed::Ready(old.clone()));
                }
                let wavers = inner.waver.get_mut(&link).filter(|reads| **reads > 0).map(|reads| *reads -= 1).is_some();
                let Some(thing) = inner.things.get(&known.id) else { return Ok(Observed::Absent) };
                let state = state(&known.id, thing);
                Ok(match &thing.broken {
                    _ if thing.gone_at.is_some() => Observed::Pending { state, status: "deleting".to_owned() },
                    Some(reason) => Observed::Failed { state, reason: reason.clone() },
                    None if wavers => Observed::Pending { state, status: "modifying".to_owned() },
                    None if state.address.is_some() => Observed::Ready(state),
                    None => Observed::Pending { state, status: "provisioning".to_owned() },
                })
            })
            .await
    }

    async fn create(&self, world: &World, owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let link = owner.link.as_str();
        let (ready, _) = world.times(link);
        world
            .call("create", link, |inner| {
                check_parents(inner, link, &spec.parents);
                let slot = &spec.settings.slot;
                if inner
                    .things
                    .values()
                    .any(|t| kind(&t.link) == kind(link) && !slot.is_empty() && t.settings.slot == *slot)
                {
                    return Err(Failure::new(Class::Taken, format!("{slot} is taken")));
                }
                if !inner.used.insert((owner.uid.clone(), link.to_owned(), owner.generation)) {
                    inner.wrongs.push(format!("generation {} of {link} was made twice", owner.generation));
                }
                let ready = inner.slow.get(link).copied().unwrap_or(ready);
                inner.made += 1;
                let id = format!("{link}#{}", inner.made);
                let thing = Thing {
                    link: link.to_owned(),
                    uid: owner.uid.clone(),
                    generation: owner.generation,
                    settings: spec.settings.clone(),
                    parents: spec.parents.clone(),
                    ready_at: Instant::now() + ready,
                    gone_at: None,
                    open: spec.settings.gate.is_none(),
                    broken: None,
                };
                let state = State { address: None, ..state(&id, &thing) };
                inner.things.insert(id, thing);
                Ok(state)
            })
            .await
    }

    async fn update(
        &self,
        world: &World,
        owner: &Owner,
        spec: &Spec,
        known: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        let link = owner.link.as_str();
        world
            .call("update", link, |inner| {
                check_parents(inner, link, &spec.parents);
                let Some(thing) = inner.things.get_mut(&known.id) else {
                    return Err(Failure::new(Class::Invalid, "it does not exist"));
                };
                if let Some((_, old)) = inner.lag.get_mut(link) {
                    *old = Some(state(&known.id, thing));
                }
                thing.settings = spec.settings.clone();
                thing.parents.clone_from(&spec.parents);
                Ok(state(&known.id, thing))
            })
            .await
    }

    async fn delete(&self, world: &World, known: &State) -> Result<(), Failure> {
        let link = known.id.split('#').next().unwrap().to_owned();
        let (_, gone) = world.times(&link);
        world
            .call("delete", &link, |inner| {
                if inner.is_veiled(&link) {
                    return Ok(());
                }
                let contained = |thing: &Thing| world.contained.get(kind(&thing.link)) == Some(&kind(&link));
                let holders: Vec<_> = inner
                    .things
                    .values()
                    .filter(|thing| thing.parents.contains(&known.id) && !contained(thing))
                    .map(|thing| thing.link.clone())
                    .collect();
                if !holders.is_empty() {
                    return Err(Failure::new(Class::InUse, format!("used by {}", holders.join(", "))));
                }
                let gone = inner.linger.get(&link).copied().unwrap_or(gone);
                let at = Instant::now() + gone;
                for (id, thing) in &mut inner.things {
                    let inside = thing.parents.contains(&known.id) && contained(thing);
                    if (*id == known.id || inside) && thing.gone_at.is_none() {
                        thing.gone_at = Some(at);
                    }
                }
                Ok(())
            })
            .await
    }
}
