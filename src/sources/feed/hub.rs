//! Where a feed says that a hub pushes it (WebSub, section 4): in `Link` headers, in elements of the feed itself, or in `hubs` of a JSON
//! Feed. Only the feed speaks for itself: what stands inside an item is its author's.

use crate::ports::Response;
use crate::pushing::{Hub, Pushing};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;
use url::Url;

/// A longer address is none that we would ask for.
const ADDRESS_BYTES: usize = 1000;

/// What was found in one place.
#[derive(Debug, Default)]
struct Links {
    hub: Option<String>,
    topic: Option<String>,
}

/// What the answer that brought the feed at `url` says of a hub. The headers come first; the topic is the address that the feed gives as
/// its own, which need not be the one that was asked.
pub(super) fn offered(url: &str, answer: &Response, body: &[u8]) -> Pushing {
    let values = answer.headers.iter().filter(|(name, _)| name == "link").map(|(_, value)| value.as_str());
    let mut links = in_headers(values);
    if links.hub.is_none() || links.topic.is_none() {
        let inside = if body.first() == Some(&b'<') { in_xml(body) } else { in_json(body) };
        links = Links { hub: links.hub.or(inside.hub), topic: links.topic.or(inside.topic) };
    }
    let address = |written: &str| {
        let address = Url::parse(url).ok()?.join(written.trim()).ok()?;
        let fits = matches!(address.scheme(), "http" | "https")
            && address.username().is_empty()
            && address.password().is_none()
            && address.as_str().len() <= ADDRESS_BYTES;
        fits.then(|| address.to_string())
    };
    let topic = links.topic.as_deref().and_then(address).unwrap_or_else(|| url.to_owned());
    match links.hub.as_deref().and_then(address) {
        Some(url) => Pushing::By(Hub { url, topic }),
        None => Pushing::Never,
    }
}

impl Links {
    /// The first of each counts.
    fn note(&mut self, relations: &str, target: &str) {
        for relation in relations.split_ascii_whitespace() {
            let place = match relation.to_ascii_lowercase().as_str() {
                "hub" => &mut self.hub,
                "self" => &mut self.topic,
                _ => continue,
            };
            place.get_or_insert_with(|| target.to_owned());
        }
    }
}

/// `<https://hub.example/>; rel="hub", <https://acme.example/feed>; rel=self`, in one header or in many.
fn in_headers<'a>(values: impl Iterator<Item = &'a str>) -> Links {
    let mut links = Links::default();
    for value in values {
        let mut rest = value;
        while let Some((target, behind)) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) {
            let end = end_of_link(behind);
            for parameter in behind[..end].split(';') {
                if let Some((name, relations)) = parameter.split_once('=')
                    && name.trim().eq_ignore_ascii_case("rel")
                {
                    links.note(relations.trim().trim_matches('"'), target);
                }
            }
            rest = &behind[end..];
        }
    }
    links
}

/// A comma ends a link, unless it stands in quotes.
fn end_of_link(parameters: &str) -> usize {
    let mut quoted = false;
    let ends = parameters.char_indices().find(|(_, letter)| {
        quoted ^= *letter == '"';
        *letter == ',' && !quoted
    });
    ends.map_or(parameters.len(), |(at, _)| at)
}

fn in_json(body: &[u8]) -> Links {
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return Links::default() };
    let hubs = document["hubs"].as_array().into_iter().flatten();
    let is_websub = |hub: &&Value| hub["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("websub"));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Links {
        hub: hubs.into_iter().find(is_websub).and_then(|hub| text(&hub["url"])),
        topic: text(&document["feed_url"]),
    }
}

/// `<atom:link rel="hub" href="..">` in RSS, `<link ..>` in Atom, outside of all items.
fn in_xml(body: &[u8]) -> Links {
    let mut links = Links::default();
    let mut reader = Reader::from_reader(body);
    let config = reader.config_mut();
    config.check_end_names = false;
    let mut inside_items = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                if is_item(element.local_name().as_ref()) {
                    inside_items += 1;
                } else if inside_items == 0 {
                    note_element(&element, &mut links);
                }
            }
            Ok(Event::Empty(element)) if inside_items == 0 => note_element(&element, &mut links),
            Ok(Event::End(element)) if is_item(element.local_name().as_ref()) => {
                inside_items = inside_items.saturating_sub(1);
            }
            Ok(Event::Eof) | Err(_) => return links,
            Ok(_) => {}
        }
    }
}

