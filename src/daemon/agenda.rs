//! Which source is looked at next: those that are due, in the order of their due times, few at once and fewer at one host.
//!
//! Pure bookkeeping in memory; when each is due is kept in the ledger. Every step takes what is due and no more, however many sources wait.

use crate::clock::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// So many looks are out at once, ...
pub const LOOKS: usize = 32;
/// ... and so many at one host.
pub const LOOKS_PER_HOST: usize = 2;

/// Sources go by the order in which they were entered, hosts by a number of their own.
#[derive(Debug, Default)]
pub struct Agenda {
    /// Those that wait for their time.
    due: BTreeSet<(Timestamp, usize)>,
    sources: Vec<Entry>,
    hosts: Vec<Host>,
    /// Hosts at which a source waits and another look may begin, by when it may: the longest waited for comes first.
    open: BTreeSet<(Timestamp, usize)>,
    out: usize,
    /// The numbers of hosts that have a name.
    known: HashMap<String, usize>,
}

#[derive(Debug)]
struct Entry {
    host: usize,
    due: Timestamp,
    out: bool,
    /// Somebody wanted it at another time while it was out.
    moved: bool,
}

#[derive(Debug)]
struct Host {
    /// Those whose time has come.
    waiting: BTreeSet<(Timestamp, usize)>,
    out: usize,
    most: usize,
    /// Between the beginnings of two looks.
    apart: Duration,
    next: Timestamp,
    /// Its place in `open`, when it has one.
    opens: Option<Timestamp>,
}

/// One source, as it is entered.
#[derive(Debug, Clone)]
pub struct Item {
    /// Nothing for what is on our own disk: that is no host to be polite to.
    pub host: Option<String>,
    /// The least time between the beginnings of two looks at its host.
    pub apart: Duration,
    pub due: Timestamp,
}

impl Agenda {
    pub fn of(items: impl IntoIterator<Item = Item>) -> Self {
        let mut agenda = Self::default();
        for item in items {
            agenda.enter(item);
        }
        agenda
    }

    /// One more source, behind all others.
    pub fn enter(&mut self, item: Item) {
        let host = match item.host {
            Some(name) => {
                let known = self.known.get(&name).copied();
                known.unwrap_or_else(|| {
                    let host = self.host(LOOKS_PER_HOST);
                    self.known.insert(name, host);
                    host
                })
            }
            None => self.host(1),
        };
        self.hosts[host].apart = self.hosts[host].apart.max(item.apart);
        self.due.insert((item.due, self.sources.len()));
        self.sources.push(Entry { host, due: item.due, out: false, moved: false });
    }

    fn host(&mut self, most: usize) -> usize {
        self.hosts.push(Host {
            waiting: BTreeSet::new(),
            out: 0,
            most,
            apart: Duration::ZERO,
            next: Timestamp::EPOCH,
            opens: None,
        });
        self.hosts.len() - 1
    }

    /// Takes the source whose turn it is; it is out from then on, until [`Self::back`].
    pub fn take(&mut self, now: Timestamp) -> Option<usize> {
        while let Some(&(due, n)) = self.due.first().filter(|(due, _)| *due <= now) {
            self.due.remove(&(due, n));
            let host = self.sources[n].host;
            self.hosts[host].waiting.insert((due, n));
            self.reopen(host);
        }
        if self.out >= LOOKS {
            return None;
        }
        let &(_, number) = self.open.first().filter(|(at, _)| *at <= now)?;
        let host = &mut self.hosts[number];
        let (_, n) = host.waiting.pop_first()?;
        host.out += 1;
        // A host that wants no pause keeps its place among the others, by who waits there the longest.
        if !host.apart.is_zero() {
            host.next = now.plus(host.apart);
        }
        self.sources[n].out = true;
        self.out += 1;
        self.reopen(number);
        Some(n)
    }

    /// A look has ended, and the next is due then. Where somebody moved it meanwhile, what they knew may be newer than what the look knew:
    /// it is due by its own pace at the latest, which keeps whatever its server has asked for.
    pub fn back(&mut self, n: usize, due: Timestamp, own_pace: Timestamp) {
        let entry = &mut self.sources[n];
        if !entry.out {
            return;
        }
        let due = if std::mem::take(&mut entry.moved) { due.min(own_pace) } else { due };
        (entry.out, entry.due) = (false, due);
        let host = entry.host;
        self.due.insert((due, n));
        self.out -= 1;
        self.hosts[host].out -= 1;
        self.reopen(host);
    }

    /// The source is due at another time. One that is out says itself when it is due again, and is told then that it was moved.
    pub fn moved(&mut self, n: usize, due: Timestamp) {
        let entry = &mut self.sources[n];
        if entry.out {
            entry.moved = true;
            return;
        }
        let (old, host) = (std::mem::replace(&mut entry.due, due), entry.host);
        self.due.remove(&(old, n));
        self.hosts[host].waiting.remove(&(old, n));
        self.due.insert((due, n));
        self.reopen(host);
    }

    /// The clock was set back: no host is waited for by the old time.
    pub fn set_back(&mut self, now: Timestamp) {
        for number in 0..self.hosts.len() {
            let host = &mut self.hosts[number];
            host.next = host.next.min(now.plus(host.apart));
            self.reopen(number);
        }
    }

