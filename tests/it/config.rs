//! The configuration as an operator meets it: what is read, what is refused and in which words, and its reference page.

use gigcast::config::{self, Config, ConfigError, ConfigFile, FirstLook, SourceFrom};
use std::path::Path;
use std::time::Duration;

fn read(text: &str) -> Result<Config, ConfigError> {
    read_with(text, &[])
}

fn read_with(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(&[ConfigFile { name: "gigcast.toml", text }], env)
}

/// Each text with what an operator would read about it.
fn told(texts: &[&str]) -> String {
    let answer = |text: &&str| format!("{text}\n--\n{}\n", read(text).expect_err("this is no valid configuration"));
    texts.iter().map(answer).collect::<Vec<_>>().join("\n")
}

/// Every key once, with a value that is not its default; keys that exclude each other stand in different sources.
const EVERY_KEY: &str = r#"
[server]
public_url = "https://gigs.example/cast"
listen = "0.0.0.0:80"
trusted_proxies = ["127.0.0.1", "::1"]
admin_listen = "[::1]:81"
[store]
data_dir = "/srv/gigcast"
cache_mib = 65
free_floor_mib = 257
[wire]
connect_timeout = "6s"
total_timeout = "31s"
trusted_origins = ["http://127.0.0.1:3000"]
contact = "it@acme.example"
[network.bluesky]
directory = "https://plc.acme.example"
resolver = "http://127.0.0.1:2583"
[outbox]
backoff = ["31s", "3m"]
look_after = ["16s", "11m"]
edit_quiet = "3m"
worth_saying_for = "15d"
max_in_flight = 33
max_in_flight_per_host = 9
[pace]
posts_per_day = 25
gap = "11m"
quiet_from = "22:00"
quiet_until = "07:30"
windows = ["mon-fri 09:00-17:00"]
zone = "Europe/Berlin"
worth_saying_for = "36h"
[sources]
poll_ceiling = "8h"
poll_every = "2h"
poll_floor = "16m"
backoff_max = "25h"
gone_after = 4
max_feed_mib = 9
first_look = "newest 3"
[[source]]
name = "board"
url = "https://acme.example/gigs.xml"
poster = "Acme Studio"
category = "design"
[[source]]
name = "drop"
kind = "folder"
path = "/srv/gigs"
poster = "Bo"
first_look = "all"
poll_every = "3h"
[[source]]
name = "hiring"
kind = "board"
system = "lever"
board = "acme"
poster = "Bo"
employment = ["contract", "freelance"]
[[source]]
name = "list"
kind = "api"
url = "https://jobs.example/api"
poster = "Bo"
rights = "poster"
items = "data.jobs"
paging = "next"
paging_parameter = "after"
next = "links.next"
list = "whole"
auth_env = "JOBS_TOKEN"
auth_header = "X-Api-Key"
[source.fields]
id = "id"
title = "name"
headline = "text"
url = "https://jobs.example/{id}"
apply = "apply"
description = "html"
organisation = "company.name"
location = "places"
remote = "remote"
tags = "tags"
employment = "kind"
pay = "{min}-{max} EUR/hour"
language = "lang"
published = "at"
updated = "changed"
closes = "until"
status = "state"
[[source]]
name = "desk"
kind = "hook"
poster = "Bo"
scheme = "github"
secret_env = "DESK_SECRET"
[backfeed]
ages = [{ younger_than = "2h", every = "6m" }, { younger_than = "2d", every = "7h" }]
budget_per_host_per_15m = 61
vouch_reread = "31d"
[referrals]
keep_interests = "181d"
[keep]
closed_gigs = "900d"
engagements = "100d"
stories = "200d"
tries = ""
refused = "10d"
[notice]
webhook = "https://chat.example/hooks/1"
smtp = "smtps://acme@mail.example:466"
email_from = "gigs@acme.example"
email_to = "ops@acme.example"
[log]
format = "json"
level = "debug"
file = "gigcast.log"
file_mib = 8
file_keep = 2
[trust]
damping = 0.8
steps = 4
floor = 2
prune = 0.00002
caution = 2.5
help = 0.2
community = 0.3
roots = ["Acme"]
instances = ["gigs.example", "other.example:8443"]
hired = 1.1
vouch = 1.2
referrer = 0.7
dispute = 1.3
mild_dispute = 0.6
reshare = 0.25
quote = 0.35
reply = 0.15
vouch_half_life = "181d"
dispute_half_life = "366d"
help_half_life = "91d"
sibling = 0.7
elsewhere = 0.4
[telemetry]
otlp_endpoint = "https://otlp.example/otlp"
otlp_auth_env = "TRACES"
otlp_auth_header = "X-Token"
service_name = "desk"
[vouch]
file = "vouch.toml"
[labels]
file = "labels.toml"
[[wording]]
of = "@acme@social.example"
language = "pt-BR"
template = "posts/acme.txt"
[categories]
file = "categories.toml"
[clock]
max_jump = "11m"
"#;

