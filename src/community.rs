//! Communities: named groups in one kind of work, and who comes in, stays and looks after them.
//!
//! Trust in a kind of work comes from being known by those who do it; so the way in is the word of people inside, or a steward's invitation,
//! and the way out is open at any time. All that is decided here is pure: members go in, what changes comes out.

use crate::clock::Timestamp;
use crate::id::{CommunityId, PersonId, digest};
use crate::plan::taxonomy::Taxonomy;
use crate::redact;
use crate::trust::{Admission, Deed, Evidence, Party};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Community {
    pub id: CommunityId,
    /// In its address, for good; the name may change.
    pub slug: String,
    #[serde(deserialize_with = "redact::kept_line")]
    pub name: String,
    #[serde(deserialize_with = "redact::kept_text")]
    pub about: String,
    /// `parent/child` or `parent`; the kinds below belong to it.
    pub category: String,
    /// So many members must vouch for whoever comes in uninvited.
    pub vouches: u8,
    pub founded: Timestamp,
    /// Counts the changes of its members, so that of two at once one is told.
    pub turn: u64,
}

/// Vouches asked for where nobody said how many.
pub const VOUCHES: u8 = 2;
/// More than these keep everybody out.
pub const MOST_VOUCHES: u8 = 10;
pub const NAME_CHARS: usize = 60;
pub const ABOUT_CHARS: usize = 1000;
pub const WHY_CHARS: usize = 300;
/// So many communities may have the same person among their stewards when they found another.
pub const FOUNDED_BY_ONE: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub person: PersonId,
    pub rank: Rank,
    pub since: Timestamp,
    pub entry: Entry,
    pub shown: Shown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rank {
    Steward,
    Member,
    /// A steward took them out, and only an invitation brings them back.
    Removed {
        at: Timestamp,
        #[serde(deserialize_with = "redact::kept_line")]
        why: String,
    },
}

/// How somebody came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    Founder,
    /// By the word of so many members.
    Vouched(u8),
    Invited,
}

/// Whether a member is named on its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    Named,
    Counted,
}

/// How it stands between a community and somebody at its door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    Inside(Rank),
    /// They may come in: a steward has invited them.
    Invited,
    /// They may come in: these members have vouched for them.
    Vouched(Vec<PersonId>),
    /// These have, and more are needed.
    Missing {
        have: Vec<PersonId>,
        more: usize,
    },
    Removed {
        why: String,
    },
}

/// What somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Enter(Entry, Shown),
    Leave,
    Show(Shown),
    /// By whoever has shown to be a steward, or by the operator.
    Remove {
        why: String,
    },
    Appoint,
    /// A steward becomes a member again.
    StepDown,
}

/// What becomes of the members; in that order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    pub now: Vec<Member>,
    pub gone: Vec<PersonId>,
}

impl Member {
    pub fn is_inside(&self) -> bool {
        !matches!(self.rank, Rank::Removed { .. })
    }

    pub fn is_steward(&self) -> bool {
        self.rank == Rank::Steward
    }
}

impl Community {
    pub fn new(name: &str, category: &str, founded: Timestamp) -> Self {
        let name = redact::line(name);
        let slug = slug(&name);
        Self {
            id: CommunityId::from_slug(&slug),
            slug,
            name,
            about: String::new(),
            category: category.to_owned(),
            vouches: VOUCHES,
            founded,
            turn: 0,
        }
    }

    /// Whether a vouch or a gig in this kind of work is one in its own.
    pub fn is_about(&self, category: Option<&str>) -> bool {
        category.is_some_and(|slug| Taxonomy::includes(&self.category, slug))
    }

