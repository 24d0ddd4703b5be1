//! What a page source remembers between looks: which pages it knows, what each said last, and which are to be asked next. Kept in the cursor.
//!
//! Bounded: a listing of ten thousand pages is followed as far as [`PAGES`] go, and says so.

use super::dates;
use super::listing::Entry;
use crate::clock::Timestamp;
use crate::ports::{Cursor, Request, Response};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// Of a longer listing, the first are followed.
pub const PAGES: usize = 500;

/// A page that says nothing new (it holds no job, is gone, or its sitemap says that it hasn't changed) is asked again after this.
const QUIET: Duration = Duration::from_hours(7 * 24);
/// A page that its listing no longer names is asked so often whether it is gone, then forgotten.
const FAREWELLS: u8 = 3;
/// A longer validator is not kept.
const VALIDATOR_BYTES: usize = 120;

/// The cursor's keys: some by themselves, one for each listing or sitemap, and one for each page.
const KIND: &str = "kind";
const BEGUN: &str = "begun";
const OVERFLOWED: &str = "overflowed";
const LIST: &str = "list:";
const PAGE: &str = "page:";

/// What the source's own address turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Page,
    Listing,
    Sitemap,
    Index,
}

const WORDS: [(Kind, &str); 4] =
    [(Kind::Page, "page"), (Kind::Listing, "listing"), (Kind::Sitemap, "sitemap"), (Kind::Index, "index")];

/// For conditional requests; opaque, kept to the letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Validators {
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

impl Validators {
    pub(super) fn of(answer: &Response) -> Self {
        let kept = |name| answer.header(name).filter(|value| value.len() <= VALIDATOR_BYTES).map(str::to_owned);
        Self { etag: kept("etag"), last_modified: kept("last-modified") }
    }

    pub(super) fn ask(&self, mut request: Request) -> Request {
        for (header, value) in [("if-none-match", &self.etag), ("if-modified-since", &self.last_modified)] {
            if let Some(value) = value {
                request = request.header(header, value.clone());
            }
        }
        request
    }
}

/// A page, as it was last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    #[serde(flatten)]
    pub validators: Validators,
    /// Its place in the listing: the first is asked first.
    #[serde(rename = "o", default)]
    order: u32,
    /// The listing that names it; nothing once none does.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// When it changed, as its sitemap said when the page was last read, and as it says now.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    read_as: Option<String>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    listed_as: Option<String>,
    /// In seconds since 1970; zero for never.
    #[serde(rename = "r", default)]
    read: u64,
    /// Times that it was asked since no listing names it.
    #[serde(rename = "x", default)]
    farewells: u8,
    /// It was there at the first look, and has not been read since.
    #[serde(rename = "b", default)]
    pub belated: bool,
    /// Nothing was to be had from it when it was last read.
    #[serde(rename = "q", default)]
    pub barren: bool,
    /// The ids of its jobs.
    #[serde(rename = "n", default, skip_serializing_if = "Vec::is_empty")]
    pub natives: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub kind: Option<Kind>,
    /// When the first look was.
    pub begun: Option<Timestamp>,
    /// Pages that the listings of this look name beyond [`PAGES`].
    pub beyond: usize,
    /// Some listing named more than that once.
    pub overflowed: bool,
    pub lists: BTreeMap<String, Validators>,
    pub pages: BTreeMap<String, Known>,
}

impl Memory {
    /// What cannot be read is forgotten: the page is read anew.
    pub(super) fn of(cursor: &Cursor) -> Self {
        let number = |key| cursor.0.get(key).and_then(|value| value.parse::<u64>().ok());
        let mut memory = Self {
            kind: cursor.0.get(KIND).and_then(|word| WORDS.iter().find(|(_, w)| w == word)).map(|(kind, _)| *kind),
            begun: number(BEGUN).map(Timestamp::from_millis),
            overflowed: cursor.0.contains_key(OVERFLOWED),
            ..Self::default()
        };
        for (key, value) in &cursor.0 {
            if let Some(url) = key.strip_prefix(LIST) {
                memory.lists.insert(url.to_owned(), serde_json::from_str(value).unwrap_or_default());
            } else if let Some(url) = key.strip_prefix(PAGE) {
                memory.pages.insert(url.to_owned(), serde_json::from_str(value).unwrap_or_default());
            }
        }
        memory
    }

    pub(super) fn cursor(&self) -> Cursor {
        let mut kept = BTreeMap::new();
        if let Some((_, word)) = WORDS.iter().find(|(kind, _)| Some(*kind) == self.kind) {
            kept.insert(KIND.to_owned(), (*word).to_owned());
        }
        kept.extend(self.begun.map(|begun| (BEGUN.to_owned(), begun.as_millis().to_string())));
        if self.overflowed || self.beyond > 0 {
            kept.insert(OVERFLOWED.to_owned(), "yes".to_owned());
        }
        let written = |value: serde_json::Result<String>| value.expect("texts and numbers can always be written");
        for (url, list) in &self.lists {
            kept.insert(format!("{LIST}{url}"), written(serde_json::to_string(list)));
        }
        for (url, page) in &self.pages {
            kept.insert(format!("{PAGE}{url}"), written(serde_json::to_string(page)));
        }
        Cursor(kept)
    }

