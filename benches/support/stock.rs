//! Stores with a past: deliveries that were settled long ago, written the way the daemon writes them.

use super::{Steps, owner};
use futures_util::{StreamExt as _, stream};
use gigcast::clock::{BoxFuture, Timestamp};
use gigcast::failure::{Failure, Why};
use gigcast::gig::Revision;
use gigcast::id::{AccountId, GigId};
use gigcast::networks::mastodon::Mastodon;
use gigcast::outbox::{Announcement, State, Verb, Wanted};
use gigcast::person::Grant;
use gigcast::ports::{Commit, Entered, Linked, Network, Recognised, Request, Response, Session, Store, Wire};
use gigcast::post::{Post, Receipt, Stamp};
use gigcast::profile::Profile;
use gigcast::store::{Change, Ledger};
use std::sync::Arc;

const LONG_AGO: Timestamp = Timestamp::from_millis(1_600_000_000_000);
const ACCOUNTS: usize = 200;

fn receipt(n: usize) -> Receipt {
    let url = format!("https://social.example/@acme/{n}");
    Receipt { id: n.to_string(), uri: url.clone(), url: Some(url), version: None, at: LONG_AGO }
}

fn post(n: usize) -> Post {
    Post {
        text: "Illustrator for a children's book. ".repeat(10),
        facets: Vec::new(),
        card: None,
        language: Some("en".into()),
        link: format!("https://gigs.example/g/{n}?v=01234567"),
        code: None,
    }
}

/// Adds so many deliveries that went out long ago, on two hundred accounts, each with its announcement, its text and its lane.
pub async fn settled(store: &Arc<dyn Store>, count: usize) {
    let ledger = Ledger::new(Arc::clone(store));
    let lanes = (0..ACCOUNTS).map(|lane| {
        let ledger = ledger.clone();
        async move {
            let account = AccountId::of(&[b"stock", &lane.to_be_bytes()]);
            for n in (lane..count).step_by(ACCOUNTS) {
                settle(&ledger, account, n).await;
            }
        }
    });
    stream::iter(lanes).buffer_unordered(ACCOUNTS).collect::<Vec<()>>().await;
}

async fn settle(ledger: &Ledger, account: AccountId, n: usize) {
    let gig = GigId::of(&[b"stock", &n.to_be_bytes()]);
    let mut announcement = Announcement::new(gig, account, Wanted::Revision(Revision::FIRST));
    let mut delivery = Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, LONG_AGO);
    delivery.state = State::Delivered(receipt(n));
    announcement.settle(&delivery);
    let change = Change {
        delivery: Some(delivery),
        announcement: Some(announcement),
        frozen: Some(post(n)),
        watch_at: Some(LONG_AGO),
        ..Change::default()
    };
    let turn = ledger.turn_for(account, gig).await.expect("the store works");
    assert_eq!(ledger.end_turn(&turn, change).await, Ok(Commit::Applied));
}

/// Empties the lane's memory of its posts, so that a benchmark's ten thousand a second do not pass for a day of a poster's.
pub async fn forget_posted(steps: &Steps, n: usize) {
    if n.is_multiple_of(24) {
        for account in steps.ledger.accounts_of(owner().id).await.expect("the store works") {
            let mut turn = steps.ledger.turn(account.id).await.expect("the store works");
            turn.lane.posted.clear();
            steps.ledger.end_turn(&turn, Change::default()).await.expect("the store works");
        }
    }
}

#[derive(Debug)]
pub struct NoWire;

impl Wire for NoWire {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async { Err(Failure::Permanent(Why::new("there is no wire here"))) })
    }
}

/// A network that has said yes before it was asked.
#[derive(Debug)]
pub struct Instantly(Profile);

impl Default for Instantly {
    fn default() -> Self {
        Self(Profile { id: "instant".into(), quotas: Vec::new().into(), ..Mastodon.profile().clone() })
    }
}

impl Network for Instantly {
    fn profile(&self) -> &Profile {
        &self.0
    }

    fn learn<'a>(&'a self, _: &'a dyn Wire, _: &'a str) -> BoxFuture<'a, Result<Profile, Failure>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn link<'a>(&'a self, _: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>> {
        Box::pin(async {
            let who = Recognised {
                server: entered.server.clone(),
                native: entered.identifier.clone(),
                handle: format!("@{}@instant.example", entered.identifier),
                url: entered.server.clone(),
                ..Recognised::default()
            };
            Ok(Linked { who, grant: Grant::entered(entered.secret.clone()) })
        })
    }

    fn refresh<'a>(&'a self, _: &'a dyn Wire, _: &'a str, _: &'a Grant) -> BoxFuture<'a, Result<Grant, Failure>> {
        Box::pin(async { Err(Failure::RelinkNeeded(Why::new("there is nothing to renew"))) })
    }

    fn create<'a>(&'a self, _: Session<'a>, _: &'a Post, _: &'a Stamp) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async {
            // So short a wait that it only shows that there was one.
            tokio::task::yield_now().await;
            Ok(receipt(1))
        })
    }
}
