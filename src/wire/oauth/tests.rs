//! The client against a server that says what each test has written down.

use super::es256::tests::{read, verified};
use super::*;
use crate::base64url;
use crate::clock::{BoxFuture, ManualClock};
use crate::oauth::{ClientAuth, IssParameter, Lifetimes};
use crate::ports::{Body, Request};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const CALLBACK: &str = "https://gigs.example/link/callback";

/// Answers in the order that was written down, and keeps what it was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Response, Failure>>>,
    asked: Mutex<Vec<Request>>,
}

impl Wire for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().expect("it was asked once more than was written down");
        Box::pin(async { answer })
    }
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Response>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().map(Ok).collect()), asked: Mutex::default() }
    }

    fn failing(failure: Failure) -> Self {
        Self { answers: Mutex::new(VecDeque::from([Err(failure)])), asked: Mutex::default() }
    }

    /// All requests so far, none of which is left unanswered.
    fn asked(&self) -> Vec<Request> {
        assert!(self.answers.lock().unwrap().is_empty(), "it was asked less than was written down");
        self.asked.lock().unwrap().clone()
    }

    fn only(&self) -> Request {
        let [request] = &self.asked()[..] else { panic!("it was asked {} times", self.asked().len()) };
        request.clone()
    }
}

fn response(status: u16, body: &Value, headers: &[(&str, &str)]) -> Response {
    Response::saying(status, &body.to_string()).under(headers)
}

