//! The integration tests, linked as one binary so that they build once.

mod api;
mod backfeed;
mod cli;
mod config;
mod contract;
mod demo;
mod faults;
mod kill;
mod operator;
mod sandbox;
mod scenario;
mod shelves;
mod sources;
mod sources_page;
mod support;
mod web;
mod wire;
