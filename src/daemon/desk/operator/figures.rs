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
