//! What is wrong with a configuration, told so that one can mend it without looking anything up.
//!
//! A problem names its key, where it was written, what stands there, and what may. All problems are told at once: a person
//! should not mend a file one start at a time.

use std::fmt;

/// All that is wrong, in the order in which it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// With its section, as in `server.listen`; in a `[[source]]`, `source.url`.
    pub key: String,
    pub place: Place,
    pub wrong: Wrong,
}

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Default,
    /// The variable's whole name.
    Env(String),
    /// Lines and columns count from 1; a column counts characters.
    File {
        name: String,
        line: usize,
        column: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is no TOML; in the parser's words.
    Syntax(String),
    Unknown(Hint),
    /// A text where a number belongs, and the like.
    Kind {
        wanted: &'static str,
        found: String,
    },
    /// Of the right kind, but it can't be meant.
    Value {
        written: String,
        /// A whole clause: "it must be ...".
        must: String,
    },
    /// Something that this block can't do without; the clause says why.
    Missing(&'static str),
}

/// What may have been meant by an unknown key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    Near(String),
    /// Another section has a key of this very name.
    BelongsIn(String),
    /// All that stand here.
    Known(Vec<String>),
}

impl ConfigError {
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        Self { problems }
    }

    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    /// One line for each problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the defaults"),
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File { name, line, .. } => write!(f, "{name} line {line}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, place, wrong } = self;
        let (section, last) = key.rsplit_once('.').unwrap_or(("", key));
        match wrong {
            Wrong::Syntax(said) => match place {
                Place::File { name, line, column } => {
                    write!(f, "{name} line {line}, column {column} is not valid TOML: {said}")
                }
                Place::Env(_) | Place::Default => write!(f, "{place} is not valid TOML: {said}"),
            },
            Wrong::Unknown(hint) => {
                // An environment variable names its section itself.
                match (section, place) {
                    ("", _) | (_, Place::Env(_)) => write!(f, "unknown key `{last}` in {place}: ")?,
                    ("source", _) => write!(f, "unknown key `{last}` in [[source]], {place}: ")?,
                    _ => write!(f, "unknown key `{last}` in [{section}], {place}: ")?,
                }
                match hint {
                    Hint::Near(near) => write!(f, "did you mean `{near}`?"),
                    Hint::BelongsIn(other) => write!(f, "it belongs in [{other}]"),
                    Hint::Known(known) => write!(f, "known here: {}", known.join(", ")),
                }
            }
            Wrong::Kind { wanted, found } => write!(f, "`{key}` in {place} must be {wanted}, not {found}"),
            Wrong::Value { written, must } => write!(f, "`{key}` in {place} is {written}: {must}"),
            Wrong::Missing(why) => write!(f, "`{last}` is missing from [[{section}]] in {place}: {why}"),
        }
    }
}
