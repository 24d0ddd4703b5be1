//! What a person reads, without its colours.

use super::*;
use crate::web::admin::answers::{Chapter, Figures, PausedLine, QueueLine, RetentionLine, When, WouldSay, WouldSkip};
use crate::web::approval::CardShown;
use std::time::Duration;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

fn bare(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn account(handle: &str) -> AccountLine {
    AccountLine {
        follows: "When a gig changes, its post is edited.".to_owned(),
        id: "acc_0123456789abcdef".to_owned(),
        handle: handle.to_owned(),
        network: "mastodon".to_owned(),
        url: "https://social.example/@acme".to_owned(),
        poster: "Acme Studio".to_owned(),
        linked: When(NOON),
        needs_person: None,
        relink: Some("gigcast link mastodon --poster \"Acme Studio\"".to_owned()),
        unlinked: None,
        waiting: 0,
        held: 0,
        in_review: 0,
        next_due: None,
        waits: None,
    }
}

fn source(name: &str) -> SourceLine {
    let (seen, due) = (Some(When(NOON.minus(Duration::from_mins(9)))), Some(When(NOON.plus(Duration::from_mins(51)))));
    SourceLine { name: name.to_owned(), seen, due, trouble: None, refused: 0, paused: false }
}

fn healthy() -> Status {
    Status {
        version: "0.1.0".to_owned(),
        now: When(NOON),
        since: When(NOON.minus(Duration::from_hours(50))),
        ailments: Vec::new(),
        clock: None,
        free_mib: Some(12_000),
        floor_mib: 256,
        oldest_due: None,
        in_flight: 0,
        held: 0,
        dead: 0,
        accounts: Vec::new(),
        sources: Vec::new(),
        paused: Vec::new(),
        figures: Figures::default(),
        retention: None,
    }
}

#[test]
fn the_status_of_a_new_gigcast_says_what_to_do_next() {
    insta::assert_snapshot!(bare(&status(&healthy())));
}

#[test]
fn the_status_names_all_that_waits_and_all_that_is_wrong() {
    let mut troubled = healthy();
    troubled.ailments = vec!["The sender has not stepped for 61 seconds.".to_owned()];
    troubled.clock = Some("The wall clock jumped, so nothing expires.".to_owned());
    (troubled.in_flight, troubled.held, troubled.dead) = (3, 1, 2);
    troubled.oldest_due = Some(When(NOON.plus(Duration::from_mins(10))));
    troubled.figures.queue = vec![
        QueueLine {
            network: "mastodon".to_owned(),
            reason: "the account's gap between posts".to_owned(),
            count: 6,
            oldest_due: troubled.oldest_due,
        },
        QueueLine {
            network: "mastodon".to_owned(),
            reason: "its poster's approval".to_owned(),
            count: 2,
            oldest_due: None,
        },
    ];
    let removed = crate::store::Removals { gigs: 2, stories: 31, ..Default::default() };
    let ended = When(NOON.minus(Duration::from_hours(3)));
    troubled.retention = Some(RetentionLine { began: ended, ended, removed });
    troubled.paused = vec![PausedLine {
        what: "The network mastodon".to_owned(),
        since: When(NOON.minus(Duration::from_mins(90))),
        by: Some("ada".to_owned()),
        why: Some("an outage there".to_owned()),
        resume: "gigcast resume --network mastodon".to_owned(),
        of: None,
    }];
    let mut dead = account("@dead@social.example");
    (dead.needs_person, dead.waiting, dead.held) = (Some("the access was revoked (401)".to_owned()), 4, 4);
    dead.waits = Some("It waits until @dead@social.example is linked again.".to_owned());
    let mut busy = account("@busy@social.example");
    (busy.in_review, busy.held) = (2, 2);
    (busy.waiting, busy.next_due) = (4, troubled.oldest_due);
    troubled.accounts = vec![account("@acme@social.example"), busy, dead];
    let (mut gone, mut odd) = (source("board"), source("desk"));
    gone.trouble = Some("the server of the feed is in trouble (503)".to_owned());
    (odd.seen, odd.refused) = (None, 2);
    (odd.due, odd.paused) = (None, true);
    troubled.sources = vec![source("acme-jobs"), gone, odd];
    insta::assert_snapshot!(bare(&status(&troubled)));
}

#[test]
fn a_gigcast_that_waits_for_somebody_does_not_say_that_all_is_well() {
    let mut gone = account("@gone@social.example");
    gone.unlinked = Some(When(NOON));
    let needing = AccountLine { needs_person: Some("401".to_owned()), ..account("@dead@social.example") };
    let said = bare(&status(&Status { accounts: vec![gone, needing], ..healthy() }));
    let first = "gigcast 0.1.0 runs since 19 November, 10:00 UTC (2 days ago). gigcast works; someone is needed: 1 account needs to be linked again.";
    assert_eq!(said.lines().next(), Some(first));
    assert!(
        said.contains("@gone@social.example on mastodon for Acme Studio: it was unlinked, so nothing leaves it"),
        "{said}"
    );
}

#[test]
fn a_plan_shows_each_text_in_full_with_its_count() {
    let says = |handle: &str, text: &str| WouldSay {
        handle: handle.to_owned(),
        network: "Mastodon".to_owned(),
        text: text.to_owned(),
        length: 61,
        limit: 500,
        unit: "characters".to_owned(),
        when: "It goes out at once.".to_owned(),
    };
    let gig = Planned {
        title: "Logo\u{1b}[31m for a bakery".to_owned(),
        gig: None,
        note: None,
        says: vec![says("@acme@social.example", "Logo for a bakery\n€300\n\nhttps://gigs.example/g/1\n#Design 👩‍👩‍👧")],
        skips: vec![WouldSkip { handle: "acme.example".to_owned(), why: "this account takes only Legal".to_owned() }],
    };
    let broken = Planned {
        title: "untitled".to_owned(),
        note: Some("It is no gig: `apply` is missing.".to_owned()),
        says: Vec::new(),
        skips: Vec::new(),
        gig: None,
    };
    insta::assert_snapshot!(bare(&plan(&[gig, broken])));
    assert_eq!(bare(&plan(&[])), "There is no gig in it.\n");
}

#[test]
fn what_waits_for_approval_is_shown_whole_with_how_to_approve_it() {
    let waiting = Waiting {
        delivery: "dlv_0123456789abcdef".to_owned(),
        gig: "gig_0123456789abcdef".to_owned(),
        title: "Logo for a bakery".to_owned(),
        handle: "acme.example".to_owned(),
        network: "Bluesky".to_owned(),
        verb: "edit".to_owned(),
        replaces: Some("https://social.example/1".to_owned()),
        text: "Logo for a bakery\u{1b}[31m\n\ngigs.example/g/gig_0".to_owned(),
        card: Some(CardShown {
            title: "Logo for a bakery".to_owned(),
            description: "€300 · Remote".to_owned(),
            host: "gigs.example".to_owned(),
        }),
        link: "gigs.example/g/gig_0".to_owned(),
        length: 39,
        limit: 300,
        unit: "characters".to_owned(),
        version: "2-0badcafe".to_owned(),
        closes: Some(When(NOON.plus(Duration::from_hours(50)))),
        when: "It goes out at once.".to_owned(),
    };
    insta::assert_snapshot!(bare(&review(&waiting, NOON)));
}

#[test]
fn a_held_delivery_is_listed_with_what_to_do() {
    let line = DeliveryLine {
        id: "dlv_0123456789abcdef".to_owned(),
        gig: "gig_0123456789abcdef".to_owned(),
        title: "Logo".to_owned(),
        handle: "@acme@social.example".to_owned(),
        verb: "post".to_owned(),
        state: "held".to_owned(),
        attempts: 0,
        due: None,
        said: "It waits for its poster's approval.".to_owned(),
        advice: Some("Read it with `gigcast approve dlv_0123456789abcdef`.".to_owned()),
        can: Vec::new(),
    };
    let said = bare(&deliveries(&[line], ""));
    assert!(
        said.ends_with("It waits for its poster's approval.\n  Read it with `gigcast approve dlv_0123456789abcdef`.\n")
    );
}

#[test]
fn a_story_has_its_times_in_a_column_and_its_advice_last() {
    let told = |at: Option<Timestamp>, said: &str| Told { at: at.map(When), said: said.to_owned() };
    let story = Explanation {
        about: "Logo (gig_0123456789abcdef) is open, revision 1, by Acme.".to_owned(),
        chapters: vec![Chapter {
            heading: "The gig".to_owned(),
            told: vec![
                told(Some(NOON.minus(Duration::from_hours(30))), "It came in from acme-jobs."),
                told(Some(NOON), "@acme@social.example takes it."),
                told(None, "It is due, and goes out as soon as its turn comes."),
            ],
        }],
        advice: vec!["Link it again.".to_owned()],
        doable: Vec::new(),
    };
    insta::assert_snapshot!(bare(&why(&story, NOON)));
}

#[test]
fn how_posts_follow_their_gigs_is_told_with_the_accounts_and_not_with_the_status() {
    let lines = [account("@acme@social.example")];
    let follows = |beside| bare(&accounts(&lines, beside, NOON)).matches("When a gig changes").count();
    assert_eq!((follows(Beside::Policies), follows(Beside::Limits(&[]))), (1, 0));
}

#[test]
fn columns_line_up_whatever_the_letters() {
    let rows = [["a", "é👩‍👩‍👧", "x"], ["bbb", "c", "y"]].map(|row| row.map(str::to_owned).to_vec());
    assert_eq!(table(&rows), "a    é👩‍👩‍👧  x\nbbb  c   y\n");
}

#[test]
fn an_empty_list_says_what_will_appear() {
    assert!(gigs(&[]).contains("gigcast post"));
    assert!(accounts(&[], Beside::Policies, NOON).contains("gigcast link"));
    assert_eq!(deliveries(&[], "No delivery waits."), "No delivery waits.\n");
}

#[test]
fn those_who_are_left_out_of_each_list_are_counted_with_what_shows_them() {
    let named = |name: &str| crate::weave::Named { id: name.into(), name: name.into(), handle: None, url: None };
    let carrier = |name| crate::weave::Carrier { who: named(name), did: "reshared one of your gigs".into() };
    let pick = |name: &str| crate::weave::Pick {
        who: named(name),
        words: "trusted by your circle".into(),
        trusted: true,
        vouchers: 1,
        is_own_word: false,
        paths: Vec::new(),
        warnings: 0,
        is_own_warning: false,
    };
    let heard = |name| crate::weave::Pick {
        paths: vec![crate::weave::PathTold { steps: Vec::new(), share_percent: 100 }],
        is_own_word: true,
        warnings: 2,
        ..pick(name)
    };
    let mut circle = crate::weave::WhoseCircle {
        poster: "Acme".into(),
        category: None,
        known: vec![pick("Ada")],
        picks: vec![pick("Ida"), heard("Eve")],
        strangers: vec![carrier("Bo"), carrier("Cy")],
        more_known: 1,
        more_picks: 30,
        more_strangers: 105,
    };
    insta::assert_snapshot!(bare(&trust::circle(&circle)));
    (circle.more_known, circle.more_picks, circle.more_strangers) = (0, 0, 0);
    assert!(!bare(&trust::circle(&circle)).contains("more"), "all are shown");
}
