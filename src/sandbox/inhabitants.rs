//! Who lives in the sandbox, and what they do when they are lively.
//!
//! Each has an eye for some tags and someone they would vouch for. What they do follows from the seed, their name and the text, so a
//! demo told twice goes the same way; only the hour differs.

use super::world::{Draft, Edition, Id, Indexing, KeyRule, Status, Visibility, World};
use super::{Lively, Place};
use crate::clock::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

struct Inhabitant {
    username: &'static str,
    name: &'static str,
    note: &'static str,
    indexing: Indexing,
    /// Posts with one of these tags are worth a look.
    eye_for: &'static [&'static str],
    vouches_for: Option<(&'static str, &'static str)>,
}

const INHABITANTS: [Inhabitant; 8] = [
    Inhabitant {
        username: "acme",
        name: "Acme Paper & Print",
        note: "A print shop with two presses and one cat. We post gigs here.",
        indexing: Indexing::Allowed,
        eye_for: &[],
        vouches_for: None,
    },
    Inhabitant {
        username: "lena",
        name: "Lena Brandt",
        note: "Illustrator. Animals that look you in the eye. #illustration",
        indexing: Indexing::Allowed,
        eye_for: &["illustration", "design", "gig"],
        vouches_for: Some(("omar", "He made my shop text half as long and twice as warm.")),
    },
    Inhabitant {
        username: "omar",
        name: "Omar Haddad",
        note: "Copywriter. Short sentences, long lunches. #copywriting",
        indexing: Indexing::Allowed,
        eye_for: &["copywriting", "writing", "gig", "hiring"],
        vouches_for: Some(("lena", "She drew our whole catalogue and never missed a day.")),
    },
    Inhabitant {
        username: "mirela",
        name: "Mirela Popa",
        note: "Builds websites that work on old telephones. #webdev #rust",
        indexing: Indexing::Allowed,
        eye_for: &["webdev", "rust", "freelance", "gig"],
        vouches_for: Some(("kofi", "His pictures loaded fast and sold the bread.")),
    },
    Inhabitant {
        username: "kofi",
        name: "Kofi Asante",
        note: "Photographer of bakeries, boats and people who hate being photographed. #photography",
        indexing: Indexing::Allowed,
        eye_for: &["photography", "hiring", "gigs"],
        vouches_for: None,
    },
    Inhabitant {
        username: "june",
        name: "June Park",
        note: "Keeps the books of eleven studios. Knows who pays on time.",
        indexing: Indexing::Allowed,
        eye_for: &["hiring", "freelance", "gigs", "gig"],
        vouches_for: Some(("mirela", "Three projects, three invoices, no surprises.")),
    },
    Inhabitant {
        username: "ines",
        name: "Inês Duarte",
        note: "Translator, Portuguese and German. Please keep me out of search engines and lists.",
        indexing: Indexing::Refused,
        eye_for: &["translation", "gig"],
        vouches_for: None,
    },
    Inhabitant {
        username: "tove",
        name: "Tove Lindqvist",
        note: "Sound for small films. Mostly birds. #sound",
        indexing: Indexing::Allowed,
        eye_for: &["sound", "film", "gigs"],
        vouches_for: None,
    },
];

/// What is older than this is not news to anyone.
const STILL_NEWS: Duration = Duration::from_hours(1);
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// Everyone takes a flat.
pub(super) fn move_in(world: &mut World, now: Timestamp) {
    for one in &INHABITANTS {
        world
            .join(one.username, one.name, one.note, one.indexing, now)
            .expect("the names in the table are well formed and differ");
    }
}

/// Lets the lively ones look around every second until the sandbox stops.
pub(super) async fn live(place: Arc<Place>) {
    let Lively::Yes { seed } = place.lively else { return };
    while place.wait(LOOKS_EVERY).await.is_ok() {
        step(&mut place.world(), seed, place.now());
    }
}

