//! What a person is told without asking: that an account needs them.
//!
//! The page and the log say the same at the same moment; a notice goes to them, by webhook or e-mail. It is made in the same commit
//! as the news itself, so that news and notice are there together or not at all. Its words are made here, once for all ways.

use crate::clock::Timestamp;
use crate::id::{AccountId, NoticeId, PersonId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So long before a link ends by itself its person is told.
pub const ENDS_SOON: Duration = Duration::from_hours(7 * 24);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom it is for.
    pub person: PersonId,
    pub account: AccountId,
    /// The account as people write it, and its network's id.
    pub handle: String,
    pub network: String,
    pub at: Timestamp,
    pub news: News,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// The network no longer accepts the grant; its words.
    NeedsRelink { said: String },
    /// The grant ends by itself, and cannot be renewed.
    EndsSoon { ends: Timestamp },
}

/// A notice as it is sent: the subject alone says it, the body says what it means and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub body: String,
}

impl Notice {
    /// The same for every try and every way, so that whoever receives it twice can tell.
    pub fn id(&self) -> NoticeId {
        let (kind, at) = (self.news.kind().as_bytes(), self.at.as_millis().to_be_bytes());
        NoticeId::of(&[self.person.as_bytes(), self.account.as_bytes(), kind, &at])
    }

    /// `base` is where people reach our pages, where that is known.
    pub fn letter(&self, base: Option<&str>) -> Letter {
        let handle = &self.handle;
        let (subject, meaning) = match &self.news {
            News::NeedsRelink { said } => (
                format!("{handle} needs to be linked again"),
                format!(
                    "On {} the network no longer accepted gigcast's access to {handle}: {said}.\n\n\
                     Nothing is lost. Gigs for this account wait; link it again, and what is still worth saying goes out.",
                    day(self.at)
                ),
            ),
            News::EndsSoon { ends } => (
                format!("The link of {handle} ends on {}", day(*ends)),
                format!(
                    "Access to {handle} was given until {} and cannot be renewed without you.\n\n\
                     Link the account again before then, and nothing will have to wait.",
                    day(*ends)
                ),
            ),
        };
        let place = base.map_or_else(String::new, |base| format!("\n\n{base}/accounts"));
        Letter { subject, body: format!("{meaning}{place}\n") }
    }
}

impl News {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NeedsRelink { .. } => "needs_relink",
            Self::EndsSoon { .. } => "ends_soon",
        }
    }
}

/// Whether mail can be addressed so: a name, a sign, a host, and nothing that would end a header.
pub fn is_email(text: &str) -> bool {
    let plain = text.len() <= 254
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>,;:\"()[]\\".contains(c));
    let parts = text.rsplit_once('@');
    plain
        && parts.is_some_and(|(name, host)| {
            !name.is_empty() && !name.contains('@') && !host.is_empty() && !host.starts_with('.')
        })
}

/// As in `21 November 2026`.
pub fn day(at: Timestamp) -> String {
    at.to_jiff().strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(news: News) -> Notice {
        Notice {
            person: PersonId::from_name("Acme"),
            account: AccountId::of(&[b"a"]),
            handle: "@acme@social.example".to_owned(),
            network: "mastodon".to_owned(),
            at: Timestamp::from_millis(1_795_262_400_000),
            news,
        }
    }

    #[test]
    fn a_letter_says_what_happened_what_it_means_and_what_to_do() {
        let dead = notice(News::NeedsRelink { said: "the token was revoked".to_owned() });
        let letter = dead.letter(Some("https://gigs.example"));
        assert_eq!(letter.subject, "@acme@social.example needs to be linked again");
        assert_eq!(
            letter.body,
            "On 21 November 2026 the network no longer accepted gigcast's access to @acme@social.example: the token was \
             revoked.\n\nNothing is lost. Gigs for this account wait; link it again, and what is still worth saying goes \
             out.\n\nhttps://gigs.example/accounts\n"
        );
        let ends = notice(News::EndsSoon { ends: Timestamp::from_millis(1_795_867_200_000) });
        assert_eq!(ends.letter(None).subject, "The link of @acme@social.example ends on 28 November 2026");
        assert!(!ends.letter(None).body.contains("/accounts"));
    }

    #[test]
    fn an_address_is_one_that_a_header_can_hold() {
        for good in ["gigs@acme.example", "a.b+c@x", "jos\u{e9}@acme.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "acme", "@acme", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "<a@b>", "a@b,c@d"] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn each_news_has_its_own_id_and_keeps_it() {
        let first = notice(News::NeedsRelink { said: "x".to_owned() });
        let mut later = first.clone();
        later.at = later.at.plus(Duration::from_millis(1));
        assert_eq!(first.id(), first.clone().id());
        assert_ne!(first.id(), later.id());
        assert_ne!(first.id(), notice(News::EndsSoon { ends: first.at }).id());
    }
}
