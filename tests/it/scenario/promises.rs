//! One story or more for each promise of the design, by its number.

use super::{world, world_of};
use crate::support::fake_network::{FakeNetwork, Fault, profile};
use crate::support::watching::{watch, watched};
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::{BoxFuture, Clock, ManualClock, Timestamp};
use gigcast::config::FirstLook;
use gigcast::daemon::watch::Watched;
use gigcast::failure::{Failure, Scope, Why};
use gigcast::gig::{Republish, Revision, Sighting, Status};
use gigcast::intake::{Origin, Taken};
use gigcast::outbox::{Hold, LaneHold, LaneWait, State, Verdict, Wait};
use gigcast::person::{Account, GrantState, Pace, QuietHours};
use gigcast::ports::{Cursor, Look, Refused, Source, Wire};
use gigcast::profile::{Action, Profile, Quota, ReadBack, Support};
use gigcast::store::layout::Aside;
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::store::{Heard, Story, Tale};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn posted(world: &World, native: &str) {
    world.take(&sighting(native)).await.unwrap();
    world.settle().await.unwrap();
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

// ---- 1: write before you speak

#[tokio::test]
async fn nothing_leaves_when_its_intent_cannot_be_made_durable() {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let dir = tempfile::tempdir().unwrap();
    let store = VolatileStore::new();
    let world = World::start(Arc::new(store.clone()), Arc::clone(&network), clock, dir.path()).await.unwrap();
    world.link("ana", brisk()).await;
    world.take(&sighting("1")).await.unwrap();
    world.announce.step().await.unwrap();
    store.stop_at(store.commits() + 1, Stop::Before);
    assert!(world.settle().await.is_err(), "the claim was to be refused");
    assert_eq!(network.calls(), []);
}

#[tokio::test]
async fn below_the_floor_of_free_space_nothing_leaves_and_it_goes_on_by_itself() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    world.fitness.note_room(Some(1));
    posted(&world, "1").await;
    assert_eq!(world.network.calls(), []);
    world.fitness.note_room(Some(u64::MAX));
    world.settle().await.unwrap();
    assert_eq!(world.network.posts().len(), 1);
}

// ---- 2: one gig, one account, one post

#[tokio::test]
async fn where_no_one_can_look_the_delivery_waits_for_a_person() {
    let (world, _dir) = world_of(Profile { read_back: ReadBack::None, ..profile() }).await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::LostBefore]);
    posted(&world, "1").await;
    let delivery = world.delivery("1", &account).await;
    assert_eq!(delivery.state, State::Held(Hold::Unconfirmed));
    world.run_for(Duration::from_hours(48)).await.unwrap();
    assert_eq!(world.network.calls().len(), 1, "nothing was sent again by itself");

    let known = world.deliver.sessions.known_profile(&account).await.unwrap();
    let told = gigcast::outbox::Event::Told(Verdict::NotThere);
    world.deliver.settle(&account, &known, delivery.id, told, None, None).await.unwrap();
    world.settle().await.unwrap();
    assert!(world.is_delivered("1", &account).await);
    assert_eq!(world.network.posts().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_found() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::LostAfter]);
    posted(&world, "1").await;
    world.run_for(seconds(20)).await.unwrap();
    assert!(world.is_delivered("1", &account).await);
    let calls: Vec<_> = world.network.calls().into_iter().map(|(verb, ..)| verb).collect();
    assert_eq!(calls, ["create", "find"]);
}

// ---- 3: the source is the authority

#[tokio::test]
async fn an_edit_and_an_end_follow_to_the_copy_in_place() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    posted(&world, "1").await;
    world.take(&Sighting { title: Some("Logo for a café".into()), ..sighting("1") }).await.unwrap();
    world.run_for(seconds(1)).await.unwrap();
    assert!(world.network.posts()[0].post.text.starts_with("Logo for a café"));
    world.becomes("1", Status::Filled).await;
    world.run_for(seconds(1)).await.unwrap();
    let post = &world.network.posts()[0];
    assert!(post.post.text.starts_with("Filled: "), "{}", post.post.text);
    assert_eq!((world.network.posts().len(), post.edits), (1, 2));
    let said = world.ledger.announcement(world.gig("1").await.gig.id, account.id).await.unwrap().unwrap().said.unwrap();
    assert_eq!(said.revision, Revision(3));
    let code = gigcast::id::DeliveryId::from_step(world.gig("1").await.gig.id, account.id, 1).code();
    assert_eq!(post.post.code.as_ref(), Some(&code), "the link keeps the code it was found by");
}

