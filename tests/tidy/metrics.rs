//! Dashboards and alerts name only metrics that there are, and the page of the metrics shows the closed list.

use super::{assert_none, assert_shows, read_all};
use gigcast::telemetry::metrics::{Kind, METRICS, reference};
use std::collections::BTreeSet;

/// The names of ours in an expression.
fn named(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("gigcast_")).collect()
}

fn samples() -> BTreeSet<String> {
    METRICS
        .iter()
        .flat_map(|metric| {
            let endings: &[&str] = match metric.kind {
                Kind::Counter => &["_total"],
                Kind::Gauge => &[""],
                Kind::Histogram => &["_bucket", "_sum", "_count"],
            };
            endings.iter().map(|ending| format!("{}{ending}", metric.name))
        })
        .collect()
}

#[test]
fn dashboards_and_alerts_name_only_metrics_that_there_are() {
    let (known, mut seen, mut wrong) = (samples(), BTreeSet::new(), Vec::new());
    for page in read_all("docs/operate").iter().filter(|page| page.is_a("yml") || page.is_a("json")) {
        for name in named(&page.text) {
            seen.insert(name.trim_end_matches("_total").trim_end_matches("_bucket").to_owned());
            if !known.contains(name) {
                wrong.push(format!("{} names `{name}`, which is not among the metrics", page.path));
            }
        }
    }
    wrong.extend(
        METRICS
            .iter()
            .filter(|metric| !seen.contains(metric.name))
            .map(|metric| format!("no dashboard and no alert shows `{}`", metric.name)),
    );
    assert_none(&wrong);
    assert!(
        known.contains("gigcast_deliveries_total") && !known.contains("gigcast_deliveries"),
        "a counter's samples have an ending"
    );
    assert_eq!(named("rate(gigcast_odd_total[5m]) / up"), BTreeSet::from(["gigcast_odd_total"]));
}

#[test]
fn a_metric_is_named_once_and_ends_with_its_unit() {
    let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), METRICS.len());
    assert!(METRICS.iter().all(|metric| metric.unit.is_empty() || metric.name.ends_with(&format!("_{}", metric.unit))));
}

#[test]
fn the_page_of_the_metrics_shows_the_closed_list() {
    let mark = "src/telemetry/metrics.rs by UPDATE_DOCS=1 cargo test --test tidy metrics";
    assert_shows("docs/operate/METRICS.md", mark, &reference());
}
