//! The integration tests, linked as one binary so that they build once.

mod api;
mod backfeed;
mod cli;
mod config;
mod contract;
mod demo;
mod faults;
mod gig_form;
mod kill;
mod operator;
mod posters;
mod pushes;
mod sandbox;
mod scenario;
mod shelves;
mod signed;
mod sources;
mod sources_api;
mod sources_board;
mod sources_page;
mod support;
mod verifiers;
mod web;
mod wire;
