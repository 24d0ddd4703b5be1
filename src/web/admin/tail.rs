//! The last log lines, and those to come, for whoever follows along.
//!
//! A reader that is slow holds nobody up: what it misses is counted, and it is told how much that was.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// A log line as JSON, without its end.
pub type Line = Arc<str>;

/// So many lines are kept for those who come later.
pub const KEPT: usize = 1000;
/// So many lines may a reader lag behind.
const LAG: usize = 1024;

#[derive(Clone)]
pub struct Tail {
    kept: Arc<Mutex<VecDeque<Line>>>,
    news: broadcast::Sender<Line>,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tail")
    }
}

impl Default for Tail {
    fn default() -> Self {
        Self { kept: Arc::default(), news: broadcast::channel(LAG).0 }
    }
}

impl Tail {
    pub fn push(&self, line: &str) {
        let line: Line = line.into();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(&line));
        // Nobody may be listening. Under the lock, so that a new reader sees each line once.
        let _ = self.news.send(line);
    }

    /// The last `lines`, and a receiver that goes on right behind them.
    pub fn follow(&self, lines: usize) -> (Vec<Line>, broadcast::Receiver<Line>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let last = kept.iter().skip(kept.len().saturating_sub(lines)).cloned().collect();
        (last, self.news.subscribe())
    }
}

/// What a reader is told who could not keep up.
pub(super) fn missed(lines: u64) -> String {
    let message = format!("{lines} lines are missing here: they came faster than they were read");
    serde_json::json!({ "level": "warn", "message": message, "missed": lines }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_gets_the_last_lines_and_then_each_new_one_once() {
        let tail = Tail::default();
        for n in 0..KEPT + 5 {
            tail.push(&n.to_string());
        }
        let (last, mut news) = tail.follow(2);
        assert_eq!(last.iter().map(|line| &**line).collect::<Vec<_>>(), ["1003", "1004"]);
        tail.push("1005");
        assert_eq!(&*news.recv().await.unwrap(), "1005");
        assert_eq!(tail.follow(usize::MAX).0.len(), KEPT);
    }
}
