//! Announcements, and the one place where their next step is opened.
//!
//! A gig changes what is wanted of each account that has announced it; a delivery that ends changes what was said. Both come here, so that
//! the next step is the same whichever came last.

use super::Ledger;
use super::turns::{Change, Turn};
use crate::clock::Timestamp;
use crate::gig::{Gig, Revision, Status, Urgency};
use crate::outbox::{
    Announcement, Delivery, Event, Said, Sent, State, Terms, Verb, Wait, Wanted, Wording, backoff::Dice, next,
};
use crate::person::{Account, Mode};
use crate::ports::StoreError;
use crate::post::{Post, Stamp};

/// A gig that an account is to say.
#[derive(Debug, Clone, Copy)]
pub struct ToAnnounce<'g> {
    pub gig: &'g Gig,
    /// A new post is not due before.
    pub ring: Option<Timestamp>,
    /// Its place in the order of its lane.
    pub at: Timestamp,
}

/// What an account did for what a gig now is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followed {
    /// What waited, and is not wanted any more.
    pub dropped: Option<Delivery>,
    pub opened: Option<Delivery>,
}

impl Ledger {
    /// Makes an account want what the gig now is, and opens what that takes. Answers the delivery that was opened, when one was.
    ///
    /// A text still waiting for its first try, or for its person, is changed in place, or dropped where something else is to be done now;
    /// one that may be out is followed by the next step, once it is settled. A new post is not due before `ring`.
    pub async fn announce(
        &self,
        gig: &Gig,
        account: &Account,
        terms: Terms<'_>,
        ring: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        let followed = self.announce_all(&[ToAnnounce { gig, ring, at: now }], account, terms).await?.pop();
        Ok(followed.and_then(|followed| followed.opened))
    }

