//! What holds across the ledger: two who write at once end as one after the other would, what is taken back leaves no row, and of a
//! person everything is found, to be moved or to be forgotten.

mod becoming;
mod by_actor;
mod forgetting;
pub(crate) mod known;
mod leaving;
mod order;
mod rivals;
mod taken_back;
#[path = "../../../../tests/it/support/through.rs"]
mod through;
mod undoing;

use super::catalogue::Kind;
use super::{Hire, HireAnswer, Import, Ledger};
use crate::clock::Timestamp;
use crate::id::{GigId, InterestId, PersonId};
use crate::notice::{About, News, Notice};
use crate::plan::relay::Relay;
use crate::plan::samples;
use crate::ports::{Batch, BoxFuture, Commit, Store, StoreError};
use crate::referral::{Interest, Via};
use crate::store::memory::MemoryStore;
use crate::trust::{Level, Party};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use through::{Alters, Through};

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

fn later(seconds: u64) -> Timestamp {
    NOON.plus(Duration::from_secs(seconds))
}

fn person(name: &str) -> PersonId {
    PersonId::from_name(name)
}

fn gig(name: &str) -> GigId {
    GigId::of(&[name.as_bytes()])
}

fn hire(name: &str, whom: Party) -> Hire {
    Hire {
        gig: gig(name),
        poster: person("acme"),
        whom,
        category: Some("design/illustration".to_owned()),
        at: NOON,
        source: format!("https://gigs.example/g/{name}"),
        answer: HireAnswer::Open,
    }
}

fn interest(name: &str, who: PersonId) -> Interest {
    Interest {
        id: InterestId::from_person(gig(name), who),
        gig: gig(name),
        person: Some(who),
        name: "somebody".to_owned(),
        reach: "by mail".to_owned(),
        message: String::new(),
        via: Via::Page,
        at: NOON,
    }
}

/// That this account of theirs reshares a poster's gigs.
fn relay(poster: PersonId, whose: PersonId, account: &str) -> Relay {
    let account = samples::account(account).id;
    Relay { poster, person: whose, account, categories: Vec::new(), since: NOON }
}

/// That an interest was sent, to Acme.
fn told(interest: &Interest) -> Notice {
    let about = About::Gig { id: interest.gig, title: "Drawing".to_owned() };
    let news = News::Interested { interest: interest.clone(), by: "the page itself".to_owned() };
    Notice { person: person("acme"), about, at: interest.at, news }
}

fn import(id: &str, subject: PersonId) -> Import {
    Import {
        id: id.to_owned(),
        issuer: "did:key:issuer".to_owned(),
        subject,
        category: "design".to_owned(),
        level: Level::WorkedWith,
        from: NOON,
        until: later(60),
        brought: NOON,
        by: None,
        seen: None,
    }
}

/// All of a store, by its keys.
async fn rows(store: &dyn Store) -> BTreeMap<Bytes, Bytes> {
    store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap().into_iter().collect()
}

/// How many rows of each kind hold one of these, in their key or in what they say.
async fn holding(store: &dyn Store, traces: &[Vec<u8>]) -> BTreeMap<&'static str, usize> {
    let holds =
        |bytes: &[u8]| traces.iter().any(|trace| bytes.windows(trace.len()).any(|part| part == trace.as_slice()));
    let mut found = BTreeMap::new();
    for (key, value) in rows(store).await {
        if holds(&key) || holds(&value) {
            *found.entry(Kind::of(&key).unwrap().name).or_default() += 1;
        }
    }
    found
}

/// A store before one of whose commits somebody else does something.
type Rivalled = Through<Rivalry>;

#[derive(Clone, Default)]
struct Rivalry {
    inner: MemoryStore,
    rival: Arc<Mutex<Option<Rival>>>,
}

struct Rival {
    /// Commits that come before.
    after: usize,
    deed: BoxFuture<'static, ()>,
}

impl Rivalled {
    /// Two who write to the same: what one does comes in between, the other is interrupted by it.
    fn pair() -> (Self, Ledger) {
        let store = Self::default();
        let ledger = Ledger::new(Arc::new(store.clone()));
        (store, ledger)
    }
}

impl Rivalry {
    /// Just before the next commit, this happens.
    fn first<D: Future<Output = ()> + Send + 'static>(&self, deed: impl FnOnce(Ledger) -> D) {
        self.after(0, deed);
    }

    /// Behind so many commits, just before the next one, this happens.
    fn after<D: Future<Output = ()> + Send + 'static>(&self, after: usize, deed: impl FnOnce(Ledger) -> D) {
        let deed: BoxFuture<'static, ()> = Box::pin(deed(Ledger::new(Arc::new(self.inner.clone()))));
        *self.rival.lock().unwrap() = Some(Rival { after, deed });
    }

    /// Whether what was to come in between has come.
    fn is_over(&self) -> bool {
        self.rival.lock().unwrap().is_none()
    }

    fn next_rival(&self) -> Option<BoxFuture<'static, ()>> {
        let mut rival = self.rival.lock().unwrap();
        match rival.take()? {
            Rival { after: 0, deed } => Some(deed),
            Rival { after, deed } => {
                *rival = Some(Rival { after: after - 1, deed });
                None
            }
        }
    }
}

impl Alters for Rivalry {
    fn behind(&self) -> &dyn Store {
        &self.inner
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            if let Some(rival) = self.next_rival() {
                rival.await;
            }
            self.inner.commit(batch).await
        })
    }
}
