//! Who may import whom, as `src/lib.rs` states it; and what the core must never know.

use super::assert_none;
use super::code::{Source, sources, words};

/// Where a module stands: its layer, and its place in the whole order.
struct Layers(Vec<(u8, String)>);

const ADAPTERS: u8 = 5;
const CORE: u8 = 3;
/// Stands apart from the layers.
const APART: &str = "sandbox";
const APART_USES: [&str; 4] = ["base64url", "clock", "id", "secret"];
const APART_USED_BY: &str = "cli";

/// Crates that reach outside, or that would let time or chance in by a back door.
const NOT_IN_THE_CORE: [&str; 10] =
    ["tokio", "tokio_util", "reqwest", "sled", "axum", "rustix", "getrandom", "rand", "tracing", "clap"];
const NOT_IN_THE_CORE_OF_STD: [&str; 10] = [
    "fs",
    "env",
    "process",
    "thread",
    "time::SystemTime",
    "time::Instant",
    "net::TcpStream",
    "net::TcpListener",
    "net::UdpSocket",
    "net::ToSocketAddrs",
];
/// The one file of the core where real time comes in.
const CLOCK: &str = "src/clock.rs";

/// What a crate is for is said in one place, so that it can be changed in one place.
const ONLY_IN: [(&str, &[&str]); 13] = [
    ("reqwest", &["wire"]),
    ("rustls", &["wire"]),
    ("oauth2", &["wire"]),
    ("p256", &["wire"]),
    // The sandbox signs by itself, or it would not notice a fault of ours.
    ("ring", &["signature", "credential", "sandbox"]),
    ("bs58", &["credential"]),
    ("sled", &["store"]),
    ("chacha20poly1305", &["vault"]),
    ("governor", &["outbox"]),
    ("feed_rs", &["sources"]),
    ("axum", &["web", "daemon", "sandbox"]), // the daemon opens the doors, and closes them in order
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
];

/// Names of software and protocols besides the networks' own ids.
const ALSO_NETWORKS: [&str; 6] = ["atproto", "gotosocial", "pleroma", "akkoma", "pixelfed", "misskey"];
const MAY_NAME_NETWORKS: [&str; 3] = ["networks", "sandbox", "cli"];

impl Layers {
    /// Reads `1 `id secret` · 2 `profile`` out of the head of `lib.rs`.
    fn stated(lib: &str) -> Self {
        let head: String = lib.lines().map_while(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join(" ");
        let parts: Vec<&str> = head.split('`').collect();
        let mut stated = Vec::new();
        for pair in parts.windows(2).step_by(2) {
            let number = pair[0].trim_end().rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok());
            if let Some(layer) = number {
                stated.extend(pair[1].split_whitespace().map(|name| (layer, name.to_owned())));
            }
        }
        Self(stated)
    }

    fn place(&self, module: &str) -> Option<(u8, usize)> {
        self.0.iter().position(|(_, name)| name == module).map(|at| (self.0[at].0, at))
    }

    fn may_import(&self, from: &str, what: &str) -> Result<(), &'static str> {
        if from == what {
            return Ok(());
        }
        if what == APART {
            return if from == APART_USED_BY { Ok(()) } else { Err("only the command line names the sandbox") };
        }
        if from == APART {
            return if APART_USES.contains(&what) { Ok(()) } else { Err("the sandbox stands apart from gigcast") };
        }
        let Some((layer, place)) = self.place(from) else { return Err("its own module has no layer in src/lib.rs") };
        match self.place(what) {
            None => Err("that is no module with a layer in src/lib.rs"),
            Some((ADAPTERS, _)) if layer == ADAPTERS => Err("adapters never import each other"),
            Some((_, other)) if other < place => Ok(()),
            Some(_) => Err("a file imports only what stands before its own module in src/lib.rs"),
        }
    }
}

fn wrong_imports(sources: &[Source], layers: &Layers) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let Some(from) = source.module.first() else { continue };
        for (at, path) in source.paths_into_crate() {
            if let Err(why) = layers.may_import(from, &path[0]) {
                wrong.push(format!("{} imports {}: {why}", source.place(&source.code, at), path.join("::")));
            }
        }
    }
    wrong
}

fn without_a_layer(sources: &[Source], layers: &Layers) -> Vec<String> {
    let mut found: Vec<String> = sources.iter().filter_map(|source| source.module.first().cloned()).collect();
    found.dedup();
    found.retain(|module| module != APART && layers.place(module).is_none());
    found.iter().map(|module| format!("src/lib.rs says no layer for `{module}`")).collect()
}

