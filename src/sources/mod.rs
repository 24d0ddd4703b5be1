//! Where gigs come from: the registry, one line each.