    /// Which members have vouched for somebody in its kind of work, in no order that ranks them. `node` says who stands behind a party.
    pub fn vouchers(
        &self,
        members: &[Member],
        about: &[Evidence],
        whom: PersonId,
        node: impl Fn(Party) -> Party,
    ) -> Vec<PersonId> {
        let inside: BTreeSet<PersonId> =
            members.iter().filter(|member| member.is_inside()).map(|member| member.person).collect();
        let speaks = |piece: &&Evidence| {
            matches!(piece.deed, Deed::Vouch(_))
                && piece.admission == Admission::Counts
                && self.is_about(piece.category.as_deref())
        };
        let said: BTreeSet<PersonId> = about
            .iter()
            .filter(speaks)
            .filter_map(|piece| match node(piece.by) {
                Party::Person(person) if person != whom && inside.contains(&person) => Some(person),
                Party::Person(_) | Party::Actor(_) => None,
            })
            .collect();
        said.into_iter().collect()
    }

    /// How it stands with somebody whom these members vouch for.
    pub fn door(&self, known: Option<&Member>, is_invited: bool, vouchers: Vec<PersonId>) -> Door {
        let needed = usize::from(self.vouches);
        match known.map(|member| &member.rank) {
            Some(rank @ (Rank::Steward | Rank::Member)) => Door::Inside(rank.clone()),
            _ if is_invited => Door::Invited,
            Some(Rank::Removed { why, .. }) => Door::Removed { why: why.clone() },
            None if vouchers.len() >= needed => Door::Vouched(vouchers),
            None => Door::Missing { more: needed - vouchers.len(), have: vouchers },
        }
    }
}

/// What an act of, or about, somebody makes of the members; or why it cannot be, as the end of a sentence.
pub fn after(members: &[Member], who: PersonId, act: Act, now: Timestamp) -> Result<Change, &'static str> {
    let known = members.iter().find(|member| member.person == who);
    let inside = known.filter(|member| member.is_inside());
    let one = |member: Member| Ok(Change { now: vec![member], gone: Vec::new() });
    let is_empty = !members.iter().any(Member::is_inside);
    match (act, inside) {
        (Act::Enter(..), Some(_)) => Err("they are inside already"),
        (Act::Enter(Entry::Founder, _), None) if !is_empty => Err("somebody is in it already"),
        (Act::Enter(entry, shown), None) => {
            let rank = if is_empty { Rank::Steward } else { Rank::Member };
            one(Member { person: who, rank, since: now, entry, shown })
        }
        (_, None) => Err("they are no member"),
        (Act::Show(shown), Some(member)) => one(Member { shown, ..member.clone() }),
        (Act::Leave, Some(_)) => {
            let now = heir(members, who).into_iter().collect();
            Ok(Change { now, gone: vec![who] })
        }
        (Act::Remove { why }, Some(member)) => {
            let mut change = Change { now: heir(members, who).into_iter().collect(), gone: Vec::new() };
            change.now.push(Member { rank: Rank::Removed { at: now, why }, shown: Shown::Counted, ..member.clone() });
            Ok(change)
        }
        (Act::Appoint, Some(member)) if member.is_steward() => Err("they are a steward already"),
        (Act::Appoint, Some(member)) => one(Member { rank: Rank::Steward, ..member.clone() }),
        (Act::StepDown, Some(member)) if !member.is_steward() => Err("they are no steward"),
        (Act::StepDown, Some(member)) => {
            if !members.iter().any(|other| other.is_steward() && other.person != who) {
                return Err("there is no other steward: make another member one first");
            }
            one(Member { rank: Rank::Member, ..member.clone() })
        }
    }
}

/// What becomes of a community when this person leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// It goes on as it is.
    GoesOn,
    /// Its last steward leaves: whoever has been inside longest follows.
    IsInherited,
    /// Nobody is left.
    Closes,
}

impl Leaving {
    pub fn of(members: &[Member], who: PersonId) -> Self {
        let stay = || members.iter().filter(|member| member.is_inside() && member.person != who);
        if stay().next().is_none() {
            Self::Closes
        } else if stay().any(Member::is_steward) {
            Self::GoesOn
        } else {
            Self::IsInherited
        }
    }

