//! A vouch on a gig's page: for whom it is offered, what it does, and where one stands after it.

use super::{Browser, site};
use crate::support::crowd::carried_on;
use crate::support::site::{NOON, logo};
use gigcast::id::AccountId;
use gigcast::person::{Identity, Indexing};
use gigcast::profile::EngagementKind::{Reply, Reshare};

const OFFERED: &str = "<summary>Vouch for <bdi>Reader 0</bdi></summary>";
const GIVEN: &str = "You vouch for <bdi>Reader 0</bdi>";

#[tokio::test]
async fn one_vouches_on_a_gigs_page_for_others_and_comes_back_to_it() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    carried_on(&site, &gig, account, 1).await;
    let page = format!("/g/{}", gig.id);
    assert!(!site.get(&page).await.body.contains(OFFERED), "nobody is signed in");

    let mut ann = Browser::at(&site);
    ann.sign_in("ann").await;
    let known = site.ledger.persons().await.unwrap();
    let me = known.iter().find(|person| person.id != gig.poster).unwrap().id;
    let identity = site.ledger.identities_of(me).await.unwrap().remove(0);
    let own = site.meet(&identity.native, Indexing::Allowed).await;
    site.did(&gig, Reshare, own).await;
    let shown = ann.get(&page).await.body;
    assert_eq!(
        (shown.matches(OFFERED).count(), shown.contains(GIVEN)),
        (1, false),
        "nobody vouches for themselves: {shown}"
    );
    let say = shown.split_once("formaction=\"").unwrap().1.split('"').next().unwrap().to_owned();
    assert!(shown.contains("<input type=\"hidden\" name=\"category\" value=\"design/brand\">"), "{shown}");
    assert!(shown.contains("aria-label=\"I worked with them: Reader 0\""), "{shown}");

    let form = [("category", "design/brand"), ("gig", &*gig.id.to_string()), ("word", "worked")];
    let said = ann.post(&say, &form).await;
    let back = format!("{page}#people");
    assert_eq!((said.status, said.header("location")), (303, Some(back.as_str())), "{}", said.body);
    let shown = ann.get(&page).await.body;
    assert_eq!((shown.matches(OFFERED).count(), shown.matches(GIVEN).count()), (0, 1), "{shown}");
    assert!(!shown.contains("<input type=\"hidden\" name=\"category\""), "there is nobody left to vouch for: {shown}");

    let elsewhere = [("category", "design/brand"), ("gig", "https://evil.example"), ("word", "nothing")];
    let said = ann.post(&say, &elsewhere).await;
    let theirs = say.strip_suffix("/say").unwrap();
    let back = format!("{theirs}?taken-back#say");
    assert_eq!((said.status, said.header("location")), (303, Some(back.as_str())), "{}", said.body);
    assert!(ann.get(&page).await.body.contains(OFFERED), "what was taken back may be said again");
}

#[tokio::test]
async fn whoever_is_vouched_for_under_a_gig_can_be_vouched_for_there_too() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    carried_on(&site, &gig, account, 1).await;
    let [reader, bo] = [site.meet("Reader 0", Indexing::Allowed).await, site.meet("Bo", Indexing::Allowed).await];
    site.vouched(&gig, reader, bo, "https://social.example/@reader/1").await;
    let mut ann = Browser::at(&site);
    ann.sign_in("ann").await;
    let shown = ann.get(&format!("/g/{}", gig.id)).await.body;
    for whom in [reader, bo] {
        assert!(shown.contains(&format!("formaction=\"/people/{whom}/say\"")), "{whom}: {shown}");
    }
}

#[tokio::test]
async fn a_gigs_page_leads_to_its_people_its_poster_and_the_circles_pick() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    carried_on(&site, &gig, account, 1).await;
    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    let reader = site.meet("Reader 0", Indexing::Allowed).await;
    for address in
        [format!("/people/{reader}"), format!("/people/{}", gig.poster), "/circle?category=design/brand".into()]
    {
        assert!(page.contains(&format!("href=\"{address}\"")), "{address}: {page}");
    }
    assert_eq!(site.get(&format!("/people/{reader}")).await.status, 200);
    assert_eq!(site.get(&format!("/people/{}", gig.poster)).await.status, 200);
}

