//! The console in a browser's hands: who is let in, and that the page, the command's answer and the ledger say the same.

use crate::support::desk::{Seat, gig};
use crate::support::fake_network::{Fault, entered};
use crate::support::site::{Answer, ask};
use crate::support::world::{NOON, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::daemon::desk::operator::{Desk, LastScan};
use gigcast::grants::Terms;
use gigcast::outbox::{Hold, State, Wait};
use gigcast::person::{Account, Audience, GrantState, Pace, Person};
use gigcast::ports::Entered;
use gigcast::store::layout::Aside;
use gigcast::web::admin::answers::{Figures, Which};
use gigcast::web::admin::{self, Admin, Guard, Operator, PauseAsked, PauseOf, Tail};
use jiff::tz::TimeZone;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A seat whose operator's side listens.
struct Console {
    address: SocketAddr,
    token: String,
    seat: Arc<Seat>,
    tail: Tail,
    cookie: String,
}

/// The same desk once more, for whoever else asks it.
fn again(desk: &Desk) -> Desk {
    Desk {
        daemon: Arc::clone(&desk.daemon),
        health: Arc::clone(&desk.health),
        linking: Arc::clone(&desk.linking),
        weave: desk.weave.clone(),
        vouch_keys: desk.vouch_keys.clone(),
        free_floor_bytes: desk.free_floor_bytes,
        gate: Arc::clone(&desk.gate),
        data_dir: desk.data_dir.clone(),
        since: desk.since,
        reload: Arc::clone(&desk.reload),
        scanned: LastScan::default(),
    }
}

impl Console {
    async fn over(seat: Seat) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Arc::new(Guard::arm(seat.dir.path(), address).unwrap());
        let token = std::fs::read_to_string(seat.dir.path().join("admin.token")).unwrap().trim().to_owned();
        let seat = Arc::new(seat);
        let (health, tail) = (Arc::clone(&seat.desk.health), Tail::default());
        let operator: Arc<dyn Operator> = Arc::new(again(&seat.desk));
        let admin = Admin { guard, health, operator, tail: tail.clone(), stop: CancellationToken::new() };
        tokio::spawn(async move { axum::serve(listener, admin::router(admin)).await.unwrap() });
        Self { address, token, seat, tail, cookie: String::new() }
    }

    /// With what a browser sends of itself.
    async fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = vec![("cookie", self.cookie.as_str())];
        if method == "POST" {
            headers.extend([("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")]);
        }
        headers.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        headers.extend(more);
        ask(self.address, method, path, &headers, body.as_bytes()).await
    }

    async fn page(&self) -> String {
        let answer = self.ask("GET", "/", &[], "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.body.len() < 60_000, "{} bytes", answer.body.len());
        answer.body
    }

    /// Presses a button, and answers what the page then says of it.
    async fn press(&self, path: &str, body: &str) -> String {
        let answer = self.ask("POST", path, &[], body).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/#said")), "{}", answer.body);
        let page = self.page().await;
        let said = page.split("id=\"said\"").nth(1).expect("what came of it stands there");
        let (_, said) = said.split("</p").next().unwrap().split_once('>').unwrap();
        // Ids stand in it as code.
        said.replace("<code>", "").replace("</code>", "").trim().to_owned()
    }

    async fn enter(&mut self) {
        let answer = self.ask("POST", "/enter", &[], &format!("token={}", self.token)).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
    }
}

