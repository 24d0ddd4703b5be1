//! The cascade of a gig: who posted it on which accounts, who carried it on from there, and for whom they vouched.
//!
//! Time runs from left to right: the poster's line down the side, the accounts, the people, those they vouched for. Each person stands beside the account whose post they
//! answered or passed on; so the lines cross little. Where there are more than a picture can hold, those who vouched go before those who came first, and the rest is counted.

use super::lettering::{clean, fit, width};
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

/// The poster's line.
const SPINE: i32 = 12;
/// While nobody vouched there is room for longer names, and less has to fit on a phone.
const TWO_COLUMNS: Columns = Columns {
    width: 400,
    accounts: Column { dot: 36, label: 46, room: 132 },
    people: Column { dot: 222, label: 236, room: 160 },
    whom: Column { dot: 400, label: 400, room: 0 },
};
const THREE_COLUMNS: Columns = Columns {
    width: 480,
    accounts: Column { dot: 36, label: 46, room: 108 },
    people: Column { dot: 200, label: 214, room: 106 },
    whom: Column { dot: 362, label: 376, room: 102 },
};
const HEADINGS: i32 = 44;
const FIRST_ROW: i32 = 72;
const ROW: i32 = 32;

/// Where the dots and labels of accounts, people and those vouched for stand.
struct Columns {
    width: i32,
    accounts: Column,
    people: Column,
    whom: Column,
}

struct Column {
    dot: i32,
    label: i32,
    room: i32,
}

impl Column {
    /// Where lines leave it: behind its longest label.
    fn end(&self) -> i32 {
        self.label + self.room + 4
    }
}

/// The facts.
#[derive(Debug, Clone, Default)]
pub struct Cascade {
    pub poster: String,
    pub accounts: Vec<PostedOn>,
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
        let row = |one: &Carrier| Row {
            who: clean(&one.face.name),
            did: one.deeds.words(),
            account: account(one.account).map(|on| format!("{} {}", on.network, clean(&on.handle))).unwrap_or_default(),
            vouched_for: one.vouched_for.iter().map(|(_, face)| clean(&face.name)).collect::<Vec<_>>().join(", "),
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
        self.chosen().into_iter().map(row).chain(self.chosen_brought().iter().map(brought)).collect()
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
        let mut people = self.chosen();
        let (accounts, accounts_left) = self.chosen_accounts(&people);
        // Those of accounts that are not drawn stand beside the line that counts these.
        let beside = |one: &Carrier| accounts.iter().position(|account| Some(account.id) == one.account);
        people.sort_by_key(|one| beside(one).unwrap_or(accounts.len()));

        let has_vouches = people.iter().any(|one| !one.vouched_for.is_empty());
        let columns = if has_vouches { &THREE_COLUMNS } else { &TWO_COLUMNS };
        let mut sketch = Sketch::begin(&self.poster, columns);
        let has_people = !people.is_empty() || self.unnamed > 0 || !self.brought.is_empty();
        sketch.headings(has_people, has_vouches);
        let people_at: Vec<i32> = rows(people.len());
        let wanted = |place: usize| {
            let theirs: Vec<i32> = people
                .iter()
                .zip(&people_at)
                .filter(|(one, _)| beside(one).unwrap_or(accounts.len()) == place)
                .map(|(_, y)| *y)
                .collect();
            middle(&theirs)
        };
        let lines = accounts.len() + usize::from(accounts_left > 0);
        let accounts_at = spread((0..lines).map(wanted).collect());
        let mut ends = Vec::new();
        for (account, y) in accounts.iter().zip(&accounts_at) {
            ends.push(sketch.account(&account.network, &account.handle, *y));
        }
        if accounts_left > 0 {
            let y = accounts_at[accounts.len()];
            ends.push(sketch.account(&format!("and {}", count(accounts_left, "account", "accounts")), "more", y));
        }
        sketch.spine(&accounts_at);
        let mut people_end = Vec::new();
        for (one, y) in people.iter().zip(&people_at) {
            people_end.push(sketch.person(&columns.people, &one.face, &one.deeds.words(), *y));
            let from = beside(one).or_else(|| {
                let is_of_one_left_over = self.accounts.iter().any(|account| Some(account.id) == one.account);
                (is_of_one_left_over && accounts_left > 0).then_some(accounts.len())
            });
            if let Some(from) = from {
                sketch.arrow("line", (ends[from], accounts_at[from]), &columns.accounts, (columns.people.dot - 10, *y));
            }
        }
        let more = self.more();
        if !more.is_empty() {
            sketch.rest(&columns.people, &more, FIRST_ROW + ROW * count_of(people.len()));
        }
        let above = people.len() + usize::from(!more.is_empty());
        for (n, one) in self.chosen_brought().iter().enumerate() {
            let y = FIRST_ROW + ROW * count_of(above + n);
            sketch.brought(one, y);
            if let Some(from) = accounts.iter().position(|account| Some(account.id) == one.account) {
                sketch.arrow("line", (ends[from], accounts_at[from]), &columns.accounts, (columns.people.dot - 10, y));
            }
        }
        sketch.vouches(&people, &people_at, &people_end);
        sketch.finish(self, &people)
    }
}

