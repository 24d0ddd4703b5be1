//! Somebody of whom everything is held that can be held of a person, so that what is to move or to go can be looked for everywhere.

use super::{NOON, gig, hire, import, interest, later, person, relay, told};
use crate::community::{Act, Community, Entry, Member, Rank, Shown};
use crate::credential::Signer;
use crate::engagement::{Engagement, Vouch};
use crate::id::{AccountId, ActorId, EngagementId, PersonId};
use crate::notice::{About, News, Notice};
use crate::person::{Account, Actor, Identity, Indexing, Person, Role};
use crate::plan::samples;
use crate::ports::{Batch, Store};
use crate::profile::EngagementKind;
use crate::referral::{Interest, Via};
use crate::secret::Secret;
use crate::store::layout;
use crate::store::ledger::evidence::{Of, Stands, engaged, vouched};
use crate::store::ledger::sights::Sight;
use crate::store::ledger::{self, Audience, Avatar, Hire, Import, Invite, Ledger, Statements, Word, by_actor};
use crate::store::memory::MemoryStore;
use crate::trust::{Deed, Level, Party};
use std::sync::Arc;

pub(super) const NAME: &str = "Ana Lindqvist";
pub(super) const HANDLE: &str = "@lindqvist@town.example";
pub(super) const EMAIL: &str = "ana@mail.example";
pub(super) const URL: &str = "https://town.example/@lindqvist";
pub(super) const NATIVE: &str = "https://town.example/users/ana-l";
const REACH: &str = "+46 555 01 23";

pub(super) fn account() -> AccountId {
    AccountId::from_native("town", "town.example", NATIVE)
}

/// Who is known by that account as a freelancer.
pub(super) fn freelancer() -> Person {
    Person { email: Some(EMAIL.to_owned()), ..Person::freelancer(account(), NAME, NOON) }
}

/// The same, named by the operator.
pub(crate) fn poster() -> Person {
    Person { email: Some(EMAIL.to_owned()), role: Role::Poster, ..Person::poster(NAME, NOON) }
}

pub(super) fn actors() -> [ActorId; 2] {
    [URL, NATIVE].map(|name| ActorId::from_uri("town", name))
}

/// Who is not forgotten, and names them.
pub(super) fn other() -> ActorId {
    ActorId::from_uri("town", "cy")
}

fn bo() -> Party {
    Party::Person(person("bo"))
}

/// All by which they could be told, in bytes.
pub(super) fn names() -> Vec<Vec<u8>> {
    [NAME, HANDLE.trim_start_matches('@'), EMAIL, URL, NATIVE, REACH].map(|name| name.as_bytes().to_vec()).to_vec()
}

/// A poster of whom all is held, with an account that was linked once.
pub(crate) async fn filled() -> (MemoryStore, Ledger) {
    let store = MemoryStore::new();
    let ledger = Ledger::new(Arc::new(store.clone()));
    let me = poster();
    fill(&store, &ledger, &me).await;
    ledger.keep_token(&Secret::new("token"), me.id).await.unwrap();
    let invite = Invite { name: NAME.to_owned(), made: NOON, until: later(60) };
    ledger.keep_invite(&Secret::new("invitation"), &invite).await.unwrap();
    let linked = Account { owner: me.id, handle: HANDLE.to_owned(), ..samples::account("7") };
    ledger.link(&linked, b"sealed".to_vec()).await.unwrap();
    let hired = Hire { poster: me.id, ..hire("theirs", Party::Person(person("bo"))) };
    ledger.hire(&hired).await.unwrap();
    ledger.switch_relay_on(&relay(me.id, person("bo"), "of bo")).await.unwrap();
    let ended = relay(me.id, person("cy"), "of cy");
    ledger.switch_relay_on(&ended).await.unwrap();
    assert!(ledger.take_relay_back(me.id, ended.account, later(1)).await.unwrap());
    (store, ledger)
}

pub(crate) fn linked() -> AccountId {
    samples::account("7").id
}

