//! Stores that older gigcasts left, brought along.

use super::*;
use crate::clock::Timestamp;
use crate::gig::Urgency;
use crate::outbox::{LaneWait, State};
use crate::store::Ledger;
use crate::store::memory::MemoryStore;
use crate::store::volatile::{Stop, VolatileStore};
use std::sync::Arc;

/// Left by the gigcast of 2026-11-22 at commit fa7daf8, before a gig could be urgent; a row a line.
const BEFORE_URGENCY: &str = include_str!("../../../tests/fixtures/stores/before-urgency.rows");

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

async fn left(rows: &str, store: &dyn Store) {
    for row in rows.lines() {
        let (key, value) = row.split_once(' ').unwrap();
        store.commit(Batch { put: vec![(bytes(key), bytes(value))], ..Batch::default() }).await.unwrap();
    }
}

async fn all(store: &dyn Store) -> Vec<(Bytes, Bytes)> {
    store.scan(&[0], &[u8::MAX], usize::MAX).await.unwrap()
}

#[tokio::test]
async fn a_store_of_before_urgency_is_brought_along_and_sound() {
    let store = MemoryStore::new();
    left(BEFORE_URGENCY, &store).await;
    let ledger = Ledger::new(Arc::new(store.clone()));
    assert!(ledger.lanes().await.is_err(), "as it is, it cannot be read");

    let migrated = migrate(&store, Mode::Apply).await.unwrap();
    assert_eq!(migrated.from, 0);
    let kinds: Vec<_> = migrated.records.keys().copied().collect();
    assert_eq!(kinds, [("account", 3, 4), ("delivery", 3, 5), ("gig", 2, 5), ("lane", 1, 2)]);
    let accounts = ledger.accounts().await.unwrap();
    assert!(accounts.iter().all(|account| account.pace.worth_saying_for.is_none()), "as every account");
    assert!(accounts.iter().any(|account| account.pace.quiet.is_some()), "what they had they have still");

    assert_eq!(ledger.audit().await.unwrap(), Vec::<String>::new());
    let gigs = ledger.newest_gigs(0, 100).await.unwrap();
    assert_eq!(gigs.len(), 4);
    assert!(gigs.iter().all(|gig| gig.gig.terms.urgency == Urgency::Usual));
    assert!(gigs.iter().any(|gig| gig.gig.terms.description.len() > 4_000), "one that lies apart");
    let lanes = ledger.lanes().await.unwrap();
    let shut = lanes.iter().find(|lane| lane.shut_for == LaneWait::QuietHours).unwrap();
    assert!(shut.shut_until > Timestamp::EPOCH && shut.why != LaneWait::QuietHours);
    let waiting = ledger.waiting_in(shut.account, 100).await.unwrap();
    assert!(waiting.iter().all(|delivery| delivery.state == State::Queued) && !waiting.is_empty());
    assert_eq!(version(&store).await.unwrap(), Some(STORE_VERSION));
    let (litter, end) = (layout::litter(), layout::end_of(&layout::litter()));
    assert!(
        !store.scan(&litter, &end, 9).await.unwrap().is_empty(),
        "what the old heads pointed to is cleared away later"
    );
}

#[tokio::test]
async fn a_dry_run_counts_the_same_and_writes_nothing() {
    let store = MemoryStore::new();
    left(BEFORE_URGENCY, &store).await;
    let before = all(&store).await;
    let tried = migrate(&store, Mode::Try).await.unwrap();
    assert_eq!(all(&store).await, before);
    assert_eq!(migrate(&store, Mode::Apply).await.unwrap(), tried);
    assert!(tried.changed() > 4);
}

#[tokio::test]
async fn a_store_of_this_version_is_left_alone_and_an_empty_one_gets_it() {
    let store = MemoryStore::new();
    assert_eq!(migrate(&store, Mode::Apply).await.unwrap().changed(), 0);
    assert_eq!(version(&store).await.unwrap(), Some(STORE_VERSION));
    let before = all(&store).await;
    migrate(&store, Mode::Apply).await.unwrap();
    assert_eq!(all(&store).await, before);
}

#[tokio::test]
async fn what_is_too_new_or_too_old_is_refused_and_nothing_is_changed() {
    let store = MemoryStore::new();
    let mut batch = Batch::default();
    layout::put(&mut batch, version_key(), &StoreVersion(STORE_VERSION + 1), None);
    store.commit(batch).await.unwrap();
    let said = migrate(&store, Mode::Apply).await.unwrap_err().to_string();
    assert!(said.contains("made by a newer gigcast"), "{said}");

    let store = MemoryStore::new();
    left(BEFORE_URGENCY, &store).await;
    // One lane of a version that nobody knows the shape of, behind all that could be brought along.
    let lanes = store.scan(&layout::lanes(), &layout::end_of(&layout::lanes()), 9).await.unwrap();
    let (key, head) = lanes.last().unwrap();
    let ancient = [&[0], &head[1..]].concat();
    store.commit(Batch { put: vec![(key.to_vec(), ancient)], ..Batch::default() }).await.unwrap();
    let before = all(&store).await;
    let said = migrate(&store, Mode::Apply).await.unwrap_err().to_string();
    assert!(said.contains("a lane of version 0") && said.contains("Nothing was changed"), "{said}");
    assert_eq!(all(&store).await, before);
}

