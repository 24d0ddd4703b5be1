//! What is asked of those who read a source, as data: how often it may be read, whether it wants to be named, and whether what it shows
//! may be posted elsewhere. Reading is not a licence to repost.
//!
//! A source that is not in here is taken for the operator's own: it may be read by the operator's pace, and posted.

use std::time::Duration;
use url::Url;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceProfile {
    /// As people write it.
    pub name: &'static str,
    /// It is never looked at more often.
    pub poll_floor: Duration,
    /// Between two looks at anything of its host.
    pub apart: Duration,
    /// Whether it must be named where its gigs are shown.
    pub attribution: Attribution,
    pub reposting: Reposting,
    /// The page that says so, and the day it was read (ISO 8601).
    pub docs: &'static str,
    pub checked: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    None,
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reposting {
    Allowed,
    /// The title, the facts, a few words and the link back; the whole text is its employer's.
    Excerpt,
    /// Its terms forbid it.
    Forbidden,
    /// Nothing says that it is allowed.
    NoLeave,
}

/// The profile that all boards of companies share: their posts are public, and their texts are the employer's.
pub(super) const fn board(name: &'static str, docs: &'static str) -> SourceProfile {
    SourceProfile {
        name,
        poll_floor: Duration::from_mins(30),
        apart: Duration::from_secs(2),
        attribution: Attribution::None,
        reposting: Reposting::Excerpt,
        docs,
        checked: "2026-11-21",
    }
}

const fn aggregator(
    name: &'static str,
    poll_floor: Duration,
    attribution: Attribution,
    reposting: Reposting,
    docs: &'static str,
) -> SourceProfile {
    let apart = Duration::from_secs(2);
    SourceProfile { name, poll_floor, apart, attribution, reposting, docs, checked: "2026-11-21" }
}

/// Services that collect the gigs of others, by the host of their addresses; hosts below count too.
const KNOWN: &[(&[&str], SourceProfile)] = {
    const HOUR: Duration = Duration::from_hours(1);
    use Attribution::{None as Unnamed, Required};
    use Reposting::{Excerpt, Forbidden, NoLeave};
    &[
        // At most four times a day.
        (
            &["remotive.com", "remotive.io"],
            aggregator(
                "Remotive",
                Duration::from_hours(6),
                Required,
                Forbidden,
                "https://github.com/remotive-io/remote-jobs-api",
            ),
        ),
        (
            &["remoteok.com", "remoteok.io"],
            aggregator("Remote OK", HOUR, Required, Excerpt, "https://remoteok.com/api"),
        ),
        (&["himalayas.app"], aggregator("Himalayas", HOUR, Required, Excerpt, "https://himalayas.app/api")),
        (&["jobicy.com"], aggregator("Jobicy", HOUR, Required, Excerpt, "https://jobicy.com/jobs-rss-feed")),
        (
            &["arbeitnow.com"],
            aggregator("Arbeitnow", HOUR, Unnamed, NoLeave, "https://www.arbeitnow.com/api/job-board-api"),
        ),
        (
            &["hn.algolia.com", "hacker-news.firebaseio.com"],
            aggregator("Hacker News", HOUR, Unnamed, NoLeave, "https://github.com/HackerNews/API"),
        ),
        (
            &["weworkremotely.com"],
            aggregator("We Work Remotely", HOUR, Unnamed, NoLeave, "https://weworkremotely.com/remote-job-rss-feed"),
        ),
        (&["freelancer.com"], aggregator("Freelancer", HOUR, Unnamed, NoLeave, "https://developers.freelancer.com")),
        (&["upwork.com"], aggregator("Upwork", HOUR, Unnamed, Forbidden, "https://www.upwork.com/developer")),
    ]
};

/// The profile of the service at this address, when it is one that we know.
pub fn of_address(url: &str) -> Option<&'static SourceProfile> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let is_below = |known: &&str| host == *known || host.strip_suffix(*known).is_some_and(|rest| rest.ends_with('.'));
    KNOWN.iter().find(|(hosts, _)| hosts.iter().any(is_below)).map(|(_, profile)| profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_host_and_those_below_and_by_nothing_like_it() {
        let name = |url| of_address(url).map(|profile| profile.name);
        assert_eq!(name("https://remotive.com/api/remote-jobs?limit=5"), Some("Remotive"));
        assert_eq!(name("https://www.arbeitnow.com/api"), Some("Arbeitnow"));
        assert_eq!(name("https://notremotive.com/"), None);
        assert_eq!(name("https://remotive.com.example/"), None);
        assert_eq!(name("not an address"), None);
    }
}
