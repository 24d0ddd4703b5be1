//! Which accounts say a gig first, and when the others follow.
//!
//! Where none of those that go first says it at all, there is nothing to wait for, and it goes to all at once. A community reads, and says nothing:
//! where one goes first, every account follows.

use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::Gig;
use crate::gig::rings::Ring;
use crate::id::AccountId;
use crate::person::Account;
use serde::{Deserialize, Serialize};

/// The accounts that say a gig later, and from when on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widening {
    pub at: Timestamp,
    pub later: Vec<AccountId>,
}

/// Whether this account is named among those that go first.
pub fn goes_first(ring: &Ring, account: &Account) -> bool {
    ring.first.iter().any(|name| is_named(name, account))
}

fn is_named(name: &str, account: &Account) -> bool {
    let bare = |handle: &str| handle.trim_start_matches('@').to_lowercase();
    bare(name) == bare(&account.handle) || account.id.to_string() == name
}

/// What to tell a poster who named an account that is none of theirs, or was unlinked; nothing when all are linked, or a community goes first.
pub fn unknown(ring: &Ring, theirs: &[Account]) -> Option<Why> {
    if ring.community().is_some() {
        return None;
    }
    let (linked, gone): (Vec<_>, Vec<_>) = theirs.iter().partition(|account| super::unlinked(account).is_none());
    let among = |accounts: &[&Account], name: &str| accounts.iter().any(|account| is_named(name, account));
    let name = ring.first.iter().find(|name| !among(&linked, name))?;
    let known: Vec<&str> = linked.iter().map(|account| account.handle.as_str()).collect();
    let known = match known.as_slice() {
        [] => "no account is linked".to_owned(),
        handles => format!("these are: {}", handles.join(", ")),
    };
    let said = if among(&gone, name) {
        "which was unlinked: link it again, or leave it out"
    } else {
        "which is no linked account of its poster"
    };
    let name: String = name.chars().take(100).collect();
    Some(Why::new(format!("`first` names {name}, {said}; {known}")))
}

/// What of those who say a gig is to wait, and until when; nothing when nobody waits, or not any more.
pub(super) fn widening(gig: &Gig, says: &[AccountId], accounts: &[Account], now: Timestamp) -> Option<Widening> {
    let ring = gig.terms.ring.as_ref()?;
    let at = ring.widens(gig.first_seen, now);
    if ring.community().is_some() {
        return (at > now && !says.is_empty()).then(|| Widening { at, later: says.to_vec() });
    }
    let first = |id: &AccountId| accounts.iter().any(|account| account.id == *id && goes_first(ring, account));
    let (firsts, later): (Vec<AccountId>, Vec<AccountId>) = says.iter().partition(|id| first(id));
    (at > now && !firsts.is_empty() && !later.is_empty()).then_some(Widening { at, later })
}

/// Who goes first, and when the others follow. `community` is what the one that goes first is called, where it is known, here and below.
pub fn line(ring: &Ring, community: Option<&str>, at: &str) -> String {
    let (first, others) = (to_first(ring, community), to_others(ring));
    format!("First {first}; {others} at {at} unless it is filled or withdrawn by then.")
}

/// As in "it goes out after @acme@one.example": who goes first, in the order in which they are named.
pub fn said_first(ring: &Ring, community: Option<&str>) -> String {
    match ring.community() {
        Some(slug) => format!("the community {}", community.unwrap_or(slug)),
        None => ring.first.join(" and "),
    }
}

/// As in "it goes first on @acme@one.example": the same with the word before it.
pub fn to_first(ring: &Ring, community: Option<&str>) -> String {
    let word = if ring.community().is_some() { "to" } else { "on" };
    format!("{word} {}", said_first(ring, community))
}

/// Where it goes then.
pub fn to_others(ring: &Ring) -> &'static str {
    if ring.community().is_some() { "everywhere else" } else { "on the others" }
}

#[cfg(test)]
mod tests {
    use super::super::{Taxonomy, plan, samples};
    use super::*;
    use crate::clock::WallClock;
    use crate::gig::Terms;
    use crate::person::GrantState;
    use std::time::Duration;

    const HOUR: Duration = Duration::from_hours(1);

    fn accounts() -> [Account; 3] {
        ["ana", "ben", "cyd"]
            .map(|name| Account { handle: format!("@{name}@social.example"), ..samples::account(name) })
    }

    fn first_on(names: &[&str]) -> Gig {
        let first = names.iter().map(|name| (*name).to_owned()).collect();
        let gig = samples::gig();
        Gig { terms: Terms { ring: Some(Ring { first, widen_after: HOUR * 6 }), ..gig.terms.clone() }, ..gig }
    }

