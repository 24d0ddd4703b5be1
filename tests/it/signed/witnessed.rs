//! Vouches that another instance signed as what it saw: whose word they are here, and what is refused because of whoever signed it.

use super::{Browser, site};
use crate::support::answers::answer;
use crate::support::site::{NOON, Site, vault};
use gigcast::clock::{BoxFuture, Clock, SystemClock};
use gigcast::credential::key::SEED_BYTES;
use gigcast::credential::{Basis, Did, Level, Seen, Signer, SigningKey, Vouch, WebDid, instance};
use gigcast::failure::{Failure, Why};
use gigcast::grants::VouchKeys;
use gigcast::id::{AccountId, ActorId, PersonId};
use gigcast::person::{Actor, Identity, Indexing, Person};
use gigcast::ports::{Follow, Request, Response, Wire};
use gigcast::secret::Secret;
use gigcast::store::{Ledger, Word, layout};
use gigcast::trust::{self, Deed, Party};
use gigcast::weave::{Became, Portable, Question, Weave};
use gigcast::wire::{Client, Settings};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
const HOST: &str = "gigs.example";
const POST: &str = "https://remote.example/@bo/114";
const DOCUMENT: &str = "https://gigs.example/.well-known/did.json";

/// What the web answers, by address; what is not here cannot be reached.
#[derive(Default)]
struct Web {
    pages: Mutex<BTreeMap<String, (u16, String)>>,
    asked: Mutex<Vec<String>>,
}

impl Web {
    fn with(pages: &[(&str, u16, &str)]) -> Arc<Self> {
        let pages = pages.iter().map(|(url, status, page)| ((*url).to_owned(), (*status, (*page).to_owned())));
        Arc::new(Self { pages: Mutex::new(pages.collect()), asked: Mutex::default() })
    }
}

impl Wire for Web {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async move {
            assert_eq!(request.follow, Follow::No, "no redirect leads anywhere else");
            self.asked.lock().unwrap().push(request.url.clone());
            let page = self.pages.lock().unwrap().get(&request.url).cloned();
            let Some((status, page)) = page else {
                return Err(Failure::Transient(Why::new("gigs.example refused the connection")));
            };
            if page.len() > request.max_bytes {
                let said = format!("the answer of gigs.example (200) is longer than {} bytes", request.max_bytes);
                return Err(Failure::Unknown(Why::new(said)));
            }
            Ok(answer(status, &[], page))
        })
    }
}

fn address(name: &str) -> String {
    format!("https://remote.example/users/{name}")
}

fn actor_at(name: &str) -> ActorId {
    ActorId::from_uri("mastodon", &address(name))
}

/// Somebody who was seen under a post.
async fn seen(site: &Site, name: &str) -> Party {
    let (id, uri) = (actor_at(name), address(name));
    let actor = Actor {
        id,
        network: "mastodon".into(),
        uri,
        handle: format!("{name}@remote.example"),
        name: name.into(),
        url: None,
        indexing: Indexing::Allowed,
    };
    site.put(layout::actor(id), &actor).await;
    Party::Actor(id)
}

/// Somebody who signs in by the account that others write about.
async fn signed_in(site: &Site, name: &str) -> PersonId {
    let person = Person::poster(name, NOON);
    let identity = Identity {
        account: AccountId::of(&[name.as_bytes()]),
        person: person.id,
        network: "mastodon".into(),
        server: "https://remote.example".into(),
        native: address(name),
        handle: format!("{name}@remote.example"),
        url: address(name),
        since: NOON,
    };
    site.ledger.know(&person, &identity).await.unwrap();
    person.id
}

async fn says(ledger: &Ledger, by: PersonId, about: Party, source: &str) {
    let deed = Deed::Vouch(trust::Level::WouldHireAgain);
    let category = Some("design/illustration".to_owned());
    ledger.say(&Word { by, about, deed, category, at: NOON.minus(DAY), source: source.into() }).await.unwrap();
}

/// Zoe would hire Bo again, and Alice has signed in: what Bo says of her, Zoe hears.
async fn away() -> (Site, PersonId, PersonId) {
    let away = site().await;
    let alice = signed_in(&away, "alice").await;
    let zoe = Person::poster("Zoe", NOON).id;
    away.put(layout::person(zoe), &Person::poster("Zoe", NOON)).await;
    let bo = seen(&away, "bo").await;
    says(&away.ledger, zoe, bo, "https://gigs.example/people/bo").await;
    (away, alice, zoe)
}

