//! By which ways people came to a gig, in words; and the ways of one's own.
//!
//! What is on record is counted by account and by person. Here it becomes what a poster reads, on their page, in the API and on the command
//! line alike.

use super::Public;
use super::admin::answers::When;
use crate::id::{Code, GigId};
use crate::networks;
use crate::ports::StoreError;
use crate::referral::{Interest, Via};
use crate::store::Ledger;
use crate::trust::Party;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Referred {
    /// Those by which most came first.
    pub ways: Vec<Way>,
    /// Newest first.
    pub interests: Vec<Told>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// As in `the post of @acme@social.example` and its network, `the link of Bo`.
    pub by: String,
    pub visits: u64,
    pub interested: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub id: String,
    pub at: When,
    /// Of a person here, their id.
    pub person: Option<String>,
    pub name: String,
    pub reach: String,
    pub message: String,
    pub came_by: String,
}

impl Referred {
    /// `waiting` are visits that are counted and not in the store yet.
    pub async fn of(ledger: &Ledger, gig: GigId, waiting: &[(Via, u64)]) -> Result<Self, StoreError> {
        let interests = ledger.interests(gig).await?;
        let mut sums: BTreeMap<Via, (u64, usize)> = BTreeMap::new();
        for (via, visits) in ledger.visits(gig).await?.iter().chain(waiting) {
            sums.entry(*via).or_default().0 += visits;
        }
        for interest in &interests {
            sums.entry(interest.via).or_default().1 += 1;
        }
        let mut words = BTreeMap::new();
        for via in sums.keys() {
            words.insert(*via, by(ledger, *via).await?);
        }
        let way = |(via, (visits, interested)): (&Via, &(u64, usize))| Way {
            by: words[via].clone(),
            visits: *visits,
            interested: *interested,
        };
        let mut ways: Vec<Way> = sums.iter().map(way).collect();
        ways.sort_by_key(|way| std::cmp::Reverse((way.visits, way.interested)));
        let told = |interest: Interest| Told {
            id: interest.id.to_string(),
            at: When(interest.at),
            person: interest.person.map(|person| person.to_string()),
            came_by: words[&interest.via].clone(),
            name: interest.name,
            reach: interest.reach,
            message: interest.message,
        };
        Ok(Self { interests: interests.into_iter().map(told).collect(), ways })
    }
}

/// A way in words, as the end of `came by`.
pub async fn by(ledger: &Ledger, via: Via) -> Result<String, StoreError> {
    Ok(match via {
        Via::Page => "the page itself".to_owned(),
        Via::Post(account) => match ledger.account(account).await? {
            Some(account) => {
                let profile = networks::profiles().get(&account.network);
                let network = profile.map_or(account.network.as_str(), |profile| &profile.name);
                format!("the post of {} on {network}", account.handle)
            }
            None => "a post on an account that is not known any more".to_owned(),
        },
        Via::Link(person) => {
            // Whoever does not wish to be named is not named to the poster either.
            let may_be_named = ledger.wish(Party::Person(person)).await?.is_none();
            match ledger.person(person).await? {
                Some(person) if may_be_named => format!("the link of {}", person.name),
                _ => "somebody's link".to_owned(),
            }
        }
    })
}

/// The way that a code in a link stands for; what stands for nothing here is the page itself.
pub async fn via(public: &Public, gig: GigId, code: Option<&str>) -> Result<Via, StoreError> {
    let Some(code) = code.and_then(Code::parse) else { return Ok(Via::Page) };
    if let Some(person) = public.ledger.whose_link(gig, &code).await? {
        return Ok(Via::Link(person));
    }
    let announced = public.ledger.announcements(gig).await?;
    let steps = announced.iter().map(|announcement| (announcement.account, announcement.step));
    Ok(Via::of_post(gig, &code, steps).unwrap_or(Via::Page))
}

/// What a link carries after `v=`.
pub fn code_in(query: Option<&str>) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(name, _)| name == "v").map(|(_, code)| code.into_owned())
}