fn networks_that_know_each_other(sources: &[Source], networks: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let ["networks", own, ..] = source.module.iter().map(String::as_str).collect::<Vec<_>>()[..] else { continue };
        for (at, path) in source.paths_into_crate() {
            if let [first, other, ..] = &path[..]
                && first == "networks"
                && other != own
                && networks.contains(other)
            {
                let place = source.place(&source.code, at);
                wrong.push(format!("{place} imports {}: what networks share stands in exchange", path.join("::")));
            }
        }
    }
    wrong
}

fn impurities(sources: &[Source], layers: &Layers) -> Vec<String> {
    let mut found = Vec::new();
    let core = sources.iter().filter(|source| {
        let layer = source.module.first().and_then(|module| layers.place(module));
        layer.is_some_and(|(layer, _)| layer <= CORE) && source.path != CLOCK
    });
    for source in core {
        for name in NOT_IN_THE_CORE {
            for at in uses_of(&source.code, name) {
                found.push(format!("{} names {name}: the core does no I/O", source.place(&source.code, at)));
            }
        }
        for (at, path) in source.paths_from("std") {
            let path = path.join("::");
            if let Some(name) = NOT_IN_THE_CORE_OF_STD.iter().find(|name| is_below(&path, name)) {
                found.push(format!("{} names std::{name}: the core does no I/O", source.place(&source.code, at)));
            }
        }
    }
    found
}

fn is_below(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Where a crate is named, and not a module of ours with the same name.
fn uses_of<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    words(code, name).filter(move |at| {
        let behind = &code[at + name.len()..];
        let before = code[..*at].trim_end_matches("::");
        let leads = before.len() == *at || !before.ends_with(super::code::is_word);
        leads && (behind.starts_with("::") || (before.trim_end().ends_with("use") && behind.starts_with([';', ' '])))
    })
}

fn crates_out_of_place(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let Some(module) = source.module.first() else { continue };
        for (name, places) in ONLY_IN.iter().filter(|(_, places)| !places.contains(&module.as_str())) {
            for at in uses_of(&source.code, name) {
                let place = source.place(&source.code, at);
                found.push(format!("{place} names {name}: only {} may", places.join(" and ")));
            }
        }
    }
    found
}

/// In code and in texts; a comment may well say where a rule comes from.
fn names_of_networks(sources: &[Source], names: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        if source.module.first().is_some_and(|module| MAY_NAME_NETWORKS.contains(&module.as_str())) {
            continue;
        }
        for view in [&source.code, &source.strings] {
            let low = view.to_ascii_lowercase();
            for name in names {
                for (at, _) in low.match_indices(name.as_str()) {
                    found.push(format!(
                        "{} names {name}: what it can do belongs in its profile",
                        source.place(view, at)
                    ));
                }
            }
        }
    }
    found
}

fn network_ids() -> Vec<String> {
    gigcast::networks::ids()
}

#[test]
fn a_file_imports_only_what_stands_before_it() {
    let sources = sources();
    let lib = sources.iter().find(|source| source.path == "src/lib.rs").expect("there is a lib.rs");
    let layers = Layers::stated(&lib.text);
    assert!(layers.place("clock").is_some_and(|(layer, _)| layer == 1), "the layers of src/lib.rs cannot be read");
    assert!(layers.place("cli").is_some_and(|(layer, _)| layer == 9), "the layers of src/lib.rs cannot be read");
    assert_none(&without_a_layer(&sources, &layers));
    assert_none(&wrong_imports(&sources, &layers));
    assert_none(&impurities(&sources, &layers));
}

#[test]
fn networks_do_not_know_each_other_and_nobody_knows_their_names() {
    let sources = sources();
    let ids = network_ids();
    assert_none(&networks_that_know_each_other(&sources, &ids));
    let names: Vec<String> = ids.into_iter().chain(ALSO_NETWORKS.map(str::to_owned)).collect();
    assert_none(&names_of_networks(&sources, &names));
}

#[test]
fn a_crate_is_used_in_its_one_place() {
    assert_none(&crates_out_of_place(&sources()));
}

mod can_fail {
    use super::super::code::tests::source;
    use super::*;

    const LIB: &str = "//! Layers:\n//! 1 `clock id secret` · 3 `plan outbox` (pure, no\n//! I/O, as 81 of `8` say) · 5 `networks wire store` ·\n//! 7 `web` · 9 `cli`.\nmod x;";

    fn wrong(path: &str, text: &str) -> usize {
        wrong_imports(&[source(path, text)], &Layers::stated(LIB)).len()
    }

