//! A gig that goes first to a community: for its time it is shown where the members read and nowhere else, and then everywhere.

use super::{PAGE, Town, id};
use crate::support::site::{Answer, ask};
use crate::support::world::{brisk, origin, sighting};
use gigcast::failure::Why;
use gigcast::gig::heard::Decision;
use gigcast::gig::rings::Ring;
use gigcast::gig::{Gig, Republish, Sighting, Status};
use gigcast::id::CommunityId;
use gigcast::intake::{Decided, Taken};
use gigcast::outbox::{State, Wait};
use gigcast::person::Account;
use gigcast::secret::Secret;
use gigcast::store::Tale;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const NAME: &str = "community/illustrators-of-bern";

/// Every list that anyone may read, and where a gig of this kind stands once everyone is shown it.
const PUBLIC: [&str; 7] = [
    "/",
    "/c/design",
    "/c/design/illustration",
    "/feeds/all.atom",
    "/feeds/all.json",
    "/feeds/c/design.atom",
    "/feeds/c/design/illustration.json",
];
const OWN: [&str; 3] =
    [PAGE, "/feeds/community/illustrators-of-bern.atom", "/feeds/community/illustrators-of-bern.json"];

fn first(native: &str, name: &str, hours: u32) -> Sighting {
    let ring = Ring { first: vec![name.to_owned()], widen_after: HOUR * hours };
    Sighting { ring: Some(ring), ..drawn(native) }
}

fn drawn(native: &str) -> Sighting {
    Sighting { category: Some("design/illustration".to_owned()), ..sighting(native) }
}

impl Town {
    /// Acme is a member, like Ben; it has an account, and another gig that everyone is shown.
    async fn of_acme() -> (Self, Account) {
        let town = Self::founded().await;
        for name in ["Ben", "Acme"] {
            assert_eq!(town.acts("Ana", &[("act", "invite"), ("whom", name)]).await, 303);
            assert_eq!(town.acts(name, &[("act", "join")]).await, 303);
        }
        let account = town.world.link("acme", brisk()).await;
        town.takes(&drawn("for all")).await;
        (town, account)
    }

    async fn takes(&self, sighting: &Sighting) -> Gig {
        let taken = self.world.take(sighting).await.unwrap();
        let (Taken::New(gig) | Taken::Revised(gig) | Taken::Same(gig)) = taken else { panic!("{taken:?}") };
        self.world.settle().await.unwrap();
        gig
    }

    async fn is_refused(&self, sighting: &Sighting) -> String {
        match self.world.take(sighting).await.unwrap() {
            Taken::Refused(why) => why.said,
            other => panic!("{other:?}"),
        }
    }

    async fn anyone(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, &[], b"").await
    }

    /// Which of these show the gig with this id.
    async fn shown(&self, gig: &Gig, paths: &[&str]) -> Vec<bool> {
        let mut shown = Vec::new();
        for path in paths {
            let answer = self.anyone(path).await;
            assert_eq!(answer.status, 200, "{path}");
            shown.push(answer.body.contains(&gig.id.to_string()));
        }
        shown
    }

    /// The feed of one's own, by its address.
    async fn feed_of(&self, who: &str) -> String {
        let page = self.send(who, "/me/feed", &[]).await.body;
        let at = page.find("/feeds/me/").expect("the address is shown");
        let end = page[at..].find(".atom").unwrap();
        page[at..at + end].to_owned() + ".atom"
    }

    fn created(&self) -> usize {
        self.world.network.calls().iter().filter(|(verb, ..)| *verb == "create").count()
    }

    async fn restarted(self) -> Self {
        let Self { world, store, dir, .. } = self;
        let (network, clock) = (world.network.clone(), world.clock.clone());
        drop(world);
        Self::over(store, network, clock, dir).await
    }
}

