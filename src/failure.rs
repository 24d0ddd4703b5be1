//! The five classes of failure. The class alone decides what happens next; no code ever searches the words.
//!
//! A network file turns status and documented code into one of these, once, in one function. `Unknown` is what sets
//! gigcast apart: a lost answer is neither a success nor a failure, and is looked up before anything is sent again.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest excerpt of another side's answer that is kept.
pub const EXCERPT_BYTES: usize = 500;
/// As many letters of it stand in a sentence for a person.
const QUOTED: usize = 160;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// It will never be taken as it is: refused by rule, too long, malformed. Costs an attempt; then Dead.
    Permanent(Why),
    /// Surely not accepted, and worth another try.
    Transient(Why),
    /// Asked to wait. Obeyed in full; costs no attempt; everything of that scope waits.
    RateLimited { until: Timestamp, scope: Scope, why: Why },
    /// The grant is dead or too narrow: only the person can mend it.
    RelinkNeeded(Why),
    /// It may have been accepted. Looked up before any resend.
    Unknown(Why),
}

/// What a limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    Account,
    /// Every account that was linked through the same app registration.
    App,
    Host,
}

/// A reason: ours in plain words, safe to show, and what the other side said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    pub said: String,
    pub native: Option<Native>,
    /// The same for whoever merely visits a page, where `said` is for the operator. It is never kept: whoever reads a record runs this gigcast, or posts by it.
    #[serde(skip)]
    pub to_visitors: Option<Box<str>>,
}

/// The other side's own words, redacted and cut by the wire before they get here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Native {
    pub status: u16,
    pub code: Option<String>,
    pub excerpt: String,
}

impl Why {
    pub fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), native: None, to_visitors: None }
    }

    #[must_use]
    pub fn with_visitors_words(mut self, words: impl Into<String>) -> Self {
        self.to_visitors = Some(words.into().into_boxed_str());
        self
    }

    /// For whoever visits a page, who need not know how this gigcast is run.
    pub fn for_visitors(&self) -> String {
        self.to_visitors.as_deref().map_or_else(|| self.to_string(), str::to_owned)
    }

    #[must_use]
    pub fn with_native(mut self, native: Native) -> Self {
        self.native = Some(native);
        self
    }

    /// The same reason with what the other side said at another time, where it has no words of its own.
    #[must_use]
    pub fn or_words_of(mut self, other: &Self) -> Self {
        if self.quote().is_none() {
            self.native.clone_from(&other.native);
        }
        self
    }

    /// For a person: ours, and beside it what the other side said. Codes are left to the log.
    pub fn quoted(&self) -> String {
        match self.quote() {
            Some(words) => format!("{}; it said “{words}”", self.said),
            None => self.said.clone(),
        }
    }

    fn quote(&self) -> Option<String> {
        let words = self.native.as_ref()?.excerpt.trim().trim_end_matches('.');
        let cut = words.char_indices().nth(QUOTED).map(|(end, _)| end);
        match cut {
            _ if words.is_empty() => None,
            Some(end) => Some(format!("{} …", words[..end].trim_end())),
            None => Some(words.to_owned()),
        }
    }
}

impl Native {
    /// `excerpt` is cut at a character boundary, control characters become spaces: it will stand in a log line.
    pub fn new(status: u16, code: Option<&str>, excerpt: &str) -> Self {
        let mut end = excerpt.len().min(EXCERPT_BYTES);
        while !excerpt.is_char_boundary(end) {
            end -= 1;
        }
        let excerpt = excerpt[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { status, code: code.map(str::to_owned), excerpt }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)?;
        if let Some(native) = &self.native {
            write!(f, " ({}", native.status)?;
            if let Some(code) = &native.code {
                write!(f, " {code}")?;
            }
            if !native.excerpt.is_empty() {
                write!(f, ": {}", native.excerpt)?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl Failure {
    pub fn why(&self) -> &Why {
        match self {
            Self::Permanent(why)
            | Self::Transient(why)
            | Self::RelinkNeeded(why)
            | Self::Unknown(why)
            | Self::RateLimited { why, .. } => why,
        }
    }

    /// The word that logs, pages and `--json` use for the class.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Permanent(_) => "permanent",
            Self::Transient(_) => "transient",
            Self::RateLimited { .. } => "rate_limited",
            Self::RelinkNeeded(_) => "relink_needed",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class(), self.why())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_cut_between_characters_and_keeps_to_one_line() {
        let native = Native::new(500, None, &format!("{}é\n", "x".repeat(EXCERPT_BYTES - 1)));
        assert_eq!(native.excerpt, "x".repeat(EXCERPT_BYTES - 1));
        assert_eq!(Native::new(500, None, "a\nb\u{1b}[31m").excerpt, "a b [31m");
    }

    #[test]
    fn what_a_person_reads_holds_both_sides_words_and_no_code() {
        let said = |excerpt: &str| Why::new("the network said no").with_native(Native::new(401, Some("x"), excerpt));
        assert_eq!(said("The token was revoked.").quoted(), "the network said no; it said “The token was revoked”");
        assert_eq!(said(" ").quoted(), "the network said no");
        let long = said(&"ä".repeat(400)).quoted();
        assert!(long.ends_with("ä …”") && long.chars().count() < 200, "{long}");
        let first = Why::new("nothing renews it");
        assert_eq!(first.clone().or_words_of(&said("Revoked")).quoted(), "nothing renews it; it said “Revoked”");
        assert_eq!(said("Gone").or_words_of(&said("Revoked")).quoted(), "the network said no; it said “Gone”");
    }

    #[test]
    fn a_reason_reads_as_one_sentence_with_the_networks_words_behind() {
        let why = Why::new("the network refused the post").with_native(Native::new(
            422,
            Some("too_long"),
            "Validation failed",
        ));
        assert_eq!(why.to_string(), "the network refused the post (422 too_long: Validation failed)");
    }
}
