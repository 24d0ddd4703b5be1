//! What is remembered: the [`Ledger`] over a store of few verbs, and the backends, each of which passes `tests/store.rs`.

pub mod backup;
pub mod export;
pub mod gate;
pub mod layout;
mod ledger;
pub mod memory;
pub mod migrate;
mod record;
pub mod sled;
pub mod verify;
pub mod volatile;

pub use ledger::*;
pub use migrate::STORE_VERSION;
