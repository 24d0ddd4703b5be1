//! By which way somebody came to a gig, and that they would do it: counted and told as browsers do it.

use super::{Browser, site};
use crate::support::site::{Site, TOKEN, logo};
use gigcast::clock::Timestamp;
use gigcast::gig::Gig;
use gigcast::id::{AccountId, DeliveryId, PersonId};
use gigcast::notice::News;
use gigcast::person::Person;
use gigcast::referral::Via;
use gigcast::web::referred::Referred;
use serde_json::Value;
use std::time::Duration;

const FIREFOX: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");

/// A gig that stands on one account, and the code in the link of its post.
async fn posted(site: &Site) -> (Gig, AccountId, String) {
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    let code = DeliveryId::from_step(gig.id, account, 0).code().to_string();
    (gig, account, code)
}

fn hidden(page: &str, name: &str) -> String {
    let from = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
    from.split_once('"').unwrap().0.to_owned()
}

/// The visits that were counted and not written down yet.
async fn counted(site: &Site, gig: &Gig) -> Vec<(Via, u64)> {
    site.ledger.note_visits(&site.visits.take()).await.unwrap();
    site.ledger.visits(gig.id).await.unwrap()
}

async fn told(site: &Site) -> Vec<(PersonId, String, String)> {
    let kept = site.ledger.unsent().await.unwrap();
    let told = |news: &News| match news {
        News::Interested { interest, by } => (interest.name.clone(), by.clone()),
        other => panic!("{other:?}"),
    };
    kept.iter()
        .map(|kept| (kept.unsent().notice.person, told(&kept.unsent().notice.news)))
        .map(|(p, (n, b))| (p, n, b))
        .collect()
}

/// Somebody who is signed in as this person from now on.
async fn signed<'a>(site: &'a Site, name: &str) -> (Browser<'a>, PersonId) {
    let mut browser = Browser::at(site);
    let answer = browser.sign_in(name).await;
    assert!(browser.token().is_some(), "{}", answer.body);
    let is_theirs = |person: &Person| person.name.contains(name) || person.name == name;
    let everyone = site.ledger.persons().await.unwrap();
    let whose = everyone.iter().find(|person| is_theirs(person)).unwrap_or_else(|| panic!("{everyone:?}"));
    (browser, whose.id)
}

#[tokio::test]
async fn a_visit_is_credited_to_the_post_that_led_there_and_costs_no_write() {
    let site = site().await;
    let (gig, account, code) = posted(&site).await;
    let page = format!("/g/{}", gig.id);
    let by_post = format!("{page}?v={code}");
    for _ in 0..2 {
        assert_eq!(site.ask("GET", &by_post, &[FIREFOX], b"").await.status, 200);
    }
    site.ask("GET", &page, &[FIREFOX], b"").await;
    site.ask("GET", &format!("{page}?v=zzzzzzzz"), &[FIREFOX], b"").await;
    // None of these is somebody who reads it now.
    site.ask("HEAD", &by_post, &[FIREFOX], b"").await;
    site.ask("GET", &by_post, &[FIREFOX, ("sec-purpose", "prefetch")], b"").await;
    site.ask("GET", &by_post, &[("user-agent", "http.rb/5.1 (Mastodon/4.3; +https://social.example/)")], b"").await;
    site.ask("GET", &by_post, &[], b"").await;
    assert_eq!(site.ledger.visits(gig.id).await.unwrap(), [], "nothing is written for a visit");
    assert_eq!(counted(&site, &gig).await, [(Via::Page, 2), (Via::Post(account), 2)]);
    let answer = site.ask("GET", &by_post, &[FIREFOX], b"").await;
    assert!(answer.header("set-cookie").is_none(), "{:?}", answer.headers);
    assert_eq!(counted(&site, &gig).await, [(Via::Page, 2), (Via::Post(account), 3)]);
}

