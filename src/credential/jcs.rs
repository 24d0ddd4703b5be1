//! JSON in the one form that is signed (JCS, RFC 8785), for documents of texts and whole numbers.
//!
//! JCS is easy but for two things: fractions, which must be written as JavaScript writes them, and documents that two readers understand
//! differently, such as an object with a key twice. Our credentials need neither, so neither is read: what remains is a sorted object without
//! blanks. [`parse`] refuses the rest by name, so that what was signed and what is understood are the same.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Whole numbers beyond this are not told apart by readers that hold them as floats, as JavaScript does.
pub const LARGEST: i64 = (1 << 53) - 1;

pub type Object = BTreeMap<String, Json>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    Text(String),
    /// At most [`LARGEST`], either way.
    Number(i64),
    List(Vec<Json>),
    Object(Object),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("this is no JSON: line {line}, column {column}")]
    Syntax { line: usize, column: usize },
    #[error("the key `{0}` stands twice in one object, so that it could be read in two ways")]
    DuplicateKey(String),
    #[error("{0} is there, where a vouch has only texts and whole numbers")]
    Outside(&'static str),
}

impl Json {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An object of these members.
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::Object(object(members))
    }
}

pub fn object<const N: usize>(members: [(&str, Json); N]) -> Object {
    members.map(|(key, value)| (key.to_owned(), value)).into()
}

/// What strangers wrote, short enough for a sentence and without anything that acts on a terminal or turns the text around.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// The one text that this object has.
pub fn canonical(object: &Object) -> String {
    let mut text = String::new();
    write_object(object, &mut text);
    text
}

fn write_object(object: &Object, text: &mut String) {
    let mut members: Vec<_> = object.iter().collect();
    // RFC 8785 orders by UTF-16, which is not the order of the map where letters lie beyond 16 bits.
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    for (n, (key, value)) in members.into_iter().enumerate() {
        text.push(if n == 0 { '{' } else { ',' });
        write_text(key, text);
        text.push(':');
        write_value(value, text);
    }
    text.push_str(if object.is_empty() { "{}" } else { "}" });
}

fn write_value(value: &Json, text: &mut String) {
    match value {
        Json::Text(own) => write_text(own, text),
        Json::Number(own) => text.push_str(&own.to_string()),
        Json::List(items) => {
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                write_value(item, text);
            }
            text.push(']');
        }
        Json::Object(own) => write_object(own, text),
    }
}

/// Only what must be escaped is, and in the short form where there is one.
fn write_text(own: &str, text: &mut String) {
    text.push('"');
    for letter in own.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control if control < ' ' => {
                write!(text, "\\u{:04x}", u32::from(control)).expect("a text in memory takes all");
            }
            plain => text.push(plain),
        }
    }
    text.push('"');
}

/// One document, and nothing behind it. Whoever calls it has looked at its size.
pub fn parse(bytes: &[u8]) -> Result<Json, JsonError> {
    let refused = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Strict(&refused).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| refused.take().unwrap_or(JsonError::Syntax { line: error.line(), column: error.column() }))
}

/// Reads what is signed and refuses what is not. Why it refused is left in the cell, as errors of the reader are only prose.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a RefCell<Option<JsonError>>);

