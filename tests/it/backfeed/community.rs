//! Whose word the community goes by, and that it follows what is taken back at once, though it is worked out but once an hour.

use super::{HERE, NOON, Run, id, identity};
use gigcast::id::{AccountId, PersonId};
use gigcast::person::{Account, Person};
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

/// They say on pages that Bo and four more do this kind of work.
async fn vouch_for_five(run: &Run, by: &Person) {
    for whom in ["bo", "cy", "di", "ed", "fo"] {
        let word = Word { by: by.id, about: Party::Actor(id(whom)), ..word("design/illustration") };
        run.backfeed.weave.say(&word).await.unwrap();
    }
}

#[tokio::test]
async fn where_nobody_is_listed_the_community_goes_by_posters_who_have_an_account_linked_and_by_nobody_else() {
    let run = Run::new();
    run.town.reshared_by(&["bo"]);
    let acme = run.account(HERE, "acme").await;
    run.post(&acme, "drawing").await;
    run.after(super::MINUTE * 5).await;
    let of = |person: &Person, name: &str| Account {
        id: AccountId::of(&[name.as_bytes()]),
        owner: person.id,
        native: name.to_owned(),
        url: format!("{HERE}/@{name}"),
        ..acme.clone()
    };
    // Flo signed in, and linked an account to reshare with.
    let flo = Person::freelancer(AccountId::of(&[b"flo"]), "Flo", NOON);
    run.ledger.know(&flo, &identity(flo.id, "flo", format!("{HERE}/@flo"))).await.unwrap();
    run.ledger.link(&of(&flo, "flo"), Vec::new()).await.unwrap();
    // Zoe was invited to post, and has only signed in so far.
    let zoe = Person::poster("Zoe", NOON);
    run.ledger.know(&zoe, &identity(zoe.id, "zoe", format!("{HERE}/@zoe"))).await.unwrap();
    vouch_for_five(&run, &flo).await;
    vouch_for_five(&run, &zoe).await;
    let weave = &run.backfeed.weave;
    assert_eq!(shown(weave).await, [], "whoever wishes may sign in");

    run.ledger.link(&of(&zoe, "zoe"), Vec::new()).await.unwrap();
    assert_eq!(shown(weave).await, [("bo".to_owned(), "known to others here, not in your circle".to_owned())]);
    run.ledger.unlink(&of(&zoe, "zoe"), NOON).await.unwrap();
    assert_eq!(shown(weave).await, []);
}
