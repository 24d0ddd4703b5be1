//! What is done with bytes that anyone may have written, and what must hold of it whatever they are.
//!
//! Beside "nothing panics, nothing hangs": what is made of them obeys what the rest of gigcast relies on. `tests/long/fuzz` makes inputs by
//! the million; `tests/it/corpus.rs` runs those that were kept, in every run.

use bytes::Bytes;
use futures_util::FutureExt;
use gigcast::clock::{Timestamp, WallClock};
use gigcast::config::{ApiConfig, ApiList, ApiPaging};
use gigcast::failure::Failure;
use gigcast::gig::normalise::{Context, Outcome, normalise};
use gigcast::gig::{Sighting, pay};
use gigcast::id::{PersonId, SourceId};
use gigcast::ports::{BoxFuture, Cursor, Look, Request, Response, Source, Wire};
use gigcast::sources::api::Api;
use gigcast::sources::feed::{FEED_ITEMS, Feed};
use gigcast::sources::page;
use std::collections::BTreeSet;

const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// A server that always gives the same answer.
struct Always(Response);

impl Wire for Always {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let answer = self.0.clone();
        Box::pin(async move { Ok(answer) })
    }
}

fn answer(body: &[u8]) -> Response {
    Response {
        status: 200,
        headers: Vec::new(),
        body: Bytes::copy_from_slice(body),
        received: NOW,
        allowance: None,
        retry_after: None,
        excerpt: String::new(),
        moved: None,
    }
}

fn look(source: &dyn Source, body: &[u8]) -> Option<Look> {
    let wire = Always(answer(body));
    let looked = source.look(&wire, &Cursor::default()).now_or_never();
    looked.expect("nothing waits where every answer is there").ok()
}

/// What becomes of a sighting is a gig that can be shown, or a reason.
fn may_become_a_gig(sighting: &Sighting) {
    let context = Context {
        poster: PersonId::of(&[b"acme"]),
        source: SourceId::of(&[b"fuzz"]),
        now: NOW,
        wall: WallClock::Sound,
        known: None,
        classify: &|_, _, _, _| None,
    };
    if let Ok(Outcome::New(gig)) = normalise(sighting, &context) {
        let title = &gig.terms.title;
        assert!(!title.trim().is_empty(), "a gig without a title");
        assert!(!title.chars().any(char::is_control), "control characters in a title: {title:?}");
        let apply = &gig.terms.apply_url;
        let schemes = ["https://", "http://", "mailto:"];
        assert!(schemes.iter().any(|scheme| apply.starts_with(scheme)), "an address to apply at that is none: {apply}");
        assert!(
            gig.terms.pay.clone().is_none_or(|pay| pay::sane(pay.clone()) == Some(pay)),
            "pay that cannot be meant"
        );
    }
}

fn told_apart(sightings: &[Sighting]) {
    let natives: BTreeSet<&str> = sightings.iter().map(|sighting| sighting.native.as_str()).collect();
    assert_eq!(natives.len(), sightings.len(), "two gigs under one id");
    assert!(!natives.contains(""), "a gig without an id");
}

/// An RSS, Atom or JSON feed.
pub fn feed(input: &[u8]) {
    let source = Feed::at("https://acme.example/feed").expect("it is an address");
    let Some(looked) = look(&source, input) else { return };
    assert!(looked.sightings.len() <= FEED_ITEMS);
    told_apart(&looked.sightings);
    looked.sightings.iter().for_each(may_become_a_gig);
    let again = look(&source, input).expect("what could be read can be read");
    assert_eq!(again.sightings, looked.sightings);
}

/// A web page with JSON-LD or microdata.
pub fn page(input: &[u8]) {
    let found = page::postings(input, None, "https://acme.example/jobs");
    assert!(found.sightings.len() <= 500);
    found.sightings.iter().for_each(may_become_a_gig);
    assert!(found.links.iter().chain(&found.leads).all(|link| !link.starts_with("javascript:")));
}

/// A mapping (one line: `items`, `id`, `title`, `url`, `description`, `pay`, parted by tabs), and under it what an API answers.
pub fn mapping(input: &[u8]) {
    let (head, body) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let Ok(head) = std::str::from_utf8(head) else { return };
    let mut paths = head.split('\t').map(str::to_owned);
    let items = paths.next().unwrap_or_default();
    let fields = ["id", "title", "url", "description", "pay"].map(str::to_owned);
    let config = ApiConfig {
        list: ApiList::Window,
        url: "https://acme.example/api".to_owned(),
        items,
        paging: ApiPaging::None,
        auth: None,
        fields: fields.into_iter().zip(paths).filter(|(_, path)| !path.is_empty()).collect(),
    };
    let Ok(source) = Api::new(&config, None) else { return };
    let Some(looked) = look(&source, body) else { return };
    told_apart(&looked.sightings);
    looked.sightings.iter().for_each(may_become_a_gig);
}

/// Pay as people write it.
pub fn money(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(read) = pay::parse(text) {
        assert_eq!(pay::sane(read.clone()), Some(read.clone()), "pay that cannot be meant, of {text:?}");
        assert_eq!(pay::parse(&format!("  {text}\t")), Some(read), "space around {text:?} changes what it says");
    }
}
