//! From a page as the network gave it to what may be kept of it.
//!
//! Pure, so that the one rule that must never slip is a line in a test: whoever asks not to be indexed is counted, and no name,
//! handle, address or word of theirs is kept, not even where somebody else names them.

use crate::clock::Timestamp;
use crate::engagement::{Engagement, Mentioned, VouchWords, Vouched, excerpt, read_vouches};
use crate::id::ActorId;
use crate::person::{Account, Actor, Indexing};
use crate::ports::{Seen, Words};
use crate::profile::EngagementKind;
use crate::store::{Deed, Listed, PostOf};
use std::collections::{BTreeMap, BTreeSet};

/// Longer addresses and handles are nobody's: what comes with one is counted only.
const ADDRESS_BYTES: usize = 2048;
const HANDLE_BYTES: usize = 256;

/// Without what the account did to its own post: that it replies to say that a gig is filled tells nothing of anybody. Where its person
/// vouches for somebody in a reply, that is a word like anyone's.
pub fn telling(seen: Vec<Seen>, account: &Account, words: &VouchWords) -> Vec<Seen> {
    let is_own = |actor: &Actor| actor.uri == account.native || actor.url.as_deref() == Some(account.url.as_str());
    let vouches = |one: &Seen| one.words.as_ref().is_some_and(|said| !vouches(said, one.actor.id, words).is_empty());
    seen.into_iter().filter(|one| !is_own(&one.actor) || vouches(one)).collect()
}

/// Everyone who did something or is named in it.
pub fn actors(seen: &[Seen]) -> impl Iterator<Item = ActorId> + '_ {
    let mentioned = seen.iter().filter_map(|one| one.words.as_ref()).flat_map(|said| &said.mentions);
    seen.iter().map(|one| one.actor.id).chain(mentioned.map(|mention| mention.actor.id))
}

/// Whoever has told us not to name them has refused, whatever their profile says.
pub fn refuse(seen: &mut [Seen], unnamed: &BTreeSet<ActorId>) {
    for one in seen {
        let mentioned = one.words.iter_mut().flat_map(|said| &mut said.mentions).map(|mention| &mut mention.actor);
        for actor in mentioned.chain([&mut one.actor]) {
            if unnamed.contains(&actor.id) {
                actor.indexing = Indexing::Refused;
            }
        }
    }
}

/// What may be kept of a page, first seen `now`.
pub fn listed(seen: &[Seen], post: PostOf<'_>, kind: EngagementKind, words: &VouchWords, now: Timestamp) -> Listed {
    let mut page = Listed { refused: refused(seen), ..Listed::default() };
    let mut people: BTreeMap<ActorId, &Actor> = BTreeMap::new();
    for one in seen {
        let author = one.actor.id;
        let named = !page.refused.contains(&author);
        let said = one.words.as_ref();
        let evidence = said.filter(|_| named).map(address).filter(|address| address.len() <= ADDRESS_BYTES);
        let mut vouched: Vec<Vouched> = Vec::new();
        if let (EngagementKind::Reply, Some(said)) = (kind, said) {
            let meant = vouches(said, author, words);
            let all = meant.len();
            vouched = meant.into_iter().filter(|one| evidence.is_some() && !page.refused.contains(&one.whom)).collect();
            page.unnamed_vouches += u32::try_from(all - vouched.len()).unwrap_or(u32::MAX);
        }
        if named {
            people.insert(author, &one.actor);
        }
        for mention in said.iter().flat_map(|said| &said.mentions) {
            if vouched.iter().any(|one| one.whom == mention.actor.id) {
                people.entry(mention.actor.id).or_insert(&mention.actor);
            }
        }
        let engagement = Engagement {
            id: post.deed(kind, author, said.map(|said| said.uri.as_str())),
            gig: post.gig,
            account: post.account,
            kind,
            actor: author,
            first_seen: now,
            at: one.at,
            evidence: evidence.map(str::to_owned),
            undone: None,
            words: said.filter(|_| named).and_then(|said| excerpt(&masked(said, &page.refused))),
        };
        page.deeds.push(Deed { engagement, vouched });
    }
    page.people = people.into_values().cloned().collect();
    page
}

