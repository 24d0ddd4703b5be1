//! The integration tests, linked as one binary so that they build once.

mod sandbox;
mod support;
