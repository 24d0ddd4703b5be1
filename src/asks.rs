//! What a person is asked for, to link an account or to sign in with it, what they then typed, and which account it turned out to be.

use crate::person::Grant;
use crate::secret::Secret;

/// What a page asks a person for, in words that they know from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asks {
    /// What tells where to go: a server, or a handle.
    pub name: Asked,
    pub found_by: FoundBy,
    /// What one may enter by hand instead.
    pub secret: Asked,
}

/// One field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// As in `App password`.
    pub label: &'static str,
    /// What it looks like, or where it is found: one sentence.
    pub help: &'static str,
}

/// How the server of an account is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The person names it, alone or in a handle: `social.example`, `@ann@social.example`.
    Server,
    /// The handle leads to it.
    Handle,
}

impl Asks {
    /// Reads what was typed into the one field.
    pub fn named(&self, typed: &str) -> Named {
        let typed = typed.trim();
        match (self.found_by, typed.trim_start_matches('@').rsplit_once('@')) {
            (FoundBy::Handle, _) => Named { identifier: typed.trim_start_matches('@').to_owned(), ..Named::default() },
            (FoundBy::Server, Some((_, server))) => {
                Named { server: server.to_owned(), identifier: typed.trim_start_matches('@').to_owned() }
            }
            (FoundBy::Server, None) => Named { server: typed.to_owned(), ..Named::default() },
        }
    }
}

/// The account a person wants to link or sign in with, as they wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Origin or domain of the server, where the network has many.
    pub server: String,
    /// Handle, where the network finds the server by it.
    pub identifier: String,
}

/// What a person types to link an account.
#[derive(Debug, Clone)]
pub struct Entered {
    /// Origin of the server, where the network has many.
    pub server: String,
    /// Handle or name, where the network asks for one.
    pub identifier: String,
    /// Access token or app password.
    pub secret: Secret,
}

/// A link that has been verified.
#[derive(Debug, Clone)]
pub struct Linked {
    pub who: Recognised,
    pub grant: Grant,
}

/// An account that has shown itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recognised {
    /// Origin of the server that speaks for the account; may differ from the one entered.
    pub server: String,
    pub native: String,
    pub handle: String,
    pub url: String,
    /// As they call themselves; empty where they don't.
    pub name: String,
    /// The address of their picture.
    pub avatar: Option<String>,
}
