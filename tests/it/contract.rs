//! The contract of a network: one suite, played to every entry of the registry from its own tapes, and to the example of the docs.

use crate::support::example_network::Example;
use crate::support::tape::{Tape, received};
use gigcast::clock::BoxFuture;
use gigcast::config::NetworkSettings;
use gigcast::failure::Failure;
use gigcast::id::{AccountId, DeliveryId, GigId, PersonId};
use gigcast::networks::{docs, exchange, ids, registry};
use gigcast::oauth::{ClientAuth, ClientFrom, Door, Purpose, Us};
use gigcast::person::{Account, Audience, GrantState, Mode, Pace};
use gigcast::ports::{Entered, Linked, Named, Network, Request, Response, Session, Wire};
use gigcast::post::{Facet, Feature, LinkCard, Post, Receipt, Stamp};
use gigcast::profile::{EngagementKind, Idempotency, Identity, Profile, ReadBack, Support};
use gigcast::secret::Secret;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What a person types to link an account; it may be seen on the wire and nowhere else.
const SECRET: &str = "entered-geheim-0123";

/// Without these a network does not count as tested: name, verb, and the outcome it must show.
const ALWAYS: [(&str, &str, &str); 8] = [
    ("link", "link", "ok"),
    ("create", "create", "ok"),
    ("rate_limited", "create", "rate_limited"),
    ("relink", "create", "relink_needed"),
    ("permanent", "create", "permanent"),
    ("server_error", "create", "unknown"),
    ("lost_answer", "create", "unknown"),
    ("refresh", "refresh", ""),
];

/// Nor these a network that can be linked in a browser, which is one that has the first of them.
const IN_A_BROWSER: [(&str, &str, &str); 4] = [
    ("discover", "discover", "ok"),
    ("discover_sign_in", "discover", "ok"),
    ("discover_nowhere", "discover", "permanent"),
    ("recognise", "recognise", "ok"),
];

fn networks() -> Vec<Arc<dyn Network>> {
    registry(&NetworkSettings::default()).into_values().chain([Arc::new(Example) as Arc<dyn Network>]).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder(network: &dyn Network) -> PathBuf {
    root().join("tests/fixtures/networks").join(&*network.profile().id)
}

/// Every tape of a network, by name.
fn tapes(network: &dyn Network) -> BTreeMap<String, PathBuf> {
    let folder = folder(network);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "http"))
        .map(|path| (path.file_stem().expect("a name with an ending").to_string_lossy().into_owned(), path))
        .collect()
}

/// One delivery of one gig from one linked account: what every tape is about.
struct Sample {
    network: Arc<dyn Network>,
    linked: Linked,
    account: Account,
    post: Post,
    stamp: Stamp,
    /// What playing `create` gave.
    receipt: Receipt,
}

impl Sample {
    async fn of(network: Arc<dyn Network>) -> Self {
        let folder = folder(&*network);
        let (post, mut stamp) = delivery();
        stamp.chosen_id = network.choose_id(&stamp);
        let words = words(&post, &stamp);
        let tape = Tape::read(&folder.join("link.http"), &words);
        let linked = network.link(&tape, &entered(&tape)).await.unwrap_or_else(|e| panic!("{}: {e}", tape.name()));
        let account = account(&network.profile().id, &linked);
        let tape = Tape::read(&folder.join("create.http"), &words);
        let session = Session { account: &account, profile: network.profile(), wire: &tape };
        let made = network.create(session, &post, &stamp).await;
        let receipt = made.unwrap_or_else(|e| panic!("{}: {e}", tape.name()));
        Self { network, linked, account, post, stamp, receipt }
    }

    fn tape(&self, path: &Path) -> Tape {
        Tape::read(path, &words(&self.post, &self.stamp))
    }

