//! The integration tests, linked as one binary so that they build once.

mod api;
mod config;
mod contract;
mod sources;
mod support;
mod web;
mod wire;
