//! Real networks of trust, as `tests/fixtures/trust/README.md` describes them, cut into what is known and what is to be foretold.

use super::{Row, explicit, help, warning};
use flate2::read::GzDecoder;
use gigcast::trust::fnv1a64;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;
use std::path::PathBuf;

const DAY_SECONDS: f64 = 86_400.0;

/// One person's word on another: positive or negative.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    pub by: u32,
    pub about: u32,
    /// Between -1 and 1, not 0.
    pub weight: f64,
}

/// What is known, and what people said later, or what was held back.
pub struct Split {
    pub known: Vec<Said>,
    pub held_back: Vec<Said>,
}

fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trust").join(name);
    let packed = std::fs::read(&path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut text = String::new();
        GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
        text
    } else {
        String::from_utf8(packed).unwrap()
    }
}

/// Rated between -10 and 10, in the order of time: by whom, about whom, rating, seconds.
fn bitcoin_otc() -> Vec<(u32, u32, f64, f64)> {
    let rows = fixture("bitcoin-otc.csv.gz");
    rows.lines()
        .map(|line| {
            let [by, about, rating, seconds] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
            (by.parse().unwrap(), about.parse().unwrap(), rating.parse().unwrap(), seconds.parse().unwrap())
        })
        .collect()
}

fn rated(rating: f64) -> f64 {
    (rating.abs() / 10.0).sqrt().copysign(rating)
}

/// The first four fifths are known, as old as they were at the last of them.
pub fn otc_time() -> Split {
    let rows = bitcoin_otc();
    let (known, held_back) = rows.split_at(28_473);
    let last = known.last().unwrap().3;
    let aged = known.iter().map(|&(by, about, rating, seconds)| {
        let half_life = if rating > 0.0 { 180.0 } else { 365.0 };
        let faded = 0.5_f64.powf((last - seconds) / DAY_SECONDS / half_life);
        Said { by, about, weight: rated(rating) * faded }
    });
    let later = held_back.iter().map(|&(by, about, rating, _)| Said { by, about, weight: rated(rating) });
    Split { known: aged.collect(), held_back: later.collect() }
}

pub fn otc_all() -> Vec<Said> {
    bitcoin_otc().iter().map(|&(by, about, rating, _)| Said { by, about, weight: rated(rating) }).collect()
}

pub fn otc_hash() -> Split {
    by_hash(otc_all())
}

pub fn advogato() -> Vec<Said> {
    let rows = fixture("advogato-2005.csv.gz");
    rows.lines()
        .skip(1)
        .map(|line| {
            let [by, about, level] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let level: f64 = level.parse().unwrap();
            Said { by: by.parse().unwrap(), about: about.parse().unwrap(), weight: (level / 3.0).sqrt() }
        })
        .collect()
}

pub fn adv_hash() -> Split {
    by_hash(advogato())
}

/// Accounts that vouch for each other and that the site's own metric took for nothing.
pub fn advogato_ring() -> BTreeSet<u32> {
    fixture("advogato-2005-ring.txt").lines().map(|id| id.parse().unwrap()).collect()
}

/// A fifth is held back, chosen by a hash.
fn by_hash(rows: Vec<Said>) -> Split {
    let is_held_back = |said: &Said| fnv1a64(format!("{}>{}", said.by, said.about).as_bytes()).is_multiple_of(5);
    let (held_back, known) = rows.into_iter().partition(is_held_back);
    Split { known, held_back }
}

/// An order of people that has nothing to do with them.
pub fn lot(number: u32) -> u64 {
    fnv1a64(number.to_string().as_bytes())
}

/// As rows of a graph. Who vouches for a poster is taken to have helped as much.
pub fn rows(known: &[Said]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for said in known {
        if said.weight > 0.0 {
            rows.push((said.by, said.about, explicit(said.weight)));
            rows.push((said.by, said.about, help(said.weight)));
        } else {
            rows.push((said.by, said.about, warning(-said.weight)));
        }
    }
    rows
}

#[test]
fn the_data_are_what_their_page_says() {
    let page = fixture("README.md");
    for name in [
        "bitcoin-otc.csv.gz",
        "advogato-2005.csv.gz",
        "advogato-2005-levels.csv.gz",
        "advogato-2005-ring.txt",
        "wiki-rfa.csv.gz",
    ] {
        let mut hash = String::new();
        for byte in Sha256::digest(fixture(name).as_bytes()) {
            write!(hash, "{byte:02x}").unwrap();
        }
        let line = page.lines().find(|line| line.contains(&format!("`{name}`"))).unwrap();
        assert!(line.contains(&hash), "{name} hashes to {hash}");
    }
}
