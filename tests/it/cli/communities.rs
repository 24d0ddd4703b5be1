//! `gigcast community`, and a gig that is posted to one first, at a terminal.

use super::Home;
use std::fs;

const BERN: &str = "illustrators-of-bern";

/// Acme has a folder of its own, and so is a poster that is known; Ben is another.
fn home() -> Home {
    let home = Home::new("[[source]]\nname = \"ben\"\nkind = \"folder\"\npath = \"ben\"\nposter = \"Ben\"\n");
    fs::create_dir(home.path("ben")).unwrap();
    home
}

fn add(home: &Home, name: &str, more: &[&str]) -> (i32, String) {
    let said = home.say(&[&["community", "add", name, "--category", "design", "--steward", "Acme"], more].concat());
    (said.code, said.out + &said.err)
}

#[test]
fn one_is_founded_shown_handed_on_and_taken_away() {
    let home = home();
    let _running = home.start();
    assert!(home.say(&["community", "list"]).out.contains("community add"), "an empty list says how to make one");
    let (code, said) = add(&home, "Illustrators of Bern", &["--vouches", "3"]);
    assert_eq!((code, said.as_str()), (0, "Illustrators of Bern stands at /community/illustrators-of-bern.\n"));
    let list = home.say(&["community", "list"]).out;
    assert!(list.contains(BERN) && list.contains("Acme"), "{list}");
    let said = home.say(&["community", "steward", BERN, "Ben"]);
    assert_eq!((said.code, said.out.as_str()), (0, "Ben is a steward of Illustrators of Bern now.\n"));
    let shown = home.say(&["community", "show", BERN]).out;
    assert!(shown.contains("Acme") && shown.contains("Ben") && shown.contains("steward"), "{shown}");
    let json = home.say(&["--json", "community", "show", BERN]).out;
    let view: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&view["line"]["slug"], &view["line"]["vouches"], view["members"].as_array().map(Vec::len)),
        (&BERN.into(), &3.into(), Some(2))
    );
    let said = home.say(&["community", "remove", BERN]);
    assert_eq!(said.out, "Illustrators of Bern is gone, with its list of members. Their gigs and vouches stay.\n");
    assert!(!home.say(&["community", "list"]).out.contains(BERN));
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let home = home();
    let _running = home.start();
    add(&home, "Illustrators of Bern", &[]);
    for (arguments, said) in [
        (
            &["community", "show", "none"][..],
            "there is no community `none`; `gigcast community list` names those there are",
        ),
        (&["community", "remove", "none"], "there is no community `none`"),
        (&["community", "steward", BERN, "Nobody"], "Nobody"),
        (&["community", "steward", BERN, "Acme"], "they are a steward already"),
        (&["community", "add", "Fine", "--category", "nothing", "--steward", "Acme"], "the categories are: "),
        (&["community", "add", "Fine", "--category", "design", "--steward", "Acme", "--vouches", "11"], "from 0 to 10"),
    ] {
        let refused = home.say(arguments);
        assert!(refused.code != 0 && refused.err.contains(said), "{arguments:?}: {refused:?}");
    }
    let (code, said) = add(&home, "Illustrators of BERN", &[]);
    assert!(code != 0 && said.contains("choose another name"), "{said}");
}

#[test]
fn a_gig_is_posted_to_one_first_and_why_tells_until_when() {
    let home = home();
    let _running = home.start();
    add(&home, "Illustrators of Bern", &[]);
    fs::write(home.path("logo.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\ncategory = \"design\"\n")
        .unwrap();
    let post = |poster: &str, first: &str| {
        home.say(&["post", "logo.toml", "--poster", poster, "--first", first, "--widen-after", "6h"])
    };
    let said = post("Ben", "community/illustrators-of-bern");
    assert!(said.code != 0 && said.err.contains("its poster is no member"), "{said:?}");
    let said = post("Acme", "community/bern");
    assert!(said.err.contains("no community here; its poster is in community/illustrators-of-bern"), "{said:?}");
    let said = post("Acme", "community/illustrators-of-bern,@acme@one.example");
    assert!(said.err.contains("--first should be one community, or accounts"), "{said:?}");
    let said = post("Acme", "community/illustrators-of-bern");
    assert_eq!(said.code, 0, "{said:?}");
    let id = said.out.split("gigcast why ").nth(1).unwrap().split('`').next().unwrap();
    let why = home.say(&["why", id]).out;
    assert!(
        why.contains("First to the community Illustrators of Bern (illustrators-of-bern); everywhere else at "),
        "{why}"
    );
    assert_eq!(home.say(&["community", "remove", BERN]).code, 0);
    let why = home.say(&["why", id]).out;
    assert!(!why.contains("First to the community"), "{why}");
}