#[tokio::test]
async fn a_browser_is_let_in_by_the_token_or_by_a_code_and_by_nothing_else() {
    let mut console = Console::over(Seat::take(ManualClock::at(NOON), "").await).await;
    for path in ["/", "/live", "/log?follow=true", "/why/x"] {
        let shut = console.ask("GET", path, &[], "").await;
        assert!(shut.status == 401 && shut.body.contains("Sign in to the console"), "{path}: {}", shut.body);
    }
    let shut = console.ask("POST", "/do/pause", &[], "kind=all").await;
    assert_eq!((shut.status, console.seat.world.ledger.switches().await.unwrap().len()), (401, 0));
    let wrong = console.ask("POST", "/enter", &[], "token=guessed").await;
    assert!(wrong.status == 401 && wrong.body.contains("This is not the token") && !wrong.body.contains("guessed"));
    assert!(console.ask("GET", "/", &[("host", "evil.example")], "").await.status == 421);

    console.enter().await;
    let page = console.page().await;
    assert!(page.contains("Nothing waits.") && page.contains("Nothing was given up."), "{page}");
    assert!(!page.contains(" style=") && !page.contains("<script>") && !page.contains(&console.token));
    let answer = console.ask("GET", "/", &[], "").await;
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let elsewhere = console.ask("POST", "/do/pause", &[("sec-fetch-site", "same-site")], "kind=all").await;
    assert_eq!((elsewhere.status, console.seat.world.ledger.switches().await.unwrap().len()), (403, 0));

    console.ask("POST", "/leave", &[], "").await;
    assert_eq!(console.ask("GET", "/", &[], "").await.status, 401, "the key is over, not only forgotten");

    // What `gigcast console` asks for.
    let asked = console.ask("POST", "/api/console", &[], "").await;
    assert_eq!(asked.status, 401, "a browser cannot ask it");
    let bearer = format!("Bearer {}", console.token);
    let door = console.ask("POST", "/api/console", &[("authorization", &bearer)], "").await.json();
    let path = door["url"].as_str().unwrap().split_once(&console.address.to_string()).unwrap().1.to_owned();
    console.cookie.clear();
    let entered = console.ask("GET", &path, &[], "").await;
    assert_eq!(entered.status, 303);
    console.cookie = entered.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    console.page().await;
    let again = console.ask("GET", &path, &[], "").await;
    assert!(again.status == 401 && again.body.contains("was used already"), "{}", again.body);
}

/// An account of a server of its own.
async fn link(seat: &Seat, name: &str, server: &str, pace: Pace) -> Account {
    let entered = Entered { server: server.into(), ..entered(name) };
    let terms = Terms { owner: Person::poster("Acme", NOON), pace, audience: Audience::default() };
    seat.world.deliver.sessions.link("fake", &entered, terms).await.unwrap()
}

/// What the ledger itself holds, counted without the operator's side.
async fn in_the_ledger(seat: &Seat) -> (usize, usize, usize) {
    let ledger = &seat.world.ledger;
    let mut waiting = 0;
    for account in ledger.accounts().await.unwrap() {
        waiting += ledger.waiting_in(account.id, 1000).await.unwrap().len();
    }
    let held = ledger.set_aside(Aside::Held, 1000).await.unwrap().len();
    (waiting, held, ledger.set_aside(Aside::Dead, 1000).await.unwrap().len())
}

fn count_of(figures: &Figures, reason: &str) -> usize {
    figures.queue.iter().filter(|line| line.reason.contains(reason)).map(|line| line.count).sum()
}

