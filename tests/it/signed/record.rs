//! What the page of one's own record shows, row by row; and what stays in the log and in the browser of what one does there.

use super::{Browser, Lines, id, site};
use crate::support::site::{Answer, NOON, Site, logo};
use crate::support::through::{Alters, Through};
use gigcast::clock::BoxFuture;
use gigcast::engagement::Engagement;
use gigcast::id::{ActorId, EngagementId, PersonId};
use gigcast::person::{Actor, Indexing, Person};
use gigcast::ports::{Batch, Commit, Store, StoreError};
use gigcast::profile::EngagementKind;
use gigcast::store::layout;
use gigcast::store::memory::MemoryStore;
use gigcast::trust::Party;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn person(handle: &str) -> PersonId {
    Person::freelancer(id(handle), handle, NOON).id
}

/// The rows of what is held: the name of each with its values.
fn rows(page: &Answer) -> Vec<(String, Vec<String>)> {
    let body = &page.body;
    let values = |cell: &str| {
        let each = cell.split("<bdi>").skip(1).map(|rest| rest.split_once("</bdi>").unwrap().0.to_owned());
        each.collect()
    };
    let row = |rest: &str| {
        let (name, rest) = rest.split_once("</th>").unwrap();
        (name.to_owned(), values(rest.split_once("</td>").unwrap().0))
    };
    body.split("<th scope=\"row\">").skip(1).map(row).collect()
}

async fn did(site: &Site, actor: ActorId, kind: EngagementKind, words: Option<&str>) {
    let gig = site.take(&logo()).await;
    let id = EngagementId::from_deed("post", kind, actor, words);
    let account = gigcast::id::AccountId::of(&[b"a"]);
    let words = words.map(str::to_owned);
    let (gig, first_seen) = (gig.id, gig.first_seen);
    let deed = Engagement { id, gig, account, kind, actor, first_seen, at: None, evidence: None, undone: None, words };
    site.put_found(layout::engagement(gig, id), &deed, &[actor]).await;
}

#[tokio::test]
async fn each_thing_that_is_held_about_somebody_stands_under_its_name() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    Browser::at(&site).sign_in("ana").await;
    let mut known = site.ledger.person(person("ana")).await.unwrap().unwrap();
    known.email = Some("ana@work.example".into());
    site.put(layout::person(known.id), &known).await;
    let offer = [
        ("categories", "design/illustration"),
        ("tags", "#SVG"),
        ("languages", "en"),
        ("places", "Berlin, remote"),
        ("availability", "soon"),
    ];
    assert_eq!(ana.post("/me", &offer).await.status, 303);
    assert_eq!(ana.post("/me/feed", &[]).await.status, 200);
    let seen = Actor {
        id: site.ledger.actors_of(known.id).await.unwrap()[0],
        network: "mastodon".into(),
        uri: "https://social.example/users/ana".into(),
        handle: "ana@social.example".into(),
        name: "Ana".into(),
        url: None,
        indexing: Indexing::Allowed,
    };
    site.put(layout::actor(seen.id), &seen).await;
    did(&site, seen.id, EngagementKind::Reshare, None).await;
    did(&site, seen.id, EngagementKind::Reply, Some("I know one who")).await;

    let since = "21 November 2026, 12:00 UTC";
    let feed = format!("made {since}; only its hash is kept");
    let expected = [
        ("Known here as", person("ana").to_string()),
        ("Name", "ana".into()),
        ("Here since", since.into()),
        ("Email", "ana@work.example".into()),
        ("Signed in", "2 browsers".into()),
        ("Key that signs your vouches", "none yet".into()),
        ("Address of your feed", feed),
        ("Account that you sign in by", "@ana (https://social.example/@x)".into()),
        ("Seen under posts", "@ana@social.example, Ana (https://social.example/users/ana)".into()),
        ("Kinds of work that you offer", "design/illustration".into()),
        ("Your skills", "svg".into()),
        ("Your languages", "en".into()),
        ("Your places", "Berlin, remote".into()),
        ("Availability", "available soon".into()),
        ("What you did under posts", "2 deeds".into()),
        ("How a reply of yours begins", "I know one who".into()),
    ];
    let expected: Vec<(String, Vec<String>)> =
        expected.into_iter().map(|(name, value)| (name.to_owned(), vec![value])).collect();
    assert_eq!(rows(&ana.get("/me/record").await), expected);
}

#[tokio::test]
async fn what_was_never_said_has_no_row() {
    let site = site().await;
    let mut bo = Browser::at(&site);
    bo.sign_in("bo").await;
    assert_eq!(bo.post("/me", &[("categories", "web"), ("availability", "")]).await.status, 303);
    let rows = rows(&bo.get("/me/record").await);
    let said = |what: &str| rows.iter().find(|(name, _)| name == what).map(|(_, values)| values.join(" "));
    for missing in ["Availability", "Your skills", "Your languages", "Your places", "How a reply of yours begins"] {
        assert_eq!(said(missing), None, "{missing}");
    }
    for (what, value) in [("Email", "none"), ("Signed in", "1 browser"), ("Address of your feed", "none")] {
        assert_eq!(said(what).as_deref(), Some(value), "{what}");
    }
}

