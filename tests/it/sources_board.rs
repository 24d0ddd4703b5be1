//! Boards of companies at hiring systems: each documented shape is read, and each thing a board may answer is answered once.
#![allow(clippy::unwrap_used)] // a test that finds no fixture of its own can only stop

use crate::sources::{NOON, Scripted, fixtures, title, wait, why};
use crate::support::answers::answer;
use gigcast::config::Rights;
use gigcast::failure::{Failure, Scope};
use gigcast::gig::Republish;
use gigcast::gig::employment::Employment;
use gigcast::ports::{Completeness, Cursor, Look, Response, Source};
use gigcast::sources;
use gigcast::sources::board::{Board, SYSTEMS};
use gigcast::sources::licensed::{Licensed, refusal};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

fn fixture(system: &str) -> Vec<u8> {
    std::fs::read(fixtures("board").join(format!("{}.json", system.trim_end_matches("-eu")))).unwrap()
}

fn board(system: &str) -> Board {
    Board::at(system, "acme").unwrap()
}

fn look_at(system: &str, answer: Response) -> Result<Look, Failure> {
    wait(board(system).look(&Scripted::new([answer]), &Cursor::default()))
}

fn json_answer(body: &Value) -> Response {
    answer(200, &[], body.to_string())
}

#[test]
fn every_system_is_read_oldest_first() {
    for system in SYSTEMS {
        let wire = Scripted::new([answer(200, &[], fixture(system.word))]);
        let look = wait(board(system.word).look(&wire, &Cursor::default())).unwrap();
        let url = wire.asked.lock().unwrap()[0].url.clone();
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        let name = format!("board-{}", system.word);
        settings.bind(|| insta::assert_json_snapshot!(name, (url, &look.sightings, why(&look), &look.cursor)));
        assert_eq!(look.complete, Completeness::Complete, "{}", system.word);
        for sighting in &look.sightings {
            title(sighting).unwrap();
        }
    }
}

#[test]
fn descriptions_that_were_escaped_twice_become_plain_words() {
    use gigcast::gig::plain;
    let look = look_at("greenhouse", answer(200, &[], fixture("greenhouse"))).unwrap();
    let body = look.sightings.last().unwrap().body.clone().unwrap();
    assert_eq!(plain::text(&body), "Twelve spreads for Tom & Ada.\n\n- Ink\n- Colour < 3 weeks");
}

#[test]
fn only_the_kinds_of_employment_that_are_wanted_come_in() {
    let wanted = vec![Employment::Contract, Employment::Freelance];
    for (system, natives) in [("greenhouse", vec!["4101"]), ("ashby", vec!["0f"]), ("workable", vec![])] {
        let source = board(system).only(wanted.clone());
        let look = wait(source.look(&Scripted::new([answer(200, &[], fixture(system))]), &Cursor::default())).unwrap();
        let found: Vec<_> = look.sightings.iter().map(|s| s.native.as_str()).collect();
        assert_eq!(found, natives, "{system}");
        assert_eq!(look.complete, Completeness::Complete, "what is not wanted is still not gone");
    }
}

#[test]
fn a_board_that_is_not_there_is_told_with_its_system_and_its_name() {
    for system in SYSTEMS {
        let failure = look_at(system.word, answer(404, &[], "Not found")).unwrap_err();
        let Failure::Permanent(why) = &failure else { panic!("{failure}") };
        let said = format!("{} has no board called `acme`", system.profile.name);
        assert!(why.said.starts_with(&said), "{why}");
        assert!(why.to_string().ends_with("(404: Not found)"), "{why}");
    }
}

#[test]
fn where_an_unknown_board_looks_like_an_empty_one_both_are_named() {
    let empty = json!({"offset": 0, "limit": 100, "totalFound": 0, "content": []});
    let look = look_at("smartrecruiters", json_answer(&empty)).unwrap();
    assert!(why(&look)[0].contains("SmartRecruiters lists nothing for `acme`"), "{:?}", why(&look));
    let read = Cursor([("read".to_owned(), "yes".to_owned())].into());
    let look = wait(board("smartrecruiters").look(&Scripted::new([json_answer(&empty)]), &read)).unwrap();
    assert!(look.refused.is_empty(), "it was there before: it is just empty now");
}

