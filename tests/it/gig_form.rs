//! A gig by form: what is typed is kept, what is shown is what is said, and twice the same is once.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::fake_network::{FakeNetwork, Fault, entered, profile};
use crate::support::site::{Answer, ask, public};
use crate::support::world::{NOON, World, brisk};
use gigcast::clock::ManualClock;
use gigcast::daemon::desk::gigs::OwnGigs;
use gigcast::failure::Why;
use gigcast::gig::Sighting;
use gigcast::grants::Terms;
use gigcast::id::PersonId;
use gigcast::intake::Origin;
use gigcast::outbox::LaneHold;
use gigcast::person::{Account, Audience, Mode, Pace, Person, QuietHours};
use gigcast::ports::Store;
use gigcast::secret::Secret;
use gigcast::store::memory::MemoryStore;
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::store::{Change, Heard};
use gigcast::web::router;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// A gigcast with its pages open, and one poster who is signed in.
struct Forum {
    world: World,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const OTHERS: &str = "fedcba9876543210fedcba9876543210";

impl Forum {
    async fn open() -> Self {
        Self::over(MemoryStore::new()).await
    }

    async fn over(store: impl Store + 'static) -> Self {
        let (clock, dir) = (ManualClock::at(NOON), tempfile::tempdir().unwrap());
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        let world = World::start(Arc::new(store), network, clock, dir.path()).await.unwrap();
        for (name, token) in [("Acme", TOKEN), ("Other Works", OTHERS)] {
            let person = world.intake.welcome(name).await.unwrap();
            world.ledger.begin_sign_in(&Secret::new(token), person, NOON).await.unwrap();
        }
        let gigs = Arc::new(OwnGigs { deliver: Arc::clone(&world.deliver) });
        let public = public(&world.intake, Arc::default(), gigs, Some("https://gigs.example"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router(public)).await });
        Self { world, address, _dir: dir }
    }

