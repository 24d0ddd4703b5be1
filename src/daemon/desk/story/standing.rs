//! Where a delivery or what waits on an account stands, what it waits for and until when, and what a person can do about it.
//!
//! `why`, `status`, `plan`, the preview, the review and the console ask here, so that all foretell the same.

use crate::clock::Timestamp;
use crate::daemon::spoken::{counted, moment};
use crate::outbox::pace::{May, courtesy};
use crate::outbox::{Class, Delivery, Hold, Lane, LaneHold, State, Verb, Wait};
use crate::person::{Account, GrantState, Person, Role};

/// Where a delivery stands, and what a person can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub said: String,
    pub todo: Option<Todo>,
}

/// What a person can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Todo {
    /// Its person links the account again.
    Relink,
    /// Whatever stands here, as a sentence.
    Said(String),
}

impl Standing {
    fn of(said: String) -> Self {
        Self { said, todo: None }
    }

    /// What a person can do about it, on an account of this owner.
    pub fn advice(&self, account: &Account, owner: &Person) -> Option<String> {
        match self.todo.as_ref()? {
            Todo::Relink => Some(relink(account, owner)),
            Todo::Said(said) => Some(said.clone()),
        }
    }
}

pub fn relink(account: &Account, owner: &Person) -> String {
    let handle = &account.handle;
    match relink_command(account, owner) {
        Some(command) => format!("Link {handle} again: `{command}`. What waits goes out then."),
        None => format!("{} links {handle} again, on their accounts page. What waits goes out then.", owner.name),
    }
}

/// The command line links for posters alone.
pub fn relink_command(account: &Account, owner: &Person) -> Option<String> {
    let command = || format!("gigcast link {} --poster \"{}\"", account.network, owner.name);
    (owner.role == Role::Poster).then(command)
}

/// How an account that is paused goes on.
pub fn resume(account: &Account) -> String {
    format!("`gigcast resume {}` lets it go on.", account.id)
}

/// What keeps everything of this account from leaving, whatever is due, as a sentence; nothing where only times count.
pub fn barred(account: &Account, lane: &Lane) -> Option<String> {
    match (&account.grant, lane.hold) {
        (GrantState::Linked, None) => None,
        (GrantState::Linked, Some(LaneHold::Paused)) => Some("The account is paused.".to_owned()),
        (GrantState::Linked, Some(LaneHold::Switched)) => {
            Some("It waits until the operator resumes what is paused.".to_owned())
        }
        _ => Some(format!("It waits until {} is linked again.", account.handle)),
    }
}

/// Whether nothing of this account leaves until its person has linked it again.
pub fn must_relink(account: &Account, lane: &Lane) -> bool {
    account.grant != GrantState::Linked || lane.hold == Some(LaneHold::Relink)
}

/// Whether its person is needed for that. One who took it away is not: what may still be out waits in case they come back.
pub fn needs_its_person(account: &Account, lane: &Lane) -> bool {
    must_relink(account, lane) && !matches!(account.grant, GrantState::Revoked { .. })
}

/// Whether nothing but a person moves it on: it is held, or it waits for its account to be linked again. What is paused is not meant: it is to wait.
pub fn awaits_person(delivery: &Delivery, account: &Account, lane: &Lane) -> bool {
    match delivery.state {
        State::Held(_) => true,
        State::Queued | State::Unknown { .. } => needs_its_person(account, lane),
        State::Sending { .. } | State::Delivered(_) | State::Dropped(_) | State::Dead(_) => false,
    }
}

/// What waits in this account now, of one class of new posts, and why, as a sentence; nothing when only due times count. The poster's own pace is one for new
/// posts: what mends a post or takes it away does not wait for it.
pub fn lane_waits(account: &Account, lane: &Lane, class: Class, now: Timestamp) -> Option<String> {
    if let Some(held) = barred(account, lane) {
        return Some(held);
    }
    let (at, why) = lane.rest(class);
    let (until, courtesy, why) = (moment(at, now), why.is_courtesy(), why.words());
    (at > now).then(|| {
        if courtesy {
            format!("New posts wait until {until} for {why}; edits and deletes do not.")
        } else {
            format!("It waits until {until} for {why}.")
        }
    })
}

/// When a new post that nothing holds would leave through this account, and why not at once.
pub fn leaves(account: &Account, lane: &Lane, class: Class, ahead: usize, now: Timestamp) -> String {
    if let Some(said) = lane_waits(account, lane, class, now) {
        return said;
    }
    match courtesy(&account.pace, lane, class, now) {
        May::NotBefore(until, why) => format!("It waits until {} for {}.", moment(until, now), why.words()),
        May::Now => match ahead {
            0 => "It goes out at once.".to_owned(),
            1 => "It goes out after the one that waits already.".to_owned(),
            before => format!("It goes out after the {before} that wait already."),
        },
    }
}