#[test]
fn an_empty_list_is_believed_when_it_was_empty_three_times() {
    let empty = || answer(200, &[("etag", "\"e\"")], "{\"jobs\": []}");
    let full = || answer(200, &[], fixture("ashby"));
    let mut cursor = Cursor::default();
    let mut seen = Vec::new();
    for answer in [full(), empty(), empty(), full(), empty(), empty(), empty(), empty()] {
        let wire = Scripted::new([answer]);
        let look = wait(board("ashby").look(&wire, &cursor)).unwrap();
        assert_eq!(wire.asked(0, "if-none-match"), None, "an empty list must be seen anew each time");
        cursor = look.cursor;
        seen.push(look.complete);
    }
    let (complete, partial) = (Completeness::Complete, Completeness::Partial);
    assert_eq!(seen, [complete, partial, partial, complete, partial, partial, complete, complete]);
}

#[test]
fn what_has_not_changed_is_not_sent_again_and_is_another_look_at_the_same_list() {
    let wire = Scripted::new([answer(200, &[("etag", "\"1\"")], fixture("ashby")), answer(304, &[], "")]);
    let first = wait(board("ashby").look(&wire, &Cursor::default())).unwrap();
    let second = wait(board("ashby").look(&wire, &first.cursor)).unwrap();
    assert_eq!(wire.asked(1, "if-none-match").as_deref(), Some("\"1\""));
    assert_eq!((second.sightings.len(), second.complete, &second.cursor), (0, Completeness::AsBefore, &first.cursor));
}

fn postings(numbers: std::ops::Range<usize>) -> Response {
    let one = |n: usize| json!({"id": n.to_string(), "text": "Baker", "hostedUrl": format!("https://jobs.lever.example/{n}")});
    json_answer(&numbers.map(one).collect())
}

#[test]
fn pages_are_read_until_one_is_not_full() {
    let wire = Scripted::new([postings(0..100), postings(100..200), postings(199..230)]);
    let look = wait(board("lever").look(&wire, &Cursor::default())).unwrap();
    assert_eq!((look.sightings.len(), look.complete), (230, Completeness::Complete));
    let asked: Vec<String> = wire.asked.lock().unwrap().iter().map(|r| r.url.clone()).collect();
    assert!(asked[1].ends_with("?mode=json&limit=100&skip=100"), "{asked:?}");
    assert!(asked[2].ends_with("&skip=200"), "{asked:?}");
}

#[test]
fn a_board_without_end_is_read_in_part_and_nothing_is_concluded() {
    let again = Scripted::new([postings(0..100), postings(0..100)]);
    let look = wait(board("lever").look(&again, &Cursor::default())).unwrap();
    assert_eq!((look.sightings.len(), look.complete), (100, Completeness::Partial), "the same page for ever");
    assert!(why(&look)[0].contains("lists more than was read (100 items)"), "{:?}", why(&look));
    let endless = Scripted::new((0..30).map(|page| postings(page * 100..page * 100 + 100)));
    let look = wait(board("lever").look(&endless, &Cursor::default())).unwrap();
    assert_eq!((look.sightings.len(), look.complete), (2_000, Completeness::Partial));
}

#[test]
fn a_page_that_fails_fails_the_look_so_that_no_job_seems_gone() {
    let wire = Scripted::new([postings(0..100), answer(502, &[], "")]);
    assert!(matches!(wait(board("lever").look(&wire, &Cursor::default())), Err(Failure::Transient(_))));
}

#[test]
fn a_refusal_is_classed_by_what_it_means_for_the_next_look() {
    let told = Some(NOON.plus(Duration::from_mins(7)));
    let limited = look_at("workable", Response { retry_after: told, ..answer(429, &[], "slow down") }).unwrap_err();
    let Failure::RateLimited { until, scope: Scope::Host, why } = limited else { panic!("{limited}") };
    assert_eq!(Some(until), told);
    assert!(why.said.contains("board `acme` at Workable"), "{why}");
    assert!(matches!(look_at("lever", answer(503, &[], "")), Err(Failure::Transient(_))));
    assert!(matches!(look_at("lever", answer(403, &[], "")), Err(Failure::Permanent(_))));
}

