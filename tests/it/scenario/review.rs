//! Nothing is said on an account in review that its person has not approved, and what is said is what was approved.

use super::{profile, world, world_of};
use crate::support::fake_network::{FakeNetwork, Fault};
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::ManualClock;
use gigcast::daemon::desk::review::ReviewDesk;
use gigcast::gig::{Revision, Sighting, Status};
use gigcast::id::{DeliveryId, PersonId};
use gigcast::outbox::{Hold, State, Verb, Wording};
use gigcast::person::{Account, Mode, Pace, QuietHours};
use gigcast::profile::{Card, LinkCost, Profile};
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::web::admin::Refusal;
use gigcast::web::approval::{Pending, Reviews, Waiting, Words};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn acme() -> PersonId {
    origin().poster
}

pub(super) fn desk(world: &World) -> ReviewDesk {
    ReviewDesk { deliver: Arc::clone(&world.deliver) }
}

pub(super) async fn set_mode(world: &World, account: &Account, mode: Mode) {
    world.ledger.revise_account(account.id, |account| account.mode = mode).await.unwrap();
}

/// An account whose posts need approval.
pub(super) async fn reviewed(world: &World, name: &str) -> Account {
    let account = world.link(name, brisk()).await;
    set_mode(world, &account, Mode::Review).await;
    account
}

pub(super) async fn takes(world: &World, sighting: &Sighting) {
    world.take(sighting).await.unwrap();
    world.run_for(Duration::from_secs(1)).await.unwrap();
}

pub(super) fn titled(native: &str, title: &str) -> Sighting {
    Sighting { title: Some(title.to_owned()), ..sighting(native) }
}

pub(super) async fn waiting(world: &World) -> Vec<Waiting> {
    all_shown(desk(world).waiting(acme(), 100).await.unwrap())
}

fn all_shown(pending: Vec<Pending>) -> Vec<Waiting> {
    let shown = |pending| match pending {
        Pending::Shown(waiting) => *waiting,
        Pending::Unfit(unfit) => panic!("{unfit:?}"),
    };
    pending.into_iter().map(shown).collect()
}

pub(super) async fn only(world: &World) -> Waiting {
    let mut waiting = waiting(world).await;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    waiting.remove(0)
}

pub(super) async fn say(world: &World, waiting: &Waiting, words: Words) -> Result<String, Refusal> {
    let id: DeliveryId = waiting.delivery.parse().unwrap();
    let done = desk(world).approve(Some(acme()), id, waiting.version.clone(), words).await;
    world.run_for(Duration::from_secs(1)).await.unwrap();
    done.map(|done| done.said)
}

pub(super) fn refusal(answer: Result<String, Refusal>) -> String {
    answer.unwrap_err().words().expect("no fault of the store").to_owned()
}

pub(super) fn texts(world: &World) -> Vec<String> {
    world.network.posts().into_iter().map(|stood| stood.post.text).collect()
}

pub(super) async fn dropped(world: &World, native: &str, account: &Account) -> String {
    match world.delivery(native, account).await.state {
        State::Dropped(why) => why.said,
        state => panic!("{state:?}"),
    }
}

#[tokio::test]
async fn a_post_waits_from_its_opening_and_goes_as_it_was_shown() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    world.take(&sighting("1")).await.unwrap();
    world.announce.step().await.unwrap();
    assert_eq!(world.delivery("1", &account).await.state, State::Held(Hold::Review));
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert_eq!(world.network.calls(), []);
    let shown = only(&world).await;
    assert_eq!((shown.title.as_str(), shown.handle.as_str()), ("Logo for bakery 1", "@ana@fake.example"));
    assert!(shown.text.contains(&shown.link) && shown.version.starts_with("1-"), "{shown:?}");
    assert_eq!((shown.limit, shown.unit.as_str(), shown.when.as_str()), (500, "characters", "It goes out at once."));
    let said = say(&world, &shown, Words::Shown).await.unwrap();
    assert_eq!(
        said,
        format!("Approved for @ana@fake.example, {} of 500 characters. It goes out at once.", shown.length)
    );
    assert_eq!(texts(&world), [shown.text]);
    assert!(waiting(&world).await.is_empty());
}