    /// Plays one tape. The outcome is what `@expect` names, and how `Debug` shows it.
    async fn play(&self, tape: &Tape) -> (String, String) {
        let profile = match tape.setting("learned") {
            Some(other) => {
                let other = self.tape(&folder(&*self.network).join(other));
                self.network.learn(&other, &self.linked.who.server).await.expect("a tape that teaches")
            }
            None => self.network.profile().clone(),
        };
        let session = Session { account: &self.account, profile: &profile, wire: tape };
        let mut post = self.post.clone();
        if tape.setting("no-code").is_some() {
            post.code = None;
        }
        if let Some(text) = tape.setting("text") {
            (post.text, post.facets) = (text.to_owned(), Vec::new());
        }
        let network = &self.network;
        match tape.setting("verb").unwrap_or_else(|| panic!("{}: no @verb", tape.name())) {
            "link" => named(network.link(tape, &entered(tape)).await),
            "discover" => named(discover(&**network, tape).await),
            "register" => named(network.register(tape, &self.door(tape).await, &us(tape)).await),
            "recognise" => named(network.recognise(tape, &self.door(tape).await, tape.setting("subject")).await),
            "learn" => named(network.learn(tape, &self.linked.who.server).await),
            "refresh" => named(network.refresh(tape, &self.linked.who.server, &self.linked.grant).await),
            "create" => named(network.create(session, &post, &self.stamp).await),
            "edit" => named(network.edit(session, &self.receipt, &post, &self.stamp).await),
            "delete" => named(network.delete(session, &self.receipt).await),
            "reply" => named(network.reply(session, &self.receipt, &post, &self.stamp).await),
            "counts" => named(network.counts(session, &self.receipt).await),
            "reshare" => named(network.reshare(session, &self.theirs(tape), &self.stamp).await),
            "unreshare" => named(network.unreshare(session, &self.theirs(tape)).await),
            "find_reshare" => match network.find_reshare(session, &self.theirs(tape), &self.stamp).await {
                Ok(Some(receipt)) => ("there".into(), format!("{receipt:?}")),
                Ok(None) => ("not_there".into(), String::new()),
                Err(failure) => named::<()>(Err(failure)),
            },
            "find" => match network.find(session, &post, &self.stamp).await {
                Ok(Some(receipt)) => ("there".into(), format!("{receipt:?}")),
                Ok(None) => ("not_there".into(), String::new()),
                Err(failure) => named::<()>(Err(failure)),
            },
            "engagements" => named(self.all_pages(session, kind(tape)).await),
            other => panic!("{}: no verb is called {other}", tape.name()),
        }
    }

    /// The post that is reshared: somebody else's, on the server that the tape names or else on the account's own.
    fn theirs(&self, tape: &Tape) -> Receipt {
        let address = tape.setting("of").map_or_else(|| self.receipt.uri.clone(), str::to_owned);
        Receipt { uri: address, ..self.receipt.clone() }
    }

    /// What the tape that it names found.
    async fn door(&self, tape: &Tape) -> Door {
        let found = tape.setting("door").unwrap_or_else(|| panic!("{}: no @door", tape.name()));
        let found = self.tape(&folder(&*self.network).join(found));
        discover(&*self.network, &found).await.unwrap_or_else(|e| panic!("{}: {e}", found.name()))
    }

    async fn all_pages(
        &self,
        session: Session<'_>,
        kind: EngagementKind,
    ) -> Result<Vec<gigcast::ports::Seen>, Failure> {
        let (mut seen, mut from) = (Vec::new(), None);
        loop {
            let page = self.network.engagements(session, &self.receipt, kind, from.as_deref()).await?;
            seen.extend(page.seen);
            from = page.next;
            if from.is_none() {
                return Ok(seen);
            }
        }
    }

    /// What may stand in no log line and no reason.
    fn secrets(&self) -> Vec<String> {
        let grant = &self.linked.grant;
        let held = [Some(&grant.access), grant.refresh.as_ref(), grant.password.as_ref()];
        let held = held.into_iter().flatten().map(|secret| secret.expose().to_owned());
        held.chain([SECRET.to_owned(), self.stamp.key.as_str().to_owned()]).collect()
    }
}

fn named<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> (String, String) {
    match outcome {
        Ok(value) => ("ok".into(), format!("{value:?}")),
        Err(failure) => {
            let until = match &failure {
                Failure::RateLimited { until, .. } => format!(" until {until}"),
                _ => String::new(),
            };
            (failure.class().into(), format!("{failure:?} {failure}{until}"))
        }
    }
}

fn kind(tape: &Tape) -> EngagementKind {
    let word = tape.setting("kind").unwrap_or_else(|| panic!("{}: no @kind", tape.name()));
    EngagementKind::ALL.into_iter().find(|kind| kind.word() == word).unwrap_or_else(|| panic!("no kind {word}"))
}

fn entered(tape: &Tape) -> Entered {
    Entered {
        server: tape.setting("server").unwrap_or_default().into(),
        identifier: tape.setting("identifier").unwrap_or_default().into(),
        secret: Secret::new(SECRET),
    }
}

async fn discover(network: &dyn Network, tape: &Tape) -> Result<Door, Failure> {
    let Entered { server, identifier, .. } = entered(tape);
    let purpose = match tape.setting("purpose") {
        None => Purpose::Link,
        Some("sign_in") => Purpose::SignIn,
        Some(other) => panic!("{}: no purpose is called {other}", tape.name()),
    };
    network.discover(tape, &Named { server, identifier }, purpose, &us(tape)).await
}