async fn became(weave: &Weave, site: &Site, person: PersonId, file: &str) -> Vec<Became> {
    let keys = VouchKeys::new(site.ledger.clone(), vault(), Some("https://away.example"));
    let all = weave.bring(person, file.as_bytes(), &keys).await.unwrap().unwrap();
    all.into_iter().map(|one| one.became).collect()
}

/// Whom Zoe's circle picks, and where the last step to them is to be read.
async fn picked(weave: &Weave, zoe: PersonId) -> Vec<(String, Option<String>)> {
    let question = Question { poster: zoe, category: Some("design/illustration".into()), top: 20, without: None };
    let picks = weave.whom(&question).await.unwrap().picks;
    let last = |pick: &gigcast::weave::Pick| pick.paths[0].steps.last().and_then(|step| step.source.clone());
    picks.iter().map(|pick| (pick.who.name.clone(), last(pick))).collect()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; SEED_BYTES]).0
}

fn host() -> WebDid {
    WebDid::of_host(HOST, None).unwrap()
}

/// That gigs.example saw Bo vouch for Alice.
fn sight() -> Vouch {
    Vouch {
        issuer: Did::Web(host()),
        subject: address("alice").parse().unwrap(),
        category: "design/illustration".into(),
        level: Level::WouldHireAgain,
        basis: Basis::Word,
        valid_from: NOON.minus(DAY),
        valid_until: NOON.plus(365 * DAY),
        seen: Some(Seen { by: address("bo").parse().unwrap(), post: POST.into() }),
    }
}

fn signed(vouch: Vouch) -> String {
    vouch.into_credential().sign(&key(), NOON).unwrap()
}

fn published() -> String {
    instance::document_of(&host(), &[key().public()])
}

#[tokio::test]
async fn what_a_listed_instance_saw_counts_as_the_word_of_whoever_wrote_it() {
    // At home Bo vouched for Alice in a post. What home signs of it, she takes along.
    let home = site().await;
    let (bo, alice) = (signed_in(&home, "bo").await, seen(&home, "alice").await);
    says(&home.ledger, bo, alice, POST).await;
    let keys = VouchKeys::new(home.ledger.clone(), vault(), Some("https://gigs.example"));
    let taken = home.weave.portable(alice, &keys).await.unwrap().unwrap();
    assert_eq!(taken.received.len(), 1, "{taken:?}");

    let (away, alice, zoe) = away().await;
    let web = Web::with(&[(DOCUMENT, 200, &home.get("/.well-known/did.json").await.body)]);
    let weave = away.weave.clone().believing(&[], web.clone());
    let refused = became(&weave, &away, alice, &taken.file()).await;
    assert!(
        matches!(&refused[..], [Became::Refused(why)] if why.contains("the operator lists those in trust.instances"))
    );
    assert!(web.asked.lock().unwrap().is_empty(), "a host that nobody listed is not even asked");

    weave.believe(vec![HOST.to_owned()]).await.unwrap();
    assert_eq!(picked(&weave, zoe).await, []);
    let ours = VouchKeys::new(away.ledger.clone(), vault(), Some("https://gigs.example"));
    let own = weave.bring(alice, taken.file().as_bytes(), &ours).await.unwrap().unwrap();
    assert!(matches!(&own[0].became, Became::Refused(why) if why.contains("it was said here")), "{own:?}");
    web.asked.lock().unwrap().clear();
    assert_eq!(became(&weave, &away, alice, &taken.file()).await, [Became::Counts]);
    assert_eq!(*web.asked.lock().unwrap(), [DOCUMENT]);
    let signed = weave.portable(Party::Person(alice), &ours).await.unwrap().unwrap();
    assert_eq!(signed, Portable::default(), "who lists us does not list those whom we list");
    let [(name, source)] = &picked(&weave, zoe).await[..] else { panic!("nobody") };
    assert_eq!(name, "alice");
    assert!(source.as_deref().unwrap().starts_with(&format!("{POST}#did:web:gigs.example,urn:uuid:")), "{source:?}");
    let again = became(&weave, &away, alice, &taken.file()).await;
    assert!(matches!(&again[..], [Became::Refused(why)] if why.contains("here already")), "{again:?}");

    // An instance that is believed no more is as if it had said nothing; believed again, it has said it.
    weave.believe(Vec::new()).await.unwrap();
    assert_eq!(picked(&weave, zoe).await, []);
    assert_eq!(away.ledger.imports_of(alice).await.unwrap().len(), 1, "it is kept");
    weave.believe(vec![HOST.to_owned()]).await.unwrap();
    assert_eq!(picked(&weave, zoe).await.len(), 1);
    let import = away.ledger.imports_of(alice).await.unwrap().swap_remove(0);
    assert!(weave.drop_import(alice, &import.issuer, &import.id).await.unwrap());
    assert_eq!(picked(&weave, zoe).await, []);
}

