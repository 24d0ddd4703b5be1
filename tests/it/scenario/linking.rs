//! Linking and signing in through an authorization server, and all the ways in which that goes wrong.

use crate::support::fake_auth::{FakeAuth, Trick, door};
use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::world::{NOON, World, sighting};
use gigcast::clock::ManualClock;
use gigcast::failure::Failure;
use gigcast::grants::{Answer, Begun, Finished, For, LinkError, Redirect, Stands, Trouble, Way};
use gigcast::id::PersonId;
use gigcast::oauth::{AuthServer, Door, IssParameter};
use gigcast::outbox::{LaneHold, State};
use gigcast::person::{Account, GrantState, Person, Role};
use gigcast::ports::Named;
use gigcast::secret::Secret;
use gigcast::store::Ledger;
use gigcast::store::memory::MemoryStore;
use gigcast::telemetry::Meters;
use gigcast::telemetry::requests::Observed;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

pub struct Town {
    pub world: World,
    pub auth: Arc<FakeAuth>,
    pub store: MemoryStore,
    /// Counts each request that leaves.
    meters: Arc<Meters>,
    /// Who is signed in with the browser.
    signed: Mutex<Option<PersonId>>,
    _dir: tempfile::TempDir,
}

pub fn acme() -> Person {
    Person::poster("Acme", NOON)
}

fn cookie() -> Secret {
    Secret::new("what the cookie holds")
}

impl Town {
    pub async fn open() -> Self {
        Self::marked("tok").await
    }

    pub async fn marked(mark: &str) -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        network.behind(door());
        let auth = Arc::new(FakeAuth::new(clock.clone(), mark));
        let dir = tempfile::tempdir().unwrap();
        let meters = Arc::<Meters>::default();
        let wire = Arc::new(Observed {
            inner: Arc::<FakeAuth>::clone(&auth),
            clock: Arc::new(clock.clone()),
            meters: Arc::clone(&meters),
            traces: Arc::default(),
        });
        let store = MemoryStore::new();
        let world = World::start_on(Arc::new(store.clone()), network, clock, dir.path(), wire).await.unwrap();
        Self { world, auth, store, meters, signed: Mutex::default(), _dir: dir }
    }

    fn ledger(&self) -> &Ledger {
        &self.world.ledger
    }

    pub async fn begin(&self, purpose: For) -> Begun {
        self.begin_as("", purpose, Way::Browser { binding: cookie() }, Redirect::Callback).await
    }

    async fn begin_as(&self, name: &str, purpose: For, way: Way, redirect: Redirect) -> Begun {
        let named = Named { server: "fake.example".into(), identifier: name.into() };
        *self.signed.lock().unwrap() = match &purpose {
            For::SignIn => None,
            For::Link(person) | For::Relink(person, _) => Some(person.id),
        };
        self.world.linking.begin("fake", &named, purpose, way, redirect).await.unwrap()
    }

    pub async fn finish(&self, answer: Answer) -> Result<Finished, LinkError> {
        let signed = *self.signed.lock().unwrap();
        self.world.linking.finish(answer, Some(&cookie()), signed).await
    }

    pub async fn link(&self, owner: Person) -> Result<Account, LinkError> {
        let begun = self.begin(For::Link(owner)).await;
        match self.finish(self.auth.agree(&begun.url)).await? {
            Finished::Linked(account) => Ok(account),
            other => panic!("{other:?}"),
        }
    }

    async fn is_untouched(&self) {
        assert_eq!(self.ledger().accounts().await.unwrap(), []);
        assert_eq!(self.ledger().persons().await.unwrap(), []);
        assert_eq!(self.auth.live_tokens(), 0, "whatever was granted was given back");
    }
}

