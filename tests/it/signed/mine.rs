//! What somebody says of themselves, the feed that is made of it, and all that is held about them.

use super::{Browser, id, site};
use crate::support::site::{Answer, NOON, Site, logo};
use gigcast::id::{ActorId, PersonId};
use gigcast::person::{Actor, Indexing, Person};
use gigcast::profile::EngagementKind;
use gigcast::store::{Wish, Word};
use gigcast::trust::{Credit, Deed, Level, Party};
use serde_json::{Value, json};

/// The person that signing in by this account makes.
fn person(handle: &str) -> PersonId {
    Person::freelancer(id(handle), handle, NOON).id
}

async fn offer(browser: &mut Browser<'_>, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("categories", "design/illustration"), ("tags", "#SVG"), ("availability", "soon")];
    form.extend(more);
    browser.post("/me", &form).await
}

/// Makes an address; answers its path without the extension.
async fn make_feed(browser: &mut Browser<'_>) -> String {
    let page = browser.post("/me/feed", &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let at = page.body.find("https://gigs.example/feeds/me/").expect("the address is shown");
    let rest = &page.body[at + "https://gigs.example".len()..];
    rest[..rest.find(".atom").unwrap()].to_owned()
}

fn gig(native: &str, title: &str, category: &str) -> Value {
    let mut gig = logo();
    (gig["id"], gig["title"], gig["category"]) = (json!(native), json!(title), json!(category));
    gig["skills"] = json!([]);
    gig["apply"] = json!(format!("https://acme.example/{native}"));
    gig
}

async fn says(site: &Site, by: PersonId, about: Party, category: &str) {
    let (deed, source) = (Deed::Vouch(Level::WorkedWith), format!("https://gigs.example/people/{by}"));
    let category = Some(category.to_owned());
    site.ledger.say(&Word { by, about, deed, category, at: NOON, source }).await.unwrap();
}

#[tokio::test]
async fn an_empty_board_offers_posters_to_write_the_first_gig_and_nobody_else() {
    let site = site().await;
    let (mut acme, mut ana) = (Browser::at(&site), Browser::at(&site));
    acme.become_poster("Acme").await;
    ana.sign_in("ana@social.example").await;
    let front = acme.get("/").await.body;
    assert!(front.contains("No gig is open yet") && front.contains("href=\"/gigs/new\">Write a gig</a>"), "{front}");
    assert!(!ana.get("/").await.body.contains("Write a gig"), "freelancers post none");
}

#[tokio::test]
async fn gigs_of_the_circle_come_first_then_the_work_one_offers_and_each_says_why() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    assert_eq!(offer(&mut ana, &[("languages", "en"), ("places", "Berlin, remote")]).await.status, 303);
    site.take(&gig("1", "Drawings for a book", "design/illustration")).await;
    let carried = site.take(&gig("2", "Website of a bakery", "web/frontend")).await;
    site.take(&gig("3", "Plumbing", "writing/copywriting")).await;
    let mut elsewhere = gig("4", "Zeichnungen", "design/illustration");
    elsewhere["language"] = json!("de");
    site.take(&elsewhere).await;
    let bob = site.meet("Bob", Indexing::Allowed).await;
    site.did(&carried, EngagementKind::Reshare, bob).await;
    says(&site, person("ana"), Party::Actor(bob), "web/frontend").await;

    let path = make_feed(&mut ana).await;
    let read = site.get(&format!("{path}.json")).await.json();
    let items = read["items"].as_array().unwrap();
    let told: Vec<(&str, &str)> = items
        .iter()
        .map(|item| (item["title"].as_str().unwrap(), item["summary"].as_str().unwrap().split(" · ").next().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("Website of a bakery", "Bob, whom you vouched for, reshared it"),
            ("Drawings for a book", "In Illustration, which you offer"),
        ],
        "what is of no work of hers, or in another language, is left out"
    );
}

