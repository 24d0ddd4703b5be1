//! Pieces of evidence in words.

use super::answer::Named;
use crate::clock::Timestamp;
use crate::plan::taxonomy::Taxonomy;
use crate::trust::{Credit, Deed, Dispute, Evidence, Level, Over};

/// What one piece says, in words that fit "you" as well as a name: "Bob vouched for Alice in Illustration, 12 May 2026".
pub fn piece(evidence: &Evidence, by: &Named, about: &Named, taxonomy: &Taxonomy) -> String {
    let whom = &about.name;
    let did = match evidence.deed {
        Deed::Hired | Deed::Completed => format!("hired {whom}"),
        Deed::Vouch(Level::KnowsTheWork) => format!("vouched for {whom}"),
        Deed::Vouch(Level::WorkedWith) => format!("vouched for {whom} after working with them"),
        Deed::Vouch(Level::WouldHireAgain) => format!("would hire {whom} again"),
        Deed::Referrer => format!("trusted the word of {whom}"),
        Deed::Dispute(Dispute::Mild, over) => format!("had trouble with {whom} ({})", grievance(over)),
        Deed::Dispute(Dispute::Grave, over) => format!("warned of {whom} ({})", grievance(over)),
        Deed::Credit(Credit::PaysOnTime) => format!("said that {whom} pays on time"),
        Deed::Credit(Credit::GoodBriefs) => format!("said that {whom} writes good briefs"),
        Deed::Reshare => format!("reshared a gig of {whom}"),
        Deed::Quote => format!("quoted a gig of {whom}"),
        Deed::Reply => format!("answered a gig of {whom}"),
    };
    let label = evidence.category.as_deref().map(|slug| taxonomy.label(slug).unwrap_or(slug));
    let kind = label.map(|label| format!(" in {label}")).unwrap_or_default();
    let both = if evidence.deed == Deed::Completed { ", as both say" } else { "" };
    format!("{} {did}{kind}{both}, {}", by.name, day(evidence.at))
}

fn grievance(over: Over) -> &'static str {
    match over {
        Over::Unpaid => "did not pay",
        Over::NoShow => "did not show up",
        Over::BadWork => "bad work",
    }
}

/// What somebody did for the asker's gigs: "reshared your gigs 3 times and answered one". Times are counted, and not gigs: one gig may be answered five
/// times, and reshared from two accounts.
pub fn help(evidence: &[Evidence]) -> Option<String> {
    let count = |deed| evidence.iter().filter(|piece| piece.deed == deed).count();
    let deeds = [(Deed::Reshare, "reshared"), (Deed::Quote, "quoted"), (Deed::Reply, "answered")];
    let mut told = deeds.into_iter().map(|(deed, verb)| (count(deed), verb)).filter(|(count, _)| *count > 0);
    let first = match told.next()? {
        (1, verb) => format!("{verb} one of your gigs"),
        (count, verb) => format!("{verb} your gigs {count} times"),
    };
    Some(told.fold(first, |told, (count, verb)| match count {
        1 => format!("{told} and {verb} one"),
        _ => format!("{told} and {verb} {count} times"),
    }))
}

pub(super) fn day(at: Timestamp) -> String {
    at.to_jiff().strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ActorId, PersonId};
    use crate::trust::{Admission, Party};

    fn evidence(deed: Deed) -> Evidence {
        Evidence {
            by: Party::Actor(ActorId::of(&[b"bob"])),
            about: Party::Person(PersonId::of(&[b"alice"])),
            category: Some("design/illustration".to_owned()),
            deed,
            at: Timestamp::parse_rfc3339("2026-05-12T23:00:00Z").unwrap(),
            source: "https://social.example/1".to_owned(),
            admission: Admission::Counts,
        }
    }

    fn named(name: &str) -> Named {
        Named { id: name.to_lowercase(), name: name.to_owned(), handle: None, url: None }
    }

    #[test]
    fn a_piece_says_who_did_what_in_which_kind_of_work_and_when() {
        let said = |deed| piece(&evidence(deed), &named("Bob"), &named("Alice"), Taxonomy::builtin());
        assert_eq!(said(Deed::Vouch(Level::KnowsTheWork)), "Bob vouched for Alice in Illustration, 12 May 2026");
        assert_eq!(said(Deed::Referrer), "Bob trusted the word of Alice in Illustration, 12 May 2026");
    }

    #[test]
    fn help_is_counted_by_how_often_it_was_done() {
        assert_eq!(help(&[]), None);
        assert_eq!(help(&[evidence(Deed::Vouch(Level::WorkedWith))]), None);
        let three = [Deed::Reshare, Deed::Reply, Deed::Reshare].map(evidence);
        assert_eq!(help(&three).unwrap(), "reshared your gigs 2 times and answered one");
        let replies = [Deed::Quote, Deed::Reply, Deed::Reply].map(evidence);
        assert_eq!(help(&replies).unwrap(), "quoted one of your gigs and answered 2 times");
    }
}