fn granted(more: &Value) -> Response {
    let mut body = json!({ "access_token": "a-1", "token_type": "Bearer" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    response(200, &body, &[])
}

fn refusal(status: u16, error: &str, headers: &[(&str, &str)]) -> Response {
    response(status, &json!({ "error": error }), headers)
}

fn server() -> AuthServer {
    AuthServer {
        issuer: "https://as.example".into(),
        authorize: "https://as.example/authorize?theirs=1".into(),
        token: "https://as.example/token".into(),
        revoke: Some("https://as.example/revoke".into()),
        push: None,
        iss: IssParameter::Perhaps,
        tokens: TokenKind::Bearer,
        lifetimes: Lifetimes::default(),
        extra: vec![("prompt".into(), "consent".into())],
    }
}

fn bound_server() -> AuthServer {
    AuthServer { push: Some("https://as.example/par".into()), tokens: TokenKind::Dpop, ..server() }
}

fn client(auth: ClientAuth) -> OAuthClient {
    OAuthClient { id: "the client".into(), auth, redirects: vec!["https://other.example/".into(), CALLBACK.into()] }
}

fn authorized(server: AuthServer, dpop: Option<Secret>) -> Authorized {
    let scopes = vec!["read".into(), "write".into()];
    Authorized { server, client: client(ClientAuth::None), scopes, dpop, ends: None }
}

fn oauth() -> OAuth {
    OAuth::new(Arc::new(ManualClock::at(NOON)), Some(SigningKey::generate().0))
}

fn scopes() -> Vec<String> {
    vec!["read".into(), "write".into()]
}

fn form(request: &Request) -> BTreeMap<&str, &str> {
    let Body::Form(fields) = &request.body else { panic!("not a form: {:?}", request.body) };
    let map: BTreeMap<_, _> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(map.len(), fields.len(), "a field stands there twice");
    map
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Header and claims of the proof that a request carries, verified with the key in it.
fn proof(request: &Request) -> (Value, Value) {
    let token = header(request, "DPoP").expect("a proof");
    let jwk = read(token.split('.').next().unwrap())["jwk"].clone();
    verified(token, &jwk)
}

fn pairs(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

async fn begun(oauth: &OAuth, wire: &Script, server: &AuthServer, auth: ClientAuth) -> Started {
    oauth.start(wire, server, &client(auth), CALLBACK, &scopes(), Some("bo@as.example")).await.unwrap()
}

fn started() -> Started {
    Started {
        url: String::new(),
        state: Secret::new("s"),
        verifier: Secret::new("v".repeat(43)),
        dpop: None,
        scopes: scopes(),
    }
}

async fn exchanged(wire: &Script, auth: ClientAuth) -> Result<Tokens, Failure> {
    let code = Secret::new("the-code");
    oauth().exchange(wire, &server(), &client(auth), CALLBACK, &started(), &code).await
}

async fn renewed(wire: &Script) -> Result<Tokens, Failure> {
    oauth().refresh(wire, &authorized(server(), None), &Secret::new("r-1")).await
}

#[tokio::test]
async fn the_browser_is_sent_with_all_that_the_server_needs() {
    let (oauth, wire) = (oauth(), Script::default());
    let started = begun(&oauth, &wire, &server(), ClientAuth::None).await;
    assert!(started.url.starts_with("https://as.example/authorize?theirs=1&"), "{}", started.url);
    let challenge = base64url::encode(&Sha256::digest(started.verifier.expose()));
    let expected = [
        ("theirs", "1"),
        ("response_type", "code"),
        ("client_id", "the client"),
        ("redirect_uri", CALLBACK),
        ("scope", "read write"),
        ("state", started.state.expose()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("prompt", "consent"),
        ("login_hint", "bo@as.example"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(pairs(&started.url), expected);
    assert!(started.dpop.is_none() && wire.asked().is_empty());
    assert_eq!(base64url::decode(started.state.expose()).unwrap().len(), 32, "256 bits");
    assert_eq!(base64url::decode(started.verifier.expose()).unwrap().len(), 32, "256 bits");
    let other = begun(&oauth, &wire, &server(), ClientAuth::None).await;
    assert!(other.state != started.state && other.verifier != started.verifier);
    assert!(!format!("{started:?}").contains(started.verifier.expose()));
}

#[test]
fn the_challenge_is_made_as_the_standard_has_it() {
    // RFC 7636, appendix B.
    let verifier = PkceCodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert_eq!(challenge.method().as_str(), "S256");
}

#[tokio::test]
async fn what_is_pushed_is_not_shown_to_the_browser() {
    let (oauth, wire) =
        (oauth(), Script::new([response(201, &json!({ "request_uri": "urn:x&1", "expires_in": 60 }), &[])]));
    let started = begun(&oauth, &wire, &bound_server(), ClientAuth::None).await;
    let request = wire.only();
    assert_eq!(request.url, "https://as.example/par");
    let fields = form(&request);
    assert_eq!(fields["state"], started.state.expose());
    assert_eq!(fields["login_hint"], "bo@as.example");
    assert_eq!(fields["client_id"], "the client");
    assert_eq!(fields["redirect_uri"], CALLBACK);
    assert!(!fields.contains_key("theirs"), "it is part of the address");
    let (proof_header, claims) = proof(&request);
    assert_eq!((&claims["htm"], &claims["htu"]), (&json!("POST"), &json!("https://as.example/par")));
    let key = Es256::from_secret(started.dpop.as_ref().unwrap()).unwrap();
    assert_eq!(proof_header["jwk"], key.jwk(), "the key that goes on with the grant");
    let expected =
        [("theirs", "1"), ("client_id", "the client"), ("request_uri", "urn:x&1")].map(|(n, v)| (n.into(), v.into()));
    assert_eq!(pairs(&started.url), expected.into());
}

#[tokio::test]
async fn a_pushed_request_names_its_client_even_when_a_header_shows_it() {
    let wire = Script::new([response(201, &json!({ "request_uri": "urn:x" }), &[])]);
    begun(&oauth(), &wire, &bound_server(), ClientAuth::Basic(Secret::new("s-1"))).await;
    assert_eq!(form(&wire.only())["client_id"], "the client");
    assert!(header(&wire.only(), "Authorization").is_some());
}

#[tokio::test]
async fn a_request_that_is_refused_when_pushed_says_why() {
    let body = json!({ "error": "invalid_scope", "error_description": "no write here" });
    let wire = Script::new([response(400, &body, &[])]);
    let begun = oauth().start(&wire, &bound_server(), &client(ClientAuth::None), CALLBACK, &scopes(), None).await;
    let failure = begun.unwrap_err();
    assert_eq!(failure.class(), "permanent");
    assert!(failure.to_string().ends_with("(400 invalid_scope: no write here)"), "{failure}");
}

#[tokio::test]
async fn addresses_that_nobody_may_be_sent_to_are_refused() {
    let (oauth, wire) = (oauth(), Script::default());
    let known = client(ClientAuth::None);
    let elsewhere = format!("{CALLBACK}/");
    let refused = oauth.start(&wire, &server(), &known, &elsewhere, &[], None).await.unwrap_err();
    assert!(refused.to_string().contains("not registered"), "{refused}");
    for wrong in ["javascript:alert(1)", "as.example/authorize", "file:///etc/passwd"] {
        let authorize = AuthServer { authorize: wrong.into(), ..server() };
        let token = AuthServer { token: wrong.into(), ..server() };
        let push = AuthServer { push: Some(wrong.into()), ..server() };
        for server in [authorize, token, push] {
            let refused = oauth.start(&wire, &server, &known, CALLBACK, &[], None).await.unwrap_err();
            assert!(refused.class() == "permanent" && refused.to_string().contains(wrong), "{refused}");
        }
    }
    assert!(wire.asked().is_empty());
}

#[tokio::test]
async fn an_address_out_of_band_is_one_to_come_back_to() {
    let known = OAuthClient { redirects: vec![crate::oauth::OUT_OF_BAND.into()], ..client(ClientAuth::None) };
    let began = oauth().start(&Script::default(), &server(), &known, crate::oauth::OUT_OF_BAND, &[], None).await;
    let asked = pairs(&began.unwrap().url);
    assert_eq!(asked["redirect_uri"], crate::oauth::OUT_OF_BAND);
    assert!(!asked.contains_key("scope") && !asked.contains_key("login_hint"));
}

#[tokio::test]
async fn a_code_is_exchanged_with_what_shows_that_we_asked_for_it() {
    let more =
        json!({ "refresh_token": "r-1", "expires_in": 3600, "scope": "read  post", "sub": "did:plc:bo", "x": [1] });
    let wire = Script::new([granted(&more)]);
    let tokens = exchanged(&wire, ClientAuth::None).await.unwrap();
    let expected = Tokens {
        access: Secret::new("a-1"),
        refresh: Some(Secret::new("r-1")),
        expires: Some(NOON.plus(Duration::from_hours(1))),
        scopes: vec!["read".into(), "post".into()],
        subject: Some("did:plc:bo".into()),
        token_kind: TokenKind::Bearer,
    };
    assert_eq!(tokens, expected);
    assert!(!format!("{tokens:?}").contains("a-1"));
    let request = wire.only();
    assert_eq!(request.url, "https://as.example/token");
    assert_eq!((request.follow, header(&request, "Accept")), (crate::ports::Follow::No, Some("application/json")));
    let verifier = "v".repeat(43);
    let expected = BTreeMap::from([
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("code_verifier", &verifier),
        ("redirect_uri", CALLBACK),
        ("client_id", "the client"),
    ]);
    assert_eq!(form(&request), expected);
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_filled_in_from_what_is_known() {
    let wire = Script::new([granted(&json!({ "token_type": "bEARER", "expires_in": null }))]);
    let tokens = exchanged(&wire, ClientAuth::None).await.unwrap();
    assert_eq!((tokens.scopes, tokens.expires, tokens.refresh), (scopes(), None, None));
    let lifetimes = Lifetimes { access: Some(Duration::from_mins(10)), ..Lifetimes::default() };
    let had = authorized(AuthServer { lifetimes, ..server() }, None);
    let wire = Script::new([granted(&json!({}))]);
    let tokens = oauth().refresh(&wire, &had, &Secret::new("r-1")).await.unwrap();
    assert_eq!(tokens.expires, Some(NOON.plus(Duration::from_mins(10))));
    assert_eq!((tokens.scopes, tokens.refresh), (had.scopes, None), "the caller keeps the old ones");
}

#[tokio::test]
async fn each_client_shows_who_it_is_in_its_own_way() {
    let secret = || Secret::new("s-1");
    let basic = Script::new([granted(&json!({}))]);
    exchanged(&basic, ClientAuth::Basic(secret())).await.unwrap();
    assert_eq!(header(&basic.only(), "Authorization"), Some("Basic dGhlK2NsaWVudDpzLTE="));
    assert!(!form(&basic.only()).contains_key("client_id"));

    let post = Script::new([granted(&json!({}))]);
    exchanged(&post, ClientAuth::Post(secret())).await.unwrap();
    let request = post.only();
    assert_eq!((form(&request)["client_id"], form(&request)["client_secret"]), ("the client", "s-1"));
    assert!(header(&request, "Authorization").is_none());

    let (signing, _) = SigningKey::generate();
    let oauth = OAuth::new(Arc::new(ManualClock::at(NOON)), Some(signing.clone()));
    let wire = Script::new([granted(&json!({}))]);
    let known = client(ClientAuth::Assertion);
    oauth.exchange(&wire, &server(), &known, CALLBACK, &started(), &secret()).await.unwrap();
    let request = wire.only();
    let fields = form(&request);
    assert_eq!(fields["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let claims = verified(fields["client_assertion"], &signing.jwk()).1;
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("the client"), &json!("https://as.example")));

    let without = OAuth::new(Arc::new(ManualClock::at(NOON)), None);
    let failure = without.exchange(&Script::default(), &server(), &known, CALLBACK, &started(), &secret()).await;
    assert!(failure.unwrap_err().to_string().contains("signing key"));
}

#[tokio::test]
async fn a_renewal_has_the_class_that_decides_what_comes_next() {
    for (status, error, class) in [
        (400, "invalid_grant", "relink_needed"),
        (401, "invalid_client", "relink_needed"),
        (400, "unauthorized_client", "relink_needed"),
        (429, "slow_down", "rate_limited"),
        (503, "server_error", "unknown"),
    ] {
        let wire = Script::new([refusal(status, error, &[])]);
        let failure = renewed(&wire).await.unwrap_err();
        assert_eq!(failure.class(), class, "{error}");
        assert_eq!(failure.why().native.as_ref().unwrap().code.as_deref(), Some(error));
        let request = wire.only();
        let expected =
            BTreeMap::from([("grant_type", "refresh_token"), ("refresh_token", "r-1"), ("client_id", "the client")]);
        assert_eq!(form(&request), expected);
    }
    let gone = renewed(&Script::new([refusal(401, "invalid_client", &[])])).await.unwrap_err();
    assert!(gone.to_string().contains("registration is gone"), "{gone}");
    let lost = Failure::Unknown(Why::new("no complete answer"));
    assert_eq!(renewed(&Script::failing(lost.clone())).await.unwrap_err(), lost, "as the wire has it");
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_unknown_and_not_shown() {
    for body in [json!({ "access_token": "geheim" }), json!("geheim"), json!({ "error": "geheim" })] {
        let failure = renewed(&Script::new([response(200, &body, &[])])).await.unwrap_err();
        assert_eq!(failure.class(), "unknown");
        assert!(!format!("{failure:?}").contains("geheim"), "{failure:?}");
    }
    let failure = renewed(&Script::new([response(201, &json!({ "access_token": "geheim" }), &[])])).await.unwrap_err();
    assert_eq!(failure.class(), "unknown");
}

#[tokio::test]
async fn a_token_of_another_kind_is_not_taken() {
    for other in ["DPoP", "mac", ""] {
        let answer = || Script::new([granted(&json!({ "token_type": other }))]);
        assert_eq!(exchanged(&answer(), ClientAuth::None).await.unwrap_err().class(), "permanent", "{other}");
        assert_eq!(renewed(&answer()).await.unwrap_err().class(), "relink_needed", "{other}");
    }
    let (_, key) = Es256::generate();
    let had = authorized(bound_server(), Some(key));
    let refresh = Secret::new("r-1");
    assert!(oauth().refresh(&Script::new([granted(&json!({}))]), &had, &refresh).await.is_err(), "Bearer is not bound");
    let bound = Script::new([granted(&json!({ "token_type": "dpop" }))]);
    assert_eq!(oauth().refresh(&bound, &had, &refresh).await.unwrap().token_kind, TokenKind::Dpop);
    for lost in [None, Some(Secret::new("no key"))] {
        let had = authorized(bound_server(), lost);
        let failure = oauth().refresh(&Script::default(), &had, &refresh).await.unwrap_err();
        assert_eq!(failure.class(), "relink_needed");
    }
}

#[tokio::test]
async fn a_nonce_that_the_server_asks_for_is_given_once_and_kept() {
    let (_, key) = Es256::generate();
    let had = authorized(bound_server(), Some(key));
    let wanted = |nonce| refusal(400, "use_dpop_nonce", &[("dpop-nonce", nonce)]);
    let bound =
        |headers: &[(&str, &str)]| response(200, &json!({ "access_token": "a", "token_type": "DPoP" }), headers);
    let oauth = oauth();
    let wire = Script::new([wanted("n-1"), bound(&[("dpop-nonce", "n-2")]), bound(&[])]);
    for _ in 0..2 {
        oauth.refresh(&wire, &had, &Secret::new("r-1")).await.unwrap();
    }
    let nonces: Vec<_> = wire.asked().iter().map(|request| proof(request).1["nonce"].clone()).collect();
    assert_eq!(nonces, [Value::Null, json!("n-1"), json!("n-2")]);
    let ids: std::collections::BTreeSet<_> =
        wire.asked().iter().map(|request| proof(request).1["jti"].to_string()).collect();
    assert_eq!(ids.len(), 3, "each proof is shown once");

    let wire = Script::new([wanted("n-3"), wanted("n-4")]);
    let failure = oauth.refresh(&wire, &had, &Secret::new("r-1")).await.unwrap_err();
    assert_eq!((failure.class(), wire.asked().len()), ("transient", 2), "and not for ever");
    let wire = Script::new([refusal(400, "use_dpop_nonce", &[])]);
    assert_eq!(oauth.refresh(&wire, &had, &Secret::new("r-1")).await.unwrap_err().class(), "transient");
    let wire = Script::new([refusal(400, "invalid_grant", &[("dpop-nonce", "n-5")])]);
    assert_eq!(oauth.refresh(&wire, &had, &Secret::new("r-1")).await.unwrap_err().class(), "relink_needed");
}

#[tokio::test]
async fn two_minutes_on_the_clock_do_not_keep_us_out() {
    for (date, then) in [
        ("Sat, 21 Nov 2026 12:02:00 GMT", NOON.plus(Duration::from_mins(2))),
        ("Sat, 21 Nov 2026 11:58:00 GMT", NOON.minus(Duration::from_mins(2))),
    ] {
        let (signing, _) = SigningKey::generate();
        let oauth = OAuth::new(Arc::new(ManualClock::at(NOON)), Some(signing.clone()));
        let too_old = refusal(401, "invalid_client", &[("date", date)]);
        let wire = Script::new([too_old.clone(), granted(&json!({ "expires_in": 60 })), too_old.clone()]);
        let mut had = authorized(server(), None);
        had.client = client(ClientAuth::Assertion);
        let tokens = oauth.refresh(&wire, &had, &Secret::new("r-1")).await.unwrap();
        assert_eq!(tokens.expires, Some(NOON.plus(Duration::from_mins(1))), "by our clock");
        let failure = oauth.refresh(&wire, &had, &Secret::new("r-1")).await.unwrap_err();
        assert_eq!(failure.class(), "relink_needed", "the clock was no news, so it is not the clock");
        let issued: Vec<_> = wire
            .asked()
            .iter()
            .map(|request| verified(form(request)["client_assertion"], &signing.jwk()).1["iat"].as_u64().unwrap())
            .collect();
        let second = |at: Timestamp| at.as_millis() / 1000 - 10;
        assert_eq!(issued, [second(NOON), second(then), second(then)]);
    }
}

#[tokio::test]
async fn a_grant_is_given_back_whole() {
    let (oauth, ok) = (oauth(), || response(200, &json!({}), &[]));
    let (access, refresh) = (Secret::new("a-1"), Secret::new("r-1"));
    let wire = Script::new([ok(), ok()]);
    oauth.revoke(&wire, &authorized(server(), None), &access, Some(&refresh)).await.unwrap();
    let asked = wire.asked();
    let tokens: Vec<_> =
        asked.iter().map(|request| (form(request)["token"], form(request)["token_type_hint"])).collect();
    assert_eq!(tokens, [("r-1", "refresh_token"), ("a-1", "access_token")]);
    assert!(asked.iter().all(|request| request.url == "https://as.example/revoke"));
    assert!(asked.iter().all(|request| form(request)["client_id"] == "the client"));

    let wire = Script::new([ok()]);
    oauth.revoke(&wire, &authorized(server(), None), &access, None).await.unwrap();
    assert_eq!(form(&wire.only())["token"], "a-1");

    // On loopback, too, where the crate would refuse.
    let plain = AuthServer { revoke: Some("http://127.0.0.1:4100/revoke".into()), ..server() };
    let wire = Script::new([refusal(403, "unauthorized_client", &[])]);
    let failure = oauth.revoke(&wire, &authorized(plain, None), &access, None).await.unwrap_err();
    assert_eq!(failure.class(), "permanent");
    let cannot = AuthServer { revoke: None, ..server() };
    assert!(oauth.revoke(&Script::default(), &authorized(cannot, None), &access, None).await.is_err());
}

#[tokio::test]
async fn a_token_of_our_own_is_asked_for_and_let_go() {
    let wire = Script::new([granted(&json!({}))]);
    oauth().client_credentials(&wire, &server(), &client(ClientAuth::Post(Secret::new("s-1")))).await.unwrap();
    let request = wire.only();
    assert_eq!(form(&request)["grant_type"], "client_credentials");
    assert_eq!(form(&request)["client_secret"], "s-1");
    assert!(!form(&request).contains_key("code_verifier"));
}

#[tokio::test]
async fn nothing_that_was_sent_comes_back_in_a_reason() {
    let sent = "r-1-hunter2-secret-code";
    let body = json!({ "error": "invalid_grant", "error_description": format!("you sent {sent}") });
    let wire = Script::new([response(400, &body, &[])]);
    let failure = oauth().refresh(&wire, &authorized(server(), None), &Secret::new(sent)).await.unwrap_err();
    assert!(!format!("{failure:?}{failure}").contains("hunter2"), "{failure}");
    assert!(failure.to_string().contains("you sent …"), "{failure}");
}