#[tokio::test]
async fn for_its_time_it_is_shown_where_the_members_read_and_then_everywhere() {
    let (town, account) = Town::of_acme().await;
    let (member, stranger) = (town.feed_of("Ben").await, town.feed_of("Stranger").await);
    let own = town.feed_of("Acme").await;
    let gig = town.takes(&first("1", NAME, 6)).await;
    let poster = format!("/people/{}", id("Acme"));
    let all = |paths: &[&str], shown: bool| vec![shown; paths.len()];

    assert_eq!(town.shown(&gig, &PUBLIC).await, all(&PUBLIC, false));
    assert_eq!(town.shown(&gig, &[&poster, &stranger]).await, [false, false]);
    assert_eq!(town.shown(&gig, &OWN).await, all(&OWN, true));
    let told = town.anyone(&member).await.body;
    let until = "everyone sees it at 21 November 2026, 18:00 UTC";
    assert!(told.contains(&format!("First for Illustrators of Bern, where you are a member; {until}")), "{told}");
    for kind in ["atom", "json"] {
        let feed = town.anyone(&format!("/feeds/community/illustrators-of-bern.{kind}")).await.body;
        assert!(feed.contains(&format!("First for Illustrators of Bern; {until}")), "{feed}");
    }
    let page = town.anyone(PAGE).await.body;
    assert!(page.contains("Here first; everyone sees it at 18:00 UTC"), "{page}");
    let waits = town.world.delivery("1", &account).await;
    assert_eq!((waits.state, waits.wait, town.created()), (State::Queued, Wait::Ring, 1));
    assert!(town.get("Acme", &poster).await.contains(&gig.id.to_string()), "its poster sees it on their own page");
    assert_eq!(town.shown(&gig, &[&own]).await, [false], "nobody looks for their own gigs");

    town.world.run_for(HOUR * 5 + Duration::from_secs(3599)).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, all(&PUBLIC, false));
    town.world.run_for(Duration::from_secs(1)).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, all(&PUBLIC, true));
    assert_eq!(town.shown(&gig, &[&poster, &stranger, &own]).await, [true, true, false]);
    assert!(!town.anyone(&member).await.body.contains("First for"));
    assert!(!town.anyone("/feeds/community/illustrators-of-bern.atom").await.body.contains("First for"));
    assert!(!town.anyone(PAGE).await.body.contains("Here first"));
    assert!(town.world.is_delivered("1", &account).await);
    assert_eq!(town.created(), 2);
}

#[tokio::test]
async fn whoever_has_its_address_may_read_it_and_no_search_engine_is_led_there() {
    let (town, _) = Town::of_acme().await;
    let gig = town.takes(&first("1", NAME, 6)).await;
    let address = format!("/g/{}", gig.id);
    let page = town.anyone(&address).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("everyone is shown it at 18:00 UTC, unless it is filled"), "{}", page.body);
    assert!(page.body.contains("<meta name=\"robots\" content=\"noindex\">"), "{}", page.body);
    assert!(!page.body.contains("ld+json") && !page.body.contains("rel=\"canonical\""));
    assert_eq!(town.anyone(&format!("/api/v1/gigs/{}", gig.id)).await.status, 200);
    town.world.run_for(HOUR * 6).await.unwrap();
    let page = town.anyone(&address).await.body;
    assert!(page.contains("ld+json") && page.contains("rel=\"canonical\"") && !page.contains("noindex"), "{page}");
    assert!(!page.contains("everyone is shown it"));
}

#[tokio::test]
async fn what_ends_in_its_time_is_told_to_the_community_alone() {
    for status in [Status::Filled, Status::Withdrawn] {
        let (town, _) = Town::of_acme().await;
        let gig = town.takes(&first("1", NAME, 6)).await;
        town.world.run_for(HOUR).await.unwrap();
        town.takes(&Sighting { status: Some(status), ..first("1", NAME, 6) }).await;
        town.world.run_for(HOUR * 24).await.unwrap();
        assert_eq!(town.created(), 1, "{status:?}: the other gig's alone");
        assert_eq!(town.shown(&gig, &PUBLIC).await, [false; 7], "{status:?}");
        assert_eq!(town.shown(&gig, &OWN[1..]).await, [true, true], "{status:?}: those who saw it are told");
        assert_eq!(town.shown(&gig, &OWN[..1]).await, [false], "{status:?}: the page has open ones");
        town.takes(&Sighting { status: Some(Status::Open), ..first("1", NAME, 6) }).await;
        assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7], "{status:?}: open again, its time is over");
        assert_eq!(town.created(), 2, "{status:?}");
    }
}

#[tokio::test]
async fn a_restart_in_between_changes_nothing() {
    let (town, account) = Town::of_acme().await;
    let gig = town.takes(&first("1", NAME, 6)).await;
    town.world.run_for(HOUR * 3).await.unwrap();
    let town = town.restarted().await;
    town.world.run_for(HOUR * 2).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, [false; 7], "five hours are not six");
    assert_eq!(town.shown(&gig, &OWN).await, [true; 3]);
    assert_eq!(town.created(), 1);
    let town = town.restarted().await;
    town.world.run_for(HOUR).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7]);
    assert!(town.world.is_delivered("1", &account).await);
    assert_eq!(town.created(), 2);
}