#[tokio::test]
async fn page_command_and_ledger_say_the_same_of_a_queue_in_trouble() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    // One waits for its pace, one for its next try, one is given up, one needs its person, one is at a host that is paused.
    let slow = link(&seat, "slow", "https://a.example", Pace { posts_per_day: 1, ..brisk() }).await;
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.run_for(Duration::from_secs(1)).await.unwrap();
    let busy = link(&seat, "busy", "https://b.example", brisk()).await;
    seat.world.network.fail_next([Fault::Busy]);
    seat.world.take(&sighting("2")).await.unwrap();
    seat.world.run_for(Duration::from_secs(1)).await.unwrap();
    let tried = seat.world.delivery("2", &busy).await;
    assert_eq!(tried.wait, Wait::Backoff, "{tried:?}");
    for account in [&slow, &busy] {
        let asked = PauseAsked { what: PauseOf::Account(account.handle.clone()), by: None, why: None };
        seat.desk.pause(asked).await.unwrap();
    }
    let refused = link(&seat, "refused", "https://c.example", brisk()).await;
    seat.world.network.fail_next([Fault::Refused]);
    seat.world.take(&sighting("3")).await.unwrap();
    seat.world.run_for(Duration::from_secs(1)).await.unwrap();
    assert!(matches!(seat.world.delivery("3", &refused).await.state, State::Dead(_)));
    let asked = PauseAsked { what: PauseOf::Account(refused.handle.clone()), by: None, why: None };
    seat.desk.pause(asked).await.unwrap();
    let gone = link(&seat, "gone", "https://d.example", brisk()).await;
    seat.world.network.fail_next([Fault::Revoked]);
    seat.world.take(&sighting("4")).await.unwrap();
    seat.world.run_for(Duration::from_secs(1)).await.unwrap();
    let grant = seat.world.ledger.account(gone.id).await.unwrap().unwrap().grant;
    assert!(matches!(grant, GrantState::NeedsRelink { .. }), "{grant:?}");
    for account in [&slow, &busy, &refused] {
        let asked = PauseAsked { what: PauseOf::Account(account.handle.clone()), by: None, why: None };
        seat.desk.resume(asked).await.unwrap();
    }
    let asked = PauseAsked {
        what: PauseOf::Host("c.example".into()),
        by: Some("ada".into()),
        why: Some("an <outage> there".into()),
    };
    seat.desk.pause(asked).await.unwrap();
    seat.world.run_for(Duration::from_secs(1)).await.unwrap();

    let mut console = Console::over(seat).await;
    console.enter().await;
    console.tail.push(r#"{"time":"2026-11-21T12:00:01Z","level":"warn","message":"Said <here>"}"#);
    let (page, seat) = (console.page().await, Arc::clone(&console.seat));
    let status = seat.desk.status().await.unwrap();
    let (waiting, held, dead) = in_the_ledger(&seat).await;
    let out_of_reach = seat.world.ledger.waiting_in(gone.id, 1000).await.unwrap().len();

    // The queue: all that is open, by what it waits for, and each line of it on the page.
    assert_eq!(status.figures.queue.iter().map(|line| line.count).sum::<usize>(), waiting + held);
    assert!(
        waiting > 3 && dead == 1 && status.dead == dead && status.held == held + out_of_reach,
        "{:?}",
        status.figures.queue
    );
    for line in &status.figures.queue {
        assert!(page.contains(&line.reason.replace('\'', "&#39;")), "{} is not on the page", line.reason);
    }
    for reason in ["the next day", "their account to be linked again", "the operator to resume"] {
        assert!(count_of(&status.figures, reason) > 0, "{reason}: {:?}", status.figures.queue);
    }
    let due = status.figures.queue.iter().filter_map(|line| line.oldest_due).min();
    let mut dues = Vec::new();
    // What a person is awaited for is not due at any time.
    for account in [&slow, &busy] {
        dues.extend(seat.world.ledger.waiting_in(account.id, 1000).await.unwrap().iter().map(|d| d.due));
    }
    assert_eq!(due.map(|due| due.0), dues.into_iter().min());

    // Who is needed, in the network's own words, and what re-linking does.
    let needs = status.accounts.iter().find_map(|line| line.needs_person.clone()).unwrap();
    assert!(page.contains(&needs) && page.contains("Re-link") && page.contains(&gone.handle), "{page}");
    // What is paused, by whom and why, with nothing of it taken for markup.
    assert!(page.contains("c.example is paused") && page.contains("by ada: an &#60;outage&#62; there"), "{page}");
    assert!(page.contains("Said &lt;here&gt;"), "{page}");
    // What was given up, with its words.
    let line = &seat.desk.deliveries(Which::Dead).await.unwrap()[0];
    assert!(page.contains(&format!("/why/{}", line.id)) && page.contains("the text breaks a rule"), "{page}");
    // What is left of limits, and what ended.
    let today = status.figures.budgets.iter().find(|line| line.handle == slow.handle).unwrap();
    assert_eq!((today.left, today.of), (0, 1));
    assert!(page.contains("0 of 1 posts today"), "{page}");
    let history = seat.world.deliver.meters.history(seat.world.clock.now());
    assert_eq!(status.figures.minutes, history.minutes);
    let out: u32 = history.minutes.iter().map(|minute| minute.delivered).sum();
    assert!(out > 0 && page.contains(&format!("{out} delivered, 0 dropped, 1 given up")), "{page}");

    // The story on its page is the command's.
    for what in [line.id.clone(), gone.id.to_string(), gig("3").to_string()] {
        let story = seat.desk.why(&what, TimeZone::UTC).await.unwrap();
        let page = console.ask("GET", &format!("/why/{what}"), &[], "").await;
        assert_eq!(page.status, 200);
        for told in story.chapters.iter().flat_map(|chapter| &chapter.told) {
            let plain = told.said.split(['`', '\'', '"', '<', '&']).next().unwrap();
            assert!(page.body.contains(plain), "{plain} is not in the story of {what}");
        }
    }
    let to = console.ask("GET", "/why?what=%40acme%2Fx", &[], "").await;
    assert_eq!((to.status, to.header("location")), (303, Some("/why/@acme%2Fx")));
    assert_eq!(console.ask("GET", "/why/nobody", &[], "").await.status, 404);

    // The buttons do what the commands do.
    let said = console.press("/do/resume", "kind=host&name=c.example").await;
    assert!(said.contains("goes on with what waits"), "{said}");
    assert!(seat.world.ledger.switches().await.unwrap().is_empty());
    let said = console.press("/do/retry", &format!("what={}", line.id)).await;
    assert!(said.starts_with("It is opened anew as <code>") || said.starts_with("It is opened anew as "), "{said}");
    let anew = seat.world.delivery("3", &refused).await;
    assert!(!matches!(anew.state, State::Dead(_)));
    let said = console.press("/do/cancel", &format!("what={}", anew.id)).await;
    assert!(said.starts_with("It is dropped."), "{said}");
    let State::Dropped(why) = seat.world.delivery("3", &refused).await.state else { panic!("it should be dropped") };
    assert_eq!(why.said, "cancelled by the operator: by the console");
    let said = console.press("/do/pause", "kind=all&why=careful").await;
    assert!(said.contains("gigcast resume --all"), "{said}");
    assert_eq!(seat.desk.status().await.unwrap().paused[0].by.as_deref(), Some("the console"));
    let said = console.press("/do/pause", "kind=network&name=myspace").await;
    assert!(said.starts_with("Gigcast does not speak myspace"), "{said}");
    assert_eq!(seat.world.ledger.audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_post_that_nobody_can_look_for_is_released_from_the_page() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let account = seat.world.link("acme", brisk()).await;
    seat.world.network.fail_next([Fault::LostBefore]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    let delivery = seat.world.delivery("1", &account).await;
    // As it is where the network cannot be looked at.
    let turn = seat.world.ledger.turn_with(account.id, delivery.id).await.unwrap();
    let mut held = delivery.clone();
    held.state = State::Held(Hold::Unconfirmed);
    let change = gigcast::store::Change { delivery: Some(held), ..gigcast::store::Change::default() };
    seat.world.ledger.end_turn(&turn, change).await.unwrap();

    let mut console = Console::over(seat).await;
    console.enter().await;
    assert!(console.page().await.contains("I have looked"));
    let said = console.press("/do/release", &format!("what={}&address=somewhere", delivery.id)).await;
    assert!(said.contains("is no address of a post"), "{said}");
    let said = console.press("/do/release", &format!("what={}", delivery.id)).await;
    assert_eq!(said, "It is sent again.");
    console.seat.world.run_for(Duration::from_mins(5)).await.unwrap();
    assert_eq!(console.seat.world.network.posts_of("acme").len(), 1);
}

#[tokio::test]
async fn what_failed_is_counted_then_sent_again_and_each_story_has_its_buttons() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let (one, two) = (seat.world.link("one", brisk()).await, seat.world.link("two", brisk()).await);
    seat.world.network.fail_next([Fault::Refused; 2]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    seat.world.clock.advance(Duration::from_hours(2));
    let mut console = Console::over(seat).await;
    console.enter().await;
    let seat = Arc::clone(&console.seat);
    assert!(console.page().await.contains("<form action=\"/replay\">"));

    // An hour ago nothing had failed; in the last day both did.
    let none = console.ask("GET", "/replay?since=1h&network=fake", &[], "").await;
    assert!(none.status == 200 && none.body.contains("0 deliveries would be opened anew"), "{}", none.body);
    assert!(!none.body.contains("/do/replay"));
    let wrong = console.ask("GET", "/replay?since=yesterday", &[], "").await;
    assert!(wrong.status == 422 && wrong.body.contains("is no time"), "{}", wrong.body);
    let page = console.ask("GET", "/replay?since=24h&network=fake", &[], "").await.body;
    assert!(page.contains("2 deliveries would be opened anew"), "{page}");
    for account in [&one, &two] {
        let dead = seat.world.delivery("1", account).await;
        assert!(matches!(dead.state, State::Dead(_)), "to count is not to do");
        assert!(page.contains(&format!("/why/{}", dead.id)), "{page}");
    }
    let anywhere = console.ask("GET", "/replay?since=24h&network=+", &[], "").await.body;
    assert!(anywhere.contains("2 deliveries would be opened anew"), "no network is every network: {anywhere}");
    let unspoken = console.ask("GET", "/replay?since=24h&network=none", &[], "").await;
    assert_ne!(unspoken.status, 200, "{}", unspoken.body);
    let hidden = |name: &str| {
        let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let body = format!("since={}&until={}&network=fake", hidden("since"), hidden("until")).replace(':', "%3A");
    assert_eq!(console.press("/do/replay", &body).await, "2 deliveries opened anew.");
    for account in [&one, &two] {
        assert_eq!(seat.world.delivery("1", account).await.state, State::Queued);
    }

    // The story of one has its button, which leads back to it.
    let id = seat.world.delivery("1", &one).await.id.to_string();
    let story = console.ask("GET", &format!("/why/{id}"), &[], "").await.body;
    assert!(story.contains("action=\"/do/cancel\"") && !story.contains("action=\"/do/retry\""), "{story}");
    let back = format!("what={id}&back=%2Fwhy%2F{id}");
    let answer = console.ask("POST", "/do/cancel", &[], &back).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(format!("/why/{id}#said").as_str())));
    let story = console.ask("GET", &format!("/why/{id}"), &[], "").await.body;
    assert!(story.contains("id=\"said\"") && story.contains("It is dropped."), "{story}");
    // When it was dropped stands there to the second.
    let dropped = seat.world.delivery("1", &one).await.settled_at().unwrap();
    assert_eq!(dropped, seat.world.clock.now());
    assert!(story.contains("14:00:00 UTC</time> It was dropped: cancelled by the operator"), "{story}");
    let elsewhere = console.ask("POST", "/do/cancel", &[], &format!("what={id}&back=https%3A%2F%2Fevil.example")).await;
    assert_eq!(elsewhere.header("location"), Some("/#said"));

    // An account is paused and resumed where its story is told.
    let path = format!("/why/{}", two.id);
    let pause = format!("kind=account&name={}&back={}", two.id, path.replace('/', "%2F"));
    assert!(console.ask("GET", &path, &[], "").await.body.contains("action=\"/do/pause\""));
    console.ask("POST", "/do/pause", &[], &pause).await;
    assert_eq!(seat.world.ledger.switches().await.unwrap().len(), 1);
    assert!(console.ask("GET", &path, &[], "").await.body.contains("action=\"/do/resume\""));
    console.ask("POST", "/do/resume", &[], &pause).await;
    assert!(seat.world.ledger.switches().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_backup_from_the_page_holds_every_row_of_the_store_and_no_key() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    seat.world.link("one", brisk()).await;
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    let mut console = Console::over(seat).await;
    let shut = console.ask("POST", "/do/backup", &[], "").await;
    assert_eq!(shut.status, 401);
    console.enter().await;
    // As plain as can be, so that what comes is the file and nothing else.
    let mut line = tokio::net::TcpStream::connect(console.address).await.unwrap();
    let (address, cookie) = (console.address, &console.cookie);
    let request = format!(
        "POST /do/backup HTTP/1.0\r\nHost: {address}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n\r\n"
    );
    line.write_all(request.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    line.read_to_end(&mut came).await.unwrap();
    let end = came.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&came[..end]).to_lowercase();
    assert!(head.contains("attachment; filename=\"gigcast-") && head.contains("no-store"), "{head}");
    let checked = gigcast::store::backup::check(&came[end + 4..]).unwrap();
    let rows = console.seat.store.scan(&[], &[0xff; 8], usize::MAX).await.unwrap().len();
    assert!(rows > 5 && !checked.has_key);
    assert_eq!(checked.entries, u64::try_from(rows).unwrap());
}
