//! Why something is as it is, told in plain sentences: what was seen, what was decided, tried and answered, what it waits for now and
//! until when, and what a person can do.
//!
//! Pure: what is on record goes in, text comes out. Every reason that the outbox knows has its words here and nowhere else.

mod account;
pub mod person;
pub mod source;
mod standing;

pub use account::{Queue, of_account, policy};
pub use standing::{
    awaits_person, barred, lane_waits, leaves, must_relink, needs_its_person, relink_command, standing,
};

use crate::clock::Timestamp;
use crate::daemon::spoken::{counted, moment, span};
use crate::gig::rings::Ring;
use crate::gig::{Republish, Status, Urgency};
use crate::id::DeliveryId;
use crate::outbox::{Announcement, Delivery, Lane, State, Try};
use crate::person::{Account, Person};
use crate::plan::rings::{self, to_first, to_others};
use crate::store::{GigRecord, Heard, Story, Tale};
use crate::web::admin::answers::{Chapter, Explanation, Told, When};
use std::collections::BTreeMap;

/// All that is on record of a gig.
#[derive(Debug, Clone)]
pub struct GigFacts {
    pub record: GigRecord,
    pub poster: String,
    /// The poster's accounts, and those that relay its gigs; those it was announced on are among them unless unlinked since.
    pub accounts: Vec<Account>,
    pub story: Vec<Story>,
    pub places: Vec<PlaceFacts>,
    /// Who reshared it, replied and so on; sentences with their times.
    pub deeds: Vec<Told>,
    /// What the communities that it goes or went first to are called, by their slugs.
    pub communities: BTreeMap<String, String>,
}

impl GigFacts {
    /// A community with its slug, as commands ask for it.
    fn called(&self, ring: &Ring) -> Option<String> {
        let slug = ring.community()?;
        self.communities.get(slug).map(|name| format!("{name} ({slug})"))
    }
}

/// All that is on record of a gig on one account.
#[derive(Debug, Clone)]
pub struct PlaceFacts {
    pub account: Account,
    /// The name of its person.
    pub owner: Person,
    pub announcement: Announcement,
    /// In the order of their steps.
    pub deliveries: Vec<Delivery>,
    pub lane: Lane,
}

pub fn of_gig(facts: &GigFacts, now: Timestamp) -> Explanation {
    let gig = &facts.record.gig;
    let about = format!(
        "{} ({}) is {}{}, revision {}, by {}.",
        gig.terms.title,
        gig.id,
        gig.status.word(),
        if gig.terms.urgency.is_urgent() { " and urgent" } else { "" },
        gig.revision.0,
        facts.poster
    );
    let about = match ring_line(facts, now) {
        Some(line) => format!("{about} {line}"),
        None => about,
    };
    let mut told: Vec<Told> = facts
        .story
        .iter()
        .map(|story| Told { at: Some(When(story.at)), said: tale(&story.tale, facts) })
        .chain(facts.deeds.iter().cloned())
        .collect();
    let (mut stands, mut advice) = (Vec::new(), Vec::new());
    for PlaceFacts { account, owner, deliveries, lane, .. } in &facts.places {
        let on = |said: String| format!("On {}: {said}", account.handle);
        told.extend(deliveries.iter().flat_map(of_tries).map(|line| Told { said: on(line.said), ..line }));
        if let Some(last) = deliveries.last() {
            let standing = standing(last, account, lane, now);
            advice.extend(standing.advice(account, owner));
            stands.push(Told { at: None, said: on(standing.said) });
        }
    }
    told.sort_by_key(|line| line.at);
    let mut chapters = vec![Chapter { heading: "What happened".to_owned(), told }];
    if !stands.is_empty() {
        chapters.push(Chapter { heading: "Where it stands".to_owned(), told: stands });
    }
    if facts.places.is_empty() && facts.record.heard == Heard::News {
        if facts.accounts.is_empty() {
            advice.push(format!(
                "{} has no linked account. Link one with `gigcast link NETWORK --poster \"{}\"` (NETWORK is {}); gigs that come \
                 in from then on are announced there.",
                facts.poster,
                facts.poster,
                crate::networks::ids().join(" or ")
            ));
        } else if facts.story.iter().all(|story| !matches!(story.tale, Tale::Skipped { .. })) {
            chapters[0].told.push(Told { at: None, said: "No account has announced it.".to_owned() });
        }
    }
    Explanation { about, chapters, advice, doable: Vec::new() }
}

/// Who goes first, and when the others follow; nothing once they may.
fn ring_line(facts: &GigFacts, now: Timestamp) -> Option<String> {
    let gig = &facts.record.gig;
    let ring = gig.terms.ring.as_ref().filter(|_| gig.status == Status::Open)?;
    let at = ring.widens(gig.first_seen, now);
    (at > now).then(|| rings::line(ring, facts.called(ring).as_deref(), &moment(at, now)))
}

