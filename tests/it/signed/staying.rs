//! How long one stays signed in, and who may send forms.

use super::{Browser, DAY, Lines, assert_plain, id, site};
use crate::support::site::Site;
use gigcast::store::memory::MemoryStore;

#[tokio::test]
async fn a_sign_in_ends_unused_and_in_any_case() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    for _ in 0..4 {
        site.clock.advance(DAY * 13);
        assert_eq!(browser.get("/accounts").await.status, 200, "in use it goes on");
    }
    site.clock.advance(DAY * 8);
    let over = browser.get("/accounts").await;
    assert_eq!((over.status, browser.token()), (303, None), "sixty days are the end, and the cookie goes");

    browser.become_poster("Acme").await;
    site.clock.advance(DAY * 14);
    assert_eq!(browser.get("/accounts").await.header("location"), Some("/sign-in?back=%2Faccounts"));
    assert_eq!(browser.token(), None, "two weeks unused are the end as well");
}

#[tokio::test]
async fn a_cookie_of_another_installation_signs_nobody_in_and_is_taken_away() {
    let site = site().await;
    for foreign in ["ab".repeat(32), String::new(), "not a token".to_owned()] {
        let mut browser = Browser::at(&site);
        browser.cookies.insert("__Host-gigcast".into(), foreign.clone());
        let page = browser.get("/").await;
        assert!(page.status == 200 && page.body.contains(">Sign in</a>"), "{foreign}: {}", page.body);
        assert_eq!(browser.token(), None, "{foreign}");
    }
    let mut browser = Browser::at(&site);
    browser.cookies.insert("__Host-gigcast".into(), "cd".repeat(32));
    assert_eq!(browser.get("/accounts").await.status, 303);
    assert_eq!(browser.token(), None);
}

#[tokio::test]
async fn signing_out_ends_it_here_and_everywhere_elsewhere_too() {
    let site = site().await;
    let (mut here, mut there, mut other) = (Browser::at(&site), Browser::at(&site), Browser::at(&site));
    here.sign_in("@bo@social.example").await;
    there.sign_in("@bo@social.example").await;
    other.sign_in("@cy@social.example").await;
    let kept = here.cookies.clone();
    assert_eq!(here.post("/sign-out", &[]).await.header("location"), Some("/"));
    assert_eq!(here.token(), None);
    here.cookies = kept;
    assert_eq!(here.get("/accounts").await.status, 303, "a copy of the cookie is worth nothing");
    assert_eq!(there.get("/accounts").await.status, 200);

    here.sign_in("@bo@social.example").await;
    assert_eq!(here.post("/sign-out-everywhere", &[]).await.status, 303);
    assert_eq!(there.get("/accounts").await.status, 303);
    assert_eq!(other.get("/accounts").await.status, 200, "another person stays");
}

#[tokio::test]
async fn a_form_from_another_site_does_nothing() {
    let site = site().await;
    let (lines, _logging) = Lines::listen();
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    browser.link("@acme@social.example").await;
    let account = id("@acme@social.example");
    let paths = ["/sign-out", "/sign-out-everywhere", "/link", "/link/enter", "/sign-in", "/accounts/email"];
    let paths = paths
        .map(str::to_owned)
        .into_iter()
        .chain(["pause", "resume", "relink", "unlink", "settings"].map(|verb| format!("/accounts/{account}/{verb}")));
    lines.taken();
    for path in paths {
        for elsewhere in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
        {
            let refused =
                browser.ask("POST", &path, &[elsewhere], "email=x@evil.example&network=mastodon&name=x").await;
            assert_plain(&refused, 403, "sent by another website");
            assert!(lines.taken().contains("reason=\"cross_site\""), "{path}");
        }
    }
    assert_eq!(browser.get("/accounts").await.status, 200, "still signed in");
    assert!(site.reception.told.lock().unwrap().is_empty());
    let own = browser.ask("POST", "/accounts/email", &[("origin", "https://gigs.example")], "email=").await;
    assert_eq!(own.status, 303, "an older browser names our own origin");
}

#[tokio::test]
async fn without_https_one_signs_in_on_this_machine_alone() {
    let plain = Site::over(MemoryStore::new(), Some("http://gigs.example")).await;
    let page = plain.get("/sign-in").await;
    assert_plain(&page, 503, "server.public_url");
    assert_eq!(plain.get("/").await.status, 200, "everything else is as ever");

    let local = Site::over(MemoryStore::new(), None).await;
    let own = format!("http://{}", local.address);
    let named = |host: String| async {
        let host = host;
        local.ask("GET", "/sign-in?back=%2F", &[("host", &host)], b"").await
    };
    let sent = named(format!("localhost:{}", local.address.port())).await;
    assert_eq!((sent.status, sent.header("location")), (303, Some(format!("{own}/sign-in?back=%2F").as_str())));
    assert_plain(&named("gigs.example".to_owned()).await, 403, "server.public_url");
    let page = local.get("/sign-in").await;
    assert!(page.status == 200 && page.body.contains("from this machine only"), "{}", page.body);
}
