//! While nothing can be written down, a form changes nothing, says so, and leads back to the page that it was sent from.

use super::{Browser, site};

const PAGE: &str = "/people?of=here";

#[tokio::test]
async fn what_cannot_be_written_down_leads_back_to_where_it_was_asked() {
    let site = site().await;
    let mut zoe = Browser::at(&site);
    zoe.become_poster("Zoe").await;
    let say = format!("/people/{}/say", site.poster);
    let withdraw = format!("sort=referrer&category=&about={}", site.poster);
    let all = async || site.store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap();
    let before = all().await;
    site.fitness.note_room(Some(1));
    for (path, form) in [
        (say.as_str(), "word=referrer"),
        ("/communities/found", "name=Inkers&category=design"),
        ("/me/feed", ""),
        ("/me/unlist", ""),
        ("/me/relist", ""),
        ("/me/withdraw", &withdraw),
        ("/circle/shown", "to=everyone"),
    ] {
        let from = format!("https://gigs.example{PAGE}");
        let headers = [("sec-fetch-site", "same-origin"), ("referer", from.as_str())];
        let answer = zoe.ask("POST", path, &headers, form).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")), "{path}: {}", answer.body);
        assert!(answer.body.contains("Nothing can be written down at the moment"), "{path}: {}", answer.body);
        assert!(answer.body.contains(&format!("href=\"{PAGE}\">Try again</a>")), "{path}: {}", answer.body);
        let switch = format!("name=\"back\" value=\"{PAGE}\"");
        assert!(answer.body.contains(&switch), "the look is chosen for that page: {}", answer.body);
    }
    assert_eq!(all().await, before);

    // Whoever came from elsewhere, or does not say, is led to the beginning.
    for from in [None, Some("https://elsewhere.example/me"), Some("https://gigs.example.evil.example/me"), Some("none")]
    {
        let mut headers = vec![("sec-fetch-site", "same-origin")];
        headers.extend(from.map(|from| ("referer", from)));
        let answer = zoe.ask("POST", &say, &headers, "word=referrer").await;
        assert!(answer.body.contains("href=\"/\">Try again</a>"), "{from:?}: {}", answer.body);
        assert!(answer.body.contains("name=\"back\" value=\"/\""), "{from:?}: {}", answer.body);
    }
}