#[tokio::test]
async fn an_account_is_linked_in_a_browser_with_its_picture_and_speaks() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    assert_eq!((account.owner, account.handle.as_str()), (acme().id, "@ana@fake.example"));
    assert_eq!(town.ledger().avatar(account.id).await.unwrap().unwrap().kind, "image/png");
    town.world.take(&sighting("1")).await.unwrap();
    town.world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(town.world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn requests_of_linking_and_of_signing_in_are_timed_as_such() {
    let purposes = |town: &Town| {
        let latency = town.meters.counts().latency;
        latency.into_keys().map(|(network, purpose)| format!("{network} {purpose}")).collect::<Vec<_>>()
    };
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    assert_eq!(purposes(&town), ["fake link"], "finding, registering, exchanging, looking whose it is, its picture");
    town.world.linking.unlink(&account).await.unwrap();
    assert_eq!(purposes(&town), ["fake link"], "so is giving the grant back");

    let town = Town::open().await;
    let begun = town.begin(For::SignIn).await;
    assert_eq!(purposes(&town), ["fake sign_in"]);
    let before = town.meters.counts().latency;
    town.finish(town.auth.agree(&begun.url)).await.unwrap();
    assert_eq!(purposes(&town), ["fake sign_in"]);
    assert_ne!(town.meters.counts().latency, before, "the code is exchanged as well");
}

#[tokio::test]
async fn a_picture_that_is_none_or_too_long_in_coming_does_not_stop_the_link() {
    let town = Town::open().await;
    town.auth.shows(b"<svg onload=alert(1)>");
    let account = town.link(acme()).await.unwrap();
    assert_eq!(town.ledger().avatar(account.id).await.unwrap(), None);
}

#[tokio::test]
async fn linking_again_or_twice_at_once_finds_the_same_account() {
    let town = Town::open().await;
    let (one, two) = (town.begin(For::Link(acme())).await, town.begin(For::Link(acme())).await);
    let (one, two) = (town.auth.agree(&one.url), town.auth.agree(&two.url));
    let (one, two) = tokio::join!(town.finish(one), town.finish(two));
    let (Ok(Finished::Linked(one)), Ok(Finished::Linked(two))) = (one, two) else { panic!("both link") };
    assert_eq!(one.id, two.id);
    assert_eq!(town.link(acme()).await.unwrap().id, one.id);
    assert_eq!(town.ledger().accounts().await.unwrap().len(), 1);
    assert_eq!(town.auth.asked("register"), 1, "the server knows us once");
}

#[tokio::test]
async fn an_answer_without_a_state_or_with_a_made_up_one_is_refused() {
    let town = Town::open().await;
    let begun = town.begin(For::Link(acme())).await;
    let answer = town.auth.agree(&begun.url);
    let stateless = Answer { state: None, ..answer.clone() };
    assert_eq!(town.finish(stateless).await, Err(LinkError::NoState));
    let wrong = Answer { state: Some(Secret::new("guessed")), ..answer.clone() };
    assert_eq!(town.finish(wrong).await, Err(LinkError::UnknownState));
    town.is_untouched().await;
    assert!(town.finish(answer).await.is_ok(), "the true one still counts");
}

#[tokio::test]
async fn an_answer_that_comes_after_ten_minutes_is_too_old() {
    let town = Town::open().await;
    let begun = town.begin(For::Link(acme())).await;
    town.world.clock.advance(Duration::from_mins(10) + Duration::from_secs(1));
    assert_eq!(town.finish(town.auth.agree(&begun.url)).await, Err(LinkError::Expired));
    town.is_untouched().await;
    let begun = town.begin(For::Link(acme())).await;
    town.world.clock.advance(Duration::from_secs(599));
    assert!(town.finish(town.auth.agree(&begun.url)).await.is_ok());
}

#[tokio::test]
async fn an_answer_counts_once() {
    let town = Town::open().await;
    let begun = town.begin(For::Link(acme())).await;
    let answer = town.auth.agree(&begun.url);
    assert!(town.finish(answer.clone()).await.is_ok());
    let asked = town.auth.asked("token");
    assert_eq!(town.finish(answer).await, Err(LinkError::Used));
    assert_eq!(town.auth.asked("token"), asked, "the server was not asked again");
}

#[tokio::test]
async fn another_browser_cannot_finish_it_and_does_not_spoil_it() {
    let town = Town::open().await;
    let begun = town.begin(For::Link(acme())).await;
    let answer = town.auth.agree(&begun.url);
    for binding in [None, Some(Secret::new("another cookie"))] {
        let refused = town.world.linking.finish(answer.clone(), binding.as_ref(), Some(acme().id)).await;
        assert_eq!(refused, Err(LinkError::OtherBrowser));
    }
    town.is_untouched().await;
    assert!(town.finish(answer).await.is_ok());
}

#[tokio::test]
async fn nothing_is_linked_for_whoever_has_signed_out_meanwhile() {
    let town = Town::open().await;
    for left in [None, Some(Person::poster("Bolt", NOON).id)] {
        let begun = town.begin(For::Link(acme())).await;
        *town.signed.lock().unwrap() = left;
        assert_eq!(town.finish(town.auth.agree(&begun.url)).await, Err(LinkError::SignedOut));
    }
    assert_eq!(town.auth.asked("token"), 0, "the code was not even tried");
    town.is_untouched().await;
}

#[tokio::test]
async fn an_answer_from_another_server_or_from_nobody_is_not_believed() {
    let town = Town::open().await;
    for iss in [None, Some("https://evil.example".to_owned()), Some("https://auth.fake.example/".to_owned())] {
        let begun = town.begin(For::Link(acme())).await;
        let answer = Answer { iss, ..town.auth.agree(&begun.url) };
        assert_eq!(town.finish(answer).await, Err(LinkError::OtherServer));
    }
    assert_eq!(town.auth.asked("token"), 0, "no code went anywhere");
    town.is_untouched().await;
}

/// Where the server was told to send people back to, below our callback.
fn told_to_come_to(url: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    let (_, redirect) = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap();
    redirect.split_once("/link/callback/").map(|(_, own)| own.to_owned())
}

#[tokio::test]
async fn a_server_that_does_not_name_itself_is_known_by_the_address_it_sends_people_to() {
    let town = Town::open().await;
    let auth = AuthServer { iss: IssParameter::Perhaps, ..door().auth };
    town.world.network.behind(Door { auth, ..door() });
    for at in [None, Some("where-another-sends-them".to_owned())] {
        let begun = town.begin(For::Link(acme())).await;
        let asked = town.auth.asked("token");
        let answer = Answer { iss: None, at, ..town.auth.agree(&begun.url) };
        assert_eq!(town.finish(answer).await, Err(LinkError::OtherServer));
        assert_eq!(town.auth.asked("token"), asked, "no code went anywhere");
    }
    let begun = town.begin(For::Link(acme())).await;
    let answer = Answer { iss: None, at: told_to_come_to(&begun.url), ..town.auth.agree(&begun.url) };
    assert!(town.finish(answer).await.is_ok());
}

#[tokio::test]
async fn a_no_and_an_error_say_so_in_words_that_are_safe_to_show() {
    let town = Town::open().await;
    let begun = town.begin(For::Link(acme())).await;
    assert_eq!(town.finish(town.auth.refuse(&begun.url, "access_denied")).await, Err(LinkError::Denied));
    let begun = town.begin(For::Link(acme())).await;
    let refused = town.finish(town.auth.refuse(&begun.url, "server_error")).await.unwrap_err();
    assert_eq!(refused, LinkError::Refused { said: "so it is (server_error)".into() });
    let begun = town.begin(For::Link(acme())).await;
    let empty = Answer { code: None, ..town.auth.agree(&begun.url) };
    assert!(matches!(town.finish(empty).await, Err(LinkError::Refused { .. })));
    town.is_untouched().await;
}

#[tokio::test]
async fn a_code_that_is_used_up_is_refused() {
    let town = Town::open().await;
    let begun = town.begin(For::Link(acme())).await;
    let answer = Answer { code: Some(Secret::new("used elsewhere")), ..town.auth.agree(&begun.url) };
    assert!(matches!(town.finish(answer).await, Err(LinkError::CodeRefused { .. })));
    town.is_untouched().await;
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named_and_the_rest_given_back() {
    let town = Town::open().await;
    town.auth.play([Trick::Less]);
    assert_eq!(town.link(acme()).await, Err(LinkError::ScopeMissing { missing: vec!["write".into()] }));
    town.is_untouched().await;
}

#[tokio::test]
async fn a_server_that_breaks_or_falls_silent_leaves_nothing_behind() {
    let town = Town::open().await;
    for trick in [Trick::Broken, Trick::LostBefore] {
        town.auth.play([trick]);
        let failed = town.link(acme()).await.unwrap_err();
        assert!(matches!(failed, LinkError::Trouble(Trouble::Refused(Failure::Unknown(_)))), "{trick:?}: {failed:?}");
        town.is_untouched().await;
    }
    town.auth.play([Trick::Slow]);
    assert!(town.link(acme()).await.is_ok());
}

#[tokio::test]
async fn another_account_than_the_one_named_is_refused() {
    let town = Town::open().await;
    town.auth.signed_in("bo");
    let way = Way::Browser { binding: cookie() };
    let begun = town.begin_as("ana", For::Link(acme()), way, Redirect::Callback).await;
    let wrong = Err(LinkError::WrongAccount { handle: "@bo@fake.example".into() });
    assert_eq!(town.finish(town.auth.agree(&begun.url)).await, wrong);
    town.is_untouched().await;

    town.auth.signed_in("ana");
    let account = town.link(acme()).await.unwrap();
    town.auth.signed_in("bo");
    let begun = town.begin(For::Relink(acme(), account.clone())).await;
    assert_eq!(town.finish(town.auth.agree(&begun.url)).await, wrong);
    town.auth.signed_in("ana");
    let begun = town.begin(For::Relink(acme(), account.clone())).await;
    let again = town.finish(town.auth.agree(&begun.url)).await;
    assert!(matches!(again, Ok(Finished::Linked(again)) if again.id == account.id));
}

#[tokio::test]
async fn an_account_that_is_somebody_elses_stays_theirs() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    let before = (town.ledger().grant(account.id).await.unwrap(), town.auth.live_tokens());
    let refused = town.link(Person::poster("Bolt", NOON)).await;
    assert_eq!(refused, Err(LinkError::Anothers { handle: "@ana@fake.example".into() }));
    assert_eq!((town.ledger().grant(account.id).await.unwrap(), town.auth.live_tokens()), before);
    assert_eq!(town.ledger().account(account.id).await.unwrap().unwrap().owner, acme().id);
}

#[tokio::test]
async fn whoever_signs_in_is_known_again_and_no_grant_is_kept() {
    let town = Town::open().await;
    let sign_in = async || {
        let begun = town.begin(For::SignIn).await;
        match town.finish(town.auth.agree(&begun.url)).await {
            Ok(Finished::SignedIn(person)) => person,
            other => panic!("{other:?}"),
        }
    };
    let first = sign_in().await;
    assert_eq!((first.role, first.name.as_str()), (Role::Freelancer, "@ana@fake.example"));
    assert_eq!(sign_in().await, first);
    assert_eq!(town.auth.live_tokens(), 0);
    assert_eq!(town.ledger().accounts().await.unwrap(), []);
    // By an account that is linked its owner signs in.
    town.auth.signed_in("bo");
    town.link(acme()).await.unwrap();
    let known = sign_in().await;
    assert_eq!(known.id, acme().id);
}

#[tokio::test]
async fn a_server_that_forgot_us_is_told_again_who_we_are() {
    let town = Town::open().await;
    town.link(acme()).await.unwrap();
    town.auth.forget_clients();
    town.link(acme()).await.unwrap();
    assert_eq!(town.auth.asked("register"), 2);
}

#[tokio::test]
async fn a_terminal_waits_for_the_browser_or_takes_the_code() {
    let town = Town::open().await;
    let (linking, clock) = (&town.world.linking, &town.world.clock);
    let begun = town.begin_as("", For::Link(acme()), Way::Terminal, Redirect::Callback).await;
    assert_eq!(linking.stands(&begun.attempt), Stands::Waiting);
    let answer = town.auth.agree(&begun.url);
    assert!(matches!(linking.finish(answer, None, None).await, Ok(Finished::Terminal(_))), "any browser will do");
    assert!(matches!(linking.stands(&begun.attempt), Stands::Linked(account) if account.native == "ana"));

    let begun = town.begin_as("", For::Link(acme()), Way::Terminal, Redirect::OutOfBand).await;
    clock.advance(Duration::from_mins(5));
    let code = town.auth.agree(&begun.url).code.unwrap();
    assert_eq!(linking.paste(&begun.attempt, &code).await.unwrap().native, "ana");

    // One that was stopped asks no more: what it began is not finished behind its back.
    let begun = town.begin_as("", For::Link(acme()), Way::Terminal, Redirect::Callback).await;
    clock.advance(Duration::from_mins(1));
    assert_eq!(linking.finish(town.auth.agree(&begun.url), None, None).await, Err(LinkError::NobodyWaits));
}

#[tokio::test]
async fn what_was_begun_is_forgotten_by_a_restart_which_says_so() {
    let town = Town::open().await;
    let begun = town.begin(For::Link(acme())).await;
    let other = Town::open().await;
    let refused = other.finish(town.auth.agree(&begun.url)).await.unwrap_err();
    assert!(refused.words().contains("begin again"), "{}", refused.words());
}

#[tokio::test]
async fn unlinking_revokes_drops_what_waits_and_ends_signing_in() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.world.deliver.pause(account.id).await.unwrap();
    town.world.take(&sighting("1")).await.unwrap();
    town.world.run_for(Duration::from_mins(1)).await.unwrap();
    assert_eq!(town.world.delivery("1", &account).await.state, State::Queued, "it is paused");

    let unlinked = town.world.linking.unlink(&account).await.unwrap();
    assert!(unlinked.revoked && unlinked.dropped == 1, "{unlinked:?}");
    assert_eq!(town.auth.live_tokens(), 0);
    assert!(matches!(town.world.delivery("1", &account).await.state, State::Dropped(_)));
    let left = town.ledger().account(account.id).await.unwrap().unwrap();
    assert!(matches!(left.grant, GrantState::Revoked { .. }));
    assert_eq!(town.ledger().grant(account.id).await.unwrap(), None);
    assert_eq!(town.ledger().identity(account.id).await.unwrap(), None);
    assert_eq!(town.ledger().avatar(account.id).await.unwrap(), None);
    // New gigs pass it by, and nothing wakes it.
    town.world.take(&sighting("2")).await.unwrap();
    town.world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!(town.ledger().count_waiting(account.id, 10).await.unwrap(), 0);
    // Another may have it now.
    let bolt = Person::poster("Bolt", NOON);
    assert_eq!(town.link(bolt.clone()).await.unwrap().owner, bolt.id);
}

