//! Gigs as feeds: Atom for every reader there is, JSON Feed for programs, with pay, place and status in its extension `_gig`.
//!
//! Pure rendering of plain data. A gig that has ended stays in and says so, since whoever follows a feed wants to know; its
//! `updated` moves with its revision. An entry's id is made of the gig's own and of no address, so that moving the server to
//! another name makes nothing look new.

use crate::clock::Timestamp;
use crate::gig::zones::Zones;
use crate::gig::{Gig, Pay, PayUnit, Status};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde_json::{Value, json};
use std::io;

pub const ATOM_TYPE: &str = "application/atom+xml; charset=utf-8";
pub const JSON_TYPE: &str = "application/feed+json; charset=utf-8";

#[derive(Debug)]
pub struct Feed<'a> {
    pub title: String,
    /// The page that shows the same, and the address of the feed itself.
    pub page: String,
    pub address: String,
    /// Newest first, and behind them those whose end alone is told.
    pub entries: Vec<Entry<'a>>,
}

/// Why a gig is in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is one of the newest.
    Among,
    /// Newer ones have taken its place, and it has ended since.
    Behind,
}

#[derive(Debug)]
pub struct Entry<'a> {
    pub gig: &'a Gig,
    pub standing: Standing,
    pub poster: &'a str,
    /// The gig's page.
    pub url: String,
    /// Pay, place and closing day in one line; may be empty.
    pub summary: String,
    /// The name of its category, as people read it.
    pub category: Option<&'a str>,
}

impl Feed<'_> {
    /// When anything in it changed last; 1970 while there is nothing.
    pub fn updated(&self) -> Timestamp {
        self.entries.iter().map(|entry| entry.gig.revised).max().unwrap_or(Timestamp::EPOCH)
    }

    pub fn atom(&self) -> String {
        let mut writer = Writer::new(Vec::new());
        self.write_atom(&mut writer).expect("writing into memory does not fail");
        String::from_utf8(writer.into_inner()).expect("only text was written")
    }

    fn write_atom(&self, to: &mut Writer<Vec<u8>>) -> io::Result<()> {
        to.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let feed = to.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
        let buries = self.entries.iter().any(Entry::is_buried);
        let tombstones = ("xmlns:at", "http://purl.org/atompub/tombstones/1.0");
        let feed = if buries { feed.with_attribute(tombstones) } else { feed };
        feed.write_inner_content(|to| {
            text(to, "id", &self.address)?;
            text(to, "title", &self.title)?;
            text(to, "updated", &self.updated().to_string())?;
            link(to, "self", &self.address)?;
            link(to, "alternate", &self.page)?;
            self.entries.iter().try_for_each(|entry| entry.write_atom(to))
        })?;
        Ok(())
    }

    pub fn json(&self) -> String {
        json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.title,
            "home_page_url": self.page,
            "feed_url": self.address,
            "items": self.entries.iter().map(Entry::json).collect::<Vec<_>>(),
        })
        .to_string()
    }
}