#[tokio::test]
async fn what_changed_while_it_waited_is_said_as_it_now_is_and_once() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Busy]);
    posted(&world, "1").await;
    world.take(&Sighting { title: Some("Second thought".into()), ..sighting("1") }).await.unwrap();
    world.take(&Sighting { title: Some("Third thought".into()), ..sighting("1") }).await.unwrap();
    world.run_for(Duration::from_mins(5)).await.unwrap();
    let posts = world.network.posts();
    assert_eq!((posts.len(), posts[0].edits), (1, 0));
    assert!(posts[0].post.text.starts_with("Third thought"));
    assert_eq!(world.delivery("1", &account).await.step, 1, "edits in waiting become one");
}

#[tokio::test]
async fn an_edit_waits_for_its_post_and_never_overtakes_it() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Late(seconds(80))]);
    posted(&world, "1").await;
    world.take(&Sighting { title: Some("Second thought".into()), ..sighting("1") }).await.unwrap();
    world.settle().await.unwrap();
    assert_eq!(world.delivery("1", &account).await.step, 1, "the edit does not open while the post is unknown");
    world.run_for(Duration::from_mins(10)).await.unwrap();
    let posts = world.network.posts();
    assert_eq!((posts.len(), posts[0].edits), (1, 1));
    assert!(posts[0].post.text.starts_with("Second thought"));
}

#[tokio::test]
async fn a_gig_that_is_filled_while_queued_is_never_said() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Busy]);
    posted(&world, "1").await;
    world.becomes("1", Status::Filled).await;
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert_eq!(world.network.posts().len(), 0);
    assert!(matches!(world.delivery("1", &account).await.state, State::Dropped(_)));
    world.becomes("1", Status::Open).await;
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!(world.network.posts().len(), 1, "opened again, it is wanted again");
}

#[tokio::test]
async fn where_the_network_can_neither_edit_nor_reply_the_post_stays_as_it_was() {
    let (world, _dir) = world_of(Profile { edit: Support::No, reply: Support::No, ..profile() }).await;
    world.link("ana", brisk()).await;
    posted(&world, "1").await;
    world.becomes("1", Status::Filled).await;
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!(world.network.calls().len(), 1);
}

#[tokio::test]
async fn closes_wins_over_every_wait() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Limited(Duration::from_hours(3))]);
    let closing = Sighting { closes: Some(NOON.plus(Duration::from_hours(2))), ..sighting("1") };
    world.take(&closing).await.unwrap();
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert_eq!(world.network.posts().len(), 0);
    let State::Dropped(why) = world.delivery("1", &account).await.state else { panic!() };
    assert!(why.said.starts_with("the gig closed on "), "{why}");
}

// ---- 4: wait in the store, never in a worker

#[tokio::test]
async fn one_limited_account_delays_nobody_else_and_parking_it_costs_one_record() {
    let (world, _dir) = world().await;
    let ana = world.link("ana", brisk()).await;
    posted(&world, "0").await;
    let bo = world.link("bo", brisk()).await;
    // Whichever of the two goes first is limited; the other is not.
    world.network.fail_next([Fault::Limited(Duration::from_hours(1))]);
    for n in 1..=20 {
        world.take(&sighting(&n.to_string())).await.unwrap();
    }
    world.run_for(seconds(1)).await.unwrap();
    let (slow, quick) = if world.network.posts_of("ana").len() == 1 { (&ana, &bo) } else { (&bo, &ana) };
    for n in 1..=20 {
        assert!(world.is_delivered(&n.to_string(), quick).await);
    }
    assert_eq!(world.ledger.count_waiting(slow.id, 100).await.unwrap(), 20);
    let waits: Vec<_> = world.ledger.waiting_in(slow.id, 100).await.unwrap().iter().map(|d| d.wait).collect();
    assert_eq!(waits.iter().filter(|wait| **wait == Wait::RateLimited).count(), 1, "the other 19 were not touched");
    world.run_for(Duration::from_hours(2)).await.unwrap();
    for n in 1..=20 {
        assert!(world.is_delivered(&n.to_string(), slow).await);
    }
}

