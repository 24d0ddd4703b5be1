//! What is told where there are more than are shown: places far behind, businesses by name, and days on which somebody said too much.

use super::{DAY, NOON, Run};
use crate::support::lines::Lines;
use gigcast::clock::Timestamp;
use gigcast::id::{ActorId, PersonId};
use gigcast::person::Person;
use gigcast::store::Word;
use gigcast::trust::{Deed, Level, Party};
use gigcast::weave::Question;
use std::time::Duration;

const ILLUSTRATION: &str = "design/illustration";

fn word(by: &str, about: Party, level: Level, at: Timestamp) -> Word {
    let (category, source) = (Some(ILLUSTRATION.to_owned()), format!("https://gigs.example/people/{by}"));
    Word { by: PersonId::from_name(by), about, deed: Deed::Vouch(level), category, at, source }
}

impl Run {
    /// Somebody who may be named.
    async fn meet(&self, name: &str) -> Party {
        let person = Person::poster(name, NOON);
        self.ledger.welcome(&person).await.unwrap();
        Party::Person(person.id)
    }

    async fn vouch(&self, by: &str, about: Party, level: Level, at: Timestamp) {
        self.ledger.say(&word(by, about, level, at)).await.unwrap();
    }
}

#[tokio::test]
async fn who_falls_far_without_somebody_is_told_their_place_and_not_that_nobody_heard_of_them() {
    let run = Run::new();
    for name in ["Bo", "Cy"] {
        let party = run.meet(name).await;
        run.vouch("Acme", party, Level::WouldHireAgain, NOON).await;
    }
    let (ana, bo) = (run.meet("Ana").await, Party::Person(PersonId::from_name("Bo")));
    run.vouch("Bo", ana, Level::WouldHireAgain, NOON).await;
    run.vouch("Cy", ana, Level::KnowsTheWork, NOON).await;
    for n in 0..220_u32 {
        // So few a day that all of them count.
        let at = NOON.minus(DAY * (1 + n / 40));
        let one = run.meet(&format!("Number {n}")).await;
        run.vouch("Cy", one, Level::WouldHireAgain, at).await;
    }
    let only_bo = run.meet("Di").await;
    run.vouch("Bo", only_bo, Level::KnowsTheWork, NOON).await;
    let poster = PersonId::from_name("Acme");
    let question = Question { poster, category: Some(ILLUSTRATION.to_owned()), top: 20, without: None };
    let cut = run.backfeed.weave.cut(&question, bo).await.unwrap();
    let told = |name: &str| cut.moved.iter().find(|one| one.who.name == name).unwrap();
    assert_eq!(told("Ana").was.place, Some(1));
    let place = told("Ana").is.as_ref().map(|is| is.place);
    assert_eq!(place, Some(Some(221)), "{:?}", told("Ana"));
    assert_eq!(told("Di").is, None, "nobody else speaks for Di");
}

#[tokio::test]
async fn businesses_around_one_stand_by_name_and_the_nearest_first() {
    let run = Run::new();
    let acme = run.meet("Acme").await;
    for n in (0..30).rev() {
        let one = run.meet(&format!("Business {n:02}")).await;
        run.vouch("Acme", one, Level::WorkedWith, NOON).await;
    }
    run.vouch("Business 29", acme, Level::WorkedWith, NOON).await;
    let around = run.backfeed.weave.businesses(PersonId::from_name("Acme")).await.unwrap();
    let names: Vec<String> = around.into_iter().map(|one| one.who.name).collect();
    let expected: Vec<String> = [29].into_iter().chain(0..23).map(|n| format!("Business {n:02}")).collect();
    assert_eq!(names, expected, "both ways first, then by name, and the last names are cut");
}

/// The first so many words of Acme on a day, for people whom nobody knows; the last of them is heard as any is.
async fn flood(run: &Run, at: Timestamp, words: u32) -> Party {
    let about = |n: u32| Party::Actor(ActorId::of(&[&n.to_be_bytes()]));
    for n in 1..words {
        run.vouch("Acme", about(n), Level::WorkedWith, at.plus(Duration::from_secs(n.into()))).await;
    }
    let last = at.plus(Duration::from_secs(words.into()));
    run.backfeed.weave.say(&word("Acme", about(words), Level::WorkedWith, last)).await.unwrap();
    about(words)
}

#[tokio::test]
async fn a_flood_is_told_once_on_its_day_also_while_nothing_is_asked_and_never_again() {
    let run = Run::new();
    let (lines, _logging) = Lines::caught();
    let told = || lines.with("than counts in one day").len();
    let acme = Party::Person(PersonId::from_name("Acme"));
    flood(&run, NOON, 50).await;
    assert_eq!(told(), 0);
    let first = flood(&run, NOON, 51).await;
    assert_eq!(told(), 1, "though nobody has asked anything yet");
    run.backfeed.weave.heard(acme, first).await.unwrap();
    assert_eq!(told(), 1);

    run.clock.advance(DAY);
    let second = flood(&run, NOON.plus(DAY), 51).await;
    assert_eq!(told(), 2, "another day, another flood");
    for about in [first, second, first] {
        run.backfeed.weave.heard(acme, about).await.unwrap();
    }
    assert_eq!(told(), 2);
    run.clock.advance(DAY);
    run.restarted().backfeed.weave.heard(acme, second).await.unwrap();
    assert_eq!(told(), 3, "a run that heard of yesterday's only today tells it");
    assert!(lines.with("on 22 Nov 2026 than counts").len() == 2 && lines.with("on 21 Nov 2026 than counts").len() == 1);
    run.clock.advance(30 * DAY);
    run.restarted().backfeed.weave.heard(acme, second).await.unwrap();
    assert_eq!(told(), 3, "what was a flood last month is none of today");
}

#[tokio::test]
async fn when_one_of_the_words_that_count_is_taken_back_the_next_of_that_day_counts_at_once() {
    let run = Run::new();
    let [bo, ana] = [run.meet("Bo").await, run.meet("Ana").await];
    run.vouch("Bo", ana, Level::WouldHireAgain, NOON).await;
    flood(&run, NOON, 50).await;
    let poster = PersonId::from_name("Acme");
    let question = Question { poster, category: Some(ILLUSTRATION.to_owned()), top: 20, without: None };
    let picks = async || {
        let circle = run.backfeed.weave.whom(&question).await.unwrap();
        circle.picks.into_iter().map(|pick| pick.who.name).collect::<Vec<_>>()
    };
    run.backfeed.weave.say(&word("Acme", bo, Level::WouldHireAgain, NOON.plus(DAY / 4))).await.unwrap();
    assert_eq!(picks().await, Vec::<String>::new(), "the fifty-first of the day");
    let first = Party::Actor(ActorId::of(&[&1_u32.to_be_bytes()]));
    assert!(run.backfeed.weave.unsay(&word("Acme", first, Level::WorkedWith, NOON)).await.unwrap());
    assert_eq!(picks().await, ["Ana"]);
    // Earlier words push it out again.
    run.backfeed.weave.say(&word("Acme", first, Level::WorkedWith, NOON)).await.unwrap();
    assert_eq!(picks().await, Vec::<String>::new());
}
