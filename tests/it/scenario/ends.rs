//! A link that ends by itself, whatever we do: its person is told a week before, once.

use super::linking::{Town, acme};
use crate::support::fake_auth::door;
use crate::support::world::World;
use gigcast::clock::Clock;
use gigcast::daemon::upkeep::Upkeep;
use gigcast::notice::News;
use gigcast::oauth::{AuthServer, Door, Lifetimes};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// As after a start: nothing is remembered but what the store holds.
fn upkeep(world: &World) -> Upkeep {
    Upkeep {
        deliver: Arc::clone(&world.deliver),
        bell: Arc::default(),
        times: std::sync::Mutex::default(),
        access_from: std::sync::Mutex::default(),
        visits: Arc::default(),
        interests_kept: std::time::Duration::from_hours(180 * 24),
        keep: gigcast::config::Keep::default(),
    }
}

/// Which ends were told of, oldest first.
async fn told(world: &World) -> Vec<gigcast::clock::Timestamp> {
    let end = |news: &News| match news {
        News::EndsSoon { ends } => *ends,
        other => panic!("{other:?}"),
    };
    world.ledger.unsent().await.unwrap().iter().map(|kept| end(&kept.unsent().notice.news)).collect()
}

#[tokio::test]
async fn the_end_of_a_link_is_told_once_a_week_before_and_again_for_the_next_link() {
    let town = Town::open().await;
    let lifetimes = Lifetimes { whole: Some(DAY * 60), ..Lifetimes::default() };
    town.world.network.behind(Door { auth: AuthServer { lifetimes, ..door().auth }, ..door() });
    let first = town.world.clock.now().plus(DAY * 60);
    let account = town.link(acme()).await.unwrap();
    let kept_up = upkeep(&town.world);

    town.world.clock.advance(DAY * 52 + Duration::from_secs(86_399));
    kept_up.step().await.unwrap();
    assert_eq!(told(&town.world).await, [], "a second early");
    town.world.clock.advance(Duration::from_hours(1));
    kept_up.step().await.unwrap();
    assert_eq!(told(&town.world).await, [first]);
    for _ in 0..3 {
        town.world.clock.advance(DAY);
        kept_up.step().await.unwrap();
        upkeep(&town.world).step().await.unwrap();
    }
    assert_eq!(told(&town.world).await, [first], "once, across starts as well");

    let second = town.world.clock.now().plus(DAY * 60);
    assert_eq!(town.link(acme()).await.unwrap().id, account.id);
    kept_up.step().await.unwrap();
    assert_eq!(told(&town.world).await, [first]);
    town.world.clock.advance(DAY * 54);
    kept_up.step().await.unwrap();
    assert_eq!(told(&town.world).await, [first, second]);

    // Whoever has been unlinked is told nothing.
    town.link(acme()).await.unwrap();
    let account = town.world.ledger.account(account.id).await.unwrap().unwrap();
    town.world.linking.unlink(&account).await.unwrap();
    town.world.clock.advance(DAY * 54);
    kept_up.step().await.unwrap();
    assert_eq!(told(&town.world).await.len(), 2);
}
