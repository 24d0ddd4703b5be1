//! What other people's programs read of what gigcast tells: traces by the protocol's own schema, metrics and alerts by Prometheus.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::collector::{Collector, Mood};
use crate::traces::life;
use gigcast::telemetry::metrics::METRICS;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn asked(mut program: Command, input: &str) -> Output {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut to, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writing = std::thread::spawn(move || to.write_all(input.as_bytes()));
    let said = child.wait_with_output().unwrap();
    // It may have said no before it had read all.
    let _ = writing.join().unwrap();
    said
}

/// What a peer's `read.py` makes of it, a line each.
fn read_by(peer: &str, input: &str) -> Vec<Value> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder in the target folder");
    let home = target.join("peers").join(peer);
    assert!(home.join(".made-from").exists(), "it is not there: tests/peers/install {peer}");
    let mut python = Command::new(home.join("bin/python"));
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(peer).join("read.py"));
    let said = asked(python, input);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn read_by_the_schema(bodies: &[String]) -> Vec<Value> {
    read_by("opentelemetry-proto", &(bodies.join("\n") + "\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs opentelemetry-proto: tests/run brings and asks it"]
async fn the_protocols_own_schema_reads_every_trace() {
    let collector = Collector::start(Mood::Takes).await;
    life(&collector.endpoint).await;
    let (bodies, spans) = (collector.bodies(), collector.spans());
    let read = read_by_the_schema(&bodies);
    let names: Vec<&str> = read
        .iter()
        .flat_map(|one| one["spans"].as_array().unwrap_or_else(|| panic!("{one}")))
        .map(|name| name.as_str().unwrap())
        .collect();
    let expected: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert!(names.len() > 6 && names == expected, "{names:?}");
    let odd = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{ "nayme": "gig" }] }] }] }).to_string();
    let short = bodies[0].replacen("\"spanId\":\"", "\"spanId\":\"00", 1);
    for wrong in [odd, short] {
        assert!(read_by_the_schema(&[wrong])[0]["wrong"].is_string(), "it says yes to anything");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Prometheus's promtool: tests/run asks it"]
async fn prometheus_finds_nothing_to_say_of_what_it_scrapes() {
    let collector = Collector::start(Mood::Takes).await;
    let metrics = life(&collector.endpoint).await.classic;
    let check = |text: &str| {
        let mut promtool = Command::new("promtool");
        promtool.args(["check", "metrics"]);
        asked(promtool, text)
    };
    let said = check(&metrics);
    assert!(said.status.success() && said.stderr.is_empty(), "{}\n{metrics}", String::from_utf8_lossy(&said.stderr));
    assert!(!check(&metrics.replace("# TYPE", "# TIPE")).status.success(), "it says yes to anything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs prometheus-client: tests/run brings and asks it"]
async fn the_reference_reader_of_openmetrics_reads_every_family() {
    let collector = Collector::start(Mood::Takes).await;
    let metrics = life(&collector.endpoint).await.metrics;
    let read = read_by("prometheus-client", &metrics);
    let families: Vec<&str> = read[0]["families"]
        .as_array()
        .unwrap_or_else(|| panic!("{read:?}\n{metrics}"))
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert_eq!(families.len(), METRICS.len(), "{families:?}");
    assert!(METRICS.iter().all(|metric| families.contains(&metric.name)), "{families:?}");
    for (from, to) in [("# EOF\n", ""), ("duration_seconds seconds", "duration_seconds hours"), ("_total", "")] {
        let wrong = &read_by("prometheus-client", &metrics.replace(from, to))[0];
        assert!(wrong["wrong"].is_string(), "it takes {to:?} for {from:?}: {wrong}");
    }
}

#[test]
#[ignore = "needs Prometheus's promtool: tests/run asks it"]
fn prometheus_takes_the_alert_rules() {
    let check = |path: &Path| {
        Command::new("promtool").args(["check", "rules", "--lint=all", "--lint-fatal"]).arg(path).output().unwrap()
    };
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operate/prometheus-alerts.yml");
    let said = check(&rules);
    assert!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
    let torn = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(torn.path(), std::fs::read_to_string(&rules).unwrap().replace("rate(", "rat(")).unwrap();
    assert!(!check(torn.path()).status.success(), "it says yes to anything");
}

#[test]
#[ignore = "needs Prometheus's promtool: tests/run asks it"]
fn prometheus_reads_every_expression_of_the_dashboard() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operate/grafana-dashboard.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(expressions.len() > 15, "{expressions:?}");
    // As the rules that would record them: YAML reads what JSON writes.
    let check = |expressions: &[String]| {
        let rule = |(n, expr): (usize, &String)| json!({ "record": format!("panel:target{n}:shown"), "expr": expr });
        let rules: Vec<Value> = expressions.iter().enumerate().map(rule).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), json!({ "groups": [{ "name": "dashboard", "rules": rules }] }).to_string())
            .unwrap();
        Command::new("promtool")
            .args(["check", "rules", "--lint=all", "--lint-fatal"])
            .arg(file.path())
            .output()
            .unwrap()
    };
    let sound: Vec<String> = expressions.iter().map(ToString::to_string).collect();
    let said = check(&sound);
    assert!(
        said.status.success(),
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
    for n in 0..sound.len() {
        let mut torn = sound.clone();
        torn[n].push(')');
        assert!(!check(&torn).status.success(), "it says yes to {}", torn[n]);
    }
}
