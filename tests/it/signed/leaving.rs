//! What ends with an account that one signs in by, in every browser, and what somebody who is signed out meanwhile finds of what they typed.

use super::{Browser, assert_plain, id, site};
use gigcast::id::PersonId;
use gigcast::secret::Secret;

const BO: &str = "@bo@social.example";
const CY: &str = "@cy@social.example";

impl Browser<'_> {
    async fn who(&self) -> Option<PersonId> {
        let token = Secret::new(self.token()?);
        self.site.ledger.sign_in(&token).await.unwrap().map(|sign_in| sign_in.person)
    }
}

#[tokio::test]
async fn unlinking_signs_out_every_other_browser_and_says_so_before() {
    let site = site().await;
    let (mut bo, mut thief) = (Browser::at(&site), Browser::at(&site));
    bo.sign_in(BO).await;
    let is_bo = bo.who().await;
    bo.link(BO).await;
    let unlink = format!("/accounts/{}/unlink", id(BO));
    let asked = bo.get(&unlink).await.body;
    assert!(asked.contains("You go on signing in with it") && !asked.contains("invitation"), "{asked}");
    bo.link(CY).await;
    thief.sign_in(BO).await;
    assert_eq!(thief.who().await, is_bo, "by the account that they hold as well");
    let asked = bo.get(&unlink).await.body;
    assert!(asked.contains("every other browser is signed out") && !asked.contains("only account"), "{asked}");

    let said = bo.post(&unlink, &[]).await;
    assert_plain(&said, 200, "is unlinked.");
    assert!(!said.body.contains("go on signing in"), "{}", said.body);
    assert_eq!((thief.who().await, bo.who().await), (None, is_bo));
    assert_eq!((thief.get("/me").await.status, bo.get("/me").await.status), (303, 200));
}

#[tokio::test]
async fn an_account_that_posts_nothing_is_given_up_while_another_lets_one_in() {
    let site = site().await;
    let mut bo = Browser::at(&site);
    bo.sign_in(BO).await;
    let (is_bo, disown) = (bo.who().await, format!("/accounts/{}/disown", id(BO)));
    assert!(!bo.get("/accounts").await.body.contains("Stop signing in"), "nothing else lets them in");
    assert_plain(&bo.post(&disown, &[]).await, 422, "link another first");
    bo.link(CY).await;
    assert!(bo.get("/accounts").await.body.contains("Stop signing in with it"));
    let linked = bo.post(&format!("/accounts/{}/disown", id(CY)), &[]).await;
    assert_plain(&linked, 422, "Unlink it where it is linked");
    let mut stranger = Browser::at(&site);
    stranger.sign_in("@dee@social.example").await;
    assert_eq!(stranger.post(&disown, &[]).await.status, 422, "it is none of theirs");

    let done = bo.post(&disown, &[]).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/accounts")), "{}", done.body);
    assert_eq!(bo.who().await, is_bo, "this browser goes on");
    assert_eq!(site.ledger.identity(id(BO)).await.unwrap(), None);
    let unlinked = bo.post(&format!("/accounts/{}/unlink", id(CY)), &[]).await;
    assert_plain(&unlinked, 200, "You go on signing in with it.");
}

#[tokio::test]
async fn signing_in_leads_back_to_the_page_that_one_was_on() {
    let site = site().await;
    for (page, link) in [
        ("/", "href=\"/sign-in\""),
        ("/c/design?from=2&a=b", "href=\"/sign-in?back=%2Fc%2Fdesign%3Ffrom%3D2%26a%3Db\""),
        ("/communities", "href=\"/sign-in?back=%2Fcommunities\">Sign in</a> to start one"),
    ] {
        // As a browser reads it.
        let body = site.get(page).await.body.replace("&#38;", "&");
        assert!(body.contains(link), "{page}: {body}");
    }
    let long = format!("/?x={}", "%20".repeat(600));
    assert!(site.get(&long).await.body.contains("href=\"/sign-in\""), "an address has an end");
}

#[tokio::test]
async fn a_form_that_comes_from_a_browser_that_is_signed_out_is_not_led_away_from() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    for (path, page) in [("/gigs/preview", "/gigs/new"), ("/me", "/me"), ("/accounts/email", "/accounts")] {
        let referer = format!("https://gigs.example{page}");
        let more = [("sec-fetch-site", "same-origin"), ("referer", referer.as_str())];
        let answer = browser.ask("POST", path, &more, "title=Logo").await;
        assert_plain(&answer, 403, "sign in in another tab");
        assert!(
            answer.body.contains(&format!("href=\"/sign-in?back={}\"", page.replace('/', "%2F"))),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_query_that_says_a_thing_twice_shows_the_page() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    for path in ["/?from=1&from=2", "/c/design?from=1&from=2", "/sign-in?back=a&back=b", "/style.css?v=1&v=2"] {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    browser.become_poster("Acme").await;
    for path in ["/circle?page=1&page=2", "/gigs?from=1&from=2"] {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
}
