//! The job boards that companies have at hiring systems, by the board's name.
//!
//! A system is data (where it is asked, how it pages, what it says of a board it does not know) and one function from an item to an
//! offer, in a file of its own. What is asked of all of them is here: the list is read whole before anything is concluded, what has not
//! changed is not sent again, and an empty list says nothing until it was empty three times.

mod ashby;
mod greenhouse;
mod lever;
mod recruitee;
mod smartrecruiters;
mod workable;

use super::fetch;
use super::offer::{OFFERS, Offer, Offers};
use super::profile::SourceProfile;
use super::reading::shown;
use crate::clock::Timestamp;
use crate::failure::{Failure, Native, Why};
use crate::gig::employment::Employment;
use crate::ports::{BoxFuture, Completeness, Cursor, Follow, Look, Refused, Request, Response, Source, Wire};
use serde_json::Value;

/// Every system there is.
pub const SYSTEMS: &[&System] = &[
    &greenhouse::SYSTEM,
    &lever::SYSTEM,
    &lever::EUROPE,
    &ashby::SYSTEM,
    &workable::SYSTEM,
    &smartrecruiters::SYSTEM,
    &recruitee::SYSTEM,
];

/// A longer answer is refused, unless the operator says otherwise.
pub const BOARD_BYTES: usize = 8 * 1024 * 1024;

const REDIRECTS: u8 = 3;

/// A board with more pages is read in part, and nothing is concluded from what is missing.
const PAGES: usize = 25;

/// After so many empty lists in a row the board is believed to be empty: systems have shown none by mistake.
const EMPTY_LOOKS: u8 = 3;

/// The cursor's keys: how many looks in a row were empty, and that this board has been read before.
const EMPTY: &str = "empty";
const READ: &str = "read";

/// One hiring system.
#[derive(Debug)]
pub struct System {
    /// Its word in the config.
    pub word: &'static str,
    pub profile: SourceProfile,
    /// Where a board is asked for; `{board}` stands for its name.
    endpoint: &'static str,
    /// The key under which the list stands; empty where the answer is the list.
    list: &'static str,
    paging: Paging,
    unknown: Unknown,
    /// What an item says. Nothing when it is there and not to be listed; an error when it cannot be read.
    offer: fn(&Value, &Listing<'_>) -> Result<Option<Offer>, String>,
}

#[derive(Debug, Clone, Copy)]
enum Paging {
    /// All in one answer.
    Whole,
    /// So many at once, from the n-th on.
    From { parameter: &'static str, size: usize },
}

/// What the system says of a board that it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    NotFound,
    /// An empty list, as of a board without open jobs.
    EmptyList,
}

/// What an item stands in.
struct Listing<'a> {
    board: &'a str,
    document: &'a Value,
}

impl System {
    /// The system with this word, or which there are.
    pub fn called(word: &str) -> Result<&'static Self, Why> {
        SYSTEMS.iter().copied().find(|system| system.word == word).ok_or_else(|| {
            let known: Vec<_> = SYSTEMS.iter().map(|system| format!("`{}`", system.word)).collect();
            Why::new(format!("there is no hiring system called `{word}`: it is one of {}", known.join(", ")))
        })
    }
}

#[derive(Debug)]
pub struct Board {
    system: &'static System,
    name: String,
    employment: Vec<Employment>,
    max_bytes: usize,
}

impl Board {
    /// The board of this name at the system with this word.
    pub fn at(system: &str, name: &str) -> Result<Self, Why> {
        let system = System::called(system)?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        // It becomes a part of the address, in one system of the host.
        let in_host = system.endpoint.contains("{board}.");
        let fits = !name.is_empty() && name.len() <= 100 && name.chars().all(is_name) && !name.starts_with('.');
        if !fits || (in_host && name.contains(['.', '_'])) {
            let said = format!(
                "`{name}` is no name of a board: it is the part of the board's address that names the company, as `acme`"
            );
            return Err(Why::new(said));
        }
        Ok(Self { system, name: name.to_owned(), employment: Vec::new(), max_bytes: BOARD_BYTES })
    }

    /// Takes offers of these kinds only; all of them when it is empty.
    #[must_use]
    pub fn only(self, employment: Vec<Employment>) -> Self {
        Self { employment, ..self }
    }

    /// Refuses an answer that is longer than this, instead of [`BOARD_BYTES`].
    #[must_use]
    pub fn at_most(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    pub fn profile(&self) -> &'static SourceProfile {
        &self.system.profile
    }

    /// Where it is asked for.
    pub fn address(&self) -> String {
        self.system.endpoint.replace("{board}", &self.name)
    }

    fn request(&self, from: usize) -> Request {
        let mut url = self.address();
        if let Paging::From { parameter, size } = self.system.paging {
            let mark = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{mark}limit={size}&{parameter}={from}");
        }
        let mut request = Request::get(url).header("accept", "application/json");
        request.follow = Follow::Upto(REDIRECTS);
        request.max_bytes = self.max_bytes;
        request
    }

