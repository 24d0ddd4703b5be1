//! What a feed's hub was asked, as the store has it.

use gigcast::clock::Timestamp;
use gigcast::store::Subscription;

/// The first subscription of a feed that names a hub; asked for at this address of ours, and when.
pub fn subscription(base: &str, asked: Option<Timestamp>) -> Subscription {
    Subscription {
        hub: "https://hub.example".into(),
        topic: "https://acme.example/feed".into(),
        is_offered: true,
        nth: 1,
        base: base.to_owned(),
        asked,
        confirmed: None,
        until: None,
        due: None,
        failures: 0,
        trouble: None,
        pushed: None,
        left: None,
    }
}
