//! What other people's verifiers make of the vouches that we sign: a vouch is portable when it holds without us.
//!
//! Each test signs with new keys, asks a program that knows nothing of gigcast, and asks it again about documents that were changed. Where it refuses,
//! we must refuse as well; the other way round we are stricter, and that is tested beside the code.

#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

use gigcast::clock::{Clock, SystemClock, Timestamp};
use gigcast::credential::{Basis, Credential, Did, Level, Presented, Seen, SigningKey, Vouch, WebDid, instance};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// One document, what hosts publish, and whether it is to be taken.
struct Question {
    name: String,
    credential: String,
    /// Address and document.
    published: (String, String),
    expected: &'static str,
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-22T00:00:00Z").unwrap()
}

fn host() -> WebDid {
    WebDid::of_host("gigs.example", None).unwrap()
}

fn new_key() -> SigningKey {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    SigningKey::from_seed(&seed).0
}

fn vouch(issuer: Did, level: Level, basis: Basis) -> Vouch {
    Vouch {
        issuer,
        subject: "https://social.example/users/alice".parse().unwrap(),
        category: "design/illustration".to_owned(),
        level,
        basis,
        valid_from: now().minus(DAY),
        valid_until: now().plus(DAY * 700),
        seen: None,
    }
}

fn persons(key: &SigningKey) -> Vouch {
    vouch(Did::Key(key.public()), Level::WouldHireAgain, Basis::Hired)
}

fn instances() -> Vouch {
    let seen = Seen {
        by: "https://social.example/users/bob".parse().unwrap(),
        post: "https://social.example/@bob/114".to_owned(),
    };
    Vouch { seen: Some(seen), ..vouch(Did::Web(host()), Level::KnowsTheWork, Basis::Word) }
}

fn signed(vouch: Vouch, key: &SigningKey) -> (Credential, String) {
    let credential = vouch.into_credential();
    let document = credential.sign(key, now()).unwrap();
    (credential, document)
}

/// The document with one value put in the place of another.
fn changed(document: &str, path: &str, value: Value) -> String {
    let mut changed: Value = serde_json::from_str(document).unwrap();
    *changed.pointer_mut(path).expect("something stands there") = value;
    changed.to_string()
}

fn questions() -> Vec<Question> {
    let (key, other) = (new_key(), new_key());
    let published_by = |key: &SigningKey| (host().document_url(), instance::document_of(&host(), &[key.public()]));
    let ask = |name: &str, expected, credential: String| Question {
        name: name.to_owned(),
        credential,
        published: published_by(&key),
        expected,
    };
    let mut all = Vec::new();
    for level in [Level::KnowsTheWork, Level::WorkedWith, Level::WouldHireAgain] {
        for basis in [Basis::Hired, Basis::Worked, Basis::Word] {
            let key = new_key();
            let (_, document) = signed(vouch(Did::Key(key.public()), level, basis), &key);
            all.push(ask(&format!("a person's vouch, {level:?}, {basis:?}"), "accepted", document));
        }
    }
    let (_, own) = signed(persons(&key), &key);
    all.push(ask("blanks between", "accepted", own.replace(',', " ,\n\t")));
    let (_, seen) = signed(instances(), &key);
    all.push(ask("an instance's vouch", "accepted", seen.clone()));
    let other_did = Did::Key(other.public());
    for (name, path, value) in [
        ("another level", "/credentialSubject/vouch/level", json!(2)),
        ("another category", "/credentialSubject/vouch/category", json!("design")),
        ("another basis", "/credentialSubject/vouch/basis", json!("word")),
        ("another subject", "/credentialSubject/id", json!("did:web:mallory.example")),
        ("another issuer", "/issuer", json!(other_did.to_string())),
        ("another beginning", "/validFrom", json!("2026-01-01T00:00:00Z")),
        ("another end", "/validUntil", json!("2099-01-01T00:00:00Z")),
        ("another id", "/id", json!("urn:uuid:7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b11")),
        ("another key named", "/proof/verificationMethod", json!(other_did.method(&other.public()))),
        ("another time of signing", "/proof/created", json!("2026-01-01T00:00:00Z")),
    ] {
        all.push(ask(name, "refused", changed(&own, path, value)));
    }
    let (_, others) = signed(persons(&other), &other);
    let signature = serde_json::from_str::<Value>(&others).unwrap()["proof"]["proofValue"].clone();
    all.push(ask("another's signature", "refused", changed(&own, "/proof/proofValue", signature)));
    let ended = Vouch { valid_from: now().minus(DAY * 9), valid_until: now().minus(DAY * 2), ..persons(&key) };
    all.push(ask("past its validity", "refused", signed(ended, &key).1));
    let to_come = Vouch { valid_from: now().plus(DAY * 2), ..persons(&key) };
    all.push(ask("not yet valid", "refused", signed(to_come, &key).1));
    let by_its_side = Question { published: published_by(&other), ..ask("a key that its host lacks", "refused", seen) };
    all.push(by_its_side);
    all
}