fn tale(tale: &Tale, facts: &GigFacts) -> String {
    let handle = |id| {
        let account = facts.accounts.iter().find(|account| account.id == id);
        account.map_or_else(|| id.to_string(), |account| account.handle.clone())
    };
    match tale {
        Tale::Seen { source } => format!("It came in from {source}."),
        Tale::Baseline => {
            "It was there when its source was first looked at, so it is known and not announced (`first_look` \
                           in the configuration says which are)."
                .to_owned()
        }
        Tale::Revised { revision, status } => {
            format!("It changed at its source: revision {}, {}.", revision.0, status.word())
        }
        Tale::Announced { account } => format!("{} takes it.", handle(*account)),
        Tale::Skipped { account, why } => format!("{} does not announce it: {why}.", handle(*account)),
        Tale::NotRelayed { account, why } => format!("{} does not relay it: {why}.", handle(*account)),
        Tale::Republish { may: Republish::Allowed } => "It may be posted elsewhere now.".to_owned(),
        Tale::Republish { may: Republish::Refused(why) } => format!("It is not posted elsewhere from now on: {why}."),
        Tale::Urgency { now: Urgency::Urgent } => {
            "It is urgent now: quiet hours and posting windows do not hold it.".to_owned()
        }
        Tale::Ring { now: Some(ring) } => {
            let (first, others, after) =
                (to_first(ring, facts.called(ring).as_deref()), to_others(ring), span(ring.widen_after));
            format!("It goes first {first} now, and {others} {after} after it came in.")
        }
        Tale::Ring { now: None } => "It goes to all its accounts at once now.".to_owned(),
        Tale::Urgency { now: Urgency::Usual } => "It is not urgent any more.".to_owned(),
        Tale::Dropped { source, looks, revision, status } => format!(
            "{source} did not list it any more, at {} in a row: revision {}, {}.",
            counted(usize::from(*looks), "look"),
            revision.0,
            status.word()
        ),
        Tale::Closed { revision } => format!("Its closing day has passed: revision {}, expired.", revision.0),
        Tale::Decided { verb, revision, status } => {
            format!("A person {verb} it: revision {}, {}.", revision.0, status.word())
        }
        Tale::SeenAlso { source } => format!("It was seen at {source} as well; it is still one gig."),
    }
}

pub fn of_delivery(
    delivery: &Delivery,
    account: &Account,
    owner: &Person,
    lane: &Lane,
    title: &str,
    now: Timestamp,
) -> Explanation {
    let about =
        format!("{} is the {} of {title} ({}) on {}.", delivery.id, delivery.verb.word(), delivery.gig, account.handle);
    let mut told = of_tries(delivery);
    let standing = standing(delivery, account, lane, now);
    let advice = standing.advice(account, owner).into_iter().collect();
    told.push(Told { at: None, said: standing.said });
    Explanation {
        about,
        chapters: vec![Chapter { heading: "The delivery".to_owned(), told }],
        advice,
        doable: Vec::new(),
    }
}

/// The tries of a delivery that are kept, in their order; the delivery itself opens them.
fn of_tries(delivery: &Delivery) -> Vec<Told> {
    let verb = delivery.verb.word();
    let dropped = match &delivery.state {
        // One that was dropped before its time was noted.
        State::Dropped(why) if delivery.settled_at().is_none() => format!(" It was dropped later: {why}."),
        _ => String::new(),
    };
    let (revision, id) = (delivery.revision.0, delivery.id);
    let opened = format!("The {verb} of revision {revision} was put into the queue ({id}).{dropped}");
    let mut told = vec![Told { at: Some(When(delivery.stamp.opened)), said: opened }];
    told.extend(delivery.tries.iter().map(|tried| Told { at: Some(When(tried.at)), said: outcome(tried) }));
    told
}

fn outcome(tried: &Try) -> String {
    let Try { attempt, said, .. } = tried;
    match tried.outcome.as_str() {
        "delivered" => format!("Try {attempt} arrived."),
        "stood" => "Its person had reshared it by hand already, so there was nothing to do.".to_owned(),
        "found" => "It was looked for and found there.".to_owned(),
        "not_there" => "It was looked for and is not there.".to_owned(),
        "dropped" | "post_gone" => format!("It was dropped: {said}."),
        "seen" => "A person looked, and found it there.".to_owned(),
        "hurried" => "A person wanted it tried at once.".to_owned(),
        "approved" => format!("Its person approved the text of {said}."),
        "outdated" => format!("The gig changed after that ({said}), so it waited for approval again."),
        "interrupted" => format!("gigcast stopped before the answer to try {attempt} was recorded."),
        "permanent" => format!("Try {attempt} was refused: {said}."),
        "transient" => format!("Try {attempt} surely did not arrive: {said}."),
        "rate_limited" => format!("The network asked us to wait: {said}."),
        "relink_needed" => format!("The network refused our access: {said}."),
        "unknown" => format!("The answer to try {attempt} was lost: {said}."),
        other => format!("Try {attempt} ended as {other}: {said}."),
    }
}

/// The ids of all deliveries that an announcement ever opened.
pub fn deliveries_of(announcement: &Announcement) -> impl Iterator<Item = DeliveryId> {
    let (gig, account) = (announcement.gig, announcement.account);
    (1..=announcement.step).map(move |step| DeliveryId::from_step(gig, account, step))
}

#[cfg(test)]
mod tests;
