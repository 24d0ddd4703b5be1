//! The two pictures where people meet them: the cascade on a gig's page, the rings on the page of one's own circle.

use super::{Browser, site};
use crate::support::crowd::{carried_on, person, say, weave};
use crate::support::site::logo;
use gigcast::id::PersonId;
use gigcast::person::Indexing;
use gigcast::profile::EngagementKind::Reshare;
use gigcast::trust::{Deed, Dispute, Level, Over};

/// What stands between the tags of the one picture of a page.
fn picture(page: &str) -> &str {
    page.split_once("<svg").unwrap_or_else(|| panic!("no picture: {page}")).1.split_once("</svg>").unwrap().0
}

#[tokio::test]
async fn a_gigs_page_shows_how_it_travelled_and_says_the_same_in_words() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let page = format!("/g/{}", gig.id);
    assert!(!site.get(&page).await.body.contains("<svg"), "it has not gone anywhere yet");
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    let alone = site.get(&page).await.body;
    assert!(picture(&alone).contains("Acme posted it on 1 account. Nobody has carried it on yet."), "{alone}");

    carried_on(&site, &gig, account, 2).await;
    let hostile = site.meet("<script>\u{202e}alert(1)", Indexing::Allowed).await;
    let shy = site.meet("Shy Person", Indexing::Refused).await;
    site.did(&gig, Reshare, shy).await;
    site.vouched(&gig, hostile, shy, "https://remote.example/shy").await;
    let told = site.get(&page).await.body;
    let drawn = picture(&told);
    for said in ["Reader 0", "reshared, replied", "Painter 0", "by 1 person", "and 1 more", "&#60;script&#62;alert(1)"]
    {
        assert!(drawn.contains(said), "{said}: {drawn}");
    }
    assert!(!drawn.contains("Shy") && !drawn.contains("style") && !drawn.contains("href"), "{drawn}");
    assert!(told.contains("<th scope=\"row\"><bdi>Reader 1</bdi></th><td>reshared, replied</td><td><bdi>Mastodon @acme@social.example</bdi></td><td><bdi>Painter 0</bdi></td>"), "{told}");
}

#[tokio::test]
async fn whom_the_poster_vouches_for_is_in_the_picture_and_in_its_words() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    let poster = site.meet("https://social.example/@acme", Indexing::Allowed).await;
    let bruno = site.meet("Bruno Costa", Indexing::Allowed).await;
    for whom in ["Aiko Mori", "June Park"] {
        let whom = site.meet(whom, Indexing::Allowed).await;
        site.vouched(&gig, poster, whom, "https://social.example/@acme/2").await;
    }
    let aiko = site.meet("Aiko Mori", Indexing::Allowed).await;
    site.vouched(&gig, bruno, aiko, "https://remote.example/bruno/1").await;
    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    let drawn = picture(&page);
    for said in [">Aiko Mori<", ">June Park<", ">by 2 people<", ">by the poster<", "Acme vouched for 2 people."] {
        assert!(drawn.contains(said), "{said}: {drawn}");
    }
    let words = "<bdi>Acme</bdi></th><td>posted it</td><td><bdi></bdi></td><td><bdi>Aiko Mori, June Park</bdi>";
    assert!(page.contains(words), "{page}");
}

#[tokio::test]
async fn a_gig_that_three_hundred_carried_on_has_a_picture_of_some_and_counts_the_rest() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    carried_on(&site, &gig, account, 300).await;
    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    let drawn = picture(&page);
    assert!(drawn.contains("and 284 more") && drawn.contains("300 people reshared, quoted or answered it"), "{drawn}");
    assert!(drawn.len() < 15_000, "{} bytes", drawn.len());
    assert!(page.len() < 60_000, "{} bytes", page.len());
}

#[tokio::test]
async fn a_circle_is_drawn_as_rings_without_a_word_of_warning() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Studio").await;
    acme.link("acme").await;

    let ledger = &site.ledger;
    let poster = ledger.persons().await.unwrap().into_iter().find(|person| person.name == "Studio").unwrap().id;
    weave(ledger, poster, 3).await;
    let (warned, trusted) = (person(ledger, "Warned Of").await, PersonId::from_name("Person 0"));
    say(ledger, trusted, warned, Deed::Vouch(Level::KnowsTheWork)).await;
    say(ledger, poster, warned, Deed::Dispute(Dispute::Grave, Over::BadWork)).await;
    let page = acme.get("/circle?category=design/brand").await.body;
    let drawn = picture(&page);
    assert!(drawn.contains("you speak for yourself, then") && drawn.contains(">Person 0<"), "{drawn}");
    let steps = ["you speak for them</td><td><bdi></bdi>", "two steps away</td><td><bdi>Person 0</bdi>"];
    assert!(steps.iter().all(|step| page.contains(step)), "{page}");
    assert!(!page.contains("Warned Of") && !drawn.contains("warn"), "{page}");
    assert!(!drawn.contains("style"), "{drawn}");
}

#[tokio::test]
async fn a_circle_of_three_hundred_is_drawn_in_part_and_counted() {
    let site = site().await;
    let mut acme = Browser::at(&site);
    acme.become_poster("Studio").await;
    acme.link("acme").await;
    let poster = site.ledger.persons().await.unwrap().into_iter().find(|one| one.name == "Studio").unwrap().id;
    weave(&site.ledger, poster, 300).await;
    let page = acme.get("/circle").await.body;
    assert!(picture(&page).contains("30 people whom you speak for yourself, then 100 people"), "{page}");
    assert!(page.contains("And 240 people more, not named here."), "{page}");
}
