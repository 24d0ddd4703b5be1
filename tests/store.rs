//! The conformance suite of the `Store` port: each case is written once and runs against every backend.
//!
//! A new backend implements [`Backend`] and gets one line in `every_backend!`.

#![allow(clippy::unwrap_used)] // an unwrap that fails is a test that fails

#[path = "store/cases.rs"]
mod cases;
#[path = "store/model.rs"]
mod model;
#[path = "store/sled.rs"]
mod sled_only;

use gigcast::ports::Store;
use gigcast::store::memory::MemoryStore;
use gigcast::store::sled::SledStore;
use gigcast::store::volatile::VolatileStore;
use std::sync::Arc;
use tempfile::TempDir;

const CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// A kind of store, as the cases see it.
trait Backend: Sized {
    /// How many random histories are worth their time.
    const HISTORIES: u32;
    fn fresh() -> Self;
    fn store(&self) -> Arc<dyn Store>;
    /// As after a restart. All that [`Backend::store`] gave out must have been dropped.
    fn reopen(self) -> Self;
}

struct Memory(MemoryStore);

impl Backend for Memory {
    const HISTORIES: u32 = 256;

    fn fresh() -> Self {
        Self(MemoryStore::new())
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }

    fn reopen(self) -> Self {
        self
    }
}

struct Volatile(VolatileStore);

impl Backend for Volatile {
    const HISTORIES: u32 = 256;

    fn fresh() -> Self {
        Self(VolatileStore::new())
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }

    fn reopen(self) -> Self {
        Self(self.0.reopen())
    }
}

struct Sled {
    store: Arc<SledStore>,
    dir: TempDir,
}

impl Sled {
    fn open(dir: TempDir) -> Self {
        let store = SledStore::open(dir.path(), CACHE_BYTES).expect("the store opens").store;
        Self { store: Arc::new(store), dir }
    }
}

impl Backend for Sled {
    const HISTORIES: u32 = 24;

    fn fresh() -> Self {
        Self::open(tempfile::tempdir().expect("a directory for the test"))
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    fn reopen(self) -> Self {
        let store = Arc::into_inner(self.store).expect("no one else holds the store");
        store.close().expect("it closes without a failure");
        Self::open(self.dir)
    }
}

macro_rules! every_backend {
    ($($case:ident)*) => {
        every_backend! { memory: Memory, [$($case)*] }
        every_backend! { volatile: Volatile, [$($case)*] }
        every_backend! { sled: Sled, [$($case)*] }
    };
    ($module:ident: $backend:ident, [$($case:ident)*]) => {
        mod $module {
            use super::{Backend, $backend, cases, model};

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    cases::$case($backend::fresh()).await;
                }
            )*

            #[test]
            fn any_history_gives_what_a_plain_map_gives() {
                model::compare::<$backend>();
            }
        }
    };
}

every_backend! {
    an_absent_key_is_nothing
    keys_come_in_the_order_of_their_bytes
    a_range_has_its_start_and_lacks_its_end
    a_range_that_ends_before_it_begins_is_empty
    a_scan_stops_at_its_limit
    a_long_scan_is_whole
    a_met_expectation_lets_the_batch_through
    a_missed_expectation_writes_nothing
    absence_can_be_expected
    one_missed_expectation_among_many_stops_all
    deletes_come_first_then_puts
    of_two_puts_the_later_one_stays
    deleting_what_is_absent_is_no_error
    an_empty_batch_checks_its_expectations
    a_record_of_the_largest_size_is_taken
    a_larger_value_is_refused_and_nothing_of_its_batch_is_written
    a_longer_key_is_refused_and_nothing_of_its_batch_is_written
    a_conflict_among_many_answers_only_its_caller
    a_batch_is_judged_on_what_the_ones_before_it_wrote
    of_two_that_race_exactly_one_wins
    more_callers_than_the_queue_holds_are_all_answered
    a_commit_whose_caller_went_away_harms_no_one
    what_was_answered_is_there_after_reopening
    what_was_deleted_stays_deleted_after_reopening
    what_a_barrier_followed_is_there_after_reopening
}