fn us(tape: &Tape) -> Us {
    let base = tape.setting("base").unwrap_or("https://gigs.example").to_owned();
    Us { redirect: format!("{base}/link/callback"), base }
}

fn account(network: &str, linked: &Linked) -> Account {
    Account {
        id: AccountId::from_native(network, exchange::host(&linked.who.server), &linked.who.native),
        owner: PersonId::from_name("Acme"),
        network: network.into(),
        server: linked.who.server.clone(),
        native: linked.who.native.clone(),
        handle: linked.who.handle.clone(),
        url: linked.who.url.clone(),
        linked: received(),
        grant: GrantState::Linked,
        policy: gigcast::person::Policy::fitting(&gigcast::profile::Profile::unspoken("any")),
        mode: Mode::Auto,
        pace: Pace {
            posts_per_day: 20,
            gap: Duration::from_mins(1),
            quiet: None,
            windows: Vec::new(),
            zone: "UTC".into(),
            worth_saying_for: None,
        },
        audience: Audience::default(),
    }
}

fn delivery() -> (Post, Stamp) {
    let id = DeliveryId::from_step(GigId::of(&[b"sample"]), AccountId::of(&[b"sample"]), 1);
    let link = format!("https://gigs.example/g/81?v={}", id.code());
    let text = format!("Gig: Rüst backend, 3 weeks, remote\n{link} #rust");
    let place = |part: &str| {
        let start = text.find(part).expect("a part of the text");
        let offset = |at: usize| u32::try_from(at).expect("a short text");
        (offset(start), offset(start + part.len()))
    };
    let ((start, end), (tag_start, tag_end)) = (place(&link), place("#rust"));
    let post = Post {
        facets: vec![
            Facet { start, end, feature: Feature::Link(link.clone()) },
            Facet { start: tag_start, end: tag_end, feature: Feature::Tag("rust".into()) },
        ],
        card: Some(LinkCard { url: link.clone(), title: "Rust backend".into(), description: "3 weeks".into() }),
        language: Some("en-GB".into()),
        link,
        code: Some(id.code()),
        text,
    };
    let stamp = Stamp {
        key: id.idempotency_key(),
        opened: received().minus(Duration::from_mins(1)),
        chosen_id: None,
        first_sent: Some(received()),
    };
    (post, stamp)
}

/// What a tape may name between double braces.
fn words(post: &Post, stamp: &Stamp) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("secret", SECRET.to_owned()),
        ("key", stamp.key.as_str().to_owned()),
        ("id", stamp.chosen_id.clone().unwrap_or_default()),
        ("code", post.code.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("link", post.link.clone()),
    ])
}

#[tokio::test]
async fn every_tape_plays_as_it_says() {
    for network in networks() {
        let sample = Sample::of(network).await;
        for path in tapes(&*sample.network).values() {
            let tape = sample.tape(path);
            let name = tape.name().to_owned();
            let (outcome, shown) = sample.play(&tape).await;
            assert_eq!(Some(outcome.as_str()), tape.setting("expect"), "{name}: {shown}");
            assert_eq!(tape.exchanges_left(), 0, "{name}: requests that were not made");
            let until = tape.setting("until").map(|until| {
                gigcast::clock::Timestamp::parse_rfc3339(until).unwrap_or_else(|| panic!("{name}: @until {until}"))
            });
            assert!(outcome != "rate_limited" || until.is_some(), "{name}: @until must say until when");
            assert!(until.is_none_or(|until| shown.ends_with(&format!("until {until}"))), "{name}: {shown}");
            for part in tape.settings("shows") {
                assert!(shown.contains(part), "{name}: `{part}` is not in {shown}");
            }
            for part in tape.settings("hides") {
                assert!(!shown.contains(part), "{name}: `{part}` should not be in {shown}");
            }
            let logged = shown + &tape.shown();
            for secret in sample.secrets() {
                assert!(!logged.contains(&secret), "{name}: `{secret}` can be read in {logged}");
            }
        }
    }
}

