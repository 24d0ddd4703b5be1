//! From the bytes of a page to its text.
//!
//! What a page says of its charset is wrong so often that its bytes are asked first: hardly any text in another charset happens to be valid UTF-8.

use encoding_rs::{Encoding, WINDOWS_1252};
use std::borrow::Cow;

/// So far into a page browsers look for its charset.
const DECLARED_WITHIN: usize = 1024;

/// The text, by its byte order mark, as UTF-8 when that is what it is, else as declared, else as browsers guess.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    let text = String::from_utf8_lossy(bytes);
    let Cow::Owned(lossy) = &text else { return text };
    // One bad byte in a page of good ones is a slip, not another charset.
    let (bad, good) = lossy.chars().filter(|c| !c.is_ascii()).fold((0, 0), |(bad, good), c| {
        if c == char::REPLACEMENT_CHARACTER { (bad + 1, good) } else { (bad, good + 1) }
    });
    if good > bad {
        return text;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED_WITHIN)]);
    let declared = content_type.and_then(label).or_else(|| label(&head));
    let other = declared.and_then(|label| Encoding::for_label(label.as_bytes()));
    let other = other.filter(|encoding| *encoding != encoding_rs::UTF_8).unwrap_or(WINDOWS_1252);
    other.decode_without_bom_handling(bytes).0
}

/// What stands behind `charset=` (or, in XML, `encoding=`).
fn label(text: &str) -> Option<&str> {
    let low = text.to_ascii_lowercase();
    let at = ["charset=", "encoding="].iter().find_map(|key| low.find(key).map(|at| at + key.len()))?;
    let rest = text[at..].trim_start_matches(['"', '\'', ' ']);
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_believed_before_the_declaration() {
        let utf8 = "Bäckerei".as_bytes();
        assert_eq!(decode(utf8, Some("text/html; charset=ISO-8859-1")), "Bäckerei");
        assert_eq!(decode(b"B\xe4ckerei", Some("text/html; charset=utf-8")), "Bäckerei");
        assert_eq!(
            decode(b"<meta charset='windows-1251'>\xcf\xe5\xea\xe0\xf0\xed\xff", None),
            "<meta charset='windows-1251'>Пекарня"
        );
        assert_eq!(decode(b"\xef\xbb\xbfx", Some("text/html; charset=utf-16")), "x");
        assert_eq!(decode(b"\xff\xfex\0", None), "x");
    }

    #[test]
    fn a_bad_byte_among_good_ones_costs_only_itself() {
        assert_eq!(decode(b"B\xc3\xa4ckerei M\xc3\xbcller \xff", None), "Bäckerei Müller \u{fffd}");
    }
}
