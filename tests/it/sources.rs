//! Sources against what the world sends: every fixture is read, and each thing a server may answer is answered once.
#![allow(clippy::unwrap_used)] // a test that finds no fixture or folder of its own can only stop

use crate::support::answers::answer;
use gigcast::clock::{Timestamp, WallClock};
use gigcast::failure::{Failure, Scope, Why};
use gigcast::gig::Sighting;
use gigcast::gig::normalise::{Context, Outcome, normalise};
use gigcast::id::{PersonId, SourceId};
use gigcast::polling::Skips;
use gigcast::ports::{BoxFuture, Cursor, Follow, Look, Request, Response, Source, Wire};
use gigcast::sources;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const FEED: &str = "https://acme.example/feed.xml";

/// Gives the answers it was told, in order, and keeps what it was asked.
pub(crate) struct Scripted {
    pub(crate) answers: Mutex<Vec<Result<Response, Failure>>>,
    pub(crate) asked: Mutex<Vec<Request>>,
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().map(Ok).collect();
        answers.reverse();
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }

    pub(crate) fn asked(&self, at: usize, header: &str) -> Option<String> {
        self.asked.lock().unwrap()[at].headers.iter().find(|(name, _)| *name == header).map(|(_, value)| value.clone())
    }
}

impl Wire for Scripted {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let answer = self.answers.lock().unwrap().pop().expect("the script has an answer for each request");
        let cut = answer.as_ref().is_ok_and(|a| a.body.len() > request.max_bytes);
        self.asked.lock().unwrap().push(request);
        Box::pin(async move { if cut { Err(Failure::Permanent(Why::new("the answer is too long"))) } else { answer } })
    }
}

pub(crate) fn fixtures(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources").join(kind)
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures("feed").join(name)).unwrap()
}

fn feed() -> Box<dyn Source> {
    sources::open("feed", FEED).unwrap()
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// One look at a feed that gives this answer.
fn look_at(answer: Response) -> Result<Look, Failure> {
    wait(feed().look(&Scripted::new([answer]), &Cursor::default()))
}

fn read(name: &str) -> Look {
    look_at(answer(200, &[], fixture(name))).unwrap()
}

/// The title that readers get.
pub(crate) fn title(sighting: &Sighting) -> Result<String, String> {
    let context = Context {
        poster: PersonId::of(&[b"acme"]),
        source: SourceId::of(&[b"feed"]),
        now: NOON,
        wall: WallClock::Sound,
        known: None,
        classify: &|_, _, _, _| None,
    };
    match normalise(sighting, &context) {
        Ok(Outcome::New(gig)) => Ok(gig.terms.title),
        Ok(other) => Err(format!("{other:?}")),
        Err(why) => Err(why.said),
    }
}

pub(crate) fn why(look: &Look) -> Vec<String> {
    look.refused.iter().map(|r| format!("{}: {}", r.what, r.why)).collect()
}

// ---- feeds: formats

#[test]
fn every_format_is_read_oldest_first() {
    for name in ["rss-basic.xml", "atom-html.xml", "atom-xhtml.xml", "jsonfeed-gig.json", "rss-no-guid.xml"] {
        let look = read(name);
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| insta::assert_json_snapshot!(name, (&look.sightings, why(&look), &look.cursor)));
    }
}

#[test]
fn a_charset_named_in_the_file_or_by_the_server_is_heeded() {
    assert_eq!(read("rss-latin1.xml").sightings[0].title.as_deref(), Some("Schild für die Bäckerei"));
    let headers = [("content-type", "application/rss+xml; charset=ISO-8859-1")];
    let look = look_at(answer(200, &headers, fixture("rss-latin1-undeclared.xml"))).unwrap();
    assert_eq!(look.sightings[0].title.as_deref(), Some("Schild für die Bäckerei"));
}

#[test]
fn a_charset_that_is_named_wrongly_is_not_believed() {
    let look = read("rss-wrong-charset.xml");
    assert_eq!(look.sightings[0].title.as_deref(), Some("Schild für die Bäckerei"));
}