#[tokio::test]
async fn a_persons_own_words_are_sent_as_they_are_whatever_happens_on_the_way() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &sighting("1")).await;
    let shown = only(&world).await;
    world.network.fail_next([Fault::Busy, Fault::LostBefore]);
    let own = format!("We bake. Draw us a logo #Baking\r\n{}", shown.link);
    say(&world, &shown, Words::Own(own)).await.unwrap();
    world.run_for(Duration::from_hours(2)).await.unwrap();
    let stood = world.network.posts();
    assert_eq!(stood.len(), 1);
    let post = &stood[0].post;
    assert_eq!(post.text, format!("We bake. Draw us a logo #Baking\n{}", shown.link));
    assert_eq!((post.facets.len(), &post.link), (2, &shown.link));
    assert_eq!(post.code, Some(world.delivery("1", &account).await.id.code()), "it is found by the same code");
    let calls: Vec<_> = world.network.calls().into_iter().map(|(verb, ..)| verb).collect();
    assert_eq!(&calls[..3], ["create", "create", "find"]);
}

#[tokio::test]
async fn words_that_do_not_fit_are_refused_and_nothing_is_approved() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &sighting("1")).await;
    let shown = only(&world).await;
    let said = refusal(say(&world, &shown, Words::Own("No link".into())).await);
    assert!(said.contains(&shown.link), "{said}");
    let long = format!("{} {}", "a".repeat(490), shown.link);
    let said = refusal(say(&world, &shown, Words::Own(long)).await);
    assert!(said.starts_with("The text is 14 characters too long"), "{said}");
    assert_eq!(world.delivery("1", &account).await.state, State::Held(Hold::Review));
    assert_eq!(world.network.calls(), []);
}

#[tokio::test]
async fn an_approval_of_an_older_revision_is_refused_and_the_newest_is_shown() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &titled("1", "First thought")).await;
    let first = only(&world).await;
    takes(&world, &titled("1", "Second thought")).await;
    let said = refusal(say(&world, &first, Words::Shown).await);
    assert!(said.starts_with("The gig has changed since you read it"), "{said}");
    assert_eq!(world.network.calls(), []);
    let second = only(&world).await;
    assert!(second.text.starts_with("Second thought") && second.version.starts_with("2-"));
    assert_eq!(second.delivery, first.delivery, "it is one step, revised in place");
    say(&world, &second, Words::Shown).await.unwrap();
    assert_eq!(texts(&world), [second.text]);
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn what_is_shown_is_the_newest_even_before_it_is_planned() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &titled("1", "First thought")).await;
    world.take(&titled("1", "Second thought")).await.unwrap();
    let shown = only(&world).await;
    assert!(shown.text.starts_with("Second thought"));
    say(&world, &shown, Words::Shown).await.unwrap();
    let calls: Vec<_> = world.network.calls().into_iter().map(|(verb, ..)| verb).collect();
    assert_eq!((calls, texts(&world)), (vec!["create"], vec![shown.text]));
    assert_eq!(world.delivery("1", &account).await.revision, Revision(2));
}

#[tokio::test]
async fn a_gig_that_changes_between_approval_and_sending_waits_for_approval_again() {
    let (world, _dir) = world().await;
    // Quiet until three: what is approved at noon waits.
    let quiet = Some(QuietHours { from: 11 * 60, until: 15 * 60 });
    let account = world.link("ana", Pace { quiet, ..brisk() }).await;
    set_mode(&world, &account, Mode::Review).await;
    takes(&world, &titled("1", "First thought")).await;
    let said = say(&world, &only(&world).await, Words::Shown).await.unwrap();
    assert!(
        said.ends_with("It waits until 15:00 UTC (in 3 hours) for the end of the account's quiet hours."),
        "{said}"
    );
    let approved = world.delivery("1", &account).await;
    assert_eq!((&approved.state, approved.wording), (&State::Queued, Wording::Approved));

    takes(&world, &titled("1", "Second thought")).await;
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert_eq!(world.network.calls(), []);
    let again = world.delivery("1", &account).await;
    assert_eq!((&again.state, again.wording), (&State::Held(Hold::Review), Wording::Composed));
    assert!(only(&world).await.text.starts_with("Second thought"));
}

