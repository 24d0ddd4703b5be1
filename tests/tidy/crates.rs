//! What comes in with our dependencies: licences we can pass on, no crate that we decided against, nothing twice without a reason.
//!
//! All of it is read from `cargo metadata`: every crate of the lock file, of every platform, those for tests included.

use super::{assert_none, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

struct Crate {
    name: String,
    version: String,
    /// An SPDX expression; old crates write `/` for `OR`.
    license: Option<String>,
    source: Option<String>,
    /// The crates that ask for it.
    used_by: BTreeSet<String>,
}

/// Licences that we may pass on as a binary, and what they ask of us where that is more than the notice.
const ALLOWED: [(&str, &str); 8] = [
    ("MIT", "our own"),
    ("Apache-2.0", "our own"),
    ("BSD-3-Clause", "as MIT, and nobody's name for praise"),
    ("ISC", "as MIT"),
    ("0BSD", "as MIT, without the notice"),
    ("Zlib", "as MIT, without the notice in binaries"),
    ("Unicode-3.0", "as MIT, for the tables of Unicode"),
    ("CDLA-Permissive-2.0", "for data: the list of root certificates"),
];

/// Crates that must not come in, whoever brings them, each with the reason and what stands in its place.
const BANNED: [(&str, &str); 14] = [
    ("openssl", "a C library in a static binary: TLS is rustls"),
    ("openssl-sys", "a C library in a static binary: TLS is rustls"),
    ("native-tls", "TLS that differs from system to system: it is rustls"),
    ("aws-lc-rs", "needs a C compiler and cmake to build: rustls runs on ring"),
    ("aws-lc-sys", "needs a C compiler and cmake to build: rustls runs on ring"),
    ("reqwest-middleware", "a retry below the outbox breaks `one gig, one account, one post`"),
    ("reqwest-retry", "a retry below the outbox breaks `one gig, one account, one post`"),
    ("libsqlite3-sys", "a C library: the embedded store is sled, behind a port"),
    ("figment", "defaults stand in config/default.toml (decision 3)"),
    ("config", "defaults stand in config/default.toml (decision 3)"),
    ("time", "calendars are jiff"),
    ("atomic-polyfill", "unmaintained: postcard comes without heapless"),
    ("async-std", "unmaintained: the runtime is tokio"),
    ("rustls-pemfile", "unmaintained: rustls reads PEM itself"),
];

/// Crates that only the named ones may bring; we ourselves use something else.
const ONLY_THROUGH: [(&str, &[&str], &str); 3] = [
    ("chrono", &["feed-rs", "oauth2"], "calendars are jiff"),
    ("fxhash", &["sled"], "unmaintained, but sled 0.34 will not change any more"),
    ("instant", &["parking_lot", "parking_lot_core"], "unmaintained, but sled 0.34 will not change any more"),
];

/// Crates that stand in the lock file twice, and who keeps the second one there. It goes from here when it goes from there.
const TWICE: [(&str, &str); 22] = [
    ("parking_lot", "the older through sled"),
    ("parking_lot_core", "the older through sled"),
    ("redox_syscall", "the older through sled; built on Redox alone"),
    ("bitflags", "the older through sled; built on Redox alone"),
    ("embedded-io", "both through postcard; neither is built"),
    ("getrandom", "the older through ring and oauth2"),
    ("rand", "the older through oauth2"),
    ("rand_core", "the older through oauth2 and p256"),
    ("base64", "the older through oauth2"),
    ("thiserror", "the older through oauth2"),
    ("thiserror-impl", "the older through oauth2"),
    ("sha2", "the older through oauth2 and p256"),
    ("digest", "the older through oauth2 and p256"),
    ("block-buffer", "the older through oauth2 and p256"),
    ("crypto-common", "the older through oauth2 and p256"),
    ("cpufeatures", "the older through oauth2 and p256"),
    ("const-oid", "the older through p256"),
    ("windows-sys", "the older through ring; built on Windows alone"),
    ("hashbrown", "the older through governor, the oldest through petgraph for one benchmark"),
    ("foldhash", "the older through petgraph for one benchmark"),
    ("syn", "macros change over one by one; built, never shipped"),
    ("tower-http", "the older through reqwest"),
];

/// Where crates come from: nothing from a branch of somebody's, nothing from a mirror that others cannot reach.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn crates_of(metadata: &Value) -> Vec<Crate> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let packages = metadata["packages"].as_array().expect("packages");
    let names: BTreeMap<&str, &str> = packages
        .iter()
        .map(|package| (package["id"].as_str().expect("an id"), package["name"].as_str().expect("a name")))
        .collect();
    let mut used_by: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().expect("nodes") {
        let user = names[node["id"].as_str().expect("an id")];
        for used in node["deps"].as_array().expect("deps") {
            used_by.entry(used["pkg"].as_str().expect("an id")).or_default().insert(user.to_owned());
        }
    }
    packages
        .iter()
        .map(|package| Crate {
            name: text(&package["name"]).expect("a name"),
            version: text(&package["version"]).expect("a version"),
            license: text(&package["license"]),
            source: text(&package["source"]),
            used_by: package["id"].as_str().and_then(|id| used_by.remove(id)).unwrap_or_default(),
        })
        .collect()
}

