//! From a sighting to a gig, or the reason why not.
