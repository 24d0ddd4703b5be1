//! Instances whose word counts that they saw a post, and the keys that they publish.
//!
//! Only hosts that the operator lists are ever asked, over the same guarded wire as everything else, for one document each time something of theirs is
//! brought. No key is kept: what a host no longer publishes is refused from then on.

use super::Weave;
use crate::config::Live;
use crate::credential::{Presented, WebDid, instance};
use crate::failure::Failure;
use crate::ports::{Request, StoreError, Wire};
use bytes::Bytes;
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many documents are asked for in one file: of each host one, and one more for each path below it.
const MOST_DOCUMENTS: usize = 8;

#[derive(Clone, Default)]
pub(super) struct Witnesses {
    wire: Option<Arc<dyn Wire>>,
    hosts: Arc<Live<Vec<String>>>,
}

/// What hosts published when they were asked, or why one said nothing; by the address of the document.
pub(super) struct Published(BTreeMap<String, Result<Bytes, String>>);

impl Weave {
    /// With these instances believed that they saw a post, as their hosts publish their keys.
    #[must_use]
    pub fn believing(mut self, instances: &[String], wire: Arc<dyn Wire>) -> Self {
        self.witnesses.wire = Some(wire);
        self.witnesses.hosts.set(instances.to_vec());
        self
    }

    /// From now on these instances are believed, and no others. What an instance saw counts only while it is.
    pub async fn believe(&self, instances: Vec<String>) -> Result<(), StoreError> {
        self.witnesses.hosts.set(instances);
        self.place_sights().await.map(drop)
    }

    /// Answers how many changed.
    pub(super) async fn place_sights(&self) -> Result<usize, StoreError> {
        let is_believed = |issuer: &str| issuer.parse().is_ok_and(|issuer: WebDid| self.witnesses.believe(&issuer));
        self.ledger.place_sights(is_believed).await
    }
}

impl Witnesses {
    pub(super) fn believe(&self, issuer: &WebDid) -> bool {
        self.hosts.contains(&issuer.authority())
    }

    /// What the issuers of these publish, all asked at once; nobody is asked who is not believed.
    pub(super) async fn published_for<'a>(&self, presented: impl Iterator<Item = &'a Presented>) -> Published {
        let hosts = presented.filter_map(Presented::asks_for).filter(|host| self.believe(host));
        let wanted: BTreeMap<String, &WebDid> = hosts.map(|host| (host.document_url(), host)).collect();
        let asked = wanted.into_iter().enumerate().map(|(at, (url, host))| async move {
            let answer = if at < MOST_DOCUMENTS {
                self.document(host).await
            } else {
                Err(format!("at most {MOST_DOCUMENTS} documents with keys are asked for in one file: divide it"))
            };
            (url, answer)
        });
        Published(join_all(asked).await.into_iter().collect())
    }

    async fn document(&self, host: &WebDid) -> Result<Bytes, String> {
        let (whose, url) = (host.authority(), host.document_url());
        let Some(wire) = &self.wire else { return Err(format!("the key of {whose} cannot be looked up here")) };
        let request = Request::get(url).header("accept", "application/did+json, application/json");
        let request = Request { max_bytes: instance::MOST_BYTES, ..request };
        let nothing = "nothing of it was taken in";
        match wire.send(request).await {
            Ok(answer) if answer.status == 200 => Ok(answer.body),
            Ok(answer) => Err(format!("{whose} answers {} where its keys should be; {nothing}", answer.status)),
            Err(failure) => {
                let again = if matches!(failure, Failure::Permanent(_)) { "" } else { ", bring it again later" };
                Err(format!("the key of {whose} cannot be looked up: {}; {nothing}{again}", failure.why().said))
            }
        }
    }
}

impl Published {
    pub(super) fn by(&self, host: &WebDid) -> Result<&[u8], String> {
        match self.0.get(&host.document_url()) {
            Some(Ok(document)) => Ok(document),
            Some(Err(why)) => Err(why.clone()),
            None => {
                let whose = host.authority();
                Err(format!(
                    "{whose} signed it, and is none of the instances whose word counts here: the operator lists those in trust.instances"
                ))
            }
        }
    }
}
