//! What is written into the log, in which form and where to.

use super::value::{Meaning, optional, word};
use super::written::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub format: LogFormat,
    pub level: Levels,
    /// Written beside standard error.
    pub file: Option<LogFile>,
}

/// Lines as JSON, never more than `(keep + 1) * bytes` of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    pub path: PathBuf,
    /// A file of this size is put aside, and a new one begun.
    pub bytes: u64,
    /// So many that were put aside are kept.
    pub keep: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For the journal where standard error leads there, text on a terminal, JSON elsewhere.
    Auto,
    Text,
    Json,
    /// A priority and a sentence: the journal adds the time, and shows colours of its own.
    Journal,
}

/// In order: what is heard at one level is heard at those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    fn of(written: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == written)
    }
}

/// A level for everything of ours, and others for some subjects: `info,outbox=trace,hyper=debug`.
///
/// A subject is what stands before the dot in an event's name, `outbox` for all of deliveries and lanes, or the name of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    pub all: LogLevel,
    pub of: BTreeMap<String, LogLevel>,
}

/// Subjects that go together under a word of the trade.
const OUTBOX: (&str, [&str; 2]) = ("outbox", ["delivery", "lane"]);

impl Levels {
    pub const fn only(all: LogLevel) -> Self {
        Self { all, of: BTreeMap::new() }
    }

    /// The level of a line about this subject.
    pub fn about(&self, subject: &str) -> LogLevel {
        let group = OUTBOX.1.contains(&subject).then(|| self.of.get(OUTBOX.0)).flatten();
        self.of.get(subject).or(group).copied().unwrap_or(self.all)
    }

    /// The loudest of all.
    pub fn loudest(&self) -> LogLevel {
        self.of.values().copied().chain([self.all]).max().unwrap_or(self.all)
    }

    /// These levels with what is written in `change` in their place: `debug` for all, `outbox=trace` for one subject.
    pub fn changed(&self, change: &str) -> Result<Self, String> {
        let mut levels = self.clone();
        for part in change.split(',').map(str::trim) {
            let (subject, level) = part.split_once('=').map_or((None, part), |(subject, level)| (Some(subject), level));
            let level = LogLevel::of(level.trim()).ok_or_else(|| {
                format!("`{part}` is no level: write \"error\", \"warn\", \"info\", \"debug\" or \"trace\", or a subject's as in \"outbox=trace\"")
            })?;
            match subject.map(str::trim) {
                None => levels.all = level,
                Some(subject) if is_subject(subject) => {
                    levels.of.insert(subject.to_owned(), level);
                }
                Some(subject) => return Err(format!("`{subject}` is no subject: write one as in \"outbox=trace\"")),
            }
        }
        Ok(levels)
    }
}

fn is_subject(written: &str) -> bool {
    !written.is_empty() && written.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
}

impl FromStr for Levels {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        Self::only(LogLevel::Info).changed(written)
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.all.word())?;
        self.of.iter().try_for_each(|(subject, level)| write!(f, ",{subject}={}", level.word()))
    }
}

pub(super) fn levels(value: &Value) -> Meaning<Levels> {
    optional(value)?.unwrap_or_default().parse().map_err(|wrong: String| format!("it must be levels, and {wrong}"))
}

pub(super) fn format(value: &Value) -> Meaning<LogFormat> {
    word(&[
        ("auto", LogFormat::Auto),
        ("text", LogFormat::Text),
        ("json", LogFormat::Json),
        ("journal", LogFormat::Journal),
    ])(value)
}

pub(super) fn file(path: Option<PathBuf>, bytes: u64, keep: u32) -> Option<LogFile> {
    path.map(|path| LogFile { path, bytes, keep })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_for_a_subject_stands_beside_the_one_for_all() {
        let levels: Levels = "info,outbox=trace, source=error".parse().unwrap();
        assert_eq!((levels.about("gig"), levels.about("source")), (LogLevel::Info, LogLevel::Error));
        assert_eq!((levels.about("delivery"), levels.about("lane")), (LogLevel::Trace, LogLevel::Trace));
        assert_eq!(levels.loudest(), LogLevel::Trace);
        let louder = levels.changed("delivery=warn").unwrap();
        assert_eq!((louder.about("delivery"), louder.about("lane")), (LogLevel::Warn, LogLevel::Trace));
        assert_eq!(louder.to_string(), "info,delivery=warn,outbox=trace,source=error");
        assert_eq!(louder.to_string().parse(), Ok(louder));
    }

    #[test]
    fn what_is_no_level_is_named() {
        for wrong in ["loud", "outbox=", "=debug", "Out Box=debug", "outbox=trace,", ""] {
            let said = wrong.parse::<Levels>().unwrap_err();
            assert!(said.contains("is no level") || said.contains("is no subject"), "{wrong}: {said}");
        }
    }
}
