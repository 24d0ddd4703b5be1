//! What is left of all limits: one answer for the console, `gigcast status` and monitoring, so that none of them can say otherwise.

use super::Desk;
use crate::clock::Timestamp;
use crate::failure::Scope;
use crate::outbox::Lane;
use crate::outbox::pace::budget::{Left, Limit, Limiting};
use crate::person::Account;
use crate::ports::StoreError;
use crate::profile::{Action, Quota};
use crate::web::admin::answers::{BudgetLine, CountedBy, When};
use std::time::Duration;

/// Reading back has a budget of its own at each host, over this window.
const READING: &str = "15 minutes";

impl Desk {
    /// All that may make a linked account wait, in the words of a page; `scope` is what monitoring calls it.
    pub(super) async fn limits_of(
        &self,
        account: &Account,
        lane: &Lane,
        now: Timestamp,
    ) -> Result<Vec<BudgetLine>, StoreError> {
        let deliver = &self.daemon.deliver;
        let profile = deliver.sessions.known_profile(account).await?;
        let stated = deliver.sessions.stated.of(account.id, now);
        let limits = deliver.quotas.limits(account, &profile.quotas, lane, &stated, now);
        let mut lines: Vec<BudgetLine> = limits.iter().map(|limit| told(account, limit)).collect();
        if !profile.engagement.kinds.is_empty() {
            let reading = self.daemon.backfeed.budget.left(&account.server, now);
            let what = format!("looks at who engaged, of all accounts at its server ({} in {READING})", reading.of);
            lines.push(line(account, "reading", what, reading));
        }
        Ok(lines)
    }
}

fn line(account: &Account, scope: &str, what: String, left: Left) -> BudgetLine {
    BudgetLine {
        account: account.id.to_string(),
        handle: account.handle.clone(),
        what,
        left: left.left,
        of: left.of,
        scope: scope.to_owned(),
        counted_by: CountedBy::Gigcast,
        until: None,
    }
}

fn told(account: &Account, limit: &Limit) -> BudgetLine {
    let said = |what: String, until: Timestamp| BudgetLine {
        counted_by: CountedBy::Server,
        until: Some(When(until)),
        ..line(account, "server", what, limit.left)
    };
    match &limit.what {
        Limiting::Pace => line(account, "pace", "posts today".to_owned(), limit.left),
        Limiting::Documented(quota) => line(account, scope(quota.scope), documented(quota), limit.left),
        Limiting::Stated(action, until) => said(format!("{}, its server says", kind(*action)), *until),
        Limiting::Asked(until) => said("requests, since its server asked to wait".to_owned(), *until),
    }
}

fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Account => "account",
        Scope::App => "app",
        Scope::Host => "host",
    }
}

fn documented(quota: &Quota) -> String {
    let among = match quota.scope {
        Scope::Account => "",
        Scope::App => ", of all accounts of our app there",
        Scope::Host => ", of all accounts at its server",
    };
    format!("{} at once{among} ({} in {})", kind(quota.action), quota.max, window(quota.per))
}

fn kind(action: Action) -> &'static str {
    match action {
        Action::Request => "requests",
        Action::Write => "posts and changes",
        Action::Delete => "deletes",
        Action::ReadPage => "pages read",
    }
}

/// As in `an hour`, `5 minutes`, `90 seconds`.
fn window(per: Duration) -> String {
    let (number, unit) = match per.as_secs() {
        seconds if seconds % 3600 == 0 => (seconds / 3600, "hour"),
        seconds if seconds % 60 == 0 => (seconds / 60, "minute"),
        seconds => (seconds, "second"),
    };
    match (number, unit) {
        (1, "hour") => "an hour".to_owned(),
        (1, unit) => format!("a {unit}"),
        (number, unit) => format!("{number} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::pace::budget::Left;

    #[test]
    fn windows_of_any_length_are_said_in_the_unit_that_fits() {
        let said = [1, 60, 90, 300, 3600, 5400, 10_800].map(|seconds| window(Duration::from_secs(seconds)));
        assert_eq!(said, ["a second", "a minute", "90 seconds", "5 minutes", "an hour", "90 minutes", "3 hours"]);
    }

    #[test]
    fn whose_word_it_is_stands_in_each_line_of_a_server() {
        let (account, until) = (crate::plan::samples::account("1"), Timestamp::from_millis(1_795_262_400_000));
        let one = |what, left, of| told(&account, &Limit { what, left: Left { left, of } });
        let stated = one(Limiting::Stated(Action::Request, until), 2, 300);
        assert_eq!(
            (stated.scope.as_str(), stated.counted_by, stated.until),
            ("server", CountedBy::Server, Some(When(until)))
        );
        assert_eq!(stated.words(), "2 of 300 requests, its server says");
        let asked = one(Limiting::Asked(until), 0, 0);
        assert_eq!(asked.words(), "no requests, since its server asked to wait");
        let quota = Quota { action: Action::Request, scope: Scope::Host, max: 300, per: Duration::from_mins(5) };
        let ours = one(Limiting::Documented(quota), 75, 75);
        assert_eq!((ours.scope.as_str(), ours.counted_by, ours.until), ("host", CountedBy::Gigcast, None));
        assert_eq!(ours.words(), "75 of 75 requests at once, of all accounts at its server (300 in 5 minutes)");
    }
}
