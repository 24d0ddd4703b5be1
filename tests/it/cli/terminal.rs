//! What stands on a terminal where something is asked: a secret, or whether it is meant.

use super::{Home, token, town};
use crate::support::fake_network::{FakeNetwork, Fault, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::store::sled::SledStore;
use gigcast::vault::{Expected, Vault};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_typed_is_never_shown() {
    let town = town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]", town.url));
    let _running = home.start();
    let secret = token(&town, "acme").await;

    let (mut linking, mut terminal) =
        at_a_terminal(&home, &["link", "mastodon", "--poster", "Acme", "--server", &town.url, "--secret"]);
    let mut shown = until(&mut terminal, "(not shown): ");
    terminal.write_all(format!("{secret}\n").as_bytes()).unwrap();
    assert!(linking.wait().unwrap().success());
    shown.push_str(&rest(terminal));
    assert!(shown.starts_with("Access token (not shown): ") && shown.contains(" is linked."), "{shown}");
    assert!(!shown.contains(&secret), "{shown}");
    town.shutdown().await.unwrap();
}

/// A store in which one delivery was given up, as a run left it.
async fn with_one_given_up(home: &Home) {
    let dir = home.path("data");
    fs::create_dir(&dir).unwrap();
    let store = Arc::new(SledStore::open(&dir, 64 << 20).unwrap().store);
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let key = Vault::unlock(&dir, &|_| None, Expected::New).unwrap().key_id();
    let world = World::start(store, network, clock, &dir).await.unwrap();
    world.ledger.note_vault_key(*key.as_bytes()).await.unwrap();
    world.link("acme", brisk()).await;
    world.network.fail_next([Fault::Refused]);
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shows_what_it_is_about_and_opens_it_only_when_that_is_meant() {
    let home = Home::new("");
    with_one_given_up(&home).await;
    let _running = home.start();
    let command = ["replay", "--since", "2026-11-01"];
    let dead = || home.say(&["deliveries", "--dead", "--json"]).out.matches("\"dlv_").count();
    assert_eq!(dead(), 1);

    // Nobody can be asked, or nobody wants it.
    let unasked = home.say(&command);
    assert!(unasked.out.contains("Logo for bakery 1") && unasked.err.contains("say --yes to do it"), "{unasked:?}");
    assert_eq!(unasked.code, 1);
    let counted = home.say(&[&command[..], &["--dry-run"]].concat());
    assert!(counted.out.contains("1 delivery would be opened anew.") && counted.code == 0, "{counted:?}");
    for (typed, said) in
        [("n\n", "Nothing was opened."), ("\n", "Nothing was opened."), ("y\n", "1 delivery opened anew.")]
    {
        assert_eq!(dead(), 1);
        let (mut replaying, mut terminal) = at_a_terminal(&home, &command);
        let shown = until(&mut terminal, "Open them anew? [y/N] ");
        assert!(shown.contains("1 delivery would be opened anew."), "{shown}");
        terminal.write_all(typed.as_bytes()).unwrap();
        let ended = replaying.wait().unwrap();
        let rest = rest(terminal);
        assert!(ended.success() && rest.contains(said), "{typed:?}: {rest}");
    }
    assert_eq!(dead(), 0);
    // With nothing to open nobody is asked.
    let none = home.say(&command);
    assert!(none.code == 0 && none.out.contains("0 deliveries would be opened anew."), "{none:?}");
}

/// The program at a terminal of the test's own, and that terminal from the side of whoever types.
fn at_a_terminal(home: &Home, arguments: &[&str]) -> (Child, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = OpenOptions::new().read(true).write(true).open(name).unwrap();
    let end = || Stdio::from(theirs.try_clone().unwrap());
    let child = home.command(arguments).stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    (child, File::from(ours))
}

/// What is left on a terminal that nobody holds any more; it ends in an error of its own.
fn rest(mut terminal: File) -> String {
    let mut rest = Vec::new();
    let _ = terminal.read_to_end(&mut rest);
    String::from_utf8_lossy(&rest).into_owned()
}

/// What the terminal shows until these words.
fn until(terminal: &mut File, words: &str) -> String {
    let (mut shown, mut byte) = (String::new(), [0]);
    while !shown.ends_with(words) {
        assert_eq!(terminal.read(&mut byte).unwrap(), 1, "the terminal was closed after {shown:?}");
        shown.push(byte[0].into());
    }
    shown
}
