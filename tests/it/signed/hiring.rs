//! Who was hired, who warns of whom, and what businesses say of each other: as their pages tell it, and to whom.

use super::{Browser, site};
use crate::support::site::{NOON, Site, TOKEN, logo};
use gigcast::gig::Gig;
use gigcast::id::PersonId;
use gigcast::person::{Actor, Indexing, Person, Role};
use gigcast::secret::Secret;
use gigcast::store::layout;
use gigcast::trust::{Deed, Evidence, Party};
use std::sync::atomic::{AtomicU32, Ordering};

async fn person(site: &Site, name: &str, role: Role) -> PersonId {
    let person = Person { role, ..Person::poster(name, NOON) };
    site.put(layout::person(person.id), &person).await;
    person.id
}

/// A browser in which somebody is signed in.
async fn browser(site: &Site, person: PersonId) -> Browser<'_> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let token = Secret::new(format!("sign-in-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    site.ledger.begin_sign_in(&token, person, NOON).await.unwrap();
    let mut browser = Browser::at(site);
    browser.cookies.insert("__Host-gigcast".into(), token.expose().into());
    browser
}

async fn page(site: &Site, path: &str) -> String {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// What speaks for somebody, as the network counts it.
async fn counted(site: &Site, about: PersonId) -> Vec<Deed> {
    let evidence: Vec<Evidence> = site.ledger.evidence_about(Party::Person(about)).await.unwrap();
    evidence.into_iter().map(|piece| piece.deed).collect()
}

/// Acme has filled a gig by Ana.
async fn hired() -> (Site, Gig, PersonId) {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let ana = person(&site, "Ana", Role::Freelancer).await;
    let mut acme = browser(&site, site.poster).await;
    let decide = format!("/gigs/{}/decide", gig.id);
    let filled = acme.post(&decide, &[("decision", "fill"), ("revision", "1"), ("by", "ana")]).await;
    assert_eq!(filled.status, 303, "{}", filled.body);
    (site, gig, ana)
}

#[tokio::test]
async fn a_hire_is_said_by_one_and_confirmed_by_both() {
    let (site, gig, ana) = hired().await;
    let (gig_page, ana_page) = (format!("/g/{}", gig.id), format!("/people/{ana}"));
    let told = page(&site, &gig_page).await;
    assert!(told.contains("Who does the work") && told.contains("Acme says so"), "{told}");
    assert!(page(&site, &ana_page).await.contains("Acme hired Ana in Brand"), "{}", page(&site, &ana_page).await);
    assert_eq!(counted(&site, ana).await, [Deed::Hired]);

    let mut her = browser(&site, ana).await;
    let waits = format!("<a href=\"{ana_page}#work\">say whether that's right</a>");
    let mine = her.get("/me").await.body;
    assert!(mine.contains("<bdi>Acme</bdi> says that you were hired for") && mine.contains(&waits), "{mine}");
    let own = her.get(&ana_page).await.body;
    assert!(own.contains("Work you were hired for") && own.contains("value=\"confirm\""), "{own}");
    let on_the_gig = her.get(&gig_page).await.body;
    assert!(on_the_gig.contains("value=\"confirm\""), "as well as where the work is told: {on_the_gig}");
    assert!(!told.contains("value=\"confirm\""), "others are not asked");
    let whom = ana.to_string();
    let answer = her.post(&format!("/hires/{}", gig.id), &[("word", "confirm"), ("whom", &whom)]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(!her.get("/me").await.body.contains("Waits for your answer"), "she has answered");
    assert!(page(&site, &gig_page).await.contains("both say so"));
    assert!(page(&site, &ana_page).await.contains("as both say"));
    assert_eq!(counted(&site, ana).await, [Deed::Completed], "one piece of evidence, not two");

    her.post(&format!("/hires/{}", gig.id), &[("word", "nothing"), ("whom", &whom)]).await;
    assert!(page(&site, &gig_page).await.contains("Acme says so"), "she says nothing of it any more");
    let mut acme = browser(&site, site.poster).await;
    acme.post(&format!("/gigs/{}/hires", gig.id), &[("word", "take-back"), ("whom", &whom)]).await;
    assert!(!page(&site, &gig_page).await.contains("Who does the work"), "nor does Acme");
    assert_eq!(counted(&site, ana).await, []);
}

#[tokio::test]
async fn a_hire_that_is_denied_is_shown_to_nobody_else_and_counts_for_nothing() {
    let (site, gig, ana) = hired().await;
    let whom = ana.to_string();
    let answer = format!("/hires/{}", gig.id);
    let mut stranger = browser(&site, person(&site, "Bo", Role::Freelancer).await).await;
    assert_eq!(stranger.post(&answer, &[("word", "deny"), ("whom", &whom)]).await.status, 404, "it is hers to deny");
    let mut her = browser(&site, ana).await;
    assert_eq!(her.post(&answer, &[("word", "deny"), ("whom", &whom)]).await.status, 303);

    assert_eq!(counted(&site, ana).await, []);
    assert!(!page(&site, &format!("/g/{}", gig.id)).await.contains("Ana"));
    assert!(!page(&site, &format!("/people/{ana}")).await.contains("hired"));
    let mut acme = browser(&site, site.poster).await;
    let own = acme.get(&format!("/gigs/{}", gig.id)).await.body;
    assert!(own.contains("They deny it; only you and they see this"), "{own}");
    let again = acme.post(&format!("/gigs/{}/hires", gig.id), &[("word", "hire"), ("whom", "Ana")]).await;
    assert_eq!(again.status, 422, "{}", again.body);
    assert_eq!(counted(&site, ana).await, [], "a claim is not made again over a denial");

    her.post(&answer, &[("word", "nothing"), ("whom", &whom)]).await;
    assert_eq!(counted(&site, ana).await, [Deed::Hired], "she has taken it back");
}

#[tokio::test]
async fn whom_nobody_knows_or_two_go_by_cannot_be_hired_and_nothing_is_changed() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    for (n, handle) in ["bo@remote.example", "Bo@remote.example"].into_iter().enumerate() {
        let id = site.meet(&format!("Bo {n}"), Indexing::Allowed).await;
        let actor = site.ledger.actor(id).await.unwrap().unwrap();
        site.put(layout::actor(id), &Actor { handle: handle.into(), ..actor }).await;
    }
    let mut acme = browser(&site, site.poster).await;
    let decide = format!("/gigs/{}/decide", gig.id);
    let homoglyph = "b\u{43e}@remote.example";
    for (by, said) in [
        ("nobody@remote.example", "Nobody on record goes by"),
        (homoglyph, "Nobody on record goes by"),
        ("@bo@remote.example", "More than one on record goes by"),
        ("Acme", "Nobody is hired by themselves"),
    ] {
        let refused = acme.post(&decide, &[("decision", "fill"), ("revision", "1"), ("by", by)]).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains(said), "{by}: {}", refused.body);
    }
    let gig = site.ledger.gig(gig.id).await.unwrap().unwrap().gig;
    assert_eq!(gig.status, gigcast::gig::Status::Open, "the gig is as it was");
}

