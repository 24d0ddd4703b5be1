//! Makes another side's answer fit to stand in a reason, a log line or a page: one line, no markup, no credentials.
//!
//! An error page may echo what was sent, and an error of a token endpoint may hold a token. Masking is by what we know (the
//! secrets the request carried), by what a value is called, and by what it looks like; when in doubt it masks.

use crate::failure::EXCERPT_BYTES;
use crate::secret::Secret;
use serde::{Deserialize, Deserializer};

/// Signs of a name that are shown.
const NAME_CHARS: usize = 80;

/// Whether this is unseen itself and changes how what stands around it is read: marks that turn the direction, and joiners of nothing.
pub fn turns_its_surroundings(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What somebody typed, as it is kept and shown: its lines stay, what no one sees goes, and nothing in it turns its surroundings.
pub fn text(written: &str) -> String {
    let lines = written.replace("\r\n", "\n").replace(['\u{2028}', '\u{2029}'], "\n").replace('\t', " ");
    let plain: String =
        lines.chars().filter(|c| (*c == '\n' || !c.is_control()) && !turns_its_surroundings(*c)).collect();
    plain.trim().to_owned()
}

/// The same on one line.
pub fn line(written: &str) -> String {
    let spaced: String = written.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text(&spaced).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// [`text`] of what lies in the store: some of it was written before it was cleaned on its way in.
pub fn kept_text<'de, D: Deserializer<'de>>(kept: D) -> Result<String, D::Error> {
    String::deserialize(kept).map(|kept| text(&kept))
}

/// [`line`] of what lies in the store.
pub fn kept_line<'de, D: Deserializer<'de>>(kept: D) -> Result<String, D::Error> {
    String::deserialize(kept).map(|kept| line(&kept))
}

/// [`line`] of each in a list that lies in the store.
pub fn kept_lines<'de, D: Deserializer<'de>>(kept: D) -> Result<Vec<String>, D::Error> {
    Vec::<String>::deserialize(kept).map(|kept| kept.iter().map(|one| line(one)).collect())
}

/// A name or a handle as it may stand among other words: one line of a length that people have, with nothing in it that turns its surroundings.
pub fn name(written: &str) -> String {
    // Far more than is shown, and far less than some would write.
    let line = line(&written.chars().take(10 * NAME_CHARS).collect::<String>());
    match line.char_indices().nth(NAME_CHARS) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line,
    }
}

/// What stands where something was masked.
const MASK: &str = "…";

/// Names whose values are credentials, in lower case without `_` and `-`.
const KEYS: [&str; 25] = [
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "token",
    "accessjwt",
    "refreshjwt",
    "authorization",
    "clientsecret",
    "secret",
    "password",
    "passwd",
    "apppassword",
    "passphrase",
    "apikey",
    "privatekey",
    "assertion",
    "clientassertion",
    "code",
    "codeverifier",
    "state",
    "requesturi",
    "dpop",
    "cookie",
    "setcookie",
    "sessionid",
];

/// Shorter ones cannot be told from ordinary words.
const SHORTEST_KNOWN: usize = 4;

/// The first [`EXCERPT_BYTES`] of what a person would read in `body`, with `known` and all that looks like a credential masked.
pub fn excerpt(body: &[u8], known: &[&Secret]) -> String {
    // Before and after, since markup may stand inside a known secret, and a known secret may hold what looks like markup.
    let text = mask_known(&String::from_utf8_lossy(body), known);
    let text = mask_known(&one_line(&without_markup(&text)), known);
    let mut text = mask_likely(&text);
    text.truncate(text.floor_char_boundary(EXCERPT_BYTES));
    text
}

/// Whether the value of a field with this name is a credential.
pub fn names_a_credential(field: &str) -> bool {
    let plain: String = field.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    KEYS.contains(&plain.as_str())
}

fn mask_known(text: &str, known: &[&Secret]) -> String {
    let mut text = text.to_owned();
    for secret in known.iter().map(|s| s.expose()).filter(|s| s.len() >= SHORTEST_KNOWN) {
        let in_url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text = text.replace(secret, MASK).replace(&in_url, MASK);
    }
    text
}

/// Tags, comments, scripts and styles become a space; the few entities that matter to masking become their characters.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            text.push('<');
            rest = &rest[1..];
            continue;
        }
        // A tag that never ends is text, and so is all behind it.
        let Some(end) = end_of_markup(rest) else { break };
        text.push(' ');
        rest = &rest[end..];
    }
    text.push_str(rest);
    [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .into_iter()
        .fold(text, |text, (entity, character)| text.replace(entity, character))
}

/// Where the text goes on; `rest` begins with a tag.
fn end_of_markup(rest: &str) -> Option<usize> {
    for (opens, closes) in [("<script", "</script"), ("<style", "</style"), ("<!--", "-->")] {
        if starts_with(rest, opens) {
            let closed = rest.match_indices(&closes[..2]).find(|(at, _)| starts_with(&rest[*at..], closes));
            let end = closed.and_then(|(at, _)| rest[at..].find('>').map(|end| at + end + 1));
            return Some(end.unwrap_or(rest.len()));
        }
    }
    rest.find('>').map(|end| end + 1)
}

