//! What gigcast says while it runs: one line for each thing that happened, as text for people or JSON for programs.
//!
//! One layer does all of it, so that the line on the terminal, the line in a file and the line that `gigcast logs` shows are the same
//! event. What goes into a line is in docs/LOGGING.md.

use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::{Log, LogFormat, LogLevel};
use crate::redact::turns_its_surroundings;
use crate::web::admin::Tail;
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write as _};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Which lines are shown, and how much of each. `tail` has them all, whole.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown {
    Whole,
    /// Of those that are no warning, only those with one of these fields; and of each only its sentence.
    Sentences {
        about: &'static [&'static str],
    },
}

/// From here on every event is written to standard error, and to `tail`. Once per process; a second call changes nothing.
pub(super) fn start(log: Log, tail: Option<Tail>) {
    start_showing(log, tail, Shown::Whole);
}

pub(super) fn start_showing(log: Log, tail: Option<Tail>, shown: Shown) {
    let people = match log.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => io::stderr().is_terminal(),
    };
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // What libraries say is for their writers, unless it is a warning.
    let filter = Targets::new().with_default(LevelFilter::WARN.min(level)).with_target("gigcast", level);
    let lines = Lines { people, tail, shown, clock: SystemClock::default() };
    // Fails when one is set already, by a test in this process.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
}

struct Lines {
    people: bool,
    tail: Option<Tail>,
    shown: Shown,
    clock: SystemClock,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let now = self.clock.now();
        let level = *event.metadata().level();
        let json = (!self.people || self.tail.is_some()).then(|| said.json(now, level));
        if let (Some(tail), Some(json)) = (&self.tail, &json) {
            tail.push(json);
        }
        if let Shown::Sentences { about } = self.shown {
            if level > Level::WARN && !said.fields.iter().any(|(name, _)| about.contains(name)) {
                return;
            }
            said.fields.clear();
        }
        let line = match json {
            Some(json) if !self.people => json,
            _ => said.text(now, level),
        };
        // Nowhere is left to say that saying failed.
        let _ = if self.people {
            writeln!(anstream::stderr().lock(), "{line}")
        } else {
            writeln!(io::stderr().lock(), "{line}")
        };
    }
}

/// One event: its sentence, and its fields in their order.
#[derive(Debug, Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.fields.push((field.name(), format!("{value:?}").into()));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), value.into()));
    }
}

impl Said {
    fn json(&self, now: Timestamp, level: Level) -> String {
        let mut line = format!(
            "{{\"time\":{},\"level\":{},\"message\":{}",
            Value::from(now.to_string()),
            Value::from(word(level)),
            Value::from(self.message.as_str())
        );
        for (name, value) in &self.fields {
            let _ = write!(line, ",{}:{value}", Value::from(*name));
        }
        line.push('}');
        line
    }

    fn text(&self, now: Timestamp, level: Level) -> String {
        let fields = self.fields.iter().map(|(name, value)| (*name, value));
        text(&now.to_jiff().strftime("%H:%M:%S").to_string(), level, &self.message, fields)
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// One line for people: time, sign, sentence, and the fields dimmed.
fn text<'a>(time: &str, level: Level, message: &str, fields: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let (sign, style) = sign(level);
    let dim = Style::new().dimmed();
    let mut line = format!("{dim}{time:8}{dim:#} {style}{sign}{style:#} {}", one_line(message));
    for (name, value) in fields {
        let shown = value.as_str().map_or_else(|| value.to_string(), one_line);
        let _ = write!(line, " {dim}{name}={shown}{dim:#}");
    }
    line
}

/// A line that was written as JSON, for people again. What is no JSON stays as it is.
pub(super) fn text_of(json: &str) -> String {
    let Ok(Value::Object(line)) = serde_json::from_str::<Value>(json) else { return one_line(json) };
    let part = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = Timestamp::parse_rfc3339(part("time"));
    let time = time.map_or_else(String::new, |at| at.to_jiff().strftime("%H:%M:%S").to_string());
    let level = part("level").parse().unwrap_or(Level::INFO);
    let fields = line.iter().filter(|(name, _)| !["time", "level", "message"].contains(&name.as_str()));
    text(&time, level, part("message"), fields.map(|(name, value)| (name.as_str(), value)))
}

/// A sign of equal width for each level; the word would only repeat what the sentence says.
fn sign(level: Level) -> (&'static str, Style) {
    match level {
        Level::ERROR => ("✗", AnsiColor::Red.on_default().bold()),
        Level::WARN => ("!", AnsiColor::Yellow.on_default().bold()),
        Level::INFO => ("·", AnsiColor::Cyan.on_default()),
        Level::DEBUG => ("-", Style::new().dimmed()),
        Level::TRACE => (" ", Style::new().dimmed()),
    }
}

/// What strangers wrote may hold ends of lines, terminal codes and marks that turn the direction; a line stays one line, read one way.
fn one_line(text: &str) -> String {
    let seen = text.chars().filter(|c| !turns_its_surroundings(*c));
    seen.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    /// What the layer makes of what is said in `speak`.
    fn written(speak: impl FnOnce()) -> Vec<String> {
        let tail = Tail::default();
        let lines =
            Lines { people: false, tail: Some(tail.clone()), shown: Shown::Whole, clock: SystemClock::default() };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), speak);
        tail.follow(usize::MAX).0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_is_one_json_object_with_the_names_as_they_were_given() {
        let lines = written(|| {
            let nothing: Option<u64> = None;
            tracing::info!(gig.id = "gig_1", attempt = 2u64, duration_ms = nothing, "It is \"out\"\non two lines");
        });
        let (time, rest) = lines[0].split_once(",\"level\"").unwrap();
        assert!(time.starts_with("{\"time\":\"20"), "{time}");
        assert_eq!(
            rest,
            ":\"info\",\"message\":\"It is \\\"out\\\"\\non two lines\",\"gig.id\":\"gig_1\",\"attempt\":2}"
        );
        assert!(serde_json::from_str::<Value>(&lines[0]).is_ok());
    }

    #[test]
    fn a_secret_that_slips_into_a_field_stays_one() {
        let lines = written(|| tracing::warn!(token = ?Secret::new("hunter2"), "said"));
        assert!(!lines[0].contains("hunter2") && lines[0].contains("\"token\":\"…\""), "{}", lines[0]);
    }

    #[test]
    fn people_read_time_sign_sentence_and_fields_on_one_line() {
        let fields = vec![("gig.id", Value::from("gig_1")), ("attempt", Value::from(2))];
        let said = Said { message: "a\nb \u{1b}[31mred".to_owned(), fields };
        let line = anstream::adapter::strip_str(&said.text(NOON, Level::WARN)).to_string();
        assert_eq!(line, "12:00:00 ! a b  [31mred gig.id=gig_1 attempt=2");
        let again = anstream::adapter::strip_str(&text_of(&said.json(NOON, Level::WARN))).to_string();
        assert_eq!(again, "12:00:00 ! a b  [31mred attempt=2 gig.id=gig_1");
    }
}
