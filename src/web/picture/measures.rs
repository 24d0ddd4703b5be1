//! What the pictures measure by: how many fit, where they stand, and what is counted of those who do not.

use super::cascade::{Brought, Carrier, Cascade, Deeds, PostedOn};
use super::rings::{self, MOST, Ring, Someone};
use super::{Drawing, Lettering};
use crate::id::{AccountId, ActorId};
use crate::web::people::{Face, initials};

fn face(name: &str) -> Face {
    Face {
        id: String::new(),
        name: name.to_owned(),
        handle: String::new(),
        url: None,
        initials: initials(name),
        hue: 0,
    }
}

fn ring(people: usize, more: usize) -> Ring {
    let someone = |n: usize| Someone { face: face(&format!("N{n}")), voice: 0.25, by: None };
    Ring { people: (0..people).map(someone).collect(), more }
}

fn radii(drawing: &Drawing) -> Vec<i32> {
    drawing.dots.iter().filter(|dot| dot.class == "ring").map(|dot| dot.radius).collect()
}

fn texts<'a>(drawing: &'a Drawing, class: &'a str) -> Vec<&'a str> {
    let of = |lettering: &Lettering| match lettering {
        Lettering::Small => "small",
        Lettering::You => "you",
        _ => "other",
    };
    drawing.labels.iter().filter(|label| of(&label.class) == class).map(|label| label.text.as_str()).collect()
}

fn dots(drawing: &Drawing, class: &str) -> Vec<(i32, i32)> {
    drawing.dots.iter().filter(|dot| dot.class == class).map(|dot| (dot.x, dot.y)).collect()
}

#[test]
fn a_circle_has_as_many_rings_as_there_are_people_for() {
    let drawn = |sizes: [usize; 3]| radii(&rings::drawn(&sizes.map(|people| ring(people, 0)), None));
    assert_eq!(drawn([1, 0, 0]), [100]);
    assert_eq!(drawn([2, 1, 0]), [82, 150]);
    assert_eq!(drawn([1, 0, 1]), [72, 130, 188]);
    assert_eq!(drawn([0, 0, 0]), [72, 130, 188], "an empty one shows where they would stand");
}

#[test]
fn a_full_ring_is_drawn_whole_and_one_more_is_counted_with_the_last() {
    let drawn = |first| rings::drawn(&[first, ring(0, 0), ring(0, 0)], None);
    let full = drawn(ring(MOST[0], 0));
    assert_eq!((dots(&full, "dot").len(), dots(&full, "rest").len()), (MOST[0], 0));
    for over in [ring(MOST[0] + 1, 0), ring(MOST[0], 1)] {
        let over = drawn(over);
        assert_eq!((dots(&over, "dot").len(), dots(&over, "rest").len()), (MOST[0] - 1, 1));
        assert!(texts(&over, "small").contains(&"+2"), "{:?}", over.labels);
    }
    let few = drawn(ring(2, 1));
    assert_eq!((dots(&few, "dot").len(), dots(&few, "rest").len()), (2, 1), "those who are not named have one place");
    for (more, said) in [(999, "+999"), (1000, "999+")] {
        assert!(texts(&drawn(ring(2, more)), "small").contains(&said));
    }
}

#[test]
fn two_stand_on_either_side_and_whoever_has_the_voice_of_the_loudest_has_the_widest_line() {
    let mut two = ring(2, 0);
    two.people[1].voice = 0.25 / 4.0;
    let drawing = rings::drawn(&[two, ring(0, 0), ring(0, 0)], Some("Bo Lindqvist"));
    assert_eq!(dots(&drawing, "dot"), [(210, 45), (210, 245)]);
    assert_eq!(drawing.lines.iter().map(|line| line.width).collect::<Vec<_>>(), [5, 3]);
    assert_eq!((drawing.title.as_str(), texts(&drawing, "you")), ("The circle of Bo Lindqvist", vec!["BL"]));
}

// ---- how a gig travelled

fn account(n: u8) -> PostedOn {
    PostedOn { id: AccountId::of(&[&[n]]), network: format!("Network {n}"), handle: format!("@a{n}") }
}

