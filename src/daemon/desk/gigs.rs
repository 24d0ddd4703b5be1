//! Answers posters about their own gigs: what each account would say of one, and where each one stands.

use super::rehearsal::{Saying, Voice, Would};
use super::story::{PlaceFacts, lane_waits, standing};
use crate::clock::Timestamp;
use crate::daemon::deliver::Deliver;
use crate::failure::Why;
use crate::gig::{Gig, Sighting, Status};
use crate::id::{AccountId, PersonId};
use crate::intake::{Origin, first};
use crate::outbox::{Announcement, Class, Hold, Lane, LaneHold, State, Verb, Wanted};
use crate::person::{Account, GrantState};
use crate::plan::length::{measure, unit_word};
use crate::ports::{BoxFuture, StoreError};
use crate::store::{GigRecord, Heard, Ledger, Tale};
use crate::web::signed::gigs::{Gigs, Place, Preview, Says, Skips, Stage, Todo};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Where a poster's days are, as long as no account says.
const ZONE: &str = "UTC";

#[derive(Debug, Clone)]
pub struct OwnGigs {
    pub deliver: Arc<Deliver>,
}

impl Gigs for OwnGigs {
    fn preview<'a>(
        &'a self,
        poster: PersonId,
        sighting: &'a Sighting,
    ) -> BoxFuture<'a, Result<Result<Preview, String>, StoreError>> {
        Box::pin(self.rehearsed(poster, sighting))
    }

    fn rewritten<'a>(&'a self, gig: &'a Gig) -> BoxFuture<'a, Result<Preview, StoreError>> {
        Box::pin(self.followed(gig))
    }

    fn places<'a>(
        &'a self,
        poster: PersonId,
        records: &'a [GigRecord],
    ) -> BoxFuture<'a, Result<Vec<Vec<Place>>, StoreError>> {
        Box::pin(self.standing(poster, records))
    }

    fn zone(&self, poster: PersonId) -> BoxFuture<'_, Result<String, StoreError>> {
        Box::pin(async move {
            let accounts = self.deliver.ledger.accounts_of(poster).await?;
            let first = accounts.into_iter().min_by_key(|account| account.linked);
            Ok(first.map_or_else(|| ZONE.to_owned(), |account| account.pace.zone))
        })
    }

    fn worth_saying_for(&self) -> Duration {
        self.deliver.settings.worth_saying_for
    }
}

impl OwnGigs {
    async fn rehearsed(&self, poster: PersonId, sighting: &Sighting) -> Result<Result<Preview, String>, StoreError> {
        let (deliver, now) = (&self.deliver, self.deliver.clock.now());
        let gig = match deliver.as_meant(sighting, poster, Origin::by_hand(poster).source, now) {
            Ok(gig) => gig,
            Err(why) => return Ok(Err(why.to_string())),
        };
        if let Some(why) = first::refusal(&deliver.ledger, &deliver.taxonomy, &gig, None, now).await? {
            return Ok(Err(why.to_string()));
        }
        let accounts = deliver.ledger.accounts_of(poster).await?;
        let mut preview = Preview { gig, says: Vec::new(), skips: Vec::new() };
        for voice in deliver.voices(&preview.gig, accounts, now).await? {
            self.hear(voice, &mut preview).await?;
        }
        Ok(Ok(preview))
    }

    async fn hear(&self, voice: Voice, preview: &mut Preview) -> Result<(), StoreError> {
        let (network, handle) = (voice.network, voice.account.handle.clone());
        match voice.would {
            Would::Skip(why) => preview.skips.push(Skips { network, handle, why: why.to_string() }),
            Would::Say(Saying { text, length, limit, unit, when }) => {
                let lane = self.deliver.ledger.lane_of(&voice.account).await?;
                // What is not posted yet cannot be approved yet.
                let todo = todo(&voice.account, &lane);
                preview.says.push(Says { network, handle, text, length, limit, unit, when, todo });
            }
        }
        Ok(())
    }

    /// What stands somewhere follows as its account has it; elsewhere it would be new.
    async fn followed(&self, gig: &Gig) -> Result<Preview, StoreError> {
        let (deliver, now) = (&self.deliver, self.deliver.clock.now());
        let accounts = deliver.ledger.accounts_of(gig.poster).await?;
        let mut preview = Preview { gig: gig.clone(), says: Vec::new(), skips: Vec::new() };
        for mut voice in deliver.voices(gig, accounts, now).await? {
            let announcement = deliver.ledger.announcement(gig.id, voice.account.id).await?;
            if let Some(announcement) = announcement.filter(|one| one.said.is_some() && !one.wanted.is_reshared()) {
                voice.would = self.follow_up(gig, &voice.account, announcement, now).await?;
            }
            self.hear(voice, &mut preview).await?;
        }
        Ok(preview)
    }

