//! What an operator puts right, and that each answer says what the ledger says.

use crate::support::desk::{Seat, gig};
use crate::support::fake_network::{Fault, SERVER, entered};
use crate::support::world::{NOON, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::grants::Terms;
use gigcast::outbox::{State, Wait};
use gigcast::person::{Account, Audience, Person};
use gigcast::ports::Entered;
use gigcast::web::admin::answers::{When, Which};
use gigcast::web::admin::{CancelAsked, Operator, PauseAsked, PauseOf, Refusal, ReplayAsked, Replaying};
use jiff::tz::TimeZone;
use std::time::Duration;

async fn seat() -> Seat {
    Seat::take(ManualClock::at(NOON), "").await
}

/// One account, and one gig that has been tried on it once.
async fn tried(fault: Fault) -> (Seat, Account) {
    let seat = seat().await;
    let account = seat.world.link("acme", brisk()).await;
    seat.world.network.fail_next([fault]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    (seat, account)
}

fn calls(seat: &Seat, verb: &str) -> usize {
    seat.world.network.calls().iter().filter(|(called, ..)| *called == verb).count()
}

fn of(what: PauseOf, why: &str) -> PauseAsked {
    PauseAsked { what, by: Some("ada".into()), why: Some(why.into()) }
}

#[tokio::test]
async fn what_waits_for_its_next_try_is_tried_now() {
    let (seat, account) = tried(Fault::Busy).await;
    let waits = seat.world.delivery("1", &account).await;
    assert_eq!((waits.wait, calls(&seat, "create")), (Wait::Backoff, 1));
    let answer = seat.desk.retry(&waits.id.to_string()).await.unwrap();
    assert_eq!((answer.count, answer.said.as_str()), (1, "1 tried now."));
    assert!(answer.lines[0].said.contains("goes out as soon as its turn comes"), "{answer:?}");
    seat.world.settle().await.unwrap();
    assert!(seat.world.is_delivered("1", &account).await);
    let told = seat.desk.why(&waits.id.to_string(), TimeZone::UTC).await.unwrap();
    assert!(told.chapters[0].told.iter().any(|told| told.said == "A person wanted it tried at once."), "{told:?}");
    assert_eq!(seat.world.ledger.audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_wait_that_the_network_asked_for_is_not_hurried_and_the_answer_says_so() {
    let (seat, account) = tried(Fault::Limited(Duration::from_mins(10))).await;
    let before = seat.world.delivery("1", &account).await;
    for what in [before.id.to_string(), gig("1").to_string(), account.handle.clone()] {
        let answer = seat.desk.retry(&what).await.unwrap();
        assert_eq!((answer.count, answer.said.as_str()), (0, "Nothing is tried sooner by this; 1 stays as before."));
        assert!(
            answer.lines.iter().all(|line| line.said.contains("the time the network asked us to wait")),
            "{answer:?}"
        );
    }
    seat.world.settle().await.unwrap();
    assert_eq!((seat.world.delivery("1", &account).await, calls(&seat, "create")), (before, 1));
    seat.world.run_for(Duration::from_mins(11)).await.unwrap();
    assert!(seat.world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn what_may_be_out_is_looked_for_first_and_never_posted_twice() {
    for (fault, out) in [(Fault::LostAfter, true), (Fault::LostBefore, false)] {
        let (seat, account) = tried(fault).await;
        let answer = seat.desk.retry(&gig("1").to_string()).await.unwrap();
        assert_eq!(answer.count, 1);
        assert!(answer.lines[0].said.starts_with("It is looked for now"), "{answer:?}");
        seat.world.settle().await.unwrap();
        assert_eq!((calls(&seat, "find"), calls(&seat, "create")), (1, 1), "{fault:?}");
        assert_eq!(seat.world.is_delivered("1", &account).await, out);
        seat.world.run_for(Duration::from_mins(30)).await.unwrap();
        assert!(seat.world.is_delivered("1", &account).await);
        assert_eq!(seat.world.network.posts_of("acme").len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_was_given_up_is_opened_anew_as_another_delivery_and_once() {
    let (seat, account) = tried(Fault::Refused).await;
    let dead = seat.world.delivery("1", &account).await;
    assert_eq!(seat.desk.deliveries(Which::Dead).await.unwrap().len(), 1);
    let advice = seat.desk.why(&dead.id.to_string(), TimeZone::UTC).await.unwrap().advice;
    assert!(advice[0].ends_with(&format!("`gigcast retry {}`.", dead.id)), "{advice:?}");

    let answer = seat.desk.retry(&account.handle).await.unwrap();
    let anew = seat.world.delivery("1", &account).await;
    assert_eq!((answer.count, answer.said.as_str(), anew.step), (1, "1 opened anew.", dead.step + 1));
    assert!(answer.lines[0].said.starts_with(&format!("It is opened anew as {}.", anew.id)), "{answer:?}");
    assert_ne!(anew.stamp.key, dead.stamp.key);
    let again = seat.desk.retry(&dead.id.to_string()).await.unwrap();
    assert_eq!(
        (again.count, again.lines[0].said.as_str()),
        (0, "It stays as it is: a later delivery has taken its place.")
    );
    seat.world.settle().await.unwrap();
    assert!(seat.world.is_delivered("1", &account).await);
    assert_eq!((seat.world.network.posts().len(), calls(&seat, "create")), (1, 2));

    // The first one stays on record as it ended, and nobody is asked about it any more.
    assert!(matches!(seat.world.ledger.delivery(dead.id).await.unwrap().unwrap().state, State::Dead(_)));
    assert_eq!(
        (seat.desk.deliveries(Which::Dead).await.unwrap().len(), seat.desk.status().await.unwrap().dead),
        (0, 0)
    );
    assert_eq!(seat.desk.retry(&account.handle).await.unwrap().said, "There is nothing to try again.");
    assert_eq!(seat.world.ledger.audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_surely_not_out_is_dropped_and_what_may_be_is_noted_first() {
    let (seat, account) = tried(Fault::Busy).await;
    let asked = CancelAsked { why: Some("posted by hand".into()) };
    let answer = seat.desk.cancel(&gig("1").to_string(), asked.clone()).await.unwrap();
    assert_eq!((answer.count, answer.said.as_str()), (1, "1 dropped."));
    let State::Dropped(why) = seat.world.delivery("1", &account).await.state else { panic!("it should be dropped") };
    assert_eq!(why.said, "cancelled by the operator: posted by hand");
    seat.world.run_for(Duration::from_hours(2)).await.unwrap();
    assert_eq!(
        (seat.world.network.posts().len(), seat.desk.cancel(&gig("1").to_string(), asked.clone()).await.unwrap().count),
        (0, 0)
    );
    // Named by itself, it can be had after all.
    let dropped = seat.world.delivery("1", &account).await.id.to_string();
    assert_eq!(seat.desk.retry(&gig("1").to_string()).await.unwrap().count, 0);
    assert_eq!(seat.desk.retry(&dropped).await.unwrap().count, 1);
    seat.world.settle().await.unwrap();
    assert_eq!(seat.world.network.posts().len(), 1);

    for (fault, posts) in [(Fault::LostBefore, 0), (Fault::LostAfter, 1)] {
        let (seat, account) = tried(fault).await;
        let id = seat.world.delivery("1", &account).await.id.to_string();
        let answer = seat.desk.cancel(&id, asked.clone()).await.unwrap();
        assert!(answer.lines[0].said.starts_with("It may be out already"), "{answer:?}");
        assert!(seat.world.delivery("1", &account).await.unwanted.is_some());
        seat.world.run_for(Duration::from_hours(2)).await.unwrap();
        assert_eq!(
            (seat.world.network.posts().len(), seat.world.is_delivered("1", &account).await),
            (posts, posts == 1)
        );
    }
}

#[tokio::test]
async fn a_replay_counts_first_and_then_opens_exactly_those() {
    let seat = seat().await;
    let (one, two) = (seat.world.link("one", brisk()).await, seat.world.link("two", brisk()).await);
    seat.world.network.fail_next([Fault::Refused; 4]);
    seat.world.take(&sighting("old")).await.unwrap();
    seat.world.settle().await.unwrap();
    seat.world.clock.advance(Duration::from_hours(30));
    seat.world.take(&sighting("new")).await.unwrap();
    seat.world.settle().await.unwrap();
    let now = seat.world.clock.now();
    let asked = |hours: u64, account: Option<&Account>, replay| ReplayAsked {
        since: When(now.minus(Duration::from_hours(hours))),
        until: None,
        network: Some("fake".into()),
        account: account.map(|account| account.handle.clone()),
        replay,
    };
    let counted = async |hours, account| seat.desk.replay(asked(hours, account, Replaying::CountOnly)).await.unwrap();
    assert_eq!(
        (counted(24, None).await.count, counted(48, None).await.count, counted(48, Some(&two)).await.count),
        (2, 4, 2)
    );
    let first = counted(24, Some(&one)).await;
    assert_eq!(first.said, "1 delivery would be opened anew.");
    assert_eq!(first.lines[0].id, seat.world.delivery("new", &one).await.id.to_string());
    assert!(
        first.lines[0]
            .said
            .contains("the post of Logo for bakery new on @one@fake.example. It was given up: the text breaks a rule"),
        "{first:?}"
    );
    assert_eq!(seat.desk.deliveries(Which::Dead).await.unwrap().len(), 4, "nothing was done by counting");

    seat.world.clock.advance(Duration::from_mins(1));
    let done = ReplayAsked { until: first.until, ..asked(24, Some(&one), Replaying::Now) };
    assert_eq!(seat.desk.replay(done.clone()).await.unwrap().said, "1 delivery opened anew.");
    seat.world.settle().await.unwrap();
    assert!(seat.world.is_delivered("new", &one).await && !seat.world.is_delivered("new", &two).await);
    assert_eq!(seat.desk.replay(done).await.unwrap().count, 0, "and not once more");
    let unspoken = ReplayAsked { network: Some("none".into()), ..asked(24, None, Replaying::CountOnly) };
    assert!(seat.desk.replay(unspoken).await.is_err(), "a network that gigcast does not speak");
    let before = When(now.minus(Duration::from_hours(2)));
    let span = ReplayAsked { until: Some(before), network: None, ..asked(48, None, Replaying::CountOnly) };
    let spanned = seat.desk.replay(span).await.unwrap();
    assert_eq!((spanned.count, spanned.until), (2, Some(before)), "what was given up later is not in it");
    let backwards = ReplayAsked { until: Some(When(NOON)), ..asked(1, None, Replaying::Now) };
    assert!(
        matches!(seat.desk.replay(backwards).await.unwrap_err(), Refusal::Refused(said) if said.contains("ends before it begins"))
    );
    assert_eq!(seat.world.ledger.audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_paused_stays_so_through_a_restart_and_goes_on_exactly_where_it_was() {
    for what in [PauseOf::Network("fake".into()), PauseOf::Host("fake.example".into()), PauseOf::All] {
        let seat = seat().await;
        let here = seat.world.link("here", brisk()).await;
        let elsewhere = Entered { server: "https://other.example".into(), ..entered("elsewhere") };
        let terms = Terms { owner: Person::poster("Acme", NOON), pace: brisk(), audience: Audience::default() };
        let elsewhere = seat.world.deliver.sessions.link("fake", &elsewhere, terms).await.unwrap();
        let said = seat.desk.pause(of(what.clone(), "an outage")).await.unwrap().said;
        assert!(said.contains("is paused: nothing ") && said.contains("`gigcast resume --"), "{said}");
        for native in ["1", "2"] {
            seat.world.take(&sighting(native)).await.unwrap();
        }
        seat.world.settle().await.unwrap();
        let seat = seat.restarted().await;
        seat.world.run_for(Duration::from_hours(1)).await.unwrap();
        // Only the host alone leaves the other host be.
        let others = if matches!(what, PauseOf::Host(_)) { 2 } else { 0 };
        let posts = async |name| seat.world.network.posts_of(name).len();
        assert_eq!((posts("here").await, posts("elsewhere").await), (0, others), "{what:?}");

        let status = seat.desk.status().await.unwrap();
        let paused = &status.paused[0];
        assert_eq!(
            (status.paused.len(), paused.since, paused.by.as_deref(), paused.why.as_deref()),
            (1, When(NOON), Some("ada"), Some("an outage"))
        );
        let ailments = seat.desk.health.ailments().await;
        assert_eq!(ailments, ["The sender has not begun yet."], "that a person paused it is no ailment");
        for asked in [seat.world.delivery("1", &here).await.id.to_string(), gig("1").to_string(), here.handle.clone()] {
            let told = seat.desk.why(&asked, TimeZone::UTC).await.unwrap();
            let line = &told.chapters.last().unwrap().told[0];
            assert!(line.said.ends_with("was paused by ada (an outage).") && line.at == Some(When(NOON)), "{told:?}");
            assert!(told.advice.iter().any(|advice| advice.contains(&paused.resume)), "{told:?}");
        }
        let lines = seat.desk.accounts().await.unwrap();
        let line = lines.iter().find(|line| line.id == here.id.to_string()).unwrap();
        assert_eq!(
            (line.waiting, line.waits.as_deref()),
            (2, Some("It waits until the operator resumes what is paused."))
        );

        seat.desk.resume(of(what.clone(), "")).await.unwrap();
        seat.world.settle().await.unwrap();
        assert_eq!((posts("here").await, posts("elsewhere").await), (2, 2), "{what:?}");
        let order: Vec<String> =
            seat.world.network.posts_of("here").iter().map(|stood| stood.post.text.clone()).collect();
        assert!(order[0].contains("bakery 1") && order[1].contains("bakery 2"), "{order:?}");
        let again = seat.desk.resume(of(what, "")).await.unwrap_err();
        assert!(matches!(&again, Refusal::Refused(said) if said.contains("is not paused")), "{again:?}");
        assert!(seat.desk.status().await.unwrap().paused.is_empty() && elsewhere.server != SERVER);
        assert_eq!(seat.world.ledger.audit().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn of_two_pauses_the_one_that_is_left_still_holds() {
    let seat = seat().await;
    let account = seat.world.link("acme", brisk()).await;
    let (all, network) = (PauseOf::All, PauseOf::Network("fake".into()));
    let this = PauseOf::Account(account.handle.clone());
    for what in [&all, &network, &this] {
        seat.desk.pause(of(what.clone(), "careful")).await.unwrap();
    }
    seat.world.take(&sighting("1")).await.unwrap();
    for what in [&network, &this] {
        seat.world.settle().await.unwrap();
        seat.desk.resume(of(what.clone(), "")).await.unwrap();
    }
    seat.world.run_for(Duration::from_mins(5)).await.unwrap();
    assert_eq!(seat.world.network.posts().len(), 0);
    let said = seat.desk.resume(of(all, "")).await.unwrap().said;
    assert_eq!(said, "Everything goes on with what waits.");
    seat.world.settle().await.unwrap();
    assert_eq!(seat.world.network.posts().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_meant_is_not_paused() {
    let seat = seat().await;
    for (what, said) in [
        (PauseOf::Network("myspace".into()), "gigcast does not speak myspace"),
        (PauseOf::Host("nowhere.example".into()), "no account and no source is at nowhere.example"),
        (PauseOf::Source("desk".into()), "there is no source desk"),
        (PauseOf::Account("nobody".into()), "no account is known as nobody"),
    ] {
        let refused = seat.desk.pause(of(what, "")).await.unwrap_err();
        assert!(matches!(&refused, Refusal::Refused(why) | Refusal::Unknown(why) if why.contains(said)), "{refused:?}");
    }
    assert!(seat.world.ledger.switches().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_source_that_is_paused_is_not_looked_at_until_it_is_resumed() {
    let folder = "[[source]]\nname = \"Desk\"\nkind = \"folder\"\npath = \"@DIR/gigs\"\nposter = \"Acme\"\nfirst_look = \"all\"\n";
    let seat = Seat::take(ManualClock::at(NOON), folder).await;
    std::fs::create_dir(seat.dir.path().join("gigs")).unwrap();
    std::fs::write(seat.dir.path().join("gigs/a.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    seat.desk.pause(of(PauseOf::Source("desk".into()), "it is wrong")).await.unwrap();
    seat.look().await;
    let seat = seat.restarted().await;
    seat.look().await;
    assert_eq!(seat.desk.gigs(9).await.unwrap().len(), 0);
    let told = seat.desk.why("Desk", TimeZone::UTC).await.unwrap();
    assert_eq!(told.chapters.last().unwrap().told[0].said, "The source desk was paused by ada (it is wrong).");
    seat.desk.resume(of(PauseOf::Source("Desk".into()), "")).await.unwrap();
    seat.look().await;
    assert_eq!(seat.desk.gigs(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_told_of_a_wait_is_in_the_readers_zone_and_ends_with_the_command_that_helps() {
    let (seat, account) = tried(Fault::Busy).await;
    let waits = seat.world.delivery("1", &account).await;
    let berlin = seat.desk.why(&waits.id.to_string(), TimeZone::get("Europe/Berlin").unwrap()).await.unwrap();
    let last = &berlin.chapters[0].told.last().unwrap().said;
    assert!(last.starts_with("It is tried again at 13:00 CET (in "), "{last}");
    assert_eq!(
        berlin.advice,
        [format!("`gigcast retry {id}` tries it now; `gigcast cancel {id}` drops it.", id = waits.id)]
    );
    let utc = seat.desk.why(&waits.id.to_string(), TimeZone::UTC).await.unwrap();
    assert!(utc.chapters[0].told.last().unwrap().said.starts_with("It is tried again at 12:00 UTC"), "{utc:?}");

    // A poster is somebody of whom things are on record, and nobody is nobody.
    let id = gigcast::id::PersonId::from_name("Acme").to_string();
    let poster = seat.desk.why(&id, TimeZone::UTC).await.unwrap();
    assert!(poster.about.starts_with("Acme"), "{poster:?}");
    let nobody = seat.desk.why("@nobody@nowhere.example", TimeZone::UTC).await.unwrap_err();
    assert!(
        matches!(&nobody, Refusal::Unknown(said) if said.starts_with("nothing is known as @nobody@nowhere.example"))
    );
}
