//! People's pages as browsers meet them: a real server on loopback, cookies kept as browsers keep them, and a made-up daemon behind.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

mod accounts;
mod bringing;
mod circle;
mod forms;
mod held;
mod hiring;
mod interest;
mod interested;
mod leaving;
mod marks;
mod mine;
mod not_now;
mod own_feed;
mod pictures;
mod record;
mod relaying;
mod review;
mod shown_circle;
mod staying;
mod vouching;
mod witnessed;

use crate::support::reception::callback;
use crate::support::site::{Answer, NOON, Site};
use gigcast::failure::{Failure, Why};
use gigcast::grants::{LinkError, Trouble};
use gigcast::id::{AccountId, PersonId};
use gigcast::person::Role;
use gigcast::secret::Secret;
use gigcast::store::Invite;
use gigcast::store::memory::MemoryStore;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

async fn site() -> Site {
    Site::over(MemoryStore::new(), Some("https://gigs.example")).await
}

/// A section of the page, by its heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.split_once(&format!("<h2>{heading}")).unwrap_or_else(|| panic!("no {heading}: {page}")).1;
    from.split_once("</section>").unwrap().0
}

/// One browser: it keeps its cookies, and says where its forms come from.
struct Browser<'a> {
    site: &'a Site,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    fn at(site: &'a Site) -> Self {
        Self { site, cookies: BTreeMap::new() }
    }

    async fn ask(&mut self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend((!cookies.is_empty()).then_some(("cookie", cookies.as_str())));
        headers.extend(more);
        let answer = self.site.ask(method, path, &headers, body.as_bytes()).await;
        for (_, set) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, rest) = set.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.ask("POST", path, &[("sec-fetch-site", "same-origin")], &body).await
    }

    fn token(&self) -> Option<String> {
        self.cookies.get("__Host-gigcast").cloned()
    }

    /// Accepts an invitation.
    async fn become_poster(&mut self, name: &str) {
        let token = Secret::new(format!("invite-{name}-{}", self.site.clock_millis()));
        let invite = Invite { name: name.into(), made: NOON, until: self.site.now().plus(DAY) };
        self.site.ledger.keep_invite(&token, &invite).await.unwrap();
        let path = format!("/invite/{}", token.expose());
        let accepted = self.post(&path, &[]).await;
        assert_eq!((accepted.status, accepted.header("location")), (303, Some("/accounts")), "{}", accepted.body);
    }

    /// Signs in by way of the made-up server.
    async fn sign_in(&mut self, handle: &str) -> Answer {
        let onward = self.post("/sign-in", &[("network", "mastodon"), ("name", "social.example")]).await;
        assert_eq!(onward.status, 200, "{}", onward.body);
        let state = self.site.reception.begun.lock().unwrap().len() - 1;
        self.get(&callback(state, handle)).await
    }

    async fn link(&mut self, handle: &str) -> Answer {
        let onward = self.post("/link", &[("network", "mastodon"), ("name", handle)]).await;
        assert_eq!(onward.status, 200, "{}", onward.body);
        let state = self.site.reception.begun.lock().unwrap().len() - 1;
        self.get(&callback(state, handle)).await
    }
}

impl Site {
    fn now(&self) -> gigcast::clock::Timestamp {
        gigcast::clock::Clock::now(&self.clock)
    }

    fn clock_millis(&self) -> u64 {
        self.now().as_millis()
    }
}

fn id(handle: &str) -> AccountId {
    AccountId::from_native("mastodon", "social.example", handle)
}

/// A page in plain words: what happened, what to do, and a way on.
fn assert_plain(answer: &Answer, status: u16, said: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(said), "{said}: {}", answer.body);
    assert!(answer.body.contains("class=\"button\""), "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.header("cache-control").unwrap().contains("no-store"), "{:?}", answer.headers);
}

