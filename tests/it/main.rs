//! The integration tests, linked as one binary so that they build once.

mod api;
mod backfeed;
mod cli;
mod config;
mod contract;
mod demo;
mod kill;
mod look_at;
mod operator;
mod sandbox;
mod scenario;
mod signed;
mod sources;
mod support;
mod web;
mod wire;