    /// For a person: what the source is, and how far it has been read.
    pub(super) fn told(&self, kind: Kind) -> String {
        let what = match kind {
            Kind::Page => return "a page with JobPosting in it".to_owned(),
            Kind::Listing => "a listing",
            Kind::Sitemap => "a sitemap",
            Kind::Index => "an index of sitemaps",
        };
        let read = self.pages.values().filter(|page| page.read > 0).count();
        let with_jobs = self.pages.values().filter(|page| !page.natives.is_empty()).count();
        let pages = self.pages.len();
        format!(
            "{what} that leads to {pages} pages of its host: {read} read so far, {with_jobs} with JobPosting in them"
        )
    }

    /// What a listing names now, whole. Pages that it named before and doesn't any more take their leave.
    pub(super) fn listed(&mut self, list: &str, entries: &[Entry]) {
        let tag = tag(list);
        let (followed, others) = entries.split_at(entries.len().min(PAGES));
        let named = |entries: &'_ [Entry]| entries.iter().map(|entry| entry.url.clone()).collect::<HashSet<_>>();
        let (near, far) = (named(followed), named(others));
        // What newer pages pushed out is forgotten; what the listing dropped takes its leave.
        self.pages.retain(|url, page| page.from.as_ref() != Some(&tag) || near.contains(url) || !far.contains(url));
        for (url, page) in &mut self.pages {
            if page.from.as_ref() == Some(&tag) && !near.contains(url) {
                page.from = None;
            }
        }
        let mut beyond = others.len();
        for (order, entry) in (0u32..).zip(followed) {
            if let Some(page) = self.pages.get_mut(&entry.url) {
                page.from = Some(tag.clone());
                page.farewells = 0;
                (page.order, page.listed_as) = (order, entry.modified.clone());
            } else if self.pages.len() < PAGES {
                let page = Known {
                    order,
                    from: Some(tag.clone()),
                    listed_as: entry.modified.clone(),
                    belated: self.was_there(entry),
                    ..Known::default()
                };
                self.pages.insert(entry.url.clone(), page);
            } else {
                beyond += 1;
            }
        }
        self.beyond += beyond;
    }

    /// Whether a page that is new to us was there at the first look. Where that could not see all, only a date can tell.
    fn was_there(&self, entry: &Entry) -> bool {
        let Some(begun) = self.begun else { return true };
        let changed = entry.modified.as_deref().and_then(|at| dates::read(&at.into(), dates::Edge::Begin));
        self.overflowed && changed.is_none_or(|changed| changed < begun)
    }

    /// Lists that are named no more, with the pages that only they named.
    pub(super) fn only_lists(&mut self, named: &[String]) {
        let gone: Vec<String> = self.lists.keys().filter(|list| !named.contains(list)).cloned().collect();
        for list in gone {
            self.lists.remove(&list);
            self.listed(&list, &[]);
        }
    }

    /// Which pages to ask now: at most `most`, of which a quarter is kept for those that have been read before.
    pub(super) fn next(&self, now: Timestamp, most: usize) -> Vec<String> {
        let (fresh, known): (Vec<_>, Vec<_>) =
            self.pages.iter().filter(|(_, page)| page.is_due(now)).partition(|(_, page)| page.read == 0);
        let sorted = |mut pages: Vec<(&String, &Known)>, key: fn(&Known) -> (bool, u64, u32)| {
            pages.sort_by_key(|(_, page)| key(page));
            pages.into_iter().map(|(url, _)| url.clone()).collect::<Vec<_>>()
        };
        // What was there at the first look comes before what came since, so that it stays silent as a whole.
        let fresh = sorted(fresh, |page| (!page.belated, 0, page.order));
        let known = sorted(known, |page| (page.from.is_some() && !page.has_changed(), page.read, page.order));
        let spared = known.len().min(most / 4);
        let fresh: Vec<String> = fresh.into_iter().take(most - spared).collect();
        let room = most - fresh.len();
        fresh.into_iter().chain(known.into_iter().take(room)).collect()
    }

    /// The page was asked, whatever it answered. One that no listing names is forgotten in the end.
    pub(super) fn asked(&mut self, url: &str, now: Timestamp) {
        let Some(page) = self.pages.get_mut(url) else { return };
        page.read = (now.as_millis() / 1000).max(1);
        page.read_as = page.listed_as.clone();
        if page.from.is_none() {
            page.farewells += 1;
            if page.farewells >= FAREWELLS {
                self.pages.remove(url);
            }
        }
    }

