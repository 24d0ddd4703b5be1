//! Which of our verbs apply to something: what a person would do about it, as buttons.

use crate::clock::Timestamp;
use crate::outbox::{Delivery, Hold, State, Wait};
use crate::store::SwitchOf;
use crate::web::admin::PauseOf;
use crate::web::admin::answers::{Can, Doable, DoableVerb};

/// What an operator can do about a delivery. Only our own waits are cut short.
pub(super) fn can(delivery: &Delivery, now: Timestamp) -> Vec<Can> {
    match &delivery.state {
        State::Queued | State::Unknown { .. } => {
            let ours = matches!(delivery.wait, Wait::Backoff | Wait::LookUp) && delivery.due > now;
            if ours { vec![Can::Retry, Can::Cancel] } else { vec![Can::Cancel] }
        }
        State::Held(Hold::Unconfirmed) => vec![Can::Release, Can::Cancel],
        State::Held(Hold::Relink | Hold::Review) => vec![Can::Cancel],
        State::Dead(_) => vec![Can::Retry],
        State::Sending { .. } | State::Delivered(_) | State::Dropped(_) => Vec::new(),
    }
}

/// The same for its story, of a delivery on the account with this handle.
pub(super) fn to_delivery(delivery: &Delivery, handle: &str, now: Timestamp) -> Vec<Doable> {
    let (id, to) = (delivery.id.to_string(), format!("the {} on {handle}", delivery.verb.word()));
    let verb = |can| match can {
        Can::Retry => DoableVerb::Retry(id.clone()),
        Can::Cancel => DoableVerb::Cancel(id.clone()),
        Can::Release => DoableVerb::Release(id.clone()),
    };
    can(delivery, now).into_iter().map(|can| Doable { verb: verb(can), to: to.clone() }).collect()
}

/// What is paused can be resumed, and what is not paused.
pub(super) fn to_paused(of: PauseOf, to: &str, is_paused: bool) -> Doable {
    let verb = if is_paused { DoableVerb::Resume(of) } else { DoableVerb::Pause(of) };
    Doable { verb, to: to.to_owned() }
}

/// As it is asked for.
pub(super) fn asked_as(of: &SwitchOf) -> PauseOf {
    match of {
        SwitchOf::All => PauseOf::All,
        SwitchOf::Network(name) => PauseOf::Network(name.clone()),
        SwitchOf::Host(name) => PauseOf::Host(name.clone()),
        SwitchOf::Source(name) => PauseOf::Source(name.clone()),
        SwitchOf::Account(id) => PauseOf::Account(id.to_string()),
    }
}
