//! A grant is renewed before it ends: once, durably, and without being lost by anything but a server that says no.

use super::linking::{Town, acme};
use crate::support::fake_auth::{FakeAuth, LIVES, Trick, door};
use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::world::{NOON, World, sighting};
use futures_util::future::join_all;
use gigcast::clock::ManualClock;
use gigcast::failure::Failure;
use gigcast::grants::{Finished, For, LinkError, Redirect, Trouble, Way};
use gigcast::person::{Account, GrantState};
use gigcast::ports::{Named, StoreError};
use gigcast::secret::Secret;
use gigcast::store::volatile::{Stop, VolatileStore};
use std::sync::Arc;
use std::time::Duration;

const NEARLY: Duration = Duration::from_mins(59);

#[tokio::test]
async fn a_hundred_who_need_it_at_once_renew_it_once() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.world.clock.advance(NEARLY);
    town.auth.play([Trick::Slow]);
    let sessions = &town.world.deliver.sessions;
    for opened in join_all((0..100).map(|_| sessions.open(&account))).await {
        opened.unwrap();
    }
    assert_eq!(town.auth.asked("refresh"), 1);
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_keeps_the_old_one() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.auth.play([Trick::NoRefreshToken]);
    for n in 1..=3 {
        town.world.clock.advance(NEARLY);
        town.world.deliver.sessions.open(&account).await.unwrap();
        assert_eq!(town.auth.asked("refresh"), n);
    }
}

#[tokio::test]
async fn an_answer_that_never_came_is_asked_for_again_with_the_same_token() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.world.clock.advance(LIVES);
    town.auth.play([Trick::LostBefore, Trick::Broken]);
    for _ in 0..2 {
        let failed = town.world.deliver.sessions.open(&account).await.unwrap_err();
        assert!(matches!(failed, Trouble::Refused(Failure::Unknown(_))), "{failed:?}");
    }
    town.world.deliver.sessions.open(&account).await.unwrap();
    assert_eq!(town.auth.asked("token"), 4);
}

#[tokio::test]
async fn what_still_holds_is_used_while_it_cannot_be_renewed() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.world.clock.advance(NEARLY);
    town.auth.play([Trick::LostBefore]);
    town.world.deliver.sessions.open(&account).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_that_was_turned_over_without_our_knowing_needs_the_person() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.world.clock.advance(LIVES);
    town.auth.play([Trick::LostAfter]);
    town.world.deliver.sessions.open(&account).await.unwrap_err();
    let said = town.world.deliver.sessions.open(&account).await.unwrap_err();
    assert!(matches!(said, Trouble::Refused(Failure::RelinkNeeded(_))), "{said:?}");
    assert_eq!(town.auth.live_tokens(), 0, "the server took it for a theft");
}

#[tokio::test]
async fn a_grant_that_was_revoked_there_holds_its_gigs_until_it_is_linked_again() {
    let town = Town::open().await;
    let account = town.link(acme()).await.unwrap();
    town.auth.revoke_all();
    town.world.take(&sighting("1")).await.unwrap();
    town.world.run_for(Duration::from_hours(1)).await.unwrap();
    let known = town.world.ledger.account(account.id).await.unwrap().unwrap();
    assert!(matches!(known.grant, GrantState::NeedsRelink { .. }), "{known:?}");
    assert!(!town.world.is_delivered("1", &account).await);
    town.link(acme()).await.unwrap();
    town.world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(town.world.is_delivered("1", &account).await);
}

struct Story {
    clock: ManualClock,
    network: Arc<FakeNetwork>,
    auth: Arc<FakeAuth>,
    dir: tempfile::TempDir,
}

impl Story {
    fn begin() -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        network.behind(door());
        let auth = Arc::new(FakeAuth::new(clock.clone(), "tok"));
        Self { clock, network, auth, dir: tempfile::tempdir().unwrap() }
    }

    async fn world(&self, store: &VolatileStore) -> Result<World, StoreError> {
        let (store, wire) = (Arc::new(store.clone()), Arc::<FakeAuth>::clone(&self.auth));
        World::start_on(store, Arc::clone(&self.network), self.clock.clone(), self.dir.path(), wire).await
    }

    async fn link(&self, world: &World) -> Result<Account, StoreError> {
        let way = Way::Browser { binding: Secret::new("c") };
        let begun = world.linking.begin("fake", &Named::default(), For::Link(acme()), way, Redirect::Callback).await;
        let begun = match begun {
            Ok(begun) => begun,
            Err(Trouble::Store(fault)) => return Err(fault),
            Err(refused) => panic!("{refused}"),
        };
        match world.linking.finish(self.auth.agree(&begun.url), Some(&Secret::new("c")), Some(acme().id)).await {
            Ok(Finished::Linked(account)) => Ok(account),
            Err(LinkError::Trouble(Trouble::Store(fault))) => Err(fault),
            other => panic!("{other:?}"),
        }
    }

    /// Links what is not linked, and posts through a grant that has to be renewed.
    async fn live(&self, store: &VolatileStore) -> Result<World, StoreError> {
        let world = self.world(store).await?;
        if world.ledger.accounts().await?.is_empty() {
            self.link(&world).await?;
        }
        self.clock.advance(LIVES);
        world.take(&sighting("1")).await?;
        world.run_for(Duration::from_hours(6)).await?;
        Ok(world)
    }
}

#[tokio::test]
async fn power_that_goes_at_any_commit_costs_at_most_one_more_link() {
    let calm = VolatileStore::new();
    let story = Story::begin();
    story.live(&calm).await.unwrap();
    assert!(story.auth.asked("refresh") >= 1, "it was renewed");
    let mut relinked = 0;
    for stop in Stop::ALL {
        for commit in 1..=calm.commits() {
            let how = format!("stopped {stop:?} at commit {commit} of {}", calm.commits());
            let (story, store) = (Story::begin(), VolatileStore::new());
            store.stop_at(commit, stop);
            let first = story.live(&store).await;
            assert!(store.has_stopped() || first.is_ok(), "{how}");
            let world = story.live(&store.reopen()).await.unwrap_or_else(|fault| panic!("{how}: {fault}"));
            let account = world.ledger.accounts().await.unwrap().remove(0);
            if account.grant != GrantState::Linked {
                // The one moment that nobody can close: the server has turned the token over, and we had not written it down.
                relinked += 1;
                assert_ne!(stop, Stop::Unanswered, "{how}: what was durable is lost");
                story.link(&world).await.unwrap();
                world.deliver.relinked(&account).await.unwrap();
                world.run_for(Duration::from_hours(6)).await.unwrap();
            }
            assert!(world.is_delivered("1", &account).await, "{how}: {:?}", world.delivery("1", &account).await);
            assert_eq!(story.network.posts().len(), 1, "{how}");
        }
    }
    assert!((1..=2).contains(&relinked), "only at the commit of the renewal: {relinked}");
}
