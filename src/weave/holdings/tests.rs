//! Of each kind of row in the store it is known whether it is of a person, and what is of a person is in what they are shown.

use super::*;
use crate::clock::ManualClock;
use crate::notice::{About, News, Notice};
use crate::outbox::{Announcement, Lane, Wanted as WantedOf};
use crate::plan::relay::Relay;
use crate::plan::samples::{self, NOW};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::{Batch, Store};
use crate::store::catalogue::KINDS;
use crate::store::tests::known::{filled, linked, poster};
use crate::store::{GigRecord, Heard, Ledger, Removed, layout};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a kind of row stands in what somebody is shown of themselves.
const SHOWN: [(&str, &str); 39] = [
    ("person", "/person/name"),
    ("account", "/accounts"),
    ("token", "/tokens"),
    ("identity", "/identities"),
    ("identity_of", "/identities"),
    ("invite", "/invites"),
    ("sign_in", "/sign_ins"),
    ("avatar", "/pictures"),
    ("notice", "/notices"),
    ("end_told", "/ends_told"),
    ("vouch_key", "/vouch_key"),
    ("statements", "/statements/skills"),
    ("feed_address", "/feed_since"),
    ("feed_address_of", "/feed_since"),
    ("gig", "/gigs"),
    ("gig_of_poster", "/gigs"),
    ("removed", "/gone"),
    ("announcement", "/announced"),
    ("engagement", "/deeds"),
    ("by_actor", "/deeds"),
    ("actor", "/actors"),
    ("vouch", "/vouches"),
    ("evidence", "/by"),
    ("evidence_about", "/about"),
    ("hire", "/hired"),
    ("hire_of", "/hires"),
    ("circle_shown", "/shows_circle"),
    ("visits", "/links/0/visits"),
    ("interest", "/interests"),
    ("own_link", "/links"),
    ("relay", "/relays"),
    ("relay_of", "/relayed_by"),
    ("wish", "/wish"),
    ("imported_vouch", "/imports"),
    ("known_issuer", "/issuers"),
    ("member", "/communities"),
    ("membership", "/communities"),
    ("invited", "/invitations"),
    ("import_seen", "/sights"),
];

/// What is shown to nobody as theirs, and why.
const NOT_SHOWN: [(&str, &[&str]); 9] = [
    (
        "of gigcast itself, its sources, and the servers that it speaks with",
        &[
            "by_actor_filled",
            "epoch",
            "push_key",
            "restored",
            "retention",
            "shelf_of_all_filled",
            "shelves_filled",
            "signing_key",
            "store_version",
            "vault_key_next",
            "vault_key",
            "instance_vouch_key",
            "source_seen_again",
            "switch",
            "profile",
            "client",
            "source",
            "refused",
            "listed",
            "subscription",
            "message",
            "message_by_time",
        ],
    ),
    ("parts of records, which are read with these, and those that are left over and go", &["part", "litter"]),
    ("a secret, sealed; that it is there stands with the account", &["grant"]),
    (
        "of a gig, or of a post of one, and told on its page and by `gigcast why`; whose gigs and accounts they are is shown",
        &[
            "alias",
            "gig_by_time",
            "story",
            "unplanned",
            "shelf",
            "closing",
            "delivery",
            "queue",
            "lane",
            "wake",
            "post",
            "aside",
            "watch",
            "watched",
            "to_relay",
            "original",
        ],
    ),
    ("a relay of theirs that ended a moment ago, until what it reshared is on its way back", &["to_unreshare"]),
    ("a number beside a deed: the reading that saw it last", &["deed"]),
    ("the place in time of what is shown", &["interest_by_time"]),
    (
        "a hash that nobody can read back: of an author and a post, or of a browser for an hour",
        &["taken_back", "proof"],
    ),
    ("of a group", &["community"]),
];