fn starts_with(text: &str, lower_case: &str) -> bool {
    text.get(..lower_case.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower_case))
}

/// Runs of white space become one space. Characters that move the cursor or turn the writing direction are dropped: this
/// will stand in a terminal.
fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(
            |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'),
        )
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One pass over the words of a text: a value is masked for its name, for the scheme before it, or for its looks.
fn mask_likely(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (word, after) = rest.split_at(rest.find(|c| !in_word(c)).unwrap_or(rest.len()));
        if word.is_empty() {
            masked.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        masked.push_str(if is_opaque(word) { MASK } else { word });
        rest = after;
        let value = if is_scheme(word) { credential_after(after) } else { value_of(word, after) };
        if let Some((from, until)) = value {
            masked.push_str(&after[..from]);
            masked.push_str(MASK);
            rest = &after[until..];
        }
    }
    masked
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// The head or payload of a JWT, or a long run that mixes capitals, small letters and digits as only random text does.
fn is_opaque(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    (word.starts_with("eyJ") && word.len() >= 10) || (word.len() >= 24 && mixed)
}

fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "dpop"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// `Bearer xyz`: the next word, unless it is plain speech ("bearer token required").
fn credential_after(after: &str) -> Option<(usize, usize)> {
    let from = after.len() - after.trim_start_matches([' ', ':']).len();
    let credential = after[from..].split([' ', '"', '\'', ',', ';', '<', '\\']).next()?;
    let speech = credential.len() < 16 && !credential.bytes().any(|b| b.is_ascii_digit());
    (from > 0 && !credential.is_empty() && !speech).then_some((from, from + credential.len()))
}

/// `name=value`, `"name": "value"`, and the same inside a JSON text: where the value stands in `after`.
fn value_of(name: &str, after: &str) -> Option<(usize, usize)> {
    if !names_a_credential(name) {
        return None;
    }
    let may_be_speech = ["code", "state"].iter().any(|word| name.eq_ignore_ascii_case(word));
    let spaced = after.trim_start_matches(['"', '\'', '\\', ' ', ']']);
    let given = spaced.strip_prefix([':', '='])?;
    let value = given.trim_start_matches(['"', '\'', '\\', ' ', '[', '{', '=', '>']);
    let from = after.len() - value.len();
    let quote = after[..from].chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let nested = quote.is_some() && after[..from - 1].ends_with('\\');
    let length = match quote {
        Some(quote) => end_of_quoted(value, quote, nested),
        None if name.eq_ignore_ascii_case("authorization") || name.to_ascii_lowercase().contains("cookie") => {
            value.len()
        }
        None => value.find([' ', ',', '&', ';', '}', ']', ')', '<', '"', '\'']).unwrap_or(value.len()),
    };
    let value = &value[..length];
    let innocent = value.is_empty() || (may_be_speech && is_plain(value));
    (!innocent).then_some((from, from + length))
}

/// The closing quote, or the end: a credential that is cut off is one all the same.
fn end_of_quoted(value: &str, quote: char, nested: bool) -> usize {
    let mut escaped = false;
    for (at, c) in value.char_indices() {
        if !escaped && (c == quote || (nested && c == '\\')) {
            return at;
        }
        escaped = !escaped && c == '\\';
    }
    value.len()
}

/// `code` is an authorization code in OAuth and an error code everywhere else, `state` a password there and a condition
/// elsewhere; the latter are a number or plain words.
fn is_plain(value: &str) -> bool {
    let number = value.len() <= 6 && value.bytes().all(|b| b.is_ascii_digit());
    number || value.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(body: &str) -> String {
        excerpt(body.as_bytes(), &[])
    }

    #[test]
    fn a_name_is_one_line_of_a_human_length_that_turns_nothing() {
        assert_eq!(name(" Ana\n\u{202e}<b>Lee\u{7}</b> "), "Ana <b>Lee </b>");
        assert_eq!(name(&"x".repeat(10_000)).chars().count(), 81);
        assert_eq!(name(&"\u{202e}".repeat(10_000)), "");
        assert_eq!(name("שלום"), "שלום");
    }

    #[test]
    fn what_was_typed_keeps_its_lines_and_loses_what_no_one_sees() {
        assert_eq!(text("  a\r\nb\u{7}\u{1b}[31m\n"), "a\nb[31m");
        assert_eq!(text("one\u{2028}\u{202e}Evil\u{202c}\ttwo"), "one\nEvil two");
        assert_eq!(line(" Bo \n \u{2066}Lindqvist\u{200f} "), "Bo Lindqvist");
        assert_eq!(line(&"x".repeat(1000)).len(), 1000, "nothing is cut");
        assert_eq!(text("שלום 👩‍👩‍👧"), "שלום 👩‍👩‍👧");
    }

    #[test]
    fn ordinary_refusals_stay_as_they_are() {
        for body in [
            r#"{"error":"Validation failed: Text character limit of 500 exceeded"}"#,
            r#"{"error":{"message":"Invalid parameter","code":190,"type":"OAuthException"}}"#,
            r#"{"code":"rest_forbidden","message":"Sorry"}"#,
            r#"{"state":"suspended","message":"Sorry"}"#,
            "Invalid DPoP proof: it was made for another address",
            r#"{"error":"InvalidRequest","message":"record not found at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3l3qo2vuowo2b"}"#,
            "The bearer token is missing, see https://social.example/docs/api/1234567890",
            "password is too short",
        ] {
            assert_eq!(plain(body), body);
        }
    }

    #[test]
    fn values_with_the_name_of_a_credential_are_masked() {
        for body in [
            r#"{"access_token":"hunter2"}"#,
            r#"{ "refresh_token" : "hunter2" , "x": 1}"#,
            r#"{"accessJwt":"hunter2","refreshJwt":"hunter2"}"#,
            r#"{"password":"two words hunter2"}"#,
            r#"{"password":"a\"hunter2"}"#,
            r#"{"password":["hunter2"]}"#,
            r#"{"password":"cut off hunter2"#,
            r#"{"said":"{\"client_secret\":\"hunter2\"}"}"#,
            "POST /oauth/token?client_secret=hunter2&grant_type=x",
            "Client-Secret: hunter2",
            "user[password]=hunter2",
            "APP_PASSWORD='hunter2'",
            "<td>access_token</td><td>= hunter2</td>",
            "{&quot;access_token&quot;:&quot;hunter2&quot;}",
            "<input name=\"x\">access_token=<b>hunter2</b>",
            "code=hunter2Xyz&state=1",
            "state=hunter2Xyz&code=1",
            r#"{"code_verifier":"hunter2"}"#,
            "client_assertion=hunter2&client_assertion_type=x",
            "authorize?request_uri=hunter2",
            "DPoP: hunter2",
            r#"{"code":"hunter2"}"#,
            "Authorization: Basic aaa hunter2",
            "Set-Cookie: session=hunter2; path=/",
        ] {
            let shown = plain(body);
            assert!(!shown.contains("hunter2") && shown.contains(MASK), "{body} -> {shown}");
        }
    }

    #[test]
    fn what_follows_a_masked_value_is_kept() {
        assert_eq!(plain(r#"{"access_token":"x1","error":"gone"}"#), r#"{"access_token":"…","error":"gone"}"#);
        assert_eq!(plain("token=x1&why=gone"), "token=…&why=gone");
    }

    #[test]
    fn values_that_look_like_a_credential_are_masked() {
        for body in [
            "Bearer hunter2",
            "bad header `authorization bearer abcdefghijklmnophunter`",
            "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJlSHVudGVyMg0000",
            "unknown key ZA-Yj3aBD8U8Cm7lKUp-lm9O9BmDgdhHzDeqsY8tlL0",
        ] {
            let shown = plain(body);
            assert!(shown.contains(MASK), "{body} -> {shown}");
            for part in ["hunter", "eyJ", "c2lnbmF0", "lKUp"] {
                assert!(!shown.contains(part), "{body} -> {shown}");
            }
        }
    }

    #[test]
    fn what_the_request_carried_is_masked_in_any_form() {
        let known = Secret::new("xkcd-pass word/936");
        for body in [
            "you sent xkcd-pass word/936!",
            "q=xkcd-pass+word%2F936",
            "xkcd-pass <b>word/936</b>",
            "xkcd-pass\nword/936",
        ] {
            let shown = excerpt(body.as_bytes(), &[&known]);
            assert!(!shown.contains("936"), "{body} -> {shown}");
        }
        assert_eq!(excerpt(b"a cat", &[&Secret::new("a")]), "a cat", "too short to be told from a word");
    }

    #[test]
    fn a_page_becomes_one_line_of_words() {
        let page = "<!doctype html><html><head><style>p{color:red}</style><SCRIPT>if (a<b) x()</SCRIPT></head>\n\
                    <body><h1>502</h1>\r\n<p>Bad&nbsp;gateway &amp; 1 < 2</p><!-- hidden > --></body></html>";
        assert_eq!(plain(page), "502 Bad&nbsp;gateway & 1 < 2");
        assert_eq!(plain("a\u{1b}[31m\u{202e}b\0\u{200b}c"), "a [31mb c");
        assert_eq!(plain("<never closed"), "<never closed");
        assert_eq!(plain("<script>never closed"), "");
    }

    #[test]
    fn it_is_cut_between_characters() {
        let shown = plain(&"é ".repeat(EXCERPT_BYTES));
        assert!(shown.len() <= EXCERPT_BYTES && shown.len() > EXCERPT_BYTES - 4, "{}", shown.len());
    }

    #[test]
    fn hostile_bodies_take_no_longer_than_their_length() {
        for body in ["<", "<a", "<!--", "<!---->", "<script", "token:", "token\"", "code='a ", "bearer ", "Bearer abc "]
        {
            assert!(plain(&body.repeat(300_000 / body.len())).len() <= EXCERPT_BYTES, "{body}");
        }
        assert!(excerpt(&[0xff; 10_000], &[]).len() <= EXCERPT_BYTES);
    }
}
