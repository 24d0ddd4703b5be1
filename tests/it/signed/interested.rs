//! Who is interested in a gig, as its poster reads it: who was signed in and who only typed a name, in the order of the poster's circle; and one click
//! says by whom the gig is filled.

use super::{Browser, DAY, section, site};
use crate::support::crowd::{person, say};
use crate::support::site::{NOON, Site, TOKEN, logo};
use gigcast::clock::Timestamp;
use gigcast::gig::{Gig, Status};
use gigcast::id::{InterestId, PersonId};
use gigcast::referral::{Interest, Via};
use gigcast::secret::Secret;
use gigcast::store::layout;
use gigcast::trust::{Deed, Dispute, Level, Over};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const AGAIN: Deed = Deed::Vouch(Level::WouldHireAgain);

/// A browser in which the poster of the gigs is signed in.
async fn acme(site: &Site) -> Browser<'_> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let token = Secret::new(format!("of-the-poster-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    site.ledger.begin_sign_in(&token, site.poster, NOON).await.unwrap();
    let mut browser = Browser::at(site);
    browser.cookies.insert("__Host-gigcast".into(), token.expose().into());
    browser
}

/// On record as interested, under this name.
async fn would(site: &Site, gig: &Gig, person: Option<PersonId>, name: &str, at: Timestamp) {
    let id = match person {
        Some(person) => InterestId::from_person(gig.id, person),
        None => InterestId::of(&[gig.id.as_bytes(), name.as_bytes()]),
    };
    let (reach, message) = (format!("{name} at work"), String::new());
    let interest = Interest { id, gig: gig.id, person, name: name.into(), reach, message, via: Via::Page, at };
    site.put(layout::interest(gig.id, id), &interest).await;
    let by_time = layout::interest_by_time(at, gig.id, id);
    let batch = gigcast::ports::Batch { put: vec![(by_time, Vec::new())], ..Default::default() };
    site.store.commit(batch).await.unwrap();
}

async fn by_api(site: &Site, gig: &Gig) -> Vec<Value> {
    let bearer = format!("Bearer {TOKEN}");
    let path = format!("/api/v1/gigs/{}/interests", gig.id);
    let told = site.ask("GET", &path, &[("authorization", bearer.as_str())], b"").await.json();
    told["interests"].as_array().unwrap().clone()
}

/// What the page says of the one who is reached so.
fn row<'a>(page: &'a str, reach: &str) -> &'a str {
    let list = section(page, "Who is interested");
    list.split("<li>").find(|row| row.contains(reach)).unwrap_or_else(|| panic!("no {reach}: {list}"))
}

/// Where each stands in this text, which names all of them.
fn order<'a>(text: &str, names: &[&'a str]) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> = names.iter().map(|name| (text.find(name).unwrap(), *name)).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

#[tokio::test]
async fn a_name_that_was_typed_is_said_to_be_so_and_whoever_was_signed_in_has_a_handle_and_a_page() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let action = format!("/g/{}/interest", gig.id);
    let mut bo = Browser::at(&site);
    bo.sign_in("bo").await;
    assert_eq!(bo.post(&action, &[("reach", "bo@work.example")]).await.status, 303);
    let once = "0e".repeat(32);
    let typed = [("once", once.as_str()), ("name", "Bo Lind"), ("reach", "lind@work.example")];
    assert_eq!(Browser::at(&site).post(&action, &typed).await.status, 303);

    let everyone = site.ledger.persons().await.unwrap();
    let who = everyone.into_iter().find(|one| one.id != site.poster).unwrap();
    let handle = gigcast::person::shown_handle(&site.ledger.identities_of(who.id).await.unwrap()[0].handle);
    let page = acme(&site).await.get(&format!("/gigs/{}", gig.id)).await.body;
    let (true_one, false_one) = (row(&page, ">bo@work"), row(&page, ">lind@work"));
    assert!(true_one.contains(&format!("href=\"/people/{}\"", who.id)) && true_one.contains(&handle), "{true_one}");
    assert!(!true_one.contains("typed"), "{true_one}");
    assert!(false_one.contains("not signed in; this name was typed"), "{false_one}");
    assert!(!false_one.contains("/people/") && !false_one.contains("href"), "{false_one}");

    let told = by_api(&site, &gig).await;
    let facts = |one: &Value| json!([one["signed_in"], one["person"], one["handle"], one["page"]]);
    assert_eq!(facts(&told[0]), json!([true, who.id, handle, format!("https://gigs.example/people/{}", who.id)]));
    assert_eq!((facts(&told[1]), &told[1]["circle"]), (json!([false, null, null, null]), &Value::Null));
    let mail = site.ledger.unsent().await.unwrap();
    let subjects: Vec<String> = mail.iter().map(|one| one.unsent().notice.letter(None).subject).collect();
    assert!(
        subjects.contains(&"Bo Lind (not signed in) is interested in Logo for a bakery".to_owned()),
        "{subjects:?}"
    );
}