/// Holds everything of somebody that can be held of a person, whatever their role.
pub(super) async fn fill(store: &dyn Store, ledger: &Ledger, who: &Person) {
    let (me, them) = (who.id, Party::Person(who.id));
    fill_seen(store, ledger).await;
    let identity = Identity {
        account: account(),
        person: me,
        network: "town".to_owned(),
        server: "https://town.example".to_owned(),
        native: NATIVE.to_owned(),
        handle: HANDLE.to_owned(),
        url: URL.to_owned(),
        since: NOON,
    };
    ledger.know(who, &identity).await.unwrap();
    ledger.keep_avatar(account(), &Avatar { kind: "image/png".to_owned(), bytes: vec![1; 3000] }).await.unwrap();
    ledger.begin_sign_in(&Secret::new("cookie"), me, NOON).await.unwrap();
    // So long that it lies in parts.
    let skills = vec![format!("drawing, says {NAME}"); 120];
    ledger.state(me, &Statements { skills, ..Statements::nothing(NOON) }).await.unwrap();
    ledger.readdress_feed(me, Some(&Secret::new("feed")), NOON).await.unwrap();
    ledger.keep_vouch_key(Signer::Person(me), b"sealed".to_vec()).await.unwrap();
    ledger.show_circle(me, Audience::Everyone).await.unwrap();

    ledger.hire(&hire("hired", them)).await.unwrap();
    ledger.hire(&hire("seen", Party::Actor(actors()[0]))).await.unwrap();
    for (by, about) in [(me, bo()), (person("bo"), them), (person("bo"), Party::Actor(actors()[1]))] {
        let (deed, source) = (Deed::Vouch(Level::WorkedWith), format!("https://gigs.example/people/{about}"));
        ledger.say(&Word { by, about, deed, category: Some("design".to_owned()), at: NOON, source }).await.unwrap();
    }

    ledger.make_link(gig("passed-on"), me).await.unwrap();
    ledger.note_visits(&[((gig("passed-on"), Via::Link(me)), 3), ((gig("passed-on"), Via::Page), 4)]).await.unwrap();
    let message = format!("{NAME} would do it. ").repeat(120);
    let own = Interest { name: NAME.to_owned(), reach: REACH.to_owned(), message, ..interest("wanted", me) };
    ledger.keep_interest(&own, told(&own)).await.unwrap();
    let by_link = Interest { via: Via::Link(me), ..interest("passed-on", person("cy")) };
    let mut notice = told(&by_link);
    notice.news = News::Interested { interest: by_link.clone(), by: format!("the link of {NAME}") };
    ledger.keep_interest(&by_link, notice).await.unwrap();
    let news = News::NeedsRelink { said: "no".to_owned() };
    let about = About::Account { id: account(), handle: HANDLE.to_owned(), network: "town".to_owned() };
    let mut batch = Batch::default();
    ledger.tell(&mut batch, Notice { person: me, about, at: NOON, news });
    store.commit(batch).await.unwrap();

    ledger.keep_import(&import("about-them", me)).await.unwrap();
    ledger.know_issuer("did:key:issuer", bo()).await.unwrap();
    let by_them = Import { issuer: "did:key:theirs".to_owned(), ..import("by-them", person("bo")) };
    ledger.keep_import(&by_them).await.unwrap();
    ledger.know_issuer("did:key:theirs", them).await.unwrap();
    for (subject, by, post) in [(person("bo"), actors()[1], format!("{URL}/9")), (me, other(), "of cy".to_owned())] {
        let seen = Some(Sight { by: vec![by], post });
        let brought = Import { issuer: "did:web:there".to_owned(), seen, ..import("seen", subject) };
        ledger.keep_import(&brought).await.unwrap();
    }

    fill_communities(ledger, me).await;
}

