//! What holds for every picture, whoever is in it: nothing stands outside, no label over another, and no name gets out of its place.

use super::cascade::{Brought, Carrier, Cascade, Deeds, PostedOn};
use super::rings::{self, MOST, Ring, Someone};
use super::{Drawing, Lettering};
use crate::id::{AccountId, ActorId};
use crate::web::people::{Face, initials};
use askama::Template;
use proptest::prelude::*;

/// Letters reach a little below their line, and none of ours do so under another's top.
const TOLERANCE: i32 = 2;

/// Drawn as on the pages.
#[derive(Template)]
#[template(path = "picture.html")]
struct Alone {
    drawing: Drawing,
}

fn svg(drawing: Drawing) -> String {
    Alone { drawing }.render().expect("text can be written")
}

fn face(name: &str, n: usize) -> Face {
    let hue = u8::try_from(n % 8).expect("it is below 8");
    Face { id: String::new(), name: name.to_owned(), handle: String::new(), url: None, initials: initials(name), hue }
}

/// So many people, of whom each fifth vouches for one of a few others, on three accounts.
pub fn cascade(people: usize, name: impl Fn(usize) -> String) -> Cascade {
    let account = |n: usize| AccountId::of(&[&[u8::try_from(n % 3).expect("it is below 3")]]);
    let carrier = |n: usize| Carrier {
        face: face(&name(n), n),
        account: Some(account(n)),
        deeds: Deeds { reshared: n.is_multiple_of(2), quoted: n % 7 == 3, answered: !n.is_multiple_of(2) },
        vouched_for: if n % 5 == 1 {
            vec![(ActorId::of(&[&(n / 10).to_be_bytes()]), face(&name(1000 + n / 10), n))]
        } else {
            Vec::new()
        },
    };
    let posted = |n: usize| PostedOn { id: account(n), network: "Mastodon".to_owned(), handle: name(2000 + n) };
    let accounts = if people == 0 { Vec::new() } else { (0..3).map(posted).collect() };
    let brought = |n: usize| Brought {
        account: (n < 3).then(|| account(n)),
        by: format!("the link of {}", name(4000 + n)),
        interested: n + 1,
    };
    let brought = (0..people.min(12) / 2).map(brought).collect();
    let carriers = (0..people).map(carrier).collect();
    let vouched_for = (0..people.min(20) / 4).map(|n| (ActorId::of(&[&n.to_be_bytes()]), face(&name(1000 + n), n)));
    Cascade {
        poster: name(3000),
        accounts,
        vouched_for: vouched_for.collect(),
        carriers,
        unnamed: people / 50,
        brought,
    }
}

/// So many people: a tenth of them known, the others spoken of.
fn circle(people: usize, name: impl Fn(usize) -> String) -> [Ring; 3] {
    circle_of(people, people.div_ceil(10), |place, before| place * 7 % before, name)
}

/// So many people, so many of them known; whoever speaks for one is said by their place and how many there are in the ring before.
pub fn circle_of(
    people: usize,
    known: usize,
    by: impl Fn(usize, usize) -> usize,
    name: impl Fn(usize) -> String,
) -> [Ring; 3] {
    let second = (people / 3).min(people - known);
    let sizes = [known, second, people - known - second];
    let mut rings: [Ring; 3] = Default::default();
    let mut first = 0;
    for (n, (ring, size)) in rings.iter_mut().zip(sizes).enumerate() {
        let named = size.min(MOST[n]);
        let nearness = [1.0, 0.1, 0.01][n];
        let voice = |place: usize| nearness / (1.0 + f64::from(u32::try_from(place).expect("it is small")));
        let before = if n == 0 { 0 } else { sizes[n - 1].min(MOST[n - 1]) };
        let by = |place: usize| (before > 0).then(|| by(place, before));
        let someone = |place| Someone { face: face(&name(first + place), place), voice: voice(place), by: by(place) };
        ring.people = (0..named).map(someone).collect();
        ring.more = size - named;
        first += size;
    }
    rings
}

pub fn plain(n: usize) -> String {
    let names = ["Bo Lindqvist", "Ana de la Cruz", "Cy", "Ngozi Okonjo-Iweala", "李小龙", "שלום כהן", "Ada 🎨"];
    format!("{} {n}", names[n % names.len()])
}

