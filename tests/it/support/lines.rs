//! What was logged while a test ran, at every level.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Catches what this thread logs while the guard lives.
    pub fn caught() -> (Self, DefaultGuard) {
        Self::keep_another();
        let lines = Self::default();
        let guard = tracing::dispatcher::set_default(&lines.subscriber());
        (lines, guard)
    }

    /// While only one subscriber lives, a line that another test comes to first, on a thread of its own without one, is taken to interest
    /// nobody. So there is always a second, wherever a test listens.
    pub fn keep_another() {
        static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Lines::default().subscriber());
        LazyLock::force(&ANOTHER);
    }

    fn subscriber(&self) -> Dispatch {
        let writer = self.clone();
        let logging = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        Dispatch::new(logging.finish())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The lines that hold these words.
    pub fn with(&self, words: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