#[test]
fn every_network_has_the_tapes_that_its_profile_calls_for() {
    for network in networks() {
        let (profile, tapes) = (network.profile(), tapes(&*network));
        let (_, stamp) = delivery();
        let text = |path: &Path| std::fs::read_to_string(path).unwrap();
        let read = |name: &str| {
            let path = tapes.get(name).unwrap_or_else(|| panic!("{}: the tape {name}.http is missing", profile.id));
            Tape::read(path, &BTreeMap::new())
        };
        for (name, verb, expect) in ALWAYS {
            let tape = read(name);
            assert_eq!(tape.setting("verb"), Some(verb), "{}", tape.name());
            assert!(expect.is_empty() || tape.setting("expect") == Some(expect), "{}: not {expect}", tape.name());
        }
        for (name, verb, expect) in IN_A_BROWSER.iter().filter(|_| tapes.contains_key("discover")) {
            let tape = read(name);
            assert_eq!((tape.setting("verb"), tape.setting("expect")), (Some(*verb), Some(*expect)), "{}", tape.name());
        }
        assert!(text(&tapes["link"]).contains("{{secret}}"), "{}: what was entered must reach the wire", profile.id);
        let mark = match profile.idempotency {
            Idempotency::Key { .. } => "{{key}}",
            Idempotency::ClientChosenId => "{{id}}",
            Idempotency::None => "",
        };
        assert!(text(&tapes["create"]).contains(mark), "{}: create.http must check {mark}", profile.id);
        let chosen = profile.idempotency == Idempotency::ClientChosenId;
        assert_eq!(network.choose_id(&stamp).is_some(), chosen, "{}", profile.id);

        let all: Vec<Tape> = tapes.values().map(|path| Tape::read(path, &BTreeMap::new())).collect();
        let played = |verb: &str, expect: &str| {
            let found = all.iter().any(|t| t.setting("verb") == Some(verb) && t.setting("expect") == Some(expect));
            assert!(found, "{}: no tape of {verb} ends {expect}", profile.id);
        };
        let verbs = [
            (profile.edit, "edit"),
            (profile.delete, "delete"),
            (profile.reply, "reply"),
            (profile.reshare, "reshare"),
            (profile.reshare, "unreshare"),
        ];
        for (support, verb) in verbs {
            if support == Support::Yes {
                played(verb, "ok");
            }
        }
        if profile.read_back != ReadBack::None {
            for (name, outcome) in [("find_there", "there"), ("find_not_there", "not_there")] {
                assert_eq!(read(name).setting("expect"), Some(outcome));
            }
            if profile.reshare == Support::Yes {
                played("find_reshare", "there");
                played("find_reshare", "not_there");
            }
        }
        for heard in profile.engagement.kinds.iter() {
            match heard.by {
                Identity::Counted => played("counts", "ok"),
                Identity::Named => {
                    let of_kind = |t: &&Tape| t.setting("kind") == Some(heard.kind.word());
                    assert!(all.iter().any(|t| of_kind(&t)), "{}: no tape of {:?}", profile.id, heard.kind);
                }
            }
        }
        if !profile.engagement.kinds.is_empty() {
            assert!(read("engagements").exchanges_left() >= 2, "{}: engagements.http has one page only", profile.id);
        }
    }
}

/// A wire that nothing may be sent over.
struct Silence;

impl Wire for Silence {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        panic!("nothing should be sent: {request:?}")
    }
}

#[tokio::test]
async fn a_verb_that_the_profile_denies_is_unsupported_and_sends_nothing() {
    for network in networks() {
        let sample = Sample::of(network.clone()).await;
        let profile: &Profile = network.profile();
        let s = Session { account: &sample.account, profile, wire: &Silence };
        let (at, post, stamp) = (&sample.receipt, &sample.post, &sample.stamp);
        let mut answers = Vec::new();
        if profile.edit == Support::No {
            answers.push(("edit", named(network.edit(s, at, post, stamp).await)));
        }
        if profile.delete == Support::No {
            answers.push(("delete", named(network.delete(s, at).await)));
        }
        if profile.reply == Support::No {
            answers.push(("reply", named(network.reply(s, at, post, stamp).await)));
        }
        if profile.read_back == ReadBack::None {
            answers.push(("find", named(network.find(s, post, stamp).await)));
        }
        if profile.engagement.kinds.is_empty() {
            answers.push(("counts", named(network.counts(s, at).await)));
            let page = network.engagements(s, at, EngagementKind::Reshare, None).await;
            answers.push(("engagements", named(page)));
        }
        for kind in profile.engagement.kinds.iter().filter(|heard| heard.by == Identity::Counted) {
            let page = network.engagements(s, at, kind.kind, None).await;
            answers.push(("engagements", named(page)));
        }
        if !tapes(&*network).contains_key("discover") {
            let us = Us { base: "https://gigs.example".into(), redirect: "https://gigs.example/link/callback".into() };
            let somebody = Named { server: "https://a.example".into(), identifier: "@acme@a.example".into() };
            answers.push(("discover", named(network.discover(&Silence, &somebody, Purpose::Link, &us).await)));
        }
        for (verb, (outcome, shown)) in answers {
            assert_eq!(outcome, "permanent", "{}: {verb}: {shown}", profile.id);
        }
    }
}

