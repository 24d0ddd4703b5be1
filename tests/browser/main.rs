//! The pages as a person uses them, in a real browser, against the real program and a sandbox of its own; and once
//! against Bluesky's own server.
//!
//! `tests/run` needs Chromium and its driver for these. Pictures of each page, at three widths, in light and dark, are left under
//! `target/pictures`, to be looked at.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

mod driver;
mod house;
mod linking;
mod relaying;
mod steps;
mod trying;