fn assert_it_holds_together(drawing: &Drawing) {
    let (width, height) = (drawing.width, drawing.height);
    let is_within = |e: super::Extent| e.left >= 0 && e.top >= 0 && e.right <= width && e.bottom <= height;
    for dot in &drawing.dots {
        assert!(is_within(dot.extent()), "{dot:?} stands outside of {width} x {height}");
    }
    for (n, label) in drawing.labels.iter().enumerate() {
        assert!(is_within(label.extent()), "{label:?} stands outside of {width} x {height}");
        for other in &drawing.labels[n + 1..] {
            assert!(!label.extent().meets(&other.extent(), TOLERANCE), "{label:?} over {other:?}");
        }
    }
    let faces: Vec<_> = drawing.dots.iter().filter(|dot| dot.class != "ring").collect();
    for (n, dot) in faces.iter().enumerate() {
        for other in &faces[n + 1..] {
            let (x, y, both) = (dot.x - other.x, dot.y - other.y, dot.radius + other.radius);
            assert!(x * x + y * y >= both * both, "{dot:?} over {other:?}");
        }
        for label in drawing.labels.iter().filter(|label| matches!(label.class, Lettering::Name)) {
            assert!(!dot.extent().meets(&label.extent(), 0), "{dot:?} under {label:?}");
        }
    }
}

/// What a stranger may call themselves.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("</text></svg><script>alert(1)</script>".to_owned()),
        Just("\" onload=\"alert(1)".to_owned()),
        Just("\u{202e}drawkcab\u{2066}".to_owned()),
        Just("W".repeat(10_000)),
        Just(format!("a{}", "\u{301}".repeat(10_000))),
        Just("\u{fdfd}".repeat(30)),
        Just(" \n\t ".to_owned()),
        Just(String::new()),
        "\\PC{0,60}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn no_cascade_falls_apart(people in 0..90_usize, names in prop::collection::vec(names(), 1..9)) {
        let facts = cascade(people, |n| names[n % names.len()].clone());
        assert_it_holds_together(&facts.drawn());
    }

    #[test]
    fn no_circle_falls_apart(people in 0..400_usize, names in prop::collection::vec(names(), 1..9)) {
        assert_it_holds_together(&rings::drawn(&circle(people, |n| names[n % names.len()].clone()), None));
    }

    #[test]
    fn no_name_gets_out_of_its_place(name in names()) {
        let [cascade, circle] = [cascade(9, |_| name.clone()).drawn(), rings::drawn(&circle(9, |_| name.clone()), None)];
        for written in [svg(cascade), svg(circle)] {
            let tags = ["svg", "/svg", "title", "/title", "desc", "/desc", "path", "circle", "/circle", "text", "/text"];
            for piece in written.split('<').skip(1) {
                let tag = piece.split([' ', '>']).next().unwrap_or_default();
                prop_assert!(tags.contains(&tag), "<{piece}");
            }
            prop_assert!(!written.contains("\" on") && !written.contains("style="));
            let turns = ['\u{202a}', '\u{202e}', '\u{2066}', '\u{200f}'];
            prop_assert!(!written.contains(turns));
            prop_assert!(written.len() < 20_000, "{} bytes", written.len());
        }
    }
}

#[test]
fn accounts_without_end_are_counted_too() {
    let mut facts = cascade(40, plain);
    facts.accounts = (0..64_u8)
        .map(|n| PostedOn { id: AccountId::of(&[&[n, 1]]), network: format!("Network {n}"), handle: plain(n.into()) })
        .chain(facts.accounts)
        .collect();
    let drawing = facts.drawn();
    assert_it_holds_together(&drawing);
    assert!(drawing.labels.iter().any(|label| label.text.starts_with("and 59")), "{:?}", drawing.labels);
}

#[test]
fn many_are_drawn_in_part_and_the_rest_is_counted() {
    let facts = cascade(300, plain);
    assert_eq!(facts.more(), "and 290 more", "300 and 6 who are not named, without the 16 who are drawn");
    let drawing = rings::drawn(&circle(300, plain), None);
    let faces = drawing.dots.iter().filter(|dot| dot.class == "dot").count();
    assert_eq!(faces, 57, "60 places, of which three stand for the rest");
    assert!(drawing.labels.iter().any(|label| label.text == "+145"), "{:?}", drawing.labels);
}

#[test]
fn the_loudest_line_is_the_widest_and_people_stand_near_who_speaks_for_them() {
    let drawing = rings::drawn(&circle(3, |n| format!("N{n}")), None);
    assert_eq!(drawing.lines.iter().map(|line| line.width).max(), Some(5));
    assert!(drawing.lines.iter().all(|line| (1..=5).contains(&line.width)));
    let faces: Vec<(i32, i32)> =
        drawing.dots.iter().filter(|dot| dot.class == "dot").map(|dot| (dot.x, dot.y)).collect();
    assert_eq!(faces, [(210, 161), (210, 103), (210, 45)], "each has one voice, straight behind it");
}

#[test]
fn pictures_look_as_they_did() {
    for people in [0, 3, 300] {
        let pictures =
            [("cascade", cascade(people, plain).drawn()), ("circle", rings::drawn(&circle(people, plain), None))];
        for (name, drawing) in pictures {
            insta::with_settings!({ snapshot_path => "../../../tests/snapshots/pictures", prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("{name}-{people}"), svg(drawing));
            });
        }
    }
}
