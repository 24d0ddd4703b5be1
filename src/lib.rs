//! gigcast: a gig goes in, every linked account announces it once, and the resharers are on record.
//!
//! The flow, one way:
//!
//! ```text
//! source -> Sighting -> Gig -> Plan -> Announcement -> Delivery (outbox) -> Post on a network -> Engagement -> feeds
//! ```
//!
//! Modules stand in layers, and a file imports only from layers above its own, or what stands before it here (tests/tidy.rs checks it):
//! 1 `id secret clock failure base64url redact signature` · 2 `profile oauth person referral notice asks gig pushing post config events` · 3 `plan outbox polling engagement trust community credential feeds` (the core:
//! pure, no I/O, no network's name) · 4 `ports` (the traits) · 5 `sources networks wire courier store vault` (adapters; never each other) ·
//! 6 `fitness telemetry intake grants weave` (where adapters meet: may we act, what comes in, who may speak, who trusts whom) · 7 `web` · 8 `daemon` · 9 `cli`.
//! `sandbox` stands apart: only `cli` names it.

// What the tests of the whole and those beside the code both stand on names the crate as any other does.
#[cfg(test)]
extern crate self as gigcast;

pub mod asks;
pub mod base64url;
pub mod cli;
pub mod clock;
pub mod community;
pub mod config;
pub mod courier;
pub mod credential;
pub mod daemon;
pub mod engagement;
pub mod events;
pub mod failure;
pub mod feeds;
pub mod fitness;
pub mod gig;
pub mod grants;
pub mod id;
pub mod intake;
pub mod networks;
pub mod notice;
pub mod oauth;
pub mod outbox;
pub mod person;
pub mod plan;
pub mod polling;
pub mod ports;
pub mod post;
pub mod profile;
pub mod pushing;
pub mod redact;
pub mod referral;
pub mod sandbox;
pub mod secret;
pub mod signature;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod trust;
pub mod vault;
pub mod weave;
pub mod web;
pub mod wire;
