//! The public side as a browser, a feed reader and a program meet it: a real server on loopback, over a store in memory.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::site::{NOON, Site, logo};
use gigcast::clock::WallClock;
use gigcast::failure::Why;
use gigcast::gig::Gig;
use gigcast::id::DeliveryId;
use gigcast::networks;
use gigcast::outbox::backoff::Schedule;
use gigcast::outbox::{Hold, LaneWait, State, Terms};
use gigcast::person::Indexing;
use gigcast::ports::Counts;
use gigcast::profile::EngagementKind::{Quote, Reshare};
use gigcast::store::memory::MemoryStore;
use gigcast::store::{Change, GigRecord, Heard, Watched, layout};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

async fn site() -> Site {
    Site::over(MemoryStore::new(), Some("https://gigs.example")).await
}

/// A gig whose writer means harm, or merely writes as people do. The intake would take most of this out; a page must not count on it.
async fn hostile(site: &Site) -> Gig {
    let mut written = logo();
    written["id"] = "evil".into();
    let mut gig = site.take(&written).await;
    gig.terms.title = format!("</title><script>alert(1)</script>\" onmouseover=\"x 🎨 שלום {}", "long".repeat(40));
    gig.terms.description = "</script><script>alert(2)</script> <!-- \u{2028}\n\n<img src=x>".into();
    gig.terms.category = None;
    gig.terms.organisation = Some("<b>Bold</b> \"'".into());
    gig.terms.skills = vec!["<img src=x onerror=alert(3)>".into(), "\"quoted\"".into()];
    gig.terms.apply_url = "https://acme.example/?q=\"><script>alert(4)</script>".into();
    site.put(
        layout::gig(gig.id),
        &GigRecord { gig: gig.clone(), heard: Heard::News, source_says: None, said_at: None },
    )
    .await;
    gig
}

/// Every element that is opened is closed again, in order.
fn assert_well_formed(page: &str) {
    const VOID: [&str; 4] = ["meta", "link", "input", "br"];
    let mut open: Vec<&str> = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap_or_else(|| panic!("a tag without an end: <{piece}"));
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "closed in another order than opened");
        } else if !tag.starts_with('!') {
            let name = tag.split([' ', '\n']).next().unwrap_or_default();
            if !VOID.contains(&name) && !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "left open");
}