/// What a delivery waits for or how it ended.
pub fn standing(delivery: &Delivery, account: &Account, lane: &Lane, now: Timestamp) -> Standing {
    let last = delivery.tries.last().map_or("", |last| last.said.as_str());
    match &delivery.state {
        State::Queued => queued(delivery, account, lane, last, now),
        State::Sending { attempt, .. } => Standing::of(format!(
            "It is being sent right now, try {attempt}. Its outcome comes within the request's timeout."
        )),
        State::Unknown { .. } if barred(account, lane).is_some() => {
            let held = barred(account, lane).unwrap_or_default();
            let said = format!(
                "The answer was lost, so it may be there already. {held} Then gigcast looks for it, and sends it again only if it is \
                 surely not there."
            );
            Standing { said, todo: unbarred(account, lane) }
        }
        State::Unknown { looked } => {
            let again = match looked {
                0 => String::new(),
                looked => format!(" again, after {}", counted(usize::from(*looked), "look")),
            };
            let said = format!(
                "The answer was lost, so it may be there already. At {} gigcast looks for it{again}, and sends it again only \
                 if it is surely not there.",
                moment(delivery.due, now)
            );
            let advice = format!("`gigcast retry {id}` looks for it now.", id = delivery.id);
            Standing { said, todo: (delivery.wait == Wait::LookUp && delivery.due > now).then_some(Todo::Said(advice)) }
        }
        State::Held(Hold::Unconfirmed) => Standing {
            said: "It may be there, and the network gives gigcast no way to find out. It waits for a person."
                .to_owned(),
            todo: Some(Todo::Said(format!(
                "Look at {}. If the post is there: `gigcast release {id} --there <its address>`. If it is not: `gigcast release \
                 {id} --not-there`, and it is sent.",
                account.url,
                id = delivery.id
            ))),
        },
        State::Held(Hold::Review) => Standing {
            said: match delivery.verb {
                Verb::Repost => "It waits for its poster's approval. The post that is out stays until then.",
                Verb::Create | Verb::Edit | Verb::Reply | Verb::Delete | Verb::Reshare | Verb::Unreshare => {
                    "It waits for its poster's approval."
                }
            }
            .to_owned(),
            todo: Some(Todo::Said(format!(
                "Read it on the page /review, or with `gigcast approve {id}`, which shows the text and how to approve it; `gigcast \
                 decline {id}` if it is not to be said.",
                id = delivery.id
            ))),
        },
        State::Held(Hold::Relink) => Standing {
            said: format!("It waits until {} is linked again: {last}.", account.handle),
            todo: Some(Todo::Relink),
        },
        State::Delivered(receipt) => Standing::of(match delivery.verb {
            Verb::Delete | Verb::Repost => "The post is deleted.".to_owned(),
            Verb::Unreshare => {
                format!("The reshare of {} is taken back.", receipt.url.as_deref().unwrap_or(&receipt.uri))
            }
            Verb::Reshare => format!("It is reshared: {}.", receipt.url.as_deref().unwrap_or(&receipt.uri)),
            Verb::Create | Verb::Edit | Verb::Reply => {
                format!("It stands at {}.", receipt.url.as_deref().unwrap_or(&receipt.uri))
            }
        }),
        State::Dropped(why) if delivery.verb == Verb::Reshare => Standing::of(format!("It is not reshared: {why}.")),
        State::Dropped(why) => Standing::of(format!(
            "It was dropped, as it is no longer wanted: {why}.{}",
            if delivery.verb.changes_a_post() { " The post that is out stays as it was." } else { "" }
        )),
        State::Dead(why) if delivery.verb == Verb::Reshare => Standing {
            said: format!("It was given up: {why}."),
            todo: Some(Todo::Said(format!("`gigcast retry {}` tries it once more.", delivery.id))),
        },
        State::Dead(why) => Standing {
            said: format!("It was given up: {why}."),
            todo: Some(Todo::Said(match (delivery.verb, delivery.id) {
                // It says nothing of the gig, so a change of the gig is no reason to try again.
                (Verb::Unreshare, id) => format!("Undo the reshare at the network itself, or `gigcast retry {id}`."),
                (_, id) => format!(
                    "Mend the gig at its source: its next revision is tried anew. To try it as it is: `gigcast retry {id}`."
                ),
            })),
        },
    }
}

/// What ends what keeps everything of an account; the operator's own pauses are told apart, each with its end.
fn unbarred(account: &Account, lane: &Lane) -> Option<Todo> {
    if must_relink(account, lane) {
        return Some(Todo::Relink);
    }
    (lane.hold == Some(LaneHold::Paused)).then(|| Todo::Said(resume(account)))
}

fn queued(delivery: &Delivery, account: &Account, lane: &Lane, last: &str, now: Timestamp) -> Standing {
    if let Some(said) = barred(account, lane) {
        return Standing { said, todo: unbarred(account, lane) };
    }
    let (rests_until, why) = lane.rest(delivery.class());
    if rests_until > now {
        return Standing::of(format!("It waits until {} for {}.", moment(rests_until, now), why.words()));
    }
    if delivery.due > now {
        let due = moment(delivery.due, now);
        if delivery.wait == Wait::Backoff {
            let id = delivery.id;
            return Standing {
                said: format!("It is tried again at {due}: {last}."),
                todo: Some(Todo::Said(format!("`gigcast retry {id}` tries it now; `gigcast cancel {id}` drops it."))),
            };
        }
        return Standing::of(match delivery.wait {
            Wait::RateLimited => format!("The network asked us to wait until {due}: {last}."),
            Wait::Ring => {
                format!("It goes out at {due}, after those that go first, unless the gig has ended by then.")
            }
            Wait::Quiet => format!("It waits until {due}, so that more changes go out with it."),
            Wait::Nothing | Wait::Backoff | Wait::LookUp | Wait::Person => format!("It is due at {due}."),
        });
    }
    if let May::NotBefore(until, why) = courtesy(&account.pace, lane, delivery.class(), now) {
        return Standing::of(format!("It waits until {} for {}.", moment(until, now), why.words()));
    }
    Standing::of(match lane.claim {
        Some(claim) if claim.delivery != delivery.id => {
            "It goes out as soon as the one before it is settled.".to_owned()
        }
        _ => "It is due, and goes out as soon as its turn comes.".to_owned(),
    })
}