/// At every commit, and at each point of it.
#[tokio::test]
async fn stopped_anywhere_the_next_start_ends_it() {
    let whole = VolatileStore::new();
    left(BEFORE_URGENCY, &whole).await;
    let begun = whole.commits();
    migrate(&whole, Mode::Apply).await.unwrap();
    let expected = all(&whole).await;
    let commits = whole.commits() - begun;
    assert!(commits >= 4, "a batch for each kind, and the version");
    for commit in 1..=commits {
        for stop in Stop::ALL {
            let store = VolatileStore::new();
            left(BEFORE_URGENCY, &store).await;
            store.stop_at(begun + commit, stop);
            assert!(migrate(&store, Mode::Apply).await.is_err());
            let found = store.reopen();
            migrate(&found, Mode::Apply).await.unwrap();
            assert_eq!(all(&found).await, expected, "commit {commit} {stop:?}");
        }
    }
}

impl Record for super::outbox::Delivery4 {
    const VERSION: u8 = 4;
}

impl Record for super::gigs::Record4 {
    const VERSION: u8 = 4;
}

fn of_before_rings(d: Delivery) -> super::outbox::Delivery4 {
    super::outbox::Delivery4 {
        id: d.id,
        gig: d.gig,
        account: d.account,
        step: d.step,
        verb: d.verb,
        revision: d.revision,
        status: d.status,
        urgency: d.urgency,
        wording: d.wording,
        at: d.at,
        state: d.state,
        attempts: d.attempts,
        stamp: d.stamp,
        last_sent: d.last_sent,
        unsure: d.unsure,
        due: d.due,
        wait: d.wait,
        closes: d.closes,
        unwanted: d.unwanted,
        tries: d.tries,
    }
}

fn terms_of_before_rings(terms: crate::gig::Terms) -> super::gigs::Terms4 {
    super::gigs::Terms4 {
        title: terms.title,
        description: terms.description,
        category: terms.category,
        skills: terms.skills,
        pay: terms.pay,
        place: terms.place,
        language: terms.language,
        organisation: terms.organisation,
        closes: terms.closes,
        openings: terms.openings,
        apply_url: terms.apply_url,
        published: terms.published,
        urgency: terms.urgency,
    }
}

#[tokio::test]
async fn a_store_of_before_rings_is_brought_along_and_nothing_in_it_changes() {
    let store = MemoryStore::new();
    left(BEFORE_URGENCY, &store).await;
    migrate(&store, Mode::Apply).await.unwrap();
    let ledger = Ledger::new(Arc::new(store.clone()));
    let gigs = ledger.newest_gigs(0, 100).await.unwrap();
    let mut deliveries = Vec::new();
    for lane in ledger.lanes().await.unwrap() {
        deliveries.extend(ledger.waiting_in(lane.account, 100).await.unwrap());
    }
    assert!(!gigs.is_empty() && !deliveries.is_empty());
    let mut batch = Batch::default();
    for record in gigs.clone() {
        let key = layout::gig(record.gig.id);
        let gig = record.gig;
        let was = super::gigs::Record4 {
            gig: super::gigs::Gig4 {
                id: gig.id,
                revision: gig.revision,
                status: gig.status,
                poster: gig.poster,
                source: gig.source,
                native: gig.native,
                terms: terms_of_before_rings(gig.terms),
                republish: gig.republish,
                first_seen: gig.first_seen,
                revised: gig.revised,
            },
            heard: record.heard,
            source_says: record
                .source_says
                .map(|said| super::gigs::Version4 { terms: terms_of_before_rings(said.terms), status: said.status }),
            said_at: record.said_at,
        };
        layout::put(&mut batch, key, &was, None);
    }
    for delivery in deliveries.clone() {
        layout::put(&mut batch, layout::delivery(delivery.id), &of_before_rings(delivery), None);
    }
    layout::put(&mut batch, version_key(), &StoreVersion(1), None);
    store.commit(batch).await.unwrap();
    assert!(ledger.newest_gigs(0, 1).await.is_err(), "as it is, it cannot be read");

    let migrated = migrate(&store, Mode::Apply).await.unwrap();
    let kinds: Vec<_> = migrated.records.keys().copied().collect();
    assert_eq!((migrated.from, kinds), (1, vec![("delivery", 4, 5), ("gig", 4, 5)]));
    assert_eq!(ledger.newest_gigs(0, 100).await.unwrap(), gigs);
    for delivery in deliveries {
        assert_eq!(ledger.delivery(delivery.id).await.unwrap(), Some(delivery));
    }
    assert_eq!(ledger.audit().await.unwrap(), Vec::<String>::new());
}
