//! By which way somebody came to a gig's page, and what they said there.
//!
//! A link may end in `?v=` and a short code: that of a post of ours, or that of a person who passes the gig on. What is counted is the way, never
//! who came by it: nothing of a visitor is kept.

use crate::clock::Timestamp;
use crate::id::{AccountId, Code, DeliveryId, GigId, InterestId, PersonId};
use crate::redact;
use serde::{Deserialize, Serialize};

/// The way that a link stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Via {
    /// The page's plain address, or a code that stands for nothing here.
    Page,
    /// A post of the gig on this account.
    Post(AccountId),
    /// The link of somebody who passes it on.
    Link(PersonId),
}

impl Via {
    /// The account whose post carries this code. `steps` are the accounts that have announced the gig, each with how many deliveries it has had.
    pub fn of_post(gig: GigId, code: &Code, steps: impl IntoIterator<Item = (AccountId, u32)>) -> Option<Self> {
        let carries = |(account, steps): &(AccountId, u32)| {
            (0..=*steps).any(|step| DeliveryId::from_step(gig, *account, step).code() == *code)
        };
        steps.into_iter().find(carries).map(|(account, _)| Self::Post(account))
    }
}

/// That somebody would do a gig, in their own words to its poster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    pub id: InterestId,
    pub gig: GigId,
    /// Who was signed in, if anyone was.
    pub person: Option<PersonId>,
    #[serde(deserialize_with = "redact::kept_line")]
    pub name: String,
    /// How they are reached: an address of any kind.
    #[serde(deserialize_with = "redact::kept_line")]
    pub reach: String,
    /// May be empty.
    #[serde(deserialize_with = "redact::kept_text")]
    pub message: String,
    pub via: Via,
    pub at: Timestamp,
}

impl Interest {
    /// With one person in the place of another.
    #[must_use]
    pub fn moved(self, was: PersonId, is: PersonId) -> Self {
        let (by_them, by_link) = (self.person == Some(was), self.via == Via::Link(was));
        Self {
            id: if by_them { InterestId::from_person(self.gig, is) } else { self.id },
            person: if by_them { Some(is) } else { self.person },
            via: if by_link { Via::Link(is) } else { self.via },
            ..self
        }
    }
}

/// In characters.
pub const NAME: usize = 80;
pub const REACH: usize = 200;
pub const MESSAGE: usize = 1000;

/// Words in the name of a program that reads pages for itself. What fetches a card for a post mostly calls itself no browser at all.
const PROGRAMS: [&str; 14] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "fetch",
    "embed",
    "external",
    "headless",
    "scan",
    "monitor",
    "archive",
    "lighthouse",
    "+http",
];

/// Whether a request looks like a person's who reads the page now: a browser's, and nothing that a browser fetches ahead.
pub fn is_reader(user_agent: Option<&str>, purpose: Option<&str>) -> bool {
    let agent = user_agent.unwrap_or_default().to_lowercase();
    let ahead = purpose.is_some_and(|purpose| {
        let purpose = purpose.to_lowercase();
        purpose.contains("prefetch") || purpose.contains("prerender") || purpose.contains("preview")
    });
    agent.contains("mozilla/") && !ahead && !PROGRAMS.iter().any(|word| agent.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    #[test]
    fn a_code_leads_to_the_account_whose_post_carries_it() {
        let (gig, ana, bo) = (GigId::of(&[b"g"]), AccountId::of(&[b"ana"]), AccountId::of(&[b"bo"]));
        let of = |code: &Code| Via::of_post(gig, code, [(ana, 1), (bo, 3)]);
        assert_eq!(of(&DeliveryId::from_step(gig, ana, 0).code()), Some(Via::Post(ana)));
        assert_eq!(of(&DeliveryId::from_step(gig, bo, 3).code()), Some(Via::Post(bo)));
        assert_eq!(of(&DeliveryId::from_step(gig, ana, 9).code()), None, "no such delivery was ever opened");
        assert_eq!(of(&DeliveryId::from_step(GigId::of(&[b"h"]), bo, 1).code()), None, "it is another gig's");
    }

    #[test]
    fn only_a_browser_that_shows_the_page_now_counts() {
        assert!(is_reader(Some(BROWSER), None));
        assert!(!is_reader(Some(BROWSER), Some("prefetch;prerender")));
        for program in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "http.rb/5.1.1 (Town/4.3.0; +https://social.example/)",
            "Mozilla/5.0 (compatible; SomethingElse/1.0; +https://x.example)",
            "curl/8.5.0",
            "",
        ] {
            assert!(!is_reader(Some(program), None), "{program}");
        }
        assert!(!is_reader(None, None));
    }
}