#[tokio::test]
async fn a_revision_that_is_not_planned_yet_does_not_slip_past_an_approval() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &titled("1", "First thought")).await;
    let shown = only(&world).await;
    let id = shown.delivery.parse().unwrap();
    desk(&world).approve(Some(acme()), id, shown.version, Words::Shown).await.unwrap();
    world.take(&titled("1", "Second thought")).await.unwrap();
    // Its turn comes before the plan does.
    world.deliver.step().await.unwrap();
    while world.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.network.calls(), []);
    assert_eq!(world.delivery("1", &account).await.state, State::Held(Hold::Review));
    world.run_for(Duration::from_hours(1)).await.unwrap();
    let second = only(&world).await;
    say(&world, &second, Words::Shown).await.unwrap();
    assert_eq!(texts(&world), [second.text]);
}

#[tokio::test]
async fn what_is_declined_is_given_up_for_that_revision_only() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &titled("1", "First thought")).await;
    let id = only(&world).await.delivery.parse().unwrap();
    desk(&world).decline(Some(acme()), id, "too early.".into()).await.unwrap();
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert_eq!(dropped(&world, "1", &account).await, "declined by its person: too early");
    assert!(waiting(&world).await.is_empty());
    takes(&world, &titled("1", "Second thought")).await;
    let second = only(&world).await;
    assert_ne!(second.delivery, id.to_string(), "a step of its own");
    say(&world, &second, Words::Shown).await.unwrap();
    assert_eq!(texts(&world), [second.text]);
}

#[tokio::test]
async fn an_edit_waits_too_and_the_post_stays_as_it_was_until_then() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &titled("1", "First thought")).await;
    let first = only(&world).await;
    say(&world, &first, Words::Shown).await.unwrap();
    takes(&world, &titled("1", "Second thought")).await;
    assert_eq!(texts(&world), std::slice::from_ref(&first.text));
    let edit = only(&world).await;
    assert_eq!((edit.verb.as_str(), &edit.link), ("edit", &first.link));
    assert!(edit.replaces.is_some());
    // A gig that is over is corrected all the same.
    world.becomes("1", Status::Filled).await;
    world.run_for(Duration::from_secs(1)).await.unwrap();
    let filled = only(&world).await;
    assert!(filled.text.starts_with("Filled: ") && filled.closes.is_none(), "{filled:?}");
    say(&world, &filled, Words::Shown).await.unwrap();
    assert_eq!(texts(&world), [filled.text]);
    assert_eq!(world.delivery("1", &account).await.verb, Verb::Edit);
}

#[tokio::test]
async fn a_gig_that_is_filled_while_it_waits_is_dropped() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &sighting("1")).await;
    let shown = only(&world).await;
    world.becomes("1", Status::Filled).await;
    let said = refusal(say(&world, &shown, Words::Shown).await);
    assert_eq!(said, "It can no longer be approved: the gig is filled.");
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!(dropped(&world, "1", &account).await, "the gig is filled");
    assert_eq!(world.network.calls(), []);
}

#[tokio::test]
async fn after_the_gig_has_closed_an_approval_is_refused_with_the_reason() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    let closes = Some(NOON.plus(Duration::from_hours(2)));
    takes(&world, &Sighting { closes, ..sighting("1") }).await;
    let shown = only(&world).await;
    assert_eq!(shown.closes.map(|at| at.0), closes);
    world.run_for(Duration::from_hours(3)).await.unwrap();
    let said = refusal(say(&world, &shown, Words::Shown).await);
    assert_eq!(said, "It can no longer be approved: the gig closed on 21 November 2026 at 14:00 UTC.");
    assert_eq!(dropped(&world, "1", &account).await, "the gig closed on 21 November 2026 at 14:00 UTC");
    let said = refusal(say(&world, &shown, Words::Shown).await);
    assert!(said.starts_with("It does not wait for approval any more. It was dropped"), "{said}");
}