/// What is logged while this thread has it.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        crate::support::lines::Lines::keep_another();
        let lines = Self::default();
        let writer = lines.clone();
        let logging = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        let guard = tracing::subscriber::set_default(logging.with_writer(move || writer.clone()).finish());
        (lines, guard)
    }

    fn taken(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

// ---- coming in

#[tokio::test]
async fn an_invitation_is_used_up_by_its_form_alone() {
    let site = site().await;
    let token = Secret::new("1nv1te");
    let until = NOON.plus(DAY * 7);
    site.ledger.keep_invite(&token, &Invite { name: "Acme <Studio>".into(), made: NOON, until }).await.unwrap();
    let mut browser = Browser::at(&site);
    for method in ["GET", "HEAD", "GET"] {
        let page = browser.ask(method, "/invite/1nv1te", &[], "").await;
        assert_eq!((page.status, page.header("referrer-policy")), (200, Some("no-referrer")));
        assert!(page.header("set-cookie").is_none(), "looking changes nothing");
    }
    let page = browser.get("/invite/1nv1te").await.body;
    for said in ["Acme &#60;Studio&#62;", "28 November 2026, 12:00 UTC", "in 7 days", "action=\"/invite/1nv1te\""] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let accepted = browser.post("/invite/1nv1te", &[]).await;
    assert_eq!((accepted.status, accepted.header("location")), (303, Some("/accounts")));
    let accounts = browser.get("/accounts").await;
    assert_eq!(accounts.status, 200);
    assert!(accounts.body.contains("Acme &#60;Studio&#62;") && accounts.body.contains("No account is linked yet"));
    let person = site.ledger.person(PersonId::from_name("Acme <Studio>")).await.unwrap().unwrap();
    assert_eq!(person.role, Role::Poster);

    let (lines, _logging) = Lines::listen();
    let mut other = Browser::at(&site);
    let again = other.post("/invite/1nv1te", &[]).await;
    assert_plain(&again, 410, "Ask whoever sent it for a new one");
    assert!(other.cookies.is_empty());
    assert_plain(&other.get("/invite/nonsense").await, 410, "Ask whoever sent it for a new one");
    assert!(lines.taken().contains("reason=\"invite_over\""));
}

#[tokio::test]
async fn an_invitation_ends_by_itself() {
    let site = site().await;
    let invite = Invite { name: "Late".into(), made: NOON, until: NOON.plus(DAY) };
    site.ledger.keep_invite(&Secret::new("late"), &invite).await.unwrap();
    site.clock.advance(DAY);
    let mut browser = Browser::at(&site);
    assert_plain(&browser.get("/invite/late").await, 410, "is over");
    assert_plain(&browser.post("/invite/late", &[]).await, 410, "is over");
    assert!(site.ledger.person(PersonId::from_name("Late")).await.unwrap().is_none());
}

/// What the hidden field of the invitation's form holds.
fn spoken_of(page: &Answer) -> String {
    let at = page.body.find("name=\"now\" value=\"").expect("the form says of whom it spoke");
    page.body[at..].split('"').nth(3).unwrap().to_owned()
}

#[tokio::test]
async fn a_freelancer_who_accepts_becomes_the_poster_and_keeps_the_way_in() {
    let site = site().await;
    let (mut bo, mut elsewhere) = (Browser::at(&site), Browser::at(&site));
    bo.sign_in("@bo@social.example").await;
    elsewhere.sign_in("@bo@social.example").await;
    let was = site.ledger.identity(id("@bo@social.example")).await.unwrap().unwrap().person;
    site.ledger.revise_person(was, |person| person.email = Some("bo@mail.example".into())).await.unwrap();
    let invite = Invite { name: "Acme Studio".into(), made: NOON, until: NOON.plus(DAY) };
    site.ledger.keep_invite(&Secret::new("t"), &invite).await.unwrap();

    let page = bo.get("/invite/t").await;
    let said = "You are signed in as <b><bdi>@bo@social.example</bdi></b>; accepting makes you <bdi>Acme Studio</bdi>";
    assert!(page.body.contains(said), "{}", page.body);
    // Whoever has not read that is told before anything happens.
    let unread = bo.post("/invite/t", &[]).await;
    assert!(unread.status == 200 && unread.body.contains(said), "{} {}", unread.status, unread.body);
    assert_eq!(site.ledger.person(was).await.unwrap().map(|person| person.role), Some(Role::Freelancer));

    assert_eq!(bo.post("/invite/t", &[("now", &spoken_of(&page))]).await.status, 303);
    let acme = site.ledger.person(PersonId::from_name("Acme Studio")).await.unwrap().unwrap();
    assert_eq!((acme.role, acme.email.as_deref()), (Role::Poster, Some("bo@mail.example")));
    assert_eq!(site.ledger.person(was).await.unwrap(), None, "the freelancer is gone");
    assert_eq!(site.ledger.identities_of(was).await.unwrap(), []);
    let [known] = site.ledger.identities_of(acme.id).await.unwrap().try_into().unwrap();
    assert_eq!((known.account, known.person), (id("@bo@social.example"), acme.id));
    assert_eq!(bo.get("/accounts").await.status, 200);
    assert_eq!(elsewhere.get("/accounts").await.status, 303, "other sign-ins end");

    let mut later = Browser::at(&site);
    later.sign_in("@bo@social.example").await;
    assert!(later.get("/accounts").await.body.contains("Acme Studio"), "the account leads to the poster");
    bo.link("@bo@social.example").await;
    let linked = site.ledger.account(id("@bo@social.example")).await.unwrap();
    assert_eq!(linked.map(|account| account.owner), Some(acme.id), "and can be linked");
}

#[tokio::test]
async fn a_poster_who_accepts_for_another_is_signed_in_as_the_other_and_stays_whole() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Old").await;
    browser.link("@old@social.example").await;
    let invite = Invite { name: "New Studio".into(), made: NOON, until: NOON.plus(DAY) };
    site.ledger.keep_invite(&Secret::new("t"), &invite).await.unwrap();
    let page = browser.get("/invite/t").await;
    assert!(page.body.contains("signed in as <b><bdi>Old</bdi></b> now; accepting signs it in as"), "{}", page.body);
    assert_eq!(browser.post("/invite/t", &[("now", &spoken_of(&page))]).await.status, 303);
    assert!(browser.get("/accounts").await.body.contains("New Studio"));
    let old = PersonId::from_name("Old");
    assert_eq!(site.ledger.person(old).await.unwrap().map(|person| person.role), Some(Role::Poster));
    assert_eq!(site.ledger.identities_of(old).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_who_accept_at_once_one_comes_in() {
    let site = site().await;
    let invite = Invite { name: "Acme".into(), made: NOON, until: NOON.plus(DAY) };
    site.ledger.keep_invite(&Secret::new("t"), &invite).await.unwrap();
    let accept = |n: u32| {
        let ledger = &site.ledger;
        async move { ledger.accept_invite(&Secret::new("t"), &Secret::new(n.to_string()), None, NOON).await.unwrap() }
    };
    let came_in = futures_util::future::join_all((0..8).map(accept)).await;
    assert_eq!(came_in.iter().flatten().count(), 1);
}

#[tokio::test]
async fn cookies_are_for_this_host_and_no_script() {
    let site = site().await;
    let signed = Browser::at(&site).sign_in("@bo@social.example").await;
    let cookie = signed.header("set-cookie").unwrap();
    let (value, rest) = cookie.strip_prefix("__Host-gigcast=").unwrap().split_once("; ").unwrap();
    assert!(value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()), "256 bits: {value}");
    assert_eq!(rest, "Path=/; Max-Age=5184000; HttpOnly; SameSite=Lax; Secure");
    let onward = Browser::at(&site).post("/sign-in", &[("network", "mastodon"), ("name", "social.example")]).await;
    let cookie = onward.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-gigcast-link="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"), "{cookie}");

    let local = Site::over(MemoryStore::new(), None).await;
    let signed = Browser::at(&local).sign_in("@bo@social.example").await;
    let cookie = signed.header("set-cookie").unwrap();
    assert!(cookie.starts_with("gigcast=") && !cookie.contains("Secure"), "plain http, on this machine: {cookie}");
}

