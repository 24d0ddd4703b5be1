//! Feeds: RSS, Atom and JSON Feed, looked at politely.
//!
//! This file speaks HTTP (what has not changed is not sent again, what a server asks for is obeyed) and gives what
//! came to the reader of its format. Items come oldest first, as they were published, so that announcements do too.

mod hub;
mod json;
mod xml;

use super::fetch;
use crate::clock::Timestamp;
use crate::failure::{Failure, Why};
use crate::gig::{Sighting, address};
use crate::id::digest;
use crate::ports::{BoxFuture, Cursor, Follow, Look, Refused, Request, Response, Source, Wire};
use crate::pushing::Pushed;
use std::collections::BTreeSet;
use std::time::Duration;

/// A longer feed is refused, unless the operator says otherwise.
pub const FEED_BYTES: usize = 8 * 1024 * 1024;

/// Of a longer feed, the newest are read.
pub const FEED_ITEMS: usize = 500;

/// A longer id is not kept as it is.
const KEPT_BYTES: usize = 500;

const REDIRECTS: u8 = 5;

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
    text/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

/// The cursor's keys, beside those of its validators.
/// Minutes that the feed itself asks to be left alone; an answer without a body cannot repeat it.
const TTL: &str = "ttl";
/// What it was when it was last read. Its absence means that this address has never been a feed.
const FORMAT: &str = "format";

#[derive(Debug)]
pub struct Feed {
    url: String,
    max_bytes: usize,
}

/// What a reader of one format finds, in the order of the document.
#[derive(Debug, Default)]
struct Found {
    format: &'static str,
    sightings: Vec<Sighting>,
    refused: Vec<Refused>,
    ttl_minutes: Option<u64>,
    ended: bool,
}

impl Feed {
    /// A feed at an `http:` or `https:` address.
    pub fn at(url: &str) -> Result<Self, Why> {
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(Why::new(format!("the address of a feed begins with https://, and `{url}` does not")));
        }
        address::publishable(url)
            .map(|url| Self { url, max_bytes: FEED_BYTES })
            .map_err(|wrong| Why::new(format!("the feed's address {wrong}")))
    }

    /// Refuses a feed that is longer than this, instead of [`FEED_BYTES`].
    #[must_use]
    pub fn at_most(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    fn request(&self, since: &Cursor) -> Request {
        let mut request = Request::get(&self.url).header("accept", ACCEPT);
        request.follow = Follow::Upto(REDIRECTS);
        request.max_bytes = self.max_bytes;
        fetch::only_if_changed(request, since)
    }

    fn read(&self, answer: &Response, since: &Cursor) -> Result<Look, Failure> {
        match answer.status {
            200..300 => self.read_body(answer, since),
            304 => Ok(unchanged(answer, since)),
            410 => Ok(Look { ended: true, cursor: since.clone(), ..Look::default() }),
            _ => Err(fetch::refusal(answer, "feed")),
        }
    }

    fn read_body(&self, answer: &Response, since: &Cursor) -> Result<Look, Failure> {
        let found = self.read_format(answer).map_err(|said| {
            let why = Why::new(said);
            // What was a feed before is likely to be one again: a page for repairs must not end a source.
            if since.0.contains_key(FORMAT) { Failure::Transient(why) } else { Failure::Permanent(why) }
        })?;
        let mut cursor = Cursor::default();
        fetch::keep_validators(&mut cursor, answer);
        cursor.0.insert(FORMAT.to_owned(), found.format.to_owned());
        if let Some(minutes) = found.ttl_minutes {
            cursor.0.insert(TTL.to_owned(), minutes.to_string());
        }
        let (sightings, refused) = arrange(found.sightings, found.refused);
        Ok(Look {
            sightings,
            refused,
            not_before: not_before(answer, &cursor),
            cursor,
            ended: found.ended,
            pushing: hub::offered(&self.url, answer, text(answer)),
            ..Look::default()
        })
    }

    fn read_format(&self, answer: &Response) -> Result<Found, String> {
        let body = text(answer);
        let kind = answer.header("content-type").unwrap_or("no content type");
        match Looks::of(body) {
            Looks::Json => json::read(&self.url, body).map_err(|wrong| format!("this is JSON ({kind}), but {wrong}")),
            Looks::Xml => {
                xml::read(&self.url, body, charset(kind)).map_err(|wrong| format!("this is XML ({kind}), but {wrong}"))
            }
            Looks::Page => Err(format!("this is a web page ({kind}), not a feed: give the address of the feed itself")),
            Looks::Empty => Err(format!("the answer is empty ({kind}), not a feed")),
            Looks::Other => Err(format!("this is {kind}, not a feed: it begins with neither `<` nor `{{`")),
        }
    }
}

