//! What gigcast says while it runs: one line for each thing that happened, as text for people or JSON for programs.
//!
//! One layer does all of it, so that the line on the terminal, the line in a file and the line that `gigcast logs` shows are the same
//! event. What goes into a line is in docs/LOGGING.md.

use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::{Log, LogFormat, LogLevel};
use crate::web::admin::Tail;
use anstyle::{AnsiColor, Style};
use serde_json::{Map, Value};
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write as _};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// From here on every event is written to standard error, and to `tail`. Once per process; a second call changes nothing.
pub(super) fn start(log: Log, tail: Option<Tail>) {
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
    let lines = Lines { people, tail, clock: SystemClock::default() };
    // Fails when one is set already, by a test in this process.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
}

struct Lines {
    people: bool,
    tail: Option<Tail>,
    clock: SystemClock,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let now = self.clock.now();
        let level = *event.metadata().level();
        let json = (!self.people || self.tail.is_some()).then(|| said.json(now, level));
        let line = match &json {
            Some(json) if !self.people => json.clone(),
            _ => said.text(now, level),
        };
        // Nowhere is left to say that saying failed.
        let _ = if self.people {
            writeln!(anstream::stderr().lock(), "{line}")
        } else {
            writeln!(io::stderr().lock(), "{line}")
        };
        if let (Some(tail), Some(json)) = (&self.tail, json) {
            tail.push(&json);
        }
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
        let mut line = Map::new();
        line.insert("time".to_owned(), now.to_string().into());
        line.insert("level".to_owned(), level.as_str().to_lowercase().into());
        line.insert("message".to_owned(), self.message.as_str().into());
        for (name, value) in &self.fields {
            line.insert((*name).to_owned(), value.clone());
        }
        Value::Object(line).to_string()
    }

    fn text(&self, now: Timestamp, level: Level) -> String {
        let (sign, style) = sign(level);
        let dim = Style::new().dimmed();
        let time = now.to_jiff().strftime("%H:%M:%S");
        let mut line = format!("{dim}{time}{dim:#} {style}{sign}{style:#} {}", one_line(&self.message));
        for (name, value) in &self.fields {
            let shown = value.as_str().map_or_else(|| value.to_string(), one_line);
            let _ = write!(line, " {dim}{name}={shown}{dim:#}");
        }
        line
    }
}

/// A sign of equal width for each level; the word would only repeat what the sentence says.
pub(super) fn sign(level: Level) -> (&'static str, Style) {
    match level {
        Level::ERROR => ("✗", AnsiColor::Red.on_default().bold()),
        Level::WARN => ("!", AnsiColor::Yellow.on_default().bold()),
        Level::INFO => ("·", AnsiColor::Cyan.on_default()),
        Level::DEBUG => ("-", Style::new().dimmed()),
        Level::TRACE => (" ", Style::new().dimmed()),
    }
}

/// What strangers wrote may hold ends of lines and terminal codes; a line stays one line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
