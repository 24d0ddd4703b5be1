//! Somebody's account reshares the gigs of a poster whom they trust, because they said so, and as the outbox does everything.

use super::{world, world_of};
use crate::support::desk::Seat;
use crate::support::fake_network::{FakeNetwork, Fault, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use futures_util::FutureExt;
use gigcast::clock::{Clock, ManualClock};
use gigcast::gig::{Sighting, Status};
use gigcast::id::{AccountId, PersonId};
use gigcast::outbox::{Hold, State};
use gigcast::person::{Account, Changed, GrantState, Mode, Pace, Person, QuietHours};
use gigcast::plan::relay::Relay;
use gigcast::profile::{Idempotency, Profile, Support};
use gigcast::secret::Secret;
use gigcast::store::memory::MemoryStore;
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::store::{Invite, Tale};
use gigcast::trust::Party;
use gigcast::web::admin::Operator;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;

const UNTIL_EVENING: QuietHours = QuietHours { from: 11 * 60, until: 18 * 60 };
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

pub(super) fn ann() -> Person {
    Person::freelancer(AccountId::of(&[b"ann"]), "Ann", NOON)
}

/// Acme posts through `acme`, and Ann has linked `ann`.
pub(super) async fn two_in(world: &World, pace: Pace) -> (Account, Account) {
    world.ledger.welcome(&ann()).await.unwrap();
    (world.link("acme", brisk()).await, world.link_for(ann(), "ann", pace).await.unwrap())
}

pub(super) async fn relays_in(world: &World, categories: &[&str]) -> Relay {
    let (poster, account) = (PersonId::from_name("Acme"), world.ledger.accounts_of(ann().id).await.unwrap()[0].id);
    let categories = categories.iter().map(|&slug| slug.to_owned()).collect();
    let relay = Relay { poster, person: ann().id, account, categories, since: world.clock.now() };
    world.ledger.switch_relay_on(&relay).await.unwrap()
}

/// Ann relays all that Acme posts.
async fn relaying() -> (World, Account, Account, tempfile::TempDir) {
    let (world, dir) = world().await;
    let (acme, ann) = two_in(&world, brisk()).await;
    relays_in(&world, &[]).await;
    (world, acme, ann, dir)
}

pub(super) async fn posted(world: &World, native: &str) {
    world.take(&sighting(native)).await.unwrap();
    world.run_for(Duration::from_secs(1)).await.unwrap();
}

/// Until the post is out, and nobody who reshares it has been asked.
pub(super) async fn came_out(world: &World, native: &str) {
    world.take(&sighting(native)).await.unwrap();
    step(world).await;
}

/// Plans what is to be planned and sends what is due then, once.
pub(super) async fn step(world: &World) {
    world.announce.step().await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    world.deliver.step().await.unwrap();
    while world.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
}

/// Which posts of Acme's Ann shows, in the order in which she came to.
pub(super) fn shown(world: &World) -> Vec<String> {
    world.network.reshares_of("ann").into_iter().map(|one| one.of).collect()
}

pub(super) async fn why_not(world: &World, native: &str, ann: &Account) -> String {
    match world.delivery(native, ann).await.state {
        State::Dropped(why) => why.said,
        other => panic!("{other:?}"),
    }
}

pub(super) fn records() -> Profile {
    Profile { idempotency: Idempotency::ClientChosenId, read_back: gigcast::profile::ReadBack::ByKey, ..profile() }
}

#[tokio::test]
async fn what_a_poster_posts_is_reshared_once_and_after_the_post() {
    for profile in [profile(), records()] {
        let (world, _dir) = world_of(profile).await;
        let (acme, ann) = two_in(&world, brisk()).await;
        relays_in(&world, &[]).await;
        posted(&world, "1").await;
        posted(&world, "2").await;
        world.run_for(HOUR * 24).await.unwrap();
        let verbs: Vec<_> = world.network.calls().into_iter().map(|(verb, _, who)| (verb, who)).collect();
        let expected = [("create", "acme"), ("reshare", "ann"), ("create", "acme"), ("reshare", "ann")];
        assert_eq!(verbs, expected.map(|(verb, who)| (verb, who.to_owned())));
        assert_eq!(shown(&world), ["p1", "p2"]);
        assert!(world.is_delivered("1", &acme).await && world.is_delivered("1", &ann).await);
        let evidence = world.ledger.evidence_by(Party::Person(self::ann().id)).await.unwrap();
        assert_eq!(evidence, [], "what reading back sees counts, and nothing else");
    }
}

#[tokio::test]
async fn nobody_relays_who_did_not_say_so() {
    let (world, _dir) = world().await;
    two_in(&world, brisk()).await;
    posted(&world, "1").await;
    // What came out before is not reshared either.
    relays_in(&world, &[]).await;
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(shown(&world), Vec::<String>::new());
    posted(&world, "2").await;
    assert_eq!(shown(&world), ["p2"]);
}

#[tokio::test]
async fn a_lost_answer_and_a_restart_between_make_no_second_reshare() {
    for profile in [profile(), records()] {
        for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Late(Duration::from_secs(20))] {
            let (clock, store) = (ManualClock::at(NOON), Arc::new(MemoryStore::new()));
            let network = Arc::new(FakeNetwork::new(profile.clone(), clock.clone()));
            let dir = tempfile::tempdir().unwrap();
            let start = || World::start(store.clone(), Arc::clone(&network), clock.clone(), dir.path());
            let first = start().await.unwrap();
            let (_, ann) = two_in(&first, brisk()).await;
            relays_in(&first, &[]).await;
            came_out(&first, "1").await;
            network.fail_next([fault]);
            first.run_for(Duration::from_secs(1)).await.unwrap();
            assert!(
                matches!(first.delivery("1", &ann).await.state, State::Unknown { .. } | State::Queued),
                "{fault:?}"
            );
            drop(first);
            let second = start().await.unwrap();
            second.run_for(HOUR).await.unwrap();
            assert_eq!(shown(&second), ["p1"], "{fault:?}");
        }
    }
}

