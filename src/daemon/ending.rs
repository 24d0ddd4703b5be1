//! How long the end of a run may take. Told to stop, it waits for what is out up to its grace; asked to drain, as long as that takes,
//! until somebody loses patience.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Default)]
pub struct Patience {
    begun: AtomicBool,
    lost: CancellationToken,
}

impl Patience {
    /// What is out is waited for without an end. Before the run is told to stop.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Release);
    }

    /// From here on the grace counts.
    pub fn lose(&self) {
        self.lost.cancel();
    }

    /// Answers when nobody is patient: at once, where nobody has been.
    pub async fn over(&self) {
        if self.begun.load(Ordering::Acquire) {
            self.lost.cancelled().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn whoever_is_told_to_stop_has_no_patience_and_whoever_drains_has_it_until_it_is_lost() {
        let told = Patience::default();
        assert_eq!(told.over().now_or_never(), Some(()));
        let drained = Patience::default();
        drained.begin();
        assert_eq!(drained.over().now_or_never(), None);
        drained.lose();
        assert_eq!(drained.over().now_or_never(), Some(()));
    }
}
