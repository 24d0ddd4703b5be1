//! A small social network on loopback that speaks the Mastodon API, with faults on demand.