#[tokio::test]
async fn a_dead_grant_holds_its_account_and_relinking_sends_it_all_on_in_order() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Revoked]);
    for native in ["1", "2", "3"] {
        world.take(&sighting(native)).await.unwrap();
    }
    world.run_for(Duration::from_hours(48)).await.unwrap();
    assert_eq!(world.network.calls().len(), 1, "a dead grant is not knocked at again");
    let known = world.ledger.account(account.id).await.unwrap().unwrap();
    assert!(matches!(known.grant, GrantState::NeedsRelink { .. }));
    assert_eq!(world.ledger.turn(account.id).await.unwrap().lane.hold, Some(LaneHold::Relink));

    let account = world.link("ana", brisk()).await;
    world.deliver.relinked(&account).await.unwrap();
    world.run_for(Duration::from_mins(1)).await.unwrap();
    let titles: Vec<_> =
        world.network.posts().iter().map(|p| p.post.text.lines().next().unwrap_or_default().to_owned()).collect();
    assert_eq!(titles, ["Logo for bakery 1", "Logo for bakery 2", "Logo for bakery 3"]);
}

// ---- 5: guests obey

#[tokio::test]
async fn being_asked_to_wait_holds_across_a_restart() {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let dir = tempfile::tempdir().unwrap();
    let store = VolatileStore::new();
    let world = World::start(Arc::new(store.clone()), Arc::clone(&network), clock.clone(), dir.path()).await.unwrap();
    world.link("ana", brisk()).await;
    network.fail_next([Fault::Limited(Duration::from_hours(1))]);
    posted(&world, "1").await;
    let world = World::start(Arc::new(store.reopen()), Arc::clone(&network), clock, dir.path()).await.unwrap();
    world.take(&sighting("2")).await.unwrap();
    world.run_for(Duration::from_mins(59)).await.unwrap();
    assert_eq!(network.calls().len(), 1);
    world.run_for(Duration::from_mins(2)).await.unwrap();
    assert_eq!(network.posts().len(), 2);
}

#[tokio::test]
async fn a_documented_quota_is_kept_through_a_burst_and_a_restart() {
    let quota = Quota { action: Action::Write, scope: Scope::Account, max: 4, per: Duration::from_mins(5) };
    let profile = Profile { quotas: vec![quota].into(), ..profile() };
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile, clock.clone()));
    let dir = tempfile::tempdir().unwrap();
    let mut store = VolatileStore::new();
    let mut world =
        World::start(Arc::new(store.clone()), Arc::clone(&network), clock.clone(), dir.path()).await.unwrap();
    world.link("ana", brisk()).await;
    for n in 0..12 {
        world.take(&sighting(&n.to_string())).await.unwrap();
    }
    for _ in 0..40 {
        world.run_for(seconds(45)).await.unwrap();
        store = store.reopen();
        let reopened = Arc::new(store.clone());
        world = World::start(reopened, Arc::clone(&network), clock.clone(), dir.path()).await.unwrap();
    }
    let times: Vec<Timestamp> = network.calls().into_iter().map(|(_, at, _)| at).collect();
    assert_eq!(times.len(), 12);
    for (n, first) in times.iter().enumerate() {
        let in_window = times[n..].iter().take_while(|at| at.since(*first) < Duration::from_mins(5)).count();
        assert!(in_window <= 4, "{in_window} in five minutes: {times:?}");
    }
}

#[tokio::test]
async fn the_posters_own_pace_and_quiet_hours_are_kept() {
    let (world, _dir) = world().await;
    let quiet = Some(QuietHours { from: 13 * 60, until: 15 * 60 });
    let pace = Pace {
        posts_per_day: 4,
        gap: Duration::from_mins(25),
        quiet,
        windows: Vec::new(),
        zone: "UTC".into(),
        worth_saying_for: None,
    };
    let account = world.link("ana", pace).await;
    for n in 0..5 {
        world.take(&sighting(&n.to_string())).await.unwrap();
    }
    world.run_for(seconds(1)).await.unwrap();
    assert_eq!(world.ledger.turn(account.id).await.unwrap().lane.why, LaneWait::Gap);
    world.run_for(Duration::from_hours(24)).await.unwrap();
    let minutes: Vec<u64> = world.network.calls().iter().map(|(_, at, _)| at.since(NOON).as_secs() / 60).collect();
    assert_eq!(minutes, [0, 25, 50, 3 * 60, 12 * 60], "12:00, 12:25, 12:50, after the quiet, the next day");
}

