//! What is read back is woven into the trust network at once, and unwoven when it is taken back.

use super::{HERE, MINUTE, NOON, Run, id};
use gigcast::clock::Clock;
use gigcast::id::{AccountId, PersonId};
use gigcast::person::{Identity, Person, Role};
use gigcast::store::Word;
use gigcast::trust::{Deed, Level, Party};
use gigcast::weave::{Question, WhoseCircle};
use std::time::Duration;

fn acme() -> PersonId {
    PersonId::from_name("Acme")
}

/// What Acme itself says on a page.
fn word(about: Party, deed: Deed) -> Word {
    let (category, source) = (Some("design/illustration".to_owned()), "https://gigs.example/people/acme".to_owned());
    Word { by: acme(), about, deed, category, at: NOON, source }
}

impl Run {
    async fn circle(&self) -> WhoseCircle {
        let question =
            Question { poster: acme(), category: Some("design/illustration".into()), top: 20, without: None };
        self.backfeed.weave.whom(&question).await.unwrap()
    }

    async fn picks(&self) -> Vec<String> {
        self.circle().await.picks.into_iter().map(|pick| pick.who.name).collect()
    }
}

fn knows_the_work() -> Deed {
    Deed::Vouch(Level::KnowsTheWork)
}

#[tokio::test]
async fn whom_a_known_voice_vouches_for_is_picked_with_the_path_to_the_very_reply() {
    let run = Run::new();
    run.town.reshared_by(&["bo", "cy"]);
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    assert_eq!(run.picks().await, Vec::<String>::new(), "nothing has been read yet");
    run.after(5 * MINUTE).await;
    assert_eq!(run.picks().await, Vec::<String>::new(), "nobody speaks whom Acme trusts");
    let strangers: Vec<String> = run.circle().await.strangers.into_iter().map(|one| one.who.name).collect();
    assert_eq!(strangers.len(), 2, "bo and cy carried the gig on: {strangers:?}");

    run.backfeed.weave.say(&word(Party::Actor(id("bo")), knows_the_work())).await.unwrap();
    let circle = run.circle().await;
    assert_eq!(circle.known.iter().map(|pick| pick.who.name.as_str()).collect::<Vec<_>>(), ["bo"]);
    let [pick] = &circle.picks[..] else { panic!("{circle:?}") };
    assert_eq!((pick.who.name.as_str(), pick.vouchers), ("ana", 1));
    let steps: Vec<&str> = pick.paths[0].steps.iter().map(|step| step.said.as_str()).collect();
    let [first, second] = steps[..] else { panic!("{steps:?}") };
    assert_eq!(first, "you vouched for bo in Illustration, 21 Nov 2026; bo reshared one of your gigs and answered one");
    assert_eq!(second, "bo vouched for ana in Illustration, 21 Nov 2026");
    assert_eq!(pick.paths[0].steps[1].source.as_deref(), Some(crate::support::town::evidence("bo", 1).as_str()));
    assert_eq!(circle.strangers.len(), 1, "bo is known now");
}

#[tokio::test]
async fn a_vouch_that_is_taken_back_is_as_if_it_had_never_been() {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    run.backfeed.weave.say(&word(Party::Actor(id("bo")), knows_the_work())).await.unwrap();
    run.after(5 * MINUTE).await;
    assert_eq!(run.picks().await, ["ana"]);
    run.town.life().replies.clear();
    run.after(5 * MINUTE).await;
    assert_eq!(run.picks().await, Vec::<String>::new());
    assert_eq!(run.restarted().picks().await, Vec::<String>::new(), "in the store as well");
}

