//! What was settled lately, out of all deliveries that are on record: no index holds it, so it is looked for page by page, and not further than
//! the one who asks wishes to go.

use super::{Ledger, PAGE};
use crate::clock::Timestamp;
use crate::outbox::{Delivery, State};
use crate::ports::StoreError;
use crate::store::layout;

/// One page of deliveries, of which some were settled.
#[derive(Debug)]
pub struct SettledPage {
    /// When, and how.
    pub settled: Vec<(Timestamp, State)>,
    pub looked_at: usize,
    /// Where the next page begins; nothing behind the last.
    pub from: Option<layout::Key>,
}

impl Ledger {
    /// Of the deliveries behind `from`, or of the first: those of one page that were settled since then, and before `until`.
    pub async fn settled_page(
        &self,
        from: Option<layout::Key>,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<SettledPage, StoreError> {
        let all = layout::deliveries();
        let found = self.store.scan(&from.unwrap_or_else(|| all.clone()), &layout::end_of(&all), PAGE).await?;
        let next = found.last().map(|(last, _)| [last.as_ref(), &[0]].concat());
        let mut page = SettledPage { settled: Vec::new(), looked_at: found.len(), from: next };
        for (key, _) in found {
            let delivery: Option<Delivery> = self.read(&key).await?.map(|read| read.value);
            let Some(delivery) = delivery else { continue };
            if let Some(at) = delivery.settled_at().filter(|at| since <= *at && *at < until) {
                page.settled.push((at, delivery.state));
            }
        }
        Ok(page)
    }
}