#[tokio::test]
async fn somebody_who_has_signed_in_is_hired_by_their_name_where_no_other_has_it() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    // As signing in with an account makes them: their id is not made of their name.
    let here = async |id: &str, name: &str| {
        let id = PersonId::of(&[id.as_bytes()]);
        let person = Person { id, role: Role::Freelancer, ..Person::poster(name, NOON) };
        site.put(layout::person(id), &person).await;
        id
    };
    let lena = here("1", "Lena Brandt").await;
    let mut acme = browser(&site, site.poster).await;
    let page = format!("/gigs/{}", gig.id);
    let filled =
        acme.post(&format!("{page}/decide"), &[("decision", "fill"), ("revision", "1"), ("by", " lena brandt ")]).await;
    assert_eq!(filled.status, 303, "{}", filled.body);
    assert_eq!(counted(&site, lena).await, [Deed::Hired]);

    here("2", "Lena Brandt").await;
    let refused = acme.post(&format!("{page}/hires"), &[("word", "hire"), ("whom", "Lena Brandt")]).await;
    assert!(refused.status == 422 && refused.body.contains("More than one on record"), "{}", refused.body);
    let back = format!("href=\"{page}?whom=Lena+Brandt#work\"");
    assert!(refused.body.contains(&back), "back to where it was typed: {}", refused.body);
    let form = acme.get(&format!("{page}?whom=Lena+Brandt")).await.body;
    assert!(form.contains("name=\"whom\" value=\"Lena Brandt\""), "with what was typed: {form}");
}