/// What holds of every door, whoever found it: codes and secrets go to the server that was found and nowhere else, and nothing is asked for
/// to sign in that is not asked for to link.
#[tokio::test]
async fn a_door_leads_to_one_server_and_asks_for_no_more_than_it_needs() {
    for network in networks() {
        let found = tapes(&*network);
        let (Some(link), Some(sign_in)) = (found.get("discover"), found.get("discover_sign_in")) else { continue };
        let play = async |path: &Path| {
            let tape = Tape::read(path, &BTreeMap::new());
            let door = discover(&*network, &tape).await.unwrap_or_else(|e| panic!("{}: {e}", tape.name()));
            (door, us(&tape))
        };
        let ((link, us), (sign_in, _)) = (play(link).await, play(sign_in).await);
        let id = &network.profile().id;
        assert!(sign_in.scopes.len() < link.scopes.len(), "{id}: {:?}", sign_in.scopes);
        for door in [link, sign_in] {
            let auth = &door.auth;
            let issuer = exchange::origin(&auth.issuer).expect("an issuer is an address");
            for url in [Some(&auth.authorize), Some(&auth.token), auth.revoke.as_ref(), auth.push.as_ref()] {
                let Some(url) = url else { continue };
                assert_eq!(exchange::origin(url).as_ref(), Ok(&issuer), "{id}: {url}");
            }
            let kept = found.contains_key("register");
            match &door.client {
                ClientFrom::Registration => assert!(kept, "{id}: the tape register.http is missing"),
                ClientFrom::Document(client) => {
                    assert!(!kept && client.redirects.contains(&us.redirect), "{id}: {client:?}");
                    assert!(matches!(client.auth, ClientAuth::None | ClientAuth::Assertion), "{id}: a kept secret");
                }
            }
        }
    }
}

#[test]
fn every_profile_cites_its_source_and_the_day_it_was_read() {
    for network in networks() {
        let profile = network.profile();
        assert!(profile.docs.starts_with("https://"), "{}: docs", profile.id);
        let day = profile.checked.parse::<jiff::civil::Date>();
        assert!(day.is_ok_and(|day| day.to_string() == profile.checked), "{}: checked {}", profile.id, profile.checked);
        assert!(!profile.name.is_empty() && profile.text.max > 0 && !profile.quotas.is_empty(), "{}", profile.id);
    }
}

#[test]
fn the_registry_knows_each_network_by_the_id_of_its_profile() {
    let registry = registry(&NetworkSettings::default());
    assert_eq!(ids(), registry.keys().cloned().collect::<Vec<_>>());
    for (id, network) in registry {
        assert_eq!(id, network.profile().id);
        assert!(id.chars().all(|c| c.is_ascii_lowercase()), "{id}");
    }
    let written: usize = std::fs::read_dir(root().join("tests/fixtures/networks")).unwrap().count();
    assert_eq!(written, networks().len(), "tapes of a network that is not registered, or two networks of one id");
}

#[test]
fn the_generated_page_is_current() {
    let path = root().join("docs/NETWORKS.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, docs::networks_page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == docs::networks_page(),
        "docs/NETWORKS.md is not what the profiles say: run `UPDATE_DOCS=1 cargo test --test it page_is_current`"
    );
}

#[test]
fn the_table_in_the_readme_is_current() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("| network |").expect("the README has the table of networks");
    let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
    let current = format!("{before}{}\n{after}", docs::networks_table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(&path, &current).unwrap();
    }
    assert!(readme == current, "run `UPDATE_DOCS=1 cargo test --test it readme_is_current`");
}

#[test]
fn the_page_on_adding_a_network_shows_the_file_that_is_tested() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let (page, file) = (read("docs/ADDING-A-NETWORK.md"), read("tests/it/support/example_network.rs"));
    let shown = format!("```rust\n{file}```\n");
    assert!(
        page.contains(&shown),
        "docs/ADDING-A-NETWORK.md does not show tests/it/support/example_network.rs as it is"
    );
    let tape = read("tests/fixtures/networks/example/create.http");
    assert!(page.contains(&format!("```text\n{tape}```\n")), "the page does not show example/create.http as it is");
}
