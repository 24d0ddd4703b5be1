//! A gig as it stands in a list, and the terms that the list and the gig's own page say alike.

use super::people::Tally;
use super::words::{Moment, count};
use super::{posted, words};
use crate::clock::Timestamp;
use crate::gig::{Gig, Status};
use crate::id::PersonId;
use crate::plan::labels::Phrasebook;
use crate::plan::terms;
use crate::ports::StoreError;
use crate::store::Ledger;
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct Card {
    pub id: String,
    pub said: Said,
    /// `on 4 accounts, reshared by 7, vouched for 3 people`; empty while nothing of it is true.
    pub social: String,
}

/// What is said of a gig everywhere.
#[derive(Debug)]
pub struct Said {
    pub title: String,
    /// Whose gig it is: the organisation, where the gig names one.
    pub by: String,
    /// Their page here, where the gig's own page leads to it.
    pub by_page: Option<String>,
    pub pay: Option<String>,
    pub place: Option<String>,
    pub closing: Option<Moment>,
    pub skills: Vec<String>,
    /// BCP 47; empty when nobody said.
    pub language: String,
}

impl Said {
    pub fn of(gig: &Gig, poster: &str, now: Timestamp) -> Self {
        let (told, labels) = (&gig.terms, Phrasebook::builtin().english());
        Self {
            title: told.title.clone(),
            by: told.organisation.clone().unwrap_or_else(|| poster.to_owned()),
            by_page: None,
            pay: told.pay.as_ref().map(|pay| terms::pay(pay, labels)),
            place: terms::place(&told.place, labels),
            // What was filled or withdrawn has no closing time to come.
            closing: told
                .closes
                .filter(|at| gig.status == Status::Open || *at <= now)
                .and_then(|at| Moment::closing(at, now)),
            skills: told.skills.clone(),
            language: told.language.clone().unwrap_or_default(),
        }
    }
}

impl Card {
    pub async fn of(ledger: &Ledger, gig: &Gig, poster: &str, now: Timestamp) -> Result<Self, StoreError> {
        let tally = Tally::of(ledger, gig).await?;
        let social = social_line(posted::count(ledger, gig).await?, tally);
        Ok(Self { id: gig.id.to_string(), said: Said::of(gig, poster, now), social })
    }
}

fn social_line(accounts: usize, tally: Tally) -> String {
    let mut parts = Vec::new();
    if accounts > 0 {
        parts.push(format!("on {}", count(accounts, "account", "accounts")));
    }
    if tally.resharers > 0 {
        parts.push(format!("reshared by {}", tally.resharers));
    }
    if tally.vouched_for > 0 {
        parts.push(format!("vouched for {}", words::count(tally.vouched_for, "person", "people")));
    }
    parts.join(", ")
}

/// The names of those whose gigs these are, each read once.
pub async fn posters(ledger: &Ledger, gigs: &[Gig]) -> Result<BTreeMap<PersonId, String>, StoreError> {
    let mut names = BTreeMap::new();
    for gig in gigs {
        if let std::collections::btree_map::Entry::Vacant(free) = names.entry(gig.poster) {
            free.insert(poster(ledger, gig).await?);
        }
    }
    Ok(names)
}

pub async fn poster(ledger: &Ledger, gig: &Gig) -> Result<String, StoreError> {
    Ok(ledger.person(gig.poster).await?.map_or_else(|| "Someone".to_owned(), |person| person.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_true_is_said_of_a_gig() {
        let tally = |resharers, vouched_for| Tally { resharers, vouched_for };
        assert_eq!(social_line(0, tally(0, 0)), "");
        assert_eq!(social_line(1, tally(0, 0)), "on 1 account");
        assert_eq!(social_line(4, tally(7, 3)), "on 4 accounts, reshared by 7, vouched for 3 people");
    }
}
