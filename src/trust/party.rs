//! Who can trust and be trusted: a person, or an actor of whom nobody has said which person it is.
//!
//! Evidence names whoever did something as it was seen, mostly an actor. [`Joined`] says which actors are the same person, so that two accounts of one
//! person are one node of the graph. Evidence itself is never rewritten: unlinking an account splits it by account again. Names play no part,
//! so two that look alike stay two until an account joins them.

use crate::id::{ActorId, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One node of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Party {
    Person(PersonId),
    Actor(ActorId),
}

impl Party {
    /// Whoever has this id, as it is written; nothing where it is the id of neither.
    pub fn parse(written: &str) -> Option<Self> {
        written.parse().map(Self::Actor).or_else(|_| written.parse().map(Self::Person)).ok()
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::Actor(id) => id.fmt(f),
        }
    }
}

/// Which actors have shown to be which person, by linking or signing in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined(BTreeMap<ActorId, PersonId>);

impl Joined {
    /// The node that stands for them.
    pub fn node(&self, party: Party) -> Party {
        match party {
            Party::Actor(actor) => self.0.get(&actor).map_or(party, |person| Party::Person(*person)),
            Party::Person(_) => party,
        }
    }
}

impl FromIterator<(ActorId, PersonId)> for Joined {
    fn from_iter<I: IntoIterator<Item = (ActorId, PersonId)>>(links: I) -> Self {
        Self(links.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_a_party_of_its_own_until_it_is_linked() {
        let (actor, person) = (ActorId::of(&[b"bo"]), PersonId::of(&[b"bo"]));
        assert_eq!(Joined::default().node(Party::Actor(actor)), Party::Actor(actor));
        let joined: Joined = [(actor, person)].into_iter().collect();
        assert_eq!(joined.node(Party::Actor(actor)), Party::Person(person));
        assert_eq!(joined.node(Party::Person(person)), Party::Person(person));
    }

    #[test]
    fn names_that_look_alike_are_two_parties() {
        let [latin, cyrillic, upper] = ["bo", "b\u{43e}", "Bo"].map(|name| ActorId::from_uri("x", name));
        assert!(latin != cyrillic && latin != upper);
    }
}
