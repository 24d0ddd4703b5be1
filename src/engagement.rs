//! What people did to our posts, and how a vouch is read from a reply.