    async fn read(&self, wire: &dyn Wire, since: &Cursor) -> Result<Look, Failure> {
        let mut cursor = Cursor([(READ.to_owned(), "yes".to_owned())].into());
        let (mut offers, mut from, mut not_before) = (Offers::default(), 0, None);
        let mut complete = Completeness::Partial;
        for _ in 0..PAGES {
            let request = match self.system.paging {
                Paging::Whole => fetch::only_if_changed(self.request(0), since),
                Paging::From { .. } => self.request(from),
            };
            let answer = fetch::ask(wire, request).await?;
            not_before = not_before.max(fetch::not_before(&answer, None));
            if answer.status == 304 {
                return Ok(unchanged(&answer, since, not_before));
            }
            let (seen, new) = self.read_page(&answer, since, &mut offers)?;
            from += seen;
            let size = match self.system.paging {
                Paging::Whole => {
                    fetch::keep_validators(&mut cursor, &answer);
                    usize::MAX
                }
                Paging::From { size, .. } => size,
            };
            if seen < size {
                complete = Completeness::Complete;
                break;
            }
            // A server that takes no notice of the page asked for would be asked for ever.
            if new == 0 || offers.len() >= OFFERS {
                break;
            }
        }
        if complete == Completeness::Partial {
            let said = format!(
                "it lists more than was read ({} items), so nothing is concluded from what is missing",
                offers.len()
            );
            offers.refuse("the board".to_owned(), said);
        }
        if from == 0 {
            return Ok(self.empty(since, not_before));
        }
        let (sightings, refused) = offers.taken(&self.employment);
        Ok(Look { sightings, refused, cursor, not_before, complete, ..Look::default() })
    }

    /// An empty list, without its validators: the next look must see it anew.
    fn empty(&self, since: &Cursor, not_before: Option<Timestamp>) -> Look {
        let before: u8 = since.0.get(EMPTY).and_then(|n| n.parse().ok()).unwrap_or(0);
        let looks = before.saturating_add(1).min(EMPTY_LOOKS);
        let mut cursor = Cursor([(EMPTY.to_owned(), looks.to_string())].into());
        let was_read = since.0.contains_key(READ);
        if was_read {
            cursor.0.insert(READ.to_owned(), "yes".to_owned());
        }
        let mut refused = Vec::new();
        if self.system.unknown == Unknown::EmptyList && !was_read {
            let (system, name) = (self.system.profile.name, &self.name);
            let said = format!(
                "{system} lists nothing for `{name}`: either it has no open job, or there is no such board (names are case-sensitive)"
            );
            refused.push(Refused { what: "the board".to_owned(), why: Why::new(said) });
        }
        let complete = if looks == EMPTY_LOOKS { Completeness::Complete } else { Completeness::Partial };
        Look { refused, cursor, not_before, complete, ..Look::default() }
    }

    /// How many items a page has, and how many of them had not been read before.
    fn read_page(&self, answer: &Response, since: &Cursor, offers: &mut Offers) -> Result<(usize, usize), Failure> {
        let (system, name) = (self.system.profile.name, &self.name);
        match answer.status {
            200..300 => {}
            404 | 410 => {
                let said =
                    format!("{system} has no board called `{name}`: look at the address of the company's jobs there");
                let native = Native::new(answer.status, None, &answer.excerpt);
                return Err(Failure::Permanent(Why::new(said).with_native(native)));
            }
            _ => return Err(fetch::refusal(answer, &format!("board `{name}` at {system}"))),
        }
        let unreadable = |said: String| {
            let why = Why::new(format!("{system} gave for `{name}` what is no list of jobs: {said}"));
            // What could be read before is likely to be readable again: a page for repairs must not end a source.
            if since.0.contains_key(READ) { Failure::Transient(why) } else { Failure::Permanent(why) }
        };
        let document: Value =
            serde_json::from_slice(&answer.body).map_err(|wrong| unreadable(format!("it is not JSON ({wrong})")))?;
        let list = if self.system.list.is_empty() { &document } else { &document[self.system.list] };
        let items = list.as_array().ok_or_else(|| unreadable(format!("it is {}", shown(&document))))?;
        let listing = Listing { board: name, document: &document };
        let before = offers.len();
        for (at, item) in items.iter().enumerate() {
            match (self.system.offer)(item, &listing) {
                Ok(Some(offer)) => {
                    offers.add(offer);
                }
                Ok(None) => {}
                Err(said) => {
                    let what = super::reading::text(&item["id"]).unwrap_or_else(|| format!("item {}", at + 1));
                    offers.refuse(what, said);
                }
            }
        }
        Ok((items.len(), offers.len() - before))
    }
}

impl Source for Board {
    fn look<'a>(&'a self, wire: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(self.read(wire, since))
    }
}

fn unchanged(answer: &Response, since: &Cursor, not_before: Option<Timestamp>) -> Look {
    let mut cursor = since.clone();
    fetch::keep_validators(&mut cursor, answer);
    // Validators are kept of a list that comes whole, and of no other.
    Look { cursor, not_before, complete: Completeness::AsBefore, ..Look::default() }
}

/// A value that no item of a system can do without.
fn needed(item: &Value, key: &str) -> Result<String, String> {
    super::reading::text(&item[key]).ok_or_else(|| format!("its `{key}` is {}", shown(&item[key])))
}
