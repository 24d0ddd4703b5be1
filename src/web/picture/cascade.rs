//! The cascade of a gig: who posted it on which accounts, who carried it on from there, and for whom they vouched.
//!
//! The poster's line runs down the side to the accounts; below each stand those who answered or passed on its post; to the right, whom they vouched for, and whom the poster did.
//! Nothing crosses so, and there is room for handles that differ only at their end. Where there are more than a picture can hold, those who vouched go before those who came first,
//! and the rest is counted.

use super::lettering::{clean, fit, fit_ends, width};
use super::{Anchor, Dot, Drawing, Label, Lettering, Line};
use crate::id::{AccountId, ActorId};
use crate::web::people::Face;
use crate::web::words::count;
use std::cmp::Reverse;

/// Rows of accounts, people and those vouched for.
const MOST_ACCOUNTS: usize = 8;
const MOST_PEOPLE: usize = 16;
const MOST_WHOM: usize = 16;
const MOST_BROUGHT: usize = 8;

/// As wide as a phone, so that letters are of their own size there.
const WIDTH: i32 = 370;
/// The poster's line, and the poster's name beside it.
const SPINE: i32 = 8;
const POSTER: Column = Column { dot: SPINE, label: 22 };
const ACCOUNTS: Column = Column { dot: 22, label: 32 };
const PEOPLE: Column = Column { dot: 42, label: 55 };
const WHOM: Column = Column { dot: 240, label: 252 };
/// Where the names of whoever vouches end, and their lines turn up or down.
const TURN: i32 = 188;
const TOP: i32 = 14;
const HEADINGS: i32 = 44;
const FIRST_ROW: i32 = 72;
const ROW: i32 = 32;
/// Between those of one account and the next account.
const GAP: i32 = 6;

/// Where dots and labels stand.
struct Column {
    dot: i32,
    label: i32,
}

/// The facts.
#[derive(Debug, Clone, Default)]
pub struct Cascade {
    pub poster: String,
    pub accounts: Vec<PostedOn>,
    /// Whom the poster vouched for under it.
    pub vouched_for: Vec<(ActorId, Face)>,
    /// In the order in which they came.
    pub carriers: Vec<Carrier>,
    /// Those who are counted and not named.
    pub unnamed: usize,
    /// Those who would do the gig, counted by the way they came; most first.
    pub brought: Vec<Brought>,
}

/// So many would do it and came one way. They are never named.
#[derive(Debug, Clone)]
pub struct Brought {
    /// Whose post they came by.
    pub account: Option<AccountId>,
    /// As in `this post`, `the link of Bo`.
    pub by: String,
    pub interested: usize,
}

/// An account that the gig stands on.
#[derive(Debug, Clone)]
pub struct PostedOn {
    pub id: AccountId,
    pub network: String,
    pub handle: String,
}

/// Somebody who did something with it.
#[derive(Debug, Clone)]
pub struct Carrier {
    pub face: Face,
    /// Of which post; nothing where that is not known.
    pub account: Option<AccountId>,
    pub deeds: Deeds,
    pub vouched_for: Vec<(ActorId, Face)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deeds {
    pub reshared: bool,
    pub quoted: bool,
    pub answered: bool,
}

impl Deeds {
    pub fn words(self) -> String {
        let deeds = [(self.reshared, "reshared"), (self.quoted, "quoted"), (self.answered, "replied")];
        let done: Vec<&str> = deeds.into_iter().filter(|(did, _)| *did).map(|(_, word)| word).collect();
        if done.is_empty() { "vouched".to_owned() } else { done.join(", ") }
    }
}

/// One of those who are drawn, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub who: String,
    pub did: String,
    /// The account whose post it was done to; empty where that is not known.
    pub account: String,
    /// Names, with commas.
    pub vouched_for: String,
}

impl Cascade {
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Those who are drawn: who vouched before who came first; then in the order in which they came.
    fn chosen(&self) -> Vec<&Carrier> {
        let mut places: Vec<usize> = (0..self.carriers.len()).collect();
        places.sort_by_key(|place| self.carriers[*place].vouched_for.is_empty());
        places.truncate(MOST_PEOPLE);
        places.sort_unstable();
        places.into_iter().map(|place| &self.carriers[place]).collect()
    }

    /// The accounts, those with more people first; then how many are left over.
    fn chosen_accounts(&self, people: &[&Carrier]) -> (Vec<&PostedOn>, usize) {
        let mut accounts: Vec<&PostedOn> = self.accounts.iter().collect();
        let visitors = |id: AccountId| people.iter().filter(|one| one.account == Some(id)).count();
        accounts.sort_by_key(|account| Reverse(visitors(account.id)));
        accounts.truncate(MOST_ACCOUNTS);
        let left = self.accounts.len() - accounts.len();
        (accounts, left)
    }