impl Strict<'_> {
    fn refuse<T, E: Error>(self, why: JsonError) -> Result<T, E> {
        self.0.replace(Some(why));
        Err(E::custom("refused"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts, whole numbers, lists and objects")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::text(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        if (-LARGEST..=LARGEST).contains(&number) {
            Ok(Json::Number(number))
        } else {
            self.refuse(JsonError::Outside("a number beyond 2^53"))
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        self.refuse(JsonError::Outside("a fraction, an exponent or a number beyond 2^53"))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        self.refuse(JsonError::Outside("true or false"))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        self.refuse(JsonError::Outside("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut object = Object::new();
        while let Some(key) = from.next_key::<String>()? {
            if object.contains_key(&key) {
                return self.refuse(JsonError::DuplicateKey(shown(&key)));
            }
            let value = from.next_value_seed(self)?;
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<String, JsonError> {
        match parse(text.as_bytes())? {
            Json::Object(object) => Ok(canonical(&object)),
            other => Ok(canonical(&object([("", other)]))),
        }
    }

    #[test]
    fn keys_are_sorted_by_utf_16_and_blanks_are_gone() {
        let text = "{ \"\u{fb33}\": 1, \"\u{1f600}\": [2 , {}], \"\u{20ac}\": \"x\", \"10\": [], \"1\": -7, \"\": 0 }";
        assert_eq!(
            read(text).unwrap(),
            "{\"\":0,\"1\":-7,\"10\":[],\"\u{20ac}\":\"x\",\"\u{1f600}\":[2,{}],\"\u{fb33}\":1}",
            "a smiling face comes before a Hebrew letter, since its first half does"
        );
    }

    #[test]
    fn texts_are_escaped_no_more_than_they_must_be() {
        let text = r#"{"a":"\u0022\/\u005c\u0008\u0009\u000a\u000c\u000d\u001f\u007f\u20ac\ud83d\ude00"}"#;
        assert_eq!(read(text).unwrap(), "{\"a\":\"\\\"/\\\\\\b\\t\\n\\f\\r\\u001f\u{7f}\u{20ac}\u{1f600}\"}");
    }

    #[test]
    fn what_could_be_written_or_read_in_two_ways_is_refused_by_name() {
        for outside in ["1.5", "1.0", "1e2", "-0", "true", "null", "9007199254740992", "-9007199254740992", "1e400"] {
            let refused = read(&format!("{{\"a\":[{outside}]}}")).unwrap_err();
            assert!(matches!(refused, JsonError::Outside(_) | JsonError::Syntax { .. }), "{outside}: {refused:?}");
        }
        assert_eq!(read("{\"a\":{\"b\":1,\"\\u0062\":1}}"), Err(JsonError::DuplicateKey("b".to_owned())));
        assert!(matches!(read("{\"a\":true}"), Err(JsonError::Outside("true or false"))));
        assert_eq!(read("{\"a\":9007199254740991}").unwrap(), "{\"a\":9007199254740991}");
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        for wrong in ["", "{", "{}{}", "{\"a\":1,}", "{'a':1}", "\u{feff}{}", "{\"a\":\"\\ud800\"}", "{\"a\":01}"] {
            assert!(matches!(read(wrong), Err(JsonError::Syntax { .. })), "{wrong}");
        }
        assert!(matches!(parse(b"{\"\xff\":1}"), Err(JsonError::Syntax { line: 1, .. })));
        let deep = "[".repeat(100_000);
        assert!(matches!(read(&deep), Err(JsonError::Syntax { .. })), "no depth overflows the stack");
    }

    #[test]
    fn a_strangers_key_is_shown_short_and_harmless() {
        let key = format!("\u{202e}\u{1b}[31m{}", "x".repeat(1000));
        let refused = parse(serde_json::to_string(&key).map(|k| format!("{{{k}:1,{k}:1}}")).unwrap().as_bytes());
        let said = refused.unwrap_err().to_string();
        assert!(said.len() < 200 && !said.contains(['\u{202e}', '\u{1b}']), "{said}");
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![any::<String>().prop_map(Json::Text), (-LARGEST..=LARGEST).prop_map(Json::Number)];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::List),
                proptest::collection::btree_map(any::<String>(), inner, 0..5).prop_map(Json::Object),
            ]
        })
    }

    fn any_object() -> impl Strategy<Value = Object> {
        proptest::collection::btree_map(any::<String>(), any_json(), 0..6)
    }

    /// As somebody else would write it: in any order of keys, with blanks and with needless escapes.
    fn scribbled(value: &Json, backwards: bool) -> String {
        match value {
            Json::Text(own) => {
                let units: Vec<String> = own.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
                format!("\"{}\"", units.concat())
            }
            Json::Number(own) => own.to_string(),
            Json::List(items) => {
                let items: Vec<_> = items.iter().map(|item| scribbled(item, backwards)).collect();
                format!("[ {} ]", items.join(" ,\n"))
            }
            Json::Object(own) => {
                let mut members: Vec<_> = own
                    .iter()
                    .map(|(key, value)| {
                        format!("{} :\t{}", scribbled(&Json::text(key), backwards), scribbled(value, backwards))
                    })
                    .collect();
                if backwards {
                    members.reverse();
                }
                format!("{{ {} }}", members.join(" , "))
            }
        }
    }

    proptest! {
        #[test]
        fn the_form_does_not_depend_on_how_it_was_written(object in any_object()) {
            let form = canonical(&object);
            for backwards in [false, true] {
                let read = parse(scribbled(&Json::Object(object.clone()), backwards).as_bytes());
                prop_assert_eq!(read.as_ref(), Ok(&Json::Object(object.clone())));
            }
            prop_assert_eq!(parse(form.as_bytes()), Ok(Json::Object(object)), "it reads back as what it was");
        }

        #[test]
        fn the_form_is_what_another_writer_makes_of_it(object in any_object()) {
            let form = canonical(&object);
            let other: serde_json::Value = serde_json::from_str(&form).unwrap();
            // It sorts by bytes, which is the same order where all letters are below 16 bits' end.
            if form.chars().all(|letter| u32::from(letter) < 0xd800) {
                prop_assert_eq!(other.to_string(), form);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\":,\\\\u0-9a-ftrnl.eE+ -]{0,80}") {
            let _ = parse(text.as_bytes());
        }
    }
}
