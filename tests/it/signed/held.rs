//! All that is held is shown, however much it is; what one does for oneself is nobody's word; and `/forget` refuses before anything is posted.

use super::{Browser, Lines, site};
use crate::support::site::{NOON, Site, logo};
use gigcast::community::{Community, Entry, Member, Rank, Shown};
use gigcast::failure::{Failure, Why};
use gigcast::id::PersonId;
use gigcast::person::{Person, Role};
use gigcast::store::{Hire, HireAnswer, Word, layout};
use gigcast::trust::{Deed, Level, Party};
use serde_json::json;

async fn known(site: &Site, name: &str) -> PersonId {
    let person = Person { role: Role::Freelancer, ..Person::poster(name, NOON) };
    site.put(layout::person(person.id), &person).await;
    person.id
}

async fn said(site: &Site, by: PersonId, about: Party, deed: Deed) {
    let source = format!("https://gigs.example/people/{by}");
    let category = Some("design".to_owned());
    site.ledger.say(&Word { by, about, deed, category, at: NOON, source }).await.unwrap();
}

fn count(page: &str, what: &str) -> usize {
    page.matches(what).count()
}

#[tokio::test]
async fn what_one_asked_for_and_was_asked_into_stands_in_ones_record_and_in_its_file() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let mut ana = Browser::at(&site);
    ana.sign_in("@ana@social.example").await;
    let me = site.ledger.persons().await.unwrap().into_iter().find(|one| one.id != site.poster).unwrap().id;
    let form = [("once", "a-word-of-its-own"), ("reach", "ana@mail.example"), ("message", "I would draw it")];
    assert_eq!(ana.post(&format!("/g/{}/interest", gig.id), &form).await.status, 303);
    assert_eq!(ana.post(&format!("/g/{}/link", gig.id), &[("link", "make")]).await.status, 303);
    let bern = Community::new("Bern", "design", NOON);
    let steward =
        Member { person: site.poster, rank: Rank::Steward, since: NOON, entry: Entry::Founder, shown: Shown::Named };
    site.ledger.found_community(&bern, Some(steward)).await.unwrap();
    site.ledger.invite_to_community(bern.id, Party::Person(me), Some(site.poster), NOON).await.unwrap();
    let hire = Hire {
        gig: gig.id,
        poster: site.poster,
        whom: Party::Person(me),
        category: None,
        at: NOON,
        source: format!("https://gigs.example/g/{}", gig.id),
        answer: HireAnswer::Denied(NOON),
    };
    site.ledger.hire(&hire).await.unwrap();

    let title = &gig.terms.title;
    let page = ana.get("/me/record").await.body;
    for shown in [
        "Gig that you are interested in",
        "I would draw it",
        "Link of your own to a gig",
        "Bern, by Acme",
        "denied",
        title,
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let file = ana.get("/me/record.json").await.json();
    assert_eq!(file["interests"][0]["message"], "I would draw it");
    assert_eq!(file["links"][0]["title"], json!(title));
    assert_eq!((&file["invitations"][0]["to"], &file["hires"][0]["who"]), (&json!("Bern"), &json!("Acme")));

    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    let page = acme.get("/me/record").await.body;
    for shown in ["Gigs that you posted", title, "1 gig in all", "Whom you hired", "Whom you invited to a community"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let file = acme.get("/me/record.json").await.json();
    assert_eq!((&file["gigs"][0]["title"], &file["gigs"][0]["state"]), (&json!(title), &json!("open")));
}

#[tokio::test]
async fn a_long_record_is_shown_in_pages_and_the_file_holds_all_of_it() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    for n in 0..65 {
        let by = known(&site, &format!("person {n}")).await;
        said(&site, by, Party::Person(site.poster), Deed::Vouch(Level::WorkedWith)).await;
    }
    for (at, pages) in [(format!("/people/{}", site.poster), [60, 5]), ("/me/record".to_owned(), [40, 25])] {
        for (page, shown) in (1..).zip(pages) {
            let body = acme.get(&format!("{at}?page={page}")).await.body;
            let said = count(&body, "vouched for ");
            assert_eq!(said, shown, "{at} {page}");
            assert!(body.contains(&format!("Page {page} of 2.")), "{at} {page}: {body}");
        }
        let first = acme.get(&at).await.body;
        assert!(first.contains(&format!("<a href=\"{at}?page=2#paged\">Next</a>")), "{first}");
    }
    assert_eq!(acme.get("/me/record.json").await.json()["about"].as_array().unwrap().len(), 65);
}