/// Ann relays Acme and something begins; stopped before or behind any commit from then on, it is all the same once it runs again. It takes more than `least` commits.
pub(super) async fn wherever_it_is_killed(
    least: u64,
    begin: impl AsyncFn(&World, &Relay),
    stands: impl AsyncFn(&World, &str),
) {
    for stop in Stop::ALL {
        for nth in 1..40 {
            let (clock, store) = (ManualClock::at(NOON), VolatileStore::new());
            let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
            let dir = tempfile::tempdir().unwrap();
            let start =
                |store: VolatileStore| World::start(Arc::new(store), Arc::clone(&network), clock.clone(), dir.path());
            let first = start(store.clone()).await.unwrap();
            two_in(&first, brisk()).await;
            let relay = relays_in(&first, &[]).await;
            begin(&first, &relay).await;
            store.stop_at(store.commits() + nth, stop);
            let died = first.run_for(MINUTE).await.is_err();
            drop(first);
            let second = start(store.reopen()).await.unwrap();
            second.run_for(HOUR).await.unwrap();
            stands(&second, &format!("{stop:?} {nth}")).await;
            if !died {
                assert!(nth > least, "it was stopped somewhere");
                break;
            }
        }
    }
}

#[tokio::test]
async fn wherever_it_is_killed_one_reshare_comes_of_it() {
    let begin = async |world: &World, _: &Relay| drop(world.take(&sighting("1")).await.unwrap());
    wherever_it_is_killed(5, begin, async |world: &World, at: &str| assert_eq!(shown(world), ["p1"], "{at}")).await;
}

#[tokio::test]
async fn switched_off_means_that_nothing_leaves_that_waits() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, Pace { quiet: Some(UNTIL_EVENING), ..brisk() }).await;
    let relay = relays_in(&world, &[]).await;
    posted(&world, "1").await;
    assert!(matches!(world.delivery("1", &ann).await.state, State::Queued), "it waits for the end of her quiet hours");
    assert!(world.ledger.switch_relay_off(relay.poster, ann.id).await.unwrap());
    // Switched on again, it begins with the next post.
    world.clock.advance(MINUTE);
    relays_in(&world, &[]).await;
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(why_not(&world, "1", &ann).await, "the relay was switched off");
    assert_eq!(shown(&world), Vec::<String>::new());
}

#[tokio::test]
async fn only_the_categories_that_were_chosen_are_relayed_and_the_story_says_so() {
    let (world, _dir) = world().await;
    let (acme, ann) = two_in(&world, brisk()).await;
    relays_in(&world, &["legal"]).await;
    posted(&world, "1").await;
    assert!(world.is_delivered("1", &acme).await);
    assert_eq!(shown(&world), Vec::<String>::new());
    let gig = world.gig("1").await.gig;
    let story = world.ledger.story(gig.id).await.unwrap();
    let told = story.into_iter().find_map(|story| match story.tale {
        Tale::NotRelayed { account, why } => Some((account, why.said)),
        _ => None,
    });
    let why = "only gigs in Legal are relayed there, and the gig is in Brand and logo";
    let (account, said) = told.unwrap();
    assert_eq!((account, said.as_str()), (ann.id, why));
}

