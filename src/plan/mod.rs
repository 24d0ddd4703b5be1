//! What each account should say of a gig, or why it says nothing.