#[tokio::test]
async fn a_reply_that_is_to_be_read_elsewhere_is_one_piece_still_and_goes_as_one() {
    let run = Run::new();
    run.town.reply("bo", 1, "how much?");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    let sources = async || {
        let pieces = run.ledger.evidence_by(Party::Actor(id("bo"))).await.unwrap();
        pieces.into_iter().map(|piece| piece.source).collect::<Vec<_>>()
    };
    assert_eq!(sources().await, [crate::support::town::evidence("bo", 1)]);
    run.town.life().moved_to = Some("https://town.example/@robert".into());
    run.town.reshared_by(&["cy"]);
    run.after(5 * MINUTE).await;
    assert_eq!(sources().await, ["https://town.example/@robert/1"], "bo answered once");
    run.town.life().replies.clear();
    run.after(5 * MINUTE).await;
    assert_eq!(sources().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_word_of_one_who_wishes_not_to_be_known_any_more_counts_no_more() {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    run.backfeed.weave.say(&word(Party::Actor(id("bo")), knows_the_work())).await.unwrap();
    run.after(5 * MINUTE).await;
    assert_eq!(run.picks().await, ["ana"]);
    run.town.life().shy.insert("bo".into());
    run.town.reshared_by(&["cy"]);
    run.after(5 * MINUTE).await;
    assert!(run.vouches().await.is_empty());
    assert_eq!(run.picks().await, Vec::<String>::new(), "at once, not from the next day on");
}

#[tokio::test]
async fn a_word_said_here_is_replaced_by_the_next_and_taken_back_whole() {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    let bo = Party::Actor(id("bo"));
    for level in [Level::KnowsTheWork, Level::WouldHireAgain] {
        run.backfeed.weave.say(&word(bo, Deed::Vouch(level))).await.unwrap();
    }
    let record = run.backfeed.weave.on_record(Party::Person(acme())).await.unwrap().unwrap();
    let said: Vec<&str> = record.by.iter().map(|piece| piece.said.as_str()).collect();
    assert_eq!(said, ["Acme would hire bo again in Illustration, 21 Nov 2026"]);
    assert_eq!(run.picks().await, ["ana"]);
    assert!(run.backfeed.weave.unsay(&word(bo, knows_the_work())).await.unwrap());
    assert!(!run.backfeed.weave.unsay(&word(bo, knows_the_work())).await.unwrap(), "there is nothing left");
    assert_eq!(run.picks().await, Vec::<String>::new());
}

#[tokio::test]
async fn who_turns_out_to_be_one_person_is_one_in_the_network_until_the_account_is_taken_away() {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    // Acme vouches for a person, of whom nobody knows yet that bo is theirs.
    let freelancer = Person { role: Role::Freelancer, ..Person::poster("Robert", NOON) };
    let identity = |native: &str, url: String| Identity {
        account: AccountId::of(&[native.as_bytes()]),
        person: freelancer.id,
        network: "town".into(),
        server: HERE.into(),
        native: native.into(),
        handle: format!("@{native}@here.example"),
        url,
        since: NOON,
    };
    run.ledger.know(&freelancer, &identity("9", "https://here.example/nobody".into())).await.unwrap();
    run.backfeed.weave.say(&word(Party::Person(freelancer.id), knows_the_work())).await.unwrap();
    assert_eq!(run.picks().await, Vec::<String>::new());
    let uri = run.ledger.actor(id("bo")).await.unwrap().unwrap().uri;
    run.ledger.know(&freelancer, &identity("bo", uri)).await.unwrap();
    assert_eq!(run.picks().await, ["ana"], "bo's word is Robert's word");
    let record = run.backfeed.weave.on_record(Party::Actor(id("bo"))).await.unwrap().unwrap();
    assert_eq!(record.who.name, "Robert", "whoever asks for bo is told of Robert");
}

#[tokio::test]
async fn evidence_grows_old_with_the_days() {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    run.backfeed.weave.say(&word(Party::Actor(id("bo")), knows_the_work())).await.unwrap();
    assert_eq!(run.picks().await, ["ana"]);
    // Twenty half-lives: nobody lives by a word that old.
    run.clock.advance(Duration::from_hours(24 * 180 * 20));
    assert_eq!(run.picks().await, Vec::<String>::new(), "at {}", run.clock.now());
}