fn is_key(line: &str) -> bool {
    line.contains(" = ")
}

/// The names of all keys in a text of TOML, sorted, each once.
fn keys(text: &str) -> Vec<&str> {
    let mut keys: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(['#', ' ']))
        .filter_map(|line| Some(line.split_once(" = ")?.0))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[test]
fn every_key_means_what_was_written() {
    insta::assert_debug_snapshot!(read(EVERY_KEY).unwrap());
}

#[test]
fn the_defaults_are_valid_by_themselves() {
    insta::assert_debug_snapshot!(read("").unwrap());
}

#[test]
fn no_key_is_read_and_then_dropped() {
    assert_eq!(keys(EVERY_KEY), keys(config::DEFAULT), "EVERY_KEY must name every key");
    let whole = read(EVERY_KEY).unwrap();
    for (at, key) in EVERY_KEY.lines().enumerate().filter(|(_, line)| is_key(line)) {
        let without: Vec<&str> =
            EVERY_KEY.lines().enumerate().filter(|(n, _)| *n != at).map(|(_, line)| line).collect();
        // Some are needed by others, so that leaving them out is an error; that is noticed as well.
        assert_ne!(read(&without.join("\n")).as_ref(), Ok(&whole), "nothing depends on {key}");
    }
}

#[test]
fn no_value_whatever_makes_it_panic() {
    let values = [
        "''",
        "' '",
        "'é:é'",
        "'0s'",
        "'99999999999999999999d'",
        "'newest 99999999999'",
        "'http://'",
        "'@'",
        "0",
        "-1",
        "9223372036854775807",
        "0xffffffffffffffffff",
        "nan",
        "true",
        "2026-11-21",
        "[]",
        "[[]]",
        "['']",
        "[{}]",
        "{}",
        "{ a = 1 }",
    ];
    for (at, key) in EVERY_KEY.lines().enumerate().filter_map(|(at, line)| Some((at, line.split_once(" = ")?.0))) {
        for value in values {
            let line = format!("{key} = {value}");
            let lines = EVERY_KEY.lines().enumerate().map(|(n, old)| if n == at { line.as_str() } else { old });
            if let Err(error) = read(&lines.collect::<Vec<_>>().join("\n")) {
                assert!(!error.problems().is_empty(), "{line}");
            }
        }
    }
}

#[test]
fn the_example_is_a_setup_that_works() {
    let config = read(config::EXAMPLE).unwrap();
    assert_eq!(config.source.len(), 1);
    assert_eq!(config.source[0].poster, "Acme Studio");
    assert_eq!(config.source[0].from, SourceFrom::Feed { url: "https://acme.example/gigs/feed.xml".into() });
    assert_eq!(config.source[0].first_look, FirstLook::Newest(1));
    assert_eq!(config.source[0].poll_every, Duration::from_hours(1));
}

#[test]
fn the_demo_is_quick_and_takes_more_on_top() {
    let run = "[[source]]\nname = 'demo'\nurl = 'http://127.0.0.1:1/gigs.xml'\nposter = 'Acme'\n\
               [server]\nlisten = '127.0.0.1:0'";
    let files = [ConfigFile { name: "demo.toml", text: config::DEMO }, ConfigFile { name: "run", text: run }];
    let config = Config::parse(&files, []).unwrap();
    assert_eq!(config.pace.gap, Duration::ZERO);
    assert_eq!(config.source[0].first_look, FirstLook::All);
    assert!(config.source[0].poll_every < Duration::from_secs(5));
    assert_eq!(config.server.listen.port(), 0);
}

