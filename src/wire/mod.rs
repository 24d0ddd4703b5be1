//! The only user of the HTTP client.
