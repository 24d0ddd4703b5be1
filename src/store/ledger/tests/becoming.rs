//! A freelancer who becomes a poster is that poster in everything: nothing is left of who they were.

use super::known::{self, EMAIL, NAME, fill, freelancer};
use super::{NOON, gig, holding, interest, later, person, relay, told};
use crate::community::{Act, Community, Entry, Rank, Shown};
use crate::id::{Code, PersonId};
use crate::person::Account;
use crate::plan::relay::Relay;
use crate::plan::samples;
use crate::referral::{Interest, Via};
use crate::secret::Secret;
use crate::store::ledger::{Invite, Ledger, Statements, Wish};
use crate::store::memory::MemoryStore;
use crate::trust::Party;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A freelancer of whom all is held, and the poster that they are invited to be.
struct Invited {
    store: MemoryStore,
    ledger: Ledger,
    was: PersonId,
    is: PersonId,
}

async fn invited() -> Invited {
    let store = MemoryStore::new();
    let ledger = Ledger::new(Arc::new(store.clone()));
    fill(&store, &ledger, &freelancer()).await;
    let invite = Invite { name: "Lindqvist & Co".to_owned(), made: NOON, until: later(60) };
    ledger.keep_invite(&Secret::new("invitation"), &invite).await.unwrap();
    Invited { store, ledger, was: freelancer().id, is: PersonId::from_name("Lindqvist & Co") }
}

impl Invited {
    async fn accept(&self) {
        let (invitation, cookie) = (Secret::new("invitation"), Secret::new("new cookie"));
        self.ledger.accept_invite(&invitation, &cookie, Some(self.was), NOON).await.unwrap().unwrap();
        while self.ledger.sweep(100).await.unwrap() > 0 {}
    }

    async fn rows_of(&self, who: PersonId) -> BTreeMap<&'static str, usize> {
        holding(&self.store, &[who.as_bytes().to_vec()]).await
    }
}