#[tokio::test]
async fn whoever_is_interested_is_told_to_the_poster_once_with_the_way_they_came_and_can_take_it_back() {
    let site = site().await;
    let (gig, _, code) = posted(&site).await;
    let mut cy = Browser::at(&site);
    let page = cy.get(&format!("/g/{}?v={code}", gig.id)).await;
    let (once, way) = (hidden(&page.body, "once"), hidden(&page.body, "v"));
    assert_eq!(way, code);
    let form = [
        ("once", once.as_str()),
        ("v", &way),
        ("name", " Cy "),
        ("reach", "cy@work.example"),
        ("message", "Done <b>three</b>."),
    ];
    let action = format!("/g/{}/interest", gig.id);
    let sent = cy.post(&action, &form).await;
    let place = sent.header("location").unwrap().to_owned();
    assert_eq!((sent.status, &place), (303, &format!("{action}/{once}")));
    assert_eq!(cy.post(&action, &form).await.status, 303, "a second click changes nothing");
    let by = "the post of @acme@social.example on Mastodon".to_owned();
    assert_eq!(told(&site).await, [(site.poster, "Cy".to_owned(), by.clone())]);
    assert!(cy.cookies.is_empty());

    // For the poster, by the API; for nobody else.
    let path = format!("/api/v1/gigs/{}/interests", gig.id);
    assert_eq!(site.get(&path).await.status, 401);
    let bearer = format!("Bearer {TOKEN}");
    let answer = site.ask("GET", &path, &[("authorization", bearer.as_str())], b"").await;
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        (said["interests"][0]["name"].as_str(), said["interests"][0]["came_by"].as_str()),
        (Some("Cy"), Some(by.as_str()))
    );
    assert_eq!(said["ways"][0]["interested"], 1);
    // For everyone a number.
    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    assert!(page.contains("1 interested") && !page.contains("Cy") && !page.contains("cy@work"), "{page}");

    let mine = cy.get(&place).await;
    assert!(mine.body.contains("cy@work.example") && mine.body.contains("&#60;b&#62;three"), "{}", mine.body);
    assert_eq!(mine.header("referrer-policy"), Some("no-referrer"));
    assert!(mine.header("cache-control").unwrap().contains("no-store"));
    assert_eq!(cy.post(&place, &[]).await.status, 200);
    assert_eq!(site.ledger.interests(gig.id).await.unwrap(), []);
    assert_eq!((cy.get(&place).await.status, cy.post(&place, &[]).await.status), (404, 404));
}

#[tokio::test]
async fn what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost() {
    let site = site().await;
    let (gig, ..) = posted(&site).await;
    let mut cy = Browser::at(&site);
    let action = format!("/g/{}/interest", gig.id);
    let once = hidden(&cy.get(&format!("/g/{}", gig.id)).await.body, "once");
    let long = "x".repeat(1001);
    let form = [("once", once.as_str()), ("name", "Cy"), ("reach", " "), ("message", &long)];
    let back = cy.post(&action, &form).await;
    assert_eq!(back.status, 422);
    for said in ["value=\"Cy\"", &once, &long, "id=\"wrong-reach\"", "1001 characters"] {
        assert!(back.body.contains(said), "{said}");
    }
    for (name, why) in [("once", "cut"), ("once", "")] {
        assert_eq!(cy.post(&action, &[(name, why), ("name", "Cy"), ("reach", "cy")]).await.status, 422);
    }
    assert_eq!(cy.post("/g/gig_nothing/interest", &form).await.status, 404);
    let elsewhere = [("sec-fetch-site", "cross-site")];
    assert_eq!(cy.ask("POST", &action, &elsewhere, &format!("once={once}&name=Cy&reach=cy")).await.status, 403);
    assert_eq!(told(&site).await, []);
}