/// Where a person can look at it, else what the network calls it.
fn address(said: &Words) -> &str {
    said.url.as_deref().unwrap_or(&said.uri)
}

fn vouches(said: &Words, author: ActorId, words: &VouchWords) -> Vec<Vouched> {
    let mentioned: Vec<Mentioned> = said
        .mentions
        .iter()
        .map(|mention| Mentioned { written: mention.written.clone(), actor: mention.actor.id })
        .collect();
    read_vouches(&said.text, &mentioned, author, words)
}

/// Those on this page who are not to be named. Of someone who is both author and mentioned the author's own profile counts,
/// since a mention alone is taken for a refusal where the network did not say.
fn refused(seen: &[Seen]) -> BTreeSet<ActorId> {
    let mentions = seen.iter().filter_map(|one| one.words.as_ref()).flat_map(|said| &said.mentions);
    let mut refused: BTreeSet<ActorId> =
        mentions.map(|mention| &mention.actor).filter(|actor| !may_be_named(actor)).map(|actor| actor.id).collect();
    for author in seen.iter().map(|one| &one.actor) {
        if may_be_named(author) {
            refused.remove(&author.id);
        } else {
            refused.insert(author.id);
        }
    }
    refused
}

fn may_be_named(actor: &Actor) -> bool {
    let addresses = [Some(&actor.uri), actor.url.as_ref()];
    actor.indexing == Indexing::Allowed
        && actor.handle.len() <= HANDLE_BYTES
        && addresses.into_iter().flatten().all(|address| address.len() <= ADDRESS_BYTES)
}