/// The text of the one JSON-LD element of a page.
fn json_ld(page: &str) -> &str {
    let (_, after) = page.split_once("<script type=\"application/ld+json\">").unwrap();
    after.split_once("</script>").unwrap().0
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_a_page_to_itself() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let too_long = format!("/{}", "x".repeat(3000));
    for (path, status) in [
        ("/", 200),
        ("/?from=7", 200),
        ("/?from=nonsense", 200),
        ("/c/design", 200),
        ("/c/design/brand", 200),
        ("/c/nothing", 404),
        ("/c/design/nothing", 404),
        (&format!("/g/{}", gig.id), 200),
        (&format!("/g/{}?v=abcdefgh", gig.id), 200),
        ("/g/gig_0000000000000000", 404),
        ("/g/%3Cscript%3E", 404),
        ("/feeds/all.atom", 200),
        ("/feeds/all.json", 200),
        ("/feeds/c/design.atom", 200),
        ("/feeds/c/design/brand.json", 200),
        ("/feeds/c/design/brand.rss", 404),
        ("/api/v1/gigs", 405),
        (&format!("/api/v1/gigs/{}", gig.id), 200),
        ("/api/v1/gigs/gig_0000000000000000", 404),
        ("/api/v2", 404),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/look", 405),
        ("/style.css", 200),
        ("/robots.txt", 200),
        ("/admin", 404),
        (&too_long, 414),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        let is_for_forms = status == 405 && !path.starts_with("/api/");
        assert_eq!(answer.body.contains("There is nothing to read at this address"), is_for_forms, "{path}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("permissions-policy").is_some_and(|policy| policy.contains("camera=()")), "{path}");
        assert_eq!(answer.header("server"), None, "{path}");
        assert!(answer.body.len() < 60_000, "{path} weighs {}", answer.body.len());
        if answer.header("content-type") == Some("text/html; charset=utf-8") {
            assert!(!answer.body.contains("style=\"") && !answer.body.contains("http-equiv"), "{path}");
            assert!(answer.body.contains("/style.css?v="), "{path}");
        }
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_what_to_do() {
    let site = site().await;
    for path in ["/g/gig_short", "/g/gig_0000000000000000"] {
        let page = site.get(path).await;
        assert!(page.body.contains("sixteen letters") && page.body.contains("See open gigs"), "{}", page.body);
    }
    assert!(site.get("/api/v1/gigs/81").await.json()["detail"].as_str().unwrap().contains("`gig_`"));
}

#[tokio::test]
async fn nothing_a_poster_writes_gets_out_of_its_place() {
    let site = site().await;
    let gig = hostile(&site).await;
    for path in [format!("/g/{}", gig.id), "/".to_owned()] {
        let page = site.get(&path).await.body;
        let outside = if page.contains("ld+json") {
            page.replacen("<script type=\"application/ld+json\">", "", 1).replacen("</script>", "", 1)
        } else {
            page.clone()
        };
        for harm in ["<script", "</script", "<img", "<b>Bold", "\" onmouseover=\""] {
            assert!(!outside.contains(harm), "{harm} in {path}: {page}");
        }
        assert!(page.contains("🎨 שלום"), "{page}");
    }
    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    let job: Value = serde_json::from_str(json_ld(&page)).unwrap();
    assert_eq!(job["title"], gig.terms.title.as_str(), "what it says is what was written");
}

#[tokio::test]
async fn a_gig_is_told_to_search_engines_in_their_words() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let page = site.get(&format!("/g/{}?v=abcdefgh", gig.id)).await.body;
    let address = format!("https://gigs.example/g/{}", gig.id);
    let job: Value = serde_json::from_str(json_ld(&page)).unwrap();
    let expected = json!({
        "@context": "https://schema.org", "@type": "JobPosting", "title": "Logo for a bakery",
        "description": "<p>SVG &amp; PNG.</p><p>Two sketches.</p>",
        "datePosted": "2026-11-21T12:00:00.000Z", "validThrough": "2026-11-24T12:00:00.000Z",
        "employmentType": "CONTRACTOR", "hiringOrganization": { "@type": "Organization", "name": "Acme" },
        "identifier": { "@type": "PropertyValue", "name": "gigcast", "value": gig.id.to_string() },
        "url": address, "directApply": false, "skills": "svg", "occupationalCategory": "Brand and logo",
        "jobLocationType": "TELECOMMUTE", "applicantLocationRequirements": [{ "@type": "AdministrativeArea", "name": "Berlin" }],
        "baseSalary": { "@type": "MonetaryAmount", "currency": "USD",
                        "value": { "@type": "QuantitativeValue", "value": 40, "unitText": "HOUR" } },
    });
    assert_eq!(job, expected);
    for said in [
        format!("<link rel=\"canonical\" href=\"{address}\">"),
        format!("<meta property=\"og:url\" content=\"{address}\">"),
        "<meta property=\"og:title\" content=\"Logo for a bakery\">".to_owned(),
        "href=\"https://gigs.example/feeds/c/design/brand.atom\"".to_owned(),
        "rel=\"nofollow noopener\">Apply</a>".to_owned(),
        "title=\"24 November 2026, 12:00 UTC\">closes in 3 days</time>".to_owned(),
        "$40 per hour".to_owned(),
    ] {
        assert!(page.contains(&said), "{said} in {page}");
    }
}

#[tokio::test]
async fn an_ended_gig_says_so_and_takes_no_more_applications() {
    let site = site().await;
    site.take(&logo()).await;
    site.clock.advance(Duration::from_hours(1));
    let mut filled = logo();
    filled["status"] = "filled".into();
    let gig = site.take(&filled).await;
    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    assert!(page.contains("class=\"ribbon\">Filled") && !page.contains(">Apply</a>"), "{page}");
    assert!(!page.contains("closes in"), "it has ended already: {page}");
    assert!(page.contains("<li>Filled <time") && page.contains("Came in"), "the history: {page}");
    let job: Value = serde_json::from_str(json_ld(&page)).unwrap();
    assert_eq!(job["validThrough"], "2026-11-21T13:00:00.000Z");
    assert!(!site.get("/").await.body.contains("Logo for a bakery"), "the board shows what is open");
}

#[tokio::test]
async fn those_who_passed_it_on_are_named_unless_they_wish_not_to_be() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    site.posted(&gig, account, "https://social.example/@acme/1").await;
    let (bo, cy) = (site.meet("Bo <b>", Indexing::Allowed).await, site.meet("Cy", Indexing::Allowed).await);
    let shy = site.meet("Shy Person", Indexing::Refused).await;
    for (kind, actor) in [(Reshare, bo), (Quote, bo), (Quote, cy), (Reshare, shy)] {
        site.did(&gig, kind, actor).await;
    }
    site.vouched(&gig, bo, cy, "https://remote.example/reply/1").await;
    site.vouched(&gig, cy, bo, "javascript:alert(1)").await;
    site.vouched(&gig, bo, shy, "https://remote.example/reply/2").await;

    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    assert!(!page.contains("Shy") && !page.contains("shyperson") && !page.contains("reply/2"), "{page}");
    assert!(!page.contains("javascript:"), "{page}");
    for said in [
        "Bo &#60;b&#62;",
        "<b>Mastodon</b> <bdi>@acme@social.example</bdi>",
        "href=\"https://social.example/@acme/1\"",
        "href=\"https://remote.example/reply/1\"",
        "And 1 person more, not named here.",
        "And 1 vouch more, not named here.",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let board = site.get("/c/design").await.body;
    assert!(board.contains("on 1 account, reshared by 3, vouched for 3 people"), "{board}");
}

#[tokio::test]
async fn what_waits_is_told_with_its_reason_and_what_failed_is_not_told() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    let (profile, backoff) = (networks::profiles()["mastodon"].clone(), Schedule::new(Vec::new()));
    let (look_after, clock, total_timeout) = (&[][..], WallClock::Sound, Duration::from_secs(30));
    let terms =
        Terms { profile: &profile, backoff: &backoff, look_after, total_timeout, edit_quiet: Duration::ZERO, clock };
    let linked = site.ledger.account(account).await.unwrap().unwrap();
    let delivery = site.ledger.announce(&gig, &linked, terms, None, NOON).await.unwrap().unwrap().id;
    let path = format!("/g/{}", gig.id);
    assert!(site.get(&path).await.body.contains("goes out soon"));

    let mut turn = site.ledger.turn(account).await.unwrap();
    turn.lane.park(NOON.plus(Duration::from_hours(2)), LaneWait::QuietHours);
    site.ledger.end_turn(&turn, Change::default()).await.unwrap();
    let page = site.get(&path).await.body;
    assert!(page.contains("waits until 14:00 UTC for the end of the account&#39;s quiet hours"), "{page}");

    let mut failed = site.ledger.delivery(delivery).await.unwrap().unwrap();
    for state in [State::Held(Hold::Relink), State::Unknown { looked: 1 }, State::Dead(Why::new("refused"))] {
        failed.state = state;
        site.put(layout::delivery(delivery), &failed).await;
        let page = site.get(&path).await.body;
        assert!(!page.contains("@acme@social.example") && page.contains("On no account yet"), "{page}");
    }
}

#[tokio::test]
async fn of_a_crowd_forty_are_named_on_each_page_and_nobody_twice_or_never() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    for n in 0..310 {
        let actor = site.meet(&format!("Person {n}"), Indexing::Allowed).await;
        site.did(&gig, Reshare, actor).await;
    }
    let place = format!("/g/{}", gig.id);
    let (mut at, mut named) = (place.clone(), BTreeSet::new());
    for n in 1..=8 {
        let page = site.get(&at).await.body;
        assert_well_formed(&page);
        let told = format!("{} to {} of 310.", 40 * n - 39, (40 * n).min(310));
        assert!(page.contains(&told) && page.len() < 60_000, "{n}: {} bytes", page.len());
        assert!(page.find(&told) < page.find("Who vouched for whom"), "beside the list that it is of");
        // A handle leads to their own page on their network.
        let handles = page.split("<a class=\"quiet\" href=").skip(1);
        let handles = handles.map(|rest| rest.split("<bdi>").nth(1).unwrap().split('<').next().unwrap().to_owned());
        let before = named.len();
        named.extend(handles);
        assert_eq!(named.len() - before, if n < 8 { 40 } else { 30 });
        let behind = format!("{place}?people={}", n + 1);
        assert_eq!(page.contains(&format!("{behind}#people\">Next")), n < 8);
        assert_eq!(page.contains(">Previous<"), n > 1);
        at = behind;
    }
    assert_eq!(named.len(), 310);
    assert!(
        site.get(&format!("{place}?people=99")).await.body.contains("281 to 310 of 310"),
        "the last, where there are fewer"
    );
}