#[tokio::test]
async fn a_gig_of_somebody_trusted_by_those_one_trusts_is_there_with_the_way_word_came() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    offer(&mut ana, &[]).await;
    site.take(&gig("1", "Copy for a shop", "writing/copywriting")).await;
    let bo = Person::poster("Bo", NOON);
    site.put(gigcast::store::layout::person(bo.id), &bo).await;
    says(&site, person("ana"), Party::Person(bo.id), "writing/copywriting").await;
    says(&site, bo.id, Party::Person(site.poster), "writing/copywriting").await;
    let path = make_feed(&mut ana).await;
    let read = site.get(&format!("{path}.json")).await.json();
    let summary = read["items"][0]["summary"].as_str().unwrap();
    assert!(summary.starts_with("Acme, trusted by Bo, whom you vouched for, posted it"), "{summary}");
}

#[tokio::test]
async fn a_business_that_one_speaks_well_of_is_told_as_one_said_it() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    offer(&mut ana, &[]).await;
    site.take(&gig("1", "Copy for a shop", "writing/copywriting")).await;
    let word = Word {
        by: person("ana"),
        about: Party::Person(site.poster),
        deed: Deed::Credit(Credit::PaysOnTime),
        category: None,
        at: NOON,
        source: "https://gigs.example/people/acme".into(),
    };
    site.ledger.say(&word).await.unwrap();
    let path = make_feed(&mut ana).await;
    let read = site.get(&format!("{path}.json")).await.json();
    let summary = read["items"][0]["summary"].as_str().unwrap();
    assert!(summary.starts_with("Acme, who pays on time, as you say, posted it"), "{summary}");
}

#[tokio::test]
async fn a_feed_of_ones_own_is_private_told_once_fetched_once_and_ends_with_its_address() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    offer(&mut ana, &[]).await;
    let open = site.take(&gig("1", "Drawings for a book", "design/illustration")).await;
    let (lines, _guard) = super::Lines::listen();
    let path = make_feed(&mut ana).await;
    let token = path.rsplit('/').next().unwrap();
    assert!(!ana.get("/me").await.body.contains(token), "shown once");

    let first = site.get(&format!("{path}.atom")).await;
    assert_eq!((first.status, first.header("cache-control")), (200, Some("private, max-age=300")));
    assert_eq!(first.header("referrer-policy"), Some("no-referrer"));
    assert!(first.header("last-modified").is_some() && first.body.contains("Drawings for a book"), "{}", first.body);
    let etag = first.header("etag").unwrap().to_owned();
    let again = site.ask("GET", &format!("{path}.atom"), &[("if-none-match", &etag)], b"").await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(again.header("cache-control"), Some("private, max-age=300"));

    let mut record = site.ledger.gig(open.id).await.unwrap().unwrap();
    record.gig.status = gigcast::gig::Status::Filled;
    site.put(gigcast::store::layout::gig(open.id), &record).await;
    let closed = site.ask("GET", &format!("{path}.atom"), &[("if-none-match", &etag)], b"").await;
    assert_eq!(closed.status, 200);
    assert!(closed.body.contains("Filled · In Illustration, which you offer"), "{}", closed.body);

    let list = site.get(&format!("{path}.opml")).await;
    assert_eq!(list.header("content-type"), Some("text/x-opml; charset=utf-8"));
    let own = format!("xmlUrl=\"https://gigs.example{path}.atom\"");
    assert!(list.body.contains(&own), "{}", list.body);
    let of_kind = "xmlUrl=\"https://gigs.example/feeds/c/design/illustration.atom\"";
    assert!(list.body.contains(of_kind), "{}", list.body);
    let signed = ana.get("/me/feeds.opml").await;
    assert!(signed.body.contains(of_kind) && !signed.body.contains(token), "{}", signed.body);

    let second = make_feed(&mut ana).await;
    assert_eq!(site.get(&format!("{path}.atom")).await.status, 404);
    assert_eq!(site.get(&format!("{second}.atom")).await.status, 200);
    assert_eq!(ana.post("/me/feed/end", &[]).await.status, 303);
    assert_eq!(site.get(&format!("{second}.atom")).await.status, 404);
    let said = lines.taken();
    assert!(said.contains("a new address for their feed"), "{said}");
    assert!(!said.contains(token), "the address is the key, and is in no log: {said}");
}