struct Sketch {
    drawing: Drawing,
    columns: &'static Columns,
    /// The lowest that anything reaches.
    bottom: i32,
}

impl Sketch {
    fn begin(poster: &str, columns: &'static Columns) -> Self {
        let drawing = Drawing { name: "cascade", width: columns.width, ..Drawing::default() };
        let mut sketch = Self { drawing, columns, bottom: HEADINGS };
        sketch.drawing.dots.push(Dot { class: "node", hue: None, x: SPINE, y: 14, radius: 7, hint: String::new() });
        sketch.label(Lettering::Name, 26, 19, fit(poster, Lettering::Name.size(), columns.width - 30));
        sketch
    }

    fn label(&mut self, class: Lettering, x: i32, y: i32, text: String) {
        let label = Label { class, anchor: Anchor::Start, x, y, text };
        self.bottom = self.bottom.max(label.extent().bottom);
        self.drawing.labels.push(label);
    }

    fn headings(&mut self, has_people: bool, has_vouches: bool) {
        let Columns { accounts, people, whom, .. } = self.columns;
        let all =
            [(accounts, "posted on", true), (people, "carried on by", has_people), (whom, "vouched for", has_vouches)];
        for (column, words, is_there) in all {
            if is_there {
                self.label(Lettering::Small, column.dot - 6, HEADINGS, words.to_owned());
            }
        }
    }

    /// Answers where the longer of the two lines ends.
    fn two_lines(&mut self, column: &Column, above: &str, below: &str, y: i32) -> i32 {
        let above = fit(above, Lettering::Name.size(), column.room);
        let below = fit(below, Lettering::Small.size(), column.room);
        let ends = width(&above, Lettering::Name.size()).max(width(&below, Lettering::Small.size()));
        self.label(Lettering::Name, column.label, y - 2, above);
        self.label(Lettering::Small, column.label, y + 12, below);
        column.label + ends + 4
    }

    fn account(&mut self, network: &str, handle: &str, y: i32) -> i32 {
        self.drawing.dots.push(Dot {
            class: "node",
            hue: None,
            x: self.columns.accounts.dot,
            y,
            radius: 4,
            hint: String::new(),
        });
        self.two_lines(&self.columns.accounts, network, handle, y)
    }

    fn person(&mut self, column: &Column, face: &Face, did: &str, y: i32) -> i32 {
        let hint = clean(&face.name);
        self.drawing.dots.push(Dot { class: "dot", hue: Some(face.hue), x: column.dot, y, radius: 8, hint });
        self.two_lines(column, &face.name, did, y)
    }