#[tokio::test]
async fn what_a_renewal_brings_while_it_is_unlinked_is_given_back_too() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.world.clock.advance(Duration::from_mins(59));
    town.auth.play([Trick::Slow]);
    let (_, unlinked) = tokio::join!(town.world.deliver.sessions.open(&account), town.world.linking.unlink(&account));
    assert!(unlinked.unwrap().revoked);
    assert_eq!(town.auth.asked("refresh"), 1);
    assert_eq!(town.auth.live_tokens(), 0);
}

#[tokio::test]
async fn unlinking_what_has_been_linked_anew_meanwhile_leaves_the_new_link_alone() {
    let town = Town::open().await;
    let seen = town.link(acme()).await.unwrap();
    town.world.linking.unlink(&seen).await.unwrap();
    let bolt = Person::poster("Bolt", NOON);
    let theirs = town.link(bolt.clone()).await.unwrap();
    // The second of two clicks on a page that was loaded before all that.
    town.world.linking.unlink(&seen).await.unwrap();
    let account = town.ledger().account(theirs.id).await.unwrap().unwrap();
    assert_eq!((account.owner, account.grant), (bolt.id, GrantState::Linked));
    assert!(town.ledger().grant(theirs.id).await.unwrap().is_some());
    assert_eq!(town.auth.live_tokens(), 1, "nor is it revoked");
    let hold = town.ledger().turn(theirs.id).await.unwrap().lane.hold;
    assert_eq!(hold, None, "nor held");
}

#[tokio::test]
async fn a_pause_outlives_a_dead_grant_and_ends_when_it_is_resumed() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.world.deliver.pause(account.id).await.unwrap();
    town.link(acme()).await.unwrap();
    let hold = town.ledger().turn(account.id).await.unwrap().lane.hold;
    assert_eq!(hold, Some(LaneHold::Paused));
    town.world.take(&sighting("1")).await.unwrap();
    town.world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(!town.world.is_delivered("1", &account).await);
    town.world.deliver.resume(account.id).await.unwrap();
    town.world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(town.world.is_delivered("1", &account).await);
}
