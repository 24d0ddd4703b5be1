//! The parts of the console that change, each as markup, by the id of the element that holds it.

use super::chart::Chart;
use super::deeds;
use crate::id::{AccountId, ActorId, DeliveryId, GigId, PersonId};
use crate::web::admin::answers::{
    AccountLine, BudgetLine, Can, DeliveryLine, PausedLine, QueueLine, SourceLine, Status, Verdict, When, Which,
};
use crate::web::admin::{Admin, Refusal};
pub(super) use crate::web::words::coded;
use crate::web::words::{Moment, clock_time, count, escape};
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

/// So many that are set aside stand on the page; the rest are counted.
const SET_ASIDE: usize = 20;
/// So many accounts show what is left of their limits at once; the others unfold.
const ACCOUNTS: usize = 6;
/// A source that is due for longer than this without being read has gone quiet.
const QUIET_AFTER: Duration = Duration::from_mins(15);

/// What the operator's side answers, all of it.
struct Seen {
    status: Status,
    held: Vec<DeliveryLine>,
    dead: Vec<DeliveryLine>,
}

impl Seen {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates hand over what they show by reference")]
    fn moment(&self, at: &When) -> Moment {
        Moment::new(at.0, self.status.now.0)
    }

    fn needing(&self) -> impl Iterator<Item = &AccountLine> {
        self.status.accounts.iter().filter(|account| account.needs_person.is_some() || account.in_review > 0)
    }

    /// Why a source stands among those to look at: its trouble in words, or that it was not read when it was due.
    fn quiet(&self, source: &SourceLine) -> Option<String> {
        let late = source.due.filter(|due| self.status.now.0.since(due.0) > QUIET_AFTER);
        let late = late.map(|due| format!("it was due {} and has not been read", self.moment(&due).words));
        source.trouble.clone().or(late)
    }

    fn networks(&self) -> BTreeSet<&str> {
        self.status.accounts.iter().map(|account| account.network.as_str()).collect()
    }
}

macro_rules! parts {
    ($($name:ident $path:literal;)*) => {
        $(
            #[derive(Template)]
            #[template(path = $path)]
            struct $name<'a> {
                seen: &'a Seen,
            }
        )*
    };
}

parts! {
    Wrong "admin/wrong.html";
    Sum "admin/sum.html";
    Queue "admin/queue.html";
    Needed "admin/needed.html";
    Sources "admin/sources.html";
    Budgets "admin/budgets.html";
    Paused "admin/paused.html";
}

/// Deliveries that nothing but a person moves on.
#[derive(Template)]
#[template(path = "admin/aside.html")]
struct Aside<'a> {
    lines: &'a [DeliveryLine],
    empty: &'static str,
    more: usize,
    /// What lists all of them on the command line.
    command: &'static str,
}

impl<'a> Aside<'a> {
    fn of(lines: &'a [DeliveryLine], empty: &'static str, command: &'static str) -> Self {
        let shown = &lines[..lines.len().min(SET_ASIDE)];
        Self { lines: shown, empty, more: lines.len() - shown.len(), command }
    }
}

pub(super) async fn read(admin: &Admin) -> Result<BTreeMap<&'static str, String>, Refusal> {
    let operator = &admin.operator;
    let seen = Seen {
        status: operator.status().await?,
        held: operator.deliveries(Which::Held).await?,
        dead: operator.deliveries(Which::Dead).await?,
    };
    let (figures, now) = (&seen.status.figures, seen.status.now.0);
    // What was counted of a part only is not called the whole.
    let called = |whole: &str, length| match figures.counted_since {
        Some(When(since)) if now.since(since) < length => format!("Since the start at {}", clock_time(since, now)),
        _ => whole.to_owned(),
    };
    let (an_hour, a_day) = (Duration::from_hours(1), Duration::from_hours(24));
    let hour = Chart::new("hour", called("The last hour", an_hour), &figures.minutes, Duration::from_mins(1), now);
    let day = Chart::new("day", called("The last day", a_day), &figures.hours, an_hour, now);
    let seen = &seen;
    Ok(BTreeMap::from([
        ("wrong", rendered(&Wrong { seen })),
        ("sum", rendered(&Sum { seen })),
        ("queue", rendered(&Queue { seen })),
        ("needed", rendered(&Needed { seen })),
        ("sources", rendered(&Sources { seen })),
        ("budgets", rendered(&Budgets { seen })),
        ("paused", rendered(&Paused { seen })),
        ("throughput", rendered(&hour) + &rendered(&day)),
        ("held", rendered(&Aside::of(&seen.held, "Nothing waits for a person.", "gigcast deliveries --held"))),
        ("dead", rendered(&Aside::of(&seen.dead, "Nothing was given up.", "gigcast deliveries --dead"))),
    ]))
}

