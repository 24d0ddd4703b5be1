//! JSON as pages hold it: read strictly when it is valid, and else repaired where only one meaning is likely.
//!
//! Templates write JSON by hand, and browsers never complain: commas too many, line ends in texts, comments and CDATA marks around it, quotation marks
//! that were not escaped, all of it escaped as HTML, two documents in one script. Search engines read most of that, so its authors never learn of
//! it. What is cut short in the midst of a text is refused: half a gig is a wrong gig.
//!
//! Each byte is looked at a few times at most, whatever is written: nothing here goes back and tries again.

use serde_json::{Map, Value};

/// Deeper nesting is not read.
const DEPTH: usize = 64;
/// More documents in one script are not read.
const DOCUMENTS: usize = 64;

/// Every document that stands in the text, or what is wrong with it as the end of a sentence.
pub fn documents(text: &str) -> Result<Vec<Value>, String> {
    if let Ok(valid) = serde_json::from_str(text) {
        return Ok(vec![valid]);
    }
    // A quotation mark that stands only as an entity: the whole was escaped once too often.
    if !text.contains('"') && ["&quot;", "&#34;", "&#x22;"].iter().any(|mark| text.contains(mark)) {
        return Reader::of(&unescape(text)).documents();
    }
    Reader::of(text).documents()
}

/// The references that an escaper of HTML writes, each read once.
pub(super) fn unescape(text: &str) -> String {
    const REFERENCES: [(&str, &str); 9] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x22;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (written, meant) = REFERENCES.iter().find(|(r, _)| rest.starts_with(r)).copied().unwrap_or(("&", "&"));
        plain.push_str(meant);
        rest = &rest[written.len()..];
    }
    plain.push_str(rest);
    plain
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// Where a text stands decides what may follow its closing mark.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Key,
    Object,
    List,
}

