//! Why something is as it is, told in plain sentences: what was seen, what was decided, tried and answered, what it waits for now and
//! until when, and what a person can do.
//!
//! Pure: what is on record goes in, text comes out. Every reason that the outbox knows has its words here and nowhere else.

pub mod person;
pub mod source;

use crate::clock::Timestamp;
use crate::daemon::spoken::{counted, moment, relative, span};
use crate::gig::rings::Ring;
use crate::gig::{Republish, Status, Urgency};
use crate::id::DeliveryId;
use crate::outbox::pace::{May, courtesy};
use crate::outbox::{Announcement, Class, Delivery, Hold, Lane, LaneHold, State, Try, Verb, Wait};
use crate::person::{Account, Changed, Ended, GrantState, Mode, Policy};
use crate::plan::rings::{self, to_first, to_others};
use crate::plan::{Taxonomy, audience};
use crate::store::{GigRecord, Heard, Story, Tale};
use crate::web::admin::answers::{Chapter, Explanation, Told, When};
use crate::web::words::count as count_of;
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
    pub owner: String,
    pub announcement: Announcement,
    /// In the order of their steps.
    pub deliveries: Vec<Delivery>,
    pub lane: Lane,
}

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
    pub fn advice(&self, account: &Account, owner: &str) -> Option<String> {
        match self.todo.as_ref()? {
            Todo::Relink => Some(relink(account, owner)),
            Todo::Said(said) => Some(said.clone()),
        }
    }
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
    owner: &str,
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

/// What waits on an account: how many in its queue, the one that goes first, and how many are held.
#[derive(Debug, Clone)]
pub struct Queue {
    pub waiting: usize,
    pub next: Option<Delivery>,
    pub held: usize,
}

pub fn of_account(
    account: &Account,
    poster: &str,
    lane: &Lane,
    queue: &Queue,
    taxonomy: &Taxonomy,
    now: Timestamp,
) -> Explanation {
    let about = format!("{} ({}) on {} speaks for {poster}.", account.handle, account.id, account.network);
    let mut told = vec![
        Told { at: Some(When(account.linked)), said: "It was linked.".to_owned() },
        Told { at: None, said: audience(account, taxonomy) },
        Told { at: None, said: pace(account) },
        Told { at: None, said: policy(account.policy) },
    ];
    if account.mode == Mode::Review {
        told.push(Told { at: None, said: "Nothing is said on it that its poster has not approved.".to_owned() });
    }
    let mut advice = Vec::new();
    match &account.grant {
        GrantState::Linked => {}
        GrantState::NeedsRelink { since, said } => {
            told.push(Told { at: Some(When(*since)), said: format!("The network refused our access: {said}.") });
            advice.push(relink(account, poster));
        }
        GrantState::Revoked { since } => {
            told.push(Told { at: Some(When(*since)), said: "It was unlinked.".to_owned() });
            advice.push(relink(account, poster));
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

pub fn relink(account: &Account, owner: &str) -> String {
    let (handle, network) = (&account.handle, &account.network);
    format!("Link {handle} again: `gigcast link {network} --poster \"{owner}\"`. What waits goes out then.")
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
        "dropped" => format!("It was dropped: {said}."),
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
