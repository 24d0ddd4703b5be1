//! The last log lines, and those to come, for whoever follows along.
//!
//! A reader that is slow holds nobody up: lines go into a ring, and a reader that falls behind it is cut off. It comes back with the id of the
//! last line it has, gets what the ring still holds of what came after, and is told how many lines it missed.

use super::levels::Loudness;
use crate::clock::{Clock, SystemClock};
use crate::config::LogLevel;
use crate::web::words::count;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// A log line as JSON, without its end, and its number in this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub number: u64,
    pub json: Arc<str>,
}

/// So many lines are kept for those who come later.
pub const KEPT: usize = 1000;
/// So many lines may a reader lag behind.
const LAG: usize = 1024;

#[derive(Clone)]
pub struct Tail {
    /// Tells this run's lines from those of another: the time it began.
    run: u64,
    kept: Arc<Mutex<Ring>>,
    news: broadcast::Sender<Line>,
    /// How much comes in.
    pub loudness: Loudness,
}

#[derive(Default)]
struct Ring {
    lines: VecDeque<Line>,
    next: u64,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tail")
    }
}

impl Default for Tail {
    fn default() -> Self {
        Self::new(Loudness::default())
    }
}

/// What a reader gets at once, and where it goes on.
#[derive(Debug)]
pub struct Followed {
    pub last: Vec<Line>,
    pub news: broadcast::Receiver<Line>,
    /// Lines that came after the one it had, and are kept no more.
    pub missed: u64,
    /// It had lines of an earlier run.
    pub other_run: bool,
}

impl Tail {
    pub fn new(loudness: Loudness) -> Self {
        Self {
            run: SystemClock::default().now().as_millis(),
            kept: Arc::default(),
            news: broadcast::channel(LAG).0,
            loudness,
        }
    }

    pub fn push(&self, line: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let line = Line { number: kept.next, json: line.into() };
        kept.next += 1;
        if kept.lines.len() == KEPT {
            kept.lines.pop_front();
        }
        kept.lines.push_back(line.clone());
        // Nobody may be listening. Under the lock, so that a new reader sees each line once.
        let _ = self.news.send(line);
    }

    /// The last `lines`, and a receiver that goes on right behind them.
    pub fn follow(&self, lines: usize) -> Followed {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let last = kept.lines.iter().skip(kept.lines.len().saturating_sub(lines)).cloned().collect();
        Followed { last, news: self.news.subscribe(), missed: 0, other_run: false }
    }

    /// All that came after the line with this id, as far as it is kept. Of an id that is none of ours nothing is known.
    pub fn resume(&self, id: &str) -> Option<Followed> {
        let (run, number) = id.split_once('-')?;
        let (run, number): (u64, u64) = (run.parse().ok()?, number.parse().ok()?);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let other_run = run != self.run;
        let wanted = if other_run { 0 } else { number.saturating_add(1) };
        let first = kept.lines.front().map_or(kept.next, |line| line.number);
        let last = kept.lines.iter().filter(|line| line.number >= wanted).cloned().collect();
        Some(Followed { last, news: self.news.subscribe(), missed: first.saturating_sub(wanted), other_run })
    }

    /// What a reader names the last line that it has by.
    pub fn id(&self, line: &Line) -> String {
        format!("{}-{}", self.run, line.number)
    }
}

/// Which lines a reader wants; all of them unless it says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Filter {
    pub gig: Option<String>,
    pub account: Option<String>,
    pub network: Option<String>,
    pub source: Option<String>,
    /// The name of an event, or what stands before its dot.
    pub event: Option<String>,
    /// And what weighs more.
    pub level: Option<String>,
    /// Anywhere in the sentence or the fields, in upper or lower case.
    pub text: Option<String>,
}

impl Filter {
    /// Why it is none; a level that there isn't would only show nothing.
    pub fn wrong(&self) -> Option<String> {
        let level = self.level.as_deref().filter(|level| LogLevel::ALL.iter().all(|known| known.word() != *level))?;
        Some(format!("`{level}` is no level; there are error, warn, info, debug and trace"))
    }

    pub fn wants(&self, json: &str) -> bool {
        if *self == Self::default() {
            return true;
        }
        let Ok(Value::Object(line)) = serde_json::from_str(json) else { return false };
        self.fits(&line) && self.text.as_ref().is_none_or(|text| json.to_lowercase().contains(&text.to_lowercase()))
    }

