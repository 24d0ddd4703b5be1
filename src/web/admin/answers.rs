//! What the operator's side answers: the shapes of its JSON, which the command line reads and `--json` shows as they are.

use super::operator::PauseOf;
use crate::clock::Timestamp;
use crate::store::Removals;
use crate::telemetry::throughput::Tally;
use crate::web::referred::Referred;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub Timestamp);

impl Serialize for When {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = String::deserialize(from)?;
        let read = if written == "never" { Some(Timestamp::NEVER) } else { Timestamp::parse_rfc3339(&written) };
        read.map(Self).ok_or_else(|| serde::de::Error::custom(format!("`{written}` is no time")))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub version: String,
    pub now: When,
    pub since: When,
    /// What is wrong, each in one sentence.
    pub ailments: Vec<String>,
    /// Why the wall clock is not believed, and what waits for it; nothing when it is.
    pub clock: Option<String>,
    pub free_mib: Option<u64>,
    pub floor_mib: u64,
    pub oldest_due: Option<When>,
    pub in_flight: usize,
    /// Deliveries that nothing but a person moves on.
    pub held: usize,
    pub dead: usize,
    pub accounts: Vec<AccountLine>,
    pub sources: Vec<SourceLine>,
    /// What the operator has paused.
    #[serde(default)]
    pub paused: Vec<PausedLine>,
    #[serde(default)]
    pub figures: Figures,
    /// The last round in which what was over for long enough was removed.
    #[serde(default)]
    pub retention: Option<RetentionLine>,
}

/// What is counted: the queue, what is left of limits, and what ended lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// All that is open, each network's most first.
    pub queue: Vec<QueueLine>,
    pub budgets: Vec<BudgetLine>,
    /// Each minute of the last hour, the one that runs last; empty where nothing was counted yet.
    pub minutes: Vec<Tally>,
    /// Each hour of the last day.
    pub hours: Vec<Tally>,
    /// What ended before this is not counted in them; nothing where all of it is.
    #[serde(default)]
    pub counted_since: Option<When>,
}

/// Deliveries of one network that wait for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueLine {
    pub network: String,
    /// As in `the next day, since today's posts are used up`: what they wait for.
    pub reason: String,
    pub count: usize,
    /// The earliest time that one of them is due; nothing where they wait for a person.
    pub oldest_due: Option<When>,
}

/// What is left to an account of one of its limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetLine {
    pub account: String,
    pub handle: String,
    /// As in `posts today`.
    pub what: String,
    pub left: u32,
    /// 0 where nobody said of how many.
    pub of: u32,
    /// What it counts over: account, app, host; pace, which is the poster's own; reading, of who engaged; or server, by its own word.
    #[serde(default)]
    pub scope: String,
    #[serde(default)]
    pub counted_by: CountedBy,
    /// When a server counts anew.
    #[serde(default)]
    pub until: Option<When>,
}

/// Whose count it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountedBy {
    #[default]
    Gigcast,
    /// The account's server, in its answers.
    Server,
}

#[cfg(test)]
impl BudgetLine {
    /// Of an account, as gigcast counts.
    pub fn counted(account: &str, handle: &str, what: &str, left: u32, of: u32) -> Self {
        Self {
            account: account.to_owned(),
            handle: handle.to_owned(),
            what: what.to_owned(),
            left,
            of,
            scope: "account".to_owned(),
            counted_by: CountedBy::Gigcast,
            until: None,
        }
    }
}

impl BudgetLine {
    /// As in `6 of 8 posts today`.
    pub fn words(&self) -> String {
        let Self { left, of, what, .. } = self;
        if *of == 0 { format!("no {what}") } else { format!("{left} of {of} {what}") }
    }

