//! Vouches that people take with them: downloaded from the pages, and checked by what the same pages publish.

#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

use crate::support::site::{Answer, NOON, Site, vault};
use gigcast::base64url;
use gigcast::credential::{Basis, Credential, Did, Level, Presented, Signer};
use gigcast::grants::VouchKeys;
use gigcast::id::{AccountId, PersonId};
use gigcast::person::{Identity, Indexing, Person};
use gigcast::secret::Secret;
use gigcast::store::Word;
use gigcast::store::memory::MemoryStore;
use gigcast::trust::{self, Deed, Party};
use serde_json::Value;
use std::time::Duration;

const PUBLIC: &str = "https://gigs.example";
const DID: &str = "/.well-known/did.json";
const POST: &str = "https://social.example/@bo/114";

/// What one download holds, and what the instance publishes beside it.
pub struct Taken {
    pub credentials: Vec<String>,
    pub document: String,
}

/// Acme would hire Alice again, whom it knows from a network, and Bo vouched for Acme in a public post.
async fn site(public_url: Option<&str>) -> Site {
    let site = Site::over(MemoryStore::new(), public_url).await;
    let alice = site.meet("Alice", Indexing::Allowed).await;
    let shy = site.meet("Shy", Indexing::Refused).await;
    let bo = bo(&site).await;
    let again = Deed::Vouch(trust::Level::WouldHireAgain);
    said(&site, site.poster, Party::Actor(alice), again, "https://gigs.example/people/acme").await;
    said(&site, site.poster, Party::Actor(shy), again, "https://gigs.example/people/acme").await;
    said(&site, bo, Party::Person(site.poster), Deed::Vouch(trust::Level::WorkedWith), POST).await;
    said(&site, bo, Party::Person(site.poster), Deed::Dispute(trust::Dispute::Mild, trust::Over::BadWork), POST).await;
    site
}

async fn bo(site: &Site) -> PersonId {
    let bo = Person::poster("Bo", NOON);
    site.put(gigcast::store::layout::person(bo.id), &bo).await;
    bo.id
}

async fn said(site: &Site, by: PersonId, about: Party, deed: Deed, source: &str) {
    said_in(site, "design/illustration", by, about, deed, source).await;
}

async fn said_in(site: &Site, category: &str, by: PersonId, about: Party, deed: Deed, source: &str) {
    let at = NOON.minus(Duration::from_hours(24));
    let category = Some(category.to_owned());
    site.ledger.say(&Word { by, about, deed, category, at, source: source.to_owned() }).await.unwrap();
}

/// As somebody who is signed in.
async fn asked(site: &Site, as_whom: PersonId, path: &str) -> Answer {
    let token = Secret::new(format!("token of {as_whom}").replace(' ', "-"));
    site.ledger.begin_sign_in(&token, as_whom, NOON).await.unwrap();
    let name = if site.get(DID).await.status == 200 { "__Host-gigcast" } else { "gigcast" };
    let cookie = format!("{name}={}", token.expose());
    site.ask("GET", path, &[("cookie", &cookie)], b"").await
}

async fn download(site: &Site) -> Vec<String> {
    let answer = asked(site, site.poster, &format!("/people/{}/vouches.json", site.poster)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"vouches.json\""));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("cache-control").unwrap().contains("no-store"));
    let all: Vec<Value> = serde_json::from_str(&answer.body).unwrap();
    all.iter().map(Value::to_string).collect()
}

pub async fn taken_along() -> Taken {
    let site = site(Some(PUBLIC)).await;
    Taken { credentials: download(&site).await, document: site.get(DID).await.body }
}

fn verified(credential: &str, document: Option<&str>) -> Credential {
    let presented = Presented::read(credential.as_bytes()).unwrap();
    presented.verify(document.map(str::as_bytes), NOON).unwrap()
}

#[tokio::test]
async fn given_vouches_leave_in_the_persons_name_and_received_ones_in_that_of_their_witness() {
    let taken = taken_along().await;
    let [given, received] = &taken.credentials[..] else { panic!("{:?}", taken.credentials) };
    let given = verified(given, None).vouch;
    assert!(matches!(given.issuer, Did::Key(_)));
    assert_eq!(given.subject.as_str(), "https://remote.example/users/alice");
    assert_eq!((given.level, given.basis), (Level::WouldHireAgain, Basis::Word));
    assert_eq!((given.category.as_str(), given.seen), ("design/illustration", None));
    assert_eq!(given.valid_from, NOON.minus(Duration::from_hours(24)));
    assert_eq!(given.valid_until, given.valid_from.plus(Duration::from_hours(730 * 24)));

    let received = verified(received, Some(&taken.document)).vouch;
    assert_eq!(received.issuer.to_string(), "did:web:gigs.example");
    assert_eq!(received.subject.as_str(), given.issuer.to_string(), "who has no address goes by their key");
    assert_eq!((received.level, received.basis), (Level::WorkedWith, Basis::Worked));
    assert_eq!(received.seen.map(|seen| seen.post).as_deref(), Some(POST));
}

