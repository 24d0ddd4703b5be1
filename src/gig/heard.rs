//! What the source said of a gig, kept where a person has decided otherwise; and how the two go on together.
//!
//! The rule, field by field: what a person decided stands until the source says something *new* about that very field. So a person who fills
//! a gig is not overruled by a source that goes on listing it, and a title that was mended stays while the source changes the pay.

use super::{Gig, Status, Terms};
use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// A gig without its name and history: what can be said, and overruled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub terms: Terms,
    pub status: Status,
}

impl Version {
    pub fn of(gig: &Gig) -> Self {
        Self { terms: gig.terms.clone(), status: gig.status }
    }

    /// Whether a reader would notice no difference.
    pub fn reads_as(&self, other: &Self) -> bool {
        self.status == other.status && self.terms.reads_as(&other.terms)
    }

    /// The gig with this in place of what it says.
    #[must_use]
    pub fn on(&self, gig: &Gig) -> Gig {
        Gig { terms: self.terms.clone(), status: self.status, ..gig.clone() }
    }

    /// What stands after the source, which said `before`, now says `now`: each field that it changed is the source's, each other stays.
    #[must_use]
    pub fn follow(&self, before: &Self, now: &Self) -> Self {
        let (ours, was, is) = (&self.terms, &before.terms, &now.terms);
        let terms = Terms {
            title: pick(&ours.title, &was.title, &is.title),
            description: pick(&ours.description, &was.description, &is.description),
            category: pick(&ours.category, &was.category, &is.category),
            skills: pick(&ours.skills, &was.skills, &is.skills),
            pay: pick(&ours.pay, &was.pay, &is.pay),
            place: pick(&ours.place, &was.place, &is.place),
            language: pick(&ours.language, &was.language, &is.language),
            organisation: pick(&ours.organisation, &was.organisation, &is.organisation),
            closes: pick(&ours.closes, &was.closes, &is.closes),
            openings: pick(&ours.openings, &was.openings, &is.openings),
            apply_url: pick(&ours.apply_url, &was.apply_url, &is.apply_url),
            published: pick(&ours.published, &was.published, &is.published),
            urgency: pick(&ours.urgency, &was.urgency, &is.urgency),
            ring: pick(&ours.ring, &was.ring, &is.ring),
        };
        // A closing day that a person has moved is not the source's any more, and neither is what follows from it.
        let by_the_old_day = now.status == Status::Expired && terms.closes != now.terms.closes;
        // That the day passes is nothing new of a gig that a person has ended before.
        let ended_before =
            now.status == Status::Expired && before.status == Status::Open && self.status != Status::Open;
        let stays = by_the_old_day || ended_before;
        let status = if stays { self.status } else { pick(&self.status, &before.status, &now.status) };
        Self { terms, status }
    }
}

fn pick<T: PartialEq + Clone>(ours: &T, was: &T, is: &T) -> T {
    if was == is { ours.clone() } else { is.clone() }
}

/// What a person decides about a gig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Fill,
    Withdraw,
    Reopen,
    /// It should say this.
    Edit(Box<Terms>),
}

impl Decision {
    /// As in "a person filled it".
    pub fn done(&self) -> &'static str {
        match self {
            Self::Fill => "filled",
            Self::Withdraw => "withdrew",
            Self::Reopen => "re-opened",
            Self::Edit(_) => "edited",
        }
    }

    /// What the gig says then; or why it cannot be decided.
    pub fn on(&self, ours: &Version, now: Timestamp) -> Result<Version, String> {
        let passed = |terms: &Terms| terms.closes.is_some_and(|closes| closes <= now);
        Ok(match self {
            Self::Fill => Version { status: Status::Filled, ..ours.clone() },
            Self::Withdraw => Version { status: Status::Withdrawn, ..ours.clone() },
            Self::Reopen if passed(&ours.terms) => {
                return Err("its closing day has passed: give it a later one, or none, and it is open again".to_owned());
            }
            Self::Reopen => Version { status: Status::Open, ..ours.clone() },
            Self::Edit(terms) => {
                let status = match ours.status {
                    Status::Expired if !passed(terms) => Status::Open,
                    Status::Open if passed(terms) => Status::Expired,
                    status => status,
                };
                Version { terms: (**terms).clone(), status }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples::{self, NOW};
    use std::time::Duration;

    fn version(title: &str, openings: Option<u32>, status: Status) -> Version {
        Version { terms: Terms { title: title.into(), openings, closes: None, ..samples::gig().terms }, status }
    }

    #[test]
    fn a_decision_stands_until_the_source_says_something_new_about_that_field() {
        let source = version("Logo", Some(1), Status::Open);
        let ours = version("A logo", Some(1), Status::Filled);
        assert_eq!(ours.follow(&source, &source), ours, "the source says what it said");
        let now = version("Logo", Some(3), Status::Open);
        assert_eq!(ours.follow(&source, &now), version("A logo", Some(3), Status::Filled), "about another field");
        let now = version("Big logo", Some(1), Status::Withdrawn);
        assert_eq!(ours.follow(&source, &now), now, "about these very ones");
    }

    #[test]
    fn a_closing_day_that_was_moved_is_not_expired_by_the_old_one() {
        let day = |days: u64| Some(NOW.plus(Duration::from_hours(24 * days)));
        let closing = |closes, status| Version { terms: Terms { closes, ..samples::gig().terms }, status };
        let (source, ours) = (closing(day(1), Status::Open), closing(day(9), Status::Open));
        let expired = closing(day(1), Status::Expired);
        assert_eq!(ours.follow(&source, &expired), ours);
        assert_eq!(source.follow(&source, &expired), expired);
    }

    #[test]
    fn what_has_closed_is_opened_again_by_another_day() {
        let over = Version { terms: Terms { closes: Some(NOW), ..samples::gig().terms }, status: Status::Expired };
        assert!(Decision::Reopen.on(&over, NOW).unwrap_err().contains("closing day"));
        let terms = Terms { closes: None, ..over.terms.clone() };
        assert_eq!(Decision::Edit(Box::new(terms)).on(&over, NOW).unwrap().status, Status::Open);
        let filled = Decision::Fill.on(&over, NOW).unwrap();
        assert_eq!((filled.status, filled.terms), (Status::Filled, over.terms));
    }
}
