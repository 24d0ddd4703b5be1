//! Somebody ends a relay and wants back what it reshared: each of its reshares is undone once, whatever becomes of the answers, and nothing else is touched.

use super::relay::{ann, came_out, posted, records, relays_in, shown, step, two_in, wherever_it_is_killed, why_not};
use super::{world, world_of};
use crate::support::desk::Seat;
use crate::support::fake_network::{FakeNetwork, Fault, SERVER, entered, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::gig::{Sighting, Status};
use gigcast::grants::Terms;
use gigcast::outbox::{Hold, State, Verb};
use gigcast::person::{Account, Audience, Changed, Mode, Pace, QuietHours};
use gigcast::plan::relay::Relay;
use gigcast::ports::Entered;
use gigcast::profile::{Action, Profile, Quota, Support};
use gigcast::store::memory::MemoryStore;
use gigcast::web::admin::{CancelAsked, Operator};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const UNTIL_EVENING: QuietHours = QuietHours { from: 11 * 60, until: 18 * 60 };
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// Ann has reshared the gigs 1 and 2 of Acme's.
async fn reshared(profile: Profile) -> (World, Account, Relay, TempDir) {
    let (world, dir) = world_of(profile).await;
    let (_, ann) = two_in(&world, brisk()).await;
    let relay = relays_in(&world, &[]).await;
    posted(&world, "1").await;
    posted(&world, "2").await;
    assert_eq!(shown(&world), ["p1", "p2"]);
    world.clock.advance(MINUTE);
    (world, ann, relay, dir)
}

/// Ann ends it, and wants back what it reshared.
async fn takes_back(world: &World, relay: &Relay) {
    assert!(world.ledger.take_relay_back(relay.poster, relay.account, world.clock.now()).await.unwrap());
    world.clock.advance(Duration::from_secs(1));
}

fn asked(world: &World, verb: &str) -> usize {
    world.network.calls().into_iter().filter(|(said, ..)| *said == verb).count()
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn what_a_relay_reshared_is_taken_back_once_and_never_reshared_again() {
    for profile in [profile(), records()] {
        let (world, ann, relay, _dir) = reshared(Profile { edit: Support::No, ..profile }).await;
        let acme = world.ledger.accounts_of(relay.poster).await.unwrap().remove(0);
        let anew = |one: &mut Account| one.policy.changed = Changed::DeleteAndRepost;
        world.ledger.revise_account(acme.id, anew).await.unwrap();
        takes_back(&world, &relay).await;
        world.settle().await.unwrap();
        assert_eq!(shown(&world), NOTHING);
        assert_eq!(asked(&world, "unreshare"), 2);
        let last = world.delivery("1", &ann).await;
        assert!(last.verb == Verb::Unreshare && world.is_delivered("1", &ann).await, "{last:?}");
        assert_eq!(world.network.standing("acme").len(), 2, "what Acme posted is Acme's");
        // Neither when the relay is on again, nor when the post is made anew: each gig goes once to each account.
        relays_in(&world, &[]).await;
        world.clock.advance(MINUTE);
        let title = Some("Logo and a sign for bakery 1".into());
        world.take(&Sighting { title, ..sighting("1") }).await.unwrap();
        world.run_for(HOUR * 24).await.unwrap();
        posted(&world, "3").await;
        assert_eq!(world.network.posts_of("acme").len(), 4, "1 was made anew");
        assert_eq!(shown(&world), ["p4"]);
        assert_eq!(asked(&world, "unreshare"), 2);
    }
}

#[tokio::test]
async fn it_waits_for_no_more_changes_of_the_gig() {
    let (mut world, _, relay, _dir) = reshared(profile()).await;
    world.quiet(MINUTE * 5);
    takes_back(&world, &relay).await;
    world.settle().await.unwrap();
    assert_eq!(shown(&world), NOTHING);
}

#[tokio::test]
async fn who_ends_a_relay_and_says_no_more_leaves_what_is_out() {
    let (world, _, relay, _dir) = reshared(profile()).await;
    assert!(world.ledger.switch_relay_off(relay.poster, relay.account).await.unwrap());
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!((shown(&world).len(), asked(&world, "unreshare")), (2, 0));
}

#[tokio::test]
async fn a_lost_answer_and_a_restart_between_undo_each_reshare_all_the_same() {
    for profile in [profile(), records()] {
        for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Busy] {
            let (clock, store) = (ManualClock::at(NOON), Arc::new(MemoryStore::new()));
            let network = Arc::new(FakeNetwork::new(profile.clone(), clock.clone()));
            let dir = tempfile::tempdir().unwrap();
            let start = || World::start(store.clone(), Arc::clone(&network), clock.clone(), dir.path());
            let first = start().await.unwrap();
            let (_, ann) = two_in(&first, brisk()).await;
            let relay = relays_in(&first, &[]).await;
            posted(&first, "1").await;
            takes_back(&first, &relay).await;
            network.fail_next([fault]);
            step(&first).await;
            assert!(matches!(first.delivery("1", &ann).await.state, State::Queued), "{fault:?}: it may be done again");
            drop(first);
            let second = start().await.unwrap();
            second.run_for(HOUR).await.unwrap();
            assert_eq!(shown(&second), NOTHING, "{fault:?}");
            assert!(second.is_delivered("1", &ann).await, "{fault:?}");
        }
    }
}

/// Stopped before or behind any commit, what was reshared is taken back all the same.
#[tokio::test]
async fn wherever_it_is_killed_nothing_of_it_stays_out() {
    let begin = async |world: &World, relay: &Relay| {
        posted(world, "1").await;
        came_out(world, "2").await;
        takes_back(world, relay).await;
    };
    wherever_it_is_killed(3, begin, async |world: &World, at: &str| {
        assert_eq!(shown(world), NOTHING, "{at}");
        assert_eq!(world.ledger.to_unreshare(1).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_still_waits_is_dropped_and_nothing_is_undone() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, Pace { quiet: Some(UNTIL_EVENING), ..brisk() }).await;
    let relay = relays_in(&world, &[]).await;
    posted(&world, "1").await;
    takes_back(&world, &relay).await;
    world.settle().await.unwrap();
    assert_eq!(why_not(&world, "1", &ann).await, "the relay was switched off", "at once");
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!((shown(&world), asked(&world, "reshare"), asked(&world, "unreshare")), (Vec::new(), 0, 0));
}

#[tokio::test]
async fn one_whose_answer_was_lost_is_looked_for_and_taken_back_if_it_is_there() {
    for profile in [profile(), records()] {
        let faults = [(Fault::LostBefore, 0), (Fault::LostAfter, 1), (Fault::Late(MINUTE / 3), 1)];
        for (fault, undone) in faults {
            let (world, _dir) = world_of(profile.clone()).await;
            let (_, ann) = two_in(&world, brisk()).await;
            let relay = relays_in(&world, &[]).await;
            came_out(&world, "1").await;
            world.network.fail_next([fault]);
            step(&world).await;
            takes_back(&world, &relay).await;
            world.run_for(HOUR).await.unwrap();
            assert_eq!((shown(&world).len(), asked(&world, "unreshare")), (0, undone), "{fault:?}");
            let last = world.delivery("1", &ann).await;
            let is_undone = last.verb == Verb::Unreshare && matches!(last.state, State::Delivered(_));
            assert!(
                if undone == 1 { is_undone } else { matches!(last.state, State::Dropped(_)) },
                "{fault:?} {last:?}"
            );
        }
    }
}

/// Until a reshare is on its way to a server that does not answer.
async fn under_way(profile: Profile) -> (World, Relay, TempDir) {
    let (world, dir) = world_of(profile).await;
    world.ledger.welcome(&ann()).await.unwrap();
    world.link("acme", brisk()).await;
    let slow = "https://slow.example";
    let hers = Entered { server: slow.into(), ..entered("ann") };
    let terms = Terms { owner: ann(), pace: brisk(), audience: Audience::default() };
    world.deliver.sessions.link("fake", &hers, terms).await.unwrap();
    let relay = relays_in(&world, &[]).await;
    came_out(&world, "1").await;
    world.network.stall(slow);
    while asked(&world, "reshare") == 0 {
        world.announce.step().await.unwrap();
        world.clock.advance(Duration::from_millis(1));
        world.deliver.step().await.unwrap();
        tokio::task::yield_now().await;
    }
    (world, relay, dir)
}

/// Until what ended is noted in its announcement.
async fn noted(world: &World) {
    while !world.ledger.to_unreshare(1).await.unwrap().is_empty() {
        world.announce.step().await.unwrap();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_that_is_under_way_is_taken_back_as_soon_as_it_is_out() {
    let (world, relay, _dir) = under_way(profile()).await;
    takes_back(&world, &relay).await;
    noted(&world).await;
    assert_eq!((asked(&world, "unreshare"), shown(&world).len()), (0, 0), "it is still on its way");
    world.network.release();
    world.run_for(HOUR).await.unwrap();
    assert_eq!((asked(&world, "unreshare"), shown(&world)), (1, Vec::new()));
}

#[tokio::test]
async fn what_its_person_reshared_by_hand_stays() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, brisk()).await;
    let relay = relays_in(&world, &[]).await;
    came_out(&world, "1").await;
    world.network.reshare_by_hand("ann", "p1");
    world.run_for(MINUTE).await.unwrap();
    assert!(world.is_delivered("1", &ann).await, "there was nothing to do");
    posted(&world, "2").await;
    takes_back(&world, &relay).await;
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!((shown(&world), asked(&world, "unreshare")), (vec!["p1".to_owned()], 1));

    // The same, of one that was on its way when the relay ended.
    let (world, relay, _dir) = under_way(profile()).await;
    world.network.reshare_by_hand("ann", "p1");
    takes_back(&world, &relay).await;
    noted(&world).await;
    world.network.release();
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!((shown(&world), asked(&world, "unreshare")), (vec!["p1".to_owned()], 0));
}

#[tokio::test]
async fn where_we_choose_the_key_only_our_own_record_of_a_post_goes() {
    let (world, _, relay, _dir) = reshared(records()).await;
    world.network.reshare_by_hand("ann", "p2");
    takes_back(&world, &relay).await;
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), ["p2"]);
}

#[tokio::test]
async fn what_an_earlier_relay_left_out_stays_out() {
    let (world, _, relay, _dir) = reshared(profile()).await;
    world.ledger.switch_relay_off(relay.poster, relay.account).await.unwrap();
    world.clock.advance(MINUTE);
    relays_in(&world, &[]).await;
    posted(&world, "3").await;
    takes_back(&world, &relay).await;
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), ["p1", "p2"]);
}