#[tokio::test]
async fn what_ended_before_its_turn_came_is_not_reshared() {
    for ended in [Status::Filled, Status::Withdrawn] {
        let (world, _dir) = world().await;
        let (_, ann) = two_in(&world, Pace { quiet: Some(UNTIL_EVENING), ..brisk() }).await;
        relays_in(&world, &[]).await;
        posted(&world, "1").await;
        world.becomes("1", ended).await;
        world.run_for(HOUR * 24).await.unwrap();
        assert_eq!(shown(&world), Vec::<String>::new());
        assert_eq!(why_not(&world, "1", &ann).await, format!("the gig is {}", ended.word()));
    }
}

#[tokio::test]
async fn what_closes_while_it_waits_is_not_reshared() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, Pace { quiet: Some(UNTIL_EVENING), ..brisk() }).await;
    relays_in(&world, &[]).await;
    world.take(&Sighting { closes: Some(NOON.plus(HOUR * 3)), ..sighting("1") }).await.unwrap();
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(shown(&world), Vec::<String>::new());
    assert!(why_not(&world, "1", &ann).await.starts_with("the gig closed on"));
}

#[tokio::test]
async fn the_pace_of_the_account_that_reshares_is_kept_and_its_order() {
    let (world, _dir) = world().await;
    two_in(&world, Pace { posts_per_day: 2, gap: HOUR, ..brisk() }).await;
    relays_in(&world, &[]).await;
    for native in ["1", "2", "3"] {
        world.take(&sighting(native)).await.unwrap();
    }
    world.run_for(HOUR * 24).await.unwrap();
    let left: Vec<_> = world.network.reshares_of("ann").into_iter().map(|one| (one.of, one.from)).collect();
    let midnight = NOON.plus(HOUR * 12);
    let at = |id: &str, at| (id.to_owned(), at);
    let gapped = left[1].1.since(left[0].1);
    assert_eq!((left.len(), &left[0].0, &left[1].0), (3, &"p1".to_owned(), &"p2".to_owned()));
    assert!(gapped >= HOUR, "{gapped:?}");
    assert_eq!(left[2], at("p3", midnight), "two a day");
}

#[tokio::test]
async fn an_urgent_gig_breaks_no_hours_but_those_of_its_poster() {
    let (world, _dir) = world().await;
    two_in(&world, Pace { quiet: Some(UNTIL_EVENING), ..brisk() }).await;
    relays_in(&world, &[]).await;
    let urgent = gigcast::gig::Urgency::Urgent;
    world.take(&Sighting { urgency: urgent, ..sighting("1") }).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!((world.network.posts_of("acme").len(), shown(&world).len()), (1, 0));
    world.run_for(HOUR * 6).await.unwrap();
    assert_eq!(shown(&world), ["p1"]);
}

#[tokio::test]
async fn a_dead_grant_of_who_relays_holds_that_account_alone_and_goes_on_when_it_is_linked_again() {
    let (world, acme, ann, _dir) = relaying().await;
    came_out(&world, "1").await;
    world.network.fail_next([Fault::Revoked]);
    world.run_for(Duration::from_secs(1)).await.unwrap();
    assert!(matches!(world.delivery("1", &ann).await.state, State::Held(Hold::Relink)));
    posted(&world, "2").await;
    assert!(world.is_delivered("2", &acme).await, "the poster's account goes on");
    let needs = world.ledger.account(ann.id).await.unwrap().unwrap().grant;
    assert!(matches!(needs, GrantState::NeedsRelink { .. }));
    let again = world.link_for(self::ann(), "ann", brisk()).await.unwrap();
    world.deliver.relinked(&again).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), ["p1", "p2"]);
}

#[tokio::test]
async fn a_post_that_is_gone_is_not_reshared_and_nobody_is_troubled() {
    let (world, _, ann, _dir) = relaying().await;
    came_out(&world, "1").await;
    world.network.vanish("p1");
    world.run_for(HOUR).await.unwrap();
    assert_eq!(why_not(&world, "1", &ann).await, "there is no such post");
    posted(&world, "2").await;
    assert_eq!(shown(&world), ["p2"], "the account goes on");
}

