//! The integration tests, linked as one binary so that they build once.

mod contract;
mod support;