#[tokio::test]
async fn whom_a_poster_hired_is_asked_in_one_place_at_a_time() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let mut acme = browser(&site, site.poster).await;
    let (page, decide) = (format!("/gigs/{}", gig.id), format!("/gigs/{}/decide", gig.id));
    let open = acme.get(&page).await.body;
    let (field, button) = (open.find("Filled by whom").unwrap(), open.find("It is filled</button>").unwrap());
    assert!(field < button && !open.contains("Whom did you hire?"), "{open}");
    let refused = acme.post(&decide, &[("decision", "fill"), ("revision", "1"), ("by", "Nobody Here")]).await;
    assert!(refused.body.contains(&format!("href=\"{page}?whom=Nobody+Here#decide\"")), "{}", refused.body);
    assert_eq!(acme.post(&decide, &[("decision", "fill"), ("revision", "1")]).await.status, 303);
    let filled = acme.get(&page).await.body;
    assert!(filled.contains("Whom did you hire?") && !filled.contains("Filled by whom"), "{filled}");
}

#[tokio::test]
async fn of_a_gig_for_several_people_each_is_said_while_it_is_open() {
    let site = site().await;
    let mut several = logo();
    several["openings"] = 3.into();
    let gig = site.take(&several).await;
    let page = browser(&site, site.poster).await.get(&format!("/gigs/{}", gig.id)).await.body;
    assert!(page.contains("Whom did you hire?") && !page.contains("Filled by whom"), "{page}");
}

#[tokio::test]
async fn a_freelancer_sees_their_own_circle_and_not_who_offers_what() {
    let site = site().await;
    let ana = person(&site, "Ana", Role::Freelancer).await;
    let bo = person(&site, "Bo", Role::Freelancer).await;
    let mut her = browser(&site, ana).await;
    let before = her.get("/circle").await;
    assert!(before.status == 200 && before.body.contains("Nobody is in it yet"), "{}", before.body);
    her.post(&format!("/people/{bo}/say"), &[("word", "know"), ("category", "design")]).await;
    let page = her.get("/circle").await.body;
    assert!(page.contains("<h1>Your circle</h1>") && page.contains(&format!("/people/{bo}")), "{page}");
    assert!(!page.contains("would pick"), "that is for those who post gigs: {page}");
    assert!(her.get("/me").await.body.contains("href=\"/circle\""));
    let elsewhere = her.get("/circle?category=nonsense").await;
    assert!(elsewhere.status == 404 && elsewhere.body.contains("Back to your circle"), "{}", elsewhere.body);
    let mut acme = browser(&site, site.poster).await;
    assert!(acme.get("/circle").await.body.contains("Your circle would pick"));
}