#[tokio::test]
async fn signing_in_makes_one_known_and_later_finds_the_same_person() {
    let site = site().await;
    let (mut one, mut two) = (Browser::at(&site), Browser::at(&site));
    let signed = one.sign_in("@bo@social.example").await;
    assert_eq!((signed.status, signed.header("location")), (303, Some("/me")), "a freelancer has a page of their own");
    assert!(one.get("/").await.body.contains("@bo@social.example</bdi></b>"), "the header says who is signed in");
    two.sign_in("@bo@social.example").await;
    assert_ne!(one.token(), two.token());
    let token = |browser: &Browser<'_>| Secret::new(browser.token().unwrap());
    let person = async |browser: &Browser<'_>| site.ledger.sign_in(&token(browser)).await.unwrap().unwrap().person;
    assert_eq!(person(&one).await, person(&two).await);
    assert_plain(&one.get("/gigs/new").await, 403, "takes an invitation");
    assert_eq!(one.post("/link", &[("network", "mastodon"), ("name", "social.example")]).await.status, 200);
    assert_eq!(site.reception.begun.lock().unwrap().len(), 3, "an account can be linked by anyone, to relay with");
}

#[tokio::test]
async fn a_token_planted_before_signing_in_is_worth_nothing_after() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    let planted = "0f".repeat(32);
    browser.cookies.insert("__Host-gigcast".into(), planted.clone());
    browser.sign_in("@bo@social.example").await;
    assert_ne!(browser.token(), Some(planted.clone()));
    assert!(site.ledger.sign_in(&Secret::new(planted)).await.unwrap().is_none());

    let first = browser.token().unwrap();
    browser.sign_in("@cy@social.example").await;
    assert_ne!(browser.token(), Some(first.clone()));
    assert!(site.ledger.sign_in(&Secret::new(first)).await.unwrap().is_none(), "one browser, one sign-in");
}