#[tokio::test]
async fn an_empty_board_says_what_will_appear_and_how() {
    let site = site().await;
    let front = site.get("/").await.body;
    assert!(
        front.contains("No gig is open yet") && front.contains("Businesses that were invited here post them"),
        "{front}"
    );
    assert!(
        front.contains("Follow in your reader") && !front.contains("/gigs/new"),
        "whoever looks in follows, and posts nothing: {front}"
    );
    assert!(site.get("/c/design").await.body.contains("No gig of this kind is open"));
}

#[tokio::test]
async fn a_long_board_is_paged_without_losing_or_repeating_a_gig() {
    let site = site().await;
    for n in 0..60 {
        let mut gig = logo();
        (gig["id"], gig["title"]) = (n.to_string().into(), format!("Logo number {n}.").into());
        if n % 2 == 1 {
            gig["category"] = "writing".into();
        }
        site.clock.advance(Duration::from_mins(1));
        site.take(&gig).await;
    }
    for (start, expected) in [("/", 60), ("/c/design", 30)] {
        let (mut path, mut seen) = (start.to_owned(), Vec::new());
        loop {
            let page = site.get(&path).await.body;
            seen.extend((0..60).filter(|n| page.contains(&format!("number {n}.<"))));
            let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else { break };
            next.split_once('"').unwrap().0.clone_into(&mut path);
        }
        assert_eq!(seen.len(), expected, "{start}: {seen:?}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), expected, "{start}: {seen:?}");
    }
}

#[tokio::test]
async fn feeds_are_read_by_feed_readers_and_keep_every_id() {
    let site = site().await;
    let gigs: Vec<Gig> = vec![site.take(&logo()).await, hostile(&site).await];
    let ids: Vec<String> = gigs.iter().map(|gig| format!("urn:gigcast:{}", gig.id)).collect();
    for (path, kind) in [
        ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/all.json", "application/feed+json; charset=utf-8"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.header("content-type"), Some(kind));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        let feed = feed_rs::parser::parse(answer.body.as_bytes()).unwrap();
        for (gig, id) in gigs.iter().zip(&ids) {
            let entry = feed.entries.iter().find(|entry| entry.id == *id).unwrap_or_else(|| panic!("{id} in {path}"));
            assert_eq!(entry.title.as_ref().unwrap().content, gig.terms.title);
            assert_eq!(entry.links[0].href, format!("https://gigs.example/g/{}", gig.id));
        }
    }
    let feed = site.get("/feeds/c/design.json").await.json();
    assert_eq!(feed["items"].as_array().unwrap().len(), 1, "only of its kind");
    let said = json!({
        "status": "open", "remote": true, "category": "design/brand", "locations": ["Berlin"],
        "budget": { "min": 40, "max": 40, "currency": "USD", "unit": "HOUR" }, "expires_at": "2026-11-24T12:00:00.000Z",
    });
    assert_eq!(feed["items"][0]["_gig"], said);
    assert_eq!(feed["feed_url"], "https://gigs.example/feeds/c/design.json");
}

#[tokio::test]
async fn a_feed_is_sent_again_only_when_it_has_changed() {
    let site = site().await;
    site.take(&logo()).await;
    for path in ["/feeds/all.atom", "/feeds/all.json"] {
        let first = site.get(path).await;
        let etag = first.header("etag").unwrap().to_owned();
        let weak = format!("\"other\", W/{etag}");
        let again = site.ask("GET", path, &[("if-none-match", &weak)], b"").await;
        assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(etag.as_str())));
        assert_eq!(site.ask("GET", path, &[("if-none-match", "\"other\"")], b"").await.status, 200);
    }
    let before = site.get("/feeds/all.atom").await;
    assert_eq!(before.header("last-modified"), Some("Sat, 21 Nov 2026 12:00:00 GMT"));
    site.clock.advance(Duration::from_hours(1));
    let mut changed = logo();
    changed["title"] = "Logo for two bakeries".into();
    site.take(&changed).await;
    let after = site.ask("GET", "/feeds/all.atom", &[("if-none-match", before.header("etag").unwrap())], b"").await;
    assert_eq!((after.status, after.header("last-modified")), (200, Some("Sat, 21 Nov 2026 13:00:00 GMT")));
    let entry = feed_rs::parser::parse(after.body.as_bytes()).unwrap().entries.remove(0);
    assert_eq!(entry.updated.unwrap().to_rfc3339(), "2026-11-21T13:00:00+00:00");
    assert_eq!(entry.published.unwrap().to_rfc3339(), "2026-11-21T12:00:00+00:00");
}