#[tokio::test]
async fn a_hire_stands_behind_vouches_for_its_own_kind_of_work_alone() {
    let site = site(Some(PUBLIC)).await;
    let (alice, again) = (site.meet("Alice", Indexing::Allowed).await, Deed::Vouch(trust::Level::WouldHireAgain));
    said_in(&site, "design/brand", site.poster, Party::Actor(alice), again, "https://gigs.example/people/acme").await;
    said(&site, site.poster, Party::Actor(alice), Deed::Hired, "https://gigs.example/g/1").await;
    let all = download(&site).await;
    let given = all.iter().map(|one| Presented::read(one.as_bytes()).unwrap());
    let given = given.filter_map(|one| one.verify(None, NOON).ok()).map(|one| (one.vouch.category, one.vouch.basis));
    let mut given: Vec<_> = given.collect();
    given.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(given, [("design/brand".into(), Basis::Word), ("design/illustration".into(), Basis::Hired)]);
}

#[tokio::test]
async fn the_same_vouch_taken_twice_is_the_same() {
    let site = site(Some(PUBLIC)).await;
    assert_eq!(download(&site).await, download(&site).await);
}

#[tokio::test]
async fn whoever_asked_not_to_be_listed_is_named_in_nobodys_download() {
    let site = site(Some(PUBLIC)).await;
    let bo = PersonId::from_name("Bo");
    let worked = Deed::Vouch(trust::Level::WorkedWith);
    said(&site, site.poster, Party::Person(bo), worked, "https://gigs.example/people/acme").await;
    assert_eq!(download(&site).await.len(), 3, "Alice and Bo, and what Bo said");
    site.ledger.unlist(bo, NOON).await.unwrap();
    let left = download(&site).await;
    assert_eq!(left.len(), 1, "neither what Bo said nor what was said of Bo: {left:?}");
    assert!(left[0].contains("https://remote.example/users/alice"), "{left:?}");
}

#[tokio::test]
async fn nobody_takes_anothers_vouches() {
    let site = site(Some(PUBLIC)).await;
    let of_acme = format!("/people/{}/vouches.json", site.poster);
    let anyone = site.get(&of_acme).await;
    assert!(anyone.status != 200 && !anyone.body.contains("Credential"), "{} {}", anyone.status, anyone.body);
    let another = asked(&site, PersonId::from_name("Bo"), &of_acme).await;
    assert_eq!(another.status, 403);
    assert!(another.body.contains("These are somebody else&#39;s vouches"), "{}", another.body);
    let page = format!("/people/{}", site.poster);
    assert!(asked(&site, site.poster, &page).await.body.contains(&of_acme));
    assert!(!asked(&site, PersonId::from_name("Bo"), &page).await.body.contains(&of_acme));
}

#[tokio::test]
async fn the_hosts_key_is_published_where_others_can_look_it_up() {
    let site = site(Some(PUBLIC)).await;
    let document = site.get(DID).await;
    assert_eq!((document.status, document.header("content-type")), (200, Some("application/did+json")));
    assert_eq!(document.json()["id"], "did:web:gigs.example");
    for unnamed in [None, Some("http://gigs.example"), Some("https://192.0.2.1"), Some("https://gigs.example/cast")] {
        let site = Site::over(MemoryStore::new(), unnamed).await;
        assert_eq!(site.get(DID).await.status, 404, "{unnamed:?}");
    }
}

#[tokio::test]
async fn an_instance_without_a_public_name_bears_witness_by_its_key() {
    let site = site(None).await;
    let [_, received] = &download(&site).await[..] else { panic!("two vouches") };
    let received = verified(received, None).vouch;
    assert!(matches!(received.issuer, Did::Key(_)) && received.seen.is_some(), "{received:?}");
}

