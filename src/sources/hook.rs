//! Webhooks: a program posts JSON to us, signed with a secret that both sides know, and it becomes gigs by the mapping of an `api`.
//!
//! Two halves. The [`Door`] looks at the bytes that came and says who may pass, before anything in them is read; the [`Hook`] reads
//! what has passed. Neither decides what is new or writes anything down.
//!
//! Schemes: [Standard Webhooks](https://www.standardwebhooks.com), symmetric (`v1`) and asymmetric (`v1a`), and GitHub's
//! `X-Hub-Signature-256`.

use super::api::mapping::Mapping;
use super::api::path::Path;
use super::offer::Offers;
use super::reading::{Day, shown, time};
use crate::base64url;
use crate::clock::Timestamp;
use crate::config::{HookConfig, HookScheme};
use crate::failure::{Failure, Why};
use crate::gig::employment::Employment;
use crate::id::digest;
use crate::ports::{BoxFuture, Cursor, Look, Source, Wire};
use crate::pushing::Pushed;
use crate::secret::Secret;
use crate::signature::{Hash, is_hub_signature, is_same, is_signed_by, mac};
use http::HeaderMap;
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// How far the time that a sender signed may lie from ours.
const TOLERANCE: Duration = Duration::from_mins(5);

/// Of a longer id no sender is known.
const ID_BYTES: usize = 256;

/// So many signatures of one message are looked at: the old key's and the new one's, in each version, and as many again.
const SIGNATURES: usize = 8;

/// The standard asks for 24 bytes at least; a shorter secret can be guessed.
const SECRET_BYTES: usize = 24;

/// Where a secret is somebody's own words, so many letters are asked for.
const SECRET_LETTERS: usize = 16;

const ED25519_BYTES: usize = 32;

/// So many items may come at once: each is written down before the sender gets its answer.
const ITEMS: usize = 500;

/// Who may pass.
pub struct Door(Keys);

enum Keys {
    /// Several while the sender changes from one to the next.
    Standard(Vec<Key>),
    GitHub(Secret),
}

enum Key {
    Shared(Zeroizing<Vec<u8>>),
    Public([u8; ED25519_BYTES]),
}

/// What one message is known by, so that it is taken in once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 16]);

/// A message that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    pub id: MessageId,
    /// When it was sent, where that is signed.
    pub sent: Option<Timestamp>,
}

/// Why a message does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// Nothing shows that its sender knows the secret.
    Unsigned,
    /// It was signed too long ago, or by a clock that is ahead of ours.
    OutOfTime,
}

impl Turned {
    /// For the log, where the operator reads it; the sender is told less.
    pub fn said(self) -> &'static str {
        match self {
            Self::Unsigned => "its signature is missing or wrong",
            Self::OutOfTime => "it was signed more than five minutes ago, or by a clock that is ahead",
        }
    }
}

impl Door {
    /// What the config describes; `secret` is the value of the variable that it names.
    pub fn new(config: &HookConfig, secret: Option<&Secret>) -> Result<Self, Why> {
        let env = &config.secret_env;
        let Some(secret) = secret else {
            let said = format!("`secret_env` names the environment variable {env}, and that is not set");
            return Err(Why::new(said));
        };
        let keys = match config.scheme {
            HookScheme::Standard => {
                let read = |written: &str| key(written).map_err(|wrong| Why::new(format!("in {env}: {wrong}")));
                Keys::Standard(secret.expose().split_whitespace().map(read).collect::<Result<_, _>>()?)
            }
            HookScheme::GitHub if secret.expose().trim().len() < SECRET_LETTERS => {
                let said =
                    format!("in {env}: a secret has {SECRET_LETTERS} letters or more; a shorter one can be guessed");
                return Err(Why::new(said));
            }
            HookScheme::GitHub => Keys::GitHub(Secret::new(secret.expose().trim())),
        };
        Ok(Self(keys))
    }