#[test]
fn a_feed_in_utf_16_is_read_by_its_mark() {
    let text = String::from_utf8(fixture("rss-html-title.xml")).unwrap().replace("UTF-8", "UTF-16");
    for (mark, wide) in [
        (0xfeff_u16.to_be_bytes(), u16::to_be_bytes as fn(u16) -> [u8; 2]),
        (0xfeff_u16.to_le_bytes(), u16::to_le_bytes),
    ] {
        let body: Vec<u8> = mark.into_iter().chain(text.encode_utf16().flat_map(wide)).collect();
        let look = look_at(answer(200, &[], body)).unwrap();
        assert_eq!(look.sightings, read("rss-html-title.xml").sightings);
    }
}

#[test]
fn what_is_nested_without_end_makes_nothing_overflow() {
    let deep = |open: &str, close: &str| format!("{}x{}", open.repeat(50_000), close.repeat(50_000));
    let item = |title: &str| {
        format!(
            "<rss version='2.0'><channel><title>x</title><item><guid>1</guid><link>https://acme.example/1</link>{title}</item></channel></rss>"
        )
    };
    let html = deep("&lt;div&gt;", "&lt;/div&gt;");
    let entry = |content: &str| {
        format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><title>x</title><updated>2026-11-21T12:00:00Z</updated><entry><id>1</id><title>Logo</title><updated>2026-11-21T12:00:00Z</updated><link href='https://acme.example/1'/><content type='xhtml'>{content}</content></entry></feed>"
        )
    };
    let bodies = [
        item(&format!("<title>Logo</title><description>{html}</description>")),
        item(&format!("<title>{html}</title>")),
        item(&deep("<title>", "</title>")),
        item(&deep("<skipHours>", "</skipHours>")),
        entry(&deep("<div>", "</div>")),
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"x\",\"items\":{}}}", deep("[", "]")),
        deep("[", "]"),
        deep("<a>", "</a>"),
    ];
    for body in bodies {
        for sighting in look_at(answer(200, &[], body)).map(|look| look.sightings).unwrap_or_default() {
            let _ = title(&sighting);
        }
    }
}

#[test]
fn the_first_version_of_json_feed_is_read_and_a_third_is_not() {
    let feed = |version: &str| {
        let author = r#""author": { "name": "Ana" }"#;
        format!(
            r#"{{ "version": "https://jsonfeed.org/version/{version}", {author}, "items": [{{ "id": "1", "title": "Logo", {author}, "url": "/1" }}] }}"#
        )
    };
    let look = look_at(answer(200, &[], feed("1"))).unwrap();
    assert_eq!((look.sightings.len(), look.sightings[0].title.as_deref()), (1, Some("Logo")));
    assert!(look_at(answer(200, &[], feed("3"))).is_err());
}

#[test]
fn of_json_that_breaks_off_nothing_is_used() {
    let whole = fixture("jsonfeed-gig.json");
    let failure = look_at(answer(200, &[], whole[..whole.len() - 20].to_vec())).unwrap_err();
    assert!(matches!(&failure, Failure::Permanent(why) if why.said.contains("this is JSON")), "{failure}");
}

#[test]
fn a_bad_date_costs_the_date_and_not_the_item() {
    let look = read("rss-bad-dates.xml");
    let ids: Vec<_> = look.sightings.iter().map(|s| (s.native.as_str(), s.published.is_some())).collect();
    assert_eq!(ids, [("1", false), ("2", false), ("3", true), ("4", false)]);
}

#[test]
fn titles_of_all_sorts_become_plain_words() {
    let titles: Vec<_> = read("rss-html-title.xml").sightings.iter().rev().map(|s| title(s).unwrap()).collect();
    assert_eq!(
        titles,
        ["Logo & sign", "Café menu – two pages", "Flyers & posters", "Sign for a door", "Port a Vec<String> to C"]
    );
}

#[test]
fn what_an_item_lacks_is_named_when_it_is_to_become_a_gig() {
    let look = read("rss-missing.xml");
    let refused: Vec<_> = look.sightings.iter().rev().map(|s| title(s).unwrap_err()).collect();
    assert!(refused[0].contains("`title` is missing"), "{refused:?}");
    assert!(refused[1].contains("`apply` is missing"), "{refused:?}");
    assert!(refused[2].contains("not with `javascript:`"), "{refused:?}");
}

#[test]
fn of_two_items_with_one_id_the_first_counts_and_the_other_is_refused() {
    let look = read("rss-same-guid.xml");
    assert_eq!(look.sightings.len(), 1);
    assert_eq!(look.sightings[0].title.as_deref(), Some("Newer"));
    assert!(why(&look)[0].starts_with("1: another item"), "{:?}", why(&look));
}

