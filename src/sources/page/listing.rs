//! Pages that lead to pages: sitemaps, indexes of sitemaps, and which links of a listing are worth following.

use super::charset;
use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

/// More addresses of one sitemap are not read; the format allows no more.
const ADDRESSES: usize = 50_000;
/// A longer address is not followed.
const ADDRESS_BYTES: usize = 500;

/// What a sitemap says.
#[derive(Debug, PartialEq, Eq)]
pub enum Sitemap {
    /// Pages: those named after jobs first, and of these the newest where dates are given.
    Pages(Vec<Entry>),
    /// Other sitemaps, those named after jobs first.
    Index(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    pub url: String,
    /// When it changed, as the sitemap writes it.
    pub modified: Option<String>,
}

/// Reads a sitemap; nothing when it is something else. One that breaks off is read as far as it goes.
pub fn sitemap(body: &[u8], content_type: Option<&str>) -> Option<Sitemap> {
    let text = charset::decode(body, content_type);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    // Before a whole page of HTML is read as XML.
    let root = text.find("<urlset").or_else(|| text.find("<sitemapindex")).or_else(|| text.find(":urlset"))?;
    if !text.starts_with('<') || text[..root].contains("<html") {
        return None;
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut open: Vec<String> = Vec::new();
    let (mut entries, mut entry, mut written): (Vec<Entry>, Entry, String) = Default::default();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) => {
                open.push(tag.local_name().as_ref().to_owned());
                written.clear();
            }
            Event::Text(text) => written.push_str(&text),
            Event::CData(text) => written.push_str(&text),
            Event::GeneralRef(named) => match (named.resolve_char_ref(), &*named) {
                (Ok(Some(c)), _) => written.push(c),
                (_, "amp") => written.push('&'),
                (_, "apos") => written.push('\''),
                (_, "quot") => written.push('"'),
                _ => {}
            },
            Event::End(_) => {
                let name = open.pop().unwrap_or_default();
                // Only its own: images and videos have a `loc` too.
                let within = open.last().map(String::as_str);
                match (name.as_str(), within) {
                    ("loc", Some("url" | "sitemap")) => written.trim().clone_into(&mut entry.url),
                    ("lastmod", Some("url" | "sitemap")) => {
                        entry.modified = Some(written.trim().chars().take(40).collect());
                    }
                    ("url" | "sitemap", Some(_)) => entries.push(std::mem::take(&mut entry)),
                    _ => {}
                }
                if entries.len() == ADDRESSES {
                    break;
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if entries.iter().all(|entry| entry.modified.is_some()) {
        entries.sort_by(|a, b| b.modified.cmp(&a.modified));
    }
    entries.sort_by_key(|entry| !names_jobs(&entry.url));
    Some(if text[root..].starts_with("<sitemapindex") { Sitemap::Index(entries) } else { Sitemap::Pages(entries) })
}

/// Of the links on a listing those that may lead to a job, the likeliest first: what is named after jobs, then what stands below the listing.
pub fn likely(links: &[String], listing: &Url) -> Vec<Entry> {
    let below = listing.path().trim_end_matches('/');
    let mut ranked: Vec<(u8, &String)> = links
        .iter()
        .filter_map(|link| {
            let url = Url::parse(link).ok()?;
            if !is_page(url.path()) || (url.path().trim_end_matches('/') == below && url.query() == listing.query()) {
                return None;
            }
            let is_below = url.path().strip_prefix(below).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1);
            let rank = match (is_below && !below.is_empty(), names_jobs(link)) {
                (true, true) => 0,
                (true, false) => 1,
                (false, true) => 2,
                (false, false) => 3,
            };
            Some((rank, link))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, url)| Entry { url: url.clone(), modified: None }).collect()
}

/// On the same host and port, and of a length to keep.
pub fn is_near(written: &str, home: &Url) -> bool {
    let same = |url: &Url| {
        let ports = (url.port_or_known_default(), home.port_or_known_default());
        url.host_str() == home.host_str() && (ports.0 == ports.1 || (url.port().is_none() && home.port().is_none()))
    };
    written.len() <= ADDRESS_BYTES
        && Url::parse(written).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && same(&url)
        })
}