#[tokio::test]
async fn one_comes_back_to_where_one_was_sent_from_and_nowhere_else() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    let sent = browser.get("/accounts/acc_x/settings?a=b").await;
    assert_eq!(sent.status, 303);
    let place = sent.header("location").unwrap().to_owned();
    assert_eq!(place, "/sign-in?back=%2Faccounts%2Facc_x%2Fsettings%3Fa%3Db");
    assert!(browser.get(&place).await.body.contains("value=\"/accounts/acc_x/settings?a=b\""));
    for (back, place) in [("/accounts/acc_x/settings?a=b", "/accounts/acc_x/settings?a=b"), ("//evil.example", "/me")] {
        let mut browser = Browser::at(&site);
        let form = [("network", "bluesky"), ("name", "@bo.example "), ("back", back)];
        let onward = browser.post("/sign-in", &form).await;
        assert_eq!(onward.status, 200, "{}", onward.body);
        let state = site.reception.begun.lock().unwrap().len() - 1;
        let signed = browser.get(&callback(state, "bo.example")).await;
        assert_eq!(signed.header("location"), Some(place));
    }
    assert_eq!(site.reception.begun.lock().unwrap()[0].named.identifier, "bo.example");
}

#[tokio::test]
async fn a_form_leads_on_by_a_page_of_our_own() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    let onward = browser.post("/sign-in", &[("network", "mastodon"), ("name", "@bo@social.example")]).await;
    let there = "https://social.example/oauth/authorize?state=0&#38;x=1";
    for said in [
        format!("<meta http-equiv=\"refresh\" content=\"0;url={there}\">"),
        format!("href=\"{there}\""),
        "On to <bdi>social.example</bdi>".to_owned(),
    ] {
        assert!(onward.body.contains(&said), "{said}: {}", onward.body);
    }
    assert!(onward.header("content-security-policy").unwrap().contains("form-action 'self'"));
    let begun = site.reception.begun.lock().unwrap()[0].clone();
    assert_eq!(begun.network, "mastodon");
    assert_eq!((begun.named.server.as_str(), begun.named.identifier.as_str()), ("social.example", "bo@social.example"));
}