#[test]
fn a_feed_that_says_it_has_ended_is_read_a_last_time() {
    let look = read("jsonfeed-expired.json");
    assert!(look.ended);
    assert_eq!(look.sightings.len(), 1);
}

#[test]
fn entities_are_neither_expanded_nor_fetched() {
    for name in ["billion-laughs.xml", "external-entity.xml"] {
        let sighting = read(name).sightings.remove(0);
        let said = format!("{:?} {:?}", sighting.title, sighting.body);
        assert!(said.len() < 200 && !said.contains("lollol") && !said.contains("root:"), "{name}: {said}");
    }
}

#[test]
fn what_is_no_feed_is_named_for_what_it_is() {
    let html = ("content-type", "text/html; charset=utf-8");
    for (name, header, said) in [
        ("not-a-feed.html", html, "a web page (text/html; charset=utf-8), not a feed"),
        ("not-a-feed.json", ("content-type", "application/json"), "JSON (application/json), but"),
        ("not-a-feed.xml", ("x", ""), "XML (no content type), but"),
    ] {
        let failure = look_at(answer(200, &[header], fixture(name))).unwrap_err();
        assert!(matches!(&failure, Failure::Permanent(why) if why.said.contains(said)), "{name}: {failure}");
    }
    assert!(look_at(answer(200, &[], "")).unwrap_err().why().said.contains("empty"));
    assert!(look_at(answer(200, &[html], "Hello")).unwrap_err().why().said.contains("neither"));
    let cut_short = &fixture("rss-basic.xml")[..900];
    assert!(
        look_at(answer(200, &[], cut_short.to_vec())).unwrap_err().why().said.contains("not a feed that can be read")
    );
}

#[test]
fn what_was_a_feed_before_may_be_one_again() {
    let first = read("rss-basic.xml");
    let page = Scripted::new([answer(200, &[], fixture("not-a-feed.html"))]);
    assert!(matches!(wait(feed().look(&page, &first.cursor)), Err(Failure::Transient(_))));
}

#[test]
fn of_a_long_feed_the_newest_are_read_and_the_rest_is_named() {
    let items: Vec<_> = (0..700).rev().map(|n| format!("<item><guid>{n}</guid><title>{n}</title></item>")).collect();
    let items = items.concat();
    let body = format!("<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>");
    let look = look_at(answer(200, &[], body)).unwrap();
    assert_eq!(look.sightings.len(), sources::feed::FEED_ITEMS);
    assert_eq!((look.sightings[0].native.as_str(), look.sightings[499].native.as_str()), ("200", "699"));
    assert!(why(&look)[0].contains("200 oldest are not read"), "{:?}", why(&look));
}

proptest! {
    #[test]
    fn a_feed_that_was_damaged_on_its_way_makes_nothing_panic(
        which in 0usize..6,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12, "[ -~\\x00\u{e9}]{0,6}"), 1..8),
    ) {
        let names = ["rss-basic.xml", "atom-html.xml", "atom-xhtml.xml", "jsonfeed-gig.json", "billion-laughs.xml", "rss-latin1.xml"];
        let mut body = fixture(names[which]);
        for (at, gone, come) in damage {
            let at = at.index(body.len());
            let end = (at + gone).min(body.len());
            body.splice(at..end, come.bytes());
        }
        if let Ok(look) = look_at(answer(200, &[], body)) {
            for sighting in &look.sightings {
                let _ = title(sighting);
            }
        }
    }

    #[test]
    fn a_gig_that_was_written_badly_makes_nothing_panic(text in any::<String>(), field in 0usize..sources::written::FIELDS.len(), value in "[ -~\n]{0,20}") {
        use sources::written::{FIELDS, from_json, from_toml};
        let _ = (from_toml(&text), from_json(&text));
        let field = FIELDS[field];
        let _ = (from_toml(&format!("{field} = {value}")), from_json(&format!("{{\"{field}\": {value}}}")));
    }
}

// ---- feeds: manners