impl<'a> Reader<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn documents(mut self) -> Result<Vec<Value>, String> {
        let mut found = Vec::new();
        loop {
            self.skip_blank();
            // What stands before, between and after documents (`;`, `]]>`, a variable's name) is none of ours.
            let Some(ahead) = self.rest().find(['{', '[', '/', '<']) else { break };
            self.at += ahead;
            if !matches!(self.byte(), Some(b'{' | b'[')) {
                if !self.skip_comment() {
                    self.at += 1;
                }
                continue;
            }
            if found.len() == DOCUMENTS {
                return Err(format!("it holds more than {DOCUMENTS} documents"));
            }
            found.push(self.value(0, Within::List)?);
        }
        if found.is_empty() { Err("it holds neither an object nor a list".to_owned()) } else { Ok(found) }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, said: &str) -> String {
        format!("{said} in line {}", 1 + self.text[..self.at].matches('\n').count())
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            if !self.skip_comment() {
                return;
            }
        }
    }

    /// A comment, or one of the marks that hide a script from old browsers.
    fn skip_comment(&mut self) -> bool {
        let rest = self.rest();
        if let Some(comment) = rest.strip_prefix("/*") {
            self.at += comment.find("*/").map_or(rest.len(), |end| 2 + end + 2);
            return true;
        }
        for mark in ["//<![CDATA[", "<![CDATA[", "//]]>", "]]>", "//-->", "<!--", "-->"] {
            if rest.starts_with(mark) {
                self.at += mark.len();
                return true;
            }
        }
        if rest.starts_with("//") {
            self.at += rest.find('\n').unwrap_or(rest.len());
            return true;
        }
        false
    }

    fn value(&mut self, depth: usize, within: Within) -> Result<Value, String> {
        if depth == DEPTH {
            return Err(self.fault("it is nested too deep"));
        }
        match self.byte() {
            None => Err(self.fault("it ends where a value should stand")),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(mark @ (b'"' | b'\'')) => self.string(mark, within).map(Value::String),
            Some(_) => self.bare(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut members = Map::new();
        loop {
            self.skip_separators();
            let key = match self.byte() {
                // A bracket of the other kind, or none at the end, is a slip of a template.
                None | Some(b']') => return Ok(Value::Object(members)),
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                Some(mark @ (b'"' | b'\'')) => self.string(mark, Within::Key)?,
                Some(_) => self.word(&[':', '}', ',', '"', '{']).to_owned(),
            };
            self.skip_blank();
            if key.is_empty() || self.byte() != Some(b':') {
                return Err(self.fault("a name without a value stands"));
            }
            self.at += 1;
            self.skip_blank();
            // Nothing was put in between: `"salary": ,`.
            let value = if matches!(self.byte(), Some(b',' | b'}')) {
                Value::Null
            } else {
                self.value(depth + 1, Within::Object)?
            };
            members.insert(key, value);
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_separators();
            match self.byte() {
                None | Some(b'}') => return Ok(Value::Array(items)),
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                Some(_) => items.push(self.value(depth + 1, Within::List)?),
            }
        }
    }

    /// Commas, however many: none where one should be is as clear as two.
    fn skip_separators(&mut self) {
        loop {
            self.skip_blank();
            if self.byte() != Some(b',') {
                return;
            }
            self.at += 1;
        }
    }

    fn string(&mut self, mark: u8, within: Within) -> Result<String, String> {
        let opened = self.at;
        self.at += 1;
        let mut read = String::new();
        loop {
            let rest = self.rest();
            let Some(plain) = rest.find(['\\', char::from(mark)]) else {
                self.at = opened;
                return Err(self.fault("a text has no end; it begins"));
            };
            read.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest.as_bytes()[plain] == b'\\' {
                self.escape(&mut read);
            } else if self.ends_here(within) {
                return Ok(read);
            } else {
                read.push(char::from(mark));
            }
        }
    }

    /// Whether the mark just read closes the text: only what may follow a text follows it.
    fn ends_here(&self, within: Within) -> bool {
        let after = self.rest().trim_start();
        let lines_end = self.rest()[..self.rest().len() - after.len()].contains('\n');
        let mut ahead = after.chars();
        match ahead.next() {
            None => true,
            Some(':') => within == Within::Key,
            Some('}') => within != Within::Key,
            Some(']') => within == Within::List || within == Within::Object,
            Some(',') if within != Within::Key => {
                let next = ahead.as_str().trim_start();
                match next.chars().next() {
                    None | Some('"' | '\'' | '}' | ']' | ',' | '/') => true,
                    Some(c) if within == Within::List => {
                        c.is_ascii_digit()
                            || matches!(c, '{' | '[' | '-')
                            || ["true", "false", "null"].iter().any(|w| next.starts_with(w))
                    }
                    Some(_) => within == Within::Object && is_bare_name(next),
                }
            }
            // A comma was forgotten, or a comment follows.
            Some('"') => within != Within::Key && lines_end,
            Some('/') => ahead.as_str().starts_with(['/', '*']),
            Some(_) => false,
        }
    }

    /// What follows a backslash. One that means nothing is left out, as browsers do in scripts.
    fn escape(&mut self, read: &mut String) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        match c {
            'n' => read.push('\n'),
            't' => read.push('\t'),
            'r' => read.push('\r'),
            'b' | 'f' => read.push(' '),
            'u' => {
                let unit = self.hex();
                let is_high = unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
                let low = if is_high && self.rest().starts_with("\\u") {
                    self.at += 2;
                    self.hex()
                } else {
                    None
                };
                let units: Vec<u16> = unit.into_iter().chain(low).collect();
                read.push_str(&String::from_utf16_lossy(&units));
            }
            other => read.push(other),
        }
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    /// A number, a truth value, or a word that should have stood in quotes.
    fn bare(&mut self) -> Result<Value, String> {
        let word = self.word(&[',', '}', ']', '\n', '"', '{', '[']);
        if word.is_empty() {
            return Err(self.fault("something that is no value stands"));
        }
        Ok(match word.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" | "none" | "undefined" | "nan" => Value::Null,
            _ => serde_json::from_str::<serde_json::Number>(word)
                .map_or_else(|_| Value::String(word.to_owned()), Value::Number),
        })
    }

    fn word(&mut self, until: &[char]) -> &'a str {
        let rest = self.rest();
        let end = rest.find(until).unwrap_or(rest.len());
        self.at += end;
        rest[..end].trim()
    }
}

