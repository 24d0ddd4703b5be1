//! A community from its founding to its end: who comes in by whose word, what its page and feeds show, and what its stewards may.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

mod closed;
mod desk;
mod edges;
mod first;
mod names;

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::site::{Answer, ask, public};
use crate::support::world::{NOON, World, sighting};
use gigcast::clock::ManualClock;
use gigcast::daemon::desk::gigs::OwnGigs;
use gigcast::gig::Sighting;
use gigcast::id::PersonId;
use gigcast::intake::{Origin, Taken};
use gigcast::secret::Secret;
use gigcast::store::Heard;
use gigcast::store::memory::MemoryStore;
use gigcast::web::router;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

const PAGE: &str = "/community/illustrators-of-bern";

struct Town {
    world: World,
    address: SocketAddr,
    store: Arc<MemoryStore>,
    dir: tempfile::TempDir,
}

impl Town {
    /// People who are signed in, one of them a business.
    async fn open() -> Self {
        let (clock, dir) = (ManualClock::at(NOON), tempfile::tempdir().unwrap());
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        Self::over(Arc::new(MemoryStore::new()), network, clock, dir).await
    }

    /// The same on what a store holds, as after a restart.
    async fn over(
        store: Arc<MemoryStore>,
        network: Arc<FakeNetwork>,
        clock: ManualClock,
        dir: tempfile::TempDir,
    ) -> Self {
        let world = World::start(Arc::<MemoryStore>::clone(&store), network, clock, dir.path()).await.unwrap();
        for name in ["Ana", "Ben", "Zoe", "Stranger", "Acme"] {
            let person = world.intake.welcome(name).await.unwrap();
            world.ledger.begin_sign_in(&Secret::new(token(name)), person, NOON).await.unwrap();
        }
        let gigs = Arc::new(OwnGigs { deliver: Arc::clone(&world.deliver) });
        let public = public(&world.intake, Arc::default(), gigs, Some("https://gigs.example"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router(public)).await });
        Self { world, address, store, dir }
    }

    /// The same, with a community that Ana founded.
    async fn founded() -> Self {
        let town = Self::open().await;
        let fields = [("name", "Illustrators of Bern"), ("category", "design")];
        let answer = town.send("Ana", "/communities/found", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(PAGE)), "{}", answer.body);
        town
    }

    async fn get(&self, who: &str, path: &str) -> String {
        let cookie = format!("gigcast={0}; __Host-gigcast={0}", token(who));
        let answer = ask(self.address, "GET", path, &[("cookie", cookie.as_str())], b"").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn send(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let cookie = format!("gigcast={0}; __Host-gigcast={0}", token(who));
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        ask(self.address, "POST", path, &headers, body.as_bytes()).await
    }

    async fn acts(&self, who: &str, fields: &[(&str, &str)]) -> u16 {
        self.send(who, &format!("{PAGE}/act"), fields).await.status
    }

    async fn vouches(&self, by: &str, category: &str) {
        let path = format!("/people/{}/say", id("Zoe"));
        let answer = self.send(by, &path, &[("word", "know"), ("category", category)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    async fn posts(&self, who: &str, native: &str, category: &str) {
        let gig = Sighting { category: Some(category.to_owned()), ..sighting(native) };
        let taken = self.world.intake.take(&gig, &Origin::by_hand(PersonId::from_name(who)), Heard::News).await;
        assert!(matches!(taken, Ok(Taken::New(_))), "{taken:?}");
    }
}

fn token(name: &str) -> String {
    format!("{:0<32}", name.to_lowercase())
}

fn id(name: &str) -> String {
    PersonId::from_name(name).to_string()
}

/// Ana and Ben are inside, and Zoe by their word.
async fn three() -> Town {
    let town = Town::founded().await;
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Ben")]).await, 303);
    assert_eq!(town.acts("Ben", &[("act", "join"), ("named", "yes")]).await, 303);
    town.vouches("Ana", "design").await;
    town.vouches("Ben", "design/illustration").await;
    assert_eq!(town.acts("Zoe", &[("act", "join")]).await, 303);
    town
}

#[tokio::test]
async fn the_way_in_is_the_word_of_two_members_and_the_page_says_whose_is_missing() {
    let town = Town::founded().await;
    let page = town.get("Zoe", PAGE).await;
    assert!(page.contains("2 members have to vouch for your work in Design, or"), "{page}");
    assert!(
        page.contains("Nobody inside has vouched for your work in Design yet."),
        "who did for other work is not denied"
    );
    assert_eq!(town.acts("Zoe", &[("act", "join")]).await, 422, "nobody has vouched yet");
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Ben")]).await, 303);
    assert!(town.get("Ben", PAGE).await.contains("A steward has invited you."));
    assert_eq!(town.acts("Ben", &[("act", "join"), ("named", "yes")]).await, 303);
    town.vouches("Ana", "design").await;
    town.vouches("Stranger", "design").await;
    town.vouches("Ben", "writing").await;
    let page = town.get("Zoe", PAGE).await;
    assert!(page.contains("Ana vouched for your work; one more member has to"), "{page}");
    assert_eq!(
        town.acts("Zoe", &[("act", "join")]).await,
        422,
        "a stranger's word and another kind of work count nothing"
    );
    town.vouches("Ben", "design/illustration").await;
    assert!(town.get("Zoe", PAGE).await.contains("Ana and Ben vouched for your work."));
    assert_eq!(town.acts("Zoe", &[("act", "join")]).await, 303);
    let page = town.get("Zoe", PAGE).await;
    assert!(page.contains("You are a member."), "{page}");
}

#[tokio::test]
async fn only_who_wishes_to_be_named_is_and_stewards_see_everyone() {
    let town = three().await;
    let page = town.get("Stranger", PAGE).await;
    assert!(page.contains("<bdi>Ana</bdi>") && page.contains("<bdi>Ben</bdi>"), "{page}");
    assert!(!page.contains("Zoe") && page.contains("And 1 more"), "{page}");
    assert!(!page.contains("For its stewards"));
    assert!(town.get("Ana", PAGE).await.contains(">Zoe</option>"));
    assert_eq!(town.acts("Zoe", &[("act", "name")]).await, 303);
    assert!(town.get("Stranger", PAGE).await.contains("<bdi>Zoe</bdi>"));
    let list = ask(town.address, "GET", "/communities", &[], b"").await.body;
    assert!(list.contains("Illustrators of Bern") && list.contains("3 members"), "{list}");
}

#[tokio::test]
async fn its_page_and_feeds_have_its_members_gigs_in_its_kind_of_work_and_no_others() {
    let town = three().await;
    town.posts("Zoe", "in it", "design/illustration").await;
    town.posts("Zoe", "other work", "writing").await;
    town.posts("Stranger", "of nobody", "design/illustration").await;
    for path in [PAGE, "/feeds/community/illustrators-of-bern.atom", "/feeds/community/illustrators-of-bern.json"] {
        let body = ask(town.address, "GET", path, &[], b"").await.body;
        assert!(body.contains("Logo for bakery in it"), "{path}: {body}");
        assert!(!body.contains("other work") && !body.contains("of nobody"), "{path}: {body}");
    }
    assert_eq!(ask(town.address, "GET", "/feeds/community/none.atom", &[], b"").await.status, 404);
    assert_eq!(town.acts("Zoe", &[("act", "leave")]).await, 303);
    assert!(!ask(town.address, "GET", PAGE, &[], b"").await.body.contains("Logo for bakery in it"));
}

#[tokio::test]
async fn whoever_is_taken_out_is_told_why_and_comes_back_by_invitation_alone() {
    let town = three().await;
    let zoe = id("Zoe");
    assert_eq!(town.acts("Ana", &[("act", "remove"), ("whom", &zoe)]).await, 422, "without a reason");
    assert_eq!(town.acts("Ben", &[("act", "remove"), ("whom", &zoe), ("why", "x")]).await, 422, "by no steward");
    assert_eq!(town.acts("Ana", &[("act", "remove"), ("whom", &zoe), ("why", "only adverts")]).await, 303);
    assert!(town.get("Zoe", PAGE).await.contains("took you out of this community (only adverts)"));
    assert_eq!(town.acts("Zoe", &[("act", "join")]).await, 422, "though two have vouched");
    assert!(!town.get("Stranger", PAGE).await.contains("only adverts"));
    assert!(town.get("Ana", PAGE).await.contains("only adverts"));
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Zoe")]).await, 303);
    assert_eq!(town.acts("Zoe", &[("act", "join")]).await, 303);
}

#[tokio::test]
async fn a_steward_changes_it_hands_it_on_and_leaves_and_it_is_never_without_one() {
    let town = three().await;
    let saved = [("act", "save"), ("name", "Bern draws"), ("about", "We meet."), ("vouches", "1")];
    assert_eq!(town.acts("Zoe", &saved).await, 422, "only stewards do");
    assert_eq!(town.acts("Ana", &[("act", "save"), ("name", "Bern draws"), ("vouches", "11")]).await, 422);
    assert_eq!(town.acts("Ana", &saved).await, 303);
    let page = town.get("Zoe", PAGE).await;
    assert!(page.contains("Bern draws") && page.contains("We meet.") && page.contains("a member vouches"), "{page}");
    assert_eq!(town.acts("Ana", &[("act", "step-down")]).await, 422, "there is no other");
    assert_eq!(town.acts("Ana", &[("act", "appoint"), ("whom", &id("Zoe"))]).await, 303);
    assert_eq!(town.acts("Ana", &[("act", "step-down")]).await, 303);
    assert!(town.get("Zoe", PAGE).await.contains("You are a steward."));
    assert!(town.get("Zoe", PAGE).await.contains("whoever has been in it longest becomes its steward"));
    assert_eq!(town.acts("Zoe", &[("act", "leave")]).await, 422, "she has not said that she means it");
    assert_eq!(town.acts("Zoe", &[("act", "leave"), ("sure", "yes")]).await, 303);
    assert!(town.get("Ana", PAGE).await.contains("You are a steward."), "the eldest follows");
}

#[tokio::test]
async fn a_name_that_is_taken_or_none_and_a_kind_of_work_that_is_none_are_refused() {
    let town = Town::founded().await;
    for (name, category) in [("illustrators of BERN", "design"), ("x", "design"), ("Fine", "nothing"), ("Fine", "")] {
        let answer = town.send("Ben", "/communities/found", &[("name", name), ("category", category)]).await;
        assert_eq!(answer.status, 422, "{name} {category}");
    }
    assert_eq!(ask(town.address, "GET", "/community/none", &[], b"").await.status, 404);
    let unsigned = ask(town.address, "POST", "/communities/found", &[], b"name=Fine&category=design").await;
    assert_ne!(unsigned.header("location"), Some("/community/fine"));
}

#[tokio::test]
async fn who_is_invited_is_seen_by_its_stewards_and_by_them_until_it_is_taken_back() {
    let town = Town::founded().await;
    assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", "Zoe")]).await, 303);
    let page = town.get("Ana", PAGE).await;
    assert!(page.contains("Invited, and not in it yet") && page.contains("<bdi>Zoe</bdi>"), "{page}");
    assert!(!town.get("Ben", PAGE).await.contains("Zoe"), "others are told nothing of it");
    let own = town.get("Zoe", "/me").await;
    assert!(own.contains(&format!("You are invited to <a href=\"{PAGE}\">")), "{own}");
    assert!(town.get("Ben", "/me").await.contains("See all communities"));

    let uninvite = [("act", "uninvite"), ("whom", &id("Zoe"))];
    assert_eq!(town.acts("Ben", &uninvite).await, 422, "only stewards do");
    assert_eq!(town.acts("Ana", &uninvite).await, 303);
    assert!(!town.get("Ana", PAGE).await.contains("Invited, and not in it yet"));
    assert!(!town.get("Zoe", "/me").await.contains("You are invited"));
    assert_eq!(town.acts("Zoe", &[("act", "join")]).await, 422, "the door is shut again");
}

#[tokio::test]
async fn the_feeds_that_one_follows_have_those_of_ones_communities() {
    let town = Town::founded().await;
    let feed = "text=\"Gigs of Illustrators of Bern\" xmlUrl=\"https://gigs.example/feeds/community/illustrators-of-bern.atom\"";
    let list = town.get("Ana", "/me/feeds.opml").await;
    assert!(list.contains(feed) && list.contains("All gigs"), "{list}");
    assert!(!town.get("Zoe", "/me/feeds.opml").await.contains(feed));
    assert!(town.get("Ana", "/me").await.contains(&format!("<a href=\"{PAGE}\"><bdi>Illustrators of Bern")));
}

#[tokio::test]
async fn a_refusal_leads_back_to_where_it_was_asked_with_what_was_typed() {
    let town = Town::founded().await;
    let refused = town.send("Ana", &format!("{PAGE}/act"), &[("act", "invite"), ("whom", "No <body>")]).await;
    let back = format!("{PAGE}?whom=No+%3Cbody%3E#invite");
    assert!(refused.status == 422 && refused.body.contains(&format!("href=\"{back}\"")), "{}", refused.body);
    let form = town.get("Ana", back.split('#').next().unwrap()).await;
    assert!(form.contains("value=\"No &#60;body&#62;\"") && form.contains("id=\"invite\""), "{form}");

    let refused = town.send("Ana", "/communities/found", &[("name", "x"), ("category", "design")]).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"/communities?name=x#found\""), "{}", refused.body);

    let zoe = format!("/people/{}", id("Zoe"));
    let refused = town.send("Ana", &format!("{zoe}/say"), &[("word", "know")]).await;
    assert!(refused.status == 422 && refused.body.contains(&format!("href=\"{zoe}#say\"")), "{}", refused.body);
    let page = town.get("Ana", &zoe).await;
    assert!(page.contains("name=\"category\" required") && page.contains("id=\"say\""), "{page}");
}

#[tokio::test]
async fn only_what_was_said_can_be_taken_back() {
    let town = Town::open().await;
    let acme = format!("/people/{}", id("Acme"));
    let offers = async || {
        let page = town.get("Ana", &acme).await;
        ["nothing", "no-pays", "no-briefs", "no-referrer", "no-warning"]
            .map(|word| page.contains(&format!("value=\"{word}\"")))
    };
    assert_eq!(offers().await, [false; 5]);
    for said in
        [&[("word", "know"), ("category", "design")][..], &[("word", "briefs")][..], &[("word", "referrer")][..]]
    {
        assert_eq!(town.send("Ana", &format!("{acme}/say"), said).await.status, 303);
    }
    assert_eq!(offers().await, [true, false, true, true, false]);
    assert!(!town.get("Ben", &acme).await.contains("Take it back"), "of others' words nothing");
    assert_eq!(town.send("Ana", &format!("{acme}/say"), &[("word", "no-referrer")]).await.status, 303);
    assert_eq!(offers().await, [true, false, true, false, false]);
}
