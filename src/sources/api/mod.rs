//! Any JSON endpoint that lists gigs, read by a small mapping in the config.
//!
//! ```toml
//! [[source]]
//! name = "arbeitnow"
//! kind = "api"
//! url = "https://www.arbeitnow.com/api/job-board-api"
//! items = "data"
//! paging = "page"
//! [source.fields]
//! id = "slug"
//! title = "title"
//! url = "url"
//! ```
//!
//! What is missing from such a list has not ended: these lists are windows. Where the operator knows better (`list = "whole"`), it has,
//! once all pages were read to their end and every item on them could be named.

mod headline;
pub(super) mod mapping;
pub(super) mod path;

use super::fetch;
use super::offer::{OFFERS, Offers};
use super::reading::{shown, text};
use crate::config::{ApiConfig, ApiList, ApiPaging};
use crate::failure::{Failure, Why};
use crate::gig::address;
use crate::gig::employment::Employment;
use crate::ports::{Auth, BoxFuture, Completeness, Cursor, Follow, Look, Request, Response, Source, Wire};
use crate::secret::Secret;
use mapping::{Mapping, Weight};
use path::Path;
use serde_json::Value;
use url::Url;

/// A longer answer is refused, unless the operator says otherwise.
pub const API_LIST_BYTES: usize = 8 * 1024 * 1024;

/// So many pages are read in one look; lists begin with the newest.
const PAGES: usize = 10;

const REDIRECTS: u8 = 3;

/// The cursor's key: this address has been read before.
const READ: &str = "read";

/// The cursor's key: the last look saw all of a list that is whole.
const WHOLE: &str = "whole";

#[derive(Debug)]
pub struct Api {
    url: Url,
    items: Path,
    mapping: Mapping,
    paging: Paging,
    list: ApiList,
    auth: Auth,
    employment: Vec<Employment>,
    max_bytes: usize,
}

#[derive(Debug)]
enum Paging {
    None,
    Page { parameter: String },
    Offset { parameter: String },
    Next { path: Path, parameter: String },
}

impl Api {
    /// What the config describes. `secret` is the whole value of its header, where it names one.
    pub fn new(config: &ApiConfig, secret: Option<Secret>) -> Result<Self, Why> {
        let written = address::publishable(&config.url).map_err(|wrong| Why::new(format!("the `url` {wrong}")))?;
        let url = Url::parse(&written).map_err(|wrong| Why::new(format!("the `url` is no address: {wrong}")))?;
        let path =
            |key: &str, written: &str| Path::parse(written).map_err(|wrong| Why::new(format!("`{key}`: {wrong}")));
        let paging = match &config.paging {
            ApiPaging::None => Paging::None,
            ApiPaging::Page { parameter } => Paging::Page { parameter: parameter.clone() },
            ApiPaging::Offset { parameter } => Paging::Offset { parameter: parameter.clone() },
            ApiPaging::Next { path: written, parameter } => {
                Paging::Next { path: path("next", written)?, parameter: parameter.clone() }
            }
        };
        let auth = match (&config.auth, secret) {
            (Some(auth), Some(value)) => Auth::Header { name: auth.header.clone(), value },
            (None, _) => Auth::None,
            (Some(auth), None) => {
                return Err(Why::new(format!(
                    "`auth_env` names the environment variable {}, and that is not set",
                    auth.env
                )));
            }
        };
        let (items, mapping) = (path("items", &config.items)?, Mapping::parse(&config.fields)?);
        let (list, employment, max_bytes) = (config.list, Vec::new(), API_LIST_BYTES);
        Ok(Self { url, items, mapping, paging, list, auth, employment, max_bytes })
    }

    /// Takes offers of these kinds only; all of them when it is empty.
    #[must_use]
    pub fn only(self, employment: Vec<Employment>) -> Self {
        Self { employment, ..self }
    }