#[tokio::test]
async fn what_is_offered_is_kept_as_typed_and_what_cannot_be_is_said_beside_the_field() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    assert_eq!(ana.get("/me").await.status, 303, "strangers sign in first");
    ana.sign_in("ana").await;
    let wrong = offer(&mut ana, &[("languages", "german"), ("categories", "design/none")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("“german” is no language code")
            && wrong.body.contains("no kind of work that gigcast knows")
    );
    assert_eq!(site.ledger.statements(person("ana")).await.unwrap(), None, "nothing was saved");
    offer(&mut ana, &[("languages", "DE, en"), ("places", "Berlin")]).await;
    let said = site.ledger.statements(person("ana")).await.unwrap().unwrap();
    assert_eq!((said.skills, said.languages), (vec!["svg".to_owned()], vec!["de".to_owned(), "en".to_owned()]));
    let page = ana.get("/me").await;
    assert!(page.body.contains("value=\"de, en\"") && page.body.contains("value=\"soon\" checked"), "{}", page.body);
}

#[tokio::test]
async fn whoever_states_a_kind_of_work_is_a_candidate_for_it_where_the_circle_hears_of_them() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    says(&site, site.poster, Party::Person(person("ana")), "writing/copywriting").await;
    let asked = "/circle?category=design%2Fillustration";
    let named = |page: &Answer| page.body.contains("<h2>You know them</h2>");
    assert!(!named(&acme.get(asked).await), "she is known for other work");
    offer(&mut ana, &[]).await;
    assert!(named(&acme.get(asked).await), "she says that she does it");
    ana.post("/me", &[("categories", "web")]).await;
    assert!(!named(&acme.get(asked).await), "and says it no more");
}

#[tokio::test]
async fn one_sees_all_that_is_held_takes_it_along_and_takes_ones_words_back() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    offer(&mut ana, &[]).await;
    says(&site, person("ana"), Party::Person(site.poster), "web").await;
    says(&site, site.poster, Party::Person(person("ana")), "design").await;
    let page = ana.get("/me/record").await;
    for shown in ["you vouched for Acme", "Acme vouched for you", "design/illustration", "svg", "Key that signs"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let file = ana.get("/me/record.json").await;
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"gigcast-record.json\""));
    assert_eq!(file.json()["statements"]["skills"], json!(["svg"]));
    let back = [("about", site.poster.to_string()), ("sort", "vouch".into()), ("category", "web".into())];
    let back: Vec<(&str, &str)> = back.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(ana.post("/me/withdraw", &back).await.status, 303);
    assert!(!ana.get("/me/record").await.body.contains("you vouched for Acme"));
    assert_eq!(ana.post("/me/withdraw", &[("about", "x"), ("sort", "vouch")]).await.status, 422);
}

#[tokio::test]
async fn whoever_asks_not_to_be_listed_is_named_on_no_page_and_still_sees_their_own_record() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    says(&site, site.poster, Party::Person(person("ana")), "design").await;
    let page = format!("/people/{}", person("ana"));
    assert_eq!(site.get(&page).await.status, 200);
    assert_eq!(ana.post("/me/unlist", &[]).await.status, 303);
    let gone = site.get(&page).await;
    assert!(gone.status == 404 && gone.body.contains("do not wish to be listed"), "{}", gone.body);
    let acme = site.get(&format!("/people/{}", site.poster)).await;
    assert!(!acme.body.contains("ana"), "{}", acme.body);
    let own = ana.get("/me/record").await;
    assert!(own.body.contains("You are not listed") && own.body.contains("Acme vouched for you"), "{}", own.body);
    for actor in site.ledger.actors_of(person("ana")).await.unwrap() {
        assert_eq!(site.ledger.wish(Party::Actor(actor)).await.unwrap(), Some(Wish::Forgotten));
    }
    assert_eq!(ana.post("/me/relist", &[]).await.status, 303);
    assert_eq!(site.get(&page).await.status, 200);
}