    /// Who is interested is a number: a ring that is empty.
    fn brought(&mut self, one: &Brought, y: i32) {
        self.drawing.dots.push(Dot {
            class: "rest",
            hue: None,
            x: self.columns.people.dot,
            y,
            radius: 8,
            hint: String::new(),
        });
        self.two_lines(&self.columns.people, &interested(one), &format!("by {}", clean(&one.by)), y);
    }

    /// From the poster down, and to each account.
    fn spine(&mut self, accounts: &[i32]) {
        for y in accounts {
            let path =
                format!("M{SPINE} 24V{}Q{SPINE} {y} {} {y}H{}", y - 12, SPINE + 12, self.columns.accounts.dot - 8);
            self.drawing.lines.push(Line { class: "line", path, width: 1 });
        }
    }

    /// Level as far as the labels of its column reach, then up or down to where it points.
    fn arrow(&mut self, class: &'static str, (x, y): (i32, i32), column: &Column, (to_x, to_y): (i32, i32)) {
        let bend = column.end();
        let half = i32::midpoint(bend, to_x);
        let path = format!("M{x} {y}H{bend}C{half} {y} {half} {to_y} {to_x} {to_y}m-5 -4l5 4l-5 4");
        self.drawing.lines.push(Line { class, path, width: if class == "line" { 1 } else { 2 } });
    }

    fn rest(&mut self, column: &Column, words: &str, y: i32) {
        self.label(Lettering::Small, column.label, y + 4, fit(words, Lettering::Small.size(), column.room));
    }

    fn vouches(&mut self, people: &[&Carrier], people_at: &[i32], people_end: &[i32]) {
        let mut whom: Vec<(ActorId, &Face, Vec<usize>)> = Vec::new();
        for (place, one) in people.iter().enumerate() {
            for (id, face) in &one.vouched_for {
                match whom.iter_mut().find(|(known, ..)| known == id) {
                    Some((.., by)) => by.push(place),
                    None => whom.push((*id, face, vec![place])),
                }
            }
        }
        let left = whom.len().saturating_sub(MOST_WHOM);
        whom.truncate(MOST_WHOM);
        let wanted = |by: &[usize]| middle(&by.iter().map(|place| people_at[*place]).collect::<Vec<_>>());
        whom.sort_by_key(|(.., by)| wanted(by));
        let places = spread(whom.iter().map(|(.., by)| wanted(by)).collect());
        let columns = self.columns;
        for ((_, face, by), y) in whom.iter().zip(&places) {
            self.person(&columns.whom, face, &format!("by {}", count(by.len(), "person", "people")), *y);
            for place in by {
                self.arrow(
                    "line trust",
                    (people_end[*place], people_at[*place]),
                    &columns.people,
                    (columns.whom.dot - 10, *y),
                );
            }
        }
        if left > 0 {
            let below = places.last().map_or(FIRST_ROW, |last| last + ROW);
            self.rest(&columns.whom, &format!("and {left} more"), below);
        }
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

/// The rows of so many.
fn rows(how_many: usize) -> Vec<i32> {
    (0..count_of(how_many)).map(|row| FIRST_ROW + row * ROW).collect()
}

/// Never more than the rows of a picture.
fn count_of(how_many: usize) -> i32 {
    i32::try_from(how_many).unwrap_or(i32::MAX)
}

/// Half way between the first and the last.
fn middle(places: &[i32]) -> Option<i32> {
    Some(i32::midpoint(*places.first()?, *places.last()?))
}

/// Where each is wanted, or the next free row for one that is wanted nowhere; never two on one.
fn spread(wanted: Vec<Option<i32>>) -> Vec<i32> {
    let mut free = FIRST_ROW;
    let place = |wanted: Option<i32>| {
        let at = wanted.unwrap_or(free).max(free);
        free = at + ROW;
        at
    };
    wanted.into_iter().map(place).collect()
}
