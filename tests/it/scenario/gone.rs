//! What sources drop, and what people decide: when it ends a gig, and when it does not.

use super::world;
use crate::support::lines::Lines;
use crate::support::watching::{watch, watched};
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::{BoxFuture, Clock};
use gigcast::daemon::watch::Watched;
use gigcast::failure::{Failure, Why};
use gigcast::gig::heard::Decision;
use gigcast::gig::{Gig, Revision, Sighting, Status, Terms};
use gigcast::id::GigId;
use gigcast::intake::Decided;
use gigcast::polling::Limits;
use gigcast::ports::{Completeness, Cursor, Look, Source, Wire};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

/// A source that shows what it is told to, look by look, and then stays as it is.
struct Board(Mutex<VecDeque<Result<Look, Failure>>>);

impl Source for Board {
    fn look<'a>(&'a self, _: &'a dyn Wire, _: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        let as_before = || Ok(Look { complete: Completeness::AsBefore, ..Look::default() });
        let look = self.0.lock().unwrap().pop_front().unwrap_or_else(as_before);
        Box::pin(async { look })
    }
}

#[allow(clippy::unnecessary_wraps)] // it stands in a list beside looks that failed
fn whole(natives: &[&str]) -> Result<Look, Failure> {
    let sightings = natives.iter().map(|native| sighting(native)).collect();
    Ok(Look { sightings, complete: Completeness::Complete, ..Look::default() })
}

fn part(natives: &[&str]) -> Result<Look, Failure> {
    whole(natives).map(|look| Look { complete: Completeness::Partial, ..look })
}

fn broken() -> Result<Look, Failure> {
    Err(Failure::Transient(Why::new("the board does not answer")))
}

/// Looks so often; the board shows these, and then stays as it is.
async fn looks(world: &World, shows: Vec<Result<Look, Failure>>, often: usize) {
    looks_at(world, Box::new(Board(Mutex::new(shows.into()))), often).await;
}

async fn looks_at(world: &World, source: Box<dyn Source>, often: usize) {
    let limits = Limits::fixed(Duration::from_hours(1), Duration::from_hours(1));
    let watched = Watched { limits, ..watched(source) };
    let watch = watch(&world.intake, vec![watched]);
    for _ in 0..often {
        watch.step().await.unwrap();
        watch.tasks.close();
        watch.tasks.wait().await;
        watch.tasks.reopen();
        world.run_for(Duration::from_hours(3)).await.unwrap();
    }
}

async fn status(world: &World, native: &str) -> Status {
    world.gig(native).await.gig.status
}

#[tokio::test]
async fn a_gig_that_a_board_no_longer_lists_is_filled_after_three_looks_and_open_when_it_comes_back() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    looks(&world, vec![whole(&["1", "2"]), whole(&["2"]), whole(&["2"])], 3).await;
    assert_eq!(status(&world, "1").await, Status::Open);
    looks(&world, vec![whole(&["2"])], 1).await;
    assert_eq!((status(&world, "1").await, status(&world, "2").await), (Status::Filled, Status::Open));
    assert!(world.network.posts()[0].post.text.starts_with("Filled: "), "the copy follows");
    looks(&world, vec![whole(&["1", "2"])], 1).await;
    assert_eq!(status(&world, "1").await, Status::Open);
    assert!(world.network.posts()[0].post.text.starts_with("Logo"));
}

#[tokio::test]
async fn only_a_whole_look_that_worked_concludes_anything() {
    let (world, _dir) = world().await;
    let shows = vec![whole(&["1", "2"]), part(&["2"]), part(&["2"]), part(&["2"]), broken(), broken(), broken()];
    looks(&world, shows, 7).await;
    assert_eq!(status(&world, "1").await, Status::Open);
    looks(&world, vec![whole(&["2"]), broken(), part(&[])], 5).await;
    assert_eq!(status(&world, "1").await, Status::Filled, "seen gone, and then as before twice");
}

#[tokio::test]
async fn a_board_that_empties_suddenly_ends_nothing_and_tells_the_operator_once() {
    let (lines, _logging) = Lines::caught();
    let (world, _dir) = world().await;
    let all = ["1", "2", "3", "4", "5"];
    looks(&world, vec![whole(&all), whole(&[]), whole(&["5"]), whole(&[]), whole(&[])], 6).await;
    for native in all {
        assert_eq!(status(&world, native).await, Status::Open);
    }
    assert_eq!(lines.with("vanished in one look").len(), 1, "{}", lines.text());
    assert!(world.ledger.source_state(origin().source).await.unwrap().emptied.is_some());
    looks(&world, vec![whole(&all)], 1).await;
    assert_eq!(world.ledger.source_state(origin().source).await.unwrap().emptied, None);
}

#[tokio::test]
async fn an_item_that_its_source_says_is_gone_ends_at_once() {
    let (world, _dir) = world().await;
    let mut gone = part(&["2"]).unwrap();
    let ended = Sighting { native: "1".into(), status: Some(Status::Filled), ..Sighting::default() };
    gone.sightings.push(ended);
    looks(&world, vec![part(&["1", "2"]), Ok(gone)], 2).await;
    assert_eq!((status(&world, "1").await, status(&world, "2").await), (Status::Filled, Status::Open));
}

