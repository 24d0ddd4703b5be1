//! What is done with bytes that anyone may have written, and what must hold of it whatever they are.
//!
//! Beside "nothing panics, nothing hangs": what is made of them obeys what the rest of gigcast relies on. `tests/long/fuzz` makes inputs by
//! the million; `tests/it/corpus.rs` runs those that were kept, in every run.

use bytes::Bytes;
use futures_util::FutureExt;
use gigcast::base64url;
use gigcast::clock::{Timestamp, WallClock};
use gigcast::config::{ApiConfig, ApiList, ApiPaging, HookConfig, HookScheme};
use gigcast::failure::Failure;
use gigcast::gig::normalise::{Context, Outcome, normalise};
use gigcast::gig::zones::{self, Heard};
use gigcast::gig::{Sighting, pay};
use gigcast::id::{PersonId, SourceId};
use gigcast::ports::{BoxFuture, Cursor, Look, Refused, Request, Response, Source, Wire};
use gigcast::pushing::{Pushed, Pushing};
use gigcast::secret::Secret;
use gigcast::signature::{Hash, hex, is_hub_signature, mac};
use gigcast::sources::api::Api;
use gigcast::sources::feed::{FEED_ITEMS, Feed};
use gigcast::sources::hook::{Door, Hook};
use gigcast::sources::page;
use http::{HeaderMap, HeaderName, HeaderValue};
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

fn answer(headers: Vec<(String, String)>, body: &[u8]) -> Response {
    Response {
        status: 200,
        headers,
        body: Bytes::copy_from_slice(body),
        received: NOW,
        allowance: None,
        retry_after: None,
        excerpt: String::new(),
        moved: None,
    }
}

fn look(source: &dyn Source, body: &[u8]) -> Option<Look> {
    look_at(source, Vec::new(), body)
}

fn look_at(source: &dyn Source, headers: Vec<(String, String)>, body: &[u8]) -> Option<Look> {
    let wire = Always(answer(headers, body));
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
    assert!(natives.iter().all(|native| native.len() <= 500), "an id without end");
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

/// Places, as people write in which time zones they are.
pub fn zones(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for line in text.lines() {
        if let Heard::Plain(zones) = zones::read(line) {
            assert!(
                -12 * 60 <= zones.from_minutes && zones.from_minutes <= zones.to_minutes && zones.to_minutes <= 14 * 60
            );
            assert!(zones.overlap_minutes.is_none_or(|least| (1..=12 * 60).contains(&least)), "an overlap of {zones}");
        }
    }
    let (places, description) = text.split_once("\n\n").unwrap_or((text, text));
    let places: Vec<String> = places.lines().map(str::to_owned).collect();
    let read = zones::of(&places, description);
    assert_eq!(read, zones::of(&places, description));
}

/// Pay as people write it.
pub fn money(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(read) = pay::parse(text) {
        assert_eq!(pay::sane(read.clone()), Some(read.clone()), "pay that cannot be meant, of {text:?}");
        assert_eq!(pay::parse(&format!("  {text}\t")), Some(read), "space around {text:?} changes what it says");
    }
}

/// What both sides of a webhook know in this play.
const SHARED: &str = "sixteen letters and as many again";

/// What somebody posts to us: lines `name: value`, an empty line, and the body. As a webhook of each scheme, and as what a hub sends.
pub fn hook(input: &[u8]) {
    let (headers, body) = message(input);
    by_standard_webhooks(headers.clone(), body);
    by_github(headers.clone(), body);
    let written = headers.get("x-hub-signature").and_then(|value| value.to_str().ok());
    if written.is_some_and(|written| is_hub_signature(written, SHARED.as_bytes(), body)) {
        let tags = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .map(|hash| hex(&mac(hash, SHARED.as_bytes(), &[body])));
        assert!(tags.iter().any(|tag| written.is_some_and(|written| written.to_ascii_lowercase().contains(tag))));
    }
    read_as_webhook(body);
    read_as_a_hubs(&headers, body);
}

/// A line that is no header is passed over, as a server would refuse it.
fn message(input: &[u8]) -> (HeaderMap, &[u8]) {
    let end = input.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 2..]));
    let header = |line: &[u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        Some((HeaderName::from_bytes(&line[..colon]).ok()?, value))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in head.split(|byte| *byte == b'\n').filter_map(header).take(100) {
        headers.append(name, value);
    }
    (headers, body)
}

fn hook_config(scheme: HookScheme, items: &str) -> HookConfig {
    let fields = ["id", "title", "url", "description", "pay", "closes", "status", "location", "employment"];
    let fields = fields.map(|field| (field.to_owned(), field.to_owned()));
    HookConfig { scheme, secret_env: "SECRET".to_owned(), items: items.to_owned(), fields: fields.into() }
}

