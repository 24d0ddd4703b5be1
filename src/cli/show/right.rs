//! How what was put right is put on paper.

use super::{BOLD, WAITS, plain, styled};
use crate::clock::Timestamp;
use crate::daemon::spoken::{exact, relative};
use crate::web::admin::answers::{PausedLine, PutRight};
use std::fmt::Write as _;

/// Each that was looked at, and the sum of it last.
pub(in crate::cli) fn put_right(answer: &PutRight) -> String {
    let mut text = String::new();
    for line in &answer.lines {
        let _ = writeln!(text, "{} {}", styled(BOLD, &line.id), plain(&line.said));
    }
    let _ = writeln!(text, "{}", plain(&answer.said));
    text
}

/// What is paused, with how it goes on.
pub(super) fn paused(lines: &[PausedLine], now: Timestamp) -> String {
    let mut text = String::new();
    for line in lines {
        let by = line.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let why = line.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        let since = format!("{}, {}", exact(line.since.0, now), relative(line.since.0, now));
        let said = format!("{} is paused{by} since {since}{why}: `{}`", line.what, line.resume);
        let _ = writeln!(text, "{}", styled(WAITS, &said));
    }
    text
}
