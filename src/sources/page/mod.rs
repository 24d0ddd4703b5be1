//! Web pages with schema.org `JobPosting` in them: one page, or a listing or sitemap that leads to many.
//!
//! Which of these an address is, its content says. This file speaks HTTP: what has not changed is not sent again, a listing is
//! followed on its own host only and a few pages a look, a server that asks us to wait is obeyed. The files beside it are pure: bytes to text
//! (`charset`), what of its markup matters (`markup`, `microdata`), JSON however it is written (`json`), which things are jobs (`things`),
//! one job as a sighting (`posting`, `salary`, `dates`), where a listing leads (`listing`), what is known from earlier looks (`memory`).
//!
//! A page that is gone (410) and a `validThrough` in the past end a gig. All else that can happen to a page does not: one that lost its job,
//! or answers 404, may be back tomorrow.

mod charset;
pub mod dates;
pub mod json;
pub mod listing;
mod markup;
mod memory;
mod microdata;
mod posting;
mod read;
mod salary;
mod things;

pub use memory::PAGES;
pub use read::{Found, postings};

use crate::clock::Timestamp;
use crate::failure::{Failure, Native, Scope, Why};
use crate::gig::address::{canonical_url, publishable};
use crate::gig::{Sighting, Status};
use crate::ports::{BoxFuture, Completeness, Cursor, Follow, Look, Refused, Request, Response, Source, Wire};
use crate::pushing::Pushing;
use listing::{Entry, Sitemap};
use memory::{Kind, Memory, Validators};
use url::Url;

/// So many requests are made in one look, the listing's own included.
pub const REQUESTS: usize = 20;
/// Of an index, so many sitemaps are read.
pub const SITEMAPS: usize = 5;
/// A longer page is refused; sitemaps may be twice as long.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;

const REDIRECTS: u8 = 3;
/// After so many pages that a server could not give, the rest waits for the next look.
const TROUBLES: u8 = 3;

const ACCEPT: &str = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1";

const NO_JOBS: &str = "the page holds no JobPosting and no links to follow; if a browser shows jobs there, a script \
    puts them in, and gigcast runs none";

#[derive(Debug)]
pub struct Page {
    url: Url,
}

impl Page {
    /// The page, listing or sitemap at an `http:` or `https:` address.
    pub fn at(url: &str) -> Result<Self, Why> {
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(Why::new(format!("the address of a page begins with https://, and `{url}` does not")));
        }
        let url = publishable(url).map_err(|wrong| Why::new(format!("the page's address {wrong}")))?;
        let mut url =
            Url::parse(&url).map_err(|wrong| Why::new(format!("the page's address cannot be read: {wrong}")))?;
        url.set_fragment(None);
        Ok(Self { url })
    }
}

impl Source for Page {
    fn look<'a>(&'a self, wire: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(async move {
            let visit = Visit {
                home: &self.url,
                wire,
                memory: Memory::of(since),
                requests: REQUESTS,
                heard: Vec::new(),
                refused: Vec::new(),
                not_before: None,
            };
            visit.look().await
        })
    }
}

/// One look, as it goes on.
struct Visit<'a> {
    home: &'a Url,
    wire: &'a dyn Wire,
    memory: Memory,
    /// That may still be made.
    requests: usize,
    heard: Vec<Heard>,
    refused: Vec<Refused>,
    not_before: Option<Timestamp>,
}

struct Heard {
    sighting: Sighting,
    belated: bool,
}

