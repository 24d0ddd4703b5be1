//! Known documents, and what becomes of them when one thing about them is changed.

use super::instance::document_of;
use super::jcs::{Json, Object, canonical, parse};
use super::key::{base58, from_base58, tests::known_key};
use super::vouch::MOST_BYTES;
use super::*;
use crate::clock::Timestamp;
use crate::credential::jcs::JsonError;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::time::Duration;

const VOUCH: &str = include_str!("../../tests/fixtures/credential/vouch.json");
const VOUCH_PROOF: &str = "z43TRbsBRESTy9TjaZaaVF9fmrgGMbMfdozkqUL5oS3vNjZ7AQzW3AP8jSEzcrAnasJW9ZzPF3ennUsfoHHejH3Vh";

/// A file of the W3C's test vector.
macro_rules! w3c {
    ($name:literal) => {
        include_str!(concat!("../../tests/fixtures/credential/w3c/", $name)).trim_end()
    };
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T00:00:00Z")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|n| char::from_digit(n.into(), 16)).collect()
}

/// Under the id of the known document.
fn known(vouch: Vouch) -> Credential {
    Credential { id: "urn:uuid:7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b11".parse().unwrap(), vouch }
}

/// The vouch of the known document.
fn known_vouch() -> Vouch {
    Vouch {
        issuer: Did::Key(known_key().public()),
        subject: "did:web:alice.example".parse().unwrap(),
        category: "design/illustration".to_owned(),
        level: Level::WouldHireAgain,
        basis: Basis::Hired,
        valid_from: at("2026-01-15T00:00:00Z"),
        valid_until: at("2028-01-15T00:00:00Z"),
        seen: None,
    }
}

fn taken(document: &str) -> Result<Credential, Refused> {
    Presented::read(document.as_bytes())?.verify(None, now())
}