#[tokio::test]
async fn a_gig_whose_closing_day_passes_expires_though_nobody_shows_it_again() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    let closes = NOON.plus(Duration::from_hours(24));
    world.take(&Sighting { closes: Some(closes), ..sighting("1") }).await.unwrap();
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!(world.intake.expire().await.unwrap(), Some(closes));
    assert_eq!(status(&world, "1").await, Status::Open);
    world.clock.advance_to(closes);
    assert_eq!(world.intake.expire().await.unwrap(), None);
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!(status(&world, "1").await, Status::Expired);
    assert!(world.network.posts()[0].post.text.starts_with("Expired: "));
}

#[tokio::test]
async fn what_was_refused_and_mended_is_missed_like_any_other() {
    let (world, _dir) = world().await;
    let untitled = Sighting { title: None, ..sighting("1") };
    let broken = whole(&["2"]).map(|mut look| {
        look.sightings.push(untitled);
        look
    });
    looks(&world, vec![whole(&["1", "2"]), broken, whole(&["1", "2"])], 3).await;
    assert_eq!(world.ledger.refused(origin().source, 9).await.unwrap(), []);
    looks(&world, vec![whole(&["2"])], 3).await;
    assert_eq!(status(&world, "1").await, Status::Filled);
}

#[tokio::test]
async fn a_gig_that_comes_back_after_a_stop_between_concluding_and_writing_it_down_is_open() {
    let (world, _dir) = world().await;
    looks(&world, vec![whole(&["1", "2"]), whole(&["2"]), whole(&["2"])], 3).await;
    // The third look concluded, and the power went.
    assert!(world.intake.conclude(id(), Status::Filled, "board", 3).await.unwrap());
    looks(&world, vec![whole(&["1", "2"])], 1).await;
    assert_eq!(status(&world, "1").await, Status::Open);
}

#[tokio::test]
async fn a_source_that_calls_a_gig_open_after_its_closing_day_does_not_open_it_at_each_look() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    let closes = Some(NOON.plus(Duration::from_hours(1)));
    let open = Sighting { closes, status: Some(Status::Open), ..sighting("1") };
    world.take(&open).await.unwrap();
    world.run_for(Duration::from_hours(2)).await.unwrap();
    for _ in 0..3 {
        world.intake.expire().await.unwrap();
        world.take(&open).await.unwrap();
        world.run_for(Duration::from_hours(1)).await.unwrap();
    }
    let gig = world.gig("1").await.gig;
    assert_eq!((gig.status, gig.revision), (Status::Expired, Revision(2)));
}

#[tokio::test]
async fn what_a_person_filled_does_not_expire_when_its_closing_day_passes() {
    let (world, _dir) = world().await;
    let closing = Sighting { closes: Some(NOON.plus(Duration::from_hours(1))), ..sighting("1") };
    world.take(&closing).await.unwrap();
    decided(&world, Decision::Fill).await;
    world.clock.advance(Duration::from_hours(2));
    world.intake.expire().await.unwrap();
    for _ in 0..2 {
        world.take(&closing).await.unwrap();
        let gig = world.gig("1").await.gig;
        assert_eq!((gig.status, gig.revision), (Status::Filled, Revision(2)));
    }
    world.take(&Sighting { status: Some(Status::Withdrawn), ..closing }).await.unwrap();
    assert_eq!(status(&world, "1").await, Status::Withdrawn, "that is a word of the source's own");
}

#[tokio::test]
async fn a_doubtful_clock_expires_nothing() {
    let (world, _dir) = world().await;
    world.take(&Sighting { closes: Some(NOON.plus(Duration::from_hours(1))), ..sighting("1") }).await.unwrap();
    world.clock.jump_to(NOON.plus(Duration::from_hours(72)));
    world.intake.expire().await.unwrap();
    assert_eq!(status(&world, "1").await, Status::Open);
    world.fitness.confirm_clock();
    world.intake.expire().await.unwrap();
    assert_eq!(status(&world, "1").await, Status::Expired);
}

// ---- what people decide

fn id() -> GigId {
    GigId::from_source(origin().source, "1")
}

async fn decided(world: &World, decision: Decision) -> Gig {
    match world.intake.decide(id(), None, &decision).await.unwrap() {
        Decided::Done(gig) => gig,
        other => panic!("{other:?}"),
    }
}

fn from_source(title: &str, openings: u32, status: Option<Status>) -> Sighting {
    Sighting { title: Some(title.into()), openings: Some(openings), status, ..sighting("1") }
}

