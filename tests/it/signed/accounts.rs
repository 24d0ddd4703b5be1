//! The accounts page: cards, pictures, settings, and what one does to an account.

use super::{Browser, DAY, assert_plain, id, site};
use crate::support::site::{Answer, NOON, account};
use gigcast::id::PersonId;
use gigcast::outbox::LaneHold;
use gigcast::person::{Changed, Ended, GrantState, Mode, PayKind, Person, Policy, QuietHours};
use gigcast::secret::Secret;
use gigcast::store::{Avatar, Invite};
use gigcast::web::signed::is_over;
use std::time::Duration;

#[tokio::test]
async fn a_card_says_how_an_account_is_and_what_it_is_for() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    let owner = site.ledger.person(PersonId::from_name("Acme")).await.unwrap().unwrap();
    for (handle, grant) in [
        ("@works@social.example", GrantState::Linked),
        (
            "@dead@social.example",
            GrantState::NeedsRelink {
                since: NOON.minus(DAY * 4),
                said: "the network said <the> token was revoked".into(),
            },
        ),
        ("@gone@social.example", GrantState::Linked),
        ("@<b>\"evil\"@social.example", GrantState::Linked),
    ] {
        let mut linked = account(&owner, "mastodon", handle);
        linked.grant = grant;
        linked.url = if handle.contains("evil") { "javascript:alert(1)".into() } else { linked.url };
        site.ledger.link(&linked, b"sealed".to_vec()).await.unwrap();
    }
    let gone = browser.post(&format!("/accounts/{}/unlink", id("@gone@social.example")), &[]).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    let picture = Avatar { kind: "image/png".into(), bytes: b"picture".to_vec() };
    site.ledger.keep_avatar(id("@works@social.example"), &picture).await.unwrap();
    let mut turn = site.ledger.turn(id("@works@social.example")).await.unwrap();
    turn.lane.posted = vec![NOON.minus(Duration::from_hours(3))];
    site.ledger.end_turn(&turn, gigcast::store::Change::default()).await.unwrap();

    let page = browser.get("/accounts").await;
    for said in [
        "Last post 3 hours ago.",
        "It needs re-linking since Tuesday: the network said &#60;the&#62; token was revoked.",
        "Nothing posted yet.",
        "<dd>Every gig</dd>",
        "At most 24 posts a day, 10 minutes apart",
        "@&#60;b&#62;&#34;evil&#34;@social.example",
        "Use an app password instead",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    for harm in ["javascript:", "<b>\"evil", "@gone@"] {
        assert!(!page.body.contains(harm), "{harm}: {}", page.body);
    }
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    let picture = format!("/avatars/{}", id("@works@social.example"));
    assert!(page.body.contains(&format!("src=\"{picture}\"")) && page.body.matches("<img").count() == 1);
    let served = browser.get(&picture).await;
    assert_eq!(
        (served.status, served.header("content-type"), served.body.as_str()),
        (200, Some("image/png"), "picture")
    );
    let mut other = Browser::at(&site);
    other.become_poster("Other").await;
    assert_eq!(other.get(&picture).await.status, 404, "that it is linked here is nobody else's business");
    *site.reception.ends.lock().unwrap() = Some(NOON.plus(DAY * 5));
    assert!(browser.get("/accounts").await.body.contains("the link ends on 26 November: link it again before then"));
}