async fn fill_communities(ledger: &Ledger, me: PersonId) {
    let steward =
        |person| Member { person, rank: Rank::Steward, since: NOON, entry: Entry::Founder, shown: Shown::Named };
    let enter = Act::Enter(Entry::Invited, Shown::Named);
    for (name, founder) in [("Theirs", me), ("Bern", person("bo")), ("Oslo", person("bo")), ("Rome", person("bo"))] {
        let community = Community::new(name, "design", NOON);
        ledger.found_community(&community, Some(steward(founder))).await.unwrap();
        if name == "Bern" || name == "Oslo" {
            ledger.act_in_community(community.id, me, &enter, NOON).await.unwrap();
        }
    }
    let id = |name: &str| Community::new(name, "design", NOON).id;
    ledger.act_in_community(id("Theirs"), person("bo"), &enter, later(1)).await.unwrap();
    let out = Act::Remove { why: format!("{NAME} was unkind") };
    ledger.act_in_community(id("Oslo"), me, &out, NOON).await.unwrap();
    for whom in [Party::Person(me), Party::Actor(actors()[0])] {
        ledger.invite_to_community(id("Rome"), whom, Some(person("bo")), NOON).await.unwrap();
    }
    ledger.invite_to_community(id("Theirs"), Party::Person(person("cy")), Some(me), NOON).await.unwrap();
}

/// What they did and others said under a post of Acme's.
async fn fill_seen(store: &dyn Store, ledger: &Ledger) {
    let [me, _] = actors();
    let mut batch = Batch::default();
    let actor = |id, uri: &str, handle: &str, name: &str, url: &str| Actor {
        id,
        network: "town".to_owned(),
        uri: uri.to_owned(),
        handle: handle.trim_start_matches('@').to_owned(),
        name: name.to_owned(),
        url: Some(url.to_owned()),
        indexing: Indexing::Allowed,
    };
    let (other, post) = (other(), "https://town.example/@acme/1");
    for one in
        [actor(me, URL, HANDLE, NAME, URL), actor(other, "cy", "cy@town.example", "Cy", "https://town.example/@cy")]
    {
        layout::put(&mut batch, layout::actor(one.id), &one, None);
    }
    let said = [
        (me, EngagementKind::Reply, format!("{URL}/2"), "I vouch for @cy".to_owned()),
        (me, EngagementKind::Quote, format!("{URL}/3"), "Look at this".to_owned()),
        (other, EngagementKind::Reply, "https://town.example/@cy/4".to_owned(), mention()),
    ];
    for (actor, kind, address, words) in said {
        let deed = Engagement {
            id: EngagementId::from_deed(post, kind, actor, Some(&address)),
            gig: gig("posted"),
            account: AccountId::of(&[b"acme"]),
            kind,
            actor,
            first_seen: NOON,
            at: None,
            evidence: Some(address),
            undone: None,
            words: Some(words),
        };
        engaged(
            &mut batch,
            &deed,
            &Of { poster: person("acme"), category: None, uri: post },
            ledger::evidence::Named::May,
        );
        let key = layout::engagement(deed.gig, deed.id);
        by_actor::note(&mut batch, &key, [actor]);
        layout::put(&mut batch, key, &deed, None);
    }
    for (by, whom, evidence) in [(me, other, format!("{URL}/2")), (other, me, "https://town.example/@cy/4".to_owned())]
    {
        let (gig, level) = (gig("posted"), Vouch::KNOWS_THE_WORK);
        let vouch = Vouch { by, whom, gig, category: None, level, evidence, said: NOON, undone: None };
        vouched(&mut batch, &vouch, Stands::AsSaid);
        let key = layout::vouch(gig, by, whom, &vouch.evidence);
        by_actor::note(&mut batch, &key, [by, whom]);
        layout::put(&mut batch, key, &vouch, None);
    }
    store.commit(batch).await.unwrap();
    assert_eq!(ledger.deeds_by(&[me]).await.unwrap().len(), 2);
}

/// How somebody else names them.
pub(super) fn mention() -> String {
    format!("I vouch for {HANDLE}, {NAME} at {URL}, not @lindqvist_2")
}