    /// Puts a host where it now belongs.
    fn reopen(&mut self, number: usize) {
        let host = &mut self.hosts[number];
        let opens = host.waiting.first().filter(|_| host.out < host.most).map(|(due, _)| host.next.max(*due));
        if let Some(old) = std::mem::replace(&mut host.opens, opens) {
            self.open.remove(&(old, number));
        }
        self.open.extend(opens.map(|at| (at, number)));
    }

    /// When there is something to take, as far as the time alone decides; what waits for a look to end is not counted.
    pub fn next(&self) -> Option<Timestamp> {
        let open = self.open.first().filter(|_| self.out < LOOKS).map(|(at, _)| *at);
        self.due.first().map(|(due, _)| *due).into_iter().chain(open).min()
    }

    /// Looks that are out.
    pub fn out(&self) -> usize {
        self.out
    }

    pub fn is_out(&self, n: usize) -> bool {
        self.sources[n].out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn at(seconds: u64) -> Timestamp {
        NOON.plus(Duration::from_secs(seconds))
    }

    fn item(host: &str, apart: u64, due: u64) -> Item {
        Item { host: Some(host.into()), apart: Duration::from_secs(apart), due: at(due) }
    }

    fn all(agenda: &mut Agenda, now: Timestamp) -> Vec<usize> {
        std::iter::from_fn(|| agenda.take(now)).collect()
    }

    #[test]
    fn what_is_due_comes_in_its_order_and_once() {
        let mut agenda = Agenda::of([item("a", 0, 9), item("b", 0, 3), item("c", 0, 60), item("d", 0, 5)]);
        assert_eq!(agenda.next(), Some(at(3)));
        assert_eq!(all(&mut agenda, at(10)), [1, 3, 0]);
        assert_eq!((agenda.next(), agenda.out()), (Some(at(60)), 3));
        agenda.back(1, at(20), at(20));
        assert_eq!(agenda.next(), Some(at(20)));
        assert_eq!(all(&mut agenda, at(70)), [1, 2]);
    }

    #[test]
    fn one_host_is_asked_by_two_at_once_and_keeps_nobody_else_waiting() {
        let mut agenda = Agenda::of((0..9).map(|n| item("a", 0, n)).chain([item("b", 0, 30)]));
        assert_eq!(all(&mut agenda, at(40)), [0, 1, 9]);
        assert_eq!(agenda.next(), None, "nothing but the end of a look helps");
        agenda.back(1, at(100), at(100));
        assert_eq!(agenda.next(), Some(at(2)));
        assert_eq!(all(&mut agenda, at(41)), [2]);
    }

    #[test]
    fn a_host_that_wants_a_pause_between_looks_gets_it() {
        let mut agenda = Agenda::of((0..3).map(|_| item("boards", 2, 0)));
        assert_eq!(all(&mut agenda, at(0)), [0]);
        agenda.back(0, at(1800), at(1800));
        assert_eq!((agenda.next(), all(&mut agenda, at(1))), (Some(at(2)), vec![]));
        assert_eq!(all(&mut agenda, at(2)), [1]);
    }

    #[test]
    fn of_very_many_so_many_are_out_and_the_longest_due_come_first() {
        let mut agenda = Agenda::of((0..100).map(|n| item(&n.to_string(), 0, 100 - n)));
        let taken = all(&mut agenda, at(100));
        assert_eq!(taken, (68..100).rev().collect::<Vec<_>>());
        assert_eq!(agenda.next(), None);
        agenda.back(99, at(200), at(200));
        assert_eq!(all(&mut agenda, at(100)), [67]);
    }

    #[test]
    fn what_is_moved_is_due_then_and_what_is_out_is_not_moved() {
        let mut agenda = Agenda::of([item("a", 60, 0), item("a", 60, 1), item("a", 60, 2)]);
        assert_eq!(all(&mut agenda, at(10)), [0]);
        agenda.moved(0, at(11));
        agenda.moved(1, at(500));
        assert_eq!(all(&mut agenda, at(70)), [2], "it waited at its host, and does not any more");
        agenda.back(0, at(300), at(300));
        assert_eq!((agenda.is_out(2), agenda.next()), (true, Some(at(300))));
        assert_eq!(all(&mut agenda, at(499)), [0]);
        agenda.back(2, at(900), at(900));
        assert_eq!(agenda.next(), Some(at(500)));
    }

    #[test]
    fn what_was_moved_while_it_was_out_is_looked_at_by_its_own_pace_and_once() {
        let mut agenda = Agenda::of([item("a", 0, 0)]);
        assert_eq!(all(&mut agenda, at(0)), [0]);
        agenda.moved(0, at(1));
        agenda.back(0, at(43_200), at(900));
        assert_eq!(
            agenda.next(),
            Some(at(900)),
            "a hub was to push it, and it is in doubt; its server is asked no sooner than it wishes"
        );
        assert_eq!(all(&mut agenda, at(900)), [0]);
        agenda.back(0, at(43_200), at(1_800));
        assert_eq!(agenda.next(), Some(at(43_200)));
    }

    #[test]
    fn a_clock_set_back_opens_the_hosts() {
        let mut agenda = Agenda::of([item("a", 2, 0), item("a", 2, 1)]);
        assert_eq!(all(&mut agenda, at(86_400)), [0]);
        agenda.back(0, at(90_000), at(90_000));
        agenda.set_back(at(10));
        agenda.moved(1, at(10));
        assert_eq!(all(&mut agenda, at(12)), [1]);
    }
}