#[tokio::test]
async fn gigs_that_are_not_shown_shorten_no_page_and_hide_no_older_one() {
    let (town, _) = Town::of_acme().await;
    for n in 0..40 {
        town.world.clock.advance(Duration::from_secs(1));
        town.takes(&drawn(&format!("open {n}"))).await;
    }
    for n in 0..40 {
        town.world.clock.advance(Duration::from_secs(1));
        town.takes(&first(&format!("first {n}"), NAME, 6)).await;
    }
    let cards = |body: &str| body.matches("<article class=\"card\"").count();
    for (path, shown) in [("/", 24), ("/?from=24", 17), ("/c/design", 24), ("/c/design?from=24", 17)] {
        let body = town.anyone(path).await.body;
        assert_eq!(cards(&body), shown, "{path}");
        assert!(!body.contains("bakery first"), "{path}");
    }
    town.world.clock.advance(HOUR * 6);
    let body = town.anyone("/").await.body;
    assert_eq!(body.matches("bakery first").count(), 24, "what everyone is shown now stands before what they had seen");
}

#[tokio::test]
async fn who_may_not_be_first_is_told_with_what_to_do() {
    let (town, _) = Town::of_acme().await;
    let said = town.is_refused(&first("1", "community/none", 6)).await;
    assert!(said.contains("community/none, which is no community here") && said.contains(NAME), "{said}");
    let elsewhere = Sighting { category: Some("writing".to_owned()), ..first("1", NAME, 6) };
    let said = town.is_refused(&elsewhere).await;
    assert!(said.contains("in Writing") && said.contains("give it a `category` of that kind (design"), "{said}");
    assert_eq!(town.acts("Acme", &[("act", "leave")]).await, 303);
    let said = town.is_refused(&first("1", NAME, 6)).await;
    assert!(said.contains("its poster is no member") && said.contains(PAGE), "{said}");
    let said = town.is_refused(&first("1", "community/none", 6)).await;
    assert!(said.contains("in none yet: /communities"), "{said}");
    assert!(town.world.ledger.gigs_of(origin().poster, 0, 9).await.unwrap().len() == 1, "nothing of it was kept");
}

#[tokio::test]
async fn what_everyone_has_been_shown_goes_first_to_nobody_any_more() {
    let (town, _) = Town::of_acme().await;
    let gig = town.takes(&drawn("1")).await;
    let said = town.is_refused(&first("1", NAME, 6)).await;
    assert!(said.contains("everyone has been shown this gig already"), "{said}");
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7]);
    let late = town.takes(&first("2", NAME, 6)).await;
    town.world.run_for(HOUR * 7).await.unwrap();
    assert!(town.is_refused(&first("2", NAME, 24)).await.contains("everyone has been shown"), "nor again");
    assert_eq!(town.shown(&late, &PUBLIC).await, [true; 7]);
    let moved = Sighting { category: Some("writing".to_owned()), ..first("2", NAME, 6) };
    assert_eq!(town.takes(&moved).await.terms.category.as_deref(), Some("writing"), "its time is over, it may change");
}

#[tokio::test]
async fn a_later_word_on_its_time_applies_and_its_kind_of_work_stays_the_communitys() {
    let (town, account) = Town::of_acme().await;
    let gig = town.takes(&first("1", NAME, 6)).await;
    let moved = Sighting { category: Some("writing".to_owned()), ..first("1", NAME, 6) };
    assert!(town.is_refused(&moved).await.contains("this gig is in Writing"));
    town.takes(&first("1", NAME, 2)).await;
    town.world.run_for(HOUR * 2).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7], "sooner");
    assert!(town.world.is_delivered("1", &account).await);

    let gig = town.takes(&first("2", NAME, 6)).await;
    let mut terms = town.world.gig("2").await.gig.terms;
    terms.ring = None;
    let decided = town.world.intake.decide(gig.id, None, &Decision::Edit(Box::new(terms))).await.unwrap();
    assert!(matches!(decided, Decided::Done(_)), "{decided:?}");
    town.world.run_for(Duration::from_secs(10)).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7], "at once");
    assert!(town.world.is_delivered("2", &account).await);
}

#[tokio::test]
async fn what_went_first_to_a_community_that_is_taken_away_goes_to_everyone_at_once() {
    let (town, account) = Town::of_acme().await;
    let gig = town.takes(&first("1", NAME, 6)).await;
    assert_eq!(town.world.intake.release("another").await, Ok(0));
    assert_eq!(town.world.intake.release("illustrators-of-bern").await, Ok(1));
    town.world.ledger.drop_community(CommunityId::from_slug("illustrators-of-bern")).await.unwrap();
    town.world.run_for(Duration::from_secs(10)).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7]);
    assert!(town.world.is_delivered("1", &account).await);
    let story = town.world.ledger.story(gig.id).await.unwrap();
    assert!(story.iter().any(|told| told.tale == Tale::Ring { now: None }));
    town.takes(&first("1", NAME, 6)).await;
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7], "its source says what it said, and nothing new");
}

