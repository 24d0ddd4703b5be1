//! The log on the console: its last lines as they were written when the page was made. Those that come later come by `/log`.

use super::parts::linked;
use crate::web::admin::tail::{Filter, Tail};
use serde_json::Value;

/// So many lines stand on the page.
const LINES: usize = 50;

/// A line as it is read by a person.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// As in `12:00:01`.
    pub time: String,
    pub level: String,
    /// As markup, in which an id leads to its story.
    pub said: String,
}

/// The level that is asked for, when it is one that the page offers; empty for all of them.
pub(super) fn level(asked: &str) -> &'static str {
    ["error", "warn", "info"].into_iter().find(|level| *level == asked).unwrap_or("")
}

/// Newest first.
pub(super) fn last(tail: &Tail, level: &str) -> Vec<Written> {
    let filter = Filter { level: (!level.is_empty()).then(|| level.to_owned()), ..Filter::default() };
    let lines = tail.follow(usize::MAX).last;
    lines.iter().rev().filter(|line| filter.wants(&line.json)).take(LINES).filter_map(|line| read(&line.json)).collect()
}

fn read(json: &str) -> Option<Written> {
    let line: Value = serde_json::from_str(json).ok()?;
    let field = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let time = field("time");
    Some(Written {
        time: time.get(11..19).unwrap_or(&time).to_owned(),
        level: field("level"),
        said: linked(&field("message")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stand_newest_first_and_by_their_level() {
        let tail = Tail::default();
        for n in 0..60 {
            let level = if n % 2 == 0 { "info" } else { "warn" };
            tail.push(&format!(r#"{{"time":"2026-11-21T12:00:{n:02}.5Z","level":"{level}","message":"line {n}"}}"#));
        }
        let all = last(&tail, level(""));
        let newest = Written { time: "12:00:59".into(), level: "warn".into(), said: "line 59".into() };
        assert_eq!((all.len(), &all[0]), (LINES, &newest));
        assert_eq!(last(&tail, level("warn")).len(), 30);
        assert_eq!(last(&tail, level("error")), []);
        assert_eq!(level("loud"), "");
    }
}