    async fn as_someone(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let cookie = format!("gigcast={token}; __Host-gigcast={token}");
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        ask(self.address, method, path, &headers, body.as_bytes()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.as_someone(TOKEN, "GET", path, "").await
    }

    async fn send(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.as_someone(TOKEN, "POST", path, &body).await
    }

    /// The hidden fields of a fresh form.
    async fn blank(&self) -> Vec<(String, String)> {
        let page = self.get("/gigs/new").await;
        assert_eq!(page.status, 200, "{}", page.body);
        hidden(&page.body)
    }

    /// A fresh form with these typed in.
    async fn typed(&self, typed: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut fields = self.blank().await;
        fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        fields
    }

    /// Posts it, and answers where its page is.
    async fn posted(&self, fields: &[(String, String)]) -> String {
        let answer = self.send("/gigs", fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").unwrap().to_owned()
    }

    async fn link(&self, name: &str) -> Account {
        self.world.link(name, brisk()).await
    }

    async fn change(&self, account: &Account, change: impl Fn(&mut Account)) {
        self.world.ledger.revise_account(account.id, change).await.unwrap();
    }

    async fn gigs(&self) -> usize {
        self.world.ledger.gigs_of(PersonId::from_name("Acme"), 0, 1000).await.unwrap().len()
    }
}

fn hidden(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    let pairs = inputs.filter_map(|input| input.split_once("\" value=\""));
    let pairs = pairs.map(|(name, rest)| (name.to_owned(), unescaped(rest.split('"').next().unwrap())));
    pairs.filter(|(name, _)| name != "back").collect()
}

fn unescaped(html: &str) -> String {
    let mut text = html.to_owned();
    for (escaped, plain) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        text = text.replace(escaped, plain);
    }
    text
}

/// What the preview says that each account would say.
fn shown_posts(page: &str) -> Vec<String> {
    let posts = page.split("<p class=\"post\" dir=\"auto\">").skip(1);
    posts.map(|post| unescaped(post.split("</p>").next().unwrap())).collect()
}

const LOGO: [(&str, &str); 11] = [
    ("title", "Logo for a bakery"),
    ("organisation", "Acme Studio"),
    ("description", "SVG & PNG.\r\n\r\nTwo sketches."),
    ("apply", "jobs@acme.example"),
    ("category", "design/brand"),
    ("skills", "svg, hand lettering"),
    ("pay", "paid"),
    ("least", "1,200"),
    ("currency", "EUR"),
    ("remote", "yes"),
    ("places", "Berlin; Köln, Germany"),
];

#[tokio::test]
async fn what_was_shown_is_what_is_said() {
    let forum = Forum::open().await;
    let account = forum.link("acme").await;
    let fields = forum.typed(&LOGO).await;
    let preview = forum.send("/gigs/preview", &fields).await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    let shown = shown_posts(&preview.body);
    assert!(preview.body.contains("It goes out at once."), "{}", preview.body);
    assert_eq!(forum.gigs().await, 0, "a look posts nothing");

    // What goes on is what the preview holds, as a browser would send it.
    let page = forum.posted(&hidden(&preview.body)).await;
    forum.world.settle().await.unwrap();
    let said: Vec<String> = forum.world.network.posts_of("acme").into_iter().map(|post| post.post.text).collect();
    assert_eq!(shown, said);
    assert!(said[0].contains("€1,200") && said[0].contains("Remote, Berlin, Köln, Germany"), "{}", said[0]);
    let record = forum.world.ledger.gigs_of(account.owner, 0, 1).await.unwrap().remove(0);
    assert_eq!(record.gig.terms.skills, ["svg", "hand lettering"]);
    assert_eq!(record.gig.terms.description, "SVG & PNG.\n\nTwo sketches.");
    assert_eq!(record.gig.terms.apply_url, "mailto:jobs@acme.example");
    let own = forum.get(&page).await.body;
    assert!(own.contains("https://fake.example/") && own.contains("see the post"), "{own}");
}

#[tokio::test]
async fn each_field_that_is_wrong_is_told_beside_it_and_all_is_kept() {
    let forum = Forum::open().await;
    let long = "word ".repeat(70);
    let many = "svg,".repeat(5) + &(0..60).map(|n| format!("s{n},")).collect::<Vec<_>>().concat();
    let mut told = String::new();
    for (field, wrong) in [
        ("title", &[("title", " ")][..]),
        ("title", &[("title", "<p></p>")]),
        ("title", &[("title", long.as_str())]),
        ("organisation", &[("organisation", long.as_str())]),
        ("apply", &[("apply", "")]),
        ("apply", &[("apply", "ask Jo")]),
        ("apply", &[("apply", "javascript:alert(1)")]),
        ("apply", &[("apply", "https://bank.example@evil.example/")]),
        ("category", &[("category", "no/such")]),
        ("skills", &[("skills", many.as_str())]),
        ("pay", &[("least", "lots")]),
        ("pay", &[("least", "")]),
        ("pay", &[("least", ""), ("most", "300")]),
        ("pay", &[("least", "400"), ("most", "300")]),
        ("pay", &[("least", "0")]),
        ("pay", &[("least", "12.50")]),
        ("pay", &[("currency", "")]),
        ("pay", &[("pay", "barter")]),
        ("pay", &[("pay", "gold")]),
        ("pay", &[("per", "minute")]),
        ("places", &[("places", long.as_str())]),
        ("language", &[("language", "German")]),
        ("closes", &[("closes", "next week")]),
        ("closes", &[("closes", "2026-02-30")]),
        ("closes", &[("closes", "2026-11-20")]),
        ("openings", &[("openings", "0")]),
        ("openings", &[("openings", "two")]),
        ("openings", &[("openings", "99999999999")]),
    ] {
        let mut typed: Vec<(&str, &str)> = LOGO.to_vec();
        for (name, value) in wrong {
            typed.retain(|(known, _)| known != name);
            typed.push((*name, *value));
        }
        let fields = forum.typed(&typed).await;
        let fields: Vec<_> = fields
            .iter()
            .enumerate()
            .filter(|(at, (name, _))| fields.iter().rposition(|(other, _)| other == name) == Some(*at))
            .map(|(_, field)| field.clone())
            .collect();
        for path in ["/gigs/preview", "/gigs"] {
            let answer = forum.send(path, &fields).await;
            assert_eq!(answer.status, 422, "{wrong:?}: {}", answer.body);
            let beside = format!("class=\"fault\" id=\"{field}-fault\">");
            assert_eq!(answer.body.matches("class=\"fault\" id=").count(), 1, "{wrong:?}: only one is wrong");
            let said = answer.body.split(&beside).nth(1).unwrap_or_else(|| panic!("{wrong:?}: {}", answer.body));
            if path == "/gigs" {
                let (name, value) = wrong.last().unwrap();
                let value: String = value.chars().take(30).collect();
                writeln!(told, "{name} {value:?}: {}", unescaped(said.split("</p>").next().unwrap())).unwrap();
            }
            for (name, value) in &fields {
                if !["category", "currency", "language", "per", "pay"].contains(&name.as_str()) {
                    let value = value.replace("\r\n", "\n");
                    let page = unescaped(&answer.body).replace("\r\n", "\n");
                    assert!(page.contains(&value), "{name} = {value:?} is kept");
                }
            }
        }
    }
    insta::assert_snapshot!(told);
    assert_eq!(forum.gigs().await, 0, "none of it came in");
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let forum = Forum::open().await;
    let page = forum.send("/gigs/preview", &forum.typed(&[("least", "lots"), ("openings", "0")]).await).await.body;
    let faults: Vec<&str> = page.split("class=\"fault\" id=\"").skip(1).filter_map(|at| at.split('"').next()).collect();
    assert_eq!(faults, ["title-fault", "apply-fault", "pay-fault", "openings-fault"]);
}

#[tokio::test]
async fn a_double_click_is_one_gig() {
    let forum = Forum::open().await;
    forum.link("acme").await;
    let fields = forum.typed(&LOGO).await;
    let (one, two) = tokio::join!(forum.posted(&fields), forum.posted(&fields));
    let three = forum.posted(&fields).await;
    assert_eq!((&one, &two), (&three, &three));
    forum.world.settle().await.unwrap();
    assert_eq!((forum.gigs().await, forum.world.network.posts().len()), (1, 1));
    let another = forum.posted(&forum.typed(&LOGO).await).await;
    assert_ne!(another, one, "the same words in another form are another gig");
}

#[tokio::test]
async fn an_urgent_gig_is_shown_to_leave_in_the_quiet_hours_and_can_be_made_so_while_it_waits() {
    let forum = Forum::open().await;
    let account = forum.link("acme").await;
    let quiet = Some(QuietHours { from: 11 * 60, until: 15 * 60 });
    forum.change(&account, |account| account.pace.quiet = quiet).await;
    let fields = forum.typed(&LOGO).await;
    let preview = forum.send("/gigs/preview", &fields).await;
    assert!(preview.body.contains("quiet hours."), "{}", preview.body);
    let page = forum.posted(&hidden(&preview.body)).await;
    forum.world.settle().await.unwrap();
    assert!(forum.world.network.posts().is_empty());

    let form = forum.get(&format!("{page}/edit")).await.body;
    assert!(form.contains("name=\"urgent\" value=\"yes\" aria"), "{form}");
    let mut fields = fields;
    fields.extend([("revision".to_owned(), "1".to_owned()), ("urgent".to_owned(), "yes".to_owned())]);
    let preview = forum.send("/gigs/preview", &fields).await;
    assert!(!preview.body.contains("quiet hours"), "{}", preview.body);
    assert_eq!(forum.send(&page, &fields).await.status, 303);
    forum.world.settle().await.unwrap();
    assert_eq!(forum.world.network.posts().len(), 1);
    assert!(forum.get(&page).await.body.contains("; urgent, so its posts wait for no quiet hours"));
    assert!(forum.get(&format!("{page}/edit")).await.body.contains("name=\"urgent\" value=\"yes\" checked"));
}

#[tokio::test]
async fn a_gig_that_goes_first_on_one_account_is_shown_so_and_an_account_that_is_nobodys_is_refused() {
    let forum = Forum::open().await;
    let near = forum.link("acme").await;
    let far = forum.link("acme-far").await;
    let mut typed: Vec<(&str, &str)> = LOGO.to_vec();
    typed.extend([("first", near.handle.as_str()), ("widen_after", "6h")]);
    let fields = forum.typed(&typed).await;
    let offered = forum.get("/gigs/new").await.body;
    assert!(offered.contains(&format!("<option value=\"{}\">", far.handle)), "each account is offered: {offered}");
    let preview = forum.send("/gigs/preview", &fields).await;
    let follows = format!("after {}, unless it is filled or withdrawn by then.", near.handle);
    assert_eq!(preview.body.matches(&follows).count(), 1, "{}", preview.body);
    let page = forum.posted(&hidden(&preview.body)).await;
    forum.world.settle().await.unwrap();
    assert_eq!(forum.world.network.posts().len(), 1);
    let own = forum.get(&page).await.body;
    assert!(own.contains(&format!("First on {}; on the others at ", near.handle)), "{own}");
    let form = forum.get(&format!("{page}/edit")).await.body;
    assert!(form.contains("name=\"widen_after\" value=\"6h\""), "{form}");

    for (first, after, said) in [
        ("@nobody", "6h", "no linked account"),
        (far.handle.as_str(), "soon", "a time with its unit"),
        ("", "6h", "is missing"),
    ] {
        let mut typed: Vec<(&str, &str)> = LOGO.to_vec();
        typed.extend([("first", first), ("widen_after", after)]);
        let refused = forum.send("/gigs/preview", &forum.typed(&typed).await).await;
        assert_eq!(refused.status, 422, "{first} {after}");
        assert!(refused.body.contains(said), "{}", refused.body);
    }
}

#[tokio::test]
async fn what_is_changed_again_is_all_still_there() {
    let forum = Forum::open().await;
    let mut typed: Vec<(&str, &str)> = LOGO.to_vec();
    typed.extend([("most", "1500"), ("per", "day"), ("language", "de"), ("closes", "2026-12-12"), ("openings", "3")]);
    let fields = forum.typed(&typed).await;
    let preview = forum.send("/gigs/preview", &fields).await;
    let form = forum.send("/gigs/new", &hidden(&preview.body)).await;
    assert_eq!(form.status, 200);
    let again = unescaped(&form.body).replace("\r\n", "\n");
    for chosen in
        ["\"design/brand\" selected", "\"paid\" selected", "selected>EUR", "\"day\" selected", "selected>Deutsch"]
    {
        assert!(again.contains(chosen), "{chosen} in {again}");
    }
    for (name, value) in &fields {
        assert!(again.contains(&value.replace("\r\n", "\n")), "{name}");
    }
    assert!(again.contains("value=\"yes\" checked"));
}

#[tokio::test]
async fn the_day_it_closes_ends_where_the_poster_is() {
    let forum = Forum::open().await;
    let fields = forum.typed(&LOGO).await;
    assert!(fields.contains(&("zone".to_owned(), "UTC".to_owned())), "nobody has said where that is");
    forum.world.link("acme", Pace { zone: "America/New_York".into(), ..brisk() }).await;
    let mut typed: Vec<(&str, &str)> = LOGO.to_vec();
    typed.push(("closes", "2026-11-21"));
    let form = forum.get("/gigs/new").await.body;
    assert!(form.contains("by the time of America/New_York"), "{form}");
    forum.world.clock.advance(Duration::from_hours(16));
    forum.posted(&forum.typed(&typed).await).await;
    let record = forum.world.ledger.gigs_of(PersonId::from_name("Acme"), 0, 1).await.unwrap().remove(0);
    assert_eq!(record.gig.terms.closes.unwrap().to_string(), "2026-11-22T04:59:59.999Z");
}

#[tokio::test]
async fn nobody_sees_what_is_anothers() {
    let forum = Forum::open().await;
    forum.link("acme").await;
    let owner = Person::poster("Other Works", NOON);
    let terms = Terms { owner: owner.clone(), pace: brisk(), audience: Audience::default() };
    forum.world.deliver.sessions.link("fake", &entered("others"), terms).await.unwrap();
    let fields = forum.typed(&LOGO).await;
    let preview = forum.send("/gigs/preview", &fields).await.body;
    assert!(preview.contains("@acme@") && !preview.contains("@others@"), "{preview}");
    let page = forum.posted(&fields).await;
    forum.world.settle().await.unwrap();

    for (path, status) in [("/gigs", 200), (page.as_str(), 404)] {
        let seen = forum.as_someone(OTHERS, "GET", path, "").await;
        assert_eq!(seen.status, status);
        assert!(!seen.body.contains("bakery") && !seen.body.contains("@acme@"), "{}", seen.body);
    }
    let own = forum.get(&page).await.body;
    assert!(own.contains("@acme@") && !own.contains("@others@"), "{own}");
    // The same form sent by another makes a gig of theirs, and touches none of ours.
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let theirs = forum.as_someone(OTHERS, "POST", "/gigs", &body).await;
    assert_eq!(theirs.status, 303);
    assert_ne!(theirs.header("location"), Some(page.as_str()));
    let nobody = ask(forum.address, "GET", &page, &[], b"").await;
    assert_eq!(nobody.status, 303, "whoever is not signed in is led to where one signs in");
}

#[tokio::test]
async fn what_a_poster_types_cannot_break_a_page() {
    let forum = Forum::open().await;
    forum.link("acme").await;
    let evil = "\"><script>alert(1)</script>";
    let (long, mirrored) = ("very long title ".repeat(12), "שלום \u{202e}evil 🎨👩‍👩‍👧");
    for title in [long.as_str(), mirrored, "a < b & c"] {
        let typed = [
            ("title", title),
            ("organisation", evil),
            ("description", "</textarea><script>alert(1)</script>"),
            ("apply", "https://acme.example/?a=1&b=%22"),
            ("skills", "svg, <b>bold</b>"),
            ("places", evil),
        ];
        let fields = forum.typed(&typed).await;
        let preview = forum.send("/gigs/preview", &fields).await;
        assert_eq!(preview.status, 200, "{}", preview.body);
        let form = forum.send("/gigs/new", &hidden(&preview.body)).await;
        let page = forum.posted(&fields).await;
        forum.world.settle().await.unwrap();
        for page in [preview, form, forum.get(&page).await, forum.get("/gigs").await] {
            assert_eq!(page.status, 200);
            assert!(!page.body.contains("<script>"), "{}", page.body);
            assert!(!page.body.contains("<b>bold"), "{}", page.body);
        }
    }
}

#[tokio::test]
async fn where_it_stands_is_said_in_words() {
    let forum = Forum::open().await;
    // The first request is refused; whose that is follows from their ids, which are always the same.
    for name in ["works", "fails", "review", "dead", "paused", "skips", "quiet"] {
        forum.link(name).await;
    }
    let accounts = forum.world.ledger.accounts().await.unwrap();
    let named = |name: &str| accounts.iter().find(|account| account.native == name).unwrap();
    forum.change(named("review"), |account| account.mode = Mode::Review).await;
    forum.world.deliver.sessions.needs_relink(named("dead"), &Why::new("the token was revoked")).await.unwrap();
    let mut turn = forum.world.ledger.turn(named("paused").id).await.unwrap();
    turn.lane.hold(LaneHold::Paused);
    forum.world.ledger.end_turn(&turn, Change::default()).await.unwrap();
    forum.change(named("skips"), |account| account.audience.categories = vec!["legal".into()]).await;
    let nap = QuietHours { from: 11 * 60, until: 14 * 60 };
    forum.change(named("quiet"), |account| account.pace.quiet = Some(nap)).await;
    forum.world.network.fail_next([Fault::Refused]);

    let fields = forum.typed(&LOGO).await;
    let preview = forum.send("/gigs/preview", &fields).await.body;
    let text = words(&preview);
    for said in [
        "The account is paused.",
        "It waits for its poster's approval.",
        "It waits until @dead@fake.example is linked again.",
        "It waits until 14:00 UTC (in 2 hours) for the end of the account's quiet hours.",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert_eq!(shown_posts(&preview).len(), 6, "one is skipped");
    let page = forum.posted(&fields).await;
    assert!(words(&forum.get(&page).await.body).contains("It is on its way into the queue."));
    forum.world.settle().await.unwrap();
    let text = words(&forum.get(&page).await.body);
    let list = words(&forum.get("/gigs").await.body);
    insta::assert_snapshot!(format!("{text}\n---\n{list}"));
}

/// The words of a page's content, without the markup.
fn words(page: &str) -> String {
    let page = page.split("<main id=\"content\">").nth(1).unwrap().split("</main>").next().unwrap();
    let mut text = String::new();
    for part in page.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    unescaped(&text).lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn without_room_the_form_says_so_and_keeps_what_was_typed() {
    let forum = Forum::open().await;
    let fields = forum.typed(&LOGO).await;
    forum.world.fitness.note_room(Some(1));
    let answer = forum.send("/gigs", &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(answer.body.contains("nearly full") && answer.body.contains("Two sketches."), "{}", answer.body);
    assert!(forum.get("/gigs/new").await.body.contains("nearly full"));
    assert!(forum.send("/gigs/preview", &fields).await.body.contains("nearly full"));
    assert_eq!(forum.gigs().await, 0);
    forum.world.fitness.note_room(Some(u64::MAX));
    forum.posted(&fields).await;
}

#[tokio::test]
async fn what_was_answered_for_survives_a_loss_of_power() {
    for stop in Stop::ALL {
        let store = VolatileStore::new();
        let forum = Forum::over(store.clone()).await;
        let fields = forum.typed(&LOGO).await;
        store.stop_at(store.commits() + 1, stop);
        let answer = forum.send("/gigs", &fields).await;
        assert_eq!(answer.status, 503, "{stop:?}: {}", answer.body);
        assert!(answer.body.contains("What you typed is kept") && answer.body.contains("Two sketches."));
    }
    let store = VolatileStore::new();
    let forum = Forum::over(store.clone()).await;
    forum.posted(&forum.typed(&LOGO).await).await;
    let kept = gigcast::store::Ledger::new(Arc::new(store.reopen()));
    assert_eq!(kept.gigs_of(PersonId::from_name("Acme"), 0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn three_hundred_gigs_are_paged_and_none_says_what_to_do() {
    let forum = Forum::open().await;
    let empty = forum.get("/gigs").await.body;
    assert!(empty.contains("You have no gig here yet"), "{empty}");
    let origin = Origin::by_hand(PersonId::from_name("Acme"));
    for n in 0..300 {
        let sighting = Sighting {
            native: n.to_string(),
            title: Some(format!("Gig number {n}.")),
            url: Some(format!("https://acme.example/{n}")),
            ..Sighting::default()
        };
        forum.world.intake.take(&sighting, &origin, Heard::News).await.unwrap();
        forum.world.clock.advance(Duration::from_secs(1));
    }
    let (mut path, mut seen) = ("/gigs".to_owned(), Vec::new());
    loop {
        let page = forum.get(&path).await.body;
        seen.extend(page.split("Gig number ").skip(1).map(|n| n.split('.').next().unwrap().parse::<u32>().unwrap()));
        let Some((_, older)) = page.split_once("rel=\"next\" href=\"") else { break };
        path = older.split('"').next().unwrap().to_owned();
    }
    assert_eq!(seen, (0..300).rev().collect::<Vec<u32>>(), "newest first, each once");
    for odd in ["/gigs?from=no", "/gigs?from=99999999999999999999", "/gigs?from=5000", "/gigs/no", "/gigs/gig_"] {
        assert!([200, 404].contains(&forum.get(odd).await.status), "{odd}");
    }
}

#[tokio::test]
async fn what_is_no_form_of_ours_is_told_so() {
    let forum = Forum::open().await;
    let blank = forum.blank().await;
    let mut long = blank.clone();
    long.push(("description".into(), "x".repeat(300 * 1024)));
    let mut another = blank.clone();
    another[0].1 = "81".into();
    let mut twice = blank.clone();
    twice.extend([("title".into(), "a".into()), ("title".into(), "b".into())]);
    for path in ["/gigs", "/gigs/preview", "/gigs/new"] {
        for (fields, status) in [(&long, 413), (&another, 400), (&twice, 400), (&Vec::new(), 400)] {
            let answer = forum.send(path, fields).await;
            assert_eq!(answer.status, status, "{}", answer.body);
            assert!(answer.body.contains("Go back"), "{}", answer.body);
        }
        let bytes = forum.as_someone(TOKEN, "POST", path, "form=%ff").await;
        assert_eq!(bytes.status, 400);
    }
    assert_eq!(forum.gigs().await, 0);
}

/// Every field of a form as a browser would send it, were nothing touched.
fn untouched(page: &str) -> Vec<(String, String)> {
    let mut fields = hidden(page);
    let form = page.split("class=\"form\"").nth(1).unwrap();
    for input in form.split("<input ").skip(1) {
        let input = input.split('>').next().unwrap();
        let part = |name: &str| input.split(&format!("{name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap());
        let unticked = input.contains("checkbox") && !input.contains(" checked");
        if let (Some(name), false, false) = (part(" name").or(part("name")), unticked, input.contains("\"hidden\"")) {
            fields.push((name.to_owned(), unescaped(part(" value").unwrap_or_default())));
        }
    }
    for select in form.split("<select ").skip(1) {
        let name = select.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
        let chosen =
            select.split("</select>").next().unwrap().split("<option").find(|option| option.contains(" selected"));
        let value = chosen.map_or("", |option| match option.split("value=\"").nth(1) {
            Some(rest) => rest.split('"').next().unwrap(),
            None => option.split('>').nth(1).unwrap().split('<').next().unwrap(),
        });
        fields.push((name.to_owned(), unescaped(value)));
    }
    let description = form.split("<textarea").nth(1).unwrap().split_once(">\n").unwrap().1;
    fields.push(("description".to_owned(), unescaped(description.split("</textarea>").next().unwrap())));
    fields
}

#[tokio::test]
async fn a_gig_is_changed_in_a_form_that_holds_what_it_says_and_what_was_shown_is_what_its_post_becomes() {
    let forum = Forum::open().await;
    forum.link("ana").await;
    let place = forum.posted(&forum.typed(&LOGO).await).await;
    forum.world.run_for(Duration::from_mins(1)).await.unwrap();
    let id = place.rsplit('/').next().unwrap().parse().unwrap();
    let gig = async || forum.world.ledger.gig(id).await.unwrap().unwrap().gig;
    let before = gig().await;

    let form = forum.get(&format!("{place}/edit")).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let fields = untouched(&form.body);
    let same = forum.send(&place, &fields).await;
    assert_eq!((same.status, gig().await), (303, before.clone()), "untouched, it is the very same: {fields:?}");

    let mut changed = fields.clone();
    changed.iter_mut().find(|(name, _)| name == "title").unwrap().1 = "Logo for two bakeries".into();
    let shown = forum.send(&format!("{place}/preview"), &changed).await;
    let posts = shown_posts(&shown.body);
    assert!(posts[0].starts_with("Logo for two bakeries"), "{}", shown.body);
    assert!(shown.body.contains("Its post is changed to this.") && shown.body.contains("Save it"), "{}", shown.body);
    let again = forum.send(&format!("{place}/edit"), &hidden(&shown.body)).await;
    assert!(again.body.contains("Logo for two bakeries"), "{}", again.body);
    assert_eq!(gig().await, before, "nothing is saved yet");

    let saved = forum.send(&place, &hidden(&shown.body)).await;
    assert_eq!((saved.status, saved.header("location")), (303, Some(place.as_str())), "{}", saved.body);
    forum.world.run_for(Duration::from_mins(5)).await.unwrap();
    let stands = forum.world.network.posts();
    assert_eq!((stands.len(), stands[0].post.text.as_str()), (1, posts[0].as_str()));

    for path in [place.clone(), format!("{place}/preview"), format!("{place}/edit")] {
        let late = forum.send(&path, &changed).await;
        assert_eq!(late.status, 409, "{path}");
        assert!(late.body.contains("has changed since you opened this form"), "{}", late.body);
    }
    let other = forum.as_someone(OTHERS, "GET", &format!("{place}/edit"), "").await;
    assert_eq!(other.status, 404);
    let mut wrong = untouched(&forum.get(&format!("{place}/edit")).await.body);
    wrong.iter_mut().find(|(name, _)| name == "title").unwrap().1 = String::new();
    let refused = forum.send(&place, &wrong).await;
    assert!(refused.status == 422 && refused.body.contains("Change a gig"), "{}", refused.body);
}
