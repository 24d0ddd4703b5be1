//! Reads one section through all layers: the first that has a key wins, the last is the defaults.
//!
//! A value that can't be meant is noted and the next layer answers instead, so that reading goes on and finds the other
//! problems as well.

use super::error::{Place, Problem, Wrong};
use super::written::{Field, Table, Value};
use std::cell::RefCell;

/// One section in all its layers, or one block over its template.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub name: &'a str,
    /// The highest first; the last has every key.
    pub layers: Vec<&'a Table>,
    pub problems: &'a RefCell<Vec<Problem>>,
}

impl<'a> Section<'a> {
    /// What `key` means; `meaning` refuses with a clause that says what it must be.
    pub(super) fn read<T>(&self, key: &str, meaning: impl Fn(&Value) -> Result<T, String>) -> T {
        for field in self.fields(key) {
            match meaning(&field.value) {
                Ok(meant) => return meant,
                Err(must) => self.refuse_field(key, field, must),
            }
        }
        unreachable!("default.toml has a valid default for `{}.{key}`: tests read all of it", self.name)
    }

    /// Notes that the value of `key` does not go together with another.
    pub(super) fn refuse(&self, key: &str, must: String) {
        if let Some(field) = self.fields(key).next() {
            self.refuse_field(key, field, must);
        }
    }

    /// The value that holds for `key`, and its place, as a message cites them.
    pub(super) fn cite(&self, key: &str) -> String {
        let cited = self.fields(key).next().map(|field| match &field.place {
            Place::Default => format!("{} by default", field.value.shown()),
            place @ (Place::Env(_) | Place::File { .. }) => format!("{} in {place}", field.value.shown()),
        });
        format!("`{}.{key}` ({})", self.name, cited.unwrap_or_default())
    }

    fn fields(&self, key: &str) -> impl Iterator<Item = &'a Field> {
        self.layers.iter().filter_map(move |layer| layer.get(key))
    }

    fn refuse_field(&self, key: &str, field: &Field, must: String) {
        self.problems.borrow_mut().push(Problem {
            key: format!("{}.{key}", self.name),
            place: field.place.clone(),
            wrong: Wrong::Value { written: field.value.shown(), must },
        });
    }
}