/// Somebody who reshared a post of this account.
fn carrier(n: u8, account: Option<u8>) -> Carrier {
    Carrier {
        face: face(&format!("N{n}")),
        account: account.map(|n| AccountId::of(&[&[n]])),
        deeds: Deeds { reshared: true, ..Deeds::default() },
        vouched_for: Vec::new(),
    }
}

fn whom(n: u8) -> (ActorId, Face) {
    (ActorId::of(&[&[n]]), face(&format!("W{n}")))
}

fn brought(account: Option<u8>) -> Brought {
    Brought { account: account.map(|n| AccountId::of(&[&[n]])), by: "the page itself".to_owned(), interested: 2 }
}

fn posted() -> Cascade {
    Cascade { poster: "Acme".to_owned(), accounts: vec![account(1), account(2)], ..Cascade::default() }
}

#[test]
fn it_is_as_wide_as_a_phone_and_there_is_a_column_for_those_vouched_for_where_there_are_any() {
    let headings = |facts: &Cascade| {
        let drawing = facts.drawn();
        assert_eq!(drawing.width, 370);
        let all = ["posted on", "posted on, carried on by", "vouched for"];
        all.into_iter().filter(|words| texts(&drawing, "small").contains(words)).collect::<Vec<_>>()
    };
    assert_eq!(headings(&posted()), ["posted on"]);
    let both = ["posted on, carried on by"];
    assert_eq!(headings(&Cascade { carriers: vec![carrier(1, Some(1))], ..posted() }), both);
    assert_eq!(headings(&Cascade { unnamed: 1, ..posted() }), both);
    assert_eq!(headings(&Cascade { brought: vec![brought(None)], ..posted() }), both);
    let vouching = Carrier { vouched_for: vec![whom(1)], ..carrier(1, Some(1)) };
    let all = ["posted on, carried on by", "vouched for"];
    assert_eq!(headings(&Cascade { carriers: vec![carrier(2, None), vouching], ..posted() }), all);
    assert_eq!(headings(&Cascade { vouched_for: vec![whom(1)], ..posted() }), ["posted on", "vouched for"]);
}

#[test]
fn accounts_that_differ_at_the_end_of_their_handles_can_be_told_apart() {
    let handle = |port: u32| format!("@acme-paper-and-print@127.0.0.1:{port}");
    let account = |port| PostedOn { handle: handle(port), ..account(1) };
    let carriers = vec![Carrier { vouched_for: vec![whom(1)], ..carrier(1, Some(1)) }];
    let drawing = Cascade { accounts: vec![account(43875), account(42297)], carriers, ..posted() }.drawn();
    let handles: Vec<&str> = texts(&drawing, "small").into_iter().filter(|text| text.starts_with("@acme")).collect();
    assert!(handles.len() == 2 && handles[0].ends_with("43875") && handles[1].ends_with("42297"), "{handles:?}");
}

#[test]
fn the_poster_is_one_of_those_who_vouch() {
    let bruno = Carrier { vouched_for: vec![whom(1)], ..carrier(1, Some(1)) };
    let facts = Cascade { vouched_for: vec![whom(1), whom(2), whom(3)], carriers: vec![bruno], ..posted() };
    let drawing = facts.drawn();
    let said: Vec<&str> = texts(&drawing, "small").into_iter().filter(|text| text.starts_with("by ")).collect();
    assert_eq!(said, ["by the poster", "by the poster", "by 2 people"]);
    assert_eq!(drawing.lines.iter().filter(|line| line.class == "line trust").count(), 4);
    assert!(drawing.description.contains("They vouched for 1 person. Acme vouched for 3 people."));
    let rows = facts.rows();
    assert_eq!((rows[0].who.as_str(), rows[0].vouched_for.as_str()), ("Acme", "W1, W2, W3"));
}

