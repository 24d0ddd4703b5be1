//! What each account would say of a gig, when, and why not now. Nothing is kept and nothing is sent.
//!
//! `gigcast plan` and the form by which posters write a gig both show this; it is made by the same planning and composing as the
//! real thing, so that what was shown is what is said.

use super::story::{barred, lane_waits, leaves};
use crate::clock::Timestamp;
use crate::daemon::deliver::Deliver;
use crate::daemon::spoken::moment;
use crate::failure::Why;
use crate::gig::normalise::{Context, Outcome, normalise};
use crate::gig::{Gig, Sighting};
use crate::id::{DeliveryId, PersonId, SourceId};
use crate::outbox::Class;
use crate::person::{Account, Mode};
use crate::plan::compose::{Link, compose};
use crate::plan::length::{measure, unit_word};
use crate::plan::plan;
use crate::plan::rings::said_first;
use crate::ports::StoreError;

/// One account, and what it would do.
#[derive(Debug, Clone)]
pub struct Voice {
    pub account: Account,
    /// The network's name, as people write it.
    pub network: String,
    pub would: Would,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Would {
    Say(Saying),
    Skip(Why),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    pub text: String,
    /// Of the text, counted as the network counts.
    pub length: u32,
    pub limit: u32,
    /// What is counted: `characters`.
    pub unit: &'static str,
    /// A sentence: when it leaves, or what it waits for.
    pub when: String,
}

/// When those that do not go first follow.
fn after_the_first(gig: &Gig, community: Option<&str>, at: Timestamp, held: Option<String>, now: Timestamp) -> String {
    let first = gig.terms.ring.as_ref().map(|ring| said_first(ring, community)).unwrap_or_default();
    let when = format!("at {}, after {first}, unless it is filled or withdrawn by then", moment(at, now));
    match held {
        Some(held) => format!("{held} Else it would go out {when}."),
        None => format!("It goes out {when}."),
    }
}

/// More that wait before it are not counted.
const COUNTED: usize = 1000;

impl Deliver {
    /// The gig that a sighting would become, were it seen for the first time now.
    pub fn as_meant(
        &self,
        sighting: &Sighting,
        poster: PersonId,
        source: SourceId,
        now: Timestamp,
    ) -> Result<Gig, Why> {
        let classify = |category: Option<&str>, tags: &[String], title: &str, description: &str| {
            self.taxonomy.classify(category, tags, title, description)
        };
        let wall = self.fitness.clock(now);
        let context = Context { poster, source, now, wall, known: None, classify: &classify };
        match normalise(sighting, &context)? {
            Outcome::New(gig) | Outcome::Revised(gig) => Ok(gig),
            Outcome::Same => Err(Why::new("nothing is known that it could be the same as")),
        }
    }

    /// What each of these accounts, all of the gig's poster, would do with it; in their order.
    pub async fn voices(&self, gig: &Gig, accounts: Vec<Account>, now: Timestamp) -> Result<Vec<Voice>, StoreError> {
        let mut decided = plan(gig, &accounts, &self.taxonomy, now, self.fitness.clock(now));
        let community = self.ledger.first_community(gig.terms.ring.as_ref()).await?.map(|community| community.name);
        let mut voices = Vec::with_capacity(accounts.len());
        for account in accounts {
            let profile = self.sessions.known_profile(&account).await?;
            let skip = decided.skips.iter().position(|skip| skip.account == account.id);
            let would = match skip {
                Some(at) => Would::Skip(decided.skips.swap_remove(at).why),
                None => match compose(
                    gig,
                    &self.first_link(gig, &account),
                    &profile,
                    &self.speech.manner(gig, &account, &self.taxonomy),
                ) {
                    Err(small) => Would::Skip(Why::new(small.to_string())),
                    Ok(post) => Would::Say(Saying {
                        length: measure(&post.text, &profile.text),
                        limit: profile.text.max,
                        unit: unit_word(profile.text.unit),
                        text: post.text,
                        when: {
                            let ring = decided.not_before(account.id);
                            self.leaves(&account, gig, community.as_deref(), ring, now).await?
                        },
                    }),
                },
            };
            voices.push(Voice { account, network: profile.name.into_owned(), would });
        }
        Ok(voices)
    }

    /// The link that the first post of a gig on an account has.
    fn first_link(&self, gig: &Gig, account: &Account) -> Link {
        match &self.settings.public_url {
            Some(url) => {
                let code = DeliveryId::from_step(gig.id, account.id, 1).code();
                Link { url: format!("{url}/g/{}?v={code}", gig.id), code: Some(code) }
            }
            None => Link { url: gig.terms.apply_url.clone(), code: None },
        }
    }

    async fn leaves(
        &self,
        account: &Account,
        gig: &Gig,
        community: Option<&str>,
        ring: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let (lane, class) = (self.ledger.lane_of(account).await?, Class::of_new(gig.terms.urgency));
        if let Some(ring) = ring {
            return Ok(after_the_first(gig, community, ring, barred(account, &lane), now));
        }
        if account.mode == Mode::Review && lane_waits(account, &lane, class, now).is_none() {
            return Ok("It waits for its poster's approval.".to_owned());
        }
        let ahead = self.ledger.count_before(account.id, class, COUNTED).await?;
        Ok(leaves(account, &lane, class, ahead, now))
    }
}