#[tokio::test]
async fn a_program_says_who_fills_a_gig() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let ana = person(&site, "Ana", Role::Freelancer).await;
    let (place, bearer) = (format!("/api/v1/gigs/{}", gig.id), format!("Bearer {TOKEN}"));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("if-match", "*")];
    let patch = async |body: &str| site.ask("PATCH", &place, &headers, body.as_bytes()).await;
    for (body, status) in [
        (r#"{"status":"withdrawn","filled_by":"Ana"}"#, 422),
        (r#"{"status":"filled","filled_by":7}"#, 422),
        (r#"{"status":"filled","filled_by":"nobody"}"#, 422),
        (r#"{"status":"filled","filled_by":"Ana"}"#, 200),
        (r#"{"status":"filled","filled_by":"Ana"}"#, 200),
    ] {
        let answer = patch(body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert!(status == 200 || answer.body.contains("\"field\":\"filled_by\""), "{}", answer.body);
    }
    assert_eq!(counted(&site, ana).await, [Deed::Hired]);
}

#[tokio::test]
async fn a_warning_is_seen_by_those_it_concerns_and_heard_as_a_number_by_those_who_trust_the_warner() {
    let site = site().await;
    let (bo, cy, di) = (
        person(&site, "Bo", Role::Freelancer).await,
        person(&site, "Cy", Role::Freelancer).await,
        person(&site, "Di", Role::Poster).await,
    );
    let (of_bo, of_cy) = (format!("/people/{bo}"), format!("/people/{cy}"));
    let say = |whom: &str| format!("{whom}/say");
    let mut his = browser(&site, bo).await;
    let unsaid = his.post(&say(&of_cy), &[("word", "warn")]).await;
    assert!(unsaid.status == 422 && unsaid.body.contains("A warning says what happened"), "{}", unsaid.body);
    assert_eq!(his.post(&say(&of_cy), &[("word", "trouble"), ("over", "no-show")]).await.status, 303);
    assert_eq!(his.post(&say(&of_cy), &[("word", "warn"), ("over", "unpaid")]).await.status, 303);
    let warns = "warned of Cy (did not pay)";
    let own = his.get(&of_cy).await.body;
    assert!(own.contains(warns) && !own.contains("had trouble with"), "one warning at a time: {own}");
    let mut hers = browser(&site, cy).await;
    assert!(hers.get(&of_cy).await.body.contains(warns), "whom it is about sees it");

    let mut poster = browser(&site, di).await;
    for seen in [page(&site, &of_cy).await, page(&site, &of_bo).await, poster.get(&of_cy).await.body] {
        assert!(!seen.contains("warned of") && !seen.contains("warns of them"), "{seen}");
    }
    poster.post(&say(&of_bo), &[("word", "again"), ("category", "design/brand")]).await;
    let seen = poster.get(&of_cy).await.body;
    assert!(seen.contains("One person in your circle warns of them") && !seen.contains(warns), "{seen}");
    assert!(!page(&site, &of_cy).await.contains("warn"), "and nobody else hears a word");

    assert_eq!(his.post(&say(&of_cy), &[("word", "no-warning")]).await.status, 303);
    assert!(!hers.get(&of_cy).await.body.contains(warns));
    assert!(!poster.get(&of_cy).await.body.contains("warns of them"));
}

#[tokio::test]
async fn businesses_say_of_each_other_what_they_are_known_for_and_share_people() {
    let site = site().await;
    let (bakery, press) = (person(&site, "Bakery", Role::Poster).await, person(&site, "Press", Role::Poster).await);
    let ana = person(&site, "Ana", Role::Freelancer).await;
    let of = |who: PersonId| format!("/people/{who}");
    let say = |who: PersonId| format!("/people/{who}/say");
    let (mut baker, mut printer) = (browser(&site, bakery).await, browser(&site, press).await);
    for browser in [&mut baker, &mut printer] {
        browser.post(&say(ana), &[("word", "again"), ("category", "design/brand")]).await;
    }
    assert_eq!(baker.post(&say(press), &[("word", "pays")]).await.status, 303);
    assert_eq!(baker.post(&say(press), &[("word", "briefs")]).await.status, 303);
    let no_business = baker.post(&say(ana), &[("word", "pays")]).await;
    assert!(no_business.status == 422 && no_business.body.contains("those who post gigs"), "{}", no_business.body);

    let told = page(&site, &of(press)).await;
    for said in [
        "Bakery said that Press pays on time",
        "Bakery said that Press writes good briefs",
        "Businesses that vouch for them",
        "Both vouch for",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(page(&site, &of(bakery)).await.contains("Businesses they vouch for"));
    let own = baker.get(&of(bakery)).await.body;
    assert!(own.contains("Businesses you vouch for") && !own.contains("they vouch for"), "{own}");
    assert!(!told.contains("<svg"), "a circle is its own");

    assert!(printer.get(&of(press)).await.body.contains("Your circle is for you alone"));
    assert_eq!(baker.post("/circle/shown", &[("to", "everyone")]).await.status, 303);
    let shown = page(&site, &of(bakery)).await;
    assert!(shown.contains("The circle of Bakery") && shown.contains("Bakery is in the middle"), "{shown}");
    assert!(!shown.contains("you vouch"), "it is not the reader's: {shown}");
    baker.post("/circle/shown", &[("to", "me")]).await;
    assert!(!page(&site, &of(bakery)).await.contains("<svg"));

    baker.post(&say(press), &[("word", "no-pays")]).await;
    let told = page(&site, &of(press)).await;
    assert!(!told.contains("pays on time") && told.contains("good briefs"), "{told}");
}

#[tokio::test]
async fn names_that_would_break_a_page_break_none() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    let names = [
        format!("<script>alert(1)</script>{}", "x".repeat(10_000)),
        "\u{202e}\u{2066}evol\u{200f}".to_owned(),
        "Z\u{300}\u{301}\u{302}".repeat(3_000),
        "\n\r\u{0}\u{1b}[31m".to_owned(),
    ];
    let mut met = Vec::new();
    for name in &names {
        let id = site.meet(name, Indexing::Allowed).await;
        // Addresses beyond measure are refused where they are read; a handle may hold what a name may.
        let actor = Actor { url: None, handle: name.clone(), ..site.ledger.actor(id).await.unwrap().unwrap() };
        site.put(layout::actor(id), &actor).await;
        met.push(id);
    }
    for pair in met.windows(2) {
        site.did(&gig, gigcast::profile::EngagementKind::Reshare, pair[0]).await;
        site.vouched(&gig, pair[0], pair[1], "https://remote.example/1").await;
    }
    let mut acme = browser(&site, site.poster).await;
    for actor in &met {
        let say = format!("/people/{actor}/say");
        assert_eq!(acme.post(&say, &[("word", "again"), ("category", "design/brand")]).await.status, 303);
        acme.post(&format!("/gigs/{}/hires", gig.id), &[("word", "hire"), ("whom", &actor.to_string())]).await;
    }
    let mut pages = vec![
        page(&site, &format!("/g/{}", gig.id)).await,
        page(&site, "/feeds/all.atom").await,
        page(&site, "/feeds/all.json").await,
        acme.get("/circle").await.body,
        acme.get(&format!("/gigs/{}", gig.id)).await.body,
    ];
    // And the feed of one who trusts them, which says why each gig is in it.
    let mut ana = browser(&site, person(&site, "Ana", Role::Freelancer).await).await;
    for actor in &met {
        let say = format!("/people/{actor}/say");
        assert_eq!(ana.post(&say, &[("word", "know"), ("category", "design/brand")]).await.status, 303);
    }
    let told = ana.post("/me/feed", &[]).await.body;
    let feed = told.split("https://gigs.example/feeds/me/").nth(1).unwrap().split(".atom").next().unwrap();
    for form in ["atom", "json"] {
        let feed = page(&site, &format!("/feeds/me/{feed}.{form}")).await;
        assert!(feed.contains("whom you vouched for, reshared it"), "{feed}");
        pages.push(feed);
    }
    pages.push(ana.get("/me/record").await.body);
    for actor in &met {
        pages.push(page(&site, &format!("/people/{actor}")).await);
    }
    for page in pages {
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{200f}', '\u{0}', '\u{1b}']), "{page}");
        assert!(!page.contains(&"x".repeat(200)) && !page.contains(&"Z\u{300}\u{301}\u{302}".repeat(100)), "{page}");
    }
}