/// What the store of the ledger's own tests lacks of a poster.
async fn complete(store: &dyn Store, ledger: &Ledger) {
    let me = poster().id;
    let posted = crate::gig::Gig { poster: me, ..samples::gig() };
    let mut batch = Batch::default();
    layout::put(
        &mut batch,
        layout::announcement(posted.id, linked()),
        &Announcement::new(posted.id, linked(), WantedOf::Revision(posted.revision)),
        None,
    );
    layout::put(&mut batch, layout::lane(linked()), &Lane::new(linked()), None);
    batch.put.push((layout::gig_of(me, posted.first_seen, posted.id), Vec::new()));
    let gone = Removed { at: NOW, seen: NOW, source: posted.source, poster: me };
    layout::put(&mut batch, layout::removed(GigId::of(&[b"gone"])), &gone, None);
    let record = GigRecord { gig: posted, heard: Heard::News, source_says: None, said_at: None };
    layout::put(&mut batch, layout::gig(record.gig.id), &record, None);
    store.commit(batch).await.unwrap();
    let account = ledger.account(linked()).await.unwrap().unwrap();
    let notice = Notice { person: me, about: About::of(&account), at: NOW, news: News::EndsSoon { ends: NOW } };
    ledger.tell_end(linked(), notice, NOW).await.unwrap();
    let acme = PersonId::from_name("acme");
    ledger.welcome(&crate::person::Person::poster("acme", NOW)).await.unwrap();
    let relay = Relay { poster: acme, person: me, account: linked(), categories: Vec::new(), since: NOW };
    ledger.switch_relay_on(&relay).await.unwrap();
}

async fn shown(weave: &Weave) -> Value {
    serde_json::to_value(weave.held(Party::Person(poster().id)).await.unwrap()).unwrap()
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_so) => *is_so,
        Value::Number(n) => n.as_u64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

#[tokio::test]
async fn whatever_the_store_keeps_of_a_person_they_are_shown_or_it_is_said_why_not() {
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    let not_shown = NOT_SHOWN.iter().flat_map(|(_, kinds)| kinds.iter().copied());
    for kind in SHOWN.iter().map(|(kind, _)| *kind).chain(not_shown) {
        *named.entry(kind).or_default() += 1;
    }
    assert!(named.values().all(|times| *times == 1), "each once: {named:?}");
    let all: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(named.into_keys().collect::<BTreeSet<_>>(), all, "a new kind is shown, or has its reason");

    let (store, ledger) = filled().await;
    complete(&store, &ledger).await;
    let weave = Weave::new(ledger.clone(), Arc::new(ManualClock::at(NOW)), Arc::new(Taxonomy::builtin().clone()));
    let held = shown(&weave).await;
    for (kind, at) in SHOWN.iter().filter(|(kind, _)| *kind != "wish") {
        assert!(held.pointer(at).is_some_and(is_filled), "{kind} is not at {at}: {held:#}");
    }
    ledger.unlist(poster().id, NOW).await.unwrap();
    assert_eq!(shown(&weave).await["wish"], "Unlisted");
}

#[tokio::test]
async fn what_they_are_shown_names_gigs_people_and_counts() {
    let (store, ledger) = filled().await;
    complete(&store, &ledger).await;
    let weave = Weave::new(ledger.clone(), Arc::new(ManualClock::at(NOW)), Arc::new(Taxonomy::builtin().clone()));
    let held = weave.held(Party::Person(poster().id)).await.unwrap().holdings;
    let [gig] = &held.gigs[..] else { panic!("{:?}", held.gigs) };
    assert_eq!((gig.title.as_str(), gig.state), ("Illustrator for a children's book", "open"));
    assert_eq!(gig.page, format!("/g/{}", gig.id));
    assert_eq!((held.links[0].visits, held.links[0].interested), (3, 1));
    assert_eq!(held.interests.len(), 1);
    // The person, and an account of theirs.
    assert_eq!(held.invitations.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), ["Rome", "Rome"]);
    assert_eq!((held.invited[0].to.as_str(), held.invited[0].by.as_deref()), ("Theirs", Some("you")));
    assert_eq!((held.hires.len(), held.hired.len(), held.hires[0].who.as_str()), (2, 1, "acme"));
    let to: Vec<(&str, &str)> = held.notices.iter().map(|one| (one.to.as_str(), one.news)).collect();
    assert_eq!(to, [("acme", "interested"), ("you", "needs_relink"), ("you", "ends_soon")]);
    assert_eq!((held.tokens, held.sign_ins.len(), held.vouches.len(), held.gone), (1, 1, 2, 1));
}