#[tokio::test]
async fn an_author_who_has_signed_in_goes_by_their_name_though_nobody_saw_them_under_a_post() {
    let site = site().await;
    let name = async |who: &str| site.weave.named(Party::Actor(actor_at(who))).await.unwrap().map(|named| named.name);
    assert_eq!(name("lena").await, None, "nobody knows them");
    let lena = signed_in(&site, "lena").await;
    assert_eq!(name("lena").await.as_deref(), Some("lena"));
    site.ledger.unlist(lena, NOON).await.unwrap();
    assert_eq!(name("lena").await, None, "whoever does not wish to be named is not");
}

#[tokio::test]
async fn whoever_an_instance_knows_by_their_key_alone_is_whom_the_operator_says_that_signs_by_it() {
    // At home Bo has no address that means anything elsewhere, so home writes down the key that Bo's own vouches are signed by.
    let home = site().await;
    let (bo, alice) = (Person::poster("Bo", NOON), seen(&home, "alice").await);
    home.put(layout::person(bo.id), &bo).await;
    says(&home.ledger, bo.id, alice, POST).await;
    let keys = VouchKeys::new(home.ledger.clone(), vault(), Some("https://gigs.example"));
    let taken = home.weave.portable(alice, &keys).await.unwrap().unwrap();
    let named = Did::Key(keys.of(Signer::Person(bo.id)).await.unwrap().public());
    assert!(taken.received[0].contains(&format!("\"by\":\"{named}\"")), "{taken:?}");

    let (away, alice, zoe) = away().await;
    let web = Web::with(&[(DOCUMENT, 200, &home.get("/.well-known/did.json").await.body)]);
    let weave = away.weave.clone().believing(&[HOST.to_owned()], web);
    assert_eq!(became(&weave, &away, alice, &taken.file()).await, [Became::Kept]);
    let [bo, cy] = [signed_in(&away, "bo").await, signed_in(&away, "cy").await];
    assert_eq!(weave.know_issuer(&named, Party::Person(cy)).await.unwrap(), 1);
    assert_eq!(picked(&weave, zoe).await, [], "Zoe does not know Cy");
    assert_eq!(weave.know_issuer(&named, Party::Person(bo)).await.unwrap(), 1, "a mistake is set right");
    let picks = picked(&weave, zoe).await;
    assert!(matches!(&picks[..], [(name, Some(source))] if name == "alice" && source.starts_with(POST)), "{picks:?}");
    assert_eq!(weave.know_issuer(&named, Party::Person(bo)).await.unwrap(), 0, "it was so already");
    let signed = weave.portable(Party::Person(bo), &keys).await.unwrap().unwrap();
    assert_eq!(signed.given, [] as [String; 0], "Bo said nothing here that Bo's key of here could sign");

    let import = away.ledger.imports_of(alice).await.unwrap().swap_remove(0);
    assert!(weave.drop_import(alice, &import.issuer, &import.id).await.unwrap());
    assert_eq!(became(&weave, &away, alice, &taken.file()).await, [Became::Counts], "the key is known by now");
    // Who said it takes it back like any other word.
    let (deed, category) = (Deed::Vouch(trust::Level::WouldHireAgain), Some("design/illustration".to_owned()));
    let word = Word { by: bo, about: Party::Person(alice), deed, category, at: NOON, source: String::new() };
    assert!(weave.unsay(&word).await.unwrap());
    let beside = Word { category: Some("design/brand".to_owned()), source: "page".to_owned(), ..word };
    away.ledger.say(&beside).await.unwrap();
    let said = away.ledger.evidence_about(Party::Person(alice)).await.unwrap();
    for hosts in [Vec::new(), vec![HOST.to_owned()]] {
        weave.believe(hosts).await.unwrap();
        assert_eq!(away.ledger.evidence_about(Party::Person(alice)).await.unwrap(), said, "that other word alone");
    }
}

