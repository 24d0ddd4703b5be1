//! What is answered where a form is longer than is read, or is not whole: at every address that takes one, a page of ours in words.

use super::{Browser, site};
use crate::support::site::logo;
use std::fs;
use std::path::Path;

/// Every address of people's pages that takes a form, as the code registers it.
fn addresses() -> Vec<String> {
    let mut found = Vec::new();
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    let mut files: Vec<_> = ["mod.rs", "signed/mod.rs", "signed/gigs/mod.rs"].map(|name| web.join(name)).into();
    files.extend(["me", "bring", "forget", "record/mod"].map(|name| web.join(format!("signed/{name}.rs"))));
    for file in files {
        let code = fs::read_to_string(&file).unwrap();
        for route in code.split(".route(").skip(1) {
            let route = route.split("\n    ").next().unwrap();
            let Some(path) = route.split('"').nth(1).filter(|_| route.contains("post(")) else { continue };
            let is_for_programs = ["/api/", "/hooks/", "/websub/"].iter().any(|of| path.starts_with(of));
            found.extend((!is_for_programs).then(|| path.to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn whatever_is_sent_to_a_form_is_answered_with_a_page_in_words() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    let all = addresses();
    assert!(all.len() > 40, "{all:?}");
    let (mut refused, mut long) = (0, 0);
    for (n, path) in all.iter().enumerate() {
        let ids = [("/people/{id}", format!("/people/{}", site.poster)), ("/g/{id}", format!("/g/{}", gig.id))];
        let more = [
            ("/accounts/{id}", format!("/accounts/{account}")),
            ("{gig}", gig.id.to_string()),
            ("{id}", gig.id.to_string()),
        ];
        let at = ids.iter().chain(&more).fold(path.clone(), |path, (what, is)| path.replace(what, is));
        let at = at.replace("{name}", "none").replace("{token}", "none").replace("{word}", "none");
        for body in [format!("x={}", "y".repeat(10_000)), String::new()] {
            let mut ana = Browser::at(&site);
            ana.become_poster(&format!("Ana-{n}-{}", body.len())).await;
            // From somewhere else each time, so that nobody has tried too often.
            site.clock.advance(std::time::Duration::from_mins(2));
            let answer = ana.ask("POST", &at, &[("sec-fetch-site", "same-origin")], &body).await;
            if !(400..500).contains(&answer.status) {
                assert!(answer.status < 500, "{at}: {}", answer.body);
                continue;
            }
            (refused, long) = (refused + 1, long + usize::from(answer.status == 413));
            let kind = answer.header("content-type");
            assert_eq!(kind, Some("text/html; charset=utf-8"), "{at}, {} bytes: {}", body.len(), answer.body);
            assert!(answer.body.contains("<h1>") && answer.body.contains("/style."), "{at}: {}", answer.body);
        }
    }
    assert!(refused > 40 && long > 10, "{refused} were refused, {long} for their length");
}

#[tokio::test]
async fn a_form_that_is_too_long_or_not_whole_is_told_so_with_the_way_back() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.become_poster("Ana").await;
    let theirs = format!("/people/{}", site.poster);
    let from = format!("https://gigs.example{theirs}");
    let headers = [("sec-fetch-site", "same-origin"), ("referer", from.as_str())];
    let long = format!("word={}", "y".repeat(10_000));
    for (status, body, said) in [(413, long.as_str(), "8 KiB"), (422, "", "missing field <code>word</code>")] {
        let answer = ana.ask("POST", &format!("{theirs}/say"), &headers, body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
        assert!(answer.body.contains(&format!("href=\"{theirs}\">Back to where you were</a>")), "{}", answer.body);
    }
}