#[tokio::test]
async fn an_address_on_this_machine_is_signed_only_where_nobody_else_sees_it() {
    let again = Deed::Vouch(trust::Level::WouldHireAgain);
    let here = "http://127.0.0.1:3000/users/bo";
    let subjects = async |public_url: Option<&str>| {
        let site = Site::over(MemoryStore::new(), public_url).await;
        let met = site.meet("Bo", Indexing::Allowed).await;
        let actor = site.ledger.actor(met).await.unwrap().unwrap();
        let actor = gigcast::person::Actor { uri: here.into(), url: None, ..actor };
        site.put(gigcast::store::layout::actor(met), &actor).await;
        said(&site, site.poster, Party::Actor(met), again, "page").await;
        let keys = VouchKeys::new(site.ledger.clone(), vault(), public_url);
        let weave = gigcast::weave::Weave::new(
            site.ledger.clone(),
            std::sync::Arc::new(site.clock.clone()),
            std::sync::Arc::new(gigcast::plan::taxonomy::Taxonomy::builtin().clone()),
        );
        let taken = weave.portable(Party::Person(site.poster), &keys).await.unwrap().unwrap();
        let subject = |credential: &String| verified(credential, None).vouch.subject.to_string();
        (taken.given.iter().map(subject).collect::<Vec<_>>(), taken.left_out)
    };
    assert_eq!(subjects(None).await, (vec![here.to_owned()], 0));
    assert_eq!(subjects(Some("http://127.0.0.1:8420")).await, (vec![here.to_owned()], 0));
    assert_eq!(subjects(Some(PUBLIC)).await, (vec![], 1), "elsewhere it is somebody else's address");
}

#[tokio::test]
async fn what_was_seen_on_this_machine_is_signed_only_there_and_whoever_has_no_other_address_goes_by_their_key() {
    let here = "http://127.0.0.1:3000/users/bo";
    let seen = async |public_url: Option<&str>, post: &str| {
        let site = Site::over(MemoryStore::new(), public_url).await;
        let bo = Person::poster("Bo", NOON);
        let identity = Identity {
            account: AccountId::of(&[b"bo"]),
            person: bo.id,
            network: "mastodon".into(),
            server: "http://127.0.0.1:3000".into(),
            native: here.into(),
            handle: "bo@127.0.0.1:3000".into(),
            url: here.into(),
            since: NOON,
        };
        site.ledger.know(&bo, &identity).await.unwrap();
        let worked = Deed::Vouch(trust::Level::WorkedWith);
        said(&site, bo.id, Party::Person(site.poster), worked, post).await;
        let keys = VouchKeys::new(site.ledger.clone(), vault(), public_url);
        let key = Did::Key(keys.of(Signer::Person(bo.id)).await.unwrap().public()).to_string();
        let taken = site.weave.portable(Party::Person(site.poster), &keys).await.unwrap().unwrap();
        let document = keys.document().await.unwrap();
        let by = |one: &String| verified(one, document.as_deref()).vouch.seen.unwrap().by.to_string();
        let by: Vec<String> = taken.received.iter().map(by).collect();
        (
            by.into_iter().map(|by| if by == key { "their key".to_owned() } else { by }).collect::<Vec<_>>(),
            taken.left_out,
        )
    };
    let there = "http://127.0.0.1:3000/@bo/1";
    assert_eq!(seen(None, there).await, (vec![here.to_owned()], 0));
    assert_eq!(seen(Some(PUBLIC), POST).await, (vec!["their key".to_owned()], 0));
    assert_eq!(seen(Some(PUBLIC), there).await, (vec![], 1));
}

#[tokio::test]
async fn a_withdrawn_vouch_is_not_signed_any_more() {
    let site = site(Some(PUBLIC)).await;
    assert_eq!(download(&site).await.len(), 2);
    let bo = PersonId::from_name("Bo");
    let (deed, category) = (Deed::Vouch(trust::Level::WorkedWith), Some("design/illustration".to_owned()));
    let word = Word { by: bo, about: Party::Person(site.poster), deed, category, at: NOON, source: POST.to_owned() };
    assert!(site.ledger.unsay(&word).await.unwrap());
    assert_eq!(download(&site).await.len(), 1);
}

#[tokio::test]
async fn the_seeds_of_keys_are_found_nowhere_but_sealed() {
    let site = site(Some(PUBLIC)).await;
    let credentials = download(&site).await.concat();
    let keys = VouchKeys::new(site.ledger.clone(), vault(), Some(PUBLIC));
    let shown = format!("{keys:?} {:?}", keys.of(Signer::Instance).await.unwrap());
    for signer in [Signer::Instance, Signer::Person(site.poster)] {
        let sealed = site.ledger.vouch_key(signer).await.unwrap().expect("it was needed");
        let seed = vault().open_vouch_key(signer, &sealed).unwrap();
        let open = base64url::decode(seed.expose()).unwrap();
        assert!(open.len() == 32 && !shown.contains(seed.expose()) && !credentials.contains(seed.expose()));
        for (key, value) in site.store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap() {
            let shows =
                |mark: &[u8]| [&key[..], &value[..]].iter().any(|part| part.windows(mark.len()).any(|w| w == mark));
            assert!(!shows(&open) && !shows(seed.expose().as_bytes()), "{key:?} holds the seed of {signer:?}");
        }
    }
}