fn known_object() -> Object {
    match parse(VOUCH.as_bytes()).unwrap() {
        Json::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

/// What stands at a path such as `credentialSubject.vouch.level`.
fn member<'a>(object: &'a mut Object, path: &str) -> (&'a mut Object, String) {
    let (mut object, mut rest) = (object, path);
    while let Some((first, more)) = rest.split_once('.') {
        let Some(Json::Object(inner)) = object.get_mut(first) else { panic!("no object at {first}") };
        (object, rest) = (inner, more);
    }
    (object, rest.to_owned())
}

/// The known document with this at that path, and its old proof.
fn with(path: &str, value: Json) -> String {
    let mut document = known_object();
    let (object, name) = member(&mut document, path);
    object.insert(name, value);
    canonical(&document)
}

fn without(path: &str) -> String {
    let mut document = known_object();
    let (object, name) = member(&mut document, path);
    object.remove(&name).expect("it is there");
    canonical(&document)
}

/// The known document with this at that path, signed anew: what a clumsy or hostile issuer would send.
fn resigned(path: &str, value: Json) -> String {
    let mut document = known_object();
    let (object, name) = member(&mut document, path);
    object.insert(name, value);
    let method = known_vouch().issuer.method(&known_key().public());
    canonical(&proof::sign(document, &method, at("2026-01-15T00:00:00Z"), &known_key()))
}

#[test]
fn the_known_vouch_is_signed_byte_for_byte_and_taken() {
    let signed = known(known_vouch()).sign(&known_key(), at("2026-01-15T00:00:00Z")).unwrap();
    assert_eq!(signed, canonical(&known_object()));
    assert!(signed.contains(VOUCH_PROOF));
    assert_eq!(taken(VOUCH), Ok(known(known_vouch())));
    assert_eq!(taken(&signed), Ok(known(known_vouch())), "blanks and the order of keys do not matter");
}

#[test]
fn the_known_vouch_has_the_known_form() {
    let mut document = known_object();
    document.remove("proof");
    assert_eq!(
        hex(&Sha256::digest(canonical(&document))),
        "9d8380942835bb0633650ef306b4fbdf05bc2c0bc06b4ab257e7ee8b08984583"
    );
}

/// The seed of the W3C's key: a multikey of a secret one (0x1300).
fn w3c_key() -> SigningKey {
    let pair: serde_json::Value = serde_json::from_str(w3c!("keyPair.json")).unwrap();
    let bytes: [u8; 34] = from_base58(pair["privateKeyMultibase"].as_str().unwrap()).unwrap();
    let key = SigningKey::from_seed(&bytes[2..].try_into().unwrap()).0;
    assert_eq!(key.public().multikey(), pair["publicKeyMultibase"].as_str().unwrap());
    key
}

fn w3c_object(text: &str) -> Object {
    match parse(text.as_bytes()).unwrap() {
        Json::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_vector_of_the_w3c_comes_out_byte_for_byte() {
    let document = w3c_object(w3c!("canonDocJCS.txt"));
    assert_eq!(canonical(&document), w3c!("canonDocJCS.txt"));
    let key = w3c_key();
    let method = Did::Key(key.public()).method(&key.public());
    let mut signed = proof::sign(document.clone(), &method, at("2023-02-24T23:36:38Z"), &key);
    let Some(Json::Object(mut options)) = signed.remove("proof") else { panic!("no proof") };
    assert_eq!(options.remove("proofValue"), Some(Json::text(w3c!("sigBTC58JCS.txt"))));
    assert_eq!(canonical(&options), w3c!("proofCanonJCS.txt"));
    let hashes = [canonical(&options), canonical(&document)].map(|form| Sha256::digest(form).to_vec()).concat();
    assert_eq!(hex(&hashes), w3c!("combinedHashJCS.txt"));
}

#[test]
fn a_signed_document_of_the_w3c_is_made_and_verified() {
    let signed = w3c_object(w3c!("signedJCS.json"));
    let mut document = signed.clone();
    let proof = proof::Proof::taken_from(&mut document).unwrap();
    assert_eq!(proof.verify(&w3c_key().public()), Ok(()));
    assert_eq!(proof.verify(&known_key().public()), Err(Refused::Signature));
    assert_eq!(proof::sign(document, &proof.method, proof.created, &w3c_key()), signed);
}

#[test]
fn a_proof_that_does_not_repeat_the_contexts_is_read_as_the_w3c_once_wrote_it() {
    let mut document = w3c_object(w3c!("signedJCS-without-context.json"));
    let proof = proof::Proof::taken_from(&mut document).unwrap();
    assert_eq!(proof.verify(&w3c_key().public()), Ok(()));
}

#[test]
fn what_was_changed_after_signing_is_refused() {
    let other = SigningKey::from_seed(&[9; 32]).0.public();
    for (path, value) in [
        ("credentialSubject.vouch.level", Json::Number(2)),
        ("credentialSubject.vouch.category", Json::text("design")),
        ("credentialSubject.vouch.basis", Json::text("word")),
        ("credentialSubject.id", Json::text("did:web:mallory.example")),
        ("id", Json::text("urn:uuid:7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b12")),
        ("validFrom", Json::text("2026-01-16T00:00:00Z")),
        ("validUntil", Json::text("2029-01-15T00:00:00Z")),
        ("proof.created", Json::text("2026-01-16T00:00:00Z")),
        ("proof.proofValue", Json::text(base58(&[1; 64]))),
    ] {
        assert_eq!(taken(&with(path, value)), Err(Refused::Signature), "{path}");
    }
    let issuer = Json::text(Did::Key(other).to_string());
    assert_eq!(taken(&with("issuer", issuer.clone())), Err(Refused::Issuer), "the proof is still by the old one");
    let mut document = known_object();
    document.insert("issuer".to_owned(), issuer);
    let (proof, name) = member(&mut document, "proof.verificationMethod");
    proof.insert(name, Json::text(Did::Key(other).method(&other)));
    assert_eq!(taken(&canonical(&document)), Err(Refused::Signature), "the other never signed it");
}

#[test]
fn a_key_speaks_for_its_own_issuer_alone() {
    let mallory = SigningKey::from_seed(&[9; 32]).0;
    assert_eq!(known(known_vouch()).sign(&mallory, now()), Err(Refused::Issuer));
    // As if she had signed it all the same.
    let mut document = known_object();
    document.remove("proof");
    let issuer = known_vouch().issuer;
    for method in [
        Did::Key(mallory.public()).method(&mallory.public()),
        issuer.method(&mallory.public()),
        format!("{issuer}#"),
        mallory.public().multikey(),
    ] {
        let forged = canonical(&proof::sign(document.clone(), &method, now(), &mallory));
        assert_eq!(taken(&forged), Err(Refused::Issuer), "{method}");
    }
    let forged = canonical(&proof::sign(document, &issuer.method(&known_key().public()), now(), &mallory));
    assert_eq!(taken(&forged), Err(Refused::Signature));
}

#[test]
fn a_vouch_holds_in_its_time_alone() {
    let at_time = |now: &str| Presented::read(VOUCH.as_bytes()).unwrap().verify(None, at(now)).map(|_| ());
    let (from, until) = (known_vouch().valid_from, known_vouch().valid_until);
    assert_eq!(at_time("2026-01-14T23:00:00Z"), Err(Refused::NotYetValid { from }));
    assert_eq!(at_time("2026-01-14T23:58:00Z"), Ok(()), "clocks differ by minutes");
    assert_eq!(at_time("2028-01-15T00:00:00Z"), Ok(()));
    assert_eq!(at_time("2028-01-15T00:00:01Z"), Err(Refused::Expired { until }));
    let early = known(known_vouch()).sign(&known_key(), now().plus(Duration::from_hours(1))).unwrap();
    assert!(matches!(taken(&early), Err(Refused::NotYetValid { .. })), "signed in the future");
}

#[test]
fn nothing_may_be_added_and_nothing_left_out() {
    for path in ["extra", "credentialStatus", "credentialSubject.name", "credentialSubject.vouch.stars"] {
        let refused = Err(Refused::UnknownField(path.to_owned()));
        assert_eq!(taken(&with(path, Json::text("x"))), refused, "{path}");
        assert_eq!(taken(&resigned(path, Json::text("x"))), refused, "{path}: signed is not enough");
    }
    let expires = with("proof.expires", Json::text("2028-01-15T00:00:00Z"));
    assert_eq!(taken(&expires), Err(Refused::UnknownField("proof.expires".to_owned())));
    for path in [
        "@context",
        "id",
        "type",
        "issuer",
        "validFrom",
        "validUntil",
        "credentialSubject",
        "credentialSubject.id",
        "credentialSubject.vouch",
        "credentialSubject.vouch.type",
        "credentialSubject.vouch.category",
        "credentialSubject.vouch.level",
        "credentialSubject.vouch.basis",
        "proof",
        "proof.type",
        "proof.cryptosuite",
        "proof.created",
        "proof.proofPurpose",
        "proof.verificationMethod",
        "proof.proofValue",
    ] {
        let refused = taken(&without(path)).unwrap_err();
        let is_missing = matches!(&refused, Refused::Missing(field) if field == path);
        // Without the context of the document, that of the proof is one too many.
        assert!(is_missing || path == "@context", "{path}: {refused:?}");
    }
    assert_eq!(
        taken(&without("proof.@context")),
        Err(Refused::Signature),
        "what was signed with it does not hold without"
    );
}

#[test]
fn a_field_that_is_not_as_it_should_be_is_named() {
    let did = Json::text(known_vouch().issuer.to_string());
    for (path, value) in [
        ("id", Json::text("7b1e0f5a")),
        ("id", Json::Number(1)),
        ("issuer", Json::text("https://gigs.example")),
        ("issuer", Json::object([("id", did.clone())])),
        ("validFrom", Json::text("2026-01-15")),
        ("validUntil", Json::text("2028-01-15T00:00:00+00:00")),
        ("validUntil", Json::text("2026-01-15T00:00:00Z")),
        ("credentialSubject", Json::List(vec![])),
        ("credentialSubject.id", Json::text("alice")),
        ("credentialSubject.vouch", Json::text("good")),
        ("credentialSubject.vouch.category", Json::text("Design/Illustration")),
        ("credentialSubject.vouch.category", Json::text("a/b/c")),
        ("credentialSubject.vouch.category", Json::text("")),
        ("credentialSubject.vouch.level", Json::Number(4)),
        ("credentialSubject.vouch.level", Json::Number(0)),
        ("credentialSubject.vouch.level", Json::text("3")),
        ("credentialSubject.vouch.basis", Json::text("paid")),
    ] {
        let refused = taken(&resigned(path, value)).unwrap_err();
        assert!(matches!(&refused, Refused::Field { field, .. } if field == path), "{path}: {refused:?}");
    }
    for (path, value) in [
        ("proof", Json::List(vec![])),
        ("proof.created", Json::text("now")),
        ("proof.proofValue", Json::text("z1")),
        ("proof.proofValue", Json::text("u")),
        ("proof.proofValue", Json::Number(7)),
    ] {
        let refused = taken(&with(path, value)).unwrap_err();
        assert!(matches!(&refused, Refused::Field { field, .. } if field == path), "{path}: {refused:?}");
    }
    assert_eq!(taken(&resigned("credentialSubject.id", did)), Err(Refused::OwnWord));
}

#[test]
fn documents_and_proofs_of_other_kinds_are_refused() {
    let texts = |own: &[&str]| Json::List(own.iter().copied().map(Json::text).collect());
    for kinds in [
        texts(&["VerifiableCredential"]),
        texts(&["VouchCredential", "VerifiableCredential"]),
        texts(&["VerifiableCredential", "VouchCredential", "AlumniCredential"]),
        Json::text("VouchCredential"),
    ] {
        assert_eq!(taken(&resigned("type", kinds)), Err(Refused::Type));
    }
    assert_eq!(taken(&resigned("credentialSubject.vouch.type", Json::text("Dispute"))), Err(Refused::Type));
    let v2 = "https://www.w3.org/ns/credentials/v2";
    let vocabulary = |own: &str| Json::object([("@vocab", Json::text(own))]);
    let ours = "https://gigcast.example/ns#";
    let redefined = Json::object([("@vocab", Json::text(ours)), ("level", Json::text("https://evil.example/#no"))]);
    for contexts in [
        Json::text(v2),
        texts(&[v2]),
        texts(&[v2, ours]),
        Json::List(vec![vocabulary(ours), Json::text(v2)]),
        Json::List(vec![Json::text(v2), vocabulary("https://other.example/ns#")]),
        Json::List(vec![Json::text(v2), redefined]),
        Json::List(vec![Json::text(v2), vocabulary(ours), vocabulary(ours)]),
    ] {
        assert_eq!(taken(&resigned("@context", contexts.clone())), Err(Refused::Context("@context")));
        assert_eq!(taken(&with("proof.@context", contexts)), Err(Refused::Context("proof.@context")));
    }
    for (path, value) in [
        ("proof.type", "Ed25519Signature2020"),
        ("proof.cryptosuite", "eddsa-rdfc-2022"),
        ("proof.proofPurpose", "authentication"),
    ] {
        assert_eq!(taken(&with(path, Json::text(value))), Err(Refused::Proof), "{path}");
    }
}

#[test]
fn a_file_that_is_big_or_says_something_twice_is_refused_before_it_is_understood() {
    let big = format!("{VOUCH}{}", " ".repeat(MOST_BYTES));
    assert_eq!(taken(&big), Err(Refused::TooBig { bytes: big.len(), most: MOST_BYTES }));
    let twice = VOUCH.replacen("\"level\":3", "\"level\":1,\"level\":3", 1);
    assert_eq!(taken(&twice), Err(Refused::Json(JsonError::DuplicateKey("level".to_owned()))));
    let escaped = VOUCH.replacen("\"level\":3", "\"level\":3,\"\\u006cevel\":1", 1);
    assert_eq!(taken(&escaped), Err(Refused::Json(JsonError::DuplicateKey("level".to_owned()))));
    let float = VOUCH.replacen("\"level\":3", "\"level\":3.0", 1);
    assert!(matches!(taken(&float), Err(Refused::Json(JsonError::Outside(_)))));
    assert!(matches!(taken("[]"), Err(Refused::Field { .. })));
    assert!(matches!(taken("not JSON"), Err(Refused::Json(JsonError::Syntax { line: 1, .. }))));
}

/// What an instance says that it saw.
fn witnessed() -> Vouch {
    Vouch {
        issuer: "did:web:gigs.example".parse().unwrap(),
        subject: "https://social.example/users/alice".parse().unwrap(),
        level: Level::KnowsTheWork,
        basis: Basis::Word,
        seen: Some(Seen {
            by: "https://social.example/users/bob".parse().unwrap(),
            post: "https://social.example/@bob/114".to_owned(),
        }),
        ..known_vouch()
    }
}

#[test]
fn an_instance_says_what_it_saw_and_its_host_says_which_key_is_its_own() {
    let signed = known(witnessed()).sign(&known_key(), now()).unwrap();
    let presented = Presented::read(signed.as_bytes()).unwrap();
    let host = presented.asks_for().expect("a host's keys are asked of the host").clone();
    assert_eq!(host.document_url(), "https://gigs.example/.well-known/did.json");
    let published = |key: &SigningKey| document_of(&host, &[key.public()]);
    let verify = |document: Option<&str>| presented.clone().verify(document.map(str::as_bytes), now());
    assert_eq!(verify(Some(&published(&known_key()))), Ok(known(witnessed())));
    assert_eq!(verify(Some(&published(&SigningKey::from_seed(&[9; 32]).0))), Err(Refused::Issuer), "no key of its own");
    assert_eq!(verify(Some("{}")), Err(Refused::Document));
    assert_eq!(verify(None), Err(Refused::Issuer));
    let under_its_name = published(&SigningKey::from_seed(&[9; 32]).0).replace(
        &format!("#{}", SigningKey::from_seed(&[9; 32]).0.public().multikey()),
        &format!("#{}", known_key().public().multikey()),
    );
    assert_eq!(verify(Some(&under_its_name)), Err(Refused::Signature), "another key by the same name");
}

#[test]
fn only_an_instance_bears_witness_and_not_for_those_it_is_about() {
    let without_a_host = known(Vouch { issuer: known_vouch().issuer, ..witnessed() });
    assert_eq!(taken(&without_a_host.sign(&known_key(), now()).unwrap()), Ok(without_a_host));
    let somebody_there = Vouch { issuer: "did:web:gigs.example:people:eve".parse().unwrap(), ..witnessed() };
    let refused = known(somebody_there).sign(&known_key(), now()).unwrap_err();
    assert!(matches!(&refused, Refused::Field { field, .. } if field == "credentialSubject.vouch.by"), "{refused:?}");
    let own_word = Vouch { subject: "https://social.example/users/bob".parse().unwrap(), ..witnessed() };
    assert_eq!(known(own_word).sign(&known_key(), now()), Err(Refused::OwnWord));
    let unsafe_post = Seen { post: "javascript:alert(1)".to_owned(), ..witnessed().seen.unwrap() };
    let refused = known(Vouch { seen: Some(unsafe_post), ..witnessed() }).sign(&known_key(), now()).unwrap_err();
    assert!(matches!(&refused, Refused::Field { field, .. } if field == "credentialSubject.vouch.post"), "{refused:?}");
    let half = resigned("credentialSubject.vouch.by", Json::text("did:web:bob.example"));
    assert_eq!(taken(&half), Err(Refused::Missing("credentialSubject.vouch.post".to_owned())));
    let other_half = resigned("credentialSubject.vouch.post", Json::text("https://social.example/1"));
    assert_eq!(taken(&other_half), Err(Refused::UnknownField("credentialSubject.vouch.post".to_owned())));
}

#[test]
fn what_would_be_refused_is_not_signed() {
    for wrong in [
        Vouch { category: "Design".to_owned(), ..known_vouch() },
        Vouch { valid_until: known_vouch().valid_from, ..known_vouch() },
        Vouch { subject: known_vouch().issuer.to_string().parse().unwrap(), ..known_vouch() },
    ] {
        assert!(known(wrong.clone()).sign(&known_key(), now()).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_same_vouch_has_the_same_id_whenever_it_is_exported() {
    let id = |vouch: Vouch| vouch.into_credential().id;
    assert_eq!(id(known_vouch()), id(Vouch { valid_until: now(), ..known_vouch() }));
    for other in [
        Vouch { level: Level::WorkedWith, ..known_vouch() },
        Vouch { basis: Basis::Word, ..known_vouch() },
        Vouch { category: "design".to_owned(), ..known_vouch() },
        Vouch { valid_from: now(), ..known_vouch() },
        witnessed(),
        Vouch { seen: None, ..witnessed() },
    ] {
        assert_ne!(id(known_vouch()), id(other));
    }
}

#[test]
fn a_refusal_says_what_is_wrong_and_nothing_that_acts_on_a_terminal() {
    let name = format!("\u{1b}[31m\u{202e}{}", "x".repeat(500));
    let mut document = known_object();
    document.insert(name, Json::text("x"));
    let said = taken(&canonical(&document)).unwrap_err().to_string();
    assert!(said.len() < 200 && !said.contains(['\u{1b}', '\u{202e}']), "{said}");
    assert_eq!(
        taken(&with("credentialSubject.vouch.stars", Json::Number(5))).unwrap_err().to_string(),
        "`credentialSubject.vouch.stars` is no field of a vouch: nothing may be added to it"
    );
}

fn any_vouch() -> impl Strategy<Value = Vouch> {
    let level = prop_oneof![Just(Level::KnowsTheWork), Just(Level::WorkedWith), Just(Level::WouldHireAgain)];
    let basis = prop_oneof![Just(Basis::Hired), Just(Basis::Worked), Just(Basis::Word)];
    ("[a-z-]{1,20}(/[a-z0-9-]{1,20})?", "[a-z]{1,20}", level, basis, 0..100_000_u64, 1..100_000_u64).prop_map(
        |(category, name, level, basis, from, lives)| {
            let valid_from = Timestamp::EPOCH.plus(Duration::from_hours(from));
            Vouch {
                category,
                subject: format!("https://social.example/users/{name}").parse().unwrap(),
                level,
                basis,
                valid_from,
                valid_until: valid_from.plus(Duration::from_hours(lives)),
                ..known_vouch()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_vouch_that_is_signed_is_taken_as_it_was(vouch in any_vouch()) {
        let (from, credential) = (vouch.valid_from, vouch.into_credential());
        let signed = credential.sign(&known_key(), from).unwrap();
        let taken = Presented::read(signed.as_bytes()).unwrap().verify(None, from);
        prop_assert_eq!(taken, Ok(credential));
    }

    #[test]
    fn no_byte_can_be_changed_unseen(place in 0..VOUCH.len(), byte in any::<u8>()) {
        let mut bytes = VOUCH.as_bytes().to_vec();
        bytes[place] = byte;
        if let Ok(taken) = Presented::read(&bytes).and_then(|presented| presented.verify(None, now())) {
            prop_assert_eq!(taken, known(known_vouch()), "at most a blank was changed for another");
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Presented::read(&bytes).is_err());
    }

    #[test]
    fn no_json_makes_it_panic(start in 0..VOUCH.len(), length in 0..400_usize, more in "[\\[\\]{}\":,a-z0-9]{0,20}") {
        if VOUCH.is_char_boundary(start) {
            let end = (start + length).min(VOUCH.len());
            let _ = taken(&format!("{}{more}{}", &VOUCH[..start], &VOUCH[end..]));
        }
    }
}