    /// As [`Ledger::announce`], for gigs that are planned together: what they take on one account stands in one batch, or none of it
    /// does, so that its lane is written once for all of them. None comes twice. Answers what became
    /// of each.
    pub async fn announce_all(
        &self,
        gigs: &[ToAnnounce<'_>],
        account: &Account,
        terms: Terms<'_>,
    ) -> Result<Vec<Followed>, StoreError> {
        loop {
            let lane = self.turn(account.id).await?;
            let (mut turns, mut followed) = (Vec::with_capacity(gigs.len()), Vec::with_capacity(gigs.len()));
            for one in gigs {
                let turn = self.with_gig(lane.clone(), one.gig.id).await?;
                let change = Self::follow(&turn, one, account, terms);
                followed.push(change.as_ref().map_or_else(Followed::default, |change| Followed {
                    dropped: change.delivery.clone().filter(Delivery::is_settled),
                    opened: change.opened.clone(),
                }));
                turns.extend(change.map(|change| (turn, change)));
            }
            let turns: Vec<_> = turns.iter().map(|(turn, change)| (turn, change)).collect();
            if turns.is_empty() || self.write(&turns).await?.is_some() {
                return Ok(followed);
            }
        }
    }

    /// What becomes of an announcement for what its gig now is; nothing where none stands and none is to be opened.
    fn follow(turn: &Turn, one: &ToAnnounce<'_>, account: &Account, terms: Terms<'_>) -> Option<Change> {
        let ToAnnounce { gig, ring, at: now } = *one;
        let (profile, policy) = (terms.profile, account.policy);
        let is_own = account.owner == gig.poster;
        // What somebody was to reshare and never did, and whose poster they are by now, is theirs to say: as if nothing had been wanted here.
        let known = turn.announcement().filter(|known| !(is_own && known.is_at_rest() && known.said.is_none()));
        let anew = || {
            let step = turn.announcement().map_or(0, |spent| spent.step);
            Announcement { step, ..Announcement::new(gig.id, account.id, Wanted::of(gig, policy, profile)) }
        };
        let mut announcement = known.cloned().unwrap_or_else(anew);
        announcement.wanted = announcement.wanted.after(gig, policy, profile);
        let mut change = Change::default();
        if let Some(waiting) = turn.delivery()
            && !waiting.is_settled()
        {
            let outdated = announcement.outdates(waiting, gig.status, profile, policy);
            let is_outdated = outdated.is_some();
            let after = match outdated {
                Some(why) => next(waiting, Event::Unwanted(why), terms, now, Dice(0)),
                None => next(waiting, Event::revised(gig, ring), terms, now, Dice(0)),
            };
            announcement.settle(&after);
            if is_outdated && after.is_settled() {
                announcement.given_up = None;
            }
            change.delivery = Some(after);
        }
        change.opened = Self::open_next(&mut announcement, gig, account, terms, ring, now);
        if known.is_none() && change.opened.is_none() {
            return None;
        }
        change.announcement = Some(announcement);
        Some(change)
    }

    /// Opens the next step of an announcement, when there is one, for what the gig now is.
    ///
    /// A change waits a little for the next one; that a gig has ended, or is open again, waits for nothing. On an account in review, new
    /// words wait for their person from the beginning.
    pub fn open_next(
        announcement: &mut Announcement,
        gig: &Gig,
        account: &Account,
        terms: Terms<'_>,
        ring: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Delivery> {
        announcement.wanted = announcement.wanted.after(gig, account.policy, terms.profile);
        let verb = announcement.next_step(gig.status, terms.profile, account.policy)?;
        let told = announcement.said.as_ref().map(Said::told);
        let only_changed = gig.status == Status::Open && told.is_some_and(|(_, status)| status == Status::Open);
        let mut opened = Self::open_step(announcement, verb, gig.revision, gig.terms.closes, now);
        (opened.status, opened.urgency) = (gig.status, gig.terms.urgency);
        if only_changed && verb != Verb::Unreshare && !terms.edit_quiet.is_zero() {
            (opened.due, opened.wait) = (now.plus(terms.edit_quiet), Wait::Quiet);
        }
        if let Some(ring) = ring.filter(|ring| verb == Verb::Create && *ring > now) {
            opened.ring = Some(ring);
            (opened.due, opened.wait) = (ring, Wait::Ring);
        }
        Some(match account.mode {
            Mode::Auto => opened,
            Mode::Review => next(&opened, Event::ForReview, terms, now, Dice(0)),
        })
    }

    /// The step behind a re-post whose old post is gone: in its place, and in the words that a person has approved with it, which are
    /// answered beside it. Should the gig have changed meanwhile, they are asked about anew.
    pub async fn remake(
        &self,
        repost: &Delivery,
        opened: Delivery,
        now: Timestamp,
    ) -> Result<(Delivery, Option<Post>), StoreError> {
        let approved = repost.wording == Wording::Approved && repost.revision == opened.revision;
        let words = if approved { self.post(repost.id).await? } else { None };
        let opened = match words {
            Some(_) => Delivery { state: State::Queued, wording: Wording::Approved, ..opened },
            None => opened,
        };
        let in_place = Delivery { due: repost.due.min(now), wait: Wait::Nothing, ..opened.clone() };
        Ok((if opened.state == State::Queued { in_place } else { opened }, words))
    }

    /// A new delivery for the next step of an announcement of an open gig of the usual urgency, due at once.
    pub fn open_step(
        announcement: &mut Announcement,
        verb: Verb,
        revision: Revision,
        closes: Option<Timestamp>,
        now: Timestamp,
    ) -> Delivery {
        let id = announcement.next_delivery();
        announcement.step += 1;
        announcement.open = Some(id);
        Delivery {
            id,
            gig: announcement.gig,
            account: announcement.account,
            step: announcement.step,
            verb,
            revision,
            status: Status::Open,
            urgency: Urgency::Usual,
            wording: Wording::Composed,
            at: announcement.at(verb).cloned(),
            state: State::Queued,
            attempts: 0,
            stamp: Stamp { key: id.idempotency_key(), opened: now, chosen_id: None, first_sent: None },
            last_sent: None,
            unsure: Sent::SurelyNot,
            due: now,
            wait: Wait::Nothing,
            ring: None,
            closes,
            unwanted: None,
            tries: Vec::new(),
        }
    }
}
