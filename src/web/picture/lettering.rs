//! How much room a name takes, and what of it fits.
//!
//! Nobody knows here which letters a browser will draw with, so widths are guessed, rather too wide than too narrow. Names come from strangers: signs that turn the
//! text around them are taken out, and so are heaps of accents and all that is longer than anyone reads.

use crate::redact::turns_its_surroundings;
use unicode_segmentation::UnicodeSegmentation;

/// Of a name, nobody reads more.
const MOST_LETTERS: usize = 80;
/// A letter with its accents may be as long as its writer likes; a longer one is not drawn.
const LETTER_BYTES: usize = 32;
const CUT: &str = "…";

/// A name as it may be drawn: one line, nothing in it that turns its surroundings round.
pub fn clean(name: &str) -> String {
    // Far more than is shown, and far less than some would write.
    let begins = name
        .chars()
        .take(40 * MOST_LETTERS)
        .filter(|c| !turns_its_surroundings(*c) && (!c.is_control() || c.is_whitespace()));
    let begins: String = begins.collect();
    let line = begins.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters = line.graphemes(true).map(|letter| if letter.len() > LETTER_BYTES { "?" } else { letter });
    let shown: String = letters.take(MOST_LETTERS).collect();
    if shown.is_empty() { "somebody".to_owned() } else { shown }
}

/// The width of a text, in the unit of its size.
pub fn width(text: &str, size: i32) -> i32 {
    // Rounded up.
    (text.chars().map(advance).sum::<i32>() * size + 99) / 100
}

/// As much of a name as there is room for.
pub fn fit(name: &str, size: i32, room: i32) -> String {
    let name = clean(name);
    if width(&name, size) <= room {
        return name;
    }
    let mut kept = String::new();
    for letter in name.graphemes(true) {
        if width(&kept, size) + width(letter, size) + width(CUT, size) > room {
            break;
        }
        kept.push_str(letter);
    }
    kept.truncate(kept.trim_end().len());
    kept.push_str(CUT);
    kept
}

/// As much of its beginning and of its end as there is room for: what tells one handle from another may stand at either.
pub fn fit_ends(name: &str, size: i32, room: i32) -> String {
    let name = clean(name);
    if width(&name, size) <= room {
        return name;
    }
    let letters: Vec<&str> = name.graphemes(true).collect();
    let kept = |most: usize| format!("{}{CUT}{}", letters[..most].concat(), letters[letters.len() - most..].concat());
    let fitting = (0..=letters.len() / 2).rev().map(kept).find(|kept| width(kept, size) <= room);
    fitting.unwrap_or_else(|| CUT.to_owned())
}

/// In hundredths of the size.
fn advance(c: char) -> i32 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | 'f' | 'r' | 't' | '(' | ')' => 37,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 95,
        'A'..='Z' => 68,
        '\0'..='\u{7f}' => 57,
        '…' => 100,
        // Accents, joiners and the like stand on what is before them.
        '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => 0,
        '\u{80}'..='\u{8ff}' => 75,
        // Whole sentences as one sign, and signs of clay.
        '\u{fdf0}'..='\u{fdff}' => 1200,
        '\u{12000}'..='\u{1254f}' => 500,
        _ => 125,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_is_left_alone_and_another_is_cut() {
        assert_eq!(fit("Bo Lindqvist", 13, 120), "Bo Lindqvist");
        assert_eq!(fit("Bartholomew Featherstonehaugh", 13, 80), "Bartholom…");
        assert!(width(&fit("Bartholomew", 13, 30), 13) <= 30);
        assert_eq!(fit("", 13, 80), "somebody");
    }

    #[test]
    fn what_differs_only_at_its_end_differs_when_it_is_cut() {
        assert_eq!(fit_ends("@acme@127.0.0.1:43875", 12, 160), "@acme@127.0.0.1:43875");
        let cut = ["43875", "42297"].map(|port| fit_ends(&format!("@acme@127.0.0.1:{port}"), 12, 100));
        assert_eq!(cut, ["@acme…43875", "@acme…42297"]);
    }

    #[test]
    fn signs_that_turn_the_text_and_heaps_of_accents_are_taken_out() {
        assert_eq!(clean("a\u{202e}b\u{2067}c\u{200f}\n d\u{7}"), "abc d");
        assert_eq!(clean(&format!("a{} b", "\u{301}".repeat(200))), "? b");
        assert_eq!(clean("👩‍🎨 שלום"), "👩‍🎨 שלום");
        assert!(clean(&"x".repeat(10_000)).len() <= MOST_LETTERS);
    }
}
