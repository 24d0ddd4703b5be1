//! What was written, and what it means.