#[tokio::test]
async fn upkeep_drops_what_waited_until_its_gig_closed_and_nothing_on_a_doubtful_clock() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    let closes = Some(NOON.plus(Duration::from_hours(24)));
    takes(&world, &Sighting { closes, ..sighting("1") }).await;
    desk(&world).drop_closed().await.unwrap();
    assert_eq!(world.delivery("1", &account).await.state, State::Held(Hold::Review));
    world.clock.jump_to(NOON.plus(Duration::from_hours(72)));
    desk(&world).drop_closed().await.unwrap();
    assert_eq!(world.delivery("1", &account).await.state, State::Held(Hold::Review), "the clock is in doubt");
    world.fitness.confirm_clock();
    desk(&world).drop_closed().await.unwrap();
    assert_eq!(dropped(&world, "1", &account).await, "the gig closed before it was approved");
    assert_eq!(world.ledger.audit().await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_waits_for_approval_still_waits_when_the_account_becomes_automatic() {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let (store, dir) = (VolatileStore::new(), tempfile::tempdir().unwrap());
    let start = async |store: &VolatileStore| {
        World::start(Arc::new(store.clone()), Arc::clone(&network), clock.clone(), dir.path()).await.unwrap()
    };
    let world = start(&store).await;
    let account = reviewed(&world, "ana").await;
    takes(&world, &sighting("1")).await;
    set_mode(&world, &account, Mode::Auto).await;
    let world = start(&store.reopen()).await;
    takes(&world, &sighting("2")).await;
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert!(world.is_delivered("2", &account).await, "what comes later goes by itself");
    let shown = only(&world).await;
    assert_eq!(shown.title, "Logo for bakery 1");
    say(&world, &shown, Words::Shown).await.unwrap();
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn what_is_queued_when_the_account_goes_into_review_is_held_at_its_turn() {
    let (world, _dir) = world().await;
    let account = world.link("ana", Pace { gap: Duration::from_mins(30), ..brisk() }).await;
    world.take(&sighting("1")).await.unwrap();
    takes(&world, &sighting("2")).await;
    assert!(world.is_delivered("1", &account).await);
    assert_eq!(world.delivery("2", &account).await.state, State::Queued);
    set_mode(&world, &account, Mode::Review).await;
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert_eq!(texts(&world).len(), 1);
    let shown = only(&world).await;
    assert_eq!(shown.title, "Logo for bakery 2");
    say(&world, &shown, Words::Shown).await.unwrap();
    assert!(world.is_delivered("2", &account).await);
}

#[tokio::test]
async fn approvals_go_out_in_the_order_the_gigs_came_and_wait_for_a_dead_grant() {
    let (world, _dir) = world().await;
    let account = reviewed(&world, "ana").await;
    for native in ["1", "2", "3"] {
        world.take(&sighting(native)).await.unwrap();
    }
    world.run_for(Duration::from_secs(1)).await.unwrap();
    world.network.fail_next([Fault::Revoked]);
    let all = waiting(&world).await;
    assert_eq!(all.len(), 3);
    say(&world, &all[2], Words::Shown).await.unwrap();
    assert_eq!(world.delivery("3", &account).await.state, State::Held(Hold::Relink));
    let said = say(&world, &all[0], Words::Shown).await.unwrap();
    assert!(said.ends_with("It waits until @ana@fake.example is linked again."), "{said}");
    let again = world.link("ana", brisk()).await;
    assert_eq!(again.mode, Mode::Review, "linking again keeps the mode");
    world.deliver.relinked(&again).await.unwrap();
    world.run_for(Duration::from_mins(1)).await.unwrap();
    assert_eq!(texts(&world), [all[0].text.clone(), all[2].text.clone()]);
    assert_eq!(only(&world).await.title, "Logo for bakery 2");
}

#[tokio::test]
async fn nobody_sees_or_decides_what_is_anothers() {
    let (world, _dir) = world().await;
    reviewed(&world, "ana").await;
    takes(&world, &sighting("1")).await;
    let shown = only(&world).await;
    let (stranger, id) = (PersonId::from_name("Bo"), shown.delivery.parse().unwrap());
    assert!(desk(&world).waiting(stranger, 100).await.unwrap().is_empty());
    let unknown = Refusal::Unknown(format!("there is no delivery {id}"));
    let approved = desk(&world).approve(Some(stranger), id, shown.version, Words::Shown).await;
    assert_eq!(approved, Err(unknown.clone()));
    assert_eq!(desk(&world).decline(Some(stranger), id, String::new()).await, Err(unknown));
    only(&world).await;
}

#[tokio::test]
async fn where_the_card_is_ours_it_is_shown_and_sent_with_own_words() {
    let text = gigcast::profile::TextLimit { link: LinkCost::Hidden, ..profile().text };
    let (world, _dir) = world_of(Profile { card: Card::ByUs, text, ..profile() }).await;
    reviewed(&world, "ana").await;
    takes(&world, &sighting("1")).await;
    let shown = only(&world).await;
    let card = shown.card.clone().unwrap();
    assert_eq!((card.title.as_str(), card.host.as_str()), ("Logo for bakery 1", "gigs.example"));
    say(&world, &shown, Words::Own(format!("Come and draw: {}", shown.link))).await.unwrap();
    let post = world.network.posts().remove(0).post;
    assert_eq!(post.card.map(|card| card.title), Some(card.title));
    assert!(post.link.starts_with("https://gigs.example/g/"), "{}", post.link);
}

// ---- whatever happens, and however it stops

#[derive(Debug, Clone, Copy)]
enum Act {
    Revise,
    ApproveShown,
    ApproveOwn,
    ApproveWhatWasReadBefore,
    Decline,
    Fill,
    Reopen,
    Auto,
    Review,
    Wait,
    Fault(Fault),
    /// The power goes at one of the next commits.
    Crash(u64, u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let fault = prop_oneof![
        Just(Fault::LostAfter),
        Just(Fault::LostBefore),
        Just(Fault::Busy),
        Just(Fault::Late(Duration::from_secs(80))),
        Just(Fault::Limited(Duration::from_mins(20))),
    ];
    let one = prop_oneof![
        4 => Just(Act::Revise),
        5 => Just(Act::ApproveShown),
        4 => Just(Act::ApproveOwn),
        2 => Just(Act::ApproveWhatWasReadBefore),
        1 => Just(Act::Decline),
        1 => Just(Act::Fill),
        1 => Just(Act::Reopen),
        1 => Just(Act::Auto),
        2 => Just(Act::Review),
        2 => Just(Act::Wait),
        3 => fault.prop_map(Act::Fault),
        4 => (1..12u64, 0..3u8).prop_map(|(commits, stop)| Act::Crash(commits, stop)),
    ];
    prop::collection::vec(one, 1..25)
}

/// One gig on one account that was in review when the gig came, and all that its person ever approved.
struct Tale {
    clock: ManualClock,
    network: Arc<FakeNetwork>,
    dir: tempfile::TempDir,
    store: VolatileStore,
    world: World,
    approved: BTreeSet<String>,
    read: Option<Waiting>,
    said: u32,
    title: String,
    status: Status,
    /// While it is automatic, whatever opens may go.
    ever_auto: bool,
}

impl Tale {
    async fn begin() -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        let (store, dir) = (VolatileStore::new(), tempfile::tempdir().unwrap());
        let start = World::start(Arc::new(store.clone()), Arc::clone(&network), clock.clone(), dir.path());
        let world = start.await.unwrap();
        reviewed(&world, "ana").await;
        takes(&world, &titled("1", "Thought 0")).await;
        let (approved, title) = (BTreeSet::new(), "Thought 0".to_owned());
        let (read, status) = (None, Status::Open);
        Self { clock, network, dir, store, world, approved, read, said: 0, title, status, ever_auto: false }
    }

    /// Tries one thing; a store that stops in the middle is reopened, as a restart would.
    async fn act(&mut self, act: Act) {
        let outcome = self.attempt(act).await;
        if self.store.has_stopped() {
            self.store = self.store.reopen();
            self.clock.advance(Duration::from_secs(7));
            let (store, clock) = (Arc::new(self.store.clone()), self.clock.clone());
            self.world = World::start(store, Arc::clone(&self.network), clock, self.dir.path()).await.unwrap();
        } else {
            outcome.unwrap();
        }
    }

    async fn attempt(&mut self, act: Act) -> Result<(), gigcast::ports::StoreError> {
        self.said += 1;
        match act {
            Act::Revise => self.title = format!("Thought {}", self.said),
            Act::Fill => self.status = Status::Filled,
            Act::Reopen => self.status = Status::Open,
            Act::Fault(fault) => self.network.fail_next([fault]),
            Act::Crash(commits, stop) => {
                self.store.stop_at(self.store.commits() + commits, Stop::ALL[usize::from(stop)]);
            }
            Act::Wait => return self.world.run_for(Duration::from_hours(1)).await,
            Act::Auto | Act::Review => {
                let mode = if matches!(act, Act::Auto) { Mode::Auto } else { Mode::Review };
                self.ever_auto |= mode == Mode::Auto;
                for account in self.world.ledger.accounts().await? {
                    self.world.ledger.revise_account(account.id, |account| account.mode = mode).await?;
                }
            }
            Act::Decline => {
                for waiting in self.waiting().await? {
                    let id = waiting.delivery.parse().unwrap();
                    not_a_fault(desk(&self.world).decline(Some(acme()), id, String::new()).await)?;
                }
            }
            Act::ApproveShown | Act::ApproveOwn => {
                let Some(waiting) = self.waiting().await?.pop() else { return Ok(()) };
                self.read = Some(waiting.clone());
                let words = if matches!(act, Act::ApproveOwn) {
                    Words::Own(format!("In my words, {}: {}", self.said, waiting.link))
                } else {
                    Words::Shown
                };
                self.approve(&waiting, words).await?;
            }
            Act::ApproveWhatWasReadBefore => {
                let Some(read) = self.read.clone() else { return Ok(()) };
                self.approve(&read, Words::Shown).await?;
            }
        }
        let seen = Sighting { status: Some(self.status), ..titled("1", &self.title) };
        self.world.take(&seen).await?;
        self.world.run_for(Duration::from_secs(2)).await
    }

    async fn waiting(&self) -> Result<Vec<Waiting>, gigcast::ports::StoreError> {
        match desk(&self.world).waiting(acme(), 10).await {
            Err(Refusal::Store(fault)) => Err(fault),
            answer => Ok(all_shown(answer.unwrap())),
        }
    }

    async fn approve(&mut self, waiting: &Waiting, words: Words) -> Result<(), gigcast::ports::StoreError> {
        let text = match &words {
            Words::Shown => waiting.text.clone(),
            Words::Own(text) => text.clone(),
        };
        let id = waiting.delivery.parse().unwrap();
        let answer = desk(&self.world).approve(Some(acme()), id, waiting.version.clone(), words).await;
        // One that was cut off may be durable all the same.
        if !matches!(answer, Err(Refusal::Refused(_) | Refusal::Unknown(_))) {
            self.approved.insert(text);
        }
        not_a_fault(answer)
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let posts = self.network.posts();
        prop_assert!(posts.len() <= 1, "said twice: {posts:?}");
        for stood in posts.iter().filter(|_| !self.ever_auto) {
            prop_assert!(self.approved.contains(&stood.post.text), "nobody approved {:?}", stood.post.text);
        }
        Ok(())
    }
}

fn not_a_fault<T>(answer: Result<T, Refusal>) -> Result<(), gigcast::ports::StoreError> {
    match answer {
        Err(Refusal::Store(fault)) => Err(fault),
        _ => Ok(()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_revised_approved_declined_or_cut_off_nothing_unapproved_is_said_and_nothing_twice(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut tale = Tale::begin().await;
            for act in acts {
                tale.act(act).await;
                tale.check()?;
            }
            tale.act(Act::Wait).await;
            tale.act(Act::Wait).await;
            tale.check()?;
            prop_assert_eq!(tale.world.ledger.audit().await, Ok(Vec::new()));
            Ok(())
        })?;
    }
}
