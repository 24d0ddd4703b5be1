//! From records as an older gigcast wrote them to records as this one does, once, before anything else reads the store.
//!
//! Each record says its own version. So a migration needs no memory of how far it came: whatever is old is brought to its present shape, in batches that
//! are each durable and sound by themselves, and whatever is not stays. Killed anywhere, the next start goes on. Only when nothing old
//! is left does the store say that it is of the present version, and from then on a start looks no further.
//!
//! Who changes a record raises its version and [`STORE_VERSION`], adds a step from the former shape here, and leaves a store of the former gigcast in
//! `tests/fixtures/stores`. Steps lead from each old shape to the present one directly: the compiler names those that have to follow.

mod accounts;
mod gigs;
mod outbox;

use super::layout::{self, Record};
use super::record;
use crate::outbox::{Delivery, Lane};
use crate::person::Account;
use crate::ports::{Batch, Commit, Store, StoreError};
use crate::store::GigRecord;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Raised whenever the records of any kind change their shape. What says no version is older than versions are.
pub const STORE_VERSION: u32 = 3;

/// So many keys are read at once.
const PAGE: usize = 256;

/// Which version a store is of.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoreVersion(u32);

impl Record for StoreVersion {
    const VERSION: u8 = 1;
}

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Apply,
    /// Everything but the writing.
    Try,
}

/// What was brought along, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    pub from: u32,
    /// How many records of each kind, from which version to which.
    pub records: BTreeMap<(&'static str, u8, u8), usize>,
}

impl Migrated {
    pub fn changed(&self) -> usize {
        self.records.values().sum()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error(
        "the store was made by a newer gigcast: it is of version {found}, and this one knows versions up to {STORE_VERSION}. Start the newer gigcast, or \
         restore a backup of before"
    )]
    TooNew { found: u32 },
    #[error(
        "the store holds a {kind} of version {found}, which this gigcast cannot bring to its own version {wanted}: it was made by a much older gigcast, or by \
         a newer one. Nothing was changed"
    )]
    NoWay { kind: &'static str, found: u8, wanted: u8 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One kind of record whose shape has changed.
struct Kind {
    name: &'static str,
    space: fn() -> layout::Key,
    version: u8,
    /// What brings a record of an older version along: all that is to be written for it. Nothing where that version is not known.
    step: fn(&Old<'_>) -> Result<Option<Batch>, StoreError>,
}

/// An old record, put together.
struct Old<'a> {
    key: &'a [u8],
    head: &'a Bytes,
    version: u8,
    body: Vec<u8>,
}

impl Old<'_> {
    fn read<R: serde::de::DeserializeOwned>(&self) -> Result<R, StoreError> {
        postcard::from_bytes(&self.body).map_err(|error| record::unreadable(self.key, &error.to_string()))
    }

    /// In the place of the old one, unless somebody else changed it meanwhile.
    fn replaced_by<R: Record>(&self, new: &R) -> Batch {
        let mut batch = Batch::default();
        batch.expect.push((self.key.to_vec(), Some(self.head.clone())));
        layout::put(&mut batch, self.key.to_vec(), new, Some(self.head));
        batch
    }
}

const KINDS: [Kind; 4] = [
    Kind { name: "account", space: layout::accounts, version: Account::VERSION, step: accounts::account },
    Kind { name: "gig", space: layout::gigs, version: GigRecord::VERSION, step: gigs::gig },
    Kind { name: "delivery", space: layout::deliveries, version: Delivery::VERSION, step: outbox::delivery },
    Kind { name: "lane", space: layout::lanes, version: Lane::VERSION, step: outbox::lane },
];

fn version_key() -> layout::Key {
    layout::meta("store-version")
}

/// The version that a store says it is of: nothing for one that is empty, 0 for one from before there were versions.
pub async fn version(store: &dyn Store) -> Result<Option<u32>, StoreError> {
    match store.get(&version_key()).await? {
        Some(head) => match layout::read::<StoreVersion>(&version_key(), &head)? {
            layout::Found::Here(version) => Ok(Some(version.0)),
            layout::Found::Apart { .. } => Err(record::unreadable(&version_key(), "it is longer than it can be")),
        },
        None => Ok((!store.scan(&[0], &[u8::MAX], 1).await?.is_empty()).then_some(0)),
    }
}

/// Brings a store to the present version, or finds out whether that can be done. Nobody else writes meanwhile.
pub async fn migrate(store: &dyn Store, mode: Mode) -> Result<Migrated, MigrationError> {
    let from = version(store).await?;
    let mut migrated = Migrated { from: from.unwrap_or(STORE_VERSION), ..Migrated::default() };
    match from {
        Some(found) if found > STORE_VERSION => return Err(MigrationError::TooNew { found }),
        Some(STORE_VERSION) => return Ok(migrated),
        Some(_) => {
            // Whether all of it can be done is known before any of it is.
            for kind in &KINDS {
                walk(store, kind, Mode::Try, &mut migrated).await?;
            }
            if mode == Mode::Try {
                return Ok(migrated);
            }
            for kind in &KINDS {
                walk(store, kind, Mode::Apply, &mut Migrated::default()).await?;
            }
        }
        None => {}
    }
    if mode == Mode::Apply {
        let mut batch = Batch::default();
        layout::put(&mut batch, version_key(), &StoreVersion(STORE_VERSION), None);
        store.commit(batch).await?;
    }
    Ok(migrated)
}

async fn walk(store: &dyn Store, kind: &Kind, mode: Mode, migrated: &mut Migrated) -> Result<(), MigrationError> {
    let (mut from, until) = ((kind.space)(), layout::end_of(&(kind.space)()));
    loop {
        let page = store.scan(&from, &until, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = [last.as_ref(), &[0]].concat();
        let mut whole = Batch::default();
        for (key, head) in &page {
            let (version, body) = record::whole(store, key, head).await?;
            if version == kind.version {
                continue;
            }
            let old = Old { key, head, version, body };
            let Some(batch) = (kind.step)(&old)? else {
                return Err(MigrationError::NoWay { kind: kind.name, found: version, wanted: kind.version });
            };
            *migrated.records.entry((kind.name, version, kind.version)).or_default() += 1;
            // Deletes come first within a batch: one record's new key must not be another's old one, and none is.
            whole.expect.extend(batch.expect);
            whole.delete.extend(batch.delete);
            whole.put.extend(batch.put);
        }
        if mode == Mode::Apply && !whole.put.is_empty() && store.commit(whole).await? == Commit::Conflict {
            return Err(
                StoreError::Io("somebody else writes to the store while its records are brought along".into()).into()
            );
        }
    }
}

#[cfg(test)]
mod tests;
