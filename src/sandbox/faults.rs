//! Faults on demand: what real servers do on bad days, switched on by a test or a curious newcomer.
//!
//! A fault strikes the requests that fit its `verb` and `path`. With a `count` it strikes that many times, without one until it is
//! taken away. Several may strike the same request: waits first, then refusals, then what befalls the answer.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 429 with the rate headers; `delay_ms` is until the reset; `retry_after_s` adds a `Retry-After`.
    RateLimit,
    /// `status` (500, 502, 503 or 504), before or after the request was accepted.
    ServerError,
    /// The request waits `delay_ms`. When the client leaves meanwhile, nothing happens.
    Delay,
    /// The request is accepted, then the connection drops without an answer.
    AnswerLost,
    /// The request is held and accepted after `delay_ms`, or once the faults are taken away, even when the client has left by then.
    LateAccept,
    /// `Idempotency-Key` is taken and not honoured.
    KeyIgnored,
    /// 401: the token was revoked, it says. Strikes only requests that carry a token.
    RevokedToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    #[default]
    Before,
    After,
}

/// One fault, as `POST /sandbox/faults` takes it. Fields that its kind has no use for change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: Kind,
    /// How many more requests it strikes; nothing means all.
    #[serde(default)]
    pub count: Option<u32>,
    /// `GET`, `POST`, ...; nothing means any.
    #[serde(default)]
    pub verb: Option<String>,
    /// The path's beginning; nothing means any path of the API.
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default = "Fault::default_delay_ms")]
    pub delay_ms: u64,
    #[serde(default)]
    pub retry_after_s: Option<u64>,
    #[serde(default = "Fault::default_status")]
    pub status: u16,
    #[serde(default)]
    pub when: When,
}

impl Fault {
    /// Strikes everything until it is taken away.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            count: None,
            verb: None,
            path: None,
            delay_ms: Self::default_delay_ms(),
            retry_after_s: None,
            status: Self::default_status(),
            when: When::Before,
        }
    }

    /// What is wrong with it, in words that name the field.
    pub fn check(&self) -> Result<(), String> {
        if !matches!(self.status, 500 | 502 | 503 | 504) {
            return Err(format!("status: {} is not one of 500, 502, 503, 504", self.status));
        }
        if self.count == Some(0) {
            return Err("count: 0 would never strike; leave it out to strike until removed".into());
        }
        if self.path.as_ref().is_some_and(|path| !path.starts_with('/')) {
            return Err("path: it must begin with `/`".into());
        }
        Ok(())
    }

    fn fits(&self, verb: &str, path: &str) -> bool {
        self.verb.as_ref().is_none_or(|v| v.eq_ignore_ascii_case(verb))
            && self.path.as_ref().is_none_or(|p| path.starts_with(p.as_str()))
    }

    fn default_delay_ms() -> u64 {
        1000
    }

    fn default_status() -> u16 {
        500
    }
}

/// The faults that are on.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn new(from_the_start: Vec<Fault>) -> Self {
        Self(from_the_start)
    }

    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// Those that strike this request; each is counted down.
    pub(super) fn strike(&mut self, verb: &str, path: &str, has_token: bool) -> Vec<Fault> {
        let mut struck = Vec::new();
        self.0.retain_mut(|fault| {
            if !fault.fits(verb, path) || (fault.kind == Kind::RevokedToken && !has_token) {
                return true;
            }
            fault.count = fault.count.map(|left| left.saturating_sub(1));
            struck.push(fault.clone());
            fault.count != Some(0)
        });
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_fault_strikes_so_often_and_an_uncounted_one_until_removed() {
        let mut faults = Faults::new(vec![Fault { count: Some(2), ..Fault::new(Kind::AnswerLost) }]);
        faults.add(Fault::new(Kind::Delay));
        let mut kinds = || faults.strike("POST", "/api/v1/statuses", true).iter().map(|f| f.kind).collect::<Vec<_>>();
        assert_eq!(kinds(), [Kind::AnswerLost, Kind::Delay]);
        assert_eq!(kinds(), [Kind::AnswerLost, Kind::Delay]);
        assert_eq!(kinds(), [Kind::Delay]);
        faults.clear();
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_fault_strikes_only_what_fits_it() {
        let fault =
            |kind| Fault { verb: Some("post".into()), path: Some("/api/v1/statuses".into()), ..Fault::new(kind) };
        let mut faults = Faults::new(vec![fault(Kind::ServerError)]);
        assert_eq!(faults.strike("GET", "/api/v1/statuses/1", true), []);
        assert_eq!(faults.strike("POST", "/api/v1/apps", true), []);
        assert_eq!(faults.strike("POST", "/api/v1/statuses", true).len(), 1);
        let mut faults = Faults::new(vec![Fault::new(Kind::RevokedToken)]);
        assert_eq!(faults.strike("GET", "/api/v1/statuses/1", false), []);
    }

    #[test]
    fn a_bad_fault_is_refused_by_the_name_of_its_field() {
        let bad = |fault: Fault, field: &str| assert!(fault.check().unwrap_err().starts_with(field));
        bad(Fault { status: 200, ..Fault::new(Kind::ServerError) }, "status");
        bad(Fault { count: Some(0), ..Fault::new(Kind::Delay) }, "count");
        bad(Fault { path: Some("api".into()), ..Fault::new(Kind::Delay) }, "path");
        assert_eq!(Fault::new(Kind::Delay).check(), Ok(()));
        let unknown = serde_json::from_str::<Fault>(r#"{"kind":"delay","dleay_ms":3}"#).unwrap_err();
        assert!(unknown.to_string().contains("dleay_ms"), "{unknown}");
    }
}