#[tokio::test]
async fn a_post_made_anew_is_reshared_where_the_old_one_was_not_yet_and_never_twice() {
    let uneditable = Profile { edit: Support::No, ..profile() };
    let quiet = QuietHours { from: 11 * 60, until: 13 * 60 };
    let (world, _dir) = world_of(uneditable).await;
    let (acme, _) = two_in(&world, Pace { quiet: Some(quiet), ..brisk() }).await;
    world.ledger.revise_account(acme.id, |account| account.policy.changed = Changed::DeleteAndRepost).await.unwrap();
    relays_in(&world, &[]).await;
    posted(&world, "1").await;
    let changed = |title: &str| Sighting { title: Some(title.into()), ..sighting("1") };
    world.take(&changed("Logo and a sign for bakery 1")).await.unwrap();
    world.run_for(HOUR * 3).await.unwrap();
    assert_eq!(shown(&world), ["p2"], "what it waited to reshare was made anew meanwhile");
    world.take(&changed("Logo, a sign and a van for bakery 1")).await.unwrap();
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(world.network.posts_of("acme").len(), 3);
    assert_eq!(shown(&world), ["p2"], "each gig goes once to each account");
}

#[tokio::test]
async fn an_account_that_asks_its_person_first_relays_nothing() {
    let (world, _, ann, _dir) = relaying().await;
    world.ledger.revise_account(ann.id, |account| account.mode = Mode::Review).await.unwrap();
    posted(&world, "1").await;
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), Vec::<String>::new());
}

#[tokio::test]
async fn who_unlinks_an_account_relays_with_it_no_more_even_when_it_is_linked_again() {
    let (world, _, ann, _dir) = relaying().await;
    world.ledger.unlink(&ann, world.clock.now()).await.unwrap();
    let again = world.link_for(self::ann(), "ann", brisk()).await.unwrap();
    world.deliver.relinked(&again).await.unwrap();
    posted(&world, "1").await;
    assert_eq!(shown(&world), Vec::<String>::new());
    assert!(world.ledger.relays_of(PersonId::from_name("Acme")).await.unwrap().is_empty());
}

#[tokio::test]
async fn why_tells_by_whose_will_it_is_and_what_it_waits_for() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let (_, ann) = two_in(&seat.world, Pace { quiet: Some(UNTIL_EVENING), ..brisk() }).await;
    relays_in(&seat.world, &["design"]).await;
    posted(&seat.world, "1").await;
    let waits = seat.world.delivery("1", &ann).await;
    let told = async |what: &str| {
        let story = seat.desk.why(what, TimeZone::UTC).await.unwrap();
        let lines = story.chapters.iter().flat_map(|chapter| &chapter.told).map(|line| line.said.clone());
        std::iter::once(story.about.clone()).chain(lines).collect::<Vec<_>>().join("\n")
    };
    let delivery = told(&waits.id.to_string()).await;
    assert!(
        delivery.contains("is the reshare of") && delivery.contains("It reshares https://fake.example/p1."),
        "{delivery}"
    );
    assert!(delivery.contains("Ann relays what Acme posts there: gigs in Design."), "{delivery}");
    assert!(delivery.contains("the end of the account's quiet hours"), "{delivery}");
    assert!(told(&ann.id.to_string()).await.contains("Ann relays what Acme posts there: gigs in Design."));
    let gig = waits.gig.to_string();
    assert!(told(&gig).await.contains("The reshare of revision 1 was put into the queue"));
    relays_in(&seat.world, &["legal"]).await;
    seat.world.run_for(HOUR * 24).await.unwrap();
    assert!(
        told(&gig).await.contains("It is not reshared: only gigs in Legal are relayed there"),
        "{}",
        told(&gig).await
    );
    posted(&seat.world, "2").await;
    let other = seat.world.gig("2").await.gig.id.to_string();
    let said = "@ann@fake.example does not relay it: only gigs in Legal are relayed there";
    assert!(told(&other).await.contains(said), "{}", told(&other).await);
}

#[tokio::test]
async fn who_relays_is_asked_as_soon_as_a_post_is_out() {
    let (world, _, _, _dir) = relaying().await;
    let is_rung = || world.intake.bell.notified().now_or_never().is_some();
    world.take(&sighting("1")).await.unwrap();
    assert!(is_rung() && !is_rung());
    step(&world).await;
    assert!(is_rung(), "a post came out that somebody reshares");
    step(&world).await;
    assert_eq!(shown(&world), ["p1"]);
    assert!(!is_rung(), "nobody reshares a reshare");
}