    /// What is left, from 0 to 1.
    pub fn share(&self) -> f64 {
        if self.of == 0 { 0.0 } else { f64::from(self.left.min(self.of)) / f64::from(self.of) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionLine {
    pub began: When,
    pub ended: When,
    pub removed: Removals,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    pub id: String,
    pub handle: String,
    pub network: String,
    pub url: String,
    pub poster: String,
    pub linked: When,
    /// Why only its person can help; nothing when all is well.
    pub needs_person: Option<String>,
    /// The command that links it again, where one can.
    #[serde(default)]
    pub relink: Option<String>,
    /// Since when it is linked no more, where its person took it away: nothing leaves it, and nobody is needed.
    #[serde(default)]
    pub unlinked: Option<When>,
    /// Deliveries that wait, whatever for.
    pub waiting: usize,
    /// Of these, those that nothing but a person moves on.
    #[serde(default)]
    pub held: usize,
    /// Posts that wait for their poster's approval.
    #[serde(default)]
    pub in_review: usize,
    pub next_due: Option<When>,
    /// How its posts follow their gigs, in words.
    #[serde(default)]
    pub follows: String,
    /// What all of it waits for, when it is not merely due.
    pub waits: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLine {
    pub name: String,
    pub seen: Option<When>,
    pub due: Option<When>,
    /// Why the last look failed, or that the source is gone for good.
    pub trouble: Option<String>,
    pub refused: usize,
    /// By the operator: then no look is due.
    #[serde(default)]
    pub paused: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GigLine {
    pub id: String,
    pub title: String,
    pub status: String,
    pub revision: u32,
    pub poster: String,
    pub first_seen: When,
    /// Accounts on which it stands, waits, needs a person, or was given up.
    pub out: usize,
    pub waiting: usize,
    pub held: usize,
    pub given_up: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GigView {
    #[serde(flatten)]
    pub line: GigLine,
    pub description: String,
    pub category: Option<String>,
    pub skills: Vec<String>,
    pub apply_url: String,
    pub closes: Option<When>,
    pub places: Vec<Place>,
    /// By which ways people came to its page, and who would do it.
    #[serde(default)]
    pub referred: Referred,
}

/// Where a gig stands on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub account: String,
    pub handle: String,
    /// Where a person can look at the post.
    pub address: Option<String>,
    /// What is under way or ended there, in one sentence.
    pub said: String,
    pub delivery: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryLine {
    pub id: String,
    pub gig: String,
    pub title: String,
    pub handle: String,
    pub verb: String,
    pub state: String,
    pub attempts: u16,
    pub due: Option<When>,
    /// What it waits for, or how it ended.
    pub said: String,
    /// What a person can do about it.
    #[serde(default)]
    pub advice: Option<String>,
    /// The same as verbs of ours.
    #[serde(default)]
    pub can: Vec<Can>,
}

/// What an operator can do about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Can {
    Retry,
    Cancel,
    Release,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// All that is not settled, whatever it waits for.
    Waiting,
    /// What nothing but a person moves on.
    Held,
    Dead,
}

/// Why something is as it is, in the order in which a person wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Explanation {
    pub about: String,
    pub chapters: Vec<Chapter>,
    /// What a person can do; empty when nothing need be done.
    pub advice: Vec<String>,
    /// The same as verbs of ours, as far as they are.
    #[serde(default)]
    pub doable: Vec<Doable>,
}

/// A verb of ours that applies to what a story is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doable {
    pub verb: DoableVerb,
    /// What it is done to, as in `the post on @acme@social.example`.
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoableVerb {
    /// Each to a delivery, by its id.
    Retry(String),
    Cancel(String),
    Release(String),
    Pause(PauseOf),
    Resume(PauseOf),
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chapter {
    pub heading: String,
    pub told: Vec<Told>,
}

/// One sentence, and when it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub at: Option<When>,
    pub said: String,
}

/// What would be said of one gig.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub title: String,
    pub gig: Option<String>,
    /// What is to be known before the rest: it is on record already, or it is no gig at all.
    pub note: Option<String>,
    pub says: Vec<WouldSay>,
    pub skips: Vec<WouldSkip>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldSay {
    pub handle: String,
    pub network: String,
    pub text: String,
    pub length: u32,
    pub limit: u32,
    pub unit: String,
    /// When it would go, and why not now.
    pub when: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldSkip {
    pub handle: String,
    pub why: String,
}

/// What came of something that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What it concerns: the id of a gig, an account or a delivery.
    pub id: String,
    pub said: String,
}

/// What came of something that was asked for of several deliveries, or would come of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PutRight {
    /// In one sentence.
    pub said: String,
    /// Of how many something became, or would become.
    pub count: usize,
    /// Each of those that were looked at, with what became of it.
    pub lines: Vec<Done>,
    /// Up to when deliveries were taken, where they were chosen by time: asked again with this, they are the same.
    #[serde(default)]
    pub until: Option<When>,
}

/// Something that is paused beyond one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PausedLine {
    /// As in `The network mastodon`.
    pub what: String,
    pub since: When,
    pub by: Option<String>,
    pub why: Option<String>,
    /// The command that ends it.
    pub resume: String,
    /// The same, as it is asked for.
    #[serde(default)]
    pub of: Option<PauseOf>,
}

/// Where a browser is let into the console, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleDoor {
    pub url: String,
    pub until: When,
}

/// Shown once; only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    pub poster: String,
    pub token: String,
}

/// An address by which somebody becomes a poster. Shown once; only a hash of its token is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub poster: String,
    pub url: String,
    pub until: When,
}

/// Where a browser has to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkBegun {
    pub url: String,
    /// The host that the person will see there.
    pub server: String,
    /// What to ask with how it stands.
    pub attempt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkStands {
    Waiting,
    Linked(Done),
    Failed { said: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    pub what: String,
    pub verdict: Verdict,
    pub said: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Fine,
    /// It works, and could be better.
    Note,
    Wrong,
}
