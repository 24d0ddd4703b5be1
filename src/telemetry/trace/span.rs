//! One span, and the names of spans: made of what they are about, so that nothing has to be remembered between two runs.
//!
//! A gig has one trace, whose id is a hash of the gig's. Its spans are named the same way, by the delivery and by what is durable of each
//! try: a gigcast that was stopped in the middle goes on with the same trace, and a span that is sent twice is the same span.

use crate::clock::Timestamp;
use crate::id::{DeliveryId, GigId, digest};
use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId([u8; 16]);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId([u8; 8]);

impl TraceId {
    pub fn of(gig: GigId) -> Self {
        Self(first(&digest("trace", &[gig.as_bytes()])))
    }
}

impl SpanId {
    /// From the first sighting of a gig to its plan: what all else hangs under.
    pub fn gig(gig: GigId) -> Self {
        Self::named("gig", &[gig.as_bytes()])
    }

    /// A later plan of it, by the note that asked for one.
    pub fn plan(gig: GigId, note: &[u8]) -> Self {
        Self::named("plan", &[gig.as_bytes(), note])
    }

    pub fn delivery(delivery: DeliveryId) -> Self {
        Self::named("delivery", &[delivery.as_bytes()])
    }

    /// The try that left at this moment: the number of a try is no name for it, since some cost none.
    pub fn attempt(delivery: DeliveryId, sent: Timestamp) -> Self {
        Self::named("attempt", &[delivery.as_bytes(), &sent.as_millis().to_be_bytes()])
    }

    /// The look-up that was due at this moment.
    pub fn look_up(delivery: DeliveryId, due: Timestamp) -> Self {
        Self::named("look up", &[delivery.as_bytes(), &due.as_millis().to_be_bytes()])
    }

    /// The `nth` request under another span.
    pub fn request(under: Self, nth: u32, at: Timestamp) -> Self {
        Self::named("request", &[&under.0, &nth.to_be_bytes(), &at.as_millis().to_be_bytes()])
    }

    fn named(kind: &str, parts: &[&[u8]]) -> Self {
        Self(first(&digest(&format!("span {kind}"), parts)))
    }
}

fn first<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&hash[..N]);
    bytes
}

/// As hexadecimal digits, which is how the format writes them.
impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a span stands: in which trace, and under what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub trace: TraceId,
    pub span: SpanId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work of our own.
    Internal,
    /// A request that left.
    Client,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Fine,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Whole(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Whole(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Whole(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Whole(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

pub type Attributes = Vec<(&'static str, Value)>;

/// Something that happened within a span, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    pub name: String,
    pub attributes: Attributes,
}

/// One piece of work that has ended. It holds ids, words of closed lists, numbers and hosts: no text of a gig or of a server, and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub place: Place,
    pub under: Option<SpanId>,
    pub name: String,
    pub kind: Kind,
    pub start: Timestamp,
    pub end: Timestamp,
    pub attributes: Attributes,
    pub moments: Vec<Moment>,
    pub outcome: Outcome,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_work_has_the_same_name_in_every_run_and_no_other_work_has_it() {
        let (gig, other) = (GigId::of(&[b"1"]), GigId::of(&[b"2"]));
        assert_eq!(TraceId::of(gig), TraceId::of(gig));
        assert_ne!(TraceId::of(gig), TraceId::of(other));
        let (delivery, at) = (DeliveryId::of(&[b"1"]), Timestamp::from_millis(7));
        let attempt = SpanId::attempt(delivery, at);
        assert_eq!(attempt, SpanId::attempt(delivery, at));
        let others = [
            SpanId::gig(gig),
            SpanId::plan(gig, b"n"),
            SpanId::delivery(delivery),
            SpanId::look_up(delivery, at),
            SpanId::attempt(delivery, Timestamp::from_millis(8)),
            SpanId::request(attempt, 0, at),
            SpanId::request(attempt, 1, at),
        ];
        for (n, one) in others.iter().enumerate() {
            assert!(*one != attempt && !others[..n].contains(one), "{n}");
        }
        assert_eq!((TraceId::of(gig).to_string().len(), attempt.to_string().len()), (32, 16));
    }
}