/// The words without the names of those who refuse.
fn masked(said: &Words, refused: &BTreeSet<ActorId>) -> String {
    let hidden = said.mentions.iter().filter(|mention| refused.contains(&mention.actor.id));
    let mut names: Vec<&str> = hidden
        .flat_map(|mention| [mention.written.as_str(), mention.actor.handle.as_str()])
        .filter(|name| name.len() > 1)
        .collect();
    // Longest first: a short name may be the beginning of a long one.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.iter().fold(said.text.clone(), |text, name| text.replace(name, "@…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, GigId};
    use crate::ports::Mention;

    const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn actor(name: &str, indexing: Indexing) -> Actor {
        let uri = format!("https://remote.example/@{name}");
        Actor {
            id: ActorId::from_uri("sample", &uri),
            network: "sample".into(),
            url: Some(uri.clone()),
            uri,
            handle: format!("{name}@remote.example"),
            name: name.to_owned(),
            indexing,
        }
    }

    fn reply(by: &Actor, text: &str, mentions: &[&Actor]) -> Seen {
        let mentions =
            mentions.iter().map(|who| Mention { written: format!("@{}", who.handle), actor: (*who).clone() }).collect();
        let uri = format!("{}/1", by.uri);
        Seen { actor: by.clone(), at: None, words: Some(Words { uri, url: None, text: text.to_owned(), mentions }) }
    }

    fn read(seen: &[Seen]) -> Listed {
        let post = PostOf {
            gig: GigId::of(&[b"g"]),
            account: AccountId::of(&[b"a"]),
            poster: crate::id::PersonId::of(&[b"p"]),
            category: None,
            uri: "https://p.example/1",
        };
        listed(seen, post, EngagementKind::Reply, VouchWords::builtin(), NOW)
    }

    #[test]
    fn a_vouch_names_its_people_and_others_who_are_mentioned_are_not_kept() {
        let (ana, bo, cy) =
            (actor("ana", Indexing::Allowed), actor("bo", Indexing::Allowed), actor("cy", Indexing::Allowed));
        let page = read(&[reply(&ana, "@cy@remote.example I vouch for @bo@remote.example", &[&cy, &bo])]);
        assert_eq!(page.deeds[0].vouched, [Vouched { whom: bo.id, level: 1 }]);
        let kept: BTreeSet<_> = page.people.iter().map(|who| who.id).collect();
        assert_eq!(kept, BTreeSet::from([ana.id, bo.id]));
    }

    #[test]
    fn who_refuses_is_masked_in_the_words_of_others_and_the_vouch_is_counted() {
        let (ana, shy) = (actor("ana", Indexing::Allowed), actor("shy", Indexing::Refused));
        let page = read(&[reply(&ana, "I vouch for @shy@remote.example, and shy@remote.example knows", &[&shy])]);
        assert_eq!((page.deeds[0].vouched.len(), page.unnamed_vouches), (0, 1));
        assert_eq!(page.deeds[0].engagement.words.as_deref(), Some("I vouch for @…, and @… knows"));
    }

    #[test]
    fn of_an_author_who_refuses_nothing_is_kept_but_that_there_was_one() {
        let (bo, shy) = (actor("bo", Indexing::Allowed), actor("shy", Indexing::Refused));
        let page = read(&[reply(&shy, "I vouch for @bo@remote.example", &[&bo])]);
        let kept = &page.deeds[0];
        assert_eq!((&kept.engagement.words, &kept.engagement.evidence, kept.vouched.len()), (&None, &None, 0));
        assert_eq!((page.people.len(), page.unnamed_vouches), (0, 1));
        assert!(!format!("{page:?}").contains("shy"), "{page:?}");
    }

    #[test]
    fn of_whoever_told_us_not_to_name_them_nothing_is_kept_whatever_their_profile_says() {
        let (ana, bo) = (actor("ana", Indexing::Allowed), actor("bo", Indexing::Allowed));
        let mut seen = [reply(&ana, "I vouch for @bo@remote.example", &[&bo]), reply(&bo, "thanks", &[])];
        assert_eq!(actors(&seen).collect::<BTreeSet<_>>(), BTreeSet::from([ana.id, bo.id]));
        refuse(&mut seen, &BTreeSet::from([bo.id]));
        let page = read(&seen);
        assert_eq!((page.deeds.len(), page.unnamed_vouches), (2, 1));
        assert!(!format!("{page:?}").contains("bo@"), "{page:?}");
    }

    #[test]
    fn an_author_speaks_for_themselves_when_a_mention_of_them_is_doubtful() {
        let (ana, bo) = (actor("ana", Indexing::Allowed), actor("bo", Indexing::Allowed));
        let unknown = Actor { indexing: Indexing::Refused, ..bo.clone() };
        let page = read(&[reply(&ana, "I vouch for @bo@remote.example", &[&unknown]), reply(&bo, "thanks", &[])]);
        assert!(page.refused.is_empty());
        assert_eq!(page.deeds[0].vouched, [Vouched { whom: bo.id, level: 1 }]);
    }

    #[test]
    fn an_address_beyond_all_measure_is_not_kept() {
        let mut ana = actor("ana", Indexing::Allowed);
        ana.uri = "x".repeat(ADDRESS_BYTES + 1);
        let page = read(&[reply(&ana, "hello", &[])]);
        assert_eq!((page.people.len(), &page.deeds[0].engagement.evidence), (0, &None));
    }

    #[test]
    fn what_the_account_itself_did_to_its_post_is_nobodys_engagement() {
        let (ana, bo) = (actor("ana", Indexing::Allowed), actor("bo", Indexing::Allowed));
        let mut account = crate::plan::samples::account("1");
        account.url = ana.url.clone().unwrap_or_default();
        let seen = vec![reply(&ana, "Filled: a logo", &[]), reply(&bo, "thanks", &[])];
        let others = |account: &Account| {
            telling(seen.clone(), account, VouchWords::builtin()).into_iter().map(|one| one.actor.id)
        };
        assert_eq!(others(&account).collect::<Vec<_>>(), [bo.id]);
        (account.url, account.native) = (String::new(), bo.uri.clone());
        assert_eq!(others(&account).collect::<Vec<_>>(), [ana.id]);
    }

    #[test]
    fn a_business_that_vouches_under_its_own_post_is_heard() {
        let (ana, bo) = (actor("ana", Indexing::Allowed), actor("bo", Indexing::Allowed));
        let mut account = crate::plan::samples::account("1");
        account.url = ana.url.clone().unwrap_or_default();
        let seen = vec![reply(&ana, &format!("I vouch for @{}", bo.handle), &[&bo])];
        assert_eq!(telling(seen, &account, VouchWords::builtin()).len(), 1);
    }
}