#[tokio::test]
async fn a_picture_is_a_picture_and_nothing_else() {
    let site = site().await;
    let svg = Avatar { kind: "image/svg+xml".into(), bytes: b"<svg onload=alert(1)>".to_vec() };
    site.ledger.keep_avatar(id("@a@social.example"), &svg).await.unwrap();
    for path in
        [format!("/avatars/{}", id("@a@social.example")), "/avatars/acc_x".into(), format!("/avatars/{}", id("@b@x"))]
    {
        assert_eq!(site.get(&path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_account_is_paused_resumed_linked_again_and_unlinked() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    browser.link("@acme@social.example").await;
    let account = id("@acme@social.example");
    let place = format!("/accounts#{account}");
    let paused = browser.post(&format!("/accounts/{account}/pause"), &[]).await;
    assert_eq!((paused.status, paused.header("location")), (303, Some(place.as_str())));
    assert_eq!(site.ledger.turn(account).await.unwrap().lane.hold, Some(LaneHold::Paused));
    let page = browser.get("/accounts").await.body;
    assert!(page.contains("Paused.</b> By you.") && page.contains(">Resume</button>"), "{page}");
    browser.post(&format!("/accounts/{account}/resume"), &[]).await;
    assert!(browser.get("/accounts").await.body.contains(">Pause</button>"));

    let onward = browser.post(&format!("/accounts/{account}/relink"), &[]).await;
    assert!(onward.status == 200 && onward.body.contains("http-equiv=\"refresh\""), "{}", onward.body);
    let begun = site.reception.begun.lock().unwrap().last().unwrap().clone();
    assert_eq!((begun.named.server.as_str(), begun.owner.unwrap().name.as_str()), ("https://social.example", "Acme"));

    let ask = browser.get(&format!("/accounts/{account}/unlink")).await.body;
    assert!(ask.contains("the only account that says who you are") && ask.contains("new invitation"), "{ask}");
    let unlinked = browser.post(&format!("/accounts/{account}/unlink"), &[]).await;
    assert_plain(&unlinked, 200, "@acme@social.example is unlinked.");
    assert!(!browser.get("/accounts").await.body.contains("@acme@"));
    let told = site.reception.told.lock().unwrap().join(", ");
    assert_eq!(told, "pause @acme@social.example, resume @acme@social.example, unlink @acme@social.example");
}

#[tokio::test]
async fn settings_are_kept_as_chosen_and_the_daemon_is_told() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    browser.link("@acme@social.example").await;
    let account = id("@acme@social.example");
    let path = format!("/accounts/{account}/settings");
    let shown = browser.get(&path).await;
    assert!(shown.body.contains("as long as every account here: 14 days."), "{}", shown.body);
    assert!(shown.body.contains("Then this account relays nothing"), "{}", shown.body);
    let version = version_of(&shown);
    let form = [
        ("version", version.as_str()),
        ("categories", "design"),
        ("categories", "legal"),
        ("languages", "de, en"),
        ("places", "Berlin"),
        ("pay", "paid"),
        ("tags", ""),
        ("not_tags", "nft"),
        ("posts_per_day", "6"),
        ("gap_minutes", "30"),
        ("quiet_from", "22:00"),
        ("quiet_until", "07:00"),
        ("zone", "Europe/Berlin"),
        ("mode", "review"),
        ("changed", "leave"),
        ("ended", "delete"),
    ];
    let saved = browser.post(&path, &form).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, Some(format!("/accounts#{account}").as_str())),
        "{}",
        saved.body
    );
    let kept = site.ledger.account(account).await.unwrap().unwrap();
    assert_eq!((kept.audience.categories.len(), kept.audience.pay.as_slice()), (2, &[PayKind::Paid][..]));
    assert_eq!((kept.pace.quiet, kept.mode), (Some(QuietHours { from: 1320, until: 420 }), Mode::Review));
    assert_eq!(kept.policy, Policy { changed: Changed::Leave, ended: Ended::Delete });
    assert_eq!(*site.reception.told.lock().unwrap(), ["revised @acme@social.example"]);

    let page = browser.get(&path).await.body;
    for said in [
        "value=\"22:00\"",
        "value=\"de, en\"",
        "value=\"design\" checked",
        "value=\"review\" checked",
        "value=\"Europe/Berlin\"",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let card = browser.get("/accounts").await.body;
    assert!(
        card.contains("Gigs in Design or Legal, written in DE or EN")
            && card.contains("quiet from 22:00 until 07:00 (Europe/Berlin)")
    );

    let mut wrong = form;
    (wrong[12].1, wrong[8].1) = ("Mars/<Base>", "lots");
    let page = browser.post(&path, &wrong).await;
    assert_eq!(page.status, 422);
    for said in [
        "2 fields need another look",
        "“Mars/&#60;Base&#62;” is no time zone",
        "value=\"lots\"",
        "id=\"wrong-zone\"",
        "value=\"30\"",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert_eq!(site.ledger.account(account).await.unwrap().unwrap(), kept, "nothing was saved");
    assert!(page.body.len() < 60_000, "{}", page.body.len());
}

/// Which settings a form was filled with.
fn version_of(page: &Answer) -> String {
    let at = page.body.find("name=\"version\" value=\"").expect("the form says what it was filled with");
    page.body[at..].split('"').nth(3).unwrap().to_owned()
}

#[tokio::test]
async fn the_second_of_two_tabs_is_told_that_the_first_has_saved() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    browser.link("@acme@social.example").await;
    let account = id("@acme@social.example");
    let path = format!("/accounts/{account}/settings");
    let posts = async || site.ledger.account(account).await.unwrap().unwrap().pace.posts_per_day;
    let version = version_of(&browser.get(&path).await);
    let form = |version: String, posts: &'static str| {
        let rest = [("gap_minutes", "10"), ("zone", "UTC"), ("mode", "auto"), ("posts_per_day", posts)];
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(rest).append_pair("version", &version).finish()
    };
    let own = [("sec-fetch-site", "same-origin")];
    assert_eq!(browser.ask("POST", &path, &own, &form(version.clone(), "6")).await.status, 303);
    for outdated in [version, String::new()] {
        let second = browser.ask("POST", &path, &own, &form(outdated, "7")).await;
        assert_eq!((second.status, posts().await), (409, 6), "{}", second.body);
        assert!(second.body.contains("changed meanwhile") && second.body.contains("value=\"7\""), "{}", second.body);
        assert_eq!(site.reception.told.lock().unwrap().len(), 1, "nothing was revised");
    }
    // Whoever has read that may mean it.
    let second = browser.ask("POST", &path, &own, &form(String::new(), "7")).await;
    assert_eq!(browser.ask("POST", &path, &own, &form(version_of(&second), "7")).await.status, 303);
    assert_eq!(posts().await, 7);
}

