//! What the community thinks follows what is taken back at once, though it is worked out but once an hour.

use super::{NOON, Run, id};
use gigcast::id::PersonId;
use gigcast::store::Word;
use gigcast::trust::{Deed, Level, Parameters, Party, Weighing};
use gigcast::weave::{Question, Weave};
use std::time::Duration;

/// What Zoe, by whom the community goes, says of Bo on a page.
fn word(category: &str) -> Word {
    word_of("Zoe", category)
}

fn word_of(by: &str, category: &str) -> Word {
    Word {
        by: PersonId::from_name(by),
        about: Party::Actor(id("bo")),
        deed: Deed::Vouch(Level::WorkedWith),
        category: Some(category.to_owned()),
        at: NOON,
        source: "https://gigs.example/people/bo".to_owned(),
    }
}

/// Whom Acme, who knows nobody, is shown for illustration.
async fn shown(weave: &Weave) -> Vec<(String, String)> {
    let category = Some("design/illustration".to_owned());
    let question = Question { poster: PersonId::from_name("Acme"), category, top: 20, without: None };
    let picks = weave.whom(&question).await.unwrap().picks;
    assert!(picks.iter().all(|pick| !pick.is_heard()), "nobody in Acme's circle speaks: {picks:?}");
    picks.into_iter().map(|pick| (pick.who.name, pick.words)).collect()
}

#[tokio::test]
async fn what_is_new_reaches_the_community_within_the_hour_and_what_is_taken_back_leaves_it_at_once() {
    let run = Run::new();
    run.town.reshared_by(&["bo"]);
    run.one_post().await;
    run.after(super::MINUTE * 5).await;
    let roots = vec![Party::Person(PersonId::from_name("Zoe"))];
    let weave = run.backfeed.weave.clone().tuned(Parameters::default(), Weighing::default(), roots).unwrap();
    let bo = [("bo".to_owned(), "known to others here, not in your circle".to_owned())];
    assert_eq!(shown(&weave).await, []);
    weave.say(&word("design/illustration")).await.unwrap();
    assert_eq!(shown(&weave).await, [], "it was worked out just before");
    run.clock.advance(Duration::from_hours(1));
    assert_eq!(shown(&weave).await, bo);

    weave.say(&word("audio/music")).await.unwrap();
    assert!(weave.unsay(&word("audio/music")).await.unwrap());
    assert_eq!(shown(&weave).await, bo, "the other word stands");
    weave.say(&word("audio/music")).await.unwrap();
    assert!(weave.unsay(&word("design/illustration")).await.unwrap());
    assert_eq!(shown(&weave).await, [], "nobody says that bo does this kind of work");
    assert!(weave.unsay(&word("audio/music")).await.unwrap());
    assert_eq!(shown(&weave).await, []);

    // Ann says that bo does it, and nobody in the community hears Ann.
    weave.say(&word_of("Ann", "design/illustration")).await.unwrap();
    weave.say(&word("design/illustration")).await.unwrap();
    run.clock.advance(Duration::from_hours(1));
    assert_eq!(shown(&weave).await, bo);
    assert!(weave.unsay(&word("design/illustration")).await.unwrap());
    assert_eq!(shown(&weave).await, []);
}