    /// The same as is drawn, in words.
    pub fn rows(&self) -> Vec<Row> {
        let account = |id| self.accounts.iter().find(|account| Some(account.id) == id);
        let names = |vouched_for: &[(ActorId, Face)]| {
            vouched_for.iter().map(|(_, face)| clean(&face.name)).collect::<Vec<_>>().join(", ")
        };
        let of_poster = (!self.vouched_for.is_empty()).then(|| Row {
            who: clean(&self.poster),
            did: "posted it".to_owned(),
            account: String::new(),
            vouched_for: names(&self.vouched_for),
        });
        let row = |one: &Carrier| Row {
            who: clean(&one.face.name),
            did: one.deeds.words(),
            account: account(one.account).map(|on| format!("{} {}", on.network, clean(&on.handle))).unwrap_or_default(),
            vouched_for: names(&one.vouched_for),
        };
        let brought = |one: &Brought| Row {
            who: interested(one),
            did: match one.account {
                Some(_) => "came by this post".to_owned(),
                None => format!("came by {}", clean(&one.by)),
            },
            account: account(one.account).map(|on| format!("{} {}", on.network, clean(&on.handle))).unwrap_or_default(),
            vouched_for: String::new(),
        };
        let people = self.chosen().into_iter().map(row).chain(self.chosen_brought().iter().map(brought));
        of_poster.into_iter().chain(people).collect()
    }

    fn chosen_brought(&self) -> &[Brought] {
        &self.brought[..self.brought.len().min(MOST_BROUGHT)]
    }

    /// Those who are counted only, in words; empty when there are none.
    pub fn more(&self) -> String {
        match self.carriers.len() + self.unnamed - self.chosen().len() {
            0 => String::new(),
            left => format!("and {left} more"),
        }
    }

    pub fn drawn(&self) -> Drawing {
        let people = self.chosen();
        let (accounts, accounts_left) = self.chosen_accounts(&people);
        let has_vouches = !self.vouched_for.is_empty() || people.iter().any(|one| !one.vouched_for.is_empty());
        let has_people = !people.is_empty() || self.unnamed > 0 || !self.brought.is_empty();
        let mut sketch = Sketch::begin(has_vouches);
        let mut speakers = vec![Speaker { vouched_for: &self.vouched_for, from: sketch.poster(&self.poster) }];
        sketch.headings(has_people);
        // Who came by an account that is not drawn stands below the line that counts these; last those of whom nobody knows how they came.
        let line_of = |account: Option<AccountId>| {
            let drawn = accounts.iter().position(|one| Some(one.id) == account);
            let is_left_over = || self.accounts.iter().any(|one| Some(one.id) == account);
            drawn.or_else(|| is_left_over().then_some(accounts.len()))
        };
        let lines = (0..accounts.len() + usize::from(accounts_left > 0)).map(Some).chain([None]);
        for line in lines {
            let from = match line.map(|line| accounts.get(line)) {
                Some(Some(account)) => Some(sketch.account(&account.network, &account.handle)),
                Some(None) => {
                    let left = format!("and {}", count(accounts_left, "account", "accounts"));
                    Some(sketch.account(&left, "more"))
                }
                None => None,
            };
            for one in people.iter().filter(|one| line_of(one.account) == line) {
                let end = sketch.person(one, from);
                speakers.push(Speaker { vouched_for: &one.vouched_for, from: end });
            }
            for one in self.chosen_brought().iter().filter(|one| line_of(one.account) == line) {
                sketch.brought(one, from);
            }
        }
        let more = self.more();
        if !more.is_empty() {
            let y = sketch.next_row();
            sketch.rest(&PEOPLE, &more, y);
        }
        sketch.vouches(&speakers);
        sketch.finish(self, &people)
    }
}

/// The poster, first of all, or one of those who carried it on.
struct Speaker<'a> {
    vouched_for: &'a [(ActorId, Face)],
    /// Where lines may leave them.
    from: (i32, i32),
}

struct Sketch {
    drawing: Drawing,
    has_vouches: bool,
    /// Where the next account or person stands.
    next: i32,
    /// The lowest that anything reaches.
    bottom: i32,
}

impl Sketch {
    fn begin(has_vouches: bool) -> Self {
        let drawing = Drawing { name: "cascade", width: WIDTH, ..Drawing::default() };
        Self { drawing, has_vouches, next: FIRST_ROW, bottom: HEADINGS }
    }

