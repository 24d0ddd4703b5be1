//! What is counted for the operator: the queue by network and reason, what is left of each limit, and what ended lately.

use super::Desk;
use super::views::MOST;
use crate::clock::Timestamp;
use crate::daemon::desk::story::must_relink;
use crate::outbox::{Delivery, Hold, Lane, LaneHold, State, Wait};
use crate::person::{Account, GrantState};
use crate::store::layout::Aside;
use crate::web::admin::Refusal;
use crate::web::admin::answers::{Figures, QueueLine, When};
use std::collections::BTreeMap;

/// How many wait for the same, and the first that is due.
type Queue = BTreeMap<(String, &'static str), (usize, Option<Timestamp>)>;

const RELINK: &str = "their account to be linked again";
const RESUMED: &str = "the operator to resume what is paused";

impl Desk {
    pub(super) async fn read_figures(&self) -> Result<Figures, Refusal> {
        let (deliver, now) = (&self.daemon.deliver, self.now());
        let ledger = &deliver.ledger;
        let (mut queue, mut budgets) = (Queue::new(), Vec::new());
        let accounts = ledger.accounts().await?;
        for account in &accounts {
            let lane = ledger.lane_of(account).await?;
            for delivery in ledger.waiting_in(account.id, MOST).await? {
                let reason = waits_for(&delivery, account, &lane, now);
                note(&mut queue, account, reason, Some(delivery.due).filter(|_| lane.hold.is_none()));
            }
            if account.grant == GrantState::Linked {
                budgets.extend(self.limits_of(account, &lane, now).await?);
            }
        }
        for delivery in ledger.set_aside(Aside::Held, MOST).await? {
            let account = accounts.iter().find(|account| account.id == delivery.account);
            if let (Some(account), State::Held(hold)) = (account, &delivery.state) {
                note(&mut queue, account, held_for(*hold), None);
            }
        }
        let mut queue: Vec<QueueLine> = queue
            .into_iter()
            .map(|((network, reason), (count, due))| QueueLine {
                network,
                reason: reason.to_owned(),
                count,
                oldest_due: due.map(When),
            })
            .collect();
        queue.sort_by(|a, b| a.network.cmp(&b.network).then(b.count.cmp(&a.count)));
        let history = deliver.meters.history(now);
        Ok(Figures {
            queue,
            budgets,
            minutes: history.minutes.to_vec(),
            hours: history.hours.to_vec(),
            counted_since: history.counted_since.map(When),
        })
    }
}

fn note(queue: &mut Queue, account: &Account, reason: &'static str, due: Option<Timestamp>) {
    let (count, first) = queue.entry((account.network.clone(), reason)).or_default();
    *count += 1;
    *first = first.take().into_iter().chain(due.filter(|due| *due != Timestamp::NEVER)).min();
}

/// As a clause, of several: `3 wait for ...`. What keeps the whole lane counts before what keeps one of it.
fn waits_for(delivery: &Delivery, account: &Account, lane: &Lane, now: Timestamp) -> &'static str {
    if matches!(delivery.state, State::Sending { .. }) {
        return "the answer to their request";
    }
    if must_relink(account, lane) {
        return RELINK;
    }
    if lane.hold == Some(LaneHold::Paused) {
        return "their account to be resumed";
    }
    if lane.hold == Some(LaneHold::Switched) {
        return RESUMED;
    }
    let (until, why) = lane.rest(delivery.class());
    if until > now && until >= delivery.due {
        return why.words();
    }
    match (&delivery.state, delivery.wait) {
        (State::Unknown { .. }, _) => "the look whether they are out already",
        _ if delivery.due <= now => "their turn",
        (_, Wait::Quiet) => "more changes of their gig, for a moment",
        (_, Wait::Ring) => "the time their gig widens to all accounts",
        (_, Wait::Backoff) => "their next try",
        (_, Wait::RateLimited) => "the time the network asked us to wait",
        (_, Wait::Nothing | Wait::LookUp | Wait::Person) => "the time they are due",
    }
}