#[tokio::test]
async fn whom_the_circle_speaks_for_comes_first_then_who_was_signed_in_then_what_was_typed() {
    let site = site().await;
    let (ledger, acme_is, gig) = (&site.ledger, site.poster, site.take(&logo()).await);
    let of = |name: &'static str| async move { person(ledger, name).await };
    let (ana, bea, cy, dee, eve, fay) =
        (of("Ana").await, of("Bea").await, of("Cy").await, of("Dee").await, of("Eve").await, of("Fay").await);
    say(ledger, acme_is, ana, AGAIN).await;
    say(ledger, acme_is, bea, AGAIN).await;
    // Both speak for Cy, so there are two paths, and of the two Cy is heard of more than Dee.
    for (by, about) in [(ana, cy), (bea, cy), (ana, dee), (ana, fay)] {
        say(ledger, by, about, AGAIN).await;
    }
    let warned = of("Gus").await;
    say(ledger, ana, warned, Deed::Dispute(Dispute::Grave, Over::NoShow)).await;
    // The nearest of all says so first, and a bot last.
    let asked = [(Some(ana), "Ana"), (Some(dee), "Dee"), (Some(cy), "Cy"), (Some(fay), "Fay"), (Some(eve), "Eve")];
    let asked = asked.into_iter().chain([(Some(warned), "Gus"), (None, "Typed Ana"), (None, "A bot")]);
    for ((person, name), minutes) in asked.zip(0..) {
        would(&site, &gig, person, name, NOON.plus(Duration::from_mins(minutes))).await;
    }
    site.ledger.unlist(fay, NOON).await.unwrap();

    let told = by_api(&site, &gig).await;
    let names: Vec<&str> = told.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ana", "Cy", "Dee", "Eve", "Gus", "Fay", "A bot", "Typed Ana"]);
    let words: Vec<&str> = told.iter().filter_map(|one| one["circle"]["words"].as_str()).collect();
    assert_eq!(words[0], "you know them");
    assert!(words[1].ends_with("trusted by your circle"), "{words:?}");
    assert_eq!((words[3], words[4], words.len()), ("not known here", "your circle warns", 5));
    let paths = |one: &Value| one["circle"]["paths"].as_array().map_or(0, Vec::len);
    assert_eq!(told.iter().map(paths).collect::<Vec<_>>(), [1, 1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(told[1]["circle"]["vouchers"], 2);
    let unlisted = &told[5];
    assert_eq!((&unlisted["page"], &unlisted["circle"]), (&Value::Null, &Value::Null), "others' words of Fay");

    let page = acme(&site).await.get(&format!("/gigs/{}", gig.id)).await.body;
    let list = section(&page, "Who is interested");
    let reached =
        ["Ana at work", "Cy at work", "Dee at work", "Eve at work", "Gus at work", "Fay at work", "A bot at work"];
    assert_eq!(order(list, &reached), reached);
    let cy_row = row(&page, "Cy at work");
    assert!(cy_row.contains(words[1]) && cy_row.contains("2 people in your circle speak for them."), "{cy_row}");
    assert_eq!(cy_row.matches("and then").count(), 1, "one path of two steps: {cy_row}");
    assert!(cy_row.contains(&format!("href=\"https://gigs.example/people/{cy}\"")), "with its links: {cy_row}");
    let fay_row = row(&page, "Fay at work");
    assert!(!fay_row.contains("circle") && !fay_row.contains("/people/"), "{fay_row}");
    let everyones = site.get(&format!("/g/{}", gig.id)).await.body;
    assert!(!everyones.contains("warns") && !everyones.contains("at work"), "{everyones}");
}

#[tokio::test]
async fn one_click_says_by_whom_a_gig_is_filled_where_nobody_was_named() {
    let site = site().await;
    let ana = person(&site.ledger, "Ana").await;
    let (mut acme, button) = (acme(&site).await, ">Filled by them<");
    let mut taken = Vec::new();
    for n in ["1", "2", "3"] {
        let mut gig = logo();
        gig["id"] = json!(n);
        if n == "3" {
            gig["openings"] = json!(2);
        }
        let gig = site.take(&gig).await;
        would(&site, &gig, Some(ana), "Ana", NOON).await;
        would(&site, &gig, None, "Typed", NOON).await;
        taken.push(gig);
    }
    let open = format!("/gigs/{}", taken[0].id);
    let page = acme.get(&open).await.body;
    assert_eq!(page.matches(button).count(), 1, "nobody is hired by a name that was typed: {page}");
    let (whom, decide) = (ana.to_string(), format!("{open}/decide"));
    for sent in [format!("action=\"{decide}\""), format!("name=\"by\" value=\"{whom}\"")] {
        assert!(row(&page, "Ana at work").contains(&sent), "{sent}: {page}");
    }
    let form = [("decision", "fill"), ("revision", "1"), ("by", whom.as_str())];
    assert_eq!(acme.post(&decide, &form).await.status, 303);
    let after = acme.get(&open).await.body;
    assert!(after.contains("You say so; they have not answered yet") && !after.contains(button), "{after}");
    assert_eq!(site.ledger.gig(taken[0].id).await.unwrap().unwrap().gig.status, Status::Filled);

    let filled = format!("/gigs/{}", taken[1].id);
    acme.post(&format!("{filled}/decide"), &[("decision", "fill"), ("revision", "1")]).await;
    let page = acme.get(&filled).await.body;
    let sent = format!("action=\"{filled}/hires\"");
    assert!(row(&page, "Ana at work").contains(&sent) && page.matches(button).count() == 1, "{page}");
    assert_eq!(acme.post(&format!("{filled}/hires"), &[("word", "hire"), ("whom", &whom)]).await.status, 303);
    assert!(!acme.get(&filled).await.body.contains(button), "somebody is named");

    let several = format!("/gigs/{}", taken[2].id);
    let page = acme.get(&several).await.body;
    let her_row = row(&page, "Ana at work");
    assert!(
        her_row.contains(">I hired them<") && !page.contains(button),
        "one of two is hired, and it stays open: {page}"
    );
    assert_eq!(acme.post(&format!("{several}/hires"), &[("word", "hire"), ("whom", &whom)]).await.status, 303);
    let page = acme.get(&several).await.body;
    assert!(!row(&page, "Ana at work").contains(">I hired them<"), "once: {page}");

    acme.post(&format!("{several}/decide"), &[("decision", "withdraw"), ("revision", "1")]).await;
    assert!(!acme.get(&several).await.body.contains(button), "nobody does what was withdrawn");
}

#[tokio::test]
async fn asked_from_a_gig_the_circle_marks_who_is_interested_in_it_for_its_poster_alone() {
    let site = site().await;
    let (ledger, gig) = (&site.ledger, site.take(&logo()).await);
    let (ana, cy) = (person(ledger, "Ana").await, person(ledger, "Cy").await);
    say(ledger, site.poster, ana, AGAIN).await;
    say(ledger, ana, cy, AGAIN).await;
    would(&site, &gig, Some(cy), "Cy", NOON).await;
    let mut acme = acme(&site).await;
    let asked = format!("/circle?gig={}&amp;category=design/brand", gig.id);
    assert!(acme.get(&format!("/gigs/{}", gig.id)).await.body.contains(&asked), "its page leads there");
    let path = asked.replace("&amp;", "&");
    let page = acme.get(&path).await.body;
    let marked = |page: &str, heading| section(page, heading).matches("<b>interested</b>").count();
    assert_eq!((marked(&page, "Your circle would pick"), marked(&page, "You know them")), (1, 0), "{page}");
    assert!(page.contains(&format!("name=\"gig\" value=\"{}\"", gig.id)), "another kind of work is asked for it too");
    assert!(!acme.get("/circle").await.body.contains("interested"));

    let mut baker = Browser::at(&site);
    baker.become_poster("Baker").await;
    let page = baker.get(&path).await.body;
    assert!(!page.contains("interested") && !page.contains("Logo for a bakery"), "it is Acme's to know: {page}");
}

#[tokio::test]
async fn the_list_of_ones_gigs_says_how_many_are_interested_in_each_and_how_many_are_new() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let mut other = logo();
    other["id"] = json!("82");
    let other = site.take(&other).await;
    would(&site, &gig, None, "Cy", NOON).await;
    site.clock.advance(DAY + Duration::from_mins(1));
    let mut acme = acme(&site).await;
    let list = acme.get("/gigs").await.body;
    assert!(list.contains(&format!("href=\"/gigs/{}#interested\">1 interested<", gig.id)), "{list}");
    assert!(!list.contains(&format!("/gigs/{}#interested", other.id)), "nobody is: {list}");
    would(&site, &gig, None, "Di", site.now()).await;
    let list = acme.get("/gigs").await.body;
    assert!(list.contains(">2 interested, 1 of them in the last day<"), "{list}");
}
