//! Lists come in the order that is promised, whatever the order of their keys.

use super::{gig, hire, import, interest, later, person, told};
use crate::clock::Timestamp;
use crate::community::Community;
use crate::referral::Interest;
use crate::store::ledger::{Hire, Import, Ledger};
use crate::store::memory::MemoryStore;
use crate::trust::Party;
use std::sync::Arc;

/// So many that no accident puts them in order.
const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn empty() -> Ledger {
    Ledger::new(Arc::new(MemoryStore::new()))
}

fn at(nth: usize) -> Timestamp {
    later(nth as u64)
}

#[tokio::test]
async fn whoever_was_hired_for_a_gig_stands_in_the_order_in_which_it_was_said() {
    let ledger = empty();
    for (nth, name) in NAMES.iter().enumerate() {
        ledger.hire(&Hire { at: at(nth), ..hire("one", Party::Person(person(name))) }).await.unwrap();
    }
    let found: Vec<Party> = ledger.hires_for(gig("one")).await.unwrap().iter().map(|hire| hire.whom).collect();
    assert_eq!(found, NAMES.map(|name| Party::Person(person(name))));
}

#[tokio::test]
async fn what_somebody_was_hired_for_and_who_would_do_a_gig_stand_newest_first() {
    let (ledger, bo) = (empty(), Party::Person(person("bo")));
    for (nth, name) in NAMES.iter().rev().enumerate() {
        ledger.hire(&Hire { at: at(nth), ..hire(name, bo) }).await.unwrap();
        let sent = Interest { at: at(nth), ..interest("one", person(name)) };
        ledger.keep_interest(&sent, told(&sent)).await.unwrap();
        let brought = Import { from: at(nth), ..import(name, person("bo")) };
        ledger.keep_import(&brought).await.unwrap();
    }
    let hires: Vec<_> = ledger.hires_of(bo).await.unwrap().iter().map(|hire| hire.gig).collect();
    assert_eq!(hires, NAMES.map(gig));
    let would: Vec<_> = ledger.interests(gig("one")).await.unwrap().iter().map(|one| one.person.unwrap()).collect();
    assert_eq!(would, NAMES.map(person));
    let brought: Vec<String> = ledger.imports_of(person("bo")).await.unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(brought, NAMES);
}

#[tokio::test]
async fn communities_stand_by_their_names() {
    let ledger = empty();
    for name in ["dd", "bb", "aa", "ff", "ee", "cc"] {
        ledger.found_community(&Community::new(name, "design", later(0)), None).await.unwrap();
    }
    let names: Vec<String> = ledger.communities().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["aa", "bb", "cc", "dd", "ee", "ff"]);
}