    #[test]
    fn the_layers_are_read_from_the_head_of_lib() {
        let layers = Layers::stated(LIB);
        assert_eq!(layers.place("secret"), Some((1, 2)));
        assert_eq!(layers.place("outbox"), Some((3, 4)));
        assert_eq!(layers.place("cli"), Some((9, 9)));
        assert_eq!(layers.place("8"), None);
        assert_eq!(
            without_a_layer(&[source("src/queue/mod.rs", ""), source("src/sandbox/x.rs", "")], &layers).len(),
            1
        );
    }

    #[test]
    fn an_import_upwards_passes_and_any_other_is_told() {
        assert_eq!(
            wrong("src/outbox/lane.rs", "use crate::clock::Clock; use crate::outbox::Verb; use crate::plan;"),
            0
        );
        assert_eq!(wrong("src/plan/mod.rs", "use crate::outbox::Lane;"), 1, "behind it in its own layer");
        assert_eq!(wrong("src/clock.rs", "use crate::{id::Id, wire};"), 2);
        assert_eq!(wrong("src/store/mod.rs", "fn f(w: crate::wire::Client) {}"), 1, "a path in the midst of code");
        assert_eq!(wrong("src/store/sled/mod.rs", "use super::super::wire::Client;"), 1, "by way of super");
        assert_eq!(wrong("src/web/mod.rs", "use crate::elsewhere::X;"), 1);
        assert_eq!(wrong("src/clock.rs", "#[cfg(test)]\nmod tests { use crate::wire; }"), 0);
    }

    #[test]
    fn only_the_command_line_names_the_sandbox_which_knows_next_to_nothing() {
        assert_eq!(wrong("src/cli/demo.rs", "use crate::sandbox::Sandbox;"), 0);
        assert_eq!(wrong("src/web/mod.rs", "use crate::sandbox::Sandbox;"), 1);
        assert_eq!(wrong("src/sandbox/mod.rs", "use crate::{clock, id, secret};"), 0);
        assert_eq!(wrong("src/sandbox/mod.rs", "use crate::plan::plan;"), 1);
    }

    #[test]
    fn io_in_the_core_is_told_and_plain_data_is_not() {
        let layers = Layers::stated(LIB);
        let found = |path: &str, text: &str| impurities(&[source(path, text)], &layers).len();
        assert_eq!(
            found("src/plan/mod.rs", "use std::net::SocketAddr; use std::time::Duration; type Instant = u8;"),
            0
        );
        assert_eq!(found("src/plan/mod.rs", "use std::{fs, time::{Duration, Instant}};"), 2);
        assert_eq!(found("src/plan/mod.rs", "fn f() { tokio::spawn(x); std::env::var(y); }"), 2);
        assert_eq!(found("src/clock.rs", "use std::time::Instant;"), 0);
        assert_eq!(found("src/wire/mod.rs", "use std::fs;"), 0);
    }

    #[test]
    fn a_crate_used_elsewhere_is_told_and_a_module_of_that_name_is_not() {
        let found = |path: &str, text: &str| crates_out_of_place(&[source(path, text)]).len();
        assert_eq!(found("src/wire/client.rs", "use reqwest::Client;"), 0);
        assert_eq!(found("src/web/mod.rs", "use reqwest::Client; fn f() { ::sled::open(x); }"), 2);
        assert_eq!(found("src/cli/run.rs", "use crate::store::sled::SledStore; use clap::Parser;"), 0);
    }

    #[test]
    fn a_networks_name_is_told_in_code_and_text_and_not_in_a_comment() {
        let names = ["mastodon".to_owned()];
        let found = |path: &str, text: &str| names_of_networks(&[source(path, text)], &names).len();
        assert_eq!(found("src/wire/quota.rs", "// Mastodon: a calendar date\nlet x = 1;"), 0);
        assert_eq!(found("src/plan/mod.rs", "if network == \"mastodon\" { for_mastodon() }"), 2);
        assert_eq!(found("src/plan/mod.rs", "struct ForMastodon;"), 1);
        assert_eq!(found("src/networks/mod.rs", "pub mod mastodon;"), 0);
    }

    #[test]
    fn a_network_that_imports_another_is_told() {
        let ids = ["mastodon".to_owned(), "bluesky".to_owned()];
        let found =
            |text: &str| networks_that_know_each_other(&[source("src/networks/bluesky/mod.rs", text)], &ids).len();
        assert_eq!(
            found("use crate::networks::exchange::read; use super::exchange; use crate::networks::bluesky::tid;"),
            0
        );
        assert_eq!(found("use crate::networks::mastodon::html;"), 1);
        assert_eq!(found("use super::mastodon::html;"), 1);
    }
}