#[tokio::test]
async fn what_the_relay_that_is_on_since_reshares_is_none_of_the_one_before() {
    let (world, _, relay, _dir) = reshared(profile()).await;
    // It ends and is on again before anything of it was seen to, and in the same step the next post is reshared.
    world.take(&sighting("3")).await.unwrap();
    world.announce.step().await.unwrap();
    takes_back(&world, &relay).await;
    relays_in(&world, &[]).await;
    world.clock.advance(Duration::from_secs(1));
    world.deliver.step().await.unwrap();
    while world.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(
        !world.ledger.to_relay(1).await.unwrap().is_empty() && !world.ledger.to_unreshare(1).await.unwrap().is_empty()
    );
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), ["p3"]);
}

#[tokio::test]
async fn a_dead_grant_holds_that_account_alone_and_it_goes_on_when_it_is_linked_again() {
    let (world, ann, relay, _dir) = reshared(profile()).await;
    world.network.fail_next([Fault::Revoked]);
    takes_back(&world, &relay).await;
    world.settle().await.unwrap();
    let held = [world.delivery("1", &ann).await, world.delivery("2", &ann).await];
    let waits = held.iter().filter(|one| matches!(one.state, State::Held(Hold::Relink))).count();
    assert_eq!((waits, shown(&world).len()), (1, 2), "{held:?}");
    posted(&world, "3").await;
    assert_eq!(world.network.posts_of("acme").len(), 3, "the poster's account goes on");
    let again = world.link_for(self::ann(), "ann", brisk()).await.unwrap();
    world.deliver.relinked(&again).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), NOTHING);
}