#[tokio::test]
async fn a_flood_from_one_place_stops_and_others_are_heard() {
    let site = site().await;
    let (gig, ..) = posted(&site).await;
    let mut flood = Browser::at(&site);
    let action = format!("/g/{}/interest", gig.id);
    for _ in 0..9 {
        // What is refused goes on to nobody.
        assert_eq!(flood.post(&action, &[("once", &format!("{:064}", 0)), ("name", "Cy")]).await.status, 422);
    }
    let mut answers = Vec::new();
    for n in 0..8 {
        let once = format!("{n:064}");
        let form = [("once", once.as_str()), ("name", "Cy"), ("reach", "cy")];
        answers.push(flood.post(&format!("/g/{}/interest", gig.id), &form).await.status);
    }
    assert_eq!(answers, [303, 303, 303, 303, 303, 429, 429, 429]);
    let first = [("once", &*format!("{:064}", 0)), ("name", "Cy"), ("reach", "cy")];
    assert_eq!(flood.post(&action, &first).await.status, 303, "the same once more is answered as it was");
    site.clock.advance(Duration::from_mins(1));
    let once = format!("{:064}", 99);
    let form = [("once", once.as_str()), ("name", "Cy"), ("reach", "cy")];
    assert_eq!(flood.post(&format!("/g/{}/interest", gig.id), &form).await.status, 303);
}

#[tokio::test]
async fn a_link_of_ones_own_counts_for_its_person_until_it_is_taken_back() {
    let site = site().await;
    let (gig, ..) = posted(&site).await;
    let (mut bo, who) = signed(&site, "bo").await;
    let page = format!("/g/{}", gig.id);
    let before = bo.get(&page).await.body;
    assert!(before.contains("Make your own link"), "{before}");
    assert!(!before.contains("Your link to this gig"), "nobody has a link without asking for one");
    assert_eq!(bo.post(&format!("{page}/link"), &[("link", "make")]).await.status, 303);
    let after = bo.get(&page).await.body;
    let address = after.split_once("<code>").unwrap().1.split_once("</code>").unwrap().0.to_owned();
    let path = address.strip_prefix("https://gigs.example").unwrap().to_owned();
    site.visits.take();
    site.ask("GET", &path, &[FIREFOX], b"").await;
    assert_eq!(counted(&site, &gig).await, [(Via::Link(who), 1)]);

    let mut cy = Browser::at(&site);
    let once = hidden(&cy.get(&path).await.body, "once");
    let form = [("once", once.as_str()), ("v", path.split_once("v=").unwrap().1), ("name", "Cy"), ("reach", "cy")];
    assert_eq!(cy.post(&format!("{page}/interest"), &form).await.status, 303);
    let name = site.ledger.person(who).await.unwrap().unwrap().name;
    assert_eq!(told(&site).await, [(site.poster, "Cy".to_owned(), format!("the link of {name}"))]);

    assert_eq!(bo.post(&format!("{page}/link"), &[("link", "take-back")]).await.status, 303);
    assert_eq!(counted(&site, &gig).await, [(Via::Page, 1)], "what came by it came by the page");
    site.ask("GET", &path, &[FIREFOX], b"").await;
    assert_eq!(counted(&site, &gig).await, [(Via::Page, 2)]);
}

#[tokio::test]
async fn the_link_of_whoever_does_not_wish_to_be_named_is_somebodys() {
    let site = site().await;
    let (gig, ..) = posted(&site).await;
    let (mut bo, who) = signed(&site, "bo").await;
    let page = format!("/g/{}", gig.id);
    bo.post(&format!("{page}/link"), &[("link", "make")]).await;
    let (once, reach) = ("0e".repeat(32), "cy@work.example");
    let by = bo.get(&page).await.body;
    let code =
        by.split_once("<code>").unwrap().1.split_once("</code>").unwrap().0.split_once("v=").unwrap().1.to_owned();
    let form = [("once", once.as_str()), ("v", &code), ("name", "Cy"), ("reach", reach)];
    assert_eq!(Browser::at(&site).post(&format!("{page}/interest"), &form).await.status, 303);
    let name = site.ledger.person(who).await.unwrap().unwrap().name;
    assert!(site.get(&page).await.body.contains(&format!("the link of {name}")), "until they say otherwise");

    assert_eq!(bo.post("/me/unlist", &[]).await.status, 303);
    let shown = site.get(&page).await.body;
    assert!(shown.contains("came by somebody&#39;s link") && !shown.contains(&format!("link of {name}")), "{shown}");
    let referred = Referred::of(&site.ledger, gig.id, &[]).await.unwrap();
    assert_eq!(referred.ways[0].by, "somebody's link", "the poster is told no other");
}