#[tokio::test]
async fn what_one_does_under_ones_own_gig_is_no_word_of_others() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    acme.link("@acme@social.example").await;
    let own = site.ledger.actors_of(site.poster).await.unwrap()[0];
    said(&site, site.poster, Party::Actor(own), Deed::Reply).await;
    let page = format!("/people/{}", site.poster);
    for page in [site.get(&page).await.body, acme.get(&page).await.body] {
        assert!(!page.contains("answered a gig"), "{page}");
        assert_eq!(count(&page, "Nothing is on record yet"), 2, "{page}");
    }
    let file = acme.get("/me/record.json").await.json();
    assert_eq!(
        (&file["about"], &file["by"][0]["about"]["name"]),
        (&json!([]), &json!("yourself")),
        "it is held all the same"
    );
    let said = file["by"][0]["said"].as_str().unwrap();
    assert!(said.starts_with("you answered a gig of your own"), "{said}");
}

#[tokio::test]
async fn the_head_of_a_persons_page_names_each_of_their_accounts_once() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("@ana@social.example").await;
    let me = site.ledger.persons().await.unwrap().into_iter().find(|one| one.id != site.poster).unwrap().id;
    ana.link("second@social.example").await;
    let page = format!("/people/{me}");
    let (own, others) = (ana.get(&page).await.body, site.get(&page).await.body);
    for body in [&own, &others] {
        let head = body.split_once("<h1>").unwrap().1.split_once("</h1>").unwrap().1;
        let head = head.split_once("</p>").unwrap().0;
        for handle in ["@ana@social.example", "@second@social.example"] {
            assert_eq!(count(head, &format!("<bdi>{handle}</bdi>")), 1, "{handle}: {head}");
        }
    }
    assert!(own.contains("Your own page") && !own.contains("Their own page"), "{own}");
    assert!(others.contains("Their own page"), "{others}");
}

#[tokio::test]
async fn whoever_carried_a_gig_on_is_counted_and_led_to_and_no_stranger_wears_the_colour_of_trust() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    for n in 0..25 {
        let by = known(&site, &format!("person {n}")).await;
        said(&site, by, Party::Person(site.poster), Deed::Reshare).await;
    }
    let first = acme.get("/circle").await.body;
    assert_eq!(count(&first, "reshared one of your gigs"), 20);
    assert!(first.contains("And 5 people more.") && first.contains("page=2\">Next</a>"), "{first}");
    let second = acme.get("/circle?category=&page=2").await.body;
    assert_eq!(count(&second, "reshared one of your gigs"), 5);
    assert!(!second.contains(">Next<") && second.contains("page=1\">Previous</a>"), "{second}");

    let page = acme.get(&format!("/people/{}", PersonId::from_name("person 3"))).await.body;
    assert!(page.contains("<span class=\"standing\">not known here</span>"), "{page}");
    said(&site, site.poster, Party::Person(PersonId::from_name("person 4")), Deed::Vouch(Level::WorkedWith)).await;
    let mut again = acme;
    again
        .post(&format!("/people/{}/say", PersonId::from_name("person 4")), &[("word", "again"), ("category", "design")])
        .await;
    let page = again.get(&format!("/people/{}", PersonId::from_name("person 4"))).await.body;
    assert!(page.contains("<span class=\"trust\">you know them</span>"), "{page}");
}

