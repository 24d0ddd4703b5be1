//! What was written, with the place of every key and value: a file as TOML, or one environment variable.

use super::error::{Place, Problem, Wrong};
use super::schema::{Kind, Schema};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) type Table = BTreeMap<String, Field>;

#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Of the key.
    pub place: Place,
    pub value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Whole(i64),
    /// A number with a fraction, as it was written.
    Fraction(String),
    /// Each element with its own place.
    List(Vec<Field>),
    Table(Table),
    /// A kind that no key takes: a date, a truth value. As it was written.
    Other(String),
}

#[cfg(test)]
impl Field {
    /// A value that was written nowhere.
    pub(super) fn bare(value: Value) -> Self {
        Self { place: Place::Default, value }
    }
}

impl Value {
    /// As a message shows it: short, on one line, and without a password in an address.
    pub(super) fn shown(&self) -> String {
        const SHOWN_CHARS: usize = 100;
        let whole = match self {
            Self::Text(text) => format!("{:?}", without_user(text)),
            Self::Whole(number) => number.to_string(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(|item| item.value.shown()).collect::<Vec<_>>().join(", "))
            }
            Self::Table(_) => "a table".to_owned(),
            Self::Fraction(text) | Self::Other(text) => text.clone(),
        };
        if whole.chars().count() <= SHOWN_CHARS {
            whole
        } else {
            whole.chars().take(SHOWN_CHARS).chain(['…']).collect()
        }
    }
}

/// `https://user:word@host/` without what stands before the `@`: it may be a password.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rfind('@') {
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => text.to_owned(),
    }
}

/// Reads a file, or says everything that keeps it from being TOML.
pub(super) fn from_file(name: &str, text: &str) -> Result<Table, Vec<Problem>> {
    let place = |offset| place_in(name, text, offset);
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table(root.get_ref(), &place));
    }
    let told = errors.iter().map(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let advice = if lacks_quotes(text, offset) { " (text stands in quotes)" } else { "" };
        let said = format!("{}{advice}", error.message().replace('\n', ", "));
        Problem { key: String::new(), place: place(offset), wrong: Wrong::Syntax(said) }
    });
    Err(told.collect())
}

/// Whether the line at `offset` gives a key a bare word: what people forget most.
fn lacks_quotes(text: &str, offset: usize) -> bool {
    let start = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    line.split_once('=').is_some_and(|(_, value)| {
        let value = value.trim();
        !value.is_empty() && !value.contains(['"', '\'', '[', '{']) && DeValue::parse(value).is_err()
    })
}

/// One variable as a table that holds it and nothing else. `path` is what follows the prefix in its name.
///
/// Where a text belongs, `value` needs no quotes; everywhere else it is TOML, and text when it is not.
pub(super) fn from_env(name: &str, path: &str, value: &str, schema: &Schema) -> Table {
    let place = Place::Env(name.to_owned());
    let path: Vec<String> = path.split("__").map(str::to_lowercase).collect();
    let quoted = value.starts_with(['"', '\'']);
    let bare = matches!(schema.kind(&path), Some(Kind::Text)) && !quoted;
    let mut value = match DeValue::parse(value) {
        Ok(parsed) if !bare => self::value(parsed.get_ref(), &|_| place.clone()),
        Ok(_) | Err(_) => Value::Text(value.to_owned()),
    };
    for key in path.into_iter().rev() {
        value = Value::Table(Table::from([(key, Field { place: place.clone(), value })]));
    }
    match value {
        Value::Table(root) => root,
        // Splitting yields at least one part, so the loop has made a table.
        Value::Text(_) | Value::Whole(_) | Value::Fraction(_) | Value::List(_) | Value::Other(_) => Table::new(),
    }
}

fn table(from: &DeTable<'_>, place: &dyn Fn(usize) -> Place) -> Table {
    from.iter()
        .map(|(key, of)| {
            let field = Field { place: place(key.span().start), value: value(of.get_ref(), place) };
            (key.get_ref().to_string(), field)
        })
        .collect()
}

fn value(from: &DeValue<'_>, place: &dyn Fn(usize) -> Place) -> Value {
    let item = |of: &Spanned<DeValue<'_>>| Field { place: place(of.span().start), value: value(of.get_ref(), place) };
    match from {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Other(number.to_string()), Value::Whole),
        DeValue::Array(items) => Value::List(items.iter().map(item).collect()),
        DeValue::Table(of) => Value::Table(table(of, place)),
        DeValue::Float(number) => Value::Fraction(number.to_string()),
        DeValue::Boolean(truth) => Value::Other(truth.to_string()),
        DeValue::Datetime(date) => Value::Other(date.to_string()),
    }
}

fn place_in(name: &str, text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place::File {
        name: name.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let table = from_file("a.toml", "\n[a]\n  b = ['é', 'x']").unwrap();
        let Value::Table(section) = &table["a"].value else { panic!("a section") };
        assert_eq!(section["b"].place, Place::File { name: "a.toml".into(), line: 3, column: 3 });
        let Value::List(items) = &section["b"].value else { panic!("a list") };
        assert_eq!(items[1].place, Place::File { name: "a.toml".into(), line: 3, column: 13 });
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let shown = Value::Text("https://bo:s3cr3t@x.example/a@b".into()).shown();
        assert_eq!(shown, "\"https://…@x.example/a@b\"");
        assert_eq!(Value::Text("https://x.example/@bo".into()).shown(), "\"https://x.example/@bo\"");
    }
}
