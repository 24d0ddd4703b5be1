//! Vouches of elsewhere that somebody brings: checked, kept, and heard once their issuer is somebody on record.
//!
//! A signature says who spoke, not that they are worth listening to. So a key makes nobody known: what it signed weighs nothing until the
//! operator says who here signs by it, and then it is that party's word, which reaches as far as they are heard. What an instance signed that it
//! saw is the word of whoever wrote the post, where the operator believes that instance ([`super::witnesses`]); where it knows them by a key alone, of whoever signs by it.

use super::witnesses::Published;
use super::{Unanswered, Weave};
use crate::clock::Timestamp;
use crate::credential::{Credential, Did, Level, Presented, Refused, Seen, Vouch, brought};
use crate::grants::VouchKeys;
use crate::id::{ActorId, PersonId};
use crate::networks;
use crate::ports::StoreError;
use crate::store::{Import, Sight, TakenIn};
use crate::trust::{self, Party};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What became of one vouch of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// Where it stands in the file, from 1 on.
    pub at: usize,
    pub became: Became,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    Counts,
    /// It counts once it is known here whose word it is.
    Kept,
    /// Why.
    Refused(String),
}

impl Weave {
    /// Takes in what this person brings; each vouch by itself. Refused as a whole where the file cannot be read.
    pub async fn bring(
        &self,
        person: PersonId,
        file: &[u8],
        keys: &VouchKeys,
    ) -> Result<Result<Vec<Brought>, Refused>, Unanswered> {
        let documents = match brought::documents(file) {
            Ok(documents) => documents,
            Err(refused) => return Ok(Err(refused)),
        };
        let (names, now) = (self.names_of(person, keys).await?, self.clock.now());
        let read = |document: Result<String, Refused>| {
            let presented = Presented::read(document?.as_bytes())?;
            // A key says what it saw, and nobody can look up whose key that is.
            let is_witness = presented.asks_for().is_none() && presented.claims().seen.is_some();
            if is_witness { Err(Refused::Witness) } else { Ok(presented) }
        };
        let presented: Vec<Result<Presented, String>> = documents
            .into_iter()
            .map(|document| {
                let presented = read(document).map_err(|refused| refused.to_string())?;
                meant_for(presented.claims(), &names)?;
                Ok(presented)
            })
            .collect();
        let published = self.witnesses.published_for(presented.iter().flatten()).await;
        let mut all = Vec::new();
        for (presented, at) in presented.into_iter().zip(1..) {
            let became = match presented.and_then(|presented| checked(presented, &published, now)) {
                Ok(credential) => self.take_in(person, &credential, keys, now).await?,
                Err(why) => Became::Refused(why),
            };
            all.push(Brought { at, became });
        }
        Ok(Ok(all))
    }

    async fn take_in(
        &self,
        subject: PersonId,
        credential: &Credential,
        keys: &VouchKeys,
        now: Timestamp,
    ) -> Result<Became, Unanswered> {
        let vouch = &credential.vouch;
        let author = vouch.seen.as_ref().and_then(|seen| seen.by.as_str().parse().ok());
        for signer in [Some(&vouch.issuer), author.as_ref()].into_iter().flatten() {
            if keys.is_ours(signer).await? {
                // It may have been taken back here since.
                return Ok(Became::Refused("it was said here: it counts here while it stands on record".to_owned()));
            }
        }
        let import = Import {
            id: credential.id.to_string(),
            issuer: vouch.issuer.to_string(),
            subject,
            category: vouch.category.clone(),
            level: match vouch.level {
                Level::KnowsTheWork => trust::Level::KnowsTheWork,
                Level::WorkedWith => trust::Level::WorkedWith,
                Level::WouldHireAgain => trust::Level::WouldHireAgain,
            },
            from: vouch.valid_from,
            until: vouch.valid_until,
            brought: now,
            by: None,
            seen: vouch.seen.as_ref().map(sight),
        };
        Ok(match self.ledger.keep_import(&import).await? {
            TakenIn::Counts(by) => {
                self.heard(by, Party::Person(subject)).await?;
                Became::Counts
            }
            TakenIn::Kept => Became::Kept,
            TakenIn::Known => {
                Became::Refused("it is here already: one of this issuer with this id was brought".to_owned())
            }
            TakenIn::Unnamed => Became::Refused("whoever said it does not wish to be named here".to_owned()),
            TakenIn::TakenBack => Became::Refused("whoever said it took it back here".to_owned()),
            TakenIn::Full => Became::Refused("as many are kept as may be: drop one first".to_owned()),
        })
    }

