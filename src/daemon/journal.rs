//! One line per thing that happened to a delivery: a sentence that reads alone, and the same fields everywhere.
//!
//! Each state change is exactly one line, written after it is durable, and nowhere else.

use crate::clock::Timestamp;
use crate::outbox::{Delivery, Hold, LaneWait, State, Wait, Wording};
use crate::person::Account;
use std::time::Duration;
use tracing::{info, warn};

/// Says what became of a delivery. `took` is how long its request was out.
pub fn changed(account: &Account, after: &Delivery, took: Option<Duration>) {
    let verb = after.verb.word();
    let (gig, delivery) = (after.gig, after.id);
    let (account_id, network, handle) = (account.id, account.network.as_str(), account.handle.as_str());
    let attempt = after.attempts;
    let duration_ms = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let due = after.due;
    macro_rules! line {
        ($level:ident, $event:literal, $($sentence:tt)*) => {
            $level!(event = $event, gig.id = %gig, delivery.id = %delivery, account.id = %account_id, network.id = network, attempt, duration_ms, due = %due, $($sentence)*)
        };
    }
    let said = after.tries.last().map_or("", |last| last.said.as_str());
    match &after.state {
        State::Queued => match after.wait {
            Wait::Nothing if after.wording == Wording::Approved => {
                let revision = after.revision.0;
                line!(
                    info,
                    "delivery.queued",
                    "The {verb} of {gig} is queued for {handle}, in the words approved for revision {revision}"
                );
            }
            Wait::Nothing => line!(info, "delivery.queued", "The {verb} of {gig} is queued for {handle}"),
            Wait::Quiet => {
                line!(
                    info,
                    "delivery.queued",
                    "The {verb} of {gig} is queued for {handle}, and waits until {due} for more changes"
                );
            }
            Wait::Ring => {
                line!(info, "delivery.queued", "The {verb} of {gig} waits on {handle} until {due}: others go first");
            }
            Wait::Backoff => {
                line!(info, "delivery.deferred", "The {verb} of {gig} on {handle} is tried again at {due}: {said}");
            }
            Wait::RateLimited => {
                line!(
                    info,
                    "delivery.rate_limited",
                    "{handle} was asked to wait until {due}; the {verb} of {gig} waits: {said}"
                );
            }
            Wait::LookUp | Wait::Person => {
                line!(info, "delivery.queued", "The {verb} of {gig} on {handle} waits until {due}");
            }
        },
        State::Sending { attempt, .. } => {
            line!(info, "delivery.sending", "Sending the {verb} of {gig} to {handle}, try {attempt}");
        }
        State::Unknown { looked: 0 } => {
            line!(
                warn,
                "delivery.unknown",
                "It is not known whether the {verb} of {gig} on {handle} arrived; looking at {due}: {said}"
            );
        }
        State::Unknown { looked } => {
            line!(
                info,
                "delivery.looked",
                "Looked {looked} times for the {verb} of {gig} on {handle}; looking again at {due}"
            );
        }
        State::Held(Hold::Unconfirmed) => line!(
            warn,
            "delivery.unconfirmed",
            "No one can tell whether the {verb} of {gig} on {handle} arrived; look yourself, then `gigcast release {delivery}`"
        ),
        State::Held(Hold::Review) => {
            line!(
                info,
                "delivery.review",
                "The {verb} of {gig} waits for the approval of the person behind {handle}: `gigcast approve {delivery}`"
            );
        }
        State::Held(Hold::Relink) => {
            line!(warn, "delivery.relink", "The {verb} of {gig} waits until {handle} is linked again: {said}");
        }
        State::Delivered(receipt) => {
            let address = receipt.url.as_deref().unwrap_or(&receipt.uri);
            line!(info, "delivery.delivered", address, "The {verb} of {gig} is out on {handle}: {address}");
        }
        State::Dropped(why) => line!(info, "delivery.dropped", "The {verb} of {gig} on {handle} is dropped: {why}"),
        State::Dead(why) => line!(warn, "delivery.dead", "The {verb} of {gig} on {handle} is given up: {why}"),
    }
}

/// Says what a lane waits for, or its new posts alone; once per wait, not once per delivery.
pub fn waits(account: &Account, until: Timestamp, why: LaneWait) {
    let (handle, verb) = (&account.handle, if why.is_courtesy() { "takes no new post" } else { "waits" });
    info!(event = "lane.waits",
        account.id = %account.id,
        network.id = account.network.as_str(),
        due = %until,
        "{handle} {verb} until {until}, for {}",
        why.words()
    );
}