impl Visit<'_> {
    async fn look(mut self) -> Result<Look, Failure> {
        let home = self.home.to_string();
        let answer = self.ask(&home).await?;
        match answer.status {
            200..300 => self.read_home(&home, &answer).await?,
            304 => self.unchanged(&answer).await?,
            410 => {
                let all: Vec<String> = self.memory.pages.values().flat_map(|page| page.natives.clone()).collect();
                self.gone(all);
                return Ok(Look { ended: true, ..self.told() });
            }
            _ => return Err(refusal(&answer)),
        }
        if self.memory.kind != Some(Kind::Page) {
            self.follow(answer.received).await;
        }
        self.memory.begun.get_or_insert(answer.received);
        Ok(self.told())
    }

    fn told(mut self) -> Look {
        if self.memory.beyond > 0 && !self.memory.overflowed {
            let why = format!(
                "it leads to more than {PAGES} pages; {} are not followed. A sitemap of jobs alone, or one with dates (`lastmod`), leads further",
                self.memory.beyond
            );
            self.refused.push(Refused { what: self.home.to_string(), why: Why::new(why) });
        }
        // What was there before the first look must not be told as news, only because there was no time for it then.
        self.heard.sort_by_key(|heard| (!heard.belated, heard.sighting.published));
        Look {
            complete: Completeness::Partial,
            belated: self.heard.iter().filter(|heard| heard.belated).count(),
            sightings: self.heard.into_iter().map(|heard| heard.sighting).collect(),
            refused: self.refused,
            cursor: self.memory.cursor(),
            not_before: self.not_before,
            found: self.memory.kind.map(|kind| self.memory.told(kind)),
            ended: false,
            pushing: Pushing::Unsaid,
        }
    }

    /// A page or a listing, if it has changed since it was last asked for.
    async fn ask(&mut self, url: &str) -> Result<Response, Failure> {
        self.requests = self.requests.saturating_sub(1);
        let (known, max_bytes) = match self.memory.pages.get(url) {
            Some(page) => (Some(&page.validators), PAGE_BYTES),
            None => (self.memory.lists.get(url), 2 * PAGE_BYTES),
        };
        let mut request = Request::get(url).header("accept", ACCEPT);
        request.follow = Follow::Upto(REDIRECTS);
        request.max_bytes = max_bytes;
        let request = known.cloned().unwrap_or_default().ask(request);
        self.wire.send(request).await.map_err(|failure| match failure {
            // Reading changes nothing, so a lost answer is no riddle.
            Failure::Unknown(why) => Failure::Transient(why),
            known => known,
        })
    }

    async fn read_home(&mut self, home: &str, answer: &Response) -> Result<(), Failure> {
        let content_type = answer.header("content-type");
        match listing::sitemap(&answer.body, content_type) {
            Some(Sitemap::Index(maps)) => {
                self.memory.kind = Some(Kind::Index);
                let maps: Vec<String> =
                    maps.into_iter().map(|map| map.url).filter(|url| self.is_other(url)).take(SITEMAPS).collect();
                let lists: Vec<String> = maps.iter().cloned().chain([home.to_owned()]).collect();
                self.memory.only_lists(&lists);
                self.memory.lists.insert(home.to_owned(), Validators::of(answer));
                // An index that stays the same is not read again: those that fail now must be known then.
                for map in &maps {
                    self.memory.lists.entry(map.clone()).or_default();
                }
                self.read_maps(maps).await
            }
            Some(Sitemap::Pages(entries)) => {
                self.memory.kind = Some(Kind::Sitemap);
                self.list(home, entries, answer);
                Ok(())
            }
            None => {
                let found = postings(&answer.body, content_type, home);
                self.read_page_or_listing(home, found, answer)
            }
        }
    }

    fn read_page_or_listing(&mut self, home: &str, mut found: Found, answer: &Response) -> Result<(), Failure> {
        self.refused.append(&mut found.refused);
        if !found.sightings.is_empty() || (self.memory.kind == Some(Kind::Page) && found.leads.is_empty()) {
            self.memory.kind = Some(Kind::Page);
            self.memory.only_lists(&[]);
            let first = self.memory.begun.is_none();
            self.memory.listed(home, &[Entry { url: home.to_owned(), modified: None }]);
            if let Some(page) = self.memory.pages.get_mut(home) {
                page.validators = Validators::of(answer);
                page.belated &= first;
            }
            self.read_page(home, found.sightings, answer.received);
            return Ok(());
        }
        let entries = if found.leads.is_empty() {
            listing::likely(&found.links, self.home)
        } else {
            found.leads.into_iter().map(|url| Entry { url, modified: None }).collect()
        };
        if !entries.iter().any(|entry| self.is_other(&entry.url)) {
            let why = self.refused.pop().map_or_else(|| Why::new(NO_JOBS), |unread| unread.why);
            // What led somewhere before is likely to do so again: a page for repairs must not end a source.
            return Err(if self.memory.kind.is_some() { Failure::Transient(why) } else { Failure::Permanent(why) });
        }
        self.memory.kind = Some(Kind::Listing);
        self.list(home, entries, answer);
        Ok(())
    }

    fn list(&mut self, list: &str, entries: Vec<Entry>, answer: &Response) {
        self.memory.lists.insert(list.to_owned(), Validators::of(answer));
        let entries: Vec<Entry> = entries.into_iter().filter(|entry| self.is_other(&entry.url)).collect();
        self.memory.listed(list, &entries);
    }

    /// Another page of this host.
    fn is_other(&self, url: &str) -> bool {
        url != self.home.as_str() && listing::is_near(url, self.home)
    }

    /// The sitemaps of an index. One that cannot be had leaves what it said before.
    async fn read_maps(&mut self, maps: Vec<String>) -> Result<(), Failure> {
        let mut failed = None;
        let mut read = 0;
        for map in maps {
            match self.ask(&map).await {
                Ok(answer) if answer.is_success() => {
                    read += 1;
                    match listing::sitemap(&answer.body, answer.header("content-type")) {
                        Some(Sitemap::Pages(entries)) => self.list(&map, entries, &answer),
                        Some(Sitemap::Index(_)) => {
                            self.refuse(&map, "it is an index within an index, and is not followed");
                        }
                        None => self.refuse(&map, "it is no sitemap that can be read (nor are packed ones)"),
                    }
                }
                Ok(answer) if answer.status == 304 => read += 1,
                Ok(answer) => failed = Some(refusal(&answer)),
                Err(failure) => failed = Some(failure),
            }
            if matches!(failed, Some(Failure::RateLimited { .. })) {
                break;
            }
        }
        match failed {
            Some(failure) if read == 0 => Err(failure),
            Some(Failure::RateLimited { until, .. }) => {
                self.not_before = Some(until);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn refuse(&mut self, what: &str, why: &str) {
        self.refused.push(Refused { what: what.to_owned(), why: Why::new(why) });
    }

    async fn unchanged(&mut self, answer: &Response) -> Result<(), Failure> {
        self.not_before = answer.retry_after;
        if self.memory.kind != Some(Kind::Index) {
            return Ok(());
        }
        let maps = self.memory.lists.keys().filter(|list| *list != self.home.as_str()).cloned().collect();
        self.read_maps(maps).await
    }

    /// Asks the pages whose turn it is. Trouble with one of them is no trouble of the source.
    async fn follow(&mut self, now: Timestamp) {
        if self.not_before.is_some_and(|until| until > now) {
            return;
        }
        let mut troubles = 0;
        for url in self.memory.next(now, self.requests) {
            let answer = match self.ask(&url).await {
                Ok(answer) => answer,
                Err(Failure::RateLimited { until, .. }) => return self.not_before = Some(until),
                // Too long, or at an address that is not for us.
                Err(Failure::Permanent(why)) => {
                    self.refused.push(Refused { what: url.clone(), why });
                    self.barren(&url, now);
                    continue;
                }
                Err(_) => return,
            };
            match answer.status {
                200..300 => self.followed(&url, &answer),
                304 => {}
                410 => {
                    let natives = self.memory.pages.get_mut(&url).map(|page| std::mem::take(&mut page.natives));
                    self.gone(natives.unwrap_or_default());
                    self.barren(&url, now);
                    continue;
                }
                408 | 425 | 429 | 500..=599 => {
                    if let Failure::RateLimited { until, .. } = refusal(&answer) {
                        return self.not_before = Some(until);
                    }
                    troubles += 1;
                    if troubles == TROUBLES {
                        return;
                    }
                }
                // It may be back tomorrow, but hardly in an hour.
                _ => {
                    self.barren(&url, now);
                    continue;
                }
            }
            self.memory.asked(&url, now);
        }
    }

    fn barren(&mut self, url: &str, now: Timestamp) {
        if let Some(page) = self.memory.pages.get_mut(url) {
            page.barren = true;
        }
        self.memory.asked(url, now);
    }

    fn followed(&mut self, url: &str, answer: &Response) {
        let mut found = postings(&answer.body, answer.header("content-type"), url);
        self.refused.append(&mut found.refused);
        if let Some(page) = self.memory.pages.get_mut(url) {
            page.validators = Validators::of(answer);
        }
        self.read_page(url, found.sightings, answer.received);
    }

    /// What a page says now, under ids that no other page has.
    fn read_page(&mut self, url: &str, sightings: Vec<Sighting>, now: Timestamp) {
        let Some(before) = self.memory.pages.get(url).cloned() else { return };
        let mut natives = Vec::new();
        for (n, mut sighting) in sightings.into_iter().enumerate() {
            let own = canonical_url(url).unwrap_or_else(|| url.to_owned());
            let own = posting::short(&if n == 0 { own } else { format!("{own}#{n}") });
            // Some give all their jobs one id, and what was told apart once stays apart.
            if sighting.native != own && (before.natives.contains(&own) || self.memory.is_taken(&sighting.native, url))
            {
                sighting.native = own;
            }
            natives.push(sighting.native.clone());
            self.heard.push(Heard { sighting, belated: before.belated });
        }
        let Some(page) = self.memory.pages.get_mut(url) else { return };
        page.barren = natives.is_empty();
        page.belated = false;
        // A page that lost its jobs says nothing of them: should it be gone one day, they are known.
        for native in natives {
            if !page.natives.contains(&native) {
                page.natives.push(native);
            }
        }
        if page.natives.len() > read::POSTINGS {
            page.natives.drain(..page.natives.len() - read::POSTINGS);
        }
        self.memory.asked(url, now);
    }

    /// Tells of gigs that their page is gone for good; what they were, their last sighting said.
    fn gone(&mut self, natives: Vec<String>) {
        for native in natives {
            let sighting = Sighting { native, status: Some(Status::Expired), ..Sighting::default() };
            self.heard.push(Heard { sighting, belated: false });
        }
    }
}

fn refusal(answer: &Response) -> Failure {
    let why = |said: &str| Why::new(said).with_native(Native::new(answer.status, None, &answer.excerpt));
    match (answer.status, answer.retry_after) {
        (429, _) | (503, Some(_)) => Failure::RateLimited {
            until: answer.wait_until(),
            scope: Scope::Host,
            why: why("the server of the page asks us to wait"),
        },
        (408 | 425 | 500..=599, _) => Failure::Transient(why("the server of the page is in trouble")),
        (401 | 403, _) => Failure::Permanent(why("the page is not open to us")),
        (404, _) => Failure::Permanent(why("there is no page at this address")),
        (300..=399, _) => Failure::Permanent(why("the page's address leads on too often, or to nowhere")),
        _ => Failure::Permanent(why("the server of the page refuses the request")),
    }
}