#[tokio::test]
async fn of_a_poster_who_has_left_the_community_shows_nothing_and_the_time_holds() {
    let (town, account) = Town::of_acme().await;
    let member = town.feed_of("Ben").await;
    let gig = town.takes(&first("1", NAME, 6)).await;
    assert_eq!(town.shown(&gig, &[&member]).await, [true]);
    assert_eq!(town.acts("Acme", &[("act", "leave")]).await, 303);
    assert_eq!(town.shown(&gig, &OWN).await, [false; 3]);
    assert_eq!(town.shown(&gig, &[&member]).await, [false]);
    assert_eq!(town.shown(&gig, &PUBLIC).await, [false; 7]);
    let reworded = Sighting { title: Some("A logo, and a menu".to_owned()), ..first("1", NAME, 6) };
    assert_eq!(
        town.takes(&reworded).await.terms.title,
        "A logo, and a menu",
        "what was right when it was said may stay"
    );
    town.world.run_for(HOUR * 6).await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7]);
    assert!(town.world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn what_may_be_read_and_not_shown_stands_on_no_page_of_its_poster() {
    let (town, _) = Town::of_acme().await;
    let poster = format!("/people/{}", id("Acme"));
    let shown = town.takes(&drawn("1")).await;
    let kept = town.takes(&Sighting { republish: Republish::Refused(Why::new("no leave")), ..drawn("2") }).await;
    assert_eq!([town.shown(&shown, &[&poster]).await, town.shown(&kept, &[&poster]).await], [[true], [false]]);
    let own = town.get("Acme", &poster).await;
    assert!(own.contains(&shown.id.to_string()) && !own.contains(&kept.id.to_string()), "{own}");
}

#[tokio::test]
async fn a_clock_that_was_ahead_hides_it_from_nobody_for_longer() {
    let (town, account) = Town::of_acme().await;
    let now = town.world.deliver.clock.now();
    town.world.clock.jump_to(now.plus(HOUR * 24 * 20));
    let gig = town.takes(&first("1", NAME, 6)).await;
    town.world.clock.jump_to(now);
    town.world.deliver.clock_was_set_back().await.unwrap();
    assert_eq!(town.shown(&gig, &PUBLIC).await, [true; 7]);
    town.world.run_for(HOUR * 6).await.unwrap();
    assert!(town.world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn its_posters_pages_tell_the_time() {
    let (town, _) = Town::of_acme().await;
    let gig = town.takes(&first("1", NAME, 6)).await;
    let line = "First to the community Illustrators of Bern; everywhere else at 18:00 UTC unless it is filled";
    for path in ["/gigs".to_owned(), format!("/gigs/{}", gig.id)] {
        let page = town.get("Acme", &path).await;
        assert!(page.contains(line), "{path}: {page}");
    }
    town.world.run_for(HOUR * 6).await.unwrap();
    assert!(!town.get("Acme", "/gigs").await.contains("First to the community"));
}

#[tokio::test]
async fn the_form_and_the_api_take_a_community_and_refuse_one_that_is_none() {
    let (town, _) = Town::of_acme().await;
    let form = town.get("Acme", "/gigs/new").await;
    let at = form.find("name=\"form\" value=\"").unwrap() + 19;
    let mut fields = vec![("form", &form[at..at + 32]), ("title", "A poster"), ("apply", "jobs@acme.example")];
    fields.extend([("category", "design"), ("widen_after", "2h")]);
    let refused = town.send("Acme", "/gigs/preview", &[&fields[..], &[("first", "community/none")]].concat()).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("which is no community here"), "{}", refused.body);
    assert!(form.contains(&format!("<option value=\"{NAME}\">Illustrators of Bern</option>")), "it is offered: {form}");
    let preview = town.send("Acme", "/gigs/preview", &[&fields[..], &[("first", NAME)]].concat()).await;
    assert_eq!(preview.status, 200);
    let follows =
        "It goes out at 14:00 UTC (in 2 hours), after the community Illustrators of Bern, unless it is filled";
    assert!(preview.body.contains(follows), "{}", preview.body);

    let token = Secret::new("a-token-of-acme");
    town.world.ledger.keep_token(&token, origin().poster).await.unwrap();
    for (name, status) in [(NAME, 201), ("community/none", 422)] {
        let body = format!(
            "{{\"title\": \"A card\", \"apply\": \"jobs@acme.example\", \"category\": \"design\", \"first\": [\"{name}\"], \"widen_after\": \"6h\"}}"
        );
        let headers = [("authorization", "Bearer a-token-of-acme"), ("content-type", "application/json")];
        let answer = ask(town.address, "POST", "/api/v1/gigs", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
    }
    assert!(!town.anyone("/").await.body.contains("A card"));
    assert!(town.anyone(PAGE).await.body.contains("A card"));
}
