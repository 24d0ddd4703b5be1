//! The integration tests, linked as one binary so that they build once.

mod config;
mod contract;
mod sandbox;
<<<<<<< HEAD
mod scenario;
=======
>>>>>>> cli
mod sources;
mod support;
mod wire;