impl Entry<'_> {
    fn id(&self) -> String {
        format!("urn:gigcast:{}", self.gig.id)
    }

    /// Shown as a new entry, what stands behind the newest would be taken for one.
    fn is_buried(&self) -> bool {
        self.gig.status == Status::Withdrawn || self.standing == Standing::Behind
    }

    fn published(&self) -> Timestamp {
        self.gig.terms.published.unwrap_or(self.gig.first_seen)
    }

    /// With the word for how it ended, where it has.
    fn line(&self) -> String {
        let ended = match self.gig.status {
            Status::Open => None,
            Status::Filled => Some("Filled"),
            Status::Expired => Some("Expired"),
            Status::Withdrawn => Some("Withdrawn"),
        };
        let parts: Vec<&str> = ended.into_iter().chain((!self.summary.is_empty()).then_some(&*self.summary)).collect();
        parts.join(" · ")
    }

    /// A reader shows nothing for an entry without any text.
    fn words(&self) -> &str {
        let terms = &self.gig.terms;
        if terms.description.is_empty() { &terms.title } else { &terms.description }
    }

    fn write_atom(&self, to: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let terms = &self.gig.terms;
        if self.is_buried() {
            // A tombstone (RFC 6721): readers that know it take the entry away, the others never see it again.
            let (id, when) = (self.id(), self.gig.revised.to_string());
            let entry = to.create_element("at:deleted-entry");
            entry.with_attributes([("ref", id.as_str()), ("when", when.as_str())]).write_empty()?;
            return Ok(());
        }
        let entry = to.create_element("entry");
        let entry = match &terms.language {
            Some(language) => entry.with_attribute(("xml:lang", language.as_str())),
            None => entry,
        };
        entry.write_inner_content(|to| {
            text(to, "id", &self.id())?;
            text(to, "title", &terms.title)?;
            text(to, "updated", &self.gig.revised.to_string())?;
            text(to, "published", &self.published().to_string())?;
            to.create_element("author").write_inner_content(|to| text(to, "name", self.poster))?;
            link(to, "alternate", &self.url)?;
            link(to, "related", &terms.apply_url)?;
            for term in self.category.into_iter().chain(terms.skills.iter().map(String::as_str)) {
                to.create_element("category").with_attribute(("term", legal(term).as_str())).write_empty()?;
            }
            text(to, "summary", &self.line())?;
            text(to, "content", self.words())
        })?;
        Ok(())
    }

    fn json(&self) -> Value {
        let Gig { terms, status, revised, .. } = self.gig;
        let mut item = json!({
            "id": self.id(),
            "url": self.url,
            "external_url": terms.apply_url,
            "title": terms.title,
            "content_text": self.words(),
            "date_published": self.published().to_string(),
            "date_modified": revised.to_string(),
            "tags": terms.skills,
            "authors": [{ "name": self.poster }],
            "_gig": { "status": status.word(), "remote": terms.place.remote },
        });
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                item[key] = value;
            }
        };
        put("summary", Some(self.line()).filter(|line| !line.is_empty()).map(Value::from));
        put("language", terms.language.clone().map(Value::from));
        let gig = &mut item["_gig"];
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                gig[key] = value;
            }
        };
        put("category", terms.category.clone().map(Value::from));
        put("budget", terms.pay.as_ref().map(budget));
        put("locations", (!terms.place.locations.is_empty()).then(|| terms.place.locations.clone().into()));
        put("time_zones", terms.place.zones.map(|zones| time_zones(&zones)));
        put("expires_at", terms.closes.filter(|at| *at != Timestamp::NEVER).map(|at| at.to_string().into()));
        item
    }
}

/// Offsets from UTC and the least overlap with them, in minutes.
pub fn time_zones(zones: &Zones) -> Value {
    let Zones { from_minutes, to_minutes, overlap_minutes } = *zones;
    json!({ "from_minutes": from_minutes, "to_minutes": to_minutes, "overlap_minutes": overlap_minutes })
}

/// As other feeds write it: bounds, currency and unit. What is no money stands there in a word.
fn budget(pay: &Pay) -> Value {
    let bounds = |min: &u64, max: &u64, currency: &str, per: PayUnit| {
        let unit = if per == PayUnit::Project { "TOTAL".to_owned() } else { per.word().to_uppercase() };
        json!({ "min": min, "max": max, "currency": currency, "unit": unit })
    };
    match pay {
        Pay::Fixed { amount, currency } => bounds(amount, amount, currency, PayUnit::Project),
        Pay::Rate { amount, currency, per } => bounds(amount, amount, currency, *per),
        Pay::Range { min, max, currency, per } => bounds(min, max, currency, *per),
        Pay::Barter => "barter".into(),
        Pay::Unpaid => "unpaid".into(),
    }
}

fn text(to: &mut Writer<Vec<u8>>, name: &str, words: &str) -> io::Result<()> {
    to.create_element(name).write_text_content(BytesText::new(&legal(words)))?;
    Ok(())
}

fn link(to: &mut Writer<Vec<u8>>, rel: &str, href: &str) -> io::Result<()> {
    let href = legal(href);
    to.create_element("link").with_attributes([("rel", rel), ("href", href.as_str())]).write_empty()?;
    Ok(())
}

