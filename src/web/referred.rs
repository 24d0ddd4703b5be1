//! By which ways people came to a gig, in words; and the ways of one's own.
//!
//! What is on record is counted by account and by person. Here it becomes what a poster reads, on their page, in the API and on the command
//! line alike.

use super::Public;
use super::admin::answers::When;
use crate::gig::Gig;
use crate::id::{Code, GigId, PersonId};
use crate::networks;
use crate::person::shown_handle;
use crate::ports::StoreError;
use crate::redact;
use crate::referral::{Interest, Via};
use crate::store::Ledger;
use crate::trust::Party;
use crate::weave::{Pick, Unanswered, Weave};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Beside the name of somebody who was not signed in: anyone can type any name.
pub const TYPED: &str = "not signed in; this name was typed";

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Referred {
    /// Those by which most came first.
    pub ways: Vec<Way>,
    /// First those whom the poster knows or whose circle speaks for, in the circle's order for this kind of work; then others who were signed in; then
    /// names that were only typed, newest first.
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
    /// Whether they were signed in; of anyone else the name is what somebody typed.
    #[serde(default)]
    pub signed_in: bool,
    /// Of a person here, their id.
    pub person: Option<String>,
    pub name: String,
    /// Of whoever was signed in: by which their network knows them.
    #[serde(default)]
    pub handle: Option<String>,
    /// The address of their page here, for those who have one.
    #[serde(default)]
    pub page: Option<String>,
    pub reach: String,
    pub message: String,
    pub came_by: String,
    /// Where they stand in the poster's circle, with one path at most. Nothing of those who do not wish to be listed: what others say of them is told to nobody.
    #[serde(default)]
    pub circle: Option<Pick>,
}

impl Referred {
    /// `waiting` are visits that are counted and not in the store yet; `base` is what the addresses of people's pages begin with, where that is known.
    pub async fn of(
        ledger: &Ledger,
        weave: &Weave,
        gig: &Gig,
        waiting: &[(Via, u64)],
        base: Option<&str>,
    ) -> Result<Self, Unanswered> {
        let interests = ledger.interests(gig.id).await?;
        let mut sums: BTreeMap<Via, (u64, usize)> = BTreeMap::new();
        for (via, visits) in ledger.visits(gig.id).await?.iter().chain(waiting) {
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

        let people: Vec<PersonId> = interests.iter().filter_map(|interest| interest.person).collect();
        let picks = weave.among(gig.poster, gig.terms.category.as_deref(), &people).await?.into_iter();
        let mut placed: HashMap<String, (usize, Pick)> =
            picks.enumerate().map(|(place, pick)| (pick.who.id.clone(), (place, pick))).collect();
        let mut told = Vec::new();
        for interest in interests {
            let (place, pick) = interest.person.and_then(|person| placed.remove(&person.to_string())).unzip();
            let one = Told::of(ledger, interest, pick, &words, base).await?;
            told.push(((!one.signed_in, place.unwrap_or(usize::MAX)), one));
        }
        told.sort_by_key(|(order, _)| *order);
        Ok(Self { interests: told.into_iter().map(|(_, one)| one).collect(), ways })
    }
}

impl Told {
    async fn of(
        ledger: &Ledger,
        interest: Interest,
        circle: Option<Pick>,
        words: &BTreeMap<Via, String>,
        base: Option<&str>,
    ) -> Result<Self, StoreError> {
        // Whoever does not wish to be listed has told this poster who they are, and has no page that others could open.
        let handle = match (&circle, interest.person) {
            (Some(pick), _) => pick.who.handle.clone(),
            (None, Some(person)) => {
                let first = ledger.identities_of(person).await?.into_iter().next();
                first.map(|known| shown_handle(&redact::name(&known.handle)))
            }
            (None, None) => None,
        };
        Ok(Self {
            id: interest.id.to_string(),
            at: When(interest.at),
            signed_in: interest.person.is_some(),
            person: interest.person.map(|person| person.to_string()),
            handle,
            page: circle.as_ref().zip(base).map(|(pick, base)| format!("{base}/people/{}", pick.who.id)),
            came_by: words[&interest.via].clone(),
            name: circle.as_ref().map_or(interest.name, |pick| pick.who.name.clone()),
            reach: interest.reach,
            message: interest.message,
            circle,
        })
    }

    /// Who says so, in a few words: "Bo (@bo@social.example)".
    pub fn who(&self) -> String {
        match (&self.handle, self.signed_in) {
            (Some(handle), _) => format!("{} ({handle})", self.name),
            (None, true) => self.name.clone(),
            (None, false) => format!("{} ({TYPED})", self.name),
        }
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