/// In the languages that gigcast writes labels in.
const JOBS: &[&str] = &[
    "job",
    "gig",
    "career",
    "karriere",
    "vacan",
    "position",
    "opening",
    "opportunit",
    "role",
    "stelle",
    "ausschreibung",
    "emploi",
    "offre",
    "carriere",
    "empleo",
    "trabajo",
    "oferta",
    "vaga",
    "emprego",
    "project",
    "auftrag",
];

fn names_jobs(url: &str) -> bool {
    let low = url.split_once("://").map_or(url, |(_, rest)| rest).to_ascii_lowercase();
    let path = low.find('/').map_or("", |at| &low[at..]);
    JOBS.iter().any(|word| path.contains(word))
}

/// Not a picture, a paper, a script or a feed.
fn is_page(path: &str) -> bool {
    const OTHERS: &[&str] = &[
        "jpg", "jpeg", "png", "gif", "svg", "webp", "ico", "pdf", "doc", "docx", "xls", "xlsx", "zip", "gz", "mp3",
        "mp4", "css", "js", "json", "xml", "rss", "atom", "ics", "txt", "woff2",
    ];
    let file = path.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').is_none_or(|(_, ending)| !OTHERS.contains(&ending.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn urls(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.url.as_str()).collect()
    }

    #[test]
    fn a_sitemap_gives_its_own_addresses_the_newest_first() {
        let text = "\u{feff}<?xml version='1.0'?><urlset xmlns:image='x'>\
            <url><loc> https://a.example/1?x=1&amp;y=2 </loc><lastmod>2026-11-01</lastmod>\
            <image:image><image:loc>https://a.example/1.png</image:loc></image:image></url>\
            <url><loc><![CDATA[https://a.example/2]]></loc><lastmod>2026-11-20</lastmod></url>";
        let Some(Sitemap::Pages(pages)) = sitemap(text.as_bytes(), None) else { panic!("a sitemap") };
        assert_eq!(urls(&pages), ["https://a.example/2", "https://a.example/1?x=1&y=2"]);
        assert_eq!(pages[0].modified.as_deref(), Some("2026-11-20"));
    }

    #[test]
    fn an_index_gives_its_sitemaps_those_of_jobs_first() {
        let text = "<sitemapindex><sitemap><loc>https://a.example/news.xml</loc></sitemap>\
            <sitemap><loc>https://a.example/jobs.xml</loc></sitemap></sitemapindex>";
        let Some(Sitemap::Index(maps)) = sitemap(text.as_bytes(), None) else { panic!("an index") };
        assert_eq!(urls(&maps), ["https://a.example/jobs.xml", "https://a.example/news.xml"]);
        for other in ["<html><pre><urlset></pre>", "<rss/>", "", "urlset", "&lt;urlset"] {
            assert_eq!(sitemap(other.as_bytes(), None), None, "{other}");
        }
    }

    #[test]
    fn of_links_those_that_may_be_jobs_are_likeliest() {
        let listing = Url::parse("https://a.example/join/").unwrap();
        let links = ["/about", "/join", "/join/7", "/x.PDF", "/vacancies/8", "/join/job-9", "/join?page=2"]
            .map(|path| format!("https://a.example{path}"));
        let likely = likely(&links, &listing);
        let paths: Vec<_> = urls(&likely).into_iter().map(|url| &url["https://a.example".len()..]).collect();
        assert_eq!(paths, ["/join/job-9", "/join/7", "/vacancies/8", "/about", "/join?page=2"]);
    }

    #[test]
    fn only_the_same_host_is_near() {
        let home = Url::parse("http://a.example/jobs").unwrap();
        for (url, near) in [
            ("https://A.example/1", true),
            ("http://a.example:80/1", true),
            ("http://a.example:8080/1", false),
            ("http://b.example/1", false),
            ("http://a.example.evil.example/1", false),
            ("http://bo@a.example/1", false),
            ("ftp://a.example/1", false),
            ("/1", false),
        ] {
            assert_eq!(is_near(url, &home), near, "{url}");
        }
        assert!(!is_near(&format!("http://a.example/{}", "x".repeat(500)), &home));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(noise in any::<Vec<u8>>(), text in "<urlset(>|<|/|url|loc|&amp;|&|<!\\[CDATA\\[|\\]\\]>|[a-z ]){0,40}") {
            let _ = (sitemap(&noise, None), sitemap(text.as_bytes(), None));
        }
    }
}
