//! The integration tests, linked as one binary so that they build once.

mod config;
mod contract;
mod sources;
mod sandbox;
mod support;
mod wire;