    /// What is said to whoever leaves; empty where nothing comes of it.
    pub fn words(self) -> &'static str {
        match self {
            Self::GoesOn => "",
            Self::IsInherited => "You are its last steward: whoever has been in it longest becomes its steward.",
            Self::Closes => {
                "You are the last one in it: once you leave it is closed, until somebody who is invited comes in or somebody starts one of the same name."
            }
        }
    }
}

/// What becomes of the members when one person turns out to be another. What that one is there already stays, but it keeps a steward.
pub fn after_becoming(members: &[Member], was: PersonId, is: PersonId) -> Change {
    let known = |who| members.iter().find(|member| member.person == who);
    let Some(member) = known(was) else { return Change::default() };
    let now = match known(is) {
        None => Some(Member { person: is, ..member.clone() }),
        Some(there) if !there.is_inside() => heir(members, was),
        Some(there) => member.is_steward().then(|| Member { rank: Rank::Steward, ..there.clone() }),
    };
    Change { now: now.into_iter().collect(), gone: vec![was] }
}

/// Who looks after it when its last steward goes: whoever has been inside longest.
fn heir(members: &[Member], goes: PersonId) -> Option<Member> {
    let stay = || members.iter().filter(|member| member.is_inside() && member.person != goes);
    if stay().any(Member::is_steward) {
        return None;
    }
    let eldest = stay().min_by_key(|member| (member.since, member.person))?;
    Some(Member { rank: Rank::Steward, ..eldest.clone() })
}

