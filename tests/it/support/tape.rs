//! A tape: recorded exchanges, played to a network file in place of the wire.
//!
//! A tape is a text file. What begins with `#` is for the reader. What begins with `@` before the first exchange says what is played:
//!
//! ```text
//! @verb create              link, discover, register, recognise, learn, refresh, create, edit, delete, reply, find,
//!                           reshare, find_reshare, counts or engagements
//! @expect ok                ok, there, not_there, or the class of a failure
//! @until 2026-11-21T09:05:00Z   for rate_limited: until when
//! @shows id: "7"            must stand in the outcome as Debug prints it; may be repeated
//! @hides words              must not
//! @kind reshare             for engagements: which
//! @learned other.http       the profile comes from playing that tape first, not from the network's own
//! @server, @identifier      for link and discover: what a person enters (the secret is always {{secret}})
//! @purpose sign_in          for discover, where it is not to link
//! @base http://127.0.0.1:8420    for discover and register: where people see us, if not at https://gigs.example
//! @door other.http          for register and recognise: what playing that tape finds
//! @subject did:plc:acme     for recognise: what the token answer said
//! @text WORDS               the post says only this
//! @of https://a.example/1    for reshare and find_reshare: the address of the post, where it was made elsewhere
//! @no-code                  the post carries no code of ours, as when there is no public URL
//! ```
//!
//! Then the exchanges, which must happen in this order, all of them and no others:
//!
//! ```text
//! > POST https://social.example/api/v1/statuses
//! > auth session                     or `auth bearer WORDS`; without this line there must be none
//! > header idempotency-key: {{key}}  must be sent, with this value
//! > has "visibility":"public"        must stand in the body, form or JSON
//! > lacks idempotency-key            must stand in neither header names nor body
//! < 200                              or `< lost`: the connection breaks after the request has left
//! < link: <https://a.example/x>; rel="next"
//! @retry-after 30                    in seconds after the answer came
//! @reset 2026-11-21T09:05:00Z        what the wire would have read from rate headers
//! {"id":"1"}                         the body, up to the next exchange
//! ```
//!
//! `{{name}}` stands for what the player is given: secret, key, code, link, id (the record key the network chose).

use super::answers::answer;
use gigcast::clock::{BoxFuture, Timestamp};
use gigcast::failure::{Failure, Why};
use gigcast::ports::{Allowance, Auth, Body, Method, Request, Response, Wire};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// When every answer on a tape came.
pub fn received() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-21T09:00:00Z").expect("a date")
}

#[derive(Debug)]
pub struct Tape {
    name: String,
    settings: Vec<(String, String)>,
    exchanges: Mutex<VecDeque<Exchange>>,
    played: Mutex<String>,
}

#[derive(Debug, Default)]
struct Exchange {
    method: String,
    url: String,
    auth: Option<String>,
    headers: Vec<(String, String)>,
    has: Vec<String>,
    lacks: Vec<String>,
    /// Nothing where the answer is lost.
    status: Option<u16>,
    answers: Vec<(String, String)>,
    retry_after: Option<Timestamp>,
    reset: Option<Timestamp>,
    body: String,
}

