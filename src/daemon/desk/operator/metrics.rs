//! What monitoring reads: counts as they were noted, and gauges out of short scans, kept for a few seconds so that scraping costs little.

use super::Desk;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::outbox::{Lane, LaneWait};
use crate::person::{Account, GrantState};
use crate::store::layout::Aside;
use crate::telemetry::metrics::{
    ACCOUNTS, ATTEMPTS, BACKFEED_LAG, DELIVERIES, DUE_AGE, IN_FLIGHT, LANES, QUOTA_LEFT, REQUESTS, SCAN_AGE, SET_ASIDE,
    SOURCE_AGE, SOURCES, SPANS, STORE_BYTES, STORE_FREE, STORE_SYNC_TIME, STORE_SYNCS, WAITS,
};
use crate::telemetry::openmetrics::{Text, seconds};
use crate::telemetry::trace::Fates;
use crate::web::admin::Refusal;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// For so long what was read from the store is shown again.
const KEPT: Duration = Duration::from_secs(5);
/// So many that are set aside are counted at most.
const MOST: usize = 1000;

/// What was read from the store, and when.
#[derive(Debug, Clone)]
struct Gauges {
    at: Timestamp,
    oldest_due: Option<Timestamp>,
    oldest_watch: Option<Timestamp>,
    held: usize,
    dead: usize,
    lanes: BTreeMap<&'static str, usize>,
    accounts: BTreeMap<(String, &'static str), usize>,
    sources: BTreeMap<&'static str, usize>,
    stalest: Option<Timestamp>,
    /// The least share left, by network and what the limit counts over.
    budgets: BTreeMap<(String, String), f64>,
}

#[derive(Debug, Default)]
pub struct LastScan(Mutex<Option<Gauges>>);

impl Desk {
    pub(super) async fn read_metrics(&self) -> Result<String, Refusal> {
        let (deliver, now) = (&self.daemon.deliver, self.now());
        let gauges = self.gauges(now).await?;
        let counts = deliver.meters.counts();
        let store = deliver.ledger.store_vitals();
        let age = |since: Option<Timestamp>| seconds(since.map_or(0, |since| millis(now.since(since))));
        let mut text = Text::default();

        text.family(&ACCOUNTS);
        for ((network, grant), count) in &gauges.accounts {
            text.sample(&ACCOUNTS, &[network, grant], count);
        }
        text.family(&ATTEMPTS);
        for (network, count) in &counts.attempts {
            text.sample(&ATTEMPTS, &[network], count);
        }
        text.one(&BACKFEED_LAG, age(gauges.oldest_watch));
        text.family(&DELIVERIES);
        for ((network, outcome), count) in &counts.outcomes {
            text.sample(&DELIVERIES, &[network, outcome], count);
        }
        text.one(&DUE_AGE, age(gauges.oldest_due));
        text.one(&IN_FLIGHT, deliver.in_flight());
        text.family(&LANES);
        for (reason, count) in &gauges.lanes {
            text.sample(&LANES, &[reason], count);
        }
        text.family(&QUOTA_LEFT);
        for ((network, scope), share) in &gauges.budgets {
            text.sample(&QUOTA_LEFT, &[network, scope], format!("{share:.3}"));
        }
        text.family(&REQUESTS);
        for ((network, purpose), latency) in &counts.latency {
            text.histogram(&REQUESTS, &[network, purpose], latency);
        }
        text.one(&SCAN_AGE, age(Some(gauges.at)));
        text.family(&SET_ASIDE).sample(&SET_ASIDE, &["held"], gauges.held).sample(&SET_ASIDE, &["dead"], gauges.dead);
        text.family(&SOURCES);
        for state in ["ok", "failing", "ended"] {
            text.sample(&SOURCES, &[state], gauges.sources.get(state).copied().unwrap_or(0));
        }
        text.one(&SOURCE_AGE, age(gauges.stalest));
        if let Some(bytes) = store.bytes {
            text.one(&STORE_BYTES, bytes);
        }
        if let Some(bytes) = deliver.ledger.free_bytes() {
            text.one(&STORE_FREE, bytes);
        }
        text.one(&STORE_SYNCS, store.syncs);
        text.one(&STORE_SYNC_TIME, seconds(millis(store.syncing)));
        if deliver.traces.is_on() {
            let Fates { sent, dropped, refused } = deliver.traces.fates();
            text.family(&SPANS);
            for (outcome, count) in [("sent", sent), ("dropped", dropped), ("refused", refused)] {
                text.sample(&SPANS, &[outcome], count);
            }
        }
        text.family(&WAITS);
        for ((network, reason), count) in &counts.waits {
            text.sample(&WAITS, &[network, reason], count);
        }
        Ok(text.ended())
    }