#[tokio::test]
async fn whoever_is_forgotten_is_named_by_no_key_though_nothing_of_it_counted() {
    let (away, alice, _) = away().await;
    let weave = away.weave.clone().believing(&[HOST.to_owned()], Web::with(&[(DOCUMENT, 200, &published())]));
    let named = Did::Key(SigningKey::from_seed(&[9; SEED_BYTES]).0.public());
    for by in [named.to_string(), address("cy")] {
        let seen = Some(Seen { by: by.parse().unwrap(), post: POST.into() });
        assert_eq!(became(&weave, &away, alice, &signed(Vouch { seen, ..sight() })).await, [Became::Kept]);
    }
    let [bo, cy] = [signed_in(&away, "bo").await, signed_in(&away, "cy").await];
    assert_eq!(weave.know_issuer(&named, Party::Person(bo)).await.unwrap(), 1);
    weave.believe(Vec::new()).await.unwrap();
    assert_eq!(away.ledger.evidence_about(Party::Person(alice)).await.unwrap(), []);
    away.ledger.forget_person(cy, NOON).await.unwrap().unwrap();
    assert_eq!(away.ledger.imports_of(alice).await.unwrap().len(), 1, "the other is not of Cy");
    away.ledger.forget_person(bo, NOON).await.unwrap().unwrap();
    assert_eq!(away.ledger.imports_of(alice).await.unwrap(), []);
}

#[tokio::test]
async fn what_an_instance_saw_of_whoever_signs_here_was_said_here() {
    let (away, alice, _) = away().await;
    let weave = away.weave.clone().believing(&[HOST.to_owned()], Web::with(&[(DOCUMENT, 200, &published())]));
    let bo = signed_in(&away, "bo").await;
    let by = Did::Key(her_key(&away, bo).await.public()).to_string().parse().unwrap();
    let own = signed(Vouch { seen: Some(Seen { by, post: POST.into() }), ..sight() });
    let refused = became(&weave, &away, alice, &own).await;
    assert!(matches!(&refused[..], [Became::Refused(why)] if why.contains("it was said here")), "{refused:?}");
}

#[tokio::test]
async fn what_a_host_signed_is_refused_where_its_key_cannot_be_had_and_nothing_of_it_is_kept() {
    let (away, alice, _) = away().await;
    let other = SigningKey::from_seed(&[8; SEED_BYTES]).0.public();
    let unasserted = published().replace("\"assertionMethod\"", "\"authentication\"");
    let elsewhere = WebDid::of_host("other.example", None).unwrap();
    let big = format!("{}{}", published(), " ".repeat(instance::MOST_BYTES));
    for (pages, reason) in [
        (
            vec![],
            "the key of gigs.example cannot be looked up: gigs.example refused the connection; nothing of it was taken in, bring it again later",
        ),
        (vec![(DOCUMENT, 404, "")], "gigs.example answers 404 where its keys should be"),
        (vec![(DOCUMENT, 301, "")], "gigs.example answers 301 where its keys should be"),
        (vec![(DOCUMENT, 200, "<html>")], "no document of its own keys"),
        (vec![(DOCUMENT, 200, big.as_str())], "is longer than 65536 bytes; nothing of it was taken in"),
        (vec![(DOCUMENT, 200, &instance::document_of(&elsewhere, &[key().public()]))], "no document of its own keys"),
        // A key that was changed, or that signs in but asserts nothing.
        (
            vec![(DOCUMENT, 200, &instance::document_of(&host(), &[other]))],
            "the proof does not name a key of the issuer",
        ),
        (vec![(DOCUMENT, 200, &unasserted)], "the proof does not name a key of the issuer"),
        // Another key by the name of the one that signed.
        (
            vec![(
                DOCUMENT,
                200,
                &published().replace(
                    &format!("\"publicKeyMultibase\":\"{}", key().public().multikey()),
                    &format!("\"publicKeyMultibase\":\"{}", other.multikey()),
                ),
            )],
            "the signature does not fit",
        ),
    ] {
        let weave = away.weave.clone().believing(&[HOST.to_owned()], Web::with(&pages));
        let refused = became(&weave, &away, alice, &signed(sight())).await;
        assert!(matches!(&refused[..], [Became::Refused(why)] if why.contains(reason)), "{reason}: {refused:?}");
    }
    assert_eq!(away.ledger.imports_of(alice).await.unwrap(), []);
}