    fn planned(gig: &Gig, accounts: &[Account], now: Timestamp) -> super::super::Plan {
        plan(gig, accounts, Taxonomy::builtin(), now, WallClock::Sound)
    }

    #[test]
    fn those_that_are_not_named_wait_until_it_widens() {
        let [ana, ben, cyd] = accounts();
        let all = [ana.clone(), ben.clone(), cyd.clone()];
        let gig = first_on(&["Ben@social.example"]);
        let plan = planned(&gig, &all, samples::NOW);
        assert_eq!(plan.says, [ana.id, ben.id, cyd.id]);
        let at = samples::NOW.plus(HOUR * 6);
        assert_eq!([ana.id, ben.id, cyd.id].map(|id| plan.not_before(id)), [Some(at), None, Some(at)]);
        assert_eq!(planned(&gig, &all, at).widening, None, "it has widened");
    }

    #[test]
    fn an_account_is_named_by_its_id_as_well() {
        let [ana, ben, _] = accounts();
        let gig = first_on(&[&ana.id.to_string()]);
        let plan = planned(&gig, &[ana.clone(), ben.clone()], samples::NOW);
        assert_eq!(plan.widening.unwrap().later, [ben.id]);
    }

    #[test]
    fn where_none_that_goes_first_says_it_nobody_waits() {
        let [mut ana, ben, _] = accounts();
        ana.audience.categories = vec!["legal".to_owned()];
        let plan = planned(&first_on(&["@ana@social.example"]), &[ana, ben.clone()], samples::NOW);
        assert_eq!((plan.says, plan.widening), (vec![ben.id], None));
    }

    #[test]
    fn where_a_community_goes_first_every_account_waits_and_none_has_to_be_named() {
        let [ana, ben, _] = accounts();
        let gig = first_on(&["community/bern"]);
        let plan = planned(&gig, &[ana.clone(), ben.clone()], samples::NOW);
        let at = samples::NOW.plus(HOUR * 6);
        assert_eq!([ana.id, ben.id].map(|id| plan.not_before(id)), [Some(at), Some(at)]);
        assert_eq!(planned(&gig, &[ana, ben], at).widening, None, "it has widened");
        let ring = gig.terms.ring.unwrap();
        assert_eq!(unknown(&ring, &accounts()), None);
        let said = |called| line(&ring, called, "18:00");
        let named = said(Some("Painters of Bern"));
        assert!(
            named.starts_with("First to the community Painters of Bern; everywhere else at 18:00 unless"),
            "{named}"
        );
        assert!(said(None).starts_with("First to the community bern;"), "{}", said(None));
    }

    #[test]
    fn what_closes_before_it_widens_is_left_out_there_with_that_reason() {
        let [ana, ben, _] = accounts();
        let mut gig = first_on(&["@ana@social.example"]);
        gig.terms.closes = Some(samples::NOW.plus(HOUR * 2));
        let plan = planned(&gig, &[ana.clone(), ben.clone()], samples::NOW);
        assert_eq!(plan.says, [ana.id]);
        assert_eq!(plan.skips[0].account, ben.id);
        assert_eq!(plan.skips[0].why.said, "the gig closes before it would widen to this account");
    }

    #[test]
    fn a_name_that_is_nobodys_is_told_with_those_that_are() {
        let ring = |name: &str| first_on(&[name]).terms.ring.unwrap();
        assert_eq!(unknown(&ring("@ana@social.example"), &accounts()), None);
        let why = unknown(&ring("@anna@social.example"), &accounts()).unwrap().said;
        assert!(why.contains("@anna@social.example") && why.contains("@ben@social.example"), "{why}");
        assert!(unknown(&ring("@ana"), &[]).unwrap().said.contains("no account is linked"));
    }

    #[test]
    fn an_account_that_was_unlinked_is_not_named_first_and_the_refusal_says_what_to_do() {
        let mut all = accounts();
        all[0].grant = GrantState::Revoked { since: samples::NOW };
        let ring = |name: &str| first_on(&[name]).terms.ring.unwrap();
        let why = unknown(&ring("@ana@social.example"), &all).unwrap().said;
        let said = "`first` names @ana@social.example, which was unlinked: link it again, or leave it out; \
                    these are: @ben@social.example, @cyd@social.example";
        assert_eq!(why, said);
        assert_eq!(unknown(&ring("@ben@social.example"), &all), None);
        // Who has to be linked again is linked.
        all[1].grant = GrantState::NeedsRelink { since: samples::NOW, said: "revoked".to_owned() };
        assert_eq!(unknown(&ring("@ben@social.example"), &all), None);
        let none = unknown(&ring("@ana@social.example"), &all[..1]).unwrap().said;
        assert!(none.ends_with("leave it out; no account is linked"), "{none}");
    }
}