#[test]
fn the_environment_wins_over_the_file_and_a_later_file_over_an_earlier() {
    let files = [
        ConfigFile { name: "a.toml", text: "[pace]\nposts_per_day = 1\ngap = '1m'\nzone = 'Asia/Tokyo'" },
        ConfigFile { name: "b.toml", text: "[pace]\nposts_per_day = 2\ngap = '2m'" },
    ];
    let env = [("GIGCAST__PACE__POSTS_PER_DAY".to_owned(), "3".to_owned()), ("HOME".to_owned(), "/root".to_owned())];
    let pace = Config::parse(&files, env).unwrap().pace;
    assert_eq!((pace.posts_per_day, pace.gap), (3, Duration::from_mins(2)));
    assert_eq!(pace.zone, "Asia/Tokyo");
}

#[test]
fn a_text_in_the_environment_needs_no_quotes_and_may_have_them() {
    for (name, value) in [("GIGCAST__STORE__DATA_DIR", "2026"), ("GIGCAST__STORE__DATA_DIR", "\"2026\"")] {
        assert_eq!(read_with("", &[(name, value)]).unwrap().store.data_dir, Path::new("2026"));
    }
    let list = [("GIGCAST__OUTBOX__BACKOFF", "['1s', '2s']")];
    assert_eq!(read_with("", &list).unwrap().outbox.backoff, [Duration::from_secs(1), Duration::from_secs(2)]);
}

#[test]
fn a_post_is_read_less_the_older_it_is_and_at_last_no_more() {
    let backfeed = read("").unwrap().backfeed;
    assert_eq!(backfeed.every(Duration::ZERO), Some(Duration::from_mins(5)));
    assert_eq!(backfeed.every(Duration::from_hours(1)), Some(Duration::from_mins(30)));
    assert_eq!(backfeed.every(Duration::from_hours(30 * 24)), None);
}

#[test]
fn every_problem_of_a_file_is_told_at_once_in_its_order() {
    insta::assert_snapshot!(told(&[
        "publc_url = 'https://a.example'\n[server]\nlisten = 'localhost'\npublc_url = 'x'\n[wyre]\nx = 1\n[pace]\ngap = 10\n",
    ]));
}

#[test]
fn an_unknown_key_is_told_with_what_may_be_meant() {
    insta::assert_snapshot!(told(&[
        "serber = 1",
        "[server]\n\n\npublc_url = 'https://a.example'",
        "data_dir = 'x'\n[server]\ncontact = 'x@y'",
        "[log]\nzzz = 1",
        "[[source]]\nname = 'a'\nulr = 'https://a.example'",
        "[backfeed]\nages = [{ youngr_than = '1h', every = '1m' }]",
        "[store]\nfile = 'x'",
        "[template.source]\nkind = 'folder'",
    ]));
}

#[test]
fn an_unknown_variable_is_told_by_its_whole_name() {
    let env = [("GIGCAST__SERVER__PUBLC_URL", "https://a.example"), ("GIGCAST__STORE__CACHE_MIB", "lots")];
    insta::assert_snapshot!(read_with("", &env).unwrap_err());
}

#[test]
fn a_value_of_the_wrong_kind_is_told_with_the_right_one() {
    insta::assert_snapshot!(told(&[
        "[store]\ncache_mib = '64 MiB'\nfree_floor_mib = 1.5\ndata_dir = 5",
        "[wire]\ntrusted_origins = 'http://a:1'\n[outbox]\nbackoff = ['1s', 2]\nlook_after = 2026-11-21",
        "server = true\n[source]\nname = 'a'",
    ]));
}

