//! What is a vouch and what is none, by example; and what holds for any words at all.

use super::vouch::{Mentioned, VouchWords, read_vouches};
use crate::id::ActorId;
use proptest::prelude::*;

const AUTHOR: &str = "ana";

fn actor(name: &str) -> ActorId {
    ActorId::from_uri("sample", name)
}

/// Those who are known in every text of the table; `@ana` wrote it.
const KNOWN: [&str; 8] = ["ana", "acme", "bo", "cy", "bobby", "bo.example", "di@remote.example", "Émile"];

fn mentions() -> Vec<Mentioned> {
    KNOWN.iter().map(|name| Mentioned { written: format!("@{name}"), actor: actor(name) }).collect()
}

fn vouched(text: &str) -> Vec<&'static str> {
    let found = read_vouches(text, &mentions(), actor(AUTHOR), VouchWords::builtin());
    found.iter().map(|id| *KNOWN.iter().find(|name| actor(name) == *id).unwrap()).collect()
}

#[test]
fn these_are_vouches() {
    for (text, names) in [
        ("I vouch for @bo", &["bo"][..]),
        ("vouch for @bo", &["bo"]),
        ("I'd vouch for @bo and @cy", &["bo", "cy"]),
        ("I’d vouch for @bo", &["bo"]),
        ("I VOUCH FOR @BO!", &["bo"]),
        ("#vouch @bo", &["bo"]),
        ("#Vouch for @bo.", &["bo"]),
        ("@acme I vouch for @bo", &["bo"]),
        ("@acme @cy I vouch for @bo", &["bo"]),
        ("@acme, I vouch for @bo", &["bo"]),
        ("@acme: I vouch for @bo", &["bo"]),
        ("@stranger@far.example I vouch for @bo", &["bo"]),
        ("@acme I vouch for @acme", &["acme"]),
        ("I vouch for @bo, @cy and @acme", &["bo", "cy", "acme"]),
        ("I vouch for @bo, @cy, and @acme, all of them", &["bo", "cy", "acme"]),
        ("I vouch for @bo & @cy", &["bo", "cy"]),
        ("I vouch for @bo,@cy", &["bo", "cy"]),
        ("I vouch for @bo + @cy", &["bo", "cy"]),
        ("I vouch for @bo @cy nice gig", &["bo"]),
        ("I vouch for @bo and you should call @cy", &["bo"]),
        ("I vouch for @bo and @bo", &["bo"]),
        ("I vouch for @bo.example", &["bo.example"]),
        ("I vouch for @bobby", &["bobby"]),
        ("I vouch for @di@remote.example, great letters", &["di@remote.example"]),
        ("I vouch for @émile", &["Émile"]),
        ("I vouch for @bo: she drew our last cover", &["bo"]),
        ("I vouch for @bo. Why not?", &["bo"]),
        ("Lovely gig.\nI vouch for @bo", &["bo"]),
        ("  I   vouch for\u{a0}@bo  ", &["bo"]),
        ("I vouch for \u{2066}@bo\u{2069}", &["bo"]),
        ("I vouch for @bo\n#vouch @cy", &["bo", "cy"]),
        ("I vouch for @ana and @bo", &["bo"]),
        ("I can vouch for @bo", &["bo"]),
        ("Happy to vouch for @bo", &["bo"]),
        ("Respondo por @bo y @cy", &["bo", "cy"]),
        ("Pongo la mano en el fuego por @bo", &["bo"]),
        ("Je me porte garante de @bo et de @cy", &["bo", "cy"]),
        ("Ich bürge für @bo und @cy", &["bo", "cy"]),
        ("ICH BÜRGE FÜR @bo", &["bo"]),
        ("Dou a cara por @bo e @cy", &["bo", "cy"]),
        ("Garantisco io per @bo ed @cy", &["bo", "cy"]),
        ("Ik sta in voor @bo en @cy", &["bo", "cy"]),
    ] {
        assert_eq!(vouched(text), names, "{text}");
    }
}

