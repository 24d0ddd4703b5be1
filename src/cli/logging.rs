//! What gigcast says while it runs: one line for each thing that happened, as text for people or JSON for programs.
//!
//! One layer does all of it, so that the line on the terminal, the line in a file and the line that `gigcast logs` shows are the same
//! event. What goes into a line is in docs/LOGGING.md.

use super::Failed;
use super::log_file::Rotating;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::{Log, LogFormat, LogLevel};
use crate::redact::turns_its_surroundings;
use crate::web::admin::{Loudness, Tail};
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, IsTerminal, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Which lines are shown, and how much of each. The tail and the file have them all, whole.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown {
    Whole,
    /// Of those that are no warning, only those with one of these fields; and of each only its sentence.
    Sentences {
        about: &'static [&'static str],
    },
}

/// How a line looks on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    People,
    Programs,
    Journal,
}

/// From here on every event is written to standard error, to the log's file and to `tail`, at the level that `tail` has at the time. Once
/// per process; a second call changes nothing.
pub(super) fn start(log: &Log, tail: &Tail) -> Result<(), Failed> {
    start_showing(log, tail, Shown::Whole)
}

pub(super) fn start_showing(log: &Log, tail: &Tail, shown: Shown) -> Result<(), Failed> {
    let look = match log.format {
        LogFormat::Text => Look::People,
        LogFormat::Journal => Look::Journal,
        LogFormat::Auto if leads_to_journal() => Look::Journal,
        LogFormat::Auto if io::stderr().is_terminal() => Look::People,
        LogFormat::Json | LogFormat::Auto => Look::Programs,
    };
    let file =
        match &log.file {
            Some(to) => Some(Mutex::new(Rotating::open(to).map_err(|cause| {
                Failed::config(format!("log.file: {} cannot be written: {cause}", to.path.display()))
            })?)),
            None => None,
        };
    let loudness = tail.loudness.clone();
    let lines = Lines { look, tail: tail.clone(), file, shown, clock: SystemClock::default() };
    // Fails when one is set already, by a test in this process.
    let _ = tracing_subscriber::registry().with(lines.with_filter(Heard(loudness))).try_init();
    Ok(())
}

/// Whether standard error is the very stream that systemd said it leads to its journal: a program that was started with it redirected still
/// has the variable.
fn leads_to_journal() -> bool {
    let Some(said) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let own = io::stderr().as_fd().try_clone_to_owned().and_then(|own| File::from(own).metadata());
    own.is_ok_and(|own| said.to_str() == Some(&format!("{}:{}", own.dev(), own.ino())))
}

/// Lets lines through at the levels that hold now. Of ours the subject is known only when the line is made; so this asks the loudest of all.
struct Heard(Loudness);

impl Heard {
    fn level_of(&self, target: &str) -> LevelFilter {
        let levels = self.0.now();
        let library = target.split("::").next().unwrap_or(target);
        let level = match (library, levels.of.get(library)) {
            ("gigcast", _) => levels.loudest(),
            (_, Some(level)) => *level,
            // What libraries say is for their writers, unless it is a warning.
            (_, None) => levels.all.min(LogLevel::Warn),
        };
        filter(level)
    }
}

impl<S> Filter<S> for Heard {
    fn enabled(&self, about: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        *about.level() <= self.level_of(about.target())
    }

    /// Asked anew whenever the levels change, so that what is not heard costs nothing.
    fn callsite_enabled(&self, about: &'static Metadata<'static>) -> Interest {
        if *about.level() <= self.level_of(about.target()) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(filter(self.0.now().loudest()))
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

struct Lines {
    look: Look,
    tail: Tail,
    file: Option<Mutex<Rotating>>,
    shown: Shown,
    clock: SystemClock,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let level = *event.metadata().level();
        if !said.subject().is_none_or(|subject| self.tail.loudness.hears(subject, weight(level))) {
            return;
        }
        let now = self.clock.now();
        let json = said.json(now, level);
        self.tail.push(&json);
        let unwritten =
            self.file.as_ref().and_then(|file| file.lock().unwrap_or_else(PoisonError::into_inner).write(&json).err());
        if let Shown::Sentences { about } = self.shown {
            if level > Level::WARN && !said.fields.iter().any(|(name, _)| about.contains(name)) {
                return;
            }
            said.fields.clear();
        }
        // Nowhere is left to say that saying failed.
        let _ = match self.look {
            Look::People => writeln!(anstream::stderr().lock(), "{}", said.text(now, level)),
            Look::Programs => writeln!(io::stderr().lock(), "{json}"),
            Look::Journal => writeln!(io::stderr().lock(), "{}", said.journal(level)),
        };
        if let Some(cause) = unwritten {
            let _ = writeln!(io::stderr().lock(), "gigcast: log.file cannot be written: {cause}");
        }
    }
}

fn weight(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
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
    /// What stands before the dot in the event's name; nothing of a library's line.
    fn subject(&self) -> Option<&str> {
        let (_, event) = self.fields.iter().find(|(name, _)| *name == "event")?;
        event.as_str()?.split('.').next()
    }

    /// The journal has the time, and takes the priority from the number in front.
    fn journal(&self, level: Level) -> String {
        let priority = match level {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        let mut line = format!("<{priority}>{}", one_line(&self.message));
        for (name, value) in &self.fields {
            let _ = write!(line, " {name}={}", value.as_str().map_or_else(|| value.to_string(), one_line));
        }
        line
    }

    fn json(&self, now: Timestamp, level: Level) -> String {
        let mut line = format!(
            "{{\"time\":{},\"level\":{},\"message\":{}",
            Value::from(now.to_string()),
            Value::from(weight(level).word()),
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
        written_at(&tail, speak)
    }

    fn written_at(tail: &Tail, speak: impl FnOnce()) -> Vec<String> {
        let clock = SystemClock::default();
        let lines = Lines { look: Look::Programs, tail: tail.clone(), file: None, shown: Shown::Whole, clock };
        let lines = lines.with_filter(Heard(tail.loudness.clone()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), speak);
        tail.follow(usize::MAX).last.iter().map(|line| line.json.to_string()).collect()
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

    #[test]
    fn the_level_of_one_subject_changes_while_lines_are_written() {
        let tail = Tail::default();
        let lines = written_at(&tail, || {
            let say = || {
                tracing::debug!(event = "delivery.sending", "outbox");
                tracing::debug!(event = "gig.new", "gig");
            };
            say();
            tail.loudness.change("outbox=debug").unwrap();
            say();
            tail.loudness.reset();
            say();
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("\"outbox\""));
    }

    #[test]
    fn what_a_library_says_is_written_while_a_change_or_the_config_says_so_and_no_longer() {
        let tail = Tail::default();
        let lines = written_at(&tail, || {
            let say = |when: &str| tracing::debug!(target: "hyper::proto", "{when}");
            say("at first");
            tail.loudness.change("hyper=debug").unwrap();
            say("changed by hand");
            tail.loudness.reset();
            say("set back");
            tail.loudness.reconfigure("info,hyper=debug".parse().unwrap());
            say("as the config says");
            tail.loudness.reconfigure("info".parse().unwrap());
            say("as it says no more");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("changed by hand") && lines[1].contains("as the config says"), "{lines:?}");
    }

    #[test]
    fn the_journal_gets_a_priority_and_no_time() {
        let fields = vec![("event", Value::from("gig.new")), ("attempt", Value::from(2))];
        let said = Said { message: "a\nb".to_owned(), fields };
        assert_eq!(said.journal(Level::WARN), "<4>a b event=gig.new attempt=2");
    }
}