// ---- 6: no flood

/// A source that shows what it is told to, look by look.
struct Scripted(Mutex<VecDeque<(Vec<Sighting>, usize)>>);

impl Source for Scripted {
    fn look<'a>(&'a self, _: &'a dyn Wire, _: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        let (sightings, belated) = self.0.lock().unwrap().pop_front().unwrap_or_default();
        let refused = vec![Refused { what: "item 9".into(), why: Why::new("it cannot be read") }];
        Box::pin(async move { Ok(Look { sightings, belated, refused, ..Look::default() }) })
    }
}

async fn looks(world: &World, first_look: FirstLook, looks: Vec<Vec<Sighting>>) {
    partial_looks(world, first_look, looks.into_iter().map(|sightings| (sightings, 0)).collect()).await;
}

/// Each look with the number of its sightings that the first had no time for.
async fn partial_looks(world: &World, first_look: FirstLook, looks: Vec<(Vec<Sighting>, usize)>) {
    let n = looks.len();
    let source = Box::new(Scripted(Mutex::new(looks.into())));
    let watched = Watched { first_look, ..watched(source) };
    let watch = watch(&world.intake, vec![watched]);
    for _ in 0..n {
        watch.step().await.unwrap();
        watch.tasks.close();
        watch.tasks.wait().await;
        watch.tasks.reopen();
        world.run_for(Duration::from_mins(61)).await.unwrap();
    }
}

fn shown(natives: std::ops::RangeInclusive<u32>) -> Vec<Sighting> {
    natives.map(|n| sighting(&n.to_string())).collect()
}

fn titles(world: &World) -> Vec<String> {
    world.network.posts().iter().map(|p| p.post.text.lines().next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_first_look_is_a_baseline_and_a_burst_of_n_gives_n_oldest_first() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    looks(&world, FirstLook::None, vec![shown(1..=3), shown(1..=3), shown(1..=43)]).await;
    let expected: Vec<String> = (4..=43).map(|n| format!("Logo for bakery {n}")).collect();
    assert_eq!(titles(&world), expected);
}

#[tokio::test]
async fn what_the_first_look_had_no_time_for_is_no_news() {
    for (first_look, expected) in [(FirstLook::None, vec![5]), (FirstLook::All, vec![1, 2, 3, 4, 5])] {
        let (world, _dir) = world().await;
        world.link("ana", brisk()).await;
        partial_looks(&world, first_look, vec![(shown(1..=2), 2), (shown(3..=5), 2)]).await;
        let expected: Vec<String> = expected.into_iter().map(|n| format!("Logo for bakery {n}")).collect();
        assert_eq!(titles(&world), expected, "{first_look:?}");
    }
}

#[tokio::test]
async fn a_baseline_gig_that_is_edited_is_still_not_announced() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    let edited = Sighting { title: Some("Edited".into()), ..sighting("1") };
    looks(&world, FirstLook::None, vec![shown(1..=1), vec![edited]]).await;
    assert_eq!(world.gig("1").await.gig.revision, Revision(2));
    assert_eq!(titles(&world), Vec::<String>::new());
}

#[tokio::test]
async fn of_the_first_look_as_many_are_announced_as_was_asked_for() {
    for (first_look, from) in [(FirstLook::All, 1), (FirstLook::Newest(2), 4)] {
        let (world, _dir) = world().await;
        world.link("ana", brisk()).await;
        looks(&world, first_look, vec![shown(1..=5)]).await;
        let expected: Vec<String> = (from..=5).map(|n| format!("Logo for bakery {n}")).collect();
        assert_eq!(titles(&world), expected);
    }
}

