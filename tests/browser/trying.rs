//! `tests/try`, as a newcomer follows it: what it prints is read, typed and pressed, and nothing else is known.

use crate::driver::{Browser, Scheme};
use crate::house::target;
use crate::steps::{come_in, link_at_the_sandbox, look_at, post_it, write_a_gig};
use gigcast::clock::{Clock, SystemClock};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What linking one account may take a person; a browser that is driven needs less.
const A_MINUTE: Duration = Duration::from_mins(1);

/// The script, running; stopped when dropped.
struct Trying {
    script: Child,
    /// All that it said, until it had no more to say.
    said: String,
}

impl Trying {
    fn begin() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/try");
        let mut script = Command::new(script)
            .env("GIGCAST", env!("CARGO_BIN_EXE_gigcast"))
            .env("CARGO_TARGET_DIR", target())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        for line in BufReader::new(script.stdout.take().unwrap()).lines().map_while(Result::ok) {
            said += &line;
            said.push('\n');
            if line.contains("Ctrl-C") {
                return Self { script, said };
            }
        }
        panic!("tests/try ended by itself ({:?}); it said:\n{said}", script.wait());
    }

    /// The word that follows these.
    fn word_after(&self, words: &str) -> &str {
        let found = self.said.split_once(words).and_then(|(_, rest)| rest.split_whitespace().next());
        found.unwrap_or_else(|| panic!("nothing stands after `{words}` in:\n{}", self.said))
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        // Not the signal of Ctrl-C, which a shell cannot hear where its parent has been told to ignore it.
        let _ = Command::new("kill").args(["-TERM", &self.script.id().to_string()]).status();
        let _ = self.script.wait();
    }
}

#[test]
#[ignore = "needs Chromium and npm: tests/run"]
fn a_newcomer_links_at_a_sandbox_and_at_blueskys_own_server_in_a_minute_each_and_posts_on_both() {
    let trying = Trying::begin();
    let clock = SystemClock::default();
    let browser = Browser::open();
    browser.look(1280, 800, Scheme::Light);
    come_in(&browser, trying.word_after("Open "));

    let begun = clock.monotonic();
    link_at_the_sandbox(&browser, trying.word_after("the server "));
    browser.until_it_says("Works. Nothing posted yet.");
    let linked = clock.monotonic();
    let took = linked.saturating_sub(begun);
    assert!(took < A_MINUTE, "{took:?}");

    browser.fill("Bluesky", "handle", trying.word_after("the handle "));
    browser.press("Link Bluesky");
    browser.until_it_says("Enter your password");
    browser.fill("Password", "Password", trying.word_after("the password "));
    browser.press("Sign in");
    browser.until_it_says("wants to access your account");
    look_at(&browser, "bluesky-asks");
    browser.press("Authorize");
    browser.until_it_says("Works. Nothing posted yet.");
    let took = clock.monotonic().saturating_sub(linked);
    assert!(took < A_MINUTE, "{took:?}");
    look_at(&browser, "accounts-two");

    let new_gig = trying.word_after("Write a gig at ");
    let title = "Illustrator for a children's book";
    write_a_gig(&browser, new_gig.trim_end_matches("/gigs/new"), title);
    browser.until_it_says("of 300");
    post_it(&browser);
    browser.until("both are out", |page| page.matches("✓ out").count() == 2);
    for place in [trying.word_after("stands then at "), trying.word_after("a record at ")] {
        browser.go(place);
        browser.until_it_says("Illustrator for a children");
    }
}
