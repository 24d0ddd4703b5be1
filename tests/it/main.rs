//! The integration tests, linked as one binary so that they build once.

mod cli;
mod config;
mod contract;
mod sandbox;
mod sources;
mod support;
mod wire;
