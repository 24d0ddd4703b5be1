//! The fields of an object, taken out one by one; what is left over at the end was not ours.

use super::jcs::{Json, Object, shown};
use super::refused::Refused;
use crate::clock::Timestamp;
use std::str::FromStr;

#[derive(Debug)]
pub(super) struct Fields {
    /// Where the object stands, with a full stop at its end; empty for the whole document.
    at: &'static str,
    left: Object,
}

impl Fields {
    pub(super) fn of(at: &'static str, left: Object) -> Self {
        Self { at, left }
    }

    pub(super) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.at)
    }

    pub(super) fn wrong(&self, name: &str, wanted: &'static str) -> Refused {
        Refused::Field { field: self.name(name), wanted }
    }

    pub(super) fn if_there(&mut self, name: &str) -> Option<Json> {
        self.left.remove(name)
    }

    pub(super) fn any(&mut self, name: &str) -> Result<Json, Refused> {
        self.if_there(name).ok_or_else(|| Refused::Missing(self.name(name)))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Refused> {
        match self.any(name)? {
            Json::Text(text) => Ok(text),
            _ => Err(self.wrong(name, "a text")),
        }
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Object, Refused> {
        match self.any(name)? {
            Json::Object(object) => Ok(object),
            _ => Err(self.wrong(name, "an object")),
        }
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, wanted: &'static str) -> Result<T, Refused> {
        self.text(name)?.parse().map_err(|_| self.wrong(name, wanted))
    }

    pub(super) fn time(&mut self, name: &str) -> Result<Timestamp, Refused> {
        read_time(&self.text(name)?)
            .ok_or_else(|| self.wrong(name, "a time in UTC with whole seconds, as in 2026-01-15T00:00:00Z"))
    }

    pub(super) fn end(self) -> Result<(), Refused> {
        match self.left.keys().next() {
            Some(name) => Err(Refused::UnknownField(self.name(&shown(name)))),
            None => Ok(()),
        }
    }
}

/// In whole seconds, the rest cut off.
pub(super) fn time_text(at: Timestamp) -> String {
    format!("{:.0}", at.to_jiff())
}

/// In the one spelling that [`time_text`] has.
fn read_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text).filter(|at| time_text(*at) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_spelling() {
        let at = read_time("2026-01-15T00:00:00Z").unwrap();
        assert_eq!(at, Timestamp::from_millis(1_768_435_200_000));
        assert_eq!(time_text(Timestamp::from_millis(1_768_435_200_999)), "2026-01-15T00:00:00Z");
        for other in [
            "",
            "2026-01-15",
            "2026-01-15T00:00:00",
            "2026-01-15T00:00:00.5Z",
            "2026-01-15T00:00:00+00:00",
            "2026-01-15 00:00:00Z",
            "2026-01-15T00:00:00z",
            "2026-02-30T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "12026-01-15T00:00:00Z",
            "9999-99-99T99:99:99Z",
        ] {
            assert_eq!(read_time(other), None, "{other}");
        }
    }
}
