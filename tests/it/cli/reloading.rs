//! A configuration that is read again while gigcast runs.

use super::{Home, Running, until};
use serde_json::Value;
use std::fs;
use std::thread;

fn rewrite(home: &Home, change: impl Fn(String) -> String) {
    let path = home.path("gigcast.toml");
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
}

fn source(name: &str) -> String {
    format!(
        "\n[[source]]\nname = \"{name}\"\nkind = \"folder\"\npath = \"{name}\"\nposter = \"Bo\"\nfirst_look = \"all\"\n"
    )
}

fn sources(home: &Home) -> Vec<String> {
    let status: Value = serde_json::from_str(&home.say(&["status", "--json"]).out).unwrap();
    status["sources"].as_array().unwrap().iter().map(|source| source["name"].as_str().unwrap().to_owned()).collect()
}

fn titles_come_to(home: &Home, title: &str) {
    for _ in 0..6000 {
        if home.say(&["gigs"]).out.contains(title) {
            return;
        }
        thread::yield_now();
    }
    panic!("{title} never came in");
}

fn started() -> (Home, Running) {
    let home = Home::new("[store]\ncache_mib = 32");
    let running = home.start();
    fs::create_dir(home.path("shed")).unwrap();
    fs::write(home.path("shed/a.toml"), "title = \"Shed\"\napply = \"jobs@bo.example\"\n").unwrap();
    (home, running)
}

#[test]
fn a_hangup_reads_the_configuration_again_and_says_of_each_key_what_became_of_it() {
    let (home, running) = started();
    let more = "[outbox]\nmax_in_flight = 16\n[trust]\ninstances = [\"gigs.example\"]\n";
    rewrite(&home, |text| text.replace("= 32", "= 33") + &source("shed") + more);
    running.signal("-HUP");
    running.hears("outbox.max_in_flight is 16, and was 128, from now on");
    running.hears("source.shed is new, from now on");
    running.hears("trust.instances is ");
    running.hears("store.cache_mib is 33, and was 32, after a restart");
    titles_come_to(&home, "Shed");
    assert_eq!(sources(&home), ["desk", "shed"]);

    // What waits for a restart is named until there is one; what was applied is not.
    let again = home.say(&["reload"]);
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, "store.cache_mib store.cache_mib is 33, and was 32: after a restart.\n1 changed, and need a restart.\n")
    );
    let known = home.say(&["post", "--help"]);
    assert_eq!(known.code, 0);
    // The poster of a new source is known, as after a start.
    fs::write(home.path("logo.toml"), "title = \"Logo\"\napply = \"jobs@bo.example\"\n").unwrap();
    assert_eq!(home.say(&["post", "logo.toml", "--poster", "Bo"]).code, 0);

    rewrite(&home, |text| text.replace(&source("shed"), "\n"));
    let gone = home.say(&["reload", "--json"]);
    assert!(gone.out.contains("source.shed is gone: from now on."), "{}", gone.out);
    assert_eq!(sources(&home), ["desk"]);
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
}

#[test]
fn a_configuration_that_cannot_be_used_changes_nothing_and_says_where_it_is_wrong() {
    let (home, running) = started();
    rewrite(&home, |text| text + &source("shed") + "[outbox]\nmax_in_fligth = 16\n");
    let line =
        fs::read_to_string(home.path("gigcast.toml")).unwrap().lines().position(|l| l.contains("fligth")).unwrap() + 1;
    let wrong = format!("unknown key `max_in_fligth` in [outbox], gigcast.toml line {line}");
    running.signal("-HUP");
    running.hears(&format!("nothing is changed: the configuration cannot be used.\\n{wrong}"));
    // The command reads it as well, before it asks anybody.
    let said = home.say(&["reload"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains(&wrong), "{}", said.err);

    // All of it is right as text, and one source cannot be meant: the other is not taken either.
    rewrite(&home, |text| {
        text.replace("max_in_fligth = 16", "max_in_flight = 16") + &source("barn") + "category = \"nonsense\"\n"
    });
    let said = home.say(&["reload"]);
    assert!(
        said.err.contains("nothing is changed: the source `barn`: its category `nonsense` is not among"),
        "{}",
        said.err
    );
    assert_eq!((said.code, sources(&home)), (1, vec!["desk".to_owned()]));
    rewrite(&home, |text| text.replace("category = \"nonsense\"\n", ""));
    assert_eq!(home.say(&["reload"]).code, 0);
    assert_eq!(sources(&home), ["desk", "shed", "barn"]);
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
}

#[test]
fn how_much_the_log_says_is_changed_while_it_is_read() {
    let (home, running) = started();
    let mut reading = home.command(&["logs", "-f"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(reading.stdout.take().unwrap());
    rewrite(&home, |text| text.replace("[log]\n", "[log]\nlevel = \"debug\"\n"));
    assert_eq!(home.say(&["reload"]).code, 0);
    // At the level before, a look that finds nothing is not told.
    until(&mut lines, "nothing new");
    reading.kill().unwrap();
    reading.wait().unwrap();
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
}
