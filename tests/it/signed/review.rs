//! The page on which a poster gives their word on each post.

use super::{Browser, site};
use crate::support::site::Site;
use gigcast::id::{DeliveryId, PersonId};
use gigcast::web::admin::Refusal;
use gigcast::web::approval::{Waiting, Words};

/// A post of Acme's that waits for approval.
fn laid_in(site: &Site) -> DeliveryId {
    let id = DeliveryId::of(&[b"waits"]);
    let waiting = Waiting {
        delivery: id.to_string(),
        gig: "gig_0123456789abcdef".into(),
        title: "Logo for a bakery".into(),
        handle: "@acme@social.example".into(),
        network: "Mastodon".into(),
        verb: "post".into(),
        replaces: None,
        text: "Logo for a bakery\n\nhttps://gigs.example/g/1".into(),
        card: None,
        link: "https://gigs.example/g/1".into(),
        length: 44,
        limit: 500,
        unit: "characters".into(),
        version: "2-0badcafe".into(),
        closes: None,
        when: "It goes out at once.".into(),
    };
    site.tray.waiting.lock().unwrap().push((PersonId::from_name("Acme"), waiting));
    id
}

#[tokio::test]
async fn a_poster_sees_what_waits_and_their_word_is_passed_on_as_it_was_given() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    assert!(browser.get("/review").await.body.contains("Nothing waits for you"));
    let id = laid_in(&site);
    let page = browser.get("/review").await;
    assert_eq!((page.status, page.body.contains("44 of 500 characters")), (200, true), "{}", page.body);
    assert!(page.header("cache-control").unwrap().contains("no-store"));

    let path = format!("/review/{id}");
    let own = "My words\r\n".to_owned() + &"é".repeat(5000);
    for form in [
        [
            ("word", "shown"),
            ("version", "2-0badcafe"),
            ("text", "Logo for a bakery\r\n\r\nhttps://gigs.example/g/1\r\n"),
            ("why", ""),
        ],
        [("word", "own"), ("version", "2-0badcafe"), ("text", own.as_str()), ("why", "")],
        [("word", "declined"), ("version", ""), ("text", ""), ("why", "too early")],
    ] {
        let answer = browser.post(&path, &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.body.contains("role=\"status\">It is done, 44 of 500 characters."), "{}", answer.body);
    }
    let heard: Vec<String> = site.tray.heard.lock().unwrap().iter().map(|(.., word)| word.clone()).collect();
    let own = format!("approve 2-0badcafe {:?}", Words::Own(own));
    assert_eq!(heard, ["approve 2-0badcafe Shown", own.as_str(), "decline too early"]);
    assert!(
        site.tray.heard.lock().unwrap().iter().all(|(who, what, _)| (*who, *what) == (PersonId::from_name("Acme"), id))
    );
}

#[tokio::test]
async fn words_that_were_typed_are_not_thrown_away_by_approving_what_was_shown() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    let path = format!("/review/{}", laid_in(&site));
    let approve = |text| [("word", "shown"), ("version", "2-0badcafe"), ("text", text)];
    let answer = browser.post(&path, &approve("A better text")).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("\nA better text</textarea>") && answer.body.contains("You changed the words."),
        "{}",
        answer.body
    );
    assert!(site.tray.heard.lock().unwrap().is_empty());
    assert_eq!(browser.post(&path, &approve("")).await.status, 200, "an emptied field says nothing");
    // What has changed since is for whoever decides to tell.
    let older = [("word", "shown"), ("version", "1-0badcafe"), ("text", "The words of before")];
    assert_eq!(browser.post(&path, &older).await.status, 200);
}

#[tokio::test]
async fn words_that_are_refused_stay_in_their_field_with_the_reason() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    let path = format!("/review/{}", laid_in(&site));
    let refused = || Some(Refusal::Refused("The text is 14 characters too long.".into()));
    *site.tray.refuse.lock().unwrap() = refused();
    let form = [("word", "own"), ("version", "2-0badcafe"), ("text", "My own words")];
    let answer = browser.post(&path, &form).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("My own words</textarea>"), "{}", answer.body);
    assert!(answer.body.contains("14 characters too long"), "{}", answer.body);
    // Of a post that is gone, and of an address that is none, it is said above.
    *site.tray.refuse.lock().unwrap() = refused();
    site.tray.waiting.lock().unwrap().clear();
    for path in [path.as_str(), "/review/nonsense"] {
        let answer = browser.post(path, &form).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("<p class=\"wrong\" role=\"alert\">"), "{}", answer.body);
    }
}

#[tokio::test]
async fn nobody_but_a_poster_on_our_own_page_has_a_word_in_review() {
    let site = site().await;
    let path = format!("/review/{}", laid_in(&site));
    let mut stranger = Browser::at(&site);
    let away = stranger.get("/review").await;
    assert_eq!(away.status, 303);
    assert!(away.header("location").unwrap().starts_with("/sign-in"), "{:?}", away.headers);
    assert_eq!(stranger.post(&path, &[("word", "shown"), ("version", "2-0badcafe")]).await.status, 403);
    stranger.sign_in("@bo@social.example").await;
    assert_eq!(stranger.get("/review").await.status, 403, "a freelancer posts nothing");

    let mut other = Browser::at(&site);
    other.become_poster("Bakers").await;
    assert!(other.get("/review").await.body.contains("Nothing waits for you"), "it is Acme's");
    let forged = other.ask("POST", &path, &[("sec-fetch-site", "cross-site")], "word=shown").await;
    assert_eq!(forged.status, 403);
    assert!(site.tray.heard.lock().unwrap().is_empty());
}
