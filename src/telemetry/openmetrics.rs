//! Writes metrics in the OpenMetrics text format, which Prometheus reads.
//!
//! Written here rather than by a library: the format is a dozen lines, and what is counted lives in plain structs that tests and pages read too.

use super::metrics::{Kind, Metric};
use super::{LATENCY_MS, Latency};
use std::fmt::{Display, Write as _};

/// What the answer is called.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The older form, for whoever does not ask for this one.
pub const CLASSIC_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, metric: &Metric) -> &mut Self {
        let Metric { name, kind, unit, help, .. } = metric;
        let _ = writeln!(self.0, "# TYPE {name} {}", kind.word());
        if !unit.is_empty() {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP {name} {help}.");
        self
    }

    /// One sample of it, under these labels in the order in which the metric lists them.
    pub fn sample(&mut self, metric: &Metric, labels: &[&str], value: impl Display) -> &mut Self {
        let ending = if metric.kind == Kind::Counter { "_total" } else { "" };
        let _ = writeln!(self.0, "{}{ending}{} {value}", metric.name, braced(metric, labels, None));
        self
    }

    pub fn one(&mut self, metric: &Metric, value: impl Display) {
        self.family(metric).sample(metric, &[], value);
    }

    pub fn histogram(&mut self, metric: &Metric, labels: &[&str], latency: &Latency) {
        let mut sum = 0;
        for (place, count) in latency.under.iter().enumerate() {
            sum += count;
            let end = LATENCY_MS.get(place).map_or_else(|| "+Inf".to_owned(), |end| end_of(*end));
            let _ = writeln!(self.0, "{}_bucket{} {sum}", metric.name, braced(metric, labels, Some(&end)));
        }
        let plain = braced(metric, labels, None);
        let _ = writeln!(self.0, "{0}_sum{plain} {1}\n{0}_count{plain} {sum}", metric.name, seconds(latency.sum_ms));
    }

    #[must_use]
    pub fn ended(&mut self) -> String {
        self.0.push_str("# EOF\n");
        std::mem::take(&mut self.0)
    }
}

/// Milliseconds as seconds, exactly.
pub fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// The same as the name of a bucket, which the format wants as short as a number can be: `0.05`, `1.0`.
fn end_of(millis: u64) -> String {
    let written = seconds(millis);
    let short = written.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

/// What was written, in the older form: there a counter goes by the name of its samples, and units and the end are not told.
pub fn classic(text: &str) -> String {
    let (mut written, mut counter) = (String::with_capacity(text.len()), None);
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        let (about, name, rest) = match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("EOF" | "UNIT"), _, _) => continue,
            (Some("#"), Some(about @ ("TYPE" | "HELP")), Some(name), Some(rest)) => (about, name, rest),
            _ => {
                let _ = writeln!(written, "{line}");
                continue;
            }
        };
        if about == "TYPE" {
            counter = (rest == Kind::Counter.word()).then_some(name);
        }
        let ending = if counter == Some(name) { "_total" } else { "" };
        let _ = writeln!(written, "# {about} {name}{ending} {rest}");
    }
    written
}

fn braced(metric: &Metric, labels: &[&str], end: Option<&str>) -> String {
    let labels = metric.labels.split_whitespace().zip(labels.iter().copied()).chain(end.map(|end| ("le", end)));
    let all: Vec<String> = labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::{DELIVERIES, DUE_AGE, REQUESTS};

    #[test]
    fn families_samples_and_histograms_are_written_as_the_format_wants() {
        let mut text = Text::default();
        text.one(&DUE_AGE, seconds(1500));
        text.family(&DELIVERIES).sample(&DELIVERIES, &["a\"b", "dead"], 2);
        let mut latency = Latency::default();
        latency.under[0] = 1;
        latency.under[8] = 2;
        latency.sum_ms = 30_010;
        text.family(&REQUESTS).histogram(&REQUESTS, &["m", "learn"], &latency);
        let written = text.ended();
        for line in [
            "# TYPE gigcast_oldest_due_age_seconds gauge\n# UNIT gigcast_oldest_due_age_seconds seconds\n",
            "gigcast_oldest_due_age_seconds 1.500\n",
            "# TYPE gigcast_deliveries counter\n",
            "gigcast_deliveries_total{network=\"a\\\"b\",outcome=\"dead\"} 2\n",
            "gigcast_request_duration_seconds_bucket{network=\"m\",purpose=\"learn\",le=\"0.05\"} 1\n",
            "gigcast_request_duration_seconds_bucket{network=\"m\",purpose=\"learn\",le=\"1.0\"} 1\n",
            "gigcast_request_duration_seconds_bucket{network=\"m\",purpose=\"learn\",le=\"10.0\"} 1\n",
            "gigcast_request_duration_seconds_bucket{network=\"m\",purpose=\"learn\",le=\"+Inf\"} 3\n",
            "gigcast_request_duration_seconds_sum{network=\"m\",purpose=\"learn\"} 30.010\n",
            "gigcast_request_duration_seconds_count{network=\"m\",purpose=\"learn\"} 3\n# EOF\n",
        ] {
            assert!(written.contains(line), "{line} in\n{written}");
        }
    }

    #[test]
    fn in_the_older_form_a_counter_goes_by_the_name_of_its_samples() {
        let mut text = Text::default();
        text.one(&DUE_AGE, 1);
        text.family(&DELIVERIES).sample(&DELIVERIES, &["m", "dead"], 2);
        let written = classic(&text.ended());
        for line in [
            "# TYPE gigcast_oldest_due_age_seconds gauge\n# HELP gigcast_oldest_due_age_seconds How",
            "# TYPE gigcast_deliveries_total counter\n# HELP gigcast_deliveries_total Deliveries",
            "gigcast_deliveries_total{network=\"m\",outcome=\"dead\"} 2\n",
        ] {
            assert!(written.contains(line), "{line} in\n{written}");
        }
        assert!(!written.contains("# UNIT") && !written.contains("# EOF"), "{written}");
    }
}
