//! Vouches that were signed elsewhere, brought to another instance: what is refused and why, and from when on the others count.

use super::{Browser, site};
use crate::support::site::{NOON, Site, vault};
use gigcast::clock::{Clock, Timestamp};
use gigcast::credential::key::SEED_BYTES;
use gigcast::credential::{Basis, Did, Level, Seen, Signer, SigningKey, Vouch};
use gigcast::grants::VouchKeys;
use gigcast::id::{AccountId, ActorId, PersonId};
use gigcast::person::{Actor, Identity, Indexing, Person};
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::secret::Secret;
use gigcast::store::Word;
use gigcast::trust::{self, Deed, Party};
use gigcast::weave::{Became, Question, Weave};
use std::sync::Arc;
use std::time::Duration;

const ALICE: &str = "https://remote.example/users/alice";
const DAY: Duration = Duration::from_hours(24);

/// Alice signs in here by the account of which others speak; Zoe, a poster, would hire Acme again.
async fn alice(site: &Site) -> (PersonId, PersonId) {
    let [alice, zoe] = ["Alice", "Zoe"].map(|name| Person::poster(name, NOON));
    let identity = Identity {
        account: AccountId::of(&[b"alice"]),
        person: alice.id,
        network: "mastodon".into(),
        server: "https://remote.example".into(),
        native: ALICE.into(),
        handle: "alice@remote.example".into(),
        url: "https://remote.example/@alice".into(),
        since: NOON,
    };
    site.ledger.know(&alice, &identity).await.unwrap();
    site.put(gigcast::store::layout::person(zoe.id), &zoe).await;
    say(site, zoe.id, Party::Person(site.poster)).await;
    (alice.id, zoe.id)
}

async fn say(site: &Site, by: PersonId, about: Party) {
    let deed = Deed::Vouch(trust::Level::WouldHireAgain);
    let category = Some("design/illustration".to_owned());
    site.ledger
        .say(&Word { by, about, deed, category, at: NOON.minus(DAY), source: "https://gigs.example/".into() })
        .await
        .unwrap();
}

fn weave(site: &Site) -> Weave {
    Weave::new(site.ledger.clone(), Arc::new(site.clock.clone()), Arc::new(Taxonomy::builtin().clone()))
}

fn keys(site: &Site) -> VouchKeys {
    VouchKeys::new(site.ledger.clone(), vault(), None)
}

/// Acme's key, where Acme is at home.
fn acme() -> SigningKey {
    SigningKey::from_seed(&[7; SEED_BYTES]).0
}

fn vouch(until: Timestamp) -> Vouch {
    Vouch {
        issuer: Did::Key(acme().public()),
        subject: ALICE.parse().unwrap(),
        category: "design/illustration".into(),
        level: Level::WouldHireAgain,
        basis: Basis::Word,
        valid_from: NOON.minus(DAY),
        valid_until: until,
        seen: None,
    }
}

fn signed(vouch: Vouch) -> String {
    vouch.into_credential().sign(&acme(), NOON).unwrap()
}

fn a_year() -> String {
    signed(vouch(NOON.plus(365 * DAY)))
}

async fn brought(site: &Site, person: PersonId, file: &str) -> Vec<Became> {
    let all = weave(site).bring(person, file.as_bytes(), &keys(site)).await.unwrap().unwrap();
    all.into_iter().map(|one| one.became).collect()
}

/// Whom Zoe's circle knows beside Zoe's own people.
async fn picked(weave: &Weave, zoe: PersonId) -> Vec<String> {
    let question = Question { poster: zoe, category: Some("design/illustration".into()), top: 20, without: None };
    weave.whom(&question).await.unwrap().picks.into_iter().map(|pick| pick.who.name).collect()
}

#[tokio::test]
async fn a_vouch_taken_from_one_instance_counts_at_another_once_its_issuer_is_known_there() {
    // Acme would hire Alice again, says so at home, and gives her the file.
    let home = site().await;
    let known = home.meet("Alice", Indexing::Allowed).await;
    say(&home, home.poster, Party::Actor(known)).await;
    let taken = weave(&home).portable(Party::Person(home.poster), &keys(&home)).await.unwrap().unwrap();
    let key = keys(&home).of(Signer::Person(home.poster)).await.unwrap().public();

    let away = site().await;
    let (alice, zoe) = alice(&away).await;
    let weave = weave(&away);
    let bring = async || weave.bring(alice, taken.file().as_bytes(), &keys(&away)).await.unwrap().unwrap();
    assert_eq!(bring().await[0].became, Became::Kept);
    assert!(picked(&weave, zoe).await.is_empty(), "a key makes nobody known");
    assert!(matches!(&bring().await[0].became, Became::Refused(why) if why.contains("here already")));

    assert_eq!(weave.know_issuer(&Did::Key(key), Party::Person(away.poster)).await.unwrap(), 1);
    assert_eq!(picked(&weave, zoe).await, ["Alice"]);

    let import = away.ledger.imports_of(alice).await.unwrap().swap_remove(0);
    assert!(weave.drop_import(alice, &import.issuer, &import.id).await.unwrap());
    assert!(picked(&weave, zoe).await.is_empty(), "what was dropped is as if it had never been");
}

