//! What is remembered: the [`Ledger`] over a store of few verbs, and the backends.

pub mod layout;
mod ledger;

pub use ledger::*;