#[test]
fn what_is_no_list_is_told_by_what_it_is_and_may_be_one_again() {
    for (body, said) in [
        ("<html>Sorry</html>", "it is not JSON"),
        ("{\"error\": \"x\"}", "it is an object with error"),
        ("{\"jobs\": {}}", "it is an object with jobs"),
        ("[]", "it is a list of 0"),
    ] {
        let failure = look_at("ashby", answer(200, &[], body)).unwrap_err();
        assert!(matches!(&failure, Failure::Permanent(why) if why.said.contains(said)), "{body}: {failure}");
        let read = Cursor([("read".to_owned(), "yes".to_owned())].into());
        let later = wait(board("ashby").look(&Scripted::new([answer(200, &[], body)]), &read));
        assert!(matches!(later, Err(Failure::Transient(_))), "{body}");
    }
    let long = format!("{{\"jobs\": [\"{}\"]}}", "x".repeat(8 * 1024 * 1024));
    assert!(matches!(look_at("ashby", answer(200, &[], long)), Err(Failure::Permanent(_))));
}

#[test]
fn a_name_that_would_leave_its_place_in_the_address_is_refused() {
    for wrong in ["", "a/b", "a b", "a?x", "a#x", "..", "a%2f", "ä", &"x".repeat(200)] {
        assert!(Board::at("greenhouse", wrong).is_err(), "{wrong}");
    }
    assert!(Board::at("recruitee", "evil.example").is_err(), "there it is a part of the host");
    assert!(Board::at("greenhouse", "acme.studio-2_x").is_ok());
    let unknown = sources::open("board", "greenhose/acme").err().unwrap();
    assert!(unknown.said.contains("`greenhose`") && unknown.said.contains("`greenhouse`"), "{unknown}");
}

#[test]
fn a_text_that_is_its_employers_is_shown_in_a_few_words_unless_it_is_the_posters_own() {
    let long = json!({"jobs": [{"id": "1", "title": "Baker", "jobUrl": "https://a.example/1", "descriptionPlain": "word ".repeat(500)}]});
    let read = |rights| {
        let board = board("ashby");
        let profile = board.profile();
        assert_eq!(refusal(profile, rights), None, "a board may be posted, with a link back");
        let source = Licensed::under(Box::new(board), Some(profile), rights);
        wait(source.look(&Scripted::new([json_answer(&long)]), &Cursor::default())).unwrap().sightings.remove(0)
    };
    let theirs = read(Rights::Source);
    assert!(theirs.body.as_ref().unwrap().len() < 410, "{theirs:?}");
    assert_eq!(theirs.republish, Republish::Allowed);
    assert_eq!(read(Rights::Poster).body.unwrap().len(), "word ".repeat(500).trim().len());
}

/// Any JSON, with the keys that the readers look for.
fn any_json() -> impl Strategy<Value = Value> {
    let keys = proptest::sample::select(vec![
        "jobs",
        "content",
        "offers",
        "id",
        "title",
        "text",
        "name",
        "location",
        "categories",
        "metadata",
        "value",
        "departments",
        "absolute_url",
        "hostedUrl",
        "jobUrl",
        "careers_url",
        "url",
        "shortcode",
        "salaryRange",
        "min",
        "max",
        "currency",
        "interval",
        "compensation",
        "summaryComponents",
        "lists",
        "secondaryLocations",
        "publishedAt",
        "createdAt",
        "updated_at",
        "isListed",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é<&;|]{0,12}".prop_map(Value::from),
        Just(json!("Salary")),
        Just(json!("1 YEAR")),
        Just(json!("2026-11-21")),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((keys.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_whatever_makes_a_system_panic(value in any_json(), which in 0..SYSTEMS.len(), bare in any::<bool>()) {
        let system = SYSTEMS[which].word;
        let document = if bare { value } else { json!({"jobs": [value], "content": [value], "offers": [value]}) };
        for body in [document.to_string(), json!([document]).to_string()] {
            let again = || answer(200, &[], body.clone());
            if let Ok(look) = wait(board(system).look(&Scripted::new([again(), again(), again()]), &Cursor::default())) {
                for sighting in &look.sightings {
                    let _ = title(sighting);
                }
            }
        }
    }
}