/// A name that lacks its quotation marks, and the colon behind it.
fn is_bare_name(text: &str) -> bool {
    let end =
        text.bytes().take(40).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'$')).count();
    end > 0 && text.as_bytes().get(end) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn one(text: &str) -> Value {
        let mut read = documents(text).unwrap_or_else(|said| panic!("{text}: {said}"));
        assert_eq!(read.len(), 1, "{text}");
        read.remove(0)
    }

    #[test]
    fn what_templates_get_wrong_reads_as_it_was_meant() {
        for (written, meant) in [
            (r#"{"a": [1, 2,], "b": {"c": 3,},}"#, json!({"a": [1, 2], "b": {"c": 3}})),
            ("{\"a\": \"one\ntwo\tthree\"}", json!({"a": "one\ntwo\tthree"})),
            ("\u{feff}{\"a\": 1,}", json!({"a": 1})),
            ("<!--\n{\"a\": 1}\n-->", json!({"a": 1})),
            ("//<![CDATA[\n{\"a\": 1}\n//]]>", json!({"a": 1})),
            ("/* jobs */ {\"a\": 1, // one\n \"b\": 2}", json!({"a": 1, "b": 2})),
            ("{&quot;a&quot;: &quot;x &amp;amp; y&quot;}", json!({"a": "x &amp; y"})),
            (
                r#"{"a": "<a href="x.html">here</a>, we", "b": 1}"#,
                json!({"a": r#"<a href="x.html">here</a>, we"#, "b": 1}),
            ),
            (r#"{"a": "our "best", job" }"#, json!({"a": r#"our "best", job"#})),
            ("{\"a\": \"1\"\n \"b\": 2}", json!({"a": "1", "b": 2})),
            (
                r#"{'a': 'it\'s', b: 007, "c": TRUE, "d": , "e": undefined}"#,
                json!({"a": "it's", "b": "007", "c": true, "d": null, "e": null}),
            ),
            (r#"{"a": {"b": 1}"#, json!({"a": {"b": 1}})),
            (r#"{"a": "\ud83d\ude00 \x \u12"};"#, json!({"a": "😀 x 12"})),
            (r#"var jobs = {"a": "//x"};"#, json!({"a": "//x"})),
        ] {
            assert_eq!(one(written), meant, "{written}");
        }
    }

    #[test]
    fn two_documents_in_one_script_are_two() {
        assert_eq!(documents("{\"a\": 1}\n{\"b\": 2};[3]"), Ok(vec![json!({"a": 1}), json!({"b": 2}), json!([3])]));
    }

    #[test]
    fn what_is_cut_short_or_no_json_is_refused_with_its_line() {
        for (written, said) in [
            ("{\"a\":\n \"one two", "a text has no end; it begins in line 2"),
            ("{\"a\": ", "ends where a value"),
            ("{a}", "a name without a value"),
            ("", "neither an object"),
            ("jobs", "neither an object"),
        ] {
            let refused = documents(written).unwrap_err();
            assert!(refused.contains(said), "{written}: {refused}");
        }
        assert!(documents(&"[".repeat(100_000)).unwrap_err().contains("too deep"));
        assert!(documents(&"{},".repeat(100)).unwrap_err().contains("more than 64"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z\"',:{}\\[\\]\\\\/\n é]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z@]{1,5}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_it_repairs_parses(
            text in "(\\{|\\}|\\[|\\]|\"|'|,|:|\\\\|\\\\u|/|\\*|<!--|-->|&quot;|[a-z0-9 \n\u{e9}\u{feff}]){0,60}", noise in any::<String>(),
        ) {
            for text in [&text, &noise] {
                for repaired in documents(text).unwrap_or_default() {
                    let written = repaired.to_string();
                    prop_assert_eq!(serde_json::from_str::<Value>(&written).ok(), Some(repaired));
                }
            }
        }

        #[test]
        fn a_comma_too_many_and_a_second_document_change_nothing(value in any_json()) {
            let list = Value::Array(vec![value.clone()]);
            prop_assert_eq!(documents(&list.to_string()), Ok(vec![list.clone()]));
            let text = format!("[{value},]{list}");
            let read = documents(&text);
            // A text in the value may itself look like its own end; then what was repaired differs, and that is all.
            if !value.to_string().contains("\\\"") {
                prop_assert_eq!(read, Ok(vec![list.clone(), list]), "{}", text);
            }
        }
    }
}
