//! Whom the people that a poster trusts would pick, and why. docs/TRUST.md tells it to people; docs/decisions/0020 why it is so.
//!
//! - Everyone a poster trusts directly gets a **voice**; they lend part of it to the people they vouch for, and these once more: three steps, then it ends.
//! - **You are heard of only from people at least as close to the poster as you are.** So nothing behind you, no ring of friends or fakes, can raise you.
//! - A voice is divided among all it vouches for, so vouching for everybody says nothing; and warnings count, but are never passed on.
//! - A reshare makes a known voice a little louder; it can never make a stranger known.
//!
//! ```text
//! Evidence -> sums per pair, kind and category -> Graph (of one day) -> Circle (of one poster) -> Ranking, Explanation, Words
//! ```
//!
//! All of it is pure. Evidence stays in the store; a [`Graph`] holds what it adds up to on one UTC day and is built anew for the next,
//! so that no weight has to be aged in a query. Between two days [`Graph::apply`] keeps it up to date, pair by pair.

mod affinity;
mod circle;
mod community;
mod evidence;
mod explain;
mod flood;
mod graph;
mod help;
mod parameters;
mod party;
mod rank;
mod words;

pub use affinity::affinity;
pub use circle::{Circle, Query, Standing, Workspace};
pub use community::{CommunityOrder, fnv1a64, roots};
pub use evidence::{AsOf, Credit, Deed, Dispute, Evidence, Kind, Level, Over, Sum, heaviest, sums};
pub use explain::{Explanation, Path, Step};
pub use flood::{Admission, admit};
pub use graph::{Applied, Graph};
pub use parameters::{Parameters, Weighing};
pub use party::{Joined, Party};
pub use rank::{Candidate, Ranking, Stranger};
pub use words::Words;

/// What is refused at the door, before it can turn every sum into nonsense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("the weight of {by} for {about} is {weight}: it must be a finite number, 0 or more")]
    Weight { by: Party, about: Party, weight: f64 },
    #[error("`{name}` is {value}: it must be {allowed}")]
    Parameter { name: &'static str, value: f64, allowed: &'static str },
    #[error("there are more than {} categories in the evidence: are they free text?", graph::MOST_CATEGORIES)]
    TooManyCategories,
    #[error("there are more people than a graph can number")]
    TooManyPeople,
}