#[tokio::test]
async fn through_an_account_that_was_unlinked_nothing_is_taken_back() {
    let (world, ann, relay, _dir) = reshared(profile()).await;
    takes_back(&world, &relay).await;
    world.ledger.unlink(&ann, world.clock.now()).await.unwrap();
    assert_eq!(world.ledger.to_unreshare(1).await.unwrap(), []);
    world.link_for(self::ann(), "ann", brisk()).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!((shown(&world).len(), asked(&world, "unreshare")), (2, 0));
}

#[tokio::test]
async fn the_limit_of_the_network_for_taking_away_is_kept_and_no_courtesy_waited_for() {
    let minute = MINUTE;
    let scope = gigcast::failure::Scope::Account;
    let quotas = vec![Quota { action: Action::Delete, scope, max: 1, per: minute * 30 }].into();
    let (world, ann, relay, _dir) = reshared(Profile { quotas, ..profile() }).await;
    world.ledger.revise_account(ann.id, |ann| ann.pace.quiet = Some(UNTIL_EVENING)).await.unwrap();
    world.ledger.revise_account(ann.id, |ann| ann.mode = Mode::Review).await.unwrap();
    takes_back(&world, &relay).await;
    world.settle().await.unwrap();
    assert_eq!(
        shown(&world).len(),
        1,
        "one at once: it says nothing, so it waits neither for the morning nor for a word"
    );
    world.run_for(minute * 29).await.unwrap();
    assert_eq!(shown(&world).len(), 1);
    world.run_for(minute * 2).await.unwrap();
    assert_eq!(shown(&world), NOTHING);
}

