//! Why an account is as it is: what it is for, at which pace, and what waits for it.

use super::standing::{barred, lane_waits, must_relink, needs_its_person, relink, resume};
use crate::clock::Timestamp;
use crate::daemon::spoken::{counted, relative, span};
use crate::outbox::{Class, Delivery, Lane, LaneHold};
use crate::person::{Account, Changed, Ended, GrantState, Mode, Person, Policy, Role};
use crate::plan::{Taxonomy, audience};
use crate::web::admin::answers::{Chapter, Explanation, Told, When};
use crate::web::words::count as count_of;

/// What waits on an account: how many in its queue, the one that goes first, and how many are held.
#[derive(Debug, Clone)]
pub struct Queue {
    pub waiting: usize,
    pub next: Option<Delivery>,
    pub held: usize,
}

pub fn of_account(
    account: &Account,
    owner: &Person,
    lane: &Lane,
    queue: &Queue,
    taxonomy: &Taxonomy,
    now: Timestamp,
) -> Explanation {
    let does = match owner.role {
        Role::Poster => "speaks for",
        Role::Freelancer => "reshares for",
    };
    let about = format!("{} ({}) on {} {does} {}.", account.handle, account.id, account.network, owner.name);
    let mut told = vec![Told { at: Some(When(account.linked)), said: "It was linked.".to_owned() }];
    if owner.role == Role::Poster {
        told.push(Told { at: None, said: audience(account, taxonomy) });
    }
    told.push(Told { at: None, said: pace(account) });
    if owner.role == Role::Poster {
        told.push(Told { at: None, said: policy(account.policy) });
    }
    if account.mode == Mode::Review {
        told.push(Told { at: None, said: "Nothing is said on it that its poster has not approved.".to_owned() });
    }
    let mut advice = Vec::new();
    match &account.grant {
        GrantState::Linked => {}
        GrantState::NeedsRelink { since, said } => {
            told.push(Told { at: Some(When(*since)), said: format!("The network refused our access: {said}.") });
            advice.push(relink(account, owner));
        }
        GrantState::Revoked { since } => {
            told.push(Told { at: Some(When(*since)), said: "It was unlinked.".to_owned() });
            advice.push(relink(account, owner));
        }
    }
    let awaiting = if needs_its_person(account, lane) { queue.waiting + queue.held } else { queue.held };
    if queue.waiting + queue.held == 0 {
        told.push(Told { at: None, said: "Nothing waits for it.".to_owned() });
    }
    // What waits for its person anyway is told below, once.
    if queue.waiting > 0 && !needs_its_person(account, lane) {
        let why = lane_waits(account, lane, Class::Create, now);
        let next = |next: &Delivery| format!("The next one is due {}.", relative(next.due, now));
        let why = why.or_else(|| queue.next.as_ref().map(next)).map_or_else(String::new, |why| format!(" {why}"));
        told.push(Told { at: None, said: format!("{} in its queue.{why}", waits(queue.waiting)) });
    }
    if lane.hold == Some(LaneHold::Paused) {
        advice.push(resume(account));
    }
    if awaiting > 0 {
        let why = barred(account, lane)
            .filter(|_| must_relink(account, lane))
            .map_or_else(String::new, |why| format!(" {why}"));
        told.push(Told { at: None, said: format!("{} for a person.{why}", waits(awaiting)) });
        advice.push("See `gigcast deliveries --held` for what a person must look at.".to_owned());
    }
    Explanation {
        about,
        chapters: vec![Chapter { heading: "The account".to_owned(), told }],
        advice,
        doable: Vec::new(),
    }
}

fn waits(count: usize) -> String {
    count_of(count, "delivery waits", "deliveries wait")
}

fn audience(account: &Account, taxonomy: &Taxonomy) -> String {
    match audience::words(&account.audience, taxonomy) {
        rules if rules.is_empty() => "It takes every gig.".to_owned(),
        rules => format!("It takes only gigs {}.", rules.join("; ")),
    }
}

fn pace(account: &Account) -> String {
    let pace = &account.pace;
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let quiet = pace.quiet.map_or_else(String::new, |quiet| {
        format!(", nothing from {} until {} ({})", clock(quiet.from), clock(quiet.until), pace.zone)
    });
    let worth = pace.worth_saying_for.map_or_else(String::new, |worth| {
        format!(" What has waited longer than {} is dropped, by its own settings.", span(worth))
    });
    format!(
        "It posts at most {} a day, {} apart{quiet}.{worth}",
        counted(usize::try_from(pace.posts_per_day).unwrap_or(usize::MAX), "time"),
        span(pace.gap)
    )
}

/// How what it has said follows its gigs.
pub fn policy(policy: Policy) -> String {
    let changed = match policy.changed {
        Changed::Reply => "a reply tells the change",
        Changed::DeleteAndRepost => "the post is deleted and made anew",
        Changed::Leave => "the post stays as it was",
    };
    let ended = match policy.ended {
        Ended::Edit => "the post says so, or a reply where it cannot be edited",
        Ended::Reply => "a reply says so",
        Ended::Delete => "the post is deleted",
    };
    format!(
        "When a gig changes, its post is edited; where the network cannot, {changed}. When a gig has ended, {ended}."
    )
}