    /// Refuses an answer that is longer than this, instead of [`API_LIST_BYTES`].
    #[must_use]
    pub fn at_most(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    fn request(&self, url: &Url) -> Request {
        let mut request = Request::get(url.as_str()).header("accept", "application/json").auth(self.auth.clone());
        request.follow = Follow::Upto(REDIRECTS);
        request.max_bytes = self.max_bytes;
        request
    }

    async fn read(&self, wire: &dyn Wire, since: &Cursor) -> Result<Look, Failure> {
        let mut cursor = Cursor([(READ.to_owned(), "yes".to_owned())].into());
        let (mut offers, mut from, mut not_before) = (Offers::default(), 0, None);
        let (mut url, mut complete) = (self.url.clone(), Completeness::Partial);
        let mut are_named = self.list == ApiList::Whole;
        for page in 1..=PAGES {
            let mut request = self.request(&url);
            if matches!(self.paging, Paging::None) {
                request = fetch::only_if_changed(request, since);
            }
            let answer = fetch::ask(wire, request).await?;
            not_before = not_before.max(fetch::not_before(&answer, None));
            if answer.status == 304 {
                let mut cursor = since.clone();
                fetch::keep_validators(&mut cursor, &answer);
                if since.0.contains_key(WHOLE) && self.list == ApiList::Whole {
                    complete = Completeness::AsBefore;
                }
                return Ok(Look { cursor, not_before, complete, ..Look::default() });
            }
            let document = Self::document(&answer).map_err(|failure| Self::again(failure, since))?;
            let items = self.list(&document).map_err(|failure| Self::again(failure, since))?;
            let new = self.take(items, from, &mut offers);
            if page == 1 {
                self.complain(items, &mut offers).map_err(|failure| Self::again(failure, since))?;
                if matches!(self.paging, Paging::None) {
                    fetch::keep_validators(&mut cursor, &answer);
                }
            }
            from += items.len();
            are_named &= items.iter().all(|item| self.mapping.name(item).is_some());
            let is_last = items.is_empty();
            // A server that takes no notice of the page asked for gives the same one for ever.
            let is_stuck = (new == 0 && !is_last) || offers.len() >= OFFERS;
            let next = if is_last || is_stuck { None } else { self.next(&document, page + 1, from)? };
            if let Some(next) = next {
                url = next;
                continue;
            }
            if are_named && !is_stuck {
                complete = Completeness::Complete;
                cursor.0.insert(WHOLE.to_owned(), "yes".to_owned());
            }
            break;
        }
        let (sightings, refused) = offers.taken(&self.employment);
        Ok(Look { sightings, refused, cursor, not_before, complete, ..Look::default() })
    }

    fn document(answer: &Response) -> Result<Value, Failure> {
        if !answer.is_success() {
            return Err(fetch::refusal(answer, "list"));
        }
        serde_json::from_slice(&answer.body).map_err(|wrong| {
            let kind = answer.header("content-type").unwrap_or("no content type");
            Failure::Permanent(Why::new(format!("this is {kind}, and not JSON that can be read: {wrong}")))
        })
    }

    fn list<'a>(&self, document: &'a Value) -> Result<&'a Vec<Value>, Failure> {
        let permanent = |said: String| Failure::Permanent(Why::new(said));
        let written = self.items.written();
        let found = self.items.find(document);
        let found = found.map_err(|miss| permanent(format!("`items` is `{written}`, and in the answer {miss}")))?;
        found.as_array().ok_or_else(|| {
            permanent(format!("`items` is `{written}`, and a list belongs there; found is {}", shown(found)))
        })
    }

    /// Reads a page's items; how many of them had not been read before.
    fn take(&self, items: &[Value], from: usize, offers: &mut Offers) -> usize {
        let mut new = 0;
        for (at, item) in items.iter().enumerate() {
            match self.mapping.offer(item) {
                Ok(Some(offer)) => new += usize::from(offers.add(offer)),
                Ok(None) => {}
                Err(said) => {
                    let what = self.mapping.name(item).unwrap_or_else(|| format!("item {}", from + at + 1));
                    offers.refuse(what, said);
                }
            }
        }
        new
    }

    /// What is wrong with the mapping as a whole: the look fails where no item could become a gig, else it is told beside the gigs.
    fn complain(&self, items: &[Value], offers: &mut Offers) -> Result<(), Failure> {
        if items.is_empty() {
            return Ok(());
        }
        let misses = self.mapping.misses(items);
        let needed: Vec<&str> =
            misses.iter().filter(|miss| miss.weight == Weight::Needed).map(|miss| miss.said.as_str()).collect();
        if offers.len() == 0 && !needed.is_empty() {
            return Err(Failure::Permanent(Why::new(needed.join("; "))));
        }
        for miss in misses {
            offers.refuse(miss.key, miss.said);
        }
        Ok(())
    }

    /// What could be read before is likely to be readable again: a page for repairs must not end a source.
    fn again(failure: Failure, since: &Cursor) -> Failure {
        match failure {
            Failure::Permanent(why) if since.0.contains_key(READ) => Failure::Transient(why),
            other => other,
        }
    }

    /// Where the next page is; nothing at the end.
    fn next(&self, document: &Value, page: usize, from: usize) -> Result<Option<Url>, Failure> {
        match &self.paging {
            Paging::None => Ok(None),
            Paging::Page { parameter } => Ok(Some(with(&self.url, parameter, &page.to_string()))),
            Paging::Offset { parameter } => Ok(Some(with(&self.url, parameter, &from.to_string()))),
            Paging::Next { path, parameter } => {
                // At the end it is null, empty or not there at all.
                let Some(next) = path.find(document).ok().and_then(text) else { return Ok(None) };
                if !(next.contains("://") || next.starts_with(['/', '?'])) {
                    return Ok(Some(with(&self.url, parameter, &next)));
                }
                match self.url.join(&next) {
                    // A list may not lead us, and what we carry for it, to someone else's.
                    Ok(url) if url.origin() == self.url.origin() => Ok(Some(url)),
                    _ => Err(Failure::Permanent(Why::new(format!(
                        "`next` is `{}`, and what stands there leads to another server",
                        path.written()
                    )))),
                }
            }
        }
    }
}

/// The address with this parameter, in the place of one of its name.
fn with(url: &Url, parameter: &str, value: &str) -> Url {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != parameter)
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(parameter, value);
    url
}

impl Source for Api {
    fn look<'a>(&'a self, wire: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(self.read(wire, since))
    }
}