    /// Another page that is still listed has given a job of this id.
    pub(super) fn is_taken(&self, native: &str, by_other_than: &str) -> bool {
        let mut others = self.pages.iter().filter(|(url, page)| *url != by_other_than && page.from.is_some());
        others.any(|(_, page)| page.natives.iter().any(|own| own == native))
    }
}

impl Known {
    fn has_changed(&self) -> bool {
        self.listed_as.is_some() && self.listed_as != self.read_as
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let is_quiet = self.barren || (self.listed_as.is_some() && !self.has_changed());
        let read = Timestamp::from_millis(self.read.saturating_mul(1000));
        self.read == 0 || self.from.is_none() || self.has_changed() || !is_quiet || now.since(read) >= QUIET
    }
}

/// A list's address, in few bytes: it stands in each of its pages.
fn tag(list: &str) -> String {
    super::posting::hash(&[list])[5..13].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn entries(urls: &[&str], modified: Option<&str>) -> Vec<Entry> {
        urls.iter().map(|url| Entry { url: (*url).to_owned(), modified: modified.map(str::to_owned) }).collect()
    }

    #[test]
    fn what_is_remembered_is_the_same_after_a_cursor() {
        let mut memory = Memory { kind: Some(Kind::Sitemap), begun: Some(NOON), overflowed: true, ..Memory::default() };
        memory.listed("l", &entries(&["a", "b"], Some("2026-11-01")));
        memory.pages.get_mut("a").unwrap().natives.push("81".to_owned());
        memory.pages.get_mut("a").unwrap().validators.etag = Some("W/\"1\"".to_owned());
        memory.lists.insert("l".to_owned(), Validators::default());
        let again = Memory::of(&memory.cursor());
        assert_eq!(again.cursor(), memory.cursor());
        assert_eq!((again.pages, again.kind), (memory.pages, memory.kind));
        let torn = Cursor([("page:a".to_owned(), "?".to_owned()), ("kind".to_owned(), "?".to_owned())].into());
        assert_eq!(Memory::of(&torn).pages["a"], Known::default());
    }

    #[test]
    fn new_pages_come_in_their_order_and_a_quarter_is_left_for_the_others() {
        let mut memory = Memory::default();
        memory.listed("l", &entries(&["z", "a", "m", "b"], None));
        assert_eq!(memory.next(NOON, 8), ["z", "a", "m", "b"]);
        memory.asked("z", NOON);
        memory.begun = Some(NOON);
        memory.listed("l", &entries(&["new", "z", "a", "m", "b"], None));
        assert_eq!(memory.next(NOON, 4), ["a", "m", "b", "z"], "what was there at first comes before what is new");
        assert_eq!(memory.next(NOON, 8), ["a", "m", "b", "new", "z"]);
    }

    #[test]
    fn a_page_that_its_sitemap_calls_unchanged_is_left_alone_for_a_week() {
        let mut memory = Memory::default();
        memory.listed("l", &entries(&["a"], Some("1")));
        memory.asked("a", NOON);
        assert!(memory.next(NOON.plus(Duration::from_hours(1)), 8).is_empty());
        assert_eq!(memory.next(NOON.plus(QUIET), 8), ["a"]);
        memory.listed("l", &entries(&["a"], Some("2")));
        assert_eq!(memory.next(NOON, 8), ["a"]);
    }

    #[test]
    fn a_page_that_left_its_listing_is_asked_three_times_and_forgotten() {
        let mut memory = Memory::default();
        memory.listed("l", &entries(&["a", "b"], None));
        memory.asked("a", NOON);
        memory.asked("b", NOON);
        memory.listed("l", &entries(&["b"], None));
        for _ in 0..3 {
            assert_eq!(memory.next(NOON, 1), ["a"], "before all that stay");
            memory.asked("a", NOON);
        }
        assert_eq!(memory.next(NOON, 8), ["b"]);
    }

    #[test]
    fn beyond_what_is_kept_pages_are_counted_and_no_more() {
        let urls: Vec<String> = (0..PAGES + 7).map(|n| n.to_string()).collect();
        let mut memory = Memory::default();
        memory.listed("l", &entries(&urls.iter().map(String::as_str).collect::<Vec<_>>(), None));
        assert_eq!((memory.pages.len(), memory.beyond), (PAGES, 7));

        // Of those that come in later, only a date tells the new ones.
        let mut memory = Memory { begun: Some(NOON), ..Memory::of(&memory.cursor()) };
        let mut later = entries(&["old"], Some("2026-11-01"));
        later.extend(entries(&["new"], Some("2026-11-30")));
        later.extend(entries(&urls[..PAGES].iter().map(String::as_str).collect::<Vec<_>>(), None));
        memory.listed("l", &later);
        assert_eq!((memory.pages["old"].belated, memory.pages["new"].belated), (true, false));
        assert_eq!((memory.pages.len(), memory.pages.contains_key("499")), (PAGES, false), "pushed out");
    }
}
