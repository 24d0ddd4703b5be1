//! Base 64 with `-` and `_` and without padding (RFC 4648, section 5): how tokens, keys and proofs are written in JSON and in URLs.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 4).div_ceil(3));
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for letter in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * letter) & 63) as usize]));
        }
    }
    text
}

/// Nothing for what is not written so, padding included. Of several ways to write the same bytes only the one that
/// [`encode`] makes is read, so that a text stands for one value.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    // Bits not yet given out, and how many they are; at most thirteen.
    let (mut bits, mut held) = (0_u16, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u16::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            let [_, byte] = (bits >> held).to_be_bytes();
            bytes.push(byte);
        }
    }
    let left_over = bits & ((1 << held) - 1);
    (held < 6 && left_over == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_written_and_read_as_the_standard_has_it() {
        for (written, bytes) in
            [("", &b""[..]), ("Zg", b"f"), ("Zm8", b"fo"), ("Zm9vYmFy", b"foobar"), ("-_-_", b"\xfb\xff\xbf")]
        {
            assert_eq!(decode(written).as_deref(), Some(bytes), "{written}");
            assert_eq!(encode(bytes), written);
        }
    }

    #[test]
    fn what_is_not_written_so_is_nothing() {
        for wrong in ["Zm9v=", "Zg==", "Zm+v", "Zm/v", "Z", "A", "Zm9vA", "Zm9vY", "Zh", "Zm9", "Zm 9v", "é"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let written = encode(&bytes);
            prop_assert!(written.bytes().all(|letter| LETTERS.contains(&letter)));
            prop_assert_eq!(decode(&written), Some(bytes));
        }

        #[test]
        fn a_text_stands_for_one_value(text in "[A-Za-z0-9_-]{0,12}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