#[tokio::test]
async fn how_many_more_a_circle_would_pick_is_said_of_each_list_on_each_page() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    let again = Deed::Vouch(Level::WouldHireAgain);
    for n in 0..22 {
        let first = known(&site, &format!("known {n}")).await;
        said(&site, site.poster, Party::Person(first), again).await;
        for k in 0..2 {
            let second = known(&site, &format!("heard {n} {k}")).await;
            said(&site, first, Party::Person(second), again).await;
        }
    }
    let more = |page: &str| -> Vec<String> {
        let lines = page.lines().filter_map(|line| line.strip_prefix("<p class=\"quiet\">And "));
        lines.filter_map(|line| line.strip_suffix(" more.</p>")).map(str::to_owned).collect()
    };
    assert_eq!(more(&acme.get("/circle").await.body), ["24 people", "2 people"], "those picked, then those known");
    let (second, third) = (acme.get("/circle?page=2").await.body, acme.get("/circle?page=3").await.body);
    assert_eq!((more(&second), more(&third)), (vec!["4 people".to_owned()], Vec::new()));
    assert!(second.contains(">Next</a>") && !third.contains(">Next</a>"), "{third}");
}

#[tokio::test]
async fn a_handle_that_is_none_is_refused_before_a_code_is_given_and_else_it_says_its_network() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    for wrong in ["kofi", "@kofi", "kofi_k.bsky.social", "https://social.example/kofi"] {
        let refused = browser.post("/forget", &[("network", "bluesky"), ("handle", wrong)]).await;
        assert!(
            refused.status == 422 && refused.body.contains("Write the handle in full"),
            "{wrong}: {}",
            refused.body
        );
        assert!(refused.body.contains(&format!("value=\"{wrong}\"")), "what was typed stays: {}", refused.body);
        assert!(browser.cookies.is_empty());
    }
    for (chosen, typed, network) in [
        ("bluesky", "@kofi@remote.example", "mastodon"),
        ("", "@kofi@remote.example", "mastodon"),
        ("", "kofi.bsky.social", "bluesky"),
        ("mastodon", "kofi.bsky.social", "bluesky"),
    ] {
        let mut browser = Browser::at(&site);
        assert_eq!(browser.post("/forget", &[("network", chosen), ("handle", typed)]).await.status, 303);
        let token = gigcast::secret::Secret::new(browser.cookies.values().next().unwrap().clone());
        assert_eq!(site.ledger.proof(&token, site.now()).await.unwrap().unwrap().network, network, "{chosen} {typed}");
    }
}

#[tokio::test]
async fn a_visitor_is_told_in_their_own_words_and_the_operator_in_the_log_what_keeps_an_account_from_being_seen() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    let why = Why::new("home.example leads to private addresses only; that is for wire.trusted_origins")
        .with_visitors_words("home.example is not a server on the public internet");
    *site.reception.unseen.lock().unwrap() = Some(Failure::Permanent(why));
    let (lines, _guard) = Lines::listen();
    let refused = browser.post("/forget", &[("network", ""), ("handle", "@kofi@home.example")]).await;
    assert!(
        refused.status == 422 && refused.body.contains("is not a server on the public internet"),
        "{}",
        refused.body
    );
    assert!(!refused.body.contains("trusted_origins") && browser.cookies.is_empty(), "{}", refused.body);
    let told = lines.taken();
    assert!(told.contains("proof.unseen") && told.contains("wire.trusted_origins"), "{told}");
    *site.reception.unseen.lock().unwrap() = Some(Failure::Transient(Why::new("the server is busy")));
    let given = browser.post("/forget", &[("network", ""), ("handle", "@kofi@home.example")]).await;
    assert_eq!(given.status, 303, "what passes by keeps nobody from their code");
}

#[tokio::test]
async fn a_code_is_given_in_time_though_the_server_of_the_account_never_answers() {
    let site = site().await;
    *site.reception.is_silent.lock().unwrap() = true;
    let mut browser = Browser::at(&site);
    let given = browser.post("/forget", &[("network", "mastodon"), ("handle", "@bo@silent.example")]).await;
    assert_eq!((given.status, given.header("location")), (303, Some("/forget")), "{}", given.body);
    assert!(browser.get("/forget").await.body.contains("gigcast-"), "the code to post");
}