impl Source for Feed {
    fn look<'a>(&'a self, wire: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(async move {
            let answer = fetch::ask(wire, self.request(since)).await?;
            self.read(&answer, since)
        })
    }

    /// A hub sends what the feed's own address would answer, or the new items of it.
    fn read_pushed(&self, pushed: &Pushed) -> Result<Look, Failure> {
        let as_answer = Response {
            status: 200,
            headers: vec![("content-type".to_owned(), pushed.content_type.clone())],
            body: pushed.body.clone(),
            received: pushed.received,
            allowance: None,
            retry_after: None,
            excerpt: String::new(),
        };
        self.read_body(&as_answer, &Cursor::default())
    }
}

/// The body without what may stand before its first letter.
fn text(answer: &Response) -> &[u8] {
    answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii_start()
}

/// What the first bytes of an answer look like; content types are too often wrong to ask.
enum Looks {
    Empty,
    Json,
    Page,
    Xml,
    Other,
}

impl Looks {
    fn of(body: &[u8]) -> Self {
        match body.first() {
            None => Self::Empty,
            Some(b'{' | b'[') => Self::Json,
            Some(b'<') => {
                let head = body[..body.len().min(20)].to_ascii_lowercase();
                if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") { Self::Page } else { Self::Xml }
            }
            // The byte order marks of UTF-16, in which some old feeds are still written.
            Some(0xfe | 0xff) => Self::Xml,
            Some(_) => Self::Other,
        }
    }
}

fn charset(content_type: &str) -> Option<&str> {
    let charset = content_type.split(';').find_map(|part| part.trim().strip_prefix("charset="))?.trim_matches('"');
    charset.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).then_some(charset)
}

fn unchanged(answer: &Response, since: &Cursor) -> Look {
    let mut cursor = since.clone();
    fetch::keep_validators(&mut cursor, answer);
    Look { not_before: not_before(answer, &cursor), cursor, ..Look::default() }
}

fn not_before(answer: &Response, cursor: &Cursor) -> Option<Timestamp> {
    let ttl = cursor.0.get(TTL).and_then(|m| m.parse::<u64>().ok()).map(|m| Duration::from_secs(m.saturating_mul(60)));
    fetch::not_before(answer, ttl)
}

/// Oldest first: by date when every item has one, else from the end of the document, since feeds begin with the newest.
fn arrange(found: Vec<Sighting>, mut refused: Vec<Refused>) -> (Vec<Sighting>, Vec<Refused>) {
    let mut seen = BTreeSet::new();
    let mut sightings = Vec::new();
    for sighting in found {
        if seen.insert(sighting.native.clone()) {
            sightings.push(sighting);
        } else {
            let why = Why::new("another item of this feed has the same id; only the first of them is read");
            refused.push(Refused { what: sighting.native, why });
        }
    }
    sightings.reverse();
    if sightings.iter().all(|s| s.published.is_some()) {
        sightings.sort_by_key(|s| s.published);
    }
    if let Some(beyond) = sightings.len().checked_sub(FEED_ITEMS).filter(|n| *n > 0) {
        sightings.drain(..beyond);
        let why = Why::new(format!("the feed has more than {FEED_ITEMS} items; the {beyond} oldest are not read"));
        refused.push(Refused { what: "the feed".to_owned(), why });
    }
    (sightings, refused)
}

/// What stays the same for an item across looks: its own id, else its link, else what it says. Nothing when it is empty.
fn native(id: Option<&str>, link: Option<&str>, title: Option<&str>, body: Option<&str>) -> Option<String> {
    let said = |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    match said(id).or_else(|| said(link)) {
        Some(native) if native.len() <= KEPT_BYTES => Some(native),
        Some(long) => Some(hash(&[&long])),
        None => {
            let (title, body) = (said(title), said(body));
            (title.is_some() || body.is_some())
                .then(|| hash(&[title.unwrap_or_default().as_str(), body.unwrap_or_default().as_str()]))
        }
    }
}

fn hash(parts: &[&str]) -> String {
    let parts: Vec<&[u8]> = parts.iter().map(|p| p.as_bytes()).collect();
    digest("item", &parts)[..16].iter().fold("hash:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}