    fn label(&mut self, class: Lettering, x: i32, y: i32, text: String) {
        let label = Label { class, anchor: Anchor::Start, x, y, text };
        self.bottom = self.bottom.max(label.extent().bottom);
        self.drawing.labels.push(label);
    }

    fn dot(&mut self, class: &'static str, (x, y): (i32, i32), radius: i32) {
        self.drawing.dots.push(Dot { class, hue: None, x, y, radius, hint: String::new() });
    }

    /// From where a column's labels begin to where others stand, or the page ends.
    fn room(&self, column: &Column) -> i32 {
        let ends = if self.has_vouches && column.label < TURN { TURN - 4 } else { WIDTH - 2 };
        ends - column.label
    }

    fn next_row(&mut self) -> i32 {
        self.next += ROW;
        self.next - ROW
    }

    /// Answers where lines may leave it.
    fn poster(&mut self, name: &str) -> (i32, i32) {
        self.dot("node", (POSTER.dot, TOP), 7);
        let name = fit(name, Lettering::Name.size(), self.room(&POSTER));
        let end = POSTER.label + width(&name, Lettering::Name.size()) + 4;
        self.label(Lettering::Name, POSTER.label, TOP + 5, name);
        (end, TOP)
    }

    fn headings(&mut self, has_people: bool) {
        let left = if has_people { "posted on, carried on by" } else { "posted on" };
        self.label(Lettering::Small, ACCOUNTS.dot - 6, HEADINGS, left.to_owned());
        if self.has_vouches {
            self.label(Lettering::Small, WHOM.dot - 6, HEADINGS, "vouched for".to_owned());
        }
    }

    /// Answers where the longer of the two lines ends.
    fn two_lines(&mut self, column: &Column, above: String, below: String, y: i32) -> (i32, i32) {
        let ends = width(&above, Lettering::Name.size()).max(width(&below, Lettering::Small.size()));
        self.label(Lettering::Name, column.label, y - 2, above);
        self.label(Lettering::Small, column.label, y + 12, below);
        (column.label + ends + 4, y)
    }

    /// On a line from the poster. Answers where it stands.
    fn account(&mut self, network: &str, handle: &str) -> (i32, i32) {
        if self.next > FIRST_ROW {
            self.next += GAP;
        }
        let (y, room) = (self.next_row(), self.room(&ACCOUNTS));
        let at = (ACCOUNTS.dot, y);
        self.dot("node", at, 4);
        let path = format!("M{SPINE} {}V{}Q{SPINE} {y} {} {y}H{}", TOP + 10, y - 8, SPINE + 6, ACCOUNTS.dot - 6);
        self.drawing.lines.push(Line { class: "line", path, width: 1 });
        let handle = fit_ends(handle, Lettering::Small.size(), room);
        self.two_lines(&ACCOUNTS, fit(network, Lettering::Name.size(), room), handle, y);
        at
    }

    /// From an account down to one of those below it.
    fn branch(&mut self, account: Option<(i32, i32)>, y: i32) {
        let Some((x, from)) = account else { return };
        let path = format!("M{x} {from}V{}Q{x} {y} {} {y}H{}m-5 -4l5 4l-5 4", y - 6, x + 6, PEOPLE.dot - 10);
        self.drawing.lines.push(Line { class: "line", path, width: 1 });
    }

    fn face(&mut self, column: &Column, face: &Face, below: &str, y: i32) -> (i32, i32) {
        let (hint, room) = (clean(&face.name), self.room(column));
        self.drawing.dots.push(Dot { class: "dot", hue: Some(face.hue), x: column.dot, y, radius: 8, hint });
        let (above, below) = (fit(&face.name, Lettering::Name.size(), room), fit(below, Lettering::Small.size(), room));
        self.two_lines(column, above, below, y)
    }

    /// Answers where lines may leave them.
    fn person(&mut self, one: &Carrier, account: Option<(i32, i32)>) -> (i32, i32) {
        let y = self.next_row();
        self.branch(account, y);
        self.face(&PEOPLE, &one.face, &one.deeds.words(), y)
    }

    /// Who is interested is a number: a ring that is empty.
    fn brought(&mut self, one: &Brought, account: Option<(i32, i32)>) {
        let (y, room) = (self.next_row(), self.room(&PEOPLE));
        self.branch(account, y);
        self.dot("rest", (PEOPLE.dot, y), 8);
        let by = fit(&format!("by {}", clean(&one.by)), Lettering::Small.size(), room);
        self.two_lines(&PEOPLE, fit(&interested(one), Lettering::Name.size(), room), by, y);
    }

