//! The letters of an XML feed. The bytes are believed before what is declared of them, in the file or by the server: both are wrong too often.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// The text without its XML declaration, which may name another charset than it is now in.
pub(super) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let in_file = declared(body);
    let text = match (Encoding::for_bom(body), std::str::from_utf8(body)) {
        (Some((encoding, _)), _) => encoding.decode(body).0,
        // Seven bits that mean something else by the way they are marked (ISO-2022-JP).
        (None, Ok(text)) => match in_file.filter(|encoding| !encoding.is_ascii_compatible() && *encoding != UTF_16) {
            Some(encoding) => encoding.decode_without_bom_handling(body).0,
            None => Cow::Borrowed(text),
        },
        (None, Err(_)) => {
            let by_server = content_type.and_then(|label| Encoding::for_label(label.as_bytes()));
            let named = in_file.into_iter().chain(by_server).find(|encoding| *encoding != UTF_8);
            named.unwrap_or(WINDOWS_1252).decode_without_bom_handling(body).0
        }
    };
    let text = match text.strip_prefix("<?xml").and_then(|rest| rest.find("?>").map(|end| end + "<?xml?>".len())) {
        Some(end) => Cow::Owned(text[end..].to_owned()),
        None => text,
    };
    // Another one further down would have the parser change the charset in the middle of the text, and it panics there.
    if text.contains(DECLARATION) { Cow::Owned(text.replace(DECLARATION, "<?not-xml")) } else { text }
}

const DECLARATION: &str = "<?xml";

/// What a declaration in single bytes cannot be in.
const UTF_16: &Encoding = encoding_rs::UTF_16LE;

/// The charset that the file names for itself.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(200)];
    let head = String::from_utf8_lossy(head.strip_prefix(b"<?xml")?);
    let (_, rest) = head.split_once("?>").map(|(head, _)| head)?.split_once("encoding")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = value[1..].split(quote).next()?;
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(head: &str, title: &[u8], content_type: Option<&str>) -> String {
        decode(&[head.as_bytes(), b"<t>", title, b"</t>"].concat(), content_type).into_owned()
    }

    #[test]
    fn the_bytes_are_believed_before_what_is_said_of_them() {
        let (utf_8, latin, cyrillic) = ("für".as_bytes(), b"f\xfcr".as_slice(), b"\xe4\xeb\xff".as_slice());
        for (head, bytes, content_type, read) in [
            ("<?xml version='1.0' encoding='ISO-8859-1'?>", latin, None, "für"),
            ("<?xml version=\"1.0\" encoding = \"windows-1251\" ?>", cyrillic, Some("utf-8"), "для"),
            ("", cyrillic, Some("windows-1251"), "для"),
            ("<?xml version='1.0' encoding='UTF-8'?>", cyrillic, Some("windows-1251"), "для"),
            ("<?xml version='1.0' encoding='UTF-8'?>", latin, Some("utf-8"), "für"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?>", utf_8, Some("iso-8859-1"), "für"),
            ("<?xml version='1.0' encoding='UTF-16'?>", utf_8, None, "für"),
            ("<?xml version='1.0' encoding='ISO-2022-JP'?>", b"\x1b$B;E;v\x1b(B".as_slice(), None, "仕事"),
            ("<?xml version='1.0' encoding='klingon'?>", latin, Some("none"), "für"),
        ] {
            assert_eq!(title(head, bytes, content_type), format!("<t>{read}</t>"), "{head} {content_type:?}");
        }
    }

    #[test]
    fn a_declaration_further_down_declares_nothing() {
        let (head, again) = ("<?xml version='1.0'?>", b"a<?xml version='1.0' encoding='ISO-8859-11'?>b");
        assert!(!title(head, again, None).contains("<?xml "));
        let long = "Acme ".repeat(4000);
        let second = format!("<rss><channel><title>{long}<?xml version='1.0' encoding='ISO-8859-11'?>");
        // Whatever comes of it, the parser lives.
        let _ = super::super::xml::read("https://acme.example/feed", second.as_bytes(), None);
    }
}
