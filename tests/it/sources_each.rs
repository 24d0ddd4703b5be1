//! A configuration with one source of each kind: `gigcast check` explains every one of them.
#![allow(clippy::unwrap_used)] // a test that finds no fixture of its own can only stop

use crate::sources::{Scripted, fixtures, wait};
use crate::support::answers::answer;
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::check;
use gigcast::daemon::push::Reachable;
use gigcast::daemon::sources::sources;
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::ports::Response;
use gigcast::web::admin::answers::Verdict;

const ALL: &str = r#"
[server]
public_url = "https://gigs.example"

[[source]]
name = "blog"
kind = "feed"
url = "https://acme.example/feed"
poster = "Acme"

[[source]]
name = "jobs"
kind = "page"
url = "https://acme.example/jobs/1"
poster = "Acme"

[[source]]
name = "desk"
kind = "folder"
path = "FOLDER"
poster = "Acme"

[[source]]
name = "hiring"
kind = "board"
system = "greenhouse"
board = "acme"
poster = "Acme"

[[source]]
name = "list"
kind = "api"
url = "https://remoteok.com/api"
poster = "Acme"
[source.fields]
id = "id"
title = "position"
url = "url"

[[source]]
name = "till"
kind = "hook"
poster = "Acme"
scheme = "github"
secret_env = "TILL_SECRET"
items = ""
[source.fields]
id = "id"
title = "title"
url = "url"
"#;

fn fixture(kind: &str, name: &str) -> Response {
    answer(200, &[], std::fs::read(fixtures(kind).join(name)).unwrap())
}

#[test]
fn check_explains_a_source_of_each_kind() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    let text = ALL.replace("FOLDER", &folder.path().to_string_lossy());
    let config = Config::parse(&[ConfigFile { name: "gigcast.toml", text: &text }], []).unwrap();
    let env = |name: &str| (name == "TILL_SECRET").then(|| "a secret of the till, long enough".to_owned());
    let opened = sources(&config, Taxonomy::builtin(), &env).unwrap();
    let reach = Reachable::new(config.server.public_url.as_deref(), &config.wire);
    let told: Vec<(String, Verdict, String)> = opened
        .iter()
        .map(|watched| {
            let wire = Scripted::new(match watched.origin.name.as_str() {
                "blog" => vec![fixture("feed", "rss-basic.xml")],
                "jobs" => vec![fixture("page", "job.html")],
                "hiring" => vec![fixture("board", "greenhouse.json")],
                "list" => vec![fixture("api", "remoteok.json")],
                _ => Vec::new(),
            });
            let checked = wait(check::source(watched, &wire, &reach));
            (watched.origin.name.clone(), checked.verdict, checked.said)
        })
        .collect();
    insta::assert_debug_snapshot!(told);
}
