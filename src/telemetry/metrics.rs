//! The closed list of metrics: name, kind and meaning of each. docs/operate shows the list; dashboards and alerts may name nothing else.
//!
//! Labels have few values, known beforehand: networks, states, reasons. Never an account, a gig or a host.

/// What Prometheus makes of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from zero at each start; its samples end in `_total`.
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One family of samples. Its unit, where it has one, ends its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    pub unit: &'static str,
    pub labels: &'static str,
    pub help: &'static str,
}

macro_rules! metrics {
    ($($id:ident: $kind:ident $name:literal [$unit:literal] ($labels:literal) $help:literal;)*) => {
        $(pub const $id: Metric = Metric { name: $name, kind: Kind::$kind, unit: $unit, labels: $labels, help: $help };)*
        /// All of them.
        pub const METRICS: &[Metric] = &[$($id),*];
    };
}

metrics! {
    ACCOUNTS: Gauge "gigcast_accounts" [""] ("network grant") "Linked accounts, by the state of their grant: linked, needs_relink, revoked";
    ATTEMPTS: Counter "gigcast_attempts" [""] ("network") "Requests that were about to leave for a delivery";
    BACKFEED_LAG: Gauge "gigcast_backfeed_lag_seconds" ["seconds"] ("") "How long the post that waits longest to be read back has been due";
    DELIVERIES: Counter "gigcast_deliveries" [""] ("network outcome") "Deliveries that ended: delivered, dropped, dead";
    DUE_AGE: Gauge "gigcast_oldest_due_age_seconds" ["seconds"] ("") "How long the lane that waits longest has been due; zero when none is";
    IN_FLIGHT: Gauge "gigcast_in_flight" [""] ("") "Lanes that have a task at this moment";
    LANES: Gauge "gigcast_lanes_waiting" [""] ("reason") "Accounts that wait, by what for";
    QUOTA_LEFT: Gauge "gigcast_rate_budget_left_ratio" ["ratio"] ("network scope") "The least that any linked account has left of a limit, from 0 to 1, by what the limit counts over: account, app, host; pace, which is the poster's own posts a day; reading, which is our own budget for reading back at a host; server, which is what servers say themselves in their answers";
    REQUESTS: Histogram "gigcast_request_duration_seconds" ["seconds"] ("network purpose") "How long requests were out, answered or not, by what for: deliver, look_up, backfeed, renew, learn, source, link, sign_in, other; without a network where it is none that gigcast speaks to";
    SCAN_AGE: Gauge "gigcast_scan_age_seconds" ["seconds"] ("") "How old the gauges of this answer are: they are read from the store at most every few seconds";
    SET_ASIDE: Gauge "gigcast_deliveries_set_aside" [""] ("state") "Deliveries set aside for a person (held; what stands in the queue of an account that has to be linked again is not among them) or given up (dead) and still listed; counted up to 1000";
    SOURCES: Gauge "gigcast_sources" [""] ("state") "Sources: ok, failing, ended";
    SOURCE_AGE: Gauge "gigcast_source_staleness_seconds" ["seconds"] ("") "Time since the last good look at the source that was not seen for the longest, of those that have not ended";
    STORE_BYTES: Gauge "gigcast_store_size_bytes" ["bytes"] ("") "What the store takes on the disk";
    STORE_FREE: Gauge "gigcast_store_free_bytes" ["bytes"] ("") "Room left on its disk";
    STORE_SYNCS: Counter "gigcast_store_flushes" [""] ("") "How often the disk was waited for";
    STORE_SYNC_TIME: Counter "gigcast_store_flush_seconds" ["seconds"] ("") "All the time that the disk was waited for";
    SPANS: Counter "gigcast_trace_spans" [""] ("outcome") "Spans for the collector of traces: sent, dropped (the queue was full), refused; nothing where none is set up";
    WAITS: Counter "gigcast_waits" [""] ("network reason") "Deliveries that began to wait: backoff, rate_limited, quiet, ring, unknown, relink, review, unconfirmed";
}

/// The table of docs/operate/METRICS.md.
pub fn reference() -> String {
    METRICS.iter().fold("| metric | kind | labels | means |\n|---|---|---|---|\n".to_owned(), |page, metric| {
        let labels: Vec<_> = metric.labels.split_whitespace().map(|label| format!("`{label}`")).collect();
        page + &format!("| `{}` | {} | {} | {} |\n", metric.name, metric.kind.word(), labels.join(" "), metric.help)
    })
}