#[test]
fn these_are_none() {
    for text in [
        "",
        "@bo",
        "@acme @bo look at this",
        "I can't vouch for @bo",
        "I can’t vouch for @bo",
        "I cannot vouch for @bo",
        "I would not vouch for @bo",
        "I wouldn't vouch for @bo",
        "I would never vouch for @bo",
        "Never vouch for @bo",
        "I don't vouch for @bo",
        "I won't vouch for @bo",
        "No longer vouching for @bo",
        "Who can vouch for @bo?",
        "Can you vouch for @bo?",
        "I vouch for @bo?",
        "Can vouch for @bo ?",
        "I vouch for no one like @bo",
        "I vouch for my friend @bo",
        "I vouch for bo",
        "I vouch for",
        "I vouch for @stranger",
        "I vouch for @stranger and @bo",
        "I vouch for @bo@elsewhere.example",
        "I vouch for @bob",
        "I vouch for @bo_",
        "I vouch for @ana",
        "I vouchfor @bo",
        "vouch @bo",
        "#vouched @bo",
        "#vouch\n@bo",
        "#vouch: see @bo",
        "As I said, I vouch for @bo",
        "Great! I vouch for @bo",
        "\"I vouch for @bo\" is what they said",
        "“I vouch for @bo”",
        "> I vouch for @bo",
        "  > @acme I vouch for @bo",
        ">I vouch for @bo",
        "I recommend @bo",
        "Thanks @bo",
        "No respondo por @bo",
        "Ich bürge nicht für @bo",
        "Je ne me porte pas garant de @bo",
    ] {
        assert_eq!(vouched(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn a_name_that_two_people_share_vouches_for_neither() {
    let shared = [
        Mentioned { written: "@bo".to_owned(), actor: actor("bo of one host") },
        Mentioned { written: "@Bo".to_owned(), actor: actor("bo of another") },
        Mentioned { written: "@cy".to_owned(), actor: actor("cy") },
        Mentioned { written: "@cy".to_owned(), actor: actor("cy") },
    ];
    let found = read_vouches("I vouch for @bo and @cy", &shared, actor(AUTHOR), VouchWords::builtin());
    assert_eq!(found, [actor("cy")]);
}

#[test]
fn each_mistake_in_the_file_is_named() {
    for (text, names) in [
        ("", "no language"),
        ("[en]\nopenings = []", "`en` has no openings"),
        ("[en]\nopenings = [\"I vouch for @x\"]", "`I vouch for @x` in `en` can't be used"),
        ("[en]\nopenings = [\" \"]", "` ` in `en` can't be used"),
        ("[en]\nopenings = [\"vouch\"]\njoiners = [\"&\"]", "`&` in `en` can't be used"),
        ("[fi]\nopenings = [\"takaan\", \"Takaan\"]", "`Takaan` is there twice in `fi`"),
        ("[en]\nopening = [\"vouch\"]", "opening"),
    ] {
        let said = VouchWords::parse(text).unwrap_err().to_string();
        assert!(said.contains(names), "{text}: {said}");
    }
}

#[test]
fn words_of_ones_own_can_be_given() {
    let words = VouchWords::parse("[fi]\nopenings = [\"Takaan\"]\njoiners = [\"ja\"]").unwrap();
    assert_eq!(read_vouches("takaan @bo ja @cy", &mentions(), actor(AUTHOR), &words), [actor("bo"), actor("cy")]);
    assert!(read_vouches("I vouch for @bo", &mentions(), actor(AUTHOR), &words).is_empty());
}

proptest! {
    #[test]
    fn no_words_make_it_panic_or_vouch_for_the_author(
        text in prop_oneof![
            any::<String>(),
            "(I vouch for |#vouch |@ana|@bo|@cy|,| and | & |\\?|\n|>|\u{2066}|'|İ|@){0,20}",
        ],
        written in proptest::collection::vec(any::<String>(), 0..4),
    ) {
        let mut all = mentions();
        all.extend(written.iter().map(|name| Mentioned { written: name.clone(), actor: actor(name) }));
        let found = read_vouches(&text, &all, actor(AUTHOR), VouchWords::builtin());
        prop_assert!(!found.contains(&actor(AUTHOR)));
        prop_assert!(found.iter().all(|id| all.iter().any(|mention| mention.actor == *id)), "only those who are named");
        let unique: std::collections::BTreeSet<_> = found.iter().collect();
        prop_assert_eq!(unique.len(), found.len());
    }

    #[test]
    fn a_denial_is_never_a_vouch(denial in "(not|never|can't|cannot|won't|don't) ", name in "@(bo|cy)") {
        for text in [format!("I {denial}vouch for {name}"), format!("{denial}vouch for {name}"), format!("I do {denial}vouch for {name}")] {
            prop_assert!(vouched(&text).is_empty(), "{}", text);
        }
    }
}
