//! What is read back is woven into the trust network at once, and unwoven when it is taken back.

use super::{MINUTE, NOON, Run, gig, id, identity};
use crate::support::lines::Lines;
use crate::support::through::{Alters, Through};
use gigcast::clock::Clock;
use gigcast::id::{ActorId, PersonId};
use gigcast::person::{Person, Role};
use gigcast::ports::{Batch, BoxFuture, Commit, Store, StoreError};
use gigcast::store::memory::MemoryStore;
use gigcast::store::{Ledger, Word};
use gigcast::trust::{Admission, Deed, Dispute, Level, Over, Party};
use gigcast::weave::{Question, WhoseCircle};
use std::sync::{Arc, Mutex};
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
async fn a_reply_that_is_edited_becomes_what_it_now_says() {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.one_post().await;
    run.backfeed.weave.say(&word(Party::Actor(id("bo")), knows_the_work())).await.unwrap();
    run.after(5 * MINUTE).await;
    let said = async || -> Vec<(Deed, bool)> {
        let pieces = run.ledger.evidence_by(Party::Actor(id("bo"))).await.unwrap();
        let vouches = pieces.into_iter().filter(|piece| matches!(piece.deed, Deed::Vouch(_)));
        vouches.map(|piece| (piece.deed, piece.about == Party::Actor(id("ana")))).collect()
    };
    let reword = |text: &str, carriers: usize| {
        run.town.life().replies[0].text = text.to_owned();
        // That one more did something is what makes the lists be read.
        run.town.reshared_by(&["cy", "di", "ed", "fo"][..carriers]);
    };
    assert_eq!(said().await, [(knows_the_work(), true)]);

    reword("I would hire @ana@town again", 1);
    run.after(5 * MINUTE).await;
    assert_eq!(said().await, [(Deed::Vouch(Level::WouldHireAgain), true)], "another level, and one piece still");
    let on_record = async || run.ledger.vouches(gig("drawing").id).await.unwrap();
    let levels: Vec<u8> = on_record().await.iter().map(|vouch| vouch.level).collect();
    assert_eq!(levels, [3]);
    let step = run.circle().await.picks[0].paths[0].steps[1].said.clone();
    assert_eq!(step, "bo would hire ana again in Illustration, 21 Nov 2026");

    reword("I vouch for @cy@town", 2);
    run.after(5 * MINUTE).await;
    assert_eq!(said().await, [(knows_the_work(), false)], "another person");
    assert_eq!(run.picks().await, ["cy"]);
    let undone = on_record().await.iter().filter(|vouch| vouch.undone.is_some()).count();
    assert_eq!((undone, on_record().await.len()), (1, 2), "the former word keeps its tombstone");

    reword("I vouch for @ana@town", 3);
    run.after(5 * MINUTE).await;
    assert_eq!(said().await, [(knows_the_work(), true)], "what is said again stands again, as it is said now");

    reword("Never mind", 4);
    run.after(5 * MINUTE).await;
    assert_eq!(said().await, []);
    assert_eq!(run.picks().await, Vec::<String>::new());
    assert_eq!(run.restarted().picks().await, Vec::<String>::new());
}

#[tokio::test]
async fn two_words_said_at_once_leave_one() {
    let inner = MemoryStore::new();
    let store = Arc::new(Through(Rivalled { inner: inner.clone(), rival: Mutex::new(None) }));
    let ledger = Ledger::new(Arc::<Through<Rivalled>>::clone(&store));
    let about = Party::Actor(id("bo"));
    for (mine, theirs) in [
        (knows_the_work(), Deed::Vouch(Level::WouldHireAgain)),
        (Deed::Dispute(Dispute::Mild, Over::Unpaid), Deed::Dispute(Dispute::Grave, Over::NoShow)),
    ] {
        *store.rival.lock().unwrap() = Some(word(about, theirs));
        ledger.say(&word(about, mine)).await.unwrap();
        let said: Vec<Deed> =
            ledger.evidence_by(Party::Person(acme())).await.unwrap().iter().map(|one| one.deed).collect();
        assert!(said.contains(&mine) && !said.contains(&theirs), "whoever is later has the last word: {said:?}");
    }
}

/// A store in which, at the next write, another says something first.
struct Rivalled {
    inner: MemoryStore,
    rival: Mutex<Option<Word>>,
}

impl Alters for Rivalled {
    fn behind(&self) -> &dyn Store {
        &self.inner
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            let rival = self.rival.lock().unwrap().take();
            if let Some(word) = rival {
                Ledger::new(Arc::new(self.inner.clone())).say(&word).await?;
            }
            self.inner.commit(batch).await
        })
    }
}

#[tokio::test]
async fn who_vouches_ten_thousand_times_a_day_is_heard_fifty_times_and_that_is_said_once() {
    let run = Run::new();
    run.one_post().await;
    let _ = run.circle().await;
    let (lines, _logging) = Lines::caught();
    let mut words = Vec::new();
    for n in 0..10_000_u32 {
        let about = Party::Actor(ActorId::of(&[&n.to_be_bytes()]));
        words.push(Word { at: NOON.plus(Duration::from_millis(u64::from(n))), ..word(about, knows_the_work()) });
    }
    // The last of them are heard of by the network as any other word is.
    let (written, heard) = words.split_at(9_990);
    for word in written {
        run.ledger.say(word).await.unwrap();
    }
    for word in heard {
        run.backfeed.weave.say(word).await.unwrap();
    }
    let said = lines.with("than counts in one day");
    assert_eq!(said.len(), 1, "{said:?}");
    let counting = run.ledger.evidence_by(Party::Person(acme())).await.unwrap();
    let counts = counting.iter().filter(|piece| piece.admission == Admission::Counts).count();
    assert_eq!((counting.len(), counts), (10_000, 50));
}

#[tokio::test]
async fn what_it_would_be_without_somebody_is_told_by_place() {
    let run = Run::new();
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.town.reply("cy", 1, "I vouch for @di@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    for whom in ["bo", "cy"] {
        run.backfeed.weave.say(&word(Party::Actor(id(whom)), Deed::Vouch(Level::WouldHireAgain))).await.unwrap();
    }
    let question = Question { poster: acme(), category: Some("design/illustration".into()), top: 20, without: None };
    let cut = run.backfeed.weave.cut(&question, Party::Actor(id("bo"))).await.unwrap();
    assert_eq!(cut.who.name, "bo");
    let moved: Vec<(String, bool)> = cut.moved.iter().map(|one| (one.who.name.clone(), one.is.is_some())).collect();
    assert!(moved.contains(&("ana".to_owned(), false)), "nobody else speaks for ana: {moved:?}");
    assert!(!moved.iter().any(|(name, _)| name == "bo"), "{moved:?}");
    let none = run.backfeed.weave.cut(&question, Party::Actor(id("nobody"))).await.unwrap();
    assert_eq!(none.moved, [], "who has no part in it changes nothing");
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
    run.ledger.know(&freelancer, &identity(freelancer.id, "9", "https://here.example/nobody".into())).await.unwrap();
    run.backfeed.weave.say(&word(Party::Person(freelancer.id), knows_the_work())).await.unwrap();
    assert_eq!(run.picks().await, Vec::<String>::new());
    let uri = run.ledger.actor(id("bo")).await.unwrap().unwrap().uri;
    run.ledger.know(&freelancer, &identity(freelancer.id, "bo", uri)).await.unwrap();
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
