//! Marks that turn the direction of writing, typed into every field that others read, and lying in a store from before they were cleaned.

use super::{Browser, site};
use crate::support::site::{NOON, TOKEN, logo};
use gigcast::community::{Community, Entry, Member, Rank, Shown};
use gigcast::id::PersonId;
use gigcast::person::{Person, Role};
use gigcast::secret::Secret;
use gigcast::store::{Availability, Statements, layout};

const TURNS: &str = "\u{202e}Evil\u{2066}";

fn assert_turns_nothing(where_: &str, shown: &str) {
    assert!(shown.contains("Evil"), "{where_} shows it: {shown}");
    assert!(!shown.contains(['\u{202e}', '\u{2066}']), "{where_}: {shown}");
}

#[tokio::test]
async fn what_is_typed_here_turns_nothing_wherever_others_read_it() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let mut ana = Browser::at(&site);
    ana.become_poster("Ana").await;

    let once = "0".repeat(64);
    let message = format!("{TURNS} one\r\n{TURNS} two");
    let form = [("once", once.as_str()), ("name", TURNS), ("reach", TURNS), ("message", &message)];
    assert_eq!(Browser::at(&site).post(&format!("/g/{}/interest", gig.id), &form).await.status, 303);
    let bearer = format!("Bearer {TOKEN}");
    let path = format!("/api/v1/gigs/{}/interests", gig.id);
    let said = site.ask("GET", &path, &[("authorization", bearer.as_str())], b"").await.json();
    let told = &said["interests"][0];
    assert_eq!(
        ["name", "reach", "message"].map(|field| told[field].as_str().unwrap()),
        ["Evil", "Evil", "Evil one\nEvil two"]
    );

    let named = format!("{TURNS} of Bern");
    let founded = ana.post("/communities/found", &[("name", &named), ("category", "design")]).await;
    assert_eq!(
        (founded.status, founded.header("location")),
        (303, Some("/community/evil-of-bern")),
        "{}",
        founded.body
    );
    let says = [("act", "save"), ("name", named.as_str()), ("about", &message), ("vouches", "2")];
    assert_eq!(ana.post("/community/evil-of-bern/act", &says).await.status, 303);
    for path in ["/community/evil-of-bern", "/feeds/community/evil-of-bern.atom", "/feeds/community/evil-of-bern.json"]
    {
        assert_turns_nothing(path, &site.get(path).await.body);
    }
    assert!(site.get("/community/evil-of-bern").await.body.contains("<title>Evil of Bern"));

    assert_eq!(ana.post("/me", &[("tags", TURNS), ("places", TURNS)]).await.status, 303);
    let me = PersonId::from_name("Ana");
    let said = site.ledger.statements(me).await.unwrap().unwrap();
    assert_eq!((said.skills, said.places), (vec!["evil".to_owned()], vec!["Evil".to_owned()]));
    assert_turns_nothing("what they offer", &ana.get(&format!("/people/{me}")).await.body);
    assert_eq!(Person::poster(TURNS, NOON).name, "Evil");
}

#[tokio::test]
async fn what_lies_in_the_store_from_before_turns_nothing_either() {
    let site = site().await;
    let evil = Person { name: TURNS.to_owned(), role: Role::Poster, ..Person::poster("Evil", NOON) };
    site.put(layout::person(evil.id), &evil).await;
    let token = Secret::new("sign-in-of-evil");
    site.ledger.begin_sign_in(&token, evil.id, NOON).await.unwrap();
    let mut browser = Browser::at(&site);
    browser.cookies.insert("__Host-gigcast".into(), token.expose().into());

    let mut community = Community::new("Bern", "design", NOON);
    (community.name, community.about) = (TURNS.to_owned(), TURNS.to_owned());
    let (person, entry) = (evil.id, Entry::Founder);
    let founder = Member { person, rank: Rank::Steward, since: NOON, entry, shown: Shown::Named };
    site.ledger.found_community(&community, Some(founder)).await.unwrap();
    let (skills, places) = (vec![TURNS.to_owned()], vec![TURNS.to_owned()]);
    let (categories, languages, availability) = (Vec::new(), Vec::new(), Availability::Now);
    let said = Statements { categories, skills, languages, places, availability, revised: NOON };
    site.ledger.state(evil.id, &said).await.unwrap();

    let own = format!("/people/{}", evil.id);
    let paths =
        ["/community/bern", "/communities", "/feeds/community/bern.atom", "/feeds/community/bern.json", "/me", &own];
    for path in paths {
        assert_turns_nothing(path, &browser.get(path).await.body);
    }
}
