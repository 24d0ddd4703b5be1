//! The trust network on a terminal.

use super::{plain, relative, styled};
use crate::clock::Timestamp;
use crate::weave::{Cut, Moved, Named, OnRecord, Pick, Piece, Placed, WhoseCircle};
use anstyle::Style;
use std::fmt::Write as _;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

pub(in crate::cli) fn circle(circle: &WhoseCircle) -> String {
    let kind = circle.category.as_deref().map(|label| format!(" for {label}")).unwrap_or_default();
    let mut text = String::new();
    let poster = plain(&circle.poster);
    if circle.known.is_empty() && circle.picks.is_empty() {
        let _ = writeln!(text, "Nobody is known to the circle of {poster}{kind} yet.");
    }
    if !(circle.known.is_empty() && circle.picks.is_empty() && circle.strangers.is_empty()) {
        let _ = writeln!(text, "As {poster} is told it: “you” is {poster}.");
    }
    // One order of all; whom only others here know is not the circle's pick.
    let heading = [
        (true, format!("Whom the circle of {poster} would pick{kind}:")),
        (false, format!("Known to others here, not in the circle of {poster}:")),
    ];
    for (is_heard, heading) in heading {
        let mut picks = (1..).zip(&circle.picks).filter(|(_, pick)| pick.is_heard() == is_heard).peekable();
        if picks.peek().is_some() {
            let _ = writeln!(text, "{heading}");
        }
        for (n, pick) in picks {
            one(&mut text, &format!("{n}."), pick, &poster);
        }
    }
    and_more(&mut text, circle.picks.len(), circle.more_picks);
    if !circle.known.is_empty() {
        let _ = writeln!(text, "{poster} knows them:");
        for pick in &circle.known {
            one(&mut text, "-", pick, &poster);
        }
        and_more(&mut text, circle.known.len(), circle.more_known);
    }
    if !circle.strangers.is_empty() {
        let _ = writeln!(
            text,
            "They carried gigs of {poster} on, and nobody in the circle speaks for them. Trust their word?"
        );
        for carrier in &circle.strangers {
            let _ = writeln!(text, "  - {} {}", name(&carrier.who), plain(&carrier.did));
        }
        and_more(&mut text, circle.strangers.len(), circle.more_strangers);
    }
    text
}

/// How many there are behind those that are shown of a list.
fn and_more(text: &mut String, shown: usize, more: usize) {
    if more > 0 {
        let _ = writeln!(text, "  And {more} more: `--top {}` shows them.", shown + more);
    }
}

pub(in crate::cli) fn cut(cut: &Cut) -> String {
    let kind = cut.category.as_deref().map(|label| format!(" for {label}")).unwrap_or_default();
    let (poster, who) = (plain(&cut.poster), name(&cut.who));
    if cut.moved.is_empty() {
        return format!("Without {who} nothing would change in whom the circle of {poster} would pick{kind}.\n");
    }
    let mut text = format!("Without {who}, in the circle of {poster}{kind} (“you” is {poster}):\n");
    let place = |placed: &Placed| match placed.place {
        Some(place) => format!("{place}. ({})", plain(&placed.words)),
        None => plain(&placed.words),
    };
    for Moved { who, was, is } in &cut.moved {
        let is = is.as_ref().map_or_else(|| "not heard of".to_owned(), place);
        let _ = writeln!(text, "  {}: {} -> {is}", name(who), place(was));
    }
    text
}

fn one(text: &mut String, mark: &str, pick: &Pick, poster: &str) {
    let said = |is_own, others, one: &str, many: &str| match (is_own, others) {
        (false, 0) => String::new(),
        (true, 0) => format!("; {poster} {one}"),
        (false, 1) => format!("; one in it {one}"),
        (true, 1) => format!("; {poster} and one in it {many}"),
        (false, n) => format!("; {n} in it {many}"),
        (true, n) => format!("; {poster} and {n} in it {many}"),
    };
    let (speak, warn) = pick.others();
    let vouchers = said(pick.is_own_word, speak, "speaks for them", "speak for them");
    let warnings = said(pick.is_own_warning, warn, "warns of them", "warn of them");
    let _ = writeln!(text, "  {mark} {}: {}{vouchers}{warnings}", name(&pick.who), plain(&pick.words));
    for path in &pick.paths {
        let steps: Vec<String> = path.steps.iter().map(|step| plain(&step.said)).collect();
        let _ = writeln!(text, "     {} {DIM}({} %){DIM:#}", steps.join(" -> "), path.share_percent);
        for source in path.steps.iter().filter_map(|step| step.source.as_deref()) {
            let _ = writeln!(text, "       {DIM}{}{DIM:#}", plain(source));
        }
    }
}

pub(in crate::cli) fn record(record: &OnRecord, now: Timestamp) -> String {
    let mut text = format!("{}\n", name(&record.who));
    for account in &record.accounts {
        let _ = writeln!(text, "  also {}", name(account));
    }
    for (heading, none, pieces) in [
        ("What others said and did:", "Nobody said anything of them yet.", &record.about),
        ("What they said and did:", "They said nothing of anyone yet.", &record.by),
    ] {
        if pieces.is_empty() {
            let _ = writeln!(text, "{none}");
            continue;
        }
        let _ = writeln!(text, "{heading}");
        for Piece { at, said, source, .. } in pieces {
            let source = source.as_deref().map(|source| format!(" {}", plain(source))).unwrap_or_default();
            let _ = writeln!(text, "  {} {DIM}{}{source}{DIM:#}", plain(said), relative(*at, now));
        }
    }
    text
}

fn name(named: &Named) -> String {
    let handle = named.handle.as_deref().map(|handle| format!(" ({})", plain(handle))).unwrap_or_default();
    format!("{}{handle}", styled(BOLD, &named.name))
}