#[tokio::test]
async fn a_host_that_leads_to_private_addresses_is_not_asked_though_it_is_listed() {
    let (away, alice, _) = away().await;
    let settings = Settings {
        trusted_origins: Vec::new(),
        connect_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_secs(4),
        user_agent: "gigcast/0".into(),
    };
    let wire = Client::new(settings, Arc::new(SystemClock::default()) as Arc<dyn Clock>).unwrap();
    let weave = away.weave.clone().believing(&["localhost:8443".to_owned()], Arc::new(wire));
    let inside = Vouch { issuer: "did:web:localhost%3A8443".parse().unwrap(), ..sight() };
    let refused = became(&weave, &away, alice, &signed(inside)).await;
    assert!(
        matches!(&refused[..], [Became::Refused(why)] if why.contains("localhost is not a public address") && !why.contains("later")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn of_each_host_one_document_is_asked_for_in_a_file_and_no_more_than_eight_in_all() {
    let (away, alice, _) = away().await;
    let web = Web::with(&[(DOCUMENT, 200, &published())]);
    let weave = away.weave.clone().believing(&[HOST.to_owned()], web.clone());
    let levels = [Level::KnowsTheWork, Level::WorkedWith, Level::WouldHireAgain];
    let three: Vec<String> = levels.into_iter().map(|level| signed(Vouch { level, ..sight() })).collect();
    let all = became(&weave, &away, alice, &format!("[{}]", three.join(","))).await;
    assert_eq!(all, [Became::Counts, Became::Counts, Became::Counts]);
    assert_eq!(*web.asked.lock().unwrap(), [DOCUMENT]);

    let people = (0..20).map(|n| format!("did:web:gigs.example:people:p{n:02}").parse().unwrap());
    let own: Vec<String> = people.map(|issuer| signed(Vouch { issuer, seen: None, ..sight() })).collect();
    let all = became(&weave, &away, alice, &format!("[{}]", own.join(","))).await;
    assert_eq!(web.asked.lock().unwrap().len(), 1 + 8);
    let told = all.iter().filter(|one| matches!(one, Became::Refused(why) if why.contains("at most 8 documents")));
    assert_eq!(told.count(), 12, "{all:?}");
}

#[tokio::test]
async fn what_an_instance_saw_waits_for_its_author_and_is_not_taken_of_whoever_does_not_wish_it() {
    let (away, alice, zoe) = away().await;
    let weave = away.weave.clone().believing(&[HOST.to_owned()], Web::with(&[(DOCUMENT, 200, &published())]));
    let by = |name: &str| Seen { by: address(name).parse().unwrap(), post: POST.into() };
    let of_cy = signed(Vouch { seen: Some(by("cy")), ..sight() });
    assert_eq!(became(&weave, &away, alice, &of_cy).await, [Became::Kept]);
    assert_eq!(picked(&weave, zoe).await, []);
    // Cy comes, and Zoe trusts them.
    let cy = signed_in(&away, "cy").await;
    says(&away.ledger, zoe, Party::Person(cy), "https://gigs.example/people/cy").await;
    assert_eq!(picked(&weave, zoe).await.len(), 1);

    away.ledger.forget_person(cy, NOON).await.unwrap().unwrap();
    assert_eq!(away.ledger.imports_of(alice).await.unwrap(), [], "nothing that names them stays");
    assert_eq!(picked(&weave, zoe).await, []);
    let again = became(&weave, &away, alice, &of_cy).await;
    assert!(matches!(&again[..], [Became::Refused(why)] if why.contains("does not wish to be named")), "{again:?}");

    let herself = Vouch { subject: address("alice").parse().unwrap(), seen: Some(by("alice")), ..sight() };
    assert!(herself.clone().into_credential().sign(&key(), NOON).is_err(), "nobody would sign that");
    // Under a name that the instance does not know to be hers.
    let herself =
        Vouch { subject: Did::Key(her_key(&away, alice).await.public()).to_string().parse().unwrap(), ..herself };
    let refused = became(&weave, &away, alice, &signed(herself)).await;
    assert!(
        matches!(&refused[..], [Became::Refused(why)] if why.contains("nobody vouches for themselves")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_author_takes_back_on_a_page_what_an_instance_saw_and_is_not_made_to_say_it_again() {
    let (away, alice, zoe) = away().await;
    let weave = away.weave.clone().believing(&[HOST.to_owned()], Web::with(&[(DOCUMENT, 200, &published())]));
    assert_eq!(became(&weave, &away, alice, &signed(sight())).await, [Became::Counts]);
    assert_eq!(picked(&weave, zoe).await.len(), 1);
    let mut hers = browser(&away, alice).await;
    let page = hers.get("/me/record").await.body;
    let line = "as <bdi>gigs.example</bdi> saw in <a href=\"https://remote.example/@bo/114\"";
    assert!(page.contains(line) && page.contains("; counts, until"), "{page}");

    let file = hers.get("/me/record.json").await.json();
    assert_eq!(file["sights"][0]["post"], POST, "{file}");

    let bo = signed_in(&away, "bo").await;
    let mut his = browser(&away, bo).await;
    let page = his.get("/me/record").await.body;
    let field = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name}: {page}"));
        rest.split('"').next().unwrap().replace("&#38;", "&")
    };
    let form =
        [("about", field("about")), ("sort", field("sort")), ("category", field("category")), ("post", field("post"))];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut strangers = browser(&away, zoe).await;
    assert_eq!(strangers.post("/me/withdraw", &form).await.status, 303);
    assert_eq!(away.ledger.evidence_about(Party::Person(alice)).await.unwrap().len(), 1, "it is not Zoe's");
    assert_eq!(his.post("/me/withdraw", &form).await.status, 303);
    assert_eq!(away.ledger.evidence_about(Party::Person(alice)).await.unwrap(), []);
    let page = hers.get("/me/record").await.body;
    assert!(page.contains("; taken back by whoever said it, until") && !page.contains("; counts"), "{page}");
    for hosts in [Vec::new(), vec![HOST.to_owned()]] {
        weave.believe(hosts).await.unwrap();
        assert_eq!(picked(&weave, zoe).await, []);
    }
}

#[tokio::test]
async fn to_take_a_vouch_back_on_somebodys_page_is_to_take_it_back_wherever_it_was_said() {
    let (away, alice, zoe) = away().await;
    let weave = away.weave.clone().believing(&[HOST.to_owned()], Web::with(&[(DOCUMENT, 200, &published())]));
    assert_eq!(became(&weave, &away, alice, &signed(sight())).await, [Became::Counts]);
    let bo = signed_in(&away, "bo").await;
    let mut his = browser(&away, bo).await;
    for (category, status, left) in [("design/brand", 422, 1), ("design/illustration", 303, 0)] {
        let back = his.post(&format!("/people/{alice}/say"), &[("word", "nothing"), ("category", category)]).await;
        assert_eq!(back.status, status, "{}", back.body);
        assert_eq!(picked(&weave, zoe).await.len(), left, "{category}");
    }
}

async fn browser(site: &Site, person: PersonId) -> Browser<'_> {
    let token = Secret::new(format!("sign-in-of-{person}"));
    site.ledger.begin_sign_in(&token, person, NOON).await.unwrap();
    let mut browser = Browser::at(site);
    browser.cookies.insert("__Host-gigcast".into(), token.expose().into());
    browser
}

async fn her_key(site: &Site, person: PersonId) -> SigningKey {
    let keys = VouchKeys::new(site.ledger.clone(), vault(), None);
    keys.of(Signer::Person(person)).await.unwrap()
}