#[tokio::test]
async fn of_several_posts_of_a_gig_on_a_network_the_first_is_the_one_that_is_reshared() {
    let (world, _, ann, _dir) = relaying().await;
    world.ledger.revise_account(ann.id, |ann| ann.pace.quiet = Some(UNTIL_EVENING)).await.unwrap();
    let hour = Pace { quiet: Some(QuietHours { until: 13 * 60, ..UNTIL_EVENING }), ..brisk() };
    world.link("second", hour).await;
    posted(&world, "1").await;
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!((world.network.posts_of("second").len(), shown(&world)), (1, vec!["p1".to_owned()]));
}

/// Ann is the poster Acme from now on, and so is what she has linked.
async fn becomes_acme(world: &World) {
    let (invitation, now) = (Secret::new("invitation"), world.clock.now());
    let invite = Invite { name: "Acme".to_owned(), made: now, until: now.plus(HOUR) };
    world.ledger.keep_invite(&invitation, &invite).await.unwrap();
    let accepted = world.ledger.accept_invite(&invitation, &Secret::new("cookie"), Some(ann().id), now).await;
    accepted.unwrap().unwrap();
}

/// The gig as it is after its source has changed it.
fn changed() -> Sighting {
    Sighting { title: Some("Logo and a sign for bakery 1".into()), ..sighting("1") }
}

#[tokio::test]
async fn who_becomes_the_business_says_in_their_own_words_what_they_never_reshared() {
    let (world, acme, ann, _dir) = relaying().await;
    let relay = world.ledger.relays_by(ann.id).await.unwrap().remove(0);
    world.ledger.revise_account(ann.id, |ann| ann.pace.quiet = Some(UNTIL_EVENING)).await.unwrap();
    posted(&world, "1").await;
    world.ledger.switch_relay_off(relay.poster, ann.id).await.unwrap();
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(why_not(&world, "1", &ann).await, "the relay was switched off");
    becomes_acme(&world).await;
    world.ledger.revise_account(ann.id, |ann| ann.audience.languages = vec!["fi".into()]).await.unwrap();
    let finnish = |language: &str| Sighting { language: Some(language.into()), ..changed() };
    world.take(&finnish("en")).await.unwrap();
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(world.network.posts_of("ann").len(), 0, "this gig is not for that account");
    world.take(&finnish("fi")).await.unwrap();
    world.run_for(HOUR * 24).await.unwrap();
    let said: Vec<_> = world.network.standing("ann").into_iter().map(|post| post.post.text).collect();
    assert!(said.len() == 1 && said[0].contains("Logo and a sign"), "{said:?}");
    assert_eq!((shown(&world).len(), world.network.standing(&acme.native).len()), (0, 1));
}

#[tokio::test]
async fn who_becomes_the_business_says_nothing_again_that_they_reshared() {
    let (world, _, ann, _dir) = relaying().await;
    posted(&world, "1").await;
    becomes_acme(&world).await;
    world.take(&changed()).await.unwrap();
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!((shown(&world).len(), world.network.posts_of(&ann.native).len()), (1, 0));
    posted(&world, "2").await;
    assert_eq!(world.network.posts_of(&ann.native).len(), 1);
}

#[tokio::test]
async fn why_tells_who_would_reshare_a_gig_were_there_something_on_their_network() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    world.ledger.welcome(&ann()).await.unwrap();
    world.link_on_other("acme").await;
    world.link_for(ann(), "ann", brisk()).await.unwrap();
    let told = async |native: &str| {
        let id = world.gig(native).await.gig.id.to_string();
        let story = seat.desk.why(&id, TimeZone::UTC).await.unwrap();
        story.chapters.iter().flat_map(|chapter| &chapter.told).map(|line| line.said.clone()).collect::<Vec<_>>()
    };
    let said =
        "@ann@fake.example does not relay it: Acme has no post of it on Fake, so there is nothing there to reshare.";
    posted(world, "1").await;
    world.clock.advance(MINUTE);
    relays_in(world, &["design"]).await;
    posted(world, "2").await;
    assert!(!told("1").await.iter().any(|line| line == said), "it came out before");
    assert!(told("2").await.iter().any(|line| line == said), "{:?}", told("2").await);
    relays_in(world, &["legal"]).await;
    assert!(!told("2").await.iter().any(|line| line == said), "nor would she if there were");
    relays_in(world, &[]).await;
    world.link("acme", brisk()).await;
    posted(world, "3").await;
    assert_eq!(shown(world).len(), 1);
    assert!(!told("3").await.iter().any(|line| line == said));
}