#[tokio::test]
async fn whoever_asks_to_be_forgotten_leaves_a_hash_and_a_number() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    offer(&mut ana, &[]).await;
    let path = make_feed(&mut ana).await;
    says(&site, person("ana"), Party::Person(site.poster), "web").await;
    says(&site, site.poster, Party::Person(person("ana")), "design").await;
    let actors: Vec<ActorId> = site.ledger.actors_of(person("ana")).await.unwrap();
    let unsure = ana.post("/me/forget", &[]).await;
    assert_eq!(unsure.status, 422);
    assert!(site.ledger.person(person("ana")).await.unwrap().is_some(), "nothing was taken away");

    let done = ana.post("/me/forget", &[("sure", "yes")]).await;
    assert!(done.status == 200 && done.body.contains("What was held about you is gone"), "{}", done.body);
    assert_eq!(ana.token(), None, "signed out");
    assert_eq!(site.ledger.person(person("ana")).await.unwrap(), None);
    assert_eq!(site.get(&format!("{path}.atom")).await.status, 404);
    assert!(site.ledger.evidence_about(Party::Person(person("ana"))).await.unwrap().is_empty());
    assert!(site.ledger.all_evidence().await.unwrap().is_empty());
    assert_eq!(site.ledger.unnamed_among(actors.clone()).await.unwrap().len(), actors.len());
    for (key, value) in site.store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap() {
        let shows =
            |bytes: &[u8]| bytes.windows(4).any(|part| part == b"@ana") || bytes.windows(3).any(|part| part == b"svg");
        assert!(!shows(&key) && !shows(&value), "{:02x?} holds {}", key, String::from_utf8_lossy(&value));
    }
}

#[tokio::test]
async fn whoever_was_forgotten_and_comes_back_is_collected_of_again_only_when_they_say_so() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    says(&site, site.poster, Party::Person(person("ana")), "design").await;
    let actors: Vec<ActorId> = site.ledger.actors_of(person("ana")).await.unwrap();
    assert!(!ana.get("/me/record").await.body.contains("Collect about me again"), "nobody has forgotten her yet");
    assert_eq!(ana.post("/me/forget", &[("sure", "yes")]).await.status, 200);
    ana.sign_in("ana").await;
    let page = format!("/people/{}", person("ana"));
    let record = ana.get("/me/record").await.body;
    assert!(record.contains("You asked to be forgotten, and were") && record.contains("Nothing of before"), "{record}");
    assert!(!record.contains("Do not list me"));
    assert_eq!(site.get(&page).await.status, 404, "to come back is not to be listed");
    assert_eq!(site.ledger.unnamed_among(actors.clone()).await.unwrap().len(), actors.len());

    let mut stranger = Browser::at(&site);
    stranger.post("/me/relist", &[]).await;
    assert!(site.ledger.has_been_forgotten(person("ana")).await.unwrap(), "nobody else says so for her");
    assert_eq!(ana.post("/me/relist", &[]).await.status, 303);
    assert_eq!(site.ledger.unnamed_among(actors).await.unwrap().len(), 0);
    let record = ana.get("/me/record").await.body;
    assert!(record.contains("Do not list me") && !record.contains("Acme vouched for you"), "{record}");
    assert_eq!(site.get(&page).await.status, 200);
}

#[tokio::test]
async fn whose_account_alone_was_forgotten_is_asked_as_well_once_they_sign_in() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    let actor = site.ledger.actors_of(person("ana")).await.unwrap()[0];
    site.ledger.forget_actor(actor, None, NOON).await.unwrap();
    assert!(ana.get("/me/record").await.body.contains("Collect about me again"));
    assert_eq!(ana.post("/me/relist", &[]).await.status, 303);
    assert_eq!(site.ledger.wish(Party::Actor(actor)).await.unwrap(), None);
    assert!(!ana.get("/me/record").await.body.contains("Collect about me again"));
}

#[tokio::test]
async fn whoever_still_has_a_linked_account_unlinks_it_first() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    acme.link("acme").await;
    let refused = acme.post("/me/forget", &[("sure", "yes")]).await;
    assert!(refused.status == 409 && refused.body.contains("Unlink them first"), "{}", refused.body);
    assert!(site.ledger.person(site.poster).await.unwrap().is_some());
}

/// Bo, who was seen under a gig and has never been here.
async fn seen_bo(site: &Site) -> Actor {
    let bo = site.meet("Bo", Indexing::Allowed).await;
    says(site, site.poster, Party::Actor(bo), "design").await;
    site.ledger.actor(bo).await.unwrap().unwrap()
}