#[tokio::test]
async fn an_address_for_notices_is_kept_or_refused() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    let email = async || site.ledger.person(PersonId::from_name("Acme")).await.unwrap().unwrap().email;
    assert_eq!(browser.post("/accounts/email", &[("email", " ann@acme.example ")]).await.status, 303);
    assert_eq!(email().await.as_deref(), Some("ann@acme.example"));
    let page = browser.post("/accounts/email", &[("email", "<ann>")]).await;
    assert!(
        page.status == 422 && page.body.contains("value=\"&#60;ann&#62;\"") && page.body.contains("id=\"wrong-email\"")
    );
    assert_eq!(email().await.as_deref(), Some("ann@acme.example"));
    browser.post("/accounts/email", &[("email", "")]).await;
    assert_eq!(email().await, None);
}

#[tokio::test]
async fn thirty_accounts_still_make_a_light_page() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    let owner: Person = site.ledger.person(PersonId::from_name("Acme")).await.unwrap().unwrap();
    for n in 0..30 {
        let linked = account(&owner, "mastodon", &format!("@acme{n}@social.example"));
        site.ledger.link(&linked, b"sealed".to_vec()).await.unwrap();
    }
    let page = browser.get("/accounts").await;
    assert_eq!(page.body.matches("<article").count(), 30);
    assert!(page.body.len() < 60_000, "{}", page.body.len());
}

#[tokio::test]
async fn what_servers_ask_of_us_is_there_once_it_can_be() {
    let site = site().await;
    assert_eq!(site.get("/oauth/client.json").await.status, 404);
    *site.reception.document.lock().unwrap() =
        Some(serde_json::json!({ "client_id": "https://gigs.example/oauth/client.json" }));
    let document = site.get("/oauth/client.json").await;
    assert_eq!(document.header("content-type"), Some("application/json"));
    assert_eq!(document.json()["client_id"], "https://gigs.example/oauth/client.json");
    assert!(site.get("/oauth/jwks.json").await.json()["keys"].is_array());
}

#[tokio::test]
async fn what_is_over_is_cleared_away_a_little_at_a_time() {
    let site = site().await;
    let person = site.poster;
    for n in 0..5u64 {
        let token = Secret::new(format!("old-{n}"));
        site.ledger.begin_sign_in(&token, person, NOON).await.unwrap();
        let invite = Invite { name: "Acme".into(), made: NOON, until: NOON.plus(DAY) };
        site.ledger.keep_invite(&token, &invite).await.unwrap();
    }
    site.clock.advance(DAY * 20);
    let now = site.now();
    let (new, open) = (Secret::new("new"), Secret::new("open"));
    site.ledger.begin_sign_in(&new, person, now).await.unwrap();
    site.ledger.keep_invite(&open, &Invite { name: "Acme".into(), made: now, until: now.plus(DAY) }).await.unwrap();
    let (mut from, mut removed, mut steps) = (None, 0, 0);
    loop {
        let cleared = site.ledger.clear_access(from, 4, now, |sign_in| is_over(sign_in, now)).await.unwrap();
        (removed, steps) = (removed + cleared.removed, steps + 1);
        from = cleared.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!((removed, steps), (10, 4), "12 records, 4 at a time");
    assert!(
        site.ledger.sign_in(&new).await.unwrap().is_some() && site.ledger.invite(&open, now).await.unwrap().is_some()
    );
}
