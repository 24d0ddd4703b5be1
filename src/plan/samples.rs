//! A gig, an account, its manner and three networks to plan with, shared by the tests of this module.

use crate::clock::Timestamp;
use crate::gig::{Gig, Pay, Place, Republish, Revision, Status, Terms};
use crate::id::{AccountId, GigId, PersonId, SourceId};
use crate::person::{Account, Audience, Changed, Ended, GrantState, Mode, Pace, Policy};
use crate::plan::Taxonomy;
use crate::plan::manner::{Manner, Speech};
use crate::profile::{Card, GrantShape, Idempotency, LinkCost, Listening, Profile, ReadBack, Support, TextLimit, Unit};
use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

/// Noon of 21 November 2026, UTC.
pub const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

pub fn gig() -> Gig {
    let source = SourceId::of(&[b"board"]);
    Gig {
        id: GigId::from_source(source, "81"),
        revision: Revision::FIRST,
        status: Status::Open,
        poster: PersonId::from_name("acme"),
        source,
        native: "81".to_owned(),
        terms: Terms {
            title: "Illustrator for a children's book".to_owned(),
            description:
                "Twelve spreads in watercolour or a digital style close to it. We print in March. Please send \
                          three pieces that you are proud of, and your day rate."
                    .to_owned(),
            category: Some("design/illustration".to_owned()),
            skills: vec!["watercolour".to_owned(), "children's books".to_owned()],
            pay: Some(Pay::Fixed { amount: 1200, currency: "EUR".to_owned() }),
            place: Place { remote: true, locations: Vec::new(), zones: None },
            language: Some("en".to_owned()),
            organisation: Some("Acme Press".to_owned()),
            closes: Some(NOW.plus(Duration::from_hours(12 * 24))),
            openings: None,
            apply_url: "https://acme.example/jobs/81".to_owned(),
            published: None,
            urgency: crate::gig::Urgency::Usual,
            ring: None,
        },
        republish: Republish::Allowed,
        first_seen: NOW,
        revised: NOW,
    }
}

pub fn account(native: &str) -> Account {
    Account {
        id: AccountId::from_native("sample", "social.example", native),
        owner: PersonId::from_name("acme"),
        network: "sample".to_owned(),
        server: "https://social.example".to_owned(),
        native: native.to_owned(),
        handle: "@acme@social.example".to_owned(),
        url: "https://social.example/@acme".to_owned(),
        linked: NOW,
        grant: GrantState::Linked,
        policy: Policy { changed: Changed::Reply, ended: Ended::Edit },
        mode: Mode::Auto,
        pace: Pace {
            posts_per_day: 12,
            gap: Duration::from_mins(5),
            quiet: None,
            windows: Vec::new(),
            zone: "UTC".to_owned(),
            worth_saying_for: None,
        },
        audience: Audience::default(),
    }
}

/// English, in UTC, without a template.
pub fn manner() -> Manner<'static> {
    static SPEECH: LazyLock<Speech> = LazyLock::new(Speech::default);
    SPEECH.manner(&gig(), &account("1"), Taxonomy::builtin())
}

/// 500 characters, a link counts 23.
pub fn flat() -> Profile {
    network(TextLimit { max: 500, unit: Unit::Graphemes, link: LinkCost::Flat(23), max_bytes: None }, Card::ByServer)
}

/// 300 characters and 3,000 bytes, a link stands behind other words, the card is ours.
pub fn hidden() -> Profile {
    network(TextLimit { max: 300, unit: Unit::Graphemes, link: LinkCost::Hidden, max_bytes: Some(3000) }, Card::ByUs)
}

/// 5,000 code points, a link counts in full.
pub fn written() -> Profile {
    network(TextLimit { max: 5000, unit: Unit::CodePoints, link: LinkCost::AsWritten, max_bytes: None }, Card::None)
}

fn network(text: TextLimit, card: Card) -> Profile {
    Profile {
        id: Cow::Borrowed("sample"),
        name: Cow::Borrowed("Sample"),
        docs: Cow::Borrowed("https://docs.example"),
        checked: Cow::Borrowed("2026-11-21"),
        text,
        card,
        edit: Support::Yes,
        delete: Support::Yes,
        reply: Support::Yes,
        reshare: Support::Yes,
        idempotency: Idempotency::None,
        read_back: ReadBack::ByRecentPosts,
        engagement: Listening { kinds: Cow::Borrowed(&[]), push: Support::No },
        quotas: Cow::Borrowed(&[]),
        grant: GrantShape::Token,
        price: None,
    }
}
