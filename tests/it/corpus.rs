//! Inputs that once broke something, or that lead deep: each is run in every run, and a number of others that are made of them.
//!
//! `tests/long/fuzz` looks for more, by a fuzzer that sees which way an input takes. Here chance alone makes them, always the same ones;
//! `GIGCAST_FUZZ` says how many for each target. One that breaks something is written to a file, to be kept in the corpus.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

struct Target {
    name: &'static str,
    run: fn(&[u8]),
    /// Fixtures of sources that it reads as well.
    fixtures: Option<&'static str>,
}

const TARGETS: &[Target] = &[
    Target { name: "feed", run: targets::feed, fixtures: Some("feed") },
    Target { name: "page", run: targets::page, fixtures: Some("page") },
    Target { name: "mapping", run: targets::mapping, fixtures: None },
    Target { name: "money", run: targets::money, fixtures: None },
    Target { name: "zones", run: targets::zones, fixtures: None },
    Target { name: "hook", run: targets::hook, fixtures: None },
];

/// Pieces of which the formats are made, and numbers at their ends.
const PIECES: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "&amp;",
    "&#0;",
    "&#x110000;",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\\u0000",
    "\\ud800",
    "null",
    "-1",
    "1e400",
    "18446744073709551616",
    "0",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\t",
    "\n",
    "$",
    "€",
    "-",
    "k",
    "USD",
    "per hour",
    "1.000,00",
    "{a[0].b}",
    "@graph",
    "@id",
    "JobPosting",
    "item",
    "title",
    "\n\n",
    "link: <",
    "rel=hub",
    "webhook-id:",
    "v1a,",
    "sha256=",
    "data:",
    "javascript:",
    "//",
    "?",
    "#",
];

impl Target {
    fn corpus(&self) -> Vec<(String, Vec<u8>)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let kept = root.join("corpus").join(self.name);
        let fixtures = self.fixtures.map(|kind| root.join("sources").join(kind));
        let mut inputs = Vec::new();
        for dir in [Some(kept), fixtures].into_iter().flatten() {
            for entry in std::fs::read_dir(&dir).expect("the corpus is there") {
                let path = entry.expect("it can be listed").path();
                inputs.push((path.display().to_string(), std::fs::read(&path).expect("it can be read")));
            }
        }
        inputs.sort();
        inputs
    }

    fn run(&self, what: &str, input: &[u8]) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.run)(input))) {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("broke-{}", self.name));
            std::fs::write(&file, input).expect("it can be written");
            eprintln!("{}: {what} broke it; the input is in {}", self.name, file.display());
            resume_unwind(panic);
        }
    }
}

/// Chance that is the same each time (xorshift).
struct Chance(u64);

impl Chance {
    /// Below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).expect("a length fits")).expect("it is below a length")
    }

    /// One input made of another, and perhaps of a second.
    fn made(&mut self, of: &[u8], and: &[u8]) -> Vec<u8> {
        let mut made = of.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(made.len() + 1);
            let end = (at + self.below(24)).min(made.len());
            match self.below(6) {
                0 => made.truncate(at),
                1 => drop(made.drain(at..end)),
                2 => drop(made.splice(at..end, PIECES[self.below(PIECES.len())].bytes())),
                3 => {
                    let again = made[at..end].repeat(1 + self.below(40));
                    made.splice(at..at, again);
                }
                4 => {
                    let from = self.below(and.len() + 1);
                    let until = (from + self.below(400)).min(and.len());
                    made.splice(at..end, and[from..until].iter().copied());
                }
                _ => made.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << self.below(8)),
            }
        }
        made
    }
}

#[test]
fn nothing_that_was_kept_and_nothing_made_of_it_breaks_anything() {
    let made = std::env::var("GIGCAST_FUZZ").ok().and_then(|number| number.parse().ok()).unwrap_or(400);
    for target in TARGETS {
        let corpus = target.corpus();
        assert!(corpus.len() > 1, "{} has no corpus", target.name);
        for (path, input) in &corpus {
            target.run(path, input);
        }
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        for n in 0..made {
            let (of, and) = (chance.below(corpus.len()), chance.below(corpus.len()));
            let input = chance.made(&corpus[of].1, &corpus[and].1);
            target.run(&format!("number {n}"), &input);
        }
        println!("{}: {made} inputs made of {}", target.name, corpus.len());
    }
}