#[tokio::test]
async fn on_their_own_page_of_a_gig_a_poster_vouches_too_and_asks_their_circle() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Acme").await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    carried_on(&site, &gig, account, 1).await;
    let own = format!("/gigs/{}", gig.id);
    let shown = acme.get(&own).await.body;
    let asks = format!("href=\"/circle?gig={}&amp;category=design/brand\"", gig.id);
    assert!(shown.contains(OFFERED) && shown.contains(&asks), "{shown}");
    let say = shown.split_once("formaction=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let form = [("category", "design/brand"), ("gig", &*gig.id.to_string()), ("word", "again")];
    let said = acme.post(&say, &form).await;
    let back = format!("{own}#people");
    assert_eq!((said.status, said.header("location")), (303, Some(back.as_str())), "{}", said.body);
    assert!(acme.get(&own).await.body.contains(GIVEN));
}

#[tokio::test]
async fn each_of_ones_own_words_is_taken_back_where_it_is_listed_and_the_page_says_that_it_was() {
    let site = site().await;
    let reader = site.meet("Reader 0", Indexing::Allowed).await;
    let (theirs, mut ann) = (format!("/people/{reader}"), Browser::at(&site));
    ann.sign_in("ann").await;
    let say = format!("{theirs}/say");
    for form in [
        &[("word", "know"), ("category", "design/brand")][..],
        &[("word", "again"), ("category", "writing")],
        &[("word", "referrer")],
    ] {
        assert_eq!(ann.post(&say, form).await.status, 303);
    }
    let page = ann.get(&theirs).await.body;
    let (_, words) = page.split_once("Your word for them").unwrap();
    let (list, forms) = words.split_once("</ul>").unwrap();
    let rows: Vec<&str> = list.split("<li>").skip(1).collect();
    assert_eq!((rows.len(), forms.contains("Take it back")), (3, false), "{words}");
    let brand = rows.iter().find(|row| row.contains("you vouched for Reader 0 in Brand")).unwrap();
    assert!(
        brand.contains("name=\"category\" value=\"design/brand\"") && brand.contains("value=\"nothing\""),
        "{brand}"
    );
    assert!(rows.iter().any(|row| row.contains("you trusted the word of") && row.contains("value=\"no-referrer\"")));
    assert!(!forms.contains("value=\"referrer\""), "it is trusted already: {forms}");

    let take = [("word", "nothing"), ("category", "design/brand")];
    let taken = ann.post(&say, &take).await;
    let place = format!("{theirs}?taken-back#say");
    assert_eq!((taken.status, taken.header("location")), (303, Some(place.as_str())), "{}", taken.body);
    let page = ann.get(&format!("{theirs}?taken-back")).await.body;
    assert!(page.contains("<p role=\"status\">It is taken back"), "{page}");
    assert!(!page.contains("in Brand") && page.contains("you would hire Reader 0 again in Writing"), "{page}");
    assert!(!ann.get(&theirs).await.body.contains("role=\"status\""), "only once");

    let again = ann.post(&say, &take).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("there was nothing to take back"), "{}", again.body);
}

#[tokio::test]
async fn what_a_poster_does_with_their_own_gig_carries_it_nowhere() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    let poster = site.ledger.person(site.poster).await.unwrap().unwrap();
    let own = site.meet("Acme elsewhere", Indexing::Allowed).await;
    let bo = site.meet("Bo", Indexing::Allowed).await;
    for (kind, actor) in [(Reshare, own), (Reply, own), (Reshare, bo)] {
        site.did(&gig, kind, actor).await;
    }
    site.vouched(&gig, own, bo, "https://social.example/@acme/2").await;
    let (page, board) = (format!("/g/{}", gig.id), "/");
    let one = async || (site.get(&page).await.body, site.get(board).await.body);
    let (shown, card) = one().await;
    assert!(
        shown.contains("2 people reshared, quoted or answered it") && card.contains("reshared by 2"),
        "{shown} {card}"
    );

    let identity = Identity {
        account: AccountId::of(&[b"elsewhere"]),
        person: poster.id,
        network: "mastodon".into(),
        server: "https://remote.example".into(),
        native: "Acme elsewhere".into(),
        handle: "acmeelsewhere@remote.example".into(),
        url: "Acme elsewhere".into(),
        since: NOON,
    };
    site.ledger.know(&poster, &identity).await.unwrap();
    let (shown, card) = one().await;
    assert!(
        shown.contains("1 person reshared, quoted or answered it") && card.contains("reshared by 1"),
        "{shown} {card}"
    );
    assert!(shown.contains(">vouches for</span>"), "what they say of others stands: {shown}");
}