    /// How messages are signed, for people: `by ..`.
    pub fn scheme(&self) -> &'static str {
        match &self.0 {
            Keys::Standard(_) => "by Standard Webhooks",
            Keys::GitHub(_) => "as GitHub signs (`X-Hub-Signature-256`)",
        }
    }

    /// Looks at a message as it came.
    pub fn admit(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Admitted, Turned> {
        match &self.0 {
            Keys::Standard(keys) => standard(keys, headers, body, now),
            Keys::GitHub(secret) => {
                let written = one(headers, "x-hub-signature-256").ok_or(Turned::Unsigned)?;
                let ours = written.starts_with("sha256=");
                if !ours || !is_hub_signature(written, secret.expose().as_bytes(), body) {
                    return Err(Turned::Unsigned);
                }
                // The delivery's id is not signed, so that whoever repeats it could change it: what is signed is all there is to go by.
                let id = message_id(&[&mac(Hash::Sha256, secret.expose().as_bytes(), &[body])]);
                Ok(Admitted { id, sent: None })
            }
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

/// `whsec_` and `whpk_` with what stands behind them in base 64.
fn key(written: &str) -> Result<Key, String> {
    let decoded = |text: &str| {
        let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        base64url::decode(&text).map(Zeroizing::new).ok_or("what stands behind the prefix is no base 64")
    };
    if let Some(text) = written.strip_prefix("whsec_") {
        let bytes = decoded(text)?;
        if bytes.len() < SECRET_BYTES {
            return Err(format!("a secret has {SECRET_BYTES} bytes or more; a shorter one can be guessed"));
        }
        return Ok(Key::Shared(bytes));
    }
    if let Some(text) = written.strip_prefix("whpk_") {
        let bytes = decoded(text)?;
        let key = bytes.as_slice().try_into();
        return key.map(Key::Public).map_err(|_| format!("a public key of ed25519 has {ED25519_BYTES} bytes"));
    }
    if written.starts_with("whsk_") {
        return Err(
            "this is the sender's secret key, which belongs with the sender alone: put its public key there, `whpk_..`"
                .to_owned(),
        );
    }
    Err("a secret begins with `whsec_`, a public key with `whpk_`".to_owned())
}

/// The header's value, when it stands there once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn message_id(parts: &[&[u8]]) -> MessageId {
    let mut id = [0; 16];
    id.copy_from_slice(&digest("message", parts)[..16]);
    MessageId(id)
}

fn standard(keys: &[Key], headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Admitted, Turned> {
    let header = |name| one(headers, name).ok_or(Turned::Unsigned);
    let (id, time, signatures) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    // A dot in the id would let the same signature stand for another id and another time.
    let id_fits = !id.is_empty() && id.len() <= ID_BYTES && !id.contains('.');
    let digits = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
    let (true, true, Ok(seconds)) = (id_fits, digits, time.parse::<u64>()) else { return Err(Turned::Unsigned) };
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    let read = |entry: &str| {
        let (version, text) = entry.split_once(',')?;
        let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        Some((version == "v1a", base64url::decode(&text)?)).filter(|_| matches!(version, "v1" | "v1a"))
    };
    let signatures: Vec<(bool, Vec<u8>)> = signatures.split(' ').take(SIGNATURES).filter_map(read).collect();
    let signed = keys.iter().any(|key| match key {
        Key::Shared(secret) => {
            let tag = mac(Hash::Sha256, secret, &parts);
            signatures.iter().any(|(public, given)| !public && is_same(&tag, given))
        }
        Key::Public(key) => {
            let mut given = signatures.iter().filter(|(public, _)| *public).peekable();
            given.peek().is_some() && {
                let whole = parts.concat();
                given.any(|(_, given)| is_signed_by(key, &whole, given))
            }
        }
    });
    if !signed {
        return Err(Turned::Unsigned);
    }
    let at = Timestamp::from_millis(seconds.saturating_mul(1000));
    if now.since(at).max(at.since(now)) > TOLERANCE {
        return Err(Turned::OutOfTime);
    }
    Ok(Admitted { id: message_id(&[id.as_bytes()]), sent: Some(at) })
}

/// How what has passed becomes gigs.
#[derive(Debug)]
pub struct Hook {
    items: Path,
    mapping: Mapping,
    employment: Vec<Employment>,
    scheme: HookScheme,
}

impl Hook {
    pub fn new(config: &HookConfig) -> Result<Self, Why> {
        let items = Path::parse(&config.items).map_err(|wrong| Why::new(format!("`items`: {wrong}")))?;
        let mapping = Mapping::parse(&config.fields)?;
        Ok(Self { items, mapping, employment: Vec::new(), scheme: config.scheme })
    }

    /// Takes offers of these kinds only; all of them when it is empty.
    #[must_use]
    pub fn only(self, employment: Vec<Employment>) -> Self {
        Self { employment, ..self }
    }
}

impl Source for Hook {
    /// There is nothing to look at: what it has to say, it posts.
    fn look<'a>(&'a self, _: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(async move { Ok(Look { cursor: since.clone(), ..Look::default() }) })
    }

    /// A message that has none of the fields is about something else (senders have many kinds), and holds no gig.
    fn read_pushed(&self, pushed: &Pushed) -> Result<Look, Failure> {
        let permanent = |said: String| Failure::Permanent(Why::new(said));
        let document: Value = serde_json::from_slice(&pushed.body)
            .map_err(|wrong| permanent(format!("the body is not JSON that can be read: {wrong}")))?;
        let found = match self.items.find(&document) {
            Ok(found) => found,
            // Other kinds of message have it not.
            Err(_) if document.is_object() => return Ok(Look::default()),
            Err(miss) => return Err(permanent(format!("`items` is `{}`, and {miss}", self.items.written()))),
        };
        let items = match found {
            Value::Array(items) if items.len() > ITEMS => {
                return Err(permanent(format!("it holds more than {ITEMS} items: send fewer at a time")));
            }
            Value::Array(items) => items.as_slice(),
            Value::Object(_) => std::slice::from_ref(found),
            other => {
                let said = format!(
                    "`items` is `{}`, and an item or a list of them belongs there; found is {}",
                    self.items.written(),
                    shown(other)
                );
                return Err(permanent(said));
            }
        };
        let mut offers = Offers::default();
        // As a list that begins with the newest; what comes first here, was first.
        for (at, item) in items.iter().enumerate().rev() {
            match self.mapping.offer(item) {
                Ok(Some(offer)) => {
                    offers.add(offer);
                }
                Ok(None) => {}
                Err(said) => {
                    let what = self.mapping.name(item).unwrap_or_else(|| format!("item {}", at + 1));
                    offers.refuse(what, said);
                }
            }
        }
        let (mut sightings, refused) = offers.taken(&self.employment);
        // The standard's own envelope says when the thing happened, which a message sent again does not change.
        let happened = match self.scheme {
            HookScheme::Standard => time(&document["timestamp"], Day::Begins),
            HookScheme::GitHub => None,
        };
        for sighting in &mut sightings {
            sighting.updated = sighting.updated.or(happened);
        }
        Ok(Look { sightings, refused, ..Look::default() })
    }
}