/// Asks cargo; goes to the registry only for what was never fetched, as for crates of other platforms.
fn crates() -> Vec<Crate> {
    let ask = |more: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["metadata", "--format-version", "1", "--locked"]).args(more).current_dir(root());
        cargo.output().expect("cargo runs")
    };
    let mut told = ask(&["--offline"]);
    if !told.status.success() {
        told = ask(&[]);
    }
    assert!(told.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&told.stderr));
    crates_of(&serde_json::from_slice(&told.stdout).expect("metadata is JSON"))
}

/// Whether what is allowed satisfies an SPDX expression. `AND` binds closer than `OR`.
fn satisfied(expression: &str, allowed: &[&str]) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let answer = either(&mut words, allowed)?;
    match words.next() {
        None => Ok(answer),
        Some(word) => Err(format!("`{word}` is too much in `{expression}`")),
    }
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, allowed: &[&str]) -> Result<bool, String> {
    let mut answer = both(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        answer |= both(words, allowed)?;
    }
    Ok(answer)
}

fn both(words: &mut Words<'_>, allowed: &[&str]) -> Result<bool, String> {
    let mut answer = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        answer &= one(words, allowed)?;
    }
    Ok(answer)
}

/// A licence with an exception is one of its own.
fn one(words: &mut Words<'_>, allowed: &[&str]) -> Result<bool, String> {
    match words.next() {
        Some("(") => {
            let answer = either(words, allowed)?;
            words.next_if_eq(&")").map(|_| answer).ok_or_else(|| "a bracket is not closed".to_owned())
        }
        None | Some(")" | "OR" | "AND" | "WITH") => Err("a licence is missing".to_owned()),
        Some(licence) => {
            let named = match words.next_if_eq(&"WITH") {
                Some(_) => format!("{licence} WITH {}", words.next().ok_or("an exception is missing")?),
                None => licence.to_owned(),
            };
            Ok(allowed.contains(&named.as_str()))
        }
    }
}

fn licences_we_cannot_pass_on(crates: &[Crate], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for Crate { name, version, license, .. } in crates {
        let Some(license) = license else {
            found.push(format!("{name} {version} names no licence"));
            continue;
        };
        match satisfied(license, allowed) {
            Ok(true) => {}
            Ok(false) => found.push(format!("{name} {version} comes under `{license}`, which is not allowed here")),
            Err(why) => found.push(format!("the licence of {name} {version} cannot be read: {why}")),
        }
    }
    found
}

fn banned(crates: &[Crate]) -> Vec<String> {
    let mut found = Vec::new();
    for Crate { name, used_by, .. } in crates {
        let users = used_by.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        if let Some((_, why)) = BANNED.iter().find(|(banned, _)| banned == name) {
            found.push(format!("{name} comes in through {users}: {why}"));
        }
        if let Some((_, through, why)) = ONLY_THROUGH.iter().find(|(only, ..)| only == name)
            && !used_by.iter().all(|user| through.contains(&user.as_str()))
        {
            found.push(format!("{name} may come only through {}, not {users}: {why}", through.join(", ")));
        }
    }
    found
}