/// Does whatever has become due. Looking twice does nothing twice: what was done shows in the post itself.
pub(super) fn step(world: &mut World, seed: u64, now: Timestamp) {
    for one in &INHABITANTS {
        let Some(me) = world.person_named(one.username).map(|person| person.id) else { continue };
        let news: Vec<Id> = world
            .newest()
            .take_while(|status| now.since(status.at) < STILL_NEWS)
            .filter(|status| catches(one, me, status))
            .map(|status| status.id)
            .collect();
        for id in news {
            let Some(status) = world.status(id) else { continue };
            let dice = dice(seed, one.username, &status.versions()[0].text);
            if now.since(status.at) < Duration::from_secs(4 + u64::from(dice[0] % 20)) {
                continue;
            }
            // A refusal means that the post has just changed or gone; then there is nothing to do.
            if !status.boosts.values().any(|who| *who == me) {
                let _ = world.boost(me, id, Visibility::Public, now);
            } else if dice[1].is_multiple_of(2)
                && let Some(words) = vouch(world, one, id)
                && !has_answered(world, me, id)
            {
                let _ = world.post(me, reply(id, words), now);
            }
        }
    }
}

fn catches(one: &Inhabitant, me: Id, status: &Status) -> bool {
    let public = matches!(status.visibility, Visibility::Public | Visibility::Unlisted);
    let open = status.author != me && status.in_reply_to.is_none() && status.boost_of.is_none();
    public && open && status.tags.iter().any(|tag| one.eye_for.contains(&tag.as_str()))
}

fn vouch(world: &World, one: &Inhabitant, id: Id) -> Option<String> {
    let (whom, because) = one.vouches_for?;
    let author = world.person(world.status(id)?.author)?;
    (author.username != whom).then(|| format!("@{} I vouch for @{whom}@{}. {because}", author.username, world.domain()))
}

fn has_answered(world: &World, me: Id, id: Id) -> bool {
    let replies = world.status(id).into_iter().flat_map(|status| &status.replies);
    replies.filter_map(|reply| world.status(*reply)).any(|reply| reply.author == me)
}

fn reply(to: Id, text: String) -> Draft {
    Draft {
        edition: Edition { text, language: Some("en".into()), ..Edition::default() },
        visibility: Visibility::Public,
        in_reply_to: Some(to),
        app: None,
        key: None,
        key_rule: KeyRule::Honoured,
    }
}

fn dice(seed: u64, username: &str, text: &str) -> [u8; 32] {
    let thrown = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(username).chain_update([0]);
    thrown.chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    /// Two minutes of lively people after one gig: who boosted, in order, and what was answered.
    fn two_minutes(seed: u64, text: &str) -> (Vec<String>, Vec<String>) {
        let mut world = World::new("h:1");
        move_in(&mut world, NOON);
        let acme = world.person_named("acme").unwrap().id;
        let draft = Draft { in_reply_to: None, ..reply(acme, text.into()) };
        let gig = world.post(acme, draft, NOON).unwrap();
        for second in 0..120 {
            step(&mut world, seed, NOON.plus(Duration::from_secs(second)));
        }
        let status = world.status(gig).unwrap();
        let boosters = status.boosts.values().map(|id| world.person(*id).unwrap().username.clone()).collect();
        let replies = status.replies.iter().map(|id| world.status(*id).unwrap().current().text.clone()).collect();
        (boosters, replies)
    }

    fn each_once(said: &[String]) {
        let mut differing = said.to_vec();
        differing.sort();
        differing.dedup();
        assert_eq!(differing.len(), said.len(), "{said:?}");
    }

    #[test]
    fn lively_people_boost_and_vouch_once_and_the_same_way_for_the_same_seed() {
        let (boosters, replies) = two_minutes(1, "A #gig: a catalogue of birds");
        assert_eq!(boosters.len(), 5, "lena, omar, mirela, june and ines have an eye for gigs: {boosters:?}");
        assert_eq!((boosters, replies), two_minutes(1, "A #gig: a catalogue of birds"));
        let vouches = (1..9).map(|seed| two_minutes(seed, "A #gig").1);
        let vouches: Vec<String> = vouches.inspect(|of_one| each_once(of_one)).flatten().collect();
        assert!(vouches.iter().any(|said| said.contains("I vouch for @lena@h:1")), "{vouches:?}");
    }

    #[test]
    fn what_nobody_has_an_eye_for_stays_alone() {
        assert_eq!(two_minutes(1, "Good morning #coffee"), (vec![], vec![]));
    }
}
