//! Removes what is over for longer than it is to be kept, a little at each step of upkeep; the ledger knows what may go.

use crate::clock::Timestamp;
use crate::config::Keep;
use crate::ports::StoreError;
use crate::store::Ledger;
use tracing::info;

/// Small enough that nobody who writes meanwhile waits for it.
const REMOVED_AT_ONCE: usize = 100;

/// For a clock that is believed, and a disk with room: the caller knows.
pub(super) async fn step(ledger: &Ledger, keep: &Keep, now: Timestamp) -> Result<(), StoreError> {
    if let Some(run) = ledger.retain(keep, now, REMOVED_AT_ONCE).await? {
        let removed = run.removals.all();
        info!(event = "retention.done", removed, "What was over for long enough was removed: {}", run.removals);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn the_page_on_privacy_tells_the_times_of_the_configuration() {
        let page = include_str!("../../docs/PRIVACY.md");
        let keep = Config::parse(&[], []).expect("the defaults are sound").keep;
        let times = [
            ("closed_gigs", keep.closed_gigs),
            ("engagements", keep.engagements),
            ("stories", keep.stories),
            ("tries", keep.tries),
            ("refused", keep.refused),
        ];
        for (key, kept) in times {
            let days = kept.expect("nothing is kept for ever by default").as_secs() / 86_400;
            let said = format!("`keep.{key}` ({days} days)");
            assert!(page.contains(&said), "docs/PRIVACY.md should say {said}");
        }
    }

    #[test]
    fn an_ended_gig_is_kept_as_long_as_it_may_be_known_again_and_empty_is_for_ever() {
        let read = |text: &str| Config::parse(&[crate::config::ConfigFile { name: "gigcast.toml", text }], []);
        let short = read("[keep]\nclosed_gigs = \"7d\"").unwrap_err().to_string();
        assert!(short.contains("keep.closed_gigs") && short.contains("at least 30d"), "{short}");
        assert_eq!(read("[keep]\nclosed_gigs = \"\"\n").unwrap().keep.closed_gigs, None);
    }
}