#[tokio::test]
async fn two_sightings_of_one_gig_are_one_gig() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    posted(&world, "1").await;
    let mut elsewhere = origin();
    (elsewhere.source, elsewhere.name) = (gigcast::id::SourceId::of(&[b"mirror"]), "mirror".into());
    let tracked = Sighting {
        url: Some("https://acme.example/gigs/1?utm_source=mirror".into()),
        title: Some("Logo for bakery 1 (mirror)".into()),
        ..sighting("m-77")
    };
    for _ in 0..2 {
        let taken = world.intake.take(&tracked, &elsewhere, Heard::News).await.unwrap();
        assert!(matches!(taken, Taken::Same(_)), "{taken:?}");
    }
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!((world.network.posts().len(), world.network.calls().len()), (1, 1));
    let story = world.ledger.story(world.gig("1").await.gig.id).await.unwrap();
    assert_eq!(story.iter().filter(|s| matches!(s.tale, Tale::SeenAlso { .. })).count(), 1);
}

#[tokio::test]
async fn the_same_title_and_text_from_two_sources_of_one_poster_are_one_gig() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    let text = "We bake bread with long dough in a small town by the sea, and want a logo that works on paper bags, on the van and above \
        the door. You get a week of bread, and all the time you need for three drafts.";
    let told = |native: &str, text: &str| Sighting {
        url: Some(format!("https://acme.example/{native}")),
        body: Some(text.to_owned()),
        ..sighting(native)
    };
    let title = Some("Logo for a bakery by the sea".to_owned());
    let first = Sighting { title: title.clone(), ..told("1", text) };
    let taken = world.intake.take(&first, &origin(), Heard::News).await.unwrap();
    let Taken::New(gig) = taken else { panic!("{taken:?}") };
    let from = |name: &str, poster| Origin {
        source: gigcast::id::SourceId::of(&[name.as_bytes()]),
        name: name.to_owned(),
        poster,
        category: None,
    };
    let mirror = from("mirror", gig.poster);
    let second = Sighting { title: title.clone(), ..told("m-1", &text.replace("a week of bread", "a month of bread")) };
    for _ in 0..2 {
        assert_eq!(world.intake.take(&second, &mirror, Heard::News).await.unwrap(), Taken::Same(gig.clone()));
    }
    // What it says later makes no second gig of it, either.
    let later = Sighting { title: title.clone(), ..told("m-1", "Taken.") };
    assert_eq!(world.intake.take(&later, &mirror, Heard::News).await.unwrap(), Taken::Same(gig.clone()));
    let story = world.ledger.story(gig.id).await.unwrap();
    assert_eq!(story.iter().filter(|s| matches!(s.tale, Tale::SeenAlso { .. })).count(), 1);

    // Another text, the same source, or another poster: another gig.
    let other = Sighting {
        title: title.clone(),
        ..told("m-2", "A poster for our summer party, in two colours, for the window.")
    };
    assert!(matches!(world.intake.take(&other, &mirror, Heard::News).await.unwrap(), Taken::New(_)));
    let again = Sighting { title: title.clone(), ..told("2", text) };
    assert!(matches!(world.intake.take(&again, &origin(), Heard::News).await.unwrap(), Taken::New(_)));
    let rival = from("rival", gigcast::id::PersonId::from_name("rival"));
    let copied = Sighting { title, ..told("r-1", text) };
    assert!(matches!(world.intake.take(&copied, &rival, Heard::News).await.unwrap(), Taken::New(_)));
}

// ---- 10: everything has a reason

#[tokio::test]
async fn what_may_not_be_posted_elsewhere_is_on_record_and_goes_out_once_it_may() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    let why = Why::new("Jobs & Co forbids posting its jobs elsewhere");
    let theirs = Sighting { republish: Republish::Refused(why.clone()), ..sighting("1") };
    looks(&world, FirstLook::All, vec![vec![theirs.clone()]]).await;
    assert_eq!(world.network.calls(), []);
    let record = world.gig("1").await;
    let told = |story: Vec<Story>| story.into_iter().map(|story| story.tale).collect::<Vec<_>>();
    let story = told(world.ledger.story(record.gig.id).await.unwrap());
    assert!(story.contains(&Tale::Skipped { account: account.id, why }), "{story:?}");

    looks(&world, FirstLook::All, vec![vec![sighting("1")]]).await;
    assert_eq!(titles(&world), ["Logo for bakery 1"]);
    assert_eq!(world.gig("1").await.gig.revision, Revision::FIRST, "nothing that a reader would notice");
    let story = told(world.ledger.story(record.gig.id).await.unwrap());
    assert!(story.contains(&Tale::Republish { may: Republish::Allowed }), "{story:?}");

    // What has been said follows its gig; that it may no longer be said changes nothing about it.
    looks(&world, FirstLook::All, vec![vec![theirs]]).await;
    assert_eq!(world.network.calls().len(), 1);
}

