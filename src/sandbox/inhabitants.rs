//! What those who live in the sandbox do when they are lively.
//!
//! Each has an eye for some tags and someone they would vouch for. What they do follows from the seed, their name and the text, so a
//! demo told twice goes the same way; only the hour differs.

use super::towns::{Inhabitant, Town};
use super::world::{Draft, Edition, Id, KeyRule, Status, Visibility, World};
use super::{Lively, Place};
use crate::clock::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// What is older than this is not news to anyone.
const STILL_NEWS: Duration = Duration::from_hours(1);
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// Everyone takes a flat.
pub(super) fn move_in(world: &mut World, town: Town, now: Timestamp) {
    for one in town.people() {
        world
            .join(one.username, one.name, one.note, one.indexing, now)
            .expect("the names in the table are well formed and differ");
    }
}

/// Lets the lively ones look around every second until the sandbox stops.
pub(super) async fn live(place: Arc<Place>) {
    let Lively::Yes { seed } = place.lively else { return };
    while place.wait(LOOKS_EVERY).await.is_ok() {
        let now = place.now();
        step(&mut place.world(), place.town, seed, now);
        acknowledge(&mut place.world(), place.town, seed, now);
    }
}

/// Does whatever has become due. Looking twice does nothing twice: what was done shows in the post itself.
pub(super) fn step(world: &mut World, town: Town, seed: u64, now: Timestamp) {
    for one in town.people() {
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

/// A business answers under its own post, now and then: it vouches for one who passed it on.
fn acknowledge(world: &mut World, town: Town, seed: u64, now: Timestamp) {
    let lives_here = |world: &World, id: Id| {
        let name = world.person(id).map(|person| person.username.as_str());
        town.people().iter().any(|one| Some(one.username) == name && !one.eye_for.is_empty())
    };
    let fresh = world.newest().take_while(|status| now.since(status.at) < STILL_NEWS);
    let own: Vec<Id> = fresh
        .filter(|status| status.in_reply_to.is_none() && status.boost_of.is_none() && !lives_here(world, status.author))
        .filter(|status| dice(seed, "acknowledge", &status.versions()[0].text)[0].is_multiple_of(2))
        .map(|status| status.id)
        .collect();
    for id in own {
        let Some(status) = world.status(id) else { continue };
        let (author, first) = (status.author, status.boosts.values().next().copied());
        let Some(friend) = first.and_then(|who| world.person(who)).map(|person| person.username.clone()) else {
            continue;
        };
        if !has_answered(world, author, id) {
            let words =
                format!("@{friend} I vouch for @{friend}@{}: we worked together, and would again.", world.domain());
            let _ = world.post(author, reply(id, words), now);
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
        move_in(&mut world, Town::Village, NOON);
        let acme = world.person_named("acme").unwrap().id;
        let draft = Draft { in_reply_to: None, ..reply(acme, text.into()) };
        let gig = world.post(acme, draft, NOON).unwrap();
        for second in 0..120 {
            step(&mut world, Town::Village, seed, NOON.plus(Duration::from_secs(second)));
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
    fn a_business_vouches_once_for_whoever_passed_it_on_first() {
        let mut world = World::new("h:1");
        move_in(&mut world, Town::Village, NOON);
        let id = |world: &World, name: &str| world.person_named(name).unwrap().id;
        let (acme, lena) = (id(&world, "acme"), id(&world, "lena"));
        let said = |seed: u64, world: &mut World| {
            let draft = Draft { in_reply_to: None, ..reply(acme, format!("A #gig of {seed}")) };
            let gig = world.post(acme, draft, NOON).unwrap();
            acknowledge(world, Town::Village, seed, NOON);
            assert!(world.status(gig).unwrap().replies.is_empty(), "nobody has passed it on");
            world.boost(lena, gig, Visibility::Public, NOON).unwrap();
            acknowledge(world, Town::Village, seed, NOON);
            acknowledge(world, Town::Village, seed, NOON);
            let replies = world.status(gig).unwrap().replies.clone();
            replies.iter().map(|id| world.status(*id).unwrap().current().text.clone()).collect::<Vec<_>>()
        };
        let all: Vec<Vec<String>> = (0..8).map(|seed| said(seed, &mut world)).collect();
        assert!(all.iter().all(|said| said.len() <= 1) && all.iter().any(|said| !said.is_empty()), "{all:?}");
        assert!(all.concat()[0].contains("I vouch for @lena@h:1"));
    }

    #[test]
    fn what_nobody_has_an_eye_for_stays_alone() {
        assert_eq!(two_minutes(1, "Good morning #coffee"), (vec![], vec![]));
    }
    #[test]
    fn nobody_lives_in_two_towns_and_everyone_vouches_for_a_neighbour() {
        let towns = [Town::Village, Town::Harbour, Town::Orchard].map(Town::people);
        let names: Vec<String> =
            towns.iter().flat_map(|people| people.iter().map(|one| one.username.to_owned())).collect();
        each_once(&names);
        for people in towns {
            for (whom, _) in people.iter().filter_map(|one| one.vouches_for) {
                assert!(people.iter().any(|one| one.username == whom), "{whom} is no neighbour");
            }
        }
    }
}
