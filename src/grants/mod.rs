//! Grants: linking an account, opening a session with it, renewing, and saying when only its person can help.
//!
//! The only place where vault, store and wire meet. A renewed grant is sealed and durable before its new token is used, and
//! two renewals of one grant never race: whoever comes second finds the first one's result. What a browser is in the middle of
//! ([`Linking`]) is kept in memory alone: it holds keys, and a restart only asks a person to begin again.

mod attempts;
mod avatar;
mod clients;
mod linking;
mod pushes;
mod refused;
mod renew;
mod rotation;
mod sessions;
mod unlink;
mod vouch_keys;

pub use attempts::{Stands, Way};
pub use clients::signing_key;
pub use linking::{Answer, Begun, CALLBACK, Finished, For, Linking, Queues, Redirect};
pub use pushes::{PushKey, Subscriber};
pub use refused::LinkError;
pub use rotation::{Rotated, RotationError, rotate};
pub use sessions::{Sessions, Speaking, Terms};
pub use unlink::Unlinked;
pub use vouch_keys::VouchKeys;

use crate::failure::Failure;
use crate::ports::StoreError;
use std::fmt;

/// Why a grant could not be had or used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The other side, or the grant.
    Refused(Failure),
    /// Our own disk.
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(failure) => write!(f, "{}", failure.why()),
            Self::Store(fault) => write!(f, "{fault}"),
        }
    }
}