/// XML has no way at all to write some characters; one of them would make the whole feed unreadable.
fn legal(text: &str) -> String {
    let is_legal = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(is_legal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::{Place, Revision, Terms};
    use crate::id::{GigId, PersonId, SourceId};

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn gig(title: &str, status: Status) -> Gig {
        Gig {
            id: GigId::of(&[title.as_bytes()]),
            revision: Revision::FIRST,
            status,
            poster: PersonId::of(&[b"acme"]),
            source: SourceId::of(&[b"board"]),
            native: "81".into(),
            terms: Terms {
                title: title.into(),
                description: "SVG & PNG,\n\n]]> please.".into(),
                category: Some("design/brand".into()),
                skills: vec!["logo \"big\"".into()],
                pay: Some(Pay::Rate { amount: 40, currency: "EUR".into(), per: PayUnit::Hour }),
                place: Place { remote: true, locations: vec!["Berlin".into()], zones: None },
                language: Some("en".into()),
                organisation: None,
                closes: Some(NOON),
                openings: None,
                apply_url: "https://acme.example/apply?a=1&b=2".into(),
                published: None,
                urgency: crate::gig::Urgency::Usual,
                ring: None,
            },
            republish: crate::gig::Republish::Allowed,
            first_seen: NOON,
            revised: NOON,
        }
    }

    fn feed<'a>(gigs: &'a [Gig]) -> Feed<'a> {
        let entry = |gig: &'a Gig| Entry {
            gig,
            standing: Standing::Among,
            poster: "Acme & <Sons>",
            url: format!("https://gigs.example/g/{}", gig.id),
            summary: "€40 per hour · Remote".into(),
            category: Some("Brand and logo"),
        };
        Feed {
            title: "All gigs".into(),
            page: "https://gigs.example/".into(),
            address: "https://gigs.example/feeds/all".into(),
            entries: gigs.iter().map(entry).collect(),
        }
    }

    #[test]
    fn what_was_withdrawn_is_a_tombstone_and_what_was_filled_says_so() {
        let gigs = [gig("Logo", Status::Open), gig("Menu", Status::Withdrawn), gig("Sign", Status::Filled)];
        let atom = feed(&gigs).atom();
        let buried = format!("<at:deleted-entry ref=\"urn:gigcast:{}\" when=\"{}\"/>", gigs[1].id, gigs[1].revised);
        assert!(atom.contains(&buried) && atom.contains("http://purl.org/atompub/tombstones/1.0"), "{atom}");
        assert!(!atom.contains("Menu") && atom.contains("Filled · "), "{atom}");
        assert!(!feed(&gigs[..1]).atom().contains("tombstones"));
    }

    #[test]
    fn of_what_stands_behind_the_newest_the_end_is_told_by_a_tombstone() {
        let gigs = [gig("Logo", Status::Open), gig("Menu", Status::Filled)];
        let mut told = feed(&gigs);
        told.entries[1].standing = Standing::Behind;
        let atom = told.atom();
        assert!(atom.contains(&format!("<at:deleted-entry ref=\"urn:gigcast:{}\"", gigs[1].id)), "{atom}");
        assert!(!atom.contains("Menu") && atom.contains("<title>Logo</title>"), "{atom}");
        let json: Value = serde_json::from_str(&told.json()).unwrap();
        assert_eq!(json["items"][1]["_gig"]["status"], "filled", "JSON Feed has no tombstones");
    }

    #[test]
    fn atom_survives_whatever_a_title_holds() {
        let gigs = [gig("</title><script>\u{b}\u{ffff}🎨 لوگو", Status::Open)];
        let read = feed_rs::parser::parse(feed(&gigs).atom().as_bytes()).unwrap();
        assert_eq!(read.entries.len(), 1);
        let entry = &read.entries[0];
        assert_eq!(entry.id, format!("urn:gigcast:{}", gigs[0].id));
        assert_eq!(entry.title.as_ref().unwrap().content, "</title><script>🎨 لوگو");
        assert_eq!(entry.authors[0].name.as_deref(), Some("Acme & <Sons>"));
        assert_eq!(entry.content.as_ref().unwrap().body.as_deref(), Some("SVG & PNG,\n\n]]> please."));
        assert_eq!(entry.links[1].href, "https://acme.example/apply?a=1&b=2");
    }

    #[test]
    fn a_json_feed_says_of_a_gig_what_a_program_needs() {
        let gigs = [gig("Logo", Status::Filled)];
        let read: Value = serde_json::from_str(&feed(&gigs).json()).unwrap();
        let item = &read["items"][0];
        assert_eq!(item["summary"], "Filled · €40 per hour · Remote");
        let said = json!({
            "status": "filled", "remote": true, "category": "design/brand", "locations": ["Berlin"],
            "budget": { "min": 40, "max": 40, "currency": "EUR", "unit": "HOUR" }, "expires_at": "2026-11-21T12:00:00.000Z",
        });
        assert_eq!(item["_gig"], said);
    }

    #[test]
    fn a_feed_without_gigs_is_a_feed_all_the_same() {
        assert_eq!(feed_rs::parser::parse(feed(&[]).atom().as_bytes()).unwrap().entries.len(), 0);
        assert_eq!(feed(&[]).updated(), Timestamp::EPOCH);
    }
}
