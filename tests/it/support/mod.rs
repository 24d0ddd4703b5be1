//! What the tests stand on.

pub mod example_network;
pub mod site;
pub mod tape;
