//! What each account should say of a gig, or why it says nothing.
//!
//! Planning decides *whether* an account announces a gig, composing decides *what* it says; both are pure, so that a dry run and
//! the real thing can't differ. A dead grant is no reason to skip: the announcement is planned and waits for the
//! person. An account that its person took away is.

pub mod audience;
pub mod clean;
pub mod compose;
pub mod cut;
pub mod labels;
pub mod length;
pub mod manner;
pub mod relay;
pub mod reword;
pub mod rings;
pub mod taxonomy;
pub mod template;
pub mod terms;

#[cfg(test)]
mod compose_tests;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod taxonomy_tests;

pub use compose::{Link, TooSmall, compose};
pub use manner::{Manner, Speech};
pub use reword::{Unfit, reword};
pub use taxonomy::Taxonomy;

use crate::clock::{Timestamp, WallClock};
use crate::failure::Why;
use crate::gig::{Gig, Republish, Status};
use crate::id::AccountId;
use crate::person::{Account, GrantState};
use serde::{Deserialize, Serialize};

/// Who announces a gig and who doesn't, in the order in which the accounts were given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    pub says: Vec<AccountId>,
    pub skips: Vec<Skip>,
    /// Which of those that say it wait while others go first.
    pub widening: Option<rings::Widening>,
}

impl Plan {
    /// Before when this account does not say it, as others go first.
    pub fn not_before(&self, account: AccountId) -> Option<Timestamp> {
        self.widening.as_ref().filter(|widening| widening.later.contains(&account)).map(|widening| widening.at)
    }
}

/// An account that says nothing of a gig, and the reason in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    pub account: AccountId,
    pub why: Why,
}

/// Plans a *first* announcement on each account. What has been said already follows the gig whatever this answers: a filled
/// gig is skipped here and still corrected there. On a doubtful clock nothing has passed.
pub fn plan(gig: &Gig, poster_accounts: &[Account], taxonomy: &Taxonomy, now: Timestamp, clock: WallClock) -> Plan {
    let mut plan = Plan::default();
    for account in poster_accounts {
        let why = not_theirs(gig, account)
            .or_else(|| not_to_be_republished(gig))
            .or_else(|| unlinked(account))
            .or_else(|| closed(gig, now, clock))
            .or_else(|| audience::refusal(&account.audience, &gig.terms, taxonomy));
        match why {
            None => plan.says.push(account.id),
            Some(why) => plan.skips.push(Skip { account: account.id, why }),
        }
    }
    plan.widening = rings::widening(gig, &plan.says, poster_accounts, now);
    if let Some(widening) = plan.widening.take_if(|widening| gig.terms.closes.is_some_and(|at| at <= widening.at)) {
        plan.says.retain(|account| !widening.later.contains(account));
        let why = || Why::new("the gig closes before it would widen to this account");
        plan.skips.extend(widening.later.into_iter().map(|account| Skip { account, why: why() }));
    }
    plan
}

/// Guards against a caller's slip: nothing is ever said in another person's name.
fn not_theirs(gig: &Gig, account: &Account) -> Option<Why> {
    (gig.poster != account.owner).then(|| Why::new("this account belongs to another person than the gig"))
}

/// Reading a source is no leave to post what it shows.
fn not_to_be_republished(gig: &Gig) -> Option<Why> {
    match &gig.republish {
        Republish::Allowed => None,
        Republish::Refused(why) => Some(why.clone()),
    }
}

fn unlinked(account: &Account) -> Option<Why> {
    matches!(account.grant, GrantState::Revoked { .. }).then(|| Why::new("the account was unlinked"))
}

fn closed(gig: &Gig, now: Timestamp, clock: WallClock) -> Option<Why> {
    let passed = gig.terms.closes.filter(|closes| clock == WallClock::Sound && *closes <= now);
    match (gig.status, passed) {
        (Status::Open, None) => None,
        (Status::Open, Some(closes)) => {
            Some(Why::new(format!("the gig closed on {}", closes.to_jiff().strftime("%-d %B %Y at %H:%M UTC"))))
        }
        (status, _) => Some(Why::new(format!("the gig is {}", status.word()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PersonId;
    use std::time::Duration;

    fn reasons(gig: &Gig, account: &Account, now: Timestamp) -> Vec<String> {
        let plan = plan(gig, std::slice::from_ref(account), Taxonomy::builtin(), now, WallClock::Sound);
        assert_eq!(plan.says.len() + plan.skips.len(), 1, "each account is in the plan once");
        plan.skips.into_iter().map(|skip| skip.why.said).collect()
    }

    #[test]
    fn an_open_gig_goes_to_every_account_that_takes_it() {
        let (gig, open, mut picky) = (samples::gig(), samples::account("1"), samples::account("2"));
        picky.audience.categories = vec!["legal".to_owned()];
        let plan = plan(&gig, &[open.clone(), picky.clone()], Taxonomy::builtin(), samples::NOW, WallClock::Sound);
        assert_eq!(plan.says, [open.id]);
        assert_eq!(plan.skips.len(), 1);
        assert_eq!(plan.skips[0].account, picky.id);
    }

    #[test]
    fn a_dead_grant_waits_and_is_not_skipped() {
        let mut account = samples::account("1");
        account.grant = GrantState::NeedsRelink { since: samples::NOW, said: String::new() };
        assert_eq!(reasons(&samples::gig(), &account, samples::NOW), Vec::<String>::new());
    }

    #[test]
    fn an_unlinked_account_is_skipped() {
        let mut account = samples::account("1");
        account.grant = GrantState::Revoked { since: samples::NOW };
        assert_eq!(reasons(&samples::gig(), &account, samples::NOW), ["the account was unlinked"]);
    }

    #[test]
    fn a_gig_that_is_over_is_not_announced() {
        let account = samples::account("1");
        let mut gig = samples::gig();
        gig.terms.closes = Some(samples::NOW);
        assert_eq!(reasons(&gig, &account, samples::NOW), ["the gig closed on 21 November 2026 at 12:00 UTC"]);
        assert!(reasons(&gig, &account, samples::NOW.minus(Duration::from_secs(1))).is_empty());
        gig.status = Status::Filled;
        assert_eq!(reasons(&gig, &account, samples::NOW), ["the gig is filled"]);
    }

    #[test]
    fn what_its_source_lets_nobody_post_elsewhere_is_skipped_with_that_reason() {
        let mut gig = samples::gig();
        gig.republish = Republish::Refused(Why::new("the terms of Jobs & Co forbid it"));
        let reasons = reasons(&gig, &samples::account("1"), samples::NOW);
        assert_eq!(reasons, ["the terms of Jobs & Co forbid it"]);
    }

    #[test]
    fn nobody_speaks_for_another() {
        let mut account = samples::account("1");
        account.owner = PersonId::from_name("someone else");
        assert_eq!(
            reasons(&samples::gig(), &account, samples::NOW),
            ["this account belongs to another person than the gig"]
        );
    }

    #[test]
    fn a_plan_reads_back_as_it_was_stored() {
        let mut account = samples::account("1");
        account.audience.languages = vec!["fi".to_owned()];
        let plan = plan(
            &samples::gig(),
            &[account, samples::account("2")],
            Taxonomy::builtin(),
            samples::NOW,
            WallClock::Sound,
        );
        let stored = postcard::to_stdvec(&plan).unwrap();
        assert_eq!(postcard::from_bytes::<Plan>(&stored).unwrap(), plan);
    }
}