    fn rest(&mut self, column: &Column, words: &str, y: i32) {
        let words = fit(words, Lettering::Small.size(), self.room(column));
        self.label(Lettering::Small, column.label, y + 4, words);
    }

    /// The first of the speakers is the poster.
    fn vouches(&mut self, speakers: &[Speaker]) {
        let mut whom: Vec<(ActorId, &Face, Vec<usize>)> = Vec::new();
        for (place, speaker) in speakers.iter().enumerate() {
            for (id, face) in speaker.vouched_for {
                match whom.iter_mut().find(|(known, ..)| known == id) {
                    Some((.., by)) => by.push(place),
                    None => whom.push((*id, face, vec![place])),
                }
            }
        }
        let left = whom.len().saturating_sub(MOST_WHOM);
        whom.truncate(MOST_WHOM);
        let wanted = |by: &[usize]| middle(&by.iter().map(|place| speakers[*place].from.1).collect::<Vec<_>>());
        whom.sort_by_key(|(.., by)| wanted(by));
        let places = spread(&whom.iter().map(|(.., by)| wanted(by)).collect::<Vec<_>>());
        for ((_, face, by), y) in whom.iter().zip(&places) {
            self.face(&WHOM, face, &spoken_by(by), *y);
            for place in by {
                self.vouch(speakers[*place].from, (WHOM.dot - 10, *y));
            }
        }
        if left > 0 {
            let below = places.last().map_or(FIRST_ROW, |last| last + ROW);
            self.rest(&WHOM, &format!("and {left} more"), below);
        }
    }

    /// Level as far as names reach, then up or down to whom it is for.
    fn vouch(&mut self, (x, y): (i32, i32), (to_x, to_y): (i32, i32)) {
        let half = i32::midpoint(TURN, to_x);
        let path = format!("M{x} {y}H{TURN}C{half} {y} {half} {to_y} {to_x} {to_y}m-5 -4l5 4l-5 4");
        self.drawing.lines.push(Line { class: "line trust", path, width: 2 });
    }

    fn finish(mut self, facts: &Cascade, people: &[&Carrier]) -> Drawing {
        let people_in_all = facts.carriers.len() + facts.unnamed;
        let mut whom: Vec<ActorId> =
            facts.carriers.iter().flat_map(|one| one.vouched_for.iter().map(|(id, _)| *id)).collect();
        whom.sort_unstable();
        whom.dedup();
        "How this gig travelled".clone_into(&mut self.drawing.title);
        let accounts = count(facts.accounts.len(), "account", "accounts");
        let mut said = vec![format!("{} posted it on {accounts}.", clean(&facts.poster))];
        said.push(match people_in_all {
            0 => "Nobody has carried it on yet.".to_owned(),
            all => format!("{} reshared, quoted or answered it.", count(all, "person", "people")),
        });
        if !whom.is_empty() {
            said.push(format!("They vouched for {}.", count(whom.len(), "person", "people")));
        }
        if !facts.vouched_for.is_empty() {
            let whom = count(facts.vouched_for.len(), "person", "people");
            said.push(format!("{} vouched for {whom}.", clean(&facts.poster)));
        }
        let interested: usize = facts.brought.iter().map(|one| one.interested).sum();
        if interested > 0 {
            said.push(format!("{} said that they are interested.", count(interested, "person", "people")));
        }
        if people_in_all > people.len() {
            match people.len() {
                0 => {}
                1 => said.push("One is drawn, the others are counted.".to_owned()),
                n => said.push(format!("{n} are drawn, the others are counted.")),
            }
        }
        self.drawing.description = said.join(" ");
        self.drawing.height = self.bottom + 6;
        self.drawing
    }
}

fn interested(one: &Brought) -> String {
    format!("{} interested", one.interested)
}

/// By how many, whoever they are: the poster is one of them.
fn spoken_by(speakers: &[usize]) -> String {
    match speakers {
        [0] => "by the poster".to_owned(),
        all => format!("by {}", count(all.len(), "person", "people")),
    }
}

/// Half way between the first and the last.
fn middle(places: &[i32]) -> i32 {
    match places {
        [] => FIRST_ROW,
        [first, .., last] => i32::midpoint(*first, *last),
        [one] => *one,
    }
}

/// Where each is wanted, or the next free row; never two on one. They come in order.
fn spread(wanted: &[i32]) -> Vec<i32> {
    let mut free = FIRST_ROW;
    let place = |wanted: &i32| {
        let at = free.max(*wanted);
        free = at + ROW;
        at
    };
    wanted.iter().map(place).collect()
}