#[tokio::test]
async fn health_is_one_thing_and_readiness_another() {
    let site = site().await;
    assert_eq!(site.get("/healthz").await.body, gigcast::web::ALIVE);
    assert_eq!(site.get("/readyz").await.status, 200);
    let ailments = ["The sender has not stepped for 2 minutes.", "3 accounts need a person."];
    *site.health.0.lock().unwrap() = ailments.map(str::to_owned).to_vec();
    let ready = site.get("/readyz").await;
    assert_eq!((ready.status, ready.body.lines().collect::<Vec<_>>()), (503, ailments.to_vec()));
    assert_eq!(site.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn the_look_is_a_choice_that_is_kept() {
    let site = Site::over(MemoryStore::new(), Some("https://gigs.example/cast")).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let chosen = site.ask("POST", "/look", &[form], b"look=dark&back=%2Fc%2Fdesign").await;
    assert_eq!((chosen.status, chosen.header("location")), (303, Some("/cast/c/design")));
    let cookie = chosen.header("set-cookie").unwrap();
    assert_eq!(cookie, "look=dark; Path=/cast; Max-Age=31536000; SameSite=Lax; HttpOnly; Secure");
    let page = site.ask("GET", "/", &[("cookie", "look=dark")], b"").await;
    assert!(page.body.contains("data-look=\"dark\"") && page.body.contains("href=\"/cast/style.css?v="));
    assert_eq!(page.header("vary"), Some("cookie"));
    let away = site.ask("POST", "/look", &[form], b"look=purple&back=https%3A%2F%2Fevil.example").await;
    assert_eq!(away.header("location"), Some("/cast/"));
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_ever_under_its_own_hash_only() {
    let site = site().await;
    let page = site.get("/").await.body;
    let (_, address) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let address = address.split_once('"').unwrap().0;
    assert!(site.get(address).await.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(site.get("/style.css?v=old").await.header("cache-control"), Some("no-cache"));
}

#[tokio::test]
async fn without_a_public_address_links_lead_to_where_one_asked() {
    let site = Site::over(MemoryStore::new(), None).await;
    let gig = site.take(&logo()).await;
    let page = site.get(&format!("/g/{}", gig.id)).await.body;
    assert!(page.contains(&format!("rel=\"canonical\" href=\"http://{}/g/{}\"", site.address, gig.id)), "{page}");
}

#[tokio::test]
async fn likes_are_the_numbers_last_read_back_from_each_post() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    for (handle, delivery, likes) in [("@acme@social.example", "one", 4), ("@acme@other.example", "two", 3)] {
        let account = site.link("mastodon", handle).await;
        site.posted(&gig, account, "https://social.example/@acme/1").await;
        let mut announcement = site.ledger.announcement(gig.id, account).await.unwrap().unwrap();
        let id = DeliveryId::of(&[delivery.as_bytes()]);
        if let Some(said) = &mut announcement.said {
            said.created_by = id;
        }
        site.put(layout::announcement(gig.id, account), &announcement).await;
        let counts = Some(Counts { likes: Some(likes), ..Counts::default() });
        site.put(layout::watched(id), &Watched { counts, ..Watched::default() }).await;
    }
    assert!(site.get(&format!("/g/{}", gig.id)).await.body.contains("Liked by 7."));
}

#[tokio::test]
async fn the_page_of_a_gig_that_was_removed_says_that_it_is_gone() {
    let site = site().await;
    let gig = site.take(&logo()).await;
    let mark = gigcast::store::Removed { at: NOON, seen: NOON, source: gig.source, poster: gig.poster };
    let other = gigcast::id::GigId::of(&[b"another"]);
    site.put(layout::removed(other), &mark).await;
    let page = site.get(&format!("/g/{other}")).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This gig has ended"), "{}", page.body);
    let told = site.get(&format!("/api/v1/gigs/{other}")).await;
    assert_eq!((told.status, told.header("content-type")), (410, Some("application/problem+json")));
    assert!(told.json()["detail"].as_str().unwrap().contains(&format!("was removed on {NOON}")), "{}", told.body);
    assert_eq!(site.get("/api/v1/gigs/gig_0000000000000000").await.status, 404);
    assert_eq!(site.get(&format!("/g/{}", gig.id)).await.status, 200);
}
