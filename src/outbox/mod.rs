//! Announcements, deliveries, and the one transition function.
