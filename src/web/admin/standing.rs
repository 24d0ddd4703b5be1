//! Whether all is well, in one sentence: the same on the command line and on the console.
//!
//! A gigcast that does its work may still do less than its people think, since one of them is needed or has paused something. `/readyz` asks
//! whether the machine works, and stays as it is; here it is said to people, who would rather know.

use super::answers::{PausedLine, Status, Verdict};
use std::fmt::Write as _;

/// So many that are paused are named; more are counted.
const NAMED: usize = 3;

impl Status {
    /// Wrong where gigcast cannot do its work, a note where somebody is needed or has paused something.
    pub fn verdict(&self) -> (Verdict, String) {
        if !self.ailments.is_empty() {
            return (Verdict::Wrong, "Something is wrong".to_owned());
        }
        let unlinked = self.accounts.iter().filter(|account| account.needs_person.is_some()).count();
        let unread = self.sources.iter().filter(|source| source.trouble.is_some()).count();
        let needed: Vec<String> = [
            some(unlinked, "account needs to be linked again", "accounts need to be linked again"),
            some(self.held, "delivery waits for a person", "deliveries wait for a person"),
            self.clock.as_ref().map(|_| "the wall clock is not believed".to_owned()),
            some(unread, "source cannot be read", "sources cannot be read"),
        ]
        .into_iter()
        .flatten()
        .collect();
        match (needed.as_slice(), paused(&self.paused)) {
            ([], None) => (Verdict::Fine, "All is well.".to_owned()),
            ([], Some(paused)) => (Verdict::Note, format!("Nothing is wrong; {paused}.")),
            (needed, paused) => {
                let paused = paused.map(|paused| format!("; {paused}")).unwrap_or_default();
                (Verdict::Note, format!("gigcast works; someone is needed: {}{paused}.", listed(needed)))
            }
        }
    }
}

fn some(count: usize, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    }
}

fn paused(lines: &[PausedLine]) -> Option<String> {
    let names: Vec<String> = lines.iter().map(|line| within(&line.what)).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} is paused")),
        some if some.len() <= NAMED => Some(format!("{} are paused", listed(some))),
        many => Some(format!("{} things are paused", many.len())),
    }
}

/// As it stands within a sentence.
fn within(what: &str) -> String {
    let mut letters = what.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// As in `this, that and more`.
fn listed(parts: &[String]) -> String {
    let mut text = String::new();
    for (n, part) in parts.iter().enumerate() {
        let between = if n == 0 {
            ""
        } else if n + 1 == parts.len() {
            " and "
        } else {
            ", "
        };
        let _ = write!(text, "{between}{part}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::web::admin::answers::{AccountLine, Figures, SourceLine, When};

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn well() -> Status {
        Status {
            version: "1".to_owned(),
            now: When(NOON),
            since: When(NOON),
            ailments: Vec::new(),
            clock: None,
            free_mib: None,
            floor_mib: 0,
            oldest_due: None,
            in_flight: 0,
            held: 0,
            dead: 7,
            accounts: vec![account(None), AccountLine { unlinked: Some(When(NOON)), ..account(None) }],
            sources: vec![source(None)],
            paused: Vec::new(),
            figures: Figures::default(),
            retention: None,
        }
    }

    fn account(needs: Option<&str>) -> AccountLine {
        AccountLine {
            id: "acc".to_owned(),
            handle: "@a@b".to_owned(),
            network: "fake".to_owned(),
            url: String::new(),
            poster: "Acme".to_owned(),
            linked: When(NOON),
            needs_person: needs.map(str::to_owned),
            relink: None,
            unlinked: None,
            held: 0,
            waiting: 0,
            in_review: 0,
            next_due: None,
            follows: String::new(),
            waits: None,
        }
    }

    fn source(trouble: Option<&str>) -> SourceLine {
        SourceLine {
            name: "board".to_owned(),
            seen: None,
            due: None,
            trouble: trouble.map(str::to_owned),
            refused: 0,
            paused: false,
        }
    }

    fn pause(what: &str) -> PausedLine {
        PausedLine { what: what.to_owned(), since: When(NOON), by: None, why: None, resume: String::new(), of: None }
    }

    fn said(status: &Status) -> String {
        let (verdict, said) = status.verdict();
        assert_eq!(verdict, Verdict::Note, "{said}");
        said
    }

    #[test]
    fn all_is_well_where_nobody_is_needed_and_nothing_is_paused() {
        // What was given up is over, and an account that its person took away needs nobody.
        assert_eq!(well().verdict(), (Verdict::Fine, "All is well.".to_owned()));
    }

    #[test]
    fn each_who_is_needed_is_counted() {
        let needing = |count: usize| Status { accounts: vec![account(Some("401")); count], ..well() };
        assert_eq!(said(&needing(1)), "gigcast works; someone is needed: 1 account needs to be linked again.");
        assert_eq!(said(&needing(2)), "gigcast works; someone is needed: 2 accounts need to be linked again.");
        assert_eq!(
            said(&Status { held: 1, ..well() }),
            "gigcast works; someone is needed: 1 delivery waits for a person."
        );
        let doubtful = Status { clock: Some("It jumped.".to_owned()), ..well() };
        assert_eq!(said(&doubtful), "gigcast works; someone is needed: the wall clock is not believed.");
        let unread = Status { sources: vec![source(None), source(Some("503"))], ..well() };
        assert_eq!(said(&unread), "gigcast works; someone is needed: 1 source cannot be read.");
    }

    #[test]
    fn what_is_paused_is_named_as_long_as_it_is_few() {
        let paused = |what: &[&str]| Status { paused: what.iter().map(|what| pause(what)).collect(), ..well() };
        assert_eq!(said(&paused(&["Everything"])), "Nothing is wrong; everything is paused.");
        assert_eq!(said(&paused(&["The network fake"])), "Nothing is wrong; the network fake is paused.");
        let three = ["The host a.example", "@b@c", "The source Board"];
        let words = "Nothing is wrong; the host a.example, @b@c and the source Board are paused.";
        assert_eq!(said(&paused(&three)), words);
        assert_eq!(said(&paused(&["@a", "@b", "@c", "@d"])), "Nothing is wrong; 4 things are paused.");
    }

    #[test]
    fn all_of_it_is_one_sentence_and_what_is_wrong_comes_before_it() {
        let mut status =
            Status { accounts: vec![account(Some("401"))], held: 2, paused: vec![pause("@b@c")], ..well() };
        let words = "gigcast works; someone is needed: 1 account needs to be linked again and 2 deliveries wait for a person; @b@c is paused.";
        assert_eq!(said(&status), words);
        status.ailments = vec!["The sender has not stepped.".to_owned()];
        assert_eq!(status.verdict(), (Verdict::Wrong, "Something is wrong".to_owned()));
    }
}
