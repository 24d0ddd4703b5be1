//! What is remembered, and how.
