//! The integration tests, linked as one binary so that they build once.

mod config;
mod sources;
mod contract;
mod support;
mod wire;