#[tokio::test]
async fn what_a_person_decided_stands_until_the_source_says_something_new_about_that_field() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    let open = Some(Status::Open);
    world.take(&from_source("Logo", 1, open)).await.unwrap();
    world.run_for(Duration::from_mins(1)).await.unwrap();
    decided(&world, Decision::Fill).await;
    let terms = Terms { title: "A logo".into(), ..world.gig("1").await.gig.terms };
    assert_eq!(decided(&world, Decision::Edit(Box::new(terms))).await.revision, Revision(3));
    world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(world.network.posts()[0].post.text.starts_with("Filled: A logo"));
    for (seen, stands) in [
        (from_source("Logo", 1, open), ("A logo", Some(1), Status::Filled, 3)),
        (from_source("Logo", 2, open), ("A logo", Some(2), Status::Filled, 4)),
        (from_source("Logo", 2, open), ("A logo", Some(2), Status::Filled, 4)),
        (from_source("Big logo", 2, open), ("Big logo", Some(2), Status::Filled, 5)),
        (from_source("Big logo", 2, Some(Status::Withdrawn)), ("Big logo", Some(2), Status::Withdrawn, 6)),
    ] {
        world.take(&seen).await.unwrap();
        let gig = world.gig("1").await.gig;
        assert_eq!((gig.terms.title.as_str(), gig.terms.openings, gig.status, gig.revision.0), stands);
    }
}

#[tokio::test]
async fn a_gig_that_a_person_opened_again_stays_open_while_its_source_calls_it_filled() {
    let (world, _dir) = world().await;
    world.take(&from_source("Logo", 1, Some(Status::Filled))).await.unwrap();
    decided(&world, Decision::Reopen).await;
    world.take(&from_source("Logo", 1, Some(Status::Filled))).await.unwrap();
    assert_eq!(status(&world, "1").await, Status::Open);
}

#[tokio::test]
async fn a_decision_on_another_revision_than_was_read_changes_nothing() {
    let (world, _dir) = world().await;
    world.take(&sighting("1")).await.unwrap();
    world.take(&from_source("Logo", 1, None)).await.unwrap();
    let outdated = world.intake.decide(id(), Some(Revision(1)), &Decision::Fill).await.unwrap();
    assert!(matches!(outdated, Decided::Outdated(gig) if gig.revision == Revision(2)));
    assert_eq!(status(&world, "1").await, Status::Open);
    assert!(matches!(world.intake.decide(id(), Some(Revision(2)), &Decision::Fill).await.unwrap(), Decided::Done(_)));
    assert!(matches!(world.intake.decide(id(), None, &Decision::Fill).await.unwrap(), Decided::Same(_)));
    let nobody = GigId::of(&[b"nobody"]);
    assert_eq!(world.intake.decide(nobody, None, &Decision::Fill).await.unwrap(), Decided::Unknown);
}

#[tokio::test]
async fn what_its_closing_day_ended_is_not_opened_again_without_another_day() {
    let (world, _dir) = world().await;
    world.take(&Sighting { closes: Some(NOON.plus(Duration::from_hours(1))), ..sighting("1") }).await.unwrap();
    world.clock.advance(Duration::from_hours(2));
    world.intake.expire().await.unwrap();
    let Decided::Refused(why) = world.intake.decide(id(), None, &Decision::Reopen).await.unwrap() else { panic!() };
    assert!(why.said.contains("closing day"), "{why}");
    let later = Some(world.clock.now().plus(Duration::from_hours(24)));
    let terms = Terms { closes: later, ..world.gig("1").await.gig.terms };
    assert_eq!(decided(&world, Decision::Edit(Box::new(terms))).await.status, Status::Open);
    // Its source still names the old day.
    world.take(&Sighting { closes: Some(NOON.plus(Duration::from_hours(1))), ..sighting("1") }).await.unwrap();
    assert_eq!(status(&world, "1").await, Status::Open);
    world.clock.advance(Duration::from_hours(25));
    world.intake.expire().await.unwrap();
    assert_eq!(status(&world, "1").await, Status::Expired);
}

#[tokio::test]
async fn a_file_that_was_spoiled_and_then_deleted_withdraws_its_gig() {
    let (world, _dir) = world().await;
    let dir = tempfile::tempdir().unwrap();
    let folder = || gigcast::sources::open("folder", dir.path().to_str().unwrap()).unwrap();
    for n in 1..=5 {
        let text = format!("title = 'Logo {n}'\napply = 'https://acme.example/{n}'\n");
        std::fs::write(dir.path().join(format!("{n}.toml")), text).unwrap();
    }
    looks_at(&world, folder(), 1).await;
    std::fs::write(dir.path().join("1.toml"), "titel = 'Logo'\n").unwrap();
    looks_at(&world, folder(), 4).await;
    assert_eq!(status(&world, "1").await, Status::Open, "what cannot be read is there");
    std::fs::remove_file(dir.path().join("1.toml")).unwrap();
    looks_at(&world, folder(), 4).await;
    assert_eq!((status(&world, "1").await, status(&world, "2").await), (Status::Filled, Status::Open));
    assert!(world.ledger.refused(origin().source, 9).await.unwrap().is_empty(), "nobody has to mend it any more");
}
