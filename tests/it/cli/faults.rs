//! What goes wrong around a process: a broken file, a second daemon, a directory that cannot be written.

use super::stopping::posts;
use super::{Home, PROGRAM, Said, token};
use gigcast::sandbox::Sandbox;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A home whose poster has one account in this town.
fn of_town(town: &Sandbox) -> Home {
    Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]", town.url))
}

async fn linked(home: &Home, town: &Sandbox) {
    let secret = token(town, "acme").await;
    let said = home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], &secret);
    assert_eq!(said.code, 0, "{}", said.err);
}

async fn come_to(town: &Sandbox, count: u64) {
    while posts(town).await < count {
        tokio::task::yield_now().await;
    }
}

fn post(home: &Home, name: &str) {
    fs::write(home.path("gig.toml"), format!("title = \"{name}\"\napply = \"jobs@acme.example\"\n")).unwrap();
    let said = home.say(&["post", "gig.toml", "--poster", "Acme"]);
    assert_eq!(said.code, 0, "{}", said.err);
}

fn is_ready(home: &Home) {
    let (status, body) = home.admin("/readyz", "host: HERE");
    assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.0 200 OK", "ready\n"));
}

/// What `gigcast why` would say of each gig that is known; asked for by hand, since the command would read the broken file first.
fn why_each(home: &Home) -> Vec<String> {
    let right = fs::read_to_string(home.path("data/admin.token")).unwrap();
    let right = format!("host: HERE\r\nauthorization: Bearer {}", right.trim());
    let gigs: serde_json::Value = serde_json::from_str(&home.admin("/api/gigs", &right).1).unwrap();
    let ids = gigs.as_array().unwrap().iter().map(|gig| gig["id"].as_str().unwrap().to_owned());
    ids.map(|id| home.admin(&format!("/api/why/{id}"), &right).1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_breaks_under_a_hangup_disturbs_no_delivery() {
    let town = super::town().await;
    let home = of_town(&town);
    let running = home.start();
    linked(&home, &town).await;
    let right = home.say(&["token", "Acme", "--json"]);
    let right: serde_json::Value = serde_json::from_str(&right.out).unwrap();
    post(&home, "one");
    come_to(&town, 1).await;

    let whole = fs::read_to_string(home.path("gigcast.toml")).unwrap();
    fs::write(home.path("gigcast.toml"), format!("{whole}[outbox\n")).unwrap();
    running.signal("-HUP");
    running.hears("nothing is changed: the configuration cannot be used");
    is_ready(&home);
    let said = home.hand_in(right["token"].as_str().unwrap());
    assert!(said.contains("201") || said.contains("202"), "{said}");
    // The account's own gap between posts is still in force: it waits, and why says for what.
    let told = why_each(&home);
    assert_eq!(told.len(), 2, "{told:?}");
    while !why_each(&home).iter().all(|why| why.contains("It stands at ") || why.contains("gap between posts")) {
        tokio::task::yield_now().await;
    }
    is_ready(&home);

    fs::write(home.path("gigcast.toml"), whole).unwrap();
    assert_eq!(home.say(&["reload"]).code, 0);
    is_ready(&home);
    assert_eq!(posts(&town).await, 1, "nothing is there twice");
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
    let verified = home.say(&["store", "verify"]);
    assert!(verified.code == 0 && verified.out.contains("the outbox is sound"), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_is_refused_and_the_first_goes_on_undisturbed() {
    let town = super::town().await;
    let home = of_town(&town);
    let running = home.start();
    linked(&home, &town).await;
    post(&home, "one");
    for _ in 0..3 {
        let second = home.say(&["run"]);
        let first = format!("the store in data is in use by process {}", running.process.id());
        assert!(second.code == 75 && second.err.contains(&first), "{second:?}");
        is_ready(&home);
    }
    come_to(&town, 1).await;
    while !why_each(&home)[0].contains("It stands at ") {}
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
    assert_eq!(posts(&town).await, 1);
    let verified = home.say(&["store", "verify"]);
    assert!(verified.code == 0 && verified.out.contains("the outbox is sound"), "{verified:?}");
}

/// Nobody's user id. To root no mode of a directory says no, so where the tests run as root the program runs as nobody.
const NOBODY: u32 = 65_534;

/// The program in this home, as somebody whom modes bind.
fn bound(home: &Home, arguments: &[&str]) -> Said {
    let program = home.path("gigcast");
    let mut command = Command::new(&program);
    command.args(arguments).current_dir(home.dir.path()).env_remove("GIGCAST_VAULT_KEY");
    if fs::metadata(home.dir.path()).unwrap().uid() == NOBODY {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
}

#[test]
fn a_directory_that_cannot_be_written_is_named_and_nothing_in_it_is_touched() {
    let home = Home::new("");
    let running = home.start();
    fs::write(home.path("gig.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    assert_eq!(home.say(&["post", "gig.toml", "--poster", "Acme"]).code, 0);
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);

    // Where the program was built, nobody may not be let in.
    if fs::hard_link(PROGRAM, home.path("gigcast")).is_err() {
        fs::copy(PROGRAM, home.path("gigcast")).unwrap();
    }
    let data = home.path("data");
    let files = || {
        let mut names: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names.into_iter().filter(|path| path.is_file()).map(|path| (fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
    };
    if fs::metadata(&data).unwrap().uid() == 0 {
        let everything = fs::read_dir(&data).unwrap().chain(fs::read_dir(home.path("")).unwrap());
        for entry in everything.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("gigcast")) {
            chown(entry, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        chown(home.dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mode = |mode: u32| fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
    let each_mode = |mode: u32| {
        for (_, path) in files() {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    each_mode(0o400);
    mode(0o500);
    let before = files();
    let refused = bound(&home, &["run"]);
    assert_eq!(refused.code, 75, "{refused:?}");
    assert!(refused.err.contains("data") && refused.err.contains("ermission denied"), "{refused:?}");
    assert_eq!(refused.err.lines().count(), 1, "it says so and ends: {}", refused.err);
    assert!(before == files(), "nothing was changed");
    mode(0o700);
    each_mode(0o600);

    // Writable again, it is whole.
    let verified = bound(&home, &["store", "verify"]);
    assert!(verified.code == 0 && verified.out.contains("the outbox is sound"), "{verified:?}");
    let listed = bound(&home, &["export", "all.jsonl"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(fs::read_to_string(home.path("all.jsonl")).unwrap().contains("Logo"));
}