#[tokio::test]
async fn whoever_shows_by_a_code_that_an_account_is_theirs_sees_what_is_held_and_has_it_taken_away() {
    let site = site().await;
    let bo = seen_bo(&site).await;
    let mut browser = Browser::at(&site);
    assert_eq!(browser.get("/forget/record").await.header("location"), Some("/forget"), "nothing is shown to anyone");
    let begun = browser.post("/forget", &[("network", "mastodon"), ("handle", "@bo@remote.example")]).await;
    assert_eq!((begun.status, begun.header("location")), (303, Some("/forget")), "{}", begun.body);
    let page = browser.get("/forget").await;
    let at = page.body.find("<code>gigcast-").expect("a code is shown");
    let code = page.body[at + 6..].split('<').next().unwrap().to_owned();
    let early = browser.post("/forget/look", &[]).await;
    assert!(early.status == 422 && early.body.contains("in none of the newest public posts"), "{}", early.body);

    site.reception.posts.lock().unwrap().push((bo.clone(), format!("so: {code}.")));
    let mut another = Browser::at(&site);
    another.post("/forget", &[("network", "mastodon"), ("handle", "@bo@remote.example")]).await;
    assert_eq!(another.post("/forget/look", &[]).await.status, 422, "the code of one browser is nothing to another");

    assert_eq!(browser.post("/forget/look", &[]).await.header("location"), Some("/forget/record"));
    let record = browser.get("/forget/record").await;
    assert!(
        record.body.contains("Acme vouched for you") && record.body.contains("bo@remote.example"),
        "{}",
        record.body
    );
    assert_eq!(browser.get("/forget/record.json").await.json()["actors"][0]["name"], "Bo");
    assert_eq!(browser.post("/forget/forget", &[]).await.status, 422, "only when one says that one means it");
    let done = browser.post("/forget/forget", &[("sure", "yes")]).await;
    assert!(done.status == 200 && done.body.contains("What was held about you is gone"), "{}", done.body);
    assert!(site.ledger.actor(bo.id).await.unwrap().is_none());
    assert!(site.ledger.all_evidence().await.unwrap().is_empty());
    assert_eq!(site.ledger.wish(Party::Actor(bo.id)).await.unwrap(), Some(Wish::Forgotten));
    assert_eq!(browser.get("/forget/record").await.header("location"), Some("/forget"), "what was shown counts once");
}

#[tokio::test]
async fn a_code_counts_for_an_hour() {
    let site = site().await;
    let bo = seen_bo(&site).await;
    let mut browser = Browser::at(&site);
    browser.post("/forget", &[("network", "mastodon"), ("handle", "@bo@remote.example")]).await;
    let page = browser.get("/forget").await.body;
    let code = page[page.find("<code>").unwrap() + 6..].split('<').next().unwrap().to_owned();
    site.reception.posts.lock().unwrap().push((bo, code));
    site.clock.advance(std::time::Duration::from_mins(61));
    assert!(browser.post("/forget/look", &[]).await.body.contains("Ask for a new one"), "the code is over");
    assert_eq!(browser.get("/forget/record").await.header("location"), Some("/forget"));
    for wrong in [("mastodon", ""), ("gopher", "@bo@remote.example")] {
        assert_eq!(browser.post("/forget", &[("network", wrong.0), ("handle", wrong.1)]).await.status, 422);
    }
}

#[tokio::test]
async fn what_somebody_offers_is_shown_to_them_and_to_posters_and_to_nobody_while_they_are_not_listed() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    assert_eq!(offer(&mut ana, &[("languages", "en"), ("places", "Berlin, remote")]).await.status, 303);
    let page = format!("/people/{}", person("ana"));
    let mut acme = Browser::at(&site);
    acme.become_poster("Studio").await;
    let mut bo = Browser::at(&site);
    bo.sign_in("bo").await;
    for shown in [ana.get(&page).await.body, acme.get(&page).await.body] {
        for said in ["Illustration", "svg", "Berlin, remote", "available soon"] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
    }
    for hidden in [bo.get(&page).await.body, site.get(&page).await.body] {
        assert!(!hidden.contains("Berlin") && !hidden.contains("available soon"), "{hidden}");
    }
    assert_eq!(ana.post("/me/unlist", &[]).await.status, 303);
    assert_eq!(acme.get(&page).await.status, 404);
}
