//! Seals and opens.