fn twice_without_a_reason(crates: &[Crate], known: &[(&str, &str)]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for Crate { name, version, used_by, .. } in crates {
        let users = used_by.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        versions.entry(name).or_default().push(format!("{version} (through {users})"));
    }
    versions.retain(|_, versions| versions.len() > 1);
    let new = versions.iter().filter(|(name, _)| !known.iter().any(|(twice, _)| twice == *name));
    let gone = known.iter().filter(|(name, _)| !versions.contains_key(name));
    new.map(|(name, versions)| format!("{name} comes in more than once: {}", versions.join(", ")))
        .chain(gone.map(|(name, _)| format!("{name} comes in once only by now: take it from the list")))
        .collect()
}

fn from_elsewhere(crates: &[Crate]) -> Vec<String> {
    let others = crates.iter().filter(|one| one.name != "gigcast" && one.source.as_deref() != Some(REGISTRY));
    others.map(|one| format!("{} comes from {}", one.name, one.source.as_deref().unwrap_or("a folder"))).collect()
}

#[test]
fn every_licence_can_be_passed_on() {
    let crates = crates();
    let allowed = ALLOWED.map(|(licence, _)| licence);
    assert_none(&licences_we_cannot_pass_on(&crates, &allowed));
    for licence in allowed {
        let without: Vec<&str> = allowed.into_iter().filter(|other| *other != licence).collect();
        assert!(
            !licences_we_cannot_pass_on(&crates, &without).is_empty(),
            "no crate needs {licence}: take it from the list"
        );
    }
}

#[test]
fn no_crate_that_was_decided_against_comes_in() {
    let crates = crates();
    assert_none(&banned(&crates));
    assert_none(&from_elsewhere(&crates));
}

#[test]
fn no_crate_comes_in_twice_without_a_reason() {
    assert_none(&twice_without_a_reason(&crates(), &TWICE));
}

mod can_fail {
    use super::*;

    fn one(name: &str, version: &str, license: Option<&str>, used_by: &[&str]) -> Crate {
        Crate {
            name: name.to_owned(),
            version: version.to_owned(),
            license: license.map(str::to_owned),
            source: Some(REGISTRY.to_owned()),
            used_by: used_by.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn an_expression_means_what_spdx_says() {
        let allowed = ["MIT", "ISC"];
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-2.0/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT AND ISC", true),
            ("MIT OR GPL-3.0-only AND BSD-3-Clause", true),
            ("(MIT OR GPL-3.0-only) AND BSD-3-Clause", false),
            ("MIT WITH LLVM-exception", false),
        ] {
            assert_eq!(satisfied(expression, &allowed), Ok(expected), "{expression}");
        }
        for unreadable in ["", "MIT OR", "(MIT", "MIT ISC", "AND MIT", "MIT WITH"] {
            assert!(satisfied(unreadable, &allowed).is_err(), "{unreadable}");
        }
    }

    #[test]
    fn a_licence_that_is_not_allowed_or_not_named_is_told() {
        let crates = [
            one("a", "1.0.0", Some("AGPL-3.0-only"), &[]),
            one("b", "1.0.0", None, &[]),
            one("c", "1.0.0", Some("MIT"), &[]),
        ];
        assert_eq!(licences_we_cannot_pass_on(&crates, &["MIT"]).len(), 2);
    }

    #[test]
    fn a_banned_crate_is_told_with_who_brings_it() {
        let crates = [
            one("openssl", "0.10.0", None, &["some-client"]),
            one("chrono", "0.4.0", None, &["feed-rs", "gigcast"]),
            one("fxhash", "0.2.0", None, &["sled"]),
        ];
        let found = banned(&crates);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("some-client"), "{found:?}");
    }

    #[test]
    fn a_second_version_is_told_and_so_is_a_reason_that_is_out_of_date() {
        let crates =
            [one("syn", "2.0.0", None, &["x"]), one("syn", "3.0.0", None, &["y"]), one("rand", "0.9.0", None, &[])];
        assert_eq!(twice_without_a_reason(&crates, &[("syn", "x")]).len(), 0);
        assert_eq!(twice_without_a_reason(&crates, &[]).len(), 1);
        assert_eq!(twice_without_a_reason(&crates, &[("syn", "x"), ("rand", "z")]).len(), 1);
    }

    #[test]
    fn a_crate_from_elsewhere_is_told() {
        let mut fork = one("sled", "0.34.7", None, &[]);
        fork.source = Some("git+https://git.example/sled".to_owned());
        assert_eq!(from_elsewhere(&[fork, one("url", "2.0.0", None, &[])]).len(), 1);
    }
}
