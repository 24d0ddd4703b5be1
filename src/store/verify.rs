//! Looking at every row of a store: what there is, and whether all of it can be read.
//!
//! The audit of the outbox asks whether records and keys agree; this asks before that whether each is one at all.

use super::catalogue::{Kind, Shape};
use super::record;
use crate::ports::{Store, StoreError};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: usize = 256;
/// So many findings are told one by one: a store with more of them is damaged altogether.
const TOLD: usize = 1_000;

/// How much there is of one kind, parts not counted with their records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    pub rows: u64,
    /// Keys and values as they are given to the store.
    pub bytes: u64,
}

/// What a look at every row found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    pub kinds: BTreeMap<&'static str, Amount>,
    /// What is wrong, a sentence each.
    pub findings: Vec<String>,
}

impl Survey {
    fn find(&mut self, finding: String) {
        if self.findings.len() < TOLD {
            self.findings.push(finding);
        }
    }
}

/// Reads everything. Nobody else writes to the store meanwhile.
pub async fn survey(store: &dyn Store) -> Result<Survey, StoreError> {
    let mut survey = Survey::default();
    let (mut parts, mut owned) = (BTreeSet::new(), BTreeSet::new());
    let mut from = vec![0];
    loop {
        let page = store.scan(&from, &[u8::MAX], PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        from = [last.as_ref(), &[0]].concat();
        for (key, value) in &page {
            let Some(kind) = Kind::of(key) else {
                let unknown = record::unreadable(key, "no gigcast of this version writes it");
                survey.find(unknown.to_string());
                continue;
            };
            let amount = survey.kinds.entry(kind.name).or_default();
            amount.rows += 1;
            amount.bytes += (key.len() + value.len()) as u64;
            match kind.shape {
                Shape::Part => drop(parts.insert(Bytes::copy_from_slice(blob_of_part(key)))),
                Shape::Index => {
                    if kind.name == "litter" {
                        owned.insert(Bytes::copy_from_slice(&key[1..]));
                    }
                }
                Shape::Record(shape) => {
                    owned.extend(record::blob_of(value).map(|blob| Bytes::copy_from_slice(&blob)));
                    if let Err(wrong) = readable(store, shape.version, shape.to_json, key, value).await? {
                        survey.find(format!("a {}: {wrong}", kind.name));
                    }
                }
            }
        }
    }
    let lost = parts.difference(&owned).count();
    if lost > 0 {
        survey.find(format!("the parts of {lost} long records belong to nothing, and lie about"));
    }
    Ok(survey)
}

/// A part's key is its blob's name and a number of two bytes.
fn blob_of_part(key: &[u8]) -> &[u8] {
    key.get(1..key.len().saturating_sub(2)).unwrap_or_default()
}

async fn readable(
    store: &dyn Store,
    version: u8,
    read: fn(&[u8]) -> Result<serde_json::Value, String>,
    key: &[u8],
    head: &Bytes,
) -> Result<Result<(), String>, StoreError> {
    let (found, body) = match record::whole(store, key, head).await {
        Ok(whole) => whole,
        Err(unreadable @ StoreError::Unreadable { .. }) => return Ok(Err(unreadable.to_string())),
        Err(fault) => return Err(fault),
    };
    if found != version {
        let said = format!("its version is {found}, this gigcast reads {version}");
        return Ok(Err(record::unreadable(key, &said).to_string()));
    }
    Ok(read(&body).map(drop).map_err(|why| record::unreadable(key, &why).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::Revision;
    use crate::id::{AccountId, GigId};
    use crate::outbox::{Announcement, Wanted};
    use crate::ports::Batch;
    use crate::store::layout;
    use crate::store::memory::MemoryStore;

    async fn store() -> MemoryStore {
        let store = MemoryStore::new();
        let (gig, account) = (GigId::of(&[b"g"]), AccountId::of(&[b"a"]));
        let announcement = Announcement::new(gig, account, Wanted::Revision(Revision::FIRST));
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::announcement(gig, account), &announcement, None);
        batch.put.push((layout::wake(crate::clock::Timestamp::EPOCH, account), Vec::new()));
        store.commit(batch).await.unwrap();
        store
    }

    #[tokio::test]
    async fn what_there_is_is_counted_by_kind() {
        let survey = survey(&store().await).await.unwrap();
        assert_eq!(survey.findings, Vec::<String>::new());
        let rows: Vec<_> = survey.kinds.iter().map(|(name, amount)| (*name, amount.rows)).collect();
        assert_eq!(rows, [("announcement", 1), ("wake", 1)]);
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_is_found() {
        let (gig, account) = (GigId::of(&[b"g"]), AccountId::of(&[b"a"]));
        let key = layout::announcement(gig, account);
        let head = store().await.get(&key).await.unwrap().unwrap();
        let cut = |length: usize| head[..length].to_vec();
        let newer = [&[99], &head[1..]].concat();
        for (key, value, said) in [
            (key.clone(), cut(head.len() - 1), "an announcement"),
            (key.clone(), newer, "its version is 99"),
            (vec![0xf0, 1], Vec::new(), "no gigcast of this version writes it"),
            (layout::part(&[7; 16], 0), vec![1], "lie about"),
        ] {
            let store = store().await;
            store.commit(Batch { put: vec![(key, value)], ..Batch::default() }).await.unwrap();
            let findings = survey(&store).await.unwrap().findings;
            let said = said.trim_start_matches("an ");
            assert!(findings.len() == 1 && findings[0].contains(said), "{said}: {findings:?}");
        }
    }
}