#[test]
fn validators_are_sent_back_to_the_letter_and_an_unchanged_feed_gives_nothing() {
    let (etag, modified) = ("W/\"a \\\"b\\\"\"", "Fri, 20 Nov 2026 09:30:00 GMT");
    let validators = [("etag", etag), ("last-modified", modified)];
    let wire = Scripted::new([
        answer(200, &validators, fixture("rss-basic.xml")),
        answer(304, &[("etag", "\"next\"")], ""),
        answer(304, &[], ""),
    ]);
    let source = feed();
    let first = wait(source.look(&wire, &Cursor::default())).unwrap();
    let second = wait(source.look(&wire, &first.cursor)).unwrap();
    let third = wait(source.look(&wire, &second.cursor)).unwrap();
    assert_eq!((first.sightings.len(), second.sightings.len()), (2, 0));
    assert_eq!(wire.asked(0, "if-none-match"), None);
    assert_eq!(wire.asked(1, "if-none-match").as_deref(), Some(etag));
    assert_eq!(wire.asked(1, "if-modified-since").as_deref(), Some(modified));
    assert_eq!(wire.asked(2, "if-none-match").as_deref(), Some("\"next\""), "an unchanged feed may have a new tag");
    assert_eq!(third.cursor, second.cursor);
    let asked = wire.asked.lock().unwrap();
    assert!(asked.iter().all(|r| r.follow == Follow::Upto(5) && r.max_bytes == 8 * 1024 * 1024));
}

#[test]
fn a_feed_that_drops_its_validators_is_not_asked_with_old_ones() {
    let old = Cursor([("etag".to_owned(), "\"old\"".to_owned())].into());
    let wire = Scripted::new([answer(200, &[], fixture("rss-basic.xml"))]);
    assert!(!wait(feed().look(&wire, &old)).unwrap().cursor.0.contains_key("etag"));
}

#[test]
fn the_next_look_waits_for_the_longest_that_was_asked() {
    let max_age = |age| [("cache-control", age)];
    let until = |answer| look_at(answer).unwrap().not_before;
    let after = |minutes| Some(NOON.plus(Duration::from_mins(minutes)));
    assert_eq!(until(answer(200, &[], fixture("atom-html.xml"))), None);
    assert_eq!(until(answer(200, &max_age("public, max-age=600"), fixture("atom-html.xml"))), after(10));
    assert_eq!(until(answer(200, &max_age("max-age=600"), fixture("rss-basic.xml"))), after(90), "its ttl is longer");
    assert_eq!(until(answer(200, &max_age("max-age=99999999"), fixture("atom-html.xml"))), after(24 * 60));
    let told = Response { retry_after: after(3000), ..answer(200, &max_age("max-age=600"), fixture("atom-html.xml")) };
    assert_eq!(until(told), after(3000), "what is asked outright is obeyed in full");

    let first = read("rss-basic.xml");
    let again = wait(feed().look(&Scripted::new([answer(304, &[], "")]), &first.cursor)).unwrap();
    assert_eq!(again.not_before, after(90), "the ttl holds though it is not said again");
}

#[test]
fn the_hours_and_days_that_a_feed_skips_are_told_with_every_answer() {
    let first = read("rss-skips.xml");
    assert_eq!((first.skips, first.sightings.len()), (Skips::of([13, 14], [6]), 1));
    let again = wait(feed().look(&Scripted::new([answer(304, &[], "")]), &first.cursor)).unwrap();
    assert_eq!((again.skips, again.cursor), (first.skips, first.cursor));
}

#[test]
fn a_feed_that_has_moved_for_good_is_asked_at_its_new_address_from_the_fourth_look_on() {
    const NEW: &str = "https://new.example/feed.xml";
    let moved = || Response { moved: Some(NEW.to_owned()), ..answer(200, &[], fixture("rss-basic.xml")) };
    let gone = answer(404, &[], "");
    let wire = Scripted::new([moved(), moved(), moved(), answer(304, &[], ""), gone, answer(304, &[], "")]);
    let (source, mut cursor, mut found) = (feed(), Cursor::default(), Vec::new());
    for _ in 0..5 {
        let look = wait(source.look(&wire, &cursor)).unwrap();
        (cursor, found) = (look.cursor, [found, vec![look.found]].concat());
    }
    let asked: Vec<_> = wire.asked.lock().unwrap().iter().map(|request| request.url.clone()).collect();
    assert_eq!(asked, [FEED, FEED, FEED, NEW, NEW, FEED], "and at the old one again, when there is none");
    assert!(
        found[0].as_ref().is_some_and(|found| found.contains(NEW) && found.contains("once it has said so 3 times"))
    );
    assert!(found[3].as_ref().is_some_and(|found| found.starts_with("asked at")));
    assert_eq!((&found[4], cursor.0.contains_key("moved_to")), (&None, false));
}