/// A template fails only when its values refuse to be written, and text does not.
fn rendered(part: &impl Template) -> String {
    part.render().unwrap_or_default()
}

/// Text for a page, in which each id that has a story leads to it.
pub(super) fn linked(text: &str) -> String {
    let of_a_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let (mut markup, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| of_a_word(letter) != of_a_word(first)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        if has_a_story(part) {
            let _ = write!(markup, "<a href=\"/why/{part}\">{part}</a>");
        } else {
            escape(part, &mut markup);
        }
        rest = behind;
    }
    markup
}

/// Whether this is an id that `why` takes.
fn has_a_story(word: &str) -> bool {
    word.parse::<GigId>().is_ok()
        || word.parse::<DeliveryId>().is_ok()
        || word.parse::<AccountId>().is_ok()
        || word.parse::<PersonId>().is_ok()
        || word.parse::<ActorId>().is_ok()
}

/// Of a hundred, for the width of a gauge.
fn percent(budget: &BudgetLine) -> u32 {
    u32::try_from(u64::from(budget.left.min(budget.of)) * 100 / u64::from(budget.of.max(1))).unwrap_or(100)
}

/// The budgets of each account together; who has the least left comes first.
fn by_account(budgets: &[BudgetLine]) -> Vec<(&str, Vec<&BudgetLine>)> {
    let mut accounts: Vec<(&str, Vec<&BudgetLine>)> = Vec::new();
    for line in budgets {
        match accounts.last_mut() {
            Some((handle, lines)) if *handle == line.handle => lines.push(line),
            _ => accounts.push((&line.handle, vec![line])),
        }
    }
    accounts.sort_by_key(|(_, lines)| lines.iter().map(|line| percent(line)).min());
    accounts
}

/// As in `, by ada: an outage there`.
fn because(paused: &PausedLine) -> String {
    let mut text = String::new();
    if let Some(by) = &paused.by {
        let _ = write!(text, ", by {by}");
    }
    if let Some(why) = &paused.why {
        let _ = write!(text, ": {why}");
    }
    text
}

/// As in `3 deliveries wait for their turn`.
fn waiting(line: &QueueLine) -> String {
    let verb = if line.count == 1 { "waits" } else { "wait" };
    format!("{} {verb} for {}", count(line.count, "delivery", "deliveries"), line.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_is_text_and_commands_are_code() {
        assert_eq!(coded("<b> & `gigcast why \"x\"`"), "&lt;b&gt; &amp; <code>gigcast why &quot;x&quot;</code>");
        assert_eq!(coded("an `open one"), "an <code>open one</code>");
    }

    #[test]
    fn an_id_in_the_log_leads_to_its_story_and_what_only_looks_like_one_does_not() {
        let (gig, delivery) = (GigId::of(&[b"1"]).to_string(), DeliveryId::of(&[b"1"]).to_string());
        let markup = linked(&format!("Sending <{gig}>, {delivery}x, {delivery}."));
        let link = |id: &str| format!("<a href=\"/why/{id}\">{id}</a>");
        assert_eq!(markup, format!("Sending &lt;{}&gt;, {delivery}x, {}.", link(&gig), link(&delivery)));
        assert_eq!(linked("src_0123456789abcdef & gig_1"), "src_0123456789abcdef &amp; gig_1");
    }

    fn budget(handle: &str, what: &str, left: u32, of: u32) -> BudgetLine {
        BudgetLine::counted("", handle, what, left, of)
    }

    #[test]
    fn a_gauge_is_never_wider_than_it_is() {
        let percents = [(3, 4), (9, 4), (0, 0)].map(|(left, of)| percent(&budget("@a", "posts", left, of)));
        assert_eq!(percents, [75, 100, 0]);
    }

    #[test]
    fn what_is_left_of_each_account_stands_together_and_the_scarcest_comes_first() {
        let line = |handle, what, left| budget(handle, what, left, 100);
        let budgets =
            [line("@a", "posts", 60), line("@a", "looks", 50), line("@b", "posts", 90), line("@b", "looks", 4)];
        let told: Vec<(&str, Vec<u32>)> =
            by_account(&budgets).into_iter().map(|(who, of)| (who, of.iter().map(|one| one.left).collect())).collect();
        assert_eq!(told, [("@b", vec![90, 4]), ("@a", vec![60, 50])]);
    }
}