#[tokio::test]
async fn a_key_whose_owner_nobody_listens_to_weighs_nothing() {
    let site = site().await;
    let (alice, zoe) = alice(&site).await;
    let eve = Person::poster("Eve", NOON);
    site.put(gigcast::store::layout::person(eve.id), &eve).await;
    let weave = weave(&site);
    weave.know_issuer(&Did::Key(acme().public()), Party::Person(eve.id)).await.unwrap();
    assert_eq!(brought(&site, alice, &a_year()).await, [Became::Counts]);
    assert!(picked(&weave, zoe).await.is_empty());
}

#[tokio::test]
async fn a_vouch_that_was_brought_goes_when_its_time_is_over() {
    let site = site().await;
    let (alice, zoe) = alice(&site).await;
    let weave = weave(&site);
    weave.know_issuer(&Did::Key(acme().public()), Party::Person(site.poster)).await.unwrap();
    assert_eq!(brought(&site, alice, &signed(vouch(NOON.plus(2 * DAY)))).await, [Became::Counts]);
    assert_eq!(picked(&weave, zoe).await, ["Alice"]);
    site.clock.advance(3 * DAY);
    assert!(picked(&weave, zoe).await.is_empty());
    assert!(site.ledger.imports_of(alice).await.unwrap().is_empty());
    let late = brought(&site, alice, &signed(vouch(NOON.plus(2 * DAY)))).await;
    assert!(matches!(&late[0], Became::Refused(why) if why.contains("the vouch held until")), "{late:?}");
}

#[tokio::test]
async fn each_vouch_that_cannot_be_taken_in_is_refused_by_its_reason_and_the_others_are_kept() {
    let site = site().await;
    let (alice, _) = alice(&site).await;
    let year = NOON.plus(365 * DAY);
    let other = SigningKey::from_seed(&[8; SEED_BYTES]).0;
    let of = |change: &dyn Fn(&mut Vouch)| {
        let mut changed = vouch(year);
        change(&mut changed);
        signed(changed)
    };
    let witness =
        Seen { by: "https://remote.example/users/bo".parse().unwrap(), post: "https://remote.example/1".into() };
    let own = keys(&site).of(Signer::Person(site.poster)).await.unwrap();
    let ours = Vouch { issuer: Did::Key(own.public()), ..vouch(year) }.into_credential().sign(&own, NOON).unwrap();
    let bad = [
        (a_year().replace("\"level\":3", "\"level\":2"), "the signature does not fit"),
        (a_year().replace(&acme().public().multikey(), &other.public().multikey()), "the signature does not fit"),
        (
            a_year().replacen(
                &format!("\"issuer\":\"{}", named(&acme())),
                &format!("\"issuer\":\"{}", named(&other)),
                1,
            ),
            "does not name a key of the issuer",
        ),
        (a_year().replacen('{', "{\"stars\":5,", 1), "`stars` is no field of a vouch"),
        (of(&|one| one.valid_from = NOON.plus(Duration::from_mins(6))), "that is still to come"),
        (of(&|one| one.valid_until = NOON.minus(Duration::from_secs(1))), "the vouch held until"),
        (of(&|one| one.subject = "https://remote.example/users/bo".parse().unwrap()), "it is about somebody else"),
        (of(&|one| one.seen = Some(witness.clone())), "a key alone says what it saw"),
        (of(&|one| one.issuer = "did:web:gigs.example".parse().unwrap()), "is none of the instances whose word counts"),
        (ours, "it was said here"),
        ("\"a text\"".to_owned(), "`the document` should be one object"),
    ];
    let file = format!("[{},{}]", bad.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(","), a_year());
    let became = brought(&site, alice, &file).await;
    for ((_, reason), one) in bad.iter().zip(&became) {
        assert!(matches!(one, Became::Refused(why) if why.contains(reason)), "{reason}: {one:?}");
    }
    assert_eq!(became.last(), Some(&Became::Kept));
    assert_eq!(site.ledger.imports_of(alice).await.unwrap().len(), 1);
}

