//! The desk: the daemon's side towards people. It answers pages, the API and the operator out of the ledger and the running steps, and
//! hands on what they decide; whatever comes of that is done by the steps.

pub mod gigs;
pub mod operator;
pub mod places;
pub mod posters;
pub mod rehearsal;
pub mod review;
pub mod story;
