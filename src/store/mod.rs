//! What is remembered, and how. The backends are interchangeable: each one passes `tests/store.rs`.

pub mod memory;
pub mod sled;
pub mod volatile;