fn named(key: &SigningKey) -> String {
    Did::Key(key.public()).to_string()
}

#[tokio::test]
async fn whoever_is_forgotten_is_forgotten_as_subject_and_as_issuer() {
    let site = site().await;
    let (alice, _) = alice(&site).await;
    let bo = Person::poster("Bo", NOON);
    site.put(gigcast::store::layout::person(bo.id), &bo).await;
    let issuer = Did::Key(acme().public());
    weave(&site).know_issuer(&issuer, Party::Person(bo.id)).await.unwrap();
    assert_eq!(brought(&site, alice, &a_year()).await, [Became::Counts]);
    site.ledger.forget_person(bo.id, site.clock.now()).await.unwrap().unwrap();
    assert!(site.ledger.imports_of(alice).await.unwrap().is_empty());
    assert!(site.ledger.evidence_about(Party::Person(alice)).await.unwrap().is_empty());
    assert_eq!(brought(&site, alice, &a_year()).await, [Became::Kept], "whose key it was is not known any more");
    site.ledger.forget_person(alice, site.clock.now()).await.unwrap().unwrap();
    assert!(site.ledger.imports_of(alice).await.unwrap().is_empty());
}

#[tokio::test]
async fn somebody_brings_vouches_on_the_page_of_their_record_and_drops_them_there() {
    let site = site().await;
    let (alice, _) = alice(&site).await;
    let token = Secret::new("sign-in-of-alice");
    site.ledger.begin_sign_in(&token, alice, NOON).await.unwrap();
    let mut her = Browser::at(&site);
    her.cookies.insert("__Host-gigcast".into(), token.expose().into());
    let answer = her.post("/me/bring", &[("vouches", &format!("[{}]", a_year()))]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("1 is kept until it is known here whose word"), "{}", answer.body);
    let page = her.get("/me/record").await.body;
    let signer = Did::Key(acme().public()).to_string();
    let whose = format!("Somebody who signs as {}… would hire you again: Illustration", &signer[..18]);
    assert!(page.contains(&whose) && signer.starts_with("did:key:z6Mk"), "{page}");
    assert!(page.contains("kept; counts once"), "{page}");
    let wrong = her.post("/me/bring", &[("vouches", r#"{"id": 1, "id": 2}"#)]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("stands twice"), "{}", wrong.body);
    weave(&site).know_issuer(&Did::Key(acme().public()), Party::Person(site.poster)).await.unwrap();
    let page = her.get("/me/record").await.body;
    assert!(page.contains("<span class=\"why\">counts, until"), "{page}");
    assert!(page.contains("<bdi>Acme would hire you again: Illustration</bdi>"), "{page}");

    let import = site.ledger.imports_of(alice).await.unwrap().swap_remove(0);
    let (lines, _guard) = super::Lines::listen();
    for told in [true, false] {
        let dropped = her.post("/me/bring/drop", &[("issuer", &import.issuer), ("id", &import.id)]).await;
        assert_eq!(dropped.status, 303);
        assert_eq!(lines.taken().contains("vouch.dropped"), told, "what is not there any more is not dropped again");
    }
    assert!(site.ledger.imports_of(alice).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_signs_in_by_a_number_is_known_by_the_address_under_which_others_saw_them() {
    let site = site().await;
    let person = Person::poster("Alice", NOON);
    let identity = Identity {
        account: AccountId::of(&[b"alice"]),
        person: person.id,
        network: "mastodon".into(),
        server: "https://remote.example".into(),
        native: "7".into(),
        handle: "alice@remote.example".into(),
        url: "https://remote.example/@alice".into(),
        since: NOON,
    };
    site.ledger.know(&person, &identity).await.unwrap();
    let refused = brought(&site, person.id, &a_year()).await;
    assert!(matches!(&refused[..], [Became::Refused(why)] if why.contains("about somebody else")), "{refused:?}");
    let id = ActorId::from_uri("mastodon", "https://remote.example/@alice");
    let actor = Actor {
        id,
        network: "mastodon".into(),
        uri: ALICE.into(),
        handle: identity.handle,
        name: "Alice".into(),
        url: Some(identity.url),
        indexing: Indexing::Allowed,
    };
    site.put(gigcast::store::layout::actor(id), &actor).await;
    assert_eq!(brought(&site, person.id, &a_year()).await, [Became::Kept]);
}
