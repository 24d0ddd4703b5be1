//! What is on record, as the operator reads it.

use super::Desk;
use super::doable::{can, to_delivery, to_paused};
use super::pausing::concerns;
use crate::clock::{Timestamp, WallClock};
use crate::daemon::desk::story::source::{Way, of_source};
use crate::daemon::desk::story::{self, GigFacts, PlaceFacts, Queue, awaits_person, lane_waits, standing};
use crate::daemon::spoken::in_zone;
use crate::id::{DeliveryId, GigId};
use crate::outbox::{Announcement, Class, Delivery, Hold, LaneHold, State};
use crate::person::{Account, GrantState, Role};
use crate::store::layout::Aside;
use crate::store::{GigRecord, SourceState, SwitchOf, Tale};
use crate::web::admin::answers::{
    AccountLine, DeliveryLine, Explanation, GigLine, GigView, Place, RetentionLine, SourceLine, Status, When, Which,
};
use crate::web::admin::{PauseOf, Refusal};
use crate::web::referred::Referred;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// So many deliveries are listed, or counted, at most.
pub(super) const MOST: usize = 1000;

impl Desk {
    pub(super) async fn read_status(&self) -> Result<Status, Refusal> {
        let (daemon, ledger, now) = (&self.daemon, &self.daemon.deliver.ledger, self.now());
        let clock = (daemon.fitness.clock(now) == WallClock::Doubtful).then(|| {
            format!(
                "The wall clock jumped, so nothing expires and nothing is deleted. It says {now}: if that is right, \
                 `gigcast confirm-clock`."
            )
        });
        let (mut sources, switches) = (Vec::new(), ledger.switches().await?);
        for watched in daemon.watch.watched.iter() {
            let state = ledger.source_state(watched.origin.source).await?;
            let gone = state.ended.then(|| "it says it is gone for good, and is not looked at again".to_owned());
            let name = watched.origin.name.clone();
            let paused = switches.iter().any(|switch| switch.of.shuts(&name, watched.address.as_deref()));
            sources.push(SourceLine {
                name,
                seen: state.seen.map(When),
                due: watched.lease.look_due(&state, now).filter(|_| !state.ended && !paused).map(When),
                paused,
                trouble: gone.or(state.trouble),
                refused: ledger.refused(watched.origin.source, MOST).await?.len(),
            });
        }
        let accounts = self.read_accounts().await?;
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now: When(now),
            since: When(self.since),
            ailments: self.health.ailments().await,
            clock,
            free_mib: ledger.free_bytes().map(|bytes| bytes >> 20),
            floor_mib: self.free_floor_bytes >> 20,
            oldest_due: accounts.iter().filter_map(|account| account.next_due).min(),
            in_flight: daemon.deliver.in_flight(),
            held: self.awaiting_a_person().await?.len(),
            dead: self.dead(|_| true).await?.len(),
            accounts,
            sources,
            paused: self.paused().await?,
            figures: self.read_figures().await?,
            retention: ledger.last_retention().await?.map(|run| RetentionLine {
                began: When(run.began),
                ended: When(run.ended),
                removed: run.removals,
            }),
        })
    }

    pub(super) async fn read_accounts(&self) -> Result<Vec<AccountLine>, Refusal> {
        let (ledger, now) = (&self.daemon.deliver.ledger, self.now());
        let held = ledger.set_aside(Aside::Held, MOST).await?;
        let mut lines = Vec::new();
        for account in ledger.accounts().await? {
            let lane = ledger.lane_of(&account).await?;
            let queued = ledger.count_waiting(account.id, MOST).await?;
            let owner = self.daemon.deliver.owner_of(&account).await?;
            let theirs = || held.iter().filter(|delivery| delivery.account == account.id);
            let is_dead = story::needs_its_person(&account, &lane);
            let waiting = queued + theirs().count();
            lines.push(AccountLine {
                id: account.id.to_string(),
                handle: account.handle.clone(),
                network: account.network.clone(),
                url: account.url.clone(),
                poster: owner.name.clone(),
                linked: When(account.linked),
                needs_person: match &account.grant {
                    GrantState::Linked | GrantState::Revoked { .. } => None,
                    GrantState::NeedsRelink { said, .. } => Some(said.clone()),
                },
                relink: story::relink_command(&account, &owner),
                unlinked: match account.grant {
                    GrantState::Revoked { since } => Some(When(since)),
                    GrantState::Linked | GrantState::NeedsRelink { .. } => None,
                },
                waiting,
                held: if is_dead { waiting } else { theirs().count() },
                in_review: theirs().filter(|delivery| delivery.state == State::Held(Hold::Review)).count(),
                next_due: lane.wake.map(When),
                follows: match owner.role {
                    Role::Poster => story::policy(account.policy),
                    Role::Freelancer => String::new(),
                },
                waits: lane_waits(&account, &lane, Class::Create, now)
                    .filter(|_| queued > 0 || (is_dead && waiting > 0)),
            });
        }
        Ok(lines)
    }

    pub(super) async fn read_gigs(&self, limit: usize) -> Result<Vec<GigLine>, Refusal> {
        let mut lines = Vec::new();
        for record in self.daemon.deliver.ledger.newest_gigs(0, limit).await? {
            let places = self.daemon.deliver.places(record.gig.id).await?;
            lines.push(self.gig_line(&record, &places).await?);
        }
        Ok(lines)
    }

    async fn gig_line(&self, record: &GigRecord, places: &[PlaceFacts]) -> Result<GigLine, Refusal> {
        let gig = &record.gig;
        let poster = self.daemon.deliver.ledger.person(gig.poster).await?;
        let count = |is: fn(&Delivery, &PlaceFacts) -> bool| {
            places.iter().filter(|place| place.deliveries.last().is_some_and(|last| is(last, place))).count()
        };
        Ok(GigLine {
            id: gig.id.to_string(),
            title: gig.terms.title.clone(),
            status: gig.status.word().to_owned(),
            revision: gig.revision.0,
            poster: poster.map_or_else(|| gig.poster.to_string(), |person| person.name),
            first_seen: When(gig.first_seen),
            out: {
                let is_out = |one: &Announcement| one.said.is_some() && !one.wanted.is_reshared();
                places.iter().filter(|place| is_out(&place.announcement)).count()
            },
            waiting: count(|last, place| !last.is_settled() && !awaits_person(last, &place.account, &place.lane)),
            held: count(|last, place| awaits_person(last, &place.account, &place.lane)),
            given_up: count(|last, _| matches!(last.state, State::Dead(_))),
        })
    }

    pub(super) async fn read_gig(&self, id: GigId) -> Result<GigView, Refusal> {
        let record = self.record(id).await?;
        let (places, now) = (self.daemon.deliver.places(id).await?, self.now());
        let line = self.gig_line(&record, &places).await?;
        let terms = record.gig.terms;
        let place = |place: &PlaceFacts| {
            let receipt = place.announcement.said.as_ref().map(|said| &said.receipt);
            let last = place.deliveries.last();
            Place {
                account: place.account.id.to_string(),
                handle: place.account.handle.clone(),
                address: receipt.map(|receipt| receipt.url.clone().unwrap_or_else(|| receipt.uri.clone())),
                said: last.map_or_else(String::new, |d| standing(d, &place.account, &place.lane, now).said),
                delivery: last.map(|delivery| delivery.id.to_string()),
            }
        };
        Ok(GigView {
            line,
            description: terms.description,
            category: terms.category,
            skills: terms.skills,
            apply_url: terms.apply_url,
            closes: terms.closes.map(When),
            places: places.iter().map(place).collect(),
            referred: Referred::of(&self.daemon.deliver.ledger, id, &self.daemon.upkeep.visits.waiting(id)).await?,
        })
    }

    async fn record(&self, id: GigId) -> Result<GigRecord, Refusal> {
        let record = self.daemon.deliver.ledger.gig(id).await?;
        record.ok_or_else(|| Refusal::Unknown(format!("there is no gig {id}; `gigcast gigs` lists them")))
    }

    pub(super) async fn read_deliveries(&self, which: Which) -> Result<Vec<DeliveryLine>, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let deliveries = match which {
            Which::Held => self.awaiting_a_person().await?,
            Which::Dead => self.dead(|_| true).await?,
            Which::Waiting => {
                let mut waiting = Vec::new();
                for account in ledger.accounts().await? {
                    waiting.extend(ledger.waiting_in(account.id, MOST).await?);
                }
                waiting.sort_by_key(|delivery| delivery.due);
                let mut all = ledger.set_aside(Aside::Held, MOST).await?;
                all.append(&mut waiting);
                all
            }
        };
        let mut lines = Vec::new();
        for delivery in deliveries {
            lines.push(self.delivery_line(&delivery).await?);
        }
        Ok(lines)
    }

    /// What nothing but a person moves on: those that are held, and those that wait for an account of theirs to be linked again.
    pub(super) async fn awaiting_a_person(&self) -> Result<Vec<Delivery>, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let mut awaiting = ledger.set_aside(Aside::Held, MOST).await?;
        for account in ledger.accounts().await? {
            let lane = ledger.lane_of(&account).await?;
            if story::needs_its_person(&account, &lane) {
                let waiting = ledger.waiting_in(account.id, MOST).await?;
                awaiting.extend(waiting.into_iter().filter(|delivery| awaits_person(delivery, &account, &lane)));
            }
        }
        Ok(awaiting)
    }

    pub(super) async fn delivery_line(&self, delivery: &Delivery) -> Result<DeliveryLine, Refusal> {
        let (ledger, now) = (&self.daemon.deliver.ledger, self.now());
        let account = ledger.account(delivery.account).await?;
        let (said, advice) = match &account {
            Some(account) => {
                let standing = standing(delivery, account, &ledger.lane_of(account).await?, now);
                let advice = standing.advice(account, &self.daemon.deliver.owner_of(account).await?);
                (standing.said, advice)
            }
            None => ("Its account is not linked any more.".to_owned(), None),
        };
        let gig = ledger.gig(delivery.gig).await?;
        let waits = matches!(delivery.state, State::Queued | State::Unknown { .. });
        Ok(DeliveryLine {
            id: delivery.id.to_string(),
            gig: delivery.gig.to_string(),
            title: gig.map_or_else(String::new, |record| record.gig.terms.title),
            handle: account.map_or_else(|| delivery.account.to_string(), |account| account.handle),
            verb: delivery.verb.word().to_owned(),
            state: word(&delivery.state).to_owned(),
            attempts: delivery.attempts,
            due: waits.then_some(When(delivery.due)),
            said,
            advice,
            can: can(delivery, now),
        })
    }

    pub(super) async fn explain(&self, what: &str, zone: TimeZone) -> Result<Explanation, Refusal> {
        let now = self.now();
        if let Ok(id) = what.parse::<GigId>() {
            return self.explain_gig(id, now, zone).await;
        }
        if let Ok(id) = what.parse::<DeliveryId>() {
            return self.explain_delivery(id, now, zone).await;
        }
        if let Some(watched) = self.daemon.watch.watched.iter().find(|w| w.origin.name.eq_ignore_ascii_case(what)) {
            let (ledger, source) = (&self.daemon.deliver.ledger, watched.origin.source);
            let (state, refused) = (ledger.source_state(source).await?, ledger.refused(source, MOST).await?);
            let mut notes = watched.notes.clone();
            if let Some(subscription) = ledger.subscription(source).await? {
                notes.push(self.daemon.subscribe.reach.told(&subscription, watched.address.as_deref(), now));
            }
            let state = SourceState { due: watched.lease.look_due(&state, now), ..state };
            let (name, address) = (watched.origin.name.as_str(), watched.address.as_deref());
            let way = match &watched.inbox {
                _ if ledger.switches().await?.iter().any(|switch| switch.of.shuts(name, address)) => Way::Paused,
                Some(inbox) => Way::PostedTo(&inbox.address),
                None => Way::LookedAt,
            };
            let mut story = in_zone(zone, || of_source(name, way, &notes, &watched.limits, &state, &refused, now));
            let of = SwitchOf::Source(name.to_lowercase());
            if !ledger.switches().await?.iter().any(|switch| switch.of == of) {
                story.doable.push(to_paused(PauseOf::Source(name.to_owned()), &format!("the source {name}"), false));
            }
            return self.tell_paused(story, |of| of.shuts(name, address)).await;
        }
        if let Some(account) = self.account_named(what).await? {
            return self.explain_account(&account, now, zone).await;
        }
        match self.on_record(what).await {
            Ok(record) => Ok(story::person::of_person(&record)),
            Err(Refusal::Unknown(_)) => Err(Refusal::Unknown(format!(
                "nothing is known as {what}: give the id of a gig (gig_..), a delivery (dlv_..), an account (acc_..) or a \
                 person, a handle, a poster's name, or the name of a source"
            ))),
            Err(other) => Err(other),
        }
    }

    async fn explain_gig(&self, id: GigId, now: Timestamp, zone: TimeZone) -> Result<Explanation, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let record = self.record(id).await?;
        let person = ledger.person(record.gig.poster).await?;
        let poster = person.as_ref().map_or_else(|| record.gig.poster.to_string(), |person| person.name.clone());
        let deeds = self.deeds_of(&record.gig, &poster).await?;
        let (story, mut accounts) = (ledger.story(id).await?, ledger.accounts_of(record.gig.poster).await?);
        for told in &story {
            if let Tale::NotRelayed { account, .. } = told.tale {
                accounts.extend(ledger.account(account).await?);
            }
        }
        let mut communities = BTreeMap::new();
        let told = story.iter().filter_map(|told| match &told.tale {
            Tale::Ring { now } => now.as_ref(),
            _ => None,
        });
        for ring in told.chain(&record.gig.terms.ring) {
            if let Some(community) = ledger.first_community(Some(ring)).await? {
                communities.insert(community.slug, community.name);
            }
        }
        let places = self.daemon.deliver.places(id).await?;
        let facts = GigFacts { record, poster, accounts, story, places, deeds, communities };
        let concerns = |of: &SwitchOf| facts.places.iter().any(|place| concerns(of, &place.account));
        let mut story = in_zone(zone, || story::of_gig(&facts, now));
        self.tell_unrelayed(&facts, &mut story).await?;
        for place in &facts.places {
            story
                .doable
                .extend(place.deliveries.last().iter().flat_map(|last| to_delivery(last, &place.account.handle, now)));
        }
        self.tell_paused(story, concerns).await
    }

    async fn explain_delivery(&self, id: DeliveryId, now: Timestamp, zone: TimeZone) -> Result<Explanation, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let unknown =
            || Refusal::Unknown(format!("there is no delivery {id}; `gigcast deliveries` lists those that wait"));
        let delivery = ledger.delivery(id).await?.ok_or_else(unknown)?;
        let account = ledger.account(delivery.account).await?.ok_or_else(unknown)?;
        let (lane, owner) = (ledger.lane_of(&account).await?, self.daemon.deliver.owner_of(&account).await?);
        let title = ledger.gig(delivery.gig).await?.map_or_else(String::new, |record| record.gig.terms.title);
        let mut story = in_zone(zone, || story::of_delivery(&delivery, &account, &owner, &lane, &title, now));
        self.tell_relay(&delivery, &account, &mut story).await?;
        story.doable = to_delivery(&delivery, &account.handle, now);
        self.tell_paused(story, |of| concerns(of, &account)).await
    }

    async fn explain_account(&self, account: &Account, now: Timestamp, zone: TimeZone) -> Result<Explanation, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let held = ledger.set_aside(Aside::Held, MOST).await?;
        let queue = Queue {
            waiting: ledger.count_waiting(account.id, MOST).await?,
            next: ledger.waiting_in(account.id, 1).await?.pop(),
            held: held.iter().filter(|delivery| delivery.account == account.id).count(),
        };
        let lane = ledger.lane_of(account).await?;
        let taxonomy = &self.daemon.deliver.taxonomy;
        let owner = self.daemon.deliver.owner_of(account).await?;
        let mut story = in_zone(zone, || story::of_account(account, &owner, &lane, &queue, taxonomy, now));
        self.tell_relays(account, &mut story).await?;
        let is_paused = lane.hold == Some(LaneHold::Paused);
        story.doable.push(to_paused(PauseOf::Account(account.id.to_string()), &account.handle, is_paused));
        let counts = |of: &SwitchOf| of.holds(account) || (is_paused && concerns(of, account));
        self.tell_paused(story, counts).await
    }
}

fn word(state: &State) -> &'static str {
    match state {
        State::Queued => "queued",
        State::Sending { .. } => "sending",
        State::Unknown { .. } => "unknown",
        State::Held(_) => "held",
        State::Delivered(_) => "delivered",
        State::Dropped(_) => "dropped",
        State::Dead(_) => "dead",
    }
}