#[test]
fn a_refusal_is_classed_by_what_it_means_for_the_next_look() {
    let told = Some(NOON.plus(Duration::from_mins(7)));
    for (status, retry_after) in [(429, told), (503, told)] {
        let failure = look_at(Response { retry_after, ..answer(status, &[], "slow down") }).unwrap_err();
        let Failure::RateLimited { until, scope: Scope::Host, why } = failure else { panic!("{failure}") };
        assert_eq!(Some(until), told);
        assert!(why.to_string().ends_with(&format!("({status}: slow down)")), "{why}");
    }
    let limited = look_at(answer(429, &[], "")).unwrap_err();
    assert!(matches!(limited, Failure::RateLimited { until, .. } if until == NOON.plus(Duration::from_mins(1))));
    for status in [500, 502, 503, 408] {
        assert!(matches!(look_at(answer(status, &[], "")), Err(Failure::Transient(_))), "{status}");
    }
    for status in [301, 400, 401, 403, 404] {
        assert!(matches!(look_at(answer(status, &[], "")), Err(Failure::Permanent(_))), "{status}");
    }
}

#[test]
fn a_feed_that_is_gone_is_not_looked_at_again() {
    let look = look_at(answer(410, &[], "")).unwrap();
    assert!(look.ended && look.sightings.is_empty());
}

#[test]
fn a_feed_that_is_too_long_is_refused() {
    let long = format!("<rss version=\"2.0\"><channel><title>{}</title></channel></rss>", "x".repeat(8 * 1024 * 1024));
    assert!(matches!(look_at(answer(200, &[], long)), Err(Failure::Permanent(_))));
}

#[test]
fn a_lost_answer_is_no_riddle_where_nothing_was_changed() {
    let wire = Scripted::new([]);
    wire.answers.lock().unwrap().push(Err(Failure::Unknown(Why::new("reset"))));
    assert!(matches!(wait(feed().look(&wire, &Cursor::default())), Err(Failure::Transient(_))));
}

// ---- folders

struct Shelf {
    dir: tempfile::TempDir,
    cursor: Cursor,
}

impl Shelf {
    fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), cursor: Cursor::default() }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn look(&mut self) -> Look {
        let source = sources::open("folder", self.dir.path().to_str().unwrap()).unwrap();
        let look = wait(source.look(&Scripted::new([]), &self.cursor)).unwrap();
        self.cursor = look.cursor.clone();
        look
    }
}

fn natives(look: &Look) -> Vec<&str> {
    look.sightings.iter().map(|s| s.native.as_str()).collect()
}

const GIG: &str = "title = 'Logo'\napply = 'https://acme.example/1'\n";

#[test]
fn a_folder_gives_its_gigs_and_names_its_mistakes() {
    let path = fixtures("folder");
    let source = sources::open("folder", path.to_str().unwrap()).unwrap();
    let mut look = wait(source.look(&Scripted::new([]), &Cursor::default())).unwrap();
    look.sightings.sort_by(|a, b| a.native.cmp(&b.native)); // a checkout gives files any time
    let refused: Vec<_> = look
        .refused
        .iter()
        .map(|r| format!("{}: {}", Path::new(&r.what).file_name().unwrap().to_str().unwrap(), r.why))
        .collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_json_snapshot!("folder", (&look.sightings, refused)));
}

#[test]
fn an_unchanged_folder_gives_nothing_and_a_changed_file_is_seen() {
    let mut shelf = Shelf::empty();
    shelf.write("logo.toml", GIG);
    assert_eq!(natives(&shelf.look()), ["logo"]);
    assert_eq!(natives(&shelf.look()), [""; 0]);
    shelf.write("logo.toml", &GIG.replace("Logo", "Two logos"));
    assert_eq!(shelf.look().sightings[0].title.as_deref(), Some("Two logos"));
    std::fs::remove_file(shelf.dir.path().join("logo.toml")).unwrap();
    let look = shelf.look();
    assert!(look.sightings.is_empty() && !look.ended, "deleting a file concludes nothing");
}

