//! What a person is told without asking: that an account needs them, or that somebody would do a gig of theirs.
//!
//! The page and the log say the same at the same moment; a notice goes to them, by webhook or e-mail. It is made in the same commit
//! as the news itself, so that news and notice are there together or not at all. Its words are made here, once for all ways.

use crate::clock::Timestamp;
use crate::id::{AccountId, GigId, NoticeId, PersonId};
use crate::person::Account;
use crate::referral::Interest;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So long before a link ends by itself its person is told.
pub const ENDS_SOON: Duration = Duration::from_hours(7 * 24);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom it is for.
    pub person: PersonId,
    pub about: About,
    pub at: Timestamp,
    pub news: News,
}

/// What it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// As people write it, and its network's id.
    Account {
        id: AccountId,
        handle: String,
        network: String,
    },
    Gig {
        id: GigId,
        title: String,
    },
}

impl About {
    pub fn of(account: &Account) -> Self {
        let (handle, network) = (account.handle.clone(), account.network.clone());
        Self::Account { id: account.id, handle, network }
    }

    /// As people call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Account { handle, .. } => handle,
            Self::Gig { title, .. } => title,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// The network no longer accepts the grant; its words.
    NeedsRelink { said: String },
    /// The grant ends by itself, and cannot be renewed.
    EndsSoon { ends: Timestamp },
    /// Somebody would do the gig. `by` is the way they came, in words.
    Interested { interest: Interest, by: String },
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
        match (&self.about, &self.news) {
            (About::Account { id, .. }, _) => NoticeId::of(&[self.person.as_bytes(), id.as_bytes(), kind, &at]),
            (About::Gig { .. }, News::Interested { interest, .. }) => NoticeId::of(&[interest.id.as_bytes(), kind]),
            (About::Gig { id, .. }, _) => NoticeId::of(&[self.person.as_bytes(), id.as_bytes(), kind, &at]),
        }
    }

    /// `base` is where people reach our pages, where that is known.
    pub fn letter(&self, base: Option<&str>) -> Letter {
        let handle = self.about.name();
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
            News::Interested { interest: Interest { person, name, reach, message, .. }, by } => {
                // Anyone can type any name: it must not read like that of somebody whom the poster knows.
                let who = if person.is_some() { name.clone() } else { format!("{name} (not signed in)") };
                let typed = match person {
                    Some(_) => String::new(),
                    None => format!("\n\nWhoever it is was not signed in: the name {name} was typed."),
                };
                let message = if message.is_empty() { String::new() } else { format!("\n\nThey write:\n{message}") };
                let told = format!(
                    "{name} would do \u{201c}{handle}\u{201d}, and came by {by}.{typed}\n\nReach them at: {reach}{message}"
                );
                (format!("{who} is interested in {}", shortened(handle)), told)
            }
        };
        let place = match &self.about {
            About::Account { .. } => "accounts".to_owned(),
            About::Gig { id, .. } => format!("gigs/{id}"),
        };
        let place = base.map_or_else(String::new, |base| format!("\n\n{base}/{place}"));
        Letter { subject, body: format!("{meaning}{place}\n") }
    }
}

impl News {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NeedsRelink { .. } => "needs_relink",
            Self::EndsSoon { .. } => "ends_soon",
            Self::Interested { .. } => "interested",
        }
    }
}

/// A title as a subject holds it.
fn shortened(title: &str) -> String {
    let mut short: String = title.chars().take(80).collect();
    if short.len() < title.len() {
        short.push('\u{2026}');
    }
    short
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
    use crate::id::InterestId;
    use crate::referral::Via;

    fn notice(news: News) -> Notice {
        Notice {
            person: PersonId::from_name("Acme"),
            about: About::Account {
                id: AccountId::of(&[b"a"]),
                handle: "@acme@social.example".to_owned(),
                network: "mastodon".to_owned(),
            },
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
    fn who_is_interested_is_told_with_how_they_are_reached_and_the_way_they_came() {
        let gig = GigId::of(&[b"g"]);
        let interest = Interest {
            id: InterestId::of(&[b"i"]),
            gig,
            person: None,
            name: "Cy".to_owned(),
            reach: "cy@work.example".to_owned(),
            message: "I have done three.".to_owned(),
            via: Via::Page,
            at: Timestamp::from_millis(1_795_262_400_000),
        };
        let about = About::Gig { id: gig, title: "Logo for a bakery".to_owned() };
        let news = News::Interested { interest, by: "Bo's link".to_owned() };
        let told = Notice { about, ..notice(news) };
        let letter = told.letter(Some("https://gigs.example"));
        assert_eq!(letter.subject, "Cy (not signed in) is interested in Logo for a bakery");
        assert_eq!(
            letter.body,
            format!(
                "Cy would do \u{201c}Logo for a bakery\u{201d}, and came by Bo's link.\n\nWhoever it is was not signed in: the name Cy was \
                 typed.\n\nReach them at: cy@work.example\n\nThey write:\nI have done three.\n\nhttps://gigs.example/gigs/{gig}\n"
            )
        );
        let News::Interested { interest, by } = told.news.clone() else { panic!("it is what it was made of") };
        let interest = Interest { person: Some(PersonId::from_name("Cy")), ..interest };
        let signed = Notice { news: News::Interested { interest, by }, ..told }.letter(None);
        assert_eq!(signed.subject, "Cy is interested in Logo for a bakery");
        assert!(!signed.body.contains("typed"), "{}", signed.body);
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