/// A store that refuses to write for as long as it is told to.
#[derive(Debug, Default)]
struct Stubborn {
    within: MemoryStore,
    refuses: Arc<AtomicBool>,
}

impl Alters for Stubborn {
    fn behind(&self) -> &dyn Store {
        &self.within
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        if self.refuses.load(Ordering::Relaxed) {
            return Box::pin(async { Err(StoreError::Io("the disk is gone".into())) });
        }
        self.within.commit(batch)
    }
}

#[tokio::test]
async fn that_an_account_is_ones_own_holds_once_it_is_written_and_until_its_browser_is_done() {
    let refuses = Arc::<AtomicBool>::default();
    let store = Stubborn { refuses: Arc::clone(&refuses), ..Stubborn::default() };
    let site = Site::over(Through(store), Some("https://gigs.example")).await;
    let met = site.meet("Bo", Indexing::Allowed).await;
    let bo = site.ledger.actor(met).await.unwrap().unwrap();
    let mut browser = Browser::at(&site);
    let named = [("network", "mastodon"), ("handle", "@bo@remote.example")];
    assert_eq!(browser.post("/forget", &named).await.status, 303);
    let page = browser.get("/forget").await.body;
    let code = page[page.find("<code>").unwrap() + 6..].split('<').next().unwrap().to_owned();
    site.reception.posts.lock().unwrap().push((bo, code));

    refuses.store(true, Ordering::Relaxed);
    let (lines, _guard) = Lines::listen();
    assert_eq!(browser.post("/forget/look", &[]).await.status, 503);
    assert!(!lines.taken().contains("proof.shown"), "what is not on record was not shown");
    refuses.store(false, Ordering::Relaxed);
    assert_eq!(browser.get("/forget/record").await.header("location"), Some("/forget"));

    assert_eq!(browser.post("/forget/look", &[]).await.header("location"), Some("/forget/record"));
    let record = browser.get("/forget/record").await;
    assert!(record.body.contains("bo@remote.example"), "{}", record.body);
    for private in [record, browser.get("/forget/record.json").await] {
        assert!(private.header("cache-control").unwrap().contains("no-store"), "{:?}", private.headers);
    }
    let proof = browser.cookies.clone();
    assert_eq!(browser.post("/forget/again", &[]).await.header("location"), Some("/forget"));
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    browser.cookies = proof;
    let again = browser.get("/forget/record").await;
    assert_eq!(again.header("location"), Some("/forget"), "whoever finds the old cookie is shown nothing");
}

#[tokio::test]
async fn the_log_tells_each_word_that_is_said_and_of_a_warning_neither_whom_nor_why() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    let (say, about) = (format!("/people/{}/say", site.poster), site.poster.to_string());
    let (lines, _guard) = Lines::listen();
    for (word, event, names) in [
        ("again", "vouch.made", true),
        ("nothing", "vouch.withdrawn", true),
        ("referrer", "referrer.named", true),
        ("no-referrer", "referrer.withdrawn", true),
        ("pays", "credit.made", true),
        ("no-pays", "credit.withdrawn", true),
        ("warn", "warning.made", false),
        ("no-warning", "warning.withdrawn", false),
    ] {
        let said = ana.post(&say, &[("word", word), ("category", "web"), ("over", "unpaid")]).await;
        assert_eq!(said.status, 303, "{word}: {}", said.body);
        let told = lines.taken();
        let event = format!("event=\"{event}\"");
        let told: Vec<&str> = told.lines().filter(|line| line.contains(&event)).collect();
        assert!(told.len() == 1 && told[0].contains(&person("ana").to_string()), "{word}: {told:?}");
        assert_eq!([about.as_str(), "Acme"].map(|whom| told[0].contains(whom)), [names; 2], "{told:?}");
        assert!(!told[0].contains("unpaid"), "{told:?}");
    }
}

#[tokio::test]
async fn a_word_for_a_business_that_is_listed_no_more_is_taken_back_in_the_record() {
    let site = site().await;
    let (mut acme, mut bo) = (Browser::at(&site), Browser::at(&site));
    acme.become_poster("Acme").await;
    bo.sign_in("bo").await;
    let (page, me) = (format!("/people/{}", site.poster), Party::Person(person("bo")));
    for word in ["pays", "briefs"] {
        assert_eq!(bo.post(&format!("{page}/say"), &[("word", word)]).await.status, 303);
    }
    assert_eq!(acme.post("/me/unlist", &[]).await.status, 303);
    assert_eq!(bo.post(&format!("{page}/say"), &[("word", "no-pays")]).await.status, 404, "their page is gone");

    for (sort, left) in [("pays", 1), ("briefs", 0)] {
        let record = bo.get("/me/record").await.body;
        let button = format!("name=\"sort\" value=\"{sort}\"");
        assert!(record.contains(&button), "{sort}: {record}");
        let form = [("about", site.poster.to_string()), ("sort", sort.to_owned()), ("category", String::new())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, typed)| (*name, typed.as_str())).collect();
        assert_eq!(bo.post("/me/withdraw", &form).await.status, 303);
        assert_eq!(site.ledger.evidence_by(me).await.unwrap().len(), left);
    }
    assert!(!bo.get("/me/record").await.body.contains("Your words, to take back"));
}
