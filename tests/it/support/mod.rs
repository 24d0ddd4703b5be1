//! What the tests stand on.

pub mod answers;
pub mod collector;
pub mod crowd;
pub mod desk;
pub mod example_network;
pub mod fake_auth;
pub mod fake_network;
pub mod hub;
pub mod lines;
pub mod read_log;
pub mod reception;
pub mod review_tray;
pub mod site;
pub mod tape;
pub mod through;
pub mod town;
pub mod watching;
pub mod whole;
pub mod world;