#[test]
fn a_bad_file_is_reported_once_until_it_changes_and_stops_no_other() {
    let mut shelf = Shelf::empty();
    shelf.write("bad.toml", "titel = 'Logo'\n");
    shelf.write("good.toml", GIG);
    let look = shelf.look();
    assert_eq!(natives(&look), ["good"]);
    assert!(look.refused[0].what.ends_with("bad.toml"), "{:?}", look.refused);
    assert!(look.refused[0].why.said.starts_with("line 1: `titel` is no field"), "{:?}", look.refused);
    shelf.write("more.toml", GIG);
    assert_eq!(shelf.look().refused, [], "the same mistake is not told twice");
    shelf.write("bad.toml", "titel = 'Another logo'\n");
    assert_eq!(shelf.look().refused.len(), 1, "someone tried to mend it");
    shelf.write("bad.toml", GIG);
    let look = shelf.look();
    assert!(look.refused.is_empty() && natives(&look).contains(&"bad"));
    assert!(look.cleared[0].ends_with("bad.toml"), "{:?}", look.cleared);
    assert_eq!(shelf.look().cleared, [""; 0]);
}

#[test]
fn a_bad_file_that_is_deleted_is_said_to_be_gone() {
    let mut shelf = Shelf::empty();
    shelf.write("bad.toml", "titel = 'Logo'\n");
    let refused = shelf.look().refused;
    std::fs::remove_file(shelf.dir.path().join("bad.toml")).unwrap();
    assert_eq!(shelf.look().cleared, [refused[0].what.as_str()]);
    assert_eq!(shelf.look().cleared, [""; 0], "said once");
}

#[test]
fn only_plain_files_of_the_folder_itself_are_read() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.toml"), GIG).unwrap();
    let mut shelf = Shelf::empty();
    let here = shelf.dir.path().to_owned();
    std::os::unix::fs::symlink(outside.path().join("secret.toml"), here.join("link.toml")).unwrap();
    std::fs::create_dir(here.join("folder.toml")).unwrap();
    shelf.write("real.toml", GIG);
    std::os::unix::fs::symlink(here.join("real.toml"), here.join("same.toml")).unwrap();
    shelf.write(".half.toml", "title = ");
    shelf.write("old.toml~", "title = ");
    shelf.write("notes.txt", "hello");
    shelf.write("twin.json", r#"{"title": "Logo", "url": "https://acme.example/1"}"#);
    shelf.write("twin.toml", GIG);
    shelf.write("long.toml", &format!("{GIG}description = '{}'", "x".repeat(1024 * 1024)));
    let look = shelf.look();
    let mut read = natives(&look);
    read.sort_unstable();
    assert_eq!(read, ["real", "same", "twin"]);
    let refused = why(&look);
    for (name, said) in [
        ("link.toml", "outside of the folder"),
        ("folder.toml", "not a regular file"),
        ("long.toml", "longer than"),
        ("twin.toml", "the same name but for its ending"),
    ] {
        assert!(refused.iter().any(|r| r.contains(name) && r.contains(said)), "{name}: {refused:?}");
    }
    assert_eq!(refused.len(), 4, "{refused:?}");
}

#[test]
fn a_file_goes_by_its_name_and_says_so() {
    let mut shelf = Shelf::empty();
    shelf.write("81.toml", &format!("id = '82'\n{GIG}"));
    assert!(why(&shelf.look())[0].contains("`id` is not the file's name, `81`"));
}

#[test]
fn a_folder_that_is_not_there_may_still_come() {
    let source = sources::open("folder", "/nowhere/at/all").unwrap();
    let failure = wait(source.look(&Scripted::new([]), &Cursor::default())).unwrap_err();
    assert!(matches!(&failure, Failure::Transient(why) if why.said.contains("/nowhere/at/all")), "{failure}");
}

#[test]
fn an_unknown_kind_of_source_is_named_with_those_there_are() {
    let why = sources::open("fede", FEED).err().expect("no such kind");
    assert!(why.said.contains("`fede`") && why.said.contains("`feed` or `folder`"), "{why}");
    assert!(sources::open("feed", "acme.example/feed").err().expect("no scheme").said.contains("https://"));
}