#[test]
fn a_value_that_cannot_be_meant_is_told_with_what_may_stand_there() {
    insta::assert_snapshot!(told(&[
        "[wire]\ntotal_timeout = '30'\nconnect_timeout = '0s'",
        "[pace]\nzone = 'Europe/Berln'",
        "[server]\npublic_url = 'https://bo:word@a.example/'\n[wire]\ntrusted_origins = ['http://a.example/x']",
        "[log]\nformat = 'xml'\nlevel = 'loud'\n[sources]\nfirst_look = 'some'",
        "[pace]\nposts_per_day = 0\n[store]\ncache_mib = -1",
        "[wire]\ncontact = \"me\\nX-Evil: 1\"",
        "[outbox]\nbackoff = []\n[backfeed]\nages = []",
        "[trust]\ndamping = 1.5\nsteps = 0\nfloor = 0\nprune = nan\ncaution = inf\nhelp = -0.1",
        "[trust]\nvouch_half_life = '0s'\nsibling = 0.0\nroots = ['']\ninstances = ['https://gigs.example']\nhired = 'much'",
    ]));
}

#[test]
fn keys_that_do_not_go_together_are_told_with_each_other() {
    insta::assert_snapshot!(told(&[
        "[pace]\nquiet_from = '22:00'",
        "[pace]\nquiet_until = '07:00'",
        "[pace]\nquiet_from = '22:00'\nquiet_until = '22:00'",
        "[pace]\nquiet_from = '22:00'\nquiet_until = '07:00'\nwindows = ['daily 09:00-17:00', 'sat 23:00-06:00']",
        "[sources]\npoll_every = '1m'",
        "[sources]\npoll_ceiling = '5m'",
        "[wire]\ntotal_timeout = '20m'",
        "[wire]\nconnect_timeout = '31s'",
        "[outbox]\nmax_in_flight = 4",
        "[server]\nadmin_listen = '127.0.0.1:8420'",
        "[backfeed]\nages = [{ younger_than = '1d', every = '1h' }, { younger_than = '1h', every = '1m' }]",
    ]));
}

#[test]
fn a_source_says_where_and_whose() {
    let source = "[[source]]\nname = 'Board'\nposter = 'b'\nurl = 'https://a.example'\n";
    insta::assert_snapshot!(told(&[
        "[[source]]",
        "[[source]]\nname = 'a'\nposter = 'b'",
        "[[source]]\nname = 'a'\nposter = 'b'\nkind = 'folder'",
        "[[source]]\nname = 'a'\nposter = 'b'\nkind = 'page'",
        "[[source]]\nname = 'a'\nposter = 'b'\nkind = 'page'\nurl = 'https://a.example'\npath = 'x'",
        "[[source]]\nname = 'a'\nposter = 'b'\nurl = 'https://a.example'\npath = 'x'",
        "[[source]]\nname = 'a'\nposter = 'b'\nurl = 'https://a.example'\npoll_every = '1m'",
        &format!("{source}{}", source.replace("Board", "board")),
        "[[source]]\nname = 'a'\nposter = 'b'\nkind = 'board'\nurl = 'https://a.example'",
        "[[source]]\nname = 'a'\nposter = 'b'\nkind = 'api'\nurl = 'https://a.example'\npaging = 'next'",
        "[[source]]\nname = 'a'\nposter = 'b'\nkind = 'api'\nurl = 'https://a.example'\npaging = 'all'\nnext = 'x'\n\
         employment = ['gigs']\nauth_env = 'hunter2'\nauth_header = 'A B'\npaging_parameter = 'a&b'",
        "[[source]]\nname = 'a'\nposter = 'b'\nkind = 'api'\nurl = 'https://a.example'\n[source.fields]\ntitel = 'x'",
        "[[source]]\nname = 'a'\nposter = 'b'\nurl = 'https://a.example'\nrights = 'mine'\nauth_env = 'TOKEN'\n[source.fields]\nid = 'x'",
    ]));
}

#[test]
fn what_is_no_toml_is_told_with_line_and_column() {
    insta::assert_snapshot!(told(&[
        "[server]\nlisten = 127.0.0.1:80",
        "[pace]\nzone = Europe/Berlin\ngap = 10m",
        "[server]\nlisten = '127.0.0.1:80'\nlisten = '127.0.0.1:81'\n",
    ]));
}

#[test]
fn the_reference_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFIG.md");
    let made = config::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "docs/CONFIG.md is not what config/default.toml says: run UPDATE_DOCS=1 cargo test config");
}
