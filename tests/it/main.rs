//! The integration tests, linked as one binary so that they build once.

mod backfeed;
mod config;
mod contract;
mod demo;
mod kill;
mod sandbox;
mod scenario;
mod sources;
mod support;
mod wire;