fn held_for(hold: Hold) -> &'static str {
    match hold {
        Hold::Relink => RELINK,
        Hold::Review => "their poster's approval",
        Hold::Unconfirmed => "a person to look whether they are out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::Revision;
    use crate::outbox::{Announcement, Epoch, LaneWait, Verb, Wanted};
    use crate::plan::samples::{self, NOW};
    use crate::store::Ledger;
    use std::time::Duration;

    /// What a post of a linked account that is due waits for, but for this.
    fn said(change: impl FnOnce(&mut Delivery, &mut Account, &mut Lane)) -> &'static str {
        let (gig, mut account) = (samples::gig(), samples::account("1"));
        let mut announcement = Announcement::new(gig.id, account.id, Wanted::Revision(Revision::FIRST));
        let mut delivery = Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, NOW);
        let mut lane = Lane::new(account.id);
        change(&mut delivery, &mut account, &mut lane);
        waits_for(&delivery, &account, &lane, NOW)
    }

    #[test]
    fn what_keeps_the_whole_lane_counts_before_what_keeps_one_of_it() {
        let soon = NOW.plus(Duration::from_mins(1));
        assert_eq!(said(|_, _, _| {}), "their turn");
        let sending = State::Sending { epoch: Epoch(1), attempt: 1 };
        let paused = said(|delivery, _, lane| (delivery.state, lane.hold) = (sending, Some(LaneHold::Paused)));
        assert_eq!(paused, "the answer to their request");
        let dead = GrantState::NeedsRelink { since: NOW, said: String::new() };
        assert_eq!(said(|_, account, _| account.grant = dead), RELINK);
        assert_eq!(said(|_, _, lane| lane.hold = Some(LaneHold::Paused)), "their account to be resumed");
        assert_eq!(said(|_, _, lane| lane.hold = Some(LaneHold::Switched)), RESUMED);
        let parked = |until| said(move |_, _, lane| lane.park(until, LaneWait::Gap));
        assert_eq!((parked(soon), parked(NOW)), (LaneWait::Gap.words(), "their turn"));
    }

    #[test]
    fn what_is_due_later_than_its_lane_waits_for_its_own_time() {
        let (soon, later) = (NOW.plus(Duration::from_mins(1)), NOW.plus(Duration::from_mins(2)));
        let waiting = |wait, due| {
            said(move |delivery, _, lane| {
                (delivery.wait, delivery.due) = (wait, due);
                lane.park(soon, LaneWait::Gap);
            })
        };
        assert_eq!(waiting(Wait::Backoff, later), "their next try");
        assert_eq!(waiting(Wait::Backoff, soon), LaneWait::Gap.words(), "of two that end at once it is the lane's");
        assert_eq!(waiting(Wait::Ring, later), "the time their gig widens to all accounts");
        assert_eq!(waiting(Wait::RateLimited, later), "the time the network asked us to wait");
        assert_eq!(waiting(Wait::Quiet, later), "more changes of their gig, for a moment");
        assert_eq!(waiting(Wait::Nothing, later), "the time they are due");
        let unknown = said(|delivery, _, _| (delivery.state, delivery.due) = (State::Unknown { looked: 0 }, later));
        assert_eq!(unknown, "the look whether they are out already");
    }

    #[test]
    fn the_first_that_is_due_is_told_of_those_that_have_a_time() {
        let (mut queue, account) = (Queue::new(), samples::account("1"));
        for due in [None, Some(Timestamp::NEVER), Some(NOW.plus(Duration::from_mins(1))), Some(NOW)] {
            note(&mut queue, &account, "their turn", due);
        }
        note(&mut queue, &account, RELINK, Some(Timestamp::NEVER));
        let told: Vec<(&str, usize, Option<Timestamp>)> =
            queue.into_iter().map(|((_, reason), (count, due))| (reason, count, due)).collect();
        assert_eq!(told, [(RELINK, 1, None), ("their turn", 4, Some(NOW))]);
    }
}
