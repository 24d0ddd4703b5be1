//! Why linking or signing in did not come about, each with its words: what happened, and what to do.

use super::Trouble;
use crate::failure::{Failure, Why};
use crate::ports::StoreError;

/// Nothing of what was attempted is left behind; a grant that had been given was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// The answer does not say which attempt it belongs to.
    NoState,
    /// Nobody here began this: the state is made up, or gigcast was started anew meanwhile.
    UnknownState,
    /// It was begun too long ago.
    Expired,
    /// The answer has been used already: the page was loaded again, or someone else has seen its address.
    Used,
    /// It was begun in another browser.
    OtherBrowser,
    /// Whoever began it is not signed in with that browser any more.
    SignedOut,
    /// The terminal that began it does not wait any more.
    NobodyWaits,
    /// The answer says that it is from another server than the one that was asked, or does not say from which.
    OtherServer,
    /// The person said no.
    Denied,
    /// The server did not go on; its own words, cut and cleaned.
    Refused {
        said: String,
    },
    /// The code was refused: it had been used, or was too old.
    CodeRefused {
        said: String,
    },
    /// Less was granted than linking needs.
    ScopeMissing {
        missing: Vec<String>,
    },
    /// Another account was signed in there than the one that was named.
    WrongAccount {
        handle: String,
    },
    /// The account belongs to another person here.
    Anothers {
        handle: String,
    },
    Trouble(Trouble),
}

impl LinkError {
    /// One or two sentences for the person in front of it.
    pub fn words(&self) -> String {
        match self {
            Self::NoState => "This answer does not say what it is an answer to. Please begin again.".to_owned(),
            Self::UnknownState => {
                "Nothing here waits for this answer: it was not begun here, or gigcast was started anew \
                                   meanwhile. Please begin again."
                    .to_owned()
            }
            Self::Expired => {
                "That took longer than ten minutes, so it no longer counts. Please begin again.".to_owned()
            }
            Self::Used => {
                "This answer has been used already, and each one counts once. If the account is not there, please \
                           begin again."
                    .to_owned()
            }
            Self::OtherBrowser => {
                "This was begun in another browser, and can only be finished there. To link an account in \
                                   this one, please begin again."
                    .to_owned()
            }
            Self::SignedOut => {
                "Whoever began this is not signed in here any more, so nothing was linked. Please sign in and begin again."
                    .to_owned()
            }
            Self::NobodyWaits => {
                "The terminal that asked for this does not wait any more, so nothing was linked. Please \
                                  start `gigcast link` again."
                    .to_owned()
            }
            Self::OtherServer => {
                "The answer is not from the server that was asked, so it was not believed. Please begin \
                                  again; if this happens twice, tell whoever runs that server."
                    .to_owned()
            }
            Self::Denied => "You said no there, so nothing was linked. You can begin again at any time.".to_owned(),
            Self::Refused { said } => format!("The server did not go on: {said}. Please begin again."),
            Self::CodeRefused { said } => {
                format!("The server did not take its own answer back: {said}. Please begin again.")
            }
            Self::ScopeMissing { missing } => format!(
                "The server granted less than linking needs: {} is missing, so what it did grant was given back. Please \
                 begin again and allow all of it.",
                missing.join(", ")
            ),
            Self::WrongAccount { handle } => format!(
                "You are signed in there as {handle}, which is not the account you named. Sign out there, or name \
                 {handle}, and begin again."
            ),
            Self::Anothers { handle } => format!(
                "{handle} belongs to somebody else here; it can be linked once they have unlinked it. If that is you, sign \
                 in with {handle} and unlink it first."
            ),
            Self::Trouble(Trouble::Store(_)) => {
                "gigcast cannot write to its disk now, so nothing was changed. Please try again later.".to_owned()
            }
            Self::Trouble(Trouble::Refused(failure)) => match failure {
                Failure::Permanent(why) | Failure::RelinkNeeded(why) => format!("That did not work: {why}."),
                Failure::Transient(why) | Failure::Unknown(why) | Failure::RateLimited { why, .. } => {
                    format!("That did not work just now: {why}. Please try again in a while.")
                }
            },
        }
    }

    /// The same for a page, where whoever reads it need not know how this gigcast is run.
    pub fn for_visitors(&self) -> String {
        match self {
            Self::Trouble(Trouble::Refused(Failure::Permanent(Why { to_visitors: Some(words), .. }))) => {
                format!("That did not work: {words}.")
            }
            _ => self.words(),
        }
    }

    /// One word for the log.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoState => "no_state",
            Self::UnknownState => "unknown_state",
            Self::Expired => "expired",
            Self::Used => "used",
            Self::OtherBrowser => "other_browser",
            Self::SignedOut => "signed_out",
            Self::NobodyWaits => "nobody_waits",
            Self::OtherServer => "other_server",
            Self::Denied => "denied",
            Self::Refused { .. } => "refused",
            Self::CodeRefused { .. } => "code_refused",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::WrongAccount { .. } => "wrong_account",
            Self::Anothers { .. } => "anothers",
            Self::Trouble(Trouble::Refused(failure)) => failure.class(),
            Self::Trouble(Trouble::Store(_)) => "store",
        }
    }
}

impl From<Trouble> for LinkError {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Failure> for LinkError {
    fn from(failure: Failure) -> Self {
        Self::Trouble(failure.into())
    }
}

impl From<StoreError> for LinkError {
    fn from(fault: StoreError) -> Self {
        Self::Trouble(fault.into())
    }
}