    async fn follow_up(
        &self,
        gig: &Gig,
        account: &Account,
        stands: Announcement,
        now: Timestamp,
    ) -> Result<Would, StoreError> {
        let (deliver, policy) = (&self.deliver, account.policy);
        let profile = deliver.sessions.known_profile(account).await?;
        let wanted = Wanted::of(gig, policy, &profile);
        let mut anew = Announcement { wanted, open: None, given_up: None, ..stands };
        let Some(verb) = anew.next_step(gig.status, &profile, policy) else {
            return Ok(Would::Skip(Why::new("its post stays as it is")));
        };
        if matches!(wanted, Wanted::Gone(_)) {
            return Ok(Would::Skip(Why::new("its post is taken away")));
        }
        let step = Ledger::open_step(&mut anew, verb, gig.revision, gig.terms.closes, now);
        let when = match verb {
            Verb::Edit => "Its post is changed to this.",
            Verb::Reply => "A reply to its post says this.",
            Verb::Create | Verb::Delete | Verb::Repost | Verb::Reshare | Verb::Unreshare => {
                "Its post is deleted, and this is posted anew."
            }
        };
        Ok(match deliver.composed(account, &step, gig, &profile).await? {
            Ok(post) => Would::Say(Saying {
                length: measure(&post.text, &profile.text),
                limit: profile.text.max,
                unit: unit_word(profile.text.unit),
                text: post.text,
                when: when.to_owned(),
            }),
            Err(why) => Would::Skip(why),
        })
    }

    async fn standing(&self, poster: PersonId, records: &[GigRecord]) -> Result<Vec<Vec<Place>>, StoreError> {
        let (deliver, now) = (&self.deliver, self.deliver.clock.now());
        let mut accounts = Vec::new();
        for account in deliver.ledger.accounts_of(poster).await? {
            let network = deliver.sessions.known_profile(&account).await?.name.into_owned();
            let lane = deliver.ledger.lane_of(&account).await?;
            accounts.push((account, network, lane));
        }
        accounts.sort_by(|(one, ..), (other, ..)| (one.linked, &one.handle).cmp(&(other.linked, &other.handle)));
        let mut all = Vec::with_capacity(records.len());
        for record in records {
            let mut facts: BTreeMap<AccountId, PlaceFacts> =
                deliver.places(record.gig.id).await?.into_iter().map(|facts| (facts.account.id, facts)).collect();
            let skipped = self.skipped(record).await?;
            let mut places = Vec::new();
            for (account, network, lane) in &accounts {
                let place = untold(network.clone(), account);
                places.extend(match (facts.remove(&account.id), skipped.get(&account.id)) {
                    (Some(facts), _) => Some(announced(place, &facts, now)),
                    (None, Some(why)) => Some(Place { said: format!("This account leaves it out: {why}."), ..place }),
                    (None, None) => unplanned(place, record, account, lane, now),
                });
            }
            all.push(places);
        }
        Ok(all)
    }

    /// Why which account leaves it out, as it was last decided.
    async fn skipped(&self, record: &GigRecord) -> Result<BTreeMap<AccountId, String>, StoreError> {
        let story = self.deliver.ledger.story(record.gig.id).await?;
        let skip = |tale| match tale {
            Tale::Skipped { account, why } => Some((account, why.to_string())),
            _ => None,
        };
        Ok(story.into_iter().filter_map(|story| skip(story.tale)).collect())
    }
}

/// A gig that waits to be planned, came in before the account did, or ended: then what was decided here may be on record no more.
fn unplanned(place: Place, record: &GigRecord, account: &Account, lane: &Lane, now: Timestamp) -> Option<Place> {
    if record.heard == Heard::Baseline {
        return None;
    }
    if account.linked > record.gig.first_seen {
        let said = "This account was linked after the gig came in; it announces those that come in from then on.";
        return Some(Place { stage: Stage::Later, said: said.to_owned(), ..place });
    }
    if record.gig.status != Status::Open {
        let said = format!("The gig is {}, and nothing of it is out on this account.", record.gig.status.word());
        return Some(Place { said, ..place });
    }
    let todo = todo(account, lane);
    let stage = if todo.is_some() { Stage::NeedsYou } else { Stage::Waits };
    let said = lane_waits(account, lane, Class::of_new(record.gig.terms.urgency), now)
        .unwrap_or_else(|| "It is on its way into the queue.".to_owned());
    Some(Place { stage, said, todo, ..place })
}

