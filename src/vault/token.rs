//! Random tokens: what a browser, a program or an attempt is known by.

use crate::secret::Secret;

const TOKEN_BYTES: usize = 32;

/// 256 random bits as text, behind a prefix that says what they are for.
pub fn random_token(prefix: &str) -> Result<Secret, getrandom::Error> {
    let mut bytes = zeroize::Zeroizing::new([0u8; TOKEN_BYTES]);
    getrandom::fill(bytes.as_mut_slice())?;
    let mut text = String::with_capacity(prefix.len() + TOKEN_BYTES * 2);
    text.push_str(prefix);
    for byte in bytes.iter() {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).expect("four bits are one digit"));
        }
    }
    Ok(Secret::new(text))
}
