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
    /// The person names it, alone, in a handle or in the address of their page there: `social.example`, `@ann@social.example`,
    /// `https://social.example/@ann`.
    Server,
    /// The handle leads to it.
    Handle,
}

impl Asks {
    /// Whether this is how somebody's handle is written in full here: with its server, or alone where it leads there.
    pub fn takes(&self, typed: &str) -> bool {
        let bare = typed.trim();
        let bare = bare.strip_prefix('@').unwrap_or(bare);
        if let Some(page) = Page::read(bare) {
            return self.found_by == FoundBy::Server && is_name(page.name) && is_authority(page.authority);
        }
        match (self.found_by, bare.split_once('@')) {
            (FoundBy::Handle, None) => {
                let is_number =
                    bare.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
                bare.starts_with("did:") || (bare.is_ascii() && is_host(bare) && !is_number)
            }
            (FoundBy::Server, Some((name, server))) => is_name(name) && is_authority(server),
            (FoundBy::Handle, Some(_)) | (FoundBy::Server, None) => false,
        }
    }

    /// Reads what was typed into the one field.
    pub fn named(&self, typed: &str) -> Named {
        let typed = typed.trim();
        if let (FoundBy::Server, Some(page)) = (self.found_by, Page::read(typed)) {
            return Named { server: page.server.to_owned(), identifier: format!("{}@{}", page.name, page.authority) };
        }
        match (self.found_by, typed.trim_start_matches('@').rsplit_once('@')) {
            (FoundBy::Handle, _) => Named { identifier: typed.trim_start_matches('@').to_owned(), ..Named::default() },
            (FoundBy::Server, Some((_, server))) => {
                Named { server: server.to_owned(), identifier: typed.trim_start_matches('@').to_owned() }
            }
            (FoundBy::Server, None) => Named { server: typed.to_owned(), ..Named::default() },
        }
    }
}

/// Somebody's page on their server, as in `https://social.example/@ann`. What follows `/@` is a name there and no server, whatever it holds.
struct Page<'a> {
    /// With its scheme, where one was written.
    server: &'a str,
    authority: &'a str,
    name: &'a str,
}

impl<'a> Page<'a> {
    fn read(typed: &'a str) -> Option<Self> {
        let (server, name) = typed.split_once("/@")?;
        let authority = server.split_once("://").map_or(server, |(_, authority)| authority);
        Some(Self { server, authority, name: name.trim_end_matches('/') })
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "/?#:@".contains(c))
}

/// A host, with its port where one is named.
fn is_authority(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "0"));
    (is_host(host) || host == "localhost") && port.parse::<u16>().is_ok()
}

/// Whether a name of a host was written: labels of letters, digits and hyphens, at least two. Letters of any script, as a server may have them.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |c: char| c.is_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.contains('.') && text.split('.').all(label)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_fits_the_networks_on_which_it_could_be_one() {
        let asked = Asked { label: "", help: "" };
        let by = |found_by| Asks { name: asked, found_by, secret: asked };
        for (typed, by_server, by_handle) in [
            ("@ann@social.example", true, false),
            (" ann@social.example ", true, false),
            ("@ann@127.0.0.1:3000", true, false),
            ("ann@localhost:3000", true, false),
            ("@änn@bücher.example", true, false),
            ("ann.bsky.social", false, true),
            ("@ann.bsky.social", false, true),
            ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", false, true),
            ("ann", false, false),
            ("@ann", false, false),
            ("", false, false),
            ("@", false, false),
            ("ann@", false, false),
            ("@@social.example", false, false),
            ("ann@social", false, false),
            ("ann@social.example:port", false, false),
            ("ann@so cial.example", false, false),
            ("ann_b.bsky.social", false, false),
            ("127.0.0.1", false, false),
            ("https://social.example/@ann", true, false),
            ("social.example/@ann/", true, false),
            ("https://social.example/@ann@evil.example", false, false),
            ("https://social.example/@ann/1", false, false),
            ("https://social.example/ann", false, false),
        ] {
            let takes = (by(FoundBy::Server).takes(typed), by(FoundBy::Handle).takes(typed));
            assert_eq!(takes, (by_server, by_handle), "{typed}");
        }
    }

    #[test]
    fn the_server_is_the_one_of_the_handle_or_of_the_page_and_never_a_name_on_it() {
        let asked = Asked { label: "", help: "" };
        let asks = Asks { name: asked, found_by: FoundBy::Server, secret: asked };
        for (typed, server, identifier) in [
            ("social.example", "social.example", ""),
            (" https://social.example ", "https://social.example", ""),
            ("@ann@social.example", "social.example", "ann@social.example"),
            ("https://social.example/@ann", "https://social.example", "ann@social.example"),
            ("social.example/@ann", "social.example", "ann@social.example"),
            ("http://127.0.0.1:3000/@ann/", "http://127.0.0.1:3000", "ann@127.0.0.1:3000"),
            ("https://social.example/@evil.example", "https://social.example", "evil.example@social.example"),
            ("https://social.example/@ann@evil.example", "https://social.example", "ann@evil.example@social.example"),
        ] {
            let named = Named { server: server.to_owned(), identifier: identifier.to_owned() };
            assert_eq!(asks.named(typed), named, "{typed}");
        }
    }
}