impl Tape {
    pub fn read(path: &Path, words: &BTreeMap<&str, String>) -> Self {
        let name = path.display().to_string();
        let mut text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (word, value) in words {
            text = text.replace(&format!("{{{{{word}}}}}"), value);
        }
        let mut settings = Vec::new();
        let mut exchanges: Vec<Exchange> = Vec::new();
        let mut answering = true;
        for line in text.lines() {
            if let Some(line) = line.strip_prefix("> ") {
                if answering {
                    exchanges.push(Exchange::default());
                    answering = false;
                }
                exchanges.last_mut().expect("just pushed").request_line(line);
            } else if let Some(line) = line.strip_prefix("< ") {
                answering = true;
                exchanges.last_mut().unwrap_or_else(|| panic!("{name}: an answer to nothing")).answer_line(line);
            } else if let Some(exchange) = exchanges.last_mut() {
                assert!(answering, "{name}: `{line}` stands between a request and its answer");
                exchange.body_line(line);
            } else if let Some(setting) = line.strip_prefix('@') {
                let (key, value) = setting.split_once(' ').unwrap_or((setting, ""));
                settings.push((key.to_owned(), value.trim().to_owned()));
            } else {
                assert!(line.is_empty() || line.starts_with('#'), "{name}: cannot read `{line}`");
            }
        }
        let (exchanges, played) = (Mutex::new(exchanges.into()), Mutex::default());
        Self { name, settings, exchanges, played }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn settings<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.settings.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn exchanges_left(&self) -> usize {
        self.exchanges.lock().expect("no test panics holding it").len()
    }

    /// Requests and answers as `Debug` shows them: what a log line could have held.
    pub fn shown(&self) -> String {
        self.played.lock().expect("no test panics holding it").clone()
    }
}

impl Exchange {
    fn request_line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "auth" => self.auth = Some(rest.to_owned()),
            "header" => self.headers.push(pair(rest)),
            "has" => self.has.push(rest.to_owned()),
            "lacks" => self.lacks.push(rest.to_owned()),
            _ => (self.method, self.url) = (word.to_owned(), rest.to_owned()),
        }
    }

    fn answer_line(&mut self, line: &str) {
        match line.parse() {
            Ok(status) => self.status = Some(status),
            Err(_) if line == "lost" => {}
            Err(_) => self.answers.push(pair(line)),
        }
    }

    fn body_line(&mut self, line: &str) {
        if let Some(seconds) = line.strip_prefix("@retry-after ") {
            self.retry_after = Some(received().plus(Duration::from_secs(seconds.parse().expect("seconds"))));
        } else if let Some(reset) = line.strip_prefix("@reset ") {
            self.reset = Some(Timestamp::parse_rfc3339(reset).expect("an RFC 3339 date"));
        } else {
            self.body.push_str(line);
            self.body.push('\n');
        }
    }

    fn check(&self, request: &Request, tape: &str) {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        };
        let asked = format!("{method} {}", request.url);
        assert_eq!(asked, format!("{} {}", self.method, self.url), "{tape}: another request than recorded");
        let auth = match &request.auth {
            Auth::None => None,
            Auth::Session => Some("session".to_owned()),
            Auth::Bearer(secret) => Some(format!("bearer {}", secret.expose())),
            Auth::Header { name, value } => Some(format!("{name} {}", value.expose())),
            Auth::Dpop { token, .. } => Some(format!("dpop {}", token.expose())),
        };
        assert_eq!(auth, self.auth, "{tape}: {asked}: another credential than recorded");
        for (name, value) in &self.headers {
            let sent = request.headers.iter().find(|(sent, _)| sent == name).map(|(_, value)| value);
            assert_eq!(sent, Some(value), "{tape}: {asked}: header {name}");
        }
        let body = match &request.body {
            Body::Empty => String::new(),
            Body::Json(json) => String::from_utf8(json.clone()).expect("JSON is UTF-8"),
            Body::Form(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
                fields.join("\n")
            }
        };
        for part in &self.has {
            assert!(body.contains(part.as_str()), "{tape}: {asked}: `{part}` is not in {body}");
        }
        for part in &self.lacks {
            let named = request.headers.iter().any(|(name, _)| name == part);
            assert!(!named && !body.contains(part.as_str()), "{tape}: {asked}: `{part}` should not be sent");
        }
    }
}

fn pair(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("`{line}` is no header"));
    (name.trim().to_owned(), value.trim().to_owned())
}

impl Wire for Tape {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let exchange = self.exchanges.lock().expect("no test panics holding it").pop_front();
        let exchange = exchange.unwrap_or_else(|| panic!("{}: not recorded: {request:?}", self.name));
        exchange.check(&request, &self.name);
        let Some(status) = exchange.status else {
            return Box::pin(async { Err(Failure::Unknown(Why::new("the answer was lost"))) });
        };
        let response = Response {
            headers: exchange.answers,
            received: received(),
            allowance: exchange.reset.map(|reset| Allowance { limit: None, remaining: Some(0), reset }),
            retry_after: exchange.retry_after,
            excerpt: String::new(),
            ..answer(status, &[], exchange.body)
        };
        let shown = format!("{request:?} {response:?}\n");
        self.played.lock().expect("no test panics holding it").push_str(&shown);
        Box::pin(async { Ok(response) })
    }
}
