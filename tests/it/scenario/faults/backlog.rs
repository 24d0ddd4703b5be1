//! A week off, and all of it is due at once.

use super::{HOUR, MINUTE, SECOND, Stage, natives};
use crate::support::world::brisk;
use gigcast::clock::Clock;
use gigcast::person::{Account, Pace};
use std::sync::atomic::Ordering;
use std::time::Duration;

const HOSTS: usize = 5;
const ACCOUNTS_EACH: usize = 10;
const WEEK: Duration = Duration::from_hours(7 * 24);
/// At most so many requests are out at once, and so many of them at one host.
const AT_ONCE: usize = 32;
const AT_ONE_HOST: usize = 8;

/// As many deliveries are due; GIGCAST_BACKLOG says otherwise.
fn gigs() -> usize {
    let deliveries: usize = std::env::var("GIGCAST_BACKLOG").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    deliveries / (HOSTS * ACCOUNTS_EACH)
}

#[tokio::test]
async fn thousands_due_at_once_after_a_week_off_leave_in_order_by_their_paces_and_without_crowding() {
    let stage = Stage::set().await;
    let gigs = gigs();
    let mut accounts: Vec<Account> = Vec::new();
    for host in 0..HOSTS {
        // On every other host the accounts keep a gap.
        let pace =
            Pace { gap: if host % 2 == 0 { 30 * SECOND } else { Duration::ZERO }, posts_per_day: 1_000, ..brisk() };
        for n in 0..ACCOUNTS_EACH {
            accounts.push(stage.link(&format!("h{host}.example"), &format!("{n}@h{host}"), pace.clone()).await);
        }
    }
    let all = natives(1..=gigs);
    for native in &all {
        stage.take(native).await;
    }
    while !stage.world().ledger.unplanned(1).await.unwrap().is_empty() {
        stage.world().announce.step().await.unwrap();
    }
    // Nothing has left; gigcast is off for a week.
    assert_eq!(stage.network().calls().len(), 0);
    stage.world().clock.jump_to(stage.world().clock.now().plus(WEEK));
    let stage = stage.restarted().await;
    let clock = stage.world().clock.clone();
    let began = clock.now();
    stage.disk.widest.store(0, Ordering::Release);

    // The first host hangs at first: it has its slots, and no more.
    stage.network().stall("https://h0.example");
    stage.beat();
    assert_eq!(stage.ailments().await, Vec::<String>::new(), "a start that finds a week's work is not stuck");
    stage.world().deliver.step().await.unwrap();
    assert!(stage.world().deliver.in_flight() <= AT_ONCE);
    while stage.world().ledger.next_wake().await.unwrap().is_some() && stage.asked(&accounts).len() < 3 * AT_ONCE {
        stage.world().deliver.step().await.unwrap();
        assert!(stage.world().deliver.in_flight() <= AT_ONCE, "bounded, however much is due");
        tokio::task::yield_now().await;
    }
    assert!(stage.asked(&accounts[..ACCOUNTS_EACH]).len() <= AT_ONE_HOST);
    let why = stage.why("2", &accounts[0]).await;
    assert!(why.contains("It goes out as soon as") || why.contains("It is due, and goes out"), "{why}");
    assert_eq!(stage.ailments().await, Vec::<String>::new());
    stage.network().release();
    stage.turn().await.unwrap();
    let paced = &accounts[2 * ACCOUNTS_EACH];
    let why = stage.why(&gigs.to_string(), paced).await;
    assert!(why.contains("for the account's gap between posts"), "{why}");

    let wait = stage.pass(SECOND * 30 * u32::try_from(gigs).unwrap() + MINUTE).await;
    assert_eq!(wait, super::nothing(), "ready all the way through");
    assert!(stage.disk.widest.load(Ordering::Acquire) < 1_000, "no read takes in the backlog as a whole");
    for (n, account) in accounts.iter().enumerate() {
        let posts = stage.network().standing(&account.native);
        let numbers = posts.iter().map(|post| post.post.text.lines().next().unwrap().split(' ').next_back().unwrap());
        assert!(numbers.eq(all.iter()), "{}: oldest first", account.native);
        let asked = stage.asked(std::slice::from_ref(account));
        assert_eq!(asked.len(), gigs, "{}: each sent once", account.native);
        if (n / ACCOUNTS_EACH).is_multiple_of(2) {
            assert!(asked.windows(2).all(|two| two[0] + 30 * SECOND <= two[1]), "{}: its gap is kept", account.native);
        } else {
            assert_eq!(*asked.last().unwrap(), began.since(crate::support::world::NOON), "nothing holds it up");
        }
    }
    stage.each_stands_once(&accounts, &all).await;
    assert_eq!(stage.world().ledger.next_wake().await.unwrap(), None, "it ends");
    assert!(clock.now().since(began) < HOUR * 6);
}