/// A name as it stands in an address: small letters and digits, separated by hyphens. A name that has none of them gets a short code.
pub fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: String = words.collect::<Vec<_>>().join("-").chars().take(40).collect();
    let slug = slug.trim_end_matches('-');
    if slug.len() >= 2 {
        return slug.to_owned();
    }
    let hash = digest("community", &[name.trim().as_bytes()]);
    hash[..4].iter().fold("c-".to_owned(), |code, byte| format!("{code}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::{Level, admit};

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn person(name: &str) -> PersonId {
        PersonId::from_name(name)
    }

    fn member(name: &str, rank: Rank, at: u64) -> Member {
        let since = Timestamp::from_millis(NOON.as_millis() + at);
        Member { person: person(name), rank, since, entry: Entry::Invited, shown: Shown::Named }
    }

    fn vouch(by: &str, category: &str) -> Evidence {
        let deed = Deed::Vouch(Level::KnowsTheWork);
        Evidence {
            by: Party::Person(person(by)),
            about: Party::Person(person("zoe")),
            category: Some(category.to_owned()),
            deed,
            at: NOON,
            source: String::new(),
            admission: admit(deed, 0),
        }
    }

    fn illustrators() -> Community {
        Community::new("Illustrators of Bern", "design", NOON)
    }

    #[test]
    fn only_members_vouches_in_its_kind_of_work_count_and_each_once() {
        let members = [
            member("ana", Rank::Steward, 0),
            member("ben", Rank::Member, 1),
            member("out", Rank::Removed { at: NOON, why: String::new() }, 2),
            member("zoe", Rank::Member, 3),
        ];
        let about = [
            vouch("ana", "design/illustration"),
            vouch("ana", "design"),
            vouch("ben", "writing"),
            vouch("out", "design"),
            vouch("stranger", "design"),
            vouch("zoe", "design"),
            Evidence { deed: Deed::Completed, ..vouch("ben", "design") },
        ];
        assert_eq!(illustrators().vouchers(&members, &about, person("zoe"), |party| party), [person("ana")]);
    }

    #[test]
    fn the_door_opens_for_enough_vouches_or_an_invitation() {
        let community = illustrators();
        let (ana, ben) = (person("ana"), person("ben"));
        assert_eq!(community.door(None, false, vec![ana]), Door::Missing { have: vec![ana], more: 1 });
        assert_eq!(community.door(None, false, vec![ana, ben]), Door::Vouched(vec![ana, ben]));
        assert_eq!(community.door(None, true, Vec::new()), Door::Invited);
        let inside = member("zoe", Rank::Member, 0);
        assert_eq!(community.door(Some(&inside), true, Vec::new()), Door::Inside(Rank::Member));
    }

    #[test]
    fn whoever_was_taken_out_comes_back_by_invitation_alone() {
        let community = illustrators();
        let out = member("zoe", Rank::Removed { at: NOON, why: "spam".to_owned() }, 0);
        let both = vec![person("ana"), person("ben")];
        assert_eq!(community.door(Some(&out), false, both), Door::Removed { why: "spam".to_owned() });
        assert_eq!(community.door(Some(&out), true, Vec::new()), Door::Invited);
    }

    #[test]
    fn the_last_steward_may_leave_and_the_eldest_member_follows() {
        let members = [member("ana", Rank::Steward, 0), member("ben", Rank::Member, 2), member("cyd", Rank::Member, 1)];
        let change = after(&members, person("ana"), Act::Leave, NOON).unwrap();
        assert_eq!(change.gone, [person("ana")]);
        assert_eq!((change.now[0].person, &change.now[0].rank), (person("cyd"), &Rank::Steward));
        let alone = after(&members[..1], person("ana"), Act::Leave, NOON).unwrap();
        assert_eq!((alone.now.len(), alone.gone.len()), (0, 1));
    }

    #[test]
    fn what_comes_of_leaving_is_known_before() {
        let mut members = vec![
            member("ana", Rank::Steward, 0),
            member("ben", Rank::Member, 2),
            member("out", Rank::Removed { at: NOON, why: String::new() }, 1),
        ];
        assert_eq!(Leaving::of(&members, person("ana")), Leaving::IsInherited);
        assert_eq!(Leaving::of(&members, person("ben")), Leaving::GoesOn);
        members.remove(1);
        assert_eq!(Leaving::of(&members, person("ana")), Leaving::Closes, "whoever was taken out is not in it");
    }

    #[test]
    fn whoever_comes_into_an_empty_community_looks_after_it_and_nobody_founds_one_with_members_anew() {
        let out = [member("out", Rank::Removed { at: NOON, why: String::new() }, 0)];
        for entry in [Entry::Founder, Entry::Invited] {
            let change = after(&out, person("zoe"), Act::Enter(entry, Shown::Named), NOON).unwrap();
            assert_eq!(change.now[0].rank, Rank::Steward);
        }
        let ana = [member("ana", Rank::Steward, 0)];
        assert!(after(&ana, person("zoe"), Act::Enter(Entry::Founder, Shown::Named), NOON).is_err());
    }

    #[test]
    fn a_steward_steps_down_only_for_another() {
        let mut members = vec![member("ana", Rank::Steward, 0), member("ben", Rank::Member, 2)];
        assert!(after(&members, person("ana"), Act::StepDown, NOON).is_err());
        members[1] = after(&members, person("ben"), Act::Appoint, NOON).unwrap().now.remove(0);
        assert!(after(&members, person("ana"), Act::StepDown, NOON).is_ok());
    }

    #[test]
    fn a_removal_keeps_its_reason_and_names_nobody_on_the_page() {
        let members = [member("ana", Rank::Steward, 0), member("ben", Rank::Member, 2)];
        let change = after(&members, person("ben"), Act::Remove { why: "spam".to_owned() }, NOON).unwrap();
        assert_eq!(change.now[0].rank, Rank::Removed { at: NOON, why: "spam".to_owned() });
        assert_eq!(change.now[0].shown, Shown::Counted);
        assert_eq!(after(&change.now, person("ben"), Act::Leave, NOON), Err("they are no member"));
    }

    #[test]
    fn a_name_becomes_an_address() {
        assert_eq!(slug("Illustrators of Bern!"), "illustrators-of-bern");
        assert_eq!(slug("  "), slug(""));
        assert!(slug("художники").starts_with("c-"));
        assert_ne!(slug("художники"), slug("поэты"));
    }
}
