//! What a kill may have taken from the collector of traces: the roots of gigs that were planned shortly before.
//!
//! A root is told once, when its gig is planned, and waits some seconds for others to go with it. A kill in these seconds would leave all that
//! follows in its trace under nothing. So each start tells the latest ones again, out of the store. Ids are made of the gig's own, and what is
//! told is what was told before: whoever has it has it once.

use super::announce::Announce;
use crate::clock::Timestamp;
use crate::gig::{Revision, Status};
use crate::ports::StoreError;
use crate::store::{GigRecord, Story, Tale};
use crate::telemetry::trace::span::Span;
use crate::telemetry::trace::{BATCH, facts};
use std::time::Duration;

/// Of gigs that were planned longer ago nothing is told again: a collector may have dropped their traces, and should not get stumps of them.
const WITHIN: Duration = Duration::from_hours(1);

impl Announce {
    /// Once, before the first step. Nothing where no collector listens.
    pub async fn tell_again(&self) -> Result<(), StoreError> {
        if !self.deliver.traces.is_on() {
            return Ok(());
        }
        let (ledger, now) = (&self.deliver.ledger, self.deliver.clock.now());
        for record in ledger.newest_gigs(0, BATCH).await? {
            let story = ledger.story(record.gig.id).await?;
            self.deliver.traces.tell(|| first_plan(&record, &story, now));
        }
        Ok(())
    }
}

/// The root as it was told when the gig was planned. Nothing where that is long ago, where the gig has changed since and the plan cannot be
/// told from it any more, and where no account had a part in it.
fn first_plan(record: &GigRecord, story: &[Story], now: Timestamp) -> Option<Span> {
    let gig = &record.gig;
    let is_plan = |story: &&Story| matches!(story.tale, Tale::Announced { .. } | Tale::Skipped { .. });
    let at = story.iter().find(is_plan)?.at;
    let unchanged = (gig.revision, gig.status) == (Revision::FIRST, Status::Open) && gig.revised <= at;
    if now.since(at) > WITHIN || !unchanged {
        return None;
    }
    let of_it = || story.iter().filter(is_plan).filter(|story| story.at == at);
    let accounts = of_it().filter(|story| matches!(story.tale, Tale::Announced { .. })).count();
    let skipped = of_it().count() - accounts;
    let planned = facts::Planned { gig, note: &[], noted: gig.first_seen, accounts, skipped, first: true };
    Some(facts::planned(planned, at))
}