    fn fits(&self, line: &Map<String, Value>) -> bool {
        let is = |field: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| line.get(field).and_then(Value::as_str) == Some(wanted))
        };
        let rank = |word: &str| LogLevel::ALL.iter().position(|level| level.word() == word);
        let heavy = self.level.as_deref().and_then(rank).is_none_or(|least| {
            line.get("level").and_then(Value::as_str).and_then(rank).is_some_and(|own| own <= least)
        });
        let event = line.get("event").and_then(Value::as_str).unwrap_or_default();
        let of_event = self.event.as_ref().is_none_or(|wanted| {
            event.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        // A handle will do in place of an account's id: it stands in the sentence.
        let account = self.account.as_ref().is_none_or(|wanted| {
            if wanted.starts_with('@') {
                line.get("message").and_then(Value::as_str).is_some_and(|said| said.contains(wanted.as_str()))
            } else {
                is("account.id", &self.account)
            }
        });
        heavy
            && of_event
            && account
            && is("gig.id", &self.gig)
            && is("network.id", &self.network)
            && is("source", &self.source)
    }
}

/// As in `3 lines are`.
fn lines_are(missed: u64) -> String {
    count(missed, "line is", "lines are")
}

/// What a reader is told who could not keep up, or was away for too long.
pub(super) fn missed(followed: &Followed) -> Option<String> {
    let message = match (followed.missed, followed.other_run) {
        (0, false) => return None,
        (0, true) => "gigcast was started again; what it said at the end of the run before is not here".to_owned(),
        (lines, false) => format!("{} missing here: more came than could be read", lines_are(lines)),
        (lines, true) => format!("gigcast was started again, and since then {} missing here", lines_are(lines)),
    };
    Some(serde_json::json!({ "level": "warn", "message": message, "missed": followed.missed }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(followed: &Followed) -> Vec<&str> {
        followed.last.iter().map(|line| &*line.json).collect()
    }

    #[tokio::test]
    async fn a_reader_gets_the_last_lines_and_then_each_new_one_once() {
        let tail = Tail::default();
        for n in 0..KEPT + 5 {
            tail.push(&n.to_string());
        }
        let mut followed = tail.follow(2);
        assert_eq!(numbers(&followed), ["1003", "1004"]);
        tail.push("1005");
        assert_eq!(&*followed.news.recv().await.unwrap().json, "1005");
        assert_eq!(tail.follow(usize::MAX).last.len(), KEPT);
    }

    #[test]
    fn a_reader_that_comes_back_goes_on_where_it_was_and_is_told_what_is_gone() {
        let tail = Tail::default();
        for n in 0..5 {
            tail.push(&n.to_string());
        }
        let id = tail.id(&tail.follow(3).last[0]);
        let again = tail.resume(&id).unwrap();
        assert_eq!((numbers(&again), missed(&again)), (vec!["3", "4"], None));
        for n in 5..KEPT + 10 {
            tail.push(&n.to_string());
        }
        let late = tail.resume(&id).unwrap();
        assert_eq!((late.last.len(), late.missed), (KEPT, 7), "3 to 9 are kept no more");
        assert!(missed(&late).unwrap().contains("7 lines are missing"));
        let restarted = tail.resume("7-3").unwrap();
        assert!(restarted.other_run && missed(&restarted).unwrap().contains("started again"));
        assert!(tail.resume("nonsense").is_none());
    }

    #[test]
    fn a_filter_lets_through_what_fits_all_of_it() {
        let line = r#"{"time":"t","level":"warn","message":"To @acme@x.example: Gone","event":"delivery.dead","gig.id":"gig_1","account.id":"acc_1","network.id":"mastodon"}"#;
        let wants = |query: &str| serde_json::from_str::<Filter>(query).unwrap().wants(line);
        for query in [
            "{}",
            r#"{"gig":"gig_1","level":"warn"}"#,
            r#"{"level":"info","text":"GONE"}"#,
            r#"{"event":"delivery"}"#,
            r#"{"event":"delivery.dead","account":"acc_1"}"#,
            r#"{"account":"@acme@x.example","network":"mastodon"}"#,
        ] {
            assert!(wants(query), "{query}");
        }
        for query in [
            r#"{"gig":"gig_2"}"#,
            r#"{"level":"error"}"#,
            r#"{"event":"deliver"}"#,
            r#"{"source":"feed"}"#,
            r#"{"account":"@bo@x.example"}"#,
            r#"{"gig":"gig_1","text":"out"}"#,
        ] {
            assert!(!wants(query), "{query}");
        }
        assert!(serde_json::from_str::<Filter>(r#"{"level":"loud"}"#).unwrap().wrong().is_some());
    }
}