fn door(scheme: HookScheme, secret: &str) -> Door {
    Door::new(&hook_config(scheme, ""), Some(&Secret::new(secret))).expect("these secrets are long enough")
}

fn longer(body: &[u8]) -> Vec<u8> {
    [body, b" "].concat()
}

/// Nobody passes without the right signature, and with it only what was signed, in its time.
fn by_standard_webhooks(mut headers: HeaderMap, body: &[u8]) {
    let keys =
        [format!("whsec_{}", base64url::encode(SHARED.as_bytes())), format!("whpk_{}", base64url::encode(&[9; 32]))];
    let door = door(HookScheme::Standard, &keys.join(" "));
    let one = |name: &str| headers.get(name).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    let (id, time, written) = (one("webhook-id"), one("webhook-timestamp"), one("webhook-signature"));
    let right = base64url::encode(&mac(Hash::Sha256, SHARED.as_bytes(), &[&id, b".", &time, b".", body]));
    if door.admit(&headers, body, NOW).is_ok() {
        let written = String::from_utf8_lossy(&written).replace('+', "-").replace('/', "_");
        assert!(written.contains(&right), "a message that nobody signed passes");
    }
    let signature = HeaderValue::try_from(format!("v1,AAAA v1,{right}")).expect("letters and digits make a header");
    headers.insert("webhook-signature", signature);
    let Ok(known) = door.admit(&headers, body, NOW) else { return };
    let seconds = std::str::from_utf8(&time).ok().and_then(|time| time.parse::<u64>().ok());
    assert!(
        seconds.is_some_and(|seconds| seconds.abs_diff(NOW.as_millis() / 1000) <= 300),
        "out of its time: {seconds:?}"
    );
    assert!(!id.is_empty() && !id.contains(&b'.'), "an id by which it could be taken for another");
    assert_eq!(door.admit(&headers, body, NOW), Ok(known), "one message under two ids");
    assert!(door.admit(&headers, &longer(body), NOW).is_err(), "a changed body passes");
}

fn by_github(mut headers: HeaderMap, body: &[u8]) {
    let door = door(HookScheme::GitHub, SHARED);
    let right = hex(&mac(Hash::Sha256, SHARED.as_bytes(), &[body]));
    let written = headers.get("x-hub-signature-256").map(|value| value.as_bytes().to_ascii_lowercase());
    if door.admit(&headers, body, NOW).is_ok() {
        assert_eq!(written, Some(format!("sha256={right}").into_bytes()), "a message that nobody signed passes");
    }
    headers.insert("x-hub-signature-256", HeaderValue::try_from(format!("sha256={right}")).expect("it is hexadecimal"));
    assert!(door.admit(&headers, body, NOW).is_ok(), "a signed message does not pass");
    assert!(door.admit(&headers, &longer(body), NOW).is_err(), "a changed body passes");
}

fn pushed(content_type: &str, body: &[u8]) -> Pushed {
    Pushed { content_type: content_type.to_owned(), body: Bytes::copy_from_slice(body), received: NOW }
}

fn read_as_webhook(body: &[u8]) {
    for items in ["", "gigs"] {
        let hook = Hook::new(&hook_config(HookScheme::Standard, items)).expect("it has the fields that it needs");
        let Ok(read) = hook.read_pushed(&pushed("application/json", body)) else { continue };
        told_apart(&read.sightings);
        read.sightings.iter().for_each(may_become_a_gig);
        assert!(read.sightings.len() + read.refused.len() <= 500);
        let is_short = |refused: &Refused| refused.what.len() + refused.why.said.len() < 2000;
        assert!(read.refused.iter().all(is_short), "endless words");
    }
}

/// What a hub sends is what a look would have found, and an address of a hub is one that may be asked.
fn read_as_a_hubs(headers: &HeaderMap, body: &[u8]) {
    let source = Feed::at("https://acme.example/feed").expect("it is an address");
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let kind = headers.get("content-type").map(text).unwrap_or_default();
    let mut all: Vec<_> = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    all.retain(|(name, _)| name != "content-type");
    all.push(("content-type".to_owned(), kind.clone()));
    let Some(looked) = look_at(&source, all, body) else { return };
    let read = source.read_pushed(&pushed(&kind, body)).expect("what could be read can be read");
    assert_eq!(read.sightings, looked.sightings);
    if let Pushing::By(hub) = looked.pushing {
        for address in [hub.url, hub.topic] {
            let behind = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
            let host = behind.and_then(|behind| behind.split(['/', '?', '#']).next()).unwrap_or_default();
            assert!(!host.is_empty() && !host.contains('@') && address.len() <= 1000, "no address to ask: {address}");
        }
    }
}