    /// Says who here signs by this name. Answers how many vouches count as theirs by it that did not before.
    pub async fn know_issuer(&self, issuer: &Did, party: Party) -> Result<usize, StoreError> {
        // What else has become known since is placed before, and is not counted.
        self.place_sights().await?;
        let about = self.ledger.know_issuer(&issuer.to_string(), party).await?;
        // An instance may have seen it of them, and known them by no other name.
        Ok(about.len() + self.place_sights().await?)
    }

    /// Drops a vouch that this person brought. Answers whether it was there.
    pub async fn drop_import(&self, subject: PersonId, issuer: &str, id: &str) -> Result<bool, StoreError> {
        let Some(import) = self.ledger.drop_import(subject, issuer, id).await? else { return Ok(false) };
        if let Some(by) = import.by {
            self.heard(by, Party::Person(subject)).await?;
        }
        Ok(true)
    }

    /// All by which others may have written this person: their accounts, and the key that they sign with here.
    async fn names_of(&self, person: PersonId, keys: &VouchKeys) -> Result<BTreeSet<String>, StoreError> {
        let mut names = BTreeSet::new();
        for known in self.ledger.identities_of(person).await? {
            for name in [&known.url, &known.native] {
                names.extend(self.addresses_of(ActorId::from_uri(&known.network, name)).await?);
            }
            names.extend([known.native, known.url]);
        }
        let signer = crate::credential::Signer::Person(person);
        if self.ledger.vouch_key(signer).await?.is_some() {
            names.insert(Did::Key(keys.of(signer).await?.public()).to_string());
        }
        Ok(names)
    }

    async fn addresses_of(&self, actor: ActorId) -> Result<Vec<String>, StoreError> {
        let known = self.ledger.actor(actor).await?;
        Ok(known.map_or_else(Vec::new, |known| [Some(known.uri), known.url].into_iter().flatten().collect()))
    }
}

/// Signed by its issuer, as the issuer's host publishes its keys now where it is one, and in force.
fn checked(presented: Presented, published: &Published, now: Timestamp) -> Result<Credential, String> {
    let document = presented.asks_for().map(|host| published.by(host)).transpose()?;
    presented.verify(document, now).map_err(|refused| refused.to_string())
}

/// It is about whoever goes by these names, and another's word.
fn meant_for(vouch: &Vouch, names: &BTreeSet<String>) -> Result<(), String> {
    if !names.contains(vouch.subject.as_str()) {
        return Err("it is about somebody else: no account by which you sign in here is named so".to_owned());
    }
    let by = vouch.seen.as_ref().map(|seen| seen.by.as_str());
    if names.contains(&vouch.issuer.to_string()) || by.is_some_and(|by| names.contains(by)) {
        return Err(Refused::OwnWord.to_string());
    }
    Ok(())
}

/// An address belongs to one network, and does not say to which; whoever has none goes by the key that they sign with.
fn sight(seen: &Seen) -> Sight {
    let by = networks::profiles().values().map(|network| ActorId::from_uri(&network.id, seen.by.as_str()));
    let signer = seen.by.as_str().parse().ok().map(|did: Did| Sight::signer(&did.to_string()));
    Sight { by: by.chain(signer).collect(), post: seen.post.clone() }
}
