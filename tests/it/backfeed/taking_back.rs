//! A vouch in a post is taken back with a click, and stays so however often that post is read.

use super::{MINUTE, NOON, Run, gig, id, identity};
use crate::support::town::evidence;
use gigcast::id::PersonId;
use gigcast::person::{Person, Role};
use gigcast::store::Word;
use gigcast::trust::{Deed, Level, Party};
use gigcast::weave::Question;

impl Run {
    /// Whom Acme's circle picks, where Acme trusts bo.
    async fn picked(&self) -> Vec<String> {
        let acme = PersonId::from_name("Acme");
        let question = Question { poster: acme, category: Some("design/illustration".into()), top: 20, without: None };
        let circle = self.backfeed.weave.whom(&question).await.unwrap();
        circle.picks.into_iter().map(|pick| pick.who.name).collect()
    }

    async fn read_again(&self, text: &str, carriers: &[&str]) {
        text.clone_into(&mut self.town.life().replies[0].text);
        // That one more did something is what makes the lists be read.
        self.town.reshared_by(carriers);
        self.after(5 * MINUTE).await;
    }
}

/// Acme trusts bo, who vouched for ana in a post and has signed in as Robert.
async fn vouched() -> (Run, PersonId) {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    let robert = Person { role: Role::Freelancer, ..Person::poster("Robert", NOON) };
    let url = run.ledger.actor(id("bo")).await.unwrap().unwrap().uri;
    run.ledger.know(&robert, &identity(robert.id, "bo", url)).await.unwrap();
    let (deed, category) = (Deed::Vouch(Level::WouldHireAgain), Some("design/illustration".to_owned()));
    let by = PersonId::from_name("Acme");
    let about = Party::Person(robert.id);
    run.backfeed.weave.say(&Word { by, about, deed, category, at: NOON, source: "page".into() }).await.unwrap();
    assert_eq!(run.picked().await, ["ana"]);
    (run, robert.id)
}

#[tokio::test]
async fn a_vouch_in_a_post_that_its_author_takes_back_stays_so_however_often_the_post_is_read() {
    let (run, robert) = vouched().await;
    let weave = &run.backfeed.weave;
    let words = weave.held(Party::Person(robert)).await.unwrap().words;
    let [word] = &words[..] else { panic!("{words:?}") };
    assert_eq!((word.about, word.post.clone()), (Party::Actor(id("ana")), Some(evidence("bo", 1))));

    let mallory = PersonId::from_name("Mallory");
    assert!(!weave.take_back(mallory, word.about, &evidence("bo", 1)).await.unwrap(), "it is Robert's word");
    assert!(!weave.take_back(robert, word.about, &evidence("bo", 2)).await.unwrap(), "and stands in that post");
    assert_eq!(run.picked().await, ["ana"]);

    assert!(weave.take_back(robert, word.about, &evidence("bo", 1)).await.unwrap());
    assert_eq!(run.picked().await, Vec::<String>::new(), "at once");
    assert!(weave.held(Party::Person(robert)).await.unwrap().words.is_empty(), "there is nothing left to take back");
    run.read_again("I vouch for @ana@town", &["cy"]).await;
    assert_eq!(run.picked().await, Vec::<String>::new(), "the post still says it");
    run.read_again("I would hire @ana@town again", &["di"]).await;
    assert_eq!(run.picked().await, Vec::<String>::new(), "an edit is the same post");
    run.town.life().moved_to = Some("https://town.example/@robert".into());
    for carrier in ["ed", "fo"] {
        run.read_again("I vouch for @ana@town", &[carrier]).await;
        assert_eq!(run.picked().await, Vec::<String>::new(), "and so is the post at another address");
    }
    assert_eq!(run.restarted().picked().await, Vec::<String>::new());
    let standing = run.ledger.vouches(gig("drawing").id).await.unwrap();
    assert!(standing.iter().all(|vouch| vouch.undone.is_some()), "no page tells of it: {standing:?}");
}

#[tokio::test]
async fn whoever_took_a_vouch_back_says_it_anew_in_another_post_or_on_a_page() {
    let (run, robert) = vouched().await;
    let ana = Party::Actor(id("ana"));
    let category = Some("design/illustration".to_owned());
    run.backfeed.weave.take_back_all(robert, ana, Some("web/frontend")).await.unwrap();
    assert_eq!(run.picked().await, ["ana"], "it was for other work");
    run.backfeed.weave.take_back_all(robert, ana, category.as_deref()).await.unwrap();
    assert_eq!(run.picked().await, Vec::<String>::new());
    run.town.reply("bo", 2, "I vouch for @ana@town");
    run.after(5 * MINUTE).await;
    assert_eq!(run.picked().await, ["ana"], "another post");

    run.backfeed.weave.take_back_all(robert, ana, category.as_deref()).await.unwrap();
    let deed = Deed::Vouch(Level::KnowsTheWork);
    let word = Word { by: robert, about: ana, deed, category, at: NOON, source: "page".into() };
    run.backfeed.weave.say(&word).await.unwrap();
    assert_eq!(run.picked().await, ["ana"], "a page");
}

#[tokio::test]
async fn what_is_taken_back_of_one_leaves_what_is_said_of_others_and_in_other_posts() {
    let (run, robert) = vouched().await;
    let (weave, ana) = (&run.backfeed.weave, Party::Actor(id("ana")));
    run.town.reply("bo", 2, "I vouch for @ana@town and @di@town");
    run.after(5 * MINUTE).await;
    let standing = async || {
        let vouches = run.ledger.vouches(gig("drawing").id).await.unwrap();
        let standing = vouches.into_iter().filter(|vouch| vouch.undone.is_none());
        let mut standing: Vec<_> = standing.map(|vouch| (vouch.evidence, vouch.whom == id("ana"))).collect();
        standing.sort();
        standing
    };
    let [first, second] = [1, 2].map(|n| evidence("bo", n));
    let said = [(first, true), (second.clone(), false), (second.clone(), true)];
    assert_eq!(standing().await, said);
    assert!(weave.take_back(robert, ana, &evidence("bo", 1)).await.unwrap());
    assert_eq!(standing().await, said[1..], "another post is another word");
    assert!(!weave.take_back(robert, ana, &evidence("bo", 1)).await.unwrap(), "it does not stand any more");
    weave.take_back_all(robert, ana, Some("design/illustration")).await.unwrap();
    assert_eq!((standing().await, run.picked().await), (vec![(second, false)], vec!["di".to_owned()]));
}

#[tokio::test]
async fn to_take_a_vouch_back_from_somebody_is_to_take_it_back_from_their_accounts() {
    let (run, robert) = vouched().await;
    let ana = Person { role: Role::Freelancer, ..Person::poster("Ana", NOON) };
    let url = run.ledger.actor(id("ana")).await.unwrap().unwrap().uri;
    run.ledger.know(&ana, &identity(ana.id, "ana", url)).await.unwrap();
    assert_eq!(run.picked().await, ["Ana"]);
    let about = Party::Person(ana.id);
    run.backfeed.weave.take_back_all(robert, about, Some("design/illustration")).await.unwrap();
    assert_eq!(run.picked().await, Vec::<String>::new());
}