#[tokio::test]
async fn it_is_taken_back_of_a_gig_that_has_ended_or_changes_meanwhile_as_well() {
    let (world, ann, relay, _dir) = reshared(profile()).await;
    world.becomes("1", Status::Filled).await;
    world.run_for(MINUTE).await.unwrap();
    world.network.fail_next([Fault::Busy, Fault::Busy]);
    takes_back(&world, &relay).await;
    world.settle().await.unwrap();
    let title = Some("Logo and a sign for bakery 2".into());
    world.take(&Sighting { title, ..sighting("2") }).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), NOTHING);
    assert!(world.is_delivered("1", &ann).await && world.is_delivered("2", &ann).await);
}

#[tokio::test]
async fn what_the_network_refuses_is_given_up_with_its_words_and_the_rest_goes_on() {
    let (world, ann, relay, _dir) = reshared(profile()).await;
    world.network.fail_next([Fault::Refused]);
    takes_back(&world, &relay).await;
    world.run_for(HOUR).await.unwrap();
    let given_up = world.delivery("2", &ann).await;
    assert!(matches!(&given_up.state, State::Dead(why) if why.said == "the text breaks a rule"), "{given_up:?}");
    assert_eq!(shown(&world), ["p2"]);
    // That its gig changes is no reason to try again.
    let title = Some("Logo and a sign for bakery 2".into());
    world.take(&Sighting { title, ..sighting("2") }).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!((shown(&world).len(), asked(&world, "unreshare")), (1, 2));
}

#[tokio::test]
async fn why_tells_that_it_is_taken_back_and_cancel_leaves_it_out() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    let (_, ann) = two_in(world, brisk()).await;
    let relay = relays_in(world, &[]).await;
    posted(world, "1").await;
    posted(world, "2").await;
    world.network.weather(SERVER, Some(Fault::Busy));
    takes_back(world, &relay).await;
    world.settle().await.unwrap();
    let told = async |what: &str| {
        let story = seat.desk.why(what, TimeZone::UTC).await.unwrap();
        let lines = story.chapters.iter().flat_map(|chapter| &chapter.told).map(|line| line.said.clone());
        std::iter::once(story.about.clone()).chain(lines).collect::<Vec<_>>().join("\n")
    };
    let waits = world.delivery("1", &ann).await;
    let said = told(&waits.id.to_string()).await;
    assert!(said.contains("is the unreshare of"), "{said}");
    assert!(
        said.contains("It takes back the reshare of https://fake.example/p1: its person ended the relay"),
        "{said}"
    );
    // Who calls a gig off does not mean what takes a reshare away.
    let of_gig = seat.desk.cancel(&waits.gig.to_string(), CancelAsked::default()).await.unwrap();
    assert_eq!(of_gig.count, 0, "{of_gig:?}");
    let called_off = seat.desk.cancel(&waits.id.to_string(), CancelAsked::default()).await.unwrap();
    assert_eq!(called_off.lines[0].said, "It is dropped: that reshare stays out.");
    world.network.weather(SERVER, None);
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(world), ["p1"]);
    let gig = told(&world.delivery("2", &ann).await.gig.to_string()).await;
    assert!(gig.contains("The reshare of https://fake.example/p2 is taken back."), "{gig}");
}

#[tokio::test]
async fn one_that_was_refused_is_tried_once_more_when_the_operator_says_so() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    let (_, ann) = two_in(world, brisk()).await;
    let relay = relays_in(world, &[]).await;
    posted(world, "1").await;
    world.network.fail_next([Fault::Refused]);
    takes_back(world, &relay).await;
    world.run_for(HOUR).await.unwrap();
    let dead = world.delivery("1", &ann).await;
    let story = seat.desk.why(&dead.id.to_string(), TimeZone::UTC).await.unwrap();
    let advice = story.advice.join(" ");
    assert!(advice.contains("Undo the reshare at the network itself, or `gigcast retry"), "{advice}");
    assert_eq!(seat.desk.retry(&dead.id.to_string()).await.unwrap().count, 1);
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(world), NOTHING);
}
