//! The dashboard is what Grafana wants of one that is imported: no Grafana is at hand here, so its rules are.
//!
//! That Prometheus can read the expressions is asked of Prometheus itself (`tests/it/outside.rs`), and that they name metrics that there are, in
//! `metrics.rs`.

use super::{assert_none, read_all};
use gigcast::telemetry::metrics::METRICS;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A row is so many columns wide.
const COLUMNS: u64 = 24;
/// The longest id of a dashboard.
const UID_CHARS: usize = 40;

/// What Grafana would refuse, show wrongly, or not show at all.
fn wrong(dashboard: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, said: String| {
        if !holds {
            wrong.push(said);
        }
    };
    let has = |value: &Value, key: &str| value[key].as_str().is_some_and(|text| !text.is_empty());
    must(has(dashboard, "title"), "it has no title".to_owned());
    must(
        dashboard["schemaVersion"].as_u64().is_some_and(|version| version >= 36),
        "no schemaVersion since Grafana 9".to_owned(),
    );
    let uid = dashboard["uid"].as_str().unwrap_or_default();
    let is_plain = uid.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    must(!uid.is_empty() && uid.len() <= UID_CHARS && is_plain, format!("the uid is {uid:?}"));
    must(has(&dashboard["time"], "from") && has(&dashboard["time"], "to"), "it shows no span of time".to_owned());
    must(dashboard.get("id").is_none_or(Value::is_null), "its id is that of another Grafana".to_owned());

    let variables = dashboard["templating"]["list"].as_array().cloned().unwrap_or_default();
    let named = |kind: &str| -> BTreeSet<String> {
        let of_kind = variables.iter().filter(|variable| variable["type"] == kind && variable["query"] == "prometheus");
        of_kind.filter_map(|variable| variable["name"].as_str()).map(|name| format!("${{{name}}}")).collect()
    };
    let sources = named("datasource");
    must(!sources.is_empty(), "no variable chooses a Prometheus".to_owned());

    let panels = dashboard["panels"].as_array().cloned().unwrap_or_default();
    must(!panels.is_empty(), "it has no panels".to_owned());
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for panel in &panels {
        let title = panel["title"].as_str().unwrap_or_default();
        must(!title.is_empty(), format!("a panel has no title: {panel}"));
        must(
            panel["id"].as_u64().is_some_and(|id| id > 0 && ids.insert(id)),
            format!("{title}: its id is none, or another's"),
        );
        must(has(panel, "type"), format!("{title}: of no type"));
        let source = &panel["datasource"];
        let is_chosen = source["uid"].as_str().is_some_and(|uid| sources.contains(uid));
        must(source["type"] == "prometheus" && is_chosen, format!("{title}: its data come from {source}"));
        let config = &panel["fieldConfig"];
        must(config["defaults"].is_object() && config["overrides"].is_array(), format!("{title}: no fieldConfig"));

        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64());
        let place = x.zip(y).zip(w.zip(h)).filter(|((x, _), (w, h))| *w > 0 && *h > 0 && x + w <= COLUMNS);
        must(place.is_some(), format!("{title}: it stands outside of the {COLUMNS} columns"));
        if let Some(((x, y), (w, h))) = place {
            let own = (x..x + w).flat_map(|column| (y..y + h).map(move |row| (column, row)));
            let taken = own.filter(|cell| !places.insert(*cell)).count();
            must(taken == 0, format!("{title}: another panel stands there"));
        }

        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        must(!targets.is_empty(), format!("{title}: it asks nothing"));
        let mut letters = BTreeSet::new();
        for target in &targets {
            must(has(target, "expr"), format!("{title}: an expression is missing"));
            let letter = target["refId"].as_str().unwrap_or_default();
            must(
                !letter.is_empty() && letters.insert(letter.to_owned()),
                format!("{title}: refId {letter:?} is none, or another's"),
            );
            let expression = target["expr"].as_str().unwrap_or_default();
            let known: BTreeSet<&str> = METRICS
                .iter()
                .filter(|metric| expression.contains(metric.name))
                .flat_map(|metric| metric.labels.split_whitespace())
                .collect();
            for label in legend(target["legendFormat"].as_str().unwrap_or_default()) {
                must(known.contains(label), format!("{title}: the legend names `{label}`, which nothing of it has"));
            }
        }
    }
    wrong
}

/// The labels that a legend names.
fn legend(format: &str) -> impl Iterator<Item = &str> {
    format.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(label, _)| label.trim())
}

fn dashboards() -> Vec<Value> {
    let pages = read_all("docs/operate").into_iter().filter(|page| page.is_a("json"));
    pages
        .map(|page| serde_json::from_str(&page.text).unwrap_or_else(|error| panic!("{}: {error}", page.path)))
        .collect()
}

#[test]
fn the_dashboard_is_what_grafana_wants() {
    let dashboards = dashboards();
    assert!(!dashboards.is_empty(), "there is no dashboard");
    for dashboard in dashboards {
        assert_none(&wrong(&dashboard));
    }
}

#[test]
fn what_grafana_would_not_take_is_found() {
    let sound = dashboards().remove(0);
    let changed = |path: &str, value: Value| {
        let mut other = sound.clone();
        *other.pointer_mut(path).unwrap_or_else(|| panic!("nothing at {path}")) = value;
        wrong(&other)
    };
    for (path, value, finds) in [
        ("/title", json!(""), "title"),
        ("/schemaVersion", json!("39"), "schemaVersion"),
        ("/uid", json!("a b"), "uid"),
        ("/time/from", json!(""), "span of time"),
        ("/templating/list", json!([]), "no variable"),
        ("/templating/list/0/name", json!("other"), "its data come from"),
        ("/panels", json!([]), "no panels"),
        ("/panels/1/id", json!(1), "another's"),
        ("/panels/0/type", json!(null), "of no type"),
        ("/panels/0/datasource/uid", json!("abc"), "its data come from"),
        ("/panels/0/fieldConfig/overrides", json!(null), "fieldConfig"),
        ("/panels/1/gridPos/x", json!(11), "another panel stands there"),
        ("/panels/1/gridPos/w", json!(13), "outside of the 24 columns"),
        ("/panels/0/targets", json!([]), "asks nothing"),
        ("/panels/0/targets/0/expr", json!(""), "expression"),
        ("/panels/3/targets/1/refId", json!("A"), "refId"),
        ("/panels/0/targets/0/legendFormat", json!("{{ host }}"), "legend names `host`"),
    ] {
        let found = changed(path, value);
        assert!(found.iter().any(|said| said.contains(finds)), "{path}: {found:?}");
    }
    let mut moved = sound.clone();
    moved["id"] = json!(7);
    assert!(wrong(&moved)[0].contains("another Grafana"));
}