    async fn gauges(&self, now: Timestamp) -> Result<Gauges, Refusal> {
        let last = self.scanned.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(last) = last.filter(|last| last.at <= now && now.since(last.at) < KEPT) {
            return Ok(last);
        }
        let ledger = &self.daemon.deliver.ledger;
        let mut gauges = Gauges {
            at: now,
            oldest_due: ledger.next_wake().await?.filter(|due| *due <= now),
            oldest_watch: ledger.due_watches(now, 1).await?.first().map(|watch| watch.at),
            held: ledger.set_aside(Aside::Held, MOST).await?.len(),
            dead: ledger.set_aside(Aside::Dead, MOST).await?.len(),
            lanes: BTreeMap::new(),
            accounts: BTreeMap::new(),
            sources: BTreeMap::new(),
            stalest: None,
            budgets: BTreeMap::new(),
        };
        let lanes = ledger.lanes().await?;
        for lane in &lanes {
            if let Some(reason) = waits_for(lane, now) {
                *gauges.lanes.entry(reason).or_default() += 1;
            }
        }
        let accounts = ledger.accounts().await?;
        gauges.budgets = self.budgets(&accounts, &lanes, now).await?;
        for account in accounts {
            let grant = match account.grant {
                GrantState::Linked => "linked",
                GrantState::NeedsRelink { .. } => "needs_relink",
                GrantState::Revoked { .. } => "revoked",
            };
            *gauges.accounts.entry((account.network, grant)).or_default() += 1;
        }
        for watched in self.daemon.watch.watched.iter() {
            let state = ledger.source_state(watched.origin.source).await?;
            let word = if state.ended { "ended" } else { state.trouble.as_ref().map_or("ok", |_| "failing") };
            *gauges.sources.entry(word).or_default() += 1;
            if !state.ended {
                // One that was never seen has been waited for since the start.
                gauges.stalest = gauges.stalest.into_iter().chain([state.seen.unwrap_or(self.since)]).min();
            }
        }
        *self.scanned.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(gauges.clone());
        Ok(gauges)
    }
}

impl Desk {
    /// What is least left of a limit, among the linked accounts of each network and by what it counts over.
    async fn budgets(
        &self,
        accounts: &[Account],
        lanes: &[Lane],
        now: Timestamp,
    ) -> Result<BTreeMap<(String, String), f64>, Refusal> {
        let mut least: BTreeMap<(String, String), f64> = BTreeMap::new();
        let lanes: HashMap<AccountId, &Lane> = lanes.iter().map(|lane| (lane.account, lane)).collect();
        for account in accounts.iter().filter(|account| account.grant == GrantState::Linked) {
            let none = Lane::new(account.id);
            let lane = lanes.get(&account.id).copied().unwrap_or(&none);
            for line in self.limits_of(account, lane, now).await? {
                let share = line.share();
                let known = least.entry((account.network.clone(), line.scope)).or_insert(1.0);
                *known = known.min(share);
            }
        }
        Ok(least)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What keeps a whole lane at this moment, or its new posts; nothing where nothing waits for a time.
fn waits_for(lane: &Lane, now: Timestamp) -> Option<&'static str> {
    if lane.hold.is_some() {
        return Some("hold");
    }
    let why = if lane.not_before > now { lane.why } else { lane.shut_for };
    if lane.not_before <= now && lane.shut_until <= now {
        return None;
    }
    Some(match why {
        LaneWait::Nothing => return None,
        LaneWait::Gap => "gap",
        LaneWait::DayFull => "day_full",
        LaneWait::QuietHours => "quiet_hours",
        LaneWait::Window => "window",
        LaneWait::Quota => "quota",
        LaneWait::RateLimited => "rate_limited",
        LaneWait::Host => "host",
        LaneWait::Mishap => "mishap",
    })
}
