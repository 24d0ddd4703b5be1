//! What is remembered: the [`Ledger`] over a store of few verbs, and the backends, each of which passes `tests/store.rs`.

pub mod layout;
mod ledger;
pub mod memory;
mod record;
pub mod sled;
pub mod volatile;

pub use ledger::*;
