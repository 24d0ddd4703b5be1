//! Spans as OTLP wants them: an `ExportTraceServiceRequest` in its JSON encoding.
//!
//! It is the JSON of protocol buffers (64-bit integers as strings, field names in lowerCamelCase) with the exceptions that the protocol makes: ids are
//! hexadecimal, enums are numbers. Written here rather than by a library: the format is this page, and what a library adds (spans that live in
//! the process that began them) does not fit traces that outlive it.

use super::span::{Attributes, Kind, Outcome, Span, Value as Held};
use crate::clock::Timestamp;
use serde_json::{Value, json};

/// The request that carries these spans.
pub fn request(resource: &Attributes, spans: &[Span]) -> Value {
    let spans: Vec<Value> = spans.iter().map(span).collect();
    let scope = json!({ "name": "gigcast", "version": env!("CARGO_PKG_VERSION") });
    json!({ "resourceSpans": [{
        "resource": { "attributes": attributes(resource) },
        "scopeSpans": [{ "scope": scope, "spans": spans }],
    }] })
}

/// A request that carries nothing: a way to ask whether a collector listens.
pub fn empty() -> Value {
    json!({ "resourceSpans": [] })
}

/// How many spans of a request that was taken were not; a collector that took all says nothing of it.
pub fn rejected(answer: &[u8]) -> u64 {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return 0 };
    let rejected = &answer["partialSuccess"]["rejectedSpans"];
    rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok()).unwrap_or(0)
}

fn span(span: &Span) -> Value {
    let mut written = json!({
        "traceId": span.place.trace.to_string(),
        "spanId": span.place.span.to_string(),
        "name": span.name,
        "kind": match span.kind { Kind::Internal => 1, Kind::Client => 3 },
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.end),
        "attributes": attributes(&span.attributes),
    });
    if let Some(under) = span.under {
        written["parentSpanId"] = under.to_string().into();
    }
    if !span.moments.is_empty() {
        let moments = span.moments.iter().map(|moment| {
            let attributes = attributes(&moment.attributes);
            json!({ "timeUnixNano": nanos(moment.at), "name": moment.name, "attributes": attributes })
        });
        written["events"] = moments.collect();
    }
    if span.outcome == Outcome::Failed {
        written["status"] = json!({ "code": 2 });
    }
    written
}

fn attributes(attributes: &Attributes) -> Value {
    let written = attributes.iter().map(|(key, value)| {
        let value = match value {
            Held::Text(text) => json!({ "stringValue": text }),
            Held::Whole(number) => json!({ "intValue": number.to_string() }),
        };
        json!({ "key": key, "value": value })
    });
    written.collect()
}

fn nanos(at: Timestamp) -> String {
    (u128::from(at.as_millis()) * 1_000_000).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::span::{Moment, Place, SpanId, TraceId};
    use super::*;
    use crate::id::GigId;

    #[test]
    fn a_span_is_written_as_the_protocol_wants_it() {
        let gig = GigId::of(&[b"1"]);
        let (start, end) = (Timestamp::from_millis(1_795_262_400_001), Timestamp::from_millis(1_795_262_400_002));
        let one = Span {
            place: Place { trace: TraceId::of(gig), span: SpanId::plan(gig, b"n") },
            under: Some(SpanId::gig(gig)),
            name: "plan".to_owned(),
            kind: Kind::Client,
            start,
            end,
            attributes: vec![("gigcast.accounts", 2_u64.into())],
            moments: vec![Moment { at: end, name: "found".to_owned(), attributes: Vec::new() }],
            outcome: Outcome::Failed,
        };
        let written = request(&vec![("service.name", "gigcast".into())], std::slice::from_ref(&one));
        let resource = &written["resourceSpans"][0];
        assert_eq!(
            resource["resource"]["attributes"],
            json!([{ "key": "service.name", "value": { "stringValue": "gigcast" } }])
        );
        let expected = json!({
            "traceId": TraceId::of(gig).to_string(),
            "spanId": SpanId::plan(gig, b"n").to_string(),
            "parentSpanId": SpanId::gig(gig).to_string(),
            "name": "plan",
            "kind": 3,
            "startTimeUnixNano": "1795262400001000000",
            "endTimeUnixNano": "1795262400002000000",
            "attributes": [{ "key": "gigcast.accounts", "value": { "intValue": "2" } }],
            "events": [{ "timeUnixNano": "1795262400002000000", "name": "found", "attributes": [] }],
            "status": { "code": 2 },
        });
        assert_eq!(resource["scopeSpans"][0]["spans"], json!([expected]));
        let whole = Span { under: None, moments: Vec::new(), outcome: Outcome::Fine, ..one };
        let written = span(&whole);
        assert!(["parentSpanId", "events", "status"].iter().all(|key| written.get(*key).is_none()), "{written}");
    }

    #[test]
    fn what_a_collector_rejected_is_read_whether_it_writes_a_number_or_a_text() {
        for (answer, count) in [
            (r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#, 3),
            (r#"{"partialSuccess":{"rejectedSpans":2}}"#, 2),
            (r#"{"partialSuccess":{}}"#, 0),
            ("{}", 0),
            ("", 0),
            ("<html>", 0),
        ] {
            assert_eq!(rejected(answer.as_bytes()), count, "{answer}");
        }
    }
}