#[test]
fn of_too_many_those_who_vouched_are_drawn_in_the_order_in_which_all_came() {
    let mut carriers: Vec<Carrier> = (0..20).map(|n| carrier(n, Some(2))).collect();
    carriers[18].vouched_for = vec![whom(1)];
    carriers[19].deeds = Deeds::default();
    carriers[19].vouched_for = vec![whom(1), whom(2)];
    let rows = Cascade { carriers, ..posted() }.rows();
    let names: Vec<&str> = rows.iter().map(|row| row.who.as_str()).collect();
    let expected: Vec<String> = (0..14).chain([18, 19]).map(|n| format!("N{n}")).collect();
    assert_eq!(names, expected);
    let last = rows.last().unwrap();
    assert_eq!((last.did.as_str(), last.account.as_str()), ("vouched", "Network 2 @a2"));
    assert_eq!(last.vouched_for, "W1, W2");
}

#[test]
fn ways_by_which_people_came_are_told_as_far_as_there_is_room() {
    let ways = (0..9).map(|n| brought((n == 0).then_some(2))).collect();
    let rows = Cascade { brought: ways, ..posted() }.rows();
    let told: Vec<(&str, &str)> = rows.iter().map(|row| (row.did.as_str(), row.account.as_str())).collect();
    assert_eq!(told.len(), 8);
    assert_eq!(told[..2], [("came by this post", "Network 2 @a2"), ("came by the page itself", "")]);
}

#[test]
fn whoever_came_by_an_account_that_is_only_counted_stands_beside_that_count() {
    let accounts: Vec<PostedOn> = (0..10).map(account).collect();
    // Each account has somebody; the ninth and the tenth stand for themselves in no row of their own.
    let carriers: Vec<Carrier> = (0..10).map(|n| carrier(n, Some(n))).chain([carrier(90, None)]).collect();
    let drawing = Cascade { accounts, carriers, ..posted() }.drawn();
    assert!(drawing.labels.iter().any(|label| label.text == "and 2 accounts"), "{:?}", drawing.labels);
    let arrows = drawing.lines.iter().filter(|line| line.path.contains('m')).count();
    assert_eq!(arrows, 10, "nobody knows where the last one comes from");
    let strangers = Cascade { carriers: vec![carrier(1, Some(7))], ..posted() };
    assert!(
        strangers.drawn().lines.iter().all(|line| !line.path.contains('m')),
        "an account that it does not stand on"
    );
}

#[test]
fn of_too_many_who_are_vouched_for_the_rest_is_counted_below_them() {
    let carriers = vec![Carrier { vouched_for: (0..20).map(whom).collect(), ..carrier(1, Some(1)) }];
    let drawing = Cascade { carriers, ..posted() }.drawn();
    let rows: Vec<i32> = dots(&drawing, "dot").iter().filter(|(x, _)| *x == 240).map(|(_, y)| *y).collect();
    assert_eq!(rows.len(), 16);
    let rest = drawing.labels.iter().find(|label| label.text == "and 4 more").unwrap();
    assert_eq!(rest.y, rows[15] + 32 + 4);
    assert!(drawing.description.contains("They vouched for 20 people."), "{}", drawing.description);
}

#[test]
fn the_description_counts_those_who_are_not_drawn() {
    let described = |facts: Cascade| facts.drawn().description;
    let alone = described(Cascade { unnamed: 3, ..posted() });
    assert!(alone.ends_with("3 people reshared, quoted or answered it."), "{alone}");
    let one = described(Cascade { carriers: vec![carrier(1, Some(1))], unnamed: 3, ..posted() });
    assert!(one.ends_with("One is drawn, the others are counted."), "{one}");
    let two = described(Cascade { carriers: vec![carrier(1, Some(1)), carrier(2, None)], unnamed: 1, ..posted() });
    assert!(two.ends_with("2 are drawn, the others are counted."), "{two}");
    let twice = (0..2).map(|n| Carrier { vouched_for: vec![whom(2), whom(1)], ..carrier(n, None) });
    let twice = described(Cascade {
        carriers: twice.chain([Carrier { vouched_for: vec![whom(2)], ..carrier(3, None) }]).collect(),
        ..posted()
    });
    assert!(twice.contains("They vouched for 2 people."), "each once: {twice}");
}