#[tokio::test]
async fn what_was_typed_wrong_is_kept_with_the_reason_beside_it() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    let long = "x".repeat(400);
    for (network, name, status, said) in [
        ("mastodon", " ", 422, "This is still empty"),
        ("mastodon", long.as_str(), 422, "no server and no handle"),
        ("mastodon", "a\u{7}b", 422, "no server and no handle"),
    ] {
        let page = browser.post("/sign-in", &[("network", network), ("name", name)]).await;
        assert_eq!(page.status, status, "{}", page.body);
        assert!(page.body.contains(said) && page.body.contains("aria-invalid=\"true\""), "{said}: {}", page.body);
    }
    let (lines, _logging) = Lines::listen();
    let private = Failure::Permanent(Why::new("10.0.0.1 is a private address, and gigcast calls none"));
    *site.reception.fails.lock().unwrap() = Some(LinkError::Trouble(Trouble::Refused(private)));
    let page = browser.post("/sign-in", &[("network", "mastodon"), ("name", "10.0.0.1\"><b>")]).await;
    assert_eq!(page.status, 422);
    for said in ["10.0.0.1 is a private address", "value=\"10.0.0.1&#34;&#62;&#60;b&#62;\"", "id=\"wrong-mastodon\""] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(browser.cookies.is_empty(), "nothing was begun");
    let said = lines.taken();
    assert!(said.contains("WARN") && said.contains("reason=\"permanent\""), "{said}");
}

#[tokio::test]
async fn whoever_tries_again_and_again_is_told_when_to_come_back() {
    let site = site().await;
    let (lines, _logging) = Lines::listen();
    let mut browser = Browser::at(&site);
    let form = [("network", "mastodon"), ("name", " ")];
    let mut made = 0;
    let refused = loop {
        let answer = browser.post("/sign-in", &form).await;
        match answer.status {
            422 => made += 1,
            _ => break answer,
        }
    };
    assert_eq!((made, refused.status), (20, 429));
    assert!(refused.body.contains("Come back in less than a minute"), "{}", refused.body);
    assert!(lines.taken().contains("reason=\"too_many\""));
    assert_eq!(browser.get("/sign-in").await.status, 200, "looking is no try");
    let wait = refused.header("retry-after").unwrap().parse().unwrap();
    site.clock.advance(Duration::from_secs(wait));
    assert_eq!(browser.post("/sign-in", &form).await.status, 422);
    assert_eq!(browser.post("/sign-in", &form).await.status, 429);
}

// ---- coming back

#[tokio::test]
async fn an_answer_that_is_not_right_is_told_and_changes_nothing() {
    let site = site().await;
    let (lines, _logging) = Lines::listen();
    let mut browser = Browser::at(&site);
    browser.post("/sign-in", &[("network", "mastodon"), ("name", "social.example")]).await;
    let trouble = || Failure::Transient(Why::new("social.example could not be reached"));
    let failing = [
        (LinkError::Used, "used already", "used"),
        (LinkError::Expired, "longer than ten minutes", "expired"),
        (LinkError::OtherServer, "not from the server that was asked", "other_server"),
        (LinkError::CodeRefused { said: "invalid_grant <b>".into() }, "invalid_grant &lt;b&gt;", "code_refused"),
        (LinkError::ScopeMissing { missing: vec!["write:statuses".into()] }, "write:statuses", "scope_missing"),
        (LinkError::WrongAccount { handle: "@cy@social.example".into() }, "signed in there as", "wrong_account"),
        (LinkError::Trouble(trouble().into()), "could not be reached", "transient"),
    ];
    for (error, said, reason) in failing {
        lines.taken();
        *site.reception.fails.lock().unwrap() = Some(error);
        let page = browser.get(&callback(0, "@bo@social.example")).await;
        assert!((400..500).contains(&page.status), "{}", page.status);
        assert_plain(&page, page.status, said);
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        let logged = lines.taken();
        assert_eq!(logged.matches(&format!("reason=\"{reason}\"")).count(), 1, "{reason}: {logged}");
    }
    for (path, said, reason) in [
        ("/link/callback", "does not say what it is an answer to", "no_state"),
        ("/link/callback?state=a&state=b", "does not say what it is an answer to", "no_state"),
        ("/link/callback?state=99&code=x", "Nothing here waits", "unknown_state"),
        ("/link/callback?state=0&error=access_denied", "You said no there", "denied"),
        ("/link/callback?state=0&error=server_error", "server_error", "refused"),
    ] {
        let page = browser.get(path).await;
        assert_plain(&page, 400, said);
        assert!(lines.taken().contains(&format!("reason=\"{reason}\"")), "{reason}");
    }
    let stranger = Browser::at(&site).get(&callback(0, "@bo@social.example")).await;
    assert_plain(&stranger, 400, "another browser");
    assert!(!stranger.body.contains("state=0") && !stranger.body.contains("code="), "no page repeats a code");
    assert!(browser.token().is_none());
    assert!(site.ledger.identity(id("@bo@social.example")).await.unwrap().is_none());
    assert_eq!(browser.get(&callback(0, "@bo@social.example")).await.status, 303, "and still it can be finished");
}

