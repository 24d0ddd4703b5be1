//! A source that is looked at once an hour, and the step that looks.

use super::world::{NoWire, origin};
use gigcast::config::{FirstLook, Live};
use gigcast::daemon::push::Lease;
use gigcast::daemon::watch::{Gone, Watch, Watched};
use gigcast::gig::Status;
use gigcast::intake::Intake;
use gigcast::polling::Limits;
use gigcast::ports::{Source, Wire};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// With nothing unusual about it: all that its first look shows goes out, and what it drops three times is filled.
pub fn watched(source: Box<dyn Source>) -> Watched {
    Watched {
        origin: origin(),
        address: Some("https://acme.example/feed".into()),
        source,
        first_look: FirstLook::All,
        limits: Limits::fixed(Duration::from_hours(1), Duration::from_hours(24)),
        apart: Duration::ZERO,
        notes: Vec::new(),
        gone: Gone { means: Status::Filled, after: 3 },
        inbox: None,
        lease: Lease::default(),
    }
}

/// Looks at these, by a wire that leads nowhere.
pub fn watch(intake: &Intake, watched: Vec<Watched>) -> Arc<Watch> {
    watch_over(intake, Arc::new(NoWire), watched.into_iter().map(Arc::new).collect())
}

/// Looks at these by that wire.
pub fn watch_over(intake: &Intake, wire: Arc<dyn Wire>, watched: Vec<Arc<Watched>>) -> Arc<Watch> {
    Arc::new(Watch {
        intake: intake.clone(),
        wire,
        watched: Live::new(watched),
        bell: Arc::default(),
        tasks: TaskTracker::new(),
        agenda: Mutex::default(),
    })
}
