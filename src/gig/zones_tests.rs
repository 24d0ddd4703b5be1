//! What is read of zones, what is left unread, and that no text breaks it.

use super::*;
use proptest::prelude::*;

fn plain_of(text: &str) -> Option<(i16, i16, Option<u16>)> {
    match read(text) {
        Heard::Plain(zones) => Some((zones.from_minutes, zones.to_minutes, zones.overlap_minutes)),
        Heard::Nothing | Heard::Unclear => None,
    }
}

#[test]
fn zones_are_read_as_people_write_them() {
    for (text, wanted) in [
        ("UTC+1 to UTC+3", (60, 180, None)),
        ("Remote (UTC-8 to UTC+2)", (-480, 120, None)),
        ("Remote (UTC−8 – UTC+2)", (-480, 120, None)),
        ("Remote - UTC+1", (60, 60, None)),
        ("UTC-3/+3", (-180, 180, None)),
        ("between UTC-3 and UTC+3", (-180, 180, None)),
        ("GMT-5 (+/- 3h)", (-480, -120, None)),
        ("GMT -5 ± 3", (-480, -120, None)),
        ("CET ± 2 hours", (-60, 180, None)),
        ("Europe (CET +/- 2)", (-60, 180, None)),
        ("CET -2/+3", (-60, 240, None)),
        ("within 3 hours of EST", (-480, -120, None)),
        ("UTC+05:30", (330, 330, None)),
        ("UTC+5.5 to UTC+8", (330, 480, None)),
        ("GMT+0530", (330, 330, None)),
        ("overlap of 4 hours with US Eastern", (-300, -300, Some(240))),
        ("at least 4 hours overlap with EST", (-300, -300, Some(240))),
        ("4+ hours of overlap with PT", (-480, -480, Some(240))),
        ("must overlap 2.5h with CET", (60, 60, Some(150))),
        ("4-hour overlap with UTC+1 to UTC+3", (60, 180, Some(240))),
        ("CET (4 hours overlap)", (60, 60, Some(240))),
        ("4 hours overlap, CET", (60, 60, Some(240))),
        ("Remote (EST)", (-300, -300, None)),
        ("Time zone: CET/CEST", (60, 60, None)),
        ("CET to EST", (-300, 60, None)),
        ("PT hours", (-480, -480, None)),
        ("Pacific Time", (-480, -480, None)),
        ("Europe/Berlin", (60, 60, None)),
        ("Remote, America/New_York ± 1h", (-360, -240, None)),
        ("Remote, UTC", (0, 0, None)),
    ] {
        assert_eq!(plain_of(text), Some(wanted), "{text}");
    }
}

#[test]
fn what_is_not_plain_is_not_read() {
    for text in [
        "EMEA hours",
        "Remote (IST)",
        "Lisbon, PT",
        "Tallinn, EST",
        "Est. 1990, remote",
        "Remote et sur place",
        "not UTC-8",
        "Remote (anywhere but PST)",
        "CET preferred",
        "UTC+1 or UTC+8",
        "UTC+1, UTC+8",
        "EST/PST",
        "EST and PST",
        "9-17 CET",
        "9:00 to 17:00 CET",
        "9-12 CET",
        "UTC+1-3",
        "UTC+15",
        "UTC-13 to UTC+2",
        "UTC+1:99",
        "UTC-11 ± 3",
        "UTC+8 to UTC-8",
        "CET ± 200",
        "overlap of 13 hours with CET",
        "overlap of 0 hours with CET",
        "overlap of 4 hours, UTC+1, UTC+2",
        "CET+1",
        "UTC+ remote",
        "Australian Eastern Time",
        "Europe/Atlantis",
        "UTC5",
        "",
    ] {
        assert_eq!(plain_of(text), None, "{text}");
    }
}

#[test]
fn places_that_contradict_each_other_say_nothing_and_the_description_is_asked_only_where_they_are_silent() {
    let of = |places: &[&str], description: &str| {
        let places: Vec<String> = places.iter().map(|&place| place.to_owned()).collect();
        of(&places, description).map(|zones| zones.to_string())
    };
    let line = "We bake.\n\nLocation: Remote (UTC-8 to UTC+2)\nOur office is on UTC+9";
    assert_eq!(of(&["Remote"], line).as_deref(), Some("UTC−8 to UTC+2"));
    assert_eq!(of(&["Remote, UTC+1"], line).as_deref(), Some("UTC+1"));
    assert_eq!(of(&["UTC+1", "UTC+2"], line), None, "two zones");
    assert_eq!(of(&["UTC+1", "not UTC+2"], ""), None);
    assert_eq!(of(&["Berlin"], "We meet at UTC+1 once a week"), None, "no line about the place");
    assert_eq!(of(&["Berlin"], "Overlap: 1 hour with CET").as_deref(), Some("1 hour of overlap with UTC+1"));
}

#[test]
fn zones_are_said_with_their_signs() {
    let zones = |from_minutes, to_minutes, overlap_minutes| Zones { from_minutes, to_minutes, overlap_minutes };
    assert_eq!(zones(-300, -300, Some(240)).to_string(), "4 hours of overlap with UTC−5");
    assert_eq!(zones(0, 330, Some(90)).to_string(), "90 minutes of overlap with UTC to UTC+5:30");
    assert_eq!(zones(60, 180, None).span(), "UTC+1 – UTC+3");
    assert_eq!(zones(60, 60, None).span(), "UTC+1");
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("UTC".to_owned()),
        Just("GMT-5".to_owned()),
        Just("CET".to_owned()),
        Just("us eastern".to_owned()),
        Just("America/".to_owned()),
        Just("Asia/Kolkata".to_owned()),
        Just("overlap".to_owned()),
        Just("between".to_owned()),
        Just("and".to_owned()),
        Just("hours".to_owned()),
        "[±+/−–:.,;()h-]{1,2}",
        "[0-9]{1,5}",
        any::<String>(),
    ];
    proptest::collection::vec((piece, "[ ]{0,1}"), 0..12)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, space)| piece + &space).collect())
}

proptest! {
    #[test]
    fn no_text_breaks_it_and_whatever_it_reads_is_on_earth(text in pieces()) {
        if let Heard::Plain(zones) = read(&text) {
            prop_assert!(WEST <= zones.from_minutes && zones.from_minutes <= zones.to_minutes && zones.to_minutes <= EAST);
            prop_assert!(zones.overlap_minutes.is_none_or(|least| (1..=720).contains(&least)));
        }
    }
}