#[tokio::test]
async fn whoever_becomes_a_poster_is_that_poster_in_all_that_is_held_of_them() {
    let run = invited().await;
    run.ledger.unlist(run.was, NOON).await.unwrap();
    let mut before = run.rows_of(run.was).await;
    // The poster signs with a key of their own; of a link that is moved the new address is made at once.
    assert_eq!(before.remove("vouch_key"), Some(1));
    *before.get_mut("own_link").unwrap() += 1;
    let feed = Secret::new("feed");

    run.accept().await;
    assert_eq!(run.rows_of(run.was).await, BTreeMap::new(), "nothing is left of who they were");
    assert_eq!(run.rows_of(run.is).await, before, "and all of it is there");

    let ledger = &run.ledger;
    let poster = ledger.person(run.is).await.unwrap().unwrap();
    assert_eq!(poster.email.as_deref(), Some(EMAIL));
    assert_eq!(ledger.identities_of(run.is).await.unwrap()[0].account, known::account());
    assert!(ledger.statements(run.is).await.unwrap().unwrap().skills[0].ends_with(NAME));
    assert_eq!(ledger.feed_reader(&feed).await.unwrap(), Some(run.is));
    assert_eq!(ledger.hires_of(Party::Person(run.is)).await.unwrap().len(), 1);
    assert_eq!(ledger.imports_of(run.is).await.unwrap().len(), 2);
    assert_eq!(ledger.memberships_of(run.is).await.unwrap().len(), 3);
    assert!(ledger.shows_circle(run.is).await.unwrap());
    assert!(
        ledger
            .interest(gig("wanted"), crate::id::InterestId::from_person(gig("wanted"), run.is))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(ledger.wish(Party::Person(run.is)).await.unwrap(), Some(Wish::Unlisted));
    assert_eq!(ledger.forget_interests(later(1), 9).await, Ok(2));
    assert_eq!(ledger.interests(gig("wanted")).await.unwrap(), [], "it is found by its time");
}

#[tokio::test]
async fn the_links_that_are_out_go_on_to_lead_to_them_and_can_be_taken_back() {
    let run = invited().await;
    run.accept().await;
    let (ledger, passed) = (&run.ledger, gig("passed-on"));
    let [old, new] = [run.was, run.is].map(|who| Code::personal(passed, who));
    for code in [&old, &new] {
        assert_eq!(ledger.whose_link(passed, code).await.unwrap(), Some(run.is));
    }
    ledger.note_visits(&[((passed, Via::Link(run.was)), 1), ((passed, Via::Link(run.is)), 1)]).await.unwrap();
    assert_eq!(ledger.visits(passed).await.unwrap(), [(Via::Page, 4), (Via::Link(run.is), 5)]);
    ledger.take_back_link(passed, run.is).await.unwrap();
    for code in [&old, &new] {
        assert_eq!(ledger.whose_link(passed, code).await.unwrap(), None);
    }
    assert_eq!(ledger.visits(passed).await.unwrap(), [(Via::Page, 9)]);
}

#[tokio::test]
async fn what_the_poster_was_and_said_before_stays_and_nothing_is_there_twice() {
    let run = invited().await;
    let ledger = &run.ledger;
    let theirs = Statements { skills: vec!["printing".to_owned()], ..Statements::nothing(NOON) };
    ledger.state(run.is, &theirs).await.unwrap();
    ledger.readdress_feed(run.is, Some(&Secret::new("the poster's")), NOON).await.unwrap();
    let said = Interest { name: "Lindqvist & Co".to_owned(), ..interest("wanted", run.is) };
    ledger.keep_interest(&said, told(&said)).await.unwrap();
    let id = |name: &str| Community::new(name, "design", NOON).id;
    let enter = Act::Enter(Entry::Invited, Shown::Counted);
    for name in ["Theirs", "Oslo"] {
        ledger.act_in_community(id(name), run.is, &enter, NOON).await.unwrap();
    }
    let turn = ledger.community(id("Oslo")).await.unwrap().unwrap().turn;

    run.accept().await;
    assert_eq!(run.rows_of(run.was).await, BTreeMap::new());
    assert_eq!(ledger.statements(run.is).await.unwrap(), Some(theirs));
    assert_eq!(ledger.feed_reader(&Secret::new("the poster's")).await.unwrap(), Some(run.is));
    assert_eq!(ledger.feed_reader(&Secret::new("feed")).await.unwrap(), None);
    assert_eq!(ledger.interests(gig("wanted")).await.unwrap(), [said]);
    let ranks = async |name: &str| -> Vec<(PersonId, bool)> {
        let members = ledger.members_of(id(name)).await.unwrap();
        members.iter().filter(|one| one.person != person("bo")).map(|one| (one.person, one.is_steward())).collect()
    };
    assert_eq!(ranks("Theirs").await, [(run.is, true)], "it keeps its steward");
    assert_eq!(ranks("Oslo").await, [(run.is, false)]);
    let oslo = ledger.memberships_of(run.is).await.unwrap();
    assert!(oslo.iter().all(|(_, member)| !matches!(member.rank, Rank::Removed { .. })), "they are in it: {oslo:?}");
    assert_eq!(ledger.community(id("Oslo")).await.unwrap().unwrap().turn, turn + 1);
}

#[tokio::test]
async fn what_is_of_others_stays_theirs_when_somebody_becomes_a_poster() {
    let run = invited().await;
    let ledger = &run.ledger;
    let [cy, dee] = ["cy", "dee"].map(person);
    let community = Community::new("Elsewhere", "design", NOON);
    ledger.found_community(&community, None).await.unwrap();
    ledger.invite_to_community(community.id, Party::Person(cy), Some(dee), NOON).await.unwrap();
    ledger.know_issuer("did:key:of dee", Party::Person(dee)).await.unwrap();
    let brought = crate::store::Import { issuer: "did:key:of dee".to_owned(), ..super::import("by dee", cy) };
    ledger.keep_import(&brought).await.unwrap();

    run.accept().await;
    let [kept] = &ledger.imports_of(cy).await.unwrap()[..] else { panic!("one was brought") };
    assert_eq!((kept.subject, kept.by), (cy, Some(Party::Person(dee))));
    assert_eq!(ledger.issuers_of(&[Party::Person(dee)]).await.unwrap(), ["did:key:of dee"]);
    let [awaited] = &ledger.invitations_to(community.id).await.unwrap()[..] else { panic!("one is invited") };
    assert_eq!((awaited.whom, awaited.by), (Party::Person(cy), Some(dee)));
}

#[tokio::test]
async fn accounts_that_a_freelancer_has_linked_and_what_they_reshare_are_the_posters_afterwards() {
    let run = invited().await;
    let linked = Account { owner: run.was, ..samples::account("7") };
    run.ledger.link(&linked, b"sealed".to_vec()).await.unwrap();
    for poster in [person("acme"), run.is] {
        run.ledger.switch_relay_on(&Relay { account: linked.id, ..relay(poster, run.was, "7") }).await.unwrap();
    }
    run.accept().await;
    assert_eq!(run.ledger.account(linked.id).await.unwrap().unwrap().owner, run.is);
    let relays = run.ledger.relays_by(linked.id).await.unwrap();
    assert_eq!(relays.iter().map(|relay| (relay.poster, relay.person)).collect::<Vec<_>>(), [(person("acme"), run.is)]);
    assert_eq!(run.ledger.relays_of(run.is).await.unwrap(), [], "nobody relays themselves");
}
