//! How commands put things on paper: pure, so that what a person reads is tested as text.
//!
//! Colour has one meaning each and never stands alone: yellow waits for a person, red failed, dim is by the way.

pub(super) mod community;
mod limits;
pub(super) mod right;
pub(super) mod trust;

use crate::clock::Timestamp;
use crate::daemon::spoken::{counted, exact, local, relative};
use crate::redact::turns_its_surroundings;
use crate::web::admin::answers::{
    AccountLine, BudgetLine, Checked, DeliveryLine, Explanation, GigLine, GigView, Planned, SourceLine, Status, Told,
    Verdict,
};
use crate::web::approval::Waiting;
use crate::web::referred::Referred;
use crate::web::words::count;
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use unicode_segmentation::UnicodeSegmentation;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const WAITS: Style = AnsiColor::Yellow.on_default().bold();
const FAILED: Style = AnsiColor::Red.on_default().bold();

/// What strangers wrote may hold terminal codes. Ends of lines stay.
fn plain(text: &str) -> String {
    let seen = text.chars().filter(|c| !turns_its_surroundings(*c));
    seen.map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{}{style:#}", plain(text))
}

/// Columns of equal width, two spaces apart; the last may be as long as it is.
fn table(rows: &[Vec<String>]) -> String {
    let width = |text: &String| text.graphemes(true).count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|n| rows.iter().filter_map(|row| row.get(n)).map(width).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (n, cell) in row.iter().enumerate() {
            line.push_str(&plain(cell));
            if n + 1 < row.len() {
                line.extend(std::iter::repeat_n(' ', widths[n] - width(cell) + 2));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn status(status: &Status) -> String {
    let now = status.now.0;
    let mut text = String::new();
    let since = relative(status.since.0, now);
    let (verdict, said) = status.verdict();
    let said = match verdict {
        Verdict::Fine => plain(&said),
        Verdict::Note => styled(WAITS, &said),
        Verdict::Wrong => format!("{}:", styled(FAILED, &said)),
    };
    let _ = writeln!(text, "gigcast {} runs since {} ({since}). {said}", status.version, exact(status.since.0, now));
    for ailment in &status.ailments {
        let _ = writeln!(text, "  {}", styled(FAILED, ailment));
    }
    if let Some(doubt) = &status.clock {
        let _ = writeln!(text, "{}", styled(WAITS, doubt));
    }
    text.push_str(&right::paused(&status.paused, now));
    if let Some(free) = status.free_mib {
        let _ = writeln!(text, "Room on the disk: {free} MiB, of which {} must stay free.", status.floor_mib);
    }
    let _ = writeln!(text, "On their way now: {}.", status.in_flight);
    if let Some(due) = status.oldest_due {
        let _ = writeln!(text, "The next delivery is due {} ({}).", exact(due.0, now), relative(due.0, now));
    }
    for line in &status.figures.queue {
        let due = line.oldest_due.map_or_else(String::new, |at| format!(", the first due {}", relative(at.0, now)));
        let _ = writeln!(
            text,
            "  {} on {} for {}{due}",
            count(line.count, "waits", "wait"),
            plain(&line.network),
            plain(&line.reason)
        );
    }
    if let Some(last) = &status.retention {
        let when = relative(last.ended.0, now);
        let _ = writeln!(text, "What was over for long enough was last removed {when}: {}.", last.removed);
    }
    if status.held > 0 {
        let held = count(status.held, "delivery waits", "deliveries wait");
        let _ = writeln!(text, "{}", styled(WAITS, &format!("{held} for a person: `gigcast deliveries --held`")));
    }
    if status.dead > 0 {
        let dead = count(status.dead, "delivery was", "deliveries were");
        let _ = writeln!(text, "{dead} given up: `gigcast deliveries --dead`");
    }
    let beside = Beside::Limits(&status.figures.budgets);
    let _ = writeln!(text, "\n{BOLD}Accounts{BOLD:#}\n{}", accounts(&status.accounts, beside, now).trim_end());
    let _ = writeln!(text, "\n{BOLD}Sources{BOLD:#}\n{}", sources(&status.sources, now).trim_end());
    text
}

/// What is told of each account beside what waits for it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Beside<'a> {
    /// How its posts follow their gigs.
    Policies,
    /// What is left of what may make it wait.
    Limits(&'a [BudgetLine]),
}

pub(super) fn accounts(accounts: &[AccountLine], beside: Beside<'_>, now: Timestamp) -> String {
    if accounts.is_empty() {
        return "No account is linked yet. Link one with `gigcast link mastodon --poster NAME --server URL`, or `gigcast link \
                bluesky --poster NAME --identifier HANDLE`.\n"
            .to_owned();
    }
    let mut text = String::new();
    for account in accounts {
        let held = match account.held {
            0 => String::new(),
            held if held == account.waiting => " for a person".to_owned(),
            held => format!(", {held} of them for a person"),
        };
        let waiting = match (account.waiting, &account.waits, account.next_due) {
            _ if account.unlinked.is_some() => "it was unlinked, so nothing leaves it".to_owned(),
            (0, _, _) => "nothing waits".to_owned(),
            (n, Some(why), _) => format!("{n} waiting{held}. {why}"),
            (n, None, Some(due)) => format!("{n} waiting{held}, the next {}", relative(due.0, now)),
            (n, None, None) => format!("{n} waiting{held}"),
        };
        let AccountLine { handle, network, poster, id, .. } = account;
        let _ = writeln!(text, "  {} on {network} for {}: {}", styled(BOLD, handle), plain(poster), plain(&waiting));
        if account.in_review > 0 {
            let said = count(account.in_review, "post waits for approval", "posts wait for approval");
            let _ = writeln!(text, "    {}", styled(WAITS, &format!("{said}: `gigcast deliveries --held`")));
        }
        if let Some(said) = &account.needs_person {
            let how = account.relink.as_deref().unwrap_or("on their accounts page");
            let _ =
                writeln!(text, "    {}", styled(WAITS, &format!("It needs its person: {said}. Link it again: {how}")));
        }
        let limits = match beside {
            Beside::Limits(budgets) => limits::left(id, budgets, now),
            Beside::Policies => None,
        };
        if let Some(left) = limits {
            let _ = writeln!(text, "    {DIM}{left}{DIM:#}");
        }
        if matches!(beside, Beside::Policies) && !account.follows.is_empty() {
            let _ = writeln!(text, "    {DIM}{}{DIM:#}", plain(&account.follows));
        }
        let _ = writeln!(text, "    {DIM}{id} {}{DIM:#}", plain(&account.url));
    }
    text
}

fn sources(sources: &[SourceLine], now: Timestamp) -> String {
    if sources.is_empty() {
        return "  There is none in the configuration; gigs come in by `gigcast post` and the API.\n".to_owned();
    }
    let mut text = String::new();
    for source in sources {
        let seen = source.seen.map_or_else(|| "not read yet".to_owned(), |at| format!("read {}", relative(at.0, now)));
        let due = match source.due {
            _ if source.paused => ", paused".to_owned(),
            Some(at) => format!(", next {}", relative(at.0, now)),
            None => String::new(),
        };
        let refused = match source.refused {
            0 => String::new(),
            n => format!(", {} could not be read", counted(n, "item")),
        };
        let _ = writeln!(text, "  {} {seen}{due}{refused}", styled(BOLD, &source.name));
        if let Some(trouble) = &source.trouble {
            let _ = writeln!(text, "    {}", styled(WAITS, trouble));
        }
    }
    text
}

pub(super) fn gigs(gigs: &[GigLine]) -> String {
    if gigs.is_empty() {
        return "No gig is known yet. Gigs come in from the sources in the configuration, or by `gigcast post`.\n"
            .to_owned();
    }
    let row = |gig: &GigLine| vec![gig.id.clone(), gig.status.clone(), stands(gig), gig.title.clone()];
    table(&gigs.iter().map(row).collect::<Vec<_>>())
}

/// As in `out on 2, 1 waiting`.
fn stands(gig: &GigLine) -> String {
    let parts = [
        (gig.out, format!("out on {}", gig.out)),
        (gig.waiting, format!("{} waiting", gig.waiting)),
        (gig.held, format!("{} held", gig.held)),
        (gig.given_up, format!("{} given up", gig.given_up)),
    ];
    let said: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, said)| said).collect();
    if said.is_empty() { "nowhere".to_owned() } else { said.join(", ") }
}

pub(super) fn gig(view: &GigView, now: Timestamp) -> String {
    let GigView { line, .. } = view;
    let mut text = format!("{}\n{DIM}{}{DIM:#}\n", styled(BOLD, &line.title), line.id);
    let category = view.category.as_deref().unwrap_or("none found");
    let closes = view.closes.map_or_else(|| "open end".to_owned(), |at| format!("closes {}", exact(at.0, now)));
    let (status, revision, poster) = (&line.status, line.revision, plain(&line.poster));
    let _ = writeln!(text, "{status}, revision {revision}, by {poster}; {closes}; category: {category}");
    let _ = writeln!(text, "Apply: {}\n", plain(&view.apply_url));
    if !view.description.is_empty() {
        let _ = writeln!(text, "{}\n", plain(&view.description));
    }
    for place in &view.places {
        let _ = writeln!(text, "On {}: {}", styled(BOLD, &place.handle), plain(&place.said));
    }
    text.push_str(&referred(&view.referred, now));
    let _ = writeln!(text, "{DIM}`gigcast why {}` tells how it came to this.{DIM:#}", line.id);
    text
}

/// By which ways people came to a gig, and who would do it.
fn referred(referred: &Referred, now: Timestamp) -> String {
    let mut text = String::new();
    for way in &referred.ways {
        let visits = counted(usize::try_from(way.visits).unwrap_or(usize::MAX), "visit");
        let _ = writeln!(text, "By {}: {visits}, {} interested", plain(&way.by), way.interested);
    }
    for told in &referred.interests {
        let (name, reach, by) = (styled(BOLD, &told.name), plain(&told.reach), plain(&told.came_by));
        let _ = writeln!(text, "{name} is interested: {reach}; came by {by}, {}", relative(told.at.0, now));
        for line in plain(&told.message).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

pub(super) fn deliveries(deliveries: &[DeliveryLine], none: &str) -> String {
    if deliveries.is_empty() {
        return format!("{none}\n");
    }
    let mut text = String::new();
    for delivery in deliveries {
        let DeliveryLine { id, verb, title, handle, said, .. } = delivery;
        let _ = writeln!(text, "{} {verb} of {} on {}", styled(BOLD, id), plain(title), plain(handle));
        let _ = writeln!(text, "  {}", plain(said));
        if let Some(advice) = &delivery.advice {
            let _ = writeln!(text, "  {}", styled(WAITS, advice));
        }
    }
    text
}

pub(super) fn review(waiting: &Waiting, now: Timestamp) -> String {
    let Waiting { delivery, title, handle, network, length, limit, unit, version, .. } = waiting;
    let mut text = format!("{} of {}\n", styled(BOLD, &format!("The {}", waiting.verb)), plain(title));
    if let Some(address) = &waiting.replaces {
        let _ = writeln!(text, "It takes the place of what stands at {}", plain(address));
    }
    let _ = writeln!(text, "╭─ {} on {network}: {length} of {limit} {unit}", styled(BOLD, handle));
    for line in plain(&waiting.text).lines() {
        let _ = writeln!(text, "{}", format!("│ {line}").trim_end());
    }
    if let Some(card) = &waiting.card {
        let _ = writeln!(text, "├─ {} ({})", plain(&card.title), plain(&card.host));
        let _ = writeln!(text, "{}", format!("│ {}", plain(&card.description)).trim_end());
    }
    let _ = writeln!(text, "╰─ Once it is approved: {}", plain(&waiting.when));
    if let Some(closes) = waiting.closes {
        let _ = writeln!(text, "The gig closes {} ({}).", exact(closes.0, now), relative(closes.0, now));
    }
    let _ = writeln!(
        text,
        "\nTo approve exactly this: {}\nNot to say it: {}",
        styled(WAITS, &format!("gigcast approve {delivery} {version}")),
        styled(WAITS, &format!("gigcast decline {delivery}"))
    );
    text
}

pub(super) fn why(story: &Explanation, now: Timestamp) -> String {
    let mut text = format!("{}\n", styled(BOLD, &story.about));
    for chapter in &story.chapters {
        let _ = writeln!(text, "\n{}", styled(BOLD, &chapter.heading));
        for Told { at, said } in &chapter.told {
            let when = at.map_or_else(|| "Now".to_owned(), |at| exact_short(at.0, now));
            let _ = writeln!(text, "  {DIM}{when:>16}{DIM:#}  {}", plain(said));
        }
    }
    if !story.advice.is_empty() {
        let _ = writeln!(text, "\n{}", styled(BOLD, "What to do"));
        for advice in &story.advice {
            let _ = writeln!(text, "  {}", styled(WAITS, advice));
        }
    }
    text
}

fn exact_short(at: Timestamp, now: Timestamp) -> String {
    let (at, today) = (local(at), local(now).date());
    let form = if at.date() == today { "%H:%M:%S" } else { "%Y-%m-%d %H:%M" };
    at.strftime(form).to_string()
}

pub(super) fn plan(planned: &[Planned]) -> String {
    if planned.is_empty() {
        return "There is no gig in it.\n".to_owned();
    }
    let mut text = String::new();
    for (n, gig) in planned.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "{}", styled(BOLD, &gig.title));
        if let Some(note) = &gig.note {
            let _ = writeln!(text, "{}", styled(WAITS, note));
        }
        for said in &gig.says {
            let (length, limit, unit) = (said.length, said.limit, &said.unit);
            let _ = writeln!(text, "╭─ {} on {}: {length} of {limit} {unit}", styled(BOLD, &said.handle), said.network);
            for line in plain(&said.text).lines() {
                let _ = writeln!(text, "{}", format!("│ {line}").trim_end());
            }
            let _ = writeln!(text, "╰─ {}", plain(&said.when));
        }
        for skip in &gig.skips {
            let _ = writeln!(text, "{} says nothing: {}.", styled(BOLD, &skip.handle), plain(&skip.why));
        }
    }
    let _ = writeln!(text, "\n{DIM}Nothing was sent.{DIM:#}");
    text
}

pub(super) fn checked(checked: &[Checked]) -> String {
    let mut text = String::new();
    for line in checked {
        let (sign, style) = match line.verdict {
            Verdict::Fine => ("fine ", AnsiColor::Green.on_default()),
            Verdict::Note => ("note ", WAITS),
            Verdict::Wrong => ("wrong", FAILED),
        };
        let _ = writeln!(text, "{style}{sign}{style:#} {}: {}", styled(BOLD, &line.what), plain(&line.said));
    }
    text
}

#[cfg(test)]
mod tests;
