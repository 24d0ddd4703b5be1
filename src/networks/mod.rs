//! The networks we speak to: the registry, one line each.
