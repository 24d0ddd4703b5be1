//! What stands on a terminal where a secret is typed.

use super::{Home, PROGRAM, token, town};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_typed_is_never_shown() {
    let town = town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]", town.url));
    let _running = home.start();
    let secret = token(&town, "acme").await;

    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = OpenOptions::new().read(true).write(true).open(name).unwrap();
    let end = || Stdio::from(theirs.try_clone().unwrap());
    let mut linking = Command::new(PROGRAM)
        .args(["link", "mastodon", "--poster", "Acme", "--server", &town.url, "--secret"])
        .current_dir(home.dir.path())
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .unwrap();
    drop(theirs);

    let mut terminal = File::from(ours);
    let mut shown = until(&mut terminal, "(not shown): ");
    terminal.write_all(format!("{secret}\n").as_bytes()).unwrap();
    // What is left on a terminal that nobody holds any more ends in an error of its own.
    let rest = thread::spawn(move || {
        let mut rest = Vec::new();
        let _ = terminal.read_to_end(&mut rest);
        String::from_utf8_lossy(&rest).into_owned()
    });
    assert!(linking.wait().unwrap().success());
    shown.push_str(&rest.join().unwrap());
    assert!(shown.starts_with("Access token (not shown): ") && shown.contains(" is linked."), "{shown}");
    assert!(!shown.contains(&secret), "{shown}");
    town.shutdown().await.unwrap();
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