/// What we make of it ourselves.
fn our_verdict(question: &Question, now: Timestamp) -> &'static str {
    let (address, document) = &question.published;
    let taken = Presented::read(question.credential.as_bytes()).and_then(|presented| {
        let asked = presented.asks_for().map(WebDid::document_url);
        let published = asked.map(|asked| {
            assert_eq!(asked, *address);
            document.as_bytes()
        });
        presented.verify(published, now)
    });
    if taken.is_ok() { "accepted" } else { "refused" }
}

fn installed(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder in the target folder");
    let home = target.join("peers").join(name);
    assert!(home.join(".made-from").exists(), "{name} is not there: tests/peers/install {name}");
    home
}

/// Asks all questions at once; the program ends with its input.
fn ask(mut verifier: Command, questions: &[Question], now: Timestamp) -> Vec<Value> {
    let mut child = verifier.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = questions
        .iter()
        .map(|question| {
            let (address, document) = &question.published;
            let published = json!({ address.as_str(): document });
            json!({ "credential": question.credential, "published": published, "now": now.to_jiff().to_string() })
        })
        .map(|line| format!("{line}\n"))
        .collect::<Vec<_>>()
        .concat();
    // In a thread, since it answers before it has read all.
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let said = child.wait_with_output().unwrap();
    let wrong = String::from_utf8_lossy(&said.stderr);
    writing.join().unwrap().unwrap_or_else(|error| panic!("it did not listen: {error}\n{wrong}"));
    assert!(said.status.success(), "{wrong}");
    let answers = String::from_utf8(said.stdout).unwrap();
    answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn openvc() -> Command {
    let mut python = Command::new(installed("openvc").join("bin/python"));
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/openvc/verify.py"));
    python
}

fn digitalbazaar() -> Command {
    let mut node = Command::new("node");
    node.args(["--preserve-symlinks-main", "verify.mjs"]).current_dir(installed("digitalbazaar-vc"));
    node
}

fn agrees_on(verifier: Command, questions: &[Question], now: Timestamp) {
    let answers = ask(verifier, questions, now);
    assert_eq!(answers.len(), questions.len());
    for (question, answer) in questions.iter().zip(&answers) {
        println!("{}: {} {}", question.name, answer["verdict"], answer["why"]);
        let document = &question.credential;
        assert_eq!(answer["verdict"], question.expected, "{}: {}\n{document}", question.name, answer["why"]);
        assert_eq!(our_verdict(question, now), question.expected, "{}, by ourselves\n{document}", question.name);
    }
}

/// What the pages of a running gigcast give out, as it is and changed.
async fn downloads() -> Vec<Question> {
    let taken = crate::vouches::taken_along().await;
    taken_and_changed(&taken.credentials, &taken.document)
}

fn taken_and_changed(credentials: &[String], document: &str) -> Vec<Question> {
    let ask = |name: String, expected, credential: String| Question {
        name,
        credential,
        published: (host().document_url(), document.to_owned()),
        expected,
    };
    let mut all = Vec::new();
    for (at, credential) in credentials.iter().enumerate() {
        all.push(ask(format!("download {at}"), "accepted", credential.clone()));
        let raised = changed(credential, "/credentialSubject/vouch/category", json!("design/brand"));
        all.push(ask(format!("download {at}, for other work"), "refused", raised));
    }
    all
}

#[tokio::test]
#[ignore = "needs openvc: tests/run brings and asks it"]
async fn openvc_takes_what_people_download_from_the_pages() {
    agrees_on(openvc(), &downloads().await, now());
}

#[test]
#[ignore = "needs openvc: tests/run brings and asks it"]
fn openvc_takes_what_we_sign_and_refuses_what_was_changed() {
    agrees_on(openvc(), &questions(), now());
}

#[test]
#[ignore = "needs digitalbazaar-vc: tests/run brings and asks it"]
fn digitalbazaars_verifier_takes_what_we_sign_and_refuses_what_was_changed() {
    agrees_on(digitalbazaar(), &questions(), now());
}

#[tokio::test]
#[ignore = "needs openvc and digitalbazaar-vc: tests/run brings and asks them"]
async fn both_take_what_a_business_downloads_in_the_demo_of_a_vouch_that_it_gave_there() {
    let taken = crate::demo::taken_along().await;
    let (questions, now) = (taken_and_changed(&taken, ""), SystemClock::default().now());
    agrees_on(openvc(), &questions, now);
    agrees_on(digitalbazaar(), &questions, now);
}
