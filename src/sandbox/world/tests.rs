//! What the world promises, without a socket.

use super::*;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

fn world() -> (World, Id, Id) {
    let mut world = World::new("127.0.0.1:80");
    let acme = world.join("acme", "Acme", "", Indexing::Allowed, NOON).unwrap();
    let lena = world.join("lena", "Lena", "", Indexing::Allowed, NOON).unwrap();
    (world, acme, lena)
}

fn draft(text: &str, key: Option<&str>) -> Draft {
    Draft {
        edition: edition(text),
        visibility: Visibility::Public,
        in_reply_to: None,
        app: None,
        key: key.map(str::to_owned),
        key_rule: KeyRule::Honoured,
    }
}

fn edition(text: &str) -> Edition {
    Edition { text: text.into(), ..Edition::default() }
}

#[test]
fn a_key_gives_back_the_first_post_for_an_hour_and_to_its_author_only() {
    let (mut world, acme, lena) = world();
    let first = world.post(acme, draft("a gig", Some("k")), NOON).unwrap();
    let within = NOON.plus(Duration::from_mins(59));
    assert_eq!(world.post(acme, draft("another text", Some("k")), within), Ok(first));
    assert_ne!(world.post(lena, draft("a gig", Some("k")), within), Ok(first));
    let later = NOON.plus(Duration::from_mins(61));
    assert_ne!(world.post(acme, draft("a gig", Some("k")), later), Ok(first));
}

#[test]
fn a_server_that_ignores_keys_posts_twice() {
    let (mut world, acme, _) = world();
    let ignored = || Draft { key_rule: KeyRule::Ignored, ..draft("a gig", Some("k")) };
    assert_ne!(world.post(acme, ignored(), NOON), world.post(acme, ignored(), NOON));
}

#[test]
fn a_refused_post_does_not_spend_its_key() {
    let (mut world, acme, _) = world();
    assert!(world.post(acme, draft(&"x".repeat(501), Some("k")), NOON).is_err());
    let posted = world.post(acme, draft(&"x".repeat(500), Some("k")), NOON).unwrap();
    assert_eq!(world.status(posted).unwrap().current().text.len(), 500);
}

#[test]
fn boosting_twice_is_one_boost_and_taking_it_back_leaves_nothing() {
    let (mut world, acme, lena) = world();
    let post = world.post(acme, draft("a gig", None), NOON).unwrap();
    let boost = world.boost(lena, post, Visibility::Public, NOON).unwrap();
    assert_eq!(world.boost(lena, post, Visibility::Public, NOON), Ok(boost));
    assert_eq!(world.boost(lena, boost, Visibility::Public, NOON), Ok(boost), "a boost stands for its original");
    assert_eq!(world.notifications_to(acme).count(), 1);
    assert_eq!(world.unboost(lena, post), Ok(post));
    assert_eq!(world.status(post).unwrap().boosts.len(), 0);
    assert!(world.status(boost).is_none());
    assert_eq!(world.notifications_to(acme).count(), 0);
}

#[test]
fn what_is_said_in_private_is_boosted_by_nobody_else() {
    let (mut world, acme, lena) = world();
    let private = Draft { visibility: Visibility::Private, ..draft("a word", None) };
    let post = world.post(acme, private, NOON).unwrap();
    assert_eq!(world.boost(lena, post, Visibility::Public, NOON), Err(Refused::Forbidden));
    assert_eq!(world.visible(None, post).map(|_| ()), Err(Refused::NotFound));
    assert!(world.visible(Some(lena), post).is_ok());
}

#[test]
fn a_direct_word_is_seen_by_whom_it_mentions() {
    let (mut world, acme, lena) = world();
    let omar = world.join("omar", "", "", Indexing::Allowed, NOON).unwrap();
    let direct = Draft { visibility: Visibility::Direct, ..draft("@lena@127.0.0.1:80 are you free?", None) };
    let post = world.post(acme, direct, NOON).unwrap();
    assert!(world.visible(Some(lena), post).is_ok());
    assert!(world.visible(Some(omar), post).is_err());
}

#[test]
fn an_edit_keeps_what_was_said_before_and_tells_who_boosted_it() {
    let (mut world, acme, lena) = world();
    let post = world.post(acme, draft("open", None), NOON).unwrap();
    world.boost(lena, post, Visibility::Public, NOON).unwrap();
    world.edit(acme, post, edition("open"), NOON).unwrap();
    assert_eq!(world.status(post).unwrap().edited_at(), None, "an edit that changes nothing is none");
    let later = NOON.plus(Duration::from_mins(1));
    world.edit(acme, post, edition("FILLED #done"), later).unwrap();
    let status = world.status(post).unwrap();
    assert_eq!(status.edited_at(), Some(later));
    assert_eq!(status.versions()[0].text, "open");
    assert_eq!((status.tags.as_slice(), status.boosts.len()), (&["done".to_owned()][..], 1));
    assert_eq!(world.notifications_to(lena).next().unwrap().event, Event::Update);
    assert_eq!(world.edit(lena, post, edition("mine"), later), Err(Refused::NotFound));
}

#[test]
fn deleting_takes_the_boosts_along_and_leaves_the_answers() {
    let (mut world, acme, lena) = world();
    let post = world.post(acme, draft("a gig", None), NOON).unwrap();
    let boost = world.boost(lena, post, Visibility::Public, NOON).unwrap();
    let answer = world.post(lena, Draft { in_reply_to: Some(post), ..draft("yes", None) }, NOON).unwrap();
    world.delete(acme, post).unwrap();
    assert!(world.status(post).is_none() && world.status(boost).is_none());
    assert_eq!(world.status(answer).unwrap().in_reply_to, None);
    assert_eq!(world.gone().len(), 1);
    assert!(world.delete(acme, post).is_err());
}

#[test]
fn a_thread_reads_from_its_root_down_each_answer_after_what_it_answers() {
    let (mut world, acme, lena) = world();
    let mut say = |who, text, to| world.post(who, Draft { in_reply_to: to, ..draft(text, None) }, NOON).unwrap();
    let root = say(acme, "root", None);
    let first = say(lena, "first", Some(root));
    let second = say(lena, "second", Some(root));
    let below = say(acme, "below first", Some(first));
    let ids = |statuses: Vec<&Status>| statuses.iter().map(|s| s.id).collect::<Vec<_>>();
    let (above, under) = world.thread(None, root).unwrap();
    assert_eq!((ids(above), ids(under)), (vec![], vec![first, below, second]));
    let (above, under) = world.thread(None, below).unwrap();
    assert_eq!((ids(above), ids(under)), (vec![root, first], vec![]));
}

#[test]
fn ids_grow_even_when_the_clock_goes_back() {
    let (mut world, acme, _) = world();
    let first = world.post(acme, draft("one", None), NOON).unwrap();
    let second = world.post(acme, draft("two", None), Timestamp::EPOCH).unwrap();
    assert!(second > first);
}

#[test]
fn names_are_checked_and_taken_once() {
    let (mut world, ..) = world();
    for (name, words) in [("LENA", "already taken"), ("", "1 to 30"), ("a b", "1 to 30"), ("é", "1 to 30")] {
        let refused = world.join(name, "", "", Indexing::Allowed, NOON).unwrap_err();
        assert!(matches!(&refused, Refused::Invalid(said) if said.contains(words)), "{name}: {refused:?}");
    }
}