#[tokio::test]
async fn a_skip_and_a_refused_item_each_have_their_reason_on_record() {
    let (world, _dir) = world().await;
    let mut account = world.link("ana", brisk()).await;
    account.audience.languages = vec!["pt".into()];
    let sealed = world.ledger.grant(account.id).await.unwrap().unwrap();
    world.ledger.link(&account, sealed).await.unwrap();
    let in_english = Sighting { language: Some("en".into()), ..sighting("1") };
    let nameless = Sighting { title: None, ..sighting("2") };
    looks(&world, FirstLook::All, vec![vec![in_english, nameless]]).await;
    assert_eq!(world.network.calls(), []);
    let story = world.ledger.story(world.gig("1").await.gig.id).await.unwrap();
    let skipped = story.iter().find_map(|s| match &s.tale {
        Tale::Skipped { account: id, why } if *id == account.id => Some(why.said.clone()),
        _ => None,
    });
    assert!(
        skipped.is_some_and(|why| why.contains("language") || why.contains("English") || why.contains("en")),
        "{story:?}"
    );
    let refused = world.ledger.refused(origin().source, 10).await.unwrap();
    let mut said: Vec<_> = refused.iter().map(|item| (item.what.as_str(), item.why.said.contains("title"))).collect();
    said.sort_unstable();
    assert_eq!(said, [("2", true), ("item 9", false)]);
}

#[tokio::test]
async fn a_refused_post_is_given_up_with_the_networks_words_and_listed() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Refused]);
    posted(&world, "1").await;
    posted(&world, "2").await;
    world.run_for(seconds(1)).await.unwrap();
    let dead = world.ledger.set_aside(Aside::Dead, 10).await.unwrap();
    assert_eq!(dead.iter().map(|d| d.id).collect::<Vec<_>>(), [world.delivery("1", &account).await.id]);
    let State::Dead(why) = &dead[0].state else { panic!() };
    assert_eq!(why.said, "the text breaks a rule");
    assert!(world.is_delivered("2", &account).await, "one refusal stops nothing else");
}

// ---- 11: no rash act on a doubtful clock

async fn closing_tomorrow(world: &World, native: &str) -> Account {
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Busy]);
    let closes = Some(NOON.plus(Duration::from_hours(24)));
    world.take(&Sighting { closes, ..sighting(native) }).await.unwrap();
    world.settle().await.unwrap();
    account
}

#[tokio::test]
async fn a_wall_clock_that_jumps_ahead_expires_nothing_until_it_is_confirmed() {
    let (world, _dir) = world().await;
    let account = closing_tomorrow(&world, "1").await;
    world.clock.jump_to(NOON.plus(Duration::from_hours(72)));
    world.settle().await.unwrap();
    assert!(!matches!(world.delivery("1", &account).await.state, State::Dropped(_)), "not dropped by a doubtful clock");
    assert_eq!(world.gig("1").await.gig.status, Status::Open);
    // Seen again meanwhile, it does not expire either.
    world.take(&Sighting { closes: Some(NOON.plus(Duration::from_hours(24))), ..sighting("1") }).await.unwrap();
    assert_eq!(world.gig("1").await.gig.status, Status::Open);
}

#[tokio::test]
async fn a_jump_in_either_direction_makes_no_second_post() {
    for hours in [-30i32, 30] {
        let (world, _dir) = world().await;
        let account = world.link("ana", brisk()).await;
        world.network.fail_next([Fault::Late(seconds(20))]);
        posted(&world, "1").await;
        let by = Duration::from_hours(u64::from(hours.unsigned_abs()));
        let now = world.clock.now();
        world.clock.jump_to(if hours > 0 { now.plus(by) } else { now.minus(by) });
        world.run_for(Duration::from_hours(40)).await.unwrap();
        assert_eq!(world.network.calls().iter().filter(|(verb, ..)| *verb == "create").count(), 1);
        world.fitness.confirm_clock();
        world.run_for(Duration::from_hours(40)).await.unwrap();
        assert_eq!(world.network.posts().len(), 1, "{hours} hours");
        assert!(world.is_delivered("1", &account).await);
    }
}