#[tokio::test]
async fn begun_twice_in_one_browser_both_can_be_finished() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    for _ in 0..2 {
        assert_eq!(browser.post("/link", &[("network", "mastodon"), ("name", "social.example")]).await.status, 200);
    }
    for state in [0, 1] {
        let linked = browser.get(&callback(state, "@acme@social.example")).await;
        assert_eq!(linked.status, 303, "{}", linked.body);
    }
    assert_eq!(site.ledger.accounts().await.unwrap().len(), 1, "one account");
}

#[tokio::test]
async fn an_account_belongs_to_one_person() {
    let site = site().await;
    let (mut acme, mut zeta) = (Browser::at(&site), Browser::at(&site));
    acme.become_poster("Acme").await;
    zeta.become_poster("Zeta").await;
    let place = format!("/accounts#{}", id("@acme@social.example"));
    assert_eq!(acme.link("@acme@social.example").await.header("location"), Some(place.as_str()));
    assert_plain(&zeta.link("@acme@social.example").await, 400, "belongs to somebody else here");
    let owner = site.ledger.account(id("@acme@social.example")).await.unwrap().unwrap().owner;
    assert_eq!(owner, PersonId::from_name("Acme"));

    let (lines, _logging) = Lines::listen();
    let account = id("@acme@social.example");
    for (method, verb) in [
        ("GET", "settings"),
        ("POST", "settings"),
        ("POST", "pause"),
        ("POST", "resume"),
        ("POST", "relink"),
        ("GET", "unlink"),
        ("POST", "unlink"),
    ] {
        let path = format!("/accounts/{account}/{verb}");
        let refused = zeta.ask(method, &path, &[("sec-fetch-site", "same-origin")], "").await;
        assert_plain(&refused, 404, "None of your accounts");
        assert!(!refused.body.contains("@acme@"), "of others nothing is told");
    }
    assert_eq!(lines.taken().matches("reason=\"not_theirs\"").count(), 7);
    assert!(site.reception.told.lock().unwrap().is_empty());
    assert!(!zeta.get("/accounts").await.body.contains("@acme@"));
}

#[tokio::test]
async fn a_token_typed_by_hand_links_too() {
    let site = site().await;
    let mut browser = Browser::at(&site);
    browser.become_poster("Acme").await;
    let form = [("network", "mastodon"), ("name", "social.example"), ("secret", " t0ken ")];
    assert_eq!(browser.post("/link/enter", &form).await.status, 303);
    let form = [("network", "bluesky"), ("name", "@acme.example"), ("server", "pds.example"), ("secret", "t0ken")];
    assert_eq!(browser.post("/link/enter", &form).await.status, 303);
    let told = site.reception.told.lock().unwrap().clone();
    assert_eq!(
        told,
        [
            "enter mastodon \"https://social.example\" \"\" t0ken",
            "enter bluesky \"https://pds.example\" \"acme.example\" t0ken"
        ]
    );
    let refused = Failure::Permanent(Why::new("the token was refused"));
    *site.reception.fails.lock().unwrap() = Some(LinkError::Trouble(refused.into()));
    let page = browser.post("/link/enter", &form).await;
    assert_eq!(page.status, 422);
    for said in ["the token was refused", "<details open>", "value=\"pds.example\"", "value=\"@acme.example\""] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(!page.body.contains("t0ken"), "a secret is typed anew");
    let empty = browser.post("/link/enter", &[("network", "mastodon"), ("name", "social.example")]).await;
    assert!(empty.status == 422 && empty.body.contains("The access token is missing"), "{}", empty.body);
}
