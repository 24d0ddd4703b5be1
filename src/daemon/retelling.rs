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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Why;
    use crate::plan::samples::{self, NOW};
    use crate::store::Heard;

    /// What is told again `later`, of a gig that was planned at noon on two accounts and left out on a third.
    fn told(later: Duration, change: impl FnOnce(&mut GigRecord, &mut Vec<Story>)) -> Option<String> {
        let mut gig = samples::gig();
        (gig.first_seen, gig.revised) = (NOW, NOW);
        let mut record = GigRecord { gig, heard: Heard::News, source_says: None, said_at: None };
        let account = |name| samples::account(name).id;
        let skipped = Tale::Skipped { account: account("3"), why: Why::new("this account takes only Design") };
        let tales = [
            Tale::Seen { source: "board".to_owned() },
            Tale::Announced { account: account("1") },
            Tale::Announced { account: account("2") },
            skipped,
        ];
        let mut story: Vec<Story> = tales.into_iter().map(|tale| Story { at: NOW, tale }).collect();
        change(&mut record, &mut story);
        let span = first_plan(&record, &story, NOW.plus(later))?;
        let said = |name: &str| span.attributes.iter().find(|said| said.0 == name).map(|said| format!("{:?}", said.1));
        Some([said("gigcast.accounts")?, said("gigcast.accounts.skipped")?].concat())
    }

    #[test]
    fn the_first_plan_is_told_again_with_what_it_came_to_and_not_with_what_came_later() {
        let first = told(Duration::ZERO, |_, _| {}).unwrap();
        assert!(first.contains('2') && first.contains('1'), "{first}");
        let linked_later = told(Duration::from_mins(10), |_, story| {
            let account = samples::account("4").id;
            story.push(Story { at: NOW.plus(Duration::from_mins(5)), tale: Tale::Announced { account } });
        });
        assert_eq!(linked_later, Some(first));
    }

    #[test]
    fn of_what_was_planned_long_ago_and_of_what_has_changed_nothing_is_told() {
        let hour = Duration::from_hours(1);
        assert!(told(hour, |_, _| {}).is_some());
        assert_eq!(told(hour + Duration::from_millis(1), |_, _| {}), None);
        let soon = Duration::from_mins(1);
        assert_eq!(told(soon, |record, _| record.gig.revision = Revision(2)), None);
        assert_eq!(told(soon, |record, _| record.gig.status = Status::Filled), None);
        assert_eq!(told(soon, |record, _| record.gig.revised = NOW.plus(Duration::from_secs(1))), None);
        assert_eq!(told(soon, |_, story| story.truncate(1)), None, "it was announced nowhere and left out nowhere");
    }
}