fn announced(place: Place, facts: &PlaceFacts, now: Timestamp) -> Place {
    let PlaceFacts { account, announcement, deliveries, lane, .. } = facts;
    let last = deliveries.last();
    let told = last.map(|delivery| standing(delivery, account, lane, now).said).unwrap_or_default();
    if let Some(said) = &announcement.said {
        let receipt = &said.receipt;
        let post = Some(receipt.url.clone().unwrap_or_else(|| receipt.uri.clone()));
        let place = Place { stage: Stage::Out, post, since: Some(receipt.at), ..place };
        return match last.map(|delivery| &delivery.state) {
            None | Some(State::Delivered(_)) => place,
            Some(State::Dropped(_) | State::Dead(_)) => Place { said: format!("Its latest change: {told}"), ..place },
            Some(State::Held(Hold::Review)) => {
                Place { said: format!("Its latest change follows. {told}"), todo: Some(Todo::Approve), ..place }
            }
            Some(State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_)) => {
                Place { said: format!("Its latest change follows. {told}"), todo: todo(account, lane), ..place }
            }
        };
    }
    let (stage, todo) = match last.map(|delivery| &delivery.state) {
        None | Some(State::Sending { .. } | State::Unknown { .. }) => (Stage::Waits, None),
        Some(State::Queued | State::Held(Hold::Relink)) => match todo(account, lane) {
            Some(todo) => (Stage::NeedsYou, Some(todo)),
            None => (Stage::Waits, None),
        },
        Some(State::Held(Hold::Review)) => (Stage::NeedsYou, Some(Todo::Approve)),
        Some(State::Held(Hold::Unconfirmed)) => (Stage::NeedsYou, Some(Todo::Look)),
        // A post that was deleted stands nowhere, as one that was never wanted.
        Some(State::Dropped(_) | State::Delivered(_)) => (Stage::Dropped, None),
        Some(State::Dead(_)) => (Stage::Failed, None),
    };
    Place { stage, said: told, todo, ..place }
}

/// What the account's person has to do before anything leaves through it.
fn todo(account: &Account, lane: &Lane) -> Option<Todo> {
    match (&account.grant, lane.hold) {
        (GrantState::NeedsRelink { .. } | GrantState::Revoked { .. }, _) | (_, Some(LaneHold::Relink)) => {
            Some(Todo::Relink)
        }
        (GrantState::Linked, Some(LaneHold::Paused)) => Some(Todo::Resume),
        (GrantState::Linked, Some(LaneHold::Switched) | None) => None,
    }
}

/// A place of which nothing is told yet.
fn untold(network: String, account: &Account) -> Place {
    Place {
        network,
        handle: account.handle.clone(),
        stage: Stage::Skipped,
        post: None,
        since: None,
        said: String::new(),
        todo: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    /// What is told of an account on which nothing of the gig is on record.
    fn told(status: Status, linked: Timestamp) -> (Stage, String) {
        let gig = Gig { status, ..samples::gig() };
        let record = GigRecord { gig, heard: Heard::News, source_says: None, said_at: None };
        let account = Account { linked, ..samples::account("1") };
        let place = untold("Sample".to_owned(), &account);
        let place = unplanned(place, &record, &account, &Lane::new(account.id), samples::NOW).unwrap();
        (place.stage, place.said)
    }

    #[test]
    fn of_a_gig_that_has_ended_no_reason_is_made_up() {
        let before = samples::gig().first_seen;
        let after = before.plus(Duration::from_secs(1));
        let said = "The gig is filled, and nothing of it is out on this account.";
        assert_eq!(told(Status::Filled, before), (Stage::Skipped, said.to_owned()));
        for status in [Status::Open, Status::Filled] {
            let (stage, said) = told(status, after);
            assert!(stage == Stage::Later && said.contains("linked after the gig came in"), "{said}");
        }
        assert_eq!(told(Status::Open, before).0, Stage::Waits);
    }
}