fn is_item(name: &str) -> bool {
    matches!(name, "item" | "entry")
}

fn note_element(element: &BytesStart<'_>, links: &mut Links) {
    if element.local_name().as_ref() != "link" {
        return;
    }
    let attribute = |name: &str| {
        let found = element.try_get_attribute(name).ok().flatten()?;
        Some(quick_xml::escape::unescape(&found.value).ok()?.into_owned())
    };
    if let (Some(relations), Some(target)) = (attribute("rel"), attribute("href")) {
        links.note(&relations, &target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FEED: &str = "https://acme.example/gigs/feed.xml";

    fn found(headers: &[&str], body: &str) -> Pushing {
        let answer =
            Response::saying(200, body).under(&headers.iter().map(|value| ("link", *value)).collect::<Vec<_>>());
        offered(FEED, &answer, body.as_bytes())
    }

    fn by(url: &str, topic: &str) -> Pushing {
        Pushing::By(Hub { url: url.to_owned(), topic: topic.to_owned() })
    }

    const ATOM: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/gigs/own.xml?a=1&amp;b=2"/>
        <link href="https://hub.example/" rel="hub"/><entry><link rel="hub" href="https://author.example/"/></entry></feed>"#;

    #[test]
    fn each_place_where_a_hub_may_be_named_is_read() {
        let own = "https://acme.example/gigs/own.xml?a=1&b=2";
        assert_eq!(found(&[], ATOM), by("https://hub.example/", own));
        let rss = r#"<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>https://acme.example</link>
            <atom:link rel="hub" href="https://hub.example/rss"></atom:link></channel></rss>"#;
        assert_eq!(
            found(&[], rss),
            by("https://hub.example/rss", FEED),
            "without a self link the topic is what was asked"
        );
        let json = r#"{"feed_url": "https://acme.example/feed.json",
            "hubs": [{"type": "rssCloud", "url": "https://a.example"}, {"type": "WebSub", "url": "https://b.example/"}]}"#;
        assert_eq!(found(&[], json), by("https://b.example/", "https://acme.example/feed.json"));
        let header = "<https://acme.example/next>; rel=\"next\"; title=\"a, b\", <https://h.example/>; rel=hub";
        assert_eq!(
            found(&[header, "</own>; rel=\"self alternate\""], ATOM),
            by("https://h.example/", "https://acme.example/own")
        );
        assert_eq!(found(&["<https://h.example/>; rel=\"hub\""], ATOM), by("https://h.example/", own));
    }

    #[test]
    fn an_item_does_not_choose_the_hub_and_what_is_no_address_is_none() {
        let item = r#"<feed><entry><content type="xhtml"><link rel="hub" href="https://author.example/"/></content></entry></feed>"#;
        assert_eq!(found(&[], item), Pushing::Never);
        for target in ["javascript:alert(1)", "ftp://hub.example/", "https://a:b@hub.example/", "http://"] {
            assert_eq!(found(&[&format!("<{target}>; rel=hub")], "{}"), Pushing::Never, "{target}");
        }
        for header in [
            "",
            "<",
            "<>",
            "hub",
            "<https://h.example/>",
            "<https://h.example/>; rel",
            "<https://h.example/>; rel=\"hubs\"",
        ] {
            assert_eq!(found(&[header], "not a feed"), Pushing::Never, "{header}");
        }
        assert_eq!(found(&[], "<feed><link rel=\"hub\" href="), Pushing::Never);
    }

    proptest! {
        #[test]
        fn no_header_and_no_body_stops_us(header in "[<>;,=\"a-z: /é]{0,60}", body in "[<>/{}=\"a-z: &;é]{0,120}") {
            let _ = found(&[&header], &body);
            let _ = found(&[&format!("<https://h.example/>; rel=hub{header}")], &format!("<feed><link{body}"));
        }
    }
}
