//! What is a vouch and what is none, by example; and what holds for any words at all.

use super::vouch::{Mentioned, VouchWords, Vouched, read_vouches};
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
    found.iter().map(|one| *KNOWN.iter().find(|name| actor(name) == one.whom).unwrap()).collect()
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
        ("I vouch for @bo and @cy's sister", &["bo"]),
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
        ("I vouch for @bo and @cy's sister", &["bo"]),
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
        "I vouch for @bo's sister",
        "I vouch for @bo’s sister and @bo‘s brother",
        "I vouch for @bo's",
        "I vouch for @bo's great",
        "I vouch for @bo’s sister",
        "I vouch for @bo‘s sister",
        "I vouch for @bo's great",
        "I vouch for @bo' sister",
        "I would hire @bo's sister again",
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

fn levels(text: &str) -> Vec<(&'static str, u8)> {
    let found = read_vouches(text, &mentions(), actor(AUTHOR), VouchWords::builtin());
    found.iter().map(|one| (*KNOWN.iter().find(|name| actor(name) == one.whom).unwrap(), one.level)).collect()
}

#[test]
fn the_words_say_the_level() {
    for (text, found) in [
        ("I vouch for @bo", &[("bo", 1)][..]),
        ("I vouch for @bo, we worked together", &[("bo", 2)]),
        ("@acme I vouch for @bo and @cy. We worked together!", &[("bo", 2), ("cy", 2)]),
        ("I vouch for @bo and worked with them.", &[("bo", 2)]),
        ("I vouch for @bo, we worked together on a film", &[("bo", 1)]),
        ("I vouch for @bo, we worked together?", &[("bo", 1)]),
        ("I've worked with and vouch for @bo", &[("bo", 2)]),
        ("#vouch #workedwith @bo", &[("bo", 2)]),
        ("I would hire @bo again", &[("bo", 3)]),
        ("I'd hire @bo and @cy again!", &[("bo", 3), ("cy", 3)]),
        ("I’d hire @bo again any time.", &[("bo", 3)]),
        ("Would hire again: @bo", &[]),
        ("Would hire again @bo", &[("bo", 3)]),
        ("#hireagain @bo", &[("bo", 3)]),
        ("I vouch for @bo\nI would hire @bo again", &[("bo", 3)]),
        ("I would hire @bo again\nI vouch for @bo", &[("bo", 1)]),
        ("I vouch for @bo\nI worked with and vouch for @cy", &[("bo", 1), ("cy", 2)]),
        ("Respondo por @bo, hemos trabajado juntos", &[("bo", 2)]),
        ("Volvería a contratar a @bo", &[("bo", 3)]),
        ("Je me porte garante de @bo, nous avons travaillé ensemble", &[("bo", 2)]),
        ("Je réengagerais @bo", &[("bo", 3)]),
        ("Ich bürge für @bo, wir haben zusammengearbeitet", &[("bo", 2)]),
        ("Ich würde @bo wieder beauftragen", &[("bo", 3)]),
        ("Respondo por @bo, trabalhamos juntos", &[("bo", 2)]),
        ("Contrataria @bo de novo", &[("bo", 3)]),
        ("Garantisco per @bo, abbiamo lavorato insieme", &[("bo", 2)]),
        ("Ik sta in voor @bo, we hebben samengewerkt", &[("bo", 2)]),
        ("Ik zou @bo weer inhuren", &[("bo", 3)]),
    ] {
        assert_eq!(levels(text), found, "{text}");
    }
}

#[test]
fn what_is_not_ended_as_it_began_is_no_vouch() {
    for text in [
        "I would hire @bo",
        "I would hire @bo tomorrow",
        "I would hire @bo again?",
        "I would hire @bo again if they said sorry",
        "I would hire @bo again @cy",
        "I would hire @bo againn",
        "I would hire @stranger again",
        "I would never hire @bo again",
        "I wouldn't hire @bo again",
        "I would not hire @bo again",
        "Would you hire @bo again?",
        "I never worked with @bo",
        "I worked with @bo",
        "I worked with @bo, never again",
        "Ich würde @bo nicht wieder beauftragen",
        "> I would hire @bo again",
    ] {
        assert_eq!(levels(text), [], "{text}");
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
    assert_eq!(found, [Vouched { whom: actor("cy"), level: 1 }]);
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
        ("[en]\nopenings = [\"vouch @ now\"]", "`vouch @ now` in `en` can't be used"),
        ("[en]\nopenings = [\"vouch\"]\nagain = [\"hire @ @ again\"]", "`hire @ @ again` in `en` can't be used"),
        ("[en]\nopenings = [\"vouch\"]\nworked = [\"Vouch\"]", "`Vouch` is there twice in `en`"),
    ] {
        let said = VouchWords::parse(text).unwrap_err().to_string();
        assert!(said.contains(names), "{text}: {said}");
    }
}

#[test]
fn words_of_ones_own_can_be_given() {
    let words = VouchWords::parse("[fi]\nopenings = [\"Takaan\"]\njoiners = [\"ja\"]").unwrap();
    let found = read_vouches("takaan @bo ja @cy", &mentions(), actor(AUTHOR), &words);
    assert_eq!(found, ["bo", "cy"].map(|name| Vouched { whom: actor(name), level: 1 }));
    assert!(read_vouches("I vouch for @bo", &mentions(), actor(AUTHOR), &words).is_empty());
}

proptest! {
    #[test]
    fn no_words_make_it_panic_or_vouch_for_the_author(
        text in prop_oneof![
            any::<String>(),
            "(I vouch for |#vouch |I would hire | again|, we worked together|@ana|@bo|@cy|,| and | & |\\?|\n|>|\u{2066}|'|İ|@){0,20}",
        ],
        written in proptest::collection::vec(any::<String>(), 0..4),
    ) {
        let mut all = mentions();
        all.extend(written.iter().map(|name| Mentioned { written: name.clone(), actor: actor(name) }));
        let found = read_vouches(&text, &all, actor(AUTHOR), VouchWords::builtin());
        prop_assert!(found.iter().all(|one| one.whom != actor(AUTHOR) && (1..=3).contains(&one.level)));
        prop_assert!(found.iter().all(|one| all.iter().any(|mention| mention.actor == one.whom)), "only those who are named");
        let unique: std::collections::BTreeSet<_> = found.iter().map(|one| one.whom).collect();
        prop_assert_eq!(unique.len(), found.len());
    }

    #[test]
    fn a_denial_is_never_a_vouch(denial in "(not|never|can't|cannot|won't|don't) ", name in "@(bo|cy)") {
        for text in [format!("I {denial}vouch for {name}"), format!("{denial}vouch for {name}"), format!("I do {denial}vouch for {name}")] {
            prop_assert!(vouched(&text).is_empty(), "{}", text);
        }
    }
}