#[tokio::test]
async fn whoever_is_signed_in_says_it_once_under_their_own_name() {
    let site = site().await;
    let (gig, ..) = posted(&site).await;
    let (mut bo, who) = signed(&site, "bo").await;
    let action = format!("/g/{}/interest", gig.id);
    let form = [("name", "Somebody Else"), ("reach", "bo@work.example")];
    for _ in 0..2 {
        assert_eq!(bo.post(&action, &form).await.status, 303);
    }
    let name = site.ledger.person(who).await.unwrap().unwrap().name;
    assert_eq!(told(&site).await, [(site.poster, name, "the page itself".to_owned())]);
    assert!(bo.get(&format!("/g/{}", gig.id)).await.body.contains("You told the poster"));
    let answer = bo.post(&format!("/g/{}/not-interested", gig.id), &[]).await;
    assert!(answer.body.contains("Taken back"), "{}", answer.body);
    assert_eq!(site.ledger.interests(gig.id).await.unwrap(), []);
    let nobody = Browser::at(&site).post(&format!("/g/{}/not-interested", gig.id), &[]).await;
    assert!(nobody.status == 403 && nobody.body.contains("Sign in"), "{}", nobody.body);
}

#[tokio::test]
async fn an_interest_is_forgotten_when_its_time_is_over_and_with_its_person() {
    let site = site().await;
    let (gig, ..) = posted(&site).await;
    let (mut bo, who) = signed(&site, "bo").await;
    bo.post(&format!("/g/{}/interest", gig.id), &[("reach", "bo")]).await;
    bo.post(&format!("/g/{}/link", gig.id), &[("link", "make")]).await;
    site.ledger.note_visits(&[((gig.id, Via::Link(who)), 3)]).await.unwrap();
    let once = "0f".repeat(32);
    site.clock.advance(Duration::from_hours(1));
    let form = [("once", once.as_str()), ("v", ""), ("name", "Cy"), ("reach", "cy")];
    Browser::at(&site).post(&format!("/g/{}/interest", gig.id), &form).await;
    assert_eq!(site.ledger.interests(gig.id).await.unwrap().len(), 2);

    site.ledger.forget_person(who, site.now()).await.unwrap().unwrap();
    let left = site.ledger.interests(gig.id).await.unwrap();
    assert_eq!(left.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Cy"]);
    assert_eq!(site.ledger.visits(gig.id).await.unwrap(), [(Via::Page, 3)]);

    let forget = async |before: Timestamp| site.ledger.forget_interests(before, 10).await.unwrap();
    assert_eq!((forget(left[0].at).await, forget(left[0].at.plus(Duration::from_millis(1))).await), (0, 1));
    assert_eq!(site.ledger.interests(gig.id).await.unwrap(), []);
    assert_eq!(forget(Timestamp::NEVER).await, 0);
}

#[tokio::test]
async fn the_way_by_which_most_came_is_told_first_with_the_visits_that_are_not_written_down_yet() {
    let site = site().await;
    let (gig, account, code) = posted(&site).await;
    site.ledger.note_visits(&[((gig.id, Via::Page), 2), ((gig.id, Via::Post(account)), 5)]).await.unwrap();
    site.ask("GET", &format!("/g/{}?v={code}", gig.id), &[FIREFOX], b"").await;
    let (once, page) = ("0e".repeat(32), format!("/g/{}/interest", gig.id));
    let form = [("once", once.as_str()), ("v", ""), ("name", "Cy"), ("reach", "cy")];
    assert_eq!(Browser::at(&site).post(&page, &form).await.status, 303);
    let bearer = format!("Bearer {TOKEN}");
    let path = format!("/api/v1/gigs/{}/interests", gig.id);
    let told = site.ask("GET", &path, &[("authorization", bearer.as_str())], b"").await.json();
    let ways = serde_json::json!([
        {"by": "the post of @acme@social.example on Mastodon", "visits": 6, "interested": 0},
        {"by": "the page itself", "visits": 2, "interested": 1},
    ]);
    assert_eq!(told["ways"], ways);
}
